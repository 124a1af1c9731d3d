/* Folding: what compares equal, what does not, words, and text of any kind. */
#include "base/error.h"
#include "base/fold.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#include <cmocka.h>

static struct vf_arena arena;

static int open_arena(void **state)
{
    (void)state;
    vf_arena_init(&arena, 4096, 64 * 1024 * 1024);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    vf_arena_release(&arena);
    return 0;
}

static struct vf_slice fold(struct vf_slice text)
{
    struct vf_slice out;
    assert_int_equal(vf_fold(text, &arena, &out), VF_OK);
    assert_int_equal(out.ptr[out.len], '\0');
    return out;
}

static void folds_to(const char *text, const char *want)
{
    assert_string_equal(fold(vf_slice_of(text)).ptr, want);
}

static void same(const char *a, const char *b)
{
    assert_string_equal(fold(vf_slice_of(a)).ptr, fold(vf_slice_of(b)).ptr);
}

static void different(const char *a, const char *b)
{
    assert_string_not_equal(fold(vf_slice_of(a)).ptr, fold(vf_slice_of(b)).ptr);
}

static void case_marks_and_punctuation_are_evened_out(void **state)
{
    (void)state;
    folds_to("  Kuala--LUMPUR,  ", "kuala lumpur");
    folds_to("", "");
    folds_to(" .,-(", "");
    folds_to("Côte d’Ivoire", "cote divoire");
    same("Côte d'Ivoire", "CÔTE D`IVOIRE");
    same("İstanbul", "istanbul");
    same("ISTANBUL", "ıstanbul");
    same("Straße", "STRASSE");
    same("Chișinău", "Chisinau");
    same("Đà Nẵng", "Da Nang");
    same("Łódź", "Lodz");
    same("Ｓａｈｉｂａ　Ｇａｆａｒｏｖａ", "Sahiba Gafarova");
    same("Sah\u200Biba Ga\u200Cfa\u200Drova\uFEFF", "Sahiba Gafarova");
    same("O\u02BBzbekiston", "Oʻzbekiston");
    same("ЁЛКА", "елка");
    same("Αθήνα", "ΑΘΗΝΑ");
    same("a\tb", "a b");
    same("Anwar\x1B[31m", "Anwar[31m");
}

static void letters_typed_in_several_ways_are_one(void **state)
{
    (void)state;
    same("\u0643\u0648\u064A\u062A", "\u06A9\u0648\u06CC\u062A"); /* Arabic and Persian kaf, yeh */
    same("أذربيجان", "اذربيجان");
    same("آسـيـا", "آسيا"); /* stretched */
    same("القاهرة", "القاهره");
    same("٤٦", "46");
    same("۴۶", "46");
    same("ガ", "カ\u3099");
    same("국", "\u1100\u116E\u11A8"); /* Hangul, decomposed */
    same("\uFF76", "カ");
}

static void other_names_stay_apart(void **state)
{
    (void)state;
    different("Oman", "Roman");
    different("ガ", "カ");
    different("สี", "สา"); /* vowel signs are no accents */
    different("की", "का");
    different("Нигер", "Нигерия");
    different("САР", "CAP"); /* whole words of different scripts */
    different("a b", "ab");
}

static void look_alikes_in_one_word_are_repaired(void **state)
{
    (void)state;
    same("\u0410zerbaijan", "Azerbaijan"); /* Cyrillic A */
    same("B\u0410KU", "Baku");
    same("M\u0430laysia", "Malaysia");
    same("Mалайзия", "Малайзия"); /* Latin M */
    same("\u039Fman", "Oman");    /* Greek O */
    folds_to("aж", "аж");         /* the Latin letter becomes Cyrillic */
    different("zж", "ж");         /* nothing fits: left as it is */
}

static struct vf_folded words_of(const char *text)
{
    struct vf_folded out;
    assert_int_equal(vf_fold_words(vf_slice_of(text), &arena, &out), VF_OK);
    return out;
}

