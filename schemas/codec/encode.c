/*
 * The interpreter that encodes: decode.c backwards. What the caller filled in is checked as far
 * as it can be: what would not be read back is refused.
 */
#include "codec/wire_encoder.h"
#include "codec/wire_impl.h"
#include "codec/wire_utf8.h"
#include "codec/wire_varint.h"

/* ---- writing -------------------------------------------------------------------------- */

enum {
    ROOM = WIRE_ENCODE_ROOM, /* is free wherever an instruction begins to write: enough for
                                whatever has no length of its own */
    SHORT_MAX = 32,          /* bytes; strings up to here fit, too, and most are */
    MIDDLE_MAX = 63,         /* and up to here: the most whose length is told by one byte */
};

static const uint8_t *comfort_of(const struct vf_buffer *out)
{
    return (const uint8_t *)out->data + out->capacity - ROOM;
}

/* The same place in a buffer that has room for n more bytes, and ROOM behind them; NULL: there
 * is none. */
__attribute__((noinline)) static uint8_t *make_room(struct wire_encoder *encoder, uint8_t *at,
                                                    size_t n)
{
    struct vf_buffer *out = encoder->out;

    out->len = (size_t)(at - (uint8_t *)out->data);
    if (n > PTRDIFF_MAX - ROOM || !vf_buffer_reserve(out, n + ROOM)) {
        encoder->reason = WIRE_BAD_ROOM;
        encoder->full = n > out->limit || n + ROOM > out->limit - out->len;
        return NULL;
    }
    encoder->comfort = comfort_of(out);
    return (uint8_t *)out->data + out->len;
}

/* These take where to write and return where to go on. Those that are given the encoder may
 * return NULL: there is no room, or the value is invalid; encoder->reason says which. */

/* Numbers that fit into one byte are nearly all. */
static inline uint8_t *put_number(uint8_t *at, int64_t number)
{
    uint64_t n = wire_zigzag(number);

    if (__builtin_expect(n < 0x80, 1)) {
        *at = (uint8_t)n;
        return at + 1;
    }
    return wire_varint_write(at, number);
}

/* Of a union's branch, below 64. */
static inline uint8_t *put_branch(uint8_t *at, unsigned branch)
{
    *at = (uint8_t)(2 * branch); /* in zigzag */
    return at + 1;
}

static inline uint8_t *put_float(uint8_t *at, float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    for (size_t i = 0; i < sizeof bits; i++)
        at[i] = (uint8_t)(bits >> 8 * i);
    return at + sizeof bits;
}

static inline uint8_t *put_double(uint8_t *at, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    for (size_t i = 0; i < sizeof bits; i++)
        at[i] = (uint8_t)(bits >> 8 * i);
    return at + sizeof bits;
}

__attribute__((noinline)) static uint8_t *write_raw(struct wire_encoder *encoder, uint8_t *at,
                                                    const struct vf_slice *slice)
{
    at = make_room(encoder, at, slice->len);
    if (!at)
        return NULL;
    memcpy(at, slice->ptr, slice->len);
    return at + slice->len;
}

/* What is longer than MIDDLE_MAX. */
__attribute__((noinline)) static uint8_t *write_long(struct wire_encoder *encoder, uint8_t *at,
                                                     const struct vf_slice *slice, bool text)
{
    if (slice->len > PTRDIFF_MAX)
        return NULL;
    at = put_number(at, (int64_t)slice->len);
    if ((ptrdiff_t)slice->len > encoder->comfort - at) {
        at = make_room(encoder, at, slice->len);
        if (!at)
            return NULL;
    }
    bool ascii = wire_copy_long_ascii(at, slice->ptr, slice->len);
    if (text && !ascii && !wire_utf8_check(slice->ptr, slice->len))
        return NULL;
    return at + slice->len;
}

/* Copies at most MIDDLE_MAX bytes; as wire_copy_short. */
static inline uint64_t copy(uint8_t *to, const char *from, size_t len)
{
    if (len <= SHORT_MAX)
        return wire_copy_short(to, from, len);
    wire_pair bits = wire_copy_middle(to, from, len);
    return bits[0] | bits[1];
}

static inline uint8_t *write_slice(struct wire_encoder *encoder, uint8_t *at,
                                   const struct vf_slice *slice, bool text)
{
    const char *from = slice->ptr;
    size_t len = slice->len;

    if (__builtin_expect(!from, 0))
        return NULL;
    if (len > MIDDLE_MAX)
        return write_long(encoder, at, slice, text);
    *at++ = (uint8_t)(2 * len); /* in zigzag */
    uint64_t bits = copy(at, from, len);
    if (__builtin_expect(text && (bits & WIRE_HIGH_BITS), 0) && !wire_utf8_check(from, len))
        return NULL;
    return at + len;
}

