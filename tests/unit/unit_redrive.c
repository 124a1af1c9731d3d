/* Dead letters back to what they were. */
#include "test_support.h"

#include "pipeline/headers.h"
#include "redrive.h"
#include <stdio.h>

enum { MIB = 1 << 20 };

static struct vf_arena arena;

static const struct vf_header own_headers[] = {{VF_SLICE_LITERAL("trace"), VF_SLICE_LITERAL("1")},
                                               {VF_SLICE_LITERAL("empty"), {NULL, 0}},
                                               {VF_SLICE_LITERAL("trace"), VF_SLICE_LITERAL("2")}};
static const struct vf_flag_list none = {0, {NULL}};
static const char *const dead_letter_topics[] = {"dead"};

static struct vf_record original(void)
{
    return (struct vf_record){.topic = VF_SLICE_LITERAL("visits"),
                              .partition = 5,
                              .offset = 77,
                              .timestamp_ms = 1234,
                              .key = VF_SLICE_LITERAL("k"),
                              .value = VF_SLICE_LITERAL("\0\0\0\0\7garbage"),
                              .headers = own_headers,
                              .header_count = 3};
}

/* As the daemon writes it. */
static struct vf_record dead_letter_of(const struct vf_record *in, int code, const char *text)
{
    struct vf_record out = *in;
    struct vf_error reason = {.code = code};

    snprintf(reason.text, sizeof reason.text, "%s", text);
    assert_true(vf_headers_for_dead_letter(in, "schema", &reason, &arena, &out));
    out.topic = vf_slice_of("dead");
    out.partition = 0;
    out.offset = 3;
    return out;
}

static struct vf_redrive_config standard_config(void)
{
    return (struct vf_redrive_config){.reasons = &none,
                                      .stages = &none,
                                      .dead_letters = dead_letter_topics,
                                      .dead_letter_count = 1,
                                      .parked = VF_SLICE_LITERAL("dead.parked"),
                                      .attempts_max = 3};
}

static struct vf_redrive *create(const struct vf_redrive_config *config)
{
    struct vf_redrive *redrive;
    struct vf_error err;
    assert_int_equal(vf_redrive_create(config, &redrive, &err), 0);
    return redrive;
}

static void what_comes_back_is_what_it_was(void **state)
{
    struct vf_redrive_config config = standard_config();
    struct vf_redrive *redrive = create(&config);
    struct vf_record in = original();
    struct vf_record record = dead_letter_of(&in, VF_EUNKNOWNSCHEMA, "schema id 7 is not known");
    struct vf_error err = {0};
    (void)state;

    assert_true(record.header_count > 20);
    assert_int_equal(vf_redrive_restore(redrive, &record, &err), 0);
    assert_slice(record.topic, "visits");
    assert_int_equal(record.partition, 5);
    assert_int_equal(record.timestamp_ms, 1234);
    assert_slice(record.key, "k");
    assert_true(vf_slice_equal(record.value, in.value));
    assert_int_equal(record.header_count, 4);
    for (int i = 0; i < 3; i++) {
        assert_true(vf_slice_equal(record.headers[i].name, own_headers[i].name));
        assert_true(vf_slice_equal(record.headers[i].value, own_headers[i].value));
    }
    assert_slice(record.headers[3].name, "visitfeed.attempt");
    assert_slice(record.headers[3].value, "1");
    vf_redrive_free(redrive);
}

static void attempts_are_counted_and_capped(void **state)
{
    struct vf_redrive_config config = standard_config();
    struct vf_redrive *redrive = create(&config);
    struct vf_record record = original();
    struct vf_error err = {0};
    char attempt[2] = "1";
    (void)state;

    for (int i = 1; i <= 3; i++) { /* it fails again and again */
        record = dead_letter_of(&record, VF_EDATA, "bad");
        assert_int_equal(vf_redrive_restore(redrive, &record, &err), 0);
        assert_slice(record.topic, "visits");
        attempt[0] = (char)('0' + i);
        assert_slice(vf_record_header(&record, "visitfeed.attempt")->value, attempt);
        assert_int_equal(record.header_count, 4);
        assert_int_equal(vf_redrive_parked(redrive), 0);
        record.topic = vf_slice_of("visits"); /* no longer borrowed */
    }
    record = dead_letter_of(&record, VF_EDATA, "bad");
    size_t headers = record.header_count;
    assert_int_equal(vf_redrive_restore(redrive, &record, &err), 0);
    assert_slice(record.topic, "dead.parked");
    assert_int_equal(record.partition, -1);
    assert_int_equal(record.header_count, headers); /* the reason stays with it */
    assert_int_equal(vf_redrive_parked(redrive), 1);
    vf_redrive_free(redrive);
}

static int restore_with(const char *reason_pattern, const char *stage_pattern)
{
    struct vf_redrive_config config = standard_config();
    struct vf_flag_list reasons = {reason_pattern ? 2 : 0, {"nothing like it", reason_pattern}};
    struct vf_flag_list stages = {stage_pattern ? 1 : 0, {stage_pattern}};
    struct vf_record in = original();
    struct vf_record record = dead_letter_of(&in, VF_EUNKNOWNSCHEMA, "schema id 7 is not known");
    struct vf_error err;

    config.reasons = &reasons;
    config.stages = &stages;
    struct vf_redrive *redrive = create(&config);
    int rc = vf_redrive_restore(redrive, &record, &err);
    vf_redrive_free(redrive);
    return rc;
}

