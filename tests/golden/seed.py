#!/usr/bin/env python3
"""The seed events, the first visit and meeting of the sample, field by field against seed.json.

usage: seed.py VISITFEED_CONSUMER"""

import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SAMPLE = HERE.parent / "sample"


def normalize(program, line):
    done = subprocess.run([program, "normalize", "-"], input=line, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def differences(path, want, have):
    """Paths at which two values differ."""
    if isinstance(want, dict) and isinstance(have, dict):
        for key in sorted(want.keys() | have.keys()):
            yield from differences(f"{path}.{key}", want.get(key, "missing"), have.get(key, "missing"))
    elif isinstance(want, list) and isinstance(have, list) and len(want) == len(have):
        for i, (a, b) in enumerate(zip(want, have)):
            yield from differences(f"{path}[{i}]", a, b)
    elif want != have:
        yield f"{path}: want {json.dumps(want)}, got {json.dumps(have)}"


def main():
    golden = json.loads((HERE / "seed.json").read_text(encoding="utf-8"))
    events = {
        kind: normalize(sys.argv[1], (SAMPLE / f"{kind}s.jsonl").read_text("utf-8").split("\n")[0])
        for kind in golden
    }
    wrong = []
    # What is a key or a hash is checked for what it must tie together, not for its letters.
    visit, meeting = events["visit"], events["meeting"]
    if not visit["event_key"] or meeting["parent_key"] != visit["event_key"]:
        wrong.append("the meeting's parent_key is not the visit's event_key")
    if visit["parent_key"] is not None or meeting["event_key"] == visit["event_key"]:
        wrong.append("visit and meeting are not told apart")
    if visit["participants"][0]["person_key"] != meeting["participants"][0]["person_key"]:
        wrong.append("one visitor has two keys")
    for kind, event in events.items():
        for field in ("event_key", "parent_key"):
            del event[field]
        for person in event["participants"]:
            if not person.pop("person_key"):
                wrong.append(f"{kind}: {person['name']} has no key")
        if not re.fullmatch("[0-9a-f]{32}", event["reference"].pop("snapshot")):
            wrong.append(f"{kind}: the snapshot is no hash")
        wrong.extend(differences(kind, golden[kind], event))
    print("\n".join(wrong) or "both seed events are as they must be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
