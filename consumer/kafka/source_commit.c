#include "kafka/source_internal.h"

#include "observe/log.h"

bool slot_uncommitted(const struct slot *slot)
{
    return slot->state != SLOT_FREE && slot->checkpoint.next > slot_base(slot);
}

static rd_kafka_topic_partition_list_t *commit_list(const struct vf_source *source,
                                                    enum slot_state state)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)source->assigned);
    for (size_t i = 0; i < source->slot_count; i++) {
        const struct slot *slot = source->slots[i];
        if (slot->state == state && slot_uncommitted(slot))
            rd_kafka_topic_partition_list_add(list, slot->topic->name, slot->partition)->offset =
                slot->checkpoint.next;
    }
    return list;
}

rd_kafka_topic_partition_list_t *source_commit_list(const struct vf_source *source,
                                                    enum slot_state state)
{
    rd_kafka_topic_partition_list_t *list = commit_list(source, state);
    if (list->cnt > 0)
        return list;
    rd_kafka_topic_partition_list_destroy(list);
    return NULL;
}

struct rd_kafka_topic_partition_list_s *vf_source_checkpoints(const struct vf_source *source)
{
    rd_kafka_topic_partition_list_t *list = commit_list(source, SLOT_ACTIVE);
    for (size_t i = 0; i < source->slot_count; i++) {
        const struct slot *slot = source->slots[i];
        if (slot->state == SLOT_REVOKING && slot_uncommitted(slot))
            rd_kafka_topic_partition_list_add(list, slot->topic->name, slot->partition)->offset =
                slot->checkpoint.next;
    }
    return list;
}

struct rd_kafka_topic_partition_list_s *vf_source_assignment(const struct vf_source *source)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)source->assigned);
    for (size_t i = 0; i < source->slot_count; i++)
        if (source->slots[i]->state != SLOT_FREE)
            rd_kafka_topic_partition_list_add(list, source->slots[i]->topic->name,
                                              source->slots[i]->partition);
    return list;
}

bool source_commit(struct vf_source *source, rd_kafka_topic_partition_list_t *list)
{
    /* The answer comes as an event through the main queue. */
    rd_kafka_resp_err_t code =
        rd_kafka_commit_queue(source->client.rk, list, source->client.queue, NULL, NULL);
    rd_kafka_topic_partition_list_destroy(list);
    if (code) {
        vf_log(VF_LOG_WARN, VF_LOG_KAFKA, "commit failed",
               VF_FIELDS(vf_text("error", rd_kafka_err2str(code))));
        return false;
    }
    source->commit_pending = true;
    source->commit_generation = source->generation;
    return true;
}

void source_commit_tick(struct vf_source *source)
{
    if (source->commit_policy != VF_COMMIT_BY_SOURCE || source->commit_pending ||
        source->revoke_phase != REVOKE_NONE || source->close_phase == CLOSE_LEAVING ||
        source_now(source) < source->commit_next_ms)
        return;
    source->commit_next_ms = source_now(source) + source->commit_interval_ms;
    rd_kafka_topic_partition_list_t *list = source_commit_list(source, SLOT_ACTIVE);
    if (list)
        source_commit(source, list);
}

static void mark_committed(struct vf_source *source, const rd_kafka_topic_partition_list_t *list,
                           uint32_t generation)
{
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &list->elems[i];
        struct slot *slot = slot_find(source, at->topic, at->partition);
        if (at->err || at->offset < 0 || !slot || slot->generation > generation)
            continue;
        if (at->offset > slot->committed)
            slot->committed = at->offset;
    }
}

void vf_source_committed(struct vf_source *source,
                         const struct rd_kafka_topic_partition_list_s *offsets)
{
    mark_committed(source, offsets, UINT32_MAX);
}

static void log_failure(const rd_kafka_topic_partition_list_t *list, rd_kafka_resp_err_t code)
{
    const rd_kafka_topic_partition_t *first = NULL;
    int failed = 0;
    for (int i = 0; list && i < list->cnt; i++) {
        if (!code && !list->elems[i].err)
            continue;
        failed++;
        if (!first)
            first = &list->elems[i];
    }
    if (!first)
        return;
    vf_log(VF_LOG_WARN, VF_LOG_KAFKA, "commit failed",
           VF_FIELDS(vf_text("topic", first->topic), vf_int("partition", first->partition),
                     vf_int("offset", first->offset), vf_int("partitions", failed),
                     vf_text("error", rd_kafka_err2str(code ? code : first->err))));
}

/* The group goes on without this member, or has closed the generation in which the partitions
 * were read: no later attempt of a revocation can do better. */
static bool is_hopeless(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS ||
           code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
           code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
           code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID ||
           code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
}

void source_on_commit(struct vf_source *source, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    source->commit_pending = false;
    if (list && !code) {
        mark_committed(source, list, source->commit_generation);
        vf_client_answered(&source->client);
    }
    log_failure(list, code);
    if (source->revoke_phase != REVOKE_NONE && is_hopeless(code))
        source_revoke_finish(source);
    else if (source->revoke_phase == REVOKE_COMMITTING)
        source->revoke_phase = REVOKE_DRAINING; /* looks again at what is left to commit */
    vf_wakeup_now(&source->wakeup);
}