static void reasons_and_stages(void **state)
{
    (void)state;
    assert_int_equal(restore_with("EUNKNOWNSCHEMA", NULL), 0);
    assert_int_equal(restore_with("*id 7*", NULL), 0);
    assert_int_equal(restore_with("EDATA", NULL), VF_ENOENT);
    assert_int_equal(restore_with(NULL, "schema"), 0);
    assert_int_equal(restore_with(NULL, "dec*"), VF_ENOENT);
    assert_int_equal(restore_with("EUNKNOWN*", "decode"), VF_ENOENT);
}

static void schema_ids_are_mended(void **state)
{
    struct vf_redrive_config config = standard_config();
    struct vf_record in = original();
    struct vf_error err;
    (void)state;

    config.replace_schema_id = true;
    config.old_schema_id = 7;
    config.new_schema_id = 0x01020304;
    struct vf_redrive *redrive = create(&config);
    struct vf_record record = dead_letter_of(&in, VF_EDATA, "bad");
    assert_int_equal(vf_redrive_restore(redrive, &record, &err), 0);
    assert_int_equal(record.value.len, in.value.len);
    assert_memory_equal(record.value.ptr, "\0\1\2\3\4garbage", record.value.len);

    in.value = vf_slice("\0\0\0\0\10other", 10); /* 8 */
    record = dead_letter_of(&in, VF_EDATA, "bad");
    assert_int_equal(vf_redrive_restore(redrive, &record, &err), 0);
    assert_true(vf_slice_equal(record.value, in.value));
    in.value = VF_SLICE_NULL;
    record = dead_letter_of(&in, VF_EDATA, "bad");
    assert_int_equal(vf_redrive_restore(redrive, &record, &err), 0);
    assert_null(record.value.ptr);
    vf_redrive_free(redrive);

    config.replace_any_schema_id = true;
    redrive = create(&config);
    in.value = vf_slice("\0\0\0\0\10other", 10);
    record = dead_letter_of(&in, VF_EDATA, "bad");
    assert_int_equal(vf_redrive_restore(redrive, &record, &err), 0);
    assert_memory_equal(record.value.ptr, "\0\1\2\3\4other", 10);
    vf_redrive_free(redrive);
}

static void other_tools_dead_letters(void **state)
{
    static const struct vf_header spring[] = {
        {VF_SLICE_LITERAL("kafka_dlt-original-topic"), VF_SLICE_LITERAL("meetings")},
        {VF_SLICE_LITERAL("kafka_dlt-original-partition"), {"\0\0\1\2", 4}},
        {VF_SLICE_LITERAL("kafka_dlt-exception-message"), VF_SLICE_LITERAL("boom")},
        {VF_SLICE_LITERAL("own"), VF_SLICE_LITERAL("x")}};
    static const struct vf_header connect[] = {
        {VF_SLICE_LITERAL("__connect.errors.topic"), VF_SLICE_LITERAL("visits")},
        {VF_SLICE_LITERAL("__connect.errors.partition"), VF_SLICE_LITERAL("nonsense")}};
    struct vf_redrive_config config = standard_config();
    struct vf_flag_list boom = {1, {"boom"}};
    struct vf_error err;
    (void)state;

    config.reasons = &boom;
    struct vf_redrive *redrive = create(&config);
    struct vf_record record = {.topic = vf_slice_of("dead"), .headers = spring, .header_count = 4};
    assert_int_equal(vf_redrive_restore(redrive, &record, &err), 0);
    assert_slice(record.topic, "meetings");
    assert_int_equal(record.partition, 258);
    assert_int_equal(record.header_count, 2);
    vf_redrive_free(redrive);

    config.reasons = &none;
    redrive = create(&config);
    record =
        (struct vf_record){.topic = vf_slice_of("dead"), .headers = connect, .header_count = 2};
    assert_int_equal(vf_redrive_restore(redrive, &record, &err), 0);
    assert_slice(record.topic, "visits");
    assert_int_equal(record.partition, -1); /* not told: by key */
    vf_redrive_free(redrive);
}

static void what_cannot_go_back(void **state)
{
    struct vf_redrive_config config = standard_config();
    struct vf_redrive *redrive = create(&config);
    struct vf_record in = original();
    struct vf_record record = {.topic = vf_slice_of("dead")};
    struct vf_error err = {0};
    (void)state;

    assert_int_equal(vf_redrive_restore(redrive, &record, &err), VF_EDATA);
    in.topic = vf_slice_of("dead");
    record = dead_letter_of(&in, VF_EDATA, "bad");
    assert_int_equal(vf_redrive_restore(redrive, &record, &err), VF_EINVAL);
    in.topic = vf_slice_of("dead.parked");
    record = dead_letter_of(&in, VF_EDATA, "bad");
    assert_int_equal(vf_redrive_restore(redrive, &record, &err), VF_EINVAL);
    vf_redrive_free(redrive);
}

static int set_up(void **state)
{
    (void)state;
    vf_arena_init(&arena, 4096, 16 * MIB);
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
        cmocka_unit_test(what_comes_back_is_what_it_was),
        cmocka_unit_test(attempts_are_counted_and_capped),
        cmocka_unit_test(reasons_and_stages),
        cmocka_unit_test(schema_ids_are_mended),
        cmocka_unit_test(other_tools_dead_letters),
        cmocka_unit_test(what_cannot_go_back),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
