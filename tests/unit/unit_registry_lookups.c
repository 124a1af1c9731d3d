/* Which schemas are waited for, which are known to be missing, and for how long. */
#include "test_support.h"

#include "registry/lookups.h"
#include "registry/registry.h"
#include <stdlib.h>

enum { TTL = 1000, DEADLINE = 500 };

struct fixture {
    struct vf_lookups *lookups;
    struct vf_error err;
    bool start;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    return vf_lookups_create(TTL, DEADLINE, &f->lookups);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    vf_lookups_free(f->lookups);
    free(f);
    return 0;
}

static struct wire_frame id(uint32_t number)
{
    return (struct wire_frame){.framing = WIRE_FRAMING_CONFLUENT, .id = number};
}

static int ask(struct fixture *f, struct wire_frame name, int64_t now)
{
    f->err = (struct vf_error){0};
    return vf_lookups_ask(f->lookups, &name, now, &f->start, &f->err);
}

static void answer(struct fixture *f, struct wire_frame name, int64_t now, int code,
                   const char *text)
{
    struct vf_error refusal;
    vf_error_set(&refusal, code, "%s", text);
    vf_lookups_answer(f->lookups, &name, now, code ? &refusal : NULL);
}

static void each_is_looked_up_once(void **state)
{
    struct fixture *f = *state;
    struct wire_frame guid = {.framing = WIRE_FRAMING_GUID_HEADER, .guid = {7}};
    struct vf_lookups_status status;

    assert_int_equal(ask(f, id(0), 10), VF_EAGAIN);
    assert_true(f->start);
    assert_contains(f->err.text, "schema id 0");
    assert_int_equal(ask(f, id(0), 20), VF_EAGAIN);
    assert_false(f->start);
    /* The same bytes as a GUID are another schema. */
    assert_int_equal(ask(f, guid, 30), VF_EAGAIN);
    assert_true(f->start);
    assert_contains(f->err.text, "07000000-0000-0000-0000-000000000000");
    guid.id = 99; /* not of this framing */
    assert_int_equal(ask(f, guid, 30), VF_EAGAIN);
    assert_false(f->start);
    vf_lookups_status(f->lookups, 110, &status);
    assert_int_equal(status.pending, 2);
    assert_int_equal(status.oldest, 100);

    answer(f, id(0), 120, 0, "");
    answer(f, guid, 120, 0, "");
    vf_lookups_status(f->lookups, 120, &status);
    assert_int_equal(status.pending, 0);
    assert_int_equal(status.oldest, 0);
    assert_int_equal(ask(f, id(0), 130), VF_EAGAIN);
    assert_true(f->start);
    vf_lookups_cancel(f->lookups, &(struct wire_frame){.framing = WIRE_FRAMING_CONFLUENT});
    assert_int_equal(ask(f, id(0), 140), VF_EAGAIN);
    assert_true(f->start);
}

static void refusals_hold_for_a_while(void **state)
{
    struct fixture *f = *state;
    struct vf_lookups_status status;

    assert_int_equal(ask(f, id(1), 0), VF_EAGAIN);
    answer(f, id(1), 100, VF_EUNKNOWNSCHEMA, "there is none");
    assert_int_equal(ask(f, id(1), 100 + TTL - 1), VF_EUNKNOWNSCHEMA);
    assert_false(f->start);
    assert_string_equal(f->err.text, "there is none");
    vf_lookups_status(f->lookups, 100 + TTL - 1, &status);
    assert_int_equal(status.missing, 1);
    assert_int_equal(ask(f, id(1), 100 + TTL), VF_EAGAIN);
    assert_true(f->start);
    answer(f, id(1), 200 + TTL, VF_ESCHEMA, "broken");
    assert_int_equal(ask(f, id(1), 200 + TTL), VF_ESCHEMA);
    vf_lookups_status(f->lookups, 200 + TTL, &status);
    assert_int_equal(status.missing, 1);
    /* Registered meanwhile. */
    answer(f, id(1), 300 + TTL, 0, "");
    assert_int_equal(ask(f, id(1), 300 + TTL), VF_EAGAIN);
    assert_true(f->start);
}

static void refusals_have_a_bound(void **state)
{
    struct fixture *f = *state;
    enum { MORE = 10 };
    struct vf_lookups_status status;

    for (uint32_t i = 0; i < VF_LOOKUPS_MISSING + MORE; i++)
        answer(f, id(i), 0, VF_EUNKNOWNSCHEMA, "none");
    vf_lookups_status(f->lookups, 1, &status);
    assert_int_equal(status.missing, VF_LOOKUPS_MISSING);
    for (uint32_t i = MORE; i < VF_LOOKUPS_MISSING + MORE; i++)
        assert_int_equal(ask(f, id(i), 1), VF_EUNKNOWNSCHEMA);
    for (uint32_t i = 0; i < MORE; i++)
        assert_int_equal(ask(f, id(i), 1), VF_EAGAIN);
}

static void what_waits_has_a_bound(void **state)
{
    struct fixture *f = *state;

    for (uint32_t i = 0; i < VF_LOOKUPS_PENDING; i++) {
        assert_int_equal(ask(f, id(i), 0), VF_EAGAIN);
        assert_true(f->start);
    }
    assert_int_equal(ask(f, id(VF_LOOKUPS_PENDING), 0), VF_EAGAIN);
    assert_false(f->start);
    answer(f, id(3), 1, 0, "");
    assert_int_equal(ask(f, id(VF_LOOKUPS_PENDING), 1), VF_EAGAIN);
    assert_true(f->start);
    assert_true((int)VF_LOOKUPS_PENDING < (int)VF_REGISTRY_REQUESTS_MAX);
}

static void deadlines_let_records_go(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(vf_lookups_next_deadline(f->lookups, 0), -1);
    assert_int_equal(ask(f, id(1), 100), VF_EAGAIN);
    assert_int_equal(ask(f, id(2), 200), VF_EAGAIN);
    assert_int_equal(vf_lookups_next_deadline(f->lookups, 200), 100 + DEADLINE);
    assert_int_equal(ask(f, id(1), 100 + DEADLINE - 1), VF_EAGAIN);
    assert_int_equal(ask(f, id(1), 100 + DEADLINE), VF_ETIMEDOUT);
    assert_false(f->start);
    assert_contains(f->err.text, "schema id 1");
    assert_int_equal(ask(f, id(2), 100 + DEADLINE), VF_EAGAIN);
    assert_int_equal(vf_lookups_next_deadline(f->lookups, 100 + DEADLINE), 200 + DEADLINE);
    assert_int_equal(vf_lookups_next_deadline(f->lookups, 200 + DEADLINE), -1);
    /* The look-up went on, and its answer counts. */
    answer(f, id(1), 5000, 0, "");
    assert_int_equal(ask(f, id(1), 5000), VF_EAGAIN);
    assert_true(f->start);
}

static void without_a_deadline_they_wait_for_ever(void **state)
{
    struct fixture *f = *state;
    vf_lookups_free(f->lookups);
    assert_int_equal(vf_lookups_create(TTL, 0, &f->lookups), VF_OK);
    assert_int_equal(ask(f, id(1), 0), VF_EAGAIN);
    assert_int_equal(ask(f, id(1), INT64_MAX / 2), VF_EAGAIN);
    assert_int_equal(vf_lookups_next_deadline(f->lookups, 0), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_is_looked_up_once),   TEST(refusals_hold_for_a_while),
        TEST(refusals_have_a_bound),    TEST(what_waits_has_a_bound),
        TEST(deadlines_let_records_go), TEST(without_a_deadline_they_wait_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
