/*
 * wire_structgen --prefix vf --output DIR/vf_events SCHEMA.avsc...
 *
 * Writes DIR/vf_events.h and .c: a struct for each record, an enum with names for each enum,
 * typed arrays and optionals, the text of each schema, and assertions that the structs have
 * the layout that the codec works with. A type that several files define alike comes once.
 */
#include "tools/structgen.h"

#include "base/memory.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FILES_MAX = 64,        /* schemas of one run */
    OUTPUT_MAX = 16 << 20, /* bytes of a generated file */
    COMMENT_WIDTH = 92,    /* columns */
};

static int emit_type(struct generator *gen, const struct wire_type *type);

/* ---- comments ------------------------------------------------------------------------- */

/* A comment of wrapped lines; "*" + "/" in the text is broken up. */
static void write_comment(struct generator *gen, const char *indent, struct vf_slice text,
                          struct vf_slice more)
{
    struct vf_buffer *out = &gen->header;
    size_t column = strlen(indent) + 3;

    if (text.len == 0 && more.len == 0)
        return;
    vf_buffer_printf(out, "%s/*", indent);
    for (int part = 0; part < 2; part++) {
        struct vf_slice words = part == 0 ? text : more;
        for (size_t i = 0; i < words.len;) {
            size_t start = i;
            while (i < words.len && !isspace((unsigned char)words.ptr[i]))
                i++;
            bool opens = part == 1 && start == 0 && text.len > 0;
            size_t len = i - start + (opens ? 1 : 0) + (part == 1 && i == words.len ? 1 : 0);
            if (column + 1 + len > COMMENT_WIDTH) {
                vf_buffer_printf(out, "\n%s *", indent);
                column = strlen(indent) + 2;
            }
            vf_buffer_append_text(out, opens ? " (" : " ");
            for (size_t k = start; k < i; k++) {
                vf_buffer_append_char(out, words.ptr[k]);
                if (words.ptr[k] == '*' && k + 1 < i && words.ptr[k + 1] == '/')
                    vf_buffer_append_char(out, ' ');
            }
            column += len + 1;
            while (i < words.len && isspace((unsigned char)words.ptr[i]))
                i++;
        }
        if (part == 1 && text.len > 0 && more.len > 0)
            vf_buffer_append_char(out, ')');
    }
    vf_buffer_append_text(out, " */\n");
}

/* ---- types ---------------------------------------------------------------------------- */

/* True when the C name is new; false when it is there, or on failure (err is set). */
static bool claim(struct generator *gen, struct vf_slice name, const struct wire_type *type)
{
    int32_t index = vf_map_get(&gen->emitted, name);

    if (index == VF_MAP_NONE) {
        if (gen->type_count == WIRE_SCHEMA_TYPES_MAX || !name.ptr ||
            vf_map_put(&gen->emitted, name, (int32_t)gen->type_count)) {
            vf_error_set(&gen->err, VF_ENOMEM, "too many types");
            return false;
        }
        gen->types[gen->type_count++] = type;
        return true;
    }

    struct vf_buffer a;
    struct vf_buffer b;
    vf_buffer_init(&a, OUTPUT_MAX);
    vf_buffer_init(&b, OUTPUT_MAX);
    if (wire_canonical_write(gen->types[index], &a) || wire_canonical_write(type, &b))
        vf_error_set(&gen->err, VF_ENOMEM, "out of memory");
    else if (!vf_slice_equal(vf_buffer_slice(&a), vf_buffer_slice(&b)))
        vf_error_set(&gen->err, VF_ESCHEMA, "%.*s is defined in two ways", VF_SLICE_PRINT(name));
    vf_buffer_release(&a);
    vf_buffer_release(&b);
    return false;
}

