#include "interrupt.h"
#include "pacer.h"
#include "progress.h"
#include "record_filter.h"
#include "recording.h"
#include "tool.h"
#include "topic_flags.h"

enum {
    FLUSH_NS = 1000000000,   /* nanoseconds: a file that grows is never older than that */
    TOPICS_MAX = 256,        /* named on one command line */
    ARENA_BLOCK = 16 * 1024, /* bytes, of texts of the configuration */
    ARENA_MAX = 16 * 1024 * 1024,
};

struct record_flags {
    struct vf_common_flags common;
    struct vf_slice output;
    int64_t format; /* enum vf_recording_format */
    struct vf_slice codec;
    bool overwrite;
    struct vf_topic_flags topic;
    bool follow;
    struct vf_filter_flags filter;
    int64_t limit;
};

#define AT(field) offsetof(struct record_flags, field)

static const char *const format_choices[] = {"avro", "json", NULL};

static const struct vf_flag flags[] = {
    VF_TEXT_FLAG('o', "output", "FILE", AT(output), NULL,
                 "where to; - is standard output, for JSON"),
    VF_CHOICE_FLAG(0, "format", AT(format), "avro", format_choices, 0,
                   "avro: a container file; json: lines, values decoded\nwhere their schema is "
                   "known"),
    VF_TEXT_FLAG(0, "codec", "null|deflate|snappy", AT(codec), "null",
                 "how a container file is packed: null is as fast as a\ntopic can be read, deflate "
                 "a fraction of the size"),
    VF_SWITCH_FLAG(0, "overwrite", AT(overwrite), "replace the file if there is one"),
    VF_TOPIC_FLAGS(AT(topic), "beginning"),
    VF_SWITCH_FLAG('f', "follow", AT(follow), "wait for more: the same as --end never"),
    VF_FILTER_FLAGS(AT(filter)),
    VF_NUMBER_FLAG('n', "limit", "N", VF_OPTION_INT, AT(limit), NULL, 1, INT64_MAX,
                   "end after N records were written"),
};

struct record {
    const struct record_flags *flags;
    struct vf_decoder *decoder;     /* owned; NULL when nothing is decoded */
    struct vf_topic_reader *reader; /* owned */
    struct vf_recorder *recorder;   /* owned */
    struct vf_progress progress;
    uint64_t read;
    uint64_t recorded;
    uint64_t bytes;     /* of keys and values recorded */
    int64_t flushed_at; /* nanoseconds, monotonic */
    bool failed;
};

static int read_flags(const struct vf_call *call, struct vf_topic_reader_config *config,
                      struct vf_error *err)
{
    const struct record_flags *given = call->flags;

    if (!given->output.ptr)
        return vf_error_set(err, VF_EUSAGE, "record: --output FILE is missing");
    int rc = vf_topic_flags_fill(&given->topic, call, true, config, err);
    config->topics = (const char *const *)call->operands;
    config->topic_count = (size_t)call->operand_count;
    if (given->follow)
        config->end.kind = VF_BOUND_NEVER;
    return rc ? rc : vf_filter_check(&given->filter, err);
}

static int prepare(struct record *record, const struct vf_call *call, struct vf_arena *arena,
                   struct vf_error *err)
{
    const struct record_flags *given = record->flags;
    struct vf_topic_reader_config config;

    int rc = read_flags(call, &config, err);
    if (!rc && (given->format == VF_RECORDING_JSON || given->filter.fields.count))
        rc = vf_decoder_create(call->config, arena, &record->decoder, err);
    if (!rc)
        rc = vf_topic_reader_open(&config, &record->reader, err);
    if (!rc)
        rc = vf_recorder_create(given->output.ptr, (enum vf_recording_format)given->format,
                                given->codec.ptr, given->overwrite, record->decoder,
                                &record->recorder, err);
    return rc;
}

static void count(const struct record *record, struct vf_counters *out)
{
    *out = (struct vf_counters){.worked = record->read, .clean = !record->failed};
    vf_counters_add(out, "read", record->read);
    vf_counters_add(out, "recorded", record->recorded);
    vf_counters_add(out, "left_out", record->read - record->recorded);
    vf_counters_add(out, "bytes", record->bytes);
    out->done = record->reader ? vf_topic_reader_passed(record->reader) : 0;
}

