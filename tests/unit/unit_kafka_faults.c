/* Source and sink while brokers, topics and answers go wrong: nothing is lost, what is wrong is
 * said, and every way out ends in time. */
#include "base/memory.h"
#include "observe/log.h"
#include "unit_kafka_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static FILE *log_file;

static int begin_log(void **state)
{
    (void)state;
    log_file = tmpfile();
    vf_log_set_fd(fileno(log_file));
    return 0;
}

static int end_log(void **state)
{
    (void)state;
    vf_log_flush(true);
    vf_log_set_fd(STDERR_FILENO);
    fclose(log_file);
    return 0;
}

/* How often the log says it. */
static int logged(const char *text)
{
    static char all[1 << 20];
    int times = 0;
    ssize_t size = pread(fileno(log_file), all, sizeof all - 1, 0);
    all[size > 0 ? size : 0] = '\0';
    for (const char *at = all; (at = strstr(at, text)); at += strlen(text))
        times++;
    return times;
}

static struct vf_mock *new_mock(int partitions)
{
    struct vf_mock *mock;
    struct vf_error err;
    if (vf_mock_create(1, &mock, &err))
        fail_msg("%s", err.text);
    assert_int_equal(vf_mock_topic(mock, INPUT, partitions, &err), 0);
    assert_int_equal(vf_mock_topic(mock, OUTPUT, partitions, &err), 0);
    assert_int_equal(vf_mock_topic(mock, DEAD, 1, &err), 0);
    return mock;
}

static uint64_t wanted;

static bool all_acknowledged(struct relay *relay)
{
    return relay->acknowledged >= wanted;
}

static bool all_done(struct relay *relay)
{
    struct vf_source_status status;
    vf_source_status(relay->source, &status);
    return relay->acknowledged >= wanted && status.in_flight == 0;
}

static bool is_assigned(struct relay *relay)
{
    struct vf_source_status status;
    vf_source_status(relay->source, &status);
    return status.partitions > 0;
}

/* Each of the records is in the output, but the excepted one. */
static void assert_all_out(struct vf_mock *mock, int partitions, int count, int except)
{
    int *times = calloc((size_t)count, sizeof *times);
    tally(mock, OUTPUT, partitions, count, times);
    for (int n = 0; n < count; n++)
        if (times[n] != (n != except))
            fail_msg("record %d is %d times in the output", n, times[n]);
    free(times);
}

static void assert_all_committed(struct vf_mock *mock, int partitions)
{
    for (int p = 0; p < partitions; p++)
        assert_int_equal(committed(mock, GROUP, INPUT, p), log_end(mock, INPUT, p));
}

/* What the library repeats by itself. */
static void test_passing_produce_errors(void **state)
{
    enum { PARTITIONS = 3, COUNT = 3000 };
    static const int codes[] = {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR__TRANSPORT,
                                RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT};
    struct vf_mock *mock = new_mock(PARTITIONS);
    static struct relay relay;
    (void)state;
    feed(mock, INPUT, PARTITIONS, 0, COUNT);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        vf_mock_fail(mock, VF_MOCK_PRODUCE, codes[i], 2);
    relay_start(&relay, &(struct relay_config){.mock = mock});
    wanted = COUNT;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    relay_stop(&relay, 5000);
    assert_int_equal(relay.failed, 0);
    assert_all_committed(mock, PARTITIONS);
    vf_mock_free(mock);
}

