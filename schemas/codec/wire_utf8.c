#include "codec/wire_utf8.h"

#include <endian.h>

/* ---- validity: an automaton without branches ------------------------------------------ */

/* Text that is not ASCII mixes characters of one to four bytes, which branches predict badly.
 * States are shifts: a row holds, at each state's six bits, the state that the byte leads to. */
enum {
    DONE = 0,  /* between characters */
    BAD = 6,   /* for good */
    ONE = 12,  /* one more byte is due */
    TWO = 18,  /* two more */
    E0 = 24,   /* two, not an overlong form */
    ED = 30,   /* two, not a surrogate */
    F0 = 36,   /* three, not an overlong form */
    F1 = 42,   /* three */
    F4 = 48,   /* three, not above U+10FFFF */
    STATE = 63 /* mask */
};

#define ROW(done, one, two, e0, ed, f0, f1, f4)                                                    \
    ((uint64_t)(done) << DONE | (uint64_t)BAD << BAD | (uint64_t)(one) << ONE |                    \
     (uint64_t)(two) << TWO | (uint64_t)(e0) << E0 | (uint64_t)(ed) << ED | (uint64_t)(f0) << F0 | \
     (uint64_t)(f1) << F1 | (uint64_t)(f4) << F4)
#define LEAD(next) ROW(next, BAD, BAD, BAD, BAD, BAD, BAD, BAD)

#define X2(row) row, row
#define X4(row) X2(row), X2(row)
#define X8(row) X4(row), X4(row)
#define X16(row) X8(row), X8(row)
#define X32(row) X16(row), X16(row)

static const uint64_t rows[256] = {
    X32(LEAD(DONE)),
    X32(LEAD(DONE)),
    X32(LEAD(DONE)),
    X32(LEAD(DONE)),                                   /* 00..7F */
    X16(ROW(BAD, DONE, ONE, BAD, ONE, BAD, TWO, TWO)), /* 80..8F */
    X16(ROW(BAD, DONE, ONE, BAD, ONE, TWO, TWO, BAD)), /* 90..9F */
    X32(ROW(BAD, DONE, ONE, ONE, BAD, TWO, TWO, BAD)), /* A0..BF */
    X2(LEAD(BAD)),                                     /* C0, C1 */
    X2(LEAD(ONE)),
    X4(LEAD(ONE)),
    X8(LEAD(ONE)),
    X16(LEAD(ONE)), /* C2..DF */
    LEAD(E0),
    X8(LEAD(TWO)),
    X4(LEAD(TWO)),
    LEAD(ED),
    X2(LEAD(TWO)), /* E0..EF */
    LEAD(F0),
    X2(LEAD(F1)),
    LEAD(F1),
    LEAD(F4), /* F0..F4 */
    X8(LEAD(BAD)),
    X2(LEAD(BAD)),
    LEAD(BAD), /* F5..FF */
};

static bool check_bytewise(const char *text, size_t len)
{
    uint64_t state = DONE;

    for (size_t i = 0; i < len; i++)
        state = rows[(unsigned char)text[i]] >> (state & STATE);
    return (state & STATE) == DONE;
}

/* ---- validity: sixteen bytes at a time ------------------------------------------------ */

typedef uint8_t wire_bytes __attribute__((vector_size(16)));
typedef int8_t wire_signed_bytes __attribute__((vector_size(16)));

enum { BLOCK = sizeof(wire_bytes), BEFORE = 3 /* bytes that say what a byte must be */ };

static inline wire_bytes load_block(const char *from)
{
    wire_bytes block;
    memcpy(&block, from, sizeof block);
    return block;
}

/* Each is all ones in the bytes it is true of. */
static inline wire_bytes are_above(wire_bytes block, uint8_t bound)
{
    return (wire_bytes)(block > bound);
}

static inline wire_bytes are_tails(wire_bytes block)
{
    return (wire_bytes)((wire_signed_bytes)block < (int8_t)-0x40); /* 80..BF */
}

