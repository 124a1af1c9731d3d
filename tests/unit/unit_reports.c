/* Whole reports through the normalizer: what must hold for any report at all. */
#include "test_support.h"

#include "codec/wire_json.h"
#include "normalize/normalize.h"
#include <stdio.h>
#include <stdlib.h>

enum { REPORTS_MAX = 400, LINE_MAX_BYTES = 64 << 10 };

struct fixture {
    struct vf_reference *reference;
    struct wire_schema *visit;
    struct wire_schema *meeting;
    struct wire_schema *event;
    struct vf_arena kept; /* the sample */
    struct vf_arena work; /* one run's */
    struct vf_visit *visits[REPORTS_MAX];
    struct vf_meeting *meetings[REPORTS_MAX];
    size_t visit_count;
    size_t meeting_count;
    struct vf_error err;
};

static struct fixture f;

static size_t read_sample(const char *path, const struct wire_schema *schema, void **out)
{
    static char line[LINE_MAX_BYTES];
    size_t count = 0;
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    while (count < REPORTS_MAX && fgets(line, sizeof line, file)) {
        out[count] = vf_arena_calloc(&f.kept, 1, wire_schema_size(schema));
        struct vf_slice text = vf_arena_copy(&f.kept, vf_slice(line, strcspn(line, "\n")));
        if (wire_json_read(schema, text, NULL, &f.kept, out[count++], &f.err))
            return 0;
    }
    fclose(file);
    return count;
}

static int set_up(void **state)
{
    (void)state;
    vf_arena_init(&f.kept, 1 << 20, 1 << 27);
    vf_arena_init(&f.work, 1 << 16, 1 << 26);
    if (vf_reference_load("deploy/reference", &f.reference, &f.err) ||
        wire_schema_parse(vf_slice_of(vf_visit_schema_json), &f.visit, &f.err) ||
        wire_schema_parse(vf_slice_of(vf_meeting_schema_json), &f.meeting, &f.err) ||
        wire_schema_parse(vf_slice_of(vf_normalized_event_schema_json), &f.event, &f.err)) {
        fprintf(stderr, "%s\n", f.err.text);
        return -1;
    }
    f.visit_count = read_sample("tests/sample/visits.jsonl", f.visit, (void **)f.visits);
    f.meeting_count = read_sample("tests/sample/meetings.jsonl", f.meeting, (void **)f.meetings);
    return f.visit_count > 50 && f.meeting_count > 50 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    vf_reference_release(f.reference);
    wire_schema_free(f.visit);
    wire_schema_free(f.meeting);
    wire_schema_free(f.event);
    vf_arena_release(&f.kept);
    vf_arena_release(&f.work);
    return 0;
}

/* Index below visit_count: a visit; above: a meeting. */
static int normalize(size_t index, struct vf_memo *memo, struct vf_arena *arena,
                     struct vf_normalized_event *out)
{
    memset(out, 0, sizeof *out);
    if (index < f.visit_count)
        return vf_normalize_visit(f.reference, memo, f.visits[index], arena, out, &f.err);
    return vf_normalize_meeting(f.reference, memo, f.meetings[index - f.visit_count], arena, out,
                                &f.err);
}

static void encode(const struct vf_normalized_event *event, struct vf_buffer *out)
{
    vf_buffer_clear(out);
    if (wire_encode(f.event, event, out, &f.err))
        fail_msg("%s", f.err.text);
}

static void memory_of_texts_changes_no_answer(void **state)
{
    (void)state;
    struct vf_buffer without;
    struct vf_buffer with;
    struct vf_memo *memo;
    struct vf_normalized_event event;

    vf_buffer_init(&without, 1 << 20);
    vf_buffer_init(&with, 1 << 20);
    assert_int_equal(vf_memo_create(&memo), 0);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < f.visit_count + f.meeting_count; i++) {
            vf_arena_reset(&f.work);
            assert_int_equal(normalize(i, NULL, &f.work, &event), 0);
            encode(&event, &without);
            vf_arena_reset(&f.work);
            assert_int_equal(normalize(i, memo, &f.work, &event), 0);
            encode(&event, &with);
            if (!vf_slice_equal(vf_buffer_slice(&without), vf_buffer_slice(&with)))
                fail_msg("report %zu differs in round %d", i, round);
        }
    }
    vf_memo_free(memo);
    vf_buffer_release(&without);
    vf_buffer_release(&with);
}

