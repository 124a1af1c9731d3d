/*
 * Where in the text a date stands and what that makes of it: a dateline, a stamp, a day that
 * something ended on, a street named after a day.
 */
#include "normalize/date_scan.h"

size_t vf_date_skip_clock(const struct scan *s, size_t i)
{
    if (!is(s, i, VF_WORD_DIGITS) || s->at[i].digits > 2)
        return 0;
    if (is_mark(s, i + 1, ':') && is(s, i + 2, VF_WORD_DIGITS)) {
        i += 3;
        while (is_mark(s, i, ':') && is(s, i + 1, VF_WORD_DIGITS))
            i += 2;
        return i;
    }
    return is(s, i + 1, VF_WORD_CLOCK) ? i + 2 + is(s, i + 2, VF_WORD_DIGITS) : 0;
}

/* In brackets of its own, with hour and zone. */
static bool is_stamp(const struct scan *s, const struct vf_date_item *item)
{
    enum { ZONE_TOKENS_MAX = 6 }; /* "UTC", "+", "04", ":", "00", ")" */
    size_t i = item->end;

    if (item->begin == 0 || !is_mark(s, (size_t)item->begin - 1, '('))
        return false;
    i += is_mark(s, i, ',');
    size_t clock = vf_date_skip_clock(s, i);
    if (!clock || !is(s, clock, VF_WORD_CLOCK))
        return false;
    for (i = clock + 1; i < clock + ZONE_TOKENS_MAX && i < s->count; i++)
        if (is_mark(s, i, ')'))
            return true;
    return false;
}

void vf_date_item_surround(const struct scan *s, bool first, struct vf_date_item *item)
{
    size_t i = item->begin;

    while (i > 0 && (is_soft_word(s, i - 1) || is(s, i - 1, VF_WORD_DAY_BEFORE)))
        i--;
    if (i == 0)
        return;
    item->since = is(s, i - 1, VF_WORD_SINCE);
    item->until = is(s, i - 1, VF_WORD_BY) || (first && is(s, i - 1, VF_WORD_TO));
    if (item->since || is(s, i - 1, VF_WORD_FROM))
        item->edge = VF_EDGE_FIRST;
}

/* A street of that name, a custom of that weekday, the year something has been so since. */
bool vf_date_item_tells_no_day(const struct scan *s, const struct vf_date_item *item)
{
    size_t i = item->begin;

    if (item->kind == VF_ITEM_DATE && item->since && !item->month && !item->day)
        return true;
    if (item->kind != VF_ITEM_DATE && item->kind != VF_ITEM_WEEKDAY)
        return false;
    if (is(s, item->end, VF_WORD_NAME_AFTER))
        return true;
    /* "rue du", "Straße des" */
    if (i > 1 && (is(s, i - 1, VF_WORD_FROM) || is_soft_word(s, i - 1)))
        i--;
    return i > 0 && is(s, i - 1, VF_WORD_NAME_BEFORE);
}

/* Past a news agency behind a dateline: "(Xinhua)", "/TASS/", ", AZERTAC"; i if there is none. */
static size_t skip_agency(const struct scan *s, size_t i, size_t end)
{
    enum { AGENCY_TOKENS_MAX = 6 };
    size_t at = i + is_mark(s, i, '.');
    char close = is_mark(s, at, '(') ? ')' : is_mark(s, at, '/') ? '/' : 0;

    if (is_mark(s, i, ',') && is(s, i + 1, VF_WORD_OTHER) && s->at[i + 1].caps)
        return i + 2;
    for (size_t k = at + 1; close && k < end && k <= at + AGENCY_TOKENS_MAX; k++) {
        if (is_mark(s, k, close))
            return k + 1;
        if (is(s, k, VF_WORD_DIGITS) || is_mark(s, k, ';') || is_mark(s, k, ','))
            return i;
    }
    return i;
}

/* Where a dateline whose date ends at i is closed and the report begins; 0: it is not. A dash in
 * front of another date may be that of a range. */
static size_t close_dateline(const struct scan *s, size_t i, size_t end)
{
    size_t at = skip_agency(s, i, end);
    bool agency = at > i;
    size_t dashes = 0;

    at += is_mark(s, at, '.') && !is_mark(s, at + 1, '-');
    while (is_mark(s, at, '-') || is_mark(s, at, ':')) {
        at++;
        dashes++;
    }
    if (at >= end || (!agency && !dashes))
        return 0;
    switch (s->at[at].kind) {
    case VF_WORD_DIGITS:
    case VF_WORD_MONTH:
    case VF_WORD_WEEKDAY: return agency ? at : 0;
    default: return at;
    }
}

