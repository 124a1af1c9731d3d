/* Comparing what was expected with what was found. */
#include "test_support.h"

#include "base/memory.h"
#include "verify.h"
#include <stdio.h>
#include <stdlib.h>

static char told[4096];
static size_t told_used;

static void on_difference(void *owner, const struct vf_difference *difference)
{
    static const char letters[] = {[VF_MISSING] = 'M',
                                   [VF_CHANGED] = 'C',
                                   [VF_DUPLICATE] = 'D',
                                   [VF_MOVED] = 'O',
                                   [VF_UNEXPECTED] = 'U'};
    (void)owner;
    if (told_used + 32 > sizeof told)
        return;
    told_used += (size_t)snprintf(told + told_used, sizeof told - told_used, "%c%d",
                                  letters[difference->kind], (int)difference->expected);
    if (difference->aspects)
        told_used +=
            (size_t)snprintf(told + told_used, sizeof told - told_used, "/%u", difference->aspects);
    told_used += (size_t)snprintf(told + told_used, sizeof told - told_used, " ");
}

/* Records as texts: "p:k:v:t", partition, key, value, timestamp; key or value "-" is null. */
static struct vf_record parse(char *text)
{
    char *parts[4];
    for (int i = 0; i < 4; i++)
        parts[i] = strtok(i ? NULL : text, ":");
    return (struct vf_record){.topic = vf_slice_of("t"),
                              .partition = atoi(parts[0]),
                              .key = strcmp(parts[1], "-") ? vf_slice_of(parts[1]) : VF_SLICE_NULL,
                              .value =
                                  strcmp(parts[2], "-") ? vf_slice_of(parts[2]) : VF_SLICE_NULL,
                              .timestamp_ms = atoi(parts[3])};
}

static struct vf_verify_counts compare(bool by_key, unsigned ignored, const char *expected,
                                       const char *found)
{
    struct vf_verify_config config = {
        .by_key = by_key, .ignored = ignored, .on_difference = on_difference};
    struct vf_verify_counts counts;
    struct vf_verify *verify;
    struct vf_error err;
    char text[64];

    told_used = 0;
    told[0] = '\0';
    assert_int_equal(vf_verify_create(&config, &verify, &err), 0);
    for (int side = 0; side < 2; side++) {
        const char *at = side ? found : expected;
        while (*at) {
            size_t length = strcspn(at, " ");
            snprintf(text, sizeof text, "%.*s", (int)length, at);
            struct vf_record record = parse(text);
            assert_int_equal(side ? vf_verify_find(verify, &record, &err)
                                  : vf_verify_expect(verify, &record, &err),
                             0);
            at += length + (at[length] == ' ');
        }
    }
    vf_verify_end(verify, &counts);
    vf_verify_free(verify);
    assert_int_equal(counts.expected,
                     counts.matched + counts.changed + counts.moved + counts.missing);
    assert_int_equal(counts.found, counts.matched + counts.changed + counts.moved +
                                       counts.duplicate + counts.unexpected);
    return counts;
}

static void expect_differences(bool by_key, const char *expected, const char *found,
                               const char *differences)
{
    compare(by_key, 0, expected, found);
    assert_string_equal(told, differences);
}

static void the_same(void **state)
{
    (void)state;
    expect_differences(false, "", "", "");
    expect_differences(false, "0:a:1:5 1:b:2:6 0:a:3:7", "1:b:2:6 0:a:1:5 0:a:3:7", "");
    expect_differences(false, "0:a:1:5 0:a:1:5", "0:a:1:5 0:a:1:5", "");
    expect_differences(true, "0:a:1:5 1:b:2:6", "3:b:2:6 2:a:1:5", "");
}

static void each_difference_is_what_it_is(void **state)
{
    (void)state;
    expect_differences(false, "0:a:1:1 0:a:2:2 0:a:3:3", "0:a:1:1 0:a:3:3", "M2 ");
    expect_differences(false, "0:a:1:1 0:a:2:2", "0:a:1:1 0:a:1:1 0:a:2:2", "D1 ");
    expect_differences(false, "0:a:1:1 0:a:2:2", "0:a:1:1 0:x:9:9 0:a:2:2", "U0 ");
    expect_differences(false, "0:a:1:1 0:a:2:2", "0:a:2:2 0:a:1:1", "M1 O1 ");
    expect_differences(false, "0:a:1:1", "", "M1 ");
    expect_differences(false, "", "0:a:1:1", "U0 ");
    expect_differences(false, "0:a:1:1", "1:a:1:1", "U0 M1 "); /* another partition */
    expect_differences(true, "0:a:1:1", "0:b:1:1", "U0 M1 ");
}

