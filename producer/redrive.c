#include "redrive.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "pipeline/headers.h"
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

struct vf_redrive {
    struct vf_redrive_config config;
    struct vf_header *headers; /* owned */
    size_t headers_capacity;
    struct vf_buffer value; /* with another schema id */
    char topic[250];        /* of the record restored last */
    char attempt[24];
    uint64_t parked;
};

/* The dialects in which dead letters are told, the most trusted first. */
static const struct {
    const char *topic;
    const char *partition;
    bool big_endian; /* the partition: 4 bytes instead of a text */
} dialects[] = {
    {"visitfeed.error.topic", "visitfeed.error.partition", false},
    {"__connect.errors.topic", "__connect.errors.partition", false},
    {"__streams.errors.topic", "__streams.errors.partition", false},
    {"kafka_dlt-original-topic", "kafka_dlt-original-partition", true},
};
static const char *const told_prefixes[] = {"visitfeed.error.", "__connect.errors.",
                                            "__streams.errors.", "kafka_dlt-"};
static const char *const reason_headers[] = {"visitfeed.error.code",
                                             "visitfeed.error.reason",
                                             "__connect.errors.exception.class.name",
                                             "__connect.errors.exception.message",
                                             "__streams.errors.exception",
                                             "__streams.errors.message",
                                             "kafka_dlt-exception-fqcn",
                                             "kafka_dlt-exception-message"};
static const char *const stage_headers[] = {"visitfeed.error.stage", "__connect.errors.stage"};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

int vf_redrive_create(const struct vf_redrive_config *config, struct vf_redrive **out,
                      struct vf_error *err)
{
    struct vf_redrive *redrive = vf_calloc(1, sizeof *redrive);

    *out = redrive;
    if (!redrive)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    redrive->config = *config;
    vf_buffer_init(&redrive->value, VF_REDRIVE_VALUE_MAX);
    return VF_OK;
}

void vf_redrive_free(struct vf_redrive *redrive)
{
    if (!redrive)
        return;
    vf_free(redrive->headers);
    vf_buffer_release(&redrive->value);
    vf_free(redrive);
}

uint64_t vf_redrive_parked(const struct vf_redrive *redrive)
{
    return redrive->parked;
}

/* ---- which ---- */

/* Whether any of the headers is like any of the patterns; true when there is no pattern. */
static bool is_asked_for(const struct vf_record *record, const struct vf_flag_list *patterns,
                         const char *const *names, size_t name_count)
{
    char text[1024];

    for (size_t n = 0; n < name_count && patterns->count; n++) {
        const struct vf_header *header = vf_record_header(record, names[n]);
        if (!header || header->value.len >= sizeof text)
            continue;
        snprintf(text, sizeof text, "%.*s", VF_SLICE_PRINT(header->value));
        for (size_t p = 0; p < patterns->count; p++)
            if (fnmatch(patterns->items[p], text, 0) == 0)
                return true;
    }
    return patterns->count == 0;
}

/* ---- whence ---- */

/* -1: not told. */
static int32_t read_partition(const struct vf_header *header, bool big_endian)
{
    const unsigned char *bytes;
    char text[16];
    char *end;

    if (!header || !header->value.len || header->value.len >= sizeof text)
        return -1;
    bytes = (const unsigned char *)header->value.ptr;
    if (big_endian)
        return header->value.len == 4
                   ? (int32_t)((uint32_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3])
                   : -1;
    snprintf(text, sizeof text, "%.*s", VF_SLICE_PRINT(header->value));
    long number = strtol(text, &end, 10);
    return *end || number < 0 || number > INT32_MAX ? -1 : (int32_t)number;
}

static int find_origin(struct vf_redrive *redrive, const struct vf_record *record,
                       int32_t *partition, struct vf_error *err)
{
    for (size_t i = 0; i < COUNT_OF(dialects); i++) {
        const struct vf_header *topic = vf_record_header(record, dialects[i].topic);
        if (!topic || !topic->value.len || topic->value.len >= sizeof redrive->topic)
            continue;
        snprintf(redrive->topic, sizeof redrive->topic, "%.*s", VF_SLICE_PRINT(topic->value));
        *partition =
            read_partition(vf_record_header(record, dialects[i].partition), dialects[i].big_endian);
        return VF_OK;
    }
    return vf_error_set(err, VF_EDATA, "no header tells which topic it came from");
}

static bool is_dead_letter_topic(const struct vf_redrive *redrive, const char *topic)
{
    for (size_t i = 0; i < redrive->config.dead_letter_count; i++)
        if (strcmp(topic, redrive->config.dead_letters[i]) == 0)
            return true;
    return vf_slice_is(redrive->config.parked, topic);
}

