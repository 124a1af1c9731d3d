/*
 * Requests from their asking to the taking of their results, and queues of them.
 * Internal to registry; whoever holds them locks them.
 */
#ifndef VF_REGISTRY_JOBS_H
#define VF_REGISTRY_JOBS_H

#include "registry/registry.h"

struct vf_job {
    struct vf_job *next;
    struct vf_registry_request request; /* its texts lie behind the struct */
    struct vf_registry_result result;
    int64_t due;     /* milliseconds of vf_clock_ms */
    int64_t give_up; /* no repetition after it; -1: never */
    unsigned failures;
    bool told_to_wait; /* by the registry: due is its wish */
    bool awaited;      /* by vf_registry_call, which owns the job */
    bool done;
    char texts[];
};

struct vf_jobs {
    struct vf_job *first;
    struct vf_job **end;
};

/* Checks and copies the request; due at once. *out is NULL on failure. VF_EINVAL, VF_ELIMIT,
 * VF_ENOMEM. */
int vf_job_create(const struct vf_registry_request *request, struct vf_job **out,
                  struct vf_error *err);
void vf_job_free(struct vf_job *job); /* NULL is allowed */

void vf_jobs_init(struct vf_jobs *jobs);
void vf_jobs_push(struct vf_jobs *jobs, struct vf_job *job);
/* place: &jobs->first or the &next of the job before. */
void vf_jobs_remove(struct vf_jobs *jobs, struct vf_job **place);
/* The place of the job that is due first, of several the one that was there first; *place is
 * NULL where there are none. */
struct vf_job **vf_jobs_next(struct vf_jobs *jobs);
/* Frees all of them. */
void vf_jobs_release(struct vf_jobs *jobs);

#endif
