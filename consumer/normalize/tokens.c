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
    bool elided; /* an apostrophe ends some words */
};

static int fold_word(struct splitter *s, struct vf_slice word, size_t *len)
{
    struct vf_slice folded;

    *len = 0;
    struct vf_arena_mark mark = vf_arena_mark(s->arena);
    int rc = vf_fold(word, s->arena, &folded);
    if (!rc && s->folded_len + folded.len + 2 <= s->folded_size) {
        memcpy(s->folded + s->folded_len, folded.ptr, folded.len);
        *len = folded.len;
    }
    vf_arena_rewind(s->arena, mark);
    return rc == VF_ENOMEM ? rc : VF_OK;
}

/* The word begin .. end - 1 of the text, len bytes of which stand folded behind the gap's mark. */
static void add_word(struct splitter *s, size_t begin, size_t end, size_t len, int32_t number)
{
    struct vf_tokens *words = s->words;
    struct vf_token *word = &words->at[words->count];

    word->begin = (uint16_t)begin;
    word->end = (uint16_t)end;
    word->folded_begin = (uint16_t)s->folded_len;
    s->folded_len += len;
    word->folded_end = (uint16_t)s->folded_len;
    word->gap = words->count ? s->gap : VF_GAP_BEGIN;
    word->number = number;
    words->count++;
    s->gap = VF_GAP_NONE;
}

/* Puts what parts the next word from the one before it; false if there is no room. */
static bool part_word(struct splitter *s, size_t longest)
{
    if (s->words->count == VF_TOKENS_MAX || s->folded_len + longest + 2 > s->folded_size)
        return false;
    if (s->words->count)
        s->folded[s->folded_len++] = s->gap >= VF_GAP_COMMA ? '\n' : ' ';
    return true;
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

/* A word of ASCII letters alone, or one of digits; 0 if it has anything else. */
static size_t ascii_word(struct splitter *s, size_t begin)
{
    struct vf_slice text = s->words->text;
    const unsigned char *in = (const unsigned char *)text.ptr;
    char *out = s->folded + s->folded_len + (s->words->count > 0);
    size_t at = begin;
    int32_t number = -1;

    if (s->words->count == VF_TOKENS_MAX || s->folded_len + text.len - begin + 2 > s->folded_size)
        return 0;
    if (in[at] >= '0' && in[at] <= '9') {
        for (number = 0; at < text.len && in[at] >= '0' && in[at] <= '9'; at++) {
            number = number < 100000 ? number * 10 + (in[at] - '0') : number;
            *out++ = (char)in[at];
        }
    } else {
        for (; at < text.len && (in[at] | 0x20) >= 'a' && (in[at] | 0x20) <= 'z'; at++)
            *out++ = (char)(in[at] | 0x20);
    }
    if (at == begin || (at < text.len && (in[at] >= 0x80 || in[at] == '\'' || in[at] == '`')))
        return 0;
    (void)part_word(s, 0);
    add_word(s, begin, at, at - begin, number);
    return at;
}

/* Whether the word so far is one that an apostrophe joins to the next. */
static bool is_elision(struct vf_slice word)
{
    static const char *const words[] = {"l",   "d",   "qu",   "s",    "n",    "un",
                                        "all", "dal", "dall", "dell", "nell", "sull"};
    char lower[4];

    if (word.len > sizeof lower)
        return false;
    for (size_t i = 0; i < word.len; i++)
        lower[i] = (char)(word.ptr[i] | 0x20);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (vf_slice_is(vf_slice(lower, word.len), words[i]))
            return true;
    return false;
}

static int read_word(struct splitter *s, size_t *at)
{
    struct vf_slice text = s->words->text;
    size_t begin = *at;
    size_t end = begin;
    bool digits = false;
    int32_t number = 0;
    size_t len;

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
        if (s->elided && vf_text_is_apostrophe(c) &&
            is_elision(vf_slice(text.ptr + begin, end - begin))) {
            *at = next;
            break;
        }
        if (digits && digit >= 0 && number < 100000)
            number = number * 10 + digit;
        *at = end = next;
    }
    if (!part_word(s, end - begin))
        return VF_OK;
    int rc = fold_word(s, vf_slice(text.ptr + begin, end - begin), &len);
    if (rc)
        return rc;
    if (len)
        add_word(s, begin, end, len, digits ? number : -1);
    else
        s->folded_len -= s->words->count > 0;
    return VF_OK;
}

static int read_tokens(struct vf_slice text, bool elided, struct vf_arena *arena,
                       struct vf_tokens *out)
{
    out->count = 0;
    out->text = text;
    if (text.len > VF_TOKENS_TEXT_MAX) {
        out->text.len = VF_TOKENS_TEXT_MAX;
        while (out->text.len && ((unsigned char)text.ptr[out->text.len] & 0xC0) == 0x80)
            out->text.len--;
    }
    struct splitter s = {.words = out, .arena = arena, .gap = VF_GAP_BEGIN, .elided = elided};
    s.folded_size = 3 * out->text.len + 4;
    s.folded = vf_arena_alloc(arena, s.folded_size);
    if (!s.folded)
        return VF_ENOMEM;
    for (size_t at = 0; at < out->text.len;) {
        if (out->text.ptr[at] == ' ') { /* the most frequent gap */
            s.gap = s.gap < VF_GAP_SPACE ? VF_GAP_SPACE : s.gap;
            at++;
            continue;
        }
        size_t next = ascii_word(&s, at);
        if (next) {
            at = next;
            continue;
        }
        next = at;
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

int vf_tokens_read(struct vf_slice text, struct vf_arena *arena, struct vf_tokens *out)
{
    return read_tokens(text, false, arena, out);
}

int vf_tokens_read_elided(struct vf_slice text, struct vf_arena *arena, struct vf_tokens *out)
{
    return read_tokens(text, true, arena, out);
}

bool vf_tokens_begin(const struct vf_tokens *tokens, size_t i, const struct vf_lexicon *lexicon,
                     vf_language language, struct vf_lexicon_hit *hit)
{
    size_t begin = tokens->at[i].folded_begin;
    const char *from = tokens->folded.ptr + begin;
    const char *stop = memchr(from, '\n', tokens->folded.len - begin);
    struct vf_slice phrase =
        vf_slice(from, stop ? (size_t)(stop - from) : tokens->folded.len - begin);

    return vf_lexicon_find(lexicon, phrase, language, hit);
}

bool vf_tokens_find(const struct vf_tokens *tokens, size_t i, const struct vf_lexicon *lexicon,
                    vf_language language, struct vf_lexicon_hit *hit, size_t *next)
{
    if (!vf_tokens_begin(tokens, i, lexicon, language, hit))
        return false;
    size_t end = tokens->at[i].folded_begin + hit->length;
    size_t behind = i;
    while (behind < tokens->count && tokens->at[behind].folded_end <= end)
        behind++;
    *next = behind;
    return behind > i;
}