/* "BAKU, Azerbaijan, September 18": some words without meaning here, commas, the date; or
 * "NAIROBI 20 November -", the place in capitals and the date closed. *stop: where it ends. */
static bool looks_like_dateline(const struct scan *s, size_t begin, size_t end,
                                const struct vf_date_item *date, size_t *stop)
{
    enum { WORDS_MAX = 6 };
    size_t words = 0;
    bool comma = false;

    for (size_t i = begin; i < date->begin; i++) {
        if (is_mark(s, i, ',')) {
            comma = true;
        } else if (is(s, i, VF_WORD_OTHER) && s->at[i].upper) {
            words++;
        } else if (!is_mark(s, i, '-') && !is_mark(s, i, '.') && !is_mark(s, i, '(') &&
                   !is_mark(s, i, ')')) {
            return false;
        }
    }
    size_t closed = close_dateline(s, date->end, end);
    *stop = closed ? closed : end;
    if (words < 1 || words > WORDS_MAX)
        return false;
    return (comma && is_mark(s, (size_t)date->begin - 1, ',')) || (closed && s->at[begin].caps);
}

/* The kind of dateline or publication that words of the segment tell. *stop: the items in front
 * of it stand there, the others are of the report itself. */
static uint8_t find_place(const struct scan *s, size_t begin, size_t end,
                          const struct vf_date_item *items, size_t count, size_t *stop)
{
    uint8_t place = VF_PLACE_MAIN;

    *stop = end;
    for (size_t i = begin; i < end; i++) {
        if (is(s, i, VF_WORD_PUBLISHED))
            place = VF_PLACE_PUBLISHED;
        if (!is(s, i, VF_WORD_DATELINE) || place != VF_PLACE_MAIN)
            continue;
        place = VF_PLACE_DATELINE;
        if (count && items[0].end == i) /* "北京9月18日电" */
            *stop = i;
    }
    if (place == VF_PLACE_PUBLISHED)
        *stop = end;
    else if (count && place == VF_PLACE_MAIN && looks_like_dateline(s, begin, end, items, stop))
        place = VF_PLACE_DATELINE;
    return place;
}

/* Which end of the stay the word at i tells of: one of leaving tells of its end unless a visit is
 * what the way leads to, as in "left Moscow for a three-day visit". */
static uint8_t edge_at(const struct scan *s, size_t i, size_t end)
{
    switch (s->at[i].kind) {
    case VF_WORD_BEGUN: return VF_EDGE_FIRST;
    case VF_WORD_ENDED: return VF_EDGE_LAST;
    case VF_WORD_LEFT:
        for (size_t k = i + 1; k < end; k++)
            if (is(s, k, VF_WORD_TOWARDS))
                return VF_EDGE_FIRST;
        return VF_EDGE_LAST;
    default: return VF_EDGE_NONE;
    }
}

/* "after his four-day visit" */
static bool is_after(const struct scan *s, size_t begin, const struct vf_date_item *duration)
{
    enum { WORDS_BETWEEN_MAX = 4 };

    for (size_t i = duration->begin, n = 0; i > begin && n <= WORDS_BETWEEN_MAX; n++)
        if (is(s, --i, VF_WORD_AFTER))
            return true;
    return false;
}

/* The nearest word of beginning or ending says which end a day is, or how a duration counts. */
static void set_edge(const struct scan *s, size_t begin, size_t end, struct vf_date_item *item)
{
    size_t nearest = SIZE_MAX;

    if (item->kind == VF_ITEM_DURATION && is_after(s, begin, item)) {
        item->edge = VF_EDGE_LAST;
        return;
    }
    for (size_t i = begin; i < end && !item->since; i++) {
        uint8_t edge = edge_at(s, i, end);
        size_t distance = i < item->begin ? item->begin - i : i - item->begin;
        if (i >= item->end)
            distance = i + 1 - item->end;
        if (!edge || distance >= nearest)
            continue;
        nearest = distance;
        item->edge = edge;
    }
}

void vf_date_items_place(const struct scan *s, size_t begin, size_t end, struct vf_date_item *items,
                         size_t count)
{
    size_t stop;
    uint8_t place = find_place(s, begin, end, items, count, &stop);

    for (size_t i = 0; i < count; i++) {
        items[i].place = items[i].end <= stop ? place : VF_PLACE_MAIN;
        if (is_stamp(s, &items[i]))
            items[i].place = VF_PLACE_STAMP;
        set_edge(s, begin, end, &items[i]);
    }
}
