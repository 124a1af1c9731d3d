/*
 * The producing side: an idempotent librdkafka producer driven by a libuv loop. All calls and
 * callbacks run on the loop's thread.
 *
 * The contract with the owner: every record sent (0) ends in exactly one on_delivery, unless the
 * sink fails or is closed before. No record is given up while it can still be delivered: an
 * outage, a missing topic or a missing permission is waited out, in order, however long it
 * takes. A record fails only when the broker refuses that very record (too large, invalid);
 * one refused together with others of its batch is tried again alone first.
 *
 * With a transactional.id in the settings the owner opens and ends transactions (transaction.h)
 * and sends only while one is open. Then every failure is reported at once, since it spoils the
 * transaction: VF_EAGAIN where the record is not at fault, otherwise what the broker says, which
 * may be meant for any record of the same batch.
 */
#ifndef VF_KAFKA_SINK_H
#define VF_KAFKA_SINK_H

#include "kafka/source.h"

struct vf_sink;

/* What became of one record. */
struct vf_delivery {
    const struct vf_error *failure; /* NULL: acknowledged by all in-sync replicas */
    const char *topic;
    int32_t partition; /* -1: never got one */
    int64_t offset;    /* -1: failed, or not told by the broker */
};

struct vf_sink_events {
    /* delivery is valid during the call. The ticket is the one sent, untouched. */
    void (*on_delivery)(void *owner, struct vf_ticket ticket, const struct vf_delivery *delivery);
    /* There is room again after VF_EAGAIN. */
    void (*on_room)(void *owner);
    /* The producer cannot go on (fatal error, fenced): the owner should close. Called once at
     * most; what is in flight is never reported. */
    void (*on_failure)(void *owner, const struct vf_error *err);
    void *owner;
};

enum {
    /* Records in the sink: at 300,000 a second, a tenth of a second of acknowledgement time. */
    VF_SINK_RECORDS_MAX = 32768,
    /* Keys, values and headers in the sink; the library's own copies come to half as much again.
     * 12,000 events of 700 bytes, 40 ms at that rate. */
    VF_SINK_BYTES_MAX = 8 * 1024 * 1024,
    VF_SINK_TOPICS_MAX = 64,
};

/* 0 stands for the default above. */
struct vf_sink_config {
    struct vf_client_settings settings;
    const char *const *topics; /* looked up at once, so that the first records do not wait */
    size_t topic_count;        /* up to VF_SINK_TOPICS_MAX */
    uint32_t records_max;
    size_t bytes_max;
};

/* Creates the client and its threads. VF_ECONFIG, VF_EINVAL, VF_ENOMEM, VF_EKAFKA. */
int vf_sink_create(uv_loop_t *loop, const struct vf_sink_config *config,
                   const struct vf_sink_events *events, struct vf_sink **out, struct vf_error *err);

/* Copies the record and sends it; partition -1 lets the partitioner choose by the key.
 * offset and timestamp_type of the record are not looked at.
 *   0            taken: on_delivery follows
 *   VF_EAGAIN    no room, or no memory: again after on_room
 *   VF_ELIMIT    the record is larger than the producer may send
 *   VF_EINVAL    the topic's name is not one, or too many topics, or no such partition
 *   VF_EKAFKA    the sink has failed or is closing
 * err (may be NULL) says more, but is left alone with VF_EAGAIN. */
int vf_sink_send(struct vf_sink *sink, const struct vf_record *record, struct vf_ticket ticket,
                 struct vf_error *err);

/* Calls on_flushed once, when nothing is in flight or deadline_ms milliseconds have passed, with
 * what is left. One flush at a time: VF_EAGAIN. */
int vf_sink_flush(struct vf_sink *sink, uint32_t deadline_ms,
                  void (*on_flushed)(void *owner, uint64_t left));
/* Flushes like vf_sink_flush, then frees the sink; then on_closed, once, with the records whose
 * fate is unknown. No call on the sink is allowed after this one. */
void vf_sink_close(struct vf_sink *sink, uint32_t deadline_ms,
                   void (*on_closed)(void *owner, uint64_t left));

struct vf_sink_status {
    uint64_t sent;         /* records taken */
    uint64_t acknowledged; /* of them */
    uint64_t failed;       /* of them, for good */
    uint64_t retried;      /* sent again after a failure that was not the record's */
    uint64_t in_flight;    /* records */
    uint64_t bytes;        /* of the records in flight */
    bool connected;        /* the last answer of any broker is newer than the last outage */
};

void vf_sink_status(const struct vf_sink *sink, struct vf_sink_status *out);
/* The library's handle, for the transaction thread. */
struct rd_kafka_s *vf_sink_client(struct vf_sink *sink);

#endif
