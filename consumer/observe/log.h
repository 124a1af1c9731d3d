/*
 * The log: one line per happening, logfmt (default) or JSON, to standard error.
 * Any thread. A line is written with one write(2). Lines of one kind that repeat quickly are
 * held back and counted: see VF_LOG_BURST.
 *
 *   vf_log(VF_LOG_INFO, VF_LOG_KAFKA, "partition assigned",
 *          VF_FIELDS(vf_str("topic", topic), vf_int("partition", 3)));
 */
#ifndef VF_OBSERVE_LOG_H
#define VF_OBSERVE_LOG_H

#include "base/error.h"
#include "base/slice.h"
#include <stdbool.h>
#include <stdint.h>

enum vf_log_level { VF_LOG_ERROR, VF_LOG_WARN, VF_LOG_INFO, VF_LOG_DEBUG, VF_LOG_LEVEL_COUNT };

enum vf_log_subsystem {
    VF_LOG_DAEMON,
    VF_LOG_KAFKA,
    VF_LOG_PIPELINE,
    VF_LOG_REFERENCE,
    VF_LOG_SCHEMA,
    VF_LOG_LIBRDKAFKA, /* what the client library itself logs */
    VF_LOG_PRODUCER,
    VF_LOG_SUBSYSTEM_COUNT
};

enum vf_log_format { VF_LOG_LOGFMT, VF_LOG_JSON };

enum {
    VF_LOG_BURST = 10, /* lines of one kind written per window before they are counted only */
    VF_LOG_WINDOW_MS = 10000, /* milliseconds; a held-back kind is summed up once per window */
    VF_LOG_LINE_MAX = 8192,   /* bytes; longer values are cut and marked with "..." */
};

enum vf_field_kind { VF_FIELD_END, VF_FIELD_STR, VF_FIELD_INT, VF_FIELD_DOUBLE, VF_FIELD_BOOL };

struct vf_field {
    enum vf_field_kind kind;
    const char *key;
    union {
        struct vf_slice str; /* any bytes: control characters and bad UTF-8 are escaped */
        int64_t integer;
        double number;
        bool boolean;
    } value;
};

static inline struct vf_field vf_str(const char *key, struct vf_slice value)
{
    return (struct vf_field){.kind = VF_FIELD_STR, .key = key, .value.str = value};
}

static inline struct vf_field vf_text(const char *key, const char *value)
{
    return vf_str(key, vf_slice_of(value));
}

static inline struct vf_field vf_int(const char *key, int64_t value)
{
    return (struct vf_field){.kind = VF_FIELD_INT, .key = key, .value.integer = value};
}

static inline struct vf_field vf_double(const char *key, double value)
{
    return (struct vf_field){.kind = VF_FIELD_DOUBLE, .key = key, .value.number = value};
}

static inline struct vf_field vf_bool(const char *key, bool value)
{
    return (struct vf_field){.kind = VF_FIELD_BOOL, .key = key, .value.boolean = value};
}

#define VF_FIELDS(...) ((const struct vf_field[]){__VA_ARGS__, {VF_FIELD_END, NULL, {{NULL, 0}}}})

/* fields may be NULL. message is a fixed text: it names the kind of line. */
void vf_log(enum vf_log_level level, enum vf_log_subsystem subsystem, const char *message,
            const struct vf_field *fields);
/* Cheap: whether such a line would be written at all. */
bool vf_log_enabled(enum vf_log_level level, enum vf_log_subsystem subsystem);

void vf_log_set_format(enum vf_log_format format);
void vf_log_set_timestamps(bool on); /* off under systemd, which has its own */
void vf_log_set_level(enum vf_log_subsystem subsystem, enum vf_log_level level);
void vf_log_set_fd(int fd); /* default 2; not closed */
/* "info" or "info,kafka=debug,librdkafka=warn". VF_ECONFIG names the part that is wrong. */
int vf_log_set_levels(struct vf_slice spec, struct vf_error *err);
/* Sums up the kinds held back whose window has passed; all of them at exit. From a timer. */
void vf_log_flush(bool at_exit);

const char *vf_log_level_name(enum vf_log_level level);
const char *vf_log_subsystem_name(enum vf_log_subsystem subsystem);

#endif
