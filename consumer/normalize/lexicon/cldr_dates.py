#!/usr/bin/env python3
"""Write dates_cldr.tsv: names of months, weekdays and relative days, from the Unicode CLDR.

usage: cldr_dates.py [DIRECTORY]

Without DIRECTORY the packages are fetched with npm (`npm pack`) into a temporary one; with it, they are
expected there, unpacked, each in a folder of its name. Needs nothing but Python 3 and npm.
The output is sorted and depends on the packages alone."""
import collections, json, pathlib, re, subprocess, sys, tarfile, tempfile, unicodedata

GREGORIAN = "cldr-dates-full@48.2.0"
OTHER = {"persian": "cldr-cal-persian-full@46.1.0", "islamic": "cldr-cal-islamic-full@48.2.0", "hebrew": "cldr-cal-hebrew-full@48.2.0"}
LANGUAGES = """af am ar as az be bg bn bs ca cs cy da de el en es et eu fa fi fil fo fr ga gl gu ha he hi hr hu hy id ig is it
ja ka kk km kn ko ku ky lb lo lt lv mg mk ml mn mr ms mt my nb ne nl nn no om or pa pl ps pt rn ro ru rw sd si
sk sl sn so sq sr sr-Latn sv sw ta te tg th ti tk tr ug uk ur uz uz-Cyrl vi xh yo zh zh-Hant zu""".split()
# Languages of the calendars other than Gregorian: where such dates are printed.
OTHER_LANGUAGES = {"persian": "fa ps ckb en ru".split(), "islamic": "ar fa ur en".split(), "hebrew": "he en".split()}
# Languages whose nouns take endings: a full name may be followed by one.
INFLECTING = set("az be bs cs et eu fi hr hu hy ka kk ky lt lv mk mn pl ru sk sl sq sr tk tr uk uz".split())
# Their names of months and days may be common words or names elsewhere: read in their own reports alone.
OWN = set("af am as cy eu fo ga gl gu ha ig kn ku lb mg ml mr mt no om or pa rn rw sd sn so ta te ti ug xh yo zu".split())
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
HEADER = """\
# Names of months, weekdays and relative days.
# Source: Unicode CLDR, npm {packages}. Licence: Unicode-3.0, see UNICODE-LICENSE.
# Made by cldr_dates.py; not edited by hand.
# text (a trailing * allows an ending), kind, value, languages, scope (any: understood in reports of every language)
"""

def fetch(package, directory):
    name = package.rsplit("@", 1)[0]
    target = directory / name
    if target.exists(): return target
    out = subprocess.run(["npm", "pack", package, "--silent"], cwd=directory, check=True, capture_output=True, text=True)
    with tarfile.open(directory / out.stdout.strip().splitlines()[-1]) as tar: tar.extractall(target)
    return target

def load(root, language, name):
    path = root / "package" / "main" / language / name
    if not path.exists(): return {}
    return json.loads(path.read_text(encoding="utf-8"))["main"][language]["dates"]

def plain(text):
    """One spelling, or None where grammar handles it (names with digits) or it says nothing."""
    text = unicodedata.normalize("NFC", text).strip(" .\u200f\u200e")
    return None if not text or re.search(r"[\d{}]", text) else re.sub(r"\s+", " ", text)

def is_name(text):
    """Long enough to be told from other words."""
    letters = sum(c.isalpha() for c in text)
    return letters >= 4 or (letters >= 2 and ord(text[0]) > 0x24F)

class Table:
    def __init__(self): self.rows = {}
    def add(self, text, kind, value, language, wide):
        text = plain(text)
        if not text or (len(text) == 1 and ord(text) > 0x2FFF): return
        code = {"sr-Latn": "sr", "uz-Cyrl": "uz", "zh-Hant": "zh", "nn": "nb"}.get(language, language)
        scope = "any" if wide and is_name(text) and code not in OWN else "own"
        star = wide and code in INFLECTING and " " not in text and sum(c.isalpha() for c in text) >= 4
        key = (text.casefold(), kind, code)
        if key in self.rows and (star, scope == "any") <= (self.rows[key][1].endswith("*"), self.rows[key][3] == "any"): return
        self.rows[key] = (value, text + ("*" if star else ""), code, scope)

