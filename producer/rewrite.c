#include "rewrite.h"

#include "base/memory.h"
#include "bound.h"
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

enum partition_mode { PARTITION_KEEP, PARTITION_KEY, PARTITION_FIXED };

struct vf_rewrite {
    const struct vf_rewrite_flags *flags;
    enum partition_mode partition_mode;
    int32_t partition; /* FIXED */
    bool now;          /* timestamps are not kept */
    int64_t shift_ms;
    struct vf_header added[VF_FLAG_LIST_MAX];
    size_t added_count;
    struct vf_header *headers; /* owned */
    size_t headers_capacity;
};

static int parse_partition(struct vf_rewrite *rewrite, struct vf_error *err)
{
    struct vf_slice text = rewrite->flags->partition;
    char *end;

    if (!text.ptr || vf_slice_is(text, "keep"))
        return VF_OK;
    if (vf_slice_is(text, "key")) {
        rewrite->partition_mode = PARTITION_KEY;
        return VF_OK;
    }
    errno = 0;
    long number = strtol(text.ptr, &end, 10);
    if (errno || *end || end == text.ptr || number < 0 || number > INT32_MAX)
        return vf_error_set(err, VF_EUSAGE, "--partition: \"%s\" is neither keep, key nor a number",
                            text.ptr);
    rewrite->partition_mode = PARTITION_FIXED;
    rewrite->partition = (int32_t)number;
    return VF_OK;
}

static int parse_times(struct vf_rewrite *rewrite, struct vf_error *err)
{
    const struct vf_rewrite_flags *flags = rewrite->flags;

    rewrite->now = flags->timestamp.ptr && vf_slice_is(flags->timestamp, "now");
    if (flags->timestamp.ptr && !rewrite->now && !vf_slice_is(flags->timestamp, "keep"))
        return vf_error_set(err, VF_EUSAGE, "--timestamp: \"%s\" is neither keep nor now",
                            flags->timestamp.ptr);
    if (!flags->shift_time.ptr)
        return VF_OK;
    int rc = vf_span_parse(flags->shift_time, &rewrite->shift_ms, err);
    if (rc)
        vf_error_prefix(err, "--shift-time");
    return rc;
}

static int parse_lists(struct vf_rewrite *rewrite, struct vf_error *err)
{
    const struct vf_rewrite_flags *flags = rewrite->flags;

    for (size_t i = 0; i < flags->maps.count; i++) {
        const char *equals = strchr(flags->maps.items[i], '=');
        if (!equals || equals == flags->maps.items[i] || !equals[1])
            return vf_error_set(err, VF_EUSAGE, "--map: \"%s\" is not FROM=TO",
                                flags->maps.items[i]);
    }
    for (size_t i = 0; i < flags->add_headers.count; i++) {
        const char *text = flags->add_headers.items[i];
        const char *equals = strchr(text, '=');
        if (!equals || equals == text)
            return vf_error_set(err, VF_EUSAGE, "--add-header: \"%s\" is not NAME=VALUE", text);
        rewrite->added[rewrite->added_count++] =
            (struct vf_header){vf_slice(text, (size_t)(equals - text)), vf_slice_of(equals + 1)};
    }
    return VF_OK;
}

int vf_rewrite_create(const struct vf_rewrite_flags *flags, struct vf_rewrite **out,
                      struct vf_error *err)
{
    struct vf_rewrite *rewrite = vf_calloc(1, sizeof *rewrite);

    *out = NULL;
    if (!rewrite)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    rewrite->flags = flags;
    int rc = parse_partition(rewrite, err);
    if (!rc)
        rc = parse_times(rewrite, err);
    if (!rc)
        rc = parse_lists(rewrite, err);
    if (rc) {
        vf_rewrite_free(rewrite);
        return rc;
    }
    *out = rewrite;
    return VF_OK;
}

void vf_rewrite_free(struct vf_rewrite *rewrite)
{
    if (!rewrite)
        return;
    vf_free(rewrite->headers);
    vf_free(rewrite);
}

static struct vf_slice map_topic(const struct vf_rewrite *rewrite, struct vf_slice topic)
{
    const struct vf_flag_list *maps = &rewrite->flags->maps;

    for (size_t i = 0; i < maps->count; i++) {
        const char *equals = strchr(maps->items[i], '=');
        if (vf_slice_equal(topic, vf_slice(maps->items[i], (size_t)(equals - maps->items[i]))))
            return vf_slice_of(equals + 1);
    }
    return rewrite->flags->to.ptr ? rewrite->flags->to : topic;
}

static bool is_dropped(const struct vf_rewrite *rewrite, struct vf_slice name)
{
    const struct vf_flag_list *drops = &rewrite->flags->drop_headers;
    char text[256];

    if (name.len >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", VF_SLICE_PRINT(name));
    for (size_t i = 0; i < drops->count; i++)
        if (fnmatch(drops->items[i], text, 0) == 0)
            return true;
    return false;
}

static int change_headers(struct vf_rewrite *rewrite, struct vf_record *record,
                          struct vf_error *err)
{
    size_t most = record->header_count + rewrite->added_count;
    size_t count = 0;

    if (!rewrite->added_count && !rewrite->flags->drop_headers.count)
        return VF_OK;
    if (most > VF_REWRITE_HEADERS_MAX)
        return vf_error_set(err, VF_ELIMIT, "%zu headers: the limit is %d", most,
                            VF_REWRITE_HEADERS_MAX);
    if (most > rewrite->headers_capacity) {
        struct vf_header *grown = vf_realloc(rewrite->headers, most * sizeof *grown);
        if (!grown)
            return vf_error_set(err, VF_ENOMEM, "out of memory");
        rewrite->headers = grown;
        rewrite->headers_capacity = most;
    }
    for (size_t i = 0; i < record->header_count; i++)
        if (!is_dropped(rewrite, record->headers[i].name))
            rewrite->headers[count++] = record->headers[i];
    for (size_t i = 0; i < rewrite->added_count; i++)
        rewrite->headers[count++] = rewrite->added[i];
    record->headers = rewrite->headers;
    record->header_count = count;
    return VF_OK;
}

int vf_rewrite_apply(struct vf_rewrite *rewrite, bool made, int64_t more_ms,
                     struct vf_record *record, struct vf_error *err)
{
    record->topic = map_topic(rewrite, record->topic);
    if (rewrite->partition_mode == PARTITION_FIXED)
        record->partition = rewrite->partition;
    else if (made || rewrite->partition_mode == PARTITION_KEY)
        record->partition = -1;

    bool keep = rewrite->flags->timestamp.ptr ? !rewrite->now : !made;
    if (!keep || record->timestamp_ms < 0)
        record->timestamp_ms = -1;
    else if (__builtin_add_overflow(record->timestamp_ms, rewrite->shift_ms + more_ms,
                                    &record->timestamp_ms) ||
             record->timestamp_ms < 0)
        return vf_error_set(err, VF_ELIMIT, "--shift-time leads before 1970");
    return change_headers(rewrite, record, err);
}

bool vf_rewrite_is_loop(const struct vf_rewrite *rewrite, const char *topic)
{
    struct vf_slice name = vf_slice_of(topic);
    return vf_slice_equal(map_topic(rewrite, name), name);
}
