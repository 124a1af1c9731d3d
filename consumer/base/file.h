/*
 * Small files, read whole.
 */
#ifndef VF_BASE_FILE_H
#define VF_BASE_FILE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

/* The file's bytes, in the arena, a NUL after them. The arena gives max + 1 bytes at once, so max
 * is meant to be small. Errors name the path: VF_EIO, also when it is longer than max; VF_ENOMEM.
 */
int vf_file_read(const char *path, size_t max, struct vf_arena *arena, struct vf_slice *out,
                 struct vf_error *err);

#endif
