/* The producing side of the tool, against the mock cluster. */
#include "test_support.h"

#include "base/memory.h"
#include "kafka/mock.h"
#include "sender.h"
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

enum { TIMEOUT_MS = 20000 };

struct outcome {
    int acknowledged;
    int failed;
    uint64_t last_number;
    char reason[256];
    char topic[64];
};

static void on_delivery(void *owner, const struct vf_delivery *delivery)
{
    struct outcome *outcome = owner;

    outcome->acknowledged += delivery->code == 0;
    outcome->failed += delivery->code != 0;
    outcome->last_number = delivery->origin.number;
    snprintf(outcome->reason, sizeof outcome->reason, "%s", delivery->reason);
    snprintf(outcome->topic, sizeof outcome->topic, "%s", delivery->topic);
}

struct bench {
    struct vf_mock *mock;
    struct vf_pairs pairs;
    struct vf_client_settings settings;
    struct vf_sender *sender;
    struct outcome outcome;
};

static void add_pair(struct bench *bench, const char *key, const char *value)
{
    bench->pairs.items[bench->pairs.count++] =
        (struct vf_pair){vf_slice_of(key), vf_slice_of(value), 1};
}

static struct bench *begin(void)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct vf_error err = {0};

    assert_int_equal(vf_mock_create(1, &bench->mock, &err), 0);
    add_pair(bench, "bootstrap.servers", vf_mock_bootstrap(bench->mock));
    bench->settings.producer = &bench->pairs;
    return bench;
}

static void open_sender(struct bench *bench, int delivery_timeout_ms)
{
    struct vf_sender_events events = {on_delivery, &bench->outcome};
    struct vf_error err = {0};

    assert_int_equal(
        vf_sender_create(&bench->settings, delivery_timeout_ms, &events, &bench->sender, &err), 0);
}

static void end(struct bench *bench)
{
    vf_sender_free(bench->sender);
    vf_mock_free(bench->mock);
    free(bench);
}

static struct vf_record make_record(const char *key, const char *value)
{
    return (struct vf_record){.topic = VF_SLICE_LITERAL("visits"),
                              .partition = 0,
                              .timestamp_ms = 1700000000123,
                              .key = vf_slice_of(key),
                              .value = vf_slice_of(value)};
}

static int send_one(struct bench *bench, const struct vf_record *record, uint64_t number,
                    struct vf_error *err)
{
    struct vf_origin origin = {"file", number, number * 10};
    return vf_sender_send(bench->sender, record, &origin, err);
}

/* The next record of partition 0, by an independent consumer. */
static rd_kafka_message_t *read_back(rd_kafka_t *consumer, rd_kafka_topic_t *topic)
{
    for (int i = 0; i < 100; i++) {
        rd_kafka_message_t *message = rd_kafka_consume(topic, 0, 200);
        if (message && !message->err)
            return message;
        if (message)
            rd_kafka_message_destroy(message);
        rd_kafka_poll(consumer, 0);
    }
    fail_msg("nothing to read");
    return NULL;
}

static rd_kafka_t *open_consumer(struct bench *bench, rd_kafka_topic_t **topic)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char reason[200];

    rd_kafka_conf_set(conf, "bootstrap.servers", vf_mock_bootstrap(bench->mock), reason, 200);
    rd_kafka_conf_set(conf, "fetch.wait.max.ms", "10", reason, 200);
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    assert_non_null(consumer);
    *topic = rd_kafka_topic_new(consumer, "visits", NULL);
    assert_int_equal(rd_kafka_consume_start(*topic, 0, RD_KAFKA_OFFSET_BEGINNING), 0);
    return consumer;
}

static void records_arrive_as_they_are(void **state)
{
    struct bench *bench = begin();
    struct vf_error err = {0};
    struct vf_header headers[] = {{VF_SLICE_LITERAL("a"), VF_SLICE_LITERAL("1")},
                                  {VF_SLICE_LITERAL("a"), {NULL, 0}},
                                  {VF_SLICE_LITERAL("b"), VF_SLICE_LITERAL("")}};
    rd_kafka_topic_t *topic;
    (void)state;

    assert_int_equal(vf_mock_topic(bench->mock, "visits", 1, &err), 0);
    open_sender(bench, TIMEOUT_MS);
    assert_int_equal(vf_sender_connect(bench->sender, TIMEOUT_MS, &err), 0);
    struct vf_record record = make_record("k", "value");
    record.headers = headers;
    record.header_count = 3;
    assert_int_equal(send_one(bench, &record, 1, &err), 0);
    struct vf_record tombstone = make_record("", NULL);
    assert_int_equal(send_one(bench, &tombstone, 2, &err), 0);
    assert_int_equal(vf_sender_drain(bench->sender, -1, &err), 0);
    assert_int_equal(bench->outcome.acknowledged, 2);
    assert_int_equal(bench->outcome.last_number, 2);
    assert_int_equal(vf_sender_in_flight(bench->sender), 0);
    assert_int_equal(vf_sender_settled(bench->sender), 20);

    rd_kafka_t *consumer = open_consumer(bench, &topic);
    rd_kafka_message_t *message = read_back(consumer, topic);
    assert_memory_equal(message->payload, "value", 5);
    assert_memory_equal(message->key, "k", 1);
    assert_int_equal(rd_kafka_message_timestamp(message, NULL), 1700000000123);
    rd_kafka_headers_t *read_headers;
    const char *name;
    const void *value;
    size_t size;
    assert_int_equal(rd_kafka_message_headers(message, &read_headers), 0);
    assert_int_equal(rd_kafka_header_cnt(read_headers), 3);
    rd_kafka_header_get_all(read_headers, 1, &name, &value, &size);
    assert_string_equal(name, "a");
    assert_null(value);
    rd_kafka_header_get_all(read_headers, 2, &name, &value, &size);
    assert_non_null(value);
    assert_int_equal(size, 0);
    rd_kafka_message_destroy(message);
    message = read_back(consumer, topic);
    assert_null(message->payload);
    assert_non_null(message->key);
    assert_int_equal(message->key_len, 0);
    rd_kafka_message_destroy(message);
    rd_kafka_consume_stop(topic, 0);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(consumer);
    end(bench);
}

