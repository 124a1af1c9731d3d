"""Nothing is lost when processes are killed, topics are missing, or work piles up."""

import signal
import time
from collections import Counter

import pytest

from support import events
from support.feed import KINDS, SCHEMA_IDS
from support.process import wait_until
from support.stream import Stream

MEBIBYTE = 1 << 20


def ids_out(feed, kind):
    """{event id: how often it was published}"""
    return Counter(event["report"]["event_id"] for _, event in feed.read_events(kind))


def check_none_lost(feed, stream, doubled=None):
    """Every acknowledged input has its output; doubled: how many may have two, None: any."""
    assert feed.read_dead_letters() == []
    twice = 0
    for kind in KINDS:
        published = ids_out(feed, kind)
        lost = set(stream.ids[kind]) - published.keys()
        assert not lost, f"{len(lost)} of {len(stream.ids[kind])} {kind}s, as {sorted(lost)[:3]}"
        assert published.keys() == set(stream.ids[kind])
        twice += sum(published.values()) - len(published)
    assert doubled is None or twice <= doubled, f"{twice} doubled"


def test_killed_in_mid_stream_loses_none(feed):
    feed.create_topics()
    with Stream(feed, total=20000, rate=4000) as stream:
        for _ in range(3):
            daemon = feed.start().wait_running()
            before = feed.client.count(feed.outputs["visit"])
            wait_until(
                lambda: feed.client.count(feed.outputs["visit"]) > before + 200,
                30,
                "events to flow",
                daemon,
            )
            daemon.kill()
    daemon = feed.start()
    feed.wait_done(daemon)
    assert daemon.stop() == 0
    check_none_lost(feed, stream)


def test_stopped_in_mid_stream_neither_loses_nor_doubles(feed):
    feed.create_topics()
    with Stream(feed, total=20000, rate=4000) as stream:
        for number in (signal.SIGTERM, signal.SIGINT):
            daemon = feed.start().wait_running()
            before = feed.client.count(feed.outputs["visit"])
            wait_until(
                lambda: feed.client.count(feed.outputs["visit"]) > before + 200,
                30,
                "events to flow",
                daemon,
            )
            daemon.signal(number)
            assert daemon.wait(15) == 0, daemon.tail()
            totals = daemon.totals()
            assert totals["in"] == totals["out"] > 0
            assert totals["dead_letters"] == totals["in_flight"] == 0
    daemon = feed.start()
    feed.wait_done(daemon)
    assert daemon.stop() == 0
    check_none_lost(feed, stream, doubled=0)


def test_stops_at_once_when_idle(feed):
    feed.create_topics()
    daemon = feed.start().wait_assigned()
    began = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - began < 5
    assert daemon.totals() == {"in": 0, "out": 0, "dead_letters": 0, "in_flight": 0}


def test_two_daemons_share_and_hand_over(feed):
    feed.create_topics(partitions=4)
    with Stream(feed, total=24000, rate=4000) as stream:
        first = feed.start().wait_running()
        time.sleep(1.5)
        second = feed.start().wait_running()
        time.sleep(2)
        assert first.stop() == 0
    feed.wait_done(second)
    assert second.stop() == 0
    assert first.totals()["in"] > 0 and second.totals()["in"] > 0
    check_none_lost(feed, stream)


def test_kafka_killed_in_mid_stream_loses_none(feed, kafka):
    feed.create_topics()
    with Stream(feed, total=16000, rate=2000) as stream:
        daemon = feed.start().wait_running()
        time.sleep(2)
        kafka.kill()
        time.sleep(1)
        kafka.start()
    feed.wait_done(daemon, 90)
    assert daemon.stop() == 0
    check_none_lost(feed, stream)


def test_missing_input_topic_is_said_aloud(feed):
    """It is an error line that names the topic; the other topic flows; once created, it flows."""
    present, missing = feed.inputs["meeting"], feed.inputs["visit"]
    for topic in (present, *feed.outputs.values(), feed.dead_letter):
        feed.client.create_topic(topic)
    daemon = feed.start()
    daemon.wait_line(
        lambda line: line.get("level") in ("warn", "error") and missing in " ".join(line.values()),
        30,
        f"a word on {missing}",
    )
    feed.client.produce(present, [feed.record("meeting", events.sample("meetings")[0])])
    wait_until(lambda: feed.client.count(feed.outputs["meeting"]) == 1, 30, "a meeting", daemon)
    feed.client.create_topic(missing)
    feed.client.produce(missing, [feed.record("visit", events.sample("visits")[0])])
    wait_until(lambda: feed.client.count(feed.outputs["visit"]) == 1, 60, "a visit", daemon)
    assert daemon.stop() == 0


def test_missing_output_topic_loses_none(feed):
    """Inputs stay uncommitted until the topic is there."""
    for topic in (*feed.inputs.values(), feed.outputs["meeting"], feed.dead_letter):
        feed.client.create_topic(topic)
    feed.client.produce(
        feed.inputs["visit"], [feed.record("visit", r) for r in events.sample("visits")[:10]]
    )
    daemon = feed.start()
    daemon.wait_line(
        lambda line: line.get("level") in ("warn", "error")
        and feed.outputs["visit"] in " ".join(line.values()),
        30,
        f"a word on {feed.outputs['visit']}",
    )
    assert not any(feed.client.committed(feed.group, feed.inputs.values()).values())
    feed.client.create_topic(feed.outputs["visit"])
    wait_until(lambda: len(feed.read_events("visit")) >= 10, 60, "10 visits", daemon)
    feed.wait_done(daemon)
    assert daemon.stop() == 0
    assert feed.read_dead_letters() == []


def test_memory_stays_bounded_over_a_backlog(feed, sanitized):
    """A backlog many times the memory that the daemon may take."""
    feed.create_topics()
    count = 60000
    feed.client.produce(
        feed.inputs["visit"],
        (
            {"value": events.frame(SCHEMA_IDS["visit"], events.numbered_large("visit", n, 2048)[1])}
            for n in range(count)
        ),
    )
    daemon = feed.start().wait_running()
    feed.wait_done(daemon, 120)
    peak = daemon.peak_memory()
    assert daemon.stop() == 0
    assert daemon.totals()["out"] == count
    if sanitized:
        pytest.skip(f"a sanitizer's memory is its own: {peak // MEBIBYTE} MiB")
    assert peak < 96 * MEBIBYTE, f"{peak // MEBIBYTE} MiB"
