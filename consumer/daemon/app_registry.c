#include "daemon/app_registry.h"

#include "base/memory.h"
#include "daemon/notify.h"
#include "registry/lookups.h"
#include "vf_events.h"

enum {
    RETRY_MS = 1000,   /* after a look-up could not even be asked for */
    TAG_OUTPUT = 1000, /* plus the source: results for outputs; below: schemas of inputs */
};

struct vf_app_registry {
    struct vf_app *app;
    struct vf_registry *client;
    struct vf_lookups *lookups;
    uv_async_t results; /* the client's thread calls */
    uv_timer_t release; /* lets held partitions try again */
    size_t awaited;     /* outputs without an id */
    struct vf_error failure;
};

/* On the client's thread. */
static void wake_loop(void *owner)
{
    struct vf_app_registry *registry = owner;
    uv_async_send(&registry->results);
}

/* ---- schemas of inputs ---- */

static void release_held(struct vf_app *app)
{
    if (app->source && !app->source_closing)
        vf_source_release_held(app->source);
}

static void on_release(uv_timer_t *timer);

static void plan_release(struct vf_app_registry *registry, uint64_t ms)
{
    if (!uv_is_active((uv_handle_t *)&registry->release) ||
        uv_timer_get_due_in(&registry->release) > ms)
        uv_timer_start(&registry->release, on_release, ms, 0);
}

/* Those held are let go when the next of them has waited long enough. */
static void plan_deadline(struct vf_app_registry *registry)
{
    int64_t now = (int64_t)uv_now(&registry->app->loop);
    int64_t next = vf_lookups_next_deadline(registry->lookups, now);

    if (next >= 0)
        plan_release(registry, (uint64_t)(next - now));
}

static void on_release(uv_timer_t *timer)
{
    struct vf_app_registry *registry = timer->data;

    release_held(registry->app);
    plan_deadline(registry);
}

static int ask_schema(void *owner, const struct wire_frame *name, struct vf_error *err)
{
    struct vf_app_registry *registry = owner;
    struct vf_registry_request request = {.operation = name->framing == WIRE_FRAMING_CONFLUENT
                                                           ? VF_REGISTRY_BY_ID
                                                           : VF_REGISTRY_BY_GUID,
                                          .id = name->id,
                                          .patience = VF_REGISTRY_FOREVER};
    bool start;

    int rc =
        vf_lookups_ask(registry->lookups, name, (int64_t)uv_now(&registry->app->loop), &start, err);
    if (!start)
        return rc;
    memcpy(request.guid, name->guid, sizeof request.guid);
    if (vf_registry_ask(registry->client, &request, NULL)) {
        vf_lookups_cancel(registry->lookups, name);
        plan_release(registry, RETRY_MS);
    } else {
        plan_deadline(registry);
    }
    return rc;
}

/* In the words of a dead letter: what the registry does not have is an unknown schema. */
static void take_schema(struct vf_app_registry *registry, struct vf_registry_result *result)
{
    struct vf_app *app = registry->app;
    struct wire_frame name = {.framing = result->operation == VF_REGISTRY_BY_ID
                                             ? WIRE_FRAMING_CONFLUENT
                                             : WIRE_FRAMING_GUID_HEADER,
                              .id = result->id};

    memcpy(name.guid, result->guid, sizeof name.guid);
    if (result->error.code == VF_ENOENT)
        result->error.code = VF_EUNKNOWNSCHEMA;
    if (!result->error.code) {
        struct wire_schema *schema = result->schema;
        vf_log(VF_LOG_INFO, VF_LOG_SCHEMA, "schema found",
               VF_FIELDS(vf_int("id", name.id), vf_str("name", wire_schema_name(schema)),
                         vf_bool("cached", result->cached)));
        result->schema = NULL;
        vf_schema_store_put(app->schemas, &name, schema, &result->error);
    }
    if (result->error.code)
        vf_log(VF_LOG_ERROR, VF_LOG_SCHEMA, "schema not found, its records become dead letters",
               VF_FIELDS(vf_int("id", name.id), vf_text("code", vf_error_name(result->error.code)),
                         vf_text("reason", result->error.text)));
    vf_lookups_answer(registry->lookups, &name, (int64_t)uv_now(&app->loop),
                      result->error.code ? &result->error : NULL);
}

