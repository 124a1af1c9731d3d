/* Configuration files and the messages they get. */
#include "test_support.h"

#include "base/options.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct target {
    struct vf_slice name;
    int64_t count;
    bool flag;
    int64_t wait;
    int64_t size;
    int64_t colour;
    struct vf_pairs extra;
};

static const char *const colours[] = {"red", "green", NULL};

#define AT(field) offsetof(struct target, field)
static const struct vf_option table[] = {
    {"main", "name", VF_OPTION_TEXT, AT(name), "nobody", 0, 0, NULL, "A name."},
    {"main", "count", VF_OPTION_INT, AT(count), "3", 1, 10, NULL, "A number."},
    {"main", "flag", VF_OPTION_BOOL, AT(flag), "no", 0, 0, NULL, "Yes or no."},
    {"time", "wait", VF_OPTION_DURATION, AT(wait), "5s", 0, 3600000, NULL, "A while."},
    {"time", "size", VF_OPTION_SIZE, AT(size), "1MiB", 0, 1 << 30, NULL, "A size."},
    {"time", "colour", VF_OPTION_CHOICE, AT(colour), "green", 0, 0, colours, "A colour."},
};
static const struct vf_passthrough through[] = {{"extra", AT(extra), "Anything."},
                                                {"extra.more", AT(extra), "Anything."}};
static const struct vf_options options = {table, 6, through, 2};

struct fixture {
    struct vf_arena arena;
    struct target target;
    struct vf_error err;
    char path[64];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    vf_arena_init(&f->arena, 4096, 1 << 20);
    snprintf(f->path, sizeof f->path, "/tmp/vf-options-XXXXXX");
    int fd = mkstemp(f->path);
    close(fd);
    *state = f;
    return vf_options_default(&options, &f->target, &f->arena, &f->err);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    unlink(f->path);
    vf_arena_release(&f->arena);
    free(f);
    return 0;
}

static int load(struct fixture *f, const char *text)
{
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return vf_options_load(&options, f->path, &f->target, &f->arena, &f->err);
}

static void defaults_are_set(void **state)
{
    struct fixture *f = *state;
    assert_slice(f->target.name, "nobody");
    assert_int_equal(f->target.count, 3);
    assert_false(f->target.flag);
    assert_int_equal(f->target.wait, 5000);
    assert_int_equal(f->target.size, 1 << 20);
    assert_int_equal(f->target.colour, 1);
    assert_int_equal(f->target.extra.count, 0);
}

static void file_is_read_over_defaults(void **state)
{
    struct fixture *f = *state;
    setenv("VF_TEST_NAME", "from the ${environment}", 1);
    assert_int_equal(load(f, "# comment\n[main]\nname = <${VF_TEST_NAME}>\nflag=on\n\n[time]\n"
                             "wait = 10min ; said who\nsize = 64KiB\ncolour = red\n"
                             "[extra]\nbootstrap.servers = a:1,\n    b:2\nx=\n"),
                     0);
    assert_slice(f->target.name, "<from the ${environment}>");
    assert_int_equal(f->target.count, 3);
    assert_true(f->target.flag);
    assert_int_equal(f->target.wait, 600000);
    assert_int_equal(f->target.size, 65536);
    assert_int_equal(f->target.colour, 0);
    assert_int_equal(f->target.extra.count, 2);
    assert_slice(f->target.extra.items[0].key, "bootstrap.servers");
    assert_slice(f->target.extra.items[0].value, "a:1,b:2");
    assert_slice(f->target.extra.items[1].value, "");
}

static void value_comes_from_a_file(void **state)
{
    struct fixture *f = *state;
    char secret[] = "/tmp/vf-secret-XXXXXX";
    int fd = mkstemp(secret);
    assert_int_equal(write(fd, "s3 = cret;\n", 11), 11);
    close(fd);
    char text[200];
    snprintf(text, sizeof text, "[main]\nname = file:%s\n", secret);
    assert_int_equal(load(f, text), 0);
    assert_slice(f->target.name, "s3 = cret;");
    unlink(secret);
    assert_int_equal(load(f, text), VF_ECONFIG);
    assert_contains(f->err.text, ":2: name: /tmp/vf-secret-");
    assert_contains(f->err.text, "No such file");
}

