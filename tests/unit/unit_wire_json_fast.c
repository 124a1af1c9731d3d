/* The fast reader of JSON against the one that explains: what it takes, it takes alike. */
#include "test_support.h"

#include "codec/wire_impl.h"
#include "codec/wire_json.h"
#include "vf_events.h"
#include <stdio.h>
#include <stdlib.h>

enum { MIB = 1 << 20 };

static struct vf_arena arena;

static struct wire_schema *parse(const char *text)
{
    struct wire_schema *schema;
    struct vf_error err = {0};
    if (wire_schema_parse(vf_slice_of(text), &schema, &err))
        fail_msg("%s", err.text);
    return schema;
}

static bool read_slow(const struct wire_schema *schema, struct vf_slice text,
                      const struct wire_limits *limits, void *value)
{
    struct vf_error err;
    struct wire_json_reader reader = {.arena = &arena, .limits = *limits, .err = &err};
    json_t *json;

    if (wire_json_load(text, &json, &err))
        return false;
    int rc = wire_json_value(&reader, schema->root, json, NULL, 0, value);
    json_decref(json);
    return rc == 0;
}

/* What the fast reader takes, the other takes, with the same value. True: it took it. */
static bool compare_within(const struct wire_schema *schema, struct vf_slice text,
                           const struct wire_limits *limits, bool *slow_took)
{
    struct vf_buffer fast_bytes, slow_bytes;
    struct vf_error err = {0};

    vf_arena_reset(&arena);
    void *fast = vf_arena_calloc(&arena, 1, wire_schema_size(schema) + 1);
    void *slow = vf_arena_calloc(&arena, 1, wire_schema_size(schema) + 1);
    /* A copy of its own, so that a sanitizer sees a read behind it. */
    char *copy = malloc(text.len ? text.len : 1);
    memcpy(copy, text.ptr, text.len);
    struct vf_slice exact = vf_slice(copy, text.len);
    bool took = wire_json_read_fast(schema->root, exact, limits, &arena, fast);
    *slow_took = read_slow(schema, exact, limits, slow);
    if (took && !*slow_took)
        fail_msg("only the fast reader takes: %.*s", VF_SLICE_PRINT(text));
    vf_buffer_init(&fast_bytes, 16 * MIB);
    vf_buffer_init(&slow_bytes, 16 * MIB);
    if (took) {
        assert_int_equal(wire_encode(schema, fast, &fast_bytes, &err), 0);
        assert_int_equal(wire_encode(schema, slow, &slow_bytes, &err), 0);
        if (!vf_slice_equal(vf_buffer_slice(&fast_bytes), vf_buffer_slice(&slow_bytes)))
            fail_msg("read differently: %.*s", VF_SLICE_PRINT(text));
    }
    vf_buffer_release(&fast_bytes);
    vf_buffer_release(&slow_bytes);
    free(copy);
    return took;
}

static bool compare(const struct wire_schema *schema, struct vf_slice text, bool *slow_took)
{
    return compare_within(schema, text, &wire_limits_default, slow_took);
}

/* Texts of one type: '+' both take it, '-' neither, '~' the slow reader alone. */
static void expect_all(const char *schema_text, const char *const *texts)
{
    struct wire_schema *schema = parse(schema_text);

    for (; *texts; texts++) {
        struct vf_slice text = vf_slice_of(*texts + 1);
        bool slow;
        bool fast = compare(schema, text, &slow);
        char seen = fast ? '+' : slow ? '~' : '-';
        if (seen != **texts)
            fail_msg("%s: %s: %c instead of %c", schema_text, *texts + 1, seen, **texts);
    }
    wire_schema_free(schema);
}
#define EXPECT(schema, ...) expect_all(schema, (const char *const[]){__VA_ARGS__, NULL})

