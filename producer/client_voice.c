#include "client_voice.h"

#include "kafka/client.h"
#include "observe/log.h"
#include <stdio.h>
#include <syslog.h>

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    const struct vf_client_voice *voice = rd_kafka_opaque(client);

    /* The tool's own settings are meant as they are. */
    if (strcmp(facility, "CONFWARN") == 0)
        level = LOG_DEBUG;
    vf_client_log_line(level, facility, text, voice->role);
}

static void on_error(rd_kafka_t *client, int code, const char *text, void *opaque)
{
    struct vf_client_voice *voice = opaque;

    (void)client;
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || !voice->last_error[0])
        snprintf(voice->last_error, sizeof voice->last_error, "%s", text);
    vf_log(VF_LOG_WARN, VF_LOG_KAFKA, "client error",
           VF_FIELDS(vf_text("client", voice->role),
                     vf_text("code", rd_kafka_err2name((rd_kafka_resp_err_t)code)),
                     vf_text("error", text)));
}

void vf_client_voice_attach(rd_kafka_conf_t *conf, const char *role, struct vf_client_voice *voice)
{
    voice->role = role;
    rd_kafka_conf_set_opaque(conf, voice);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
}
