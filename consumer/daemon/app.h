/*
 * The daemon: source → pipeline → sink on one libuv loop, with its signals, its status line and
 * its life from start to drained end.
 *
 *   state    | event                          | action                          | next
 *   ---------+--------------------------------+---------------------------------+---------
 *   starting | reference and clients ready    | join the group                  | running
 *   running  | SIGTERM, SIGINT, stop_after    | source stops, drains, commits   | draining
 *   running  | client failed for good         | the same, exit status 1         | draining
 *   running  | SIGHUP                         | load reference aside, then swap | running
 *   draining | source closed                  | sink flushes and closes         | draining
 *   draining | SIGTERM, SIGINT again          | leave at once, exit status 1    | -
 *   draining | sink closed                    | last status line, leave         | -
 */
#ifndef VF_DAEMON_APP_H
#define VF_DAEMON_APP_H

#include "daemon/config.h"

/* For the demo: sees every output as it is sent, and ends the daemon by itself. */
struct vf_app_hooks {
    void (*on_output)(void *owner, const struct vf_record *in, const struct vf_output *out,
                      const struct wire_schema *schema); /* may be NULL */
    void *owner;
    uint64_t stop_after; /* records acknowledged; 0: never */
};

/* What the daemon did, all of it acknowledged unless it says otherwise. */
struct vf_app_totals {
    uint64_t in;           /* records taken */
    uint64_t out;          /* events acknowledged */
    uint64_t dead_letters; /* acknowledged */
    uint64_t in_flight;    /* neither yet: in - out - dead_letters */
};

/* Runs until a signal or the hook ends it; hooks and totals may be NULL. 0: drained, all
 * committed. VF_ECONFIG; VF_EREFERENCE; VF_EKAFKA; VF_ETIMEDOUT: the drain's deadline passed. */
int vf_app_run(const struct vf_config *config, const struct vf_app_hooks *hooks,
               struct vf_app_totals *totals, struct vf_error *err);

#endif
