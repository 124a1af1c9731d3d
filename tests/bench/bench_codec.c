/*
 * bench_codec [--ms MILLISECONDS] [--only ROW] [--beside LIBRARY]: the codec beside avro-c, and
 * beside serde_avro_fast when its library is given (see tests/bench/codec), in one run, on the
 * sample's reports.
 *
 * decode          bytes -> struct, one schema on both sides
 * decode+resolve  the same from an evolved writer's schema: fields reordered, removed, one
 *                 added, enum symbols reordered
 * encode          struct -> bytes
 *
 * Each figure is the best of many short rounds, in nanoseconds of processor time an event; the
 * ratio behind it is that figure by ours.
 */
#include "base/buffer.h"
#include "codec/wire_json.h"
#include "vf_events.h"
#include <avro.h>
#include <dlfcn.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { EVENTS_MAX = 1000, ROUNDS = 50, ARENA_LIMIT = 64 << 20, BUFFER_LIMIT = 16 << 20 };

/* One kind of event: its values and their bytes by either writer's schema. */
struct corpus {
    const char *name;
    struct wire_schema *reader;
    struct wire_schema *writer; /* evolved */
    struct wire_plan *same;
    struct wire_plan *evolved;
    struct vf_arena kept; /* of the values */
    void *values[EVENTS_MAX];
    struct vf_slice bytes[EVENTS_MAX];
    struct vf_slice evolved_bytes[EVENTS_MAX];
    size_t count;
    size_t total; /* bytes of all events */
    char *evolved_json;
};

static void die(const char *what, const struct vf_error *err)
{
    fprintf(stderr, "bench_codec: %s: %s\n", what, err ? err->text : "failed");
    exit(1);
}

/* Of the processor's time: others may need it, too. */
static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- an older writer's schema --------------------------------------------------------- */

static void evolve_type(json_t *type)
{
    json_t *symbols = json_object_get(type, "symbols");
    json_t *fields = json_object_get(type, "fields");
    size_t i;
    json_t *item;

    if (json_is_array(type))
        json_array_foreach(type, i, item) evolve_type(item);
    if (!json_is_object(type))
        return;
    evolve_type(json_object_get(type, "items"));
    evolve_type(json_object_get(type, "type"));
    if (json_array_size(symbols) > 2) { /* the last two symbols change places */
        size_t n = json_array_size(symbols);
        json_t *last = json_incref(json_array_get(symbols, n - 1));
        json_array_remove(symbols, n - 1);
        json_array_insert_new(symbols, n - 2, last);
    }
    json_array_foreach(fields, i, item) evolve_type(json_object_get(item, "type"));
    if (json_array_size(fields) > 3) { /* the first two fields change places, one is new */
        json_t *first = json_incref(json_array_get(fields, 0));
        json_array_remove(fields, 0);
        json_array_insert_new(fields, 1, first);
        json_array_append_new(fields, json_pack("{s:s, s:[s,s], s:n}", "name", "extra", "type",
                                                "null", "string", "default"));
    }
}

static char *evolve(const char *schema_json)
{
    json_t *json = json_loads(schema_json, 0, NULL);
    /* The last field is unknown to the writer. */
    json_t *fields = json_object_get(json, "fields");
    json_array_remove(fields, json_array_size(fields) - 1);
    evolve_type(json);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return text;
}

/* ---- loading -------------------------------------------------------------------------- */

static struct vf_slice encode_kept(struct corpus *corpus, const struct wire_schema *schema,
                                   const void *value)
{
    struct vf_buffer out;
    struct vf_error err;

    vf_buffer_init(&out, BUFFER_LIMIT);
    if (wire_encode(schema, value, &out, &err))
        die(corpus->name, &err);
    struct vf_slice kept = vf_arena_copy(&corpus->kept, vf_buffer_slice(&out));
    vf_buffer_release(&out);
    return kept;
}

/* The value in the writer's schema: without what the writer does not know. */
static struct vf_slice encode_evolved(struct corpus *corpus, const char *line)
{
    struct vf_error err;
    json_t *json = json_loads(line, 0, NULL);
    json_object_del(json, "bilateral");
    char *text = json_dumps(json, 0);
    void *value = vf_arena_alloc(&corpus->kept, wire_schema_size(corpus->writer));

