"""Visit and meeting reports as Avro, written and read with fastavro alone."""

import io
import json
import os
import struct
from functools import cache
from pathlib import Path

import fastavro

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "tests" / "sample"
SCHEMAS = ROOT / "schemas"


def schema_json(name):
    return json.loads((SCHEMAS / f"{name}.avsc").read_text(encoding="utf-8"))


@cache
def schema(name):
    return fastavro.parse_schema(schema_json(name))


def sample(name):
    """Reports of tests/sample/<name>.jsonl, as dicts."""
    text = (SAMPLE / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def encode(name, event):
    """Avro binary. Plain JSON serves: every union of these schemas is null or one type."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema(name), event)
    return out.getvalue()


def decode(name, data):
    """One value that fills data exactly, with dates as fastavro gives them."""
    source = io.BytesIO(data)
    value = fastavro.schemaless_reader(source, schema(name), None)
    rest = source.read()
    assert not rest, f"{len(rest)} bytes behind the value"
    return value


def frame(schema_id, body):
    """Confluent's framing."""
    return struct.pack(">bI", 0, schema_id) + body


def unframe(data):
    """(schema id, Avro bytes)"""
    assert data is not None and len(data) > 5, f"not framed: {data!r}"
    magic, schema_id = struct.unpack_from(">bI", data)
    assert magic == 0, f"first byte is {magic}"
    return schema_id, data[5:]


ID_DIGITS = 6  # event ids of the sample are as long as "n" and these


@cache
def _bodies(kind):
    bodies = [encode(kind, report) for report in sample(kind + "s")]
    length = ID_DIGITS + 1
    plain = [body for body in bodies if body[0] == 2 * length]  # event_id comes first
    assert len(plain) > len(bodies) / 2
    return plain


def _renumber(body, number):
    event_id = f"n{number:0{ID_DIGITS}d}"
    return event_id, body[:1] + event_id.encode() + body[1 + len(event_id) :]


def numbered(kind, number):
    """(event id, Avro binary) of a report of the sample under an id made from the number: quick,
    since nothing is encoded anew."""
    bodies = _bodies(kind)
    return _renumber(bodies[number % len(bodies)], number)


def numbered_large(kind, number, size):
    """The same with that many bytes more, which no compression takes away."""
    return _renumber(_large_body(kind, size), number)


@cache
def _large_body(kind, size):
    report = {**sample(kind + "s")[0], "event_id": "n" + "0" * ID_DIGITS}
    return encode(kind, {**report, "topics": [os.urandom(size // 2).hex()]})
