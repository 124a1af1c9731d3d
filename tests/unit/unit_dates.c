/* Dates: every phrase of data/dates.tsv, where dates come from, and what must never happen. */
#include "test_table.h"

#include "base/error.h"
#include "base/memory.h"
#include "normalize/calendars.h"
#include "normalize/dates.h"

static struct vf_arena arena;

static int open_arena(void **state)
{
    (void)state;
    vf_arena_init(&arena, 64 * 1024, 4 * 1024 * 1024);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    vf_arena_release(&arena);
    return 0;
}

static int32_t day_of(struct vf_slice text, int32_t none)
{
    struct vf_partial_date date;
    if (!text.ptr)
        return none;
    assert_int_equal(vf_partial_date_parse(text, &date), VF_OK);
    return vf_partial_date_first(date);
}

static enum vf_tense tense_of(struct vf_slice status)
{
    if (vf_slice_is(status, "PLANNED") || vf_slice_is(status, "POSTPONED") ||
        vf_slice_is(status, "RESCHEDULED"))
        return VF_TENSE_FUTURE;
    return vf_slice_is(status, "CANCELLED") ? VF_TENSE_EITHER : VF_TENSE_PAST;
}

static struct vf_date_question question_of(const struct test_row *row)
{
    struct vf_slice published = row->columns[4];
    struct vf_slice status = row->columns[5];
    struct vf_date_question question = {
        .text = row->columns[0],
        .start = row->columns[1],
        .end = row->columns[2],
        .language = row->columns[3],
        .published = day_of(published, VF_DAY_MIN),
        .published_by_month = published.ptr && vf_slice_ends(published, vf_slice_of("-01")),
        .tense = tense_of(status),
        .moved = vf_slice_is(status, "POSTPONED") || vf_slice_is(status, "RESCHEDULED"),
    };
    return question;
}

static void print_day(int32_t day, char out[VF_DATE_TEXT])
{
    if (day == VF_DAY_MIN || day == VF_DAY_MAX)
        strcpy(out, "-");
    else
        vf_day_format(day, out);
}

static void check_table(const char *path)
{
    struct test_table table = test_table_open(path);
    struct vf_memo *memo;
    struct test_row row;
    size_t wrong = 0;

    assert_int_equal(vf_memo_create(&memo), VF_OK);
    while (test_table_next(&table, &row)) {
        struct vf_date_question question = question_of(&row);
        struct vf_date_answer answer;
        struct vf_date_answer again;
        char first[VF_DATE_TEXT];
        char last[VF_DATE_TEXT];
        assert_int_equal(row.count, 9);
        assert_int_equal(vf_date_resolve(&question, memo, &arena, &answer), VF_OK);
        assert_int_equal(vf_date_resolve(&question, memo, &arena, &again), VF_OK);
        assert_int_equal(answer.first, again.first);
        assert_int_equal(answer.last, again.last);
        assert_int_equal(answer.flags, again.flags);
        print_day(answer.first, first);
        print_day(answer.last, last);
        if (answer.first == day_of(row.columns[6], VF_DAY_MIN) &&
            answer.last == day_of(row.columns[7], VF_DAY_MAX) &&
            vf_slice_is(row.columns[8], vf_date_precision_name(answer.precision)))
            continue;
        print_error("%s:%zu: \"%s\": %s %s %s\n", path, row.number, row.line, first, last,
                    vf_date_precision_name(answer.precision));
        wrong++;
    }
    vf_memo_free(memo);
    assert_int_equal(wrong, 0);
}

static void phrases_mean_what_the_table_says(void **state)
{
    (void)state;
    check_table("tests/unit/data/dates.tsv");
}

static void months_and_weekdays_are_known_in_many_languages(void **state)
{
    (void)state;
    check_table("tests/unit/data/dates_languages.tsv");
}

static void forms_of_reports_mean_what_the_table_says(void **state)
{
    (void)state;
    check_table("tests/unit/data/dates_reports.tsv");
}

