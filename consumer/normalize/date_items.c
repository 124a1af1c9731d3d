/*
 * The grammar of dates: small parsers tried one after the other at each token. Each returns the
 * token behind what it read, or 0 if it read nothing.
 */
#include "normalize/date_items.h"

#include "normalize/calendars.h"
#include "normalize/date_scan.h"

/* Past words and points that may stand inside a date: "of", "de", "го", "." */
static size_t skip_soft(const struct scan *s, size_t i)
{
    for (;; i++) {
        if (is_soft_word(s, i) || is_mark(s, i, '.'))
            continue;
        if (is_mark(s, i, '-') && s->at[i].glued && s->at[i + 1].glued && is_soft_word(s, i + 1))
            continue;
        return i;
    }
}

/* The number of a day: 1..31 in at most two digits, or in words; 0 if there is none. */
static int day_number(const struct scan *s, size_t i)
{
    if (is(s, i, VF_WORD_ORDINAL_DAY))
        return s->at[i].value;
    if (!is_digits(s, i, 1, 31) || s->at[i].digits > 2)
        return 0;
    if (is_mark(s, i + 1, ':') || is(s, i + 1, VF_WORD_CLOCK) || is_mark(s, i + 1, '%'))
        return 0;
    return s->at[i].value;
}

/* Whether a day, or one of another month, follows the "to" at i: "3日至13日". */
static bool leads_to_day(const struct scan *s, size_t i)
{
    return day_number(s, i + 1) || is(s, i + 1, VF_WORD_MONTH_OFFSET) ||
           is(s, i + 1, VF_WORD_MONTH) ||
           (is_digits(s, i + 1, 1, 12) && is(s, i + 2, VF_WORD_MONTH_AFTER));
}

/* Past what is hung on a number: "th", "-го", "-dən", "일". *implied: it says that the next number
 * ends a range. */
static size_t skip_suffix(const struct scan *s, size_t i, bool *implied)
{
    *implied = false;
    for (;; i++) {
        size_t dash = is_mark(s, i, '-') && s->at[i].glued && s->at[i + 1].glued &&
                      !is(s, i + 1, VF_WORD_DIGITS);
        const struct vf_date_token *t = &s->at[i + dash];
        if (t->kind == VF_WORD_DAY_AFTER || (t->kind == VF_WORD_MARK && t->value == '.')) {
            i += dash;
            continue;
        }
        if (!t->glued && !dash)
            return i;
        switch (t->kind) {
        case VF_WORD_FROM: *implied = true; break;
        case VF_WORD_TO:
            if (leads_to_day(s, i + dash))
                return i;
            break;
        case VF_WORD_FILLER:
        case VF_WORD_HENCE:
        case VF_WORD_WEEKDAY_SHORT: break;
        case VF_WORD_OTHER:
            if (t->name_len > 8)
                return i;
            break;
        default: return i;
        }
        i += dash;
    }
}

static bool is_connector(const struct scan *s, size_t i)
{
    return is_mark(s, i, '-') || is_mark(s, i, ',') || is_mark(s, i, '&') || is_mark(s, i, '/') ||
           is(s, i, VF_WORD_TO) || is(s, i, VF_WORD_AND);
}

/* Past the dash of "18-sentabr", "18-May". */
static size_t skip_dash(const struct scan *s, size_t i)
{
    return i + (is_mark(s, i, '-') && s->at[i].glued && s->at[i + 1].glued);
}

static bool is_month(const struct scan *s, size_t i)
{
    return is(s, i, VF_WORD_MONTH) || is(s, i, VF_WORD_PERSIAN_MONTH) ||
           is(s, i, VF_WORD_ISLAMIC_MONTH) || is(s, i, VF_WORD_HEBREW_MONTH);
}

/* Past words between the ends of a range: "to (Friday) the", "до". */
static size_t skip_between(const struct scan *s, size_t i)
{
    while (is_soft_word(s, i) || is(s, i, VF_WORD_DAY_BEFORE) || is(s, i, VF_WORD_WEEKDAY) ||
           is(s, i, VF_WORD_WEEKDAY_SHORT) || is(s, i, VF_WORD_TO))
        i++;
    return i;
}

