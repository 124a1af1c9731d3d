#include "replay_source.h"

#include "base/memory.h"
#include "feed/input.h"
#include "recording.h"
#include <sys/stat.h>
#include <unistd.h>

/* What the file being read holds. */
enum content { CONTENT_UNKNOWN, CONTENT_RECORDING, CONTENT_EVENTS };

struct vf_replay_source {
    const struct vf_replay_source_config *config;
    struct vf_topic_reader *reader; /* owned; topics */
    struct vf_lane_bounds *bounds;  /* owned; what is read of them */
    size_t bound_count;
    int next_file;          /* index of the operand to be opened next */
    struct vf_input *input; /* owned; the file being read */
    struct vf_slice item;   /* borrowed; read last */
    enum content content;
    struct vf_player *player;       /* owned; of a recording */
    struct vf_converter *converter; /* owned; of events, for all files */
    uint64_t generated;             /* events the generator gave */
    struct vf_buffer broken;        /* value of a broken one */
    uint64_t finished;              /* bytes of the files that are done */
    uint64_t total;                 /* bytes of all files; 0: not known */
};

static bool is_file(const char *name)
{
    return strcmp(name, "-") == 0 || strchr(name, '/') || access(name, F_OK) == 0;
}

int vf_replay_operands(char **operands, int count, bool *topics, struct vf_error *err)
{
    *topics = count > 0 && !is_file(operands[0]);
    for (int i = 1; i < count; i++)
        if (is_file(operands[i]) == *topics)
            return vf_error_set(
                err, VF_EUSAGE, "\"%s\" is a %s and \"%s\" is a %s: one or the other, please",
                operands[0], *topics ? "topic" : "file", operands[i], *topics ? "file" : "topic");
    return VF_OK;
}

static uint64_t total_size(const struct vf_replay_source_config *config)
{
    uint64_t total = 0;
    struct stat status;

    for (int i = 0; i < config->count; i++) {
        if (stat(config->operands[i], &status) || !S_ISREG(status.st_mode))
            return 0;
        total += (uint64_t)status.st_size;
    }
    return total;
}

/* Every round reads what the first one did. */
static int keep_bounds(struct vf_replay_source *source, struct vf_error *err)
{
    size_t count = vf_topic_reader_bound_count(source->reader);

    if (source->bounds || source->config->reader->end.kind == VF_BOUND_NEVER)
        return VF_OK;
    source->bounds = vf_calloc(count, sizeof *source->bounds);
    if (!source->bounds)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    for (size_t i = 0; i < count; i++)
        source->bounds[i] = vf_topic_reader_bounds(source->reader, i);
    source->bound_count = count;
    return VF_OK;
}

static int open_reader(struct vf_replay_source *source, struct vf_error *err)
{
    struct vf_topic_reader_config config = *source->config->reader;

    config.topics = (const char *const *)source->config->operands;
    config.topic_count = (size_t)source->config->count;
    if (source->bound_count) {
        config.bounds = source->bounds;
        config.bound_count = source->bound_count;
    }
    int rc = vf_topic_reader_open(&config, &source->reader, err);
    return rc ? rc : keep_bounds(source, err);
}

int vf_replay_source_open(const struct vf_replay_source_config *config,
                          struct vf_replay_source **out, struct vf_error *err)
{
    struct vf_replay_source *source = vf_calloc(1, sizeof *source);
    int rc = VF_OK;

    *out = NULL;
    if (!source)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    source->config = config;
    vf_buffer_init(&source->broken, config->record_max);
    if (config->generator)
        rc = vf_converter_create(config->convert, &source->converter, err);
    else if (config->topics)
        rc = open_reader(source, err);
    else
        source->total = total_size(config);
    if (rc) {
        vf_replay_source_close(source);
        return rc;
    }
    *out = source;
    return VF_OK;
}

const struct vf_lane_bounds *vf_replay_source_bounds(const struct vf_replay_source *source,
                                                     size_t *count)
{
    *count = source->bound_count;
    return source->bounds;
}

static void close_file(struct vf_replay_source *source)
{
    if (source->input)
        source->finished += vf_input_consumed(source->input);
    vf_input_close(source->input);
    vf_player_free(source->player);
    source->input = NULL;
    source->player = NULL;
    source->content = CONTENT_UNKNOWN;
}

void vf_replay_source_close(struct vf_replay_source *source)
{
    if (!source)
        return;
    close_file(source);
    vf_topic_reader_close(source->reader);
    vf_converter_free(source->converter);
    vf_buffer_release(&source->broken);
    vf_free(source->bounds);
    vf_free(source);
}

int vf_replay_source_rewind(struct vf_replay_source *source, struct vf_error *err)
{
    const struct vf_replay_source_config *config = source->config;

    if (config->generator) {
        vf_generator_rewind(config->generator);
        source->generated = 0;
        return VF_OK;
    }
    if (config->topics) {
        vf_topic_reader_close(source->reader);
        source->reader = NULL;
        return open_reader(source, err);
    }
    for (int i = 0; i < config->count; i++)
        if (strcmp(config->operands[i], "-") == 0)
            return vf_error_set(err, VF_EIO, "standard input can't be read twice");
    close_file(source);
    source->next_file = 0;
    source->finished = 0;
    return VF_OK;
}

