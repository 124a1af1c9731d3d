#include "topic_reader_internal.h"

#include "base/memory.h"
#include "pacer.h"

enum { WAIT_MS = 50 };       /* longest wait within one call */
enum { GLANCE_MS = 5 };      /* of that, at once for a lane whose records hold up all others */
enum { SERVE_EVERY = 1024 }; /* calls between looks at the client's own events */
/* A lane is nudged when it got nothing for so long, then after four times as long, and so on. */
enum { NUDGE_FIRST_MS = 15, NUDGE_FACTOR = 4, NUDGE_LAST_MS = 4000 };
enum { MS_NS = 1000000 };

/* ---- the heap of lanes that hold a message ---- */

static bool is_before(const struct vf_topic_reader *reader, uint32_t a, uint32_t b)
{
    int64_t left = reader->lanes[a].order;
    int64_t right = reader->lanes[b].order;
    return left != right ? left < right : a < b;
}

static void sift_up(struct vf_topic_reader *reader, size_t at)
{
    uint32_t *heap = reader->heap;
    uint32_t moved = heap[at];

    while (at && is_before(reader, moved, heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = moved;
}

static void sift_down(struct vf_topic_reader *reader, size_t at)
{
    uint32_t *heap = reader->heap;
    size_t count = reader->heap_count;
    uint32_t moved = heap[at];

    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && is_before(reader, heap[child + 1], heap[child]))
            child++;
        if (!is_before(reader, heap[child], moved))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

/* ---- lanes ---- */

/* The lane's next message decides its place; timestamps that go back do not. */
static void order_lane(struct lane *lane)
{
    int64_t timestamp = rd_kafka_message_timestamp(lane->batch[lane->at], NULL);
    if (timestamp > lane->order)
        lane->order = timestamp;
}

static void start_lane(struct lane *lane)
{
    rd_kafka_consume_start(lane->topic, lane->partition, lane->next);
    lane->started = true;
}

static void finish_lane(struct lane *lane)
{
    while (lane->at < lane->count)
        rd_kafka_message_destroy(lane->batch[lane->at++]);
    lane->finished = true;
    if (lane->started)
        rd_kafka_consume_stop(lane->topic, lane->partition);
    lane->started = false;
}

static int fail_lane(struct vf_topic_reader *reader, const struct lane *lane,
                     const rd_kafka_message_t *message, struct vf_error *err)
{
    return vf_error_set(err, VF_EKAFKA, "%s, partition %d: %s%s%s",
                        rd_kafka_topic_name(lane->topic), lane->partition,
                        rd_kafka_message_errstr(message), reader->voice.last_error[0] ? "; " : "",
                        reader->voice.last_error);
}

/* Sorts out what is no record. Keeps those before the lane's end. */
static int sift_batch(struct vf_topic_reader *reader, struct lane *lane, struct vf_error *err)
{
    size_t kept = 0;
    int rc = VF_OK;

    for (size_t i = 0; i < lane->count; i++) {
        rd_kafka_message_t *message = lane->batch[i];
        bool is_end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        if (!message->err && message->offset < lane->end && !rc) {
            lane->batch[kept++] = message;
            lane->caught_up = false;
            continue;
        }
        if (is_end)
            lane->caught_up = true;
        else if (message->err && !rc)
            rc = fail_lane(reader, lane, message, err);
        else
            lane->caught_up = true; /* at or behind the end */
        rd_kafka_message_destroy(message);
    }
    lane->count = kept;
    return rc;
}

/* The library fetches nothing while all its queues are full, and looks at them again after a
 * second: too late for a lane that was emptied meanwhile, as lanes are when their records are
 * merged. A seek to where the lane is makes it look at once. */
static void nudge_lane(struct lane *lane)
{
    int64_t now = vf_monotonic_ns();

    if (!lane->hungry_ms) {
        lane->hungry_since = now;
        lane->hungry_ms = NUDGE_FIRST_MS;
        return;
    }
    if (now - lane->hungry_since < lane->hungry_ms * MS_NS)
        return;
    rd_kafka_seek(lane->topic, lane->partition, lane->next, 0);
    lane->hungry_since = now;
    if (lane->hungry_ms < NUDGE_LAST_MS)
        lane->hungry_ms *= NUDGE_FACTOR;
}

/* As many messages as there are; waits for the first only. -1: see rd_kafka_last_error. */
static ssize_t take_batch(struct vf_topic_reader *reader, struct lane *lane, int timeout_ms)
{
    ssize_t n =
        rd_kafka_consume_batch(lane->topic, lane->partition, 0, lane->batch, reader->batch_size);
    if (n || !timeout_ms)
        return n;
    lane->batch[0] = rd_kafka_consume(lane->topic, lane->partition, timeout_ms);
    if (!lane->batch[0])
        return rd_kafka_last_error() == RD_KAFKA_RESP_ERR__TIMED_OUT ? 0 : -1;
    if (reader->batch_size == 1)
        return 1;
    n = rd_kafka_consume_batch(lane->topic, lane->partition, 0, lane->batch + 1,
                               reader->batch_size - 1);
    return n < 0 ? 1 : n + 1;
}

int lane_refill(struct vf_topic_reader *reader, struct lane *lane, int timeout_ms,
                struct vf_error *err)
{
    if (!lane->started)
        start_lane(lane);
    ssize_t n = take_batch(reader, lane, timeout_ms);
    if (n > 0)
        lane->hungry_ms = 0;
    else if (n == 0 && lane->fed && !lane->caught_up)
        nudge_lane(lane);
    lane->fed |= n > 0;
    if (n < 0)
        return vf_error_set(err, VF_EKAFKA, "%s, partition %d: %s",
                            rd_kafka_topic_name(lane->topic), lane->partition,
                            rd_kafka_err2str(rd_kafka_last_error()));
    lane->at = 0;
    lane->count = (size_t)n;
    int rc = sift_batch(reader, lane, err);
    if (rc)
        return rc;
    if (lane->count) {
        order_lane(lane);
        return VF_OK;
    }
    if (lane->caught_up && !reader->follow) {
        finish_lane(lane);
        return VF_ENOENT;
    }
    return VF_EAGAIN;
}

/* ---- records ---- */

static bool read_headers(struct vf_topic_reader *reader, const rd_kafka_message_t *message,
                         struct vf_record *record)
{
    rd_kafka_headers_t *headers;

    record->headers = NULL;
    record->header_count = 0;
    if (rd_kafka_message_headers(message, &headers))
        return true; /* there are none */
    size_t count = rd_kafka_header_cnt(headers);
    if (count > reader->headers_capacity) {
        struct vf_header *grown = vf_realloc(reader->headers, count * sizeof *grown);
        if (!grown)
            return false;
        reader->headers = grown;
        reader->headers_capacity = count;
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = "";
        const void *value = NULL;
        size_t size = 0;
        rd_kafka_header_get_all(headers, i, &name, &value, &size);
        reader->headers[i] = (struct vf_header){vf_slice_of(name), vf_slice(value, size)};
    }
    record->headers = reader->headers;
    record->header_count = count;
    return true;
}

static enum vf_timestamp_type timestamp_type(rd_kafka_timestamp_type_t type)
{
    switch (type) {
    case RD_KAFKA_TIMESTAMP_CREATE_TIME: return VF_TIMESTAMP_CREATE;
    case RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME: return VF_TIMESTAMP_APPEND;
    default: return VF_TIMESTAMP_NONE;
    }
}

/* Hands out the lane's next message. */
static int take(struct vf_topic_reader *reader, struct lane *lane, struct vf_record *record,
                struct vf_error *err)
{
    rd_kafka_message_t *message = lane->batch[lane->at++];
    rd_kafka_timestamp_type_t type;

    reader->current = message;
    lane->next = message->offset + 1;
    *record = (struct vf_record){
        .topic = vf_slice_of(rd_kafka_topic_name(lane->topic)),
        .partition = lane->partition,
        .offset = message->offset,
        .timestamp_ms = rd_kafka_message_timestamp(message, &type),
        .key = vf_slice(message->key, message->key_len),
        .value = vf_slice(message->payload, message->len),
    };
    record->timestamp_type = timestamp_type(type);
    if (!read_headers(reader, message, record))
        return vf_error_set(err, VF_ENOMEM, "out of memory for headers");
    return VF_OK;
}

static void release_current(struct vf_topic_reader *reader)
{
    if (reader->current)
        rd_kafka_message_destroy(reader->current);
    reader->current = NULL;
    if (reader->served++ % SERVE_EVERY == 0)
        rd_kafka_poll(reader->client, 0);
}

/* Asks the waiting lane for more; it moves to the heap, stays, or leaves for good. */
static int try_lane(struct vf_topic_reader *reader, size_t at, int timeout_ms, struct vf_error *err)
{
    uint32_t index = reader->waiting[at];
    int rc = lane_refill(reader, &reader->lanes[index], timeout_ms, err);

    if (rc == VF_EAGAIN || rc == VF_EKAFKA)
        return rc;
    reader->waiting[at] = reader->waiting[--reader->waiting_count];
    if (rc == VF_OK) {
        reader->heap[reader->heap_count++] = index;
        sift_up(reader, reader->heap_count - 1);
    }
    return VF_OK;
}

/* Brings every lane that must be known before the earliest record is: all but those of which a
 * follower has read all. VF_EAGAIN: some did not answer in time. */
static int fill_lanes(struct vf_topic_reader *reader, struct vf_error *err)
{
    size_t at = 0;

    while (at < reader->waiting_count) {
        int rc = try_lane(reader, at, 0, err);
        if (rc == VF_EAGAIN)
            at++;
        else if (rc)
            return rc;
    }
    int left_ms = GLANCE_MS;
    for (at = 0; at < reader->waiting_count;) {
        const struct lane *lane = &reader->lanes[reader->waiting[at]];
        if (lane->caught_up) {
            at++;
            continue;
        }
        int rc = left_ms > 0 ? try_lane(reader, at, left_ms, err) : VF_EAGAIN;
        left_ms = 0;
        if (rc)
            return rc;
    }
    return VF_OK;
}

static int wait_for_more(struct vf_topic_reader *reader, struct vf_error *err)
{
    if (!reader->waiting_count)
        return VF_ENOENT;
    /* All lanes are caught up: each is waited for in turn, the others catch up after it. */
    size_t at = reader->next_waiting++ % reader->waiting_count;
    int rc = try_lane(reader, at, WAIT_MS / 5, err);
    return rc ? rc : VF_EAGAIN;
}

int vf_topic_reader_next(struct vf_topic_reader *reader, struct vf_record *record,
                         struct vf_error *err)
{
    release_current(reader);
    bool must_look = false; /* lanes that a follower waits for are looked at now and then only */
    for (size_t i = 0; i < reader->waiting_count && !must_look; i++)
        must_look = !reader->lanes[reader->waiting[i]].caught_up;
    if (must_look || !reader->heap_count || reader->served % 64 == 0) {
        int rc = fill_lanes(reader, err);
        if (rc)
            return rc;
    }
    if (!reader->heap_count)
        return wait_for_more(reader, err);

    uint32_t index = reader->heap[0];
    struct lane *lane = &reader->lanes[index];
    int rc = take(reader, lane, record, err);
    if (lane->at < lane->count) {
        order_lane(lane);
        sift_down(reader, 0);
        return rc;
    }
    reader->heap[0] = reader->heap[--reader->heap_count];
    if (reader->heap_count)
        sift_down(reader, 0);
    if (lane->next >= lane->end)
        finish_lane(lane);
    else
        reader->waiting[reader->waiting_count++] = index;
    return rc;
}

int vf_topic_reader_next_of(struct vf_topic_reader *reader, struct vf_slice topic,
                            int32_t partition, struct vf_record *record, struct vf_error *err)
{
    struct lane *lane = NULL;

    release_current(reader);
    for (size_t i = 0; i < reader->lane_count && !lane; i++)
        if (reader->lanes[i].partition == partition &&
            vf_slice_is(topic, rd_kafka_topic_name(reader->lanes[i].topic)))
            lane = &reader->lanes[i];
    if (!lane)
        return VF_ENOENT;
    if (lane->at == lane->count) {
        if (!lane->finished && lane->next >= lane->end)
            finish_lane(lane);
        int rc = lane->finished ? VF_ENOENT : lane_refill(reader, lane, WAIT_MS, err);
        if (rc)
            return rc;
    }
    return take(reader, lane, record, err);
}

size_t vf_topic_reader_bound_count(const struct vf_topic_reader *reader)
{
    return reader->lane_count;
}

struct vf_lane_bounds vf_topic_reader_bounds(const struct vf_topic_reader *reader, size_t index)
{
    const struct lane *lane = &reader->lanes[index];
    return (struct vf_lane_bounds){.topic = lane_topic_hash(lane),
                                   .begin = lane->begin,
                                   .end = lane->end,
                                   .partition = lane->partition};
}

uint64_t vf_topic_reader_span(const struct vf_topic_reader *reader)
{
    return reader->follow ? 0 : reader->span;
}

uint64_t vf_topic_reader_passed(const struct vf_topic_reader *reader)
{
    uint64_t passed = 0;

    for (size_t i = 0; i < reader->lane_count; i++) {
        const struct lane *lane = &reader->lanes[i];
        int64_t behind = lane->finished && !reader->follow ? lane->end : lane->next;
        passed += (uint64_t)(behind - lane->begin);
    }
    return passed;
}

void vf_topic_reader_close(struct vf_topic_reader *reader)
{
    if (!reader)
        return;
    if (reader->current)
        rd_kafka_message_destroy(reader->current);
    for (size_t i = 0; i < reader->lane_count; i++) {
        if (!reader->lanes[i].finished)
            finish_lane(&reader->lanes[i]);
        vf_free(reader->lanes[i].batch);
    }
    for (size_t i = 0; i < reader->topic_count; i++)
        rd_kafka_topic_destroy(reader->topics[i]);
    if (reader->client)
        rd_kafka_destroy(reader->client);
    vf_free(reader->topics);
    vf_free(reader->lanes);
    vf_free(reader->heap);
    vf_free(reader->waiting);
    vf_free(reader->headers);
    vf_free(reader);
}
