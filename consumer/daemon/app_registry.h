/*
 * The schema registry's part in the daemon: the ids of the outputs before it joins the group,
 * and schemas of inputs while it runs. Loop thread.
 *
 * A partition whose next record needs a schema that is being looked up is held; the others go
 * on. Whenever an answer came, those held try again.
 */
#ifndef VF_DAEMON_APP_REGISTRY_H
#define VF_DAEMON_APP_REGISTRY_H

#include "daemon/app_internal.h"

/* Starts the client and runs the loop until the registry, or its cache, gave the outputs' ids.
 * Does nothing where no registry is configured. Returns 0 as well when the daemon was asked to
 * stop meanwhile: app->source_closing tells. VF_ECONFIG, VF_EINCOMPATIBLE, VF_EACCES, ... */
int vf_app_registry_start(struct vf_app *app, struct vf_error *err);
/* Ends the client and closes the handles; the loop must run on until they are closed. */
void vf_app_registry_close(struct vf_app *app);
/* After the loop. */
void vf_app_registry_free(struct vf_app *app);

/* One line while records wait for schemas, with how long the oldest has; nothing otherwise. */
void vf_app_registry_status_write(const struct vf_app *app);

#endif
