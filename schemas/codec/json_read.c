/*
 * JSON -> a value in its schema's layout. The same code reads what people type and the
 * defaults in schemas; struct wire_json_reader says which.
 */
#include "base/date.h"
#include "codec/wire_impl.h"
#include "codec/wire_json.h"
#include "codec/wire_utf8.h"
#include <math.h>
#include <stdio.h>

#define FLOAT_END 0x1.ffffffp127 /* what is nearer to the next power of two than to FLT_MAX */

enum {
    QUOTE_MAX = 40,    /* bytes of a wrong value that errors show */
    SYMBOLS_SHOWN = 12 /* symbols of an enum that errors list */
};

__attribute__((format(printf, 4, 5))) static int fail(struct wire_json_reader *reader,
                                                      const struct wire_path *path, int code,
                                                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    wire_path_verror(path, reader->root ? reader->root : "", reader->err, code, format, args);
    va_end(args);
    return code;
}

static int fail_memory(struct wire_json_reader *reader, const struct wire_path *path)
{
    return fail(reader, path, VF_ENOMEM, "out of memory for the value");
}

static struct vf_slice text_of(const json_t *json)
{
    return vf_slice(json_string_value(json), json_string_length(json));
}

/* The text, cut at a character to what errors show of it. */
static struct vf_slice quoted(const json_t *json)
{
    struct vf_slice text = text_of(json);
    if (text.len > QUOTE_MAX)
        text.len = wire_utf8_prefix(text.ptr, QUOTE_MAX);
    return text;
}

static const char *json_kind(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT: return "object";
    case JSON_ARRAY: return "array";
    case JSON_STRING: return "string";
    case JSON_INTEGER:
    case JSON_REAL: return "number";
    case JSON_TRUE:
    case JSON_FALSE: return "boolean";
    default: return "null";
    }
}

/* The JSON that a type is written as, for errors. */
static const char *expected_json(const struct wire_type *type)
{
    switch (type->kind) {
    case WIRE_NULL: return "null";
    case WIRE_BOOLEAN: return "boolean";
    case WIRE_INT:
    case WIRE_LONG:
    case WIRE_FLOAT:
    case WIRE_DOUBLE: return type->logical == WIRE_LOGICAL_DATE ? "date" : "number";
    case WIRE_ARRAY: return "array";
    case WIRE_RECORD:
    case WIRE_MAP:
    case WIRE_UNION: return "object";
    default: return "string";
    }
}

static int fail_type(struct wire_json_reader *reader, const struct wire_type *type,
                     const json_t *json, const struct wire_path *path)
{
    return fail(reader, path, VF_EDATA, "expected %s, got %s", expected_json(type),
                json_kind(json));
}

static bool matches_kind(const struct wire_type *type, const json_t *json)
{
    switch (type->kind) {
    case WIRE_NULL: return json_is_null(json);
    case WIRE_BOOLEAN: return json_is_boolean(json);
    case WIRE_INT:
    case WIRE_LONG: return json_is_integer(json);
    case WIRE_FLOAT:
    case WIRE_DOUBLE: return json_is_number(json);
    case WIRE_ARRAY: return json_is_array(json);
    case WIRE_RECORD:
    case WIRE_MAP:
    case WIRE_UNION: return json_is_object(json);
    default: return json_is_string(json);
    }
}

/* ---- scalars -------------------------------------------------------------------------- */

static int read_date(struct wire_json_reader *reader, const json_t *json,
                     const struct wire_path *path, int32_t *out)
{
    struct vf_partial_date date;

    if (vf_partial_date_parse(text_of(json), &date) || date.day == 0)
        return fail(reader, path, VF_EDATA, "\"%.*s\" is not a date YYYY-MM-DD",
                    VF_SLICE_PRINT(quoted(json)));
    *out = vf_partial_date_first(date);
    return 0;
}

static int read_integer(struct wire_json_reader *reader, const struct wire_type *type,
                        const json_t *json, const struct wire_path *path, void *value)
{
    json_int_t n = json_integer_value(json);

    if (type->kind == WIRE_LONG) {
        *(int64_t *)value = n;
        return 0;
    }
    if (n < INT32_MIN || n > INT32_MAX)
        return fail(reader, path, VF_EDATA, "%" JSON_INTEGER_FORMAT " is out of range for int", n);
    *(int32_t *)value = (int32_t)n;
    return 0;
}

