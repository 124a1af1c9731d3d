/*
 * Places: stops told in one text are parted, cities find their countries, and the territory
 * follows.
 */
#include "normalize/work.h"

#include "base/error.h"
#include "normalize/text.h"

struct pieces {
    struct vf_slice at[VF_PLACES_MAX];
    size_t count;
};

static struct vf_slice trimmed(struct vf_slice text)
{
    while (text.len && (*text.ptr == ' ' || *text.ptr == '.' || *text.ptr == '\t'))
        text = vf_slice(text.ptr + 1, text.len - 1);
    while (text.len && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '.'))
        text.len--;
    return text;
}

static void add_piece(struct pieces *pieces, struct vf_slice text)
{
    text = trimmed(text);
    if (text.len && pieces->count < VF_PLACES_MAX)
        pieces->at[pieces->count++] = text;
}

/* Splits at semicolons, slashes and bars, which part places for sure. */
static void split_surely(struct vf_slice text, struct pieces *out)
{
    size_t from = 0;

    out->count = 0;
    for (size_t at = 0; at < text.len;) {
        size_t begin = at;
        uint32_t c = vf_text_next(text, &at);
        if (c != ';' && c != '/' && c != '|' && c != 0xFF1B && c != 0x61B && c != '\n')
            continue;
        add_piece(out, vf_slice(text.ptr + from, begin - from));
        from = at;
    }
    if (from < text.len)
        add_piece(out, vf_slice(text.ptr + from, text.len - from));
}

static bool is_comma(uint32_t c)
{
    return c == ',' || c == 0xFF0C || c == 0x3001 || c == 0x60C;
}

/* Bytes of an "and" that stands at at between spaces, 0 if there is none. */
static size_t and_length(struct vf_slice text, size_t at)
{
    static const char *const words[] = {
        " and ", " e ", " et ", " y ",   " und ", " və ", " ve ", " и ",       " та ", " dan ",
        " va ",  " i ", " en ", " och ", " și ",  " & ",  " + ",  " а также ", " و",   " và "};
    struct vf_slice rest = vf_slice(text.ptr + at, text.len - at);

    if (text.ptr[at] != ' ')
        return 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (vf_slice_starts(rest, vf_slice_of(words[i])))
            return strlen(words[i]);
    return 0;
}

/* Whether there is anything to split at: a comma, or a word between two others. */
static bool may_be_several(struct vf_slice text)
{
    size_t spaces = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        spaces += c == ' ';
        if (c == ',' || c == 0xEF || c == 0xE3 || c == 0xD8 ||
            spaces == 2) /* wide, Arabic commas */
            return true;
    }
    return false;
}

/* Splits at commas and "and", which may as well stand inside one place. */
static void split_perhaps(struct vf_slice text, struct pieces *out)
{
    size_t from = 0;

    out->count = 0;
    if (!may_be_several(text)) {
        add_piece(out, text);
        return;
    }
    for (size_t at = 0; at < text.len;) {
        size_t begin = at;
        size_t length = and_length(text, at);
        if (length)
            at += length;
        else if (!is_comma(vf_text_next(text, &at)))
            continue;
        add_piece(out, vf_slice(text.ptr + from, begin - from));
        from = at;
    }
    if (from < text.len)
        add_piece(out, vf_slice(text.ptr + from, text.len - from));
}

/* A place text taken apart. */
struct found_city {
    struct vf_slice text;
    struct vf_city_match match;
    bool tried; /* false: a country stood where a city should */
};

struct found_country {
    struct vf_slice text;
    vf_country_index country;
};

struct atlas {
    struct found_city cities[VF_PLACES_MAX];
    size_t city_count;
    struct found_country countries[VF_PLACES_MAX];
    size_t country_count;
};

static void add_country(struct atlas *atlas, struct vf_slice text, vf_country_index country)
{
    for (size_t i = 0; i < atlas->country_count; i++)
        if (country != VF_NO_COUNTRY && atlas->countries[i].country == country)
            return;
    if (atlas->country_count < VF_PLACES_MAX)
        atlas->countries[atlas->country_count++] = (struct found_country){text, country};
}

