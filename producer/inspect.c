#include "inspect.h"

#include "base/date.h"
#include "codec/wire_json.h"
#include "codec/wire_utf8.h"
#include "registry/registry.h"
#include <inttypes.h>

enum { JSON_MAX = 256 << 20, HEX_LINE = 16, INDENT = 4 };

/* ---- pieces ---- */

static void append_hex(struct vf_slice bytes, size_t max, struct vf_buffer *out)
{
    size_t shown = bytes.len < max ? bytes.len : max;

    for (size_t at = 0; at < shown; at += HEX_LINE) {
        size_t n = shown - at < HEX_LINE ? shown - at : HEX_LINE;
        vf_buffer_printf(out, "    %06zx ", at);
        for (size_t i = 0; i < HEX_LINE; i++) {
            if (i < n)
                vf_buffer_printf(out, " %02x", (unsigned char)bytes.ptr[at + i]);
            else
                vf_buffer_append_text(out, "   ");
        }
        vf_buffer_append_text(out, "  ");
        for (size_t i = 0; i < n; i++) {
            unsigned char c = (unsigned char)bytes.ptr[at + i];
            vf_buffer_append_char(out, c >= 0x20 && c < 0x7F ? (char)c : '.');
        }
        vf_buffer_append_char(out, '\n');
    }
    if (shown < bytes.len)
        vf_buffer_printf(out, "    ... %zu more bytes\n", bytes.len - shown);
}

/* A text with its quotes, or bytes in hexadecimal. */
static void append_bytes(struct vf_slice bytes, struct vf_buffer *out)
{
    enum { SHOWN = 64 }; /* bytes that are no text */

    if (!bytes.ptr) {
        vf_buffer_append_text(out, "null");
    } else if (wire_utf8_valid(bytes.ptr, bytes.len)) {
        wire_json_write_text(out, bytes);
    } else {
        vf_buffer_append_text(out, "0x");
        for (size_t i = 0; i < bytes.len && i < SHOWN; i++)
            vf_buffer_printf(out, "%02x", (unsigned char)bytes.ptr[i]);
        if (bytes.len > SHOWN)
            vf_buffer_printf(out, "... (%zu bytes)", bytes.len);
    }
}

static void append_time(int64_t ms, struct vf_buffer *out)
{
    char day[VF_DATE_TEXT];
    int32_t number = vf_day_from_millis(ms);
    int64_t rest = ms - (int64_t)number * 86400000;

    if (ms < 0) {
        vf_buffer_append_text(out, "no timestamp");
        return;
    }
    vf_day_format(number, day);
    vf_buffer_printf(out, "%sT%02d:%02d:%02d.%03dZ", day, (int)(rest / 3600000),
                     (int)(rest / 60000 % 60), (int)(rest / 1000 % 60), (int)(rest % 1000));
}

static const char *timestamp_type_name(enum vf_timestamp_type type)
{
    switch (type) {
    case VF_TIMESTAMP_CREATE: return " (set by the producer)";
    case VF_TIMESTAMP_APPEND: return " (set by the broker)";
    case VF_TIMESTAMP_NONE: break;
    }
    return "";
}

static void append_frame(const struct wire_frame *frame, struct vf_buffer *out)
{
    char guid[VF_REGISTRY_GUID_TEXT];

    vf_buffer_printf(out, "%s", wire_framing_name(frame->framing));
    switch (frame->framing) {
    case WIRE_FRAMING_CONFLUENT: vf_buffer_printf(out, ", schema id %" PRIu32, frame->id); break;
    case WIRE_FRAMING_GUID_HEADER:
        vf_registry_guid_format(frame->guid, guid);
        vf_buffer_printf(out, ", schema GUID %s", guid);
        break;
    case WIRE_FRAMING_SINGLE_OBJECT:
        vf_buffer_printf(out, ", fingerprint %016" PRIx64, frame->fingerprint);
        break;
    case WIRE_FRAMING_PLAIN: break;
    }
}

static void new_line(int indent, struct vf_buffer *out)
{
    vf_buffer_printf(out, "\n%*s", indent, "");
}

void vf_json_unfold(struct vf_slice json, int indent, struct vf_buffer *out)
{
    bool in_string = false;

    vf_buffer_printf(out, "%*s", indent, "");
    for (size_t i = 0; i < json.len; i++) {
        char c = json.ptr[i];
        bool empty = i + 1 < json.len && (json.ptr[i + 1] == '}' || json.ptr[i + 1] == ']');
        if (in_string) {
            vf_buffer_append_char(out, c);
            if (c == '\\' && i + 1 < json.len)
                vf_buffer_append_char(out, json.ptr[++i]);
            in_string = c != '"';
            continue;
        }
        switch (c) {
        case '{':
        case '[':
            vf_buffer_append_char(out, c);
            if (empty) {
                vf_buffer_append_char(out, json.ptr[++i]);
                break;
            }
            indent += INDENT;
            new_line(indent, out);
            break;
        case '}':
        case ']':
            indent -= INDENT;
            new_line(indent, out);
            vf_buffer_append_char(out, c);
            break;
        case ',':
            vf_buffer_append_char(out, c);
            new_line(indent, out);
            break;
        case ':': vf_buffer_append_text(out, ": "); break;
        case ' ': break;
        default:
            in_string = c == '"';
            vf_buffer_append_char(out, c);
            break;
        }
    }
    vf_buffer_append_char(out, '\n');
}

