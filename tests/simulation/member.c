#include "member.h"

#include "base/memory.h"
#include <stdio.h>
#include <string.h>

#define TOPIC "in"

static void set_time(struct member *member)
{
    member->app.loop.time = *member->now;
}

/* ---- the pipeline ---- */

void vf_pipeline_run(struct vf_pipeline *pipeline, const struct vf_record *in,
                     struct vf_output *out)
{
    const struct world *world = (const void *)pipeline;
    *out = (struct vf_output){.outcome = VF_OUTCOME_EVENT, .record = *in};
    out->record.topic = vf_slice_of("out");
    if (!world->bad[in->partition][in->offset])
        return;
    struct vf_error reason = {VF_EDATA, "bad"};
    vf_pipeline_dead_letter(pipeline, in, "decode", &reason, out);
}

void vf_pipeline_dead_letter(struct vf_pipeline *pipeline, const struct vf_record *in,
                             const char *stage, const struct vf_error *reason,
                             struct vf_output *out)
{
    (void)pipeline;
    *out = (struct vf_output){
        .outcome = VF_OUTCOME_DEAD_LETTER, .record = *in, .reason = *reason, .stage = stage};
    out->record.topic = vf_slice_of("dead");
}

const struct wire_schema *vf_pipeline_output_schema(const struct vf_pipeline *pipeline)
{
    (void)pipeline;
    return NULL;
}

/* ---- the source: what source.h promises ---- */

static int64_t base_of(const struct place *place)
{
    return place->committed > place->start ? place->committed : place->start;
}

static struct place *place_of(struct vf_source *source, struct vf_ticket ticket)
{
    struct place *place = &source->places[ticket.slot];
    bool current = place->state >= PLACE_ACTIVE && place->generation == ticket.generation;
    return current ? place : NULL;
}

void vf_source_done(struct vf_source *source, struct vf_ticket ticket)
{
    struct place *place = place_of(source, ticket);
    if (place)
        vf_checkpoint_done(&place->checkpoint, ticket.sequence, ticket.offset);
}

bool vf_source_owns(const struct vf_source *source, struct vf_ticket ticket)
{
    const struct place *place = &source->places[ticket.slot];
    return place->state == PLACE_ACTIVE && place->generation == ticket.generation &&
           vf_checkpoint_has(&place->checkpoint, ticket.sequence, ticket.offset);
}

void vf_source_reject(struct vf_source *source, struct vf_ticket ticket,
                      const struct vf_error *reason)
{
    (void)ticket, (void)reason;
    world_break(source->member->world, "a record was given back to the source");
}

void vf_source_resume(struct vf_source *source)
{
    source->busy = false;
}

void vf_source_rewind(struct vf_source *source)
{
    for (int p = 0; p < PARTITIONS; p++) {
        struct place *place = &source->places[p];
        if (place->state < PLACE_ACTIVE)
            continue;
        place->generation = ++source->generation;
        vf_checkpoint_reset(&place->checkpoint);
        if (place->state == PLACE_ACTIVE && base_of(place) >= 0)
            place->position = base_of(place);
    }
}

void vf_source_committed(struct vf_source *source,
                         const struct rd_kafka_topic_partition_list_s *offsets)
{
    for (int i = 0; i < offsets->cnt; i++) {
        struct place *place = &source->places[offsets->elems[i].partition];
        if (place->state >= PLACE_ACTIVE && offsets->elems[i].offset > place->committed)
            place->committed = offsets->elems[i].offset;
    }
}

struct rd_kafka_topic_partition_list_s *vf_source_checkpoints(const struct vf_source *source)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int p = 0; p < PARTITIONS; p++) {
        const struct place *place = &source->places[p];
        if (place->state >= PLACE_ACTIVE && place->checkpoint.next > base_of(place))
            rd_kafka_topic_partition_list_add(list, TOPIC, p)->offset = place->checkpoint.next;
    }
    return list;
}

struct rd_kafka_topic_partition_list_s *vf_source_assignment(const struct vf_source *source)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int p = 0; p < PARTITIONS; p++)
        if (source->places[p].state >= PLACE_ACTIVE)
            rd_kafka_topic_partition_list_add(list, TOPIC, p);
    return list;
}

