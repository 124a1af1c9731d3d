/*
 * Base64 (RFC 4648, section 4, with padding): bytes that JSON can't hold as text.
 */
#ifndef VF_PRODUCER_BASE64_H
#define VF_PRODUCER_BASE64_H

#include "base/buffer.h"

bool vf_base64_encode(struct vf_slice bytes, struct vf_buffer *out);
/* False when text is no base64, or out is full. */
bool vf_base64_decode(struct vf_slice text, struct vf_buffer *out);

#endif
