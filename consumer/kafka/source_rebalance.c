#include "kafka/source_internal.h"

#include "base/buffer.h"
#include "observe/log.h"

enum { PARTITIONS_TEXT_MAX = 1024 }; /* bytes; what a log line can show of a list */
enum { REVOKE_RETRY_MS = 200 };      /* between attempts to commit before giving back */

static int compare_partitions(const void *a, const void *b, void *unused)
{
    const rd_kafka_topic_partition_t *left = a;
    const rd_kafka_topic_partition_t *right = b;
    (void)unused;
    int by_topic = strcmp(left->topic, right->topic);
    return by_topic ? by_topic
                    : (left->partition > right->partition) - (left->partition < right->partition);
}

/* "visits 0-5,7 meetings 0-2" */
static void print_partitions(struct vf_buffer *out, rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_sort(list, compare_partitions, NULL);
    for (int i = 0; i < list->cnt && !out->failed;) {
        const rd_kafka_topic_partition_t *first = &list->elems[i];
        bool same_topic = i > 0 && strcmp(first->topic, list->elems[i - 1].topic) == 0;
        int last = i;
        while (last + 1 < list->cnt && strcmp(first->topic, list->elems[last + 1].topic) == 0 &&
               list->elems[last + 1].partition == list->elems[last].partition + 1)
            last++;
        if (same_topic)
            vf_buffer_append_char(out, ',');
        else
            vf_buffer_printf(out, "%s%s ", i > 0 ? " " : "", first->topic);
        vf_buffer_printf(out, last > i ? "%d-%d" : "%d", first->partition,
                         list->elems[last].partition);
        i = last + 1;
    }
    if (out->failed)
        vf_buffer_append_text(out, "...");
}

static void log_partitions(const char *message, rd_kafka_topic_partition_list_t *list)
{
    struct vf_buffer text;
    vf_buffer_init(&text, PARTITIONS_TEXT_MAX);
    print_partitions(&text, list);
    vf_log(VF_LOG_INFO, VF_LOG_KAFKA, message,
           VF_FIELDS(vf_int("count", list->cnt), vf_str("partitions", vf_buffer_slice(&text))));
    vf_buffer_release(&text);
}

static void tell_owner(struct vf_source *source)
{
    source->assignments++;
    if (source->events.on_assignment)
        source->events.on_assignment(source->events.owner);
}

/* NULL: all. */
static void library_assign(struct vf_source *source, const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_resp_err_t code = 0;
    rd_kafka_error_t *error = NULL;
    if (list && source->cooperative)
        error = rd_kafka_incremental_assign(source->client.rk, list);
    else
        code = rd_kafka_assign(source->client.rk, list);
    if (!error && !code)
        return;
    vf_log(
        VF_LOG_ERROR, VF_LOG_KAFKA, "assignment failed",
        VF_FIELDS(vf_text("error", error ? rd_kafka_error_string(error) : rd_kafka_err2str(code))));
    rd_kafka_error_destroy(error);
}

static void library_unassign(struct vf_source *source, const rd_kafka_topic_partition_list_t *list)
{
    if (!source->cooperative) {
        library_assign(source, NULL);
        return;
    }
    rd_kafka_error_t *error = rd_kafka_incremental_unassign(source->client.rk, list);
    if (!error)
        return;
    vf_log(VF_LOG_WARN, VF_LOG_KAFKA, "giving back partitions failed",
           VF_FIELDS(vf_text("error", rd_kafka_error_string(error))));
    rd_kafka_error_destroy(error);
}

static void close_slots(struct vf_source *source, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        struct slot *slot = slot_find(source, list->elems[i].topic, list->elems[i].partition);
        if (slot)
            slot_close(source, slot);
    }
}

static void on_assign(struct vf_source *source, rd_kafka_topic_partition_list_t *list)
{
    struct vf_error err;
    for (int i = 0; i < list->cnt; i++) {
        int code = slot_open(source, list->elems[i].topic, list->elems[i].partition);
        if (!code)
            continue;
        vf_error_set(&err, code, "cannot take partition %s [%d]: %s", list->elems[i].topic,
                     list->elems[i].partition, vf_strerror(code));
        close_slots(source, list);
        library_assign(source, NULL);
        source_fail(source, &err);
        return;
    }
    library_assign(source, list);
    vf_client_answered(&source->client);
    log_partitions("partitions assigned", list);
    tell_owner(source);
}

static uint64_t count_waiting(const struct vf_source *source)
{
    uint64_t waiting = 0;
    for (size_t i = 0; i < source->slot_count; i++)
        if (source->slots[i]->state == SLOT_REVOKING)
            waiting += source->slots[i]->checkpoint.waiting;
    return waiting;
}