static void no_date_is_invented(void **state)
{
    struct test_table table = test_table_open("tests/unit/data/no_dates.tsv");
    struct test_row row;
    size_t invented = 0;

    (void)state;
    while (test_table_next(&table, &row)) {
        struct vf_date_question question = {.text = row.columns[0],
                                            .language = row.columns[1],
                                            .published = vf_day_from_civil(2025, 9, 19),
                                            .tense = VF_TENSE_PAST};
        struct vf_date_answer answer;
        assert_int_equal(vf_date_resolve(&question, NULL, &arena, &answer), VF_OK);
        if (answer.first == VF_DAY_MIN && answer.last == VF_DAY_MAX)
            continue;
        print_error("no_dates.tsv:%zu: \"%s\" tells a date\n", row.number, row.line);
        invented++;
    }
    assert_int_equal(invented, 0);
}

static struct vf_date_answer ask(const char *text, const char *start, const char *language,
                                 const char *published)
{
    struct vf_date_question question = {.text = vf_slice_of(text),
                                        .start = vf_slice_of(start),
                                        .language = vf_slice_of(language),
                                        .published = VF_DAY_MIN};
    struct vf_date_answer answer;

    if (published)
        question.published = day_of(vf_slice_of(published), VF_DAY_MIN);
    assert_int_equal(vf_date_resolve(&question, NULL, &arena, &answer), VF_OK);
    return answer;
}

static void a_date_says_where_it_comes_from(void **state)
{
    static const struct {
        const char *text, *start, *published;
        int32_t basis;
        vf_flags flags;
    } cases[] = {
        {NULL, "2025-09-18", NULL, VF_DATE_BASIS_STATED, 0},
        {"18 September 2025", NULL, NULL, VF_DATE_BASIS_PARSED, 0},
        {"18 September", NULL, "2025-09-20", VF_DATE_BASIS_INFERRED_YEAR,
         VF_FLAG_BIT(DATE_INFERRED_YEAR)},
        {"yesterday", NULL, "2025-09-20", VF_DATE_BASIS_RELATIVE, VF_FLAG_BIT(DATE_RELATIVE)},
        {"three-day visit; 18 September 2025", NULL, NULL, VF_DATE_BASIS_DURATION,
         VF_FLAG_BIT(DATE_FROM_DURATION)},
        {"published 18 September 2025", NULL, NULL, VF_DATE_BASIS_PUBLISHED,
         VF_FLAG_BIT(DATE_FROM_PUBLICATION)},
        {"BAKU, Azerbaijan, September 18", NULL, "2025-09-18", VF_DATE_BASIS_INFERRED_YEAR,
         VF_FLAG_BIT(DATE_INFERRED_YEAR) | VF_FLAG_BIT(DATE_FROM_DATELINE)},
        {"27 Shahrivar 1404", NULL, NULL, VF_DATE_BASIS_PARSED, VF_FLAG_BIT(DATE_OTHER_CALENDAR)},
        {"19 September 2025", "2025-09-18", NULL, VF_DATE_BASIS_STATED, VF_FLAG_BIT(DATE_CONFLICT)},
        {"since 5 May 2025", NULL, NULL, VF_DATE_BASIS_PARSED, VF_FLAG_BIT(DATE_OPEN_END)},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vf_date_answer answer = ask(cases[i].text, cases[i].start, "en", cases[i].published);
        assert_int_equal(answer.basis, cases[i].basis);
        assert_int_equal(answer.flags, cases[i].flags);
    }
}

