#include "base/arena.h"

#include "base/memory.h"
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>

struct vf_arena_block {
    struct vf_arena_block *next;
    size_t size; /* bytes of data[] */
    size_t used; /* bytes of data[] */
    alignas(max_align_t) char data[];
};

enum { ALIGNMENT = alignof(max_align_t) };

void vf_arena_init(struct vf_arena *arena, size_t block_size, size_t limit)
{
    *arena = (struct vf_arena){.block_size = block_size, .limit = limit};
}

void vf_arena_release(struct vf_arena *arena)
{
    struct vf_arena_block *block = arena->first;

    while (block) {
        struct vf_arena_block *next = block->next;
        vf_free(block);
        block = next;
    }
    vf_arena_init(arena, arena->block_size, arena->limit);
}

/* A block with at least size bytes free becomes the current one. */
static struct vf_arena_block *next_block(struct vf_arena *arena, size_t size)
{
    struct vf_arena_block **link = arena->current ? &arena->current->next : &arena->first;

    /* Blocks behind the current one are empty: take the first that is large enough. */
    for (struct vf_arena_block **at = link; *at; at = &(*at)->next) {
        if ((*at)->size >= size) {
            struct vf_arena_block *block = *at;
            *at = block->next;
            block->next = *link;
            *link = block;
            return arena->current = block;
        }
    }

    size_t data = size > arena->block_size ? size : arena->block_size;
    if (arena->reserved >= arena->limit || data > arena->limit - arena->reserved) {
        data = size;
        if (arena->reserved >= arena->limit || data > arena->limit - arena->reserved)
            return NULL;
    }
    struct vf_arena_block *block = vf_malloc(sizeof *block + data);
    if (!block)
        return NULL;
    *block = (struct vf_arena_block){.next = *link, .size = data};
    *link = block;
    arena->reserved += data;
    return arena->current = block;
}

void *vf_arena_alloc(struct vf_arena *arena, size_t size)
{
    if (size > arena->limit)
        return NULL;
    size = size ? (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1) : ALIGNMENT;

    struct vf_arena_block *block = arena->current;
    if (!block || block->size - block->used < size) {
        block = next_block(arena, size);
        if (!block)
            return NULL;
    }
    void *memory = block->data + block->used;
    block->used += size;
    return memory;
}

void *vf_arena_calloc(struct vf_arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    void *memory = vf_arena_alloc(arena, total);
    return memory ? memset(memory, 0, total) : NULL;
}

struct vf_slice vf_arena_copy(struct vf_arena *arena, struct vf_slice text)
{
    char *copy = vf_arena_alloc(arena, text.len + 1);
    if (!copy)
        return VF_SLICE_NULL;
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return vf_slice(copy, text.len);
}

struct vf_slice vf_arena_printf(struct vf_arena *arena, const char *format, ...)
{
    char brief[128]; /* most texts fit: formatted once */
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(brief, sizeof brief, format, args);
    va_end(args);
    char *text = n < 0 ? NULL : vf_arena_alloc(arena, (size_t)n + 1);
    if (text && (size_t)n < sizeof brief)
        memcpy(text, brief, (size_t)n + 1);
    else if (text)
        vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text ? vf_slice(text, (size_t)n) : VF_SLICE_NULL;
}

void vf_arena_reset(struct vf_arena *arena)
{
    vf_arena_rewind(arena, (struct vf_arena_mark){NULL, 0});
}

struct vf_arena_mark vf_arena_mark(const struct vf_arena *arena)
{
    return (struct vf_arena_mark){arena->current, arena->current ? arena->current->used : 0};
}

void vf_arena_rewind(struct vf_arena *arena, struct vf_arena_mark mark)
{
    struct vf_arena_block *block = mark.block ? mark.block->next : arena->first;

    for (; block; block = block->next)
        block->used = 0;
    if (mark.block)
        mark.block->used = mark.used;
    arena->current = mark.block ? mark.block : arena->first;
}

size_t vf_arena_used(const struct vf_arena *arena)
{
    size_t used = 0;
    for (const struct vf_arena_block *block = arena->first; block; block = block->next)
        used += block->used;
    return used;
}
