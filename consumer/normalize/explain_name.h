/*
 * How a text resolves, for people: as an organization, a country, a city, and in running text.
 */
#ifndef VF_NORMALIZE_EXPLAIN_NAME_H
#define VF_NORMALIZE_EXPLAIN_NAME_H

#include "base/buffer.h"
#include "normalize/names.h"

/* Several lines of text: the folded form, every name found with the table entry and rule behind
 * it, and what each look-up answers. 0, VF_ENOMEM, or VF_ELIMIT where the buffer's limit is too
 * small. */
int vf_explain_name(const struct vf_reference *reference, struct vf_slice text,
                    const struct vf_name_context *context, struct vf_arena *arena,
                    struct vf_buffer *out);

#endif
