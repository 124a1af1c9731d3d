/*
 * What the demo sends: the sample of reports, and values that a careful daemon must refuse.
 */
#ifndef VF_DAEMON_DEMO_FEED_H
#define VF_DAEMON_DEMO_FEED_H

#include "base/arena.h"
#include "daemon/config.h"

/* Sends all of it to the brokers in config, waits for the acknowledgements, and counts. The first
 * visit and the first meeting come first. */
int vf_demo_feed(const struct vf_config *config, const char *sample_directory,
                 struct vf_arena *arena, uint64_t *sent, struct vf_error *err);

#endif
