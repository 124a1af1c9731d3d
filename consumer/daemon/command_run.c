#include "daemon/app.h"
#include "daemon/commands.h"
#include "daemon/transactional_id.h"
#include "kafka/client_config.h"
#include <stdio.h>

static int no_arguments(const struct vf_command_line *line, struct vf_error *err)
{
    return line->argument_count
               ? vf_error_set(err, VF_EUSAGE, "\"%s\": the daemon takes no arguments",
                              line->arguments[0])
               : VF_OK;
}

/* Says which file is wrong. */
static int fail(const struct vf_command_line *line, struct vf_error *err)
{
    if (err->code == VF_ECONFIG && line->config_path.len)
        vf_error_prefix(err, "%s", line->config_path.ptr);
    return vf_command_fail(err);
}

int vf_command_run(const struct vf_command_line *line, const struct vf_config *config,
                   struct vf_arena *arena)
{
    struct vf_error err = {0};

    (void)arena;
    int rc = no_arguments(line, &err);
    if (!rc)
        rc = vf_app_run(config, NULL, NULL, &err);
    if (rc && rc != VF_EUSAGE && rc != VF_ECONFIG)
        vf_log(VF_LOG_ERROR, VF_LOG_DAEMON, "ended with a failure",
               VF_FIELDS(vf_text("code", vf_error_name(rc)), vf_text("reason", err.text)));
    return rc ? fail(line, &err) : VF_EXIT_OK;
}

/* Everything that can be found wrong without a broker. */
int vf_command_check_config(const struct vf_command_line *line, const struct vf_config *config,
                            struct vf_arena *arena)
{
    struct vf_client_settings settings = {.common = &config->kafka,
                                          .consumer = &config->kafka_consumer,
                                          .producer = &config->kafka_producer};
    struct vf_reference *reference = NULL;
    struct vf_registry_config registry;
    struct vf_schema_store *store = NULL;
    struct vf_error err = {0};

    char id[VF_TRANSACTIONAL_ID_MAX];

    int rc = no_arguments(line, &err);
    if (!rc && config->delivery_mode == VF_EXACTLY_ONCE) {
        settings.transactional_id = id;
        settings.transaction_timeout_ms = (uint32_t)config->transaction_timeout;
        rc = vf_transactional_id(config, 0, id, &err);
    }
    if (!rc)
        rc = vf_client_config_check(&settings, &err);
    if (!rc && vf_config_registry(config, arena, &registry) &&
        (rc = vf_registry_config_check(&registry, &err)))
        vf_error_prefix(&err, "[registry]");
    if (!rc && (rc = vf_schema_store_create(&store)))
        vf_error_set(&err, rc, "out of memory");
    if (!rc)
        rc = vf_config_schemas(config, store, arena, &err);
    if (!rc)
        rc = vf_reference_load(config->reference_directory.ptr, &reference, &err);
    vf_schema_store_free(store);
    vf_reference_release(reference);
    if (rc) {
        if (rc != VF_EUSAGE)
            err.code = VF_ECONFIG;
        return fail(line, &err);
    }
    printf("configuration is valid\n");
    return VF_EXIT_OK;
}