/* "12 au 15" in a report tagged with another language: a short unknown word between two numbers,
 * of which the second has a month behind it. */
static bool is_short_stranger(const struct scan *s, size_t i)
{
    enum { SHORT = 4 };
    bool implied;

    if (!is(s, i, VF_WORD_OTHER) || s->at[i].name_len > SHORT || !day_number(s, i + 1))
        return false;
    return is_month(s, skip_soft(s, skip_suffix(s, i + 2, &implied)));
}

/* "12", "12th", "12-15", "12 to 15", "20, 21 e 22", "24일부터 31일까지". */
static size_t parse_days(const struct scan *s, size_t i, bool after_month,
                         struct vf_date_item *item)
{
    bool implied;
    int first = day_number(s, i);

    if (!first)
        return 0;
    int last = first;
    size_t end = skip_suffix(s, i + 1, &implied);
    for (;;) {
        bool connector = is_connector(s, end) || is_short_stranger(s, end);
        if (!connector && !implied)
            break;
        size_t next = skip_between(s, end + connector);
        if (is(s, end, VF_WORD_TO) && is_mark(s, next, '.') && s->at[next].glued)
            next++; /* "s.d." */
        int day = day_number(s, next);
        bool more;
        if (day <= last)
            break;
        size_t after = skip_suffix(s, next + 1, &more);
        if (after_month && is_month(s, skip_soft(s, after)))
            break; /* "30 November - 6 December" */
        last = day;
        end = after;
        implied = more;
    }
    item->day = (int8_t)first;
    item->last_day = (int8_t)last;
    return end;
}

static size_t skip_year_marks(const struct scan *s, size_t i, struct vf_date_item *item)
{
    if (is_mark(s, i, '.') && is(s, i + 1, VF_WORD_YEAR_AFTER))
        i++; /* "2025. gada" */
    for (;; i++) {
        size_t dash = is_mark(s, i, '-') && s->at[i].glued && s->at[i + 1].glued;
        uint8_t kind = s->at[i + dash].kind;
        if (kind == VF_WORD_HIJRI)
            item->calendar = VF_ISLAMIC;
        else if (kind == VF_WORD_PERSIAN)
            item->calendar = VF_PERSIAN;
        else if (kind != VF_WORD_YEAR_AFTER && !(dash && kind == VF_WORD_FILLER))
            return i;
        i += dash;
    }
}

static size_t parse_era(const struct scan *s, size_t i, struct vf_date_item *item)
{
    size_t number = i + 1 + is_mark(s, i + 1, '.');

    if (!is(s, i, VF_WORD_ERA))
        return 0;
    if (is(s, number, VF_WORD_YEAR_FIRST))
        item->year = s->at[i].value + 1;
    else if (is_digits(s, number, 1, 2999))
        item->year = s->at[i].value + s->at[number].value;
    else
        return 0;
    return skip_year_marks(s, number + 1, item);
}

/* "109年8月": three digits in front of a month are a year of the Republic of China. */
static size_t parse_republic_year(const struct scan *s, size_t i, struct vf_date_item *item)
{
    enum { YEAR_ZERO = 1911, LAST = 139 };

    if (!s->chinese || !is_digits(s, i, 100, LAST) || s->at[i].digits != 3 ||
        !is(s, i + 1, VF_WORD_YEAR_AFTER) || !is_digits(s, i + 2, 1, 12) ||
        !is(s, i + 3, VF_WORD_MONTH_AFTER))
        return 0;
    item->year = YEAR_ZERO + s->at[i].value;
    return i + 2;
}

/* A year of four digits, one of two digits behind an apostrophe, or one of an era. */
static size_t parse_year(const struct scan *s, size_t i, struct vf_date_item *item)
{
    size_t era = parse_era(s, i, item);

    if (!era)
        era = parse_republic_year(s, i, item);
    if (era)
        return era;
    if (is_mark(s, i, '\'') && is_digits(s, i + 1, 0, 99) && s->at[i + 1].digits == 2) {
        item->year = 2000 + s->at[i + 1].value;
        return i + 2;
    }
    if (!is_digits(s, i, 1300, 2999) && !is_digits(s, i, 5700, 5999))
        return 0;
    if (s->at[i].digits != 4)
        return 0;
    item->year = s->at[i].value;
    return skip_year_marks(s, i + 1, item);
}

