/* Cities in text. A city's own name goes before other cities' alternate names; of several, the
 * capital or the by far largest is meant, or nobody knows. */
#include "normalize/name_match.h"

enum {
    CLEARLY_LARGER = 8,    /* times the inhabitants of the next of that name */
    KNOWN_TO_ALL = 300000, /* inhabitants; smaller ones are not looked for in running text */
    RUNNING_LETTERS_MIN = 4,
};

struct place_filter {
    const struct vf_reference *reference;
    vf_country_index country; /* VF_NO_COUNTRY: any */
    bool running;
};

static bool city_filter(const struct vf_name_text *text, const struct vf_name_hit *hit,
                        const struct vf_name_entry *entry, const void *data)
{
    const struct place_filter *filter = data;
    const struct vf_city *city = vf_reference_city(filter->reference, entry->target);

    if (hit->form == VF_FORM_NUMBERED)
        return false;
    if (filter->country != VF_NO_COUNTRY && city->country != filter->country)
        return false;
    if (!filter->running)
        return true;
    bool known =
        city->capital || (city->population >= KNOWN_TO_ALL && entry->kind == VF_NAME_OFFICIAL);
    size_t letters = vf_name_letters(vf_slice(entry->key, entry->key_len));
    return known && vf_name_capitalized(text, hit->first) &&
           (letters >= RUNNING_LETTERS_MIN ||
            text->folded.words[hit->first].script > VF_SCRIPT_GREEK);
}

/* Greater: more likely meant. Own names first, then capitals, then size. */
static int64_t weight(const struct vf_city *city, const struct vf_name_entry *entry)
{
    int64_t size = city->population > 0 ? city->population : 1;

    if (city->capital)
        size += INT64_C(1) << 32;
    return entry->kind == VF_NAME_OFFICIAL ? size + (INT64_C(1) << 40) : size;
}

static bool in_context(const struct vf_city *city, const struct vf_name_context *context)
{
    for (size_t i = 0; i < context->country_count; i++)
        if (context->countries[i] == city->country)
            return true;
    return false;
}

struct ranking {
    const struct vf_city *best;
    int64_t best_weight;
    const struct vf_city *rival; /* the best of another country */
    int64_t rival_weight;
};

static void rank(struct ranking *r, const struct vf_city *city, int64_t w)
{
    if (!r->best || w > r->best_weight) {
        if (r->best && r->best->country != city->country) {
            r->rival = r->best;
            r->rival_weight = r->best_weight;
        }
        r->best = city;
        r->best_weight = w;
    } else if (city->country != r->best->country && (!r->rival || w > r->rival_weight)) {
        r->rival = city;
        r->rival_weight = w;
    }
}

static bool is_clear(const struct ranking *r)
{
    if (!r->rival)
        return true;
    if (r->best_weight >> 32 != r->rival_weight >> 32) /* own name or capital against none */
        return true;
    return !r->best->capital && r->best->population / CLEARLY_LARGER >= r->rival->population;
}

static void choose(struct vf_name_text *text, const struct vf_name_hit *hit,
                   const struct place_filter *filter, const struct vf_name_context *context,
                   struct vf_city_match *out)
{
    struct ranking all = {.best = NULL};
    struct ranking near = {.best = NULL};
    const struct vf_name_entry *e = hit->entry;

    while ((e = vf_name_next(text, hit, e, city_filter, filter)) != NULL) {
        const struct vf_city *city = vf_reference_city(filter->reference, e->target);
        rank(&all, city, weight(city, e));
        if (in_context(city, context))
            rank(&near, city, weight(city, e));
        e = e->next;
    }
    const struct ranking *r = near.best && !is_clear(&all) ? &near : &all;
    if (!r->best)
        return;
    if (!is_clear(&all))
        vf_name_consult(context);
    out->name = r->best->name;
    out->ambiguous = !is_clear(r);
    out->country = out->ambiguous ? VF_NO_COUNTRY : r->best->country;
}

static bool find_whole(const struct vf_name_index *index, struct vf_name_text *text, size_t first,
                       size_t last, const struct place_filter *filter,
                       const struct vf_name_context *context, struct vf_city_match *out)
{
    struct vf_name_hit hit;

    if (!vf_name_whole(index, text, first, last, city_filter, filter, &hit))
        return false;
    choose(text, &hit, filter, context, out);
    return true;
}

/* "Parliament House in Accra", "Parliament, Colombo": a well-known city inside; the last one, as
 * addresses go from small to large. */
static void find_inside(const struct vf_name_index *index, struct vf_name_text *text,
                        struct place_filter filter, const struct vf_name_context *context,
                        struct vf_city_match *out)
{
    filter.running = true;
    for (size_t i = 0; i < text->folded.count; i++) {
        struct vf_name_hit hit;
        if (!vf_name_longest(index, text, i, text->folded.count - 1, city_filter, &filter, &hit))
            continue;
        *out = (struct vf_city_match){.country = VF_NO_COUNTRY};
        choose(text, &hit, &filter, context, out);
        i = hit.last;
    }
}

static bool landmark_filter(const struct vf_name_text *text, const struct vf_name_hit *hit,
                            const struct vf_name_entry *entry, const void *data)
{
    (void)text;
    (void)hit;
    (void)data;
    return entry->kind == VF_NAME_PARLIAMENT;
}

/* "Rashtrapati Bhavan": a parliament or seat that stands in one country alone. */
static vf_country_index country_of_landmark(const struct vf_reference *reference,
                                            struct vf_name_text *text)
{
    const struct vf_name_index *index = vf_reference_names(reference, VF_NAMES_COUNTRY);
    vf_country_index found = VF_NO_COUNTRY;

    for (size_t i = 0; i < text->folded.count; i++) {
        struct vf_name_hit hit;
        if (!vf_name_longest(index, text, i, text->folded.count - 1, landmark_filter, NULL, &hit))
            continue;
        const struct vf_name_entry *e = vf_name_next(text, &hit, hit.entry, landmark_filter, NULL);
        if (found != VF_NO_COUNTRY && found != e->target)
            return VF_NO_COUNTRY;
        found = (vf_country_index)e->target;
        i = hit.last;
    }
    return found;
}

int vf_city_of_name(const struct vf_reference *reference, struct vf_slice text,
                    vf_country_index country, const struct vf_name_context *context,
                    struct vf_arena *arena, struct vf_city_match *out)
{
    const struct vf_name_index *index = vf_reference_names(reference, VF_NAMES_CITY);
    struct place_filter filter = {reference, country, false};
    struct vf_name_text prepared;

    *out = (struct vf_city_match){.country = VF_NO_COUNTRY};
    int rc = vf_name_prepare(text, context->language, arena, &prepared);
    if (rc || !prepared.folded.count)
        return rc;
    size_t last = prepared.folded.count - 1;
    if (find_whole(index, &prepared, 0, last, &filter, context, out))
        return VF_OK;
    while (last > 0 && prepared.folded.words[last].in_brackets)
        last--;
    if (last + 1 < prepared.folded.count &&
        find_whole(index, &prepared, 0, last, &filter, context, out))
        return VF_OK;
    find_inside(index, &prepared, filter, context, out);
    if (!out->name.ptr && !out->ambiguous && country == VF_NO_COUNTRY)
        out->country = country_of_landmark(reference, &prepared);
    return prepared.failed ? VF_ENOMEM : VF_OK;
}