static void assert_words(const char *text, size_t count, const char *const *want)
{
    struct vf_folded f = words_of(text);
    assert_int_equal(f.count, count);
    for (size_t i = 0; i < count; i++) {
        size_t len = f.words[i].end - f.words[i].begin;
        assert_int_equal(len, strlen(want[i]));
        assert_memory_equal(f.text.ptr + f.words[i].begin, want[i], len);
    }
}

static void words_end_at_spaces_and_in_scripts_without(void **state)
{
    (void)state;
    assert_words("Inter-Parliamentary Union", 3,
                 (const char *[]){"inter", "parliamentary", "union"});
    assert_words("欧盟EU", 3, (const char *[]){"欧", "盟", "eu"});
    assert_words("在モンゴル国", 3, (const char *[]){"在", "モンコ\u3099ル", "国"});
    assert_words("유럽연합(EU)", 5, (const char *[]){"유", "럽", "연", "합", "eu"});
    assert_words("G20峰会", 3, (const char *[]){"g20", "峰", "会"});
    struct vf_folded f = words_of("유럽 연합");
    assert_true(f.words[0].may_begin);
    assert_false(f.words[1].may_begin);
    assert_true(f.words[2].may_begin);
}

static void words_know_capitals_brackets_and_apostrophes(void **state)
{
    (void)state;
    struct vf_folded f = words_of("Union (IPU) d'Asie G20 UfM");
    assert_int_equal(f.count, 5);
    assert_int_equal(f.words[0].capitals, 1);
    assert_int_equal(f.words[0].letters, 5);
    assert_false(f.words[0].in_brackets);
    assert_int_equal(f.words[1].capitals, 3);
    assert_true(f.words[1].in_brackets);
    assert_int_equal(f.words[1].raw_begin, 7);
    assert_int_equal(f.words[1].raw_end, 10);
    assert_int_equal(f.words[2].apostrophe, 1);
    assert_false(f.words[2].in_brackets);
    assert_int_equal(f.words[3].letters, 1); /* digits are none */
    assert_int_equal(f.words[4].capitals, 2);
    assert_int_equal(f.words[0].apostrophe, 0);
    assert_int_equal(words_of("Türkiye’nin").words[0].apostrophe, 7);
    assert_int_equal(words_of("欧（盟）").words[1].in_brackets, 1);
}

static void broken_utf8_is_refused(void **state)
{
    static const char *const texts[] = {"\xFF", "a\xC3", "\xC0\x80", "\xED\xA0\x80",
                                        "\xF5\x80\x80\x80"};
    struct vf_slice out;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(vf_fold(vf_slice_of(texts[i]), &arena, &out), VF_EUTF8);
}

static void long_expansions_fit(void **state)
{
    char text[3 * 40 + 1];
    (void)state;
    for (int i = 0; i < 40; i++)
        memcpy(text + 3 * i, "\uFDFA", 3); /* one code point of 18 */
    text[sizeof text - 1] = '\0';
    assert_true(fold(vf_slice_of(text)).len > 40 * 25);
}

static void memory_at_its_end_is_reported(void **state)
{
    struct vf_arena small;
    struct vf_slice out;
    struct vf_folded words;
    (void)state;
    vf_arena_init(&small, 16, 64);
    char text[200];
    memset(text, 'a', sizeof text);
    assert_int_equal(vf_fold(vf_slice(text, sizeof text), &small, &out), VF_ENOMEM);
    assert_int_equal(vf_fold_words(vf_slice(text, 8), &small, &words), VF_ENOMEM);
    vf_arena_release(&small);
}

