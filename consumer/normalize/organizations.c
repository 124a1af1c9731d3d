/*
 * Organizations in text. In this order: the longest name outside brackets; what stands inside
 * brackets; a parent organization with the words of a parliamentary body ("Parliamentary Assembly
 * of the OIC"). Acronyms that also mean something else are settled by what the report says, or
 * by nothing.
 */
#include "normalize/organization_query.h"

enum {
    LETTERS_PER_SLIP = 10, /* one letter in so many may be wrong */
};

static struct vf_slice key_of(const struct vf_name_entry *entry)
{
    return vf_slice(entry->key, entry->key_len);
}

/* ---- acronyms ---- */

static struct vf_slice raw_of(const struct vf_name_text *text, const struct vf_name_hit *hit)
{
    const struct vf_word *words = text->folded.words;
    return vf_slice(text->raw.ptr + words[hit->first].raw_begin,
                    words[hit->last].raw_end - words[hit->first].raw_begin);
}

static bool is_spoken(const struct vf_name_entry *entry, struct vf_slice language)
{
    return !entry->languages || vf_name_speaks(entry, language);
}

/* "OPEC+" is not OPEC. */
static bool is_extended(const struct vf_name_text *text, const struct vf_name_hit *hit)
{
    size_t end = text->folded.words[hit->last].raw_end;
    return end < text->raw.len && text->raw.ptr[end] == '+';
}

/* Written in capitals, or just as the table has it ("IsDB"), or as a word with a capital
 * ("Asean") that is not a word of its own. */
static bool is_acronym_here(const struct vf_name_text *text, const struct vf_name_hit *hit,
                            const struct vf_name_entry *entry,
                            const struct vf_organization_query *query)
{
    enum { WORD_LETTERS_MIN = 4 };
    struct vf_slice written = vf_slice(entry->written, entry->written_len);
    const struct vf_name_index *countries = vf_reference_names(query->reference, VF_NAMES_COUNTRY);

    if (is_extended(text, hit) && written.ptr[written.len - 1] != '+')
        return false;
    /* So short an acronym is a word or a company's form in other languages. */
    if (vf_name_letters(key_of(entry)) < WORD_LETTERS_MIN && !entry->english &&
        query->context->language.len && text->folded.words[hit->first].script == VF_SCRIPT_LATIN &&
        !is_spoken(entry, query->context->language))
        return false;
    if (vf_slice_equal(raw_of(text, hit), written))
        return true;
    if (vf_name_in_capitals(text, hit))
        return true;
    if (vf_name_letters(key_of(entry)) < WORD_LETTERS_MIN ||
        vf_name_find(countries, key_of(entry), VF_STEM_NONE)) /* "Guam" is an island */
        return false;
    if (!entry->english && query->context->language.len &&
        !is_spoken(entry, query->context->language)) /* "Esbo" is a city in Swedish */
        return false;
    return vf_name_capitalized(text, hit->first) ||
           (hit->first == 0 && hit->last + 1 == text->folded.count &&
            !vf_organization_collides(query, key_of(entry))); /* "pace" is a word */
}

bool vf_organization_filter(const struct vf_name_text *text, const struct vf_name_hit *hit,
                            const struct vf_name_entry *entry, const void *data)
{
    const struct vf_organization_query *query = data;

    if (entry->kind == VF_NAME_ACRONYM)
        return is_acronym_here(text, hit, entry, query);
    if (hit->form == VF_FORM_NUMBERED)
        return false;
    if (text->folded.words[hit->first].in_brackets != text->folded.words[hit->last].in_brackets)
        return false;
    return true;
}

/* ---- what a key means ---- */

/* A name no longer, or not yet, in use is a weaker reading than one in use. */
static bool in_use(const struct vf_name_entry *entry, const struct vf_name_context *context)
{
    int32_t day = context->day;

    if (entry->since != VF_DAY_MIN || entry->until != VF_DAY_MAX)
        vf_name_consult(context);
    return day == VF_DAY_MIN || (entry->since <= day && day < entry->until);
}

/* Greater is better. */
static int worth(const struct vf_name_entry *entry, const struct vf_name_context *context)
{
    return 4 * in_use(entry, context) + 2 * is_spoken(entry, context->language) +
           (entry->kind != VF_NAME_BODY) + (entry->kind == VF_NAME_OFFICIAL);
}

void vf_organization_add_alternative(struct vf_organization_reading *out,
                                     vf_organization_index organization)
{
    for (size_t i = 0; i < out->alternative_count; i++)
        if (out->alternatives[i] == organization)
            return;
    if (organization != VF_NO_ORGANIZATION && out->alternative_count < VF_ALTERNATIVES_MAX)
        out->alternatives[out->alternative_count++] = organization;
}

