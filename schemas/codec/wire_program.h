/*
 * Programs: what schemas are compiled to. A flat array of instructions, run by one interpreter
 * for decoding (decode.c) and one for encoding (encode.c).
 *
 * An instruction works on memory at base + offset. Records lie inline in their parents, so only
 * what is reached through a pointer (items, entries, values of pointer and tagged unions) moves
 * the base: it pushes a frame, and the instruction at the end of its body pops it. Records that
 * contain themselves are subroutines.
 */
#ifndef WIRE_PROGRAM_H
#define WIRE_PROGRAM_H

#include "base/map.h"
#include "codec/wire_path.h"
#include "codec/wire_plan.h"
#include "codec/wire_type.h"

/* size: bytes of memory; least: fewest bytes of an item on the wire, at most 65535. */
enum wire_op {
    OP_END, /* of a program or subroutine */
    OP_BOOLEAN,
    OP_INT,
    OP_LONG,
    OP_FLOAT,
    OP_DOUBLE,
    OP_BYTES,
    OP_STRING,
    OP_FIXED, /* a: bytes */
    OP_ENUM,  /* a: count of symbols */
    /* Arrays and maps. small: least, a: size of an item, b: the instruction behind the body. */
    OP_ARRAY,
    OP_NEXT, /* ends the body */
    OP_ARRAY_OF_STRINGS,
    /* A run of strings and optional strings: this instruction and those behind it. a: how many,
     * b: whether this one is optional, small: the index of null. */
    OP_TEXTS,
    /* Optionals, when both sides are. small: the index of null. */
    OP_OPTIONAL_STRING,
    OP_OPTIONAL_BYTES,
    OP_OPTIONAL_FIXED,   /* a: bytes */
    OP_OPTIONAL_VALUE,   /* a: size, b: where to go on when null */
    OP_OPTIONAL_POINTER, /* a: size, b: where to go on when null; pushes a frame */
    OP_LEAVE,            /* pops a frame */
    OP_CALL,             /* b: the subroutine */
    OP_JUMP,             /* b: target */
    OP_SWITCH,           /* a: count of branches, b: targets, in tables */

    /* Decoding only. */
    OP_INT_TO_LONG,
    OP_INT_TO_FLOAT,
    OP_INT_TO_DOUBLE,
    OP_LONG_TO_FLOAT,
    OP_LONG_TO_DOUBLE,
    OP_FLOAT_TO_DOUBLE,
    OP_ENUM_MAPPED,   /* a: count of the writer's symbols, b: their indexes here, in tables */
    OP_SET_NULL,      /* a: size; zeroes an optional */
    OP_SET_PRESENT,   /* of an optional value */
    OP_ENTER_POINTER, /* a: size of what it will point to; pushes a frame */
    OP_SET_TAG,       /* small: branch; its value is null */
    OP_ENTER_TAG,     /* small: branch, a: size of its value; pushes a frame */
    OP_COPY,          /* a: size, b: a default, in constants */
    OP_REFUSE,        /* b: why, in constants */
    OP_SKIP_INT,
    OP_SKIP_LONG,
    OP_SKIP_BOOLEAN,
    OP_SKIP_BYTES,
    OP_SKIP_FIXED, /* a: bytes */
    OP_SKIP_ENUM,  /* a: count of symbols */
    OP_SKIP_ARRAY, /* small: least, b: the instruction behind the body; pushes a frame */
    OP_SKIP_NEXT,
};

struct wire_insn {
    uint16_t op;
    uint16_t small;
    uint32_t offset;
    uint32_t a;
    uint32_t b;
};

/* Where in the schemas an instruction comes from, for errors. */
struct wire_where {
    uint32_t parent;        /* WIRE_NOWHERE at the root of the value or of a subroutine */
    bool item;              /* of an array or map; otherwise a field */
    struct vf_slice reader; /* name of the field; ptr NULL when the side lacks it */
    struct vf_slice writer;
};
#define WIRE_NOWHERE UINT32_MAX

enum {
    WIRE_INSNS_MAX = 1 << 20, /* instructions of a program: 16 MiB */
};

struct wire_program {
    struct wire_insn *code; /* owned, as all arrays here */
    uint32_t *where;        /* index of each instruction's place */
    uint32_t count;
    struct wire_where *places;
    uint32_t place_count;
    uint32_t *tables;
    uint32_t table_count;
    const void **constants;
    uint32_t constant_count;
    struct vf_arena arena; /* texts of OP_REFUSE */
};

struct wire_plan {
    struct wire_program *program;
};

/* A frame of either interpreter; the members that its instruction needs are set. */
struct wire_frame_record {
    char *base;                 /* of the code that pushed it */
    const struct wire_insn *at; /* the instruction that pushed it */
    char *items;                /* of an array */
    size_t left;                /* items of the block yet to come, the present one included */
    size_t count;               /* items before this block and in it */
    size_t capacity;            /* items */
    const char *block_end;      /* NULL: not told */
};

enum { WIRE_NO_ITEM = -1 }; /* where an error may be in an item of an array */

/* "participants[2].role" for the instruction in the frames above it, the first being the
 * outermost. */
void wire_program_path(const struct wire_program *program, const struct wire_insn *at,
                       const struct wire_frame_record *frames, size_t depth,
                       char text[WIRE_PATH_TEXT]);

/* The program that encodes values of the type. VF_ENOMEM, VF_ELIMIT. */
int wire_encoder_compile(const struct wire_type *type, struct wire_program **out);
/* The program that finds the end of a value. */
int wire_skipper_compile(const struct wire_type *type, struct wire_program **out);
/* Length of the value at the beginning of bytes, in *used. As wire_decode, but text is not
 * checked, and bytes may follow. */
int wire_skip(const struct wire_program *skipper, struct vf_slice bytes,
              const struct wire_limits *limits, size_t *used, struct vf_error *err);
void wire_program_free(struct wire_program *program); /* NULL is allowed */

#endif
