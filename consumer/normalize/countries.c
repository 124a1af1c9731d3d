/* Countries in text: whole names, and mentions in running text. */
#include "normalize/name_match.h"

enum {
    CANDIDATES_MAX = 16,     /* countries that one text can mean; "Guinea" has four */
    LETTERS_PER_SLIP = 8,    /* "Sri Lanka" bears one slip, no name of four letters any */
    FOREIGN_LETTERS_MIN = 6, /* shorter words of a language are names in another */
    SHORT_LETTERS = 3,       /* so short a name counts in its own language only */
};

struct candidates {
    vf_country_index countries[CANDIDATES_MAX];
    size_t count;
    bool ambiguous; /* some entry says that only a context can tell */
    bool elsewhere; /* it may mean what is no country of the table */
};

/* What a filter needs to know. */
struct reading {
    const struct vf_name_context *context;
    bool running; /* running text: stricter than a field of its own */
};

static bool is_spoken(const struct vf_name_entry *entry, const struct vf_name_context *context)
{
    return entry->english || vf_name_speaks(entry, context->language);
}

static bool is_latin(const struct vf_name_text *text, const struct vf_name_hit *hit)
{
    return text->folded.words[hit->first].script == VF_SCRIPT_LATIN;
}

static bool country_filter(const struct vf_name_text *text, const struct vf_name_hit *hit,
                           const struct vf_name_entry *entry, const void *data)
{
    const struct reading *reading = data;
    if (hit->form == VF_FORM_NUMBERED)
        return false;
    size_t letters = vf_name_letters(vf_slice(entry->key, entry->key_len));
    bool spoken = is_spoken(entry, reading->context);

    if (entry->kind == VF_NAME_ABBREVIATION) /* "US" and "us" */
        return vf_name_in_capitals(text, hit) || (!reading->running && letters > SHORT_LETTERS);
    if (is_latin(text, hit) && !spoken && letters <= SHORT_LETTERS)
        return false;
    if (entry->kind == VF_NAME_PARLIAMENT && !spoken && hit->first == hit->last &&
        reading->context->language.len && !is_latin(text, hit))
        return false; /* "Sobranie" in Cyrillic is Macedonia's, and any assembly in Russian */
    if (!reading->running)
        return true;
    if (is_latin(text, hit) && !spoken && letters < FOREIGN_LETTERS_MIN)
        return false; /* a word of one language is a name in another */
    /* Adjectives are written small in many languages, names in none. */
    return entry->kind >= VF_NAME_DEMONYM || vf_name_capitalized(text, hit->first);
}

static void add_candidate(struct candidates *all, vf_country_index country)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->countries[i] == country)
            return;
    if (all->count < CANDIDATES_MAX)
        all->countries[all->count++] = country;
}

/* All that the run can mean; of several languages' names, those of the report's alone. */
static void gather(struct vf_name_text *text, const struct vf_name_hit *hit,
                   const struct reading *reading, struct candidates *out)
{
    bool own_language = false;

    for (int pass = hit->entry->next ? 0 : 1; pass < 2; pass++) {
        const struct vf_name_entry *e = hit->entry;
        while ((e = vf_name_next(text, hit, e, country_filter, reading)) != NULL) {
            bool own = is_spoken(e, reading->context);
            if (pass == 0) {
                own_language = own_language || own;
            } else if (own || !own_language) {
                out->ambiguous = out->ambiguous || e->kind == VF_NAME_AMBIGUOUS;
                if (e->target == VF_NO_COUNTRY)
                    out->elsewhere = true;
                else
                    add_candidate(out, (vf_country_index)e->target);
            }
            e = e->next;
        }
    }
}

/* The one candidate that already takes part. */
static vf_country_index taking_part(const struct candidates *all,
                                    const struct vf_name_context *context)
{
    vf_country_index found = VF_NO_COUNTRY;

    for (size_t i = 0; i < all->count; i++)
        for (size_t k = 0; k < context->country_count; k++) {
            if (context->countries[k] != all->countries[i])
                continue;
            if (found != VF_NO_COUNTRY && found != all->countries[i])
                return VF_NO_COUNTRY;
            found = all->countries[i];
        }
    return found;
}

static bool belongs_to_all(const struct vf_reference *reference, vf_country_index country,
                           const struct vf_name_context *context)
{
    int32_t day = context->day == VF_DAY_MIN ? VF_DAY_MAX - 1 : context->day;
    struct vf_standing standing;

    for (size_t i = 0; i < context->organization_count; i++) {
        if (context->organizations[i] == VF_NO_ORGANIZATION)
            continue;
        vf_reference_standing(reference, context->organizations[i], country, day, day, &standing);
        if (standing.status == VF_STANDING_NONE || standing.status == VF_STANDING_UNKNOWN)
            return false;
    }
    return true;
}

/* The one candidate that belongs to every organization named. */
static vf_country_index belonging(const struct vf_reference *reference,
                                  const struct candidates *all,
                                  const struct vf_name_context *context)
{
    vf_country_index found = VF_NO_COUNTRY;

    if (!context->organization_count)
        return VF_NO_COUNTRY;
    for (size_t i = 0; i < all->count; i++) {
        if (!belongs_to_all(reference, all->countries[i], context))
            continue;
        if (found != VF_NO_COUNTRY)
            return VF_NO_COUNTRY;
        found = all->countries[i];
    }
    return found;
}

