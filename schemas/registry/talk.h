/*
 * Talking to the registry: failover over its URLs, and what its answers mean.
 * Internal to registry; one thread.
 */
#ifndef VF_REGISTRY_TALK_H
#define VF_REGISTRY_TALK_H

#include "registry/http.h"
#include <jansson.h>
#include <stdatomic.h>

struct vf_talk {
    struct vf_registry_urls urls;
    struct vf_http *http;
    size_t current;    /* the URL that answered last is asked first */
    int64_t failed_at; /* milliseconds of a monotonic clock when no URL answered; -1: one did */
    atomic_bool reachable;
    atomic_uint_least64_t exchanges;
    atomic_uint_least64_t failures;
};

struct vf_question {
    const char *path;
    struct vf_slice body; /* ptr NULL: GET */
    bool may_be_unknown;  /* not every registry has such a path: any 404, 405, 501 of one says no */
};

struct vf_answer {
    json_t *json;        /* owned; set when it went well */
    int error_code;      /* the registry's own, such as 40403; 0: none */
    int64_t retry_after; /* milliseconds; 0: not said */
    bool slow_down;      /* the registry has too much to do: another URL is no way out */
    char message[VF_REGISTRY_MESSAGE_MAX]; /* the registry's own words; may be empty */
};

/* The config's texts must outlive it. VF_ECONFIG, VF_ENOMEM. */
int vf_talk_init(struct vf_talk *talk, const struct vf_registry_config *config,
                 struct vf_error *err);
void vf_talk_release(struct vf_talk *talk);

/* Asks one URL after the other until one gives an answer that counts.
 *   0                a 2xx answer with JSON
 *   VF_EAGAIN        may pass; err->code says what it was
 *   VF_EACCES        the credentials do not do
 *   VF_ENOENT, VF_EINCOMPATIBLE, VF_ESCHEMA, VF_EINVAL, VF_ELIMIT, VF_ENOMEM
 * The answer is to be released in any case. */
int vf_talk_ask(struct vf_talk *talk, const struct vf_question *question, struct vf_answer *answer,
                struct vf_error *err);
void vf_answer_release(struct vf_answer *answer);

/* No URL answered within the last so many milliseconds: it is not worth waiting for one. */
bool vf_talk_failed_within(const struct vf_talk *talk, int64_t milliseconds);

/* For an answer that is JSON but not what was asked for: another URL is asked next time.
 * VF_EAGAIN. */
int vf_talk_unusable(struct vf_talk *talk, const char *what, struct vf_error *err);

#endif
