/*
 * The names in schemas' texts: primitive types, full names and namespaces, aliases, references.
 */
#include "codec/wire_parser.h"
#include <stdalign.h>

/* Kind, size and alignment in C, nesting, fewest bytes on the wire. */
static const struct wire_type primitives[] = {
    [WIRE_NULL] = {.kind = WIRE_NULL, .size = 0, .align = 1, .nesting = 1, .least = 0},
    [WIRE_BOOLEAN] = {.kind = WIRE_BOOLEAN,
                      .size = sizeof(bool),
                      .align = alignof(bool),
                      .nesting = 1,
                      .least = 1},
    [WIRE_INT] = {.kind = WIRE_INT,
                  .size = sizeof(int32_t),
                  .align = alignof(int32_t),
                  .nesting = 1,
                  .least = 1},
    [WIRE_LONG] = {.kind = WIRE_LONG,
                   .size = sizeof(int64_t),
                   .align = alignof(int64_t),
                   .nesting = 1,
                   .least = 1},
    [WIRE_FLOAT] = {.kind = WIRE_FLOAT,
                    .size = sizeof(float),
                    .align = alignof(float),
                    .nesting = 1,
                    .least = 4},
    [WIRE_DOUBLE] = {.kind = WIRE_DOUBLE,
                     .size = sizeof(double),
                     .align = alignof(double),
                     .nesting = 1,
                     .least = 8},
    [WIRE_BYTES] = {.kind = WIRE_BYTES,
                    .size = sizeof(struct vf_slice),
                    .align = alignof(struct vf_slice),
                    .nesting = 1,
                    .least = 1},
    [WIRE_STRING] = {.kind = WIRE_STRING,
                     .size = sizeof(struct vf_slice),
                     .align = alignof(struct vf_slice),
                     .nesting = 1,
                     .least = 1},
};

int wire_parse_fail(struct wire_parser *parser, const struct wire_path *path, int code,
                    const char *format, ...)
{
    va_list args;
    va_start(args, format);
    wire_path_verror(path, "$", parser->err, code, format, args);
    va_end(args);
    return code;
}

int wire_parse_no_memory(struct wire_parser *parser)
{
    return vf_error_set(parser->err, VF_ENOMEM, "out of memory for a schema");
}

struct wire_path wire_step(const struct wire_path *up, const char *name)
{
    return (struct wire_path){.up = up, .name = vf_slice_of(name)};
}

void *wire_parse_alloc(struct wire_parser *parser, size_t count, size_t size)
{
    void *memory = vf_arena_calloc(parser->arena, count, size);
    if (!memory)
        wire_parse_no_memory(parser);
    return memory;
}

/* Copies a text that may be absent; false when memory ends. */
bool wire_parse_keep(struct wire_parser *parser, const json_t *json, struct vf_slice *out)
{
    *out = VF_SLICE_NULL;
    if (!json_is_string(json))
        return true;
    *out = vf_arena_copy(parser->arena, wire_json_text(json));
    if (!out->ptr)
        wire_parse_no_memory(parser);
    return out->ptr != NULL;
}

static bool is_name_byte(char c, bool first)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           (!first && c >= '0' && c <= '9');
}

bool wire_is_name(struct vf_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_name_byte(text.ptr[i], i == 0))
            return false;
    return text.len > 0;
}

/* Names joined by dots. */
bool wire_is_full_name(struct vf_slice text)
{
    size_t start = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.ptr[i] != '.')
            continue;
        if (!wire_is_name(vf_slice(text.ptr + start, i - start)))
            return false;
        start = i + 1;
    }
    return true;
}

const struct wire_type *wire_find_primitive(struct vf_slice name)
{
    for (size_t kind = WIRE_NULL; kind <= WIRE_STRING; kind++)
        if (vf_slice_is(name, wire_kind_name((enum wire_kind)kind)))
            return &primitives[kind];
    return NULL;
}

/* "space.name", or the name itself when it has a dot or there is no namespace. */
struct vf_slice wire_parse_full_name(struct wire_parser *parser, struct vf_slice space,
                                     struct vf_slice name)
{
    bool qualified = name.len && memchr(name.ptr, '.', name.len);
    struct vf_slice full = qualified || space.len == 0
                               ? vf_arena_copy(parser->arena, name)
                               : vf_arena_printf(parser->arena, "%.*s.%.*s", VF_SLICE_PRINT(space),
                                                 VF_SLICE_PRINT(name));
    if (!full.ptr)
        wire_parse_no_memory(parser);
    return full;
}

static struct vf_slice namespace_of(struct vf_slice name)
{
    struct vf_slice simple = wire_simple_name(name);
    return simple.len == name.len ? vf_slice("", 0) : vf_slice(name.ptr, name.len - simple.len - 1);
}

const struct wire_type *wire_find_named(const struct wire_schema *schema, struct vf_slice name)
{
    int32_t index = vf_map_get(&schema->names, name);
    return index == VF_MAP_NONE ? NULL : schema->named[index];
}

