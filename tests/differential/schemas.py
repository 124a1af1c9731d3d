"""Random Avro schemas, evolutions of them, values, and their bytes.

Everything comes from a random.Random, so that a seed tells the whole case. The encoder is this
file's own: it chooses union branches and the blocks of arrays itself.
"""
import copy
import struct

PRIMITIVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]
PROMOTIONS = {"int": ["long", "float", "double"], "long": ["float", "double"],
              "float": ["double"], "string": ["bytes"], "bytes": ["string"]}
TEXTS = ["", "a", "hello", "é", "Ж", "漢字", "\U0001f600", "\x00", "x" * 70, "ascii é mixed 漢"]


class Generator:
    def __init__(self, random):
        self.random = random
        self.named = {}
        self.open = []  # records whose fields are being drawn

    def name(self, prefix):
        simple = f"{prefix}{len(self.named) + len(self.open)}"
        return self.random.choice(["", "", "ns.", "a.b."]) + simple

    def type(self, depth):
        r = self.random.random()
        if depth <= 0 or r < 0.45:
            return self.random.choice(PRIMITIVES)
        if r < 0.50 and self.named:
            return self.random.choice(sorted(self.named))
        if r < 0.58:
            return {"type": "array", "items": self.type(depth - 1)}
        if r < 0.64:
            return {"type": "map", "values": self.type(depth - 1)}
        if r < 0.80:
            return self.union(depth)
        if r < 0.86:
            return self.define({"type": "enum", "name": self.name("E"),
                                "symbols": self.symbols()})
        if r < 0.90:
            return self.define({"type": "fixed", "name": self.name("F"),
                                "size": self.random.choice([0, 1, 2, 16])})
        return self.record(depth)

    def symbols(self):
        symbols = ["A", "B", "C", "D", "E"][: self.random.randint(1, 5)]
        self.random.shuffle(symbols)
        return symbols

    def define(self, schema):
        self.named[schema["name"]] = schema
        return schema

    def union(self, depth):
        if self.random.random() < 0.5:
            inner = self.type(depth - 1)
            if isinstance(inner, list) or inner == "null":
                inner = "string"
            return self.random.choice([["null", inner], [inner, "null"]])
        branches = {}
        for _ in range(self.random.randint(1, 4)):
            branch = self.type(depth - 1)
            if not isinstance(branch, list):
                branches.setdefault(kind_key(branch), branch)
        if self.open and self.random.random() < 0.3:
            branches.setdefault(self.open[-1], self.open[-1])
            branches.setdefault("null", "null")
        return list(branches.values()) or ["null"]

    def record(self, depth):
        name = self.name("R")
        self.open.append(name)
        fields = [{"name": f"f{i}", "type": self.type(depth - 1)}
                  for i in range(self.random.randint(0, 5))]
        self.open.pop()
        return self.define({"type": "record", "name": name, "fields": fields})


def kind_key(schema):
    if isinstance(schema, str):
        return schema
    return schema.get("name", schema["type"])


def random_schema(random):
    generator = Generator(random)
    return generator.record(4) if random.random() < 0.8 else generator.type(4)


# ---- evolution ----------------------------------------------------------------------------


def default_for(random, schema, names):
    """A JSON default, or None where there is no simple one. Those of texts are ASCII: neither
    library takes characters for bytes, as the specification says."""
    if isinstance(schema, str) and schema in names:
        schema = names[schema]
    kind = schema if isinstance(schema, str) else None if isinstance(schema, list) \
        else schema["type"]
    simple = {"null": [None], "boolean": [True, False], "int": [0, -7, 2**31 - 1],
              "long": [0, 5, -2**63], "float": [0.5, 2], "double": [0.25, -1e300],
              "bytes": ["", "q\u0000"], "string": ["", "dx"], "array": [[]], "map": [{}]}
    if kind in simple:
        return (random.choice(simple[kind]),)
    if kind == "enum":
        return (random.choice(schema["symbols"]),)
    if kind == "fixed":
        return ("e" * schema["size"],)
    if isinstance(schema, list) and schema:
        return default_for(random, schema[0], names)
    return None


def evolve(random, schema):
    """A copy with a few changes, most of them compatible."""
    schema = copy.deepcopy(schema)
    names = {}
    collect(schema, names)
    for _ in range(random.randint(0, 4)):
        targets = []
        walk(schema, targets)
        schema = change(random, schema, random.choice(targets), names)
    return schema