static int32_t method_of(const struct vf_name_entry *entry)
{
    switch (entry->kind) {
    case VF_NAME_OFFICIAL: return VF_METHOD_NAME;
    case VF_NAME_ACRONYM: return VF_METHOD_ACRONYM;
    case VF_NAME_NONE: return VF_METHOD_NONE;
    default: return VF_METHOD_ALIAS;
    }
}

/* Of the entries of one key the best; two that are equally good leave it open. */
void vf_organization_settle_key(const struct vf_organization_query *query,
                                struct vf_name_text *text, const struct vf_name_hit *hit,
                                struct vf_organization_reading *out)
{
    const struct vf_name_entry *best = NULL;
    bool tied = false;

    *out = (struct vf_organization_reading){.organization = VF_NO_ORGANIZATION};
    for (const struct vf_name_entry *e = hit->entry;
         (e = vf_name_next(text, hit, e, vf_organization_filter, query)) != NULL; e = e->next) {
        int difference = best ? worth(e, query->context) - worth(best, query->context) : 1;
        if (best && e->target != best->target)
            vf_organization_add_alternative(
                out, (vf_organization_index)(difference > 0 ? best->target : e->target));
        if (difference > 0) {
            best = e;
            tied = false;
        } else if (difference == 0 && e->target != best->target) {
            tied = true;
        }
    }
    if (!best)
        return;
    if (tied) {
        vf_organization_add_alternative(out, (vf_organization_index)best->target);
        return;
    }
    out->organization = (vf_organization_index)best->target;
    out->method = method_of(best);
}

/* ---- the text ---- */

/* Whether the hit leaves words that another reading of the whole text may explain. */
static bool leaves_words(const struct vf_name_text *text, const struct vf_name_hit *hit)
{
    return hit->last - hit->first + 1 < text->folded.count;
}

/* The longest name among those outside (or inside) brackets; the first of equal ones. */
static bool longest_hit(const struct vf_organization_query *query, struct vf_name_text *text,
                        bool inside, struct vf_name_hit *out)
{
    size_t best = 0;

    for (size_t i = 0; i < text->folded.count; i++) {
        struct vf_name_hit hit;
        if (text->folded.words[i].in_brackets != inside)
            continue;
        if (!vf_name_longest(query->index, text, i, text->folded.count - 1, vf_organization_filter,
                             query, &hit))
            continue;
        size_t bytes = text->folded.words[hit.last].end - text->folded.words[i].begin;
        if (bytes > best) {
            best = bytes;
            *out = hit;
        }
    }
    return best > 0;
}

static int settle_hit(const struct vf_organization_query *query, struct vf_name_text *text,
                      const struct vf_name_hit *hit, struct vf_organization_reading *out)
{
    vf_organization_settle_key(query, text, hit, out);
    const struct vf_name_entry *e =
        vf_name_next(text, hit, hit->entry, vf_organization_filter, query);
    if (e && e->kind == VF_NAME_ACRONYM) {
        int rc = vf_organization_settle_collision(query, text, hit, out);
        if (rc)
            return rc;
    }
    vf_organization_prefer_parliament(query, text, hit, out);
    return VF_OK;
}

/* 1 for an opening bracket at the text's start, -1 for a closing one, 0 for none; *len bytes. */
static int bracket_at(struct vf_slice text, size_t *len)
{
    static const struct {
        struct vf_slice text;
        int step;
    } brackets[] = {
        {VF_SLICE_LITERAL("("), 1},  {VF_SLICE_LITERAL(")"), -1}, {VF_SLICE_LITERAL("["), 1},
        {VF_SLICE_LITERAL("]"), -1}, {VF_SLICE_LITERAL("（"), 1}, {VF_SLICE_LITERAL("）"), -1},
    };

    *len = 1;
    if (text.ptr[0] != '(' && text.ptr[0] != ')' && text.ptr[0] != '[' && text.ptr[0] != ']' &&
        (unsigned char)text.ptr[0] != 0xEF)
        return 0;
    for (size_t i = 0; i < sizeof brackets / sizeof brackets[0]; i++)
        if (vf_slice_starts(text, brackets[i].text)) {
            *len = brackets[i].text.len;
            return brackets[i].step;
        }
    return 0;
}

/* The text with its bracketed parts taken out: "Non-Aligned Movement (NAM) Parliamentary
 * Network". ptr NULL: no brackets, or out of memory. */
static struct vf_slice without_brackets(struct vf_slice text, struct vf_arena *arena)
{
    char *out = vf_arena_alloc(arena, text.len + 1);
    size_t written = 0;
    int depth = 0;
    bool any = false;
    size_t len;

