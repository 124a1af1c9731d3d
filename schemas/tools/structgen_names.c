/*
 * What things of a schema are called in C.
 */
#include "tools/structgen.h"
#include <ctype.h>
#include <stdio.h>

enum { NAME_MAX_BYTES = 256 /* of a C name */ };

/* "EventStatus" -> "event_status", "HTTPRequest" -> "http_request". */
static struct vf_slice snake_case(struct generator *gen, struct vf_slice name)
{
    char text[2 * NAME_MAX_BYTES];
    size_t n = 0;

    for (size_t i = 0; i < name.len && n + 2 < sizeof text; i++) {
        char c = name.ptr[i];
        bool upper = isupper((unsigned char)c);
        bool after_lower =
            i > 0 && !isupper((unsigned char)name.ptr[i - 1]) && name.ptr[i - 1] != '_';
        bool before_lower = i > 0 && i + 1 < name.len && name.ptr[i - 1] != '_' &&
                            islower((unsigned char)name.ptr[i + 1]);
        if (upper && (after_lower || before_lower))
            text[n++] = '_';
        text[n++] = (char)tolower((unsigned char)c);
    }
    return vf_arena_copy(&gen->arena, vf_slice(text, n));
}

struct vf_slice structgen_upper_case(struct generator *gen, struct vf_slice name)
{
    struct vf_slice copy = vf_arena_copy(&gen->arena, name);
    char *text = (char *)copy.ptr;

    for (size_t i = 0; text && i < copy.len; i++)
        text[i] = (char)toupper((unsigned char)text[i]);
    return copy;
}

struct vf_slice structgen_type_name(struct generator *gen, const struct wire_type *type)
{
    struct vf_slice snake = snake_case(gen, wire_simple_name(type->name));
    return vf_arena_printf(&gen->arena, "%.*s_%.*s", VF_SLICE_PRINT(gen->prefix),
                           VF_SLICE_PRINT(snake));
}

struct vf_slice structgen_field_name(struct generator *gen, struct vf_slice name)
{
    static const char *const taken[] = {
        "alignas",  "alignof", "asm",       "auto",          "bool",         "break",   "case",
        "char",     "const",   "constexpr", "continue",      "default",      "do",      "double",
        "else",     "enum",    "extern",    "false",         "float",        "for",     "goto",
        "if",       "inline",  "int",       "linux",         "long",         "nullptr", "register",
        "restrict", "return",  "short",     "signed",        "sizeof",       "static",  "struct",
        "switch",   "true",    "typedef",   "typeof",        "union",        "unix",    "unsigned",
        "void",     "while",   "volatile",  "static_assert", "thread_local", "NULL",    "errno"};

    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (vf_slice_is(name, taken[i]))
            return vf_arena_printf(&gen->arena, "%.*s_", VF_SLICE_PRINT(name));
    return name;
}

struct vf_slice structgen_word_of(struct generator *gen, const struct wire_type *type)
{
    struct vf_slice inner;

    switch (type->kind) {
    case WIRE_RECORD:
    case WIRE_ENUM:
    case WIRE_FIXED: return snake_case(gen, wire_simple_name(type->name));
    case WIRE_ARRAY:
    case WIRE_MAP:
        inner = structgen_word_of(gen, type->of.item);
        return vf_arena_printf(&gen->arena, "%.*s_%s", VF_SLICE_PRINT(inner),
                               wire_kind_name(type->kind));
    case WIRE_UNION:
        if (type->of.branches.layout == WIRE_UNION_TAGGED)
            return vf_slice_of("union");
        inner = structgen_word_of(gen, type->of.branches.items[wire_optional_branch(type)]);
        return vf_arena_printf(&gen->arena, "optional_%.*s", VF_SLICE_PRINT(inner));
    default: return vf_slice_of(wire_kind_name(type->kind));
    }
}

struct vf_slice structgen_c_type(struct generator *gen, const struct wire_type *type)
{
    static const char *const primitives[] = {
        [WIRE_BOOLEAN] = "bool ",          [WIRE_INT] = "int32_t ",
        [WIRE_LONG] = "int64_t ",          [WIRE_FLOAT] = "float ",
        [WIRE_DOUBLE] = "double ",         [WIRE_BYTES] = "struct vf_slice ",
        [WIRE_STRING] = "struct vf_slice "};
    struct vf_slice name;

    switch (type->kind) {
    case WIRE_RECORD:
        name = structgen_type_name(gen, type);
        return vf_arena_printf(&gen->arena, "struct %.*s ", VF_SLICE_PRINT(name));
    case WIRE_ENUM: return vf_slice_of("int32_t ");
    case WIRE_FIXED: return vf_slice_of("struct vf_slice ");
    case WIRE_ARRAY:
    case WIRE_MAP:
        name = structgen_word_of(gen, type);
        return vf_arena_printf(&gen->arena, "struct %.*s_%.*s ", VF_SLICE_PRINT(gen->prefix),
                               VF_SLICE_PRINT(name));
    case WIRE_UNION: break;
    default: return vf_slice_of(primitives[type->kind]);
    }

    switch (type->of.branches.layout) {
    case WIRE_UNION_TAGGED: return vf_slice_of("struct wire_union ");
    case WIRE_UNION_OPTIONAL_SLICE: return vf_slice_of("struct vf_slice ");
    case WIRE_UNION_OPTIONAL_POINTER:
        name = structgen_c_type(gen, type->of.branches.items[wire_optional_branch(type)]);
        return vf_arena_printf(&gen->arena, "%.*s*", VF_SLICE_PRINT(name));
    default:
        name = structgen_word_of(gen, type);
        return vf_arena_printf(&gen->arena, "struct %.*s_%.*s ", VF_SLICE_PRINT(gen->prefix),
                               VF_SLICE_PRINT(name));
    }
}

struct vf_slice structgen_remark(struct generator *gen, const struct wire_type *type)
{
    const struct wire_type *of = type;
    const char *logical;
    const char *null = "";
    struct vf_slice name = VF_SLICE_NULL;

    if (type->kind == WIRE_UNION && type->of.branches.layout != WIRE_UNION_TAGGED) {
        of = type->of.branches.items[wire_optional_branch(type)];
        null = type->of.branches.layout == WIRE_UNION_OPTIONAL_SLICE     ? "ptr NULL: none"
               : type->of.branches.layout == WIRE_UNION_OPTIONAL_POINTER ? "NULL: none"
                                                                         : "";
    }
    if (of->kind == WIRE_ENUM)
        name = structgen_type_name(gen, of);
    logical = wire_logical_name(of->logical);
    if (name.ptr)
        return vf_arena_printf(&gen->arena, "enum %.*s", VF_SLICE_PRINT(name));
    if (of->kind == WIRE_FIXED)
        return vf_arena_printf(&gen->arena, "%zu bytes%s%s", of->of.bytes.size, *null ? "; " : "",
                               null);
    if (logical)
        return vf_arena_printf(&gen->arena, "%s%s%s", logical, *null ? "; " : "", null);
    return vf_slice_of(null);
}
