/*
 * Exactly-once under every order of events that a random schedule can think of: two daemons,
 * rebalances in every phase, failed and refused outputs, lost answers, fencing, timeouts, kills
 * at any step. After each end of a transaction, exactly the inputs before the committed offsets
 * must have exactly one committed outcome; and once faults cease, all of them.
 *
 *   simulate [--schedules N] [--seed S] [--jobs J]
 *
 * A schedule follows from its seed alone. The seed of one that fails is printed; to replay it:
 * simulate --schedules 1 --seed S. Exit status 1 when one failed.
 */
#include "member.h"

#include "observe/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MEMBERS = 2,
    CHAOS_STEPS = 400,
    CALM_STEPS = 20000, /* until all is done; far fewer are needed */
};

struct schedule {
    struct world world;
    struct member members[MEMBERS];
    struct vf_config config;
    uint64_t random;
    uint64_t now;
    bool cooperative;
    bool static_ids; /* a restarted daemon has the transactional.id that it had */
    bool rebalancing;
    int ids[MEMBERS];
};

static uint64_t pick(struct schedule *s, uint64_t below)
{
    return draw(&s->random, below);
}

static bool is_awake(const struct member *member)
{
    return member->running && !member->halted;
}

/* ---- the group's coordinator ---- */

static unsigned partitions_of(const struct member *member)
{
    unsigned mask = 0;
    for (int p = 0; p < PARTITIONS; p++)
        if (member_has(member, p))
            mask |= 1U << p;
    return mask;
}

static void begin_rebalance(struct schedule *s)
{
    s->rebalancing = true;
    for (int i = 0; i < MEMBERS; i++)
        s->members[i].joined = false;
}

/* A member hears of the rebalance and gives back what it must. */
static void ask_member(struct schedule *s, struct member *member)
{
    unsigned all = partitions_of(member);
    unsigned mask = s->cooperative ? all & (unsigned)pick(s, 1U << PARTITIONS) : all;
    if (mask) {
        member_revoke(member, mask);
    } else {
        member->joined = true;
    }
}

static bool is_owned(const struct schedule *s, int partition)
{
    for (int i = 0; i < MEMBERS; i++)
        if (s->members[i].in_group && member_has(&s->members[i], partition))
            return true;
    return false;
}

static void end_rebalance(struct schedule *s)
{
    int present[MEMBERS];
    int count = 0;
    for (int i = 0; i < MEMBERS; i++)
        if (s->members[i].in_group)
            present[count++] = i;
    if (count == 0)
        return;
    s->rebalancing = false;
    s->world.generation++;
    for (int i = 0; i < count; i++)
        s->members[present[i]].generation = s->world.generation;
    for (int p = 0; p < PARTITIONS; p++)
        if (!is_owned(s, p))
            member_assign(&s->members[present[pick(s, (uint64_t)count)]], p);
}

static void group_step(struct schedule *s, bool faults)
{
    bool waiting = false;
    for (int i = 0; i < MEMBERS; i++) {
        struct member *member = &s->members[i];
        if (member->in_group && s->rebalancing && !member->joined) {
            waiting = true;
            if (!is_awake(member))
                continue;
            if (!member->source.revoking) {
                ask_member(s, member);
            } else if (member->source.revoke_done || (faults && pick(s, 30) == 0)) {
                member_revoke_end(member, false);
                member->joined = true;
            }
        } else if (is_awake(member) && !member->in_group) {
            /* New, or thrown out meanwhile: what it had is lost. */
            if (partitions_of(member) || member->source.revoking)
                member_revoke_end(member, true);
            member->in_group = true;
            begin_rebalance(s);
            waiting = true;
        }
        for (int p = 0; p < PARTITIONS && is_awake(member); p++)
            if (member->source.places[p].state == PLACE_FETCHING && world_stable(&s->world, p))
                member_fetched(member, p);
    }
    if (s->rebalancing && !waiting)
        end_rebalance(s);
}

/* The session of a member that is silent has ended. */
static void throw_out(struct schedule *s, struct member *member)
{
    if (!member->in_group || is_awake(member))
        return;
    member->in_group = false;
    begin_rebalance(s);
}

/* ---- faults ---- */

static void restart(struct schedule *s, int i)
{
    struct member *member = &s->members[i];
    if (!s->static_ids)
        s->ids[i] = world_new_id(&s->world);
    member_start(member, &s->world, &s->random, &s->now, s->ids[i], &s->config);
}

