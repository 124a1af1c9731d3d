#include "registry/talk.h"

#include "observe/log.h"
#include "registry/clock.h"
#include <stdio.h>

/* Codes that only a registry gives: a subject, a version or a schema is not there. */
enum { NOT_FOUND_FIRST = 40401, NOT_FOUND_LAST = 40499 };

enum meaning {
    PASSING,   /* nobody's last word */
    SLOW_DOWN, /* passing, and other URLs are the same registry */
    REFUSED,   /* this URL does not let us in */
    NOT_FOUND, /* the last word when the registry itself says it */
    DEFINITE,  /* the last word on what was sent */
};

struct rule {
    long status;
    enum meaning meaning;
    int code; /* enum vf_error_code */
    const char *text;
};

static const struct rule rules[] = {
    {400, DEFINITE, VF_EINVAL, "bad request"},
    {401, REFUSED, VF_EACCES, "the credentials are missing or wrong"},
    {403, REFUSED, VF_EACCES, "the credentials do not allow it"},
    {404, NOT_FOUND, VF_ENOENT, "not found"},
    {405, NOT_FOUND, VF_ENOENT, "not offered"},
    {408, PASSING, VF_ETIMEDOUT, "the server waited too long"},
    {409, DEFINITE, VF_EINCOMPATIBLE, "not compatible with the subject's earlier schemas"},
    {413, DEFINITE, VF_ELIMIT, "the schema is too large for the registry"},
    {422, DEFINITE, VF_ESCHEMA, "the registry takes it for invalid"},
    {429, SLOW_DOWN, VF_EIO, "too many requests"},
    {500, PASSING, VF_EIO, "the server failed"},
    {501, NOT_FOUND, VF_ENOENT, "not offered"},
    {502, PASSING, VF_EIO, "the server behind the gateway failed"},
    {503, PASSING, VF_EIO, "the server is not available"},
    {504, PASSING, VF_ETIMEDOUT, "the server behind the gateway did not answer"},
};
static const struct rule unknown_rule = {0, PASSING, VF_EIO, "unexpected status"};

static const struct rule *find_rule(long status)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].status == status)
            return &rules[i];
    return &unknown_rule;
}

int vf_talk_init(struct vf_talk *talk, const struct vf_registry_config *config,
                 struct vf_error *err)
{
    talk->http = NULL;
    talk->current = 0;
    talk->failed_at = -1;
    atomic_init(&talk->reachable, false);
    atomic_init(&talk->exchanges, 0);
    atomic_init(&talk->failures, 0);
    int rc = vf_registry_urls_parse(config->urls, &talk->urls, err);
    return rc ? rc : vf_http_create(config, &talk->http, err);
}

void vf_talk_release(struct vf_talk *talk)
{
    vf_http_free(talk->http);
    vf_registry_urls_release(&talk->urls);
}

void vf_answer_release(struct vf_answer *answer)
{
    json_decref(answer->json);
    answer->json = NULL;
}

/* Takes "error_code" and "message" from a refusal, if it is a registry's. */
static bool read_refusal(struct vf_slice body, struct vf_answer *answer)
{
    json_error_t unused;
    json_t *json = body.len ? json_loadb(body.ptr, body.len, 0, &unused) : NULL;
    const json_t *code = json_object_get(json, "error_code");
    const char *message = json_string_value(json_object_get(json, "message"));

    if (json_is_integer(code))
        answer->error_code = (int)json_integer_value(code);
    if (message)
        snprintf(answer->message, sizeof answer->message, "%s", message);
    bool is_registry = json_is_integer(code);
    json_decref(json);
    return is_registry;
}

static int judge_refusal(const struct vf_registry_url *url, const struct vf_question *question,
                         long status, struct vf_slice body, struct vf_answer *answer,
                         struct vf_error *err)
{
    const struct rule *rule = find_rule(status);
    bool is_registry = read_refusal(body, answer);
    bool is_missing = answer->error_code >= NOT_FOUND_FIRST && answer->error_code <= NOT_FOUND_LAST;

