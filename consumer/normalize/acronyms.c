/* Acronyms of several meanings: settled by what the report says, or left open. */
#include "normalize/organization_query.h"

enum {
    EXPANSION_WORDS_MAX = 12, /* words beside an acronym that may spell it out */
};

/* Whether a phrase stands in folded text between word ends. */
static bool holds_phrase(struct vf_slice text, struct vf_slice phrase)
{
    const char *at = text.ptr;
    const char *stop = text.ptr + text.len;

    if (!phrase.len)
        return false;
    while ((at = memmem(at, (size_t)(stop - at), phrase.ptr, phrase.len)) != NULL) {
        const char *end = at + phrase.len;
        if ((at == text.ptr || at[-1] == ' ') && (end == stop || *end == ' '))
            return true;
        at++;
    }
    return false;
}

static bool holds_cue(struct vf_slice text, uint64_t words, const struct vf_collision *reading)
{
    for (size_t i = 0; i < reading->cue_count; i++)
        if (!(reading->cues[i].words & ~words) && holds_phrase(text, reading->cues[i].phrase))
            return true;
    return false;
}

static void mark(struct vf_collision_set *set, size_t i)
{
    set->bits[i / 64] |= UINT64_C(1) << i % 64;
}

static bool is_marked(const struct vf_collision_set *set, size_t i)
{
    return set->bits[i / 64] >> i % 64 & 1;
}

/* Marks those of the readings [first, first + count) that a folded text tells. */
static void mark_told(const struct vf_collision *all, size_t first, size_t count,
                      struct vf_slice folded, struct vf_collision_set *told)
{
    uint64_t words = vf_cue_words(folded);

    for (size_t i = first; i < first + count; i++)
        if (holds_cue(folded, words, &all[i]))
            mark(told, i);
}

/* What one of the report's other texts tells of any acronym. 0 or VF_ENOMEM. */
static int told_by(const struct vf_organization_query *query, struct vf_slice raw,
                   struct vf_collision_set *out)
{
    struct vf_memo_key key = {.text = raw, .kind = VF_MEMO_CUES};
    struct vf_slice folded;
    size_t count;

    if (vf_memo_find(query->context->memo, &key, out, sizeof *out))
        return VF_OK;
    *out = (struct vf_collision_set){0};
    const struct vf_collision *all = vf_reference_collisions(query->reference, &count);
    int rc = vf_fold(raw, query->arena, &folded);
    if (rc)
        return rc == VF_ENOMEM ? rc : VF_OK;
    mark_told(all, 0, count, folded, out);
    vf_memo_keep(query->context->memo, &key, out, sizeof *out);
    return VF_OK;
}

/* What the report's other texts tell: asked for once, as it is the same for all look-ups. */
static int told_by_others(const struct vf_organization_query *query, struct vf_collision_set *out)
{
    struct vf_cues_told *kept = query->context->told;

    if (kept && kept->known) {
        *out = kept->set;
        return VF_OK;
    }
    *out = (struct vf_collision_set){0};
    for (size_t i = 0; i < query->context->text_count; i++) {
        struct vf_collision_set set;
        struct vf_slice raw = query->context->texts[i];
        if (raw.len > VF_NAME_TEXT_MAX)
            continue;
        int rc = told_by(query, raw, &set);
        if (rc)
            return rc;
        for (size_t k = 0; k < sizeof set.bits / sizeof set.bits[0]; k++)
            out->bits[k] |= set.bits[k];
    }
    if (kept)
        *kept = (struct vf_cues_told){true, *out};
    return VF_OK;
}

/* "Instrument for Pre-Accession (IPA)", "CPA: certified public accountant": the words whose
 * initials are the acronym's letters, next to it. */
static bool spells(struct vf_name_text *text, size_t first, size_t count, struct vf_slice acronym)
{
    size_t at = 0;

    if (count > EXPANSION_WORDS_MAX)
        return false;
    for (size_t i = first; i < first + count && at < acronym.len; i++)
        if (text->folded.text.ptr[text->folded.words[i].begin] == acronym.ptr[at])
            at++;
    return at == acronym.len && count >= acronym.len;
}

static bool is_acronym_word(struct vf_name_text *text, size_t word, struct vf_slice acronym)
{
    const struct vf_word *w = &text->folded.words[word];
    return vf_slice_equal(vf_slice(text->folded.text.ptr + w->begin, w->end - w->begin), acronym);
}

/* Whether the text spells the acronym out, with words that stand before "(ACRONYM)" or behind
 * "ACRONYM:"; *first and *count say which. */
static bool spelt_out(struct vf_name_text *text, struct vf_slice acronym, bool brackets,
                      size_t *first, size_t *count)
{
    for (size_t i = 0; i < text->folded.count; i++) {
        if (!is_acronym_word(text, i, acronym))
            continue;
        const struct vf_word *w = &text->folded.words[i];
        bool colon = w->raw_end < text->raw.len && text->raw.ptr[w->raw_end] == ':';
        for (size_t n = acronym.len; n <= EXPANSION_WORDS_MAX; n++) {
            *count = n;
            *first = i + 1;
            if (colon && i + n < text->folded.count && spells(text, i + 1, n, acronym))
                return true;
            if (!brackets || !w->in_brackets || n > i)
                continue;
            *first = i - n;
            if (text->folded.text.ptr[text->folded.words[i - n].begin] == acronym.ptr[0] &&
                spells(text, i - n, n, acronym))
                return true;
        }
    }
    return false;
}

