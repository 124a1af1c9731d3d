/* What the daemon makes of [registry], and what becomes of records whose schema is looked up. */
#include "test_support.h"

#include "codec/wire_json.h"
#include "daemon/config.h"
#include "vf_events.h"
#include <stdlib.h>

struct fixture {
    struct vf_arena arena;
    struct vf_config config;
    struct vf_registry_config registry;
    struct vf_schema_store *store;
    struct vf_reference *reference;
    struct vf_pipeline *pipeline;
    struct vf_output out;
    struct vf_error err;
    int answer; /* of the lookup */
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    vf_arena_init(&f->arena, 1 << 16, 1 << 24);
    f->answer = VF_EAGAIN;
    return vf_schema_store_create(&f->store);
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

static void load(struct fixture *f, const char *a, const char *b)
{
    const char *assignments[] = {a, b};
    size_t count = !a ? 0 : !b ? 1 : 2;
    if (vf_config_load(NULL, assignments, count, &f->arena, &f->config, &f->err))
        fail_msg("%s", f->err.text);
}

static void there_is_none_by_default(void **state)
{
    struct fixture *f = *state;
    load(f, NULL, NULL);
    assert_false(vf_config_registry(&f->config, &f->arena, &f->registry));
}

static void settings_arrive(void **state)
{
    struct fixture *f = *state;
    const char *settings[] = {"registry.url=http://a, https://b/c",
                              "registry.user=u",
                              "registry.password=p",
                              "registry.certificate.file=/cert",
                              "registry.key.file=/key",
                              "registry.key.password=kp",
                              "registry.ca.file=/ca",
                              "registry.connect.timeout=1s",
                              "registry.timeout=2s",
                              "registry.retry.first=30ms",
                              "registry.retry.max=4s",
                              "registry.answer.size=5KiB",
                              "registry.redirects=6",
                              "registry.cache.directory=/cache",
                              "registry.auto.register=off",
                              "registry.wait.deadline=7s",
                              "registry.missing.ttl=8s",
                              "registry.subject=topic-record"};
    if (vf_config_load(NULL, settings, sizeof settings / sizeof *settings, &f->arena, &f->config,
                       &f->err))
        fail_msg("%s", f->err.text);
    assert_true(vf_config_registry(&f->config, &f->arena, &f->registry));
    assert_string_equal(f->registry.urls, "http://a, https://b/c");
    assert_string_equal(f->registry.user, "u");
    assert_string_equal(f->registry.password, "p");
    assert_string_equal(f->registry.token, "");
    assert_string_equal(f->registry.certificate_file, "/cert");
    assert_string_equal(f->registry.key_file, "/key");
    assert_string_equal(f->registry.key_password, "kp");
    assert_string_equal(f->registry.ca_file, "/ca");
    assert_string_equal(f->registry.cache_directory, "/cache");
    assert_int_equal(f->registry.connect_timeout, 1000);
    assert_int_equal(f->registry.timeout, 2000);
    assert_int_equal(f->registry.retry_first, 30);
    assert_int_equal(f->registry.retry_max, 4000);
    assert_int_equal(f->registry.answer_bytes_max, 5 << 10);
    assert_int_equal(f->registry.redirects_max, 6);
    assert_false(f->config.registry.auto_register);
    assert_int_equal(f->config.registry.wait_deadline, 7000);
    assert_int_equal(f->config.registry.missing_ttl, 8000);
    assert_int_equal(f->config.registry.subject_strategy, VF_SUBJECT_TOPIC_RECORD);
}

static void the_cache_has_a_place(void **state)
{
    struct fixture *f = *state;
    load(f, "registry.url=http://a", NULL);
    setenv("CACHE_DIRECTORY", "/var/cache/visitfeed:/var/cache/other", 1);
    setenv("XDG_CACHE_HOME", "/xdg", 1);
    setenv("HOME", "/home/somebody", 1);
    assert_true(vf_config_registry(&f->config, &f->arena, &f->registry));
    assert_string_equal(f->registry.cache_directory, "/var/cache/visitfeed/schemas");
    unsetenv("CACHE_DIRECTORY");
    assert_true(vf_config_registry(&f->config, &f->arena, &f->registry));
    assert_string_equal(f->registry.cache_directory, "/xdg/visitfeed/schemas");
    unsetenv("XDG_CACHE_HOME");
    assert_true(vf_config_registry(&f->config, &f->arena, &f->registry));
    assert_string_equal(f->registry.cache_directory, "/home/somebody/.cache/visitfeed/schemas");
    unsetenv("HOME");
    assert_true(vf_config_registry(&f->config, &f->arena, &f->registry));
    assert_null(f->registry.cache_directory);
    setenv("HOME", "/home/somebody", 1);
    load(f, "registry.url=http://a", "registry.cache.directory=off");
    assert_true(vf_config_registry(&f->config, &f->arena, &f->registry));
    assert_null(f->registry.cache_directory);
}

/* ---- records ---- */

static int on_ask(void *owner, const struct wire_frame *name, struct vf_error *err)
{
    const struct fixture *f = owner;
    return vf_error_set(err, f->answer, "about %u", name->id);
}

static void open_pipeline(struct fixture *f)
{
    struct vf_pipeline_config pipeline;
    if (vf_config_schemas(&f->config, f->store, &f->arena, &f->err) ||
        vf_reference_load("deploy/reference", &f->reference, &f->err))
        fail_msg("%s", f->err.text);
    vf_config_pipeline(&f->config, &pipeline);
    vf_schema_store_set_lookup(f->store, &(struct vf_schema_lookup){on_ask, f});
    assert_int_equal(vf_pipeline_create(&pipeline, f->store, f->reference, &f->pipeline, &f->err),
                     0);
}

static struct wire_schema *parse(const char *json)
{
    struct wire_schema *schema;
    assert_int_equal(wire_schema_parse(vf_slice_of(json), &schema, NULL), 0);
    return schema;
}

/* A report of that kind in the arena, framed. */
static struct vf_slice encode(struct fixture *f, const char *schema_json, struct wire_frame frame)
{
    struct wire_schema *schema = parse(schema_json);
    struct vf_buffer buffer;
    void *value = vf_arena_calloc(&f->arena, 1, wire_schema_size(schema));

