/*
 * The interpreter that decodes. Hostile bytes are its daily bread: nothing is read, counted or
 * reserved before it was compared with the bytes that are left.
 */
#include "codec/wire_decoder.h"
#include "codec/wire_impl.h"
#include "codec/wire_utf8.h"
#include "codec/wire_varint.h"

/* ---- blocks of arrays and maps -------------------------------------------------------- */

enum block { BLOCK_ITEMS, BLOCK_LAST, BLOCK_BAD };

/* Reads the header of a block and checks that its items can be there; *at moves past it. */
static enum block read_block(struct wire_decoder *decoder, uint16_t least, const uint8_t **at,
                             struct wire_frame_record *frame, enum wire_reason *reason)
{
    struct wire_number n = wire_number_read(*at, decoder->end);

    *reason = BAD_COUNT;
    frame->block_end = NULL;
    if (!n.next)
        return BLOCK_BAD;
    if (n.value == 0) {
        *at = n.next;
        return BLOCK_LAST;
    }
    const uint8_t *next = n.next;
    size_t left = (size_t)(decoder->end - next);
    int64_t count = wire_unzigzag(n.value);
    uint64_t items = count < 0 ? -(uint64_t)count : (uint64_t)count;
    if (count < 0) { /* the block's size in bytes follows */
        *reason = BAD_BLOCK;
        n = wire_number_read(next, decoder->end);
        if (!n.next || (n.value & 1) || n.value >> 1 > (uint64_t)(decoder->end - n.next))
            return BLOCK_BAD;
        next = n.next;
        left = (size_t)(n.value >> 1);
        frame->block_end = (const char *)next + left;
        *reason = BAD_COUNT;
    }
    if (least > 0 && items > left / least)
        return BLOCK_BAD;
    *reason = BAD_ITEMS;
    if (items > decoder->items_left)
        return BLOCK_BAD;
    decoder->items_left -= (size_t)items;
    frame->left = (size_t)items;
    frame->count += (size_t)items;
    *at = next;
    return BLOCK_ITEMS;
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

/* ---- the loop ------------------------------------------------------------------------- */

static uint32_t load32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static float load_float(const uint8_t *at)
{
    uint32_t bits = load32(at);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double load_double(const uint8_t *at)
{
    uint64_t bits = load32(at) | (uint64_t)load32(at + 4) << 32;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* A length and as many bytes. NULL: they are not there, or more than the limit. */
static inline const uint8_t *read_slice(const uint8_t *at, const uint8_t *end, size_t limit,
                                        struct vf_slice *out)
{
    struct wire_number n = wire_number_read(at, end);
    size_t len = (size_t)(n.value >> 1);

    if (__builtin_expect(!n.next || (n.value & 1), 0)) /* negative numbers are odd in zigzag */
        return NULL;
    if (__builtin_expect(len > (size_t)(end - n.next) || len > limit, 0))
        return NULL;
    *out = (struct vf_slice){(const char *)n.next, len};
    return n.next + len;
}

/* The same, and the bytes are UTF-8. */
static inline const uint8_t *read_string(const uint8_t *at, const uint8_t *end, size_t limit,
                                         struct vf_slice *out)
{
    struct vf_slice text;

    at = read_slice(at, end, limit, &text);
    if (__builtin_expect(!at || !wire_utf8_valid(text.ptr, text.len), 0))
        return NULL;
    *out = text;
    return at;
}

static inline const uint8_t *read_int(const uint8_t *at, const uint8_t *end, int32_t *out)
{
    struct wire_number n = wire_number_read(at, end);

    *out = (int32_t)wire_unzigzag(n.value);
    return n.value <= UINT32_MAX ? n.next : NULL;
}

static inline const uint8_t *read_long(const uint8_t *at, const uint8_t *end, int64_t *out)
{
    struct wire_number n = wire_number_read(at, end);

    *out = wire_unzigzag(n.value);
    return n.next;
}

/* An index below count: of a symbol or branch. */
static inline const uint8_t *read_index(const uint8_t *at, const uint8_t *end, uint32_t count,
                                        uint32_t *out)
{
    struct wire_number n = wire_number_read(at, end);

    *out = (uint32_t)(n.value >> 1);
    return (n.value & 1) || n.value >> 1 >= count ? NULL : n.next;
}

static inline const uint8_t *read_boolean(const uint8_t *at, const uint8_t *end, bool *out)
{
    if (at == end || *at > 1)
        return NULL;
    *out = *at == 1;
    return at + 1;
}

static inline const uint8_t *read_bytes(const uint8_t *at, const uint8_t *end, size_t size,
                                        struct vf_slice *out)
{
    if ((size_t)(end - at) < size)
        return NULL;
    *out = vf_slice((const char *)at, size);
    return at + size;
}

/* The next block of an array or map, with memory for it. Blocks to be skipped that tell their
 * size are skipped at once. */
static enum block next_items(struct wire_decoder *decoder, struct wire_frame_record *frame,
                             const uint8_t **at, enum wire_reason *reason)
{
    bool skip = frame->at->op == OP_SKIP_ARRAY;
    enum block block;

    for (;;) {
        *reason = BAD_BLOCK_END;
        if (frame->block_end && frame->block_end != (const char *)*at)
            return BLOCK_BAD;
        block = read_block(decoder, frame->at->small, at, frame, reason);
        if (!skip || block != BLOCK_ITEMS || !frame->block_end)
            break;
        *at = (const uint8_t *)frame->block_end;
        frame->left = 0;
    }
    if (block == BLOCK_BAD)
        return block;
    *reason = BAD_MEMORY;
    if (block == BLOCK_ITEMS && !skip && !reserve_items(decoder, frame, frame->at->a))
        return BLOCK_BAD;
    *reason = BAD_VALUE; /* of whatever comes next */
    return block;
}

/* A whole array of strings. On failure *at is where it is, and *item the string it is in. */
static bool read_strings(struct wire_decoder *decoder, const struct wire_insn *insn,
                         const uint8_t **at, struct wire_array *out, long long *item,
                         enum wire_reason *reason)
{
    struct wire_frame_record frame = {.at = insn};
    const uint8_t *const end = decoder->end;
    const size_t limit = decoder->limits->value_bytes;
    enum block block;

    while ((block = next_items(decoder, &frame, at, reason)) == BLOCK_ITEMS) {
        struct vf_slice *into = (struct vf_slice *)(void *)frame.items;
        for (size_t i = frame.count - frame.left; i < frame.count; i++) {
            const uint8_t *next = read_string(*at, end, limit, &into[i]);
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
    return block == BLOCK_LAST;
}

/* What a member of the value at the instruction's offset is. */
#define AT(type) ((type *)(void *)(base + insn->offset))

/* On to the next instruction. Each one jumps by itself, and not back to one switch: the
 * processor then predicts the jump from the instruction before it, which saves a seventh of the
 * time. The one macro that hides a jump; nothing else here may. */
#define NEXT()                                                                                     \
    do {                                                                                           \
        if (__builtin_expect(!next, 0))                                                            \
            goto fail;                                                                             \
        at = next;                                                                                 \
        insn++;                                                                                    \
        goto *labels[insn->op];                                                                    \
    } while (0)

/* One label an instruction: it sets next to the byte behind what it read, or to NULL when that is
 * invalid. Those that go on elsewhere set insn to the one before that. */
/* NOLINTNEXTLINE(readability-function-size): a label each */
static int run(struct wire_decoder *decoder, char *base, struct vf_error *err)
{
    static const void *const labels[] = {
        [OP_BOOLEAN] = &&op_boolean,
        [OP_INT] = &&op_int,
        [OP_LONG] = &&op_long,
        [OP_FLOAT] = &&op_float,
        [OP_DOUBLE] = &&op_double,
        [OP_BYTES] = &&op_bytes,
        [OP_STRING] = &&op_string,
        [OP_FIXED] = &&op_fixed,
        [OP_ENUM] = &&op_enum,
        [OP_ENUM_MAPPED] = &&op_enum_mapped,
        [OP_INT_TO_LONG] = &&op_int_to_long,
        [OP_INT_TO_FLOAT] = &&op_int_to_float,
        [OP_INT_TO_DOUBLE] = &&op_int_to_double,
        [OP_LONG_TO_FLOAT] = &&op_long_to_float,
        [OP_LONG_TO_DOUBLE] = &&op_long_to_double,
        [OP_FLOAT_TO_DOUBLE] = &&op_float_to_double,
        [OP_OPTIONAL_STRING] = &&op_optional_string,
        [OP_OPTIONAL_BYTES] = &&op_optional_bytes,
        [OP_OPTIONAL_FIXED] = &&op_optional_fixed,
        [OP_OPTIONAL_VALUE] = &&op_optional_value,
        [OP_OPTIONAL_POINTER] = &&op_optional_pointer,
        [OP_ARRAY_OF_STRINGS] = &&op_array_of_strings,
        [OP_ARRAY] = &&op_array,
        [OP_SKIP_ARRAY] = &&op_skip_array,
        [OP_NEXT] = &&op_next,
        [OP_SKIP_NEXT] = &&op_skip_next,
        [OP_ENTER_POINTER] = &&op_enter_pointer,
        [OP_ENTER_TAG] = &&op_enter_tag,
        [OP_CALL] = &&op_call,
        [OP_LEAVE] = &&op_leave,
        [OP_END] = &&op_end,
        [OP_JUMP] = &&op_jump,
        [OP_SWITCH] = &&op_switch,
        [OP_SET_NULL] = &&op_set_null,
        [OP_SET_PRESENT] = &&op_set_present,
        [OP_SET_TAG] = &&op_set_tag,
        [OP_COPY] = &&op_copy,
        [OP_REFUSE] = &&op_refuse,
        [OP_SKIP_INT] = &&op_skip_int,
        [OP_SKIP_LONG] = &&op_skip_long,
        [OP_SKIP_BOOLEAN] = &&op_skip_boolean,
        [OP_SKIP_BYTES] = &&op_skip_bytes,
        [OP_SKIP_FIXED] = &&op_skip_fixed,
        [OP_SKIP_ENUM] = &&op_skip_enum,
    };
    const struct wire_program *program = decoder->program;
    const struct wire_insn *insn = program->code;
    struct wire_frame_record *frame = decoder->frames; /* the next to be pushed */
    struct wire_frame_record *const last_frame = decoder->frames + decoder->depth_limit;
    const uint8_t *at = decoder->start;
    const uint8_t *const end = decoder->end;
    const size_t limit = decoder->limits->value_bytes;
    const uint8_t *next = at;
    enum wire_reason reason = BAD_VALUE;
    enum block block;
    long long item = WIRE_NO_ITEM;
    const uint8_t *cursor; /* what functions that are not inlined move: at stays in a register */
    int64_t wide;
    uint32_t index;
    int32_t number;
    void *made;

    goto *labels[insn->op];
op_boolean:
    next = read_boolean(at, end, AT(bool));
    NEXT();
op_int:
    next = read_int(at, end, AT(int32_t));
    NEXT();
op_long:
    next = read_long(at, end, &wide);
    *AT(int64_t) = wide;
    NEXT();
op_float:
    next = (size_t)(end - at) < sizeof(float) ? NULL : at + sizeof(float);
    if (next)
        *AT(float) = load_float(at);
    NEXT();
op_double:
    next = (size_t)(end - at) < sizeof(double) ? NULL : at + sizeof(double);
    if (next)
        *AT(double) = load_double(at);
    NEXT();
op_bytes:
    next = read_slice(at, end, limit, AT(struct vf_slice));
    NEXT();
op_string:
    next = read_string(at, end, limit, AT(struct vf_slice));
    NEXT();
op_fixed:
    next = read_bytes(at, end, insn->a, AT(struct vf_slice));
    NEXT();
op_enum:
    next = read_index(at, end, insn->a, &index);
    *AT(int32_t) = next ? (int32_t)index : 0;
    NEXT();
op_enum_mapped:
    next = read_index(at, end, insn->a, &index);
    if (next) {
        *AT(int32_t) = (int32_t)program->tables[insn->b + index];
        next = *AT(int32_t) < 0 ? NULL : next;
    }
    NEXT();

op_int_to_long:
    next = read_int(at, end, &number);
    *AT(int64_t) = number;
    NEXT();
op_int_to_float:
    next = read_int(at, end, &number);
    *AT(float) = (float)number;
    NEXT();
op_int_to_double:
    next = read_int(at, end, &number);
    *AT(double) = number;
    NEXT();
op_long_to_float:
    next = read_long(at, end, &wide);
    *AT(float) = (float)wide;
    NEXT();
op_long_to_double:
    next = read_long(at, end, &wide);
    *AT(double) = (double)wide;
    NEXT();
op_float_to_double:
    next = (size_t)(end - at) < sizeof(float) ? NULL : at + sizeof(float);
    if (next)
        *AT(double) = load_float(at);
    NEXT();

op_optional_string:
    next = read_index(at, end, 2, &index);
    if (next && index != insn->small)
        next = read_string(next, end, limit, AT(struct vf_slice));
    else
        *AT(struct vf_slice) = VF_SLICE_NULL;
    NEXT();
op_optional_bytes:
    next = read_index(at, end, 2, &index);
    if (next && index != insn->small)
        next = read_slice(next, end, limit, AT(struct vf_slice));
    else
        *AT(struct vf_slice) = VF_SLICE_NULL;
    NEXT();
op_optional_fixed:
    next = read_index(at, end, 2, &index);
    if (next && index != insn->small)
        next = read_bytes(next, end, insn->a, AT(struct vf_slice));
    else
        *AT(struct vf_slice) = VF_SLICE_NULL;
    NEXT();
op_optional_value:
    next = read_index(at, end, 2, &index);
    if (!next)
        NEXT();
    if (index == insn->small) {
        memset(AT(char), 0, insn->a);
        insn = program->code + insn->b - 1;
        NEXT();
    }
    *AT(bool) = true;
    NEXT();
op_optional_pointer:
    next = read_index(at, end, 2, &index);
    if (!next)
        NEXT();
    if (index == insn->small) {
        *AT(void *) = NULL;
        insn = program->code + insn->b - 1;
        NEXT();
    }
    at = next;
    goto enter_pointer;

op_array_of_strings:
    cursor = at;
    if (!read_strings(decoder, insn, &cursor, AT(struct wire_array), &item, &reason)) {
        at = cursor;
        goto fail;
    }
    next = cursor;
    NEXT();
op_array:
op_skip_array:
    if (frame == last_frame)
        goto too_deep;
    *frame = (struct wire_frame_record){.base = base, .at = insn};
    cursor = at;
    block = next_items(decoder, frame, &cursor, &reason);
    next = at = cursor;
    if (block == BLOCK_BAD)
        goto fail;
    if (block == BLOCK_LAST) {
        if (insn->op == OP_ARRAY)
            *AT(struct wire_array) = (struct wire_array){NULL, 0};
        insn = program->code + insn->b - 1;
        NEXT();
    }
    if (insn->op == OP_ARRAY)
        base = frame->items;
    frame++;
    NEXT();
op_next:
    base += frame[-1].at->a;
    if (--frame[-1].left > 0) {
        insn = frame[-1].at;
        NEXT();
    }
    cursor = at;
    block = next_items(decoder, &frame[-1], &cursor, &reason);
    next = at = cursor;
    if (block == BLOCK_BAD)
        goto fail;
    if (block == BLOCK_ITEMS) {
        base = frame[-1].items + (frame[-1].count - frame[-1].left) * frame[-1].at->a;
        insn = frame[-1].at;
        NEXT();
    }
    frame--;
    base = frame->base;
    *(struct wire_array *)(void *)(base + frame->at->offset) =
        (struct wire_array){frame->items, frame->count};
    NEXT();
op_skip_next:
    if (--frame[-1].left > 0) {
        insn = frame[-1].at;
        NEXT();
    }
    cursor = at;
    block = next_items(decoder, &frame[-1], &cursor, &reason);
    next = at = cursor;
    if (block == BLOCK_BAD)
        goto fail;
    if (block == BLOCK_ITEMS)
        insn = frame[-1].at;
    else
        base = (--frame)->base;
    NEXT();

op_enter_pointer:
enter_pointer:
    if (frame == last_frame)
        goto too_deep;
    made = vf_arena_alloc(decoder->arena, insn->a);
    if (!made)
        goto no_memory;
    *AT(void *) = made;
    *frame++ = (struct wire_frame_record){.base = base, .at = insn};
    base = made;
    next = at;
    NEXT();
op_enter_tag:
    if (frame == last_frame)
        goto too_deep;
    made = vf_arena_alloc(decoder->arena, insn->a);
    if (!made)
        goto no_memory;
    *AT(struct wire_union) = (struct wire_union){insn->small, made};
    *frame++ = (struct wire_frame_record){.base = base, .at = insn};
    base = made;
    next = at;
    NEXT();
op_call:
    if (frame == last_frame)
        goto too_deep;
    *frame++ = (struct wire_frame_record){.base = base, .at = insn};
    base += insn->offset;
    insn = program->code + insn->b - 1;
    NEXT();
op_leave:
    base = (--frame)->base;
    NEXT();
op_end:
    if (frame == decoder->frames)
        goto done;
    base = (--frame)->base;
    insn = frame->at;
    NEXT();
op_jump:
    insn = program->code + insn->b - 1;
    NEXT();
op_switch:
    next = read_index(at, end, insn->a, &index);
    if (next)
        insn = program->code + program->tables[insn->b + index] - 1;
    NEXT();

op_set_null:
    memset(AT(char), 0, insn->a);
    NEXT();
op_set_present:
    *AT(bool) = true;
    NEXT();
op_set_tag:
    *AT(struct wire_union) = (struct wire_union){insn->small, NULL};
    NEXT();
op_copy:
    memcpy(AT(char), program->constants[insn->b], insn->a);
    NEXT();
op_refuse:
    reason = BAD_REFUSED;
    goto fail;

op_skip_int:
    next = read_int(at, end, &number);
    NEXT();
op_skip_long:
    next = read_long(at, end, &wide);
    NEXT();
op_skip_boolean:
    next = read_boolean(at, end, &(bool){false});
    NEXT();
op_skip_bytes:
    next = read_slice(at, end, limit, &(struct vf_slice){NULL, 0});
    NEXT();
op_skip_fixed:
    next = (size_t)(end - at) < insn->a ? NULL : at + insn->a;
    NEXT();
op_skip_enum:
    next = read_index(at, end, insn->a, &index);
    NEXT();
done:
    decoder->stopped = at;
    if (at == end || decoder->prefix)
        return 0;
    reason = BAD_TRAILING;
    goto fail;
too_deep:
    reason = BAD_DEPTH;
    goto fail;
no_memory:
    reason = BAD_MEMORY;
fail:
    return wire_decode_report(decoder, reason, insn, at, (size_t)(frame - decoder->frames), item,
                              err);
}

static void prepare(struct wire_decoder *decoder, const struct wire_program *program,
                    struct vf_slice bytes, const struct wire_limits *limits)
{
    /* Frames stay unset until they are pushed. */
    decoder->program = program;
    decoder->start = (const uint8_t *)(bytes.ptr ? bytes.ptr : "");
    decoder->end = decoder->start + (bytes.ptr ? bytes.len : 0);
    decoder->limits = limits ? limits : &wire_limits_default;
    decoder->arena = NULL;
    decoder->items_left = decoder->limits->items;
    decoder->depth_limit =
        decoder->limits->depth < WIRE_DEPTH_MAX ? decoder->limits->depth : WIRE_DEPTH_MAX;
    decoder->prefix = false;
}

int wire_decode(const struct wire_plan *plan, struct vf_slice bytes,
                const struct wire_limits *limits, struct vf_arena *arena, void *value,
                struct vf_error *err)
{
    struct wire_decoder decoder;

    prepare(&decoder, plan->program, bytes, limits);
    decoder.arena = arena;
    return run(&decoder, value, err);
}

int wire_skip(const struct wire_program *skipper, struct vf_slice bytes,
              const struct wire_limits *limits, size_t *used, struct vf_error *err)
{
    struct wire_decoder decoder;
    char nothing = 0; /* skipping writes to no value */

    prepare(&decoder, skipper, bytes, limits);
    decoder.prefix = true;
    int rc = run(&decoder, &nothing, err);
    if (rc == 0)
        *used = (size_t)(decoder.stopped - decoder.start);
    return rc;
}
