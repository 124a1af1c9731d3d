/*
 * When the next record is due. Times are nanoseconds of the monotonic clock.
 */
#ifndef VF_PRODUCER_PACER_H
#define VF_PRODUCER_PACER_H

#include "base/error.h"
#include "base/slice.h"
#include <stdint.h>

struct vf_pacer {
    double per_second; /* 0: as fast as it goes */
    int64_t start;     /* 0: not begun */
    uint64_t count;    /* records that were given a time since the start */
};

int64_t vf_monotonic_ns(void);
/* Returns early when a signal comes. */
void vf_sleep_until(int64_t when);

/* "500", "500/s", "30/min", "1000/h"; "0" or "max": no limit. VF_EUSAGE. */
int vf_rate_parse(struct vf_slice text, double *per_second, struct vf_error *err);

/* Evenly spaced from the first call on; a late record is not made up for by a burst longer than
 * one second's worth. */
int64_t vf_pacer_next(struct vf_pacer *pacer, int64_t now);

#endif
