#include "base64.h"
#include "codec/wire_json.h"
#include "recording_json.h"
#include "registry/registry.h"
#include <jansson.h>
#include <stdlib.h>

enum { ARENA_BLOCK = 64 * 1024 }; /* bytes */

void vf_json_reader_init(struct vf_json_reader *reader)
{
    *reader = (struct vf_json_reader){.shown = {.count = 0}};
    vf_arena_init(&reader->arena, ARENA_BLOCK, 4 * (size_t)VF_RECORD_BYTES_MAX);
    vf_buffer_init(&reader->value, VF_RECORD_BYTES_MAX);
}

void vf_json_reader_release(struct vf_json_reader *reader)
{
    for (size_t i = 0; i < reader->shown.count; i++)
        wire_schema_free(reader->shown.items[i].schema);
    vf_arena_release(&reader->arena);
    vf_buffer_release(&reader->value);
}

/* ---- names of schemas ---- */

static int fail(struct vf_error *err, const char *member, const char *what)
{
    return vf_error_set(err, VF_EDATA, "%s: %s", member, what);
}

static struct vf_slice text_of(const json_t *json)
{
    return json_is_string(json) ? vf_slice(json_string_value(json), json_string_length(json))
                                : VF_SLICE_NULL;
}

static int read_name(const json_t *json, struct wire_frame *out, struct vf_error *err)
{
    struct vf_slice framing = text_of(json_object_get(json, "framing"));
    const json_t *id = json_object_get(json, "id");
    struct vf_slice text;
    char *end;

    *out = (struct wire_frame){.id = 0};
    if (!framing.ptr || wire_framing_parse(framing, &out->framing))
        return fail(err, "schema.framing", "is none of confluent, header, single-object");
    switch (out->framing) {
    case WIRE_FRAMING_CONFLUENT:
        if (!json_is_integer(id) || json_integer_value(id) < 0 ||
            json_integer_value(id) > UINT32_MAX)
            return fail(err, "schema.id", "is no number of 32 bits");
        out->id = (uint32_t)json_integer_value(id);
        return VF_OK;
    case WIRE_FRAMING_GUID_HEADER:
        text = text_of(json_object_get(json, "guid"));
        if (!text.ptr || !vf_registry_guid_parse(text, out->guid))
            return fail(err, "schema.guid", "is no GUID");
        return VF_OK;
    case WIRE_FRAMING_SINGLE_OBJECT:
        text = text_of(json_object_get(json, "fingerprint"));
        if (text.len != 16)
            return fail(err, "schema.fingerprint", "is no number of 16 hexadecimal digits");
        out->fingerprint = strtoull(text.ptr, &end, 16);
        if (end != text.ptr + text.len)
            return fail(err, "schema.fingerprint", "is no number of 16 hexadecimal digits");
        return VF_OK;
    case WIRE_FRAMING_PLAIN: break;
    }
    return fail(err, "schema.framing", "is none of confluent, header, single-object");
}

static struct wire_schema *find_schema(const struct vf_json_reader *reader,
                                       const struct wire_frame *name)
{
    for (size_t i = 0; i < reader->shown.count; i++) {
        const struct wire_frame *shown = &reader->shown.items[i].name;
        if (shown->framing == name->framing && shown->id == name->id &&
            shown->fingerprint == name->fingerprint &&
            memcmp(shown->guid, name->guid, sizeof name->guid) == 0)
            return reader->shown.items[i].schema;
    }
    return NULL;
}

/* The JSON again as text, in the reader's arena; ptr NULL: no memory. */
static struct vf_slice render(struct vf_json_reader *reader, const json_t *json)
{
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17);
    size_t size = json_dumpb(json, NULL, 0, flags);
    char *text = vf_arena_alloc(&reader->arena, size);

    if (!text || json_dumpb(json, text, size, flags) != size)
        return VF_SLICE_NULL;
    return vf_slice(text, size);
}

/* A line {"schema": NAME, "avro": {...}}. */
static int learn_schema(struct vf_json_reader *reader, const json_t *line, struct vf_error *err)
{
    struct vf_shown_schemas *shown = &reader->shown;
    struct wire_frame name;

    int rc = read_name(json_object_get(line, "schema"), &name, err);
    if (rc)
        return rc;
    struct vf_slice text = render(reader, json_object_get(line, "avro"));
    if (!text.ptr)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    if (find_schema(reader, &name))
        return VF_EAGAIN;
    if (shown->count == VF_RECORDING_SCHEMAS_MAX)
        return vf_error_set(err, VF_ELIMIT, "more than %d schemas", VF_RECORDING_SCHEMAS_MAX);
    rc = wire_schema_parse(text, &shown->items[shown->count].schema, err);
    if (rc) {
        vf_error_prefix(err, "avro");
        return rc;
    }
    shown->items[shown->count++].name = name;
    return VF_EAGAIN;
}

/* ---- records ---- */

