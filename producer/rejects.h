/*
 * The dead-letter file: bad records of the input, one JSON object a line, losslessly, so that
 * they can be mended and sent again:
 *
 *   {"file": "visits.jsonl", "line": 3, "code": "EDATA", "reason": "stops: ...", "text": "{...}"}
 *
 * Bytes that are no text come as "base64" instead of "text"; a record of a container file has
 * "record" instead of "line".
 */
#ifndef VF_PRODUCER_REJECTS_H
#define VF_PRODUCER_REJECTS_H

#include "base/error.h"
#include "base/slice.h"
#include <stdbool.h>
#include <stdint.h>

struct vf_rejects;

/* Replaces the file, if there is one. VF_EIO, VF_ENOMEM. */
int vf_rejects_open(const char *path, struct vf_rejects **out, struct vf_error *err);
int vf_rejects_add(struct vf_rejects *rejects, const char *file, bool is_line, uint64_t number,
                   const struct vf_error *reason, struct vf_slice bytes, struct vf_error *err);
/* Writes what is left; the rejects are gone even on failure. NULL is allowed. */
int vf_rejects_close(struct vf_rejects *rejects, struct vf_error *err);

#endif
