#include "normalize/calendars.h"

#include "base/date.h"

/* Persian: years 1178 .. 1633 follow a cycle of 33 years. */
enum { PERSIAN_FIRST = 1178, PERSIAN_LAST = 1633, PERSIAN_ANCHOR = 1404 };

static bool persian_is_leap(int year)
{
    return (25 * year + 11) % 33 < 8;
}

static int persian_month_days(int year, int month)
{
    if (month <= 6)
        return 31;
    return month <= 11 || persian_is_leap(year) ? 30 : 29;
}

static int32_t persian_new_year(int year)
{
    int32_t day = vf_day_from_civil(2025, 3, 21); /* 1 Farvardin 1404 */

    for (int y = PERSIAN_ANCHOR; y < year; y++)
        day += 365 + persian_is_leap(y);
    for (int y = PERSIAN_ANCHOR; y > year; y--)
        day -= 365 + persian_is_leap(y - 1);
    return day;
}

/* Umm al-Qura, 1365 .. 1500: a bit for each month that has 30 days, the first month lowest. The
 * lengths are those published for Saudi Arabia's civil calendar; compared month by month with
 * hijridate 2.6.0. */
enum { ISLAMIC_FIRST = 1365, ISLAMIC_LAST = 1500 };

static const uint16_t islamic_long_months[] = {
    0xD55, 0x555, 0x555, 0xD55, 0x6D5, 0x555, 0xEA5, 0xD2A, 0xAAA, 0xCD5, 0x655, 0x572, 0xDA9,
    0x555, 0xAAA, 0x555, 0x52D, 0xA6D, 0x55A, 0x555, 0x74D, 0xD53, 0xD54, 0x556, 0xD55, 0x2D5,
    0xD55, 0xD54, 0xD45, 0x655, 0x52D, 0xA5D, 0x55A, 0xAD5, 0x6AA, 0xD4B, 0x52A, 0xA57, 0x4AE,
    0x976, 0x56C, 0xB55, 0xAAA, 0xA55, 0x4AD, 0x95D, 0x2DA, 0x5D9, 0xDB2, 0xBA4, 0xB4A, 0xA55,
    0x2B5, 0x575, 0xB6A, 0xBD2, 0xBC4, 0xB89, 0xA95, 0x52D, 0x5AD, 0xB6A, 0x6D4, 0xDC9, 0xD92,
    0xAA6, 0x956, 0x2AE, 0x56D, 0x36A, 0xB55, 0xAAA, 0x94D, 0x49D, 0x95D, 0x2BA, 0x5B5, 0x5AA,
    0xD55, 0xA9A, 0x92E, 0x26E, 0x55D, 0xADA, 0x6D4, 0x6A5, 0x54B, 0xA97, 0x54E, 0xAAE, 0x5AC,
    0xBA9, 0xD92, 0xB25, 0x64B, 0xCAB, 0x55A, 0xB55, 0x6D2, 0xEA5, 0xE4A, 0xA95, 0x52D, 0xAAD,
    0x36C, 0x759, 0x6D2, 0x695, 0x52D, 0xA5B, 0x4BA, 0x9BA, 0x3B4, 0xB69, 0xB52, 0xAA6, 0x4B6,
    0x96D, 0x2EC, 0x6D9, 0xEB2, 0xD54, 0xD2A, 0xA56, 0x4AE, 0x96D, 0xD6A, 0xB54, 0xB29, 0xA93,
    0x52B, 0xA57, 0x536, 0xAB5, 0x6AA, 0xE93,
};

static int islamic_month_days(int year, int month)
{
    return 29 + (islamic_long_months[year - ISLAMIC_FIRST] >> (month - 1) & 1);
}

static int32_t islamic_month_start(int year, int month)
{
    int32_t day = vf_day_from_civil(1945, 12, 5); /* 1 Muharram 1365 */

    for (int y = ISLAMIC_FIRST; y < year; y++)
        for (int m = 1; m <= 12; m++)
            day += islamic_month_days(y, m);
    for (int m = 1; m < month; m++)
        day += islamic_month_days(year, m);
    return day;
}

/* Hebrew: the molad of Tishri and the four postponements. */
enum { HEBREW_FIRST = 5600, HEBREW_LAST = 5999 };

static bool hebrew_is_leap(int year)
{
    return (7 * year + 1) % 19 < 7;
}

