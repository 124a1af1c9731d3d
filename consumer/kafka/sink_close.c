#include "kafka/sink_internal.h"

#include "base/memory.h"
#include "observe/log.h"

static void on_timer_closed(uv_handle_t *handle)
{
    struct vf_sink *sink = handle->data;
    void *owner = sink->events.owner;
    void (*on_closed)(void *, uint64_t) = sink->on_closed;
    uint64_t left = sink->counts.in_flight;
    while (sink->blocks) {
        struct envelope_block *next = sink->blocks->next;
        vf_free(sink->blocks);
        sink->blocks = next;
    }
    vf_free(sink);
    if (on_closed)
        on_closed(owner, left);
}

static void on_wakeup_closed(void *owner)
{
    struct vf_sink *sink = owner;
    uv_close((uv_handle_t *)&sink->timer, on_timer_closed);
}

static void on_destroyed(void *owner)
{
    struct vf_sink *sink = owner;
    vf_wakeup_close(&sink->wakeup, on_wakeup_closed);
}

static void destroy(struct vf_sink *sink)
{
    sink->close_phase = SINK_DESTROYING;
    uv_timer_stop(&sink->timer);
    if (sink->counts.in_flight > 0 && !sink->transactional)
        vf_log(VF_LOG_WARN, VF_LOG_KAFKA, "closed before all outputs were acknowledged",
               VF_FIELDS(vf_int("records", (int64_t)sink->counts.in_flight)));
    sink_release_retries(sink);
    sink_release_topics(sink);
    vf_wakeup_unwatch(sink->client.queue);
    vf_client_close(&sink->client, sink->loop, on_destroyed);
}

void sink_flush_step(struct vf_sink *sink)
{
    bool over =
        sink->counts.in_flight == 0 || sink->failed || sink_now(sink) >= sink->flush_deadline_ms;
    if (!over)
        return;
    if (sink->on_flushed) {
        void (*on_flushed)(void *, uint64_t) = sink->on_flushed;
        sink->on_flushed = NULL;
        on_flushed(sink->events.owner, sink->counts.in_flight);
    }
    if (sink->close_phase == SINK_FLUSHING)
        destroy(sink);
}

int vf_sink_flush(struct vf_sink *sink, uint32_t deadline_ms,
                  void (*on_flushed)(void *owner, uint64_t left))
{
    if (sink->on_flushed || sink->close_phase != SINK_OPEN)
        return VF_EAGAIN;
    sink->on_flushed = on_flushed;
    sink->flush_deadline_ms = sink_now(sink) + deadline_ms;
    vf_wakeup_now(&sink->wakeup);
    return 0;
}

void vf_sink_close(struct vf_sink *sink, uint32_t deadline_ms,
                   void (*on_closed)(void *owner, uint64_t left))
{
    if (sink->close_phase != SINK_OPEN)
        return;
    sink->close_phase = SINK_FLUSHING;
    sink->on_closed = on_closed;
    sink->flush_deadline_ms = sink_now(sink) + deadline_ms;
    vf_wakeup_now(&sink->wakeup);
}
