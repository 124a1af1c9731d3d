#include "daemon/config.h"

#include "base/file.h"
#include "daemon/paths.h"
#include "vf_events.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { KIB = 1 << 10, MIB = 1 << 20 };
enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE }; /* milliseconds */

static const char *const framings[] = {"confluent", "header", "single-object", "plain", NULL};
static const char *const retractions[] = {"event", "tombstone", NULL};
static const char *const subject_strategies[] = {"topic", "record", "topic-record", NULL};
static const char *const delivery_modes[] = {"at-least-once", "exactly-once", NULL};
static const char *const log_formats[] = {"logfmt", "json", NULL};
static const char *const timestamps[] = {"auto", "on", "off", NULL};

#define AT(field) offsetof(struct vf_config, field)
#define TEXT(section, key, field, standard, help)                                                  \
    {                                                                                              \
        section, key, VF_OPTION_TEXT, AT(field), standard, 0, 0, NULL, help                        \
    }
#define CHOICE(section, key, field, standard, choices, help)                                       \
    {                                                                                              \
        section, key, VF_OPTION_CHOICE, AT(field), standard, 0, 0, choices, help                   \
    }
#define NUMBER(section, key, type, field, standard, min, max, help)                                \
    {                                                                                              \
        section, key, type, AT(field), standard, min, max, NULL, help                              \
    }

static const struct vf_option options[] = {
    TEXT("input", "visits", input_visits, "parliament.visits", "Topic of visit reports."),
    TEXT("input", "meetings", input_meetings, "parliament.meetings",
         "Topic of meeting reports. May be the same topic."),
    CHOICE("input", "framing", input_framing, "confluent", framings,
           "How a value names its schema; a __value_schema_id header is looked at first."),
    TEXT("output", "visits", output_visits, "parliament.visits.normalized",
         "Topic of normalized visits."),
    TEXT("output", "meetings", output_meetings, "parliament.meetings.normalized",
         "Topic of normalized meetings."),
    TEXT("output", "dead.letter", output_dead_letter, "parliament.dead-letter",
         "Topic of records that can't be processed."),
    CHOICE("output", "framing", output_framing, "confluent", framings,
           "How an output value names its schema."),
    NUMBER("output", "schema.id", VF_OPTION_INT, output_schema_id, "3", 0, UINT32_MAX,
           "Schema id written before normalized events where no registry gives one."),
    CHOICE("output", "retractions", output_retractions, "event", retractions,
           "What a retracted report publishes: the event with its status, or a null value."),
    TEXT("reference", "directory", reference_directory, "",
         "Reference data. Empty: the directory installed with visitfeed."),
    TEXT("registry", "url", registry.url, "",
         "Schema registry: URLs with commas between them, the first that answers is used. Empty: "
         "none, and only the built-in schemas and those of [schemas] are known."),
    TEXT("registry", "user", registry.user, "", "User for basic authentication."),
    TEXT("registry", "password", registry.password, "", "Its password: ${NAME} or file:/path."),
    TEXT("registry", "token", registry.token, "", "Token for bearer authentication, instead."),
    TEXT("registry", "ca.file", registry.ca_file, "",
         "PEM file of the authorities to trust. Empty: the system's."),
    TEXT("registry", "certificate.file", registry.certificate_file, "",
         "PEM file of this client's certificate, if the registry asks for one."),
    TEXT("registry", "key.file", registry.key_file, "",
         "PEM file of its key. Empty: it is in certificate.file."),
    TEXT("registry", "key.password", registry.key_password, "", "The key's password."),
    NUMBER("registry", "connect.timeout", VF_OPTION_DURATION, registry.connect_timeout, "3s", 10,
           HOUR, "Longest wait for a connection to one URL."),
    NUMBER("registry", "timeout", VF_OPTION_DURATION, registry.timeout, "10s", 10, HOUR,
           "Longest wait for one answer, connecting included."),
    NUMBER("registry", "retry.first", VF_OPTION_DURATION, registry.retry_first, "200ms", 1, HOUR,
           "Delay before the first repetition after a failure; it doubles each time."),
    NUMBER("registry", "retry.max", VF_OPTION_DURATION, registry.retry_max, "10s", 1, HOUR,
           "Longest delay before a repetition, unless the registry asks for a longer one."),
    NUMBER("registry", "answer.size", VF_OPTION_SIZE, registry.answer_size, "4MiB", KIB, 64 * MIB,
           "Longest answer taken."),
    NUMBER("registry", "redirects", VF_OPTION_INT, registry.redirects, "3", 0, 20,
           "Redirects followed for one request; never from https to http."),
    TEXT("registry", "cache.directory", registry.cache_directory, "",
         "Schemas once seen are kept here, so that an outage stops nothing that is known, also "
         "after a restart. Empty: $CACHE_DIRECTORY, which systemd sets, or .cache/visitfeed in "
         "the home directory; off: nothing is kept."),
    NUMBER("registry", "missing.ttl", VF_OPTION_DURATION, registry.missing_ttl, "1min", 0,
           24 * HOUR,
           "How long the registry's word that it has no such schema holds; records with it become "
           "dead letters."),
    NUMBER("registry", "wait.deadline", VF_OPTION_DURATION, registry.wait_deadline, "0s", 0,
           24 * HOUR,
           "How long records wait for a schema while the registry does not answer, before they "
           "become dead letters; 0: as long as it takes."),
    {"registry", "auto.register", VF_OPTION_BOOL, AT(registry.auto_register), "true", 0, 0, NULL,
     "Register the schema of the outputs at start; false: it must have been registered."},
    CHOICE("registry", "subject", registry.subject_strategy, "topic", subject_strategies,
           "Subject of the outputs' schema: <topic>-value, the record's name, or <topic>-<name>."),
    NUMBER("limits", "value.size", VF_OPTION_SIZE, limit_value, "1MiB", KIB, 256 * MIB,
           "Longest input value taken; a longer one is a dead letter."),
    NUMBER("limits", "event.memory", VF_OPTION_SIZE, limit_event_memory, "16MiB", MIB, 1024 * MIB,
           "Memory that one event may need while it is processed."),
    NUMBER("limits", "items", VF_OPTION_INT, limit_items, "100000", 1, 100000000,
           "Array items in one value."),
    NUMBER("limits", "depth", VF_OPTION_INT, limit_depth, "64", 1, 1000,
           "Nesting of types in one value."),
    NUMBER("limits", "in.flight", VF_OPTION_INT, limit_in_flight, "4000", 1, 1000000,
           "Outputs sent and not yet acknowledged; more wait."),
    CHOICE("delivery", "mode", delivery_mode, "at-least-once", delivery_modes,
           "exactly-once: outputs and offsets are committed together, in transactions, and readers "
           "of the outputs must read committed records only (isolation.level)."),
    NUMBER("delivery", "workers", VF_OPTION_INT, workers, "1", 1, 64,
           "Threads that share the partitions, each with a consumer and a producer of its own; "
           "more than there are cores or partitions is of no use."),
    NUMBER("delivery", "commit.interval", VF_OPTION_DURATION, commit_interval, "1s", 10, HOUR,
           "How often offsets of acknowledged records are committed."),
    NUMBER("delivery", "transaction.interval", VF_OPTION_DURATION, transaction_interval, "200ms",
           10, MINUTE,
           "With exactly-once, how long a transaction stays open: readers wait that long."),
    NUMBER("delivery", "transaction.timeout", VF_OPTION_DURATION, transaction_timeout, "15s",
           SECOND, 15 * MINUTE,
           "When brokers abort a transaction whose daemon is gone; readers wait that long. Not "
           "above the brokers' transaction.max.timeout.ms."),
    TEXT("delivery", "transactional.id.prefix", transactional_id_prefix, "",
         "The daemon's transactional.id is this and its group.instance.id, or a random number "
         "where it has none. Empty: the group.id."),
    NUMBER("delivery", "shutdown.deadline", VF_OPTION_DURATION, shutdown_deadline, "30s", 0, HOUR,
           "Longest drain at shutdown before giving up on acknowledgements."),
    TEXT("log", "levels", log_levels, "info",
         "Level for all, then by subsystem: info,kafka=debug,librdkafka=warn."),
    CHOICE("log", "format", log_format, "logfmt", log_formats, "Form of the lines."),
    CHOICE("log", "timestamps", log_timestamps, "auto", timestamps,
           "Timestamps in the lines; auto leaves them to the journal under systemd."),
    NUMBER("log", "status.interval", VF_OPTION_DURATION, log_status_interval, "10s", 0, HOUR,
           "How often the status line is written; 0 for never."),
};