static void every_event_is_consistent(void **state)
{
    (void)state;
    struct vf_normalized_event event;
    for (size_t i = 0; i < f.visit_count + f.meeting_count; i++) {
        vf_arena_reset(&f.work);
        assert_int_equal(normalize(i, NULL, &f.work, &event), 0);
        assert_true(event.event_key.len > 0);
        assert_true(vf_slice_equal(event.reference.snapshot, vf_reference_snapshot(f.reference)));
        if (event.date.start.present && event.date.end.present)
            assert_true(event.date.start.value <= event.date.end.value);
        for (size_t c = 0; c < event.countries.count; c++) {
            const struct vf_country_memberships *country = &event.countries.items[c];
            assert_int_not_equal(vf_reference_find_iso3(f.reference, country->country),
                                 VF_NO_COUNTRY);
            if (c > 0)
                assert_true(
                    vf_slice_compare(event.countries.items[c - 1].country, country->country) < 0);
            assert_int_equal(country->memberships.count,
                             event.countries.items[0].memberships.count);
        }
        for (size_t b = 0; b < event.bilateral.count; b++)
            assert_true(vf_slice_compare(event.bilateral.items[b].a, event.bilateral.items[b].b) <
                        0);
    }
}

static void lack_of_memory_is_an_error_and_nothing_worse(void **state)
{
    (void)state;
    struct vf_normalized_event event;
    bool failed = false;
    bool succeeded = false;

    for (size_t limit = 64; limit < 1 << 20; limit += limit / 8) {
        for (size_t i = 0; i < 2; i++) {
            struct vf_arena arena;
            vf_arena_init(&arena, 256, limit);
            int rc = normalize(i * f.visit_count, NULL, &arena, &event);
            if (rc)
                assert_string_equal(vf_error_name(rc), "ENOMEM");
            failed |= rc != 0;
            succeeded |= rc == 0;
            vf_arena_release(&arena);
        }
    }
    assert_true(failed && succeeded);
}

/* Cuts a text at a random character, and puts a piece of another behind it. */
static struct vf_slice splice(struct vf_slice a, struct vf_slice b, uint64_t *seed)
{
    size_t cut = a.len ? test_random(seed) % (a.len + 1) : 0;
    size_t from = b.len ? test_random(seed) % (b.len + 1) : 0;
    while (cut < a.len && ((unsigned char)a.ptr[cut] & 0xC0) == 0x80)
        cut++;
    while (from < b.len && ((unsigned char)b.ptr[from] & 0xC0) == 0x80)
        from++;
    return vf_arena_printf(&f.work, "%.*s%.*s", (int)cut, a.ptr ? a.ptr : "", (int)(b.len - from),
                           b.ptr ? b.ptr + from : "");
}

static void mangle_people(struct vf_person_array *people, struct vf_slice other, uint64_t *seed)
{
    struct vf_person *copy = vf_arena_calloc(&f.work, people->count, sizeof *copy);
    for (size_t i = 0; i < people->count; i++) {
        copy[i] = people->items[i];
        copy[i].name = splice(copy[i].name, other, seed);
        copy[i].office = splice(copy[i].office, other, seed);
        copy[i].country = splice(copy[i].country, copy[i].office, seed);
        copy[i].role = (int32_t)(test_random(seed) % VF_PARTICIPANT_ROLE_COUNT);
    }
    people->items = copy;
}

