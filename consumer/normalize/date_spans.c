/*
 * From one item to the days it tells: years and months that are not told, days told relative to
 * publication, weekdays.
 */
#include "normalize/date_spans.h"

#include "normalize/calendars.h"

enum { SLACK_DAYS = 31 }; /* a day of publication may be known by month only */

const struct vf_date_span vf_date_no_span = {.first = VF_DAY_MIN, .last = VF_DAY_MAX};

static bool item_days(const struct vf_date_item *item, int year, struct vf_date_span *out)
{
    int month = item->month ? item->month : 1;
    int last_month = item->last_month ? item->last_month : item->calendar == VF_HEBREW ? 13 : 12;
    int days = vf_calendar_month_days(item->calendar, year, last_month);

    return vf_calendar_day(item->calendar, year, month, item->day ? item->day : 1, &out->first) &&
           vf_calendar_day(item->calendar, year, last_month, item->last_day ? item->last_day : days,
                           &out->last);
}

static int year_of(int32_t day, enum vf_calendar calendar)
{
    int year;
    int month;
    int of_month;

    vf_civil_from_day(day, &year, &month, &of_month);
    switch (calendar) {
    case VF_PERSIAN: return year - 621;
    case VF_ISLAMIC: return (int)((int64_t)(year - 622) * 33 / 32) + 1;
    case VF_HEBREW: return year + 3760;
    default: return year;
    }
}

int64_t vf_date_misfit(const struct vf_date_reading *r, const struct vf_date_span *span)
{
    enum { WRONG_WAY = 100000 };
    int64_t distance = (int64_t)span->first - r->year_base;
    bool wrong = false;

    if (span->last < r->low || span->first > r->high)
        return (int64_t)WRONG_WAY * 100;
    if (r->question->tense == VF_TENSE_PAST)
        wrong = distance > SLACK_DAYS;
    else if (r->question->tense == VF_TENSE_FUTURE)
        wrong = (int64_t)span->last - r->year_base < -SLACK_DAYS;
    return (distance < 0 ? -distance : distance) + (wrong ? WRONG_WAY : 0);
}

static bool infer_year(const struct vf_date_reading *r, const struct vf_date_item *item,
                       int weekday, struct vf_date_span *out)
{
    int around = year_of(r->year_base, item->calendar);
    /* Beyond the neighbours only 29 February or a weekday can tell. */
    int reach = weekday >= 0 || (item->month == 2 && item->day == 29) ? 4 : 1;
    int64_t best = INT64_MAX;

    for (int year = around - reach; year <= around + reach; year++) {
        struct vf_date_span span = vf_date_no_span;
        if (!item_days(item, year, &span))
            continue;
        int64_t m = vf_date_misfit(r, &span);
        if (weekday >= 0 && item->day && vf_weekday(span.first) != weekday)
            m += 1000; /* another year must fit much better */
        if (m < best) {
            best = m;
            out->first = span.first;
            out->last = span.last;
        }
    }
    return best < INT64_MAX;
}

/* A weekday beside the item, in front or behind, with nothing but commas and brackets between. */
static int weekday_beside(const struct vf_date_reading *r, const struct vf_date_item *item)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct vf_date_item *other = &r->items[i];
        if (other->kind == VF_ITEM_WEEKDAY && other->segment == item->segment &&
            (other->end + 2 >= item->begin && item->end + 2 >= other->begin))
            return other->weekday;
    }
    return -1;
}

static uint8_t precision_of(const struct vf_date_item *item, const struct vf_date_span *span)
{
    if (span->first == span->last)
        return VF_DATE_PRECISION_DAY;
    if (item->day || item->month != item->last_month)
        return VF_DATE_PRECISION_RANGE;
    return item->month ? VF_DATE_PRECISION_MONTH : VF_DATE_PRECISION_YEAR;
}

static int32_t weekday_day(const struct vf_date_reading *r, int weekday, int modifier);

/* "on Thursday (19 September)" in a report of Friday, the 19th: the date is that of the report,
 * the weekday that of the event. */
static void correct_by_weekday(const struct vf_date_reading *r, int weekday,
                               struct vf_date_span *span)
{
    if (r->base == VF_DAY_MIN || span->precision != VF_DATE_PRECISION_DAY ||
        span->first != r->question->published)
        return;
    span->first = span->last = weekday_day(r, weekday, 0);
    span->basis = VF_DATE_BASIS_RELATIVE;
    span->flags |= VF_FLAG_BIT(DATE_RELATIVE);
}

/* A month of the Islamic calendar begins when the moon is seen, a day sooner or later from place to
 * place: only a weekday tells which day is meant. */
