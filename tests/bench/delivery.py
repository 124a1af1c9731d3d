"""See delivery."""

import argparse
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from support import events
from support.client import Client
from support.feed import SCHEMA_IDS, Feed
from support.fetched import fetch
from support.kafka import KafkaNode
from support.process import wait_until

ROOT = Path(__file__).resolve().parents[2]
PARTITIONS = 12
MODES = ("at-least-once", "exactly-once")
PLAIN = "the client library alone, passing on the same bytes"


def records(count):
    for number in range(count):
        body = events.numbered("visit", number % 10**events.ID_DIGITS)[1]
        yield {"value": events.frame(SCHEMA_IDS["visit"], body), "key": str(number)}


def fill(feed, count, partitions=PARTITIONS):
    feed.create_topics(partitions=partitions)
    feed.client.produce(feed.inputs["visit"], records(count))


def drain(feed, mode, group, count, **changes):
    """Events a second over the backlog, from the first partitions to the last commit."""
    consumer = {"group.id": group, **changes}
    daemon = feed.start(delivery={"mode": mode}, kafka_consumer=consumer)
    daemon.wait_line(lambda line: line.get("msg") == "partitions assigned", 60, "partitions")
    began = time.monotonic()
    feed.group = group
    wait_until(lambda: feed.pending() == 0, 600, "the backlog to be done", daemon)
    seconds = time.monotonic() - began
    peak = daemon.peak_memory()
    assert daemon.stop(60) == 0
    assert daemon.totals()["in"] == count
    return count / seconds, peak


def pass_on(feed, build, group, count):
    """Events a second of a plain loop that reads, sends unchanged and commits."""
    output = f"{feed.name}-plain"
    feed.client.create_topic(output, PARTITIONS)
    command = [build / "tests" / "bench_plain", "pass", feed.client.bootstrap]
    command += [feed.inputs["visit"], output, group, count]
    done = subprocess.run([str(c) for c in command], check=True, stdout=subprocess.PIPE, text=True)
    feed.client.delete_topic(output)
    return count / float(done.stdout.split()[2])


def throughput(feed, options):
    """Turn and turn about, so that all meet the same moods of the machine."""
    count = options.events
    fill(feed, count)
    rates = {name: [] for name in (*MODES, PLAIN)}
    peaks = dict.fromkeys(MODES, 0)
    for round_ in range(options.rounds):
        for mode in MODES:
            rate, peak = drain(feed, mode, f"{feed.name}-{mode}-{round_}", count)
            rates[mode].append(rate)
            peaks[mode] = max(peaks[mode], peak)
        rates[PLAIN].append(pass_on(feed, options.build, f"{feed.name}-{round_}", count))
    medians = {name: statistics.median(line) for name, line in rates.items()}
    for name, line in rates.items():
        peak = f"; peak resident memory {peaks[name] / 2**20:.0f} MiB" if name in peaks else ""
        print(f"{name}: {medians[name]:.0f} events/s, of {options.rounds}: "
              + ", ".join(f"{rate:.0f}" for rate in line) + peak)
    for mine, theirs in ((MODES[1], MODES[0]), (MODES[0], PLAIN)):
        print(f"{mine} / {theirs}: {medians[mine] / medians[theirs]:.2f}")


def recovery(feed, mode, static):
    """Seconds from the restart after kill -9 to the first output that can be read."""
    feed.create_topics(partitions=PARTITIONS)
    consumer = {"session.timeout.ms": "6000", "heartbeat.interval.ms": "1000"}
    if static:
        consumer["group.instance.id"] = "one"
    changes = {"delivery": {"mode": mode}, "kafka_consumer": consumer}
    daemon = feed.start(**changes).wait_assigned()
    feed.client.produce(feed.inputs["visit"], records(200))
    wait_until(lambda: len(feed.read_events("visit")) == 200, 60, "outputs", daemon)
    daemon.kill()
    feed.client.produce(feed.inputs["visit"], records(200))
    before = feed.client.count(feed.outputs["visit"])
    began = time.monotonic()
    daemon = feed.start(**changes)
    wait_until(lambda: feed.client.count(feed.outputs["visit"]) > before, 60, "an output", daemon)
    seconds = time.monotonic() - began
    assert daemon.stop() == 0
    kind = "static member" if static else "session of 6 s"
    print(f"first output after kill -9 and restart, {mode}, {kind}: {seconds:.1f} s")


def memory(feed, mode):
    fill(feed, 200000, partitions=100)  # of each input topic
    _, peak = drain(feed, mode, feed.group, 200000)
    print(f"peak resident memory, 200 partitions with a backlog, {mode}: {peak / 2**20:.0f} MiB")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=600000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["throughput", "recovery", "memory"])
    parser.add_argument("--kafka", default=None)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    options = parser.parse_args()
    version = options.kafka or fetch("versions")[-1]
    folder = Path(tempfile.mkdtemp(prefix="visitfeed-bench-"))
    node = KafkaNode(fetch("kafka", version)[0], folder / "kafka")
    feeds = []

    def feed(name):
        work = folder / name
        work.mkdir()
        feeds.append(Feed(name, Client(node.bootstrap), options.build, work))
        return feeds[-1]

    try:
        node.start()
        print(f"Kafka {version}, one broker")
        if options.only in (None, "throughput"):
            throughput(feed("throughput"), options)
        for mode in MODES:
            if options.only in (None, "recovery"):
                recovery(feed(f"recovery-{mode}"), mode, False)
                recovery(feed(f"static-{mode}"), mode, True)
            if options.only in (None, "memory"):
                memory(feed(f"memory-{mode}"), mode)
    finally:
        while feeds:
            feeds.pop().close()  # and its clients end, before their broker does
        node.stop()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