static void kill_member(struct schedule *s, int i)
{
    struct member *member = &s->members[i];
    bool was_in = member->in_group;
    if (!member->running)
        return;
    member_kill(member);
    member->in_group = was_in;
    /* With an id of its own it left what it had to its session's end; a static member's place is
     * taken over at once. */
    if (s->static_ids)
        throw_out(s, member);
}

static void do_fault(struct schedule *s)
{
    int i = (int)pick(s, MEMBERS);
    struct member *member = &s->members[i];
    switch (pick(s, 8)) {
    case 0: kill_member(s, i); break;
    case 1: member->halted = member->running && !member->halted; break;
    case 2: throw_out(s, member); break;
    case 3:
        if (!s->rebalancing)
            begin_rebalance(s);
        break;
    case 4:
        if (is_awake(member))
            member_break_producer(member);
        break;
    case 5: world_time_out(&s->world, (int)pick(s, (uint64_t)s->world.id_count)); break;
    case 6:
        if (member->halted)
            member->halted = false;
        break;
    default: s->now += pick(s, 20000); break;
    }
}

/* ---- schedules ---- */

static void revive(struct schedule *s)
{
    for (int i = 0; i < MEMBERS; i++) {
        struct member *member = &s->members[i];
        if (member->running && member->stopped)
            kill_member(s, i);
        if (member->running || pick(s, 20) > 0)
            continue;
        throw_out(s, member);
        if (!member->in_group)
            restart(s, i);
    }
}

static void step(struct schedule *s, bool faults)
{
    struct member *member = &s->members[pick(s, MEMBERS)];
    s->now += pick(s, 30);
    revive(s);
    if (is_awake(member)) {
        switch (pick(s, 4)) {
        case 0: member_tick(member); break;
        case 1: member_read(member, 1 + (int)pick(s, 8)); break;
        case 2: member_acknowledge(member, 1 + (int)pick(s, 8), faults); break;
        default: member_return(member, faults); break;
        }
    }
    if (pick(s, 3) == 0)
        group_step(s, faults);
    if (faults && pick(s, 25) == 0)
        do_fault(s);
}

static bool all_done(const struct schedule *s)
{
    for (int p = 0; p < PARTITIONS; p++)
        if (s->world.committed[p] != RECORDS)
            return false;
    for (int i = 0; i < s->world.id_count; i++)
        if (s->world.ids[i].open)
            return false;
    return true;
}

/* Outcomes of one input partition become visible in the order of their inputs, as far as they go
 * to one place. */
static void check_order(struct schedule *s)
{
    int last[PARTITIONS][2];
    memset(last, -1, sizeof last);
    for (int i = 0; i < s->world.output_count; i++) {
        const struct output *output = &s->world.outputs[i];
        if (output->state != OUTPUT_COMMITTED)
            continue;
        int *before = &last[output->partition][output->dead_letter];
        if (output->offset <= *before)
            world_break(&s->world, "partition %d: offset %d comes after %d", output->partition,
                        output->offset, *before);
        *before = output->offset;
    }
}

static void check_outcomes(struct schedule *s)
{
    for (int i = 0; i < s->world.output_count; i++) {
        const struct output *output = &s->world.outputs[i];
        bool expected = s->world.bad[output->partition][output->offset] ||
                        s->world.refusal[output->partition][output->offset] > 0;
        if (output->state == OUTPUT_COMMITTED && output->dead_letter != expected)
            world_break(&s->world, "partition %d offset %d: %s", output->partition, output->offset,
                        expected ? "no dead letter" : "a dead letter without need");
    }
}

static void prepare(struct schedule *s, uint64_t seed)
{
    memset(s, 0, sizeof *s);
    s->random = seed * 0x9E3779B97F4A7C15U + 1;
    s->now = 1000;
    world_reset(&s->world);
    s->cooperative = pick(s, 2);
    s->static_ids = pick(s, 2);
    s->config = (struct vf_config){.delivery_mode = VF_EXACTLY_ONCE,
                                   .limit_in_flight = 1 + (int64_t)pick(s, 64),
                                   .commit_interval = 1000,
                                   .transaction_interval = 10 + (int64_t)pick(s, 400),
                                   .transaction_timeout = 5000,
                                   .output_dead_letter = vf_slice_of("dead"),
                                   .transactional_id_prefix = vf_slice_of("")};
    for (int p = 0; p < PARTITIONS; p++)
        for (int offset = 0; offset < RECORDS; offset++) {
            s->world.bad[p][offset] = pick(s, 15) == 0;
            if (pick(s, 30) == 0)
                s->world.refusal[p][offset] = 1 + (int)pick(s, 2);
        }
    for (int i = 0; i < MEMBERS; i++) {
        s->ids[i] = world_new_id(&s->world);
        restart(s, i);
    }
}

