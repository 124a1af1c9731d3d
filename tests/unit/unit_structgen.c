/*
 * unit_structgen WIRE_STRUCTGEN: the generator of structs. What it made of data/everything.avsc
 * when the tests were built is filled in, encoded, and read back as JSON; and what it cannot make
 * anything of is refused with the file and the reason.
 */
#include "wire_support.h"

#include "test_everything.h"
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *program;

/* ---- what is generated ---------------------------------------------------------------- */

static struct test_everything a_value(void)
{
    return (struct test_everything){
        .flag = true,
        .int_ = -1,
        .day = 20000,
        .count = 1LL << 40,
        .share = 0.5F,
        .ratio = 0.25,
        .raw = {"\x01", 1},
        .text = {"text", 4},
        .digest = {"abcd", 4},
        .HTTPState = TEST_HTTP_STATE_Shut,
        .table = {NULL, 0},
    };
}

static void structs_are_what_the_codec_reads_and_writes(void **state)
{
    struct wire_schema *schema = parse_schema(test_everything_schema_json);
    struct test_pair pairs[2] = {{.left = 1}, {.left = 2, .right = {true, 1.5}}};
    struct vf_slice names[1] = {{"n", 1}};
    int64_t numbers[2] = {7, 8};
    struct test_long_array_map_entry entries[1] = {{{"k", 1}, {numbers, 2}}};
    struct test_everything inner = a_value();
    struct test_everything value = a_value();
    struct vf_error err = {0};
    struct vf_buffer out;

    (void)state;
    value.maybe_text = vf_slice_of("yes");
    value.maybe_count = (struct test_optional_long){true, 5};
    value.maybe_state = (struct test_optional_http_state){true, TEST_HTTP_STATE_OPEN};
    value.maybe_digest = vf_slice("efgh", 4);
    value.next = &inner;
    value.either = (struct wire_union){3, &pairs[1]};
    value.pairs = (struct test_pair_array){pairs, 2};
    value.names = (struct test_string_array){names, 1};
    value.table = (struct test_long_array_map){entries, 1};
    assert_int_equal(wire_schema_size(schema), sizeof value);
    vf_buffer_init(&out, TEST_BUFFER_LIMIT);
    if (wire_json_write(schema, &value, &out, &err))
        fail_msg("%s", err.text);
    assert_true(vf_buffer_append_char(&out, '\0'));
    assert_contains(out.data, "\"int\": -1");
    assert_contains(out.data, "\"HTTPState\": \"Shut\"");
    assert_contains(out.data, "\"maybe_count\": 5");
    assert_contains(out.data, "\"maybe_state\": \"OPEN\"");
    assert_contains(out.data, "\"right\": 1.5");
    assert_contains(out.data, "\"table\": {\"k\": [7, 8]}");
    vf_buffer_clear(&out);
    assert_int_equal(wire_encode(schema, &value, &out, &err), 0);
    vf_buffer_release(&out);
    wire_schema_free(schema);
}

static void enums_have_names(void **state)
{
    (void)state;
    assert_int_equal(TEST_HTTP_STATE_COUNT, 2);
    assert_string_equal(test_http_state_name(TEST_HTTP_STATE_Shut), "Shut");
    assert_null(test_http_state_name(-1));
    assert_null(test_http_state_name(TEST_HTTP_STATE_COUNT));
    assert_int_equal(test_http_state_from_name(vf_slice_of("OPEN")), TEST_HTTP_STATE_OPEN);
    assert_int_equal(test_http_state_from_name(vf_slice_of("Open")), -1);
    assert_int_equal(test_http_state_from_name(vf_slice_of("")), -1);
}

/* ---- what is refused ------------------------------------------------------------------ */

struct run {
    int status;
    char said[2048];
};

/* Runs the generator with these arguments behind its name. */
static struct run run_with(const char *arguments)
{
    struct run run = {0};
    char command[1024];

    snprintf(command, sizeof command, "%s %s 2>&1", program, arguments);
    FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c): a test's own program */
    assert_non_null(pipe);
    size_t n = fread(run.said, 1, sizeof run.said - 1, pipe);
    run.said[n] = '\0';
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    run.status = WEXITSTATUS(status);
    return run;
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Runs it over one or two schemas in a new folder; it must fail, say all of that, and leave no
 * files behind. */
