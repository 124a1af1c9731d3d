#include "base/memory.h"
#include "convert_config.h"
#include "interrupt.h"
#include "progress.h"
#include "record_filter.h"
#include "replay_source.h"
#include "rewrite.h"
#include "tool.h"
#include "topic_flags.h"
#include "verify.h"
#include <inttypes.h>
#include <stdio.h>

enum {
    ARENA_BLOCK = 16 * 1024, /* bytes, of texts of the configuration */
    ARENA_MAX = 16 * 1024 * 1024,
    RECORD_MAX = 256 * 1024 * 1024, /* bytes of a line or item */
    TOPICS_MAX = 256,               /* that the records go to */
};

struct verify_flags {
    struct vf_common_flags common;
    struct vf_rewrite_flags rewrite; /* to: --against */
    struct vf_convert_flags convert;
    struct vf_filter_flags filter;
    int64_t by; /* index into by_choices */
    struct vf_flag_list ignore;
    int64_t differences;
    bool allow_duplicates;
    struct vf_topic_flags topic;
};

#define AT(field) offsetof(struct verify_flags, field)

static const char *const by_choices[] = {"partition", "key", NULL};

static const struct vf_flag flags[] = {
    VF_TEXT_FLAG('t', "against", "TOPIC", AT(rewrite.to), NULL,
                 "where the records should be; else each in its own topic"),
    VF_LIST_FLAG('m', "map", "FROM=TO", AT(rewrite.maps),
                 "the records of one topic should be in another"),
    VF_CHOICE_FLAG(0, "by", AT(by), "partition", by_choices, 0,
                   "partition: as they were; key: wherever the records of a\nkey went, in their "
                   "order"),
    VF_LIST_FLAG(0, "ignore", "ASPECT", AT(ignore), "key, value, headers or timestamp; repeatable"),
    VF_SWITCH_FLAG(0, "allow-duplicates", AT(allow_duplicates),
                   "records found again are no failure"),
    VF_NUMBER_FLAG(0, "differences", "N", VF_OPTION_INT, AT(differences), "10", 0, INT64_MAX,
                   "tell the first N differences one by one"),
    VF_FILTER_FLAGS(AT(filter)),
    VF_TEXT_FLAG(0, "shift-time", "SPAN", AT(rewrite.shift_time), NULL,
                 "by which the replay shifted timestamps"),
    VF_LIST_FLAG('a', "add-header", "NAME=VALUE", AT(rewrite.add_headers), "that the replay added"),
    VF_LIST_FLAG('d', "drop-header", "PATTERN", AT(rewrite.drop_headers),
                 "that the replay left out"),
    VF_TOPIC_FLAGS(AT(topic), "beginning"),
    VF_CHOICE_FLAG('k', "kind", AT(convert.kind), "auto", vf_kind_choices, 0,
                   "of events in files that are no recordings"),
};

struct run {
    const struct vf_call *call;
    const struct verify_flags *flags;
    struct vf_arena arena;
    struct vf_topic_reader_config reader_config;
    struct vf_convert_config convert;
    struct vf_replay_source_config source_config;
    struct vf_replay_source *source; /* owned */
    struct vf_rewrite *rewrite;      /* owned */
    struct vf_decoder *decoder;      /* owned; NULL: no field is asked for */
    struct vf_topic_reader *reader;  /* owned */
    struct vf_verify *verify;        /* owned */
    struct vf_progress progress;
    struct vf_slice topics[TOPICS_MAX]; /* where the records should be; NUL behind each */
    size_t topic_count;
    uint64_t read;
    uint64_t left_out;
    uint64_t told;
};

/* ---- telling ---- */

