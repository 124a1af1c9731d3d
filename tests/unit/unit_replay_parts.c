/* What replays are made of: percentiles, the clock, changes of records, the resume file. */
#include "test_support.h"

#include "event_shift.h"
#include "feed/convert.h"
#include "histogram.h"
#include "rekey.h"
#include "replay_clock.h"
#include "resume.h"
#include "rewrite.h"
#include "vf_events.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MIB = 1 << 20, MS = 1000000 };

/* ---- percentiles ---- */

static void percentiles(void **state)
{
    static struct vf_histogram histogram;
    (void)state;

    assert_int_equal(vf_histogram_at(&histogram, 0.5), 0);
    for (uint64_t i = 1; i <= 1000; i++)
        vf_histogram_add(&histogram, i * 1000);
    assert_int_equal(histogram.count, 1000);
    assert_int_equal(histogram.max, 1000000);
    assert_in_range(vf_histogram_at(&histogram, 0.5), 500000, 500000 * 17 / 16);
    assert_in_range(vf_histogram_at(&histogram, 0.99), 990000, 1000000);
    assert_int_equal(vf_histogram_at(&histogram, 1), 1000000);
    vf_histogram_add(&histogram, UINT64_MAX);
    vf_histogram_add(&histogram, 0);
    assert_int_equal(vf_histogram_at(&histogram, 1), UINT64_MAX);
    assert_int_equal(vf_histogram_at(&histogram, 0), 0);
}

/* No value is told as smaller than it was, nor as more than a sixteenth larger. */
static void percentiles_are_close(void **state)
{
    static struct vf_histogram one;
    uint64_t seed = 9;
    (void)state;

    for (int i = 0; i < 20000; i++) {
        uint64_t value = test_random(&seed) >> (test_random(&seed) % 64);
        memset(&one, 0, sizeof one);
        vf_histogram_add(&one, value);
        vf_histogram_add(&one, UINT64_MAX);
        uint64_t told = vf_histogram_at(&one, 0.5);
        assert_true(told >= value && told - value <= value / 16);
    }
}

/* ---- the clock ---- */

static void pace_of_the_records(void **state)
{
    struct vf_replay_clock clock = {.speed = 1};
    const int64_t now = 77 * (int64_t)MS;
    (void)state;

    assert_int_equal(vf_replay_clock_due(&clock, -1, now - 5), now - 5); /* no time, not begun */
    assert_int_equal(vf_replay_clock_due(&clock, 1000, now), now);
    assert_int_equal(vf_replay_clock_due(&clock, 1250, now + 1), now + 250 * (int64_t)MS);
    assert_int_equal(vf_replay_clock_due(&clock, 1100, now), now + 250 * (int64_t)MS); /* back */
    assert_int_equal(vf_replay_clock_due(&clock, -1, now), now + 250 * (int64_t)MS);
    assert_int_equal(vf_replay_clock_due(&clock, 3000, now), now + 2000 * (int64_t)MS);
}

