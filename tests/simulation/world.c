#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void world_break(struct world *world, const char *format, ...)
{
    va_list arguments;
    if (world->broken[0])
        return;
    va_start(arguments, format);
    vsnprintf(world->broken, sizeof world->broken, format, arguments);
    va_end(arguments);
}

void world_reset(struct world *world)
{
    memset(world, 0, sizeof *world);
}

static void clear(struct producer_id *id)
{
    id->open = false;
    for (int p = 0; p < PARTITIONS; p++)
        id->pending[p] = -1;
}

int world_new_id(struct world *world)
{
    if (world->id_count == IDS_MAX) {
        world_break(world, "the simulator has no transactional.id left");
        return 0;
    }
    clear(&world->ids[world->id_count]);
    return world->id_count++;
}

/* What the whole simulation is about: of each partition exactly the inputs before the committed
 * offset have a committed outcome, and each has one. */
static void check(struct world *world)
{
    int times[PARTITIONS][RECORDS] = {{0}};
    for (int i = 0; i < world->output_count; i++)
        if (world->outputs[i].state == OUTPUT_COMMITTED)
            times[world->outputs[i].partition][world->outputs[i].offset]++;
    for (int p = 0; p < PARTITIONS; p++)
        for (int offset = 0; offset < RECORDS; offset++) {
            int expected = offset < world->committed[p];
            if (times[p][offset] != expected)
                world_break(world, "partition %d offset %d: %d committed outcomes, not %d", p,
                            offset, times[p][offset], expected);
        }
}

static void settle(struct world *world, int number, bool commit)
{
    struct producer_id *id = &world->ids[number];
    for (int i = world->output_count - 1; i >= 0; i--)
        if (world->outputs[i].id == number && world->outputs[i].state == OUTPUT_OPEN)
            world->outputs[i].state = commit ? OUTPUT_COMMITTED : OUTPUT_ABORTED;
    for (int p = 0; p < PARTITIONS && commit; p++) {
        if (id->pending[p] < 0)
            continue;
        if (id->pending[p] < world->committed[p])
            world_break(world, "partition %d: the committed offset goes back from %d to %d", p,
                        (int)world->committed[p], (int)id->pending[p]);
        world->committed[p] = id->pending[p];
    }
    clear(id);
    if (commit)
        world->commits++;
    else
        world->aborts++;
    check(world);
}

int world_init(struct world *world, int id)
{
    if (world->ids[id].open)
        settle(world, id, false);
    return ++world->ids[id].epoch;
}

bool world_produce(struct world *world, int id, int epoch, const struct output *output)
{
    if (world->ids[id].epoch != epoch)
        return false;
    if (world->output_count == OUTPUTS_MAX) {
        world_break(world, "the simulator has no room for outputs left");
        return false;
    }
    struct output *stored = &world->outputs[world->output_count++];
    *stored = *output;
    stored->id = id;
    stored->state = OUTPUT_OPEN;
    world->ids[id].open = true;
    return true;
}

bool world_add_offsets(struct world *world, int id, int epoch, const int64_t *offsets)
{
    if (world->ids[id].epoch != epoch)
        return false;
    world->ids[id].open = true;
    for (int p = 0; p < PARTITIONS; p++)
        if (offsets[p] >= 0)
            world->ids[id].pending[p] = offsets[p];
    return true;
}

bool world_end(struct world *world, int id, int epoch, bool commit)
{
    if (world->ids[id].epoch != epoch)
        return false;
    settle(world, id, commit);
    return true;
}

void world_time_out(struct world *world, int id)
{
    if (!world->ids[id].open)
        return;
    settle(world, id, false);
    world->ids[id].epoch++;
}

bool world_stable(const struct world *world, int partition)
{
    for (int i = 0; i < world->id_count; i++)
        if (world->ids[i].pending[partition] >= 0)
            return false;
    return true;
}
