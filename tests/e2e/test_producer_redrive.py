"""visitfeed-producer redrive: dead letters go back, and are dealt with."""

import random
import re

from support import events
from test_producer_record import fill, run
from test_producer_replay import NOW, counters

ATTEMPT = "visitfeed.attempt"


def told(topic, partition, offset, reason="schema id 7 is not known", code="EUNKNOWNSCHEMA"):
    return [
        ("trace", b"x"),
        ("visitfeed.error.code", code.encode()),
        ("visitfeed.error.stage", b"schema"),
        ("visitfeed.error.reason", reason.encode()),
        ("visitfeed.error.topic", topic.encode()),
        ("visitfeed.error.partition", str(partition).encode()),
        ("visitfeed.error.offset", str(offset).encode()),
        ("__connect.errors.topic", topic.encode()),
    ]


def redrive(feed, build, *arguments):
    return run(
        feed, build, "redrive", "--set", f"output.dead.letter={feed.dead_letter}", *arguments
    )


def test_back_to_where_they_came_from(feed, build):
    feed.create_topics(retention_ms=-1)
    visits, meetings = feed.inputs["visit"], feed.inputs["meeting"]
    fill(
        feed,
        feed.dead_letter,
        [
            (0, NOW, b"a", b"\x00\x00\x00\x00\x07one", told(visits, 2, 5)),
            (1, NOW + 1, None, None, told(meetings, 0, 6, "value ends too early", "ETRUNCATED")),
            (0, NOW + 2, b"b", b"two", told(visits, 1, 7) + [(ATTEMPT, b"2")]),
            (0, NOW + 3, b"c", b"three", told(visits, 1, 8) + [(ATTEMPT, b"3")]),
        ],
    )
    parked = f"{feed.dead_letter}.parked"
    feed.client.create_topic(parked, 1, retention_ms=-1)

    done = redrive(feed, build, "--dry-run")
    assert done.returncode == 0 and re.search(
        rf"would send 2 records, \d+ bytes, to {re.escape(visits)}", done.stderr
    )
    assert feed.read_inputs("visit") == []

    done = redrive(feed, build)
    assert done.returncode == 0, done.stderr
    said = counters(done.stderr)
    assert said["sent"] == 4 and said["parked"] == 1
    found = {record.value: record for record in feed.read_inputs("visit")}
    assert set(found) == {b"\x00\x00\x00\x00\x07one", b"two"}
    one = found[b"\x00\x00\x00\x00\x07one"]
    assert (one.partition, one.timestamp, one.key) == (2, NOW, b"a")
    assert one.headers == [("trace", b"x"), (ATTEMPT, b"1")]
    assert found[b"two"].header(ATTEMPT) == b"3"
    (tombstone,) = feed.read_inputs("meeting")
    assert tombstone.value is None and tombstone.key is None and tombstone.partition == 0
    (stopped,) = feed.client.read_all(parked)
    assert stopped.value == b"three" and stopped.header("visitfeed.error.code") == b"EUNKNOWNSCHEMA"


def test_chosen_and_mended(feed, build):
    feed.create_topics(retention_ms=-1)
    visits = feed.inputs["visit"]
    fill(
        feed,
        feed.dead_letter,
        [
            (0, NOW, b"a", b"\x00\x00\x00\x00\x07one", told(visits, 0, 5)),
            (0, NOW + 1, b"b", b"\x00\x00\x00\x00\x08two", told(visits, 0, 6)),
            (0, NOW + 2, b"c", b"three", told(visits, 0, 7, "bad value", "EDATA")),
        ],
    )
    done = redrive(feed, build, "--reason", "*id 7*", "--key", "[ab]", "--schema-id", "7=260")
    assert done.returncode == 0, done.stderr
    assert counters(done.stderr)["left_out"] == 1
    assert sorted(record.value for record in feed.read_inputs("visit")) == [
        b"\x00\x00\x00\x00\x08two",
        b"\x00\x00\x00\x01\x04one",
    ]
    done = redrive(feed, build, "--start", str(NOW + 2), "--to", feed.inputs["meeting"])
    assert done.returncode == 0, done.stderr
    assert [record.value for record in feed.read_inputs("meeting")] == [b"three"]


def test_what_cannot_go_back(feed, build):
    feed.create_topics(retention_ms=-1)
    visits = feed.inputs["visit"]
    fill(
        feed,
        feed.dead_letter,
        [
            (0, NOW, b"a", b"nobody told", []),
            (0, NOW + 1, b"b", b"round and round", told(feed.dead_letter, 0, 1)),
            (0, NOW + 2, b"c", b"fine", told(visits, 0, 1)),
        ],
    )
    done = redrive(feed, build)
    assert done.returncode == 1
    assert f"{feed.dead_letter}:0: no header tells" in done.stderr
    assert feed.read_inputs("visit") == []
    done = redrive(feed, build, "--on-error", "skip")
    assert done.returncode == 1 and counters(done.stderr)["skipped"] == 2
    assert [record.value for record in feed.read_inputs("visit")] == [b"fine"]
    assert redrive(feed, build, "--schema-id", "x").returncode == 64
    assert redrive(feed, build, "--attempts-max", "0").returncode == 64


def test_through_the_daemon(feed, build):
    """Reports with an unknown schema id become dead letters; mended, they become events."""
    feed.create_topics(retention_ms=-1)
    reports = random.Random(8).sample(events.sample("visits"), 5)
    path = feed.write_reports("reports.jsonl", reports)
    done = feed.produce("visit", "--schema-id", "4711", path)
    assert done.returncode == 0, done.stderr
    daemon = feed.start()
    feed.wait_done(daemon)
    assert len(feed.read_dead_letters()) == 5 and feed.read_events("visit") == []
    done = redrive(feed, build, "--reason", "EUNKNOWNSCHEMA", "--schema-id", "4711=1")
    assert done.returncode == 0, done.stderr
    feed.wait_done(daemon)
    found = {event["report"]["event_id"] for _, event in feed.read_events("visit")}
    assert found == {report["event_id"] for report in reports}
    assert all(record.header(ATTEMPT) is None for record, _ in feed.read_events("visit"))
    assert len(feed.read_dead_letters()) == 5
    daemon.stop()
