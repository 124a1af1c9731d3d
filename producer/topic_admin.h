/*
 * Questions to the cluster about topics, and making one. Each call waits for its answer.
 */
#ifndef VF_PRODUCER_TOPIC_ADMIN_H
#define VF_PRODUCER_TOPIC_ADMIN_H

#include "base/error.h"

struct rd_kafka_s;

/* One setting of a topic, such as "cleanup.policy", with a NUL, cut to size. VF_ENOENT: it has no
 * such setting; VF_EKAFKA: the cluster does not tell, perhaps for want of permission. */
int vf_topic_setting(struct rd_kafka_s *client, const char *topic, const char *setting, char *out,
                     size_t size, int timeout_ms, struct vf_error *err);

/* policy: cleanup.policy. The brokers' standard number of copies is taken. A topic that exists
 * stays as it is, and is no error. VF_EKAFKA. */
int vf_topic_create(struct rd_kafka_s *client, const char *topic, int partitions,
                    const char *policy, int timeout_ms, struct vf_error *err);

#endif
