"""What the other tests believe in must itself hold: a round trip without visitfeed."""

from support import events

HEADERS = [("a", b"1"), ("a", b"2"), ("empty", b""), ("null", None), ("\u00e9", b"\x00\xff")]


def test_records_come_back_as_they_went(client):
    client.create_topic("harness-records", partitions=2)
    sent = [
        {"key": b"k", "value": b"v", "headers": HEADERS, "timestamp": 1758153600123, "partition": 1},
        {"key": None, "value": b"", "partition": 1},
        {"key": b"", "value": None, "partition": 0},
    ]
    client.produce("harness-records", sent)
    got = client.read_all("harness-records")
    assert [(r.partition, r.offset, r.key, r.value) for r in got] == [
        (0, 0, b"", None),
        (1, 0, b"k", b"v"),
        (1, 1, None, b""),
    ]
    assert got[1].headers == HEADERS
    assert got[1].header("a") == b"2"
    assert got[1].timestamp == 1758153600123
    assert client.count("harness-records") == 3


def test_large_values_and_empty_topics(client):
    client.create_topic("harness-large", partitions=1, max_message_bytes=4 << 20)
    assert client.read_all("harness-large") == []
    client.produce("harness-large", [{"value": b"x" * (2 << 20)}])
    (record,) = client.read_all("harness-large")
    assert record.value == b"x" * (2 << 20)


def test_every_sample_report_survives_avro():
    for name in ("visit", "meeting"):
        reports = events.sample(name + "s")
        assert reports
        for report in reports:
            body = events.encode(name, report)
            assert events.encode(name, events.decode(name, body)) == body
            assert events.unframe(events.frame(7, body)) == (7, body)


def test_kafka_keeps_its_data_when_killed(kafka, client):
    client.create_topic("harness-killed", partitions=1)
    client.produce("harness-killed", [{"value": b"kept"}])
    kafka.kill()
    kafka.start()
    assert [r.value for r in client.read_all("harness-killed")] == [b"kept"]


def test_registry_gives_back_what_was_registered(registry):
    schema_id = registry.register("harness-value", events.schema_json("visit"))
    assert schema_id > 0
    assert registry.schema(schema_id) == events.schema_json("visit")
