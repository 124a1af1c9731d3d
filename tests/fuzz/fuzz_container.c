/* Any bytes as a container file. */
#include "fuzz_support.h"

#include "codec/wire_container.h"

enum { VALUES_MAX = 100000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_container_reader *reader;
    struct vf_error err = {0};
    struct vf_slice value;
    FILE *file = size ? fmemopen((void *)data, size, "rb") : NULL;

    if (!file)
        return 0;
    int rc = wire_container_open_stream(file, "fuzz", &reader, &err);
    for (int i = 0; rc == 0 && i < VALUES_MAX; i++)
        rc = wire_container_next(reader, &value, &err);
    if (rc && rc != VF_ENOENT)
        fuzz_check_error(rc, &err);
    wire_container_close(reader);
    return 0;
}
