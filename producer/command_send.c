#include "convert_config.h"
#include "feed/input.h"
#include "interrupt.h"
#include "pacer.h"
#include "progress.h"
#include "registry_ids.h"
#include "rejects.h"
#include "sender.h"
#include "tool.h"
#include <sys/stat.h>

enum { TOLD_MAX = 20 };                         /* records not delivered that are told one by one */
enum { MIB = 1024 * 1024, ARENA_BLOCK = 4096 }; /* bytes */

enum on_error { ON_ERROR_STOP, ON_ERROR_SKIP, ON_ERROR_DEAD_LETTER };

struct send_flags {
    struct vf_common_flags common;
    struct vf_convert_flags convert;
    int64_t format;   /* enum vf_input_format */
    int64_t on_error; /* enum on_error */
    struct vf_slice dead_letter;
    bool allow_skipped;
    struct vf_slice rate;
    int64_t limit;
    int64_t record_max;
    int64_t connect_timeout;
    int64_t delivery_timeout;
    bool dry_run;
};

#define AT(field) offsetof(struct send_flags, field)

static const char *const format_choices[] = {"auto", "lines", "array", "avro", NULL};
static const char *const on_error_choices[] = {"stop", "skip", "dead-letter FILE", NULL};

static const struct vf_flag flags[] = {
    VF_CHOICE_FLAG('k', "kind", AT(convert.kind), "auto", vf_kind_choices, 0,
                   "what the records are; auto: by their fields, or by\nthe name of their schema"),
    VF_TEXT_FLAG('t', "topic", "TOPIC", AT(convert.topic), NULL,
                 "where to; else input.visits or input.meetings of the\nconfiguration, by kind"),
    VF_CHOICE_FLAG(0, "format", AT(format), "auto", format_choices, 0,
                   "of the files; auto: by their first bytes"),
    VF_TEXT_FLAG(0, "framing", "confluent|header|single-object|plain", AT(convert.framing), NULL,
                 "how values name their schema; else input.framing of\nthe configuration"),
    VF_LIST_FLAG(
        0, "schema-id", "[KIND=]ID", AT(convert.schema_ids),
        "id of the schema, or its GUID for the header framing; else\nasked of the registry, if "
        "one is configured [visit=1,\nmeeting=2]"),
    VF_TEXT_FLAG(0, "timestamp", "now|published|MS", AT(convert.timestamp), "now",
                 "of the Kafka records: now, published_at, or milliseconds.\nOld ones may be "
                 "deleted at once: see the topic's retention.ms"),
    VF_LIST_FLAG('a', "add-header", "NAME=VALUE", AT(convert.headers),
                 "add a header to every record"),
    VF_CHOICE_FLAG(0, "on-error", AT(on_error), "stop", on_error_choices, AT(dead_letter),
                   "what to do about a bad record; dead-letter: write it\nto FILE, with the "
                   "reason, and go on"),
    VF_SWITCH_FLAG(0, "allow-skipped", AT(allow_skipped),
                   "exit with 0 although bad records were skipped"),
    VF_TEXT_FLAG('r', "rate", "N/s", AT(rate), "max",
                 "records sent per second at most; also N/min, N/h"),
    VF_NUMBER_FLAG('n', "limit", "N", VF_OPTION_INT, AT(limit), NULL, 1, INT64_MAX,
                   "end after N records of the input"),
    VF_NUMBER_FLAG(0, "record-max", "SIZE", VF_OPTION_SIZE, AT(record_max), "8MiB", 1024,
                   256 * (int64_t)MIB, "longest line or record taken"),
    VF_NUMBER_FLAG(0, "connect-timeout", "DURATION", VF_OPTION_DURATION, AT(connect_timeout), "30s",
                   1, 3600000, "longest wait for the first broker"),
    VF_NUMBER_FLAG(0, "delivery-timeout", "DURATION", VF_OPTION_DURATION, AT(delivery_timeout),
                   "2min", 1000, 86400000, "longest wait for a record's acknowledgement"),
    VF_SWITCH_FLAG(0, "dry-run", AT(dry_run), "read, check and encode everything; send nothing"),
};

