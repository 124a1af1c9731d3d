/*
 * From one item to the days it tells. Internal to dates.
 */
#ifndef VF_NORMALIZE_DATE_SPANS_H
#define VF_NORMALIZE_DATE_SPANS_H

#include "normalize/date_items.h"
#include "normalize/dates.h"

struct vf_date_span {
    int32_t first;
    int32_t last;
    bool joined; /* of several statements, not one */
    uint8_t precision;
    uint8_t basis;
    vf_flags flags;
};

struct vf_date_reading {
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

/* No days told. */
extern const struct vf_date_span vf_date_no_span;

/* How far a candidate lies from what the tense asks for; less is better. */
int64_t vf_date_misfit(const struct vf_date_reading *r, const struct vf_date_span *span);

/* precision 0: it tells none, flags say why. */
struct vf_date_span vf_date_span_of_item(struct vf_date_reading *r, struct vf_date_item *item);

/* Of a DATE item with a month, taken as it is written. */
struct vf_date_span vf_date_span_of_date(struct vf_date_reading *r, struct vf_date_item *item);

/* Of two weekdays, from the first to the second. */
struct vf_date_span vf_date_span_of_weekdays(struct vf_date_reading *r,
                                             const struct vf_date_item *a,
                                             const struct vf_date_item *b);

#endif
