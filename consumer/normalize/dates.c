/*
 * From items to an interval: which statement counts, years and months that are not told, days
 * told relative to publication, ranges and durations.
 */
#include "normalize/dates.h"

#include "base/error.h"
#include "normalize/calendars.h"

enum {
    SLACK_DAYS = 31,        /* a day of publication may be known by month only */
    UNION_DAYS_MAX = 31,    /* two days further apart are not one event's first and last */
    MOVED_DAYS = 7,         /* a moved event's old date lies at least so far before the new one */
    DURATION_DAYS_MAX = 31, /* a longer stay is not told in days */
};

struct span {
    int32_t first;
    int32_t last;
    bool joined; /* of several statements, not one */
    uint8_t precision;
    uint8_t basis;
    vf_flags flags;
};

struct reading {
    const struct vf_date_question *question;
    struct vf_memo *memo;
    vf_language language;
    struct vf_date_item items[VF_DATE_ITEMS_MAX];
    size_t count;
    int32_t base;      /* what relative days refer to; VF_DAY_MIN: nothing */
    int32_t year_base; /* what years are inferred from; VF_DAY_MIN: nothing */
    int32_t low, high; /* a year inferred must lead in here; VF_DAY_MIN, VF_DAY_MAX: no bounds */
    bool week_told;    /* weekdays are those of a week told, such as "Tuesday next week" */
    int32_t week;      /* weeks from that of the base */
};

static const struct span no_span = {.first = VF_DAY_MIN, .last = VF_DAY_MAX};

/* Languages in which 03/04 may be either. */
static bool is_day_first(vf_language language)
{
    return language && language != vf_lexicon_language(vf_slice("en", 2)) &&
           language != vf_lexicon_language(vf_slice("fil", 3));
}

static bool item_days(const struct vf_date_item *item, int year, struct span *out)
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

/* How far a candidate lies from what the tense asks for; less is better. */
static int64_t misfit(const struct reading *r, const struct span *span)
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

static bool infer_year(const struct reading *r, const struct vf_date_item *item, int weekday,
                       struct span *out)
{
    int around = year_of(r->year_base, item->calendar);
    /* Beyond the neighbours only 29 February or a weekday can tell. */
    int reach = weekday >= 0 || (item->month == 2 && item->day == 29) ? 4 : 1;
    int64_t best = INT64_MAX;

    for (int year = around - reach; year <= around + reach; year++) {
        struct span span = no_span;
        if (!item_days(item, year, &span))
            continue;
        int64_t m = misfit(r, &span);
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
static int weekday_beside(const struct reading *r, const struct vf_date_item *item)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct vf_date_item *other = &r->items[i];
        if (other->kind == VF_ITEM_WEEKDAY && other->segment == item->segment &&
            (other->end + 2 >= item->begin && item->end + 2 >= other->begin))
            return other->weekday;
    }
    return -1;
}

static uint8_t precision_of(const struct vf_date_item *item, const struct span *span)
{
    if (span->first == span->last)
        return VF_DATE_PRECISION_DAY;
    if (item->day || item->month != item->last_month)
        return VF_DATE_PRECISION_RANGE;
    return item->month ? VF_DATE_PRECISION_MONTH : VF_DATE_PRECISION_YEAR;
}

/* 2568 is Buddhist wherever it stands; 13xx and 14xx depend on language and words. */
static void settle_calendar(struct vf_date_item *item, vf_language language)
{
    enum { BUDDHIST_AHEAD = 543 };

    if (item->calendar || !item->year)
        return;
    if (item->year >= 2400 && item->year <= 2700)
        item->year -= BUDDHIST_AHEAD;
    else if (item->year >= 1300 && item->year < 1500 &&
             language == vf_lexicon_language(vf_slice("fa", 2)))
        item->calendar = VF_PERSIAN;
    else if (item->year >= 1400 && item->year < 1500 &&
             language == vf_lexicon_language(vf_slice("ar", 2)))
        item->calendar = VF_ISLAMIC;
}

static int32_t weekday_day(const struct reading *r, int weekday, int modifier);

/* "on Thursday (19 September)" in a report of Friday, the 19th: the date is that of the report,
 * the weekday that of the event. */
