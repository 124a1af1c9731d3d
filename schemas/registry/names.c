#include "registry/registry.h"

#include <stdio.h>

/* Positions of the hyphens in the text. */
static bool is_hyphen(size_t position)
{
    return position == 8 || position == 13 || position == 18 || position == 23;
}

void vf_registry_guid_format(const uint8_t guid[VF_REGISTRY_GUID_BYTES],
                             char out[VF_REGISTRY_GUID_TEXT])
{
    static const char hex[] = "0123456789abcdef";
    size_t digit = 0;

    for (size_t i = 0; i < VF_REGISTRY_GUID_TEXT - 1; i++) {
        if (is_hyphen(i)) {
            out[i] = '-';
            continue;
        }
        out[i] = hex[digit % 2 ? guid[digit / 2] & 15 : guid[digit / 2] >> 4];
        digit++;
    }
    out[VF_REGISTRY_GUID_TEXT - 1] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool vf_registry_guid_parse(struct vf_slice text, uint8_t out[VF_REGISTRY_GUID_BYTES])
{
    uint8_t guid[VF_REGISTRY_GUID_BYTES] = {0};
    size_t digit = 0;

    if (text.len != VF_REGISTRY_GUID_TEXT - 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int value = hex_value(text.ptr[i]);
        if (is_hyphen(i) ? text.ptr[i] != '-' : value < 0)
            return false;
        if (is_hyphen(i))
            continue;
        guid[digit / 2] = (uint8_t)(guid[digit / 2] << 4 | value);
        digit++;
    }
    memcpy(out, guid, sizeof guid);
    return true;
}

int vf_registry_subject(enum vf_subject_strategy strategy, struct vf_slice topic,
                        struct vf_slice record_name, char out[VF_SUBJECT_MAX])
{
    struct vf_slice first = strategy == VF_SUBJECT_RECORD ? record_name : topic;
    struct vf_slice second = strategy == VF_SUBJECT_TOPIC          ? vf_slice_of("value")
                             : strategy == VF_SUBJECT_TOPIC_RECORD ? record_name
                                                                   : VF_SLICE_NULL;
    int n = snprintf(out, VF_SUBJECT_MAX, "%.*s%s%.*s", VF_SLICE_PRINT(first),
                     second.ptr ? "-" : "", VF_SLICE_PRINT(second));
    return n >= 0 && n < VF_SUBJECT_MAX ? VF_OK : VF_ELIMIT;
}
