#include "kafka/source_internal.h"

#include "base/memory.h"
#include "observe/log.h"

enum { HEADERS_FIRST = 16 }; /* room for the headers of a usual record */

void source_reject_gone(struct vf_source *source, struct slot *slot)
{
    struct reject *reject = &slot->rejects[0];
    vf_log(VF_LOG_ERROR, VF_LOG_KAFKA, "a refused record is gone from its topic",
           VF_FIELDS(vf_text("topic", slot->topic->name), vf_int("partition", slot->partition),
                     vf_int("offset", reject->offset), vf_text("reason", reject->reason.text)));
    slot_done(source, slot, reject->sequence, reject->offset);
    slot_remove_reject(slot, 0);
}

/* The library reads the position from a log that no longer begins so early: what lay between was
 * deleted unread. A gap alone says nothing: compaction and transactions leave them. */
static void check_gap(const struct vf_source *source, const struct slot *slot, int64_t offset)
{
    int64_t low = -1;
    int64_t high = -1;
    rd_kafka_get_watermark_offsets(source->client.rk, slot->topic->name, slot->partition, &low,
                                   &high);
    if (low <= slot->position)
        return;
    vf_log(VF_LOG_ERROR, VF_LOG_KAFKA, "records were deleted from the topic before they were read",
           VF_FIELDS(vf_text("topic", slot->topic->name), vf_int("partition", slot->partition),
                     vf_int("expected", slot->position), vf_int("offset", offset),
                     vf_int("log_start", low)));
}

/* All headers of the message in source->headers; VF_ENOMEM. */
static int read_headers(struct vf_source *source, const rd_kafka_message_t *message, size_t *count)
{
    rd_kafka_headers_t *headers;
    *count = 0;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    size_t n = rd_kafka_header_cnt(headers);
    if (n > source->header_capacity) {
        size_t capacity = n > HEADERS_FIRST ? n : HEADERS_FIRST;
        struct vf_header *grown = vf_realloc(source->headers, capacity * sizeof *grown);
        if (!grown)
            return VF_ENOMEM;
        source->headers = grown;
        source->header_capacity = capacity;
    }
    for (size_t i = 0; i < n; i++) {
        const char *name = NULL;
        const void *value = NULL;
        size_t size = 0;
        if (rd_kafka_header_get_all(headers, i, &name, &value, &size))
            break;
        source->headers[i] = (struct vf_header){vf_slice_of(name), vf_slice(value, size)};
        *count = i + 1;
    }
    return 0;
}

static enum vf_timestamp_type timestamp_type(rd_kafka_timestamp_type_t type)
{
    switch (type) {
    case RD_KAFKA_TIMESTAMP_CREATE_TIME: return VF_TIMESTAMP_CREATE;
    case RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME: return VF_TIMESTAMP_APPEND;
    default: return VF_TIMESTAMP_NONE;
    }
}

/* Borrows from the message and from source->headers. */
static int fill_record(struct vf_source *source, const struct slot *slot,
                       const rd_kafka_message_t *message, struct vf_record *record)
{
    rd_kafka_timestamp_type_t type;
    *record = (struct vf_record){
        .topic = vf_slice_of(slot->topic->name),
        .partition = message->partition,
        .offset = message->offset,
        .timestamp_ms = rd_kafka_message_timestamp(message, &type),
        .key = vf_slice(message->key, message->key_len),
        .value = vf_slice(message->payload, message->len),
    };
    record->timestamp_type = timestamp_type(type);
    int code = read_headers(source, message, &record->header_count);
    record->headers = source->headers;
    return code;
}

/* A message below the position: of interest only if it was given back. */
static enum vf_take reread(struct vf_source *source, struct slot *slot,
                           const rd_kafka_message_t *message)
{
    while (slot->reject_count > 0 && slot->rejects[0].offset < message->offset)
        source_reject_gone(source, slot);
    if (slot->reject_count == 0 || slot->rejects[0].offset != message->offset)
        return VF_TAKE_DONE;

    struct vf_record record;
    struct reject *reject = &slot->rejects[0];
    if (fill_record(source, slot, message, &record)) {
        slot_pause(source, slot, PAUSE_FULL);
        return VF_TAKE_HOLD;
    }
    struct vf_error reason = reject->reason;
    struct vf_ticket ticket = slot_ticket(slot, reject->sequence, reject->offset);
    /* Removed first: the owner may give it back once more before it answers. */
    slot_remove_reject(slot, 0);
    enum vf_take answer =
        source->events.on_rejected(source->events.owner, &record, ticket, &reason);
    if (answer != VF_TAKE_DONE)
        vf_source_reject(source, ticket, &reason);
    return answer;
}

static void say_begin(const struct slot *slot)
{
    vf_log(VF_LOG_DEBUG, VF_LOG_KAFKA, "reading a partition",
           VF_FIELDS(vf_text("topic", slot->topic->name), vf_int("partition", slot->partition),
                     vf_int("offset", slot->start)));
}

