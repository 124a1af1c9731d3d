/*
 * What of a partition is done: records taken in order, done in any order, and the offset before
 * which all are done. A ring of offsets, grown and shrunk by need.
 */
#ifndef VF_KAFKA_CHECKPOINT_H
#define VF_KAFKA_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ring places beyond the small first ring that each checkpoint has, shared by many. */
struct vf_checkpoint_budget {
    size_t used;
    size_t limit;
};

enum { VF_CHECKPOINT_RING_MIN = 64 }; /* places; a power of two */

struct vf_checkpoint {
    int64_t *ring;     /* owned; the offset, or its complement once done */
    uint32_t capacity; /* places; a power of two */
    uint32_t limit;    /* capacity never exceeds it */
    uint32_t waiting;  /* records taken and not done */
    uint64_t head;     /* sequence of the first record not done; tail when all are */
    uint64_t tail;     /* sequence of the next record */
    int64_t next;      /* all offsets before it are done; -1: nothing is known yet */
    struct vf_checkpoint_budget *budget;
};

/* limit: records, rounded up to a power of two. VF_ENOMEM. */
int vf_checkpoint_init(struct vf_checkpoint *checkpoint, uint32_t limit,
                       struct vf_checkpoint_budget *budget);
void vf_checkpoint_release(struct vf_checkpoint *checkpoint);
/* Forgets all records; their sequences do not come again. next becomes -1. */
void vf_checkpoint_reset(struct vf_checkpoint *checkpoint);

/* Takes the record at offset, which is above all before it. VF_EAGAIN: the ring is full, by its
 * own limit or the shared one; VF_ENOMEM. */
int vf_checkpoint_take(struct vf_checkpoint *checkpoint, int64_t offset, uint64_t *sequence);
/* Undoes the last take. */
void vf_checkpoint_untake(struct vf_checkpoint *checkpoint);
/* False, and no effect, if that record is not in flight. */
bool vf_checkpoint_done(struct vf_checkpoint *checkpoint, uint64_t sequence, int64_t offset);
/* True if that record is taken and not done. */
bool vf_checkpoint_has(const struct vf_checkpoint *checkpoint, uint64_t sequence, int64_t offset);
/* All before offset is known to be done, if nothing is in flight. */
void vf_checkpoint_advance(struct vf_checkpoint *checkpoint, int64_t offset);
/* Whether at least half of the ring it may have is free. */
bool vf_checkpoint_roomy(const struct vf_checkpoint *checkpoint);
/* Gives back memory after a peak. Call now and then. */
void vf_checkpoint_trim(struct vf_checkpoint *checkpoint);

#endif
