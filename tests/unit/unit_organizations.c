/* Organizations in text, with the shipped tables: what reports print, and tables free of clashes.
 */
#include "test_table.h"

#include "base/error.h"
#include "normalize/names.h"
#include "reference/name_index.h"

static struct vf_reference *reference;
static struct vf_arena arena;

static int open_all(void **state)
{
    struct vf_error err;

    (void)state;
    vf_arena_init(&arena, 64 * 1024, 64 * 1024 * 1024);
    if (!vf_reference_load("deploy/reference", &reference, &err))
        return 0;
    print_error("%s\n", err.text);
    return -1;
}

static int close_all(void **state)
{
    (void)state;
    vf_reference_release(reference);
    vf_arena_release(&arena);
    return 0;
}

static struct vf_slice id_of(int32_t organization)
{
    if (organization == VF_NO_ORGANIZATION)
        return vf_slice_of("-");
    return vf_reference_organization(reference, (vf_organization_index)organization)->id;
}

static void texts_in_many_languages_resolve(void **state)
{
    struct test_table table = test_table_open("tests/unit/data/organizations.tsv");
    struct test_row row;
    size_t missed = 0;

    (void)state;
    while (test_table_next(&table, &row)) {
        struct vf_name_context context = {.language = row.columns[1],
                                          .texts = &row.columns[3],
                                          .text_count = row.columns[3].len ? 1 : 0,
                                          .day = vf_day_from_civil(2025, 9, 19)};
        struct vf_slice want = row.columns[2].ptr ? row.columns[2] : vf_slice_of("-");
        struct vf_organization_reading got;

        vf_arena_reset(&arena);
        assert_int_equal(vf_organization_of_text(reference, row.columns[0], &context, &arena, &got),
                         VF_OK);
        if (vf_slice_equal(id_of(got.organization), want))
            continue;
        missed++;
        print_error("organizations.tsv:%zu: \"%.*s\" gives %.*s\n", row.number,
                    VF_SLICE_PRINT(row.columns[0]), VF_SLICE_PRINT(id_of(got.organization)));
    }
    assert_int_equal(missed, 0);
}

static void countries_in_many_languages_resolve(void **state)
{
    struct test_table table = test_table_open("tests/unit/data/countries.tsv");
    struct test_row row;
    size_t missed = 0;

    (void)state;
    while (test_table_next(&table, &row)) {
        struct vf_name_context context = {.language = row.columns[1], .day = VF_DAY_MIN};
        struct vf_slice want = row.columns[2].ptr ? row.columns[2] : vf_slice_of("-");
        struct vf_slice iso3 = vf_slice_of("-");
        struct vf_country_match got;

        vf_arena_reset(&arena);
        assert_int_equal(vf_country_of_name(reference, row.columns[0], &context, &arena, &got),
                         VF_OK);
        if (got.country != VF_NO_COUNTRY)
            iso3 = vf_reference_country(reference, got.country)->iso3;
        if (vf_slice_equal(iso3, want))
            continue;
        missed++;
        print_error("countries.tsv:%zu: \"%.*s\" gives %.*s\n", row.number,
                    VF_SLICE_PRINT(row.columns[0]), VF_SLICE_PRINT(iso3));
    }
    assert_int_equal(missed, 0);
}

/* Whether two lists of languages have one in common. */
static bool share_language(const struct vf_name_entry *a, const struct vf_name_entry *b)
{
    struct vf_slice rest = vf_slice(a->languages, a->languages_len);

    if (!a->languages_len || !b->languages_len)
        return true;
    while (rest.len) {
        const char *space = memchr(rest.ptr, ' ', rest.len);
        size_t len = space ? (size_t)(space - rest.ptr) : rest.len;
        for (size_t i = 0; i + len <= b->languages_len; i++)
            if (!memcmp(b->languages + i, rest.ptr, len) &&
                (i == 0 || b->languages[i - 1] == ' ') &&
                (i + len == b->languages_len || b->languages[i + len] == ' '))
                return true;
        rest = space ? vf_slice(space + 1, rest.len - len - 1) : VF_SLICE_NULL;
    }
    return false;
}

static bool is_known_collision(const struct vf_name_entry *entry)
{
    size_t count;
    const struct vf_collision *c = vf_reference_collisions(reference, &count);

    for (size_t i = 0; i < count; i++)
        if (vf_slice_equal(c[i].acronym, vf_slice(entry->key, entry->key_len)))
            return true;
    return false;
}

/* Two organizations of one name in one language leave it open, which nobody meant. */
static void no_name_means_two_organizations(void **state)
{
    const struct vf_name_index *index = vf_reference_names(reference, VF_NAMES_ORGANIZATION);
    size_t clashes = 0;

    (void)state;
    for (size_t i = 0; i <= index->mask; i++)
        for (const struct vf_name_entry *a = index->slots[i]; a; a = a->next)
            for (const struct vf_name_entry *b = a->next; b; b = b->next) {
                if (a->target == b->target || a->kind != b->kind || !share_language(a, b) ||
                    is_known_collision(a))
                    continue;
                clashes++;
                print_error("\"%.*s\" (family %d) means %.*s and %.*s\n", (int)a->key_len, a->key,
                            a->family, VF_SLICE_PRINT(id_of(a->target)),
                            VF_SLICE_PRINT(id_of(b->target)));
            }
    assert_int_equal(clashes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_in_many_languages_resolve),
        cmocka_unit_test(countries_in_many_languages_resolve),
        cmocka_unit_test(no_name_means_two_organizations),
    };
    return cmocka_run_group_tests_name("organizations", tests, open_all, close_all);
}
