/*
 * From a phrase to tokens. The words are folded one after the other into one text in which a
 * space joins what may belong to one phrase and a line feed parts the rest, so that the lexicon
 * can find phrases of several words.
 */
#include "base/error.h"
#include "base/fold.h"
#include "normalize/date_words.h"
#include "normalize/text.h"
#include <utf8proc.h>

struct piece {
    uint16_t begin; /* words: in the folded text */
    uint16_t end;
    bool is_word;
    struct vf_date_token token; /* what is no word */
};

struct reader {
    struct vf_slice text;
    struct vf_arena *arena;
    struct piece pieces[VF_DATE_TOKENS_MAX];
    size_t count;
    char *folded;
    size_t folded_len;
    size_t folded_size;
};

static int32_t mark_of(uint32_t c)
{
    if (c < 0x80)
        return c == '~' ? '-' : (int32_t)c;
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0x301C || c == 0xFF5E || c == 0x2043 ||
        c == 0xFF0D)
        return '-';
    switch (c) {
    case 0x2026: return 'e';
    case 0x60C:
    case 0x3001:
    case 0xFF0C: return ',';
    case 0x61B:
    case 0xFF1B: return ';';
    case 0x3002:
    case 0xFF0E: return '.';
    case 0xFF0F: return '/';
    case 0xFF08: return '(';
    case 0xFF09: return ')';
    case 0xFF1A: return ':';
    case 0xFF5C: return '|';
    default: return '?';
    }
}

static struct piece *add_piece(struct reader *reader, uint8_t kind, int32_t value, bool glued)
{
    struct piece *piece = &reader->pieces[reader->count++];

    *piece = (struct piece){.token = {.kind = kind, .value = value, .glued = glued}};
    return piece;
}

static void read_digits(struct reader *reader, size_t *at, bool glued)
{
    enum { VALUE_MAX = 100000000 }; /* more digits are no date */
    int32_t value = 0;
    size_t digits = 0;

    while (*at < reader->text.len) {
        size_t next = *at;
        int digit = vf_text_digit(vf_text_next(reader->text, &next));
        if (digit < 0)
            break;
        if (value < VALUE_MAX)
            value = value * 10 + digit;
        digits++;
        *at = next;
    }
    struct piece *piece = add_piece(reader, VF_WORD_DIGITS, value, glued);
    piece->token.digits = (uint8_t)(digits > 20 ? 20 : digits);
}

static bool is_capital(uint32_t c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z';
    return utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_LU;
}

/* A capital letter, or one of a script without them; today's Georgian is written without. */
static bool may_begin_name(uint32_t c)
{
    if (c < 0x80 || (c >= 0x10D0 && c <= 0x10FF))
        return c >= 0x80 || is_capital(c);
    return is_capital(c) || utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_LO;
}

/* "BAKU", but neither "I" nor a word of a script without capitals. */
static bool is_all_capitals(struct vf_slice word)
{
    size_t letters = 0;

    for (size_t at = 0; at < word.len;) {
        uint32_t c = vf_text_next(word, &at);
        if (!vf_text_is_word(c))
            continue;
        if (!is_capital(c))
            return false;
        letters++;
    }
    return letters > 1;
}

static int read_word(struct reader *reader, size_t *at, bool glued)
{
    size_t begin = *at;
    size_t first = begin;
    struct vf_slice folded;
    bool upper = may_begin_name(vf_text_next(reader->text, &first));

    while (*at < reader->text.len) {
        size_t next = *at;
        uint32_t c = vf_text_next(reader->text, &next);
        bool inside = vf_text_is_word(c) ? vf_text_digit(c) < 0
                                         : vf_text_is_apostrophe(c) || vf_text_is_invisible(c);
        if (!inside)
            break;
        *at = next;
    }
    int rc = vf_fold(vf_slice(reader->text.ptr + begin, *at - begin), reader->arena, &folded);
    if (rc == VF_ENOMEM)
        return rc;
    if (rc || !folded.len || reader->folded_len + folded.len + 1 > reader->folded_size)
        return VF_OK;
    struct piece *piece = add_piece(reader, VF_WORD_OTHER, 0, glued);
    piece->is_word = true;
    piece->token.upper = upper;
    piece->token.caps = is_all_capitals(vf_slice(reader->text.ptr + begin, *at - begin));
    piece->begin = (uint16_t)reader->folded_len;
    memcpy(reader->folded + reader->folded_len, folded.ptr, folded.len);
    reader->folded_len += folded.len;
    piece->end = (uint16_t)reader->folded_len;
    reader->folded[reader->folded_len++] = ' ';
    return VF_OK;
}

/* Whether the marks between two words leave them in one phrase: at most one dash or point, or the
 * stroke of "s/d" and "t/m". */
