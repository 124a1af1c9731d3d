/*
 * A normalized event for people to read, on a terminal of 100 columns or so.
 */
#ifndef VF_DAEMON_EVENT_VIEW_H
#define VF_DAEMON_EVENT_VIEW_H

#include "base/buffer.h"
#include "vf_events.h"

/* Appends all of it, over many lines. */
void vf_event_view_full(const struct vf_normalized_event *event, struct vf_buffer *out);
/* Appends one line. */
void vf_event_view_line(const struct vf_normalized_event *event, struct vf_buffer *out);

#endif
