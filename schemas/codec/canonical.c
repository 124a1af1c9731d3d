/*
 * Parsing Canonical Form and CRC-64-AVRO, by the specification's chapters of these names.
 */
#include "base/memory.h"
#include "codec/wire_impl.h"

/* A name is written in full once and by name after that. */
struct canonical {
    struct vf_map written; /* full names */
    struct vf_buffer *out;
    bool logical; /* with logical types, which the form itself leaves out */
};

static int write_type(struct canonical *canonical, const struct wire_type *type);

static void write_quoted(struct canonical *canonical, struct vf_slice name)
{
    /* Names and symbols are letters, digits, '_' and '.': nothing to escape. */
    vf_buffer_append_char(canonical->out, '"');
    vf_buffer_append_slice(canonical->out, name);
    vf_buffer_append_char(canonical->out, '"');
}

static int write_fields(struct canonical *canonical, const struct wire_type *type)
{
    vf_buffer_append_text(canonical->out, ",\"type\":\"record\",\"fields\":[");
    for (size_t i = 0; i < type->of.fields.count; i++) {
        vf_buffer_append_text(canonical->out, i ? ",{\"name\":" : "{\"name\":");
        write_quoted(canonical, type->of.fields.items[i].name);
        vf_buffer_append_text(canonical->out, ",\"type\":");
        int rc = write_type(canonical, type->of.fields.items[i].type);
        if (rc)
            return rc;
        vf_buffer_append_char(canonical->out, '}');
    }
    vf_buffer_append_char(canonical->out, ']');
    return 0;
}

static void write_logical(struct canonical *canonical, const struct wire_type *type)
{
    if (!canonical->logical || type->logical == WIRE_LOGICAL_NONE)
        return;
    vf_buffer_printf(canonical->out, ",\"logicalType\":\"%s\"", wire_logical_name(type->logical));
    if (type->logical == WIRE_LOGICAL_DECIMAL)
        vf_buffer_printf(canonical->out, ",\"precision\":%u,\"scale\":%u", type->of.bytes.precision,
                         type->of.bytes.scale);
}

/* A primitive type: its name, or an object where there is more to say. */
static void write_primitive(struct canonical *canonical, const struct wire_type *type)
{
    bool plain = !canonical->logical || type->logical == WIRE_LOGICAL_NONE;

    if (!plain)
        vf_buffer_append_text(canonical->out, "{\"type\":");
    write_quoted(canonical, wire_type_name(type));
    write_logical(canonical, type);
    if (!plain)
        vf_buffer_append_char(canonical->out, '}');
}

static void write_symbols(struct canonical *canonical, const struct wire_type *type)
{
    vf_buffer_append_text(canonical->out, ",\"type\":\"enum\",\"symbols\":[");
    for (size_t i = 0; i < type->of.symbols.count; i++) {
        if (i)
            vf_buffer_append_char(canonical->out, ',');
        write_quoted(canonical, type->of.symbols.items[i]);
    }
    vf_buffer_append_char(canonical->out, ']');
}

static int write_named(struct canonical *canonical, const struct wire_type *type)
{
    int rc = 0;

    if (vf_map_get(&canonical->written, type->name) != VF_MAP_NONE) {
        write_quoted(canonical, type->name);
        return 0;
    }
    rc = vf_map_put(&canonical->written, type->name, 0);
    if (rc)
        return rc;
    vf_buffer_append_text(canonical->out, "{\"name\":");
    write_quoted(canonical, type->name);
    if (type->kind == WIRE_RECORD)
        rc = write_fields(canonical, type);
    else if (type->kind == WIRE_ENUM)
        write_symbols(canonical, type);
    else
        vf_buffer_printf(canonical->out, ",\"type\":\"fixed\",\"size\":%zu", type->of.bytes.size);
    write_logical(canonical, type);
    vf_buffer_append_char(canonical->out, '}');
    return rc;
}

static int write_union(struct canonical *canonical, const struct wire_type *type)
{
    int rc = 0;

    vf_buffer_append_char(canonical->out, '[');
    for (size_t i = 0; rc == 0 && i < type->of.branches.count; i++) {
        if (i)
            vf_buffer_append_char(canonical->out, ',');
        rc = write_type(canonical, type->of.branches.items[i]);
    }
    vf_buffer_append_char(canonical->out, ']');
    return rc;
}

/* Recursion ends: a type nests no deeper than its text and its references' texts. */
static int write_type(struct canonical *canonical, const struct wire_type *type)
{
    int rc;

    switch (type->kind) {
    case WIRE_RECORD:
    case WIRE_ENUM:
    case WIRE_FIXED: return write_named(canonical, type);
    case WIRE_UNION: return write_union(canonical, type);
    case WIRE_ARRAY:
    case WIRE_MAP:
        vf_buffer_append_text(canonical->out, type->kind == WIRE_ARRAY
                                                  ? "{\"type\":\"array\",\"items\":"
                                                  : "{\"type\":\"map\",\"values\":");
        rc = write_type(canonical, type->of.item);
        vf_buffer_append_char(canonical->out, '}');
        return rc;
    default: write_primitive(canonical, type); return 0;
    }
}

static int write_schema(const struct wire_type *type, bool logical, struct vf_buffer *out)
{
    struct canonical canonical = {.out = out, .logical = logical};

    vf_map_init(&canonical.written);
    int rc = write_type(&canonical, type);
    vf_map_release(&canonical.written);
    if (rc == 0 && out->failed)
        rc = VF_ENOMEM;
    return rc;
}

int wire_canonical_write(const struct wire_type *type, struct vf_buffer *out)
{
    return write_schema(type, false, out);
}

int wire_schema_write(const struct wire_schema *schema, struct vf_buffer *out)
{
    return write_schema(schema->root, true, out);
}

uint64_t wire_crc64(struct vf_slice bytes)
{
    const uint64_t empty = 0xc15d213aa4d7a795u;
    uint64_t table[256];
    uint64_t crc = empty;

    for (uint64_t i = 0; i < 256; i++) {
        uint64_t entry = i;
        for (int bit = 0; bit < 8; bit++)
            entry = (entry >> 1) ^ (empty & -(entry & 1));
        table[i] = entry;
    }
    for (size_t i = 0; i < bytes.len; i++)
        crc = (crc >> 8) ^ table[(crc ^ (unsigned char)bytes.ptr[i]) & 0xFF];
    return crc;
}
