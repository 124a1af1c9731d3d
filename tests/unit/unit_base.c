/* slice, arena, buffer, map, error, date, nearest. */
#include "test_support.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/date.h"
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/record.h"
#include <stdio.h>
#include <time.h>

static void slice_order_is_of_bytes(void **state)
{
    (void)state;
    assert_true(vf_slice_compare(vf_slice_of("a"), vf_slice_of("ab")) < 0);
    assert_true(vf_slice_compare(vf_slice_of("b"), vf_slice_of("ab")) > 0);
    assert_true(vf_slice_compare(vf_slice_of("\xC3"), vf_slice_of("z")) > 0);
    assert_int_equal(vf_slice_compare(VF_SLICE_NULL, vf_slice_of("")), 0);
    assert_true(vf_slice_starts(vf_slice_of("abc"), vf_slice_of("ab")));
    assert_false(vf_slice_starts(vf_slice_of("a"), vf_slice_of("ab")));
    assert_true(vf_slice_ends(vf_slice_of("abc"), vf_slice_of("bc")));
    assert_false(vf_slice_ends(vf_slice_of("c"), vf_slice_of("bc")));
}

static void arena_memory_is_aligned_and_apart(void **state)
{
    (void)state;
    struct vf_arena arena;
    vf_arena_init(&arena, 64, 1 << 20);
    char *last = NULL;
    for (size_t size = 0; size < 300; size++) {
        char *memory = vf_arena_alloc(&arena, size);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
        assert_ptr_not_equal(memory, last);
        memset(memory, (int)size, size);
        last = memory;
    }
    vf_arena_release(&arena);
}

static void arena_keeps_its_limit(void **state)
{
    (void)state;
    struct vf_arena arena;
    vf_arena_init(&arena, 1000, 4096);
    size_t got = 0;
    while (vf_arena_alloc(&arena, 100))
        got += 100;
    assert_in_range(got, 3000, 4096);
    assert_true(arena.reserved <= 4096);
    assert_null(vf_arena_alloc(&arena, SIZE_MAX));
    assert_null(vf_arena_calloc(&arena, SIZE_MAX / 2, 3));
    vf_arena_reset(&arena);
    assert_int_equal(vf_arena_used(&arena), 0);
    assert_non_null(vf_arena_alloc(&arena, 100));
    vf_arena_release(&arena);
}

static void arena_takes_nothing_when_warm(void **state)
{
    (void)state;
    struct vf_arena arena;
    vf_arena_init(&arena, 512, 1 << 20);
    for (int round = 0; round < 3; round++) {
        unsigned long before = vf_memory_count();
        for (int i = 0; i < 100; i++)
            assert_non_null(vf_arena_alloc(&arena, (size_t)(i * 37 % 900)));
        if (round > 0)
            assert_int_equal(vf_memory_count(), before);
        vf_arena_reset(&arena);
    }
    vf_arena_release(&arena);
}

static void arena_rewinds_to_a_mark(void **state)
{
    (void)state;
    struct vf_arena arena;
    vf_arena_init(&arena, 128, 1 << 20);
    struct vf_arena_mark start = vf_arena_mark(&arena);
    char *kept = vf_arena_alloc(&arena, 16);
    memcpy(kept, "kept", 5);
    struct vf_arena_mark mark = vf_arena_mark(&arena);
    size_t used = vf_arena_used(&arena);
    for (int i = 0; i < 50; i++)
        memset(vf_arena_alloc(&arena, 100), 'x', 100);
    vf_arena_rewind(&arena, mark);
    assert_int_equal(vf_arena_used(&arena), used);
    memset(vf_arena_alloc(&arena, 100), 'y', 100);
    assert_string_equal(kept, "kept");
    vf_arena_rewind(&arena, start);
    assert_int_equal(vf_arena_used(&arena), 0);
    vf_arena_release(&arena);
}

