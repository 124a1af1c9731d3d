#include "normalize/name_match.h"

enum {
    SUFFIX_LETTERS_MAX = 5,  /* behind an apostrophe: "Türkiye'ninki" */
    ELISION_LETTERS_MAX = 5, /* before it: "l'", "dell'", "quell'" */
};

static bool is_utf8_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

size_t vf_name_letters(struct vf_slice text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += !is_utf8_continuation(text.ptr[i]);
    return n;
}

static struct vf_slice word_text(const struct vf_name_text *text, size_t word)
{
    const struct vf_word *w = &text->folded.words[word];
    return vf_slice(text->folded.text.ptr + w->begin, w->end - w->begin);
}

/* Where the word's apostrophe parts a short ending ("Ghana's") or a short article ("l'Inde")
 * from the name; the whole word where it does neither. */
static struct vf_slice without_apostrophe(const struct vf_name_text *text, size_t word,
                                          bool *ending)
{
    const struct vf_word *w = &text->folded.words[word];
    struct vf_slice all = word_text(text, word);
    struct vf_slice before = vf_slice(all.ptr, w->apostrophe);

    *ending = false;
    /* In Cyrillic it is a letter of the word, or parts a French name's article: "об'єднаних". */
    if (!w->apostrophe || w->apostrophe >= all.len || w->script == VF_SCRIPT_CYRILLIC)
        return all;
    struct vf_slice after = vf_slice(all.ptr + before.len, all.len - before.len);
    size_t letters_before = vf_name_letters(before);
    size_t letters_after = vf_name_letters(after);
    if (letters_after <= SUFFIX_LETTERS_MAX && letters_before > letters_after) {
        *ending = true;
        return before;
    }
    return letters_before <= ELISION_LETTERS_MAX ? after : all;
}

static int stem_words(const struct vf_name_text *text, enum vf_stem_family family,
                      struct vf_arena *arena, struct vf_stem_variant *out)
{
    size_t count = text->folded.count;
    /* A stem is no longer than its word, but for the pairs, which double it at most. */
    char *stems = vf_arena_alloc(arena, 2 * text->folded.text.len + count + 32);
    uint32_t *begin = vf_arena_alloc(arena, 2 * count * sizeof *begin);
    size_t len = 0;
    bool ending;

    if (!stems || !begin)
        return VF_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct vf_slice stem = vf_stem(without_apostrophe(text, i, &ending), family);
        if (len && stem.len)
            stems[len++] = ' ';
        begin[i] = (uint32_t)len;
        memcpy(stems + len, stem.ptr, stem.len);
        len += stem.len;
        begin[count + i] = (uint32_t)len;
    }
    *out = (struct vf_stem_variant){family, vf_slice(stems, len), begin, begin + count};
    return VF_OK;
}

/* The script of most words; of equally many the first word's. */
static enum vf_script script_of_text(const struct vf_name_text *text)
{
    uint16_t words[VF_SCRIPT_UNSPACED + 1] = {0};
    enum vf_script most = VF_SCRIPT_OTHER;

    for (size_t i = 0; i < text->folded.count && i < UINT16_MAX; i++)
        words[text->folded.words[i].script]++;
    words[VF_SCRIPT_OTHER] = 0;
    for (size_t i = 0; i < text->folded.count; i++)
        if (words[text->folded.words[i].script] > words[most])
            most = (enum vf_script)text->folded.words[i].script;
    return most;
}

struct vf_slice vf_name_cut(struct vf_slice text)
{
    if (text.len <= VF_NAME_TEXT_MAX)
        return text;
    text.len = VF_NAME_TEXT_MAX;
    while (text.len && is_utf8_continuation(text.ptr[text.len]))
        text.len--;
    return text;
}

