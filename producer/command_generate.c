#include "base/memory.h"
#include "codec/wire_container.h"
#include "codec/wire_json.h"
#include "convert_config.h"
#include "daemon/paths.h"
#include "generator.h"
#include "interrupt.h"
#include "registry_ids.h"
#include "replay.h"
#include "tool.h"
#include "topic_flags.h"
#include "vf_events.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ARENA_BLOCK = 16 * 1024, /* bytes, of texts of the configuration */
    ARENA_MAX = 16 * 1024 * 1024,
    LINE_MAX_BYTES = 64 * 1024 * 1024,
    TIMEOUT_MAX = 86400000, /* milliseconds */
};

struct generate_flags {
    struct vf_common_flags common;
    struct vf_convert_flags convert;
    struct vf_flag_list samples;
    int64_t count;
    int64_t seed;
    struct vf_slice begin;
    struct vf_slice interval;
    struct vf_slice duplicates;
    struct vf_slice revisions;
    struct vf_slice hot;
    int64_t hot_keys;
    struct vf_slice bad;
    struct vf_slice skew;
    struct vf_slice output;
    int64_t format; /* index into format_choices */
    struct vf_slice codec;
    struct vf_slice speed;
    struct vf_slice rate;
    int64_t connect_timeout;
    int64_t delivery_timeout;
    bool dry_run;
};

#define AT(field) offsetof(struct generate_flags, field)

enum { FORMAT_JSON, FORMAT_AVRO };
static const char *const format_choices[] = {"json", "avro", NULL};

static const struct vf_flag flags[] = {
    VF_NUMBER_FLAG('n', "count", "N", VF_OPTION_INT, AT(count), "1000", 1, INT64_MAX,
                   "events to make"),
    VF_NUMBER_FLAG(0, "seed", "N", VF_OPTION_INT, AT(seed), "1", 0, INT64_MAX,
                   "the same seed gives the same feed"),
    VF_LIST_FLAG(0, "sample", "FILE", AT(samples),
                 "reports to make them from, as JSON; else those installed\nwith visitfeed"),
    VF_CHOICE_FLAG('k', "kind", AT(convert.kind), "auto", vf_kind_choices, 0,
                   "what to make; auto: both"),
    VF_TEXT_FLAG(0, "begin", "TIME", AT(begin), "2026-01-01", "published_at of the first event"),
    VF_TEXT_FLAG(0, "interval", "SPAN", AT(interval), "1min", "from one event to the next"),
    VF_TEXT_FLAG(0, "duplicates", "SHARE", AT(duplicates), "0",
                 "share of events that are given again, such as 0.02 or 2%"),
    VF_TEXT_FLAG(0, "revisions", "SHARE", AT(revisions), "0",
                 "share of revisions of recent events"),
    VF_TEXT_FLAG(0, "hot", "SHARE", AT(hot), "0", "share of revisions of a few hot events"),
    VF_NUMBER_FLAG(0, "hot-keys", "N", VF_OPTION_INT, AT(hot_keys), "10", 1, 1000000,
                   "how many hot ones there are"),
    VF_TEXT_FLAG(0, "bad", "SHARE", AT(bad), "0", "share of broken ones"),
    VF_TEXT_FLAG(0, "skew", "NUMBER", AT(skew), "0",
                 "0: all reports of the sample are used alike; 1: the\nn-th 1/n as often"),
    VF_TEXT_FLAG('o', "output", "FILE", AT(output), NULL,
                 "write a file, - is standard output; else events are sent\nto Kafka"),
    VF_CHOICE_FLAG(0, "format", AT(format), "json", format_choices, 0,
                   "of the file; avro: a container file, of one kind"),
    VF_TEXT_FLAG(0, "codec", "null|deflate|snappy", AT(codec), "null",
                 "how a container file is packed: null is as fast as a\ntopic can be read, deflate "
                 "a fraction of the size"),
    VF_TEXT_FLAG('t', "topic", "TOPIC", AT(convert.topic), NULL,
                 "where to; else input.visits or input.meetings of the\nconfiguration, by kind"),
    VF_TEXT_FLAG(0, "framing", "confluent|header|single-object|plain", AT(convert.framing), NULL,
                 "how values name their schema; else input.framing of\nthe configuration"),
    VF_LIST_FLAG(
        0, "schema-id", "[KIND=]ID", AT(convert.schema_ids),
        "id of the schema; else asked of the registry, if one is\nconfigured [visit=1, meeting=2]"),
    VF_LIST_FLAG('a', "add-header", "NAME=VALUE", AT(convert.headers),
                 "add a header to every record"),
    VF_TEXT_FLAG(0, "speed", "SPEED", AT(speed), "max",
                 "max: no pacing; 60x: an interval of a minute is a second"),
    VF_TEXT_FLAG('r', "rate", "N/s", AT(rate), "max",
                 "records sent per second at most; also N/min, N/h"),
    VF_NUMBER_FLAG(0, "connect-timeout", "DURATION", VF_OPTION_DURATION, AT(connect_timeout), "30s",
                   1, TIMEOUT_MAX, "longest wait for the first broker"),
    VF_NUMBER_FLAG(0, "delivery-timeout", "DURATION", VF_OPTION_DURATION, AT(delivery_timeout),
                   "2min", 1000, TIMEOUT_MAX, "longest wait for a record's acknowledgement"),
    VF_SWITCH_FLAG(0, "dry-run", AT(dry_run), "make them, and send nothing"),
};

