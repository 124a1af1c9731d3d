/*
 * Source to sink against a plain loop of the client library, over the same mock cluster in a
 * process of its own: records a second, processor time of the client for each, memory.
 *
 *   bench_kafka [records [partitions [bytes [property=value...]]]]
 *
 * The mock keeps 5 MiB of a partition: records * bytes must stay below that for each. Set
 * VISITFEED_BOOTSTRAP to use a real broker that has the topics bench.in (empty) and bench.out.
 */
#include "kafka/mock.h"
#include "kafka/sink.h"
#include "kafka/source.h"
#include "observe/log.h"
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define INPUT "bench.in"
#define OUTPUT "bench.out"

enum { BATCH = 1000, GROUP_TEXT = 64 };

struct bench {
    const char *bootstrap;
    const char *group;
    uint64_t records;
    int partitions;
    size_t bytes;
    char **extra; /* property=value, for the relay's consumer */
    int extra_count;
    uint64_t begin_ns; /* at the first record, and: */
    uint64_t cpu_begin;
    uint64_t thread_begin;
    uint64_t done;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_kafka: %s: %s\n", what, why);
    exit(1);
}

/* who: RUSAGE_SELF, or RUSAGE_THREAD for the thread that carries the records. */
static uint64_t cpu_us(int who)
{
    struct rusage usage;
    getrusage(who, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000u +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void begin(struct bench *bench)
{
    if (bench->begin_ns > 0)
        return;
    bench->begin_ns = uv_hrtime();
    bench->cpu_begin = cpu_us(RUSAGE_SELF);
    bench->thread_begin = cpu_us(RUSAGE_THREAD);
}

static void report(const struct bench *bench, const char *name)
{
    struct rusage usage;
    double seconds = (double)(uv_hrtime() - bench->begin_ns) / 1e9;
    getrusage(RUSAGE_SELF, &usage);
    double records = (double)bench->records;
    printf("%-6s %8.0f records/s; processor %6.3f us each, %6.3f of it in the thread that "
           "carries them; %6.1f MiB resident\n",
           name, records / seconds, (double)(cpu_us(RUSAGE_SELF) - bench->cpu_begin) / records,
           (double)(cpu_us(RUSAGE_THREAD) - bench->thread_begin) / records,
           (double)usage.ru_maxrss / 1024);
    fflush(stdout);
}

/* ---- the plain loop ---- */

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char reason[256];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK)
        die(name, reason);
}

static rd_kafka_t *client(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char reason[256];
    rd_kafka_t *rk = rd_kafka_new(type, conf, reason, sizeof reason);
    if (!rk)
        die("client", reason);
    return rk;
}

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct bench *bench = opaque;
    (void)rk;
    if (message->err)
        die("delivery", rd_kafka_err2str(message->err));
    bench->done++;
}

static rd_kafka_t *plain_consumer(const struct bench *bench)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", bench->bootstrap);
    set(conf, "group.id", bench->group);
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "fetch.wait.max.ms", "10");
    set(conf, "enable.auto.offset.store", "false");
    rd_kafka_t *rk = client(RD_KAFKA_CONSUMER, conf);
    rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, INPUT, RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return rk;
}

static rd_kafka_t *plain_producer(struct bench *bench)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", bench->bootstrap);
    set(conf, "enable.idempotence", "true");
    set(conf, "compression.type", "lz4");
    set(conf, "linger.ms", "5");
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_conf_set_opaque(conf, bench);
    return client(RD_KAFKA_PRODUCER, conf);
}

