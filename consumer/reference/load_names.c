/* Loaders of the tables of names: countries, parliaments, cities, organizations, collisions. */
#include "reference/reference_internal.h"

#include <stdlib.h>

enum {
    SCRATCH_BLOCK = 64 * 1024,
    SCRATCH_MAX = 1024 * 1024, /* for folding one name */
};

static struct vf_name_entry entry_of(int32_t target, enum vf_name_kind kind,
                                     struct vf_slice languages)
{
    return (struct vf_name_entry){.target = target,
                                  .kind = (uint8_t)kind,
                                  .since = VF_DAY_MIN,
                                  .until = VF_DAY_MAX,
                                  .languages = languages.ptr,
                                  .languages_len = (uint16_t)languages.len};
}

/* The next text of a field that separates several by |; false after the last. */
static bool next_text(struct vf_slice *rest, struct vf_slice *text)
{
    if (!rest->len)
        return false;
    const char *bar = memchr(rest->ptr, '|', rest->len);
    size_t len = bar ? (size_t)(bar - rest->ptr) : rest->len;
    *text = vf_slice(rest->ptr, len);
    *rest = bar ? vf_slice(bar + 1, rest->len - len - 1) : VF_SLICE_NULL;
    return true;
}

/* Adds all texts of a field. */
static int add_texts(struct vf_reference *reference, const struct vf_table *table, size_t column,
                     struct vf_slice texts, enum vf_name_domain domain, struct vf_name_entry entry,
                     enum vf_name_stems stems, struct vf_arena *scratch, struct vf_error *err)
{
    struct vf_slice text;

    while (next_text(&texts, &text)) {
        vf_arena_reset(scratch);
        int rc =
            vf_name_add(&reference->names[domain], text, entry, stems, &reference->arena, scratch);
        if (rc == VF_EDATA)
            return vf_table_error(table, column, err, "\"%.*s\" has no letter, or too many",
                                  VF_SLICE_PRINT(text));
        if (rc)
            return rc;
    }
    return VF_OK;
}

typedef int (*row_reader)(struct vf_reference *, const struct vf_table *, const struct vf_slice *,
                          struct vf_arena *, struct vf_error *);

static int each_row(struct vf_reference *reference, struct vf_table *table, row_reader reader,
                    struct vf_error *err)
{
    struct vf_slice fields[VF_TABLE_COLUMNS_MAX];
    struct vf_arena scratch;
    int rc;

    vf_arena_init(&scratch, SCRATCH_BLOCK, SCRATCH_MAX);
    while ((rc = vf_table_next(table, fields, err)) > 0) {
        rc = reader(reference, table, fields, &scratch, err);
        if (rc)
            break;
    }
    vf_arena_release(&scratch);
    return rc;
}

/* ---- countries ---- */

enum { COUNTRY_ISO3, COUNTRY_KIND, COUNTRY_LANGUAGES, COUNTRY_TEXT };

static int read_country_name(struct vf_reference *reference, const struct vf_table *table,
                             const struct vf_slice *fields, struct vf_arena *scratch,
                             struct vf_error *err)
{
    static const char *const kinds[] = {"name",    "official",  "former", "abbreviation",
                                        "demonym", "ambiguous", "none"};
    static const enum vf_name_kind values[] = {
        VF_NAME_OFFICIAL, VF_NAME_ALIAS,     VF_NAME_FORMER, VF_NAME_ABBREVIATION,
        VF_NAME_DEMONYM,  VF_NAME_AMBIGUOUS, VF_NAME_NONE};
    static const enum vf_name_stems stems[] = {VF_STEMS_PROPER, VF_STEMS_PROPER, VF_STEMS_PROPER,
                                               VF_STEMS_NONE,   VF_STEMS_ALL,    VF_STEMS_ALL,
                                               VF_STEMS_ALL};
    vf_country_index country = VF_NO_COUNTRY;
    size_t kind;

