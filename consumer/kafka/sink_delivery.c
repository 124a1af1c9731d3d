#include "kafka/sink_internal.h"

#include "base/memory.h"
#include "kafka/message.h"
#include "observe/log.h"

enum verdict {
    VERDICT_AGAIN, /* not the record's fault: it waits and is sent again */
    VERDICT_ALONE, /* said of the whole batch: which record is meant shows alone */
    VERDICT_REFUSED /* said of this record */,
    VERDICT_FAILED, /* the producer is at its end */
};

static const struct {
    rd_kafka_resp_err_t code;
    enum verdict verdict;
    int error; /* of this kind, if it is for good */
} verdicts[] = {
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, VERDICT_ALONE, VF_ELIMIT},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, VERDICT_ALONE, VF_ELIMIT},
    {RD_KAFKA_RESP_ERR_INVALID_MSG, VERDICT_ALONE, VF_EINVAL},
    {RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, VERDICT_ALONE, VF_EINVAL},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, VERDICT_ALONE, VF_EINVAL},
    {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, VERDICT_ALONE, VF_EINVAL},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, VERDICT_ALONE, VF_EINVAL},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, VERDICT_ALONE, VF_EINVAL},
    {RD_KAFKA_RESP_ERR__FATAL, VERDICT_FAILED, VF_EKAFKA},
    {RD_KAFKA_RESP_ERR__FENCED, VERDICT_FAILED, VF_EKAFKA},
    {RD_KAFKA_RESP_ERR__PURGE_QUEUE, VERDICT_FAILED, VF_EKAFKA},
    {RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, VERDICT_FAILED, VF_EKAFKA},
    {RD_KAFKA_RESP_ERR__DESTROY, VERDICT_FAILED, VF_EKAFKA},
};

/* error: of the kind of vf_error, where it is for good. */
static enum verdict judge(const struct vf_sink *sink, const rd_kafka_message_t *message,
                          const struct envelope *envelope, int *error)
{
    *error = VF_EINVAL;
    if (rd_kafka_fatal_error(sink->client.rk, NULL, 0))
        return VERDICT_FAILED;
    if (message->err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION && envelope->partition >= 0)
        return VERDICT_REFUSED;
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
        if (verdicts[i].code != message->err)
            continue;
        *error = verdicts[i].error;
        return verdicts[i].verdict == VERDICT_ALONE && envelope->alone ? VERDICT_REFUSED
                                                                       : verdicts[i].verdict;
    }
    return VERDICT_AGAIN;
}

static void deliver(struct vf_sink *sink, const rd_kafka_message_t *message,
                    struct envelope *envelope, const struct vf_error *failure)
{
    struct vf_ticket ticket = envelope->ticket;
    const struct vf_delivery delivery = {
        .failure = failure,
        .topic = rd_kafka_topic_name(message->rkt),
        .partition = message->partition,
        .offset = failure ? -1 : message->offset,
    };
    sink_forget(sink, envelope);
    if (failure)
        sink->counts.failed++;
    else
        sink->counts.acknowledged++;
    sink->events.on_delivery(sink->events.owner, ticket, &delivery);
}

static void refuse(struct vf_sink *sink, const rd_kafka_message_t *message,
                   struct envelope *envelope, rd_kafka_resp_err_t code, int error)
{
    struct vf_error failure;
    vf_error_set(&failure, error, "the broker refuses the output to %s [%d]: %s",
                 rd_kafka_topic_name(message->rkt), message->partition, rd_kafka_err2str(code));
    deliver(sink, message, envelope, &failure);
}

static void acknowledge(struct vf_sink *sink, const rd_kafka_message_t *message,
                        struct envelope *envelope)
{
    const char *topic = rd_kafka_topic_name(message->rkt);
    vf_client_answered(&sink->client);
    if (sink->held_up && strcmp(sink->held_up, topic) == 0) {
        vf_log(VF_LOG_INFO, VF_LOG_KAFKA, "outputs are delivered again",
               VF_FIELDS(vf_text("topic", topic)));
        sink->held_up = NULL;
        sink->retry_backoff_ms = 0;
    }
    deliver(sink, message, envelope, NULL);
}

static void queue_retry(struct vf_sink *sink, struct envelope *envelope,
                        const rd_kafka_message_t *message, struct held_report *report)
{
    envelope->message = message;
    envelope->report = report;
    envelope->next = NULL;
    *sink->retry_last = envelope;
    sink->retry_last = &envelope->next;
    report->records++;
}

static void release_report(struct held_report *report)
{
    if (report->records > 0)
        return;
    rd_kafka_event_destroy(report->event);
    vf_free(report);
}

static void say_doubtful(struct vf_sink *sink, const rd_kafka_message_t *message)
{
    uint64_t now = sink_now(sink);
    if (now < sink->doubtful_next_ms)
        return;
    sink->doubtful_next_ms = now + SINK_DOUBTFUL_SAY_MS;
    vf_log(VF_LOG_WARN, VF_LOG_KAFKA, "outputs are " VF_MESSAGE_DOUBTFUL ": sending them again",
           VF_FIELDS(vf_text("topic", rd_kafka_topic_name(message->rkt)),
                     vf_int("partition", message->partition)));
}

