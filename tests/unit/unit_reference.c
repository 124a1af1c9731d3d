/* The reference tables: loading, refusals, standings as of a date, shared activity, relations. */
#include "base/memory.h"
#include "reference/reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define DIRECTORY "deploy/reference"

static struct vf_reference *shipped; /* the tables in the tree */

static int load_shipped(void **state)
{
    struct vf_error err;
    (void)state;
    if (vf_reference_load(DIRECTORY, &shipped, &err)) {
        print_error("%s\n", err.text);
        return -1;
    }
    return 0;
}

static int release_shipped(void **state)
{
    (void)state;
    vf_reference_release(shipped);
    return 0;
}

static int32_t day(const char *text)
{
    struct vf_partial_date date;
    assert_int_equal(vf_partial_date_parse(vf_slice_of(text), &date), VF_OK);
    return vf_partial_date_first(date);
}

static vf_country_index country(const struct vf_reference *r, const char *iso3)
{
    vf_country_index i = vf_reference_find_iso3(r, vf_slice_of(iso3));
    assert_int_not_equal(i, VF_NO_COUNTRY);
    return i;
}

static vf_organization_index organization(const struct vf_reference *r, const char *id)
{
    vf_organization_index i = vf_reference_find_organization(r, vf_slice_of(id));
    assert_int_not_equal(i, VF_NO_ORGANIZATION);
    return i;
}

static void assert_text(struct vf_slice have, const char *want)
{
    char text[128];
    if (!want) {
        assert_null(have.ptr);
        return;
    }
    snprintf(text, sizeof text, "%.*s", VF_SLICE_PRINT(have));
    assert_string_equal(text, want);
}

/* ---- standings in the shipped tables ---- */

struct probe {
    const char *organization;
    const char *country;
    const char *first;
    const char *last; /* NULL: the same day */
    int status;
    bool certain;
    const char *since;
    const char *until;
};

static void check_probe(const struct vf_reference *r, const struct probe *p)
{
    struct vf_standing s;
    vf_reference_standing(r, organization(r, p->organization), country(r, p->country),
                          day(p->first), day(p->last ? p->last : p->first), &s);
    assert_int_equal(s.status, p->status);
    assert_int_equal(s.certain, p->certain);
    assert_text(s.since, p->since);
    assert_text(s.until, p->until);
}

