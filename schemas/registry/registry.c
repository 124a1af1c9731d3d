#include "registry/registry.h"

#include "base/memory.h"
#include "observe/log.h"
#include "registry/clock.h"
#include "registry/config.h"
#include "registry/jobs.h"
#include "registry/operations.h"
#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

enum {
    DOUBLINGS_MAX = 20, /* of the delay: a million times the first is beyond any maximum */
    DESCRIPTION_MAX = 256,
};

struct vf_registry {
    struct vf_registry_config config; /* texts are copies */
    struct vf_worker worker;          /* the thread's */
    void (*on_results)(void *owner);
    void *owner;
    pthread_t thread;
    bool running;
    uint64_t random; /* the thread's */

    pthread_mutex_t lock; /* over all below */
    pthread_cond_t work;  /* for the thread: a job or the end */
    pthread_cond_t answered;
    struct vf_jobs waiting;
    struct vf_jobs results;
    size_t jobs;  /* in both, and the one in work; those awaited are not counted */
    bool working; /* on a job that is in none of them */
    bool stopped;
};

/* ---- the thread ---- */

/* Half of the delay and up to the other half more: what failed together does not come back
 * together. */
static int64_t retry_delay(struct vf_registry *registry, const struct vf_job *job)
{
    const struct vf_registry_config *config = &registry->config;
    unsigned doublings = job->failures < DOUBLINGS_MAX ? job->failures : DOUBLINGS_MAX;
    int64_t delay = (int64_t)config->retry_first << doublings;

    if (delay > (int64_t)config->retry_max)
        delay = config->retry_max;
    registry->random ^= registry->random >> 12;
    registry->random ^= registry->random << 25;
    registry->random ^= registry->random >> 27;
    return delay / 2 + (int64_t)(registry->random % (uint64_t)(delay / 2 + 1));
}

static bool is_stopped(struct vf_registry *registry)
{
    pthread_mutex_lock(&registry->lock);
    bool stopped = registry->stopped;
    pthread_mutex_unlock(&registry->lock);
    return stopped;
}

/* True: the job is to be tried again, and when is set. */
static bool put_off(struct vf_registry *registry, struct vf_job *job, int64_t retry_after,
                    const struct vf_error *reason)
{
    char what[DESCRIPTION_MAX];
    int64_t now = vf_clock_ms();
    int64_t delay = retry_delay(registry, job);

    job->told_to_wait = retry_after > 0;
    if (retry_after > delay)
        delay = retry_after;
    if (job->give_up >= 0 && now + delay > job->give_up)
        return false;
    job->failures++;
    job->due = now + delay;
    vf_request_describe(&job->request, what, sizeof what);
    vf_log(reason->code == VF_EACCES ? VF_LOG_ERROR : VF_LOG_WARN, VF_LOG_SCHEMA,
           "a request to the schema registry failed, trying again",
           VF_FIELDS(vf_text("what", what), vf_text("code", vf_error_name(reason->code)),
                     vf_text("reason", reason->text), vf_int("failures", job->failures),
                     vf_int("retry_ms", delay)));
    return true;
}

/* Records wait for a look-up by id or GUID, and are not to blame for wrong credentials. */
static bool may_pass(const struct vf_job *job, int rc)
{
    bool by_name = job->request.operation == VF_REGISTRY_BY_ID ||
                   job->request.operation == VF_REGISTRY_BY_GUID;
    return rc == VF_EAGAIN || rc == VF_ENOMEM || (rc == VF_EACCES && by_name);
}

/* True: the job's result is there; false: it is to be tried again. */
static bool run_job(struct vf_registry *registry, struct vf_job *job)
{
    char what[DESCRIPTION_MAX];
    struct vf_error err = {0};
    int64_t retry_after = 0;

    vf_registry_result_release(&job->result); /* of an earlier try */
    int rc = vf_worker_run(&registry->worker, &job->request, &job->result, &retry_after, &err);
    if (rc &&
        (is_stopped(registry) || (may_pass(job, rc) && put_off(registry, job, retry_after, &err))))
        return false;
    if (rc) {
        vf_request_describe(&job->request, what, sizeof what);
        err.code = rc == VF_EAGAIN ? err.code : rc;
        vf_error_prefix(&err, "%s", what);
        job->result.error = err;
    }
    return true;
}

/* The registry answers again: nothing needs to sit out its delay. The lock is held. */
static void hurry(struct vf_registry *registry)
{
    for (struct vf_job *job = registry->waiting.first; job; job = job->next)
        if (!job->told_to_wait)
            job->due = 0;
}