static void arena_survives_failed_allocation(void **state)
{
    (void)state;
    struct vf_arena arena;
    vf_arena_init(&arena, 64, 1 << 20);
    assert_non_null(vf_arena_alloc(&arena, 10));
    vf_memory_fail_after(1);
    assert_null(vf_arena_alloc(&arena, 1000));
    assert_null(vf_arena_copy(&arena, vf_slice_of("a text that does not fit what is left in "
                                                  "the block that is there, not at all"))
                    .ptr);
    vf_memory_fail_after(0);
    assert_non_null(vf_arena_alloc(&arena, 1000));
    assert_slice(vf_arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
    vf_arena_release(&arena);
}

static void buffer_grows_to_its_limit_and_says_so(void **state)
{
    (void)state;
    struct vf_buffer buffer;
    vf_buffer_init(&buffer, 1000);
    for (int i = 0; i < 10; i++)
        assert_true(vf_buffer_append(&buffer,
                                     "0123456789012345678901234567890123456789"
                                     "0123456789012345678901234567890123456789"
                                     "01234567890123456789",
                                     100));
    assert_int_equal(buffer.len, 1000);
    assert_false(vf_buffer_append_char(&buffer, 'x'));
    assert_true(buffer.failed);
    assert_int_equal(buffer.len, 1000);
    assert_false(vf_buffer_reserve(&buffer, SIZE_MAX));
    vf_buffer_clear(&buffer);
    assert_false(buffer.failed);
    assert_true(vf_buffer_printf(&buffer, "%s=%d", "a", 5));
    assert_slice(vf_buffer_slice(&buffer), "a=5");
    vf_buffer_release(&buffer);
}

static void map_finds_all_and_only_what_was_put(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    static char keys[COUNT][12];
    struct vf_map map;
    vf_map_init(&map);
    assert_int_equal(vf_map_get(&map, vf_slice_of("x")), VF_MAP_NONE);
    for (int i = 0; i < COUNT; i++) {
        snprintf(keys[i], sizeof keys[i], "k%d", i);
        assert_int_equal(vf_map_put(&map, vf_slice_of(keys[i]), i), 0);
    }
    assert_int_equal(vf_map_put(&map, vf_slice_of("k7"), 70000), 0);
    assert_int_equal(vf_map_put(&map, VF_SLICE_NULL, 1), 0);
    assert_int_equal(map.count, COUNT + 1);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(vf_map_get(&map, vf_slice_of(keys[i])), i == 7 ? 70000 : i);
    assert_int_equal(vf_map_get(&map, vf_slice_of("")), 1);
    assert_int_equal(vf_map_get(&map, vf_slice_of("k2000")), VF_MAP_NONE);
    vf_map_release(&map);
}

static void map_survives_failed_allocation(void **state)
{
    (void)state;
    struct vf_map map;
    vf_map_init(&map);
    vf_memory_fail_after(1);
    assert_int_equal(vf_map_put(&map, vf_slice_of("a"), 1), VF_ENOMEM);
    vf_memory_fail_after(0);
    assert_int_equal(vf_map_get(&map, vf_slice_of("a")), VF_MAP_NONE);
    assert_int_equal(vf_map_put(&map, vf_slice_of("a"), 1), 0);
    vf_map_release(&map);
}

static void error_text_is_cut_between_characters(void **state)
{
    (void)state;
    struct vf_error err;
    char text[1000] = "";
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'x', shift);
        for (size_t i = shift; i + 4 < sizeof text; i += 4)
            memcpy(text + i, "\xF0\x9F\x8F\x9B", 5);
        assert_int_equal(vf_error_set(&err, VF_EDATA, "%s", text), VF_EDATA);
        assert_int_equal((strlen(err.text) - shift) % 4, 0);
        vf_error_prefix(&err, "line %d", 12345);
        assert_contains(err.text, "line 12345: ");
        assert_int_equal((strlen(err.text) - strlen("line 12345: ") - shift) % 4, 0);
    }
    assert_int_equal(vf_error_set(NULL, VF_EDATA, "nobody asked"), VF_EDATA);
}

static void error_names_are_stable(void **state)
{
    (void)state;
    assert_string_equal(vf_error_name(VF_ETRUNCATED), "ETRUNCATED");
    assert_string_equal(vf_error_name(-9999), "UNKNOWN");
    assert_string_equal(vf_strerror(VF_EEMPTY), "empty value");
}

static void days_agree_with_the_c_library(void **state)
{
    (void)state;
    for (int32_t day = -719162; day <= 2932896; day += 97) {
        time_t seconds = (time_t)day * 86400;
        struct tm tm;
        int year;
        int month;
        int dom;
        assert_non_null(gmtime_r(&seconds, &tm));
        vf_civil_from_day(day, &year, &month, &dom);
        assert_int_equal(year, tm.tm_year + 1900);
        assert_int_equal(month, tm.tm_mon + 1);
        assert_int_equal(dom, tm.tm_mday);
        assert_int_equal(vf_weekday(day), (tm.tm_wday + 6) % 7);
        assert_int_equal(vf_day_from_civil(year, month, dom), day);
    }
}