static void standing_follows_the_intervals(void **state)
{
    static const struct probe probes[] = {
        /* an observer, from the day it was admitted on */
        {"aipa", "AZE", "2025-09-18", NULL, VF_STANDING_OBSERVER, true, "2022-11-23", NULL},
        {"aipa", "AZE", "2022-11-23", NULL, VF_STANDING_OBSERVER, true, "2022-11-23", NULL},
        {"aipa", "AZE", "2022-11-22", NULL, VF_STANDING_NONE, true, NULL, NULL},
        {"aipa", "AZE", "2022-11-22", "2022-11-23", VF_STANDING_NONE, false, NULL, NULL},
        /* the day of until is the first day out */
        {"eu", "GBR", "2020-01-30", NULL, VF_STANDING_MEMBER, true, "1973-01-01", "2020-01-31"},
        {"eu", "GBR", "2020-01-31", NULL, VF_STANDING_FORMER, true, "2020-01-31", NULL},
        {"eu", "GBR", "2020-01-30", "2020-01-31", VF_STANDING_MEMBER, false, "1973-01-01",
         "2020-01-31"},
        {"eu", "GBR", "1972-12-31", NULL, VF_STANDING_NONE, true, NULL, NULL},
        {"opec", "QAT", "2018-12-31", NULL, VF_STANDING_MEMBER, true, "1961-01", "2019-01-01"},
        {"opec", "QAT", "2019-01-01", NULL, VF_STANDING_FORMER, true, "2019-01-01", NULL},
        /* January 1961: began on some day of it */
        {"opec", "QAT", "1961-01-15", NULL, VF_STANDING_MEMBER, false, "1961-01", "2019-01-01"},
        {"opec", "QAT", "1960-12-31", NULL, VF_STANDING_NONE, true, NULL, NULL},
        {"opec", "QAT", "1961-02-01", NULL, VF_STANDING_MEMBER, true, "1961-01", "2019-01-01"},
        /* one status ends and the next begins on the same, unknown day: never none */
        {"opec", "IDN", "2009-01-20", NULL, VF_STANDING_SUSPENDED, false, "2009-01", "2016-01-01"},
        {"opec", "IDN", "2009-02-01", NULL, VF_STANDING_SUSPENDED, true, "2009-01", "2016-01-01"},
        {"opec", "IDN", "2016-11-29", NULL, VF_STANDING_MEMBER, true, "2016-01-01", "2016-11-30"},
        /* suspended twice, then out */
        {"ecowas", "MLI", "2020-09-01", NULL, VF_STANDING_SUSPENDED, true, "2020-08-18",
         "2020-10-06"},
        {"ecowas", "MLI", "2020-10-06", NULL, VF_STANDING_MEMBER, true, "2020-10-06", "2021-05-30"},
        {"ecowas", "MLI", "2025-01-28", NULL, VF_STANDING_SUSPENDED, true, "2021-05-30",
         "2025-01-29"},
        {"ecowas", "MLI", "2025-01-29", NULL, VF_STANDING_FORMER, true, "2025-01-29", NULL},
        {"ecowas", "BFA", "2025-01-29", NULL, VF_STANDING_FORMER, true, "2025-01-29", NULL},
        {"ecowas", "NER", "2025-01-29", NULL, VF_STANDING_FORMER, true, "2025-01-29", NULL},
        /* since is not known: holds when compiled, doubtful before */
        {"ipu", "MYS", "2026-11-23", NULL, VF_STANDING_MEMBER, true, NULL, NULL},
        {"ipu", "MYS", "2026-11-22", NULL, VF_STANDING_MEMBER, false, NULL, NULL},
        {"ipu", "MYS", "1900-01-01", NULL, VF_STANDING_MEMBER, false, NULL, NULL},
        /* no row: none, unless the list is partial or there is no list */
        {"eu", "MYS", "2025-01-01", NULL, VF_STANDING_NONE, true, NULL, NULL},
        {"aiib", "COL", "2025-01-01", NULL, VF_STANDING_UNKNOWN, false, NULL, NULL},
        {"icesco", "FRA", "2025-01-01", NULL, VF_STANDING_UNKNOWN, false, NULL, NULL},
        {"fao", "FRA", "2025-01-01", NULL, VF_STANDING_UNKNOWN, false, NULL, NULL},
        {"p20", "FRA", "2025-01-01", NULL, VF_STANDING_UNKNOWN, false, NULL, NULL},
        /* low confidence is doubt */
        {"au", "AZE", "2025-01-01", NULL, VF_STANDING_OBSERVER, false, "2011", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++)
        check_probe(shipped, &probes[i]);
}

static void standing_tells_source_and_confidence(void **state)
{
    struct vf_standing s;
    (void)state;
    vf_reference_standing(shipped, organization(shipped, "aipa"), country(shipped, "AZE"),
                          day("2025-09-18"), day("2025-09-18"), &s);
    assert_int_equal(s.confidence, VF_FACT_HIGH);
    assert_text(s.source, "press");
    vf_reference_standing(shipped, organization(shipped, "aipa"), country(shipped, "AZE"),
                          day("2022-01-01"), day("2022-01-01"), &s);
    assert_int_equal(s.confidence, VF_FACT_UNKNOWN);
    assert_null(s.source.ptr);
}

static void suspended_is_active_except_in_opec(void **state)
{
    (void)state;
    int32_t d = day("2010-01-01");
    assert_false(vf_reference_is_active(shipped, organization(shipped, "opec"),
                                        country(shipped, "IDN"), d, d));
    d = day("2022-01-01");
    assert_true(vf_reference_is_active(shipped, organization(shipped, "ecowas"),
                                       country(shipped, "MLI"), d, d));
    d = day("2025-01-29");
    assert_false(vf_reference_is_active(shipped, organization(shipped, "ecowas"),
                                        country(shipped, "MLI"), d, d));
    assert_false(vf_reference_is_active(shipped, organization(shipped, "ecowas"),
                                        country(shipped, "MLI"), d - 1, d));
}

/* The bit sets must say what asking each organization says. */
static void shared_equals_asking_each(void **state)
{
    vf_organization_index have[VF_ORGANIZATIONS_MAX];
    size_t countries = vf_reference_country_count(shipped);
    size_t organizations = vf_reference_organization_count(shipped);
    unsigned seed = 7;
    (void)state;

    for (int round = 0; round < 3000; round++) {
        vf_country_index who[3];
        size_t n = 1 + (size_t)rand_r(&seed) % 3;
        for (size_t i = 0; i < n; i++)
            who[i] = (vf_country_index)((size_t)rand_r(&seed) % countries);
        int32_t first = day("1900-01-01") + rand_r(&seed) % 50000;
        int32_t last = first + (round % 2 ? rand_r(&seed) % 800 : 0);
        size_t count =
            vf_reference_shared(shipped, who, n, first, last, have, VF_ORGANIZATIONS_MAX);
        size_t next = 0;
        for (size_t o = 0; o < organizations; o++) {
            bool all = true;
            for (size_t i = 0; i < n; i++)
                all = all && vf_reference_is_active(shipped, (vf_organization_index)o, who[i],
                                                    first, last);
            if (all) {
                assert_true(next < count);
                assert_int_equal(have[next++], o);
            }
        }
        assert_int_equal(next, count);
    }
}

static void shared_stops_at_max(void **state)
{
    vf_organization_index have[4] = {-1, -1, -1, -1};
    vf_country_index both[] = {country(shipped, "AZE"), country(shipped, "TUR")};
    int32_t d = day("2025-01-01");
    (void)state;
    assert_int_equal(vf_reference_shared(shipped, both, 2, d, d, have, 3), 3);
    assert_int_equal(have[3], -1);
    assert_true(have[0] < have[1] && have[1] < have[2]);
    assert_int_equal(vf_reference_shared(shipped, both, 0, d, d, have, 3), 0);
}

static void relations_read_in_either_order(void **state)
{
    struct vf_relation r;
    vf_country_index aze = country(shipped, "AZE");
    vf_country_index mys = country(shipped, "MYS");
    (void)state;
    assert_true(vf_reference_relation(shipped, aze, mys, &r));
    assert_text(r.established, "1993-04-05");
    struct vf_relation back;
    assert_true(vf_reference_relation(shipped, mys, aze, &back));
    assert_text(back.established, "1993-04-05");
    assert_true(vf_slice_equal(r.mission_a_in_b, back.mission_b_in_a));
    assert_true(vf_slice_equal(r.mission_b_in_a, back.mission_a_in_b));
    assert_non_null(r.mission_a_in_b.ptr);
    assert_false(vf_slice_equal(r.mission_a_in_b, r.mission_b_in_a));
    assert_false(vf_reference_relation(shipped, aze, aze, &r));
}

static void lookups_know_codes_and_only_codes(void **state)
{
    (void)state;
    const struct vf_country *c = vf_reference_country(shipped, country(shipped, "MYS"));
    assert_text(c->iso2, "MY");
    assert_text(c->name, "Malaysia");
    assert_int_equal(vf_reference_find_iso3(shipped, vf_slice_of("mys")), VF_NO_COUNTRY);
    assert_int_equal(vf_reference_find_iso3(shipped, vf_slice_of("")), VF_NO_COUNTRY);
    assert_int_equal(vf_reference_find_iso3(shipped, VF_SLICE_NULL), VF_NO_COUNTRY);
    const struct vf_organization *o =
        vf_reference_organization(shipped, organization(shipped, "puic"));
    assert_text(o->parent_id, "oic");
    assert_int_equal(vf_reference_find_organization(shipped, vf_slice_of("PUIC")),
                     VF_NO_ORGANIZATION);
    for (size_t i = 1; i < vf_reference_country_count(shipped); i++)
        assert_true(vf_slice_compare(vf_reference_country(shipped, (vf_country_index)(i - 1))->iso3,
                                     vf_reference_country(shipped, (vf_country_index)i)->iso3) < 0);
}

static void the_snapshot_is_small(void **state)
{
    (void)state;
    assert_true(vf_reference_memory(shipped) <= 32 * 1024 * 1024);
}

static void references_are_counted(void **state)
{
    struct vf_reference *r;
    struct vf_error err;
    (void)state;
    assert_int_equal(vf_reference_load(DIRECTORY, &r, &err), VF_OK);
    assert_true(vf_slice_equal(vf_reference_snapshot(r), vf_reference_snapshot(shipped)));
    assert_int_equal(vf_reference_snapshot(r).len, 32);
    assert_ptr_equal(vf_reference_retain(r), r);
    vf_reference_release(r);
    assert_int_equal(vf_reference_find_iso3(r, vf_slice_of("AND")), country(shipped, "AND"));
    vf_reference_release(r); /* a sanitizer sees a leak or a double free */
    vf_reference_release(NULL);
}

/* ---- tables of our own, in a directory that each test gets fresh ---- */

static char directory[64];

static int make_directory(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/visitfeed-unit-XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static const char *const FILES[] = {
    "countries.tsv",          "organizations.tsv", "rules.tsv",       "memberships.tsv",
    "relations.tsv",          "country_names.tsv", "parliaments.tsv", "cities.tsv",
    "organization_names.tsv", "collisions.tsv",
};
enum { FILE_COUNT = sizeof FILES / sizeof FILES[0] };

static int remove_directory(void **state)
{
    char path[128];
    (void)state;
    for (size_t i = 0; i < FILE_COUNT; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, FILES[i]);
        unlink(path);
    }
    return rmdir(directory);
}

static void write_bytes(const char *name, const char *bytes, size_t len)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

#define COUNTRIES "iso2\tiso3\tname\tofficial_name\tparliament_name\tcapital\taliases\n"
#define ORGANIZATIONS                                                                              \
    "org_id\tacronym\tname\tkind\tfounded\tparent_org_id\tseat\twikidata\taliases\n"
#define RULES "rule\torg_id\tvalue\treason\n"
#define MEMBERSHIPS "org_id\tiso3\tstatus\tsince\tuntil\tsource\tconfidence\n"
#define RELATIONS                                                                                  \
    "iso3_a\tiso3_b\testablished\tmission_a_in_b_opened\tmission_b_in_a_opened\tsource\n"

#define COUNTRY_NAMES "iso3\tkind\tlanguages\ttext\n"
#define PARLIAMENTS "iso3\tlanguages\ttexts\n"
#define CITIES "iso3\tname\tpopulation\tcapital\talternates\n"
#define ORGANIZATION_NAMES "org_id\tkind\tlanguage\ttexts\tsince\tuntil\n"
#define COLLISIONS "acronym\torg_id\tusual\tcues\n"

static void write_small_tables(void)
{
    write_text("country_names.tsv", COUNTRY_NAMES "AAA\tname\ten\tAyland\n");
    write_text("parliaments.tsv", PARLIAMENTS "AAA\ten\tAy House|Ay Hall\n");
    write_text("cities.tsv", CITIES "AAA\tAyville\t1000\t1\tAytown|Ayburg\n");
    write_text("organization_names.tsv", ORGANIZATION_NAMES "one\tformer\ten\tOldest\t\t1999\n");
    write_text("collisions.tsv", COLLISIONS "O\tone\t1\toctober\n");
    write_text("countries.tsv", COUNTRIES "BB\tBBB\tBeeland\t\t\t\t\nAA\tAAA\tAyland\t\t\t\t\n");
    write_text("organizations.tsv", ORGANIZATIONS
               "two\t\tSecond\tnetwork\t\tone\t\t\t\none\tO\tFirst\tnetwork\t\t\t\t\t\n");
    write_text("rules.tsv", RULES "compiled\t\t2020-06-15\t\n");
    write_text("memberships.tsv", MEMBERSHIPS "one\tAAA\tmember\t2000\t\tx\thigh\n");
    write_text("relations.tsv", RELATIONS "AAA\tBBB\t1999\t\t2001-02\tx\n");
}

static struct vf_reference *load_own(void)
{
    struct vf_reference *r;
    struct vf_error err = {0};
    if (vf_reference_load(directory, &r, &err))
        fail_msg("%s", err.text);
    return r;
}

static void expect_refusal(int code, const char *text)
{
    struct vf_reference *r = (struct vf_reference *)&code;
    struct vf_error err = {0};
    assert_int_equal(vf_reference_load(directory, &r, &err), code);
    assert_null(r);
    assert_int_equal(err.code, code);
    if (!strstr(err.text, text))
        fail_msg("\"%s\" does not contain \"%s\"", err.text, text);
}

static void small_tables_load(void **state)
{
    (void)state;
    write_small_tables();
    struct vf_reference *r = load_own();
    assert_int_equal(country(r, "AAA"), 0);
    assert_int_equal(organization(r, "one"), 0);
    assert_int_equal(vf_reference_interval_count(r), 1);
    vf_reference_release(r);
}

static void any_change_of_bytes_changes_the_snapshot(void **state)
{
    (void)state;
    write_small_tables();
    struct vf_reference *before = load_own();
    write_text("relations.tsv", RELATIONS "AAA\tBBB\t1999\t\t2001-03\tx\n");
    struct vf_reference *after = load_own();
    assert_false(vf_slice_equal(vf_reference_snapshot(before), vf_reference_snapshot(after)));
    vf_reference_release(before);
    vf_reference_release(after);
}

struct refusal {
    const char *file;
    const char *text; /* NULL: the file is missing */
    int code;
    const char *error;
};

static void bad_tables_are_refused_with_the_place(void **state)
{
    static const struct refusal refusals[] = {
        {"countries.tsv", NULL, VF_EIO, "countries.tsv: No such file"},
        {"countries.tsv", "", VF_EREFERENCE, "countries.tsv:1: the file is empty"},
        {"countries.tsv", "iso2\tiso3\n", VF_EREFERENCE,
         "countries.tsv:1: the header has 2 columns; expected 7"},
        {"countries.tsv", "iso2\tcode\n", VF_EREFERENCE,
         "countries.tsv:1: column 2 of the header is \"code\"; expected \"iso3\""},
        {"countries.tsv", COUNTRIES "AA\tAAA\tAyland\t\t\t\n", VF_EREFERENCE,
         "countries.tsv:2: 6 columns; expected 7"},
        {"countries.tsv", COUNTRIES "AA\tAAA\tAyland\t\t\t\t", VF_EREFERENCE,
         "countries.tsv:2: the last line does not end in LF"},
        {"countries.tsv", COUNTRIES "AA\tAAA\tAyland\t\t\t\t\r\n", VF_EREFERENCE,
         "countries.tsv:2:18: a carriage return"},
        {"countries.tsv", COUNTRIES "AA\tAAA\tA\xFFyland\t\t\t\t\n", VF_EREFERENCE,
         "countries.tsv:2:9: bytes that are not UTF-8"},
        {"countries.tsv", COUNTRIES "AA\tAAA\tA\x01yland\t\t\t\t\n", VF_EREFERENCE,
         "countries.tsv:2:9: a control character"},
        {"countries.tsv", COUNTRIES "AA\tAAA\t Ayland\t\t\t\t\n", VF_EREFERENCE,
         "countries.tsv:2: column name: a space before or after"},
        {"countries.tsv", COUNTRIES "AA\tAAA\t\t\t\t\t\n", VF_EREFERENCE,
         "countries.tsv:2: column name: must not be empty"},
        {"countries.tsv", COUNTRIES "aa\tAAA\tAyland\t\t\t\t\n", VF_EREFERENCE,
         "countries.tsv:2: column iso2: two capital letters"},
        {"countries.tsv", COUNTRIES "AA\tAAA\tx\t\t\t\t\nAB\tAAA\tx\t\t\t\t\n", VF_EREFERENCE,
         "countries.tsv:3: column iso3: AAA is given twice"},
        {"countries.tsv", COUNTRIES "AA\tAAA\tx\t\t\t\t\nAA\tAAB\tx\t\t\t\t\n", VF_EREFERENCE,
         "countries.tsv:3: column iso2: AA is given twice"},
        {"organizations.tsv", ORGANIZATIONS "One\t\tx\tnetwork\t\t\t\t\t\n", VF_EREFERENCE,
         "organizations.tsv:2: column org_id: small letters"},
        {"organizations.tsv", ORGANIZATIONS "one\t\tx\tclub\t\t\t\t\t\n", VF_EREFERENCE,
         "organizations.tsv:2: column kind: \"club\" is none of: intergovernmental, "},
        {"organizations.tsv", ORGANIZATIONS "one\t\tx\tnetwork\t2000-13\t\t\t\t\n", VF_EREFERENCE,
         "organizations.tsv:2: column founded: \"2000-13\" is no date"},
        {"organizations.tsv", ORGANIZATIONS "one\t\tx\tnetwork\t\tzero\t\t\t\n", VF_EREFERENCE,
         "organizations.tsv: one: column parent_org_id: \"zero\""},
        {"rules.tsv", RULES, VF_EREFERENCE, "the rule \"compiled\" is missing"},
        {"rules.tsv", RULES "compiled\t\t2020\t\n", VF_EREFERENCE,
         "rules.tsv:2: column value: a day"},
        {"rules.tsv", RULES "partial\tnone\t\t\n", VF_EREFERENCE,
         "rules.tsv:2: column org_id: \"none\" is no org_id"},
        {"rules.tsv", RULES "guess\tone\t\t\n", VF_EREFERENCE,
         "rules.tsv:2: column rule: \"guess\" is none of: compiled, partial, active"},
        {"memberships.tsv", MEMBERSHIPS "six\tAAA\tmember\t2000\t\tx\thigh\n", VF_EREFERENCE,
         "memberships.tsv:2: column org_id: \"six\""},
        {"memberships.tsv", MEMBERSHIPS "one\tCCC\tmember\t2000\t\tx\thigh\n", VF_EREFERENCE,
         "memberships.tsv:2: column iso3: \"CCC\""},
        {"memberships.tsv", MEMBERSHIPS "one\tAAA\tfriend\t2000\t\tx\thigh\n", VF_EREFERENCE,
         "memberships.tsv:2: column status: \"friend\" is none of: member, "},
        {"memberships.tsv", MEMBERSHIPS "one\tAAA\tmember\t2000-02-30\t\tx\thigh\n", VF_EREFERENCE,
         "memberships.tsv:2: column since: \"2000-02-30\" is no date"},
        {"memberships.tsv", MEMBERSHIPS "one\tAAA\tmember\t2000\t1999\tx\thigh\n", VF_EREFERENCE,
         "memberships.tsv:2: column until: 1999 is before since 2000"},
        {"memberships.tsv", MEMBERSHIPS "one\tAAA\tmember\t2000\t\tx\tsure\n", VF_EREFERENCE,
         "memberships.tsv:2: column confidence: \"sure\""},
        {"memberships.tsv",
         MEMBERSHIPS "one\tAAA\tformer\t2005\t\tx\thigh\none\tAAA\tmember\t2000\t2006\tx\thigh\n",
         VF_EREFERENCE, "memberships.tsv:2: column since: overlaps the interval of line 3"},
        {"memberships.tsv",
         MEMBERSHIPS "one\tAAA\tmember\t2000\t\tx\thigh\none\tAAA\tmember\t2000\t\tx\thigh\n",
         VF_EREFERENCE, "memberships.tsv:3: column since: overlaps the interval of line 2"},
        {"country_names.tsv", COUNTRY_NAMES "AAA\tnick\ten\tAyland\n", VF_EREFERENCE,
         "country_names.tsv:2: column kind: \"nick\" is none of: name, "},
        {"country_names.tsv", COUNTRY_NAMES "AAA\tname\ten\t\n", VF_EREFERENCE,
         "country_names.tsv:2: column text: must not be empty"},
        {"country_names.tsv", COUNTRY_NAMES "AAA\tname\ten\t...\n", VF_EREFERENCE,
         "country_names.tsv:2: column text: \"...\" has no letter"},
        {"country_names.tsv", COUNTRY_NAMES "CCC\tname\ten\tx\n", VF_EREFERENCE,
         "country_names.tsv:2: column iso3: \"CCC\""},
        {"parliaments.tsv", PARLIAMENTS "CCC\ten\tx\n", VF_EREFERENCE,
         "parliaments.tsv:2: column iso3: \"CCC\""},
        {"cities.tsv", CITIES "AAA\tx\tmany\t\t\n", VF_EREFERENCE,
         "cities.tsv:2: column population: \"many\" is no number"},
        {"cities.tsv", CITIES "AAA\tx\t1\tyes\t\n", VF_EREFERENCE,
         "cities.tsv:2: column capital: 1 or nothing"},
        {"organization_names.tsv", ORGANIZATION_NAMES "six\tname\ten\tx\t\t\n", VF_EREFERENCE,
         "organization_names.tsv:2: column org_id: \"six\""},
        {"organization_names.tsv", ORGANIZATION_NAMES "one\tname\ten\tx\tsoon\t\n", VF_EREFERENCE,
         "organization_names.tsv:2: column since: \"soon\" is no date"},
        {"collisions.tsv", COLLISIONS "O\tsix\t\tx\n", VF_EREFERENCE,
         "collisions.tsv:2: column org_id: \"six\""},
        {"relations.tsv", RELATIONS "BBB\tAAA\t1999\t\t\tx\n", VF_EREFERENCE,
         "relations.tsv:2: column iso3_b: must come after"},
        {"relations.tsv", RELATIONS "AAA\tBBB\t1999\t\t\tx\nAAA\tBBB\t1998\t\t\tx\n", VF_EREFERENCE,
         "the pair AAA BBB is given twice"},
    };
    char path[128];
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        write_small_tables();
        if (refusals[i].text) {
            write_text(refusals[i].file, refusals[i].text);
        } else {
            snprintf(path, sizeof path, "%s/%s", directory, refusals[i].file);
            unlink(path);
        }
        expect_refusal(refusals[i].code, refusals[i].error);
    }
}

