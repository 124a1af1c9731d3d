#include "sender.h"

#include "base/memory.h"
#include "client_voice.h"
#include "interrupt.h"
#include "kafka/message.h"
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <time.h>

enum { TOPICS_MAX = 256 };        /* handles kept; a replay of more topics still works, by name */
enum { WAIT_MS = 50 };            /* longest wait before signals are looked at again */
enum { ABANDON_WAIT_MS = 10000 }; /* librdkafka's answers to a purge take no network */

struct envelope {
    struct vf_origin origin;
    bool settled;
};

struct vf_sender {
    struct vf_client_voice voice;
    rd_kafka_t *client; /* owned */
    struct vf_sender_events events;
    rd_kafka_topic_t *topics[TOPICS_MAX]; /* owned */
    size_t topic_count;
    struct envelope *ring; /* owned, VF_SENDER_IN_FLIGHT_MAX; by number modulo that */
    uint64_t head;         /* the oldest that is not settled */
    uint64_t tail;         /* the next to be sent */
    size_t in_flight;
    uint64_t settled; /* position */
    bool initialized; /* transactions */
};

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct envelope *envelope_at(struct vf_sender *sender, uint64_t number)
{
    return &sender->ring[number % VF_SENDER_IN_FLIGHT_MAX];
}

/* Why a record did not arrive. */
static const char *reason_of(rd_kafka_resp_err_t code)
{
    if (code == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP)
        return "the topic takes no record, nor others sent with it, whose timestamp is so far from "
               "now: --timestamp now, or its message.timestamp.after.max.ms and .before.max.ms";
    return code ? rd_kafka_err2str(code) : VF_MESSAGE_DOUBTFUL;
}

/* The record's number travels as its opaque. */
static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    struct vf_sender *sender = opaque;
    struct envelope *envelope = envelope_at(sender, (uint64_t)(uintptr_t)message->_private);
    bool arrived = vf_message_acknowledged(message);
    if (!arrived && !message->err && !vf_message_send_again(client, message, message->partition))
        return; /* still in flight */
    struct vf_delivery delivery = {.origin = envelope->origin,
                                   .code = arrived ? VF_OK : VF_EKAFKA,
                                   .topic = rd_kafka_topic_name(message->rkt),
                                   .reason = arrived ? "" : reason_of(message->err),
                                   .partition = message->partition,
                                   .offset = message->offset};

    envelope->settled = true;
    sender->in_flight--;
    while (sender->head != sender->tail && envelope_at(sender, sender->head)->settled) {
        sender->settled = envelope_at(sender, sender->head)->origin.position;
        sender->head++;
    }
    sender->events.on_delivery(sender->events.owner, &delivery);
}

/* The daemon's configuration, but for what suits a tool: it gives up some day, and takes less
 * memory. */
static int build_config(const struct vf_client_settings *settings, int delivery_timeout_ms,
                        rd_kafka_conf_t **out, struct vf_error *err)
{
    static const char queue_key[] = "queue.buffering.max.kbytes";
    char number[16];

    int rc = vf_client_config_build(settings, VF_CLIENT_PRODUCER, out, err);
    if (rc)
        return rc;
    if (!vf_pairs_have(settings->common, queue_key) &&
        !vf_pairs_have(settings->producer, queue_key)) {
        snprintf(number, sizeof number, "%d", VF_SENDER_QUEUE_KIB);
        rd_kafka_conf_set(*out, queue_key, number, NULL, 0);
    }
    /* The library wants no record to outlive its transaction. */
    if (settings->transactional_id &&
        (!delivery_timeout_ms || (uint32_t)delivery_timeout_ms > settings->transaction_timeout_ms))
        delivery_timeout_ms = (int)settings->transaction_timeout_ms;
    snprintf(number, sizeof number, "%d", delivery_timeout_ms);
    rd_kafka_conf_set(*out, "message.timeout.ms", number, NULL, 0);
    rd_kafka_conf_set_dr_msg_cb(*out, on_delivery);
    return VF_OK;
}

