/*
 * How a schema is named beside a value on the wire.
 */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/record.h"
#include <stdint.h>

enum wire_framing {
    WIRE_FRAMING_CONFLUENT,     /* 00, then the registry's id, 4 bytes big-endian */
    WIRE_FRAMING_GUID_HEADER,   /* header __value_schema_id: 01, then a 16-byte GUID */
    WIRE_FRAMING_SINGLE_OBJECT, /* C3 01, then CRC-64-AVRO, 8 bytes little-endian */
    WIRE_FRAMING_PLAIN,         /* nothing: the schema is configured */
};

enum { WIRE_SCHEMA_ID_HEADER_BYTES = 17 };
#define WIRE_SCHEMA_ID_HEADER "__value_schema_id"

/* What a frame said, and what it left. A header with 00 and an id, which is legal though rare,
 * reads as CONFLUENT too. */
struct wire_frame {
    enum wire_framing framing;
    uint32_t id;          /* CONFLUENT */
    uint8_t guid[16];     /* GUID_HEADER */
    uint64_t fingerprint; /* SINGLE_OBJECT */
    struct vf_slice body; /* the Avro bytes, borrowed from the value */
};

/* Reads the framing of a record's value: the header is looked at first. expected says what a
 * value without a header must have. VF_EEMPTY for a null or empty value, VF_ETRUNCATED,
 * VF_EFRAMING. */
int wire_frame_read(const struct vf_record *record, enum wire_framing expected,
                    struct wire_frame *out, struct vf_error *err);

/* Appends the bytes that come before the Avro bytes; nothing for GUID_HEADER and PLAIN. */
int wire_frame_write(const struct wire_frame *frame, struct vf_buffer *out);

/* The value of the header, for GUID_HEADER. */
void wire_frame_header(const struct wire_frame *frame, uint8_t out[WIRE_SCHEMA_ID_HEADER_BYTES]);

/* "confluent", "header", "single-object", "plain"; VF_EINVAL for any other text. */
int wire_framing_parse(struct vf_slice text, enum wire_framing *out);
const char *wire_framing_name(enum wire_framing framing);

#endif
