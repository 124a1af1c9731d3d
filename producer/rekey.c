#include "rekey.h"

#include "field_path.h"

enum { KEY_MAX = 1 << 20 }; /* bytes of a key that was a field */

void vf_rekey_init(struct vf_rekey *rekey)
{
    *rekey = (struct vf_rekey){.by = VF_REKEY_KEEP};
    vf_buffer_init(&rekey->key, KEY_MAX);
}

void vf_rekey_release(struct vf_rekey *rekey)
{
    vf_buffer_release(&rekey->key);
}

int vf_rekey_parse(struct vf_slice text, struct vf_rekey *rekey, struct vf_error *err)
{
    static const struct {
        struct vf_slice word;
        enum vf_rekey_by by;
        bool named; /* a name follows */
    } ways[] = {
        {VF_SLICE_LITERAL("keep"), VF_REKEY_KEEP, false},
        {VF_SLICE_LITERAL("none"), VF_REKEY_NONE, false},
        {VF_SLICE_LITERAL("header:"), VF_REKEY_HEADER, true},
        {VF_SLICE_LITERAL("field:"), VF_REKEY_FIELD, true},
    };

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        size_t length = ways[i].word.len;
        if (!vf_slice_starts(text, ways[i].word) || (text.len > length) != ways[i].named)
            continue;
        rekey->by = ways[i].by;
        rekey->name = text.ptr + length;
        return VF_OK;
    }
    return vf_error_set(err, VF_EUSAGE,
                        "--rekey: \"%.*s\" is none of keep, none, header:NAME, field:PATH",
                        VF_SLICE_PRINT(text));
}

static int take_header(struct vf_rekey *rekey, struct vf_record *record, struct vf_error *err)
{
    const struct vf_header *header = vf_record_header(record, rekey->name);

    if (!header || !header->value.ptr)
        return vf_error_set(err, VF_EDATA, "no key: header %s is %s", rekey->name,
                            header ? "null" : "missing");
    record->key = header->value;
    return VF_OK;
}

static bool take_text(void *owner, struct vf_slice text)
{
    struct vf_rekey *rekey = owner;

    vf_buffer_clear(&rekey->key);
    return text.ptr && (vf_buffer_append_slice(&rekey->key, text) || rekey->key.failed);
}

static int take_field(struct vf_rekey *rekey, struct vf_decoder *decoder, struct vf_record *record,
                      struct vf_error *err)
{
    struct vf_decoded decoded;

    int rc = vf_decoder_decode(decoder, record, &decoded, err);
    if (rc) {
        vf_error_prefix(err, "no key");
        return rc;
    }
    if (!vf_field_find(wire_schema_type(decoded.schema), decoded.value, vf_slice_of(rekey->name),
                       take_text, rekey))
        return vf_error_set(err, VF_EDATA, "no key: field %s is missing or null", rekey->name);
    if (rekey->key.failed)
        return vf_error_set(err, VF_ELIMIT, "no key: field %s is longer than %d bytes", rekey->name,
                            KEY_MAX);
    record->key = rekey->key.len ? vf_buffer_slice(&rekey->key) : vf_slice("", 0);
    return VF_OK;
}

int vf_rekey_apply(struct vf_rekey *rekey, struct vf_decoder *decoder, struct vf_record *record,
                   struct vf_error *err)
{
    switch (rekey->by) {
    case VF_REKEY_KEEP: break;
    case VF_REKEY_NONE: record->key = VF_SLICE_NULL; break;
    case VF_REKEY_HEADER: return take_header(rekey, record, err);
    case VF_REKEY_FIELD: return take_field(rekey, decoder, record, err);
    }
    return VF_OK;
}