static int64_t read_attempt(const struct vf_record *record)
{
    const struct vf_header *header = vf_record_header(record, VF_HEADER_ATTEMPT);
    char text[16];

    if (!header || header->value.len >= sizeof text)
        return 0;
    snprintf(text, sizeof text, "%.*s", VF_SLICE_PRINT(header->value));
    long number = strtol(text, NULL, 10);
    return number > 0 ? number : 0;
}

/* ---- changes ---- */

static bool is_told_by_dead_letter(struct vf_slice name)
{
    for (size_t i = 0; i < COUNT_OF(told_prefixes); i++)
        if (vf_slice_starts(name, vf_slice_of(told_prefixes[i])))
            return true;
    return vf_slice_is(name, VF_HEADER_ATTEMPT);
}

static int change_headers(struct vf_redrive *redrive, int64_t attempt, struct vf_record *record,
                          struct vf_error *err)
{
    size_t most = record->header_count + 1;
    size_t count = 0;

    if (most > VF_REDRIVE_HEADERS_MAX)
        return vf_error_set(err, VF_ELIMIT, "%zu headers: the limit is %d", most,
                            VF_REDRIVE_HEADERS_MAX);
    if (most > redrive->headers_capacity) {
        struct vf_header *grown = vf_realloc(redrive->headers, most * sizeof *grown);
        if (!grown)
            return vf_error_set(err, VF_ENOMEM, "out of memory");
        redrive->headers = grown;
        redrive->headers_capacity = most;
    }
    for (size_t i = 0; i < record->header_count; i++)
        if (!is_told_by_dead_letter(record->headers[i].name))
            redrive->headers[count++] = record->headers[i];
    snprintf(redrive->attempt, sizeof redrive->attempt, "%lld", (long long)attempt);
    redrive->headers[count++] =
        (struct vf_header){vf_slice_of(VF_HEADER_ATTEMPT), vf_slice_of(redrive->attempt)};
    record->headers = redrive->headers;
    record->header_count = count;
    return VF_OK;
}

/* 00, then the id, 4 bytes big-endian. */
static int change_schema_id(struct vf_redrive *redrive, struct vf_record *record,
                            struct vf_error *err)
{
    enum { FRAME = 5 };
    const struct vf_redrive_config *config = &redrive->config;
    const unsigned char *old = (const unsigned char *)record->value.ptr;
    uint32_t id = config->new_schema_id;

    if (!config->replace_schema_id || record->value.len < FRAME || old[0] != 0)
        return VF_OK;
    uint32_t old_id =
        (uint32_t)old[1] << 24 | (uint32_t)old[2] << 16 | (uint32_t)old[3] << 8 | old[4];
    if (!config->replace_any_schema_id && old_id != config->old_schema_id)
        return VF_OK;
    const char frame[FRAME] = {0, (char)(id >> 24), (char)(id >> 16), (char)(id >> 8), (char)id};
    vf_buffer_clear(&redrive->value);
    vf_buffer_append(&redrive->value, frame, FRAME);
    if (!vf_buffer_append(&redrive->value, record->value.ptr + FRAME, record->value.len - FRAME))
        return vf_error_set(err, VF_ENOMEM, "out of memory for a value");
    record->value = vf_buffer_slice(&redrive->value);
    return VF_OK;
}

int vf_redrive_restore(struct vf_redrive *redrive, struct vf_record *record, struct vf_error *err)
{
    const struct vf_redrive_config *config = &redrive->config;
    int64_t attempt = read_attempt(record) + 1;
    int32_t partition = -1;

    if (!is_asked_for(record, config->reasons, reason_headers, COUNT_OF(reason_headers)) ||
        !is_asked_for(record, config->stages, stage_headers, COUNT_OF(stage_headers)))
        return VF_ENOENT;
    if (attempt > config->attempts_max) {
        redrive->parked++;
        record->topic = config->parked; /* as it is: with all that was told about it */
        record->partition = -1;
        return VF_OK;
    }
    int rc = find_origin(redrive, record, &partition, err);
    if (rc)
        return rc;
    if (is_dead_letter_topic(redrive, redrive->topic))
        return vf_error_set(err, VF_EINVAL, "it came from %s, a topic of dead letters",
                            redrive->topic);
    rc = change_headers(redrive, attempt, record, err);
    if (!rc)
        rc = change_schema_id(redrive, record, err);
    record->topic = vf_slice_of(redrive->topic);
    record->partition = config->by_key ? -1 : partition;
    return rc;
}
