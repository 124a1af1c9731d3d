#include "replay.h"

#include "interrupt.h"
#include "topic_admin.h"
#include "topic_flags.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { TOLD_MAX = 20 }; /* records not delivered that are told one by one */
enum { MS_NS = 1000000, POLL_MS = 50, PRECISE_MS = 3 };
#define DAY_MS ((int64_t)86400000)

void vf_replay_init(struct vf_replay *replay)
{
    *replay = (struct vf_replay){.rounds = 1,
                                 .earliest_ms = INT64_MAX,
                                 .latest_ms = INT64_MIN,
                                 .virtual_ns = 1}; /* 0 would mean: not begun */
    vf_event_shift_init(&replay->shift);
    vf_rekey_init(&replay->rekey);
}

void vf_replay_release(struct vf_replay *replay)
{
    vf_sender_free(replay->sender);
    vf_replay_source_close(replay->source);
    vf_resume_close(replay->resume, NULL);
    vf_rejects_close(replay->rejects, NULL);
    vf_decoder_free(replay->decoder);
    vf_rewrite_free(replay->rewrite);
    vf_event_shift_release(&replay->shift);
    vf_rekey_release(&replay->rekey);
}

/* ---- the account ---- */

void vf_replay_counters(const struct vf_replay *replay, struct vf_counters *out)
{
    uint64_t total;

    vf_tally_counters(&replay->tally, out);
    vf_counters_add(out, "left_out", replay->left_out);
    vf_counters_add(out, "resumed", replay->resumed);
    if (replay->late.count) {
        vf_counters_add(out, "late_p50_us", vf_histogram_at(&replay->late, 0.50) / 1000);
        vf_counters_add(out, "late_p99_us", vf_histogram_at(&replay->late, 0.99) / 1000);
        vf_counters_add(out, "late_max_us", replay->late.max / 1000);
    }
    out->clean = out->clean && !replay->broken;
    vf_replay_source_progress(replay->source, &out->done, &total);
}

static void on_delivery(void *owner, const struct vf_delivery *delivery)
{
    struct vf_replay *replay = owner;

    if (!delivery->code) {
        replay->tally.acknowledged++;
        if (replay->resume && !replay->transactional)
            vf_resume_acknowledge(replay->resume, delivery->origin.position);
        return;
    }
    replay->tally.undelivered++;
    /* A resume file knows of one gap only as far as the window reaches. */
    if (!replay->skip_bad || replay->resume)
        replay->stopped = true;
    if (replay->told++ < TOLD_MAX)
        vf_progress_tell(&replay->progress, "%s:%" PRIu64 ": not delivered to %s: %s",
                         delivery->origin.file, delivery->origin.number, delivery->topic,
                         delivery->reason);
    else if (replay->told == TOLD_MAX + 1)
        vf_progress_tell(&replay->progress, "more were not delivered: see the summary");
}

struct vf_sender_events vf_replay_events(struct vf_replay *replay)
{
    return (struct vf_sender_events){on_delivery, replay};
}

static void serve_now(struct vf_replay *replay)
{
    struct vf_counters counters;

    if (replay->sender)
        vf_sender_poll(replay->sender, 0);
    if (vf_progress_is_due(&replay->progress)) {
        vf_replay_counters(replay, &counters);
        vf_progress_show(&replay->progress, &counters);
    }
}

/* Between records: at full speed not after each of them. */
static void serve(struct vf_replay *replay)
{
    enum { EVERY = 16 };

    if (replay->served++ % EVERY == 0)
        serve_now(replay);
}

/* A bad record goes to the file of those, if there is one. */
static bool keep_rejected(struct vf_replay *replay, const struct vf_origin *origin,
                          const struct vf_error *reason)
{
    struct vf_error err = {0};
    bool is_line;
    struct vf_slice item = vf_replay_source_item(replay->source, &is_line);

    if (!replay->rejects ||
        !vf_rejects_add(replay->rejects, origin->file, is_line, origin->number, reason, item, &err))
        return true;
    vf_progress_tell(&replay->progress, "%s", err.text);
    return false;
}

static void refuse(struct vf_replay *replay, const struct vf_origin *origin,
                   const struct vf_error *reason)
{
    vf_progress_tell(&replay->progress, "%s:%" PRIu64 ": %s", origin->file, origin->number,
                     reason->text[0] ? reason->text : vf_strerror(reason->code));
    if (replay->skip_bad && keep_rejected(replay, origin, reason)) {
        replay->tally.skipped++;
    } else {
        replay->tally.failed++;
        replay->stopped = true;
    }
}

