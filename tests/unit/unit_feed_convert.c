/* Reports as people have them become Kafka records. */
#include "test_support.h"

#include "base/memory.h"
#include "codec/wire_container.h"
#include "feed/convert.h"
#include "vf_events.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

static const char visit_text[] =
    "{\"event_id\":\"e1\",\"source\":\"trend.az\",\"published_at\":1758153600000,"
    "\"visit_type\":\"WORKING\",\"organizations\":[\"AIPA\"]}";
static const char meeting_text[] =
    "{\"source\":\"trend.az\",\"event_id\":\"m1\",\"visit_id\":\"e1\",\"modality\":\"IN_PERSON\"}";

static struct vf_convert_config standard_config(void)
{
    return (struct vf_convert_config){
        .kind = VF_KIND_AUTO,
        .topics = {VF_SLICE_LITERAL("visits"), VF_SLICE_LITERAL("meetings")},
        .framing = WIRE_FRAMING_CONFLUENT,
        .schema_ids = {1, 0x01020304},
        .limits = wire_limits_default,
        .event_bytes_max = MIB};
}

static struct vf_converter *create(const struct vf_convert_config *config)
{
    struct vf_converter *converter;
    struct vf_error err = {0};
    assert_int_equal(vf_converter_create(config, &converter, &err), 0);
    return converter;
}

/* Reads a record's value back, by its own schema. */
static void decode(const struct vf_record *record, size_t frame_bytes, const char *schema_json,
                   struct vf_arena *arena, void *value)
{
    struct wire_schema *schema;
    struct wire_plan *plan;
    struct vf_error err = {0};
    struct vf_slice body =
        vf_slice(record->value.ptr + frame_bytes, record->value.len - frame_bytes);

    assert_int_equal(wire_schema_parse(vf_slice_of(schema_json), &schema, &err), 0);
    assert_int_equal(wire_plan_compile(schema, schema, &plan, &err), 0);
    assert_int_equal(wire_decode(plan, body, NULL, arena, value, &err), 0);
    wire_plan_free(plan);
    wire_schema_free(schema);
}

static void a_visit_and_a_meeting(void **state)
{
    struct vf_convert_config config = standard_config();
    struct vf_converter *converter = create(&config);
    struct vf_error err = {0};
    struct vf_record record;
    struct vf_visit visit;
    struct vf_meeting meeting;
    struct vf_arena arena;
    (void)state;

    vf_arena_init(&arena, 4096, MIB);
    assert_int_equal(vf_converter_json(converter, vf_slice_of(visit_text), &record, &err), 0);
    assert_slice(record.topic, "visits");
    assert_slice(record.key, "trend.az|e1");
    assert_int_equal(record.partition, -1);
    assert_int_equal(record.timestamp_ms, -1);
    assert_int_equal(record.header_count, 0);
    assert_memory_equal(record.value.ptr, "\0\0\0\0\1", 5);
    decode(&record, 5, vf_visit_schema_json, &arena, &visit);
    assert_slice(visit.event_id, "e1");
    assert_int_equal(visit.visit_type, VF_VISIT_TYPE_WORKING);
    assert_int_equal(visit.revision, 1);
    assert_int_equal(visit.organizations.count, 1);

    assert_int_equal(vf_converter_json(converter, vf_slice_of(meeting_text), &record, &err), 0);
    assert_slice(record.topic, "meetings");
    assert_slice(record.key, "trend.az|m1");
    assert_memory_equal(record.value.ptr, "\0\1\2\3\4", 5);
    decode(&record, 5, vf_meeting_schema_json, &arena, &meeting);
    assert_int_equal(meeting.modality, VF_MODALITY_IN_PERSON);
    vf_arena_release(&arena);
    vf_converter_free(converter);
}

static void framings_timestamps_and_headers(void **state)
{
    struct vf_convert_config config = standard_config();
    struct vf_error err = {0};
    struct vf_record record;
    (void)state;

    config.framing = WIRE_FRAMING_GUID_HEADER;
    memset(config.schema_guids[VF_KIND_VISIT], 0xAB, 16);
    config.stamp = VF_STAMP_PUBLISHED;
    config.headers[0] = (struct vf_header){VF_SLICE_LITERAL("origin"), VF_SLICE_LITERAL("test")};
    config.header_count = 1;
    struct vf_converter *converter = create(&config);
    assert_int_equal(vf_converter_json(converter, vf_slice_of(visit_text), &record, &err), 0);
    assert_int_equal(record.timestamp_ms, 1758153600000);
    assert_int_equal(record.header_count, 2);
    assert_slice(record.headers[0].name, "origin");
    const struct vf_header *header = vf_record_header(&record, WIRE_SCHEMA_ID_HEADER);
    assert_int_equal(header->value.len, 17);
    assert_int_equal(header->value.ptr[0], 1);
    assert_int_equal((unsigned char)header->value.ptr[16], 0xAB);
    assert_int_equal(record.value.ptr[0], 4); /* the length of "e1" */
    assert_int_equal(vf_converter_json(converter, vf_slice_of(meeting_text), &record, &err), 0);
    assert_int_equal(record.timestamp_ms, -1); /* it does not say when it was published */
    vf_converter_free(converter);

    config.framing = WIRE_FRAMING_SINGLE_OBJECT;
    config.stamp = VF_STAMP_FIXED;
    config.fixed_ms = 42;
    converter = create(&config);
    assert_int_equal(vf_converter_json(converter, vf_slice_of(visit_text), &record, &err), 0);
    assert_memory_equal(record.value.ptr, "\xC3\x01", 2);
    assert_int_equal(record.value.ptr[10], 4);
    assert_int_equal(record.timestamp_ms, 42);
    assert_int_equal(record.header_count, 1);
    vf_converter_free(converter);
}

