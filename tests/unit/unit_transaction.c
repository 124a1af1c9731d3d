/* The state machine of transactions, transition by transition, and its driver with a scripted
 * fake of the client library. */
#include "kafka/transaction.h"
#include "observe/log.h"
#include "test_support.h"

#include <string.h>

/* ---- the machine: what is said here in words must be all that happens ---- */

struct expected {
    enum vf_txn_state state;
    enum vf_txn_event event;
    enum vf_txn_action action;
    enum vf_txn_state next;
};

#define S(name) VF_TXN_##name
#define C(name) VF_TXN_CALL_##name
#define D(name) VF_TXN_DO_##name

static const struct expected table[] = {
    {S(NONE), S(START), D(INIT), S(JOINING)},
    {S(JOINING), C(OK), D(LOOK), S(LOOKING)},
    {S(JOINING), C(AGAIN), D(INIT), S(JOINING)},
    {S(JOINING), C(OVERDUE), D(INIT), S(JOINING)},
    {S(JOINING), C(BAD), D(REPLACE), S(NONE)},
    {S(JOINING), C(FATAL), D(REPLACE), S(NONE)},
    {S(JOINING), S(BROKEN), D(NOTHING), S(DOOMED)},
    {S(LOOKING), C(OK), D(BEGIN_HERE), S(BEGINNING)},
    {S(LOOKING), C(AGAIN), D(LOOK), S(LOOKING)},
    {S(LOOKING), C(BAD), D(LOOK), S(LOOKING)},
    {S(LOOKING), C(FATAL), D(LOOK), S(LOOKING)},
    {S(LOOKING), C(OVERDUE), D(LOOK), S(LOOKING)},
    {S(LOOKING), S(BROKEN), D(NOTHING), S(DOOMED)},
    {S(BEGINNING), C(OK), D(OPEN), S(OPEN)},
    {S(BEGINNING), C(AGAIN), D(BEGIN), S(BEGINNING)},
    {S(BEGINNING), C(BAD), D(REPLACE), S(NONE)},
    {S(BEGINNING), C(FATAL), D(REPLACE), S(NONE)},
    {S(BEGINNING), C(OVERDUE), D(REPLACE), S(NONE)},
    {S(BEGINNING), S(BROKEN), D(NOTHING), S(DOOMED)},
    {S(OPEN), S(DUE), D(QUIESCE), S(DRAINING)},
    {S(OPEN), S(SPOILED), D(ABORT), S(ABORTING)},
    {S(OPEN), S(BROKEN), D(REPLACE), S(NONE)},
    {S(DRAINING), S(DRAINED), D(ADD_OFFSETS), S(ADDING)},
    {S(DRAINING), S(NOTHING), D(OPEN), S(OPEN)},
    {S(DRAINING), S(SPOILED), D(ABORT), S(ABORTING)},
    {S(DRAINING), S(BROKEN), D(REPLACE), S(NONE)},
    {S(ADDING), C(OK), D(COMMIT), S(COMMITTING)},
    {S(ADDING), C(AGAIN), D(ADD_OFFSETS), S(ADDING)},
    {S(ADDING), C(BAD), D(ABORT), S(ABORTING)},
    {S(ADDING), C(OVERDUE), D(ABORT), S(ABORTING)},
    {S(ADDING), C(FATAL), D(REPLACE), S(NONE)},
    {S(ADDING), S(BROKEN), D(NOTHING), S(DOOMED)},
    {S(COMMITTING), C(OK), D(BEGIN_NEXT), S(BEGINNING)},
    {S(COMMITTING), C(AGAIN), D(COMMIT), S(COMMITTING)},
    {S(COMMITTING), C(BAD), D(ABORT), S(ABORTING)},
    {S(COMMITTING), C(OVERDUE), D(REPLACE), S(NONE)},
    {S(COMMITTING), C(FATAL), D(REPLACE), S(NONE)},
    {S(COMMITTING), S(BROKEN), D(NOTHING), S(DOOMED)},
    {S(ABORTING), C(OK), D(BEGIN_AGAIN), S(BEGINNING)},
    {S(ABORTING), C(AGAIN), D(ABORT), S(ABORTING)},
    {S(ABORTING), C(BAD), D(REPLACE), S(NONE)},
    {S(ABORTING), C(OVERDUE), D(REPLACE), S(NONE)},
    {S(ABORTING), C(FATAL), D(REPLACE), S(NONE)},
    {S(ABORTING), S(BROKEN), D(NOTHING), S(DOOMED)},
    {S(DOOMED), C(OK), D(REPLACE), S(NONE)},
    {S(DOOMED), C(AGAIN), D(REPLACE), S(NONE)},
    {S(DOOMED), C(BAD), D(REPLACE), S(NONE)},
    {S(DOOMED), C(FATAL), D(REPLACE), S(NONE)},
    {S(DOOMED), C(OVERDUE), D(REPLACE), S(NONE)},
};

