/*
 * What a visit or meeting was held for: the organization, its number, and whether it is a
 * gathering of many. Internal to normalize.
 */
#ifndef VF_NORMALIZE_OCCASION_H
#define VF_NORMALIZE_OCCASION_H

#include "base/arena.h"
#include "normalize/lexicon.h"

/* Kinds of the occasions lexicon; value in brackets. */
enum vf_occasion_word {
    VF_OCCASION_ORDINAL,      /* [1 ..] */
    VF_OCCASION_TENS,         /* [20, 30 ..]: before an ordinal below ten */
    VF_OCCASION_SUFFIX,       /* behind digits makes them an ordinal */
    VF_OCCASION_PREFIX,       /* before digits, likewise: 第 */
    VF_OCCASION_CJK_DIGIT,    /* [1 .. 10, 100] */
    VF_OCCASION_GATHERING,    /* assembly, session, conference, summit */
    VF_OCCASION_PART,         /* of an organization: committee, bureau, forum of women */
    VF_OCCASION_ANNIVERSARY,  /* its number counts years */
    VF_OCCASION_PLURILATERAL, /* trilateral and the like: several visitors, one gathering */
};

struct vf_occasion_reading {
    int32_t ordinal;      /* 0: none */
    bool gathering;       /* an assembly, conference or the like */
    bool part;            /* of a part of an organization, such as a committee */
    bool plurilateral;    /* a gathering of three or four states */
    struct vf_slice text; /* the part of the text that the ordinal stands in, or the whole */
};

/* *out borrows from the text. 0 or VF_ENOMEM. */
int vf_occasion_read(struct vf_slice text, vf_language language, struct vf_arena *arena,
                     struct vf_occasion_reading *out);

#endif
