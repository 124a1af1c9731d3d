/*
 * The consuming side: a librdkafka consumer driven by a libuv loop. All calls and callbacks run
 * on the loop's thread; what may block (destroy) runs on a helper thread and comes back through
 * the loop.
 *
 * The contract with the owner: every record taken (VF_TAKE_DONE) ends in exactly one
 * vf_source_done(ticket), when its output was acknowledged, or vf_source_reject(ticket), when
 * its output can never be. The committed offset of a partition never passes a record that is not
 * done. Tickets of an assignment that has ended are ignored: their records are read again by
 * whoever has the partition now.
 *
 * A partition's life:
 *
 *   state     | event                 | action                                        | next
 *   ----------+-----------------------+-----------------------------------------------+---------
 *   (free)    | assigned              | new generation, empty checkpoint              | active
 *   active    | record                | hand in; position moves on VF_TAKE_DONE       | active
 *   active    | VF_TAKE_BUSY          | keep the record, stop reading all             | active
 *   active    | VF_TAKE_HOLD          | pause; reads on from this record when let go  | active
 *   active    | checkpoint full       | pause; reads on when half of it is free       | active
 *   active    | rejected              | read that one record again for on_rejected    | active
 *   active    | rewind                | new generation, read on from the committed    | active
 *   active    | revoked               | stop taking; wait for what is in flight,      | revoking
 *             |                       | or the owner's transaction, or the deadline   |
 *   revoking  | all done, or deadline | commit the checkpoint, wait for the answer    | revoking
 *   revoking  | committed or failed   | give the partition back                       | (free)
 *   any       | lost                  | give it back at once, commit nothing          | (free)
 */
#ifndef VF_KAFKA_SOURCE_H
#define VF_KAFKA_SOURCE_H

#include "base/error.h"
#include "base/record.h"
#include "kafka/client_config.h"
#include <stdbool.h>
#include <uv.h>

struct vf_source;

/* Names one record in flight. */
struct vf_ticket {
    uint32_t slot;       /* partition's place in the source's table */
    uint32_t generation; /* of the partition's assignment: an older one's tickets are ignored */
    uint64_t sequence;   /* of the record within that generation */
    int64_t offset;
};

enum vf_take {
    VF_TAKE_DONE, /* taken; vf_source_done follows later (or was called already) */
    VF_TAKE_BUSY, /* no room: hand in the same record again after vf_source_resume */
    VF_TAKE_HOLD, /* this partition must wait: again after vf_source_release_held; others go on */
};

struct vf_source_events {
    /* record is valid during the call. */
    enum vf_take (*on_record)(void *owner, const struct vf_record *record, struct vf_ticket ticket);
    /* A record given back by vf_source_reject, read once more, with the reason it was given back
     * for. Later records of its partition have been handed in already. */
    enum vf_take (*on_rejected)(void *owner, const struct vf_record *record,
                                struct vf_ticket ticket, const struct vf_error *reason);
    /* Partitions came or went: for display. May be NULL. */
    void (*on_assignment)(void *owner);
    /* Partitions are being taken away and VF_COMMIT_BY_OWNER is set: the owner ends what it has
     * open and calls vf_source_revoke_done, at once or later. NULL with VF_COMMIT_BY_SOURCE. */
    void (*on_revoke)(void *owner);
    /* Partitions were taken away without that: what was read of them and is not committed is
     * someone else's now. May be NULL. */
    void (*on_lost)(void *owner);
    /* The consumer cannot go on (fatal error): the owner should close. Called once at most. */
    void (*on_failure)(void *owner, const struct vf_error *err);
    void *owner;
};

enum vf_commit_policy {
    VF_COMMIT_BY_SOURCE, /* at-least-once: the source commits checkpoints */
    VF_COMMIT_BY_OWNER,  /* exactly-once: offsets go into the owner's transactions */
};

enum {
    /* Records of one partition taken and not yet behind its checkpoint. More than the sink holds
     * at once, so that only a partition whose oldest output is stuck meets it. */
    VF_SOURCE_WINDOW = 65536,
    /* The same over all partitions, beyond a small window that each one always has: 8 bytes
     * each, so 4 MiB. */
    VF_SOURCE_WINDOW_TOTAL = 524288,
    VF_SOURCE_COMMIT_INTERVAL_MS = 1000, /* what a kill -9 may repeat */
    /* How long a revoked partition waits for its outputs: far above a produce round trip, far
     * below the five minutes after which the group gives up on a member. */
    VF_SOURCE_REVOKE_TIMEOUT_MS = 10000,
    VF_SOURCE_TOPICS_MAX = 64,
};

