#include "topic_admin.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>

/* The answer to a request, or NULL after timeout_ms; to be destroyed. */
static rd_kafka_event_t *wait_for(rd_kafka_queue_t *queue, int timeout_ms, struct vf_error *err)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, timeout_ms);

    if (!event) {
        vf_error_set(err, VF_EKAFKA, "no answer within %d ms", timeout_ms);
    } else if (rd_kafka_event_error(event)) {
        vf_error_set(err, VF_EKAFKA, "%s", rd_kafka_event_error_string(event));
        rd_kafka_event_destroy(event);
        event = NULL;
    }
    return event;
}

static int find_setting(const rd_kafka_ConfigResource_t *resource, const char *setting, char *out,
                        size_t size, struct vf_error *err)
{
    size_t count;

    if (rd_kafka_ConfigResource_error(resource))
        return vf_error_set(err, VF_EKAFKA, "%s", rd_kafka_ConfigResource_error_string(resource));
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), setting) != 0)
            continue;
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        snprintf(out, size, "%s", value ? value : "");
        return VF_OK;
    }
    return vf_error_set(err, VF_ENOENT, "no setting \"%s\"", setting);
}

int vf_topic_setting(struct rd_kafka_s *client, const char *topic, const char *setting, char *out,
                     size_t size, int timeout_ms, struct vf_error *err)
{
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    int rc = VF_EKAFKA;

    rd_kafka_DescribeConfigs(client, &resource, 1, NULL, queue);
    rd_kafka_event_t *event = wait_for(queue, timeout_ms, err);
    if (event) {
        size_t count;
        const rd_kafka_ConfigResource_t **found = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event), &count);
        rc = count ? find_setting(found[0], setting, out, size, err)
                   : vf_error_set(err, VF_EKAFKA, "an empty answer");
        rd_kafka_event_destroy(event);
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_ConfigResource_destroy(resource);
    if (rc)
        vf_error_prefix(err, "%s", topic);
    return rc;
}

static int check_created(rd_kafka_event_t *event, struct vf_error *err)
{
    size_t count;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    rd_kafka_resp_err_t code =
        count ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR_UNKNOWN;

    if (!code || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return VF_OK;
    const char *text = count ? rd_kafka_topic_result_error_string(results[0]) : NULL;
    return vf_error_set(err, VF_EKAFKA, "%s", text ? text : rd_kafka_err2str(code));
}

int vf_topic_create(struct rd_kafka_s *client, const char *topic, int partitions,
                    const char *policy, int timeout_ms, struct vf_error *err)
{
    char reason[256] = "";
    rd_kafka_NewTopic_t *wanted =
        rd_kafka_NewTopic_new(topic, partitions, -1, reason, sizeof reason);

    if (!wanted)
        return vf_error_set(err, VF_EKAFKA, "%s: %s", topic, reason);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_NewTopic_set_config(wanted, "cleanup.policy", policy);
    rd_kafka_CreateTopics(client, &wanted, 1, NULL, queue);
    rd_kafka_event_t *event = wait_for(queue, timeout_ms, err);
    int rc = event ? check_created(event, err) : VF_EKAFKA;
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(wanted);
    if (rc)
        vf_error_prefix(err, "%s", topic);
    return rc;
}