static void emit_enum(struct generator *gen, const struct wire_type *type)
{
    struct vf_slice name = structgen_type_name(gen, type);

    if (!claim(gen, name, type))
        return;
    struct vf_slice upper = structgen_upper_case(gen, name);
    write_comment(gen, "", type->doc, VF_SLICE_NULL);
    vf_buffer_printf(&gen->header, "enum %.*s {\n", VF_SLICE_PRINT(name));
    vf_buffer_printf(&gen->source, "static const char *const %.*s_names[] = {\n",
                     VF_SLICE_PRINT(name));
    for (size_t i = 0; i < type->of.symbols.count; i++) {
        struct vf_slice symbol = type->of.symbols.items[i];
        if (vf_slice_is(symbol, "COUNT")) {
            vf_error_set(&gen->err, VF_ESCHEMA, "%.*s: the symbol COUNT is needed for the count",
                         VF_SLICE_PRINT(name));
            return;
        }
        vf_buffer_printf(&gen->header, "    %.*s_%.*s,\n", VF_SLICE_PRINT(upper),
                         VF_SLICE_PRINT(symbol));
        vf_buffer_printf(&gen->source, "    \"%.*s\",\n", VF_SLICE_PRINT(symbol));
    }
    vf_buffer_printf(&gen->header,
                     "    %.*s_COUNT\n};\n"
                     "/* The symbol; NULL for a value that has none. */\n"
                     "const char *%.*s_name(int32_t value);\n"
                     "/* The value of the symbol, or -1. */\n"
                     "int32_t %.*s_from_name(struct vf_slice symbol);\n\n",
                     VF_SLICE_PRINT(upper), VF_SLICE_PRINT(name), VF_SLICE_PRINT(name));
    vf_buffer_printf(
        &gen->source,
        "};\n\nconst char *%.*s_name(int32_t value)\n{\n"
        "    return value >= 0 && value < %.*s_COUNT ? %.*s_names[value] : NULL;\n}\n\n"
        "int32_t %.*s_from_name(struct vf_slice symbol)\n{\n"
        "    return find_name(%.*s_names, %.*s_COUNT, symbol);\n}\n\n",
        VF_SLICE_PRINT(name), VF_SLICE_PRINT(upper), VF_SLICE_PRINT(name), VF_SLICE_PRINT(name),
        VF_SLICE_PRINT(name), VF_SLICE_PRINT(upper));
}

/* A named struct for an array, a map, or an optional that is a flag and a value. */
static void emit_helper(struct generator *gen, const struct wire_type *type)
{
    struct vf_slice word = structgen_word_of(gen, type);
    struct vf_slice name = vf_arena_printf(&gen->arena, "%.*s_%.*s", VF_SLICE_PRINT(gen->prefix),
                                           VF_SLICE_PRINT(word));
    const struct wire_type *of = type->kind == WIRE_UNION
                                     ? type->of.branches.items[wire_optional_branch(type)]
                                     : type->of.item;

    if (of->size == 0)
        vf_error_set(&gen->err, VF_ESCHEMA, "%.*s: its items have no size in C",
                     VF_SLICE_PRINT(name));
    if (gen->err.code || !claim(gen, name, type))
        return;
    struct vf_slice c = structgen_c_type(gen, of);
    if (type->kind == WIRE_UNION) {
        vf_buffer_printf(
            &gen->header,
            "struct %.*s {\n    bool present;\n    %.*svalue; /* 0 when absent */\n};\n\n",
            VF_SLICE_PRINT(name), VF_SLICE_PRINT(c));
    } else if (type->kind == WIRE_MAP) {
        vf_buffer_printf(&gen->header,
                         "struct %.*s_entry {\n    struct vf_slice key;\n    %.*svalue;\n};\n"
                         "struct %.*s {\n    struct %.*s_entry *items;\n    size_t count;\n};\n\n",
                         VF_SLICE_PRINT(name), VF_SLICE_PRINT(c), VF_SLICE_PRINT(name),
                         VF_SLICE_PRINT(name));
        vf_buffer_printf(&gen->checks, "CHECK_SIZE(struct %.*s_entry, %zu);\n",
                         VF_SLICE_PRINT(name), wire_entry_size(type));
    } else {
        vf_buffer_printf(&gen->header, "struct %.*s {\n    %.*s*items;\n    size_t count;\n};\n\n",
                         VF_SLICE_PRINT(name), VF_SLICE_PRINT(c));
    }
    vf_buffer_printf(&gen->checks, "CHECK_SIZE(struct %.*s, %zu);\n", VF_SLICE_PRINT(name),
                     type->size);
}

