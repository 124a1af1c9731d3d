/*
 * The sample reports, all the way: JSON -> struct -> Avro -> struct -> JSON.
 */
#include "base/memory.h"
#include "codec/wire_json.h"
#include "vf_events.h"
#include <jansson.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_LIMIT = 64 << 20, BUFFER_LIMIT = 16 << 20 };

struct chain {
    struct wire_schema *schema;
    struct wire_plan *plan;
    struct vf_arena arena;
    struct vf_buffer avro;
    struct vf_buffer json;
    void *value;
};

static void chain_open(struct chain *chain, const char *schema_json)
{
    struct vf_error err;

    assert_int_equal(wire_schema_parse(vf_slice_of(schema_json), &chain->schema, &err), 0);
    assert_int_equal(wire_plan_compile(chain->schema, chain->schema, &chain->plan, &err), 0);
    vf_arena_init(&chain->arena, 65536, ARENA_LIMIT);
    vf_buffer_init(&chain->avro, BUFFER_LIMIT);
    vf_buffer_init(&chain->json, BUFFER_LIMIT);
    chain->value = malloc(wire_schema_size(chain->schema));
    assert_non_null(chain->value);
}

static void chain_close(struct chain *chain)
{
    free(chain->value);
    vf_buffer_release(&chain->json);
    vf_buffer_release(&chain->avro);
    vf_arena_release(&chain->arena);
    wire_plan_free(chain->plan);
    wire_schema_free(chain->schema);
}

static void expect_ok(int rc, const struct vf_error *err, size_t line)
{
    if (rc)
        fail_msg("line %zu: %s", line, err->text);
}

/* All that the line says must come out again; fields that it leaves out come out as well. */
static void expect_same(const char *line, size_t number, const struct vf_buffer *out)
{
    json_error_t error;
    json_t *want = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    json_t *got = json_loadb(out->data, out->len, JSON_REJECT_DUPLICATES, &error);
    const char *key;
    json_t *value;

    assert_non_null(want);
    assert_non_null(got);
    json_object_foreach(want, key, value)
    {
        if (!json_equal(value, json_object_get(got, key)))
            fail_msg("line %zu: %s differs", number, key);
    }
    json_decref(want);
    json_decref(got);
}

static void round_trip(struct chain *chain, const char *line, size_t number)
{
    struct vf_error err = {0};

    vf_arena_reset(&chain->arena);
    vf_buffer_clear(&chain->avro);
    vf_buffer_clear(&chain->json);
    expect_ok(
        wire_json_read(chain->schema, vf_slice_of(line), NULL, &chain->arena, chain->value, &err),
        &err, number);
    expect_ok(wire_encode(chain->schema, chain->value, &chain->avro, &err), &err, number);
    memset(chain->value, 0xA5, wire_schema_size(chain->schema));
    expect_ok(wire_decode(chain->plan, vf_buffer_slice(&chain->avro), NULL, &chain->arena,
                          chain->value, &err),
              &err, number);
    expect_ok(wire_json_write(chain->schema, chain->value, &chain->json, &err), &err, number);
    expect_same(line, number, &chain->json);
}

static void read_file(const char *schema_json, const char *path, size_t at_least)
{
    struct chain chain;
    char *line = NULL;
    size_t capacity = 0;
    size_t number = 0;
    ssize_t n;
    FILE *file = fopen(path, "r");

    if (!file)
        fail_msg("%s: cannot be opened; run in the tree's root", path);
    chain_open(&chain, schema_json);
    while ((n = getline(&line, &capacity, file)) > 0)
        round_trip(&chain, line, ++number);
    assert_true(number >= at_least);
    fclose(file);
    free(line);
    chain_close(&chain);
}

static void visits_round_trip(void **state)
{
    (void)state;
    read_file(vf_visit_schema_json, "tests/sample/visits.jsonl", 50);
}

static void meetings_round_trip(void **state)
{
    (void)state;
    read_file(vf_meeting_schema_json, "tests/sample/meetings.jsonl", 50);
}

static void seed_visit_is_the_struct(void **state)
{
    static const char json[] =
        "{\"event_id\": \"e1\", \"source\": \"s\", \"published_at\": 5, \"status\": \"COMPLETED\","
        " \"dates\": {\"text\": \"today\"}, \"stops\": [{\"city\": \"Kuala Lumpur\"}],"
        " \"participants\": [{\"name\": \"A\"}, {\"name\": \"\", \"role\": \"HOST\"}],"
        " \"organizations\": [\"IPU\", \"OIC\"]}";
    struct vf_error err;
    struct vf_visit visit;
    struct chain chain;

    (void)state;
    chain_open(&chain, vf_visit_schema_json);
    assert_int_equal(wire_schema_size(chain.schema), sizeof visit);
    assert_int_equal(
        wire_json_read(chain.schema, vf_slice_of(json), NULL, &chain.arena, &visit, &err), 0);
    assert_true(vf_slice_is(visit.event_id, "e1"));
    assert_int_equal(visit.revision, 1); /* the default */
    assert_null(visit.supersedes.ptr);
    assert_true(visit.published_at.present);
    assert_int_equal(visit.published_at.value, 5);
    assert_int_equal(visit.status, VF_EVENT_STATUS_COMPLETED);
    assert_string_equal(vf_event_status_name(visit.status), "COMPLETED");
    assert_true(vf_slice_is(visit.dates->text, "today"));
    assert_null(visit.dates->start.ptr);
    assert_int_equal(visit.stops.count, 1);
    assert_true(vf_slice_is(visit.stops.items[0].city, "Kuala Lumpur"));
    assert_int_equal(visit.participants.count, 2);
    assert_non_null(visit.participants.items[1].name.ptr);
    assert_int_equal(visit.participants.items[1].name.len, 0);
    assert_int_equal(visit.participants.items[1].role, VF_PARTICIPANT_ROLE_HOST);
    assert_true(vf_slice_is(visit.organizations.items[1], "OIC"));
    assert_int_equal(visit.statements.count, 0);
    assert_null(visit.bilateral);
    chain_close(&chain);
}

static void names_of_enums(void **state)
{
    (void)state;
    assert_int_equal(vf_membership_status_from_name(vf_slice_of("SUSPENDED")),
                     VF_MEMBERSHIP_STATUS_SUSPENDED);
    assert_int_equal(vf_membership_status_from_name(vf_slice_of("suspended")), -1);
    assert_int_equal(vf_membership_status_from_name(vf_slice_of("")), -1);
    assert_null(vf_membership_status_name(-1));
    assert_null(vf_membership_status_name(VF_MEMBERSHIP_STATUS_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(visits_round_trip),
        cmocka_unit_test(meetings_round_trip),
        cmocka_unit_test(seed_visit_is_the_struct),
        cmocka_unit_test(names_of_enums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
