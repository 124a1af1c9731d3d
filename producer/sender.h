/*
 * The producing side of the tool: sends records, keeps account of those that the cluster has
 * not acknowledged yet, and reports how each ended. All calls and callbacks on one thread.
 */
#ifndef VF_PRODUCER_SENDER_H
#define VF_PRODUCER_SENDER_H

#include "base/record.h"
#include "kafka/client_config.h"
#include <stdbool.h>

struct vf_sender;

/* Records sent and not acknowledged. A broker's answer takes a few ms: this is enough for
 * millions a second, and bounds the memory of the account to 3 MiB. */
enum { VF_SENDER_IN_FLIGHT_MAX = 1 << 16 };
/* Bytes of records in flight, unless queue.buffering.max.kbytes says otherwise. */
enum { VF_SENDER_QUEUE_KIB = 24 * 1024 };

/* Where a record came from. */
struct vf_origin {
    const char *file;  /* must outlive the sender */
    uint64_t number;   /* of the line or record, from 1 */
    uint64_t position; /* whatever the caller resumes by; ascending */
};

struct vf_delivery {
    struct vf_origin origin;
    int code;           /* 0: acknowledged; VF_EKAFKA */
    const char *topic;  /* this and the reason are valid during the call */
    const char *reason; /* of a failure */
    int32_t partition;
    int64_t offset;
};

struct vf_sender_events {
    /* Once for each record that vf_sender_send took, in the order of acknowledgement. */
    void (*on_delivery)(void *owner, const struct vf_delivery *delivery);
    void *owner;
};

/* With settings.transactional_id every record belongs to a transaction: see below.
 * delivery_timeout_ms: how long a record may wait for its acknowledgement; 0: for ever. The
 * settings must outlive the call only. VF_ECONFIG, VF_ENOMEM. */
int vf_sender_create(const struct vf_client_settings *settings, int delivery_timeout_ms,
                     const struct vf_sender_events *events, struct vf_sender **out,
                     struct vf_error *err);
/* What is still in flight ends as not delivered, before this returns. NULL is allowed. */
void vf_sender_free(struct vf_sender *sender);

/* Waits for a broker to answer. VF_ETIMEDOUT. */
int vf_sender_connect(struct vf_sender *sender, int timeout_ms, struct vf_error *err);

/* Takes one record; all of it is copied. A timestamp that is not positive means now. Waits while
 * too much is in flight. VF_EAGAIN: interrupted while waiting, nothing was taken. VF_EKAFKA:
 * this record can't be sent; or none can, if vf_sender_failed says so. */
int vf_sender_send(struct vf_sender *sender, const struct vf_record *record,
                   const struct vf_origin *origin, struct vf_error *err);
/* Serves callbacks; waits up to timeout_ms for the first. */
void vf_sender_poll(struct vf_sender *sender, int timeout_ms);
/* Waits until nothing is in flight. timeout_ms < 0: as long as message.timeout.ms lets it take.
 * VF_ETIMEDOUT, VF_EAGAIN: interrupted. */
int vf_sender_drain(struct vf_sender *sender, int timeout_ms, struct vf_error *err);
/* Gives up what is in flight: each ends as not delivered. */
void vf_sender_abandon(struct vf_sender *sender);

/* Transactions. Begin comes first, and waits for what an earlier process left open; commit waits
 * until all sent since was acknowledged. VF_EKAFKA: it was aborted, or, if vf_sender_failed says
 * so, nothing more can be sent. VF_ETIMEDOUT. */
int vf_sender_begin(struct vf_sender *sender, int timeout_ms, struct vf_error *err);
int vf_sender_commit(struct vf_sender *sender, int timeout_ms, struct vf_error *err);
int vf_sender_abort(struct vf_sender *sender, int timeout_ms, struct vf_error *err);

/* The client, for questions about topics; the sender's. */
struct rd_kafka_s *vf_sender_client(struct vf_sender *sender);

size_t vf_sender_in_flight(const struct vf_sender *sender);
/* No record before this position is in flight: all were acknowledged or failed. */
uint64_t vf_sender_settled(const struct vf_sender *sender);
/* The producer is broken for good; err (may be NULL) says why. */
bool vf_sender_failed(const struct vf_sender *sender, struct vf_error *err);

#endif
