/*
 * The client library's mock cluster, inside this process, on 127.0.0.1 and free ports: for the
 * demo and for tests. It keeps the last 5 MiB of each partition and proves nothing about
 * durability or transactions. Any thread.
 */
#ifndef VF_KAFKA_MOCK_H
#define VF_KAFKA_MOCK_H

#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

struct vf_mock;

enum vf_mock_request { /* Kafka's own numbers of requests */
                       VF_MOCK_PRODUCE = 0,
                       VF_MOCK_FETCH = 1,
                       VF_MOCK_METADATA = 3,
                       VF_MOCK_OFFSET_COMMIT = 8,
                       VF_MOCK_JOIN_GROUP = 11,
                       VF_MOCK_HEARTBEAT = 12,
                       VF_MOCK_SYNC_GROUP = 14,
};

/* brokers: 1..8. VF_EKAFKA. */
int vf_mock_create(int brokers, struct vf_mock **out, struct vf_error *err);
void vf_mock_free(struct vf_mock *mock); /* NULL is allowed; clients should be closed before */

/* For bootstrap.servers: "127.0.0.1:1234,127.0.0.1:1235". Lives as long as the mock. */
const char *vf_mock_bootstrap(const struct vf_mock *mock);
int vf_mock_topic(struct vf_mock *mock, const char *topic, int partitions, struct vf_error *err);

/* Tests: the next count requests of this kind are answered with the Kafka error code (-195: the
 * connection breaks). */
void vf_mock_fail(struct vf_mock *mock, enum vf_mock_request request, int code, int count);
/* The same for the next request of one broker, answered after so many milliseconds. */
void vf_mock_fail_late(struct vf_mock *mock, int broker, enum vf_mock_request request, int code,
                       int milliseconds);
void vf_mock_clear(struct vf_mock *mock, enum vf_mock_request request);
/* Tests: broker -1 means all. A broker that is down breaks and refuses connections. */
void vf_mock_set_down(struct vf_mock *mock, int broker, bool down);
void vf_mock_set_delay(struct vf_mock *mock, int broker, int milliseconds);
/* Tests: metadata answers for the topic carry this code; 0: none. */
void vf_mock_topic_error(struct vf_mock *mock, const char *topic, int code);
/* Tests: broker -1: no leader. */
void vf_mock_set_leader(struct vf_mock *mock, const char *topic, int partition, int broker);

#endif
