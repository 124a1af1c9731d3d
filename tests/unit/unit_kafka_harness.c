#include "unit_kafka_harness.h"

#include "base/memory.h"
#include "observe/log.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct vf_pairs *pairs_new(void)
{
    struct vf_pairs *pairs = calloc(1, sizeof *pairs);
    assert_non_null(pairs);
    return pairs;
}

void pairs_add(struct vf_pairs *pairs, const char *key, const char *value)
{
    assert_true(pairs->count < VF_PAIRS_MAX);
    pairs->items[pairs->count++] =
        (struct vf_pair){vf_slice_of(key), vf_slice_of(value), (int)pairs->count};
}

/* ---- witnesses ---- */

static void on_fed(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk, (void)opaque;
    assert_int_equal(message->err, 0);
}

static rd_kafka_t *plain_client(struct vf_mock *mock, rd_kafka_type_t type, const char *group)
{
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    const char *settings[][2] = {
        {"bootstrap.servers", vf_mock_bootstrap(mock)},
        {"group.id", group},
        {"enable.auto.commit", "false"},
        {"enable.partition.eof", "true"},
        {"auto.offset.reset", "earliest"},
        {"fetch.wait.max.ms", "10"},
    };
    size_t count = type == RD_KAFKA_CONSUMER ? sizeof settings / sizeof settings[0] : 1;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(
            rd_kafka_conf_set(conf, settings[i][0], settings[i][1], reason, sizeof reason),
            RD_KAFKA_CONF_OK);
    if (type == RD_KAFKA_PRODUCER)
        rd_kafka_conf_set_dr_msg_cb(conf, on_fed);
    rd_kafka_t *rk = rd_kafka_new(type, conf, reason, sizeof reason);
    assert_non_null(rk);
    return rk;
}

void feed(struct vf_mock *mock, const char *topic, int partitions, int first, int count)
{
    rd_kafka_t *rk = plain_client(mock, RD_KAFKA_PRODUCER, NULL);
    for (int n = first; n < first + count; n++) {
        char key[16];
        char value[16];
        int key_size = snprintf(key, sizeof key, "k%d", n);
        int value_size = snprintf(value, sizeof value, "%d", n);
        rd_kafka_resp_err_t code;
        while ((code = rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic),
                                         RD_KAFKA_V_PARTITION(n % partitions),
                                         RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                         RD_KAFKA_V_VALUE(value, (size_t)value_size),
                                         RD_KAFKA_V_KEY(key, (size_t)key_size), RD_KAFKA_V_END)) ==
               RD_KAFKA_RESP_ERR__QUEUE_FULL)
            rd_kafka_poll(rk, 50);
        assert_int_equal(code, 0);
    }
    assert_int_equal(rd_kafka_flush(rk, WAIT_MS), 0);
    rd_kafka_destroy(rk);
}

void feed_record(struct vf_mock *mock, const char *topic, int partition, const char *key,
                 const void *value, size_t size, int64_t timestamp_ms, rd_kafka_headers_t *headers)
{
    rd_kafka_t *rk = plain_client(mock, RD_KAFKA_PRODUCER, NULL);
    rd_kafka_resp_err_t code = rd_kafka_producev(
        rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE((void *)value, size),
        RD_KAFKA_V_KEY(key, key ? strlen(key) : 0), RD_KAFKA_V_TIMESTAMP(timestamp_ms),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    assert_int_equal(code, 0);
    assert_int_equal(rd_kafka_flush(rk, WAIT_MS), 0);
    rd_kafka_destroy(rk);
}

static rd_kafka_t *reader(struct vf_mock *mock, const char *topic, int first, int partitions)
{
    rd_kafka_t *rk = plain_client(mock, RD_KAFKA_CONSUMER, "witness");
    rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int p = first; p < first + partitions; p++)
        rd_kafka_topic_partition_list_add(list, topic, p)->offset = RD_KAFKA_OFFSET_BEGINNING;
    assert_int_equal(rd_kafka_assign(rk, list), 0);
    rd_kafka_topic_partition_list_destroy(list);
    return rk;
}