static void days_at_the_edges(void **state)
{
    (void)state;
    char text[VF_DATE_TEXT];
    assert_int_equal(vf_day_from_millis(-1), -1);
    assert_int_equal(vf_day_from_millis(0), 0);
    assert_int_equal(vf_day_from_millis(86399999), 0);
    assert_int_equal(vf_day_from_millis(INT64_MAX), INT32_MAX);
    assert_int_equal(vf_day_from_millis(INT64_MIN), INT32_MIN);
    assert_int_equal(vf_day_format(20349, text), 10);
    assert_string_equal(text, "2025-09-18");
    assert_int_equal(vf_day_format(INT32_MAX, text), 0);
    assert_int_equal(vf_day_format(INT32_MIN, text), 0);
    assert_true(vf_date_exists(2024, 2, 29));
    assert_false(vf_date_exists(2023, 2, 29));
    assert_false(vf_date_exists(1900, 2, 29));
    assert_true(vf_date_exists(2000, 2, 29));
}

static void partial_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *first;
        const char *last;
    } good[] = {{"2025-09-18", "2025-09-18", "2025-09-18"},
                {"2024-02", "2024-02-01", "2024-02-29"},
                {"1993", "1993-01-01", "1993-12-31"}};
    static const char *const bad[] = {"",        "25",         "2025-9",     "2025-13",
                                      "2025-00", "2025-02-30", "2025/09/18", "2025-09-1x",
                                      "0000",    " 2025",      "2025-09-181"};
    struct vf_partial_date date;
    char text[VF_DATE_TEXT];

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(vf_partial_date_parse(vf_slice_of(good[i].text), &date), 0);
        vf_day_format(vf_partial_date_first(date), text);
        assert_string_equal(text, good[i].first);
        vf_day_format(vf_partial_date_last(date), text);
        assert_string_equal(text, good[i].last);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(vf_partial_date_parse(vf_slice_of(bad[i]), &date), VF_EDATA);
        assert_int_equal(vf_partial_date_first(date), VF_DAY_MIN);
        assert_int_equal(vf_partial_date_last(date), VF_DAY_MAX);
    }
}

static void nearest_word_is_near(void **state)
{
    (void)state;
    struct vf_nearest nearest;
    static const char *const words[] = {"commit.interval", "shutdown.deadline", "levels"};
    static const struct {
        const char *wanted;
        const char *found;
    } cases[] = {
        {"comit.interval", "commit.interval"}, {"level", "levels"}, {"color", NULL}, {"", NULL}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vf_nearest_begin(&nearest, vf_slice_of(cases[i].wanted));
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            vf_nearest_offer(&nearest, words[w]);
        if (cases[i].found)
            assert_string_equal(nearest.word, cases[i].found);
        else
            assert_null(nearest.word);
    }
}

static void last_header_of_a_name_counts(void **state)
{
    (void)state;
    const struct vf_header headers[] = {{vf_slice_of("a"), vf_slice_of("1")},
                                        {vf_slice_of("b"), VF_SLICE_NULL},
                                        {vf_slice_of("a"), vf_slice_of("2")}};
    struct vf_record record = {.headers = headers, .header_count = 3};
    assert_slice(vf_record_header(&record, "a")->value, "2");
    assert_null(vf_record_header(&record, "b")->value.ptr);
    assert_null(vf_record_header(&record, "c"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slice_order_is_of_bytes),
        cmocka_unit_test(arena_memory_is_aligned_and_apart),
        cmocka_unit_test(arena_keeps_its_limit),
        cmocka_unit_test(arena_takes_nothing_when_warm),
        cmocka_unit_test(arena_rewinds_to_a_mark),
        cmocka_unit_test(arena_survives_failed_allocation),
        cmocka_unit_test(buffer_grows_to_its_limit_and_says_so),
        cmocka_unit_test(map_finds_all_and_only_what_was_put),
        cmocka_unit_test(map_survives_failed_allocation),
        cmocka_unit_test(error_text_is_cut_between_characters),
        cmocka_unit_test(error_names_are_stable),
        cmocka_unit_test(days_agree_with_the_c_library),
        cmocka_unit_test(days_at_the_edges),
        cmocka_unit_test(partial_dates),
        cmocka_unit_test(nearest_word_is_near),
        cmocka_unit_test(last_header_of_a_name_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
