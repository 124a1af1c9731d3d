#include "registry/http.h"

#include "base/memory.h"
#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <strings.h>

enum {
    POLL_MS = 1000,         /* vf_http_stop does not wait for it */
    RETRY_AFTER_MAX = 3600, /* seconds: longer is as good as a wrong clock */
    URL_MAX = 8192,         /* bytes */
};

struct vf_http {
    const struct vf_registry_config *config;
    CURLM *multi; /* of one handle: only a multi can be woken up from another thread */
    CURL *easy;
    struct curl_slist *get_headers;
    struct curl_slist *post_headers;
    struct vf_buffer body;
    bool too_long;
    atomic_bool stopped;
    char error[CURL_ERROR_SIZE];
};

static bool is_set(const char *text)
{
    return text && *text;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *owner)
{
    struct vf_http *http = owner;
    size_t n = size * count;

    if (vf_buffer_append(&http->body, bytes, n))
        return n;
    http->too_long = true;
    return 0;
}

/* Options that are the same for all exchanges; false when one is refused. */
static bool set_options(struct vf_http *http)
{
    const struct vf_registry_config *config = http->config;
    CURL *easy = http->easy;
    bool ok = true;

#define SET(option, value) (ok = ok && curl_easy_setopt(easy, option, value) == CURLE_OK)
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_ERRORBUFFER, http->error);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, http);
    SET(CURLOPT_USERAGENT, "visitfeed/" VISITFEED_VERSION);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)config->connect_timeout);
    SET(CURLOPT_TIMEOUT_MS, (long)config->timeout);
    SET(CURLOPT_MAXREDIRS, (long)config->redirects_max);
    SET(CURLOPT_FOLLOWLOCATION, config->redirects_max ? 1L : 0L);
    SET(CURLOPT_POSTREDIR, (long)CURL_REDIR_POST_ALL); /* a moved registry still wants the body */
    if (is_set(config->ca_file))
        SET(CURLOPT_CAINFO, config->ca_file);
    if (is_set(config->certificate_file)) {
        SET(CURLOPT_SSLCERT, config->certificate_file);
        SET(CURLOPT_SSLKEY, is_set(config->key_file) ? config->key_file : config->certificate_file);
    }
    if (is_set(config->key_password))
        SET(CURLOPT_KEYPASSWD, config->key_password);
#if LIBCURL_VERSION_NUM >= 0x075700
    /* A look-up of a name that hangs must not hold up the end of the program. */
    SET(CURLOPT_QUICK_EXIT, 1L);
#endif
#undef SET
    return ok;
}

int vf_http_create(const struct vf_registry_config *config, struct vf_http **out,
                   struct vf_error *err)
{
    struct vf_http *http = vf_calloc(1, sizeof *http);

    *out = NULL;
    if (!http)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    http->config = config;
    atomic_init(&http->stopped, false);
    vf_buffer_init(&http->body, config->answer_bytes_max);
    http->multi = curl_multi_init();
    http->easy = curl_easy_init();
    http->get_headers =
        curl_slist_append(NULL, "Accept: application/vnd.schemaregistry.v1+json, application/json");
    http->post_headers =
        curl_slist_append(NULL, "Accept: application/vnd.schemaregistry.v1+json, application/json");
    struct curl_slist *longer = curl_slist_append(
        http->post_headers, "Content-Type: application/vnd.schemaregistry.v1+json");
    if (!http->multi || !http->easy || !http->get_headers || !longer) {
        vf_http_free(http);
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    }
    if (!set_options(http)) {
        vf_http_free(http);
        return vf_error_set(err, VF_ECONFIG, "libcurl %s does not take the settings",
                            curl_version_info(CURLVERSION_NOW)->version);
    }
    *out = http;
    return VF_OK;
}

void vf_http_free(struct vf_http *http)
{
    if (!http)
        return;
    curl_easy_cleanup(http->easy);
    curl_multi_cleanup(http->multi);
    curl_slist_free_all(http->get_headers);
    curl_slist_free_all(http->post_headers);
    vf_buffer_release(&http->body);
    vf_free(http);
}

void vf_http_stop(struct vf_http *http)
{
    atomic_store(&http->stopped, true);
    curl_multi_wakeup(http->multi);
}

