#include "base/memory.h"
#include "kafka/client.h"
#include "observe/log.h"

enum outcome { RUNNING, ENDED, LEFT };

/* Of the loop's thread, but for rk, result and ended, which both threads use. */
struct destruction {
    rd_kafka_t *rk;
    atomic_int outcome; /* enum outcome; whoever leaves RUNNING first decides */
    uv_thread_t thread;
    uv_async_t ended;
    uv_timer_t limit;
    unsigned open_handles;
    struct vf_client *client;
};

static atomic_uint left_behind;

static void destroy_now(rd_kafka_t *rk)
{
    /* The consumer has been closed already, or could not be in time. */
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

/* Nothing of the library calls back any more. */
static void forget(struct vf_client *client)
{
    vf_free(client->ups);
    client->ups = NULL;
}

/* The thread of the destruction. */
static void destroy_handle(void *argument)
{
    struct destruction *destruction = argument;
    int expected = RUNNING;

    destroy_now(destruction->rk);
    if (atomic_compare_exchange_strong(&destruction->outcome, &expected, ENDED))
        uv_async_send(&destruction->ended);
}

static void finish(struct vf_client *client)
{
    client->rk = NULL;
    client->on_closed(client->events.owner);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct destruction *destruction = handle->data;
    struct vf_client *client = destruction->client;

    if (--destruction->open_handles)
        return;
    /* Threads left behind may still look at it. */
    if (atomic_load(&destruction->outcome) == ENDED) {
        forget(client);
        vf_free(destruction);
    }
    finish(client);
}

static void close_handles(struct destruction *destruction)
{
    uv_close((uv_handle_t *)&destruction->ended, on_handle_closed);
    uv_close((uv_handle_t *)&destruction->limit, on_handle_closed);
}

static void on_ended(uv_async_t *async)
{
    struct destruction *destruction = async->data;

    uv_thread_join(&destruction->thread);
    close_handles(destruction);
}

static void leave_behind(struct destruction *destruction, const char *message)
{
    atomic_fetch_add(&left_behind, 1);
    vf_log(VF_LOG_WARN, VF_LOG_KAFKA, message,
           VF_FIELDS(vf_text("client", vf_client_role_name(destruction->client->role))));
    close_handles(destruction);
}

static void on_limit(uv_timer_t *timer)
{
    struct destruction *destruction = timer->data;
    int expected = RUNNING;

    if (atomic_compare_exchange_strong(&destruction->outcome, &expected, LEFT))
        leave_behind(destruction, "the client library does not end; going on without it");
    /* else on_ended is on its way */
}

/* Such a release takes it for granted that the assignor has a state, which comes with the first
 * assignment. */
static bool aborts_when_destroyed(const struct vf_client *client)
{
    enum { FIXED = 0x020300ff };

    return client->never_assigned && rd_kafka_version() < FIXED && vf_client_is_cooperative(client);
}

unsigned vf_client_left_behind(void)
{
    return atomic_load(&left_behind);
}

static bool start(struct destruction *destruction, uv_loop_t *loop)
{
    if (uv_async_init(loop, &destruction->ended, on_ended))
        return false;
    uv_timer_init(loop, &destruction->limit);
    destruction->ended.data = destruction;
    destruction->limit.data = destruction;
    destruction->open_handles = 2;
    if (aborts_when_destroyed(destruction->client)) {
        atomic_store(&destruction->outcome, LEFT);
        leave_behind(destruction, "the client library would abort on its end; going on without it");
        return true;
    }
    if (uv_thread_create(&destruction->thread, destroy_handle, destruction)) {
        /* Then at once, however long it takes. */
        destroy_now(destruction->rk);
        atomic_store(&destruction->outcome, ENDED);
        close_handles(destruction);
        return true;
    }
    uv_timer_start(&destruction->limit, on_limit, VF_CLIENT_DESTROY_MS, 0);
    return true;
}

void vf_client_close(struct vf_client *client, uv_loop_t *loop, void (*on_closed)(void *owner))
{
    struct destruction *destruction = vf_malloc(sizeof *destruction);

    rd_kafka_queue_destroy(client->queue);
    client->queue = NULL;
    client->on_closed = on_closed;
    if (destruction) {
        *destruction = (struct destruction){.rk = client->rk, .client = client};
        if (start(destruction, loop))
            return;
        vf_free(destruction);
    }
    destroy_now(client->rk);
    forget(client);
    finish(client);
}

void vf_client_abandon(struct vf_client *client)
{
    if (!client->rk)
        return;
    rd_kafka_queue_destroy(client->queue);
    destroy_now(client->rk);
    forget(client);
    client->rk = NULL;
}
