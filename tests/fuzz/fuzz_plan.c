/* Writer's schema, reader's schema and a value, each behind a line feed. */
#include "fuzz_support.h"

static struct vf_slice take_line(struct vf_slice *rest)
{
    const char *feed = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
    size_t len = feed ? (size_t)(feed - rest->ptr) : rest->len;
    struct vf_slice line = vf_slice(rest->ptr, len);
    size_t used = feed ? len + 1 : len;

    *rest = vf_slice(rest->ptr + used, rest->len - used);
    return line;
}

static void decode(const struct wire_plan *plan, const struct wire_schema *reader,
                   struct vf_slice bytes)
{
    struct vf_error err = {0};
    struct vf_arena arena;
    void *value = malloc(wire_schema_size(reader) + 1);

    vf_arena_init(&arena, 4096, FUZZ_ARENA_LIMIT);
    int rc = wire_decode(plan, bytes, &fuzz_limits, &arena, value, &err);
    if (rc)
        fuzz_check_error(rc, &err);
    else
        fuzz_check_value(reader, value);
    vf_arena_release(&arena);
    free(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vf_slice rest = vf_slice((const char *)data, size);
    struct vf_slice writer_json = take_line(&rest);
    struct vf_slice reader_json = take_line(&rest);
    struct wire_schema *writer = NULL;
    struct wire_schema *reader = NULL;
    struct wire_plan *plan = NULL;
    struct vf_error err = {0};

    if (wire_schema_parse(writer_json, &writer, &err) == 0 &&
        wire_schema_parse(reader_json.len ? reader_json : writer_json, &reader, &err) == 0) {
        int rc = wire_plan_compile(writer, reader, &plan, &err);
        if (rc)
            fuzz_check_error(rc, &err);
        else
            decode(plan, reader, rest);
    }
    wire_plan_free(plan);
    wire_schema_free(reader);
    wire_schema_free(writer);
    return 0;
}
