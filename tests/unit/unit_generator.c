/* Synthetic feeds. */
#include "test_support.h"

#include "base/memory.h"
#include "codec/wire_json.h"
#include "generator.h"
#include "vf_events.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MIB = 1 << 20, COUNT = 5000 };

static char *samples[] = {(char *)"tests/sample/visits.jsonl",
                          (char *)"tests/sample/meetings.jsonl"};

static struct vf_generator_config standard_config(void)
{
    return (struct vf_generator_config){.samples = samples,
                                        .sample_count = 2,
                                        .seed = 42,
                                        .kind = VF_KIND_AUTO,
                                        .begin_ms = 1767225600000,
                                        .interval_ms = 60000,
                                        .hot_keys = 10};
}

static struct vf_generator *create(const struct vf_generator_config *config)
{
    struct vf_generator *generator;
    struct vf_error err = {0};
    if (vf_generator_create(config, &generator, &err))
        fail_msg("%s", err.text);
    return generator;
}

static struct vf_converter *create_converter(void)
{
    struct vf_convert_config convert = {
        .kind = VF_KIND_AUTO,
        .topics = {VF_SLICE_LITERAL("visits"), VF_SLICE_LITERAL("meetings")},
        .schema_ids = {1, 2},
        .limits = wire_limits_default,
        .event_bytes_max = MIB};
    struct vf_converter *converter;
    struct vf_error err;
    assert_int_equal(vf_converter_create(&convert, &converter, &err), 0);
    return converter;
}

static void next(struct vf_generator *generator, struct vf_generated *event)
{
    struct vf_error err = {0};
    assert_int_equal(vf_generator_next(generator, event, &err), 0);
}

static void the_same_seed_gives_the_same_feed(void **state)
{
    struct vf_generator_config config = standard_config();
    struct vf_converter *converter = create_converter();
    struct vf_buffer first, second;
    struct vf_error err;
    (void)state;

    config.duplicates = 0.1;
    config.revisions = 0.1;
    config.hot = 0.1;
    vf_buffer_init(&first, 64 * MIB);
    vf_buffer_init(&second, 64 * MIB);
    struct vf_generator *generator = create(&config);
    struct vf_generated event;
    struct vf_record record;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < COUNT; i++) {
            next(generator, &event);
            assert_int_equal(vf_converter_event(converter, event.kind, event.event, &record, &err),
                             0);
            vf_buffer_append_slice(round ? &second : &first, record.value);
        }
        vf_generator_rewind(generator);
    }
    assert_true(vf_slice_equal(vf_buffer_slice(&first), vf_buffer_slice(&second)));
    vf_generator_free(generator);

    config.seed = 43;
    generator = create(&config);
    vf_buffer_clear(&second);
    for (int i = 0; i < COUNT; i++) {
        next(generator, &event);
        assert_int_equal(vf_converter_event(converter, event.kind, event.event, &record, &err), 0);
        vf_buffer_append_slice(&second, record.value);
    }
    assert_false(vf_slice_equal(vf_buffer_slice(&first), vf_buffer_slice(&second)));
    vf_generator_free(generator);
    vf_converter_free(converter);
    vf_buffer_release(&first);
    vf_buffer_release(&second);
}

static struct vf_slice id_of(const struct vf_generated *event)
{
    return event->kind == VF_KIND_VISIT ? ((const struct vf_visit *)event->event)->event_id
                                        : ((const struct vf_meeting *)event->event)->event_id;
}

static int32_t revision_of(const struct vf_generated *event)
{
    return event->kind == VF_KIND_VISIT ? ((const struct vf_visit *)event->event)->revision
                                        : ((const struct vf_meeting *)event->event)->revision;
}

static void plain_events_are_all_new(void **state)
{
    struct vf_generator_config config = standard_config();
    struct vf_generator *generator = create(&config);
    struct vf_generated event;
    int visits = 0, of_a_visit = 0;
    char expected[64];
    (void)state;

    for (int i = 0; i < COUNT; i++) {
        next(generator, &event);
        snprintf(expected, sizeof expected, "gen-42-%d", i);
        assert_true(vf_slice_is(id_of(&event), expected));
        assert_int_equal(revision_of(&event), 1);
        assert_false(event.bad);
        visits += event.kind == VF_KIND_VISIT;
        if (event.kind == VF_KIND_MEETING) {
            const struct vf_meeting *meeting = event.event;
            of_a_visit += meeting->visit_id.ptr != NULL;
            assert_int_equal(meeting->published_at.value, 1767225600000 + i * 60000LL);
        }
    }
    /* The sample has 68 visits and 97 meetings. */
    assert_in_range(visits, COUNT * 68 / 165 - 150, COUNT * 68 / 165 + 150);
    assert_in_range(of_a_visit, (COUNT - visits) / 4, (COUNT - visits) * 2 / 5);
    vf_generator_free(generator);
}

