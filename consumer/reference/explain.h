/*
 * Answers for people: why a membership reads as it does. Any thread that holds a reference.
 */
#ifndef VF_REFERENCE_EXPLAIN_H
#define VF_REFERENCE_EXPLAIN_H

#include "base/buffer.h"
#include "reference/reference.h"

/* Several lines of text: the standing over first..last, the interval behind it, its source and
 * confidence, what makes it certain or not, and all intervals known. Both indices must be valid.
 * 0, or VF_ELIMIT where the buffer's limit is too small. */
int vf_explain_standing(const struct vf_reference *reference, vf_country_index country,
                        vf_organization_index organization, int32_t first, int32_t last,
                        struct vf_buffer *out);

/* Lower-case names of the enums; "unknown" for other numbers. */
const char *vf_standing_status_name(int32_t status);
const char *vf_fact_confidence_name(int32_t confidence);

#endif