static void speeds_and_gaps(void **state)
{
    struct vf_replay_clock fast = {.speed = 10, .gap_max_ms = 500};
    struct vf_replay_clock unpaced = {.speed = 0};
    struct vf_error err = {0};
    double speed;
    (void)state;

    assert_int_equal(vf_replay_clock_due(&fast, 0, 0), 0);
    assert_int_equal(vf_replay_clock_due(&fast, 100, 0), 10 * MS);
    assert_int_equal(vf_replay_clock_due(&fast, 86400100, 0), 60 * MS); /* a day is half a second */
    assert_int_equal(vf_replay_clock_due(&fast, 86400200, 0), 70 * MS);
    assert_int_equal(vf_replay_clock_due(&unpaced, 5, 42), 42);
    assert_int_equal(vf_speed_parse(vf_slice_of("2.5x"), &speed, &err), 0);
    assert_true(speed == 2.5);
    assert_int_equal(vf_speed_parse(vf_slice_of("max"), &speed, &err), 0);
    assert_true(speed == 0);
    static const char *const wrong[] = {"", "x", "2", "0x", "-1x", "nanx", "1x ", "fast"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(vf_speed_parse(vf_slice_of(wrong[i]), &speed, &err), VF_EUSAGE);
}

/* ---- the same events another time ---- */

static struct vf_config config;
static struct vf_arena config_arena;
static struct vf_decoder *decoder;

static int set_up(void **state)
{
    struct vf_error err;
    (void)state;
    vf_arena_init(&config_arena, 4096, 16 * MIB);
    return vf_config_load(NULL, NULL, 0, &config_arena, &config, &err) ||
           vf_decoder_create(&config, &config_arena, &decoder, &err);
}

static int tear_down(void **state)
{
    (void)state;
    vf_decoder_free(decoder);
    vf_arena_release(&config_arena);
    return 0;
}

static struct vf_record make_record(struct vf_converter **converter, const char *text)
{
    struct vf_convert_config convert = {
        .kind = VF_KIND_AUTO,
        .topics = {VF_SLICE_LITERAL("visits"), VF_SLICE_LITERAL("meetings")},
        .schema_ids = {1, 2},
        .limits = wire_limits_default,
        .event_bytes_max = MIB};
    struct vf_record record;
    struct vf_error err = {0};

    assert_int_equal(vf_converter_create(&convert, converter, &err), 0);
    if (vf_converter_json(*converter, vf_slice_of(text), &record, &err))
        fail_msg("%s", err.text);
    return record;
}

static void ids_and_dates_move_together(void **state)
{
    static const char text[] =
        "{\"event_id\":\"m1\",\"source\":\"s\",\"modality\":\"ONLINE\",\"visit_id\":\"v1\","
        "\"supersedes\":\"m0\",\"published_at\":1000,\"dates\":{\"text\":\"on Monday\",\"start\":"
        "\"2024-02-28\",\"end\":\"2024-03\"}}";
    struct vf_converter *converter;
    struct vf_record record = make_record(&converter, text);
    struct vf_event_shift shift;
    struct vf_decoded decoded;
    struct vf_error err = {0};
    (void)state;

    vf_event_shift_init(&shift);
    shift.round = 3;
    shift.ms = 2 * 86400000;
    assert_int_equal(vf_event_published(decoder, &record), 1000);
    assert_int_equal(vf_event_shift_apply(&shift, decoder, &record, &err), 0);
    assert_slice(record.key, "s|m1~3");
    assert_int_equal(vf_decoder_decode(decoder, &record, &decoded, &err), 0);
    assert_int_equal(decoded.frame.id, 2);
    const struct vf_meeting *meeting = decoded.value;
    assert_slice(meeting->event_id, "m1~3");
    assert_slice(meeting->visit_id, "v1~3");
    assert_slice(meeting->supersedes, "m0~3");
    assert_slice(meeting->source, "s");
    assert_int_equal(meeting->published_at.value, 1000 + 2 * 86400000);
    assert_slice(meeting->dates->start, "2024-03-01"); /* 2024 is a leap year */
    assert_slice(meeting->dates->end, "2024-03");
    assert_slice(meeting->dates->text, "on Monday");
    assert_int_equal(meeting->modality, VF_MODALITY_ONLINE);
    vf_event_shift_release(&shift);
    vf_converter_free(converter);
}

/* ---- other keys ---- */

static int key_by(const char *how, struct vf_record *record, struct vf_rekey *rekey,
                  struct vf_error *err)
{
    int rc = vf_rekey_parse(vf_slice_of(how), rekey, err);
    return rc ? rc : vf_rekey_apply(rekey, decoder, record, err);
}

static void keys_by_choice(void **state)
{
    static const char text[] =
        "{\"event_id\":\"v1\",\"source\":\"s\",\"visit_type\":\"STATE\",\"revision\":3,"
        "\"stops\":[{\"city\":null},{\"city\":\"Baku\"},{\"city\":\"Rome\"}]}";
    static const struct vf_header headers[] = {{VF_SLICE_LITERAL("a"), VF_SLICE_LITERAL("one")},
                                               {VF_SLICE_LITERAL("a"), VF_SLICE_LITERAL("two")},
                                               {VF_SLICE_LITERAL("b"), {NULL, 0}}};
    static const struct {
        const char *how;
        const char *key; /* NULL: none */
    } cases[] = {
        {"none", NULL},          {"header:a", "two"},           {"field:event_id", "v1"},
        {"field:revision", "3"}, {"field:visit_type", "STATE"}, {"field:stops.city", "Baku"},
    };
    static const char *const lacking[] = {"header:b", "header:c", "field:language",
                                          "field:no.such"};
    static const char *const wrong[] = {"", "key", "none ", "header:", "field:", "keeps"};
    struct vf_converter *converter;
    struct vf_record record = make_record(&converter, text);
    struct vf_rekey rekey;
    struct vf_error err = {0};
    (void)state;

    record.headers = headers;
    record.header_count = 3;
    vf_rekey_init(&rekey);
    assert_int_equal(key_by("keep", &record, &rekey, &err), 0);
    assert_slice(record.key, "s|v1");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (key_by(cases[i].how, &record, &rekey, &err))
            fail_msg("%s: %s", cases[i].how, err.text);
        if (cases[i].key)
            assert_slice(record.key, cases[i].key);
        else
            assert_null(record.key.ptr);
    }
    for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++)
        assert_int_equal(key_by(lacking[i], &record, &rekey, &err), VF_EDATA);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(key_by(wrong[i], &record, &rekey, &err), VF_EUSAGE);
    record.value = VF_SLICE_NULL;
    assert_int_equal(key_by("field:event_id", &record, &rekey, &err), VF_EEMPTY);
    vf_rekey_release(&rekey);
    vf_converter_free(converter);
}

