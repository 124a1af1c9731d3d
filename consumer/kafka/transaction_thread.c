#include "kafka/transaction_thread.h"

#include "base/memory.h"

struct vf_txn_thread {
    uv_thread_t thread;
    uv_async_t done; /* the thread wakes the loop */
    uv_mutex_t mutex;
    uv_cond_t wanted;
    /* Under the mutex: */
    struct vf_txn_job job;
    bool pending;  /* a job waits for the thread */
    bool finished; /* its result waits for the loop */
    bool stop;
    enum vf_txn_event result;
    struct vf_error err;
    /* The loop's: */
    void (*on_result)(void *owner, enum vf_txn_event result, const struct vf_error *err);
    void (*on_closed)(void *owner);
    void *owner;
};

/* Takes the error. */
static enum vf_txn_event judge(enum vf_txn_call call, rd_kafka_error_t *error, struct vf_error *err)
{
    enum vf_txn_event event = VF_TXN_CALL_OK;
    if (!error)
        return event;
    if (rd_kafka_error_is_fatal(error))
        event = VF_TXN_CALL_FATAL;
    else if (rd_kafka_error_txn_requires_abort(error))
        event = VF_TXN_CALL_BAD;
    else if (rd_kafka_error_is_retriable(error) ||
             rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__TIMED_OUT)
        event = VF_TXN_CALL_AGAIN;
    else
        /* Of a kind that the library gives no advice for: back to a known state. */
        event = call == VF_TXN_CALL_OFFSETS || call == VF_TXN_CALL_COMMIT ? VF_TXN_CALL_BAD
                                                                          : VF_TXN_CALL_FATAL;
    vf_error_set(err, VF_EKAFKA, "%s (%s)", rd_kafka_error_string(error),
                 rd_kafka_error_name(error));
    rd_kafka_error_destroy(error);
    return event;
}

/* The library leaves the consumer's committed offsets unread while a transaction that has some
 * is pending; that is why this can be trusted. */
static enum vf_txn_event look(const struct vf_txn_job *job, struct vf_error *err)
{
    if (job->offsets->cnt == 0)
        return VF_TXN_CALL_OK;
    rd_kafka_resp_err_t code = rd_kafka_committed(job->consumer, job->offsets, job->timeout_ms);
    for (int i = 0; i < job->offsets->cnt && !code; i++)
        code = job->offsets->elems[i].err;
    if (!code)
        return VF_TXN_CALL_OK;
    vf_error_set(err, VF_EKAFKA, "committed offsets cannot be read: %s", rd_kafka_err2str(code));
    return VF_TXN_CALL_AGAIN;
}

enum vf_txn_event vf_txn_job_run(const struct vf_txn_job *job, struct vf_error *err)
{
    rd_kafka_t *rk = job->producer;
    rd_kafka_error_t *error = NULL;
    switch (job->call) {
    case VF_TXN_CALL_NONE: break;
    case VF_TXN_CALL_INIT: error = rd_kafka_init_transactions(rk, job->timeout_ms); break;
    case VF_TXN_CALL_LOOK: return look(job, err);
    case VF_TXN_CALL_BEGIN: error = rd_kafka_begin_transaction(rk); break;
    case VF_TXN_CALL_OFFSETS:
        error =
            rd_kafka_send_offsets_to_transaction(rk, job->offsets, job->members, job->timeout_ms);
        break;
    case VF_TXN_CALL_COMMIT: error = rd_kafka_commit_transaction(rk, job->timeout_ms); break;
    case VF_TXN_CALL_ABORT: error = rd_kafka_abort_transaction(rk, job->timeout_ms); break;
    }
    return judge(job->call, error, err);
}

/* The thread. */
static void run(void *argument)
{
    struct vf_txn_thread *thread = argument;
    uv_mutex_lock(&thread->mutex);
    for (;;) {
        while (!thread->pending && !thread->stop)
            uv_cond_wait(&thread->wanted, &thread->mutex);
        if (!thread->pending)
            break;
        struct vf_txn_job job = thread->job;
        struct vf_error err = {0};
        thread->pending = false;
        uv_mutex_unlock(&thread->mutex);

        enum vf_txn_event result = vf_txn_job_run(&job, &err);

        uv_mutex_lock(&thread->mutex);
        thread->result = result;
        thread->err = err;
        thread->finished = true;
        uv_async_send(&thread->done);
    }
    uv_mutex_unlock(&thread->mutex);
}

static void on_done(uv_async_t *async)
{
    struct vf_txn_thread *thread = async->data;
    uv_mutex_lock(&thread->mutex);
    bool finished = thread->finished;
    enum vf_txn_event result = thread->result;
    struct vf_error err = thread->err;
    thread->finished = false;
    uv_mutex_unlock(&thread->mutex);
    if (finished)
        thread->on_result(thread->owner, result, &err);
}

static void on_async_closed(uv_handle_t *handle)
{
    struct vf_txn_thread *thread = handle->data;
    void (*on_closed)(void *owner) = thread->on_closed;
    void *owner = thread->owner;
    uv_cond_destroy(&thread->wanted);
    uv_mutex_destroy(&thread->mutex);
    vf_free(thread);
    if (on_closed)
        on_closed(owner);
}

int vf_txn_thread_start(uv_loop_t *loop,
                        void (*on_result)(void *owner, enum vf_txn_event result,
                                          const struct vf_error *err),
                        void *owner, struct vf_txn_thread **out, struct vf_error *err)
{
    struct vf_txn_thread *thread = vf_calloc(1, sizeof *thread);
    if (!thread)
        return vf_error_set(err, VF_ENOMEM, "out of memory for the transaction thread");
    thread->on_result = on_result;
    thread->owner = owner;
    thread->done.data = thread;
    if (uv_mutex_init(&thread->mutex))
        goto fail;
    if (uv_cond_init(&thread->wanted))
        goto fail_mutex;
    if (uv_async_init(loop, &thread->done, on_done))
        goto fail_cond;
    if (uv_thread_create(&thread->thread, run, thread)) {
        /* The handle is the loop's until it is closed. */
        uv_close((uv_handle_t *)&thread->done, on_async_closed);
        return vf_error_set(err, VF_EIO, "cannot start the transaction thread");
    }
    *out = thread;
    return 0;
fail_cond:
    uv_cond_destroy(&thread->wanted);
fail_mutex:
    uv_mutex_destroy(&thread->mutex);
fail:
    vf_free(thread);
    return vf_error_set(err, VF_EIO, "cannot prepare the transaction thread");
}

void vf_txn_thread_call(struct vf_txn_thread *thread, const struct vf_txn_job *job)
{
    uv_mutex_lock(&thread->mutex);
    thread->job = *job;
    thread->pending = true;
    uv_cond_signal(&thread->wanted);
    uv_mutex_unlock(&thread->mutex);
}

void vf_txn_thread_stop(struct vf_txn_thread *thread, void (*on_closed)(void *owner))
{
    thread->on_closed = on_closed;
    uv_mutex_lock(&thread->mutex);
    thread->stop = true;
    uv_cond_signal(&thread->wanted);
    uv_mutex_unlock(&thread->mutex);
    uv_thread_join(&thread->thread);
    uv_close((uv_handle_t *)&thread->done, on_async_closed);
}
