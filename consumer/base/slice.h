/*
 * A borrowed, counted run of bytes. The type says that the holder does not own it: whoever
 * filled it says how long it lives. ptr == NULL means absent (Avro null), not empty.
 */
#ifndef VF_BASE_SLICE_H
#define VF_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct vf_slice {
    const char *ptr; /* not NUL-terminated */
    size_t len;      /* bytes */
};

#define VF_SLICE_NULL ((struct vf_slice){NULL, 0})
/* From a string literal, usable in static initializers. */
#define VF_SLICE_LITERAL(s)                                                                        \
    {                                                                                              \
        (s), sizeof(s) - 1                                                                         \
    }
/* For printf: "%.*s" with VF_SLICE_PRINT(s). */
#define VF_SLICE_PRINT(s) (int)(s).len, (s).ptr ? (s).ptr : ""

static inline struct vf_slice vf_slice(const char *ptr, size_t len)
{
    return (struct vf_slice){ptr, len};
}

static inline struct vf_slice vf_slice_of(const char *text)
{
    return (struct vf_slice){text, text ? strlen(text) : 0};
}

static inline bool vf_slice_equal(struct vf_slice a, struct vf_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool vf_slice_is(struct vf_slice a, const char *text)
{
    return vf_slice_equal(a, vf_slice_of(text));
}

/* Order of bytes, shorter first when one begins the other. */
static inline int vf_slice_compare(struct vf_slice a, struct vf_slice b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return c ? c : (a.len > b.len) - (a.len < b.len);
}

static inline bool vf_slice_starts(struct vf_slice text, struct vf_slice prefix)
{
    return text.len >= prefix.len && (!prefix.len || !memcmp(text.ptr, prefix.ptr, prefix.len));
}

static inline bool vf_slice_ends(struct vf_slice text, struct vf_slice suffix)
{
    return text.len >= suffix.len &&
           (!suffix.len || !memcmp(text.ptr + text.len - suffix.len, suffix.ptr, suffix.len));
}

#endif
