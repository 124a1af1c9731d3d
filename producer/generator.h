/*
 * Synthetic feeds: visits and meetings put together from what the reports of a sample hold, in
 * the frequencies in which it holds it. The n-th event depends on the seed and n alone, so the
 * same seed gives the same feed, and one that is given again is made again. One thread.
 */
#ifndef VF_PRODUCER_GENERATOR_H
#define VF_PRODUCER_GENERATOR_H

#include "feed/convert.h"

struct vf_generator;

enum {
    VF_GENERATOR_REPORTS_MAX = 100000, /* of a sample, of each kind */
    VF_GENERATOR_RECENT = 1000,        /* events among which one is given again or revised */
};

/* Shares are 0..1, of all events; together at most 1. */
struct vf_generator_config {
    char **samples; /* files of reports, as send takes them */
    int sample_count;
    uint64_t seed;
    enum vf_kind kind;   /* AUTO: both, as the sample has them */
    int64_t begin_ms;    /* published_at of the first, milliseconds since the epoch */
    int64_t interval_ms; /* from one to the next */
    double duplicates;   /* given again as it was */
    double revisions;    /* a later revision of a recent one */
    double hot;          /* a later revision of one of the few hot ones */
    double bad;          /* broken */
    int64_t hot_keys;    /* how many hot ones there are */
    double skew;         /* 0: all reports of the sample count alike; 1: the n-th 1/n as much */
};

struct vf_generated {
    enum vf_kind kind;
    const void *event; /* struct vf_visit or struct vf_meeting; borrowed until the next call */
    bool bad;          /* to be broken by vf_generator_break */
};

/* Reads the samples. VF_EIO, VF_EDATA (no report of the kind), VF_ENOMEM. */
int vf_generator_create(const struct vf_generator_config *config, struct vf_generator **out,
                        struct vf_error *err);
void vf_generator_free(struct vf_generator *generator); /* NULL is allowed */

/* VF_ENOMEM. */
int vf_generator_next(struct vf_generator *generator, struct vf_generated *out,
                      struct vf_error *err);
/* From the first event again. */
void vf_generator_rewind(struct vf_generator *generator);
/* Breaks a framed value, or a line of text, in one of several ways; in out, which is cleared. */
int vf_generator_break(struct vf_generator *generator, struct vf_slice value, bool text,
                       struct vf_buffer *out, struct vf_error *err);

/* "0.05" or "5%"; VF_EUSAGE, without the flag's name. */
int vf_share_parse(struct vf_slice text, double *out, struct vf_error *err);

#endif
