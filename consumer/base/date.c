#include "base/date.h"

#include "base/error.h"

/* Days from civil: years run from March, so that the leap day comes last; eras of 400 years. */
int32_t vf_day_from_civil(int year, int month, int day)
{
    int y = year - (month <= 2);
    int era = (y >= 0 ? y : y - 399) / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void vf_civil_from_day(int32_t day, int *year, int *month, int *day_of_month)
{
    int64_t z = (int64_t)day + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int doe = (int)(z - era * 146097);
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int mp = (5 * doy + 2) / 153;
    *day_of_month = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = (int)(yoe + era * 400) + (*month <= 2);
}

int vf_days_in_month(int year, int month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

bool vf_date_exists(int year, int month, int day)
{
    return year >= VF_YEAR_FIRST && year <= VF_YEAR_LAST && month >= 1 && month <= 12 && day >= 1 &&
           day <= vf_days_in_month(year, month);
}

int vf_weekday(int32_t day)
{
    int64_t monday_based = ((int64_t)day + 3) % 7; /* 1970-01-01 was a Thursday */
    return (int)(monday_based < 0 ? monday_based + 7 : monday_based);
}

int32_t vf_day_from_millis(int64_t millis)
{
    enum { MILLIS_PER_DAY = 86400000 };
    int64_t day = millis / MILLIS_PER_DAY - (millis % MILLIS_PER_DAY < 0);
    return day > INT32_MAX ? INT32_MAX : day < INT32_MIN ? INT32_MIN : (int32_t)day;
}

static int digits(struct vf_slice text, size_t at, size_t count)
{
    int value = 0;
    for (size_t i = at; i < at + count; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return -1;
        value = value * 10 + (text.ptr[i] - '0');
    }
    return value;
}

int vf_partial_date_parse(struct vf_slice text, struct vf_partial_date *out)
{
    *out = (struct vf_partial_date){0};
    if (text.len != 4 && text.len != 7 && text.len != 10)
        return VF_EDATA;
    if ((text.len > 4 && text.ptr[4] != '-') || (text.len > 7 && text.ptr[7] != '-'))
        return VF_EDATA;
    int year = digits(text, 0, 4);
    int month = text.len > 4 ? digits(text, 5, 2) : 0;
    int day = text.len > 7 ? digits(text, 8, 2) : 0;
    if (!vf_date_exists(year, text.len > 4 ? month : 1, text.len > 7 ? day : 1))
        return VF_EDATA;
    *out = (struct vf_partial_date){(int16_t)year, (int8_t)month, (int8_t)day};
    return VF_OK;
}

int32_t vf_partial_date_first(struct vf_partial_date date)
{
    if (!date.year)
        return VF_DAY_MIN;
    return vf_day_from_civil(date.year, date.month ? date.month : 1, date.day ? date.day : 1);
}

int32_t vf_partial_date_last(struct vf_partial_date date)
{
    if (!date.year)
        return VF_DAY_MAX;
    int month = date.month ? date.month : 12;
    int day = date.day ? date.day : vf_days_in_month(date.year, month);
    return vf_day_from_civil(date.year, month, day);
}

size_t vf_day_format(int32_t day, char out[VF_DATE_TEXT])
{
    int year;
    int month;
    int dom;
    vf_civil_from_day(day, &year, &month, &dom);
    if (year < VF_YEAR_FIRST || year > VF_YEAR_LAST) {
        out[0] = '\0';
        return 0;
    }
    const int parts[] = {year / 100, year % 100, month, dom};
    char *at = out;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (i >= 2)
            *at++ = '-';
        *at++ = (char)('0' + parts[i] / 10);
        *at++ = (char)('0' + parts[i] % 10);
    }
    *at = '\0';
    return (size_t)(at - out);
}
