#include "kafka/source_internal.h"

#include <stdlib.h>

/*
 * The library stops fetching while its queue is full. Before 2.2 it looks again only when
 * something else wakes the broker's thread, or after a second: a reader that empties the queue
 * in a tenth of that would stand idle for the rest. A seek wakes the thread at once, and to seek
 * where reading goes on anyway costs nothing as long as nothing is queued or on its way.
 */
enum {
    STALL_FIXED_VERSION = 0x020200ff, /* has fetch.queue.backoff.ms instead */
    STALL_WAIT_MS = 3, /* an answer on its way within a data centre is here by then */
};

static int64_t number_of(const struct vf_source *source, const char *property)
{
    char text[32];
    size_t size = sizeof text;
    if (rd_kafka_conf_get(rd_kafka_conf(source->client.rk), property, text, &size))
        return INT64_MAX;
    return strtoll(text, NULL, 10);
}

static void on_timer(uv_timer_t *timer)
{
    struct vf_source *source = timer->data;
    struct source_stall *stall = &source->stall;
    if (!stall->dry || source->close_phase != CLOSE_NONE || source->stopped || source->busy)
        return;
    stall->bytes = 0;
    stall->records = 0;
    for (size_t i = 0; i < source->slot_count; i++) {
        struct slot *slot = source->slots[i];
        int64_t low = -1;
        int64_t high = -1;
        if (!slot_readable(slot) || slot->at_end || slot->position < 0)
            continue;
        rd_kafka_get_watermark_offsets(source->client.rk, slot->topic->name, slot->partition, &low,
                                       &high);
        if (high > slot->position)
            slot_seek(source, slot);
    }
}

void source_stall_init(struct vf_source *source)
{
    struct source_stall *stall = &source->stall;
    uv_timer_init(source->loop, &stall->timer);
    stall->timer.data = source;
    if (rd_kafka_version() >= STALL_FIXED_VERSION)
        return;
    stall->possible = true;
    /* Half: the library counts a message's bytes in its own way. */
    stall->bytes_full = number_of(source, "queued.max.messages.kbytes") * 1024 / 2;
    stall->records_full = number_of(source, "queued.min.messages") / 2;
}

void source_stall_empty(struct vf_source *source)
{
    struct source_stall *stall = &source->stall;
    if (!stall->possible || stall->dry)
        return;
    stall->dry = true;
    /* The queue cannot have been full if so little has come since it was empty. */
    if (stall->bytes >= stall->bytes_full || stall->records >= stall->records_full)
        uv_timer_start(&stall->timer, on_timer, STALL_WAIT_MS, 0);
}
