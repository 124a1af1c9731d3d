#include "decoder.h"

#include "base/memory.h"
#include "registry/registry.h"

enum { ARENA_BLOCK = 64 * 1024 }; /* bytes */

struct vf_decoder {
    enum wire_framing framing;
    struct vf_schema_store *store; /* owned */
    struct vf_registry *registry;  /* owned; NULL: none is configured */
    struct vf_arena arena;         /* of one value */
    struct wire_frame unknown[VF_DECODER_UNKNOWN_MAX];
    struct vf_error why[VF_DECODER_UNKNOWN_MAX];
    size_t unknown_count; /* ever; the oldest are forgotten */
};

int vf_decoder_create(const struct vf_config *config, struct vf_arena *arena,
                      struct vf_decoder **out, struct vf_error *err)
{
    struct vf_registry_config registry;
    struct vf_decoder *decoder = vf_calloc(1, sizeof *decoder);

    *out = NULL;
    if (!decoder)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    decoder->framing = (enum wire_framing)config->input_framing;
    vf_arena_init(&decoder->arena, ARENA_BLOCK, VF_DECODER_VALUE_MAX);
    int rc = vf_schema_store_create(&decoder->store);
    if (rc)
        vf_error_set(err, rc, "out of memory");
    if (!rc)
        rc = vf_config_schemas(config, decoder->store, arena, err);
    if (!rc && vf_config_registry(config, arena, &registry))
        rc = vf_registry_create(&registry, NULL, NULL, &decoder->registry, err);
    if (rc) {
        vf_decoder_free(decoder);
        return rc;
    }
    *out = decoder;
    return VF_OK;
}

void vf_decoder_free(struct vf_decoder *decoder)
{
    if (!decoder)
        return;
    vf_registry_free(decoder->registry);
    vf_schema_store_free(decoder->store);
    vf_arena_release(&decoder->arena);
    vf_free(decoder);
}

static bool same_name(const struct wire_frame *a, const struct wire_frame *b)
{
    return a->framing == b->framing && a->id == b->id && a->fingerprint == b->fingerprint &&
           memcmp(a->guid, b->guid, sizeof a->guid) == 0;
}

static const struct vf_error *find_unknown(const struct vf_decoder *decoder,
                                           const struct wire_frame *name)
{
    size_t count = decoder->unknown_count < VF_DECODER_UNKNOWN_MAX ? decoder->unknown_count
                                                                   : VF_DECODER_UNKNOWN_MAX;
    for (size_t i = 0; i < count; i++)
        if (same_name(&decoder->unknown[i], name))
            return &decoder->why[i];
    return NULL;
}

static int ask_registry(struct vf_decoder *decoder, const struct wire_frame *name,
                        struct vf_error *err)
{
    struct vf_registry_request request = {.operation = name->framing == WIRE_FRAMING_CONFLUENT
                                                           ? VF_REGISTRY_BY_ID
                                                           : VF_REGISTRY_BY_GUID,
                                          .id = name->id,
                                          .patience = VF_DECODER_REGISTRY_PATIENCE_MS};
    struct vf_registry_result result;
    struct vf_error why = {0};

    const struct vf_error *known = find_unknown(decoder, name);
    if (known)
        return vf_error_set(err, known->code, "%s", known->text);
    memcpy(request.guid, name->guid, sizeof request.guid);
    int rc = vf_registry_call(decoder->registry, &request, &result, &why);
    if (!rc) {
        rc = vf_schema_store_put(decoder->store, name, result.schema, err);
        result.schema = NULL; /* the store's */
    } else {
        size_t at = decoder->unknown_count++ % VF_DECODER_UNKNOWN_MAX;
        decoder->unknown[at] = *name;
        decoder->why[at] = why;
        vf_error_set(err, rc, "%s", why.text);
    }
    vf_registry_result_release(&result);
    return rc;
}

static int find_schema(struct vf_decoder *decoder, const struct wire_frame *name,
                       const struct wire_schema **out, struct vf_error *err)
{
    int rc = vf_schema_store_schema(decoder->store, name, out, err);
    bool has_name =
        name->framing == WIRE_FRAMING_CONFLUENT || name->framing == WIRE_FRAMING_GUID_HEADER;

    if (rc != VF_EUNKNOWNSCHEMA || !decoder->registry || !has_name)
        return rc;
    rc = ask_registry(decoder, name, err);
    return rc ? rc : vf_schema_store_schema(decoder->store, name, out, err);
}

/* As configured, unless the value's own first bytes say something else. */
static enum wire_framing expected_framing(const struct vf_decoder *decoder, struct vf_slice value)
{
    static const char single_object[] = {'\xC3', '\x01'};

    if (decoder->framing == WIRE_FRAMING_PLAIN)
        return WIRE_FRAMING_PLAIN; /* which may begin with anything */
    if (vf_slice_starts(value, vf_slice(single_object, sizeof single_object)))
        return WIRE_FRAMING_SINGLE_OBJECT;
    return value.len && value.ptr[0] == 0 ? WIRE_FRAMING_CONFLUENT : decoder->framing;
}

int vf_decoder_find(struct vf_decoder *decoder, const struct vf_record *record,
                    struct vf_decoded *out, struct vf_error *err)
{
    out->value = NULL;
    out->schema = NULL;
    int rc = wire_frame_read(record, expected_framing(decoder, record->value), &out->frame, err);
    out->framed = rc == VF_OK;
    return rc ? rc : find_schema(decoder, &out->frame, &out->schema, err);
}

int vf_decoder_decode(struct vf_decoder *decoder, const struct vf_record *record,
                      struct vf_decoded *out, struct vf_error *err)
{
    const struct wire_plan *plan;

    int rc = vf_decoder_find(decoder, record, out, err);
    if (rc)
        return rc;
    rc = vf_schema_store_plan(decoder->store, &out->frame, out->schema, &plan, err);
    if (rc)
        return rc;
    vf_arena_reset(&decoder->arena);
    void *value = vf_arena_alloc(&decoder->arena, wire_schema_size(out->schema));
    if (!value)
        return vf_error_set(err, VF_ENOMEM, "out of memory for the value");
    out->value = value;
    return wire_decode(plan, out->frame.body, NULL, &decoder->arena, value, err);
}
