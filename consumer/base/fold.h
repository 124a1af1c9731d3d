/*
 * Folding: the one form in which names are compared. Compatibility forms, case, marks,
 * zero-width and control characters, apostrophes and the dotted/dotless i are evened out;
 * every run of other punctuation and space becomes one space; none at either end.
 * Two texts that a reader would call the same name fold alike; letters of different scripts
 * never do.
 */
#ifndef VF_BASE_FOLD_H
#define VF_BASE_FOLD_H

#include "base/arena.h"

/* *out lives in the arena. 0, VF_ENOMEM, or VF_EUTF8 for text that is not UTF-8. */
int vf_fold(struct vf_slice text, struct vf_arena *arena, struct vf_slice *out);

#endif
