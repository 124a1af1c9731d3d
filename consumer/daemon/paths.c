#include "daemon/paths.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

enum { LEVELS = 6 }; /* folders above the program: build/<preset>/consumer/daemon and some */

static struct vf_slice try_path(struct vf_arena *arena, const char *base, const char *folder,
                                const char *kind)
{
    struct vf_slice path = vf_arena_printf(arena, "%s%s%s", base, folder, kind);
    return path.ptr && access(path.ptr, R_OK | X_OK) == 0 ? path : VF_SLICE_NULL;
}

/* The folder that the program is in; "" where the system does not tell. */
static void program_folder(char out[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
    out[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(out, '/');
    if (slash)
        *slash = '\0';
}

struct vf_slice vf_data_path(const char *kind, struct vf_arena *arena)
{
    const char *in_tree = strcmp(kind, "sample") == 0 ? "/tests/" : "/deploy/";
    const char *wanted = getenv("VISITFEED_DATA_DIR");
    char folder[PATH_MAX];
    struct vf_slice found;

    if (wanted && *wanted)
        return vf_arena_printf(arena, "%s/%s", wanted, kind);
    program_folder(folder);
    found = try_path(arena, folder, "/../share/visitfeed/", kind);
    for (int level = 0; !found.ptr && level < LEVELS; level++) {
        found = try_path(arena, folder, in_tree, kind);
        char *slash = strrchr(folder, '/');
        if (!slash)
            break;
        *slash = '\0';
    }
    return found.ptr ? found : vf_arena_printf(arena, "%s/%s", VISITFEED_DATADIR, kind);
}
