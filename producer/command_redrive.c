#include "base/memory.h"
#include "redrive.h"
#include "replay.h"
#include "tool.h"
#include "topic_flags.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ARENA_BLOCK = 16 * 1024, /* bytes, of texts of the configuration */
    ARENA_MAX = 16 * 1024 * 1024,
    TIMEOUT_MAX = 86400000, /* milliseconds */
    ATTEMPTS_MAX = 1000000,
};

struct redrive_flags {
    struct vf_common_flags common;
    struct vf_rewrite_flags rewrite;
    struct vf_filter_flags filter;
    struct vf_topic_flags topic;
    struct vf_flag_list reasons;
    struct vf_flag_list stages;
    int64_t attempts_max;
    struct vf_slice parked;
    int64_t partition; /* index into partition_choices */
    struct vf_slice schema_id;
    struct vf_slice rate;
    int64_t limit;
    int64_t on_error;
    bool allow_skipped;
    int64_t connect_timeout;
    int64_t delivery_timeout;
    bool dry_run;
};

#define AT(field) offsetof(struct redrive_flags, field)

static const char *const partition_choices[] = {"keep", "key", NULL};
static const char *const on_error_choices[] = {"stop", "skip", NULL};

static const struct vf_flag flags[] = {
    VF_LIST_FLAG('R', "reason", "PATTERN", AT(reasons),
                 "only dead letters whose code or reason is like that,\nsuch as EUNKNOWNSCHEMA or "
                 "*truncated*"),
    VF_LIST_FLAG(0, "stage", "PATTERN", AT(stages),
                 "only those that failed at that stage: framing, schema,\ndecode, normalize, "
                 "encode"),
    VF_FILTER_FLAGS(AT(filter)),
    VF_TOPIC_FLAGS(AT(topic), "beginning"),
    VF_NUMBER_FLAG(0, "attempts-max", "N", VF_OPTION_INT, AT(attempts_max), "3", 1, ATTEMPTS_MAX,
                   "attempts in all; more go to the parked topic"),
    VF_TEXT_FLAG(
        0, "parked", "TOPIC", AT(parked), NULL,
        "for those with too many attempts; else the topic of dead\nletters with \".parked\" "
        "behind it"),
    VF_TEXT_FLAG('t', "to", "TOPIC", AT(rewrite.to), NULL,
                 "where to; else each goes back to its own topic"),
    VF_CHOICE_FLAG(0, "partition", AT(partition), "keep", partition_choices, 0,
                   "the original one, or one by the key"),
    VF_TEXT_FLAG(0, "timestamp", "keep|now", AT(rewrite.timestamp), "keep",
                 "of the records; old ones may be deleted at once: see\nthe topic's retention.ms"),
    VF_TEXT_FLAG(0, "schema-id", "[OLD=]NEW", AT(schema_id), NULL,
                 "put another schema id before the values"),
    VF_LIST_FLAG('a', "add-header", "NAME=VALUE", AT(rewrite.add_headers),
                 "add a header to every record"),
    VF_TEXT_FLAG('r', "rate", "N/s", AT(rate), "max",
                 "records sent per second at most; also N/min, N/h"),
    VF_NUMBER_FLAG('n', "limit", "N", VF_OPTION_INT, AT(limit), NULL, 1, INT64_MAX,
                   "end after N records were sent"),
    VF_CHOICE_FLAG(0, "on-error", AT(on_error), "stop", on_error_choices, 0,
                   "what to do about one that can't go back"),
    VF_SWITCH_FLAG(0, "allow-skipped", AT(allow_skipped), "exit with 0 although some were skipped"),
    VF_NUMBER_FLAG(0, "connect-timeout", "DURATION", VF_OPTION_DURATION, AT(connect_timeout), "30s",
                   1, TIMEOUT_MAX, "longest wait for the cluster's first answers"),
    VF_NUMBER_FLAG(0, "delivery-timeout", "DURATION", VF_OPTION_DURATION, AT(delivery_timeout),
                   "2min", 1000, TIMEOUT_MAX, "longest wait for a record's acknowledgement"),
    VF_SWITCH_FLAG(0, "dry-run", AT(dry_run), "say what would be sent; send nothing"),
};

/* One run of the command. */
struct run {
    const struct vf_call *call;
    const struct redrive_flags *flags;
    struct vf_arena arena;
    char *standard_operand[1];
    struct vf_topic_reader_config reader;
    struct vf_replay_source_config source;
    struct vf_redrive *redrive; /* owned */
    struct vf_replay *replay;   /* owned */
};

static int transform(void *owner, struct vf_record *record, struct vf_error *err)
{
    return vf_redrive_restore(owner, record, err);
}

static bool parse_id(const char *text, const char *end, uint32_t *out)
{
    char *stop;

    errno = 0;
    unsigned long number = strtoul(text, &stop, 10);
    *out = (uint32_t)number;
    return !errno && stop == end && stop != text && *text >= '0' && *text <= '9' &&
           number <= UINT32_MAX;
}

static int parse_schema_id(const struct redrive_flags *given, struct vf_redrive_config *out,
                           struct vf_error *err)
{
    const char *text = given->schema_id.ptr;
    const char *equals = text ? strchr(text, '=') : NULL;

    if (!text)
        return VF_OK;
    out->replace_schema_id = true;
    out->replace_any_schema_id = !equals;
    const char *new_id = equals ? equals + 1 : text;
    if ((equals && !parse_id(text, equals, &out->old_schema_id)) ||
        !parse_id(new_id, new_id + strlen(new_id), &out->new_schema_id))
        return vf_error_set(err, VF_EUSAGE, "--schema-id: \"%s\" is not NEW or OLD=NEW", text);
    return VF_OK;
}