static inline uint8_t *write_optional(struct wire_encoder *encoder, uint8_t *at,
                                      unsigned null_branch, const struct vf_slice *slice, bool text)
{
    if (!slice->ptr)
        return put_branch(at, null_branch);
    return write_slice(encoder, put_branch(at, !null_branch), slice, text);
}

/* A whole array of strings: one block. */
static inline uint8_t *write_strings(struct wire_encoder *encoder, uint8_t *at,
                                     const struct wire_array *array)
{
    const struct vf_slice *items = array->items;

    if (array->count > 0 && !items)
        return NULL;
    if (array->count > 0)
        at = put_number(at, (int64_t)array->count);
    for (size_t i = 0; i < array->count; i++) {
        if (at > encoder->comfort)
            at = make_room(encoder, at, 0);
        if (at)
            at = write_slice(encoder, at, &items[i], true);
        if (__builtin_expect(!at, 0)) {
            encoder->item = (long long)i;
            return NULL;
        }
    }
    if (at > encoder->comfort)
        at = make_room(encoder, at, 0);
    return at ? put_number(at, 0) : NULL;
}

/* ---- the loop ------------------------------------------------------------------------- */

/* What a member of the value at the instruction's offset is. */
#define AT(type) ((const type *)(const void *)(base + insn->offset))

/* On to the next instruction, as in decode.c. */
#define NEXT()                                                                                     \
    do {                                                                                           \
        if (__builtin_expect(at > encoder->comfort, 0))                                            \
            goto more_room;                                                                        \
        insn++;                                                                                    \
        goto *labels[insn->op];                                                                    \
    } while (0)

/* One label an instruction of those that encoders have: it sets next to where to write on, or to
 * NULL. Those that go on elsewhere set insn to the one before that. */
