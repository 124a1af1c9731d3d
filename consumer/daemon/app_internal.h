/*
 * The daemon's parts in one struct; shared by app*.c only. All of it belongs to the loop thread.
 */
#ifndef VF_DAEMON_APP_INTERNAL_H
#define VF_DAEMON_APP_INTERNAL_H

#include "daemon/app.h"
#include "daemon/counters.h"
#include "kafka/sink.h"
#include "kafka/source.h"

enum vf_app_state { VF_APP_STARTING, VF_APP_RUNNING, VF_APP_DRAINING, VF_APP_CLOSED };

/* Outputs that the broker refused, with what was tried for each: a record has few at a time, and
 * one more than these is treated as if all else had been tried. */
enum { VF_APP_REFUSED_MAX = 64 };

struct vf_refused {
    struct vf_ticket ticket;
    unsigned times;
};

struct vf_app_registry;
struct vf_app_delivery;
struct vf_app_worker;
struct vf_app_workers;

/* The main thread's, or one worker's. */
struct vf_app {
    const struct vf_config *config;
    const struct vf_config *config_given; /* main: before it became that of the first worker */
    const struct vf_app_hooks *hooks;     /* may be NULL */
    uv_loop_t loop;
    enum vf_app_state state;
    struct vf_error failure; /* why the daemon ends; code 0: it was asked to */

    struct vf_arena arena; /* texts of the configuration and of start-up */
    struct vf_reference *reference;
    struct vf_schema_store *schemas;
    struct vf_app_registry *registry; /* NULL: none is configured */
    struct vf_pipeline *pipeline;
    struct vf_sink *sink;     /* NULL once closing */
    struct vf_source *source; /* NULL once closed */
    bool source_closing;
    uint64_t stop_deadline;         /* milliseconds of the loop's clock; of the drain as a whole */
    struct vf_app_worker *worker;   /* NULL: the main thread's */
    struct vf_app_workers *workers; /* main: the others; NULL: none */
    struct vf_app_delivery *delivery; /* NULL: at-least-once, or closed */

    uv_signal_t signals[3];
    size_t signal_count;
    uv_timer_t status_timer;
    uv_timer_t watchdog_timer;
    uv_work_t reload_work;
    bool reloading;
    bool reload_again; /* SIGHUP while reloading */
    struct vf_reference *reloaded;
    struct vf_error reload_error;

    struct vf_counters counters;
    uint64_t shown_in; /* at the last status line */
    uint64_t shown_bytes;
    uint64_t shown_at; /* milliseconds of the loop's clock */

    struct vf_refused refused[VF_APP_REFUSED_MAX];
    size_t refused_count;
};

static inline uint64_t vf_app_in_flight(const struct vf_app *app)
{
    const struct vf_counters *c = &app->counters;
    return c->in - c->out - c->dead_letters;
}

/* app_flow.c: what the source and the sink call back with. */
void vf_app_source_events(struct vf_app *app, struct vf_source_events *out);
void vf_app_sink_events(struct vf_app *app, struct vf_sink_events *out);

/* app.c: its loop and arena; hooks may be NULL. VF_EIO. */
int vf_app_init(struct vf_app *app, const struct vf_config *config,
                const struct vf_config *config_given, const struct vf_app_hooks *hooks);
/* app.c: the flow from consumer to producer, once the reference data is there. */
int vf_app_start_flow(struct vf_app *app, struct vf_error *err);
/* app.c: takes down what a start that failed or was called off has built; the loop must run on. */
void vf_app_abandon(struct vf_app *app);
/* app.c: after the loop. */
void vf_app_release(struct vf_app *app);
/* app.c: ends the main thread's loop once its flow and all workers have ended. */
void vf_app_end_step(struct vf_app *app);

/* app.c: a producer with these settings becomes app->sink. */
int vf_app_create_sink(struct vf_app *app, const struct vf_client_settings *settings,
                       struct vf_error *err);

/* app.c: begins the drain; reason NULL: asked to. Any number of times. */
void vf_app_stop(struct vf_app *app, const struct vf_error *reason);

/* app_status.c */
int vf_app_status_start(struct vf_app *app);
void vf_app_status_write(struct vf_app *app, const char *message);

/* app_reload.c: reads the reference data again, aside; the old data stays if the new is bad. */
void vf_app_reload(struct vf_app *app);

#endif