static void run_plain(struct bench *bench)
{
    static rd_kafka_message_t *batch[BATCH];
    rd_kafka_t *consumer = plain_consumer(bench);
    rd_kafka_t *producer = plain_producer(bench);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, OUTPUT, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(consumer);
    while (bench->done < bench->records) {
        ssize_t count = rd_kafka_consume_batch_queue(queue, 1, batch, BATCH);
        for (ssize_t i = 0; i < count; i++) {
            rd_kafka_message_t *message = batch[i];
            if (!message->err)
                begin(bench);
            while (!message->err &&
                   rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                                    message->payload, message->len, message->key, message->key_len,
                                    NULL) != 0)
                rd_kafka_poll(producer, 10);
            rd_kafka_message_destroy(message);
        }
        rd_kafka_poll(producer, 0);
    }
    report(bench, "plain");
    _exit(0);
}

/* ---- source to sink ---- */

struct relay {
    struct bench *bench;
    struct vf_source *source;
    struct vf_sink *sink;
    uint64_t busy;
};

static enum vf_take on_record(void *owner, const struct vf_record *record, struct vf_ticket ticket)
{
    struct relay *relay = owner;
    struct vf_record out = *record;
    struct vf_error err;
    begin(relay->bench);
    out.topic = vf_slice_of(OUTPUT);
    out.partition = -1;
    int code = vf_sink_send(relay->sink, &out, ticket, &err);
    if (code == VF_EAGAIN) {
        relay->busy++;
        return VF_TAKE_BUSY;
    }
    if (code)
        die("send", err.text);
    return VF_TAKE_DONE;
}

static enum vf_take on_rejected(void *owner, const struct vf_record *record,
                                struct vf_ticket ticket, const struct vf_error *reason)
{
    (void)owner, (void)record, (void)ticket;
    die("rejected", reason->text);
    return VF_TAKE_DONE;
}

static void on_delivery(void *owner, struct vf_ticket ticket, const struct vf_delivery *delivery)
{
    struct relay *relay = owner;
    if (delivery->failure)
        die("delivery", delivery->failure->text);
    vf_source_done(relay->source, ticket);
    if (++relay->bench->done < relay->bench->records)
        return;
    report(relay->bench, "relay");
    _exit(0);
}

static void on_room(void *owner)
{
    vf_source_resume(((struct relay *)owner)->source);
}

static void on_failure(void *owner, const struct vf_error *err)
{
    (void)owner;
    die("failure", err->text);
}

static void add(struct vf_pairs *pairs, const char *key, const char *value)
{
    pairs->items[pairs->count++] = (struct vf_pair){vf_slice_of(key), vf_slice_of(value), 1};
}

static void run_relay(struct bench *bench)
{
    static struct vf_pairs common;
    static struct vf_pairs consumer;
    static const char *const inputs[] = {INPUT};
    static const char *const outputs[] = {OUTPUT};
    struct vf_client_settings settings = {.common = &common, .consumer = &consumer};
    struct relay relay = {.bench = bench};
    struct vf_error err;
    uv_loop_t *loop = uv_default_loop();

    add(&common, "bootstrap.servers", bench->bootstrap);
    add(&consumer, "group.id", bench->group);
    add(&consumer, "fetch.wait.max.ms", "10");
    for (int i = 0; i < bench->extra_count; i++) {
        char *text = bench->extra[i];
        char *equals = strchr(text, '=');
        if (!equals)
            die(text, "is not a property=value of the consumer");
        *equals = '\0';
        add(&consumer, text, equals + 1);
    }
    struct vf_sink_config sink = {.settings = settings, .topics = outputs, .topic_count = 1};
    struct vf_sink_events sink_events = {on_delivery, on_room, on_failure, &relay};
    if (vf_sink_create(loop, &sink, &sink_events, &relay.sink, &err))
        die("sink", err.text);
    struct vf_source_config source = {.settings = settings, .topics = inputs, .topic_count = 1};
    struct vf_source_events events = {.on_record = on_record,
                                      .on_rejected = on_rejected,
                                      .on_failure = on_failure,
                                      .owner = &relay};
    if (vf_source_create(loop, &source, &events, &relay.source, &err))
        die("source", err.text);
    if (vf_source_start(relay.source, &err))
        die("start", err.text);
    uv_run(loop, UV_RUN_DEFAULT);
}

