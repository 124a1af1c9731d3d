#include "kafka/mock.h"

#include "base/memory.h"
#include "observe/log.h"
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>

enum { BROKERS_MAX = 8, ERRORS_MAX = 10000 };

struct vf_mock {
    rd_kafka_t *rk; /* owned; the mock cluster lives in it */
    rd_kafka_mock_cluster_t *cluster;
};

/* Whichever thread the library logs from. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk, (void)level;
    if (vf_log_enabled(VF_LOG_DEBUG, VF_LOG_LIBRDKAFKA))
        vf_log(VF_LOG_DEBUG, VF_LOG_LIBRDKAFKA, "library",
               VF_FIELDS(vf_text("client", "mock"), vf_text("facility", facility),
                         vf_text("text", text)));
}

int vf_mock_create(int brokers, struct vf_mock **out, struct vf_error *err)
{
    char reason[256] = "out of memory";
    if (brokers < 1 || brokers > BROKERS_MAX)
        return vf_error_set(err, VF_EINVAL, "a mock cluster has 1 to %d brokers, not %d",
                            BROKERS_MAX, brokers);
    struct vf_mock *mock = vf_calloc(1, sizeof *mock);
    if (!mock)
        return vf_error_set(err, VF_ENOMEM, "out of memory for the mock cluster");
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, on_log);
    mock->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (!mock->rk) {
        rd_kafka_conf_destroy(conf);
        goto fail;
    }
    mock->cluster = rd_kafka_mock_cluster_new(mock->rk, brokers);
    if (!mock->cluster) {
        snprintf(reason, sizeof reason, "no free ports on 127.0.0.1");
        rd_kafka_destroy(mock->rk);
        goto fail;
    }
    *out = mock;
    return 0;
fail:
    vf_free(mock);
    return vf_error_set(err, VF_EKAFKA, "cannot start a mock cluster: %s", reason);
}

void vf_mock_free(struct vf_mock *mock)
{
    if (!mock)
        return;
    rd_kafka_mock_cluster_destroy(mock->cluster);
    rd_kafka_destroy(mock->rk);
    vf_free(mock);
}

const char *vf_mock_bootstrap(const struct vf_mock *mock)
{
    return rd_kafka_mock_cluster_bootstraps(mock->cluster);
}

int vf_mock_topic(struct vf_mock *mock, const char *topic, int partitions, struct vf_error *err)
{
    rd_kafka_resp_err_t code = rd_kafka_mock_topic_create(mock->cluster, topic, partitions, 1);
    if (code)
        return vf_error_set(err, VF_EKAFKA, "cannot create the topic %s: %s", topic,
                            rd_kafka_err2str(code));
    return 0;
}

void vf_mock_fail(struct vf_mock *mock, enum vf_mock_request request, int code, int count)
{
    for (int i = 0; i < count && i < ERRORS_MAX; i++)
        rd_kafka_mock_push_request_errors(mock->cluster, (int16_t)request, 1,
                                          (rd_kafka_resp_err_t)code);
}

void vf_mock_fail_late(struct vf_mock *mock, int broker, enum vf_mock_request request, int code,
                       int milliseconds)
{
    rd_kafka_mock_broker_push_request_error_rtts(mock->cluster, broker, (int16_t)request, 1,
                                                 (rd_kafka_resp_err_t)code, milliseconds);
}

void vf_mock_clear(struct vf_mock *mock, enum vf_mock_request request)
{
    rd_kafka_mock_clear_request_errors(mock->cluster, (int16_t)request);
}

void vf_mock_set_down(struct vf_mock *mock, int broker, bool down)
{
    if (down)
        rd_kafka_mock_broker_set_down(mock->cluster, broker);
    else
        rd_kafka_mock_broker_set_up(mock->cluster, broker);
}

void vf_mock_set_delay(struct vf_mock *mock, int broker, int milliseconds)
{
    rd_kafka_mock_broker_set_rtt(mock->cluster, broker, milliseconds);
}

void vf_mock_topic_error(struct vf_mock *mock, const char *topic, int code)
{
    rd_kafka_mock_topic_set_error(mock->cluster, topic, (rd_kafka_resp_err_t)code);
}

void vf_mock_set_leader(struct vf_mock *mock, const char *topic, int partition, int broker)
{
    rd_kafka_mock_partition_set_leader(mock->cluster, topic, partition, broker);
}
