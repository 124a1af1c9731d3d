/*
 * What is known about schemas that are not there: which are being looked up, and which the
 * registry said it does not have. A pure table with somebody else's clock; one thread.
 *
 *   state    | event                   | action                              | next
 *   ---------+-------------------------+-------------------------------------+---------
 *   (none)   | asked for               | look it up; VF_EAGAIN               | pending
 *   pending  | asked for               | VF_EAGAIN                           | pending
 *   pending  | asked for, out of time  | VF_ETIMEDOUT; the look-up goes on   | pending
 *   pending  | found                   |                                     | (none)
 *   pending  | refused                 |                                     | missing
 *   missing  | asked for               | the refusal                         | missing
 *   missing  | asked for, out of date  | look it up; VF_EAGAIN               | pending
 *   missing  | VF_LOOKUPS_MISSING more | forgotten, the oldest first         | (none)
 */
#ifndef VF_REGISTRY_LOOKUPS_H
#define VF_REGISTRY_LOOKUPS_H

#include "codec/wire_frame.h"

struct vf_lookups;

enum {
    /* Below VF_REGISTRY_REQUESTS_MAX. One partition waits for one schema at a time; more wait
     * until some of these are done. */
    VF_LOOKUPS_PENDING = 512,
    VF_LOOKUPS_MISSING = 1024, /* about 600 KB with their reasons */
};

/* Durations in milliseconds. missing_ttl: how long a refusal holds. deadline: how long a schema
 * is waited for before VF_ETIMEDOUT; 0: for ever. VF_ENOMEM. */
int vf_lookups_create(int64_t missing_ttl, int64_t deadline, struct vf_lookups **out);
void vf_lookups_free(struct vf_lookups *lookups); /* NULL is allowed */

/* Asks for a schema by the name in a frame (CONFLUENT or GUID_HEADER). *start: the caller is to
 * look it up now. VF_EAGAIN, VF_ETIMEDOUT, or the refusal's code; err is filled. */
int vf_lookups_ask(struct vf_lookups *lookups, const struct wire_frame *name, int64_t now,
                   bool *start, struct vf_error *err);
/* It could not be started after all: the next one who asks is to try. */
void vf_lookups_cancel(struct vf_lookups *lookups, const struct wire_frame *name);
/* What became of it. refusal: why there is no such schema; NULL: it was found. */
void vf_lookups_answer(struct vf_lookups *lookups, const struct wire_frame *name, int64_t now,
                       const struct vf_error *refusal);

/* When the next of those pending runs out of time after now; -1: none does. */
int64_t vf_lookups_next_deadline(const struct vf_lookups *lookups, int64_t now);

struct vf_lookups_status {
    size_t pending;
    size_t missing;
    int64_t oldest; /* milliseconds that the oldest pending one has waited; 0: none */
};

void vf_lookups_status(const struct vf_lookups *lookups, int64_t now,
                       struct vf_lookups_status *out);

#endif