/* One run of the command. */
struct send {
    const struct send_flags *flags;
    const struct vf_config *config;
    struct vf_arena arena;          /* of texts for the registry's client */
    struct vf_converter *converter; /* owned */
    struct vf_sender *sender;       /* owned; NULL in a dry run */
    struct vf_rejects *rejects;     /* owned; may be NULL */
    struct vf_pacer pacer;
    struct vf_progress progress;
    struct vf_tally tally;
    const struct vf_input *input; /* being read; NULL: none */
    uint64_t finished;            /* bytes of the files that are done */
    uint64_t told;                /* of those not delivered */
    uint64_t served;              /* calls of serve */
    bool stopped;                 /* by an error, as asked */
    bool broken;                  /* something failed that is no record's fault */
};

static void show_progress(struct send *send)
{
    struct vf_counters counters;

    if (!vf_progress_is_due(&send->progress))
        return;
    vf_tally_counters(&send->tally, &counters);
    counters.done = send->finished + (send->input ? vf_input_consumed(send->input) : 0);
    vf_progress_show(&send->progress, &counters);
}

static void on_delivery(void *owner, const struct vf_delivery *delivery)
{
    struct send *send = owner;

    if (!delivery->code) {
        send->tally.acknowledged++;
        return;
    }
    send->tally.undelivered++;
    if (send->flags->on_error == ON_ERROR_STOP)
        send->stopped = true;
    if (send->told++ < TOLD_MAX)
        vf_progress_tell(&send->progress, "%s:%llu: not delivered to %s: %s", delivery->origin.file,
                         (unsigned long long)delivery->origin.number, delivery->topic,
                         delivery->reason);
    else if (send->told == TOLD_MAX + 1)
        vf_progress_tell(&send->progress, "more were not delivered: see the summary");
}

/* A record that can't be sent: the run ends, or goes on without it, as asked. */
static void refuse(struct send *send, const struct vf_input *input,
                   const struct vf_input_item *item, const struct vf_error *reason)
{
    struct vf_error err = {0};

    vf_progress_tell(&send->progress, "%s:%llu: %s", vf_input_name(input),
                     (unsigned long long)item->number,
                     reason->text[0] ? reason->text : vf_strerror(reason->code));
    if (send->flags->on_error == ON_ERROR_STOP) {
        send->tally.failed++;
        send->stopped = true;
        return;
    }
    bool is_line = vf_input_format(input) != VF_INPUT_AVRO;
    if (send->rejects && vf_rejects_add(send->rejects, vf_input_name(input), is_line, item->number,
                                        reason, item->bytes, &err)) {
        vf_progress_tell(&send->progress, "%s", err.text);
        send->tally.failed++;
        send->stopped = true;
        return;
    }
    send->tally.skipped++;
}

/* Until the record is due. */
static void wait_for_turn(struct send *send)
{
    enum { MS_NS = 1000000, LONGEST_MS = 50 };
    int64_t now = vf_monotonic_ns();
    int64_t due = vf_pacer_next(&send->pacer, now);

    while (now < due && !vf_interrupted()) {
        int64_t left_ms = (due - now) / MS_NS;
        if (left_ms > 0 && send->sender)
            vf_sender_poll(send->sender, left_ms > LONGEST_MS ? LONGEST_MS : (int)left_ms);
        else
            vf_sleep_until(left_ms > LONGEST_MS ? now + (int64_t)LONGEST_MS * MS_NS : due);
        show_progress(send);
        now = vf_monotonic_ns();
    }
}

static void send_record(struct send *send, const struct vf_input *input,
                        const struct vf_input_item *item, const struct vf_record *record)
{
    struct vf_origin origin = {vf_input_name(input), item->number, 0};
    struct vf_error err;

    vf_error_clear(&err);
    wait_for_turn(send);
    int rc = send->sender ? vf_sender_send(send->sender, record, &origin, &err) : VF_OK;
    if (rc == VF_EAGAIN) { /* interrupted: as if it had not been read */
        send->tally.read--;
        return;
    }
    if (!rc) {
        send->tally.sent++;
        send->tally.bytes += record->key.len + record->value.len;
        return;
    }
    if (!vf_sender_failed(send->sender, &err)) {
        refuse(send, input, item, &err);
        return;
    }
    vf_progress_tell(&send->progress, "%s:%llu: %s", origin.file, (unsigned long long)item->number,
                     err.text);
    send->tally.failed++;
    send->stopped = send->broken = true;
}

