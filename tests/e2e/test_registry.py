"""With a real schema registry: schemas evolve, the registry goes away and comes back."""

import copy
import io
import threading
import time
import urllib.error

import fastavro
import pytest

from support import events
from support.process import READ_PAUSE, wait_until
from support.tls_proxy import TlsProxy, make_certificates

REPORT = {
    "event_id": "r",
    "source": "example.org",
    "status": "CANCELLED",
    "visit_type": "WORKING",
    "topics": ["trade", "energy"],
    "occasion": "the 46th General Assembly",
    "stops": [{"city": "Baku", "country": "Azerbaijan"}],
}


@pytest.fixture(scope="module")
def mortal_registry(run_folder):
    from support.fetched import fetch

    from support.registry import Registry

    registry = Registry(fetch("registry")[0], run_folder / "own-registry")
    try:
        yield registry.start()
    finally:
        registry.stop()


@pytest.fixture
def own_registry(mortal_registry):
    """A registry that these tests may kill; it keeps what was registered."""
    if not mortal_registry.answers():
        mortal_registry.start()
    return mortal_registry


@pytest.fixture
def registered(feed, own_registry):
    """A feed whose input schemas are registered; ids: by kind."""
    feed.create_topics(partitions=2)
    feed.sections["registry"] = {
        "url": own_registry.url,
        "cache.directory": feed.folder / "cache",
        "connect.timeout": "1s",
        "retry.max": "500ms",
    }
    feed.ids = {
        kind: own_registry.register(f"{feed.inputs[kind]}-value", events.schema_json(kind))
        for kind in feed.inputs
    }
    return feed


def encode(schema, report):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(copy.deepcopy(schema)), report)
    return out.getvalue()


def record(schema_id, schema, event_id, partition=0, **changes):
    body = encode(schema, {**REPORT, "event_id": event_id, **changes})
    return {"value": events.frame(schema_id, body), "partition": partition}


def visit(feed, event_id, partition=0):
    return record(feed.ids["visit"], events.schema_json("visit"), event_id, partition)


def read_out(feed, kind="visit"):
    """{event id: normalized event}; each is there once."""
    found = {}
    for output in feed.client.read_all(feed.outputs[kind]):
        event = events.decode("normalized_event", events.unframe(output.value)[1])
        assert event["report"]["event_id"] not in found
        found[event["report"]["event_id"]] = event
    return found


def output_ids(feed, kind="visit"):
    return {events.unframe(output.value)[0] for output in feed.client.read_all(feed.outputs[kind])}


def count_out(feed):
    return len(feed.client.read_all(feed.outputs["visit"]))


def wait_out(feed, daemon, count, seconds=30):
    wait_until(lambda: count_out(feed) >= count, seconds, f"{count} events", daemon, READ_PAUSE)


def field(schema, name):
    return next(f for f in schema["fields"] if f["name"] == name)


def stop(daemon):
    assert daemon.stop() == 0, daemon.tail()
    totals = daemon.totals()
    assert totals["in"] == totals["out"] + totals["dead_letters"]
    assert totals["in_flight"] == 0
    return totals


# ---- schemas


def test_outputs_carry_the_id_that_the_registry_gave(registered, own_registry):
    feed = registered
    feed.client.produce(feed.inputs["visit"], [visit(feed, "a")])
    daemon = feed.start()
    feed.wait_done(daemon)
    assert read_out(feed)["a"]["status"] == "CANCELLED"
    (schema_id,) = output_ids(feed)
    for kind in feed.outputs:
        version = own_registry.call(f"/subjects/{feed.outputs[kind]}-value/versions/latest")
        assert version["id"] == schema_id
    assert own_registry.schema(schema_id) == events.schema_json("normalized_event")
    assert stop(daemon)["dead_letters"] == 0


