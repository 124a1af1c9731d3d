/* The producer's small parts: base64, pacing, the dead-letter file, progress. */
#include "test_support.h"

#include "base64.h"
#include "pacer.h"
#include "progress.h"
#include "rejects.h"
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void base64_vectors(void **state)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    struct vf_buffer out;
    (void)state;

    vf_buffer_init(&out, 1024);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        vf_buffer_clear(&out);
        assert_true(vf_base64_encode(vf_slice_of(pairs[i][0]), &out));
        assert_true(vf_slice_is(vf_buffer_slice(&out), pairs[i][1]));
        vf_buffer_clear(&out);
        assert_true(vf_base64_decode(vf_slice_of(pairs[i][1]), &out));
        assert_true(vf_slice_is(vf_buffer_slice(&out), pairs[i][0]));
    }
    vf_buffer_release(&out);
}

static void base64_round_trip_and_refusals(void **state)
{
    static const char *const wrong[] = {
        "Zg", "Zg=", "Z===", "====", "Zm9v\n", "Zm 9", "Zm9=Zm9v", "Zm9-"};
    struct vf_buffer text, bytes;
    char input[300];
    uint64_t seed = 5;
    (void)state;

    vf_buffer_init(&text, 1024);
    vf_buffer_init(&bytes, 1024);
    for (size_t length = 0; length < sizeof input; length++) {
        for (size_t i = 0; i < length; i++)
            input[i] = (char)test_random(&seed);
        vf_buffer_clear(&text);
        vf_buffer_clear(&bytes);
        assert_true(vf_base64_encode(vf_slice(input, length), &text));
        assert_true(vf_base64_decode(vf_buffer_slice(&text), &bytes));
        assert_true(vf_slice_equal(vf_buffer_slice(&bytes), vf_slice(input, length)));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(vf_base64_decode(vf_slice_of(wrong[i]), &bytes));
    vf_buffer_release(&text);
    vf_buffer_release(&bytes);
    vf_buffer_init(&text, 7);
    assert_false(vf_base64_encode(vf_slice_of("foobar"), &text)); /* takes 8 */
    vf_buffer_release(&text);
}

static void rates(void **state)
{
    struct vf_error err = {0};
    double rate = -1;
    (void)state;

    assert_int_equal(vf_rate_parse(vf_slice_of("max"), &rate, &err), 0);
    assert_true(rate == 0);
    assert_int_equal(vf_rate_parse(vf_slice_of("500"), &rate, &err), 0);
    assert_true(rate == 500);
    assert_int_equal(vf_rate_parse(vf_slice_of("2.5/s"), &rate, &err), 0);
    assert_true(rate == 2.5);
    assert_int_equal(vf_rate_parse(vf_slice_of("30/min"), &rate, &err), 0);
    assert_true(rate == 0.5);
    static const char *const wrong[] = {"", "fast", "-1", "5/d", "nan", "1e99", "5 /s"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(vf_rate_parse(vf_slice_of(wrong[i]), &rate, &err), VF_EUSAGE);
}

static void pace_is_even_and_does_not_burst(void **state)
{
    enum { MS = 1000000 };
    struct vf_pacer pacer = {.per_second = 100};
    int64_t now = 5000 * (int64_t)MS;
    (void)state;

    for (int i = 0; i < 200; i++)
        assert_int_equal(vf_pacer_next(&pacer, now) / MS, 5000 + i * 10);
    /* A little late: the plan stays. Far behind: it begins anew. */
    now = 7500 * (int64_t)MS;
    assert_int_equal(vf_pacer_next(&pacer, now) / MS, 7000);
    now = 60000 * (int64_t)MS;
    assert_int_equal(vf_pacer_next(&pacer, now) / MS, 60000);
    assert_int_equal(vf_pacer_next(&pacer, now) / MS, 60010);
    struct vf_pacer unlimited = {.per_second = 0};
    assert_int_equal(vf_pacer_next(&unlimited, now), now);
}

static json_t *load_line(FILE *file)
{
    char line[4096];
    assert_non_null(fgets(line, sizeof line, file));
    json_t *json = json_loads(line, 0, NULL);
    assert_non_null(json);
    return json;
}

static const char *member(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

static void rejects_keep_every_byte(void **state)
{
    char path[] = "/tmp/unit_rejects_XXXXXX";
    struct vf_rejects *rejects;
    struct vf_error err = {0};
    struct vf_error reason = {VF_EDATA, "revision: expected number, got \"x\""};
    (void)state;

    close(mkstemp(path));
    assert_int_equal(vf_rejects_open(path, &rejects, &err), 0);
    assert_int_equal(vf_rejects_add(rejects, "a.jsonl", true, 3, &reason,
                                    vf_slice_of("{\"revision\":\"x\"}\r"), &err),
                     0);
    assert_int_equal(
        vf_rejects_add(rejects, "b.avro", false, 9, &reason, vf_slice("\xff\0\n", 3), &err), 0);
    assert_int_equal(vf_rejects_close(rejects, &err), 0);

    FILE *file = fopen(path, "r");
    json_t *first = load_line(file);
    json_t *second = load_line(file);
    assert_int_equal(fgetc(file), EOF);
    fclose(file);
    unlink(path);
    assert_string_equal(member(first, "file"), "a.jsonl");
    assert_int_equal(json_integer_value(json_object_get(first, "line")), 3);
    assert_string_equal(member(first, "code"), "EDATA");
    assert_string_equal(member(first, "reason"), reason.text);
    assert_string_equal(member(first, "text"), "{\"revision\":\"x\"}\r");
    assert_int_equal(json_integer_value(json_object_get(second, "record")), 9);
    assert_string_equal(member(second, "base64"), "/wAK");
    json_decref(first);
    json_decref(second);
}

static void rejects_that_cannot_be_written(void **state)
{
    struct vf_rejects *rejects;
    struct vf_error err = {0};
    struct vf_error reason = {VF_EDATA, ""};
    (void)state;

    assert_int_equal(vf_rejects_open("/nonexistent/x", &rejects, &err), VF_EIO);
    assert_contains(err.text, "/nonexistent/x");
    assert_int_equal(vf_rejects_open("/dev/full", &rejects, &err), 0);
    assert_int_equal(vf_rejects_add(rejects, "a", true, 1, &reason, vf_slice_of("x"), &err), 0);
    assert_int_equal(vf_rejects_close(rejects, &err), VF_EIO);
    assert_contains(err.text, "/dev/full");
}

/* What goes to standard error while the function runs. */
static void capture(void (*run)(void), char *out, size_t size)
{
    char path[] = "/tmp/unit_stderr_XXXXXX";
    int file = mkstemp(path);
    int saved = dup(STDERR_FILENO);

    fflush(stderr);
    dup2(file, STDERR_FILENO);
    run();
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    lseek(file, 0, SEEK_SET);
    ssize_t n = read(file, out, size - 1);
    out[n > 0 ? n : 0] = '\0';
    close(file);
    unlink(path);
}

static void tell_hostile_text(void)
{
    struct vf_progress progress;
    vf_progress_begin(&progress, false, 0);
    vf_progress_tell(&progress, "f:1: %s", "a\033[2J\tb\nc\177 \xC2\x9B \xC3\xA9");
}

static void terminals_are_safe(void **state)
{
    char text[256];
    (void)state;
    capture(tell_hostile_text, text, sizeof text);
    assert_string_equal(text, "f:1: a\\x1b[2J\\x09b\\x0ac\\x7f \\x9b \xC3\xA9\n");
}

static void end_well(void)
{
    struct vf_tally tally = {.read = 5, .sent = 5, .acknowledged = 5, .bytes = 100};
    struct vf_progress progress;
    struct vf_counters counters;
    vf_tally_counters(&tally, &counters);
    vf_progress_begin(&progress, true, 0);
    vf_progress_end(&progress, "summary", &counters);
}

static void end_badly(void)
{
    struct vf_tally tally = {
        .read = 9, .sent = 6, .skipped = 2, .failed = 1, .acknowledged = 4, .undelivered = 2};
    struct vf_progress progress;
    struct vf_counters counters;
    vf_tally_counters(&tally, &counters);
    vf_progress_begin(&progress, true, 0);
    vf_progress_end(&progress, "summary", &counters);
}

static void quiet_is_silent_only_when_all_went_well(void **state)
{
    char text[512];
    (void)state;
    capture(end_well, text, sizeof text);
    assert_string_equal(text, "");
    capture(end_badly, text, sizeof text);
    assert_contains(text, "msg=summary read=9 sent=6 skipped=2 failed=1 acknowledged=4 "
                          "undelivered=2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_vectors),
        cmocka_unit_test(base64_round_trip_and_refusals),
        cmocka_unit_test(rates),
        cmocka_unit_test(pace_is_even_and_does_not_burst),
        cmocka_unit_test(rejects_keep_every_byte),
        cmocka_unit_test(rejects_that_cannot_be_written),
        cmocka_unit_test(terminals_are_safe),
        cmocka_unit_test(quiet_is_silent_only_when_all_went_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
