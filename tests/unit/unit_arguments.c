/* Command lines read by tables of flags. */
#include "test_support.h"

#include "base/arguments.h"

struct target {
    struct vf_slice text;
    int64_t number;
    int64_t size;
    bool quiet;
    bool dry;
    struct vf_flag_list list;
    int64_t choice;
    struct vf_slice operand;
};

#define AT(field) offsetof(struct target, field)

static const char *const choices[] = {"stop", "skip", "file NAME", NULL};
static const struct vf_flag own_items[] = {
    VF_TEXT_FLAG('t', "topic", "TOPIC", AT(text), "standard", "where to"),
    VF_NUMBER_FLAG('n', "number", "N", VF_OPTION_INT, AT(number), NULL, 1, 100, "how\nmany"),
    VF_CHOICE_FLAG(0, "on-error", AT(choice), "stop", choices, AT(operand), "what to do"),
};
static const struct vf_flag shared_items[] = {
    VF_NUMBER_FLAG(0, "size", "SIZE", VF_OPTION_SIZE, AT(size), "1KiB", 0, 1 << 20, "how much"),
    VF_SWITCH_FLAG('q', "quiet", AT(quiet), "no words"),
    VF_SWITCH_FLAG('d', "dry-run", AT(dry), "nothing is done"),
    VF_LIST_FLAG('X', "property", "KEY=VALUE", AT(list), "again and again"),
};
static const struct vf_flags tables[] = {{own_items, 3}, {shared_items, 4}};

static int parse(struct target *target, char **operands, int *count, struct vf_error *err,
                 const char *const *arguments)
{
    int argc = 0;

    for (; arguments[argc]; argc++)
        operands[argc] = (char *)arguments[argc];
    memset(target, 0, sizeof *target);
    *err = (struct vf_error){0};
    assert_int_equal(vf_flags_default(tables, 2, target, err), 0);
    return vf_flags_parse(tables, 2, argc, operands, target, count, err);
}

#define PARSE(...) parse(&target, operands, &count, &err, (const char *const[]){__VA_ARGS__, NULL})

static void every_way_to_write_a_flag(void **state)
{
    struct target target;
    struct vf_error err;
    char *operands[32];
    int count;
    (void)state;

    assert_int_equal(PARSE("a", "--topic", "x", "--number=7", "-", "-qdX", "k=v", "-Xl=w", "b"), 0);
    assert_slice(target.text, "x");
    assert_int_equal(target.number, 7);
    assert_int_equal(target.size, 1024);
    assert_true(target.quiet && target.dry);
    assert_int_equal(target.list.count, 2);
    assert_string_equal(target.list.items[0], "k=v");
    assert_string_equal(target.list.items[1], "l=w");
    assert_int_equal(count, 3);
    assert_string_equal(operands[0], "a");
    assert_string_equal(operands[1], "-");
    assert_string_equal(operands[2], "b");

    assert_int_equal(PARSE("-tx", "-t", "y", "--topic=", "--size", "2KiB"), 0);
    assert_int_equal(target.text.len, 0);
    assert_int_equal(target.size, 2048);
    assert_int_equal(PARSE("--quiet=false", "--", "--quiet", "-d", "--"), 0);
    assert_false(target.quiet || target.dry);
    assert_int_equal(count, 3);
    assert_string_equal(operands[2], "--");
    assert_int_equal(PARSE("x"), 0);
    assert_slice(target.text, "standard");
}

static void choices_may_take_an_operand(void **state)
{
    struct target target;
    struct vf_error err;
    char *operands[32];
    int count;
    (void)state;

    assert_int_equal(PARSE("--on-error", "file", "bad.jsonl", "in"), 0);
    assert_int_equal(target.choice, 2);
    assert_slice(target.operand, "bad.jsonl");
    assert_int_equal(count, 1);
    assert_int_equal(PARSE("--on-error=file", "bad.jsonl"), 0);
    assert_slice(target.operand, "bad.jsonl");
    assert_int_equal(count, 0);
    assert_int_equal(PARSE("--on-error", "skip"), 0);
    assert_int_equal(target.choice, 1);
    assert_null(target.operand.ptr);
    assert_int_equal(PARSE("--on-error", "file"), VF_EUSAGE);
    assert_contains(err.text, "--on-error file needs NAME");
    assert_int_equal(PARSE("--on-error", "fil"), VF_EUSAGE);
    assert_contains(err.text, "stop, skip, file NAME");
}

static void wrong_use_is_named(void **state)
{
    struct target target;
    struct vf_error err;
    char *operands[80];
    int count;
    (void)state;

    assert_int_equal(PARSE("--topci", "x"), VF_EUSAGE);
    assert_contains(err.text, "--topci; did you mean --topic?");
    assert_int_equal(PARSE("-z"), VF_EUSAGE);
    assert_contains(err.text, "-z");
    assert_int_equal(PARSE("--number", "0"), VF_EUSAGE);
    assert_contains(err.text, "--number: 0 is out of range (1 to 100)");
    assert_int_equal(PARSE("--number", "seven"), VF_EUSAGE);
    assert_contains(err.text, "\"seven\"");
    assert_int_equal(PARSE("--topic"), VF_EUSAGE);
    assert_contains(err.text, "--topic needs TOPIC");
    assert_int_equal(PARSE("-qX"), VF_EUSAGE);
    assert_contains(err.text, "--property needs KEY=VALUE");

    const char *many[VF_FLAG_LIST_MAX + 2] = {0};
    for (int i = 0; i <= VF_FLAG_LIST_MAX; i++)
        many[i] = "-Xa=b";
    assert_int_equal(parse(&target, operands, &count, &err, many), VF_EUSAGE);
    assert_contains(err.text, "more than 64 times");
}

static void help_shows_all(void **state)
{
    struct vf_buffer out;
    (void)state;

    vf_buffer_init(&out, 1 << 16);
    vf_flags_print(&tables[0], &out);
    vf_buffer_append_char(&out, '\0');
    assert_contains(out.data, "  -t, --topic TOPIC           where to [standard]\n");
    assert_contains(out.data,
                    "  -n, --number N              how\n                              many\n");
    assert_contains(out.data, "      --on-error stop|skip|file NAME\n");
    vf_buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_write_a_flag),
        cmocka_unit_test(choices_may_take_an_operand),
        cmocka_unit_test(wrong_use_is_named),
        cmocka_unit_test(help_shows_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
