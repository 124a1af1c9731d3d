"""visitfeed-producer generate: feeds out of nothing but a seed."""

import json
import subprocess
from collections import Counter

import fastavro
from support import events
from test_producer_record import run
from test_producer_replay import counters
from test_producer_send import program


def generate(build, *arguments):
    return subprocess.run(
        [str(part) for part in [program(build), "generate", *arguments]],
        capture_output=True,
        text=True,
        timeout=90,
    )


def lines(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.split("\n") if line]  # not at U+0085


def test_files_of_both_forms(build, folder):
    found = lines(generate(build, "-n", "500", "-o", "-"))
    assert len({event["event_id"] for event in found}) == 500
    assert Counter("visit_type" in event for event in found)[True] > 100
    for event in found:
        kind = "visit" if "visit_type" in event else "meeting"
        assert events.decode(kind, events.encode(kind, event))["source"] == event["source"]
    assert lines(generate(build, "-n", "500", "-o", "-")) == found
    assert lines(generate(build, "-n", "500", "-o", "-", "--seed", "2")) != found

    path = folder / "visits.avro"
    done = generate(build, "-n", "200", "--kind", "visit", "--format", "avro", "-o", path)
    assert done.returncode == 0, done.stderr
    with open(path, "rb") as file:
        assert len(list(fastavro.reader(file))) == 200


def test_to_kafka_with_everything_that_happens(feed, build):
    feed.create_topics()
    done = run(
        feed, build, "generate", "-n", "4000", "--duplicates", "5%", "--revisions", "5%",
        "--hot", "0.1", "--bad", "2%",
        "--set", f"input.visits={feed.inputs['visit']}",
        "--set", f"input.meetings={feed.inputs['meeting']}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert counters(done.stderr)["acknowledged"] == 4000
    good, bad, keys = [], 0, Counter()
    for kind in ("visit", "meeting"):
        for record in feed.read_inputs(kind):
            keys[record.key] += 1
            try:
                schema_id, body = events.unframe(record.value)
                assert schema_id in (1, 2)
                good.append(events.decode(kind, body))
            except Exception:  # broken in whatever way
                bad += 1
    assert len(good) + bad == 4000 and 40 <= bad <= 130
    assert 300 <= sum(event["revision"] > 1 for event in good) <= 900
    assert keys.most_common(1)[0][1] > 20  # a hot one


def test_paced(feed, build):
    feed.create_topics()
    done = run(
        feed, build, "generate", "-n", "11", "--topic", feed.inputs["visit"], "--interval", "1h",
        "--speed", "36000x",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    times = sorted(record.timestamp for record in feed.read_inputs("visit"))
    assert 0.9 <= (times[-1] - times[0]) / 1000 <= 3


def test_wrong_use(build, folder):
    for arguments in (
        ["--duplicates", "x"],
        ["--duplicates", "60%", "--bad", "60%"],
        ["--begin", "soon"],
        ["--interval", "-5s"],
        ["--skew", "x"],
        ["--format", "avro", "-o", folder / "x.avro"],
        ["--format", "avro", "-o", folder / "x.avro", "--kind", "visit", "--bad", "1%"],
        ["operand"],
    ):
        assert generate(build, "-n", "1", "--dry-run", *arguments).returncode == 64, arguments
    done = generate(build, "-n", "1", "--sample", "/nonexistent", "-o", "-")
    assert done.returncode == 1 and "/nonexistent" in done.stderr
