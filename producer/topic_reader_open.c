#include "topic_reader_internal.h"

#include "base/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>
#include <xxhash.h>

enum {
    PREFETCH_KIB = 32 * 1024, /* of all partitions together: what one round trip brings in */
    PREFETCH_KIB_MIN = 1024,  /* of one partition: the library takes whole fetches */
    LEADER_PAUSE_MS = 100,    /* between two questions to a partition without a leader */
};

/* What a reader without a group needs, over the daemon's configuration. */
static int set_own(rd_kafka_conf_t *conf, const struct vf_topic_reader_config *config, size_t lanes,
                   struct vf_error *err)
{
    char prefetch[16];
    size_t kib = PREFETCH_KIB / (lanes ? lanes : 1);
    snprintf(prefetch, sizeof prefetch, "%zu", kib < PREFETCH_KIB_MIN ? PREFETCH_KIB_MIN : kib);
    const struct {
        const char *key;
        const char *value;
        bool yields; /* to what people set */
    } own[] = {
        {"group.id", NULL, false},
        {"group.instance.id", NULL, false},
        {"auto.commit.enable", "false", false},
        {"auto.offset.reset", "earliest", false},
        {"enable.partition.eof", "true", false},
        {"isolation.level", config->read_uncommitted ? "read_uncommitted" : "read_committed",
         false},
        {"queued.max.messages.kbytes", prefetch, true},
        /* Milliseconds: a partition that was fetched to its end must not hold up the others. */
        {"fetch.wait.max.ms", "20", true},
    };
    char reason[200];

    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (own[i].yields && (vf_pairs_have(config->settings.common, own[i].key) ||
                              vf_pairs_have(config->settings.consumer, own[i].key)))
            continue;
        if (rd_kafka_conf_set(conf, own[i].key, own[i].value, reason, sizeof reason))
            return vf_error_set(err, VF_EKAFKA, "Kafka consumer: %s", reason);
    }
    return VF_OK;
}

static int open_client(struct vf_topic_reader *reader, const struct vf_topic_reader_config *config,
                       size_t lanes, struct vf_error *err)
{
    rd_kafka_conf_t *conf;
    char reason[256];

    int rc = vf_client_config_build(&config->settings, VF_CLIENT_CONSUMER, &conf, err);
    if (rc)
        return rc;
    rc = set_own(conf, config, lanes, err);
    if (rc) {
        rd_kafka_conf_destroy(conf);
        return rc;
    }
    vf_client_voice_attach(conf, "consumer", &reader->voice);
    reader->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (!reader->client) {
        rd_kafka_conf_destroy(conf);
        return vf_error_set(err, VF_ECONFIG, "Kafka consumer: %s", reason);
    }
    rd_kafka_set_log_queue(reader->client, NULL);
    return VF_OK;
}

/* Asks for all topics' partitions; the answer is to be destroyed. */
static int ask_metadata(struct vf_topic_reader *reader, const char *topic, int timeout_ms,
                        const struct rd_kafka_metadata **out, struct vf_error *err)
{
    rd_kafka_topic_t *handle = rd_kafka_topic_new(reader->client, topic, NULL);
    if (!handle)
        return vf_error_set(err, VF_EKAFKA, "%s: %s", topic,
                            rd_kafka_err2str(rd_kafka_last_error()));
    rd_kafka_resp_err_t code = rd_kafka_metadata(reader->client, 0, handle, out, timeout_ms);
    rd_kafka_topic_destroy(handle);
    rd_kafka_poll(reader->client, 0);
    if (code)
        return vf_error_set(err, VF_EKAFKA, "%s: %s%s%s", topic, rd_kafka_err2str(code),
                            reader->voice.last_error[0] ? "; " : "", reader->voice.last_error);
    if ((*out)->topic_cnt == 1 && !(*out)->topics[0].err && (*out)->topics[0].partition_cnt)
        return VF_OK;
    code = (*out)->topic_cnt == 1 && (*out)->topics[0].err
               ? (*out)->topics[0].err
               : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    rd_kafka_metadata_destroy(*out);
    return vf_error_set(err, VF_EKAFKA, "%s: %s", topic, rd_kafka_err2str(code));
}

