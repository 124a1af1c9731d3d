#include "codec/wire_builder.h"

#include "base/memory.h"

enum { REASONS_BLOCK = 1024, REASONS_MAX = 1 << 22 }; /* bytes */

/* Room for need items in an owned array; false when memory ends. */
static bool grow(struct wire_builder *builder, void *array, uint32_t *capacity, size_t need,
                 size_t size)
{
    void **items = array;

    if (need <= *capacity)
        return true;
    size_t wanted = *capacity ? (size_t)*capacity * 2 : 64;
    if (wanted < need)
        wanted = need;
    if (wanted > 2 * (size_t)WIRE_INSNS_MAX) {
        builder->rc = VF_ELIMIT;
        return false;
    }
    void *grown = vf_realloc(*items, wanted * size);
    if (!grown) {
        builder->rc = VF_ENOMEM;
        return false;
    }
    *items = grown;
    *capacity = (uint32_t)wanted;
    return true;
}

int wire_builder_init(struct wire_builder *builder, struct vf_error *err)
{
    *builder = (struct wire_builder){.err = err, .place = WIRE_NOWHERE};
    builder->program = vf_calloc(1, sizeof *builder->program);
    if (!builder->program)
        return VF_ENOMEM;
    vf_arena_init(&builder->program->arena, REASONS_BLOCK, REASONS_MAX);
    return 0;
}

void wire_program_free(struct wire_program *program)
{
    if (!program)
        return;
    vf_free(program->code);
    vf_free(program->where);
    vf_free(program->places);
    vf_free(program->tables);
    vf_free(program->constants);
    vf_arena_release(&program->arena);
    vf_free(program);
}

uint32_t wire_here(const struct wire_builder *builder)
{
    return builder->program->count;
}

uint32_t wire_emit(struct wire_builder *builder, struct wire_insn insn)
{
    struct wire_program *program = builder->program;
    uint32_t capacity = builder->code_capacity;

    if (builder->rc)
        return 0;
    if (program->count == WIRE_INSNS_MAX) {
        builder->rc = VF_ELIMIT;
        return 0;
    }
    if (!grow(builder, &program->code, &builder->code_capacity, program->count + 1,
              sizeof *program->code) ||
        !grow(builder, &program->where, &capacity, program->count + 1, sizeof *program->where))
        return 0;
    program->code[program->count] = insn;
    program->where[program->count] = builder->place;
    return program->count++;
}

void wire_patch(struct wire_builder *builder, uint32_t index)
{
    if (!builder->rc)
        builder->program->code[index].b = builder->program->count;
}

void wire_truncate(struct wire_builder *builder, uint32_t index)
{
    if (!builder->rc)
        builder->program->count = index;
}

uint32_t wire_add_table(struct wire_builder *builder, size_t count)
{
    struct wire_program *program = builder->program;
    uint32_t first = program->table_count;

    if (builder->rc || !grow(builder, &program->tables, &builder->table_capacity, first + count,
                             sizeof *program->tables))
        return 0;
    program->table_count += (uint32_t)count;
    return first;
}

void wire_set_table(struct wire_builder *builder, uint32_t index, uint32_t value)
{
    if (!builder->rc)
        builder->program->tables[index] = value;
}

uint32_t wire_add_constant(struct wire_builder *builder, const void *constant)
{
    struct wire_program *program = builder->program;

    if (builder->rc || !grow(builder, &program->constants, &builder->constant_capacity,
                             program->constant_count + 1, sizeof *program->constants))
        return 0;
    program->constants[program->constant_count] = constant;
    return program->constant_count++;
}

/* ---- places --------------------------------------------------------------------------- */

static uint32_t enter(struct wire_builder *builder, struct wire_where where)
{
    struct wire_program *program = builder->program;
    uint32_t before = builder->place;

    if (builder->rc || !grow(builder, &program->places, &builder->place_capacity,
                             program->place_count + 1, sizeof *program->places))
        return before;
    program->places[program->place_count] = where;
    builder->place = program->place_count++;
    return before;
}

uint32_t wire_enter_field(struct wire_builder *builder, struct vf_slice writer,
                          struct vf_slice reader)
{
    return enter(builder,
                 (struct wire_where){.parent = builder->place, .writer = writer, .reader = reader});
}

