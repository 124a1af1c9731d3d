#include "interrupt.h"
#include "membership_feed.h"
#include "progress.h"
#include "registry_ids.h"
#include "sender.h"
#include "tool.h"
#include "topic_admin.h"
#include "topic_reader.h"
#include "vf_events.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
    TIMEOUT_MAX = 86400000, /* milliseconds */
    PARTITIONS_MAX = 1000,
    TOLD_MAX = 20,      /* records not delivered that are told one by one */
    ARENA_BLOCK = 4096, /* bytes */
    ARENA_MAX = 1 << 20,
};

struct publish_flags {
    struct vf_common_flags common;
    struct vf_slice directory;
    struct vf_slice topic;
    struct vf_slice schema_id;
    bool all;
    bool delete_missing;
    int64_t create;
    int64_t timeout;
    int64_t delivery_timeout;
    bool dry_run;
};

#define AT(field) offsetof(struct publish_flags, field)

static const struct vf_flag flags[] = {
    VF_TEXT_FLAG('d', "directory", "DIRECTORY", AT(directory), NULL,
                 "reference data; else reference.directory of the\nconfiguration"),
    VF_TEXT_FLAG('t', "topic", "TOPIC", AT(topic), "parliament.memberships", "where to"),
    VF_TEXT_FLAG(0, "schema-id", "ID", AT(schema_id), NULL,
                 "id of the membership schema; else asked of the registry,\nif one is configured "
                 "[4]"),
    VF_SWITCH_FLAG(0, "all", AT(all), "send what the topic holds already, too"),
    VF_SWITCH_FLAG(0, "delete-missing", AT(delete_missing),
                   "send a null for each key that the data no longer has"),
    VF_NUMBER_FLAG(0, "create", "PARTITIONS", VF_OPTION_INT, AT(create), NULL, 1, PARTITIONS_MAX,
                   "make the topic, compacted, if there is none"),
    VF_NUMBER_FLAG(0, "timeout", "DURATION", VF_OPTION_DURATION, AT(timeout), "30s", 1, TIMEOUT_MAX,
                   "longest wait for an answer about the topic"),
    VF_NUMBER_FLAG(0, "delivery-timeout", "DURATION", VF_OPTION_DURATION, AT(delivery_timeout),
                   "2min", 1000, TIMEOUT_MAX, "longest wait for a record's acknowledgement"),
    VF_SWITCH_FLAG(0, "dry-run", AT(dry_run), "say what would be sent; send nothing"),
};

struct run {
    const struct publish_flags *flags;
    struct vf_arena arena;           /* of texts for the registry's client */
    struct vf_membership_feed *feed; /* owned */
    struct vf_sender *sender;        /* owned */
    struct vf_progress progress;
    struct vf_tally tally;
    uint64_t unchanged;
    uint64_t deleted;
};

static void on_delivery(void *owner, const struct vf_delivery *delivery)
{
    struct run *run = owner;

    if (!delivery->code) {
        run->tally.acknowledged++;
        return;
    }
    if (run->tally.undelivered++ < TOLD_MAX)
        vf_progress_tell(&run->progress, "%s:%" PRIu64 ": not delivered to %s: %s",
                         delivery->origin.file, delivery->origin.number, delivery->topic,
                         delivery->reason);
}

/* Facts that a topic would forget some day do not belong there. */
static void check_policy(struct run *run)
{
    struct vf_error err = {0};
    char policy[64];

    int rc =
        vf_topic_setting(vf_sender_client(run->sender), run->flags->topic.ptr, "cleanup.policy",
                         policy, sizeof policy, (int)run->flags->timeout, &err);
    if (rc == VF_OK && !strstr(policy, "compact"))
        vf_progress_tell(&run->progress,
                         "warning: %s has cleanup.policy=%s: it forgets old records; it should be "
                         "compact",
                         run->flags->topic.ptr, policy);
}

static int read_topic(struct run *run, const struct vf_call *call, struct vf_error *err)
{
    const char *topic = run->flags->topic.ptr;
    struct vf_topic_reader_config config = {.settings = vf_tool_client_settings(call),
                                            .topics = &topic,
                                            .topic_count = 1,
                                            .start = {VF_BOUND_BEGINNING, 0},
                                            .end = {VF_BOUND_END, 0},
                                            .timeout_ms = (int)run->flags->timeout};
    struct vf_topic_reader *reader;
    struct vf_record record;

    int rc = vf_topic_reader_open(&config, &reader, err);
    while (!rc && !vf_interrupted()) {
        rc = vf_topic_reader_next(reader, &record, err);
        if (!rc)
            rc = vf_membership_feed_known(run->feed, &record, err);
        else if (rc == VF_EAGAIN)
            rc = VF_OK;
    }
    vf_topic_reader_close(reader);
    return rc == VF_ENOENT ? VF_OK : rc;
}

static int find_schema_id(struct run *run, const struct vf_call *call, uint32_t *out,
                          struct vf_error *err)
{
    enum { STANDARD_ID = 4 }; /* after visit, meeting and normalized event */
    const struct publish_flags *given = run->flags;
    uint8_t guid[VF_REGISTRY_GUID_BYTES];
    struct vf_registry *registry;
    char *end;

