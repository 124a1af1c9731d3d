/*
 * A growing byte buffer that is cleared and reused. It never grows past its limit: an append
 * that would is refused and marks the buffer as failed, so that a chain of appends needs one
 * check at its end.
 */
#ifndef VF_BASE_BUFFER_H
#define VF_BASE_BUFFER_H

#include "base/slice.h"
#include <stdbool.h>
#include <stdint.h>

struct vf_buffer {
    char *data;      /* owned */
    size_t len;      /* bytes in use */
    size_t capacity; /* bytes */
    size_t limit;    /* bytes; capacity never exceeds it */
    bool failed;     /* an append was refused since init or clear */
};

void vf_buffer_init(struct vf_buffer *buffer, size_t limit);
void vf_buffer_release(struct vf_buffer *buffer);
/* Keeps the memory. */
void vf_buffer_clear(struct vf_buffer *buffer);

/* Room for n more bytes; false (and failed) if there is none. */
bool vf_buffer_reserve(struct vf_buffer *buffer, size_t n);
bool vf_buffer_append(struct vf_buffer *buffer, const void *bytes, size_t n);
bool vf_buffer_append_slice(struct vf_buffer *buffer, struct vf_slice text);
bool vf_buffer_append_text(struct vf_buffer *buffer, const char *text);
bool vf_buffer_append_char(struct vf_buffer *buffer, char c);
bool vf_buffer_printf(struct vf_buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Valid until the next append. */
struct vf_slice vf_buffer_slice(const struct vf_buffer *buffer);

#endif
