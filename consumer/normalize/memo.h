/*
 * A memo of texts read before: the same offices, names, countries and organizations come again
 * and again in a feed, and what they mean depends on nothing but the text, its language and the
 * reference data. With a memo the answers are the same as without, only sooner.
 *
 * Fixed in size: VF_MEMO_SLOTS texts of so many bytes; a new text takes the place of the one of
 * its set that was used longest ago. One memo belongs to one thread.
 */
#ifndef VF_NORMALIZE_MEMO_H
#define VF_NORMALIZE_MEMO_H

#include "base/slice.h"
#include <stdint.h>

struct vf_memo;

enum {
    VF_MEMO_SLOTS = 8192,     /* 3.1 MB: the texts of some thousand reports */
    VF_MEMO_TEXT_MAX = 160,   /* bytes; longer texts seldom come again */
    VF_MEMO_ANSWER_MAX = 200, /* bytes */
};

/* 0 or VF_ENOMEM. */
int vf_memo_create(struct vf_memo **out);
void vf_memo_free(struct vf_memo *memo); /* NULL is allowed */

/* Forgets everything if the snapshot of reference data is another than before. NULL is allowed. */
void vf_memo_bind(struct vf_memo *memo, const void *reference, struct vf_slice snapshot);

/* Forgets everything. Before reference data goes away that answers came from: other data may come
 * to lie at the same address, under the same snapshot. NULL is allowed. */
void vf_memo_forget(struct vf_memo *memo);

/* What is asked of a text. */
enum vf_memo_kind {
    VF_MEMO_PERSON,
    VF_MEMO_OFFICE,
    VF_MEMO_COUNTRY,
    VF_MEMO_MENTIONS,
    VF_MEMO_CITY,
    VF_MEMO_ORGANIZATION,
    VF_MEMO_OCCASION,
    VF_MEMO_DATES,
    VF_MEMO_CUES,
};

struct vf_memo_key {
    struct vf_slice text;
    uint64_t salt; /* what else the answer depends on */
    uint64_t hash; /* filled by vf_memo_find */
    uint8_t kind;  /* enum vf_memo_kind */
};

/* Copies the answer kept for the key, which has exactly that size; false if none is. memo NULL:
 * false. */
bool vf_memo_find(struct vf_memo *memo, struct vf_memo_key *key, void *answer, size_t size);
/* Keeps an answer for a key that vf_memo_find has just not found. memo NULL: nothing happens. */
void vf_memo_keep(struct vf_memo *memo, const struct vf_memo_key *key, const void *answer,
                  size_t size);

#endif
