/* Loaders of countries, organizations, rules and relations. */
#include "reference/reference_internal.h"

#include <stdlib.h>

static bool is_code(struct vf_slice text, size_t len)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < 'A' || text.ptr[i] > 'Z')
            return false;
    return text.len == len;
}

static int compare_countries(const void *a, const void *b)
{
    const struct vf_country *x = a;
    const struct vf_country *y = b;
    return vf_slice_compare(x->iso3, y->iso3);
}

enum { ISO2, ISO3, NAME, OFFICIAL_NAME, PARLIAMENT_NAME, CAPITAL, COUNTRY_COLUMNS = 7 };

static int add_country(struct vf_reference *reference, struct vf_table *table,
                       const struct vf_slice *fields, struct vf_error *err)
{
    if (!is_code(fields[ISO2], 2))
        return vf_table_error(table, ISO2, err, "two capital letters are expected");
    if (!is_code(fields[ISO3], 3))
        return vf_table_error(table, ISO3, err, "three capital letters are expected");
    if (vf_map_get(&reference->iso3, fields[ISO3]) != VF_MAP_NONE)
        return vf_table_error(table, ISO3, err, "%.*s is given twice",
                              VF_SLICE_PRINT(fields[ISO3]));
    for (size_t i = 0; i < reference->country_count; i++)
        if (vf_slice_equal(reference->countries[i].iso2, fields[ISO2]))
            return vf_table_error(table, ISO2, err, "%.*s is given twice",
                                  VF_SLICE_PRINT(fields[ISO2]));
    if (reference->country_count == VF_COUNTRIES_MAX)
        return vf_table_error(table, ISO3, err, "more than %d countries", VF_COUNTRIES_MAX);
    int rc = vf_field_required(table, fields, NAME, err);
    if (rc)
        return rc;
    reference->countries[reference->country_count++] =
        (struct vf_country){.iso3 = fields[ISO3],
                            .iso2 = fields[ISO2],
                            .name = fields[NAME],
                            .official_name = fields[OFFICIAL_NAME],
                            .parliament = fields[PARLIAMENT_NAME],
                            .capital = fields[CAPITAL]};
    return vf_map_put(&reference->iso3, fields[ISO3], 0);
}

int vf_load_countries(struct vf_reference *reference, struct vf_table *table, struct vf_error *err)
{
    struct vf_slice fields[COUNTRY_COLUMNS];
    int rc;

    reference->countries =
        vf_arena_calloc(&reference->arena, vf_table_rows(table), sizeof *reference->countries);
    if (!reference->countries)
        return VF_ENOMEM;
    while ((rc = vf_table_next(table, fields, err)) > 0) {
        rc = add_country(reference, table, fields, err);
        if (rc)
            return rc;
    }
    if (rc)
        return rc;
    qsort(reference->countries, reference->country_count, sizeof *reference->countries,
          compare_countries);
    for (size_t i = 0; i < reference->country_count; i++) {
        rc = vf_map_put(&reference->iso3, reference->countries[i].iso3, (int32_t)i);
        if (rc)
            return rc;
    }
    return VF_OK;
}

static bool is_id(struct vf_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && i > 0)))
            return false;
    }
    return text.len > 0;
}

static int compare_organizations(const void *a, const void *b)
{
    const struct vf_organization *x = a;
    const struct vf_organization *y = b;
    return vf_slice_compare(x->id, y->id);
}

enum {
    ORG_ID,
    ACRONYM,
    ORG_NAME,
    KIND,
    FOUNDED,
    PARENT,
    SEAT,
    WIKIDATA,
    ALIASES,
    ORGANIZATION_COLUMNS
};
enum { SCRATCH_BLOCK = 64 * 1024, SCRATCH_MAX = 1024 * 1024 }; /* for folding one name */

static int add_organization(struct vf_reference *reference, struct vf_table *table,
                            const struct vf_slice *fields, struct vf_error *err)
{
    static const char *const kinds[] = {"intergovernmental", "interparliamentary", "network",
                                        "parliamentary_assembly_of", "regional_bloc"};
    struct vf_partial_date founded;
    size_t kind;

    if (!is_id(fields[ORG_ID]))
        return vf_table_error(table, ORG_ID, err, "small letters, digits and - are expected");
    if (vf_map_get(&reference->organization_ids, fields[ORG_ID]) != VF_MAP_NONE)
        return vf_table_error(table, ORG_ID, err, "%.*s is given twice",
                              VF_SLICE_PRINT(fields[ORG_ID]));
    if (reference->organization_count == VF_ORGANIZATIONS_MAX)
        return vf_table_error(table, ORG_ID, err, "more than %d organizations",
                              VF_ORGANIZATIONS_MAX);
    int rc = vf_field_required(table, fields, ORG_NAME, err);
    if (!rc)
        rc = vf_field_word(table, fields, KIND, kinds, sizeof kinds / sizeof kinds[0], &kind, err);
    if (!rc)
        rc = vf_field_date(table, fields, FOUNDED, &founded, err);
    if (rc)
        return rc;
    reference->organizations[reference->organization_count++] =
        (struct vf_organization){.id = fields[ORG_ID],
                                 .acronym = fields[ACRONYM],
                                 .name = fields[ORG_NAME],
                                 .kind = fields[KIND],
                                 .parent_id = fields[PARENT],
                                 .seat = fields[SEAT]};
    return vf_map_put(&reference->organization_ids, fields[ORG_ID], 0);
}