    if (wire_json_read(corpus->writer, vf_slice_of(text), NULL, &corpus->kept, value, &err))
        die(corpus->name, &err);
    free(text);
    json_decref(json);
    return encode_kept(corpus, corpus->writer, value);
}

static void load(struct corpus *corpus, const char *schema_json, const char *path)
{
    struct vf_error err;
    char *line = NULL;
    size_t capacity = 0;
    FILE *file = fopen(path, "r");

    if (!file)
        die(path, NULL);
    corpus->evolved_json = evolve(schema_json);
    if (wire_schema_parse(vf_slice_of(schema_json), &corpus->reader, &err) ||
        wire_schema_parse(vf_slice_of(corpus->evolved_json), &corpus->writer, &err) ||
        wire_plan_compile(corpus->reader, corpus->reader, &corpus->same, &err) ||
        wire_plan_compile(corpus->writer, corpus->reader, &corpus->evolved, &err))
        die(corpus->name, &err);
    vf_arena_init(&corpus->kept, 1 << 20, ARENA_LIMIT);
    while (corpus->count < EVENTS_MAX && getline(&line, &capacity, file) > 0) {
        void *value = vf_arena_alloc(&corpus->kept, wire_schema_size(corpus->reader));
        if (wire_json_read(corpus->reader, vf_slice_of(line), NULL, &corpus->kept, value, &err))
            die(corpus->name, &err);
        corpus->values[corpus->count] = value;
        corpus->bytes[corpus->count] = encode_kept(corpus, corpus->reader, value);
        corpus->total += corpus->bytes[corpus->count].len;
        corpus->evolved_bytes[corpus->count] = encode_evolved(corpus, line);
        corpus->count++;
    }
    free(line);
    fclose(file);
}

/* ---- the runs ------------------------------------------------------------------------- */

struct ours {
    struct vf_arena arena;
    struct vf_buffer out;
    void *value;
};

struct theirs {
    avro_schema_t reader;
    avro_schema_t writer;
    avro_value_iface_t *iface;
    avro_value_t value;
    avro_value_iface_t *resolver;
    avro_value_t resolved;
    avro_value_t *values; /* one an event, for encoding */
    char buffer[1 << 20];
};

/* serde_avro_fast, as tests/bench/serde_avro_fast offers it. */
struct beside {
    void *(*open)(const char *json, size_t len, bool meetings);
    void (*close)(void *handle);
    bool (*decode)(void *handle, const char *bytes, size_t len);
    bool (*keep)(void *handle, const char *bytes, size_t len);
    size_t (*encode)(void *handle, size_t index);
    void *same;
    void *evolved;
};

struct bench {
    struct corpus *corpus;
    struct ours ours;
    struct theirs *theirs;
    struct beside *beside; /* NULL: not asked for */
};

typedef void run_once(struct bench *bench, size_t i);

static void ours_decode(struct bench *bench, size_t i)
{
    vf_arena_reset(&bench->ours.arena);
    if (wire_decode(bench->corpus->same, bench->corpus->bytes[i], NULL, &bench->ours.arena,
                    bench->ours.value, NULL))
        die("decode", NULL);
}

static void ours_resolve(struct bench *bench, size_t i)
{
    vf_arena_reset(&bench->ours.arena);
    if (wire_decode(bench->corpus->evolved, bench->corpus->evolved_bytes[i], NULL,
                    &bench->ours.arena, bench->ours.value, NULL))
        die("resolve", NULL);
}

static void ours_encode(struct bench *bench, size_t i)
{
    vf_buffer_clear(&bench->ours.out);
    if (wire_encode(bench->corpus->reader, bench->corpus->values[i], &bench->ours.out, NULL))
        die("encode", NULL);
}

static void theirs_read(struct vf_slice bytes, avro_value_t *value)
{
    avro_reader_t reader = avro_reader_memory(bytes.ptr, (int64_t)bytes.len);
    if (avro_value_read(reader, value))
        die("avro-c", NULL);
    avro_reader_free(reader);
}

static void theirs_decode(struct bench *bench, size_t i)
{
    avro_value_reset(&bench->theirs->value);
    theirs_read(bench->corpus->bytes[i], &bench->theirs->value);
}

