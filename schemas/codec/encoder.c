/*
 * Schema -> the program that encodes its values. It mirrors plan.c with both schemas the same.
 */
#include "codec/wire_builder.h"
#include <string.h>

static void encode_type(struct wire_builder *builder, const struct wire_type *type, size_t offset);

static uint32_t emit(struct wire_builder *builder, enum wire_op op, size_t offset, size_t a)
{
    return wire_emit(
        builder,
        (struct wire_insn){.op = (uint16_t)op, .offset = (uint32_t)offset, .a = (uint32_t)a});
}

static void encode_array(struct wire_builder *builder, const struct wire_type *type, size_t offset)
{
    bool map = type->kind == WIRE_MAP;

    if (!map && type->of.item->kind == WIRE_STRING) {
        emit(builder, OP_ARRAY_OF_STRINGS, offset, type->of.item->size);
        return;
    }
    uint32_t loop =
        emit(builder, OP_ARRAY, offset, map ? wire_entry_size(type) : type->of.item->size);
    uint32_t place = wire_enter_items(builder);
    if (map)
        emit(builder, OP_STRING, 0, 0);
    encode_type(builder, type->of.item, map ? wire_entry_value_offset(type) : 0);
    wire_leave_place(builder, place);
    emit(builder, OP_NEXT, 0, 0);
    wire_patch(builder, loop);
}

/* Each arm starts in a frame whose base is the branch's value. */
static void encode_tagged(struct wire_builder *builder, const struct wire_type *type, size_t offset)
{
    uint32_t count = (uint32_t)type->of.branches.count;
    uint32_t table = wire_add_table(builder, 2 * (size_t)count); /* then the jumps */

    wire_emit(builder, (struct wire_insn){.op = OP_SWITCH,
                                          .small = (uint16_t)type->of.branches.null_branch,
                                          .offset = (uint32_t)offset,
                                          .a = count,
                                          .b = table});
    for (uint32_t i = 0; i < count; i++) {
        wire_set_table(builder, table + i, wire_here(builder));
        encode_type(builder, type->of.branches.items[i], 0);
        emit(builder, OP_LEAVE, 0, 0);
        wire_set_table(builder, table + count + i, wire_here(builder));
        emit(builder, OP_JUMP, 0, 0);
    }
    for (uint32_t i = 0; i < count && !builder->rc; i++)
        wire_patch(builder, builder->program->tables[table + count + i]);
}

static void encode_union(struct wire_builder *builder, const struct wire_type *type, size_t offset)
{
    if (type->of.branches.layout == WIRE_UNION_TAGGED) {
        encode_tagged(builder, type, offset);
        return;
    }
    const struct wire_type *of = type->of.branches.items[wire_optional_branch(type)];
    struct wire_insn insn = {.small = (uint16_t)type->of.branches.null_branch,
                             .offset = (uint32_t)offset};
    uint32_t start;

    switch (type->of.branches.layout) {
    case WIRE_UNION_OPTIONAL_SLICE:
        insn.op = of->kind == WIRE_STRING  ? OP_OPTIONAL_STRING
                  : of->kind == WIRE_BYTES ? OP_OPTIONAL_BYTES
                                           : OP_OPTIONAL_FIXED;
        insn.a = (uint32_t)(of->kind == WIRE_FIXED ? of->of.bytes.size : 0);
        wire_emit(builder, insn);
        break;
    case WIRE_UNION_OPTIONAL_VALUE:
        insn.op = OP_OPTIONAL_VALUE;
        start = wire_emit(builder, insn);
        encode_type(builder, of, offset + type->of.branches.value_offset);
        wire_patch(builder, start);
        break;
    default:
        insn.op = OP_OPTIONAL_POINTER;
        start = wire_emit(builder, insn);
        encode_type(builder, of, 0);
        emit(builder, OP_LEAVE, 0, 0);
        wire_patch(builder, start);
        break;
    }
}

static void encode_fields(struct wire_builder *builder, const struct wire_type *type, size_t offset)
{
    for (size_t i = 0; i < type->of.fields.count; i++) {
        const struct wire_field *field = &type->of.fields.items[i];
        uint32_t place = wire_enter_field(builder, VF_SLICE_NULL, field->name);
        encode_type(builder, field->type, offset + field->offset);
        wire_leave_place(builder, place);
    }
}

static void encode_type(struct wire_builder *builder, const struct wire_type *type, size_t offset)
{
    static const uint16_t ops[] = {
        [WIRE_BOOLEAN] = OP_BOOLEAN, [WIRE_INT] = OP_INT,       [WIRE_LONG] = OP_LONG,
        [WIRE_FLOAT] = OP_FLOAT,     [WIRE_DOUBLE] = OP_DOUBLE, [WIRE_BYTES] = OP_BYTES,
        [WIRE_STRING] = OP_STRING};

    if (builder->rc)
        return;
    switch (type->kind) {
    case WIRE_NULL: break;
    case WIRE_RECORD:
        if (wire_inline_begin(builder, type, NULL, offset)) {
            encode_fields(builder, type, offset);
            wire_inline_end(builder);
        }
        break;
    case WIRE_ENUM: emit(builder, OP_ENUM, offset, type->of.symbols.count); break;
    case WIRE_FIXED: emit(builder, OP_FIXED, offset, type->of.bytes.size); break;
    case WIRE_UNION: encode_union(builder, type, offset); break;
    case WIRE_ARRAY:
    case WIRE_MAP: encode_array(builder, type, offset); break;
    default: emit(builder, (enum wire_op)ops[type->kind], offset, 0); break;
    }
}

static int compile_routine(struct wire_builder *builder, const struct wire_type *type,
                           const struct wire_type *unused)
{
    (void)unused;
    if (type->kind == WIRE_RECORD)
        encode_fields(builder, type, 0);
    else
        encode_type(builder, type, 0);
    return 0;
}

int wire_encoder_compile(const struct wire_type *type, struct wire_program **out)
{
    struct wire_builder builder;
    int rc = wire_builder_init(&builder, NULL);
    return rc ? rc : wire_builder_run(&builder, type, NULL, compile_routine, out);
}