static void every_transition(void **state)
{
    (void)state;
    for (int from = 0; from < VF_TXN_STATE_COUNT; from++) {
        for (int event = 0; event < VF_TXN_EVENT_COUNT; event++) {
            struct vf_txn_step expected = {VF_TXN_DO_NOTHING, (enum vf_txn_state)from};
            for (size_t i = 0; i < sizeof table / sizeof *table; i++)
                if (table[i].state == (enum vf_txn_state)from &&
                    table[i].event == (enum vf_txn_event)event)
                    expected = (struct vf_txn_step){table[i].action, table[i].next};
            struct vf_txn_step step =
                vf_txn_step((enum vf_txn_state)from, (enum vf_txn_event)event);
            if (step.action != expected.action || step.next != expected.next)
                fail_msg("%s on %s: action %d, next %s", vf_txn_state_name((enum vf_txn_state)from),
                         vf_txn_event_name((enum vf_txn_event)event), step.action,
                         vf_txn_state_name(step.next));
        }
    }
}

/* ---- the driver ---- */

struct fake {
    struct vf_transaction txn;
    uint64_t now;
    char trace[512]; /* what was asked for, a word each */
    uint64_t unacknowledged;
    bool offsets; /* there are some to commit */
    struct vf_error reason;
    bool joining;
};

static void note(struct fake *fake, const char *word)
{
    strncat(fake->trace, word, sizeof fake->trace - strlen(fake->trace) - 1);
    strncat(fake->trace, " ", sizeof fake->trace - strlen(fake->trace) - 1);
}

static void on_call(void *owner, enum vf_txn_call call)
{
    static const char *const words[] = {"none",    "init",   "look", "begin",
                                        "offsets", "commit", "abort"};
    note(owner, words[call]);
}

static uint64_t unacknowledged(void *owner)
{
    return ((struct fake *)owner)->unacknowledged;
}

static bool gather(void *owner)
{
    note(owner, "gather");
    return ((struct fake *)owner)->offsets;
}

static void opened(void *owner)
{
    note(owner, "OPEN");
}

static void committed(void *owner)
{
    note(owner, "COMMITTED");
}

static void on_rewind(void *owner, bool looked)
{
    note(owner, looked ? "HERE" : "REWIND");
}

static void replace(void *owner, const struct vf_error *err, bool joining)
{
    struct fake *fake = owner;
    note(owner, "REPLACE");
    fake->reason = *err;
    fake->joining = joining;
}

static const struct vf_error trouble = {VF_EKAFKA, "trouble"};

static void result(struct fake *fake, enum vf_txn_event event)
{
    vf_transaction_result(&fake->txn, event, event == VF_TXN_CALL_OK ? NULL : &trouble, fake->now);
}

static void later(struct fake *fake, uint64_t ms)
{
    fake->now += ms;
    vf_transaction_tick(&fake->txn, fake->now);
}

static void expect(struct fake *fake, const char *trace)
{
    assert_string_equal(fake->trace, trace);
    fake->trace[0] = '\0';
}

static void setup_fake(struct fake *fake)
{
    const struct vf_txn_ops ops = {on_call,   unacknowledged, gather,  opened,
                                   committed, on_rewind,      replace, fake};
    *fake = (struct fake){.now = 1000, .offsets = true};
    vf_transaction_setup(&fake->txn, 200, 10000, &ops);
}

/* To the first open transaction. */
static void open_first(struct fake *fake)
{
    setup_fake(fake);
    vf_transaction_start(&fake->txn, fake->now);
    result(fake, VF_TXN_CALL_OK);
    result(fake, VF_TXN_CALL_OK);
    result(fake, VF_TXN_CALL_OK);
    expect(fake, "init look HERE begin OPEN ");
    assert_true(vf_transaction_open(&fake->txn));
}

/* From open to the state in which commit is called. */
static void to_commit(struct fake *fake)
{
    vf_transaction_used(&fake->txn, fake->now);
    later(fake, 200);
    result(fake, VF_TXN_CALL_OK);
    expect(fake, "gather offsets commit ");
}

