"""visitfeed-producer send: what reaches Kafka, and that its account of it is true."""

import json
import re
import signal
import subprocess
import time
from pathlib import Path

from support import events
from support.process import Process, wait_until
from support.programs import parse_logfmt

MEBIBYTE = 1 << 20


def program(build):
    return Path(build) / "producer" / "visitfeed-producer"


def summary(text):
    """The last summary among the log lines, its numbers as int."""
    lines = [parse_logfmt(line) for line in text.splitlines()]
    last = [line for line in lines if line.get("msg", "").startswith("summary")][-1]
    return {key: int(value) for key, value in last.items() if re.fullmatch(r"\d+", value)}


def adds_up(said):
    assert said["read"] == said["sent"] + said["skipped"] + said["failed"], said
    assert said["sent"] == said["acknowledged"] + said["undelivered"], said
    return True


def test_keys_timestamps_and_headers(feed):
    feed.create_topics(retention_ms=-1)
    report = events.sample("meetings")[0]
    path = feed.write_reports("one.jsonl", [report])
    done = feed.produce(
        "meeting", "--timestamp", "1700000000123", "-a", "origin=test", "-a", "origin=", path
    )
    assert done.returncode == 0, done.stderr
    (record,) = feed.read_inputs("meeting")
    assert record.key == f"{report['source']}|{report['event_id']}".encode()
    assert record.timestamp == 1700000000123
    assert record.headers == [("origin", b"test"), ("origin", b"")]
    assert events.unframe(record.value)[0] == 2

    done = feed.produce("meeting", "--timestamp", "published", path)
    assert done.returncode == 0, done.stderr
    assert report["published_at"] in [record.timestamp for record in feed.read_inputs("meeting")]


def test_kinds_are_told_apart_and_both_files_sent(feed, build):
    feed.create_topics()
    done = subprocess.run(
        [
            program(build),
            *("-b", feed.client.bootstrap),
            *("--set", f"input.visits={feed.inputs['visit']}"),
            *("--set", f"input.meetings={feed.inputs['meeting']}"),
            events.SAMPLE / "visits.jsonl",
            events.SAMPLE / "meetings.jsonl",
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    for kind in ("visit", "meeting"):
        reports = events.sample(f"{kind}s")
        sent = [events.decode(kind, events.unframe(r.value)[1]) for r in feed.read_inputs(kind)]
        assert sorted(event["event_id"] for event in sent) == sorted(
            report["event_id"] for report in reports
        )
    said = summary(done.stderr)
    assert adds_up(said) and said["acknowledged"] == said["read"] > 0


def test_standard_input_is_sent_while_it_grows(feed, build):
    feed.create_topics()
    reports = events.sample("visits")[:3]
    child = subprocess.Popen(
        [program(build), "-b", feed.client.bootstrap, "--topic", feed.inputs["visit"], "-"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        for number, report in enumerate(reports, 1):
            child.stdin.write(json.dumps(report).encode() + b"\n")
            child.stdin.flush()
            wait_until(lambda: len(feed.read_inputs("visit")) == number, 20, "the record")
        child.stdin.close()
        said = summary(child.stderr.read().decode())
        assert child.wait(20) == 0
    finally:
        child.kill()
    assert adds_up(said) and said["acknowledged"] == 3


def test_interrupted_in_the_middle(feed, build):
    """Ctrl-C: what was sent is acknowledged, counted, and nothing else was sent."""
    feed.create_topics()
    path = feed.write_reports("many.jsonl", events.sample("visits") * 20)
    command = [program(build), "-b", feed.client.bootstrap, "--topic", feed.inputs["visit"]]
    child = Process([*command, "--rate", "20/s", path], feed.folder / "producer.log")
    try:
        wait_until(lambda: len(feed.read_inputs("visit")) > 20, 30, "some records", child)
        child.signal(signal.SIGINT)
        assert child.wait(30) == 1
    finally:
        child.kill()
    said = summary(child.read_log())
    assert adds_up(said) and said["undelivered"] == 0
    assert said["acknowledged"] == len(feed.read_inputs("visit")) < 20 * 68


def test_large_files_take_little_memory(feed, build):
    """Constant memory: a file several times as large as what the process may hold."""
    feed.create_topics(retention_bytes=64 * MEBIBYTE, segment_bytes=16 * MEBIBYTE)
    path = feed.folder / "large.jsonl"
    lines = (events.SAMPLE / "visits.jsonl").read_bytes()
    with open(path, "wb") as file:
        while file.tell() < 128 * MEBIBYTE:
            file.write(lines * 50)
    command = [program(build), "-b", feed.client.bootstrap, "--topic", feed.inputs["visit"]]
    child = Process([*command, path], feed.folder / "producer.log")
    peak = 0
    try:
        while child.exit_code() is None:
            try:
                peak = max(peak, child.peak_memory())
            except (AssertionError, FileNotFoundError, ProcessLookupError):
                break  # it has just ended
            time.sleep(0.05)
        assert child.wait(120) == 0, child.tail()
    finally:
        child.kill()
        path.unlink()
    said = summary(child.read_log())
    assert adds_up(said) and said["acknowledged"] == said["read"] > 100000
    assert 0 < peak <= 64 * MEBIBYTE, f"{peak / MEBIBYTE:.0f} MiB"
