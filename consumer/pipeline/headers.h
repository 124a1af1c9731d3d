/*
 * The headers that visitfeed adds to what it publishes.
 *
 * Events: the input's headers but those that told its schema or that visitfeed added before,
 * then visitfeed.source.topic, .partition, .offset.
 *
 * Dead letters: all of the input's headers, then the reason in visitfeed's own words and in the
 * three forms that other tools read: Kafka Connect (KIP-298), Kafka Streams (KIP-1034; both
 * text) and Spring for Apache Kafka (numbers big-endian).
 *
 * Internal to pipeline, but for VF_HEADER_ATTEMPT.
 */
#ifndef VF_PIPELINE_HEADERS_H
#define VF_PIPELINE_HEADERS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/record.h"
#include "codec/wire_frame.h"

#define VF_HEADER_PREFIX "visitfeed."
#define VF_HEADER_ATTEMPT "visitfeed.attempt" /* set by redrive: decimal, from 1 */

/* Set out's headers, in the arena; false when its limit is reached. */
bool vf_headers_for_event(const struct vf_record *in, const struct wire_frame *frame,
                          struct vf_arena *arena, struct vf_record *out);
bool vf_headers_for_dead_letter(const struct vf_record *in, const char *stage,
                                const struct vf_error *reason, struct vf_arena *arena,
                                struct vf_record *out);

#endif
