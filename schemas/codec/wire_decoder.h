/*
 * What the interpreter that decodes shares with the words for its errors.
 */
#ifndef WIRE_DECODER_H
#define WIRE_DECODER_H

#include "codec/wire_program.h"

/* Why decoding stopped. Nearly always what the instruction read is invalid; how, is found out
 * when the error is reported. */
enum wire_reason {
    BAD_VALUE,
    BAD_COUNT,
    BAD_BLOCK,
    BAD_BLOCK_END,
    BAD_ITEMS,
    BAD_DEPTH,
    BAD_MEMORY,
    BAD_REFUSED,
    BAD_TRAILING,
};

struct wire_decoder {
    const struct wire_program *program;
    const uint8_t *start; /* of the bytes */
    const uint8_t *end;
    const struct wire_limits *limits;
    struct vf_arena *arena;
    size_t items_left;
    size_t depth_limit;
    bool prefix;            /* bytes may follow the value */
    const uint8_t *stopped; /* behind the value */
    struct wire_frame_record frames[WIRE_DEPTH_MAX];
};

enum { WIRE_NO_ITEM = -1 };

/* Fills err and returns its code. item: the string of an array of strings, or WIRE_NO_ITEM. */
int wire_decode_report(const struct wire_decoder *decoder, enum wire_reason reason,
                       const struct wire_insn *insn, const uint8_t *at, size_t depth,
                       long long item, struct vf_error *err);

#endif
