/*
 * What the parts of the sink share. See sink.h for what it does.
 *
 *   sink.c           creation, the loop's turn, sending
 *   sink_delivery.c  delivery reports, and sending again what failed without being at fault
 *   sink_close.c     flush and the way out
 *
 * The library itself repeats what is worth repeating, without end (message.timeout.ms = 0): so
 * order and idempotence hold through any outage, and no copy of a record is kept here. What it
 * gives up on all the same (topic missing, no permission) waits in its delivery report, which
 * holds the record, and is sent again from there; meanwhile nothing else is taken, to keep the
 * order.
 */
#ifndef VF_KAFKA_SINK_INTERNAL_H
#define VF_KAFKA_SINK_INTERNAL_H

#include "kafka/client.h"
#include "kafka/sink.h"
#include "kafka/wakeup.h"

enum {
    SINK_TICK_MS = 250,
    SINK_EVENTS_PER_TURN = 200, /* a delivery report's event holds a batch of records */
    SINK_RETRY_FIRST_MS = 250,  /* doubled up to: */
    SINK_RETRY_MAX_MS = 8000,
    SINK_DOUBTFUL_SAY_MS = 1000, /* between two lines of the log that say the same */
    SINK_POOL_BLOCK = 256,       /* envelopes allocated at once */
    SINK_TOPIC_NAME_MAX = 249,   /* bytes; Kafka's own limit */
};

/* A delivery report that holds records to be sent again. */
struct held_report {
    rd_kafka_event_t *event; /* owned */
    size_t records;          /* in it, waiting */
};

/* Travels with a record through the library, and comes back with its fate. */
struct envelope {
    struct envelope *next; /* of the pool's free ones, or of those to be sent again */
    struct vf_ticket ticket;
    uint32_t size;     /* bytes of the record */
    int32_t partition; /* as asked for */
    bool alone;        /* refused with others of its batch: must be tried by itself */
    const rd_kafka_message_t *message; /* waiting to be sent again: in report */
    struct held_report *report;
};

struct envelope_block {
    struct envelope_block *next;
    struct envelope envelopes[SINK_POOL_BLOCK];
};

struct sink_topic {
    char *name;               /* owned */
    rd_kafka_topic_t *handle; /* owned */
};

enum sink_close_phase { SINK_OPEN, SINK_FLUSHING, SINK_DESTROYING };

struct vf_sink {
    struct vf_client client;
    struct vf_wakeup wakeup;
    uv_timer_t timer;
    uv_loop_t *loop;
    struct vf_sink_events events;
    uint32_t records_max;
    size_t bytes_max;
    bool transactional; /* what fails is the transaction's matter: nothing is sent again */
    struct sink_topic topics[VF_SINK_TOPICS_MAX];
    size_t topic_count;

    struct envelope_block *blocks; /* owned */
    struct envelope *free;
    struct envelope *retry_first; /* to be sent again, in order */
    struct envelope **retry_last;
    struct held_report *spare_report; /* owned; reused while nothing fails */
    uint64_t retry_at_ms;
    uint32_t retry_backoff_ms;
    uint64_t doubtful_next_ms; /* when that may be said again */
    bool sole;                 /* one sent alone is on its way */
    const char *held_up; /* topic that cannot be delivered to, as said in the log; NULL: none */
    bool want_room;      /* the owner met VF_EAGAIN */
    bool failed;

    uint64_t in_library; /* records the library has; the others wait to be sent again */
    struct vf_sink_status counts;

    enum sink_close_phase close_phase;
    uint64_t flush_deadline_ms;
    void (*on_flushed)(void *owner, uint64_t left);
    void (*on_closed)(void *owner, uint64_t left);
};

/* sink.c */
void sink_fail(struct vf_sink *sink, const struct vf_error *err);
void sink_release_topics(struct vf_sink *sink);
void sink_free_envelope(struct vf_sink *sink, struct envelope *envelope);
/* The record of that envelope is the library's no more, and its fate is known. */
void sink_forget(struct vf_sink *sink, struct envelope *envelope);
/* Nothing can be sent for a while: said once in the log. The name must last. */
void sink_hold_up(struct vf_sink *sink, const char *topic, rd_kafka_resp_err_t code);
/* Not the record's fault, and passes: topic missing, no permission. */
bool sink_may_pass(rd_kafka_resp_err_t code, int32_t partition);
static inline uint64_t sink_now(const struct vf_sink *sink)
{
    return uv_now(sink->loop);
}

/* sink_delivery.c */
void sink_on_report(struct vf_sink *sink, rd_kafka_event_t *event);
/* Sends again what can be. */
void sink_retry(struct vf_sink *sink);
void sink_release_retries(struct vf_sink *sink);

/* sink_close.c */
void sink_flush_step(struct vf_sink *sink);

#endif