@pytest.mark.parametrize("strategy", ["record", "topic-record"])
def test_subjects_by_other_strategies(registered, own_registry, strategy):
    feed = registered
    daemon = feed.start(registry={"subject": strategy}).wait_running()
    name = "visitfeed.v1.NormalizedEvent"
    subject = name if strategy == "record" else f"{feed.outputs['visit']}-{name}"
    assert own_registry.call(f"/subjects/{subject}/versions/latest")["id"] > 0
    assert daemon.stop() == 0


def evolutions():
    """{name: (schema, what a report changes, what the event must have)}"""
    added = events.schema_json("visit")
    added["fields"].insert(
        2, {"name": "colour", "type": {"type": "map", "values": "long"}, "default": {}}
    )
    reordered = events.schema_json("visit")
    symbols = field(reordered, "status")["type"]["symbols"]
    symbols.reverse()
    more_symbols = events.schema_json("visit")
    field(more_symbols, "status")["type"]["symbols"].insert(0, "DREAMT_OF")
    renamed = events.schema_json("visit")
    field(renamed, "topics").update(name="subjects", aliases=["topics"])
    removed = events.schema_json("visit")
    removed["fields"] = [f for f in removed["fields"] if f["name"] not in ("topics", "occasion")]
    shuffled = events.schema_json("visit")
    shuffled["fields"].reverse()
    promoted = events.schema_json("visit")
    field(promoted, "source")["type"] = "bytes"
    same = {"status": "CANCELLED", "topics": ["trade", "energy"]}
    return {
        "added": (added, {"colour": {"x": 1 << 40}}, same),
        "reordered": (reordered, {}, same),
        "more-symbols": (more_symbols, {"status": "DREAMT_OF"}, {**same, "status": "UNKNOWN"}),
        "renamed": (renamed, {"subjects": ["other"]}, {"status": "CANCELLED", "topics": []}),
        "removed": (removed, {}, {"status": "CANCELLED", "topics": []}),
        "shuffled": (shuffled, {}, same),
        "promoted": (promoted, {"source": b"example.org"}, same),
    }


def test_writers_evolve_and_nothing_is_lost(registered, own_registry):
    """All versions interleaved on the same partitions, in the order that nobody planned for."""
    feed = registered
    sent, expected = [visit(feed, "first")], {"first": {"status": "CANCELLED"}}
    for round_number in range(3):
        for name, (schema, changes, wanted) in evolutions().items():
            schema_id = own_registry.register(f"{feed.inputs['visit']}-value", schema)
            event_id = f"{name}-{round_number}"
            sent.append(record(schema_id, schema, event_id, round_number % 2, **changes))
            expected[event_id] = wanted
    feed.client.produce(feed.inputs["visit"], sent)
    daemon = feed.start()
    feed.wait_done(daemon)
    totals = stop(daemon)
    assert feed.read_dead_letters() == []
    found = read_out(feed)
    assert found.keys() == expected.keys()
    for event_id, wanted in expected.items():
        for name, value in wanted.items():
            assert found[event_id][name] == value, f"{event_id}: {name}"
    assert totals["out"] == len(sent)


def test_references_are_followed(registered, own_registry):
    """The visit's schema in pieces: a record and an enum under subjects of their own."""
    feed = registered
    schema = events.schema_json("visit")
    enum = field(schema, "status")["type"]
    place = field(schema, "stops")["type"]["items"]
    for piece in (enum, place):
        piece["namespace"] = "visitfeed.v1"
    pieces = copy.deepcopy({"status": enum, "place": place})
    field(schema, "status")["type"] = "visitfeed.v1.EventStatus"
    field(schema, "stops")["type"]["items"] = "visitfeed.v1.Place"
    references = []
    for name, piece in pieces.items():
        subject = f"{feed.name}-{name}"
        own_registry.register(subject, piece)
        references.append((f"visitfeed.v1.{piece['name']}", subject, 1))
    schema_id = own_registry.register(f"{feed.name}-whole", schema, references)
    whole = record(0, events.schema_json("visit"), "whole")["value"]
    feed.client.produce(
        feed.inputs["visit"], [{"value": events.frame(schema_id, events.unframe(whole)[1])}]
    )
    daemon = feed.start()
    feed.wait_done(daemon)
    assert read_out(feed)["whole"]["status"] == "CANCELLED"
    assert stop(daemon)["dead_letters"] == 0


