/*
 * Light stemming: what case, number and gender endings of a language family leave of a folded
 * word. Names are indexed by their words' stems too, under the families of their languages, so
 * that an inflected text finds them. Both sides are stemmed by the same rules: the stem need not
 * be a word. Internal to reference and normalize.
 */
#ifndef VF_REFERENCE_STEM_H
#define VF_REFERENCE_STEM_H

#include "base/fold.h"

enum vf_stem_family {
    VF_STEM_NONE, /* the word as it is */
    VF_STEM_ENGLISH,
    VF_STEM_ROMANCE,
    VF_STEM_GERMANIC,
    VF_STEM_SLAVIC_CYRILLIC,
    VF_STEM_SLAVIC_LATIN,
    VF_STEM_TURKIC_LATIN,
    VF_STEM_TURKIC_CYRILLIC,
    VF_STEM_BALTIC,
    VF_STEM_FINNIC,
    VF_STEM_HUNGARIAN,
    VF_STEM_ROMANIAN,
    VF_STEM_ALBANIAN,
    VF_STEM_GREEK,
    VF_STEM_GEORGIAN,
    VF_STEM_ARMENIAN,
    VF_STEM_ARABIC,
    VF_STEM_HEBREW,
    VF_STEM_INDONESIAN,
    VF_STEM_FAMILY_COUNT
};

/* The family of a BCP 47 tag, by its first subtag and, where that has several, the script of the
 * word; NONE for languages without endings. An empty tag: by script alone. */
enum vf_stem_family vf_stem_family_of(struct vf_slice language, enum vf_script script);

/* The stem of a folded word: a part of it, or a constant. Empty (ptr not NULL) for a word that
 * names do not differ by, such as an article. */
struct vf_slice vf_stem(struct vf_slice word, enum vf_stem_family family);

#endif
