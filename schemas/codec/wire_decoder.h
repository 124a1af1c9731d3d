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

enum wire_block { WIRE_BLOCK_ITEMS, WIRE_BLOCK_LAST, WIRE_BLOCK_BAD };

/* The next block of the frame's array or map, with memory for it; *at moves past its header.
 * Blocks to be skipped that tell their size are skipped at once. */
enum wire_block wire_next_items(struct wire_decoder *decoder, struct wire_frame_record *frame,
                                const uint8_t **at, enum wire_reason *reason);
/* A whole array of strings. On failure *at is where it is, and *item the string it is in. */
bool wire_read_strings(struct wire_decoder *decoder, const struct wire_insn *insn,
                       const uint8_t **at, struct wire_array *out, long long *item,
                       enum wire_reason *reason);

/* Fills err and returns its code. item: the string of an array of strings, or WIRE_NO_ITEM. */
int wire_decode_report(const struct wire_decoder *decoder, enum wire_reason reason,
                       const struct wire_insn *insn, const uint8_t *at, size_t depth,
                       long long item, struct vf_error *err);

#endif
