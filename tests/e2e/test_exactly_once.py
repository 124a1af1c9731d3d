"""Exactly-once: every input has one output or dead letter, whatever is killed."""

import signal
import time
from collections import Counter

import pytest

from support import events
from support.feed import KINDS, SCHEMA_IDS
from support.process import wait_until
from support.stream import Stream

EXACTLY_ONCE = {"mode": "exactly-once", "transaction.timeout": "5s"}


def outcomes(feed):
    """{event id: outputs} of all kinds, as a reader of committed records sees them."""
    found = Counter()
    for kind in KINDS:
        found.update(event["report"]["event_id"] for _, event in feed.read_events(kind))
    return found


def where(feed, ids):
    """Where those inputs are: [(topic, partition, offset)], for a failure's message."""
    return [
        (record.topic, record.partition, record.offset)
        for kind in KINDS
        for record in feed.read_inputs(kind)
        if record.key.decode() in ids
    ]


def check_exactly_once(feed, stream):
    sent = {event_id for kind in KINDS for event_id in stream.ids[kind]}
    found = outcomes(feed)
    assert feed.read_dead_letters() == []
    lost = sent - found.keys()
    doubled = [event_id for event_id, times in found.items() if times > 1]
    assert not lost, f"{len(lost)} of {len(sent)} lost, as {where(feed, lost)[:8]}"
    assert not doubled, f"{len(doubled)} of {len(sent)} doubled, as {sorted(doubled)[:3]}"
    assert found.keys() == sent


def wait_flowing(feed, daemon, more=200, seconds=40):
    before = feed.client.count(feed.outputs["visit"])
    wait_until(
        lambda: feed.client.count(feed.outputs["visit"]) > before + more,
        seconds,
        "events to flow",
        daemon,
    )


def test_killed_in_mid_stream(feed):
    feed.create_topics(partitions=6)
    with Stream(feed, total=24000, rate=3000) as stream:
        for _ in range(3):
            daemon = feed.start(delivery=EXACTLY_ONCE).wait_running()
            wait_flowing(feed, daemon)
            daemon.kill()
    daemon = feed.start(delivery=EXACTLY_ONCE).wait_running()
    feed.wait_done(daemon)
    assert daemon.stop() == 0
    check_exactly_once(feed, stream)


def test_stopped_in_mid_stream(feed):
    feed.create_topics(partitions=6)
    with Stream(feed, total=16000, rate=4000) as stream:
        for _ in range(2):
            daemon = feed.start(delivery=EXACTLY_ONCE).wait_running()
            wait_flowing(feed, daemon)
            assert daemon.stop() == 0, daemon.tail()
            totals = daemon.totals()
            assert totals["in"] == totals["out"] > 0
            assert totals["dead_letters"] == totals["in_flight"] == 0
    daemon = feed.start(delivery=EXACTLY_ONCE).wait_running()
    feed.wait_done(daemon)
    assert daemon.stop() == 0
    check_exactly_once(feed, stream)


@pytest.mark.parametrize("strategy", ["range", "cooperative-sticky"])
def test_daemons_come_and_go(feed, strategy):
    feed.create_topics(partitions=6)
    changes = {
        "delivery": EXACTLY_ONCE,
        "kafka_consumer": {"partition.assignment.strategy": strategy},
    }
    with Stream(feed, total=24000, rate=3000) as stream:
        first = feed.start(**changes).wait_running()
        wait_flowing(feed, first)
        second = feed.start(**changes).wait_running()
        time.sleep(2)
        third = feed.start(**changes).wait_running()
        time.sleep(2)
        assert first.stop() == 0
        time.sleep(1)
        second.kill()
    feed.wait_done(third)
    assert third.stop() == 0
    check_exactly_once(feed, stream)


def test_a_zombie_commits_nothing(feed):
    """A daemon that stood still beyond its session wakes up when others have its partitions."""
    feed.create_topics(partitions=6)
    with Stream(feed, total=24000, rate=3000) as stream:
        zombie = feed.start(delivery=EXACTLY_ONCE).wait_running()
        wait_flowing(feed, zombie)
        heir = feed.start(delivery=EXACTLY_ONCE).wait_running()
        time.sleep(1)
        zombie.signal(signal.SIGSTOP)
        time.sleep(5)  # the session is 3 s
        zombie.signal(signal.SIGCONT)
        time.sleep(2)
    feed.wait_done(heir)
    assert zombie.stop() == 0
    assert heir.stop() == 0
    check_exactly_once(feed, stream)


