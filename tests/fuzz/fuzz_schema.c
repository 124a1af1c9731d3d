/* Any text as a schema; a canonical form is its own canonical form. */
#include "fuzz_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_schema *schema;
    struct wire_schema *again;
    struct vf_error err = {0};
    int rc = wire_schema_parse(vf_slice((const char *)data, size), &schema, &err);

    if (rc) {
        fuzz_check_error(rc, &err);
        fuzz_require(!schema, "a schema besides an error", &err);
        return 0;
    }
    rc = wire_schema_parse(wire_schema_canonical(schema), &again, &err);
    fuzz_require(rc == 0, "canonical form", &err);
    fuzz_require(vf_slice_equal(wire_schema_canonical(schema), wire_schema_canonical(again)) &&
                     wire_schema_fingerprint(schema) == wire_schema_fingerprint(again) &&
                     wire_schema_size(schema) == wire_schema_size(again),
                 "canonical form differs", NULL);
    wire_schema_free(again);
    wire_schema_free(schema);
    return 0;
}
