#include "daemon/app_delivery.h"

#include "observe/log.h"
#include <time.h>

static int64_t wall_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void log_record(enum vf_log_level level, const char *message, const struct vf_record *record,
                       const char *stage, const struct vf_error *reason)
{
    vf_log(level, VF_LOG_PIPELINE, message,
           VF_FIELDS(vf_str("topic", record->topic), vf_int("partition", record->partition),
                     vf_int("offset", record->offset), vf_text("stage", stage),
                     vf_text("code", vf_error_name(reason->code)),
                     vf_text("reason", reason->text)));
}

static bool same_record(struct vf_ticket a, struct vf_ticket b)
{
    return a.slot == b.slot && a.generation == b.generation && a.sequence == b.sequence;
}

/* How often outputs of the record were refused before, this time not counted. */
static unsigned count_refusal(struct vf_app *app, struct vf_ticket ticket)
{
    for (size_t i = 0; i < app->refused_count; i++)
        if (same_record(app->refused[i].ticket, ticket))
            return app->refused[i].times++;
    if (app->refused_count == VF_APP_REFUSED_MAX)
        return 1;
    app->refused[app->refused_count++] = (struct vf_refused){ticket, 1};
    return 0;
}

static void forget_refusal(struct vf_app *app, struct vf_ticket ticket)
{
    for (size_t i = 0; i < app->refused_count; i++) {
        if (same_record(app->refused[i].ticket, ticket)) {
            app->refused[i] = app->refused[--app->refused_count];
            return;
        }
    }
}

/* The last resort for a record that the broker takes in no form: its reason without its bytes,
 * which are still in the input topic. */
static int send_without_value(struct vf_app *app, const struct vf_record *record,
                              struct vf_ticket ticket, const struct vf_error *reason)
{
    struct vf_output out;
    struct vf_record bare = *record;

    bare.value = VF_SLICE_NULL;
    bare.headers = NULL;
    bare.header_count = 0;
    vf_pipeline_dead_letter(app->pipeline, &bare, "produce-without-value", reason, &out);
    log_record(VF_LOG_ERROR, "dead letter sent without its value", record, "produce", reason);
    return vf_sink_send(app->sink, &out.record, ticket, NULL);
}

/* Sends a dead letter; one that is too large goes without its value. */
static int send_dead_letter(struct vf_app *app, const struct vf_record *record,
                            struct vf_ticket ticket, struct vf_output *out)
{
    struct vf_error err = {0};
    int rc = vf_sink_send(app->sink, &out->record, ticket, &err);

    if (rc == VF_OK)
        log_record(VF_LOG_WARN, "record became a dead letter", record, out->stage, &out->reason);
    else if (rc != VF_EAGAIN && rc != VF_EKAFKA && rc != VF_ENOMEM)
        rc = send_without_value(app, record, ticket, &err);
    return rc;
}

/* Sends what the pipeline made of a record. */
static int send_output(struct vf_app *app, const struct vf_record *record, struct vf_ticket ticket,
                       struct vf_output *out)
{
    struct vf_error err = {0};

    if (out->outcome == VF_OUTCOME_DEAD_LETTER)
        return send_dead_letter(app, record, ticket, out);
    int rc = vf_sink_send(app->sink, &out->record, ticket, &err);
    if (rc == VF_OK || rc == VF_EAGAIN || rc == VF_EKAFKA || rc == VF_ENOMEM)
        return rc;
    vf_pipeline_dead_letter(app->pipeline, record, "produce", &err, out);
    return send_dead_letter(app, record, ticket, out);
}

static enum vf_take take_of(struct vf_app *app, int rc)
{
    struct vf_error err;

    if (rc == VF_OK)
        return VF_TAKE_DONE;
    if (rc == VF_EKAFKA && app->delivery) {
        vf_error_set(&err, rc, "the producer takes no more outputs in this transaction");
        vf_app_delivery_spoil(app, &err);
    }
    if (rc == VF_ENOMEM) {
        /* Nothing is lost by ending here: what is not acknowledged is read again. */
        vf_error_set(&err, rc, "out of memory while sending");
        vf_app_stop(app, &err);
    }
    return VF_TAKE_BUSY;
}

/* Whether the record's output was refused in a transaction that was undone: then it is sent as a
 * dead letter, and if that was refused too, without its value. */
static bool send_refused(struct vf_app *app, const struct vf_record *record,
                         struct vf_ticket ticket, struct vf_output *out, int *rc)
{
    unsigned refused = app->delivery ? vf_app_delivery_refused(app, ticket) : 0;
    struct vf_error reason;

    if (!refused)
        return false;
    vf_error_set(&reason, VF_ELIMIT, "the broker refuses the output");
    if (refused > 1) {
        *rc = send_without_value(app, record, ticket, &reason);
    } else {
        vf_pipeline_dead_letter(app->pipeline, record, "produce", &reason, out);
        *rc = send_dead_letter(app, record, ticket, out);
    }
    return true;
}

static enum vf_take send_now(struct vf_app *app, const struct vf_record *record,
                             struct vf_ticket ticket, struct vf_output *out)
{
    int rc = VF_OK;

    if (!send_refused(app, record, ticket, out, &rc))
        rc = send_output(app, record, ticket, out);
    enum vf_take take = take_of(app, rc);
    if (take == VF_TAKE_DONE && app->delivery)
        vf_app_delivery_sent(app);
    return take;
}

