/*
 * From items to an interval: which statement counts, what of several belongs together, how long it
 * lasts, and what was stated beside the phrase.
 */
#include "normalize/dates.h"

#include "base/error.h"
#include "normalize/date_spans.h"

enum {
    UNION_DAYS_MAX = 31,    /* two days further apart are not one event's first and last */
    MOVED_DAYS = 7,         /* a moved event's old date lies at least so far before the new one */
    DURATION_DAYS_MAX = 31, /* a longer stay is not told in days */
};

/* Languages in which 03/04 may be either. */
static bool is_day_first(vf_language language)
{
    return language && language != vf_lexicon_language(vf_slice("en", 2)) &&
           language != vf_lexicon_language(vf_slice("fil", 3));
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
static void lend(struct vf_date_reading *r, size_t segment)
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

/* Takes in a span that lies near enough to be of the same event. */
static bool unite(struct vf_date_span *all, const struct vf_date_span *span)
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
static bool repeats_a_day(struct vf_date_reading *r, const struct vf_date_item *weekday)
{
    for (size_t i = 0; i < r->count; i++) {
        struct vf_date_item *item = &r->items[i];
        if (item->segment != weekday->segment || item->place != weekday->place ||
            fineness(item) < 4)
            continue;
        if (weekday->end + 2 >= item->begin && item->end + 2 >= weekday->begin)
            return true;
        struct vf_date_span span = vf_date_span_of_item(r, item);
        if (span.precision && (vf_weekday(span.first) == weekday->weekday ||
                               vf_weekday(span.last) == weekday->weekday))
            return true;
    }
    return false;
}

struct spans {
    struct vf_date_span at[VF_DATE_ITEMS_MAX];
    bool since[VF_DATE_ITEMS_MAX];
    bool until[VF_DATE_ITEMS_MAX];
    size_t count;
    vf_flags doubts;
};

/* What each item of a segment tells; coarser items beside finer ones tell nothing of their own. */
static void collect(struct vf_date_reading *r, size_t segment, uint8_t place, struct spans *out)
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
        struct vf_date_span span;
        if (item->kind == VF_ITEM_WEEKDAY && finest > DAYS && repeats_a_day(r, item))
            continue;
        if (item->kind == VF_ITEM_WEEKDAY && weekday) {
            span = vf_date_span_of_weekdays(r, weekday, item);
            out->count -= span.precision && out->count;
        } else {
            span = vf_date_span_of_item(r, item);
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
static size_t anchor(const struct vf_date_reading *r, const struct spans *spans)
{
    size_t best = 0;

    if (r->question->moved)
        return spans->count - 1;
    if (r->year_base == VF_DAY_MIN)
        return 0;
    for (size_t i = 1; i < spans->count; i++)
        if (vf_date_misfit(r, &spans->at[i]) < vf_date_misfit(r, &spans->at[best]))
            best = i;
    return best;
}

/* The interval that one segment tells. */
static struct vf_date_span resolve_segment(struct vf_date_reading *r, size_t segment, uint8_t place)
{
    struct spans spans;
    struct vf_date_span all = vf_date_no_span;

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

static int32_t duration(const struct vf_date_reading *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->items[i].kind == VF_ITEM_DURATION && r->items[i].offset <= DURATION_DAYS_MAX)
            return r->items[i].offset;
    return 0;
}

/* Whether the day told in a segment is that of an end; a word of it beside the duration says so
 * where none stands beside the day. */
static bool is_end_told(const struct vf_date_reading *r, size_t segment)
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

static void last_so_long(const struct vf_date_reading *r, bool backwards, struct vf_date_span *span)
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
static void set_bases(struct vf_date_reading *r)
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
        struct vf_date_span span = vf_date_span_of_date(r, item);
        if (span.precision != VF_DATE_PRECISION_DAY)
            continue;
        r->base = span.first;
        if (r->year_base == VF_DAY_MIN)
            r->year_base = span.first;
        return;
    }
}

/* The items of a text, from the memo where it has them. */
static int read_items(struct vf_date_reading *r, struct vf_slice text, struct vf_arena *arena)
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

static bool is_first_of_place(const struct vf_date_reading *r, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (r->items[k].segment == r->items[i].segment && r->items[k].place == r->items[i].place)
            return false;
    return true;
}

/* Of the same day in two calendars, "27 Rabi' al-Awwal, 18 September", ours is the one meant: the
 * other may be a day off. */
static void prefer_gregorian(struct vf_date_reading *r)
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
static struct vf_date_span resolve_text(struct vf_date_reading *r)
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
            struct vf_date_span span = resolve_segment(r, r->items[i].segment, place);
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
    struct vf_date_span none = vf_date_no_span;
    none.flags = doubts;
    if (r->count && r->items[0].place == VF_PLACE_STAMP)
        none.flags |= VF_FLAG_BIT(DATE_ONLY_STAMP);
    return none;
}

/* start or end: a partial ISO date, or any single date with its year. */
static int read_stated(struct vf_date_reading *r, struct vf_slice text, struct vf_arena *arena,
                       struct vf_date_span *out)
{
    struct vf_partial_date partial;

    *out = vf_date_no_span;
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
        *out = vf_date_span_of_item(r, &r->items[0]);
    }
    if (out->precision)
        out->basis = VF_DATE_BASIS_STATED;
    else if (!out->flags)
        out->flags = VF_FLAG_BIT(DATE_UNREADABLE);
    return VF_OK;
}

static struct vf_date_span join_stated(const struct vf_date_span *start,
                                       const struct vf_date_span *end)
{
    struct vf_date_span all = *start;

    all.flags |= end->flags;
    if (start->precision && end->precision) {
        if (end->last < start->first) {
            all = vf_date_no_span;
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
static void complete_stated(struct vf_date_reading *r, struct vf_date_span *stated, bool has_end)
{
    r->low = stated->first;
    r->high = stated->last;
    if (r->question->published == VF_DAY_MIN)
        r->year_base = stated->first;
    struct vf_date_span text = resolve_text(r);
    if (!text.precision && r->question->published == VF_DAY_MIN) {
        r->base = r->year_base = stated->first;
        for (size_t i = 0; i < r->count && !text.precision; i++)
            if (r->items[i].kind == VF_ITEM_DATE)
                text = vf_date_span_of_item(r, &r->items[i]);
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

static void give(const struct vf_date_span *span, struct vf_date_answer *answer)
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
    struct vf_date_reading r = {.question = &question,
                                .memo = memo,
                                .language = vf_lexicon_language(question.language),
                                .low = VF_DAY_MIN,
                                .high = VF_DAY_MAX};
    struct vf_date_span start;
    struct vf_date_span end;

    question.published = plausible(asked->published);
    int rc = read_stated(&r, question.start, arena, &start);
    if (!rc)
        rc = read_stated(&r, question.end, arena, &end);
    if (!rc)
        rc = read_items(&r, question.text, arena);
    if (rc)
        return rc;
    struct vf_date_span span = join_stated(&start, &end);
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