/* With a resolver, but of equal schemas: those that differ as ours do, it refuses or misreads. */
static void theirs_resolve(struct bench *bench, size_t i)
{
    avro_value_reset(&bench->theirs->value);
    theirs_read(bench->corpus->bytes[i], &bench->theirs->resolved);
}

static void theirs_encode(struct bench *bench, size_t i)
{
    avro_writer_t writer = avro_writer_memory(bench->theirs->buffer, sizeof bench->theirs->buffer);
    if (avro_value_write(writer, &bench->theirs->values[i]))
        die("avro-c", NULL);
    avro_writer_free(writer);
}

static void beside_decode(struct bench *bench, size_t i)
{
    struct vf_slice bytes = bench->corpus->bytes[i];
    if (!bench->beside->decode(bench->beside->same, bytes.ptr, bytes.len))
        die("serde_avro_fast", NULL);
}

static void beside_resolve(struct bench *bench, size_t i)
{
    struct vf_slice bytes = bench->corpus->evolved_bytes[i];
    if (!bench->beside->decode(bench->beside->evolved, bytes.ptr, bytes.len))
        die("serde_avro_fast", NULL);
}

static void beside_encode(struct bench *bench, size_t i)
{
    if (bench->beside->encode(bench->beside->same, i) != bench->corpus->bytes[i].len)
        die("serde_avro_fast", NULL);
}

/* One round: nanoseconds an event. */
static double measure(struct bench *bench, run_once *run, double budget_ns)
{
    double start = now_ns();
    double spent;
    size_t events = 0;

    do {
        for (size_t i = 0; i < bench->corpus->count; i++)
            run(bench, i);
        events += bench->corpus->count;
        spent = now_ns() - start;
    } while (spent < budget_ns);
    return spent / (double)events;
}

enum { CONTESTANTS_MAX = 3 };

/* The best round of each; they take turns, so that a busy machine disturbs all alike. */
static void measure_all(struct bench *bench, run_once *const *runs, size_t count, double budget_ns,
                        double *best)
{
    for (size_t i = 0; i < count; i++)
        best[i] = 1e18;
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < count; i++) {
            double spent = measure(bench, runs[i], budget_ns / ROUNDS);
            best[i] = spent < best[i] ? spent : best[i];
        }
}

static void open_theirs(struct theirs *theirs, const struct corpus *corpus, const char *json)
{
    if (avro_schema_from_json_length(json, strlen(json), &theirs->reader) ||
        avro_schema_from_json_length(json, strlen(json), &theirs->writer))
        die("avro-c's schema", NULL);
    theirs->iface = avro_generic_class_from_schema(theirs->reader);
    avro_generic_value_new(theirs->iface, &theirs->value);
    theirs->resolver = avro_resolved_writer_new(theirs->writer, theirs->reader);
    if (!theirs->resolver)
        die("avro-c's resolver", NULL);
    avro_resolved_writer_new_value(theirs->resolver, &theirs->resolved);
    avro_resolved_writer_set_dest(&theirs->resolved, &theirs->value);
    theirs->values = calloc(corpus->count, sizeof *theirs->values);
    for (size_t i = 0; i < corpus->count; i++) {
        avro_generic_value_new(theirs->iface, &theirs->values[i]);
        theirs_read(corpus->bytes[i], &theirs->values[i]);
    }
}

static void close_theirs(struct theirs *theirs, const struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->count; i++)
        avro_value_decref(&theirs->values[i]);
    free(theirs->values);
    avro_value_decref(&theirs->resolved);
    avro_value_iface_decref(theirs->resolver);
    avro_value_decref(&theirs->value);
    avro_value_iface_decref(theirs->iface);
    avro_schema_decref(theirs->reader);
    avro_schema_decref(theirs->writer);
}

static void load_beside(struct beside *beside, const char *path)
{
    const struct {
        const char *name;
        void *function;
    } functions[] = {
        {"beside_open", &beside->open},     {"beside_close", &beside->close},
        {"beside_decode", &beside->decode}, {"beside_keep", &beside->keep},
        {"beside_encode", &beside->encode},
    };
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (!library) {
        fprintf(stderr, "bench_codec: %s\n", dlerror());
        exit(1);
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void *found = dlsym(library, functions[i].name);
        if (!found)
            die(functions[i].name, NULL);
        memcpy(functions[i].function, &found, sizeof found);
    }
}