static void append_aspects(unsigned aspects, char *out, size_t size)
{
    static const struct {
        unsigned aspect;
        const char *name;
    } names[] = {{VF_ASPECT_KEY, "key"},
                 {VF_ASPECT_VALUE, "value"},
                 {VF_ASPECT_HEADERS, "headers"},
                 {VF_ASPECT_TIMESTAMP, "timestamp"}};
    size_t used = 0;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (aspects & names[i].aspect)
            used +=
                (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", names[i].name);
}

static void on_difference(void *owner, const struct vf_difference *difference)
{
    struct run *run = owner;
    const struct vf_record *found = difference->found;
    char aspects[64] = "";
    char place[400] = "";

    if (difference->kind == VF_DUPLICATE && run->flags->allow_duplicates)
        return;
    if (run->told++ >= (uint64_t)run->flags->differences)
        return;
    if (found)
        snprintf(place, sizeof place, "%.*s, partition %d, offset %" PRId64,
                 VF_SLICE_PRINT(found->topic), found->partition, found->offset);
    append_aspects(difference->aspects, aspects, sizeof aspects);
    switch (difference->kind) {
    case VF_MISSING:
        vf_progress_tell(&run->progress, "record %" PRIu64 ": missing", difference->expected);
        break;
    case VF_CHANGED:
        vf_progress_tell(&run->progress, "record %" PRIu64 ": changed: %s; found at %s",
                         difference->expected, aspects, place);
        break;
    case VF_DUPLICATE:
        vf_progress_tell(&run->progress, "record %" PRIu64 ": found again at %s",
                         difference->expected, place);
        break;
    case VF_MOVED:
        vf_progress_tell(&run->progress, "record %" PRIu64 ": out of order, at %s",
                         difference->expected, place);
        break;
    case VF_UNEXPECTED: vf_progress_tell(&run->progress, "not expected: %s", place); break;
    }
}

static void count(const struct run *run, const struct vf_verify_counts *counts,
                  struct vf_counters *out)
{
    uint64_t differences = counts->missing + counts->changed + counts->moved + counts->unexpected +
                           (run->flags->allow_duplicates ? 0 : counts->duplicate);

    *out = (struct vf_counters){.worked = counts->found, .clean = !differences};
    vf_counters_add(out, "expected", counts->expected);
    vf_counters_add(out, "found", counts->found);
    vf_counters_add(out, "matched", counts->matched);
    vf_counters_add(out, "missing", counts->missing);
    vf_counters_add(out, "changed", counts->changed);
    vf_counters_add(out, "moved", counts->moved);
    vf_counters_add(out, "duplicate", counts->duplicate);
    vf_counters_add(out, "unexpected", counts->unexpected);
    vf_counters_add(out, "left_out", run->left_out);
}

/* ---- preparing ---- */

static int parse_aspects(const struct run *run, unsigned *out, struct vf_error *err)
{
    static const char *const names[] = {"key", "value", "headers", "timestamp"};
    const struct vf_flag_list *list = &run->flags->ignore;

    *out = 0;
    for (size_t i = 0; i < list->count; i++) {
        unsigned bit = 0;
        for (unsigned n = 0; n < sizeof names / sizeof *names; n++)
            if (strcmp(list->items[i], names[n]) == 0)
                bit = 1u << n;
        if (!bit)
            return vf_error_set(err, VF_EUSAGE,
                                "--ignore: \"%s\" is none of key, value, headers, timestamp",
                                list->items[i]);
        *out |= bit;
    }
    return VF_OK;
}

static int prepare(struct run *run, struct vf_error *err)
{
    const struct verify_flags *given = run->flags;
    struct vf_verify_config config = {
        .by_key = given->by == 1, .on_difference = on_difference, .owner = run};

    run->source_config = (struct vf_replay_source_config){.operands = run->call->operands,
                                                          .count = run->call->operand_count,
                                                          .convert = &run->convert,
                                                          .record_max = RECORD_MAX};
    int rc = vf_topic_flags_fill(&given->topic, run->call, false, &run->reader_config, err);
    if (!rc)
        rc = parse_aspects(run, &config.ignored, err);
    if (!rc)
        rc = vf_filter_check(&given->filter, err);
    if (!rc)
        rc = vf_rewrite_create(&given->rewrite, &run->rewrite, err);
    if (!rc)
        rc = vf_convert_config_fill(&given->convert, run->call->config, &run->convert, err);
    if (!rc && given->filter.fields.count)
        rc = vf_decoder_create(run->call->config, &run->arena, &run->decoder, err);
    if (!rc)
        rc = vf_verify_create(&config, &run->verify, err);
    if (!rc)
        rc = vf_replay_source_open(&run->source_config, &run->source, err);
    return rc;
}

/* ---- running ---- */

static bool is_wanted(const struct run *run, int32_t partition)
{
    const struct vf_topic_reader_config *config = &run->reader_config;

    for (size_t i = 0; i < config->range_count; i++)
        if (partition >= config->ranges[i].first && partition <= config->ranges[i].last)
            return true;
    return config->range_count == 0;
}

static int note_topic(struct run *run, struct vf_slice topic, struct vf_error *err)
{
    for (size_t i = 0; i < run->topic_count; i++)
        if (vf_slice_equal(run->topics[i], topic))
            return VF_OK;
    if (run->topic_count == TOPICS_MAX)
        return vf_error_set(err, VF_ELIMIT, "records of more than %d topics", TOPICS_MAX);
    struct vf_slice copy = vf_arena_copy(&run->arena, topic);
    if (!copy.ptr)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    run->topics[run->topic_count++] = copy;
    return VF_OK;
}

static int expect(struct run *run, struct vf_record *record, bool made, struct vf_error *err)
{
    run->read++;
    if (!vf_filter_passes(&run->flags->filter, record, run->decoder)) {
        run->left_out++;
        return VF_OK;
    }
    if (made && run->flags->by == 0)
        return vf_error_set(err, VF_EUSAGE,
                            "events have no partition yet: use --by key --ignore timestamp");
    int rc = vf_rewrite_apply(run->rewrite, made, 0, record, err);
    if (rc)
        return rc;
    if (!is_wanted(run, record->partition)) {
        run->left_out++;
        return VF_OK;
    }
    rc = note_topic(run, record->topic, err);
    return rc ? rc : vf_verify_expect(run->verify, record, err);
}

static int interrupted(struct vf_error *err)
{
    return vf_error_set(err, VF_EIO, "interrupted: nothing was compared to the end");
}

static int expect_all(struct run *run, struct vf_error *err)
{
    struct vf_origin origin = {"", 0, 0};
    struct vf_record record;
    bool made;

    while (!vf_interrupted()) {
        int rc = vf_replay_source_next(run->source, &record, &origin, &made, err);
        if (rc == VF_ENOENT)
            return VF_OK;
        if (!rc)
            rc = expect(run, &record, made, err);
        if (rc && rc != VF_EAGAIN) {
            if (rc != VF_EIO)
                vf_error_prefix(err, "%s:%" PRIu64, origin.file, origin.number);
            return rc;
        }
    }
    return interrupted(err);
}

static int find_all(struct run *run, struct vf_error *err)
{
    struct vf_counters counters;
    struct vf_record record;

    while (!vf_interrupted()) {
        int rc = vf_topic_reader_next(run->reader, &record, err);
        if (rc == VF_ENOENT)
            return VF_OK;
        if (!rc && vf_filter_passes(&run->flags->filter, &record, run->decoder))
            rc = vf_verify_find(run->verify, &record, err);
        if (rc && rc != VF_EAGAIN)
            return rc;
        if (vf_progress_is_due(&run->progress)) {
            count(run, &(struct vf_verify_counts){.expected = run->read - run->left_out},
                  &counters);
            counters.done = vf_topic_reader_passed(run->reader);
            vf_progress_show(&run->progress, &counters);
        }
    }
    return interrupted(err);
}

static int compare(struct run *run, bool *same, struct vf_error *err)
{
    const char *topics[TOPICS_MAX];
    struct vf_verify_counts counts;
    struct vf_counters counters;

    vf_progress_begin(&run->progress, run->call->common->quiet, 0);
    int rc = expect_all(run, err);
    if (rc)
        return rc;
    if (!run->topic_count && run->flags->rewrite.to.ptr)
        run->topics[run->topic_count++] = run->flags->rewrite.to;
    for (size_t i = 0; i < run->topic_count; i++)
        topics[i] = run->topics[i].ptr;
    run->reader_config.topics = topics;
    run->reader_config.topic_count = run->topic_count;
    if (!run->topic_count)
        return vf_error_set(err, VF_EINVAL, "there is no record to look for");
    rc = vf_topic_reader_open(&run->reader_config, &run->reader, err);
    if (!rc) {
        run->progress.total = vf_topic_reader_span(run->reader);
        rc = find_all(run, err);
    }
    if (rc)
        return rc;
    vf_verify_end(run->verify, &counts);
    if (run->told > (uint64_t)run->flags->differences)
        vf_progress_tell(&run->progress, "%" PRIu64 " more differences",
                         run->told - (uint64_t)run->flags->differences);
    count(run, &counts, &counters);
    *same = counters.clean;
    vf_progress_end(&run->progress, *same ? "the same" : "different", &counters);
    return VF_OK;
}

static int run_command(const struct vf_call *call)
{
    struct run *run = vf_calloc(1, sizeof *run);
    struct vf_error err = {0};
    bool same = false;

    if (!run)
        return vf_tool_fail(&(struct vf_error){.code = VF_ENOMEM});
    run->call = call;
    run->flags = call->flags;
    vf_arena_init(&run->arena, ARENA_BLOCK, ARENA_MAX);
    int rc = prepare(run, &err);
    if (!rc)
        rc = compare(run, &same, &err);
    int code = rc ? vf_tool_fail(&err) : same ? VF_TOOL_OK : VF_TOOL_FAILURE;
    vf_topic_reader_close(run->reader);
    vf_replay_source_close(run->source);
    vf_verify_free(run->verify);
    vf_rewrite_free(run->rewrite);
    vf_decoder_free(run->decoder);
    vf_arena_release(&run->arena);
    vf_free(run);
    return code;
}

const struct vf_tool_command vf_tool_verify = {
    .name = "verify",
    .operands = "FILE...",
    .summary = "Compares recordings with what topics hold, and tells the differences.",
    .details =
        "Give the options that the replay had: the same records are expected, changed in the\n"
        "same way. Filters are for both sides. Count, order, keys, values, headers and\n"
        "timestamps are compared; records are numbered as they come in the files. The exit\n"
        "status is 1 when anything differs.\n"
        "\n"
        "expected = matched + changed + moved + missing,\n"
        "found = matched + changed + moved + duplicate + unexpected.\n",
    .examples = "  visitfeed-producer verify visits.avro --against test.visits\n"
                "  visitfeed-producer verify visits.avro --against test.visits --by key\n"
                "  visitfeed-producer verify day.avro --allow-duplicates --ignore timestamp\n",
    .flags = {flags, sizeof flags / sizeof *flags},
    .flags_size = sizeof(struct verify_flags),
    .operands_min = 1,
    .operands_max = INT32_MAX,
    .clients = VF_TOOL_CONSUMES,
    .run = run_command};
