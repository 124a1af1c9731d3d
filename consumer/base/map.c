#include "base/map.h"

#include "base/error.h"
#include "base/memory.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { FIRST_CAPACITY = 16 };

void vf_map_init(struct vf_map *map)
{
    *map = (struct vf_map){0};
}

void vf_map_release(struct vf_map *map)
{
    vf_free(map->entries);
    vf_map_init(map);
}

/* The entry that holds the key, or the free one where it belongs. capacity > 0. */
static struct vf_map_entry *find(const struct vf_map *map, struct vf_slice key, uint32_t hash)
{
    size_t mask = map->capacity - 1;

    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct vf_map_entry *entry = &map->entries[i];
        if (!entry->key.ptr || (entry->hash == hash && vf_slice_equal(entry->key, key)))
            return entry;
    }
}

static int grow(struct vf_map *map)
{
    struct vf_map larger = {.capacity = map->capacity ? map->capacity * 2 : FIRST_CAPACITY};
    larger.entries = vf_calloc(larger.capacity, sizeof *larger.entries);
    if (!larger.entries)
        return VF_ENOMEM;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->entries[i].key.ptr)
            *find(&larger, map->entries[i].key, map->entries[i].hash) = map->entries[i];
    larger.count = map->count;
    vf_free(map->entries);
    *map = larger;
    return VF_OK;
}

int vf_map_put(struct vf_map *map, struct vf_slice key, int32_t value)
{
    if ((map->count + 1) * 4 > map->capacity * 3) {
        int rc = grow(map);
        if (rc)
            return rc;
    }
    if (!key.ptr)
        key.ptr = ""; /* NULL marks a free entry */
    uint32_t hash = (uint32_t)XXH3_64bits(key.ptr, key.len);
    struct vf_map_entry *entry = find(map, key, hash);
    if (!entry->key.ptr)
        map->count++;
    *entry = (struct vf_map_entry){key, hash, value};
    return VF_OK;
}

int32_t vf_map_get(const struct vf_map *map, struct vf_slice key)
{
    if (!map->count)
        return VF_MAP_NONE;
    const struct vf_map_entry *entry = find(map, key, (uint32_t)XXH3_64bits(key.ptr, key.len));
    return entry->key.ptr ? entry->value : VF_MAP_NONE;
}
