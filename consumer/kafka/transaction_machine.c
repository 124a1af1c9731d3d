#include "kafka/transaction_machine.h"

/* A step not listed has next 0, which is VF_TXN_NONE, and action 0: told apart by "set". */
struct step {
    enum vf_txn_action action;
    enum vf_txn_state next;
    int set;
};

#define STEP(action, next)                                                                         \
    {                                                                                              \
        VF_TXN_DO_##action, VF_TXN_##next, 1                                                       \
    }

static const struct step steps[VF_TXN_STATE_COUNT][VF_TXN_EVENT_COUNT] = {
    [VF_TXN_NONE] = {[VF_TXN_START] = STEP(INIT, JOINING)},
    [VF_TXN_JOINING] = {[VF_TXN_CALL_OK] = STEP(LOOK, LOOKING),
                        [VF_TXN_CALL_AGAIN] = STEP(INIT, JOINING),
                        [VF_TXN_CALL_OVERDUE] = STEP(INIT, JOINING),
                        [VF_TXN_CALL_BAD] = STEP(REPLACE, NONE),
                        [VF_TXN_CALL_FATAL] = STEP(REPLACE, NONE),
                        [VF_TXN_BROKEN] = STEP(NOTHING, DOOMED)},
    [VF_TXN_LOOKING] = {[VF_TXN_CALL_OK] = STEP(BEGIN_HERE, BEGINNING),
                        [VF_TXN_CALL_AGAIN] = STEP(LOOK, LOOKING),
                        [VF_TXN_CALL_BAD] = STEP(LOOK, LOOKING),
                        [VF_TXN_CALL_FATAL] = STEP(LOOK, LOOKING),
                        [VF_TXN_CALL_OVERDUE] = STEP(LOOK, LOOKING),
                        [VF_TXN_BROKEN] = STEP(NOTHING, DOOMED)},
    [VF_TXN_BEGINNING] = {[VF_TXN_CALL_OK] = STEP(OPEN, OPEN),
                          [VF_TXN_CALL_AGAIN] = STEP(BEGIN, BEGINNING),
                          [VF_TXN_CALL_BAD] = STEP(REPLACE, NONE),
                          [VF_TXN_CALL_FATAL] = STEP(REPLACE, NONE),
                          [VF_TXN_CALL_OVERDUE] = STEP(REPLACE, NONE),
                          [VF_TXN_BROKEN] = STEP(NOTHING, DOOMED)},
    [VF_TXN_OPEN] = {[VF_TXN_DUE] = STEP(QUIESCE, DRAINING),
                     [VF_TXN_SPOILED] = STEP(ABORT, ABORTING),
                     [VF_TXN_BROKEN] = STEP(REPLACE, NONE)},
    [VF_TXN_DRAINING] = {[VF_TXN_DRAINED] = STEP(ADD_OFFSETS, ADDING),
                         [VF_TXN_NOTHING] = STEP(OPEN, OPEN),
                         [VF_TXN_SPOILED] = STEP(ABORT, ABORTING),
                         [VF_TXN_BROKEN] = STEP(REPLACE, NONE)},
    [VF_TXN_ADDING] = {[VF_TXN_CALL_OK] = STEP(COMMIT, COMMITTING),
                       [VF_TXN_CALL_AGAIN] = STEP(ADD_OFFSETS, ADDING),
                       [VF_TXN_CALL_BAD] = STEP(ABORT, ABORTING),
                       [VF_TXN_CALL_OVERDUE] = STEP(ABORT, ABORTING),
                       [VF_TXN_CALL_FATAL] = STEP(REPLACE, NONE),
                       [VF_TXN_BROKEN] = STEP(NOTHING, DOOMED)},
    [VF_TXN_COMMITTING] = {[VF_TXN_CALL_OK] = STEP(BEGIN_NEXT, BEGINNING),
                           [VF_TXN_CALL_AGAIN] = STEP(COMMIT, COMMITTING),
                           [VF_TXN_CALL_BAD] = STEP(ABORT, ABORTING),
                           [VF_TXN_CALL_OVERDUE] = STEP(REPLACE, NONE),
                           [VF_TXN_CALL_FATAL] = STEP(REPLACE, NONE),
                           [VF_TXN_BROKEN] = STEP(NOTHING, DOOMED)},
    [VF_TXN_ABORTING] = {[VF_TXN_CALL_OK] = STEP(BEGIN_AGAIN, BEGINNING),
                         [VF_TXN_CALL_AGAIN] = STEP(ABORT, ABORTING),
                         [VF_TXN_CALL_BAD] = STEP(REPLACE, NONE),
                         [VF_TXN_CALL_OVERDUE] = STEP(REPLACE, NONE),
                         [VF_TXN_CALL_FATAL] = STEP(REPLACE, NONE),
                         [VF_TXN_BROKEN] = STEP(NOTHING, DOOMED)},
    [VF_TXN_DOOMED] = {[VF_TXN_CALL_OK] = STEP(REPLACE, NONE),
                       [VF_TXN_CALL_AGAIN] = STEP(REPLACE, NONE),
                       [VF_TXN_CALL_BAD] = STEP(REPLACE, NONE),
                       [VF_TXN_CALL_FATAL] = STEP(REPLACE, NONE),
                       [VF_TXN_CALL_OVERDUE] = STEP(REPLACE, NONE)},
};

struct vf_txn_step vf_txn_step(enum vf_txn_state state, enum vf_txn_event event)
{
    const struct step *step = &steps[state][event];
    if (!step->set)
        return (struct vf_txn_step){VF_TXN_DO_NOTHING, state};
    return (struct vf_txn_step){step->action, step->next};
}

const char *vf_txn_state_name(enum vf_txn_state state)
{
    static const char *const names[VF_TXN_STATE_COUNT] = {
        "none",     "joining", "looking",    "beginning", "open",
        "draining", "adding",  "committing", "aborting",  "doomed"};
    return names[state];
}

const char *vf_txn_event_name(enum vf_txn_event event)
{
    static const char *const names[VF_TXN_EVENT_COUNT] = {"start",   "ok",      "again", "bad",
                                                          "fatal",   "overdue", "due",   "drained",
                                                          "nothing", "spoiled", "broken"};
    return names[event];
}
