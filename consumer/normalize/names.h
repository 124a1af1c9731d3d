/*
 * Countries, cities and organizations in text. Internal to normalize.
 * Ambiguity is never guessed: an ambiguous text gives no index and says so.
 */
#ifndef VF_NORMALIZE_NAMES_H
#define VF_NORMALIZE_NAMES_H

#include "base/arena.h"
#include "normalize/memo.h"
#include "reference/name_index.h"

/* The readings of acronyms that a report's texts tell: found when first asked for. */
struct vf_cues_told {
    bool known;
    struct vf_collision_set set;
};

/* What else the report tells; any part may be empty. The more is filled in, the fewer texts stay
 * ambiguous. */
struct vf_name_context {
    struct vf_slice language;          /* BCP 47 */
    const vf_country_index *countries; /* already known to take part or host */
    size_t country_count;
    size_t host_count; /* the first of them are the hosts' */
    bool of_state;     /* the text tells whose an office is that only a state has */
    const vf_organization_index *organizations; /* already known to be named */
    size_t organization_count;
    const struct vf_slice *texts; /* occasion, other organizations, offices, attribution ... */
    size_t text_count;
    struct vf_cues_told *told; /* by the texts; or NULL */
    struct vf_memo *memo;      /* of what single texts tell; or NULL */
    int32_t day;               /* first day of the event; VF_DAY_MIN: not known */
    bool *consulted; /* set where more than the language may have decided; NULL: not asked for */
};

static inline void vf_name_consult(const struct vf_name_context *context)
{
    if (context->consulted)
        *context->consulted = true;
}

struct vf_country_match {
    vf_country_index country; /* VF_NO_COUNTRY: none, or ambiguous */
    bool ambiguous;           /* more than one country is meant by such a text */
    bool by_context;          /* only the context decided */
};

/* One country in running text, such as "Malaysian" in "Malaysian Prime Minister". */
struct vf_country_mention {
    struct vf_country_match match;
    size_t begin; /* byte position in the folded text */
    size_t end;   /* exclusive */
};

/* A text that is a country's name as a whole ("Republic of Korea", "Малайзия"). 0 or VF_ENOMEM. */
int vf_country_of_name(const struct vf_reference *reference, struct vf_slice text,
                       const struct vf_name_context *context, struct vf_arena *arena,
                       struct vf_country_match *out);
/* All countries named or implied (demonym, a parliament's unique own name) in a text, in order,
 * longest name first where they overlap; at most max. Returns the number, or VF_ENOMEM. */
int vf_country_mentions(const struct vf_reference *reference, struct vf_slice text,
                        const struct vf_name_context *context, struct vf_arena *arena,
                        struct vf_country_mention *out, size_t max);

struct vf_city_match {
    struct vf_slice name;     /* canonical English name; ptr NULL: not known */
    vf_country_index country; /* VF_NO_COUNTRY: not known, or several cities of that name */
    bool ambiguous;
};

/* A city as printed, or the best-known city inside an address. Where the text tells no city but
 * a landmark or seat of one country ("Rashtrapati Bhavan"), country alone is set.
 * country: restricts to that country's cities; VF_NO_COUNTRY: no restriction. 0 or VF_ENOMEM. */
int vf_city_of_name(const struct vf_reference *reference, struct vf_slice text,
                    vf_country_index country, const struct vf_name_context *context,
                    struct vf_arena *arena, struct vf_city_match *out);

enum { VF_ALTERNATIVES_MAX = 8 }; /* candidates shown for one text: more help nobody */

/* The same numbers as the enum MatchMethod of the contract. */
enum vf_name_method {
    VF_METHOD_NONE,
    VF_METHOD_NAME,
    VF_METHOD_ACRONYM,
    VF_METHOD_ALIAS,
    VF_METHOD_CONTEXT
};

struct vf_organization_reading {
    vf_organization_index organization; /* VF_NO_ORGANIZATION: none, or ambiguous */
    int32_t method;                     /* enum vf_name_method */
    vf_organization_index alternatives[VF_ALTERNATIVES_MAX];
    size_t alternative_count;
};

/* An organization as printed, alone or inside a longer phrase ("46th AIPA General Assembly"):
 * the longest name wins. 0 or VF_ENOMEM. */
int vf_organization_of_text(const struct vf_reference *reference, struct vf_slice text,
                            const struct vf_name_context *context, struct vf_arena *arena,
                            struct vf_organization_reading *out);

#endif
