#include "normalize/lexicon.h"

#include "normalize/lexicon_languages.h"

/* Longest ending that a stem may take; bytes. Longer ones are other words. */
enum { ENDING_MAX = 14 };

vf_language vf_lexicon_language(struct vf_slice tag)
{
    char primary[4] = {0};
    size_t n = 0;

    while (n < tag.len && n < sizeof primary && tag.ptr[n] != '-' && tag.ptr[n] != '_') {
        primary[n] = (char)(tag.ptr[n] | 0x20); /* ASCII letters to lower case */
        n++;
    }
    for (size_t i = 0; n && n < sizeof primary && i < vf_lexicon_language_count; i++)
        if (!memcmp(vf_lexicon_languages[i], primary, sizeof primary))
            return (vf_language)(i + 1);
    return 0;
}

/* Whether the character that ends at end belongs to a script written without spaces, or one whose
 * words take particles without them (Han, kana, Hangul; Thai, Lao, Burmese, Khmer). */
static bool is_unspaced(const char *text, size_t end)
{
    if (end < 3)
        return false;
    unsigned char lead = (unsigned char)text[end - 3];
    unsigned char next = (unsigned char)text[end - 2];
    if (lead >= 0xE3 && lead <= 0xED) /* U+3000 .. U+DFFF */
        return true;
    if (lead == 0xE0)
        return next >= 0xB8 && next <= 0xBB; /* U+0E00 .. U+0EFF */
    return lead == 0xE1 && ((next >= 0x80 && next <= 0x82) || (next >= 0x9E && next <= 0x9F));
}

/* Entries of one phrase may speak of several languages: which one is meant. */
static const struct vf_lexicon_entry *choose(const struct vf_lexicon *lexicon, size_t phrase,
                                             vf_language language, bool at_word_end)
{
    const struct vf_lexicon_entry *end = lexicon->entries + lexicon->first[phrase + 1];
    const struct vf_lexicon_entry *any = NULL;
    bool clash = false;

    for (const struct vf_lexicon_entry *e = lexicon->entries + lexicon->first[phrase]; e < end;
         e++) {
        if (!at_word_end && !(e->flags & VF_LEXICON_PREFIX))
            continue;
        if (e->language == language)
            return e;
        if (!(e->flags & VF_LEXICON_ANY))
            continue;
        if (!any || e->language == VF_LANGUAGE_EN)
            any = e;
        else if (any->language != VF_LANGUAGE_EN)
            clash = clash || any->kind != e->kind || any->value != e->value;
    }
    return clash && any->language != VF_LANGUAGE_EN ? NULL : any;
}

static size_t word_end(struct vf_slice text, size_t from)
{
    const char *space = memchr(text.ptr + from, ' ', text.len - from);
    return space ? (size_t)(space - text.ptr) : text.len;
}

bool vf_lexicon_find(const struct vf_lexicon *lexicon, struct vf_slice folded, vf_language language,
                     struct vf_lexicon_hit *hit)
{
    const struct vf_lexicon_cell *cells = lexicon->cells;
    int32_t at = 0;

    hit->entry = NULL;
    for (size_t n = 0;; n++) {
        size_t leaf = (size_t)cells[at].base;
        if (n && leaf < lexicon->cell_count && cells[leaf].check == at) {
            bool boundary = n == folded.len || folded.ptr[n] == ' ' || is_unspaced(folded.ptr, n);
            size_t end = boundary ? n : word_end(folded, n);
            const struct vf_lexicon_entry *entry =
                end - n > ENDING_MAX
                    ? NULL
                    : choose(lexicon, (size_t)cells[leaf].base, language, boundary);
            if (entry)
                *hit = (struct vf_lexicon_hit){entry, end, n};
        }
        if (n == folded.len)
            break;
        size_t next = (size_t)cells[at].base + (unsigned char)folded.ptr[n];
        if (next >= lexicon->cell_count || cells[next].check != at)
            break;
        at = (int32_t)next;
    }
    return hit->entry != NULL;
}

size_t vf_lexicon_skip_word(struct vf_slice folded)
{
    size_t end = word_end(folded, 0);
    return end < folded.len ? end + 1 : end;
}
