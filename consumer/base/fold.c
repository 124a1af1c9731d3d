#include "base/fold.h"

#include "base/error.h"
#include <stdbool.h>
#include <utf8proc.h>

/* Code points that vanish between the letters of one word. */
static bool vanishes(utf8proc_int32_t c)
{
    switch (c) {
    case '\'':
    case 0x60:   /* grave accent typed as an apostrophe */
    case 0xB4:   /* acute accent, likewise */
    case 0x2BB:  /* turned comma, of Uzbek */
    case 0x2BC:  /* modifier apostrophe */
    case 0x2018: /* quotation marks typed as apostrophes */
    case 0x2019:
    case 0x640: /* Arabic tatweel stretches a word */ return true;
    default: return false;
    }
}

static utf8proc_int32_t fold_code_point(utf8proc_int32_t c)
{
    if (c == 0x131) /* dotless i: casefold leaves it, sources mix the two freely */
        return 'i';
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
    case UTF8PROC_CATEGORY_MC: /* vowel signs of Indic scripts */ return c;
    default: return ' ';
    }
}

static size_t fold_ascii(struct vf_slice text, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 'A' && c <= 'Z')
            out[n++] = (char)(c + ('a' - 'A'));
        else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out[n++] = (char)c;
        else if (c != '\'' && c != '`' && n && out[n - 1] != ' ')
            out[n++] = ' ';
    }
    return n;
}

static bool is_ascii(struct vf_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    return true;
}

static int fold_unicode(struct vf_slice text, struct vf_arena *arena, char **out, size_t *out_len)
{
    const utf8proc_option_t options = UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
                                      UTF8PROC_IGNORE | UTF8PROC_STRIPMARK;
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text.ptr;
    utf8proc_ssize_t want = utf8proc_decompose(bytes, (utf8proc_ssize_t)text.len, NULL, 0, options);
    if (want < 0)
        return want == UTF8PROC_ERROR_NOMEM ? VF_ENOMEM : VF_EUTF8;

    /* reencode writes up to 4 bytes per code point, and a NUL, over the code points */
    utf8proc_int32_t *points = vf_arena_alloc(arena, ((size_t)want + 1) * sizeof *points);
    if (!points)
        return VF_ENOMEM;
    utf8proc_ssize_t count =
        utf8proc_decompose(bytes, (utf8proc_ssize_t)text.len, points, want, options);
    if (count < 0)
        return VF_EUTF8;

    utf8proc_ssize_t kept = 0;
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        if (vanishes(points[i]))
            continue;
        utf8proc_int32_t c = fold_code_point(points[i]);
        if (c == ' ' && (!kept || points[kept - 1] == ' '))
            continue;
        points[kept++] = c;
    }
    utf8proc_ssize_t len =
        utf8proc_reencode(points, kept, UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    if (len < 0)
        return VF_EUTF8;
    *out = (char *)points;
    *out_len = (size_t)len;
    return VF_OK;
}

int vf_fold(struct vf_slice text, struct vf_arena *arena, struct vf_slice *out)
{
    char *folded;
    size_t len;

    if (is_ascii(text)) {
        folded = vf_arena_alloc(arena, text.len + 1);
        if (!folded)
            return VF_ENOMEM;
        len = fold_ascii(text, folded);
    } else {
        int rc = fold_unicode(text, arena, &folded, &len);
        if (rc)
            return rc;
    }
    while (len && folded[len - 1] == ' ')
        len--;
    folded[len] = '\0';
    *out = vf_slice(folded, len);
    return VF_OK;
}