static void settle_lunar(const struct vf_date_item *item, int weekday, struct vf_date_span *span)
{
    static const int off[] = {0, -1, 1};

    for (size_t i = 0; weekday >= 0 && item->day && i < sizeof off / sizeof off[0]; i++) {
        if (span->first != span->last || vf_weekday(span->first + off[i]) != weekday)
            continue;
        span->first += off[i];
        span->last += off[i];
        return;
    }
    *span = vf_date_no_span;
    span->flags = VF_FLAG_BIT(DATE_LUNAR_CALENDAR);
}

struct vf_date_span vf_date_span_of_date(struct vf_date_reading *r, struct vf_date_item *item)
{
    struct vf_date_span span = vf_date_no_span;
    int weekday = weekday_beside(r, item);
    int year = item->year;

    if (item->impossible) {
        span.flags = VF_FLAG_BIT(DATE_IMPOSSIBLE);
        return span;
    }
    span.basis = VF_DATE_BASIS_PARSED;
    if (item->year_relative && r->year_base != VF_DAY_MIN) {
        year = year_of(r->year_base, item->calendar) + item->offset;
        span.basis = VF_DATE_BASIS_RELATIVE;
    }
    bool found;
    if (year) {
        found = item_days(item, year, &span);
    } else if (r->year_base == VF_DAY_MIN) {
        span.flags = VF_FLAG_BIT(DATE_YEAR_MISSING);
        return span;
    } else {
        found = infer_year(r, item, weekday, &span);
        span.basis = VF_DATE_BASIS_INFERRED_YEAR;
        span.flags |= VF_FLAG_BIT(DATE_INFERRED_YEAR);
    }
    if (!found) {
        span = vf_date_no_span;
        span.flags = VF_FLAG_BIT(DATE_IMPOSSIBLE);
        return span;
    }
    if (item->calendar)
        span.flags |= VF_FLAG_BIT(DATE_OTHER_CALENDAR);
    span.precision = precision_of(item, &span);
    if (item->calendar == VF_ISLAMIC) {
        settle_lunar(item, weekday, &span);
        return span;
    }
    if (weekday >= 0 && item->day && vf_weekday(span.first) != weekday) {
        span.flags |= VF_FLAG_BIT(DATE_WEEKDAY_MISMATCH);
        correct_by_weekday(r, weekday, &span);
    }
    return span;
}

/* 3/4: taken only if one reading alone agrees with the tense and the day of publication. */
static struct vf_date_span resolve_swapped(struct vf_date_reading *r, struct vf_date_item *item)
{
    struct vf_date_item other = *item;
    struct vf_date_span a = vf_date_span_of_date(r, item);

    other.month = other.last_month = item->day;
    other.day = other.last_day = item->month;
    struct vf_date_span b = vf_date_span_of_date(r, &other);
    if (item->year_last_too) { /* 25-09-18: the first may be the year, the last the day */
        other = *item;
        other.year = 2000 + item->day;
        other.day = other.last_day = (int8_t)(item->year - 2000);
        b = vf_date_span_of_date(r, &other);
    }
    if (r->year_base != VF_DAY_MIN && a.precision && b.precision) {
        int64_t of_a = vf_date_misfit(r, &a);
        int64_t of_b = vf_date_misfit(r, &b);
        if (of_a <= SLACK_DAYS && of_b > 3 * SLACK_DAYS)
            return a;
        if (of_b <= SLACK_DAYS && of_a > 3 * SLACK_DAYS)
            return b;
    }
    struct vf_date_span open = vf_date_no_span;
    open.flags = VF_FLAG_BIT(DATE_ORDER_AMBIGUOUS);
    return open;
}

static struct vf_date_span unanchored(void)
{
    struct vf_date_span span = vf_date_no_span;
    span.flags = VF_FLAG_BIT(DATE_NO_ANCHOR);
    return span;
}

static struct vf_date_span relative_span(int32_t first, int32_t last, uint8_t precision)
{
    return (struct vf_date_span){.first = first,
                                 .last = last,
                                 .precision = precision,
                                 .basis = VF_DATE_BASIS_RELATIVE,
                                 .flags = VF_FLAG_BIT(DATE_RELATIVE)};
}

static int32_t weekday_day(const struct vf_date_reading *r, int weekday, int modifier)
{
    if (r->week_told && !modifier)
        return r->base - vf_weekday(r->base) + 7 * r->week + weekday;
    int ahead = (weekday - vf_weekday(r->base) + 7) % 7;
    int back = (7 - ahead) % 7;

    if (modifier == VF_WORD_LAST)
        return r->base - (back ? back : 7);
    if (modifier == VF_WORD_NEXT)
        return r->base + (ahead ? ahead : 7);
    return r->question->tense == VF_TENSE_PAST ? r->base - back : r->base + ahead;
}