static int64_t hebrew_elapsed_days(int year)
{
    int64_t months = (235 * (int64_t)year - 234) / 19;
    int64_t parts = 12084 + 13753 * months;
    int64_t day = 29 * months + parts / 25920;
    return 3 * (day + 1) % 7 < 3 ? day + 1 : day;
}

static int64_t hebrew_new_year(int year)
{
    enum { EPOCH = -2092590 }; /* days from 1970-01-01 */
    int64_t before = hebrew_elapsed_days(year - 1);
    int64_t now = hebrew_elapsed_days(year);
    int64_t after = hebrew_elapsed_days(year + 1);
    int delay = after - now == 356 ? 2 : now - before == 382 ? 1 : 0;
    return EPOCH + now + delay;
}

static int hebrew_month_days(int year, int month)
{
    int64_t length = hebrew_new_year(year + 1) - hebrew_new_year(year);
    bool leap = hebrew_is_leap(year);

    switch (month) {
    case 2: return length % 10 == 5 ? 30 : 29;
    case 3: return length % 10 == 3 ? 29 : 30;
    case 6: return leap ? 30 : 0;
    case 4:
    case 7:
    case 9:
    case 11:
    case 13: return 29;
    default: return 30;
    }
}

int vf_calendar_month_days(enum vf_calendar calendar, int year, int month)
{
    if (month < 1 || month > (calendar == VF_HEBREW ? 13 : 12))
        return 0;
    switch (calendar) {
    case VF_PERSIAN:
        return year >= PERSIAN_FIRST && year <= PERSIAN_LAST ? persian_month_days(year, month) : 0;
    case VF_ISLAMIC:
        return year >= ISLAMIC_FIRST && year <= ISLAMIC_LAST ? islamic_month_days(year, month) : 0;
    case VF_HEBREW:
        return year >= HEBREW_FIRST && year <= HEBREW_LAST ? hebrew_month_days(year, month) : 0;
    default:
        return year >= VF_YEAR_FIRST && year <= VF_YEAR_LAST ? vf_days_in_month(year, month) : 0;
    }
}

bool vf_calendar_day(enum vf_calendar calendar, int year, int month, int day, int32_t *out)
{
    if (day < 1 || day > vf_calendar_month_days(calendar, year, month))
        return false;
    switch (calendar) {
    case VF_PERSIAN:
        *out = persian_new_year(year) + 31 * (month - 1) - (month > 7 ? month - 7 : 0) + day - 1;
        return true;
    case VF_ISLAMIC: *out = islamic_month_start(year, month) + day - 1; return true;
    case VF_HEBREW:
        *out = (int32_t)hebrew_new_year(year) + day - 1;
        for (int m = 1; m < month; m++)
            *out += hebrew_month_days(year, m);
        return true;
    default: *out = vf_day_from_civil(year, month, day); return true;
    }
}

static void set_day(struct vf_date_item *item, int32_t day)
{
    int year;
    int month;
    int of_month;

    vf_civil_from_day(day, &year, &month, &of_month);
    item->year = year;
    item->month = item->last_month = (int8_t)month;
    item->day = item->last_day = (int8_t)of_month;
}

bool vf_iso_week(int year, int week, int weekday, struct vf_date_item *item)
{
    if (year < VF_YEAR_FIRST || year > VF_YEAR_LAST || week < 1 || week > 53 || weekday > 7)
        return false;
    int32_t fourth = vf_day_from_civil(year, 1, 4); /* lies in week 1 */
    int32_t monday = fourth - vf_weekday(fourth) + 7 * (week - 1);
    int32_t next = vf_day_from_civil(year + 1, 1, 4);
    if (monday >= next - vf_weekday(next))
        return false;
    set_day(item, monday + (weekday ? weekday - 1 : 0));
    if (!weekday) {
        struct vf_date_item sunday = *item;
        set_day(&sunday, monday + 6);
        item->last_month = sunday.month;
        item->last_day = sunday.day;
    }
    return true;
}

bool vf_iso_ordinal(int year, int day, struct vf_date_item *item)
{
    if (year < VF_YEAR_FIRST || year > VF_YEAR_LAST || day < 1 ||
        day > (vf_date_exists(year, 2, 29) ? 366 : 365))
        return false;
    set_day(item, vf_day_from_civil(year, 1, 1) + day - 1);
    return true;
}