/* ---- the record ---- */

static void append_head(const struct vf_record *record, struct vf_buffer *out)
{
    wire_json_write_text(out, record->topic);
    if (record->partition >= 0)
        vf_buffer_printf(out, " partition %" PRId32, record->partition);
    if (record->offset >= 0)
        vf_buffer_printf(out, " offset %" PRId64, record->offset);
    vf_buffer_append_text(out, "\n  time: ");
    append_time(record->timestamp_ms, out);
    vf_buffer_append_text(out, timestamp_type_name(record->timestamp_type));
    vf_buffer_append_text(out, "\n  key: ");
    append_bytes(record->key, out);
    vf_buffer_append_char(out, '\n');
    for (size_t i = 0; i < record->header_count; i++) {
        vf_buffer_append_text(out, "  header ");
        append_bytes(record->headers[i].name, out);
        vf_buffer_append_text(out, ": ");
        append_bytes(record->headers[i].value, out);
        vf_buffer_append_char(out, '\n');
    }
}

static int append_schema(const struct wire_schema *schema, struct vf_buffer *out)
{
    struct vf_buffer text;

    vf_buffer_init(&text, JSON_MAX);
    int rc = wire_schema_write(schema, &text);
    if (!rc)
        vf_json_unfold(vf_buffer_slice(&text), INDENT, out);
    vf_buffer_release(&text);
    return rc;
}

static int append_json(const struct vf_inspect_config *config, const struct vf_decoded *decoded,
                       struct vf_buffer *out, struct vf_error *err)
{
    struct vf_buffer text;

    vf_buffer_init(&text, JSON_MAX);
    int rc = wire_json_write(decoded->schema, decoded->value, &text, err);
    if (!rc && config->compact) {
        vf_buffer_append_text(out, "    ");
        vf_buffer_append_slice(out, vf_buffer_slice(&text));
        vf_buffer_append_char(out, '\n');
    } else if (!rc) {
        vf_json_unfold(vf_buffer_slice(&text), INDENT, out);
    }
    vf_buffer_release(&text);
    return rc;
}

static int append_value(const struct vf_inspect_config *config, const struct vf_record *record,
                        struct vf_decoder *decoder, struct vf_buffer *out, struct vf_error *err)
{
    struct vf_decoded decoded = {.schema = NULL};
    struct vf_error why = {0};

    if (!record->value.ptr) {
        vf_buffer_append_text(out, "  value: null (a tombstone)\n");
        return VF_OK;
    }
    vf_buffer_printf(out, "  value: %zu bytes", record->value.len);
    int rc = vf_decoder_decode(decoder, record, &decoded, &why);
    if (decoded.framed) {
        vf_buffer_append_text(out, ", ");
        append_frame(&decoded.frame, out);
    }
    if (decoded.schema) {
        vf_buffer_append_text(out, ", ");
        vf_buffer_append_slice(out, wire_schema_name(decoded.schema));
    }
    vf_buffer_append_char(out, '\n');
    if (decoded.schema && config->schema)
        rc = append_schema(decoded.schema, out) ? VF_ENOMEM : rc;
    if (!rc)
        rc = append_json(config, &decoded, out, err);
    else if (rc != VF_ENOMEM)
        vf_buffer_printf(out, "  can't be decoded: %s: %s\n", vf_error_name(why.code), why.text);
    if (rc || config->hex)
        append_hex(record->value, config->hex_max, out);
    return rc == VF_ENOMEM ? rc : VF_OK;
}

/* Control characters of 8 bits, which JSON leaves as they are, become escapes. */
static int finish(struct vf_buffer *text, struct vf_buffer *out, struct vf_error *err)
{
    for (size_t i = 0; i < text->len; i++) {
        unsigned char c = (unsigned char)text->data[i];
        unsigned char next = i + 1 < text->len ? (unsigned char)text->data[i + 1] : 0;
        bool forbidden = c < 0x20 ? c != '\n' : c == 0x7F;
        if (c == 0xC2 && next >= 0x80 && next < 0xA0) {
            vf_buffer_printf(out, "\\u%04x", next);
            i++;
        } else if (forbidden) {
            vf_buffer_printf(out, "\\u%04x", c);
        } else {
            vf_buffer_append_char(out, (char)c);
        }
    }
    return text->failed || out->failed ? vf_error_set(err, VF_ENOMEM, "out of memory") : VF_OK;
}

int vf_inspect(const struct vf_inspect_config *config, const struct vf_record *record,
               struct vf_decoder *decoder, struct vf_buffer *out, struct vf_error *err)
{
    struct vf_buffer text;

    vf_buffer_init(&text, JSON_MAX);
    append_head(record, &text);
    int rc = append_value(config, record, decoder, &text, err);
    if (rc)
        vf_error_set(err, rc, "out of memory");
    else
        rc = finish(&text, out, err);
    vf_buffer_release(&text);
    return rc;
}