/* The year that follows day and month, if one does. */
static size_t parse_year_behind(const struct scan *s, size_t i, struct vf_date_item *item)
{
    size_t at = skip_soft(s, i);

    if (is_mark(s, at, ','))
        at = skip_soft(s, at + 1);
    if (is_mark(s, at, '/') || is(s, at, VF_WORD_YEAR_BEFORE) || is(s, at, VF_WORD_FROM))
        at = skip_soft(s, at + 1);
    size_t end = parse_year(s, at, item);
    if (end)
        return end;
    at = skip_soft(s, i);
    if (is(s, at, VF_WORD_YEAR_OFFSET)) {
        item->year_relative = true;
        item->offset = s->at[at].value;
        return at + 1;
    }
    return i;
}

static void set_month(struct vf_date_item *item, const struct vf_date_token *token)
{
    item->month = item->last_month = (int8_t)token->value;
    if (token->kind == VF_WORD_PERSIAN_MONTH)
        item->calendar = VF_PERSIAN;
    else if (token->kind == VF_WORD_ISLAMIC_MONTH)
        item->calendar = VF_ISLAMIC;
    else if (token->kind == VF_WORD_HEBREW_MONTH)
        item->calendar = VF_HEBREW;
}

/* 2025-09-18, 2025/9/18, 2025-09, 2025-W38, 2025-W38-4, 2025-261, 20250918. */
static size_t parse_year_first(const struct scan *s, size_t i, struct vf_date_item *item)
{
    const struct vf_date_token *t = s->at + i;

    if (t->kind == VF_WORD_DIGITS && t->digits == 8) {
        item->year = t->value / 10000;
        item->month = item->last_month = (int8_t)(t->value / 100 % 100);
        item->day = item->last_day = (int8_t)(t->value % 100);
        return item->year >= 1900 && item->year < 2200 ? i + 1 : 0;
    }
    if (t->kind != VF_WORD_DIGITS || t->digits != 4 || t[1].kind != VF_WORD_MARK)
        return 0;
    int32_t mark = t[1].value;
    if (mark != '-' && mark != '/' && mark != '.')
        return 0;
    item->year = t->value;
    if (mark == '-' && t[2].kind == VF_WORD_OTHER && t[2].name_len == 1 && *t[2].name == 'w' &&
        t[3].kind == VF_WORD_DIGITS && t[3].digits == 2) {
        bool day = t[4].kind == VF_WORD_MARK && t[5].kind == VF_WORD_DIGITS && t[5].digits == 1;
        item->impossible = !vf_iso_week(item->year, t[3].value, day ? t[5].value : 0, item);
        return i + (day ? 6 : 4);
    }
    if (t[2].kind != VF_WORD_DIGITS)
        return 0;
    if (mark == '-' && t[2].digits == 3) {
        item->impossible = !vf_iso_ordinal(item->year, t[2].value, item);
        return i + 3;
    }
    if (t[2].digits > 2)
        return 0;
    item->month = item->last_month = (int8_t)t[2].value;
    if (t[3].kind != VF_WORD_MARK || t[3].value != mark || t[4].kind != VF_WORD_DIGITS ||
        t[4].digits > 2)
        return t[2].digits == 2 && t[2].value <= 12 ? i + 3 : 0;
    item->day = item->last_day = (int8_t)t[4].value;
    return skip_year_marks(s, i + 5, item);
}

static int roman_month(const struct vf_date_token *t)
{
    static const char *const numerals[] = {"i",   "ii",   "iii", "iv", "v",  "vi",
                                           "vii", "viii", "ix",  "x",  "xi", "xii"};
    if (t->kind != VF_WORD_OTHER)
        return 0;
    for (int i = 0; i < 12; i++)
        if (strlen(numerals[i]) == t->name_len && !memcmp(numerals[i], t->name, t->name_len))
            return i + 1;
    return 0;
}

