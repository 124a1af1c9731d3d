/*
 * Reading single values from bytes that may be hostile. These take where to read and where the
 * bytes end, and return where to go on, or NULL: the value is not there, or invalid.
 */
#ifndef WIRE_READING_H
#define WIRE_READING_H

#include "codec/wire_utf8.h"
#include "codec/wire_varint.h"

static inline uint32_t wire_load32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline float wire_load_float(const uint8_t *at)
{
    uint32_t bits = wire_load32(at);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double wire_load_double(const uint8_t *at)
{
    uint64_t bits = wire_load32(at) | (uint64_t)wire_load32(at + 4) << 32;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* A length and as many bytes. NULL: they are not there, or more than the limit. */
static inline const uint8_t *wire_read_slice(const uint8_t *at, const uint8_t *end, size_t limit,
                                             struct vf_slice *out)
{
    struct wire_number n = wire_number_read(at, end);
    size_t len = (size_t)(n.value >> 1);

    if (__builtin_expect(!n.next || (n.value & 1), 0)) /* negative numbers are odd in zigzag */
        return NULL;
    if (__builtin_expect(len > (size_t)(end - n.next) || len > limit, 0))
        return NULL;
    *out = (struct vf_slice){(const char *)n.next, len};
    return n.next + len;
}

/* The same, and the bytes are UTF-8. */
static inline const uint8_t *wire_read_string(const uint8_t *at, const uint8_t *end, size_t limit,
                                              struct vf_slice *out)
{
    struct vf_slice text;

    at = wire_read_slice(at, end, limit, &text);
    if (__builtin_expect(!at || !wire_utf8_valid(text.ptr, text.len), 0))
        return NULL;
    *out = text;
    return at;
}

static inline const uint8_t *wire_read_int(const uint8_t *at, const uint8_t *end, int32_t *out)
{
    struct wire_number n = wire_number_read(at, end);

    *out = (int32_t)wire_unzigzag(n.value);
    return n.value <= UINT32_MAX ? n.next : NULL;
}

static inline const uint8_t *wire_read_long(const uint8_t *at, const uint8_t *end, int64_t *out)
{
    struct wire_number n = wire_number_read(at, end);

    *out = wire_unzigzag(n.value);
    return n.next;
}

/* An index below count: of a symbol or branch. */
static inline const uint8_t *wire_read_index(const uint8_t *at, const uint8_t *end, uint32_t count,
                                             uint32_t *out)
{
    struct wire_number n = wire_number_read(at, end);

    *out = (uint32_t)(n.value >> 1);
    return (n.value & 1) || n.value >> 1 >= count ? NULL : n.next;
}

static inline const uint8_t *wire_read_boolean(const uint8_t *at, const uint8_t *end, bool *out)
{
    if (at == end || *at > 1)
        return NULL;
    *out = *at == 1;
    return at + 1;
}

static inline const uint8_t *wire_read_bytes(const uint8_t *at, const uint8_t *end, size_t size,
                                             struct vf_slice *out)
{
    if ((size_t)(end - at) < size)
        return NULL;
    *out = vf_slice((const char *)at, size);
    return at + size;
}

#endif
