/* Whole runs of the producer's commands against the mock cluster: what they send, say and
 * return. */
#include "test_support.h"

#include "kafka/mock.h"
#include "tool.h"
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct vf_mock *mock;
static char said[65536]; /* on standard error, by the last run */
static char path_a[] = "/tmp/unit_tool_a_XXXXXX";
static char path_b[] = "/tmp/unit_tool_b_XXXXXX";

static const char visit[] = "{\"event_id\":\"v\",\"source\":\"s\",\"visit_type\":\"STATE\"}\n";
static const char meeting[] = "{\"event_id\":\"m\",\"source\":\"s\",\"modality\":\"ONLINE\"}\n";

static int set_up(void **state)
{
    struct vf_error err;
    (void)state;
    close(mkstemp(path_a));
    close(mkstemp(path_b));
    return vf_mock_create(1, &mock, &err) || vf_mock_topic(mock, "parliament.visits", 1, &err) ||
           vf_mock_topic(mock, "parliament.meetings", 1, &err);
}

static int tear_down(void **state)
{
    (void)state;
    vf_mock_free(mock);
    unlink(path_a);
    unlink(path_b);
    return 0;
}

static void write_text(const char *path, const char *const *parts)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (; *parts; parts++)
        fputs(*parts, file);
    fclose(file);
}
#define WRITE(path, ...) write_text(path, (const char *const[]){__VA_ARGS__, NULL})

/* Runs the tool; its standard error goes to said. */
static int run_tool(const char *const *arguments)
{
    char path[] = "/tmp/unit_tool_err_XXXXXX";
    char *argv[64] = {(char *)"visitfeed-producer"};
    int argc = 1;
    int file = mkstemp(path);
    int saved = dup(STDERR_FILENO);

    for (; *arguments; arguments++)
        argv[argc++] = (char *)*arguments;
    fflush(stderr);
    dup2(file, STDERR_FILENO);
    int code = vf_tool_main(argc, argv);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    lseek(file, 0, SEEK_SET);
    ssize_t n = read(file, said, sizeof said - 1);
    said[n > 0 ? n : 0] = '\0';
    close(file);
    unlink(path);
    return code;
}
#define RUN(...) run_tool((const char *const[]){__VA_ARGS__, NULL})
#define RUN_ON_MOCK(...) RUN(__VA_ARGS__, "-b", vf_mock_bootstrap(mock))

/* Records in partition 0 of the topic. */
static int64_t count_records(const char *topic)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char reason[200];
    int64_t low, high;

    rd_kafka_conf_set(conf, "bootstrap.servers", vf_mock_bootstrap(mock), reason, sizeof reason);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    assert_int_equal(rd_kafka_query_watermark_offsets(client, topic, 0, &low, &high, 10000), 0);
    rd_kafka_destroy(client);
    return high;
}

static void each_kind_goes_to_its_topic(void **state)
{
    int64_t visits = count_records("parliament.visits");
    int64_t meetings = count_records("parliament.meetings");
    (void)state;

    WRITE(path_a, visit, meeting, visit);
    assert_int_equal(RUN_ON_MOCK(path_a), VF_TOOL_OK);
    assert_contains(said, "read=3 sent=3 skipped=0 failed=0 acknowledged=3 undelivered=0");
    assert_int_equal(count_records("parliament.visits"), visits + 2);
    assert_int_equal(count_records("parliament.meetings"), meetings + 1);

    /* Both to one topic, named twice: by flag and by configuration. */
    assert_int_equal(RUN_ON_MOCK("send", "--topic", "parliament.meetings", "--quiet", path_a),
                     VF_TOOL_OK);
    assert_string_equal(said, "");
    assert_int_equal(RUN_ON_MOCK("--set", "input.visits=parliament.meetings", path_a), VF_TOOL_OK);
    assert_int_equal(count_records("parliament.visits"), visits + 2);
    assert_int_equal(count_records("parliament.meetings"), meetings + 7);
}

