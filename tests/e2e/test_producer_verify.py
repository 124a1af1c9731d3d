"""visitfeed-producer verify: differences are found, and told as what they are."""

import json

from support import events
from test_producer_record import fill, odd_records, run
from test_producer_replay import NOW, record_to


def replay(feed, build, path, *arguments):
    done = run(feed, build, "replay", path, "--speed", "max", *arguments)
    assert done.returncode == 0, done.stderr


def verify(feed, build, path, *arguments):
    done = run(feed, build, "verify", path, *arguments)
    return done.returncode, done.stderr


def test_a_replay_is_the_same(feed, build):
    feed.create_topics(retention_ms=-1)
    first, second = feed.inputs["visit"], feed.inputs["meeting"]
    fill(feed, first, odd_records())
    path = record_to(feed, build, first, feed.folder / "one.avro")
    assert verify(feed, build, path)[0] == 0
    code, said = verify(feed, build, path, "--against", second)
    assert code == 1 and "missing=5" in said
    changes = ["--shift-time", "1h", "--add-header", "x=y", "--drop-header", "a"]
    replay(feed, build, path, "--to", second, *changes)
    code, said = verify(feed, build, path, "--against", second)
    assert code == 1 and "changed=5" in said and "headers, timestamp" in said
    assert verify(feed, build, path, "--against", second, *changes)[0] == 0
    ignored = ["--ignore", "timestamp", "--ignore", "headers"]
    assert verify(feed, build, path, "--against", second, *ignored)[0] == 0


def test_every_difference_is_told(feed, build):
    feed.create_topics(partitions=1, retention_ms=-1)
    first, second = feed.inputs["visit"], feed.inputs["meeting"]
    records = [(0, NOW + i, b"k%d" % i, b"v%d" % i, [("h", b"%d" % i)]) for i in range(6)]
    fill(feed, first, records)
    path = record_to(feed, build, first, feed.folder / "one.avro")
    twisted = [
        records[0],
        records[0],  # again
        (0, NOW + 1, b"k1", b"another", [("h", b"1")]),
        # 3 is missing
        records[4],
        records[3],  # out of order
        (0, NOW, b"new", b"new", []),
    ]
    fill(feed, second, twisted)
    code, said = verify(feed, build, path, "--against", second)
    assert code == 1
    for line in (
        f"record 1: found again at {second}, partition 0, offset 1",
        f"record 2: changed: value; found at {second}, partition 0, offset 2",
        "record 3: missing",
        f"record 4: out of order, at {second}, partition 0, offset 4",
        "record 6: missing",
    ):
        assert line in said, said
    assert "not expected" in said or "changed" in said
    code, said = verify(feed, build, path, "--against", second, "--differences", "1")
    assert code == 1 and "more differences" in said


def test_by_key_when_partitions_changed(feed, build):
    feed.create_topics(retention_ms=-1)
    first, second = feed.inputs["visit"], feed.inputs["meeting"]
    fill(feed, first, [(i % 3, NOW + i, b"k%d" % (i % 10), b"%d" % i, []) for i in range(300)])
    path = record_to(feed, build, first, feed.folder / "one.avro")
    replay(feed, build, path, "--to", second, "--partition", "key")
    assert verify(feed, build, path, "--against", second)[0] == 1
    assert verify(feed, build, path, "--against", second, "--by", "key")[0] == 0
    replay(feed, build, path, "--to", second, "--partition", "key", "--key", "k3")
    code, said = verify(feed, build, path, "--against", second, "--by", "key")
    assert code == 1 and "duplicate=30" in said
    assert verify(feed, build, path, "--against", second, "--by", "key", "--allow-duplicates")[0] == 0
    assert verify(feed, build, path, "--against", second, "--by", "key", "--key", "k4")[0] == 0


def test_events_against_what_send_made_of_them(feed, build):
    feed.create_topics()
    path = events.SAMPLE / "visits.jsonl"
    assert feed.produce("visit", path).returncode == 0
    arguments = ["--against", feed.inputs["visit"], "--kind", "visit"]
    code, said = verify(feed, build, path, *arguments)
    assert code == 64 and "--by key" in said
    code, said = verify(feed, build, path, *arguments, "--by", "key", "--ignore", "timestamp")
    assert code == 0, said
    report = {**events.sample("visits")[0], "language": "zu"}
    changed = feed.write_reports("changed.jsonl", [report])
    code, said = verify(feed, build, changed, *arguments, "--by", "key", "--ignore", "timestamp")
    assert code == 1 and "missing=1" in said or "changed=1" in said


def test_what_cannot_be_verified(feed, build):
    feed.create_topics()
    path = feed.folder / "bad.json"
    path.write_text(json.dumps({"topic": feed.inputs["visit"], "partition": 0}) + "\n{\n")
    code, said = verify(feed, build, path)
    assert code == 1 and "bad.json:2" in said
    path.write_text("")
    code, said = verify(feed, build, path)
    assert code == 1 and "no record" in said
    assert verify(feed, build, path, "--ignore", "colour")[0] == 64
    assert verify(feed, build, path, "--end", "never")[0] == 64