static int read_real(struct wire_json_reader *reader, const struct wire_type *type,
                     const json_t *json, const struct wire_path *path, void *value)
{
    double number = json_number_value(json);

    if (type->kind == WIRE_DOUBLE) {
        *(double *)value = number;
        return 0;
    }
    if (fabs(number) >= FLOAT_END)
        return fail(reader, path, VF_EDATA, "%g is out of range for float", number);
    *(float *)value = (float)number;
    return 0;
}

/* What JSON has no number for. */
static bool read_special_real(const struct wire_type *type, const json_t *json, void *value)
{
    static const struct {
        const char *name;
        double value;
    } names[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!vf_slice_is(text_of(json), names[i].name))
            continue;
        if (type->kind == WIRE_DOUBLE)
            *(double *)value = names[i].value;
        else
            *(float *)value = (float)names[i].value;
        return true;
    }
    return false;
}

static int read_string(struct wire_json_reader *reader, const json_t *json,
                       const struct wire_path *path, struct vf_slice *value)
{
    if (json_string_length(json) > reader->limits.value_bytes)
        return fail(reader, path, VF_ELIMIT, "a string of %zu bytes: the limit is %zu",
                    json_string_length(json), reader->limits.value_bytes);
    *value = vf_arena_copy(reader->arena, text_of(json));
    return value->ptr ? 0 : fail_memory(reader, path);
}

/* Each character is one byte: U+0000 to U+00FF. */
static int read_bytes(struct wire_json_reader *reader, const struct wire_type *type,
                      const json_t *json, const struct wire_path *path, struct vf_slice *value)
{
    struct vf_slice text = text_of(json);
    unsigned char *bytes = vf_arena_alloc(reader->arena, text.len);
    size_t n = 0;

    if (!bytes)
        return fail_memory(reader, path);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0x80) { /* jansson gives valid UTF-8: the next byte is there */
            if (c > 0xC3)
                return fail(reader, path, VF_EDATA,
                            "a character above U+00FF cannot stand for a byte");
            c = (unsigned char)(c << 6 | ((unsigned char)text.ptr[++i] & 0x3F));
        }
        bytes[n++] = c;
    }
    if (n > reader->limits.value_bytes)
        return fail(reader, path, VF_ELIMIT, "%zu bytes: the limit is %zu", n,
                    reader->limits.value_bytes);
    if (type->kind == WIRE_FIXED && n != type->of.bytes.size)
        return fail(reader, path, VF_EDATA, "expected %zu bytes (%.*s), got %zu",
                    type->of.bytes.size, VF_SLICE_PRINT(wire_simple_name(type->name)), n);
    *value = vf_slice((const char *)bytes, n);
    return 0;
}

static int fail_symbol(struct wire_json_reader *reader, const struct wire_type *type,
                       const json_t *json, const struct wire_path *path)
{
    char list[200] = "";
    size_t used = 0;

    for (size_t i = 0; i < type->of.symbols.count && used < sizeof list; i++) {
        int n = i < SYMBOLS_SHOWN
                    ? snprintf(list + used, sizeof list - used, "%s%.*s", i ? ", " : "",
                               VF_SLICE_PRINT(type->of.symbols.items[i]))
                    : snprintf(list + used, sizeof list - used, ", ...");
        used += n < 0 ? 0 : (size_t)n;
        if (i == SYMBOLS_SHOWN)
            break;
    }
    return fail(reader, path, VF_EDATA, "\"%.*s\" is not a symbol of %.*s (%s)",
                VF_SLICE_PRINT(quoted(json)), VF_SLICE_PRINT(wire_simple_name(type->name)), list);
}

static int read_enum(struct wire_json_reader *reader, const struct wire_type *type,
                     const json_t *json, const struct wire_path *path, int32_t *value)
{
    *value = wire_symbol_find(type, text_of(json));
    return *value < 0 ? fail_symbol(reader, type, json, path) : 0;
}

