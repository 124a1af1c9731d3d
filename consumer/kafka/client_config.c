#include "kafka/client_config.h"

#include "kafka/client_property.h"
#include "observe/log.h"
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

enum { CONSUMERS = 1 << VF_CLIENT_CONSUMER, PRODUCERS = 1 << VF_CLIENT_PRODUCER };
enum { BOTH = CONSUMERS | PRODUCERS };

struct standard {
    int roles;
    const char *name;
    const char *value;
    bool newer; /* not every supported version of the library has it */
};

static const struct standard standards[] = {
    {BOTH, "bootstrap.servers", "localhost:9092", false},
    {BOTH, "client.id", "visitfeed", false},
    /* Small requests (commits, heartbeats) otherwise wait 40 ms for the peer's delayed ACK. */
    {BOTH, "socket.nagle.disable", "true", false},
    /* A peer that vanished without a word is noticed on idle connections too. */
    {BOTH, "socket.keepalive.enable", "true", false},
    /* 2 s: a broker that is back is used again soon; 10 s would be the library's. */
    {BOTH, "reconnect.backoff.max.ms", "2000", false},
    /* 30 s: how late a topic or partition created meanwhile may be noticed; 5 min otherwise. */
    {BOTH, "topic.metadata.refresh.interval.ms", "30000", false},

    {CONSUMERS, "group.id", "visitfeed", false},
    /* A new group reads all there is; "latest" would silently skip it. */
    {CONSUMERS, "auto.offset.reset", "earliest", false},
    /* 15 s: how long a dead daemon's partitions wait; brokers allow 6 s to 30 min. */
    {CONSUMERS, "session.timeout.ms", "15000", false},
    {CONSUMERS, "heartbeat.interval.ms", "3000", false},
    /* A misspelt topic must be an error, not a new empty topic. */
    {CONSUMERS, "allow.auto.create.topics", "false", false},
    /* The memory of prefetching, for any number of partitions: the queue 1 MiB; an answer of each
     * broker 1 MiB and one partition's share of it 128 KiB, both as compressed. With the
     * library's own 64, 50 and 1 MiB, 200 partitions with a backlog take 350 MiB, and are read
     * no faster. */
    {CONSUMERS, "queued.max.messages.kbytes", "1024", false},
    {CONSUMERS, "fetch.max.bytes", "1048576", false},
    {CONSUMERS, "fetch.message.max.bytes", "131072", false},
    /* 100 ms instead of half a second: after a leader's change reading goes on at once. */
    {CONSUMERS, "fetch.error.backoff.ms", "100", false},
    /* 10 ms: a full queue is emptied within milliseconds; the library waits a second. */
    {CONSUMERS, "fetch.queue.backoff.ms", "10", true},

    /* 5 ms: fills batches at rates where batches matter. */
    {PRODUCERS, "linger.ms", "5", false},
    {PRODUCERS, "compression.type", "lz4", false},
    /* Keys go to the partitions to which Java clients send them. */
    {PRODUCERS, "partitioner", "murmur2_random", false},
    /* 64 MiB: the topic's own max.message.bytes decides what is too large, not the producer; a dead
     * letter is as large as the record that it carries. */
    {PRODUCERS, "message.max.bytes", "67108864", false},
    /* Above the sink's own bounds (records, bytes), which are the ones that count. */
    {PRODUCERS, "queue.buffering.max.messages", "200000", false},
    {PRODUCERS, "queue.buffering.max.kbytes", "131072", false},
};

/* What delivery and the loop rest on: set here, and refused in the file. */
struct owned {
    int roles;
    const char *name;
    const char *value; /* NULL: refused, and left at what the library has */
    const char *reason;
};

static const char by_checkpoints[] = "offsets are committed by what was acknowledged";
static const char no_giving_up[] = "an output is never given up while it can be delivered";
static const char set_elsewhere[] = "visitfeed sets it from its own options";
static const char in_the_code[] = "it is a matter of program code";

