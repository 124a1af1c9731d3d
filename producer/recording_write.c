#include "base/memory.h"
#include "codec/wire_container.h"
#include "recording.h"
#include "recording_json.h"
#include "vf_recording.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

struct vf_recorder {
    enum vf_recording_format format;
    const char *name;
    struct wire_container_writer *container; /* owned; AVRO */
    struct wire_schema *schema;              /* owned; AVRO */
    FILE *file;                              /* owned, unless it is standard output; JSON */
    struct vf_json_scribe *scribe;           /* owned; JSON */
    struct vf_buffer bytes;                  /* of one record */
    struct vf_recorded_header *headers;      /* owned; AVRO */
    size_t headers_capacity;
};

static int open_avro(struct vf_recorder *recorder, const char *path, const char *codec,
                     struct vf_error *err)
{
    struct vf_slice schema_json = vf_slice_of(vf_recorded_record_schema_json);

    int rc = wire_schema_parse(schema_json, &recorder->schema, err);
    return rc ? rc : wire_container_create(path, schema_json, codec, &recorder->container, err);
}

static int open_json(struct vf_recorder *recorder, const char *path, struct vf_decoder *decoder,
                     struct vf_error *err)
{
    recorder->scribe = vf_calloc(1, sizeof *recorder->scribe);
    if (!recorder->scribe)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    vf_json_scribe_init(recorder->scribe, decoder);
    recorder->file = strcmp(path, "-") == 0 ? stdout : fopen(path, "wbe");
    if (!recorder->file)
        return vf_error_set(err, VF_EIO, "%s: %s", path, strerror(errno));
    return VF_OK;
}

int vf_recorder_create(const char *path, enum vf_recording_format format, const char *codec,
                       bool overwrite, struct vf_decoder *decoder, struct vf_recorder **out,
                       struct vf_error *err)
{
    bool to_stdout = strcmp(path, "-") == 0;

    *out = NULL;
    if (to_stdout && format == VF_RECORDING_AVRO)
        return vf_error_set(err, VF_EINVAL, "an Avro file can't go to standard output");
    if (!to_stdout && !overwrite && access(path, F_OK) == 0)
        return vf_error_set(err, VF_EINVAL, "%s: exists; --overwrite replaces it", path);
    struct vf_recorder *recorder = vf_calloc(1, sizeof *recorder);
    if (!recorder)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    recorder->format = format;
    recorder->name = to_stdout ? "<stdout>" : path;
    vf_buffer_init(&recorder->bytes, 4 * (size_t)VF_RECORD_BYTES_MAX); /* JSON escapes */
    int rc = format == VF_RECORDING_AVRO ? open_avro(recorder, path, codec, err)
                                         : open_json(recorder, path, decoder, err);
    if (!rc && !to_stdout)
        rc = vf_recorder_flush(recorder, err); /* a file without records is one, too */
    if (rc) {
        vf_recorder_finish(recorder, NULL);
        return rc;
    }
    *out = recorder;
    return VF_OK;
}

static bool copy_headers(struct vf_recorder *recorder, const struct vf_record *record)
{
    if (record->header_count > recorder->headers_capacity) {
        struct vf_recorded_header *grown =
            vf_realloc(recorder->headers, record->header_count * sizeof *grown);
        if (!grown)
            return false;
        recorder->headers = grown;
        recorder->headers_capacity = record->header_count;
    }
    for (size_t i = 0; i < record->header_count; i++)
        recorder->headers[i] = (struct vf_recorded_header){.name = record->headers[i].name,
                                                           .value = record->headers[i].value};
    return true;
}

static int32_t timestamp_type(enum vf_timestamp_type type)
{
    switch (type) {
    case VF_TIMESTAMP_CREATE: return VF_RECORDED_TIMESTAMP_TYPE_CREATE;
    case VF_TIMESTAMP_APPEND: return VF_RECORDED_TIMESTAMP_TYPE_APPEND;
    case VF_TIMESTAMP_NONE: break;
    }
    return VF_RECORDED_TIMESTAMP_TYPE_NONE;
}

static int add_avro(struct vf_recorder *recorder, const struct vf_record *record,
                    struct vf_error *err)
{
    if (!copy_headers(recorder, record))
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    struct vf_recorded_record value = {
        .topic = record->topic,
        .partition = record->partition,
        .offset = record->offset,
        .timestamp = record->timestamp_ms,
        .timestamp_type = timestamp_type(record->timestamp_type),
        .key = record->key,
        .value = record->value,
        .headers = {recorder->headers, record->header_count},
    };
    vf_buffer_clear(&recorder->bytes);
    int rc = wire_encode(recorder->schema, &value, &recorder->bytes, err);
    return rc ? rc
              : wire_container_append(recorder->container, vf_buffer_slice(&recorder->bytes), err);
}

static int fail_write(const struct vf_recorder *recorder, struct vf_error *err)
{
    return vf_error_set(err, VF_EIO, "%s: can't be written: %s", recorder->name, strerror(errno));
}

static int add_json(struct vf_recorder *recorder, const struct vf_record *record,
                    struct vf_error *err)
{
    vf_buffer_clear(&recorder->bytes);
    int rc = vf_json_scribe_write(recorder->scribe, record, &recorder->bytes, err);
    if (rc)
        return rc;
    if (fwrite(recorder->bytes.data, 1, recorder->bytes.len, recorder->file) != recorder->bytes.len)
        return fail_write(recorder, err);
    return VF_OK;
}

int vf_recorder_add(struct vf_recorder *recorder, const struct vf_record *record,
                    struct vf_error *err)
{
    return recorder->format == VF_RECORDING_AVRO ? add_avro(recorder, record, err)
                                                 : add_json(recorder, record, err);
}

int vf_recorder_flush(struct vf_recorder *recorder, struct vf_error *err)
{
    if (recorder->format == VF_RECORDING_AVRO)
        return wire_container_flush(recorder->container, err);
    return fflush(recorder->file) ? fail_write(recorder, err) : VF_OK;
}

int vf_recorder_finish(struct vf_recorder *recorder, struct vf_error *err)
{
    int rc = VF_OK;

    if (!recorder)
        return VF_OK;
    if (recorder->container)
        rc = wire_container_finish(recorder->container, err);
    if (recorder->file && (fflush(recorder->file) || ferror(recorder->file)))
        rc = fail_write(recorder, err);
    if (recorder->file && recorder->file != stdout && fclose(recorder->file) && !rc)
        rc = fail_write(recorder, err);
    if (recorder->scribe)
        vf_json_scribe_release(recorder->scribe);
    vf_free(recorder->scribe);
    wire_schema_free(recorder->schema);
    vf_buffer_release(&recorder->bytes);
    vf_free(recorder->headers);
    vf_free(recorder);
    return rc;
}
