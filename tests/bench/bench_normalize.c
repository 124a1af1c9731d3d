/*
 * bench_normalize [REFERENCE SAMPLE]: what normalizing costs, warm, on the sample's reports.
 *
 * Prints nanoseconds for the mean event (best of several rounds) and the dearest one, with a memo
 * that has seen the texts and without any; the memory one event takes from the arena; and whether
 * anything was allocated once warm.
 */
#include "base/memory.h"
#include "codec/wire_json.h"
#include "normalize/normalize.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { EVENTS_MAX = 2000, ROUNDS = 15, LINE_MAX_BYTES = 1 << 20, ARENA_LIMIT = 64 << 20 };

struct event {
    bool is_visit;
    void *value;
};

static struct event events[EVENTS_MAX];
static size_t event_count;
static struct vf_arena kept;
static struct vf_reference *reference;

static void die(const char *what, const struct vf_error *err)
{
    fprintf(stderr, "bench_normalize: %s: %s\n", what, err ? err->text : "failed");
    exit(1);
}

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void read_sample(const char *directory, const char *file, const char *json, bool is_visit)
{
    struct wire_schema *schema;
    struct vf_error err = {0};
    char path[4096];
    char *line = malloc(LINE_MAX_BYTES);

    snprintf(path, sizeof path, "%s/%s", directory, file);
    FILE *in = fopen(path, "r");
    if (!in || !line || wire_schema_parse(vf_slice_of(json), &schema, &err))
        die(path, &err);
    while (event_count < EVENTS_MAX && fgets(line, LINE_MAX_BYTES, in)) {
        void *value = vf_arena_calloc(&kept, 1, wire_schema_size(schema));
        if (!value || wire_json_read(schema, vf_slice_of(line), NULL, &kept, value, &err))
            die(path, &err);
        events[event_count++] = (struct event){is_visit, value};
    }
    fclose(in);
    free(line);
}

static void run(const struct event *event, struct vf_memo *memo, struct vf_arena *arena)
{
    struct vf_normalized_event out;
    struct vf_error err = {0};

    vf_arena_reset(arena);
    int rc = event->is_visit
                 ? vf_normalize_visit(reference, memo, event->value, arena, &out, &err)
                 : vf_normalize_meeting(reference, memo, event->value, arena, &out, &err);
    if (rc)
        die("normalize", &err);
}

/* Nanoseconds for the mean event, the best round. */
static double mean(struct vf_memo *memo, struct vf_arena *arena)
{
    double best = 1e18;

    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        for (size_t i = 0; i < event_count; i++)
            run(&events[i], memo, arena);
        double spent = (now_ns() - start) / (double)event_count;
        best = spent < best ? spent : best;
    }
    return best;
}

static double dearest(struct vf_memo *memo, struct vf_arena *arena)
{
    double most = 0;

    for (size_t i = 0; i < event_count; i++) {
        double least = 1e18;
        for (int round = 0; round < ROUNDS; round++) {
            double start = now_ns();
            run(&events[i], memo, arena);
            double spent = now_ns() - start;
            least = spent < least ? spent : least;
        }
        most = least > most ? least : most;
    }
    return most;
}

int main(int argc, char **argv)
{
    const char *facts = argc > 2 ? argv[1] : "deploy/reference";
    const char *sample = argc > 2 ? argv[2] : "tests/sample";
    struct vf_memo *memo;
    struct vf_arena arena;
    struct vf_error err = {0};
    size_t memory = 0;

    vf_arena_init(&kept, 1 << 20, ARENA_LIMIT);
    vf_arena_init(&arena, 1 << 16, ARENA_LIMIT);
    if (vf_reference_load(facts, &reference, &err))
        die(facts, &err);
    if (vf_memo_create(&memo))
        die("memo", NULL);
    read_sample(sample, "visits.jsonl", vf_visit_schema_json, true);
    read_sample(sample, "meetings.jsonl", vf_meeting_schema_json, false);
    for (size_t i = 0; i < event_count; i++) { /* warm up, and measure memory */
        run(&events[i], memo, &arena);
        run(&events[i], NULL, &arena);
        memory = vf_arena_used(&arena) > memory ? vf_arena_used(&arena) : memory;
    }
    unsigned long before = vf_memory_count();
    printf("events %zu\n", event_count);
    printf("texts seen before:  mean %6.0f ns  dearest %6.0f ns\n", mean(memo, &arena),
           dearest(memo, &arena));
    printf("texts never seen:   mean %6.0f ns  dearest %6.0f ns\n", mean(NULL, &arena),
           dearest(NULL, &arena));
    unsigned long allocations = vf_memory_count() - before;
    printf("arena %zu bytes for the largest, allocations once warm %lu\n", memory, allocations);
    vf_memo_free(memo);
    vf_arena_release(&arena);
    vf_arena_release(&kept);
    vf_reference_release(reference);
    return allocations != 0;
}