static void shares_hold(void **state)
{
    struct vf_generator_config config = standard_config();
    struct vf_generated event;
    int again = 0, revised = 0, hot = 0, bad = 0;
    (void)state;

    config.duplicates = 0.05;
    config.revisions = 0.10;
    config.hot = 0.20;
    config.bad = 0.02;
    config.hot_keys = 3;
    struct vf_generator *generator = create(&config);
    for (int i = 0; i < COUNT; i++) {
        next(generator, &event);
        int number = atoi(id_of(&event).ptr + strlen("gen-42-"));
        assert_true(number <= i);
        bad += event.bad;
        if (number < i && revision_of(&event) == 1)
            again++;
        else if (number < 3 && i >= 3 && revision_of(&event) > 1)
            hot++;
        else if (number < i)
            revised++;
    }
    assert_in_range(again, COUNT / 20 - 80, COUNT / 20 + 80);
    assert_in_range(revised, COUNT / 10 - 120, COUNT / 10 + 120);
    assert_in_range(hot, COUNT / 5 - 180, COUNT / 5 + 180);
    assert_in_range(bad, COUNT / 50 - 50, COUNT / 50 + 50);
    vf_generator_free(generator);
}

/* A visit given again is the visit as it was. */
static void duplicates_are_exact(void **state)
{
    struct vf_generator_config config = standard_config();
    struct vf_generator_config plain = config;
    struct vf_generated event, once;
    struct vf_converter *converter = create_converter();
    struct vf_converter *other = create_converter();
    int checked = 0;
    (void)state;

    config.duplicates = 1;
    struct vf_generator *generator = create(&config);
    for (int i = 0; i < 50; i++) {
        struct vf_record again, first;
        struct vf_error err;
        next(generator, &event);
        int number = atoi(id_of(&event).ptr + strlen("gen-42-"));
        struct vf_generator *reference = create(&plain);
        for (int n = 0; n <= number; n++)
            next(reference, &once);
        assert_int_equal(vf_converter_event(converter, event.kind, event.event, &again, &err), 0);
        assert_int_equal(vf_converter_event(other, once.kind, once.event, &first, &err), 0);
        assert_true(vf_slice_equal(again.value, first.value));
        assert_true(vf_slice_equal(again.key, first.key));
        checked += number < i;
        vf_generator_free(reference);
    }
    assert_int_equal(checked, 49);
    vf_generator_free(generator);
    vf_converter_free(converter);
    vf_converter_free(other);
}

static void skew_prefers_the_first(void **state)
{
    struct vf_generator_config config = standard_config();
    struct vf_generated event;
    int even = 0, skewed = 0;
    (void)state;

    config.kind = VF_KIND_VISIT;
    for (int round = 0; round < 2; round++) {
        config.skew = round ? 2 : 0;
        struct vf_generator *generator = create(&config);
        for (int i = 0; i < 1000; i++) {
            next(generator, &event);
            assert_int_equal(event.kind, VF_KIND_VISIT);
            bool first = vf_slice_is(((const struct vf_visit *)event.event)->source, "en.trend.az");
            *(round ? &skewed : &even) += first;
        }
        vf_generator_free(generator);
    }
    assert_in_range(even, 0, 250);
    assert_in_range(skewed, 500, 1000);
}

