/*
 * Several cores for one daemon: each worker is a thread with a flow of its own, from loop and
 * consumer to producer, and a member of the group like any other daemon; Kafka divides the
 * partitions among them. The main thread is the first worker. It alone has signals, status line
 * and reload; what it needs of the others they publish under a lock, now and then.
 */
#ifndef VF_DAEMON_APP_WORKERS_H
#define VF_DAEMON_APP_WORKERS_H

#include "daemon/app_internal.h"

enum {
    VF_APP_WORKERS_MAX = 64, /* threads; each prefetches some MiB */
    VF_APP_PUBLISH_MS = 100, /* how old what a worker tells may be */
};

/* What the workers did and have, all together. */
struct vf_app_sum {
    uint64_t in;
    uint64_t out;
    uint64_t dead_letters;
    uint64_t bytes_in;
    struct vf_source_status source;
};

/* The configuration of one worker of several: with static membership each is a member of its own
 * name. Texts live in the arena. VF_ENOMEM. */
int vf_app_worker_config(const struct vf_config *config, size_t index, struct vf_arena *arena,
                         struct vf_config *out);

/* Main thread: starts all but the first, which has everything but its flow. VF_ENOMEM, VF_EIO.
 * Does nothing when only one is configured. */
int vf_app_workers_start(struct vf_app *main, struct vf_error *err);
/* Main thread: they drain and end. Any number of times. */
void vf_app_workers_stop(struct vf_app *main);
/* Main thread: whether all have ended. */
bool vf_app_workers_ended(const struct vf_app *main);
/* Main thread: they go on with the main one's reference data. */
void vf_app_workers_set_reference(struct vf_app *main);
/* Main thread: everything together, the main flow included. */
void vf_app_workers_sum(struct vf_app *main, struct vf_app_sum *out);
/* Main thread: when all have ended, so that its loop can end too. */
void vf_app_workers_close_news(struct vf_app *main);
/* Main thread, after its loop: frees them. They must have ended. */
void vf_app_workers_free(struct vf_app *main);

/* A worker's thread: its flow failed, so the daemon must end. */
void vf_app_worker_failed(struct vf_app *app);
/* A worker's thread: its flow is closed. */
void vf_app_worker_closed(struct vf_app *app);

#endif
