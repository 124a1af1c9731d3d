/*
 * Schema resolution: writer schema + reader schema -> a program that decodes.
 * Rules are the specification's chapter "Schema Resolution". Where it leaves a choice, this
 * takes what the Java library does, because it writes most of what is on Kafka topics.
 */
#include "base/memory.h"
#include "codec/wire_builder.h"
#include "codec/wire_impl.h"

static int decode_type(struct wire_builder *builder, const struct wire_type *writer,
                       const struct wire_type *reader, size_t offset);
static void skip_type(struct wire_builder *builder, const struct wire_type *writer);

static void emit(struct wire_builder *builder, enum wire_op op, size_t offset, size_t a)
{
    wire_emit(builder,
              (struct wire_insn){.op = (uint16_t)op, .offset = (uint32_t)offset, .a = (uint32_t)a});
}

/* Says what does not fit where. */
static int refuse(struct wire_builder *builder, const struct wire_type *writer,
                  const struct wire_type *reader, const char *why)
{
    char writer_path[WIRE_PATH_TEXT];
    char reader_path[WIRE_PATH_TEXT];

    wire_builder_path(builder, true, writer_path);
    wire_builder_path(builder, false, reader_path);
    return vf_error_set(builder->err, VF_EINCOMPATIBLE,
                        "writer's %s (%.*s) cannot be read as reader's %s (%.*s)%s%s", writer_path,
                        VF_SLICE_PRINT(wire_type_name(writer)), reader_path,
                        VF_SLICE_PRINT(wire_type_name(reader)), *why ? ": " : "", why);
}

/* ---- what matches what ---------------------------------------------------------------- */

/* How well a writer's type fits a reader's, before looking inside; the least is the best. */
enum match { MATCH_NAME, MATCH_ALIAS, MATCH_SIMPLE_NAME, MATCH_PROMOTION, MATCH_NONE };

enum { OP_NONE = 0xFFFF }; /* the pair cannot be read */

/* The instruction that reads a writer's primitive (row) as a reader's (column). */
static const uint16_t scalar_ops[WIRE_STRING + 1][WIRE_STRING + 1] = {
    /*               null     boolean     int      long            float             double bytes
       string */
    [WIRE_NULL] = {OP_END, OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_NONE},
    [WIRE_BOOLEAN] = {OP_NONE, OP_BOOLEAN, OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_NONE},
    [WIRE_INT] = {OP_NONE, OP_NONE, OP_INT, OP_INT_TO_LONG, OP_INT_TO_FLOAT, OP_INT_TO_DOUBLE,
                  OP_NONE, OP_NONE},
    [WIRE_LONG] = {OP_NONE, OP_NONE, OP_NONE, OP_LONG, OP_LONG_TO_FLOAT, OP_LONG_TO_DOUBLE, OP_NONE,
                   OP_NONE},
    [WIRE_FLOAT] = {OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_FLOAT, OP_FLOAT_TO_DOUBLE, OP_NONE,
                    OP_NONE},
    [WIRE_DOUBLE] = {OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_DOUBLE, OP_NONE, OP_NONE},
    [WIRE_BYTES] = {OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_BYTES, OP_STRING},
    [WIRE_STRING] = {OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_BYTES, OP_STRING},
};

static enum match match_names(const struct wire_type *writer, const struct wire_type *reader)
{
    if (vf_slice_equal(writer->name, reader->name))
        return MATCH_NAME;
    for (size_t i = 0; i < reader->aliases.count; i++)
        if (vf_slice_equal(writer->name, reader->aliases.items[i]))
            return MATCH_ALIAS;
    if (vf_slice_equal(wire_simple_name(writer->name), wire_simple_name(reader->name)))
        return MATCH_SIMPLE_NAME;
    return MATCH_NONE;
}

static enum match match_types(const struct wire_type *writer, const struct wire_type *reader)
{
    if (writer->kind <= WIRE_STRING && reader->kind <= WIRE_STRING) {
        if (writer->kind == reader->kind)
            return MATCH_NAME;
        return scalar_ops[writer->kind][reader->kind] == OP_NONE ? MATCH_NONE : MATCH_PROMOTION;
    }
    if (writer->kind != reader->kind)
        return MATCH_NONE;
    if (writer->kind == WIRE_FIXED && writer->of.bytes.size != reader->of.bytes.size)
        return MATCH_NONE;
    return reader->name.ptr ? match_names(writer, reader) : MATCH_NAME;
}