static void a_nul_byte_is_refused(void **state)
{
    (void)state;
    write_small_tables();
    write_bytes("rules.tsv", RULES "a\0b\n", sizeof(RULES "a\0b\n") - 1);
    expect_refusal(VF_EREFERENCE, "rules.tsv:2:2: a control character");
}

static void a_missing_directory_is_an_io_error(void **state)
{
    struct vf_reference *r;
    struct vf_error err;
    (void)state;
    assert_int_equal(vf_reference_load("/nonexistent/tables", &r, &err), VF_EIO);
    assert_non_null(strstr(err.text, "/nonexistent/tables/countries.tsv: No such file"));
}

static void every_failed_allocation_is_survived(void **state)
{
    struct vf_reference *r;
    struct vf_error err;
    unsigned long n = 1;
    (void)state;
    write_small_tables();
    for (;; n++) {
        vf_memory_fail_after(n);
        int rc = vf_reference_load(directory, &r, &err);
        vf_memory_fail_after(0);
        if (!rc)
            break;
        assert_int_equal(rc, VF_ENOMEM);
        assert_null(r);
        assert_true(n < 1000);
    }
    assert_true(n > 3); /* the snapshot, its arena, two maps */
    vf_reference_release(r);
}

/* ---- random timelines against a reading day by day ---- */

