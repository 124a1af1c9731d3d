#include "kafka/wakeup.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void drain(struct vf_wakeup *wakeup);

static void on_idle(uv_idle_t *idle)
{
    drain(idle->data);
}

static void drain(struct vf_wakeup *wakeup)
{
    bool more = wakeup->drain(wakeup->owner);
    if (uv_is_closing((uv_handle_t *)&wakeup->idle))
        return;
    if (more)
        uv_idle_start(&wakeup->idle, on_idle);
    else
        uv_idle_stop(&wakeup->idle);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct vf_wakeup *wakeup = poll->data;
    uint64_t count;
    (void)events;
    /* Emptied before draining, so that no later write is missed. EAGAIN does no harm. */
    if (status == 0 && read(wakeup->fd, &count, sizeof count) < 0)
        count = 0;
    drain(wakeup);
}

int vf_wakeup_open(struct vf_wakeup *wakeup, uv_loop_t *loop, bool (*drain_queue)(void *owner),
                   void *owner, struct vf_error *err)
{
    *wakeup = (struct vf_wakeup){.drain = drain_queue, .owner = owner};
    wakeup->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wakeup->fd < 0)
        return vf_error_set(err, VF_EIO, "cannot create an eventfd: %s", strerror(errno));
    int status = uv_poll_init(loop, &wakeup->poll, wakeup->fd);
    if (status < 0) {
        close(wakeup->fd);
        wakeup->fd = -1;
        return vf_error_set(err, VF_EIO, "cannot watch an eventfd: %s", uv_strerror(status));
    }
    uv_idle_init(loop, &wakeup->idle); /* cannot fail */
    wakeup->handles = 2;
    wakeup->poll.data = wakeup;
    wakeup->idle.data = wakeup;
    uv_poll_start(&wakeup->poll, UV_READABLE, on_readable);
    return 0;
}

void vf_wakeup_watch(struct vf_wakeup *wakeup, rd_kafka_queue_t *queue)
{
    static const uint64_t one = 1; /* what an eventfd takes */
    rd_kafka_queue_io_event_enable(queue, wakeup->fd, &one, sizeof one);
    vf_wakeup_now(wakeup);
}

void vf_wakeup_unwatch(rd_kafka_queue_t *queue)
{
    rd_kafka_queue_io_event_enable(queue, -1, NULL, 0);
}

void vf_wakeup_now(struct vf_wakeup *wakeup)
{
    if (!uv_is_closing((uv_handle_t *)&wakeup->idle))
        uv_idle_start(&wakeup->idle, on_idle);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct vf_wakeup *wakeup = handle->data;
    if (--wakeup->handles > 0)
        return;
    close(wakeup->fd);
    wakeup->fd = -1;
    wakeup->on_closed(wakeup->owner);
}

void vf_wakeup_close(struct vf_wakeup *wakeup, void (*on_closed)(void *owner))
{
    wakeup->on_closed = on_closed;
    uv_poll_stop(&wakeup->poll);
    uv_close((uv_handle_t *)&wakeup->poll, on_handle_closed);
    uv_close((uv_handle_t *)&wakeup->idle, on_handle_closed);
}
