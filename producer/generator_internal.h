/*
 * What the files of the generator share.
 */
#ifndef VF_PRODUCER_GENERATOR_INTERNAL_H
#define VF_PRODUCER_GENERATOR_INTERNAL_H

#include "base/arena.h"
#include "generator.h"
#include "vf_events.h"

/* Numbers out of the seed, the event's number and what they are for. */
struct chance {
    uint64_t state;
};

enum { PURPOSE_WHICH = 1, PURPOSE_KIND, PURPOSE_CONTENT, PURPOSE_REVISION, PURPOSE_BREAK };

void chance_begin(struct chance *chance, uint64_t seed, uint64_t number, uint64_t purpose);
/* 0..bound-1; 0 for a bound of 0. */
uint64_t chance_below(struct chance *chance, uint64_t bound);
/* 0 <= share < 1. */
double chance_share(struct chance *chance);

/* The sample's reports of one kind. */
struct pool {
    const void **reports; /* owned; the reports live in the sample's arena */
    double *sums;         /* owned; weights, summed up */
    size_t count;
    size_t capacity;
};

struct vf_generator {
    struct vf_generator_config config;
    struct wire_schema *schemas[VF_KIND_COUNT]; /* owned */
    struct pool pools[VF_KIND_COUNT];
    struct vf_arena sample; /* all reports of the sample */
    struct vf_arena arena;  /* the event made last */
    uint64_t number;        /* of the next event, from 0 */
    struct vf_visit visit;
    struct vf_meeting meeting;
};

/* Makes the event of that number, as its first report or a later revision. */
int generator_make(struct vf_generator *generator, uint64_t number, int32_t revision,
                   struct vf_generated *out, struct vf_error *err);

#endif
