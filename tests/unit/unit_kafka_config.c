/* Defaults, pass-through and refusals of client settings. */
#include "kafka/client_config.h"
#include "observe/log.h"
#include "unit_kafka_harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct vf_pairs *common;
    struct vf_pairs *consumer;
    struct vf_pairs *producer;
    struct vf_client_settings settings;
    struct vf_error err;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->common = pairs_new();
    fixture->consumer = pairs_new();
    fixture->producer = pairs_new();
    fixture->settings = (struct vf_client_settings){
        .common = fixture->common, .consumer = fixture->consumer, .producer = fixture->producer};
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    free(fixture->common);
    free(fixture->consumer);
    free(fixture->producer);
    free(fixture);
    return 0;
}

static void assert_value(struct fixture *fixture, enum vf_client_role role, const char *name,
                         const char *expected)
{
    rd_kafka_conf_t *conf;
    char value[256];
    size_t size = sizeof value;
    if (vf_client_config_build(&fixture->settings, role, &conf, &fixture->err))
        fail_msg("%s", fixture->err.text);
    assert_int_equal(rd_kafka_conf_get(conf, name, value, &size), RD_KAFKA_CONF_OK);
    assert_string_equal(value, expected);
    rd_kafka_conf_destroy(conf);
}

static void assert_refused(struct fixture *fixture, const char *part)
{
    assert_int_equal(vf_client_config_check(&fixture->settings, &fixture->err), VF_ECONFIG);
    if (!strstr(fixture->err.text, part))
        fail_msg("\"%s\" does not say \"%s\"", fixture->err.text, part);
}

static void test_defaults_hold_without_any_section(void **state)
{
    struct fixture *fixture = *state;
    fixture->settings = (struct vf_client_settings){0};
    assert_int_equal(vf_client_config_check(&fixture->settings, &fixture->err), 0);
    assert_value(fixture, VF_CLIENT_CONSUMER, "bootstrap.servers", "localhost:9092");
    assert_value(fixture, VF_CLIENT_CONSUMER, "group.id", "visitfeed");
    assert_value(fixture, VF_CLIENT_CONSUMER, "enable.auto.commit", "false");
    assert_value(fixture, VF_CLIENT_CONSUMER, "enable.auto.offset.store", "false");
    assert_value(fixture, VF_CLIENT_CONSUMER, "auto.offset.reset", "smallest");
    assert_value(fixture, VF_CLIENT_PRODUCER, "enable.idempotence", "true");
    assert_value(fixture, VF_CLIENT_PRODUCER, "message.timeout.ms", "0");
    assert_value(fixture, VF_CLIENT_PRODUCER, "acks", "-1");
    assert_value(fixture, VF_CLIENT_PRODUCER, "socket.nagle.disable", "true");
}

static void test_sections_and_their_order(void **state)
{
    struct fixture *fixture = *state;
    pairs_add(fixture->common, "client.id", "common");
    pairs_add(fixture->common, "fetch.wait.max.ms", "20"); /* the consumer's alone */
    pairs_add(fixture->common, "linger.ms", "7");          /* the producer's alone */
    pairs_add(fixture->producer, "client.id", "first");
    pairs_add(fixture->producer, "client.id", "second");
    assert_int_equal(vf_client_config_check(&fixture->settings, &fixture->err), 0);
    assert_value(fixture, VF_CLIENT_CONSUMER, "client.id", "common");
    assert_value(fixture, VF_CLIENT_PRODUCER, "client.id", "second");
    assert_value(fixture, VF_CLIENT_CONSUMER, "fetch.wait.max.ms", "20");
    assert_value(fixture, VF_CLIENT_PRODUCER, "linger.ms", "7");
    assert_value(fixture, VF_CLIENT_CONSUMER, "linger.ms", "5"); /* passed over */
}

static void test_fetch_size_follows_the_message_size(void **state)
{
    struct fixture *fixture = *state;
    struct vf_pair *size;
    assert_value(fixture, VF_CLIENT_CONSUMER, "fetch.max.bytes", "1048576");
    pairs_add(fixture->common, "message.max.bytes", "5000000");
    size = &fixture->common->items[0];
    assert_value(fixture, VF_CLIENT_CONSUMER, "fetch.max.bytes", "5000000");
    size->value = vf_slice_of("1000");
    assert_value(fixture, VF_CLIENT_CONSUMER, "fetch.max.bytes", "1048576");
    pairs_add(fixture->consumer, "fetch.max.bytes", "3000000");
    assert_value(fixture, VF_CLIENT_CONSUMER, "fetch.max.bytes", "3000000");
}

