/*
 * The interpreter that decodes. Hostile bytes are its daily bread: nothing is read, counted or
 * reserved before it was compared with the bytes that are left.
 */
#include "codec/wire_decoder.h"
#include "codec/wire_impl.h"
#include "codec/wire_reading.h"

/* ---- the loop ------------------------------------------------------------------------- */

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
        [OP_TEXTS] = &&op_texts,
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
    enum wire_block block;
    long long item = WIRE_NO_ITEM;
    const uint8_t *cursor; /* what functions that are not inlined move: at stays in a register */
    int64_t wide;
    uint32_t index;
    uint32_t left;
    int32_t number;
    void *made;

    goto *labels[insn->op];
op_boolean:
    next = wire_read_boolean(at, end, AT(bool));
    NEXT();
op_int:
    next = wire_read_int(at, end, AT(int32_t));
    NEXT();
op_long:
    next = wire_read_long(at, end, &wide);
    *AT(int64_t) = wide;
    NEXT();
op_float:
    next = (size_t)(end - at) < sizeof(float) ? NULL : at + sizeof(float);
    if (next)
        *AT(float) = wire_load_float(at);
    NEXT();
op_double:
    next = (size_t)(end - at) < sizeof(double) ? NULL : at + sizeof(double);
    if (next)
        *AT(double) = wire_load_double(at);
    NEXT();
op_bytes:
    next = wire_read_slice(at, end, limit, AT(struct vf_slice));
    NEXT();
op_string:
    next = wire_read_string(at, end, limit, AT(struct vf_slice));
    NEXT();
op_fixed:
    next = wire_read_bytes(at, end, insn->a, AT(struct vf_slice));
    NEXT();
op_enum:
    next = wire_read_index(at, end, insn->a, &index);
    *AT(int32_t) = next ? (int32_t)index : 0;
    NEXT();
op_enum_mapped:
    next = wire_read_index(at, end, insn->a, &index);
    if (next) {
        *AT(int32_t) = (int32_t)program->tables[insn->b + index];
        next = *AT(int32_t) < 0 ? NULL : next;
    }
    NEXT();

op_int_to_long:
    next = wire_read_int(at, end, &number);
    *AT(int64_t) = number;
    NEXT();
op_int_to_float:
    next = wire_read_int(at, end, &number);
    *AT(float) = (float)number;
    NEXT();
op_int_to_double:
    next = wire_read_int(at, end, &number);
    *AT(double) = number;
    NEXT();
op_long_to_float:
    next = wire_read_long(at, end, &wide);
    *AT(float) = (float)wide;
    NEXT();
op_long_to_double:
    next = wire_read_long(at, end, &wide);
    *AT(double) = (double)wide;
    NEXT();
op_float_to_double:
    next = (size_t)(end - at) < sizeof(float) ? NULL : at + sizeof(float);
    if (next)
        *AT(double) = wire_load_float(at);
    NEXT();

op_optional_string:
    next = wire_read_index(at, end, 2, &index);
    if (next && index != insn->small)
        next = wire_read_string(next, end, limit, AT(struct vf_slice));
    else
        *AT(struct vf_slice) = VF_SLICE_NULL;
    NEXT();
op_texts:
    for (left = insn->a;; insn++) {
        next = at;
        index = !insn->small;
        if (insn->b)
            next = wire_read_index(at, end, 2, &index);
        if (!next)
            goto fail;
        if (index == insn->small)
            *AT(struct vf_slice) = VF_SLICE_NULL;
        else
            next = wire_read_string(next, end, limit, AT(struct vf_slice));
        if (!next)
            goto fail;
        at = next;
        if (--left == 0)
            break;
    }
    NEXT();
op_optional_bytes:
    next = wire_read_index(at, end, 2, &index);
    if (next && index != insn->small)
        next = wire_read_slice(next, end, limit, AT(struct vf_slice));
    else
        *AT(struct vf_slice) = VF_SLICE_NULL;
    NEXT();
op_optional_fixed:
    next = wire_read_index(at, end, 2, &index);
    if (next && index != insn->small)
        next = wire_read_bytes(next, end, insn->a, AT(struct vf_slice));
    else
        *AT(struct vf_slice) = VF_SLICE_NULL;
    NEXT();
op_optional_value:
    next = wire_read_index(at, end, 2, &index);
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
    next = wire_read_index(at, end, 2, &index);
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
    if (!wire_read_strings(decoder, insn, &cursor, AT(struct wire_array), &item, &reason)) {
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
    block = wire_next_items(decoder, frame, &cursor, &reason);
    next = at = cursor;
    if (block == WIRE_BLOCK_BAD)
        goto fail;
    if (block == WIRE_BLOCK_LAST) {
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
    block = wire_next_items(decoder, &frame[-1], &cursor, &reason);
    next = at = cursor;
    if (block == WIRE_BLOCK_BAD)
        goto fail;
    if (block == WIRE_BLOCK_ITEMS) {
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
    block = wire_next_items(decoder, &frame[-1], &cursor, &reason);
    next = at = cursor;
    if (block == WIRE_BLOCK_BAD)
        goto fail;
    if (block == WIRE_BLOCK_ITEMS)
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
    next = wire_read_index(at, end, insn->a, &index);
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
    next = wire_read_int(at, end, &number);
    NEXT();
op_skip_long:
    next = wire_read_long(at, end, &wide);
    NEXT();
op_skip_boolean:
    next = wire_read_boolean(at, end, &(bool){false});
    NEXT();
op_skip_bytes:
    next = wire_read_slice(at, end, limit, &(struct vf_slice){NULL, 0});
    NEXT();
op_skip_fixed:
    next = (size_t)(end - at) < insn->a ? NULL : at + insn->a;
    NEXT();
op_skip_enum:
    next = wire_read_index(at, end, insn->a, &index);
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

int wire_decode_first(const struct wire_plan *plan, struct vf_slice bytes,
                      const struct wire_limits *limits, struct vf_arena *arena, void *value,
                      size_t *used, struct vf_error *err)
{
    struct wire_decoder decoder;

    prepare(&decoder, plan->program, bytes, limits);
    decoder.arena = arena;
    decoder.prefix = true;
    int rc = run(&decoder, value, err);
    if (rc == 0)
        *used = (size_t)(decoder.stopped - decoder.start);
    return rc;
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
