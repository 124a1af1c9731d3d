/*
 * The daemon's configuration: one table, from which come defaults, checks and the example file.
 */
#ifndef VF_DAEMON_CONFIG_H
#define VF_DAEMON_CONFIG_H

#include "base/options.h"
#include "observe/log.h"
#include "pipeline/pipeline.h"
#include "registry/registry.h"

enum vf_log_timestamps { VF_TIMESTAMPS_AUTO, VF_TIMESTAMPS_ON, VF_TIMESTAMPS_OFF };

enum vf_delivery_mode { VF_AT_LEAST_ONCE, VF_EXACTLY_ONCE };

/* [registry] */
struct vf_config_registry {
    struct vf_slice url; /* empty: there is none */
    struct vf_slice user;
    struct vf_slice password; /* secret */
    struct vf_slice token;    /* secret */
    struct vf_slice ca_file;
    struct vf_slice certificate_file;
    struct vf_slice key_file;
    struct vf_slice key_password; /* secret */
    int64_t connect_timeout;
    int64_t timeout;
    int64_t retry_first;
    int64_t retry_max;
    int64_t answer_size;
    int64_t redirects;
    struct vf_slice cache_directory;
    int64_t missing_ttl;
    int64_t wait_deadline; /* 0: none */
    bool auto_register;
    int64_t subject_strategy; /* enum vf_subject_strategy */
};

/* Durations in milliseconds, sizes in bytes. Texts have a NUL behind them. */
struct vf_config {
    struct vf_slice input_visits;
    struct vf_slice input_meetings;
    int64_t input_framing; /* enum wire_framing */
    struct vf_slice output_visits;
    struct vf_slice output_meetings;
    struct vf_slice output_dead_letter;
    int64_t output_framing; /* enum wire_framing */
    int64_t output_schema_id;
    int64_t output_retractions; /* enum vf_retraction */

    struct vf_slice reference_directory;
    struct vf_config_registry registry;

    int64_t limit_value;
    int64_t limit_event_memory;
    int64_t limit_items;
    int64_t limit_depth;
    int64_t limit_in_flight; /* records */

    int64_t workers;
    int64_t delivery_mode; /* enum vf_delivery_mode */
    int64_t commit_interval;
    int64_t transaction_interval;
    int64_t transaction_timeout;
    struct vf_slice transactional_id_prefix; /* empty: the group's id */
    int64_t shutdown_deadline;

    struct vf_slice log_levels;
    int64_t log_format;     /* enum vf_log_format */
    int64_t log_timestamps; /* enum vf_log_timestamps */
    int64_t log_status_interval;

    struct vf_pairs schemas; /* registry id = path of an .avsc file */
    struct vf_pairs kafka;
    struct vf_pairs kafka_consumer;
    struct vf_pairs kafka_producer;
};

extern const struct vf_options vf_config_options;

/* Defaults, then the file (NULL: none), then assignments "section.key=value". Texts live in the
 * arena. Checks what no single option can. */
int vf_config_load(const char *path, const char *const *assignments, size_t assignment_count,
                   struct vf_arena *arena, struct vf_config *out, struct vf_error *err);

/* Log settings take effect. */
int vf_config_apply_log(const struct vf_config *config, struct vf_error *err);
/* Topics, framings and limits for the pipeline; borrows the texts. */
void vf_config_pipeline(const struct vf_config *config, struct vf_pipeline_config *out);
/* The registry's client; texts are borrowed, or live in the arena. False: there is none. */
bool vf_config_registry(const struct vf_config *config, struct vf_arena *arena,
                        struct vf_registry_config *out);
/* Schemas built in (1 visit, 2 meeting, 3 normalized event) and those of [schemas]. With a
 * registry ids are its own, so the built-in ones have none. */
int vf_config_schemas(const struct vf_config *config, struct vf_schema_store *store,
                      struct vf_arena *arena, struct vf_error *err);

#endif