static void what_is_no_event_stays(void **state)
{
    struct vf_event_shift shift;
    struct vf_error err = {0};
    struct vf_record record = {.key = VF_SLICE_LITERAL("k"), .value = VF_SLICE_LITERAL("text")};
    struct vf_record tombstone = {.key = VF_SLICE_LITERAL("k")};
    struct vf_converter *converter;
    (void)state;

    vf_event_shift_init(&shift);
    shift.round = 2;
    assert_int_equal(vf_event_shift_apply(&shift, decoder, &record, &err), 0);
    assert_slice(record.value, "text");
    assert_slice(record.key, "k");
    assert_int_equal(vf_event_shift_apply(&shift, decoder, &tombstone, &err), 0);
    assert_null(tombstone.value.ptr);
    assert_int_equal(vf_event_published(decoder, &record), -1);

    /* Nothing told, nothing moved; a key of another form is not touched. */
    record = make_record(&converter, "{\"event_id\":\"v\",\"source\":\"s\",\"stops\":[]}");
    record.key = vf_slice_of("other");
    shift.ms = 86400000;
    assert_int_equal(vf_event_shift_apply(&shift, decoder, &record, &err), 0);
    assert_slice(record.key, "other");
    assert_int_equal(vf_event_published(decoder, &record), -1);
    vf_event_shift_release(&shift);
    vf_converter_free(converter);
}

/* ---- changes ---- */

static void nothing_changes_by_itself(void **state)
{
    static const struct vf_header headers[] = {{VF_SLICE_LITERAL("a"), {NULL, 0}}};
    struct vf_record record = {.topic = VF_SLICE_LITERAL("t"),
                               .partition = 3,
                               .timestamp_ms = 42,
                               .headers = headers,
                               .header_count = 1};
    struct vf_record made = {.topic = VF_SLICE_LITERAL("t"), .partition = 0, .timestamp_ms = 42};
    struct vf_rewrite_flags flags = {.to = {NULL, 0}};
    struct vf_rewrite *rewrite;
    struct vf_error err = {0};
    (void)state;

    assert_int_equal(vf_rewrite_create(&flags, &rewrite, &err), 0);
    assert_int_equal(vf_rewrite_apply(rewrite, false, 0, &record, &err), 0);
    assert_slice(record.topic, "t");
    assert_int_equal(record.partition, 3);
    assert_int_equal(record.timestamp_ms, 42);
    assert_ptr_equal(record.headers, headers);
    assert_int_equal(vf_rewrite_apply(rewrite, true, 0, &made, &err), 0);
    assert_int_equal(made.partition, -1);
    assert_int_equal(made.timestamp_ms, -1);
    assert_true(vf_rewrite_is_loop(rewrite, "t"));
    vf_rewrite_free(rewrite);
}

