/* Reading topics, against the mock cluster. */
#include "test_support.h"

#include "base/memory.h"
#include "kafka/mock.h"
#include "sender.h"
#include "topic_reader.h"
#include <stdio.h>
#include <stdlib.h>

enum { TIMEOUT_MS = 20000, WAITS_MAX = 400 };

static struct vf_mock *mock;
static struct vf_pairs pairs;
static struct vf_client_settings settings;

static int set_up(void **state)
{
    struct vf_error err;
    (void)state;
    if (vf_mock_create(1, &mock, &err))
        return -1;
    pairs.items[pairs.count++] =
        (struct vf_pair){vf_slice_of("bootstrap.servers"), vf_slice_of(vf_mock_bootstrap(mock)), 1};
    settings.common = &pairs;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vf_mock_free(mock);
    return 0;
}

static void on_delivery(void *owner, const struct vf_delivery *delivery)
{
    (void)owner;
    assert_int_equal(delivery->code, 0);
}

/* One record: partition, timestamp, value. */
struct entry {
    int32_t partition;
    int64_t timestamp;
    const char *value;
};

static void send_entries(const char *topic, const struct entry *entries, size_t count)
{
    struct vf_sender_events events = {on_delivery, NULL};
    struct vf_sender *sender;
    struct vf_error err;

    assert_int_equal(vf_sender_create(&settings, TIMEOUT_MS, &events, &sender, &err), 0);
    for (size_t i = 0; i < count; i++) {
        struct vf_header headers[] = {{VF_SLICE_LITERAL("h"), VF_SLICE_LITERAL("1")},
                                      {VF_SLICE_LITERAL("h"), {NULL, 0}}};
        struct vf_record record = {.topic = vf_slice_of(topic),
                                   .partition = entries[i].partition,
                                   .timestamp_ms = entries[i].timestamp,
                                   .key = vf_slice_of("k"),
                                   .value = vf_slice_of(entries[i].value),
                                   .headers = headers,
                                   .header_count = i % 2 ? 2 : 0};
        struct vf_origin origin = {"file", i + 1, i + 1};
        assert_int_equal(vf_sender_send(sender, &record, &origin, &err), 0);
    }
    assert_int_equal(vf_sender_drain(sender, -1, &err), 0);
    vf_sender_free(sender);
}

static struct vf_topic_reader *open_reader(const char *const *topics, size_t count,
                                           const char *start, const char *end)
{
    struct vf_topic_reader_config config = {
        .settings = settings, .topics = topics, .topic_count = count, .timeout_ms = TIMEOUT_MS};
    struct vf_topic_reader *reader;
    struct vf_error err = {0};

    assert_int_equal(vf_bound_parse(vf_slice_of(start), 0, &config.start, &err), 0);
    assert_int_equal(vf_bound_parse(vf_slice_of(end), 0, &config.end, &err), 0);
    if (vf_topic_reader_open(&config, &reader, &err))
        fail_msg("%s", err.text);
    return reader;
}

/* The next record, or false at the end. */
static bool next(struct vf_topic_reader *reader, struct vf_record *record)
{
    struct vf_error err = {0};

    for (int i = 0; i < WAITS_MAX; i++) {
        int rc = vf_topic_reader_next(reader, record, &err);
        if (rc == VF_ENOENT)
            return false;
        if (rc != VF_EAGAIN) {
            assert_int_equal(rc, 0);
            return true;
        }
    }
    fail_msg("nothing came");
    return false;
}

/* All values, one after the other. */
static void expect_values(struct vf_topic_reader *reader, const char *expected)
{
    struct vf_record record;
    char seen[1024] = "";

    while (next(reader, &record)) {
        size_t used = strlen(seen);
        snprintf(seen + used, sizeof seen - used, "%.*s ", VF_SLICE_PRINT(record.value));
    }
    assert_string_equal(seen, expected);
}