/* ---- ids of outputs ---- */

static void take_output(struct vf_app_registry *registry, const struct vf_registry_result *result)
{
    struct vf_app *app = registry->app;
    struct vf_error *failure = &registry->failure;
    enum vf_event_source source = (enum vf_event_source)(result->tag - TAG_OUTPUT);
    char guid[VF_REGISTRY_GUID_TEXT] = "none";

    registry->awaited--;
    if (result->error.code) {
        *failure = result->error;
        vf_log(VF_LOG_ERROR, VF_LOG_SCHEMA, "the registry does not take the outputs' schema",
               VF_FIELDS(vf_text("code", vf_error_name(failure->code)),
                         vf_text("reason", failure->text),
                         vf_text("message", result->message ? result->message : "")));
        return;
    }
    if (app->config->output_framing == WIRE_FRAMING_GUID_HEADER && !result->has_guid) {
        vf_error_set(failure, VF_ECONFIG,
                     "output.framing = header needs a registry that gives schemas a GUID");
        return;
    }
    if (result->has_guid)
        vf_registry_guid_format(result->guid, guid);
    vf_log(VF_LOG_INFO, VF_LOG_SCHEMA, "the outputs' schema has an id",
           VF_FIELDS(vf_str("topic", source == VF_SOURCE_VISITS ? app->config->output_visits
                                                                : app->config->output_meetings),
                     vf_int("id", result->id), vf_text("guid", guid),
                     vf_bool("cached", result->cached)));
    vf_pipeline_set_output(app->pipeline, source, result->id, result->guid);
}

static int ask_output(struct vf_app_registry *registry, enum vf_event_source source,
                      struct vf_slice topic, struct vf_error *err)
{
    const struct vf_config_registry *config = &registry->app->config->registry;
    const struct wire_schema *schema = vf_pipeline_output_schema(registry->app->pipeline);
    char subject[VF_SUBJECT_MAX];
    struct vf_registry_request request = {.operation = config->auto_register ? VF_REGISTRY_REGISTER
                                                                             : VF_REGISTRY_FIND,
                                          .text = vf_slice_of(vf_normalized_event_schema_json),
                                          .patience = VF_REGISTRY_FOREVER,
                                          .tag = TAG_OUTPUT + source};

    int rc = vf_registry_subject((enum vf_subject_strategy)config->subject_strategy, topic,
                                 wire_schema_name(schema), subject);
    if (rc)
        return vf_error_set(err, rc, "the subject of topic %.*s is too long",
                            VF_SLICE_PRINT(topic));
    request.subject = vf_slice_of(subject);
    rc = vf_registry_ask(registry->client, &request, err);
    registry->awaited += rc == VF_OK;
    return rc;
}

/* Framings that name the schema otherwise need no id. */
static int ask_outputs(struct vf_app_registry *registry, struct vf_error *err)
{
    const struct vf_config *config = registry->app->config;

    if (config->output_framing != WIRE_FRAMING_CONFLUENT &&
        config->output_framing != WIRE_FRAMING_GUID_HEADER)
        return VF_OK;
    int rc = ask_output(registry, VF_SOURCE_VISITS, config->output_visits, err);
    return rc ? rc : ask_output(registry, VF_SOURCE_MEETINGS, config->output_meetings, err);
}

/* ---- its life ---- */