/* ---- containers ----------------------------------------------------------------------- */

static int count_items(struct wire_json_reader *reader, size_t n, const struct wire_path *path)
{
    if (n > reader->limits.items)
        return fail(reader, path, VF_ELIMIT, "too many items in one value");
    reader->limits.items -= n;
    return 0;
}

static int read_missing(struct wire_json_reader *reader, const struct wire_type *record,
                        const struct wire_field *field, const struct wire_path *path, size_t depth,
                        void *value)
{
    struct wire_path at = {.up = path, .name = field->name};

    if (field->fallback) {
        memcpy(value, field->fallback, field->type->size);
        return 0;
    }
    if (reader->fallback && field->pending)
        return wire_json_value(reader, field->type, field->pending, &at, depth + 1, value);
    return fail(reader, &at, VF_EDATA, "missing, and %.*s gives it no default",
                VF_SLICE_PRINT(wire_simple_name(record->name)));
}

static int read_record(struct wire_json_reader *reader, const struct wire_type *type,
                       const json_t *json, const struct wire_path *path, size_t depth, void *value)
{
    size_t known = 0;

    for (size_t i = 0; i < type->of.fields.count; i++) {
        const struct wire_field *field = &type->of.fields.items[i];
        struct wire_path at = {.up = path, .name = field->name};
        void *into = (char *)value + field->offset;
        const json_t *member = json_object_get(json, field->name.ptr);
        int rc = member ? wire_json_value(reader, field->type, member, &at, depth + 1, into)
                        : read_missing(reader, type, field, path, depth, into);
        if (rc)
            return rc;
        known += member != NULL;
    }
    if (known == json_object_size(json) || reader->fallback)
        return 0;
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)json, name, member)
    {
        struct wire_path at = {.up = path, .name = vf_slice_of(name)};
        if (at.name.len > QUOTE_MAX)
            at.name.len = wire_utf8_prefix(name, QUOTE_MAX);
        if (wire_field_find(type, vf_slice_of(name)) < 0)
            return fail(reader, &at, VF_EDATA, "no such field in %.*s",
                        VF_SLICE_PRINT(wire_simple_name(type->name)));
    }
    return 0;
}

static int read_array(struct wire_json_reader *reader, const struct wire_type *type,
                      const json_t *json, const struct wire_path *path, size_t depth,
                      struct wire_array *value)
{
    const struct wire_type *item = type->of.item;
    size_t count = json_array_size(json);
    int rc = count_items(reader, count, path);

    *value = (struct wire_array){NULL, count};
    if (rc || count == 0)
        return rc;
    value->items = vf_arena_calloc(reader->arena, count, item->size);
    if (!value->items)
        return fail_memory(reader, path);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct wire_path at = {.up = path, .index = i};
        rc = wire_json_value(reader, item, json_array_get(json, i), &at, depth + 1,
                             (char *)value->items + i * item->size);
    }
    return rc;
}

static int read_map(struct wire_json_reader *reader, const struct wire_type *type,
                    const json_t *json, const struct wire_path *path, size_t depth,
                    struct wire_array *value)
{
    size_t count = json_object_size(json);
    int rc = count_items(reader, count, path);
    const char *name;
    json_t *member;

    *value = (struct wire_array){NULL, count};
    if (rc || count == 0)
        return rc;
    char *entry = vf_arena_calloc(reader->arena, count, wire_entry_size(type));
    if (!entry)
        return fail_memory(reader, path);
    value->items = entry;
    json_object_foreach((json_t *)json, name, member)
    {
        struct wire_path at = {.up = path, .name = vf_slice_of(name)};
        struct vf_slice key = vf_arena_copy(reader->arena, at.name);
        if (!key.ptr)
            return fail_memory(reader, path);
        memcpy(entry, &key, sizeof key);
        rc = wire_json_value(reader, type->of.item, member, &at, depth + 1,
                             entry + wire_entry_value_offset(type));
        if (rc)
            return rc;
        entry += wire_entry_size(type);
    }
    return 0;
}

/* ---- unions --------------------------------------------------------------------------- */

