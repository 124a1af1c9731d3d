/*
 * Values as plain JSON, without Avro's union tags: what people type, and what normalize prints.
 * A [null, T] is null or T. Logical type date is "YYYY-MM-DD" (a number of days is read too),
 * timestamps are numbers; bytes and fixed are strings of code points 0..255; a general union
 * is {"type name": value}.
 */
#ifndef WIRE_JSON_H
#define WIRE_JSON_H

#include "codec/wire_plan.h"

/* Reads one JSON object into the schema's layout. Missing fields get their default; a field
 * without one, a field that the schema does not have, a key given twice, and a value of another
 * type are errors. err names the field ("participants[2].role: "), VF_EJSON the line and column.
 * Everything in *value lives in the arena. */
int wire_json_read(const struct wire_schema *schema, struct vf_slice json,
                   const struct wire_limits *limits, struct vf_arena *arena, void *value,
                   struct vf_error *err);

/* Appends one line of JSON without a line feed: fields in order, ASCII control characters
 * escaped, all else as UTF-8. */
int wire_json_write(const struct wire_schema *schema, const void *value, struct vf_buffer *out,
                    struct vf_error *err);

/* Appends a JSON string with its quotes, escaped like that. The text is UTF-8. */
bool wire_json_write_text(struct vf_buffer *out, struct vf_slice text);

#endif