/* One run of the command. */
struct run {
    const struct vf_call *call;
    const struct generate_flags *flags;
    struct vf_arena arena;
    struct vf_generator *generator; /* owned */
    struct vf_convert_config convert;
    struct vf_replay_source_config source;
    struct vf_replay *replay; /* owned */
    char *samples[VF_FLAG_LIST_MAX];
    int sample_count;
};

/* ---- what to make ---- */

static int parse_share(struct vf_slice text, const char *flag, double *out, struct vf_error *err)
{
    int rc = vf_share_parse(text, out, err);
    if (rc)
        vf_error_prefix(err, "--%s", flag);
    return rc;
}

static int parse_shares(const struct generate_flags *given, struct vf_generator_config *out,
                        struct vf_error *err)
{
    int rc = parse_share(given->duplicates, "duplicates", &out->duplicates, err);
    if (!rc)
        rc = parse_share(given->revisions, "revisions", &out->revisions, err);
    if (!rc)
        rc = parse_share(given->hot, "hot", &out->hot, err);
    if (!rc)
        rc = parse_share(given->bad, "bad", &out->bad, err);
    if (!rc && out->duplicates + out->revisions + out->hot + out->bad > 1)
        rc = vf_error_set(err, VF_EUSAGE, "the shares are more than 1 together");
    return rc;
}

static int parse_times(const struct generate_flags *given, struct vf_generator_config *out,
                       struct vf_error *err)
{
    char *end;

    int rc = vf_time_parse(given->begin, vf_now_ms(), &out->begin_ms, err);
    if (rc) {
        vf_error_prefix(err, "--begin");
        return rc;
    }
    rc = vf_span_parse(given->interval, &out->interval_ms, err);
    if (!rc && out->interval_ms < 0)
        rc = vf_error_set(err, VF_EUSAGE, "\"%s\" is negative", given->interval.ptr);
    if (rc) {
        vf_error_prefix(err, "--interval");
        return rc;
    }
    out->skew = strtod(given->skew.ptr, &end);
    if (end == given->skew.ptr || *end || !(out->skew >= 0 && out->skew <= 10))
        return vf_error_set(err, VF_EUSAGE, "--skew: \"%s\" is no number from 0 to 10",
                            given->skew.ptr);
    return VF_OK;
}

/* The flags' files, or those that come with the program. */
static int find_samples(struct run *run, struct vf_error *err)
{
    static const char *const names[] = {"visits.jsonl", "meetings.jsonl"};
    const struct vf_flag_list *given = &run->flags->samples;

    for (size_t i = 0; i < given->count; i++)
        run->samples[run->sample_count++] = (char *)given->items[i];
    if (run->sample_count)
        return VF_OK;
    struct vf_slice folder = vf_data_path("sample", &run->arena);
    for (size_t i = 0; folder.ptr && i < sizeof names / sizeof *names; i++) {
        struct vf_slice path = vf_arena_printf(&run->arena, "%s/%s", folder.ptr, names[i]);
        if (!path.ptr)
            break;
        run->samples[run->sample_count++] = (char *)path.ptr;
    }
    return run->sample_count ? VF_OK : vf_error_set(err, VF_ENOMEM, "out of memory");
}