static const struct vf_passthrough passthroughs[] = {
    {"schemas", AT(schemas), "Writer schemas beside the built-in ones: id = path of an .avsc."},
    {"kafka", AT(kafka), "Any librdkafka property, for both clients: bootstrap.servers = ..."},
    {"kafka.consumer", AT(kafka_consumer), "Any librdkafka property of the consumer."},
    {"kafka.producer", AT(kafka_producer), "Any librdkafka property of the producer."},
};

const struct vf_options vf_config_options = {options, sizeof options / sizeof *options,
                                             passthroughs,
                                             sizeof passthroughs / sizeof *passthroughs};

/* Kafka's own rule for topic names. */
static bool is_topic(struct vf_slice name)
{
    enum { LONGEST = 249 };

    if (!name.len || name.len > LONGEST || vf_slice_is(name, ".") || vf_slice_is(name, ".."))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '-')
            return false;
    }
    return true;
}

static int check_topics(const struct vf_config *config, struct vf_error *err)
{
    const struct {
        const char *key;
        struct vf_slice name;
        bool input;
    } topics[] = {{"input.visits", config->input_visits, true},
                  {"input.meetings", config->input_meetings, true},
                  {"output.visits", config->output_visits, false},
                  {"output.meetings", config->output_meetings, false},
                  {"output.dead.letter", config->output_dead_letter, false}};
    enum { COUNT = sizeof topics / sizeof *topics };

    for (int i = 0; i < COUNT; i++) {
        if (!is_topic(topics[i].name))
            return vf_error_set(err, VF_ECONFIG, "%s: \"%s\" is no valid topic name", topics[i].key,
                                topics[i].name.ptr);
        for (int j = 0; j < i; j++)
            if (topics[i].input != topics[j].input &&
                vf_slice_equal(topics[i].name, topics[j].name))
                return vf_error_set(err, VF_ECONFIG,
                                    "%s and %s are the same topic, %s: the daemon would read "
                                    "what it writes",
                                    topics[j].key, topics[i].key, topics[i].name.ptr);
    }
    return VF_OK;
}