enum { LIFE = 5, SPAN_YEARS = 6, FIRST_YEAR = 2015 };

struct fact {
    int32_t since_first, since_last, until_first, until_last;
    int status;
    bool low;
    char since[32], until[32];
};

static void bounds(const char *text, int32_t *first, int32_t *last)
{
    struct vf_partial_date d;
    assert_int_equal(vf_partial_date_parse(vf_slice_of(text), &d), VF_OK);
    *first = vf_partial_date_first(d);
    *last = vf_partial_date_last(d);
}

static void random_date(unsigned *seed, int year, char out[32])
{
    int month = 1 + rand_r(seed) % 12;
    int d = 1 + rand_r(seed) % 28;
    switch (rand_r(seed) % 3) {
    case 0: snprintf(out, 32, "%04d", year); break;
    case 1: snprintf(out, 32, "%04d-%02d", year, month); break;
    default: snprintf(out, 32, "%04d-%02d-%02d", year, month, d); break;
    }
}

/* A timeline without overlaps: each boundary in a year of its own, gaps now and then. */
static size_t random_timeline(unsigned *seed, struct fact *facts)
{
    size_t count = (size_t)rand_r(seed) % LIFE;
    int year = FIRST_YEAR;
    for (size_t i = 0; i < count; i++) {
        struct fact *f = &facts[i];
        bool follows = i > 0 && rand_r(seed) % 3 > 0;
        f->since[0] = f->until[0] = '\0';
        if (follows)
            memcpy(f->since, facts[i - 1].until, sizeof f->since);
        else if (i > 0 || rand_r(seed) % 3 > 0)
            random_date(seed, year++, f->since);
        if (i + 1 < count || rand_r(seed) % 2)
            random_date(seed, year++, f->until);
        f->status = VF_STANDING_MEMBER + rand_r(seed) % 7;
        f->low = rand_r(seed) % 8 == 0;
    }
    return count;
}

