#include "kafka/checkpoint.h"

#include "base/error.h"
#include "base/memory.h"
#include <string.h>

static uint32_t power_of_two(uint32_t n)
{
    uint32_t power = VF_CHECKPOINT_RING_MIN;
    while (power < n && power <= UINT32_MAX / 4)
        power *= 2;
    return power;
}

static int64_t *place(const struct vf_checkpoint *checkpoint, uint64_t sequence)
{
    return &checkpoint->ring[sequence & (checkpoint->capacity - 1)];
}

int vf_checkpoint_init(struct vf_checkpoint *checkpoint, uint32_t limit,
                       struct vf_checkpoint_budget *budget)
{
    *checkpoint = (struct vf_checkpoint){
        .ring = vf_malloc(VF_CHECKPOINT_RING_MIN * sizeof *checkpoint->ring),
        .capacity = VF_CHECKPOINT_RING_MIN,
        .limit = power_of_two(limit),
        .next = -1,
        .budget = budget,
    };
    return checkpoint->ring ? 0 : VF_ENOMEM;
}

void vf_checkpoint_release(struct vf_checkpoint *checkpoint)
{
    if (checkpoint->ring)
        checkpoint->budget->used -= checkpoint->capacity - VF_CHECKPOINT_RING_MIN;
    vf_free(checkpoint->ring);
    *checkpoint = (struct vf_checkpoint){.next = -1};
}

void vf_checkpoint_reset(struct vf_checkpoint *checkpoint)
{
    checkpoint->head = checkpoint->tail;
    checkpoint->waiting = 0;
    checkpoint->next = -1;
}

/* Capacity must hold what is in the ring. The old ring stays on failure. */
static int resize(struct vf_checkpoint *checkpoint, uint32_t capacity)
{
    int64_t *ring = vf_malloc(capacity * sizeof *ring);
    if (!ring)
        return VF_ENOMEM;
    for (uint64_t s = checkpoint->head; s != checkpoint->tail; s++)
        ring[s & (capacity - 1)] = *place(checkpoint, s);
    vf_free(checkpoint->ring);
    checkpoint->budget->used -= checkpoint->capacity - VF_CHECKPOINT_RING_MIN;
    checkpoint->budget->used += capacity - VF_CHECKPOINT_RING_MIN;
    checkpoint->ring = ring;
    checkpoint->capacity = capacity;
    return 0;
}

static bool may_grow(const struct vf_checkpoint *checkpoint)
{
    const struct vf_checkpoint_budget *budget = checkpoint->budget;
    return checkpoint->capacity < checkpoint->limit && budget->used < budget->limit &&
           checkpoint->capacity <= budget->limit - budget->used;
}

int vf_checkpoint_take(struct vf_checkpoint *checkpoint, int64_t offset, uint64_t *sequence)
{
    if (checkpoint->tail - checkpoint->head == checkpoint->capacity) {
        if (!may_grow(checkpoint))
            return VF_EAGAIN;
        int code = resize(checkpoint, checkpoint->capacity * 2);
        if (code)
            return code;
    }
    /* Before the first record all is done: by whoever committed the offset it was read from. */
    if (checkpoint->next < 0)
        checkpoint->next = offset;
    *sequence = checkpoint->tail++;
    *place(checkpoint, *sequence) = offset;
    checkpoint->waiting++;
    return 0;
}

void vf_checkpoint_untake(struct vf_checkpoint *checkpoint)
{
    if (checkpoint->tail == checkpoint->head)
        return;
    checkpoint->tail--;
    checkpoint->waiting--;
}

bool vf_checkpoint_has(const struct vf_checkpoint *checkpoint, uint64_t sequence, int64_t offset)
{
    return sequence >= checkpoint->head && sequence < checkpoint->tail &&
           *place(checkpoint, sequence) == offset;
}

bool vf_checkpoint_done(struct vf_checkpoint *checkpoint, uint64_t sequence, int64_t offset)
{
    if (!vf_checkpoint_has(checkpoint, sequence, offset))
        return false;
    *place(checkpoint, sequence) = ~offset;
    checkpoint->waiting--;
    while (checkpoint->head != checkpoint->tail && *place(checkpoint, checkpoint->head) < 0)
        checkpoint->next = ~*place(checkpoint, checkpoint->head++) + 1;
    return true;
}

void vf_checkpoint_advance(struct vf_checkpoint *checkpoint, int64_t offset)
{
    if (checkpoint->head == checkpoint->tail && offset > checkpoint->next)
        checkpoint->next = offset;
}

bool vf_checkpoint_roomy(const struct vf_checkpoint *checkpoint)
{
    uint32_t reach = may_grow(checkpoint) ? checkpoint->capacity * 2 : checkpoint->capacity;
    return checkpoint->tail - checkpoint->head <= reach / 2;
}

void vf_checkpoint_trim(struct vf_checkpoint *checkpoint)
{
    uint64_t used = checkpoint->tail - checkpoint->head;
    if (checkpoint->capacity > VF_CHECKPOINT_RING_MIN && used < checkpoint->capacity / 8)
        (void)resize(checkpoint, checkpoint->capacity / 2); /* the larger ring serves as well */
}
