/*
 * What the files of the topic reader share.
 */
#ifndef VF_PRODUCER_TOPIC_READER_INTERNAL_H
#define VF_PRODUCER_TOPIC_READER_INTERNAL_H

#include "client_voice.h"
#include "topic_reader.h"
#include <librdkafka/rdkafka.h>

/* Messages taken from the client library at once: enough that its locks do not count. */
enum { LANE_BATCH = 256 };
/* Messages kept by all lanes together stay below this where there are many. */
enum { LANE_BATCHES_TOTAL = 64 * LANE_BATCH };

/* One partition. */
struct lane {
    rd_kafka_topic_t *topic; /* the reader's */
    int32_t partition;
    int64_t begin;
    int64_t end;                /* exclusive; INT64_MAX: follow */
    int64_t next;               /* offset behind the last message handed out */
    rd_kafka_message_t **batch; /* owned; messages at..count-1 are owned */
    size_t at;
    size_t count;
    int64_t order;        /* the largest timestamp so far: the lane's place among the others */
    int64_t hungry_since; /* nanoseconds, monotonic: nudged, or found empty */
    int64_t hungry_ms;    /* until it is nudged again; 0: it is not empty */
    bool fed;             /* has had messages */
    bool started;
    bool caught_up; /* a follower has read all there is */
    bool finished;
};

struct vf_topic_reader {
    struct vf_client_voice voice;
    rd_kafka_t *client;        /* owned */
    rd_kafka_topic_t **topics; /* owned */
    size_t topic_count;
    struct lane *lanes; /* owned */
    size_t lane_count;
    size_t batch_size; /* messages per lane */
    uint32_t *heap;    /* owned; lanes that hold a message, the earliest first */
    size_t heap_count;
    uint32_t *waiting; /* owned; lanes that hold none and are not finished */
    size_t waiting_count;
    size_t next_waiting;         /* whose turn it is to be waited for */
    rd_kafka_message_t *current; /* owned; handed out last */
    struct vf_header *headers;   /* owned; of current */
    size_t headers_capacity;
    uint64_t span;
    uint64_t served; /* calls, to serve the client's callbacks now and then */
    bool follow;
};

/* Takes more messages when the lane has none. VF_EAGAIN: there are none yet. */
int lane_refill(struct vf_topic_reader *reader, struct lane *lane, int timeout_ms,
                struct vf_error *err);
uint64_t lane_topic_hash(const struct lane *lane);
int reader_find_bounds(struct vf_topic_reader *reader, const struct vf_topic_reader_config *config,
                       struct vf_error *err);

#endif
