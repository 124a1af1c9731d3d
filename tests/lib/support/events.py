"""Visit and meeting reports as Avro, written and read with fastavro alone."""

import io
import json
import struct
from functools import cache
from pathlib import Path

import fastavro

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "tests" / "sample"
SCHEMAS = ROOT / "schemas"


@cache
def schema(name):
    return fastavro.parse_schema(json.loads((SCHEMAS / f"{name}.avsc").read_text()))


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
