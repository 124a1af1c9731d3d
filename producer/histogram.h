/*
 * Counts of durations, exact to 1/16 of their size, in a fixed 8 KiB: for percentiles.
 */
#ifndef VF_PRODUCER_HISTOGRAM_H
#define VF_PRODUCER_HISTOGRAM_H

#include <stdint.h>

enum {
    VF_HISTOGRAM_STEPS = 16,                        /* buckets for each doubling */
    VF_HISTOGRAM_BUCKETS = 64 * VF_HISTOGRAM_STEPS, /* all of uint64_t */
};

struct vf_histogram {
    uint64_t count;
    uint64_t max;
    uint64_t buckets[VF_HISTOGRAM_BUCKETS];
};

void vf_histogram_add(struct vf_histogram *histogram, uint64_t value);
/* The value that share (0..1) of those added do not exceed, rounded up to its bucket; 0 when there
 * are none. */
uint64_t vf_histogram_at(const struct vf_histogram *histogram, double share);

#endif
