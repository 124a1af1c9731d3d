/*
 * The contract's schemas and the subjects they have in a registry: those of the topics that the
 * configuration names. Each call waits for the registry.
 */
#ifndef VF_PRODUCER_REGISTRY_IDS_H
#define VF_PRODUCER_REGISTRY_IDS_H

#include "daemon/config.h"
#include "feed/convert.h"
#include "registry/registry.h"

enum {
    VF_REGISTRY_PATIENCE_MS = 10000, /* that a registry out of order is asked again */
    VF_CONTRACT_MAX = 8,
};

/* A schema of the contract, and the topic whose values it describes. */
struct vf_contract_schema {
    const char *name; /* "visit" */
    const char *json;
    struct vf_slice topic;
};

/* Those of the configuration's topics; returns how many. */
size_t vf_contract_schemas(const struct vf_config *config,
                           struct vf_contract_schema out[VF_CONTRACT_MAX]);

/* The registry of the configuration. VF_ECONFIG: there is none. */
int vf_registry_of_config(const struct vf_config *config, struct vf_arena *arena,
                          struct vf_registry **out, struct vf_error *err);

/* The id that one schema has among the values of a topic; *guid is zeros where none is told. */
int vf_registry_schema_id(struct vf_registry *registry, const struct vf_config *config,
                          struct vf_slice topic, const char *record_name, const char *schema_json,
                          uint32_t *id, uint8_t guid[VF_REGISTRY_GUID_BYTES], struct vf_error *err);

/* Fills the ids of a converter's schemas, by the subjects of its topics: registers them, where
 * registry.auto.register allows it, or looks them up. Without a registry nothing changes. */
int vf_registry_fill_ids(const struct vf_config *config, struct vf_arena *arena,
                         struct vf_convert_config *convert, struct vf_error *err);

#endif
