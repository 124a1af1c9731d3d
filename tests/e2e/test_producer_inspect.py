"""visitfeed-producer inspect: what a topic or a file holds, as text."""

from support import events
from test_producer_record import fill, odd_records, record_to_file, run
from test_producer_replay import NOW


def test_a_topic(feed, build):
    feed.create_topics(retention_ms=-1)
    topic = feed.inputs["visit"]
    fill(feed, topic, [(p, NOW + t % 10**6, k, v, h) for p, t, k, v, h in odd_records()])
    done = run(feed, build, "inspect", topic)
    assert done.returncode == 0, done.stderr
    for words in (
        f'"{topic}" partition 0 offset 0',
        "schema id 1, visitfeed.v1.Visit",
        '"event_id": "ev-0001"',
        "null (a tombstone)",
        'header "a": null',
        "can't be decoded: EFRAMING",
        "can't be decoded: E",
        "70 6c 61 69 6e",  # "plain", in hexadecimal
    ):
        assert words in done.stdout, words
    assert done.stdout.count("\n  time: ") == 5
    done = run(feed, build, "inspect", topic, "--start", "last:1", "--compact", "--key", "k")
    assert done.returncode == 0 and done.stdout.count("\n  time: ") == 0
    done = run(feed, build, "inspect", topic, "-n", "1", "--field", "event_id=ev-0001")
    assert done.stdout.count("\n  time: ") == 1


def test_files(feed, build):
    feed.create_topics(retention_ms=-1)
    topic = feed.inputs["visit"]
    fill(feed, topic, odd_records())
    path = record_to_file(feed, build, topic)
    by_topic = run(feed, build, "inspect", topic).stdout
    assert run(feed, build, "inspect", path).stdout == by_topic
    done = run(feed, build, "inspect", events.SAMPLE / "meetings.jsonl", "--all", "--compact")
    assert done.returncode == 0
    assert done.stdout.count("visitfeed.v1.Meeting") == len(events.sample("meetings"))
    done = run(feed, build, "inspect", events.SAMPLE / "bad_input.jsonl")
    assert done.returncode == 1 and "bad_input.jsonl:4: " in done.stderr
