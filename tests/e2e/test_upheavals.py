"""What happens to the daemon when the topics under it change, in both modes of delivery."""

import time

import pytest

from support import events
from support.feed import SCHEMA_IDS
from support.process import READ_PAUSE, wait_until

MODES = pytest.mark.parametrize("mode", ["at-least-once", "exactly-once"])


def send(feed, first, count, **more):
    feed.client.produce(
        feed.inputs["visit"],
        [
            {"value": events.frame(SCHEMA_IDS["visit"], events.numbered("visit", n)[1]), **more}
            for n in range(first, first + count)
        ],
    )


def published(feed):
    return [event["report"]["event_id"] for _, event in feed.read_events("visit")]


def ids(first, count):
    return {events.numbered("visit", n)[0] for n in range(first, first + count)}


def wait_published(feed, daemon, count, seconds=60):
    wait_until(
        lambda: len(set(published(feed))) >= count, seconds, f"{count} events", daemon, READ_PAUSE
    )


@MODES
def test_partitions_are_added(feed, mode):
    feed.create_topics(partitions=1)
    daemon = feed.start(delivery={"mode": mode}).wait_assigned()
    send(feed, 0, 50)
    wait_published(feed, daemon, 50)
    feed.client.add_partitions(feed.inputs["visit"], 3)
    wait_until(lambda: len(feed.client.end_offsets(feed.inputs["visit"])) == 3, 20, "partitions")
    for partition in range(3):
        send(feed, 100 + 50 * partition, 50, partition=partition)
    wait_published(feed, daemon, 200)
    assert daemon.stop() == 0
    assert sorted(published(feed)) == sorted(ids(0, 50) | ids(100, 150))


@MODES
def test_an_input_topic_is_deleted_and_created_anew(feed, mode):
    """It is said aloud, and what the new topic holds is read from its beginning."""
    feed.create_topics(partitions=1)
    daemon = feed.start(delivery={"mode": mode}).wait_assigned()
    send(feed, 0, 50)
    wait_published(feed, daemon, 50)
    time.sleep(1)
    feed.client.delete_topic(feed.inputs["visit"])
    daemon.wait_line(
        lambda line: line.get("level") == "error" and feed.inputs["visit"] in " ".join(line.values()),
        40,
        "a word on the deleted topic",
    )
    wait_until(lambda: feed.inputs["visit"] not in feed.client.topics(), 20, "the deletion")
    feed.client.create_topic(feed.inputs["visit"], 1)
    send(feed, 100, 20)
    wait_published(feed, daemon, 70)
    assert daemon.stop() == 0
    assert set(published(feed)) == ids(0, 50) | ids(100, 20)


@MODES
def test_an_output_topic_is_deleted_and_created_anew(feed, mode):
    """Outputs wait for it; what is read meanwhile is not lost."""
    feed.create_topics(partitions=1)
    daemon = feed.start(delivery={"mode": mode}).wait_assigned()
    send(feed, 0, 20)
    wait_published(feed, daemon, 20)
    feed.client.delete_topic(feed.outputs["visit"])
    wait_until(lambda: feed.outputs["visit"] not in feed.client.topics(), 20, "the deletion")
    send(feed, 100, 20)
    daemon.wait_line(
        lambda line: line.get("level") == "error"
        and feed.outputs["visit"] in " ".join(line.values()),
        60,
        "a word on the deleted topic",
    )
    feed.client.create_topic(feed.outputs["visit"], 1)
    wait_published(feed, daemon, 20, 90)
    feed.wait_done(daemon)
    assert daemon.stop() == 0
    assert ids(100, 20) <= set(published(feed))


@MODES
@pytest.mark.parametrize("quota, rate", [("consumer_byte_rate", 500000), ("producer_byte_rate", 40000)])
def test_a_quota_slows_it_down_and_loses_nothing(feed, kafka, mode, quota, rate):
    """Throttled to a fraction of what it could: all arrives, once."""
    feed.create_topics(partitions=2)
    client_id = f"throttled-{feed.name}"
    count = 4000
    bodies = [events.numbered_large("visit", n, 2000)[1] for n in range(count)]
    values = ({"value": events.frame(SCHEMA_IDS["visit"], body)} for body in bodies)
    feed.client.produce(feed.inputs["visit"], values)
    kafka.set_quota(client_id, quota, rate)
    try:
        daemon = feed.start(delivery={"mode": mode}, kafka={"client.id": client_id})
        daemon.wait_assigned()
        began = time.monotonic()
        feed.wait_done(daemon, 150)
        assert time.monotonic() - began > 3, "the quota had no effect"
        assert daemon.stop(60) == 0
    finally:
        kafka.set_quota(client_id, quota, None)
    assert sorted(published(feed)) == sorted(ids(0, count))
