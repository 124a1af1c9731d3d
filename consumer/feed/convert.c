#include "feed/convert.h"

#include "base/map.h"
#include "base/memory.h"
#include "codec/wire_json.h"
#include "codec/wire_type.h"
#include "feed/key_scan.h"
#include "vf_events.h"
#include <ctype.h>

enum { KEY_MAX = 64 * 1024 };     /* bytes of "source|event_id" */
enum { ARENA_BLOCK = 64 * 1024 }; /* bytes: most events fit one */

/* What both kinds share, by place in their structs. */
struct kind {
    const char *name;
    const char *schema_json;
    size_t event_id;
    size_t source;
    size_t published_at;
};

static const struct kind kinds[VF_KIND_COUNT] = {
    [VF_KIND_VISIT] = {"visit", vf_visit_schema_json, offsetof(struct vf_visit, event_id),
                       offsetof(struct vf_visit, source), offsetof(struct vf_visit, published_at)},
    [VF_KIND_MEETING] = {"meeting", vf_meeting_schema_json, offsetof(struct vf_meeting, event_id),
                         offsetof(struct vf_meeting, source),
                         offsetof(struct vf_meeting, published_at)},
};

enum { NAMED_BY_BOTH = VF_KIND_COUNT }; /* value of a field's name that tells nothing */

struct vf_converter {
    struct vf_convert_config config;
    struct wire_schema *schemas[VF_KIND_COUNT]; /* owned */
    struct vf_map fields;                       /* name -> the kind that has it */
    struct wire_schema *writer;                 /* owned; of the container file being read */
    struct wire_plan *plan;                     /* owned; from the writer's to ours */
    enum vf_kind writer_kind;
    bool same_schema;      /* the writer's is ours: its bytes are, too */
    struct vf_arena arena; /* of one event */
    struct vf_buffer value;
    struct vf_buffer key;
    uint8_t guid_header[WIRE_SCHEMA_ID_HEADER_BYTES];
    struct vf_header headers[VF_CONVERT_HEADERS_MAX];
    size_t header_count;
    void *event; /* owned; room for either kind */
};

const char *vf_kind_name(enum vf_kind kind)
{
    return kind < VF_KIND_COUNT ? kinds[kind].name : "auto";
}

static int learn_fields(struct vf_converter *converter, enum vf_kind kind)
{
    const struct wire_type *type = wire_schema_type(converter->schemas[kind]);
    int rc = VF_OK;

    for (size_t i = 0; !rc && i < type->of.fields.count; i++) {
        struct vf_slice name = type->of.fields.items[i].name;
        int32_t known = vf_map_get(&converter->fields, name);
        rc = vf_map_put(&converter->fields, name,
                        known == VF_MAP_NONE ? (int32_t)kind : NAMED_BY_BOTH);
    }
    return rc;
}

static int prepare(struct vf_converter *converter, struct vf_error *err)
{
    const struct vf_convert_config *config = &converter->config;
    size_t size = 0;

    for (int kind = 0; kind < VF_KIND_COUNT; kind++) {
        int rc =
            wire_schema_parse(vf_slice_of(kinds[kind].schema_json), &converter->schemas[kind], err);
        if (rc)
            return rc;
        if (learn_fields(converter, (enum vf_kind)kind))
            return vf_error_set(err, VF_ENOMEM, "out of memory");
        if (wire_schema_size(converter->schemas[kind]) > size)
            size = wire_schema_size(converter->schemas[kind]);
    }
    converter->event = vf_malloc(size);
    if (!converter->event)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    for (size_t i = 0; i < config->header_count; i++)
        converter->headers[converter->header_count++] = config->headers[i];
    if (config->framing == WIRE_FRAMING_GUID_HEADER)
        converter->headers[converter->header_count++] = (struct vf_header){
            VF_SLICE_LITERAL(WIRE_SCHEMA_ID_HEADER),
            {(const char *)converter->guid_header, sizeof converter->guid_header}};
    return VF_OK;
}

int vf_converter_create(const struct vf_convert_config *config, struct vf_converter **out,
                        struct vf_error *err)
{
    struct vf_converter *converter = vf_calloc(1, sizeof *converter);

    *out = NULL;
    if (!converter)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    converter->config = *config;
    vf_map_init(&converter->fields);
    vf_arena_init(&converter->arena, ARENA_BLOCK, config->event_bytes_max);
    vf_buffer_init(&converter->value, config->event_bytes_max);
    vf_buffer_init(&converter->key, KEY_MAX);
    int rc = prepare(converter, err);
    if (rc) {
        vf_converter_free(converter);
        return rc;
    }
    *out = converter;
    return VF_OK;
}

