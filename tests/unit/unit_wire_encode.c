/*
 * Encoding: bytes of every kind of value, what is refused, and no memory per event once warm.
 */
#include "wire_support.h"

#include "vf_events.h"

/* Encodes JSON of the schema; hex of the bytes. */
static void expect_bytes(const char *schema_json, const char *json, const char *hex)
{
    struct wire_schema *schema = parse_schema(schema_json);
    void *value = calloc(1, wire_schema_size(schema) + 1);
    struct vf_error err = {0};
    struct vf_arena arena;
    struct vf_buffer out;

    vf_arena_init(&arena, 1024, TEST_ARENA_LIMIT);
    vf_buffer_init(&out, TEST_BUFFER_LIMIT);
    if (wire_json_read(schema, vf_slice_of(json), NULL, &arena, value, &err) ||
        wire_encode(schema, value, &out, &err))
        fail_msg("%s: %s", json, err.text);
    struct vf_slice want = bytes_of(hex);
    if (!vf_slice_equal(want, vf_buffer_slice(&out))) {
        char seen[512] = "";
        for (size_t i = 0; i < out.len && i < 250; i++)
            snprintf(seen + 2 * i, 3, "%02x", (unsigned char)out.data[i]);
        fail_msg("%s: %s", json, seen);
    }
    vf_buffer_release(&out);
    vf_arena_release(&arena);
    free(value);
    wire_schema_free(schema);
}

static void bytes_of_each_kind(void **state)
{
    (void)state;
    expect_bytes("\"null\"", "null", "");
    expect_bytes("\"boolean\"", "true", "01");
    expect_bytes("\"boolean\"", "false", "00");
    expect_bytes("\"int\"", "-64", "7f");
    expect_bytes("\"int\"", "64", "8001");
    expect_bytes("\"int\"", "-2147483648", "ffffffff0f");
    expect_bytes("\"long\"", "9223372036854775807", "feffffffffffffffff01");
    expect_bytes("\"float\"", "1.5", "0000c03f");
    expect_bytes("\"double\"", "-1.5", "000000000000f8bf");
    expect_bytes("\"bytes\"", "\"\\u00ff\"", "02ff");
    expect_bytes("\"string\"", "\"foo\"", "06666f6f");
    expect_bytes("{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}", "\"ab\"", "6162");
    expect_bytes("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}", "\"B\"", "02");
    expect_bytes("{\"type\":\"array\",\"items\":\"long\"}", "[3, 27]", "04063600");
    expect_bytes("{\"type\":\"array\",\"items\":\"long\"}", "[]", "00");
    expect_bytes("{\"type\":\"array\",\"items\":\"string\"}", "[\"a\", \"\"]", "0402610000");
    expect_bytes("{\"type\":\"array\",\"items\":\"null\"}", "[null, null]", "0400");
    expect_bytes("{\"type\":\"map\",\"values\":\"int\"}", "{\"a\": 1}", "0202610200");
    expect_bytes("[\"null\",\"string\"]", "null", "00");
    expect_bytes("[\"null\",\"string\"]", "\"a\"", "020261");
    expect_bytes("[\"string\",\"null\"]", "\"a\"", "000261");
    expect_bytes("[\"string\",\"null\"]", "null", "02");
    expect_bytes("[\"null\",\"long\"]", "1", "0202");
    expect_bytes("[\"long\",\"null\"]", "null", "02");
    expect_bytes("[\"null\",{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}]", "\"ab\"", "026162");
    expect_bytes("[\"null\",{\"type\":\"array\",\"items\":\"int\"}]", "[1]", "02020200");
    expect_bytes("[\"null\",{\"type\":\"array\",\"items\":\"int\"}]", "null", "00");
    expect_bytes("[\"int\",\"null\",\"string\"]", "{\"string\": \"a\"}", "040261");
    expect_bytes("[\"int\",\"null\",\"string\"]", "null", "02");
    expect_bytes("[\"int\",\"null\",\"string\"]", "{\"int\": 1}", "0002");
    expect_bytes("{\"type\":\"record\",\"name\":\"L\",\"fields\":[{\"name\":\"v\",\"type\":"
                 "\"int\"},{\"name\":\"next\",\"type\":[\"null\",\"L\"]}]}",
                 "{\"v\": 1, \"next\": {\"v\": 2, \"next\": null}}", "02020400");
}

