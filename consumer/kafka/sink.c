#include "kafka/sink_internal.h"

#include "base/memory.h"
#include "kafka/message.h"
#include "observe/log.h"

void sink_fail(struct vf_sink *sink, const struct vf_error *err)
{
    if (sink->failed)
        return;
    sink->failed = true;
    vf_log(VF_LOG_ERROR, VF_LOG_KAFKA, "producer failed", VF_FIELDS(vf_text("error", err->text)));
    sink->events.on_failure(sink->events.owner, err);
}

static void on_fatal(void *owner, const struct vf_error *err)
{
    sink_fail(owner, err);
}

static bool on_event(void *owner, rd_kafka_event_t *event)
{
    if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_DR)
        return false;
    sink_on_report(owner, event);
    return true;
}

/* A quarter must be free: the owner is not woken for each single record. */
static bool has_room(const struct vf_sink *sink)
{
    return !sink->failed && sink->close_phase == SINK_OPEN && !sink->retry_first &&
           sink_now(sink) >= sink->retry_at_ms &&
           sink->counts.in_flight <= sink->records_max / 4 * 3 &&
           sink->counts.bytes <= sink->bytes_max / 4 * 3;
}

static bool drain(void *owner)
{
    struct vf_sink *sink = owner;
    if (sink->close_phase == SINK_DESTROYING)
        return false;
    bool more = vf_client_serve(&sink->client, SINK_EVENTS_PER_TURN);
    sink_retry(sink);
    if (sink->want_room && has_room(sink)) {
        sink->want_room = false;
        sink->events.on_room(sink->events.owner);
    }
    sink_flush_step(sink);
    return more && sink->close_phase != SINK_DESTROYING;
}

static void on_tick(uv_timer_t *timer)
{
    struct vf_sink *sink = timer->data;
    if (sink->close_phase == SINK_DESTROYING)
        return;
    vf_client_tick(&sink->client);
    vf_wakeup_now(&sink->wakeup);
}

/* Never forgets one: there are few. VF_EINVAL: not a topic's name, or too many; VF_ENOMEM. */
static int topic_open(struct vf_sink *sink, struct vf_slice name, struct sink_topic **out)
{
    char text[SINK_TOPIC_NAME_MAX + 1];
    for (size_t i = 0; i < sink->topic_count; i++) {
        *out = &sink->topics[i];
        if (vf_slice_is(name, (*out)->name))
            return 0;
    }
    if (sink->topic_count == VF_SINK_TOPICS_MAX || name.len == 0 || name.len >= sizeof text)
        return VF_EINVAL;
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    struct sink_topic topic = {vf_strdup(text), NULL};
    if (!topic.name)
        return VF_ENOMEM;
    /* This also begins to look up the topic's partitions. */
    topic.handle = rd_kafka_topic_new(sink->client.rk, text, NULL);
    if (!topic.handle) {
        vf_free(topic.name);
        return VF_EINVAL;
    }
    *out = &sink->topics[sink->topic_count++];
    **out = topic;
    return 0;
}

void sink_release_topics(struct vf_sink *sink)
{
    for (size_t i = 0; i < sink->topic_count; i++) {
        rd_kafka_topic_destroy(sink->topics[i].handle);
        vf_free(sink->topics[i].name);
    }
    sink->topic_count = 0;
}

