#include "daemon/app_delivery.h"
#include "daemon/app_registry.h"
#include "daemon/app_workers.h"

#include "daemon/notify.h"
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { START_ARENA_BLOCK = 1 << 16, START_ARENA_MAX = 8 << 20 }; /* bytes: schema texts */

/* ---- the end ---- */

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void vf_app_end_step(struct vf_app *app)
{
    if (app->state != VF_APP_CLOSED || !vf_app_workers_ended(app))
        return;
    vf_app_workers_close_news(app);
    for (size_t i = 0; i < app->signal_count; i++)
        close_handle((uv_handle_t *)&app->signals[i], NULL);
    close_handle((uv_handle_t *)&app->status_timer, NULL);
    close_handle((uv_handle_t *)&app->watchdog_timer, NULL);
}

static void on_sink_closed(void *owner, uint64_t left)
{
    struct vf_app *app = owner;

    if (left && !app->failure.code)
        vf_error_set(&app->failure, VF_ETIMEDOUT,
                     "%llu outputs were not acknowledged before the shutdown deadline; their "
                     "inputs will be read again",
                     (unsigned long long)left);
    app->sink = NULL;
    app->state = VF_APP_CLOSED;
    vf_app_registry_close(app);
    if (app->worker)
        vf_app_worker_closed(app);
    else
        vf_app_end_step(app);
}

/* What is left of the time to drain; milliseconds. */
static uint32_t time_left(const struct vf_app *app)
{
    uint64_t now = uv_now(&app->loop);
    return now < app->stop_deadline ? (uint32_t)(app->stop_deadline - now) : 0;
}

static void close_sink(struct vf_app *app)
{
    if (app->sink)
        vf_sink_close(app->sink, time_left(app), on_sink_closed);
    else
        on_sink_closed(app, 0);
}

static void on_source_closed(void *owner, bool clean)
{
    struct vf_app *app = owner;

    app->source = NULL;
    if (!clean && !app->failure.code)
        vf_error_set(&app->failure, VF_ETIMEDOUT,
                     "not all offsets could be committed before the shutdown deadline; their "
                     "records will be read again");
    vf_app_delivery_close(app, close_sink);
}

static void close_source(struct vf_app *app)
{
    vf_source_close(app->source, time_left(app), on_source_closed);
}

void vf_app_stop(struct vf_app *app, const struct vf_error *reason)
{
    if (reason && !app->failure.code) {
        app->failure = *reason;
        vf_log(VF_LOG_ERROR, VF_LOG_DAEMON, "stopping for a failure",
               VF_FIELDS(vf_text("code", vf_error_name(reason->code)),
                         vf_text("reason", reason->text)));
        if (app->worker)
            vf_app_worker_failed(app);
    }
    if (app->source_closing)
        return;
    app->source_closing = true;
    app->state = VF_APP_DRAINING;
    app->stop_deadline = uv_now(&app->loop) + (uint64_t)app->config->shutdown_deadline;
    if (!app->worker) {
        vf_notify(VF_NOTIFY_STOPPING);
        vf_app_workers_stop(app);
    }
    if (!app->source) /* still starting, which ends by itself */
        return;
    if (!app->worker)
        vf_app_status_write(app, "draining");
    if (!app->delivery) {
        close_source(app);
        return;
    }
    vf_source_stop(app->source);
    vf_app_delivery_drain(app, time_left(app), close_source);
}

/* ---- signals ---- */

static void on_signal(uv_signal_t *handle, int number)
{
    struct vf_app *app = handle->data;

    if (number == SIGHUP) {
        vf_app_reload(app);
        return;
    }
    vf_log(VF_LOG_INFO, VF_LOG_DAEMON, "signal", VF_FIELDS(vf_text("name", strsignal(number))));
    if (app->state >= VF_APP_DRAINING) {
        vf_log(VF_LOG_WARN, VF_LOG_DAEMON, "second signal: leaving at once", NULL);
        vf_log_flush(true);
        _exit(EXIT_FAILURE);
    }
    vf_app_stop(app, NULL);
}