static int add_named(struct wire_parser *parser, const struct wire_type *type)
{
    struct wire_schema *schema = parser->schema;

    if (schema->named_count == parser->named_capacity) {
        size_t capacity = parser->named_capacity ? parser->named_capacity * 2 : 16;
        const struct wire_type **named = wire_parse_alloc(parser, capacity, sizeof(void *));
        if (!named)
            return VF_ENOMEM;
        if (schema->named_count)
            memcpy(named, schema->named, schema->named_count * sizeof(void *));
        schema->named = named;
        parser->named_capacity = capacity;
    }
    schema->named[schema->named_count] = type;
    if (vf_map_put(&schema->names, type->name, (int32_t)schema->named_count))
        return wire_parse_no_memory(parser);
    schema->named_count++;
    return 0;
}

/* All named types of the schemas in use are known by name. */
int wire_parse_imports(struct wire_parser *parser)
{
    struct wire_schema *schema = parser->schema;

    for (size_t i = 0; i < schema->uses_count; i++) {
        const struct wire_schema *other = schema->uses[i];
        for (size_t k = 0; k < other->named_count; k++) {
            const struct wire_type *type = other->named[k];
            const struct wire_type *same = wire_find_named(schema, type->name);
            if (same && same != type)
                return vf_error_set(parser->err, VF_ESCHEMA, "%.*s is defined in two references",
                                    VF_SLICE_PRINT(type->name));
            int rc = same ? 0 : add_named(parser, type);
            if (rc)
                return rc;
        }
    }
    return 0;
}

int wire_parse_aliases(struct wire_parser *parser, const json_t *json, struct vf_slice space,
                       bool full, const struct wire_path *up, struct wire_names *out)
{
    struct wire_path path = wire_step(up, "aliases");
    const json_t *aliases = json_object_get(json, "aliases");

    *out = (struct wire_names){0};
    if (!aliases)
        return 0;
    if (!json_is_array(aliases))
        return wire_parse_fail(parser, &path, VF_ESCHEMA, "expected an array of names");
    struct vf_slice *items = wire_parse_alloc(parser, json_array_size(aliases), sizeof *items);
    if (!items)
        return VF_ENOMEM;
    for (size_t i = 0; i < json_array_size(aliases); i++) {
        const json_t *alias = json_array_get(aliases, i);
        struct wire_path at = {.up = &path, .index = i};
        if (!json_is_string(alias) || !(full ? wire_is_full_name(wire_json_text(alias))
                                             : wire_is_name(wire_json_text(alias))))
            return wire_parse_fail(parser, &at, VF_ESCHEMA, "an alias must be a name");
        items[i] = full ? wire_parse_full_name(parser, space, wire_json_text(alias))
                        : vf_arena_copy(parser->arena, wire_json_text(alias));
        if (!items[i].ptr)
            return wire_parse_no_memory(parser);
    }
    *out = (struct wire_names){items, json_array_size(aliases)};
    return 0;
}

/* Name, namespace, doc and aliases of a record, enum or fixed; registers the type. */
int wire_parse_name(struct wire_parser *parser, const json_t *json, struct vf_slice *space,
                    const struct wire_path *path, struct wire_type *type)
{
    struct wire_path at = wire_step(path, "name");
    const json_t *name = json_object_get(json, "name");
    const json_t *own_space = json_object_get(json, "namespace");

    if (!json_is_string(name))
        return wire_parse_fail(parser, path, VF_ESCHEMA, "%s needs a name",
                               wire_kind_name(type->kind));
    if (!wire_is_full_name(wire_json_text(name)))
        return wire_parse_fail(parser, &at, VF_ESCHEMA, "\"%.60s\" is not a name",
                               json_string_value(name));
    if (wire_find_primitive(wire_simple_name(wire_json_text(name))))
        return wire_parse_fail(parser, &at, VF_ESCHEMA, "\"%.60s\" is the name of a primitive type",
                               json_string_value(name));
    if (own_space) {
        struct wire_path space_at = wire_step(path, "namespace");
        if (!json_is_string(own_space) ||
            (json_string_length(own_space) > 0 && !wire_is_full_name(wire_json_text(own_space))))
            return wire_parse_fail(parser, &space_at, VF_ESCHEMA, "expected names joined by dots");
        *space = wire_json_text(own_space);
    }
    type->name = wire_parse_full_name(parser, *space, wire_json_text(name));
    if (!type->name.ptr)
        return VF_ENOMEM;
    if (wire_find_named(parser->schema, type->name))
        return wire_parse_fail(parser, &at, VF_ESCHEMA, "%.*s is defined twice",
                               VF_SLICE_PRINT(type->name));
    *space = namespace_of(type->name);
    if (!wire_parse_keep(parser, json_object_get(json, "doc"), &type->doc))
        return VF_ENOMEM;
    int rc = wire_parse_aliases(parser, json, *space, true, path, &type->aliases);
    return rc ? rc : add_named(parser, type);
}
