/*
 * What systemd is told of the daemon's life (sd_notify). Without systemd, or started by hand,
 * every call does nothing. Loop thread.
 */
#ifndef VF_DAEMON_NOTIFY_H
#define VF_DAEMON_NOTIFY_H

#include <stdint.h>

enum vf_notify { VF_NOTIFY_READY, VF_NOTIFY_RELOADING, VF_NOTIFY_STOPPING, VF_NOTIFY_WATCHDOG };

void vf_notify(enum vf_notify what);
/* One line, for systemctl status. */
void vf_notify_status(const char *text);
/* Milliseconds within which the watchdog wants a sign of life; 0: it is off. */
uint64_t vf_notify_watchdog_ms(void);

#endif
