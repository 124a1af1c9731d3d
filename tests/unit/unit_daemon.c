/* The daemon's configuration, its latency samples and its data paths. */
#include "test_support.h"

#include "daemon/config.h"
#include "daemon/counters.h"
#include "daemon/event_view.h"
#include "daemon/paths.h"
#include "vf_events.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    struct vf_arena arena;
    struct vf_config config;
    struct vf_error err;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    vf_arena_init(&f->arena, 1 << 16, 1 << 24);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    vf_arena_release(&f->arena);
    free(f);
    return 0;
}

static int load(struct fixture *f, const char *a, const char *b)
{
    const char *assignments[] = {a, b};
    size_t count = !a ? 0 : !b ? 1 : 2;
    return vf_config_load(NULL, assignments, count, &f->arena, &f->config, &f->err);
}

static void defaults_are_valid(void **state)
{
    struct fixture *f = *state;
    struct vf_pipeline_config pipeline;
    assert_int_equal(load(f, NULL, NULL), 0);
    vf_config_pipeline(&f->config, &pipeline);
    assert_slice(pipeline.routes[VF_SOURCE_VISITS].input, "parliament.visits");
    assert_slice(pipeline.routes[VF_SOURCE_MEETINGS].output, "parliament.meetings.normalized");
    assert_slice(pipeline.dead_letter, "parliament.dead-letter");
    assert_int_equal(pipeline.input_framing, WIRE_FRAMING_CONFLUENT);
    assert_int_equal(pipeline.output_schema_id, 3);
    assert_true(pipeline.value_bytes_max <= pipeline.arena_bytes_max);
    assert_int_equal(vf_config_apply_log(&f->config, &f->err), 0);
}

/* Choices are stored as indices: their order is that of the enums. */
static void choices_mean_what_they_say(void **state)
{
    struct fixture *f = *state;
    static const enum wire_framing framings[] = {WIRE_FRAMING_CONFLUENT, WIRE_FRAMING_GUID_HEADER,
                                                 WIRE_FRAMING_SINGLE_OBJECT, WIRE_FRAMING_PLAIN};
    for (size_t i = 0; i < sizeof framings / sizeof *framings; i++) {
        char text[64];
        snprintf(text, sizeof text, "input.framing=%s", wire_framing_name(framings[i]));
        assert_int_equal(load(f, text, NULL), 0);
        assert_int_equal(f->config.input_framing, framings[i]);
    }
    assert_int_equal(load(f, "output.retractions=tombstone", "log.format=json"), 0);
    assert_int_equal(f->config.output_retractions, VF_RETRACTION_TOMBSTONE);
    assert_int_equal(f->config.log_format, VF_LOG_JSON);
}

static void impossible_topics_are_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load(f, "input.visits=a b", NULL), VF_ECONFIG);
    assert_contains(f->err.text, "input.visits: \"a b\" is no valid topic name");
    assert_int_equal(load(f, "output.dead.letter=", NULL), VF_ECONFIG);
    assert_int_equal(load(f, "input.visits=same", "output.meetings=same"), VF_ECONFIG);
    assert_contains(f->err.text, "input.visits and output.meetings are the same topic");
    assert_int_equal(load(f, "input.visits=same", "input.meetings=same"), 0);
    assert_int_equal(load(f, "output.visits=same", "output.meetings=same"), 0);
}

static void bad_log_levels_are_named(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load(f, "log.levels=info,kafka=loud", NULL), 0);
    assert_int_equal(vf_config_apply_log(&f->config, &f->err), VF_ECONFIG);
    assert_contains(f->err.text, "log.levels: \"loud\" is no log level");
}

static void schemas_come_from_files(void **state)
{
    struct fixture *f = *state;
    struct vf_schema_store *store;
    char path[] = "/tmp/vf-schema-XXXXXX";
    char text[80];
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "\"string\"", 8), 8);
    close(fd);

    snprintf(text, sizeof text, "schemas.1=%s", path);
    assert_int_equal(load(f, text, NULL), 0);
    assert_int_equal(vf_schema_store_create(&store), 0);
    assert_int_equal(vf_config_schemas(&f->config, store, &f->arena, &f->err), 0);
    /* The file stands in for the built-in schema of that id. */
    assert_int_equal(vf_schema_store_add(store, 1, vf_slice_of("\"string\""), &f->err), 0);
    assert_int_equal(vf_schema_store_add(store, 2, vf_slice_of(vf_meeting_schema_json), &f->err),
                     0);
    unlink(path);
    assert_int_equal(vf_config_schemas(&f->config, store, &f->arena, &f->err), VF_EIO);
    assert_contains(f->err.text, path);
    vf_schema_store_free(store);

    assert_int_equal(load(f, "schemas.one=/nonexistent", NULL), 0);
    assert_int_equal(vf_schema_store_create(&store), 0);
    assert_int_equal(vf_config_schemas(&f->config, store, &f->arena, &f->err), VF_ECONFIG);
    assert_contains(f->err.text, "\"one\" is no schema id");
    vf_schema_store_free(store);
}

