#include "base/error.h"

#include <stdio.h>
#include <string.h>

/* Cuts a text that vsnprintf may have broken inside a UTF-8 sequence. */
static void cut_at_character(char *text)
{
    size_t len = strlen(text);
    size_t start = len;

    while (start > 0 && len - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (len - (start - 1) < want)
        text[start - 1] = '\0';
}

int vf_error_set(struct vf_error *err, int code, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        err->code = code;
        int n = vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
        if (n >= (int)sizeof err->text)
            cut_at_character(err->text);
    }
    return code;
}

int vf_error_prefix(struct vf_error *err, const char *format, ...)
{
    if (!err)
        return VF_EINVAL;
    char old[sizeof err->text];
    memcpy(old, err->text, sizeof old);

    va_list args;
    va_start(args, format);
    int n = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    size_t used = n < 0 ? 0 : (size_t)n;
    if (used + 2 < sizeof err->text) {
        memcpy(err->text + used, ": ", 3);
        used += 2;
        size_t rest = strlen(old);
        if (rest > sizeof err->text - used - 1)
            rest = sizeof err->text - used - 1;
        memcpy(err->text + used, old, rest);
        err->text[used + rest] = '\0';
    }
    cut_at_character(err->text);
    return err->code;
}

const char *vf_error_name(int code)
{
    switch (code) {
#define X(name, number, phrase)                                                                    \
    case number: return #name;
        VF_ERROR_LIST(X)
#undef X
    case 0: return "OK";
    default: return "UNKNOWN";
    }
}

const char *vf_strerror(int code)
{
    switch (code) {
#define X(name, number, phrase)                                                                    \
    case number: return phrase;
        VF_ERROR_LIST(X)
#undef X
    case 0: return "no error";
    default: return "unknown error";
    }
}
