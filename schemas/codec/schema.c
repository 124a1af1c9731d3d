#include "base/memory.h"
#include "codec/wire_impl.h"
#include "codec/wire_program.h"
#include <stdalign.h>

enum {
    ARENA_BLOCK = 4096,      /* bytes; a small schema fits in one or two */
    CANONICAL_MAX = 1 << 26, /* bytes; only references make it longer than the text */
};

static const char *const kind_names[WIRE_KIND_COUNT] = {
    [WIRE_NULL] = "null",   [WIRE_BOOLEAN] = "boolean", [WIRE_INT] = "int",
    [WIRE_LONG] = "long",   [WIRE_FLOAT] = "float",     [WIRE_DOUBLE] = "double",
    [WIRE_BYTES] = "bytes", [WIRE_STRING] = "string",   [WIRE_RECORD] = "record",
    [WIRE_ENUM] = "enum",   [WIRE_ARRAY] = "array",     [WIRE_MAP] = "map",
    [WIRE_UNION] = "union", [WIRE_FIXED] = "fixed",
};

const char *wire_kind_name(enum wire_kind kind)
{
    return kind_names[kind];
}

struct vf_slice wire_type_name(const struct wire_type *type)
{
    return type->name.ptr ? type->name : vf_slice_of(kind_names[type->kind]);
}

struct vf_slice wire_simple_name(struct vf_slice full_name)
{
    for (size_t i = full_name.len; i > 0; i--)
        if (full_name.ptr[i - 1] == '.')
            return vf_slice(full_name.ptr + i, full_name.len - i);
    return full_name;
}

size_t wire_entry_value_offset(const struct wire_type *map)
{
    return wire_align_up(sizeof(struct vf_slice), map->of.item->align);
}

size_t wire_entry_size(const struct wire_type *map)
{
    size_t align = map->of.item->align;
    if (align < alignof(struct vf_slice))
        align = alignof(struct vf_slice);
    return wire_align_up(wire_entry_value_offset(map) + map->of.item->size, align);
}

int32_t wire_symbol_find(const struct wire_type *type, struct vf_slice symbol)
{
    for (size_t i = 0; i < type->of.symbols.count; i++)
        if (vf_slice_equal(type->of.symbols.items[i], symbol))
            return (int32_t)i;
    return -1;
}

int32_t wire_field_find(const struct wire_type *record, struct vf_slice name)
{
    for (size_t i = 0; i < record->of.fields.count; i++)
        if (vf_slice_equal(record->of.fields.items[i].name, name))
            return (int32_t)i;
    return -1;
}

/* Keeps the schemas whose types may be used, so that theirs live as long as ours. */
static int hold(struct wire_schema *schema, struct wire_schema *const *known, size_t count)
{
    if (count == 0)
        return 0;
    schema->uses = vf_arena_calloc(&schema->arena, count, sizeof(struct wire_schema *));
    if (!schema->uses)
        return VF_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        atomic_fetch_add_explicit(&known[i]->holders, 1, memory_order_relaxed);
        schema->uses[schema->uses_count++] = known[i];
    }
    return 0;
}

static int describe(struct wire_schema *schema)
{
    struct vf_buffer text;
    vf_buffer_init(&text, CANONICAL_MAX);
    int rc = wire_canonical_write(schema->root, &text);
    if (rc == 0) {
        schema->canonical = vf_arena_copy(&schema->arena, vf_buffer_slice(&text));
        rc = schema->canonical.ptr ? 0 : VF_ENOMEM;
    }
    if (rc == 0)
        schema->fingerprint = wire_crc64(schema->canonical);
    vf_buffer_release(&text);
    return rc;
}

int wire_schema_parse_with(struct vf_slice json, struct wire_schema *const *known,
                           size_t known_count, struct wire_schema **out, struct vf_error *err)
{
    *out = NULL;
    struct wire_schema *schema = vf_calloc(1, sizeof *schema);
    if (!schema)
        return vf_error_set(err, VF_ENOMEM, "out of memory for a schema");
    atomic_init(&schema->holders, 1);
    vf_arena_init(&schema->arena, ARENA_BLOCK, WIRE_SCHEMA_MEMORY_MAX);

    int rc = hold(schema, known, known_count);
    if (rc == 0) {
        rc = wire_schema_build(schema, json, err);
        if (rc)
            goto fail; /* err is filled */
        rc = describe(schema);
    }
    if (rc == 0)
        rc = wire_encoder_compile(schema->root, &schema->encoder);
    if (rc) {
        vf_error_set(err, rc, rc == VF_ELIMIT ? "the schema is too large" : "out of memory");
        goto fail;
    }
    *out = schema;
    return 0;
fail:
    wire_schema_free(schema);
    return rc;
}

int wire_schema_parse(struct vf_slice json, struct wire_schema **out, struct vf_error *err)
{
    return wire_schema_parse_with(json, NULL, 0, out, err);
}

void wire_schema_free(struct wire_schema *schema)
{
    if (!schema || atomic_fetch_sub_explicit(&schema->holders, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < schema->uses_count; i++)
        wire_schema_free(schema->uses[i]);
    wire_program_free(schema->encoder);
    vf_map_release(&schema->names);
    vf_arena_release(&schema->arena);
    vf_free(schema);
}

const struct wire_type *wire_schema_type(const struct wire_schema *schema)
{
    return schema->root;
}

struct vf_slice wire_schema_name(const struct wire_schema *schema)
{
    return wire_type_name(schema->root);
}

struct vf_slice wire_schema_canonical(const struct wire_schema *schema)
{
    return schema->canonical;
}

uint64_t wire_schema_fingerprint(const struct wire_schema *schema)
{
    return schema->fingerprint;
}

size_t wire_schema_size(const struct wire_schema *schema)
{
    return schema->root->size;
}