/* False: it failed, and said why. */
static bool run(struct schedule *s, uint64_t seed)
{
    prepare(s, seed);
    for (int i = 0; i < CHAOS_STEPS && !s->world.broken[0]; i++)
        step(s, true);
    for (int i = 0; i < MEMBERS; i++)
        s->members[i].halted = false;
    int calm = 0;
    while (calm++ < CALM_STEPS && !all_done(s) && !s->world.broken[0]) {
        step(s, false);
        if (pick(s, 50) == 0)
            world_time_out(&s->world, (int)pick(s, (uint64_t)s->world.id_count));
    }
    if (!all_done(s))
        world_break(&s->world, "not done after %d steps without faults", calm);
    check_order(s);
    check_outcomes(s);
    for (int i = 0; i < MEMBERS; i++)
        if (s->members[i].running)
            member_kill(&s->members[i]);
    if (s->world.broken[0])
        fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, s->world.broken);
    return !s->world.broken[0];
}

struct tally {
    unsigned long long failed;
    unsigned long long commits;
    unsigned long long aborts;
};

static struct tally run_all(uint64_t first, uint64_t count)
{
    static struct schedule schedule; /* large */
    struct tally tally = {0};
    for (uint64_t i = 0; i < count; i++) {
        tally.failed += !run(&schedule, first + i);
        tally.commits += (unsigned long long)schedule.world.commits;
        tally.aborts += (unsigned long long)schedule.world.aborts;
    }
    return tally;
}

/* One process for each job: the daemon's log is not the only thing that a process has one of. */
static bool run_jobs(uint64_t first, uint64_t count, uint64_t jobs, struct tally *sum)
{
    int results[2];
    if (pipe(results))
        return false;
    for (uint64_t i = 0; i < jobs; i++) {
        uint64_t begin = count * i / jobs;
        pid_t child = fork();
        if (child < 0)
            return false;
        if (child == 0) {
            struct tally tally = run_all(first + begin, count * (i + 1) / jobs - begin);
            _exit(write(results[1], &tally, sizeof tally) == sizeof tally ? 0 : 1);
        }
    }
    bool good = true;
    for (uint64_t i = 0; i < jobs; i++) {
        int status;
        good &= wait(&status) > 0 && status == 0;
    }
    close(results[1]);
    for (struct tally part; read(results[0], &part, sizeof part) == sizeof part;) {
        sum->failed += part.failed;
        sum->commits += part.commits;
        sum->aborts += part.aborts;
    }
    close(results[0]);
    return good;
}

int main(int argc, char **argv)
{
    uint64_t schedules = 100000;
    uint64_t seed = 1;
    uint64_t jobs = 1;
    struct tally sum = {0};
    struct {
        const char *name;
        uint64_t *value;
    } options[] = {{"--schedules", &schedules}, {"--seed", &seed}, {"--jobs", &jobs}};

    for (int i = 1; i < argc; i++) {
        size_t o = 0;
        while (o < 3 && strcmp(argv[i], options[o].name) != 0)
            o++;
        if (o == 3 || i + 1 == argc) {
            fprintf(stderr, "usage: simulate [--schedules N] [--seed S] [--jobs J]\n");
            return 64;
        }
        *options[o].value = strtoull(argv[++i], NULL, 10);
    }
    vf_log_set_levels(vf_slice_of("error"), NULL);
    vf_log_set_fd(-1);
    if (!run_jobs(seed, schedules, jobs ? jobs : 1, &sum)) {
        fprintf(stderr, "a process of the simulator died\n");
        return 1;
    }
    printf("%llu schedules from seed %llu: %llu failed; %llu commits, %llu aborts\n",
           (unsigned long long)schedules, (unsigned long long)seed, sum.failed, sum.commits,
           sum.aborts);
    return sum.failed > 0;
}
