#include "registry/operations.h"

#include "base/memory.h"
#include "observe/log.h"
#include <stdio.h>
#include <xxhash.h>

enum {
    PATH_MAX_BYTES = 4096,
    SUBJECT_SHOWN = 200, /* bytes of a subject in a message */
};

/* One request under way. */
struct work {
    struct vf_worker *worker;
    const struct vf_registry_request *request;
    struct vf_registry_result *result;
    struct vf_answer answer;
    struct vf_buffer path;
    struct vf_error *err;
};

void vf_request_describe(const struct vf_registry_request *request, char *out, size_t size)
{
    char guid[VF_REGISTRY_GUID_TEXT];
    int shown = request->subject.len > SUBJECT_SHOWN ? SUBJECT_SHOWN : (int)request->subject.len;

    switch (request->operation) {
    case VF_REGISTRY_BY_ID: snprintf(out, size, "schema id %u", request->id); break;
    case VF_REGISTRY_BY_GUID:
        vf_registry_guid_format(request->guid, guid);
        snprintf(out, size, "schema guid %s", guid);
        break;
    default: snprintf(out, size, "subject %.*s", shown, request->subject.ptr); break;
    }
}

/* ---- the disk cache ---- */

static void schema_file(const struct vf_registry_request *request, char out[VF_DISK_CACHE_NAME_MAX])
{
    char guid[VF_REGISTRY_GUID_TEXT];

    if (request->operation == VF_REGISTRY_BY_ID) {
        snprintf(out, VF_DISK_CACHE_NAME_MAX, "id-%u", request->id);
        return;
    }
    vf_registry_guid_format(request->guid, guid);
    snprintf(out, VF_DISK_CACHE_NAME_MAX, "guid-%s", guid);
}

static void subject_file(const struct vf_registry_request *request, struct vf_slice compact,
                         char out[VF_DISK_CACHE_NAME_MAX])
{
    XXH64_hash_t subject = XXH3_64bits(request->subject.ptr, request->subject.len);
    XXH64_hash_t both = XXH3_64bits_withSeed(compact.ptr, compact.len, subject);
    snprintf(out, VF_DISK_CACHE_NAME_MAX, "subject-%016llx", (unsigned long long)both);
}

static json_t *load_json(struct vf_worker *worker, const char *name)
{
    struct vf_buffer content;
    json_error_t unused;
    json_t *json = NULL;

    vf_buffer_init(&content, VF_DISK_CACHE_BUFFER);
    if (vf_disk_cache_load(&worker->cache, name, &content) == VF_OK)
        json = json_loadb(content.data, content.len, 0, &unused);
    vf_buffer_release(&content);
    return json;
}

/* Takes over json. */
static void store_json(struct vf_worker *worker, const char *name, json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

    if (text)
        vf_disk_cache_store(&worker->cache, name, vf_slice_of(text));
    free(text);
    json_decref(json);
}

static struct wire_schema *parse_cached(const json_t *json)
{
    struct wire_schema *schema = NULL;
    struct vf_error unused;
    struct vf_bundle bundle;

    vf_bundle_init(&bundle);
    if (vf_bundle_from_json(&bundle, json_object_get(json, "schemas"), &unused) == VF_OK)
        vf_bundle_parse(&bundle, &schema, &unused);
    vf_bundle_release(&bundle);
    return schema;
}

static void say_cached(const struct work *work)
{
    char what[256];

    vf_request_describe(work->request, what, sizeof what);
    vf_log(VF_LOG_WARN, VF_LOG_SCHEMA, "the schema registry's last answer is used",
           VF_FIELDS(vf_text("what", what), vf_text("reason", work->err->text)));
}

/* A schema whose text was fetched once. */
static bool load_schema(struct work *work, const char *name)
{
    json_t *json = load_json(work->worker, name);

    work->result->schema = json ? parse_cached(json) : NULL;
    work->result->cached = work->result->schema != NULL;
    json_decref(json);
    if (work->result->cached)
        say_cached(work);
    return work->result->cached;
}

/* Another answer than before about what never changes: this is not the registry that the cache
 * was filled from, so nothing in it can be relied on. */
static void forget_all(struct work *work)
{
    char what[256];

    vf_request_describe(work->request, what, sizeof what);
    vf_log(VF_LOG_ERROR, VF_LOG_SCHEMA,
           "the registry contradicts the cached schemas, which are thrown away",
           VF_FIELDS(vf_text("what", what)));
    vf_disk_cache_clear(&work->worker->cache);
}

