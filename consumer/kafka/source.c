#include "kafka/source_internal.h"

#include "base/memory.h"
#include "observe/log.h"

static void on_fatal(void *owner, const struct vf_error *err)
{
    source_fail(owner, err);
}

void source_fail(struct vf_source *source, const struct vf_error *err)
{
    if (source->failed)
        return;
    source->failed = true;
    vf_log(VF_LOG_ERROR, VF_LOG_KAFKA, "consumer failed", VF_FIELDS(vf_text("error", err->text)));
    source->events.on_failure(source->events.owner, err);
}

/* The end of a partition, at the time of its last answer. */
static void on_end(struct vf_source *source, rd_kafka_event_t *event)
{
    rd_kafka_topic_partition_t *at = rd_kafka_event_topic_partition(event);
    struct slot *slot = at ? slot_find(source, at->topic, at->partition) : NULL;
    if (slot && slot_readable(slot) && at->offset >= slot->position) {
        while (slot->reject_count > 0)
            source_reject_gone(source, slot);
        slot->at_end = true;
        slot->position = at->offset;
        slot->log_end = at->offset;
        vf_checkpoint_advance(&slot->checkpoint, at->offset);
    }
    if (at)
        rd_kafka_topic_partition_destroy(at);
    vf_client_answered(&source->client);
}

static void log_error(enum vf_log_level level, const char *message, rd_kafka_event_t *event)
{
    vf_log(level, VF_LOG_KAFKA, message,
           VF_FIELDS(vf_text("code", rd_kafka_err2name(rd_kafka_event_error(event))),
                     vf_text("error", rd_kafka_event_error_string(event))));
}

/* An error of the group, a topic or a partition. */
static void on_error(struct vf_source *source, rd_kafka_event_t *event)
{
    struct vf_error err;
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);

    if (rd_kafka_event_error_is_fatal(event)) {
        vf_error_set(&err, VF_EKAFKA, "the consumer failed for good: %s (%s)",
                     rd_kafka_event_error_string(event), rd_kafka_err2name(code));
        source_fail(source, &err);
        return;
    }
    switch (code) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF: on_end(source, event); break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        log_error(VF_LOG_ERROR, "input topic is missing", event);
        break;
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
        log_error(VF_LOG_ERROR, "committed offset is not in the log", event);
        break;
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
        log_error(VF_LOG_ERROR, "the loop stood still too long", event);
        break;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        log_error(VF_LOG_ERROR, "not allowed to read", event);
        break;
    default: vf_client_error(&source->client, code, rd_kafka_event_error_string(event)); break;
    }
}

static bool on_event(void *owner, rd_kafka_event_t *event)
{
    struct vf_source *source = owner;
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_REBALANCE: source_on_rebalance(source, event); return true;
    case RD_KAFKA_EVENT_OFFSET_COMMIT: source_on_commit(source, event); return false;
    case RD_KAFKA_EVENT_ERROR: on_error(source, event); return false;
    default: return false;
    }
}

static bool serve_group(struct vf_source *source)
{
    for (int i = 0; i < SOURCE_EVENTS_PER_TURN; i++) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(source->group, 0);
        if (!event)
            break;
        if (!on_event(source, event))
            rd_kafka_event_destroy(event);
    }
    return rd_kafka_queue_length(source->group) > 0;
}

void source_on_partition_error(struct vf_source *source, rd_kafka_event_t *event)
{
    on_error(source, event);
}

static bool drain(void *owner)
{
    struct vf_source *source = owner;
    if (source->close_phase == CLOSE_DESTROYING)
        return false;
    bool more = vf_client_serve(&source->client, SOURCE_EVENTS_PER_TURN);
    more |= serve_group(source);
    more |= source_read(source);
    source_revoke_step(source);
    source_adjust(source);
    source_close_step(source);
    return more && source->close_phase != CLOSE_DESTROYING;
}

static void on_tick(uv_timer_t *timer)
{
    struct vf_source *source = timer->data;
    if (source->close_phase == CLOSE_DESTROYING)
        return;
    vf_client_tick(&source->client);
    source_commit_tick(source);
    for (size_t i = 0; i < source->slot_count; i++)
        slot_tick(source, source->slots[i]);
    /* The group gives up on a member that does not poll, busy or not. */
    vf_wakeup_now(&source->wakeup);
}

static int check_config(const struct vf_source_config *config, struct vf_error *err)
{
    if (config->topic_count == 0 || config->topic_count > VF_SOURCE_TOPICS_MAX)
        return vf_error_set(err, VF_EINVAL, "1 to %d input topics are needed, not %zu",
                            VF_SOURCE_TOPICS_MAX, config->topic_count);
    return 0;
}

static uint32_t or_standard(uint32_t value, uint32_t standard)
{
    return value ? value : standard;
}

