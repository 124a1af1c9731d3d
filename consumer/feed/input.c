#include "feed/input_internal.h"

#include <ctype.h>

static const char avro_magic[] = {'O', 'b', 'j', 1};
static const char utf8_mark[] = "\xEF\xBB\xBF"; /* which some editors put before UTF-8 text */

/* Enough of the file to tell what it is; a pipe is waited for until a signal comes. */
static int peek(struct vf_byte_source *source, size_t bytes, struct vf_error *err)
{
    while (!source->at_end && source->end - source->begin < bytes) {
        int rc = vf_byte_source_fill(source, -1, err);
        if (rc == VF_EAGAIN)
            return vf_error_set(err, VF_EIO, "%s: interrupted", source->name);
        if (rc)
            return rc;
    }
    return VF_OK;
}

static enum vf_input_format guess_format(struct vf_slice window)
{
    if (vf_slice_starts(window, vf_slice(avro_magic, sizeof avro_magic)))
        return VF_INPUT_AVRO;
    size_t i = 0;
    while (i < window.len && isspace((unsigned char)window.ptr[i]))
        i++;
    return i < window.len && window.ptr[i] == '[' ? VF_INPUT_ARRAY : VF_INPUT_LINES;
}

int vf_input_open(const char *path, enum vf_input_format format, size_t record_max,
                  struct vf_input **out, struct vf_error *err)
{
    struct vf_byte_source source;

    *out = NULL;
    /* One byte more than the longest line: its line feed. */
    int rc = vf_byte_source_open(&source, path, record_max + 1, err);
    if (rc)
        return rc;
    rc = peek(&source, sizeof avro_magic, err);
    if (rc) {
        vf_byte_source_close(&source);
        return rc;
    }
    if (vf_slice_starts(vf_byte_source_window(&source), vf_slice_of(utf8_mark)))
        vf_byte_source_consume(&source, sizeof utf8_mark - 1);
    if (format == VF_INPUT_AUTO)
        format = guess_format(vf_byte_source_window(&source));
    switch (format) {
    case VF_INPUT_AVRO: return vf_input_avro_open(&source, record_max, out, err);
    case VF_INPUT_ARRAY: return vf_input_array_open(&source, record_max, out, err);
    case VF_INPUT_AUTO:
    case VF_INPUT_LINES: break;
    }
    return vf_input_lines_open(&source, record_max, out, err);
}

void vf_input_close(struct vf_input *input)
{
    if (input)
        input->ops->close(input);
}

int vf_input_next(struct vf_input *input, struct vf_input_item *item, struct vf_error *err)
{
    return input->ops->next(input, item, err);
}

enum vf_input_format vf_input_format(const struct vf_input *input)
{
    return input->format;
}

const char *vf_input_name(const struct vf_input *input)
{
    return input->name;
}

struct vf_slice vf_input_schema(const struct vf_input *input)
{
    return input->ops->schema ? input->ops->schema(input) : VF_SLICE_NULL;
}

uint64_t vf_input_consumed(const struct vf_input *input)
{
    return input->ops->consumed(input);
}