static void what_cannot_be_told_is_left_open_and_flagged(void **state)
{
    static const struct {
        const char *text, *start, *published;
        vf_flags flag;
    } cases[] = {
        {"September 18", NULL, NULL, VF_FLAG_BIT(DATE_YEAR_MISSING)},
        {"on Thursday", NULL, NULL, VF_FLAG_BIT(DATE_NO_ANCHOR)},
        {"03/04/2025", NULL, NULL, VF_FLAG_BIT(DATE_ORDER_AMBIGUOUS)},
        {NULL, "03/04/2025", NULL, VF_FLAG_BIT(DATE_ORDER_AMBIGUOUS)},
        {"31 February 2025", NULL, NULL, VF_FLAG_BIT(DATE_IMPOSSIBLE)},
        {NULL, "next spring, perhaps", "2025-09-20", VF_FLAG_BIT(DATE_UNREADABLE)},
        {NULL, NULL, "2025-09-20", 0},
        {"recently", NULL, "2025-09-20", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vf_date_answer answer = ask(cases[i].text, cases[i].start, "en", cases[i].published);
        assert_int_equal(answer.first, VF_DAY_MIN);
        assert_int_equal(answer.last, VF_DAY_MAX);
        assert_int_equal(answer.precision, VF_DATE_PRECISION_UNKNOWN);
        assert_int_equal(answer.flags, cases[i].flag | VF_FLAG_BIT(DATE_UNKNOWN));
    }
}

/* Whatever the words, an answer is an interval, and the same each time. */
static void check_sane(const struct vf_date_question *question)
{
    struct vf_date_answer answer;
    struct vf_date_answer again;

    assert_int_equal(vf_date_resolve(question, NULL, &arena, &answer), VF_OK);
    assert_int_equal(vf_date_resolve(question, NULL, &arena, &again), VF_OK);
    assert_memory_equal(&answer, &again, offsetof(struct vf_date_answer, flags));
    assert_int_equal(answer.flags, again.flags);
    if (answer.first != VF_DAY_MIN && answer.last != VF_DAY_MAX)
        assert_true(answer.first <= answer.last);
    assert_true(answer.precision >= 0 && answer.precision < VF_DATE_PRECISION_COUNT);
    if (answer.precision == VF_DATE_PRECISION_DAY)
        assert_int_equal(answer.first, answer.last);
    if (answer.precision != VF_DATE_PRECISION_UNKNOWN)
        assert_true(answer.first != VF_DAY_MIN && answer.last != VF_DAY_MAX);
    vf_arena_reset(&arena);
}

static void random_bytes_and_words_never_crash(void **state)
{
    static const char *const pieces[] = {
        "18",    "September", "сентября", "2025",  "-",    "–",      "to",    "по",   "/",
        "/9/",   ".",         "today",    "on",    "5",    "Friday", "三",    "日",   "月",
        "年",    "令和",      "元",       "W38",   ",",    ";",      "three", "day",  "(",
        ")",     "next",      "week",     "ago",   "31",   "Feb",    "1447",  "رجب",  "'25",
        "until", "since",     "BAKU",     "24일",  "부터", "99999",  "0",     "Q3",   "quarter",
        "ended", "left",      "for",      "after", "(AP)", "—",      "二",    "十",   "109年",
        "12:30", "am",        "2.ª",      "feira", "thứ",  "IX",     "…",     "\xff", "20250931"};
    static const char *const languages[] = {"en", "ru", "az", "zh", "ko",
                                            "pt", "vi", "fa", "",   "xx"};
    uint64_t seed = 20250918;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[512];
        size_t n = 0;
        if (round % 2) {
            for (size_t words = test_random(&seed) % 12; words > 0; words--) {
                const char *piece = pieces[test_random(&seed) % (sizeof pieces / sizeof *pieces)];
                n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", piece,
                                      test_random(&seed) % 4 ? " " : "");
            }
        } else {
            for (n = 0; n < test_random(&seed) % 120; n++)
                text[n] = (char)test_random(&seed);
        }
        struct vf_date_question question = {
            .text = vf_slice(text, n),
            .start = test_random(&seed) % 4 ? VF_SLICE_NULL : vf_slice(text, n / 2),
            .language = vf_slice_of(languages[test_random(&seed) % 10]),
            .published =
                test_random(&seed) % 3 ? (int32_t)(test_random(&seed) % 40000) : VF_DAY_MIN,
            .published_by_month = test_random(&seed) % 5 == 0,
            .tense = (enum vf_tense)(test_random(&seed) % 3),
            .moved = test_random(&seed) % 7 == 0};
        check_sane(&question);
    }
}

