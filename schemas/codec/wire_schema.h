/*
 * Avro schemas (specification 1.12): parsing, names, canonical form, fingerprint, and the
 * memory layout of their values in C.
 *
 * Layout, which is a property of the schema alone, so that generated structs and values of
 * schemas met at run time are read and written by the same code:
 *
 *   null                 nothing
 *   boolean              bool
 *   int, long            int32_t, int64_t
 *   float, double        float, double
 *   bytes, string        struct vf_slice, never NULL
 *   fixed                struct vf_slice of its size, never NULL
 *   enum                 int32_t, index into the symbols
 *   record               struct with its fields in order, inline
 *   array                struct wire_array { items; count }
 *   map                  struct wire_array of { struct vf_slice key; T value; }
 *   [null, T], [T, null] T string, bytes, fixed: struct vf_slice, ptr NULL for null
 *                        T record, array, map: pointer, NULL for null
 *                        any other T: struct { bool present; T value; }
 *   any other union      struct wire_union { branch; value }, branch counts from 0
 *
 * Offsets, sizes and alignments follow the C ABI of such a struct. A map's keys may repeat: the
 * last entry of a key counts.
 * Schemas are immutable once parsed and may be read and freed by any thread.
 */
#ifndef WIRE_SCHEMA_H
#define WIRE_SCHEMA_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"
#include <stdint.h>

struct wire_schema;

struct wire_array {
    void *items; /* count items, each of the item's layout size; unspecified when count is 0 */
    size_t count;
};

struct wire_union {
    int32_t branch;
    void *value; /* NULL for a null branch */
};

/* Limits of the parser, against hostile registries and files. */
enum {
    WIRE_SCHEMA_BYTES_MAX = 1 << 20,   /* bytes of JSON text */
    WIRE_SCHEMA_DEPTH_MAX = 64,        /* nesting of types in the text */
    WIRE_SCHEMA_NESTING_MAX = 256,     /* nesting of types where names are followed */
    WIRE_SCHEMA_TYPES_MAX = 10000,     /* types, counting each mention */
    WIRE_SCHEMA_VALUE_MAX = 1 << 20,   /* bytes of a record's struct in C */
    WIRE_SCHEMA_DEFAULTS_MAX = 100000, /* values in the defaults of all fields together */
    WIRE_SCHEMA_MEMORY_MAX = 1 << 26,  /* bytes of memory that a schema may take */
};

/* Parses JSON text. On failure *out is NULL and err names the JSON path, as "$.fields[3].type".
 * VF_ESCHEMA, VF_EJSON, VF_ELIMIT, VF_ENOMEM. The text is not kept. */
int wire_schema_parse(struct vf_slice json, struct wire_schema **out, struct vf_error *err);
/* The same, with schemas whose named types the text may refer to (registry references). They
 * may be freed before the new schema, which keeps what it needs of them. */
int wire_schema_parse_with(struct vf_slice json, struct wire_schema *const *known,
                           size_t known_count, struct wire_schema **out, struct vf_error *err);
void wire_schema_free(struct wire_schema *schema); /* NULL is allowed */

/* Full name of a named type ("visitfeed.v1.Visit"), the type's name otherwise ("array"). */
struct vf_slice wire_schema_name(const struct wire_schema *schema);
/* Parsing Canonical Form; lives as long as the schema. */
struct vf_slice wire_schema_canonical(const struct wire_schema *schema);
/* Appends the canonical form with logical types: all that a value's bytes and its JSON depend on.
 * VF_ENOMEM, which includes a full buffer. */
int wire_schema_write(const struct wire_schema *schema, struct vf_buffer *out);
/* CRC-64-AVRO of the canonical form. */
uint64_t wire_schema_fingerprint(const struct wire_schema *schema);
/* Size in bytes of a value in C, by the layout above. */
size_t wire_schema_size(const struct wire_schema *schema);

#endif
