#include "base/memory.h"
#include "convert_config.h"
#include "inspect.h"
#include "interrupt.h"
#include "record_filter.h"
#include "replay_source.h"
#include "tool.h"
#include "topic_flags.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum {
    ARENA_BLOCK = 16 * 1024, /* bytes, of texts of the configuration */
    ARENA_MAX = 16 * 1024 * 1024,
    RECORD_MAX = 256 * 1024 * 1024, /* bytes of a line or item */
    TEXT_MAX = 512 * 1024 * 1024,   /* bytes of one record as text */
};

struct inspect_flags {
    struct vf_common_flags common;
    struct vf_convert_flags convert;
    struct vf_topic_flags topic;
    struct vf_filter_flags filter;
    int64_t limit;
    bool all;
    bool compact;
    bool hex;
    bool schema;
    int64_t hex_max;
};

#define AT(field) offsetof(struct inspect_flags, field)

static const struct vf_flag flags[] = {
    VF_NUMBER_FLAG('n', "limit", "N", VF_OPTION_INT, AT(limit), "10", 1, INT64_MAX,
                   "records shown at most"),
    VF_SWITCH_FLAG(0, "all", AT(all), "show all of them"),
    VF_SWITCH_FLAG(0, "compact", AT(compact), "decoded values in one line"),
    VF_SWITCH_FLAG('x', "hex", AT(hex), "bytes of values, too"),
    VF_NUMBER_FLAG(0, "hex-max", "SIZE", VF_OPTION_SIZE, AT(hex_max), "256", 0, RECORD_MAX,
                   "bytes of a value shown at most"),
    VF_SWITCH_FLAG(0, "schema", AT(schema), "the writers' schemas, too"),
    VF_FILTER_FLAGS(AT(filter)),
    VF_TOPIC_FLAGS(AT(topic), "beginning"),
    VF_CHOICE_FLAG('k', "kind", AT(convert.kind), "auto", vf_kind_choices, 0,
                   "of events in files that are no recordings"),
    VF_TEXT_FLAG(0, "framing", "confluent|header|single-object|plain", AT(convert.framing), NULL,
                 "of these, else input.framing of the configuration"),
    VF_LIST_FLAG(0, "schema-id", "[KIND=]ID", AT(convert.schema_ids), "of these"),
};

struct run {
    const struct inspect_flags *flags;
    struct vf_arena arena;
    struct vf_topic_reader_config reader;
    struct vf_convert_config convert;
    struct vf_replay_source_config source_config;
    struct vf_replay_source *source; /* owned */
    struct vf_decoder *decoder;      /* owned */
    struct vf_buffer text;
    uint64_t shown;
    bool failed;
};

static int prepare(struct run *run, const struct vf_call *call, struct vf_error *err)
{
    const struct inspect_flags *given = run->flags;

    run->source_config = (struct vf_replay_source_config){.operands = call->operands,
                                                          .count = call->operand_count,
                                                          .reader = &run->reader,
                                                          .convert = &run->convert,
                                                          .record_max = RECORD_MAX};
    int rc =
        vf_replay_operands(call->operands, call->operand_count, &run->source_config.topics, err);
    if (!rc)
        rc = vf_topic_flags_fill(&given->topic, call, true, &run->reader, err);
    if (!rc)
        rc = vf_filter_check(&given->filter, err);
    if (!rc)
        rc = vf_convert_config_fill(&given->convert, call->config, &run->convert, err);
    if (!rc)
        rc = vf_decoder_create(call->config, &run->arena, &run->decoder, err);
    run->convert.stamp = VF_STAMP_PUBLISHED;
    return rc ? rc : vf_replay_source_open(&run->source_config, &run->source, err);
}

static int show(struct run *run, const struct vf_record *record, struct vf_error *err)
{
    const struct inspect_flags *given = run->flags;
    struct vf_inspect_config config = {.compact = given->compact,
                                       .hex = given->hex,
                                       .schema = given->schema,
                                       .hex_max = (size_t)given->hex_max};

    if (!vf_filter_passes(&given->filter, record, run->decoder))
        return VF_OK;
    vf_buffer_clear(&run->text);
    int rc = vf_inspect(&config, record, run->decoder, &run->text, err);
    if (rc)
        return rc;
    run->shown++;
    if (fwrite(run->text.data, 1, run->text.len, stdout) != run->text.len || fflush(stdout))
        return vf_error_set(err, VF_EIO, "standard output: %s", strerror(errno));
    return VF_OK;
}

/* A record that can't be read is told, and the rest is shown. */
static int show_all(struct run *run, struct vf_error *err)
{
    struct vf_origin origin = {"", 0, 0};
    struct vf_record record;
    bool made;

    while (!vf_interrupted() && (run->flags->all || run->shown < (uint64_t)run->flags->limit)) {
        int rc = vf_replay_source_next(run->source, &record, &origin, &made, err);
        if (rc == VF_ENOENT)
            break;
        if (rc == VF_EAGAIN)
            continue;
        if (rc == VF_EIO || rc == VF_ENOMEM || rc == VF_EKAFKA)
            return rc;
        if (rc) {
            fprintf(stderr, "%s:%" PRIu64 ": %s\n", origin.file, origin.number, err->text);
            run->failed = true;
            continue;
        }
        rc = show(run, &record, err);
        if (rc)
            return rc;
    }
    return VF_OK;
}

static int run_command(const struct vf_call *call)
{
    struct run *run = vf_calloc(1, sizeof *run);
    struct vf_error err = {0};

    if (!run)
        return vf_tool_fail(&(struct vf_error){.code = VF_ENOMEM});
    run->flags = call->flags;
    vf_arena_init(&run->arena, ARENA_BLOCK, ARENA_MAX);
    vf_buffer_init(&run->text, TEXT_MAX);
    int rc = prepare(run, call, &err);
    if (!rc)
        rc = show_all(run, &err);
    int code = rc ? vf_tool_fail(&err) : run->failed ? VF_TOOL_FAILURE : VF_TOOL_OK;
    vf_replay_source_close(run->source);
    vf_decoder_free(run->decoder);
    vf_buffer_release(&run->text);
    vf_arena_release(&run->arena);
    vf_free(run);
    return code;
}

const struct vf_tool_command vf_tool_inspect = {
    .name = "inspect",
    .operands = "FILE...|TOPIC...",
    .summary = "Shows records readably: framing, schema, decoded value, headers.",
    .details = "What is shown is a topic unless it is an existing file, \"-\", or has a slash. Of\n"
               "files of visits and meetings the records are shown that send would make of them.\n",
    .examples =
        "  visitfeed-producer inspect parliament.visits --start last:1\n"
        "  visitfeed-producer inspect parliament.dead-letter --hex --header visitfeed.error.code\n"
        "  visitfeed-producer inspect visits.avro --all --compact\n",
    .flags = {flags, sizeof flags / sizeof *flags},
    .flags_size = sizeof(struct inspect_flags),
    .operands_min = 1,
    .operands_max = INT32_MAX,
    .clients = VF_TOOL_CONSUMES,
    .run = run_command};
