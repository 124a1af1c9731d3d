/*
 * A folder of small files that outlive the process. Each is written beside its place and renamed
 * into it, so several processes may share the folder: what one reads is always whole. A file
 * whose checksum is wrong is thrown away, said aloud, and fetched again.
 * A folder that can't be made or written is said aloud too, and done without.
 * Internal to registry; one thread.
 */
#ifndef VF_REGISTRY_DISK_CACHE_H
#define VF_REGISTRY_DISK_CACHE_H

#include "base/buffer.h"
#include "base/error.h"

enum {
    VF_DISK_CACHE_FILES_MAX = 10000,    /* a registry's schemas in use are a few hundred */
    VF_DISK_CACHE_BYTES_MAX = 16 << 20, /* of one file */
    VF_DISK_CACHE_BUFFER = 17 << 20,    /* bytes: room for one file and for reading ahead */
    VF_DISK_CACHE_TEMPORARY_AGE = 3600, /* seconds after which a file left half-written goes */
    VF_DISK_CACHE_NAME_MAX = 64,        /* bytes of a name */
};

struct vf_disk_cache {
    char *folder; /* owned; NULL: nothing is kept */
    size_t files; /* about; counted when opened */
};

/* directory NULL or "": no cache. space keeps registries apart that share the directory.
 * Only VF_ENOMEM: any other trouble is logged and leaves the cache empty. */
int vf_disk_cache_open(struct vf_disk_cache *cache, const char *directory, uint64_t space);
void vf_disk_cache_close(struct vf_disk_cache *cache);

/* Name: letters, digits and '-'. Puts the content into out, whose limit must be
 * VF_DISK_CACHE_BUFFER. VF_ENOENT: not there, or thrown away. */
int vf_disk_cache_load(struct vf_disk_cache *cache, const char *name, struct vf_buffer *out);
/* False: not kept, and the log says why. */
bool vf_disk_cache_store(struct vf_disk_cache *cache, const char *name, struct vf_slice content);
/* Throws everything away. */
void vf_disk_cache_clear(struct vf_disk_cache *cache);

#endif
