#include "kafka/client.h"

#include "base/memory.h"
#include "observe/log.h"
#include <stdio.h>
#include <syslog.h>

const char *vf_client_role_name(enum vf_client_role role)
{
    return role == VF_CLIENT_CONSUMER ? "consumer" : "producer";
}

/* A broker's thread. */
static rd_kafka_resp_err_t on_broker_state(rd_kafka_t *rk, int32_t broker, const char *protocol,
                                           const char *name, int port, const char *state,
                                           void *opaque)
{
    atomic_uint *ups = opaque;
    (void)rk, (void)broker, (void)protocol, (void)name, (void)port;
    if (strcmp(state, "UP") == 0)
        atomic_fetch_add(ups, 1);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* The thread that creates the client. */
static rd_kafka_resp_err_t on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *opaque,
                                  char *reason, size_t size)
{
    (void)conf, (void)reason, (void)size;
    return rd_kafka_interceptor_add_on_broker_state_change(rk, "visitfeed", on_broker_state,
                                                           opaque);
}

int vf_client_open(struct vf_client *client, const struct vf_client_settings *settings,
                   enum vf_client_role role, int wanted, const struct vf_client_events *events,
                   struct vf_error *err)
{
    rd_kafka_conf_t *conf;
    char reason[256];

    *client = (struct vf_client){.role = role, .events = *events};
    int code = vf_client_config_build(settings, role, &conf, err);
    if (code)
        return code;
    client->ups = vf_calloc(1, sizeof *client->ups);
    if (!client->ups) {
        rd_kafka_conf_destroy(conf);
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    }
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_ERROR | wanted);
    rd_kafka_conf_interceptor_add_on_new(conf, "visitfeed", on_new, client->ups);
    client->rk = rd_kafka_new(role == VF_CLIENT_CONSUMER ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER,
                              conf, reason, sizeof reason);
    if (!client->rk) {
        rd_kafka_conf_destroy(conf);
        vf_free(client->ups);
        return vf_error_set(err, VF_ECONFIG, "the Kafka %s cannot be created: %s",
                            vf_client_role_name(role), reason);
    }
    client->queue = rd_kafka_queue_get_main(client->rk);
    rd_kafka_set_log_queue(client->rk, client->queue);
    return 0;
}

static void serve_log(struct vf_client *client, rd_kafka_event_t *event)
{
    const char *facility;
    const char *text;
    int level;
    if (rd_kafka_event_log(event, &facility, &text, &level) == 0)
        vf_client_log_line(level, facility, text, vf_client_role_name(client->role));
}

static void serve_error(struct vf_client *client, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    const char *text = rd_kafka_event_error_string(event);
    struct vf_error err;

    if (!rd_kafka_event_error_is_fatal(event)) {
        vf_client_error(client, code, text);
        return;
    }
    vf_error_set(&err, VF_EKAFKA, "the %s failed for good: %s (%s)",
                 vf_client_role_name(client->role), text, rd_kafka_err2name(code));
    client->events.on_fatal(client->events.owner, &err);
}

static bool has_setting(const struct vf_client *client, const char *property, const char *part)
{
    char value[256];
    size_t size = sizeof value;

    return rd_kafka_conf_get(rd_kafka_conf(client->rk), property, value, &size) ==
               RD_KAFKA_CONF_OK &&
           strstr(value, part);
}

bool vf_client_is_cooperative(const struct vf_client *client)
{
    return has_setting(client, "partition.assignment.strategy", "cooperative") ||
           has_setting(client, "group.protocol", "consumer"); /* releases that have it */
}

bool vf_client_serve(struct vf_client *client, int budget)
{
    while (budget-- > 0) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(client->queue, 0);
        bool kept = false;
        if (!event)
            break;
        switch (rd_kafka_event_type(event)) {
        case RD_KAFKA_EVENT_LOG: serve_log(client, event); break;
        case RD_KAFKA_EVENT_ERROR: serve_error(client, event); break;
        default: kept = client->events.on_event(client->events.owner, event); break;
        }
        if (!kept)
            rd_kafka_event_destroy(event);
    }
    return rd_kafka_queue_length(client->queue) > 0;
}

static void went_down(struct vf_client *client, const char *text)
{
    if (client->down)
        return;
    client->down = true;
    client->down_ns = uv_hrtime();
    client->ups_at_down = atomic_load(client->ups);
    vf_log(VF_LOG_ERROR, VF_LOG_KAFKA, "no broker can be reached",
           VF_FIELDS(vf_text("client", vf_client_role_name(client->role)),
                     vf_text("error", client->last_error[0] ? client->last_error : text)));
}

void vf_client_error(struct vf_client *client, rd_kafka_resp_err_t code, const char *text)
{
    enum vf_log_level level = VF_LOG_WARN;
    switch (code) {
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: went_down(client, text); return;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
        snprintf(client->last_error, sizeof client->last_error, "%s", text);
        /* While all are down, each attempt to connect fails anew. */
        if (client->down)
            level = VF_LOG_DEBUG;
        break;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        snprintf(client->last_error, sizeof client->last_error, "%s", text);
        level = VF_LOG_ERROR;
        break;
    default: break;
    }
    vf_log(level, VF_LOG_KAFKA, "client error",
           VF_FIELDS(vf_text("client", vf_client_role_name(client->role)),
                     vf_text("code", rd_kafka_err2name(code)), vf_text("error", text)));
}

static void came_back(struct vf_client *client)
{
    client->down = false;
    client->last_error[0] = '\0';
    vf_log(VF_LOG_INFO, VF_LOG_KAFKA, "brokers can be reached again",
           VF_FIELDS(vf_text("client", vf_client_role_name(client->role))));
}

/* Answers that came before the outage may still have waited in their queues. */
void vf_client_answered(struct vf_client *client)
{
    static const uint64_t stale_ns = 2000000000; /* more than a loop's turn takes */

    if (client->down && uv_hrtime() - client->down_ns > stale_ns)
        came_back(client);
}

void vf_client_tick(struct vf_client *client)
{
    if (client->down && atomic_load(client->ups) != client->ups_at_down)
        came_back(client);
}

static enum vf_log_level level_of(int syslog_level)
{
    if (syslog_level <= LOG_ERR)
        return VF_LOG_ERROR;
    if (syslog_level == LOG_WARNING)
        return VF_LOG_WARN;
    return syslog_level == LOG_DEBUG ? VF_LOG_DEBUG : VF_LOG_INFO;
}

void vf_client_log_line(int syslog_level, const char *facility, const char *text, const char *role)
{
    enum vf_log_level level = level_of(syslog_level);
    /* Connection failures come as error events too, and are told from there. */
    if (strcmp(facility, "FAIL") == 0)
        level = VF_LOG_DEBUG;
    if (!vf_log_enabled(level, VF_LOG_LIBRDKAFKA))
        return;
    vf_log(
        level, VF_LOG_LIBRDKAFKA, "library",
        VF_FIELDS(vf_text("client", role), vf_text("facility", facility), vf_text("text", text)));
}
