#include "daemon/app_workers.h"

#include "daemon/notify.h"

/* On a thread of libuv's pool. */
static void load(uv_work_t *work)
{
    struct vf_app *app = work->data;
    vf_reference_load(app->config->reference_directory.ptr, &app->reloaded, &app->reload_error);
}

static void loaded(uv_work_t *work, int status)
{
    struct vf_app *app = work->data;

    app->reloading = false;
    if (status == 0 && app->reloaded) {
        vf_reference_release(app->reference);
        app->reference = app->reloaded;
        vf_pipeline_set_reference(app->pipeline, app->reference);
        vf_app_workers_set_reference(app);
        vf_log(VF_LOG_INFO, VF_LOG_REFERENCE, "reference data reloaded",
               VF_FIELDS(vf_str("snapshot", vf_reference_snapshot(app->reference))));
    } else {
        vf_log(VF_LOG_ERROR, VF_LOG_REFERENCE, "reference data not reloaded, the old stays",
               VF_FIELDS(vf_text("reason", app->reload_error.text),
                         vf_str("snapshot", vf_reference_snapshot(app->reference))));
    }
    app->reloaded = NULL;
    vf_notify(VF_NOTIFY_READY);
    if (app->reload_again) {
        app->reload_again = false;
        vf_app_reload(app);
    }
}

void vf_app_reload(struct vf_app *app)
{
    if (app->reloading) {
        app->reload_again = true;
        return;
    }
    vf_log(VF_LOG_INFO, VF_LOG_REFERENCE, "reloading reference data",
           VF_FIELDS(vf_str("directory", app->config->reference_directory)));
    vf_notify(VF_NOTIFY_RELOADING);
    app->reload_error = (struct vf_error){0};
    app->reload_work.data = app;
    app->reloading = uv_queue_work(&app->loop, &app->reload_work, load, loaded) == 0;
}
