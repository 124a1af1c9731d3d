#include "codec/wire_utf8.h"

static bool is_tail(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Length of the character at text, 0 when it is none; len > 0 bytes are there. */
static size_t character_length(const unsigned char *text, size_t len)
{
    unsigned char lead = text[0];

    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    if (lead < 0xE0)
        return len >= 2 && is_tail(text[1]) ? 2 : 0;
    /* The second byte's range excludes overlong forms, surrogates and what is too large. */
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (len < 3 || text[1] < low || text[1] > high || !is_tail(text[2]))
        return 0;
    if (lead < 0xF0)
        return 3;
    return len >= 4 && is_tail(text[3]) ? 4 : 0;
}

size_t wire_utf8_prefix(const char *text, size_t len)
{
    const uint64_t high = 0x8080808080808080u;
    uint64_t word;
    size_t at = 0;

    while (at < len) {
        size_t n = character_length((const unsigned char *)text + at, len - at);
        if (n == 0)
            return at;
        at += n;
        while (n == 1 && len - at >= sizeof word) {
            memcpy(&word, text + at, sizeof word);
            if (word & high)
                break;
            at += sizeof word;
        }
    }
    return at;
}