int vf_sink_create(uv_loop_t *loop, const struct vf_sink_config *config,
                   const struct vf_sink_events *events, struct vf_sink **out, struct vf_error *err)
{
    struct vf_sink *sink = vf_calloc(1, sizeof *sink);
    if (!sink)
        return vf_error_set(err, VF_ENOMEM, "out of memory for the producer");
    sink->loop = loop;
    sink->events = *events;
    sink->records_max = config->records_max ? config->records_max : VF_SINK_RECORDS_MAX;
    sink->bytes_max = config->bytes_max ? config->bytes_max : VF_SINK_BYTES_MAX;
    sink->retry_last = &sink->retry_first;
    sink->transactional = config->settings.transactional_id != NULL;

    const struct vf_client_events client_events = {on_event, on_fatal, sink};
    int code = vf_client_open(&sink->client, &config->settings, VF_CLIENT_PRODUCER,
                              RD_KAFKA_EVENT_DR, &client_events, err);
    if (code)
        goto fail;
    for (size_t i = 0; i < config->topic_count; i++) {
        struct sink_topic *topic;
        code = topic_open(sink, vf_slice_of(config->topics[i]), &topic);
        if (code) {
            vf_error_set(err, code, "%s cannot be an output topic: %s", config->topics[i],
                         vf_strerror(code));
            goto fail_client;
        }
    }
    code = vf_wakeup_open(&sink->wakeup, loop, drain, sink, err);
    if (code)
        goto fail_client;
    vf_wakeup_watch(&sink->wakeup, sink->client.queue);
    uv_timer_init(loop, &sink->timer);
    sink->timer.data = sink;
    uv_timer_start(&sink->timer, on_tick, SINK_TICK_MS, SINK_TICK_MS);
    *out = sink;
    return 0;
fail_client:
    sink_release_topics(sink);
    vf_client_abandon(&sink->client);
fail:
    vf_free(sink);
    return code;
}

static struct envelope *new_envelope(struct vf_sink *sink)
{
    if (!sink->free) {
        struct envelope_block *block = vf_calloc(1, sizeof *block);
        if (!block)
            return NULL;
        block->next = sink->blocks;
        sink->blocks = block;
        for (size_t i = 0; i < SINK_POOL_BLOCK; i++)
            sink_free_envelope(sink, &block->envelopes[i]);
    }
    struct envelope *envelope = sink->free;
    sink->free = envelope->next;
    return envelope;
}

void sink_free_envelope(struct vf_sink *sink, struct envelope *envelope)
{
    *envelope = (struct envelope){.next = sink->free};
    sink->free = envelope;
}

void sink_forget(struct vf_sink *sink, struct envelope *envelope)
{
    sink->counts.in_flight--;
    sink->counts.bytes -= envelope->size;
    sink_free_envelope(sink, envelope);
}

bool sink_may_pass(rd_kafka_resp_err_t code, int32_t partition)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return true;
    /* Chosen by the owner, it is the owner's mistake. */
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return partition < 0;
    default: return false;
    }
}

void sink_hold_up(struct vf_sink *sink, const char *topic, rd_kafka_resp_err_t code)
{
    uint32_t backoff = sink->retry_backoff_ms ? sink->retry_backoff_ms : SINK_RETRY_FIRST_MS;
    sink->retry_at_ms = sink_now(sink) + backoff;
    sink->retry_backoff_ms = backoff * 2 < SINK_RETRY_MAX_MS ? backoff * 2 : SINK_RETRY_MAX_MS;
    if (sink->held_up && strcmp(sink->held_up, topic) == 0)
        return;
    sink->held_up = topic;
    vf_log(VF_LOG_ERROR, VF_LOG_KAFKA, "outputs cannot be delivered yet: waiting",
           VF_FIELDS(vf_text("topic", topic), vf_text("code", rd_kafka_err2name(code)),
                     vf_text("error", rd_kafka_err2str(code)),
                     vf_int("in_flight", (int64_t)sink->counts.in_flight)));
}

static size_t record_size(const struct vf_record *record)
{
    size_t size = record->key.len + record->value.len;
    for (size_t i = 0; i < record->header_count; i++)
        size += record->headers[i].name.len + record->headers[i].value.len;
    return size;
}

