/*
 * Memberships of deploy/reference as Kafka records: key organization|country|since, value an
 * Avro Membership in Confluent's framing, null for what is no longer there. Pure but for reading
 * the tables; one thread.
 */
#ifndef VF_PRODUCER_MEMBERSHIP_FEED_H
#define VF_PRODUCER_MEMBERSHIP_FEED_H

#include "base/error.h"
#include "base/record.h"

struct vf_membership_feed;

/* Reads and checks all tables of the directory, as the daemon does. VF_EREFERENCE names file, line
 * and column; VF_EIO, VF_ENOMEM. */
int vf_membership_feed_open(const char *directory, uint32_t schema_id,
                            struct vf_membership_feed **out, struct vf_error *err);
void vf_membership_feed_close(struct vf_membership_feed *feed); /* NULL is allowed */

/* What a topic holds, record by record in its order: of each key the last counts. VF_ENOMEM. */
int vf_membership_feed_known(struct vf_membership_feed *feed, const struct vf_record *record,
                             struct vf_error *err);

/* The next row of the table as a record without a topic, borrowed until the next call. *known: the
 * topic holds it already. VF_ENOENT: the end. */
int vf_membership_feed_next(struct vf_membership_feed *feed, struct vf_record *record, bool *known,
                            struct vf_error *err);
/* After the last row: the next key that the topic holds and the table does not, as a tombstone.
 * VF_ENOENT: the end. */
int vf_membership_feed_next_gone(struct vf_membership_feed *feed, struct vf_record *record);

#endif
