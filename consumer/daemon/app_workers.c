#include "daemon/app_workers.h"

#include "base/memory.h"

struct vf_app_worker {
    struct vf_app app; /* its thread's */
    struct vf_config config;
    struct vf_app_workers *all;
    uv_thread_t thread;
    bool started;
    uv_async_t orders; /* the main thread wakes the worker */
    uv_timer_t publish;
    uv_mutex_t mutex;
    /* Under the mutex: */
    bool stop;
    struct vf_reference *reference; /* owned; to be taken over; NULL: none */
    struct vf_app_sum sum;
    bool failed;
    bool deaf; /* takes no more orders */
    bool ended;
    struct vf_error failure;
};

struct vf_app_workers {
    struct vf_app *main;
    uv_async_t news; /* a worker wakes the main thread */
    size_t count;
    struct vf_app_worker items[];
};

/* ---- configuration ---- */

int vf_app_worker_config(const struct vf_config *config, size_t index, struct vf_arena *arena,
                         struct vf_config *out)
{
    *out = *config;
    struct vf_pairs *sections[] = {&out->kafka, &out->kafka_consumer};
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; i < sections[s]->count; i++) {
            struct vf_pair *pair = &sections[s]->items[i];
            if (!vf_slice_is(pair->key, "group.instance.id"))
                continue;
            pair->value = vf_arena_printf(arena, "%s-%zu", pair->value.ptr, index);
            if (!pair->value.ptr)
                return VF_ENOMEM;
        }
    return VF_OK;
}

/* ---- a worker's thread ---- */

static void sum_up(const struct vf_app *app, struct vf_app_sum *out)
{
    const struct vf_counters *counters = &app->counters;
    *out = (struct vf_app_sum){.in = counters->in,
                               .out = counters->out,
                               .dead_letters = counters->dead_letters,
                               .bytes_in = counters->bytes_in,
                               .source = {.lag_known = true, .connected = true}};
    if (app->source)
        vf_source_status(app->source, &out->source);
}

static void publish(struct vf_app_worker *worker)
{
    struct vf_app_sum sum;
    sum_up(&worker->app, &sum);
    uv_mutex_lock(&worker->mutex);
    worker->sum = sum;
    uv_mutex_unlock(&worker->mutex);
}

static void on_publish(uv_timer_t *timer)
{
    publish(timer->data);
}

static void on_orders(uv_async_t *async)
{
    struct vf_app_worker *worker = async->data;
    struct vf_app *app = &worker->app;
    uv_mutex_lock(&worker->mutex);
    bool stop = worker->stop;
    struct vf_reference *reference = worker->reference;
    worker->reference = NULL;
    uv_mutex_unlock(&worker->mutex);
    if (reference) {
        vf_reference_release(app->reference);
        app->reference = reference;
        if (app->pipeline)
            vf_pipeline_set_reference(app->pipeline, reference);
    }
    if (stop)
        vf_app_stop(app, NULL);
}

static void become_deaf(struct vf_app_worker *worker)
{
    uv_mutex_lock(&worker->mutex);
    worker->deaf = true;
    uv_mutex_unlock(&worker->mutex);
}

void vf_app_worker_failed(struct vf_app *app)
{
    struct vf_app_worker *worker = app->worker;
    uv_mutex_lock(&worker->mutex);
    worker->failed = true;
    worker->failure = app->failure;
    uv_mutex_unlock(&worker->mutex);
    uv_async_send(&worker->all->news);
}

void vf_app_worker_closed(struct vf_app *app)
{
    struct vf_app_worker *worker = app->worker;
    publish(worker);
    become_deaf(worker);
    uv_close((uv_handle_t *)&worker->orders, NULL);
    uv_close((uv_handle_t *)&worker->publish, NULL);
}

static void run(void *argument)
{
    struct vf_app_worker *worker = argument;
    struct vf_app *app = &worker->app;
    struct vf_error err = {0};
    if (vf_app_start_flow(app, &err) || app->source_closing) {
        if (err.code)
            app->failure = err;
        become_deaf(worker);
        vf_app_abandon(app);
    } else {
        app->state = VF_APP_RUNNING;
    }
    uv_run(&app->loop, UV_RUN_DEFAULT);
    if (app->failure.code)
        vf_app_worker_failed(app);
    uv_mutex_lock(&worker->mutex);
    worker->ended = true;
    uv_mutex_unlock(&worker->mutex);
    uv_async_send(&worker->all->news);
}

/* ---- the main thread ---- */

static void on_news(uv_async_t *async)
{
    struct vf_app_workers *all = async->data;
    for (size_t i = 0; i < all->count; i++) {
        struct vf_app_worker *worker = &all->items[i];
        struct vf_error failure;
        uv_mutex_lock(&worker->mutex);
        bool failed = worker->failed;
        worker->failed = false;
        failure = worker->failure;
        uv_mutex_unlock(&worker->mutex);
        if (failed)
            vf_app_stop(all->main, &failure);
    }
    vf_app_end_step(all->main);
}

