#include "base/memory.h"
#include "convert_config.h"
#include "replay.h"
#include "tool.h"
#include "topic_flags.h"
#include <stdio.h>
#include <sys/stat.h>
#include <xxhash.h>

enum {
    ARENA_BLOCK = 16 * 1024, /* bytes, of texts of the configuration */
    ARENA_MAX = 16 * 1024 * 1024,
    RECORD_MAX = 256 * 1024 * 1024, /* bytes of a line or item: JSON makes the largest longer */
    TIMEOUT_MAX = 86400000,         /* milliseconds */
};

struct replay_flags {
    struct vf_common_flags common;
    struct vf_rewrite_flags rewrite;
    struct vf_convert_flags convert; /* of files that are no recordings */
    struct vf_filter_flags filter;
    struct vf_slice to_brokers;
    struct vf_slice speed;
    struct vf_slice rate;
    int64_t gap_max;
    struct vf_slice pace_by;
    int64_t loop;
    struct vf_slice start;
    struct vf_slice end;
    int64_t limit;
    struct vf_slice partitions;
    struct vf_slice rekey;
    int64_t isolation;
    struct vf_slice resume;
    struct vf_slice transactional;
    int64_t on_error;
    struct vf_slice dead_letter;
    bool allow_skipped;
    int64_t connect_timeout;
    int64_t delivery_timeout;
    bool dry_run;
};

#define AT(field) offsetof(struct replay_flags, field)

static const char *const on_error_choices[] = {"stop", "skip", "dead-letter FILE", NULL};

static const struct vf_flag flags[] = {
    VF_TEXT_FLAG('t', "to", "TOPIC", AT(rewrite.to), NULL,
                 "where to; else each record goes to its own topic"),
    VF_LIST_FLAG('m', "map", "FROM=TO", AT(rewrite.maps),
                 "send the records of one topic to another"),
    VF_TEXT_FLAG(0, "to-brokers", "HOST:PORT,...", AT(to_brokers), NULL,
                 "another cluster to send to"),
    VF_TEXT_FLAG(0, "speed", "SPEED", AT(speed), "1x",
                 "1x: as it was; 10x: ten times as fast; max: no pacing"),
    VF_TEXT_FLAG('r', "rate", "N/s", AT(rate), "max",
                 "records sent per second at most; also N/min, N/h"),
    VF_NUMBER_FLAG(0, "gap-max", "DURATION", VF_OPTION_DURATION, AT(gap_max), NULL, 1, INT32_MAX,
                   "longer gaps between records are cut to that"),
    VF_TEXT_FLAG(0, "pace-by", "WHICH", AT(pace_by), "timestamp",
                 "timestamp; published: the events' published_at; or\nheader:NAME, milliseconds"),
    VF_NUMBER_FLAG(
        0, "loop", "N", VF_OPTION_INT, AT(loop), "1", 1, 1000000,
        "play N times; from the second on, events get new ids\nand later dates, and kept "
        "timestamps are later, too"),
    VF_TEXT_FLAG(0, "start", "WHERE", AT(start), "beginning",
                 "beginning, offset:N, or a time; of topics also\nlast:N and end"),
    VF_TEXT_FLAG(0, "end", "WHERE", AT(end), "end",
                 "end, offset:N, or a time; of topics also never"),
    VF_NUMBER_FLAG('n', "limit", "N", VF_OPTION_INT, AT(limit), NULL, 1, INT64_MAX,
                   "end after N records were sent"),
    VF_FILTER_FLAGS(AT(filter)),
    VF_TEXT_FLAG('p', "partitions", "LIST", AT(partitions), NULL,
                 "of the topics read, such as 0,2-5; else all"),
    VF_TEXT_FLAG(0, "rekey", "WHICH", AT(rekey), "keep",
                 "keep; none; header:NAME; or field:PATH, of the decoded\nvalue"),
    VF_TEXT_FLAG(0, "partition", "keep|key|N", AT(rewrite.partition), "keep",
                 "to which the records go"),
    VF_TEXT_FLAG(0, "timestamp", "keep|now", AT(rewrite.timestamp), NULL,
                 "else kept, but for files that are no recordings.\nOld ones may be deleted at "
                 "once: see the topic's retention.ms"),
    VF_TEXT_FLAG(0, "shift-time", "SPAN", AT(rewrite.shift_time), NULL,
                 "added to kept timestamps, such as 7d or -2h"),
    VF_LIST_FLAG('a', "add-header", "NAME=VALUE", AT(rewrite.add_headers),
                 "add a header to every record"),
    VF_LIST_FLAG('d', "drop-header", "PATTERN", AT(rewrite.drop_headers),
                 "leave out headers whose name is like that"),
    VF_TEXT_FLAG(0, "resume", "FILE", AT(resume), NULL,
                 "keep in FILE what was acknowledged; go on from there if\nit exists"),
    VF_TEXT_FLAG(0, "transactional", "ID", AT(transactional), NULL,
                 "send in transactions, under that transactional id"),
    VF_CHOICE_FLAG(0, "isolation", AT(isolation), "committed", vf_isolation_choices, 0,
                   "whether records of open or aborted transactions are\nleft out"),
    VF_CHOICE_FLAG('k', "kind", AT(convert.kind), "auto", vf_kind_choices, 0,
                   "of events in files that are no recordings"),
    VF_TEXT_FLAG(0, "framing", "confluent|header|single-object|plain", AT(convert.framing), NULL,
                 "of these, else input.framing of the configuration"),
    VF_LIST_FLAG(0, "schema-id", "[KIND=]ID", AT(convert.schema_ids), "of these"),
    VF_CHOICE_FLAG(0, "on-error", AT(on_error), "stop", on_error_choices, AT(dead_letter),
                   "what to do about a bad record; dead-letter: write it\nto FILE, with the "
                   "reason, and go on"),
    VF_SWITCH_FLAG(0, "allow-skipped", AT(allow_skipped),
                   "exit with 0 although bad records were skipped"),
    VF_NUMBER_FLAG(0, "connect-timeout", "DURATION", VF_OPTION_DURATION, AT(connect_timeout), "30s",
                   1, TIMEOUT_MAX, "longest wait for the cluster's first answers"),
    VF_NUMBER_FLAG(0, "delivery-timeout", "DURATION", VF_OPTION_DURATION, AT(delivery_timeout),
                   "2min", 1000, TIMEOUT_MAX, "longest wait for a record's acknowledgement"),
    VF_SWITCH_FLAG(0, "dry-run", AT(dry_run), "say what would be sent and how long it would take"),
};

