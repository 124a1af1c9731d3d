#include "daemon/app_delivery.h"

#include "base/memory.h"
#include "daemon/ahead.h"
#include "daemon/transactional_id.h"
#include "kafka/transaction_thread.h"
#include <string.h>

enum {
    TICK_MS = 10,            /* of the timer: a twentieth of the usual interval */
    CALL_TIMEOUT_MS = 5000,  /* of the calls that may be repeated as they were */
    REPLACE_DELAY_MS = 1000, /* after a producer that could not even begin */
    /* Records of a transaction while all goes well: far more than an interval brings. One that
     * failed is tried again with half as many, each that ends well allows twice as many: where
     * brokers are slow or throttle, it must end before its timeout. */
    TAKEN_MAX = 1 << 20,
    REFUSED_MAX = 64, /* refused records kept in mind; they are few, or all is wrong */
};

/* A record whose output was refused. */
struct refused {
    uint32_t slot;
    int64_t offset;
    unsigned times;
};

/* What is committed, to go back to. */
struct settled {
    uint64_t in;
    uint64_t out;
    uint64_t dead_letters;
};

struct vf_app_delivery {
    struct vf_app *app;
    struct vf_transaction txn;
    struct vf_txn_thread *thread; /* NULL: stopped */
    uv_timer_t timer;
    struct vf_client_settings settings;
    char id[VF_TRANSACTIONAL_ID_MAX];
    rd_kafka_topic_partition_list_t *offsets;    /* owned; of the call under way */
    rd_kafka_consumer_group_metadata_t *members; /* owned */
    struct settled settled;
    struct vf_ahead ahead;
    bool opened;      /* a transaction was open once */
    bool revoking;    /* the source waits */
    uint64_t taken;   /* records sent in this transaction */
    uint64_t limit;   /* on them */
    uint64_t careful; /* records still to be sent one at a time */
    struct refused refused[REFUSED_MAX];
    size_t refused_count;
    bool replace;
    uint64_t replace_ms;
    uint64_t idle_ms; /* when an idle transaction may next commit positions */
    void (*drained)(struct vf_app *app);
    uint64_t drain_deadline_ms;
    void (*closed)(struct vf_app *app);
};

/* While the daemon ends, the consumer's handle may be used until the drain is over. */
static bool source_usable(const struct vf_app_delivery *delivery)
{
    const struct vf_app *app = delivery->app;
    return app->source && (!app->source_closing || delivery->drained);
}

static uint64_t now(const struct vf_app_delivery *delivery)
{
    return uv_now(&delivery->app->loop);
}

/* ---- settings ---- */

int vf_app_delivery_configure(struct vf_app *app, struct vf_client_settings *settings,
                              struct vf_error *err)
{
    if (app->config->delivery_mode != VF_EXACTLY_ONCE)
        return VF_OK;
    struct vf_app_delivery *delivery = vf_calloc(1, sizeof *delivery);
    if (!delivery)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    vf_ahead_init(&delivery->ahead);
    delivery->limit = TAKEN_MAX;
    delivery->app = app;
    app->delivery = delivery;
    uint64_t number;
    int rc = uv_random(NULL, NULL, &number, sizeof number, 0, NULL);
    rc = rc ? vf_error_set(err, VF_EIO, "no random number: %s", uv_strerror(rc))
            : vf_transactional_id(app->config, number, delivery->id, err);
    settings->transactional_id = delivery->id;
    settings->transaction_timeout_ms = (uint32_t)app->config->transaction_timeout;
    delivery->settings = *settings;
    return rc;
}

/* ---- what the transaction asks for ---- */

static void release_job(struct vf_app_delivery *delivery)
{
    if (delivery->offsets)
        rd_kafka_topic_partition_list_destroy(delivery->offsets);
    if (delivery->members)
        rd_kafka_consumer_group_metadata_destroy(delivery->members);
    delivery->offsets = NULL;
    delivery->members = NULL;
}

