#include "registry/registry_url.h"

#include "base/memory.h"
#include <curl/curl.h>
#include <stdlib.h>
#include <xxhash.h>

/* One part of a URL as a copy of our own; *out is NULL where the URL has no such part. */
static int get_part(CURLU *url, CURLUPart part, unsigned flags, char **out)
{
    char *text = NULL;

    *out = NULL;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK)
        return VF_OK;
    *out = vf_strdup(text);
    curl_free(text);
    return *out ? VF_OK : VF_ENOMEM;
}

static int has_part(CURLU *url, CURLUPart part, bool *out)
{
    char *text;
    int rc = get_part(url, part, 0, &text);
    *out = text != NULL;
    vf_free(text);
    return rc;
}

static int check_scheme(CURLU *url, struct vf_registry_url *out, size_t number,
                        struct vf_error *err)
{
    char *scheme;
    int rc = get_part(url, CURLUPART_SCHEME, 0, &scheme);
    if (rc)
        return vf_error_set(err, rc, "out of memory");
    out->https = scheme && strcmp(scheme, "https") == 0;
    bool known = out->https || (scheme && strcmp(scheme, "http") == 0);
    vf_free(scheme);
    return known ? VF_OK
                 : vf_error_set(err, VF_ECONFIG, "URL %zu begins neither with http:// nor https://",
                                number);
}

static int take_apart(CURLU *url, struct vf_registry_url *out, size_t number, struct vf_error *err)
{
    bool query = false;
    bool fragment = false;

    int rc = has_part(url, CURLUPART_QUERY, &query);
    if (!rc)
        rc = has_part(url, CURLUPART_FRAGMENT, &fragment);
    if (!rc && (query || fragment))
        return vf_error_set(err, VF_ECONFIG, "URL %zu has a part behind %c", number,
                            query ? '?' : '#');
    if (!rc)
        rc = get_part(url, CURLUPART_USER, CURLU_URLDECODE, &out->user);
    if (!rc)
        rc = get_part(url, CURLUPART_PASSWORD, CURLU_URLDECODE, &out->password);
    curl_url_set(url, CURLUPART_USER, NULL, 0);
    curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
    if (!rc)
        rc = get_part(url, CURLUPART_URL, 0, &out->base);
    if (rc || !out->base)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    size_t length = strlen(out->base);
    while (length && out->base[length - 1] == '/')
        out->base[--length] = '\0';
    return VF_OK;
}

static int parse_one(const char *text, struct vf_registry_url *out, size_t number,
                     struct vf_error *err)
{
    CURLU *url = curl_url();
    if (!url)
        return vf_error_set(err, VF_ENOMEM, "out of memory");

    int rc;
    if (curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
        rc = vf_error_set(err, VF_ECONFIG, "URL %zu is none: expected http://host:port", number);
    } else {
        rc = check_scheme(url, out, number, err);
        if (!rc)
            rc = take_apart(url, out, number, err);
    }
    curl_url_cleanup(url);
    return rc;
}

int vf_registry_urls_parse(const char *text, struct vf_registry_urls *out, struct vf_error *err)
{
    static const char separators[] = ", \t\r\n";
    char *copy = vf_strdup(text ? text : "");
    char *rest = NULL;
    int rc = copy ? VF_OK : vf_error_set(err, VF_ENOMEM, "out of memory");

    *out = (struct vf_registry_urls){.count = 0};
    for (char *one = copy ? strtok_r(copy, separators, &rest) : NULL; one && !rc;
         one = strtok_r(NULL, separators, &rest)) {
        if (out->count == VF_REGISTRY_URLS_MAX)
            rc = vf_error_set(err, VF_ECONFIG, "more than %d URLs", VF_REGISTRY_URLS_MAX);
        else
            rc = parse_one(one, &out->items[out->count], out->count + 1, err);
        out->count += out->count < VF_REGISTRY_URLS_MAX;
    }
    if (!rc && !out->count)
        rc = vf_error_set(err, VF_ECONFIG, "there is no URL");
    vf_free(copy);
    if (rc)
        vf_registry_urls_release(out);
    return rc;
}

void vf_registry_urls_release(struct vf_registry_urls *urls)
{
    for (size_t i = 0; i < urls->count; i++) {
        vf_free(urls->items[i].base);
        vf_free(urls->items[i].user);
        vf_free(urls->items[i].password);
    }
    *urls = (struct vf_registry_urls){.count = 0};
}

uint64_t vf_registry_urls_hash(const struct vf_registry_urls *urls)
{
    uint64_t sum = 0; /* the order must not matter */
    for (size_t i = 0; i < urls->count; i++)
        sum += XXH3_64bits(urls->items[i].base, strlen(urls->items[i].base));
    return sum;
}
