/*
 * From a record's value to what it says: the writer's schema by the framing, from those built
 * in, configured, or asked of the registry; then the decoded value, as JSON
 * or as a struct of that schema. One thread.
 */
#ifndef VF_PRODUCER_DECODER_H
#define VF_PRODUCER_DECODER_H

#include "base/arena.h"
#include "base/record.h"
#include "codec/wire_frame.h"
#include "codec/wire_plan.h"
#include "daemon/config.h"

struct vf_decoder;

enum {
    VF_DECODER_REGISTRY_PATIENCE_MS = 5000, /* that a registry out of order is asked again */
    VF_DECODER_UNKNOWN_MAX = 256,           /* schemas that nobody knew, not asked for again */
    VF_DECODER_VALUE_MAX = 64 << 20,        /* bytes of one decoded value */
};

/* A decoded value; borrowed from the decoder and the record until the next call. */
struct vf_decoded {
    struct wire_frame frame;
    bool framed;                      /* the frame could be read */
    const struct wire_schema *schema; /* the writer's; NULL: not known */
    void *value;                      /* in the schema's layout; may be changed */
};

/* The config must outlive the decoder, and so must arena, where its texts live. VF_ECONFIG,
 * VF_ENOMEM, VF_EIO. */
int vf_decoder_create(const struct vf_config *config, struct vf_arena *arena,
                      struct vf_decoder **out, struct vf_error *err);
void vf_decoder_free(struct vf_decoder *decoder); /* NULL is allowed */

/* Framing and schema, without decoding. */
int vf_decoder_find(struct vf_decoder *decoder, const struct vf_record *record,
                    struct vf_decoded *out, struct vf_error *err);
/* VF_EEMPTY for a tombstone, VF_EFRAMING, VF_EUNKNOWNSCHEMA, or what is wrong with the value. */
int vf_decoder_decode(struct vf_decoder *decoder, const struct vf_record *record,
                      struct vf_decoded *out, struct vf_error *err);

#endif