static const struct entry entries[] = {
    {0, 1000, "a"}, {0, 3000, "c"}, {0, 2500, "c2"}, {0, 7000, "g"},
    {1, 2000, "b"}, {1, 5000, "e"}, {1, 6000, "f"},  {2, 4000, "d"},
};
enum { ENTRIES = sizeof entries / sizeof *entries };

static void partitions_are_merged_by_time(void **state)
{
    const char *topics[] = {"merge"};
    struct vf_error err;
    struct vf_record record;
    (void)state;

    assert_int_equal(vf_mock_topic(mock, "merge", 4, &err), 0);
    send_entries("merge", entries, ENTRIES);
    struct vf_topic_reader *reader = open_reader(topics, 1, "beginning", "end");
    assert_int_equal(vf_topic_reader_span(reader), ENTRIES);
    assert_true(next(reader, &record));
    assert_slice(record.topic, "merge");
    assert_slice(record.key, "k");
    assert_slice(record.value, "a");
    assert_int_equal(record.partition, 0);
    assert_int_equal(record.offset, 0);
    assert_int_equal(record.timestamp_ms, 1000);
    assert_int_equal(record.timestamp_type, VF_TIMESTAMP_CREATE);
    assert_int_equal(record.header_count, 0);
    /* c2 is older than c, but behind it in its partition. */
    expect_values(reader, "b c c2 d e f g ");
    assert_int_equal(vf_topic_reader_passed(reader), ENTRIES);
    vf_topic_reader_close(reader);
}

static void bounds_hold(void **state)
{
    const char *topics[] = {"merge"};
    (void)state;

    struct vf_topic_reader *reader = open_reader(topics, 1, "last:1", "end");
    expect_values(reader, "d f g ");
    vf_topic_reader_close(reader);
    reader = open_reader(topics, 1, "offset:1", "offset:3");
    expect_values(reader, "c c2 e f ");
    vf_topic_reader_close(reader);
    reader = open_reader(topics, 1, "offset:99", "end");
    expect_values(reader, "");
    vf_topic_reader_close(reader);
    reader = open_reader(topics, 1, "beginning", "offset:0");
    expect_values(reader, "");
    assert_int_equal(vf_topic_reader_span(reader), 0);
    vf_topic_reader_close(reader);
}