void vf_converter_free(struct vf_converter *converter)
{
    if (!converter)
        return;
    wire_plan_free(converter->plan);
    wire_schema_free(converter->writer);
    for (int kind = 0; kind < VF_KIND_COUNT; kind++)
        wire_schema_free(converter->schemas[kind]);
    vf_map_release(&converter->fields);
    vf_arena_release(&converter->arena);
    vf_buffer_release(&converter->value);
    vf_buffer_release(&converter->key);
    vf_free(converter->event);
    vf_free(converter);
}

static const void *field(const void *event, size_t offset)
{
    return (const char *)event + offset;
}

static int64_t timestamp(const struct vf_converter *converter, enum vf_kind kind, const void *event)
{
    const struct vf_optional_long *published = field(event, kinds[kind].published_at);

    switch (converter->config.stamp) {
    case VF_STAMP_PUBLISHED: return published->present ? published->value : -1;
    case VF_STAMP_FIXED: return converter->config.fixed_ms;
    case VF_STAMP_NOW: break;
    }
    return -1;
}

static int check_identity(struct vf_slice source, struct vf_slice event_id, struct vf_error *err)
{
    if (!source.len)
        return vf_error_set(err, VF_EDATA, "source: must not be empty");
    if (!event_id.len)
        return vf_error_set(err, VF_EDATA, "event_id: must not be empty");
    return VF_OK;
}

/* Frames and encodes; encoded: the event's bytes by our schema, if they are there already. */
static int make_record(struct vf_converter *converter, enum vf_kind kind, const void *event,
                       struct vf_slice encoded, struct vf_record *out, struct vf_error *err)
{
    const struct vf_convert_config *config = &converter->config;
    const struct vf_slice *source = field(event, kinds[kind].source);
    const struct vf_slice *event_id = field(event, kinds[kind].event_id);
    struct wire_frame frame = {.framing = config->framing,
                               .id = config->schema_ids[kind],
                               .fingerprint = wire_schema_fingerprint(converter->schemas[kind])};

    int rc = check_identity(*source, *event_id, err);
    if (rc)
        return rc;
    memcpy(frame.guid, config->schema_guids[kind], sizeof frame.guid);
    wire_frame_header(&frame, converter->guid_header);

    vf_buffer_clear(&converter->value);
    rc = wire_frame_write(&frame, &converter->value);
    if (!rc && !encoded.ptr)
        rc = wire_encode(converter->schemas[kind], event, &converter->value, err);
    else if (!rc && !vf_buffer_append_slice(&converter->value, encoded))
        rc = vf_error_set(err, VF_ELIMIT, "the event is longer than %zu bytes",
                          config->event_bytes_max);
    if (rc)
        return rc;
    vf_buffer_clear(&converter->key);
    vf_buffer_append_slice(&converter->key, *source);
    vf_buffer_append_char(&converter->key, '|');
    if (!vf_buffer_append_slice(&converter->key, *event_id))
        return vf_error_set(err, VF_ELIMIT, "source and event_id: longer than %d bytes", KEY_MAX);
    *out = (struct vf_record){.topic = config->topics[kind],
                              .partition = -1,
                              .offset = -1,
                              .timestamp_ms = timestamp(converter, kind, event),
                              .key = vf_buffer_slice(&converter->key),
                              .value = vf_buffer_slice(&converter->value),
                              .headers = converter->headers,
                              .header_count = converter->header_count};
    return VF_OK;
}

int vf_converter_event(struct vf_converter *converter, enum vf_kind kind, const void *event,
                       struct vf_record *out, struct vf_error *err)
{
    return make_record(converter, kind, event, VF_SLICE_NULL, out, err);
}

const struct wire_schema *vf_converter_schema(const struct vf_converter *converter,
                                              enum vf_kind kind)
{
    return converter->schemas[kind];
}

static bool begins_object(struct vf_slice text)
{
    size_t i = 0;

    while (i < text.len && isspace((unsigned char)text.ptr[i]))
        i++;
    return i < text.len && text.ptr[i] == '{';
}

/* Why it is neither a visit nor a meeting: its JSON, one of its fields, or too few of them. */
static int fail_unknown_kind(struct vf_converter *converter, struct vf_slice text,
                             struct vf_error *err)
{
    enum { SHOWN = 64 }; /* bytes of a name in the message */
    struct vf_key_scan scan;
    struct vf_slice key;