static void date_facts(struct fact *facts, size_t count, int32_t compiled)
{
    for (size_t i = 0; i < count; i++) {
        struct fact *f = &facts[i];
        f->until_first = f->until_last = VF_DAY_MAX;
        if (f->until[0])
            bounds(f->until, &f->until_first, &f->until_last);
        f->since_first = VF_DAY_MIN;
        f->since_last = compiled < f->until_last ? compiled : f->until_last;
        if (f->since[0])
            bounds(f->since, &f->since_first, &f->since_last);
    }
}

static unsigned possible_on(const struct fact *facts, size_t count, int32_t d)
{
    unsigned out = 0;
    for (size_t i = 0; i < count; i++)
        if (facts[i].since_first <= d && d < facts[i].until_last)
            out |= 1U << facts[i].status;
    for (size_t i = 0; i < count; i++) {
        bool follows = i > 0 && facts[i].since[0] && !strcmp(facts[i].since, facts[i - 1].until);
        if (d < facts[i].since_last && !follows)
            out |= 1U << VF_STANDING_NONE;
        if (d < facts[i].until_first)
            return out;
    }
    return out | 1U << VF_STANDING_NONE;
}

static void check_span(const struct vf_reference *r, const struct fact *facts, size_t count,
                       int32_t first, int32_t last)
{
    unsigned possible = 0;
    bool low = false;
    for (int32_t d = first; d <= last; d++) {
        possible |= possible_on(facts, count, d);
        for (size_t i = 0; i < count; i++)
            low = low || (facts[i].low && facts[i].since_first <= d && d < facts[i].until_last);
    }
    struct vf_standing s;
    vf_reference_standing(r, 0, 0, first, last, &s);
    assert_int_equal(s.certain, __builtin_popcount(possible) == 1 && !low);
    assert_true(possible_on(facts, count, first) & 1U << s.status);
    unsigned active = 1U << VF_STANDING_MEMBER | 1U << VF_STANDING_SUSPENDED;
    bool is_active = (possible & ~active) == 0;
    assert_int_equal(vf_reference_is_active(r, 0, 0, first, last), is_active);
    vf_country_index who = 0;
    vf_organization_index shared[1];
    assert_int_equal(vf_reference_shared(r, &who, 1, first, last, shared, 1), is_active);
}