def test_schemas_that_nobody_has_are_dead_letters(registered, own_registry):
    feed = registered
    good = visit(feed, "good")
    body = events.unframe(good["value"])[1]
    guid = ("__value_schema_id", b"\1" + bytes(range(16)))
    sent = [
        {"value": events.frame(4000000000, body), "key": "id", "partition": 0},
        {"value": body, "headers": [guid], "key": "guid", "partition": 0},
        {"value": events.frame(1 << 31, body), "key": "id", "partition": 1},
        good,
    ]
    feed.client.produce(feed.inputs["visit"], sent)
    daemon = feed.start()
    feed.wait_done(daemon)
    assert list(read_out(feed)) == ["good"]
    letters = feed.read_dead_letters()
    assert sorted(letter.key for letter in letters) == [b"guid", b"id", b"id"]
    for letter in letters:
        assert letter.header("visitfeed.error.code") == b"EUNKNOWNSCHEMA"
    reasons = {letter.header("visitfeed.error.reason").decode() for letter in letters}
    assert any("schema id 4000000000" in reason for reason in reasons)
    assert any("00010203-0405-0607-0809-0a0b0c0d0e0f" in reason for reason in reasons)
    assert stop(daemon) == {"in": 4, "out": 1, "dead_letters": 3, "in_flight": 0}


# ---- outages


def held(daemon):
    lines = [line for line in daemon.lines() if "held" in line]
    return int(lines[-1]["held"]) if lines else 0


class InTheBackground(threading.Thread):
    """Sends known visits one by one, a thousand a second, while the test goes on."""

    def __init__(self, feed, count):
        super().__init__(daemon=True)
        self._feed, self._count, self._failure = feed, count, None
        self.start()

    def _paced(self):
        for number in range(self._count):
            time.sleep(0.001)
            yield visit(self._feed, f"known-{number}", number % 2)

    def run(self):
        try:
            self._feed.client.produce(self._feed.inputs["visit"], self._paced())
        except AssertionError as failure:
            self._failure = failure

    def finish(self):
        self.join(60)
        assert not self.is_alive() and self._failure is None, self._failure


@pytest.mark.parametrize("mode", ["at-least-once", "exactly-once"])
def test_an_outage_stops_only_what_is_unknown(registered, own_registry, mode):
    """Killed in mid-stream, the daemon restarted meanwhile, and brought back."""
    feed = registered
    feed.sections["delivery"]["mode"] = mode
    schema, changes, _ = evolutions()["added"]
    new_id = own_registry.register(f"{feed.inputs['visit']}-value", schema)
    topic = feed.inputs["visit"]
    daemon = feed.start().wait_assigned()
    stream = InTheBackground(feed, 2000)
    wait_out(feed, daemon, 500)
    own_registry.kill()
    stream.finish()
    wait_out(feed, daemon, 2000)
    assert held(daemon) == 0
    # One partition needs what only the registry knows: it waits, in order, and the other flows.
    feed.client.produce(topic, [record(new_id, schema, f"new-{n}", 0, **changes) for n in range(5)])
    feed.client.produce(topic, [visit(feed, f"behind-{n}", 0) for n in range(5)])
    feed.client.produce(topic, [visit(feed, f"beside-{n}", 1) for n in range(200)])
    wait_out(feed, daemon, 2200)
    wait_until(lambda: held(daemon) == 1, 10, "one partition held", daemon)
    daemon.wait_line(lambda line: line.get("msg") == "records wait for schemas", 10, "a word on it")
    assert stop(daemon) == {"in": 2200, "out": 2200, "dead_letters": 0, "in_flight": 0}

    # Restarted during the outage: what is known is known from the disk.
    daemon = feed.start().wait_running()
    feed.client.produce(topic, [visit(feed, f"restarted-{n}", 1) for n in range(200)])
    wait_out(feed, daemon, 2400)
    wait_until(lambda: held(daemon) == 1, 10, "one partition held", daemon)
    assert count_out(feed) == 2400

    own_registry.start()
    feed.wait_done(daemon, 30)
    wait_until(lambda: held(daemon) == 0, 5, "none to be held", daemon)
    assert stop(daemon) == {"in": 210, "out": 210, "dead_letters": 0, "in_flight": 0}
    assert feed.read_dead_letters() == []
    assert len(read_out(feed)) == 2410


