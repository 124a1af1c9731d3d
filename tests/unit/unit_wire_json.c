/*
 * JSON in and out: every kind of value, every error with its place, limits, memory.
 */
#include "wire_support.h"

#include <jansson.h>

#define SCHEMA                                                                                     \
    "{\"type\":\"record\",\"name\":\"n.R\",\"fields\":["                                           \
    "{\"name\":\"s\",\"type\":\"string\",\"default\":\"d\"},"                                      \
    "{\"name\":\"o\",\"type\":[\"null\",\"string\"],\"default\":null},"                            \
    "{\"name\":\"i\",\"type\":\"int\",\"default\":0},"                                             \
    "{\"name\":\"l\",\"type\":\"long\",\"default\":0},"                                            \
    "{\"name\":\"f\",\"type\":\"float\",\"default\":0},"                                           \
    "{\"name\":\"d\",\"type\":\"double\",\"default\":0},"                                          \
    "{\"name\":\"b\",\"type\":\"boolean\",\"default\":false},"                                     \
    "{\"name\":\"y\",\"type\":\"bytes\",\"default\":\"\"},"                                        \
    "{\"name\":\"x\",\"type\":{\"type\":\"fixed\",\"name\":\"X\",\"size\":2},\"default\":\"ab\"}," \
    "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]},"       \
    "\"default\":\"A\"},"                                                                          \
    "{\"name\":\"day\",\"type\":[\"null\",{\"type\":\"int\",\"logicalType\":\"date\"}],"           \
    "\"default\":null},"                                                                           \
    "{\"name\":\"day1\",\"type\":{\"type\":\"int\",\"logicalType\":\"date\"},\"default\":0},"      \
    "{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"P\","  \
    "\"fields\":[{\"name\":\"n\",\"type\":\"string\"},"                                            \
    "{\"name\":\"r\",\"type\":[\"null\",\"E\"],\"default\":null}]}},\"default\":[]},"              \
    "{\"name\":\"m\",\"type\":{\"type\":\"map\",\"values\":\"int\"},\"default\":{}},"              \
    "{\"name\":\"u\",\"type\":[\"null\",\"int\",\"string\",\"E\"],\"default\":null},"              \
    "{\"name\":\"q\",\"type\":[\"null\",\"P\"],\"default\":null}]}"

/* Reads a text of SCHEMA and writes it again, or gives the error. */
static struct outcome rewrite(const char *json, const struct wire_limits *limits)
{
    struct wire_schema *schema = parse_schema(SCHEMA);
    struct outcome outcome = {0};
    struct vf_error err = {0};
    struct vf_arena arena;
    struct vf_buffer out;
    void *value = calloc(1, wire_schema_size(schema));

    vf_arena_init(&arena, 1024, TEST_ARENA_LIMIT);
    vf_buffer_init(&out, TEST_BUFFER_LIMIT);
    outcome.code = wire_json_read(schema, vf_slice_of(json), limits, &arena, value, &err);
    if (outcome.code == 0)
        outcome.code = wire_json_write(schema, value, &out, &err);
    snprintf(outcome.text, sizeof outcome.text, "%.*s",
             outcome.code ? (int)strlen(err.text) : (int)out.len,
             outcome.code ? err.text : (const char *)out.data);
    assert_int_equal(outcome.code, err.code);
    free(value);
    vf_buffer_release(&out);
    vf_arena_release(&arena);
    wire_schema_free(schema);
    return outcome;
}

