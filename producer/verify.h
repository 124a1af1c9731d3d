/*
 * Compares two streams of records: those expected, taken in first, and those found. Within a lane
 * (a partition, or a key) order counts. A missing record, one too many, a duplicate or a change in
 * one is found as what it is, not as a difference of all that follows. Pure; one thread.
 */
#ifndef VF_PRODUCER_VERIFY_H
#define VF_PRODUCER_VERIFY_H

#include "base/error.h"
#include "base/record.h"
#include <stdbool.h>

struct vf_verify;

enum {
    VF_VERIFY_RECORDS_MAX = 32 << 20, /* expected; 48 bytes each */
    VF_VERIFY_WINDOW = 4096,          /* records of a lane that are searched, ahead and back */
};

/* Bits of what may differ. */
enum vf_aspect {
    VF_ASPECT_KEY = 1,
    VF_ASPECT_VALUE = 2,
    VF_ASPECT_HEADERS = 4,
    VF_ASPECT_TIMESTAMP = 8,
};

enum vf_difference_kind {
    VF_MISSING,    /* expected and not found */
    VF_CHANGED,    /* found with other aspects */
    VF_DUPLICATE,  /* found again */
    VF_MOVED,      /* told as missing before, and found behind others: out of order */
    VF_UNEXPECTED, /* found and not expected */
};

struct vf_difference {
    enum vf_difference_kind kind;
    unsigned aspects;              /* CHANGED: enum vf_aspect */
    uint64_t expected;             /* number of the record, from 1; 0 for UNEXPECTED */
    int64_t expected_time;         /* CHANGED */
    const struct vf_record *found; /* NULL for MISSING */
};

struct vf_verify_config {
    bool by_key;      /* lanes are keys, wherever they are; else partitions of topics */
    unsigned ignored; /* enum vf_aspect */
    void (*on_difference)(void *owner, const struct vf_difference *difference);
    void *owner;
};

struct vf_verify_counts {
    uint64_t expected;
    uint64_t found;
    uint64_t matched; /* found = matched + changed + moved + duplicate + unexpected */
    uint64_t missing; /* expected = matched + changed + moved + missing */
    uint64_t changed;
    uint64_t moved;
    uint64_t duplicate;
    uint64_t unexpected;
};

int vf_verify_create(const struct vf_verify_config *config, struct vf_verify **out,
                     struct vf_error *err);
void vf_verify_free(struct vf_verify *verify); /* NULL is allowed */

/* VF_ELIMIT, VF_ENOMEM. */
int vf_verify_expect(struct vf_verify *verify, const struct vf_record *record,
                     struct vf_error *err);
/* No record is expected after the first was found. VF_ENOMEM. */
int vf_verify_find(struct vf_verify *verify, const struct vf_record *record, struct vf_error *err);
/* What was not found is missing. */
void vf_verify_end(struct vf_verify *verify, struct vf_verify_counts *out);

#endif
