#include "normalize/tokens.h"

#include "base/error.h"
#include "base/fold.h"
#include "normalize/text.h"

struct splitter {
    struct vf_tokens *words;
    struct vf_arena *arena;
    char *folded;
    size_t folded_len;
    size_t folded_size;
    uint8_t gap;
};

static bool fold_ascii_word(struct vf_slice word, char *out, size_t *len)
{
    size_t n = 0;

    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.ptr[i];
        if (c >= 0x80)
            return false;
        if (c >= 'A' && c <= 'Z')
            out[n++] = (char)(c + ('a' - 'A'));
        else if (c != '\'' && c != '`')
            out[n++] = (char)c;
    }
    *len = n;
    return true;
}

static int fold_word(struct splitter *s, struct vf_slice word, size_t *len)
{
    struct vf_slice folded;

    *len = 0;
    if (s->folded_len + 3 * word.len + 2 > s->folded_size)
        return VF_OK;
    if (fold_ascii_word(word, s->folded + s->folded_len, len))
        return VF_OK;
    struct vf_arena_mark mark = vf_arena_mark(s->arena);
    int rc = vf_fold(word, s->arena, &folded);
    if (!rc && s->folded_len + folded.len + 2 <= s->folded_size) {
        memcpy(s->folded + s->folded_len, folded.ptr, folded.len);
        *len = folded.len;
    }
    vf_arena_rewind(s->arena, mark);
    return rc == VF_ENOMEM ? rc : VF_OK;
}

static int add_word(struct splitter *s, size_t begin, size_t end, int32_t number)
{
    struct vf_tokens *words = s->words;
    struct vf_token *word = &words->at[words->count];
    size_t len;

    if (words->count == VF_TOKENS_MAX)
        return VF_OK;
    if (words->count) /* what parts it from the word before */
        s->folded[s->folded_len++] = s->gap >= VF_GAP_COMMA ? '\n' : ' ';
    int rc = fold_word(s, vf_slice(words->text.ptr + begin, end - begin), &len);
    if (rc)
        return rc;
    if (!len) {
        s->folded_len -= words->count > 0;
        return VF_OK;
    }
    word->begin = (uint16_t)begin;
    word->end = (uint16_t)end;
    word->folded_begin = (uint16_t)s->folded_len;
    s->folded_len += len;
    word->folded_end = (uint16_t)s->folded_len;
    word->gap = words->count ? s->gap : VF_GAP_BEGIN;
    word->number = number;
    words->count++;
    s->gap = VF_GAP_NONE;
    return VF_OK;
}

static void widen(struct splitter *s, uint32_t c)
{
    uint8_t gap = VF_GAP_BRACKET;

    if (vf_text_is_space(c))
        gap = VF_GAP_SPACE;
    else if (c == '-' || c == '.' || c == 0x2010 || c == 0x2011 || c == 0xB7 || c == 0x30FB)
        gap = VF_GAP_POINT;
    else if (c == ',' || c == 0x60C || c == 0x3001)
        gap = VF_GAP_COMMA;
    else if (c == ';' || c == '/' || c == '|' || c == 0x61B || c == 0xFF1B || c == 0xFF0F)
        gap = VF_GAP_STOP;
    if (gap > s->gap)
        s->gap = gap;
}

static int read_word(struct splitter *s, size_t *at)
{
    struct vf_slice text = s->words->text;
    size_t begin = *at;
    size_t end = begin;
    bool digits = false;
    int32_t number = 0;

    while (*at < text.len) {
        size_t next = *at;
        uint32_t c = vf_text_next(text, &next);
        int digit = vf_text_digit(c);
        if (*at == begin)
            digits = digit >= 0;
        bool inside = vf_text_is_word(c) ? (digit >= 0) == digits
                                         : vf_text_is_apostrophe(c) || vf_text_is_invisible(c);
        if (!inside)
            break;
        if (digits && digit >= 0 && number < 100000)
            number = number * 10 + digit;
        *at = end = next;
    }
    return add_word(s, begin, end, digits ? number : -1);
}

int vf_tokens_read(struct vf_slice text, struct vf_arena *arena, struct vf_tokens *out)
{
    out->count = 0;
    out->text = text;
    if (text.len > VF_TOKENS_TEXT_MAX) {
        out->text.len = VF_TOKENS_TEXT_MAX;
        while (out->text.len && ((unsigned char)text.ptr[out->text.len] & 0xC0) == 0x80)
            out->text.len--;
    }
    struct splitter s = {.words = out, .arena = arena, .gap = VF_GAP_BEGIN};
    s.folded_size = 3 * out->text.len + 4;
    s.folded = vf_arena_alloc(arena, s.folded_size);
    if (!s.folded)
        return VF_ENOMEM;
    for (size_t at = 0; at < out->text.len;) {
        size_t next = at;
        uint32_t c = vf_text_next(out->text, &next);
        if (vf_text_is_word(c)) {
            int rc = read_word(&s, &at);
            if (rc)
                return rc;
            continue;
        }
        widen(&s, c);
        at = next;
    }
    out->folded = vf_slice(s.folded, s.folded_len);
    return VF_OK;
}

bool vf_tokens_find(const struct vf_tokens *words, size_t i, const struct vf_lexicon *lexicon,
                    vf_language language, struct vf_lexicon_hit *hit, size_t *next)
{
    size_t begin = words->at[i].folded_begin;
    const char *from = words->folded.ptr + begin;
    const char *stop = memchr(from, '\n', words->folded.len - begin);
    struct vf_slice phrase =
        vf_slice(from, stop ? (size_t)(stop - from) : words->folded.len - begin);

    if (!vf_lexicon_find(lexicon, phrase, language, hit))
        return false;
    size_t end = begin + hit->length;
    while (i < words->count && words->at[i].folded_end <= end)
        i++;
    *next = i;
    return true;
}
