/*
 * What the parts of the source share. See source.h for what it does.
 *
 *   source.c            creation, the loop's turn, status
 *   source_read.c       messages: which are handed in, what becomes of the answer
 *   source_slot.c       partitions: their table, pausing, seeking, tickets
 *   source_commit.c     checkpoints to the group's coordinator
 *   source_rebalance.c  partitions come and go
 *   source_stall.c      old libraries are woken when they forget to fetch
 *   source_close.c      the way out
 *
 * Messages do not come through the consumer's own queue: each partition's queue is forwarded to
 * one of ours. So rebalances and errors of the group are served at once, however many messages
 * wait, and back-pressure is simply not reading; nothing fetched is thrown away for it.
 *
 * Which record comes next is known here and nowhere else (position). A message below it is
 * dropped; so is one of a partition that is paused. Where a pause ends, the library is told to
 * seek to the position: no record depends on what the library remembers across a pause.
 */
#ifndef VF_KAFKA_SOURCE_INTERNAL_H
#define VF_KAFKA_SOURCE_INTERNAL_H

#include "kafka/checkpoint.h"
#include "kafka/client.h"
#include "kafka/source.h"
#include "kafka/wakeup.h"

enum {
    SOURCE_TICK_MS = 250,          /* of the timer: well below every interval it serves */
    SOURCE_RECORDS_PER_TURN = 500, /* then other handles of the loop have their turn: < 2 ms */
    SOURCE_EVENTS_PER_TURN = 200,
    SOURCE_COMMIT_WAIT_MS = 5000, /* for an answer while a partition is revoked or on the way out */
};

enum slot_state { SLOT_FREE, SLOT_ACTIVE, SLOT_REVOKING };

enum pause_reason { PAUSE_HELD = 1, PAUSE_FULL = 2 };

/* A record to be read once more. */
struct reject {
    int64_t offset;
    uint64_t sequence;
    struct vf_error reason;
};

struct slot {
    struct source_topic *topic;
    int32_t partition;
    uint32_t generation;
    uint32_t index; /* in source->slots */
    enum slot_state state;
    unsigned paused;     /* enum pause_reason, or-ed */
    bool library_paused; /* the library knows of the pause */
    bool seek_due; /* the library must read from slot_read_from; until then nothing is taken */
    bool sought;   /* no message was taken since the last seek */
    bool at_end;
    int64_t position;  /* next offset to take; -1: none known */
    int64_t start;     /* first offset taken; -1: none */
    int64_t committed; /* confirmed; -1: nothing since assigned */
    int64_t log_end;   /* as told by the end-of-partition event; -1: not told */
    struct vf_checkpoint checkpoint;
    struct reject *rejects; /* owned; by offset */
    size_t reject_count;
    size_t reject_capacity;
};

/* Topics are never forgotten: there are few. */
struct source_topic {
    char *name;               /* owned */
    rd_kafka_topic_t *handle; /* owned; its address is what messages carry */
    struct slot **slots;      /* owned; by partition; NULL: not ours */
    size_t slot_count;
};

/* The message that met VF_TAKE_BUSY. */
struct kept_message {
    rd_kafka_event_t *event; /* owned; NULL: none */
    const rd_kafka_message_t *message;
    const struct slot *slot;
};

/* Since the records' queue was last empty. */
struct source_stall {
    uv_timer_t timer;
    bool possible; /* with this version of the library */
    bool dry;      /* the queue is empty */
    int64_t bytes;
    int64_t records;
    int64_t bytes_full;   /* this many may have filled the library's queue */
    int64_t records_full; /* likewise */
};

enum revoke_phase { REVOKE_NONE, REVOKE_DRAINING, REVOKE_COMMITTING };
enum close_phase { CLOSE_NONE, CLOSE_DRAINING, CLOSE_LEAVING, CLOSE_DESTROYING };

struct vf_source {
    struct vf_client client;
    struct vf_wakeup wakeup;
    uv_timer_t timer;
    uv_loop_t *loop;
    struct vf_source_events events;
    enum vf_commit_policy commit_policy;
    uint32_t window;                               /* records */
    uint32_t commit_interval_ms;                   /* milliseconds */
    uint32_t revoke_timeout_ms;                    /* milliseconds */
    rd_kafka_topic_partition_list_t *subscription; /* owned */
    rd_kafka_queue_t *group;                       /* owned; rebalances, errors of the group */
    rd_kafka_queue_t *records;                     /* owned; messages, errors of partitions */

    struct source_topic *topics; /* owned */
    size_t topic_count;
    struct slot **slots; /* owned, and each of them */
    size_t slot_count;
    size_t assigned; /* slots that are not free */
    struct vf_checkpoint_budget budget;
    uint32_t generation; /* the last one given out */

