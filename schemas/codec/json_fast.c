/*
 * JSON -> a value in its schema's layout, in one pass over the text and without a tree. It takes
 * what is right and plain, which is nearly all there is; at anything else it gives up, and the
 * reader in json_read.c, which explains, begins anew. So nothing here names an error.
 */
#include "base/date.h"
#include "codec/wire_impl.h"
#include "codec/wire_utf8.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <utf8proc.h>

enum {
    FIELDS_MAX = 64, /* of a record: bits of a word */
    NUMBER_MAX = 63, /* bytes of a real number's text */
    FIRST_ITEMS = 4, /* of an array; doubled as needed */
};

struct fast {
    const char *at;
    const char *end;
    struct vf_arena *arena;
    struct wire_limits limits; /* items counts down */
};

static bool read_value(struct fast *fast, const struct wire_type *type, size_t depth, void *value);

/* ---- tokens --------------------------------------------------------------------------- */

static void skip_space(struct fast *fast)
{
    while (fast->at < fast->end &&
           (*fast->at == ' ' || *fast->at == '\t' || *fast->at == '\n' || *fast->at == '\r'))
        fast->at++;
}

/* The character, with space before it. */
static bool take(struct fast *fast, char c)
{
    skip_space(fast);
    if (fast->at == fast->end || *fast->at != c)
        return false;
    fast->at++;
    return true;
}

static bool take_word(struct fast *fast, const char *word, size_t length)
{
    if ((size_t)(fast->end - fast->at) < length || memcmp(fast->at, word, length) != 0)
        return false;
    fast->at += length;
    return true;
}

/* ---- strings -------------------------------------------------------------------------- */

static const uint64_t ones = 0x0101010101010101u;
static const uint64_t highs = 0x8080808080808080u;

static uint64_t zero_bytes(uint64_t word)
{
    return (word - ones) & ~word & highs;
}

/* The high bit of the first byte that is a quote, a backslash or a control character; bits above
 * it mean nothing. */
static uint64_t find_special(uint64_t word)
{
    uint64_t below_space = (word - ones * 0x20) & ~word & highs;
    return zero_bytes(word ^ ones * '"') | zero_bytes(word ^ ones * '\\') | below_space;
}

/* Bytes of the word, as it lies in memory, before the special one. */
static size_t bytes_before(uint64_t special)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (size_t)__builtin_ctzll(special) / 8;
#else
    (void)special;
    return 0; /* they are looked at one by one */
#endif
}

/* The string's bytes up to the quote that ends it, or to the first backslash. *plain: they are
 * the text. False: no such string. */
static bool scan_string(struct fast *fast, struct vf_slice *out, bool *plain)
{
    const char *begin = fast->at;
    const char *at = begin;
    uint64_t seen = 0;
    uint64_t word;

    for (; (size_t)(fast->end - at) >= sizeof word; at += sizeof word) {
        memcpy(&word, at, sizeof word);
        uint64_t special = find_special(word);
        if (special) {
            seen |= word;
            at += bytes_before(special);
            break;
        }
        seen |= word;
    }
    while (at < fast->end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
        seen |= (unsigned char)*at++;
    if (at == fast->end || (unsigned char)*at < 0x20)
        return false;
    *out = vf_slice(begin, (size_t)(at - begin));
    *plain = *at == '"';
    return !(seen & highs) || wire_utf8_prefix(out->ptr, out->len) == out->len;
}

static bool read_hex(const char *at, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return false;
        *out = *out << 4 | (uint32_t)digit;
    }
    return true;
}