/* Credentials go only to the host they are meant for: libcurl keeps them back on redirects. */
static void set_credentials(struct vf_http *http, const struct vf_registry_url *url)
{
    const struct vf_registry_config *config = http->config;
    bool own = url->user != NULL;
    const char *user = own ? url->user : config->user;
    const char *password = own ? url->password : config->password;
    bool bearer = !own && is_set(config->token);

    curl_easy_setopt(http->easy, CURLOPT_HTTPAUTH, bearer ? CURLAUTH_BEARER : CURLAUTH_BASIC);
    curl_easy_setopt(http->easy, CURLOPT_XOAUTH2_BEARER, bearer ? config->token : NULL);
    curl_easy_setopt(http->easy, CURLOPT_USERNAME, bearer || !is_set(user) ? NULL : user);
    curl_easy_setopt(http->easy, CURLOPT_PASSWORD, bearer || !is_set(user) ? NULL : password);
}

static void set_protocols(CURL *easy, bool https)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, https ? "https" : "http,https");
#else
    long secure = CURLPROTO_HTTPS;
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, secure | CURLPROTO_HTTP);
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, https ? secure : secure | CURLPROTO_HTTP);
#endif
}

static CURLcode prepare(struct vf_http *http, const struct vf_registry_url *url, const char *path,
                        struct vf_slice body)
{
    CURL *easy = http->easy;
    char full[URL_MAX];
    int length = snprintf(full, sizeof full, "%s%s", url->base, path);

    if (length < 0 || (size_t)length >= sizeof full)
        return CURLE_URL_MALFORMAT;
    vf_buffer_clear(&http->body);
    http->too_long = false;
    http->error[0] = '\0';
    set_credentials(http, url);
    set_protocols(easy, url->https);
    if (body.ptr) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.ptr);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, body.ptr ? http->post_headers : http->get_headers);
    return curl_easy_setopt(easy, CURLOPT_URL, full);
}

/* curl_easy_perform that vf_http_stop can interrupt. */
static CURLcode perform(struct vf_http *http)
{
    CURLcode code = CURLE_ABORTED_BY_CALLBACK;
    int running = 1;
    int left;

    CURLMcode problem = curl_multi_add_handle(http->multi, http->easy);
    if (problem)
        return CURLE_FAILED_INIT;
    while (!problem && running && !atomic_load(&http->stopped)) {
        problem = curl_multi_perform(http->multi, &running);
        if (!problem && running)
            problem = curl_multi_poll(http->multi, NULL, 0, POLL_MS, NULL);
    }
    for (CURLMsg *message; (message = curl_multi_info_read(http->multi, &left));)
        if (message->msg == CURLMSG_DONE)
            code = message->data.result;
    curl_multi_remove_handle(http->multi, http->easy);
    return problem ? CURLE_FAILED_INIT : code;
}

static bool is_json(CURL *easy)
{
    char *type = NULL;
    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
    return type && strcasestr(type, "json");
}

static int report(struct vf_http *http, const struct vf_registry_url *url, CURLcode code,
                  struct vf_error *err)
{
    const struct vf_registry_config *config = http->config;

    if (atomic_load(&http->stopped))
        return vf_error_set(err, VF_EIO, "the registry client was stopped");
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return vf_error_set(err, VF_ETIMEDOUT,
                            "%s: no answer in time (%u ms to connect, %u ms in all)", url->base,
                            config->connect_timeout, config->timeout);
    case CURLE_TOO_MANY_REDIRECTS:
        return vf_error_set(err, VF_EIO, "%s: more than %u redirects", url->base,
                            config->redirects_max);
    default:
        return vf_error_set(err, VF_EIO, "%s: %s", url->base,
                            http->error[0] ? http->error : curl_easy_strerror(code));
    }
}

int vf_http_exchange(struct vf_http *http, const struct vf_registry_url *url, const char *path,
                     struct vf_slice body, struct vf_http_answer *out, struct vf_error *err)
{
    curl_off_t retry_after = 0;

    *out = (struct vf_http_answer){.status = 0};
    CURLcode code = prepare(http, url, path, body);
    if (!code)
        code = perform(http);
    curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &out->status);
    if (http->too_long && out->status < 300 && is_json(http->easy))
        return vf_error_set(err, VF_ELIMIT, "%s: answer is longer than %zu bytes", url->base,
                            http->config->answer_bytes_max);
    if (http->too_long && out->status < 300)
        return vf_error_set(err, VF_EIO, "%s: answer is longer than %zu bytes, and no JSON",
                            url->base, http->config->answer_bytes_max);
    if (code && !http->too_long)
        return report(http, url, code, err);

    curl_easy_getinfo(http->easy, CURLINFO_RETRY_AFTER, &retry_after);
    if (retry_after > 0)
        out->retry_after =
            1000 * (int64_t)(retry_after < RETRY_AFTER_MAX ? retry_after : RETRY_AFTER_MAX);
    out->body = vf_buffer_slice(&http->body);
    return VF_OK;
}