static void call(void *owner, enum vf_txn_call kind)
{
    struct vf_app_delivery *delivery = owner;
    struct vf_app *app = delivery->app;
    if (kind == VF_TXN_CALL_LOOK) {
        release_job(delivery);
        delivery->offsets = source_usable(delivery) ? vf_source_assignment(app->source)
                                                    : rd_kafka_topic_partition_list_new(0);
    }
    const struct vf_txn_job job = {
        .call = kind,
        .producer = vf_sink_client(app->sink),
        .consumer = source_usable(delivery) ? vf_source_client(app->source) : NULL,
        .offsets = delivery->offsets,
        .members = delivery->members,
        .timeout_ms = CALL_TIMEOUT_MS,
    };
    vf_txn_thread_call(delivery->thread, &job);
}

static uint64_t unacknowledged(void *owner)
{
    struct vf_app_delivery *delivery = owner;
    struct vf_sink_status status;
    vf_sink_status(delivery->app->sink, &status);
    return status.in_flight;
}

/* The group's generation is taken together with the offsets: the broker refuses them if the
 * partitions have gone to another member since. */
static bool gather(void *owner)
{
    struct vf_app_delivery *delivery = owner;
    struct vf_app *app = delivery->app;
    release_job(delivery);
    if (!source_usable(delivery))
        return false;
    delivery->offsets = vf_source_checkpoints(app->source);
    if (!delivery->offsets || delivery->offsets->cnt == 0)
        return false;
    delivery->members = rd_kafka_consumer_group_metadata(vf_source_client(app->source));
    return delivery->members != NULL;
}

static void remember_refused(struct vf_app_delivery *delivery, struct vf_ticket ticket)
{
    for (size_t i = 0; i < delivery->refused_count; i++) {
        if (delivery->refused[i].slot == ticket.slot &&
            delivery->refused[i].offset == ticket.offset) {
            delivery->refused[i].times++;
            return;
        }
    }
    /* The oldest goes: if it comes again, it is found guilty again. */
    if (delivery->refused_count == REFUSED_MAX)
        memmove(delivery->refused, delivery->refused + 1,
                --delivery->refused_count * sizeof *delivery->refused);
    delivery->refused[delivery->refused_count++] = (struct refused){ticket.slot, ticket.offset, 1};
}

/* What was taken and cannot be sent is not counted. */
static void forget_ahead(struct vf_app_delivery *delivery)
{
    delivery->app->counters.in -= vf_ahead_clear(&delivery->ahead);
}

/* Sends what was made while no transaction was open, as far as there is room. */
static void send_ahead(struct vf_app_delivery *delivery)
{
    struct vf_app *app = delivery->app;
    const struct vf_ahead_entry *entry;
    struct vf_error err = {0};
    while (vf_transaction_open(&delivery->txn) && delivery->taken < delivery->limit &&
           (entry = vf_ahead_first(&delivery->ahead))) {
        struct vf_ticket ticket = entry->ticket;
        int rc = VF_OK;
        if (vf_source_owns(app->source, ticket)) {
            rc = vf_sink_send(app->sink, &entry->record, ticket, &err);
            if (rc == VF_OK)
                vf_app_delivery_sent(app);
        } else {
            app->counters.in--; /* its partition went away, and it with it */
        }
        if (rc == VF_EAGAIN)
            return;
        if (rc) {
            /* It is read once more, and takes the way of refused outputs from there. */
            if (rc != VF_EKAFKA && rc != VF_ENOMEM)
                remember_refused(delivery, ticket);
            vf_app_delivery_spoil(app, &err);
            return;
        }
        vf_ahead_pop(&delivery->ahead);
    }
}

static void finish_drain(struct vf_app_delivery *delivery)
{
    struct vf_app *app = delivery->app;
    /* What was made ahead is left to the next start, so the source must not wait for it. */
    if (vf_ahead_first(&delivery->ahead) && app->source)
        vf_source_rewind(app->source);
    forget_ahead(delivery);
    void (*drained)(struct vf_app *) = delivery->drained;
    delivery->drained = NULL;
    if (drained)
        drained(app);
}

