/* The pipeline: what becomes of good and of bad records, byte for byte. */
#include "test_support.h"

#include "base/memory.h"
#include "codec/wire_json.h"
#include "normalize/memo.h"
#include "pipeline/pipeline.h"
#include "vf_events.h"
#include <stdio.h>
#include <stdlib.h>

enum { VISIT_ID = 1, MEETING_ID = 2, OUTPUT_ID = 3 };

static const char visit_json[] =
    "{\"event_id\": \"ev-1\", \"source\": \"example.org\", \"status\": \"COMPLETED\","
    " \"dates\": {\"start\": \"2025-09-18\"}, \"stops\": [{\"country\": \"Malaysia\"}],"
    " \"participants\": [{\"name\": \"A. Person\", \"office\": \"Speaker\","
    " \"country\": \"Azerbaijan\", \"role\": \"VISITOR\"}],"
    " \"organizations\": [\"United Nations\"]}";
static const char meeting_json[] = "{\"event_id\": \"ev-2\", \"source\": \"example.org\"}";

struct fixture {
    struct vf_pipeline_config config;
    struct vf_schema_store *store;
    struct vf_reference *reference;
    struct vf_pipeline *pipeline;
    struct vf_arena arena;
    struct vf_output out;
    struct vf_error err;
};

static void open_pipeline(struct fixture *f)
{
    vf_pipeline_free(f->pipeline);
    assert_int_equal(vf_pipeline_create(&f->config, f->store, f->reference, &f->pipeline, &f->err),
                     0);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    vf_arena_init(&f->arena, 1 << 16, 1 << 26);
    f->config = (struct vf_pipeline_config){
        .routes = {[VF_SOURCE_VISITS] = {vf_slice_of("visits"), vf_slice_of("visits.out")},
                   [VF_SOURCE_MEETINGS] = {vf_slice_of("meetings"), vf_slice_of("meetings.out")}},
        .dead_letter = vf_slice_of("dead"),
        .output_schema_id = OUTPUT_ID,
        .value_bytes_max = 1 << 20,
        .arena_bytes_max = 1 << 24,
        .limits = wire_limits_default};
    assert_int_equal(vf_schema_store_create(&f->store), 0);
    vf_schema_store_add(f->store, VISIT_ID, vf_slice_of(vf_visit_schema_json), &f->err);
    vf_schema_store_add(f->store, MEETING_ID, vf_slice_of(vf_meeting_schema_json), &f->err);
    vf_schema_store_add(f->store, OUTPUT_ID, vf_slice_of(vf_normalized_event_schema_json), &f->err);
    if (vf_reference_load("deploy/reference", &f->reference, &f->err))
        fail_msg("%s", f->err.text);
    open_pipeline(f);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    vf_pipeline_free(f->pipeline);
    vf_schema_store_free(f->store);
    vf_reference_release(f->reference);
    vf_arena_release(&f->arena);
    free(f);
    return 0;
}

/* A Confluent-framed value in the fixture's arena. */
static struct vf_slice framed(struct fixture *f, uint32_t id, const char *schema_json,
                              const char *json)
{
    struct wire_schema *schema;
    struct vf_buffer buffer;
    struct wire_frame frame = {.framing = WIRE_FRAMING_CONFLUENT, .id = id};

    assert_int_equal(wire_schema_parse(vf_slice_of(schema_json), &schema, &f->err), 0);
    void *value = vf_arena_calloc(&f->arena, 1, wire_schema_size(schema));
    if (wire_json_read(schema, vf_slice_of(json), NULL, &f->arena, value, &f->err))
        fail_msg("%s", f->err.text);
    vf_buffer_init(&buffer, 1 << 20);
    assert_int_equal(wire_frame_write(&frame, &buffer), 0);
    assert_int_equal(wire_encode(schema, value, &buffer, &f->err), 0);
    struct vf_slice copy = vf_arena_copy(&f->arena, vf_buffer_slice(&buffer));
    vf_buffer_release(&buffer);
    wire_schema_free(schema);
    return copy;
}