static void bad_records_stop_or_are_skipped(void **state)
{
    int64_t visits = count_records("parliament.visits");
    char name[128];
    (void)state;

    WRITE(path_a, visit, "{\"visit_type\":\"STATE\",\"source\":\"s\",\"event_id\":7}\n", visit,
          "nonsense\n", visit);
    assert_int_equal(RUN_ON_MOCK(path_a), VF_TOOL_FAILURE);
    snprintf(name, sizeof name, "%s:2: event_id: ", path_a);
    assert_contains(said, name);
    assert_contains(said, "read=2 sent=1 skipped=0 failed=1 acknowledged=1");
    assert_int_equal(count_records("parliament.visits"), visits + 1);

    assert_int_equal(RUN_ON_MOCK("--on-error", "skip", path_a), VF_TOOL_FAILURE);
    snprintf(name, sizeof name, "%s:4: no JSON", path_a);
    assert_contains(said, name);
    assert_contains(said, "read=5 sent=3 skipped=2 failed=0 acknowledged=3");
    assert_int_equal(RUN_ON_MOCK("--on-error=skip", "--allow-skipped", path_a), VF_TOOL_OK);
    assert_int_equal(count_records("parliament.visits"), visits + 7);

    assert_int_equal(RUN_ON_MOCK("--on-error", "dead-letter", path_b, path_a), VF_TOOL_FAILURE);
    FILE *file = fopen(path_b, "r");
    char line[512];
    assert_non_null(fgets(line, sizeof line, file));
    assert_contains(line, "\"line\":2,\"code\":\"EDATA\",\"reason\":\"event_id: ");
    assert_non_null(fgets(line, sizeof line, file));
    assert_contains(line, "\"line\":4,\"code\":\"EJSON\"");
    assert_contains(line, "\"text\":\"nonsense\"");
    assert_null(fgets(line, sizeof line, file));
    fclose(file);
}

static void a_record_the_cluster_cannot_take(void **state)
{
    (void)state;
    /* Too large for the client: told like a bad record. */
    FILE *file = fopen(path_a, "wb");
    fputs(visit, file);
    fputs("{\"event_id\":\"big\",\"source\":\"s\",\"visit_type\":\"STATE\",\"occasion\":\"", file);
    for (int i = 0; i < 1500000; i++)
        fputc('x', file);
    fputs("\"}\n", file);
    fputs(visit, file);
    fclose(file);
    assert_int_equal(RUN_ON_MOCK("-X", "message.max.bytes=1000000", "--on-error", "skip", path_a),
                     VF_TOOL_FAILURE);
    assert_contains(said, ":2: ");
    assert_contains(said, "too large");
    assert_contains(said, "read=3 sent=2 skipped=1 failed=0 acknowledged=2");

    /* Refused by the cluster: sent, and not acknowledged. */
    WRITE(path_a, visit);
    vf_mock_fail(mock, VF_MOCK_PRODUCE, 29 /* topic authorization failed */, 100);
    assert_int_equal(RUN_ON_MOCK(path_a), VF_TOOL_FAILURE);
    vf_mock_clear(mock, VF_MOCK_PRODUCE);
    assert_contains(said, ":1: not delivered to parliament.visits: ");
    assert_contains(said, "read=1 sent=1 skipped=0 failed=0 acknowledged=0 undelivered=1");
}