/* Days of a month that is not told: the nearest ones the tense allows. */
static struct vf_date_span resolve_bare_days(struct vf_date_reading *r,
                                             const struct vf_date_item *item)
{
    int year;
    int month;
    int day;
    struct vf_date_span span = vf_date_no_span;

    if (r->base == VF_DAY_MIN)
        return unanchored();
    vf_civil_from_day(r->base, &year, &month, &day);
    if (item->kind == VF_ITEM_MONTH)
        month += item->offset;
    else if (r->question->tense == VF_TENSE_FUTURE)
        month += item->last_day < day;
    else
        month -= item->day > day; /* what began may go on */
    year += month < 1 ? -1 : month > 12 ? 1 : 0;
    month = month < 1 ? month + 12 : month > 12 ? month - 12 : month;
    if (!vf_date_exists(year, month, item->day) || !vf_date_exists(year, month, item->last_day)) {
        span.flags = VF_FLAG_BIT(DATE_IMPOSSIBLE);
        return span;
    }
    span = relative_span(vf_day_from_civil(year, month, item->day),
                         vf_day_from_civil(year, month, item->last_day), 0);
    span.precision = span.first == span.last ? VF_DATE_PRECISION_DAY : VF_DATE_PRECISION_RANGE;
    if (item->kind == VF_ITEM_DATE)
        span.flags = VF_FLAG_BIT(DATE_INFERRED_MONTH);
    return span;
}

static struct vf_date_span resolve_period(struct vf_date_reading *r,
                                          const struct vf_date_item *item)
{
    int year;
    int month;
    int day;

    /* The month of publication is enough for months and years. */
    int32_t base = item->kind == VF_ITEM_WEEK ? r->base : r->year_base;
    if (base == VF_DAY_MIN)
        return unanchored();
    vf_civil_from_day(base, &year, &month, &day);
    if (item->kind == VF_ITEM_WEEK) {
        int32_t monday = base - vf_weekday(base) + 7 * item->offset;
        return relative_span(monday, monday + 6, VF_DATE_PRECISION_RANGE);
    }
    if (item->kind == VF_ITEM_YEAR) {
        year += item->offset;
        return relative_span(vf_day_from_civil(year, 1, 1), vf_day_from_civil(year, 12, 31),
                             VF_DATE_PRECISION_YEAR);
    }
    int months = year * 12 + month - 1 + item->offset;
    year = months / 12;
    month = months % 12 + 1;
    return relative_span(vf_day_from_civil(year, month, 1),
                         vf_day_from_civil(year, month, vf_days_in_month(year, month)),
                         VF_DATE_PRECISION_MONTH);
}

struct vf_date_span vf_date_span_of_item(struct vf_date_reading *r, struct vf_date_item *item)
{
    switch (item->kind) {
    case VF_ITEM_DATE:
        if (item->day && !item->month)
            return resolve_bare_days(r, item);
        return item->swapped_too ? resolve_swapped(r, item) : vf_date_span_of_date(r, item);
    case VF_ITEM_MONTH: return item->day ? resolve_bare_days(r, item) : resolve_period(r, item);
    case VF_ITEM_WEEK:
    case VF_ITEM_YEAR: return resolve_period(r, item);
    case VF_ITEM_OFFSET:
        if (r->base == VF_DAY_MIN)
            return unanchored();
        return relative_span(r->base + item->offset, r->base + item->offset, VF_DATE_PRECISION_DAY);
    case VF_ITEM_WEEKDAY: {
        if (r->base == VF_DAY_MIN)
            return unanchored();
        int32_t day = weekday_day(r, item->weekday, item->modifier);
        return relative_span(day, day, VF_DATE_PRECISION_DAY);
    }
    default: return vf_date_no_span;
    }
}

/* "Tuesday to Thursday": the days of one week's course, whichever end the tense fixes. What began
 * yesterday or before and is not over is nearer than what was over a week ago. */
struct vf_date_span vf_date_span_of_weekdays(struct vf_date_reading *r,
                                             const struct vf_date_item *a,
                                             const struct vf_date_item *b)
{
    int length = (b->weekday - a->weekday + 7) % 7;

    if (r->base == VF_DAY_MIN)
        return unanchored();
    if (r->question->tense == VF_TENSE_PAST) {
        int32_t last = weekday_day(r, b->weekday, b->modifier);
        if (!a->modifier && !b->modifier && !r->week_told && last + 7 - length < r->base)
            last += 7;
        return relative_span(last - length, last, VF_DATE_PRECISION_RANGE);
    }
    int32_t first = weekday_day(r, a->weekday, a->modifier);
    return relative_span(first, first + length, VF_DATE_PRECISION_RANGE);
}
