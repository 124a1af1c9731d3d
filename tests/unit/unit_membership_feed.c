/* Memberships as records of a compacted topic. */
#include "test_support.h"

#include "base/arena.h"
#include "codec/wire_plan.h"
#include "membership_feed.h"
#include "vf_events.h"
#include <stdio.h>

enum { MIB = 1 << 20 };

static struct vf_membership_feed *open_feed(void)
{
    struct vf_membership_feed *feed;
    struct vf_error err = {0};
    if (vf_membership_feed_open("deploy/reference", 4, &feed, &err))
        fail_msg("%s", err.text);
    return feed;
}

static void every_row_is_a_record(void **state)
{
    struct vf_membership_feed *feed = open_feed();
    struct wire_schema *schema;
    struct wire_plan *plan;
    struct vf_arena arena;
    struct vf_record record;
    struct vf_error err = {0};
    bool known, seen = false;
    size_t rows = 0;
    int rc;
    (void)state;

    vf_arena_init(&arena, 4096, MIB);
    assert_int_equal(wire_schema_parse(vf_slice_of(vf_membership_schema_json), &schema, &err), 0);
    assert_int_equal(wire_plan_compile(schema, schema, &plan, &err), 0);
    while (!(rc = vf_membership_feed_next(feed, &record, &known, &err))) {
        struct vf_membership membership;
        char key[512];
        rows++;
        assert_false(known);
        assert_memory_equal(record.value.ptr, "\0\0\0\0\4", 5);
        vf_arena_reset(&arena);
        assert_int_equal(wire_decode(plan, vf_slice(record.value.ptr + 5, record.value.len - 5),
                                     NULL, &arena, &membership, &err),
                         0);
        snprintf(key, sizeof key, "%.*s|%.*s|%.*s", VF_SLICE_PRINT(membership.organization_id),
                 VF_SLICE_PRINT(membership.country), VF_SLICE_PRINT(membership.since));
        assert_true(vf_slice_is(record.key, key));
        assert_int_not_equal(membership.status, VF_MEMBERSHIP_STATUS_UNKNOWN);
        assert_int_not_equal(membership.confidence, VF_CONFIDENCE_UNKNOWN);
        if (vf_slice_is(record.key, "un|MYS|1957-09-17"))
            seen = membership.status == VF_MEMBERSHIP_STATUS_MEMBER && !membership.until.ptr;
    }
    assert_int_equal(rc, VF_ENOENT);
    assert_true(rows > 5000);
    assert_true(seen);
    wire_plan_free(plan);
    wire_schema_free(schema);
    vf_arena_release(&arena);
    vf_membership_feed_close(feed);
}

static struct vf_record with_key(const char *key, const char *value)
{
    return (struct vf_record){.key = vf_slice_of(key), .value = vf_slice_of(value)};
}

static void what_the_topic_holds(void **state)
{
    struct vf_membership_feed *feed = open_feed();
    struct vf_record record, first = with_key(NULL, NULL);
    struct vf_error err = {0};
    char key[128], value[1024];
    bool known;
    (void)state;

    /* The first row as it is; a row that was changed; two that are gone, one of them deleted
     * already; a foreign key; no key. */
    assert_int_equal(vf_membership_feed_next(feed, &record, &known, &err), 0);
    memcpy(key, record.key.ptr, record.key.len);
    memcpy(value, record.value.ptr, record.value.len);
    first.key = vf_slice(key, record.key.len);
    first.value = vf_slice(value, record.value.len);
    vf_membership_feed_close(feed);
    feed = open_feed();
    const struct vf_record held[] = {with_key("gone|AAA|2000", "old"),
                                     with_key("un|MYS|1957-09-17", "changed"),
                                     first,
                                     with_key("deleted|AAA|", "x"),
                                     with_key("deleted|AAA|", NULL),
                                     with_key("somebody else's", "x"),
                                     with_key(NULL, "no key")};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++)
        assert_int_equal(vf_membership_feed_known(feed, &held[i], &err), 0);
    size_t unchanged = 0;
    while (!vf_membership_feed_next(feed, &record, &known, &err))
        unchanged += known;
    assert_int_equal(unchanged, 1);
    assert_int_equal(vf_membership_feed_next_gone(feed, &record), 0);
    assert_slice(record.key, "gone|AAA|2000");
    assert_null(record.value.ptr);
    assert_int_equal(vf_membership_feed_next_gone(feed, &record), VF_ENOENT);
    vf_membership_feed_close(feed);
}

static void bad_tables_are_refused(void **state)
{
    struct vf_membership_feed *feed;
    struct vf_error err = {0};
    (void)state;
    assert_int_equal(vf_membership_feed_open("/nonexistent", 4, &feed, &err), VF_EIO);
    assert_null(feed);
    assert_contains(err.text, "/nonexistent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_a_record),
        cmocka_unit_test(what_the_topic_holds),
        cmocka_unit_test(bad_tables_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
