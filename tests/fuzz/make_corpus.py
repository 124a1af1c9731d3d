#!/usr/bin/env python3
"""Writes the seed corpus: a few small inputs a target, from the schemas and the sample.

    tests/fuzz/make_corpus.py

Run in the tree's root. Needs fastavro. The result is committed; run it again after a change
of the schemas.
"""
import io
import json
import os
import pathlib
import struct

import fastavro

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "tests/fuzz/corpus"


def put(target, name, data):
    folder = OUT / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def strip(schema):
    """Without docs, which are of no use to a fuzzer."""
    if isinstance(schema, dict):
        return {k: strip(v) for k, v in schema.items() if k != "doc"}
    return [strip(v) for v in schema] if isinstance(schema, list) else schema


def encode(schema, value):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value)
    return out.getvalue()


SMALL = {
    "type": "record", "name": "a.R", "aliases": ["Q"], "fields": [
        {"name": "i", "type": "int", "default": 1},
        {"name": "l", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "f", "type": ["null", "float"], "default": None},
        {"name": "d", "type": "double", "aliases": ["dd"]},
        {"name": "b", "type": ["null", "boolean"]},
        {"name": "y", "type": {"type": "bytes", "logicalType": "decimal", "precision": 4}},
        {"name": "s", "type": ["string", "null"]},
        {"name": "x", "type": {"type": "fixed", "name": "X", "size": 2}},
        {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"],
                               "default": "A"}},
        {"name": "a", "type": {"type": "array", "items": "string"}, "default": []},
        {"name": "m", "type": {"type": "map", "values": "E"}},
        {"name": "u", "type": ["null", "int", "string", "R"]},
        {"name": "r", "type": ["null", "R"]},
    ]}
SMALL_VALUE = {"i": 1, "l": -70, "f": 1.5, "d": 0.1, "b": True, "y": b"\x01\xff", "s": "é",
               "x": b"ab", "e": "B", "a": ["p", ""], "m": {"k": "A"}, "u": "t", "r": None}
# The same with fields moved, renamed, added, removed and promoted.
EVOLVED = {
    "type": "record", "name": "a.R", "fields": [
        {"name": "new", "type": {"type": "map", "values": ["null", "int"]}, "default": {"z": 7}},
        {"name": "d2", "type": "double", "aliases": ["d"]},
        {"name": "l", "type": ["null", "double"]},
        {"name": "i", "type": "long"},
        {"name": "yy", "type": "string", "default": "q"},
        {"name": "s", "type": "bytes"},
        {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["B", "C"],
                               "default": "C"}},
        {"name": "u", "type": ["string", "int", "null", "R"]},
        {"name": "a", "type": {"type": "array", "items": ["string", "null"]}},
    ]}


def main():
    schemas = {n: strip(json.loads((ROOT / f"schemas/{n}.avsc").read_text()))
               for n in ("visit", "meeting", "normalized_event", "membership")}
    small = encode(SMALL, SMALL_VALUE)
    for name, schema in {**schemas, "small": SMALL, "evolved": EVOLVED}.items():
        put("schema", name, compact(schema))
    put("schema", "union", '["null","int",{"type":"map","values":"bytes"}]')
    put("plan", "same", compact(SMALL).encode() + b"\n\n" + small)
    put("plan", "evolved", compact(SMALL).encode() + b"\n" + compact(EVOLVED).encode() + b"\n" +
        small)
    put("plan", "promotion", b'"int"\n["null","double"]\n\x08')
    put("plan", "blocks", b'{"type":"array","items":"string"}\n\n\x03\x08\x02a\x02b\x02\x02c\x00')
    for number, name in enumerate(("visit", "meeting")):
        line = (ROOT / f"tests/sample/{name}s.jsonl").read_text().splitlines()[0]
        put("decode", name, bytes([number]) + encode(schemas[name], json.loads(line)))
        put("json", name, bytes([number]) + line.encode())
    put("json", "small", b"\x00" + b'{"event_id": "", "source": "\\u00e9", "revision": -1}')
    put("frame", "confluent", b"\x00\x00" + b"\x00" + struct.pack(">I", 7) + b"body")
    put("frame", "header", b"\x00\x11" + b"\x01" + bytes(range(16)) + b"body")
    put("frame", "single", b"\x02\x00\xc3\x01" + bytes(range(8)) + b"body")
    for codec in ("null", "deflate"):
        out = io.BytesIO()
        fastavro.writer(out, fastavro.parse_schema(SMALL), [SMALL_VALUE] * 3, codec=codec,
                        sync_marker=b"0123456789abcdef")
        put("container", codec, out.getvalue())


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