static void extreme_days_of_publication_do_no_harm(void **state)
{
    static const int32_t days[] = {INT32_MIN + 1, -1000000, 0, 2932896, INT32_MAX - 1};
    static const char *const texts[] = {"yesterday", "18 September", "next week", "in 9999",
                                        "on Friday", "last year",    "24일"};
    (void)state;
    for (size_t d = 0; d < sizeof days / sizeof days[0]; d++)
        for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
            struct vf_date_question question = {
                .text = vf_slice_of(texts[t]), .language = vf_slice_of("en"), .published = days[d]};
            struct vf_date_answer answer;
            assert_int_equal(vf_date_resolve(&question, NULL, &arena, &answer), VF_OK);
        }
}

static void calendars_agree_with_known_days(void **state)
{
    static const struct {
        enum vf_calendar calendar;
        int year, month, day;
        const char *expected;
    } cases[] = {
        {VF_PERSIAN, 1404, 6, 27, "2025-09-18"},  {VF_PERSIAN, 1404, 1, 1, "2025-03-21"},
        {VF_PERSIAN, 1403, 12, 30, "2025-03-20"}, {VF_PERSIAN, 1357, 11, 22, "1979-02-11"},
        {VF_ISLAMIC, 1447, 3, 26, "2025-09-18"},  {VF_ISLAMIC, 1447, 1, 1, "2025-06-26"},
        {VF_ISLAMIC, 1420, 9, 1, "1999-12-09"},   {VF_HEBREW, 5786, 1, 1, "2025-09-23"},
        {VF_HEBREW, 5785, 13, 25, "2025-09-18"},  {VF_HEBREW, 5784, 6, 14, "2024-02-23"},
        {VF_HEBREW, 5784, 7, 14, "2024-03-24"},
    };
    int32_t day;
    char text[VF_DATE_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(
            vf_calendar_day(cases[i].calendar, cases[i].year, cases[i].month, cases[i].day, &day));
        vf_day_format(day, text);
        assert_string_equal(text, cases[i].expected);
    }
    assert_false(vf_calendar_day(VF_PERSIAN, 1404, 12, 30, &day));
    assert_false(vf_calendar_day(VF_ISLAMIC, 1447, 13, 1, &day));
    assert_false(vf_calendar_day(VF_HEBREW, 5785, 6, 1, &day)); /* no leap year */
    assert_false(vf_calendar_day(VF_GREGORIAN, 2025, 2, 29, &day));
}

static void lack_of_memory_is_told(void **state)
{
    struct vf_date_question question = {.text = vf_slice_of("with a visit on 18 September 2025"),
                                        .language = vf_slice_of("en"),
                                        .published = VF_DAY_MIN};
    struct vf_date_answer answer;
    struct vf_arena small;

    (void)state;
    vf_arena_init(&small, 64, 128);
    assert_int_equal(vf_date_resolve(&question, NULL, &small, &answer), VF_ENOMEM);
    vf_arena_release(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phrases_mean_what_the_table_says),
        cmocka_unit_test(months_and_weekdays_are_known_in_many_languages),
        cmocka_unit_test(forms_of_reports_mean_what_the_table_says),
        cmocka_unit_test(no_date_is_invented),
        cmocka_unit_test(a_date_says_where_it_comes_from),
        cmocka_unit_test(what_cannot_be_told_is_left_open_and_flagged),
        cmocka_unit_test(random_bytes_and_words_never_crash),
        cmocka_unit_test(extreme_days_of_publication_do_no_harm),
        cmocka_unit_test(calendars_agree_with_known_days),
        cmocka_unit_test(lack_of_memory_is_told),
    };
    return cmocka_run_group_tests_name("dates", tests, open_arena, close_arena);
}
