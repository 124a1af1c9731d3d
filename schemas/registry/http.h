/*
 * One HTTP request and its answer, with limits on time and size, and a way to break it off.
 * Internal to registry; one thread, vf_http_stop excepted.
 */
#ifndef VF_REGISTRY_HTTP_H
#define VF_REGISTRY_HTTP_H

#include "base/buffer.h"
#include "registry/registry_url.h"

struct vf_http;

struct vf_http_answer {
    long status;
    struct vf_slice body; /* valid until the next exchange */
    int64_t retry_after;  /* milliseconds that the server asks to wait; 0: it does not say */
};

/* The config's texts must outlive it. VF_ENOMEM. */
int vf_http_create(const struct vf_registry_config *config, struct vf_http **out,
                   struct vf_error *err);
void vf_http_free(struct vf_http *http); /* NULL is allowed */

/* GET, or POST when body.ptr is set. 0 whatever the status is. VF_EIO, VF_ETIMEDOUT: no answer,
 * or half of one; VF_ELIMIT: JSON longer than the limit. err says why, without any secret. */
int vf_http_exchange(struct vf_http *http, const struct vf_registry_url *url, const char *path,
                     struct vf_slice body, struct vf_http_answer *out, struct vf_error *err);

/* The exchange under way, and all later ones, end at once with VF_EIO. Any thread. */
void vf_http_stop(struct vf_http *http);

#endif