uint32_t wire_enter_items(struct wire_builder *builder)
{
    return enter(builder, (struct wire_where){.parent = builder->place, .item = true});
}

void wire_leave_place(struct wire_builder *builder, uint32_t place)
{
    builder->place = place;
}

static size_t add_places(const struct wire_builder *builder, uint32_t place, bool of_writer,
                         char text[WIRE_PATH_TEXT], size_t used)
{
    if (place == WIRE_NOWHERE)
        return used;
    const struct wire_where *where = &builder->program->places[place];
    used = add_places(builder, where->parent, of_writer, text, used);
    if (where->item)
        return wire_path_add_text(text, used, vf_slice("[]", 2));
    struct vf_slice name = of_writer ? where->writer : where->reader;
    return wire_path_add_name(text, used, name.ptr ? name : vf_slice("?", 1));
}

void wire_builder_path(const struct wire_builder *builder, bool of_writer,
                       char text[WIRE_PATH_TEXT])
{
    const struct wire_routine *routine = &builder->routines[builder->routine];
    const struct wire_type *type =
        of_writer || !routine->reader ? routine->writer : routine->reader;
    size_t used = 0;

    text[0] = '\0';
    if (builder->routine > 0 || builder->place == WIRE_NOWHERE)
        used = wire_path_add_name(text, 0, wire_simple_name(wire_type_name(type)));
    add_places(builder, builder->place, of_writer, text, used);
}

void wire_program_path(const struct wire_program *program, const struct wire_insn *at,
                       const struct wire_frame_record *frames, size_t depth,
                       char text[WIRE_PATH_TEXT])
{
    enum { STEPS_MAX = WIRE_PATH_TEXT / 2 }; /* more would not fit into the text */
    struct wire_path steps[STEPS_MAX];
    size_t n = 0;
    uint32_t place = program->where[at - program->code];

    /* From the inside out: places, and frames where places end or repeat. */
    while (n < STEPS_MAX) {
        if (place == WIRE_NOWHERE) {
            while (depth > 0 && frames[depth - 1].at->op != OP_CALL)
                depth--;
            if (depth == 0)
                break;
            place = program->where[frames[--depth].at - program->code];
            continue;
        }
        const struct wire_where *where = &program->places[place];
        if (where->item) {
            while (depth > 0 && frames[depth - 1].at->op != OP_ARRAY &&
                   frames[depth - 1].at->op != OP_SKIP_ARRAY)
                depth--;
            size_t index = 0;
            if (depth > 0)
                depth--, index = frames[depth].count - frames[depth].left;
            steps[n++] = (struct wire_path){.index = index};
        } else {
            steps[n++] =
                (struct wire_path){.name = where->reader.ptr ? where->reader : where->writer};
        }
        place = where->parent;
    }
    text[0] = '\0';
    for (size_t used = 0; n > 0; n--)
        used = steps[n - 1].name.ptr ? wire_path_add_name(text, used, steps[n - 1].name)
                                     : wire_path_add_index(text, used, steps[n - 1].index);
}

/* ---- routines ------------------------------------------------------------------------- */

static uint32_t routine_for(struct wire_builder *builder, const struct wire_type *writer,
                            const struct wire_type *reader, bool make)
{
    for (uint32_t i = 0; i < builder->routine_count; i++)
        if (builder->routines[i].writer == writer && builder->routines[i].reader == reader)
            return i;
    if (!make || !grow(builder, &builder->routines, &builder->routine_capacity,
                       builder->routine_count + 1, sizeof *builder->routines))
        return UINT32_MAX;
    builder->routines[builder->routine_count] =
        (struct wire_routine){.writer = writer, .reader = reader};
    return builder->routine_count++;
}

static bool is_being_inlined(const struct wire_builder *builder, const struct wire_type *writer,
                             const struct wire_type *reader)
{
    for (uint32_t i = 0; i < builder->inlined; i++)
        if (builder->inline_writer[i] == writer && builder->inline_reader[i] == reader)
            return true;
    return false;
}