/* What follows "\u". */
static bool unescape_unicode(struct fast *fast, char *out, size_t *used)
{
    uint32_t c, low;

    if (fast->end - fast->at < 4 || !read_hex(fast->at, &c))
        return false;
    fast->at += 4;
    if (c >= 0xDC00 && c < 0xE000)
        return false;
    if (c >= 0xD800 && c < 0xDC00) {
        if (fast->end - fast->at < 6 || fast->at[0] != '\\' || fast->at[1] != 'u' ||
            !read_hex(fast->at + 2, &low) || low < 0xDC00 || low >= 0xE000)
            return false;
        fast->at += 6;
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    *used += (size_t)utf8proc_encode_char((utf8proc_int32_t)c, (utf8proc_uint8_t *)out + *used);
    return true;
}

static bool unescape_one(struct fast *fast, char *out, size_t *used)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";

    if (fast->at == fast->end)
        return false;
    char c = *fast->at++;
    if (c == 'u')
        return unescape_unicode(fast, out, used);
    const char *found = c ? strchr(from, c) : NULL;
    if (!found)
        return false;
    out[(*used)++] = to[found - from];
    return true;
}

/* A string with escapes: its text is never longer than what stands between the quotes. */
static bool read_escaped(struct fast *fast, struct vf_slice *out)
{
    const char *close = fast->at;
    struct vf_slice run;
    size_t used = 0;
    bool plain;

    while (close < fast->end && *close != '"')
        close += *close == '\\' ? 2 : 1;
    if (close >= fast->end)
        return false;
    char *text = vf_arena_alloc(fast->arena, (size_t)(close - fast->at) + 1);
    if (!text)
        return false;
    do {
        if (!scan_string(fast, &run, &plain))
            return false;
        memcpy(text + used, run.ptr, run.len);
        used += run.len;
        fast->at = run.ptr + run.len + 1; /* behind the quote or the backslash */
        if (!plain && !unescape_one(fast, text, &used))
            return false;
    } while (!plain);
    text[used] = '\0';
    *out = vf_slice(text, used);
    return used <= fast->limits.value_bytes;
}

/* A string's text between its quotes, borrowed from the JSON; false when it has escapes. */
static bool borrow_string(struct fast *fast, struct vf_slice *out)
{
    bool plain;

    if (!take(fast, '"') || !scan_string(fast, out, &plain) || !plain)
        return false;
    fast->at = out->ptr + out->len + 1;
    return true;
}

static bool read_string(struct fast *fast, struct vf_slice *out)
{
    struct vf_slice text;
    bool plain;

    if (!take(fast, '"') || !scan_string(fast, &text, &plain))
        return false;
    if (!plain)
        return read_escaped(fast, out);
    if (text.len > fast->limits.value_bytes)
        return false;
    fast->at = text.ptr + text.len + 1;
    *out = vf_arena_copy(fast->arena, text);
    return out->ptr != NULL;
}

/* ---- scalars -------------------------------------------------------------------------- */

static bool is_digit(const struct fast *fast)
{
    return fast->at < fast->end && *fast->at >= '0' && *fast->at <= '9';
}

/* The digits of an integer, as JSON has it; a point or an exponent behind it is left. */
static bool take_integer(struct fast *fast, int64_t *out)
{
    bool negative = take_word(fast, "-", 1);
    int64_t number = 0;

    if (!is_digit(fast))
        return false;
    if (*fast->at == '0') {
        fast->at++;
        *out = 0;
        return !is_digit(fast);
    }
    while (is_digit(fast)) {
        int digit = *fast->at++ - '0';
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_sub_overflow(number, digit,
                                   &number)) /* downwards: the least has no opposite */
            return false;
    }
    if (!negative && number == INT64_MIN)
        return false;
    *out = negative ? number : -number;
    return true;
}

static bool is_real(const struct fast *fast)
{
    return fast->at < fast->end && (*fast->at == '.' || *fast->at == 'e' || *fast->at == 'E');
}

