/* The snapshot from inside the room. */
#ifndef VF_REFERENCE_REFERENCE_INTERNAL_H
#define VF_REFERENCE_REFERENCE_INTERNAL_H

#include "base/arena.h"
#include "base/map.h"
#include "reference/name_index.h"
#include "reference/reference.h"
#include "reference/table.h"
#include <stdatomic.h>

enum { VF_SNAPSHOT_TEXT = 32 }; /* hexadecimal digits of a 128-bit hash */

/* One row of memberships.tsv. The four days bound since and until: each lies between its first
 * and last, inclusive. */
struct vf_interval {
    int32_t since_first; /* VF_DAY_MIN: since is not known */
    int32_t since_last;
    int32_t until_first; /* VF_DAY_MAX: still in force */
    int32_t until_last;
    uint8_t status;     /* enum vf_standing_status */
    uint8_t confidence; /* enum vf_fact_confidence */
    bool continues;     /* since is the until of the row before: no gap between them */
    struct vf_slice since;
    struct vf_slice until;
    struct vf_slice source;
};

/* From day on, until the next one's day, the country is surely active in these organizations. */
struct vf_activity {
    int32_t day;
    uint32_t set; /* position of its first word in activity_sets */
};

struct vf_relation_row {
    vf_country_index a; /* a < b */
    vf_country_index b;
    struct vf_relation relation;
};

/* What rules.tsv says of an organization. */
struct vf_organization_rule {
    bool partial;                     /* a missing row means nothing */
    bool member_only;                 /* a suspended member is not active */
    bool listed;                      /* has rows at all */
    vf_organization_index parliament; /* its one parliamentary body; VF_NO_ORGANIZATION: none */
};

struct vf_reference {
    atomic_uint references;
    struct vf_arena arena; /* owns all below but the maps' entries */
    char snapshot[VF_SNAPSHOT_TEXT + 1];
    int32_t compiled; /* day on which a row without since held */

    struct vf_country *countries; /* by iso3 */
    size_t country_count;
    struct vf_map iso3; /* to country index */

    struct vf_organization *organizations; /* by id */
    struct vf_organization_rule *rules;    /* as many */
    size_t organization_count;
    struct vf_map organization_ids; /* to organization index */

    struct vf_interval *intervals; /* by organization, country, time */
    size_t interval_count;
    uint32_t *interval_start; /* [organization * country_count + country], and one behind */

    struct vf_activity *activities; /* by country, day */
    uint32_t *activity_start;       /* [country], and one behind */
    uint64_t *activity_sets;        /* set_words each, bit = organization */
    size_t set_words;

    struct vf_relation_row *relations; /* by a, b */
    size_t relation_count;

    struct vf_name_index names[VF_NAMES_DOMAIN_COUNT];
    struct vf_city *cities;
    size_t city_count;
    struct vf_collision *collisions; /* by acronym */
    size_t collision_count;
};

/* Loaders of single tables; each needs those before it. VF_EIO, VF_EREFERENCE, VF_ENOMEM. */
int vf_load_countries(struct vf_reference *reference, struct vf_table *table, struct vf_error *err);
int vf_load_organizations(struct vf_reference *reference, struct vf_table *table,
                          struct vf_error *err);
int vf_load_rules(struct vf_reference *reference, struct vf_table *table, struct vf_error *err);
int vf_load_memberships(struct vf_reference *reference, struct vf_table *table,
                        struct vf_error *err);
int vf_load_relations(struct vf_reference *reference, struct vf_table *table, struct vf_error *err);
int vf_load_country_names(struct vf_reference *reference, struct vf_table *table,
                          struct vf_error *err);
int vf_load_parliaments(struct vf_reference *reference, struct vf_table *table,
                        struct vf_error *err);
int vf_load_cities(struct vf_reference *reference, struct vf_table *table, struct vf_error *err);
int vf_load_organization_names(struct vf_reference *reference, struct vf_table *table,
                               struct vf_error *err);
int vf_load_collisions(struct vf_reference *reference, struct vf_table *table,
                       struct vf_error *err);
/* English names from organizations.tsv; an alias in capitals counts as an acronym. */
int vf_add_organization_texts(struct vf_reference *reference, const struct vf_table *table,
                              vf_organization_index organization, struct vf_slice texts,
                              size_t column, enum vf_name_kind kind, struct vf_arena *scratch,
                              struct vf_error *err);

/* Field checks shared by the loaders. */
int vf_field_required(const struct vf_table *table, const struct vf_slice *fields, size_t column,
                      struct vf_error *err);
int vf_field_country(const struct vf_reference *reference, const struct vf_table *table,
                     const struct vf_slice *fields, size_t column, vf_country_index *out,
                     struct vf_error *err);
int vf_field_organization(const struct vf_reference *reference, const struct vf_table *table,
                          const struct vf_slice *fields, size_t column, vf_organization_index *out,
                          struct vf_error *err);
/* Empty is allowed: year 0. */
int vf_field_date(const struct vf_table *table, const struct vf_slice *fields, size_t column,
                  struct vf_partial_date *out, struct vf_error *err);
/* One of count words; VF_EREFERENCE otherwise. */
int vf_field_word(const struct vf_table *table, const struct vf_slice *fields, size_t column,
                  const char *const *words, size_t count, size_t *out, struct vf_error *err);

/* After the intervals. VF_ENOMEM. */
int vf_build_activity(struct vf_reference *reference);

/* Statuses that may hold on some day of first..last, a bit for each vf_standing_status. */
uint32_t vf_possible_statuses(const struct vf_interval *rows, size_t count, int32_t first,
                              int32_t last);
/* The rows of a country in an organization. */
const struct vf_interval *vf_interval_rows(const struct vf_reference *reference,
                                           vf_organization_index organization,
                                           vf_country_index country, size_t *count);

#endif