int vf_config_load(const char *path, const char *const *assignments, size_t assignment_count,
                   struct vf_arena *arena, struct vf_config *out, struct vf_error *err)
{
    memset(out, 0, sizeof *out);
    int rc = vf_options_default(&vf_config_options, out, arena, err);
    if (!rc && path)
        rc = vf_options_load(&vf_config_options, path, out, arena, err);
    for (size_t i = 0; !rc && i < assignment_count; i++)
        rc = vf_options_set(&vf_config_options, vf_slice_of(assignments[i]), out, arena, err);
    if (rc)
        return rc;
    if (!out->reference_directory.len)
        out->reference_directory = vf_data_path("reference", arena);
    if (!out->reference_directory.ptr)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    return check_topics(out, err);
}

int vf_config_apply_log(const struct vf_config *config, struct vf_error *err)
{
    int rc = vf_log_set_levels(config->log_levels, err);
    if (rc) {
        vf_error_prefix(err, "log.levels");
        return rc;
    }
    vf_log_set_format((enum vf_log_format)config->log_format);
    bool journal = getenv("JOURNAL_STREAM") != NULL; /* set by systemd for its services */
    vf_log_set_timestamps(config->log_timestamps == VF_TIMESTAMPS_ON ||
                          (config->log_timestamps == VF_TIMESTAMPS_AUTO && !journal));
    return VF_OK;
}

void vf_config_pipeline(const struct vf_config *config, struct vf_pipeline_config *out)
{
    *out = (struct vf_pipeline_config){
        .routes = {[VF_SOURCE_VISITS] = {config->input_visits, config->output_visits},
                   [VF_SOURCE_MEETINGS] = {config->input_meetings, config->output_meetings}},
        .dead_letter = config->output_dead_letter,
        .input_framing = (enum wire_framing)config->input_framing,
        .output_framing = (enum wire_framing)config->output_framing,
        .output_schema_id = (uint32_t)config->output_schema_id,
        .retractions = (enum vf_retraction)config->output_retractions,
        .value_bytes_max = (size_t)config->limit_value,
        .arena_bytes_max = (size_t)config->limit_event_memory,
        .limits = {.value_bytes = (size_t)config->limit_value,
                   .items = (size_t)config->limit_items,
                   .depth = (size_t)config->limit_depth}};
}

static int parse_schema_id(const struct vf_pair *pair, uint32_t *out, struct vf_error *err)
{
    char *end;
    errno = 0;
    unsigned long id = strtoul(pair->key.ptr, &end, 10);
    if (errno || *end || end == pair->key.ptr || pair->key.ptr[0] == '-' || id > UINT32_MAX)
        return vf_error_set(err, VF_ECONFIG, "[schemas] \"%s\" is no schema id", pair->key.ptr);
    *out = (uint32_t)id;
    return VF_OK;
}

enum { BUILT_IN = 4 }; /* ids 1 to 3 */

/* Without a registry the built-in schemas have the ids 1 to 3; with one, ids are its own. */
static int add_built_in(const struct vf_config *config, struct vf_schema_store *store,
                        const bool replaced[BUILT_IN], struct vf_error *err)
{
    static const char *const standard[] = {[1] = vf_visit_schema_json,
                                           [2] = vf_meeting_schema_json,
                                           [3] = vf_normalized_event_schema_json};
    int rc = VF_OK;

    for (uint32_t id = 1; id < BUILT_IN && !rc; id++) {
        struct vf_slice json = vf_slice_of(standard[id]);
        if (config->registry.url.len)
            rc = vf_schema_store_add_unnamed(store, json, err);
        else if (!replaced[id])
            rc = vf_schema_store_add(store, id, json, err);
    }
    return rc;
}

int vf_config_schemas(const struct vf_config *config, struct vf_schema_store *store,
                      struct vf_arena *arena, struct vf_error *err)
{
    bool replaced[BUILT_IN] = {false};

    for (size_t i = 0; i < config->schemas.count; i++) {
        const struct vf_pair *pair = &config->schemas.items[i];
        uint32_t id = 0;
        struct vf_slice text = VF_SLICE_NULL;
        int rc = parse_schema_id(pair, &id, err);
        struct vf_arena_mark mark = vf_arena_mark(arena);
        if (!rc)
            rc = vf_file_read(pair->value.ptr, WIRE_SCHEMA_BYTES_MAX, arena, &text, err);
        if (!rc)
            rc = vf_schema_store_add(store, id, text, err);
        vf_arena_rewind(arena, mark);
        if (rc)
            return rc;
        if (id < BUILT_IN)
            replaced[id] = true;
    }
    return add_built_in(config, store, replaced, err);
}
