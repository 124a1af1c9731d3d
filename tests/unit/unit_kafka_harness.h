/*
 * For tests of the Kafka room: a mock cluster, plain clients of the library as witnesses, and a
 * relay that owns a source and a sink and passes every record through.
 */
#ifndef VF_UNIT_KAFKA_HARNESS_H
#define VF_UNIT_KAFKA_HARNESS_H

#include "kafka/mock.h"
#include "kafka/sink.h"
#include "kafka/source.h"
#include <librdkafka/rdkafka.h>

#define INPUT "feed.in"
#define OUTPUT "feed.out"
#define DEAD "feed.dead"
#define GROUP "relay"

enum { WAIT_MS = 30000 }; /* for anything expected; a slow, sanitized machine still makes it */

struct relay;

struct relay_config {
    struct vf_mock *mock;
    const char *group;        /* NULL: GROUP */
    const char *const *extra; /* "consumer:key=value" or "producer:..."; ends with NULL */
    enum vf_commit_policy commit;
    uint32_t window;
    uint32_t commit_interval_ms;
    uint32_t revoke_timeout_ms;
    uint32_t records_max;
    size_t bytes_max;
    /* Called first for each record; an answer other than VF_TAKE_DONE is given to the source. */
    enum vf_take (*gate)(struct relay *relay, const struct vf_record *record);
    bool withhold; /* outputs are acknowledged to the source by hand only */
};

struct relay {
    struct relay_config config;
    uv_loop_t loop;
    struct vf_source *source; /* NULL once closed */
    struct vf_sink *sink;     /* likewise */
    uint64_t taken;
    uint64_t acknowledged;
    uint64_t failed;   /* deliveries refused for good */
    uint64_t rejected; /* records that came back */
    uint64_t busy;
    uint64_t revokes;
    uint64_t rooms;
    bool source_failed;
    bool sink_failed;
    bool closed_clean;
    uint64_t sink_left;
    bool flushed;
    uint64_t flush_left;
    struct vf_ticket withheld[4096];
    size_t withheld_count;
    char last_reason[480];
    char extra[4][128]; /* settings, taken apart */
    int64_t held[16];   /* for gates: last offset held, by partition */
    int gate_left;      /* likewise */
};

void relay_start(struct relay *relay, const struct relay_config *config);
/* Runs the loop until done(relay) or WAIT_MS; fails the test then. */
void relay_until(struct relay *relay, bool (*done)(struct relay *relay), const char *what);
/* The same for two relays on one loop each. */
void relay_until_both(struct relay *a, struct relay *b,
                      bool (*done)(struct relay *, struct relay *), const char *what);
void relay_run_ms(struct relay *relay, unsigned milliseconds);
/* Closes source, then sink, and the loop. */
void relay_stop(struct relay *relay, uint32_t deadline_ms);

/* Records with key "k<n>" and value "<n>", n from first on, round robin over the partitions. */
void feed(struct vf_mock *mock, const char *topic, int partitions, int first, int count);
void feed_record(struct vf_mock *mock, const char *topic, int partition, const char *key,
                 const void *value, size_t size, int64_t timestamp_ms, rd_kafka_headers_t *headers);

/* How often each value 0..count-1 is in the topic. */
void tally(struct vf_mock *mock, const char *topic, int partitions, int count, int *times);
/* One partition's messages in order, up to max; returns how many. One at a time: fetch_done
 * takes them back. */
int fetch_all(struct vf_mock *mock, const char *topic, int partition, rd_kafka_message_t **out,
              int max);
void fetch_done(rd_kafka_message_t **messages, int count);
/* -1: none. */
int64_t committed(struct vf_mock *mock, const char *group, const char *topic, int partition);
int64_t log_end(struct vf_mock *mock, const char *topic, int partition);

struct vf_pairs *pairs_new(void);
void pairs_add(struct vf_pairs *pairs, const char *key, const char *value);

#endif
