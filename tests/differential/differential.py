#!/usr/bin/env python3
"""Compares the codec with other Avro libraries on random schemas, evolutions and values.

    differential.py DRIVER [--avro-c DRIVER] [--jars FOLDER] [--seconds N | --cases N] [--seed N]

The libraries are fastavro and Apache's for Python, Apache's for Java when its jars are given, and
avro-c when its driver is; the last reads values of equal schemas only. tests/differential/run
brings all of them.
A case is one value of one pair of schemas. All of these must agree, or the disagreement be one
of those that KNOWN documents:
  - the canonical form and the fingerprint of the writer's schema;
  - whether the value can be read by the reader's schema, and what it is then;
  - the bytes of the value, when both schemas are the same.
Values that were damaged on purpose need only be read alike when the codec accepts them.
The last line says what was compared; the exit code is 1 if anything disagreed.
"""
import argparse
import collections
import io
import json
import math
import pathlib
import random
import struct
import subprocess
import sys
import time
import warnings

import avro.compatibility
import avro.io
import avro.schema
import fastavro
import fastavro.schema

import schemas

HERE = pathlib.Path(__file__).parent
VALUES = 40   # of one pair of schemas
DAMAGED = 10  # of them
APACHE = 3    # of them are read by Apache's library too, which is slow and knows no aliases

# Where the libraries and the codec differ on purpose: name -> why the codec is right.
KNOWN = {
    "unreached": "the pair, or the union's branch, is incompatible, but the value never gets to "
                 "where it is (an empty array): the codec refuses it as a whole, and Apache's "
                 "compatibility checker does, too",
    "first branch": "a reader's union: the codec takes a branch of the writer's very type before "
                    "one it can be promoted to, as Java does; Python takes the first that fits. "
                    "Also defaults of bytes, which fastavro leaves text",
    "promoted text": "bytes that are not UTF-8 read as a string: others' promotion does not look",
    "float precision": "a number promoted to float is rounded to one, once, as Java does; Python "
                       "has only doubles",
    "endless": "a record that contains itself without end can have no value: the codec refuses "
               "the schema, Python refuses or never meets the value",
    "bad default": "a field's default that is no value of the field's type: the codec refuses the "
                   "schema, as Java does; Python looks when it needs the default",
    "empty": "a fixed of no bytes, or a record of no fields: avro-c can't allocate one, or arrays "
             "of them, and is not asked for their values",
    "deep": "the value nests deeper than the codec's default limit",
    "long int": "an int in more than five bytes, the last of them nothing: Java refuses it; the "
                "specification has no such rule",
    "later default": "a default that is of another than its union's first branch, which Avro 1.12 "
                     "allows: Java takes the schema and then can't make the value",
    "narrow": "Apache's Python library knows no promotion of strings and bytes nor, within "
              "arrays, of anything to a union; fastavro reads the value as the codec does",
}
OF_PYTHON = ("first branch", "float precision", "narrow")  # no other library may differ so


class Driver:
    """A process that answers cases; see driver_blobs.h."""

    def __init__(self, *command):
        self.name = command[-1]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    @staticmethod
    def blob(data):
        return struct.pack("<I", len(data)) + data

    def take(self, n):
        data = self.process.stdout.read(n)
        if len(data) != n:
            raise SystemExit(f"differential: {self.name} ended: {self.process.wait()}")
        return data

    def take_blob(self):
        return self.take(struct.unpack("<I", self.take(4))[0])

    def send(self, writer, reader, values):
        self.process.stdin.write(b"".join(
            [self.blob(writer.encode()), self.blob(reader.encode()),
             struct.pack("<I", len(values))] + [self.blob(v) for v in values]))
        self.process.stdin.flush()

    def receive(self, count):
        canonical = self.take_blob().decode()
        fingerprint = struct.unpack("<Q", self.take(8))[0]
        results = []
        for _ in range(count):
            code = struct.unpack("<i", self.take(4))[0]
            results.append((code, self.take_blob()))
        return canonical, fingerprint, results


class Fast:
    """fastavro, one pair of schemas."""

    def __init__(self, writer, reader):
        self.writer = fastavro.parse_schema(writer)
        self.reader = fastavro.parse_schema(reader)

    def read(self, data):
        stream = io.BytesIO(data)
        value = fastavro.schemaless_reader(stream, self.writer, self.reader)
        return value, stream.tell()

    def read_back(self, data):
        """What an oracle encoded by the reader's schema, or the error."""
        try:
            return fastavro.schemaless_reader(io.BytesIO(data), self.reader, None)
        except UnicodeDecodeError as error:
            return error


class Apache:
    def __init__(self, writer, reader):
        self.writer = avro.schema.parse(json.dumps(writer))
        self.reader = avro.schema.parse(json.dumps(reader))

    def read(self, data):
        stream = io.BytesIO(data)
        datum = avro.io.DatumReader(self.writer, self.reader)
        value = datum.read(avro.io.BinaryDecoder(stream))
        return value, stream.tell()

    def compatible(self):
        checker = avro.compatibility.ReaderWriterCompatibilityChecker()
        result = checker.get_compatibility(reader=self.reader, writer=self.writer)
        return result.compatibility is avro.compatibility.SchemaCompatibilityType.compatible