/* The reader's branch for a writer's type that is no union: the best match, the first of
 * equals; -1: none. */
static int32_t pick_branch(const struct wire_type *writer, const struct wire_type *reader)
{
    enum match best = MATCH_NONE;
    int32_t branch = -1;

    for (size_t i = 0; i < reader->of.branches.count; i++) {
        enum match match = match_types(writer, reader->of.branches.items[i]);
        if (match < best) {
            best = match;
            branch = (int32_t)i;
        }
    }
    return branch;
}

/* ---- enums, containers ---------------------------------------------------------------- */

static int decode_enum(struct wire_builder *builder, const struct wire_type *writer,
                       const struct wire_type *reader, size_t offset)
{
    size_t count = writer->of.symbols.count;
    uint32_t table = wire_add_table(builder, count);
    bool same = true;
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        int32_t index = wire_symbol_find(reader, writer->of.symbols.items[i]);
        if (index < 0)
            index = reader->of.symbols.fallback;
        same = same && index == (int32_t)i;
        any = any || index >= 0;
        wire_set_table(builder, table + (uint32_t)i, (uint32_t)index);
    }
    if (!any)
        return refuse(builder, writer, reader, "they share no symbol, and there is no default");
    wire_emit(builder, (struct wire_insn){.op = same ? OP_ENUM : OP_ENUM_MAPPED,
                                          .offset = (uint32_t)offset,
                                          .a = (uint32_t)count,
                                          .b = table});
    return 0;
}

/* An array; or a map, which is an array of entries that begin with their key. */
static int decode_array(struct wire_builder *builder, const struct wire_type *writer,
                        const struct wire_type *reader, size_t offset)
{
    const struct wire_type *item = reader->of.item;
    bool map = reader->kind == WIRE_MAP;
    size_t size = map ? wire_entry_size(reader) : item->size;
    uint16_t least = writer->of.item->least;

    if (!map && item->kind == WIRE_STRING && writer->of.item->kind <= WIRE_STRING &&
        scalar_ops[writer->of.item->kind][WIRE_STRING] == OP_STRING) {
        wire_emit(builder, (struct wire_insn){.op = OP_ARRAY_OF_STRINGS,
                                              .small = least,
                                              .offset = (uint32_t)offset,
                                              .a = (uint32_t)size});
        return 0;
    }
    if (map && least < UINT16_MAX)
        least++; /* of the key */
    uint32_t loop = wire_emit(builder, (struct wire_insn){.op = OP_ARRAY,
                                                          .small = least,
                                                          .offset = (uint32_t)offset,
                                                          .a = (uint32_t)size});
    uint32_t place = wire_enter_items(builder);
    if (map)
        emit(builder, OP_STRING, 0, 0);
    int rc = decode_type(builder, writer->of.item, item, map ? wire_entry_value_offset(reader) : 0);
    wire_leave_place(builder, place);
    emit(builder, OP_NEXT, 0, 0);
    wire_patch(builder, loop);
    return rc;
}

/* ---- unions --------------------------------------------------------------------------- */

/* A writer's type that is no union, into one branch of the reader's union. */
static int decode_into_branch(struct wire_builder *builder, const struct wire_type *writer,
                              const struct wire_type *reader, int32_t branch, size_t offset)
{
    const struct wire_type *of = reader->of.branches.items[branch];
    bool null = of->kind == WIRE_NULL;
    int rc;

    switch (reader->of.branches.layout) {
    case WIRE_UNION_OPTIONAL_SLICE:
        if (!null)
            return decode_type(builder, writer, of, offset);
        emit(builder, OP_SET_NULL, offset, reader->size);
        return 0;
    case WIRE_UNION_OPTIONAL_VALUE:
        emit(builder, null ? OP_SET_NULL : OP_SET_PRESENT, offset, reader->size);
        return null ? 0
                    : decode_type(builder, writer, of, offset + reader->of.branches.value_offset);
    case WIRE_UNION_OPTIONAL_POINTER:
        emit(builder, null ? OP_SET_NULL : OP_ENTER_POINTER, offset,
             null ? reader->size : of->size);
        break;
    default:
        wire_emit(builder, (struct wire_insn){.op = null ? OP_SET_TAG : OP_ENTER_TAG,
                                              .small = (uint16_t)branch,
                                              .offset = (uint32_t)offset,
                                              .a = (uint32_t)of->size});
        break;
    }
    if (null)
        return 0;
    rc = decode_type(builder, writer, of, 0);
    emit(builder, OP_LEAVE, 0, 0);
    return rc;
}

