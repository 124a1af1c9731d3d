/*
 * People: honorifics off the name, and a key that is the same for all spellings of one name.
 * Internal to normalize.
 */
#ifndef VF_NORMALIZE_PEOPLE_H
#define VF_NORMALIZE_PEOPLE_H

#include "normalize/flags.h"
#include "normalize/tokens.h"

enum {
    VF_PERSON_SIGN = 4, /* bytes of a sign and a NUL */
    VF_PERSON_KEY = 96, /* bytes; what two of the longest words need */
};

struct vf_person_name {
    struct vf_slice name;      /* without honorifics; clean */
    struct vf_slice honorific; /* ptr NULL: none */
    bool is_name;              /* false: nobody in particular, or no name at all */
    bool lone;                 /* one word, which alone says too little for a key */
    vf_flags flags;
    uint8_t key_len;
    char key[VF_PERSON_KEY];   /* the same for all spellings; of a lone word, its beginning */
    char sign[VF_PERSON_SIGN]; /* a coarser one for keys of events; "" where there is none */
};

/* *out borrows from text and arena. 0 or VF_ENOMEM. */
int vf_person_read(struct vf_slice text, vf_language language, struct vf_arena *arena,
                   struct vf_person_name *out);

/* What the key of a lone name needs besides. */
struct vf_person_hint {
    struct vf_slice country; /* iso3; ptr NULL: not known */
    int32_t office;          /* enum vf_office */
};

/* The key, in the arena: ptr NULL on lack of memory, empty where there is none. */
struct vf_slice vf_person_key(const struct vf_person_name *name, const struct vf_person_hint *hint,
                              struct vf_arena *arena);

/* Part of vf_person_read: fills key, lone and sign from the words of the name, tokens begin ..
 * end - 1; kinds: what the lexicon of names says of each token, VF_NAME_PLAIN_WORD where nothing.
 */
void vf_person_spell(const struct vf_tokens *tokens, const uint8_t *kinds, size_t begin, size_t end,
                     vf_language language, struct vf_person_name *out);
enum { VF_NAME_PLAIN_WORD = 0xFF };

#endif
