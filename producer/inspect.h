/*
 * A record as text for people: place, time, key, headers, framing, schema and decoded value. No
 * byte of the record can drive a terminal. Pure but for the decoder; one thread.
 */
#ifndef VF_PRODUCER_INSPECT_H
#define VF_PRODUCER_INSPECT_H

#include "decoder.h"

struct vf_inspect_config {
    bool compact;   /* a decoded value in one line */
    bool hex;       /* the value's bytes, too */
    bool schema;    /* the writer's schema, too */
    size_t hex_max; /* bytes shown of a value */
};

/* Appends the text, which ends in a line feed. VF_ENOMEM. */
int vf_inspect(const struct vf_inspect_config *config, const struct vf_record *record,
               struct vf_decoder *decoder, struct vf_buffer *out, struct vf_error *err);

/* JSON of one line, over several, each member on its own. */
void vf_json_unfold(struct vf_slice json, int indent, struct vf_buffer *out);

#endif