static int read_branch(struct wire_json_reader *reader, const struct wire_type *type, size_t branch,
                       const json_t *json, const struct wire_path *path, size_t depth, void *value)
{
    const struct wire_type *of = type->of.branches.items[branch];
    bool null = of->kind == WIRE_NULL;
    void *made = NULL;

    memset(value, 0, type->size);
    switch (type->of.branches.layout) {
    case WIRE_UNION_OPTIONAL_SLICE:
        return null ? 0 : wire_json_value(reader, of, json, path, depth + 1, value);
    case WIRE_UNION_OPTIONAL_VALUE:
        *(bool *)value = !null;
        return null ? 0
                    : wire_json_value(reader, of, json, path, depth + 1,
                                      (char *)value + type->of.branches.value_offset);
    default: break;
    }
    if (!null) {
        made = vf_arena_calloc(reader->arena, 1, of->size);
        if (!made)
            return fail_memory(reader, path);
    }
    if (type->of.branches.layout == WIRE_UNION_OPTIONAL_POINTER)
        memcpy(value, &made, sizeof made);
    else
        *(struct wire_union *)value = (struct wire_union){(int32_t)branch, made};
    return null ? 0 : wire_json_value(reader, of, json, path, depth + 1, made);
}

static int read_optional(struct wire_json_reader *reader, const struct wire_type *type,
                         const json_t *json, const struct wire_path *path, size_t depth,
                         void *value)
{
    size_t branch = wire_optional_branch(type);
    const struct wire_type *of = type->of.branches.items[branch];
    bool date = of->logical == WIRE_LOGICAL_DATE && json_is_string(json);
    bool special = (of->kind == WIRE_FLOAT || of->kind == WIRE_DOUBLE) && json_is_string(json);

    if (json_is_null(json))
        branch = (size_t)type->of.branches.null_branch;
    else if (!matches_kind(of, json) && !date && !special)
        return fail(reader, path, VF_EDATA, "expected %s or null, got %s", expected_json(of),
                    json_kind(json));
    return read_branch(reader, type, branch, json, path, depth, value);
}

/* {"type name": value}, or null. */
static int read_tagged(struct wire_json_reader *reader, const struct wire_type *type,
                       const json_t *json, const struct wire_path *path, size_t depth, void *value)
{
    if (json_is_null(json) && type->of.branches.null_branch >= 0)
        return read_branch(reader, type, (size_t)type->of.branches.null_branch, json, path, depth,
                           value);
    if (!json_is_object(json) || json_object_size(json) != 1)
        return fail(reader, path, VF_EDATA,
                    "expected an object {\"type name\": value} for a union, got %s%s",
                    json_is_object(json) ? "another " : "", json_kind(json));
    void *only = json_object_iter((json_t *)json);
    struct vf_slice name = vf_slice_of(json_object_iter_key(only));
    for (size_t i = 0; i < type->of.branches.count; i++) {
        struct wire_path at = {.up = path, .name = name};
        if (vf_slice_equal(wire_type_name(type->of.branches.items[i]), name))
            return read_branch(reader, type, i, json_object_iter_value(only), &at, depth, value);
    }
    if (name.len > QUOTE_MAX)
        name.len = wire_utf8_prefix(name.ptr, QUOTE_MAX);
    return fail(reader, path, VF_EDATA, "\"%.*s\" is not a type of the union",
                VF_SLICE_PRINT(name));
}

/* A default has no tag: it is a value of the first branch that can hold it. */
static int read_first_match(struct wire_json_reader *reader, const struct wire_type *type,
                            const json_t *json, const struct wire_path *path, size_t depth,
                            void *value)
{
    struct vf_error *err = reader->err;
    struct vf_error ignored;
    int rc = VF_EDATA;

    reader->err = &ignored;
    for (size_t i = 0; rc == VF_EDATA && i < type->of.branches.count; i++)
        rc = matches_kind(type->of.branches.items[i], json)
                 ? read_branch(reader, type, i, json, path, depth, value)
                 : VF_EDATA;
    reader->err = err;
    if (rc == VF_EDATA)
        return fail(reader, path, rc, "%s fits no branch of the union", json_kind(json));
    return rc ? fail(reader, path, rc, "%s", ignored.text) : 0;
}