    if (wire_json_read(schema, vf_slice_of("{\"event_id\":\"e\",\"source\":\"s\"}"), NULL,
                       &f->arena, value, &f->err))
        fail_msg("%s", f->err.text);
    frame.fingerprint = wire_schema_fingerprint(schema);
    vf_buffer_init(&buffer, 1 << 20);
    assert_int_equal(wire_frame_write(&frame, &buffer), 0);
    assert_int_equal(wire_encode(schema, value, &buffer, &f->err), 0);
    struct vf_slice copy = vf_arena_copy(&f->arena, vf_buffer_slice(&buffer));
    vf_buffer_release(&buffer);
    wire_schema_free(schema);
    return copy;
}

static void run(struct fixture *f, struct vf_slice topic, struct vf_slice value)
{
    struct vf_record record = {.topic = topic, .value = value, .timestamp_ms = 1};
    vf_pipeline_run(f->pipeline, &record, &f->out);
}

static void records_are_held_until_the_answer(void **state)
{
    struct fixture *f = *state;
    struct wire_frame name = {.framing = WIRE_FRAMING_CONFLUENT, .id = 77};
    load(f, "registry.url=http://a", NULL);
    open_pipeline(f);
    struct vf_slice value = encode(f, vf_visit_schema_json, name);

    run(f, f->config.input_visits, value);
    assert_int_equal(f->out.outcome, VF_OUTCOME_HOLD);
    assert_string_equal(f->out.reason.text, "about 77");
    f->answer = VF_ETIMEDOUT;
    run(f, f->config.input_visits, value);
    assert_int_equal(f->out.outcome, VF_OUTCOME_DEAD_LETTER);
    assert_string_equal(f->out.stage, "schema");
    assert_int_equal(f->out.reason.code, VF_ETIMEDOUT);
    assert_int_equal(vf_schema_store_put(f->store, &name, parse(vf_visit_schema_json), &f->err), 0);
    run(f, f->config.input_visits, value);
    assert_int_equal(f->out.outcome, VF_OUTCOME_EVENT);
}

/* The built-in schemas have the ids 1 to 3 only where no registry gives ids. */
static void ids_are_the_registrys(void **state)
{
    struct fixture *f = *state;
    struct wire_frame one = {.framing = WIRE_FRAMING_CONFLUENT, .id = 1};
    load(f, "registry.url=http://a", "input.framing=single-object");
    open_pipeline(f);
    struct wire_frame print = {.framing = WIRE_FRAMING_SINGLE_OBJECT};
    run(f, f->config.input_visits, encode(f, vf_visit_schema_json, print));
    assert_int_equal(f->out.outcome, VF_OUTCOME_EVENT);
    vf_pipeline_free(f->pipeline);
    vf_reference_release(f->reference);
    vf_schema_store_free(f->store);

    load(f, "registry.url=http://a", NULL);
    assert_int_equal(vf_schema_store_create(&f->store), 0);
    open_pipeline(f);
    run(f, f->config.input_visits, encode(f, vf_visit_schema_json, one));
    assert_int_equal(f->out.outcome, VF_OUTCOME_HOLD);
    vf_pipeline_free(f->pipeline);
    vf_reference_release(f->reference);
    vf_schema_store_free(f->store);

    load(f, NULL, NULL);
    assert_int_equal(vf_schema_store_create(&f->store), 0);
    open_pipeline(f);
    run(f, f->config.input_visits, encode(f, vf_visit_schema_json, one));
    assert_int_equal(f->out.outcome, VF_OUTCOME_EVENT);
}

static void each_output_has_its_own_id(void **state)
{
    struct fixture *f = *state;
    static const uint8_t guid[16] = {0xAB};
    load(f, NULL, NULL);
    open_pipeline(f);
    vf_pipeline_set_output(f->pipeline, VF_SOURCE_VISITS, 0x01020304, guid);
    struct wire_frame visit = {.framing = WIRE_FRAMING_CONFLUENT, .id = 1};
    struct wire_frame meeting = {.framing = WIRE_FRAMING_CONFLUENT, .id = 2};
    run(f, f->config.input_visits, encode(f, vf_visit_schema_json, visit));
    assert_int_equal(f->out.outcome, VF_OUTCOME_EVENT);
    assert_memory_equal(f->out.record.value.ptr, "\0\1\2\3\4", 5);
    run(f, f->config.input_meetings, encode(f, vf_meeting_schema_json, meeting));
    assert_int_equal(f->out.outcome, VF_OUTCOME_EVENT);
    assert_memory_equal(f->out.record.value.ptr, "\0\0\0\0\3", 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(there_is_none_by_default),
        TEST(settings_arrive),
        TEST(the_cache_has_a_place),
        TEST(ids_are_the_registrys),
        TEST(records_are_held_until_the_answer),
        TEST(each_output_has_its_own_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