static void changed_aspects(void **state)
{
    (void)state;
    expect_differences(false, "0:a:1:1 0:a:2:2", "0:a:9:1 0:a:2:2", "C1/2 ");
    expect_differences(false, "0:a:1:1", "0:b:1:1", "C1/1 ");
    expect_differences(false, "0:a:1:1", "0:a:1:7", "C1/8 ");
    expect_differences(false, "0:a:-:1", "0:a:1:1", "C1/2 ");
    expect_differences(false, "0:-:1:1", "0:a:1:1", "C1/1 ");
    compare(false, VF_ASPECT_TIMESTAMP, "0:a:1:1", "0:a:1:7");
    assert_string_equal(told, "");
    compare(false, VF_ASPECT_VALUE | VF_ASPECT_KEY, "0:a:1:1", "0:b:2:1");
    assert_string_equal(told, "");
}

static void order_of_keys_counts_among_keys_only(void **state)
{
    (void)state;
    expect_differences(true, "0:a:1:1 0:b:1:2 0:a:2:3", "5:b:1:2 4:a:1:1 4:a:2:3", "");
    expect_differences(true, "0:a:1:1 0:a:2:3", "4:a:2:3 4:a:1:1", "M1 O1 ");
    expect_differences(true, "0:-:1:1", "0:-:1:1", ""); /* no key is one of its own */
}

static void headers_count(void **state)
{
    static const struct vf_header ab[] = {{VF_SLICE_LITERAL("a"), VF_SLICE_LITERAL("")},
                                          {VF_SLICE_LITERAL("b"), {NULL, 0}}};
    static const struct vf_header variants[][2] = {
        {{VF_SLICE_LITERAL("b"), {NULL, 0}}, {VF_SLICE_LITERAL("a"), VF_SLICE_LITERAL("")}},
        {{VF_SLICE_LITERAL("a"), {NULL, 0}}, {VF_SLICE_LITERAL("b"), {NULL, 0}}},
        {{VF_SLICE_LITERAL("a"), VF_SLICE_LITERAL("b")}, {VF_SLICE_LITERAL(""), {NULL, 0}}}};
    struct vf_verify_config config = {.on_difference = on_difference};
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        struct vf_record expected = {.topic = vf_slice_of("t"), .headers = ab, .header_count = 2};
        struct vf_record found = {
            .topic = vf_slice_of("t"), .headers = variants[i], .header_count = 2};
        struct vf_verify *verify;
        struct vf_error err;
        struct vf_verify_counts counts;
        assert_int_equal(vf_verify_create(&config, &verify, &err), 0);
        vf_verify_expect(verify, &expected, &err);
        vf_verify_expect(verify, &expected, &err);
        vf_verify_find(verify, &found, &err);
        vf_verify_find(verify, &expected, &err);
        vf_verify_end(verify, &counts);
        assert_int_equal(counts.changed, 1);
        assert_int_equal(counts.matched, 1);
        vf_verify_free(verify);
    }
}

static void no_memory(void **state)
{
    struct vf_verify_config config = {.on_difference = on_difference};
    struct vf_record record = {.topic = vf_slice_of("t"), .value = vf_slice_of("v")};
    bool done = false;
    struct vf_error err;
    (void)state;

    for (unsigned long n = 1; n < 50 && !done; n++) {
        struct vf_verify *verify;
        vf_memory_fail_after(n);
        int rc = vf_verify_create(&config, &verify, &err);
        for (int i = 0; !rc && i < 20; i++) {
            record.partition = i;
            rc = vf_verify_expect(verify, &record, &err);
        }
        vf_memory_fail_after(0);
        assert_true(rc == 0 || rc == VF_ENOMEM);
        done = rc == 0;
        vf_verify_free(verify);
    }
    assert_true(done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same),        cmocka_unit_test(each_difference_is_what_it_is),
        cmocka_unit_test(changed_aspects), cmocka_unit_test(order_of_keys_counts_among_keys_only),
        cmocka_unit_test(headers_count),   cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
