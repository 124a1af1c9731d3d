#include "replay_clock.h"

#include <math.h>
#include <stdlib.h>

enum { MS_NS = 1000000 };

int vf_speed_parse(struct vf_slice text, double *speed, struct vf_error *err)
{
    char *end;

    *speed = 0;
    if (vf_slice_is(text, "max"))
        return VF_OK;
    *speed = strtod(text.ptr, &end);
    if (end != text.ptr && strcmp(end, "x") == 0 && isfinite(*speed) && *speed > 0)
        return VF_OK;
    return vf_error_set(err, VF_EUSAGE, "--speed: \"%s\" is not a speed such as 1x, 0.5x or max",
                        text.ptr);
}

int64_t vf_replay_clock_due(struct vf_replay_clock *clock, int64_t time_ms, int64_t now_ns)
{
    if (clock->speed <= 0)
        return now_ns;
    if (!clock->begun && time_ms < 0)
        return now_ns;
    if (!clock->begun) {
        clock->begun = true;
        clock->begin_ns = now_ns;
        clock->last_ms = time_ms;
    }
    if (time_ms > clock->last_ms) {
        int64_t gap = time_ms - clock->last_ms;
        bool cut = clock->gap_max_ms && gap > clock->gap_max_ms;
        clock->elapsed_ms += (double)(cut ? clock->gap_max_ms : gap);
        clock->last_ms = time_ms;
    }
    return clock->begin_ns + (int64_t)(clock->elapsed_ms / clock->speed * MS_NS);
}