static bool is_wanted(const struct vf_topic_reader_config *config, int32_t partition)
{
    for (size_t i = 0; i < config->range_count; i++)
        if (partition >= config->ranges[i].first && partition <= config->ranges[i].last)
            return true;
    return config->range_count == 0;
}

static int compare_lanes(const void *left, const void *right)
{
    const struct lane *a = left, *b = right;
    int c = strcmp(rd_kafka_topic_name(a->topic), rd_kafka_topic_name(b->topic));
    return c ? c : (a->partition > b->partition) - (a->partition < b->partition);
}

/* The wanted partitions of one topic become lanes; only counted while there are none. */
static int add_lanes(struct vf_topic_reader *reader, const struct vf_topic_reader_config *config,
                     size_t topic, size_t *count, struct vf_error *err)
{
    const struct rd_kafka_metadata *metadata = NULL;
    int rc = ask_metadata(reader, config->topics[topic], config->timeout_ms, &metadata, err);
    if (rc || !metadata)
        return rc;
    const rd_kafka_metadata_topic_t *found = &metadata->topics[0];
    for (int i = 0; i < found->partition_cnt; i++) {
        int32_t partition = found->partitions[i].id;
        if (!is_wanted(config, partition))
            continue;
        if (reader->lanes && *count < reader->lane_count)
            reader->lanes[*count] =
                (struct lane){.topic = reader->topics[topic], .partition = partition};
        ++*count;
    }
    rd_kafka_metadata_destroy(metadata);
    return VF_OK;
}

static int count_lanes(struct vf_topic_reader *reader, const struct vf_topic_reader_config *config,
                       size_t *count, struct vf_error *err)
{
    int rc = VF_OK;

    *count = 0;
    for (size_t i = 0; !rc && i < config->topic_count; i++)
        rc = add_lanes(reader, config, i, count, err);
    if (!rc && !*count)
        rc = vf_error_set(err, VF_EKAFKA, "the topics have none of the partitions asked for");
    if (!rc && *count > VF_TOPIC_READER_LANES_MAX)
        rc = vf_error_set(err, VF_ELIMIT, "%zu partitions: at most %d can be read at once", *count,
                          VF_TOPIC_READER_LANES_MAX);
    return rc;
}

static int allocate(struct vf_topic_reader *reader, const struct vf_topic_reader_config *config,
                    size_t count, struct vf_error *err)
{
    if (!count)
        return vf_error_set(err, VF_EINVAL, "no partitions to read");
    reader->lane_count = count;
    reader->batch_size =
        LANE_BATCHES_TOTAL / count < LANE_BATCH ? LANE_BATCHES_TOTAL / count : LANE_BATCH;
    reader->topics = vf_calloc(config->topic_count, sizeof *reader->topics);
    reader->lanes = vf_calloc(count, sizeof *reader->lanes);
    reader->heap = vf_calloc(count, sizeof *reader->heap);
    reader->waiting = vf_calloc(count, sizeof *reader->waiting);
    if (!reader->topics || !reader->lanes || !reader->heap || !reader->waiting) {
        reader->lane_count = 0;
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    }
    for (size_t i = 0; i < config->topic_count; i++) {
        reader->topics[i] = rd_kafka_topic_new(reader->client, config->topics[i], NULL);
        if (!reader->topics[i])
            return vf_error_set(err, VF_EKAFKA, "%s: %s", config->topics[i],
                                rd_kafka_err2str(rd_kafka_last_error()));
        reader->topic_count++;
    }
    return VF_OK;
}

static int prepare_lanes(struct vf_topic_reader *reader,
                         const struct vf_topic_reader_config *config, struct vf_error *err)
{
    size_t count;

    int rc = count_lanes(reader, config, &count, err);
    if (rc)
        return rc;
    if (count < reader->lane_count)
        reader->lane_count = count; /* a topic was deleted meanwhile */
    qsort(reader->lanes, reader->lane_count, sizeof *reader->lanes, compare_lanes);
    for (size_t i = 0; i < reader->lane_count; i++) {
        struct lane *lane = &reader->lanes[i];
        lane->order = INT64_MIN;
        lane->batch = vf_calloc(reader->batch_size, sizeof *lane->batch);
        if (!lane->batch)
            return vf_error_set(err, VF_ENOMEM, "out of memory");
    }
    return reader_find_bounds(reader, config, err);
}

