/* Source and sink together on a mock cluster: what goes in comes out, each record acknowledged,
 * and offsets are committed up to there and no further. */
#include "unit_kafka_harness.h"

#include "kafka/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct vf_mock *new_mock(int brokers, int partitions)
{
    struct vf_mock *mock;
    struct vf_error err;
    if (vf_mock_create(brokers, &mock, &err))
        fail_msg("%s", err.text);
    assert_int_equal(vf_mock_topic(mock, INPUT, partitions, &err), 0);
    assert_int_equal(vf_mock_topic(mock, OUTPUT, partitions, &err), 0);
    assert_int_equal(vf_mock_topic(mock, DEAD, 1, &err), 0);
    return mock;
}

static uint64_t wanted; /* of the predicates below */

static bool all_acknowledged(struct relay *relay)
{
    return relay->acknowledged >= wanted;
}

static bool all_taken(struct relay *relay)
{
    return relay->taken >= wanted;
}

static bool all_committed(struct relay *relay)
{
    struct vf_source_status status;
    vf_source_status(relay->source, &status);
    return relay->acknowledged >= wanted && status.in_flight == 0 && status.uncommitted == 0;
}

static bool is_assigned(struct relay *relay)
{
    struct vf_source_status status;
    vf_source_status(relay->source, &status);
    return status.partitions > 0;
}

static void assert_all_out(struct vf_mock *mock, int partitions, int count, bool exactly)
{
    int *times = calloc((size_t)count, sizeof *times);
    tally(mock, OUTPUT, partitions, count, times);
    for (int n = 0; n < count; n++) {
        if (exactly ? times[n] != 1 : times[n] < 1)
            fail_msg("record %d is %d times in the output", n, times[n]);
    }
    free(times);
}

static void assert_all_committed(struct vf_mock *mock, int partitions)
{
    for (int p = 0; p < partitions; p++)
        assert_int_equal(committed(mock, GROUP, INPUT, p), log_end(mock, INPUT, p));
}

static void test_passes_all_through(void **state)
{
    enum { PARTITIONS = 12, COUNT = 20000 };
    struct vf_mock *mock = new_mock(1, PARTITIONS);
    static struct relay relay;
    (void)state;
    feed(mock, INPUT, PARTITIONS, 0, COUNT);
    relay_start(&relay, &(struct relay_config){.mock = mock});
    wanted = COUNT;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    relay_stop(&relay, 5000);
    assert_true(relay.closed_clean);
    assert_int_equal(relay.sink_left, 0);
    assert_int_equal(relay.taken, COUNT);
    assert_all_out(mock, PARTITIONS, COUNT, true);
    assert_all_committed(mock, PARTITIONS);
    vf_mock_free(mock);
}

static void test_keeps_order_within_a_key(void **state)
{
    struct vf_mock *mock = new_mock(1, 4);
    static struct relay relay;
    static rd_kafka_message_t *messages[2048];
    (void)state;
    for (int n = 0; n < 3; n++)
        feed(mock, INPUT, 1, n * 500, 500);
    relay_start(&relay, &(struct relay_config){.mock = mock});
    wanted = 1500;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    relay_stop(&relay, 5000);
    for (int p = 0; p < 4; p++) {
        int count = fetch_all(mock, OUTPUT, p, messages, 2048);
        int last = -1;
        for (int i = 0; i < count; i++) {
            int n = atoi((const char *)messages[i]->key + 1);
            assert_true(n > last);
            last = n;
        }
        fetch_done(messages, count);
    }
    vf_mock_free(mock);
}

