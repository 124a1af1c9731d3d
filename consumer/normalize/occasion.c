/*
 * Occasions: the ordinal of a gathering in digits, words, Roman or Chinese numerals. Numbers of
 * anniversaries and days of months are none.
 */
#include "normalize/occasion.h"

#include "base/error.h"
#include "normalize/date_words.h"
#include "normalize/text.h"
#include "normalize/tokens.h"

enum {
    ORDINAL_MAX = 999,  /* no body has met more often */
    GATHERING_NEAR = 5, /* words between a bare numeral and what it counts */
};

struct scan {
    const struct vf_tokens *tokens;
    vf_language language;
};

static int kind_at(const struct scan *s, size_t i, struct vf_lexicon_hit *hit, size_t *next)
{
    if (i >= s->tokens->count ||
        !vf_tokens_find(s->tokens, i, &vf_lexicon_occasions, s->language, hit, next))
        return -1;
    return hit->entry->kind;
}

static bool is_kind(const struct scan *s, size_t i, enum vf_occasion_word kind)
{
    struct vf_lexicon_hit hit;
    size_t next;
    return kind_at(s, i, &hit, &next) == (int)kind;
}

/* Whether a word of the kind follows within a few words of the same part. */
static bool follows(const struct scan *s, size_t i, enum vf_occasion_word kind, size_t within)
{
    for (size_t k = i; k < s->tokens->count && k < i + within; k++) {
        if (k > i && s->tokens->at[k].gap >= VF_GAP_STOP)
            return false;
        if (is_kind(s, k, kind))
            return true;
    }
    return false;
}

static bool is_month(const struct scan *s, size_t i)
{
    struct vf_lexicon_hit hit;
    size_t next;
    return i < s->tokens->count &&
           vf_tokens_find(s->tokens, i, &vf_lexicon_dates, s->language, &hit, &next) &&
           hit.entry->kind == VF_WORD_MONTH;
}

/* Whether the number before token i counts something else than meetings. */
static bool counts_otherwise(const struct scan *s, size_t i)
{
    return follows(s, i, VF_OCCASION_ANNIVERSARY, 2) || is_month(s, i);
}

/* "46th", "46-я", "143-cü", "19e", "14.", "第6届", "제6차". */
static int32_t digits_ordinal(const struct scan *s, size_t i)
{
    const struct vf_token *t = &s->tokens->at[i];
    size_t after = i + 1;
    bool ordinal = i && t->gap <= VF_GAP_POINT && is_kind(s, i - 1, VF_OCCASION_PREFIX);

    if (t->number < 1 || t->number > ORDINAL_MAX)
        return 0;
    if (after < s->tokens->count) {
        const struct vf_token *n = &s->tokens->at[after];
        if (n->gap == VF_GAP_NONE || n->gap == VF_GAP_POINT) {
            struct vf_lexicon_hit hit;
            bool suffix =
                vf_tokens_begin(s->tokens, after, &vf_lexicon_occasions, s->language, &hit) &&
                hit.entry->kind == VF_OCCASION_SUFFIX;
            ordinal = ordinal || suffix ||
                      (n->gap == VF_GAP_POINT &&
                       follows(s, after, VF_OCCASION_GATHERING, GATHERING_NEAR));
            after += suffix;
        }
    }
    return ordinal && !counts_otherwise(s, after) ? t->number : 0;
}

/* "fourth", "forty-sixth", "الرابع والثلاثون": the sum of words in a row. */
static int32_t words_ordinal(const struct scan *s, size_t i)
{
    int32_t sum = 0;
    bool ones = false;
    bool tens = false;

    while (i < s->tokens->count) {
        struct vf_lexicon_hit hit;
        size_t next;
        int kind = kind_at(s, i, &hit, &next);
        if (kind == VF_OCCASION_ORDINAL && !ones) {
            ones = true;
            sum += hit.entry->value;
        } else if (kind == VF_OCCASION_TENS && (!tens || hit.entry->value == 100 || sum >= 100)) {
            tens = hit.entry->value != 100;
            sum += hit.entry->value;
        } else {
            break;
        }
        i = next;
    }
    return sum && ones && !counts_otherwise(s, i) ? sum : tens && sum > 0 && ones ? sum : 0;
}

static int32_t roman_digit(char c)
{
    switch (c) {
    case 'I': return 1;
    case 'V': return 5;
    case 'X': return 10;
    case 'L': return 50;
    case 'C': return 100;
    default: return 0;
    }
}

/* "XIX Sessione": capitals alone, of one letter only right before what they count. */
static int32_t roman_ordinal(const struct scan *s, size_t i)
{
    const struct vf_token *t = &s->tokens->at[i];
    const char *text = s->tokens->text.ptr + t->begin;
    size_t n = (size_t)(t->end - t->begin);
    int32_t sum = 0;

    if (n > 9)
        return 0;
    for (size_t k = 0; k < n; k++) {
        int32_t digit = roman_digit(text[k]);
        int32_t next = k + 1 < n ? roman_digit(text[k + 1]) : 0;
        if (!digit)
            return 0;
        sum += digit < next ? -digit : digit;
    }
    if (!follows(s, i + 1, VF_OCCASION_GATHERING, n == 1 ? 2 : GATHERING_NEAR))
        return 0;
    return sum > 0 && !counts_otherwise(s, i + 1) ? sum : 0;
}

