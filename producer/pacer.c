#include "pacer.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

enum { SECOND_NS = 1000000000 };

int64_t vf_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

void vf_sleep_until(int64_t when)
{
    struct timespec until = {.tv_sec = when / SECOND_NS, .tv_nsec = when % SECOND_NS};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

int vf_rate_parse(struct vf_slice text, double *per_second, struct vf_error *err)
{
    static const struct {
        const char *suffix;
        double seconds;
    } units[] = {{"", 1}, {"/s", 1}, {"/min", 60}, {"/h", 3600}};
    char *end;

    *per_second = 0;
    if (vf_slice_is(text, "max"))
        return VF_OK;
    double number = strtod(text.ptr, &end);
    bool valid = end != text.ptr && isfinite(number) && number >= 0 && number <= 1e9;
    for (size_t i = 0; valid && i < sizeof units / sizeof *units; i++) {
        if (strcmp(end, units[i].suffix) == 0) {
            *per_second = number / units[i].seconds;
            return VF_OK;
        }
    }
    return vf_error_set(err, VF_EUSAGE,
                        "--rate: \"%.*s\" is not a rate such as 500, 500/s, 30/min or max",
                        VF_SLICE_PRINT(text));
}

int64_t vf_pacer_next(struct vf_pacer *pacer, int64_t now)
{
    if (pacer->per_second <= 0)
        return now;
    if (!pacer->start)
        pacer->start = now;
    int64_t due = pacer->start + (int64_t)((double)pacer->count / pacer->per_second * SECOND_NS);
    if (now - due > SECOND_NS) { /* far behind: begin anew */
        pacer->start = due = now;
        pacer->count = 0;
    }
    pacer->count++;
    return due;
}
