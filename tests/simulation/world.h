/*
 * A model of Kafka for the simulator: one input topic, the outputs, a consumer group's offsets,
 * and transactions with their ids, epochs and fencing. One thread, no clock.
 */
#ifndef VF_SIMULATION_WORLD_H
#define VF_SIMULATION_WORLD_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PARTITIONS = 3,
    RECORDS = 20, /* of each partition */
    IDS_MAX = 64, /* transactional.ids in one schedule */
    OUTPUTS_MAX = 8192,
};

enum output_state { OUTPUT_OPEN, OUTPUT_COMMITTED, OUTPUT_ABORTED };

struct output {
    int partition; /* of its input */
    int offset;
    int id; /* which producer wrote it */
    bool dead_letter;
    enum output_state state;
};

/* A transactional.id. */
struct producer_id {
    int epoch;
    bool open;
    int64_t pending[PARTITIONS]; /* offsets that the open transaction would commit; -1: none */
};

struct world {
    int64_t committed[PARTITIONS]; /* offsets of the group */
    struct output outputs[OUTPUTS_MAX];
    int output_count;
    struct producer_id ids[IDS_MAX];
    int id_count;
    int refusal[PARTITIONS][RECORDS]; /* 1: the event is refused, 2: its dead letter too */
    bool bad[PARTITIONS][RECORDS];    /* the pipeline makes it a dead letter */
    int generation;                   /* of the group */
    int commits;
    int aborts;
    char broken[256]; /* what went wrong, once something has */
};

void world_reset(struct world *world);
int world_new_id(struct world *world);
/* Ends what was open; the new epoch. */
int world_init(struct world *world, int id);
/* All of these: false when the producer is fenced. */
bool world_produce(struct world *world, int id, int epoch, const struct output *output);
bool world_add_offsets(struct world *world, int id, int epoch, const int64_t *offsets);
bool world_end(struct world *world, int id, int epoch, bool commit);
/* The broker gives up on an open transaction. */
void world_time_out(struct world *world, int id);
/* Whether no open transaction would commit an offset of the partition. */
bool world_stable(const struct world *world, int partition);
/* Says what is broken, once. */
void world_break(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