static void set_numeric(const struct scan *s, int a, int b, char mark, struct vf_date_item *item)
{
    bool month_first = b > 12 && a <= 12;

    item->swapped_too = !s->day_first && mark != '.' && a <= 12 && b <= 12 && a != b;
    item->day = item->last_day = (int8_t)(month_first ? b : a);
    item->month = item->last_month = (int8_t)(month_first ? a : b);
}

/* 18.09.2025, 18/9/25, 18.IX.2025, 12-15.09.2025, and without a year 18/9 or 18.09. */
static size_t parse_day_month_digits(const struct scan *s, size_t i, struct vf_date_item *item)
{
    i += is(s, i, VF_WORD_DAY_BEFORE);
    const struct vf_date_token *t = s->at + i;
    int first = 0;

    if (!is_digits(s, i, 1, 31) || t->digits > 2)
        return 0;
    size_t last = skip_between(s, i + 1 + is_mark(s, i + 1, '-'));
    if (last > i + 1 && is_digits(s, last, t->value + 1, 31) && is_digits(s, last + 2, 1, 12) &&
        (is_mark(s, last + 1, '.') || is_mark(s, last + 1, '/'))) {
        first = t->value; /* days of one month: "12-15.09.2025" */
        t = s->at + last;
    }
    if (t[1].kind != VF_WORD_MARK || t[2].kind == VF_WORD_END)
        return 0;
    char mark = (char)t[1].value;
    int roman = roman_month(&t[2]);
    if ((mark != '.' && mark != '/' && mark != '-') ||
        (!roman && (t[2].kind != VF_WORD_DIGITS || t[2].digits > 2 || t[2].value > 31)))
        return 0;
    bool has_year = t[3].kind == VF_WORD_MARK && t[3].value == mark &&
                    t[4].kind == VF_WORD_DIGITS && (t[4].digits == 4 || t[4].digits == 2);
    bool closed = t[3].kind == VF_WORD_MARK && t[3].value == '.' && t[4].kind != VF_WORD_DIGITS;
    if (!has_year &&
        (mark == '-' || roman || t[2].value > 12 || (t[3].glued && t[3].kind != VF_WORD_MARK) ||
         (mark == '.' && (!s->day_first || t[2].digits != 2 || (!closed && t->digits != 2)))))
        return 0;
    if (has_year && t[4].digits == 4 && (t[4].value < 1300 || t[4].value > 2999))
        return 0;
    set_numeric(s, t->value, roman ? roman : t[2].value, roman ? '.' : mark, item);
    if (first)
        item->day = (int8_t)first;
    if (has_year && t[4].digits == 2 && mark == '-' && t->digits == 2 && t[4].value >= 1 &&
        t[4].value <= 31 && !item->swapped_too)
        item->year_last_too = item->swapped_too = true;
    if (has_year)
        item->year = t[4].digits == 2 ? 2000 + t[4].value : t[4].value;
    size_t end = (size_t)(t - s->at) + (has_year ? 5 : 3);
    return has_year && t[4].digits == 4 ? skip_year_marks(s, end, item) : end;
}

/* "18 IX 2025". */
static size_t parse_roman(const struct scan *s, size_t i, struct vf_date_item *item)
{
    int month = roman_month(&s->at[i + 1]);

    if (!month || !day_number(s, i) || !is_digits(s, i + 2, 1900, 2200))
        return 0;
    item->day = item->last_day = (int8_t)s->at[i].value;
    item->month = item->last_month = (int8_t)month;
    item->year = s->at[i + 2].value;
    return i + 3;
}

/* A year first, then month and day, in words or with their marks: "2025年9月18日", "2025.
 * szeptember 18", "9월 18일", "ngày 18 tháng 9 năm 2025". */