/* The lock is held. */
static void hand_out(struct vf_registry *registry, struct vf_job *job)
{
    if (job->awaited) {
        job->done = true;
        pthread_cond_broadcast(&registry->answered);
        return;
    }
    bool was_empty = !registry->results.first;
    vf_jobs_push(&registry->results, job);
    if (was_empty && registry->on_results) {
        pthread_mutex_unlock(&registry->lock);
        registry->on_results(registry->owner);
        pthread_mutex_lock(&registry->lock);
    }
}

/* Waits for the next job that is due and takes it out; NULL at the end. The lock is held. */
static struct vf_job *await_job(struct vf_registry *registry)
{
    while (!registry->stopped) {
        struct vf_job **place = vf_jobs_next(&registry->waiting);
        struct vf_job *job = *place;
        if (!job) {
            pthread_cond_wait(&registry->work, &registry->lock);
            continue;
        }
        if (job->due <= vf_clock_ms()) {
            vf_jobs_remove(&registry->waiting, place);
            return job;
        }
        struct timespec due = {(time_t)(job->due / 1000), (long)(job->due % 1000) * 1000000};
        pthread_cond_timedwait(&registry->work, &registry->lock, &due);
    }
    return NULL;
}

/* Nobody may wait for an answer that no longer comes. The lock is held. */
static void answer_rest(struct vf_registry *registry)
{
    for (struct vf_job **place = &registry->waiting.first; *place;) {
        struct vf_job *job = *place;
        if (!job->awaited) {
            place = &job->next;
            continue;
        }
        vf_jobs_remove(&registry->waiting, place);
        vf_error_set(&job->result.error, VF_EIO, "the registry client was stopped");
        job->done = true;
    }
    pthread_cond_broadcast(&registry->answered);
}

static void *run(void *argument)
{
    struct vf_registry *registry = argument;
    bool was_reachable = true;

    pthread_mutex_lock(&registry->lock);
    for (struct vf_job *job; (job = await_job(registry));) {
        registry->working = true;
        pthread_mutex_unlock(&registry->lock);
        bool done = run_job(registry, job);
        bool reachable = atomic_load(&registry->worker.talk.reachable);
        pthread_mutex_lock(&registry->lock);
        registry->working = false;
        if (reachable && !was_reachable) {
            vf_log(VF_LOG_INFO, VF_LOG_SCHEMA, "the schema registry answers again", NULL);
            hurry(registry);
        }
        was_reachable = reachable;
        if (done && !registry->stopped)
            hand_out(registry, job);
        else
            vf_jobs_push(&registry->waiting, job);
    }
    answer_rest(registry);
    pthread_mutex_unlock(&registry->lock);
    return NULL;
}

