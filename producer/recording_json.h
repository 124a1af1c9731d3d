/*
 * Lines of JSON recordings. Internal to recording.
 */
#ifndef VF_PRODUCER_RECORDING_JSON_H
#define VF_PRODUCER_RECORDING_JSON_H

#include "recording.h"

/* Schemas that a file has shown, by the name that frames give them. */
struct vf_shown_schemas {
    struct {
        struct wire_frame name;
        struct wire_schema *schema; /* owned; NULL where only the name counts */
    } items[VF_RECORDING_SCHEMAS_MAX];
    size_t count;
};

struct vf_json_scribe {
    struct vf_decoder *decoder; /* NULL: values are not decoded */
    struct vf_shown_schemas shown;
    struct vf_arena arena;  /* of one value, read back */
    struct vf_buffer json;  /* of one value */
    struct vf_buffer again; /* its bytes, made from that */
};

void vf_json_scribe_init(struct vf_json_scribe *scribe, struct vf_decoder *decoder);
void vf_json_scribe_release(struct vf_json_scribe *scribe);
/* Appends the record's line, and before it a schema's, where it is new. VF_ENOMEM, VF_EUTF8 (a
 * header's name). */
int vf_json_scribe_write(struct vf_json_scribe *scribe, const struct vf_record *record,
                         struct vf_buffer *out, struct vf_error *err);

struct vf_json_reader {
    struct vf_shown_schemas shown;
    struct vf_arena arena; /* of one record */
    struct vf_buffer value;
};

void vf_json_reader_init(struct vf_json_reader *reader);
void vf_json_reader_release(struct vf_json_reader *reader);
/* As vf_player_read. */
int vf_json_reader_read(struct vf_json_reader *reader, struct vf_slice line,
                        struct vf_record *record, struct vf_error *err);

#endif
