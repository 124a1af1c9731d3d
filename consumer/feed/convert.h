/*
 * From what people have to what the feed carries: a visit or meeting as JSON, or as Avro of any
 * compatible writer's schema, becomes a Kafka record with this tool's own schema, framed.
 *
 * Key: "source|event_id", the same for all revisions of a report, so that they keep their order.
 * One converter belongs to one thread.
 */
#ifndef VF_FEED_CONVERT_H
#define VF_FEED_CONVERT_H

#include "base/record.h"
#include "codec/wire_frame.h"
#include "codec/wire_plan.h"
#include "feed/input.h"

struct vf_converter;

enum vf_kind { VF_KIND_VISIT, VF_KIND_MEETING, VF_KIND_COUNT, VF_KIND_AUTO = VF_KIND_COUNT };

enum vf_stamp {
    VF_STAMP_NOW,       /* set when the record is sent */
    VF_STAMP_PUBLISHED, /* published_at; now where it is null */
    VF_STAMP_FIXED,
};

enum { VF_CONVERT_HEADERS_MAX = 33 }; /* the user's, and the one that names the schema */

struct vf_convert_config {
    enum vf_kind kind; /* AUTO: by the record's fields or name */
    struct vf_slice topics[VF_KIND_COUNT];
    enum wire_framing framing;
    uint32_t schema_ids[VF_KIND_COUNT];
    uint8_t schema_guids[VF_KIND_COUNT][16];
    enum vf_stamp stamp;
    int64_t fixed_ms; /* milliseconds since the epoch */
    struct wire_limits limits;
    size_t event_bytes_max; /* memory for one event; bytes */
    struct vf_header headers[VF_CONVERT_HEADERS_MAX - 1];
    size_t header_count;
};

/* Texts of the config must outlive the converter. */
int vf_converter_create(const struct vf_convert_config *config, struct vf_converter **out,
                        struct vf_error *err);
void vf_converter_free(struct vf_converter *converter); /* NULL is allowed */

/* Reads one JSON object. *out is borrowed until the next call. err names the field. */
int vf_converter_json(struct vf_converter *converter, struct vf_slice text, struct vf_record *out,
                      struct vf_error *err);
/* What the following Avro values were written with. VF_ESCHEMA, VF_EINCOMPATIBLE. */
int vf_converter_set_writer(struct vf_converter *converter, struct vf_slice schema_json,
                            struct vf_error *err);
/* Reads one Avro value of that schema; otherwise like vf_converter_json. */
int vf_converter_avro(struct vf_converter *converter, struct vf_slice bytes, struct vf_record *out,
                      struct vf_error *err);

/* The next record of a container file, read and converted at once; otherwise like
 * vf_converter_avro. False: that can't be done, and nothing was taken; vf_input_next and
 * vf_converter_avro tell why. */
bool vf_converter_next(struct vf_converter *converter, struct vf_input *input,
                       struct vf_input_item *item, struct vf_record *out);

/* Takes an event in its schema's layout (struct vf_visit, struct vf_meeting); otherwise like
 * vf_converter_json. What the event points to is borrowed during the call only. */
int vf_converter_event(struct vf_converter *converter, enum vf_kind kind, const void *event,
                       struct vf_record *out, struct vf_error *err);
/* The schema of such an event; lives as long as the converter. */
const struct wire_schema *vf_converter_schema(const struct vf_converter *converter,
                                              enum vf_kind kind);

/* "visit", "meeting". */
const char *vf_kind_name(enum vf_kind kind);

#endif
