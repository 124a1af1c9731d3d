"""visitfeed-producer publish-reference: a compacted topic that says what the tables say."""

import csv
import shutil

from support import events
from test_producer_record import run
from test_producer_replay import NOW, record_to
from test_producer_record import fill

REFERENCE = events.ROOT / "deploy" / "reference"


def rows(directory):
    with open(directory / "memberships.tsv", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def latest(feed, topic):
    """What compaction leaves: {key: value}, without tombstones."""
    found = {}
    for record in sorted(feed.client.read_all(topic), key=lambda r: (r.partition, r.offset)):
        found[record.key.decode()] = record.value
    return {key: value for key, value in found.items() if value is not None}


def publish(feed, build, topic, *arguments):
    return run(
        feed, build, "publish-reference", "--topic", topic, "--directory", REFERENCE, *arguments
    )


def test_the_topic_follows_the_tables(feed, build):
    topic = f"{feed.name}.memberships"
    done = publish(feed, build, topic, "--create", "2")
    assert done.returncode == 0, done.stderr
    table = rows(REFERENCE)
    held = latest(feed, topic)
    assert set(held) == {f"{r['org_id']}|{r['iso3']}|{r['since']}" for r in table}
    for row in table:
        schema_id, body = events.unframe(held[f"{row['org_id']}|{row['iso3']}|{row['since']}"])
        assert schema_id == 4
        assert events.decode("membership", body) == {
            "organization_id": row["org_id"],
            "country": row["iso3"],
            "status": row["status"].upper(),
            "since": row["since"] or None,
            "until": row["until"] or None,
            "source": row["source"] or None,
            "confidence": row["confidence"].upper(),
        }
    done = publish(feed, build, topic)
    assert done.returncode == 0 and "sent=0" in done.stderr

    changed = feed.folder / "reference"
    shutil.copytree(REFERENCE, changed)
    lines = (changed / "memberships.tsv").read_text(encoding="utf-8").split("\n")
    del lines[5]
    (changed / "memberships.tsv").write_text("\n".join(lines), encoding="utf-8")
    arguments = ["publish-reference", "--topic", topic, "--directory", changed]
    done = run(feed, build, *arguments)
    assert done.returncode == 0 and "kept_missing=1" in done.stderr
    assert latest(feed, topic) == held
    done = run(feed, build, *arguments, "--delete-missing", "--dry-run")
    assert done.returncode == 0 and latest(feed, topic) == held
    done = run(feed, build, *arguments, "--delete-missing")
    assert done.returncode == 0, done.stderr
    assert len(latest(feed, topic)) == len(held) - 1


def test_what_is_warned_of_and_refused(feed, build):
    feed.create_topics()
    topic = feed.inputs["visit"]  # not compacted
    done = publish(feed, build, topic)
    assert done.returncode == 0 and "should be compact" in done.stderr
    done = publish(feed, build, f"{feed.name}.none")
    assert done.returncode == 1 and f"{feed.name}.none" in done.stderr
    broken = feed.folder / "broken"
    shutil.copytree(REFERENCE, broken)
    with open(broken / "memberships.tsv", "a", encoding="utf-8") as file:
        file.write("nowhere\tXXX\tmember\t\t\t\thigh\n")
    done = run(feed, build, "publish-reference", "--topic", topic, "--directory", broken)
    assert done.returncode == 1 and "memberships.tsv:" in done.stderr


def test_a_replay_warns_of_records_that_will_not_stay(feed, build):
    """Timestamps of a recording are kept, and a topic may take them for long expired."""
    feed.create_topics(retention_ms=-1)
    first = feed.inputs["visit"]
    fill(feed, first, [(0, NOW - 90 * 86400000, b"k", b"v", [])])
    path = record_to(feed, build, first, feed.folder / "one.avro")
    feed.client.create_topic(f"{feed.name}.week", 1, retention_ms=7 * 86400000)
    for arguments, warned in (
        (["--to", f"{feed.name}.week"], True),
        (["--to", f"{feed.name}.week", "--timestamp", "now"], False),
        (["--to", first], False),
    ):
        done = run(feed, build, "replay", path, "--speed", "max", *arguments)
        assert done.returncode == 0, done.stderr
        assert ("warning" in done.stderr) == warned, done.stderr
