/* People, offices and occasions: tables of cases, and what must never happen. */
#include "test_table.h"

#include "base/error.h"
#include "normalize/occasion.h"
#include "normalize/offices.h"
#include "normalize/people.h"

static struct vf_arena arena;

static int open_arena(void **state)
{
    (void)state;
    vf_arena_init(&arena, 64 * 1024, 16 * 1024 * 1024);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    vf_arena_release(&arena);
    return 0;
}

static struct vf_person_name read_name(struct vf_slice text, struct vf_slice language)
{
    struct vf_person_name name;

    assert_int_equal(vf_person_read(text, vf_lexicon_language(language), &arena, &name), VF_OK);
    return name;
}

static struct vf_slice key_of(struct vf_slice text, const char *language, const char *country)
{
    struct vf_person_name name = read_name(text, vf_slice_of(language));
    struct vf_person_hint hint = {.country = vf_slice_of(country), .office = VF_OFFICE_SPEAKER};
    struct vf_slice key = vf_person_key(&name, &hint, &arena);

    assert_non_null(key.ptr);
    return key;
}

static void honorifics_come_off(void **state)
{
    struct test_table table = test_table_open("tests/unit/data/names.tsv");
    struct test_row row;

    (void)state;
    while (test_table_next(&table, &row)) {
        struct vf_person_name name = read_name(row.columns[0], row.columns[1]);
        assert_true(name.is_name);
        if (!vf_slice_equal(name.name, row.columns[2]) ||
            !vf_slice_equal(name.honorific, row.columns[3]))
            fail_msg("names.tsv:%zu: \"%.*s\", \"%.*s\"", row.number, VF_SLICE_PRINT(name.name),
                     VF_SLICE_PRINT(name.honorific));
    }
}

enum { NAMES_MAX = 100 };

static void spellings_of_a_name_share_a_key_that_no_other_has(void **state)
{
    struct test_table table = test_table_open("tests/unit/data/same_names.tsv");
    struct vf_slice keys[NAMES_MAX];
    size_t count = 0;
    struct test_row row;

    (void)state;
    while (test_table_next(&table, &row)) {
        assert_true(count < NAMES_MAX);
        for (size_t i = 0; i < row.count; i++) {
            char language[3] = {row.columns[i].ptr[0], row.columns[i].ptr[1], '\0'};
            struct vf_slice key =
                key_of(vf_slice(row.columns[i].ptr + 3, row.columns[i].len - 3), language, NULL);
            assert_true(key.len > 0);
            if (i == 0)
                keys[count] = key;
            if (!vf_slice_equal(key, keys[count]))
                fail_msg("same_names.tsv:%zu: %.*s: %.*s, not %.*s", row.number,
                         VF_SLICE_PRINT(row.columns[i]), VF_SLICE_PRINT(key),
                         VF_SLICE_PRINT(keys[count]));
        }
        for (size_t k = 0; k < count; k++)
            if (vf_slice_equal(keys[k], keys[count]))
                fail_msg("same_names.tsv:%zu: %.*s is another's too", row.number,
                         VF_SLICE_PRINT(keys[count]));
        count++;
    }
    assert_true(count > 30);
}

static void a_lone_name_needs_its_country(void **state)
{
    (void)state;
    assert_slice(key_of(vf_slice_of("Slutsky"), "en", NULL), "");
    struct vf_slice russian = key_of(vf_slice_of("Slutsky"), "en", "RUS");
    struct vf_slice other = key_of(vf_slice_of("Slutsky"), "en", "UKR");
    assert_true(russian.len > 0);
    assert_false(vf_slice_equal(russian, other));
    assert_true(vf_slice_equal(russian, key_of(vf_slice_of("Слуцкий"), "ru", "RUS")));
}