def test_kafka_killed_in_mid_stream(feed, kafka):
    feed.create_topics(partitions=6)
    with Stream(feed, total=12000, rate=2000) as stream:
        daemon = feed.start(delivery=EXACTLY_ONCE).wait_running()
        wait_flowing(feed, daemon)
        kafka.kill()
        time.sleep(1)
        kafka.start()
    feed.wait_done(daemon, 90)
    assert daemon.stop() == 0
    check_exactly_once(feed, stream)


def test_static_member_is_back_at_once(feed):
    """With a group.instance.id the next daemon fences what the killed one left open."""
    feed.create_topics(partitions=3)
    changes = {
        "delivery": {"mode": "exactly-once", "transaction.timeout": "60s"},
        "kafka_consumer": {"group.instance.id": "one", "session.timeout.ms": "20000"},
    }
    with Stream(feed, total=12000, rate=2000) as stream:
        daemon = feed.start(**changes).wait_running()
        wait_flowing(feed, daemon)
        daemon.kill()
        began = time.monotonic()
        daemon = feed.start(**changes)
        wait_flowing(feed, daemon, more=1)
        assert time.monotonic() - began < 5
    feed.wait_done(daemon)
    assert daemon.stop() == 0
    check_exactly_once(feed, stream)


def test_refused_outputs_become_dead_letters(feed):
    """The broker refuses one output of a batch; its neighbours are not harmed."""
    feed.create_topics(partitions=1)
    feed.client.delete_topic(feed.outputs["visit"])
    feed.client.create_topic(feed.outputs["visit"], 1, max_message_bytes=60000)
    records = []
    for number in range(60):
        if number in (20, 21, 40):
            _, body = events.numbered_large("visit", number, 100000)
        else:
            _, body = events.numbered("visit", number)
        records.append({"value": events.frame(SCHEMA_IDS["visit"], body), "partition": 0})
    feed.client.produce(feed.inputs["visit"], records)
    daemon = feed.start(
        delivery=EXACTLY_ONCE, kafka_producer={"batch.size": "30000"}
    ).wait_running()
    feed.wait_done(daemon, 90)
    assert daemon.stop() == 0
    found = Counter(event["report"]["event_id"] for _, event in feed.read_events("visit"))
    assert len(feed.read_dead_letters()) == 3
    assert sorted(found.values()) == [1] * 57
    totals = daemon.totals()
    assert (totals["in"], totals["out"], totals["dead_letters"]) == (60, 57, 3)


def test_missing_output_topic_loses_none(feed):
    for topic in (*feed.inputs.values(), feed.outputs["meeting"], feed.dead_letter):
        feed.client.create_topic(topic)
    feed.client.produce(
        feed.inputs["visit"],
        [
            {"value": events.frame(SCHEMA_IDS["visit"], events.numbered("visit", n)[1])}
            for n in range(10)
        ],
    )
    daemon = feed.start(delivery=EXACTLY_ONCE)
    daemon.wait_line(
        lambda line: line.get("level") == "error"
        and feed.outputs["visit"] in " ".join(line.values()),
        30,
        f"a word on {feed.outputs['visit']}",
    )
    assert feed.client.committed(feed.group, feed.inputs.values()) == {}
    feed.client.create_topic(feed.outputs["visit"])
    feed.wait_done(daemon, 90)
    assert daemon.stop() == 0
    assert len(feed.read_events("visit")) == 10
    assert feed.read_dead_letters() == []


@pytest.mark.parametrize("mode", ["at-least-once", "exactly-once"])
def test_workers_share_the_partitions(feed, mode):
    """One daemon, three threads: killed once, reloaded once, stopped in good order."""
    feed.create_topics(partitions=6)
    delivery = {**EXACTLY_ONCE, "mode": mode, "workers": 3}
    with Stream(feed, total=50000, rate=2000) as stream:
        daemon = feed.start(delivery=delivery).wait_running()
        wait_flowing(feed, daemon)
        daemon.kill()
        daemon = feed.start(delivery=delivery).wait_running()
        daemon.wait_line(
            lambda line: line.get("msg") == "status" and line.get("partitions") == "12",
            30,
            "all partitions",
        )
        daemon.signal(signal.SIGHUP)
        wait_flowing(feed, daemon)
    feed.wait_done(daemon)
    assert daemon.stop() == 0
    assert len(daemon.lines("partitions assigned")) >= 3
    totals = daemon.totals()
    assert totals["in"] == totals["out"] > 0
    assert totals["in_flight"] == 0
    if mode == "exactly-once":
        check_exactly_once(feed, stream)
    else:
        assert outcomes(feed).keys() == {i for kind in KINDS for i in stream.ids[kind]}