/* A follower's file can be read while it grows. */
static int keep_fresh(struct record *record, struct vf_error *err)
{
    struct vf_counters counters;
    int64_t now = vf_monotonic_ns();

    if (vf_progress_is_due(&record->progress)) {
        count(record, &counters);
        vf_progress_show(&record->progress, &counters);
    }
    if (now - record->flushed_at < FLUSH_NS)
        return VF_OK;
    record->flushed_at = now;
    return vf_recorder_flush(record->recorder, err);
}

static int take(struct record *record, const struct vf_record *in, struct vf_error *err)
{
    const struct record_flags *given = record->flags;

    record->read++;
    if (!vf_filter_passes(&given->filter, in, record->decoder))
        return VF_OK;
    int rc = vf_recorder_add(record->recorder, in, err);
    if (rc)
        return rc;
    record->recorded++;
    record->bytes += in->key.len + in->value.len;
    return given->limit && record->recorded >= (uint64_t)given->limit ? VF_ENOENT : VF_OK;
}

/* Until the end, or Ctrl-C, which is the usual end of a follower. */
static int record_all(struct record *record, struct vf_error *err)
{
    struct vf_record in;
    int rc = VF_OK;

    while (!vf_interrupted()) {
        rc = vf_topic_reader_next(record->reader, &in, err);
        if (!rc)
            rc = take(record, &in, err);
        if (rc && rc != VF_EAGAIN)
            break;
        rc = keep_fresh(record, err);
        if (rc)
            break;
    }
    return rc == VF_ENOENT ? VF_OK : rc;
}

static int finish(struct record *record, int rc, struct vf_error *err)
{
    struct vf_counters counters;
    struct vf_error why = {0};

    if (vf_recorder_finish(record->recorder, &why) && !rc) {
        *err = why;
        rc = why.code;
    }
    record->recorder = NULL;
    if (!rc && vf_interrupted() && !record->flags->follow)
        rc = vf_error_set(err, VF_EIO, "interrupted: the recording is not complete");
    record->failed = rc != VF_OK;
    count(record, &counters);
    vf_progress_end(&record->progress, "summary", &counters);
    return rc ? vf_tool_fail(err) : VF_TOOL_OK;
}

static int run(const struct vf_call *call)
{
    struct record record = {.flags = call->flags};
    struct vf_arena arena;
    struct vf_error err = {0};
    int code;

    vf_arena_init(&arena, ARENA_BLOCK, ARENA_MAX);
    int rc = prepare(&record, call, &arena, &err);
    if (rc) {
        code = vf_tool_fail(&err);
    } else {
        vf_progress_begin(&record.progress, call->common->quiet,
                          vf_topic_reader_span(record.reader));
        record.flushed_at = vf_monotonic_ns();
        code = finish(&record, record_all(&record, &err), &err);
    }
    vf_topic_reader_close(record.reader);
    vf_decoder_free(record.decoder);
    vf_arena_release(&arena);
    return code;
}

const struct vf_tool_command vf_tool_record = {
    .name = "record",
    .operands = "TOPIC...",
    .summary = "Records topics to a file: keys, values, headers, timestamps, tombstones.",
    .details =
        "No consumer group is used and nothing is committed. Records of several partitions\n"
        "come in the order of their timestamps, each partition in its own order. A recording\n"
        "is an Avro container file (schemas/recording.avsc), or lines of JSON for reading by\n"
        "eye; from both every byte can be had back.\n",
    .examples =
        "  visitfeed-producer record parliament.visits -o visits.avro\n"
        "  visitfeed-producer record parliament.visits parliament.meetings --start -1d -o "
        "day.avro\n"
        "  visitfeed-producer record parliament.visits --format json -o - --field stops.city=Baku\n"
        "  visitfeed-producer record parliament.dead-letter --follow --start end -o dead.avro\n",
    .flags = {flags, sizeof flags / sizeof *flags},
    .flags_size = sizeof(struct record_flags),
    .operands_min = 1,
    .operands_max = TOPICS_MAX,
    .clients = VF_TOOL_CONSUMES,
    .run = run};