static void partitions_are_chosen(void **state)
{
    const char *topics[] = {"merge"};
    struct vf_topic_reader_config config = {.settings = settings,
                                            .topics = topics,
                                            .topic_count = 1,
                                            .start = {VF_BOUND_BEGINNING, 0},
                                            .end = {VF_BOUND_END, 0},
                                            .timeout_ms = TIMEOUT_MS};
    struct vf_topic_reader *reader;
    struct vf_error err;
    (void)state;

    assert_int_equal(vf_partitions_parse(vf_slice_of("1-2,9"), &config, &err), 0);
    assert_int_equal(vf_topic_reader_open(&config, &reader, &err), 0);
    expect_values(reader, "b d e f ");
    vf_topic_reader_close(reader);
    assert_int_equal(vf_partitions_parse(vf_slice_of("7"), &config, &err), 0);
    assert_int_equal(vf_topic_reader_open(&config, &reader, &err), VF_EKAFKA);
    assert_contains(err.text, "none of the partitions");
    static const char *const wrong[] = {"", "a", "1-", "-1", "2-1", "1,,2", "1;2"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(vf_partitions_parse(vf_slice_of(wrong[i]), &config, &err), VF_EUSAGE);
}

static void one_partition_alone(void **state)
{
    const char *topics[] = {"merge"};
    struct vf_record record;
    struct vf_error err;
    int rc;
    (void)state;

    struct vf_topic_reader *reader = open_reader(topics, 1, "beginning", "end");
    for (int i = 4; i < 7; i++) {
        do {
            rc = vf_topic_reader_next_of(reader, vf_slice_of("merge"), 1, &record, &err);
        } while (rc == VF_EAGAIN);
        assert_int_equal(rc, 0);
        assert_slice(record.value, entries[i].value);
    }
    assert_int_equal(vf_topic_reader_next_of(reader, vf_slice_of("merge"), 1, &record, &err),
                     VF_ENOENT);
    assert_int_equal(vf_topic_reader_next_of(reader, vf_slice_of("merge"), 9, &record, &err),
                     VF_ENOENT);
    assert_int_equal(vf_topic_reader_next_of(reader, vf_slice_of("other"), 1, &record, &err),
                     VF_ENOENT);
    vf_topic_reader_close(reader);
}

static void several_topics_and_headers(void **state)
{
    static const struct entry late[] = {{0, 4500, "x"}, {0, 9000, "y"}};
    const char *topics[] = {"merge", "second"};
    struct vf_error err;
    struct vf_record record;
    (void)state;

    assert_int_equal(vf_mock_topic(mock, "second", 1, &err), 0);
    send_entries("second", late, 2);
    struct vf_topic_reader *reader = open_reader(topics, 2, "beginning", "end");
    for (int i = 0; i < 5; i++)
        assert_true(next(reader, &record));
    assert_slice(record.value, "d");
    assert_int_equal(record.header_count, 2);
    assert_slice(record.headers[0].value, "1");
    assert_null(record.headers[1].value.ptr);
    expect_values(reader, "x e f g y ");
    vf_topic_reader_close(reader);
}

static void a_follower_waits_for_more(void **state)
{
    static const struct entry more[] = {{1, 8000, "new"}, {0, 8001, "newer"}};
    const char *topics[] = {"follow"};
    struct vf_record record;
    struct vf_error err;
    (void)state;

    assert_int_equal(vf_mock_topic(mock, "follow", 3, &err), 0);
    send_entries("follow", entries, 3);
    struct vf_topic_reader *reader = open_reader(topics, 1, "beginning", "never");
    for (int i = 0; i < 3; i++)
        assert_true(next(reader, &record));
    assert_slice(record.value, "c2");
    int rc = 0;
    for (int i = 0; i < 20; i++)
        rc |= vf_topic_reader_next(reader, &record, &err);
    assert_int_equal(rc, VF_EAGAIN);
    send_entries("follow", more, 2);
    assert_true(next(reader, &record));
    assert_true(next(reader, &record));
    assert_int_equal(vf_topic_reader_next(reader, &record, &err), VF_EAGAIN);
    assert_int_equal(vf_topic_reader_span(reader), 0);
    vf_topic_reader_close(reader);
}

/* Far more than is taken at once, in many partitions: all of it, each partition in order. */
static void many_records(void **state)
{
    enum { COUNT = 20000, PARTITIONS = 16 };
    const char *topics[] = {"many"};
    struct vf_sender_events events = {on_delivery, NULL};
    int64_t offsets[PARTITIONS] = {0};
    struct vf_sender *sender;
    struct vf_record record;
    struct vf_error err;
    uint64_t seed = 3;
    (void)state;

    assert_int_equal(vf_mock_topic(mock, "many", PARTITIONS, &err), 0);
    assert_int_equal(vf_sender_create(&settings, TIMEOUT_MS, &events, &sender, &err), 0);
    for (int i = 0; i < COUNT; i++) {
        struct vf_origin origin = {"file", (uint64_t)i, (uint64_t)i};
        struct vf_record out = {.topic = vf_slice_of("many"),
                                .partition = (int32_t)(test_random(&seed) % PARTITIONS),
                                .timestamp_ms = 1000 + i,
                                .value = vf_slice_of("v")};
        assert_int_equal(vf_sender_send(sender, &out, &origin, &err), 0);
    }
    assert_int_equal(vf_sender_drain(sender, -1, &err), 0);
    vf_sender_free(sender);

    struct vf_topic_reader *reader = open_reader(topics, 1, "beginning", "end");
    for (int i = 0; i < COUNT; i++) {
        assert_true(next(reader, &record));
        assert_int_equal(record.timestamp_ms, 1000 + i);
        assert_int_equal(record.offset, offsets[record.partition]++);
    }
    assert_false(next(reader, &record));
    vf_topic_reader_close(reader);
}

/* The same bounds give the same records again, whatever was added since. */
static void bounds_are_kept(void **state)
{
    static const struct entry more[] = {{0, 1500, "late"}, {2, 9999, "later"}};
    const char *topics[] = {"kept"};
    struct vf_lane_bounds bounds[4];
    struct vf_error err;
    (void)state;

    assert_int_equal(vf_mock_topic(mock, "kept", 4, &err), 0);
    send_entries("kept", entries, ENTRIES);
    struct vf_topic_reader *reader = open_reader(topics, 1, "offset:1", "end");
    assert_int_equal(vf_topic_reader_bound_count(reader), 4);
    for (size_t i = 0; i < 4; i++)
        bounds[i] = vf_topic_reader_bounds(reader, i);
    expect_values(reader, "c c2 e f g ");
    vf_topic_reader_close(reader);
    send_entries("kept", more, 2);

    struct vf_topic_reader_config config = {.settings = settings,
                                            .topics = topics,
                                            .topic_count = 1,
                                            .start = {VF_BOUND_BEGINNING, 0},
                                            .end = {VF_BOUND_END, 0},
                                            .bounds = bounds,
                                            .bound_count = 4,
                                            .timeout_ms = TIMEOUT_MS};
    assert_int_equal(vf_topic_reader_open(&config, &reader, &err), 0);
    expect_values(reader, "c c2 e f g ");
    vf_topic_reader_close(reader);
    config.bound_count = 1; /* a partition without bounds is not read */
    assert_int_equal(vf_topic_reader_open(&config, &reader, &err), 0);
    expect_values(reader, "c c2 g ");
    vf_topic_reader_close(reader);
    bounds[0].end = 999;
    assert_int_equal(vf_topic_reader_open(&config, &reader, &err), VF_EKAFKA);
    assert_contains(err.text, "no longer all there");
}

static void what_cannot_be_read(void **state)
{
    const char *topics[] = {"nonexistent"};
    struct vf_topic_reader_config config = {.settings = settings,
                                            .topics = topics,
                                            .topic_count = 1,
                                            .end = {VF_BOUND_END, 0},
                                            .timeout_ms = 2000};
    struct vf_pairs nowhere = {1,
                               {{vf_slice_of("bootstrap.servers"), vf_slice_of("127.0.0.1:1"), 1}}};
    struct vf_topic_reader *reader;
    struct vf_error err = {0};
    (void)state;

    vf_mock_topic_error(mock, "nonexistent", 3 /* unknown topic or partition */);
    assert_int_equal(vf_topic_reader_open(&config, &reader, &err), VF_EKAFKA);
    assert_contains(err.text, "nonexistent: ");
    config.settings.common = &nowhere;
    config.timeout_ms = 300;
    assert_int_equal(vf_topic_reader_open(&config, &reader, &err), VF_EKAFKA);
    assert_contains(err.text, "refused");
    assert_null(reader);
}

static void no_memory(void **state)
{
    const char *topics[] = {"merge"};
    struct vf_topic_reader_config config = {.settings = settings,
                                            .topics = topics,
                                            .topic_count = 1,
                                            .end = {VF_BOUND_END, 0},
                                            .timeout_ms = TIMEOUT_MS};
    int rc = VF_ENOMEM;
    struct vf_error err;
    (void)state;

    for (unsigned long n = 1; n < 10000 && rc; n += n < 16 ? 1 : n / 4) {
        struct vf_topic_reader *reader;
        vf_memory_fail_after(n);
        rc = vf_topic_reader_open(&config, &reader, &err);
        vf_memory_fail_after(0);
        assert_true(rc == 0 || (rc == VF_ENOMEM && !reader));
        vf_topic_reader_close(reader);
    }
    assert_int_equal(rc, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partitions_are_merged_by_time),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(partitions_are_chosen),
        cmocka_unit_test(one_partition_alone),
        cmocka_unit_test(several_topics_and_headers),
        cmocka_unit_test(a_follower_waits_for_more),
        cmocka_unit_test(many_records),
        cmocka_unit_test(bounds_are_kept),
        cmocka_unit_test(what_cannot_be_read),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
