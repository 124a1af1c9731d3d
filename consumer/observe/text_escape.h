/*
 * How foreign text gets into a log line or onto a terminal: printable UTF-8 as it is, all else
 * escaped, so that no input can end a line, forge a field or drive a terminal.
 */
#ifndef VF_OBSERVE_TEXT_ESCAPE_H
#define VF_OBSERVE_TEXT_ESCAPE_H

#include "base/buffer.h"

enum { VF_LOG_VALUE_MAX = 1024 }; /* bytes of one value in a line; longer ones are cut */

/* Appends a logfmt value: bare where it needs no quotes, quoted otherwise. */
void vf_escape_logfmt(struct vf_buffer *out, struct vf_slice text);
/* Appends the text without quotes, for people to read. */
void vf_escape_plain(struct vf_buffer *out, struct vf_slice text);
/* Appends a JSON string with its quotes. */
void vf_escape_json(struct vf_buffer *out, struct vf_slice text);

#endif