static int read_union(struct wire_json_reader *reader, const struct wire_type *type,
                      const json_t *json, const struct wire_path *path, size_t depth, void *value)
{
    if (reader->fallback)
        return read_first_match(reader, type, json, path, depth, value);
    if (type->of.branches.layout == WIRE_UNION_TAGGED)
        return read_tagged(reader, type, json, path, depth, value);
    return read_optional(reader, type, json, path, depth, value);
}

int wire_json_value(struct wire_json_reader *reader, const struct wire_type *type,
                    const json_t *json, const struct wire_path *path, size_t depth, void *value)
{
    if (depth > reader->limits.depth)
        return fail(reader, path, VF_ELIMIT, "values nest deeper than %zu levels",
                    reader->limits.depth);
    if (reader->fallback && count_items(reader, 1, path))
        return VF_ELIMIT;
    if (type->kind == WIRE_UNION)
        return read_union(reader, type, json, path, depth, value);
    if (!matches_kind(type, json)) {
        if (!reader->fallback && json_is_string(json)) {
            if (type->logical == WIRE_LOGICAL_DATE)
                return read_date(reader, json, path, value);
            if ((type->kind == WIRE_FLOAT || type->kind == WIRE_DOUBLE) &&
                read_special_real(type, json, value))
                return 0;
        }
        return fail_type(reader, type, json, path);
    }
    switch (type->kind) {
    case WIRE_BOOLEAN: *(bool *)value = json_is_true(json); return 0;
    case WIRE_INT:
    case WIRE_LONG: return read_integer(reader, type, json, path, value);
    case WIRE_FLOAT:
    case WIRE_DOUBLE: return read_real(reader, type, json, path, value);
    case WIRE_STRING: return read_string(reader, json, path, value);
    case WIRE_BYTES:
    case WIRE_FIXED: return read_bytes(reader, type, json, path, value);
    case WIRE_ENUM: return read_enum(reader, type, json, path, value);
    case WIRE_RECORD: return read_record(reader, type, json, path, depth, value);
    case WIRE_ARRAY: return read_array(reader, type, json, path, depth, value);
    case WIRE_MAP: return read_map(reader, type, json, path, depth, value);
    default: return 0; /* null */
    }
}

/* ---- text ----------------------------------------------------------------------------- */

int wire_json_load(struct vf_slice text, json_t **out, struct vf_error *err)
{
    json_error_t error;
    const char *bytes = text.ptr ? text.ptr : "";

    *out = json_loadb(bytes, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
                      &error);
    if (*out)
        return 0;
    /* Where memory ends inside it, the library says nothing at all. */
    if (error.text[0] == '\0' || json_error_code(&error) == json_error_out_of_memory)
        return vf_error_set(err, VF_ENOMEM, "out of memory for JSON");
    /* The library quotes what it read, which need not be UTF-8. */
    struct vf_slice message = vf_slice_of(error.text);
    message.len = wire_utf8_prefix(message.ptr, message.len);
    if (!memchr(bytes, '\n', text.len)) /* a line of a file has its number there */
        return vf_error_set(err, VF_EJSON, "no JSON: column %d: %.*s", error.column,
                            VF_SLICE_PRINT(message));
    return vf_error_set(err, VF_EJSON, "no JSON: line %d, column %d: %.*s", error.line,
                        error.column, VF_SLICE_PRINT(message));
}

int wire_json_read(const struct wire_schema *schema, struct vf_slice json,
                   const struct wire_limits *limits, struct vf_arena *arena, void *value,
                   struct vf_error *err)
{
    struct wire_json_reader reader = {
        .arena = arena, .limits = limits ? *limits : wire_limits_default, .err = err};
    json_t *parsed;

    if (wire_json_read_fast(schema->root, json, &reader.limits, arena, value))
        return 0;
    int rc = wire_json_load(json, &parsed, err);
    if (rc)
        return rc;
    rc = wire_json_value(&reader, schema->root, parsed, NULL, 0, value);
    json_decref(parsed);
    return rc;
}
