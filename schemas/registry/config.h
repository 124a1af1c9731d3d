/*
 * Copies of a registry's configuration. Internal to registry.
 */
#ifndef VF_REGISTRY_CONFIG_H
#define VF_REGISTRY_CONFIG_H

#include "registry/registry.h"

/* VF_ENOMEM; to is to be released in any case. */
int vf_registry_config_copy(const struct vf_registry_config *from, struct vf_registry_config *to);
void vf_registry_config_release(struct vf_registry_config *config);

#endif
