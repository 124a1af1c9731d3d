/* The log's two forms, its escapes and its rate limit. */
#include "test_support.h"

#include "observe/log.h"
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int read_end;
static char seen[1 << 20];

static int set_up(void **state)
{
    (void)state;
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    read_end = ends[0];
    vf_log_set_fd(ends[1]);
    vf_log_set_format(VF_LOG_LOGFMT);
    vf_log_set_timestamps(false);
    return vf_log_set_levels(vf_slice_of("info"), NULL);
}

static int tear_down(void **state)
{
    (void)state;
    close(read_end);
    vf_log_set_fd(STDERR_FILENO);
    return 0;
}

/* What was logged up to now. At least one line must be there. */
static const char *take(void)
{
    ssize_t n = read(read_end, seen, sizeof seen - 1);
    assert_true(n > 0);
    seen[n] = '\0';
    return seen;
}

static void line_is_logfmt(void **state)
{
    (void)state;
    vf_log(VF_LOG_WARN, VF_LOG_KAFKA, "topic is missing",
           VF_FIELDS(vf_text("topic", "a.b"), vf_int("partition", -3), vf_bool("held", true),
                     vf_double("rate", 0.5), vf_text("why", "not there"), vf_text("empty", ""),
                     vf_str("none", VF_SLICE_NULL)));
    assert_string_equal(take(), "level=warn sub=kafka msg=\"topic is missing\" topic=a.b "
                                "partition=-3 held=true rate=0.5 why=\"not there\" empty=\"\" "
                                "none=\"\"\n");
}

static void line_is_json(void **state)
{
    (void)state;
    vf_log_set_format(VF_LOG_JSON);
    vf_log_set_timestamps(true);
    vf_log(VF_LOG_INFO, VF_LOG_DAEMON, "started",
           VF_FIELDS(vf_text("text",
                             "\"\\\n\x1b[31m \xE2\x80\xAE \xF0\x9F\x8F\x9B \xF3\xA0\x80\x81 \xFF"),
                     vf_int("n", INT64_MIN), vf_double("x", 1.0 / 0.0),
                     vf_str("none", VF_SLICE_NULL)));
    json_error_t error;
    const char *line = take();
    assert_null(strchr(line, '\x1b'));
    json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "level")), "info");
    assert_string_equal(
        json_string_value(json_object_get(json, "text")),
        "\"\\\n\x1b[31m \xE2\x80\xAE \xF0\x9F\x8F\x9B \xF3\xA0\x80\x81 \xEF\xBF\xBD");
    assert_int_equal(json_integer_value(json_object_get(json, "n")), INT64_MIN);
    assert_true(json_is_null(json_object_get(json, "x")));
    assert_true(json_is_null(json_object_get(json, "none")));
    assert_int_equal(strlen(json_string_value(json_object_get(json, "ts"))), 24);
    json_decref(json);
}

static void foreign_text_cannot_forge_a_line(void **state)
{
    (void)state;
    vf_log(VF_LOG_ERROR, VF_LOG_PIPELINE, "bad record",
           VF_FIELDS(vf_text("reason", "x\" level=info\nlevel=info msg=fine\r\t\x7f")));
    assert_string_equal(take(), "level=error sub=pipeline msg=\"bad record\" reason=\"x\\\" "
                                "level=info\\nlevel=info msg=fine\\r\\t\\u007f\"\n");
}

static void long_values_are_cut(void **state)
{
    (void)state;
    static char text[5000];
    memset(text, 'x', sizeof text - 1);
    vf_log(VF_LOG_INFO, VF_LOG_DAEMON, "long", VF_FIELDS(vf_text("v", text)));
    const char *line = take();
    assert_in_range(strlen(line), 1024, 1200);
    assert_contains(line, "xxx...\"\n");
}

static void too_many_long_fields_leave_the_kind(void **state)
{
    (void)state;
    static char text[1000];
    struct vf_field fields[21] = {{VF_FIELD_END, NULL, {{NULL, 0}}}};
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 20; i++)
        fields[i] = vf_text("v", text);
    vf_log(VF_LOG_INFO, VF_LOG_DAEMON, "very long", fields);
    assert_string_equal(take(), "level=info sub=daemon msg=\"very long\" fields_cut=true\n");
}

static void levels_are_by_subsystem(void **state)
{
    (void)state;
    struct vf_error err;
    assert_int_equal(vf_log_set_levels(vf_slice_of("warn,kafka=debug"), &err), 0);
    assert_false(vf_log_enabled(VF_LOG_INFO, VF_LOG_DAEMON));
    assert_true(vf_log_enabled(VF_LOG_WARN, VF_LOG_DAEMON));
    assert_true(vf_log_enabled(VF_LOG_DEBUG, VF_LOG_KAFKA));
    assert_int_equal(vf_log_set_levels(vf_slice_of("loud"), &err), VF_ECONFIG);
    assert_contains(err.text, "\"loud\" is no log level");
    assert_int_equal(vf_log_set_levels(vf_slice_of("info,kafak=warn"), &err), VF_ECONFIG);
    assert_contains(err.text, "\"kafak\" is no subsystem");
    assert_int_equal(vf_log_set_levels(vf_slice_of("info,"), &err), VF_ECONFIG);
}

static void repeated_lines_are_counted(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        vf_log(VF_LOG_WARN, VF_LOG_PIPELINE, "again", VF_FIELDS(vf_int("i", i)));
    vf_log(VF_LOG_WARN, VF_LOG_PIPELINE, "another", NULL);
    vf_log_flush(false); /* the window is still open */
    vf_log_flush(true);
    const char *text = take();
    size_t lines = 0;
    for (const char *at = strchr(text, '\n'); at; at = strchr(at + 1, '\n'))
        lines++;
    assert_int_equal(lines, VF_LOG_BURST + 2);
    assert_contains(text, " i=9\n");
    assert_null(strstr(text, " i=10\n"));
    assert_contains(text, "msg=again repeated=990\n");
    assert_contains(text, "msg=another\n");
}

static void *log_much(void *kind)
{
    for (int i = 0; i < 2000; i++)
        vf_log(VF_LOG_INFO, VF_LOG_DAEMON, kind, VF_FIELDS(vf_int("i", i)));
    return NULL;
}

static void threads_share_the_log(void **state)
{
    (void)state;
    static const char *const kinds[] = {"one", "two", "three", "four"};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_much, (void *)kinds[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    vf_log_flush(true);
    const char *text = take();
    for (int i = 0; i < 4; i++) {
        char want[64];
        snprintf(want, sizeof want, "msg=%s repeated=1990\n", kinds[i]);
        assert_contains(text, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(line_is_logfmt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(line_is_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(foreign_text_cannot_forge_a_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_values_are_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_many_long_fields_leave_the_kind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(levels_are_by_subsystem, set_up, tear_down),
        cmocka_unit_test_setup_teardown(repeated_lines_are_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(threads_share_the_log, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