static void numbers(void **state)
{
    (void)state;
    EXPECT("\"int\"", "+0", "+-0", "+7", "+ 12\n", "+2147483647", "+-2147483648", "-2147483648",
           "-01", "-1.0", "-1e1", "--", "-", "-+1", "-1 2", "-1x", "-\"1\"", "-true", "-null",
           "-99999999999999999999");
    EXPECT("\"long\"", "+9223372036854775807", "+-9223372036854775808", "-9223372036854775808",
           "--9223372036854775809", "-92233720368547758070");
    EXPECT("\"double\"", "+0", "+-0", "+1", "+1.5", "+-1.25e3", "+1E-5", "+1e+2", "+0.1", "+5e-324",
           "-1.", "-.5", "-1e", "-1e+", "-01.5", "-1.5.5", "-1e5e5", "-1e400", "--", "~\"NaN\"",
           "~0.1234567890123456789012345678901234567890123456789012345678901234567890");
    EXPECT("\"float\"", "+1.5", "+3.4e38", "-1e39", "-3.5e38");
    EXPECT("\"boolean\"", "+true", "+ false ", "-tru", "-truee", "-TRUE", "-1", "-null");
    EXPECT("{\"type\":\"int\",\"logicalType\":\"date\"}", "+\"2025-09-18\"", "+17", "-\"2025-09\"",
           "-\"2025-02-30\"", "-\"x\"", "~\"2025\\u002d09-18\"");
}

static void strings(void **state)
{
    (void)state;
    EXPECT("\"string\"", "+\"\"", "+\"a\"", "+\"12345678\"", "+\"1234567\"", "+\"123456789\"",
           "+\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "+\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"",
           "+\"x\\u0000y\"", "+\"long text before \\n and behind it, twice\\\\\"",
           "+\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"", "+\"\x7F\"", "-\"a", "-\"", "-\"\\\"",
           "-\"\\x\"", "-\"\\u12\"", "-\"\\u12g4\"", "-\"\\ud83d\"", "-\"\\ud83dx\"",
           "-\"\\ud83d\\u0041\"", "-\"\\ude00\"", "-\"a\nb\"", "-\"a\tb\"", "-\"1234567\x01\"",
           "-\"\xFF\"", "-\"12345678\xC3\"", "-\"\xED\xA0\x80\"", "-\"\xC0\xAF\"", "-\"a\" \"b\"",
           "-a", "-null");
    EXPECT("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}", "+\"A\"", "+\"B\"",
           "-\"C\"", "-\"a\"", "-\"\"", "-0", "~\"\\u0041\"");
}

static void containers(void **state)
{
    (void)state;
    EXPECT("{\"type\":\"array\",\"items\":\"int\"}", "+[]", "+[ ]", "+[1]", "+[1,2,3,4,5,6,7,8,9]",
           "+ [ 1 , 2 ] ", "-[1,]", "-[,1]", "-[1 2]", "-[", "-[1", "-]", "-[\"a\"]", "-{}");
    EXPECT("[\"null\",\"string\"]", "+null", "+\"x\"", "-nul", "-1", "-nullx");
    EXPECT("[\"long\",\"null\"]", "+null", "+7", "-\"7\"");
    EXPECT("[\"null\",{\"type\":\"array\",\"items\":\"int\"}]", "+null", "+[1]", "-1");
    EXPECT("[\"null\",\"int\",\"string\"]", "~null", "~{\"int\":1}", "-1");
    EXPECT("{\"type\":\"map\",\"values\":\"int\"}", "~{}", "~{\"a\":1}", "-[]");
    EXPECT("\"bytes\"", "~\"a\"", "-1");
    EXPECT("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},"
           "{\"name\":\"b\",\"type\":\"string\",\"default\":\"x\"},"
           "{\"name\":\"c\",\"type\":[\"null\",\"R\"],\"default\":null}]}",
           "+{\"a\":1}", "+{\"b\":\"y\",\"a\":1}", "+{ \"a\" : 1 , \"c\" : {\"a\":2,\"c\":null} }",
           "-{}", "-{\"b\":\"y\"}", "-{\"a\":1,\"a\":1}", "-{\"a\":1,\"d\":1}", "-{\"a\":1,}",
           "-{\"a\" 1}", "-{\"a\":1 \"b\":\"\"}", "-{a:1}", "-{\"a\":1", "~{\"\\u0061\":1}", "-[]",
           "-{\"a\":1}{", "-");
}