static void correct_by_weekday(const struct reading *r, int weekday, struct span *span)
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
static void settle_lunar(const struct vf_date_item *item, int weekday, struct span *span)
{
    static const int off[] = {0, -1, 1};

    for (size_t i = 0; weekday >= 0 && item->day && i < sizeof off / sizeof off[0]; i++) {
        if (span->first != span->last || vf_weekday(span->first + off[i]) != weekday)
            continue;
        span->first += off[i];
        span->last += off[i];
        return;
    }
    *span = no_span;
    span->flags = VF_FLAG_BIT(DATE_LUNAR_CALENDAR);
}

static struct span resolve_date(struct reading *r, struct vf_date_item *item)
{
    struct span span = no_span;
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
        span = no_span;
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
static struct span resolve_swapped(struct reading *r, struct vf_date_item *item)
{
    struct vf_date_item other = *item;
    struct span a = resolve_date(r, item);

    other.month = other.last_month = item->day;
    other.day = other.last_day = item->month;
    struct span b = resolve_date(r, &other);
    if (item->year_last_too) { /* 25-09-18: the first may be the year, the last the day */
        other = *item;
        other.year = 2000 + item->day;
        other.day = other.last_day = (int8_t)(item->year - 2000);
        b = resolve_date(r, &other);
    }
    if (r->year_base != VF_DAY_MIN && a.precision && b.precision) {
        int64_t of_a = misfit(r, &a);
        int64_t of_b = misfit(r, &b);
        if (of_a <= SLACK_DAYS && of_b > 3 * SLACK_DAYS)
            return a;
        if (of_b <= SLACK_DAYS && of_a > 3 * SLACK_DAYS)
            return b;
    }
    struct span open = no_span;
    open.flags = VF_FLAG_BIT(DATE_ORDER_AMBIGUOUS);
    return open;
}

static struct span unanchored(void)
{
    struct span span = no_span;
    span.flags = VF_FLAG_BIT(DATE_NO_ANCHOR);
    return span;
}

static struct span relative_span(int32_t first, int32_t last, uint8_t precision)
{
    return (struct span){.first = first,
                         .last = last,
                         .precision = precision,
                         .basis = VF_DATE_BASIS_RELATIVE,
                         .flags = VF_FLAG_BIT(DATE_RELATIVE)};
}

static int32_t weekday_day(const struct reading *r, int weekday, int modifier)
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
static struct span resolve_bare_days(struct reading *r, const struct vf_date_item *item)
{
    int year;
    int month;
    int day;
    struct span span = no_span;

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

static struct span resolve_period(struct reading *r, const struct vf_date_item *item)
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

static struct span resolve_item(struct reading *r, struct vf_date_item *item)
{
    switch (item->kind) {
    case VF_ITEM_DATE:
        if (item->day && !item->month)
            return resolve_bare_days(r, item);
        return item->swapped_too ? resolve_swapped(r, item) : resolve_date(r, item);
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
    default: return no_span;
    }
}

/* How fine an item tells: coarser ones beside finer ones only lend them year and month. */
static int fineness(const struct vf_date_item *item)
{
    switch (item->kind) {
    case VF_ITEM_DATE: return item->day ? 4 : item->month ? 2 : item->year ? 1 : 0;
    case VF_ITEM_OFFSET: return 4;
    case VF_ITEM_WEEKDAY: return 3;
    case VF_ITEM_MONTH: return item->day ? 4 : 2;
    case VF_ITEM_WEEK: return 2;
    case VF_ITEM_YEAR: return 1;
    default: return 0;
    }
}

/* Year, month and calendar told once hold for the other dates of the segment. */
static void lend(struct reading *r, size_t segment)
{
    const struct vf_date_item *year = NULL;
    const struct vf_date_item *month = NULL;

    for (size_t i = r->count; i-- > 0;) { /* backwards: mostly the last one tells the year */
        struct vf_date_item *item = &r->items[i];
        if (item->kind != VF_ITEM_DATE)
            continue;
        if (item->year && (item->segment == segment || !year))
            year = item;
        if (item->segment != segment)
            continue;
        if (!item->year && !item->year_relative && item->month && year &&
            (item->calendar == year->calendar ||
             (year->segment == segment && year->calendar != VF_ISLAMIC))) {
            item->calendar = item->calendar ? item->calendar : year->calendar;
            item->year = year->year - (year->segment == segment && year > item && year->month &&
                                       item->month > year->month);
        }
    }
    for (size_t i = 0; i < r->count; i++) {
        struct vf_date_item *item = &r->items[i];
        if (item->kind != VF_ITEM_DATE)
            continue;
        if (item->month) {
            month = item;
        } else if (item->day && month && item->segment >= month->segment) {
            item->month = item->last_month = month->month;
            item->year = month->year;
            item->calendar = month->calendar;
        }
        if (item->year && i + 1 < r->count && r->items[i + 1].kind == VF_ITEM_DATE &&
            r->items[i + 1].segment == item->segment && r->items[i + 1].month &&
            !r->items[i + 1].year && r->items[i + 1].calendar == item->calendar)
            r->items[i + 1].year = item->year + (r->items[i + 1].month < item->month);
    }
}

/* "Tuesday to Thursday": the days of one week's course, whichever end the tense fixes. What began
 * yesterday or before and is not over is nearer than what was over a week ago. */
static struct span resolve_weekdays(struct reading *r, const struct vf_date_item *a,
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

/* Takes in a span that lies near enough to be of the same event. */
static bool unite(struct span *all, const struct span *span)
{
    if (span->first > all->last + UNION_DAYS_MAX || span->last + UNION_DAYS_MAX < all->first)
        return false;
    all->flags |= span->flags;
    all->joined = true;
    if (span->first < all->first)
        all->first = span->first;
    if (span->last > all->last)
        all->last = span->last;
    if (span->basis > all->basis)
        all->basis = span->basis;
    if (all->first != all->last && all->precision == VF_DATE_PRECISION_DAY)
        all->precision = VF_DATE_PRECISION_RANGE;
    return true;
}

/* A weekday beside a day, or the weekday of a day told, only says the day again. */
static bool repeats_a_day(struct reading *r, const struct vf_date_item *weekday)
{
    for (size_t i = 0; i < r->count; i++) {
        struct vf_date_item *item = &r->items[i];
        if (item->segment != weekday->segment || item->place != weekday->place ||
            fineness(item) < 4)
            continue;
        if (weekday->end + 2 >= item->begin && item->end + 2 >= weekday->begin)
            return true;
        struct span span = resolve_item(r, item);
        if (span.precision && (vf_weekday(span.first) == weekday->weekday ||
                               vf_weekday(span.last) == weekday->weekday))
            return true;
    }
    return false;
}

struct spans {
    struct span at[VF_DATE_ITEMS_MAX];
    bool since[VF_DATE_ITEMS_MAX];
    bool until[VF_DATE_ITEMS_MAX];
    size_t count;
    vf_flags doubts;
};

/* What each item of a segment tells; coarser items beside finer ones tell nothing of their own. */
static void collect(struct reading *r, size_t segment, uint8_t place, struct spans *out)
{
    enum { DAYS = 3 };
    int finest = 0;
    const struct vf_date_item *weekday = NULL;

    out->count = 0;
    out->doubts = 0;
    r->week_told = false;
    for (size_t i = 0; i < r->count; i++) {
        if (r->items[i].segment != segment)
            continue;
        if (fineness(&r->items[i]) > finest)
            finest = fineness(&r->items[i]);
        if (r->items[i].kind == VF_ITEM_WEEK) {
            r->week_told = true;
            r->week = r->items[i].offset;
        }
    }
    for (size_t i = 0; i < r->count; i++) {
        struct vf_date_item *item = &r->items[i];
        int fine = fineness(item);
        if (item->segment != segment || item->place != place || !fine ||
            (fine != finest && fine < DAYS))
            continue;
        struct span span;
        if (item->kind == VF_ITEM_WEEKDAY && finest > DAYS && repeats_a_day(r, item))
            continue;
        if (item->kind == VF_ITEM_WEEKDAY && weekday) {
            span = resolve_weekdays(r, weekday, item);
            out->count -= span.precision && out->count;
        } else {
            span = resolve_item(r, item);
        }
        if (item->kind == VF_ITEM_WEEKDAY)
            weekday = item;
        out->doubts |= span.precision ? 0 : span.flags;
        if (!span.precision)
            continue;
        out->since[out->count] = item->since;
        out->until[out->count] = item->until;
        out->at[out->count++] = span;
    }
}

/* The span that the others are measured against: the one that fits the day of publication best,
 * without one the first; the last where a date was moved to another. */
static size_t anchor(const struct reading *r, const struct spans *spans)
{
    size_t best = 0;

    if (r->question->moved)
        return spans->count - 1;
    if (r->year_base == VF_DAY_MIN)
        return 0;
    for (size_t i = 1; i < spans->count; i++)
        if (misfit(r, &spans->at[i]) < misfit(r, &spans->at[best]))
            best = i;
    return best;
}

/* The interval that one segment tells. */
static struct span resolve_segment(struct reading *r, size_t segment, uint8_t place)
{
    struct spans spans;
    struct span all = no_span;

    lend(r, segment);
    collect(r, segment, place, &spans);
    all.flags = spans.doubts;
    if (!spans.count)
        return all;
    size_t main = anchor(r, &spans);
    all = spans.at[main];
    bool taken[VF_DATE_ITEMS_MAX] = {false};
    bool more = true;
    taken[main] = true;
    while (more) { /* at most once for each span */
        more = false;
        for (size_t i = 0; i < spans.count; i++) {
            int32_t gap = spans.at[main].first - spans.at[i].last;
            if (taken[i] || (r->question->moved && gap > MOVED_DAYS))
                continue;
            taken[i] = unite(&all, &spans.at[i]);
            more = more || taken[i];
        }
    }
    if (spans.count == 1 && spans.since[0])
        all.flags |= VF_FLAG_BIT(DATE_OPEN_END);
    if (spans.count == 1 && spans.until[0]) {
        all.first = VF_DAY_MIN;
        all.flags |= VF_FLAG_BIT(DATE_OPEN_START);
    }
    return all;
}

static int32_t duration(const struct reading *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->items[i].kind == VF_ITEM_DURATION && r->items[i].offset <= DURATION_DAYS_MAX)
            return r->items[i].offset;
    return 0;
}

/* Whether the day told in a segment is that of an end; a word of it beside the duration says so
 * where none stands beside the day. */
static bool is_end_told(const struct reading *r, size_t segment)
{
    uint8_t edge = VF_EDGE_NONE;
    uint8_t of_duration = VF_EDGE_NONE;

    for (size_t i = 0; i < r->count; i++) {
        const struct vf_date_item *item = &r->items[i];
        if (item->kind == VF_ITEM_DURATION)
            of_duration = item->edge ? item->edge : of_duration;
        else if (item->segment == segment && item->edge && edge != VF_EDGE_FIRST)
            edge = item->edge;
    }
    return (edge ? edge : of_duration) == VF_EDGE_LAST;
}

static void last_so_long(const struct reading *r, bool backwards, struct span *span)
{
    int32_t days = duration(r);

    if (span->precision != VF_DATE_PRECISION_DAY || days < 2)
        return;
    if (backwards)
        span->first = span->last - (days - 1);
    else
        span->last = span->first + days - 1;
    span->precision = VF_DATE_PRECISION_RANGE;
    span->basis = VF_DATE_BASIS_DURATION;
    span->flags |= VF_FLAG_BIT(DATE_FROM_DURATION);
}

/* A dateline with a year can stand in for a day of publication that is not known. */
static void set_bases(struct reading *r)
{
    const struct vf_date_question *q = r->question;

    r->base = r->year_base = q->published;
    if (q->published != VF_DAY_MIN && !q->published_by_month)
        return;
    r->base = VF_DAY_MIN;
    for (size_t i = 0; i < r->count; i++) {
        struct vf_date_item *item = &r->items[i];
        if (item->place == VF_PLACE_MAIN || item->kind != VF_ITEM_DATE || !item->day)
            continue;
        struct span span = resolve_date(r, item);
        if (span.precision != VF_DATE_PRECISION_DAY)
            continue;
        r->base = span.first;
        if (r->year_base == VF_DAY_MIN)
            r->year_base = span.first;
        return;
    }
}

/* The items of a text, from the memo where it has them. */
static int read_items(struct reading *r, struct vf_slice text, struct vf_arena *arena)
{
    enum { ITEMS_KEPT = 4 }; /* more are rare, and too large for the memo */
    struct answer {
        struct vf_date_item items[ITEMS_KEPT];
        size_t count;
    } answer = {.count = 0};
    struct vf_memo_key key = {.text = text, .salt = r->language, .kind = VF_MEMO_DATES};

    _Static_assert(sizeof answer <= VF_MEMO_ANSWER_MAX, "an answer fits");
    r->count = 0;
    if (!text.len)
        return VF_OK;
    if (vf_memo_find(r->memo, &key, &answer, sizeof answer)) {
        r->count = answer.count;
        memcpy(r->items, answer.items, answer.count * sizeof answer.items[0]);
        return VF_OK;
    }
    struct vf_arena_mark mark = vf_arena_mark(arena);
    struct vf_date_tokens *tokens = vf_arena_alloc(arena, sizeof *tokens);
    if (!tokens)
        return VF_ENOMEM;
    int rc = vf_date_tokens_read(text, r->language, arena, tokens);
    if (!rc)
        r->count = vf_date_items_read(tokens, r->language, is_day_first(r->language), r->items);
    vf_arena_rewind(arena, mark);
    for (size_t i = 0; i < r->count; i++)
        settle_calendar(&r->items[i], r->language);
    if (rc || r->count > ITEMS_KEPT)
        return rc;
    answer.count = r->count;
    memcpy(answer.items, r->items, r->count * sizeof answer.items[0]);
    vf_memo_keep(r->memo, &key, &answer, sizeof answer);
    return VF_OK;
}

static bool is_first_of_place(const struct reading *r, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (r->items[k].segment == r->items[i].segment && r->items[k].place == r->items[i].place)
            return false;
    return true;
}

/* Of the same day in two calendars, "27 Rabi' al-Awwal, 18 September", ours is the one meant: the
 * other may be a day off. */
static void prefer_gregorian(struct reading *r)
{
    bool found = false;
    size_t kept = 0;

    for (size_t i = 0; i < r->count; i++) {
        const struct vf_date_item *item = &r->items[i];
        found = found || (item->kind == VF_ITEM_DATE && !item->calendar && item->day &&
                          item->month && item->place == VF_PLACE_MAIN &&
                          (item->year || r->question->published != VF_DAY_MIN));
    }
    for (size_t i = 0; i < r->count; i++)
        if (!found || r->items[i].kind != VF_ITEM_DATE || !r->items[i].calendar)
            r->items[kept++] = r->items[i];
    r->count = kept;
}

/* Which statement counts: the first segment about the event itself, then a dateline, then the day
 * of publication. */
static struct span resolve_text(struct reading *r)
{
    static const vf_flags place_flags[] = {0, VF_FLAG_BIT(DATE_FROM_DATELINE),
                                           VF_FLAG_BIT(DATE_FROM_PUBLICATION)};
    vf_flags doubts = 0;

