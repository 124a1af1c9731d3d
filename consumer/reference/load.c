/* Loads the tables of a directory into a new snapshot. */
#include "base/memory.h"
#include "reference/reference_internal.h"

#include <stdlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    BLOCK_BYTES = 256 * 1024,      /* few blocks, little waste at the end of each */
    MEMORY_MAX = 32 * 1024 * 1024, /* a snapshot is held twice during a reload */
};

/* In the order in which they are loaded and hashed. */
static const struct table_kind {
    const char *name;
    size_t column_count;
    const char *columns[VF_TABLE_COLUMNS_MAX];
    int (*load)(struct vf_reference *, struct vf_table *, struct vf_error *);
} TABLES[] = {
    {"countries.tsv",
     7,
     {"iso2", "iso3", "name", "official_name", "parliament_name", "capital", "aliases"},
     vf_load_countries},
    {"organizations.tsv",
     9,
     {"org_id", "acronym", "name", "kind", "founded", "parent_org_id", "seat", "wikidata",
      "aliases"},
     vf_load_organizations},
    {"rules.tsv", 4, {"rule", "org_id", "value", "reason"}, vf_load_rules},
    {"memberships.tsv",
     7,
     {"org_id", "iso3", "status", "since", "until", "source", "confidence"},
     vf_load_memberships},
    {"relations.tsv",
     6,
     {"iso3_a", "iso3_b", "established", "mission_a_in_b_opened", "mission_b_in_a_opened",
      "source"},
     vf_load_relations},
    {"country_names.tsv", 4, {"iso3", "kind", "languages", "text"}, vf_load_country_names},
    {"parliaments.tsv", 3, {"iso3", "languages", "texts"}, vf_load_parliaments},
    {"cities.tsv", 5, {"iso3", "name", "population", "capital", "alternates"}, vf_load_cities},
    {"organization_names.tsv",
     6,
     {"org_id", "kind", "language", "texts", "since", "until"},
     vf_load_organization_names},
    {"collisions.tsv", 4, {"acronym", "org_id", "usual", "cues"}, vf_load_collisions},
};
enum { TABLE_COUNT = sizeof TABLES / sizeof TABLES[0] };

int vf_field_required(const struct vf_table *table, const struct vf_slice *fields, size_t column,
                      struct vf_error *err)
{
    return fields[column].ptr ? VF_OK : vf_table_error(table, column, err, "must not be empty");
}

int vf_field_country(const struct vf_reference *reference, const struct vf_table *table,
                     const struct vf_slice *fields, size_t column, vf_country_index *out,
                     struct vf_error *err)
{
    *out = vf_reference_find_iso3(reference, fields[column]);
    if (*out != VF_NO_COUNTRY)
        return VF_OK;
    return vf_table_error(table, column, err, "\"%.*s\" is no iso3 of countries.tsv",
                          VF_SLICE_PRINT(fields[column]));
}

int vf_field_organization(const struct vf_reference *reference, const struct vf_table *table,
                          const struct vf_slice *fields, size_t column, vf_organization_index *out,
                          struct vf_error *err)
{
    *out = vf_reference_find_organization(reference, fields[column]);
    if (*out != VF_NO_ORGANIZATION)
        return VF_OK;
    return vf_table_error(table, column, err, "\"%.*s\" is no org_id of organizations.tsv",
                          VF_SLICE_PRINT(fields[column]));
}

int vf_field_date(const struct vf_table *table, const struct vf_slice *fields, size_t column,
                  struct vf_partial_date *out, struct vf_error *err)
{
    *out = (struct vf_partial_date){0};
    if (!fields[column].ptr || !vf_partial_date_parse(fields[column], out))
        return VF_OK;
    return vf_table_error(table, column, err,
                          "\"%.*s\" is no date of the form YYYY, YYYY-MM or YYYY-MM-DD",
                          VF_SLICE_PRINT(fields[column]));
}

int vf_field_word(const struct vf_table *table, const struct vf_slice *fields, size_t column,
                  const char *const *words, size_t count, size_t *out, struct vf_error *err)
{
    char known[200] = "";
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        if (vf_slice_is(fields[column], words[i])) {
            *out = i;
            return VF_OK;
        }
        size_t len = strlen(words[i]);
        if (used + len + 3 > sizeof known)
            continue;
        if (used) {
            memcpy(known + used, ", ", 2);
            used += 2;
        }
        memcpy(known + used, words[i], len + 1);
        used += len;
    }
    return vf_table_error(table, column, err, "\"%.*s\" is none of: %s",
                          VF_SLICE_PRINT(fields[column]), known);
}

/* The hash covers names and lengths too, so that bytes cannot move from one file to another. */
static void hash_table(XXH3_state_t *state, const struct vf_table *table)
{
    uint64_t sizes[2] = {strlen(table->name), table->bytes.len};
    unsigned char text[sizeof sizes];

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)(sizes[i / 8] >> (i % 8 * 8)); /* one order on all machines */
    XXH3_128bits_update(state, text, sizeof text);
    XXH3_128bits_update(state, table->name, sizes[0]);
    XXH3_128bits_update(state, table->bytes.ptr, table->bytes.len);
}

static void write_snapshot(XXH3_state_t *state, char out[VF_SNAPSHOT_TEXT + 1])
{
    static const char digits[] = "0123456789abcdef";
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state));
    for (size_t i = 0; i < sizeof canonical.digest; i++) {
        out[2 * i] = digits[canonical.digest[i] >> 4];
        out[2 * i + 1] = digits[canonical.digest[i] & 15];
    }
    out[VF_SNAPSHOT_TEXT] = '\0';
}

static int load_tables(struct vf_reference *reference, const char *directory, struct vf_error *err)
{
    XXH3_state_t hash;

    XXH3_128bits_reset(&hash);
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        const struct table_kind *kind = &TABLES[i];
        struct vf_table table;
        int rc = vf_table_open(&table, directory, kind->name, kind->columns, kind->column_count,
                               &reference->arena, err);
        if (rc)
            return rc;
        hash_table(&hash, &table);
        rc = kind->load(reference, &table, err);
        if (rc == VF_ENOMEM)
            return vf_error_set(err, rc, "%s: more than %d bytes of memory, or none left",
                                kind->name, (int)MEMORY_MAX);
        if (rc)
            return rc;
    }
    write_snapshot(&hash, reference->snapshot);
    for (size_t i = 0; i < VF_NAMES_DOMAIN_COUNT; i++)
        if (vf_name_build(&reference->names[i], &reference->arena))
            return vf_error_set(err, VF_ENOMEM, "%s: out of memory", directory);
    return VF_OK;
}

int vf_reference_load(const char *directory, struct vf_reference **out, struct vf_error *err)
{
    *out = NULL;
    struct vf_reference *reference = vf_calloc(1, sizeof *reference);
    if (!reference)
        return vf_error_set(err, VF_ENOMEM, "%s: out of memory", directory);
    atomic_init(&reference->references, 1);
    vf_arena_init(&reference->arena, BLOCK_BYTES, MEMORY_MAX);
    vf_map_init(&reference->iso3);
    vf_map_init(&reference->organization_ids);

    int rc = load_tables(reference, directory, err);
    if (rc) {
        vf_reference_release(reference);
        return rc;
    }
    *out = reference;
    return VF_OK;
}
