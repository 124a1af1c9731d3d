/*
 * Arrays and maps come in blocks, each with a count of its items and perhaps its size in bytes.
 */
#include "codec/wire_decoder.h"
#include "codec/wire_reading.h"

/* Reads the header of a block and checks that its items can be there; *at moves past it. */
static enum wire_block read_block(struct wire_decoder *decoder, uint16_t least, const uint8_t **at,
                                  struct wire_frame_record *frame, enum wire_reason *reason)
{
    struct wire_number n = wire_number_read(*at, decoder->end);

    *reason = BAD_COUNT;
    frame->block_end = NULL;
    if (!n.next)
        return WIRE_BLOCK_BAD;
    if (n.value == 0) {
        *at = n.next;
        return WIRE_BLOCK_LAST;
    }
    const uint8_t *next = n.next;
    size_t left = (size_t)(decoder->end - next);
    int64_t count = wire_unzigzag(n.value);
    uint64_t items = count < 0 ? -(uint64_t)count : (uint64_t)count;
    if (count < 0) { /* the block's size in bytes follows */
        *reason = BAD_BLOCK;
        n = wire_number_read(next, decoder->end);
        if (!n.next || (n.value & 1) || n.value >> 1 > (uint64_t)(decoder->end - n.next))
            return WIRE_BLOCK_BAD;
        next = n.next;
        left = (size_t)(n.value >> 1);
        frame->block_end = (const char *)next + left;
        *reason = BAD_COUNT;
    }
    if (least > 0 && items > left / least)
        return WIRE_BLOCK_BAD;
    *reason = BAD_ITEMS;
    if (items > decoder->items_left)
        return WIRE_BLOCK_BAD;
    decoder->items_left -= (size_t)items;
    frame->left = (size_t)items;
    frame->count += (size_t)items;
    *at = next;
    return WIRE_BLOCK_ITEMS;
}

/* Memory for all items so far and the new block's. Most values have one block, which gets just
 * what it needs; later ones double it, so that many small blocks cost no more than one. */
static bool reserve_items(struct wire_decoder *decoder, struct wire_frame_record *frame,
                          size_t size)
{
    size_t used = frame->count - frame->left;
    size_t bytes;

    if (frame->count <= frame->capacity)
        return true;
    size_t capacity =
        used == 0 || used > SIZE_MAX / 4 || frame->count > 2 * used ? frame->count : 2 * used;
    if (__builtin_mul_overflow(capacity, size, &bytes))
        return false;
    char *items = vf_arena_alloc(decoder->arena, bytes);
    if (!items)
        return false;
    if (used)
        memcpy(items, frame->items, used * size);
    frame->items = items;
    frame->capacity = capacity;
    return true;
}

enum wire_block wire_next_items(struct wire_decoder *decoder, struct wire_frame_record *frame,
                                const uint8_t **at, enum wire_reason *reason)
{
    bool skip = frame->at->op == OP_SKIP_ARRAY;
    enum wire_block block;

    for (;;) {
        *reason = BAD_BLOCK_END;
        if (frame->block_end && frame->block_end != (const char *)*at)
            return WIRE_BLOCK_BAD;
        block = read_block(decoder, frame->at->small, at, frame, reason);
        if (!skip || block != WIRE_BLOCK_ITEMS || !frame->block_end)
            break;
        *at = (const uint8_t *)frame->block_end;
        frame->left = 0;
    }
    if (block == WIRE_BLOCK_BAD)
        return block;
    *reason = BAD_MEMORY;
    if (block == WIRE_BLOCK_ITEMS && !skip && !reserve_items(decoder, frame, frame->at->a))
        return WIRE_BLOCK_BAD;
    *reason = BAD_VALUE; /* of whatever comes next */
    return block;
}

bool wire_read_strings(struct wire_decoder *decoder, const struct wire_insn *insn,
                       const uint8_t **at, struct wire_array *out, long long *item,
                       enum wire_reason *reason)
{
    struct wire_frame_record frame = {.at = insn};
    const uint8_t *const end = decoder->end;
    const size_t limit = decoder->limits->value_bytes;
    enum wire_block block;

    while ((block = wire_next_items(decoder, &frame, at, reason)) == WIRE_BLOCK_ITEMS) {
        struct vf_slice *into = (struct vf_slice *)(void *)frame.items;
        for (size_t i = frame.count - frame.left; i < frame.count; i++) {
            const uint8_t *next = wire_read_string(*at, end, limit, &into[i]);
            if (__builtin_expect(!next, 0)) {
                *item = (long long)i;
                *reason = BAD_VALUE;
                return false;
            }
            *at = next;
        }
        frame.left = 0;
    }
    *out = (struct wire_array){frame.items, frame.count};
    return block == WIRE_BLOCK_LAST;
}
