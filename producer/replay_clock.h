/*
 * From the records' own times to the moments at which a replay sends them. Pure: the caller has
 * the clock.
 */
#ifndef VF_PRODUCER_REPLAY_CLOCK_H
#define VF_PRODUCER_REPLAY_CLOCK_H

#include "base/error.h"
#include "base/slice.h"
#include <stdbool.h>
#include <stdint.h>

struct vf_replay_clock {
    double speed;       /* 2: twice as fast; 0: no pacing */
    int64_t gap_max_ms; /* longer gaps are cut to that; 0: none is */
    bool begun;
    int64_t begin_ns;  /* when the first record was due */
    int64_t last_ms;   /* the latest of the records' times so far */
    double elapsed_ms; /* of the records' time since the first, gaps cut */
};

/* "1x", "2.5x", "10x", "max"; VF_EUSAGE. */
int vf_speed_parse(struct vf_slice text, double *speed, struct vf_error *err);

/* When a record of that time is due, in nanoseconds of the caller's clock. Times that go back
 * are due at once; the first is due now. A record without a time (-1) is due with the one
 * before. */
int64_t vf_replay_clock_due(struct vf_replay_clock *clock, int64_t time_ms, int64_t now_ns);

#endif