/* null, a text, or {"base64": "..."}. */
static int read_bytes(struct vf_json_reader *reader, const json_t *json, const char *member,
                      struct vf_slice *out, struct vf_error *err)
{
    *out = VF_SLICE_NULL;
    if (!json || json_is_null(json))
        return VF_OK;
    if (json_is_string(json)) {
        *out = vf_arena_copy(&reader->arena, text_of(json));
        return out->ptr ? VF_OK : vf_error_set(err, VF_ENOMEM, "out of memory");
    }
    struct vf_slice text = text_of(json_object_get(json, "base64"));
    if (!text.ptr)
        return fail(err, member, "is neither null, a text nor {\"base64\": \"...\"}");
    vf_buffer_clear(&reader->value);
    if (!vf_base64_decode(text, &reader->value))
        return fail(err, member, "is no base64");
    *out = vf_arena_copy(&reader->arena, vf_buffer_slice(&reader->value));
    return out->ptr ? VF_OK : vf_error_set(err, VF_ENOMEM, "out of memory");
}

/* {"schema": NAME, "json": {...}}: encoded again. */
static int read_decoded(struct vf_json_reader *reader, const json_t *json, struct vf_slice *out,
                        struct vf_error *err)
{
    struct wire_frame name;

    int rc = read_name(json_object_get(json, "schema"), &name, err);
    if (rc)
        return rc;
    const struct wire_schema *schema = find_schema(reader, &name);
    if (!schema)
        return vf_error_set(err, VF_EUNKNOWNSCHEMA, "value.schema: no line before this one has it");
    void *value = vf_arena_alloc(&reader->arena, wire_schema_size(schema));
    struct vf_slice text = render(reader, json_object_get(json, "json"));
    if (!value || !text.ptr)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    rc = wire_json_read(schema, text, NULL, &reader->arena, value, err);
    if (rc) {
        vf_error_prefix(err, "value.json");
        return rc;
    }
    vf_buffer_clear(&reader->value);
    rc = wire_frame_write(&name, &reader->value);
    if (!rc)
        rc = wire_encode(schema, value, &reader->value, err);
    *out = vf_buffer_slice(&reader->value);
    if (!out->ptr)
        *out = vf_slice("", 0);
    return rc;
}

static int read_headers(struct vf_json_reader *reader, const json_t *json, struct vf_record *record,
                        struct vf_error *err)
{
    size_t count = json_array_size(json);

    if (json && !json_is_array(json))
        return fail(err, "headers", "is no array");
    struct vf_header *headers = vf_arena_calloc(&reader->arena, count, sizeof *headers);
    if (!headers)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const json_t *header = json_array_get(json, i);
        struct vf_slice name = text_of(json_object_get(header, "name"));
        if (!name.ptr)
            return vf_error_set(err, VF_EDATA, "headers[%zu].name: is no text", i);
        headers[i].name = vf_arena_copy(&reader->arena, name);
        if (!headers[i].name.ptr)
            return vf_error_set(err, VF_ENOMEM, "out of memory");
        int rc =
            read_bytes(reader, json_object_get(header, "value"), "value", &headers[i].value, err);
        if (rc) {
            vf_error_prefix(err, "headers[%zu]", i);
            return rc;
        }
    }
    record->headers = headers;
    record->header_count = count;
    return VF_OK;
}

static int read_integer(const json_t *line, const char *member, int64_t standard, int64_t max,
                        int64_t *out, struct vf_error *err)
{
    const json_t *json = json_object_get(line, member);

    *out = json ? json_integer_value(json) : standard;
    if ((json && !json_is_integer(json)) || *out < -1 || *out > max)
        return fail(err, member, "is no such number");
    return VF_OK;
}

static enum vf_timestamp_type timestamp_type(struct vf_slice name)
{
    if (vf_slice_is(name, "CREATE"))
        return VF_TIMESTAMP_CREATE;
    return vf_slice_is(name, "APPEND") ? VF_TIMESTAMP_APPEND : VF_TIMESTAMP_NONE;
}

static int read_record(struct vf_json_reader *reader, const json_t *line, struct vf_record *record,
                       struct vf_error *err)
{
    struct vf_slice topic = text_of(json_object_get(line, "topic"));
    const json_t *value = json_object_get(line, "value");
    int64_t partition;

    *record = (struct vf_record){.topic = vf_arena_copy(&reader->arena, topic)};
    if (!topic.len || !record->topic.ptr)
        return fail(err, "topic", "is missing");
    int rc = read_integer(line, "partition", -1, INT32_MAX, &partition, err);
    if (!rc)
        rc = read_integer(line, "offset", -1, INT64_MAX, &record->offset, err);
    if (!rc)
        rc = read_integer(line, "timestamp", -1, INT64_MAX, &record->timestamp_ms, err);
    if (!rc)
        rc = read_bytes(reader, json_object_get(line, "key"), "key", &record->key, err);
    if (!rc)
        rc = read_headers(reader, json_object_get(line, "headers"), record, err);
    if (!rc && json_object_get(value, "schema"))
        rc = read_decoded(reader, value, &record->value, err);
    else if (!rc)
        rc = read_bytes(reader, value, "value", &record->value, err);
    if (rc)
        return rc;
    record->partition = (int32_t)partition;
    record->timestamp_type = timestamp_type(text_of(json_object_get(line, "timestamp_type")));
    return VF_OK;
}

int vf_json_reader_read(struct vf_json_reader *reader, struct vf_slice text,
                        struct vf_record *record, struct vf_error *err)
{
    json_error_t why;
    json_t *line = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);

    if (!line)
        return vf_error_set(err, VF_EJSON, "no JSON: column %d: %s", why.column, why.text);
    vf_arena_reset(&reader->arena);
    int rc = json_object_get(line, "avro") ? learn_schema(reader, line, err)
                                           : read_record(reader, line, record, err);
    json_decref(line);
    return rc;
}
