#include "bound.h"

#include "base/date.h"
#include <stdio.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
#define DAY_MS ((int64_t)24 * HOUR)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes digits off the text's front. False: there are none, or too many. */
static bool take_number(struct vf_slice *text, int64_t *out)
{
    size_t digits = 0;

    *out = 0;
    for (; digits < text->len && is_digit(text->ptr[digits]); digits++)
        if (__builtin_mul_overflow(*out, 10, out) ||
            __builtin_add_overflow(*out, text->ptr[digits] - '0', out))
            return false;
    text->ptr += digits;
    text->len -= digits;
    return digits > 0;
}

static bool take_text(struct vf_slice *text, const char *wanted)
{
    struct vf_slice word = vf_slice_of(wanted);

    if (!vf_slice_starts(*text, word))
        return false;
    text->ptr += word.len;
    text->len -= word.len;
    return true;
}

/* Exactly so many digits, up to a largest value. */
static bool take_digits(struct vf_slice *text, size_t digits, int64_t max, int64_t *out)
{
    struct vf_slice part = vf_slice(text->ptr, digits);

    if (text->len < digits || !take_number(&part, out) || part.len || *out > max)
        return false;
    text->ptr += digits;
    text->len -= digits;
    return true;
}

/* "T10:00[:05[.250]]" */
static bool take_clock(struct vf_slice *text, int64_t *ms)
{
    int64_t hour, minute, second = 0, fraction = 0;

    if (!take_digits(text, 2, 23, &hour) || !take_text(text, ":") ||
        !take_digits(text, 2, 59, &minute))
        return false;
    if (take_text(text, ":") && !take_digits(text, 2, 59, &second))
        return false;
    if (take_text(text, ".") && !take_digits(text, 3, 999, &fraction))
        return false;
    *ms += hour * HOUR + minute * MINUTE + second * SECOND + fraction;
    return true;
}

/* "", "Z", "+05:30" */
static bool take_zone(struct vf_slice *text, int64_t *ms)
{
    int64_t hour, minute;
    int64_t sign = -1; /* east is earlier in UTC */

    if (!text->len || take_text(text, "Z"))
        return true;
    if (take_text(text, "-"))
        sign = 1;
    else if (!take_text(text, "+"))
        return false;
    if (!take_digits(text, 2, 14, &hour))
        return false;
    take_text(text, ":");
    if (!take_digits(text, 2, 59, &minute))
        return false;
    *ms += sign * (hour * HOUR + minute * MINUTE);
    return true;
}

static bool parse_calendar(struct vf_slice text, int64_t *out)
{
    int64_t year, month, day;

    if (!take_digits(&text, 4, 9999, &year) || !take_text(&text, "-") ||
        !take_digits(&text, 2, 12, &month) || !take_text(&text, "-") ||
        !take_digits(&text, 2, 31, &day) || !vf_date_exists((int)year, (int)month, (int)day))
        return false;
    *out = vf_day_from_civil((int)year, (int)month, (int)day) * DAY_MS;
    if (!text.len)
        return true;
    if (!take_text(&text, "T") && !take_text(&text, " "))
        return false;
    return take_clock(&text, out) && take_zone(&text, out) && !text.len;
}

static bool parse_span(struct vf_slice text, int64_t *out)
{
    /* Longer names before those that begin them. */
    static const struct {
        const char *name;
        int64_t factor;
    } units[] = {{"ms", 1},   {"min", MINUTE}, {"s", SECOND},
                 {"h", HOUR}, {"d", DAY_MS},   {"w", 7 * DAY_MS}};
    enum { UNITS = sizeof units / sizeof *units };
    bool negative = take_text(&text, "-");

    *out = 0;
    if (!text.len)
        return false;
    while (text.len) {
        int64_t number, part;
        int unit = 0;
        if (!take_number(&text, &number))
            return false;
        while (unit < UNITS && !take_text(&text, units[unit].name))
            unit++;
        if (unit == UNITS || __builtin_mul_overflow(number, units[unit].factor, &part) ||
            __builtin_add_overflow(*out, part, out))
            return false;
    }
    if (negative)
        *out = -*out;
    return true;
}

int vf_span_parse(struct vf_slice text, int64_t *out_ms, struct vf_error *err)
{
    if (parse_span(text, out_ms))
        return VF_OK;
    return vf_error_set(err, VF_EUSAGE, "\"%.*s\" is not a span such as 250ms, 5s, 2h30min or -3d",
                        VF_SLICE_PRINT(text));
}

int vf_time_parse(struct vf_slice text, int64_t now_ms, int64_t *out, struct vf_error *err)
{
    struct vf_slice number = text;
    int64_t span;

    if (take_number(&number, out) && !number.len)
        return VF_OK;
    if (parse_calendar(text, out))
        return VF_OK;
    if (text.len && text.ptr[0] == '-' && parse_span(text, &span)) {
        *out = now_ms + span;
        return VF_OK;
    }
    return vf_error_set(err, VF_EUSAGE,
                        "\"%.*s\" is no time such as 2025-09-18, 2025-09-18T10:00:00Z, -15min or "
                        "milliseconds since 1970",
                        VF_SLICE_PRINT(text));
}

int vf_bound_parse(struct vf_slice text, int64_t now_ms, struct vf_bound *out, struct vf_error *err)
{
    static const struct {
        const char *word;
        enum vf_bound_kind kind;
        bool has_value;
    } words[] = {{"beginning", VF_BOUND_BEGINNING, false},
                 {"end", VF_BOUND_END, false},
                 {"never", VF_BOUND_NEVER, false},
                 {"last:", VF_BOUND_LAST, true},
                 {"offset:", VF_BOUND_OFFSET, true}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct vf_slice rest = text;
        if (!take_text(&rest, words[i].word))
            continue;
        *out = (struct vf_bound){.kind = words[i].kind};
        if (words[i].has_value && !take_number(&rest, &out->value))
            break;
        if (!rest.len)
            return VF_OK;
    }
    *out = (struct vf_bound){.kind = VF_BOUND_TIME};
    if (!vf_time_parse(text, now_ms, &out->value, err))
        return VF_OK;
    return vf_error_set(err, VF_EUSAGE,
                        "\"%.*s\" is neither beginning, end, never, last:N, offset:N nor a time "
                        "such as 2025-09-18T10:00:00Z or -15min",
                        VF_SLICE_PRINT(text));
}
