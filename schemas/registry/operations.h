/*
 * What a request asks for, carried out once: the disk cache, the registry, the parser.
 * Internal to registry; one thread.
 */
#ifndef VF_REGISTRY_OPERATIONS_H
#define VF_REGISTRY_OPERATIONS_H

#include "registry/bundle.h"
#include "registry/disk_cache.h"

struct vf_worker {
    struct vf_talk talk;
    int64_t retry_max; /* milliseconds: that long after a failure the cache comes first */
    struct vf_disk_cache cache;
    atomic_uint_least64_t cached; /* requests that the cache answered */
};

/* Fills result but for its error. VF_EAGAIN: may pass, err->code says what it was, and
 * *retry_after how long the registry asks to wait, in milliseconds. Anything else is the last
 * word. */
int vf_worker_run(struct vf_worker *worker, const struct vf_registry_request *request,
                  struct vf_registry_result *result, int64_t *retry_after, struct vf_error *err);

/* "schema id 7", "subject visits-value": what a request is about, for messages. */
void vf_request_describe(const struct vf_registry_request *request, char *out, size_t size);

#endif