static void what_cannot_be_read_back_is_refused(void **state)
{
    struct wire_schema *schema = parse_schema(
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"s\",\"type\":\"string\"},"
        "{\"name\":\"o\",\"type\":[\"null\",\"string\"]},"
        "{\"name\":\"x\",\"type\":{\"type\":\"fixed\",\"name\":\"X\",\"size\":2}},"
        "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}},"
        "{\"name\":\"t\",\"type\":{\"type\":\"array\",\"items\":\"string\"}},"
        "{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":\"E\"}},"
        "{\"name\":\"u\",\"type\":[\"int\",\"null\",\"string\"]}]}");
    struct vf_slice texts[] = {{"a", 1}, {"b", 1}};
    int32_t symbols[] = {0, 0, 0};
    struct {
        struct vf_slice s;
        struct vf_slice o;
        struct vf_slice x;
        int32_t e;
        struct wire_array t;
        struct wire_array a;
        struct wire_union u;
    } good = {{"s", 1}, {NULL, 0}, {"xx", 2}, 0, {texts, 2}, {symbols, 3}, {1, NULL}}, bad;
    struct vf_error err = {0};
    struct vf_buffer out;

    (void)state;
    assert_int_equal(wire_schema_size(schema), sizeof good);
    vf_buffer_init(&out, TEST_BUFFER_LIMIT);
    vf_buffer_append_text(&out, "before");
    assert_int_equal(wire_encode(schema, &good, &out, &err), 0);
    size_t len = out.len;

#define EXPECT(change, message)                                                                    \
    do {                                                                                           \
        bad = good;                                                                                \
        change;                                                                                    \
        assert_int_equal(wire_encode(schema, &bad, &out, &err), VF_EDATA);                         \
        assert_string_equal(err.text, message);                                                    \
        assert_int_equal(out.len, len);                                                            \
    } while (0)
    EXPECT(bad.s.ptr = NULL, "s: null where null is not allowed");
    EXPECT(bad.s = vf_slice("\xff", 1), "s: not UTF-8");
    EXPECT(bad.o = vf_slice("\xff", 1), "o: not UTF-8");
    EXPECT(bad.x.len = 1, "x: 1 bytes, where a fixed of 2 is expected");
    EXPECT(bad.x.ptr = NULL, "x: null where null is not allowed");
    EXPECT(bad.e = 1, "e: symbol 1 of 1");
    EXPECT(bad.e = -1, "e: symbol -1 of 1");
    EXPECT(bad.t.items = NULL, "t: 2 items are counted, and none are there");
    EXPECT(bad.a.items = NULL, "a: 3 items are counted, and none are there");
    EXPECT(symbols[2] = 7, "a[2]: symbol 7 of 1");
    symbols[2] = 0;
    EXPECT(texts[1] = vf_slice("\x80", 1), "t[1]: not UTF-8");
    EXPECT(texts[1] = VF_SLICE_NULL, "t[1]: null where null is not allowed");
    texts[1] = vf_slice("b", 1);
    EXPECT(bad.u.branch = 3, "u: branch 3 of 3");
    EXPECT(bad.u.branch = -1, "u: branch -1 of 3");
    EXPECT(bad.u.branch = 2, "u: branch 2 of 3, without a value");
    assert_int_equal(wire_encode(schema, &good, &out, &err), 0);
    vf_buffer_release(&out);

    vf_buffer_init(&out, 8);
    assert_int_equal(wire_encode(schema, &good, &out, &err), VF_ELIMIT);
    assert_contains(err.text, "too large for a buffer of 8 bytes");
    assert_int_equal(out.len, 0);
    vf_buffer_release(&out);
    vf_buffer_init(&out, TEST_BUFFER_LIMIT);
    vf_memory_fail_after(1);
    int code = wire_encode(schema, &good, &out, &err);
    vf_memory_fail_after(0);
    assert_int_equal(code, VF_ENOMEM);
    vf_buffer_release(&out);
    wire_schema_free(schema);
}

/* A chain that ends nowhere is a mistake of the caller, not the end of the stack. */
static void endless_values_are_refused(void **state)
{
    struct node {
        struct node *next;
    } node = {&node};
    struct wire_schema *schema = parse_schema("{\"type\":\"record\",\"name\":\"L\",\"fields\":["
                                              "{\"name\":\"next\",\"type\":[\"null\",\"L\"]}]}");
    struct vf_error err = {0};
    struct vf_buffer out;

    (void)state;
    vf_buffer_init(&out, TEST_BUFFER_LIMIT);
    assert_int_equal(wire_encode(schema, &node, &out, &err), VF_ELIMIT);
    assert_contains(err.text, "next.next.next");
    assert_int_equal(wire_json_write(schema, &node, &out, &err), VF_EDATA);
    vf_buffer_release(&out);
    wire_schema_free(schema);
}