/* ---- around them ---- */

static void feed(struct bench *bench)
{
    enum { TEXT = 1 << 20, WORD = 9 };
    char *text = malloc(TEXT + bench->bytes);
    rd_kafka_t *rk = plain_producer(bench);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, INPUT, NULL);
    /* A few hundred words in any order: lz4 halves it, as it does events. */
    for (size_t i = 0; i < TEXT + bench->bytes; i += WORD)
        for (size_t word = (size_t)rand() % 400, k = 0; k < WORD && i + k < TEXT + bench->bytes;
             k++)
            text[i + k] = (char)('a' + (word * (k + 7) * 31 >> k) % 26);
    for (uint64_t n = 0; n < bench->records; n++) {
        char key[24];
        int size = snprintf(key, sizeof key, "key-%llu", (unsigned long long)n);
        while (rd_kafka_produce(topic, (int32_t)(n % (uint64_t)bench->partitions),
                                RD_KAFKA_MSG_F_COPY, text + rand() % TEXT, bench->bytes, key,
                                (size_t)size, NULL) != 0)
            rd_kafka_poll(rk, 10);
        rd_kafka_poll(rk, 0);
    }
    rd_kafka_flush(rk, 60000);
    if (bench->done != bench->records)
        die("feed", "not all records were acknowledged");
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(rk);
    free(text);
    bench->done = 0;
}

/* The cluster's own process: tells its address and waits to be ended. */
static void serve_mock(int out, int partitions)
{
    struct vf_mock *mock;
    struct vf_error err;
    if (vf_mock_create(1, &mock, &err) || vf_mock_topic(mock, INPUT, partitions, &err) ||
        vf_mock_topic(mock, OUTPUT, partitions, &err))
        die("mock", err.text);
    const char *text = vf_mock_bootstrap(mock);
    if (write(out, text, strlen(text)) < 0)
        die("mock", "cannot tell its address");
    close(out);
    for (;;)
        pause();
}

static void in_child(struct bench *bench, const char *group, void (*run)(struct bench *))
{
    pid_t child = fork();
    int status = 0;
    if (child == 0) {
        bench->group = group;
        run(bench);
        _exit(1);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
        die(group, "failed");
}

static void feed_in_child(struct bench *bench)
{
    feed(bench);
    _exit(0);
}

int main(int argc, char **argv)
{
    static char address[256];
    int pipes[2];
    pid_t mock = 0;
    struct bench bench = {
        .bootstrap = getenv("VISITFEED_BOOTSTRAP"),
        .records = argc > 1 ? strtoull(argv[1], NULL, 10) : 500000,
        .partitions = argc > 2 ? atoi(argv[2]) : 100,
        .bytes = argc > 3 ? strtoull(argv[3], NULL, 10) : 700,
        .extra = argv + 4,
        .extra_count = argc > 4 ? argc - 4 : 0,
    };
    vf_log_set_levels(vf_slice_of("error"), NULL);
    if (!bench.bootstrap) {
        if (pipe(pipes) || (mock = fork()) < 0)
            die("mock", "cannot start a process");
        if (mock == 0)
            serve_mock(pipes[1], bench.partitions);
        close(pipes[1]);
        if (read(pipes[0], address, sizeof address - 1) <= 0)
            die("mock", "did not start");
        bench.bootstrap = address;
    }
    in_child(&bench, "feed", feed_in_child);
    for (int round = 1; round <= 2; round++) {
        char group[GROUP_TEXT];
        snprintf(group, sizeof group, "plain-%d-%d", (int)getpid(), round);
        in_child(&bench, group, run_plain);
        snprintf(group, sizeof group, "relay-%d-%d", (int)getpid(), round);
        in_child(&bench, group, run_relay);
    }
    if (mock > 0) {
        kill(mock, SIGTERM);
        waitpid(mock, NULL, 0);
    }
    return 0;
}
