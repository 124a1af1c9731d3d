/*
 * What the parsers of dates ask of a token. Internal to dates.
 */
#ifndef VF_NORMALIZE_DATE_SCAN_H
#define VF_NORMALIZE_DATE_SCAN_H

#include "normalize/date_items.h"

struct scan {
    const struct vf_date_token *at;
    size_t count;
    bool day_first;
    bool english;
    bool arabic;
    bool chinese;
};

static inline bool is(const struct scan *s, size_t i, enum vf_word_kind kind)
{
    return s->at[i].kind == kind;
}

static inline bool is_mark(const struct scan *s, size_t i, char mark)
{
    return s->at[i].kind == VF_WORD_MARK && s->at[i].value == mark;
}

static inline bool is_digits(const struct scan *s, size_t i, int low, int high)
{
    return s->at[i].kind == VF_WORD_DIGITS && s->at[i].value >= low && s->at[i].value <= high;
}

static inline bool is_soft_word(const struct scan *s, size_t i)
{
    return is(s, i, VF_WORD_FILLER) || is(s, i, VF_WORD_HENCE);
}

/* Past a time of day, whose numbers are no days: "11:45", "15h30", "UTC+04:00"; 0: none. */
size_t vf_date_skip_clock(const struct scan *s, size_t i);

/* What stands around an item: the ends of a range, a street named after a day. */
void vf_date_item_surround(const struct scan *s, bool first, struct vf_date_item *item);
bool vf_date_item_tells_no_day(const struct scan *s, const struct vf_date_item *item);

/* Sets place and edge of the items of the segment from begin to end. */
void vf_date_items_place(const struct scan *s, size_t begin, size_t end, struct vf_date_item *items,
                         size_t count);

#endif