static void opened(void *owner)
{
    struct vf_app_delivery *delivery = owner;
    struct vf_app *app = delivery->app;
    delivery->opened = true;
    delivery->taken = 0;
    if (delivery->revoking && app->source) {
        delivery->revoking = false;
        vf_source_revoke_done(app->source);
    }
    if (delivery->drained) {
        finish_drain(delivery);
    } else if (app->source && !app->source_closing) {
        send_ahead(delivery);
        vf_source_resume(app->source);
    }
}

static void committed(void *owner)
{
    struct vf_app_delivery *delivery = owner;
    struct vf_app *app = delivery->app;
    const struct vf_counters *counters = &app->counters;
    /* What was made ahead is in none of the others yet. */
    if (delivery->limit < TAKEN_MAX)
        delivery->limit *= 2;
    delivery->settled = (struct settled){counters->out + counters->dead_letters, counters->out,
                                         counters->dead_letters};
    if (app->source)
        vf_source_committed(app->source, delivery->offsets);
    release_job(delivery);
}

static void rewind_source(void *owner, bool looked)
{
    struct vf_app_delivery *delivery = owner;
    struct vf_app *app = delivery->app;
    forget_ahead(delivery);
    uint64_t undone = app->counters.in - delivery->settled.in;
    app->counters.in = delivery->settled.in;
    app->counters.out = delivery->settled.out;
    app->counters.dead_letters = delivery->settled.dead_letters;
    vf_latency_reset(&app->counters.latency);
    if (app->source) {
        if (looked)
            vf_source_committed(app->source, delivery->offsets);
        vf_source_rewind(app->source);
    }
    release_job(delivery);
    if (undone > 0 && delivery->taken > 0)
        delivery->limit = delivery->taken > 1 ? delivery->taken / 2 : 1;
    if (undone > 0)
        vf_log(VF_LOG_INFO, VF_LOG_KAFKA, "reading on from what is committed",
               VF_FIELDS(vf_int("records_read_again", (int64_t)undone)));
}

static void on_old_sink_closed(void *owner, uint64_t left)
{
    (void)owner, (void)left;
}

static void replace(void *owner, const struct vf_error *err, bool joining)
{
    struct vf_app_delivery *delivery = owner;
    struct vf_app *app = delivery->app;
    release_job(delivery);
    vf_sink_close(app->sink, 0, on_old_sink_closed);
    app->sink = NULL;
    if (joining && !delivery->opened) {
        vf_app_stop(app, err);
        return;
    }
    delivery->replace = true;
    delivery->replace_ms = now(delivery) + (joining ? REPLACE_DELAY_MS : 0);
}

static void make_sink(struct vf_app_delivery *delivery)
{
    struct vf_app *app = delivery->app;
    struct vf_error err;
    delivery->replace = false;
    if (vf_app_create_sink(app, &delivery->settings, &err))
        vf_app_stop(app, &err);
    else
        vf_transaction_start(&delivery->txn, now(delivery));
}

/* ---- the loop's turns ---- */

static void finish_close(void *owner)
{
    struct vf_app_delivery *delivery = owner;
    void (*closed)(struct vf_app *) = delivery->closed;
    struct vf_app *app = delivery->app;
    release_job(delivery);
    vf_ahead_release(&delivery->ahead);
    app->delivery = NULL;
    vf_free(delivery);
    closed(app);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct vf_app_delivery *delivery = handle->data;
    if (delivery->thread)
        vf_txn_thread_stop(delivery->thread, finish_close);
    else
        finish_close(delivery);
}

static void close_step(struct vf_app_delivery *delivery)
{
    if (!delivery->closed || vf_transaction_calling(&delivery->txn) ||
        uv_is_closing((uv_handle_t *)&delivery->timer))
        return;
    uv_close((uv_handle_t *)&delivery->timer, on_timer_closed);
}