static void test_keeps_key_value_headers_and_timestamp(void **state)
{
    struct vf_mock *mock = new_mock(1, 1);
    static struct relay relay;
    rd_kafka_message_t *messages[8];
    (void)state;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(3);
    rd_kafka_header_add(headers, "a", -1, "1", 1);
    rd_kafka_header_add(headers, "null", -1, NULL, 0);
    rd_kafka_header_add(headers, "a", -1, "", 0);
    feed_record(mock, INPUT, 0, "key", "va\0ue", 5, 1700000000123, headers);
    feed_record(mock, INPUT, 0, NULL, "no key", 6, 1700000000456, NULL);
    feed_record(mock, INPUT, 0, "", "", 0, 1700000000789, NULL);
    feed_record(mock, INPUT, 0, "tombstone", NULL, 0, 1700000000999, NULL);
    relay_start(&relay, &(struct relay_config){.mock = mock});
    wanted = 4;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    relay_stop(&relay, 5000);

    assert_int_equal(fetch_all(mock, OUTPUT, 0, messages, 8), 4);
    rd_kafka_timestamp_type_t type;
    assert_int_equal(rd_kafka_message_timestamp(messages[0], &type), 1700000000123);
    assert_int_equal(messages[0]->key_len, 3);
    assert_memory_equal(messages[0]->key, "key", 3);
    assert_int_equal(messages[0]->len, 5);
    assert_memory_equal(messages[0]->payload, "va\0ue", 5);
    rd_kafka_headers_t *got;
    assert_int_equal(rd_kafka_message_headers(messages[0], &got), 0);
    assert_int_equal(rd_kafka_header_cnt(got), 3);
    const char *name;
    const void *value;
    size_t size;
    assert_int_equal(rd_kafka_header_get_all(got, 0, &name, &value, &size), 0);
    assert_string_equal(name, "a");
    assert_int_equal(size, 1);
    assert_int_equal(rd_kafka_header_get_all(got, 1, &name, &value, &size), 0);
    assert_null(value);
    assert_int_equal(rd_kafka_header_get_all(got, 2, &name, &value, &size), 0);
    assert_non_null(value);
    assert_int_equal(size, 0);

    assert_null(messages[1]->key);
    assert_non_null(messages[2]->key);
    assert_int_equal(messages[2]->key_len, 0);
    assert_non_null(messages[2]->payload);
    assert_int_equal(messages[2]->len, 0);
    assert_null(messages[3]->payload);
    fetch_done(messages, 4);
    vf_mock_free(mock);
}

static void test_goes_on_after_a_restart(void **state)
{
    enum { PARTITIONS = 3, HALF = 3000 };
    struct vf_mock *mock = new_mock(1, PARTITIONS);
    static struct relay relay;
    (void)state;
    feed(mock, INPUT, PARTITIONS, 0, HALF);
    relay_start(&relay, &(struct relay_config){.mock = mock});
    wanted = HALF;
    relay_until(&relay, all_acknowledged, "the first half is acknowledged");
    relay_stop(&relay, 5000);
    feed(mock, INPUT, PARTITIONS, HALF, HALF);
    relay_start(&relay, &(struct relay_config){.mock = mock});
    relay_until(&relay, all_acknowledged, "the second half is acknowledged");
    relay_stop(&relay, 5000);
    assert_int_equal(relay.taken, HALF);
    assert_all_out(mock, PARTITIONS, 2 * HALF, true);
    assert_all_committed(mock, PARTITIONS);
    vf_mock_free(mock);
}

/* Outputs that nobody confirmed to the source are not behind the committed offset. */
static void test_never_commits_what_is_not_done(void **state)
{
    enum { COUNT = 100 };
    struct vf_mock *mock = new_mock(1, 1);
    static struct relay relay;
    (void)state;
    feed(mock, INPUT, 1, 0, COUNT);
    relay_start(&relay,
                &(struct relay_config){.mock = mock, .withhold = true, .commit_interval_ms = 50});
    wanted = COUNT;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    for (int i = 0; i < COUNT; i++)
        if (i != 40)
            vf_source_done(relay.source, relay.withheld[i]);
    vf_source_done(relay.source, relay.withheld[41]); /* twice: no effect */
    relay_run_ms(&relay, 700);
    assert_int_equal(committed(mock, GROUP, INPUT, 0), 40);
    struct vf_source_status status;
    vf_source_status(relay.source, &status);
    assert_int_equal(status.in_flight, 1);
    relay_stop(&relay, 200);
    assert_false(relay.closed_clean);
    assert_int_equal(committed(mock, GROUP, INPUT, 0), 40);

    relay_start(&relay, &(struct relay_config){.mock = mock});
    wanted = COUNT - 40;
    relay_until(&relay, all_acknowledged, "the rest comes again");
    relay_stop(&relay, 5000);
    assert_int_equal(relay.taken, COUNT - 40);
    assert_int_equal(committed(mock, GROUP, INPUT, 0), COUNT);
    vf_mock_free(mock);
}

