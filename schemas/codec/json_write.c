/*
 * A value in its schema's layout -> one line of JSON.
 */
#include "base/date.h"
#include "codec/wire_impl.h"
#include "codec/wire_json.h"
#include "codec/wire_utf8.h"
#include <float.h>
#include <math.h>
#include <stdio.h>

enum { LEVELS_MAX = 1024 }; /* types within types; each takes about 300 bytes of stack */

struct json_writer {
    struct vf_buffer *out;
    struct vf_error *err;
};

static int write_value(struct json_writer *writer, const struct wire_type *type,
                       const struct wire_path *path, size_t depth, const void *value);

__attribute__((format(printf, 3, 4))) static int
fail(struct json_writer *writer, const struct wire_path *path, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    wire_path_verror(path, "", writer->err, VF_EDATA, format, args);
    va_end(args);
    return VF_EDATA;
}

static void write_escape(struct vf_buffer *out, unsigned char c)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};

    if (c == '"' || c == '\\')
        vf_buffer_printf(out, "\\%c", c);
    else if (c < 0x20 && letters[c])
        vf_buffer_printf(out, "\\%c", letters[c]);
    else
        vf_buffer_printf(out, "\\u%04x", c);
}

bool wire_json_write_text(struct vf_buffer *out, struct vf_slice text)
{
    size_t start = 0;

    vf_buffer_append_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0x20 && c != 0x7F && c != '"' && c != '\\')
            continue;
        vf_buffer_append(out, text.ptr + start, i - start);
        write_escape(out, c);
        start = i + 1;
    }
    vf_buffer_append(out, text.ptr + start, text.len - start);
    return vf_buffer_append_char(out, '"');
}

/* Each byte is the character of that number. */
static void write_bytes(struct json_writer *writer, struct vf_slice bytes)
{
    vf_buffer_append_char(writer->out, '"');
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        if (c >= 0x80) {
            vf_buffer_append_char(writer->out, (char)(0xC0 | c >> 6));
            vf_buffer_append_char(writer->out, (char)(0x80 | (c & 0x3F)));
        } else if (c < 0x20 || c == 0x7F || c == '"' || c == '\\') {
            write_escape(writer->out, c);
        } else {
            vf_buffer_append_char(writer->out, (char)c);
        }
    }
    vf_buffer_append_char(writer->out, '"');
}

static int write_slice(struct json_writer *writer, const struct wire_type *type,
                       const struct wire_path *path, const struct vf_slice *value)
{
    if (!value->ptr)
        return fail(writer, path, "null where null is not allowed");
    if (type->kind != WIRE_STRING) {
        write_bytes(writer, *value);
        return 0;
    }
    if (!wire_utf8_valid(value->ptr, value->len))
        return fail(writer, path, "not UTF-8");
    wire_json_write_text(writer->out, *value);
    return 0;
}

static void write_int(struct json_writer *writer, const struct wire_type *type, int32_t value)
{
    if (type->logical == WIRE_LOGICAL_DATE && value >= vf_day_from_civil(VF_YEAR_FIRST, 1, 1) &&
        value <= vf_day_from_civil(VF_YEAR_LAST, 12, 31)) {
        char text[VF_DATE_TEXT];
        vf_day_format(value, text);
        vf_buffer_printf(writer->out, "\"%s\"", text);
        return;
    }
    vf_buffer_printf(writer->out, "%ld", (long)value);
}

/* As short as loses nothing, from 15 digits (6 of a float) on; with a mark that it is no integer.
 */
static void write_real(struct json_writer *writer, const struct wire_type *type, double value)
{
    char text[40];
    bool single = type->kind == WIRE_FLOAT;

    if (isnan(value) || isinf(value)) {
        vf_buffer_append_text(writer->out, isnan(value) ? "\"NaN\""
                                           : value > 0  ? "\"Infinity\""
                                                        : "\"-Infinity\"");
        return;
    }
    for (int digits = single ? FLT_DIG : DBL_DIG;; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (digits >= (single ? FLT_DECIMAL_DIG : DBL_DECIMAL_DIG) ||
            (single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value))
            break;
    }
    vf_buffer_append_text(writer->out, text);
    if (!strpbrk(text, ".e"))
        vf_buffer_append_text(writer->out, ".0");
}

static int write_record(struct json_writer *writer, const struct wire_type *type,
                        const struct wire_path *path, size_t depth, const char *value)
{
    int rc = 0;

    vf_buffer_append_char(writer->out, '{');
    for (size_t i = 0; rc == 0 && i < type->of.fields.count; i++) {
        const struct wire_field *field = &type->of.fields.items[i];
        struct wire_path at = {.up = path, .name = field->name};
        if (i)
            vf_buffer_append_text(writer->out, ", ");
        wire_json_write_text(writer->out, field->name);
        vf_buffer_append_text(writer->out, ": ");
        rc = write_value(writer, field->type, &at, depth + 1, value + field->offset);
    }
    vf_buffer_append_char(writer->out, '}');
    return rc;
}

