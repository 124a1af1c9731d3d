/*
 * What every unit test includes, in the order that cmocka wants it.
 */
#ifndef VF_TEST_SUPPORT_H
#define VF_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/slice.h"

#define assert_slice(slice, text)                                                                  \
    do {                                                                                           \
        struct vf_slice seen_ = (slice);                                                           \
        assert_non_null(seen_.ptr);                                                                \
        assert_int_equal(seen_.len, strlen(text));                                                 \
        assert_memory_equal(seen_.ptr, text, seen_.len);                                           \
    } while (0)

#define assert_contains(text, part)                                                                \
    do {                                                                                           \
        if (!strstr((text), (part)))                                                               \
            fail_msg("\"%s\" does not contain \"%s\"", (text), (part));                            \
    } while (0)

/* xorshift64*: a seed gives the same run everywhere. */
static inline uint64_t test_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545F4914F6CDD1DU;
}

#endif
