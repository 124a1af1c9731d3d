/*
 * A file or standard input, read by chunks into a window that grows only as far as its limit:
 * files of any size in constant memory. One thread.
 */
#ifndef VF_FEED_BYTE_SOURCE_H
#define VF_FEED_BYTE_SOURCE_H

#include "base/error.h"
#include "base/slice.h"
#include <stdint.h>

struct vf_byte_source {
    const char *name; /* for messages; borrowed */
    int fd;           /* owned, unless it is standard input */
    char *window;     /* owned */
    size_t capacity;  /* bytes */
    size_t limit;     /* bytes; capacity never exceeds it */
    size_t begin;     /* of what is not consumed yet */
    size_t end;
    uint64_t consumed; /* bytes, since the beginning of the file */
    bool at_end;       /* all of the file is in the window */
    bool may_block;    /* a pipe, a terminal */
};

/* path "-" is standard input. The window holds at least limit bytes at once. VF_EIO, VF_ENOMEM. */
int vf_byte_source_open(struct vf_byte_source *source, const char *path, size_t limit,
                        struct vf_error *err);
void vf_byte_source_close(struct vf_byte_source *source);

/* What is in the window: valid until the next call of fill. */
static inline struct vf_slice vf_byte_source_window(const struct vf_byte_source *source)
{
    return vf_slice(source->window + source->begin, source->end - source->begin);
}

/* Adds at least one byte behind the window's, or sets at_end. VF_EAGAIN: a pipe had nothing for
 * wait_ms (-1: no limit), or a signal came; VF_ELIMIT: limit bytes are there already, consume
 * some; VF_EIO, VF_ENOMEM. */
int vf_byte_source_fill(struct vf_byte_source *source, int wait_ms, struct vf_error *err);
/* Removes bytes from the front of the window; does not move what it holds. */
void vf_byte_source_consume(struct vf_byte_source *source, size_t bytes);

#endif