static void mistakes_are_named_with_file_and_line(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"[main]\nnmae = x\n", ":2: unknown key \"nmae\" in [main]; did you mean \"name\"?"},
        {"[main]\nzzzzzzzz = x\n", ":2: unknown key \"zzzzzzzz\" in [main]"},
        {"[mian]\nname = x\n",
         ":2: unknown section [mian] of key \"name\"; did you mean \"main\"?"},
        {"name = x\n", ":1: key \"name\" stands before the first [section]"},
        {"[main]\n\ncount = 11\n", ":3: main.count: 11 is out of range (1 to 10)"},
        {"[main]\ncount = many\n", ":2: main.count: \"many\" is not a number"},
        {"[main]\ncount = 99999999999999999999\n", "is not a number"},
        {"[main]\nflag = perhaps\n", ":2: main.flag: \"perhaps\" is neither true nor false"},
        {"[time]\nwait = 5\n", "\"5\" is not a duration such as"},
        {"[time]\nsize = 5m\n", "\"5m\" is not a size such as"},
        {"[time]\nsize = 99999999999GiB\n", "is not a size such as"},
        {"[time]\ncolour = blue\n", ":2: time.colour: \"blue\" is none of: red, green"},
        {"[main]\nname = ${VF_TEST_UNSET}\n",
         ":2: name: the environment has no variable VF_TEST_UNSET"},
        {"[main]\nname = ${VF\n", ":2: name: ${ without }"},
        {"[main]\njust words\n", ":2: neither [section] nor key = value"},
        {"[extra]\na = 1\nb = 2\na = 3\n", ":4: [extra] a was given before, in line 2"},
        {"[main]\ncount = 1\n  2\n", ":3: main.count cannot go on over several lines"},
    };

    unsetenv("VF_TEST_UNSET");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memset(&f->target, 0, sizeof f->target);
        vf_options_default(&options, &f->target, &f->arena, &f->err);
        assert_int_equal(load(f, cases[i].text), VF_ECONFIG);
        assert_contains(f->err.text, f->path);
        assert_contains(f->err.text, cases[i].message);
    }
}

static void long_lines_are_refused_not_cut(void **state)
{
    struct fixture *f = *state;
    char text[2000] = "[main]\nname = ";
    memset(text + strlen(text), 'x', 1000);
    assert_int_equal(load(f, text), VF_ECONFIG);
    assert_contains(f->err.text, ":2: line longer than");
}

static void missing_file_is_an_io_error(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        vf_options_load(&options, "/nonexistent/x.ini", &f->target, &f->arena, &f->err), VF_EIO);
    assert_contains(f->err.text, "/nonexistent/x.ini: No such file");
}

static void assignments_set_options(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        vf_options_set(&options, vf_slice_of("main.count=7"), &f->target, &f->arena, &f->err), 0);
    assert_int_equal(f->target.count, 7);
    assert_int_equal(vf_options_set(&options, vf_slice_of("extra.more.security.protocol=ssl"),
                                    &f->target, &f->arena, &f->err),
                     0);
    assert_slice(f->target.extra.items[0].key, "security.protocol");
    assert_int_equal(vf_options_set(&options, vf_slice_of("extra.more.security.protocol=plain=x"),
                                    &f->target, &f->arena, &f->err),
                     0);
    assert_int_equal(f->target.extra.count, 1);
    assert_slice(f->target.extra.items[0].value, "plain=x");
    assert_int_equal(
        vf_options_set(&options, vf_slice_of("main.count"), &f->target, &f->arena, &f->err),
        VF_ECONFIG);
    assert_int_equal(
        vf_options_set(&options, vf_slice_of("count=1"), &f->target, &f->arena, &f->err),
        VF_ECONFIG);
    assert_contains(f->err.text, "is not section.key=value");
}

static void printed_example_is_accepted_and_says_the_defaults(void **state)
{
    struct fixture *f = *state;
    struct vf_buffer out;
    vf_buffer_init(&out, 1 << 16);
    vf_options_print(&options, &out);
    vf_buffer_append_char(&out, '\0');
    assert_false(out.failed);
    struct target before = f->target;
    assert_int_equal(load(f, out.data), 0);
    assert_true(vf_slice_equal(before.name, f->target.name));
    assert_int_equal(before.wait, f->target.wait);
    assert_int_equal(before.colour, f->target.colour);
    assert_contains(out.data, "# A colour. One of: red, green\ncolour = green\n");
    vf_buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults_are_set, set_up, tear_down),
        cmocka_unit_test_setup_teardown(file_is_read_over_defaults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(value_comes_from_a_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mistakes_are_named_with_file_and_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_lines_are_refused_not_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(missing_file_is_an_io_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(assignments_set_options, set_up, tear_down),
        cmocka_unit_test_setup_teardown(printed_example_is_accepted_and_says_the_defaults, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