static int start_thread(struct vf_registry *registry)
{
    sigset_t all;
    sigset_t before;

    /* Signals are the main thread's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&registry->thread, NULL, run, registry);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    registry->running = !failed;
    if (!failed)
        pthread_setname_np(registry->thread, "vf-registry");
    return failed;
}

/* ---- the life of the client ---- */

static void init_locks(struct vf_registry *registry)
{
    pthread_condattr_t monotonic;

    /* None of these can fail on Linux. */
    pthread_mutex_init(&registry->lock, NULL);
    pthread_cond_init(&registry->answered, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&registry->work, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static bool is_set(const char *text)
{
    return text && *text;
}

static void log_start(const struct vf_registry *registry)
{
    const struct vf_registry_config *config = &registry->config;
    const struct vf_registry_urls *urls = &registry->worker.talk.urls;
    bool secret = is_set(config->token) || is_set(config->user);

    for (size_t i = 0; i < urls->count; i++) {
        const struct vf_registry_url *url = &urls->items[i];
        const char *cache = registry->worker.cache.folder;
        bool credentials = secret || url->user;
        vf_log(VF_LOG_INFO, VF_LOG_SCHEMA, "schema registry",
               VF_FIELDS(vf_text("url", url->base), vf_bool("credentials", credentials),
                         vf_text("cache", cache ? cache : "none")));
        if (credentials && !url->https)
            vf_log(VF_LOG_WARN, VF_LOG_SCHEMA, "credentials are sent without encryption",
                   VF_FIELDS(vf_text("url", url->base)));
    }
}

int vf_registry_create(const struct vf_registry_config *config, void (*on_results)(void *owner),
                       void *owner, struct vf_registry **out, struct vf_error *err)
{
    *out = NULL;
    int rc = vf_registry_config_check(config, err);
    if (rc)
        return rc;
    struct vf_registry *registry = vf_calloc(1, sizeof *registry);
    if (!registry)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    curl_global_init(CURL_GLOBAL_DEFAULT); /* counted by libcurl */
    registry->on_results = on_results;
    registry->owner = owner;
    registry->random = ((uint64_t)vf_clock_ms() << 20 ^ (uint64_t)getpid()) | 1;
    vf_jobs_init(&registry->waiting);
    vf_jobs_init(&registry->results);
    init_locks(registry);
    registry->worker.retry_max = config->retry_max;
    rc = vf_registry_config_copy(config, &registry->config);
    if (rc)
        vf_error_set(err, rc, "out of memory");
    if (!rc)
        rc = vf_talk_init(&registry->worker.talk, &registry->config, err);
    if (!rc && (rc = vf_disk_cache_open(&registry->worker.cache, config->cache_directory,
                                        vf_registry_urls_hash(&registry->worker.talk.urls))))
        vf_error_set(err, rc, "out of memory");
    if (!rc && start_thread(registry))
        rc = vf_error_set(err, VF_EIO, "the registry's thread can't be started");
    if (rc) {
        vf_registry_free(registry);
        return rc;
    }
    log_start(registry);
    *out = registry;
    return VF_OK;
}

void vf_registry_stop(struct vf_registry *registry)
{
    pthread_mutex_lock(&registry->lock);
    registry->stopped = true;
    pthread_cond_signal(&registry->work);
    pthread_mutex_unlock(&registry->lock);
    if (registry->worker.talk.http)
        vf_http_stop(registry->worker.talk.http);
}

void vf_registry_free(struct vf_registry *registry)
{
    if (!registry)
        return;
    vf_registry_stop(registry);
    if (registry->running)
        pthread_join(registry->thread, NULL);
    vf_jobs_release(&registry->waiting);
    vf_jobs_release(&registry->results);
    vf_disk_cache_close(&registry->worker.cache);
    vf_talk_release(&registry->worker.talk);
    pthread_cond_destroy(&registry->work);
    pthread_cond_destroy(&registry->answered);
    pthread_mutex_destroy(&registry->lock);
    vf_registry_config_release(&registry->config);
    vf_free(registry);
    curl_global_cleanup();
}

/* ---- asking ---- */

int vf_registry_ask(struct vf_registry *registry, const struct vf_registry_request *request,
                    struct vf_error *err)
{
    struct vf_job *job;
    int rc = vf_job_create(request, &job, err);
    if (rc)
        return rc;
    pthread_mutex_lock(&registry->lock);
    if (registry->jobs == VF_REGISTRY_REQUESTS_MAX) {
        rc = vf_error_set(err, VF_ELIMIT, "more than %d requests wait for the schema registry",
                          VF_REGISTRY_REQUESTS_MAX);
    } else {
        registry->jobs++;
        vf_jobs_push(&registry->waiting, job);
        pthread_cond_signal(&registry->work);
    }
    pthread_mutex_unlock(&registry->lock);
    if (rc)
        vf_job_free(job);
    return rc;
}

bool vf_registry_take(struct vf_registry *registry, struct vf_registry_result *out)
{
    pthread_mutex_lock(&registry->lock);
    struct vf_job *job = registry->results.first;
    if (job) {
        vf_jobs_remove(&registry->results, &registry->results.first);
        registry->jobs--;
    }
    pthread_mutex_unlock(&registry->lock);
    if (!job)
        return false;
    *out = job->result;
    vf_free(job);
    return true;
}

int vf_registry_call(struct vf_registry *registry, const struct vf_registry_request *request,
                     struct vf_registry_result *out, struct vf_error *err)
{
    struct vf_error error = {0};
    struct vf_job *job = NULL;

    *out = (struct vf_registry_result){.operation = request->operation, .tag = request->tag};
    int rc = vf_job_create(request, &job, &error);
    pthread_mutex_lock(&registry->lock);
    if (!rc && registry->stopped)
        rc = vf_error_set(&error, VF_EIO, "the registry client was stopped");
    if (!rc) {
        job->awaited = true;
        vf_jobs_push(&registry->waiting, job);
        pthread_cond_signal(&registry->work);
        while (!job->done)
            pthread_cond_wait(&registry->answered, &registry->lock);
        *out = job->result;
        error = job->result.error;
    }
    pthread_mutex_unlock(&registry->lock);
    vf_free(job);
    out->error = error;
    if (error.code && err)
        *err = error;
    return error.code;
}

void vf_registry_result_release(struct vf_registry_result *result)
{
    wire_schema_free(result->schema);
    vf_free(result->message);
    result->schema = NULL;
    result->message = NULL;
}

void vf_registry_status(struct vf_registry *registry, struct vf_registry_status *out)
{
    const struct vf_talk *talk = &registry->worker.talk;

    *out = (struct vf_registry_status){.exchanges = atomic_load(&talk->exchanges),
                                       .failures = atomic_load(&talk->failures),
                                       .cached = atomic_load(&registry->worker.cached),
                                       .reachable = atomic_load(&talk->reachable)};
    pthread_mutex_lock(&registry->lock);
    for (const struct vf_job *job = registry->waiting.first; job; job = job->next)
        out->waiting++;
    out->waiting += registry->working;
    pthread_mutex_unlock(&registry->lock);
}
