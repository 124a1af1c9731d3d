/*
 * A daemon in the simulator: its real flow of records and its real delivery, over a source, a
 * sink, a pipeline and a transaction thread that are models of this folder, linked in place of
 * the real ones. The checkpoints and the transactions' state machine are the real ones too.
 */
#ifndef VF_SIMULATION_MEMBER_H
#define VF_SIMULATION_MEMBER_H

#include "daemon/app_delivery.h"
#include "kafka/checkpoint.h"
#include "kafka/transaction_thread.h"
#include "world.h"

enum { SENT_MAX = 128 };

enum place_state { PLACE_FREE, PLACE_FETCHING, PLACE_ACTIVE, PLACE_REVOKING };

struct place {
    enum place_state state;
    uint32_t generation;
    int64_t position;
    int64_t start;
    int64_t committed;
    struct vf_checkpoint checkpoint;
};

struct vf_source {
    struct member *member;
    struct place places[PARTITIONS];
    struct vf_checkpoint_budget budget;
    uint32_t generation;
    bool busy;
    bool revoking;
    bool revoke_done;
};

struct sent {
    struct vf_ticket ticket;
    struct output output;
    int refusal; /* the broker refuses it */
};

struct vf_sink {
    struct member *member;
    int epoch;
    struct sent sent[SENT_MAX];
    int count;
    bool failed; /* an output failed: the transaction takes no more */
    bool fenced;
    struct vf_sink_status status;
};

struct member {
    struct vf_app app; /* first: the fakes come from it to the member */
    struct vf_source source;
    struct vf_sink_events sink_events;
    struct vf_source_events source_events;
    struct vf_txn_job job;
    bool calling;
    int64_t offsets[PARTITIONS]; /* of the job */
    int job_generation;
    bool commit_done; /* carried out, but the answer was lost */
    bool abort_done;
    void (*on_result)(void *owner, enum vf_txn_event result, const struct vf_error *err);
    void *result_owner;
    int id;         /* its transactional.id */
    int generation; /* of the group, as the member knows it */
    bool running;   /* false: killed */
    bool halted;    /* stopped, as by SIGSTOP */
    bool in_group;
    bool joined;  /* has answered the rebalance under way */
    bool gone;    /* killed: what its code still does has no effect */
    bool stopped; /* the daemon wants to end for a failure */
    struct world *world;
    uint64_t *random;
    const uint64_t *now;
};

void member_start(struct member *member, struct world *world, uint64_t *random, const uint64_t *now,
                  int id, const struct vf_config *config);
/* As by kill -9: the broker still has what was on its way. */
void member_kill(struct member *member);
void member_tick(struct member *member);
/* Hands in up to count records. */
void member_read(struct member *member, int count);
/* The broker answers up to count outputs; faults: some fail. */
void member_acknowledge(struct member *member, int count, bool faults);
/* The call under way ends. */
void member_return(struct member *member, bool faults);
/* The producer fails for good. */
void member_break_producer(struct member *member);
void member_assign(struct member *member, int partition);
/* The committed offset of an assigned partition is known. */
void member_fetched(struct member *member, int partition);
/* mask: partitions to give back. */
void member_revoke(struct member *member, unsigned mask);
/* Gives the partitions back, whether the daemon was ready or not. */
void member_revoke_end(struct member *member, bool lost);
bool member_has(const struct member *member, int partition);

static inline uint64_t draw(uint64_t *state, uint64_t below)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (*state * 0x2545F4914F6CDD1DU >> 32) % below;
}

#endif