/* Positions also move without records: past what transactions of the inputs leave behind. */
static void commit_idle(struct vf_app_delivery *delivery)
{
    struct vf_source_status status;
    if (!vf_transaction_open(&delivery->txn) || delivery->txn.used || !delivery->app->source ||
        now(delivery) < delivery->idle_ms)
        return;
    delivery->idle_ms = now(delivery) + (uint64_t)delivery->app->config->commit_interval;
    vf_source_status(delivery->app->source, &status);
    if (status.uncommitted > 0)
        vf_transaction_want(&delivery->txn, now(delivery));
}

static void step(struct vf_app_delivery *delivery)
{
    if (delivery->closed) {
        close_step(delivery);
        return;
    }
    /* A look has the consumer's handle in its hands: it ends soon. */
    bool looking = delivery->txn.state == VF_TXN_LOOKING && vf_transaction_calling(&delivery->txn);
    if (delivery->drained && now(delivery) >= delivery->drain_deadline_ms && !looking)
        finish_drain(delivery);
    if (delivery->replace && now(delivery) >= delivery->replace_ms)
        make_sink(delivery);
    if (!delivery->app->sink)
        return;
    /* Outputs that come back to the library's queue after abort has emptied it would keep it
     * waiting for them. */
    if (delivery->txn.state == VF_TXN_ABORTING)
        rd_kafka_purge(vf_sink_client(delivery->app->sink),
                       RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_NON_BLOCKING);
    vf_transaction_tick(&delivery->txn, now(delivery));
    commit_idle(delivery);
}

static void on_timer(uv_timer_t *timer)
{
    step(timer->data);
}

static void on_result(void *owner, enum vf_txn_event result, const struct vf_error *err)
{
    struct vf_app_delivery *delivery = owner;
    vf_transaction_result(&delivery->txn, result, err, now(delivery));
    step(delivery);
}

int vf_app_delivery_start(struct vf_app *app, struct vf_error *err)
{
    struct vf_app_delivery *delivery = app->delivery;
    if (!delivery)
        return VF_OK;
    const struct vf_txn_ops ops = {call,      unacknowledged, gather,  opened,
                                   committed, rewind_source,  replace, delivery};
    vf_transaction_setup(&delivery->txn, (uint32_t)app->config->transaction_interval,
                         (uint32_t)app->config->transaction_timeout, &ops);
    int rc = vf_txn_thread_start(&app->loop, on_result, delivery, &delivery->thread, err);
    if (rc)
        return rc;
    uv_timer_init(&app->loop, &delivery->timer);
    delivery->timer.data = delivery;
    uv_timer_start(&delivery->timer, on_timer, TICK_MS, TICK_MS);
    vf_log(VF_LOG_INFO, VF_LOG_KAFKA, "exactly-once",
           VF_FIELDS(vf_text("transactional_id", delivery->id),
                     vf_int("interval_ms", app->config->transaction_interval),
                     vf_int("timeout_ms", app->config->transaction_timeout)));
    vf_transaction_start(&delivery->txn, now(delivery));
    return VF_OK;
}

/* ---- what the flow of records tells ---- */

enum vf_app_readiness vf_app_delivery_ready(struct vf_app *app)
{
    struct vf_app_delivery *delivery = app->delivery;
    bool careful = delivery->careful > 0;
    switch (delivery->txn.state) {
    case VF_TXN_OPEN:
        if (vf_ahead_first(&delivery->ahead) || (careful && unacknowledged(delivery) > 0))
            return VF_APP_WAIT;
        return delivery->taken < delivery->limit ? VF_APP_SEND : VF_APP_WAIT;
    case VF_TXN_DRAINING:
    case VF_TXN_ADDING:
    case VF_TXN_COMMITTING:
    case VF_TXN_BEGINNING:
        return careful || delivery->limit < TAKEN_MAX ? VF_APP_WAIT : VF_APP_AHEAD;
    default: return VF_APP_WAIT;
    }
}

