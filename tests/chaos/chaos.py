"""See run. Everything believed about the outcome is read by an independent client, directly from
the brokers, committed records only."""

import argparse
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from support import events
from support.client import Client
from support.cluster import NODES, Cluster
from support.fetched import fetch
from support.process import wait_until
from support.programs import Daemon
from support.proxy import Proxy
from support.registry import Registry

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("visit", "meeting")
PARTITIONS = 12  # of each topic
BAD_EVERY = 97  # one input in so many cannot be read, and must become a dead letter
BAD = b"\xff"
SESSION_SECONDS = 6
DAEMONS_MAX = 3
LEAVE_SECONDS = 30 + 15  # its deadline, and what calls under way may add
SETTLE_SECONDS = 180  # for all that is left, once the faults have ceased


class Ledger:
    """What was put in, as far as the producer knows: where each of its records is. Of some it is
    only told that they were written; so what is in is read from the brokers in the end."""

    def __init__(self, bootstrap, topics, writers, rate):
        self.writers = writers
        self._topics = topics
        self._rate = rate
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._failures = []
        self.acknowledged = set()  # (topic, partition, offset)
        self.without_offset = 0
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "log_level": 0,
                "enable.idempotence": True,
                "linger.ms": 5,
                "message.timeout.ms": 300000,
            }
        )
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()

    def finish(self):
        self._stop.set()
        self._thread.join()
        left = self._producer.flush(120)
        assert left == 0, f"{left} inputs were never acknowledged"
        assert not self._failures, self._failures[:3]

    def _run(self):
        began = time.monotonic()
        number = 0
        while not self._stop.is_set():
            due = int((time.monotonic() - began) * self._rate)
            while number < due:
                self._send(number)
                number += 1
            self._producer.poll(0.02)

    def _send(self, number):
        kind = KINDS[number % len(KINDS)]
        bad = number % BAD_EVERY == 0
        event_id, body = events.numbered(kind, number % 10**events.ID_DIGITS)
        schema_id, more = self.writers[kind]
        value = events.frame(schema_id, BAD if bad else body + more)

        def on_delivery(error, message):
            with self._lock:
                if error:
                    self._failures.append(str(error))
                elif message.offset() < 0:
                    self.without_offset += 1
                else:
                    self.acknowledged.add(
                        (message.topic(), message.partition(), message.offset())
                    )

        while True:
            try:
                self._producer.produce(
                    self._topics[kind],
                    value=value,
                    key=f"k{number % 1000}",
                    on_delivery=on_delivery,
                )
                return
            except BufferError:
                self._producer.poll(0.1)


class Watcher:
    """Sees outcomes become readable, and when: for the recovery times."""

    def __init__(self, bootstrap, topics):
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "log_level": 0,
                "group.id": "chaos-watcher",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
            }
        )
        self._consumer.assign(
            [TopicPartition(t, p, 0) for t in topics for p in range(PARTITIONS)]
        )
        self._stop = threading.Event()
        self.count = 0
        self._open = []  # of [name, began, source partitions not yet seen again]
        self.recoveries = defaultdict(list)
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def fault(self, name, sources):
        with self._lock:
            self._open.append([name, time.monotonic(), set(sources)])

    def stop(self):
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    def _run(self):
        while not self._stop.is_set():
            for message in self._consumer.consume(500, 0.1):
                if not message.error():
                    self.count += 1
                    self._seen(source_of(message.headers())[:2])

    def _seen(self, source):
        now = time.monotonic()
        with self._lock:
            for fault in self._open:
                fault[2].discard(source)
            for name, began, left in self._open:
                if not left:
                    self.recoveries[name].append(now - began)
            self._open = [fault for fault in self._open if fault[2]]


def source_of(headers):
    """Where the input of an outcome is: (topic, partition, offset)."""
    found = dict(headers)
    kind = "source" if "visitfeed.source.topic" in found else "error"
    return (
        found[f"visitfeed.{kind}.topic"].decode(),
        int(found[f"visitfeed.{kind}.partition"]),
        int(found[f"visitfeed.{kind}.offset"]),
    )