static void configure(struct vf_source *source, const struct vf_source_config *config)
{
    source->commit_policy = config->commit;
    source->window = or_standard(config->window, VF_SOURCE_WINDOW);
    source->commit_interval_ms =
        or_standard(config->commit_interval_ms, VF_SOURCE_COMMIT_INTERVAL_MS);
    source->revoke_timeout_ms = or_standard(config->revoke_timeout_ms, VF_SOURCE_REVOKE_TIMEOUT_MS);
    source->budget.limit = VF_SOURCE_WINDOW_TOTAL;
    source->subscription = rd_kafka_topic_partition_list_new((int)config->topic_count);
    for (size_t i = 0; i < config->topic_count; i++)
        rd_kafka_topic_partition_list_add(source->subscription, config->topics[i],
                                          RD_KAFKA_PARTITION_UA);
}

int vf_source_create(uv_loop_t *loop, const struct vf_source_config *config,
                     const struct vf_source_events *events, struct vf_source **out,
                     struct vf_error *err)
{
    int code = check_config(config, err);
    if (code)
        return code;
    struct vf_source *source = vf_calloc(1, sizeof *source);
    if (!source)
        return vf_error_set(err, VF_ENOMEM, "out of memory for the consumer");
    source->loop = loop;
    source->events = *events;

    const struct vf_client_events client_events = {on_event, on_fatal, source};
    code = vf_client_open(&source->client, &config->settings, VF_CLIENT_CONSUMER,
                          RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_REBALANCE |
                              RD_KAFKA_EVENT_OFFSET_COMMIT,
                          &client_events, err);
    if (code)
        goto fail;
    code = vf_wakeup_open(&source->wakeup, loop, drain, source, err);
    if (code) {
        vf_client_abandon(&source->client);
        goto fail;
    }
    configure(source, config);
    source->cooperative = vf_client_is_cooperative(&source->client);
    source->group = rd_kafka_queue_get_consumer(source->client.rk);
    source->records = rd_kafka_queue_new(source->client.rk);
    vf_wakeup_watch(&source->wakeup, source->client.queue);
    vf_wakeup_watch(&source->wakeup, source->group);
    vf_wakeup_watch(&source->wakeup, source->records);
    source_stall_init(source);
    uv_timer_init(loop, &source->timer);
    source->timer.data = source;
    uv_timer_start(&source->timer, on_tick, SOURCE_TICK_MS, SOURCE_TICK_MS);
    *out = source;
    return 0;
fail:
    vf_free(source);
    return code;
}

int vf_source_start(struct vf_source *source, struct vf_error *err)
{
    source->commit_next_ms = source_now(source) + source->commit_interval_ms;
    rd_kafka_resp_err_t code = rd_kafka_subscribe(source->client.rk, source->subscription);
    if (code)
        return vf_error_set(err, VF_EKAFKA, "cannot subscribe to the input topics: %s",
                            rd_kafka_err2str(code));
    return 0;
}

void vf_source_resume(struct vf_source *source)
{
    if (!source->busy)
        return;
    source->busy = false;
    vf_wakeup_now(&source->wakeup);
}

void vf_source_release_held(struct vf_source *source)
{
    for (size_t i = 0; i < source->slot_count; i++)
        if (source->slots[i]->paused & PAUSE_HELD)
            slot_unpause(source, source->slots[i], PAUSE_HELD);
}

void vf_source_stop(struct vf_source *source)
{
    source->stopped = true;
}

struct rd_kafka_s *vf_source_client(struct vf_source *source)
{
    return source->client.rk;
}

static void describe(const struct vf_source *source, const struct slot *slot,
                     struct vf_partition_status *out)
{
    int64_t low = -1;
    int64_t high = -1;
    rd_kafka_get_watermark_offsets(source->client.rk, slot->topic->name, slot->partition, &low,
                                   &high);
    *out = (struct vf_partition_status){
        .topic = slot->topic->name,
        .partition = slot->partition,
        .position = slot->position,
        .checkpoint = slot->checkpoint.next,
        .committed = slot->committed,
        .log_end = high > slot->log_end ? high : slot->log_end,
        .in_flight = slot->checkpoint.waiting,
        .held = slot->paused & PAUSE_HELD,
    };
}

void vf_source_status(const struct vf_source *source, struct vf_source_status *out)
{
    *out = (struct vf_source_status){
        .taken = source->taken,
        .in_flight = source->in_flight,
        .partitions = source->assigned,
        .assignments = source->assignments,
        .busy = source->busy,
        .connected = !source->client.down,
        .lag_known = true,
    };
    for (size_t i = 0; i < source->slot_count; i++) {
        const struct slot *slot = source->slots[i];
        struct vf_partition_status part;
        if (slot->state == SLOT_FREE)
            continue;
        describe(source, slot, &part);
        out->held += part.held;
        out->caught_up += slot->at_end && part.in_flight == 0;
        if (part.checkpoint < 0 || part.log_end < 0)
            out->lag_known = false;
        else if (part.log_end > part.checkpoint)
            out->lag += part.log_end - part.checkpoint;
        if (slot_uncommitted(slot) && slot_base(slot) >= 0)
            out->uncommitted += part.checkpoint - slot_base(slot);
    }
}

bool vf_source_partition(const struct vf_source *source, size_t index,
                         struct vf_partition_status *out)
{
    for (size_t i = 0; i < source->slot_count; i++) {
        if (source->slots[i]->state == SLOT_FREE || index-- > 0)
            continue;
        describe(source, source->slots[i], out);
        return true;
    }
    return false;
}
