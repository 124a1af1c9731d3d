/* The store of writer schemas: names, the lookup behind it, and what makes room for what. */
#include "test_support.h"

#include "base/memory.h"
#include "pipeline/schema_store.h"
#include <stdlib.h>

struct fixture {
    struct vf_schema_store *store;
    struct wire_schema *reader; /* "long" */
    const struct wire_plan *plan;
    struct vf_error err;
    unsigned asked;
    struct wire_frame last;
    int answer;
};

static struct wire_schema *parse(const char *json)
{
    struct wire_schema *schema;
    assert_int_equal(wire_schema_parse(vf_slice_of(json), &schema, NULL), VF_OK);
    return schema;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    f->reader = parse("\"long\"");
    f->answer = VF_EAGAIN;
    return vf_schema_store_create(&f->store);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    vf_schema_store_free(f->store);
    wire_schema_free(f->reader);
    free(f);
    return 0;
}

static int on_ask(void *owner, const struct wire_frame *name, struct vf_error *err)
{
    struct fixture *f = owner;
    f->asked++;
    f->last = *name;
    return vf_error_set(err, f->answer, "lookup says so");
}

static void set_lookup(struct fixture *f)
{
    vf_schema_store_set_lookup(f->store, &(struct vf_schema_lookup){on_ask, f});
}

static struct wire_frame id(uint32_t number)
{
    return (struct wire_frame){.framing = WIRE_FRAMING_CONFLUENT, .id = number};
}

static struct wire_frame guid(uint8_t last)
{
    return (struct wire_frame){.framing = WIRE_FRAMING_GUID_HEADER, .guid = {[15] = last}};
}

static int plan(struct fixture *f, struct wire_frame frame)
{
    f->plan = NULL;
    f->err = (struct vf_error){0};
    return vf_schema_store_plan(f->store, &frame, f->reader, &f->plan, &f->err);
}

static int put(struct fixture *f, struct wire_frame name, const char *json)
{
    return vf_schema_store_put(f->store, &name, parse(json), &f->err);
}

static void without_a_lookup_it_is_unknown(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(plan(f, id(1)), VF_EUNKNOWNSCHEMA);
    assert_int_equal(plan(f, guid(1)), VF_EUNKNOWNSCHEMA);
    assert_int_equal(vf_schema_store_add(f->store, 1, vf_slice_of("\"int\""), &f->err), VF_OK);
    assert_int_equal(plan(f, id(1)), VF_OK);
    assert_non_null(f->plan);
}

static void the_lookup_is_asked_until_it_answers(void **state)
{
    struct fixture *f = *state;
    set_lookup(f);
    assert_int_equal(vf_schema_store_add(f->store, 1, vf_slice_of("\"int\""), &f->err), VF_OK);
    assert_int_equal(plan(f, id(1)), VF_OK);
    assert_int_equal(f->asked, 0);
    assert_int_equal(plan(f, id(7)), VF_EAGAIN);
    assert_int_equal(f->last.id, 7);
    f->answer = VF_EUNKNOWNSCHEMA;
    assert_int_equal(plan(f, id(7)), VF_EUNKNOWNSCHEMA);
    assert_string_equal(f->err.text, "lookup says so");
    assert_int_equal(f->asked, 2);
    assert_int_equal(put(f, id(7), "\"int\""), VF_OK);
    assert_int_equal(plan(f, id(7)), VF_OK);
    assert_int_equal(plan(f, guid(7)), VF_EUNKNOWNSCHEMA);
    assert_int_equal(f->last.framing, WIRE_FRAMING_GUID_HEADER);
    assert_int_equal(put(f, guid(7), "\"int\""), VF_OK);
    assert_int_equal(plan(f, guid(7)), VF_OK);
    assert_int_equal(f->asked, 3);
    /* A name keeps its schema. */
    assert_int_equal(put(f, id(7), "\"string\""), VF_OK);
    assert_int_equal(plan(f, id(7)), VF_OK);
}

