#include "kafka/source_internal.h"

#include "base/memory.h"
#include "observe/log.h"

enum {
    PARTITIONS_MAX = 1 << 20, /* highest partition number taken from the library */
    SLOTS_STEP = 16,          /* places by which a topic's table grows */
};

/* Room in the topic's table for that partition; new places are NULL. */
static int grow_table(struct source_topic *topic, int32_t partition)
{
    if ((size_t)partition < topic->slot_count)
        return 0;
    size_t count = ((size_t)partition / SLOTS_STEP + 1) * SLOTS_STEP;
    struct slot **slots = vf_realloc(topic->slots, count * sizeof(struct slot *));
    if (!slots)
        return VF_ENOMEM;
    for (size_t i = topic->slot_count; i < count; i++)
        slots[i] = NULL;
    topic->slots = slots;
    topic->slot_count = count;
    return 0;
}

static struct source_topic *topic_find(const struct vf_source *source, const char *name)
{
    for (size_t i = 0; i < source->topic_count; i++)
        if (strcmp(source->topics[i].name, name) == 0)
            return &source->topics[i];
    return NULL;
}

/* Room for all topics is made at once, since slots point into it. */
static struct source_topic *topic_open(struct vf_source *source, const char *name)
{
    struct source_topic *topic = topic_find(source, name);
    if (topic)
        return topic;
    if (!source->topics)
        source->topics = vf_calloc(VF_SOURCE_TOPICS_MAX, sizeof *source->topics);
    if (!source->topics || source->topic_count == VF_SOURCE_TOPICS_MAX)
        return NULL;
    topic = &source->topics[source->topic_count];
    topic->name = vf_strdup(name);
    topic->handle = topic->name ? rd_kafka_topic_new(source->client.rk, name, NULL) : NULL;
    if (!topic->handle) {
        vf_free(topic->name);
        *topic = (struct source_topic){0};
        return NULL;
    }
    source->topic_count++;
    return topic;
}

static struct slot *slot_free_one(struct vf_source *source)
{
    for (size_t i = 0; i < source->slot_count; i++)
        if (source->slots[i]->state == SLOT_FREE)
            return source->slots[i];
    struct slot **slots = vf_realloc(source->slots, (source->slot_count + 1) * sizeof *slots);
    if (!slots)
        return NULL;
    source->slots = slots;
    struct slot *slot = vf_calloc(1, sizeof *slot);
    if (!slot)
        return NULL;
    slot->index = (uint32_t)source->slot_count;
    source->slots[source->slot_count++] = slot;
    return slot;
}

/* The partition's messages go to the records' queue. Before fetching begins, so that none goes
 * to the group's. */
static void forward(struct vf_source *source, const char *topic, int32_t partition)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_get_partition(source->client.rk, topic, partition);
    if (!queue)
        return;
    rd_kafka_queue_forward(queue, source->records);
    rd_kafka_queue_destroy(queue);
}

int slot_open(struct vf_source *source, const char *name, int32_t partition)
{
    struct source_topic *topic = topic_open(source, name);
    if (!topic || partition < 0 || partition > PARTITIONS_MAX)
        return VF_ENOMEM;
    if (grow_table(topic, partition))
        return VF_ENOMEM;
    if (topic->slots[partition])
        slot_close(source, topic->slots[partition]);
    struct slot *slot = slot_free_one(source);
    if (!slot)
        return VF_ENOMEM;
    *slot = (struct slot){
        .topic = topic,
        .partition = partition,
        .generation = ++source->generation,
        .index = slot->index,
        .position = -1,
        .start = -1,
        .committed = -1,
        .log_end = -1,
    };
    if (vf_checkpoint_init(&slot->checkpoint, source->window, &source->budget))
        return VF_ENOMEM;
    slot->state = SLOT_ACTIVE;
    topic->slots[partition] = slot;
    source->assigned++;
    forward(source, name, partition);
    return 0;
}

static void library_resume(struct vf_source *source, struct slot *slot)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, slot->topic->name, slot->partition);
    rd_kafka_resume_partitions(source->client.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}

void slot_close(struct vf_source *source, struct slot *slot)
{
    /* The library keeps a pause beyond the assignment. */
    if (slot->library_paused)
        library_resume(source, slot);
    if (source->kept.slot == slot)
        source_drop_kept(source);
    source->in_flight -= slot->checkpoint.waiting;
    source->assigned--;
    slot->topic->slots[slot->partition] = NULL;
    vf_checkpoint_release(&slot->checkpoint);
    vf_free(slot->rejects);
    *slot = (struct slot){.index = slot->index, .state = SLOT_FREE};
}