static void test_commits_at_its_interval(void **state)
{
    enum { COUNT = 500 };
    struct vf_mock *mock = new_mock(1, 2);
    static struct relay relay;
    (void)state;
    feed(mock, INPUT, 2, 0, COUNT);
    relay_start(&relay, &(struct relay_config){.mock = mock, .commit_interval_ms = 100});
    wanted = COUNT;
    relay_until(&relay, all_committed, "all is committed");
    assert_all_committed(mock, 2);
    struct vf_source_status status;
    vf_source_status(relay.source, &status);
    assert_int_equal(status.partitions, 2);
    assert_int_equal(status.caught_up, 2);
    assert_true(status.lag_known);
    assert_int_equal(status.lag, 0);
    struct vf_partition_status part;
    assert_true(vf_source_partition(relay.source, 1, &part));
    assert_string_equal(part.topic, INPUT);
    assert_int_equal(part.position, COUNT / 2);
    assert_int_equal(part.checkpoint, COUNT / 2);
    assert_int_equal(part.committed, COUNT / 2);
    assert_int_equal(part.log_end, COUNT / 2);
    assert_false(vf_source_partition(relay.source, 2, &part));
    relay_stop(&relay, 5000);
    vf_mock_free(mock);
}

/* A sink far too small for the feed: the source waits, and loses nothing. */
static void test_back_pressure(void **state)
{
    enum { PARTITIONS = 4, COUNT = 5000 };
    struct vf_mock *mock = new_mock(1, PARTITIONS);
    static struct relay relay;
    (void)state;
    feed(mock, INPUT, PARTITIONS, 0, COUNT);
    relay_start(&relay, &(struct relay_config){.mock = mock, .records_max = 100});
    wanted = COUNT;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    relay_stop(&relay, 5000);
    assert_true(relay.busy > 10);
    assert_int_equal(relay.taken, COUNT);
    assert_all_out(mock, PARTITIONS, COUNT, true);
    assert_all_committed(mock, PARTITIONS);
    vf_mock_free(mock);
}

static void test_byte_budget(void **state)
{
    enum { COUNT = 2000 };
    struct vf_mock *mock = new_mock(1, 1);
    static struct relay relay;
    (void)state;
    feed(mock, INPUT, 1, 0, COUNT);
    relay_start(&relay, &(struct relay_config){.mock = mock, .bytes_max = 300});
    wanted = COUNT;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    relay_stop(&relay, 5000);
    assert_true(relay.busy > 10);
    assert_all_out(mock, 1, COUNT, true);
    vf_mock_free(mock);
}