static struct vf_slice visit(struct fixture *f)
{
    return framed(f, VISIT_ID, vf_visit_schema_json, visit_json);
}

static struct vf_record record_of(const char *topic, struct vf_slice value)
{
    static const struct vf_header headers[] = {
        {VF_SLICE_LITERAL("trace"), VF_SLICE_LITERAL("t-1")},
        {VF_SLICE_LITERAL("trace"), {NULL, 0}},
        {VF_SLICE_LITERAL("visitfeed.source.topic"), VF_SLICE_LITERAL("an earlier run")}};
    return (struct vf_record){.topic = vf_slice_of(topic),
                              .partition = 7,
                              .offset = 123456789012,
                              .timestamp_ms = 1758153600000,
                              .timestamp_type = VF_TIMESTAMP_CREATE,
                              .key = vf_slice_of("k"),
                              .value = value,
                              .headers = headers,
                              .header_count = 3};
}

static void assert_header(const struct vf_record *record, const char *name, const char *value)
{
    const struct vf_header *header = vf_record_header(record, name);
    if (!header)
        fail_msg("no header %s", name);
    assert_slice(header->value, value);
}

static void assert_dead_letter(struct fixture *f, const struct vf_record *in, const char *stage,
                               int code, const char *reason)
{
    vf_pipeline_run(f->pipeline, in, &f->out);
    assert_int_equal(f->out.outcome, VF_OUTCOME_DEAD_LETTER);
    assert_string_equal(f->out.stage, stage);
    assert_string_equal(vf_error_name(f->out.reason.code), vf_error_name(code));
    assert_contains(f->out.reason.text, reason);
    assert_slice(f->out.record.topic, "dead");
    assert_true(f->out.record.value.ptr == in->value.ptr);
    assert_int_equal(f->out.record.value.len, in->value.len);
    assert_true(vf_slice_equal(f->out.record.key, in->key));
    assert_int_equal(f->out.record.timestamp_ms, in->timestamp_ms);
}

static void event_is_published_with_its_origin(void **state)
{
    struct fixture *f = *state;
    struct vf_record in = record_of("visits", visit(f));
    vf_pipeline_run(f->pipeline, &in, &f->out);
    if (f->out.outcome != VF_OUTCOME_EVENT)
        fail_msg("%s", f->out.reason.text);
    const struct vf_record *out = &f->out.record;
    const struct vf_normalized_event *event = f->out.event;
    assert_slice(out->topic, "visits.out");
    assert_int_equal(out->partition, -1);
    assert_int_equal(out->timestamp_ms, in.timestamp_ms);
    assert_true(vf_slice_equal(out->key, event->event_key));
    assert_true(out->key.len > 0);
    assert_memory_equal(out->value.ptr, "\0\0\0\0\3", 5);
    assert_int_equal(out->header_count, 5);
    assert_slice(out->headers[0].value, "t-1");
    assert_null(out->headers[1].value.ptr);
    assert_header(out, "visitfeed.source.topic", "visits");
    assert_header(out, "visitfeed.source.partition", "7");
    assert_header(out, "visitfeed.source.offset", "123456789012");

    struct wire_schema *schema;
    struct wire_plan *plan;
    struct vf_normalized_event *read = vf_arena_calloc(&f->arena, 1, sizeof *read);
    assert_int_equal(wire_schema_parse(vf_slice_of(vf_normalized_event_schema_json), &schema, NULL),
                     0);
    assert_int_equal(wire_plan_compile(schema, schema, &plan, NULL), 0);
    assert_int_equal(wire_decode(plan, vf_slice(out->value.ptr + 5, out->value.len - 5), NULL,
                                 &f->arena, read, &f->err),
                     0);
    assert_slice(read->report.event_id, "ev-1");
    assert_int_equal(read->kind, VF_EVENT_KIND_VISIT);
    assert_slice(read->organizations.items[0].organization_id, "un");
    wire_plan_free(plan);
    wire_schema_free(schema);
}