/* ---- where each partition begins and ends ---- */

static int fail_offsets(const struct lane *lane, rd_kafka_resp_err_t code, struct vf_error *err)
{
    return vf_error_set(err, VF_EKAFKA, "%s, partition %d: its offsets: %s",
                        rd_kafka_topic_name(lane->topic), lane->partition, rd_kafka_err2str(code));
}

/* A partition whose leader is just being made or moved says so for a moment. */
static bool may_pass(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
           code == RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH ||
           code == RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH;
}

/* False when all of the time is used up. */
static bool wait_a_moment(uint64_t begin_ns, int timeout_ms)
{
    if ((uv_hrtime() - begin_ns) / 1000000 >= (uint64_t)timeout_ms)
        return false;
    uv_sleep(LEADER_PAUSE_MS);
    return true;
}

static int ask_range(struct vf_topic_reader *reader, const struct lane *lane, int timeout_ms,
                     int64_t *low, int64_t *high, struct vf_error *err)
{
    const char *topic = rd_kafka_topic_name(lane->topic);
    uint64_t begin = uv_hrtime();
    rd_kafka_resp_err_t code;
    do
        code = rd_kafka_query_watermark_offsets(reader->client, topic, lane->partition, low, high,
                                                timeout_ms);
    while (may_pass(code) && wait_a_moment(begin, timeout_ms));
    return code ? fail_offsets(lane, code, err) : VF_OK;
}

/* The offset at a time, for all lanes at once: in positions, which are destroyed by the caller;
 * -1: no record is that late. */
static int ask_times(struct vf_topic_reader *reader, int64_t time_ms, int timeout_ms,
                     rd_kafka_topic_partition_list_t **out, struct vf_error *err)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)reader->lane_count);
    uint64_t begin = uv_hrtime();
    rd_kafka_resp_err_t code;

    *out = list;
    for (size_t i = 0; i < reader->lane_count; i++)
        rd_kafka_topic_partition_list_add(list, rd_kafka_topic_name(reader->lanes[i].topic),
                                          reader->lanes[i].partition);
    do {
        for (int i = 0; i < list->cnt; i++)
            list->elems[i].offset = time_ms;
        code = rd_kafka_offsets_for_times(reader->client, list, timeout_ms);
        for (int i = 0; i < list->cnt && !code; i++)
            code = list->elems[i].err;
    } while (may_pass(code) && wait_a_moment(begin, timeout_ms));
    if (code)
        return vf_error_set(err, VF_EKAFKA, "the offsets at a time: %s", rd_kafka_err2str(code));
    return VF_OK;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* at: the offset at the bound's time, where it is one. */
static int64_t resolve(const struct vf_bound *bound, int64_t low, int64_t high, int64_t at)
{
    switch (bound->kind) {
    case VF_BOUND_BEGINNING: return low;
    case VF_BOUND_LAST: return clamp(high - bound->value, low, high);
    case VF_BOUND_OFFSET: return clamp(bound->value, low, high);
    case VF_BOUND_TIME: return at < 0 ? high : clamp(at, low, high);
    case VF_BOUND_NEVER: return INT64_MAX;
    case VF_BOUND_END: break;
    }
    return high;
}

uint64_t lane_topic_hash(const struct lane *lane)
{
    const char *name = rd_kafka_topic_name(lane->topic);
    return XXH3_64bits(name, strlen(name));
}

/* From a list of bounds. low, high: what the partition holds. */
static int take_bounds(const struct vf_topic_reader_config *config, struct lane *lane, int64_t low,
                       int64_t high, struct vf_error *err)
{
    uint64_t topic = lane_topic_hash(lane);

    for (size_t i = 0; i < config->bound_count; i++) {
        const struct vf_lane_bounds *bounds = &config->bounds[i];
        if (bounds->topic != topic || bounds->partition != lane->partition)
            continue;
        lane->begin = bounds->begin;
        lane->end = bounds->end;
        if (bounds->begin < bounds->end && (bounds->begin < low || bounds->end > high))
            return vf_error_set(err, VF_EKAFKA,
                                "%s, partition %d: offsets %lld to %lld are no longer all there",
                                rd_kafka_topic_name(lane->topic), lane->partition,
                                (long long)bounds->begin, (long long)bounds->end);
        return VF_OK;
    }
    lane->begin = lane->end = high; /* a partition that was added since */
    return VF_OK;
}