static enum vf_take take_next(struct vf_source *source, struct slot *slot,
                              const rd_kafka_message_t *message)
{
    struct vf_record record;
    uint64_t sequence;
    int64_t offset = message->offset;

    if (slot->position >= 0 && offset > slot->position) {
        /* Once more from where it should have been, in case the library took the seek amiss. */
        if (slot->sought) {
            slot_seek(source, slot);
            slot->sought = false;
            return VF_TAKE_DONE;
        }
        check_gap(source, slot, offset);
    }
    slot->sought = false;
    slot->position = offset;
    slot->at_end = false;
    if (fill_record(source, slot, message, &record) ||
        vf_checkpoint_take(&slot->checkpoint, offset, &sequence)) {
        slot_pause(source, slot, PAUSE_FULL);
        return VF_TAKE_HOLD;
    }
    source->in_flight++;
    struct vf_ticket ticket = slot_ticket(slot, sequence, offset);
    enum vf_take answer = source->events.on_record(source->events.owner, &record, ticket);
    if (answer == VF_TAKE_DONE) {
        if (slot->start < 0) {
            slot->start = offset;
            say_begin(slot);
        }
        slot->position = offset + 1;
        source->taken++;
    } else if (vf_checkpoint_has(&slot->checkpoint, sequence, offset)) {
        vf_checkpoint_untake(&slot->checkpoint);
        source->in_flight--;
    }
    return answer;
}

/* The log ends before what was read of it already: the topic was deleted and created anew, or the
 * brokers lost the end of it. The library, told to read what is not there, began at the start. */
static bool begins_anew(const struct vf_source *source, const struct slot *slot)
{
    int64_t low = -1;
    int64_t high = -1;
    if (slot->reject_count > 0)
        return false;
    rd_kafka_get_watermark_offsets(source->client.rk, slot->topic->name, slot->partition, &low,
                                   &high);
    return high >= 0 && high < slot->position;
}

static void begin_anew(struct vf_source *source, struct slot *slot, int64_t offset)
{
    vf_log(VF_LOG_ERROR, VF_LOG_KAFKA,
           "the log is shorter than what was read of it: reading it from its beginning",
           VF_FIELDS(vf_text("topic", slot->topic->name), vf_int("partition", slot->partition),
                     vf_int("expected", slot->position), vf_int("offset", offset)));
    source->in_flight -= slot->checkpoint.waiting;
    slot->generation = ++source->generation;
    vf_checkpoint_reset(&slot->checkpoint);
    slot->position = -1;
    slot->start = -1;
    slot->committed = -1;
    slot->log_end = -1;
}

/* BUSY: the message must come again. */
static enum vf_take take(struct vf_source *source, const rd_kafka_message_t *message)
{
    struct slot *slot = slot_of_message(source, message);
    if (!slot || !slot_readable(slot))
        return VF_TAKE_DONE;
    enum vf_take answer;
    if (slot->position >= 0 && message->offset < slot->position && begins_anew(source, slot))
        begin_anew(source, slot, message->offset);
    if (slot->position >= 0 && message->offset < slot->position)
        answer = reread(source, slot, message);
    else
        answer = take_next(source, slot, message);
    if (answer == VF_TAKE_HOLD && !slot->paused)
        slot_pause(source, slot, PAUSE_HELD);
    return answer;
}

static void keep(struct vf_source *source, rd_kafka_event_t *event,
                 const rd_kafka_message_t *message)
{
    source->busy = true;
    source->kept = (struct kept_message){event, message, slot_of_message(source, message)};
}

void source_drop_kept(struct vf_source *source)
{
    if (source->kept.event)
        rd_kafka_event_destroy(source->kept.event);
    source->kept = (struct kept_message){0};
}

static void take_kept(struct vf_source *source)
{
    struct kept_message kept = source->kept;
    source->kept = (struct kept_message){0};
    if (take(source, kept.message) == VF_TAKE_BUSY)
        keep(source, kept.event, kept.message);
    else
        rd_kafka_event_destroy(kept.event);
}

static void serve(struct vf_source *source, rd_kafka_event_t *event)
{
    const rd_kafka_message_t *message;
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_FETCH:
        message = rd_kafka_event_message_next(event);
        if (message)
            source_stall_count(source, message);
        if (message && take(source, message) == VF_TAKE_BUSY) {
            keep(source, event, message);
            return;
        }
        break;
    case RD_KAFKA_EVENT_ERROR: source_on_partition_error(source, event); break;
    default: break;
    }
    rd_kafka_event_destroy(event);
}

static bool may_read(const struct vf_source *source)
{
    return !source->busy && !source->stopped && !source->failed;
}

bool source_read(struct vf_source *source)
{
    if (!may_read(source))
        return false;
    if (source->kept.event)
        take_kept(source);
    for (int i = 0; i < SOURCE_RECORDS_PER_TURN && may_read(source); i++) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(source->records, 0);
        if (!event) {
            source_stall_empty(source);
            break;
        }
        serve(source, event);
    }
    return may_read(source) && rd_kafka_queue_length(source->records) > 0;
}