static void fingerprints_are_not_looked_up(void **state)
{
    struct fixture *f = *state;
    struct wire_schema *schema = parse("\"int\"");
    struct wire_frame frame = {.framing = WIRE_FRAMING_SINGLE_OBJECT,
                               .fingerprint = wire_schema_fingerprint(schema)};
    wire_schema_free(schema);
    set_lookup(f);
    assert_int_equal(plan(f, frame), VF_EUNKNOWNSCHEMA);
    assert_int_equal(f->asked, 0);
    assert_int_equal(vf_schema_store_add_unnamed(f->store, vf_slice_of("\"int\""), &f->err), VF_OK);
    assert_int_equal(plan(f, frame), VF_OK);
    /* By no id, not even 0. */
    assert_int_equal(plan(f, id(0)), VF_EAGAIN);
    assert_int_equal(vf_schema_store_add_unnamed(f->store, vf_slice_of("{"), &f->err), VF_EJSON);
}

static void incompatible_schemas_say_why_each_time(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(put(f, id(1), "\"boolean\""), VF_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(plan(f, id(1)), VF_EINCOMPATIBLE);
        assert_true(f->err.text[0] != '\0');
    }
}

static void plain_values_are_the_readers(void **state)
{
    struct fixture *f = *state;
    set_lookup(f);
    for (int i = 0; i < 2; i++)
        assert_int_equal(plan(f, (struct wire_frame){.framing = WIRE_FRAMING_PLAIN}), VF_OK);
    assert_int_equal(f->asked, 0);
}

/* What was added stays; of what was looked up, the one not used for longest goes. */
static void the_unused_make_room(void **state)
{
    struct fixture *f = *state;
    enum { ADDED = 3, ROOM = VF_SCHEMA_STORE_MAX - ADDED };
    set_lookup(f);
    for (uint32_t i = 0; i < ADDED; i++)
        assert_int_equal(vf_schema_store_add(f->store, i, vf_slice_of("\"int\""), &f->err), VF_OK);
    for (uint32_t i = 0; i < ROOM; i++)
        assert_int_equal(put(f, id(100 + i), "\"int\""), VF_OK);
    assert_int_equal(plan(f, id(100)), VF_OK);
    assert_int_equal(put(f, guid(1), "\"int\""), VF_OK);
    assert_int_equal(plan(f, id(101)), VF_EAGAIN);
    assert_int_equal(f->asked, 1);
    for (uint32_t i = 0; i < ROOM; i++)
        assert_int_equal(plan(f, id(100 + i)), i == 1 ? VF_EAGAIN : VF_OK);
    assert_int_equal(plan(f, guid(1)), VF_OK);

    /* A flood goes through, and the three are still there. */
    for (uint32_t i = 0; i < 3 * VF_SCHEMA_STORE_MAX; i++) {
        assert_int_equal(put(f, id(100000 + i), "\"int\""), VF_OK);
        assert_int_equal(plan(f, id(100000 + i)), VF_OK);
    }
    for (uint32_t i = 0; i < ADDED; i++)
        assert_int_equal(plan(f, id(i)), VF_OK);
    assert_int_equal(plan(f, id(100)), VF_EAGAIN);
}

static void what_stays_has_a_bound(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 0; i < VF_SCHEMA_STORE_MAX; i++)
        assert_int_equal(vf_schema_store_add(f->store, i, vf_slice_of("\"int\""), &f->err), VF_OK);
    assert_int_equal(put(f, id(5000), "\"int\""), VF_ELIMIT);
    assert_int_equal(vf_schema_store_add(f->store, 5000, vf_slice_of("\"int\""), &f->err),
                     VF_ELIMIT);
    assert_int_equal(plan(f, id(VF_SCHEMA_STORE_MAX - 1)), VF_OK);
}

static void lack_of_memory_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct wire_schema *schema = parse("\"int\"");
    struct wire_frame name = id(1);
    vf_memory_fail_after(1);
    assert_int_equal(vf_schema_store_put(f->store, &name, schema, &f->err), VF_ENOMEM);
    vf_memory_fail_after(0);
    assert_int_equal(plan(f, id(1)), VF_EUNKNOWNSCHEMA);
    assert_int_equal(put(f, id(1), "\"int\""), VF_OK);
    vf_memory_fail_after(1);
    assert_int_equal(plan(f, id(1)), VF_ENOMEM);
    vf_memory_fail_after(0);
    assert_int_equal(plan(f, id(1)), VF_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_lookup_it_is_unknown), TEST(the_lookup_is_asked_until_it_answers),
        TEST(fingerprints_are_not_looked_up), TEST(incompatible_schemas_say_why_each_time),
        TEST(plain_values_are_the_readers),   TEST(the_unused_make_room),
        TEST(what_stays_has_a_bound),         TEST(lack_of_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