void vf_source_revoke_done(struct vf_source *source)
{
    source->revoke_done = true;
}

struct rd_kafka_s *vf_source_client(struct vf_source *source)
{
    return (struct rd_kafka_s *)source;
}

void vf_source_status(const struct vf_source *source, struct vf_source_status *out)
{
    (void)source;
    *out = (struct vf_source_status){0};
}

/* ---- the sink ---- */

struct rd_kafka_s *vf_sink_client(struct vf_sink *sink)
{
    return (struct rd_kafka_s *)sink;
}

void vf_sink_status(const struct vf_sink *sink, struct vf_sink_status *out)
{
    *out = (struct vf_sink_status){.in_flight = (uint64_t)sink->count};
}

int vf_sink_send(struct vf_sink *sink, const struct vf_record *record, struct vf_ticket ticket,
                 struct vf_error *err)
{
    struct world *world = sink->member->world;
    if (sink->failed || sink->fenced)
        return vf_error_set(err, VF_EKAFKA, "not in a transaction");
    if (sink->count == SENT_MAX || draw(sink->member->random, 40) == 0)
        return VF_EAGAIN;
    bool dead_letter = vf_slice_is(record->topic, "dead");
    /* What is sent without its value is always taken. */
    int refusal = record->value.len ? world->refusal[record->partition][ticket.offset] : 0;
    struct sent *sent = &sink->sent[sink->count++];
    int partition = (int)ticket.slot;
    *sent = (struct sent){.ticket = ticket,
                          .output = {.partition = partition,
                                     .offset = (int)ticket.offset,
                                     .dead_letter = dead_letter},
                          .refusal = dead_letter ? refusal > 1 : refusal > 0};
    return VF_OK;
}

/* What a producer had on its way may still arrive. */
static void let_go(struct vf_sink *sink)
{
    struct member *member = sink->member;
    uint64_t arrive = draw(member->random, (uint64_t)sink->count + 1);
    for (uint64_t i = 0; i < arrive && !sink->failed; i++)
        world_produce(member->world, member->id, sink->epoch, &sink->sent[i].output);
    sink->count = 0;
}

void vf_sink_close(struct vf_sink *sink, uint32_t deadline_ms,
                   void (*on_closed)(void *owner, uint64_t left))
{
    (void)deadline_ms, (void)on_closed;
    if (!sink->member->gone)
        let_go(sink);
    vf_free(sink);
}

int vf_app_create_sink(struct vf_app *app, const struct vf_client_settings *settings,
                       struct vf_error *err)
{
    (void)settings, (void)err;
    struct vf_sink *sink = vf_calloc(1, sizeof *sink);
    sink->member = (struct member *)app;
    app->sink = sink;
    return VF_OK;
}

void vf_app_stop(struct vf_app *app, const struct vf_error *reason)
{
    (void)reason;
    ((struct member *)app)->stopped = true;
}

/* The first of what was sent comes back. */
static struct sent take_first(struct vf_sink *sink)
{
    struct sent first = sink->sent[0];
    memmove(sink->sent, sink->sent + 1, (size_t)--sink->count * sizeof first);
    return first;
}

static void fail_first(struct vf_sink *sink, int code)
{
    struct member *member = sink->member;
    struct vf_error failure = {code, "failed"};
    struct sent sent = take_first(sink);
    struct vf_delivery delivery = {&failure, sent.output.dead_letter ? "dead" : "out", -1, -1};
    sink->failed = true;
    member->sink_events.on_delivery(&member->app, sent.ticket, &delivery);
}

static void acknowledge_first(struct vf_sink *sink)
{
    struct member *member = sink->member;
    if (!world_produce(member->world, member->id, sink->epoch, &sink->sent[0].output)) {
        sink->fenced = true;
        fail_first(sink, VF_EAGAIN);
        return;
    }
    struct sent sent = take_first(sink);
    struct vf_delivery delivery = {NULL, sent.output.dead_letter ? "dead" : "out", 0, 0};
    member->sink_events.on_delivery(&member->app, sent.ticket, &delivery);
}