    for (size_t i = 0; out && i < text.len; i += len) {
        int step = bracket_at(vf_slice(text.ptr + i, text.len - i), &len);
        any = any || step > 0;
        if (step > 0)
            depth++;
        else if (step < 0 && depth)
            depth--;
        else if (!depth)
            out[written++] = text.ptr[i];
    }
    return out && any ? vf_slice(out, written) : VF_SLICE_NULL;
}

/* All words of the text, in any order, are those of one name. */
static bool match_set(const struct vf_organization_query *query, struct vf_name_text *text,
                      struct vf_organization_reading *out)
{
    vf_name_stem(text);
    for (size_t i = 0; i < text->stem_count; i++) {
        const struct vf_stem_variant *v = &text->stems[i];
        char *key = vf_arena_alloc(query->arena, v->text.len + 1);
        size_t len = key ? vf_name_set_key(v->text, key) : 0;
        if (!len)
            continue;
        struct vf_name_hit hit = {
            .entry = vf_name_find(query->index, vf_slice(key, len), v->family | VF_STEM_SET),
            .last = text->folded.count - 1,
            .form = VF_FORM_STEM};
        if (!hit.entry)
            continue;
        vf_organization_settle_key(query, text, &hit, out);
        return true;
    }
    return false;
}

static bool match_misspelt(const struct vf_organization_query *query, struct vf_name_text *text,
                           struct vf_organization_reading *out)
{
    const struct vf_name_entry *e =
        vf_name_misspelt(query->index, text->folded.text, LETTERS_PER_SLIP);

    if (!e)
        return false;
    out->organization = (vf_organization_index)e->target;
    out->method = VF_METHOD_ALIAS;
    return true;
}

/* "Conference of Parliaments of OIC Members (PUIC)": the brackets name the whole, where the name
 * outside is that of the parent, or but a small part of the words. */
static int prefer_bracketed(const struct vf_organization_query *query, struct vf_slice raw,
                            bool small_part, struct vf_organization_reading *out)
{
    struct vf_organization_reading inside;
    struct vf_name_text text;
    struct vf_name_hit hit;

    int rc = vf_name_prepare(raw, query->context->language, query->arena, &text);
    if (rc || !longest_hit(query, &text, true, &hit))
        return text.failed ? VF_ENOMEM : rc;
    rc = settle_hit(query, &text, &hit, &inside);
    if (rc || inside.organization == VF_NO_ORGANIZATION || inside.organization == out->organization)
        return rc;
    struct vf_slice parent =
        vf_reference_organization(query->reference, inside.organization)->parent_id;
    bool of_it =
        out->organization != VF_NO_ORGANIZATION &&
        vf_slice_equal(parent, vf_reference_organization(query->reference, out->organization)->id);
    if (!of_it && !small_part)
        return VF_OK;
    vf_organization_add_alternative(&inside, out->organization);
    *out = inside;
    return VF_OK;
}

int vf_organization_of_text(const struct vf_reference *reference, struct vf_slice text,
                            const struct vf_name_context *context, struct vf_arena *arena,
                            struct vf_organization_reading *out)
{
    struct vf_organization_query query = {
        reference, vf_reference_names(reference, VF_NAMES_ORGANIZATION), context, arena};
    struct vf_name_text prepared;
    struct vf_name_hit hit;

    *out = (struct vf_organization_reading){.organization = VF_NO_ORGANIZATION};
    if (text.len > VF_NAME_TEXT_MAX)
        text = vf_name_cut(text);
    struct vf_slice outside = without_brackets(text, arena);
    int rc = vf_name_prepare(outside.ptr ? outside : text, context->language, arena, &prepared);
    if (rc)
        return rc;
    bool found = longest_hit(&query, &prepared, false, &hit);
    if ((!found || leaves_words(&prepared, &hit)) && match_set(&query, &prepared, out))
        return prepared.failed ? VF_ENOMEM : VF_OK;
    if (found) {
        rc = settle_hit(&query, &prepared, &hit, out);
        if (!rc && outside.ptr && leaves_words(&prepared, &hit))
            rc = prefer_bracketed(&query, text,
                                  2 * (hit.last - hit.first + 1) < prepared.folded.count, out);
        return prepared.failed ? VF_ENOMEM : rc;
    }
    if (prepared.failed)
        return VF_ENOMEM;
    if (match_misspelt(&query, &prepared, out) || !outside.ptr)
        return VF_OK;
    rc = vf_name_prepare(text, context->language, arena, &prepared);
    if (!rc && longest_hit(&query, &prepared, true, &hit))
        rc = settle_hit(&query, &prepared, &hit, out);
    return prepared.failed ? VF_ENOMEM : rc;
}
