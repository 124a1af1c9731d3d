/*
 * People: honorifics off the name, and a key that is the same for all spellings of one name.
 * Internal to normalize.
 */
#ifndef VF_NORMALIZE_PEOPLE_H
#define VF_NORMALIZE_PEOPLE_H

#include "normalize/flags.h"
#include "normalize/tokens.h"

struct vf_person_name {
    struct vf_slice name;      /* without honorifics; clean */
    struct vf_slice honorific; /* ptr NULL: none */
    bool is_name;              /* false: nobody in particular, or no name at all */
    vf_flags flags;
};

/* *out borrows from text and arena. 0 or VF_ENOMEM. */
int vf_person_read(struct vf_slice text, vf_language language, struct vf_arena *arena,
                   struct vf_person_name *out);

/* What the key of a name of one word needs, which alone says too little. */
struct vf_person_hint {
    struct vf_slice country; /* iso3; ptr NULL: not known */
    int32_t office;          /* enum vf_office */
};

/* The key, in the arena: ptr NULL on lack of memory, empty where there is none. */
struct vf_slice vf_person_key(struct vf_slice name, vf_language language,
                              const struct vf_person_hint *hint, struct vf_arena *arena);

/* A coarser sign of the name's most telling word, for keys of events: "" where there is none. At
 * most VF_PERSON_SIGN - 1 bytes and a NUL. 0 or VF_ENOMEM. */
enum { VF_PERSON_SIGN = 4 };
int vf_person_sign(struct vf_slice name, vf_language language, struct vf_arena *arena,
                   char out[VF_PERSON_SIGN]);

#endif