static void all_changes(void **state)
{
    static const struct vf_header headers[] = {{VF_SLICE_LITERAL("keep"), VF_SLICE_LITERAL("1")},
                                               {VF_SLICE_LITERAL("drop.me"), VF_SLICE_LITERAL("2")},
                                               {VF_SLICE_LITERAL("keep"), VF_SLICE_LITERAL("3")}};
    struct vf_rewrite_flags flags = {.to = VF_SLICE_LITERAL("all"),
                                     .maps = {1, {"special=other"}},
                                     .partition = VF_SLICE_LITERAL("7"),
                                     .timestamp = VF_SLICE_LITERAL("keep"),
                                     .shift_time = VF_SLICE_LITERAL("-1s"),
                                     .add_headers = {1, {"new=x=y"}},
                                     .drop_headers = {1, {"drop.*"}}};
    struct vf_record record = {.topic = VF_SLICE_LITERAL("t"),
                               .timestamp_ms = 5000,
                               .headers = headers,
                               .header_count = 3};
    struct vf_record special = {.topic = VF_SLICE_LITERAL("special"), .timestamp_ms = 10};
    struct vf_rewrite *rewrite;
    struct vf_error err = {0};
    (void)state;

    assert_int_equal(vf_rewrite_create(&flags, &rewrite, &err), 0);
    assert_int_equal(vf_rewrite_apply(rewrite, false, 500, &record, &err), 0);
    assert_slice(record.topic, "all");
    assert_int_equal(record.partition, 7);
    assert_int_equal(record.timestamp_ms, 4500);
    assert_int_equal(record.header_count, 3);
    assert_slice(record.headers[1].value, "3");
    assert_slice(record.headers[2].name, "new");
    assert_slice(record.headers[2].value, "x=y");
    assert_int_equal(vf_rewrite_apply(rewrite, false, 0, &special, &err),
                     VF_ELIMIT); /* before 1970 */
    assert_slice(special.topic, "other");
    assert_false(vf_rewrite_is_loop(rewrite, "t"));
    vf_rewrite_free(rewrite);

    flags = (struct vf_rewrite_flags){.partition = VF_SLICE_LITERAL("key"),
                                      .timestamp = VF_SLICE_LITERAL("now")};
    assert_int_equal(vf_rewrite_create(&flags, &rewrite, &err), 0);
    record.timestamp_ms = 5000;
    assert_int_equal(vf_rewrite_apply(rewrite, false, 0, &record, &err), 0);
    assert_int_equal(record.partition, -1);
    assert_int_equal(record.timestamp_ms, -1);
    vf_rewrite_free(rewrite);
}

static void wrong_changes(void **state)
{
    static const struct vf_rewrite_flags wrong[] = {
        {.partition = VF_SLICE_LITERAL("-1")},
        {.partition = VF_SLICE_LITERAL("first")},
        {.timestamp = VF_SLICE_LITERAL("later")},
        {.shift_time = VF_SLICE_LITERAL("5")},
        {.maps = {1, {"a"}}},
        {.maps = {1, {"a="}}},
        {.maps = {1, {"=b"}}},
        {.add_headers = {1, {"x"}}},
    };
    struct vf_rewrite *rewrite;
    struct vf_error err = {0};
    (void)state;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(vf_rewrite_create(&wrong[i], &rewrite, &err), VF_EUSAGE);
        assert_null(rewrite);
    }
}

/* ---- the resume file ---- */

static char resume_path[] = "/tmp/unit_resume_XXXXXX";

static struct vf_resume *open_resume(uint64_t identity)
{
    struct vf_resume *resume;
    struct vf_error err = {0};
    if (vf_resume_open(resume_path, identity, &resume, &err))
        fail_msg("%s", err.text);
    return resume;
}

