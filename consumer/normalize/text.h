/*
 * Characters of outside text. Internal to normalize.
 */
#ifndef VF_NORMALIZE_TEXT_H
#define VF_NORMALIZE_TEXT_H

#include "base/arena.h"

/* The code point at text.ptr[*at], and *at moved behind it. Bytes that are not UTF-8 are read as
 * U+FFFD, one at a time. *at < text.len. */
uint32_t vf_text_next(struct vf_slice text, size_t *at);

/* Value of a decimal digit of any script, or -1. */
int vf_text_digit(uint32_t c);

bool vf_text_is_space(uint32_t c);
/* Letters, marks and digits: whatever makes up words. Apostrophes are not among them. */
bool vf_text_is_word(uint32_t c);
bool vf_text_is_apostrophe(uint32_t c);
/* Controls, zero-width and direction characters, byte order marks, variation selectors. */
bool vf_text_is_invisible(uint32_t c);
bool vf_text_is_han(uint32_t c);

/* The text without invisible characters and terminal escape sequences, full-width Latin made
 * plain, spaces evened out. Lives in the arena, or is the text itself where nothing had to be
 * done. ptr NULL: out of memory. *dirty: something invisible was taken out. */
struct vf_slice vf_text_clean(struct vf_slice text, struct vf_arena *arena, bool *dirty);

#endif
