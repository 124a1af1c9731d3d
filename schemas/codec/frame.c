#include "codec/wire_frame.h"

#include <ctype.h>

enum {
    CONFLUENT_MAGIC = 0x00,
    GUID_MAGIC = 0x01, /* of the header's value */
    SINGLE_OBJECT_MAGIC_0 = 0xC3,
    SINGLE_OBJECT_MAGIC_1 = 0x01,
    CONFLUENT_BYTES = 5,
    SINGLE_OBJECT_BYTES = 10,
};

static const char *const names[] = {
    [WIRE_FRAMING_CONFLUENT] = "confluent",
    [WIRE_FRAMING_GUID_HEADER] = "header",
    [WIRE_FRAMING_SINGLE_OBJECT] = "single-object",
    [WIRE_FRAMING_PLAIN] = "plain",
};
enum { FRAMINGS = sizeof names / sizeof *names };

static uint64_t load_big_endian(const uint8_t *bytes, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | bytes[i];
    return value;
}

static uint64_t load_little_endian(const uint8_t *bytes, size_t n)
{
    uint64_t value = 0;
    for (size_t i = n; i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}

/* Serializers put a GUID there; the same header with a registry's id is legal too. */
static int read_header(struct vf_slice header, struct vf_slice value, struct wire_frame *out,
                       struct vf_error *err)
{
    const uint8_t *bytes = (const uint8_t *)header.ptr;

    out->body = value;
    if (header.len == WIRE_SCHEMA_ID_HEADER_BYTES && bytes[0] == GUID_MAGIC) {
        out->framing = WIRE_FRAMING_GUID_HEADER;
        memcpy(out->guid, bytes + 1, sizeof out->guid);
        return 0;
    }
    if (header.len == CONFLUENT_BYTES && bytes[0] == CONFLUENT_MAGIC) {
        out->framing = WIRE_FRAMING_CONFLUENT;
        out->id = (uint32_t)load_big_endian(bytes + 1, 4);
        return 0;
    }
    return vf_error_set(err, VF_EFRAMING,
                        "header %s: expected 01 and a GUID, or 00 and an id, got %zu bytes",
                        WIRE_SCHEMA_ID_HEADER, header.len);
}

/* Names what the value begins with: text on an Avro topic is the commonest mistake. */
static int fail_magic(struct vf_slice value, const char *expected, struct vf_error *err)
{
    unsigned char first = (unsigned char)value.ptr[0];
    bool json = first == '{' || first == '[';

    return vf_error_set(err, VF_EFRAMING, "the value begins with %02X%s, not with %s", first,
                        json             ? " (JSON text?)"
                        : isprint(first) ? " (plain text?)"
                                         : "",
                        expected);
}

static int read_confluent(struct vf_slice value, struct wire_frame *out, struct vf_error *err)
{
    const uint8_t *bytes = (const uint8_t *)value.ptr;

    if (bytes[0] != CONFLUENT_MAGIC)
        return fail_magic(value, "00 and a schema id", err);
    if (value.len < CONFLUENT_BYTES)
        return vf_error_set(err, VF_ETRUNCATED, "%zu bytes are too few for 00 and a schema id",
                            value.len);
    out->id = (uint32_t)load_big_endian(bytes + 1, 4);
    out->body = vf_slice(value.ptr + CONFLUENT_BYTES, value.len - CONFLUENT_BYTES);
    return 0;
}

static int read_single_object(struct vf_slice value, struct wire_frame *out, struct vf_error *err)
{
    const uint8_t *bytes = (const uint8_t *)value.ptr;

    if (bytes[0] != SINGLE_OBJECT_MAGIC_0 || (value.len > 1 && bytes[1] != SINGLE_OBJECT_MAGIC_1))
        return fail_magic(value, "C3 01 and a fingerprint", err);
    if (value.len < SINGLE_OBJECT_BYTES)
        return vf_error_set(err, VF_ETRUNCATED, "%zu bytes are too few for C3 01 and a fingerprint",
                            value.len);
    out->fingerprint = load_little_endian(bytes + 2, 8);
    out->body = vf_slice(value.ptr + SINGLE_OBJECT_BYTES, value.len - SINGLE_OBJECT_BYTES);
    return 0;
}

int wire_frame_read(const struct vf_record *record, enum wire_framing expected,
                    struct wire_frame *out, struct vf_error *err)
{
    const struct vf_header *header = vf_record_header(record, WIRE_SCHEMA_ID_HEADER);

    *out = (struct wire_frame){.framing = expected, .body = record->value};
    if (!record->value.ptr)
        return vf_error_set(err, VF_EEMPTY, "the value is null");
    if (record->value.len == 0)
        return vf_error_set(err, VF_EEMPTY, "the value is empty");
    if (header && header->value.ptr)
        return read_header(header->value, record->value, out, err);
    switch (expected) {
    case WIRE_FRAMING_CONFLUENT: return read_confluent(record->value, out, err);
    case WIRE_FRAMING_SINGLE_OBJECT: return read_single_object(record->value, out, err);
    case WIRE_FRAMING_GUID_HEADER:
        return vf_error_set(err, VF_EFRAMING, "no header %s", WIRE_SCHEMA_ID_HEADER);
    default: return 0;
    }
}

int wire_frame_write(const struct wire_frame *frame, struct vf_buffer *out)
{
    uint8_t bytes[SINGLE_OBJECT_BYTES];
    size_t n = 0;

    if (frame->framing == WIRE_FRAMING_CONFLUENT) {
        bytes[n++] = CONFLUENT_MAGIC;
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes[n++] = (uint8_t)(frame->id >> shift);
    } else if (frame->framing == WIRE_FRAMING_SINGLE_OBJECT) {
        bytes[n++] = SINGLE_OBJECT_MAGIC_0;
        bytes[n++] = SINGLE_OBJECT_MAGIC_1;
        for (int shift = 0; shift < 64; shift += 8)
            bytes[n++] = (uint8_t)(frame->fingerprint >> shift);
    }
    return vf_buffer_append(out, bytes, n) ? 0 : VF_ENOMEM;
}

void wire_frame_header(const struct wire_frame *frame, uint8_t out[WIRE_SCHEMA_ID_HEADER_BYTES])
{
    out[0] = GUID_MAGIC;
    memcpy(out + 1, frame->guid, sizeof frame->guid);
}

int wire_framing_parse(struct vf_slice text, enum wire_framing *out)
{
    for (size_t i = 0; i < FRAMINGS; i++) {
        if (vf_slice_is(text, names[i])) {
            *out = (enum wire_framing)i;
            return 0;
        }
    }
    return VF_EINVAL;
}

const char *wire_framing_name(enum wire_framing framing)
{
    return names[framing];
}
