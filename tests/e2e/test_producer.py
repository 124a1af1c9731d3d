"""What visitfeed-producer refuses, and what it says then."""

import base64
import io
import json

import fastavro

from support import events


def test_bad_lines_are_named_and_the_rest_is_sent(feed):
    feed.create_topics()
    good = events.sample("visits")[:3]
    wrong_type = {**good[0], "revision": "one"}
    unknown_field = {**good[0], "colour": "blue"}
    lines = [
        json.dumps(good[0]),
        '{"event_id": "broken", "source": ',
        json.dumps(good[1]),
        json.dumps(wrong_type),
        json.dumps(unknown_field),
        json.dumps({"source": "no id"}),
        json.dumps(good[2]),
    ]
    path = feed.folder / "mixed.jsonl"
    path.write_text("\n".join(lines) + "\n")

    done = feed.produce("visit", "--on-error", "skip", path)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    for number, word in ((2, "JSON"), (4, "revision"), (5, "colour"), (6, "event_id")):
        named = [line for line in said.splitlines() if f"mixed.jsonl:{number}:" in line]
        assert len(named) == 1 and word in named[0], f"line {number}:\n{said}"
    sent = [
        events.decode("visit", events.unframe(record.value)[1])["event_id"]
        for record in feed.read_inputs("visit")
    ]
    assert sorted(sent) == sorted(report["event_id"] for report in good)


def test_stop_at_the_first_bad_line(feed):
    feed.create_topics()
    good = [json.dumps(report) for report in events.sample("visits")[:2]]
    path = feed.folder / "stop.jsonl"
    path.write_text("\n".join([good[0], "{", good[1]]) + "\n")
    done = feed.produce("visit", "--on-error", "stop", path)
    assert done.returncode == 1
    assert "stop.jsonl:2:" in done.stdout + done.stderr
    assert len(feed.read_inputs("visit")) == 1


def test_hostile_files_are_refused_line_by_line(feed):
    feed.create_topics()
    for name in ("bad_input", "hostile_raw"):
        path = events.SAMPLE / f"{name}.jsonl"
        done = feed.produce("visit", "--on-error", "skip", path)
        assert done.returncode == 1, done.stdout + done.stderr
        lines = path.read_bytes().rstrip(b"\n").split(b"\n")
        for number, line in enumerate(lines, 1):
            if line.strip():
                assert f"{name}.jsonl:{number}:" in done.stdout + done.stderr
    assert feed.read_inputs("visit") == []


def test_a_missing_topic_is_a_failure_said_aloud(feed):
    path = feed.write_reports("one.jsonl", events.sample("visits")[:1])
    done = feed.produce("visit", path)
    assert done.returncode == 1
    assert feed.inputs["visit"] in done.stdout + done.stderr


def test_refused_lines_are_kept_for_mending(feed):
    feed.create_topics()
    good = json.dumps(events.sample("visits")[0])
    path = feed.folder / "mend.jsonl"
    path.write_bytes(b"{\n" + good.encode() + b'\n{"event_id": "\xff"}\n')
    kept = feed.folder / "refused.jsonl"
    done = feed.produce("visit", "--on-error", "dead-letter", kept, path)
    assert done.returncode == 1
    refused = [json.loads(line) for line in kept.read_text().splitlines()]
    assert [entry["line"] for entry in refused] == [1, 3]
    assert refused[0]["text"] == "{" and refused[0]["reason"]
    assert base64.b64decode(refused[1]["base64"]) == b'{"event_id": "\xff"}'
    assert len(feed.read_inputs("visit")) == 1


def test_container_files_and_lines_become_the_same_records(feed):
    feed.create_topics(partitions=1)
    reports = events.sample("visits")
    lines = feed.write_reports("reports.jsonl", reports)
    container = io.BytesIO()
    fastavro.writer(container, events.schema("visit"), reports, codec="deflate")
    avro = feed.folder / "reports.avro"
    avro.write_bytes(container.getvalue())
    for path in (lines, avro):
        done = feed.produce("visit", path)
        assert done.returncode == 0, done.stdout + done.stderr
    values = [record.value for record in feed.read_inputs("visit")]
    expected = [events.frame(1, events.encode("visit", report)) for report in reports]
    assert values == expected + expected


def test_dry_run_sends_nothing(feed):
    feed.create_topics()
    done = feed.produce("visit", "--dry-run", events.SAMPLE / "visits.jsonl")
    assert done.returncode == 0, done.stdout + done.stderr
    assert feed.read_inputs("visit") == []
