/*
 * Wakes a libuv loop when a librdkafka queue fills. The library writes to a file descriptor when
 * a queue goes from empty to not empty, and only then: so each wake-up drains with a budget, and
 * while something is left the loop comes back without waiting.
 */
#ifndef VF_KAFKA_WAKEUP_H
#define VF_KAFKA_WAKEUP_H

#include "base/error.h"
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <uv.h>

struct vf_wakeup {
    uv_poll_t poll;
    uv_idle_t idle;
    int fd;      /* eventfd; -1: not open */
    int handles; /* not yet closed */
    /* Takes what is there, up to a budget; true: something is left. Must not close the wake-up
     * in a way that frees it before returning. */
    bool (*drain)(void *owner);
    void (*on_closed)(void *owner);
    void *owner;
};

/* VF_EIO. On failure nothing is left open. */
int vf_wakeup_open(struct vf_wakeup *wakeup, uv_loop_t *loop, bool (*drain)(void *owner),
                   void *owner, struct vf_error *err);
/* The queue wakes the loop from now on, also with what is in it already. */
void vf_wakeup_watch(struct vf_wakeup *wakeup, rd_kafka_queue_t *queue);
/* Before a watched queue is destroyed. */
void vf_wakeup_unwatch(rd_kafka_queue_t *queue);
/* Drains in the loop's next turn. */
void vf_wakeup_now(struct vf_wakeup *wakeup);
/* on_closed comes from the loop; the memory must last until then. */
void vf_wakeup_close(struct vf_wakeup *wakeup, void (*on_closed)(void *owner));

#endif
