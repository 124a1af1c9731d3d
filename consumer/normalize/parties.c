/*
 * Which countries take part, in which organizations they stand how, and what they have between
 * them.
 */
#include "normalize/work.h"

#include "base/error.h"

static void add_party(struct vf_work *work, vf_country_index country)
{
    size_t i = work->party_count;

    for (size_t k = 0; k < work->party_count; k++)
        if (work->parties[k] == country)
            return;
    if (country == VF_NO_COUNTRY || i == VF_PARTIES_MAX)
        return;
    for (; i > 0 && work->parties[i - 1] > country; i--) /* indices are in order of code */
        work->parties[i] = work->parties[i - 1];
    work->parties[i] = country;
    work->party_count++;
}

/* A visit for somebody's conference makes the place's country no party, unless a host is named or
 * the report treats it as one. */
static bool is_only_a_seat(const struct vf_work *work)
{
    const struct vf_report *report = work->report;

    for (size_t i = 0; i < report->people.count; i++)
        if (report->people.items[i].role == VF_PARTICIPANT_ROLE_HOST)
            return false;
    switch (report->visit_type) {
    case VF_VISIT_TYPE_UNKNOWN:
    case VF_VISIT_TYPE_WORKING:
    case VF_VISIT_TYPE_TRANSIT: break;
    default: return false;
    }
    return !report->bilateral && work->occasion.gathering &&
           work->occasion_organization != VF_NO_ORGANIZATION;
}

void vf_find_parties(struct vf_work *work)
{
    const struct vf_report *report = work->report;

    work->party_count = 0;
    for (size_t i = 0; i < report->people.count; i++) {
        const struct vf_person_work *person = &work->people[i];
        if (report->people.items[i].role == VF_PARTICIPANT_ROLE_MENTIONED)
            continue;
        if (person->leads_organization)
            continue; /* his own country is told, and takes no part */
        add_party(work, person->country);
        if (person->country == VF_NO_COUNTRY && !person->official)
            work->flags |= VF_FLAG_BIT(PERSON_COUNTRY_UNKNOWN);
    }
    if (!report->is_visit)
        return;
    if (is_only_a_seat(work)) {
        work->flags |= VF_FLAG_BIT(HOST_NOT_A_PARTY);
        return;
    }
    for (size_t i = 0; i < work->place_count; i++)
        add_party(work, work->place_countries[i]);
    add_party(work, work->host);
}

static void write_standing(const struct vf_work *work, vf_organization_index organization,
                           vf_country_index country, struct vf_membership_as_of *out,
                           vf_flags *flags)
{
    struct vf_standing standing = {0};

    *out = (struct vf_membership_as_of){
        .organization_id = vf_reference_organization(work->reference, organization)->id};
    if (work->as_of == VF_DAY_MIN)
        return;
    vf_reference_standing(work->reference, organization, country, work->as_of, work->as_of_last,
                          &standing);
    out->status = standing.status;
    out->certain = standing.certain && !(work->flags & VF_FLAG_BIT(MEMBERSHIP_AS_OF_PUBLICATION));
    out->since = standing.since;
    out->until = standing.until;
    if (!out->certain)
        *flags |= VF_FLAG_BIT(MEMBERSHIP_UNCERTAIN);
}

static int write_shared(struct vf_work *work, struct vf_normalized_event *out)
{
    vf_organization_index shared[VF_ORGANIZATIONS_MAX];

    if (work->party_count < 2 || work->date.first == VF_DAY_MIN)
        return VF_OK;
    size_t n = vf_reference_shared(work->reference, work->parties, work->party_count, work->as_of,
                                   work->as_of_last, shared, VF_ORGANIZATIONS_MAX);
    struct vf_slice *ids = vf_arena_calloc(work->arena, n, sizeof *ids);
    if (!ids)
        return VF_ENOMEM;
    for (size_t i = 0; i < n; i++)
        ids[i] = vf_reference_organization(work->reference, shared[i])->id;
    out->shared_organizations = (struct vf_string_array){ids, n};
    return VF_OK;
}