static bool joins(const struct reader *reader, size_t from, size_t to)
{
    const struct piece *before = &reader->pieces[from - 1];
    const struct piece *behind = &reader->pieces[to];

    if (to - from == 1 && reader->pieces[from].token.value == '/' && behind->token.glued &&
        before->end - before->begin == 1 && behind->end - behind->begin == 1)
        return true;
    for (size_t i = from; i < to; i++) {
        const struct vf_date_token *t = &reader->pieces[i].token;
        if (t->kind != VF_WORD_MARK || (t->value != '-' && t->value != '.'))
            return false;
    }
    return to - from <= 1;
}

/* Puts line feeds where phrases cannot go on. */
static void part_phrases(struct reader *reader)
{
    size_t last = reader->count;

    for (size_t i = 0; i < reader->count; i++) {
        if (!reader->pieces[i].is_word)
            continue;
        if (last < reader->count && !joins(reader, last + 1, i))
            reader->folded[reader->pieces[last].end] = '\n';
        last = i;
    }
}

static int read_pieces(struct reader *reader)
{
    bool glued = false;

    for (size_t at = 0; at < reader->text.len && reader->count < VF_DATE_TOKENS_MAX;) {
        size_t next = at;
        uint32_t c = vf_text_next(reader->text, &next);
        if (vf_text_is_space(c)) {
            at = next;
            glued = false;
            continue;
        }
        if (vf_text_digit(c) >= 0) {
            read_digits(reader, &at, glued);
        } else if (vf_text_is_word(c)) {
            int rc = read_word(reader, &at, glued);
            if (rc)
                return rc;
        } else {
            at = next;
            if (!vf_text_is_invisible(c))
                (void)add_piece(reader, VF_WORD_MARK, mark_of(c), glued);
        }
        glued = true;
    }
    part_phrases(reader);
    return VF_OK;
}

static struct vf_slice phrase_at(const struct reader *reader, size_t at)
{
    const char *begin = reader->folded + at;
    const char *stop = memchr(begin, '\n', reader->folded_len - at);
    size_t end = stop ? (size_t)(stop - reader->folded) : reader->folded_len - 1;
    return vf_slice(begin, end - at);
}

/* Arabic joins "and", "in", "for" to the word that follows. */
static size_t arabic_prefix(struct vf_slice word)
{
    static const char *const prefixes[] = {"و", "ب", "ل", "ف"};

    if (word.len < 6)
        return 0;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (vf_slice_starts(word, vf_slice_of(prefixes[i])))
            return strlen(prefixes[i]);
    return 0;
}

static size_t code_point_length(const char *text)
{
    unsigned char lead = (unsigned char)*text;
    return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

static bool in_unspaced_script(const char *text)
{
    return (unsigned char)*text >= 0xE3 && (unsigned char)*text <= 0xED;
}

static void emit(struct vf_date_tokens *out, struct vf_date_token token)
{
    if (out->count < VF_DATE_TOKENS_MAX)
        out->at[out->count++] = token;
}

static bool is_foreign(const struct vf_lexicon_entry *entry, vf_language language)
{
    return language && entry->language != language &&
           entry->language != vf_lexicon_language(vf_slice("en", 2));
}

/* Portuguese weekdays without "feira" are ordinals: before a noun they count it. */
static void settle_ordinals(struct vf_date_tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++) {
        const struct vf_date_token *next = &tokens->at[i + 1];
        if (tokens->at[i].kind != VF_WORD_WEEKDAY_ORDINAL)
            continue;
        bool counts = next->kind == VF_WORD_OTHER && !next->upper;
        tokens->at[i].kind = counts ? VF_WORD_OTHER : VF_WORD_WEEKDAY;
    }
}

/* Tokens of the word piece i, whose phrase may take in later pieces. Returns the next piece. */
static size_t read_phrase(struct reader *reader, size_t i, vf_language language,
                          struct vf_date_tokens *out)
{
    const struct piece *piece = &reader->pieces[i];
    size_t at = piece->begin;
    struct vf_date_token other = piece->token;