class Chaos:
    def __init__(self, options, mode, folder):
        self.options = options
        self.mode = mode
        self.folder = folder
        self.random = random.Random(f"{options.seed} {mode}")
        self.counts = Counter()
        self.daemons = []
        self.leaving = []  # (daemon, until when it must be gone)
        self.timers = []  # (when, what to do)
        self.inputs = {kind: f"chaos.{kind}s" for kind in KINDS}
        self.outputs = {kind: f"chaos.{kind}s.normalized" for kind in KINDS}
        self.dead_letter = "chaos.dead-letter"
        self.broker_down = False
        self.registry_back = 0.0

    # ---- the stage

    def sections(self, number):
        consumer = {
            "group.id": "chaos",
            "session.timeout.ms": str(SESSION_SECONDS * 1000),
            "heartbeat.interval.ms": "1000",
            "partition.assignment.strategy": self.options.assignor,
        }
        if self.options.static:
            consumer["group.instance.id"] = f"daemon-{number}"
        return {
            "input": {f"{kind}s": self.inputs[kind] for kind in KINDS},
            "output": {
                **{f"{kind}s": self.outputs[kind] for kind in KINDS},
                "dead.letter": self.dead_letter,
            },
            "delivery": {
                "mode": self.mode,
                "commit.interval": "500ms",
                "transaction.timeout": "10s",
            },
            "log": {"status.interval": "1s"},
            "registry": {
                "url": f"http://127.0.0.1:{self.registry_proxy.port}{self.registry.path}",
                "cache.directory": self.folder / "schemas",  # of all of them
                "timeout": "2s",
                "retry.max": "1s",
            },
            "kafka": {"bootstrap.servers": self.cluster.proxied_bootstrap},
            "kafka.consumer": consumer,
        }

    def start_daemon(self):
        taken = [d.number for d in [*self.daemons, *(daemon for daemon, _ in self.leaving)]]
        number = next(n for n in range(DAEMONS_MAX * 8) if n not in taken)
        daemon = Daemon(self.options.build, self.folder, self.sections(number))
        daemon.number = number
        daemon.halted = False
        self.daemons.append(daemon)

    def create_topics(self):
        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap, "log_level": 0})
        names = [*self.inputs.values(), *self.outputs.values(), self.dead_letter]
        topics = [NewTopic(n, num_partitions=PARTITIONS, replication_factor=NODES) for n in names]

        def create():
            """The brokers have only just begun, and may break connections."""
            try:
                there = admin.list_topics(timeout=30).topics
                missing = [topic for topic in topics if topic.topic not in there]
                for future in admin.create_topics(missing).values() if missing else ():
                    future.result(60)
                return not missing
            except KafkaException:
                return False

        wait_until(create, 120, "the topics", pause=1)
        self.admin = admin

    def new_writers(self):
        """{kind: (schema id, what ends its bodies)}, of schemas that nobody has seen yet."""
        number = self.counts["registry outage"]
        writers = {}
        for kind in KINDS:
            schema = events.schema_json(kind)
            schema["fields"].append({"name": f"extra_{number}", "type": "string", "default": ""})
            writers[kind] = self.registry.register(f"{self.inputs[kind]}-value", schema), b"\0"
        return writers

    # ---- faults

    def later(self, seconds, action):
        self.timers.append((time.monotonic() + seconds, action))

    def run_timers(self, everything=False):
        due = [t for t in self.timers if everything or t[0] <= time.monotonic()]
        self.timers = [t for t in self.timers if t not in due]
        for _, action in due:
            action()

    def pick_daemon(self):
        usable = [daemon for daemon in self.daemons if not daemon.halted]
        return self.random.choice(usable) if usable else None

    def kill_daemon(self):
        daemon = self.pick_daemon()
        if not daemon:
            return False
        self.daemons.remove(daemon)
        daemon.kill()
        self.later(self.random.uniform(0, 2), self.start_daemon)
        return True

    def halt_daemon(self):
        daemon = self.pick_daemon()
        if not daemon or len(self.daemons) < 2:
            return False
        daemon.halted = True
        daemon.signal(signal.SIGSTOP)

        def wake():
            daemon.signal(signal.SIGCONT)
            daemon.halted = False

        self.later(SESSION_SECONDS + self.random.uniform(1, 4), wake)
        return True

    def join_daemon(self):
        if len(self.daemons) + sum(a == self.start_daemon for _, a in self.timers) >= DAEMONS_MAX:
            return False
        self.start_daemon()
        return True

    def leave_daemon(self):
        daemon = self.pick_daemon()
        if not daemon or len([d for d in self.daemons if not d.halted]) < 2:
            return False
        # Not while it still starts, when it has nothing to drain and does not listen yet.
        if not daemon.lines("running"):
            return False
        self.daemons.remove(daemon)
        daemon.signal(signal.SIGTERM)
        self.leaving.append((daemon, time.monotonic() + LEAVE_SECONDS))
        return True

    def check_leaving(self):
        """They end by themselves, within their deadline."""
        for daemon, deadline in list(self.leaving):
            code = daemon.exit_code()
            if code is None:
                assert time.monotonic() < deadline, f"a daemon does not end\n{daemon.tail()}"
                continue
            self.leaving.remove((daemon, deadline))
            if code != 0:
                # An outage of brokers meanwhile may outlast its deadline: it says so by 1.
                assert code == 1, f"a daemon ended with {code}\n{daemon.tail()}"
                self.counts["left before all was acknowledged"] += 1

    def kill_broker(self):
        """One at a time, and only when all replicas are in sync: else the cluster itself, by its
        own rules, would stop or lose."""
        if self.broker_down or not self.cluster.in_sync(self.admin):
            return False
        n = self.random.randrange(NODES)
        self.broker_down = True
        self.cluster.kill_broker(n)

        def restart():
            self.cluster.start_broker(n)
            self.broker_down = False

        self.later(self.random.uniform(1, 5), restart)
        return True

    def pause_network(self):
        proxy = self.random.choice(self.cluster.proxies)
        proxy.pause()
        self.later(self.random.uniform(0.5, SESSION_SECONDS + 2), proxy.resume)
        return True

    def cut_network(self):
        for proxy in self.random.sample(self.cluster.proxies, self.random.randint(1, NODES)):
            proxy.cut(self.random.uniform(0, 2))
        return True

    def registry_outage(self):
        """While it lasts, records come whose schema only the registry knows."""
        if time.monotonic() < self.registry_back:
            return False
        self.ledger.writers = self.new_writers()
        seconds = self.random.uniform(1, 5)
        self.registry_back = time.monotonic() + seconds
        self.registry_proxy.cut(seconds)
        return True

    def reload(self):
        daemon = self.pick_daemon()
        if not daemon or not daemon.lines("running"):
            return False
        daemon.signal(signal.SIGHUP)
        return True

    FAULTS = (
        kill_daemon,
        halt_daemon,
        join_daemon,
        leave_daemon,
        kill_broker,
        pause_network,
        cut_network,
        registry_outage,
        reload,
    )

    def do_fault(self):
        sources = [(t, p) for t in self.inputs.values() for p in range(PARTITIONS)]
        for fault in self.random.sample(self.FAULTS, len(self.FAULTS)):
            began = time.strftime("%H:%M:%S")
            if fault(self):
                name = fault.__name__.replace("_", " ")
                self.counts[name] += 1
                self.watcher.fault(name, sources)
                with open(self.folder / "faults.log", "a", encoding="utf-8") as log:
                    print(began, name, file=log)
                return

    def reason_to_end(self, daemon):
        """What a daemon leaves to its supervisor."""
        if self.mode == "at-least-once" and daemon.lines("producer failed"):
            return "its producer failed for good"
        # What a static member sent before it was killed may reach the broker late, and then
        # fences its successor.
        failed = daemon.lines("consumer failed")
        if self.options.static and any("FENCED_INSTANCE_ID" in line["error"] for line in failed):
            return "it was fenced by its own past"
        return None

    def check_daemons(self):
        for daemon in list(self.daemons):
            code = daemon.exit_code()
            if code is None:
                continue
            reason = self.reason_to_end(daemon) if code == 1 else None
            assert reason, f"a daemon ended by itself with {code}\n{daemon.tail()}"
            self.counts[f"started again after {reason}"] += 1
            self.daemons.remove(daemon)
            self.start_daemon()

    # ---- the play

    def play(self):
        self.cluster = Cluster(self.options.jars, self.folder / "cluster")
        self.registry = Registry(self.options.registry, self.folder / "registry")
        self.registry_proxy = Proxy(("127.0.0.1", self.registry.port))
        try:
            self.registry.start()
            self.cluster.start()
            self.create_topics()
            self.client = Client(self.cluster.bootstrap)
            self.ledger = Ledger(
                self.cluster.bootstrap, self.inputs, self.new_writers(), self.options.rate
            )
            self.watcher = Watcher(
                self.cluster.bootstrap, [*self.outputs.values(), self.dead_letter]
            )
            self.start_daemon()
            self.start_daemon()
            self.ledger.start()
            wait_until(lambda: self.watcher.count > 100, 90, "events to flow", self.daemons[0])
            began = time.monotonic()
            self.rage(began + self.options.minutes * 60)
            self.seconds = time.monotonic() - began
            self.seen_under_faults = self.watcher.count
            self.settle()
            return self.verify()
        finally:
            for daemon in [*self.daemons, *(daemon for daemon, _ in self.leaving)]:
                daemon.kill()
            self.cluster.stop()
            self.registry.stop()

    def rage(self, end):
        next_fault = time.monotonic()
        while time.monotonic() < end:
            self.run_timers()
            self.check_daemons()
            self.check_leaving()
            if time.monotonic() >= next_fault:
                self.do_fault()
                next_fault = time.monotonic() + self.random.uniform(1, 2)
            time.sleep(0.05)

    def pending(self):
        committed = self.client.committed("chaos", self.inputs.values())
        return sum(
            end - committed.get((topic, partition), 0)
            for topic in self.inputs.values()
            for partition, end in self.client.end_offsets(topic).items()
        )

    def is_settled(self):
        self.check_daemons()
        return self.pending() == 0

    def settle(self):
        self.run_timers(everything=True)
        for proxy in self.cluster.proxies:
            proxy.resume()
        self.ledger.finish()
        wait_until(lambda: self.cluster.in_sync(self.admin), 300, "replicas to be in sync")
        wait_until(lambda: not self.leaving or self.check_leaving(), LEAVE_SECONDS + 5, "goodbyes")
        if not self.daemons:
            self.start_daemon()
        began = time.monotonic()
        wait_until(self.is_settled, SETTLE_SECONDS, "all to be committed")
        self.settle_seconds = time.monotonic() - began
        for daemon in self.daemons:
            daemon.wait_running()
            code = daemon.stop(60)
            assert code == 0, f"a daemon ended with {code}\n{daemon.tail()}"
        self.watcher.stop()

    def read_inputs(self):
        """{(topic, partition, offset): must it become a dead letter}"""
        return {
            (topic, record.partition, record.offset): events.unframe(record.value)[1] == BAD
            for topic in self.inputs.values()
            for record in self.client.read_all(topic, seconds=300)
        }

    def verify(self):
        """The ledger is balanced: {what is wrong: how much of it}."""
        self.sent = self.read_inputs()
        unknown = self.ledger.acknowledged - set(self.sent)
        assert not unknown, f"acknowledged inputs are not there: {sorted(unknown)[:3]}"
        if self.ledger.without_offset:
            self.counts["inputs acknowledged without an offset"] = self.ledger.without_offset
        times = Counter()
        wrong = Counter()
        seen = defaultdict(list)  # offsets by where from and where to, in order of their output
        overtaken = []
        # A transaction that hangs would keep this from coming to an end.
        for topic in (*self.outputs.values(), self.dead_letter):
            dead = topic == self.dead_letter
            for record in self.client.read_all(topic, seconds=120):
                source = source_of(record.headers)
                times[source] += 1
                if source not in self.sent:
                    wrong["never sent"] += 1
                elif self.sent[source] != dead:
                    wrong["in the wrong topic"] += 1
                if times[source] > 1:
                    continue
                line = seen[topic, record.partition, source[:2]]
                if line and source[2] < line[-1]:
                    overtaken.append((source, [n for n in line[-5000:] if n > source[2]]))
                line.append(max(source[2], line[-1] if line else -1))
        for source, earlier in overtaken:
            # Without transactions a daemon that is gone may still be heard: what it sent last
            # waits in the network, and arrives between what its successor sends. The successor
            # sends it too, so each of these is doubled. Anything else is a fault.
            if self.mode == "exactly-once" or any(times[*source[:2], n] < 2 for n in earlier):
                wrong["out of order"] += 1
            else:
                self.counts["outputs of a daemon that was gone, before its successor's"] += 1
        for source in self.sent:
            if times[source] == 0:
                wrong["lost"] += 1
            elif times[source] > 1:
                wrong["doubled"] += 1
        return wrong