static void open_beside(struct beside *beside, const struct corpus *corpus, const char *json)
{
    bool meetings = strcmp(corpus->name, "meetings") == 0;

    beside->same = beside->open(json, strlen(json), meetings);
    beside->evolved = beside->open(corpus->evolved_json, strlen(corpus->evolved_json), meetings);
    if (!beside->same || !beside->evolved)
        die("serde_avro_fast's schema", NULL);
    for (size_t i = 0; i < corpus->count; i++)
        if (!beside->keep(beside->same, corpus->bytes[i].ptr, corpus->bytes[i].len))
            die("serde_avro_fast", NULL);
}

struct row {
    const char *name;
    const char *than;
    run_once *runs[CONTESTANTS_MAX];
};

static const struct row rows[] = {
    {"decode", "generic", {ours_decode, theirs_decode, beside_decode}},
    {"decode+resolve", "resolved", {ours_resolve, theirs_resolve, beside_resolve}},
    {"encode", "generic", {ours_encode, theirs_encode, beside_encode}},
};

static void run_row(struct bench *bench, const struct row *row, double budget_ns)
{
    double best[CONTESTANTS_MAX];

    measure_all(bench, row->runs, bench->beside ? 3 : 2, budget_ns, best);
    printf("  %-15s %5.0f ns   avro-c %-9s %5.0f ns, ratio %4.1f", row->name, best[0], row->than,
           best[1], best[1] / best[0]);
    if (bench->beside)
        printf("   serde_avro_fast %5.0f ns, ratio %4.1f", best[2], best[2] / best[0]);
    putchar('\n');
}

static void run_corpus(struct corpus *corpus, const char *schema_json, struct beside *beside,
                       double budget_ns, const char *only)
{
    static struct theirs theirs;
    struct bench bench = {.corpus = corpus, .theirs = &theirs, .beside = beside};

    vf_arena_init(&bench.ours.arena, 65536, ARENA_LIMIT);
    vf_buffer_init(&bench.ours.out, BUFFER_LIMIT);
    bench.ours.value = malloc(wire_schema_size(corpus->reader));
    open_theirs(&theirs, corpus, schema_json);
    if (beside)
        open_beside(beside, corpus, schema_json);
    printf("%s: %zu events of %zu bytes in the mean\n", corpus->name, corpus->count,
           corpus->total / corpus->count);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!only || strcmp(only, rows[i].name) == 0)
            run_row(&bench, &rows[i], budget_ns);
    if (beside) {
        beside->close(beside->same);
        beside->close(beside->evolved);
    }
    close_theirs(&theirs, corpus);
    free(bench.ours.value);
    vf_buffer_release(&bench.ours.out);
    vf_arena_release(&bench.ours.arena);
    vf_arena_release(&corpus->kept);
    wire_plan_free(corpus->same);
    wire_plan_free(corpus->evolved);
    wire_schema_free(corpus->reader);
    wire_schema_free(corpus->writer);
    free(corpus->evolved_json);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"ms", required_argument, NULL, 'm'},
                                            {"only", required_argument, NULL, 'o'},
                                            {"beside", required_argument, NULL, 'b'},
                                            {0}};
    static struct corpus visits = {.name = "visits"};
    static struct corpus meetings = {.name = "meetings"};
    struct beside library;
    struct beside *beside = NULL;
    double budget_ns = 700e6;
    const char *only = NULL;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        switch (option) {
        case 'm': budget_ns = strtod(optarg, NULL) * 1e6; break;
        case 'o': only = optarg; break;
        case 'b': load_beside(beside = &library, optarg); break;
        default: return 64;
        }
    load(&visits, vf_visit_schema_json, "tests/sample/visits.jsonl");
    load(&meetings, vf_meeting_schema_json, "tests/sample/meetings.jsonl");
    run_corpus(&visits, vf_visit_schema_json, beside, budget_ns, only);
    run_corpus(&meetings, vf_meeting_schema_json, beside, budget_ns, only);
    return 0;
}
