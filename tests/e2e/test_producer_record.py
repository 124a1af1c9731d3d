"""visitfeed-producer record: everything a topic holds, as an independent reader finds it."""

import base64
import json
import signal
import subprocess
import time

import fastavro
from confluent_kafka import Producer
from support import events
from support.process import Process, wait_until
from support.programs import parse_logfmt
from test_producer_send import program

TOMBSTONE_KEY = b"gone"


def run(feed, build, *arguments):
    return subprocess.run(
        [str(part) for part in [program(build), *arguments, "-b", feed.client.bootstrap]],
        capture_output=True,
        text=True,
        timeout=90,
    )


def fill(feed, topic, records, **config):
    """Records as (partition, timestamp, key, value, headers), in this order whatever happens."""
    producer = Producer(
        {"bootstrap.servers": feed.client.bootstrap, "enable.idempotence": True, **config}
    )
    for partition, timestamp, key, value, headers in records:
        producer.produce(
            topic, value=value, key=key, partition=partition, timestamp=timestamp, headers=headers
        )
    assert producer.flush(30) == 0


def odd_records():
    visit = events.frame(1, events.encode("visit", events.sample("visits")[0]))
    return [
        (0, 1700000000000, b"k", visit, []),
        (1, 1700000001000, None, b"plain text", [("a", b"1"), ("a", None), ("b", b"")]),
        (0, 1700000002000, TOMBSTONE_KEY, None, [("\u0438", b"\xff\x00")]),
        (2, 1700000003000, b"", b"", []),
        (1, 1700000004000, b"\xfe\xff", b"\x00\x00\x00\x00\x01not a visit", []),
    ]


def record_to_file(feed, build, topic):
    path = feed.folder / "recording.avro"
    done = run(feed, build, "record", topic, "-o", path, "--overwrite")
    assert done.returncode == 0, done.stderr
    return path


def by_place(records):
    return sorted(records, key=lambda record: (record["partition"], record["offset"]))


def expected(feed, topic):
    """What a recording has to hold, by the independent client."""
    return by_place(
        {
            "topic": topic,
            "partition": record.partition,
            "offset": record.offset,
            "timestamp": record.timestamp,
            "key": record.key,
            "value": record.value,
            "headers": [{"name": name, "value": value} for name, value in record.headers],
        }
        for record in feed.client.read_all(topic)
    )


def read_avro(path):
    with open(path, "rb") as file:
        records = list(fastavro.reader(file))
    for record in records:
        assert record.pop("timestamp_type") == "CREATE"
        record["timestamp"] = round(record["timestamp"].timestamp() * 1000)
    return records


def from_json(member):
    if isinstance(member, str):
        return member.encode()
    return None if member is None else base64.b64decode(member["base64"])


def read_json(text):
    """Records, and how many of their values were readable; fastavro encodes those again."""
    schemas, records, readable = {}, [], 0
    for line in map(json.loads, filter(None, text.split("\n"))):
        if "avro" in line:
            schemas[line["schema"]["id"]] = fastavro.parse_schema(line["avro"])
            continue
        assert line.pop("timestamp_type") == "CREATE"
        value = line["value"]
        if isinstance(value, dict) and "schema" in value:
            readable += 1
            schema_id = value["schema"]["id"]
            assert value["schema"]["framing"] == "confluent" and schema_id in schemas
            line["value"] = events.frame(schema_id, events.encode("visit", value["json"]))
        else:
            line["value"] = from_json(value)
        line["key"] = from_json(line["key"])
        for header in line["headers"]:
            header["value"] = from_json(header["value"])
        records.append(line)
    return records, readable


def test_nothing_is_lost_in_either_form(feed, build):
    feed.create_topics(retention_ms=-1)
    topic = feed.inputs["visit"]
    fill(feed, topic, odd_records())
    for codec in ("null", "deflate"):
        path = feed.folder / f"{codec}.avro"
        done = run(feed, build, "record", topic, "-o", path, "--codec", codec)
        assert done.returncode == 0, done.stderr
        records = read_avro(path)
        assert [record["timestamp"] for record in records] == [r[1] for r in odd_records()]
        assert by_place(records) == expected(feed, topic)

    done = run(feed, build, "record", topic, "--format", "json", "-o", "-")
    assert done.returncode == 0, done.stderr
    records, readable = read_json(done.stdout)
    assert by_place(records) == expected(feed, topic)
    assert readable == 1


def test_the_brokers_own_timestamps(feed, build):
    feed.create_topics(retention_ms=-1, message_timestamp_type="LogAppendTime")
    topic = feed.inputs["visit"]
    fill(feed, topic, odd_records())
    (path, text) = (feed.folder / "append.avro", feed.folder / "append.json")
    for form, to in (("avro", path), ("json", text)):
        done = run(feed, build, "record", topic, "-o", to, "--format", form)
        assert done.returncode == 0, done.stderr
    told = {(record.partition, record.offset): record.timestamp for record in feed.client.read_all(topic)}
    with open(path, "rb") as file:
        found = list(fastavro.reader(file))
    lines = [json.loads(line) for line in text.read_text().splitlines() if '"topic"' in line]
    assert len(found) == len(lines) == len(told) == 5
    for record, line in zip(found, lines):
        assert record["timestamp_type"] == line["timestamp_type"] == "APPEND"
        assert line["timestamp"] == round(record["timestamp"].timestamp() * 1000)
        assert line["timestamp"] == told[record["partition"], record["offset"]] > 1700000004000