static void bad_values_become_dead_letters(void **state)
{
    struct fixture *f = *state;
    struct vf_slice good = visit(f);
    static char wrong_magic[] = "{\"json\":1}";
    static char short_frame[] = {0, 0, 0};
    static char unknown[] = {0, 0, 0, 1, 0, 0};
    struct vf_record in = record_of("visits", VF_SLICE_NULL);

    assert_dead_letter(f, &in, "framing", VF_EEMPTY, "");
    in.value = vf_slice("", 0);
    assert_dead_letter(f, &in, "framing", VF_EEMPTY, "");
    in.value = vf_slice_of(wrong_magic);
    assert_dead_letter(f, &in, "framing", VF_EFRAMING, "");
    in.value = vf_slice(short_frame, 3);
    assert_dead_letter(f, &in, "framing", VF_ETRUNCATED, "");
    in.value = vf_slice(unknown, 6);
    assert_dead_letter(f, &in, "schema", VF_EUNKNOWNSCHEMA, "schema id 256 is not known");
    in.value = framed(f, MEETING_ID, vf_meeting_schema_json, meeting_json);
    assert_dead_letter(f, &in, "schema", VF_EINCOMPATIBLE, "Meeting");
    in = record_of("elsewhere", good);
    assert_dead_letter(f, &in, "schema", VF_EINVAL, "topic elsewhere is no input topic");
    in = record_of("visits", vf_slice(good.ptr, good.len - 3));
    assert_dead_letter(f, &in, "decode", VF_ETRUNCATED, "");
    char *longer = vf_arena_alloc(&f->arena, good.len + 1);
    memcpy(longer, good.ptr, good.len);
    longer[good.len] = 0;
    in.value = vf_slice(longer, good.len + 1);
    assert_dead_letter(f, &in, "decode", VF_ETRAILING, "");
    in.value = framed(f, VISIT_ID, vf_visit_schema_json, "{\"event_id\":\"\",\"source\":\"s\"}");
    assert_dead_letter(f, &in, "normalize", VF_EDATA, "event_id");
}

static void every_truncation_is_a_dead_letter(void **state)
{
    struct fixture *f = *state;
    struct vf_slice good = visit(f);
    for (size_t len = 0; len < good.len; len++) {
        struct vf_record in = record_of("visits", vf_slice(good.ptr, len));
        vf_pipeline_run(f->pipeline, &in, &f->out);
        assert_int_equal(f->out.outcome, VF_OUTCOME_DEAD_LETTER);
        assert_true(f->out.reason.text[0] != '\0');
    }
}

static void value_over_the_limit_is_refused(void **state)
{
    struct fixture *f = *state;
    struct vf_slice good = visit(f);
    f->config.value_bytes_max = good.len;
    open_pipeline(f);
    struct vf_record in = record_of("visits", good);
    vf_pipeline_run(f->pipeline, &in, &f->out);
    assert_int_equal(f->out.outcome, VF_OUTCOME_EVENT);
    f->config.value_bytes_max = good.len - 1;
    open_pipeline(f);
    assert_dead_letter(f, &in, "framing", VF_ELIMIT, "is longer than");
}

static void dead_letter_says_why_in_four_dialects(void **state)
{
    struct fixture *f = *state;
    struct vf_record in = record_of("visits", vf_slice_of("x"));
    assert_dead_letter(f, &in, "framing", VF_EFRAMING, "");
    const struct vf_record *out = &f->out.record;
    const char *reason = f->out.reason.text;

    assert_slice(out->headers[0].name, "trace");
    assert_slice(out->headers[0].value, "t-1");
    assert_null(out->headers[1].value.ptr);
    assert_slice(out->headers[2].value, "an earlier run");
    assert_header(out, "visitfeed.error.code", "EFRAMING");
    assert_header(out, "visitfeed.error.stage", "framing");
    assert_header(out, "visitfeed.error.reason", reason);
    assert_header(out, "visitfeed.error.topic", "visits");
    assert_header(out, "visitfeed.error.partition", "7");
    assert_header(out, "visitfeed.error.offset", "123456789012");
    assert_header(out, "visitfeed.error.timestamp", "1758153600000");
    assert_header(out, "__connect.errors.topic", "visits");
    assert_header(out, "__connect.errors.partition", "7");
    assert_header(out, "__connect.errors.offset", "123456789012");
    assert_header(out, "__connect.errors.stage", "framing");
    assert_header(out, "__connect.errors.exception.message", reason);
    assert_header(out, "__streams.errors.exception", "visitfeed.EFRAMING");
    assert_header(out, "__streams.errors.message", reason);
    assert_header(out, "__streams.errors.offset", "123456789012");
    assert_header(out, "kafka_dlt-original-topic", "visits");
    assert_header(out, "kafka_dlt-original-timestamp-type", "CreateTime");
    assert_header(out, "kafka_dlt-exception-message", reason);
    const struct vf_header *header = vf_record_header(out, "kafka_dlt-original-partition");
    assert_int_equal(header->value.len, 4);
    assert_memory_equal(header->value.ptr, "\0\0\0\7", 4);
    header = vf_record_header(out, "kafka_dlt-original-offset");
    assert_int_equal(header->value.len, 8);
    assert_memory_equal(header->value.ptr, "\x00\x00\x00\x1C\xBE\x99\x1A\x14", 8);
}

