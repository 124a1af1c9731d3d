/*
 * What source and sink share: the library's handle, its main queue (log, errors, statistics,
 * delivery reports, answers to commits), whether brokers can be reached, and the way out.
 * The loop's thread, except where told.
 */
#ifndef VF_KAFKA_CLIENT_H
#define VF_KAFKA_CLIENT_H

#include "kafka/client_config.h"
#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* The library's destruction takes below a second; that of 2.0.2 may never end once an input topic
 * was deleted and created anew, as a thread of its own waits for a broker that nobody lets go. */
enum { VF_CLIENT_DESTROY_MS = 5000 };

struct vf_client;

struct vf_client_events {
    /* Every event but log lines and the client's own errors. The client destroys it, unless the
     * answer is true: then the owner does. */
    bool (*on_event)(void *owner, rd_kafka_event_t *event);
    void (*on_fatal)(void *owner, const struct vf_error *err);
    void *owner;
};

struct vf_client {
    rd_kafka_t *rk;          /* owned; NULL when closed */
    rd_kafka_queue_t *queue; /* owned; the main queue */
    enum vf_client_role role;
    struct vf_client_events events;
    atomic_uint *ups;     /* owned; connections that came up; counted by the library's threads */
    unsigned ups_at_down; /* ups when all brokers went down */
    bool down;            /* no broker can be reached */
    uint64_t down_ns;     /* since when, by uv_hrtime */
    char last_error[256]; /* why the last connection failed */
    bool never_assigned;  /* a member of a group that goes before its first assignment */
    void (*on_closed)(void *owner);
};

/* The client's address must not change. events: librdkafka's RD_KAFKA_EVENT_* wanted besides
 * log and errors. VF_ECONFIG, VF_EKAFKA, VF_ENOMEM. */
int vf_client_open(struct vf_client *client, const struct vf_client_settings *settings,
                   enum vf_client_role role, int wanted, const struct vf_client_events *events,
                   struct vf_error *err);
/* Whether its group's assignments come and go in parts: by its settings, as the library does not
 * tell while a member is out of its group. */
bool vf_client_is_cooperative(const struct vf_client *client);
/* Serves up to budget events of the main queue; true: something is left. */
bool vf_client_serve(struct vf_client *client, int budget);
/* Call now and then: says it when brokers are back. */
void vf_client_tick(struct vf_client *client);
/* A broker has answered. */
void vf_client_answered(struct vf_client *client);
/* An error event of whichever queue that is not about one partition or topic. */
void vf_client_error(struct vf_client *client, rd_kafka_resp_err_t code, const char *text);

/* Destroys the handle on a thread of its own, since that may block; all other objects got from it
 * must be gone. on_closed comes from the loop, after VF_CLIENT_DESTROY_MS at the latest: then the
 * handle and its threads are left behind, which is logged. Left behind at once is one that the
 * library would abort the process for: https://github.com/confluentinc/librdkafka/issues/4312 */
void vf_client_close(struct vf_client *client, uv_loop_t *loop, void (*on_closed)(void *owner));
/* Handles left behind by any thread. While there are some, the process must end by _exit: their
 * threads still use what exit tears down. */
unsigned vf_client_left_behind(void);
/* The same at once, for a client that was never used. */
void vf_client_abandon(struct vf_client *client);

/* One line of the library's log. */
void vf_client_log_line(int level, const char *facility, const char *text, const char *role);
const char *vf_client_role_name(enum vf_client_role role);

#endif
