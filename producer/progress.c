#include "progress.h"

#include "observe/log.h"
#include "pacer.h"
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { MS_NS = 1000000 };
enum { TEXT_MAX = 4096 }; /* bytes of one line told */

void vf_progress_begin(struct vf_progress *progress, bool quiet, uint64_t total)
{
    int64_t now = vf_monotonic_ns();

    *progress = (struct vf_progress){
        .quiet = quiet, .terminal = isatty(STDERR_FILENO) == 1, .begin = now, .total = total};
    progress->next =
        now + (int64_t)(progress->terminal ? VF_PROGRESS_TERMINAL_MS : VF_PROGRESS_LOG_MS) * MS_NS;
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

static void show_line(struct vf_progress *progress, const struct vf_tally *tally)
{
    enum { BAR = 20 };
    double seconds = seconds_since(progress->begin);
    double share = progress->total ? (double)progress->done / (double)progress->total : 0;
    char bar[64] = "";
    char left[32] = "";

    if (share > 1)
        share = 1;
    if (progress->total) {
        int full = (int)(share * BAR);
        snprintf(bar, sizeof bar, "[%.*s%.*s] %3.0f%%  ", full, "####################", BAR - full,
                 "....................", share * 100);
    }
    if (share > 0.01)
        snprintf(left, sizeof left, "  %.0f s left", seconds / share - seconds);
    fprintf(stderr,
            "\r\033[K%s%" PRIu64 " read, %" PRIu64 " acknowledged, %" PRIu64 " in flight, %" PRIu64
            " failed, %.0f/s%s\r",
            bar, tally->read, tally->acknowledged,
            tally->sent - tally->acknowledged - tally->undelivered,
            tally->skipped + tally->failed + tally->undelivered,
            (double)tally->acknowledged / seconds, left);
    fflush(stderr);
    progress->line_shown = true;
}

static void log_line(const struct vf_progress *progress, const struct vf_tally *tally,
                     const char *message)
{
    double seconds = seconds_since(progress->begin);

    vf_log(VF_LOG_INFO, VF_LOG_PRODUCER, message,
           VF_FIELDS(vf_int("read", (int64_t)tally->read), vf_int("sent", (int64_t)tally->sent),
                     vf_int("skipped", (int64_t)tally->skipped),
                     vf_int("failed", (int64_t)tally->failed),
                     vf_int("acknowledged", (int64_t)tally->acknowledged),
                     vf_int("undelivered", (int64_t)tally->undelivered),
                     vf_int("bytes", (int64_t)tally->bytes), vf_double("seconds", seconds),
                     vf_double("per_second", (double)tally->sent / seconds)));
}

void vf_progress_update(struct vf_progress *progress, const struct vf_tally *tally, uint64_t done)
{
    progress->done = done;
    if (progress->quiet)
        return;
    int64_t now = vf_monotonic_ns();
    if (now < progress->next)
        return;
    if (progress->terminal)
        show_line(progress, tally);
    else
        log_line(progress, tally, "progress");
    progress->next =
        now + (int64_t)(progress->terminal ? VF_PROGRESS_TERMINAL_MS : VF_PROGRESS_LOG_MS) * MS_NS;
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

void vf_progress_end(struct vf_progress *progress, const struct vf_tally *tally, bool dry)
{
    bool clean = !tally->skipped && !tally->failed && !tally->undelivered;

    clear_line(progress);
    if (progress->quiet && clean)
        return;
    if (!progress->terminal) {
        log_line(progress, tally, dry ? "summary of the dry run" : "summary");
        return;
    }
    double seconds = seconds_since(progress->begin);
    fprintf(stderr,
            "read %" PRIu64 " = sent %" PRIu64 " + skipped %" PRIu64 " + failed %" PRIu64 "\n",
            tally->read, tally->sent, tally->skipped, tally->failed);
    if (dry)
        fprintf(stderr, "nothing was sent: this was a dry run (%" PRIu64 " bytes)\n", tally->bytes);
    else
        fprintf(stderr,
                "sent %" PRIu64 " = acknowledged %" PRIu64 " + undelivered %" PRIu64
                "; %.1f s, %.0f/s, %.1f MB/s\n",
                tally->sent, tally->acknowledged, tally->undelivered, seconds,
                (double)tally->sent / seconds, (double)tally->bytes / seconds / 1e6);
}
