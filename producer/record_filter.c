#include "record_filter.h"

#include "field_path.h"
#include <fnmatch.h>

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

/* "*" means that there is something: null is not like that. */
static bool is_field_like(void *pattern, struct vf_slice text)
{
    return text.ptr ? is_like(text, pattern) : strcmp(pattern, "null") == 0;
}

bool vf_filter_field(const struct wire_type *type, const void *value, struct vf_slice path,
                     const char *pattern)
{
    return vf_field_find(type, value, path, is_field_like, (void *)pattern);
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