/* One run of the command. */
struct run {
    const struct vf_call *call;
    const struct replay_flags *flags;
    struct vf_arena arena;
    struct vf_pairs *producer_pairs; /* owned; the producer's, changed */
    struct vf_topic_reader_config reader;
    struct vf_convert_config convert;
    struct vf_replay_source_config source;
    struct vf_replay *replay; /* owned */
};

static int parse_pace(const struct replay_flags *given, struct vf_replay *replay,
                      struct vf_error *err)
{
    static const struct vf_slice header = VF_SLICE_LITERAL("header:");

    if (vf_slice_is(given->pace_by, "published")) {
        replay->pace_by = VF_PACE_PUBLISHED;
    } else if (vf_slice_starts(given->pace_by, header) && given->pace_by.len > header.len) {
        replay->pace_by = VF_PACE_HEADER;
        replay->pace_header = given->pace_by.ptr + header.len;
    } else if (!vf_slice_is(given->pace_by, "timestamp")) {
        return vf_error_set(err, VF_EUSAGE,
                            "--pace-by: \"%s\" is none of timestamp, published, header:NAME",
                            given->pace_by.ptr);
    }
    replay->clock.gap_max_ms = given->gap_max;
    int rc = vf_speed_parse(given->speed, &replay->clock.speed, err);
    return rc ? rc : vf_rate_parse(given->rate, &replay->rate.per_second, err);
}

