#include "feed/input_internal.h"

#include "base/memory.h"
#include "codec/wire_container.h"
#include <errno.h>
#include <stdio.h>

/* An Avro container file. Its blocks are one stream: behind a broken one nothing is read. */
struct container {
    struct vf_input base;
    struct vf_byte_source source;
    struct wire_container_reader *reader; /* owned */
    uint64_t number;                      /* of records read */
    bool broken;
};

/* The reader's messages begin with the file's name and the record's number. */
static void leave_place_to_caller(const struct container *container, struct vf_error *err)
{
    char place[sizeof err->text];

    if (!err)
        return;
    int n = snprintf(place, sizeof place, "%s: record %llu: ", container->base.name,
                     (unsigned long long)container->number + 1);
    if (n > 0 && (size_t)n < sizeof place && !strncmp(err->text, place, (size_t)n))
        memmove(err->text, err->text + n, strlen(err->text) + 1 - (size_t)n);
    vf_error_prefix(err, "the rest is not read");
}

static int container_next(struct vf_input *input, struct vf_input_item *item, struct vf_error *err)
{
    struct container *container = (struct container *)input;

    item->number = container->number + 1;
    item->bytes = vf_slice("", 0);
    if (container->broken)
        return VF_ENOENT;
    struct vf_slice value;
    int rc = wire_container_next(container->reader, &value, err);
    if (rc == VF_ENOENT)
        return rc;
    if (rc) {
        container->broken = true;
        leave_place_to_caller(container, err);
        return rc == VF_ENOMEM ? rc : VF_EIO;
    }
    container->number++;
    if (value.len > input->record_max)
        return vf_error_set(err, VF_ELIMIT, "the record is longer than %zu bytes",
                            input->record_max);
    item->bytes = value;
    return VF_OK;
}

bool vf_input_look(struct vf_input *input, struct vf_slice *rest)
{
    struct container *container = (struct container *)input;

    return input->format == VF_INPUT_AVRO && !container->broken &&
           !wire_container_look(container->reader, rest);
}

bool vf_input_pass(struct vf_input *input, size_t used, struct vf_input_item *item)
{
    struct container *container = (struct container *)input;
    struct vf_slice rest;

    if (used > input->record_max || !vf_input_look(input, &rest))
        return false;
    wire_container_pass(container->reader, used);
    *item = (struct vf_input_item){vf_slice(rest.ptr, used), ++container->number};
    return true;
}

static void container_close(struct vf_input *input)
{
    struct container *container = (struct container *)input;

    wire_container_close(container->reader);
    vf_byte_source_close(&container->source);
    vf_free(container);
}

static struct vf_slice container_schema(const struct vf_input *input)
{
    return wire_container_schema(((const struct container *)input)->reader);
}

static uint64_t container_consumed(const struct vf_input *input)
{
    const struct container *container = (const struct container *)input;
    return container->source.consumed;
}

static const struct vf_input_ops container_ops = {.next = container_next,
                                                  .close = container_close,
                                                  .schema = container_schema,
                                                  .consumed = container_consumed};

/* A stream over the source, whose window holds the file's first bytes: a pipe has no way back. */
static ssize_t stream_read(void *cookie, char *to, size_t size)
{
    struct vf_byte_source *source = cookie;

    while (source->begin == source->end && !source->at_end) {
        int rc = vf_byte_source_fill(source, -1, NULL);
        if (rc) {
            errno = rc == VF_EAGAIN ? EINTR : EIO;
            return -1;
        }
    }
    struct vf_slice window = vf_byte_source_window(source);
    size_t n = window.len < size ? window.len : size;
    memcpy(to, window.ptr, n);
    vf_byte_source_consume(source, n);
    return (ssize_t)n;
}

static FILE *open_stream(struct vf_byte_source *source)
{
    return fopencookie(source, "rb", (cookie_io_functions_t){.read = stream_read});
}

int vf_input_avro_open(struct vf_byte_source *source, size_t record_max, struct vf_input **out,
                       struct vf_error *err)
{
    struct container *container = vf_calloc(1, sizeof *container);
    if (!container) {
        vf_byte_source_close(source);
        return vf_error_set(err, VF_ENOMEM, "%s: out of memory", source->name);
    }
    container->base = (struct vf_input){&container_ops, VF_INPUT_AVRO, source->name, record_max};
    container->source = *source;
    FILE *stream = open_stream(&container->source);
    int rc = stream ? wire_container_open_stream(stream, source->name, &container->reader, err)
                    : vf_error_set(err, VF_ENOMEM, "%s: out of memory", source->name);
    if (rc) {
        container_close(&container->base);
        return rc;
    }
    *out = &container->base;
    return VF_OK;
}
