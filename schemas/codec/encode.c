/*
 * The interpreter that encodes: decode.c backwards. What the caller filled in is checked as far
 * as it can be: what would not be read back is refused.
 */
#include "codec/wire_impl.h"
#include "codec/wire_program.h"
#include "codec/wire_utf8.h"
#include "codec/wire_varint.h"

enum reason { BAD_VALUE, BAD_ROOM, BAD_DEPTH };

enum { NO_ITEM = -1 };

/* Where the interpreter stopped. */
struct encoder {
    const struct wire_program *program;
    struct vf_buffer *out;
    const uint8_t *end; /* of the buffer's memory */
    bool full;          /* the buffer's limit was hit, and not the system's */
    struct wire_frame_record frames[WIRE_DEPTH_MAX];
    const struct wire_insn *insn;
    const char *base;
    size_t depth;
    long long item; /* the string of an array of strings, or NO_ITEM */
    enum reason reason;
};

/* ---- errors --------------------------------------------------------------------------- */

static void explain_slice(const struct vf_slice *slice, const struct wire_insn *insn, char *text,
                          size_t size)
{
    bool fixed = insn->op == OP_FIXED || insn->op == OP_OPTIONAL_FIXED;

    if (!slice->ptr)
        snprintf(text, size, "null where null is not allowed");
    else if (fixed)
        snprintf(text, size, "%zu bytes, where a fixed of %u is expected", slice->len,
                 (unsigned)insn->a);
    else
        snprintf(text, size, "not UTF-8");
}

static void explain_value(const struct encoder *encoder, char *text, size_t size)
{
    const struct wire_insn *insn = encoder->insn;
    const void *member = encoder->base + insn->offset;
    const struct wire_union *of = member;
    const struct wire_array *array = member;

    switch (insn->op) {
    case OP_ENUM:
        snprintf(text, size, "symbol %ld of %u", (long)*(const int32_t *)member, (unsigned)insn->a);
        break;
    case OP_SWITCH:
        snprintf(text, size, "branch %ld of %u%s", (long)of->branch, (unsigned)insn->a,
                 of->branch >= 0 && (uint32_t)of->branch < insn->a ? ", without a value" : "");
        break;
    case OP_ARRAY_OF_STRINGS:
    case OP_ARRAY:
        if (encoder->item == NO_ITEM)
            snprintf(text, size, "%zu items are counted, and none are there", array->count);
        else
            explain_slice((const struct vf_slice *)array->items + encoder->item, insn, text, size);
        break;
    default: explain_slice(member, insn, text, size); break;
    }
}

static int report(const struct encoder *encoder, struct vf_error *err)
{
    char path[WIRE_PATH_TEXT];
    char text[128];
    int code = VF_EDATA;

    if (encoder->reason == BAD_DEPTH) {
        code = VF_ELIMIT;
        snprintf(text, sizeof text, "nested deeper than %d levels", WIRE_DEPTH_MAX);
    } else if (encoder->reason == BAD_ROOM && encoder->full) {
        code = VF_ELIMIT;
        snprintf(text, sizeof text, "the value is too large for a buffer of %zu bytes",
                 encoder->out->limit);
    } else if (encoder->reason == BAD_ROOM) {
        code = VF_ENOMEM;
        snprintf(text, sizeof text, "out of memory for the encoded value");
    } else {
        explain_value(encoder, text, sizeof text);
    }
    wire_program_path(encoder->program, encoder->insn, encoder->frames, encoder->depth, path);
    if (encoder->item != NO_ITEM)
        wire_path_add_index(path, strlen(path), (size_t)encoder->item);
    return vf_error_set(err, code, "%s%s%s", path, path[0] ? ": " : "", text);
}

/* ---- writing -------------------------------------------------------------------------- */

/* These take where to write and return where to go on, or NULL: there is no room, or the value
 * is invalid. encoder->reason says which. */

static uint8_t *buffer_end(const struct vf_buffer *out)
{
    return (uint8_t *)out->data + out->capacity;
}