static void standing_equals_a_reading_day_by_day(void **state)
{
    static const char *const words[] = {"",        "member",    "associate", "observer",
                                        "partner", "candidate", "suspended", "former"};
    unsigned seed = 1;
    (void)state;
    write_small_tables();
    for (int round = 0; round < 300; round++) {
        struct fact facts[LIFE];
        char text[1024] = MEMBERSHIPS;
        size_t count = random_timeline(&seed, facts);
        /* another row keeps the organization listed, so that no row means none */
        size_t len = strlen(text);
        len += (size_t)snprintf(text + len, sizeof text - len, "one\tBBB\tmember\t\t\tx\thigh\n");
        for (size_t i = 0; i < count; i++)
            len += (size_t)snprintf(text + len, sizeof text - len, "one\tAAA\t%s\t%s\t%s\tx\t%s\n",
                                    words[facts[i].status], facts[i].since, facts[i].until,
                                    facts[i].low ? "low" : "high");
        write_text("memberships.tsv", text);
        date_facts(facts, count, day("2020-06-15"));
        struct vf_reference *r = load_own();
        for (int k = 0; k < 60; k++) {
            int32_t first = day("2014-06-01") + rand_r(&seed) % 3650;
            check_span(r, facts, count, first, first);
            check_span(r, facts, count, first, first + rand_r(&seed) % 500);
        }
        vf_reference_release(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standing_follows_the_intervals),
        cmocka_unit_test(standing_tells_source_and_confidence),
        cmocka_unit_test(suspended_is_active_except_in_opec),
        cmocka_unit_test(shared_equals_asking_each),
        cmocka_unit_test(shared_stops_at_max),
        cmocka_unit_test(relations_read_in_either_order),
        cmocka_unit_test(lookups_know_codes_and_only_codes),
        cmocka_unit_test(the_snapshot_is_small),
        cmocka_unit_test(references_are_counted),
        cmocka_unit_test_setup_teardown(small_tables_load, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(any_change_of_bytes_changes_the_snapshot, make_directory,
                                        remove_directory),
        cmocka_unit_test_setup_teardown(bad_tables_are_refused_with_the_place, make_directory,
                                        remove_directory),
        cmocka_unit_test_setup_teardown(a_nul_byte_is_refused, make_directory, remove_directory),
        cmocka_unit_test(a_missing_directory_is_an_io_error),
        cmocka_unit_test_setup_teardown(every_failed_allocation_is_survived, make_directory,
                                        remove_directory),
        cmocka_unit_test_setup_teardown(standing_equals_a_reading_day_by_day, make_directory,
                                        remove_directory),
    };
    return cmocka_run_group_tests_name("reference", tests, load_shipped, release_shipped);
}
