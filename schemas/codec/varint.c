#include "codec/wire_varint.h"

struct wire_number wire_number_read_long(const uint8_t *at, const uint8_t *end)
{
    uint64_t n = 0;

    for (unsigned shift = 0; at < end; shift += 7) {
        uint8_t byte = *at++;
        if (shift == 63 && byte > 1)
            break;
        n |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return (struct wire_number){at, n};
    }
    return (struct wire_number){NULL, 0};
}
