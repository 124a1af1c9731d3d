#include "daemon/app_registry.h"
#include "daemon/app_workers.h"

#include "daemon/notify.h"
#include <stdio.h>

static void format_lag(const struct vf_source_status *source, char *out, size_t size)
{
    if (source->lag_known)
        snprintf(out, size, "%lld", (long long)source->lag);
    else
        snprintf(out, size, "unknown");
}

static void format_latency(int64_t milliseconds, char *out, size_t size)
{
    if (milliseconds >= 0)
        snprintf(out, size, "%lld", (long long)milliseconds);
    else
        snprintf(out, size, "unknown");
}

/* One line that adds up: in = out + dead_letters + in_flight. */
void vf_app_status_write(struct vf_app *app, const char *message)
{
    struct vf_latency *latency = &app->counters.latency;
    struct vf_app_sum sum;
    const struct vf_app_sum *now = &sum;
    const struct vf_source_status *source = &sum.source;
    char lag[24];
    char p50[24];
    char p99[24];

    vf_app_workers_sum(app, &sum);
    uint64_t clock = uv_now(&app->loop);
    double seconds = (double)(clock - app->shown_at) / 1000.0;
    /* What an aborted transaction had taken is not counted any more. */
    double taken = now->in > app->shown_in ? (double)(now->in - app->shown_in) : 0;
    double rate = seconds > 0 ? taken / seconds : 0;
    double mib = seconds > 0 ? (double)(now->bytes_in - app->shown_bytes) / seconds / (1 << 20) : 0;
    format_lag(source, lag, sizeof lag);
    format_latency(vf_latency_quantile(latency, 0.5), p50, sizeof p50);
    format_latency(vf_latency_quantile(latency, 0.99), p99, sizeof p99);
    vf_log(VF_LOG_INFO, VF_LOG_DAEMON, message,
           VF_FIELDS(vf_int("in", (int64_t)now->in), vf_int("out", (int64_t)now->out),
                     vf_int("dead_letters", (int64_t)now->dead_letters),
                     vf_int("in_flight", (int64_t)(now->in - now->out - now->dead_letters)),
                     vf_double("rate", rate), vf_double("mib_per_s", mib), vf_text("lag", lag),
                     vf_text("latency_p50_ms", p50), vf_text("latency_p99_ms", p99),
                     vf_int("partitions", (int64_t)source->partitions),
                     vf_int("held", (int64_t)source->held), vf_bool("connected", source->connected),
                     vf_str("snapshot", vf_reference_snapshot(app->reference)),
                     vf_int("rss_kib", (int64_t)(vf_resident_bytes() >> 10))));

    char text[160];
    snprintf(text, sizeof text, "in %llu, out %llu, dead letters %llu, lag %s, %.0f records/s",
             (unsigned long long)now->in, (unsigned long long)now->out,
             (unsigned long long)now->dead_letters, lag, rate);
    vf_notify_status(text);
    app->shown_in = now->in;
    app->shown_bytes = now->bytes_in;
    app->shown_at = clock;
    vf_latency_reset(latency);
}

static void on_status_timer(uv_timer_t *timer)
{
    vf_app_status_write(timer->data, "status");
    vf_app_registry_status_write(timer->data);
    vf_log_flush(false);
}

static void on_watchdog_timer(uv_timer_t *timer)
{
    (void)timer;
    vf_notify(VF_NOTIFY_WATCHDOG);
}

int vf_app_status_start(struct vf_app *app)
{
    uint64_t interval = (uint64_t)app->config->log_status_interval;
    uint64_t watchdog = vf_notify_watchdog_ms();
    int rc = 0;

    app->shown_at = uv_now(&app->loop);
    if (interval)
        rc = uv_timer_start(&app->status_timer, on_status_timer, interval, interval);
    /* Twice within the time allowed, as sd_watchdog_enabled(3) advises. */
    if (!rc && watchdog > 1)
        rc = uv_timer_start(&app->watchdog_timer, on_watchdog_timer, watchdog / 2, watchdog / 2);
    return rc;
}