static int create_generator(struct run *run, struct vf_error *err)
{
    const struct generate_flags *given = run->flags;
    struct vf_generator_config config = {.seed = (uint64_t)given->seed,
                                         .kind = (enum vf_kind)given->convert.kind,
                                         .hot_keys = given->hot_keys};

    int rc = parse_shares(given, &config, err);
    if (!rc)
        rc = parse_times(given, &config, err);
    if (!rc)
        rc = find_samples(run, err);
    config.samples = run->samples;
    config.sample_count = run->sample_count;
    return rc ? rc : vf_generator_create(&config, &run->generator, err);
}

/* ---- into a file ---- */

struct file {
    FILE *lines;                             /* JSON */
    struct wire_container_writer *container; /* AVRO */
    struct vf_converter *converter;          /* owned; has the schemas */
    struct vf_buffer bytes;
    struct vf_buffer broken;
};

static int open_file(struct run *run, struct file *file, struct vf_error *err)
{
    static const char *const schemas[VF_KIND_COUNT] = {vf_visit_schema_json,
                                                       vf_meeting_schema_json};
    const struct generate_flags *given = run->flags;
    const char *path = given->output.ptr;
    bool to_stdout = strcmp(path, "-") == 0;

    vf_buffer_init(&file->bytes, LINE_MAX_BYTES);
    vf_buffer_init(&file->broken, LINE_MAX_BYTES);
    int rc = vf_converter_create(&run->convert, &file->converter, err);
    if (rc)
        return rc;
    if (given->format == FORMAT_AVRO && (to_stdout || given->convert.kind == VF_KIND_AUTO))
        return vf_error_set(err, VF_EUSAGE, "--format avro needs a file, and --kind");
    if (given->format == FORMAT_AVRO && !vf_slice_is(given->bad, "0"))
        return vf_error_set(err, VF_EUSAGE, "--bad: a container file can't hold broken events");
    if (given->format == FORMAT_AVRO)
        return wire_container_create(path, vf_slice_of(schemas[given->convert.kind]),
                                     given->codec.ptr, &file->container, err);
    file->lines = to_stdout ? stdout : fopen(path, "wbe");
    return file->lines ? VF_OK : vf_error_set(err, VF_EIO, "%s: %s", path, strerror(errno));
}

static int write_event(struct run *run, struct file *file, const struct vf_generated *event,
                       struct vf_error *err)
{
    const struct wire_schema *schema = vf_converter_schema(file->converter, event->kind);
    const struct vf_buffer *line = &file->bytes;

    vf_buffer_clear(&file->bytes);
    if (file->container) {
        int rc = wire_encode(schema, event->event, &file->bytes, err);
        return rc ? rc : wire_container_append(file->container, vf_buffer_slice(line), err);
    }
    int rc = wire_json_write(schema, event->event, &file->bytes, err);
    if (!rc && event->bad) {
        rc = vf_generator_break(run->generator, vf_buffer_slice(line), true, &file->broken, err);
        line = &file->broken;
    }
    if (rc)
        return rc;
    if (fwrite(line->data, 1, line->len, file->lines) != line->len || fputc('\n', file->lines) < 0)
        return vf_error_set(err, VF_EIO, "%s: %s", run->flags->output.ptr, strerror(errno));
    return VF_OK;
}

static int close_file(struct run *run, struct file *file, struct vf_error *err)
{
    int rc = VF_OK;

    if (file->container)
        rc = wire_container_finish(file->container, err);
    if (file->lines && (fflush(file->lines) || (file->lines != stdout && fclose(file->lines))))
        rc = vf_error_set(err, VF_EIO, "%s: %s", run->flags->output.ptr, strerror(errno));
    vf_converter_free(file->converter);
    vf_buffer_release(&file->bytes);
    vf_buffer_release(&file->broken);
    return rc;
}