static const struct owned owned[] = {
    {BOTH, "log.queue", "true", "the library's log goes through visitfeed's"},
    {BOTH, "test.mock.num.brokers", NULL, "only the demo runs on a mock cluster"},
    {BOTH, "plugin.library.paths", NULL, "plug-ins could change what is delivered"},
    {BOTH, "interceptors", NULL, in_the_code},
    {BOTH, "opaque", NULL, in_the_code},
    {BOTH, "enabled_events", NULL, in_the_code},
    {CONSUMERS, "enable.auto.commit", "false", by_checkpoints},
    {CONSUMERS, "auto.commit.enable", NULL, by_checkpoints},
    {CONSUMERS, "auto.commit.interval.ms", NULL, by_checkpoints},
    {CONSUMERS, "enable.auto.offset.store", "false", by_checkpoints},
    {CONSUMERS, "offset.store.method", NULL, by_checkpoints},
    {CONSUMERS, "offset.store.path", NULL, by_checkpoints},
    {CONSUMERS, "offset.store.sync.interval.ms", NULL, by_checkpoints},
    {CONSUMERS, "enable.partition.eof", "true", "the lag of idle partitions is known by it"},
    {PRODUCERS, "enable.idempotence", "true", "outputs would be doubled and reordered"},
    {PRODUCERS, "acks", "all", "an output must survive the loss of a broker"},
    {PRODUCERS, "request.required.acks", NULL, "an output must survive the loss of a broker"},
    {PRODUCERS, "message.timeout.ms", "0", no_giving_up},
    {PRODUCERS, "delivery.timeout.ms", NULL, no_giving_up},
    {PRODUCERS, "message.send.max.retries", NULL, no_giving_up},
    {PRODUCERS, "retries", NULL, no_giving_up},
    {PRODUCERS, "enable.gapless.guarantee", NULL, "one refused output would stop all"},
    {PRODUCERS, "delivery.report.only.error", NULL, by_checkpoints},
    {PRODUCERS, "transactional.id", NULL, set_elsewhere},
    {PRODUCERS, "transaction.timeout.ms", NULL, set_elsewhere},
    {PRODUCERS, "queuing.strategy", NULL, "records of one key would be reordered"},
};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const char *const section_names[] = {"kafka.consumer", "kafka.producer"};

static const struct vf_pairs *role_section(const struct vf_client_settings *settings,
                                           enum vf_client_role role)
{
    return role == VF_CLIENT_CONSUMER ? settings->consumer : settings->producer;
}

/* The value in force, by the library's rule: later ones win. */
static const char *value_of(const struct vf_client_settings *settings, const char *name)
{
    const struct vf_pairs *sections[] = {settings->common, settings->consumer, settings->producer};
    const char *value = NULL;
    for (size_t s = 0; s < COUNT_OF(sections); s++)
        for (size_t i = 0; sections[s] && i < sections[s]->count; i++)
            if (vf_slice_is(sections[s]->items[i].key, name))
                value = sections[s]->items[i].value.ptr;
    return value;
}

static int set_standard(rd_kafka_conf_t *conf, const char *name, const char *value, bool may_lack,
                        struct vf_error *err)
{
    char reason[256];
    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name, value, reason, sizeof reason);
    if (result == RD_KAFKA_CONF_OK || (may_lack && result == RD_KAFKA_CONF_UNKNOWN))
        return 0;
    return vf_error_set(err, VF_EKAFKA, "the client library refuses %s = %s: %s", name, value,
                        reason);
}

static int set_standards(rd_kafka_conf_t *conf, enum vf_client_role role, struct vf_error *err)
{
    int code = 0;
    for (size_t i = 0; i < COUNT_OF(standards) && !code; i++)
        if (standards[i].roles & 1 << role)
            code =
                set_standard(conf, standards[i].name, standards[i].value, standards[i].newer, err);
    for (size_t i = 0; i < COUNT_OF(owned) && !code; i++)
        if (owned[i].roles & 1 << role && owned[i].value)
            code = set_standard(conf, owned[i].name, owned[i].value, false, err);
    return code;
}

static const struct owned *find_owned(struct vf_slice name)
{
    for (size_t i = 0; i < COUNT_OF(owned); i++)
        if (vf_slice_is(name, owned[i].name))
            return &owned[i];
    return NULL;
}

