/*
 * Settings of the Kafka client library: visitfeed's own defaults, then the pass-through sections
 * [kafka], [kafka.consumer] and [kafka.producer] of the configuration file.
 */
#ifndef VF_KAFKA_CLIENT_CONFIG_H
#define VF_KAFKA_CLIENT_CONFIG_H

#include "base/error.h"
#include "base/options.h"

enum vf_client_role { VF_CLIENT_CONSUMER, VF_CLIENT_PRODUCER };

/* Sections may be NULL. A property of [kafka] that only the other role has is passed over; the
 * role's own section wins over [kafka], a later line over an earlier one. */
struct vf_client_settings {
    const struct vf_pairs *common;
    const struct vf_pairs *consumer;
    const struct vf_pairs *producer;
    const char *transactional_id;    /* NULL: the producer has no transactions */
    uint32_t transaction_timeout_ms; /* with it: when brokers abort what is left open */
};

/* rd_kafka_conf_t; the library's header stays out of this one. */
struct rd_kafka_conf_s;

/* A configuration for the library; the caller owns it until a client takes it. VF_ECONFIG: err
 * names section, line and key, and for an unknown one the nearest known; never a value. */
int vf_client_config_build(const struct vf_client_settings *settings, enum vf_client_role role,
                           struct rd_kafka_conf_s **out, struct vf_error *err);
/* The same checks for both roles without keeping anything. */
int vf_client_config_check(const struct vf_client_settings *settings, struct vf_error *err);

/* "2.0.2": of the library in use, which may be newer than the one compiled against. */
const char *vf_client_library_version(void);
/* Logs the library's version, and a warning for each known defect of it that these settings
 * would meet. */
void vf_client_library_log(const struct vf_client_settings *settings);

#endif