static int decode_into_union(struct wire_builder *builder, const struct wire_type *writer,
                             const struct wire_type *reader, size_t offset)
{
    int32_t branch = pick_branch(writer, reader);

    if (branch < 0)
        return refuse(builder, writer, reader, "no branch of the union can hold it");
    return decode_into_branch(builder, writer, reader, branch, offset);
}

/* What was emitted since start lets no value through: it becomes a refusal, if ever met. */
static void emit_refusal(struct wire_builder *builder, uint32_t start)
{
    struct vf_slice why = vf_arena_copy(&builder->program->arena, vf_slice_of(builder->err->text));

    wire_truncate(builder, start);
    if (!why.ptr)
        builder->rc = VF_ENOMEM;
    wire_emit(builder,
              (struct wire_insn){.op = OP_REFUSE, .b = wire_add_constant(builder, why.ptr)});
}

/* Any writer's union: a switch over its branches. A branch that cannot be read is an error
 * only for values that use it, as long as there is one that can. */
static int decode_switch(struct wire_builder *builder, const struct wire_type *writer,
                         const struct wire_type *reader, size_t offset)
{
    size_t count = writer->of.branches.count;
    uint32_t table = wire_add_table(builder, 2 * count); /* then the jumps, to be patched */
    uint32_t jumps = table + (uint32_t)count;
    size_t readable = 0;

    wire_emit(builder, (struct wire_insn){.op = OP_SWITCH, .a = (uint32_t)count, .b = table});
    builder->arms++;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t start = wire_here(builder);
        uint32_t place = builder->place;
        wire_set_table(builder, table + i, start);
        if (decode_type(builder, writer->of.branches.items[i], reader, offset) == 0)
            readable++;
        else
            emit_refusal(builder, start);
        wire_leave_place(builder, place);
        wire_set_table(builder, jumps + i, wire_here(builder));
        emit(builder, OP_JUMP, 0, 0);
    }
    builder->arms--;
    for (uint32_t i = 0; i < count && !builder->rc; i++)
        wire_patch(builder, builder->program->tables[jumps + i]);
    if (readable == 0 && count > 0)
        return refuse(builder, writer, reader, "no branch of the writer's union can be read");
    return 0;
}

/* The instruction for an optional on both sides whose values are read by op; OP_NONE: none. */
static uint16_t optional_op(const struct wire_type *writer, const struct wire_type *reader)
{
    if (writer->kind == WIRE_FIXED)
        return match_types(writer, reader) == MATCH_NONE ? OP_NONE : OP_OPTIONAL_FIXED;
    if (writer->kind > WIRE_STRING || reader->kind > WIRE_STRING)
        return OP_NONE;
    switch (scalar_ops[writer->kind][reader->kind]) {
    case OP_STRING: return OP_OPTIONAL_STRING;
    case OP_BYTES: return OP_OPTIONAL_BYTES;
    default: return OP_NONE;
    }
}

