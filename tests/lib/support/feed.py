"""One visitfeed with topics and a consumer group of its own on a shared Kafka."""

import copy
import json

from support import events
from support.process import wait_until
from support.programs import Daemon, run_producer

KINDS = ("visit", "meeting")
SCHEMA_IDS = {"visit": 1, "meeting": 2}
NORMALIZED_SCHEMA_ID = 3


class Feed:
    def __init__(self, name, client, build, folder):
        self.name = name
        self.client = client
        self.folder = folder
        self._build = build
        self._daemons = []
        self.group = f"{name}-group"
        self.inputs = {kind: f"{name}.{kind}s" for kind in KINDS}
        self.outputs = {kind: f"{name}.{kind}s.normalized" for kind in KINDS}
        self.dead_letter = f"{name}.dead-letter"
        self.sections = {
            "input": {f"{kind}s": self.inputs[kind] for kind in KINDS},
            "output": {
                **{f"{kind}s": self.outputs[kind] for kind in KINDS},
                "dead.letter": self.dead_letter,
            },
            "delivery": {"commit.interval": "200ms"},
            "log": {"status.interval": "1s"},
            "kafka": {"bootstrap.servers": client.bootstrap},
            "kafka.consumer": {
                "group.id": self.group,
                "session.timeout.ms": "3000",  # a killed daemon's partitions are free after that
                "heartbeat.interval.ms": "500",
                "topic.metadata.refresh.interval.ms": "1000",
            },
            # A topic that is missing is told after this time, and not after 30 s.
            "kafka.producer": {"topic.metadata.propagation.max.ms": "3000"},
        }

    def create_topics(self, partitions=3, **config):
        for topic in (*self.inputs.values(), *self.outputs.values(), self.dead_letter):
            self.client.create_topic(topic, partitions, **config)
        return self

    # ---- in

    def produce(self, kind, *arguments):
        """Runs visitfeed-producer for the kind's input topic."""
        return run_producer(
            self._build,
            "-b",
            self.client.bootstrap,
            "--topic",
            self.inputs[kind],
            "--kind",
            kind,
            "-X",
            "topic.metadata.propagation.max.ms=3000",
            *arguments,
        )

    def write_reports(self, name, reports):
        """Reports as JSON lines in a file of that name; its path."""
        path = self.folder / name
        text = "".join(json.dumps(report, ensure_ascii=False) + "\n" for report in reports)
        path.write_text(text, encoding="utf-8")
        return path

    def record(self, kind, report, **more):
        """What the independent client sends for a report."""
        value = events.frame(SCHEMA_IDS[kind], events.encode(kind, report))
        return {"value": value, **more}

    # ---- the daemon

    def start(self, **changes):
        """A daemon; changes: section (with _ for a dot) = {key: value}, over the standard."""
        sections = copy.deepcopy(self.sections)
        for section, options in changes.items():
            sections.setdefault(section.replace("_", "."), {}).update(options)
        daemon = Daemon(self._build, self.folder, sections)
        self._daemons.append(daemon)
        return daemon

    def pending(self):
        """Input records that are not committed."""
        committed = self.client.committed(self.group, self.inputs.values())
        return sum(
            end - committed.get((topic, partition), 0)
            for topic in self.inputs.values()
            for partition, end in self.client.end_offsets(topic).items()
        )

    def wait_done(self, daemon, seconds=60):
        """Until every input record is committed."""
        wait_until(
            lambda: self.pending() == 0, seconds, f"{self.group} to commit its inputs", daemon
        )

    def close(self):
        for daemon in self._daemons:
            daemon.kill()
        self.client.forget(self.group)
        # A broker that is killed takes long to start with the topics of all tests before.
        self.client.discard_topics(
            [*self.inputs.values(), *self.outputs.values(), self.dead_letter]
        )

    # ---- out

    def read_inputs(self, kind):
        return self.client.read_all(self.inputs[kind])

    def read_events(self, kind):
        """[(record, normalized event)]"""
        found = []
        for record in self.client.read_all(self.outputs[kind]):
            schema_id, body = events.unframe(record.value)
            assert schema_id == NORMALIZED_SCHEMA_ID
            found.append((record, events.decode("normalized_event", body)))
        return found

    def read_dead_letters(self):
        return self.client.read_all(self.dead_letter)
