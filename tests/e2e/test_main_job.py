"""The main job on a real Kafka: reports in, normalized events out, nothing lost."""

import copy
import json
import os
import struct
from collections import Counter

from support import events
from support.feed import KINDS

GOLDEN = json.loads((events.ROOT / "tests" / "golden" / "seed.json").read_text(encoding="utf-8"))


def plain(value):
    """What fastavro read, in the golden file's terms: a date is a text, a timestamp a number."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if hasattr(value, "timestamp"):
        return round(value.timestamp() * 1000)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value


def take_identities(event):
    """Takes out what is a hash, and so not for a golden file to fix: (the rest, the hashes)."""
    event = copy.deepcopy(event)
    identities = {
        "event": event.pop("event_key"),
        "parent": event.pop("parent_key"),
        "people": [person.pop("person_key") for person in event["participants"]],
        "snapshot": event["reference"].pop("snapshot"),
    }
    return event, identities


def check_key(event):
    """A key is for people to read, too: one short line."""
    assert 0 < len(event["event_key"]) <= 200 and event["event_key"].isprintable()


def report_of(event):
    report = event["report"]
    return report["source"], report["event_id"], report["revision"]


def text(record, name):
    value = record.header(name)
    return None if value is None else value.decode()


def place_of(record):
    """(topic, partition, offset) of the input that an output says it came from."""
    names = ("topic", "partition", "offset")
    topic, partition, offset = (text(record, f"visitfeed.source.{name}") for name in names)
    return topic, int(partition), int(offset)


def test_seed_events_field_by_field(feed):
    feed.create_topics()
    for kind in KINDS:
        path = feed.write_reports(f"{kind}.jsonl", events.sample(f"{kind}s")[:1])
        done = feed.produce(kind, path)
        assert done.returncode == 0, done.stdout + done.stderr
    daemon = feed.start()
    feed.wait_done(daemon)

    identities = {}
    for kind in KINDS:
        ((record, event),) = feed.read_events(kind)
        (source,) = feed.read_inputs(kind)
        found, identities[kind] = take_identities(plain(event))
        for field, expected in GOLDEN[kind].items():
            assert found[field] == expected, f"{kind}: {field}"
        assert found == GOLDEN[kind]
        assert record.key.decode() == identities[kind]["event"]
        assert record.timestamp == source.timestamp
        assert place_of(record) == (source.topic, source.partition, source.offset)
    visit, meeting = identities["visit"], identities["meeting"]
    assert visit["parent"] is None
    assert meeting["parent"] == visit["event"] != meeting["event"]
    assert meeting["people"][0] == visit["people"][0]  # Sahiba Gafarova
    assert len(set(meeting["people"])) == 3
    assert meeting["snapshot"] == visit["snapshot"]
    assert len(visit["snapshot"]) >= 16
    assert feed.read_dead_letters() == []
    assert daemon.stop() == 0


def test_every_sample_report_is_accounted_for(feed):
    feed.create_topics()
    expected = {kind: events.sample(f"{kind}s") for kind in KINDS}
    for kind in KINDS:
        done = feed.produce(kind, events.SAMPLE / f"{kind}s.jsonl")
        assert done.returncode == 0, done.stdout + done.stderr
        assert [
            (r["source"], r["event_id"])
            for r in sorted(expected[kind], key=lambda r: (r["source"], r["event_id"]))
        ] == sorted(
            (value["source"], value["event_id"])
            for value in (
                events.decode(kind, events.unframe(record.value)[1])
                for record in feed.read_inputs(kind)
            )
        )
    daemon = feed.start()
    feed.wait_done(daemon)
    assert daemon.stop() == 0

    total = sum(map(len, expected.values()))
    assert daemon.totals() == {"in": total, "out": total, "dead_letters": 0, "in_flight": 0}
    assert feed.read_dead_letters() == []
    for kind in KINDS:
        outputs = feed.read_events(kind)
        wanted = Counter((r["source"], r["event_id"], r["revision"]) for r in expected[kind])
        assert Counter(report_of(event) for _, event in outputs) == wanted
        for _, event in outputs:
            check_key(event)
        assert {event["kind"] for _, event in outputs} == {kind.upper()}


def test_what_surrounds_a_value_is_carried(feed):
    feed.create_topics()
    headers = [("trace", b"1"), ("trace", b"2"), ("none", None), ("empty", b""), ("raw", b"\xff\0")]
    report = events.sample("visits")[0]
    sent = [
        feed.record("visit", report, key=b"k1", headers=headers, timestamp=1, partition=2),
        feed.record("visit", report, timestamp=1758153600123, partition=0),
    ]
    feed.client.produce(feed.inputs["visit"], sent)
    daemon = feed.start()
    feed.wait_done(daemon)

    inputs = {(r.topic, r.partition, r.offset): r for r in feed.read_inputs("visit")}
    outputs = [record for record, _ in feed.read_events("visit")]
    assert len(outputs) == len(inputs) == 2
    for record in outputs:
        source = inputs.pop(place_of(record))
        assert record.timestamp == source.timestamp
        assert record.headers[: len(source.headers)] == source.headers
        assert {name for name, _ in record.headers[len(source.headers) :]} == {
            "visitfeed.source.topic",
            "visitfeed.source.partition",
            "visitfeed.source.offset",
        }
    # One event, one key, one partition: a compacted topic keeps its last word.
    assert len({record.key for record in outputs}) == 1
    assert len({record.partition for record in outputs}) == 1


MEGABYTE = 1 << 20


def bad_values():
    """{name: (value, code, words of the reason)}, on the topic of visits."""
    report = events.sample("visits")[0]
    body = events.encode("visit", report)
    framed = events.frame(1, body)
    nameless = events.encode("visit", {**report, "event_id": ""})
    meeting = events.encode("meeting", events.sample("meetings")[0])
    return {
        "null": (None, "EEMPTY", ""),
        "empty": (b"", "EEMPTY", ""),
        "json": (json.dumps(report).encode(), "EFRAMING", ""),
        "cut in the frame": (framed[:3], "ETRUNCATED", ""),
        "frame alone": (framed[:5], "ETRUNCATED", ""),
        "cut": (framed[:-9], "ETRUNCATED", ""),
        "one byte more": (framed + b"\0", "ETRAILING", ""),
        "unknown schema": (events.frame(99, body), "EUNKNOWNSCHEMA", "99"),
        "schema of another kind": (events.frame(2, meeting), "EINCOMPATIBLE", "Meeting"),
        "not utf-8": (framed[:6] + b"\xff" + framed[7:], "EUTF8", "event_id"),
        "length beyond the end": (events.frame(1, b"\xfe\xff\xff\xff\x0f"), "ETRUNCATED", ""),
        "negative length": (events.frame(1, b"\x01"), "EDATA", ""),
        "overlong number": (events.frame(1, b"\x80" * 11), "EDATA", ""),
        "no event id": (events.frame(1, nameless), "EDATA", "event_id"),
        "too long": (framed + b"\0" * (2 * MEGABYTE), "ELIMIT", str(len(framed) + 2 * MEGABYTE)),
    }


def check_dead_letter(record, source, code, words):
    assert record.value == source.value
    assert record.key == source.key
    assert record.timestamp == source.timestamp
    assert record.headers[: len(source.headers)] == source.headers
    assert text(record, "visitfeed.error.code") == code
    reason = text(record, "visitfeed.error.reason")
    assert reason and words in reason
    assert text(record, "__connect.errors.exception.message") == reason
    assert text(record, "__streams.errors.message") == reason
    assert text(record, "kafka_dlt-exception-message") == reason
    for prefix in ("visitfeed.error", "__connect.errors", "__streams.errors"):
        assert text(record, f"{prefix}.topic") == source.topic
        assert text(record, f"{prefix}.partition") == str(source.partition)
        assert text(record, f"{prefix}.offset") == str(source.offset)
    assert record.header("kafka_dlt-original-offset") == struct.pack(">q", source.offset)


def test_bad_values_are_refused_and_the_stream_goes_on(feed):
    feed.create_topics(max_message_bytes=4 * MEGABYTE)
    good = [feed.record("visit", report) for report in events.sample("visits")]
    bad = bad_values()
    mixed = []
    for number, (name, (value, _, _)) in enumerate(bad.items()):
        mixed.append(good[number])
        mixed.append({"value": value, "key": name, "headers": [("h", b"\0"), ("h", None)]})
    mixed.append(good[len(bad)])
    feed.client.produce(feed.inputs["visit"], mixed)
    daemon = feed.start()
    feed.wait_done(daemon)
    assert daemon.stop() == 0

    sources = {record.key: record for record in feed.read_inputs("visit") if record.key}
    letters = {record.key.decode(): record for record in feed.read_dead_letters()}
    assert letters.keys() == bad.keys()
    for name, (_, code, words) in bad.items():
        found = text(letters[name], "visitfeed.error.code"), text(letters[name], "visitfeed.error.reason")
        try:
            check_dead_letter(letters[name], sources[name.encode()], code, words)
        except AssertionError as error:
            raise AssertionError(f"{name}: said {found}: {error}") from error
    assert len(feed.read_events("visit")) == len(bad) + 1
    total = 2 * len(bad) + 1
    assert daemon.totals() == {
        "in": total,
        "out": len(bad) + 1,
        "dead_letters": len(bad),
        "in_flight": 0,
    }
    line = daemon.lines("record became a dead letter")[0]
    assert line["topic"] == feed.inputs["visit"]
    assert {"partition", "offset", "code", "reason"} <= line.keys()


def test_a_value_too_long_for_the_dead_letter_topic(feed):
    """The reason goes there alone: the bytes are still in the input topic."""
    for topic in (*feed.inputs.values(), *feed.outputs.values()):
        feed.client.create_topic(topic, max_message_bytes=4 * MEGABYTE)
    feed.client.create_topic(feed.dead_letter)
    good = feed.record("visit", events.sample("visits")[0])
    feed.client.produce(
        # As sent, it is as long: zeros would be compressed.
        feed.inputs["visit"], [{"value": os.urandom(2 * MEGABYTE), "key": b"long"}, good]
    )
    daemon = feed.start()
    feed.wait_done(daemon)
    assert daemon.stop() == 0
    (letter,) = feed.read_dead_letters()
    (source,) = [r for r in feed.read_inputs("visit") if r.key == b"long"]
    assert letter.key == b"long"
    assert letter.value is None
    assert text(letter, "visitfeed.error.reason")
    assert text(letter, "visitfeed.error.offset") == str(source.offset)
    assert len(feed.read_events("visit")) == 1
