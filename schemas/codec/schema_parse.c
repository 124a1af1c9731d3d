/*
 * JSON text -> the tree of types, by the specification 1.12, with the layout in C worked out
 * on the way. Defaults come last, because they may need types that are defined further on.
 */
#include "base/memory.h"
#include "codec/wire_impl.h"
#include <stdalign.h>
#include <stdlib.h>

/* A default that waits for the end of the text. */
struct pending_default {
    struct pending_default *next;
    struct wire_field *field;
    char path[WIRE_PATH_TEXT];
};

struct schema_parser {
    struct wire_schema *schema;
    struct vf_arena *arena;  /* the schema's */
    struct vf_arena scratch; /* until the end of parsing */
    struct vf_error *err;
    size_t types;          /* mentions so far */
    size_t named_capacity; /* of schema->named */
    struct pending_default *defaults;
    struct pending_default **defaults_end;
};

static const struct wire_type primitives[] = {
    [WIRE_NULL] = {.kind = WIRE_NULL, .size = 0, .align = 1, .nesting = 1, .least = 0},
#define PRIMITIVE(k, type, bytes)                                                                  \
    [k] = {.kind = k, .size = sizeof(type), .align = alignof(type), .nesting = 1, .least = bytes}
    PRIMITIVE(WIRE_BOOLEAN, bool, 1),
    PRIMITIVE(WIRE_INT, int32_t, 1),
    PRIMITIVE(WIRE_LONG, int64_t, 1),
    PRIMITIVE(WIRE_FLOAT, float, 4),
    PRIMITIVE(WIRE_DOUBLE, double, 8),
    PRIMITIVE(WIRE_BYTES, struct vf_slice, 1),
    PRIMITIVE(WIRE_STRING, struct vf_slice, 1),
#undef PRIMITIVE
};

static const struct {
    const char *name;
    enum wire_logical logical;
    enum wire_kind kind;
    size_t fixed_size; /* bytes; 0: any */
} logical_types[] = {
    {"decimal", WIRE_LOGICAL_DECIMAL, WIRE_BYTES, 0},
    {"decimal", WIRE_LOGICAL_DECIMAL, WIRE_FIXED, 0},
    {"uuid", WIRE_LOGICAL_UUID, WIRE_STRING, 0},
    {"uuid", WIRE_LOGICAL_UUID, WIRE_FIXED, 16},
    {"date", WIRE_LOGICAL_DATE, WIRE_INT, 0},
    {"time-millis", WIRE_LOGICAL_TIME_MILLIS, WIRE_INT, 0},
    {"time-micros", WIRE_LOGICAL_TIME_MICROS, WIRE_LONG, 0},
    {"timestamp-millis", WIRE_LOGICAL_TIMESTAMP_MILLIS, WIRE_LONG, 0},
    {"timestamp-micros", WIRE_LOGICAL_TIMESTAMP_MICROS, WIRE_LONG, 0},
    {"timestamp-nanos", WIRE_LOGICAL_TIMESTAMP_NANOS, WIRE_LONG, 0},
    {"local-timestamp-millis", WIRE_LOGICAL_LOCAL_TIMESTAMP_MILLIS, WIRE_LONG, 0},
    {"local-timestamp-micros", WIRE_LOGICAL_LOCAL_TIMESTAMP_MICROS, WIRE_LONG, 0},
    {"local-timestamp-nanos", WIRE_LOGICAL_LOCAL_TIMESTAMP_NANOS, WIRE_LONG, 0},
    {"duration", WIRE_LOGICAL_DURATION, WIRE_FIXED, 12},
};
enum {
    LOGICAL_TYPES = sizeof logical_types / sizeof *logical_types,
    SCRATCH_BLOCK = 4096, /* bytes */
};

const char *wire_logical_name(enum wire_logical logical)
{
    for (size_t i = 0; i < LOGICAL_TYPES; i++)
        if (logical_types[i].logical == logical)
            return logical_types[i].name;
    return NULL;
}

static const struct wire_type *parse_type(struct schema_parser *parser, const json_t *json,
                                          struct vf_slice space, const struct wire_path *path,
                                          size_t depth);