/* Keeps a schema that the registry gave, unless it is there already. */
static void keep_schema(struct work *work, const char *name, const struct vf_bundle *bundle)
{
    json_t *before = load_json(work->worker, name);
    json_t *now = json_pack("{s:o}", "schemas", vf_bundle_to_json(bundle));

    if (before && now && json_equal(before, now)) {
        json_decref(now);
        json_decref(before);
        return;
    }
    struct wire_schema *old = before ? parse_cached(before) : NULL;
    /* Texts may be laid out anew; what they mean may not. */
    if (old &&
        !vf_slice_equal(wire_schema_canonical(old), wire_schema_canonical(work->result->schema)))
        forget_all(work);
    wire_schema_free(old);
    json_decref(before);
    store_json(work->worker, name, now);
}

/* ---- the registry's answers ---- */

static void read_guid(struct work *work, const json_t *json)
{
    const json_t *guid = json_object_get(json, "guid");
    struct vf_slice text = vf_slice(json_string_value(guid), json_string_length(guid));

    if (text.ptr && vf_registry_guid_parse(text, work->result->guid))
        work->result->has_guid = true;
}

static void read_version(struct work *work, const json_t *json)
{
    json_int_t version = json_integer_value(json_object_get(json, "version"));
    work->result->version = version > 0 && version <= INT32_MAX ? (int32_t)version : 0;
}

static int read_id(struct work *work, const json_t *json)
{
    const json_t *id = json_object_get(json, "id");
    json_int_t number = json_integer_value(id);

    if (!json_is_integer(id) || number < 0 || number > INT32_MAX)
        return vf_talk_unusable(&work->worker->talk, "an id", work->err);
    work->result->id = (uint32_t)number;
    work->result->has_id = true;
    return VF_OK;
}

/* Path begins with a fixed text, and may have the request's subject in it. */
static int ask(struct work *work, const char *before, bool subject, const char *after,
               struct vf_slice body, json_t **out)
{
    struct vf_question question = {
        .body = body, .may_be_unknown = work->request->operation == VF_REGISTRY_BY_GUID};

    *out = NULL;
    vf_buffer_clear(&work->path);
    vf_buffer_append_text(&work->path, before);
    if (subject)
        vf_path_escape(&work->path, work->request->subject);
    vf_buffer_append_text(&work->path, after);
    if (!vf_buffer_append(&work->path, "", 1))
        return vf_error_set(work->err, VF_ELIMIT, "the subject's name is too long");
    question.path = work->path.data;
    int rc = vf_talk_ask(&work->worker->talk, &question, &work->answer, work->err);
    *out = work->answer.json;
    work->answer.json = NULL;
    return rc;
}

/* Fetches what the answer refers to, parses all, and keeps it under name (NULL: does not). */
static int take_schema(struct work *work, const json_t *json, const char *name)
{
    struct vf_bundle bundle;

    vf_bundle_init(&bundle);
    int rc = vf_bundle_resolve(&bundle, &work->worker->talk, json, &work->answer, work->err);
    if (!rc)
        rc = vf_bundle_parse(&bundle, &work->result->schema, work->err);
    if (!rc && name)
        keep_schema(work, name, &bundle);
    vf_bundle_release(&bundle);
    return rc;
}

static int fetch_by_name(struct work *work, const char *file)
{
    const struct vf_registry_request *request = work->request;
    bool by_id = request->operation == VF_REGISTRY_BY_ID;
    char name[VF_REGISTRY_GUID_TEXT];
    json_t *json;

    if (by_id)
        snprintf(name, sizeof name, "%u", request->id);
    else
        vf_registry_guid_format(request->guid, name);
    int rc =
        ask(work, by_id ? "/schemas/ids/" : "/schemas/guids/", false, name, VF_SLICE_NULL, &json);
    if (!rc)
        rc = take_schema(work, json, file);
    json_decref(json);
    return rc;
}

/* The registry first, while it answers: so a cache that belongs to another one is noticed. What
 * it has lost or can't tell, the cache may still know. */