    int rc = vf_field_word(table, fields, COUNTRY_KIND, kinds, sizeof kinds / sizeof kinds[0],
                           &kind, err);
    if (!rc)
        rc = vf_field_required(table, fields, COUNTRY_TEXT, err);
    /* An ambiguous text may also mean what is no country at all. */
    if (!rc && values[kind] != VF_NAME_NONE &&
        (fields[COUNTRY_ISO3].ptr || values[kind] != VF_NAME_AMBIGUOUS))
        rc = vf_field_country(reference, table, fields, COUNTRY_ISO3, &country, err);
    if (rc)
        return rc;
    struct vf_name_entry entry = entry_of(country, values[kind], fields[COUNTRY_LANGUAGES]);
    return add_texts(reference, table, COUNTRY_TEXT, fields[COUNTRY_TEXT], VF_NAMES_COUNTRY, entry,
                     stems[kind], scratch, err);
}

int vf_load_country_names(struct vf_reference *reference, struct vf_table *table,
                          struct vf_error *err)
{
    return each_row(reference, table, read_country_name, err);
}

enum { PARLIAMENT_ISO3, PARLIAMENT_LANGUAGES, PARLIAMENT_TEXTS };

static int read_parliament(struct vf_reference *reference, const struct vf_table *table,
                           const struct vf_slice *fields, struct vf_arena *scratch,
                           struct vf_error *err)
{
    vf_country_index country;

    int rc = vf_field_country(reference, table, fields, PARLIAMENT_ISO3, &country, err);
    if (!rc)
        rc = vf_field_required(table, fields, PARLIAMENT_TEXTS, err);
    if (rc)
        return rc;
    struct vf_name_entry entry =
        entry_of(country, VF_NAME_PARLIAMENT, fields[PARLIAMENT_LANGUAGES]);
    return add_texts(reference, table, PARLIAMENT_TEXTS, fields[PARLIAMENT_TEXTS], VF_NAMES_COUNTRY,
                     entry, true, scratch, err);
}

int vf_load_parliaments(struct vf_reference *reference, struct vf_table *table,
                        struct vf_error *err)
{
    return each_row(reference, table, read_parliament, err);
}

/* ---- cities ---- */

enum { CITY_ISO3, CITY_NAME, CITY_POPULATION, CITY_CAPITAL, CITY_ALTERNATES };

static int read_number(const struct vf_table *table, const struct vf_slice *fields, size_t column,
                       int32_t *out, struct vf_error *err)
{
    int64_t value = 0;

    for (size_t i = 0; i < fields[column].len; i++) {
        char c = fields[column].ptr[i];
        if (c < '0' || c > '9' || value > INT32_MAX / 10)
            return vf_table_error(table, column, err, "\"%.*s\" is no number",
                                  VF_SLICE_PRINT(fields[column]));
        value = value * 10 + (c - '0');
    }
    *out = (int32_t)value;
    return VF_OK;
}

static int read_city(struct vf_reference *reference, const struct vf_table *table,
                     const struct vf_slice *fields, struct vf_arena *scratch, struct vf_error *err)
{
    struct vf_city *city = &reference->cities[reference->city_count];

    int rc = vf_field_country(reference, table, fields, CITY_ISO3, &city->country, err);
    if (!rc)
        rc = vf_field_required(table, fields, CITY_NAME, err);
    if (!rc)
        rc = read_number(table, fields, CITY_POPULATION, &city->population, err);
    if (!rc && fields[CITY_CAPITAL].ptr && !vf_slice_is(fields[CITY_CAPITAL], "1"))
        rc = vf_table_error(table, CITY_CAPITAL, err, "1 or nothing is expected");
    if (rc)
        return rc;
    city->name = fields[CITY_NAME];
    city->capital = fields[CITY_CAPITAL].ptr != NULL;
    struct vf_name_entry entry =
        entry_of((int32_t)reference->city_count, VF_NAME_OFFICIAL, VF_SLICE_NULL);
    reference->city_count++;
    rc = add_texts(reference, table, CITY_NAME, city->name, VF_NAMES_CITY, entry, VF_STEMS_NONE,
                   scratch, err);
    entry.kind = VF_NAME_ALIAS;
    return rc ? rc
              : add_texts(reference, table, CITY_ALTERNATES, fields[CITY_ALTERNATES], VF_NAMES_CITY,
                          entry, false, scratch, err);
}

