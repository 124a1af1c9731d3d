/*
 * Other keys for records that are sent again: none, a header's value, or a field of the decoded
 * value. One thread.
 */
#ifndef VF_PRODUCER_REKEY_H
#define VF_PRODUCER_REKEY_H

#include "base/buffer.h"
#include "decoder.h"

enum vf_rekey_by { VF_REKEY_KEEP, VF_REKEY_NONE, VF_REKEY_HEADER, VF_REKEY_FIELD };

struct vf_rekey {
    enum vf_rekey_by by;
    const char *name;     /* of the header, or path of the field; borrowed */
    struct vf_buffer key; /* owned; the last one made */
};

void vf_rekey_init(struct vf_rekey *rekey);
void vf_rekey_release(struct vf_rekey *rekey);

/* "keep", "none", "header:NAME", "field:PATH"; VF_EUSAGE. The text is borrowed. */
int vf_rekey_parse(struct vf_slice text, struct vf_rekey *rekey, struct vf_error *err);
/* Gives the record its key, borrowed until the next call. Of several headers the last counts, of
 * several items the first that is not null. VF_EDATA: there is no such header or field, or it is
 * null; or what is wrong with the value. VF_ELIMIT. decoder may be NULL, but for fields. */
int vf_rekey_apply(struct vf_rekey *rekey, struct vf_decoder *decoder, struct vf_record *record,
                   struct vf_error *err);

#endif
