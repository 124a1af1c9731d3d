#include "observe/text_escape.h"

#include <utf8proc.h>

static bool is_bare(struct vf_slice text)
{
    if (!text.len)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= ' ' || c >= 0x7F || c == '"' || c == '=' || c == '\\')
            return false;
    }
    return true;
}

/* Code points that draw nothing, or change how what follows is drawn. */
static bool is_hidden(utf8proc_int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return true;
    default: return false;
    }
}

static void escape_code_point(struct vf_buffer *out, utf8proc_int32_t c)
{
    switch (c) {
    case '\n': vf_buffer_append_text(out, "\\n"); return;
    case '\r': vf_buffer_append_text(out, "\\r"); return;
    case '\t': vf_buffer_append_text(out, "\\t"); return;
    default: break;
    }
    if (c < 0x10000) {
        vf_buffer_printf(out, "\\u%04x", (unsigned)c);
        return;
    }
    unsigned pair = (unsigned)c - 0x10000; /* JSON knows only UTF-16 units */
    vf_buffer_printf(out, "\\u%04x\\u%04x", 0xD800 + (pair >> 10), 0xDC00 + (pair & 0x3FF));
}

static void escape_text(struct vf_buffer *out, struct vf_slice text, bool quoted)
{
    bool cut = text.len > VF_LOG_VALUE_MAX;
    size_t len = cut ? VF_LOG_VALUE_MAX : text.len;
    size_t i = 0;

    while (i < len) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text.ptr + i,
                                              (utf8proc_ssize_t)(text.len - i), &c);
        if (n <= 0) { /* not UTF-8: the replacement character stands for each byte */
            vf_buffer_append_text(out, "\xEF\xBF\xBD");
            i++;
            continue;
        }
        if (quoted && (c == '"' || c == '\\')) {
            vf_buffer_append_char(out, '\\');
            vf_buffer_append_char(out, (char)c);
        } else if (is_hidden(c)) {
            escape_code_point(out, c);
        } else {
            vf_buffer_append(out, text.ptr + i, (size_t)n);
        }
        i += (size_t)n;
    }
    if (cut)
        vf_buffer_append_text(out, "...");
}

static void escape_quoted(struct vf_buffer *out, struct vf_slice text)
{
    vf_buffer_append_char(out, '"');
    escape_text(out, text, true);
    vf_buffer_append_char(out, '"');
}

void vf_escape_plain(struct vf_buffer *out, struct vf_slice text)
{
    escape_text(out, text, false);
}

void vf_escape_logfmt(struct vf_buffer *out, struct vf_slice text)
{
    if (text.len <= VF_LOG_VALUE_MAX && is_bare(text))
        vf_buffer_append_slice(out, text);
    else
        escape_quoted(out, text);
}

void vf_escape_json(struct vf_buffer *out, struct vf_slice text)
{
    escape_quoted(out, text);
}