static int start_signals(struct vf_app *app)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};

    signal(SIGPIPE, SIG_IGN); /* a closed log pipe must not end the daemon */
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uv_signal_t *handle = &app->signals[i];
        int rc = uv_signal_init(&app->loop, handle);
        if (rc)
            return rc;
        app->signal_count++;
        handle->data = app;
        rc = uv_signal_start(handle, on_signal, numbers[i]);
        if (rc)
            return rc;
        uv_unref((uv_handle_t *)handle);
    }
    return 0;
}

static int start_loop_handles(struct vf_app *app, struct vf_error *err)
{
    int rc = uv_timer_init(&app->loop, &app->status_timer);
    if (!rc)
        rc = uv_timer_init(&app->loop, &app->watchdog_timer);
    app->status_timer.data = app;
    app->watchdog_timer.data = app;
    if (!rc)
        rc = start_signals(app);
    return rc ? vf_error_set(err, VF_EIO, "event loop: %s", uv_strerror(rc)) : VF_OK;
}

/* ---- the beginning ---- */

static int load_reference(struct vf_app *app, struct vf_error *err)
{
    uint64_t begin = uv_hrtime();
    int rc = vf_reference_load(app->config->reference_directory.ptr, &app->reference, err);
    if (rc)
        return rc;
    const struct vf_reference *reference = app->reference;
    vf_log(VF_LOG_INFO, VF_LOG_REFERENCE, "reference data loaded",
           VF_FIELDS(vf_str("directory", app->config->reference_directory),
                     vf_int("countries", (int64_t)vf_reference_country_count(reference)),
                     vf_int("organizations", (int64_t)vf_reference_organization_count(reference)),
                     vf_int("intervals", (int64_t)vf_reference_interval_count(reference)),
                     vf_str("snapshot", vf_reference_snapshot(reference)),
                     vf_int("ms", (int64_t)((uv_hrtime() - begin) / 1000000))));
    return VF_OK;
}

static int create_pipeline(struct vf_app *app, struct vf_error *err)
{
    struct vf_pipeline_config pipeline;

    int rc = vf_schema_store_create(&app->schemas);
    if (rc)
        return vf_error_set(err, rc, "out of memory");
    rc = vf_config_schemas(app->config, app->schemas, &app->arena, err);
    if (rc)
        return rc;
    vf_config_pipeline(app->config, &pipeline);
    return vf_pipeline_create(&pipeline, app->schemas, app->reference, &app->pipeline, err);
}

int vf_app_create_sink(struct vf_app *app, const struct vf_client_settings *settings,
                       struct vf_error *err)
{
    const struct vf_config *config = app->config;
    const char *outputs[] = {config->output_visits.ptr, config->output_meetings.ptr,
                             config->output_dead_letter.ptr};
    struct vf_sink_config sink = {.settings = *settings, .topics = outputs, .topic_count = 3};
    struct vf_sink_events events;

    vf_app_sink_events(app, &events);
    return vf_sink_create(&app->loop, &sink, &events, &app->sink, err);
}

static int create_clients(struct vf_app *app, struct vf_error *err)
{
    const struct vf_config *config = app->config;
    const char *inputs[] = {config->input_visits.ptr, config->input_meetings.ptr};
    struct vf_client_settings settings = {.common = &config->kafka,
                                          .consumer = &config->kafka_consumer,
                                          .producer = &config->kafka_producer};
    bool one_input = vf_slice_equal(config->input_visits, config->input_meetings);
    struct vf_source_config source = {.topics = inputs,
                                      .topic_count = one_input ? 1 : 2,
                                      .commit_interval_ms = (uint32_t)config->commit_interval};
    struct vf_source_events source_events;

    if (!app->worker)
        vf_client_library_log(&settings);
    int rc = vf_app_delivery_configure(app, &settings, err);
    if (!rc)
        rc = vf_app_create_sink(app, &settings, err);
    if (rc)
        return rc;
    source.settings = settings;
    source.commit = app->delivery ? VF_COMMIT_BY_OWNER : VF_COMMIT_BY_SOURCE;
    vf_app_source_events(app, &source_events);
    rc = vf_source_create(&app->loop, &source, &source_events, &app->source, err);
    if (!rc)
        rc = vf_app_delivery_start(app, err);
    return rc ? rc : vf_source_start(app->source, err);
}

