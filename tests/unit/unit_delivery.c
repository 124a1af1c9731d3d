/* Parts of exactly-once delivery that stand alone: what is made ahead, and the transactional.id. */
#include "base/memory.h"
#include "daemon/ahead.h"
#include "daemon/transactional_id.h"
#include "test_support.h"

#include <string.h>

static struct vf_ticket ticket(uint64_t sequence)
{
    return (struct vf_ticket){.slot = 1, .generation = 2, .sequence = sequence, .offset = 7};
}

static struct vf_record record(const char *value)
{
    return (struct vf_record){.topic = vf_slice_of("out"),
                              .partition = -1,
                              .timestamp_ms = 5,
                              .key = vf_slice_of("key"),
                              .value = vf_slice_of(value)};
}

static void outputs_come_back_whole_and_in_order(void **state)
{
    struct vf_ahead ahead;
    char volatile_text[] = "one";
    struct vf_header headers[] = {{vf_slice_of("a"), vf_slice_of("1")},
                                  {vf_slice_of("b"), VF_SLICE_NULL}};
    (void)state;
    vf_ahead_init(&ahead);
    assert_null(vf_ahead_first(&ahead));
    struct vf_record first = record(volatile_text);
    first.headers = headers;
    first.header_count = 2;
    assert_int_equal(vf_ahead_push(&ahead, &first, ticket(1)), VF_OK);
    memset(volatile_text, 'x', 3);
    memset(headers, 0, sizeof headers);
    struct vf_record tombstone = record("");
    tombstone.value = VF_SLICE_NULL;
    assert_int_equal(vf_ahead_push(&ahead, &tombstone, ticket(2)), VF_OK);

    const struct vf_ahead_entry *entry = vf_ahead_first(&ahead);
    assert_int_equal(entry->ticket.sequence, 1);
    assert_slice(entry->record.value, "one");
    assert_slice(entry->record.key, "key");
    assert_slice(entry->record.topic, "out");
    assert_int_equal(entry->record.header_count, 2);
    assert_slice(entry->record.headers[0].value, "1");
    assert_slice(entry->record.headers[1].name, "b");
    assert_null(entry->record.headers[1].value.ptr);
    vf_ahead_pop(&ahead);
    entry = vf_ahead_first(&ahead);
    assert_int_equal(entry->ticket.sequence, 2);
    assert_null(entry->record.value.ptr);
    /* What is being emptied is not filled: the order would be lost. */
    assert_int_equal(vf_ahead_push(&ahead, &first, ticket(3)), VF_EAGAIN);
    vf_ahead_pop(&ahead);
    assert_null(vf_ahead_first(&ahead));
    assert_int_equal(vf_ahead_push(&ahead, &tombstone, ticket(4)), VF_OK);
    vf_ahead_release(&ahead);
}

static void it_is_full_by_count_and_by_bytes(void **state)
{
    static char large[VF_AHEAD_BYTES_MAX / 4];
    struct vf_ahead ahead;
    size_t taken = 0;
    (void)state;
    vf_ahead_init(&ahead);
    struct vf_record small = record("v");
    while (vf_ahead_push(&ahead, &small, ticket(taken)) == VF_OK)
        taken++;
    assert_int_equal(taken, VF_AHEAD_RECORDS_MAX);
    assert_int_equal(vf_ahead_clear(&ahead), taken);

    small.value = vf_slice(large, sizeof large);
    for (taken = 0; vf_ahead_push(&ahead, &small, ticket(taken)) == VF_OK;)
        taken++;
    assert_in_range(taken, 2, 4);
    /* What did not fit left nothing behind. */
    small.value = vf_slice_of("v");
    assert_int_equal(vf_ahead_push(&ahead, &small, ticket(9)), VF_OK);
    assert_int_equal(vf_ahead_clear(&ahead), taken + 1);
    vf_ahead_release(&ahead);
}

static void a_warm_one_allocates_nothing(void **state)
{
    struct vf_ahead ahead;
    (void)state;
    vf_ahead_init(&ahead);
    struct vf_record one = record("value");
    assert_int_equal(vf_ahead_push(&ahead, &one, ticket(1)), VF_OK);
    vf_ahead_pop(&ahead);
    unsigned long before = vf_memory_count();
    for (uint64_t i = 0; i < 100; i++) {
        assert_int_equal(vf_ahead_push(&ahead, &one, ticket(i)), VF_OK);
        vf_ahead_pop(&ahead);
    }
    assert_int_equal(vf_memory_count(), before);
    vf_ahead_release(&ahead);
}

static void without_memory_it_takes_nothing(void **state)
{
    struct vf_ahead ahead;
    (void)state;
    struct vf_record one = record("value");
    for (unsigned long n = 1; n <= 2; n++) {
        vf_ahead_init(&ahead);
        vf_memory_fail_after(n);
        int rc = vf_ahead_push(&ahead, &one, ticket(1));
        vf_memory_fail_after(0);
        assert_int_not_equal(rc, VF_OK);
        assert_null(vf_ahead_first(&ahead));
        vf_ahead_release(&ahead);
    }
}

static void set(struct vf_config *config, const char *key, const char *value)
{
    struct vf_pairs *pairs = &config->kafka_consumer;
    pairs->items[pairs->count++] =
        (struct vf_pair){.key = vf_slice_of(key), .value = vf_slice_of(value)};
}

static void ids_are_lasting_or_of_one_start(void **state)
{
    static struct vf_config config; /* large */
    char id[VF_TRANSACTIONAL_ID_MAX];
    struct vf_error err;
    (void)state;
    memset(&config, 0, sizeof config);
    assert_int_equal(vf_transactional_id(&config, 255, id, &err), VF_OK);
    assert_string_equal(id, "visitfeed-00000000000000ff");
    set(&config, "group.id", "group");
    assert_int_equal(vf_transactional_id(&config, 1, id, &err), VF_OK);
    assert_string_equal(id, "group-0000000000000001");
    set(&config, "group.instance.id", "i1");
    assert_int_equal(vf_transactional_id(&config, 1, id, &err), VF_OK);
    assert_string_equal(id, "group-i1");
    config.transactional_id_prefix = vf_slice_of("mine");
    assert_int_equal(vf_transactional_id(&config, 1, id, &err), VF_OK);
    assert_string_equal(id, "mine-i1");
}

static void what_breaks_exactly_once_is_refused(void **state)
{
    static struct vf_config config;
    static char longest[600];
    char id[VF_TRANSACTIONAL_ID_MAX];
    struct vf_error err;
    (void)state;
    memset(&config, 0, sizeof config);
    set(&config, "isolation.level", "read_uncommitted");
    assert_int_equal(vf_transactional_id(&config, 1, id, &err), VF_ECONFIG);
    assert_contains(err.text, "isolation.level");
    set(&config, "isolation.level", "read_committed");
    assert_int_equal(vf_transactional_id(&config, 1, id, &err), VF_OK);
    memset(longest, 'x', sizeof longest - 1);
    set(&config, "group.instance.id", longest);
    assert_int_equal(vf_transactional_id(&config, 1, id, &err), VF_ECONFIG);
    assert_contains(err.text, "longer than");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_come_back_whole_and_in_order),
        cmocka_unit_test(it_is_full_by_count_and_by_bytes),
        cmocka_unit_test(a_warm_one_allocates_nothing),
        cmocka_unit_test(without_memory_it_takes_nothing),
        cmocka_unit_test(ids_are_lasting_or_of_one_start),
        cmocka_unit_test(what_breaks_exactly_once_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
