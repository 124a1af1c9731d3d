#include "kafka/source_internal.h"

#include "base/memory.h"
#include "observe/log.h"

static void on_timer_closed(uv_handle_t *handle)
{
    struct vf_source *source = handle->data;
    void *owner = source->events.owner;
    void (*on_closed)(void *, bool) = source->on_closed;
    bool clean = source->close_clean;
    rd_kafka_topic_partition_list_destroy(source->subscription);
    vf_free(source->headers);
    vf_free(source);
    if (on_closed)
        on_closed(owner, clean);
}

static void on_stall_timer_closed(uv_handle_t *handle)
{
    struct vf_source *source = handle->data;
    uv_close((uv_handle_t *)&source->timer, on_timer_closed);
}

static void on_wakeup_closed(void *owner)
{
    struct vf_source *source = owner;
    uv_close((uv_handle_t *)&source->stall.timer, on_stall_timer_closed);
}

static void on_destroyed(void *owner)
{
    struct vf_source *source = owner;
    vf_wakeup_close(&source->wakeup, on_wakeup_closed);
}

/* All that came from the library goes back before its handle is destroyed. */
static void destroy(struct vf_source *source)
{
    source->close_phase = CLOSE_DESTROYING;
    uv_timer_stop(&source->timer);
    uv_idle_stop(&source->wakeup.idle);
    if (source->in_flight > 0 || source->assigned > 0)
        source->close_clean = false;
    if (source->revoke_event)
        rd_kafka_event_destroy(source->revoke_event);
    source->revoke_event = NULL;
    source_drop_kept(source);
    source_release_slots(source);
    vf_wakeup_unwatch(source->client.queue);
    vf_wakeup_unwatch(source->group);
    vf_wakeup_unwatch(source->records);
    rd_kafka_queue_destroy(source->group);
    rd_kafka_queue_destroy(source->records);
    source->client.never_assigned = source->assignments == 0;
    vf_client_close(&source->client, source->loop, on_destroyed);
}

/* Leaves the group. The revocation of what is assigned comes as an event, and is answered like
 * any other: that commits the last checkpoints. */
static void leave(struct vf_source *source)
{
    source->close_phase = CLOSE_LEAVING;
    source->close_deadline_ms = source_now(source) + SOURCE_COMMIT_WAIT_MS;
    rd_kafka_error_t *error =
        rd_kafka_consumer_close_queue(source->client.rk, source->client.queue);
    if (!error)
        return;
    vf_log(VF_LOG_WARN, VF_LOG_KAFKA, "cannot leave the group",
           VF_FIELDS(vf_text("error", rd_kafka_error_string(error))));
    rd_kafka_error_destroy(error);
    destroy(source);
}

void source_close_step(struct vf_source *source)
{
    uint64_t now = source_now(source);
    switch (source->close_phase) {
    case CLOSE_DRAINING:
        if (source->revoke_phase != REVOKE_NONE &&
            now < source->close_deadline_ms + SOURCE_COMMIT_WAIT_MS)
            return;
        if (source->in_flight == 0 || now >= source->close_deadline_ms || source->failed)
            leave(source);
        return;
    case CLOSE_LEAVING:
        if (rd_kafka_consumer_closed(source->client.rk)) {
            destroy(source);
        } else if (now >= source->close_deadline_ms) {
            vf_log(VF_LOG_WARN, VF_LOG_KAFKA, "the group's coordinator did not answer in time",
                   VF_FIELDS(vf_int("waited_ms", SOURCE_COMMIT_WAIT_MS)));
            destroy(source);
        }
        return;
    case CLOSE_NONE:
    case CLOSE_DESTROYING: return;
    }
}

void vf_source_close(struct vf_source *source, uint32_t deadline_ms,
                     void (*on_closed)(void *owner, bool clean))
{
    if (source->close_phase != CLOSE_NONE)
        return;
    vf_source_stop(source);
    source->on_closed = on_closed;
    source->close_phase = CLOSE_DRAINING;
    source->close_clean = true;
    source->close_deadline_ms = source_now(source) + deadline_ms;
    if (source->revoke_phase != REVOKE_NONE &&
        source->revoke_deadline_ms > source->close_deadline_ms)
        source->revoke_deadline_ms = source->close_deadline_ms;
    vf_wakeup_now(&source->wakeup);
}