static void take_item(struct send *send, const struct vf_input *input,
                      const struct vf_input_item *item)
{
    struct vf_record record;
    struct vf_error err;

    vf_error_clear(&err);
    int rc = vf_input_format(input) == VF_INPUT_AVRO
                 ? vf_converter_avro(send->converter, item->bytes, &record, &err)
                 : vf_converter_json(send->converter, item->bytes, &record, &err);
    if (rc)
        refuse(send, input, item, &err);
    else
        send_record(send, input, item, &record);
}

static bool is_over(const struct send *send)
{
    return send->stopped || vf_interrupted() ||
           (send->flags->limit && send->tally.read >= (uint64_t)send->flags->limit);
}

/* Between records, and not after each of them; a pipe that has nothing is no hurry. */
static void serve(struct send *send, bool idle)
{
    enum { EVERY = 16 };

    if (!idle && send->served++ % EVERY)
        return;
    if (send->sender)
        vf_sender_poll(send->sender, 0);
    show_progress(send);
}

static void send_items(struct send *send, struct vf_input *input)
{
    while (!is_over(send)) {
        struct vf_input_item item = {0};
        struct vf_record record;
        struct vf_error err;

        if (vf_converter_next(send->converter, input, &item, &record)) {
            serve(send, false);
            send->tally.read++;
            send_record(send, input, &item, &record);
            continue;
        }
        vf_error_clear(&err);
        int rc = vf_input_next(input, &item, &err);
        serve(send, rc == VF_EAGAIN);
        if (rc == VF_ENOENT)
            return;
        if (rc == VF_EAGAIN)
            continue;
        send->tally.read++;
        if (!rc) {
            take_item(send, input, &item);
        } else if (rc == VF_EIO || rc == VF_ENOMEM) {
            vf_progress_tell(&send->progress, "%s:%llu: %s", vf_input_name(input),
                             (unsigned long long)item.number, err.text);
            send->tally.failed++;
            send->stopped = send->flags->on_error == ON_ERROR_STOP;
            return;
        } else {
            refuse(send, input, &item, &err);
        }
    }
}

static void fail_file(struct send *send, const struct vf_error *err)
{
    vf_progress_tell(&send->progress, "%s", err->text);
    send->broken = true;
    send->stopped = send->flags->on_error == ON_ERROR_STOP;
}

static void send_file(struct send *send, const char *path)
{
    struct vf_error err = {0};
    struct vf_input *input;

    int rc = vf_input_open(path, (enum vf_input_format)send->flags->format,
                           (size_t)send->flags->record_max, &input, &err);
    if (rc) {
        fail_file(send, &err);
        return;
    }
    send->input = input;
    if (vf_input_format(input) == VF_INPUT_AVRO &&
        vf_converter_set_writer(send->converter, vf_input_schema(input), &err)) {
        vf_error_prefix(&err, "%s", vf_input_name(input));
        fail_file(send, &err);
    } else {
        send_items(send, input);
    }
    send->finished += vf_input_consumed(input);
    send->input = NULL;
    vf_input_close(input);
}

/* Waits for all acknowledgements; after Ctrl-C only as long as a shutdown may take. */
static void drain(struct send *send)
{
    struct vf_error err = {0};
    int64_t deadline = send->config->shutdown_deadline;

    if (!send->sender)
        return;
    int rc = VF_EAGAIN;
    if (!vf_interrupted())
        rc = vf_sender_drain(send->sender, -1, &err);
    if (rc == VF_EAGAIN)
        rc = vf_sender_drain(send->sender, deadline > INT32_MAX ? INT32_MAX : (int)deadline, &err);
    if (rc)
        vf_progress_tell(&send->progress, VF_PRODUCER_NAME ": %s", err.text);
    vf_sender_abandon(send->sender);
}

static int finish(struct send *send)
{
    struct vf_error err = {0};
    const struct vf_tally *tally = &send->tally;
    struct vf_counters counters;

    drain(send);
    if (vf_rejects_close(send->rejects, &err)) {
        vf_progress_tell(&send->progress, VF_PRODUCER_NAME ": %s", err.text);
        send->broken = true;
    }
    send->rejects = NULL;
    if (vf_interrupted())
        vf_progress_tell(&send->progress, VF_PRODUCER_NAME ": interrupted");
    vf_tally_counters(tally, &counters);
    vf_progress_end(&send->progress, send->flags->dry_run ? "summary of the dry run" : "summary",
                    &counters);
    bool whole = !send->broken && !vf_interrupted() && !tally->failed && !tally->undelivered &&
                 (!tally->skipped || send->flags->allow_skipped);
    return whole ? VF_TOOL_OK : VF_TOOL_FAILURE;
}