/* What the library gives up on, though it passes: the sink sends it again. */
static void test_permission_comes_back(void **state)
{
    enum { COUNT = 1000 };
    struct vf_mock *mock = new_mock(1);
    static struct relay relay;
    static rd_kafka_message_t *messages[COUNT + 1];
    /* One batch: the mock, unlike a broker, would take what follows a refused one. */
    const char *extra[] = {"producer:linger.ms=500", NULL};
    (void)state;
    feed(mock, INPUT, 1, 0, COUNT);
    vf_mock_fail(mock, VF_MOCK_PRODUCE, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 3);
    relay_start(&relay, &(struct relay_config){.mock = mock, .extra = extra});
    wanted = COUNT;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    struct vf_sink_status status;
    vf_sink_status(relay.sink, &status);
    assert_true(status.retried > 0);
    assert_int_equal(status.in_flight, 0);
    assert_int_equal(status.bytes, 0);
    assert_int_equal(status.acknowledged, COUNT);
    relay_stop(&relay, 5000);
    assert_int_equal(relay.failed, 0);
    assert_int_equal(logged("outputs cannot be delivered yet"), 1);
    assert_int_equal(logged("outputs are delivered again"), 1);
    assert_int_equal(fetch_all(mock, OUTPUT, 0, messages, COUNT + 1), COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(atoi((const char *)messages[i]->key + 1), i); /* in order */
    fetch_done(messages, COUNT);
    vf_mock_free(mock);
}

/* A batch refused as a whole: no record of it is at fault by itself. */
static void test_innocent_batch(void **state)
{
    enum { COUNT = 200 };
    struct vf_mock *mock = new_mock(1);
    static struct relay relay;
    (void)state;
    feed(mock, INPUT, 1, 0, COUNT);
    vf_mock_fail(mock, VF_MOCK_PRODUCE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1);
    relay_start(&relay, &(struct relay_config){.mock = mock});
    wanted = COUNT;
    relay_until(&relay, all_done, "all are acknowledged");
    relay_stop(&relay, 5000);
    assert_int_equal(relay.failed, 0);
    assert_int_equal(relay.rejected, 0);
    assert_all_out(mock, 1, COUNT, -1);
    assert_all_committed(mock, 1);
    vf_mock_free(mock);
}

/* Refused with its batch, then alone: that record comes back and goes to the dead letters. */
static void test_guilty_record_comes_back(void **state)
{
    enum { COUNT = 20 };
    struct vf_mock *mock = new_mock(1);
    static struct relay relay;
    rd_kafka_message_t *messages[4];
    const char *extra[] = {"producer:linger.ms=200", NULL}; /* one batch */
    (void)state;
    feed(mock, INPUT, 1, 0, COUNT);
    vf_mock_fail(mock, VF_MOCK_PRODUCE, RD_KAFKA_RESP_ERR_INVALID_RECORD, 2);
    relay_start(&relay, &(struct relay_config){.mock = mock, .extra = extra});
    wanted = COUNT;
    relay_until(&relay, all_done, "all are done");
    relay_stop(&relay, 5000);
    assert_true(relay.closed_clean);
    assert_int_equal(relay.taken, COUNT);
    assert_int_equal(relay.failed, 1);
    assert_int_equal(relay.rejected, 1);
    assert_non_null(strstr(relay.last_reason, "feed.out"));
    assert_int_equal(fetch_all(mock, DEAD, 0, messages, 4), 1);
    int n = atoi((const char *)messages[0]->key + 1);
    fetch_done(messages, 1);
    assert_all_out(mock, 1, COUNT, n);
    assert_all_committed(mock, 1);
    vf_mock_free(mock);
}

/* Refused by the client itself, for its size. */
static void test_record_too_large_to_send(void **state)
{
    struct vf_mock *mock = new_mock(1);
    static struct relay relay;
    static char large[5000];
    const char *extra[] = {"producer:message.max.bytes=2000", NULL};
    (void)state;
    memset(large, 'x', sizeof large);
    feed(mock, INPUT, 1, 0, 5);
    feed_record(mock, INPUT, 0, "large", large, sizeof large, 1, NULL);
    feed(mock, INPUT, 1, 5, 5);
    relay_start(&relay, &(struct relay_config){.mock = mock, .extra = extra});
    wanted = 10;
    relay_until(&relay, all_done, "all others are acknowledged");
    relay_stop(&relay, 5000);
    assert_int_equal(relay.failed, 1);
    assert_non_null(strstr(relay.last_reason, "message.max.bytes"));
    assert_all_out(mock, 1, 10, -1);
    assert_all_committed(mock, 1);
    vf_mock_free(mock);
}

static bool is_disconnected(struct relay *relay)
{
    struct vf_source_status source;
    struct vf_sink_status sink;
    vf_source_status(relay->source, &source);
    vf_sink_status(relay->sink, &sink);
    return !source.connected && !sink.connected;
}

static bool is_connected(struct relay *relay)
{
    struct vf_source_status source;
    struct vf_sink_status sink;
    vf_source_status(relay->source, &source);
    vf_sink_status(relay->sink, &sink);
    return source.connected && sink.connected;
}

static void test_broker_down_and_up(void **state)
{
    enum { PARTITIONS = 4, HALF = 5000, COUNT = 2 * HALF };
    struct vf_mock *mock = new_mock(PARTITIONS);
    static struct relay relay;
    (void)state;
    feed(mock, INPUT, PARTITIONS, 0, HALF);
    relay_start(&relay, &(struct relay_config){.mock = mock, .records_max = 500});
    wanted = 1000;
    relay_until(&relay, all_acknowledged, "some are acknowledged");
    vf_mock_set_down(mock, -1, true);
    relay_until(&relay, is_disconnected, "the outage is noticed");
    relay_run_ms(&relay, 1500);
    vf_mock_set_down(mock, -1, false);
    feed(mock, INPUT, PARTITIONS, HALF, HALF);
    wanted = COUNT;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    relay_until(&relay, is_connected, "both are connected again");
    relay_stop(&relay, 5000);
    assert_int_equal(relay.failed, 0);
    assert_int_equal(logged("no broker can be reached"), 2); /* one for each client */
    assert_int_equal(logged("brokers can be reached again"), 2);
    int *times = calloc(COUNT, sizeof *times);
    tally(mock, OUTPUT, PARTITIONS, COUNT, times);
    for (int n = 0; n < COUNT; n++)
        assert_true(times[n] >= 1); /* the mock does not tell repeated batches apart */
    free(times);
    vf_mock_free(mock);
}

/* Out of reach from the beginning. */
static void test_broker_unreachable_at_start(void **state)
{
    struct vf_mock *mock = new_mock(1);
    static struct relay relay;
    (void)state;
    feed(mock, INPUT, 1, 0, 10);
    vf_mock_set_down(mock, -1, true);
    relay_start(&relay, &(struct relay_config){.mock = mock});
    relay_until(&relay, is_disconnected, "the outage is noticed");
    vf_mock_set_down(mock, -1, false);
    wanted = 10;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    relay_stop(&relay, 5000);
    vf_mock_free(mock);
}

static void test_close_while_unreachable(void **state)
{
    enum { COUNT = 2000 };
    struct vf_mock *mock = new_mock(2);
    static struct relay relay;
    (void)state;
    feed(mock, INPUT, 2, 0, COUNT);
    relay_start(&relay, &(struct relay_config){
                            .mock = mock, .records_max = 100, .commit_interval_ms = 60000});
    wanted = 500;
    relay_until(&relay, all_acknowledged, "some are acknowledged");
    vf_mock_set_down(mock, -1, true);
    uint64_t begin = uv_hrtime();
    relay_stop(&relay, 1000);
    uint64_t took_ms = (uv_hrtime() - begin) / 1000000;
    assert_false(relay.closed_clean);
    /* Draining, committing and leaving for the source; draining for the sink. */
    assert_in_range(took_ms, 1000, 1000 + 2 * 5000 + 1000 + 4000);
    assert_true(relay.sink_left > 0);
    vf_mock_set_down(mock, -1, false);

    uint64_t before = relay.acknowledged;
    relay_start(&relay, &(struct relay_config){.mock = mock});
    wanted = COUNT - before;
    relay_until(&relay, all_done, "the rest comes again");
    relay_stop(&relay, 5000);
    int *times = calloc(COUNT, sizeof *times);
    tally(mock, OUTPUT, 2, COUNT, times);
    for (int n = 0; n < COUNT; n++)
        assert_true(times[n] >= 1);
    free(times);
    vf_mock_free(mock);
}

static bool input_is_missed(struct relay *relay)
{
    (void)relay;
    return logged("input topic is missing") > 0;
}

static void test_missing_input_topic(void **state)
{
    struct vf_mock *mock;
    struct vf_error err;
    static struct relay relay;
    const char *extra[] = {"consumer:topic.metadata.refresh.interval.ms=300",
                           "producer:topic.metadata.refresh.interval.ms=300", NULL};
    (void)state;
    assert_int_equal(vf_mock_create(1, &mock, &err), 0);
    vf_mock_topic(mock, OUTPUT, 1, &err);
    vf_mock_topic(mock, INPUT, 1, &err);
    vf_mock_topic_error(mock, INPUT, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    relay_start(&relay, &(struct relay_config){.mock = mock, .extra = extra});
    relay_until(&relay, input_is_missed, "the missing topic is told");
    relay_run_ms(&relay, 1500);
    assert_int_equal(logged("input topic is missing"), 1);
    assert_int_equal(logged(INPUT), 1);
    vf_mock_topic_error(mock, INPUT, 0);
    feed(mock, INPUT, 1, 0, 10);
    wanted = 10;
    relay_until(&relay, all_acknowledged, "the topic is read once it is there");
    relay_stop(&relay, 5000);
    vf_mock_free(mock);
}

static void test_missing_output_topic(void **state)
{
    enum { COUNT = 100 };
    struct vf_mock *mock = new_mock(1);
    static struct relay relay;
    static rd_kafka_message_t *messages[COUNT + 1];
    const char *extra[] = {"producer:topic.metadata.refresh.interval.ms=300",
                           "producer:topic.metadata.propagation.max.ms=0", NULL};
    (void)state;
    vf_mock_topic_error(mock, OUTPUT, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    feed(mock, INPUT, 1, 0, COUNT);
    relay_start(&relay, &(struct relay_config){.mock = mock, .extra = extra});
    relay_until(&relay, is_assigned, "it has its partition");
    relay_run_ms(&relay, 2500);
    assert_int_equal(relay.acknowledged, 0);
    assert_int_equal(relay.failed, 0);
    assert_int_equal(logged("outputs cannot be delivered yet"), 1);
    vf_mock_topic_error(mock, OUTPUT, 0);
    wanted = COUNT;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    relay_stop(&relay, 5000);
    assert_int_equal(fetch_all(mock, OUTPUT, 0, messages, COUNT + 1), COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(atoi((const char *)messages[i]->key + 1), i);
    fetch_done(messages, COUNT);
    vf_mock_free(mock);
}

static bool all_committed(struct relay *relay)
{
    struct vf_source_status status;
    vf_source_status(relay->source, &status);
    return relay->acknowledged >= wanted && status.in_flight == 0 && status.uncommitted == 0;
}

static void test_commit_errors(void **state)
{
    enum { COUNT = 100 };
    struct vf_mock *mock = new_mock(1);
    static struct relay relay;
    (void)state;
    vf_mock_fail(mock, VF_MOCK_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 2);
    vf_mock_fail(mock, VF_MOCK_OFFSET_COMMIT, RD_KAFKA_RESP_ERR__TRANSPORT, 1);
    feed(mock, INPUT, 1, 0, COUNT);
    relay_start(&relay, &(struct relay_config){.mock = mock, .commit_interval_ms = 100});
    wanted = COUNT;
    relay_until(&relay, all_committed, "all is committed in the end");
    assert_true(logged("commit failed") >= 2);
    relay_stop(&relay, 5000);
    assert_all_committed(mock, 1);
    vf_mock_free(mock);
}

static void test_fetch_errors(void **state)
{
    enum { PARTITIONS = 2, COUNT = 2000 };
    struct vf_mock *mock = new_mock(PARTITIONS);
    static struct relay relay;
    (void)state;
    vf_mock_fail(mock, VF_MOCK_FETCH, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 3);
    vf_mock_fail(mock, VF_MOCK_FETCH, RD_KAFKA_RESP_ERR__TRANSPORT, 2);
    feed(mock, INPUT, PARTITIONS, 0, COUNT);
    relay_start(&relay, &(struct relay_config){.mock = mock});
    wanted = COUNT;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    relay_stop(&relay, 5000);
    assert_int_equal(relay.taken, COUNT);
    assert_all_out(mock, PARTITIONS, COUNT, -1);
    vf_mock_free(mock);
}

static bool sink_failed(struct relay *relay)
{
    return relay->sink_failed;
}

static bool source_failed(struct relay *relay)
{
    return relay->source_failed;
}

static void test_fatal_errors(void **state)
{
    struct vf_mock *mock = new_mock(1);
    static struct relay relay;
    struct vf_error err;
    (void)state;
    feed(mock, INPUT, 1, 0, 10);
    relay_start(&relay, &(struct relay_config){.mock = mock});
    wanted = 10;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    rd_kafka_test_fatal_error(vf_sink_client(relay.sink),
                              RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "out of order");
    relay_until(&relay, sink_failed, "the producer's failure is told");
    assert_non_null(strstr(relay.last_reason, "out of order"));
    struct vf_record record = {.topic = vf_slice_of(OUTPUT), .partition = -1};
    assert_int_equal(vf_sink_send(relay.sink, &record, (struct vf_ticket){0}, &err), VF_EKAFKA);
    rd_kafka_test_fatal_error(vf_source_client(relay.source), RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
                              "fenced");
    relay_until(&relay, source_failed, "the consumer's failure is told");
    assert_non_null(strstr(relay.last_reason, "fenced"));
    relay_stop(&relay, 1000);
    vf_mock_free(mock);
}

static void test_leader_change(void **state)
{
    enum { PARTITIONS = 2, COUNT = 4000 };
    struct vf_mock *mock;
    struct vf_error err;
    static struct relay relay;
    (void)state;
    assert_int_equal(vf_mock_create(3, &mock, &err), 0);
    assert_int_equal(vf_mock_topic(mock, INPUT, PARTITIONS, &err), 0);
    assert_int_equal(vf_mock_topic(mock, OUTPUT, PARTITIONS, &err), 0);
    feed(mock, INPUT, PARTITIONS, 0, COUNT);
    relay_start(&relay, &(struct relay_config){.mock = mock, .records_max = 100});
    for (int round = 1; round <= 6; round++) {
        wanted = (uint64_t)round * COUNT / 10;
        relay_until(&relay, all_acknowledged, "some more are acknowledged");
        vf_mock_set_leader(mock, round % 2 ? INPUT : OUTPUT, round / 2 % 2, 1 + round % 3);
    }
    wanted = COUNT;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    relay_stop(&relay, 5000);
    assert_int_equal(relay.failed, 0);
    assert_int_equal(relay.taken, COUNT);
    assert_all_committed(mock, PARTITIONS);
    vf_mock_free(mock);
}

/* Memory gives out in mid-stream, and comes back. */
static void test_out_of_memory_in_the_stream(void **state)
{
    enum { PARTITIONS = 2, COUNT = 4000 };
    struct vf_mock *mock = new_mock(PARTITIONS);
    static struct relay relay;
    (void)state;
    feed(mock, INPUT, PARTITIONS, 0, COUNT);
    relay_start(&relay, &(struct relay_config){.mock = mock});
    relay_until(&relay, is_assigned, "it has its partitions");
    vf_memory_fail_after(1);
    relay_run_ms(&relay, 500);
    vf_memory_fail_after(0);
    wanted = COUNT;
    relay_until(&relay, all_acknowledged, "all are acknowledged");
    relay_stop(&relay, 5000);
    assert_int_equal(relay.taken, COUNT);
    assert_int_equal(relay.failed, 0);
    assert_all_out(mock, PARTITIONS, COUNT, -1);
    vf_mock_free(mock);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_passing_produce_errors, begin_log, end_log),
        cmocka_unit_test_setup_teardown(test_permission_comes_back, begin_log, end_log),
        cmocka_unit_test_setup_teardown(test_innocent_batch, begin_log, end_log),
        cmocka_unit_test_setup_teardown(test_guilty_record_comes_back, begin_log, end_log),
        cmocka_unit_test_setup_teardown(test_record_too_large_to_send, begin_log, end_log),
        cmocka_unit_test_setup_teardown(test_broker_down_and_up, begin_log, end_log),
        cmocka_unit_test_setup_teardown(test_broker_unreachable_at_start, begin_log, end_log),
        cmocka_unit_test_setup_teardown(test_close_while_unreachable, begin_log, end_log),
        cmocka_unit_test_setup_teardown(test_missing_input_topic, begin_log, end_log),
        cmocka_unit_test_setup_teardown(test_missing_output_topic, begin_log, end_log),
        cmocka_unit_test_setup_teardown(test_commit_errors, begin_log, end_log),
        cmocka_unit_test_setup_teardown(test_fetch_errors, begin_log, end_log),
        cmocka_unit_test_setup_teardown(test_fatal_errors, begin_log, end_log),
        cmocka_unit_test_setup_teardown(test_leader_change, begin_log, end_log),
        cmocka_unit_test_setup_teardown(test_out_of_memory_in_the_stream, begin_log, end_log),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