static size_t parse_marked(const struct scan *s, size_t i, struct vf_date_item *item)
{
    size_t at = parse_year(s, i, item);
    bool marked = at && is(s, at - 1, VF_WORD_YEAR_AFTER);

    if (!at && is(s, i, VF_WORD_YEAR_OFFSET)) {
        at = i + 1;
        item->year_relative = true;
        item->offset = s->at[i].value;
    }
    size_t year_end = at;
    at = at ? skip_soft(s, at) : i;
    size_t dash = is_mark(s, at + 1, '-'); /* "3-р сарын" */
    if (is_digits(s, at, 1, 12) && is(s, at + 1 + dash, VF_WORD_MONTH_AFTER)) {
        item->month = item->last_month = (int8_t)s->at[at].value;
        at += 2 + dash;
    } else if (year_end && is_month(s, at)) {
        set_month(item, &s->at[at]);
        at++;
    } else if (marked && parse_days(s, at, false, item) &&
               is_month(s, skip_soft(s, skip_dash(s, parse_days(s, at, false, item))))) {
        at = skip_soft(s, skip_dash(s, parse_days(s, at, false, item)));
        set_month(item, &s->at[at]);
        return at + 1;
    } else {
        item->day = item->last_day = 0;
        if (item->year_relative)
            return 0;
        return marked || (year_end && is(s, i, VF_WORD_ERA)) ? year_end : 0;
    }
    size_t end = parse_days(s, skip_soft(s, at), true, item);
    return end ? end : at;
}

static size_t parse_month_mark(const struct scan *s, size_t i, struct vf_date_item *item)
{
    size_t at = i + is(s, i, VF_WORD_DAY_BEFORE);
    size_t end = parse_days(s, at, false, item);

    if (end)
        at = skip_soft(s, end);
    if (!is(s, at, VF_WORD_MONTH_BEFORE) || !is_digits(s, at + 1, 1, 12))
        return 0;
    item->month = item->last_month = (int8_t)s->at[at + 1].value;
    return parse_year_behind(s, at + 2, item);
}

/* "cinco de mayo", "yirmi beş Mayıs": a number in words of the report's language, whose months are
 * no other words. */
static size_t parse_day_word(const struct scan *s, size_t i, struct vf_date_item *item)
{
    const struct vf_date_token *t = &s->at[i];
    size_t at = skip_soft(s, i + 1);

    if (!s->day_first || t->kind != VF_WORD_NUMBER || t->foreign || t->value < 2 || t->value > 31)
        return 0;
    if (!is_month(s, at) || s->at[at].foreign)
        return 0;
    item->day = item->last_day = (int8_t)t->value;
    set_month(item, &s->at[at]);
    return parse_year_behind(s, at + 1, item);
}

/* "12-15 May 2025", "12 de mayo", "19-го сентября", "17 aprel". */
static size_t parse_day_first(const struct scan *s, size_t i, struct vf_date_item *item)
{
    bool mark = is(s, i, VF_WORD_UNIT_DAY) || is(s, i, VF_WORD_DAY_BEFORE); /* "dias 3 e 4" */
    size_t end = parse_days(s, i + mark, false, item);

    if (!end)
        return 0;
    size_t at = skip_soft(s, skip_dash(s, end));
    if (is(s, at, VF_WORD_UNIT_DAY) && is_month(s, skip_soft(s, at + 1)))
        at = skip_soft(s, at + 1); /* "17th day of April" */
    if (s->arabic && is(s, at, VF_WORD_FROM) && is_month(s, skip_soft(s, at + 1)))
        at = skip_soft(s, at + 1); /* "الثاني عشر من نيسان" */
    if (!is_month(s, at))
        return 0;
    set_month(item, &s->at[at]);
    return parse_year_behind(s, at + 1, item);
}

/* "September 18, 2025", "Sept 1-6", "aprelin 17-də", "May 2025". */
static size_t parse_month_first(const struct scan *s, size_t i, struct vf_date_item *item)
{
    if (!is_month(s, i))
        return 0;
    set_month(item, &s->at[i]);
    size_t end = parse_days(s, skip_soft(s, i + 1), true, item);
    return parse_year_behind(s, end ? end : i + 1, item);
}