/* Most texts have neither a colon nor a bracket; a wide one begins with EF. */
static bool may_spell_out(struct vf_slice raw)
{
    static const char marks[] = {':', '(', '[', (char)0xEF};

    for (size_t i = 0; raw.len && i < sizeof marks; i++)
        if (memchr(raw.ptr, marks[i], raw.len))
            return true;
    return false;
}

/* Settles an acronym that some text spells out: by what the words name, or as nothing known.
 * 1: settled, 0: not spelt out, VF_ENOMEM. */
static int settle_spelt_out(const struct vf_organization_query *query, struct vf_slice raw,
                            struct vf_slice acronym, bool brackets,
                            struct vf_organization_reading *out)
{
    struct vf_name_text text;
    struct vf_name_hit hit;
    size_t first;
    size_t count;

    if (!may_spell_out(raw))
        return 0;
    int rc = vf_name_prepare(raw, query->context->language, query->arena, &text);
    if (rc)
        return rc;
    if (!spelt_out(&text, acronym, brackets, &first, &count))
        return 0;
    if (vf_name_whole(query->index, &text, first, first + count - 1, vf_organization_filter, query,
                      &hit)) {
        vf_organization_settle_key(query, &text, &hit, out);
        if (out->organization != VF_NO_ORGANIZATION)
            out->method = VF_METHOD_CONTEXT;
        return 1;
    }
    vf_organization_add_alternative(out, out->organization);
    out->organization = VF_NO_ORGANIZATION;
    out->method = VF_METHOD_NONE;
    return 1;
}

/* The same for all texts of the report. Behind a colon any acronym is believed to be spelt out;
 * before brackets only one of several meanings, as translations have the same initials. */
static int settle_by_words(const struct vf_organization_query *query, struct vf_name_text *text,
                           struct vf_slice acronym, bool brackets,
                           struct vf_organization_reading *out)
{
    int rc = settle_spelt_out(query, text->raw, acronym, brackets, out);

    for (size_t i = 0; !rc && i < query->context->text_count; i++) {
        struct vf_slice other = query->context->texts[i];
        if (!brackets &&
            (other.len > VF_NAME_TEXT_MAX || !other.len || !memchr(other.ptr, ':', other.len)))
            continue;
        rc = settle_spelt_out(query, other, acronym, brackets, out);
    }
    return rc;
}

/* The readings of an acronym: count of them, from *first on, among all. */
static const struct vf_collision *readings_of(const struct vf_reference *reference,
                                              struct vf_slice acronym, size_t *first, size_t *count)
{
    size_t all;
    const struct vf_collision *c = vf_reference_collisions(reference, &all);

    *first = 0;
    while (*first < all && vf_slice_compare(c[*first].acronym, acronym) < 0)
        (*first)++;
    *count = 0;
    while (*first + *count < all && vf_slice_equal(c[*first + *count].acronym, acronym))
        (*count)++;
    return c;
}

bool vf_organization_collides(const struct vf_organization_query *query, struct vf_slice acronym)
{
    size_t first;
    size_t count;

    readings_of(query->reference, acronym, &first, &count);
    return count > 0;
}

static void take_reading(const struct vf_collision *readings, size_t count, size_t taken,
                         int32_t method, struct vf_organization_reading *out)
{
    out->alternative_count = 0;
    for (size_t i = 0; i < count; i++)
        if (i != taken)
            vf_organization_add_alternative(out, readings[i].organization);
    out->organization = taken < count ? readings[taken].organization : VF_NO_ORGANIZATION;
    out->method = out->organization == VF_NO_ORGANIZATION ? VF_METHOD_NONE : method;
}

int vf_organization_settle_collision(const struct vf_organization_query *query,
                                     struct vf_name_text *text, const struct vf_name_hit *hit,
                                     struct vf_organization_reading *out)
{
    struct vf_slice acronym = vf_slice(hit->entry->key, hit->entry->key_len);
    size_t first;
    size_t count;
    const struct vf_collision *all = readings_of(query->reference, acronym, &first, &count);
    const struct vf_collision *readings = all + first;
    struct vf_collision_set set;
    size_t told = count;
    size_t usual = count;
    size_t told_count = 0;

    if (!count) {
        int spelt = settle_by_words(query, text, acronym, false, out);
        return spelt < 0 ? spelt : VF_OK;
    }
    vf_name_consult(query->context);
    int rc = told_by_others(query, &set);
    if (rc)
        return rc;
    mark_told(all, first, count, text->folded.text, &set);
    for (size_t i = 0; i < count; i++) {
        if (is_marked(&set, first + i)) {
            told = i;
            told_count++;
        }
        if (readings[i].usual)
            usual = i;
    }
    if (told_count == 1) {
        take_reading(readings, count, told, VF_METHOD_CONTEXT, out);
        return VF_OK;
    }
    rc = settle_by_words(query, text, acronym, true, out);
    if (rc)
        return rc < 0 ? rc : VF_OK;
    take_reading(readings, count, told_count ? count : usual, VF_METHOD_ACRONYM, out);
    return VF_OK;
}