static int write_file(struct run *run)
{
    struct file file = {.lines = NULL};
    struct vf_generated event;
    struct vf_error err = {0};
    struct vf_error why = {0};

    int rc = open_file(run, &file, &err);
    for (int64_t i = 0; !rc && i < run->flags->count && !vf_interrupted(); i++) {
        rc = vf_generator_next(run->generator, &event, &err);
        if (!rc)
            rc = write_event(run, &file, &event, &err);
    }
    if (close_file(run, &file, &why) && !rc) {
        err = why;
        rc = why.code;
    }
    return rc ? vf_tool_fail(&err) : vf_interrupted() ? VF_TOOL_FAILURE : VF_TOOL_OK;
}

/* ---- to Kafka ---- */

static int prepare_replay(struct run *run, struct vf_error *err)
{
    static const struct vf_filter_flags all;
    static const struct vf_rewrite_flags unchanged;
    const struct generate_flags *given = run->flags;
    struct vf_client_settings settings = vf_tool_client_settings(run->call);
    struct vf_replay *replay = run->replay;
    struct vf_sender_events events = vf_replay_events(replay);

    replay->filter = &all;
    run->convert.stamp = VF_STAMP_PUBLISHED; /* the time to pace by */
    run->source = (struct vf_replay_source_config){.convert = &run->convert,
                                                   .record_max = LINE_MAX_BYTES,
                                                   .generator = run->generator,
                                                   .generate = (uint64_t)given->count};
    int rc = vf_speed_parse(given->speed, &replay->clock.speed, err);
    if (!rc && !given->convert.schema_ids.count && !given->dry_run)
        rc = vf_registry_fill_ids(run->call->config, &run->arena, &run->convert, err);
    if (!rc)
        rc = vf_rate_parse(given->rate, &replay->rate.per_second, err);
    if (!rc)
        rc = vf_rewrite_create(&unchanged, &replay->rewrite, err);
    if (!rc)
        rc = vf_replay_source_open(&run->source, &replay->source, err);
    if (rc || given->dry_run)
        return rc;
    rc = vf_sender_create(&settings, (int)given->delivery_timeout, &events, &replay->sender, err);
    return rc ? rc : vf_sender_connect(replay->sender, (int)given->connect_timeout, err);
}

static int send_all(struct run *run)
{
    struct vf_replay_manner manner = {.quiet = run->call->common->quiet,
                                      .allow_skipped = true,
                                      .dry_run = run->flags->dry_run,
                                      .drain_ms = run->call->config->shutdown_deadline};
    struct vf_error err = {0};

    return prepare_replay(run, &err) ? vf_tool_fail(&err) : vf_replay_play(run->replay, &manner);
}

static int run_command(const struct vf_call *call)
{
    struct run run = {.call = call, .flags = call->flags, .replay = vf_replay_create()};
    struct vf_error err = {.code = VF_ENOMEM};
    int code;

    vf_arena_init(&run.arena, ARENA_BLOCK, ARENA_MAX);
    int rc = run.replay ? create_generator(&run, &err) : VF_ENOMEM;
    if (!rc)
        rc = vf_convert_config_fill(&run.flags->convert, call->config, &run.convert, &err);
    if (rc)
        code = vf_tool_fail(&err);
    else
        code = run.flags->output.ptr ? write_file(&run) : send_all(&run);
    vf_replay_free(run.replay);
    vf_generator_free(run.generator);
    vf_arena_release(&run.arena);
    return code;
}

const struct vf_tool_command vf_tool_generate = {
    .name = "generate",
    .operands = "",
    .summary = "Makes a synthetic feed of visits and meetings, for load and for demos.",
    .details =
        "Events are put together from what the reports of a sample hold, as often as it holds\n"
        "it. The same seed gives the same feed, however often and wherever it is made.\n",
    .examples =
        "  visitfeed-producer generate --count 10 --output -\n"
        "  visitfeed-producer generate --count 1000000 -b localhost:9092 --rate 5000/s\n"
        "  visitfeed-producer generate --duplicates 2% --revisions 5% --bad 1% --hot 10%\n"
        "  visitfeed-producer generate --seed 7 --kind visit --format avro -o visits.avro\n",
    .flags = {flags, sizeof flags / sizeof *flags},
    .flags_size = sizeof(struct generate_flags),
    .operands_min = 0,
    .operands_max = 0,
    .clients = VF_TOOL_PRODUCES,
    .run = run_command};