static inline bool is_zero(wire_bytes block)
{
    wire_pair all = (wire_pair)block;
    return !(all[0] | all[1]);
}

/* Not zero in the bytes of `at` that can't stand where they do; the other blocks begin one, two
 * and three bytes before it. wide: there are characters of more than two bytes. */
static inline wire_bytes find_bad(wire_bytes at, wire_bytes one, wire_bytes two, wire_bytes three,
                                  bool wide)
{
    wire_bytes due = are_above(one, 0xBF);
    wire_bytes bad = (wire_bytes)((at & 0xFE) == 0xC0);

    if (wide) {
        due |= are_above(two, 0xDF) | are_above(three, 0xEF);
        /* Second bytes that would make an overlong form, a surrogate, or what is too large. */
        bad |= are_above(at, 0xF4) | ((wire_bytes)(one == 0xE0) & ~are_above(at, 0x9F)) |
               ((wire_bytes)(one == 0xED) & are_above(at, 0x9F)) |
               ((wire_bytes)(one == 0xF0) & ~are_above(at, 0x8F)) |
               ((wire_bytes)(one == 0xF4) & are_above(at, 0x8F));
    }
    return bad | (due ^ are_tails(at));
}

static inline wire_bytes find_bad_at(const char *at, bool wide)
{
    return find_bad(load_block(at), load_block(at - 1), load_block(at - 2), load_block(at - 3),
                    wide);
}

/* Of the first block, as if ASCII came before it. */
static inline wire_bytes find_bad_first(wire_bytes at, bool wide)
{
    const wire_bytes none = {0};
    return find_bad(at,
                    __builtin_shufflevector(none, at, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
                                            26, 27, 28, 29, 30),
                    __builtin_shufflevector(none, at, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
                                            25, 26, 27, 28, 29),
                    __builtin_shufflevector(none, at, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
                                            24, 25, 26, 27, 28),
                    wide);
}

/* The last block overlaps the one before it. */
static inline bool check_blocks(const char *text, size_t len, bool wide)
{
    const char *last = text + len - BLOCK;
    wire_bytes bad = find_bad_first(load_block(text), wide) | find_bad_at(last, wide);

    for (const char *at = text + BLOCK; at < last; at += BLOCK)
        bad |= find_bad_at(at, wide);
    const unsigned char *end = (const unsigned char *)text + len;
    bool cut = end[-1] >= 0xC0 || end[-2] >= 0xE0 || end[-3] >= 0xF0;
    return is_zero(bad) && !cut;
}

/* From one word to less than two: one block with NULs behind, which end what is cut. */
static inline bool check_short(const char *text, size_t len)
{
    uint64_t first = le64toh(wire_load_word(text));
    uint64_t rest = le64toh(wire_load_word(text + len - sizeof rest));
    size_t overlap = 2 * sizeof rest - len; /* bytes of rest that are in first; 1 to 8 */
    uint64_t words[2] = {htole64(first), htole64(rest >> (8 * overlap - 1) >> 1)};

    return is_zero(find_bad_first(load_block((const char *)words), true));
}

bool wire_utf8_check(const char *text, size_t len)
{
    if (len < BLOCK + BEFORE) {
        if (len >= sizeof(uint64_t) && len < BLOCK)
            return check_short(text, len);
        return check_bytewise(text, len);
    }
    /* Most texts of most languages have no characters above U+07FF. */
    wire_bytes wide = are_above(load_block(text + len - BLOCK), 0xDF);
    for (size_t at = 0; at + BLOCK < len; at += BLOCK)
        wide |= are_above(load_block(text + at), 0xDF);
    return is_zero(wide) ? check_blocks(text, len, false) : check_blocks(text, len, true);
}

/* ---- how much of it is valid ---------------------------------------------------------- */

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
    size_t at = 0;
    size_t n = 1;

    for (; at < len && n > 0; at += n)
        n = character_length((const unsigned char *)text + at, len - at);
    return at;
}
