#include "observe/log.h"

#include "observe/text_escape.h"
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum { KINDS_MAX = 64 }; /* kinds of line tracked for repetition; the least recent gives way */

/* A kind of line is its level, subsystem and message. */
struct kind {
    const char *message; /* NULL: free */
    enum vf_log_subsystem subsystem;
    enum vf_log_level level;
    int64_t window_start; /* milliseconds, monotonic */
    uint32_t written;     /* lines written in this window */
    uint64_t held_back;   /* lines only counted in this window */
};

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char *const subsystem_names[] = {"daemon", "kafka",      "pipeline", "reference",
                                              "schema", "librdkafka", "producer"};

static struct {
    pthread_mutex_t lock; /* guards all but levels */
    atomic_int levels[VF_LOG_SUBSYSTEM_COUNT];
    enum vf_log_format format;
    bool timestamps;
    int fd;
    struct kind kinds[KINDS_MAX];
    struct vf_buffer line; /* reused */
} log_state = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .levels = {VF_LOG_INFO, VF_LOG_INFO, VF_LOG_INFO, VF_LOG_INFO, VF_LOG_INFO, VF_LOG_INFO,
               VF_LOG_INFO},
    .timestamps = true,
    .fd = STDERR_FILENO,
    .line = {.limit = VF_LOG_LINE_MAX * 8},
};

const char *vf_log_level_name(enum vf_log_level level)
{
    return level_names[level];
}

