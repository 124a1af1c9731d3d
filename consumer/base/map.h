/*
 * Hash map from byte strings to a 32-bit value: open addressing, linear probing, xxh3.
 * Keys are borrowed: they must outlive the map. Built once, then read by any thread.
 */
#ifndef VF_BASE_MAP_H
#define VF_BASE_MAP_H

#include "base/slice.h"
#include <stdint.h>

enum { VF_MAP_NONE = -1 };

struct vf_map_entry {
    struct vf_slice key; /* ptr NULL: free */
    uint32_t hash;
    int32_t value;
};

struct vf_map {
    struct vf_map_entry *entries; /* owned */
    size_t capacity;              /* a power of two, or 0 */
    size_t count;
};

void vf_map_init(struct vf_map *map);
void vf_map_release(struct vf_map *map);
/* Adds or replaces. value >= 0. 0 or VF_ENOMEM. */
int vf_map_put(struct vf_map *map, struct vf_slice key, int32_t value);
/* The value, or VF_MAP_NONE. */
int32_t vf_map_get(const struct vf_map *map, struct vf_slice key);

#endif
