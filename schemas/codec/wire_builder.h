/*
 * Building a program: emitting, places, tables, subroutines. Used by the compilers of decoders
 * (plan.c) and encoders (encoder.c).
 */
#ifndef WIRE_BUILDER_H
#define WIRE_BUILDER_H

#include "codec/wire_program.h"

enum {
    INLINE_DEPTH_MAX = 16,   /* records within records before they become subroutines */
    INLINE_INSNS_MAX = 4096, /* instructions of a program before records do */
};

/* A record pair that has, or will have, code of its own. */
struct wire_routine {
    const struct wire_type *writer;
    const struct wire_type *reader; /* NULL: of an encoder, or to be skipped */
    uint32_t start;                 /* its first instruction, once compiled */
    bool incompatible;              /* no value can get through it */
    char *reason;                   /* in the program's arena */
};

/* Routine `from` cannot do without routine `to`. */
struct wire_dependency {
    uint32_t from;
    uint32_t to;
};

struct wire_builder {
    struct wire_program *program;
    uint32_t code_capacity;
    uint32_t place_capacity;
    uint32_t table_capacity;
    uint32_t constant_capacity;
    struct wire_routine *routines;
    uint32_t routine_count;
    uint32_t routine_capacity;
    struct wire_dependency *dependencies;
    uint32_t dependency_count;
    uint32_t dependency_capacity;
    /* State of the walk. */
    uint32_t routine; /* being compiled */
    uint32_t place;   /* of what is emitted now */
    uint32_t arms;    /* branches of the writer's unions around it */
    uint32_t inlined; /* records being compiled inline */
    const struct wire_type *inline_writer[INLINE_DEPTH_MAX];
    const struct wire_type *inline_reader[INLINE_DEPTH_MAX];
    int rc; /* VF_ENOMEM or VF_ELIMIT once hit; emitting goes on in vain */
    struct vf_error *err;
};

/* Compiles the body of a routine's record at offset 0; 0 or VF_EINCOMPATIBLE (err is filled). */
typedef int wire_compile_routine(struct wire_builder *builder, const struct wire_type *writer,
                                 const struct wire_type *reader);

int wire_builder_init(struct wire_builder *builder, struct vf_error *err);
/* Compiles root and the routines it needs, and hands out the program; the builder is released
 * in any case. VF_ENOMEM, VF_ELIMIT, VF_EINCOMPATIBLE. */
int wire_builder_run(struct wire_builder *builder, const struct wire_type *writer,
                     const struct wire_type *reader, wire_compile_routine *compile,
                     struct wire_program **out);

/* Appends an instruction; returns its index. */
uint32_t wire_emit(struct wire_builder *builder, struct wire_insn insn);
uint32_t wire_here(const struct wire_builder *builder);
/* Sets the instruction's target b to what comes next. */
void wire_patch(struct wire_builder *builder, uint32_t index);
/* Takes back everything emitted from index on. */
void wire_truncate(struct wire_builder *builder, uint32_t index);
/* Room for count entries; the index of the first. */
uint32_t wire_add_table(struct wire_builder *builder, size_t count);
void wire_set_table(struct wire_builder *builder, uint32_t index, uint32_t value);
uint32_t wire_add_constant(struct wire_builder *builder, const void *constant);

/* Steps into a field or the items; returns the place to go back to. */
uint32_t wire_enter_field(struct wire_builder *builder, struct vf_slice writer,
                          struct vf_slice reader);
uint32_t wire_enter_items(struct wire_builder *builder);
void wire_leave_place(struct wire_builder *builder, uint32_t place);
/* Path in one schema: "participants[].role"; at the root, the type's name. */
void wire_builder_path(const struct wire_builder *builder, bool of_writer,
                       char text[WIRE_PATH_TEXT]);

/* True: the record's body is to be compiled here, then wire_inline_end called. False: a call
 * was emitted. */
bool wire_inline_begin(struct wire_builder *builder, const struct wire_type *writer,
                       const struct wire_type *reader, size_t offset);
void wire_inline_end(struct wire_builder *builder);

#endif
