"""Three Kafka brokers on loopback: KRaft, replication 3, min ISR 2. Each is reached directly,
and through a proxy that the daemons under test use."""

from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from support.java import format_storage, kafka_command, new_cluster_id
from support.process import Process, free_ports, wait_until
from support.proxy import Proxy

NODES = 3
START_SECONDS = 120  # three at once, on a machine that others use too
HEAP = "384m"

PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=DIRECT://127.0.0.1:{direct},PROXIED://127.0.0.1:{behind},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=DIRECT://127.0.0.1:{direct},PROXIED://127.0.0.1:{proxied}
inter.broker.listener.name=DIRECT
controller.listener.names=CONTROLLER
listener.security.protocol.map=DIRECT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/data
auto.create.topics.enable=false
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
offsets.topic.num.partitions=6
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
transaction.state.log.num.partitions=6
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
replica.lag.time.max.ms=5000
"""


class Cluster:
    def __init__(self, jars, folder):
        self._jars = Path(jars)
        self._folder = Path(folder)
        self._processes = [None] * NODES
        self.proxies = []
        self._direct = free_ports(NODES)
        behind = free_ports(NODES)
        self.proxies = [Proxy(("127.0.0.1", port)) for port in behind]
        controllers = free_ports(NODES)
        voters = ",".join(f"{n + 1}@127.0.0.1:{port}" for n, port in enumerate(controllers))
        cluster_id = new_cluster_id()
        for n in range(NODES):
            self._node(n).mkdir(parents=True)
            self._config(n).write_text(
                PROPERTIES.format(
                    node=n + 1,
                    voters=voters,
                    direct=self._direct[n],
                    behind=behind[n],
                    proxied=self.proxies[n].port,
                    controller=controllers[n],
                    folder=self._node(n),
                )
            )
            format_storage(self._jars, self._config(n), cluster_id)

    def _node(self, n):
        return self._folder / f"broker-{n + 1}"

    def _config(self, n):
        return self._node(n) / "server.properties"

    @property
    def bootstrap(self):
        """Not through the proxies."""
        return ",".join(f"127.0.0.1:{port}" for port in self._direct)

    @property
    def proxied_bootstrap(self):
        return ",".join(f"127.0.0.1:{proxy.port}" for proxy in self.proxies)

    def start_broker(self, n):
        self._processes[n] = Process(
            kafka_command(self._jars, HEAP, "kafka.Kafka", self._config(n)),
            self._node(n) / "kafka.log",
        )

    def kill_broker(self, n):
        self._processes[n].kill()

    def is_running(self, n):
        return self._processes[n].exit_code() is None

    def start(self):
        for n in range(NODES):
            self.start_broker(n)
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        wait_until(lambda: self._is_whole(admin), START_SECONDS, "the cluster", self._processes[0])
        return self

    @staticmethod
    def _is_whole(admin):
        try:
            return len(admin.list_topics(timeout=2).brokers) == NODES
        except KafkaException:
            return False

    def in_sync(self, admin):
        """Whether all replicas of all partitions are in sync."""
        try:
            topics = admin.list_topics(timeout=5).topics.values()
        except KafkaException:
            return False
        return all(
            len(partition.isrs) == len(partition.replicas)
            for topic in topics
            for partition in topic.partitions.values()
        )

    def stop(self):
        for process in self._processes:
            if process:
                process.kill()
        for proxy in self.proxies:
            proxy.close()
