"""A steady stream of reports, sent in the background while a test does its worst."""

import threading
import time

from confluent_kafka import Producer

from support import events
from support.feed import KINDS, SCHEMA_IDS

TICK = 0.02  # seconds between two bursts
DELIVERY_SECONDS = 120  # covers a broker that is killed and comes back


class Stream:
    """Sends `total` numbered reports of both kinds at `rate` a second; ids holds what the broker
    acknowledged, by kind."""

    def __init__(self, feed, total, rate):
        self._feed = feed
        self._total = total
        self._rate = rate
        self._failures = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.sent = 0
        self.ids = {kind: [] for kind in KINDS}

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.finish()

    def finish(self):
        self._thread.join(DELIVERY_SECONDS)
        assert not self._thread.is_alive(), "the stream did not end"
        assert not self._failures, self._failures[:3]

    def _run(self):
        producer = Producer(
            {
                "bootstrap.servers": self._feed.client.bootstrap,
                "log_level": 0,
                "enable.idempotence": True,
                "linger.ms": 5,
                "message.timeout.ms": DELIVERY_SECONDS * 1000,
            }
        )
        try:
            began = time.monotonic()
            while self.sent < self._total:
                due = min(self._total, int((time.monotonic() - began) * self._rate) + 1)
                while self.sent < due:
                    self._send(producer, self.sent)
                    self.sent += 1
                producer.poll(0)
                time.sleep(TICK)
            if producer.flush(DELIVERY_SECONDS):
                self._failures.append("not everything was acknowledged")
        except Exception as error:  # told by finish(), in the test's own thread
            self._failures.append(error)

    def _send(self, producer, number):
        kind = KINDS[number % len(KINDS)]
        event_id, body = events.numbered(kind, number)

        def on_delivery(error, _):
            if error:
                self._failures.append(error)
            else:
                self.ids[kind].append(event_id)

        producer.produce(
            self._feed.inputs[kind],
            value=events.frame(SCHEMA_IDS[kind], body),
            key=event_id,
            on_delivery=on_delivery,
        )