const char *vf_log_subsystem_name(enum vf_log_subsystem subsystem)
{
    return subsystem_names[subsystem];
}

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void append_time(struct vf_buffer *out)
{
    struct timespec now;
    struct tm utc;
    char text[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    vf_buffer_printf(out, "%s.%03ldZ", text, now.tv_nsec / 1000000);
}

static void append_value(struct vf_buffer *out, const struct vf_field *field, bool json)
{
    switch (field->kind) {
    case VF_FIELD_STR:
        if (json && !field->value.str.ptr)
            vf_buffer_append_text(out, "null");
        else if (json)
            vf_escape_json(out, field->value.str);
        else
            vf_escape_logfmt(out, field->value.str);
        break;
    case VF_FIELD_INT: vf_buffer_printf(out, "%lld", (long long)field->value.integer); break;
    case VF_FIELD_DOUBLE:
        if (isfinite(field->value.number))
            vf_buffer_printf(out, "%.6g", field->value.number);
        else
            vf_buffer_append_text(out, json ? "null" : "nan");
        break;
    case VF_FIELD_BOOL: vf_buffer_append_text(out, field->value.boolean ? "true" : "false"); break;
    case VF_FIELD_END: break;
    }
}

static void append_logfmt(struct vf_buffer *out, const struct kind *kind,
                          const struct vf_field *fields)
{
    if (log_state.timestamps) {
        vf_buffer_append_text(out, "ts=");
        append_time(out);
        vf_buffer_append_char(out, ' ');
    }
    vf_buffer_printf(out, "level=%s sub=%s msg=", level_names[kind->level],
                     subsystem_names[kind->subsystem]);
    vf_escape_logfmt(out, vf_slice_of(kind->message));
    for (; fields && fields->kind != VF_FIELD_END; fields++) {
        vf_buffer_printf(out, " %s=", fields->key);
        append_value(out, fields, false);
    }
}

static void append_json(struct vf_buffer *out, const struct kind *kind,
                        const struct vf_field *fields)
{
    vf_buffer_append_char(out, '{');
    if (log_state.timestamps) {
        vf_buffer_append_text(out, "\"ts\":\"");
        append_time(out);
        vf_buffer_append_text(out, "\",");
    }
    vf_buffer_printf(out, "\"level\":\"%s\",\"sub\":\"%s\",\"msg\":", level_names[kind->level],
                     subsystem_names[kind->subsystem]);
    vf_escape_json(out, vf_slice_of(kind->message));
    for (; fields && fields->kind != VF_FIELD_END; fields++) {
        vf_buffer_printf(out, ",\"%s\":", fields->key);
        append_value(out, fields, true);
    }
    vf_buffer_append_char(out, '}');
}

/* Called with the lock held. */
static void write_line(const struct kind *kind, const struct vf_field *fields)
{
    struct vf_buffer *line = &log_state.line;

    vf_buffer_clear(line);
    if (log_state.format == VF_LOG_JSON)
        append_json(line, kind, fields);
    else
        append_logfmt(line, kind, fields);
    if (line->failed || line->len > VF_LOG_LINE_MAX) {
        /* Too many long fields (or no memory): the line's kind must still be told. */
        vf_buffer_clear(line);
        static const struct vf_field cut[] = {{VF_FIELD_BOOL, "fields_cut", {.boolean = true}},
                                              {VF_FIELD_END, NULL, {{NULL, 0}}}};
        if (log_state.format == VF_LOG_JSON)
            append_json(line, kind, cut);
        else
            append_logfmt(line, kind, cut);
    }
    vf_buffer_append_char(line, '\n');

    struct vf_slice text = vf_buffer_slice(line);
    while (text.len) {
        ssize_t n = write(log_state.fd, text.ptr, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break; /* nobody to tell */
        text.ptr += n;
        text.len -= (size_t)n;
    }
}

static void close_window(struct kind *kind, int64_t now)
{
    uint64_t held_back = kind->held_back;
    kind->window_start = now;
    kind->written = 0;
    kind->held_back = 0;
    if (held_back)
        write_line(kind, VF_FIELDS(vf_int("repeated", (int64_t)held_back)));
}

static struct kind *find_kind(enum vf_log_level level, enum vf_log_subsystem subsystem,
                              const char *message, int64_t now)
{
    struct kind *oldest = &log_state.kinds[0];

    for (struct kind *kind = log_state.kinds; kind < log_state.kinds + KINDS_MAX; kind++) {
        if (kind->message == message && kind->subsystem == subsystem && kind->level == level)
            return kind;
        if (!kind->message || (oldest->message && kind->window_start < oldest->window_start))
            oldest = kind;
        if (!kind->message)
            break;
    }
    if (oldest->message)
        close_window(oldest, now);
    *oldest = (struct kind){
        .message = message, .subsystem = subsystem, .level = level, .window_start = now};
    return oldest;
}

bool vf_log_enabled(enum vf_log_level level, enum vf_log_subsystem subsystem)
{
    return (int)level <= atomic_load_explicit(&log_state.levels[subsystem], memory_order_relaxed);
}

void vf_log(enum vf_log_level level, enum vf_log_subsystem subsystem, const char *message,
            const struct vf_field *fields)
{
    if (!vf_log_enabled(level, subsystem))
        return;
    int64_t now = monotonic_ms();

    pthread_mutex_lock(&log_state.lock);
    struct kind *kind = find_kind(level, subsystem, message, now);
    if (now - kind->window_start >= VF_LOG_WINDOW_MS)
        close_window(kind, now);
    if (kind->written < VF_LOG_BURST) {
        kind->written++;
        write_line(kind, fields);
    } else {
        kind->held_back++;
    }
    pthread_mutex_unlock(&log_state.lock);
}

void vf_log_flush(bool at_exit)
{
    int64_t now = monotonic_ms();

    pthread_mutex_lock(&log_state.lock);
    for (struct kind *kind = log_state.kinds; kind < log_state.kinds + KINDS_MAX; kind++)
        if (kind->message && kind->held_back &&
            (at_exit || now - kind->window_start >= VF_LOG_WINDOW_MS))
            close_window(kind, now);
    pthread_mutex_unlock(&log_state.lock);
}

void vf_log_set_format(enum vf_log_format format)
{
    pthread_mutex_lock(&log_state.lock);
    log_state.format = format;
    pthread_mutex_unlock(&log_state.lock);
}

void vf_log_set_timestamps(bool on)
{
    pthread_mutex_lock(&log_state.lock);
    log_state.timestamps = on;
    pthread_mutex_unlock(&log_state.lock);
}

void vf_log_set_fd(int fd)
{
    pthread_mutex_lock(&log_state.lock);
    log_state.fd = fd;
    pthread_mutex_unlock(&log_state.lock);
}

void vf_log_set_level(enum vf_log_subsystem subsystem, enum vf_log_level level)
{
    atomic_store(&log_state.levels[subsystem], (int)level);
}

static int find_name(struct vf_slice text, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (vf_slice_is(text, names[i]))
            return i;
    return -1;
}

static int set_part(struct vf_slice part, struct vf_error *err)
{
    const char *equals = memchr(part.ptr, '=', part.len);
    struct vf_slice name = equals ? vf_slice(part.ptr, (size_t)(equals - part.ptr)) : VF_SLICE_NULL;
    struct vf_slice value = equals ? vf_slice(equals + 1, part.len - name.len - 1) : part;

    int level = find_name(value, level_names, VF_LOG_LEVEL_COUNT);
    if (level < 0)
        return vf_error_set(err, VF_ECONFIG, "\"%.*s\" is no log level: error, warn, info or debug",
                            VF_SLICE_PRINT(value));
    int subsystem = equals ? find_name(name, subsystem_names, VF_LOG_SUBSYSTEM_COUNT) : -1;
    if (equals && subsystem < 0)
        return vf_error_set(err, VF_ECONFIG,
                            "\"%.*s\" is no subsystem: daemon, kafka, pipeline, reference, "
                            "schema, librdkafka or producer",
                            VF_SLICE_PRINT(name));
    for (int i = 0; i < VF_LOG_SUBSYSTEM_COUNT; i++)
        if (!equals || i == subsystem)
            vf_log_set_level((enum vf_log_subsystem)i, (enum vf_log_level)level);
    return VF_OK;
}

int vf_log_set_levels(struct vf_slice spec, struct vf_error *err)
{
    size_t begin = 0;

    for (size_t i = 0; i <= spec.len; i++) {
        if (i < spec.len && spec.ptr[i] != ',')
            continue;
        int rc = set_part(vf_slice(spec.ptr + begin, i - begin), err);
        if (rc)
            return rc;
        begin = i + 1;
    }
    return VF_OK;
}