static int emit_record(struct generator *gen, const struct wire_type *type)
{
    struct vf_slice name = structgen_type_name(gen, type);

    if (type->size == 0)
        return vf_error_set(&gen->err, VF_ESCHEMA, "%.*s: a struct needs a member in C",
                            VF_SLICE_PRINT(name));
    if (!claim(gen, name, type)) {
        /* A recursive type is named before it is complete. */
        if (vf_map_get(&gen->complete, name) == VF_MAP_NONE)
            vf_buffer_printf(&gen->header, "struct %.*s;\n\n", VF_SLICE_PRINT(name));
        return gen->err.code;
    }
    for (size_t i = 0; i < type->of.fields.count; i++) {
        int rc = emit_type(gen, type->of.fields.items[i].type);
        if (rc)
            return rc;
    }
    write_comment(gen, "", type->doc, VF_SLICE_NULL);
    vf_buffer_printf(&gen->header, "struct %.*s {\n", VF_SLICE_PRINT(name));
    for (size_t i = 0; i < type->of.fields.count; i++) {
        const struct wire_field *field = &type->of.fields.items[i];
        if (field->type->kind == WIRE_NULL)
            continue;
        struct vf_slice c = structgen_c_type(gen, field->type);
        struct vf_slice member = structgen_field_name(gen, field->name);
        if (member.ptr != field->name.ptr && wire_field_find(type, member) >= 0)
            return vf_error_set(&gen->err, VF_ESCHEMA, "%.*s: two fields would be called %.*s in C",
                                VF_SLICE_PRINT(name), VF_SLICE_PRINT(member));
        write_comment(gen, "    ", field->doc, structgen_remark(gen, field->type));
        vf_buffer_printf(&gen->header, "    %.*s%.*s;\n", VF_SLICE_PRINT(c),
                         VF_SLICE_PRINT(member));
        vf_buffer_printf(&gen->checks, "CHECK_OFFSET(struct %.*s, %.*s, %zu);\n",
                         VF_SLICE_PRINT(name), VF_SLICE_PRINT(member), field->offset);
    }
    vf_buffer_append_text(&gen->header, "};\n\n");
    vf_buffer_printf(&gen->checks, "CHECK_SIZE(struct %.*s, %zu);\n", VF_SLICE_PRINT(name),
                     type->size);
    return vf_map_put(&gen->complete, name, 0);
}

/* Emits what the type needs, then the type. */
static int emit_type(struct generator *gen, const struct wire_type *type)
{
    int rc = 0;

    switch (type->kind) {
    case WIRE_RECORD: return emit_record(gen, type);
    case WIRE_ENUM: emit_enum(gen, type); break;
    case WIRE_ARRAY:
    case WIRE_MAP:
        rc = emit_type(gen, type->of.item);
        if (rc == 0)
            emit_helper(gen, type);
        break;
    case WIRE_UNION:
        for (size_t i = 0; rc == 0 && i < type->of.branches.count; i++)
            rc = emit_type(gen, type->of.branches.items[i]);
        if (rc == 0 && type->of.branches.layout == WIRE_UNION_OPTIONAL_VALUE)
            emit_helper(gen, type);
        break;
    default: break;
    }
    return rc ? rc : gen->err.code;
}

/* ---- files ---------------------------------------------------------------------------- */

/* The text as a string constant, in lines of about 80 bytes. */
static void emit_text(struct generator *gen, struct vf_slice name, const char *json)
{
    vf_buffer_printf(&gen->header,
                     "/* Text of the schema of struct %.*s. */\n"
                     "extern const char %.*s_schema_json[];\n\n",
                     VF_SLICE_PRINT(name), VF_SLICE_PRINT(name));
    vf_buffer_printf(&gen->source, "const char %.*s_schema_json[] =\n", VF_SLICE_PRINT(name));
    for (size_t i = 0, column = 0; json[i]; i++) {
        unsigned char c = (unsigned char)json[i];
        if (column == 0)
            vf_buffer_append_text(&gen->source, "    \"");
        if (c == '"' || c == '\\')
            column += vf_buffer_printf(&gen->source, "\\%c", c) ? 2 : 0;
        else
            column += vf_buffer_append_char(&gen->source, (char)c) ? 1 : 0;
        if (!json[i + 1])
            vf_buffer_append_text(&gen->source, "\";\n\n");
        else if (column >= 80 && c < 0x80)
            vf_buffer_append_text(&gen->source, (column = 0, "\"\n"));
    }
}

static int read_file(const char *path, struct vf_buffer *out, struct vf_error *err)
{
    char block[8192];
    size_t n;
    FILE *file = fopen(path, "rb");

    if (!file)
        return vf_error_set(err, VF_EIO, "%s: cannot be opened", path);
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        vf_buffer_append(out, block, n);
    bool bad = ferror(file) || out->failed;
    fclose(file);
    return bad ? vf_error_set(err, VF_EIO, "%s: cannot be read", path) : 0;
}

static int emit_schema(struct generator *gen, const char *path, struct wire_schema **schema)
{
    struct vf_buffer text;
    json_t *json = NULL;
    char *compact = NULL;

    vf_buffer_init(&text, WIRE_SCHEMA_BYTES_MAX);
    int rc = read_file(path, &text, &gen->err);
    if (rc)
        goto done;
    rc = wire_schema_parse(vf_buffer_slice(&text), schema, &gen->err);
    if (rc == 0)
        rc = wire_json_load(vf_buffer_slice(&text), &json, &gen->err);
    if (rc == 0)
        rc = emit_type(gen, wire_schema_type(*schema));
    if (rc) {
        vf_error_prefix(&gen->err, "%s", path);
        goto done;
    }
    compact = json_dumps(json, JSON_COMPACT);
    if (!compact)
        rc = vf_error_set(&gen->err, VF_ENOMEM, "out of memory");
    else if (wire_schema_type(*schema)->kind == WIRE_RECORD)
        emit_text(gen, structgen_type_name(gen, wire_schema_type(*schema)), compact);
done:
    free(compact);
    json_decref(json);
    vf_buffer_release(&text);
    return rc;
}