/* Sum of the files' sizes; 0 when one of them has none. */
static uint64_t total_size(const struct vf_call *call)
{
    uint64_t total = 0;
    struct stat status;

    for (int i = 0; i < call->operand_count; i++) {
        if (stat(call->operands[i], &status) || !S_ISREG(status.st_mode))
            return 0;
        total += (uint64_t)status.st_size;
    }
    return total;
}

static int prepare(struct send *send, const struct vf_call *call, struct vf_error *err)
{
    const struct send_flags *flags_given = send->flags;
    struct vf_client_settings settings = vf_tool_client_settings(call);
    struct vf_sender_events events = {on_delivery, send};
    struct vf_convert_config convert;

    int rc = vf_convert_config_fill(&flags_given->convert, call->config, &convert, err);
    if (!rc && !flags_given->convert.schema_ids.count && !flags_given->dry_run)
        rc = vf_registry_fill_ids(call->config, &send->arena, &convert, err);
    if (!rc)
        rc = vf_rate_parse(flags_given->rate, &send->pacer.per_second, err);
    if (!rc)
        rc = vf_converter_create(&convert, &send->converter, err);
    if (!rc && flags_given->dead_letter.ptr)
        rc = vf_rejects_open(flags_given->dead_letter.ptr, &send->rejects, err);
    if (rc || flags_given->dry_run)
        return rc;
    rc = vf_sender_create(&settings, (int)flags_given->delivery_timeout, &events, &send->sender,
                          err);
    if (!rc)
        rc = vf_sender_connect(send->sender, (int)flags_given->connect_timeout, err);
    return rc;
}

static int run(const struct vf_call *call)
{
    struct send send = {.flags = call->flags, .config = call->config};
    struct vf_error err = {0};
    int code;

    vf_arena_init(&send.arena, ARENA_BLOCK, MIB);
    vf_progress_begin(&send.progress, call->common->quiet, total_size(call));
    if (prepare(&send, call, &err)) {
        vf_rejects_close(send.rejects, NULL);
        code = vf_tool_fail(&err);
    } else {
        for (int i = 0; i < call->operand_count && !is_over(&send); i++)
            send_file(&send, call->operands[i]);
        code = finish(&send);
    }
    vf_sender_free(send.sender);
    vf_converter_free(send.converter);
    vf_arena_release(&send.arena);
    return code;
}

const struct vf_tool_command vf_tool_send = {
    .name = "send",
    .operands = "FILE...",
    .summary = "Sends visits and meetings from files to Kafka and waits for acknowledgements.",
    .details =
        "FILE holds JSON lines, a JSON array, or is an Avro container file of any compatible\n"
        "schema; - is standard input. Each record becomes a Kafka record with the key\n"
        "source|event_id. Bad records are told as FILE:LINE: FIELD: REASON (for a container\n"
        "file the number of the record).\n"
        "\n"
        "The summary adds up: read = sent + skipped + failed, and sent = acknowledged +\n"
        "undelivered. The exit status is 0 only if every record was acknowledged.\n"
        "Ctrl-C ends reading and waits for what was sent; a second one ends at once.\n",
    .examples =
        "  visitfeed-producer -b localhost:9092 visits.jsonl meetings.jsonl\n"
        "  visitfeed-producer --on-error dead-letter bad.jsonl --rate 100/s visits.jsonl\n"
        "  visitfeed-producer --dry-run reports.avro\n"
        "  jq -c .reports[] export.json | visitfeed-producer --topic test.visits --kind visit -\n"
        "  jq -r .text bad.jsonl | visitfeed-producer -    (after mending what was refused)\n",
    .flags = {flags, sizeof flags / sizeof *flags},
    .flags_size = sizeof(struct send_flags),
    .operands_min = 1,
    .operands_max = INT32_MAX,
    .clients = VF_TOOL_PRODUCES,
    .run = run};
