#include "base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool vf_base64_encode(struct vf_slice bytes, struct vf_buffer *out)
{
    size_t length = (bytes.len + 2) / 3 * 4;

    if (!bytes.len)
        return true;
    if (!vf_buffer_reserve(out, length))
        return false;
    char *to = out->data + out->len;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t group = (uint32_t)(unsigned char)bytes.ptr[i] << 16;
        group |= left > 1 ? (uint32_t)(unsigned char)bytes.ptr[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)(unsigned char)bytes.ptr[i + 2] : 0;
        *to++ = digits[group >> 18];
        *to++ = digits[group >> 12 & 63];
        *to++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *to++ = left > 2 ? digits[group & 63] : '=';
    }
    out->len += length;
    return true;
}

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool vf_base64_decode(struct vf_slice text, struct vf_buffer *out)
{
    size_t padding = 0;

    if (!text.len)
        return true;
    if (text.len % 4 || !vf_buffer_reserve(out, text.len / 4 * 3))
        return false;
    while (padding < 2 && padding < text.len && text.ptr[text.len - 1 - padding] == '=')
        padding++;
    char *to = out->data + out->len;
    uint32_t group = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = i < text.len - padding ? digit_value(text.ptr[i]) : 0;
        if (value < 0)
            return false;
        group = group << 6 | (uint32_t)value;
        if (i % 4 == 3) {
            *to++ = (char)(group >> 16 & 255);
            *to++ = (char)(group >> 8 & 255);
            *to++ = (char)(group & 255);
            group = 0;
        }
    }
    out->len += text.len / 4 * 3 - padding;
    return true;
}