int vf_name_prepare(struct vf_slice text, struct vf_slice language, struct vf_arena *arena,
                    struct vf_name_text *out)
{
    text = vf_name_cut(text);
    *out = (struct vf_name_text){.raw = text, .language = language, .arena = arena};
    int rc = vf_fold_words(text, arena, &out->folded);
    if (rc == VF_EUTF8 || rc == VF_ELIMIT) {
        out->folded = (struct vf_folded){.text = vf_slice("", 0)};
        return VF_OK;
    }
    out->raw = rc ? text : out->folded.raw;
    return rc;
}

void vf_name_stem(struct vf_name_text *text)
{
    if (text->stemmed)
        return;
    text->stemmed = true;
    enum vf_script script = script_of_text(text);
    enum vf_stem_family families[VF_STEM_VARIANTS] = {vf_stem_family_of(text->language, script),
                                                      script == VF_SCRIPT_LATIN ? VF_STEM_ENGLISH
                                                                                : VF_STEM_NONE};
    for (size_t i = 0; i < VF_STEM_VARIANTS && !text->failed; i++) {
        if (families[i] == VF_STEM_NONE || (i && families[i] == families[0]))
            continue;
        text->failed =
            stem_words(text, families[i], text->arena, &text->stems[text->stem_count]) != VF_OK;
        text->stem_count += !text->failed;
    }
}

const struct vf_name_entry *vf_name_next(const struct vf_name_text *text,
                                         const struct vf_name_hit *hit,
                                         const struct vf_name_entry *entry, vf_name_filter filter,
                                         const void *data)
{
    while (entry && filter && !filter(text, hit, entry, data))
        entry = entry->next;
    return entry;
}

static bool accept(const struct vf_name_index *index, const struct vf_name_text *text,
                   struct vf_slice key, enum vf_stem_family family, struct vf_name_hit *hit,
                   vf_name_filter filter, const void *data)
{
    hit->entry = vf_name_find(index, key, family);
    return vf_name_next(text, hit, hit->entry, filter, data) != NULL;
}

/* Digits behind two letters or more: "AIPA46"; 0 for "G20". */
static size_t trailing_digits(const struct vf_name_text *text, size_t word)
{
    struct vf_slice all = word_text(text, word);
    size_t n = 0;

    while (n < all.len && all.ptr[all.len - 1 - n] >= '0' && all.ptr[all.len - 1 - n] <= '9')
        n++;
    return n && vf_name_letters(all) - n >= 2 ? n : 0;
}

/* The run as printed, then without what apostrophes join to its ends. */
static bool match_text(const struct vf_name_index *index, const struct vf_name_text *text,
                       struct vf_name_hit *hit, vf_name_filter filter, const void *data)
{
    const struct vf_word *first = &text->folded.words[hit->first];
    const struct vf_word *last = &text->folded.words[hit->last];
    const char *ptr = text->folded.text.ptr;
    bool ending;

    hit->form = VF_FORM_EXACT;
    if (accept(index, text, vf_slice(ptr + first->begin, last->end - first->begin), VF_STEM_NONE,
               hit, filter, data))
        return true;
    hit->form = VF_FORM_NUMBERED;
    size_t digits = trailing_digits(text, hit->last);
    if (digits &&
        accept(index, text, vf_slice(ptr + first->begin, last->end - digits - first->begin),
               VF_STEM_NONE, hit, filter, data))
        return true;
    if (!first->apostrophe && !last->apostrophe)
        return false;
    hit->form = VF_FORM_APOSTROPHE;
    struct vf_slice head = without_apostrophe(text, hit->first, &ending);
    const char *begin = head.ptr;
    struct vf_slice tail = without_apostrophe(text, hit->last, &ending);
    return accept(index, text, vf_slice(begin, (size_t)(tail.ptr + tail.len - begin)), VF_STEM_NONE,
                  hit, filter, data);
}

static bool match_stems(const struct vf_name_index *index, struct vf_name_text *text,
                        struct vf_name_hit *hit, vf_name_filter filter, const void *data)
{
    hit->form = VF_FORM_STEM;
    vf_name_stem(text);
    for (size_t i = 0; i < text->stem_count; i++) {
        const struct vf_stem_variant *v = &text->stems[i];
        uint32_t begin = v->begin[hit->first];
        uint32_t end = v->end[hit->last];
        /* A silent word neither begins nor ends a name. */
        if (v->end[hit->first] == begin || v->begin[hit->last] == end)
            continue;
        if (accept(index, text, vf_slice(v->text.ptr + begin, end - begin), v->family, hit, filter,
                   data))
            return true;
    }
    return false;
}

