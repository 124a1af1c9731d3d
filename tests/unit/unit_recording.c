/* Recordings: whatever a record holds comes out of both forms again, byte for byte. */
#include "test_support.h"

#include "base/memory.h"
#include "codec/wire_json.h"
#include "feed/convert.h"
#include "feed/input.h"
#include "recording.h"
#include "vf_events.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

static struct vf_config config;
static struct vf_arena arena;
static struct vf_decoder *decoder;
static char path[] = "/tmp/unit_recording_XXXXXX";

static int set_up(void **state)
{
    struct vf_error err;
    (void)state;
    close(mkstemp(path));
    vf_arena_init(&arena, 4096, 16 * MIB);
    return vf_config_load(NULL, NULL, 0, &arena, &config, &err) ||
           vf_decoder_create(&config, &arena, &decoder, &err);
}

static int tear_down(void **state)
{
    (void)state;
    vf_decoder_free(decoder);
    vf_arena_release(&arena);
    unlink(path);
    return 0;
}

static void assert_same_slice(struct vf_slice a, struct vf_slice b)
{
    assert_true(!a.ptr == !b.ptr);
    assert_int_equal(a.len, b.len);
    if (a.len)
        assert_memory_equal(a.ptr, b.ptr, a.len);
}

static void assert_same_record(const struct vf_record *a, const struct vf_record *b)
{
    assert_same_slice(a->topic, b->topic);
    assert_int_equal(a->partition, b->partition);
    assert_int_equal(a->offset, b->offset);
    assert_int_equal(a->timestamp_ms, b->timestamp_ms);
    assert_int_equal(a->timestamp_type, b->timestamp_type);
    assert_same_slice(a->key, b->key);
    assert_same_slice(a->value, b->value);
    assert_int_equal(a->header_count, b->header_count);
    for (size_t i = 0; i < a->header_count; i++) {
        assert_same_slice(a->headers[i].name, b->headers[i].name);
        assert_same_slice(a->headers[i].value, b->headers[i].value);
    }
}

