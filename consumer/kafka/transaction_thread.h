/*
 * The one thread that makes the client library's transaction calls, which may block for seconds.
 * The loop's thread hands in one call at a time and gets its result through the loop; meanwhile
 * it must go on serving the producer's queue, or commit and abort never return.
 */
#ifndef VF_KAFKA_TRANSACTION_THREAD_H
#define VF_KAFKA_TRANSACTION_THREAD_H

#include "kafka/transaction.h"
#include <librdkafka/rdkafka.h>
#include <uv.h>

struct vf_txn_thread;

/* What a call works on. All of it must last until the result came. */
struct vf_txn_job {
    enum vf_txn_call call;
    rd_kafka_t *producer;
    rd_kafka_t *consumer;                        /* LOOK */
    rd_kafka_topic_partition_list_t *offsets;    /* OFFSETS: to commit; LOOK: filled in */
    rd_kafka_consumer_group_metadata_t *members; /* OFFSETS */
    int timeout_ms;                              /* all but BEGIN, which does not wait */
};

/* on_result: on the loop's thread, once for each call. VF_ENOMEM, VF_EIO. */
int vf_txn_thread_start(uv_loop_t *loop,
                        void (*on_result)(void *owner, enum vf_txn_event result,
                                          const struct vf_error *err),
                        void *owner, struct vf_txn_thread **out, struct vf_error *err);
/* No other call may be under way. */
void vf_txn_thread_call(struct vf_txn_thread *thread, const struct vf_txn_job *job);
/* No call may be under way. The loop must run on until on_closed. */
void vf_txn_thread_stop(struct vf_txn_thread *thread, void (*on_closed)(void *owner));

/* Makes the call on this thread: for tests. */
enum vf_txn_event vf_txn_job_run(const struct vf_txn_job *job, struct vf_error *err);

#endif