static void mangled_reports_give_valid_events(void **state)
{
    (void)state;
    enum { ROUNDS = 3000 };
    struct vf_buffer out;
    struct vf_normalized_event event;
    uint64_t seed = 42;

    vf_buffer_init(&out, 1 << 22);
    for (int round = 0; round < ROUNDS; round++) {
        vf_arena_reset(&f.work);
        struct vf_visit visit = *f.visits[test_random(&seed) % f.visit_count];
        const struct vf_visit *other = f.visits[test_random(&seed) % f.visit_count];
        struct vf_reported_dates dates = visit.dates ? *visit.dates : (struct vf_reported_dates){0};
        struct vf_slice donor = other->dates ? other->dates->text : other->occasion;

        dates.text = splice(dates.text, donor, &seed);
        dates.start = test_random(&seed) % 2 ? splice(dates.text, dates.start, &seed) : dates.start;
        visit.dates = &dates;
        visit.occasion = splice(visit.occasion, donor, &seed);
        visit.language = other->language;
        mangle_people(&visit.participants, donor, &seed);
        memset(&event, 0, sizeof event);
        int rc = vf_normalize_visit(f.reference, NULL, &visit, &f.work, &event, &f.err);
        if (rc)
            fail_msg("round %d: %s", round, f.err.text);
        encode(&event, &out);
    }
    vf_buffer_release(&out);
}

static void nameless_reports_are_refused_by_field(void **state)
{
    (void)state;
    struct vf_normalized_event event = {0};
    struct vf_visit visit = {.event_id = vf_slice("", 0), .source = vf_slice_of("s")};
    vf_arena_reset(&f.work);
    assert_int_equal(vf_normalize_visit(f.reference, NULL, &visit, &f.work, &event, &f.err),
                     VF_EDATA);
    assert_contains(f.err.text, "event_id");
    struct vf_meeting meeting = {.event_id = vf_slice_of("e"), .source = vf_slice("", 0)};
    assert_int_equal(vf_normalize_meeting(f.reference, NULL, &meeting, &f.work, &event, &f.err),
                     VF_EDATA);
    assert_contains(f.err.text, "source");
}

/* A meeting of nobody, told by its dates alone. */
static void assert_dates(const char *language, const char *text, const char *published,
                         const char *start, const char *end, int32_t precision)
{
    struct vf_reported_dates dates = {.text = vf_slice_of(text)};
    struct vf_partial_date day;
    struct vf_meeting meeting = {.event_id = vf_slice_of("e"),
                                 .source = vf_slice_of("s"),
                                 .status = VF_EVENT_STATUS_COMPLETED,
                                 .language = vf_slice_of(language),
                                 .dates = &dates};
    struct vf_normalized_event event = {0};
    char first[VF_DATE_TEXT] = "";
    char last[VF_DATE_TEXT] = "";

    if (published) {
        assert_int_equal(vf_partial_date_parse(vf_slice_of(published), &day), 0);
        meeting.published_at.present = true;
        meeting.published_at.value = (int64_t)vf_partial_date_first(day) * 86400000 + 43200000;
    }
    vf_arena_reset(&f.work);
    assert_int_equal(vf_normalize_meeting(f.reference, NULL, &meeting, &f.work, &event, &f.err), 0);
    if (event.date.start.present)
        vf_day_format(event.date.start.value, first);
    if (event.date.end.present)
        vf_day_format(event.date.end.value, last);
    if (strcmp(first, start) != 0 || strcmp(last, end) != 0 || event.date.precision != precision)
        fail_msg("%s \"%s\": %s..%s %s", language, text, first, last,
                 vf_date_precision_name(event.date.precision));
}