static int create_redrive(struct run *run, struct vf_error *err)
{
    const struct redrive_flags *given = run->flags;
    struct vf_redrive_config config = {
        .reasons = &given->reasons,
        .stages = &given->stages,
        .dead_letters = (const char *const *)run->source.operands,
        .dead_letter_count = (size_t)run->source.count,
        .parked = given->parked,
        .attempts_max = given->attempts_max,
        .by_key = given->partition == 1,
    };

    if (!config.parked.ptr)
        config.parked = vf_arena_printf(&run->arena, "%s.parked", run->source.operands[0]);
    if (!config.parked.ptr)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    int rc = parse_schema_id(given, &config, err);
    return rc ? rc : vf_redrive_create(&config, &run->redrive, err);
}

static void set_up_replay(struct run *run)
{
    const struct redrive_flags *given = run->flags;
    struct vf_replay *replay = run->replay;

    replay->filter = &given->filter;
    replay->limit = (uint64_t)given->limit;
    replay->skip_bad = given->on_error == 1;
    replay->timeout_ms = (int)given->delivery_timeout;
    replay->transform = transform;
    replay->transform_owner = run->redrive;
}

static int prepare(struct run *run, struct vf_error *err)
{
    const struct redrive_flags *given = run->flags;
    struct vf_client_settings settings = vf_tool_client_settings(run->call);
    struct vf_sender_events events = vf_replay_events(run->replay);

    run->standard_operand[0] = (char *)run->call->config->output_dead_letter.ptr;
    bool named = run->call->operand_count > 0;
    run->source = (struct vf_replay_source_config){.operands = named ? run->call->operands
                                                                     : run->standard_operand,
                                                   .count = named ? run->call->operand_count : 1,
                                                   .topics = true,
                                                   .reader = &run->reader};
    int rc = vf_topic_flags_fill(&given->topic, run->call, false, &run->reader, err);
    if (!rc)
        rc = vf_filter_check(&given->filter, err);
    if (!rc)
        rc = vf_rate_parse(given->rate, &run->replay->rate.per_second, err);
    if (!rc)
        rc = create_redrive(run, err);
    if (!rc)
        rc = vf_rewrite_create(&given->rewrite, &run->replay->rewrite, err);
    if (!rc && given->filter.fields.count)
        rc = vf_decoder_create(run->call->config, &run->arena, &run->replay->decoder, err);
    if (rc)
        return rc;
    set_up_replay(run);
    rc = vf_replay_source_open(&run->source, &run->replay->source, err);
    if (rc || given->dry_run)
        return rc;
    rc = vf_sender_create(&settings, (int)given->delivery_timeout, &events, &run->replay->sender,
                          err);
    return rc ? rc : vf_sender_connect(run->replay->sender, (int)given->connect_timeout, err);
}

static void count_parked(void *owner, struct vf_counters *counters)
{
    const struct run *run = owner;
    vf_counters_add(counters, "parked", vf_redrive_parked(run->redrive));
}

static int run_command(const struct vf_call *call)
{
    struct run run = {.call = call, .flags = call->flags, .replay = vf_replay_create()};
    struct vf_replay_manner manner = {.quiet = call->common->quiet,
                                      .dry_run = run.flags->dry_run,
                                      .allow_skipped = run.flags->allow_skipped,
                                      .drain_ms = call->config->shutdown_deadline,
                                      .count_more = count_parked,
                                      .owner = &run};
    struct vf_error err = {.code = VF_ENOMEM};

    vf_arena_init(&run.arena, ARENA_BLOCK, ARENA_MAX);
    int code = !run.replay || prepare(&run, &err) ? vf_tool_fail(&err)
                                                  : vf_replay_play(run.replay, &manner);
    vf_replay_free(run.replay);
    vf_redrive_free(run.redrive);
    vf_arena_release(&run.arena);
    return code;
}

const struct vf_tool_command vf_tool_redrive = {
    .name = "redrive",
    .operands = "[TOPIC...]",
    .summary = "Puts dead letters back to where they came from.",
    .details =
        "TOPIC holds dead letters; without one it is output.dead.letter of the configuration.\n"
        "Value and key go back as they were, without the headers that told what was wrong, and\n"
        "with the number of the attempt in visitfeed.attempt. Where a record came from is told\n"
        "by visitfeed's own headers, or those of Kafka Connect, Kafka Streams or Spring.\n"
        "What becomes a dead letter again while this runs is not sent again. Dead letters stay\n"
        "in their topic: tell by --start which ones are to go back.\n"
        "\n"
        "The summary adds up as that of replay does; parked records are among those sent.\n",
    .examples =
        "  visitfeed-producer redrive --dry-run\n"
        "  visitfeed-producer redrive --reason EUNKNOWNSCHEMA --start -1h\n"
        "  visitfeed-producer redrive --reason '*schema id 7*' --schema-id 7=8 --rate 100/s\n"
        "  visitfeed-producer redrive parliament.dead-letter --key 'trend.az|*' --attempts-max 5\n",
    .flags = {flags, sizeof flags / sizeof *flags},
    .flags_size = sizeof(struct redrive_flags),
    .operands_min = 0,
    .operands_max = 256,
    .clients = VF_TOOL_CONSUMES | VF_TOOL_PRODUCES,
    .run = run_command};