/* More than fits at once: sending waits for acknowledgements, and none is lost. */
static void the_account_is_bounded_and_complete(void **state)
{
    enum { COUNT = 3 * VF_SENDER_IN_FLIGHT_MAX };
    struct bench *bench = begin();
    struct vf_error err = {0};
    size_t most = 0;
    (void)state;

    assert_int_equal(vf_mock_topic(bench->mock, "visits", 4, &err), 0);
    open_sender(bench, TIMEOUT_MS);
    for (int i = 1; i <= COUNT; i++) {
        struct vf_record record = make_record("key", "v");
        record.partition = i % 4;
        assert_int_equal(send_one(bench, &record, (uint64_t)i, &err), 0);
        if (vf_sender_in_flight(bench->sender) > most)
            most = vf_sender_in_flight(bench->sender);
    }
    assert_int_equal(vf_sender_drain(bench->sender, -1, &err), 0);
    assert_true(most <= VF_SENDER_IN_FLIGHT_MAX);
    assert_int_equal(bench->outcome.acknowledged, COUNT);
    assert_int_equal(bench->outcome.failed, 0);
    assert_int_equal(vf_sender_settled(bench->sender), (uint64_t)COUNT * 10);
    end(bench);
}

/* The first batch is refused for a moment while the next is on its way, and is taken: the library
 * then reports the first as written. */