/* Which bounds make sense depends on what is read. */
static int check_bounds(const struct vf_replay *replay, struct vf_error *err)
{
    enum vf_bound_kind start = replay->start.kind;
    enum vf_bound_kind end = replay->end.kind;

    if (start == VF_BOUND_NEVER ||
        (replay->of_files && (start == VF_BOUND_LAST || start == VF_BOUND_END)))
        return vf_error_set(err, VF_EUSAGE, "--start: not of %s",
                            replay->of_files ? "files" : "topics");
    if (end == VF_BOUND_BEGINNING || end == VF_BOUND_LAST ||
        (replay->of_files && end == VF_BOUND_NEVER))
        return vf_error_set(err, VF_EUSAGE, "--end: not of %s",
                            replay->of_files ? "files" : "topics");
    if (end == VF_BOUND_NEVER && replay->rounds > 1)
        return vf_error_set(err, VF_EUSAGE, "--loop: there is no end to begin again from");
    return VF_OK;
}

static int parse_bounds(const struct replay_flags *given, struct vf_replay *replay,
                        struct vf_error *err)
{
    int64_t now_ms = vf_now_ms();
    int rc = vf_bound_parse(given->start, now_ms, &replay->start, err);
    if (rc) {
        vf_error_prefix(err, "--start");
        return rc;
    }
    rc = vf_bound_parse(given->end, now_ms, &replay->end, err);
    if (rc) {
        vf_error_prefix(err, "--end");
        return rc;
    }
    return check_bounds(replay, err);
}

static int parse_flags(struct run *run, struct vf_error *err)
{
    const struct replay_flags *given = run->flags;
    struct vf_replay *replay = run->replay;

    int rc =
        vf_replay_operands(run->call->operands, run->call->operand_count, &run->source.topics, err);
    if (rc)
        return rc;
    replay->of_files = !run->source.topics;
    replay->filter = &given->filter;
    replay->rounds = given->loop;
    replay->limit = (uint64_t)given->limit;
    replay->skip_bad = given->on_error != 0;
    replay->transactional = given->transactional.ptr != NULL;
    replay->timeout_ms = (int)given->delivery_timeout;
    rc = parse_pace(given, replay, err);
    if (!rc)
        rc = parse_bounds(given, replay, err);
    if (!rc)
        rc = vf_filter_check(&given->filter, err);
    if (!rc)
        rc = vf_rewrite_create(&given->rewrite, &replay->rewrite, err);
    if (!rc)
        rc = vf_rekey_parse(given->rekey, &replay->rekey, err);
    if (!rc && given->resume.ptr && replay->end.kind == VF_BOUND_NEVER)
        rc = vf_error_set(err, VF_EUSAGE, "--resume: there is no end to reach");
    return rc;
}

/* Records would be read again, and sent again, for ever. */
static int check_loop(const struct run *run, struct vf_error *err)
{
    for (int i = 0; run->source.topics && i < run->call->operand_count; i++)
        if (!run->flags->to_brokers.ptr &&
            vf_rewrite_is_loop(run->replay->rewrite, run->call->operands[i]))
            return vf_error_set(err, VF_EUSAGE,
                                "%s would be sent to itself: say --to or --map another topic",
                                run->call->operands[i]);
    return VF_OK;
}

static int prepare_source(struct run *run, struct vf_error *err)
{
    const struct replay_flags *given = run->flags;
    struct vf_replay *replay = run->replay;

    run->reader = (struct vf_topic_reader_config){.settings = vf_tool_client_settings(run->call),
                                                  .start = replay->start,
                                                  .end = replay->end,
                                                  .read_uncommitted = given->isolation == 1,
                                                  .timeout_ms = (int)given->connect_timeout};
    if (given->partitions.ptr) {
        int rc = vf_partitions_parse(given->partitions, &run->reader, err);
        if (rc)
            return rc;
    }
    int rc = vf_convert_config_fill(&given->convert, run->call->config, &run->convert, err);
    if (rc)
        return rc;
    run->convert.stamp = VF_STAMP_PUBLISHED; /* the time to pace by */
    run->source.operands = run->call->operands;
    run->source.count = run->call->operand_count;
    run->source.reader = &run->reader;
    run->source.convert = &run->convert;
    run->source.record_max = RECORD_MAX;
    bool decodes = given->filter.fields.count || replay->rounds > 1 ||
                   replay->pace_by == VF_PACE_PUBLISHED || replay->rekey.by == VF_REKEY_FIELD;
    return decodes ? vf_decoder_create(run->call->config, &run->arena, &replay->decoder, err)
                   : VF_OK;
}

/* ---- the resume file ---- */

static void hash_text(XXH3_state_t *state, const char *text)
{
    XXH3_64bits_update(state, text ? text : "", text ? strlen(text) + 1 : 1);
}