/* While no transaction is open. What may become a dead letter waits for one. */
static enum vf_take keep_ahead(struct vf_app *app, struct vf_ticket ticket,
                               const struct vf_output *out)
{
    if (out->outcome != VF_OUTCOME_EVENT || vf_app_delivery_refused(app, ticket))
        return VF_TAKE_BUSY;
    return take_of(app, vf_app_delivery_ahead(app, &out->record, ticket));
}

static enum vf_take on_record(void *owner, const struct vf_record *record, struct vf_ticket ticket)
{
    struct vf_app *app = owner;
    struct vf_output out;

    if (app->state != VF_APP_RUNNING ||
        vf_app_in_flight(app) >= (uint64_t)app->config->limit_in_flight)
        return VF_TAKE_BUSY;
    enum vf_app_readiness ready = app->delivery ? vf_app_delivery_ready(app) : VF_APP_SEND;
    if (ready == VF_APP_WAIT)
        return VF_TAKE_BUSY;
    vf_pipeline_run(app->pipeline, record, &out);
    if (out.outcome == VF_OUTCOME_HOLD)
        return VF_TAKE_HOLD;
    enum vf_take take =
        ready == VF_APP_AHEAD ? keep_ahead(app, ticket, &out) : send_now(app, record, ticket, &out);
    if (take != VF_TAKE_DONE)
        return take;

    app->counters.in++;
    app->counters.bytes_in += record->value.len;
    vf_latency_begin(&app->counters.latency, ticket, record->timestamp_ms);
    if (app->hooks && app->hooks->on_output)
        app->hooks->on_output(app->hooks->owner, record, &out,
                              vf_pipeline_output_schema(app->pipeline));
    return VF_TAKE_DONE;
}

/* The broker refused what was sent for this record: first it becomes a dead letter, and if that
 * is refused too, one without its value. */
static enum vf_take on_rejected(void *owner, const struct vf_record *record,
                                struct vf_ticket ticket, const struct vf_error *reason)
{
    struct vf_app *app = owner;
    struct vf_output out;

    vf_pipeline_run(app->pipeline, record, &out);
    if (out.outcome == VF_OUTCOME_HOLD) /* its schema had to make room meanwhile */
        return VF_TAKE_HOLD;
    bool was_event = out.outcome == VF_OUTCOME_EVENT && count_refusal(app, ticket) == 0;
    if (!was_event)
        return take_of(app, send_without_value(app, record, ticket, reason));
    vf_pipeline_dead_letter(app->pipeline, record, "produce", reason, &out);
    return take_of(app, send_dead_letter(app, record, ticket, &out));
}

static void on_delivery(void *owner, struct vf_ticket ticket, const struct vf_delivery *delivery)
{
    struct vf_app *app = owner;

    if (delivery->failure && app->delivery) {
        vf_app_delivery_outcome(app, ticket, delivery);
        return;
    }
    if (delivery->failure) {
        /* While closing it stays undone, and is read again after the next start. */
        if (app->source && !app->source_closing)
            vf_source_reject(app->source, ticket, delivery->failure);
        return;
    }
    if (vf_slice_is(app->config->output_dead_letter, delivery->topic))
        app->counters.dead_letters++;
    else
        app->counters.out++;
    vf_latency_end(&app->counters.latency, ticket, wall_clock_ms());
    if (app->refused_count)
        forget_refusal(app, ticket);
    if (app->source)
        vf_source_done(app->source, ticket);
    if (app->delivery)
        vf_app_delivery_outcome(app, ticket, delivery);

    uint64_t in_flight = vf_app_in_flight(app);
    if (in_flight < (uint64_t)app->config->limit_in_flight && app->source && !app->source_closing)
        vf_source_resume(app->source);
    if (app->hooks && app->hooks->stop_after &&
        app->counters.out + app->counters.dead_letters >= app->hooks->stop_after)
        vf_app_stop(app, NULL);
}

static void on_room(void *owner)
{
    struct vf_app *app = owner;
    if (app->delivery && app->source && !app->source_closing)
        vf_app_delivery_room(app);
    if (app->source && !app->source_closing)
        vf_source_resume(app->source);
}

static void on_assignment(void *owner)
{
    struct vf_app *app = owner;
    /* Refusals of partitions that went away would never be forgotten otherwise. */
    app->refused_count = 0;
    if (app->delivery)
        vf_app_delivery_assigned(app);
}

static void on_revoke(void *owner)
{
    vf_app_delivery_revoke(owner);
}

static void on_lost(void *owner)
{
    vf_app_delivery_lost(owner);
}

static void on_failure(void *owner, const struct vf_error *err)
{
    vf_app_stop(owner, err);
}

/* With transactions another producer takes the place of one that failed. */
static void on_sink_failure(void *owner, const struct vf_error *err)
{
    struct vf_app *app = owner;
    if (app->delivery)
        vf_app_delivery_broken(app, err);
    else
        vf_app_stop(app, err);
}

void vf_app_source_events(struct vf_app *app, struct vf_source_events *out)
{
    *out = (struct vf_source_events){.on_record = on_record,
                                     .on_rejected = on_rejected,
                                     .on_assignment = on_assignment,
                                     .on_revoke = on_revoke,
                                     .on_lost = on_lost,
                                     .on_failure = on_failure,
                                     .owner = app};
}

void vf_app_sink_events(struct vf_app *app, struct vf_sink_events *out)
{
    *out = (struct vf_sink_events){.on_delivery = on_delivery,
                                   .on_room = on_room,
                                   .on_failure = on_sink_failure,
                                   .owner = app};
}
