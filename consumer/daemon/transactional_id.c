#include "daemon/transactional_id.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The value in force for the consumer; NULL: none is set. */
static const char *property(const struct vf_config *config, const char *name)
{
    const struct vf_pairs *sections[] = {&config->kafka, &config->kafka_consumer};
    const char *value = NULL;
    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++)
        for (size_t i = 0; i < sections[s]->count; i++)
            if (vf_slice_is(sections[s]->items[i].key, name))
                value = sections[s]->items[i].value.ptr;
    return value;
}

int vf_transactional_id(const struct vf_config *config, uint64_t number,
                        char out[VF_TRANSACTIONAL_ID_MAX], struct vf_error *err)
{
    const char *isolation = property(config, "isolation.level");
    const char *instance = property(config, "group.instance.id");
    const char *prefix = property(config, "group.id");
    int length;

    if (isolation && strcmp(isolation, "read_committed") != 0)
        return vf_error_set(err, VF_ECONFIG,
                            "exactly-once needs isolation.level = read_committed, not %s",
                            isolation);
    if (config->transactional_id_prefix.len)
        prefix = config->transactional_id_prefix.ptr;
    else if (!prefix)
        prefix = "visitfeed";
    if (instance)
        length = snprintf(out, VF_TRANSACTIONAL_ID_MAX, "%s-%s", prefix, instance);
    else
        length = snprintf(out, VF_TRANSACTIONAL_ID_MAX, "%s-%016" PRIx64, prefix, number);
    if (length >= VF_TRANSACTIONAL_ID_MAX)
        return vf_error_set(err, VF_ECONFIG, "the transactional.id would be longer than %d bytes",
                            VF_TRANSACTIONAL_ID_MAX - 1);
    return VF_OK;
}
