#include "pipeline/headers.h"

enum {
    EVENT_HEADERS = 4,        /* most that are added to an event */
    DEAD_LETTER_HEADERS = 32, /* likewise to a dead letter */
};

struct builder {
    struct vf_arena *arena;
    struct vf_header *items;
    size_t count;
    bool failed;
};

static void add(struct builder *builder, const char *name, struct vf_slice value)
{
    builder->items[builder->count++] = (struct vf_header){vf_slice_of(name), value};
    builder->failed |= !value.ptr;
}

static void add_number(struct builder *builder, const char *name, int64_t number)
{
    enum { DIGITS_MAX = 20 }; /* "-9223372036854775808" */
    char text[DIGITS_MAX];
    size_t at = DIGITS_MAX;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do {
        text[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (number < 0)
        text[--at] = '-';
    add(builder, name, vf_arena_copy(builder->arena, vf_slice(text + at, DIGITS_MAX - at)));
}

static void add_big_endian(struct builder *builder, const char *name, int64_t number, size_t bytes)
{
    unsigned char *out = vf_arena_alloc(builder->arena, bytes);
    for (size_t i = 0; out && i < bytes; i++)
        out[i] = (unsigned char)((uint64_t)number >> (8 * (bytes - 1 - i)));
    add(builder, name, vf_slice((const char *)out, bytes));
}

/* An input may lack a key's bytes; a header's text must not. */
static struct vf_slice present(struct vf_slice text)
{
    return text.ptr ? text : vf_slice("", 0);
}

static bool begin(struct builder *builder, const struct vf_record *in, size_t added,
                  struct vf_arena *arena)
{
    *builder = (struct builder){.arena = arena};
    builder->items = vf_arena_calloc(arena, in->header_count + added, sizeof *builder->items);
    return builder->items != NULL;
}

static bool finish(const struct builder *builder, struct vf_record *out)
{
    out->headers = builder->items;
    out->header_count = builder->count;
    return !builder->failed;
}

bool vf_headers_for_event(const struct vf_record *in, const struct wire_frame *frame,
                          struct vf_arena *arena, struct vf_record *out)
{
    static const struct vf_slice own = VF_SLICE_LITERAL(VF_HEADER_PREFIX);
    struct builder builder;

    if (!begin(&builder, in, EVENT_HEADERS, arena))
        return false;
    for (size_t i = 0; i < in->header_count; i++)
        if (!vf_slice_is(in->headers[i].name, WIRE_SCHEMA_ID_HEADER) &&
            !vf_slice_starts(in->headers[i].name, own))
            builder.items[builder.count++] = in->headers[i];

    if (frame->framing == WIRE_FRAMING_GUID_HEADER) {
        char *guid = vf_arena_alloc(arena, WIRE_SCHEMA_ID_HEADER_BYTES);
        if (!guid)
            return false;
        guid[0] = 1;
        memcpy(guid + 1, frame->guid, sizeof frame->guid);
        add(&builder, WIRE_SCHEMA_ID_HEADER, vf_slice(guid, WIRE_SCHEMA_ID_HEADER_BYTES));
    }
    add(&builder, "visitfeed.source.topic", present(in->topic));
    add_number(&builder, "visitfeed.source.partition", in->partition);
    add_number(&builder, "visitfeed.source.offset", in->offset);
    return finish(&builder, out);
}

static const char *timestamp_type_name(enum vf_timestamp_type type)
{
    switch (type) {
    case VF_TIMESTAMP_CREATE: return "CreateTime";
    case VF_TIMESTAMP_APPEND: return "LogAppendTime";
    default: return "NoTimestampType";
    }
}

static void add_own(struct builder *builder, const struct vf_record *in, const char *stage,
                    struct vf_slice code, struct vf_slice text)
{
    add(builder, "visitfeed.error.code", code);
    add(builder, "visitfeed.error.stage", vf_slice_of(stage));
    add(builder, "visitfeed.error.reason", text);
    add(builder, "visitfeed.error.topic", present(in->topic));
    add_number(builder, "visitfeed.error.partition", in->partition);
    add_number(builder, "visitfeed.error.offset", in->offset);
    add_number(builder, "visitfeed.error.timestamp", in->timestamp_ms);
    add(builder, "visitfeed.error.version", vf_slice_of(VISITFEED_VERSION));
}

static void add_connect(struct builder *builder, const struct vf_record *in, const char *stage,
                        struct vf_slice code, struct vf_slice text)
{
    add(builder, "__connect.errors.topic", present(in->topic));
    add_number(builder, "__connect.errors.partition", in->partition);
    add_number(builder, "__connect.errors.offset", in->offset);
    add(builder, "__connect.errors.connector.name", vf_slice_of("visitfeed"));
    add(builder, "__connect.errors.task.id", vf_slice_of("0"));
    add(builder, "__connect.errors.stage", vf_slice_of(stage));
    add(builder, "__connect.errors.class.name", vf_slice_of("visitfeed"));
    add(builder, "__connect.errors.exception.class.name", code);
    add(builder, "__connect.errors.exception.message", text);
}

static void add_streams(struct builder *builder, const struct vf_record *in, struct vf_slice code,
                        struct vf_slice text)
{
    add(builder, "__streams.errors.exception", code);
    add(builder, "__streams.errors.message", text);
    add(builder, "__streams.errors.topic", present(in->topic));
    add_number(builder, "__streams.errors.partition", in->partition);
    add_number(builder, "__streams.errors.offset", in->offset);
}

static void add_spring(struct builder *builder, const struct vf_record *in, struct vf_slice code,
                       struct vf_slice text)
{
    add(builder, "kafka_dlt-original-topic", present(in->topic));
    add_big_endian(builder, "kafka_dlt-original-partition", in->partition, 4);
    add_big_endian(builder, "kafka_dlt-original-offset", in->offset, 8);
    add_big_endian(builder, "kafka_dlt-original-timestamp", in->timestamp_ms, 8);
    add(builder, "kafka_dlt-original-timestamp-type",
        vf_slice_of(timestamp_type_name(in->timestamp_type)));
    add(builder, "kafka_dlt-exception-fqcn", code);
    add(builder, "kafka_dlt-exception-message", text);
}

bool vf_headers_for_dead_letter(const struct vf_record *in, const char *stage,
                                const struct vf_error *reason, struct vf_arena *arena,
                                struct vf_record *out)
{
    struct builder builder;

    if (!begin(&builder, in, DEAD_LETTER_HEADERS, arena))
        return false;
    if (in->header_count)
        memcpy(builder.items, in->headers, in->header_count * sizeof *in->headers);
    builder.count = in->header_count;

    struct vf_slice code = vf_arena_printf(arena, "visitfeed.%s", vf_error_name(reason->code));
    struct vf_slice text = vf_arena_copy(
        arena, vf_slice_of(reason->text[0] ? reason->text : vf_strerror(reason->code)));
    add_own(&builder, in, stage, vf_slice_of(vf_error_name(reason->code)), text);
    add_connect(&builder, in, stage, code, text);
    add_streams(&builder, in, code, text);
    add_spring(&builder, in, code, text);
    return finish(&builder, out);
}
