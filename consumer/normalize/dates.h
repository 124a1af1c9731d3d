/*
 * When it took place: from start, end and the phrase as printed to an interval of days, how
 * precise it is, and where it comes from. A pure function; no clock. Internal to normalize.
 */
#ifndef VF_NORMALIZE_DATES_H
#define VF_NORMALIZE_DATES_H

#include "base/arena.h"
#include "base/date.h"
#include "normalize/flags.h"
#include "normalize/memo.h"
#include "vf_events.h"
#include <stdint.h>

/* Which way an unfinished date is completed. */
enum vf_tense { VF_TENSE_PAST, VF_TENSE_FUTURE, VF_TENSE_EITHER };

struct vf_date_question {
    struct vf_slice text; /* any of the three may be absent */
    struct vf_slice start;
    struct vf_slice end;
    struct vf_slice language; /* BCP 47 */
    int32_t published;        /* day; VF_DAY_MIN: not known */
    bool published_by_month;  /* only its month is known */
    enum vf_tense tense;
    bool moved; /* postponed or rescheduled: of two dates the last one counts */
};

struct vf_date_answer {
    int32_t first;     /* VF_DAY_MIN: not known */
    int32_t last;      /* VF_DAY_MAX: not known */
    int32_t precision; /* enum vf_date_precision */
    int32_t basis;     /* enum vf_date_basis */
    vf_flags flags;
};

/* memo: may be NULL. 0 or VF_ENOMEM. */
int vf_date_resolve(const struct vf_date_question *question, struct vf_memo *memo,
                    struct vf_arena *arena, struct vf_date_answer *answer);

#endif