bool vf_name_whole(const struct vf_name_index *index, struct vf_name_text *text, size_t first,
                   size_t last, vf_name_filter filter, const void *data, struct vf_name_hit *out)
{
    *out = (struct vf_name_hit){.first = first, .last = last};
    return match_text(index, text, out, filter, data) ||
           match_stems(index, text, out, filter, data);
}

/* Most words begin no name: two bit tests spare the look-ups. */
static bool may_start(const struct vf_name_index *index, struct vf_name_text *text, size_t word)
{
    const struct vf_word *w = &text->folded.words[word];

    if (!w->may_begin)
        return false;
    if (w->apostrophe || trailing_digits(text, word) ||
        vf_name_may_start(index, word_text(text, word), VF_STEM_NONE))
        return true;
    vf_name_stem(text);
    for (size_t i = 0; i < text->stem_count; i++) {
        const struct vf_stem_variant *v = &text->stems[i];
        struct vf_slice stem =
            vf_slice(v->text.ptr + v->begin[word], v->end[word] - v->begin[word]);
        const char *space = stem.len ? memchr(stem.ptr, ' ', stem.len) : NULL;
        if (space)
            stem.len = (size_t)(space - stem.ptr);
        if (stem.len && vf_name_may_start(index, stem, v->family))
            return true;
    }
    return false;
}

bool vf_name_longest(const struct vf_name_index *index, struct vf_name_text *text, size_t first,
                     size_t last, vf_name_filter filter, const void *data, struct vf_name_hit *out)
{
    /* Silent words make a run longer than its key. */
    size_t reach = first + 2 * index->words_max;

    if (!may_start(index, text, first))
        return false;
    if (reach < last)
        last = reach;
    for (size_t i = last + 1; i > first; i--)
        if (vf_name_whole(index, text, first, i - 1, filter, data, out))
            return true;
    return false;
}

bool vf_name_speaks(const struct vf_name_entry *entry, struct vf_slice language)
{
    struct vf_slice rest = vf_slice(entry->languages, entry->languages_len);
    size_t len = 0;

    while (len < language.len && language.ptr[len] != '-')
        len++;
    while (len && rest.len) {
        const char *space = memchr(rest.ptr, ' ', rest.len);
        size_t tag = space ? (size_t)(space - rest.ptr) : rest.len;
        if (tag >= len && !memcmp(rest.ptr, language.ptr, len) &&
            (tag == len || rest.ptr[len] == '-'))
            return true;
        rest = space ? vf_slice(space + 1, rest.len - tag - 1) : VF_SLICE_NULL;
    }
    return false;
}

static bool has_case(uint8_t script)
{
    return script == VF_SCRIPT_LATIN || script == VF_SCRIPT_CYRILLIC || script == VF_SCRIPT_GREEK ||
           script == VF_SCRIPT_ARMENIAN;
}

bool vf_name_in_capitals(const struct vf_name_text *text, const struct vf_name_hit *hit)
{
    size_t capitals = 0;
    size_t letters = 0;

    for (size_t i = hit->first; i <= hit->last; i++) {
        const struct vf_word *w = &text->folded.words[i];
        bool ending;
        struct vf_slice part = without_apostrophe(text, i, &ending);
        if (!has_case(w->script))
            continue;
        capitals += w->capitals;
        letters += hit->form == VF_FORM_APOSTROPHE ? vf_name_letters(part) : w->letters;
    }
    return capitals + (capitals > 1) >= letters; /* "RoK" */
}

bool vf_name_capitalized(const struct vf_name_text *text, size_t word)
{
    const struct vf_word *w = &text->folded.words[word];
    return !has_case(w->script) || w->capitals > 0;
}