void member_acknowledge(struct member *member, int count, bool faults)
{
    struct vf_sink *sink = member->app.sink;
    set_time(member);
    while (count-- > 0 && sink && sink == member->app.sink && sink->count > 0) {
        if (sink->failed) {
            fail_first(sink, VF_EAGAIN);
        } else if (sink->sent[0].refusal) {
            /* The refusal is said of some of its neighbours too. */
            uint64_t batch = 1 + draw(member->random, (uint64_t)sink->count);
            while (batch-- > 0 && sink->count > 0)
                fail_first(sink, VF_ELIMIT);
        } else if (faults && draw(member->random, 60) == 0) {
            fail_first(sink, VF_EAGAIN);
        } else {
            acknowledge_first(sink);
        }
    }
    member->sink_events.on_room(&member->app);
}

void member_break_producer(struct member *member)
{
    static const struct vf_error fatal = {VF_EKAFKA, "fatal"};
    set_time(member);
    if (!member->app.sink)
        return;
    member->app.sink->fenced = true;
    member->sink_events.on_failure(&member->app, &fatal);
}

/* ---- the transaction thread ---- */

rd_kafka_consumer_group_metadata_t *__wrap_rd_kafka_consumer_group_metadata(rd_kafka_t *rk);
rd_kafka_consumer_group_metadata_t *__wrap_rd_kafka_consumer_group_metadata(rd_kafka_t *rk)
{
    struct member *member = ((struct vf_source *)rk)->member;
    member->job_generation = member->generation;
    return rd_kafka_consumer_group_metadata_new("group");
}

