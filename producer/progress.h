/*
 * What people see while the tool runs: on a terminal one line that is updated, otherwise a log
 * line every few seconds; each bad record; and at the end a summary that adds up.
 */
#ifndef VF_PRODUCER_PROGRESS_H
#define VF_PRODUCER_PROGRESS_H

#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    VF_PROGRESS_TERMINAL_MS = 200, /* milliseconds between updates of the line */
    VF_PROGRESS_LOG_MS = 5000,     /* milliseconds between log lines */
    VF_COUNTERS_MAX = 16,
};

struct vf_counter {
    const char *name;
    uint64_t value;
};

/* What a command counts, in the order in which people read it. */
struct vf_counters {
    struct vf_counter items[VF_COUNTERS_MAX];
    size_t count;
    uint64_t worked; /* records of which the rate is told */
    uint64_t done;   /* of the total, for the bar: bytes or records */
    bool clean;      /* nothing went wrong so far */
};

struct vf_progress {
    bool quiet;      /* no progress; bad records and a summary that is not clean are told */
    bool terminal;   /* standard error is one */
    bool line_shown; /* the cursor is in the progress line */
    int64_t begin;   /* nanoseconds, monotonic */
    int64_t next;    /* when the next update is due */
    uint64_t total;  /* 0: not known */
};

void vf_progress_begin(struct vf_progress *progress, bool quiet, uint64_t total);
/* Whether something is to be shown again. Cheap. */
bool vf_progress_is_due(const struct vf_progress *progress);
void vf_progress_show(struct vf_progress *progress, const struct vf_counters *counters);
/* Writes one line for people to standard error; control characters are escaped. */
void vf_progress_tell(struct vf_progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The summary. message: a fixed text, such as "summary". */
void vf_progress_end(struct vf_progress *progress, const char *message,
                     const struct vf_counters *counters);

void vf_counters_add(struct vf_counters *counters, const char *name, uint64_t value);

/* What is counted where records are sent: read = sent + skipped + failed, and in the end
 * sent = acknowledged + undelivered. */
struct vf_tally {
    uint64_t read;
    uint64_t skipped;      /* bad records that were passed over, as asked */
    uint64_t failed;       /* records that could not be sent */
    uint64_t sent;         /* handed to the cluster */
    uint64_t acknowledged; /* by it */
    uint64_t undelivered;  /* sent, and not acknowledged for good */
    uint64_t bytes;        /* of keys and values sent */
};

void vf_tally_counters(const struct vf_tally *tally, struct vf_counters *out);

#endif
