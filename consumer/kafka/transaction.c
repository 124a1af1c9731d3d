#include "kafka/transaction.h"

#include "observe/log.h"

/* The call that an action makes. */
static const enum vf_txn_call action_calls[VF_TXN_ACTION_COUNT] = {
    [VF_TXN_DO_INIT] = VF_TXN_CALL_INIT,           [VF_TXN_DO_LOOK] = VF_TXN_CALL_LOOK,
    [VF_TXN_DO_BEGIN_HERE] = VF_TXN_CALL_BEGIN,    [VF_TXN_DO_BEGIN] = VF_TXN_CALL_BEGIN,
    [VF_TXN_DO_ADD_OFFSETS] = VF_TXN_CALL_OFFSETS, [VF_TXN_DO_COMMIT] = VF_TXN_CALL_COMMIT,
    [VF_TXN_DO_BEGIN_NEXT] = VF_TXN_CALL_BEGIN,    [VF_TXN_DO_ABORT] = VF_TXN_CALL_ABORT,
    [VF_TXN_DO_BEGIN_AGAIN] = VF_TXN_CALL_BEGIN,
};

void vf_transaction_setup(struct vf_transaction *txn, uint32_t interval_ms, uint32_t timeout_ms,
                          const struct vf_txn_ops *ops)
{
    *txn = (struct vf_transaction){
        .ops = *ops,
        .interval_ms = interval_ms ? interval_ms : VF_TXN_INTERVAL_MS,
        .timeout_ms = timeout_ms ? timeout_ms : VF_TXN_TIMEOUT_MS,
    };
}

static void say(const struct vf_transaction *txn, enum vf_log_level level, const char *message)
{
    vf_log(level, VF_LOG_KAFKA, message,
           VF_FIELDS(vf_text("state", vf_txn_state_name(txn->state)),
                     vf_text("reason", txn->reason.text)));
}

static void begin_call(struct vf_transaction *txn, enum vf_txn_call call, bool repeated,
                       uint64_t now_ms)
{
    if (repeated) {
        txn->retry = call;
        txn->retry_ms = now_ms + VF_TXN_RETRY_MS;
        return;
    }
    txn->retry = VF_TXN_CALL_NONE;
    txn->begun_ms = now_ms;
    txn->told = false;
    txn->ops.call(txn->ops.owner, call);
}

/* What an action does besides its call. The state is the new one already, except for what is
 * said of the old. */
static void act(struct vf_transaction *txn, enum vf_txn_action action, bool joining)
{
    void *owner = txn->ops.owner;
    switch (action) {
    case VF_TXN_DO_OPEN:
        txn->used = false;
        txn->wanted = false;
        txn->ops.opened(owner);
        break;
    case VF_TXN_DO_BEGIN_NEXT:
        txn->commits++;
        txn->ops.committed(owner);
        break;
    case VF_TXN_DO_BEGIN_HERE: txn->ops.rewind(owner, true); break;
    case VF_TXN_DO_BEGIN_AGAIN:
        txn->aborts++;
        txn->ops.rewind(owner, false);
        break;
    case VF_TXN_DO_REPLACE:
        txn->replacements++;
        txn->retry = VF_TXN_CALL_NONE;
        txn->ops.replace(owner, &txn->reason, joining);
        break;
    default: break;
    }
}

static void feed(struct vf_transaction *txn, enum vf_txn_event event, uint64_t now_ms)
{
    enum vf_txn_state before = txn->state;
    struct vf_txn_step step = vf_txn_step(before, event);
    enum vf_txn_call call = action_calls[step.action];
    bool repeated = call != VF_TXN_CALL_NONE && step.next == before;

    if (step.action == VF_TXN_DO_ABORT && !repeated)
        say(txn, VF_LOG_WARN, "transaction is aborted, its inputs are read again");
    else if (step.action == VF_TXN_DO_REPLACE)
        say(txn, VF_LOG_WARN, "transactions need another producer");
    txn->state = step.next;
    /* The call may end at once, so it comes last. */
    act(txn, step.action, before == VF_TXN_JOINING);
    if (call != VF_TXN_CALL_NONE)
        begin_call(txn, call, repeated, now_ms);
}

void vf_transaction_start(struct vf_transaction *txn, uint64_t now_ms)
{
    feed(txn, VF_TXN_START, now_ms);
}

void vf_transaction_result(struct vf_transaction *txn, enum vf_txn_event result,
                           const struct vf_error *err, uint64_t now_ms)
{
    if (result != VF_TXN_CALL_OK && err && err->text[0])
        txn->reason = *err;
    if (result == VF_TXN_CALL_AGAIN && now_ms - txn->begun_ms >= txn->timeout_ms)
        result = VF_TXN_CALL_OVERDUE;
    if (result != VF_TXN_CALL_OK && !txn->told) {
        txn->told = true;
        say(txn, VF_LOG_WARN, "transaction call failed");
    }
    if (result == VF_TXN_CALL_OVERDUE)
        txn->begun_ms = now_ms;
    feed(txn, result, now_ms);
}

void vf_transaction_tick(struct vf_transaction *txn, uint64_t now_ms)
{
    if (txn->retry != VF_TXN_CALL_NONE && now_ms >= txn->retry_ms) {
        enum vf_txn_call call = txn->retry;
        txn->retry = VF_TXN_CALL_NONE;
        txn->ops.call(txn->ops.owner, call);
        return;
    }
    if (txn->state == VF_TXN_OPEN &&
        (txn->wanted || (txn->used && now_ms - txn->used_ms >= txn->interval_ms)))
        feed(txn, VF_TXN_DUE, now_ms);
    if (txn->state == VF_TXN_DRAINING && txn->ops.unacknowledged(txn->ops.owner) == 0)
        feed(txn, txn->ops.gather(txn->ops.owner) ? VF_TXN_DRAINED : VF_TXN_NOTHING, now_ms);
}

void vf_transaction_used(struct vf_transaction *txn, uint64_t now_ms)
{
    if (txn->used)
        return;
    txn->used = true;
    txn->used_ms = now_ms;
}

void vf_transaction_want_soon(struct vf_transaction *txn)
{
    txn->wanted = true;
}

void vf_transaction_want(struct vf_transaction *txn, uint64_t now_ms)
{
    txn->wanted = true;
    vf_transaction_tick(txn, now_ms);
}

void vf_transaction_spoil(struct vf_transaction *txn, const struct vf_error *reason,
                          uint64_t now_ms)
{
    if (txn->state != VF_TXN_OPEN && txn->state != VF_TXN_DRAINING)
        return;
    txn->reason = *reason;
    feed(txn, VF_TXN_SPOILED, now_ms);
}

void vf_transaction_break(struct vf_transaction *txn, const struct vf_error *reason,
                          uint64_t now_ms)
{
    if (txn->state == VF_TXN_NONE || txn->state == VF_TXN_DOOMED)
        return;
    txn->reason = *reason;
    /* Between two tries of a call none is under way, so none will end. */
    bool idle = txn->retry != VF_TXN_CALL_NONE;
    feed(txn, VF_TXN_BROKEN, now_ms);
    if (idle && txn->state == VF_TXN_DOOMED) {
        txn->retry = VF_TXN_CALL_NONE;
        feed(txn, VF_TXN_CALL_FATAL, now_ms);
    }
}

bool vf_transaction_calling(const struct vf_transaction *txn)
{
    switch (txn->state) {
    case VF_TXN_NONE:
    case VF_TXN_OPEN:
    case VF_TXN_DRAINING: return false;
    default: return txn->retry == VF_TXN_CALL_NONE;
    }
}