static bool is_beside(const struct scan *s, size_t i, size_t end)
{
    uint8_t before = i ? s->at[i - 1].kind : VF_WORD_END;

    return (i == 0 && s->at[end].kind == VF_WORD_END) || before == VF_WORD_FILLER ||
           before == VF_WORD_HENCE || before == VF_WORD_FROM || before == VF_WORD_TO ||
           before == VF_WORD_LAST || before == VF_WORD_NEXT || before == VF_WORD_THIS ||
           before == VF_WORD_SINCE || before == VF_WORD_BY || is(s, end, VF_WORD_LAST) ||
           is(s, end, VF_WORD_NEXT);
}

/* A month alone is one only where a word beside it says so, or where it is long enough not to be
 * another word: "may", "mart" and "sept" are. */
static size_t parse_month_date(const struct scan *s, size_t i, struct vf_date_item *item)
{
    enum { TELLING_BYTES = 5 };
    size_t end = parse_month_first(s, i, item);

    if (!end || item->day || item->year || item->year_relative)
        return end;
    /* "marco" is March in Portuguese, and "his march" is none. */
    if (s->at[i].foreign || (s->english && !s->at[i].upper))
        return 0;
    return is_beside(s, i, end) || s->at[i].name_len >= TELLING_BYTES ? end : 0;
}

static int32_t unit_days(const struct scan *s, size_t i)
{
    switch (s->at[i].kind) {
    case VF_WORD_UNIT_DAY: return 1;
    case VF_WORD_UNIT_WEEK: return 7;
    default: return 0;
    }
}

static size_t parse_count(const struct scan *s, size_t i, int32_t *count)
{
    if (!is(s, i, VF_WORD_NUMBER) && !is(s, i, VF_WORD_CJK_NUMBER) && !is_digits(s, i, 1, 60))
        return 0;
    *count = s->at[i].value;
    return i + 1 + is_mark(s, i + 1, '-');
}

/* "two days ago", "hace dos días", "через три дня". */
static size_t parse_ago(const struct scan *s, size_t i, struct vf_date_item *item)
{
    bool ago_before = is(s, i, VF_WORD_AGO_BEFORE);
    bool hence = is(s, i, VF_WORD_HENCE);
    int32_t count;
    size_t at = parse_count(s, i + (ago_before || hence), &count);
    int32_t unit = at ? unit_days(s, at) : 0;

    item->kind = VF_ITEM_OFFSET;
    if (at && is(s, at, VF_WORD_AGO) && s->at[at].value) { /* "2日前": days ago in one word */
        item->offset = -count * s->at[at].value;
        return at + 1;
    }
    if (!unit)
        return 0;
    item->offset = count * unit;
    if (hence)
        return at + 1;
    item->offset = -item->offset;
    if (ago_before)
        return at + 1;
    return is(s, at + 1, VF_WORD_AGO) || is(s, at + 1, VF_WORD_LAST) ? at + 2 : 0;
}

/* "three-day visit", "visita de una semana", "двухдневный". */
static size_t parse_duration(const struct scan *s, size_t i, struct vf_date_item *item)
{
    int32_t count;

    item->kind = VF_ITEM_DURATION;
    if (is(s, i, VF_WORD_DURATION)) {
        item->offset = s->at[i].value;
        return i + 1;
    }
    size_t at = parse_count(s, i, &count);
    if (at && is(s, at, VF_WORD_NIGHTS) && is_digits(s, at + 1, 1, 60)) {
        item->offset = s->at[at + 1].value;
        return at + 2 + is(s, at + 2, VF_WORD_DAY_AFTER);
    }
    int32_t unit = at ? unit_days(s, at) : 0;
    item->offset = unit ? count * unit : 0;
    return unit ? at + 1 : 0;
}

static int8_t modifier_at(const struct scan *s, size_t i)
{
    uint8_t kind = s->at[i].kind;
    return kind == VF_WORD_LAST || kind == VF_WORD_THIS || kind == VF_WORD_NEXT ? (int8_t)kind : 0;
}

