/*
 * What a Kafka client of the tool says: its log lines and errors go to the log, and the last
 * error of a connection is kept for messages. One client, one thread.
 */
#ifndef VF_PRODUCER_CLIENT_VOICE_H
#define VF_PRODUCER_CLIENT_VOICE_H

#include <librdkafka/rdkafka.h>

/* The first member of the struct that is the client's opaque. */
struct vf_client_voice {
    const char *role;     /* "producer", "consumer" */
    char last_error[256]; /* of a connection; empty: none yet */
};

/* Sets the callbacks and the opaque of a client to be created. */
void vf_client_voice_attach(rd_kafka_conf_t *conf, const char *role, struct vf_client_voice *voice);

#endif