def report(chaos, wrong):
    sent = len(chaos.sent)
    print(f"mode {chaos.mode}, seed {chaos.options.seed}: {sent} inputs in "
          f"{chaos.seconds:.0f} s of faults; {chaos.seen_under_faults / chaos.seconds:.0f} "
          f"outcomes a second under faults; all committed {chaos.settle_seconds:.0f} s after")
    for name, count in sorted(chaos.counts.items()):
        times = sorted(chaos.watcher.recoveries.get(name, []))
        recovery = (
            f"; all partitions again after {times[len(times) // 2]:.1f} s (median), "
            f"{times[-1]:.1f} s (worst)" if times else ""
        )
        print(f"  {name}: {count}{recovery}")
    print("  lost {lost}, doubled {doubled}, out of order {order}, never sent {never}, in the wrong "
          "topic {topic}".format(lost=wrong["lost"], doubled=wrong["doubled"],
                                 order=wrong["out of order"], never=wrong["never sent"],
                                 topic=wrong["in the wrong topic"]))


def run_mode(options, mode):
    folder = Path(tempfile.mkdtemp(prefix="visitfeed-chaos-"))
    chaos = Chaos(options, mode, folder)
    good = False
    try:
        wrong = chaos.play()
        report(chaos, wrong)
        allowed = {"doubled"} if mode == "at-least-once" else set()
        good = all(count == 0 or name in allowed for name, count in wrong.items())
    except AssertionError as error:
        print(f"mode {mode}, seed {options.seed}: {error}", file=sys.stderr)
    if good and not options.keep:
        shutil.rmtree(folder)
    else:
        print(f"  logs and data are kept in {folder}")
    return good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mode", default="both", choices=["exactly-once", "at-least-once", "both"])
    parser.add_argument("--kafka", default=None, metavar="VERSION")
    parser.add_argument("--rate", type=int, default=300, help="inputs a second")
    parser.add_argument("--assignor", default="range")
    parser.add_argument("--static", action="store_true", help="static membership")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "dev")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    options.jars = fetch("kafka", options.kafka or fetch("versions")[-1])[0]
    options.registry = fetch("registry")[0]
    modes = ["exactly-once", "at-least-once"] if options.mode == "both" else [options.mode]
    results = [run_mode(options, mode) for mode in modes]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