static void two_kinds_may_share_a_topic(void **state)
{
    struct fixture *f = *state;
    f->config.routes[VF_SOURCE_MEETINGS].input = f->config.routes[VF_SOURCE_VISITS].input;
    open_pipeline(f);
    struct vf_record in = record_of("visits", visit(f));
    vf_pipeline_run(f->pipeline, &in, &f->out);
    assert_slice(f->out.record.topic, "visits.out");
    in.value = framed(f, MEETING_ID, vf_meeting_schema_json, meeting_json);
    vf_pipeline_run(f->pipeline, &in, &f->out);
    assert_int_equal(f->out.outcome, VF_OUTCOME_EVENT);
    assert_slice(f->out.record.topic, "meetings.out");
}

static void retraction_is_a_tombstone_when_asked(void **state)
{
    struct fixture *f = *state;
    struct vf_record in = record_of(
        "visits", framed(f, VISIT_ID, vf_visit_schema_json,
                         "{\"event_id\":\"e\",\"source\":\"s\",\"status\":\"RETRACTED\"}"));
    vf_pipeline_run(f->pipeline, &in, &f->out);
    assert_non_null(f->out.record.value.ptr);
    f->config.retractions = VF_RETRACTION_TOMBSTONE;
    open_pipeline(f);
    vf_pipeline_run(f->pipeline, &in, &f->out);
    assert_int_equal(f->out.outcome, VF_OUTCOME_EVENT);
    assert_null(f->out.record.value.ptr);
    assert_true(f->out.record.key.len > 0);
}

static void framings_can_differ_on_both_sides(void **state)
{
    struct fixture *f = *state;
    struct vf_slice good = visit(f);
    struct vf_record in = record_of("visits", vf_slice(good.ptr + 5, good.len - 5));

    f->config.input_framing = WIRE_FRAMING_PLAIN;
    f->config.output_framing = WIRE_FRAMING_GUID_HEADER;
    memset(f->config.output_guid, 0xAB, 16);
    open_pipeline(f);
    vf_pipeline_run(f->pipeline, &in, &f->out);
    assert_int_equal(f->out.outcome, VF_OUTCOME_EVENT);
    const struct vf_header *header = vf_record_header(&f->out.record, WIRE_SCHEMA_ID_HEADER);
    assert_non_null(header);
    assert_int_equal(header->value.len, WIRE_SCHEMA_ID_HEADER_BYTES);
    assert_memory_equal(header->value.ptr, "\x01\xAB\xAB", 3);

    f->config.output_framing = WIRE_FRAMING_SINGLE_OBJECT;
    open_pipeline(f);
    vf_pipeline_run(f->pipeline, &in, &f->out);
    assert_memory_equal(f->out.record.value.ptr, "\xC3\x01", 2);
}

