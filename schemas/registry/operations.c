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

/* A schema whose text was fetched once. */
static bool load_schema(struct work *work, const char *name)
{
    struct vf_error unused;
    struct vf_bundle bundle;
    json_t *json = load_json(work->worker, name);
    if (!json)
        return false;

    vf_bundle_init(&bundle);
    int rc = vf_bundle_from_json(&bundle, json_object_get(json, "schemas"), &unused);
    if (!rc)
        rc = vf_bundle_parse(&bundle, &work->result->schema, &unused);
    vf_bundle_release(&bundle);
    json_decref(json);
    work->result->cached = rc == VF_OK;
    return rc == VF_OK;
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

    if (!json_is_integer(id) || number < 0 || number > UINT32_MAX)
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
        store_json(work->worker, name, json_pack("{s:o}", "schemas", vf_bundle_to_json(&bundle)));
    vf_bundle_release(&bundle);
    return rc;
}

static int find_by_name(struct work *work)
{
    const struct vf_registry_request *request = work->request;
    char guid[VF_REGISTRY_GUID_TEXT];
    char name[VF_DISK_CACHE_NAME_MAX];
    char number[24];
    json_t *json;
    bool by_id = request->operation == VF_REGISTRY_BY_ID;

    schema_file(request, name);
    work->result->id = request->id;
    work->result->has_id = by_id;
    memcpy(work->result->guid, request->guid, sizeof request->guid);
    work->result->has_guid = !by_id;
    if (load_schema(work, name))
        return VF_OK;

    vf_registry_guid_format(request->guid, guid);
    snprintf(number, sizeof number, "%u", request->id);
    int rc = ask(work, by_id ? "/schemas/ids/" : "/schemas/guids/", false, by_id ? number : guid,
                 VF_SLICE_NULL, &json);
    if (!rc)
        rc = take_schema(work, json, name);
    json_decref(json);
    return rc;
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

/* Another id than before for the same schema of the same subject: this is not the registry that
 * the cache was filled from, so none of its ids can be relied on. True: the id is as before. */
static bool check_cache(struct work *work, const char *name)
{
    json_t *json = load_json(work->worker, name);
    json_int_t before = json_integer_value(json_object_get(json, "id"));
    bool known = json && before == work->result->id;

    if (json && !known) {
        vf_log(VF_LOG_WARN, VF_LOG_SCHEMA,
               "the registry has forgotten its ids, so the cached schemas are thrown away",
               VF_FIELDS(vf_str("subject", work->request->subject), vf_int("id_before", before),
                         vf_int("id", work->result->id)));
        vf_disk_cache_clear(&work->worker->cache);
    }
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
        rc = ask(work, "/subjects/", true, change ? "/versions" : "", vf_slice_of(body), &json);
        if (!rc)
            rc = read_id(work, json);
    }
    if (!rc) {
        read_guid(work, json);
        read_version(work, json);
        if (!check_cache(work, name))
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