static rd_kafka_t *fetcher; /* what fetch_all gave out belongs to it */

int fetch_all(struct vf_mock *mock, const char *topic, int partition, rd_kafka_message_t **out,
              int max)
{
    rd_kafka_t *rk = fetcher = reader(mock, topic, partition, 1);
    int count = 0;
    for (;;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, WAIT_MS);
        assert_non_null(message);
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            rd_kafka_message_destroy(message);
            break;
        }
        assert_int_equal(message->err, 0);
        assert_true(count < max);
        out[count++] = message;
    }
    return count;
}

void fetch_done(rd_kafka_message_t **messages, int count)
{
    for (int i = 0; i < count; i++)
        rd_kafka_message_destroy(messages[i]);
    rd_kafka_consumer_close(fetcher);
    rd_kafka_destroy(fetcher);
    fetcher = NULL;
}

void tally(struct vf_mock *mock, const char *topic, int partitions, int count, int *times)
{
    rd_kafka_t *rk = reader(mock, topic, 0, partitions);
    memset(times, 0, (size_t)count * sizeof *times);
    for (int ends = 0; ends < partitions;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, WAIT_MS);
        assert_non_null(message);
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            ends++;
        } else {
            char text[16];
            assert_int_equal(message->err, 0);
            assert_true(message->len < sizeof text);
            memcpy(text, message->payload, message->len);
            text[message->len] = '\0';
            int n = atoi(text);
            assert_in_range(n, 0, count - 1);
            times[n]++;
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
}

int64_t committed(struct vf_mock *mock, const char *group, const char *topic, int partition)
{
    rd_kafka_t *rk = plain_client(mock, RD_KAFKA_CONSUMER, group);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition);
    assert_int_equal(rd_kafka_committed(rk, list, WAIT_MS), 0);
    int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(rk);
    return offset < 0 ? -1 : offset;
}

int64_t log_end(struct vf_mock *mock, const char *topic, int partition)
{
    int64_t low;
    int64_t high;
    rd_kafka_t *rk = plain_client(mock, RD_KAFKA_CONSUMER, "witness");
    assert_int_equal(rd_kafka_query_watermark_offsets(rk, topic, partition, &low, &high, WAIT_MS),
                     0);
    rd_kafka_destroy(rk);
    return high;
}

/* ---- the relay ---- */

static enum vf_take send_to(struct relay *relay, const struct vf_record *record,
                            struct vf_ticket ticket, const char *topic)
{
    struct vf_error err;
    struct vf_record out = *record;
    out.topic = vf_slice_of(topic);
    out.partition = -1;
    switch (vf_sink_send(relay->sink, &out, ticket, &err)) {
    case 0: return VF_TAKE_DONE;
    case VF_EAGAIN: relay->busy++; return VF_TAKE_BUSY;
    default:
        snprintf(relay->last_reason, sizeof relay->last_reason, "%s", err.text);
        relay->failed++;
        vf_source_done(relay->source, ticket);
        return VF_TAKE_DONE;
    }
}

static enum vf_take on_record(void *owner, const struct vf_record *record, struct vf_ticket ticket)
{
    struct relay *relay = owner;
    if (relay->config.gate) {
        enum vf_take answer = relay->config.gate(relay, record);
        if (answer != VF_TAKE_DONE)
            return answer;
    }
    enum vf_take answer = send_to(relay, record, ticket, OUTPUT);
    if (answer == VF_TAKE_DONE)
        relay->taken++;
    return answer;
}

static enum vf_take on_rejected(void *owner, const struct vf_record *record,
                                struct vf_ticket ticket, const struct vf_error *reason)
{
    struct relay *relay = owner;
    enum vf_take answer = send_to(relay, record, ticket, DEAD);
    if (answer == VF_TAKE_DONE)
        relay->rejected++;
    snprintf(relay->last_reason, sizeof relay->last_reason, "%s", reason->text);
    return answer;
}

