"""An independent Kafka client: everything the tests believe about a topic, they read with it."""

import time
from dataclasses import dataclass, field

from confluent_kafka import Consumer, IsolationLevel, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic, OffsetSpec

MEGABYTE = 1 << 20
LARGEST_MESSAGE = 16 * MEGABYTE
CALL_SECONDS = 20
# A coordinator or leader that is just starting says so, and is asked again.
PASSING = {
    "COORDINATOR_LOAD_IN_PROGRESS",
    "COORDINATOR_NOT_AVAILABLE",
    "NOT_COORDINATOR",
    "LEADER_NOT_AVAILABLE",
    "NOT_LEADER_FOR_PARTITION",
    "UNKNOWN_LEADER_EPOCH",
    "FENCED_LEADER_EPOCH",
    "UNKNOWN_TOPIC_OR_PART",  # created a moment ago
}


@dataclass(frozen=True)
class Record:
    topic: str
    partition: int
    offset: int
    timestamp: int  # milliseconds since 1970
    key: bytes | None
    value: bytes | None
    headers: list = field(default_factory=list)  # of (name, bytes or None), in order

    def header(self, name):
        """The last header of that name, as Kafka's own clients read it; None if there is none."""
        for key, value in reversed(self.headers):
            if key == name:
                return value
        return None


class Client:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self._admin = AdminClient(self._config())
        self._offset_readers = {}

    def _config(self, **more):
        config = {"bootstrap.servers": self.bootstrap, "log_level": 3}
        return {**config, **{key.replace("_", "."): value for key, value in more.items()}}

    def create_topic(self, name, partitions=3, **config):
        """Keyword arguments are topic settings, with _ for a dot."""
        topic = NewTopic(
            name,
            num_partitions=partitions,
            replication_factor=1,
            config={key.replace("_", "."): str(value) for key, value in config.items()},
        )
        self._admin.create_topics([topic])[name].result(CALL_SECONDS)
        # The answer comes before the partitions are there: what is sent too early, the brokers
        # refuse, and then take what was sent next.
        self.end_offsets(name)

    def delete_topic(self, name):
        self._admin.delete_topics([name])[name].result(CALL_SECONDS)

    def discard_topics(self, names):
        """Those of them that are there; their end is not waited for."""
        present = [name for name in names if name in self.topics()]
        if present:
            self._admin.delete_topics(present)

    def add_partitions(self, name, total):
        self._admin.create_partitions([NewPartitions(name, total)])[name].result(CALL_SECONDS)

    def topics(self):
        return set(self._admin.list_topics(timeout=CALL_SECONDS).topics)

    def produce(self, topic, records):
        """records: dicts of value and, where wanted, key, headers, timestamp, partition."""
        failures = []
        producer = Producer(
            self._config(message_max_bytes=LARGEST_MESSAGE, linger_ms=5, acks="all")
        )
        for record in records:
            while True:
                try:
                    producer.produce(
                        topic,
                        on_delivery=lambda error, _: error and failures.append(error),
                        **record,
                    )
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        assert producer.flush(60) == 0, "not everything was delivered within 60 s"
        assert not failures, failures

    def end_offsets(self, topic):
        """{partition: first offset that is free}, also where a transaction is still open"""
        return _patiently(lambda: self._end_offsets(topic))

    def _end_offsets(self, topic):
        answers = self._admin.list_offsets(
            {
                TopicPartition(topic, partition): OffsetSpec.latest()
                for partition in self._partitions(self._admin, topic)
            },
            isolation_level=IsolationLevel.READ_UNCOMMITTED,
            request_timeout=CALL_SECONDS,
        )
        return {
            where.partition: answer.result(CALL_SECONDS).offset for where, answer in answers.items()
        }

    def count(self, topic):
        """Offsets used in a topic; with transactions, their markers count too."""
        return sum(self.end_offsets(topic).values())

    def read_all(self, topic, seconds=60):
        """Every record up to the topic's end as of now, by partition and offset. Records of
        aborted transactions are not seen, and open ones are waited for."""
        ends = {p: end for p, end in self.end_offsets(topic).items() if end > 0}
        records = []
        if not ends:
            return records
        with self._consumer(
            isolation_level="read_committed",
            enable_partition_eof=True,
            fetch_message_max_bytes=LARGEST_MESSAGE,
        ) as consumer:
            consumer.assign([TopicPartition(topic, partition, 0) for partition in ends])
            deadline = time.monotonic() + seconds
            open_partitions = set(ends)
            while open_partitions:
                assert time.monotonic() < deadline, f"{topic} not read within {seconds} s"
                message = consumer.poll(0.5)
                if message is None:
                    continue
                if message.error():
                    if message.error().name() != "_PARTITION_EOF":
                        raise KafkaException(message.error())
                    if message.offset() >= ends[message.partition()]:
                        open_partitions.discard(message.partition())
                    continue
                records.append(_record(message))
        return sorted(records, key=lambda r: (r.partition, r.offset))

    def committed(self, group, topics):
        """{(topic, partition): offset}, of those that have one."""
        reader = self._offset_readers.get(group)
        if reader is None:
            # A consumer that never joins. The admin client's own call for this crashes (librdkafka
            # 2.16) when the coordinator is still loading.
            reader = Consumer(self._config(group_id=group, enable_auto_commit=False))
            self._offset_readers[group] = reader
        partitions = [
            TopicPartition(topic, partition)
            for topic in topics
            for partition in self._partitions(reader, topic)
        ]
        answer = _patiently(lambda: reader.committed(partitions, timeout=CALL_SECONDS))
        return {(p.topic, p.partition): p.offset for p in answer if p.offset >= 0}

    def forget(self, group):
        """No more questions about it will come."""
        reader = self._offset_readers.pop(group, None)
        if reader is not None:
            reader.close()

    def _consumer(self, **config):
        return _Closing(
            Consumer(
                self._config(
                    group_id="visitfeed-tests-reader",
                    enable_auto_commit=False,
                    auto_offset_reset="earliest",
                    **config,
                )
            )
        )

    @staticmethod
    def _partitions(client, topic):
        metadata = client.list_topics(topic, timeout=CALL_SECONDS).topics[topic]
        if metadata.error:
            raise KafkaException(metadata.error)
        return sorted(metadata.partitions)


def _patiently(call):
    """Its result; asked again while the brokers say that they are not ready yet."""
    deadline = time.monotonic() + CALL_SECONDS
    while True:
        try:
            return call()
        except KafkaException as error:
            if error.args[0].name() not in PASSING or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


class _Closing:
    def __init__(self, consumer):
        self._consumer = consumer

    def __enter__(self):
        return self._consumer

    def __exit__(self, *_):
        self._consumer.close()


def _record(message):
    return Record(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        timestamp=message.timestamp()[1],
        key=message.key(),
        value=message.value(),
        headers=message.headers() or [],
    )