/* [null, T] on both sides, which nearly all unions are. False: it must be a switch. */
static bool decode_optional(struct wire_builder *builder, const struct wire_type *writer,
                            const struct wire_type *reader, size_t offset)
{
    if (writer->of.branches.count != 2 || writer->of.branches.null_branch < 0 ||
        reader->kind != WIRE_UNION || reader->of.branches.layout == WIRE_UNION_TAGGED)
        return false;
    const struct wire_type *from = writer->of.branches.items[wire_optional_branch(writer)];
    const struct wire_type *to = reader->of.branches.items[wire_optional_branch(reader)];
    struct wire_insn insn = {.small = (uint16_t)writer->of.branches.null_branch,
                             .offset = (uint32_t)offset};
    uint32_t start = wire_here(builder);
    uint32_t place = builder->place;
    int rc = 0;

    if (match_types(from, to) == MATCH_NONE)
        return false;
    switch (reader->of.branches.layout) {
    case WIRE_UNION_OPTIONAL_SLICE:
        insn.op = optional_op(from, to);
        insn.a = (uint32_t)(to->kind == WIRE_FIXED ? to->of.bytes.size : 0);
        wire_emit(builder, insn);
        return true;
    case WIRE_UNION_OPTIONAL_VALUE:
        insn.op = OP_OPTIONAL_VALUE;
        insn.a = (uint32_t)reader->size;
        wire_emit(builder, insn);
        rc = decode_type(builder, from, to, offset + reader->of.branches.value_offset);
        break;
    default:
        insn.op = OP_OPTIONAL_POINTER;
        insn.a = (uint32_t)to->size;
        wire_emit(builder, insn);
        builder->arms++;
        rc = decode_type(builder, from, to, 0);
        builder->arms--;
        emit(builder, OP_LEAVE, 0, 0);
        break;
    }
    wire_patch(builder, start);
    if (rc) {
        wire_leave_place(builder, place);
        wire_truncate(builder, start);
    }
    return rc == 0;
}

/* ---- records -------------------------------------------------------------------------- */

/* For each field of the writer, the index of the reader's field it becomes, or -1. */
static int match_fields(const struct wire_type *writer, const struct wire_type *reader,
                        int32_t *matches, bool *found)
{
    struct vf_map names;
    int rc = 0;

    vf_map_init(&names);
    for (size_t i = 0; rc == 0 && i < writer->of.fields.count; i++) {
        matches[i] = -1;
        rc = vf_map_put(&names, writer->of.fields.items[i].name, (int32_t)i);
    }
    /* A field's own name comes before anybody's alias. */
    for (size_t i = 0; rc == 0 && i < reader->of.fields.count; i++) {
        int32_t from = vf_map_get(&names, reader->of.fields.items[i].name);
        found[i] = from != VF_MAP_NONE;
        if (found[i])
            matches[from] = (int32_t)i;
    }
    for (size_t i = 0; rc == 0 && i < reader->of.fields.count; i++) {
        const struct wire_names *aliases = &reader->of.fields.items[i].aliases;
        for (size_t k = 0; !found[i] && k < aliases->count; k++) {
            int32_t from = vf_map_get(&names, aliases->items[k]);
            if (from == VF_MAP_NONE || matches[from] >= 0)
                continue;
            matches[from] = (int32_t)i;
            found[i] = true;
        }
    }
    vf_map_release(&names);
    return rc;
}

static int fill_missing(struct wire_builder *builder, const struct wire_type *writer,
                        const struct wire_type *reader, const struct wire_field *field,
                        size_t offset)
{
    if (!field->fallback) {
        char why[WIRE_PATH_TEXT];
        snprintf(why, sizeof why, "the writer has no field \"%.*s\", and it has no default",
                 VF_SLICE_PRINT(field->name));
        return refuse(builder, writer, reader, why);
    }
    if (field->type->size == 0)
        return 0;
    uint32_t place = wire_enter_field(builder, VF_SLICE_NULL, field->name);
    wire_emit(builder, (struct wire_insn){.op = OP_COPY,
                                          .offset = (uint32_t)(offset + field->offset),
                                          .a = (uint32_t)field->type->size,
                                          .b = wire_add_constant(builder, field->fallback)});
    wire_leave_place(builder, place);
    return 0;
}

/* In the writer's order: fields that the reader has are decoded, others skipped; then come the
 * defaults of fields that the writer does not have. */