    vf_error_set(err, rule->code, "%s answered %ld: %s%s%s", url->base, status, rule->text,
                 answer->message[0] ? ": " : "", answer->message);
    answer->slow_down = rule->meaning == SLOW_DOWN;
    switch (rule->meaning) {
    case REFUSED: return VF_EACCES;
    case NOT_FOUND:
        if (is_missing || (question->may_be_unknown && is_registry))
            return rule->code;
        vf_error_set(err, VF_EIO, "%s answered %ld, but not as a schema registry does", url->base,
                     status);
        return VF_EAGAIN;
    case DEFINITE:
        /* Nobody but a registry judges schemas; a GET has none to judge. */
        return is_registry && question->body.ptr ? rule->code : VF_EAGAIN;
    default: return VF_EAGAIN;
    }
}

static int judge(const struct vf_registry_url *url, const struct vf_question *question,
                 const struct vf_http_answer *http, struct vf_answer *answer, struct vf_error *err)
{
    json_error_t problem;

    answer->retry_after = http->retry_after;
    if (http->status < 200 || http->status > 299)
        return judge_refusal(url, question, http->status, http->body, answer, err);
    answer->json = http->body.len ? json_loadb(http->body.ptr, http->body.len, 0, &problem) : NULL;
    if (answer->json)
        return VF_OK;
    vf_error_set(err, VF_EJSON, "%s answered %ld with %s", url->base, http->status,
                 http->body.len ? problem.text : "nothing");
    return VF_EAGAIN;
}

static int ask_one(struct vf_talk *talk, const struct vf_registry_url *url,
                   const struct vf_question *question, struct vf_answer *answer,
                   struct vf_error *err)
{
    struct vf_http_answer http;

    answer->error_code = 0;
    answer->retry_after = 0;
    answer->slow_down = false;
    answer->message[0] = '\0';
    atomic_fetch_add(&talk->exchanges, 1);
    int rc = vf_http_exchange(talk->http, url, question->path, question->body, &http, err);
    if (rc == VF_EIO || rc == VF_ETIMEDOUT)
        rc = VF_EAGAIN;
    else if (!rc)
        rc = judge(url, question, &http, answer, err);
    if (rc == VF_EAGAIN)
        atomic_fetch_add(&talk->failures, 1);
    return rc;
}

static void note_answer(struct vf_talk *talk, size_t index)
{
    if (index != talk->current && talk->urls.count > 1)
        vf_log(VF_LOG_INFO, VF_LOG_SCHEMA, "asking another URL of the schema registry",
               VF_FIELDS(vf_text("from", talk->urls.items[talk->current].base),
                         vf_text("to", talk->urls.items[index].base)));
    talk->current = index;
    talk->failed_at = -1;
    atomic_store(&talk->reachable, true);
}

int vf_talk_ask(struct vf_talk *talk, const struct vf_question *question, struct vf_answer *answer,
                struct vf_error *err)
{
    struct vf_error passing = {0};
    size_t count = talk->urls.count;
    int rc = VF_EAGAIN;

    *answer = (struct vf_answer){.json = NULL};
    for (size_t i = 0; i < count && !answer->slow_down; i++) {
        size_t index = (talk->current + i) % count;
        struct vf_error error = {0};
        rc = ask_one(talk, &talk->urls.items[index], question, answer, &error);
        *err = error;
        if (rc != VF_EAGAIN && rc != VF_EACCES) {
            note_answer(talk, index);
            return rc;
        }
        if (rc == VF_EAGAIN)
            passing = error;
        if (i + 1 < count)
            vf_log(VF_LOG_WARN, VF_LOG_SCHEMA, "a URL of the schema registry failed",
                   VF_FIELDS(vf_text("url", talk->urls.items[index].base),
                             vf_text("reason", error.text)));
    }
    talk->failed_at = vf_clock_ms();
    atomic_store(&talk->reachable, rc == VF_EACCES);
    if (!passing.code)
        return rc;
    *err = passing; /* what one URL refuses, another may grant once it is back */
    return VF_EAGAIN;
}

bool vf_talk_failed_within(const struct vf_talk *talk, int64_t milliseconds)
{
    return talk->failed_at >= 0 && vf_clock_ms() - talk->failed_at < milliseconds;
}

int vf_talk_unusable(struct vf_talk *talk, const char *what, struct vf_error *err)
{
    atomic_fetch_add(&talk->failures, 1);
    vf_error_set(err, VF_EJSON, "%s answered without %s", talk->urls.items[talk->current].base,
                 what);
    talk->current = (talk->current + 1) % talk->urls.count;
    return VF_EAGAIN;
}