int vf_write_countries(struct vf_work *work, struct vf_normalized_event *out)
{
    size_t n = work->organization_count;
    struct vf_country_memberships *items =
        vf_arena_calloc(work->arena, work->party_count, sizeof *items);

    if (!items)
        return VF_ENOMEM;
    if (work->as_of == VF_DAY_MIN && work->party_count && n)
        work->flags |= VF_FLAG_BIT(MEMBERSHIP_WITHOUT_DATE);
    for (size_t i = 0; i < work->party_count; i++) {
        const struct vf_country *country = vf_reference_country(work->reference, work->parties[i]);
        struct vf_membership_as_of *standings = vf_arena_calloc(work->arena, n, sizeof *standings);
        if (!standings)
            return VF_ENOMEM;
        for (size_t k = 0; k < n; k++)
            write_standing(work, work->organizations[k], work->parties[i], &standings[k],
                           &work->flags);
        items[i] = (struct vf_country_memberships){.country = country->iso3,
                                                   .name = country->name,
                                                   .parliament = country->parliament,
                                                   .memberships = {standings, n}};
    }
    out->countries = (struct vf_country_memberships_array){items, work->party_count};
    return write_shared(work, out);
}

/* Whether two partial dates cannot be the same day. */
static bool differ(struct vf_slice a, struct vf_slice b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    return n && memcmp(a.ptr, b.ptr, n) != 0;
}

/* What the report tells of relations, against the reference data. */
static int compare_relations(struct vf_work *work)
{
    const struct vf_bilateral_relations *told = work->report->bilateral;
    struct vf_country_match pair[2];
    struct vf_relation relation;

    if (!told || told->parties.count != 2)
        return VF_OK;
    for (size_t i = 0; i < 2; i++) {
        int rc = vf_work_country(work, told->parties.items[i], &pair[i]);
        if (rc)
            return rc;
        if (pair[i].country == VF_NO_COUNTRY)
            return VF_OK;
    }
    if (!vf_reference_relation(work->reference, pair[0].country, pair[1].country, &relation))
        return VF_OK;
    bool wrong = differ(told->established, relation.established);
    for (size_t i = 0; i < told->missions.count; i++) {
        const struct vf_mission *mission = &told->missions.items[i];
        struct vf_country_match sending;
        int rc = vf_work_country(work, mission->sending, &sending);
        if (rc)
            return rc;
        if (sending.country == pair[0].country)
            wrong = wrong || differ(mission->opened, relation.mission_a_in_b);
        else if (sending.country == pair[1].country)
            wrong = wrong || differ(mission->opened, relation.mission_b_in_a);
    }
    if (wrong)
        work->flags |= VF_FLAG_BIT(RELATIONS_DIFFER);
    return VF_OK;
}

int vf_write_relations(struct vf_work *work, struct vf_normalized_event *out)
{
    enum { PARTIES_PAIRED = 24 }; /* a conference of more is no matter of pairs */
    size_t n = work->party_count < PARTIES_PAIRED ? work->party_count : 0;
    size_t pairs = n ? n * (n - 1) / 2 : 0;
    size_t count = 0;
    struct vf_bilateral_facts *items = vf_arena_calloc(work->arena, pairs, sizeof *items);

    if (!items)
        return VF_ENOMEM;
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++) {
            struct vf_relation relation;
            if (!vf_reference_relation(work->reference, work->parties[i], work->parties[k],
                                       &relation))
                continue;
            items[count++] = (struct vf_bilateral_facts){
                .a = vf_reference_country(work->reference, work->parties[i])->iso3,
                .b = vf_reference_country(work->reference, work->parties[k])->iso3,
                .established = relation.established,
                .mission_a_in_b = relation.mission_a_in_b,
                .mission_b_in_a = relation.mission_b_in_a};
        }
    out->bilateral = (struct vf_bilateral_facts_array){items, count};
    return compare_relations(work);
}