    prefer_gregorian(r);
    set_bases(r);
    for (int place = VF_PLACE_MAIN; place <= VF_PLACE_PUBLISHED; place++) {
        for (size_t i = 0; i < r->count; i++) {
            if (r->items[i].place != place || !is_first_of_place(r, i))
                continue;
            struct span span = resolve_segment(r, r->items[i].segment, place);
            doubts |= span.flags;
            if (!span.precision)
                continue;
            span.flags |= place_flags[place];
            if (place == VF_PLACE_PUBLISHED)
                span.basis = VF_DATE_BASIS_PUBLISHED;
            last_so_long(r, is_end_told(r, r->items[i].segment), &span);
            return span;
        }
        if (doubts & ~VF_FLAG_BIT(DATE_NO_ANCHOR))
            break; /* the event's own date is told but not to be had */
    }
    struct span none = no_span;
    none.flags = doubts;
    if (r->count && r->items[0].place == VF_PLACE_STAMP)
        none.flags |= VF_FLAG_BIT(DATE_ONLY_STAMP);
    return none;
}

/* start or end: a partial ISO date, or any single date with its year. */
static int read_stated(struct reading *r, struct vf_slice text, struct vf_arena *arena,
                       struct span *out)
{
    struct vf_partial_date partial;

    *out = no_span;
    if (!text.len)
        return VF_OK;
    if (!vf_partial_date_parse(text, &partial)) {
        out->first = vf_partial_date_first(partial);
        out->last = vf_partial_date_last(partial);
        out->precision = partial.day     ? VF_DATE_PRECISION_DAY
                         : partial.month ? VF_DATE_PRECISION_MONTH
                                         : VF_DATE_PRECISION_YEAR;
        out->basis = VF_DATE_BASIS_STATED;
        return VF_OK;
    }
    int rc = read_items(r, text, arena);
    if (rc)
        return rc;
    r->base = r->year_base = VF_DAY_MIN; /* nothing is inferred here */
    if (r->count >= 1 && r->items[0].kind == VF_ITEM_DATE) {
        r->year_base = r->items[0].swapped_too ? r->question->published : VF_DAY_MIN;
        *out = resolve_item(r, &r->items[0]);
    }
    if (out->precision)
        out->basis = VF_DATE_BASIS_STATED;
    else if (!out->flags)
        out->flags = VF_FLAG_BIT(DATE_UNREADABLE);
    return VF_OK;
}

static struct span join_stated(const struct span *start, const struct span *end)
{
    struct span all = *start;