static size_t random_text(unsigned *seed, char *out, size_t max)
{
    static const int32_t ranges[][2] = {
        {0x20, 0x7E},       {0xA0, 0x24F},      {0x300, 0x36F},   {0x370, 0x3FF},
        {0x400, 0x52F},     {0x531, 0x5FF},     {0x600, 0x6FF},   {0x900, 0xDFF},
        {0xE00, 0xEFF},     {0x1000, 0x11FF},   {0x1780, 0x17FF}, {0x1E00, 0x206F},
        {0x3000, 0x30FF},   {0x4E00, 0x9FFF},   {0xAC00, 0xD7A3}, {0xF900, 0xFFEF},
        {0x1F300, 0x1F6FF}, {0x20000, 0x20FFF},
    };
    size_t len = 0;
    while (len + 4 < max && rand_r(seed) % 24) {
        const int32_t *r = ranges[(size_t)rand_r(seed) % (sizeof ranges / sizeof ranges[0])];
        int32_t c = r[0] + rand_r(seed) % (r[1] - r[0] + 1);
        len += (size_t)utf8proc_encode_char(c, (utf8proc_uint8_t *)out + len);
    }
    return len;
}

static void composed_and_decomposed_text_fold_alike(void **state)
{
    unsigned seed = 5;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        utf8proc_uint8_t text[256];
        utf8proc_uint8_t *composed;
        utf8proc_uint8_t *decomposed;
        size_t len = random_text(&seed, (char *)text, sizeof text);
        utf8proc_ssize_t a = utf8proc_map(text, (utf8proc_ssize_t)len, &composed,
                                          UTF8PROC_STABLE | UTF8PROC_COMPOSE);
        utf8proc_ssize_t b = utf8proc_map(text, (utf8proc_ssize_t)len, &decomposed,
                                          UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
        assert_true(a >= 0 && b >= 0);
        vf_arena_reset(&arena);
        assert_string_equal(fold(vf_slice((char *)composed, (size_t)a)).ptr,
                            fold(vf_slice((char *)decomposed, (size_t)b)).ptr);
        free(composed);
        free(decomposed);
    }
}

/* Any bytes: a result or a refusal, the same each time; words tile the text. */
static void any_bytes_are_survived(void **state)
{
    unsigned seed = 9;
    (void)state;
    for (int i = 0; i < 50000; i++) {
        char text[200];
        struct vf_folded f;
        struct vf_slice plain;
        size_t len = random_text(&seed, text, sizeof text);
        for (int k = rand_r(&seed) % 3; len && k > 0; k--)
            text[(size_t)rand_r(&seed) % len] = (char)rand_r(&seed);
        vf_arena_reset(&arena);
        int rc = vf_fold_words(vf_slice(text, len), &arena, &f);
        assert_int_equal(vf_fold(vf_slice(text, len), &arena, &plain), rc);
        if (rc) {
            assert_int_equal(rc, VF_EUTF8);
            continue;
        }
        assert_true(vf_slice_equal(f.text, plain));
        assert_true(utf8proc_decompose((const utf8proc_uint8_t *)f.text.ptr,
                                       (utf8proc_ssize_t)f.text.len, NULL, 0, 0) >= 0);
        uint32_t at = 0;
        for (size_t w = 0; w < f.count; w++) {
            assert_true(f.words[w].begin == at ||
                        (f.words[w].begin == at + 1 && f.text.ptr[at] == ' '));
            assert_true(f.words[w].end > f.words[w].begin);
            assert_true(f.words[w].raw_end > f.words[w].raw_begin &&
                        f.words[w].raw_end <= f.raw.len);
            at = f.words[w].end;
        }
        assert_int_equal(at, f.text.len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_marks_and_punctuation_are_evened_out),
        cmocka_unit_test(letters_typed_in_several_ways_are_one),
        cmocka_unit_test(other_names_stay_apart),
        cmocka_unit_test(look_alikes_in_one_word_are_repaired),
        cmocka_unit_test(words_end_at_spaces_and_in_scripts_without),
        cmocka_unit_test(words_know_capitals_brackets_and_apostrophes),
        cmocka_unit_test(broken_utf8_is_refused),
        cmocka_unit_test(long_expansions_fit),
        cmocka_unit_test(memory_at_its_end_is_reported),
        cmocka_unit_test(composed_and_decomposed_text_fold_alike),
        cmocka_unit_test(any_bytes_are_survived),
    };
    return cmocka_run_group_tests_name("fold", tests, open_arena, close_arena);
}
