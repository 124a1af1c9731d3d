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

#endif