static void texts_that_name_nobody_have_no_key(void **state)
{
    static const struct {
        const char *text;
        vf_flags flag;
    } cases[] = {
        {"", VF_FLAG_BIT(UNNAMED_PERSON)},
        {" \t\xE3\x80\x80 ", VF_FLAG_BIT(UNNAMED_PERSON)},
        {"Member of parliament", VF_FLAG_BIT(UNNAMED_PERSON)},
        {"Speaker of the Congolese National Assembly", VF_FLAG_BIT(UNNAMED_PERSON)},
        {"a delegation of deputies", VF_FLAG_BIT(UNNAMED_PERSON)},
        {"=HYPERLINK(\"http://x\",\"Speaker\")", VF_FLAG_BIT(NAME_DOUBTFUL)},
        {"${jndi:ldap://127.0.0.1/a}", VF_FLAG_BIT(NAME_DOUBTFUL)},
        {"C&amp;ocirc;te", VF_FLAG_BIT(NAME_DOUBTFUL)},
        {"Mustafa Şentop, Miloš Vystrčil", VF_FLAG_BIT(SEVERAL_PEOPLE_IN_NAME)},
        {"Anna Petrova and Ivan Petrov", VF_FLAG_BIT(SEVERAL_PEOPLE_IN_NAME)},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vf_person_name name = read_name(vf_slice_of(cases[i].text), vf_slice_of("en"));
        assert_false(name.is_name);
        assert_int_equal(name.flags, cases[i].flag);
        assert_slice(key_of(vf_slice_of(cases[i].text), "en", "AZE"), "");
    }
}

static void damage_is_repaired_and_told(void **state)
{
    (void)state;
    struct vf_person_name name =
        read_name(vf_slice_of("Anwar\x07\x1b[31m Ibrahim\xC2\x85"), vf_slice_of("en"));
    assert_slice(name.name, "Anwar Ibrahim");
    assert_int_equal(name.flags, VF_FLAG_BIT(HIDDEN_CHARACTERS));
    name = read_name(vf_slice_of("Sah\xE2\x80\x8Biba Gafa\xE2\x80\x8Crova\xEF\xBB\xBF"),
                     vf_slice_of("en"));
    assert_slice(name.name, "Sahiba Gafarova");
    /* UTF-8 read as Latin-1 */
    name = read_name(vf_slice_of("Mustafa \xC3\x85\xC2\x9E"
                                 "entop"),
                     vf_slice_of("en"));
    assert_slice(name.name, "Mustafa Şentop");
    assert_int_equal(name.flags, VF_FLAG_BIT(NAME_DOUBTFUL));
    name = read_name(vf_slice_of("Ivanov, Ivan"), vf_slice_of("en"));
    assert_true(name.is_name); /* turned round, not two */
}

