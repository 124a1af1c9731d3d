#include "progress.h"

#include "observe/log.h"
#include "pacer.h"
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { MS_NS = 1000000 };
enum { TEXT_MAX = 4096 }; /* bytes of one line told */

static int64_t next_update(const struct vf_progress *progress)
{
    int64_t interval = progress->terminal ? VF_PROGRESS_TERMINAL_MS : VF_PROGRESS_LOG_MS;
    return vf_monotonic_ns() + interval * MS_NS;
}

void vf_progress_begin(struct vf_progress *progress, bool quiet, uint64_t total)
{
    *progress = (struct vf_progress){.quiet = quiet,
                                     .terminal = isatty(STDERR_FILENO) == 1,
                                     .begin = vf_monotonic_ns(),
                                     .total = total};
    progress->next = next_update(progress);
}

bool vf_progress_is_due(const struct vf_progress *progress)
{
    return !progress->quiet && vf_monotonic_ns() >= progress->next;
}

static double seconds_since(int64_t begin)
{
    double seconds = (double)(vf_monotonic_ns() - begin) / 1e9;
    return seconds > 1e-6 ? seconds : 1e-6;
}

static void clear_line(struct vf_progress *progress)
{
    if (progress->line_shown)
        fputs("\r\033[K", stderr);
    progress->line_shown = false;
}

static void print_counters(const struct vf_counters *counters)
{
    for (size_t i = 0; i < counters->count; i++)
        fprintf(stderr, "%s%s %" PRIu64, i ? ", " : "", counters->items[i].name,
                counters->items[i].value);
}

static void show_line(struct vf_progress *progress, const struct vf_counters *counters)
{
    enum { BAR = 20 };
    double seconds = seconds_since(progress->begin);
    double share = progress->total ? (double)counters->done / (double)progress->total : 0;

    if (share > 1)
        share = 1;
    fputs("\r\033[K", stderr);
    if (progress->total) {
        int full = (int)(share * BAR);
        fprintf(stderr, "[%.*s%.*s] %3.0f%%  ", full, "####################", BAR - full,
                "....................", share * 100);
    }
    print_counters(counters);
    fprintf(stderr, ", %.0f/s", (double)counters->worked / seconds);
    if (share > 0.01)
        fprintf(stderr, ", %.0f s left", seconds / share - seconds);
    putc('\r', stderr);
    fflush(stderr);
    progress->line_shown = true;
}

static void log_line(const struct vf_progress *progress, const char *message,
                     const struct vf_counters *counters)
{
    struct vf_field fields[VF_COUNTERS_MAX + 3];
    double seconds = seconds_since(progress->begin);
    size_t n = 0;

    for (; n < counters->count; n++)
        fields[n] = vf_int(counters->items[n].name, (int64_t)counters->items[n].value);
    fields[n++] = vf_double("seconds", seconds);
    fields[n++] = vf_double("per_second", (double)counters->worked / seconds);
    fields[n] = (struct vf_field){.kind = VF_FIELD_END};
    vf_log(VF_LOG_INFO, VF_LOG_PRODUCER, message, fields);
}

void vf_progress_show(struct vf_progress *progress, const struct vf_counters *counters)
{
    if (progress->terminal)
        show_line(progress, counters);
    else
        log_line(progress, "progress", counters);
    progress->next = next_update(progress);
}

/* What the input holds must not drive a terminal. */
static void put_safely(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        bool c1_control = c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0;
        if (c1_control) {
            fprintf(stderr, "\\x%02x", c[1]);
            c++;
        } else if (*c < 0x20 || *c == 0x7F) {
            fprintf(stderr, "\\x%02x", *c);
        } else {
            putc(*c, stderr);
        }
    }
    putc('\n', stderr);
}

void vf_progress_tell(struct vf_progress *progress, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    clear_line(progress);
    put_safely(text);
    fflush(stderr);
}

void vf_progress_end(struct vf_progress *progress, const char *message,
                     const struct vf_counters *counters)
{
    clear_line(progress);
    if (progress->quiet && counters->clean)
        return;
    if (!progress->terminal) {
        log_line(progress, message, counters);
        return;
    }
    double seconds = seconds_since(progress->begin);
    fprintf(stderr, "%s: ", message);
    print_counters(counters);
    fprintf(stderr, "; %.1f s, %.0f/s\n", seconds, (double)counters->worked / seconds);
}

void vf_counters_add(struct vf_counters *counters, const char *name, uint64_t value)
{
    if (counters->count < VF_COUNTERS_MAX)
        counters->items[counters->count++] = (struct vf_counter){name, value};
}

void vf_tally_counters(const struct vf_tally *tally, struct vf_counters *out)
{
    *out = (struct vf_counters){
        .worked = tally->sent,
        .clean = !tally->skipped && !tally->failed && !tally->undelivered,
    };
    vf_counters_add(out, "read", tally->read);
    vf_counters_add(out, "sent", tally->sent);
    vf_counters_add(out, "skipped", tally->skipped);
    vf_counters_add(out, "failed", tally->failed);
    vf_counters_add(out, "acknowledged", tally->acknowledged);
    vf_counters_add(out, "undelivered", tally->undelivered);
    vf_counters_add(out, "bytes", tally->bytes);
}