bool wire_inline_begin(struct wire_builder *builder, const struct wire_type *writer,
                       const struct wire_type *reader, size_t offset)
{
    bool small = builder->inlined < INLINE_DEPTH_MAX && wire_here(builder) < INLINE_INSNS_MAX &&
                 !is_being_inlined(builder, writer, reader);
    uint32_t routine = routine_for(builder, writer, reader, !small);

    if (builder->rc)
        return false;
    if (routine == UINT32_MAX) {
        builder->inline_writer[builder->inlined] = writer;
        builder->inline_reader[builder->inlined] = reader;
        builder->inlined++;
        return true;
    }
    wire_emit(builder, (struct wire_insn){.op = OP_CALL, .offset = (uint32_t)offset, .b = routine});
    if (builder->arms == 0 && grow(builder, &builder->dependencies, &builder->dependency_capacity,
                                   builder->dependency_count + 1, sizeof *builder->dependencies))
        builder->dependencies[builder->dependency_count++] =
            (struct wire_dependency){builder->routine, routine};
    return false;
}

void wire_inline_end(struct wire_builder *builder)
{
    builder->inlined--;
}

static void compile_routine(struct wire_builder *builder, uint32_t index,
                            wire_compile_routine *compile)
{
    struct wire_routine routine = builder->routines[index];

    builder->routine = index;
    builder->place = WIRE_NOWHERE;
    routine.start = wire_here(builder);
    if (compile(builder, routine.writer, routine.reader) == VF_EINCOMPATIBLE) {
        struct vf_slice text =
            vf_arena_copy(&builder->program->arena, vf_slice_of(builder->err->text));
        if (!text.ptr)
            builder->rc = VF_ENOMEM;
        routine.incompatible = true;
        routine.reason = (char *)text.ptr;
        wire_truncate(builder, routine.start);
        wire_emit(builder,
                  (struct wire_insn){.op = OP_REFUSE, .b = wire_add_constant(builder, text.ptr)});
    }
    wire_emit(builder, (struct wire_insn){.op = OP_END});
    builder->routines[index] = routine;
}

/* Calls were made before their targets were known; what cannot do without something that lets
 * no value through, lets none through. */
static void link_routines(struct wire_builder *builder)
{
    struct wire_program *program = builder->program;
    bool changed = true;

    for (uint32_t i = 0; i < program->count; i++)
        if (program->code[i].op == OP_CALL)
            program->code[i].b = builder->routines[program->code[i].b].start;
    while (changed) {
        changed = false;
        for (uint32_t i = 0; i < builder->dependency_count; i++) {
            struct wire_routine *from = &builder->routines[builder->dependencies[i].from];
            struct wire_routine *to = &builder->routines[builder->dependencies[i].to];
            if (!to->incompatible || from->incompatible)
                continue;
            from->incompatible = true;
            from->reason = to->reason;
            changed = true;
        }
    }
}

/* Texts that follow each other become runs: jumping to an instruction costs more than a
 * short text does. The instructions stay where they are, so that a run may be entered at any of
 * them, and errors still name the field. */
static void mark_runs(struct wire_program *program)
{
    uint32_t run = 0;

    for (uint32_t i = program->count; i-- > 0;) {
        struct wire_insn *insn = &program->code[i];
        if (insn->op != OP_STRING && insn->op != OP_OPTIONAL_STRING) {
            run = 0;
            continue;
        }
        insn->a = ++run;
        insn->b = insn->op == OP_OPTIONAL_STRING;
        if (run > 1)
            insn->op = OP_TEXTS;
    }
}

int wire_builder_run(struct wire_builder *builder, const struct wire_type *writer,
                     const struct wire_type *reader, wire_compile_routine *compile,
                     struct wire_program **out)
{
    routine_for(builder, writer, reader, true);
    /* Compiling one may add more. */
    for (uint32_t i = 0; !builder->rc && i < builder->routine_count; i++)
        compile_routine(builder, i, compile);
    if (!builder->rc)
        link_routines(builder);
    if (!builder->rc)
        mark_runs(builder->program);
    int rc = builder->rc;
    if (rc == 0 && builder->routines[0].incompatible)
        rc = vf_error_set(builder->err, VF_EINCOMPATIBLE, "%s", builder->routines[0].reason);
    if (rc == 0)
        *out = builder->program;
    else
        wire_program_free(builder->program);
    vf_free(builder->routines);
    vf_free(builder->dependencies);
    return rc;
}