static int set_bounds(struct vf_topic_reader *reader, const struct vf_topic_reader_config *config,
                      const rd_kafka_topic_partition_list_t *starts,
                      const rd_kafka_topic_partition_list_t *ends, struct vf_error *err)
{
    for (size_t i = 0; i < reader->lane_count; i++) {
        struct lane *lane = &reader->lanes[i];
        int64_t low, high;
        int rc = ask_range(reader, lane, config->timeout_ms, &low, &high, err);
        if (rc)
            return rc;
        lane->begin = resolve(&config->start, low, high, starts ? starts->elems[i].offset : -1);
        lane->end = resolve(&config->end, low, high, ends ? ends->elems[i].offset : -1);
        rc = config->bound_count ? take_bounds(config, lane, low, high, err) : VF_OK;
        if (rc)
            return rc;
        lane->next = lane->begin;
        if (lane->end <= lane->next) {
            lane->end = lane->next;
            lane->finished = true;
            continue;
        }
        if (!reader->follow)
            reader->span += (uint64_t)(lane->end - lane->begin);
        reader->waiting[reader->waiting_count++] = (uint32_t)i;
    }
    return VF_OK;
}

int reader_find_bounds(struct vf_topic_reader *reader, const struct vf_topic_reader_config *config,
                       struct vf_error *err)
{
    rd_kafka_topic_partition_list_t *starts = NULL;
    rd_kafka_topic_partition_list_t *ends = NULL;
    int rc = VF_OK;

    reader->follow = config->end.kind == VF_BOUND_NEVER;
    if (config->start.kind == VF_BOUND_TIME)
        rc = ask_times(reader, config->start.value, config->timeout_ms, &starts, err);
    if (!rc && config->end.kind == VF_BOUND_TIME)
        rc = ask_times(reader, config->end.value, config->timeout_ms, &ends, err);
    if (!rc)
        rc = set_bounds(reader, config, starts, ends, err);
    if (starts)
        rd_kafka_topic_partition_list_destroy(starts);
    if (ends)
        rd_kafka_topic_partition_list_destroy(ends);
    return rc;
}

int vf_topic_reader_open(const struct vf_topic_reader_config *config, struct vf_topic_reader **out,
                         struct vf_error *err)
{
    struct vf_topic_reader *reader = vf_calloc(1, sizeof *reader);
    size_t count = 0;

    *out = NULL;
    if (!reader)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    /* A first client only counts: how much may be read ahead depends on it. */
    int rc = open_client(reader, config, 1, err);
    if (!rc)
        rc = count_lanes(reader, config, &count, err);
    if (reader->client)
        rd_kafka_destroy(reader->client);
    reader->client = NULL;
    if (!rc)
        rc = open_client(reader, config, count, err);
    if (!rc)
        rc = allocate(reader, config, count, err);
    if (!rc)
        rc = prepare_lanes(reader, config, err);
    if (rc) {
        vf_topic_reader_close(reader);
        return rc;
    }
    *out = reader;
    return VF_OK;
}

int vf_partitions_parse(struct vf_slice text, struct vf_topic_reader_config *config,
                        struct vf_error *err)
{
    const char *at = text.ptr;

    config->range_count = 0;
    do {
        char *end;
        long first = strtol(at, &end, 10);
        long last = first;
        bool valid = end != at && *at >= '0' && *at <= '9';
        if (valid && *end == '-') {
            at = end + 1;
            last = strtol(at, &end, 10);
            valid = end != at && *at >= '0' && *at <= '9';
        }
        if (!valid || (*end && *end != ',') || last < first || last > INT32_MAX)
            return vf_error_set(err, VF_EUSAGE, "--partitions: \"%s\" is no list such as 0,2-5",
                                text.ptr);
        if (config->range_count == VF_PARTITION_RANGES_MAX)
            return vf_error_set(err, VF_EUSAGE, "--partitions: more than %d parts",
                                VF_PARTITION_RANGES_MAX);
        config->ranges[config->range_count++] =
            (struct vf_partition_range){(int32_t)first, (int32_t)last};
        at = *end ? end + 1 : end;
    } while (*at);
    return VF_OK;
}