/* ---- files ---- */

static int begin_content(struct vf_replay_source *source, bool is_recording, struct vf_error *err)
{
    struct vf_slice schema = vf_input_schema(source->input);

    source->content = is_recording ? CONTENT_RECORDING : CONTENT_EVENTS;
    if (is_recording)
        return vf_player_create(schema, &source->player, err);
    int rc = source->converter
                 ? VF_OK
                 : vf_converter_create(source->config->convert, &source->converter, err);
    if (!rc && schema.ptr)
        rc = vf_converter_set_writer(source->converter, schema, err);
    return rc;
}

static int open_next_file(struct vf_replay_source *source, struct vf_error *err)
{
    const char *path = source->config->operands[source->next_file++];
    int rc = vf_input_open(path, VF_INPUT_AUTO, source->config->record_max, &source->input, err);
    if (rc)
        return VF_EIO;
    struct vf_slice schema = vf_input_schema(source->input);
    if (schema.ptr)
        rc = begin_content(source, vf_recording_is_schema(schema), err);
    if (!rc)
        return VF_OK;
    vf_error_prefix(err, "%s", vf_input_name(source->input));
    return VF_EIO;
}

/* Text shows by its first line what it is. */
static int read_item(struct vf_replay_source *source, struct vf_slice item,
                     struct vf_record *record, bool *made, struct vf_error *err)
{
    if (source->content == CONTENT_UNKNOWN) {
        int rc = begin_content(source, vf_recording_is_line(item), err);
        if (rc)
            return rc;
    }
    *made = source->content == CONTENT_EVENTS;
    if (source->content == CONTENT_RECORDING)
        return vf_player_read(source->player, item, record, err);
    return vf_input_format(source->input) == VF_INPUT_AVRO
               ? vf_converter_avro(source->converter, item, record, err)
               : vf_converter_json(source->converter, item, record, err);
}

static int next_from_files(struct vf_replay_source *source, struct vf_record *record,
                           struct vf_origin *origin, bool *made, struct vf_error *err)
{
    struct vf_input_item item = {.number = 0};

    for (;;) {
        if (!source->input && source->next_file == source->config->count)
            return VF_ENOENT;
        int rc = source->input ? VF_OK : open_next_file(source, err);
        if (rc) {
            close_file(source);
            origin->file = source->config->operands[source->next_file - 1];
            origin->number = 0;
            return rc;
        }
        bool whole = source->content == CONTENT_EVENTS &&
                     vf_converter_next(source->converter, source->input, &item, record);
        rc = whole ? VF_OK : vf_input_next(source->input, &item, err);
        source->item = item.bytes;
        if (rc == VF_ENOENT) {
            close_file(source);
            continue;
        }
        if (rc == VF_EAGAIN)
            return rc;
        origin->file = vf_input_name(source->input);
        origin->number = item.number;
        *made = whole;
        if (!rc && !whole)
            rc = read_item(source, item.bytes, record, made, err);
        if (rc != VF_EAGAIN) /* a line that only shows a schema */
            return rc;
    }
}

/* ---- the generator ---- */

static int next_generated(struct vf_replay_source *source, struct vf_record *record,
                          struct vf_origin *origin, struct vf_error *err)
{
    const struct vf_replay_source_config *config = source->config;
    struct vf_generated event;

    if (source->generated == config->generate)
        return VF_ENOENT;
    origin->file = "<generated>";
    origin->number = ++source->generated;
    int rc = vf_generator_next(config->generator, &event, err);
    if (!rc)
        rc = vf_converter_event(source->converter, event.kind, event.event, record, err);
    if (!rc && event.bad) {
        rc = vf_generator_break(config->generator, record->value, false, &source->broken, err);
        record->value = source->broken.len ? vf_buffer_slice(&source->broken) : vf_slice("", 0);
    }
    return rc;
}

int vf_replay_source_next(struct vf_replay_source *source, struct vf_record *record,
                          struct vf_origin *origin, bool *made, struct vf_error *err)
{
    *made = source->config->generator != NULL;
    source->item = VF_SLICE_NULL;
    if (source->config->generator)
        return next_generated(source, record, origin, err);
    if (!source->config->topics)
        return next_from_files(source, record, origin, made, err);
    int rc = vf_topic_reader_next(source->reader, record, err);
    if (rc)
        return rc;
    for (int i = 0; i < source->config->count; i++)
        if (vf_slice_is(record->topic, source->config->operands[i]))
            origin->file = source->config->operands[i];
    origin->number = (uint64_t)record->offset;
    source->item = record->value;
    return VF_OK;
}

struct vf_slice vf_replay_source_item(const struct vf_replay_source *source, bool *is_line)
{
    *is_line = source->input && vf_input_format(source->input) != VF_INPUT_AVRO;
    return source->item;
}

void vf_replay_source_progress(const struct vf_replay_source *source, uint64_t *done,
                               uint64_t *total)
{
    if (source->config->generator) {
        *done = source->generated;
        *total = source->config->generate;
        return;
    }
    if (source->config->topics) {
        *done = vf_topic_reader_passed(source->reader);
        *total = vf_topic_reader_span(source->reader);
        return;
    }
    *done = source->finished + (source->input ? vf_input_consumed(source->input) : 0);
    *total = source->total;
}