static size_t parse_weekday_number(const struct scan *s, size_t i, struct vf_date_item *item)
{
    size_t at = i;

    if (is(s, i, VF_WORD_WEEKDAY_BEFORE) && is_digits(s, i + 1, 2, 7))
        at = i + 1;
    else if (!is_digits(s, i, 2, 6) ||
             !is(s, i + 1 + is_mark(s, i + 1, '.'), VF_WORD_WEEKDAY_AFTER))
        return 0;
    item->weekday = (int8_t)(s->at[at].value - 2);
    return at > i ? at + 1 : i + 2 + is_mark(s, i + 1, '.');
}

static size_t parse_weekday(const struct scan *s, size_t i, struct vf_date_item *item)
{
    item->kind = VF_ITEM_WEEKDAY;
    size_t end = parse_weekday_number(s, i, item);
    if (end)
        return end;
    switch (s->at[i].kind) {
    case VF_WORD_WEEKDAY: break;
    case VF_WORD_LAST_WEEKDAY: item->modifier = VF_WORD_LAST; break;
    case VF_WORD_THIS_WEEKDAY: item->modifier = VF_WORD_THIS; break;
    case VF_WORD_NEXT_WEEKDAY: item->modifier = VF_WORD_NEXT; break;
    default: return 0;
    }
    item->weekday = (int8_t)s->at[i].value;
    if (item->modifier)
        return i + 1;
    if (i)
        item->modifier = modifier_at(s, i - 1);
    if (!item->modifier && modifier_at(s, i + 1)) {
        item->modifier = modifier_at(s, i + 1);
        return i + 2;
    }
    return i + 1;
}

/* "today", "this week", "18 of this month", "本月18日". */
static size_t parse_relative(const struct scan *s, size_t i, struct vf_date_item *item)
{
    size_t end = parse_days(s, i, false, item);
    size_t at = end ? skip_soft(s, end) : i;

    item->offset = s->at[at].value;
    /* "28일부터 다음달 2일": the month is that of the other end. */
    bool range = end && (is(s, end - 1, VF_WORD_FROM) || is(s, end - 1, VF_WORD_TO));
    if (is(s, at, VF_WORD_MONTH_OFFSET) && !range) {
        item->kind = VF_ITEM_MONTH;
        if (end)
            return at + 1;
        end = parse_days(s, skip_soft(s, at + 1), true, item);
        return end ? end : at + 1;
    }
    if (end)
        return 0;
    switch (s->at[at].kind) {
    case VF_WORD_DAY_OFFSET: item->kind = VF_ITEM_OFFSET; return at + 1;
    case VF_WORD_WEEK_OFFSET: item->kind = VF_ITEM_WEEK; return at + 1;
    case VF_WORD_YEAR_OFFSET: item->kind = VF_ITEM_YEAR; return at + 1;
    default: return 0;
    }
}

/* Days whose month must be told elsewhere: "24일부터 31일까지", "el día 12". */
static size_t parse_bare_days(const struct scan *s, size_t i, struct vf_date_item *item)
{
    bool before = is(s, i, VF_WORD_DAY_BEFORE) || is(s, i, VF_WORD_UNIT_DAY);
    size_t end = parse_days(s, i + before, false, item);

    if (!end)
        return 0;
    for (size_t k = i; k < end; k++)
        before = before || is(s, k, VF_WORD_DAY_AFTER);
    /* "on the 28th", but not "the 28th session" */
    bool alone = i && is_soft_word(s, i - 1) && end > i + 1 && is_soft_word(s, end - 1) &&
                 (is(s, end, VF_WORD_END) || is(s, end, VF_WORD_MARK));
    return before || alone ? end : 0;
}

/* "Q3 2025", "third quarter of 2025". */
static size_t parse_quarter(const struct scan *s, size_t i, struct vf_date_item *item)
{
    int number = is_digits(s, i, 1, 4) || is(s, i, VF_WORD_ORDINAL_DAY) ? s->at[i].value : 0;
    bool implied;
    size_t at = skip_suffix(s, i + 1, &implied);

    if (number >= 1 && number <= 4 && is(s, at, VF_WORD_QUARTER)) {
        at++;
    } else if (is(s, i, VF_WORD_OTHER) && s->at[i].name_len == 1 && *s->at[i].name == 'q' &&
               is_digits(s, i + 1, 1, 4) && s->at[i + 1].digits == 1) {
        number = s->at[i + 1].value;
        at = i + 2;
    } else {
        return 0;
    }
    size_t end = parse_year_behind(s, at, item);
    item->month = (int8_t)(3 * number - 2);
    item->last_month = (int8_t)(3 * number);
    return item->year || item->year_relative ? end : 0;
}

