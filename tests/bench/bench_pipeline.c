/*
 * bench_pipeline [REFERENCE SAMPLE [ROUNDS]]: the warm pipeline, record in to record out: decode,
 * normalize, join with memberships, encode, on the sample's reports as Avro.
 *
 * Prints how long the reference data takes to load and how much memory it holds; nanoseconds of
 * processor time for the mean event (best of several rounds); and whether anything was allocated
 * once warm, which fails the run.
 */
#include "base/memory.h"
#include "codec/wire_json.h"
#include "pipeline/pipeline.h"
#include "vf_events.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    EVENTS_MAX = 2000,
    ROUNDS = 200,
    LOADS = 5,
    LINE_MAX_BYTES = 1 << 20,
    ARENA_LIMIT = 64 << 20,
    BUFFER_LIMIT = 1 << 20
};
enum { VISIT_ID = 1, MEETING_ID = 2, OUTPUT_ID = 3 };

static struct vf_record records[EVENTS_MAX];
static size_t record_count;
static size_t bytes_in;
static size_t bytes_out;
static struct vf_arena kept;
static struct vf_schema_store *store;
static struct vf_reference *reference;
static struct vf_pipeline *pipeline;

static void die(const char *what, const struct vf_error *err)
{
    fprintf(stderr, "bench_pipeline: %s: %s\n", what, err ? err->text : "failed");
    exit(1);
}

/* Of the processor's time: others may need it, too. */
static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Resident memory in KiB. */
static long resident_kib(void)
{
    long pages = 0;
    FILE *in = fopen("/proc/self/statm", "r");

    if (!in || fscanf(in, "%*d %ld", &pages) != 1)
        pages = 0;
    if (in)
        fclose(in);
    return pages * 4;
}

static struct vf_slice framed(uint32_t id, const struct wire_schema *schema, const void *value)
{
    struct wire_frame frame = {.framing = WIRE_FRAMING_CONFLUENT, .id = id};
    struct vf_buffer buffer;
    struct vf_error err = {0};

    vf_buffer_init(&buffer, BUFFER_LIMIT);
    if (wire_frame_write(&frame, &buffer) || wire_encode(schema, value, &buffer, &err))
        die("encode", &err);
    struct vf_slice copy = vf_arena_copy(&kept, vf_buffer_slice(&buffer));
    vf_buffer_release(&buffer);
    return copy;
}

static void read_sample(const char *directory, const char *file, const char *json,
                        const char *topic, uint32_t id)
{
    struct wire_schema *schema;
    struct vf_error err = {0};
    char path[4096];
    char *line = malloc(LINE_MAX_BYTES);

    snprintf(path, sizeof path, "%s/%s", directory, file);
    FILE *in = fopen(path, "r");
    if (!in || !line || wire_schema_parse(vf_slice_of(json), &schema, &err))
        die(path, &err);
    while (record_count < EVENTS_MAX && fgets(line, LINE_MAX_BYTES, in)) {
        void *value = vf_arena_calloc(&kept, 1, wire_schema_size(schema));
        if (!value || wire_json_read(schema, vf_slice_of(line), NULL, &kept, value, &err))
            die(path, &err);
        records[record_count] = (struct vf_record){.topic = vf_slice_of(topic),
                                                   .offset = (int64_t)record_count,
                                                   .timestamp_ms = 1758153600000,
                                                   .timestamp_type = VF_TIMESTAMP_CREATE,
                                                   .value = framed(id, schema, value)};
        bytes_in += records[record_count++].value.len;
    }
    fclose(in);
    free(line);
    wire_schema_free(schema);
}

/* Milliseconds, the best of several loads; the last one stays. */
static double load(const char *facts, long *kib)
{
    double best = 1e18;

    for (int i = 0; i < LOADS; i++) {
        struct vf_error err = {0};
        long before = resident_kib();
        double start = now_ns();
        vf_reference_release(reference);
        if (vf_reference_load(facts, &reference, &err))
            die(facts, &err);
        double spent = (now_ns() - start) / 1e6;
        best = spent < best ? spent : best;
        if (i == 0)
            *kib = resident_kib() - before;
    }
    return best;
}

static void create(void)
{
    struct vf_pipeline_config config = {
        .routes = {[VF_SOURCE_VISITS] = {vf_slice_of("visits"), vf_slice_of("visits.out")},
                   [VF_SOURCE_MEETINGS] = {vf_slice_of("meetings"), vf_slice_of("meetings.out")}},
        .dead_letter = vf_slice_of("dead"),
        .output_schema_id = OUTPUT_ID,
        .value_bytes_max = LINE_MAX_BYTES,
        .arena_bytes_max = ARENA_LIMIT,
        .limits = wire_limits_default};
    struct vf_error err = {0};

    if (vf_schema_store_create(&store))
        die("schema store", NULL);
    vf_schema_store_add(store, VISIT_ID, vf_slice_of(vf_visit_schema_json), &err);
    vf_schema_store_add(store, MEETING_ID, vf_slice_of(vf_meeting_schema_json), &err);
    vf_schema_store_add(store, OUTPUT_ID, vf_slice_of(vf_normalized_event_schema_json), &err);
    if (vf_pipeline_create(&config, store, reference, &pipeline, &err))
        die("pipeline", &err);
}

static void run_all(void)
{
    struct vf_output out;

    bytes_out = 0;
    for (size_t i = 0; i < record_count; i++) {
        vf_pipeline_run(pipeline, &records[i], &out);
        if (out.outcome != VF_OUTCOME_EVENT)
            die("pipeline", &out.reason);
        bytes_out += out.record.value.len;
    }
}

/* Nanoseconds for the mean event, the best round. */
static double mean(int rounds)
{
    double best = 1e18;

    for (int round = 0; round < rounds; round++) {
        double start = now_ns();
        run_all();
        double spent = (now_ns() - start) / (double)record_count;
        best = spent < best ? spent : best;
    }
    return best;
}

int main(int argc, char **argv)
{
    const char *facts = argc > 2 ? argv[1] : "deploy/reference";
    const char *sample = argc > 2 ? argv[2] : "tests/sample";
    int rounds = argc > 3 ? atoi(argv[3]) : ROUNDS;
    long kib = 0;

    vf_arena_init(&kept, 1 << 20, ARENA_LIMIT);
    double milliseconds = load(facts, &kib);
    read_sample(sample, "visits.jsonl", vf_visit_schema_json, "visits", VISIT_ID);
    read_sample(sample, "meetings.jsonl", vf_meeting_schema_json, "meetings", MEETING_ID);
    create();
    run_all(); /* warm up */
    run_all();
    unsigned long before = vf_memory_count();
    double nanoseconds = mean(rounds);
    unsigned long allocations = vf_memory_count() - before;
    printf("reference   loaded in %.0f ms, %.1f MiB resident\n", milliseconds, (double)kib / 1024);
    printf("events      %zu, mean %zu bytes in, %zu bytes out\n", record_count,
           bytes_in / record_count, bytes_out / record_count);
    printf("warm        %.0f ns for the mean event, record in to record out\n", nanoseconds);
    printf("allocations once warm: %lu\n", allocations);
    vf_pipeline_free(pipeline);
    vf_schema_store_free(store);
    vf_reference_release(reference);
    vf_arena_release(&kept);
    return allocations != 0;
}