def same(a, b, floats=False, texts=False):
    """Equal, NaN to NaN; a whole number and a float of the same value are. floats: numbers need
    only be the same float, or its neighbour, where one was rounded twice. texts: a string may be
    the bytes of the other."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        if a == b or (a != a and b != b):  # pylint: disable=comparison-with-itself
            return True
        return floats and (as_float(a) == as_float(b) or math.isclose(a, b, rel_tol=2**-23))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k], floats, texts) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y, floats, texts) for x, y in zip(a, b))
    if texts and {type(a), type(b)} == {str, bytes}:
        text, data = (a, b) if isinstance(a, str) else (b, a)
        return data in (text.encode(), text.encode("latin-1", "replace"))
    return type(a) is type(b) and a == b


def as_float(n):
    try:
        return struct.unpack("<f", struct.pack("<f", n))[0]
    except OverflowError:
        return math.copysign(math.inf, n)


def avro_c_can(schema):
    """Whether avro-c reads values of the schema; see "empty"."""
    if isinstance(schema, list):
        return all(avro_c_can(branch) for branch in schema)
    if not isinstance(schema, dict):
        return True
    return schema.get("size") != 0 and schema.get("fields") != [] and all(
        avro_c_can(inner) for inner in [schema.get("items"), schema.get("values")] +
        [field["type"] for field in schema.get("fields", [])])


class Comparison:
    def __init__(self, seed, driver, java, avro_c):
        self.seed = seed
        self.driver = driver
        self.java = java
        self.avro_c = avro_c
        self.counts = collections.Counter()
        self.failures = 0

    def fail(self, what, number, writer, reader, data=None, ours=None, theirs=None):
        self.failures += 1
        print(f"differential: {what}: seed {self.seed}, pair {number}\n"
              f"  writer {json.dumps(writer)}\n  reader {json.dumps(reader)}", file=sys.stderr)
        if data is not None:
            print(f"  bytes {data.hex()}\n  ours {ours!r}\n  theirs {theirs!r}", file=sys.stderr)

    def pair(self, number):
        rnd = random.Random(f"{self.seed}/{number}")
        writer = schemas.random_schema(rnd)
        reader = writer if rnd.random() < 0.25 else schemas.evolve(rnd, writer)
        try:
            fast = Fast(writer, reader)
            apache = Apache(writer, reader)
        except Exception:  # pylint: disable=broad-except
            self.counts["schemas that an oracle refuses"] += 1
            return
        values = [schemas.random_bytes(rnd, writer) for _ in range(VALUES)]
        for i in range(DAMAGED):
            values[-1 - i] = schemas.mutate(rnd, values[-1 - i])
        drivers = [(self.driver, values)]
        if self.java:
            drivers.append((self.java, values))
        if self.avro_c and writer is reader:
            if avro_c_can(writer):
                drivers.append((self.avro_c, values[: VALUES - DAMAGED]))  # those crash it
            else:
                self.counts["avro-c: empty"] += VALUES - DAMAGED
        for driver, sent in drivers:  # they work side by side
            driver.send(json.dumps(writer), json.dumps(reader), sent)
        answers = {driver: driver.receive(len(sent)) for driver, sent in drivers}
        canonical, fingerprint, results = answers[self.driver]
        self.check_schema(number, writer, reader, canonical, fingerprint, results)
        if self.java and canonical and answers[self.java][:2] not in [answers[self.driver][:2],
                                                                      ("", 0)]:
            self.fail(f"java's canonical form: {answers[self.java][:2]}", number, writer, reader)
        for i, data in enumerate(values):
            damaged = i >= VALUES - DAMAGED
            self.check_value(number, writer, reader, fast, apache, data, results[i], damaged,
                             writer is reader, i < APACHE and '"aliases"' not in json.dumps(reader))
            for name, driver in (("java", self.java), ("avro-c", self.avro_c)):
                if driver in answers and i < len(answers[driver][2]):
                    self.check_bytes(name, number, writer, reader, fast, apache, data, results[i],
                                     answers[driver][2][i], damaged)

    def check_bytes(self, name, number, writer, reader, fast, apache, data, result, other,
                    damaged):
        """Of an oracle that encodes the value again."""
        code, answer = result
        their_code, theirs = other
        if damaged and code:
            return
        if code and their_code:
            self.counts[name + ", both refuse"] += 1
            return
        ours = fast.read_back(answer) if code == 0 else None
        value = fast.read_back(theirs) if their_code == 0 else None
        if code == 0 and their_code == 0 and (answer == theirs or same(ours, value)):
            self.counts[name] += 1
            return
        refused = theirs.decode(errors="replace") if their_code else None
        why = self.explain(apache, code, answer, ours, value, refused)
        if why and why not in OF_PYTHON:
            self.counts[f"{name}: {why}"] += 1
        else:
            self.fail(f"{name} disagrees", number, writer, reader, data,
                      answer.decode() if code else ours, refused if their_code else value)

    def check_schema(self, number, writer, reader, canonical, fingerprint, results):
        self.counts["pairs"] += 1
        want = fastavro.schema.to_parsing_canonical_form(writer)
        if not canonical and not any(w in results[0][1].decode()
                                     for w in ("contains itself", ".default")):
            self.fail(f"schema refused: {results[0]}", number, writer, reader)
        elif canonical and canonical != want:
            self.fail(f"canonical form: {canonical}, expected {want}", number, writer, reader)
        elif canonical and f"{struct.unpack('>Q', struct.pack('<Q', fingerprint))[0]:016x}" != \
                fastavro.schema.fingerprint(want, "CRC-64-AVRO"):
            self.fail(f"fingerprint {fingerprint:016x}", number, writer, reader)

    def check_value(self, number, writer, reader, fast, apache, data, result, damaged, equal,
                    with_apache):
        code, answer = result
        self.counts["cases"] += 1
        ours = fast.read_back(answer) if code == 0 else None
        if equal and not damaged and code and not self.explain(apache, code, answer, None, None,
                                                               None):
            self.fail("own value refused", number, writer, reader, data, answer.decode(), None)
            return
        if damaged and code:
            return  # and the oracles have no limits: they might count to 2^60
        oracles = [("fastavro", fast)] + ([("apache", apache)] if with_apache else [])
        fast_agrees = False
        for name, oracle in oracles:
            try:
                theirs, used = oracle.read(data)
                refused = None
            except Exception as error:  # pylint: disable=broad-except
                theirs, used, refused = None, len(data), error
            if code == 0 and refused is None and used == len(data) and same(ours, theirs):
                self.counts[name] += 1
                fast_agrees = True
                continue
            if code and refused is not None:
                self.counts[name + ", both refuse"] += 1
                continue
            why = self.explain(apache, code, answer, ours, theirs, refused and str(refused))
            if name == "apache" and code == 0 and refused and fast_agrees:
                why = "narrow"
            if why:
                fast_agrees = fast_agrees or code == 0
                self.counts[f"{name}: {why}"] += 1
            else:
                self.fail(f"{name} disagrees", number, writer, reader, data,
                          answer.decode() if code else ours,
                          str(refused).split("\n", maxsplit=1)[0] if refused else theirs)

    @staticmethod
    def explain(apache, code, answer, ours, theirs, refused):
        text = answer.decode(errors="replace") if code else ""
        if code == -22 and not apache.compatible():
            return "unreached"
        if code == -26:
            return "promoted text"
        if code == -21 and "contains itself without end" in text:
            return "endless"
        if code == -21 and ".default" in text:
            return "bad default"
        if code == -3 and "nested deeper than" in text:
            return "deep"
        if code == 0 and refused and refused.startswith("'utf-8' codec can't decode"):
            return "first branch"  # of string, where the codec takes bytes for bytes
        if code == 0 and refused and "Invalid int encoding" in refused:
            return "long int"
        if code == 0 and refused and "AvroRuntimeException: Not an array: [" in refused:
            return "later default"
        if code == 0 and refused is None and same(ours, theirs, floats=True):
            return "float precision"
        if code == 0 and refused is None and same(ours, theirs, floats=True, texts=True):
            return "first branch"
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("--avro-c", help="the driver of avro-c")
    parser.add_argument("--jars", help="folder of Apache Avro's jars")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--cases", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--failures", type=int, default=10, help="stop after so many")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    java = options.jars and Driver("java", "-Xmx512m", "-XX:+UseSerialGC",
                                   "-XX:TieredStopAtLevel=1", "-cp", options.jars + "/*",
                                   str(HERE / "JavaOracle.java"))
    avro_c = options.avro_c and Driver(options.avro_c)
    for name, driver in (("Apache Avro for Java", java), ("avro-c", avro_c)):
        if not driver:
            print(f"differential: SKIPPED: {name}")
    comparison = Comparison(options.seed, Driver(options.driver), java, avro_c)
    start = time.monotonic()
    number = 0
    while comparison.failures < options.failures:
        if options.cases is not None:
            if comparison.counts["cases"] >= options.cases:
                break
        elif time.monotonic() - start > options.seconds:
            break
        comparison.pair(number)
        number += 1
    for name, count in sorted(comparison.counts.items()):
        why = KNOWN.get(name.rpartition(": ")[2])
        print(f"differential: {name}: {count}" + (f" ({why})" if why else ""))
    print(f"differential: seed {options.seed}: {comparison.counts['cases']} cases of "
          f"{comparison.counts['pairs']} pairs, {comparison.failures} unexplained")
    return 1 if comparison.failures else 0


if __name__ == "__main__":
    sys.exit(main())