static void begin_revoke(struct vf_source *source, rd_kafka_event_t *event)
{
    const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    for (int i = 0; i < list->cnt; i++) {
        struct slot *slot = slot_find(source, list->elems[i].topic, list->elems[i].partition);
        if (!slot)
            continue;
        if (source->kept.slot == slot)
            source_drop_kept(source);
        slot->state = SLOT_REVOKING;
    }
    source->revoke_event = event;
    source->revoke_phase = REVOKE_DRAINING;
    source->revoke_retry_ms = 0;
    source->revoke_owner_done = false;
    source->revoke_deadline_ms = source_now(source) + source->revoke_timeout_ms;
    /* On the way out, what could be waited for has been. */
    if (source->close_phase == CLOSE_LEAVING)
        source->revoke_deadline_ms = source_now(source);
    if (source->commit_policy == VF_COMMIT_BY_OWNER && !rd_kafka_assignment_lost(source->client.rk))
        source->events.on_revoke(source->events.owner);
    source_revoke_step(source);
}

void source_on_rebalance(struct vf_source *source, rd_kafka_event_t *event)
{
    /* The library waits for each answer before it goes on; should it ever not, the old question
     * is void. */
    if (source->revoke_event)
        source_revoke_finish(source);
    switch (rd_kafka_event_error(event)) {
    case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
        on_assign(source, rd_kafka_event_topic_partition_list(event));
        break;
    case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS: begin_revoke(source, event); return;
    default:
        vf_log(VF_LOG_ERROR, VF_LOG_KAFKA, "rebalance failed",
               VF_FIELDS(vf_text("error", rd_kafka_event_error_string(event))));
        library_assign(source, NULL);
        break;
    }
    rd_kafka_event_destroy(event);
}

void source_revoke_finish(struct vf_source *source)
{
    rd_kafka_event_t *event = source->revoke_event;
    rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    bool lost = rd_kafka_assignment_lost(source->client.rk);
    uint64_t waiting = count_waiting(source);

    for (size_t i = 0; i < source->slot_count; i++)
        if (source->slots[i]->state == SLOT_REVOKING && slot_uncommitted(source->slots[i]))
            source->close_clean = false;
    bool by_owner = source->commit_policy == VF_COMMIT_BY_OWNER;
    if (by_owner && !source->revoke_owner_done && source->events.on_lost)
        source->events.on_lost(source->events.owner);
    if (waiting > 0)
        source->close_clean = false;
    if (waiting > 0 && !by_owner)
        vf_log(VF_LOG_WARN, VF_LOG_KAFKA, "outputs were still awaited: they may be doubled",
               VF_FIELDS(vf_int("records", (int64_t)waiting), vf_bool("lost", lost)));
    close_slots(source, list);
    library_unassign(source, list);
    log_partitions(lost ? "partitions lost" : "partitions revoked", list);
    rd_kafka_event_destroy(event);
    source->revoke_event = NULL;
    source->revoke_phase = REVOKE_NONE;
    tell_owner(source);
}

/* Commits what is done of the partitions being revoked; with nothing to commit, gives back. */
static void commit_revoked(struct vf_source *source)
{
    if (source->commit_pending || source_now(source) < source->revoke_retry_ms)
        return;
    rd_kafka_topic_partition_list_t *list = source_commit_list(source, SLOT_REVOKING);
    if (!list) {
        source_revoke_finish(source);
        return;
    }
    source->revoke_retry_ms = source_now(source) + REVOKE_RETRY_MS;
    if (source_commit(source, list))
        source->revoke_phase = REVOKE_COMMITTING;
}

void source_revoke_step(struct vf_source *source)
{
    if (source->revoke_phase == REVOKE_NONE)
        return;
    uint64_t now = source_now(source);
    bool by_source = source->commit_policy == VF_COMMIT_BY_SOURCE;
    if (rd_kafka_assignment_lost(source->client.rk) ||
        now >= source->revoke_deadline_ms + (by_source ? SOURCE_COMMIT_WAIT_MS : 0) ||
        (!by_source && source->revoke_owner_done)) {
        source_revoke_finish(source);
        return;
    }
    if (by_source && source->revoke_phase == REVOKE_DRAINING &&
        (now >= source->revoke_deadline_ms || count_waiting(source) == 0))
        commit_revoked(source);
}

void vf_source_revoke_done(struct vf_source *source)
{
    source->revoke_owner_done = true;
    vf_wakeup_now(&source->wakeup);
}
