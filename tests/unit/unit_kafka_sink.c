/* The sink by itself, and what refuses to be created. */
#include "base/memory.h"
#include "unit_kafka_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct owner {
    uv_loop_t loop;
    struct vf_mock *mock;
    struct vf_sink *sink;
    struct vf_pairs *common;
    struct vf_pairs *producer;
    uint64_t delivered;
    uint64_t refused;
    uint64_t rooms;
    bool flushed;
    uint64_t left;
    bool closed;
    int64_t last_offset;
    int32_t last_partition;
    struct vf_ticket last_ticket;
    int last_code;
};

static void on_delivery(void *arg, struct vf_ticket ticket, const struct vf_delivery *delivery)
{
    struct owner *owner = arg;
    owner->last_ticket = ticket;
    owner->last_offset = delivery->offset;
    owner->last_partition = delivery->partition;
    if (delivery->failure)
        owner->last_code = delivery->failure->code;
    owner->delivered += !delivery->failure;
    owner->refused += delivery->failure != NULL;
    assert_string_equal(delivery->topic, OUTPUT);
}

static void on_room(void *arg)
{
    struct owner *owner = arg;
    owner->rooms++;
}

static void on_failure(void *arg, const struct vf_error *err)
{
    (void)arg;
    fail_msg("%s", err->text);
}

static void on_flushed(void *arg, uint64_t left)
{
    struct owner *owner = arg;
    owner->flushed = true;
    owner->left = left;
}

static void on_closed(void *arg, uint64_t left)
{
    struct owner *owner = arg;
    owner->closed = true;
    owner->left = left;
}

static struct vf_sink_events events_of(struct owner *owner)
{
    return (struct vf_sink_events){on_delivery, on_room, on_failure, owner};
}

static int setup(void **state)
{
    struct owner *owner = calloc(1, sizeof *owner);
    struct vf_error err;
    assert_int_equal(vf_mock_create(1, &owner->mock, &err), 0);
    assert_int_equal(vf_mock_topic(owner->mock, OUTPUT, 3, &err), 0);
    owner->common = pairs_new();
    owner->producer = pairs_new();
    pairs_add(owner->common, "bootstrap.servers", vf_mock_bootstrap(owner->mock));
    uv_loop_init(&owner->loop);
    *state = owner;
    return 0;
}

static struct vf_sink_config config_of(const struct owner *owner)
{
    return (struct vf_sink_config){
        .settings = {.common = owner->common, .producer = owner->producer}};
}

static void create(struct owner *owner, const struct vf_sink_config *config)
{
    struct vf_error err;
    struct vf_sink_events events = events_of(owner);
    if (vf_sink_create(&owner->loop, config, &events, &owner->sink, &err))
        fail_msg("%s", err.text);
}

static void run_until(struct owner *owner, const bool *done)
{
    uint64_t deadline = uv_hrtime() + (uint64_t)WAIT_MS * 1000000;
    while (!*done && uv_hrtime() < deadline)
        uv_run(&owner->loop, UV_RUN_ONCE);
    assert_true(*done);
}

static int teardown(void **state)
{
    struct owner *owner = *state;
    if (owner->sink) {
        vf_sink_close(owner->sink, 5000, on_closed);
        run_until(owner, &owner->closed);
    }
    uv_run(&owner->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&owner->loop), 0);
    vf_mock_free(owner->mock);
    free(owner->common);
    free(owner->producer);
    free(owner);
    return 0;
}

static int send_value(struct owner *owner, const char *value, int32_t partition, int64_t number)
{
    struct vf_record record = {
        .topic = vf_slice_of(OUTPUT),
        .partition = partition,
        .timestamp_ms = -1,
        .value = vf_slice_of(value),
    };
    struct vf_error err = {0};
    int code = vf_sink_send(owner->sink, &record, (struct vf_ticket){.offset = number}, &err);
    owner->last_code = err.code;
    return code;
}

static void test_flush_waits_for_all(void **state)
{
    struct owner *owner = *state;
    create(owner, &(struct vf_sink_config){.settings = {.common = owner->common}});
    vf_mock_set_delay(owner->mock, -1, 100);
    for (int i = 0; i < 50; i++)
        assert_int_equal(send_value(owner, "value", 1, i), 0);
    assert_int_equal(vf_sink_flush(owner->sink, WAIT_MS, on_flushed), 0);
    assert_int_equal(vf_sink_flush(owner->sink, WAIT_MS, on_flushed), VF_EAGAIN);
    run_until(owner, &owner->flushed);
    assert_int_equal(owner->left, 0);
    assert_int_equal(owner->delivered, 50);
    assert_int_equal(owner->last_ticket.offset, 49);
    assert_int_equal(owner->last_partition, 1);
    assert_int_equal(owner->last_offset, 49);
    /* Nothing in flight: it still comes from the loop. */
    owner->flushed = false;
    assert_int_equal(vf_sink_flush(owner->sink, WAIT_MS, on_flushed), 0);
    assert_false(owner->flushed);
    run_until(owner, &owner->flushed);
}

