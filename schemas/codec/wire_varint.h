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

/* What was read; returned by value, so that it stays in registers. */
struct wire_number {
    const uint8_t *next; /* the byte after it; NULL when the bytes end too early or tell more than
                            64 bits, and value is 0 then */
    uint64_t value;      /* still in zigzag */
};

/* More than one byte. */
struct wire_number wire_number_read_long(const uint8_t *at, const uint8_t *end);

static inline struct wire_number wire_number_read(const uint8_t *at, const uint8_t *end)
{
    if (__builtin_expect(at < end && *at < 0x80, 1))
        return (struct wire_number){at + 1, *at};
    return wire_number_read_long(at, end);
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