static void decide(const struct vf_reference *reference, const struct candidates *all,
                   const struct vf_name_context *context, struct vf_country_match *out)
{
    *out = (struct vf_country_match){.country = VF_NO_COUNTRY};
    if (all->count == 1 && !all->ambiguous) {
        out->country = all->countries[0];
        return;
    }
    if (!all->count)
        return;
    vf_name_consult(context);
    out->country =
        context->of_state && all->count == 1 ? all->countries[0] : taking_part(all, context);
    if (out->country == VF_NO_COUNTRY)
        out->country = belonging(reference, all, context);
    out->by_context = out->country != VF_NO_COUNTRY;
    out->ambiguous = !out->by_context;
}

static void decide_hit(const struct vf_reference *reference, struct vf_name_text *text,
                       const struct vf_name_hit *hit, const struct reading *reading,
                       struct vf_country_match *out)
{
    struct candidates all = {.count = 0};
    gather(text, hit, reading, &all);
    decide(reference, &all, reading->context, out);
}

/* ---- mentions ---- */

static size_t find_mentions(const struct vf_reference *reference, struct vf_name_text *text,
                            const struct reading *reading, struct vf_country_mention *out,
                            size_t max)
{
    const struct vf_name_index *index = vf_reference_names(reference, VF_NAMES_COUNTRY);
    size_t count = 0;

    for (size_t i = 0; i < text->folded.count && count < max; i++) {
        struct vf_name_hit hit;
        if (!vf_name_longest(index, text, i, text->folded.count - 1, country_filter, reading, &hit))
            continue;
        struct vf_country_mention mention = {.begin = text->folded.words[i].begin,
                                             .end = text->folded.words[hit.last].end};
        decide_hit(reference, text, &hit, reading, &mention.match);
        if (mention.match.country != VF_NO_COUNTRY || mention.match.ambiguous)
            out[count++] = mention;
        i = hit.last;
    }
    return count;
}

int vf_country_mentions(const struct vf_reference *reference, struct vf_slice text,
                        const struct vf_name_context *context, struct vf_arena *arena,
                        struct vf_country_mention *out, size_t max)
{
    struct reading reading = {context, true};
    struct vf_name_text prepared;

    int rc = vf_name_prepare(text, context->language, arena, &prepared);
    if (rc)
        return rc;
    size_t count = find_mentions(reference, &prepared, &reading, out, max);
    return prepared.failed ? VF_ENOMEM : (int)count;
}

/* ---- whole names ---- */

static bool whole(const struct vf_reference *reference, struct vf_name_text *text, size_t first,
                  size_t last, const struct reading *reading, struct vf_country_match *out)
{
    const struct vf_name_index *index = vf_reference_names(reference, VF_NAMES_COUNTRY);
    struct vf_name_hit hit;

    if (!vf_name_whole(index, text, first, last, country_filter, reading, &hit))
        return false;
    decide_hit(reference, text, &hit, reading, out);
    return true;
}

/* "Iran (Islamic Republic of)", "(Rep. of) Korea": the part outside the brackets. */
static bool outside_brackets(const struct vf_reference *reference, struct vf_name_text *text,
                             const struct reading *reading, struct vf_country_match *out)
{
    const struct vf_word *words = text->folded.words;
    size_t first = 0;
    size_t last = text->folded.count - 1;

    while (first < last && words[first].in_brackets)
        first++;
    while (last > first && words[last].in_brackets)
        last--;
    if (first == 0 && last == text->folded.count - 1)
        return false;
    return whole(reference, text, first, last, reading, out);
}

/* Several names of one country, or one name and other words. */
static void one_mentioned(const struct vf_reference *reference, struct vf_name_text *text,
                          const struct reading *reading, struct vf_country_match *out)
{
    struct vf_country_mention mentions[CANDIDATES_MAX];
    struct reading running = {reading->context, true};
    size_t count = find_mentions(reference, text, &running, mentions, CANDIDATES_MAX);

    for (size_t i = 0; i < count; i++) {
        if (i && mentions[i].match.country != mentions[0].match.country)
            return; /* several countries: no one answer, and nothing ambiguous */
    }
    if (count)
        *out = mentions[0].match;
}

/* "AZE" or "AZ": a code in a field of its own. */
static vf_country_index country_of_code(const struct vf_reference *reference, struct vf_slice text)
{
    if (text.len == 3)
        return vf_reference_find_iso3(reference, text);
    for (size_t i = 0; text.len == 2 && i < vf_reference_country_count(reference); i++)
        if (vf_slice_equal(vf_reference_country(reference, (vf_country_index)i)->iso2, text))
            return (vf_country_index)i;
    return VF_NO_COUNTRY;
}

int vf_country_of_name(const struct vf_reference *reference, struct vf_slice text,
                       const struct vf_name_context *context, struct vf_arena *arena,
                       struct vf_country_match *out)
{
    struct reading reading = {context, false};
    struct vf_name_text prepared;

    *out = (struct vf_country_match){.country = VF_NO_COUNTRY};
    int rc = vf_name_prepare(text, context->language, arena, &prepared);
    if (rc || !prepared.folded.count)
        return rc;
    if (whole(reference, &prepared, 0, prepared.folded.count - 1, &reading, out) ||
        outside_brackets(reference, &prepared, &reading, out))
        return VF_OK;
    one_mentioned(reference, &prepared, &reading, out);
    if (prepared.failed)
        return VF_ENOMEM;
    if (out->country != VF_NO_COUNTRY || out->ambiguous)
        return VF_OK;
    out->country = country_of_code(reference, text);
    if (out->country != VF_NO_COUNTRY)
        return VF_OK;
    const struct vf_name_entry *e = vf_name_misspelt(
        vf_reference_names(reference, VF_NAMES_COUNTRY), prepared.folded.text, LETTERS_PER_SLIP);
    if (e && e->kind != VF_NAME_AMBIGUOUS)
        out->country = (vf_country_index)e->target;
    return VF_OK;
}