static rd_kafka_resp_err_t produce(struct vf_sink *sink, rd_kafka_topic_t *topic,
                                   const struct vf_record *record, struct envelope *envelope,
                                   struct vf_error *err)
{
    /* The library copies what these point to; its types know no const. */
    rd_kafka_vu_t fields[8] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = record->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {.ptr = (void *)record->value.ptr, .size = record->value.len}},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {.ptr = (void *)record->key.ptr, .size = record->key.len}},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = envelope},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP,
         .u.i64 = record->timestamp_ms > 0 ? record->timestamp_ms : 0},
    };
    size_t count = 7;
    rd_kafka_headers_t *headers = vf_message_headers(record);
    if (headers)
        fields[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers};
    rd_kafka_error_t *error = rd_kafka_produceva(sink->client.rk, fields, count);
    if (!error)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    vf_error_set(err, VF_EKAFKA, "%s", rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    if (headers)
        rd_kafka_headers_destroy(headers);
    return code;
}

/* What a send that the library did not take means to the owner. */
static int refusal(struct vf_sink *sink, const struct vf_record *record, const char *topic,
                   rd_kafka_resp_err_t code, const struct vf_error *reason, struct vf_error *err)
{
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL || sink_may_pass(code, record->partition)) {
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            sink_hold_up(sink, topic, code);
        sink->want_room = true;
        return VF_EAGAIN;
    }
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        return vf_error_set(err, VF_ELIMIT,
                            "the output of %zu bytes is larger than message.max.bytes allows",
                            record_size(record));
    if (code == RD_KAFKA_RESP_ERR__FATAL ||
        (sink->transactional && code == RD_KAFKA_RESP_ERR__STATE))
        return vf_error_set(err, VF_EKAFKA, "the producer has failed: %s", reason->text);
    return vf_error_set(err, VF_EINVAL, "the output to %s is refused: %s", topic, reason->text);
}

static bool is_full(const struct vf_sink *sink, size_t size)
{
    if (sink->retry_first || sink_now(sink) < sink->retry_at_ms)
        return true;
    /* A record above the budget of all still goes, by itself. */
    return sink->counts.in_flight >= sink->records_max ||
           (sink->counts.in_flight > 0 && sink->counts.bytes + size > sink->bytes_max);
}

/* The record stays with the owner, who tries again. */
static int wait_for_memory(struct vf_sink *sink)
{
    sink->retry_at_ms = sink_now(sink) + SINK_RETRY_FIRST_MS;
    sink->want_room = true;
    vf_log(VF_LOG_ERROR, VF_LOG_KAFKA, "out of memory for outputs: waiting", NULL);
    return VF_EAGAIN;
}

int vf_sink_send(struct vf_sink *sink, const struct vf_record *record, struct vf_ticket ticket,
                 struct vf_error *err)
{
    struct vf_error reason;
    size_t size = record_size(record);
    if (sink->failed || sink->close_phase != SINK_OPEN)
        return vf_error_set(err, VF_EKAFKA, "the producer %s",
                            sink->failed ? "has failed" : "is closing");
    if (size > INT32_MAX)
        return vf_error_set(err, VF_ELIMIT, "the output of %zu bytes is too large", size);
    if (is_full(sink, size)) {
        sink->want_room = true;
        return VF_EAGAIN;
    }
    struct sink_topic *topic;
    int code = topic_open(sink, record->topic, &topic);
    if (code == VF_EINVAL)
        return vf_error_set(err, code, "\"%.*s\" cannot be an output topic",
                            VF_SLICE_PRINT(record->topic));
    struct envelope *envelope = code ? NULL : new_envelope(sink);
    if (!envelope)
        return wait_for_memory(sink);
    envelope->ticket = ticket;
    envelope->size = (uint32_t)size;
    envelope->partition = record->partition;
    rd_kafka_resp_err_t refused = produce(sink, topic->handle, record, envelope, &reason);
    if (refused) {
        sink_free_envelope(sink, envelope);
        return refusal(sink, record, topic->name, refused, &reason, err);
    }
    sink->in_library++;
    sink->counts.sent++;
    sink->counts.in_flight++;
    sink->counts.bytes += size;
    return 0;
}

void vf_sink_status(const struct vf_sink *sink, struct vf_sink_status *out)
{
    *out = sink->counts;
    out->connected = !sink->client.down;
}

struct rd_kafka_s *vf_sink_client(struct vf_sink *sink)
{
    return sink->client.rk;
}
