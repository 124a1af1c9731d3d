/*
 * What a replay changes about the records it sends: where to, and what goes with the value.
 * One thread.
 */
#ifndef VF_PRODUCER_REWRITE_H
#define VF_PRODUCER_REWRITE_H

#include "base/arguments.h"
#include "base/record.h"

struct vf_rewrite;

/* As typed. */
struct vf_rewrite_flags {
    struct vf_slice to;               /* topic; ptr NULL: each keeps its own */
    struct vf_flag_list maps;         /* "FROM=TO", topics */
    struct vf_slice partition;        /* "keep", "key" or a number */
    struct vf_slice timestamp;        /* "keep", "now" */
    struct vf_slice shift_time;       /* span added to kept timestamps; ptr NULL: none */
    struct vf_flag_list add_headers;  /* "NAME=VALUE" */
    struct vf_flag_list drop_headers; /* PATTERN of names */
};

enum { VF_REWRITE_HEADERS_MAX = 10000 }; /* of one record */

/* The flags' texts must outlive it. VF_EUSAGE, VF_ENOMEM. */
int vf_rewrite_create(const struct vf_rewrite_flags *flags, struct vf_rewrite **out,
                      struct vf_error *err);
void vf_rewrite_free(struct vf_rewrite *rewrite); /* NULL is allowed */

/* Changes the record in place; headers are borrowed until the next call. made: it has no place
 * and no timestamp of its own. more_ms: added to kept timestamps besides. VF_ELIMIT, VF_ENOMEM. */
int vf_rewrite_apply(struct vf_rewrite *rewrite, bool made, int64_t more_ms,
                     struct vf_record *record, struct vf_error *err);
/* Whether a record of this topic would go to it again. */
bool vf_rewrite_is_loop(const struct vf_rewrite *rewrite, const char *topic);

#endif
