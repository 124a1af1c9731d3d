/*
 * JSON text -> the tree of types, by the specification 1.12, with the layout in C worked out
 * on the way. Defaults come last, because they may need types that are defined further on.
 */
#include "codec/wire_parser.h"
#include <stdalign.h>
#include <stdlib.h>

enum { SCRATCH_BLOCK = 4096 }; /* bytes */

static const struct wire_type *parse_type(struct wire_parser *parser, const json_t *json,
                                          struct vf_slice space, const struct wire_path *path,
                                          size_t depth);

/* ---- records -------------------------------------------------------------------------- */

static int add_default(struct wire_parser *parser, struct wire_field *field, const json_t *json,
                       const struct wire_path *up)
{
    struct wire_path path = wire_step(up, "default");
    struct pending_default *pending = vf_arena_calloc(&parser->scratch, 1, sizeof *pending);

    if (!pending)
        return wire_parse_no_memory(parser);
    pending->field = field;
    field->pending = json;
    wire_path_text(&path, "$", pending->path);
    *parser->defaults_end = pending;
    parser->defaults_end = &pending->next;
    return 0;
}

static int check_order(struct wire_parser *parser, const json_t *json, const struct wire_path *up)
{
    struct wire_path path = wire_step(up, "order");
    const json_t *order = json_object_get(json, "order");

    if (!order || (json_is_string(order) && (!strcmp(json_string_value(order), "ascending") ||
                                             !strcmp(json_string_value(order), "descending") ||
                                             !strcmp(json_string_value(order), "ignore"))))
        return 0;
    return wire_parse_fail(parser, &path, VF_ESCHEMA, "expected ascending, descending or ignore");
}