static void expect_refusal(struct vf_converter *converter, const char *text, int code,
                           const char *word)
{
    struct vf_error err = {0};
    struct vf_record record;

    assert_int_equal(vf_converter_json(converter, vf_slice_of(text), &record, &err), code);
    assert_contains(err.text, word);
}

static void what_is_refused_and_why(void **state)
{
    struct vf_convert_config config = standard_config();
    struct vf_converter *converter = create(&config);
    (void)state;

    expect_refusal(converter, "{\"id\":\"x\",\"kind\":\"visit\"}", VF_EDATA, "id: ");
    expect_refusal(converter, "{\"source\":\"a\",\"event_id\":\"b\"}", VF_EDATA, "--kind");
    expect_refusal(converter, "{\"kind\":\"visit\"", VF_EJSON, "");
    expect_refusal(converter, "null", VF_EDATA, "null");
    expect_refusal(converter, "42", VF_EDATA, "number");
    expect_refusal(converter, "{'a':1}", VF_EJSON, "");
    expect_refusal(converter, "{\"stops\":[],\"colour\":1,\"source\":\"a\",\"event_id\":\"b\"}",
                   VF_EDATA, "colour");
    expect_refusal(converter, "{\"stops\":[],\"source\":\"a\"}", VF_EDATA, "event_id");
    expect_refusal(converter,
                   "{\"stops\":[],\"modality\":\"ONLINE\",\"source\":\"a\",\"event_id\":\"b\"}",
                   VF_EDATA, "modality");
    expect_refusal(converter, "{\"stops\":[],\"source\":\"a\",\"event_id\":7}", VF_EDATA,
                   "event_id");
    expect_refusal(converter, "{\"stops\":[],\"source\":\"\",\"event_id\":\"x\"}", VF_EDATA,
                   "source");
    expect_refusal(converter, "{\"stops\":[],\"source\":\"a\",\"event_id\":\"\"}", VF_EDATA,
                   "event_id");
    vf_converter_free(converter);

    config.kind = VF_KIND_MEETING;
    converter = create(&config);
    expect_refusal(converter, visit_text, VF_EDATA, "visit_type");
    struct vf_error err = {0};
    struct vf_record record;
    assert_int_equal(vf_converter_json(converter,
                                       vf_slice_of("{\"source\":\"a\",\"event_id\":\"b\"}"),
                                       &record, &err),
                     0);
    assert_slice(record.topic, "meetings");
    vf_converter_free(converter);
}

/* An older visit without most fields, under its own order and an alias-free name. */
static const char old_visit[] =
    "{\"type\":\"record\",\"name\":\"Visit\",\"namespace\":\"visitfeed.v1\",\"fields\":["
    "{\"name\":\"source\",\"type\":\"string\"},{\"name\":\"extra\",\"type\":\"long\"},"
    "{\"name\":\"event_id\",\"type\":\"string\"}]}";
static const char other_record[] =
    "{\"type\":\"record\",\"name\":\"Other\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}";

static void other_writers_schemas(void **state)
{
    struct vf_convert_config config = standard_config();
    struct vf_converter *converter = create(&config);
    struct vf_error err = {0};
    struct vf_record record;
    (void)state;

    assert_int_equal(vf_converter_set_writer(converter, vf_slice_of(old_visit), &err), 0);
    assert_int_equal(vf_converter_avro(converter, vf_slice_of("\x02s\x0E\x04id"), &record, &err),
                     0);
    assert_slice(record.key, "s|id");
    assert_slice(record.topic, "visits");
    assert_int_equal(vf_converter_avro(converter, vf_slice_of("\x02s\x0E\x04i"), &record, &err),
                     VF_ETRUNCATED);
    assert_contains(err.text, "event_id");
    assert_int_not_equal(
        vf_converter_avro(converter, vf_slice_of("\x02s\x0E\x04idx"), &record, &err), 0);

    assert_int_equal(vf_converter_set_writer(converter, vf_slice_of(other_record), &err),
                     VF_EINCOMPATIBLE);
    assert_contains(err.text, "neither a visit");
    assert_int_not_equal(vf_converter_set_writer(converter, vf_slice_of("{"), &err), 0);
    assert_int_equal(vf_converter_set_writer(converter, vf_slice_of(vf_meeting_schema_json), &err),
                     0);
    vf_converter_free(converter);

    config.kind = VF_KIND_MEETING;
    converter = create(&config);
    assert_int_equal(vf_converter_set_writer(converter, vf_slice_of(old_visit), &err),
                     VF_EINCOMPATIBLE);
    assert_contains(err.text, "no meeting");
    vf_converter_free(converter);
}

