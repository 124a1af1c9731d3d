#include "daemon/ahead.h"

#include "base/memory.h"

enum { BLOCK = 256 * 1024 }; /* bytes */

void vf_ahead_init(struct vf_ahead *ahead)
{
    *ahead = (struct vf_ahead){0};
    vf_arena_init(&ahead->arena, BLOCK, VF_AHEAD_BYTES_MAX);
}

void vf_ahead_release(struct vf_ahead *ahead)
{
    vf_arena_release(&ahead->arena);
    vf_free(ahead->entries);
    *ahead = (struct vf_ahead){0};
}

/* A null stays null, and differs from what is empty. */
static bool copy(struct vf_arena *arena, struct vf_slice *slice)
{
    if (!slice->ptr)
        return true;
    *slice = vf_arena_copy(arena, *slice);
    return slice->ptr != NULL;
}

static bool copy_headers(struct vf_arena *arena, struct vf_record *record)
{
    struct vf_header *headers = vf_arena_calloc(arena, record->header_count, sizeof *headers);
    if (!headers)
        return false;
    for (size_t i = 0; i < record->header_count; i++) {
        headers[i] = record->headers[i];
        if (!copy(arena, &headers[i].name) || !copy(arena, &headers[i].value))
            return false;
    }
    record->headers = headers;
    return true;
}

int vf_ahead_push(struct vf_ahead *ahead, const struct vf_record *record, struct vf_ticket ticket)
{
    if (!ahead->entries) {
        ahead->entries = vf_calloc(VF_AHEAD_RECORDS_MAX, sizeof *ahead->entries);
        if (!ahead->entries)
            return VF_ENOMEM;
    }
    if (ahead->count == VF_AHEAD_RECORDS_MAX || ahead->first > 0)
        return VF_EAGAIN;
    struct vf_arena_mark mark = vf_arena_mark(&ahead->arena);
    struct vf_ahead_entry entry = {*record, ticket};
    struct vf_record *copied = &entry.record;
    if (!copy(&ahead->arena, &copied->topic) || !copy(&ahead->arena, &copied->key) ||
        !copy(&ahead->arena, &copied->value) || !copy_headers(&ahead->arena, copied)) {
        vf_arena_rewind(&ahead->arena, mark);
        return VF_EAGAIN;
    }
    ahead->entries[ahead->count++] = entry;
    return VF_OK;
}

const struct vf_ahead_entry *vf_ahead_first(const struct vf_ahead *ahead)
{
    return ahead->first < ahead->count ? &ahead->entries[ahead->first] : NULL;
}

void vf_ahead_pop(struct vf_ahead *ahead)
{
    if (++ahead->first == ahead->count)
        vf_ahead_clear(ahead);
}

size_t vf_ahead_clear(struct vf_ahead *ahead)
{
    size_t left = ahead->count - ahead->first;
    vf_arena_reset(&ahead->arena);
    ahead->first = 0;
    ahead->count = 0;
    return left;
}