static void expect_refusal(const char *first, const char *second, const char *reason)
{
    char folder[] = "/tmp/unit_structgen-XXXXXX";
    char a[64];
    char b[64];
    char output[64];
    char arguments[300];
    struct stat found;

    assert_non_null(mkdtemp(folder));
    snprintf(a, sizeof a, "%s/a.avsc", folder);
    snprintf(b, sizeof b, "%s/b.avsc", folder);
    snprintf(output, sizeof output, "%s/out.h", folder);
    write_text(a, first);
    write_text(b, second ? second : "");
    snprintf(arguments, sizeof arguments, "--prefix t --output %s/out %s %s", folder, a,
             second ? b : "");
    struct run run = run_with(arguments);
    if (run.status != 1 || !strstr(run.said, reason) || !strstr(run.said, second ? b : a))
        fail_msg("%d, %s; expected %s", run.status, run.said, reason);
    assert_int_equal(stat(output, &found), -1);
    unlink(a);
    unlink(b);
    assert_int_equal(rmdir(folder), 0);
}

#define RECORD(name, fields) "{\"type\":\"record\",\"name\":\"" name "\",\"fields\":[" fields "]}"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"
#define ENUM(name, symbols) "{\"type\":\"enum\",\"name\":\"" name "\",\"symbols\":[" symbols "]}"

static void what_has_no_struct_is_refused(void **state)
{
    static const struct {
        const char *first;
        const char *second;
        const char *reason;
    } cases[] = {
        {"{", NULL, "no JSON: column 1"},
        {"\"strin\"", NULL, "strin"},
        {RECORD("R", ""), NULL, "t_r: a struct needs a member in C"},
        {RECORD("R", FIELD("a", "\"null\"")), NULL, "t_r: a struct needs a member in C"},
        {RECORD("R", FIELD("a", "{\"type\":\"array\",\"items\":\"null\"}")), NULL,
         "t_null_array: its items have no size in C"},
        {RECORD("R", FIELD("a", ENUM("E", "\"A\",\"COUNT\""))), NULL,
         "t_e: the symbol COUNT is needed for the count"},
        {RECORD("R", FIELD("int", "\"int\"") "," FIELD("int_", "\"int\"")), NULL,
         "t_r: two fields would be called int_ in C"},
        /* Two types of one name in C. */
        {RECORD("R", FIELD("a", "\"int\"")), RECORD("R", FIELD("a", "\"long\"")),
         "t_r is defined in two ways"},
        {RECORD("HTTPCall", FIELD("a", "\"int\"")), RECORD("HttpCall", FIELD("a", "\"int\"")),
         "t_http_call is defined in two ways"},
        {RECORD("a.R", FIELD("a", "\"int\"")), RECORD("b.R", FIELD("a", "\"int\"")),
         "t_r is defined in two ways"},
        {RECORD("R", FIELD("a", ENUM("E", "\"A\""))), RECORD("S", FIELD("a", ENUM("E", "\"B\""))),
         "t_e is defined in two ways"},
        {RECORD("R", FIELD("a", RECORD("StringArray", FIELD("x", "\"int\"")))),
         RECORD("S", FIELD("a", "{\"type\":\"array\",\"items\":\"string\"}")),
         "t_string_array is defined in two ways"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_refusal(cases[i].first, cases[i].second, cases[i].reason);
}

static void files_that_are_not_there_are_named(void **state)
{
    (void)state;
    struct run run = run_with("--prefix t --output /tmp/out /nowhere/a.avsc");
    assert_int_equal(run.status, 1);
    assert_contains(run.said, "/nowhere/a.avsc: cannot be opened");
    run = run_with("--prefix t --output /nowhere/out tests/unit/data/everything.avsc");
    assert_int_equal(run.status, 1);
    assert_contains(run.said, "/nowhere/out.h: cannot be created");
}

static void wrong_usage_is_told(void **state)
{
    static const char *const wrong[] = {"", "--prefix t --output /tmp/out",
                                        "--output /tmp/out --prefix t a.avsc",
                                        "--prefix t --outputs /tmp/out a.avsc"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct run run = run_with(wrong[i]);
        assert_int_equal(run.status, 64);
        assert_contains(run.said, "usage: wire_structgen");
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structs_are_what_the_codec_reads_and_writes),
        cmocka_unit_test(enums_have_names),
        cmocka_unit_test(what_has_no_struct_is_refused),
        cmocka_unit_test(files_that_are_not_there_are_named),
        cmocka_unit_test(wrong_usage_is_told),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: unit_structgen WIRE_STRUCTGEN\n");
        return 64;
    }
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