static void signs_survive_short_forms(void **state)
{
    static const char *const same[][2] = {
        {"Johari Bin Abdul", "Johari"},
        {"Leonid Slutsky", "Slutsky"},
        {"Sahiba Gafarova", "Сахиба Гафарова"},
        {"Lindsay Hoyle", "Linsday Hoyle"},
        {"Shalva Papuashvili", "Shalva Papuashili"},
        {"Anwar Ibrahim", "Анвар Ибрагим"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        struct vf_person_name a = read_name(vf_slice_of(same[i][0]), vf_slice_of("en"));
        struct vf_person_name b = read_name(vf_slice_of(same[i][1]), vf_slice_of("ru"));
        assert_string_equal(a.sign, b.sign);
        assert_true(a.sign[0] != '\0');
    }
}

static void offices_have_their_classes(void **state)
{
    struct test_table table = test_table_open("tests/unit/data/offices.tsv");
    struct test_row row;

    (void)state;
    while (test_table_next(&table, &row)) {
        struct vf_office_reading reading;
        assert_int_equal(
            vf_office_read(row.columns[0], vf_lexicon_language(row.columns[1]), &arena, &reading),
            VF_OK);
        assert_true(reading.count > 0);
        const struct vf_office_part *part = &reading.parts[reading.main];
        if (!vf_slice_is(row.columns[2], vf_office_name(part->office)) ||
            part->former != vf_slice_is(row.columns[3], "former") ||
            part->counterpart != vf_slice_is(row.columns[3], "counterpart") ||
            part->of_upper_chamber != vf_slice_is(row.columns[3], "upper"))
            fail_msg("offices.tsv:%zu: \"%s\": %s%s%s%s", row.number, row.line,
                     vf_office_name(part->office), part->former ? " former" : "",
                     part->counterpart ? " counterpart" : "",
                     part->of_upper_chamber ? " upper" : "");
    }
}

static void occasions_have_their_numbers(void **state)
{
    struct test_table table = test_table_open("tests/unit/data/occasions.tsv");
    struct test_row row;

    (void)state;
    while (test_table_next(&table, &row)) {
        struct vf_occasion_reading reading;
        char marks[4];
        size_t n = 0;
        assert_int_equal(
            vf_occasion_read(row.columns[0], vf_lexicon_language(row.columns[1]), &arena, &reading),
            VF_OK);
        if (reading.gathering)
            marks[n++] = 'G';
        if (reading.part)
            marks[n++] = 'P';
        if (reading.plurilateral)
            marks[n++] = 'M';
        if (reading.ordinal != atoi(row.columns[2].ptr) ||
            !vf_slice_equal(vf_slice(marks, n), row.columns[3]))
            fail_msg("occasions.tsv:%zu: \"%s\": %d %.*s", row.number, row.line,
                     (int)reading.ordinal, (int)n, marks);
    }
}

static void random_bytes_never_crash(void **state)
{
    static const char *const pieces[] = {
        "Dato' ", "Tan Sri ", "Seri ",  "Мухаммед ", "بن ", "ال", "عبد ", "O'Brien ", "赵", "议长",
        "Woo ",   "oğlu ",    "-",      ".",         ",",   "(",  ")",    "46th ",    "第", "六届",
        "XIX ",   "forty-",   "sixth ", "deputy ",   "of ", "d'", "l'",   "\xff",     "É",  "and "};
    static const char *const languages[] = {"en", "ru", "ar", "zh", "fr", "az", "", "zz"};
    uint64_t seed = 46;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[600];
        size_t n = 0;
        if (round % 2)
            for (size_t words = test_random(&seed) % 20; words > 0; words--)
                n +=
                    (size_t)snprintf(text + n, sizeof text - n, "%s",
                                     pieces[test_random(&seed) % (sizeof pieces / sizeof *pieces)]);
        else
            for (n = 0; n < test_random(&seed) % 300; n++)
                text[n] = (char)test_random(&seed);
        struct vf_slice input = vf_slice(text, n);
        struct vf_slice tag = vf_slice_of(languages[test_random(&seed) % 8]);
        struct vf_person_hint hint = {.country = vf_slice_of("AZE")};
        struct vf_office_reading office;
        struct vf_occasion_reading occasion;
        struct vf_person_name name = read_name(input, tag);
        struct vf_person_name again = read_name(input, tag);
        assert_true(vf_slice_equal(vf_person_key(&name, &hint, &arena),
                                   vf_person_key(&again, &hint, &arena)));
        assert_true(name.name.len <= 3 * n);
        assert_int_equal(vf_office_read(input, vf_lexicon_language(tag), &arena, &office), VF_OK);
        assert_int_equal(vf_occasion_read(input, vf_lexicon_language(tag), &arena, &occasion),
                         VF_OK);
        assert_true(occasion.ordinal >= 0 && occasion.ordinal <= 1200);
        vf_arena_reset(&arena);
    }
}

static void lack_of_memory_is_told(void **state)
{
    struct vf_person_name name;
    struct vf_office_reading office;
    struct vf_arena none;

    (void)state;
    vf_arena_init(&none, 16, 16);
    assert_int_equal(vf_person_read(vf_slice_of("Sahiba Gafarova"), 0, &none, &name), VF_ENOMEM);
    assert_int_equal(vf_office_read(vf_slice_of("Speaker of the Senate"), 0, &none, &office),
                     VF_ENOMEM);
    vf_arena_release(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honorifics_come_off),
        cmocka_unit_test(spellings_of_a_name_share_a_key_that_no_other_has),
        cmocka_unit_test(a_lone_name_needs_its_country),
        cmocka_unit_test(texts_that_name_nobody_have_no_key),
        cmocka_unit_test(damage_is_repaired_and_told),
        cmocka_unit_test(signs_survive_short_forms),
        cmocka_unit_test(offices_have_their_classes),
        cmocka_unit_test(occasions_have_their_numbers),
        cmocka_unit_test(random_bytes_never_crash),
        cmocka_unit_test(lack_of_memory_is_told),
    };
    return cmocka_run_group_tests_name("people", tests, open_arena, close_arena);
}