/* The same place in a buffer that has room for n more bytes. */
__attribute__((noinline)) static uint8_t *make_room(struct encoder *encoder, uint8_t *at, size_t n)
{
    struct vf_buffer *out = encoder->out;

    out->len = (size_t)(at - (uint8_t *)out->data);
    if (!vf_buffer_reserve(out, n)) {
        encoder->reason = BAD_ROOM;
        encoder->full = n > out->limit - out->len;
        return NULL;
    }
    encoder->end = buffer_end(out);
    return (uint8_t *)out->data + out->len;
}

static inline uint8_t *ensure_room(struct encoder *encoder, uint8_t *at, size_t n)
{
    return __builtin_expect((size_t)(encoder->end - at) >= n, 1) ? at : make_room(encoder, at, n);
}

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

static inline uint8_t *write_number(struct encoder *encoder, uint8_t *at, int64_t number)
{
    at = ensure_room(encoder, at, WIRE_VARINT_MAX);
    return at ? put_number(at, number) : NULL;
}

static inline uint8_t *write_raw(struct encoder *encoder, uint8_t *at, const void *bytes, size_t n)
{
    at = ensure_room(encoder, at, n);
    if (!at)
        return NULL;
    wire_copy_ascii(at, bytes, n); /* whether it is does not matter */
    return at + n;
}

enum { NO_BRANCH = -1 };

/* The index of a union's branch may come before it, or NO_BRANCH. */
static inline uint8_t *write_slice(struct encoder *encoder, uint8_t *at, int branch,
                                   const struct vf_slice *slice, bool text)
{
    if (!slice->ptr || slice->len > PTRDIFF_MAX)
        return NULL;
    at = ensure_room(encoder, at, slice->len + WIRE_VARINT_MAX + 1);
    if (!at)
        return NULL;
    if (branch != NO_BRANCH)
        *at++ = (uint8_t)(2 * branch); /* in zigzag */
    at = put_number(at, (int64_t)slice->len);
    bool ascii = wire_copy_ascii(at, slice->ptr, slice->len);
    if (__builtin_expect(text && !ascii, 0) && !wire_utf8_check(slice->ptr, slice->len))
        return NULL;
    return at + slice->len;
}

static inline uint8_t *write_optional(struct encoder *encoder, uint8_t *at, int null_branch,
                                      const struct vf_slice *slice, bool text)
{
    return slice->ptr ? write_slice(encoder, at, !null_branch, slice, text)
                      : write_number(encoder, at, null_branch);
}

static inline uint8_t *write_float(struct encoder *encoder, uint8_t *at, float value)
{
    uint32_t bits;
    uint8_t bytes[sizeof bits];

    memcpy(&bits, &value, sizeof bits);
    for (size_t i = 0; i < sizeof bits; i++)
        bytes[i] = (uint8_t)(bits >> 8 * i);
    return write_raw(encoder, at, bytes, sizeof bytes);
}

static inline uint8_t *write_double(struct encoder *encoder, uint8_t *at, double value)
{
    uint64_t bits;
    uint8_t bytes[sizeof bits];

    memcpy(&bits, &value, sizeof bits);
    for (size_t i = 0; i < sizeof bits; i++)
        bytes[i] = (uint8_t)(bits >> 8 * i);
    return write_raw(encoder, at, bytes, sizeof bytes);
}

/* A whole array of strings: one block. */
static inline uint8_t *write_strings(struct encoder *encoder, uint8_t *at,
                                     const struct wire_array *array)
{
    const struct vf_slice *items = array->items;

    if (array->count > 0 && !items)
        return NULL;
    if (array->count > 0)
        at = write_number(encoder, at, (int64_t)array->count);
    for (size_t i = 0; at && i < array->count; i++) {
        at = write_slice(encoder, at, NO_BRANCH, &items[i], true);
        if (__builtin_expect(!at, 0))
            encoder->item = (long long)i;
    }
    return at ? write_number(encoder, at, 0) : NULL;
}

/* ---- the loop ------------------------------------------------------------------------- */

/* What a member of the value at the instruction's offset is. */
#define AT(type) ((const type *)(const void *)(base + insn->offset))

/* On to the next instruction, as in decode.c. */
#define NEXT()                                                                                     \
    do {                                                                                           \
        if (__builtin_expect(!next, 0))                                                            \
            goto fail;                                                                             \
        at = next;                                                                                 \
        insn++;                                                                                    \
        goto *labels[insn->op];                                                                    \
    } while (0)

