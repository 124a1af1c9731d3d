/*
 * Is it UTF-8? As Unicode defines it: no surrogates, no overlong forms, nothing above U+10FFFF.
 */
#ifndef WIRE_UTF8_H
#define WIRE_UTF8_H

#include "base/slice.h"
#include <stdint.h>

/* Bytes from the beginning that are whole, valid characters; len when all are. */
size_t wire_utf8_prefix(const char *text, size_t len);

/* Whether all are; for text that is not ASCII. */
bool wire_utf8_check(const char *text, size_t len);

/* Texts are short, and a loop over their last bytes would be mispredicted each time: they are
 * taken in whole words, the last one overlapping the one before. */
typedef uint64_t wire_pair __attribute__((vector_size(16)));

#define WIRE_HIGH_BITS 0x8080808080808080u

static inline uint64_t wire_load_word(const char *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

static inline wire_pair wire_load_pair(const char *from)
{
    wire_pair pair;
    memcpy(&pair, from, sizeof pair);
    return pair;
}

static inline uint32_t wire_load_half(const char *from)
{
    uint32_t half;
    memcpy(&half, from, sizeof half);
    return half;
}

/* True when no byte has its high bit set. */
static inline bool wire_is_ascii(const char *text, size_t len)
{
    if (len >= sizeof(wire_pair)) {
        wire_pair all = wire_load_pair(text + len - sizeof all);
        for (size_t at = 0; at + sizeof all < len; at += sizeof all)
            all |= wire_load_pair(text + at);
        return !((all[0] | all[1]) & WIRE_HIGH_BITS);
    }
    if (len >= sizeof(uint64_t))
        return !((wire_load_word(text) | wire_load_word(text + len - sizeof(uint64_t))) &
                 WIRE_HIGH_BITS);
    if (len >= sizeof(uint32_t))
        return !((wire_load_half(text) | wire_load_half(text + len - sizeof(uint32_t))) &
                 (uint32_t)WIRE_HIGH_BITS);
    return len == 0 || !((text[0] | text[len / 2] | text[len - 1]) & 0x80);
}

/* Copies at most 32 bytes. What it returns has bits in common with WIRE_HIGH_BITS when any byte
 * has its high bit set. */
static inline uint64_t wire_copy_short(uint8_t *to, const char *text, size_t len)
{
    if (len >= sizeof(uint64_t)) {
        /* Four words that overlap: whether two would do is mispredicted too often. */
        size_t second = len > 2 * sizeof(uint64_t) ? sizeof(uint64_t) : 0;
        size_t third = len > 2 * sizeof(uint64_t) ? len - 2 * sizeof(uint64_t) : 0;
        uint64_t a = wire_load_word(text);
        uint64_t b = wire_load_word(text + second);
        uint64_t c = wire_load_word(text + third);
        uint64_t d = wire_load_word(text + len - sizeof d);
        memcpy(to, &a, sizeof a);
        memcpy(to + second, &b, sizeof b);
        memcpy(to + third, &c, sizeof c);
        memcpy(to + len - sizeof d, &d, sizeof d);
        return a | b | c | d;
    }
    if (len >= sizeof(uint32_t)) {
        uint32_t first = wire_load_half(text);
        uint32_t last = wire_load_half(text + len - sizeof last);
        memcpy(to, &first, sizeof first);
        memcpy(to + len - sizeof last, &last, sizeof last);
        return first | last;
    }
    if (len == 0)
        return 0;
    uint8_t first = (uint8_t)text[0];
    uint8_t middle = (uint8_t)text[len / 2];
    uint8_t last = (uint8_t)text[len - 1];
    to[0] = first;
    to[len / 2] = middle;
    to[len - 1] = last;
    return first | middle | last;
}

/* Copies 32 to 64 bytes; the same. */
static inline wire_pair wire_copy_middle(uint8_t *to, const char *text, size_t len)
{
    const size_t size = sizeof(wire_pair);
    wire_pair a = wire_load_pair(text);
    wire_pair b = wire_load_pair(text + size);
    wire_pair c = wire_load_pair(text + len - 2 * size);
    wire_pair d = wire_load_pair(text + len - size);

    memcpy(to, &a, size);
    memcpy(to + size, &b, size);
    memcpy(to + len - 2 * size, &c, size);
    memcpy(to + len - size, &d, size);
    return a | b | c | d;
}

/* Copies at least 64 bytes; true when no byte has its high bit set. */
static inline bool wire_copy_long_ascii(uint8_t *to, const char *text, size_t len)
{
    enum { STEP = 64 };
    wire_pair all = wire_copy_middle(to + len - STEP, text + len - STEP, STEP);

    for (size_t at = 0; at + STEP < len; at += STEP)
        all |= wire_copy_middle(to + at, text + at, STEP);
    return !((all[0] | all[1]) & WIRE_HIGH_BITS);
}

static inline bool wire_utf8_valid(const char *text, size_t len)
{
    return __builtin_expect(wire_is_ascii(text, len), 1) || wire_utf8_check(text, len);
}

#endif