static void commits_each_interval(void **state)
{
    struct fake fake;
    (void)state;
    open_first(&fake);
    later(&fake, 1000);
    expect(&fake, ""); /* nothing was sent: nothing to commit */
    vf_transaction_used(&fake.txn, fake.now);
    fake.unacknowledged = 3;
    later(&fake, 199);
    expect(&fake, "");
    later(&fake, 1);
    expect(&fake, "");
    assert_false(vf_transaction_open(&fake.txn));
    fake.unacknowledged = 0;
    later(&fake, 5);
    expect(&fake, "gather offsets ");
    assert_true(vf_transaction_calling(&fake.txn));
    result(&fake, VF_TXN_CALL_OK);
    expect(&fake, "commit ");
    result(&fake, VF_TXN_CALL_OK);
    expect(&fake, "COMMITTED begin ");
    assert_false(vf_transaction_open(&fake.txn));
    result(&fake, VF_TXN_CALL_OK);
    expect(&fake, "OPEN ");
    assert_int_equal(fake.txn.commits, 1);
    later(&fake, 1000);
    expect(&fake, "");
}

static void wanted_is_due_at_once(void **state)
{
    struct fake fake;
    (void)state;
    open_first(&fake);
    vf_transaction_want(&fake.txn, fake.now);
    expect(&fake, "gather offsets ");
}

static void wanted_soon_is_due_with_the_next_tick(void **state)
{
    struct fake fake;
    (void)state;
    open_first(&fake);
    vf_transaction_want_soon(&fake.txn);
    expect(&fake, "");
    later(&fake, 1);
    expect(&fake, "gather offsets ");
}

static void wanted_while_committing_is_kept_for_the_end(void **state)
{
    struct fake fake;
    (void)state;
    open_first(&fake);
    to_commit(&fake);
    vf_transaction_want(&fake.txn, fake.now);
    result(&fake, VF_TXN_CALL_OK);
    result(&fake, VF_TXN_CALL_OK);
    expect(&fake, "COMMITTED begin OPEN ");
}

static void nothing_to_commit_opens_again(void **state)
{
    struct fake fake;
    (void)state;
    open_first(&fake);
    fake.offsets = false;
    vf_transaction_want(&fake.txn, fake.now);
    expect(&fake, "gather OPEN ");
}

static void spoiled_is_aborted_and_read_again(void **state)
{
    struct fake fake;
    (void)state;
    open_first(&fake);
    vf_transaction_used(&fake.txn, fake.now);
    vf_transaction_spoil(&fake.txn, &trouble, fake.now);
    expect(&fake, "abort ");
    vf_transaction_spoil(&fake.txn, &trouble, fake.now); /* no second time */
    expect(&fake, "");
    result(&fake, VF_TXN_CALL_OK);
    result(&fake, VF_TXN_CALL_OK);
    expect(&fake, "REWIND begin OPEN ");
    assert_int_equal(fake.txn.aborts, 1);
    later(&fake, 1000); /* what was used is forgotten */
    expect(&fake, "");
}

static void refused_offsets_abort(void **state)
{
    struct fake fake;
    (void)state;
    open_first(&fake);
    vf_transaction_want(&fake.txn, fake.now);
    result(&fake, VF_TXN_CALL_BAD);
    expect(&fake, "gather offsets abort ");
}

static void calls_are_repeated_after_a_while(void **state)
{
    struct fake fake;
    (void)state;
    open_first(&fake);
    vf_transaction_want(&fake.txn, fake.now);
    result(&fake, VF_TXN_CALL_AGAIN);
    expect(&fake, "gather offsets ");
    assert_false(vf_transaction_calling(&fake.txn));
    later(&fake, VF_TXN_RETRY_MS - 1);
    expect(&fake, "");
    later(&fake, 1);
    expect(&fake, "offsets "); /* not gathered anew: the same offsets */
    result(&fake, VF_TXN_CALL_OK);
    expect(&fake, "commit ");
}

static void offsets_overdue_abort(void **state)
{
    struct fake fake;
    (void)state;
    open_first(&fake);
    vf_transaction_want(&fake.txn, fake.now);
    fake.now += 10000;
    result(&fake, VF_TXN_CALL_AGAIN);
    expect(&fake, "gather offsets abort ");
}

static void a_commit_overdue_needs_another_producer_which_looks(void **state)
{
    struct fake fake;
    (void)state;
    open_first(&fake);
    to_commit(&fake);
    fake.now += 10000;
    result(&fake, VF_TXN_CALL_AGAIN);
    expect(&fake, "REPLACE ");
    assert_string_equal(fake.reason.text, trouble.text);
    assert_false(fake.joining);
    assert_false(vf_transaction_calling(&fake.txn));
    vf_transaction_start(&fake.txn, fake.now);
    result(&fake, VF_TXN_CALL_OK);
    result(&fake, VF_TXN_CALL_OK);
    result(&fake, VF_TXN_CALL_OK);
    expect(&fake, "init look HERE begin OPEN ");
}

