"""See tool."""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from support.client import Client
from support.fetched import fetch
from support.kafka import KafkaNode
from support.programs import parse_logfmt

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests" / "sample"
PARTITIONS = 12
MEGABYTE = 1e6
PACED_SECONDS = 5
CONVERT_BYTES = 200e6


class Bench:
    def __init__(self, options, client, folder):
        self.options = options
        self.client = client
        self.folder = folder
        self.tool = options.build / "producer" / "visitfeed-producer"
        self.plain_program = options.build / "tests" / "bench_plain"
        self.recording = folder / "recording.avro"
        self.topics = 0

    def topic(self):
        self.topics += 1
        name = f"bench-{self.topics}"
        self.client.create_topic(name, PARTITIONS, retention_ms=-1)
        return name

    def run(self, *arguments, brokers=True):
        """The numbers of the tool's summary, and its processor seconds."""
        command = [str(part) for part in [self.tool, *arguments]]
        if brokers:
            command += ["-b", self.client.bootstrap]
        before = os.times()
        done = subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True)
        after = os.times()
        lines = [parse_logfmt(line) for line in done.stderr.splitlines()]
        (said,) = [line for line in lines if line.get("msg", "").startswith("summary")]
        processor = after.children_user - before.children_user
        processor += after.children_system - before.children_system
        return {**said, "processor": processor}

    def plain(self, *arguments):
        """Records a second of the client library alone."""
        command = [str(part) for part in [self.plain_program, *arguments]]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        records, _, seconds = done.stdout.split()
        return int(records) / float(seconds)

    def fill(self):
        topic = self.topic()
        count = ["--count", self.options.events]
        self.run("generate", *self.sample(), *count, "--topic", topic)
        self.run("record", topic, "-o", self.recording, "--overwrite")
        return topic

    @staticmethod
    def sample():
        names = ("visits", "meetings")
        return [part for name in names for part in ("--sample", SAMPLE / f"{name}.jsonl")]

    def compare(self, name, mine, theirs):
        """Turn and turn about, so that both meet the same moods of the machine."""
        pairs = [(theirs(), mine()) for _ in range(self.options.rounds)]
        best = max(rate for _, rate in pairs) / max(rate for rate, _ in pairs)
        median = statistics.median(rate for _, rate in pairs)
        median /= statistics.median(rate for rate, _ in pairs)
        print(f"{name}: {max(rate for _, rate in pairs):.0f} records/s, the library alone "
              f"{max(rate for rate, _ in pairs):.0f}; ratio of the best {best:.2f}, "
              f"of the medians {median:.2f}", flush=True)

    def replay(self):
        brokers = self.client.bootstrap

        def fresh(use):
            topic = self.topic()
            rate = use(topic)
            self.client.delete_topic(topic)
            return rate

        self.compare(
            "replay",
            lambda: fresh(lambda topic: float(self.run(
                "replay", self.recording, "--to", topic, "--speed", "max")["per_second"])),
            lambda: fresh(lambda topic: self.plain("produce", brokers, topic, self.recording)),
        )

    def record(self, topic):
        copy = self.folder / "copy.avro"
        self.compare(
            "record",
            lambda: float(self.run("record", topic, "-o", copy, "--overwrite")["per_second"]),
            lambda: self.plain("consume", self.client.bootstrap, topic),
        )
        copy.unlink()

    def convert(self):
        """Megabytes of a file in one second of one processor, at best."""
        lines, container = self.folder / "feed.jsonl", self.folder / "visits.avro"
        once = b"".join((SAMPLE / f"{name}.jsonl").read_bytes() for name in ("visits", "meetings"))
        lines.write_bytes(once * int(CONVERT_BYTES / len(once)))
        count = ["--count", self.options.events]
        command = [self.tool, "generate", *self.sample()[:2], "--kind", "visit", "--format", "avro",
                   "-q", *count, "-o", container]  # fmt: skip
        subprocess.run([str(part) for part in command], check=True)
        ways = (
            ("JSON lines to records", lines, ["send", "--dry-run"]),
            ("container of events to records", container, ["send", "--dry-run"]),
            ("recording to records", self.recording,
             ["replay", "--dry-run", "--speed", "max", "--to", "x"]),
        )  # fmt: skip
        for name, path, arguments in ways:
            size = path.stat().st_size / MEGABYTE
            times = [
                self.run(*arguments, path, brokers=False)["processor"]
                for _ in range(self.options.rounds)
            ]
            print(f"{name}: {size / min(times):.0f} MB/s of one processor, median "
                  f"{size / statistics.median(times):.0f}", flush=True)

    def pace(self):
        for rate in (1000, 10000):
            topic = self.topic()
            runs = [
                self.run("replay", self.recording, "--to", topic, "--speed", "max",
                         "--rate", f"{rate}/s", "--limit", rate * PACED_SECONDS)
                for _ in range(self.options.rounds)
            ]  # fmt: skip
            best = min(runs, key=lambda said: int(said["late_p99_us"]))
            print(f"{rate} records/s: late by {int(best['late_p50_us'])} us in the median, "
                  f"{int(best['late_p99_us'])} us at p99, {int(best['late_max_us'])} us at most; "
                  "p99 of all rounds: " + ", ".join(said["late_p99_us"] for said in runs),
                  flush=True)  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=500000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=["replay", "record", "convert", "pace"])
    parser.add_argument("--kafka", default=None)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    options = parser.parse_args()
    version = options.kafka or fetch("versions")[-1]
    folder = Path(tempfile.mkdtemp(prefix="visitfeed-bench-"))
    node = KafkaNode(fetch("kafka", version)[0], folder / "kafka")
    try:
        node.start()
        print(f"Kafka {version}, one broker; {options.events} events, {PARTITIONS} partitions")
        bench = Bench(options, Client(node.bootstrap), folder)
        topic = bench.fill()
        if options.only in (None, "replay"):
            bench.replay()
        if options.only in (None, "record"):
            bench.record(topic)
        if options.only in (None, "convert"):
            bench.convert()
        if options.only in (None, "pace"):
            bench.pace()
    finally:
        node.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
