/*
 * What an exactly-once transaction does next: a pure state machine, no library, no clock, no
 * thread. transaction.h drives it.
 *
 * One transaction at a time. While it is open, outputs are sent. When it is due, nothing more is
 * sent until it has ended; once all that was sent is acknowledged, the offsets behind it join it
 * and it is committed. A transaction that went wrong is aborted and its inputs are read again.
 * Calls of the client library are made one at a time; each ends in exactly one of ok, again,
 * bad, fatal, or overdue.
 *
 *   ok       it worked
 *   again    it did not, and may be repeated as it was
 *   bad      the transaction must be aborted
 *   fatal    the producer is at its end, or how the call ended is unknown
 *   overdue  "again" for longer than a transaction may last
 *
 *   due      the interval has passed, partitions are being taken away, or the daemon stops
 *   drained  nothing sent is unacknowledged
 *   nothing  drained, but there are no offsets to commit
 *   spoiled  an output failed, or partitions of the transaction were lost
 *   broken   the producer failed for good
 *   start    a producer is there: the first, or a new one in place of a broken one
 *
 *   state      | event         | action                                        | next
 *   -----------+---------------+-----------------------------------------------+-----------
 *   none       | start         | call init: fences and ends what a former      | joining
 *              |               | owner of the transactional.id left open       |
 *   joining    | ok            | call look: what is committed in fact          | looking
 *   joining    | again,overdue | call init once more                           | joining
 *   joining    | bad, fatal    | ask for another producer                      | none
 *   looking    | ok            | read on from there; call begin                | beginning
 *   looking    | again, bad,   | call look once more: without the answer       | looking
 *              | overdue,fatal | nothing may be read                           |
 *   beginning  | ok            | sending is allowed                            | open
 *   beginning  | again         | call begin once more                          | beginning
 *   beginning  | bad, fatal,   | ask for another producer                      | none
 *              | overdue       |                                               |
 *   open       | due           | sending is not allowed                        | draining
 *   open       | spoiled       | call abort                                    | aborting
 *   draining   | drained       | call offsets                                  | adding
 *   draining   | nothing       | sending is allowed                            | open
 *   draining   | spoiled       | call abort                                    | aborting
 *   adding     | ok            | call commit                                   | committing
 *   adding     | again         | call offsets once more, the same              | adding
 *   adding     | bad, overdue  | call abort                                    | aborting
 *   committing | ok            | the offsets are committed; call begin         | beginning
 *   committing | again         | call commit once more, which goes on with it  | committing
 *   committing | bad           | call abort                                    | aborting
 *   committing | overdue       | ask for another producer: init will tell      | none
 *   aborting   | ok            | read again from the last commit; call begin   | beginning
 *   aborting   | again         | call abort once more                          | aborting
 *   aborting   | bad, overdue  | ask for another producer                      | none
 *   adding, committing, aborting | fatal | ask for another producer            | none
 *   open, draining | broken    | ask for another producer                      | none
 *   joining, beginning, adding, committing, aborting, looking
 *              | broken        | wait for the call to end                      | doomed
 *   doomed     | ok, again, bad, fatal, overdue | ask for another producer     | none
 *
 * All else changes nothing. In particular "spoiled" while adding or committing: all outputs are
 * acknowledged by then, and of partitions lost the broker decides, by the group's generation.
 */
#ifndef VF_KAFKA_TRANSACTION_MACHINE_H
#define VF_KAFKA_TRANSACTION_MACHINE_H

enum vf_txn_state {
    VF_TXN_NONE,
    VF_TXN_JOINING,
    VF_TXN_LOOKING,
    VF_TXN_BEGINNING,
    VF_TXN_OPEN,
    VF_TXN_DRAINING,
    VF_TXN_ADDING,
    VF_TXN_COMMITTING,
    VF_TXN_ABORTING,
    VF_TXN_DOOMED,
    VF_TXN_STATE_COUNT
};

enum vf_txn_event {
    VF_TXN_START,
    VF_TXN_CALL_OK,
    VF_TXN_CALL_AGAIN,
    VF_TXN_CALL_BAD,
    VF_TXN_CALL_FATAL,
    VF_TXN_CALL_OVERDUE,
    VF_TXN_DUE,
    VF_TXN_DRAINED,
    VF_TXN_NOTHING,
    VF_TXN_SPOILED,
    VF_TXN_BROKEN,
    VF_TXN_EVENT_COUNT
};

enum vf_txn_action {
    VF_TXN_DO_NOTHING,
    VF_TXN_DO_INIT,
    VF_TXN_DO_LOOK,
    VF_TXN_DO_BEGIN_HERE, /* what is committed is known: read on from there, and begin */
    VF_TXN_DO_BEGIN,
    VF_TXN_DO_OPEN,
    VF_TXN_DO_QUIESCE,
    VF_TXN_DO_ADD_OFFSETS,
    VF_TXN_DO_COMMIT,
    VF_TXN_DO_BEGIN_NEXT, /* committed: tell it, and begin */
    VF_TXN_DO_ABORT,
    VF_TXN_DO_BEGIN_AGAIN, /* aborted: read again, and begin */
    VF_TXN_DO_REPLACE,
    VF_TXN_ACTION_COUNT
};

struct vf_txn_step {
    enum vf_txn_action action;
    enum vf_txn_state next;
};

/* What the table above says. */
struct vf_txn_step vf_txn_step(enum vf_txn_state state, enum vf_txn_event event);

const char *vf_txn_state_name(enum vf_txn_state state);
const char *vf_txn_event_name(enum vf_txn_event event);

#endif