static bool is_callback(struct vf_slice name)
{
    return vf_slice_ends(name, vf_slice_of("_cb"));
}

/* The library's own words may quote the value. */
static bool may_be_secret(struct vf_slice name)
{
    static const char *const parts[] = {"password", "secret", "token", "pem", "key",
                                        "jaas",     "oauth",  "ssl",   "sasl"};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (memmem(name.ptr, name.len, parts[i], strlen(parts[i])))
            return true;
    return false;
}

struct assignment {
    const char *section;
    const struct vf_pair *pair;
    bool for_both; /* of [kafka] */
};

static int refuse(const struct assignment *at, struct vf_error *err, const char *reason)
{
    char place[24] = ""; /* none for what a command line sets */

    if (at->pair->line > 0)
        snprintf(place, sizeof place, "line %d: ", at->pair->line);
    return vf_error_set(err, VF_ECONFIG, "%s[%s] %.*s: %s", place, at->section,
                        VF_SLICE_PRINT(at->pair->key), reason);
}

static int refuse_unknown(const struct assignment *at, const struct vf_property_list *list,
                          enum vf_client_role role, struct vf_error *err)
{
    char reason[160];
    const char *nearest = vf_property_nearest(list, at->pair->key, role);
    if (nearest)
        snprintf(reason, sizeof reason, "no such Kafka property; did you mean %s?", nearest);
    else
        snprintf(reason, sizeof reason, "no such Kafka property");
    return refuse(at, err, reason);
}

static int set_pair(rd_kafka_conf_t *conf, const struct assignment *at,
                    const struct vf_property_list *list, enum vf_client_role role,
                    struct vf_error *err)
{
    struct vf_slice name = at->pair->key;
    char reason[256];

    const struct owned *mine = find_owned(name);
    if (mine) {
        snprintf(reason, sizeof reason, "cannot be set: %s", mine->reason);
        return refuse(at, err, reason);
    }
    if (is_callback(name))
        return refuse(at, err, "cannot be set: it is a matter of program code");

    const struct vf_property *property = vf_property_find(list, name);
    if (property && !property->roles[role]) {
        if (at->for_both)
            return 0;
        snprintf(reason, sizeof reason, "is a property of the %s",
                 role == VF_CLIENT_CONSUMER ? "producer" : "consumer");
        return refuse(at, err, reason);
    }
    /* What the list lacks may still be known: the library has prefixes of its own. */
    switch (rd_kafka_conf_set(conf, name.ptr, at->pair->value.ptr, reason, sizeof reason)) {
    case RD_KAFKA_CONF_OK: return 0;
    case RD_KAFKA_CONF_UNKNOWN: return refuse_unknown(at, list, role, err);
    default: return refuse(at, err, may_be_secret(name) ? "the value is refused" : reason);
    }
}

static int set_section(rd_kafka_conf_t *conf, const struct vf_pairs *pairs, const char *section,
                       const struct vf_property_list *list, enum vf_client_role role,
                       struct vf_error *err)
{
    for (size_t i = 0; pairs && i < pairs->count; i++) {
        struct assignment at = {section, &pairs->items[i], section != section_names[role]};
        int code = set_pair(conf, &at, list, role, err);
        if (code)
            return code;
    }
    return 0;
}

/* The library refuses answers that may be smaller than a message: ours by default are not large,
 * so they follow when only message.max.bytes was raised. */
static int fit_fetch_size(rd_kafka_conf_t *conf, const struct vf_client_settings *settings,
                          struct vf_error *err)
{
    char message[32];
    char fetch[32];
    size_t message_size = sizeof message;
    size_t fetch_size = sizeof fetch;
    if (value_of(settings, "fetch.max.bytes") ||
        rd_kafka_conf_get(conf, "message.max.bytes", message, &message_size) ||
        rd_kafka_conf_get(conf, "fetch.max.bytes", fetch, &fetch_size) ||
        strtol(message, NULL, 10) <= strtol(fetch, NULL, 10))
        return 0;
    return set_standard(conf, "fetch.max.bytes", message, false, err);
}

