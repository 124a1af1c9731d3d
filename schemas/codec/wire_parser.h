/*
 * What the files that parse schemas share. A function that fails has filled parser->err.
 */
#ifndef WIRE_PARSER_H
#define WIRE_PARSER_H

#include "codec/wire_impl.h"

/* A default that waits for the end of the text. */
struct pending_default {
    struct pending_default *next;
    struct wire_field *field;
    char path[WIRE_PATH_TEXT];
};

struct wire_parser {
    struct wire_schema *schema;
    struct vf_arena *arena;  /* the schema's */
    struct vf_arena scratch; /* until the end of parsing */
    struct vf_error *err;
    size_t types;          /* mentions so far */
    size_t named_capacity; /* of schema->named */
    struct pending_default *defaults;
    struct pending_default **defaults_end;
};

static inline struct vf_slice wire_json_text(const json_t *json)
{
    return vf_slice(json_string_value(json), json_string_length(json));
}

int wire_parse_fail(struct wire_parser *parser, const struct wire_path *path, int code,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));
int wire_parse_no_memory(struct wire_parser *parser); /* VF_ENOMEM */
struct wire_path wire_step(const struct wire_path *up, const char *name);
/* Zeroed, in the schema's arena. */
void *wire_parse_alloc(struct wire_parser *parser, size_t count, size_t size);
/* Copies a text that may be absent; false when memory ends. */
bool wire_parse_keep(struct wire_parser *parser, const json_t *json, struct vf_slice *out);

bool wire_is_name(struct vf_slice text);
bool wire_is_full_name(struct vf_slice text); /* names joined by dots */
/* NULL when there is none of that name. */
const struct wire_type *wire_find_primitive(struct vf_slice name);
const struct wire_type *wire_find_named(const struct wire_schema *schema, struct vf_slice name);
/* "space.name", or the name itself when it has a dot or there is no namespace. */
struct vf_slice wire_parse_full_name(struct wire_parser *parser, struct vf_slice space,
                                     struct vf_slice name);
/* All named types of the schemas in use become known. */
int wire_parse_imports(struct wire_parser *parser);
/* full: of a type, and relative to its namespace; otherwise of a field. */
int wire_parse_aliases(struct wire_parser *parser, const json_t *json, struct vf_slice space,
                       bool full, const struct wire_path *up, struct wire_names *out);
/* Name, namespace, doc and aliases of a record, enum or fixed; makes the type known. */
int wire_parse_name(struct wire_parser *parser, const json_t *json, struct vf_slice *space,
                    const struct wire_path *path, struct wire_type *type);

#endif