static void fail(struct vf_replay *replay, const struct vf_error *err)
{
    vf_progress_tell(&replay->progress, "%s", err->text);
    replay->stopped = replay->broken = true;
}

static bool is_over(const struct vf_replay *replay)
{
    return replay->stopped || vf_interrupted() ||
           (replay->limit && replay->number >= replay->limit);
}

/* ---- transactions ---- */

static void commit(struct vf_replay *replay)
{
    struct vf_error err = {0};

    if (!replay->in_transaction)
        return;
    replay->in_transaction = false;
    replay->transaction_records = 0;
    bool whole = replay->tally.undelivered == 0;
    int rc = whole ? vf_sender_commit(replay->sender, replay->timeout_ms, &err)
                   : vf_sender_abort(replay->sender, replay->timeout_ms, &err);
    if (!rc && whole && !replay->tally.undelivered) {
        if (replay->resume)
            vf_resume_acknowledge_all(replay->resume, replay->number_sent);
        return;
    }
    if (!rc)
        vf_error_set(&err, VF_EKAFKA, "the transaction was aborted: a record was not delivered");
    fail(replay, &err);
}

static bool is_transaction_due(const struct vf_replay *replay, int64_t now)
{
    return replay->in_transaction &&
           (replay->transaction_records >= VF_REPLAY_TRANSACTION_RECORDS ||
            now - replay->transaction_begin >= VF_REPLAY_TRANSACTION_NS);
}

static int enter_transaction(struct vf_replay *replay, struct vf_error *err)
{
    if (!replay->transactional || !replay->sender)
        return VF_OK;
    if (is_transaction_due(replay, vf_monotonic_ns()))
        commit(replay);
    if (replay->stopped)
        return vf_error_set(err, VF_EKAFKA, "the replay was stopped");
    if (!replay->in_transaction) {
        int rc = vf_sender_begin(replay->sender, replay->timeout_ms, err);
        if (rc)
            return rc;
        replay->in_transaction = true;
        replay->transaction_begin = vf_monotonic_ns();
    }
    replay->transaction_records++;
    return VF_OK;
}

/* ---- when ---- */

static int64_t now_of(const struct vf_replay *replay)
{
    return replay->sender ? vf_monotonic_ns() : replay->virtual_ns;
}

/* -1: the record has no such time. */
static int64_t time_of(const struct vf_replay *replay, const struct vf_record *record, bool made)
{
    const struct vf_header *header;
    char text[32];
    char *end;

    switch (replay->pace_by) {
    case VF_PACE_TIMESTAMP: return record->timestamp_ms;
    case VF_PACE_PUBLISHED:
        return made ? record->timestamp_ms : vf_event_published(replay->decoder, record);
    case VF_PACE_HEADER: break;
    }
    header = vf_record_header(record, replay->pace_header);
    if (!header || !header->value.len || header->value.len >= sizeof text)
        return -1;
    snprintf(text, sizeof text, "%.*s", VF_SLICE_PRINT(header->value));
    long long number = strtoll(text, &end, 10);
    return *end || number < 0 ? -1 : number;
}

/* When the record is due by its time and by the rate, whichever is later. What is not asked for
 * would answer "now", and hide that the other's moment has passed. */
static int64_t due_of(struct vf_replay *replay, int64_t time_ms)
{
    int64_t now = now_of(replay);
    int64_t due = INT64_MIN;

    if (replay->clock.speed > 0)
        due = vf_replay_clock_due(&replay->clock, time_ms, now);
    if (replay->rate.per_second > 0) {
        int64_t by_rate = vf_pacer_next(&replay->rate, now);
        due = due > by_rate ? due : by_rate;
    }
    return due;
}

/* The client's poll is exact to some milliseconds only: the last bit is slept through. */
static void wait_until(struct vf_replay *replay, int64_t due)
{
    int64_t now = now_of(replay);

    if (!replay->sender && due > now)
        replay->virtual_ns = due;
    while (replay->sender && now < due && !vf_interrupted() && !replay->stopped) {
        int64_t left_ms = (due - now) / MS_NS;
        if (left_ms >= PRECISE_MS)
            vf_sender_poll(replay->sender,
                           left_ms > POLL_MS ? POLL_MS : (int)left_ms - PRECISE_MS + 1);
        else
            vf_sleep_until(due);
        now = vf_monotonic_ns();
        if (is_transaction_due(replay, now))
            commit(replay);
        serve_now(replay);
    }
}

/* ---- which ---- */

