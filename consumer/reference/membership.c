/* Membership intervals: loading, and the standing of a country over a span of days. */
#include "reference/reference_internal.h"

#include <stdlib.h>

enum { ORG_ID, ISO3, STATUS, SINCE, UNTIL, SOURCE, CONFIDENCE, MEMBERSHIP_COLUMNS };

/* An interval with what sorting and errors need. */
struct row {
    vf_organization_index organization;
    vf_country_index country;
    size_t line;
    struct vf_interval interval;
};

static int compare_days(int32_t a, int32_t b)
{
    return (a > b) - (a < b);
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;

    if (x->organization != y->organization)
        return x->organization - y->organization;
    if (x->country != y->country)
        return x->country - y->country;
    int c = compare_days(x->interval.since_first, y->interval.since_first);
    if (!c)
        c = compare_days(x->interval.until_first, y->interval.until_first);
    return c ? c : (x->line > y->line) - (x->line < y->line);
}

static int read_days(const struct vf_reference *reference, const struct vf_table *table,
                     const struct vf_slice *fields, struct vf_interval *out, struct vf_error *err)
{
    struct vf_partial_date since;
    struct vf_partial_date until;

    int rc = vf_field_date(table, fields, SINCE, &since, err);
    if (!rc)
        rc = vf_field_date(table, fields, UNTIL, &until, err);
    if (rc)
        return rc;
    out->since = fields[SINCE];
    out->until = fields[UNTIL];
    out->until_first = until.year ? vf_partial_date_first(until) : VF_DAY_MAX;
    out->until_last = vf_partial_date_last(until);
    if (since.year) {
        out->since_first = vf_partial_date_first(since);
        out->since_last = vf_partial_date_last(since);
    } else {
        out->since_first = VF_DAY_MIN;
        out->since_last =
            reference->compiled < out->until_last ? reference->compiled : out->until_last;
    }
    if (out->since_first > out->until_last)
        return vf_table_error(table, UNTIL, err, "%.*s is before since %.*s",
                              VF_SLICE_PRINT(fields[UNTIL]), VF_SLICE_PRINT(fields[SINCE]));
    return VF_OK;
}

static int read_row(const struct vf_reference *reference, const struct vf_table *table,
                    const struct vf_slice *fields, struct row *out, struct vf_error *err)
{
    /* In the order of enum vf_standing_status from MEMBER on, and of enum vf_fact_confidence
     * from LOW on. NONE is what a missing row says. */
    static const char *const statuses[] = {"member",    "associate", "observer", "partner",
                                           "candidate", "suspended", "former"};
    static const char *const levels[] = {"low", "medium", "high"};
    size_t status;
    size_t level;

    int rc = vf_field_organization(reference, table, fields, ORG_ID, &out->organization, err);
    if (!rc)
        rc = vf_field_country(reference, table, fields, ISO3, &out->country, err);
    if (!rc)
        rc = vf_field_word(table, fields, STATUS, statuses, sizeof statuses / sizeof *statuses,
                           &status, err);
    if (!rc)
        rc = vf_field_word(table, fields, CONFIDENCE, levels, sizeof levels / sizeof *levels,
                           &level, err);
    if (!rc)
        rc = read_days(reference, table, fields, &out->interval, err);
    if (rc)
        return rc;
    out->line = table->line;
    out->interval.status = (uint8_t)(status + VF_STANDING_MEMBER);
    out->interval.confidence = (uint8_t)(level + VF_FACT_LOW);
    out->interval.source = fields[SOURCE];
    return VF_OK;
}

/* Rows of one country in one organization must follow each other. */
static int check_order(const struct vf_table *table, const struct row *before,
                       const struct row *after, struct vf_error *err)
{
    if (before->organization != after->organization || before->country != after->country ||
        before->interval.until_first <= after->interval.since_last)
        return VF_OK;
    struct vf_table at = *table;
    at.line = after->line;
    return vf_table_error(&at, SINCE, err, "overlaps the interval of line %zu", before->line);
}

static int store_rows(struct vf_reference *reference, const struct vf_table *table,
                      const struct row *rows, size_t count, struct vf_error *err)
{
    size_t slots = reference->organization_count * reference->country_count;
    size_t next = 0;

    for (size_t slot = 0; slot < slots; slot++) {
        reference->interval_start[slot] = (uint32_t)next;
        for (; next < count; next++) {
            const struct row *row = &rows[next];
            if ((size_t)row->organization * reference->country_count + (size_t)row->country != slot)
                break;
            reference->intervals[next] = row->interval;
            reference->rules[row->organization].listed = true;
            if (next == reference->interval_start[slot])
                continue;
            int rc = check_order(table, row - 1, row, err);
            if (rc)
                return rc;
            reference->intervals[next].continues =
                row->interval.since.ptr &&
                vf_slice_equal(row[-1].interval.until, row->interval.since);
        }
    }
    reference->interval_start[slots] = (uint32_t)next;
    reference->interval_count = next;
    return VF_OK;
}