static int prepare(struct vf_app_workers *all, size_t index)
{
    struct vf_app_worker *worker = &all->items[index];
    struct vf_app *app = &worker->app;
    worker->all = all;
    int rc = vf_app_init(app, &worker->config, NULL, NULL);
    if (rc)
        return rc;
    app->worker = worker;
    app->reference = vf_reference_retain(all->main->reference);
    rc = vf_app_worker_config(all->main->config_given, index + 1, &app->arena, &worker->config);
    if (!rc && uv_mutex_init(&worker->mutex))
        rc = VF_EIO;
    if (rc) {
        vf_app_release(app);
        uv_loop_close(&app->loop);
        return rc;
    }
    all->count++;
    uv_timer_init(&app->loop, &worker->publish);
    worker->publish.data = worker;
    uv_timer_start(&worker->publish, on_publish, VF_APP_PUBLISH_MS, VF_APP_PUBLISH_MS);
    worker->orders.data = worker;
    if (uv_async_init(&app->loop, &worker->orders, on_orders) ||
        uv_thread_create(&worker->thread, run, worker))
        return VF_EIO;
    worker->started = true;
    return VF_OK;
}

int vf_app_workers_start(struct vf_app *main, struct vf_error *err)
{
    size_t count = (size_t)main->config->workers - 1;
    if (count == 0 || main->hooks)
        return VF_OK;
    struct vf_app_workers *all = vf_calloc(1, sizeof *all + count * sizeof(struct vf_app_worker));
    if (!all)
        return vf_error_set(err, VF_ENOMEM, "out of memory for workers");
    all->main = main;
    all->news.data = all;
    int rc = uv_async_init(&main->loop, &all->news, on_news);
    if (rc) {
        vf_free(all);
        return vf_error_set(err, VF_EIO, "event loop: %s", uv_strerror(rc));
    }
    main->workers = all;
    for (size_t i = 0; !rc && i < count; i++)
        rc = prepare(all, i);
    return rc ? vf_error_set(err, rc, "worker %zu cannot be started: %s", all->count,
                             vf_strerror(rc))
              : VF_OK;
}

/* Under its mutex. */
static void order(struct vf_app_worker *worker)
{
    if (worker->started && !worker->deaf)
        uv_async_send(&worker->orders);
}

void vf_app_workers_stop(struct vf_app *main)
{
    struct vf_app_workers *all = main->workers;
    for (size_t i = 0; all && i < all->count; i++) {
        struct vf_app_worker *worker = &all->items[i];
        uv_mutex_lock(&worker->mutex);
        worker->stop = true;
        order(worker);
        uv_mutex_unlock(&worker->mutex);
    }
}

void vf_app_workers_set_reference(struct vf_app *main)
{
    struct vf_app_workers *all = main->workers;
    for (size_t i = 0; all && i < all->count; i++) {
        struct vf_app_worker *worker = &all->items[i];
        uv_mutex_lock(&worker->mutex);
        struct vf_reference *unused = worker->reference;
        worker->reference = vf_reference_retain(main->reference);
        order(worker);
        uv_mutex_unlock(&worker->mutex);
        vf_reference_release(unused);
    }
}

bool vf_app_workers_ended(const struct vf_app *main)
{
    struct vf_app_workers *all = main->workers;
    bool ended = true;
    for (size_t i = 0; all && i < all->count; i++) {
        struct vf_app_worker *worker = &all->items[i];
        uv_mutex_lock(&worker->mutex);
        ended &= worker->ended || !worker->started;
        uv_mutex_unlock(&worker->mutex);
    }
    return ended;
}

static void add(struct vf_app_sum *sum, const struct vf_app_sum *part)
{
    const struct vf_source_status *source = &part->source;
    sum->in += part->in;
    sum->out += part->out;
    sum->dead_letters += part->dead_letters;
    sum->bytes_in += part->bytes_in;
    sum->source.taken += source->taken;
    sum->source.in_flight += source->in_flight;
    sum->source.partitions += source->partitions;
    sum->source.held += source->held;
    sum->source.caught_up += source->caught_up;
    sum->source.assignments += source->assignments;
    sum->source.busy |= source->busy;
    sum->source.connected &= source->connected;
    sum->source.lag_known &= source->lag_known;
    sum->source.lag += source->lag;
    sum->source.uncommitted += source->uncommitted;
}

void vf_app_workers_sum(struct vf_app *main, struct vf_app_sum *out)
{
    struct vf_app_workers *all = main->workers;
    sum_up(main, out);
    for (size_t i = 0; all && i < all->count; i++) {
        struct vf_app_worker *worker = &all->items[i];
        uv_mutex_lock(&worker->mutex);
        add(out, &worker->sum);
        uv_mutex_unlock(&worker->mutex);
    }
}

/* A worker that never got its thread has handles all the same. */
static void close_unstarted(struct vf_app_worker *worker)
{
    uv_close((uv_handle_t *)&worker->publish, NULL);
    if (worker->orders.type == UV_ASYNC)
        uv_close((uv_handle_t *)&worker->orders, NULL);
    uv_run(&worker->app.loop, UV_RUN_DEFAULT);
}

void vf_app_workers_free(struct vf_app *main)
{
    struct vf_app_workers *all = main->workers;
    if (!all)
        return;
    for (size_t i = 0; i < all->count; i++) {
        struct vf_app_worker *worker = &all->items[i];
        if (worker->started)
            uv_thread_join(&worker->thread);
        else
            close_unstarted(worker);
        vf_reference_release(worker->reference);
        uv_mutex_destroy(&worker->mutex);
        vf_app_release(&worker->app);
        uv_loop_close(&worker->app.loop);
    }
    vf_free(all);
    main->workers = NULL;
}

void vf_app_workers_close_news(struct vf_app *main)
{
    if (main->workers && !uv_is_closing((uv_handle_t *)&main->workers->news))
        uv_close((uv_handle_t *)&main->workers->news, NULL);
}
