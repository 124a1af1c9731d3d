#include "registry/jobs.h"

#include "base/memory.h"
#include "registry/clock.h"

static int check_request(const struct vf_registry_request *request, struct vf_error *err)
{
    bool by_name =
        request->operation == VF_REGISTRY_BY_ID || request->operation == VF_REGISTRY_BY_GUID;
    bool with_text = !by_name && request->operation != VF_REGISTRY_BY_SUBJECT;

    if (!by_name && !request->subject.len)
        return vf_error_set(err, VF_EINVAL, "the subject has no name");
    if (request->operation == VF_REGISTRY_BY_SUBJECT && request->version < VF_REGISTRY_LATEST)
        return vf_error_set(err, VF_EINVAL, "%d is no version", request->version);
    if (with_text && request->text.len > WIRE_SCHEMA_BYTES_MAX)
        return vf_error_set(err, VF_ELIMIT, "the schema is longer than %d bytes",
                            WIRE_SCHEMA_BYTES_MAX);
    return VF_OK;
}

static struct vf_slice copy_text(char **at, struct vf_slice text)
{
    struct vf_slice copy = {*at, text.len};
    if (text.len)
        memcpy(*at, text.ptr, text.len);
    (*at)[text.len] = '\0';
    *at += text.len + 1;
    return copy;
}

int vf_job_create(const struct vf_registry_request *request, struct vf_job **out,
                  struct vf_error *err)
{
    *out = NULL;
    int rc = check_request(request, err);
    if (rc)
        return rc;
    struct vf_job *job = vf_calloc(1, sizeof *job + request->subject.len + request->text.len + 2);
    if (!job)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    char *texts = job->texts;
    job->request = *request;
    job->request.subject = copy_text(&texts, request->subject);
    job->request.text = copy_text(&texts, request->text);
    job->result.operation = request->operation;
    job->result.tag = request->tag;
    job->give_up = request->patience < 0 ? -1 : vf_clock_ms() + request->patience;
    *out = job;
    return VF_OK;
}

void vf_job_free(struct vf_job *job)
{
    if (!job)
        return;
    vf_registry_result_release(&job->result);
    vf_free(job);
}

void vf_jobs_init(struct vf_jobs *jobs)
{
    jobs->first = NULL;
    jobs->end = &jobs->first;
}

void vf_jobs_push(struct vf_jobs *jobs, struct vf_job *job)
{
    job->next = NULL;
    *jobs->end = job;
    jobs->end = &job->next;
}

void vf_jobs_remove(struct vf_jobs *jobs, struct vf_job **place)
{
    struct vf_job *job = *place;
    *place = job->next;
    if (jobs->end == &job->next)
        jobs->end = place;
}

struct vf_job **vf_jobs_next(struct vf_jobs *jobs)
{
    struct vf_job **next = &jobs->first;

    for (struct vf_job **place = next; *place; place = &(*place)->next)
        if ((*place)->due < (*next)->due)
            next = place;
    return next;
}

void vf_jobs_release(struct vf_jobs *jobs)
{
    while (jobs->first) {
        struct vf_job *job = jobs->first;
        vf_jobs_remove(jobs, &jobs->first);
        vf_job_free(job);
    }
}
