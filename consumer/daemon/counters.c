#include "daemon/counters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool same_ticket(struct vf_ticket a, struct vf_ticket b)
{
    return a.sequence == b.sequence && a.slot == b.slot && a.generation == b.generation;
}

void vf_latency_begin(struct vf_latency *latency, struct vf_ticket ticket, int64_t timestamp_ms)
{
    if (timestamp_ms < 0 || latency->pending_count == VF_LATENCY_PENDING ||
        latency->sample_count == VF_LATENCY_SAMPLES)
        return;
    latency->pending[latency->pending_count++] = (struct vf_latency_pending){ticket, timestamp_ms};
}

void vf_latency_end(struct vf_latency *latency, struct vf_ticket ticket, int64_t now_ms)
{
    for (size_t i = 0; i < latency->pending_count; i++) {
        if (!same_ticket(latency->pending[i].ticket, ticket))
            continue;
        int64_t took = now_ms - latency->pending[i].timestamp_ms;
        if (latency->sample_count < VF_LATENCY_SAMPLES)
            latency->samples[latency->sample_count++] = took < 0           ? 0
                                                        : took > INT32_MAX ? INT32_MAX
                                                                           : (int32_t)took;
        latency->pending[i] = latency->pending[--latency->pending_count];
        return;
    }
}

static int compare_samples(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

int64_t vf_latency_quantile(struct vf_latency *latency, double q)
{
    if (!latency->sample_count)
        return -1;
    qsort(latency->samples, latency->sample_count, sizeof *latency->samples, compare_samples);
    return latency->samples[(size_t)(q * (double)(latency->sample_count - 1) + 0.5)];
}

void vf_latency_reset(struct vf_latency *latency)
{
    latency->sample_count = 0;
    /* A pending record whose ticket died in a rebalance would hold its place for ever. */
    latency->pending_count = 0;
}

uint64_t vf_resident_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    char text[128]; /* "size resident shared ...", in pages */
    const char *resident = fgets(text, sizeof text, file) ? strchr(text, ' ') : NULL;
    fclose(file);
    if (resident)
        pages = strtoul(resident, NULL, 10);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}