int vf_app_delivery_ahead(struct vf_app *app, const struct vf_record *record,
                          struct vf_ticket ticket)
{
    return vf_ahead_push(&app->delivery->ahead, record, ticket);
}

void vf_app_delivery_room(struct vf_app *app)
{
    send_ahead(app->delivery);
}

unsigned vf_app_delivery_refused(const struct vf_app *app, struct vf_ticket ticket)
{
    const struct vf_app_delivery *delivery = app->delivery;
    for (size_t i = 0; i < delivery->refused_count; i++)
        if (delivery->refused[i].slot == ticket.slot &&
            delivery->refused[i].offset == ticket.offset)
            return delivery->refused[i].times;
    return 0;
}

void vf_app_delivery_sent(struct vf_app *app)
{
    struct vf_app_delivery *delivery = app->delivery;
    delivery->taken++;
    vf_transaction_used(&delivery->txn, now(delivery));
    if (delivery->taken >= delivery->limit)
        vf_transaction_want_soon(&delivery->txn);
}

void vf_app_delivery_spoil(struct vf_app *app, const struct vf_error *reason)
{
    vf_transaction_spoil(&app->delivery->txn, reason, now(app->delivery));
}

void vf_app_delivery_outcome(struct vf_app *app, struct vf_ticket ticket,
                             const struct vf_delivery *outcome)
{
    struct vf_app_delivery *delivery = app->delivery;
    if (!outcome->failure) {
        if (delivery->careful > 0)
            delivery->careful--;
        if (delivery->txn.state == VF_TXN_DRAINING)
            vf_transaction_tick(&delivery->txn, now(delivery));
        return;
    }
    if (delivery->txn.state != VF_TXN_OPEN && delivery->txn.state != VF_TXN_DRAINING)
        return;
    if (outcome->failure->code != VF_EAGAIN) {
        if (delivery->careful > 0)
            remember_refused(delivery, ticket);
        else
            delivery->careful = delivery->taken;
    }
    vf_app_delivery_spoil(app, outcome->failure);
}

void vf_app_delivery_broken(struct vf_app *app, const struct vf_error *reason)
{
    vf_transaction_break(&app->delivery->txn, reason, now(app->delivery));
}

void vf_app_delivery_revoke(struct vf_app *app)
{
    app->delivery->revoking = true;
    vf_transaction_want(&app->delivery->txn, now(app->delivery));
}

void vf_app_delivery_lost(struct vf_app *app)
{
    struct vf_app_delivery *delivery = app->delivery;
    struct vf_error reason;
    delivery->revoking = false;
    if (!delivery->txn.used)
        return;
    vf_error_set(&reason, VF_EKAFKA, "partitions were lost to another member of the group");
    vf_app_delivery_spoil(app, &reason);
}

void vf_app_delivery_assigned(struct vf_app *app)
{
    /* Places in the source's table mean other partitions now. */
    app->delivery->refused_count = 0;
}

/* ---- the end ---- */

void vf_app_delivery_drain(struct vf_app *app, uint32_t deadline_ms,
                           void (*done)(struct vf_app *app))
{
    struct vf_app_delivery *delivery = app->delivery;
    if (!delivery->thread || !app->sink) {
        done(app);
        return;
    }
    delivery->drained = done;
    delivery->drain_deadline_ms = now(delivery) + deadline_ms;
    vf_transaction_want(&delivery->txn, now(delivery));
}

void vf_app_delivery_close(struct vf_app *app, void (*done)(struct vf_app *app))
{
    struct vf_app_delivery *delivery = app->delivery;
    if (!delivery) {
        done(app);
        return;
    }
    delivery->closed = done;
    delivery->replace = false;
    if (delivery->thread)
        close_step(delivery);
    else
        finish_close(delivery);
}
