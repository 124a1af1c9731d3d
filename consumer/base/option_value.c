#include "base/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit duration_units[] = {
    {"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {NULL, 0}};
static const struct unit size_units[] = {{"", 1},          {"B", 1},         {"KiB", 1 << 10},
                                         {"MiB", 1 << 20}, {"GiB", 1 << 30}, {NULL, 0}};
static const struct unit plain_units[] = {{"", 1}, {NULL, 0}};

static bool parse_quantity(const char *text, const struct unit *units, int64_t *out)
{
    char *end;

    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno || end == text)
        return false;
    while (*end == ' ')
        end++;
    if (number == 0 && *end == '\0') { /* nothing is nothing in any unit */
        *out = 0;
        return true;
    }
    for (; units->name; units++)
        if (strcmp(end, units->name) == 0)
            return !__builtin_mul_overflow((int64_t)number, units->factor, out);
    return false;
}

static bool parse_bool(const char *text, bool *out)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1", NULL};

    for (size_t i = 0; words[i]; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = i % 2;
            return true;
        }
    }
    return false;
}

static int set_quantity(const struct vf_option *option, const struct unit *units, const char *form,
                        const char *text, void *field, struct vf_error *err)
{
    int64_t number;

    if (!parse_quantity(text, units, &number))
        return vf_error_set(err, VF_ECONFIG, "\"%s\" is not %s", text, form);
    if (number < option->min || number > option->max)
        return vf_error_set(err, VF_ECONFIG, "%s is out of range (%lld to %lld)", text,
                            (long long)option->min, (long long)option->max);
    memcpy(field, &number, sizeof number);
    return VF_OK;
}

static int set_choice(const struct vf_option *option, const char *text, void *field,
                      struct vf_error *err)
{
    char known[200] = "";
    size_t used = 0;

    for (int64_t i = 0; option->choices[i]; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            memcpy(field, &i, sizeof i);
            return VF_OK;
        }
        int n =
            snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", option->choices[i]);
        used += n > 0 && (size_t)n < sizeof known - used ? (size_t)n : 0;
    }
    return vf_error_set(err, VF_ECONFIG, "\"%s\" is none of: %s", text, known);
}

int vf_option_set(const struct vf_option *option, struct vf_slice value, void *target,
                  struct vf_error *err)
{
    void *field = (char *)target + option->offset;
    bool flag;

    switch (option->type) {
    case VF_OPTION_TEXT: memcpy(field, &value, sizeof value); return VF_OK;
    case VF_OPTION_INT: return set_quantity(option, plain_units, "a number", value.ptr, field, err);
    case VF_OPTION_DURATION:
        return set_quantity(option, duration_units, "a duration such as 250ms, 5s, 10min or 1h",
                            value.ptr, field, err);
    case VF_OPTION_SIZE:
        return set_quantity(option, size_units, "a size such as 64KiB or 16MiB", value.ptr, field,
                            err);
    case VF_OPTION_CHOICE: return set_choice(option, value.ptr, field, err);
    case VF_OPTION_BOOL:
        if (!parse_bool(value.ptr, &flag))
            return vf_error_set(err, VF_ECONFIG, "\"%s\" is neither true nor false", value.ptr);
        memcpy(field, &flag, sizeof flag);
        return VF_OK;
    }
    return VF_OK;
}
