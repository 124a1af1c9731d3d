/* Filters over records. */
#include "test_support.h"

#include "codec/wire_json.h"
#include "record_filter.h"

enum { MIB = 1 << 20 };

static const char schema_json[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"text\",\"type\":\"string\"},"
    "{\"name\":\"maybe\",\"type\":[\"null\",\"string\"],\"default\":null},"
    "{\"name\":\"number\",\"type\":[\"null\",\"long\"],\"default\":null},"
    "{\"name\":\"small\",\"type\":\"int\",\"default\":-3},"
    "{\"name\":\"real\",\"type\":\"double\",\"default\":0.5},"
    "{\"name\":\"flag\",\"type\":\"boolean\",\"default\":true},"
    "{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"K\",\"symbols\":[\"A\",\"B\"]},"
    "\"default\":\"B\"},"
    "{\"name\":\"places\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":"
    "\"P\","
    "\"fields\":[{\"name\":\"city\",\"type\":[\"null\",\"string\"]}]}},\"default\":[]},"
    "{\"name\":\"deep\",\"type\":[\"null\",\"P\"],\"default\":null},"
    "{\"name\":\"either\",\"type\":[\"null\",\"int\",\"string\"],\"default\":null},"
    "{\"name\":\"by_name\",\"type\":{\"type\":\"map\",\"values\":\"int\"},\"default\":{}}]}";

static const char value_json[] =
    "{\"text\":\"Kuala Lumpur\",\"number\":42,\"places\":[{\"city\":\"Baku\"},{\"city\":null}],"
    "\"deep\":{\"city\":\"Rome\"},\"either\":{\"string\":\"s\"},\"by_name\":{\"one\":1,\"two\":2}}";

static void fields(void **state)
{
    static const struct {
        const char *path;
        const char *pattern;
        bool passes;
    } cases[] = {
        {"text", "Kuala Lumpur", true}, {"text", "Kuala*", true},
        {"text", "kuala*", false},      {"maybe", "null", true},
        {"maybe", "*", false},          {"number", "42", true},
        {"number", "4?", true},         {"number", "43", false},
        {"small", "-3", true},          {"real", "0.5", true},
        {"flag", "true", true},         {"kind", "B", true},
        {"kind", "A", false},           {"places.city", "Baku", true},
        {"places.city", "null", true},  {"places.city", "Rome", false},
        {"places", "*", false},         {"deep.city", "Rome", true},
        {"deep", "*", false},           {"either", "s", true},
        {"by_name.two", "2", true},     {"by_name.three", "*", false},
        {"by_name", "*", false},        {"absent", "*", false},
        {"text.more", "*", false},      {"", "*", false},
    };
    struct wire_schema *schema;
    struct vf_error err = {0};
    struct vf_arena arena;
    (void)state;

    vf_arena_init(&arena, 4096, MIB);
    assert_int_equal(wire_schema_parse(vf_slice_of(schema_json), &schema, &err), 0);
    void *value = vf_arena_alloc(&arena, wire_schema_size(schema));
    if (wire_json_read(schema, vf_slice_of(value_json), NULL, &arena, value, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (vf_filter_field(wire_schema_type(schema), value, vf_slice_of(cases[i].path),
                            cases[i].pattern) != cases[i].passes)
            fail_msg("%s=%s", cases[i].path, cases[i].pattern);
    wire_schema_free(schema);
    vf_arena_release(&arena);
}

static void keys_and_headers(void **state)
{
    static const struct vf_header headers[] = {{VF_SLICE_LITERAL("a"), VF_SLICE_LITERAL("one")},
                                               {VF_SLICE_LITERAL("a"), VF_SLICE_LITERAL("two")},
                                               {VF_SLICE_LITERAL("b"), {NULL, 0}}};
    const struct vf_record record = {
        .key = VF_SLICE_LITERAL("trend.az|ev-1"), .headers = headers, .header_count = 3};
    const struct vf_record bare = {.offset = 0};
    struct vf_filter_flags filter = {.keys = {.count = 0}};
    (void)state;

    assert_true(vf_filter_is_empty(&filter));
    assert_true(vf_filter_passes(&filter, &bare, NULL));
    filter.keys = (struct vf_flag_list){1, {"trend.az|*"}};
    assert_true(vf_filter_passes(&filter, &record, NULL));
    assert_false(vf_filter_passes(&filter, &bare, NULL));
    filter.keys = (struct vf_flag_list){2, {"trend.az|*", "*-2"}}; /* both must hold */
    assert_false(vf_filter_passes(&filter, &record, NULL));
    filter.keys.count = 0;

    filter.headers = (struct vf_flag_list){1, {"a=two"}};
    assert_true(vf_filter_passes(&filter, &record, NULL));
    filter.headers = (struct vf_flag_list){2, {"a=o*", "b"}};
    assert_true(vf_filter_passes(&filter, &record, NULL));
    filter.headers = (struct vf_flag_list){1, {"b=*"}}; /* null is no text */
    assert_false(vf_filter_passes(&filter, &record, NULL));
    filter.headers = (struct vf_flag_list){1, {"c"}};
    assert_false(vf_filter_passes(&filter, &record, NULL));
}

static void wrong_filters(void **state)
{
    struct vf_error err = {0};
    (void)state;
    assert_int_equal(vf_filter_check(&(struct vf_filter_flags){.fields = {1, {"novalue"}}}, &err),
                     VF_EUSAGE);
    assert_contains(err.text, "--field");
    assert_int_equal(vf_filter_check(&(struct vf_filter_flags){.fields = {1, {"=x"}}}, &err),
                     VF_EUSAGE);
    assert_int_equal(vf_filter_check(&(struct vf_filter_flags){.headers = {1, {"=x"}}}, &err),
                     VF_EUSAGE);
    assert_int_equal(vf_filter_check(&(struct vf_filter_flags){.headers = {1, {"x"}}}, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(keys_and_headers),
        cmocka_unit_test(wrong_filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
