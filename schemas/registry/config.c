#include "registry/config.h"

#include "base/memory.h"
#include "registry/registry_url.h"
#include <errno.h>
#include <unistd.h>

static const size_t config_texts[] = {
    offsetof(struct vf_registry_config, urls),
    offsetof(struct vf_registry_config, user),
    offsetof(struct vf_registry_config, password),
    offsetof(struct vf_registry_config, token),
    offsetof(struct vf_registry_config, ca_file),
    offsetof(struct vf_registry_config, certificate_file),
    offsetof(struct vf_registry_config, key_file),
    offsetof(struct vf_registry_config, key_password),
    offsetof(struct vf_registry_config, cache_directory),
};
enum { CONFIG_TEXTS = sizeof config_texts / sizeof *config_texts };

static const char **config_text(struct vf_registry_config *config, size_t index)
{
    return (const char **)(void *)((char *)config + config_texts[index]);
}

void vf_registry_config_release(struct vf_registry_config *config)
{
    for (size_t i = 0; i < CONFIG_TEXTS; i++)
        vf_free((void *)(uintptr_t)*config_text(config, i));
}

int vf_registry_config_copy(const struct vf_registry_config *from, struct vf_registry_config *to)
{
    struct vf_registry_config texts = *from;
    bool failed = false;

    *to = *from;
    for (size_t i = 0; i < CONFIG_TEXTS; i++) {
        const char *text = *config_text(&texts, i);
        *config_text(to, i) = vf_strdup(text);
        failed |= text && !*config_text(to, i);
    }
    return failed ? VF_ENOMEM : VF_OK;
}

static bool is_set(const char *text)
{
    return text && *text;
}

int vf_registry_config_check(const struct vf_registry_config *config, struct vf_error *err)
{
    const struct {
        const char *what;
        const char *path;
    } files[] = {{"CA file", config->ca_file},
                 {"certificate file", config->certificate_file},
                 {"key file", config->key_file}};
    struct vf_registry_urls urls;

    int rc = vf_registry_urls_parse(config->urls, &urls, err);
    if (rc)
        return rc;
    vf_registry_urls_release(&urls);
    if (is_set(config->token) && (is_set(config->user) || is_set(config->password)))
        return vf_error_set(err, VF_ECONFIG, "a token and a user: only one of them can be sent");
    if (is_set(config->password) && !is_set(config->user))
        return vf_error_set(err, VF_ECONFIG, "a password without a user");
    if (is_set(config->key_file) && !is_set(config->certificate_file))
        return vf_error_set(err, VF_ECONFIG, "a key file without a certificate file");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (is_set(files[i].path) && access(files[i].path, R_OK))
            return vf_error_set(err, VF_ECONFIG, "%s %s: %s", files[i].what, files[i].path,
                                strerror(errno));
    return VF_OK;
}
