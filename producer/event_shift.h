/*
 * The same events another time: for replays in a loop, whose events must be told from those of
 * the rounds before. One thread.
 */
#ifndef VF_PRODUCER_EVENT_SHIFT_H
#define VF_PRODUCER_EVENT_SHIFT_H

#include "decoder.h"

struct vf_event_shift {
    int round;  /* from 2: ids get "~2" behind them; 0 or 1: they stay */
    int64_t ms; /* added to published_at, and as whole days to dates.start and dates.end */
    struct vf_buffer value; /* of the event made last */
    struct vf_buffer key;
    struct vf_arena arena;
};

void vf_event_shift_init(struct vf_event_shift *shift);
void vf_event_shift_release(struct vf_event_shift *shift);

/* Replaces key and value of a visit or meeting; they are borrowed until the next call. What is
 * no event that can be decoded stays as it is. What is written in words stays, too. VF_ENOMEM. */
int vf_event_shift_apply(struct vf_event_shift *shift, struct vf_decoder *decoder,
                         struct vf_record *record, struct vf_error *err);

/* published_at of a visit, meeting or whatever has such a field; -1: there is none. */
int64_t vf_event_published(struct vf_decoder *decoder, const struct vf_record *record);

#endif