int vf_load_cities(struct vf_reference *reference, struct vf_table *table, struct vf_error *err)
{
    reference->cities =
        vf_arena_calloc(&reference->arena, vf_table_rows(table), sizeof *reference->cities);
    if (!reference->cities)
        return VF_ENOMEM;
    return each_row(reference, table, read_city, err);
}

/* ---- organizations ---- */

enum { NAME_ORG_ID, NAME_KIND, NAME_LANGUAGE, NAME_TEXTS, NAME_SINCE, NAME_UNTIL };

static int read_organization_name(struct vf_reference *reference, const struct vf_table *table,
                                  const struct vf_slice *fields, struct vf_arena *scratch,
                                  struct vf_error *err)
{
    static const char *const kinds[] = {"name", "alias", "former", "acronym", "body", "none"};
    static const enum vf_name_kind values[] = {VF_NAME_OFFICIAL, VF_NAME_ALIAS, VF_NAME_FORMER,
                                               VF_NAME_ACRONYM,  VF_NAME_BODY,  VF_NAME_NONE};
    vf_organization_index organization = VF_NO_ORGANIZATION;
    struct vf_partial_date since;
    struct vf_partial_date until;
    size_t kind;

    int rc =
        vf_field_word(table, fields, NAME_KIND, kinds, sizeof kinds / sizeof kinds[0], &kind, err);
    if (!rc && values[kind] != VF_NAME_NONE)
        rc = vf_field_organization(reference, table, fields, NAME_ORG_ID, &organization, err);
    if (!rc)
        rc = vf_field_required(table, fields, NAME_TEXTS, err);
    if (!rc)
        rc = vf_field_date(table, fields, NAME_SINCE, &since, err);
    if (!rc)
        rc = vf_field_date(table, fields, NAME_UNTIL, &until, err);
    if (rc)
        return rc;
    struct vf_name_entry entry = entry_of(organization, values[kind], fields[NAME_LANGUAGE]);
    entry.since = vf_partial_date_first(since);
    entry.until = vf_partial_date_last(until);
    return add_texts(reference, table, NAME_TEXTS, fields[NAME_TEXTS], VF_NAMES_ORGANIZATION, entry,
                     values[kind] != VF_NAME_ACRONYM, scratch, err);
}

int vf_load_organization_names(struct vf_reference *reference, struct vf_table *table,
                               struct vf_error *err)
{
    return each_row(reference, table, read_organization_name, err);
}

/* An alias in capitals without spaces is an acronym: "AIPO", "OSCEPA", "U.N.". */
static bool is_acronym(struct vf_slice text)
{
    size_t capitals = 0;
    size_t small = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == ' ' && i > 5)
            return false;
        capitals += c >= 'A' && c <= 'Z';
        small += (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
    }
    return capitals > 1 && small <= 1 && text.len <= 12;
}

int vf_add_organization_texts(struct vf_reference *reference, const struct vf_table *table,
                              vf_organization_index organization, struct vf_slice texts,
                              size_t column, enum vf_name_kind kind, struct vf_arena *scratch,
                              struct vf_error *err)
{
    static const struct vf_slice english = VF_SLICE_LITERAL("en");
    struct vf_slice text;