/* NOLINTNEXTLINE(readability-function-size): a label each */
static bool run(struct wire_encoder *encoder, const char *base)
{
    static const void *const labels[] = {
        [OP_END] = &&op_end,
        [OP_BOOLEAN] = &&op_boolean,
        [OP_INT] = &&op_int,
        [OP_LONG] = &&op_long,
        [OP_FLOAT] = &&op_float,
        [OP_DOUBLE] = &&op_double,
        [OP_BYTES] = &&op_bytes,
        [OP_STRING] = &&op_string,
        [OP_FIXED] = &&op_fixed,
        [OP_ENUM] = &&op_enum,
        [OP_ARRAY] = &&op_array,
        [OP_NEXT] = &&op_next,
        [OP_ARRAY_OF_STRINGS] = &&op_array_of_strings,
        [OP_OPTIONAL_STRING] = &&op_optional_string,
        [OP_OPTIONAL_BYTES] = &&op_optional_bytes,
        [OP_OPTIONAL_FIXED] = &&op_optional_fixed,
        [OP_OPTIONAL_VALUE] = &&op_optional_value,
        [OP_OPTIONAL_POINTER] = &&op_optional_pointer,
        [OP_TEXTS] = &&op_texts,
        [OP_LEAVE] = &&op_leave,
        [OP_CALL] = &&op_call,
        [OP_JUMP] = &&op_jump,
        [OP_SWITCH] = &&op_switch,
    };
    const struct wire_program *program = encoder->program;
    const struct wire_insn *insn = program->code;
    struct wire_frame_record *frame = encoder->frames; /* the next to be pushed */
    struct wire_frame_record *const last_frame = encoder->frames + WIRE_DEPTH_MAX;
    uint8_t *at = (uint8_t *)encoder->out->data + encoder->out->len;
    const struct vf_slice *slice;
    const struct wire_array *array;
    const struct wire_union *of;
    uint32_t symbol;
    uint32_t left;

    goto *labels[insn->op];
op_boolean:
    at = put_number(at, *AT(bool) ? -1 : 0); /* in zigzag 1 and 0 */
    NEXT();
op_int:
    at = put_number(at, *AT(int32_t));
    NEXT();
op_long:
    at = put_number(at, *AT(int64_t));
    NEXT();
op_float:
    at = put_float(at, *AT(float));
    NEXT();
op_double:
    at = put_double(at, *AT(double));
    NEXT();
op_bytes:
    at = write_slice(encoder, at, AT(struct vf_slice), false);
    if (!at)
        goto fail;
    NEXT();
op_string:
    at = write_slice(encoder, at, AT(struct vf_slice), true);
    if (!at)
        goto fail;
    NEXT();
op_fixed:
    slice = AT(struct vf_slice);
    if (!slice->ptr || slice->len != insn->a)
        goto fail;
    at = write_raw(encoder, at, slice);
    if (!at)
        goto fail;
    NEXT();
op_enum:
    symbol = (uint32_t)*AT(int32_t);
    if (symbol >= insn->a)
        goto fail;
    at = put_number(at, symbol);
    NEXT();

op_optional_string:
    at = write_optional(encoder, at, insn->small, AT(struct vf_slice), true);
    if (!at)
        goto fail;
    NEXT();
op_texts:
    for (left = insn->a;; insn++) {
        slice = AT(struct vf_slice);
        if (slice->ptr) {
            put_branch(at, !insn->small); /* overwritten if this one is not optional */
            at = write_slice(encoder, at + insn->b, slice, true);
            if (!at)
                goto fail;
        } else if (insn->b) {
            at = put_branch(at, insn->small);
        } else {
            goto fail;
        }
        if (--left == 0)
            break;
        if (__builtin_expect(at > encoder->comfort, 0)) {
            at = make_room(encoder, at, 0);
            if (!at)
                goto fail;
        }
    }
    NEXT();
op_optional_bytes:
    at = write_optional(encoder, at, insn->small, AT(struct vf_slice), false);
    if (!at)
        goto fail;
    NEXT();
op_optional_fixed:
    slice = AT(struct vf_slice);
    if (slice->ptr && slice->len != insn->a)
        goto fail;
    at = put_branch(at, slice->ptr ? !insn->small : insn->small);
    if (slice->ptr)
        at = write_raw(encoder, at, slice);
    if (!at)
        goto fail;
    NEXT();
op_optional_value:
    at = put_branch(at, *AT(bool) ? !insn->small : insn->small);
    if (!*AT(bool))
        insn = program->code + insn->b - 1;
    NEXT();
op_optional_pointer:
    at = put_branch(at, *AT(void *) ? !insn->small : insn->small);
    if (!*AT(void *)) {
        insn = program->code + insn->b - 1;
        NEXT();
    }
    if (frame == last_frame)
        goto too_deep;
    *frame++ = (struct wire_frame_record){.base = (char *)base, .at = insn};
    base = *AT(void *);
    NEXT();
op_switch:
    of = AT(struct wire_union);
    if (of->branch < 0 || (uint32_t)of->branch >= insn->a ||
        (!of->value && of->branch != (int16_t)insn->small))
        goto fail;
    if (frame == last_frame)
        goto too_deep;
    at = put_number(at, of->branch);
    *frame++ = (struct wire_frame_record){.base = (char *)base, .at = insn};
    base = of->value;
    insn = program->code + program->tables[insn->b + (uint32_t)of->branch] - 1;
    NEXT();

op_array_of_strings:
    at = write_strings(encoder, at, AT(struct wire_array));
    if (!at)
        goto fail;
    NEXT();
op_array:
    array = AT(struct wire_array);
    if (array->count > 0 && !array->items && insn->a > 0)
        goto fail;
    at = put_number(at, (int64_t)array->count);
    if (array->count == 0) {
        insn = program->code + insn->b - 1;
        NEXT();
    }
    if (frame == last_frame)
        goto too_deep;
    *frame++ = (struct wire_frame_record){
        .base = (char *)base, .at = insn, .left = array->count, .count = array->count};
    base = array->items ? array->items : base;
    NEXT();
op_next:
    if (--frame[-1].left > 0) {
        base += frame[-1].at->a;
        insn = frame[-1].at;
        NEXT();
    }
    base = (--frame)->base;
    at = put_number(at, 0);
    NEXT();
op_call:
    if (frame == last_frame)
        goto too_deep;
    *frame++ = (struct wire_frame_record){.base = (char *)base, .at = insn};
    base += insn->offset;
    insn = program->code + insn->b - 1;
    NEXT();
op_leave:
    base = (--frame)->base;
    NEXT();
op_end:
    if (frame == encoder->frames)
        goto done;
    base = (--frame)->base;
    insn = frame->at;
    NEXT();
op_jump:
    insn = program->code + insn->b - 1;
    NEXT();

more_room:
    insn++;
    at = make_room(encoder, at, 0);
    if (!at)
        goto fail;
    goto *labels[insn->op];
done:
    encoder->out->len = (size_t)(at - (uint8_t *)encoder->out->data);
    return true;
too_deep:
    encoder->reason = WIRE_BAD_DEPTH;
fail:
    encoder->insn = insn;
    encoder->base = base;
    encoder->depth = (size_t)(frame - encoder->frames);
    return false;
}

int wire_encode(const struct wire_schema *schema, const void *value, struct vf_buffer *out,
                struct vf_error *err)
{
    struct wire_encoder encoder; /* frames stay unset until they are pushed */
    size_t start = out->len;

    if (!vf_buffer_reserve(out, ROOM))
        return ROOM > out->limit - out->len
                   ? vf_error_set(err, VF_ELIMIT,
                                  "the value is too large for a buffer of %zu bytes", out->limit)
                   : vf_error_set(err, VF_ENOMEM, "out of memory for the encoded value");
    encoder.program = schema->encoder;
    encoder.out = out;
    encoder.comfort = comfort_of(out);
    encoder.full = false;
    encoder.reason = WIRE_BAD_VALUE;
    encoder.item = WIRE_NO_ITEM;
    if (run(&encoder, value))
        return 0;
    out->len = start;
    return wire_encode_report(&encoder, err);
}
