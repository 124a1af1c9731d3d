/* Milliseconds of a clock that is never set. Internal to registry. */
#ifndef VF_REGISTRY_CLOCK_H
#define VF_REGISTRY_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t vf_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