    *out = STANDARD_ID;
    if (given->schema_id.ptr) {
        errno = 0;
        unsigned long number = strtoul(given->schema_id.ptr, &end, 10);
        *out = (uint32_t)number;
        if (errno || *end || given->schema_id.ptr[0] < '0' || given->schema_id.ptr[0] > '9' ||
            number > UINT32_MAX)
            return vf_error_set(err, VF_EUSAGE, "--schema-id: \"%s\" is no number of 32 bits",
                                given->schema_id.ptr);
    }
    if (given->schema_id.ptr || given->dry_run || !call->config->registry.url.len)
        return VF_OK;
    int rc = vf_registry_of_config(call->config, &run->arena, &registry, err);
    if (!rc)
        rc = vf_registry_schema_id(registry, call->config, given->topic, "visitfeed.v1.Membership",
                                   vf_membership_schema_json, out, guid, err);
    vf_registry_free(registry);
    return rc;
}

static int prepare(struct run *run, const struct vf_call *call, struct vf_error *err)
{
    const struct publish_flags *given = run->flags;
    struct vf_client_settings settings = vf_tool_client_settings(call);
    struct vf_sender_events events = {on_delivery, run};
    const char *directory =
        given->directory.ptr ? given->directory.ptr : call->config->reference_directory.ptr;

    uint32_t schema_id;

    int rc = find_schema_id(run, call, &schema_id, err);
    if (!rc)
        rc = vf_membership_feed_open(directory, schema_id, &run->feed, err);
    if (!rc)
        rc = vf_sender_create(&settings, (int)given->delivery_timeout, &events, &run->sender, err);
    if (!rc)
        rc = vf_sender_connect(run->sender, (int)given->timeout, err);
    if (!rc && given->create && !given->dry_run)
        rc = vf_topic_create(vf_sender_client(run->sender), given->topic.ptr, (int)given->create,
                             "compact", (int)given->timeout, err);
    if (rc)
        return rc;
    check_policy(run);
    return read_topic(run, call, err);
}

static int send_one(struct run *run, struct vf_record *record, const char *file,
                    struct vf_error *err)
{
    struct vf_origin origin = {file, run->tally.read, 0};

    record->topic = run->flags->topic;
    int rc = run->flags->dry_run ? VF_OK : vf_sender_send(run->sender, record, &origin, err);
    if (rc)
        return rc;
    run->tally.sent++;
    run->tally.bytes += record->key.len + record->value.len;
    vf_sender_poll(run->sender, 0);
    return VF_OK;
}

static int send_rows(struct run *run, struct vf_error *err)
{
    struct vf_record record;
    bool known;
    int rc;

    while (!vf_interrupted()) {
        rc = vf_membership_feed_next(run->feed, &record, &known, err);
        if (rc)
            return rc == VF_ENOENT ? VF_OK : rc;
        run->tally.read++;
        if (known && !run->flags->all) {
            run->unchanged++;
            continue;
        }
        rc = send_one(run, &record, "memberships.tsv", err);
        if (rc)
            return rc;
    }
    return VF_EAGAIN;
}

static int send_gone(struct run *run, struct vf_error *err)
{
    struct vf_record record;

    while (!vf_interrupted() && vf_membership_feed_next_gone(run->feed, &record) == VF_OK) {
        run->deleted++;
        int rc =
            run->flags->delete_missing ? send_one(run, &record, run->flags->topic.ptr, err) : VF_OK;
        if (rc)
            return rc;
    }
    return VF_OK;
}

static void count(const struct run *run, struct vf_counters *out)
{
    *out = (struct vf_counters){.worked = run->tally.sent, .clean = !run->tally.undelivered};
    vf_counters_add(out, "rows", run->tally.read);
    vf_counters_add(out, "unchanged", run->unchanged);
    vf_counters_add(out, run->flags->delete_missing ? "deleted" : "kept_missing", run->deleted);
    vf_counters_add(out, "sent", run->tally.sent);
    vf_counters_add(out, "acknowledged", run->tally.acknowledged);
    vf_counters_add(out, "undelivered", run->tally.undelivered);
}

static int run_command(const struct vf_call *call)
{
    struct run run = {.flags = call->flags};
    struct vf_counters counters;
    struct vf_error err = {0};

    vf_arena_init(&run.arena, ARENA_BLOCK, ARENA_MAX);
    vf_progress_begin(&run.progress, call->common->quiet, 0);
    int rc = prepare(&run, call, &err);
    if (!rc)
        rc = send_rows(&run, &err);
    if (!rc)
        rc = send_gone(&run, &err);
    if (!rc)
        rc = vf_sender_drain(run.sender, -1, &err);
    if (rc == VF_EAGAIN)
        vf_error_set(&err, VF_EIO, "interrupted: the topic is not complete");
    vf_sender_free(run.sender);
    vf_membership_feed_close(run.feed);
    vf_arena_release(&run.arena);
    if (rc)
        return vf_tool_fail(&err);
    count(&run, &counters);
    vf_progress_end(&run.progress, run.flags->dry_run ? "summary of the dry run" : "summary",
                    &counters);
    return run.tally.undelivered ? VF_TOOL_FAILURE : VF_TOOL_OK;
}

const struct vf_tool_command vf_tool_publish_reference = {
    .name = "publish-reference",
    .operands = "",
    .summary = "Brings memberships of the reference data to a compacted topic.",
    .details = "Key organization|country|since, value a membership in Avro. What the topic holds\n"
               "already is not sent again, and what the data no longer has stays there unless\n"
               "--delete-missing is given. All tables are checked first, as the daemon does.\n",
    .examples = "  visitfeed-producer publish-reference --create 1\n"
                "  visitfeed-producer publish-reference --directory reference --dry-run\n"
                "  visitfeed-producer publish-reference --delete-missing\n",
    .flags = {flags, sizeof flags / sizeof *flags},
    .flags_size = sizeof(struct publish_flags),
    .operands_min = 0,
    .operands_max = 0,
    .clients = VF_TOOL_CONSUMES | VF_TOOL_PRODUCES,
    .run = run_command};
