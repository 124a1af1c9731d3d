/*
 * Why encoding stopped, in words.
 */
#include "codec/wire_encoder.h"
#include <stdio.h>

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

static void explain_value(const struct wire_encoder *encoder, char *text, size_t size)
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
        if (encoder->item == WIRE_NO_ITEM)
            snprintf(text, size, "%zu items are counted, and none are there", array->count);
        else
            explain_slice((const struct vf_slice *)array->items + encoder->item, insn, text, size);
        break;
    default: explain_slice(member, insn, text, size); break;
    }
}

int wire_encode_report(const struct wire_encoder *encoder, struct vf_error *err)
{
    char path[WIRE_PATH_TEXT];
    char text[128];
    int code = VF_EDATA;

    if (encoder->reason == WIRE_BAD_DEPTH) {
        code = VF_ELIMIT;
        snprintf(text, sizeof text, "nested deeper than %d levels", WIRE_DEPTH_MAX);
    } else if (encoder->reason == WIRE_BAD_ROOM && encoder->full) {
        code = VF_ELIMIT;
        snprintf(text, sizeof text, "the value is too large for a buffer of %zu bytes",
                 encoder->out->limit);
    } else if (encoder->reason == WIRE_BAD_ROOM) {
        code = VF_ENOMEM;
        snprintf(text, sizeof text, "out of memory for the encoded value");
    } else {
        explain_value(encoder, text, sizeof text);
    }
    wire_program_path(encoder->program, encoder->insn, encoder->frames, encoder->depth, path);
    if (encoder->item != WIRE_NO_ITEM)
        wire_path_add_index(path, strlen(path), (size_t)encoder->item);
    return vf_error_set(err, code, "%s%s%s", path, path[0] ? ": " : "", text);
}