/* A container of old visits: good, without a source, good, too long, good. */
static void write_container(const char *path)
{
    static const char *const values[] = {"\x02s\x0E\x04i1", "\x00\x0E\x04i2", "\x02s\x0E\x04i3",
                                         "\x02s\x0E\x1elonger than all", "\x02s\x0E\x04i5"};
    struct wire_container_writer *writer;
    struct vf_error err = {0};

    if (wire_container_create(path, vf_slice_of(old_visit), "null", &writer, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        size_t length = values[i][0] ? strlen(values[i]) : 1 + strlen(values[i] + 1);
        assert_int_equal(wire_container_append(writer, vf_slice(values[i], length), &err), 0);
    }
    assert_int_equal(wire_container_finish(writer, &err), 0);
}

/* What can't be read and converted at once is left to be refused step by step. */
static void containers_at_once(void **state)
{
    enum { RECORD_MAX = 10 };
    static const char *const keys[] = {"s|i1", NULL, "s|i3", NULL, "s|i5"};
    char path[] = "/tmp/visitfeed-convert-XXXXXX";
    struct vf_convert_config config = standard_config();
    struct vf_converter *converter = create(&config);
    struct vf_input_item item;
    struct vf_input *input;
    struct vf_record record;
    struct vf_error err = {0};
    (void)state;

    close(mkstemp(path));
    write_container(path);
    assert_int_equal(vf_input_open(path, VF_INPUT_AUTO, RECORD_MAX, &input, &err), 0);
    assert_int_equal(vf_converter_set_writer(converter, vf_input_schema(input), &err), 0);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        bool whole = vf_converter_next(converter, input, &item, &record);
        if (whole != (keys[i] != NULL))
            fail_msg("record %zu", i + 1);
        if (whole) {
            assert_slice(record.key, keys[i]);
            assert_int_equal(item.bytes.len, 6);
        } else {
            int rc = vf_input_next(input, &item, &err);
            assert_int_equal(rc, i == 3 ? VF_ELIMIT : 0);
            if (!rc)
                assert_int_equal(vf_converter_avro(converter, item.bytes, &record, &err), VF_EDATA);
        }
        assert_int_equal(item.number, i + 1);
    }
    assert_false(vf_converter_next(converter, input, &item, &record));
    assert_int_equal(vf_input_next(input, &item, &err), VF_ENOENT);
    vf_input_close(input);
    vf_converter_free(converter);
    unlink(path);
}

static void one_event_is_bounded(void **state)
{
    struct vf_convert_config config = standard_config();
    struct vf_error err = {0};
    struct vf_record record;
    size_t size = 2 * MIB;
    char *text = malloc(size);
    (void)state;

    struct vf_converter *converter = create(&config);
    int head = snprintf(text, size,
                        "{\"source\":\"s\",\"event_id\":\"e\",\"visit_type\":\"STATE\","
                        "\"occasion\":\"");
    memset(text + head, 'x', size - (size_t)head);
    memcpy(text + size - 2, "\"}", 2);
    int rc = vf_converter_json(converter, vf_slice(text, size), &record, &err);
    assert_true(rc == VF_ELIMIT || rc == VF_ENOMEM);
    assert_int_equal(vf_converter_json(converter, vf_slice_of(visit_text), &record, &err), 0);
    vf_converter_free(converter);
    free(text);
}

static void no_memory(void **state)
{
    struct vf_convert_config config = standard_config();
    struct vf_error err = {0};
    bool created = false;
    (void)state;

    for (unsigned long n = 1; n < 2000 && !created; n++) {
        struct vf_converter *converter;
        vf_memory_fail_after(n);
        int rc = vf_converter_create(&config, &converter, &err);
        vf_memory_fail_after(0);
        created = rc == 0;
        assert_true(created ? converter != NULL : !converter);
        vf_converter_free(converter);
    }
    assert_true(created);
}

static void nothing_is_allocated_per_event(void **state)
{
    struct vf_convert_config config = standard_config();
    struct vf_converter *converter = create(&config);
    struct vf_error err = {0};
    struct vf_record record;
    (void)state;

    assert_int_equal(vf_converter_set_writer(converter, vf_slice_of(old_visit), &err), 0);
    assert_int_equal(vf_converter_avro(converter, vf_slice_of("\x02s\x0E\x04id"), &record, &err),
                     0);
    unsigned long before = vf_memory_count();
    for (int i = 0; i < 100; i++)
        assert_int_equal(
            vf_converter_avro(converter, vf_slice_of("\x02s\x0E\x04id"), &record, &err), 0);
    assert_int_equal(vf_memory_count(), before);
    vf_converter_free(converter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_visit_and_a_meeting),
        cmocka_unit_test(framings_timestamps_and_headers),
        cmocka_unit_test(what_is_refused_and_why),
        cmocka_unit_test(other_writers_schemas),
        cmocka_unit_test(containers_at_once),
        cmocka_unit_test(one_event_is_bounded),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(nothing_is_allocated_per_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