/* One label an instruction of those that encoders have: it sets next to where to write on, or to
 * NULL. Those that go on elsewhere set insn to the one before that. */
/* NOLINTNEXTLINE(readability-function-size): a label each */
static bool run(struct encoder *encoder, const char *base)
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
    uint8_t *next = at;
    const struct vf_slice *slice;
    const struct wire_array *array;
    const struct wire_union *of;
    uint32_t symbol;

    goto *labels[insn->op];
op_boolean:
    next = write_number(encoder, at, *AT(bool) ? -1 : 0); /* in zigzag 1 and 0 */
    NEXT();
op_int:
    next = write_number(encoder, at, *AT(int32_t));
    NEXT();
op_long:
    next = write_number(encoder, at, *AT(int64_t));
    NEXT();
op_float:
    next = write_float(encoder, at, *AT(float));
    NEXT();
op_double:
    next = write_double(encoder, at, *AT(double));
    NEXT();
op_bytes:
    next = write_slice(encoder, at, NO_BRANCH, AT(struct vf_slice), false);
    NEXT();
op_string:
    next = write_slice(encoder, at, NO_BRANCH, AT(struct vf_slice), true);
    NEXT();
op_fixed:
    slice = AT(struct vf_slice);
    next =
        slice->ptr && slice->len == insn->a ? write_raw(encoder, at, slice->ptr, slice->len) : NULL;
    NEXT();
op_enum:
    symbol = (uint32_t)*AT(int32_t);
    next = symbol < insn->a ? write_number(encoder, at, symbol) : NULL;
    NEXT();

op_optional_string:
    next = write_optional(encoder, at, insn->small, AT(struct vf_slice), true);
    NEXT();
op_optional_bytes:
    next = write_optional(encoder, at, insn->small, AT(struct vf_slice), false);
    NEXT();
op_optional_fixed:
    slice = AT(struct vf_slice);
    if (slice->ptr && slice->len != insn->a)
        goto fail;
    next = write_number(encoder, at, slice->ptr ? !insn->small : insn->small);
    if (next && slice->ptr)
        next = write_raw(encoder, next, slice->ptr, slice->len);
    NEXT();
op_optional_value:
    next = write_number(encoder, at, *AT(bool) ? !insn->small : insn->small);
    if (next && !*AT(bool))
        insn = program->code + insn->b - 1;
    NEXT();
op_optional_pointer:
    next = write_number(encoder, at, *AT(void *) ? !insn->small : insn->small);
    if (!next)
        goto fail;
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
    next = write_number(encoder, at, of->branch);
    if (!next)
        goto fail;
    *frame++ = (struct wire_frame_record){.base = (char *)base, .at = insn};
    base = of->value;
    insn = program->code + program->tables[insn->b + (uint32_t)of->branch] - 1;
    NEXT();

op_array_of_strings:
    next = write_strings(encoder, at, AT(struct wire_array));
    NEXT();
op_array:
    array = AT(struct wire_array);
    if (array->count > 0 && !array->items && insn->a > 0)
        goto fail;
    next = write_number(encoder, at, (int64_t)array->count);
    if (!next)
        goto fail;
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
    next = write_number(encoder, at, 0);
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

done:
    encoder->out->len = (size_t)(at - (uint8_t *)encoder->out->data);
    return true;
too_deep:
    encoder->reason = BAD_DEPTH;
fail:
    encoder->insn = insn;
    encoder->base = base;
    encoder->depth = (size_t)(frame - encoder->frames);
    return false;
}

int wire_encode(const struct wire_schema *schema, const void *value, struct vf_buffer *out,
                struct vf_error *err)
{
    struct encoder encoder; /* frames stay unset until they are pushed */
    size_t start = out->len;

    if (!vf_buffer_reserve(out, 1)) /* so that there is memory */
        return vf_error_set(err, out->len >= out->limit ? VF_ELIMIT : VF_ENOMEM,
                            "no room for an encoded value behind %zu bytes", out->len);
    encoder.program = schema->encoder;
    encoder.out = out;
    encoder.end = buffer_end(out);
    encoder.full = false;
    encoder.reason = BAD_VALUE;
    encoder.item = NO_ITEM;
    if (run(&encoder, value))
        return 0;
    out->len = start;
    return report(&encoder, err);
}
