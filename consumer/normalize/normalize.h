/*
 * From a report to a normalized event: a pure function of the report and a reference snapshot.
 * No clock, no I/O, no state: the same input gives the same output on any machine.
 */
#ifndef VF_NORMALIZE_NORMALIZE_H
#define VF_NORMALIZE_NORMALIZE_H

#include "base/arena.h"
#include "base/error.h"
#include "normalize/memo.h"
#include "reference/reference.h"
#include "vf_events.h"

/* memo: what was found out about texts before, or NULL; the answer is the same with any or none.
 * *out borrows from *in, from the reference and from the arena: valid while all three are.
 * VF_ENOMEM (the arena's limit is reached), VF_EDATA (event_id or source is empty; err names the
 * field). A report that is merely vague or ambiguous is no error: it gets flags. */
int vf_normalize_visit(const struct vf_reference *reference, struct vf_memo *memo,
                       const struct vf_visit *in, struct vf_arena *arena,
                       struct vf_normalized_event *out, struct vf_error *err);
int vf_normalize_meeting(const struct vf_reference *reference, struct vf_memo *memo,
                         const struct vf_meeting *in, struct vf_arena *arena,
                         struct vf_normalized_event *out, struct vf_error *err);

#endif
