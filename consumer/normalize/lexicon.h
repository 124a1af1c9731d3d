/*
 * Lexicons: words of many languages with what they mean, compiled at build time from the tables
 * in lexicon/ (see lexicon/README.md) into tries that need no loading and no lock.
 *
 * Texts are looked up folded (base/fold.h). A lexicon finds the longest of its phrases that
 * begins at a given place; a phrase of several words is one entry.
 */
#ifndef VF_NORMALIZE_LEXICON_H
#define VF_NORMALIZE_LEXICON_H

#include "base/slice.h"
#include <stdint.h>

typedef uint8_t vf_language; /* 1 .. count; 0: not told, or none that the lexicons know */

enum vf_lexicon_flags {
    VF_LEXICON_PREFIX = 1, /* an ending may follow */
    VF_LEXICON_ANY = 2,    /* understood whatever the report's language */
};

struct vf_lexicon_entry {
    int16_t value;
    uint8_t kind; /* the lexicon's own enum */
    vf_language language;
    uint8_t flags;
};

/* One step of a double-array trie: the child for byte c of the cell at b is base[b] + c, if its
 * check is b. Child 0 ends a phrase: its base is the number of the phrase. */
struct vf_lexicon_cell {
    int32_t base;
    int32_t check;
};

struct vf_lexicon {
    const struct vf_lexicon_cell *cells;
    size_t cell_count;
    const uint16_t *first; /* of phrase p: its entries are first[p] .. first[p + 1] - 1 */
    const struct vf_lexicon_entry *entries;
};

struct vf_lexicon_hit {
    const struct vf_lexicon_entry *entry;
    size_t length; /* bytes taken from the text, an ending included */
    size_t stem;   /* bytes of them without the ending */
};

/* The lexicon's language for a BCP 47 tag; only the primary subtag counts. */
vf_language vf_lexicon_language(struct vf_slice tag);

/* The longest phrase that begins the folded text and ends where a word does (anywhere in scripts
 * without spaces). Where phrases mean several things, the report's language decides, then
 * English; false if neither does, or nothing is found. */
bool vf_lexicon_find(const struct vf_lexicon *lexicon, struct vf_slice folded, vf_language language,
                     struct vf_lexicon_hit *hit);

/* Bytes to the beginning of the next word, or the length of the text. */
size_t vf_lexicon_skip_word(struct vf_slice folded);

extern const struct vf_lexicon vf_lexicon_dates;
extern const struct vf_lexicon vf_lexicon_offices;
extern const struct vf_lexicon vf_lexicon_names;
extern const struct vf_lexicon vf_lexicon_occasions;

#endif
