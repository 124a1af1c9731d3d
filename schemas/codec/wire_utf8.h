/*
 * Is it UTF-8? As Unicode defines it: no surrogates, no overlong forms, nothing above U+10FFFF.
 */
#ifndef WIRE_UTF8_H
#define WIRE_UTF8_H

#include "base/slice.h"
#include <stdint.h>

/* Bytes from the beginning that are whole, valid characters; len when all are. */
size_t wire_utf8_prefix(const char *text, size_t len);

/* Most texts are short and ASCII: those are decided here, eight bytes at a time. */
static inline bool wire_utf8_valid(const char *text, size_t len)
{
    const uint64_t high = 0x8080808080808080u;
    uint64_t word;
    size_t at = 0;

    for (; len - at >= sizeof word; at += sizeof word) {
        memcpy(&word, text + at, sizeof word);
        if (word & high)
            return wire_utf8_prefix(text + at, len - at) == len - at;
    }
    for (; at < len; at++)
        if ((unsigned char)text[at] >= 0x80)
            return wire_utf8_prefix(text + at, len - at) == len - at;
    return true;
}

#endif
