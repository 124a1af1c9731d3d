/*
 * From a dead letter back to the record it was: value and key as they are, without the headers
 * that told what was wrong, at its own topic and partition, with the number of the attempt in
 * the header visitfeed.attempt. Where it came from is told by visitfeed's own headers, or by
 * those of Kafka Connect, Kafka Streams or Spring. Pure; one thread.
 */
#ifndef VF_PRODUCER_REDRIVE_H
#define VF_PRODUCER_REDRIVE_H

#include "base/arguments.h"
#include "base/record.h"

struct vf_redrive;

struct vf_redrive_config {
    const struct vf_flag_list *reasons; /* PATTERN of code or text: any of them; none: all */
    const struct vf_flag_list *stages;  /* PATTERN of the stage: any of them; none: all */
    const char *const *dead_letters;    /* topics read: to these nothing is sent */
    size_t dead_letter_count;
    struct vf_slice parked;     /* topic of those with too many attempts */
    int64_t attempts_max;       /* attempts in all */
    bool by_key;                /* the partition is chosen anew */
    bool replace_schema_id;     /* of values in Confluent's framing */
    bool replace_any_schema_id; /* whatever it was */
    uint32_t old_schema_id;
    uint32_t new_schema_id;
};

enum {
    VF_REDRIVE_HEADERS_MAX = 10000,
    VF_REDRIVE_VALUE_MAX = 64 << 20, /* bytes, of a value whose schema id is replaced */
};

/* The config is copied; what it points to must outlive it. VF_ENOMEM. */
int vf_redrive_create(const struct vf_redrive_config *config, struct vf_redrive **out,
                      struct vf_error *err);
void vf_redrive_free(struct vf_redrive *redrive); /* NULL is allowed */

/* Changes the record in place; it is borrowed until the next call. VF_ENOENT: not asked for.
 * VF_EDATA: nothing tells where it came from; VF_EINVAL: it came from a topic of dead letters;
 * VF_ELIMIT, VF_ENOMEM. */
int vf_redrive_restore(struct vf_redrive *redrive, struct vf_record *record, struct vf_error *err);
/* Records that went to the parked topic so far. */
uint64_t vf_redrive_parked(const struct vf_redrive *redrive);

#endif
