/*
 * The name under which brokers know a daemon's producer with transactions.
 */
#ifndef VF_DAEMON_TRANSACTIONAL_ID_H
#define VF_DAEMON_TRANSACTIONAL_ID_H

#include "daemon/config.h"

enum { VF_TRANSACTIONAL_ID_MAX = 512 }; /* bytes with the NUL; brokers take 32 KiB */

/* With static membership the id lasts, and what a killed daemon left open ends as soon as its
 * successor starts. Without it, a number makes each start's id its own: two daemons must never
 * have the same. VF_ECONFIG: too long, or settings that exactly-once cannot go with. */
int vf_transactional_id(const struct vf_config *config, uint64_t number,
                        char out[VF_TRANSACTIONAL_ID_MAX], struct vf_error *err);

#endif
