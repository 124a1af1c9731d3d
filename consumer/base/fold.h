/*
 * Folding: the one form in which names are compared. Compatibility forms, case, marks,
 * zero-width and control characters, apostrophes, the dotted/dotless i and look-alike letters
 * of another script inside a word are evened out; every run of other punctuation and space
 * becomes one space; none at either end. Composed and decomposed text fold alike.
 * Two texts that a reader would call the same name fold alike; words of different scripts
 * never do.
 */
#ifndef VF_BASE_FOLD_H
#define VF_BASE_FOLD_H

#include "base/arena.h"
#include <stdbool.h>
#include <stdint.h>

enum vf_script {
    VF_SCRIPT_OTHER,
    VF_SCRIPT_LATIN,
    VF_SCRIPT_CYRILLIC,
    VF_SCRIPT_GREEK,
    VF_SCRIPT_ARABIC,
    VF_SCRIPT_HEBREW,
    VF_SCRIPT_ARMENIAN,
    VF_SCRIPT_GEORGIAN,
    VF_SCRIPT_HAN,
    VF_SCRIPT_KANA,
    VF_SCRIPT_HANGUL,
    VF_SCRIPT_UNSPACED, /* Thai, Lao, Khmer, Burmese: written without spaces */
};

/* A word of folded text. Scripts written without spaces have one word a character (kana: one a
 * run), with no space between; Hangul one a syllable. */
struct vf_word {
    uint32_t begin; /* bytes of the folded text */
    uint32_t end;
    uint32_t raw_begin; /* bytes of vf_folded.raw */
    uint32_t raw_end;
    uint8_t script;  /* enum vf_script, of its first letter; OTHER for digits */
    uint8_t letters; /* as given, digits not counted; 255 stands for more */
    uint8_t capitals;
    uint8_t apostrophe; /* bytes before the first apostrophe inside; 0: none. "l'Inde" gives 1 */
    bool may_begin;     /* false inside a Hangul run: a name cannot start there */
    bool in_brackets;   /* inside ( ) [ ] or their wide forms */
};

struct vf_folded {
    struct vf_slice text; /* folded, with a NUL behind it */
    struct vf_slice raw;  /* as given; a composed copy where it held decomposed Hangul */
    struct vf_word *words;
    size_t count;
};

/* *out lives in the arena. 0, VF_ENOMEM, or VF_EUTF8 for text that is not UTF-8. */
int vf_fold(struct vf_slice text, struct vf_arena *arena, struct vf_slice *out);
/* The same with its words. Text beyond 4 GiB is VF_ELIMIT. */
int vf_fold_words(struct vf_slice text, struct vf_arena *arena, struct vf_folded *out);

#endif
