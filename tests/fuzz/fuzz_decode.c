/* Any bytes as a visit, a meeting or a normalized event, by the first byte. */
#include "fuzz_support.h"

#include "vf_events.h"

static struct wire_schema *schemas[3];
static struct wire_plan *plans[3];

static void open_schemas(void)
{
    static const char *const texts[] = {vf_visit_schema_json, vf_meeting_schema_json,
                                        vf_normalized_event_schema_json};
    struct vf_error err = {0};

    for (size_t i = 0; i < 3; i++)
        fuzz_require(wire_schema_parse(vf_slice_of(texts[i]), &schemas[i], &err) == 0 &&
                         wire_plan_compile(schemas[i], schemas[i], &plans[i], &err) == 0,
                     "schema", &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vf_error err = {0};
    struct vf_arena arena;

    if (!plans[0])
        open_schemas();
    if (size == 0)
        return 0;
    size_t which = data[0] % 3;
    void *value = malloc(wire_schema_size(schemas[which]));
    vf_arena_init(&arena, 4096, FUZZ_ARENA_LIMIT);
    int rc = wire_decode(plans[which], vf_slice((const char *)data + 1, size - 1), &fuzz_limits,
                         &arena, value, &err);
    if (rc)
        fuzz_check_error(rc, &err);
    else
        fuzz_check_value(schemas[which], value);
    vf_arena_release(&arena);
    free(value);
    return 0;
}