static bool find(const struct scan *s, struct vf_slice text, struct vf_lexicon_hit *hit)
{
    return text.len && vf_lexicon_find(&vf_lexicon_occasions, text, s->language, hit);
}

/* 六, 十四, 二十, 一百四十六. */
static int32_t han_number(const struct scan *s, struct vf_slice text, size_t *used)
{
    struct vf_lexicon_hit hit;
    int32_t sum = 0;
    int32_t digit = 0;

    *used = 0;
    while (find(s, vf_slice(text.ptr + *used, text.len - *used), &hit) &&
           hit.entry->kind == VF_OCCASION_CJK_DIGIT) {
        int32_t value = hit.entry->value;
        if (value >= 10) {
            sum += (digit ? digit : 1) * value;
            digit = 0;
        } else {
            digit = digit * 10 + value;
        }
        *used += hit.length;
        if (sum + digit > ORDINAL_MAX)
            return 0;
    }
    return sum + digit;
}

/* Words of scripts without spaces are looked for inside a token: "第六届世界议长大会". */
static void scan_unspaced(const struct scan *s, size_t i, struct vf_occasion_reading *out)
{
    struct vf_slice word = vf_tokens_folded(s->tokens, i);

    if (!word.len || (unsigned char)*word.ptr < 0xE3 || (unsigned char)*word.ptr > 0xED)
        return;
    for (size_t at = 0; at < word.len;) {
        struct vf_lexicon_hit hit;
        struct vf_slice rest = vf_slice(word.ptr + at, word.len - at);
        if (!find(s, rest, &hit)) {
            (void)vf_text_next(word, &at);
            continue;
        }
        at += hit.length;
        switch (hit.entry->kind) {
        case VF_OCCASION_PREFIX: {
            size_t used;
            int32_t number = han_number(s, vf_slice(word.ptr + at, word.len - at), &used);
            if (number && !out->ordinal)
                out->ordinal = number;
            at += used;
            break;
        }
        case VF_OCCASION_GATHERING: out->gathering = true; break;
        case VF_OCCASION_PART: out->part = true; break;
        case VF_OCCASION_PLURILATERAL: out->plurilateral = true; break;
        default: break;
        }
    }
}

static int32_t ordinal_at(const struct scan *s, size_t i)
{
    if (s->tokens->at[i].number >= 0)
        return digits_ordinal(s, i);
    int32_t ordinal = words_ordinal(s, i);
    return ordinal ? ordinal : roman_ordinal(s, i);
}

/* One part of the text, tokens begin .. end - 1. */
static void read_part(const struct scan *s, size_t begin, size_t end,
                      struct vf_occasion_reading *out)
{
    *out = (struct vf_occasion_reading){.text = s->tokens->text};
    if (begin < end) {
        size_t from = s->tokens->at[begin].begin;
        out->text = vf_slice(s->tokens->text.ptr + from, s->tokens->at[end - 1].end - from);
    }
    for (size_t i = begin; i < end; i++) {
        struct vf_lexicon_hit hit;
        size_t next;
        int kind = kind_at(s, i, &hit, &next);
        out->gathering = out->gathering || kind == VF_OCCASION_GATHERING;
        out->part = out->part || kind == VF_OCCASION_PART;
        out->plurilateral = out->plurilateral || kind == VF_OCCASION_PLURILATERAL;
        if (!out->ordinal)
            out->ordinal = ordinal_at(s, i);
        scan_unspaced(s, i, out);
    }
}

static int weight(const struct vf_occasion_reading *r)
{
    return 4 * (r->ordinal && (r->gathering || r->plurilateral)) + 2 * (r->ordinal != 0) +
           (r->gathering || r->plurilateral);
}

int vf_occasion_read(struct vf_slice text, vf_language language, struct vf_arena *arena,
                     struct vf_occasion_reading *out)
{
    struct vf_tokens tokens;
    struct scan s = {&tokens, language};

    *out = (struct vf_occasion_reading){.text = text};
    if (!text.len)
        return VF_OK;
    int rc = vf_tokens_read_elided(text, arena, &tokens);
    if (rc)
        return rc;
    for (size_t begin = 0; begin < tokens.count;) {
        struct vf_occasion_reading part;
        size_t end = begin + 1;
        while (end < tokens.count && tokens.at[end].gap != VF_GAP_STOP)
            end++;
        read_part(&s, begin, end, &part);
        if (weight(&part) > weight(out))
            *out = part;
        begin = end;
    }
    if (!weight(out))
        out->text = text;
    return VF_OK;
}