static void test_flush_ends_at_its_deadline(void **state)
{
    struct owner *owner = *state;
    create(owner, &(struct vf_sink_config){.settings = {.common = owner->common}});
    vf_mock_set_down(owner->mock, -1, true);
    for (int i = 0; i < 5; i++)
        assert_int_equal(send_value(owner, "value", 0, i), 0);
    uint64_t begin = uv_hrtime();
    assert_int_equal(vf_sink_flush(owner->sink, 500, on_flushed), 0);
    run_until(owner, &owner->flushed);
    assert_int_equal(owner->left, 5);
    assert_in_range((uv_hrtime() - begin) / 1000000, 400, 3000);
    vf_sink_close(owner->sink, 300, on_closed);
    assert_int_equal(send_value(owner, "late", 0, 9), VF_EKAFKA);
    run_until(owner, &owner->closed);
    owner->sink = NULL;
    assert_int_equal(owner->left, 5);
    assert_int_equal(owner->delivered, 0);
}

static void run_for(struct owner *owner, uint64_t milliseconds)
{
    uint64_t end = uv_hrtime() + milliseconds * 1000000;
    while (uv_hrtime() < end)
        uv_run(&owner->loop, UV_RUN_ONCE);
}

/* The first batch is refused for a moment, while the next is on its way and is taken: brokers do
 * so where the producer is new to the partition. The library then reports the first as written. */
static void test_reported_without_an_offset(void **state)
{
    struct owner *owner = *state;
    rd_kafka_message_t *messages[8];
    pairs_add(owner->producer, "linger.ms", "1");
    pairs_add(owner->producer, "retry.backoff.ms", "5000");
    struct vf_sink_config config = config_of(owner);
    create(owner, &config);
    run_for(owner, 1000); /* until it has found the broker */
    vf_mock_fail_late(owner->mock, 1, VF_MOCK_PRODUCE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                      2000);
    vf_mock_fail_late(owner->mock, 1, VF_MOCK_PRODUCE, RD_KAFKA_RESP_ERR_NO_ERROR, 2000);
    assert_int_equal(send_value(owner, "first", 0, 1), 0);
    run_for(owner, 500);
    assert_int_equal(send_value(owner, "second", 0, 2), 0);
    assert_int_equal(vf_sink_flush(owner->sink, WAIT_MS, on_flushed), 0);
    run_until(owner, &owner->flushed);
    assert_int_equal(owner->left, 0);
    assert_int_equal(owner->delivered, 2);
    struct vf_sink_status status;
    vf_sink_status(owner->sink, &status);
    assert_int_equal(status.retried, 1);
    assert_int_equal(fetch_all(owner->mock, OUTPUT, 0, messages, 8), 2);
    assert_memory_equal(messages[0]->payload, "second", 6);
    assert_memory_equal(messages[1]->payload, "first", 5);
    fetch_done(messages, 2);
}

static void test_room(void **state)
{
    struct owner *owner = *state;
    create(owner,
           &(struct vf_sink_config){.settings = {.common = owner->common}, .records_max = 8});
    for (int i = 0; i < 8; i++)
        assert_int_equal(send_value(owner, "value", 0, i), 0);
    assert_int_equal(send_value(owner, "value", 0, 8), VF_EAGAIN);
    assert_int_equal(owner->rooms, 0);
    uint64_t deadline = uv_hrtime() + (uint64_t)WAIT_MS * 1000000;
    while (owner->rooms == 0 && uv_hrtime() < deadline)
        uv_run(&owner->loop, UV_RUN_ONCE);
    assert_int_equal(owner->rooms, 1);
    assert_true(owner->delivered >= 2); /* a quarter */
    assert_int_equal(send_value(owner, "value", 0, 8), 0);
}

static void test_record_above_the_whole_budget(void **state)
{
    struct owner *owner = *state;
    create(owner, &(struct vf_sink_config){.settings = {.common = owner->common}, .bytes_max = 10});
    assert_int_equal(send_value(owner, "far more than ten bytes", 0, 1), 0);
    assert_int_equal(send_value(owner, "x", 0, 2), VF_EAGAIN);
    struct vf_sink_status status;
    vf_sink_status(owner->sink, &status);
    assert_int_equal(status.in_flight, 1);
    assert_int_equal(status.bytes, 23);
    assert_int_equal(vf_sink_flush(owner->sink, WAIT_MS, on_flushed), 0);
    run_until(owner, &owner->flushed);
    assert_int_equal(send_value(owner, "x", 0, 2), 0);
}