static void test_topic_properties_and_aliases(void **state)
{
    struct fixture *fixture = *state;
    pairs_add(fixture->producer, "compression.codec", "snappy");
    pairs_add(fixture->consumer, "auto.offset.reset", "latest");
    pairs_add(fixture->consumer, "max.partition.fetch.bytes", "4096");
    assert_int_equal(vf_client_config_check(&fixture->settings, &fixture->err), 0);
    assert_value(fixture, VF_CLIENT_PRODUCER, "compression.type", "snappy");
    assert_value(fixture, VF_CLIENT_CONSUMER, "fetch.message.max.bytes", "4096");
}

static void test_unknown_property_names_the_nearest(void **state)
{
    struct fixture *fixture = *state;
    pairs_add(fixture->consumer, "client.id", "x");
    pairs_add(fixture->consumer, "fetch.min.byts", "1");
    assert_refused(fixture, "line 2: [kafka.consumer] fetch.min.byts");
    assert_refused(fixture, "did you mean fetch.min.bytes?");
}

static void test_unknown_property_of_the_common_section(void **state)
{
    struct fixture *fixture = *state;
    pairs_add(fixture->common, "zzzzzzzzzzzz", "1");
    assert_refused(fixture, "[kafka] zzzzzzzzzzzz: no such Kafka property");
    assert_null(strstr(fixture->err.text, "did you mean"));
}

static void test_property_of_the_other_role(void **state)
{
    struct fixture *fixture = *state;
    pairs_add(fixture->consumer, "linger.ms", "1");
    assert_refused(fixture, "[kafka.consumer] linger.ms: is a property of the producer");
}

static void test_invalid_value(void **state)
{
    struct fixture *fixture = *state;
    pairs_add(fixture->producer, "linger.ms", "soon");
    assert_refused(fixture, "line 1: [kafka.producer] linger.ms");
    assert_refused(fixture, "Invalid value");
}

static void test_secrets_are_not_told(void **state)
{
    struct fixture *fixture = *state;
    pairs_add(fixture->common, "ssl.key.pem", "hunter2");
    pairs_add(fixture->common, "sasl.kerberos.min.time.before.relogin", "hunter2");
    assert_refused(fixture, "sasl.kerberos.min.time.before.relogin: the value is refused");
    assert_null(strstr(fixture->err.text, "hunter2"));
    pairs_add(fixture->consumer, "sasl.pasword", "hunter2");
    fixture->common->count = 0;
    assert_refused(fixture, "did you mean sasl.password?");
    assert_null(strstr(fixture->err.text, "hunter2"));
}

static void test_owned_properties_are_refused(void **state)
{
    static const char *const names[] = {
        "enable.auto.commit",
        "enable.auto.offset.store",
        "enable.idempotence",
        "acks",
        "message.timeout.ms",
        "delivery.timeout.ms",
        "transactional.id",
        "log.queue",
        "enable.partition.eof",
        "rebalance_cb",
        "dr_msg_cb",
        "opaque",
        "retries",
        "test.mock.num.brokers",
        "interceptors",
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        fixture->common->count = 0;
        pairs_add(fixture->common, names[i], "true");
        assert_refused(fixture, "cannot be set: ");
        assert_refused(fixture, names[i]);
    }
}

static char *log_of(struct fixture *fixture)
{
    static char text[8192];
    FILE *file = tmpfile();
    vf_log_set_fd(fileno(file));
    vf_client_library_log(&fixture->settings);
    vf_log_flush(true);
    vf_log_set_fd(STDERR_FILENO);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void test_known_defects_are_told(void **state)
{
    struct fixture *fixture = *state;
    assert_non_null(strstr(log_of(fixture), vf_client_library_version()));
    assert_null(strstr(log_of(fixture), "cooperative-sticky"));
    pairs_add(fixture->consumer, "partition.assignment.strategy", "cooperative-sticky,range");
    bool told = strstr(log_of(fixture), "cooperative-sticky can loop") != NULL;
    assert_int_equal(told, rd_kafka_version() < 0x020601ff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults_hold_without_any_section, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sections_and_their_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fetch_size_follows_the_message_size, setup, teardown),
        cmocka_unit_test_setup_teardown(test_topic_properties_and_aliases, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_property_names_the_nearest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_property_of_the_common_section, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_property_of_the_other_role, setup, teardown),
        cmocka_unit_test_setup_teardown(test_invalid_value, setup, teardown),
        cmocka_unit_test_setup_teardown(test_secrets_are_not_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_owned_properties_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_known_defects_are_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