def test_a_deadline_turns_waiting_into_dead_letters(registered, own_registry):
    feed = registered
    schema, changes, _ = evolutions()["added"]
    new_id = own_registry.register(f"{feed.inputs['visit']}-value", schema)
    feed.client.produce(feed.inputs["visit"], [visit(feed, "known")])
    daemon = feed.start(registry={"wait.deadline": "2s"})
    wait_out(feed, daemon, 1)
    own_registry.kill()
    try:
        began = time.monotonic()
        late = [record(new_id, schema, f"late-{n}", n % 2, **changes) for n in range(4)]
        feed.client.produce(feed.inputs["visit"], [*late, visit(feed, "behind")])
        feed.wait_done(daemon)
        assert time.monotonic() - began > 2
    finally:
        own_registry.start()
    letters = feed.read_dead_letters()
    assert [letter.header("visitfeed.error.code") for letter in letters] == [b"ETIMEDOUT"] * 4
    # The look-up went on: once answered, the schema is known.
    daemon.wait_line(
        lambda line: line.get("msg") == "schema found" and line.get("id") == str(new_id),
        30,
        "the schema to be found",
    )
    feed.client.produce(feed.inputs["visit"], [record(new_id, schema, "after", 0, **changes)])
    feed.wait_done(daemon)
    assert read_out(feed).keys() == {"known", "behind", "after"}
    stop(daemon)


def test_a_first_start_waits_for_the_registry(registered, own_registry):
    feed = registered
    feed.client.produce(feed.inputs["visit"], [visit(feed, "a")])
    own_registry.kill()
    try:
        daemon = feed.start()
        daemon.wait_line(
            lambda line: "trying again" in line.get("msg", ""), 20, "a word on the registry"
        )
        began = time.monotonic()
        assert daemon.stop() == 0, daemon.tail()  # it can be stopped while it waits
        assert time.monotonic() - began < 5
        daemon = feed.start()
        time.sleep(1)
        assert feed.client.count(feed.outputs["visit"]) == 0
        assert not daemon.lines("running")
    finally:
        own_registry.start()
    daemon.wait_running()
    feed.wait_done(daemon)
    assert list(read_out(feed)) == ["a"]
    stop(daemon)


# ---- refusals


def test_an_incompatible_output_schema_is_told(registered, own_registry):
    feed = registered
    subject = f"{feed.outputs['meeting']}-value"
    other = {
        "type": "record",
        "name": "NormalizedEvent",
        "namespace": "visitfeed.v1",
        "fields": [{"name": "something_else", "type": "int"}],
    }
    own_registry.register(subject, other)
    own_registry.call(f"/config/{subject}", {"compatibility": "BACKWARD"}, "PUT")
    daemon = feed.start()
    assert daemon.wait(30) == 1
    (line,) = daemon.lines("the registry does not take the outputs' schema")
    assert line["code"] == "EINCOMPATIBLE"
    assert subject in line["reason"] and "event_key" in line["message"]
    assert feed.client.committed(feed.group, feed.inputs.values()) == {}


