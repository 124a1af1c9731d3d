/*
 * The consuming side: a librdkafka consumer driven by a libuv loop. All calls and callbacks run
 * on the loop's thread; what may block (close, destroy, metadata) runs on the library's or a
 * helper thread and comes back through the loop.
 *
 * The contract with the owner: every record handed to on_record with a ticket ends in exactly
 * one vf_source_done(ticket), when its output was acknowledged. The committed offset of a
 * partition never passes a record that is not done.
 */
#ifndef VF_KAFKA_SOURCE_H
#define VF_KAFKA_SOURCE_H

#include "base/error.h"
#include "base/record.h"
#include <uv.h>

struct vf_source;

/* Names one record in flight. */
struct vf_ticket {
    int32_t slot;        /* partition's place in the source's table */
    uint32_t generation; /* of the assignment: a ticket of an older one is ignored */
    int64_t offset;
};

enum vf_take {
    VF_TAKE_DONE, /* taken; vf_source_done follows later (or was called already) */
    VF_TAKE_BUSY, /* no room: hand in the same record again after vf_source_resume */
    VF_TAKE_HOLD, /* this partition must wait: again after vf_source_release_held; others go on */
};

struct vf_source_events {
    /* record is valid during the call. */
    enum vf_take (*on_record)(void *owner, const struct vf_record *record,
                              struct vf_ticket ticket);
    /* The consumer cannot go on (fatal error, deadline passed): the owner should close. */
    void (*on_failure)(void *owner, const struct vf_error *err);
    void *owner;
};

#endif