static int decode_fields(struct wire_builder *builder, const struct wire_type *writer,
                         const struct wire_type *reader, size_t offset, const int32_t *matches,
                         const bool *found)
{
    int rc = 0;

    for (size_t i = 0; i < reader->of.fields.count; i++)
        if (!found[i])
            rc = rc ? rc
                    : fill_missing(builder, writer, reader, &reader->of.fields.items[i], offset);
    for (size_t i = 0; rc == 0 && i < writer->of.fields.count; i++) {
        const struct wire_field *from = &writer->of.fields.items[i];
        const struct wire_field *to = matches[i] < 0 ? NULL : &reader->of.fields.items[matches[i]];
        uint32_t place = wire_enter_field(builder, from->name, to ? to->name : VF_SLICE_NULL);
        if (to)
            rc = decode_type(builder, from->type, to->type, offset + to->offset);
        else
            skip_type(builder, from->type);
        wire_leave_place(builder, place);
    }
    return rc;
}

static int decode_record_body(struct wire_builder *builder, const struct wire_type *writer,
                              const struct wire_type *reader, size_t offset)
{
    int32_t *matches = vf_malloc(writer->of.fields.count * sizeof *matches);
    bool *found = vf_malloc(reader->of.fields.count * sizeof *found);
    int rc = 0;

    if (!matches || !found || match_fields(writer, reader, matches, found))
        builder->rc = VF_ENOMEM;
    else
        rc = decode_fields(builder, writer, reader, offset, matches, found);
    vf_free(matches);
    vf_free(found);
    return rc;
}

static int decode_record(struct wire_builder *builder, const struct wire_type *writer,
                         const struct wire_type *reader, size_t offset)
{
    if (!wire_inline_begin(builder, writer, reader, offset))
        return 0;
    int rc = decode_record_body(builder, writer, reader, offset);
    wire_inline_end(builder);
    return rc;
}

/* ---- skipping ------------------------------------------------------------------------- */

static void skip_array(struct wire_builder *builder, const struct wire_type *writer)
{
    bool map = writer->kind == WIRE_MAP;
    uint16_t least = writer->of.item->least;

    if (map && least < UINT16_MAX)
        least++;
    uint32_t loop = wire_emit(builder, (struct wire_insn){.op = OP_SKIP_ARRAY, .small = least});
    uint32_t place = wire_enter_items(builder);
    if (map)
        emit(builder, OP_SKIP_BYTES, 0, 0);
    skip_type(builder, writer->of.item);
    wire_leave_place(builder, place);
    emit(builder, OP_SKIP_NEXT, 0, 0);
    wire_patch(builder, loop);
}

static void skip_union(struct wire_builder *builder, const struct wire_type *writer)
{
    size_t count = writer->of.branches.count;
    uint32_t table = wire_add_table(builder, 2 * count);
    uint32_t jumps = table + (uint32_t)count;

    wire_emit(builder, (struct wire_insn){.op = OP_SWITCH, .a = (uint32_t)count, .b = table});
    for (uint32_t i = 0; i < count; i++) {
        wire_set_table(builder, table + i, wire_here(builder));
        skip_type(builder, writer->of.branches.items[i]);
        wire_set_table(builder, jumps + i, wire_here(builder));
        emit(builder, OP_JUMP, 0, 0);
    }
    for (uint32_t i = 0; i < count && !builder->rc; i++)
        wire_patch(builder, builder->program->tables[jumps + i]);
}

static void skip_fields(struct wire_builder *builder, const struct wire_type *writer)
{
    for (size_t i = 0; i < writer->of.fields.count; i++) {
        uint32_t place = wire_enter_field(builder, writer->of.fields.items[i].name, VF_SLICE_NULL);
        skip_type(builder, writer->of.fields.items[i].type);
        wire_leave_place(builder, place);
    }
}

static void skip_record(struct wire_builder *builder, const struct wire_type *writer)
{
    if (!wire_inline_begin(builder, writer, NULL, 0))
        return;
    skip_fields(builder, writer);
    wire_inline_end(builder);
}

