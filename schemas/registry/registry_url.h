/*
 * The list of a registry's URLs. Internal to registry.
 */
#ifndef VF_REGISTRY_URL_H
#define VF_REGISTRY_URL_H

#include "registry/registry.h"

struct vf_registry_url {
    char *base;     /* without user, password and a slash at the end: may be logged */
    char *user;     /* NULL: none in the URL */
    char *password; /* secret */
    bool https;
};

struct vf_registry_urls {
    struct vf_registry_url items[VF_REGISTRY_URLS_MAX];
    size_t count;
};

/* VF_ECONFIG: err tells which URL by its number, since it may contain a password. */
int vf_registry_urls_parse(const char *text, struct vf_registry_urls *out, struct vf_error *err);
void vf_registry_urls_release(struct vf_registry_urls *urls);
/* The same for the same registries in any order: names their folder in the cache. */
uint64_t vf_registry_urls_hash(const struct vf_registry_urls *urls);

#endif
