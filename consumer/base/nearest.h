/*
 * "Did you mean": the nearest of some words by edit distance.
 */
#ifndef VF_BASE_NEAREST_H
#define VF_BASE_NEAREST_H

#include "base/slice.h"

enum { VF_NEAREST_WORD_MAX = 64 }; /* bytes compared; no key is longer */

struct vf_nearest {
    struct vf_slice wanted;
    const char *word;  /* NULL: nothing near enough yet */
    unsigned distance; /* of word */
};

void vf_nearest_begin(struct vf_nearest *nearest, struct vf_slice wanted);
/* word must outlive nearest. */
void vf_nearest_offer(struct vf_nearest *nearest, const char *word);

#endif
