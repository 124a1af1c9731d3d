/*
 * Letters of any alphabet as Latin ones, for comparing names. Internal to people.
 */
#ifndef VF_NORMALIZE_ROMANIZE_H
#define VF_NORMALIZE_ROMANIZE_H

#include "base/slice.h"
#include <stdint.h>

/* Pages of 64 code points, made from lexicon/letters.tsv: page 0 holds none. "-": not heard. */
extern const uint8_t vf_letter_page[];
extern const char vf_letter_latin[][64][4];

/* Script families that need rules of their own. */
enum vf_alphabet {
    VF_ALPHABET_NONE,
    VF_ALPHABET_LATIN,
    VF_ALPHABET_FULL,  /* Cyrillic, Greek and the like: vowels are written */
    VF_ALPHABET_ABJAD, /* Arabic, Hebrew: short vowels are not */
    VF_ALPHABET_HANGUL,
    VF_ALPHABET_HAN, /* cannot be romanized here */
};

/* Writes a..z and returns how many; the word's first letter tells *script. Characters without a
 * rule are left out, as is what does not fit. */
size_t vf_romanize(struct vf_slice word, char *out, size_t size, enum vf_alphabet *script);

#endif