static void skip_type(struct wire_builder *builder, const struct wire_type *writer)
{
    switch (writer->kind) {
    case WIRE_NULL: break;
    case WIRE_BOOLEAN: emit(builder, OP_SKIP_BOOLEAN, 0, 0); break;
    case WIRE_INT: emit(builder, OP_SKIP_INT, 0, 0); break;
    case WIRE_LONG: emit(builder, OP_SKIP_LONG, 0, 0); break;
    case WIRE_FLOAT: emit(builder, OP_SKIP_FIXED, 0, sizeof(float)); break;
    case WIRE_DOUBLE: emit(builder, OP_SKIP_FIXED, 0, sizeof(double)); break;
    case WIRE_BYTES:
    case WIRE_STRING: emit(builder, OP_SKIP_BYTES, 0, 0); break;
    case WIRE_FIXED: emit(builder, OP_SKIP_FIXED, 0, writer->of.bytes.size); break;
    case WIRE_ENUM: emit(builder, OP_SKIP_ENUM, 0, writer->of.symbols.count); break;
    case WIRE_RECORD: skip_record(builder, writer); break;
    case WIRE_UNION: skip_union(builder, writer); break;
    default: skip_array(builder, writer); break;
    }
}

/* ---- types ---------------------------------------------------------------------------- */

static int decode_type(struct wire_builder *builder, const struct wire_type *writer,
                       const struct wire_type *reader, size_t offset)
{
    if (builder->rc)
        return 0; /* reported by wire_builder_run */
    if (writer->kind == WIRE_UNION)
        return decode_optional(builder, writer, reader, offset)
                   ? 0
                   : decode_switch(builder, writer, reader, offset);
    if (reader->kind == WIRE_UNION)
        return decode_into_union(builder, writer, reader, offset);
    if (match_types(writer, reader) == MATCH_NONE)
        return refuse(builder, writer, reader, "");
    switch (reader->kind) {
    case WIRE_RECORD: return decode_record(builder, writer, reader, offset);
    case WIRE_ENUM: return decode_enum(builder, writer, reader, offset);
    case WIRE_FIXED: emit(builder, OP_FIXED, offset, reader->of.bytes.size); return 0;
    case WIRE_ARRAY:
    case WIRE_MAP: return decode_array(builder, writer, reader, offset);
    case WIRE_NULL: return 0;
    default:
        emit(builder, (enum wire_op)scalar_ops[writer->kind][reader->kind], offset, 0);
        return 0;
    }
}

/* A routine is the root, or a record that is called; inline code of it would call it again. */
static int compile_routine(struct wire_builder *builder, const struct wire_type *writer,
                           const struct wire_type *reader)
{
    if (reader && writer->kind == WIRE_RECORD && reader->kind == WIRE_RECORD) {
        if (match_types(writer, reader) == MATCH_NONE)
            return refuse(builder, writer, reader, "");
        return decode_record_body(builder, writer, reader, 0);
    }
    if (reader)
        return decode_type(builder, writer, reader, 0);
    if (writer->kind == WIRE_RECORD)
        skip_fields(builder, writer);
    else
        skip_type(builder, writer);
    return 0;
}

int wire_skipper_compile(const struct wire_type *type, struct wire_program **out)
{
    struct wire_builder builder;
    int rc = wire_builder_init(&builder, NULL);
    return rc ? rc : wire_builder_run(&builder, type, NULL, compile_routine, out);
}

int wire_plan_compile(const struct wire_schema *writer, const struct wire_schema *reader,
                      struct wire_plan **out, struct vf_error *err)
{
    struct vf_error why = {0};
    struct wire_builder builder;
    int rc = VF_ENOMEM;

    *out = NULL;
    struct wire_plan *plan = vf_calloc(1, sizeof *plan);
    if (plan)
        rc = wire_builder_init(&builder, &why);
    if (rc == 0)
        rc =
            wire_builder_run(&builder, writer->root, reader->root, compile_routine, &plan->program);
    if (rc) {
        vf_free(plan);
        if (rc == VF_EINCOMPATIBLE)
            return vf_error_set(err, rc, "%s", why.text);
        return vf_error_set(err, rc,
                            rc == VF_ELIMIT ? "the schemas are too large for a plan"
                                            : "out of memory for a plan");
    }
    *out = plan;
    return 0;
}

void wire_plan_free(struct wire_plan *plan)
{
    if (!plan)
        return;
    wire_program_free(plan->program);
    vf_free(plan);
}