static bool is_within(const struct vf_replay *replay, const struct vf_record *record,
                      int64_t time_ms)
{
    if (!replay->of_files)
        return true;
    if (replay->start.kind == VF_BOUND_TIME && time_ms < replay->start.value)
        return false;
    if (replay->start.kind == VF_BOUND_OFFSET && record->offset < replay->start.value)
        return false;
    if (replay->end.kind == VF_BOUND_TIME && time_ms >= replay->end.value)
        return false;
    return replay->end.kind != VF_BOUND_OFFSET || record->offset < replay->end.value;
}

/* Milliseconds by which a round's events are later than the first round's: whole days, so that
 * dates without a time move along. */
static int64_t round_shift(const struct vf_replay *replay, int64_t round)
{
    if (round == 1)
        return 0;
    int64_t span =
        replay->latest_ms >= replay->earliest_ms ? replay->latest_ms - replay->earliest_ms : 0;
    return (span / DAY_MS + 1) * DAY_MS * (round - 1);
}

/* ---- sending ---- */

/* Records older than a topic keeps them are gone as soon as the broker looks. */
static void warn_of_age(struct vf_replay *replay, const char *topic, int64_t timestamp_ms)
{
    struct rd_kafka_s *client = vf_sender_client(replay->sender);
    char policy[64], type[64], retention[32];
    int64_t age_ms = vf_now_ms() - timestamp_ms;

    if (timestamp_ms <= 0 || age_ms < DAY_MS ||
        vf_topic_setting(client, topic, "cleanup.policy", policy, sizeof policy,
                         VF_REPLAY_QUESTION_MS, NULL) ||
        vf_topic_setting(client, topic, "message.timestamp.type", type, sizeof type,
                         VF_REPLAY_QUESTION_MS, NULL) ||
        vf_topic_setting(client, topic, "retention.ms", retention, sizeof retention,
                         VF_REPLAY_QUESTION_MS, NULL))
        return;
    long long limit_ms = strtoll(retention, NULL, 10);
    if (!strstr(policy, "delete") || strcmp(type, "CreateTime") != 0 || limit_ms < 0 ||
        age_ms <= limit_ms)
        return;
    vf_progress_tell(&replay->progress,
                     "warning: records are sent to %s with timestamps %lld days old, and it keeps "
                     "%lld days: they will be deleted soon (--timestamp now, --shift-time, or "
                     "retention.ms=-1)",
                     topic, (long long)(age_ms / DAY_MS), limit_ms / DAY_MS);
}

static void count_target(struct vf_replay *replay, const struct vf_record *record)
{
    size_t at = 0;

    while (at < replay->target_count && !vf_slice_is(record->topic, replay->targets[at].topic))
        at++;
    if (at == replay->target_count) {
        if (at == VF_REPLAY_TOPICS_MAX)
            return;
        snprintf(replay->targets[at].topic, sizeof replay->targets[at].topic, "%.*s",
                 VF_SLICE_PRINT(record->topic));
        replay->target_count++;
        if (replay->sender)
            warn_of_age(replay, replay->targets[at].topic, record->timestamp_ms);
    }
    replay->targets[at].records++;
    replay->targets[at].bytes += record->key.len + record->value.len;
}

static void send_record(struct vf_replay *replay, const struct vf_record *record,
                        struct vf_origin *origin, int64_t time_ms)
{
    bool paced = replay->clock.speed > 0 || replay->rate.per_second > 0;
    struct vf_error err;

    vf_error_clear(&err);
    count_target(replay, record); /* may ask the brokers: not while the clock runs */
    int64_t due = paced ? due_of(replay, time_ms) : 0;
    if (paced)
        wait_until(replay, due);
    int rc = enter_transaction(replay, &err);
    if (!rc && vf_interrupted())
        rc = VF_EAGAIN;
    if (!rc && replay->sender) {
        int64_t late = paced ? vf_monotonic_ns() - due : 0;
        if (paced)
            vf_histogram_add(&replay->late, late > 0 ? (uint64_t)late : 0);
        origin->position = replay->number;
        rc = vf_sender_send(replay->sender, record, origin, &err);
    }
    if (rc == VF_EAGAIN) { /* interrupted: as if it had not been read */
        replay->tally.read--;
        replay->number--;
    } else if (!rc) {
        replay->number_sent = replay->number;
        replay->tally.sent++;
        replay->tally.bytes += record->key.len + record->value.len;
    } else if (replay->stopped) {
        replay->tally.failed++;
    } else if (replay->resume || replay->transactional ||
               (replay->sender && vf_sender_failed(replay->sender, &err))) {
        replay->tally.failed++;
        vf_error_prefix(&err, "%s:%" PRIu64, origin->file, origin->number);
        fail(replay, &err);
    } else {
        refuse(replay, origin, &err);
    }
}

