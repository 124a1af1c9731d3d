/*
 * The statements about time in a phrase. Internal to dates.
 */
#ifndef VF_NORMALIZE_DATE_ITEMS_H
#define VF_NORMALIZE_DATE_ITEMS_H

#include "normalize/date_words.h"

enum vf_date_item_kind {
    VF_ITEM_DATE,     /* any of year, months, days; 0 where not told */
    VF_ITEM_WEEKDAY,  /* weekday, modifier */
    VF_ITEM_OFFSET,   /* offset: days from publication */
    VF_ITEM_WEEK,     /* offset: weeks from the one of publication */
    VF_ITEM_MONTH,    /* offset: months, with days or without */
    VF_ITEM_YEAR,     /* offset: years */
    VF_ITEM_DURATION, /* offset: days it lasts */
};

enum vf_calendar { VF_GREGORIAN, VF_PERSIAN, VF_ISLAMIC, VF_HEBREW };

/* Where in the text it stands, the most telling first. A stamp, "(7 April 2025 11:45 UTC+04:00)",
 * says when the text came out and nothing of what it tells. */
enum vf_date_place { VF_PLACE_MAIN, VF_PLACE_DATELINE, VF_PLACE_PUBLISHED, VF_PLACE_STAMP };

/* Whether the day is the first or the last of a stay whose length is told; of a duration: whether
 * it counts from its beginning or its end. */
enum vf_date_edge { VF_EDGE_NONE, VF_EDGE_FIRST, VF_EDGE_LAST };

struct vf_date_item {
    uint8_t kind;
    uint8_t calendar;
    uint8_t place;
    uint8_t edge;
    int8_t month, last_month; /* equal but for quarters */
    int8_t day, last_day;     /* equal but for "12-15 May" */
    int8_t weekday;           /* -1: not told */
    int8_t modifier;          /* VF_WORD_LAST, _THIS, _NEXT, or 0 */
    bool swapped_too;         /* day and month may be the other way round */
    bool year_last_too;       /* the first of three numbers may be the year, the last the day */
    bool year_relative;       /* offset: years from that of publication */
    bool since;               /* only the beginning is told */
    bool until;               /* only the end is told */
    bool impossible;          /* such a day does not exist */
    int32_t year;
    int32_t offset;
    uint16_t segment; /* counts what semicolons part */
    uint16_t begin;   /* tokens */
    uint16_t end;     /* exclusive */
};

enum { VF_DATE_ITEMS_MAX = 16 }; /* more than any phrase tells; the rest is not read */

/* day_first: whether 03/04 is surely 3 April. Returns how many items were found. */
size_t vf_date_items_read(const struct vf_date_tokens *tokens, vf_language language, bool day_first,
                          struct vf_date_item items[VF_DATE_ITEMS_MAX]);

#endif
