/* From [registry] to what its client takes. */
#include "daemon/config.h"

#include <stdlib.h>

/* The first of systemd's folders, if it gave several. */
static struct vf_slice first_path(const char *paths)
{
    return vf_slice(paths, strcspn(paths, ":"));
}

/* Empty: there is no place for one. */
static struct vf_slice cache_directory(const struct vf_config_registry *config,
                                       struct vf_arena *arena)
{
    const struct {
        const char *variable;
        const char *below;
    } places[] = {{"CACHE_DIRECTORY", "/schemas"},
                  {"XDG_CACHE_HOME", "/visitfeed/schemas"},
                  {"HOME", "/.cache/visitfeed/schemas"}};

    if (vf_slice_is(config->cache_directory, "off"))
        return VF_SLICE_NULL;
    if (config->cache_directory.len)
        return config->cache_directory;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *value = getenv(places[i].variable);
        if (value && *value)
            return vf_arena_printf(arena, "%.*s%s", VF_SLICE_PRINT(first_path(value)),
                                   places[i].below);
    }
    return VF_SLICE_NULL;
}

bool vf_config_registry(const struct vf_config *config, struct vf_arena *arena,
                        struct vf_registry_config *out)
{
    const struct vf_config_registry *from = &config->registry;

    if (!from->url.len)
        return false;
    *out = (struct vf_registry_config){.urls = from->url.ptr,
                                       .user = from->user.ptr,
                                       .password = from->password.ptr,
                                       .token = from->token.ptr,
                                       .ca_file = from->ca_file.ptr,
                                       .certificate_file = from->certificate_file.ptr,
                                       .key_file = from->key_file.ptr,
                                       .key_password = from->key_password.ptr,
                                       .cache_directory = cache_directory(from, arena).ptr,
                                       .connect_timeout = (uint32_t)from->connect_timeout,
                                       .timeout = (uint32_t)from->timeout,
                                       .retry_first = (uint32_t)from->retry_first,
                                       .retry_max = (uint32_t)from->retry_max,
                                       .answer_bytes_max = (size_t)from->answer_size,
                                       .redirects_max = (uint32_t)from->redirects};
    return true;
}