static int parse_field(struct wire_parser *parser, const json_t *json, struct vf_slice space,
                       const struct wire_path *path, size_t depth, struct wire_type *record,
                       size_t index)
{
    struct wire_field *field = &record->of.fields.items[index];
    struct wire_path name_at = wire_step(path, "name");
    struct wire_path type_at = wire_step(path, "type");
    const json_t *name = json_object_get(json, "name");

    if (!json_is_object(json))
        return wire_parse_fail(parser, path, VF_ESCHEMA,
                               "expected an object that describes a field");
    if (!json_is_string(name) || !wire_is_name(wire_json_text(name)))
        return wire_parse_fail(parser, &name_at, VF_ESCHEMA, "a field needs a name");
    if (!wire_parse_keep(parser, name, &field->name) ||
        !wire_parse_keep(parser, json_object_get(json, "doc"), &field->doc))
        return VF_ENOMEM;
    int rc = wire_parse_aliases(parser, json, space, false, path, &field->aliases);
    if (rc == 0)
        rc = check_order(parser, json, path);
    if (rc)
        return rc;
    if (!json_object_get(json, "type"))
        return wire_parse_fail(parser, path, VF_ESCHEMA, "a field needs a type");
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
static int lay_out_field(struct wire_parser *parser, struct wire_type *record,
                         struct wire_field *field, const struct wire_path *path)
{
    const struct wire_type *type = field->type;

    if (type->kind == WIRE_RECORD && !type->of.fields.complete)
        return wire_parse_fail(parser, path, VF_ESCHEMA, "%.*s contains itself without end",
                               VF_SLICE_PRINT(type->name));
    field->offset = wire_align_up(record->size, type->align);
    record->size = field->offset + type->size;
    if (record->align < type->align)
        record->align = type->align;
    record->least = least_bytes((size_t)record->least + type->least);
    if (record->nesting < type->nesting + 1)
        record->nesting = type->nesting + 1;
    if (record->size > WIRE_SCHEMA_VALUE_MAX)
        return wire_parse_fail(parser, path, VF_ELIMIT,
                               "a value of %.*s would take more than %d bytes",
                               VF_SLICE_PRINT(record->name), WIRE_SCHEMA_VALUE_MAX);
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return vf_slice_compare(*(const struct vf_slice *)a, *(const struct vf_slice *)b);
}

/* The first name that comes twice, or one with ptr NULL. Sorts a copy: lists may be long. */
static int find_repeated(struct wire_parser *parser, const void *first, size_t stride, size_t count,
                         struct vf_slice *out)
{
    *out = VF_SLICE_NULL;
    if (count < 2)
        return 0;
    struct vf_arena_mark mark = vf_arena_mark(parser->arena);
    struct vf_slice *sorted = wire_parse_alloc(parser, count, sizeof *sorted);
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

static int parse_record(struct wire_parser *parser, const json_t *json, struct vf_slice space,
                        const struct wire_path *path, size_t depth, struct wire_type *type)
{
    struct wire_path fields_at = wire_step(path, "fields");
    const json_t *fields = json_object_get(json, "fields");
    struct vf_slice repeated;
    int rc = wire_parse_name(parser, json, &space, path, type);

    if (rc)
        return rc;
    type->least = 0;
    if (!json_is_array(fields))
        return wire_parse_fail(parser, path, VF_ESCHEMA, "record %.*s needs an array of fields",
                               VF_SLICE_PRINT(type->name));
    type->of.fields.count = json_array_size(fields);
    type->of.fields.items =
        wire_parse_alloc(parser, type->of.fields.count, sizeof(struct wire_field));
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
        return wire_parse_fail(parser, &fields_at, VF_ESCHEMA, "field %.*s is defined twice",
                               VF_SLICE_PRINT(repeated));
    type->size = wire_align_up(type->size, type->align);
    type->of.fields.complete = true;
    return 0;
}

/* ---- the other complex types ---------------------------------------------------------- */

static int parse_symbols(struct wire_parser *parser, const json_t *symbols,
                         const struct wire_path *path, struct wire_type *type)
{
    struct vf_slice repeated;
    size_t count = json_array_size(symbols);
    struct vf_slice *items = wire_parse_alloc(parser, count, sizeof *items);

    if (!items)
        return VF_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const json_t *symbol = json_array_get(symbols, i);
        struct wire_path at = {.up = path, .index = i};
        if (!json_is_string(symbol) || !wire_is_name(wire_json_text(symbol)))
            return wire_parse_fail(parser, &at, VF_ESCHEMA, "a symbol must be a name");
        if (!wire_parse_keep(parser, symbol, &items[i]))
            return VF_ENOMEM;
    }
    int rc = find_repeated(parser, items, sizeof *items, count, &repeated);
    if (rc == 0 && repeated.ptr)
        rc = wire_parse_fail(parser, path, VF_ESCHEMA, "symbol %.*s comes twice",
                             VF_SLICE_PRINT(repeated));
    type->of.symbols.items = items;
    type->of.symbols.count = count;
    return rc;
}

static int parse_enum(struct wire_parser *parser, const json_t *json, struct vf_slice space,
                      const struct wire_path *path, struct wire_type *type)
{
    struct wire_path symbols_at = wire_step(path, "symbols");
    struct wire_path default_at = wire_step(path, "default");
    const json_t *symbols = json_object_get(json, "symbols");
    const json_t *fallback = json_object_get(json, "default");
    int rc = wire_parse_name(parser, json, &space, path, type);

    if (rc)
        return rc;
    type->size = sizeof(int32_t);
    type->align = alignof(int32_t);
    type->of.symbols.fallback = -1;
    if (!json_is_array(symbols))
        return wire_parse_fail(parser, path, VF_ESCHEMA, "enum %.*s needs an array of symbols",
                               VF_SLICE_PRINT(type->name));
    rc = parse_symbols(parser, symbols, &symbols_at, type);
    if (rc || !fallback)
        return rc;
    if (json_is_string(fallback))
        type->of.symbols.fallback = wire_symbol_find(type, wire_json_text(fallback));
    if (type->of.symbols.fallback < 0)
        return wire_parse_fail(parser, &default_at, VF_ESCHEMA,
                               "the default must be one of the symbols");
    return 0;
}

static int parse_fixed(struct wire_parser *parser, const json_t *json, struct vf_slice space,
                       const struct wire_path *path, struct wire_type *type)
{
    const json_t *size = json_object_get(json, "size");
    int rc = wire_parse_name(parser, json, &space, path, type);

    if (rc)
        return rc;
    if (!json_is_integer(size) || json_integer_value(size) < 0 ||
        json_integer_value(size) > INT32_MAX)
        return wire_parse_fail(parser, path, VF_ESCHEMA, "fixed %.*s needs a size in bytes",
                               VF_SLICE_PRINT(type->name));
    type->of.bytes.size = (size_t)json_integer_value(size);
    type->least = least_bytes(type->of.bytes.size);
    type->size = sizeof(struct vf_slice);
    type->align = alignof(struct vf_slice);
    return 0;
}

static int parse_container(struct wire_parser *parser, const json_t *json, struct vf_slice space,
                           const struct wire_path *path, size_t depth, struct wire_type *type)
{
    const char *key = type->kind == WIRE_ARRAY ? "items" : "values";
    struct wire_path at = wire_step(path, key);
    const json_t *item = json_object_get(json, key);

    if (!item)
        return wire_parse_fail(parser, path, VF_ESCHEMA, "%s needs \"%s\"",
                               wire_kind_name(type->kind), key);
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
static int check_branches(struct wire_parser *parser, const struct wire_type *type,
                          const struct wire_path *path)
{
    struct vf_slice repeated;
    struct vf_arena_mark mark = vf_arena_mark(parser->arena);
    struct vf_slice *names = wire_parse_alloc(parser, type->of.branches.count, sizeof *names);

    if (!names)
        return VF_ENOMEM;
    for (size_t i = 0; i < type->of.branches.count; i++)
        names[i] = wire_type_name(type->of.branches.items[i]);
    int rc = find_repeated(parser, names, sizeof *names, type->of.branches.count, &repeated);
    if (rc == 0 && repeated.ptr)
        rc = wire_parse_fail(parser, path, VF_ESCHEMA, "%.*s comes twice in a union",
                             VF_SLICE_PRINT(repeated));
    vf_arena_rewind(parser->arena, mark);
    return rc;
}

static int parse_union(struct wire_parser *parser, const json_t *json, struct vf_slice space,
                       const struct wire_path *path, size_t depth, struct wire_type *type)
{
    size_t count = json_array_size(json);

    type->of.branches.null_branch = -1;
    type->of.branches.items = wire_parse_alloc(parser, count, sizeof(struct wire_type *));
    if (!type->of.branches.items)
        return VF_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct wire_path at = {.up = path, .index = i};
        const struct wire_type *branch =
            parse_type(parser, json_array_get(json, i), space, &at, depth + 1);
        if (!branch)
            return parser->err->code;
        if (branch->kind == WIRE_UNION)
            return wire_parse_fail(parser, &at, VF_ESCHEMA,
                                   "a union may not hold a union directly");
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
static const struct wire_type *parse_reference(struct wire_parser *parser, const json_t *json,
                                               struct vf_slice space, const struct wire_path *path)
{
    struct vf_slice name = wire_json_text(json);
    const struct wire_type *type = wire_find_primitive(name);

    if (type)
        return type;
    if (!wire_is_full_name(name)) {
        wire_parse_fail(parser, path, VF_ESCHEMA, "\"%.60s\" is not the name of a type", name.ptr);
        return NULL;
    }
    struct vf_slice full = wire_parse_full_name(parser, space, name);
    if (!full.ptr)
        return NULL;
    type = wire_find_named(parser->schema, full);
    if (!type)
        wire_parse_fail(parser, path, VF_ESCHEMA, "unknown type \"%.*s\"", VF_SLICE_PRINT(full));
    return type;
}

static const struct wire_type *parse_object(struct wire_parser *parser, const json_t *json,
                                            struct vf_slice space, const struct wire_path *up,
                                            size_t depth)
{
    struct wire_path path = wire_step(up, "type");
    const json_t *name = json_object_get(json, "type");
    struct wire_type *type;
    enum wire_kind kind;
    int rc = 0;

    if (!json_is_string(name)) {
        wire_parse_fail(parser, up, VF_ESCHEMA, "a type needs \"type\", the name of a type");
        return NULL;
    }
    if (!find_complex(wire_json_text(name), &kind)) {
        const struct wire_type *known = parse_reference(parser, name, space, &path);
        if (!known || known->name.ptr || !json_object_get(json, "logicalType"))
            return known;
        type = wire_parse_alloc(parser, 1, sizeof *type);
        if (type) {
            *type = *known;
            wire_logical_parse(json, type);
        }
        return type;
    }
    type = wire_parse_alloc(parser, 1, sizeof *type);
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
    wire_logical_parse(json, type);
    return type;
}

static const struct wire_type *parse_type(struct wire_parser *parser, const json_t *json,
                                          struct vf_slice space, const struct wire_path *path,
                                          size_t depth)
{
    const struct wire_type *type = NULL;

    if (depth > WIRE_SCHEMA_DEPTH_MAX) {
        wire_parse_fail(parser, path, VF_ELIMIT, "types nest deeper than %d levels",
                        WIRE_SCHEMA_DEPTH_MAX);
        return NULL;
    }
    if (++parser->types > WIRE_SCHEMA_TYPES_MAX) {
        wire_parse_fail(parser, path, VF_ELIMIT, "more than %d types", WIRE_SCHEMA_TYPES_MAX);
        return NULL;
    }
    if (json_is_string(json)) {
        type = parse_reference(parser, json, space, path);
    } else if (json_is_array(json)) {
        struct wire_type *made = wire_parse_alloc(parser, 1, sizeof *made);
        if (made) {
            made->kind = WIRE_UNION;
            made->nesting = 1;
            made->least = 1;
            type = parse_union(parser, json, space, path, depth, made) ? NULL : made;
        }
    } else if (json_is_object(json)) {
        type = parse_object(parser, json, space, path, depth);
    } else {
        wire_parse_fail(parser, path, VF_ESCHEMA, "expected a type: a name, an object or an array");
    }
    if (type && type->nesting > WIRE_SCHEMA_NESTING_MAX) {
        wire_parse_fail(parser, path, VF_ELIMIT, "types nest deeper than %d levels",
                        WIRE_SCHEMA_NESTING_MAX);
        return NULL;
    }
    return type;
}

/* ---- defaults ------------------------------------------------------------------------- */

static int read_defaults(struct wire_parser *parser)
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
        void *value = wire_parse_alloc(parser, 1, type->size);
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
    struct wire_parser parser = {.schema = schema, .arena = &schema->arena, .err = &local};
    json_t *json = NULL;
    int rc;

    parser.defaults_end = &parser.defaults;
    vf_arena_init(&parser.scratch, SCRATCH_BLOCK, WIRE_SCHEMA_MEMORY_MAX);
    if (text.len > WIRE_SCHEMA_BYTES_MAX)
        return vf_error_set(err, VF_ELIMIT, "a schema of %zu bytes: the limit is %d", text.len,
                            WIRE_SCHEMA_BYTES_MAX);
    rc = wire_json_load(text, &json, &local);
    if (rc == 0)
        rc = wire_parse_imports(&parser);
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
