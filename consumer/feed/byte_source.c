#include "feed/byte_source.h"

#include "base/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 256 * 1024 }; /* bytes asked for at a time: fewer calls gain nothing measurable */

int vf_byte_source_open(struct vf_byte_source *source, const char *path, size_t limit,
                        struct vf_error *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct stat status = {0};

    *source = (struct vf_byte_source){.name = is_stdin ? "<stdin>" : path,
                                      .fd = STDIN_FILENO,
                                      .limit = limit < CHUNK ? CHUNK : limit};
    if (!is_stdin)
        source->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (source->fd < 0)
        return vf_error_set(err, VF_EIO, "%s: %s", path, strerror(errno));
    if (fstat(source->fd, &status) == 0 && S_ISDIR(status.st_mode)) {
        vf_byte_source_close(source);
        return vf_error_set(err, VF_EIO, "%s: %s", path, strerror(EISDIR));
    }
    source->may_block = !S_ISREG(status.st_mode);
    source->window = vf_malloc(CHUNK);
    if (!source->window) {
        vf_byte_source_close(source);
        return vf_error_set(err, VF_ENOMEM, "%s: out of memory", path);
    }
    source->capacity = CHUNK;
    return VF_OK;
}

void vf_byte_source_close(struct vf_byte_source *source)
{
    if (source->fd > STDIN_FILENO)
        close(source->fd);
    source->fd = -1;
    vf_free(source->window);
    source->window = NULL;
}

/* Room behind the window's bytes: by moving them to the front, or by growing. */
static int make_room(struct vf_byte_source *source, struct vf_error *err)
{
    size_t used = source->end - source->begin;

    if (source->end < source->capacity)
        return VF_OK;
    /* Moving pays only when much is free; otherwise long records would be moved byte by byte. */
    if (source->begin >= source->capacity / 2 ||
        (source->begin && source->capacity == source->limit)) {
        memmove(source->window, source->window + source->begin, used);
        source->begin = 0;
        source->end = used;
        return VF_OK;
    }
    if (source->capacity == source->limit)
        return vf_error_set(err, VF_ELIMIT, "%s: more than %zu bytes at once", source->name,
                            source->limit);
    size_t capacity = source->capacity > source->limit / 2 ? source->limit : source->capacity * 2;
    char *window = vf_realloc(source->window, capacity);
    if (!window)
        return vf_error_set(err, VF_ENOMEM, "%s: out of memory", source->name);
    source->window = window;
    source->capacity = capacity;
    return VF_OK;
}

int vf_byte_source_fill(struct vf_byte_source *source, int wait_ms, struct vf_error *err)
{
    if (source->at_end)
        return VF_OK;
    int rc = make_room(source, err);
    if (rc)
        return rc;
    struct pollfd ready = {.fd = source->fd, .events = POLLIN};
    if (source->may_block && poll(&ready, 1, wait_ms) <= 0)
        return VF_EAGAIN;
    ssize_t n = read(source->fd, source->window + source->end, source->capacity - source->end);
    if (n < 0 && errno == EINTR)
        return VF_EAGAIN;
    if (n < 0)
        return vf_error_set(err, VF_EIO, "%s: %s", source->name, strerror(errno));
    source->at_end = n == 0;
    source->end += (size_t)n;
    return VF_OK;
}

void vf_byte_source_consume(struct vf_byte_source *source, size_t bytes)
{
    source->begin += bytes;
    source->consumed += bytes;
    if (source->begin == source->end)
        source->begin = source->end = 0;
}
