/*
 * The resume file: which records of a replay were acknowledged, in shared memory that is a file,
 * so that it is exact even when the process is killed. Records are numbered from 1 in the order
 * in which they are sent; those acknowledged ahead of an earlier one are remembered one by one.
 *
 * The file is for this machine: numbers are in its own byte order.
 */
#ifndef VF_PRODUCER_RESUME_H
#define VF_PRODUCER_RESUME_H

#include "base/error.h"
#include "sender.h"
#include "topic_reader.h"
#include <stdbool.h>

struct vf_resume;

/* identity: the same for the same work; VF_EINVAL when the file is another's. VF_EIO, VF_ENOMEM,
 * VF_EDATA (no resume file). */
int vf_resume_open(const char *path, uint64_t identity, struct vf_resume **out,
                   struct vf_error *err);
/* Written to the disk; VF_EIO. NULL is allowed; the resume is gone even on failure. */
int vf_resume_close(struct vf_resume *resume, struct vf_error *err);

bool vf_resume_is_acknowledged(const struct vf_resume *resume, uint64_t number);
/* number: at most VF_SENDER_IN_FLIGHT_MAX ahead of the first that is not acknowledged. */
void vf_resume_acknowledge(struct vf_resume *resume, uint64_t number);
/* All up to this one were acknowledged, as by a transaction. */
void vf_resume_acknowledge_all(struct vf_resume *resume, uint64_t number);
/* All before and including this one are acknowledged. */
uint64_t vf_resume_settled(const struct vf_resume *resume);

/* What is read of topics, kept so that it is the same when the work goes on. At most
 * VF_TOPIC_READER_LANES_MAX. */
void vf_resume_set_bounds(struct vf_resume *resume, const struct vf_lane_bounds *bounds,
                          size_t count);
/* As many as were set; 0: none yet. They live as long as the resume. */
const struct vf_lane_bounds *vf_resume_bounds(const struct vf_resume *resume, size_t *count);

/* Nothing is left to do. */
void vf_resume_set_complete(struct vf_resume *resume);
bool vf_resume_is_complete(const struct vf_resume *resume);

#endif
