/*
 * Offices: their class, whom they speak for, and whether they are held still. Internal to
 * normalize.
 */
#ifndef VF_NORMALIZE_OFFICES_H
#define VF_NORMALIZE_OFFICES_H

#include "base/arena.h"
#include "normalize/lexicon.h"
#include "vf_events.h"

/* Kinds of the offices lexicon. */
enum vf_office_term {
    VF_TERM_SPEAKER,    /* of a parliament, whatever stands beside it */
    VF_TERM_CHAIR,      /* chairman: of whatever is named beside it */
    VF_TERM_PRESIDENT,  /* of a state where nothing is named beside it */
    VF_TERM_HEAD,       /* head, leader */
    VF_TERM_PARLIAMENT, /* parliament, chamber, senate, assembly */
    VF_TERM_UPPER,      /* an upper chamber: presided over as a parliament of its own */
    VF_TERM_COMMITTEE,  /* committee, commission, group, delegation */
    VF_TERM_DELEGATION,
    VF_TERM_DEPUTY,        /* deputy, vice: lessens what follows */
    VF_TERM_DEPUTY_CHAIR,  /* the deputy of a chairman or president, in one word */
    VF_TERM_UPPER_SPEAKER, /* presides over an upper chamber, in one word */
    VF_TERM_DEPUTY_SPEAKER,
    VF_TERM_MEMBER, /* of something named beside it */
    VF_TERM_MP,     /* deputy, senator, member of parliament */
    VF_TERM_SECRETARY_GENERAL,
    VF_TERM_SECRETARY, /* of state: a minister; otherwise an official */
    VF_TERM_PRIME_MINISTER,
    VF_TERM_MINISTER,
    VF_TERM_MINISTRY,
    VF_TERM_HEAD_OF_STATE,
    VF_TERM_MONARCH,
    VF_TERM_AMBASSADOR,
    VF_TERM_COUNTERPART, /* the same office in another country */
    VF_TERM_FORMER,
    VF_TERM_ACTING,
    VF_TERM_COMMISSIONER, /* of an organization */
    VF_TERM_OFFICIAL,     /* mayor, governor, spokesperson, director ... */
    VF_TERM_ADVISER,      /* serves whoever is named beside it */
    VF_TERM_STAFF,        /* office, secretariat: its head is an official */
    VF_TERM_AND,
    VF_TERM_DELEGATE, /* says only that somebody was there */
    VF_TERM_OF,       /* words without weight in an office: of, the, for */
};

/* One office of the several that a text may name. */
struct vf_office_part {
    struct vf_slice text; /* as printed */
    int32_t office;       /* enum vf_office */
    bool former;
    bool counterpart; /* "his counterpart": the office is that of somebody named elsewhere */
    bool of_body;     /* chairs or speaks for something that may be an organization */
    bool of_parliament;
    bool of_upper_chamber;
};

enum { VF_OFFICE_PARTS_MAX = 4 }; /* more offices in one text are not read */

struct vf_office_reading {
    struct vf_office_part parts[VF_OFFICE_PARTS_MAX];
    size_t count;
    size_t main; /* the part that names the person's office best; 0 where there is none */
};

/* *out lives in the arena. 0 or VF_ENOMEM. */
int vf_office_read(struct vf_slice text, vf_language language, struct vf_arena *arena,
                   struct vf_office_reading *out);

#endif
