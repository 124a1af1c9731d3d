/*
 * The tree behind a schema, read-only: for the compiler of plans, the JSON reader and writer,
 * and the generator of structs. A named type that is mentioned twice is one node: the tree is
 * a graph, and recursive types make it a cyclic one.
 */
#ifndef WIRE_TYPE_H
#define WIRE_TYPE_H

#include "codec/wire_schema.h"

enum wire_kind {
    WIRE_NULL,
    WIRE_BOOLEAN,
    WIRE_INT,
    WIRE_LONG,
    WIRE_FLOAT,
    WIRE_DOUBLE,
    WIRE_BYTES,
    WIRE_STRING, /* the last primitive */
    WIRE_RECORD,
    WIRE_ENUM,
    WIRE_ARRAY,
    WIRE_MAP,
    WIRE_UNION,
    WIRE_FIXED,
    WIRE_KIND_COUNT
};

enum wire_logical {
    WIRE_LOGICAL_NONE,
    WIRE_LOGICAL_DECIMAL,
    WIRE_LOGICAL_UUID,
    WIRE_LOGICAL_DATE,
    WIRE_LOGICAL_TIME_MILLIS,
    WIRE_LOGICAL_TIME_MICROS,
    WIRE_LOGICAL_TIMESTAMP_MILLIS,
    WIRE_LOGICAL_TIMESTAMP_MICROS,
    WIRE_LOGICAL_TIMESTAMP_NANOS,
    WIRE_LOGICAL_LOCAL_TIMESTAMP_MILLIS,
    WIRE_LOGICAL_LOCAL_TIMESTAMP_MICROS,
    WIRE_LOGICAL_LOCAL_TIMESTAMP_NANOS,
    WIRE_LOGICAL_DURATION,
};

/* How a union's value lies in memory; see wire_schema.h. */
enum wire_union_layout {
    WIRE_UNION_TAGGED,           /* struct wire_union */
    WIRE_UNION_OPTIONAL_SLICE,   /* struct vf_slice, ptr NULL for null */
    WIRE_UNION_OPTIONAL_POINTER, /* pointer, NULL for null */
    WIRE_UNION_OPTIONAL_VALUE,   /* struct { bool present; T value; } */
};

struct wire_names {
    const struct vf_slice *items;
    size_t count;
};

struct wire_field {
    struct vf_slice name;
    struct vf_slice doc;       /* ptr NULL: none */
    struct wire_names aliases; /* of fields: plain names */
    const struct wire_type *type;
    const void *fallback; /* the default in the type's layout, shared: never to be written to;
                             NULL: the field has none */
    const void *pending;  /* of the parser; NULL afterwards */
    size_t offset;        /* bytes from the record's start */
};

struct wire_type {
    enum wire_kind kind;
    enum wire_logical logical;
    struct vf_slice name;      /* full name of a named type; ptr NULL otherwise */
    struct vf_slice doc;       /* ptr NULL: none */
    struct wire_names aliases; /* full names */
    size_t size;               /* bytes of a value in C; of a record once it is complete */
    size_t align;              /* bytes, at least 1 */
    uint16_t least;            /* fewest bytes of a value on the wire, or 65535 if more */
    size_t nesting;            /* levels of types within it, itself counted, recursion not */
    union {
        struct {
            struct wire_field *items;
            size_t count;
            bool complete; /* false while its own fields are being parsed */
        } fields;          /* RECORD */
        struct {
            const struct vf_slice *items;
            size_t count;
            int32_t fallback; /* index of the default symbol, or -1 */
        } symbols;            /* ENUM */
        struct {
            const struct wire_type **items;
            size_t count;
            enum wire_union_layout layout;
            int32_t null_branch; /* or -1 */
            size_t value_offset; /* OPTIONAL_VALUE: bytes to the value */
        } branches;              /* UNION */
        struct {
            uint32_t precision;       /* DECIMAL: digits */
            uint32_t scale;           /* DECIMAL: digits after the point */
            size_t size;              /* FIXED: bytes */
        } bytes;                      /* FIXED, BYTES */
        const struct wire_type *item; /* ARRAY: of the items; MAP: of the values */
    } of;
};

const struct wire_type *wire_schema_type(const struct wire_schema *schema);
/* "record", "array", "string" ... */
const char *wire_kind_name(enum wire_kind kind);
/* "timestamp-millis" ...; NULL for none. */
const char *wire_logical_name(enum wire_logical logical);
/* Full name of a named type, otherwise the name of its kind. */
struct vf_slice wire_type_name(const struct wire_type *type);
/* The part of a full name behind the last dot. */
struct vf_slice wire_simple_name(struct vf_slice full_name);
/* Index of the branch that is not null, in a union whose layout is one of OPTIONAL. */
static inline size_t wire_optional_branch(const struct wire_type *type)
{
    return type->of.branches.null_branch == 0 ? 1 : 0;
}

static inline size_t wire_align_up(size_t n, size_t align)
{
    return (n + align - 1) / align * align;
}

/* An entry of a map: { struct vf_slice key; T value; }. */
size_t wire_entry_value_offset(const struct wire_type *map);
size_t wire_entry_size(const struct wire_type *map);

/* Index of the symbol or field of that name, or -1. */
int32_t wire_symbol_find(const struct wire_type *type, struct vf_slice symbol);
int32_t wire_field_find(const struct wire_type *record, struct vf_slice name);

#endif