int vf_sender_create(const struct vf_client_settings *settings, int delivery_timeout_ms,
                     const struct vf_sender_events *events, struct vf_sender **out,
                     struct vf_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    char reason[256] = "";

    *out = NULL;
    int rc = build_config(settings, delivery_timeout_ms, &conf, err);
    if (rc)
        return rc;
    struct vf_sender *sender = vf_calloc(1, sizeof *sender);
    if (sender)
        sender->ring = vf_calloc(VF_SENDER_IN_FLIGHT_MAX, sizeof *sender->ring);
    if (!sender || !sender->ring) {
        rd_kafka_conf_destroy(conf);
        vf_sender_free(sender);
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    }
    sender->events = *events;
    vf_client_voice_attach(conf, "producer", &sender->voice);
    sender->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (!sender->client) {
        rd_kafka_conf_destroy(conf);
        vf_sender_free(sender);
        return vf_error_set(err, VF_ECONFIG, "Kafka producer: %s", reason);
    }
    rd_kafka_set_log_queue(sender->client, NULL); /* the main one: poll serves the log */
    *out = sender;
    return VF_OK;
}

void vf_sender_free(struct vf_sender *sender)
{
    if (!sender)
        return;
    if (sender->client) {
        vf_sender_abandon(sender);
        for (size_t i = 0; i < sender->topic_count; i++)
            rd_kafka_topic_destroy(sender->topics[i]);
        rd_kafka_destroy(sender->client);
    }
    vf_free(sender->ring);
    vf_free(sender);
}

int vf_sender_connect(struct vf_sender *sender, int timeout_ms, struct vf_error *err)
{
    int64_t deadline = monotonic_ms() + timeout_ms;
    rd_kafka_resp_err_t code;

    do {
        const struct rd_kafka_metadata *metadata = NULL;
        code = rd_kafka_metadata(sender->client, 0, NULL, &metadata, 500);
        rd_kafka_metadata_destroy(metadata);
        if (!code)
            return VF_OK;
        vf_sender_poll(sender, 0);
    } while (monotonic_ms() < deadline && !vf_interrupted());
    return vf_error_set(err, VF_ETIMEDOUT, "no broker answered within %d ms: %s", timeout_ms,
                        sender->voice.last_error[0] ? sender->voice.last_error
                                                    : rd_kafka_err2str(code));
}

/* The handle of the topic; NULL when there are too many, or no memory. */
static rd_kafka_topic_t *find_topic(struct vf_sender *sender, const char *name)
{
    for (size_t i = 0; i < sender->topic_count; i++)
        if (strcmp(rd_kafka_topic_name(sender->topics[i]), name) == 0)
            return sender->topics[i];
    if (sender->topic_count == TOPICS_MAX)
        return NULL;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(sender->client, name, NULL);
    if (topic)
        sender->topics[sender->topic_count++] = topic;
    return topic;
}

static rd_kafka_error_t *produce(struct vf_sender *sender, const char *topic_name,
                                 rd_kafka_topic_t *topic, const struct vf_record *record)
{
    enum { PARTS = 8 };
    rd_kafka_headers_t *headers = vf_message_headers(record);
    rd_kafka_vu_t parts[PARTS] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic_name},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = record->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)record->key.ptr, record->key.len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)record->value.ptr, record->value.len}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP,
         .u.i64 = record->timestamp_ms > 0 ? record->timestamp_ms : 0},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *)(uintptr_t)sender->tail}};
    size_t count = PARTS - 1;

    if (topic)
        parts[0] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic};
    if (headers)
        parts[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers};
    rd_kafka_error_t *error = rd_kafka_produceva(sender->client, parts, count);
    if (error && headers)
        rd_kafka_headers_destroy(headers);
    return error;
}

int vf_sender_send(struct vf_sender *sender, const struct vf_record *record,
                   const struct vf_origin *origin, struct vf_error *err)
{
    enum { TOPIC_LONGEST = 249 }; /* Kafka's own limit */
    char topic_name[TOPIC_LONGEST + 1];

    if (!record->topic.len || record->topic.len > TOPIC_LONGEST)
        return vf_error_set(err, VF_EKAFKA, "\"%.*s\" is no valid topic name",
                            VF_SLICE_PRINT(record->topic));
    memcpy(topic_name, record->topic.ptr, record->topic.len);
    topic_name[record->topic.len] = '\0';
    rd_kafka_topic_t *topic = find_topic(sender, topic_name);

    for (;;) {
        rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__QUEUE_FULL;
        if (sender->tail - sender->head < VF_SENDER_IN_FLIGHT_MAX) {
            *envelope_at(sender, sender->tail) = (struct envelope){.origin = *origin};
            rd_kafka_error_t *error = produce(sender, topic_name, topic, record);
            if (!error) {
                sender->tail++;
                sender->in_flight++;
                return VF_OK;
            }
            code = rd_kafka_error_code(error);
            if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
                vf_error_set(err, VF_EKAFKA, "%s", rd_kafka_error_string(error));
            rd_kafka_error_destroy(error);
        }
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return VF_EKAFKA;
        if (vf_interrupted())
            return VF_EAGAIN;
        vf_sender_poll(sender, WAIT_MS);
    }
}

