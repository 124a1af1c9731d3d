/*
 * Drives the state machine of transaction_machine.h: when a transaction is due, when a call has
 * been repeated for too long, and what is said of it in the log. No library, no thread and no
 * clock of its own: times are handed in, calls are asked for and their results come back. So a
 * simulator can drive it too. One thread.
 */
#ifndef VF_KAFKA_TRANSACTION_H
#define VF_KAFKA_TRANSACTION_H

#include "base/error.h"
#include "kafka/transaction_machine.h"
#include <stdbool.h>
#include <stdint.h>

enum vf_txn_call {
    VF_TXN_CALL_NONE,
    VF_TXN_CALL_INIT,
    VF_TXN_CALL_LOOK, /* what the group has committed, transactions that are ending included */
    VF_TXN_CALL_BEGIN,
    VF_TXN_CALL_OFFSETS,
    VF_TXN_CALL_COMMIT,
    VF_TXN_CALL_ABORT,
};

struct vf_txn_ops {
    /* Starts the call and returns; vf_transaction_result follows, later. */
    void (*call)(void *owner, enum vf_txn_call call);
    /* Outputs sent and not yet acknowledged. */
    uint64_t (*unacknowledged)(void *owner);
    /* Takes the offsets for the next CALL_OFFSETS, and its repetitions; false: there are none. */
    bool (*gather)(void *owner);
    void (*opened)(void *owner);
    /* What was gathered is committed. */
    void (*committed)(void *owner);
    /* All since the last commit is undone, and is read again. looked: from what CALL_LOOK found,
     * since how the last transaction ended was not known. */
    void (*rewind)(void *owner, bool looked);
    /* Another producer is needed; vf_transaction_start follows, later. err: why. joining: not
     * even init worked. */
    void (*replace)(void *owner, const struct vf_error *err, bool joining);
    void *owner;
};

enum {
    VF_TXN_INTERVAL_MS = 200,  /* a commit costs a few ms, and readers wait this long at most */
    VF_TXN_TIMEOUT_MS = 15000, /* how long a killed daemon's open transaction may hold up readers */
    VF_TXN_RETRY_MS = 100,     /* between repetitions of a call */
};

struct vf_transaction {
    enum vf_txn_state state;
    struct vf_txn_ops ops;
    uint32_t interval_ms;
    uint32_t timeout_ms;
    bool used;              /* something was sent since it was opened */
    bool wanted;            /* due whatever the interval says */
    uint64_t used_ms;       /* when it was first used */
    uint64_t begun_ms;      /* when the call under way, or to be repeated, was first made */
    enum vf_txn_call retry; /* to be repeated at: */
    uint64_t retry_ms;
    bool told;              /* the trouble with the call was logged */
    struct vf_error reason; /* of what goes wrong now */
    uint64_t commits;       /* since the beginning */
    uint64_t aborts;
    uint64_t replacements;
};

/* 0 stands for the defaults. */
void vf_transaction_setup(struct vf_transaction *txn, uint32_t interval_ms, uint32_t timeout_ms,
                          const struct vf_txn_ops *ops);
/* There is a producer now. */
void vf_transaction_start(struct vf_transaction *txn, uint64_t now_ms);
/* How the call ended; err says more unless it is VF_TXN_CALL_OK. */
void vf_transaction_result(struct vf_transaction *txn, enum vf_txn_event result,
                           const struct vf_error *err, uint64_t now_ms);
/* Now and then, and whenever an acknowledgement came. */
void vf_transaction_tick(struct vf_transaction *txn, uint64_t now_ms);

/* Whether outputs may be sent; tell it of the first with vf_transaction_used. */
static inline bool vf_transaction_open(const struct vf_transaction *txn)
{
    return txn->state == VF_TXN_OPEN;
}
void vf_transaction_used(struct vf_transaction *txn, uint64_t now_ms);
/* Commit as soon as possible. */
void vf_transaction_want(struct vf_transaction *txn, uint64_t now_ms);
/* The same with the next tick. */
void vf_transaction_want_soon(struct vf_transaction *txn);
/* Its outputs cannot be committed. */
void vf_transaction_spoil(struct vf_transaction *txn, const struct vf_error *reason,
                          uint64_t now_ms);
/* The producer failed for good. */
void vf_transaction_break(struct vf_transaction *txn, const struct vf_error *reason,
                          uint64_t now_ms);
/* Whether a call is under way, so that the producer may not be destroyed. */
bool vf_transaction_calling(const struct vf_transaction *txn);

#endif