def test_without_auto_register_the_schema_must_be_there(registered, own_registry):
    feed = registered
    daemon = feed.start(registry={"auto.register": "false"})
    assert daemon.wait(30) == 1
    assert "ENOENT" in daemon.read_log()
    with pytest.raises(urllib.error.HTTPError):
        own_registry.call(f"/subjects/{feed.outputs['visit']}-value/versions/latest")
    ids = {
        own_registry.register(f"{topic}-value", events.schema_json("normalized_event"))
        for topic in feed.outputs.values()
    }
    feed.client.produce(feed.inputs["visit"], [visit(feed, "a")])
    daemon = feed.start(registry={"auto.register": "false"})
    feed.wait_done(daemon)
    assert output_ids(feed) <= ids
    stop(daemon)


def test_behind_tls_with_a_certificate_and_a_password(registered, own_registry, folder):
    feed = registered
    secret = "open-sesame-4711"
    paths = make_certificates(folder / "tls")
    base = own_registry.url.removesuffix("/apis/ccompat/v7")
    feed.client.produce(feed.inputs["visit"], [visit(feed, "a")])
    with TlsProxy(base, paths, "visitfeed", secret) as proxy:
        right = {
            "url": f"{proxy.url}/apis/ccompat/v7",
            "user": "visitfeed",
            "password": f"file:{folder / 'password'}",
            "ca.file": paths["ca"],
            "certificate.file": paths["client"],
            "key.file": paths["client.key"],
        }
        (folder / "password").write_text(secret + "\n")
        for wrong, word in (
            ({"ca.file": paths["stranger"]}, "certificate"),
            # How a server's refusal is told depends on when it comes.
            ({"certificate.file": paths["stranger"], "key.file": paths["stranger.key"]}, "https:"),
        ):
            daemon = feed.start(registry={**right, **wrong})
            line = daemon.wait_line(
                lambda line: "trying again" in line.get("msg", ""), 20, "a refused handshake"
            )
            assert word in line["reason"], line
            assert daemon.stop() == 0
        assert proxy.passed == 0

        daemon = feed.start(registry={**right, "user": "somebody"})
        assert daemon.wait(20) == 1
        assert "EACCES" in daemon.read_log()
        daemon = feed.start(registry=right)
        feed.wait_done(daemon)
        assert list(read_out(feed)) == ["a"]
        assert proxy.passed >= 3
        stop(daemon)
    for log in feed.folder.glob("daemon-*.log"):
        assert secret not in log.read_text()


def test_a_registry_that_lost_its_ids_is_noticed(registered, own_registry):
    """Set up anew, it gives the same ids to other schemas: nothing cached may be believed."""
    feed = registered

    def send(event_id):
        meeting = {"event_id": event_id, "source": "example.org", "topics": ["trade"]}
        body = events.encode("meeting", meeting)
        feed.client.produce(
            feed.inputs["meeting"], [{"value": events.frame(feed.ids["meeting"], body)}]
        )
        feed.client.produce(feed.inputs["visit"], [visit(feed, event_id)])

    def register(*kinds):
        own_registry.kill()
        own_registry.start(empty=True)
        for kind in kinds:
            subject = f"{feed.inputs[kind]}-value"
            feed.ids[kind] = own_registry.register(subject, events.schema_json(kind))

    register("visit", "meeting")
    before = dict(feed.ids)
    send("before")
    daemon = feed.start()
    feed.wait_done(daemon)
    stop(daemon)
    register("meeting", "visit")
    assert before == {"visit": feed.ids["meeting"], "meeting": feed.ids["visit"]}
    send("after")
    daemon = feed.start()
    feed.wait_done(daemon)
    for kind in feed.outputs:
        assert read_out(feed, kind).keys() == {"before", "after"}
    assert daemon.lines("the registry contradicts the cached schemas, which are thrown away")
    assert stop(daemon)["dead_letters"] == 0
