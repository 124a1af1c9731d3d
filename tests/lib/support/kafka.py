"""A real Apache Kafka: one KRaft node, broker and controller in one, on loopback ports."""

from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from support.java import format_storage, kafka_command, new_cluster_id, run_kafka_tool
from support.process import Process, free_ports, wait_until

START_SECONDS = 120  # 2 s on an idle machine of two cores
START_TRIES = 3  # somebody else may have taken a port between our look and Kafka's bind
HEAP = "512m"

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
"""


class KafkaNode:
    """Start, kill and restart keep the data and the ports."""

    def __init__(self, jars, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        self._jars = Path(jars)
        self._config = self.folder / "server.properties"
        self._process = None
        self._port = None

    @property
    def bootstrap(self):
        return f"127.0.0.1:{self._port}"

    def _format(self):
        self._port, controller_port = free_ports(2)
        self._config.write_text(
            PROPERTIES.format(
                port=self._port, controller_port=controller_port, folder=self.folder
            )
        )
        format_storage(self._jars, self._config, new_cluster_id())

    def _answers(self):
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        try:
            return len(admin.list_topics(timeout=2).brokers) == 1
        except KafkaException:
            return False

    def start(self):
        first = self._port is None
        for remaining in reversed(range(START_TRIES)):
            if first:
                self._format()
            self._process = Process(
                kafka_command(self._jars, HEAP, "kafka.Kafka", self._config),
                self.folder / "kafka.log",
            )
            try:
                wait_until(self._answers, START_SECONDS, "Kafka to answer", self._process)
                return self
            except AssertionError:
                self._process.kill()
                if not remaining or "Address already in use" not in self._process.read_log():
                    raise
        return self

    def set_quota(self, client_id, name, rate):
        """name: consumer_byte_rate or producer_byte_rate; rate None: no quota any more."""
        change = ["--delete-config", name] if rate is None else ["--add-config", f"{name}={rate}"]
        run_kafka_tool(
            self._jars,
            "kafka.admin.ConfigCommand",
            "--bootstrap-server",
            self.bootstrap,
            "--alter",
            "--entity-type",
            "clients",
            "--entity-name",
            client_id,
            *change,
        )

    def stop(self):
        if self._process:
            self._process.stop()

    def kill(self):
        """As the kernel does when memory runs out: nothing is closed or told to anybody."""
        self._process.kill()