static int write_file(struct generator *gen, const char *stem, const char *suffix,
                      const struct vf_buffer *text)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s%s", stem, suffix);

    if (text->failed || n < 0 || (size_t)n >= sizeof path)
        return vf_error_set(&gen->err, VF_ENOMEM, "%s%s: too large", stem, suffix);
    FILE *file = fopen(path, "wb");
    if (!file)
        return vf_error_set(&gen->err, VF_EIO, "%s: cannot be created", path);
    bool bad = fwrite(text->data, 1, text->len, file) != text->len;
    bad |= fclose(file) != 0;
    return bad ? vf_error_set(&gen->err, VF_EIO, "%s: cannot be written", path) : 0;
}

static void begin_files(struct generator *gen, const char *stem)
{
    const char *base = strrchr(stem, '/') ? strrchr(stem, '/') + 1 : stem;
    struct vf_slice guard = structgen_upper_case(gen, vf_slice_of(base));

    vf_buffer_printf(&gen->header,
                     "/* Generated by wire_structgen from the schemas: do not edit. */\n"
                     "#ifndef %.*s_H\n#define %.*s_H\n\n#include \"codec/wire_schema.h\"\n\n",
                     VF_SLICE_PRINT(guard), VF_SLICE_PRINT(guard));
    vf_buffer_printf(&gen->source,
                     "/* Generated by wire_structgen from the schemas: do not edit. */\n"
                     "#include \"%s.h\"\n\n"
                     "static inline int32_t find_name(const char *const *names, int32_t count, "
                     "struct vf_slice name)\n{\n"
                     "    for (int32_t i = 0; i < count; i++)\n"
                     "        if (vf_slice_is(name, names[i]))\n            return i;\n"
                     "    return -1;\n}\n\n",
                     base);
    vf_buffer_append_text(&gen->checks,
                          "/* The codec writes by offset: the compiler's must be its own. */\n"
                          "#define CHECK_SIZE(type, bytes) \\\n"
                          "    _Static_assert(sizeof(type) == (bytes), \"size of \" #type)\n"
                          "#define CHECK_OFFSET(type, member, bytes) \\\n"
                          "    _Static_assert(offsetof(type, member) == (bytes), \"offset of \" "
                          "#type \".\" #member)\n\n");
}

static int generate(struct generator *gen, const char *stem, char **files, size_t count)
{
    struct wire_schema *schemas[FILES_MAX] = {0};
    int rc = 0;

    begin_files(gen, stem);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = emit_schema(gen, files[i], &schemas[i]);
    vf_buffer_append_text(&gen->header, "#endif\n");
    vf_buffer_append_slice(&gen->source, vf_buffer_slice(&gen->checks));
    if (rc == 0)
        rc = write_file(gen, stem, ".h", &gen->header);
    if (rc == 0)
        rc = write_file(gen, stem, ".c", &gen->source);
    for (size_t i = 0; i < count; i++)
        wire_schema_free(schemas[i]);
    return rc;
}

int main(int argc, char **argv)
{
    static struct generator gen;

    if (argc < 6 || strcmp(argv[1], "--prefix") != 0 || strcmp(argv[3], "--output") != 0 ||
        argc - 5 > FILES_MAX) {
        fprintf(stderr, "usage: wire_structgen --prefix PREFIX --output STEM SCHEMA...\n");
        return 64;
    }
    gen.prefix = vf_slice_of(argv[2]);
    vf_arena_init(&gen.arena, 65536, OUTPUT_MAX);
    vf_map_init(&gen.emitted);
    vf_map_init(&gen.complete);
    vf_buffer_init(&gen.header, OUTPUT_MAX);
    vf_buffer_init(&gen.source, OUTPUT_MAX);
    vf_buffer_init(&gen.checks, OUTPUT_MAX);
    int rc = generate(&gen, argv[4], argv + 5, (size_t)argc - 5);
    if (rc)
        fprintf(stderr, "wire_structgen: %s\n", gen.err.text);
    vf_buffer_release(&gen.checks);
    vf_buffer_release(&gen.source);
    vf_buffer_release(&gen.header);
    vf_map_release(&gen.complete);
    vf_map_release(&gen.emitted);
    vf_arena_release(&gen.arena);
    return rc ? 1 : 0;
}
