/*
 * One report on its way to a normalized event: what visits and meetings have in common, and what
 * has been found out so far. Internal to normalize.
 */
#ifndef VF_NORMALIZE_WORK_H
#define VF_NORMALIZE_WORK_H

#include "normalize/dates.h"
#include "normalize/flags.h"
#include "normalize/memo.h"
#include "normalize/names.h"
#include "normalize/occasion.h"
#include "normalize/offices.h"
#include "normalize/people.h"
#include "vf_events.h"

/* Limits: what exceeds them is left as it is, without a country or an organization; nothing of
 * the report is lost. Each is several times what the longest report of the sample holds. */
enum {
    VF_PEOPLE_MAX = 256,        /* people whose countries are looked for */
    VF_PARTIES_MAX = 64,        /* countries taking part */
    VF_PLACES_MAX = 16,         /* stops */
    VF_ORGANIZATIONS_SEEN = 64, /* organizations whose standings are looked up */
    VF_CONTEXT_TEXTS = 48,      /* other texts that names are read with */
    VF_COUNTRIES_SEEN = 24,     /* texts of countries remembered within one report */
    VF_MENTIONS_MAX = 6,        /* countries in one text */
};

/* The parts of a report that visits and meetings share. */
struct vf_report {
    bool is_visit;
    struct vf_slice event_id;
    struct vf_slice source;
    int32_t revision;
    struct vf_slice supersedes;
    struct vf_slice source_url;
    struct vf_slice attribution;
    struct vf_slice language;
    struct vf_optional_long published_at;
    int32_t status;
    int32_t visit_type; /* visits */
    int32_t modality;   /* meetings */
    struct vf_slice visit_id;
    const struct vf_reported_dates *dates;
    struct vf_place_array places;
    struct vf_person_array people;
    struct vf_string_array organizations;
    struct vf_slice occasion;
    struct vf_string_array topics;
    struct vf_statement_array statements;
    const struct vf_bilateral_relations *bilateral;
};

/* What was found out about a person. */
struct vf_person_work {
    struct vf_person_name name;
    struct vf_office_reading office;
    int32_t office_class; /* enum vf_office; a counterpart's is that of whom he is one */
    vf_country_index country;
    vf_organization_index organization; /* represented */
    bool official;                      /* speaks for an organization, not for a country */
    bool leads_organization;            /* and holds no office of a country beside */
    bool inferred;                      /* the country follows from the host or the delegation */
};

struct vf_country_seen {
    struct vf_slice text;
    struct vf_country_match match;
};

struct vf_work {
    const struct vf_reference *reference;
    struct vf_arena *arena;
    const struct vf_report *report;
    struct vf_memo *memo; /* NULL: none */
    vf_language language;
    uint64_t language_salt; /* of the language as given, for the memo */
    bool acronyms_told;     /* a text of the report may spell out acronyms: "CPA: certified ..." */
    vf_flags flags;
    struct vf_date_answer date;
    int32_t as_of; /* first day standings are read for; VF_DAY_MIN: none */
    int32_t as_of_last;

    struct vf_name_context context;
    struct vf_slice context_texts[VF_CONTEXT_TEXTS];
    struct vf_cues_told context_told;
    vf_country_index context_countries[VF_PARTIES_MAX];
    vf_organization_index organizations[VF_ORGANIZATIONS_SEEN]; /* named, each once, in order */
    size_t organization_count;
    struct vf_country_seen seen[VF_COUNTRIES_SEEN];
    size_t seen_count;

    struct vf_resolved_place places[VF_PLACES_MAX];
    vf_country_index place_countries[VF_PLACES_MAX];
    size_t place_count;
    bool several_stops;
    vf_country_index host;
    bool host_stated; /* from the place, not from a person */

    struct vf_person_work *people;            /* report->people.count of them, in order */
    vf_country_index parties[VF_PARTIES_MAX]; /* taking part, in order of code */
    size_t party_count;
    struct vf_occasion_reading occasion;
    vf_organization_index occasion_organization;
};

/* All return 0 or VF_ENOMEM. */

/* Look-ups through the memo. */
int vf_ask_person(struct vf_work *work, struct vf_slice text, struct vf_person_name *out);
int vf_ask_office(struct vf_work *work, struct vf_slice text, struct vf_office_reading *out);
int vf_ask_country(struct vf_work *work, struct vf_slice text, struct vf_country_match *out);
/* The number of mentions, or VF_ENOMEM. */
int vf_ask_mentions(struct vf_work *work, struct vf_slice text,
                    struct vf_country_mention out[VF_MENTIONS_MAX]);
int vf_ask_city(struct vf_work *work, struct vf_slice text, vf_country_index country,
                struct vf_city_match *out);
int vf_ask_organization(struct vf_work *work, struct vf_slice text,
                        struct vf_organization_reading *out);
int vf_ask_occasion(struct vf_work *work, struct vf_slice text, struct vf_occasion_reading *out);

/* A country given as such: as a whole or, failing that, the only one mentioned. */
int vf_work_country(struct vf_work *work, struct vf_slice text, struct vf_country_match *out);
/* A country known to be concerned, for names that are ambiguous alone. */
void vf_work_add_context(struct vf_work *work, vf_country_index country);

/* Fills places, host, several_stops; what it filled before is replaced. */
int vf_resolve_places(struct vf_work *work);
/* Names, offices and the countries and organizations that need nothing else. */
int vf_read_people(struct vf_work *work);
/* What needs the rest of the report as context: offices, ambiguous countries, organizations. */
int vf_complete_people(struct vf_work *work);
/* What follows from the place and from each other: host, delegations, counterparts. */
void vf_infer_people(struct vf_work *work);
/* Fills parties. */
void vf_find_parties(struct vf_work *work);

/* Keys live in the arena; parent_key's ptr is NULL where there is none. */
int vf_make_keys(struct vf_work *work, struct vf_slice *event_key, struct vf_slice *parent_key);

/* Parts of the output. */
int vf_write_people(struct vf_work *work, struct vf_normalized_event *out);
int vf_write_organizations(struct vf_work *work, struct vf_normalized_event *out);
int vf_write_countries(struct vf_work *work, struct vf_normalized_event *out);
int vf_write_relations(struct vf_work *work, struct vf_normalized_event *out);

#endif
