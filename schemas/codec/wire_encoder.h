/*
 * What the interpreter that encodes shares with the words for its errors.
 */
#ifndef WIRE_ENCODER_H
#define WIRE_ENCODER_H

#include "codec/wire_program.h"

enum wire_stop { WIRE_BAD_VALUE, WIRE_BAD_ROOM, WIRE_BAD_DEPTH };

struct wire_encoder {
    const struct wire_program *program;
    struct vf_buffer *out;
    const uint8_t *comfort; /* up to here there is the room that an instruction may need */
    bool full;              /* the buffer's limit was hit, and not the system's */
    struct wire_frame_record frames[WIRE_DEPTH_MAX];
    /* Where the interpreter stopped, and why. */
    const struct wire_insn *insn;
    const char *base;
    size_t depth;
    long long item; /* the string of an array of strings, or WIRE_NO_ITEM */
    enum wire_stop reason;
};

/* Fills err and returns its code. */
int wire_encode_report(const struct wire_encoder *encoder, struct vf_error *err);

#endif