    other.name = reader->folded + piece->begin;
    other.name_len = (size_t)(piece->end - piece->begin);
    while (at < piece->end) {
        struct vf_lexicon_hit hit;
        struct vf_slice phrase = phrase_at(reader, at);
        size_t skip = 0;
        bool found = vf_lexicon_find(&vf_lexicon_dates, phrase, language, &hit);
        if (!found && at == piece->begin) {
            skip = arabic_prefix(vf_slice(phrase.ptr, (size_t)piece->end - at));
            found = skip &&
                    vf_lexicon_find(&vf_lexicon_dates,
                                    vf_slice(phrase.ptr + skip, phrase.len - skip), language, &hit);
        }
        if (found) {
            if (skip == strlen("و") && !memcmp(phrase.ptr, "و", skip))
                emit(out, (struct vf_date_token){.kind = VF_WORD_AND});
            emit(out, (struct vf_date_token){.kind = hit.entry->kind,
                                             .value = hit.entry->value,
                                             .glued = at > piece->begin || piece->token.glued,
                                             .upper = piece->token.upper,
                                             .caps = piece->token.caps,
                                             .foreign = is_foreign(hit.entry, language),
                                             .name = phrase.ptr + skip,
                                             .name_len = hit.length});
            at += skip + hit.length;
            continue;
        }
        if (!in_unspaced_script(phrase.ptr)) {
            emit(out, other);
            return i + 1;
        }
        if (!out->count || out->at[out->count - 1].kind != VF_WORD_OTHER)
            emit(out, other);
        at += code_point_length(phrase.ptr);
    }
    for (i++; i < reader->count; i++) /* pieces that the phrase took in */
        if (reader->pieces[i].is_word ? reader->pieces[i].begin >= at
                                      : i + 1 >= reader->count || !reader->pieces[i + 1].is_word ||
                                            reader->pieces[i + 1].begin >= at)
            break;
    return i;
}

static void end_tokens(struct vf_date_tokens *tokens)
{
    for (size_t i = 0; i < VF_DATE_TOKENS_AHEAD; i++)
        tokens->at[tokens->count + i] = (struct vf_date_token){.kind = VF_WORD_END};
}

/* The number that CJK numerals from i on write: "二十五" or, digit by digit, "二〇二四". */
static size_t read_numerals(const struct vf_date_tokens *tokens, size_t i,
                            struct vf_date_token *number)
{
    enum { TEN = 10, DIGITS_MAX = 4 };
    int32_t digits = 0;
    int32_t tens = 0;
    int32_t last = 0;
    bool ten = false;
    size_t end = i;

    for (; end < i + DIGITS_MAX && tokens->at[end].kind == VF_WORD_CJK_NUMBER; end++) {
        int32_t value = tokens->at[end].value;
        if (value == TEN && !ten) {
            tens = last ? last * TEN : TEN;
            last = 0;
            ten = true;
            continue;
        }
        digits = digits * TEN + value;
        last = value;
    }
    *number = tokens->at[i];
    number->kind = VF_WORD_DIGITS;
    number->digits = (uint8_t)(ten ? 2 : end - i);
    number->value = ten ? tens + last : digits;
    return end;
}

/* "二〇二四年五月二十五日": numerals as digits where they are sure to write a year or a day. One
 * alone in front of a day mark may count days. */
static void settle_numerals(struct vf_date_tokens *tokens)
{
    size_t out = 0;

    for (size_t i = 0; i < tokens->count; out++) {
        struct vf_date_token number;
        size_t end = read_numerals(tokens, i, &number);
        uint8_t mark = tokens->at[end].kind;
        uint8_t before = out ? tokens->at[out - 1].kind : VF_WORD_END;
        bool in_date = before == VF_WORD_MONTH || before == VF_WORD_MONTH_AFTER ||
                       before == VF_WORD_TO || end > i + 1;
        bool year = mark == VF_WORD_YEAR_AFTER && end == i + 4 && number.digits == 4;
        bool day = mark == VF_WORD_DAY_AFTER && end > i && number.digits <= 2 && in_date;
        if (year || day) {
            tokens->at[out] = number;
            i = end;
        } else {
            tokens->at[out] = tokens->at[i++];
        }
    }
    tokens->count = out;
}

int vf_date_tokens_read(struct vf_slice text, vf_language language, struct vf_arena *arena,
                        struct vf_date_tokens *out)
{
    enum { TEXT_MAX = 2000 }; /* bytes; folding makes three of one at most, so offsets fit */
    struct reader *reader = vf_arena_alloc(arena, sizeof *reader);

    out->count = 0;
    if (!reader)
        return VF_ENOMEM;
    *reader = (struct reader){.text = text, .arena = arena};
    if (reader->text.len > TEXT_MAX) {
        reader->text.len = TEXT_MAX;
        while (reader->text.len && ((unsigned char)text.ptr[reader->text.len] & 0xC0) == 0x80)
            reader->text.len--;
    }
    reader->folded_size = 3 * reader->text.len + 2;
    reader->folded = vf_arena_alloc(arena, reader->folded_size);
    if (!reader->folded)
        return VF_ENOMEM;
    int rc = read_pieces(reader);
    if (rc)
        return rc;
    for (size_t i = 0; i < reader->count;) {
        if (reader->pieces[i].is_word) {
            i = read_phrase(reader, i, language, out);
            continue;
        }
        emit(out, reader->pieces[i].token);
        i++;
    }
    end_tokens(out);
    settle_numerals(out);
    end_tokens(out);
    settle_ordinals(out);
    return VF_OK;
}
