/*
 * Where visitfeed's data files are: beside the program as installed, or in the source tree that
 * it was built in.
 */
#ifndef VF_DAEMON_PATHS_H
#define VF_DAEMON_PATHS_H

#include "base/arena.h"

/* kind: "reference" or "sample". Looks into $VISITFEED_DATA_DIR/kind, then share/visitfeed/kind
 * beside the program's bin/, then deploy/reference or tests/sample in a folder above the
 * program. The installation's own path where none is there. ptr NULL: no memory. */
struct vf_slice vf_data_path(const char *kind, struct vf_arena *arena);

#endif
