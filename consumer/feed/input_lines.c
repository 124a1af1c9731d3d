#include "feed/input_internal.h"

#include "base/memory.h"
#include <ctype.h>

/* One record a line. Each line stands for itself: what is wrong with one is not the next's. */
struct lines {
    struct vf_input base;
    struct vf_byte_source source;
    uint64_t number; /* of lines handed out */
    size_t held;     /* bytes of the window that are the line handed out, its line feed included */
    size_t scanned;  /* bytes of the window that hold no line feed */
    bool skipping;   /* the line is too long: up to its end it is passed over */
};

static int hand_out(struct lines *lines, struct vf_slice line, struct vf_input_item *item,
                    struct vf_error *err)
{
    bool too_long = lines->skipping || line.len > lines->base.record_max;

    lines->scanned = 0;
    lines->skipping = false;
    item->number = ++lines->number;
    item->bytes = line;
    if (too_long) {
        item->bytes = vf_slice("", 0);
        return vf_error_set(err, VF_ELIMIT, "the line is longer than %zu bytes",
                            lines->base.record_max);
    }
    for (size_t i = 0; i < line.len; i++)
        if (!isspace((unsigned char)line.ptr[i]))
            return VF_OK;
    return vf_error_set(err, VF_EEMPTY, "the line is empty");
}

static int lines_next(struct vf_input *input, struct vf_input_item *item, struct vf_error *err)
{
    struct lines *lines = (struct lines *)input;
    struct vf_byte_source *source = &lines->source;

    vf_byte_source_consume(source, lines->held);
    lines->held = 0;
    item->number = lines->number + 1;
    for (;;) {
        struct vf_slice window = vf_byte_source_window(source);
        const char *begin = window.ptr + lines->scanned;
        const char *feed =
            window.len > lines->scanned ? memchr(begin, '\n', window.len - lines->scanned) : NULL;
        if (feed) {
            size_t length = (size_t)(feed - window.ptr);
            lines->held = length + 1;
            return hand_out(lines, vf_slice(window.ptr, length), item, err);
        }
        if (source->at_end && !window.len && !lines->skipping)
            return VF_ENOENT;
        if (source->at_end) {
            lines->held = window.len;
            return hand_out(lines, window, item, err);
        }
        lines->scanned = window.len;
        if (lines->skipping || window.len > input->record_max) {
            lines->skipping = true;
            vf_byte_source_consume(source, window.len);
            lines->scanned = 0;
        }
        int rc = vf_byte_source_fill(source, VF_INPUT_WAIT_MS, err);
        if (rc)
            return rc;
    }
}

static void lines_close(struct vf_input *input)
{
    struct lines *lines = (struct lines *)input;

    vf_byte_source_close(&lines->source);
    vf_free(lines);
}

static uint64_t lines_consumed(const struct vf_input *input)
{
    const struct lines *lines = (const struct lines *)input;
    return lines->source.consumed + lines->held;
}

static const struct vf_input_ops lines_ops = {
    .next = lines_next, .close = lines_close, .consumed = lines_consumed};

int vf_input_lines_open(struct vf_byte_source *source, size_t record_max, struct vf_input **out,
                        struct vf_error *err)
{
    struct lines *lines = vf_calloc(1, sizeof *lines);
    if (!lines) {
        vf_byte_source_close(source);
        return vf_error_set(err, VF_ENOMEM, "%s: out of memory", source->name);
    }
    lines->base = (struct vf_input){&lines_ops, VF_INPUT_LINES, source->name, record_max};
    lines->source = *source;
    *out = &lines->base;
    return VF_OK;
}
