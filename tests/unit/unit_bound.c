/* Times, spans and bounds as people type them. */
#include "test_support.h"

#include "bound.h"

enum { NOW = 1000000 };

static int64_t time_of(const char *text)
{
    struct vf_error err = {0};
    int64_t out;
    int rc = vf_time_parse(vf_slice_of(text), NOW, &out, &err);
    if (rc)
        fail_msg("%s", err.text);
    return out;
}

static void times(void **state)
{
    (void)state;
    assert_int_equal(time_of("1970-01-01"), 0);
    assert_int_equal(time_of("1969-12-31T23:59:59.999Z"), -1);
    assert_int_equal(time_of("2025-09-18"), 1758153600000);
    assert_int_equal(time_of("2025-09-18T01:02"), 1758157320000);
    assert_int_equal(time_of("2025-09-18 01:02:03"), 1758157323000);
    assert_int_equal(time_of("2025-09-18T01:02:03.004Z"), 1758157323004);
    assert_int_equal(time_of("2025-09-18T05:32:03.004+04:30"), 1758157323004);
    assert_int_equal(time_of("2025-09-17T21:02:03-0400"), 1758157323000);
    assert_int_equal(time_of("1758157323004"), 1758157323004);
    assert_int_equal(time_of("0"), 0);
    assert_int_equal(time_of("-10s"), NOW - 10000);
    assert_int_equal(time_of("-1h30min"), NOW - 5400000);
}

static void what_is_no_time(void **state)
{
    static const char *const wrong[] = {"",
                                        "yesterday",
                                        "2025-02-29",
                                        "2025-13-01",
                                        "2025-9-18",
                                        "2025-09-18T25:00",
                                        "2025-09-18T10",
                                        "2025-09-18T10:00:61",
                                        "2025-09-18T10:00:00.1",
                                        "2025-09-18T10:00Zx",
                                        "2025-09-18T10:00+15:00",
                                        "99999999999999999999",
                                        "-",
                                        "-5",
                                        "10s"};
    struct vf_error err;
    int64_t out;
    (void)state;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        err.text[0] = '\0';
        if (vf_time_parse(vf_slice_of(wrong[i]), NOW, &out, &err) != VF_EUSAGE)
            fail_msg("\"%s\" was taken for a time", wrong[i]);
        assert_contains(err.text, wrong[i]);
    }
}

static void spans(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } right[] = {{"250ms", 250},
                 {"5s", 5000},
                 {"3min", 180000},
                 {"2h30min", 9000000},
                 {"-3d", -259200000},
                 {"1w", 604800000},
                 {"1d1h1min1s1ms", 90061001},
                 {"0s", 0}};
    static const char *const wrong[] = {"",   "5", "s",       "5 s",
                                        "5m", "-", "1h-1min", "9999999999999w"};
    struct vf_error err;
    int64_t out;
    (void)state;

    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        assert_int_equal(vf_span_parse(vf_slice_of(right[i].text), &out, &err), 0);
        assert_int_equal(out, right[i].ms);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(vf_span_parse(vf_slice_of(wrong[i]), &out, &err), VF_EUSAGE);
}

static void expect_bound(const char *text, enum vf_bound_kind kind, int64_t value)
{
    struct vf_error err = {0};
    struct vf_bound bound;

    assert_int_equal(vf_bound_parse(vf_slice_of(text), NOW, &bound, &err), 0);
    assert_int_equal(bound.kind, kind);
    assert_int_equal(bound.value, value);
}

static void bounds(void **state)
{
    static const char *const wrong[] = {"",          "begin",   "last:",  "last:x",
                                        "offset:-1", "endless", "last:5x"};
    struct vf_error err;
    struct vf_bound bound;
    (void)state;

    expect_bound("beginning", VF_BOUND_BEGINNING, 0);
    expect_bound("end", VF_BOUND_END, 0);
    expect_bound("never", VF_BOUND_NEVER, 0);
    expect_bound("last:10", VF_BOUND_LAST, 10);
    expect_bound("offset:123", VF_BOUND_OFFSET, 123);
    expect_bound("2025-09-18", VF_BOUND_TIME, 1758153600000);
    expect_bound("-1s", VF_BOUND_TIME, NOW - 1000);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(vf_bound_parse(vf_slice_of(wrong[i]), NOW, &bound, &err), VF_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times),
        cmocka_unit_test(what_is_no_time),
        cmocka_unit_test(spans),
        cmocka_unit_test(bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
