/*
 * Exactly-once in the daemon: between source, sink and transactions. Loop thread.
 *
 * While a transaction is open, outputs are sent; when it ends, offsets and outputs become
 * visible together. What goes wrong with it is undone and read again, counters included.
 *
 * An output that the broker refuses undoes the transaction too. Since a refusal is said of a
 * whole batch, the records that follow are sent one at a time until the guilty one has shown
 * itself; it becomes a dead letter when it is read the next time.
 */
#ifndef VF_DAEMON_APP_DELIVERY_H
#define VF_DAEMON_APP_DELIVERY_H

#include "daemon/app_internal.h"
#include "kafka/transaction.h"

/* Fills in the transactional.id that the producer and the consumer of these settings need; it
 * lives as long as the daemon. Does nothing with at-least-once. VF_ENOMEM, VF_ECONFIG. */
int vf_app_delivery_configure(struct vf_app *app, struct vf_client_settings *settings,
                              struct vf_error *err);
/* After source and sink were created. Does nothing with at-least-once. VF_ENOMEM, VF_EIO. */
int vf_app_delivery_start(struct vf_app *app, struct vf_error *err);

enum vf_app_readiness {
    VF_APP_WAIT,  /* no record may be taken now */
    VF_APP_SEND,  /* outputs go to the producer */
    VF_APP_AHEAD, /* outputs are kept until the next transaction: vf_app_delivery_ahead */
};

enum vf_app_readiness vf_app_delivery_ready(struct vf_app *app);
/* Keeps an event's output. VF_EAGAIN: no room. VF_ENOMEM. */
int vf_app_delivery_ahead(struct vf_app *app, const struct vf_record *record,
                          struct vf_ticket ticket);
/* The producer has room again. */
void vf_app_delivery_room(struct vf_app *app);
/* How often this record's output was refused before, so that it must become a dead letter. */
unsigned vf_app_delivery_refused(const struct vf_app *app, struct vf_ticket ticket);
/* The record's output was sent. */
void vf_app_delivery_sent(struct vf_app *app);
/* Nothing can be sent although a transaction is open. */
void vf_app_delivery_spoil(struct vf_app *app, const struct vf_error *reason);
/* What became of an output; acknowledged ones are counted already. */
void vf_app_delivery_outcome(struct vf_app *app, struct vf_ticket ticket,
                             const struct vf_delivery *delivery);
/* The producer failed for good. */
void vf_app_delivery_broken(struct vf_app *app, const struct vf_error *reason);
void vf_app_delivery_revoke(struct vf_app *app);
void vf_app_delivery_lost(struct vf_app *app);
void vf_app_delivery_assigned(struct vf_app *app);

/* Commits what was sent, at the latest when deadline_ms milliseconds have passed; then done. */
void vf_app_delivery_drain(struct vf_app *app, uint32_t deadline_ms,
                           void (*done)(struct vf_app *app));
/* After the source was closed: ends the thread when its call has returned; then done. */
void vf_app_delivery_close(struct vf_app *app, void (*done)(struct vf_app *app));

#endif
