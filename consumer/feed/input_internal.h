/*
 * One interface for all kinds of input. Internal to the input_* files.
 */
#ifndef VF_FEED_INPUT_INTERNAL_H
#define VF_FEED_INPUT_INTERNAL_H

#include "feed/byte_source.h"
#include "feed/input.h"

enum { VF_INPUT_WAIT_MS = 50 }; /* longest wait for a pipe, so that the caller's work goes on */

/* See the functions of input.h; schema may be NULL. */
struct vf_input_ops {
    int (*next)(struct vf_input *input, struct vf_input_item *item, struct vf_error *err);
    void (*close)(struct vf_input *input);
    struct vf_slice (*schema)(const struct vf_input *input);
    uint64_t (*consumed)(const struct vf_input *input);
};

/* The first member of every kind of input. */
struct vf_input {
    const struct vf_input_ops *ops;
    enum vf_input_format format;
    const char *name;
    size_t record_max; /* bytes */
};

/* Each takes over the source, which is opened and may have bytes in its window; on failure it is
 * closed. */
int vf_input_lines_open(struct vf_byte_source *source, size_t record_max, struct vf_input **out,
                        struct vf_error *err);
int vf_input_array_open(struct vf_byte_source *source, size_t record_max, struct vf_input **out,
                        struct vf_error *err);
int vf_input_avro_open(struct vf_byte_source *source, size_t record_max, struct vf_input **out,
                       struct vf_error *err);

#endif