struct slot *slot_find(const struct vf_source *source, const char *name, int32_t partition)
{
    const struct source_topic *topic = topic_find(source, name);
    if (!topic || partition < 0 || (size_t)partition >= topic->slot_count)
        return NULL;
    return topic->slots[partition];
}

struct slot *slot_of_message(const struct vf_source *source, const rd_kafka_message_t *message)
{
    for (size_t i = 0; i < source->topic_count; i++) {
        const struct source_topic *topic = &source->topics[i];
        if (topic->handle == message->rkt && (size_t)message->partition < topic->slot_count)
            return topic->slots[message->partition];
    }
    return message->rkt ? slot_find(source, rd_kafka_topic_name(message->rkt), message->partition)
                        : NULL;
}

struct vf_ticket slot_ticket(const struct slot *slot, uint64_t sequence, int64_t offset)
{
    return (struct vf_ticket){slot->index, slot->generation, sequence, offset};
}

static struct slot *slot_of_ticket(const struct vf_source *source, struct vf_ticket ticket)
{
    if (ticket.slot >= source->slot_count)
        return NULL;
    struct slot *slot = source->slots[ticket.slot];
    return slot->state != SLOT_FREE && slot->generation == ticket.generation ? slot : NULL;
}

static void adjust_later(struct vf_source *source)
{
    source->adjust_due = true;
    vf_wakeup_now(&source->wakeup);
}

void slot_pause(struct vf_source *source, struct slot *slot, enum pause_reason reason)
{
    slot->paused |= reason;
    adjust_later(source);
}

void slot_unpause(struct vf_source *source, struct slot *slot, enum pause_reason reason)
{
    slot->paused &= ~(unsigned)reason;
    adjust_later(source);
    if (!slot->paused)
        slot_seek(source, slot);
}

int64_t slot_read_from(const struct slot *slot)
{
    return slot->reject_count > 0 ? slot->rejects[0].offset : slot->position;
}

void slot_seek(struct vf_source *source, struct slot *slot)
{
    /* Nothing was read yet: the library is where it should be, and no record may be passed over
     * while a seek is due. */
    if (slot_read_from(slot) < 0)
        return;
    slot->seek_due = true;
    adjust_later(source);
}

void slot_tick(struct vf_source *source, struct slot *slot)
{
    if (slot->state == SLOT_FREE)
        return;
    vf_checkpoint_trim(&slot->checkpoint);
    /* Room may also come from other partitions, or from the system. */
    if (slot->paused & PAUSE_FULL && vf_checkpoint_roomy(&slot->checkpoint))
        slot_unpause(source, slot, PAUSE_FULL);
}

void slot_done(struct vf_source *source, struct slot *slot, uint64_t sequence, int64_t offset)
{
    if (!vf_checkpoint_done(&slot->checkpoint, sequence, offset))
        return;
    source->in_flight--;
    if (slot->paused & PAUSE_FULL && vf_checkpoint_roomy(&slot->checkpoint))
        slot_unpause(source, slot, PAUSE_FULL);
    if (slot->state == SLOT_REVOKING || source->close_phase == CLOSE_DRAINING)
        vf_wakeup_now(&source->wakeup);
}

void vf_source_done(struct vf_source *source, struct vf_ticket ticket)
{
    struct slot *slot = slot_of_ticket(source, ticket);
    if (slot)
        slot_done(source, slot, ticket.sequence, ticket.offset);
}

bool vf_source_owns(const struct vf_source *source, struct vf_ticket ticket)
{
    const struct slot *slot = slot_of_ticket(source, ticket);
    return slot && slot->state == SLOT_ACTIVE &&
           vf_checkpoint_has(&slot->checkpoint, ticket.sequence, ticket.offset);
}

void slot_remove_reject(struct slot *slot, size_t index)
{
    slot->reject_count--;
    memmove(slot->rejects + index, slot->rejects + index + 1,
            (slot->reject_count - index) * sizeof *slot->rejects);
}

static int add_reject(struct slot *slot, const struct reject *reject)
{
    if (slot->reject_count == slot->reject_capacity) {
        size_t capacity = slot->reject_capacity ? slot->reject_capacity * 2 : 4;
        struct reject *grown = vf_realloc(slot->rejects, capacity * sizeof *grown);
        if (!grown)
            return VF_ENOMEM;
        slot->rejects = grown;
        slot->reject_capacity = capacity;
    }
    size_t at = slot->reject_count;
    while (at > 0 && slot->rejects[at - 1].offset > reject->offset)
        at--;
    if (at > 0 && slot->rejects[at - 1].offset == reject->offset)
        return 0;
    memmove(slot->rejects + at + 1, slot->rejects + at,
            (slot->reject_count - at) * sizeof *slot->rejects);
    slot->rejects[at] = *reject;
    slot->reject_count++;
    return 0;
}