static void record_all(enum vf_recording_format format, const char *codec,
                       const struct vf_record *records, size_t count)
{
    struct vf_recorder *recorder;
    struct vf_error err = {0};

    if (vf_recorder_create(path, format, codec, true, decoder, &recorder, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < count; i++)
        if (vf_recorder_add(recorder, &records[i], &err))
            fail_msg("%s", err.text);
    assert_int_equal(vf_recorder_finish(recorder, &err), 0);
}

static void expect_all(const struct vf_record *records, size_t count)
{
    struct vf_input *input;
    struct vf_input_item item;
    struct vf_player *player;
    struct vf_record record;
    struct vf_error err = {0};
    size_t seen = 0;
    int rc;

    assert_int_equal(vf_input_open(path, VF_INPUT_AUTO, 64 * MIB, &input, &err), 0);
    if (vf_player_create(vf_input_schema(input), &player, &err))
        fail_msg("%s", err.text);
    while (!(rc = vf_input_next(input, &item, &err))) {
        rc = vf_player_read(player, item.bytes, &record, &err);
        if (rc == VF_EAGAIN)
            continue;
        if (rc)
            fail_msg("record %zu: %s", seen, err.text);
        assert_true(seen < count);
        assert_same_record(&record, &records[seen++]);
    }
    assert_int_equal(rc, VF_ENOENT);
    assert_int_equal(seen, count);
    vf_player_free(player);
    vf_input_close(input);
}

static void expect_round_trip(const struct vf_record *records, size_t count)
{
    record_all(VF_RECORDING_AVRO, "null", records, count);
    expect_all(records, count);
    record_all(VF_RECORDING_AVRO, "deflate", records, count);
    expect_all(records, count);
    record_all(VF_RECORDING_JSON, NULL, records, count);
    expect_all(records, count);
}

static void odd_records(void **state)
{
    static const struct vf_header headers[] = {
        {VF_SLICE_LITERAL("a"), VF_SLICE_LITERAL("1")},
        {VF_SLICE_LITERAL("a"), {NULL, 0}},
        {VF_SLICE_LITERAL(""), VF_SLICE_LITERAL("")},
        {VF_SLICE_LITERAL("\xD0\xB8"), VF_SLICE_LITERAL("\xFF\0x")}};
    const struct vf_record records[] = {
        {.topic = VF_SLICE_LITERAL("t"), .partition = 0, .offset = 0, .timestamp_ms = -1},
        {.topic = VF_SLICE_LITERAL("t"),
         .partition = INT32_MAX,
         .offset = INT64_MAX,
         .timestamp_ms = INT64_MAX,
         .timestamp_type = VF_TIMESTAMP_APPEND,
         .key = VF_SLICE_LITERAL(""),
         .value = VF_SLICE_LITERAL("")},
        {.topic = VF_SLICE_LITERAL("t"),
         .partition = 1,
         .offset = 2,
         .timestamp_ms = 0,
         .timestamp_type = VF_TIMESTAMP_CREATE,
         .key = VF_SLICE_LITERAL("text \"quoted\"\n"),
         .value = VF_SLICE_LITERAL("{\"any\": \"json\"}"),
         .headers = headers,
         .header_count = 4},
        {.topic = VF_SLICE_LITERAL("t"),
         .partition = 1,
         .offset = 3,
         .timestamp_ms = 1,
         .key = VF_SLICE_LITERAL("\0\1\2"),
         .value = VF_SLICE_LITERAL("\xFE\xFD\0")},
        /* Framed as a visit, and none. */
        {.topic = VF_SLICE_LITERAL("t"),
         .partition = 1,
         .offset = 4,
         .timestamp_ms = 1,
         .value = VF_SLICE_LITERAL("\0\0\0\0\1garbage")},
        {.topic = VF_SLICE_LITERAL("t"),
         .partition = 1,
         .offset = 5,
         .timestamp_ms = 1,
         .value = VF_SLICE_LITERAL("\0\0\0\0\xFFunknown schema")},
        {.topic = VF_SLICE_LITERAL("t"),
         .partition = 1,
         .offset = 6,
         .timestamp_ms = 1,
         .value = VF_SLICE_LITERAL("\0")},
    };
    (void)state;
    expect_round_trip(records, sizeof records / sizeof *records);
    expect_round_trip(records, 0);
}

static void values_of_all_lengths(void **state)
{
    enum { COUNT = 300 };
    struct vf_record *records = calloc(COUNT, sizeof *records);
    char *bytes = malloc(COUNT * 7);
    uint64_t seed = 11;
    (void)state;

    for (size_t i = 0; i < COUNT * 7; i++)
        bytes[i] = (char)test_random(&seed);
    for (size_t i = 0; i < COUNT; i++)
        records[i] = (struct vf_record){.topic = VF_SLICE_LITERAL("t"),
                                        .offset = (int64_t)i,
                                        .key = {bytes, i % 5},
                                        .value = {bytes + i, i * 6}};
    expect_round_trip(records, COUNT);
    free(records);
    free(bytes);
}

/* A visit as the producer would send it. */
static struct vf_record make_visit(struct vf_converter **converter, enum wire_framing framing)
{
    static const char text[] = "{\"event_id\":\"e1\",\"source\":\"trend.az\",\"visit_type\":"
                               "\"WORKING\",\"published_at\":1758153600000,\"stops\":[{\"city\":"
                               "\"Bak\xC4\xB1\"}],\"organizations\":[\"AIPA\",\"\"]}";
    struct vf_convert_config convert = {.kind = VF_KIND_VISIT,
                                        .topics = {VF_SLICE_LITERAL("visits")},
                                        .framing = framing,
                                        .schema_ids = {1, 2},
                                        .limits = wire_limits_default,
                                        .event_bytes_max = MIB};
    struct vf_record record;
    struct vf_error err = {0};

    assert_int_equal(vf_converter_create(&convert, converter, &err), 0);
    assert_int_equal(vf_converter_json(*converter, vf_slice_of(text), &record, &err), 0);
    record.partition = 0;
    record.offset = 7;
    record.timestamp_ms = 5;
    return record;
}

static char *read_file(void)
{
    static char text[65536];
    FILE *file = fopen(path, "r");
    size_t n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    fclose(file);
    return text;
}

static void known_values_are_readable(void **state)
{
    struct vf_converter *converter;
    struct vf_record record = make_visit(&converter, WIRE_FRAMING_CONFLUENT);
    struct vf_record records[2] = {record, record};
    (void)state;

    expect_round_trip(records, 2);
    const char *text = read_file(); /* JSON was last */
    assert_contains(text, "{\"schema\":{\"framing\":\"confluent\",\"id\":1},\"avro\":{");
    assert_contains(text, "\"value\":{\"schema\":{\"framing\":\"confluent\",\"id\":1},\"json\":{");
    assert_contains(text, "\"city\": \"Bak\xC4\xB1\"");
    const char *first = strstr(text, "\"avro\"");
    assert_null(strstr(first + 1, "\"avro\"")); /* the schema comes once */
    vf_converter_free(converter);

    records[0] = make_visit(&converter, WIRE_FRAMING_SINGLE_OBJECT);
    expect_round_trip(records, 1);
    assert_contains(read_file(), "\"framing\":\"single-object\",\"fingerprint\":\"");
    vf_converter_free(converter);
}

static void values_in_an_odd_encoding_stay_bytes(void **state)
{

    struct vf_converter *converter;
    struct vf_record record = make_visit(&converter, WIRE_FRAMING_CONFLUENT);
    char bytes[4096];
    (void)state;

    /* The length of event_id, one byte, in two: legal for readers, and not what we write. */
    memcpy(bytes, record.value.ptr, 5);
    bytes[5] = (char)(record.value.ptr[5] | 0x80);
    bytes[6] = 0;
    memcpy(bytes + 7, record.value.ptr + 6, record.value.len - 6);
    record.value = vf_slice(bytes, record.value.len + 1);
    expect_round_trip(&record, 1);
    assert_contains(read_file(), "\"value\":{\"base64\":");
    vf_converter_free(converter);
}

/* Dates are texts in JSON: the schema in the file must say that they are dates. */
static void logical_types_survive(void **state)
{
    static const char text[] =
        "{\"event_key\":\"k\",\"kind\":\"VISIT\",\"report\":{\"source\":\"s\",\"event_id\":\"e\","
        "\"revision\":1},\"date\":{\"start\":\"2025-09-18\",\"end\":\"2025-09-19\"},"
        "\"reference\":{\"snapshot\":\"x\"}}";
    struct wire_schema *schema;
    struct vf_buffer value;
    struct vf_error err = {0};
    struct vf_normalized_event event;
    (void)state;

    assert_int_equal(wire_schema_parse(vf_slice_of(vf_normalized_event_schema_json), &schema, &err),
                     0);
    struct vf_arena memory;
    vf_arena_init(&memory, 4096, MIB);
    if (wire_json_read(schema, vf_slice_of(text), NULL, &memory, &event, &err)) {
        /* The schema asks for more than this text has. */
        fail_msg("%s", err.text);
    }
    vf_buffer_init(&value, MIB);
    vf_buffer_append(&value, "\0\0\0\0\3", 5);
    assert_int_equal(wire_encode(schema, &event, &value, &err), 0);
    struct vf_record record = {.topic = VF_SLICE_LITERAL("t"), .value = vf_buffer_slice(&value)};
    expect_round_trip(&record, 1);
    assert_contains(read_file(), "\"2025-09-18\"");
    vf_buffer_release(&value);
    vf_arena_release(&memory);
    wire_schema_free(schema);
}

static void expect_refusal(struct vf_player *player, const char *line, int code, const char *word)
{
    struct vf_record record;
    struct vf_error err = {0};

    assert_int_equal(vf_player_read(player, vf_slice_of(line), &record, &err), code);
    if (word)
        assert_contains(err.text, word);
}

static void bad_lines_are_refused(void **state)
{
    struct vf_player *player;
    struct vf_error err = {0};
    (void)state;

    assert_int_equal(vf_player_create(VF_SLICE_NULL, &player, &err), 0);
    expect_refusal(player, "{", VF_EJSON, "column");
    expect_refusal(player, "[]", VF_EDATA, "topic");
    expect_refusal(player, "{\"topic\":\"\"}", VF_EDATA, "topic");
    expect_refusal(player, "{\"topic\":7}", VF_EDATA, "topic");
    expect_refusal(player, "{\"topic\":\"t\",\"partition\":\"x\"}", VF_EDATA, "partition");
    expect_refusal(player, "{\"topic\":\"t\",\"partition\":4294967296}", VF_EDATA, "partition");
    expect_refusal(player, "{\"topic\":\"t\",\"timestamp\":-2}", VF_EDATA, "timestamp");
    expect_refusal(player, "{\"topic\":\"t\",\"key\":{\"base64\":\"?\"}}", VF_EDATA, "key");
    expect_refusal(player, "{\"topic\":\"t\",\"key\":7}", VF_EDATA, "key");
    expect_refusal(player, "{\"topic\":\"t\",\"headers\":{}}", VF_EDATA, "headers");
    expect_refusal(player, "{\"topic\":\"t\",\"headers\":[{}]}", VF_EDATA, "headers[0].name");
    expect_refusal(player, "{\"topic\":\"t\",\"headers\":[{\"name\":\"a\",\"value\":1}]}", VF_EDATA,
                   "headers[0]");
    expect_refusal(player,
                   "{\"topic\":\"t\",\"value\":{\"schema\":{\"framing\":\"confluent\",\"id\":9},"
                   "\"json\":{}}}",
                   VF_EUNKNOWNSCHEMA, "schema");
    expect_refusal(player, "{\"schema\":{\"framing\":\"confluent\",\"id\":-1},\"avro\":\"int\"}",
                   VF_EDATA, "schema.id");
    expect_refusal(player, "{\"schema\":{\"framing\":\"confluent\",\"id\":9},\"avro\":\"itn\"}",
                   VF_ESCHEMA, "avro");
    expect_refusal(player, "{\"schema\":{\"framing\":\"confluent\",\"id\":9},\"avro\":\"int\"}",
                   VF_EAGAIN, NULL);
    expect_refusal(player,
                   "{\"topic\":\"t\",\"value\":{\"schema\":{\"framing\":\"confluent\",\"id\":9},"
                   "\"json\":\"x\"}}",
                   VF_EDATA, "value.json");
    vf_player_free(player);
    assert_int_equal(vf_player_create(vf_slice_of("\"int\""), &player, &err), VF_EINCOMPATIBLE);
}

static void kinds_of_files_are_told_apart(void **state)
{
    (void)state;
    assert_true(vf_recording_is_line(vf_slice_of("{\"topic\":\"t\"}")));
    assert_true(vf_recording_is_line(vf_slice_of("{\"schema\":{},\"avro\":{}}")));
    assert_false(vf_recording_is_line(vf_slice_of("{\"event_id\":\"t\",\"topic\":1}")));
    assert_false(vf_recording_is_line(vf_slice_of("nonsense")));
    assert_false(vf_recording_is_schema(vf_slice_of(vf_visit_schema_json)));
    assert_false(vf_recording_is_schema(vf_slice_of("nonsense")));
}

static void files_that_cannot_be_written(void **state)
{
    struct vf_record record = {.topic = VF_SLICE_LITERAL("t"), .value = VF_SLICE_LITERAL("v")};
    struct vf_recorder *recorder;
    struct vf_error err = {0};
    (void)state;

    assert_int_equal(
        vf_recorder_create(path, VF_RECORDING_AVRO, "null", false, decoder, &recorder, &err),
        VF_EINVAL);
    assert_contains(err.text, "--overwrite");
    assert_int_equal(vf_recorder_create("/nonexistent/x", VF_RECORDING_JSON, NULL, false, decoder,
                                        &recorder, &err),
                     VF_EIO);
    assert_int_equal(
        vf_recorder_create("-", VF_RECORDING_AVRO, "null", false, decoder, &recorder, &err),
        VF_EINVAL);
    assert_int_equal(
        vf_recorder_create(path, VF_RECORDING_AVRO, "zip", true, decoder, &recorder, &err),
        VF_EINVAL);
    assert_int_equal(
        vf_recorder_create("/dev/full", VF_RECORDING_AVRO, "null", true, decoder, &recorder, &err),
        VF_EIO); /* its header */
    assert_contains(err.text, "/dev/full");
    assert_int_equal(
        vf_recorder_create("/dev/full", VF_RECORDING_JSON, NULL, true, decoder, &recorder, &err),
        0);
    vf_recorder_add(recorder, &record, &err);
    assert_int_equal(vf_recorder_flush(recorder, &err), VF_EIO);
    assert_contains(err.text, "/dev/full");
    assert_int_equal(vf_recorder_finish(recorder, &err), VF_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_records),
        cmocka_unit_test(values_of_all_lengths),
        cmocka_unit_test(known_values_are_readable),
        cmocka_unit_test(values_in_an_odd_encoding_stay_bytes),
        cmocka_unit_test(logical_types_survive),
        cmocka_unit_test(bad_lines_are_refused),
        cmocka_unit_test(kinds_of_files_are_told_apart),
        cmocka_unit_test(files_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
