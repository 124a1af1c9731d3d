/* Records as text for people. */
#include "test_support.h"

#include "feed/convert.h"
#include "inspect.h"
#include <stdio.h>
#include <stdlib.h>

enum { MIB = 1 << 20 };

static struct vf_config config;
static struct vf_arena arena;
static struct vf_decoder *decoder;
static struct vf_buffer out;

static int set_up(void **state)
{
    struct vf_error err;
    (void)state;
    vf_buffer_init(&out, 16 * MIB);
    vf_arena_init(&arena, 4096, 16 * MIB);
    return vf_config_load(NULL, NULL, 0, &arena, &config, &err) ||
           vf_decoder_create(&config, &arena, &decoder, &err);
}

static int tear_down(void **state)
{
    (void)state;
    vf_decoder_free(decoder);
    vf_arena_release(&arena);
    vf_buffer_release(&out);
    return 0;
}

static const char *inspect(const struct vf_inspect_config *how, const struct vf_record *record)
{
    struct vf_error err = {0};

    vf_buffer_clear(&out);
    assert_int_equal(vf_inspect(how, record, decoder, &out, &err), 0);
    assert_true(vf_buffer_append_char(&out, '\0'));
    return out.data;
}

static void a_decoded_record(void **state)
{
    static const char text[] =
        "{\"event_id\":\"e\",\"source\":\"s\",\"stops\":[{\"city\":\"Bak\xC4\xB1\"}]}";
    static const struct vf_header headers[] = {
        {VF_SLICE_LITERAL("h"), VF_SLICE_LITERAL("1")},
        {VF_SLICE_LITERAL("h"), {NULL, 0}},
        {VF_SLICE_LITERAL("b"), VF_SLICE_LITERAL("\xFF\xFE")}};
    struct vf_convert_config convert = {.kind = VF_KIND_VISIT,
                                        .topics = {VF_SLICE_LITERAL("visits")},
                                        .schema_ids = {1, 2},
                                        .limits = wire_limits_default,
                                        .event_bytes_max = MIB};
    struct vf_converter *converter;
    struct vf_record record;
    struct vf_error err;
    (void)state;

    assert_int_equal(vf_converter_create(&convert, &converter, &err), 0);
    assert_int_equal(vf_converter_json(converter, vf_slice_of(text), &record, &err), 0);
    record.partition = 2;
    record.offset = 7;
    record.timestamp_ms = 1758153600123;
    record.timestamp_type = VF_TIMESTAMP_CREATE;
    record.headers = headers;
    record.header_count = 3;
    const char *shown = inspect(&(struct vf_inspect_config){.compact = true}, &record);
    assert_contains(shown, "\"visits\" partition 2 offset 7\n");
    assert_contains(shown, "time: 2025-09-18T00:00:00.123Z (set by the producer)\n");
    assert_contains(shown, "key: \"s|e\"\n");
    assert_contains(shown, "header \"h\": \"1\"\n  header \"h\": null\n  header \"b\": 0xfffe\n");
    assert_contains(shown, "bytes, confluent, schema id 1, visitfeed.v1.Visit\n");
    assert_contains(shown, "\"city\": \"Bak\xC4\xB1\"");
    assert_null(strstr(shown, "000000"));
    shown =
        inspect(&(struct vf_inspect_config){.hex = true, .hex_max = 4, .schema = true}, &record);
    assert_contains(shown, "\n        \"stops\": [\n            {\n                \"city\"");
    assert_contains(shown, "\"logicalType\": \"timestamp-millis\"");
    assert_contains(shown, "000000  00 00 00 00 ");
    assert_contains(shown, " more bytes\n");
    vf_converter_free(converter);
}

static void values_that_cannot_be_decoded(void **state)
{
    static const struct {
        struct vf_slice value;
        const char *shown;
    } cases[] = {
        {{NULL, 0}, "value: null (a tombstone)"},
        {VF_SLICE_LITERAL(""), "value: 0 bytes\n  can't be decoded: EEMPTY"},
        {VF_SLICE_LITERAL("{\"plain\": 1}"), "EFRAMING"},
        {VF_SLICE_LITERAL("\0\0\0\0\1"),
         "confluent, schema id 1, visitfeed.v1.Visit\n  can't be decoded: ETRUNCATED"},
        {VF_SLICE_LITERAL("\0\0\0\0\x7Fx"), "schema id 127\n  can't be decoded: EUNKNOWNSCHEMA"},
        {VF_SLICE_LITERAL("\0\0"), "ETRUNCATED"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vf_record record = {.topic = VF_SLICE_LITERAL("t"),
                                   .partition = -1,
                                   .offset = -1,
                                   .timestamp_ms = -1,
                                   .value = cases[i].value};
        const char *shown = inspect(&(struct vf_inspect_config){.hex_max = 256}, &record);
        assert_contains(shown, cases[i].shown);
        assert_contains(shown, "no timestamp");
        assert_contains(shown, "key: null");
    }
}

/* Whatever a record holds, only printable characters and line feeds come out. */
static void terminals_are_safe(void **state)
{
    uint64_t seed = 17;
    char bytes[200];
    (void)state;

    for (int round = 0; round < 2000; round++) {
        size_t length = test_random(&seed) % sizeof bytes;
        for (size_t i = 0; i < length; i++)
            bytes[i] = (char)(round % 3 ? test_random(&seed) : test_random(&seed) % 0x30);
        if (length > 3 && round % 4 == 0)
            memcpy(bytes + length - 3, "\xC2\x9Bm", 3); /* CSI in 8 bits */
        struct vf_slice any = vf_slice(bytes, length);
        struct vf_header header = {any, any};
        struct vf_record record = {.topic = VF_SLICE_LITERAL("t"),
                                   .key = any,
                                   .value = any,
                                   .headers = &header,
                                   .header_count = 1};
        const char *shown =
            inspect(&(struct vf_inspect_config){.hex = true, .hex_max = 64}, &record);
        for (const unsigned char *c = (const unsigned char *)shown; *c; c++) {
            assert_true(*c == '\n' || *c >= 0x20);
            assert_int_not_equal(*c, 0x7F);
            assert_false(c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0);
        }
    }
}

static void json_unfolds(void **state)
{
    (void)state;
    vf_buffer_clear(&out);
    vf_json_unfold(vf_slice_of("{\"a\": [1, {}, []], \"b\": \"x, {\\\"y\\\": []\"}"), 2, &out);
    assert_slice(vf_buffer_slice(&out),
                 "  {\n      \"a\": [\n          1,\n          {},\n          []\n"
                 "      ],\n      \"b\": \"x, {\\\"y\\\": []\"\n  }\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decoded_record),
        cmocka_unit_test(values_that_cannot_be_decoded),
        cmocka_unit_test(terminals_are_safe),
        cmocka_unit_test(json_unfolds),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