/* Few records fit between the oldest that is not done and the newest. */
static void test_full_window_pauses_one_partition(void **state)
{
    enum { PARTITIONS = 2, COUNT = 2000, WINDOW = 64 };
    struct vf_mock *mock = new_mock(1, PARTITIONS);
    static struct relay relay;
    (void)state;
    feed(mock, INPUT, PARTITIONS, 0, COUNT);
    relay_start(&relay, &(struct relay_config){.mock = mock, .window = WINDOW, .withhold = true});
    wanted = 2 * WINDOW;
    relay_until(&relay, all_acknowledged, "both windows are full");
    relay_run_ms(&relay, 300);
    assert_int_equal(relay.taken, 2 * WINDOW);
    /* One partition's window is emptied again and again: only that one flows. */
    for (int round = 0; round < 5; round++) {
        uint64_t before = relay.taken;
        struct vf_ticket other = {0};
        size_t kept = 0;
        for (size_t i = 0; i < relay.withheld_count; i++) {
            if (relay.withheld[i].slot == 0)
                vf_source_done(relay.source, relay.withheld[i]);
            else
                relay.withheld[kept++] = other = relay.withheld[i];
        }
        assert_int_equal(other.slot, 1);
        relay.withheld_count = kept;
        wanted = before + WINDOW;
        relay_until(&relay, all_acknowledged, "the window is full again");
        assert_int_equal(relay.taken, before + WINDOW);
    }
    relay.config.withhold = false;
    for (size_t i = 0; i < relay.withheld_count; i++)
        vf_source_done(relay.source, relay.withheld[i]);
    wanted = COUNT;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    relay_stop(&relay, 5000);
    assert_int_equal(relay.taken, COUNT);
    assert_all_out(mock, PARTITIONS, COUNT, true);
    assert_all_committed(mock, PARTITIONS);
    vf_mock_free(mock);
}

static enum vf_take hold_partition_0_at_10(struct relay *relay, const struct vf_record *record)
{
    if (record->partition != 0 || record->offset != 10 || relay->gate_left == 0)
        return VF_TAKE_DONE;
    relay->gate_left--;
    return VF_TAKE_HOLD;
}

static void test_hold_stops_one_partition(void **state)
{
    enum { PARTITIONS = 3, EACH = 200, COUNT = PARTITIONS * EACH };
    struct vf_mock *mock = new_mock(1, PARTITIONS);
    static struct relay relay;
    (void)state;
    feed(mock, INPUT, PARTITIONS, 0, COUNT);
    relay_start(&relay, &(struct relay_config){.mock = mock, .gate = hold_partition_0_at_10});
    relay.gate_left = 3;
    wanted = 10 + 2 * EACH;
    for (int round = 0; round < 3; round++) {
        relay_until(&relay, all_acknowledged, "the others are through");
        relay_run_ms(&relay, 300);
        struct vf_source_status status;
        vf_source_status(relay.source, &status);
        assert_int_equal(relay.taken, wanted);
        assert_int_equal(status.held, 1);
        vf_source_release_held(relay.source);
    }
    wanted = COUNT;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    relay_stop(&relay, 5000);
    assert_all_out(mock, PARTITIONS, COUNT, true);
    assert_all_committed(mock, PARTITIONS);
    vf_mock_free(mock);
}

/* Held and released from within the owner's own answer, again and again, in a full stream. */
static enum vf_take hold_often(struct relay *relay, const struct vf_record *record)
{
    int64_t *held = &relay->held[record->partition];
    if (record->offset % 37 != 5 || *held == record->offset)
        return VF_TAKE_DONE;
    *held = record->offset;
    vf_source_release_held(relay->source);
    return VF_TAKE_HOLD;
}

static bool all_acknowledged_releasing(struct relay *relay)
{
    vf_source_release_held(relay->source);
    return relay->acknowledged >= wanted;
}

static void test_hold_and_release_in_quick_turns(void **state)
{
    enum { PARTITIONS = 3, COUNT = 6000 };
    struct vf_mock *mock = new_mock(1, PARTITIONS);
    static struct relay relay;
    (void)state;
    feed(mock, INPUT, PARTITIONS, 0, COUNT);
    relay_start(&relay, &(struct relay_config){.mock = mock, .gate = hold_often});
    wanted = COUNT;
    relay_until(&relay, all_acknowledged_releasing, "all are acknowledged");
    relay_stop(&relay, 5000);
    assert_int_equal(relay.taken, COUNT);
    assert_all_out(mock, PARTITIONS, COUNT, true);
    assert_all_committed(mock, PARTITIONS);
    vf_mock_free(mock);
}

