#include "base64.h"
#include "codec/wire_json.h"
#include "codec/wire_utf8.h"
#include "recording_json.h"
#include "registry/registry.h"
#include <inttypes.h>

enum { ARENA_BLOCK = 64 * 1024 }; /* bytes */

void vf_json_scribe_init(struct vf_json_scribe *scribe, struct vf_decoder *decoder)
{
    *scribe = (struct vf_json_scribe){.decoder = decoder};
    vf_arena_init(&scribe->arena, ARENA_BLOCK, VF_DECODER_VALUE_MAX);
    vf_buffer_init(&scribe->json, 4 * (size_t)VF_RECORD_BYTES_MAX);
    vf_buffer_init(&scribe->again, VF_RECORD_BYTES_MAX);
}

void vf_json_scribe_release(struct vf_json_scribe *scribe)
{
    vf_arena_release(&scribe->arena);
    vf_buffer_release(&scribe->json);
    vf_buffer_release(&scribe->again);
}

static bool same_name(const struct wire_frame *a, const struct wire_frame *b)
{
    return a->framing == b->framing && a->id == b->id && a->fingerprint == b->fingerprint &&
           memcmp(a->guid, b->guid, sizeof a->guid) == 0;
}

static void write_name(const struct wire_frame *name, struct vf_buffer *out)
{
    char guid[VF_REGISTRY_GUID_TEXT];

    vf_buffer_printf(out, "{\"framing\":\"%s\"", wire_framing_name(name->framing));
    switch (name->framing) {
    case WIRE_FRAMING_CONFLUENT: vf_buffer_printf(out, ",\"id\":%" PRIu32, name->id); break;
    case WIRE_FRAMING_GUID_HEADER:
        vf_registry_guid_format(name->guid, guid);
        vf_buffer_printf(out, ",\"guid\":\"%s\"", guid);
        break;
    case WIRE_FRAMING_SINGLE_OBJECT:
        vf_buffer_printf(out, ",\"fingerprint\":\"%016" PRIx64 "\"", name->fingerprint);
        break;
    case WIRE_FRAMING_PLAIN: break;
    }
    vf_buffer_append_char(out, '}');
}

/* A line with the schema, the first time. False: the file shows too many already, or there is no
 * memory. */
static bool show_schema(struct vf_json_scribe *scribe, const struct vf_decoded *decoded,
                        struct vf_buffer *out)
{
    struct vf_shown_schemas *shown = &scribe->shown;

    for (size_t i = 0; i < shown->count; i++)
        if (same_name(&shown->items[i].name, &decoded->frame))
            return true;
    if (shown->count == VF_RECORDING_SCHEMAS_MAX)
        return false;
    size_t before = out->len;
    vf_buffer_append_text(out, "{\"schema\":");
    write_name(&decoded->frame, out);
    vf_buffer_append_text(out, ",\"avro\":");
    if (wire_schema_write(decoded->schema, out)) {
        out->len = before;
        return false;
    }
    vf_buffer_append_text(out, "}\n");
    shown->items[shown->count++].name = decoded->frame;
    return true;
}

/* Whether the value's very bytes come out of its JSON again. */
static bool is_lossless(struct vf_json_scribe *scribe, const struct vf_decoded *decoded,
                        struct vf_slice value)
{
    vf_arena_reset(&scribe->arena);
    void *memory = vf_arena_alloc(&scribe->arena, wire_schema_size(decoded->schema));
    if (!memory || wire_json_read(decoded->schema, vf_buffer_slice(&scribe->json), NULL,
                                  &scribe->arena, memory, NULL))
        return false;
    vf_buffer_clear(&scribe->again);
    if (wire_frame_write(&decoded->frame, &scribe->again) ||
        wire_encode(decoded->schema, memory, &scribe->again, NULL))
        return false;
    return vf_slice_equal(vf_buffer_slice(&scribe->again), value);
}

/* The value's JSON in scribe->json; false: it has to be written as bytes. */
static bool decode_value(struct vf_json_scribe *scribe, const struct vf_record *record,
                         struct vf_decoded *decoded)
{
    if (!scribe->decoder || vf_decoder_decode(scribe->decoder, record, decoded, NULL) ||
        decoded->frame.framing == WIRE_FRAMING_PLAIN)
        return false;
    vf_buffer_clear(&scribe->json);
    if (wire_json_write(decoded->schema, decoded->value, &scribe->json, NULL))
        return false;
    return is_lossless(scribe, decoded, record->value);
}

static void write_bytes(struct vf_slice bytes, struct vf_buffer *out)
{
    if (!bytes.ptr) {
        vf_buffer_append_text(out, "null");
    } else if (wire_utf8_valid(bytes.ptr, bytes.len)) {
        wire_json_write_text(out, bytes);
    } else {
        vf_buffer_append_text(out, "{\"base64\":\"");
        vf_base64_encode(bytes, out);
        vf_buffer_append_text(out, "\"}");
    }
}

static int write_headers(const struct vf_record *record, struct vf_buffer *out,
                         struct vf_error *err)
{
    vf_buffer_append_text(out, ",\"headers\":[");
    for (size_t i = 0; i < record->header_count; i++) {
        const struct vf_header *header = &record->headers[i];
        if (!wire_utf8_valid(header->name.ptr, header->name.len))
            return vf_error_set(err, VF_EUTF8, "a header's name is not UTF-8");
        vf_buffer_append_text(out, i ? ",{\"name\":" : "{\"name\":");
        wire_json_write_text(out, header->name);
        vf_buffer_append_text(out, ",\"value\":");
        write_bytes(header->value, out);
        vf_buffer_append_char(out, '}');
    }
    vf_buffer_append_char(out, ']');
    return VF_OK;
}

static const char *timestamp_type_name(enum vf_timestamp_type type)
{
    switch (type) {
    case VF_TIMESTAMP_CREATE: return "CREATE";
    case VF_TIMESTAMP_APPEND: return "APPEND";
    case VF_TIMESTAMP_NONE: break;
    }
    return "NONE";
}

int vf_json_scribe_write(struct vf_json_scribe *scribe, const struct vf_record *record,
                         struct vf_buffer *out, struct vf_error *err)
{
    struct vf_decoded decoded;
    bool readable = decode_value(scribe, record, &decoded) && show_schema(scribe, &decoded, out);

    vf_buffer_append_text(out, "{\"topic\":");
    wire_json_write_text(out, record->topic);
    vf_buffer_printf(out,
                     ",\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",\"timestamp\":%" PRId64
                     ",\"timestamp_type\":\"%s\",\"key\":",
                     record->partition, record->offset, record->timestamp_ms,
                     timestamp_type_name(record->timestamp_type));
    write_bytes(record->key, out);
    vf_buffer_append_text(out, ",\"value\":");
    if (readable) {
        vf_buffer_append_text(out, "{\"schema\":");
        write_name(&decoded.frame, out);
        vf_buffer_append_text(out, ",\"json\":");
        vf_buffer_append_slice(out, vf_buffer_slice(&scribe->json));
        vf_buffer_append_char(out, '}');
    } else {
        write_bytes(record->value, out);
    }
    int rc = write_headers(record, out, err);
    if (rc)
        return rc;
    vf_buffer_append_text(out, "}\n");
    return out->failed ? vf_error_set(err, VF_ENOMEM, "out of memory for a record") : VF_OK;
}