def collect(schema, names):
    if isinstance(schema, list):
        for branch in schema:
            collect(branch, names)
    elif isinstance(schema, dict):
        if "name" in schema:
            names[schema["name"]] = schema
        for inner in [schema.get("items"), schema.get("values")]:
            collect(inner, names)
        for field in schema.get("fields", []):
            collect(field["type"], names)


def walk(schema, targets, holder=None, key=None):
    targets.append((holder, key, schema))
    if isinstance(schema, list):
        for i, branch in enumerate(schema):
            walk(branch, targets, schema, i)
    elif isinstance(schema, dict):
        for inner in ("items", "values"):
            if inner in schema:
                walk(schema[inner], targets, schema, inner)
        for field in schema.get("fields", []):
            walk(field["type"], targets, field, "type")


def change(random, root, target, names):
    holder, key, schema = target

    def replace(new):
        nonlocal root
        if holder is None:
            root = new
        else:
            holder[key] = new

    in_union = isinstance(holder, list)
    if isinstance(schema, dict) and "name" in schema and random.random() < 0.15:
        rename(schema, root)
    elif isinstance(schema, str) and schema in PROMOTIONS and not in_union \
            and random.random() < 0.6:
        replace(random.choice(PROMOTIONS[schema]))
    elif isinstance(schema, dict) and schema["type"] == "record":
        change_record(random, schema, names)
    elif isinstance(schema, dict) and schema["type"] == "enum":
        change_enum(random, schema)
    elif isinstance(schema, list) and random.random() < 0.7:
        if random.random() < 0.5:
            random.shuffle(schema)
        elif not any(b == "double" for b in schema):
            schema.insert(random.randint(0, len(schema)), "double")
    elif isinstance(schema, list) and schema and not in_union:
        inner = random.choice(schema)
        if not defines_more(schema, inner):
            replace(inner)
    elif not in_union and not isinstance(schema, list) and random.random() < 0.6:
        replace(["null", schema] if schema != "null" else ["null", "int"])
    elif not in_union and random.random() < 0.2 and isinstance(schema, str):
        replace(random.choice(PRIMITIVES))
    return root


def rename(schema, root):
    """Gives a named type another name, and its old one as alias, unless it is mentioned again."""
    if "aliases" not in schema and not mentions(root, schema["name"]):
        schema["aliases"] = [schema["name"]]
        schema["name"] += "x"


def mentions(schema, name):
    if isinstance(schema, str):
        return schema.rpartition(".")[2] == name.rpartition(".")[2]
    if isinstance(schema, list):
        return any(mentions(branch, name) for branch in schema)
    return any(mentions(schema[k], name) for k in ("items", "values") if k in schema) or \
        any(mentions(field["type"], name) for field in schema.get("fields", []))


def defines_more(union, chosen):
    """Whether dropping the other branches would drop a definition that may be needed."""
    names = {}
    collect([b for b in union if b is not chosen], names)
    return bool(names)


def change_record(random, record, names):
    fields = record["fields"]
    what = random.randint(0, 5)
    if what == 0 and not refers(fields):
        random.shuffle(fields)
    elif what == 1 and fields:
        field = random.choice(fields)
        if not refers([field]):
            fields.remove(field)
    elif what == 2:
        kind = random.choice(PRIMITIVES + [["null", "int"], {"type": "array", "items": "int"},
                                           ["int", "string"]])
        field = {"name": f"added{random.randint(0, 99)}", "type": kind}
        default = default_for(random, kind, names)
        if default is not None and random.random() < 0.95:
            field["default"] = default[0]
        if all(f["name"] != field["name"] for f in fields):
            fields.insert(random.randint(0, len(fields)), field)
    elif what == 3 and fields:
        field = random.choice(fields)
        if "aliases" not in field:
            field["aliases"] = [field["name"]]
            field["name"] = field["name"] + "x"
    elif what == 4 and fields:
        field = random.choice(fields)
        default = default_for(random, field["type"], names)
        if default is not None:
            field["default"] = default[0]


def refers(fields):
    """Whether types are defined or used by name in the fields: their order matters then."""
    names = {}
    for field in fields:
        collect(field["type"], names)
    return bool(names) or any(uses_name(f["type"]) for f in fields)