    while (next_text(&texts, &text)) {
        bool acronym = kind != VF_NAME_OFFICIAL && is_acronym(text);
        struct vf_name_entry entry =
            entry_of(organization, acronym ? VF_NAME_ACRONYM : kind, english);
        int rc = add_texts(reference, table, column, text, VF_NAMES_ORGANIZATION, entry,
                           acronym ? VF_STEMS_NONE : VF_STEMS_ALL_AND_SETS, scratch, err);
        if (rc)
            return rc;
    }
    return VF_OK;
}

/* ---- collisions ---- */

enum { COLLISION_ACRONYM, COLLISION_ORG_ID, COLLISION_USUAL, COLLISION_CUES };

uint64_t vf_cue_words(struct vf_slice folded)
{
    uint64_t words = 0;
    uint32_t hash = 0;

    for (size_t i = 0; i <= folded.len; i++) {
        char c = i < folded.len ? folded.ptr[i] : ' ';
        if (c != ' ') {
            hash = hash * 31 + (unsigned char)c;
            continue;
        }
        words |= UINT64_C(1) << ((hash ^ hash >> 6) % 64);
        hash = 0;
    }
    return words;
}

static int read_cues(struct vf_slice texts, struct vf_arena *arena, struct vf_collision *out)
{
    struct vf_slice rest = texts;
    struct vf_slice text;
    size_t count = 0;

    while (next_text(&rest, &text))
        count++;
    struct vf_cue *cues = vf_arena_calloc(arena, count + 1, sizeof *cues);
    if (!cues)
        return VF_ENOMEM;
    out->cues = cues;
    for (rest = texts; next_text(&rest, &text); out->cue_count++) {
        struct vf_cue *cue = &cues[out->cue_count];
        int rc = vf_fold(text, arena, &cue->phrase);
        if (rc)
            return rc;
        cue->words = vf_cue_words(cue->phrase);
    }
    return VF_OK;
}

static int read_collision(struct vf_reference *reference, const struct vf_table *table,
                          const struct vf_slice *fields, struct vf_arena *scratch,
                          struct vf_error *err)
{
    struct vf_collision *c = &reference->collisions[reference->collision_count];

    (void)scratch;
    c->organization = VF_NO_ORGANIZATION;
    int rc = vf_field_required(table, fields, COLLISION_ACRONYM, err);
    if (!rc && fields[COLLISION_ORG_ID].ptr)
        rc = vf_field_organization(reference, table, fields, COLLISION_ORG_ID, &c->organization,
                                   err);
    if (!rc && fields[COLLISION_USUAL].ptr && !vf_slice_is(fields[COLLISION_USUAL], "1"))
        rc = vf_table_error(table, COLLISION_USUAL, err, "1 or nothing is expected");
    if (!rc)
        rc = vf_fold(fields[COLLISION_ACRONYM], &reference->arena, &c->acronym);
    if (!rc)
        rc = read_cues(fields[COLLISION_CUES], &reference->arena, c);
    if (rc)
        return rc;
    c->usual = fields[COLLISION_USUAL].ptr != NULL;
    reference->collision_count++;
    return VF_OK;
}

static int compare_collisions(const void *a, const void *b)
{
    const struct vf_collision *x = a;
    const struct vf_collision *y = b;
    int c = vf_slice_compare(x->acronym, y->acronym);
    return c ? c : x->organization - y->organization;
}

int vf_load_collisions(struct vf_reference *reference, struct vf_table *table, struct vf_error *err)
{
    if (vf_table_rows(table) > VF_COLLISIONS_MAX)
        return vf_table_error(table, COLLISION_ACRONYM, err, "more than %d readings of acronyms",
                              VF_COLLISIONS_MAX);
    reference->collisions =
        vf_arena_calloc(&reference->arena, vf_table_rows(table), sizeof *reference->collisions);
    if (!reference->collisions)
        return VF_ENOMEM;
    int rc = each_row(reference, table, read_collision, err);
    if (rc)
        return rc;
    qsort(reference->collisions, reference->collision_count, sizeof *reference->collisions,
          compare_collisions);
    return VF_OK;
}