/* A year alone, where it cannot be another number. */
static size_t parse_year_alone(const struct scan *s, size_t i, struct vf_date_item *item)
{
    bool before = is(s, i, VF_WORD_YEAR_BEFORE) || is(s, i, VF_WORD_SEASON);
    size_t at = before ? skip_soft(s, i + 1) : i;
    size_t end = parse_year(s, at, item);

    if (!end || (is(s, at, VF_WORD_DIGITS) && item->year < 1900 && !item->calendar &&
                 !is(s, i, VF_WORD_YEAR_BEFORE)))
        return 0;
    bool after = is(s, end - 1, VF_WORD_YEAR_AFTER) || item->calendar;
    return before || after || is(s, i, VF_WORD_ERA) || is_beside(s, i, end) ? end : 0;
}

static bool month_exists(const struct vf_date_item *item)
{
    return item->month >= 1 && item->month <= (item->calendar == VF_HEBREW ? 13 : 12);
}

static void check(struct vf_date_item *item, vf_language language)
{
    (void)language;
    if (item->kind != VF_ITEM_DATE && item->kind != VF_ITEM_MONTH)
        return;
    if (item->kind == VF_ITEM_DATE && !item->month)
        return;
    if (item->kind == VF_ITEM_DATE && !month_exists(item))
        item->impossible = true;
    if (item->last_day > 31)
        item->impossible = true;
}

static size_t parse_item(const struct scan *s, size_t i, struct vf_date_item *item)
{
    static size_t (*const parsers[])(const struct scan *, size_t, struct vf_date_item *) = {
        parse_year_first, parse_day_month_digits, parse_roman,      parse_marked,
        parse_month_mark, parse_quarter,          parse_day_word,   parse_day_first,
        parse_ago,        parse_duration,         parse_month_date, parse_weekday,
        parse_relative,   parse_bare_days,        parse_year_alone,
    };
    for (size_t p = 0; p < sizeof parsers / sizeof parsers[0]; p++) {
        *item = (struct vf_date_item){.weekday = -1};
        size_t end = parsers[p](s, i, item);
        if (end)
            return end;
    }
    return 0;
}

static bool ends_segment(const struct scan *s, size_t i)
{
    return is_mark(s, i, ';') || is_mark(s, i, '|');
}

size_t vf_date_items_read(const struct vf_date_tokens *tokens, vf_language language, bool day_first,
                          struct vf_date_item items[VF_DATE_ITEMS_MAX])
{
    struct scan s = {.at = tokens->at,
                     .count = tokens->count,
                     .day_first = day_first,
                     .english = language == vf_lexicon_language(vf_slice("en", 2)),
                     .arabic = language == vf_lexicon_language(vf_slice("ar", 2)),
                     .chinese = language == vf_lexicon_language(vf_slice("zh", 2))};
    size_t count = 0;
    size_t segment_begin = 0;
    size_t segment_items = 0;
    uint16_t segment = 0;

    for (size_t i = 0; i <= s.count;) {
        if (i == s.count || ends_segment(&s, i)) {
            vf_date_items_place(&s, segment_begin, i, items + segment_items, count - segment_items);
            segment_begin = ++i;
            segment_items = count;
            segment++;
            continue;
        }
        size_t end = vf_date_skip_clock(&s, i);
        if (!end && count < VF_DATE_ITEMS_MAX) {
            end = parse_item(&s, i, &items[count]);
            if (end) {
                items[count].segment = segment;
                items[count].begin = (uint16_t)i;
                items[count].end = (uint16_t)end;
                check(&items[count], language);
                vf_date_item_surround(&s, count == segment_items, &items[count]);
                count += !vf_date_item_tells_no_day(&s, &items[count]);
            }
        }
        i = end ? end : i + 1;
    }
    return count;
}