static void dates_of_many_languages_are_read(void **state)
{
    (void)state;
    const int32_t DAY = VF_DATE_PRECISION_DAY;
    const int32_t RANGE = VF_DATE_PRECISION_RANGE;
    const int32_t NO = VF_DATE_PRECISION_UNKNOWN;

    assert_dates("en", "on 3 March 2019", NULL, "2019-03-03", "2019-03-03", DAY);
    assert_dates("en", "from 30 November to 6 December 2022", NULL, "2022-11-30", "2022-12-06",
                 RANGE);
    assert_dates("en", "in June 2020", NULL, "2020-06-01", "2020-06-30", VF_DATE_PRECISION_MONTH);
    assert_dates("en", "yesterday", "2024-03-01", "2024-02-29", "2024-02-29", DAY);
    assert_dates("en", "on Thursday", "2025-09-19", "2025-09-18", "2025-09-18", DAY);
    assert_dates("en", "December 30", "2024-01-02", "2023-12-30", "2023-12-30", DAY);
    assert_dates("ru", "12 мая 2023 года", NULL, "2023-05-12", "2023-05-12", DAY);
    assert_dates("ru", "вчера", "2023-05-12", "2023-05-11", "2023-05-11", DAY);
    assert_dates("fr", "du 12 au 15 mai 2021", NULL, "2021-05-12", "2021-05-15", RANGE);
    assert_dates("de", "am 1. März 2020", NULL, "2020-03-01", "2020-03-01", DAY);
    assert_dates("az", "aprelin 17-də", "2024-04-18", "2024-04-17", "2024-04-17", DAY);
    assert_dates("tr", "9 Ekim 2023", NULL, "2023-10-09", "2023-10-09", DAY);
    assert_dates("es", "el 5 de agosto de 2018", NULL, "2018-08-05", "2018-08-05", DAY);
    assert_dates("pt", "7 de fevereiro de 2017", NULL, "2017-02-07", "2017-02-07", DAY);
    assert_dates("id", "Kamis, 22 Agustus 2024", NULL, "2024-08-22", "2024-08-22", DAY);
    assert_dates("zh", "2023年4月5日", NULL, "2023-04-05", "2023-04-05", DAY);
    assert_dates("ko", "2023년 4월 5일", NULL, "2023-04-05", "2023-04-05", DAY);
    assert_dates("en", "31 February 2020", NULL, "", "", NO);
    assert_dates("en", "some day soon", "2025-09-19", "", "", NO);
    assert_dates("en", "", "2025-09-19", "", "", NO);
}

/* A meeting at a place, of a guest and a host. */
struct scene {
    const char *language;
    const char *city;
    const char *country;
    const char *guest[2]; /* office, country */
    const char *host[2];
    const char *want; /* city, host, the guest's and the host's country, the parties */
};

static struct vf_slice optional(const char *text)
{
    return text ? vf_slice_of(text) : VF_SLICE_NULL;
}

static void assert_scene(const struct scene *scene)
{
    struct vf_place place = {.city = optional(scene->city), .country = optional(scene->country)};
    struct vf_person people[] = {{.name = vf_slice_of("Ana Bee"),
                                  .office = optional(scene->guest[0]),
                                  .country = optional(scene->guest[1]),
                                  .role = VF_PARTICIPANT_ROLE_GUEST},
                                 {.name = vf_slice_of("Cem Dee"),
                                  .office = optional(scene->host[0]),
                                  .country = optional(scene->host[1]),
                                  .role = VF_PARTICIPANT_ROLE_HOST}};
    struct vf_meeting meeting = {.event_id = vf_slice_of("e"),
                                 .source = vf_slice_of("s"),
                                 .status = VF_EVENT_STATUS_COMPLETED,
                                 .language = vf_slice_of(scene->language),
                                 .place = &place,
                                 .participants = {people, 2}};
    struct vf_normalized_event event = {0};
    char text[160];

    vf_arena_reset(&f.work);
    assert_int_equal(vf_normalize_meeting(f.reference, NULL, &meeting, &f.work, &event, &f.err), 0);
    int n = snprintf(text, sizeof text, "%.*s|%.*s|%.*s|%.*s|",
                     VF_SLICE_PRINT(event.places.items[0].city), VF_SLICE_PRINT(event.host),
                     VF_SLICE_PRINT(event.participants.items[0].country),
                     VF_SLICE_PRINT(event.participants.items[1].country));
    for (size_t i = 0; i < event.countries.count; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s%.*s", i ? " " : "",
                      VF_SLICE_PRINT(event.countries.items[i].country));
    assert_string_equal(text, scene->want);
}