/* The record stays in its report until it has been sent again. */
static void try_again(struct vf_sink *sink, const rd_kafka_message_t *message,
                      struct envelope *envelope, struct held_report *report, bool alone)
{
    if (alone)
        envelope->alone = true;
    else if (message->err)
        sink_hold_up(sink, rd_kafka_topic_name(message->rkt), message->err);
    queue_retry(sink, envelope, message, report);
}

static void fail_for(struct vf_sink *sink, const rd_kafka_message_t *message)
{
    struct vf_error err;
    char text[256] = "";
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(sink->client.rk, text, sizeof text);
    vf_error_set(&err, VF_EKAFKA, "the producer failed for good: %s (%s)",
                 text[0] ? text : rd_kafka_err2str(message->err),
                 rd_kafka_err2name(code ? code : message->err));
    sink_fail(sink, &err);
}

/* Nothing is sent again here: all of the transaction is. */
static void fail_in_transaction(struct vf_sink *sink, const rd_kafka_message_t *message,
                                struct envelope *envelope)
{
    struct vf_error failure;
    int error;
    if (rd_kafka_fatal_error(sink->client.rk, NULL, 0)) {
        fail_for(sink, message);
        return;
    }
    enum verdict verdict = judge(sink, message, envelope, &error);
    if (verdict == VERDICT_ALONE || verdict == VERDICT_REFUSED) {
        refuse(sink, message, envelope, message->err, error);
        return;
    }
    if (sink_may_pass(message->err, envelope->partition))
        sink_hold_up(sink, rd_kafka_topic_name(message->rkt), message->err);
    vf_error_set(&failure, VF_EAGAIN, "an output to %s [%d] failed: %s",
                 rd_kafka_topic_name(message->rkt), message->partition,
                 message->err ? rd_kafka_err2str(message->err) : VF_MESSAGE_DOUBTFUL);
    deliver(sink, message, envelope, &failure);
}

static void on_message(struct vf_sink *sink, const rd_kafka_message_t *message,
                       struct held_report *report)
{
    struct envelope *envelope = message->_private;
    int error;
    sink->in_library--;
    if (envelope->alone)
        sink->sole = false;
    if (vf_message_acknowledged(message)) {
        acknowledge(sink, message, envelope);
        return;
    }
    if (!message->err)
        say_doubtful(sink, message);
    if (sink->transactional) {
        fail_in_transaction(sink, message, envelope);
        return;
    }
    switch (judge(sink, message, envelope, &error)) {
    case VERDICT_AGAIN: try_again(sink, message, envelope, report, false); break;
    case VERDICT_ALONE: try_again(sink, message, envelope, report, true); break;
    case VERDICT_REFUSED: refuse(sink, message, envelope, message->err, error); break;
    case VERDICT_FAILED: fail_for(sink, message); break;
    }
}

void sink_on_report(struct vf_sink *sink, rd_kafka_event_t *event)
{
    const rd_kafka_message_t *message;
    struct vf_error err;
    struct held_report *report = sink->spare_report;
    if (!report)
        report = vf_malloc(sizeof *report);
    if (!report) {
        /* The outcome of these is lost, so the owner must begin again from what is committed. */
        vf_error_set(&err, VF_ENOMEM, "out of memory for delivery reports");
        rd_kafka_event_destroy(event);
        sink_fail(sink, &err);
        return;
    }
    sink->spare_report = NULL;
    /* Counted as one record itself, so that it outlives this call. */
    *report = (struct held_report){event, 1};
    while ((message = rd_kafka_event_message_next(event)))
        on_message(sink, message, report);
    report->records--;
    if (report->records > 0)
        return;
    rd_kafka_event_destroy(event);
    sink->spare_report = report;
}

static void dequeue_retry(struct vf_sink *sink)
{
    struct envelope *envelope = sink->retry_first;
    sink->retry_first = envelope->next;
    if (!sink->retry_first)
        sink->retry_last = &sink->retry_first;
    envelope->next = NULL;
}

/* False: the next must wait. */
static bool retry_first(struct vf_sink *sink)
{
    struct envelope *envelope = sink->retry_first;
    struct held_report *report = envelope->report;
    if (sink->sole || (envelope->alone && sink->in_library > 0))
        return false;
    rd_kafka_resp_err_t code =
        vf_message_send_again(sink->client.rk, envelope->message, envelope->partition);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return false;
    if (sink_may_pass(code, envelope->partition)) {
        sink_hold_up(sink, rd_kafka_topic_name(envelope->message->rkt), code);
        return false;
    }
    dequeue_retry(sink);
    if (code) {
        refuse(sink, envelope->message, envelope, code, VF_EINVAL);
    } else {
        sink->in_library++;
        sink->counts.retried++;
        sink->sole = envelope->alone;
    }
    report->records--;
    release_report(report);
    return true;
}

void sink_retry(struct vf_sink *sink)
{
    while (sink->retry_first && !sink->failed && sink_now(sink) >= sink->retry_at_ms)
        if (!retry_first(sink))
            break;
}

void sink_release_retries(struct vf_sink *sink)
{
    while (sink->retry_first) {
        struct held_report *report = sink->retry_first->report;
        dequeue_retry(sink);
        report->records--;
        release_report(report);
    }
    vf_free(sink->spare_report);
    sink->spare_report = NULL;
}
