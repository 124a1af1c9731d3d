#include "normalize/text.h"

#include <utf8proc.h>

uint32_t vf_text_next(struct vf_slice text, size_t *at)
{
    const unsigned char *s = (const unsigned char *)text.ptr + *at;
    size_t left = text.len - *at;
    uint32_t c = s[0];
    size_t n;

    if (c < 0x80) {
        (*at)++;
        return c;
    }
    if (c >= 0xC2 && c < 0xE0)
        n = 2, c &= 0x1F;
    else if (c >= 0xE0 && c < 0xF0)
        n = 3, c &= 0x0F;
    else if (c >= 0xF0 && c < 0xF5)
        n = 4, c &= 0x07;
    else
        n = 0;
    if (!n || left < n) {
        (*at)++;
        return 0xFFFD;
    }
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            (*at)++;
            return 0xFFFD;
        }
        c = c << 6 | (s[i] & 0x3F);
    }
    *at += n;
    return c;
}

int vf_text_digit(uint32_t c)
{
    /* Zeros of the decimal digits of scripts that dates are printed in. */
    static const uint16_t zeros[] = {0x660, 0x6F0,  0x966,  0x9E6,  0xE50,
                                     0xED0, 0x1040, 0x17E0, 0x1810, 0xFF10};
    if (c < 0x80)
        return c >= '0' && c <= '9' ? (int)(c - '0') : -1;
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++)
        if (c >= zeros[i] && c < zeros[i] + 10U)
            return (int)(c - zeros[i]);
    return -1;
}

bool vf_text_is_space(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

bool vf_text_is_apostrophe(uint32_t c)
{
    return c == '\'' || c == '`' || c == 0xB4 || c == 0x2BB || c == 0x2BC || c == 0x2018 ||
           c == 0x2019 || c == 0x2032;
}

bool vf_text_is_invisible(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C || c == 0x180E ||
           (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF || (c >= 0xFE00 && c <= 0xFE0F) ||
           (c >= 0xFFF9 && c <= 0xFFFD) || (c >= 0xE0000 && c <= 0xE0FFF);
}

bool vf_text_is_han(uint32_t c)
{
    return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0x20000 && c <= 0x3FFFF) || c == 0x3005;
}

/* Ranges of punctuation and symbols above ASCII, first and last. */
static bool is_symbol(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {0xA0, 0xA9},     {0xAB, 0xB4},     {0xB6, 0xB9},       {0xBB, 0xBF},
        {0xD7, 0xD7},     {0xF7, 0xF7},     {0x2B9, 0x2BF},     {0x37E, 0x37E},
        {0x387, 0x387},   {0x55A, 0x55F},   {0x589, 0x58A},     {0x5BE, 0x5BE},
        {0x5C0, 0x5C0},   {0x5C3, 0x5C3},   {0x5F3, 0x5F4},     {0x600, 0x60F},
        {0x61B, 0x61F},   {0x66A, 0x66D},   {0x6D4, 0x6D4},     {0x964, 0x965},
        {0xE2F, 0xE2F},   {0xE3F, 0xE3F},   {0xE5A, 0xE5B},     {0x2000, 0x206F},
        {0x207A, 0x207E}, {0x208A, 0x208E}, {0x20A0, 0x20CF},   {0x2190, 0x2BFF},
        {0x2E00, 0x2E7F}, {0x3000, 0x3004}, {0x3006, 0x3020},   {0x3030, 0x3030},
        {0x303D, 0x303F}, {0x30A0, 0x30A0}, {0x30FB, 0x30FB},   {0xFD3E, 0xFD3F},
        {0xFE10, 0xFE6F}, {0xFEFF, 0xFF0F}, {0xFF1A, 0xFF20},   {0xFF3B, 0xFF40},
        {0xFF5B, 0xFF65}, {0xFFE0, 0xFFFF}, {0x1F000, 0x1FFFF}, {0xE0000, 0xE0FFF},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0] && ranges[i][0] <= c; i++)
        if (c <= ranges[i][1])
            return true;
    return false;
}

bool vf_text_is_word(uint32_t c)
{
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return c >= 0xA0 && !is_symbol(c);
}

/* Bytes of a terminal escape sequence that begins at at: ESC [ ... letter. */
static size_t escape_length(struct vf_slice text, size_t at)
{
    size_t i = at + 1;

    if (text.ptr[at] != 0x1B)
        return 0;
    if (i >= text.len || text.ptr[i] != '[')
        return 1;
    for (i++; i < text.len && (unsigned char)text.ptr[i] >= 0x20 && text.ptr[i] < 0x40; i++)
        ;
    return (i < text.len ? i + 1 : i) - at;
}

static bool is_clean(struct vf_slice text)
{
    if (text.len && (text.ptr[0] == ' ' || text.ptr[text.len - 1] == ' '))
        return false;
    for (size_t i = 0; i < text.len;) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte < 0x80) {
            if (byte < 0x20 || byte == 0x7F || (byte == ' ' && text.ptr[i + 1] == ' '))
                return false;
            i++;
            continue;
        }
        uint32_t c = vf_text_next(text, &i);
        if (vf_text_is_space(c) || vf_text_is_invisible(c) || (c >= 0xFF01 && c <= 0xFF5E))
            return false;
    }
    return true;
}

struct vf_slice vf_text_clean(struct vf_slice text, struct vf_arena *arena, bool *dirty)
{
    *dirty = false;
    if (is_clean(text))
        return text.ptr ? text : vf_slice("", 0);

    char *out = vf_arena_alloc(arena, text.len + 1);
    if (!out)
        return VF_SLICE_NULL;
    size_t n = 0;
    for (size_t i = 0; i < text.len;) {
        size_t escape = escape_length(text, i);
        if (escape) {
            i += escape;
            *dirty = true;
            continue;
        }
        uint32_t c = vf_text_next(text, &i);
        if (vf_text_is_space(c)) {
            if (n && out[n - 1] != ' ')
                out[n++] = ' ';
        } else if (vf_text_is_invisible(c)) {
            *dirty = true;
        } else {
            uint32_t plain = c >= 0xFF01 && c <= 0xFF5E ? c - 0xFF01 + '!' : c;
            n += (size_t)utf8proc_encode_char((utf8proc_int32_t)plain, (utf8proc_uint8_t *)out + n);
        }
    }
    if (n && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
    return vf_slice(out, n);
}