static int check_parents(const struct vf_reference *reference, const struct vf_table *table,
                         struct vf_error *err)
{
    for (size_t i = 0; i < reference->organization_count; i++) {
        const struct vf_organization *o = &reference->organizations[i];
        if (o->parent_id.ptr &&
            vf_reference_find_organization(reference, o->parent_id) == VF_NO_ORGANIZATION)
            return vf_error_set(err, VF_EREFERENCE,
                                "%s: %.*s: column %s: \"%.*s\" is no org_id of the table",
                                table->name, VF_SLICE_PRINT(o->id), table->columns[PARENT],
                                VF_SLICE_PRINT(o->parent_id));
    }
    return VF_OK;
}

/* A second pass over the table, now that the indices are known. */
static int add_organization_names(struct vf_reference *reference, struct vf_table *table,
                                  struct vf_error *err)
{
    struct vf_slice fields[ORGANIZATION_COLUMNS];
    struct vf_arena scratch;
    int rc;

    vf_table_rewind(table);
    vf_arena_init(&scratch, SCRATCH_BLOCK, SCRATCH_MAX);
    while ((rc = vf_table_next(table, fields, err)) > 0) {
        vf_organization_index o = vf_reference_find_organization(reference, fields[ORG_ID]);
        rc = vf_add_organization_texts(reference, table, o, fields[ORG_NAME], ORG_NAME,
                                       VF_NAME_OFFICIAL, &scratch, err);
        if (!rc)
            rc = vf_add_organization_texts(reference, table, o, fields[ACRONYM], ACRONYM,
                                           VF_NAME_ACRONYM, &scratch, err);
        if (!rc)
            rc = vf_add_organization_texts(reference, table, o, fields[ALIASES], ALIASES,
                                           VF_NAME_ALIAS, &scratch, err);
        if (rc)
            break;
    }
    vf_arena_release(&scratch);
    return rc;
}

/* The body whose kind says that it is the parent's parliament, or else the only one of a kind
 * that parliaments form. */
static vf_organization_index find_parliament(const struct vf_reference *reference,
                                             struct vf_slice parent)
{
    vf_organization_index found = VF_NO_ORGANIZATION;
    bool several = false;

    for (size_t i = 0; i < reference->organization_count; i++) {
        const struct vf_organization *o = &reference->organizations[i];
        if (!vf_slice_equal(o->parent_id, parent))
            continue;
        if (vf_slice_is(o->kind, "parliamentary_assembly_of"))
            return (vf_organization_index)i;
        if (!vf_slice_is(o->kind, "interparliamentary") && !vf_slice_is(o->kind, "network"))
            continue;
        several = found != VF_NO_ORGANIZATION;
        found = (vf_organization_index)i;
    }
    return several ? VF_NO_ORGANIZATION : found;
}

int vf_load_organizations(struct vf_reference *reference, struct vf_table *table,
                          struct vf_error *err)
{
    struct vf_slice fields[ORGANIZATION_COLUMNS];
    size_t rows = vf_table_rows(table);
    int rc;

    reference->organizations =
        vf_arena_calloc(&reference->arena, rows, sizeof *reference->organizations);
    reference->rules = vf_arena_calloc(&reference->arena, rows, sizeof *reference->rules);
    if (!reference->organizations || !reference->rules)
        return VF_ENOMEM;
    while ((rc = vf_table_next(table, fields, err)) > 0) {
        rc = add_organization(reference, table, fields, err);
        if (rc)
            return rc;
    }
    if (rc)
        return rc;
    qsort(reference->organizations, reference->organization_count, sizeof *reference->organizations,
          compare_organizations);
    for (size_t i = 0; i < reference->organization_count; i++) {
        rc = vf_map_put(&reference->organization_ids, reference->organizations[i].id, (int32_t)i);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < reference->organization_count; i++)
        reference->rules[i].parliament = find_parliament(reference, reference->organizations[i].id);
    rc = check_parents(reference, table, err);
    return rc ? rc : add_organization_names(reference, table, err);
}

enum { RULE, RULE_ORG_ID, VALUE, RULE_COLUMNS = 4 };
enum { RULE_COMPILED, RULE_PARTIAL, RULE_ACTIVE, RULE_COUNT };