static void example_configuration_is_up_to_date(void **state)
{
    struct fixture *f = *state;
    struct vf_buffer text;
    static char file[1 << 16];

    FILE *example = fopen("deploy/visitfeed.ini", "r");
    assert_non_null(example);
    size_t n = fread(file, 1, sizeof file, example);
    fclose(example);
    vf_buffer_init(&text, 1 << 16);
    vf_options_print(&vf_config_options, &text);
    assert_true(vf_slice_equal(vf_slice(file, n), vf_buffer_slice(&text)));
    vf_buffer_release(&text);
    assert_int_equal(
        vf_config_load("deploy/visitfeed.ini", NULL, 0, &f->arena, &f->config, &f->err), 0);
}

static struct vf_ticket ticket(uint64_t sequence)
{
    return (struct vf_ticket){.slot = 1, .generation = 2, .sequence = sequence};
}

static void latency_is_of_the_tickets_watched(void **state)
{
    (void)state;
    struct vf_latency latency = {0};
    assert_int_equal(vf_latency_quantile(&latency, 0.5), -1);
    vf_latency_begin(&latency, ticket(0), -1); /* no timestamp, nothing to measure */
    assert_int_equal(latency.pending_count, 0);
    for (uint64_t i = 1; i <= 10; i++) {
        vf_latency_begin(&latency, ticket(i), 1000);
        vf_latency_end(&latency, ticket(i), 1000 + 10 * (int64_t)i);
    }
    vf_latency_end(&latency, ticket(99), 5000);
    assert_int_equal(latency.sample_count, 10);
    assert_int_equal(vf_latency_quantile(&latency, 0.0), 10);
    assert_int_equal(vf_latency_quantile(&latency, 1.0), 100);
    assert_in_range(vf_latency_quantile(&latency, 0.5), 50, 60);
    for (uint64_t i = 0; i < 1000; i++)
        vf_latency_begin(&latency, ticket(1000 + i), 1);
    assert_int_equal(latency.pending_count, VF_LATENCY_PENDING);
    for (uint64_t i = 0; i < 1000; i++) {
        vf_latency_begin(&latency, ticket(3000 + i), 1);
        vf_latency_end(&latency, ticket(1000 + i), 0);
    }
    assert_true(latency.sample_count <= VF_LATENCY_SAMPLES);
    vf_latency_reset(&latency);
    assert_int_equal(vf_latency_quantile(&latency, 0.5), -1);
    assert_true(vf_resident_bytes() > 100000);
}

static void data_is_found_in_the_source_tree(void **state)
{
    struct fixture *f = *state;
    struct stat info;
    unsetenv("VISITFEED_DATA_DIR");
    assert_int_equal(stat(vf_data_path("reference", &f->arena).ptr, &info), 0);
    assert_int_equal(stat(vf_data_path("sample", &f->arena).ptr, &info), 0);
    setenv("VISITFEED_DATA_DIR", "/elsewhere", 1);
    assert_slice(vf_data_path("sample", &f->arena), "/elsewhere/sample");
    unsetenv("VISITFEED_DATA_DIR");
}

static void view_survives_an_empty_event_and_foreign_text(void **state)
{
    (void)state;
    struct vf_buffer text;
    struct vf_slice topics[] = {vf_slice_of("FLAG")};
    struct vf_normalized_event event = {.event_key = vf_slice_of("key\x1b[2J\n"),
                                        .report.source = vf_slice_of("s"),
                                        .report.event_id = vf_slice_of("e"),
                                        .flags = {topics, 1}};
    vf_buffer_init(&text, 1 << 16);
    vf_event_view_full(&event, &text);
    vf_event_view_line(&event, &text);
    vf_buffer_append_char(&text, '\0');
    assert_null(strchr(text.data, '\x1b'));
    assert_contains(text.data, "key\\u001b[2J\\n");
    assert_contains(text.data, "flags           FLAG\n");
    vf_buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults_are_valid, set_up, tear_down),
        cmocka_unit_test_setup_teardown(choices_mean_what_they_say, set_up, tear_down),
        cmocka_unit_test_setup_teardown(impossible_topics_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_log_levels_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(schemas_come_from_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(example_configuration_is_up_to_date, set_up, tear_down),
        cmocka_unit_test(latency_is_of_the_tickets_watched),
        cmocka_unit_test_setup_teardown(data_is_found_in_the_source_tree, set_up, tear_down),
        cmocka_unit_test(view_survives_an_empty_event_and_foreign_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
