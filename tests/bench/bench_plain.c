/*
 * The client library alone, as a measure for the tool and the daemon.
 *
 *   bench_plain produce BROKERS TOPIC RECORDING   sends the recording's records from memory
 *   bench_plain consume BROKERS TOPIC             reads all that the topic holds
 *   bench_plain pass BROKERS TOPIC OUTPUT GROUP RECORDS
 *                                                 as a member of GROUP, each record unchanged
 *
 * Prints records, bytes of keys and values, and seconds: of producing from the first record to
 * the last acknowledgement, of consuming from the start of all partitions to their ends, of
 * passing on from the first record to the commit after the last acknowledgement.
 */
#include "base/memory.h"
#include "feed/input.h"
#include "recording.h"
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RECORD_MAX = 16 << 20, RECORDS_MAX = 10000000, BATCH = 1000, WAIT_MS = 1000 };

struct kept {
    int32_t partition;
    int64_t timestamp_ms;
    struct vf_slice key;
    struct vf_slice value;
};

struct bench {
    struct vf_arena arena; /* of what is kept */
    struct kept *records;
    size_t count;
    uint64_t bytes;
    uint64_t acknowledged;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_plain: %s: %s\n", what, why);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void report(const struct bench *bench, double begin)
{
    printf("%zu %llu %.6f\n", bench->count, (unsigned long long)bench->bytes, now() - begin);
}

static rd_kafka_t *open_client(rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *brokers,
                               const char *const (*properties)[2])
{
    char reason[256];

    if (rd_kafka_conf_set(conf, "bootstrap.servers", brokers, reason, sizeof reason))
        die("bootstrap.servers", reason);
    for (; (*properties)[0]; properties++)
        if (rd_kafka_conf_set(conf, (*properties)[0], (*properties)[1], reason, sizeof reason))
            die((*properties)[0], reason);
    rd_kafka_t *client = rd_kafka_new(type, conf, reason, sizeof reason);
    if (!client)
        die("client", reason);
    return client;
}

static const struct rd_kafka_metadata *ask(rd_kafka_t *client, rd_kafka_topic_t *topic)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, 0, topic, &metadata, 30000);

    if (code)
        die("metadata", rd_kafka_err2str(code));
    if (metadata->topics[0].err || !metadata->topics[0].partition_cnt)
        die(metadata->topics[0].topic, rd_kafka_err2str(metadata->topics[0].err));
    return metadata;
}

/* ---- producing ---- */

static struct vf_slice keep(struct bench *bench, struct vf_slice bytes)
{
    if (!bytes.ptr)
        return VF_SLICE_NULL;
    char *copy = vf_arena_alloc(&bench->arena, bytes.len + 1);
    if (!copy)
        die("recording", "out of memory");
    memcpy(copy, bytes.ptr, bytes.len);
    return vf_slice(copy, bytes.len);
}

static void load(struct bench *bench, const char *path)
{
    struct vf_input_item item;
    struct vf_input *input;
    struct vf_player *player;
    struct vf_record record;
    struct vf_error err = {0};

    vf_arena_init(&bench->arena, 1 << 20, SIZE_MAX / 2);
    bench->records = calloc(RECORDS_MAX, sizeof *bench->records); /* touched only as far as used */
    if (!bench->records || vf_input_open(path, VF_INPUT_AVRO, RECORD_MAX, &input, &err) ||
        vf_player_create(vf_input_schema(input), &player, &err))
        die(path, err.text);
    while (bench->count < RECORDS_MAX && vf_input_next(input, &item, &err) == 0) {
        if (vf_player_read(player, item.bytes, &record, &err))
            die(path, err.text);
        bench->records[bench->count++] =
            (struct kept){record.partition, record.timestamp_ms, keep(bench, record.key),
                          keep(bench, record.value)};
        bench->bytes += record.key.len + record.value.len;
    }
    vf_player_free(player);
    vf_input_close(input);
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    struct bench *bench = opaque;
    (void)client;
    if (message->err)
        die("delivery", rd_kafka_err2str(message->err));
    bench->acknowledged++;
}

static void produce_one(rd_kafka_t *client, rd_kafka_topic_t *topic, const struct kept *record)
{
    rd_kafka_resp_err_t code;

    while ((code = rd_kafka_producev(client, RD_KAFKA_V_RKT(topic),
                                     RD_KAFKA_V_PARTITION(record->partition),
                                     RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                     RD_KAFKA_V_KEY(record->key.ptr, record->key.len),
                                     RD_KAFKA_V_VALUE((void *)record->value.ptr, record->value.len),
                                     RD_KAFKA_V_TIMESTAMP(record->timestamp_ms), RD_KAFKA_V_END))) {
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            die("produce", rd_kafka_err2str(code));
        rd_kafka_poll(client, 10);
    }
}

/* As the tool and the daemon send by default. */
static rd_kafka_t *open_producer(struct bench *bench, const char *brokers)
{
    static const char *const properties[][2] = {{"enable.idempotence", "true"},
                                                {"compression.type", "lz4"},
                                                {"linger.ms", "5"},
                                                {NULL, NULL}};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, bench);
    return open_client(RD_KAFKA_PRODUCER, conf, brokers, properties);
}