static bool read_integer(struct fast *fast, const struct wire_type *type, void *value)
{
    struct vf_partial_date date;
    struct vf_slice text;
    int64_t number;

    skip_space(fast);
    if (type->logical == WIRE_LOGICAL_DATE && fast->at < fast->end && *fast->at == '"') {
        if (!borrow_string(fast, &text) || vf_partial_date_parse(text, &date) || !date.day)
            return false;
        *(int32_t *)value = vf_partial_date_first(date);
        return true;
    }
    if (!take_integer(fast, &number) || is_real(fast))
        return false;
    if (type->kind == WIRE_LONG) {
        *(int64_t *)value = number;
        return true;
    }
    *(int32_t *)value = (int32_t)number;
    return number >= INT32_MIN && number <= INT32_MAX;
}

static bool take_digits(struct fast *fast)
{
    if (!is_digit(fast))
        return false;
    while (is_digit(fast))
        fast->at++;
    return true;
}

static bool read_real(struct fast *fast, const struct wire_type *type, void *value)
{
    char text[NUMBER_MAX + 1];
    double number;
    int64_t whole;

    skip_space(fast);
    const char *begin = fast->at;
    if (!take_integer(fast, &whole))
        return false;
    number = (double)whole;
    if (is_real(fast)) {
        if (take_word(fast, ".", 1) && !take_digits(fast))
            return false;
        if (is_real(fast)) {
            if (*fast->at++ == '.')
                return false;
            if (fast->at < fast->end && (*fast->at == '+' || *fast->at == '-'))
                fast->at++;
            if (!take_digits(fast))
                return false;
        }
        size_t length = (size_t)(fast->at - begin);
        if (length > NUMBER_MAX)
            return false;
        memcpy(text, begin, length);
        text[length] = '\0';
        number = strtod(text, NULL);
    }
    if (!isfinite(number) || (type->kind == WIRE_FLOAT && fabs(number) > FLT_MAX))
        return false;
    if (type->kind == WIRE_FLOAT)
        *(float *)value = (float)number;
    else
        *(double *)value = number;
    return true;
}

static bool read_boolean(struct fast *fast, bool *value)
{
    skip_space(fast);
    *value = fast->at < fast->end && *fast->at == 't';
    return *value ? take_word(fast, "true", 4) : take_word(fast, "false", 5);
}

static bool read_enum(struct fast *fast, const struct wire_type *type, int32_t *value)
{
    struct vf_slice symbol;

    if (!borrow_string(fast, &symbol))
        return false;
    *value = wire_symbol_find(type, symbol);
    return *value >= 0;
}

/* ---- containers ----------------------------------------------------------------------- */

/* Fields mostly come in the schema's order: the one expected is tried first. */
static int32_t find_field(const struct wire_type *type, struct vf_slice name, size_t expected)
{
    if (expected < type->of.fields.count &&
        vf_slice_equal(type->of.fields.items[expected].name, name))
        return (int32_t)expected;
    return wire_field_find(type, name);
}

static bool fill_missing(const struct wire_type *type, uint64_t seen, void *value)
{
    for (size_t i = 0; i < type->of.fields.count; i++) {
        const struct wire_field *field = &type->of.fields.items[i];
        if (seen >> i & 1)
            continue;
        if (!field->fallback)
            return false;
        memcpy((char *)value + field->offset, field->fallback, field->type->size);
    }
    return true;
}

static bool read_record(struct fast *fast, const struct wire_type *type, size_t depth, void *value)
{
    uint64_t seen = 0;
    size_t expected = 0;
    struct vf_slice name;

    if (type->of.fields.count > FIELDS_MAX || !take(fast, '{'))
        return false;
    if (take(fast, '}'))
        return fill_missing(type, 0, value);
    do {
        if (!borrow_string(fast, &name) || !take(fast, ':'))
            return false;
        int32_t index = find_field(type, name, expected);
        if (index < 0 || seen >> index & 1)
            return false;
        const struct wire_field *field = &type->of.fields.items[index];
        if (!read_value(fast, field->type, depth + 1, (char *)value + field->offset))
            return false;
        seen |= (uint64_t)1 << index;
        expected = (size_t)index + 1;
    } while (take(fast, ','));
    return take(fast, '}') && fill_missing(type, seen, value);
}