static void limits_dry_runs_and_rates(void **state)
{
    int64_t visits = count_records("parliament.visits");
    (void)state;

    WRITE(path_a, visit, visit, visit, visit, visit, visit);
    assert_int_equal(RUN("--dry-run", path_a), VF_TOOL_OK);
    assert_contains(said, "dry run");
    assert_contains(said, "read=6 sent=6");
    assert_int_equal(RUN_ON_MOCK("--limit", "2", path_a, path_a), VF_TOOL_OK);
    assert_contains(said, "read=2 sent=2");
    assert_int_equal(count_records("parliament.visits"), visits + 2);
    assert_int_equal(RUN("--dry-run", "--rate", "20/s", path_a), VF_TOOL_OK);
    const char *seconds = strstr(said, "seconds=");
    assert_non_null(seconds);
    assert_true(atof(seconds + 8) >= 0.24 && atof(seconds + 8) < 2); /* 5 gaps of 50 ms */
}

static void files_that_are_not_there(void **state)
{
    (void)state;
    WRITE(path_a, visit);
    assert_int_equal(RUN("--dry-run", "/nonexistent/a", path_a), VF_TOOL_FAILURE);
    assert_contains(said, "/nonexistent/a: ");
    assert_contains(said, "read=0");
    assert_int_equal(RUN("--dry-run", "--on-error", "skip", "/nonexistent/a", path_a),
                     VF_TOOL_FAILURE);
    assert_contains(said, "read=1 sent=1");
    WRITE(path_b, "[", "{\"event_id\":\"v\",\"source\":\"s\",\"stops\":[]}", " 7]");
    assert_int_equal(RUN("--dry-run", "--on-error", "skip", path_b, path_a), VF_TOOL_FAILURE);
    assert_contains(said, "the rest is not read");
    assert_contains(said, "read=3 sent=2 skipped=0 failed=1");
}

static void wrong_use_and_wrong_configuration(void **state)
{
    (void)state;
    assert_int_equal(RUN("--dry-run"), VF_TOOL_USAGE);
    assert_contains(said, "FILE... is missing");
    assert_int_equal(RUN("--brokres", "x", path_a), VF_TOOL_USAGE);
    assert_contains(said, "did you mean --brokers?");
    assert_int_equal(RUN("sned", path_a), VF_TOOL_USAGE);
    assert_contains(said, "did you mean \"send\"?");
    assert_int_equal(RUN("--rate", "fast", path_a), VF_TOOL_USAGE);
    assert_int_equal(RUN("--framing", "cbor", path_a), VF_TOOL_USAGE);
    assert_int_equal(RUN("--framing", "header", path_a), VF_TOOL_USAGE);
    assert_int_equal(RUN("--schema-id", "7", path_a), VF_TOOL_USAGE);
    assert_int_equal(RUN("--schema-id", "visit=x", path_a), VF_TOOL_USAGE);
    assert_int_equal(RUN("--timestamp", "soon", path_a), VF_TOOL_USAGE);
    assert_int_equal(RUN("--add-header", "novalue", path_a), VF_TOOL_USAGE);
    assert_int_equal(RUN("--kind", "visti", path_a), VF_TOOL_USAGE);
    assert_int_equal(RUN("--config", "/nonexistent.ini", path_a), VF_TOOL_CONFIG);
    assert_int_equal(RUN("--set", "input.vists=x", path_a), VF_TOOL_CONFIG);
    assert_contains(said, "visits");
    assert_int_equal(RUN("-X", "linger.sm=3", path_a), VF_TOOL_CONFIG);
    assert_contains(said, "linger.ms");
}

static void no_broker_is_told_soon(void **state)
{
    (void)state;
    WRITE(path_a, visit);
    assert_int_equal(RUN("-b", "127.0.0.1:1", "--connect-timeout", "300ms", path_a),
                     VF_TOOL_FAILURE);
    assert_contains(said, "no broker answered within 300 ms");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_goes_to_its_topic),
        cmocka_unit_test(bad_records_stop_or_are_skipped),
        cmocka_unit_test(a_record_the_cluster_cannot_take),
        cmocka_unit_test(limits_dry_runs_and_rates),
        cmocka_unit_test(files_that_are_not_there),
        cmocka_unit_test(wrong_use_and_wrong_configuration),
        cmocka_unit_test(no_broker_is_told_soon),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