void vf_source_reject(struct vf_source *source, struct vf_ticket ticket,
                      const struct vf_error *reason)
{
    struct slot *slot = slot_of_ticket(source, ticket);
    /* A revoked partition's record comes again to whoever has it next. */
    if (!slot || slot->state != SLOT_ACTIVE ||
        !vf_checkpoint_has(&slot->checkpoint, ticket.sequence, ticket.offset))
        return;
    struct reject reject = {ticket.offset, ticket.sequence, *reason};
    struct vf_error err;
    if (add_reject(slot, &reject)) {
        vf_error_set(&err, VF_ENOMEM, "out of memory for a refused record");
        source_fail(source, &err);
        return;
    }
    slot_seek(source, slot);
}

void vf_source_rewind(struct vf_source *source)
{
    for (size_t i = 0; i < source->slot_count; i++) {
        struct slot *slot = source->slots[i];
        if (slot->state == SLOT_FREE)
            continue;
        source->in_flight -= slot->checkpoint.waiting;
        slot->generation = ++source->generation;
        vf_checkpoint_reset(&slot->checkpoint);
        slot->reject_count = 0;
        /* One that is going away has nothing more to commit, and is read by its next owner. */
        if (slot->state == SLOT_REVOKING)
            continue;
        slot->at_end = false;
        if (slot_base(slot) >= 0)
            slot->position = slot_base(slot);
        slot_seek(source, slot);
    }
    source_drop_kept(source);
}

static void add(rd_kafka_topic_partition_list_t **list, const struct slot *slot, int64_t offset)
{
    if (!*list)
        *list = rd_kafka_topic_partition_list_new(8);
    rd_kafka_topic_partition_list_add(*list, slot->topic->name, slot->partition)->offset = offset;
}

void source_adjust(struct vf_source *source)
{
    rd_kafka_topic_partition_list_t *pause = NULL;
    rd_kafka_topic_partition_list_t *seek = NULL;
    rd_kafka_topic_partition_list_t *resume = NULL;

    if (!source->adjust_due)
        return;
    source->adjust_due = false;
    for (size_t i = 0; i < source->slot_count; i++) {
        struct slot *slot = source->slots[i];
        if (slot->state != SLOT_ACTIVE)
            continue;
        if (slot->paused && !slot->library_paused)
            add(&pause, slot, RD_KAFKA_OFFSET_INVALID);
        else if (!slot->paused && slot->library_paused)
            add(&resume, slot, RD_KAFKA_OFFSET_INVALID);
        slot->library_paused = slot->paused;
        if (slot->paused || !slot->seek_due)
            continue;
        slot->seek_due = false;
        if (slot_read_from(slot) >= 0) {
            slot->sought = slot->reject_count == 0;
            add(&seek, slot, slot_read_from(slot));
        }
    }
    /* Seek before resume: what is read after it begins at the right place. A seek without time
     * to wait returns at once; its own errors are of partitions that are going away. */
    if (pause)
        rd_kafka_pause_partitions(source->client.rk, pause);
    if (seek)
        rd_kafka_error_destroy(rd_kafka_seek_partitions(source->client.rk, seek, 0));
    if (resume)
        rd_kafka_resume_partitions(source->client.rk, resume);
    rd_kafka_topic_partition_list_t *lists[] = {pause, seek, resume};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (lists[i])
            rd_kafka_topic_partition_list_destroy(lists[i]);
}

void source_release_slots(struct vf_source *source)
{
    for (size_t i = 0; i < source->slot_count; i++) {
        struct slot *slot = source->slots[i];
        slot->library_paused = false; /* the library goes too */
        if (slot->state != SLOT_FREE)
            slot_close(source, slot);
        vf_free(slot);
    }
    vf_free(source->slots);
    for (size_t i = 0; i < source->topic_count; i++) {
        rd_kafka_topic_destroy(source->topics[i].handle);
        vf_free(source->topics[i].slots);
        vf_free(source->topics[i].name);
    }
    vf_free(source->topics);
    source->slots = NULL;
    source->slot_count = 0;
    source->topics = NULL;
    source->topic_count = 0;
}
