#include "rejects.h"

#include "base/memory.h"
#include "base64.h"
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

enum { ENCODED_MAX = 512 * 1024 * 1024 }; /* bytes of base64: far beyond any record's limit */

struct vf_rejects {
    const char *path; /* borrowed */
    FILE *file;       /* owned */
    struct vf_buffer encoded;
};

int vf_rejects_open(const char *path, struct vf_rejects **out, struct vf_error *err)
{
    struct vf_rejects *rejects = vf_calloc(1, sizeof *rejects);

    *out = NULL;
    if (!rejects)
        return vf_error_set(err, VF_ENOMEM, "%s: out of memory", path);
    rejects->path = path;
    rejects->file = fopen(path, "wbe");
    if (!rejects->file) {
        vf_free(rejects);
        return vf_error_set(err, VF_EIO, "%s: %s", path, strerror(errno));
    }
    vf_buffer_init(&rejects->encoded, ENCODED_MAX);
    *out = rejects;
    return VF_OK;
}

/* NULL on failure. */
static json_t *make_line(struct vf_rejects *rejects, const char *file, bool is_line,
                         uint64_t number, const struct vf_error *reason, struct vf_slice bytes)
{
    json_t *text = json_stringn(bytes.len ? bytes.ptr : "", bytes.len); /* NULL: not UTF-8 */
    const char *key = "text";

    if (!text) {
        vf_buffer_clear(&rejects->encoded);
        if (!vf_base64_encode(bytes, &rejects->encoded))
            return NULL;
        text = json_stringn(rejects->encoded.data, rejects->encoded.len);
        key = "base64";
    }
    json_t *line =
        json_pack("{ss sI ss ss}", "file", file, is_line ? "line" : "record", (json_int_t)number,
                  "code", vf_error_name(reason->code), "reason", reason->text);
    if (!line || !text || json_object_set_new(line, key, text)) {
        json_decref(line);
        return NULL;
    }
    return line;
}

int vf_rejects_add(struct vf_rejects *rejects, const char *file, bool is_line, uint64_t number,
                   const struct vf_error *reason, struct vf_slice bytes, struct vf_error *err)
{
    json_t *line = make_line(rejects, file, is_line, number, reason, bytes);
    if (!line)
        return vf_error_set(err, VF_ENOMEM, "%s: out of memory", rejects->path);
    int failed = json_dumpf(line, rejects->file, JSON_COMPACT) || fputc('\n', rejects->file) < 0;
    json_decref(line);
    if (failed)
        return vf_error_set(err, VF_EIO, "%s: %s", rejects->path, strerror(errno));
    return VF_OK;
}

int vf_rejects_close(struct vf_rejects *rejects, struct vf_error *err)
{
    int rc = VF_OK;

    if (!rejects)
        return VF_OK;
    if (fclose(rejects->file))
        rc = vf_error_set(err, VF_EIO, "%s: %s", rejects->path, strerror(errno));
    vf_buffer_release(&rejects->encoded);
    vf_free(rejects);
    return rc;
}