/* Several countries in one text, whatever joins them. */
static int add_mentioned(struct vf_work *work, struct vf_slice text, struct atlas *atlas)
{
    struct vf_country_mention mentions[VF_MENTIONS_MAX];
    int n = vf_ask_mentions(work, text, mentions);

    if (n < 0)
        return n;
    for (int i = 0; i < n; i++)
        if (mentions[i].match.country != VF_NO_COUNTRY)
            add_country(atlas, text, mentions[i].match.country);
    return VF_OK;
}

/* "Congo" beside "Brazzaville": a city that can lie in one country alone tells which is meant,
 * before those who take part do. */
static int country_by_city(struct vf_work *work, struct vf_slice text, struct vf_slice city,
                           struct vf_country_match *out)
{
    struct vf_name_context all = work->context;
    struct vf_city_match match;

    if ((!out->ambiguous && !out->by_context) || !city.len)
        return VF_OK;
    work->context.country_count = 0;
    int rc = vf_ask_city(work, city, VF_NO_COUNTRY, &match);
    if (!rc && match.country != VF_NO_COUNTRY) {
        struct vf_country_match told;
        work->context.countries = &match.country;
        work->context.country_count = 1;
        work->context.host_count = 0;
        rc = vf_ask_country(work, text, &told);
        if (!rc && told.country == match.country)
            *out = told;
    }
    work->context = all;
    return rc;
}

static int read_country_piece(struct vf_work *work, struct vf_slice text, struct vf_slice city,
                              struct atlas *atlas)
{
    struct vf_country_match match;
    struct pieces parts;
    size_t before = atlas->country_count;

    int rc = vf_work_country(work, text, &match);
    if (!rc)
        rc = country_by_city(work, text, city, &match);
    if (rc)
        return rc;
    split_perhaps(text, &parts);
    if (match.country == VF_NO_COUNTRY && parts.count > 1) {
        for (size_t i = 0; i < parts.count; i++) {
            rc = vf_work_country(work, parts.at[i], &match);
            if (rc)
                return rc;
            if (match.country != VF_NO_COUNTRY)
                add_country(atlas, parts.at[i], match.country);
        }
        match.country = VF_NO_COUNTRY;
    }
    if (match.country == VF_NO_COUNTRY && atlas->country_count == before) {
        rc = add_mentioned(work, text, atlas);
        if (rc)
            return rc;
    }
    if (atlas->country_count > before)
        return VF_OK;
    if (match.country == VF_NO_COUNTRY)
        work->flags |=
            match.ambiguous ? VF_FLAG_BIT(AMBIGUOUS_COUNTRY) : VF_FLAG_BIT(UNKNOWN_COUNTRY);
    add_country(atlas, text, match.country);
    return VF_OK;
}

/* The city in one of the countries given, or anywhere if none is. */
static int find_city(struct vf_work *work, const struct atlas *atlas, struct vf_slice text,
                     struct vf_city_match *out)
{
    *out = (struct vf_city_match){.country = VF_NO_COUNTRY};
    for (size_t i = 0; i < atlas->country_count; i++) {
        vf_country_index country = atlas->countries[i].country;
        if (country == VF_NO_COUNTRY)
            continue;
        int rc = vf_ask_city(work, text, country, out);
        if (rc || out->name.ptr)
            return rc;
    }
    return vf_ask_city(work, text, VF_NO_COUNTRY, out);
}

static void add_city(struct atlas *atlas, struct vf_slice text, const struct vf_city_match *match)
{
    if (atlas->city_count < VF_PLACES_MAX)
        atlas->cities[atlas->city_count++] = (struct found_city){text, *match, true};
}

/* "Zurich, Geneva and Berne" are several cities, "Washington, D.C." is one, "Paris, France" has
 * its country with it. */