void vf_sender_poll(struct vf_sender *sender, int timeout_ms)
{
    rd_kafka_poll(sender->client, timeout_ms);
}

int vf_sender_drain(struct vf_sender *sender, int timeout_ms, struct vf_error *err)
{
    bool was_interrupted = vf_interrupted(); /* a drain may well follow the first Ctrl-C */
    int64_t deadline = monotonic_ms() + timeout_ms;

    while (sender->in_flight) {
        if (timeout_ms >= 0 && monotonic_ms() >= deadline)
            return vf_error_set(err, VF_ETIMEDOUT, "%zu records not acknowledged within %d ms",
                                sender->in_flight, timeout_ms);
        if (!was_interrupted && vf_interrupted())
            return VF_EAGAIN;
        rd_kafka_flush(sender->client, WAIT_MS); /* a poll that ends lingering */
    }
    return VF_OK;
}

void vf_sender_abandon(struct vf_sender *sender)
{
    int64_t deadline = monotonic_ms() + ABANDON_WAIT_MS;

    if (sender->in_flight)
        rd_kafka_purge(sender->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (sender->in_flight && monotonic_ms() < deadline)
        vf_sender_poll(sender, WAIT_MS);
}

/* ---- transactions ---- */

static int finish_call(struct vf_sender *sender, rd_kafka_error_t *error, const char *what,
                       struct vf_error *err)
{
    if (!error)
        return VF_OK;
    int rc = rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__TIMED_OUT ? VF_ETIMEDOUT : VF_EKAFKA;
    vf_error_set(err, rc, "%s: %s", what, rd_kafka_error_string(error));
    bool abort = rd_kafka_error_txn_requires_abort(error) != 0;
    rd_kafka_error_destroy(error);
    if (abort) {
        rd_kafka_error_t *second = rd_kafka_abort_transaction(sender->client, -1);
        if (second)
            rd_kafka_error_destroy(second);
    }
    return rc;
}

int vf_sender_begin(struct vf_sender *sender, int timeout_ms, struct vf_error *err)
{
    if (!sender->initialized) {
        int rc = finish_call(sender, rd_kafka_init_transactions(sender->client, timeout_ms),
                             "transactions can't be had", err);
        if (rc)
            return rc;
        sender->initialized = true;
    }
    return finish_call(sender, rd_kafka_begin_transaction(sender->client),
                       "a transaction can't be begun", err);
}

int vf_sender_commit(struct vf_sender *sender, int timeout_ms, struct vf_error *err)
{
    for (;;) {
        rd_kafka_error_t *error = rd_kafka_commit_transaction(sender->client, timeout_ms);
        if (!error || !rd_kafka_error_is_retriable(error) || vf_interrupted())
            return finish_call(sender, error, "the transaction was not committed", err);
        rd_kafka_error_destroy(error);
    }
}

int vf_sender_abort(struct vf_sender *sender, int timeout_ms, struct vf_error *err)
{
    return finish_call(sender, rd_kafka_abort_transaction(sender->client, timeout_ms),
                       "the transaction was not aborted", err);
}

rd_kafka_t *vf_sender_client(struct vf_sender *sender)
{
    return sender->client;
}

size_t vf_sender_in_flight(const struct vf_sender *sender)
{
    return sender->in_flight;
}

uint64_t vf_sender_settled(const struct vf_sender *sender)
{
    return sender->settled;
}

bool vf_sender_failed(const struct vf_sender *sender, struct vf_error *err)
{
    char reason[256];

    if (!rd_kafka_fatal_error(sender->client, reason, sizeof reason))
        return false;
    vf_error_set(err, VF_EKAFKA, "the producer can't go on: %s", reason);
    return true;
}
