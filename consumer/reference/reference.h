/*
 * Reference data: countries, organizations, membership intervals and relations, loaded from
 * deploy/reference/*.tsv into one immutable snapshot. Any thread may read a snapshot it holds a
 * reference to; a reload makes a new one.
 *
 * Intervals are half-open: since <= day < until. See deploy/reference/ambiguities.md.
 */
#ifndef VF_REFERENCE_REFERENCE_H
#define VF_REFERENCE_REFERENCE_H

#include "base/date.h"
#include "base/error.h"
#include "base/slice.h"
#include <stdbool.h>

struct vf_reference;

enum { VF_NO_COUNTRY = -1, VF_NO_ORGANIZATION = -1 };
typedef int16_t vf_country_index;      /* 0 .. count - 1, in order of iso3 */
typedef int16_t vf_organization_index; /* 0 .. count - 1, in order of id */

/* All texts live as long as the snapshot; ptr NULL where the data is empty. */
struct vf_country {
    struct vf_slice iso3;
    struct vf_slice iso2;
    struct vf_slice name; /* common English name */
    struct vf_slice official_name;
    struct vf_slice parliament;
    struct vf_slice capital;
};

struct vf_organization {
    struct vf_slice id;
    struct vf_slice acronym;
    struct vf_slice name;
    struct vf_slice kind;
    struct vf_slice parent_id;
    struct vf_slice seat;
};

/* The same numbers as the enums MembershipStatus and Confidence of the contract. */
struct vf_standing {
    int32_t status;
    int32_t confidence;    /* of the interval in force; UNKNOWN where there is none */
    bool certain;          /* one status over the whole span asked for, with known bounds */
    struct vf_slice since; /* of the interval in force, as in the data; ptr NULL: not known */
    struct vf_slice until; /* exclusive; ptr NULL: still in force */
    struct vf_slice source;
};

struct vf_relation {
    struct vf_slice established;    /* YYYY[-MM[-DD]]; ptr NULL: not known */
    struct vf_slice mission_a_in_b; /* day a's mission in b opened */
    struct vf_slice mission_b_in_a;
};

/* Loads a directory. err names file, line and column. The caller holds one reference.
 * VF_EIO, VF_EREFERENCE, VF_ENOMEM. Slow (tens of milliseconds): not on a loop that must answer. */
int vf_reference_load(const char *directory, struct vf_reference **out, struct vf_error *err);
struct vf_reference *vf_reference_retain(struct vf_reference *reference); /* any thread */
void vf_reference_release(struct vf_reference *reference);                /* any thread; NULL ok */

/* Content hash of what was loaded, as hexadecimal text: same files, same text. */
struct vf_slice vf_reference_snapshot(const struct vf_reference *reference);
size_t vf_reference_country_count(const struct vf_reference *reference);
size_t vf_reference_organization_count(const struct vf_reference *reference);
size_t vf_reference_interval_count(const struct vf_reference *reference);

const struct vf_country *vf_reference_country(const struct vf_reference *reference,
                                              vf_country_index country);
const struct vf_organization *
vf_reference_organization(const struct vf_reference *reference,
                          vf_organization_index organization);
vf_country_index vf_reference_find_iso3(const struct vf_reference *reference,
                                        struct vf_slice iso3);
vf_organization_index vf_reference_find_organization(const struct vf_reference *reference,
                                                     struct vf_slice id);

/* Standing of a country in an organization over the days first..last, both inclusive.
 * Where they leave doubt: the status at first, certain = false. */
void vf_reference_standing(const struct vf_reference *reference,
                           vf_organization_index organization, vf_country_index country,
                           int32_t first, int32_t last, struct vf_standing *out);
/* Whether the country was, surely, an active member all those days (member or suspended; OPEC:
 * member only). */
bool vf_reference_is_active(const struct vf_reference *reference,
                            vf_organization_index organization, vf_country_index country,
                            int32_t first, int32_t last);
/* Relations of two countries, in the order asked for; false where none is known. */
bool vf_reference_relation(const struct vf_reference *reference, vf_country_index a,
                           vf_country_index b, struct vf_relation *out);

#endif
