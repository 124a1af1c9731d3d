/*
 * Calendars other than ours, and our own by weeks. Internal to dates.
 */
#ifndef VF_NORMALIZE_CALENDARS_H
#define VF_NORMALIZE_CALENDARS_H

#include "normalize/date_items.h"

/* The day (since 1970-01-01) of a date in the calendar. false: it does not exist, or the calendar
 * is not known so far back or ahead. Months of Hebrew years: 1 Tishri .. 6 Adar I, 7 Adar ..
 * 13 Elul. */
bool vf_calendar_day(enum vf_calendar calendar, int year, int month, int day, int32_t *out);
/* 0 where the month or year is not known. */
int vf_calendar_month_days(enum vf_calendar calendar, int year, int month);

/* ISO 8601 week dates; weekday 1 = Monday .. 7, 0: the whole week. Fills year, month and days (of
 * a week that lies in two months: nothing but its first day's month and days up to its end).
 * false: there is no such week. */
bool vf_iso_week(int year, int week, int weekday, struct vf_date_item *item);
/* Day of the year, 1 .. 366. */
bool vf_iso_ordinal(int year, int day, struct vf_date_item *item);

#endif