static int find_by_name(struct work *work)
{
    const struct vf_registry_request *request = work->request;
    char file[VF_DISK_CACHE_NAME_MAX];
    bool by_id = request->operation == VF_REGISTRY_BY_ID;

    work->result->id = request->id;
    work->result->has_id = by_id;
    memcpy(work->result->guid, request->guid, sizeof request->guid);
    work->result->has_guid = !by_id;
    if (by_id && request->id > INT32_MAX) /* registries count in Java's int: it is garbage */
        return vf_error_set(work->err, VF_ENOENT, "no registry has ids beyond %d", INT32_MAX);

    schema_file(request, file);
    if (vf_talk_failed_within(&work->worker->talk, work->worker->retry_max)) {
        vf_error_set(work->err, VF_EAGAIN, "it did not answer just now");
        if (load_schema(work, file))
            return VF_OK;
    }
    int rc = fetch_by_name(work, file);
    bool may_be_cached = rc == VF_EAGAIN || rc == VF_EACCES || rc == VF_ENOENT;
    return may_be_cached && load_schema(work, file) ? VF_OK : rc;
}

static int find_by_subject(struct work *work)
{
    int32_t version = work->request->version;
    char path[32] = "/versions/latest";
    json_t *json;

    if (version != VF_REGISTRY_LATEST)
        snprintf(path, sizeof path, "/versions/%d", version);
    int rc = ask(work, "/subjects/", true, path, VF_SLICE_NULL, &json);
    if (!rc)
        rc = read_id(work, json);
    if (!rc) {
        read_version(work, json);
        read_guid(work, json);
        rc = take_schema(work, json, NULL);
    }
    json_decref(json);
    return rc;
}

/* ---- subjects and schemas of our own ---- */

/* The text without its white space, and the body of a request with it. The caller frees both;
 * VF_EJSON. */
static int make_body(struct work *work, char **compact, char **body)
{
    json_error_t problem;
    struct vf_slice text = work->request->text;
    json_t *schema = json_loadb(text.ptr, text.len, JSON_DECODE_ANY, &problem);

    *compact = *body = NULL;
    if (!schema)
        return vf_error_set(work->err, VF_EJSON, "the schema is no JSON: line %d, column %d: %s",
                            problem.line, problem.column, problem.text);
    *compact = json_dumps(schema, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(schema);
    json_t *wrapped = *compact ? json_pack("{s:s}", "schema", *compact) : NULL;
    *body = wrapped ? json_dumps(wrapped, JSON_COMPACT) : NULL;
    json_decref(wrapped);
    return *body ? VF_OK : vf_error_set(work->err, VF_ENOMEM, "out of memory");
}

/* What the registry said about the same subject and schema before. */
static bool load_registration(struct work *work, const char *name)
{
    struct vf_registry_result *result = work->result;
    struct vf_error *err = work->err;
    struct vf_error unused;
    json_t *json = load_json(work->worker, name);
    if (!json)
        return false;

    work->err = &unused;
    bool found = read_id(work, json) == VF_OK;
    work->err = err;
    read_guid(work, json);
    read_version(work, json);
    json_decref(json);
    result->cached = found;
    return found;
}

/* True: the registry gave the same id before. */
static bool is_known(struct work *work, const char *name)
{
    json_t *json = load_json(work->worker, name);
    json_int_t before = json_integer_value(json_object_get(json, "id"));
    bool known = json && before == work->result->id;

    if (json && !known)
        forget_all(work);
    json_decref(json);
    return known;
}

static void keep_registration(struct work *work, const char *name)
{
    const struct vf_registry_result *result = work->result;
    char guid[VF_REGISTRY_GUID_TEXT];
    json_t *json = json_pack("{s:I}", "id", (json_int_t)result->id);

    if (json && result->has_guid) {
        vf_registry_guid_format(result->guid, guid);
        json_object_set_new(json, "guid", json_string(guid));
    }
    if (json && result->version)
        json_object_set_new(json, "version", json_integer(result->version));
    store_json(work->worker, name, json);
}

/* Two that register the same for the first time in one instant: some registries refuse the later
 * as a conflict, though the schema is there by then. */
static int register_or_find(struct work *work, struct vf_slice body, json_t **out)
{
    char message[VF_REGISTRY_MESSAGE_MAX];

    int rc = ask(work, "/subjects/", true, "/versions", body, out);
    if (rc != VF_EINCOMPATIBLE)
        return rc;
    const struct vf_error refusal = *work->err;
    memcpy(message, work->answer.message, sizeof message);
    json_decref(*out);
    if (ask(work, "/subjects/", true, "", body, out) == VF_OK)
        return VF_OK;
    *work->err = refusal;
    memcpy(work->answer.message, message, sizeof message);
    return rc;
}

/* REGISTER and FIND: the registry first, which may have forgotten, then what it said before. */
static int find_registration(struct work *work)
{
    char name[VF_DISK_CACHE_NAME_MAX];
    char *compact;
    char *body;
    json_t *json = NULL;
    bool change = work->request->operation == VF_REGISTRY_REGISTER;

    int rc = make_body(work, &compact, &body);
    if (!rc) {
        subject_file(work->request, vf_slice_of(compact), name);
        rc = change ? register_or_find(work, vf_slice_of(body), &json)
                    : ask(work, "/subjects/", true, "", vf_slice_of(body), &json);
        /* Registered by somebody who lays out JSON differently? */
        if (rc == VF_ENOENT && !change)
            rc = ask(work, "/subjects/", true, "?normalize=true", vf_slice_of(body), &json);
        if (!rc)
            rc = read_id(work, json);
    }
    if (!rc) {
        read_guid(work, json);
        read_version(work, json);
        if (!is_known(work, name))
            keep_registration(work, name);
    } else if (rc == VF_EAGAIN && load_registration(work, name)) {
        vf_log(VF_LOG_WARN, VF_LOG_SCHEMA, "the registry is out of reach, its last answer is used",
               VF_FIELDS(vf_str("subject", work->request->subject), vf_int("id", work->result->id),
                         vf_text("reason", work->err->text)));
        rc = VF_OK;
    }
    json_decref(json);
    free(compact);
    free(body);
    return rc;
}

/* The reasons, which registries tell in different places. */
static void read_reasons(struct work *work, const json_t *json)
{
    const json_t *messages = json_object_get(json, "messages");
    const char *reason = json_string_value(json_object_get(json, "reason"));
    struct vf_buffer all;

    vf_buffer_init(&all, VF_REGISTRY_MESSAGE_MAX);
    if (reason)
        vf_buffer_append_text(&all, reason);
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const char *message = json_string_value(json_array_get(messages, i));
        if (message)
            vf_buffer_printf(&all, "%s%s", all.len ? "; " : "", message);
    }
    snprintf(work->answer.message, sizeof work->answer.message, "%.*s", (int)all.len,
             all.data ? all.data : "");
    vf_buffer_release(&all);
}