/* 0 stands for the default above. Texts are copied. */
struct vf_source_config {
    struct vf_client_settings settings;
    const char *const *topics;
    size_t topic_count; /* 1..VF_SOURCE_TOPICS_MAX */
    enum vf_commit_policy commit;
    uint32_t window;             /* records */
    uint32_t commit_interval_ms; /* milliseconds */
    uint32_t revoke_timeout_ms;  /* milliseconds */
};

/* Creates the client and its threads; nothing is read before vf_source_start.
 * VF_ECONFIG, VF_EINVAL, VF_ENOMEM, VF_EKAFKA. */
int vf_source_create(uv_loop_t *loop, const struct vf_source_config *config,
                     const struct vf_source_events *events, struct vf_source **out,
                     struct vf_error *err);
/* Joins the group. */
int vf_source_start(struct vf_source *source, struct vf_error *err);

/* The record's output was acknowledged. May be called within on_record. */
void vf_source_done(struct vf_source *source, struct vf_ticket ticket);
/* Whether vf_source_done would have an effect, and the partition stays. */
bool vf_source_owns(const struct vf_source *source, struct vf_ticket ticket);
/* The record's output can never be delivered: it will come back through on_rejected. */
void vf_source_reject(struct vf_source *source, struct vf_ticket ticket,
                      const struct vf_error *reason);
/* There is room again after VF_TAKE_BUSY. No effect if the source was not busy. */
void vf_source_resume(struct vf_source *source);
/* Partitions that answered VF_TAKE_HOLD hand in their record again. */
void vf_source_release_held(struct vf_source *source);

/* VF_COMMIT_BY_OWNER: every partition reads on from its last committed offset (set with
 * vf_source_committed), as after an aborted transaction; older tickets are ignored. */
void vf_source_rewind(struct vf_source *source);
/* VF_COMMIT_BY_OWNER: the offsets of a transaction that ended well became committed. */
struct rd_kafka_topic_partition_list_s;
void vf_source_committed(struct vf_source *source,
                         const struct rd_kafka_topic_partition_list_s *offsets);
/* The checkpoints that are ahead of what is committed; the caller destroys the list. NULL: no
 * memory. */
struct rd_kafka_topic_partition_list_s *vf_source_checkpoints(const struct vf_source *source);
/* All partitions assigned now, without offsets; the caller destroys the list. */
struct rd_kafka_topic_partition_list_s *vf_source_assignment(const struct vf_source *source);
void vf_source_revoke_done(struct vf_source *source);
/* The library's handle, for the transaction thread: group metadata only. */
struct rd_kafka_s *vf_source_client(struct vf_source *source);

/* Stops taking records, but keeps its place in the group while outputs are still awaited. */
void vf_source_stop(struct vf_source *source);
/* Stops, waits until what is in flight is done or deadline_ms milliseconds passed, commits,
 * leaves the group and frees the source; then on_closed, once. clean: everything taken was done
 * and committed. Every later call on the source is an error, vf_source_done excepted until
 * on_closed. */
void vf_source_close(struct vf_source *source, uint32_t deadline_ms,
                     void (*on_closed)(void *owner, bool clean));

struct vf_source_status {
    uint64_t taken;       /* records, VF_TAKE_DONE answers to on_record */
    uint64_t in_flight;   /* records taken and not done, over current assignments */
    size_t partitions;    /* assigned now */
    size_t held;          /* of them, waiting after VF_TAKE_HOLD */
    size_t caught_up;     /* of them, at the end of the log with nothing in flight */
    uint32_t assignments; /* rebalances that changed something */
    bool busy;            /* waiting for vf_source_resume */
    bool connected;       /* the last answer of any broker is newer than the last outage */
    bool lag_known;       /* for every partition */
    int64_t lag;          /* records between checkpoints and log ends */
    int64_t uncommitted;  /* records between commits and checkpoints */
};

struct vf_partition_status {
    const char *topic; /* valid until the next callback */
    int32_t partition;
    int64_t position;   /* next offset to be taken; -1: not known yet */
    int64_t checkpoint; /* all before it is done; -1: not known yet */
    int64_t committed;  /* confirmed by the group's coordinator; -1: nothing since assigned */
    int64_t log_end;    /* -1: not known yet */
    uint32_t in_flight;
    bool held;
};

/* Neither asks the broker. */
void vf_source_status(const struct vf_source *source, struct vf_source_status *out);
/* The index-th assigned partition; false when there are not so many. */
bool vf_source_partition(const struct vf_source *source, size_t index,
                         struct vf_partition_status *out);

#endif