__attribute__((format(printf, 4, 5))) static int
fail(struct schema_parser *parser, const struct wire_path *path, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    wire_path_verror(path, "$", parser->err, code, format, args);
    va_end(args);
    return code;
}

static int fail_memory(struct schema_parser *parser)
{
    return vf_error_set(parser->err, VF_ENOMEM, "out of memory for a schema");
}

static struct wire_path step_into(const struct wire_path *up, const char *name)
{
    return (struct wire_path){.up = up, .name = vf_slice_of(name)};
}

static struct vf_slice json_text(const json_t *json)
{
    return vf_slice(json_string_value(json), json_string_length(json));
}

static void *allocate(struct schema_parser *parser, size_t count, size_t size)
{
    void *memory = vf_arena_calloc(parser->arena, count, size);
    if (!memory)
        fail_memory(parser);
    return memory;
}

/* Copies a text that may be absent; false when memory ends. */
static bool keep_text(struct schema_parser *parser, const json_t *json, struct vf_slice *out)
{
    *out = VF_SLICE_NULL;
    if (!json_is_string(json))
        return true;
    *out = vf_arena_copy(parser->arena, json_text(json));
    if (!out->ptr)
        fail_memory(parser);
    return out->ptr != NULL;
}

/* ---- names ---------------------------------------------------------------------------- */

static bool is_name_byte(char c, bool first)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           (!first && c >= '0' && c <= '9');
}

static bool is_name(struct vf_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_name_byte(text.ptr[i], i == 0))
            return false;
    return text.len > 0;
}

/* Names joined by dots. */
static bool is_full_name(struct vf_slice text)
{
    size_t start = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.ptr[i] != '.')
            continue;
        if (!is_name(vf_slice(text.ptr + start, i - start)))
            return false;
        start = i + 1;
    }
    return true;
}

static const struct wire_type *find_primitive(struct vf_slice name)
{
    for (size_t kind = WIRE_NULL; kind <= WIRE_STRING; kind++)
        if (vf_slice_is(name, wire_kind_name((enum wire_kind)kind)))
            return &primitives[kind];
    return NULL;
}

/* "space.name", or the name itself when it has a dot or there is no namespace. */
static struct vf_slice full_name(struct schema_parser *parser, struct vf_slice space,
                                 struct vf_slice name)
{
    bool qualified = name.len && memchr(name.ptr, '.', name.len);
    struct vf_slice full = qualified || space.len == 0
                               ? vf_arena_copy(parser->arena, name)
                               : vf_arena_printf(parser->arena, "%.*s.%.*s", VF_SLICE_PRINT(space),
                                                 VF_SLICE_PRINT(name));
    if (!full.ptr)
        fail_memory(parser);
    return full;
}

static struct vf_slice namespace_of(struct vf_slice name)
{
    struct vf_slice simple = wire_simple_name(name);
    return simple.len == name.len ? vf_slice("", 0) : vf_slice(name.ptr, name.len - simple.len - 1);
}

static const struct wire_type *find_named(const struct wire_schema *schema, struct vf_slice name)
{
    int32_t index = vf_map_get(&schema->names, name);
    return index == VF_MAP_NONE ? NULL : schema->named[index];
}

static int add_named(struct schema_parser *parser, const struct wire_type *type)
{
    struct wire_schema *schema = parser->schema;

    if (schema->named_count == parser->named_capacity) {
        size_t capacity = parser->named_capacity ? parser->named_capacity * 2 : 16;
        const struct wire_type **named = allocate(parser, capacity, sizeof *named);
        if (!named)
            return VF_ENOMEM;
        if (schema->named_count)
            memcpy(named, schema->named, schema->named_count * sizeof *named);
        schema->named = named;
        parser->named_capacity = capacity;
    }
    schema->named[schema->named_count] = type;
    if (vf_map_put(&schema->names, type->name, (int32_t)schema->named_count))
        return fail_memory(parser);
    schema->named_count++;
    return 0;
}