def uses_name(schema):
    if isinstance(schema, str):
        return schema not in PRIMITIVES
    if isinstance(schema, list):
        return any(uses_name(b) for b in schema)
    return any(uses_name(schema[k]) for k in ("items", "values") if k in schema) or \
        any(uses_name(f["type"]) for f in schema.get("fields", []))


def change_enum(random, enum):
    symbols = enum["symbols"]
    what = random.randint(0, 3)
    if what == 0:
        random.shuffle(symbols)
    elif what == 1 and len(symbols) > 1 and "default" not in enum:
        symbols.pop()
    elif what == 2 and "Z" not in symbols:
        symbols.insert(random.randint(0, len(symbols)), "Z")
    else:
        enum["default"] = random.choice(symbols)


# ---- values -------------------------------------------------------------------------------


def zigzag(n):
    n = (n << 1) ^ (n >> 63)
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


class Encoder:
    """Draws a value and encodes it in one go. Recursion gets ever less likely."""

    def __init__(self, random, schema):
        self.random = random
        self.names = {}
        collect(schema, self.names)
        self.budget = 200

    def encode(self, schema):
        self.budget -= 1
        if isinstance(schema, list):
            return self.union(schema)
        if isinstance(schema, str) and schema in self.names:
            schema = self.names[schema]
        kind = schema if isinstance(schema, str) else schema["type"]
        return getattr(self, kind + "_")(schema)

    def union(self, schema):
        choices = range(len(schema))
        if self.budget < 0 and "null" in schema:
            choices = [schema.index("null")]
        index = self.random.choice(choices)
        return zigzag(index) + self.encode(schema[index])

    def null_(self, _):
        return b""

    def boolean_(self, _):
        return self.random.choice([b"\0", b"\1"])

    def int_(self, _):
        return zigzag(self.random.choice([0, -1, 63, 64, -65, 2**31 - 1, -2**31, 12345]))

    def long_(self, _):
        return zigzag(self.random.choice([0, -1, 64, 2**31, -2**40, 2**63 - 1, -2**63]))

    def float_(self, _):
        return struct.pack("<f", self.random.choice([0, -1.5, 3.4e38, float("inf"), 1e-45,
                                                     float("nan")]))

    def double_(self, _):
        return struct.pack("<d", self.random.choice([0, -1.5, 1e300, float("-inf"), 5e-324,
                                                     0.1, float("nan")]))

    def bytes_(self, _):
        data = self.random.choice([b"", b"\x00", b"\xff\xfe", "é".encode(), b"z" * 100])
        return zigzag(len(data)) + data

    def string_(self, _):
        data = self.random.choice(TEXTS).encode()
        return zigzag(len(data)) + data

    def fixed_(self, schema):
        return self.random.randbytes(schema["size"])

    def enum_(self, schema):
        return zigzag(self.random.randrange(len(schema["symbols"])))

    def record_(self, schema):
        return b"".join(self.encode(f["type"]) for f in schema["fields"])

    def array_(self, schema):
        return self.blocks(lambda: self.encode(schema["items"]))

    def map_(self, schema):
        keys = iter(range(10**6))
        return self.blocks(lambda: self.string_key(next(keys)) + self.encode(schema["values"]))

    @staticmethod
    def string_key(n):
        data = f"k{n}".encode()
        return zigzag(len(data)) + data

    def blocks(self, item):
        out = b""
        if self.budget > 0:
            for _ in range(self.random.choice([0, 1, 1, 2])):
                count = self.random.randint(1, 3)
                data = b"".join(item() for _ in range(count))
                if self.random.random() < 0.3:
                    out += zigzag(-count) + zigzag(len(data)) + data
                else:
                    out += zigzag(count) + data
        return out + b"\0"


def random_bytes(random, schema):
    return Encoder(random, schema).encode(schema)


def mutate(random, data):
    """Bytes that are probably no value any more."""
    data = bytearray(data)
    for _ in range(random.randint(1, 3)):
        if not data:
            return bytes(random.randbytes(random.randint(0, 3)))
        at = random.randrange(len(data))
        what = random.randint(0, 3)
        if what == 0:
            data[at] ^= 1 << random.randint(0, 7)
        elif what == 1:
            del data[at]
        elif what == 2:
            data.insert(at, random.randint(0, 255))
        else:
            del data[at:]
    return bytes(data)
