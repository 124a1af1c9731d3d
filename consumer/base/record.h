/*
 * A Kafka record as every room sees it. All slices are borrowed: whoever hands out the record
 * says how long they live.
 */
#ifndef VF_BASE_RECORD_H
#define VF_BASE_RECORD_H

#include "base/slice.h"
#include <stdint.h>

struct vf_header {
    struct vf_slice name;  /* may repeat within a record */
    struct vf_slice value; /* ptr NULL: a null value, which differs from an empty one */
};

enum vf_timestamp_type { VF_TIMESTAMP_NONE, VF_TIMESTAMP_CREATE, VF_TIMESTAMP_APPEND };

struct vf_record {
    struct vf_slice topic;
    int32_t partition;    /* -1: to be chosen by the partitioner */
    int64_t offset;       /* -1: none yet */
    int64_t timestamp_ms; /* milliseconds since the epoch; -1: none */
    enum vf_timestamp_type timestamp_type;
    struct vf_slice key;   /* ptr NULL: no key */
    struct vf_slice value; /* ptr NULL: tombstone */
    const struct vf_header *headers;
    size_t header_count;
};

/* The last header of that name, as Kafka's own lookup does; NULL if there is none. */
static inline const struct vf_header *vf_record_header(const struct vf_record *record,
                                                       const char *name)
{
    for (size_t i = record->header_count; i > 0; i--)
        if (vf_slice_is(record->headers[i - 1].name, name))
            return &record->headers[i - 1];
    return NULL;
}

#endif