static void hash_list(XXH3_state_t *state, const struct vf_flag_list *list)
{
    XXH3_64bits_update(state, &list->count, sizeof list->count);
    for (size_t i = 0; i < list->count; i++)
        hash_text(state, list->items[i]);
}

/* Everything on which depends which records are sent, in which order, and where to. */
static int hash_work(const struct run *run, uint64_t *out, struct vf_error *err)
{
    const struct replay_flags *given = run->flags;
    XXH3_state_t *state = XXH3_createState();
    struct stat status;

    if (!state)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    XXH3_64bits_reset(state);
    for (int i = 0; i < run->call->operand_count; i++) {
        int64_t size = stat(run->call->operands[i], &status) ? -1 : (int64_t)status.st_size;
        hash_text(state, run->call->operands[i]);
        XXH3_64bits_update(state, &size, sizeof size);
    }
    hash_list(state, &given->filter.keys);
    hash_list(state, &given->filter.headers);
    hash_list(state, &given->filter.fields);
    hash_list(state, &given->rewrite.maps);
    hash_text(state, given->rewrite.to.ptr);
    hash_text(state, given->rewrite.partition.ptr);
    hash_text(state, given->start.ptr);
    hash_text(state, given->end.ptr);
    hash_text(state, given->pace_by.ptr);
    hash_text(state, given->rekey.ptr);
    hash_text(state, given->to_brokers.ptr);
    hash_text(state, given->partitions.ptr);
    XXH3_64bits_update(state, &given->isolation, sizeof given->isolation);
    XXH3_64bits_update(state, &given->loop, sizeof given->loop);
    XXH3_64bits_update(state, &given->limit, sizeof given->limit);
    *out = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return VF_OK;
}

/* Before the source is opened: of topics the same is read as before. */
static int open_resume(struct run *run, struct vf_error *err)
{
    uint64_t identity = 0;

    if (!run->flags->resume.ptr || run->flags->dry_run)
        return VF_OK;
    int rc = hash_work(run, &identity, err);
    if (!rc)
        rc = vf_resume_open(run->flags->resume.ptr, identity, &run->replay->resume, err);
    if (!rc)
        run->reader.bounds = vf_resume_bounds(run->replay->resume, &run->reader.bound_count);
    return rc;
}

/* What is read of topics the first time. */
static void keep_bounds(struct run *run)
{
    size_t count;
    const struct vf_lane_bounds *bounds = vf_replay_source_bounds(run->replay->source, &count);

    if (run->replay->resume && count && !run->reader.bound_count)
        vf_resume_set_bounds(run->replay->resume, bounds, count);
}

/* ---- the sender ---- */

/* The producer's settings with one of them changed; value must outlive the sender. */
static int change_setting(struct run *run, struct vf_client_settings *settings, const char *key,
                          struct vf_slice value, struct vf_error *err)
{
    struct vf_pairs *pairs = run->producer_pairs;
    size_t at = 0;

    if (!pairs) {
        pairs = run->producer_pairs = vf_calloc(1, sizeof *pairs);
        if (!pairs)
            return vf_error_set(err, VF_ENOMEM, "out of memory");
        *pairs = *settings->producer;
        settings->producer = pairs;
    }
    while (at < pairs->count && !vf_slice_is(pairs->items[at].key, key))
        at++;
    if (at == VF_PAIRS_MAX)
        return vf_error_set(err, VF_ELIMIT, "[kafka.producer] has more than %d keys", VF_PAIRS_MAX);
    pairs->items[at] = (struct vf_pair){vf_slice_of(key), value, 0};
    if (at == pairs->count)
        pairs->count++;
    return VF_OK;
}

static int choose_settings(struct run *run, struct vf_client_settings *settings,
                           struct vf_error *err)
{
    const struct replay_flags *given = run->flags;
    const struct vf_replay *replay = run->replay;
    bool at_full_speed = replay->clock.speed <= 0 && replay->rate.per_second <= 0;
    int rc = VF_OK;

