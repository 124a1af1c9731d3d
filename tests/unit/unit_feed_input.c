#include "test_support.h"

#include "base/memory.h"
#include "feed/input.h"
#include "feed/key_scan.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

/* Everything an input said, one line each: "NUMBER TEXT" or "NUMBER !CODE". */
struct transcript {
    char text[4096];
    size_t used;
};

static void note(struct transcript *transcript, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void note(struct transcript *transcript, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(transcript->text + transcript->used,
                      sizeof transcript->text - transcript->used, format, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < sizeof transcript->text - transcript->used);
    transcript->used += (size_t)n;
}

static void write_file(char path[32], const char *bytes, size_t count)
{
    strcpy(path, "/tmp/unit_feed_XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, count), count);
    close(fd);
}

static void read_all(const char *path, enum vf_input_format format, size_t record_max,
                     struct transcript *out)
{
    struct vf_input *input;
    struct vf_error err = {0};

    out->used = 0;
    out->text[0] = '\0';
    assert_int_equal(vf_input_open(path, format, record_max, &input, &err), 0);
    for (;;) {
        struct vf_input_item item = {0};
        int rc = vf_input_next(input, &item, &err);
        if (rc == VF_ENOENT)
            break;
        if (rc)
            note(out, "%d !%s|", (int)item.number, vf_error_name(rc));
        else
            note(out, "%d %.*s|", (int)item.number, VF_SLICE_PRINT(item.bytes));
    }
    struct vf_input_item item = {0}; /* the end stays the end */
    assert_int_equal(vf_input_next(input, &item, &err), VF_ENOENT);
    vf_input_close(input);
}

static void expect(const char *bytes, size_t count, enum vf_input_format format, size_t record_max,
                   const char *expected)
{
    struct transcript transcript;
    char path[32];

    write_file(path, bytes, count);
    read_all(path, format, record_max, &transcript);
    unlink(path);
    assert_string_equal(transcript.text, expected);
}

static void expect_text(const char *text, const char *expected)
{
    expect(text, strlen(text), VF_INPUT_AUTO, MIB, expected);
}

static void test_lines(void **state)
{
    (void)state;
    expect_text("{\"a\":1}\n{\"b\":2}\n", "1 {\"a\":1}|2 {\"b\":2}|");
    expect_text("{\"a\":1}\r\n{\"b\":2}", "1 {\"a\":1}\r|2 {\"b\":2}|");
    expect_text("{}\n\n \t\n{}\n", "1 {}|2 !EEMPTY|3 !EEMPTY|4 {}|");
    expect_text("", "");
    expect_text("\xEF\xBB\xBF{}\n", "1 {}|");
    expect_text("null\n42\n{'a'}\n", "1 null|2 42|3 {'a'}|");
    expect("{\0}\n{}\n", 7, VF_INPUT_AUTO, MIB, "1 {|2 {}|"); /* %.*s ends at the NUL */
}

static void test_long_lines_are_passed_over(void **state)
{
    enum { LONG = 3 * MIB, LIMIT = 1000 };
    char *text = malloc(LONG + 64);
    (void)state;

    memset(text, 'x', LONG + 64);
    memcpy(text, "{}\n", 3);
    memcpy(text + 3 + LIMIT, "\n", 1);             /* exactly the limit */
    memcpy(text + 4 + LIMIT + LIMIT + 1, "\n", 1); /* one more */
    memcpy(text + LONG, "\n{}\n", 4);
    struct transcript transcript;
    char path[32];
    write_file(path, text, LONG + 4);
    struct vf_input *input;
    struct vf_input_item item;
    struct vf_error err;
    assert_int_equal(vf_input_open(path, VF_INPUT_LINES, LIMIT, &input, &err), 0);
    assert_int_equal(vf_input_next(input, &item, &err), 0);
    assert_int_equal(vf_input_next(input, &item, &err), 0);
    assert_int_equal(item.bytes.len, LIMIT);
    assert_int_equal(vf_input_next(input, &item, &err), VF_ELIMIT);
    assert_non_null(strstr(err.text, "1000"));
    assert_int_equal(vf_input_next(input, &item, &err), VF_ELIMIT);
    assert_int_equal(item.number, 4);
    assert_int_equal(vf_input_next(input, &item, &err), 0);
    assert_int_equal(item.number, 5);
    assert_int_equal(vf_input_next(input, &item, &err), VF_ENOENT);
    assert_int_equal(vf_input_consumed(input), LONG + 4);
    vf_input_close(input);

    /* The last line may be too long, and without a line feed. */
    assert_int_equal(truncate(path, LONG), 0);
    read_all(path, VF_INPUT_LINES, 2 * LIMIT, &transcript);
    assert_non_null(strstr(transcript.text, "4 !ELIMIT|"));
    unlink(path);
    free(text);
}

/* Lines of all lengths around the size of a chunk, at all places of the window. */
static void test_lines_across_chunks(void **state)
{
    enum { CHUNK = 256 * 1024, LINES = 200 };
    char path[32] = "/tmp/unit_feed_XXXXXX";
    size_t lengths[LINES];
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "wb");
    (void)state;

    srand(7);
    for (int i = 0; i < LINES; i++) {
        lengths[i] = i % 5 == 0 ? CHUNK - 3 + (size_t)(i % 7) : (size_t)(1 + rand() % 60000);
        for (size_t j = 0; j < lengths[i]; j++)
            fputc('a' + i % 26, file);
        fputc('\n', file);
    }
    fclose(file);
    struct vf_input *input;
    struct vf_input_item item;
    struct vf_error err;
    assert_int_equal(vf_input_open(path, VF_INPUT_AUTO, MIB, &input, &err), 0);
    for (int i = 0; i < LINES; i++) {
        assert_int_equal(vf_input_next(input, &item, &err), 0);
        assert_int_equal(item.bytes.len, lengths[i]);
        assert_int_equal(item.bytes.ptr[0], 'a' + i % 26);
        assert_int_equal(item.bytes.ptr[lengths[i] - 1], 'a' + i % 26);
    }
    assert_int_equal(vf_input_next(input, &item, &err), VF_ENOENT);
    vf_input_close(input);
    unlink(path);
}

static void test_array(void **state)
{
    (void)state;
    expect_text("[]", "");
    expect_text(" \n[ ]\n", "");
    expect_text("[{\"a\":1},{\"b\":[2,{}]}]", "1 {\"a\":1}|1 {\"b\":[2,{}]}|");
    expect_text("[\n {\"a\":\n1},\n {\"b\":2}\n]\n", "2 {\"a\":\n1}|4 {\"b\":2}|");
    expect_text("[1, null ,\"a,]\\\"}\",[3]]", "1 1|1 null|1 \"a,]\\\"}\"|1 [3]|");
    expect_text("[{\"a\":\"\\\\\"},1]", "1 {\"a\":\"\\\\\"}|1 1|");
}

static void test_broken_array(void **state)
{
    (void)state;
    expect_text("[{} {}]", "1 {}|1 !EIO|");
    expect_text("[{},\n]", "1 {}|2 !EIO|");
    expect_text("[,{}]", "1 !EIO|");
    expect_text("[}", "1 !EIO|");
    expect_text("[{}", "1 {}|1 !EIO|");
    expect_text("[\n{\"a\":", "2 !EIO|");
    expect_text("[{}]\n[{}]", "1 {}|2 !EIO|");
    expect_text("[1", "1 !EIO|");
    expect("{}", 2, VF_INPUT_ARRAY, MIB, "1 !EIO|");
    expect("", 0, VF_INPUT_ARRAY, MIB, "1 !EIO|");
}

static void test_long_elements_are_passed_over(void **state)
{
    enum { LONG = 2 * MIB };
    char *text = malloc(LONG + 64);
    (void)state;

    /* An object, a string and a number that are too long, each followed by one that is not. */
    const char *const around[][2] = {
        {"[{\"a\":\"", "\"},\n7]"}, {"[\"", "\",\n7]"}, {"[1", ",\n7]"}};
    for (int i = 0; i < 3; i++) {
        memset(text, i == 2 ? '1' : 'x', LONG);
        size_t head = strlen(around[i][0]), tail = strlen(around[i][1]);
        memcpy(text, around[i][0], head);
        memcpy(text + LONG - tail, around[i][1], tail);
        expect(text, LONG, VF_INPUT_AUTO, 5000, "1 !ELIMIT|2 7|");
    }
    free(text);
}

static void test_what_cannot_be_opened(void **state)
{
    struct vf_input *input;
    struct vf_error err = {0};
    (void)state;

    assert_int_equal(vf_input_open("/nonexistent/x", VF_INPUT_AUTO, MIB, &input, &err), VF_EIO);
    assert_non_null(strstr(err.text, "/nonexistent/x"));
    assert_int_equal(vf_input_open("/tmp", VF_INPUT_AUTO, MIB, &input, &err), VF_EIO);
    assert_non_null(strstr(err.text, "directory"));
    assert_null(input);
}

static void test_no_memory(void **state)
{
    char path[32];
    struct vf_error err = {0};
    bool opened = false;
    (void)state;

    write_file(path, "[{}]", 4);
    for (unsigned long n = 1; n < 20 && !opened; n++) {
        struct vf_input *input = NULL;
        vf_memory_fail_after(n);
        int rc = vf_input_open(path, VF_INPUT_AUTO, MIB, &input, &err);
        vf_memory_fail_after(0);
        opened = rc == 0;
        assert_true(opened || rc == VF_ENOMEM);
        vf_input_close(input);
    }
    assert_true(opened);
    unlink(path);
}

static void expect_keys(const char *text, const char *expected)
{
    struct transcript transcript = {.used = 0};
    struct vf_key_scan scan;
    struct vf_slice key;

    vf_key_scan_begin(&scan, vf_slice_of(text));
    while (vf_key_scan_next(&scan, &key))
        note(&transcript, "%.*s|", VF_SLICE_PRINT(key));
    assert_string_equal(transcript.text, expected);
}

static void test_keys(void **state)
{
    (void)state;
    expect_keys("{\"a\":1,\"b\":{\"c\":2},\"d\":[\"e\",{\"f\":3}],\"g\":\"h\"}", "a|b|d|g|");
    expect_keys("{\"a\":\"x\\\",\\\"y\\\":\",\"b\":\"\\\\\",\"c\":0}", "a|b|c|");
    expect_keys("{", "");
    expect_keys("[{\"a\":1}]", "");
    expect_keys("{\"a\":\"unfinished", "a|");
    expect_keys("}}}{\"a\":1}", "a|");
    expect_keys("{\"a", "a|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_long_lines_are_passed_over),
        cmocka_unit_test(test_lines_across_chunks),
        cmocka_unit_test(test_array),
        cmocka_unit_test(test_broken_array),
        cmocka_unit_test(test_long_elements_are_passed_over),
        cmocka_unit_test(test_what_cannot_be_opened),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
