#include "feed/key_scan.h"

void vf_key_scan_begin(struct vf_key_scan *scan, struct vf_slice text)
{
    *scan = (struct vf_key_scan){.text = text};
}

/* Index of the quote that ends the string begun before at; the text's length if there is none. */
static size_t string_end(struct vf_slice text, size_t at)
{
    for (;;) {
        const char *quote = at < text.len ? memchr(text.ptr + at, '"', text.len - at) : NULL;
        if (!quote)
            return text.len;
        size_t end = (size_t)(quote - text.ptr);
        size_t slashes = 0;
        while (end - slashes > at && text.ptr[end - slashes - 1] == '\\')
            slashes++;
        if (slashes % 2 == 0)
            return end;
        at = end + 1;
    }
}

bool vf_key_scan_next(struct vf_key_scan *scan, struct vf_slice *key)
{
    struct vf_slice text = scan->text;

    while (scan->at < text.len) {
        size_t begin = scan->at + 1;
        switch (text.ptr[scan->at++]) {
        case '{': scan->key_next = scan->depth++ == 0; break;
        case '[': scan->depth++; break;
        case '}':
        case ']': scan->depth -= scan->depth > 0; break;
        case ',': scan->key_next = scan->depth == 1; break;
        case '"': {
            size_t end = string_end(text, begin);
            bool found = scan->key_next && scan->depth == 1;
            scan->at = end < text.len ? end + 1 : end;
            scan->key_next = false;
            if (found) {
                *key = vf_slice(text.ptr + begin, end - begin);
                return true;
            }
            break;
        }
        default: break;
        }
    }
    return false;
}
