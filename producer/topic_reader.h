/*
 * Reads topics from one bound to another, without a consumer group: nothing is committed, nobody
 * is rebalanced. Records of different partitions come in the order of their timestamps as far as
 * the partitions' own order allows; while a follower waits, in the order of arrival.
 * One thread.
 */
#ifndef VF_PRODUCER_TOPIC_READER_H
#define VF_PRODUCER_TOPIC_READER_H

#include "base/record.h"
#include "bound.h"
#include "kafka/client_config.h"
#include <stdbool.h>

struct vf_topic_reader;

enum {
    VF_TOPIC_READER_LANES_MAX = 4096, /* partitions read at once, of all topics */
    VF_PARTITION_RANGES_MAX = 32,
};

struct vf_partition_range {
    int32_t first;
    int32_t last;
};

/* What is read of one partition: begin <= offset < end. */
struct vf_lane_bounds {
    uint64_t topic; /* hash of its name */
    int64_t begin;
    int64_t end;
    int32_t partition;
};

struct vf_topic_reader_config {
    struct vf_client_settings settings;
    const char *const *topics;
    size_t topic_count;
    struct vf_partition_range ranges[VF_PARTITION_RANGES_MAX];
    size_t range_count; /* 0: all partitions */
    struct vf_bound start;
    struct vf_bound end;
    /* Instead of start and end, where there are any: a partition that is not among them is not
     * read, and one whose first records were deleted since is an error. */
    const struct vf_lane_bounds *bounds;
    size_t bound_count;
    bool read_uncommitted; /* records of transactions that are open or were aborted, too */
    int timeout_ms;        /* for each question to the cluster */
};

/* "0,2-5" */
int vf_partitions_parse(struct vf_slice text, struct vf_topic_reader_config *config,
                        struct vf_error *err);

/* Asks the cluster for partitions and offsets. The config must outlive the call only.
 * VF_ECONFIG, VF_EKAFKA (names the topic), VF_ELIMIT, VF_ENOMEM. */
int vf_topic_reader_open(const struct vf_topic_reader_config *config, struct vf_topic_reader **out,
                         struct vf_error *err);
void vf_topic_reader_close(struct vf_topic_reader *reader); /* NULL is allowed */

/* *record is borrowed until the next call. VF_EAGAIN: nothing yet, after a short wait;
 * VF_ENOENT: all partitions were read to their end; VF_EKAFKA: the rest can't be read. */
int vf_topic_reader_next(struct vf_topic_reader *reader, struct vf_record *record,
                         struct vf_error *err);
/* The same from one partition alone; the merged order is none any more. VF_ENOENT also where
 * the partition is not read at all. */
int vf_topic_reader_next_of(struct vf_topic_reader *reader, struct vf_slice topic,
                            int32_t partition, struct vf_record *record, struct vf_error *err);

/* What is read, partition by partition: the same bounds give the same records in the same order
 * again, as long as they are there. Not of a follower. index: below the count. */
size_t vf_topic_reader_bound_count(const struct vf_topic_reader *reader);
struct vf_lane_bounds vf_topic_reader_bounds(const struct vf_topic_reader *reader, size_t index);

/* Offsets between the bounds when reading began: the records are fewer where some were
 * compacted, deleted or markers of transactions. 0 for a follower. */
uint64_t vf_topic_reader_span(const struct vf_topic_reader *reader);
/* Of these, how many are behind. */
uint64_t vf_topic_reader_passed(const struct vf_topic_reader *reader);

#endif
