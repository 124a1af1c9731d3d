/*
 * What the status line is made of. One thread.
 */
#ifndef VF_DAEMON_COUNTERS_H
#define VF_DAEMON_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#include "kafka/source.h"

enum {
    VF_LATENCY_PENDING = 16,  /* records watched from their take to their acknowledgement */
    VF_LATENCY_SAMPLES = 256, /* measured per status interval; more are not kept */
};

struct vf_latency_pending {
    struct vf_ticket ticket;
    int64_t timestamp_ms; /* the record's own */
};

/* End-to-end latency: from a record's timestamp to its output's acknowledgement, sampled. */
struct vf_latency {
    struct vf_latency_pending pending[VF_LATENCY_PENDING];
    size_t pending_count;
    int32_t samples[VF_LATENCY_SAMPLES]; /* milliseconds */
    size_t sample_count;
};

/* Since the daemon began. */
struct vf_counters {
    uint64_t in;
    uint64_t out;
    uint64_t dead_letters;
    uint64_t bytes_in;
    struct vf_latency latency;
};

void vf_latency_begin(struct vf_latency *latency, struct vf_ticket ticket, int64_t timestamp_ms);
void vf_latency_end(struct vf_latency *latency, struct vf_ticket ticket, int64_t now_ms);
/* Milliseconds at the q-th quantile (0..1) of the samples; -1 where there is none. */
int64_t vf_latency_quantile(struct vf_latency *latency, double q);
/* Forgets the samples and what is pending, at the end of a status interval. */
void vf_latency_reset(struct vf_latency *latency);

/* Bytes resident in memory, of this process; 0 where the system does not tell. */
uint64_t vf_resident_bytes(void);

#endif