    if (given->transactional.ptr) {
        settings->transactional_id = given->transactional.ptr;
        settings->transaction_timeout_ms = 60000;
    }
    if (given->to_brokers.ptr)
        rc = change_setting(run, settings, "bootstrap.servers", given->to_brokers, err);
    /* 50 ms: nobody waits for a single record, and full batches cost the brokers least. */
    if (!rc && at_full_speed && !vf_pairs_have(settings->common, "linger.ms") &&
        !vf_pairs_have(settings->producer, "linger.ms"))
        rc = change_setting(run, settings, "linger.ms", vf_slice_of("50"), err);
    return rc;
}

static int open_sender(struct run *run, struct vf_error *err)
{
    const struct replay_flags *given = run->flags;
    struct vf_client_settings settings = vf_tool_client_settings(run->call);
    struct vf_sender_events events = vf_replay_events(run->replay);

    if (given->dry_run)
        return VF_OK;
    int rc = choose_settings(run, &settings, err);
    if (!rc)
        rc = vf_sender_create(&settings, (int)given->delivery_timeout, &events,
                              &run->replay->sender, err);
    if (!rc)
        rc = vf_sender_connect(run->replay->sender, (int)given->connect_timeout, err);
    return rc;
}

static int prepare(struct run *run, struct vf_error *err)
{
    int rc = parse_flags(run, err);
    if (!rc)
        rc = check_loop(run, err);
    if (!rc)
        rc = prepare_source(run, err);
    if (!rc)
        rc = open_resume(run, err);
    if (!rc)
        rc = vf_replay_source_open(&run->source, &run->replay->source, err);
    if (rc)
        return rc;
    keep_bounds(run);
    if (run->flags->dead_letter.ptr)
        rc = vf_rejects_open(run->flags->dead_letter.ptr, &run->replay->rejects, err);
    return rc ? rc : open_sender(run, err);
}

/* ---- running ---- */

static int run_command(const struct vf_call *call)
{
    struct run run = {.call = call, .flags = call->flags, .replay = vf_replay_create()};
    struct vf_replay_manner manner = {.quiet = call->common->quiet,
                                      .dry_run = run.flags->dry_run,
                                      .allow_skipped = run.flags->allow_skipped,
                                      .drain_ms = call->config->shutdown_deadline,
                                      .resume = run.flags->resume.ptr};
    struct vf_error err = {.code = VF_ENOMEM};

    vf_arena_init(&run.arena, ARENA_BLOCK, ARENA_MAX);
    int code = !run.replay || prepare(&run, &err) ? vf_tool_fail(&err)
                                                  : vf_replay_play(run.replay, &manner);
    vf_replay_free(run.replay);
    vf_free(run.producer_pairs);
    vf_arena_release(&run.arena);
    return code;
}

const struct vf_tool_command vf_tool_replay = {
    .name = "replay",
    .operands = "FILE...|TOPIC...",
    .summary = "Sends recordings, files of events or topics again, at the pace they had.",
    .details =
        "Keys, values, headers, timestamps and partitions are kept unless told otherwise, and\n"
        "so is the order of each key. What is read is a topic unless it is an existing file,\n"
        "\"-\", or has a slash.\n"
        "\n"
        "The summary adds up: read = sent + left_out + skipped + failed (+ resumed: known to be\n"
        "acknowledged by --resume), and sent = acknowledged + undelivered. late_p50_us and\n"
        "late_p99_us tell how far behind their moment records were sent.\n"
        "With --resume a run that was killed is continued without sending again what it knew\n"
        "to be acknowledged.\n",
    .examples =
        "  visitfeed-producer replay visits.avro\n"
        "  visitfeed-producer replay visits.avro --speed 10x --gap-max 5s --to test.visits\n"
        "  visitfeed-producer replay parliament.visits --start -1h --to test.visits --speed max\n"
        "  visitfeed-producer replay day.avro --map parliament.visits=a --map "
        "parliament.meetings=b\n"
        "  visitfeed-producer replay large.avro --speed max --resume large.resume\n"
        "  visitfeed-producer replay visits.jsonl --pace-by published --speed 1000x --loop 3\n",
    .flags = {flags, sizeof flags / sizeof *flags},
    .flags_size = sizeof(struct replay_flags),
    .operands_min = 1,
    .operands_max = INT32_MAX,
    .clients = VF_TOOL_CONSUMES | VF_TOOL_PRODUCES,
    .run = run_command};
