/*
 * Avro's variable-length integers: zigzag, then seven bits a byte, the least first.
 */
#ifndef WIRE_VARINT_H
#define WIRE_VARINT_H

#include <stddef.h>
#include <stdint.h>

enum { WIRE_VARINT_MAX = 10 }; /* bytes of a long */

static inline int64_t wire_unzigzag(uint64_t n)
{
    return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

static inline uint64_t wire_zigzag(int64_t n)
{
    return ((uint64_t)n << 1) ^ (uint64_t)(n >> 63);
}

/* More than one byte. NULL, and *out 0, when the bytes end too early or tell more than 64 bits. */
const uint8_t *wire_varint_read_long(const uint8_t *at, const uint8_t *end, uint64_t *out);

/* The byte after the integer, or NULL; *out is still in zigzag. */
static inline const uint8_t *wire_varint_read(const uint8_t *at, const uint8_t *end, uint64_t *out)
{
    if (__builtin_expect(at < end && *at < 0x80, 1)) {
        *out = *at;
        return at + 1;
    }
    return wire_varint_read_long(at, end, out);
}

/* Room for WIRE_VARINT_MAX bytes must be there. */
static inline uint8_t *wire_varint_write(uint8_t *at, int64_t value)
{
    uint64_t n = wire_zigzag(value);
    while (n >= 0x80) {
        *at++ = (uint8_t)(n | 0x80);
        n >>= 7;
    }
    *at++ = (uint8_t)n;
    return at;
}

#endif
