#include "daemon/notify.h"

#ifdef VISITFEED_HAVE_SYSTEMD

#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <time.h>

void vf_notify(enum vf_notify what)
{
    switch (what) {
    case VF_NOTIFY_READY: sd_notify(0, "READY=1"); break;
    case VF_NOTIFY_STOPPING: sd_notify(0, "STOPPING=1"); break;
    case VF_NOTIFY_WATCHDOG: sd_notify(0, "WATCHDOG=1"); break;
    case VF_NOTIFY_RELOADING: {
        struct timespec now; /* Type=notify-reload wants to know when */
        clock_gettime(CLOCK_MONOTONIC, &now);
        sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
                   (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
        break;
    }
    }
}

void vf_notify_status(const char *text)
{
    sd_notifyf(0, "STATUS=%s", text);
}

uint64_t vf_notify_watchdog_ms(void)
{
    uint64_t microseconds = 0;
    return sd_watchdog_enabled(0, &microseconds) > 0 ? microseconds / 1000 : 0;
}

#else

void vf_notify(enum vf_notify what)
{
    (void)what;
}

void vf_notify_status(const char *text)
{
    (void)text;
}

uint64_t vf_notify_watchdog_ms(void)
{
    return 0;
}

#endif