/* Room for one more item; items are moved as their number doubles. */
static bool grow(struct fast *fast, const struct wire_type *item, struct wire_array *array,
                 size_t *capacity)
{
    if (array->count < *capacity)
        return true;
    size_t larger = *capacity ? *capacity * 2 : FIRST_ITEMS;
    void *items = vf_arena_calloc(fast->arena, larger, item->size);
    if (!items)
        return false;
    if (array->count)
        memcpy(items, array->items, array->count * item->size);
    array->items = items;
    *capacity = larger;
    return true;
}

static bool read_array(struct fast *fast, const struct wire_type *type, size_t depth,
                       struct wire_array *value)
{
    const struct wire_type *item = type->of.item;
    size_t capacity = 0;

    *value = (struct wire_array){NULL, 0};
    if (!take(fast, '['))
        return false;
    if (take(fast, ']'))
        return true;
    do {
        if (!fast->limits.items-- || !grow(fast, item, value, &capacity) ||
            !read_value(fast, item, depth + 1, (char *)value->items + value->count * item->size))
            return false;
        value->count++;
    } while (take(fast, ','));
    return take(fast, ']');
}

static bool read_optional(struct fast *fast, const struct wire_type *type, size_t depth,
                          void *value)
{
    const struct wire_type *of;
    void *made;

    if (type->of.branches.layout == WIRE_UNION_TAGGED)
        return false;
    of = type->of.branches.items[wire_optional_branch(type)];
    memset(value, 0, type->size);
    skip_space(fast);
    if (fast->at < fast->end && *fast->at == 'n')
        return take_word(fast, "null", 4);
    switch (type->of.branches.layout) {
    case WIRE_UNION_OPTIONAL_SLICE: return read_value(fast, of, depth + 1, value);
    case WIRE_UNION_OPTIONAL_VALUE:
        *(bool *)value = true;
        return read_value(fast, of, depth + 1, (char *)value + type->of.branches.value_offset);
    case WIRE_UNION_OPTIONAL_POINTER:
        made = vf_arena_calloc(fast->arena, 1, of->size);
        memcpy(value, &made, sizeof made);
        return made && read_value(fast, of, depth + 1, made);
    case WIRE_UNION_TAGGED: break;
    }
    return false;
}

/* Recursion ends at the limit of the depth. */
static bool read_value(struct fast *fast, const struct wire_type *type, size_t depth, void *value)
{
    if (depth > fast->limits.depth)
        return false;
    switch (type->kind) {
    case WIRE_BOOLEAN: return read_boolean(fast, value);
    case WIRE_INT:
    case WIRE_LONG: return read_integer(fast, type, value);
    case WIRE_FLOAT:
    case WIRE_DOUBLE: return read_real(fast, type, value);
    case WIRE_STRING: return read_string(fast, value);
    case WIRE_ENUM: return read_enum(fast, type, value);
    case WIRE_RECORD: return read_record(fast, type, depth, value);
    case WIRE_ARRAY: return read_array(fast, type, depth, value);
    case WIRE_UNION: return read_optional(fast, type, depth, value);
    default: return false; /* rare enough for the other reader */
    }
}

bool wire_json_read_fast(const struct wire_type *type, struct vf_slice json,
                         const struct wire_limits *limits, struct vf_arena *arena, void *value)
{
    struct fast fast = {
        .at = json.ptr, .end = json.ptr + json.len, .arena = arena, .limits = *limits};
    struct vf_arena_mark mark = vf_arena_mark(arena);

    if (json.ptr && read_value(&fast, type, 0, value)) {
        skip_space(&fast);
        if (fast.at == fast.end)
            return true;
    }
    vf_arena_rewind(arena, mark);
    return false;
}