static void on_delivery(void *owner, struct vf_ticket ticket, const struct vf_delivery *delivery)
{
    struct relay *relay = owner;
    if (delivery->failure) {
        relay->failed++;
        if (relay->source)
            vf_source_reject(relay->source, ticket, delivery->failure);
        return;
    }
    relay->acknowledged++;
    if (relay->config.withhold) {
        assert_true(relay->withheld_count < sizeof relay->withheld / sizeof relay->withheld[0]);
        relay->withheld[relay->withheld_count++] = ticket;
    } else if (relay->source) {
        vf_source_done(relay->source, ticket);
    }
}

static void on_room(void *owner)
{
    struct relay *relay = owner;
    relay->rooms++;
    if (relay->source)
        vf_source_resume(relay->source);
}

static void on_revoke(void *owner)
{
    struct relay *relay = owner;
    relay->revokes++;
    vf_source_revoke_done(relay->source);
}

static void on_source_failure(void *owner, const struct vf_error *err)
{
    struct relay *relay = owner;
    relay->source_failed = true;
    snprintf(relay->last_reason, sizeof relay->last_reason, "%s", err->text);
}

static void on_sink_failure(void *owner, const struct vf_error *err)
{
    struct relay *relay = owner;
    relay->sink_failed = true;
    snprintf(relay->last_reason, sizeof relay->last_reason, "%s", err->text);
}

static void split_extra(struct relay *relay, size_t index, struct vf_pairs *consumer,
                        struct vf_pairs *producer)
{
    char *text = relay->extra[index];
    assert_true(index < sizeof relay->extra / sizeof relay->extra[0]);
    snprintf(text, sizeof relay->extra[index], "%s", relay->config.extra[index]);
    char *equals = strchr(text, '=');
    *equals = '\0';
    pairs_add(strncmp(text, "consumer:", 9) == 0 ? consumer : producer, text + 9, equals + 1);
}

void relay_start(struct relay *relay, const struct relay_config *config)
{
    struct vf_error err = {0};
    struct vf_pairs *common = pairs_new();
    struct vf_pairs *consumer = pairs_new();
    struct vf_pairs *producer = pairs_new();
    static const char *const topics[] = {INPUT};
    static const char *const outputs[] = {OUTPUT};

    *relay = (struct relay){.config = *config};
    assert_int_equal(uv_loop_init(&relay->loop), 0);
    pairs_add(common, "bootstrap.servers", vf_mock_bootstrap(config->mock));
    pairs_add(consumer, "group.id", config->group ? config->group : GROUP);
    pairs_add(consumer, "fetch.wait.max.ms", "10"); /* the mock waits it out */
    /* The mock takes 3 s for the first rebalance, and for each other one the session's time-out
     * less a second. */
    pairs_add(consumer, "session.timeout.ms", "4000");
    pairs_add(consumer, "heartbeat.interval.ms", "200");
    pairs_add(consumer, "allow.auto.create.topics", "true"); /* the mock knows no other */
    for (size_t i = 0; config->extra && config->extra[i]; i++)
        split_extra(relay, i, consumer, producer);

    struct vf_sink_config sink = {
        .settings = {.common = common, .consumer = consumer, .producer = producer},
        .topics = outputs,
        .topic_count = 1,
        .records_max = config->records_max,
        .bytes_max = config->bytes_max,
    };
    struct vf_sink_events sink_events = {on_delivery, on_room, on_sink_failure, relay};
    if (vf_sink_create(&relay->loop, &sink, &sink_events, &relay->sink, &err))
        fail_msg("%s", err.text);
    struct vf_source_config source = {
        .settings = {.common = common, .consumer = consumer, .producer = producer},
        .topics = topics,
        .topic_count = 1,
        .commit = config->commit,
        .window = config->window,
        .commit_interval_ms = config->commit_interval_ms,
        .revoke_timeout_ms = config->revoke_timeout_ms,
    };
    struct vf_source_events events = {
        .on_record = on_record,
        .on_rejected = on_rejected,
        .on_revoke = on_revoke,
        .on_failure = on_source_failure,
        .owner = relay,
    };
    if (vf_source_create(&relay->loop, &source, &events, &relay->source, &err))
        fail_msg("%s", err.text);
    assert_int_equal(vf_source_start(relay->source, &err), 0);
    free(common);
    free(consumer);
    free(producer);
}