    all.flags |= end->flags;
    if (start->precision && end->precision) {
        if (end->last < start->first) {
            all = no_span;
            all.flags = start->flags | end->flags | VF_FLAG_BIT(DATE_END_BEFORE_START);
            return all;
        }
        all.last = end->last > start->last ? end->last : start->last;
        if (start->first != end->first || start->last != end->last)
            all.precision = VF_DATE_PRECISION_RANGE;
        return all;
    }
    if (end->precision) {
        all.first = VF_DAY_MIN;
        all.last = end->last;
        all.basis = VF_DATE_BASIS_STATED;
        all.flags |= VF_FLAG_BIT(DATE_OPEN_START);
    }
    return all;
}

/* What the phrase adds to, or finds wrong with, the dates stated. */
static void complete_stated(struct reading *r, struct span *stated, bool has_end)
{
    r->low = stated->first;
    r->high = stated->last;
    if (r->question->published == VF_DAY_MIN)
        r->year_base = stated->first;
    struct span text = resolve_text(r);
    if (!text.precision && r->question->published == VF_DAY_MIN) {
        r->base = r->year_base = stated->first;
        for (size_t i = 0; i < r->count && !text.precision; i++)
            if (r->items[i].kind == VF_ITEM_DATE)
                text = resolve_item(r, &r->items[i]);
    }
    if (stated->precision > VF_DATE_PRECISION_RANGE && text.precision == VF_DATE_PRECISION_DAY &&
        text.first >= stated->first && text.last <= stated->last) {
        *stated = text; /* "2025-05" and "12 May" */
        return;
    }
    if (stated->precision == VF_DATE_PRECISION_DAY && !has_end) {
        if (text.precision == VF_DATE_PRECISION_RANGE && text.first == stated->first &&
            !text.joined && text.last <= stated->first + UNION_DAYS_MAX) {
            stated->last = text.last;
            stated->precision = VF_DATE_PRECISION_RANGE;
            stated->basis = text.basis == VF_DATE_BASIS_DURATION ? VF_DATE_BASIS_DURATION
                                                                 : VF_DATE_BASIS_STATED;
            stated->flags |= text.flags & VF_FLAG_BIT(DATE_FROM_DURATION);
            return;
        }
        last_so_long(r, false, stated);
    }
    if (text.precision && text.basis <= VF_DATE_BASIS_INFERRED_YEAR && stated->precision &&
        !(text.flags & VF_FLAG_BIT(DATE_FROM_DATELINE)) &&
        (text.last < stated->first || text.first > stated->last))
        stated->flags |= VF_FLAG_BIT(DATE_CONFLICT);
}

static void give(const struct span *span, struct vf_date_answer *answer)
{
    answer->first = span->first;
    answer->last = span->last;
    answer->precision = span->first == VF_DAY_MIN ? VF_DATE_PRECISION_UNKNOWN : span->precision;
    answer->basis = span->basis;
    answer->flags = span->flags;
    if (span->first == VF_DAY_MIN && span->last == VF_DAY_MAX)
        answer->flags |= VF_FLAG_BIT(DATE_UNKNOWN);
}

/* A day of publication that no report can have is none: 1000 .. 9000 leaves room for arithmetic. */
static int32_t plausible(int32_t day)
{
    return day >= vf_day_from_civil(1000, 1, 1) && day < vf_day_from_civil(9000, 1, 1) ? day
                                                                                       : VF_DAY_MIN;
}

int vf_date_resolve(const struct vf_date_question *asked, struct vf_memo *memo,
                    struct vf_arena *arena, struct vf_date_answer *answer)
{
    struct vf_date_question question = *asked;
    struct reading r = {.question = &question,
                        .memo = memo,
                        .language = vf_lexicon_language(question.language),
                        .low = VF_DAY_MIN,
                        .high = VF_DAY_MAX};
    struct span start;
    struct span end;

    question.published = plausible(asked->published);
    int rc = read_stated(&r, question.start, arena, &start);
    if (!rc)
        rc = read_stated(&r, question.end, arena, &end);
    if (!rc)
        rc = read_items(&r, question.text, arena);
    if (rc)
        return rc;
    struct span span = join_stated(&start, &end);
    if (span.precision || end.precision) {
        if (span.precision && !(span.flags & VF_FLAG_BIT(DATE_END_BEFORE_START)))
            complete_stated(&r, &span, end.precision != 0);
    } else {
        vf_flags doubts = span.flags;
        span = resolve_text(&r);
        span.flags |= span.precision ? 0 : doubts;
    }
    give(&span, answer);
    return VF_OK;
}
