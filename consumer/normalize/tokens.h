/*
 * The words of a text, folded, with what stands between them: for lexicons of names, offices and
 * occasions. Internal to normalize.
 */
#ifndef VF_NORMALIZE_TOKENS_H
#define VF_NORMALIZE_TOKENS_H

#include "base/arena.h"
#include "normalize/lexicon.h"

/* The strongest thing between a word and the one before it. */
enum vf_token_gap {
    VF_GAP_NONE, /* digits and letters touch: "46th" */
    VF_GAP_SPACE,
    VF_GAP_POINT, /* one hyphen or point: still one phrase */
    VF_GAP_COMMA,
    VF_GAP_BRACKET, /* brackets, quotes and all other marks */
    VF_GAP_STOP,    /* semicolon, slash, bar: another subject */
    VF_GAP_BEGIN,   /* the first word */
};

struct vf_token {
    uint16_t begin; /* bytes in the text */
    uint16_t end;
    uint16_t folded_begin; /* bytes in the folded text */
    uint16_t folded_end;
    uint8_t gap;    /* enum vf_token_gap */
    int32_t number; /* value of a word of digits; -1: letters */
};

/* Words and bytes beyond these are not read: offices and names are shorter. */
enum { VF_TOKENS_MAX = 64, VF_TOKENS_TEXT_MAX = 1200 };

struct vf_tokens {
    struct vf_token at[VF_TOKENS_MAX];
    size_t count;
    struct vf_slice text;
    struct vf_slice folded; /* a space between words of one phrase, a line feed at stops */
};

/* Borrows the text; folded lives in the arena. 0 or VF_ENOMEM. */
int vf_tokens_read(struct vf_slice text, struct vf_arena *arena, struct vf_tokens *out);
/* The same with the articles and prepositions that French and Italian join by an apostrophe as
 * words of their own: "l'Assemblée", "dell'Unione". Not for names of people. */
int vf_tokens_read_elided(struct vf_slice text, struct vf_arena *arena, struct vf_tokens *out);

static inline struct vf_slice vf_tokens_folded(const struct vf_tokens *words, size_t i)
{
    return vf_slice(words->folded.ptr + words->at[i].folded_begin,
                    (size_t)(words->at[i].folded_end - words->at[i].folded_begin));
}

/* The longest phrase of the lexicon that begins with word i and ends with a word; *next: the word
 * behind it, greater than i. */
bool vf_tokens_find(const struct vf_tokens *tokens, size_t i, const struct vf_lexicon *lexicon,
                    vf_language language, struct vf_lexicon_hit *hit, size_t *next);
/* The same where a script without spaces has the phrase only begin word i: "届" in "届大会". */
bool vf_tokens_begin(const struct vf_tokens *tokens, size_t i, const struct vf_lexicon *lexicon,
                     vf_language language, struct vf_lexicon_hit *hit);

#endif