static int read_parted_city(struct vf_work *work, const struct pieces *parts, struct atlas *atlas,
                            bool *done)
{
    struct vf_city_match cities[VF_PLACES_MAX];
    size_t found = 0;
    bool country_told = false;

    for (size_t i = 0; i < parts->count; i++) {
        struct vf_country_match match = {.country = VF_NO_COUNTRY};
        cities[i] = (struct vf_city_match){.country = VF_NO_COUNTRY};
        if (i > 0) {
            int rc = vf_ask_country(work, parts->at[i], &match);
            if (rc)
                return rc;
        }
        if (match.country != VF_NO_COUNTRY) {
            add_country(atlas, parts->at[i], match.country);
            country_told = true;
            continue;
        }
        int rc = find_city(work, atlas, parts->at[i], &cities[i]);
        if (rc)
            return rc;
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || (cities[i].name.ptr && vf_slice_equal(cities[k].name, cities[i].name));
        if (again)
            cities[i].name = VF_SLICE_NULL;
        found += cities[i].name.ptr != NULL;
    }
    *done = found >= 2 || (found == 1 && country_told);
    for (size_t i = 0; *done && i < parts->count; i++)
        if (cities[i].name.ptr)
            add_city(atlas, parts->at[i], &cities[i]);
    return VF_OK;
}

static int read_city_piece(struct vf_work *work, struct vf_slice text, struct atlas *atlas)
{
    struct vf_city_match match;
    struct pieces parts;
    bool done = false;

    split_perhaps(text, &parts);
    if (parts.count > 1) {
        int rc = read_parted_city(work, &parts, atlas, &done);
        if (rc || done)
            return rc;
    }
    int rc = find_city(work, atlas, text, &match);
    if (rc)
        return rc;
    if (!match.name.ptr && match.country == VF_NO_COUNTRY && !match.ambiguous) {
        struct vf_country_match country;
        rc = vf_ask_country(work, text, &country);
        if (rc)
            return rc;
        if (country.country != VF_NO_COUNTRY) { /* a country stands where a city should */
            add_country(atlas, text, country.country);
            return VF_OK;
        }
    }
    add_city(atlas, text, &match);
    return VF_OK;
}

static struct vf_slice join_texts(struct vf_work *work, struct vf_slice a, struct vf_slice b)
{
    if (!a.len || !b.len)
        return a.len ? a : b.len ? b : VF_SLICE_NULL;
    char *text = vf_arena_alloc(work->arena, a.len + 2 + b.len);
    if (!text)
        return VF_SLICE_NULL;
    memcpy(text, a.ptr, a.len);
    memcpy(text + a.len, ", ", 2);
    memcpy(text + a.len + 2, b.ptr, b.len);
    return vf_slice(text, a.len + 2 + b.len);
}

static void add_place(struct vf_work *work, struct vf_slice city, struct vf_slice text,
                      vf_country_index country, struct vf_slice venue)
{
    if (work->place_count == VF_PLACES_MAX)
        return;
    struct vf_resolved_place *place = &work->places[work->place_count];
    *place = (struct vf_resolved_place){.city = city, .venue = venue, .text = text};
    if (country != VF_NO_COUNTRY)
        place->country = vf_reference_country(work->reference, country)->iso3;
    work->place_countries[work->place_count++] = country;
    vf_work_add_context(work, country);
}

/* The text of the country a city lies in, if the report gives one. */
static size_t country_of_city(const struct atlas *atlas, const struct found_city *city)
{
    for (size_t i = 0; i < atlas->country_count; i++)
        if (atlas->countries[i].country != VF_NO_COUNTRY &&
            atlas->countries[i].country == city->match.country)
            return i;
    return atlas->country_count == 1 ? 0 : atlas->country_count;
}

static int place_city(struct vf_work *work, const struct atlas *atlas, size_t i, bool *taken,
                      struct vf_slice venue)
{
    const struct found_city *city = &atlas->cities[i];
    size_t k = country_of_city(atlas, city);
    struct vf_slice country_text = VF_SLICE_NULL;
    vf_country_index country = city->match.country;

