/*
 * What people see while the tool runs: on a terminal one line that is updated, otherwise a log
 * line every few seconds; each bad record; and at the end a summary that adds up.
 */
#ifndef VF_PRODUCER_PROGRESS_H
#define VF_PRODUCER_PROGRESS_H

#include "base/buffer.h"
#include "base/error.h"
#include <stdint.h>

/* read = sent + skipped + failed; sent = acknowledged + undelivered + in flight. */
struct vf_tally {
    uint64_t read;
    uint64_t skipped;      /* bad records that were passed over, as asked */
    uint64_t failed;       /* records that could not be sent */
    uint64_t sent;         /* handed to the cluster */
    uint64_t acknowledged; /* by it */
    uint64_t undelivered;  /* sent, and not acknowledged for good */
    uint64_t bytes;        /* of keys and values sent */
};

enum {
    VF_PROGRESS_TERMINAL_MS = 200, /* milliseconds between updates of the line */
    VF_PROGRESS_LOG_MS = 5000,     /* milliseconds between log lines */
};

struct vf_progress {
    bool quiet;      /* no progress; bad records and the summary's failures are still told */
    bool terminal;   /* standard error is one */
    bool line_shown; /* the cursor is in the progress line */
    int64_t begin;   /* nanoseconds, monotonic */
    int64_t next;    /* when the next update is due */
    uint64_t done;   /* of total, in whatever unit: bytes or records */
    uint64_t total;  /* 0: not known */
};

void vf_progress_begin(struct vf_progress *progress, bool quiet, uint64_t total);
/* Cheap; shows something when it is time. done: of the total. */
void vf_progress_update(struct vf_progress *progress, const struct vf_tally *tally, uint64_t done);
/* Writes one line for people to standard error; control characters are escaped. */
void vf_progress_tell(struct vf_progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The summary; dry: nothing was really sent. */
void vf_progress_end(struct vf_progress *progress, const struct vf_tally *tally, bool dry);

#endif
