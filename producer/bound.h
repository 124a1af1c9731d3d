/*
 * Where reading a topic or a recording begins and ends, as people type it.
 */
#ifndef VF_PRODUCER_BOUND_H
#define VF_PRODUCER_BOUND_H

#include "base/error.h"
#include "base/slice.h"
#include <stdint.h>

enum vf_bound_kind {
    VF_BOUND_BEGINNING,
    VF_BOUND_END,    /* as it is when reading starts */
    VF_BOUND_NEVER,  /* no end: wait for more */
    VF_BOUND_LAST,   /* value records before the end, of each partition */
    VF_BOUND_OFFSET, /* value, in each partition */
    VF_BOUND_TIME,   /* the first record at or after value, milliseconds since the epoch */
};

struct vf_bound {
    enum vf_bound_kind kind;
    int64_t value;
};

/* Milliseconds since the epoch from "2025-09-18", "2025-09-18T10:00[:05[.250]]" with "Z" or
 * "+05:30" (none: UTC), a number of milliseconds, or "-15min": that long before now. VF_EUSAGE;
 * err does not name the flag. */
int vf_time_parse(struct vf_slice text, int64_t now_ms, int64_t *out, struct vf_error *err);
/* "beginning", "end", "never", "last:N", "offset:N", or a time. */
int vf_bound_parse(struct vf_slice text, int64_t now_ms, struct vf_bound *out,
                   struct vf_error *err);
/* "250ms", "5s", "-3d", "2h30min"; also weeks "w". */
int vf_span_parse(struct vf_slice text, int64_t *out_ms, struct vf_error *err);

#endif
