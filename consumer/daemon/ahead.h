/*
 * Outputs made while no transaction is open, kept until they can be sent: so the loop goes on
 * working while a commit is under way. First in, first out; filled and emptied in turns. One
 * thread.
 */
#ifndef VF_DAEMON_AHEAD_H
#define VF_DAEMON_AHEAD_H

#include "base/arena.h"
#include "base/error.h"
#include "base/record.h"
#include "kafka/source.h"

enum {
    VF_AHEAD_RECORDS_MAX = 2048,          /* at 50,000 a second, a commit of 40 ms */
    VF_AHEAD_BYTES_MAX = 2 * 1024 * 1024, /* of copies */
};

struct vf_ahead_entry {
    struct vf_record record;
    struct vf_ticket ticket;
};

struct vf_ahead {
    struct vf_arena arena;
    struct vf_ahead_entry *entries; /* owned; NULL: none yet */
    size_t first;                   /* not yet sent */
    size_t count;                   /* one past the last */
};

void vf_ahead_init(struct vf_ahead *ahead);
void vf_ahead_release(struct vf_ahead *ahead);
/* Copies the record, its headers included. VF_EAGAIN: full, or being emptied; VF_ENOMEM. */
int vf_ahead_push(struct vf_ahead *ahead, const struct vf_record *record, struct vf_ticket ticket);
/* The oldest; NULL: none. */
const struct vf_ahead_entry *vf_ahead_first(const struct vf_ahead *ahead);
void vf_ahead_pop(struct vf_ahead *ahead);
/* Forgets all; how many they were. */
size_t vf_ahead_clear(struct vf_ahead *ahead);

#endif