rd_kafka_resp_err_t __wrap_rd_kafka_purge(rd_kafka_t *rk, int flags);
rd_kafka_resp_err_t __wrap_rd_kafka_purge(rd_kafka_t *rk, int flags)
{
    (void)rk, (void)flags;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

int vf_txn_thread_start(uv_loop_t *loop,
                        void (*on_result)(void *owner, enum vf_txn_event result,
                                          const struct vf_error *err),
                        void *owner, struct vf_txn_thread **out, struct vf_error *err)
{
    struct member *member = loop->data;
    (void)err;
    member->on_result = on_result;
    member->result_owner = owner;
    *out = (struct vf_txn_thread *)member;
    return VF_OK;
}

void vf_txn_thread_call(struct vf_txn_thread *thread, const struct vf_txn_job *job)
{
    struct member *member = (struct member *)thread;
    if (member->calling)
        world_break(member->world, "two calls at once");
    if (member->job.call != job->call) {
        member->commit_done = false;
        member->abort_done = false;
    }
    member->calling = true;
    member->job = *job;
    for (int p = 0; p < PARTITIONS; p++)
        member->offsets[p] = -1;
    for (int i = 0; job->call == VF_TXN_CALL_OFFSETS && i < job->offsets->cnt; i++)
        member->offsets[job->offsets->elems[i].partition] = job->offsets->elems[i].offset;
}

void vf_txn_thread_stop(struct vf_txn_thread *thread, void (*on_closed)(void *owner))
{
    on_closed(((struct member *)thread)->result_owner);
}

static enum vf_txn_event look(struct member *member)
{
    rd_kafka_topic_partition_list_t *list = member->job.offsets;
    for (int i = 0; i < list->cnt; i++)
        if (!world_stable(member->world, list->elems[i].partition))
            return VF_TXN_CALL_AGAIN;
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = member->world->committed[list->elems[i].partition];
    return VF_TXN_CALL_OK;
}

static enum vf_txn_event add_offsets(struct member *member, struct vf_sink *sink)
{
    if (sink->count > 0)
        world_break(member->world, "offsets are added while outputs are on their way");
    if (sink->failed)
        return VF_TXN_CALL_BAD;
    /* The group's coordinator knows the member by its generation. */
    if (!member->in_group || member->job_generation != member->world->generation)
        return VF_TXN_CALL_BAD;
    return world_add_offsets(member->world, member->id, sink->epoch, member->offsets)
               ? VF_TXN_CALL_OK
               : VF_TXN_CALL_FATAL;
}

static enum vf_txn_event end(struct member *member, struct vf_sink *sink, bool commit)
{
    bool *done = commit ? &member->commit_done : &member->abort_done;
    if (commit && sink->failed)
        return VF_TXN_CALL_BAD;
    while (!commit && sink->count > 0)
        fail_first(sink, VF_EAGAIN);
    if (!*done && !world_end(member->world, member->id, sink->epoch, commit))
        return VF_TXN_CALL_FATAL;
    *done = true;
    sink->failed = false;
    return VF_TXN_CALL_OK;
}

static enum vf_txn_event carry_out(struct member *member)
{
    struct vf_sink *sink = member->app.sink;
    switch (member->job.call) {
    case VF_TXN_CALL_INIT: sink->epoch = world_init(member->world, member->id); break;
    case VF_TXN_CALL_LOOK: return look(member);
    case VF_TXN_CALL_BEGIN:
        if (sink->count > 0)
            world_break(member->world, "a transaction begins with outputs on their way");
        break;
    case VF_TXN_CALL_OFFSETS: return add_offsets(member, sink);
    case VF_TXN_CALL_COMMIT: return end(member, sink, true);
    case VF_TXN_CALL_ABORT: return end(member, sink, false);
    case VF_TXN_CALL_NONE: break;
    }
    return VF_TXN_CALL_OK;
}

static bool may_be_bad(enum vf_txn_call call)
{
    return call == VF_TXN_CALL_OFFSETS || call == VF_TXN_CALL_COMMIT;
}

void member_return(struct member *member, bool faults)
{
    static const struct vf_error trouble = {VF_EKAFKA, "trouble"};
    enum vf_txn_event result;
    struct vf_sink *sink = member->app.sink;
    if (!member->calling)
        return;
    set_time(member);
    uint64_t fault = faults ? draw(member->random, 24) : UINT64_MAX;
    if (fault == 0) {
        result = VF_TXN_CALL_AGAIN;
    } else if (fault == 1 && member->job.call != VF_TXN_CALL_INIT) {
        result = VF_TXN_CALL_FATAL;
    } else if (fault == 2 && may_be_bad(member->job.call) && !member->commit_done) {
        sink->failed = true;
        result = VF_TXN_CALL_BAD;
    } else {
        result = carry_out(member);
        /* Carried out, and nobody knows it. */
        if (result == VF_TXN_CALL_OK && fault == 3)
            result = VF_TXN_CALL_AGAIN;
        else if (result == VF_TXN_CALL_OK && fault == 4 && member->job.call != VF_TXN_CALL_INIT)
            result = VF_TXN_CALL_FATAL;
    }
    member->calling = false;
    member->on_result(member->result_owner, result, result == VF_TXN_CALL_OK ? NULL : &trouble);
}

/* ---- the group, as the source tells of it ---- */

bool member_has(const struct member *member, int partition)
{
    return member->source.places[partition].state != PLACE_FREE;
}

void member_assign(struct member *member, int partition)
{
    struct place *place = &member->source.places[partition];
    *place = (struct place){.state = PLACE_FETCHING, .position = -1, .start = -1, .committed = -1};
}

void member_fetched(struct member *member, int partition)
{
    struct place *place = &member->source.places[partition];
    set_time(member);
    vf_checkpoint_init(&place->checkpoint, RECORDS, &member->source.budget);
    place->generation = ++member->source.generation;
    place->position = member->world->committed[partition];
    place->state = PLACE_ACTIVE;
    member->source_events.on_assignment(&member->app);
}

static void close_place(struct place *place)
{
    if (place->state >= PLACE_ACTIVE)
        vf_checkpoint_release(&place->checkpoint);
    place->state = PLACE_FREE;
}

void member_revoke(struct member *member, unsigned mask)
{
    set_time(member);
    for (int p = 0; p < PARTITIONS; p++) {
        struct place *place = &member->source.places[p];
        if (!(mask & 1U << p))
            continue;
        if (place->state == PLACE_FETCHING)
            place->state = PLACE_FREE;
        else if (place->state == PLACE_ACTIVE)
            place->state = PLACE_REVOKING;
    }
    member->source.revoking = true;
    member->source.revoke_done = false;
    member->source_events.on_revoke(&member->app);
}

void member_revoke_end(struct member *member, bool lost)
{
    struct vf_source *source = &member->source;
    set_time(member);
    if (lost || !source->revoke_done)
        member->source_events.on_lost(&member->app);
    for (int p = 0; p < PARTITIONS; p++)
        if (lost || source->places[p].state == PLACE_REVOKING)
            close_place(&source->places[p]);
    source->revoking = false;
    member->source_events.on_assignment(&member->app);
}

/* ---- its life ---- */

static enum vf_take take(struct member *member, int partition)
{
    struct place *place = &member->source.places[partition];
    uint64_t sequence;
    int64_t offset = place->position;
    if (vf_checkpoint_take(&place->checkpoint, offset, &sequence))
        return VF_TAKE_BUSY;
    struct vf_record record = {.topic = vf_slice_of(TOPIC),
                               .partition = partition,
                               .offset = offset,
                               .value = vf_slice_of("value")};
    struct vf_ticket ticket = {(uint32_t)partition, place->generation, sequence, offset};
    enum vf_take answer = member->source_events.on_record(&member->app, &record, ticket);
    if (answer == VF_TAKE_DONE) {
        if (place->start < 0)
            place->start = offset;
        place->position = offset + 1;
    } else if (vf_checkpoint_has(&place->checkpoint, sequence, offset)) {
        vf_checkpoint_untake(&place->checkpoint);
    }
    return answer;
}

void member_read(struct member *member, int count)
{
    set_time(member);
    while (count-- > 0 && !member->source.busy) {
        int partition = (int)draw(member->random, PARTITIONS);
        struct place *place = &member->source.places[partition];
        if (place->state != PLACE_ACTIVE || place->position >= RECORDS)
            continue;
        if (take(member, partition) == VF_TAKE_BUSY)
            member->source.busy = true;
    }
}

static void call_timer(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (handle->type == UV_TIMER && uv_is_active(handle))
        ((uv_timer_t *)handle)->timer_cb((uv_timer_t *)handle);
}

void member_tick(struct member *member)
{
    set_time(member);
    uv_walk(&member->app.loop, call_timer, NULL);
}

void member_start(struct member *member, struct world *world, uint64_t *random, const uint64_t *now,
                  int id, const struct vf_config *config)
{
    struct vf_client_settings settings = {0};
    struct vf_error err;
    *member = (struct member){.world = world, .random = random, .now = now, .id = id};
    member->running = true;
    member->app.config = config;
    member->app.state = VF_APP_RUNNING;
    member->app.pipeline = (struct vf_pipeline *)world;
    member->app.source = &member->source;
    member->source.member = member;
    member->source.budget.limit = RECORDS * PARTITIONS;
    uv_loop_init(&member->app.loop);
    member->app.loop.data = member;
    set_time(member);
    vf_app_source_events(&member->app, &member->source_events);
    vf_app_sink_events(&member->app, &member->sink_events);
    if (vf_app_delivery_configure(&member->app, &settings, &err) ||
        vf_app_create_sink(&member->app, &settings, &err) ||
        vf_app_delivery_start(&member->app, &err))
        world_break(world, "a daemon does not start");
}

static void on_closed(struct vf_app *app)
{
    (void)app;
}

void member_kill(struct member *member)
{
    static const struct vf_error dead = {VF_EKAFKA, "dead"};
    if (member->app.sink)
        let_go(member->app.sink);
    member->gone = true;
    member->running = false;
    vf_app_delivery_close(&member->app, on_closed);
    for (int i = 0; i < 4 && member->calling; i++) {
        member->calling = false;
        member->on_result(member->result_owner, VF_TXN_CALL_FATAL, &dead);
    }
    uv_run(&member->app.loop, UV_RUN_DEFAULT);
    uv_loop_close(&member->app.loop);
    if (member->app.sink)
        vf_sink_close(member->app.sink, 0, NULL);
    for (int p = 0; p < PARTITIONS; p++)
        close_place(&member->source.places[p]);
}
