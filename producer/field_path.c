#include "field_path.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool visit_scalar(const struct wire_type *type, const void *value, vf_field_visit visit,
                         void *owner)
{
    char text[64];

    switch (type->kind) {
    case WIRE_BOOLEAN: return visit(owner, vf_slice_of(*(const bool *)value ? "true" : "false"));
    case WIRE_INT: snprintf(text, sizeof text, "%" PRId32, *(const int32_t *)value); break;
    case WIRE_LONG: snprintf(text, sizeof text, "%" PRId64, *(const int64_t *)value); break;
    case WIRE_FLOAT: snprintf(text, sizeof text, "%g", (double)*(const float *)value); break;
    case WIRE_DOUBLE: snprintf(text, sizeof text, "%g", *(const double *)value); break;
    case WIRE_NULL: return visit(owner, VF_SLICE_NULL);
    case WIRE_ENUM: return visit(owner, type->of.symbols.items[*(const int32_t *)value]);
    case WIRE_STRING:
    case WIRE_BYTES:
    case WIRE_FIXED: return visit(owner, *(const struct vf_slice *)value);
    default: return false;
    }
    return visit(owner, vf_slice_of(text));
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

static bool find_in_items(const struct wire_type *type, const void *value, struct vf_slice path,
                          vf_field_visit visit, void *owner)
{
    const struct wire_array *array = value;
    const struct wire_type *item = type->of.item;

    for (size_t i = 0; i < array->count; i++)
        if (vf_field_find(item, (const char *)array->items + i * item->size, path, visit, owner))
            return true;
    return false;
}

static bool find_in_entry(const struct wire_type *type, const void *value, struct vf_slice path,
                          vf_field_visit visit, void *owner)
{
    const struct wire_array *array = value;
    struct vf_slice key = take_step(&path);
    size_t size = wire_entry_size(type);

    for (size_t i = 0; i < array->count; i++) {
        const char *entry = (const char *)array->items + i * size;
        if (vf_slice_equal(*(const struct vf_slice *)(const void *)entry, key))
            return vf_field_find(type->of.item, entry + wire_entry_value_offset(type), path, visit,
                                 owner);
    }
    return false;
}

/* Recursion ends: a decoded value's nesting has a limit. */
bool vf_field_find(const struct wire_type *type, const void *value, struct vf_slice path,
                   vf_field_visit visit, void *owner)
{
    switch (type->kind) {
    case WIRE_UNION:
        type = branch_of(type, &value);
        return type ? vf_field_find(type, value, path, visit, owner)
                    : !path.len && visit(owner, VF_SLICE_NULL);
    case WIRE_ARRAY: return find_in_items(type, value, path, visit, owner);
    case WIRE_MAP: return find_in_entry(type, value, path, visit, owner);
    case WIRE_RECORD: {
        int32_t field = wire_field_find(type, take_step(&path));
        const struct wire_field *found = field < 0 ? NULL : &type->of.fields.items[field];
        return found &&
               vf_field_find(found->type, (const char *)value + found->offset, path, visit, owner);
    }
    default: return !path.len && visit_scalar(type, value, visit, owner);
    }
}