def keys_of(feed, build, topic, *arguments):
    path = feed.folder / "bounds.avro"
    done = run(feed, build, "record", topic, "-o", path, "--overwrite", *arguments)
    assert done.returncode == 0, done.stderr
    return [record["key"].decode() for record in read_avro(path)]


def test_bounds_and_filters(feed, build):
    feed.create_topics(retention_ms=-1)
    topic = feed.inputs["visit"]
    start = 1700000000000
    fill(
        feed,
        topic,
        [
            (i % 3, start + i * 1000, str(i).encode(), b"v", [("even", b"yes")] if i % 2 == 0 else [])
            for i in range(12)
        ],
    )
    def keys(*arguments):
        return keys_of(feed, build, topic, *arguments)

    assert keys() == [str(i) for i in range(12)]
    assert keys("--start", str(start + 4000), "--end", str(start + 8000)) == ["4", "5", "6", "7"]
    assert keys("--start", "2023-11-14T22:13:30Z") == ["10", "11"]
    assert keys("--start", "2099-01-01") == []
    assert keys("--start", "last:1") == ["9", "10", "11"]
    assert keys("--start", "offset:1", "--end", "offset:2") == ["3", "4", "5"]
    assert keys("--partitions", "0,2", "--limit", "3") == ["0", "2", "3"]
    assert keys("--header", "even", "--key", "1*") == ["10"]
    assert keys("--header", "even=y?s", "--start", "last:2") == ["6", "8", "10"]


def test_fields_of_decoded_values(feed, build):
    feed.create_topics(retention_ms=-1)
    topic = feed.inputs["visit"]
    done = feed.produce("visit", events.SAMPLE / "visits.jsonl")
    assert done.returncode == 0, done.stderr
    path = feed.folder / "field.avro"
    done = run(feed, build, "record", topic, "-o", path, "--field", "stops.city=Kuala*")
    assert done.returncode == 0, done.stderr
    wanted = {
        report["event_id"]
        for report in events.sample("visits")
        if any((stop["city"] or "").startswith("Kuala") for stop in report["stops"])
    }
    found = [events.decode("visit", record["value"][5:]) for record in read_avro(path)]
    assert wanted and {event["event_id"] for event in found} == wanted


def test_transactions(feed, build):
    """Aborted records are left out, unless asked for; open ones do not hold up the end."""
    feed.create_topics(partitions=1, retention_ms=-1)
    topic = feed.inputs["visit"]
    producer = Producer({"bootstrap.servers": feed.client.bootstrap, "transactional.id": feed.name})
    producer.init_transactions(30)
    for key, commit in ((b"kept", True), (b"aborted", False), (b"last", True)):
        producer.begin_transaction()
        producer.produce(topic, key=key, value=b"v", timestamp=1700000000000)
        producer.flush(30)
        producer.commit_transaction(30) if commit else producer.abort_transaction(30)
    assert keys_of(feed, build, topic) == ["kept", "last"]
    assert keys_of(feed, build, topic, "--isolation", "uncommitted") == ["kept", "aborted", "last"]


def count(path):
    """Records in a file that is being written."""
    try:
        return len(read_avro(path))
    except (OSError, ValueError, EOFError):
        return 0


def test_a_follower_ends_by_ctrl_c(feed, build):
    feed.create_topics(retention_ms=-1)
    topic = feed.inputs["visit"]
    fill(feed, topic, odd_records()[:2])
    path = feed.folder / "follow.avro"
    command = [program(build), "record", topic, "-o", path, "-b", feed.client.bootstrap, "--follow"]
    child = Process(command, feed.folder / "record.log")
    try:
        wait_until(lambda: count(path) == 2, 30, "two records", child)
        fill(feed, topic, odd_records()[2:])
        wait_until(lambda: count(path) == 5, 30, "all records", child)
        child.signal(signal.SIGINT)
        assert child.wait(20) == 0
    finally:
        child.kill()
    assert by_place(read_avro(path)) == expected(feed, topic)
    said = parse_logfmt(child.read_log().splitlines()[-1])
    assert said["recorded"] == "5"


def test_no_group_is_joined_and_nothing_committed(feed, build):
    feed.create_topics(retention_ms=-1)
    topic = feed.inputs["visit"]
    fill(feed, topic, odd_records())
    path = feed.folder / "x.avro"
    group = f"{feed.name}-record"
    done = run(feed, build, "record", topic, "-o", path, "-X", f"group.id={group}")
    assert done.returncode == 0, done.stderr
    assert feed.client.committed(group, [topic]) == {}


def test_what_cannot_be_recorded(feed, build):
    feed.create_topics(retention_ms=-1)
    topic = feed.inputs["visit"]
    path = feed.folder / "x.avro"
    done = run(feed, build, "record", f"{feed.name}.none", "-o", path)
    assert done.returncode == 1 and f"{feed.name}.none" in done.stderr
    path.write_text("precious")
    done = run(feed, build, "record", topic, "-o", path)
    assert done.returncode == 1 and "--overwrite" in done.stderr
    assert path.read_text() == "precious"
    for arguments in (
        [topic],
        [topic, "-o", path, "--start", "soon"],
        [topic, "-o", path, "--start", "never"],
        [topic, "-o", path, "--end", "last:3"],
        [topic, "-o", path, "--partitions", "x"],
        [topic, "-o", path, "--field", "x"],
        ["-o", path],
    ):
        assert run(feed, build, "record", *arguments).returncode == 64, arguments
    begin = time.monotonic()
    done = run(feed, build, "record", topic, "-o", path, "--overwrite", "--end", "end")
    assert done.returncode == 0 and read_avro(path) == []  # an empty topic
    assert time.monotonic() - begin < 20