def months(table, data, kind, language):
    for form in ("format", "stand-alone"):
        for width in ("abbreviated", "wide"):
            for number, text in data.get("months", {}).get(form, {}).get(width, {}).items():
                if number.isdigit(): table.add(text, kind, int(number), language, width == "wide")

def weekdays(table, data, language):
    for form in ("format", "stand-alone"):
        for width in ("abbreviated", "wide"):
            for name, text in data["days"][form][width].items():
                kind = "WEEKDAY" if width == "wide" else "WEEKDAY_SHORT"
                if len(plain(text) or "") > 1: table.add(text, kind, WEEKDAYS.index(name), language, width == "wide")

def relatives(table, fields, language):
    for unit in ("day", "week", "month", "year"):
        for key, text in fields[unit].items():
            m = re.fullmatch(r"relative-type-(-?\d)", key)
            if m: table.add(text, unit.upper() + "_OFFSET", int(m[1]), language, True)
    for number, day in enumerate(WEEKDAYS):
        for key, kind in (("-1", "LAST_WEEKDAY"), ("0", "THIS_WEEKDAY"), ("1", "NEXT_WEEKDAY")):
            table.add(fields[day].get("relative-type-" + key, ""), kind, number, language, True)

def build(directory):
    table, root = Table(), fetch(GREGORIAN, directory)
    for language in LANGUAGES:
        gregorian = load(root, language, "ca-gregorian.json")["calendars"]["gregorian"]
        months(table, gregorian, "MONTH", language)
        weekdays(table, gregorian, language)
        relatives(table, load(root, language, "dateFields.json")["fields"], language)
    for calendar, package in OTHER.items():
        root = fetch(package, directory)
        for language in OTHER_LANGUAGES[calendar]:
            data = load(root, language, f"ca-{calendar}.json").get("calendars", {})
            if data: months(table, data[calendar], calendar.upper() + "_MONTH", language)
    return without_clashes(table), table

# Which meaning a text keeps that has two in one language, the more telling first.
ORDER = ["MONTH", "WEEKDAY", "DAY_OFFSET", "WEEK_OFFSET", "MONTH_OFFSET", "YEAR_OFFSET", "THIS_WEEKDAY", "LAST_WEEKDAY",
         "NEXT_WEEKDAY", "PERSIAN_MONTH", "ISLAMIC_MONTH", "HEBREW_MONTH", "WEEKDAY_SHORT"]
# Texts that are kept by hand in dates.tsv, with another meaning.
BY_HAND = {("kelmarin", "ms"), ("tháng sau", "vi")}

def without_clashes(table):
    meaning, kept = {}, []
    for (text, kind, code), row in sorted(table.rows.items(), key=lambda item: (ORDER.index(item[0][1]), item[0])):
        key, value = (folded(text), code), (kind, row[0])
        if (text, code) in BY_HAND or (kind == "WEEKDAY_SHORT" and code == "zh"): continue
        if meaning.setdefault(key, value) == value: kept.append(row)
    return kept

def folded(text):
    letters = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in letters.replace("ı", "i")).split())

def format_rows(rows, table):
    """One line for each text and meaning, with all languages that have it."""
    kinds, lines = {id(row): kind for (_, kind, _), row in table.rows.items()}, collections.defaultdict(set)
    for row in rows:
        value, text, code, scope = row
        lines[text, kinds[id(row)], value, scope].add(code)
    return sorted("\t".join([text, kind, str(value), ",".join(sorted(codes)), scope]) for (text, kind, value, scope), codes in lines.items())

def main():
    with tempfile.TemporaryDirectory() as scratch:
        directory = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else scratch)
        rows, table = build(directory)
        lines = format_rows(rows, table)
        target = pathlib.Path(__file__).with_name("dates_cldr.tsv")
        target.write_text(HEADER.format(packages=", ".join([GREGORIAN, *OTHER.values()])) + "\n".join(lines) + "\n", encoding="utf-8")
        (directory / GREGORIAN.rsplit("@", 1)[0] / "package" / "LICENSE").replace(pathlib.Path(__file__).with_name("UNICODE-LICENSE")) if len(sys.argv) < 2 else None
        print(f"{target.name}: {len(lines)} names")

if __name__ == "__main__": main()