static int set_transactions(rd_kafka_conf_t *conf, const struct vf_client_settings *settings,
                            enum vf_client_role role, struct vf_error *err)
{
    char timeout[16];
    if (!settings->transactional_id)
        return 0;
    /* What a pending transaction commits must be waited for, or it is read a second time. */
    if (role == VF_CLIENT_CONSUMER)
        return set_standard(conf, "isolation.level", "read_committed", false, err);
    snprintf(timeout, sizeof timeout, "%u", settings->transaction_timeout_ms);
    int code = set_standard(conf, "transaction.timeout.ms", timeout, false, err);
    /* An output that waits longer is undone with its transaction, and sent again in the next. */
    if (!code)
        code = set_standard(conf, "message.timeout.ms", timeout, false, err);
    if (!code)
        code = set_standard(conf, "transactional.id", settings->transactional_id, false, err);
    return code;
}

int vf_client_config_build(const struct vf_client_settings *settings, enum vf_client_role role,
                           struct rd_kafka_conf_s **out, struct vf_error *err)
{
    struct vf_property_list list;
    int code = vf_property_list_load(&list, err);
    if (code)
        return code;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    code = set_standards(conf, role, err);
    if (!code)
        code = set_section(conf, settings->common, "kafka", &list, role, err);
    if (!code)
        code =
            set_section(conf, role_section(settings, role), section_names[role], &list, role, err);
    if (!code && role == VF_CLIENT_CONSUMER)
        code = fit_fetch_size(conf, settings, err);
    if (!code)
        code = set_transactions(conf, settings, role, err);
    vf_property_list_release(&list);
    if (code)
        rd_kafka_conf_destroy(conf);
    else
        *out = conf;
    return code;
}

int vf_client_config_check(const struct vf_client_settings *settings, struct vf_error *err)
{
    for (enum vf_client_role role = VF_CLIENT_CONSUMER; role <= VF_CLIENT_PRODUCER; role++) {
        rd_kafka_conf_t *conf;
        int code = vf_client_config_build(settings, role, &conf, err);
        if (code)
            return code;
        rd_kafka_conf_destroy(conf);
    }
    return 0;
}

const char *vf_client_library_version(void)
{
    return rd_kafka_version_str();
}

/* Defects of releases that were fixed in "fixed". */
struct defect {
    int since; /* first release that has it */
    int fixed; /* first that has it no more */
    const char *property;
    const char *value; /* met when the property's value has this in it; NULL: always */
    const char *text;
};

static const struct defect defects[] = {
    {0x02000000, 0x020601ff, "partition.assignment.strategy", "cooperative-sticky",
     "cooperative-sticky can loop for ever while assigning; range is safe"},
    {0x02000000, 0x020400ff, "partition.assignment.strategy", "cooperative-sticky",
     "cooperative-sticky can hang when an assignment arrives while closing"},
    {0x02000000, 0x020300ff, "partition.assignment.strategy", "cooperative-sticky",
     "cooperative-sticky aborts when destroyed before the first assignment; it is left behind "
     "then"},
    {0x02010000, 0x020300ff, NULL, NULL,
     "a quick change of leaders can start an endless loop of OffsetForLeaderEpoch requests"},
    {0x02010000, 0x020300ff, NULL, NULL,
     "an offset can be reset when a broker's name is not resolved during validation"},
};

void vf_client_library_log(const struct vf_client_settings *settings)
{
    int version = rd_kafka_version();
    vf_log(VF_LOG_INFO, VF_LOG_KAFKA, "client library",
           VF_FIELDS(vf_text("name", "librdkafka"), vf_text("version", rd_kafka_version_str())));
    for (size_t i = 0; i < COUNT_OF(defects); i++) {
        const struct defect *defect = &defects[i];
        if (version < defect->since || version >= defect->fixed)
            continue;
        const char *value = defect->property ? value_of(settings, defect->property) : NULL;
        if (defect->value && !(value && strstr(value, defect->value)))
            continue;
        vf_log(
            VF_LOG_WARN, VF_LOG_KAFKA, "client library has a known defect",
            VF_FIELDS(vf_text("version", rd_kafka_version_str()), vf_text("defect", defect->text)));
    }
}