static void the_rest_of_a_report_tells_which_place_is_meant(void **state)
{
    static const struct scene scenes[] = {
        /* hosts first, then guests, then the world */
        {"en", "Cambridge", NULL, {"MP", "USA"}, {"MP", "UK"}, "Cambridge|GBR|USA|GBR|GBR USA"},
        {"en", "Odessa", NULL, {"MP", "USA"}, {"MP", "Ukraine"}, "Odesa|UKR|USA|UKR|UKR USA"},
        {"en", "Kingston", NULL, {"MP", "USA"}, {"MP", "Canada"}, "Kingston|CAN|USA|CAN|CAN USA"},
        {"en", "Vienna", NULL, {"MP", "Iran"}, {"MP", "USA"}, "Vienna|AUT|IRN|USA|IRN USA"},
        /* the city, before those who take part */
        {"en",
         "Brazzaville",
         "Congo",
         {"MP", "DR Congo"},
         {"MP", NULL},
         "Brazzaville|COG|COD|COG|COD COG"},
        {"en", "Seoul", "Korea", {"MP", "North Korea"}, {"MP", NULL}, "Seoul|KOR|PRK|KOR|KOR PRK"},
        /* a state of the United States has a speaker and a secretary, but no parliament */
        {"en",
         "Vilnius",
         NULL,
         {"Speaker of the Parliament", "Georgia"},
         {"MP", "Lietuva"},
         "Vilnius|LTU|GEO|LTU|GEO LTU"},
        {"en",
         "Vilnius",
         NULL,
         {"Ambassador of Georgia", NULL},
         {"MP", "Lietuva"},
         "Vilnius|LTU|GEO|LTU|GEO LTU"},
        {"en",
         "Vilnius",
         NULL,
         {"Secretary of State", "Georgia"},
         {"MP", "Lietuva"},
         "Vilnius|LTU||LTU|LTU"},
        /* an ambassador never speaks for the country he is posted to */
        {"ar",
         "كوالالمبور",
         NULL,
         {"نائب", "ماليزيا"},
         {"سفير خادم الحرمين الشريفين لدى ماليزيا", NULL},
         "Kuala Lumpur|MYS|MYS|SAU|MYS SAU"},
        {"en",
         "Kuala Lumpur",
         NULL,
         {"MP", "Malaysia"},
         {"Ambassador to Malaysia", NULL},
         "Kuala Lumpur|MYS|MYS||MYS"},
        {"fr",
         "Bakou",
         NULL,
         {"député", "Azerbaïdjan"},
         {"ambassadeur auprès de l'Azerbaïdjan", NULL},
         "Baku|AZE|AZE||AZE"},
        {"az",
         "Bakı",
         NULL,
         {"deputat", "Azərbaycan"},
         {"Azərbaycan nezdindəki səfir", NULL},
         "Baku|AZE|AZE||AZE"},
        {"de",
         "Baku",
         NULL,
         {"Abgeordneter", "Aserbaidschan"},
         {"Botschafter Georgiens in Aserbaidschan", NULL},
         "Baku|AZE|AZE|GEO|AZE GEO"},
        {"id",
         "Jakarta",
         NULL,
         {"anggota DPR", "Indonesia"},
         {"Duta Besar Azerbaijan untuk Indonesia", NULL},
         "Jakarta|IDN|IDN|AZE|AZE IDN"},
        /* the president of a parliament of many countries makes his own no party */
        {"en",
         "Baku",
         NULL,
         {"President of the Latin American Parliament (Parlatino)", "Panama"},
         {"Speaker of the Milli Majlis", NULL},
         "Baku|AZE|PAN|AZE|AZE"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++)
        assert_scene(&scenes[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_of_texts_changes_no_answer),
        cmocka_unit_test(every_event_is_consistent),
        cmocka_unit_test(lack_of_memory_is_an_error_and_nothing_worse),
        cmocka_unit_test(mangled_reports_give_valid_events),
        cmocka_unit_test(nameless_reports_are_refused_by_field),
        cmocka_unit_test(dates_of_many_languages_are_read),
        cmocka_unit_test(the_rest_of_a_report_tells_which_place_is_meant),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