static void output_is_the_same_every_time_and_takes_no_memory_when_warm(void **state)
{
    struct fixture *f = *state;
    struct vf_record in = record_of("visits", visit(f));
    struct vf_record bad = record_of("visits", vf_slice_of("x"));

    vf_pipeline_run(f->pipeline, &bad, &f->out);
    vf_pipeline_run(f->pipeline, &in, &f->out);
    struct vf_slice first = vf_arena_copy(&f->arena, f->out.record.value);
    unsigned long before = vf_memory_count();
    for (int i = 0; i < 100; i++) {
        vf_pipeline_run(f->pipeline, &bad, &f->out);
        vf_pipeline_run(f->pipeline, &in, &f->out);
        assert_true(vf_slice_equal(f->out.record.value, first));
    }
    assert_int_equal(vf_memory_count(), before);
}

static void lack_of_memory_for_an_event_is_its_dead_letter(void **state)
{
    struct fixture *f = *state;
    f->config.arena_bytes_max = 4096;
    open_pipeline(f);
    struct vf_record in = record_of("visits", visit(f));
    vf_pipeline_run(f->pipeline, &in, &f->out);
    assert_int_equal(f->out.outcome, VF_OUTCOME_DEAD_LETTER);
    assert_header(&f->out.record, "visitfeed.error.topic", "visits");
}

static void store_keeps_ids_apart(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        vf_schema_store_add(f->store, VISIT_ID, vf_slice_of(vf_visit_schema_json), &f->err), 0);
    assert_int_equal(vf_schema_store_add(f->store, VISIT_ID, vf_slice_of("\"string\""), &f->err),
                     VF_EINVAL);
    assert_contains(f->err.text, "schema 1: the id has another schema");
    assert_int_equal(
        vf_schema_store_add(f->store, 9, vf_slice_of("{\"type\":\"nonsense\"}"), &f->err),
        VF_ESCHEMA);
    assert_contains(f->err.text, "schema 9");
}

static void store_has_a_bound(void **state)
{
    struct fixture *f = *state;
    int rc = 0;
    uint32_t id = 100;
    for (; !rc && id < 100 + 2 * VF_SCHEMA_STORE_MAX; id++)
        rc = vf_schema_store_add(f->store, id, vf_slice_of("\"string\""), &f->err);
    assert_int_equal(rc, VF_ELIMIT);
    assert_int_equal(id, 100 + VF_SCHEMA_STORE_MAX - 3 + 1);
    struct vf_record in = record_of("visits", visit(f));
    vf_pipeline_run(f->pipeline, &in, &f->out);
    assert_int_equal(f->out.outcome, VF_OUTCOME_EVENT);
}

/* Other reference data may come to lie where the old was, under the same snapshot. */
static void what_was_remembered_goes_with_its_reference(void **state)
{
    struct vf_memo *memo;
    const char *answer = "old";
    const char *found = NULL;
    struct vf_memo_key key = {.text = vf_slice_of("Prime Minister"), .kind = VF_MEMO_OFFICE};
    (void)state;
    assert_int_equal(vf_memo_create(&memo), 0);
    vf_memo_bind(memo, &answer, vf_slice_of("snapshot"));
    assert_false(vf_memo_find(memo, &key, &found, sizeof found));
    vf_memo_keep(memo, &key, &answer, sizeof answer);
    assert_true(vf_memo_find(memo, &key, &found, sizeof found));
    vf_memo_forget(memo);
    vf_memo_bind(memo, &answer, vf_slice_of("snapshot"));
    assert_false(vf_memo_find(memo, &key, &found, sizeof found));
    vf_memo_forget(NULL);
    vf_memo_free(memo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(event_is_published_with_its_origin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_values_become_dead_letters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_truncation_is_a_dead_letter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(value_over_the_limit_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dead_letter_says_why_in_four_dialects, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_kinds_may_share_a_topic, set_up, tear_down),
        cmocka_unit_test_setup_teardown(retraction_is_a_tombstone_when_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(framings_can_differ_on_both_sides, set_up, tear_down),
        cmocka_unit_test_setup_teardown(output_is_the_same_every_time_and_takes_no_memory_when_warm,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(lack_of_memory_for_an_event_is_its_dead_letter, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(store_keeps_ids_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(store_has_a_bound, set_up, tear_down),
        cmocka_unit_test(what_was_remembered_goes_with_its_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
