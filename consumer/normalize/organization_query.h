/*
 * What organizations.c, acronyms.c and parliamentary_bodies.c share: one look-up, and the settling
 * of what a name found means. Internal to these.
 */
#ifndef VF_NORMALIZE_ORGANIZATION_QUERY_H
#define VF_NORMALIZE_ORGANIZATION_QUERY_H

#include "normalize/name_match.h"

struct vf_organization_query {
    const struct vf_reference *reference;
    const struct vf_name_index *index;
    const struct vf_name_context *context;
    struct vf_arena *arena;
};

/* vf_name_filter; data is the query. */
bool vf_organization_filter(const struct vf_name_text *text, const struct vf_name_hit *hit,
                            const struct vf_name_entry *entry, const void *data);
/* Of the entries of one key the best; two that are equally good leave it open. */
void vf_organization_settle_key(const struct vf_organization_query *query,
                                struct vf_name_text *text, const struct vf_name_hit *hit,
                                struct vf_organization_reading *out);
void vf_organization_add_alternative(struct vf_organization_reading *out,
                                     vf_organization_index organization);
/* Whether a folded acronym is known to mean something else too. */
bool vf_organization_collides(const struct vf_organization_query *query, struct vf_slice acronym);
/* Settles an acronym that also means something else: by a phrase in the report that tells one
 * meaning, by words that spell it out, by what is usual. Others are left as settle_key left
 * them. 0 or VF_ENOMEM. */
int vf_organization_settle_collision(const struct vf_organization_query *query,
                                     struct vf_name_text *text, const struct vf_name_hit *hit,
                                     struct vf_organization_reading *out);

/* "Parliamentary Union of the X": X's own parliamentary body, or none where it has one that is
 * not known here. Whatever out holds else stays. */
void vf_organization_prefer_parliament(const struct vf_organization_query *query,
                                       struct vf_name_text *text, const struct vf_name_hit *hit,
                                       struct vf_organization_reading *out);

#endif