static void values_come_out_again(void **state)
{
    static const char *const same[] = {
        "\"s\": \"\xd0\x96 \\\" \\\\ / \\n \\u0001 \\u007f \xf0\x9f\x98\x80\"",
        "\"s\": \"\\u0000\"",
        "\"o\": \"\"",
        "\"i\": -2147483648",
        "\"l\": 9223372036854775807",
        "\"f\": 0.1",
        "\"f\": 3.4028235e+38",
        "\"d\": 0.1",
        "\"d\": 1e+300",
        "\"d\": 100000.0",
        "\"d\": -0.0",
        "\"d\": 4.94065645841247e-324",
        "\"d\": \"NaN\"",
        "\"d\": \"-Infinity\"",
        "\"b\": true",
        "\"y\": \"\\u0000\xc3\xbf\"",
        "\"x\": \"\xc2\x80z\"",
        "\"e\": \"B\"",
        "\"day\": \"2025-09-18\"",
        "\"day1\": \"0001-01-01\"",
        "\"day1\": \"9999-12-31\"",
        "\"day1\": 2147483647",
        "\"a\": [{\"n\": \"1\", \"r\": \"B\"}, {\"n\": \"\", \"r\": null}]",
        "\"m\": {\"k\": 1, \"\": 2}",
        "\"u\": {\"int\": 5}",
        "\"u\": {\"string\": \"x\"}",
        "\"u\": {\"n.E\": \"B\"}",
        "\"q\": {\"n\": \"p\", \"r\": null}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char json[512];
        snprintf(json, sizeof json, "{%s}", same[i]);
        struct outcome outcome = rewrite(json, NULL);
        if (outcome.code || !strstr(outcome.text, same[i]))
            fail_msg("%s: %s", same[i], outcome.text);
    }
    struct outcome outcome = rewrite("{}", NULL);
    assert_string_equal(
        outcome.text,
        "{\"s\": \"d\", \"o\": null, \"i\": 0, \"l\": 0, \"f\": 0.0, \"d\": 0.0, \"b\": false, "
        "\"y\": \"\", \"x\": \"ab\", \"e\": \"A\", \"day\": null, \"day1\": \"1970-01-01\", "
        "\"a\": [], \"m\": {}, \"u\": null, \"q\": null}");
    outcome = rewrite(" {\"day\": 20349, \"d\": 7, \"f\": 7} ", NULL);
    assert_contains(outcome.text, "\"day\": \"2025-09-18\"");
    assert_contains(outcome.text, "\"d\": 7.0");
}

