/*
 * A bump allocator for what lives as long as one event. Reset keeps the blocks, so a warm
 * arena asks the system for nothing. Not thread-safe: one arena, one thread.
 */
#ifndef VF_BASE_ARENA_H
#define VF_BASE_ARENA_H

#include "base/slice.h"
#include <stddef.h>
#include <stdint.h>

struct vf_arena_block;

struct vf_arena {
    struct vf_arena_block *first;   /* owned list */
    struct vf_arena_block *current; /* being filled; all after it are empty */
    size_t block_size;              /* bytes, least size of a block */
    size_t limit;                   /* bytes, sum over all blocks never exceeds it */
    size_t reserved;                /* bytes, sum over all blocks now */
};

struct vf_arena_mark {
    struct vf_arena_block *block;
    size_t used;
};

/* No memory is taken before the first allocation. */
void vf_arena_init(struct vf_arena *arena, size_t block_size, size_t limit);
void vf_arena_release(struct vf_arena *arena);

/* Uninitialized, aligned for any type; NULL when the limit or the system's memory is reached.
 * A size of 0 gives a valid pointer. */
void *vf_arena_alloc(struct vf_arena *arena, size_t size);
/* The same, zeroed; count * size is checked for overflow. */
void *vf_arena_calloc(struct vf_arena *arena, size_t count, size_t size);
/* A copy with a NUL behind it, which is not counted in len; ptr NULL on failure. */
struct vf_slice vf_arena_copy(struct vf_arena *arena, struct vf_slice text);
/* printf into the arena; ptr NULL on failure. */
struct vf_slice vf_arena_printf(struct vf_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Everything allocated becomes invalid; blocks are kept. */
void vf_arena_reset(struct vf_arena *arena);
struct vf_arena_mark vf_arena_mark(const struct vf_arena *arena);
/* Everything allocated after the mark becomes invalid. */
void vf_arena_rewind(struct vf_arena *arena, struct vf_arena_mark mark);
/* Bytes handed out since init or reset, padding included. */
size_t vf_arena_used(const struct vf_arena *arena);

#endif