/* Stopped in mid-stream, the source waits for what it took and commits that. */
static void test_stop_drains(void **state)
{
    enum { PARTITIONS = 4, COUNT = 20000 };
    struct vf_mock *mock = new_mock(1, PARTITIONS);
    static struct relay relay;
    int64_t sum = 0;
    (void)state;
    feed(mock, INPUT, PARTITIONS, 0, COUNT);
    relay_start(&relay, &(struct relay_config){.mock = mock, .commit_interval_ms = 60000});
    wanted = 1000;
    relay_until(&relay, all_taken, "some are taken");
    relay_stop(&relay, 10000);
    assert_true(relay.closed_clean);
    assert_int_equal(relay.taken, relay.acknowledged);
    for (int p = 0; p < PARTITIONS; p++) {
        int64_t offset = committed(mock, GROUP, INPUT, p);
        sum += offset > 0 ? offset : 0;
    }
    assert_int_equal(sum, relay.taken);
    relay_start(&relay, &(struct relay_config){.mock = mock});
    wanted = COUNT - (uint64_t)sum;
    relay_until(&relay, all_acknowledged, "the rest is acknowledged");
    relay_stop(&relay, 5000);
    assert_all_out(mock, PARTITIONS, COUNT, true);
    vf_mock_free(mock);
}

static void test_close_before_start_of_anything(void **state)
{
    struct vf_mock *mock = new_mock(1, 1);
    static struct relay relay;
    (void)state;
    relay_start(&relay, &(struct relay_config){.mock = mock});
    relay_stop(&relay, 1000);
    assert_true(relay.closed_clean);
    relay_start(&relay, &(struct relay_config){.mock = mock});
    relay_until(&relay, is_assigned, "it has its partition");
    relay_stop(&relay, 1000);
    assert_true(relay.closed_clean);
    vf_mock_free(mock);
}

/* ---- two members ---- */

static bool both_have_some(struct relay *a, struct relay *b)
{
    struct vf_source_status status[2];
    vf_source_status(a->source, &status[0]);
    vf_source_status(b->source, &status[1]);
    return status[0].partitions > 0 && status[1].partitions > 0;
}

static bool both_acknowledged_all(struct relay *a, struct relay *b)
{
    struct vf_source_status status[2];
    vf_source_status(a->source, &status[0]);
    vf_source_status(b->source, &status[1]);
    return a->acknowledged + b->acknowledged >= wanted && status[0].in_flight == 0 &&
           status[1].in_flight == 0 &&
           status[0].caught_up + status[1].caught_up == status[0].partitions + status[1].partitions;
}

/* Of one member that is left with them. */
static bool all_committed_and_assigned(struct relay *relay)
{
    struct vf_source_status status;
    vf_source_status(relay->source, &status);
    return status.partitions == 6 && status.caught_up == 6 && status.uncommitted == 0;
}

static void second_member_joins(const char *strategy)
{
    enum { PARTITIONS = 6, HALF = 6000, COUNT = 2 * HALF };
    struct vf_mock *mock = new_mock(1, PARTITIONS);
    static struct relay first;
    static struct relay second;
    const char *extra[] = {strategy, NULL};
    struct relay_config config = {.mock = mock, .extra = extra, .records_max = 200};
    feed(mock, INPUT, PARTITIONS, 0, HALF);
    relay_start(&first, &config);
    wanted = 500;
    relay_until(&first, all_acknowledged, "the first has begun");
    relay_start(&second, &config);
    relay_until_both(&first, &second, both_have_some, "both have partitions");
    feed(mock, INPUT, PARTITIONS, HALF, HALF);
    wanted = COUNT;
    relay_until_both(&first, &second, both_acknowledged_all, "all are acknowledged");
    assert_true(second.taken > 0);
    relay_stop(&second, 5000);
    relay_until(&first, all_committed_and_assigned, "the first has all and committed all");
    relay_stop(&first, 5000);
    /* The mock refuses commits while it rebalances, so some may be doubled; none is lost. */
    assert_all_out(mock, PARTITIONS, COUNT, false);
    assert_all_committed(mock, PARTITIONS);
    vf_mock_free(mock);
}