static void broken_values_are_broken(void **state)
{
    struct vf_generator_config config = standard_config();
    struct vf_converter *converter = create_converter();
    struct vf_generator *generator = create(&config);
    struct wire_schema *schemas[2];
    struct wire_plan *plans[2];
    struct vf_generated event;
    struct vf_record record;
    struct vf_buffer out, text;
    struct vf_arena arena;
    struct vf_error err;
    (void)state;

    vf_arena_init(&arena, 4096, 16 * MIB);
    vf_buffer_init(&out, MIB);
    vf_buffer_init(&text, MIB);
    const char *const texts[] = {vf_visit_schema_json, vf_meeting_schema_json};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(wire_schema_parse(vf_slice_of(texts[i]), &schemas[i], &err), 0);
        assert_int_equal(wire_plan_compile(schemas[i], schemas[i], &plans[i], &err), 0);
    }
    for (int i = 0; i < 500; i++) {
        next(generator, &event);
        assert_int_equal(vf_converter_event(converter, event.kind, event.event, &record, &err), 0);
        assert_int_equal(vf_generator_break(generator, record.value, false, &out, &err), 0);
        record.value = out.len ? vf_buffer_slice(&out) : vf_slice("", 0);
        struct wire_frame frame;
        union {
            struct vf_visit visit;
            struct vf_meeting meeting;
        } value;
        int rc = wire_frame_read(&record, WIRE_FRAMING_CONFLUENT, &frame, &err);
        if (!rc && frame.id <= 2)
            rc = wire_decode(plans[event.kind], frame.body, NULL, &arena, &value, &err);
        else if (!rc)
            rc = VF_EUNKNOWNSCHEMA;
        assert_int_not_equal(rc, 0);

        vf_buffer_clear(&text);
        assert_int_equal(wire_json_write(schemas[event.kind], event.event, &text, &err), 0);
        assert_int_equal(vf_generator_break(generator, vf_buffer_slice(&text), true, &out, &err),
                         0);
        assert_int_not_equal(vf_converter_json(converter, vf_buffer_slice(&out), &record, &err), 0);
        vf_arena_reset(&arena);
    }
    for (int i = 0; i < 2; i++) {
        wire_plan_free(plans[i]);
        wire_schema_free(schemas[i]);
    }
    vf_buffer_release(&out);
    vf_buffer_release(&text);
    vf_arena_release(&arena);
    vf_generator_free(generator);
    vf_converter_free(converter);
}

static void samples_that_do_not_do(void **state)
{
    struct vf_generator_config config = standard_config();
    struct vf_generator *generator;
    struct vf_error err = {0};
    char *missing[] = {(char *)"/nonexistent/x"};
    char *empty[] = {(char *)"/dev/null"};
    (void)state;

    config.samples = missing;
    config.sample_count = 1;
    assert_int_equal(vf_generator_create(&config, &generator, &err), VF_EIO);
    config.samples = empty;
    assert_int_equal(vf_generator_create(&config, &generator, &err), VF_EDATA);
    config.samples = samples;
    config.kind = VF_KIND_MEETING;
    assert_int_equal(vf_generator_create(&config, &generator, &err), VF_EDATA); /* visits alone */
    assert_contains(err.text, "no meeting");
    assert_null(generator);
}

static void shares_as_typed(void **state)
{
    struct vf_error err;
    double share;
    (void)state;
    assert_int_equal(vf_share_parse(vf_slice_of("0.25"), &share, &err), 0);
    assert_true(share == 0.25);
    assert_int_equal(vf_share_parse(vf_slice_of("5%"), &share, &err), 0);
    assert_true(share == 0.05);
    static const char *const wrong[] = {"", "x", "-1", "1.1", "101%", "5%%", "nan"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(vf_share_parse(vf_slice_of(wrong[i]), &share, &err), VF_EUSAGE);
}

static void nothing_is_allocated_per_event(void **state)
{
    struct vf_generator_config config = standard_config();
    struct vf_generator *generator = create(&config);
    struct vf_generated event;
    (void)state;

    for (int i = 0; i < 500; i++)
        next(generator, &event);
    unsigned long before = vf_memory_count();
    for (int i = 0; i < 500; i++)
        next(generator, &event);
    assert_int_equal(vf_memory_count(), before);
    vf_generator_free(generator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_feed),
        cmocka_unit_test(plain_events_are_all_new),
        cmocka_unit_test(shares_hold),
        cmocka_unit_test(duplicates_are_exact),
        cmocka_unit_test(skew_prefers_the_first),
        cmocka_unit_test(broken_values_are_broken),
        cmocka_unit_test(samples_that_do_not_do),
        cmocka_unit_test(shares_as_typed),
        cmocka_unit_test(nothing_is_allocated_per_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