static void on_results(uv_async_t *async)
{
    struct vf_app_registry *registry = async->data;
    struct vf_registry_result result;
    bool found = false;

    if (!registry->client)
        return;
    while (vf_registry_take(registry->client, &result)) {
        if (result.tag >= TAG_OUTPUT) {
            take_output(registry, &result);
        } else {
            take_schema(registry, &result);
            found = true;
        }
        vf_registry_result_release(&result);
    }
    if (found)
        release_held(registry->app);
}

static int open_handles(struct vf_app_registry *registry, struct vf_error *err)
{
    uv_loop_t *loop = &registry->app->loop;

    uv_timer_init(loop, &registry->release); /* cannot fail */
    registry->release.data = registry;
    registry->results.data = registry;
    int rc = uv_async_init(loop, &registry->results, on_results);
    if (!rc)
        return VF_OK;
    registry->results.data = NULL;
    return vf_error_set(err, VF_EIO, "event loop: %s", uv_strerror(rc));
}

static int create(struct vf_app *app, const struct vf_registry_config *client, struct vf_error *err)
{
    const struct vf_config_registry *config = &app->config->registry;
    struct vf_app_registry *registry = vf_calloc(1, sizeof *registry);
    if (!registry)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    app->registry = registry;
    registry->app = app;
    int rc = open_handles(registry, err);
    if (rc)
        return rc;
    if (vf_lookups_create(config->missing_ttl, config->wait_deadline, &registry->lookups))
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    rc = vf_registry_create(client, wake_loop, registry, &registry->client, err);
    if (rc)
        return vf_error_prefix(err, "[registry]");
    vf_schema_store_set_lookup(app->schemas, &(struct vf_schema_lookup){ask_schema, registry});
    return VF_OK;
}

int vf_app_registry_start(struct vf_app *app, struct vf_error *err)
{
    struct vf_registry_config client;

    if (!vf_config_registry(app->config, &app->arena, &client))
        return VF_OK;
    int rc = create(app, &client, err);
    if (!rc)
        rc = ask_outputs(app->registry, err);
    if (rc)
        return rc;

    struct vf_app_registry *registry = app->registry;
    vf_notify_status("waiting for the schema registry");
    while (registry->awaited && !registry->failure.code && !app->source_closing)
        uv_run(&app->loop, UV_RUN_ONCE);
    if (registry->failure.code && err)
        *err = registry->failure;
    return registry->failure.code;
}

void vf_app_registry_close(struct vf_app *app)
{
    struct vf_app_registry *registry = app->registry;

    if (!registry)
        return;
    /* Its thread must be gone before the handle that it wakes the loop with. */
    vf_registry_free(registry->client);
    registry->client = NULL;
    if (registry->results.data && !uv_is_closing((uv_handle_t *)&registry->results))
        uv_close((uv_handle_t *)&registry->results, NULL);
    if (!uv_is_closing((uv_handle_t *)&registry->release))
        uv_close((uv_handle_t *)&registry->release, NULL);
}

void vf_app_registry_free(struct vf_app *app)
{
    if (!app->registry)
        return;
    vf_lookups_free(app->registry->lookups);
    vf_free(app->registry);
    app->registry = NULL;
}

void vf_app_registry_status_write(const struct vf_app *app)
{
    const struct vf_app_registry *registry = app->registry;
    struct vf_registry_status client;
    struct vf_lookups_status lookups;

    if (!registry || !registry->client)
        return;
    vf_registry_status(registry->client, &client);
    vf_lookups_status(registry->lookups, (int64_t)uv_now(&app->loop), &lookups);
    if (!lookups.pending)
        return;
    vf_log(VF_LOG_WARN, VF_LOG_SCHEMA, "records wait for schemas",
           VF_FIELDS(vf_int("schemas", (int64_t)lookups.pending),
                     vf_int("oldest_ms", lookups.oldest), vf_bool("reachable", client.reachable),
                     vf_int("requests", (int64_t)client.exchanges),
                     vf_int("failures", (int64_t)client.failures)));
}
