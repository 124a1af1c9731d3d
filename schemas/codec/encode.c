/*
 * The interpreter that encodes: decode.c backwards. What the caller filled in is checked as far
 * as it can be: what would not be read back is refused.
 */
#include "codec/wire_impl.h"
#include "codec/wire_program.h"
#include "codec/wire_utf8.h"
#include "codec/wire_varint.h"

/* The free part of the buffer. */
struct writer {
    uint8_t *at;
    uint8_t *end;
    struct vf_buffer *out;
    bool full; /* the buffer's limit was hit, and not the system's */
};

enum reason { BAD_VALUE, BAD_ROOM, BAD_DEPTH };

enum { NO_ITEM = -1 };

/* Where the interpreter stopped. */
struct encoder {
    const struct wire_program *program;
    struct writer writer;
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
    } else if (encoder->reason == BAD_ROOM && encoder->writer.full) {
        code = VF_ELIMIT;
        snprintf(text, sizeof text, "the value is too large for a buffer of %zu bytes",
                 encoder->writer.out->limit);
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

static void open_writer(struct writer *writer)
{
    uint8_t *data = (uint8_t *)writer->out->data;

    writer->at = data ? data + writer->out->len : NULL;
    writer->end = data ? data + writer->out->capacity : NULL;
}

static void close_writer(struct writer *writer)
{
    if (writer->at)
        writer->out->len = (size_t)(writer->at - (uint8_t *)writer->out->data);
}

__attribute__((noinline)) static bool make_room(struct writer *writer, size_t n)
{
    close_writer(writer);
    bool ok = vf_buffer_reserve(writer->out, n);
    writer->full = n > writer->out->limit - writer->out->len;
    open_writer(writer);
    return ok;
}

static inline bool has_room(struct writer *writer, size_t n)
{
    return __builtin_expect((size_t)(writer->end - writer->at) >= n, 1) || make_room(writer, n);
}

static inline bool write_number(struct writer *writer, int64_t number)
{
    if (!has_room(writer, WIRE_VARINT_MAX))
        return false;
    writer->at = wire_varint_write(writer->at, number);
    return true;
}

static inline bool write_raw(struct writer *writer, const void *bytes, size_t n)
{
    if (!has_room(writer, n))
        return false;
    if (n)
        memcpy(writer->at, bytes, n);
    writer->at += n;
    return true;
}

static inline bool write_slice(struct writer *writer, const struct vf_slice *slice)
{
    if (slice->len > PTRDIFF_MAX || !has_room(writer, slice->len + WIRE_VARINT_MAX))
        return false;
    writer->at = wire_varint_write(writer->at, (int64_t)slice->len);
    memcpy(writer->at, slice->ptr, slice->len);
    writer->at += slice->len;
    return true;
}

static bool write_float(struct writer *writer, float value)
{
    uint32_t bits;
    uint8_t bytes[sizeof bits];

    memcpy(&bits, &value, sizeof bits);
    for (size_t i = 0; i < sizeof bits; i++)
        bytes[i] = (uint8_t)(bits >> 8 * i);
    return write_raw(writer, bytes, sizeof bytes);
}

static bool write_double(struct writer *writer, double value)
{
    uint64_t bits;
    uint8_t bytes[sizeof bits];

    memcpy(&bits, &value, sizeof bits);
    for (size_t i = 0; i < sizeof bits; i++)
        bytes[i] = (uint8_t)(bits >> 8 * i);
    return write_raw(writer, bytes, sizeof bytes);
}

static inline bool is_string(const struct vf_slice *slice)
{
    return slice->ptr && wire_utf8_valid(slice->ptr, slice->len);
}

/* A whole array of strings: one block. */
static bool write_strings(struct encoder *encoder, const struct wire_array *array)
{
    struct writer *writer = &encoder->writer;
    const struct vf_slice *items = array->items;

    if (array->count > 0 && !items)
        return false;
    encoder->reason = BAD_ROOM;
    if (array->count > 0 && !write_number(writer, (int64_t)array->count))
        return false;
    for (size_t i = 0; i < array->count; i++) {
        bool valid = is_string(&items[i]);
        if (__builtin_expect(valid && write_slice(writer, &items[i]), 1))
            continue;
        encoder->reason = valid ? BAD_ROOM : BAD_VALUE;
        encoder->item = (long long)i;
        return false;
    }
    if (!write_number(writer, 0))
        return false;
    encoder->reason = BAD_VALUE;
    return true;
}

/* ---- the loop ------------------------------------------------------------------------- */

/* What a member of the value at the instruction's offset is. */
#define AT(type) ((const type *)(const void *)(base + insn->offset))

/* One case an instruction: it sets valid, and room when there was some for what it wrote. Those
 * that move elsewhere than to the next instruction set insn to the one before that. */
static bool run(struct encoder *encoder, const char *base)
{
    const struct wire_program *program = encoder->program;
    const struct wire_insn *insn = program->code;
    struct wire_frame_record *frame = encoder->frames; /* the next to be pushed */
    struct wire_frame_record *const last_frame = encoder->frames + WIRE_DEPTH_MAX;
    struct writer *writer = &encoder->writer;
    const struct vf_slice *slice;
    const struct wire_array *array;
    const struct wire_union *of;
    bool valid = true;
    bool room = true;

    for (;; insn++) {
        switch ((enum wire_op)insn->op) {
        case OP_BOOLEAN: room = write_raw(writer, *AT(bool) ? "\1" : "\0", 1); break;
        case OP_INT: room = write_number(writer, *AT(int32_t)); break;
        case OP_LONG: room = write_number(writer, *AT(int64_t)); break;
        case OP_FLOAT: room = write_float(writer, *AT(float)); break;
        case OP_DOUBLE: room = write_double(writer, *AT(double)); break;
        case OP_BYTES:
            slice = AT(struct vf_slice);
            valid = slice->ptr != NULL;
            room = valid && write_slice(writer, slice);
            break;
        case OP_STRING:
            slice = AT(struct vf_slice);
            valid = is_string(slice);
            room = valid && write_slice(writer, slice);
            break;
        case OP_FIXED:
            slice = AT(struct vf_slice);
            valid = slice->ptr && slice->len == insn->a;
            room = valid && write_raw(writer, slice->ptr, slice->len);
            break;
        case OP_ENUM:
            valid = *AT(int32_t) >= 0 && (uint32_t)*AT(int32_t) < insn->a;
            room = valid && write_number(writer, *AT(int32_t));
            break;

        case OP_OPTIONAL_STRING:
        case OP_OPTIONAL_BYTES:
        case OP_OPTIONAL_FIXED:
            slice = AT(struct vf_slice);
            room = write_number(writer, slice->ptr ? !insn->small : insn->small);
            if (!slice->ptr || !room)
                break;
            valid = insn->op == OP_OPTIONAL_BYTES ||
                    (insn->op == OP_OPTIONAL_STRING ? is_string(slice) : slice->len == insn->a);
            room =
                valid && (insn->op == OP_OPTIONAL_FIXED ? write_raw(writer, slice->ptr, slice->len)
                                                        : write_slice(writer, slice));
            break;
        case OP_OPTIONAL_VALUE:
            room = write_number(writer, *AT(bool) ? !insn->small : insn->small);
            if (room && !*AT(bool))
                insn = program->code + insn->b - 1;
            break;
        case OP_OPTIONAL_POINTER:
            room = write_number(writer, *AT(void *) ? !insn->small : insn->small);
            if (!room)
                break;
            if (!*AT(void *)) {
                insn = program->code + insn->b - 1;
                break;
            }
            if (frame == last_frame)
                goto too_deep;
            *frame++ = (struct wire_frame_record){.base = (char *)base, .at = insn};
            base = *AT(void *);
            break;
        case OP_SWITCH:
            of = AT(struct wire_union);
            valid = of->branch >= 0 && (uint32_t)of->branch < insn->a &&
                    (of->value || of->branch == (int16_t)insn->small);
            room = valid && write_number(writer, of->branch);
            if (!room)
                break;
            if (frame == last_frame)
                goto too_deep;
            *frame++ = (struct wire_frame_record){.base = (char *)base, .at = insn};
            base = of->value;
            insn = program->code + program->tables[insn->b + (uint32_t)of->branch] - 1;
            break;

        case OP_ARRAY_OF_STRINGS:
            if (!write_strings(encoder, AT(struct wire_array)))
                goto fail;
            break;
        case OP_ARRAY:
            array = AT(struct wire_array);
            valid = array->count == 0 || array->items || insn->a == 0;
            room = valid && write_number(writer, (int64_t)array->count);
            if (!room)
                break;
            if (array->count == 0) {
                insn = program->code + insn->b - 1;
                break;
            }
            if (frame == last_frame)
                goto too_deep;
            *frame++ = (struct wire_frame_record){
                .base = (char *)base, .at = insn, .left = array->count, .count = array->count};
            base = array->items ? array->items : base;
            break;
        case OP_NEXT:
            base += frame[-1].at->a;
            if (--frame[-1].left > 0) {
                insn = frame[-1].at;
                break;
            }
            base = (--frame)->base;
            room = write_number(writer, 0);
            break;
        case OP_CALL:
            if (frame == last_frame)
                goto too_deep;
            *frame++ = (struct wire_frame_record){.base = (char *)base, .at = insn};
            base += insn->offset;
            insn = program->code + insn->b - 1;
            break;
        case OP_LEAVE: base = (--frame)->base; break;
        case OP_END:
            if (frame == encoder->frames)
                return true;
            base = (--frame)->base;
            insn = frame->at;
            break;
        case OP_JUMP: insn = program->code + insn->b - 1; break;
        default: break; /* the others decode */
        }
        if (__builtin_expect(!room, 0)) {
            encoder->reason = valid ? BAD_ROOM : BAD_VALUE;
            goto fail;
        }
    }
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

    encoder.program = schema->encoder;
    encoder.writer = (struct writer){.out = out};
    encoder.reason = BAD_VALUE;
    encoder.item = NO_ITEM;
    open_writer(&encoder.writer);
    if (run(&encoder, value)) {
        close_writer(&encoder.writer);
        return 0;
    }
    out->len = start;
    return report(&encoder, err);
}
