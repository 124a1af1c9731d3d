#include "histogram.h"

enum { STEP_BITS = 4 }; /* of VF_HISTOGRAM_STEPS */

/* Values below the steps have a bucket each; above, a bucket for each of the four bits behind
 * the highest. */
static unsigned bucket_of(uint64_t value)
{
    if (value < VF_HISTOGRAM_STEPS)
        return (unsigned)value;
    unsigned high = 63 - (unsigned)__builtin_clzll(value);
    unsigned step = (unsigned)(value >> (high - STEP_BITS)) & (VF_HISTOGRAM_STEPS - 1);
    return (high - STEP_BITS + 1) * VF_HISTOGRAM_STEPS + step;
}

static uint64_t largest_in(unsigned bucket)
{
    if (bucket < VF_HISTOGRAM_STEPS)
        return bucket;
    unsigned shift = bucket / VF_HISTOGRAM_STEPS - 1;
    uint64_t step = bucket % VF_HISTOGRAM_STEPS;
    return ((VF_HISTOGRAM_STEPS + step) << shift) + (((uint64_t)1 << shift) - 1);
}

void vf_histogram_add(struct vf_histogram *histogram, uint64_t value)
{
    histogram->count++;
    histogram->buckets[bucket_of(value)]++;
    if (value > histogram->max)
        histogram->max = value;
}

uint64_t vf_histogram_at(const struct vf_histogram *histogram, double share)
{
    double wanted = share * (double)histogram->count;
    uint64_t seen = 0;

    for (unsigned i = 0; i < VF_HISTOGRAM_BUCKETS && histogram->count; i++) {
        seen += histogram->buckets[i];
        if (seen && (double)seen >= wanted) {
            uint64_t value = largest_in(i);
            return value < histogram->max ? value : histogram->max;
        }
    }
    return histogram->max;
}
