#include "registry/bundle.h"

#include "base/memory.h"

void vf_bundle_init(struct vf_bundle *bundle)
{
    bundle->count = 0;
    bundle->bytes = 0;
}

void vf_bundle_release(struct vf_bundle *bundle)
{
    for (size_t i = 0; i < bundle->count; i++) {
        vf_free(bundle->items[i].text);
        vf_free(bundle->items[i].uses);
    }
    vf_bundle_init(bundle);
}

int vf_bundle_add(struct vf_bundle *bundle, struct vf_slice text, const uint16_t *uses,
                  size_t use_count, struct vf_error *err)
{
    if (bundle->count == VF_BUNDLE_MAX)
        return vf_error_set(err, VF_ELIMIT, "the schema refers to more than %d others",
                            VF_REGISTRY_REFERENCES_MAX);
    if (text.len > VF_REGISTRY_SCHEMA_BYTES_MAX - bundle->bytes)
        return vf_error_set(err, VF_ELIMIT,
                            "the schema with all it refers to is longer than %d bytes",
                            VF_REGISTRY_SCHEMA_BYTES_MAX);
    struct vf_bundle_item item = {.length = text.len, .use_count = use_count};
    item.text = vf_malloc(text.len + 1);
    item.uses = vf_malloc((use_count + 1) * sizeof *item.uses);
    if (!item.text || !item.uses) {
        vf_free(item.text);
        vf_free(item.uses);
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    }
    memcpy(item.text, text.ptr, text.len);
    item.text[text.len] = '\0';
    if (use_count)
        memcpy(item.uses, uses, use_count * sizeof *uses);
    bundle->items[bundle->count++] = item;
    bundle->bytes += text.len;
    return VF_OK;
}

static int parse_item(const struct vf_bundle_item *item, struct wire_schema *const *parsed,
                      struct wire_schema **out, struct vf_error *err)
{
    struct wire_schema *known[VF_REGISTRY_REFERENCES_MAX];

    for (size_t i = 0; i < item->use_count; i++)
        known[i] = parsed[item->uses[i]];
    return wire_schema_parse_with(vf_slice(item->text, item->length), known, item->use_count, out,
                                  err);
}

int vf_bundle_parse(const struct vf_bundle *bundle, struct wire_schema **out, struct vf_error *err)
{
    struct wire_schema *parsed[VF_BUNDLE_MAX];
    size_t count = 0;
    int rc = VF_OK;

    *out = NULL;
    for (size_t i = 0; i < bundle->count && !rc; i++) {
        rc = parse_item(&bundle->items[i], parsed, &parsed[i], err);
        if (!rc)
            count++;
        else if (i + 1 < bundle->count)
            vf_error_prefix(err, "a schema that it refers to");
    }
    if (!rc && count)
        *out = parsed[--count];
    for (size_t i = 0; i < count; i++)
        wire_schema_free(parsed[i]);
    return rc;
}

json_t *vf_bundle_to_json(const struct vf_bundle *bundle)
{
    json_t *items = json_array();

    for (size_t i = 0; items && i < bundle->count; i++) {
        const struct vf_bundle_item *item = &bundle->items[i];
        json_t *uses = json_array();
        int failed = uses == NULL;
        for (size_t k = 0; k < item->use_count && !failed; k++)
            failed = json_array_append_new(uses, json_integer(item->uses[k]));
        json_t *one =
            failed ? NULL
                   : json_pack("{s:s%, s:O}", "text", item->text, item->length, "uses", uses);
        json_decref(uses);
        if (!one || json_array_append_new(items, one)) {
            json_decref(items);
            return NULL;
        }
    }
    return items;
}

static int add_from_json(struct vf_bundle *bundle, const json_t *json, struct vf_error *err)
{
    const json_t *text = json_object_get(json, "text");
    const json_t *list = json_object_get(json, "uses");
    uint16_t uses[VF_REGISTRY_REFERENCES_MAX];
    size_t count = json_array_size(list);

    if (!json_is_string(text) || !json_is_array(list) || count > VF_REGISTRY_REFERENCES_MAX)
        return vf_error_set(err, VF_EDATA, "no cached schema");
    for (size_t i = 0; i < count; i++) {
        json_int_t use = json_integer_value(json_array_get(list, i));
        if (use < 0 || (size_t)use >= bundle->count)
            return vf_error_set(err, VF_EDATA, "a cached schema refers to none");
        uses[i] = (uint16_t)use;
    }
    return vf_bundle_add(bundle, vf_slice(json_string_value(text), json_string_length(text)), uses,
                         count, err);
}

int vf_bundle_from_json(struct vf_bundle *bundle, const json_t *json, struct vf_error *err)
{
    int rc = json_array_size(json) ? VF_OK : vf_error_set(err, VF_EDATA, "no cached schema");

    for (size_t i = 0; i < json_array_size(json) && !rc; i++)
        rc = add_from_json(bundle, json_array_get(json, i), err);
    return rc;
}