static void test_eager_rebalance(void **state)
{
    (void)state;
    second_member_joins("consumer:partition.assignment.strategy=range");
}

static void test_cooperative_rebalance(void **state)
{
    (void)state;
    second_member_joins("consumer:partition.assignment.strategy=cooperative-sticky");
}

static bool has_none(struct relay *relay)
{
    struct vf_source_status status;
    vf_source_status(relay->source, &status);
    return status.partitions == 0;
}

/* A member that its group does not know any more loses all, and comes back. */
static void test_cooperative_member_is_forgotten(void **state)
{
    enum { PARTITIONS = 6, HALF = 300, COUNT = 2 * HALF, UNKNOWN_MEMBER_ID = 25 };
    struct vf_mock *mock = new_mock(1, PARTITIONS);
    static struct relay relay;
    const char *extra[] = {"consumer:partition.assignment.strategy=cooperative-sticky", NULL};
    struct relay_config config = {.mock = mock, .extra = extra};

    (void)state;
    feed(mock, INPUT, PARTITIONS, 0, HALF);
    relay_start(&relay, &config);
    wanted = HALF;
    relay_until(&relay, all_acknowledged, "the first half is acknowledged");
    vf_mock_fail(mock, VF_MOCK_HEARTBEAT, UNKNOWN_MEMBER_ID, 1);
    relay_until(&relay, has_none, "all is lost");
    feed(mock, INPUT, PARTITIONS, HALF, HALF);
    wanted = COUNT;
    relay_until(&relay, all_committed_and_assigned, "all are committed by the member that is back");
    relay_stop(&relay, 5000);
    assert_all_out(mock, PARTITIONS, COUNT, false);
    vf_mock_free(mock);
}

/* Between joining and the first assignment, when some releases have an assignor without a state. */
static void test_cooperative_ends_before_its_first_assignment(void **state)
{
    enum { LATE_MS = 8000, JOINED_MS = 5000 };
    struct vf_mock *mock = new_mock(1, 1);
    static struct relay relay;
    const char *extra[] = {"consumer:partition.assignment.strategy=cooperative-sticky", NULL};
    struct relay_config config = {.mock = mock, .extra = extra};
    unsigned left = vf_client_left_behind();

    (void)state;
    vf_mock_fail_late(mock, 1, VF_MOCK_SYNC_GROUP, 0, LATE_MS);
    relay_start(&relay, &config);
    relay_run_ms(&relay, JOINED_MS);
    assert_int_equal(relay.taken, 0);
    relay_stop(&relay, 1000);
    assert_int_equal(vf_client_left_behind() - left, rd_kafka_version() < 0x020300ff);
    vf_mock_free(mock);
}

static bool has_both_and_all(struct relay *relay)
{
    struct vf_source_status status;
    vf_source_status(relay->source, &status);
    return status.caught_up == 2 && status.uncommitted == 0 && relay->acknowledged >= wanted;
}