static int write_array(struct json_writer *writer, const struct wire_type *type,
                       const struct wire_path *path, size_t depth, const struct wire_array *array)
{
    const char *item = array->items;
    bool map = type->kind == WIRE_MAP;
    size_t size = map ? wire_entry_size(type) : type->of.item->size;
    int rc = 0;

    if (array->count > 0 && size > 0 && !item)
        return fail(writer, path, "%zu items are counted, and none are there", array->count);
    vf_buffer_append_char(writer->out, map ? '{' : '[');
    for (size_t i = 0; rc == 0 && i < array->count && !writer->out->failed; i++) {
        struct wire_path at = {.up = path, .index = i};
        const struct vf_slice *key = (const struct vf_slice *)(const void *)item;
        if (i)
            vf_buffer_append_text(writer->out, ", ");
        if (map) {
            if (!key->ptr || !wire_utf8_valid(key->ptr, key->len))
                return fail(writer, &at, "a key must be UTF-8");
            wire_json_write_text(writer->out, *key);
            vf_buffer_append_text(writer->out, ": ");
        }
        rc = write_value(writer, type->of.item, &at, depth + 1,
                         map ? item + wire_entry_value_offset(type) : item);
        item = size ? item + size : item;
    }
    vf_buffer_append_char(writer->out, map ? '}' : ']');
    return rc;
}

static int write_tagged(struct json_writer *writer, const struct wire_type *type,
                        const struct wire_path *path, size_t depth, const struct wire_union *value)
{
    if (value->branch < 0 || (size_t)value->branch >= type->of.branches.count)
        return fail(writer, path, "branch %ld of %zu", (long)value->branch,
                    type->of.branches.count);
    const struct wire_type *of = type->of.branches.items[value->branch];
    struct wire_path at = {.up = path, .name = wire_type_name(of)};
    if (of->kind == WIRE_NULL) {
        vf_buffer_append_text(writer->out, "null");
        return 0;
    }
    if (!value->value)
        return fail(writer, path, "a branch without a value");
    vf_buffer_append_char(writer->out, '{');
    wire_json_write_text(writer->out, wire_type_name(of));
    vf_buffer_append_text(writer->out, ": ");
    int rc = write_value(writer, of, &at, depth + 1, value->value);
    vf_buffer_append_char(writer->out, '}');
    return rc;
}

/* Where an optional's value is; NULL for null. */
static const void *optional_value(const struct wire_type *type, const void *value)
{
    switch (type->of.branches.layout) {
    case WIRE_UNION_OPTIONAL_SLICE: return ((const struct vf_slice *)value)->ptr ? value : NULL;
    case WIRE_UNION_OPTIONAL_POINTER: return *(const void *const *)value;
    default:
        return *(const bool *)value ? (const char *)value + type->of.branches.value_offset : NULL;
    }
}

static int write_union(struct json_writer *writer, const struct wire_type *type,
                       const struct wire_path *path, size_t depth, const void *value)
{
    if (type->of.branches.layout == WIRE_UNION_TAGGED)
        return write_tagged(writer, type, path, depth, value);
    const void *inner = optional_value(type, value);
    if (inner)
        return write_value(writer, type->of.branches.items[wire_optional_branch(type)], path,
                           depth + 1, inner);
    vf_buffer_append_text(writer->out, "null");
    return 0;
}

static int write_value(struct json_writer *writer, const struct wire_type *type,
                       const struct wire_path *path, size_t depth, const void *value)
{
    int32_t symbol;

    if (depth > LEVELS_MAX)
        return fail(writer, path, "nested deeper than %d levels", LEVELS_MAX);
    switch (type->kind) {
    case WIRE_NULL: vf_buffer_append_text(writer->out, "null"); return 0;
    case WIRE_BOOLEAN:
        vf_buffer_append_text(writer->out, *(const bool *)value ? "true" : "false");
        return 0;
    case WIRE_INT: write_int(writer, type, *(const int32_t *)value); return 0;
    case WIRE_LONG:
        vf_buffer_printf(writer->out, "%lld", (long long)*(const int64_t *)value);
        return 0;
    case WIRE_FLOAT: write_real(writer, type, *(const float *)value); return 0;
    case WIRE_DOUBLE: write_real(writer, type, *(const double *)value); return 0;
    case WIRE_STRING:
    case WIRE_BYTES:
    case WIRE_FIXED: return write_slice(writer, type, path, value);
    case WIRE_ENUM:
        symbol = *(const int32_t *)value;
        if (symbol < 0 || (size_t)symbol >= type->of.symbols.count)
            return fail(writer, path, "symbol %ld of %zu", (long)symbol, type->of.symbols.count);
        wire_json_write_text(writer->out, type->of.symbols.items[symbol]);
        return 0;
    case WIRE_RECORD: return write_record(writer, type, path, depth, value);
    case WIRE_UNION: return write_union(writer, type, path, depth, value);
    default: return write_array(writer, type, path, depth, value);
    }
}

int wire_json_write(const struct wire_schema *schema, const void *value, struct vf_buffer *out,
                    struct vf_error *err)
{
    struct json_writer writer = {.out = out, .err = err};
    size_t start = out->len;

    int rc = write_value(&writer, schema->root, NULL, 0, value);
    if (rc == 0 && out->failed)
        rc = vf_error_set(err, VF_ENOMEM, "no room for the JSON text behind %zu bytes", out->len);
    if (rc)
        out->len = start;
    return rc;
}