static int set_compiled(struct vf_reference *reference, const struct vf_table *table,
                        const struct vf_slice *fields, struct vf_error *err)
{
    struct vf_partial_date date;

    if (vf_partial_date_parse(fields[VALUE], &date) || !date.day)
        return vf_table_error(table, VALUE, err, "a day of the form YYYY-MM-DD is expected");
    if (reference->compiled != VF_DAY_MIN)
        return vf_table_error(table, RULE, err, "compiled is given twice");
    reference->compiled = vf_partial_date_first(date);
    return VF_OK;
}

static int add_rule(struct vf_reference *reference, const struct vf_table *table,
                    const struct vf_slice *fields, struct vf_error *err)
{
    static const char *const rules[RULE_COUNT] = {"compiled", "partial", "active"};
    static const char *const active[] = {"member"};
    vf_organization_index organization;
    size_t rule;
    size_t word;

    int rc = vf_field_word(table, fields, RULE, rules, RULE_COUNT, &rule, err);
    if (rc)
        return rc;
    if (rule == RULE_COMPILED)
        return set_compiled(reference, table, fields, err);
    rc = vf_field_organization(reference, table, fields, RULE_ORG_ID, &organization, err);
    if (rc)
        return rc;
    if (rule == RULE_PARTIAL) {
        reference->rules[organization].partial = true;
        return VF_OK;
    }
    rc = vf_field_word(table, fields, VALUE, active, 1, &word, err);
    if (!rc)
        reference->rules[organization].member_only = true;
    return rc;
}

int vf_load_rules(struct vf_reference *reference, struct vf_table *table, struct vf_error *err)
{
    struct vf_slice fields[RULE_COLUMNS];
    int rc;

    reference->compiled = VF_DAY_MIN;
    while ((rc = vf_table_next(table, fields, err)) > 0) {
        rc = add_rule(reference, table, fields, err);
        if (rc)
            return rc;
    }
    if (rc)
        return rc;
    if (reference->compiled == VF_DAY_MIN)
        return vf_error_set(err, VF_EREFERENCE, "%s: the rule \"compiled\" is missing",
                            table->name);
    return VF_OK;
}

enum { ISO3_A, ISO3_B, ESTABLISHED, A_IN_B, B_IN_A, RELATION_SOURCE, RELATION_COLUMNS };

static int compare_relations(const void *a, const void *b)
{
    const struct vf_relation_row *x = a;
    const struct vf_relation_row *y = b;
    return x->a != y->a ? x->a - y->a : x->b - y->b;
}

static int add_relation(struct vf_reference *reference, const struct vf_table *table,
                        const struct vf_slice *fields, struct vf_error *err)
{
    struct vf_relation_row *row = &reference->relations[reference->relation_count];
    struct vf_partial_date date;

    int rc = vf_field_country(reference, table, fields, ISO3_A, &row->a, err);
    if (!rc)
        rc = vf_field_country(reference, table, fields, ISO3_B, &row->b, err);
    for (size_t i = ESTABLISHED; !rc && i <= B_IN_A; i++)
        rc = vf_field_date(table, fields, i, &date, err);
    if (rc)
        return rc;
    if (row->a >= row->b)
        return vf_table_error(table, ISO3_B, err, "must come after iso3_a in the alphabet");
    row->relation = (struct vf_relation){.established = fields[ESTABLISHED],
                                         .mission_a_in_b = fields[A_IN_B],
                                         .mission_b_in_a = fields[B_IN_A],
                                         .source = fields[RELATION_SOURCE]};
    reference->relation_count++;
    return VF_OK;
}

int vf_load_relations(struct vf_reference *reference, struct vf_table *table, struct vf_error *err)
{
    struct vf_slice fields[RELATION_COLUMNS];
    int rc;

    reference->relations =
        vf_arena_calloc(&reference->arena, vf_table_rows(table), sizeof *reference->relations);
    if (!reference->relations)
        return VF_ENOMEM;
    while ((rc = vf_table_next(table, fields, err)) > 0) {
        rc = add_relation(reference, table, fields, err);
        if (rc)
            return rc;
    }
    if (rc)
        return rc;
    qsort(reference->relations, reference->relation_count, sizeof *reference->relations,
          compare_relations);
    for (size_t i = 1; i < reference->relation_count; i++)
        if (!compare_relations(&reference->relations[i - 1], &reference->relations[i]))
            return vf_error_set(
                err, VF_EREFERENCE, "%s: the pair %.*s %.*s is given twice", table->name,
                VF_SLICE_PRINT(reference->countries[reference->relations[i].a].iso3),
                VF_SLICE_PRINT(reference->countries[reference->relations[i].b].iso3));
    return VF_OK;
}