static void produce(struct bench *bench, const char *brokers, const char *name, const char *path)
{
    enum { POLL_EVERY = 100 };

    load(bench, path);
    rd_kafka_t *client = open_producer(bench, brokers);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, name, NULL);
    rd_kafka_metadata_destroy(ask(client, topic));

    double begin = now();
    for (size_t i = 0; i < bench->count; i++) {
        produce_one(client, topic, &bench->records[i]);
        if (i % POLL_EVERY == 0)
            rd_kafka_poll(client, 0);
    }
    while (bench->acknowledged < bench->count)
        rd_kafka_flush(client, WAIT_MS);
    report(bench, begin);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(client);
}

/* ---- consuming ---- */

static void consume(struct bench *bench, const char *brokers, const char *name)
{
    static const char *const properties[][2] = {
        {"enable.partition.eof", "true"}, {"auto.offset.reset", "earliest"}, {NULL, NULL}};
    static rd_kafka_message_t *batch[BATCH];
    rd_kafka_t *client = open_client(RD_KAFKA_CONSUMER, rd_kafka_conf_new(), brokers, properties);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, name, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    const struct rd_kafka_metadata *metadata = ask(client, topic);
    int open = metadata->topics[0].partition_cnt;

    double begin = now();
    for (int i = 0; i < metadata->topics[0].partition_cnt; i++)
        rd_kafka_consume_start_queue(topic, i, RD_KAFKA_OFFSET_BEGINNING, queue);
    while (open > 0) {
        ssize_t n = rd_kafka_consume_batch_queue(queue, WAIT_MS, batch, BATCH);
        for (ssize_t i = 0; i < n; i++) {
            if (batch[i]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
                open--;
            } else if (batch[i]->err) {
                die("consume", rd_kafka_message_errstr(batch[i]));
            } else {
                bench->count++;
                bench->bytes += batch[i]->key_len + batch[i]->len;
            }
            rd_kafka_message_destroy(batch[i]);
        }
    }
    report(bench, begin);
    exit(0); /* the library's own ending is not measured, and nothing is to be kept */
}

/* ---- passing on ---- */

static rd_kafka_t *open_member(const char *brokers, const char *name, const char *group)
{
    const char *const properties[][2] = {{"group.id", group},
                                         {"auto.offset.reset", "earliest"},
                                         {"enable.auto.commit", "false"},
                                         {NULL, NULL}};
    rd_kafka_t *client = open_client(RD_KAFKA_CONSUMER, rd_kafka_conf_new(), brokers, properties);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);

    rd_kafka_poll_set_consumer(client);
    rd_kafka_topic_partition_list_add(topics, name, RD_KAFKA_PARTITION_UA);
    if (rd_kafka_subscribe(client, topics))
        die(name, "cannot be subscribed");
    rd_kafka_topic_partition_list_destroy(topics);
    return client;
}

static void pass_one(struct bench *bench, rd_kafka_t *producer, rd_kafka_topic_t *topic,
                     const rd_kafka_message_t *message)
{
    if (message->err)
        die("consume", rd_kafka_message_errstr(message));
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, message->payload,
                            message->len, message->key, message->key_len, NULL)) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            die("produce", rd_kafka_err2str(rd_kafka_last_error()));
        rd_kafka_poll(producer, 10);
    }
    bench->count++;
    bench->bytes += message->key_len + message->len;
}

static void pass(struct bench *bench, char **arguments)
{
    static rd_kafka_message_t *batch[BATCH];
    const char *brokers = arguments[0];
    size_t records = strtoull(arguments[4], NULL, 10);
    rd_kafka_t *consumer = open_member(brokers, arguments[1], arguments[3]);
    rd_kafka_t *producer = open_producer(bench, brokers);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, arguments[2], NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(consumer);
    double begin = 0;

    while (bench->count < records) {
        ssize_t n = rd_kafka_consume_batch_queue(queue, WAIT_MS, batch, BATCH);
        if (begin == 0 && n > 0)
            begin = now();
        for (ssize_t i = 0; i < n; i++) {
            pass_one(bench, producer, topic, batch[i]);
            rd_kafka_message_destroy(batch[i]);
        }
        rd_kafka_poll(producer, 0);
    }
    while (bench->acknowledged < bench->count)
        rd_kafka_flush(producer, WAIT_MS);
    rd_kafka_resp_err_t code = rd_kafka_commit(consumer, NULL, 0);
    if (code)
        die("commit", rd_kafka_err2str(code));
    report(bench, begin);
    exit(0); /* the library's own ending is not measured, and nothing is to be kept */
}

int main(int argc, char **argv)
{
    struct bench bench = {.count = 0};

    if (argc == 5 && strcmp(argv[1], "produce") == 0)
        produce(&bench, argv[2], argv[3], argv[4]);
    else if (argc == 4 && strcmp(argv[1], "consume") == 0)
        consume(&bench, argv[2], argv[3]);
    else if (argc == 7 && strcmp(argv[1], "pass") == 0)
        pass(&bench, argv + 2);
    else
        die("usage", "produce BROKERS TOPIC RECORDING | consume BROKERS TOPIC | "
                     "pass BROKERS TOPIC OUTPUT GROUP RECORDS");
    vf_arena_release(&bench.arena);
    free(bench.records);
    return 0;
}