/* All named types of the schemas in use are known by name. */
static int import_names(struct schema_parser *parser)
{
    struct wire_schema *schema = parser->schema;

    for (size_t i = 0; i < schema->uses_count; i++) {
        const struct wire_schema *other = schema->uses[i];
        for (size_t k = 0; k < other->named_count; k++) {
            const struct wire_type *type = other->named[k];
            const struct wire_type *same = find_named(schema, type->name);
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

static int parse_alias_list(struct schema_parser *parser, const json_t *json, struct vf_slice space,
                            bool full, const struct wire_path *up, struct wire_names *out)
{
    struct wire_path path = step_into(up, "aliases");
    const json_t *aliases = json_object_get(json, "aliases");

    *out = (struct wire_names){0};
    if (!aliases)
        return 0;
    if (!json_is_array(aliases))
        return fail(parser, &path, VF_ESCHEMA, "expected an array of names");
    struct vf_slice *items = allocate(parser, json_array_size(aliases), sizeof *items);
    if (!items)
        return VF_ENOMEM;
    for (size_t i = 0; i < json_array_size(aliases); i++) {
        const json_t *alias = json_array_get(aliases, i);
        struct wire_path at = {.up = &path, .index = i};
        if (!json_is_string(alias) ||
            !(full ? is_full_name(json_text(alias)) : is_name(json_text(alias))))
            return fail(parser, &at, VF_ESCHEMA, "an alias must be a name");
        items[i] = full ? full_name(parser, space, json_text(alias))
                        : vf_arena_copy(parser->arena, json_text(alias));
        if (!items[i].ptr)
            return fail_memory(parser);
    }
    *out = (struct wire_names){items, json_array_size(aliases)};
    return 0;
}

/* Name, namespace, doc and aliases of a record, enum or fixed; registers the type. */
static int parse_name(struct schema_parser *parser, const json_t *json, struct vf_slice *space,
                      const struct wire_path *path, struct wire_type *type)
{
    struct wire_path at = step_into(path, "name");
    const json_t *name = json_object_get(json, "name");
    const json_t *own_space = json_object_get(json, "namespace");

    if (!json_is_string(name))
        return fail(parser, path, VF_ESCHEMA, "%s needs a name", wire_kind_name(type->kind));
    if (!is_full_name(json_text(name)))
        return fail(parser, &at, VF_ESCHEMA, "\"%.60s\" is not a name", json_string_value(name));
    if (find_primitive(wire_simple_name(json_text(name))))
        return fail(parser, &at, VF_ESCHEMA, "\"%.60s\" is the name of a primitive type",
                    json_string_value(name));
    if (own_space) {
        struct wire_path space_at = step_into(path, "namespace");
        if (!json_is_string(own_space) ||
            (json_string_length(own_space) > 0 && !is_full_name(json_text(own_space))))
            return fail(parser, &space_at, VF_ESCHEMA, "expected names joined by dots");
        *space = json_text(own_space);
    }
    type->name = full_name(parser, *space, json_text(name));
    if (!type->name.ptr)
        return VF_ENOMEM;
    if (find_named(parser->schema, type->name))
        return fail(parser, &at, VF_ESCHEMA, "%.*s is defined twice", VF_SLICE_PRINT(type->name));
    *space = namespace_of(type->name);
    if (!keep_text(parser, json_object_get(json, "doc"), &type->doc))
        return VF_ENOMEM;
    int rc = parse_alias_list(parser, json, *space, true, path, &type->aliases);
    return rc ? rc : add_named(parser, type);
}

/* ---- records -------------------------------------------------------------------------- */

static int add_default(struct schema_parser *parser, struct wire_field *field, const json_t *json,
                       const struct wire_path *up)
{
    struct wire_path path = step_into(up, "default");
    struct pending_default *pending = vf_arena_calloc(&parser->scratch, 1, sizeof *pending);

    if (!pending)
        return fail_memory(parser);
    pending->field = field;
    field->pending = json;
    wire_path_text(&path, "$", pending->path);
    *parser->defaults_end = pending;
    parser->defaults_end = &pending->next;
    return 0;
}

static int check_order(struct schema_parser *parser, const json_t *json, const struct wire_path *up)
{
    struct wire_path path = step_into(up, "order");
    const json_t *order = json_object_get(json, "order");

    if (!order || (json_is_string(order) && (!strcmp(json_string_value(order), "ascending") ||
                                             !strcmp(json_string_value(order), "descending") ||
                                             !strcmp(json_string_value(order), "ignore"))))
        return 0;
    return fail(parser, &path, VF_ESCHEMA, "expected ascending, descending or ignore");
}

static int parse_field(struct schema_parser *parser, const json_t *json, struct vf_slice space,
                       const struct wire_path *path, size_t depth, struct wire_type *record,
                       size_t index)
{
    struct wire_field *field = &record->of.fields.items[index];
    struct wire_path name_at = step_into(path, "name");
    struct wire_path type_at = step_into(path, "type");
    const json_t *name = json_object_get(json, "name");

    if (!json_is_object(json))
        return fail(parser, path, VF_ESCHEMA, "expected an object that describes a field");
    if (!json_is_string(name) || !is_name(json_text(name)))
        return fail(parser, &name_at, VF_ESCHEMA, "a field needs a name");
    if (!keep_text(parser, name, &field->name) ||
        !keep_text(parser, json_object_get(json, "doc"), &field->doc))
        return VF_ENOMEM;
    int rc = parse_alias_list(parser, json, space, false, path, &field->aliases);
    if (rc == 0)
        rc = check_order(parser, json, path);
    if (rc)
        return rc;
    if (!json_object_get(json, "type"))
        return fail(parser, path, VF_ESCHEMA, "a field needs a type");
    field->type = parse_type(parser, json_object_get(json, "type"), space, &type_at, depth + 1);
    if (!field->type)
        return parser->err->code;
    const json_t *fallback = json_object_get(json, "default");
    return fallback ? add_default(parser, field, fallback, path) : 0;
}

static uint16_t least_bytes(size_t n)
{
    return n > UINT16_MAX ? UINT16_MAX : (uint16_t)n;
}

/* Places the field behind those before it. */
static int lay_out_field(struct schema_parser *parser, struct wire_type *record,
                         struct wire_field *field, const struct wire_path *path)
{
    const struct wire_type *type = field->type;

    if (type->kind == WIRE_RECORD && !type->of.fields.complete)
        return fail(parser, path, VF_ESCHEMA, "%.*s contains itself without end",
                    VF_SLICE_PRINT(type->name));
    field->offset = wire_align_up(record->size, type->align);
    record->size = field->offset + type->size;
    if (record->align < type->align)
        record->align = type->align;
    record->least = least_bytes((size_t)record->least + type->least);
    if (record->nesting < type->nesting + 1)
        record->nesting = type->nesting + 1;
    if (record->size > WIRE_SCHEMA_VALUE_MAX)
        return fail(parser, path, VF_ELIMIT, "a value of %.*s would take more than %d bytes",
                    VF_SLICE_PRINT(record->name), WIRE_SCHEMA_VALUE_MAX);
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return vf_slice_compare(*(const struct vf_slice *)a, *(const struct vf_slice *)b);
}

/* The first name that comes twice, or one with ptr NULL. Sorts a copy: lists may be long. */
static int find_repeated(struct schema_parser *parser, const void *first, size_t stride,
                         size_t count, struct vf_slice *out)
{
    *out = VF_SLICE_NULL;
    if (count < 2)
        return 0;
    struct vf_arena_mark mark = vf_arena_mark(parser->arena);
    struct vf_slice *sorted = allocate(parser, count, sizeof *sorted);
    if (!sorted)
        return VF_ENOMEM;
    for (size_t i = 0; i < count; i++)
        memcpy(&sorted[i], (const char *)first + i * stride, sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_names);
    for (size_t i = 1; i < count && !out->ptr; i++)
        if (vf_slice_equal(sorted[i - 1], sorted[i]))
            *out = sorted[i];
    vf_arena_rewind(parser->arena, mark);
    return 0;
}

static int parse_record(struct schema_parser *parser, const json_t *json, struct vf_slice space,
                        const struct wire_path *path, size_t depth, struct wire_type *type)
{
    struct wire_path fields_at = step_into(path, "fields");
    const json_t *fields = json_object_get(json, "fields");
    struct vf_slice repeated;
    int rc = parse_name(parser, json, &space, path, type);

    if (rc)
        return rc;
    type->least = 0;
    if (!json_is_array(fields))
        return fail(parser, path, VF_ESCHEMA, "record %.*s needs an array of fields",
                    VF_SLICE_PRINT(type->name));
    type->of.fields.count = json_array_size(fields);
    type->of.fields.items = allocate(parser, type->of.fields.count, sizeof(struct wire_field));
    if (!type->of.fields.items)
        return VF_ENOMEM;
    for (size_t i = 0; rc == 0 && i < type->of.fields.count; i++) {
        struct wire_path at = {.up = &fields_at, .index = i};
        rc = parse_field(parser, json_array_get(fields, i), space, &at, depth, type, i);
        if (rc == 0)
            rc = lay_out_field(parser, type, &type->of.fields.items[i], &at);
    }
    if (rc == 0)
        rc = find_repeated(parser, type->of.fields.items, sizeof(struct wire_field),
                           type->of.fields.count, &repeated);
    if (rc)
        return rc;
    if (repeated.ptr)
        return fail(parser, &fields_at, VF_ESCHEMA, "field %.*s is defined twice",
                    VF_SLICE_PRINT(repeated));
    type->size = wire_align_up(type->size, type->align);
    type->of.fields.complete = true;
    return 0;
}

/* ---- the other complex types ---------------------------------------------------------- */

static int parse_symbols(struct schema_parser *parser, const json_t *symbols,
                         const struct wire_path *path, struct wire_type *type)
{
    struct vf_slice repeated;
    size_t count = json_array_size(symbols);
    struct vf_slice *items = allocate(parser, count, sizeof *items);

    if (!items)
        return VF_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const json_t *symbol = json_array_get(symbols, i);
        struct wire_path at = {.up = path, .index = i};
        if (!json_is_string(symbol) || !is_name(json_text(symbol)))
            return fail(parser, &at, VF_ESCHEMA, "a symbol must be a name");
        if (!keep_text(parser, symbol, &items[i]))
            return VF_ENOMEM;
    }
    int rc = find_repeated(parser, items, sizeof *items, count, &repeated);
    if (rc == 0 && repeated.ptr)
        rc = fail(parser, path, VF_ESCHEMA, "symbol %.*s comes twice", VF_SLICE_PRINT(repeated));
    type->of.symbols.items = items;
    type->of.symbols.count = count;
    return rc;
}

static int parse_enum(struct schema_parser *parser, const json_t *json, struct vf_slice space,
                      const struct wire_path *path, struct wire_type *type)
{
    struct wire_path symbols_at = step_into(path, "symbols");
    struct wire_path default_at = step_into(path, "default");
    const json_t *symbols = json_object_get(json, "symbols");
    const json_t *fallback = json_object_get(json, "default");
    int rc = parse_name(parser, json, &space, path, type);

    if (rc)
        return rc;
    type->size = sizeof(int32_t);
    type->align = alignof(int32_t);
    type->of.symbols.fallback = -1;
    if (!json_is_array(symbols))
        return fail(parser, path, VF_ESCHEMA, "enum %.*s needs an array of symbols",
                    VF_SLICE_PRINT(type->name));
    rc = parse_symbols(parser, symbols, &symbols_at, type);
    if (rc || !fallback)
        return rc;
    if (json_is_string(fallback))
        type->of.symbols.fallback = wire_symbol_find(type, json_text(fallback));
    if (type->of.symbols.fallback < 0)
        return fail(parser, &default_at, VF_ESCHEMA, "the default must be one of the symbols");
    return 0;
}

static int parse_fixed(struct schema_parser *parser, const json_t *json, struct vf_slice space,
                       const struct wire_path *path, struct wire_type *type)
{
    const json_t *size = json_object_get(json, "size");
    int rc = parse_name(parser, json, &space, path, type);

    if (rc)
        return rc;
    if (!json_is_integer(size) || json_integer_value(size) < 0 ||
        json_integer_value(size) > INT32_MAX)
        return fail(parser, path, VF_ESCHEMA, "fixed %.*s needs a size in bytes",
                    VF_SLICE_PRINT(type->name));
    type->of.bytes.size = (size_t)json_integer_value(size);
    type->least = least_bytes(type->of.bytes.size);
    type->size = sizeof(struct vf_slice);
    type->align = alignof(struct vf_slice);
    return 0;
}

static int parse_container(struct schema_parser *parser, const json_t *json, struct vf_slice space,
                           const struct wire_path *path, size_t depth, struct wire_type *type)
{
    const char *key = type->kind == WIRE_ARRAY ? "items" : "values";
    struct wire_path at = step_into(path, key);
    const json_t *item = json_object_get(json, key);

    if (!item)
        return fail(parser, path, VF_ESCHEMA, "%s needs \"%s\"", wire_kind_name(type->kind), key);
    type->size = sizeof(struct wire_array);
    type->align = alignof(struct wire_array);
    type->of.item = parse_type(parser, item, space, &at, depth + 1);
    if (!type->of.item)
        return parser->err->code;
    type->nesting = type->of.item->nesting + 1;
    return 0;
}

static void lay_out_union(struct wire_type *type)
{
    const struct wire_type **branches = type->of.branches.items;
    int32_t null_branch = type->of.branches.null_branch;

    type->of.branches.layout = WIRE_UNION_TAGGED;
    type->size = sizeof(struct wire_union);
    type->align = alignof(struct wire_union);
    if (type->of.branches.count != 2 || null_branch < 0)
        return;
    const struct wire_type *value = branches[null_branch == 0 ? 1 : 0];
    switch (value->kind) {
    case WIRE_STRING:
    case WIRE_BYTES:
    case WIRE_FIXED:
        type->of.branches.layout = WIRE_UNION_OPTIONAL_SLICE;
        type->size = sizeof(struct vf_slice);
        type->align = alignof(struct vf_slice);
        break;
    case WIRE_RECORD:
    case WIRE_ARRAY:
    case WIRE_MAP:
        type->of.branches.layout = WIRE_UNION_OPTIONAL_POINTER;
        type->size = sizeof(void *);
        type->align = alignof(void *);
        break;
    default:
        type->of.branches.layout = WIRE_UNION_OPTIONAL_VALUE;
        type->of.branches.value_offset = wire_align_up(sizeof(bool), value->align);
        type->align = value->align;
        type->size = wire_align_up(type->of.branches.value_offset + value->size, type->align);
        break;
    }
}

/* A union holds each unnamed type once, and each name once. */
static int check_branches(struct schema_parser *parser, const struct wire_type *type,
                          const struct wire_path *path)
{
    struct vf_slice repeated;
    struct vf_arena_mark mark = vf_arena_mark(parser->arena);
    struct vf_slice *names = allocate(parser, type->of.branches.count, sizeof *names);

    if (!names)
        return VF_ENOMEM;
    for (size_t i = 0; i < type->of.branches.count; i++)
        names[i] = wire_type_name(type->of.branches.items[i]);
    int rc = find_repeated(parser, names, sizeof *names, type->of.branches.count, &repeated);
    if (rc == 0 && repeated.ptr)
        rc =
            fail(parser, path, VF_ESCHEMA, "%.*s comes twice in a union", VF_SLICE_PRINT(repeated));
    vf_arena_rewind(parser->arena, mark);
    return rc;
}

static int parse_union(struct schema_parser *parser, const json_t *json, struct vf_slice space,
                       const struct wire_path *path, size_t depth, struct wire_type *type)
{
    size_t count = json_array_size(json);

    type->of.branches.null_branch = -1;
    type->of.branches.items = allocate(parser, count, sizeof(struct wire_type *));
    if (!type->of.branches.items)
        return VF_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct wire_path at = {.up = path, .index = i};
        const struct wire_type *branch =
            parse_type(parser, json_array_get(json, i), space, &at, depth + 1);
        if (!branch)
            return parser->err->code;
        if (branch->kind == WIRE_UNION)
            return fail(parser, &at, VF_ESCHEMA, "a union may not hold a union directly");
        if (branch->kind == WIRE_NULL)
            type->of.branches.null_branch = (int32_t)i;
        if (type->nesting < branch->nesting + 1)
            type->nesting = branch->nesting + 1;
        type->of.branches.items[type->of.branches.count++] = branch;
    }
    lay_out_union(type);
    return check_branches(parser, type, path);
}

/* ---- types ---------------------------------------------------------------------------- */

/* Greatest number of decimal digits that any two's complement number of that size can hold. */
static size_t digits_of_bytes(size_t size)
{
    return size == 0 ? 0 : (size_t)((double)(size * 8 - 1) * 0.30102999566398120);
}

/* As the specification asks, a logical type that is unknown or misused is ignored. */
static void parse_logical(const json_t *json, struct wire_type *type)
{
    const json_t *name = json_object_get(json, "logicalType");
    const json_t *precision = json_object_get(json, "precision");
    const json_t *scale = json_object_get(json, "scale");

    for (size_t i = 0; json_is_string(name) && i < LOGICAL_TYPES; i++) {
        if (strcmp(json_string_value(name), logical_types[i].name) ||
            type->kind != logical_types[i].kind ||
            (logical_types[i].fixed_size && logical_types[i].fixed_size != type->of.bytes.size))
            continue;
        type->logical = logical_types[i].logical;
    }
    if (type->logical != WIRE_LOGICAL_DECIMAL)
        return;
    json_int_t digits = json_integer_value(precision);
    json_int_t after = json_integer_value(scale);
    if (digits < 1 || digits > INT32_MAX || after < 0 || after > digits ||
        (scale && !json_is_integer(scale)) ||
        (type->kind == WIRE_FIXED && (size_t)digits > digits_of_bytes(type->of.bytes.size))) {
        type->logical = WIRE_LOGICAL_NONE;
        return;
    }
    type->of.bytes.precision = (uint32_t)digits;
    type->of.bytes.scale = (uint32_t)after;
}

static bool find_complex(struct vf_slice name, enum wire_kind *out)
{
    static const struct {
        const char *name;
        enum wire_kind kind;
    } kinds[] = {{"record", WIRE_RECORD}, {"error", WIRE_RECORD}, {"enum", WIRE_ENUM},
                 {"array", WIRE_ARRAY},   {"map", WIRE_MAP},      {"fixed", WIRE_FIXED}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (vf_slice_is(name, kinds[i].name)) {
            *out = kinds[i].kind;
            return true;
        }
    }
    return false;
}

/* A primitive type or one defined before, by its name. */
static const struct wire_type *parse_reference(struct schema_parser *parser, const json_t *json,
                                               struct vf_slice space, const struct wire_path *path)
{
    struct vf_slice name = json_text(json);
    const struct wire_type *type = find_primitive(name);

    if (type)
        return type;
    if (!is_full_name(name)) {
        fail(parser, path, VF_ESCHEMA, "\"%.60s\" is not the name of a type", name.ptr);
        return NULL;
    }
    struct vf_slice full = full_name(parser, space, name);
    if (!full.ptr)
        return NULL;
    type = find_named(parser->schema, full);
    if (!type)
        fail(parser, path, VF_ESCHEMA, "unknown type \"%.*s\"", VF_SLICE_PRINT(full));
    return type;
}

static const struct wire_type *parse_object(struct schema_parser *parser, const json_t *json,
                                            struct vf_slice space, const struct wire_path *up,
                                            size_t depth)
{
    struct wire_path path = step_into(up, "type");
    const json_t *name = json_object_get(json, "type");
    struct wire_type *type;
    enum wire_kind kind;
    int rc = 0;

    if (!json_is_string(name)) {
        fail(parser, up, VF_ESCHEMA, "a type needs \"type\", the name of a type");
        return NULL;
    }
    if (!find_complex(json_text(name), &kind)) {
        const struct wire_type *known = parse_reference(parser, name, space, &path);
        if (!known || known->name.ptr || !json_object_get(json, "logicalType"))
            return known;
        type = allocate(parser, 1, sizeof *type);
        if (type) {
            *type = *known;
            parse_logical(json, type);
        }
        return type;
    }
    type = allocate(parser, 1, sizeof *type);
    if (!type)
        return NULL;
    type->kind = kind;
    type->align = 1;
    type->nesting = 1;
    type->least = 1; /* of an enum, array or map: records and fixed count theirs */
    switch (kind) {
    case WIRE_RECORD: rc = parse_record(parser, json, space, up, depth, type); break;
    case WIRE_ENUM: rc = parse_enum(parser, json, space, up, type); break;
    case WIRE_FIXED: rc = parse_fixed(parser, json, space, up, type); break;
    default: rc = parse_container(parser, json, space, up, depth, type); break;
    }
    if (rc)
        return NULL;
    parse_logical(json, type);
    return type;
}

static const struct wire_type *parse_type(struct schema_parser *parser, const json_t *json,
                                          struct vf_slice space, const struct wire_path *path,
                                          size_t depth)
{
    const struct wire_type *type = NULL;

    if (depth > WIRE_SCHEMA_DEPTH_MAX) {
        fail(parser, path, VF_ELIMIT, "types nest deeper than %d levels", WIRE_SCHEMA_DEPTH_MAX);
        return NULL;
    }
    if (++parser->types > WIRE_SCHEMA_TYPES_MAX) {
        fail(parser, path, VF_ELIMIT, "more than %d types", WIRE_SCHEMA_TYPES_MAX);
        return NULL;
    }
    if (json_is_string(json)) {
        type = parse_reference(parser, json, space, path);
    } else if (json_is_array(json)) {
        struct wire_type *made = allocate(parser, 1, sizeof *made);
        if (made) {
            made->kind = WIRE_UNION;
            made->nesting = 1;
            made->least = 1;
            type = parse_union(parser, json, space, path, depth, made) ? NULL : made;
        }
    } else if (json_is_object(json)) {
        type = parse_object(parser, json, space, path, depth);
    } else {
        fail(parser, path, VF_ESCHEMA, "expected a type: a name, an object or an array");
    }
    if (type && type->nesting > WIRE_SCHEMA_NESTING_MAX) {
        fail(parser, path, VF_ELIMIT, "types nest deeper than %d levels", WIRE_SCHEMA_NESTING_MAX);
        return NULL;
    }
    return type;
}

/* ---- defaults ------------------------------------------------------------------------- */

static int read_defaults(struct schema_parser *parser)
{
    struct wire_json_reader reader = {
        .arena = parser->arena,
        .limits = {.value_bytes = WIRE_SCHEMA_BYTES_MAX,
                   .items = WIRE_SCHEMA_DEFAULTS_MAX,
                   .depth = WIRE_SCHEMA_DEPTH_MAX},
        .fallback = true,
        .err = parser->err,
    };

    for (struct pending_default *at = parser->defaults; at; at = at->next) {
        const struct wire_type *type = at->field->type;
        void *value = allocate(parser, 1, type->size);
        if (!value)
            return VF_ENOMEM;
        reader.root = at->path;
        int rc = wire_json_value(&reader, type, at->field->pending, NULL, 0, value);
        if (rc)
            return rc == VF_EDATA ? (parser->err->code = VF_ESCHEMA) : rc;
        at->field->fallback = value;
        at->field->pending = NULL;
    }
    return 0;
}

int wire_schema_build(struct wire_schema *schema, struct vf_slice text, struct vf_error *err)
{
    struct vf_error local = {0};
    struct schema_parser parser = {.schema = schema, .arena = &schema->arena, .err = &local};
    json_t *json = NULL;
    int rc;

    parser.defaults_end = &parser.defaults;
    vf_arena_init(&parser.scratch, SCRATCH_BLOCK, WIRE_SCHEMA_MEMORY_MAX);
    if (text.len > WIRE_SCHEMA_BYTES_MAX)
        return vf_error_set(err, VF_ELIMIT, "a schema of %zu bytes: the limit is %d", text.len,
                            WIRE_SCHEMA_BYTES_MAX);
    rc = wire_json_load(text, &json, &local);
    if (rc == 0)
        rc = import_names(&parser);
    if (rc == 0) {
        schema->root = parse_type(&parser, json, vf_slice("", 0), NULL, 0);
        rc = schema->root ? read_defaults(&parser) : local.code;
    }
    json_decref(json);
    vf_arena_release(&parser.scratch);
    if (rc && err)
        *err = local;
    return rc;
}