static void on_pulse(uv_timer_t *timer)
{
    (void)timer; /* only lets uv_run return now and then */
}

static void start_pulse(struct relay *relay, uv_timer_t *pulse)
{
    uv_timer_init(&relay->loop, pulse);
    uv_timer_start(pulse, on_pulse, 1, 1);
}

static void stop_pulse(struct relay *relay, uv_timer_t *pulse)
{
    uv_close((uv_handle_t *)pulse, NULL);
    while (uv_is_active((uv_handle_t *)pulse))
        uv_run(&relay->loop, UV_RUN_NOWAIT);
    uv_run(&relay->loop, UV_RUN_NOWAIT);
}

static uint64_t now_ms(void)
{
    return uv_hrtime() / 1000000;
}

void relay_until(struct relay *relay, bool (*done)(struct relay *relay), const char *what)
{
    uv_timer_t pulse;
    uint64_t deadline = now_ms() + WAIT_MS;
    start_pulse(relay, &pulse);
    while (!done(relay)) {
        if (now_ms() > deadline)
            fail_msg("waited in vain until %s (taken %lu, acknowledged %lu)", what,
                     (unsigned long)relay->taken, (unsigned long)relay->acknowledged);
        uv_run(&relay->loop, UV_RUN_ONCE);
    }
    stop_pulse(relay, &pulse);
}

void relay_until_both(struct relay *a, struct relay *b,
                      bool (*done)(struct relay *, struct relay *), const char *what)
{
    uv_timer_t pulses[2];
    uint64_t deadline = now_ms() + WAIT_MS;
    start_pulse(a, &pulses[0]);
    start_pulse(b, &pulses[1]);
    while (!done(a, b)) {
        if (now_ms() > deadline)
            fail_msg("waited in vain until %s", what);
        uv_run(&a->loop, UV_RUN_ONCE);
        uv_run(&b->loop, UV_RUN_ONCE);
    }
    stop_pulse(a, &pulses[0]);
    stop_pulse(b, &pulses[1]);
}

void relay_run_ms(struct relay *relay, unsigned milliseconds)
{
    uv_timer_t pulse;
    uint64_t end = now_ms() + milliseconds;
    start_pulse(relay, &pulse);
    while (now_ms() < end)
        uv_run(&relay->loop, UV_RUN_ONCE);
    stop_pulse(relay, &pulse);
}

static void on_source_closed(void *owner, bool clean)
{
    struct relay *relay = owner;
    relay->source = NULL;
    relay->closed_clean = clean;
}

static void on_sink_closed(void *owner, uint64_t left)
{
    struct relay *relay = owner;
    relay->sink = NULL;
    relay->sink_left = left;
}

static bool source_is_closed(struct relay *relay)
{
    return !relay->source;
}

static bool sink_is_closed(struct relay *relay)
{
    return !relay->sink;
}

void relay_stop(struct relay *relay, uint32_t deadline_ms)
{
    vf_source_close(relay->source, deadline_ms, on_source_closed);
    relay_until(relay, source_is_closed, "the source is closed");
    vf_sink_close(relay->sink, deadline_ms, on_sink_closed);
    relay_until(relay, sink_is_closed, "the sink is closed");
    uv_run(&relay->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&relay->loop), 0);
    vf_log_flush(true);
}