static void errors_name_the_field(void **state)
{
    static const struct {
        const char *json;
        int code;
        const char *text; /* how the message begins */
    } cases[] = {
        {"", VF_EJSON, "no JSON: column 0"},
        {"{", VF_EJSON, "no JSON: column 1"},
        {"{\"s\": \"a\", \"s\": \"b\"}", VF_EJSON, "no JSON: column 14: duplicate"},
        {"{\"s\": \"\xff\"}", VF_EJSON, "no JSON: column 7: unable to decode byte 0xff"},
        {"{\"s\": \"\xed\xa0\x80\"}", VF_EJSON, "no JSON: column "},
        {"{\"s\": \"\\ud800\"}", VF_EJSON, "no JSON: column "},
        {"{'s': 1}", VF_EJSON, "no JSON: column 2"},
        {"{\"d\": 1e400}", VF_EJSON, "no JSON: column 11: real number overflow"},
        {"{\"l\": 9223372036854775808}", VF_EJSON, "no JSON: column 25: too big integer"},
        {"{} x", VF_EJSON, "no JSON: column 4: end of file expected"},
        {"{\n}\n}", VF_EJSON, "no JSON: line 3, column 1"},
        {"[]", VF_EDATA, "expected object, got array"},
        {"null", VF_EDATA, "expected object, got null"},
        {"42", VF_EDATA, "expected object, got number"},
        {"{\"s\": null}", VF_EDATA, "s: expected string, got null"},
        {"{\"s\": 1}", VF_EDATA, "s: expected string, got number"},
        {"{\"o\": 1}", VF_EDATA, "o: expected string or null, got number"},
        {"{\"i\": 1.5}", VF_EDATA, "i: expected number, got number"},
        {"{\"i\": 2147483648}", VF_EDATA, "i: 2147483648 is out of range for int"},
        {"{\"i\": \"1\"}", VF_EDATA, "i: expected number, got string"},
        {"{\"f\": 1e39}", VF_EDATA, "f: 1e+39 is out of range for float"},
        {"{\"f\": \"nan\"}", VF_EDATA, "f: expected number, got string"},
        {"{\"b\": 1}", VF_EDATA, "b: expected boolean, got number"},
        {"{\"y\": \"\xc4\x80\"}", VF_EDATA, "y: a character above U+00FF"},
        {"{\"x\": \"abc\"}", VF_EDATA, "x: expected 2 bytes (X), got 3"},
        {"{\"e\": \"C\"}", VF_EDATA, "e: \"C\" is not a symbol of E (A, B)"},
        {"{\"e\": 0}", VF_EDATA, "e: expected string, got number"},
        {"{\"day\": \"2025-09\"}", VF_EDATA, "day: \"2025-09\" is not a date YYYY-MM-DD"},
        {"{\"day\": \"2025-02-29\"}", VF_EDATA, "day: \"2025-02-29\" is not a date"},
        {"{\"day\": true}", VF_EDATA, "day: expected date or null, got boolean"},
        {"{\"day1\": true}", VF_EDATA, "day1: expected date, got boolean"},
        {"{\"a\": {}}", VF_EDATA, "a: expected array, got object"},
        {"{\"a\": [{\"n\": \"\"}, {}]}", VF_EDATA, "a[1].n: missing, and P gives it no default"},
        {"{\"a\": [{\"n\": \"\", \"r\": \"Q\"}]}", VF_EDATA,
         "a[0].r: \"Q\" is not a symbol of E (A, B)"},
        {"{\"a\": [{\"n\": \"\", \"t\": 1}]}", VF_EDATA, "a[0].t: no such field in P"},
        {"{\"m\": {\"k\": \"v\"}}", VF_EDATA, "m.k: expected number, got string"},
        {"{\"u\": 5}", VF_EDATA, "u: expected an object {\"type name\": value}"},
        {"{\"u\": {}}", VF_EDATA, "u: expected an object {\"type name\": value}"},
        {"{\"u\": {\"long\": 5}}", VF_EDATA, "u: \"long\" is not a type of the union"},
        {"{\"u\": {\"int\": true}}", VF_EDATA, "u.int: expected number, got boolean"},
        {"{\"q\": []}", VF_EDATA, "q: expected object or null, got array"},
        {"{\"Z\": 1}", VF_EDATA, "Z: no such field in R"},
        {"{\"q\": {\"n\": \"\", \"r\": \"a long symbol \xd0\x96\xd0\x96\xd0\x96\xd0\x96\xd0\x96"
         "\xd0\x96\xd0\x96\xd0\x96\xd0\x96\xd0\x96\xd0\x96\xd0\x96\xd0\x96\xd0\x96\"}}",
         VF_EDATA, "q.r: \"a long symbol \xd0\x96"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct outcome outcome = rewrite(cases[i].json, NULL);
        if (outcome.code != cases[i].code ||
            strncmp(outcome.text, cases[i].text, strlen(cases[i].text)))
            fail_msg("%s: %s: %s", cases[i].json, vf_error_name(outcome.code), outcome.text);
    }
}

static void limits_hold(void **state)
{
    const struct wire_limits few = {.value_bytes = 3, .items = 3, .depth = 3};

    (void)state;
    assert_int_equal(rewrite("{\"s\": \"abc\", \"m\": {\"a\": 1}}", &few).code, 0);
    assert_int_equal(rewrite("{\"s\": \"abcd\"}", &few).code, VF_ELIMIT);
    assert_int_equal(rewrite("{\"y\": \"abcd\"}", &few).code, VF_ELIMIT);
    assert_int_equal(rewrite("{\"m\": {\"a\": 1, \"b\": 2, \"c\": 3, \"d\": 4}}", &few).code,
                     VF_ELIMIT);
    assert_int_equal(rewrite("{\"a\": [{\"n\": \"\", \"r\": \"A\"}]}", &few).code, VF_ELIMIT);

    char deep[20000];
    size_t n = (size_t)snprintf(deep, sizeof deep, "{\"x\": ");
    memset(deep + n, '[', 10000);
    deep[n + 10000] = '\0';
    assert_int_equal(rewrite(deep, NULL).code, VF_EJSON);
}

static void writing_checks_the_struct(void **state)
{
    struct wire_schema *schema = parse_schema(
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"s\",\"type\":\"string\"},"
        "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}},"
        "{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":\"int\"}},"
        "{\"name\":\"u\",\"type\":[\"int\",\"string\"]}]}");
    int32_t five = 5;
    struct {
        struct vf_slice s;
        int32_t e;
        struct wire_array a;
        struct wire_union u;
    } value = {{"x", 1}, 0, {NULL, 0}, {0, &five}}, bad;
    struct vf_error err = {0};
    struct vf_buffer out;

    (void)state;
    assert_int_equal(wire_schema_size(schema), sizeof value);
    vf_buffer_init(&out, 60);
    vf_buffer_append_text(&out, "before ");
    assert_int_equal(wire_json_write(schema, &value, &out, &err), 0);
    assert_slice(vf_buffer_slice(&out), "before {\"s\": \"x\", \"e\": \"A\", \"a\": [], \"u\": "
                                        "{\"int\": 5}}");
    bad = value;
    bad.s.ptr = NULL;
    assert_int_equal(wire_json_write(schema, &bad, &out, &err), VF_EDATA);
    assert_string_equal(err.text, "s: null where null is not allowed");
    bad.s = vf_slice("\xff", 1);
    assert_int_equal(wire_json_write(schema, &bad, &out, &err), VF_EDATA);
    assert_string_equal(err.text, "s: not UTF-8");
    bad = value;
    bad.e = 1;
    assert_int_equal(wire_json_write(schema, &bad, &out, &err), VF_EDATA);
    assert_string_equal(err.text, "e: symbol 1 of 1");
    bad = value;
    bad.a.count = 2;
    assert_int_equal(wire_json_write(schema, &bad, &out, &err), VF_EDATA);
    assert_string_equal(err.text, "a: 2 items are counted, and none are there");
    bad = value;
    bad.u.branch = 2;
    assert_int_equal(wire_json_write(schema, &bad, &out, &err), VF_EDATA);
    assert_string_equal(err.text, "u: branch 2 of 2");
    size_t before = out.len;
    assert_int_equal(wire_json_write(schema, &value, &out, &err), VF_ENOMEM); /* the limit */
    assert_int_equal(out.len, before);
    vf_buffer_release(&out);
    wire_schema_free(schema);
}

static void memory_may_end_anywhere(void **state)
{
    static const char json[] = "{\"a\": [{\"n\": \"x\"}], \"m\": {\"k\": 1}, \"y\": \"\\u00ff\", "
                               "\"u\": {\"string\": \"t\"}, \"q\": {\"n\": \"p\"}}";
    struct wire_schema *schema = parse_schema(SCHEMA);
    void *value = calloc(1, wire_schema_size(schema));
    unsigned long n = 1;

    (void)state;
    for (;; n++) {
        struct vf_error err = {0};
        struct vf_arena arena;
        vf_arena_init(&arena, 1, TEST_ARENA_LIMIT); /* each allocation its own */
        json_set_alloc_funcs(vf_malloc, vf_free);
        vf_memory_fail_after(n);
        int code = wire_json_read(schema, vf_slice_of(json), NULL, &arena, value, &err);
        vf_memory_fail_after(0);
        json_set_alloc_funcs(malloc, free);
        vf_arena_release(&arena);
        if (code == 0)
            break;
        assert_true(code == VF_ENOMEM || code == VF_EJSON);
    }
    assert_true(n > 10);
    free(value);
    wire_schema_free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_out_again),
        cmocka_unit_test(errors_name_the_field),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(writing_checks_the_struct),
        cmocka_unit_test(memory_may_end_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