static void acknowledged_out_of_order(void **state)
{
    struct vf_error err = {0};
    (void)state;

    close(mkstemp(resume_path));
    struct vf_resume *resume = open_resume(5);
    assert_int_equal(vf_resume_settled(resume), 0);
    vf_resume_acknowledge(resume, 3);
    vf_resume_acknowledge(resume, 1);
    assert_int_equal(vf_resume_settled(resume), 1);
    assert_false(vf_resume_is_acknowledged(resume, 2));
    assert_true(vf_resume_is_acknowledged(resume, 3));
    assert_int_equal(vf_resume_close(resume, &err), 0);

    resume = open_resume(5); /* as after a kill */
    assert_int_equal(vf_resume_settled(resume), 1);
    assert_true(vf_resume_is_acknowledged(resume, 1));
    assert_false(vf_resume_is_acknowledged(resume, 2));
    assert_true(vf_resume_is_acknowledged(resume, 3));
    assert_false(vf_resume_is_acknowledged(resume, 3 + VF_SENDER_IN_FLIGHT_MAX));
    vf_resume_acknowledge(resume, 2);
    assert_int_equal(vf_resume_settled(resume), 3);
    assert_false(vf_resume_is_complete(resume));
    vf_resume_set_complete(resume);
    vf_resume_acknowledge_all(resume, 100);
    assert_int_equal(vf_resume_close(resume, &err), 0);
    resume = open_resume(5);
    assert_true(vf_resume_is_complete(resume));
    assert_int_equal(vf_resume_settled(resume), 100);
    vf_resume_close(resume, NULL);
    unlink(resume_path);
}

/* Many more than the window, in random order within it. */
static void the_window_wraps_around(void **state)
{
    enum { COUNT = 5 * VF_SENDER_IN_FLIGHT_MAX, AHEAD = 1000 };
    uint64_t pending[AHEAD];
    uint64_t seed = 21;
    uint64_t next = 1;
    (void)state;

    struct vf_resume *resume = open_resume(1);
    for (size_t i = 0; i < AHEAD; i++)
        pending[i] = next++;
    size_t left = AHEAD;
    while (left) {
        size_t pick = test_random(&seed) % left;
        if (pending[pick] > vf_resume_settled(resume) + VF_SENDER_IN_FLIGHT_MAX)
            pick = 0;
        assert_false(vf_resume_is_acknowledged(resume, pending[pick]));
        vf_resume_acknowledge(resume, pending[pick]);
        assert_true(vf_resume_is_acknowledged(resume, pending[pick]));
        if (next <= COUNT)
            pending[pick] = next++;
        else
            pending[pick] = pending[--left];
    }
    assert_int_equal(vf_resume_settled(resume), COUNT);
    vf_resume_close(resume, NULL);
    unlink(resume_path);
}

static void bounds_survive(void **state)
{
    static const struct vf_lane_bounds bounds[] = {{77, 1, 5, 0}, {77, 0, 0, 1}};
    size_t count;
    (void)state;

    struct vf_resume *resume = open_resume(9);
    vf_resume_bounds(resume, &count);
    assert_int_equal(count, 0);
    vf_resume_set_bounds(resume, bounds, 2);
    vf_resume_close(resume, NULL);
    resume = open_resume(9);
    const struct vf_lane_bounds *kept = vf_resume_bounds(resume, &count);
    assert_int_equal(count, 2);
    assert_memory_equal(kept, bounds, sizeof bounds);
    vf_resume_close(resume, NULL);
    unlink(resume_path);
}

static void other_files_are_refused(void **state)
{
    struct vf_resume *resume;
    struct vf_error err = {0};
    (void)state;

    vf_resume_close(open_resume(5), NULL);
    assert_int_equal(vf_resume_open(resume_path, 6, &resume, &err), VF_EINVAL);
    assert_contains(err.text, "another replay");
    FILE *file = fopen(resume_path, "wb");
    fputs("something else", file);
    fclose(file);
    assert_int_equal(vf_resume_open(resume_path, 5, &resume, &err), VF_EDATA);
    assert_null(resume);
    unlink(resume_path);
    assert_int_equal(vf_resume_open("/nonexistent/x", 5, &resume, &err), VF_EIO);
    assert_int_equal(vf_resume_open("/dev/full", 5, &resume, &err), VF_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles),
        cmocka_unit_test(percentiles_are_close),
        cmocka_unit_test(pace_of_the_records),
        cmocka_unit_test(speeds_and_gaps),
        cmocka_unit_test(ids_and_dates_move_together),
        cmocka_unit_test(keys_by_choice),
        cmocka_unit_test(what_is_no_event_stays),
        cmocka_unit_test(nothing_changes_by_itself),
        cmocka_unit_test(all_changes),
        cmocka_unit_test(wrong_changes),
        cmocka_unit_test(acknowledged_out_of_order),
        cmocka_unit_test(the_window_wraps_around),
        cmocka_unit_test(bounds_survive),
        cmocka_unit_test(other_files_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