static void limits_hold(void **state)
{
    struct wire_limits limits = {.value_bytes = 5, .items = 3, .depth = 4};
    struct wire_schema *texts = parse("{\"type\":\"array\",\"items\":\"string\"}");
    struct wire_schema *nested = parse("{\"type\":\"record\",\"name\":\"N\",\"fields\":[{\"name\":"
                                       "\"n\",\"type\":[\"null\",\"N\"]}]}");
    bool slow;
    (void)state;

    assert_true(compare_within(texts, vf_slice_of("[\"12345\",\"\",\"\"]"), &limits, &slow));
    assert_false(compare_within(texts, vf_slice_of("[\"123456\"]"), &limits, &slow));
    assert_false(slow);
    assert_false(compare_within(texts, vf_slice_of("[\"12345\\n\"]"), &limits, &slow));
    assert_false(slow);
    assert_false(compare_within(texts, vf_slice_of("[\"\",\"\",\"\",\"\"]"), &limits, &slow));
    assert_false(slow);
    for (int depth = 0; depth < 6; depth++) {
        char text[128] = "";
        for (int i = 0; i < depth; i++)
            strcat(text, "{\"n\":");
        strcat(text, "{\"n\":null}");
        for (int i = 0; i < depth; i++)
            strcat(text, "}");
        bool fast = compare_within(nested, vf_slice_of(text), &limits, &slow);
        assert_int_equal(fast, slow);
    }
    wire_schema_free(texts);
    wire_schema_free(nested);
}

static void a_failure_leaves_the_arena_alone(void **state)
{
    struct wire_schema *schema = parse("{\"type\":\"array\",\"items\":\"string\"}");
    struct wire_array value;
    (void)state;

    vf_arena_reset(&arena);
    size_t before = vf_arena_used(&arena);
    assert_false(wire_json_read_fast(schema->root, vf_slice_of("[\"a\",\"b\",\"c\",\"d\",\"e\",1]"),
                                     &wire_limits_default, &arena, &value));
    assert_int_equal(vf_arena_used(&arena), before);
    wire_schema_free(schema);
}

/* All of the sample is plain: that is what makes it fast. And no change of a few bytes makes the
 * readers disagree. */
static void sample_and_mutants(void **state)
{
    static const char *const files[] = {"tests/sample/visits.jsonl", "tests/sample/meetings.jsonl"};
    static const char *const schemas[] = {vf_visit_schema_json, vf_meeting_schema_json};
    static const char odd[] = "\"\\{}[]:,0-.e \n\xC3\xFFtn\x01u";
    char line[65536], mutant[65536];
    uint64_t seed = 77;
    (void)state;

    for (int i = 0; i < 2; i++) {
        struct wire_schema *schema = parse(schemas[i]);
        FILE *file = fopen(files[i], "r");
        assert_non_null(file);
        while (fgets(line, sizeof line, file)) {
            size_t length = strlen(line);
            bool slow;
            assert_true(compare(schema, vf_slice(line, length), &slow));
            for (int round = 0; round < 60; round++) {
                memcpy(mutant, line, length);
                size_t changes = 1 + test_random(&seed) % 3;
                for (size_t n = 0; n < changes; n++)
                    mutant[test_random(&seed) % length] =
                        odd[test_random(&seed) % (sizeof odd - 1)];
                size_t cut = round % 10 ? length : test_random(&seed) % length;
                compare(schema, vf_slice(mutant, cut), &slow);
            }
        }
        fclose(file);
        wire_schema_free(schema);
    }
}

static int set_up(void **state)
{
    (void)state;
    vf_arena_init(&arena, 65536, 64 * MIB);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vf_arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(strings),
        cmocka_unit_test(containers),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(a_failure_leaves_the_arena_alone),
        cmocka_unit_test(sample_and_mutants),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
