/*
 * wire_driver: the codec's side of the differential test.
 */
#include "codec/wire_plan.h"
#include "driver_blobs.h"

enum { ARENA_LIMIT = 64 << 20 };

static void write_description(const struct wire_schema *schema)
{
    uint64_t fingerprint = schema ? wire_schema_fingerprint(schema) : 0;

    write_blob(schema ? wire_schema_canonical(schema) : vf_slice("", 0));
    write_u32((uint32_t)fingerprint);
    write_u32((uint32_t)(fingerprint >> 32));
}

struct driver {
    struct vf_buffer input;
    struct vf_buffer output;
    struct vf_arena arena;
};

static void run_value(struct driver *driver, const struct wire_plan *plan,
                      const struct wire_schema *reader, int rc, struct vf_error *err)
{
    struct vf_slice bytes = read_blob(&driver->input);
    void *value = reader ? malloc(wire_schema_size(reader) + 1) : NULL;

    vf_arena_reset(&driver->arena);
    vf_buffer_clear(&driver->output);
    if (rc == 0)
        rc = wire_decode(plan, bytes, NULL, &driver->arena, value, err);
    if (rc == 0)
        rc = wire_encode(reader, value, &driver->output, err);
    free(value);
    write_u32((uint32_t)rc);
    write_blob(rc ? vf_slice_of(err->text) : vf_buffer_slice(&driver->output));
}

static void run_case(struct driver *driver)
{
    struct wire_schema *writer = NULL;
    struct wire_schema *reader = NULL;
    struct wire_plan *plan = NULL;
    struct vf_error err = {0};
    uint32_t values;

    int rc = wire_schema_parse(read_blob(&driver->input), &writer, &err);
    struct vf_slice reader_json = read_blob(&driver->input);
    if (rc == 0)
        rc = wire_schema_parse(reader_json, &reader, &err);
    if (rc == 0)
        rc = wire_plan_compile(writer, reader, &plan, &err);
    write_description(writer);
    if (!read_u32(&values))
        values = 0;
    for (uint32_t i = 0; i < values; i++)
        run_value(driver, plan, reader, rc, &err);
    fflush(stdout);
    wire_plan_free(plan);
    wire_schema_free(reader);
    wire_schema_free(writer);
}

int main(void)
{
    struct driver driver;

    vf_buffer_init(&driver.input, BLOB_MAX);
    vf_buffer_init(&driver.output, BLOB_MAX);
    vf_arena_init(&driver.arena, 65536, ARENA_LIMIT);
    while (has_case())
        run_case(&driver);
    vf_arena_release(&driver.arena);
    vf_buffer_release(&driver.output);
    vf_buffer_release(&driver.input);
    return 0;
}
