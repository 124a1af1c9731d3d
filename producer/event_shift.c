#include "event_shift.h"

#include "base/date.h"
#include "codec/wire_type.h"
#include <stdio.h>

enum { ARENA_BLOCK = 16 * 1024, VALUE_MAX = 64 << 20, KEY_MAX = 1 << 20 }; /* bytes */
#define DAY_MS 86400000

void vf_event_shift_init(struct vf_event_shift *shift)
{
    *shift = (struct vf_event_shift){.round = 0};
    vf_buffer_init(&shift->value, VALUE_MAX);
    vf_buffer_init(&shift->key, KEY_MAX);
    vf_arena_init(&shift->arena, ARENA_BLOCK, VALUE_MAX);
}

void vf_event_shift_release(struct vf_event_shift *shift)
{
    vf_buffer_release(&shift->value);
    vf_buffer_release(&shift->key);
    vf_arena_release(&shift->arena);
}

/* ---- fields by name, whether they may be null or not; NULL: no such field, or null ---- */

static void *find_field(const struct wire_type *record, void *value, const char *name,
                        const struct wire_type **type)
{
    int32_t index = record->kind == WIRE_RECORD ? wire_field_find(record, vf_slice_of(name)) : -1;
    if (index < 0)
        return NULL;
    const struct wire_field *field = &record->of.fields.items[index];
    *type = field->type;
    return (char *)value + field->offset;
}

static struct vf_slice *text_field(const struct wire_type *record, void *value, const char *name)
{
    const struct wire_type *type;
    struct vf_slice *field = find_field(record, value, name, &type);

    if (field && type->kind == WIRE_UNION) {
        if (type->of.branches.layout != WIRE_UNION_OPTIONAL_SLICE || !field->ptr)
            return NULL;
        type = type->of.branches.items[wire_optional_branch(type)];
    }
    return field && type->kind == WIRE_STRING ? field : NULL;
}

static int64_t *long_field(const struct wire_type *record, void *value, const char *name)
{
    const struct wire_type *type;
    char *field = find_field(record, value, name, &type);

    if (field && type->kind == WIRE_UNION) {
        if (type->of.branches.layout != WIRE_UNION_OPTIONAL_VALUE || !*(const bool *)field)
            return NULL;
        field += type->of.branches.value_offset;
        type = type->of.branches.items[wire_optional_branch(type)];
    }
    return field && type->kind == WIRE_LONG ? (int64_t *)(void *)field : NULL;
}

static void *record_field(const struct wire_type *record, void *value, const char *name,
                          const struct wire_type **type)
{
    void *field = find_field(record, value, name, type);

    if (field && (*type)->kind == WIRE_UNION) {
        if ((*type)->of.branches.layout != WIRE_UNION_OPTIONAL_POINTER)
            return NULL;
        field = *(void **)field;
        *type = (*type)->of.branches.items[wire_optional_branch(*type)];
    }
    return field && (*type)->kind == WIRE_RECORD ? field : NULL;
}

/* ---- changes ---- */

static bool mark_id(struct vf_event_shift *shift, struct vf_slice *id)
{
    if (!id || !id->len)
        return true;
    *id = vf_arena_printf(&shift->arena, "%.*s~%d", VF_SLICE_PRINT(*id), shift->round);
    return id->ptr != NULL;
}

/* A date keeps the precision that it has. */
static bool move_date(struct vf_event_shift *shift, struct vf_slice *text, int32_t days)
{
    struct vf_partial_date date;
    int year, month, day;

    if (!text || !days || vf_partial_date_parse(*text, &date))
        return true;
    int64_t moved = (int64_t)vf_partial_date_first(date) + days;
    if (moved < vf_day_from_civil(VF_YEAR_FIRST, 1, 1) ||
        moved > vf_day_from_civil(VF_YEAR_LAST, 12, 31))
        return true;
    vf_civil_from_day((int32_t)moved, &year, &month, &day);
    if (date.day)
        *text = vf_arena_printf(&shift->arena, "%04d-%02d-%02d", year, month, day);
    else if (date.month)
        *text = vf_arena_printf(&shift->arena, "%04d-%02d", year, month);
    else
        *text = vf_arena_printf(&shift->arena, "%04d", year);
    return text->ptr != NULL;
}

static bool change(struct vf_event_shift *shift, const struct wire_type *type, void *value)
{
    static const char *const ids[] = {"event_id", "supersedes", "visit_id"};
    int32_t days = (int32_t)(shift->ms / DAY_MS);
    int64_t *published = long_field(type, value, "published_at");
    const struct wire_type *dates_type = NULL;
    void *dates = record_field(type, value, "dates", &dates_type);
    bool done = true;

    for (size_t i = 0; shift->round > 1 && i < sizeof ids / sizeof *ids; i++)
        done &= mark_id(shift, text_field(type, value, ids[i]));
    if (published && __builtin_add_overflow(*published, shift->ms, published))
        *published = 0;
    if (dates) {
        done &= move_date(shift, text_field(dates_type, dates, "start"), days);
        done &= move_date(shift, text_field(dates_type, dates, "end"), days);
    }
    return done;
}

/* A key that ends in the event's id goes on doing so. */
static bool change_key(struct vf_event_shift *shift, struct vf_slice old_id,
                       struct vf_record *record)
{
    if (shift->round < 2 || !old_id.len || !vf_slice_ends(record->key, old_id))
        return true;
    vf_buffer_clear(&shift->key);
    vf_buffer_append_slice(&shift->key, record->key);
    vf_buffer_printf(&shift->key, "~%d", shift->round);
    record->key = vf_buffer_slice(&shift->key);
    return !shift->key.failed;
}

int vf_event_shift_apply(struct vf_event_shift *shift, struct vf_decoder *decoder,
                         struct vf_record *record, struct vf_error *err)
{
    struct vf_decoded decoded;

    if (vf_decoder_decode(decoder, record, &decoded, NULL))
        return VF_OK;
    const struct wire_type *type = wire_schema_type(decoded.schema);
    const struct vf_slice *id = text_field(type, decoded.value, "event_id");
    if (!id)
        return VF_OK;
    struct vf_slice old_id = *id;
    vf_arena_reset(&shift->arena);
    if (!change(shift, type, decoded.value) || !change_key(shift, old_id, record))
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    vf_buffer_clear(&shift->value);
    size_t prefix = record->value.len - decoded.frame.body.len;
    vf_buffer_append(&shift->value, record->value.ptr, prefix);
    int rc = wire_encode(decoded.schema, decoded.value, &shift->value, err);
    if (!rc)
        record->value = vf_buffer_slice(&shift->value);
    return rc;
}

int64_t vf_event_published(struct vf_decoder *decoder, const struct vf_record *record)
{
    struct vf_decoded decoded;

    if (vf_decoder_decode(decoder, record, &decoded, NULL))
        return -1;
    const int64_t *published =
        long_field(wire_schema_type(decoded.schema), decoded.value, "published_at");
    return published && *published >= 0 ? *published : -1;
}