/* What is in flight when the deadline comes is committed by nobody and read again by the next. */
static void test_revoke_deadline(void **state)
{
    enum { PARTITIONS = 2, COUNT = 200 };
    struct vf_mock *mock = new_mock(1, PARTITIONS);
    static struct relay first;
    static struct relay second;
    (void)state;
    feed(mock, INPUT, PARTITIONS, 0, COUNT);
    relay_start(&first,
                &(struct relay_config){.mock = mock, .withhold = true, .revoke_timeout_ms = 300});
    wanted = COUNT;
    relay_until(&first, all_acknowledged, "the first has taken all");
    for (size_t i = 0; i < 10; i++)
        vf_source_done(first.source, first.withheld[i]);
    relay_start(&second, &(struct relay_config){.mock = mock});
    relay_until_both(&first, &second, both_have_some, "both have partitions");
    /* Tickets of an assignment that has ended. */
    for (size_t i = 10; i < first.withheld_count; i++)
        vf_source_done(first.source, first.withheld[i]);
    relay_stop(&first, 1000);
    wanted = COUNT - 10;
    relay_until(&second, has_both_and_all, "the second has the rest");
    relay_stop(&second, 5000);
    assert_true(second.taken >= COUNT - 10);
    assert_all_out(mock, PARTITIONS, COUNT, false);
    assert_all_committed(mock, PARTITIONS);
    vf_mock_free(mock);
}

/* ---- commits by the owner ---- */

static void test_rewind_replays_from_the_committed(void **state)
{
    enum { COUNT = 300 };
    struct vf_mock *mock = new_mock(1, 1);
    static struct relay relay;
    (void)state;
    feed(mock, INPUT, 1, 0, COUNT);
    relay_start(&relay, &(struct relay_config){
                            .mock = mock, .commit = VF_COMMIT_BY_OWNER, .withhold = true});
    wanted = COUNT;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    for (int i = 0; i < 100; i++)
        vf_source_done(relay.source, relay.withheld[i]);
    rd_kafka_topic_partition_list_t *list = vf_source_checkpoints(relay.source);
    assert_int_equal(list->cnt, 1);
    assert_int_equal(list->elems[0].offset, 100);
    vf_source_committed(relay.source, list);
    rd_kafka_topic_partition_list_destroy(list);
    list = vf_source_checkpoints(relay.source);
    assert_int_equal(list->cnt, 0);
    rd_kafka_topic_partition_list_destroy(list);

    struct vf_ticket old = relay.withheld[150];
    vf_source_rewind(relay.source);
    relay.withheld_count = 0;
    wanted = COUNT + 200;
    relay_until(&relay, all_acknowledged, "the rest is replayed");
    assert_int_equal(relay.taken, COUNT + 200);
    assert_int_equal(relay.withheld[0].offset, 100);
    struct vf_source_status status;
    vf_source_done(relay.source, old);
    vf_source_status(relay.source, &status);
    assert_int_equal(status.in_flight, 200);
    /* The source itself commits nothing, and asks the owner when it must give back. */
    relay_stop(&relay, 200);
    assert_int_equal(relay.revokes, 1);
    assert_int_equal(committed(mock, GROUP, INPUT, 0), -1);
    vf_mock_free(mock);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passes_all_through),
        cmocka_unit_test(test_keeps_order_within_a_key),
        cmocka_unit_test(test_keeps_key_value_headers_and_timestamp),
        cmocka_unit_test(test_goes_on_after_a_restart),
        cmocka_unit_test(test_never_commits_what_is_not_done),
        cmocka_unit_test(test_commits_at_its_interval),
        cmocka_unit_test(test_back_pressure),
        cmocka_unit_test(test_byte_budget),
        cmocka_unit_test(test_full_window_pauses_one_partition),
        cmocka_unit_test(test_hold_stops_one_partition),
        cmocka_unit_test(test_hold_and_release_in_quick_turns),
        cmocka_unit_test(test_stop_drains),
        cmocka_unit_test(test_close_before_start_of_anything),
        cmocka_unit_test(test_eager_rebalance),
        cmocka_unit_test(test_cooperative_rebalance),
        cmocka_unit_test(test_cooperative_member_is_forgotten),
        cmocka_unit_test(test_cooperative_ends_before_its_first_assignment),
        cmocka_unit_test(test_revoke_deadline),
        cmocka_unit_test(test_rewind_replays_from_the_committed),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (vf_client_left_behind()) { /* its threads go on */
        fflush(NULL);
        _exit(failed);
    }
    return failed;
}