    struct source_stall stall;
    struct kept_message kept;
    struct vf_header *headers; /* owned; reused for each record */
    size_t header_capacity;
    uint64_t taken;
    uint64_t in_flight;
    uint32_t assignments;
    bool cooperative; /* assignments come and go in parts */
    bool busy;
    bool stopped;
    bool adjust_due; /* some slot must be paused, resumed or sought */
    bool failed;     /* on_failure was called */

    bool commit_pending;
    uint32_t commit_generation; /* slots younger than it are not in the pending commit */
    uint64_t commit_next_ms;

    rd_kafka_event_t *revoke_event; /* owned; the rebalance not yet answered */
    enum revoke_phase revoke_phase;
    uint64_t revoke_deadline_ms;
    uint64_t revoke_retry_ms;
    bool revoke_owner_done;

    enum close_phase close_phase;
    uint64_t close_deadline_ms;
    bool close_clean;
    void (*on_closed)(void *owner, bool clean);
};

/* source.c */
void source_fail(struct vf_source *source, const struct vf_error *err);
static inline uint64_t source_now(const struct vf_source *source)
{
    return uv_now(source->loop);
}

/* source_read.c */
/* True: something is left that may be read now. */
bool source_read(struct vf_source *source);
void source_drop_kept(struct vf_source *source);
/* The slot's first reject can no longer be read. */
void source_reject_gone(struct vf_source *source, struct slot *slot);
/* source.c: an error event from the records' queue. */
void source_on_partition_error(struct vf_source *source, rd_kafka_event_t *event);

/* source_slot.c */
/* VF_ENOMEM, VF_EKAFKA. */
int slot_open(struct vf_source *source, const char *topic, int32_t partition);
void slot_close(struct vf_source *source, struct slot *slot);
struct slot *slot_find(const struct vf_source *source, const char *topic, int32_t partition);
/* By the address that a message carries. */
struct slot *slot_of_message(const struct vf_source *source, const rd_kafka_message_t *message);
struct vf_ticket slot_ticket(const struct slot *slot, uint64_t sequence, int64_t offset);
void slot_pause(struct vf_source *source, struct slot *slot, enum pause_reason reason);
void slot_unpause(struct vf_source *source, struct slot *slot, enum pause_reason reason);
static inline bool slot_readable(const struct slot *slot)
{
    return slot->state == SLOT_ACTIVE && !slot->paused && !slot->seek_due;
}
/* Up to here nothing needs to be committed; -1: not known. */
static inline int64_t slot_base(const struct slot *slot)
{
    return slot->committed > slot->start ? slot->committed : slot->start;
}
/* Reads on from slot_read_from. */
void slot_seek(struct vf_source *source, struct slot *slot);
void slot_tick(struct vf_source *source, struct slot *slot);
/* Where the library must read on; -1: wherever it is. */
int64_t slot_read_from(const struct slot *slot);
void slot_done(struct vf_source *source, struct slot *slot, uint64_t sequence, int64_t offset);
void slot_remove_reject(struct slot *slot, size_t index);
/* Tells the library of pauses, seeks and resumes that are due. */
void source_adjust(struct vf_source *source);
void source_release_slots(struct vf_source *source);

/* source_commit.c */
/* Whether the slot's checkpoint is ahead of what is committed. */
bool slot_uncommitted(const struct slot *slot);
/* Checkpoints to commit of slots in that state; NULL: none. */
rd_kafka_topic_partition_list_t *source_commit_list(const struct vf_source *source,
                                                    enum slot_state state);
/* Takes the list. False: not sent. */
bool source_commit(struct vf_source *source, rd_kafka_topic_partition_list_t *list);
void source_commit_tick(struct vf_source *source);
void source_on_commit(struct vf_source *source, rd_kafka_event_t *event);

/* source_rebalance.c */
/* Takes the event. */
void source_on_rebalance(struct vf_source *source, rd_kafka_event_t *event);
/* Goes on with a revocation as far as it can. */
void source_revoke_step(struct vf_source *source);
/* Ends a revocation now, committed or not. */
void source_revoke_finish(struct vf_source *source);

/* source_stall.c */
void source_stall_init(struct vf_source *source);
/* The records' queue is empty. */
void source_stall_empty(struct vf_source *source);
/* A message was in it. */
static inline void source_stall_count(struct vf_source *source, const rd_kafka_message_t *message)
{
    struct source_stall *stall = &source->stall;
    if (stall->dry) {
        stall->dry = false;
        stall->bytes = 0;
        stall->records = 0;
    }
    stall->bytes += (int64_t)(message->len + message->key_len);
    stall->records++;
}

/* source_close.c */
void source_close_step(struct vf_source *source);

#endif
