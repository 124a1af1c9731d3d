/*
 * Reference data: countries, organizations, membership intervals and relations, loaded from
 * the tables of deploy/reference into one immutable snapshot. Any thread may read a snapshot it
 * holds a reference to; a reload makes a new one.
 *
 * Intervals are half-open: since <= day < until. See deploy/reference/ambiguities.md.
 *
 * How a standing is read, for a span of days first..last:
 *  - A date known to the month or year may be any day of it. So may hold, on one day, each status
 *    whose interval can have begun and need not have ended; and NONE, before the first interval
 *    can have begun, in a gap, or after the last. Where one interval's since is the text of the
 *    other's until, both changed on the same, perhaps unknown, day: no gap.
 *  - No since: it held on the day the facts were compiled (rules.tsv), and since when is unknown.
 *  - No row for a country: NONE, unless the organization's list is partial (rules.tsv) or it has
 *    no rows at all: UNKNOWN, as then a missing row means nothing.
 *  - certain: exactly one status may hold on the days of the span, it is one and the same on
 *    all of them, and no interval in force there is of low confidence.
 *  - Otherwise the status is that at the first day: of the interval that began last among those
 *    which may hold then, NONE if none may.
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

/* Arrays of organizations on the stack are sized by this; the loader refuses more. */
enum { VF_COUNTRIES_MAX = 512, VF_ORGANIZATIONS_MAX = 1024 };

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

/* The same numbers as the enum MembershipStatus of the contract. */
enum vf_standing_status {
    VF_STANDING_UNKNOWN,
    VF_STANDING_MEMBER,
    VF_STANDING_ASSOCIATE,
    VF_STANDING_OBSERVER,
    VF_STANDING_PARTNER,
    VF_STANDING_CANDIDATE,
    VF_STANDING_SUSPENDED,
    VF_STANDING_FORMER,
    VF_STANDING_NONE,
    VF_STANDING_STATUS_COUNT
};

/* The same numbers as the enum Confidence of the contract. */
enum vf_fact_confidence { VF_FACT_UNKNOWN, VF_FACT_LOW, VF_FACT_MEDIUM, VF_FACT_HIGH };

struct vf_standing {
    int32_t status;        /* enum vf_standing_status */
    int32_t confidence;    /* of the interval in force; UNKNOWN where there is none */
    bool certain;          /* see above */
    struct vf_slice since; /* of the interval in force, as in the data; ptr NULL: not known */
    struct vf_slice until; /* exclusive; ptr NULL: still in force */
    struct vf_slice source;
};

struct vf_relation {
    struct vf_slice established;    /* YYYY[-MM[-DD]]; ptr NULL: not known */
    struct vf_slice mission_a_in_b; /* day a's mission in b opened */
    struct vf_slice mission_b_in_a;
    struct vf_slice source;
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
/* Bytes held by the snapshot. */
size_t vf_reference_memory(const struct vf_reference *reference);

const struct vf_country *vf_reference_country(const struct vf_reference *reference,
                                              vf_country_index country);
const struct vf_organization *vf_reference_organization(const struct vf_reference *reference,
                                                        vf_organization_index organization);
vf_country_index vf_reference_find_iso3(const struct vf_reference *reference, struct vf_slice iso3);
vf_organization_index vf_reference_find_organization(const struct vf_reference *reference,
                                                     struct vf_slice id);

/* The parliamentary body of an organization, such as pace of coe; VF_NO_ORGANIZATION: none. */
vf_organization_index vf_reference_parliament_of(const struct vf_reference *reference,
                                                 vf_organization_index organization);

/* Standing of a country in an organization over the days first..last, both inclusive,
 * first <= last. Both indices must be valid. */
void vf_reference_standing(const struct vf_reference *reference, vf_organization_index organization,
                           vf_country_index country, int32_t first, int32_t last,
                           struct vf_standing *out);
/* Whether the country was an active member on all those days, as far as the dates tell: member
 * or suspended (OPEC: member only; rules.tsv). A low confidence does not matter here. */
bool vf_reference_is_active(const struct vf_reference *reference,
                            vf_organization_index organization, vf_country_index country,
                            int32_t first, int32_t last);
/* The organizations in which all the countries were active on all those days, in order of id.
 * Writes at most max and returns how many were written; VF_ORGANIZATIONS_MAX always suffices.
 * No countries: none. */
size_t vf_reference_shared(const struct vf_reference *reference, const vf_country_index *countries,
                           size_t country_count, int32_t first, int32_t last,
                           vf_organization_index *out, size_t max);
/* Relations of two countries, in the order asked for; false where none is known. */
bool vf_reference_relation(const struct vf_reference *reference, vf_country_index a,
                           vf_country_index b, struct vf_relation *out);

#endif
