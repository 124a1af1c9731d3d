/*
 * Shared organizations without asking every organization: for each country the days on which the
 * set of organizations it is surely active in changes, and the sets as bits. What is shared is
 * then the intersection of the sets that a span of days touches.
 */
#include "reference/reference_internal.h"

#include <stdlib.h>

static int compare_day(const void *a, const void *b)
{
    const int32_t *x = a;
    const int32_t *y = b;
    return (*x > *y) - (*x < *y);
}

/* All days on which something may change for the country, sorted, each once. VF_DAY_MIN is the
 * first. days holds 4 for each row and one more. */
static size_t change_days(const struct vf_reference *reference, vf_country_index country,
                          int32_t *days)
{
    size_t n = 0;

    days[n++] = VF_DAY_MIN;
    for (size_t o = 0; o < reference->organization_count; o++) {
        size_t count;
        const struct vf_interval *row =
            vf_interval_rows(reference, (vf_organization_index)o, country, &count);
        for (; count > 0; count--, row++) {
            days[n++] = row->since_first;
            days[n++] = row->since_last;
            days[n++] = row->until_first;
            days[n++] = row->until_last;
        }
    }
    qsort(days, n, sizeof *days, compare_day);
    size_t kept = 1;
    for (size_t i = 1; i < n; i++)
        if (days[i] != days[kept - 1] && days[i] != VF_DAY_MAX)
            days[kept++] = days[i];
    return kept;
}

static void active_on(const struct vf_reference *reference, vf_country_index country, int32_t day,
                      uint64_t *set)
{
    memset(set, 0, reference->set_words * sizeof *set);
    for (size_t o = 0; o < reference->organization_count; o++) {
        size_t count;
        (void)vf_interval_rows(reference, (vf_organization_index)o, country, &count);
        if (count && vf_reference_is_active(reference, (vf_organization_index)o, country, day, day))
            set[o / 64] |= UINT64_C(1) << (o % 64);
    }
}

static size_t add_country(struct vf_reference *reference, vf_country_index country, size_t next,
                          int32_t *days)
{
    size_t count = change_days(reference, country, days);
    size_t words = reference->set_words;

    reference->activity_start[country] = (uint32_t)next;
    for (size_t i = 0; i < count; i++) {
        uint64_t *set = reference->activity_sets + next * words;
        active_on(reference, country, days[i], set);
        if (next > reference->activity_start[country] &&
            !memcmp(set, set - words, words * sizeof *set))
            continue; /* nothing changed after all */
        reference->activities[next] = (struct vf_activity){days[i], (uint32_t)(next * words)};
        next++;
    }
    return next;
}

int vf_build_activity(struct vf_reference *reference)
{
    size_t max = 4 * reference->interval_count + reference->country_count;
    size_t next = 0;

    reference->set_words = (reference->organization_count + 63) / 64;
    reference->activities = vf_arena_calloc(&reference->arena, max, sizeof *reference->activities);
    reference->activity_start = vf_arena_calloc(&reference->arena, reference->country_count + 1,
                                                sizeof *reference->activity_start);
    reference->activity_sets = vf_arena_calloc(&reference->arena, max * reference->set_words,
                                               sizeof *reference->activity_sets);
    if (!reference->activities || !reference->activity_start || !reference->activity_sets)
        return VF_ENOMEM;

    struct vf_arena_mark mark = vf_arena_mark(&reference->arena);
    int32_t *days =
        vf_arena_calloc(&reference->arena, 4 * reference->interval_count + 1, sizeof *days);
    if (!days)
        return VF_ENOMEM;
    for (size_t i = 0; i < reference->country_count; i++)
        next = add_country(reference, (vf_country_index)i, next, days);
    reference->activity_start[reference->country_count] = (uint32_t)next;
    vf_arena_rewind(&reference->arena, mark);
    return VF_OK;
}

/* Takes from set what the country was not active in on all days first..last. */
static void intersect(const struct vf_reference *reference, vf_country_index country, int32_t first,
                      int32_t last, uint64_t *set)
{
    size_t from = reference->activity_start[country];
    size_t end = reference->activity_start[country + 1];
    size_t to = end;

    while (to - from > 1) { /* the last change on or before first; day VF_DAY_MIN always is */
        size_t middle = from + (to - from) / 2;
        if (reference->activities[middle].day <= first)
            from = middle;
        else
            to = middle;
    }
    for (size_t i = from; i < end && (i == from || reference->activities[i].day <= last); i++) {
        const uint64_t *active = reference->activity_sets + reference->activities[i].set;
        for (size_t w = 0; w < reference->set_words; w++)
            set[w] &= active[w];
    }
}

size_t vf_reference_shared(const struct vf_reference *reference, const vf_country_index *countries,
                           size_t country_count, int32_t first, int32_t last,
                           vf_organization_index *out, size_t max)
{
    uint64_t set[VF_ORGANIZATIONS_MAX / 64];
    size_t written = 0;

    if (!country_count)
        return 0;
    memset(set, 0xFF, sizeof set);
    for (size_t i = 0; i < country_count; i++)
        intersect(reference, countries[i], first, last, set);
    for (size_t w = 0; w < reference->set_words; w++)
        for (uint64_t bits = set[w]; bits && written < max; bits &= bits - 1)
            out[written++] = (vf_organization_index)(w * 64 + (size_t)__builtin_ctzll(bits));
    return written;
}