static void test_refuses_what_is_not_a_topic(void **state)
{
    struct owner *owner = *state;
    struct vf_error err;
    char longest[400];
    create(owner, &(struct vf_sink_config){.settings = {.common = owner->common}});
    memset(longest, 't', sizeof longest);
    struct vf_record record = {.partition = -1, .value = vf_slice_of("v")};
    record.topic = vf_slice(longest, 250);
    assert_int_equal(vf_sink_send(owner->sink, &record, (struct vf_ticket){0}, &err), VF_EINVAL);
    record.topic = vf_slice("", 0);
    assert_int_equal(vf_sink_send(owner->sink, &record, (struct vf_ticket){0}, &err), VF_EINVAL);
    assert_int_equal(vf_sink_send(owner->sink, &record, (struct vf_ticket){0}, NULL), VF_EINVAL);
}

/* A partition the owner chose and that is not there is the owner's mistake. */
static void test_refuses_a_partition_that_is_not(void **state)
{
    struct owner *owner = *state;
    create(owner, &(struct vf_sink_config){.settings = {.common = owner->common}});
    assert_int_equal(send_value(owner, "value", 0, 1), 0);
    assert_int_equal(vf_sink_flush(owner->sink, WAIT_MS, on_flushed), 0);
    run_until(owner, &owner->flushed);
    int code = send_value(owner, "value", 77, 2);
    if (code == 0) { /* the library may also find out later */
        owner->flushed = false;
        assert_int_equal(vf_sink_flush(owner->sink, WAIT_MS, on_flushed), 0);
        run_until(owner, &owner->flushed);
        assert_int_equal(owner->refused, 1);
        code = owner->last_code;
    }
    assert_int_equal(code, VF_EINVAL);
}

static void test_refuses_bad_settings(void **state)
{
    struct owner *owner = *state;
    struct vf_error err;
    struct vf_sink_events events = events_of(owner);
    struct vf_sink_config config = config_of(owner);
    pairs_add(owner->producer, "linger.mss", "1");
    assert_int_equal(vf_sink_create(&owner->loop, &config, &events, &owner->sink, &err),
                     VF_ECONFIG);
    assert_non_null(strstr(err.text, "linger.ms"));
    /* Only the library knows that these two do not go together. */
    owner->producer->count = 0;
    pairs_add(owner->producer, "max.in.flight", "6");
    assert_int_equal(vf_sink_create(&owner->loop, &config, &events, &owner->sink, &err),
                     VF_ECONFIG);
    assert_non_null(strstr(err.text, "max.in.flight"));
    assert_null(owner->sink);

    const char *const none[] = {NULL};
    struct vf_source *source;
    struct vf_source_config reading = {.settings = {.common = owner->common}, .topics = none};
    struct vf_source_events read_events = {.owner = owner};
    assert_int_equal(vf_source_create(&owner->loop, &reading, &read_events, &source, &err),
                     VF_EINVAL);
}

static void on_source_closed(void *arg, bool clean)
{
    struct owner *owner = arg;
    assert_true(clean);
    owner->closed = true;
}

/* Whichever allocation fails, creation says so and leaves nothing behind. */
static void test_out_of_memory_at_creation(void **state)
{
    struct owner *owner = *state;
    struct vf_error err;
    struct vf_sink_events events = events_of(owner);
    const char *const topics[] = {OUTPUT};
    struct vf_sink_config config = config_of(owner);
    struct vf_source *source = NULL;
    struct vf_source_config reading = {
        .settings = {.common = owner->common}, .topics = topics, .topic_count = 1};
    struct vf_source_events read_events = {.owner = owner};
    int code = VF_ENOMEM;
    config.topics = topics;
    config.topic_count = 1;
    for (unsigned long n = 1; n < 50 && code; n++) {
        vf_memory_fail_after(n);
        code = vf_sink_create(&owner->loop, &config, &events, &owner->sink, &err);
        vf_memory_fail_after(0);
        assert_true(code == 0 || code == VF_ENOMEM);
    }
    assert_int_equal(code, 0);
    code = VF_ENOMEM;
    for (unsigned long n = 1; n < 50 && code; n++) {
        vf_memory_fail_after(n);
        code = vf_source_create(&owner->loop, &reading, &read_events, &source, &err);
        vf_memory_fail_after(0);
        assert_true(code == 0 || code == VF_ENOMEM);
    }
    assert_int_equal(code, 0);
    vf_source_close(source, 100, on_source_closed);
    run_until(owner, &owner->closed);
    owner->closed = false;
}

static void test_mock_refuses(void **state)
{
    struct vf_mock *mock = NULL;
    struct vf_error err;
    (void)state;
    assert_int_equal(vf_mock_create(0, &mock, &err), VF_EINVAL);
    assert_int_equal(vf_mock_create(9, &mock, &err), VF_EINVAL);
    vf_memory_fail_after(1);
    assert_int_equal(vf_mock_create(1, &mock, &err), VF_ENOMEM);
    vf_memory_fail_after(0);
    vf_mock_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_flush_waits_for_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flush_ends_at_its_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reported_without_an_offset, setup, teardown),
        cmocka_unit_test_setup_teardown(test_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_record_above_the_whole_budget, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses_what_is_not_a_topic, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses_a_partition_that_is_not, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses_bad_settings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_out_of_memory_at_creation, setup, teardown),
        cmocka_unit_test(test_mock_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