/* However little room a buffer has: the whole value, or nothing and an error. */
static void values_end_anywhere_in_the_buffer(void **state)
{
    struct wire_schema *schema = parse_schema(
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"string\"},"
        "{\"name\":\"b\",\"type\":[\"null\",\"string\"]},{\"name\":\"c\",\"type\":[\"string\","
        "\"null\"]},{\"name\":\"d\",\"type\":\"string\"},{\"name\":\"e\",\"type\":\"long\"},"
        "{\"name\":\"f\",\"type\":\"bytes\"},{\"name\":\"g\",\"type\":{\"type\":\"array\","
        "\"items\":\"string\"}},{\"name\":\"h\",\"type\":{\"type\":\"array\",\"items\":\"long\"}}]"
        "}");
    static const char text[400] = "0123456789012345678901234567890123456789";
    struct vf_slice items[20];
    int64_t numbers[40];
    struct {
        struct vf_slice a, b, c, d;
        int64_t e;
        struct vf_slice f;
        struct wire_array g, h;
    } value = {.a = {text, 31},
               .b = {text, 32},
               .c = VF_SLICE_NULL,
               .d = {text, 33},
               .e = INT64_MIN,
               .f = {text, 400},
               .g = {items, 20},
               .h = {numbers, 40}};
    struct vf_error err = {0};
    struct vf_buffer whole;

    (void)state;
    for (size_t i = 0; i < 20; i++)
        items[i] = vf_slice(text, 2 * i);
    for (size_t i = 0; i < 40; i++)
        numbers[i] = INT64_MAX;
    vf_buffer_init(&whole, TEST_BUFFER_LIMIT);
    assert_int_equal(wire_encode(schema, &value, &whole, &err), 0);
    assert_int_equal(whole.len, 32 + 34 + 1 + 34 + 10 + 402 + 2 + 20 + 380 + 400 + 2);
    for (size_t limit = 0; limit < whole.len + WIRE_ENCODE_ROOM; limit++) {
        struct vf_buffer out;
        vf_buffer_init(&out, limit);
        assert_int_equal(wire_encode(schema, &value, &out, &err), VF_ELIMIT);
        assert_int_equal(out.len, 0);
        vf_buffer_release(&out);
    }
    for (size_t before = 0; before < 600; before++) {
        struct vf_buffer out;
        vf_buffer_init(&out, whole.len + before + WIRE_ENCODE_ROOM);
        assert_true(vf_buffer_append(&out, text, before < 400 ? before : 400));
        size_t start = out.len;
        assert_int_equal(wire_encode(schema, &value, &out, &err), 0);
        assert_int_equal(out.len - start, whole.len);
        assert_memory_equal(out.data + start, whole.data, whole.len);
        vf_buffer_release(&out);
    }
    vf_buffer_release(&whole);
    wire_schema_free(schema);
}

static void a_warm_event_takes_no_memory(void **state)
{
    struct wire_schema *schema = parse_schema(vf_visit_schema_json);
    static struct vf_place stops[2];
    static struct vf_slice names[3] = {{"IPU", 3}, {"APA", 3}, {"\xd0\x9e\xd0\x98\xd0\xa1", 6}};
    struct vf_visit visit = {
        .event_id = {"e", 1}, .source = {"s", 1}, .stops = {stops, 2}, .organizations = {names, 3}};
    struct wire_plan *plan;
    struct vf_error err = {0};
    struct vf_arena arena;
    struct vf_buffer out;

    (void)state;
    assert_int_equal(wire_plan_compile(schema, schema, &plan, &err), 0);
    vf_arena_init(&arena, 4096, TEST_ARENA_LIMIT);
    vf_buffer_init(&out, TEST_BUFFER_LIMIT);
    unsigned long before = 0;
    for (int i = 0; i < 100; i++) {
        struct vf_visit back;
        if (i == 1)
            before = vf_memory_count();
        vf_arena_reset(&arena);
        vf_buffer_clear(&out);
        assert_int_equal(wire_encode(schema, &visit, &out, &err), 0);
        assert_int_equal(wire_decode(plan, vf_buffer_slice(&out), NULL, &arena, &back, &err), 0);
        assert_slice(back.organizations.items[2], "\xd0\x9e\xd0\x98\xd0\xa1");
        assert_int_equal(back.stops.count, 2);
    }
    assert_int_equal(vf_memory_count() - before, 0);
    vf_buffer_release(&out);
    vf_arena_release(&arena);
    wire_plan_free(plan);
    wire_schema_free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_of_each_kind),
        cmocka_unit_test(what_cannot_be_read_back_is_refused),
        cmocka_unit_test(endless_values_are_refused),
        cmocka_unit_test(values_end_anywhere_in_the_buffer),
        cmocka_unit_test(a_warm_event_takes_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