int vf_load_memberships(struct vf_reference *reference, struct vf_table *table,
                        struct vf_error *err)
{
    struct vf_slice fields[MEMBERSHIP_COLUMNS];
    size_t slots = reference->organization_count * reference->country_count;
    size_t max = vf_table_rows(table);
    size_t count = 0;
    int rc;

    reference->intervals = vf_arena_calloc(&reference->arena, max, sizeof *reference->intervals);
    reference->interval_start =
        vf_arena_calloc(&reference->arena, slots + 1, sizeof *reference->interval_start);
    if (!reference->intervals || !reference->interval_start)
        return VF_ENOMEM;

    struct vf_arena_mark mark = vf_arena_mark(&reference->arena);
    struct row *rows = vf_arena_calloc(&reference->arena, max, sizeof *rows);
    if (!rows)
        return VF_ENOMEM;
    while ((rc = vf_table_next(table, fields, err)) > 0) {
        rc = read_row(reference, table, fields, &rows[count++], err);
        if (rc)
            return rc;
    }
    if (rc)
        return rc;
    qsort(rows, count, sizeof *rows, compare_rows);
    rc = store_rows(reference, table, rows, count, err);
    vf_arena_rewind(&reference->arena, mark);
    return rc ? rc : vf_build_activity(reference);
}

static bool meet(int32_t a_first, int32_t a_last, int32_t b_first, int32_t b_last)
{
    return (a_first > b_first ? a_first : b_first) <= (a_last < b_last ? a_last : b_last);
}

uint32_t vf_possible_statuses(const struct vf_interval *rows, size_t count, int32_t first,
                              int32_t last)
{
    const uint32_t none = 1U << VF_STANDING_NONE;
    int32_t ended = VF_DAY_MIN; /* from here on, all rows so far may have ended */
    uint32_t possible = 0;

    for (size_t i = 0; i < count; i++) {
        const struct vf_interval *row = &rows[i];
        int32_t held = row->until_last == VF_DAY_MAX ? VF_DAY_MAX : row->until_last - 1;
        if (meet(first, last, row->since_first, held))
            possible |= 1U << row->status;
        if (!row->continues && meet(first, last, ended, row->since_last - 1))
            possible |= none;
        if (row->until_first > ended)
            ended = row->until_first;
    }
    if (ended != VF_DAY_MAX && ended <= last)
        possible |= none;
    return possible;
}

const struct vf_interval *vf_interval_rows(const struct vf_reference *reference,
                                           vf_organization_index organization,
                                           vf_country_index country, size_t *count)
{
    size_t slot = (size_t)organization * reference->country_count + (size_t)country;
    uint32_t start = reference->interval_start[slot];

    *count = reference->interval_start[slot + 1] - start;
    return reference->intervals + start;
}

/* The one that began last among those which may hold on that day. */
static const struct vf_interval *in_force(const struct vf_interval *rows, size_t count, int32_t day)
{
    for (size_t i = count; i > 0; i--)
        if (rows[i - 1].since_first <= day && day < rows[i - 1].until_last)
            return &rows[i - 1];
    return NULL;
}

static bool any_low(const struct vf_interval *rows, size_t count, int32_t first, int32_t last)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].confidence == VF_FACT_LOW && rows[i].since_first <= last &&
            first < rows[i].until_last)
            return true;
    return false;
}

void vf_reference_standing(const struct vf_reference *reference, vf_organization_index organization,
                           vf_country_index country, int32_t first, int32_t last,
                           struct vf_standing *out)
{
    const struct vf_organization_rule *rule = &reference->rules[organization];
    size_t count;
    const struct vf_interval *rows = vf_interval_rows(reference, organization, country, &count);

    *out = (struct vf_standing){.status = VF_STANDING_NONE};
    if (!count && (rule->partial || !rule->listed)) {
        out->status = VF_STANDING_UNKNOWN;
        return;
    }
    uint32_t possible = vf_possible_statuses(rows, count, first, last);
    out->certain = (possible & (possible - 1)) == 0 && !any_low(rows, count, first, last);
    const struct vf_interval *row = in_force(rows, count, first);
    if (!row)
        return;
    out->status = row->status;
    out->confidence = row->confidence;
    out->since = row->since;
    out->until = row->until;
    out->source = row->source;
}

bool vf_reference_is_active(const struct vf_reference *reference,
                            vf_organization_index organization, vf_country_index country,
                            int32_t first, int32_t last)
{
    uint32_t active = 1U << VF_STANDING_MEMBER;
    size_t count;
    const struct vf_interval *rows = vf_interval_rows(reference, organization, country, &count);

    if (!reference->rules[organization].member_only)
        active |= 1U << VF_STANDING_SUSPENDED;
    return (vf_possible_statuses(rows, count, first, last) & ~active) == 0;
}
