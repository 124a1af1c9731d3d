/*
 * Words of people's names that are no names. Kinds of the names lexicon. Internal to people.
 */
#ifndef VF_NORMALIZE_NAME_WORDS_H
#define VF_NORMALIZE_NAME_WORDS_H

#include "normalize/lexicon.h"

enum vf_name_word {
    VF_NAME_HONORIFIC,  /* in front of a name, always taken off */
    VF_NAME_MAYBE,      /* title or name: taken off the key if enough is left */
    VF_NAME_RANK,       /* follows or goes before an honorific: "Maha", "Techo" */
    VF_NAME_ADDRESS,    /* in front of a name, inside it or behind: "Sahibə xanım Qafarova" */
    VF_NAME_SUFFIX,     /* behind a name: "MP", "Jr", 氏 */
    VF_NAME_PARTICLE,   /* inside a name: bin, de, von */
    VF_NAME_PATRONYMIC, /* oglu, kyzy, uulu: the word before it is the father's name */
    VF_NAME_NO_PERSON,  /* words that say that a text is no name: delegation, parliament */
};

#endif