static void take(struct vf_replay *replay, int64_t round, struct vf_record *record, bool made,
                 struct vf_origin *origin)
{
    int64_t shift_ms = round_shift(replay, round);
    int64_t time_ms = time_of(replay, record, made);
    struct vf_error err;
    int rc = VF_OK;

    vf_error_clear(&err);
    replay->tally.read++;
    if (!is_within(replay, record, time_ms) ||
        !vf_filter_passes(replay->filter, record, replay->decoder)) {
        replay->left_out++;
        return;
    }
    if (replay->transform) {
        rc = replay->transform(replay->transform_owner, record, &err);
        if (rc == VF_ENOENT)
            replay->left_out++;
        else if (rc)
            refuse(replay, origin, &err);
        if (rc)
            return;
    }
    if (round == 1 && time_ms >= 0) {
        replay->earliest_ms = time_ms < replay->earliest_ms ? time_ms : replay->earliest_ms;
        replay->latest_ms = time_ms > replay->latest_ms ? time_ms : replay->latest_ms;
    }
    replay->shift.round = (int)round;
    replay->shift.ms = shift_ms;
    if (round > 1)
        rc = vf_event_shift_apply(&replay->shift, replay->decoder, record, &err);
    if (!rc)
        rc = vf_rekey_apply(&replay->rekey, replay->decoder, record, &err);
    if (!rc)
        rc = vf_rewrite_apply(replay->rewrite, made, shift_ms, record, &err);
    if (rc) {
        refuse(replay, origin, &err);
        return;
    }
    replay->number++;
    if (replay->resume && vf_resume_is_acknowledged(replay->resume, replay->number)) {
        replay->resumed++;
        return;
    }
    send_record(replay, record, origin, time_ms);
}

static void run_round(struct vf_replay *replay, int64_t round)
{
    struct vf_origin origin = {"", 0, 0};
    struct vf_record record;
    struct vf_error err;
    bool made;

    while (!is_over(replay)) {
        vf_error_clear(&err);
        int rc = vf_replay_source_next(replay->source, &record, &origin, &made, &err);
        serve(replay);
        if (rc == VF_ENOENT)
            return;
        if (rc == VF_EAGAIN) {
            if (is_transaction_due(replay, vf_monotonic_ns()))
                commit(replay);
            serve_now(replay);
            continue;
        }
        if (!rc) {
            take(replay, round, &record, made, &origin);
        } else if (rc == VF_EIO || rc == VF_ENOMEM || rc == VF_EKAFKA) {
            fail(replay, &err);
        } else {
            replay->tally.read++;
            refuse(replay, &origin, &err);
        }
    }
}

/* ---- the end ---- */

static void drain(struct vf_replay *replay, int drain_ms)
{
    struct vf_error err = {0};
    int rc = VF_EAGAIN;

    if (!replay->sender)
        return;
    commit(replay);
    if (!vf_interrupted())
        rc = vf_sender_drain(replay->sender, -1, &err);
    if (rc == VF_EAGAIN)
        rc = vf_sender_drain(replay->sender, drain_ms, &err);
    if (rc)
        vf_progress_tell(&replay->progress, "%s", err.text);
    vf_sender_abandon(replay->sender);
}

bool vf_replay_run(struct vf_replay *replay, int drain_ms)
{
    const struct vf_tally *tally = &replay->tally;
    struct vf_error err = {0};

    for (int64_t round = 1; round <= replay->rounds && !is_over(replay); round++) {
        replay->clock.begun = false;
        replay->clock.elapsed_ms = 0;
        if (round > 1 && vf_replay_source_rewind(replay->source, &err))
            fail(replay, &err);
        else
            run_round(replay, round);
    }
    bool ended = !replay->stopped && !vf_interrupted();
    drain(replay, drain_ms);
    bool whole = !replay->broken && !tally->failed && !tally->undelivered;
    if (ended && whole && replay->resume && !tally->skipped)
        vf_resume_set_complete(replay->resume);
    if (vf_resume_close(replay->resume, &err)) {
        vf_progress_tell(&replay->progress, "%s", err.text);
        whole = false;
    }
    replay->resume = NULL;
    if (vf_rejects_close(replay->rejects, &err)) {
        vf_progress_tell(&replay->progress, "%s", err.text);
        whole = false;
    }
    replay->rejects = NULL;
    return ended && whole;
}
