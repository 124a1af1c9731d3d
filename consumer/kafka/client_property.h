/*
 * The library's own list of its properties: which names exist, and for which kind of client.
 */
#ifndef VF_KAFKA_CLIENT_PROPERTY_H
#define VF_KAFKA_CLIENT_PROPERTY_H

#include "base/error.h"
#include "base/slice.h"
#include "kafka/client_config.h"

struct vf_property {
    const char *name;
    bool roles[2]; /* by enum vf_client_role */
};

struct vf_property_list {
    struct vf_property *items; /* owned */
    size_t count;
    char *text; /* owned; the names point into it */
};

/* VF_ENOMEM, VF_EKAFKA. */
int vf_property_list_load(struct vf_property_list *list, struct vf_error *err);
void vf_property_list_release(struct vf_property_list *list);
/* NULL: no such property. */
const struct vf_property *vf_property_find(const struct vf_property_list *list,
                                           struct vf_slice name);
/* The nearest name for the role; NULL when none is near. */
const char *vf_property_nearest(const struct vf_property_list *list, struct vf_slice name,
                                enum vf_client_role role);

#endif
