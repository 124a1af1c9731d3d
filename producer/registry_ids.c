#include "registry_ids.h"

#include "vf_events.h"

size_t vf_contract_schemas(const struct vf_config *config,
                           struct vf_contract_schema out[VF_CONTRACT_MAX])
{
    const struct vf_contract_schema all[] = {
        {"visit", vf_visit_schema_json, config->input_visits},
        {"meeting", vf_meeting_schema_json, config->input_meetings},
        {"normalized event", vf_normalized_event_schema_json, config->output_visits},
        {"normalized event", vf_normalized_event_schema_json, config->output_meetings},
    };
    enum { COUNT = sizeof all / sizeof *all };
    size_t count = 0;

    for (size_t i = 0; i < COUNT; i++) {
        bool twice = false;
        for (size_t j = 0; j < count; j++)
            twice |= out[j].json == all[i].json && vf_slice_equal(out[j].topic, all[i].topic);
        if (!twice)
            out[count++] = all[i];
    }
    return count;
}

int vf_registry_of_config(const struct vf_config *config, struct vf_arena *arena,
                          struct vf_registry **out, struct vf_error *err)
{
    struct vf_registry_config registry;

    *out = NULL;
    if (!vf_config_registry(config, arena, &registry))
        return vf_error_set(err, VF_ECONFIG, "registry.url: no registry is configured");
    return vf_registry_create(&registry, NULL, NULL, out, err);
}

int vf_registry_schema_id(struct vf_registry *registry, const struct vf_config *config,
                          struct vf_slice topic, const char *record_name, const char *schema_json,
                          uint32_t *id, uint8_t guid[VF_REGISTRY_GUID_BYTES], struct vf_error *err)
{
    struct vf_registry_result result = {.id = 0};
    char subject[VF_SUBJECT_MAX];

    int rc = vf_registry_subject((enum vf_subject_strategy)config->registry.subject_strategy, topic,
                                 vf_slice_of(record_name), subject);
    if (rc)
        return vf_error_set(err, rc, "the subject of topic %.*s is too long",
                            VF_SLICE_PRINT(topic));
    struct vf_registry_request request = {
        .operation = config->registry.auto_register ? VF_REGISTRY_REGISTER : VF_REGISTRY_FIND,
        .subject = vf_slice_of(subject),
        .text = vf_slice_of(schema_json),
        .patience = VF_REGISTRY_PATIENCE_MS};
    rc = vf_registry_call(registry, &request, &result, err);
    *id = result.id;
    memset(guid, 0, VF_REGISTRY_GUID_BYTES);
    if (!rc && result.has_guid)
        memcpy(guid, result.guid, VF_REGISTRY_GUID_BYTES);
    vf_registry_result_release(&result);
    return rc;
}

static bool is_zero(const uint8_t guid[VF_REGISTRY_GUID_BYTES])
{
    static const uint8_t zeros[VF_REGISTRY_GUID_BYTES];
    return memcmp(guid, zeros, sizeof zeros) == 0;
}

int vf_registry_fill_ids(const struct vf_config *config, struct vf_arena *arena,
                         struct vf_convert_config *convert, struct vf_error *err)
{
    static const struct {
        const char *record_name;
        const char *json;
    } schemas[VF_KIND_COUNT] = {
        [VF_KIND_VISIT] = {"visitfeed.v1.Visit", vf_visit_schema_json},
        [VF_KIND_MEETING] = {"visitfeed.v1.Meeting", vf_meeting_schema_json}};
    struct vf_registry *registry;
    int rc = VF_OK;

    if (!config->registry.url.len)
        return VF_OK;
    rc = vf_registry_of_config(config, arena, &registry, err);
    for (int kind = 0; !rc && kind < VF_KIND_COUNT; kind++) {
        if (convert->kind != VF_KIND_AUTO && (int)convert->kind != kind)
            continue;
        rc = vf_registry_schema_id(registry, config, convert->topics[kind],
                                   schemas[kind].record_name, schemas[kind].json,
                                   &convert->schema_ids[kind], convert->schema_guids[kind], err);
        if (!rc && convert->framing == WIRE_FRAMING_GUID_HEADER &&
            is_zero(convert->schema_guids[kind]))
            rc = vf_error_set(err, VF_EUNKNOWNSCHEMA,
                              "the registry tells no GUID, which the header framing needs: give "
                              "it by --schema-id");
    }
    vf_registry_free(registry);
    return rc;
}
