#include "daemon/demo_feed.h"

#include "feed/convert.h"
#include "feed/input.h"
#include "kafka/sink.h"

enum {
    RECORD_MAX = 1 << 20,   /* bytes of one report in the sample */
    DEADLINE_MS = 30000,    /* for a broker in this very process, ample */
    EVENT_MEMORY = 8 << 20, /* bytes */
};

struct feed {
    uv_loop_t loop;
    struct vf_sink *sink;
    struct vf_converter *converter;
    uint64_t sent;
    uint64_t left; /* not acknowledged at the end */
    struct vf_error failure;
};

static void on_delivery(void *owner, struct vf_ticket ticket, const struct vf_delivery *delivery)
{
    struct feed *feed = owner;
    (void)ticket;
    if (delivery->failure && !feed->failure.code)
        feed->failure = *delivery->failure;
}

static void on_failure(void *owner, const struct vf_error *err)
{
    struct feed *feed = owner;
    if (!feed->failure.code)
        feed->failure = *err;
}

static void on_room(void *owner)
{
    (void)owner; /* send_record asks again by itself */
}

static void on_closed(void *owner, uint64_t left)
{
    struct feed *feed = owner;
    feed->left = left;
}

static int send_record(struct feed *feed, const struct vf_record *record, struct vf_error *err)
{
    int rc;
    while ((rc = vf_sink_send(feed->sink, record, (struct vf_ticket){0}, err)) == VF_EAGAIN)
        uv_run(&feed->loop, UV_RUN_ONCE);
    feed->sent += rc == VF_OK;
    return rc;
}

/* Sends the reports of a file, from skip on, at most count of them. */
static int send_file(struct feed *feed, const char *path, uint64_t skip, uint64_t count,
                     struct vf_error *err)
{
    struct vf_input *input;
    struct vf_input_item item;
    struct vf_record record;
    uint64_t seen = 0;

    int rc = vf_input_open(path, VF_INPUT_AUTO, RECORD_MAX, &input, err);
    if (rc)
        return rc;
    while (!rc && seen < skip + count) {
        rc = vf_input_next(input, &item, err);
        if (rc == VF_ENOENT || seen++ < skip)
            continue;
        if (!rc)
            rc = vf_converter_json(feed->converter, item.bytes, &record, err);
        if (!rc)
            rc = send_record(feed, &record, err);
        if (rc)
            vf_error_prefix(err, "%s:%llu", path, (unsigned long long)item.number);
    }
    vf_input_close(input);
    return rc == VF_ENOENT ? VF_OK : rc;
}

/* One of each way in which a value can be no report. */
static int send_broken(struct feed *feed, const struct vf_config *config, struct vf_error *err)
{
    static const char truncated[] = "\x00\x00\x00\x00\x01\x0E"
                                    "ev-";
    static const char unknown_id[] = "\x00\x00\x01\x86\x9F\x00";
    static const char json[] = "{\"event_id\": \"ev-9\"}";
    static const char huge_length[] =
        "\x00\x00\x00\x00\x01\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01";
    const struct {
        const char *key;
        struct vf_slice value;
    } records[] = {
        {"demo|truncated", vf_slice(truncated, sizeof truncated - 1)},
        {"demo|unknown-schema", vf_slice(unknown_id, sizeof unknown_id - 1)},
        {"demo|json-instead-of-avro", vf_slice(json, sizeof json - 1)},
        {"demo|length-of-exabytes", vf_slice(huge_length, sizeof huge_length - 1)},
        {"demo|empty", vf_slice("", 0)},
        {"demo|tombstone", VF_SLICE_NULL},
    };

    int rc = VF_OK;
    for (size_t i = 0; !rc && i < sizeof records / sizeof *records; i++) {
        struct vf_record record = {.topic = config->input_visits,
                                   .partition = -1,
                                   .offset = -1,
                                   .timestamp_ms = -1,
                                   .key = vf_slice_of(records[i].key),
                                   .value = records[i].value};
        rc = send_record(feed, &record, err);
    }
    return rc;
}

static int send_all(struct feed *feed, const struct vf_config *config, const char *directory,
                    struct vf_arena *arena, struct vf_error *err)
{
    struct vf_slice visits = vf_arena_printf(arena, "%s/visits.jsonl", directory);
    struct vf_slice meetings = vf_arena_printf(arena, "%s/meetings.jsonl", directory);
    if (!visits.ptr || !meetings.ptr)
        return vf_error_set(err, VF_ENOMEM, "out of memory");

    int rc = send_file(feed, visits.ptr, 0, 1, err);
    if (!rc)
        rc = send_file(feed, meetings.ptr, 0, 1, err);
    if (!rc)
        rc = send_broken(feed, config, err);
    if (!rc)
        rc = send_file(feed, visits.ptr, 1, UINT64_MAX - 1, err);
    if (!rc)
        rc = send_file(feed, meetings.ptr, 1, UINT64_MAX - 1, err);
    return rc;
}

int vf_demo_feed(const struct vf_config *config, const char *sample_directory,
                 struct vf_arena *arena, uint64_t *sent, struct vf_error *err)
{
    struct feed feed = {0};
    struct vf_convert_config convert = {
        .kind = VF_KIND_AUTO,
        .topics =
            {[VF_KIND_VISIT] = config->input_visits, [VF_KIND_MEETING] = config->input_meetings},
        .framing = (enum wire_framing)config->input_framing,
        .schema_ids = {[VF_KIND_VISIT] = 1, [VF_KIND_MEETING] = 2},
        .stamp = VF_STAMP_NOW,
        .limits = wire_limits_default,
        .event_bytes_max = EVENT_MEMORY};
    struct vf_sink_config sink = {.settings = {.common = &config->kafka,
                                               .consumer = &config->kafka_consumer,
                                               .producer = &config->kafka_producer}};
    const struct vf_sink_events events = {
        .on_delivery = on_delivery, .on_room = on_room, .on_failure = on_failure, .owner = &feed};

    int rc = uv_loop_init(&feed.loop);
    if (rc)
        return vf_error_set(err, VF_EIO, "event loop: %s", uv_strerror(rc));
    rc = vf_converter_create(&convert, &feed.converter, err);
    if (!rc)
        rc = vf_sink_create(&feed.loop, &sink, &events, &feed.sink, err);
    if (!rc)
        rc = send_all(&feed, config, sample_directory, arena, err);
    if (feed.sink)
        vf_sink_close(feed.sink, DEADLINE_MS, on_closed);
    uv_run(&feed.loop, UV_RUN_DEFAULT);
    uv_loop_close(&feed.loop);
    vf_converter_free(feed.converter);
    if (!rc && feed.failure.code) {
        *err = feed.failure;
        rc = feed.failure.code;
    }
    if (!rc && feed.left)
        rc = vf_error_set(err, VF_ETIMEDOUT, "%llu records were not acknowledged",
                          (unsigned long long)feed.left);
    *sent = feed.sent;
    return rc;
}
