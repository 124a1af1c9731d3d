#include "base/buffer.h"

#include "base/memory.h"
#include <stdarg.h>
#include <stdio.h>

enum { FIRST_CAPACITY = 512 }; /* bytes; holds a log line or a small event without a copy */

void vf_buffer_init(struct vf_buffer *buffer, size_t limit)
{
    *buffer = (struct vf_buffer){.limit = limit};
}

void vf_buffer_release(struct vf_buffer *buffer)
{
    vf_free(buffer->data);
    vf_buffer_init(buffer, buffer->limit);
}

void vf_buffer_clear(struct vf_buffer *buffer)
{
    buffer->len = 0;
    buffer->failed = false;
}

bool vf_buffer_reserve(struct vf_buffer *buffer, size_t n)
{
    if (n <= buffer->capacity - buffer->len)
        return true;
    if (n > buffer->limit - buffer->len)
        goto refuse;

    size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
    while (capacity < buffer->len + n && capacity <= buffer->limit / 2)
        capacity *= 2;
    if (capacity < buffer->len + n || capacity > buffer->limit)
        capacity = buffer->limit;
    char *data = vf_realloc(buffer->data, capacity);
    if (!data)
        goto refuse;
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
refuse:
    buffer->failed = true;
    return false;
}

bool vf_buffer_append(struct vf_buffer *buffer, const void *bytes, size_t n)
{
    if (!vf_buffer_reserve(buffer, n))
        return false;
    if (n)
        memcpy(buffer->data + buffer->len, bytes, n);
    buffer->len += n;
    return true;
}

bool vf_buffer_append_slice(struct vf_buffer *buffer, struct vf_slice text)
{
    return vf_buffer_append(buffer, text.ptr, text.len);
}

bool vf_buffer_append_text(struct vf_buffer *buffer, const char *text)
{
    return vf_buffer_append(buffer, text, strlen(text));
}

bool vf_buffer_append_char(struct vf_buffer *buffer, char c)
{
    return vf_buffer_append(buffer, &c, 1);
}

bool vf_buffer_printf(struct vf_buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || !vf_buffer_reserve(buffer, (size_t)n + 1))
        return false;
    va_start(args, format);
    vsnprintf(buffer->data + buffer->len, (size_t)n + 1, format, args);
    va_end(args);
    buffer->len += (size_t)n;
    return true;
}

struct vf_slice vf_buffer_slice(const struct vf_buffer *buffer)
{
    return vf_slice(buffer->data ? buffer->data : "", buffer->len);
}