static void a_fatal_call_needs_another_producer(void **state)
{
    struct fake fake;
    (void)state;
    open_first(&fake);
    to_commit(&fake);
    result(&fake, VF_TXN_CALL_FATAL);
    expect(&fake, "REPLACE ");
    vf_transaction_start(&fake.txn, fake.now);
    result(&fake, VF_TXN_CALL_FATAL);
    expect(&fake, "init REPLACE ");
    assert_true(fake.joining);
}

static void a_broken_producer_is_kept_until_its_call_ends(void **state)
{
    struct fake fake;
    (void)state;
    open_first(&fake);
    to_commit(&fake);
    vf_transaction_break(&fake.txn, &trouble, fake.now);
    expect(&fake, "");
    assert_true(vf_transaction_calling(&fake.txn));
    later(&fake, 60000);
    expect(&fake, "");
    result(&fake, VF_TXN_CALL_OK); /* the commit went well: the look will tell */
    expect(&fake, "REPLACE ");
}

static void a_producer_that_breaks_between_two_tries_is_replaced_at_once(void **state)
{
    struct fake fake;
    (void)state;
    open_first(&fake);
    to_commit(&fake);
    result(&fake, VF_TXN_CALL_AGAIN);
    vf_transaction_break(&fake.txn, &trouble, fake.now);
    expect(&fake, "REPLACE ");
    later(&fake, 1000);
    expect(&fake, "");
}

static void a_producer_that_breaks_while_open_is_replaced_at_once(void **state)
{
    struct fake fake;
    (void)state;
    open_first(&fake);
    vf_transaction_break(&fake.txn, &trouble, fake.now);
    expect(&fake, "REPLACE ");
    vf_transaction_break(&fake.txn, &trouble, fake.now);
    expect(&fake, "");
}

static void init_waits_for_the_coordinator_without_end(void **state)
{
    struct fake fake;
    (void)state;
    setup_fake(&fake);
    vf_transaction_start(&fake.txn, fake.now);
    expect(&fake, "init ");
    for (int i = 0; i < 5; i++) {
        fake.now += 15000;
        result(&fake, VF_TXN_CALL_AGAIN);
        later(&fake, VF_TXN_RETRY_MS);
        expect(&fake, "init ");
    }
    result(&fake, VF_TXN_CALL_OK);
    for (int i = 0; i < 5; i++) {
        fake.now += 15000;
        result(&fake, VF_TXN_CALL_AGAIN);
        later(&fake, VF_TXN_RETRY_MS);
    }
    expect(&fake, "look look look look look look ");
}

static void an_abort_that_fails_needs_another_producer(void **state)
{
    struct fake fake;
    (void)state;
    open_first(&fake);
    vf_transaction_spoil(&fake.txn, &trouble, fake.now);
    result(&fake, VF_TXN_CALL_AGAIN);
    later(&fake, VF_TXN_RETRY_MS);
    expect(&fake, "abort abort ");
    result(&fake, VF_TXN_CALL_BAD);
    expect(&fake, "REPLACE ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_transition),
        cmocka_unit_test(commits_each_interval),
        cmocka_unit_test(wanted_is_due_at_once),
        cmocka_unit_test(wanted_soon_is_due_with_the_next_tick),
        cmocka_unit_test(wanted_while_committing_is_kept_for_the_end),
        cmocka_unit_test(nothing_to_commit_opens_again),
        cmocka_unit_test(spoiled_is_aborted_and_read_again),
        cmocka_unit_test(refused_offsets_abort),
        cmocka_unit_test(calls_are_repeated_after_a_while),
        cmocka_unit_test(offsets_overdue_abort),
        cmocka_unit_test(a_commit_overdue_needs_another_producer_which_looks),
        cmocka_unit_test(a_fatal_call_needs_another_producer),
        cmocka_unit_test(a_broken_producer_is_kept_until_its_call_ends),
        cmocka_unit_test(a_producer_that_breaks_between_two_tries_is_replaced_at_once),
        cmocka_unit_test(a_producer_that_breaks_while_open_is_replaced_at_once),
        cmocka_unit_test(init_waits_for_the_coordinator_without_end),
        cmocka_unit_test(an_abort_that_fails_needs_another_producer),
    };
    vf_log_set_fd(-1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
