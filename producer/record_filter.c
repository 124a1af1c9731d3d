#include "record_filter.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>

enum { TEXT_MAX = 1024 }; /* bytes of a text that is compared; longer ones never match */

int vf_filter_check(const struct vf_filter_flags *flags, struct vf_error *err)
{
    for (size_t i = 0; i < flags->headers.count; i++)
        if (flags->headers.items[i][0] == '\0' || flags->headers.items[i][0] == '=')
            return vf_error_set(err, VF_EUSAGE, "--header: \"%s\" is not NAME or NAME=PATTERN",
                                flags->headers.items[i]);
    for (size_t i = 0; i < flags->fields.count; i++) {
        const char *equals = strchr(flags->fields.items[i], '=');
        if (!equals || equals == flags->fields.items[i])
            return vf_error_set(err, VF_EUSAGE, "--field: \"%s\" is not PATH=PATTERN",
                                flags->fields.items[i]);
    }
    return VF_OK;
}

bool vf_filter_is_empty(const struct vf_filter_flags *flags)
{
    return !flags->keys.count && !flags->headers.count && !flags->fields.count;
}

static bool is_like(struct vf_slice text, const char *pattern)
{
    char copy[TEXT_MAX + 1];

    if (!text.ptr || text.len > TEXT_MAX || memchr(text.ptr, '\0', text.len))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return fnmatch(pattern, copy, 0) == 0;
}

static bool has_header(const struct vf_record *record, const char *wanted)
{
    const char *equals = strchr(wanted, '=');
    struct vf_slice name = vf_slice(wanted, equals ? (size_t)(equals - wanted) : strlen(wanted));

    for (size_t i = 0; i < record->header_count; i++)
        if (vf_slice_equal(record->headers[i].name, name) &&
            (!equals || is_like(record->headers[i].value, equals + 1)))
            return true;
    return false;
}

static bool is_scalar_like(const struct wire_type *type, const void *value, const char *pattern)
{
    char text[64];

    switch (type->kind) {
    case WIRE_BOOLEAN:
        snprintf(text, sizeof text, "%s", *(const bool *)value ? "true" : "false");
        break;
    case WIRE_INT: snprintf(text, sizeof text, "%" PRId32, *(const int32_t *)value); break;
    case WIRE_LONG: snprintf(text, sizeof text, "%" PRId64, *(const int64_t *)value); break;
    case WIRE_FLOAT: snprintf(text, sizeof text, "%g", (double)*(const float *)value); break;
    case WIRE_DOUBLE: snprintf(text, sizeof text, "%g", *(const double *)value); break;
    case WIRE_NULL: return strcmp(pattern, "null") == 0;
    case WIRE_ENUM: return is_like(type->of.symbols.items[*(const int32_t *)value], pattern);
    case WIRE_STRING:
    case WIRE_BYTES:
    case WIRE_FIXED: return is_like(*(const struct vf_slice *)value, pattern);
    default: return false;
    }
    return is_like(vf_slice_of(text), pattern);
}

/* The branch that a union's value has, and where it lies; NULL: null. */
static const struct wire_type *branch_of(const struct wire_type *type, const void **value)
{
    const struct wire_type *other = type->of.branches.layout == WIRE_UNION_TAGGED
                                        ? NULL
                                        : type->of.branches.items[wire_optional_branch(type)];
    const struct wire_union *tagged = *value;

    switch (type->of.branches.layout) {
    case WIRE_UNION_OPTIONAL_SLICE: return ((const struct vf_slice *)*value)->ptr ? other : NULL;
    case WIRE_UNION_OPTIONAL_POINTER:
        *value = *(const void *const *)*value;
        return *value ? other : NULL;
    case WIRE_UNION_OPTIONAL_VALUE:
        if (!*(const bool *)*value)
            return NULL;
        *value = (const char *)*value + type->of.branches.value_offset;
        return other;
    case WIRE_UNION_TAGGED: break;
    }
    *value = tagged->value;
    return tagged->branch == type->of.branches.null_branch
               ? NULL
               : type->of.branches.items[tagged->branch];
}

/* Takes the path's first step off it. */
static struct vf_slice take_step(struct vf_slice *path)
{
    const char *dot = path->len ? memchr(path->ptr, '.', path->len) : NULL;
    struct vf_slice step = vf_slice(path->ptr, dot ? (size_t)(dot - path->ptr) : path->len);
    size_t taken = step.len + (dot ? 1 : 0);

    *path = vf_slice(path->ptr + taken, path->len - taken);
    return step;
}

static bool any_item(const struct wire_type *type, const void *value, struct vf_slice path,
                     const char *pattern)
{
    const struct wire_array *array = value;

    for (size_t i = 0; i < array->count; i++)
        if (vf_filter_field(type->of.item, (const char *)array->items + i * type->of.item->size,
                            path, pattern))
            return true;
    return false;
}

static bool entry_of(const struct wire_type *type, const void *value, struct vf_slice path,
                     const char *pattern)
{
    const struct wire_array *array = value;
    struct vf_slice key = take_step(&path);
    size_t size = wire_entry_size(type);

    for (size_t i = 0; i < array->count; i++) {
        const char *entry = (const char *)array->items + i * size;
        if (vf_slice_equal(*(const struct vf_slice *)(const void *)entry, key))
            return vf_filter_field(type->of.item, entry + wire_entry_value_offset(type), path,
                                   pattern);
    }
    return false;
}

/* Recursion ends: a decoded value's nesting has a limit. */
bool vf_filter_field(const struct wire_type *type, const void *value, struct vf_slice path,
                     const char *pattern)
{
    switch (type->kind) {
    case WIRE_UNION:
        type = branch_of(type, &value);
        return type ? vf_filter_field(type, value, path, pattern)
                    : !path.len && strcmp(pattern, "null") == 0; /* "*" means: there is one */
    case WIRE_ARRAY: return any_item(type, value, path, pattern);
    case WIRE_MAP: return entry_of(type, value, path, pattern);
    case WIRE_RECORD: {
        int32_t field = wire_field_find(type, take_step(&path));
        const struct wire_field *found = field < 0 ? NULL : &type->of.fields.items[field];
        return found &&
               vf_filter_field(found->type, (const char *)value + found->offset, path, pattern);
    }
    default: return !path.len && is_scalar_like(type, value, pattern);
    }
}

static bool has_fields(const struct vf_flag_list *fields, const struct vf_record *record,
                       struct vf_decoder *decoder)
{
    struct vf_decoded decoded;

    if (vf_decoder_decode(decoder, record, &decoded, NULL))
        return false;
    for (size_t i = 0; i < fields->count; i++) {
        const char *equals = strchr(fields->items[i], '=');
        struct vf_slice path = vf_slice(fields->items[i], (size_t)(equals - fields->items[i]));
        if (!vf_filter_field(wire_schema_type(decoded.schema), decoded.value, path, equals + 1))
            return false;
    }
    return true;
}

bool vf_filter_passes(const struct vf_filter_flags *flags, const struct vf_record *record,
                      struct vf_decoder *decoder)
{
    for (size_t i = 0; i < flags->keys.count; i++)
        if (!is_like(record->key, flags->keys.items[i]))
            return false;
    for (size_t i = 0; i < flags->headers.count; i++)
        if (!has_header(record, flags->headers.items[i]))
            return false;
    return !flags->fields.count || has_fields(&flags->fields, record, decoder);
}
