/*
 * The engine of replays: takes records from a source, changes and paces them, sends them, and
 * keeps account. One thread.
 */
#ifndef VF_PRODUCER_REPLAY_H
#define VF_PRODUCER_REPLAY_H

#include "event_shift.h"
#include "histogram.h"
#include "pacer.h"
#include "progress.h"
#include "record_filter.h"
#include "rejects.h"
#include "rekey.h"
#include "replay_clock.h"
#include "replay_source.h"
#include "resume.h"
#include "rewrite.h"

/* Which time of a record counts for pacing and for bounds. */
enum vf_pace_by { VF_PACE_TIMESTAMP, VF_PACE_PUBLISHED, VF_PACE_HEADER };

enum {
    VF_REPLAY_TRANSACTION_RECORDS = 10000, /* committed together at most */
    VF_REPLAY_TRANSACTION_NS = 1000000000, /* and no later than that after the first */
    VF_REPLAY_QUESTION_MS = 5000,          /* longest wait for a topic's settings */
    VF_REPLAY_TOPICS_MAX = 64,             /* counted one by one */
};

/* What was sent where, or would have been in a dry run. */
struct vf_replay_target {
    char topic[250];
    uint64_t records;
    uint64_t bytes;
};

struct vf_replay {
    /* Set by the owner, and its own. */
    struct vf_replay_source *source;
    struct vf_sender *sender;   /* NULL: a dry run */
    struct vf_decoder *decoder; /* NULL: nothing is decoded */
    struct vf_rewrite *rewrite;
    struct vf_rekey rekey;
    struct vf_resume *resume; /* NULL: none */
    const struct vf_filter_flags *filter;
    /* May be NULL. Changes a record before anything else does; VF_ENOENT: it is left out. */
    int (*transform)(void *owner, struct vf_record *record, struct vf_error *err);
    void *transform_owner;
    bool of_files; /* the source's bounds are checked here */
    struct vf_bound start;
    struct vf_bound end;
    enum vf_pace_by pace_by;
    const char *pace_header; /* HEADER */
    struct vf_pacer rate;
    struct vf_replay_clock clock;
    int64_t rounds;
    uint64_t limit;             /* records sent in all; 0: none */
    bool skip_bad;              /* go on after a bad record */
    struct vf_rejects *rejects; /* keeps those; NULL: nobody does */
    bool transactional;
    int timeout_ms; /* for calls about transactions */
    struct vf_progress progress;

    /* The account; zero to begin with. */
    struct vf_tally tally; /* skipped: bad records */
    uint64_t left_out;     /* by filters and bounds */
    uint64_t resumed;      /* acknowledged in an earlier run */
    uint64_t number;       /* of the last record that was to be sent */
    uint64_t number_sent;  /* of the last one that was */
    uint64_t told;
    uint64_t served; /* records after which the client was or could have been served */
    bool stopped;
    bool broken;
    struct vf_histogram late; /* nanoseconds behind the moment a record was due */
    int64_t earliest_ms;      /* of the records' times in the first round */
    int64_t latest_ms;
    struct vf_event_shift shift;
    int64_t virtual_ns; /* a dry run's clock */
    struct vf_replay_target targets[VF_REPLAY_TOPICS_MAX];
    size_t target_count;
    bool in_transaction;
    uint64_t transaction_records;
    int64_t transaction_begin;
};

void vf_replay_init(struct vf_replay *replay);
void vf_replay_release(struct vf_replay *replay);
/* For vf_sender_create. */
struct vf_sender_events vf_replay_events(struct vf_replay *replay);
/* Until the end, an error that stops it, or an interruption; then waits for acknowledgements, up
 * to drain_ms after an interruption. True: everything was acknowledged, but for bad records that
 * were skipped. */
bool vf_replay_run(struct vf_replay *replay, int drain_ms);
void vf_replay_counters(const struct vf_replay *replay, struct vf_counters *out);

/* One on the heap, since it is large: a histogram. NULL: out of memory. */
struct vf_replay *vf_replay_create(void);
void vf_replay_free(struct vf_replay *replay); /* NULL is allowed */

struct vf_replay_manner {
    bool quiet;
    bool dry_run;
    bool allow_skipped; /* bad records that were skipped are no failure */
    int64_t drain_ms;   /* as of vf_replay_run */
    const char *resume; /* name of the file of what was acknowledged before; or NULL */
    void (*count_more)(void *owner, struct vf_counters *counters); /* for the summary; or NULL */
    void *owner;
};

/* Runs a replay in which all is open, with progress and the summary. The exit status. */
int vf_replay_play(struct vf_replay *replay, const struct vf_replay_manner *manner);

#endif
