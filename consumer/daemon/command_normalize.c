#include "daemon/commands.h"

#include "codec/wire_json.h"
#include "feed/convert.h"
#include "feed/input.h"
#include <errno.h>
#include <stdio.h>

enum { OUTPUT_MAX = 64 << 20 }; /* bytes of one event as JSON */

/* The daemon's pipeline without Kafka: a report becomes a record, as the producer would send it,
 * and the record goes through the pipeline. */
struct normalize {
    struct vf_converter *converter;
    struct vf_schema_store *schemas;
    struct vf_reference *reference;
    struct vf_pipeline *pipeline;
    struct vf_buffer json; /* reused */
    uint64_t read;
    uint64_t written;
    uint64_t refused;
};

static void refuse(struct normalize *work, const struct vf_input *input, uint64_t number,
                   const struct vf_error *err)
{
    work->refused++;
    fprintf(stderr, "%s:%llu: %s\n", vf_input_name(input), (unsigned long long)number,
            err->text[0] ? err->text : vf_strerror(err->code));
}

static int write_event(struct normalize *work, const struct vf_output *out, struct vf_error *err)
{
    vf_buffer_clear(&work->json);
    int rc =
        wire_json_write(vf_pipeline_output_schema(work->pipeline), out->event, &work->json, err);
    if (!rc && !vf_buffer_append_char(&work->json, '\n'))
        rc = vf_error_set(err, VF_ELIMIT, "event is longer than %d bytes", OUTPUT_MAX);
    if (!rc && fwrite(work->json.data, 1, work->json.len, stdout) != work->json.len)
        rc = vf_error_set(err, VF_EIO, "standard output: %s", strerror(errno));
    return rc;
}

/* VF_EIO ends the work; any other failure refuses this one report. */
static int normalize_item(struct normalize *work, struct vf_input *input,
                          const struct vf_input_item *item, struct vf_error *err)
{
    bool avro = vf_input_format(input) == VF_INPUT_AVRO;
    struct vf_record record;
    struct vf_output out;

    int rc = avro ? vf_converter_avro(work->converter, item->bytes, &record, err)
                  : vf_converter_json(work->converter, item->bytes, &record, err);
    if (rc)
        return rc;
    record.partition = 0;
    record.offset = (int64_t)item->number - 1;
    vf_pipeline_run(work->pipeline, &record, &out);
    if (out.outcome != VF_OUTCOME_EVENT) {
        *err = out.reason;
        return out.reason.code;
    }
    rc = write_event(work, &out, err);
    work->written += rc == VF_OK;
    return rc;
}

static int normalize_file(struct normalize *work, const char *path, enum vf_input_format format,
                          size_t record_max, struct vf_error *err)
{
    struct vf_input *input;
    struct vf_input_item item;

    int rc = vf_input_open(path, format, record_max, &input, err);
    if (rc)
        return rc;
    if (vf_input_format(input) == VF_INPUT_AVRO)
        rc = vf_converter_set_writer(work->converter, vf_input_schema(input), err);
    while (!rc) {
        item = (struct vf_input_item){0};
        rc = vf_input_next(input, &item, err);
        if (rc == VF_ENOENT)
            break;
        if (rc == VF_EAGAIN) { /* a pipe has nothing yet */
            rc = VF_OK;
            continue;
        }
        bool broken = rc == VF_EIO || rc == VF_ENOMEM;
        if (!broken)
            work->read++;
        if (!rc)
            rc = normalize_item(work, input, &item, err);
        if (rc && !broken && rc != VF_EIO) {
            refuse(work, input, item.number, err);
            rc = VF_OK;
        }
    }
    if (rc && rc != VF_ENOENT)
        vf_error_prefix(err, "%s", vf_input_name(input));
    vf_input_close(input);
    return rc == VF_ENOENT ? VF_OK : rc;
}

static int create(struct normalize *work, const struct vf_command_line *line,
                  const struct vf_config *config, struct vf_arena *arena, struct vf_error *err)
{
    struct vf_pipeline_config pipeline;
    struct vf_convert_config convert = {
        .kind = line->kind.len == 0                ? VF_KIND_AUTO
                : vf_slice_is(line->kind, "visit") ? VF_KIND_VISIT
                                                   : VF_KIND_MEETING,
        .topics =
            {[VF_KIND_VISIT] = config->input_visits, [VF_KIND_MEETING] = config->input_meetings},
        .framing = WIRE_FRAMING_CONFLUENT,
        .schema_ids = {[VF_KIND_VISIT] = 1, [VF_KIND_MEETING] = 2},
        .stamp = VF_STAMP_PUBLISHED,
        .limits = {(size_t)config->limit_value, (size_t)config->limit_items,
                   (size_t)config->limit_depth},
        .event_bytes_max = (size_t)config->limit_event_memory};

    vf_buffer_init(&work->json, OUTPUT_MAX);
    int rc = vf_converter_create(&convert, &work->converter, err);
    if (!rc)
        rc = vf_reference_load(config->reference_directory.ptr, &work->reference, err);
    if (!rc && (rc = vf_schema_store_create(&work->schemas)))
        vf_error_set(err, rc, "out of memory");
    if (!rc)
        rc = vf_config_schemas(&(struct vf_config){0}, work->schemas, arena, err);
    vf_config_pipeline(config, &pipeline);
    pipeline.input_framing = WIRE_FRAMING_CONFLUENT;
    if (!rc)
        rc = vf_pipeline_create(&pipeline, work->schemas, work->reference, &work->pipeline, err);
    return rc;
}

static void release(struct normalize *work)
{
    vf_pipeline_free(work->pipeline);
    vf_schema_store_free(work->schemas);
    vf_reference_release(work->reference);
    vf_converter_free(work->converter);
    vf_buffer_release(&work->json);
}

int vf_command_normalize(const struct vf_command_line *line, const struct vf_config *config,
                         struct vf_arena *arena)
{
    struct normalize work = {0};
    struct vf_error err = {0};
    enum vf_input_format format = VF_INPUT_AUTO;

    if (!line->argument_count) {
        vf_error_set(&err, VF_EUSAGE, "normalize needs a file, or - for standard input");
        return vf_command_fail(&err);
    }
    int rc = create(&work, line, config, arena, &err);
    for (int i = 0; !rc && i < line->argument_count; i++)
        rc = normalize_file(&work, line->arguments[i], format, (size_t)config->limit_value, &err);
    if (!rc && fflush(stdout) != 0)
        rc = vf_error_set(&err, VF_EIO, "standard output: %s", strerror(errno));
    release(&work);
    if (rc)
        return vf_command_fail(&err);
    if (work.refused)
        fprintf(stderr, "normalize: read %llu = written %llu + refused %llu\n",
                (unsigned long long)work.read, (unsigned long long)work.written,
                (unsigned long long)work.refused);
    return work.refused ? VF_EXIT_FAILURE : VF_EXIT_OK;
}