int vf_app_start_flow(struct vf_app *app, struct vf_error *err)
{
    int rc = create_pipeline(app, err);
    if (!rc)
        rc = vf_app_registry_start(app, err);
    if (!rc && !app->source_closing)
        rc = create_clients(app, err);
    return rc;
}

static int start(struct vf_app *app, struct vf_error *err)
{
    int rc = start_loop_handles(app, err);
    if (!rc)
        rc = load_reference(app, err);
    if (!rc)
        rc = vf_app_start_flow(app, err);
    if (!rc && !app->source_closing)
        rc = vf_app_workers_start(app, err);
    if (rc || app->source_closing)
        return rc;
    if (vf_app_status_start(app))
        return vf_error_set(err, VF_EIO, "event loop: timers can't be started");
    app->state = VF_APP_RUNNING;
    vf_notify(VF_NOTIFY_READY);
    vf_log(VF_LOG_INFO, VF_LOG_DAEMON, "running",
           VF_FIELDS(vf_text("version", VISITFEED_VERSION), vf_int("pid", getpid()),
                     vf_str("visits", app->config->input_visits),
                     vf_str("meetings", app->config->input_meetings)));
    return VF_OK;
}

static void close_all_handles(struct vf_app *app)
{
    vf_app_registry_close(app);
    uv_walk(&app->loop, close_handle, NULL);
}

/* Takes down what a start that failed or was called off has built. */
void vf_app_abandon(struct vf_app *app)
{
    app->source_closing = true;
    app->state = VF_APP_DRAINING;
    if (!app->worker)
        vf_app_workers_stop(app);
    if (app->source)
        vf_source_close(app->source, 0, on_source_closed);
    else if (app->sink)
        vf_app_delivery_close(app, close_sink);
    else
        close_all_handles(app);
}

void vf_app_release(struct vf_app *app)
{
    vf_app_registry_free(app);
    vf_pipeline_free(app->pipeline);
    vf_schema_store_free(app->schemas);
    vf_reference_release(app->reference);
    vf_arena_release(&app->arena);
}

static void report_end(struct vf_app *app, struct vf_app_totals *totals)
{
    struct vf_app_sum sum;

    vf_app_workers_sum(app, &sum);
    if (totals)
        *totals = (struct vf_app_totals){sum.in, sum.out, sum.dead_letters,
                                         sum.in - sum.out - sum.dead_letters};
    vf_app_status_write(app, "stopped");
    vf_log_flush(true);
}

int vf_app_init(struct vf_app *app, const struct vf_config *config,
                const struct vf_config *config_given, const struct vf_app_hooks *hooks)
{
    *app = (struct vf_app){.config = config, .config_given = config_given, .hooks = hooks};
    vf_arena_init(&app->arena, START_ARENA_BLOCK, START_ARENA_MAX);
    return uv_loop_init(&app->loop) ? VF_EIO : VF_OK;
}

int vf_app_run(const struct vf_config *config, const struct vf_app_hooks *hooks,
               struct vf_app_totals *totals, struct vf_error *err)
{
    static struct vf_app app; /* large, and there is one */
    static struct vf_config own;
    int rc = vf_app_init(&app, config, config, hooks);
    if (rc)
        return vf_error_set(err, rc, "the event loop cannot be prepared");
    if (config->workers > 1 && !hooks) {
        if (vf_app_worker_config(config, 0, &app.arena, &own))
            return vf_error_set(err, VF_ENOMEM, "out of memory");
        app.config = &own;
    }

    rc = start(&app, err);
    if (rc || app.source_closing)
        vf_app_abandon(&app);
    uv_run(&app.loop, UV_RUN_DEFAULT);
    uv_loop_close(&app.loop);
    if (!rc) {
        report_end(&app, totals);
        if (app.failure.code && err)
            *err = app.failure;
        rc = app.failure.code;
    }
    vf_app_workers_free(&app);
    vf_app_release(&app);
    return rc;
}
