/*
 * Days of the proleptic Gregorian calendar, counted from 1970-01-01 (Avro's logical type
 * date), and dates that are known only to the month or year.
 */
#ifndef VF_BASE_DATE_H
#define VF_BASE_DATE_H

#include "base/slice.h"
#include <limits.h>
#include <stdint.h>

#define VF_DAY_MIN INT32_MIN                     /* stands for "no beginning" in comparisons */
#define VF_DAY_MAX INT32_MAX                     /* stands for "no end" */
enum { VF_YEAR_FIRST = 1, VF_YEAR_LAST = 9999 }; /* what ISO 8601 writes in four digits */
enum { VF_DATE_TEXT = 11 };                      /* bytes of YYYY-MM-DD and a NUL */

/* YYYY, YYYY-MM or YYYY-MM-DD; month and day are 0 where not told; year 0: no date at all. */
struct vf_partial_date {
    int16_t year;
    int8_t month;
    int8_t day;
};

/* Month 1..12, day 1..31, both must exist: see vf_date_exists. */
int32_t vf_day_from_civil(int year, int month, int day);
void vf_civil_from_day(int32_t day, int *year, int *month, int *day_of_month);
bool vf_date_exists(int year, int month, int day);
int vf_days_in_month(int year, int month);
/* 0 = Monday ... 6 = Sunday. */
int vf_weekday(int32_t day);
/* Floor of milliseconds since the epoch, in UTC, to days. */
int32_t vf_day_from_millis(int64_t millis);

/* 0, or VF_EDATA when the text has another form or the date does not exist. */
int vf_partial_date_parse(struct vf_slice text, struct vf_partial_date *out);
/* First and last day that the partial date can mean; VF_DAY_MIN/MAX where year is 0. */
int32_t vf_partial_date_first(struct vf_partial_date date);
int32_t vf_partial_date_last(struct vf_partial_date date);
/* Writes YYYY-MM-DD and a NUL; returns the length without it. */
size_t vf_day_format(int32_t day, char out[VF_DATE_TEXT]);

#endif