static int check(struct work *work)
{
    char *compact;
    char *body;
    json_t *json = NULL;

    int rc = make_body(work, &compact, &body);
    if (!rc)
        rc = ask(work, "/compatibility/subjects/", true, "/versions/latest?verbose=true",
                 vf_slice_of(body), &json);
    free(compact);
    free(body);
    if (rc == VF_ENOENT) { /* nothing to be compatible with */
        work->result->compatible = true;
        return VF_OK;
    }
    const json_t *compatible = json_object_get(json, "is_compatible");
    if (!rc && !json_is_boolean(compatible))
        rc = vf_talk_unusable(&work->worker->talk, "is_compatible", work->err);
    if (!rc) {
        work->result->compatible = json_is_true(compatible);
        read_reasons(work, json);
    }
    json_decref(json);
    return rc;
}

int vf_worker_run(struct vf_worker *worker, const struct vf_registry_request *request,
                  struct vf_registry_result *result, int64_t *retry_after, struct vf_error *err)
{
    static int (*const operations[])(struct work * work) = {
        [VF_REGISTRY_BY_ID] = find_by_name,         [VF_REGISTRY_BY_GUID] = find_by_name,
        [VF_REGISTRY_BY_SUBJECT] = find_by_subject, [VF_REGISTRY_REGISTER] = find_registration,
        [VF_REGISTRY_FIND] = find_registration,     [VF_REGISTRY_CHECK] = check};
    struct work work = {.worker = worker, .request = request, .result = result, .err = err};

    vf_buffer_init(&work.path, PATH_MAX_BYTES);
    int rc = operations[request->operation](&work);
    vf_buffer_release(&work.path);
    vf_answer_release(&work.answer);
    *retry_after = work.answer.retry_after;
    if (rc != VF_EAGAIN && !result->cached && work.answer.message[0])
        result->message = vf_strdup(work.answer.message);
    if (result->cached)
        atomic_fetch_add(&worker->cached, 1);
    return rc;
}