    int rc = wire_json_read(converter->schemas[VF_KIND_VISIT], text, &converter->config.limits,
                            &converter->arena, converter->event, err);
    if (rc && (rc != VF_EDATA || !begins_object(text)))
        return rc;
    vf_key_scan_begin(&scan, text);
    while (vf_key_scan_next(&scan, &key))
        if (vf_map_get(&converter->fields, key) == VF_MAP_NONE)
            return vf_error_set(err, VF_EDATA,
                                "%.*s: neither a visit nor a meeting has such a field",
                                key.len > SHOWN ? SHOWN : (int)key.len, key.ptr);
    return vf_error_set(err, VF_EDATA,
                        "has no field that only a visit or only a meeting has: say by --kind "
                        "which it is");
}

/* By the first field that only one kind has. */
static enum vf_kind guess_kind(const struct vf_converter *converter, struct vf_slice text)
{
    struct vf_key_scan scan;
    struct vf_slice key;

    vf_key_scan_begin(&scan, text);
    while (vf_key_scan_next(&scan, &key)) {
        int32_t kind = vf_map_get(&converter->fields, key);
        if (kind != VF_MAP_NONE && kind != NAMED_BY_BOTH)
            return (enum vf_kind)kind;
    }
    return VF_KIND_AUTO;
}

int vf_converter_json(struct vf_converter *converter, struct vf_slice text, struct vf_record *out,
                      struct vf_error *err)
{
    enum vf_kind kind = converter->config.kind;

    vf_arena_reset(&converter->arena);
    if (kind == VF_KIND_AUTO)
        kind = guess_kind(converter, text);
    if (kind == VF_KIND_AUTO)
        return fail_unknown_kind(converter, text, err);
    int rc = wire_json_read(converter->schemas[kind], text, &converter->config.limits,
                            &converter->arena, converter->event, err);
    return rc ? rc : vf_converter_event(converter, kind, converter->event, out, err);
}

int vf_converter_set_writer(struct vf_converter *converter, struct vf_slice schema_json,
                            struct vf_error *err)
{
    enum vf_kind forced = converter->config.kind;
    struct vf_error why[VF_KIND_COUNT] = {{0}};

    wire_plan_free(converter->plan);
    wire_schema_free(converter->writer);
    converter->plan = NULL;
    converter->writer = NULL;
    int rc = wire_schema_parse(schema_json, &converter->writer, err);
    if (rc)
        return rc;
    /* Resolution compares the records' names, so at most one kind fits. */
    for (int kind = 0; kind < VF_KIND_COUNT; kind++) {
        if (forced != VF_KIND_AUTO && (int)forced != kind)
            continue;
        rc = wire_plan_compile(converter->writer, converter->schemas[kind], &converter->plan,
                               &why[kind]);
        converter->writer_kind = (enum vf_kind)kind;
        converter->same_schema = vf_slice_equal(wire_schema_canonical(converter->writer),
                                                wire_schema_canonical(converter->schemas[kind]));
        if (!rc)
            return VF_OK;
    }
    if (forced != VF_KIND_AUTO)
        return vf_error_set(err, rc, "no %s: %s", kinds[forced].name, why[forced].text);
    return vf_error_set(err, rc, "neither a visit (%s) nor a meeting (%s)", why[VF_KIND_VISIT].text,
                        why[VF_KIND_MEETING].text);
}

int vf_converter_avro(struct vf_converter *converter, struct vf_slice bytes, struct vf_record *out,
                      struct vf_error *err)
{
    vf_arena_reset(&converter->arena);
    int rc = wire_decode(converter->plan, bytes, &converter->config.limits, &converter->arena,
                         converter->event, err);
    return rc ? rc
              : make_record(converter, converter->writer_kind, converter->event,
                            converter->same_schema ? bytes : VF_SLICE_NULL, out, err);
}

bool vf_converter_next(struct vf_converter *converter, struct vf_input *input,
                       struct vf_input_item *item, struct vf_record *out)
{
    struct vf_slice rest;
    size_t used;

    if (!vf_input_look(input, &rest))
        return false;
    vf_arena_reset(&converter->arena);
    if (wire_decode_first(converter->plan, rest, &converter->config.limits, &converter->arena,
                          converter->event, &used, NULL))
        return false;
    struct vf_slice bytes = converter->same_schema ? vf_slice(rest.ptr, used) : VF_SLICE_NULL;
    return !make_record(converter, converter->writer_kind, converter->event, bytes, out, NULL) &&
           vf_input_pass(input, used, item);
}