static void what_was_reported_without_an_offset_is_sent_again(void **state)
{
    struct bench *bench = begin();
    struct vf_error err = {0};
    rd_kafka_topic_t *topic;
    (void)state;

    assert_int_equal(vf_mock_topic(bench->mock, "visits", 1, &err), 0);
    add_pair(bench, "linger.ms", "1");
    add_pair(bench, "retry.backoff.ms", "5000");
    open_sender(bench, TIMEOUT_MS);
    assert_int_equal(vf_sender_connect(bench->sender, TIMEOUT_MS, &err), 0);
    vf_mock_fail_late(bench->mock, 1, VF_MOCK_PRODUCE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                      2000);
    vf_mock_fail_late(bench->mock, 1, VF_MOCK_PRODUCE, RD_KAFKA_RESP_ERR_NO_ERROR, 2000);
    struct vf_record first = make_record("k", "first");
    struct vf_record second = make_record("k", "second");
    assert_int_equal(send_one(bench, &first, 1, &err), 0);
    uv_sleep(500);
    assert_int_equal(send_one(bench, &second, 2, &err), 0);
    assert_int_equal(vf_sender_drain(bench->sender, -1, &err), 0);
    assert_int_equal(bench->outcome.acknowledged, 2);

    rd_kafka_t *consumer = open_consumer(bench, &topic);
    const char *const expected[] = {"second", "first"};
    for (size_t i = 0; i < 2; i++) {
        rd_kafka_message_t *message = read_back(consumer, topic);
        assert_int_equal(message->len, strlen(expected[i]));
        assert_memory_equal(message->payload, expected[i], message->len);
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consume_stop(topic, 0);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(consumer);
    end(bench);
}

static void a_record_too_large_is_refused_alone(void **state)
{
    struct bench *bench = begin();
    struct vf_error err = {0};
    char *large = calloc(1, 2000001);
    (void)state;

    assert_int_equal(vf_mock_topic(bench->mock, "visits", 1, &err), 0);
    add_pair(bench, "message.max.bytes", "1000000");
    open_sender(bench, TIMEOUT_MS);
    memset(large, 'x', 2000000);
    struct vf_record record = make_record("k", large);
    assert_int_equal(send_one(bench, &record, 1, &err), VF_EKAFKA);
    assert_contains(err.text, "too large");
    assert_false(vf_sender_failed(bench->sender, NULL));
    struct vf_record small = make_record("k", "v");
    small.topic = VF_SLICE_NULL;
    assert_int_equal(send_one(bench, &small, 2, &err), VF_EKAFKA);
    small.topic = vf_slice_of("visits");
    assert_int_equal(send_one(bench, &small, 3, &err), 0);
    assert_int_equal(vf_sender_drain(bench->sender, -1, &err), 0);
    assert_int_equal(bench->outcome.acknowledged, 1);
    free(large);
    end(bench);
}

static void an_unreachable_cluster_is_told(void **state)
{
    struct bench *bench = begin();
    struct vf_error err = {0};
    (void)state;

    bench->pairs.items[0].value = vf_slice_of("127.0.0.1:1");
    open_sender(bench, 1000);
    assert_int_equal(vf_sender_connect(bench->sender, 200, &err), VF_ETIMEDOUT);
    assert_contains(err.text, "no broker answered within 200 ms");
    assert_contains(err.text, "refused");
    struct vf_record record = make_record("k", "v");
    assert_int_equal(send_one(bench, &record, 7, &err), 0);
    assert_int_equal(vf_sender_drain(bench->sender, 50, &err), VF_ETIMEDOUT);
    assert_int_equal(bench->outcome.failed, 0);
    assert_int_equal(vf_sender_drain(bench->sender, -1, &err), 0); /* 1 s later it gave up */
    assert_int_equal(bench->outcome.failed, 1);
    assert_int_equal(bench->outcome.last_number, 7);
    assert_string_equal(bench->outcome.topic, "visits");
    assert_true(bench->outcome.reason[0]);
    end(bench);
}

static void what_is_abandoned_has_failed(void **state)
{
    struct bench *bench = begin();
    struct vf_error err = {0};
    (void)state;

    assert_int_equal(vf_mock_topic(bench->mock, "visits", 1, &err), 0);
    open_sender(bench, TIMEOUT_MS);
    assert_int_equal(vf_sender_connect(bench->sender, TIMEOUT_MS, &err), 0);
    vf_mock_set_delay(bench->mock, -1, 5000);
    for (uint64_t i = 1; i <= 10; i++) {
        struct vf_record record = make_record("k", "v");
        assert_int_equal(send_one(bench, &record, i, &err), 0);
    }
    vf_sender_abandon(bench->sender);
    assert_int_equal(vf_sender_in_flight(bench->sender), 0);
    assert_int_equal(bench->outcome.failed, 10);
    assert_contains(bench->outcome.reason, "urge");
    vf_mock_set_delay(bench->mock, -1, 0);
    end(bench);
}

static void a_short_outage_loses_nothing(void **state)
{
    struct bench *bench = begin();
    struct vf_error err = {0};
    (void)state;

    assert_int_equal(vf_mock_topic(bench->mock, "visits", 1, &err), 0);
    add_pair(bench, "reconnect.backoff.max.ms", "200");
    open_sender(bench, TIMEOUT_MS);
    vf_mock_fail(bench->mock, VF_MOCK_PRODUCE, 7 /* request timed out */, 3);
    for (uint64_t i = 1; i <= 100; i++) {
        struct vf_record record = make_record("k", "v");
        assert_int_equal(send_one(bench, &record, i, &err), 0);
        if (i == 50)
            vf_mock_set_down(bench->mock, -1, true);
        if (i == 60)
            vf_mock_set_down(bench->mock, -1, false);
    }
    assert_int_equal(vf_sender_drain(bench->sender, -1, &err), 0);
    assert_int_equal(bench->outcome.acknowledged, 100);
    assert_int_equal(bench->outcome.failed, 0);
    end(bench);
}

static void wrong_settings(void **state)
{
    struct bench *bench = begin();
    struct vf_sender_events events = {on_delivery, &bench->outcome};
    struct vf_error err = {0};
    (void)state;

    add_pair(bench, "linger.sm", "5");
    assert_int_equal(vf_sender_create(&bench->settings, TIMEOUT_MS, &events, &bench->sender, &err),
                     VF_ECONFIG);
    assert_contains(err.text, "linger.sm");
    assert_null(bench->sender);
    end(bench);
}

static void no_memory(void **state)
{
    struct bench *bench = begin();
    struct vf_sender_events events = {on_delivery, &bench->outcome};
    struct vf_error err = {0};
    int rc = VF_ENOMEM;
    (void)state;

    for (unsigned long n = 1; n < 5000 && rc; n++) {
        vf_memory_fail_after(n);
        rc = vf_sender_create(&bench->settings, TIMEOUT_MS, &events, &bench->sender, &err);
        vf_memory_fail_after(0);
        assert_true(rc == 0 || (rc == VF_ENOMEM && !bench->sender));
    }
    assert_int_equal(rc, 0);
    end(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_arrive_as_they_are),
        cmocka_unit_test(the_account_is_bounded_and_complete),
        cmocka_unit_test(what_was_reported_without_an_offset_is_sent_again),
        cmocka_unit_test(a_record_too_large_is_refused_alone),
        cmocka_unit_test(an_unreachable_cluster_is_told),
        cmocka_unit_test(what_is_abandoned_has_failed),
        cmocka_unit_test(a_short_outage_loses_nothing),
        cmocka_unit_test(wrong_settings),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