    if (k < atlas->country_count) {
        country_text = atlas->countries[k].text;
        taken[k] = true;
        if (atlas->countries[k].country != VF_NO_COUNTRY) {
            if (city->match.name.ptr && country != VF_NO_COUNTRY &&
                country != atlas->countries[k].country)
                work->flags |= VF_FLAG_BIT(PLACE_CONFLICT);
            country = atlas->countries[k].country;
        }
    }
    if (!city->match.name.ptr) {
        if (city->match.country != VF_NO_COUNTRY) {
            work->flags |= VF_FLAG_BIT(VENUE_AS_CITY);
            venue = venue.ptr ? venue : city->text;
        } else {
            work->flags |=
                city->match.ambiguous ? VF_FLAG_BIT(AMBIGUOUS_CITY) : VF_FLAG_BIT(UNKNOWN_CITY);
        }
    }
    struct vf_slice text = join_texts(work, city->text, country_text);
    if (!text.ptr)
        return VF_ENOMEM;
    add_place(work, city->match.name, text, country, venue);
    return VF_OK;
}

/* A venue alone may be an address or a seat that tells the place. */
static int place_venue(struct vf_work *work, struct vf_slice venue)
{
    struct vf_city_match match;

    int rc = vf_ask_city(work, venue, VF_NO_COUNTRY, &match);
    if (!rc)
        add_place(work, match.name, VF_SLICE_NULL, match.country, venue);
    return rc;
}

static int read_place(struct vf_work *work, const struct vf_place *in)
{
    struct atlas atlas = {0};
    struct pieces pieces;
    bool taken[VF_PLACES_MAX] = {false};
    int rc = VF_OK;

    split_surely(in->country, &pieces);
    for (size_t i = 0; !rc && i < pieces.count; i++)
        rc = read_country_piece(work, pieces.at[i], in->city, &atlas);
    split_surely(in->city, &pieces);
    for (size_t i = 0; !rc && i < pieces.count; i++)
        rc = read_city_piece(work, pieces.at[i], &atlas);
    if (!rc && !atlas.city_count && !atlas.country_count)
        return in->venue.len ? place_venue(work, in->venue) : VF_OK;
    for (size_t i = 0; !rc && i < atlas.city_count; i++)
        rc = place_city(work, &atlas, i, taken, i ? VF_SLICE_NULL : in->venue);
    for (size_t i = 0; !rc && i < atlas.country_count; i++)
        if (!taken[i])
            add_place(work, VF_SLICE_NULL, atlas.countries[i].text, atlas.countries[i].country,
                      atlas.city_count || i ? VF_SLICE_NULL : in->venue);
    return rc;
}

/* Hosts' countries to the front of the context. */
static void put_hosts_first(struct vf_work *work)
{
    size_t hosts = 0;

    for (size_t i = 0; i < work->report->people.count && i < VF_PEOPLE_MAX; i++) {
        vf_country_index country = work->people[i].country;
        if (work->report->people.items[i].role != VF_PARTICIPANT_ROLE_HOST)
            continue;
        for (size_t k = hosts; k < work->context.country_count; k++) {
            if (work->context_countries[k] != country)
                continue;
            work->context_countries[k] = work->context_countries[hosts];
            work->context_countries[hosts++] = country;
            break;
        }
    }
    work->context.host_count = hosts;
}

int vf_resolve_places(struct vf_work *work)
{
    work->place_count = 0;
    work->several_stops = false;
    put_hosts_first(work);
    for (size_t i = 0; i < work->report->places.count; i++) {
        int rc = read_place(work, &work->report->places.items[i]);
        if (rc)
            return rc;
    }
    work->host = VF_NO_COUNTRY;
    for (size_t i = 0; i < work->place_count; i++) {
        vf_country_index country = work->place_countries[i];
        if (country == VF_NO_COUNTRY)
            continue;
        if (work->host == VF_NO_COUNTRY && !work->several_stops)
            work->host = country;
        else if (country != work->host)
            work->several_stops = true;
    }
    if (work->several_stops) {
        work->host = VF_NO_COUNTRY;
        work->flags |= VF_FLAG_BIT(SEVERAL_STOPS);
    }
    work->host_stated = work->host != VF_NO_COUNTRY;
    return VF_OK;
}
