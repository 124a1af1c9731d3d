/*
 * Names in a snapshot, by their folded text and by their words' stems. Immutable once loaded.
 * Internal to reference and normalize; any thread may read.
 */
#ifndef VF_REFERENCE_NAME_INDEX_H
#define VF_REFERENCE_NAME_INDEX_H

#include "base/fold.h"
#include "reference/reference.h"
#include "reference/stem.h"

enum vf_name_domain {
    VF_NAMES_COUNTRY, /* names, demonyms, parliaments; target: vf_country_index */
    VF_NAMES_CITY,    /* target: position for vf_reference_city */
    VF_NAMES_ORGANIZATION,
    VF_NAMES_DOMAIN_COUNT
};

enum vf_name_kind {
    VF_NAME_OFFICIAL, /* what the entity is called */
    VF_NAME_ALIAS,    /* another name, any language */
    VF_NAME_FORMER,
    VF_NAME_ABBREVIATION, /* countries: "UK", "РФ" */
    VF_NAME_ACRONYM,      /* organizations; only where the text has it in capitals */
    VF_NAME_DEMONYM,
    VF_NAME_PARLIAMENT, /* a parliament's own name implies its country */
    VF_NAME_BODY,       /* a part of an organization, or a meeting it holds */
    VF_NAME_AMBIGUOUS,  /* may mean the target, only with a context that says so */
    VF_NAME_NONE,       /* looks like a name of the domain and is none; no target */
    VF_NAME_KIND_COUNT
};

/* Added to a family: the key is the stems in order of bytes, each once. Finds names whose words
 * are printed in another order. */
enum { VF_STEM_SET = 0x80, VF_STEM_SET_MIN = 3, VF_STEM_SET_MAX = 24 };

struct vf_name_entry {
    const char *key;            /* folded text, or stems joined by spaces */
    const char *written;        /* as in the table */
    const char *languages;      /* separated by spaces; NULL: any */
    struct vf_name_entry *next; /* of the same key; NULL: the last */
    int32_t target;
    int32_t since; /* days on which a former name was in use: since <= day < until */
    int32_t until;
    uint32_t hash;
    uint16_t key_len;
    uint16_t written_len;
    uint16_t languages_len;
    uint8_t kind;   /* enum vf_name_kind */
    bool english;   /* among its languages, or none is named */
    uint8_t family; /* enum vf_stem_family, perhaps with VF_STEM_SET; NONE: folded text */
};

struct vf_misspellable {
    uint64_t letters; /* a bit for each kind of letter: a quick bound on the distance */
    const struct vf_name_entry *entry;
};

struct vf_name_index {
    struct vf_name_entry **slots;
    size_t mask; /* number of slots, a power of two, less one */
    size_t entries;
    size_t words_max;     /* in one key */
    uint64_t starts[512]; /* a bit for each first word, by hash: most words start no name */
    struct vf_misspellable *misspellable; /* English names long enough to bear a slip, by length */
    size_t misspellable_count;
    struct vf_name_entry *pending; /* while loading */
};

struct vf_city {
    struct vf_slice name; /* canonical English name */
    vf_country_index country;
    bool capital;
    int32_t population; /* 0: not known */
};

/* A folded phrase that tells one reading of an acronym, and the set of its words, a bit each by
 * hash: a text that lacks one of the bits does not hold the phrase. */
struct vf_cue {
    struct vf_slice phrase;
    uint64_t words;
};

/* The set of a folded text's words. */
uint64_t vf_cue_words(struct vf_slice folded);

enum { VF_COLLISIONS_MAX = 256 }; /* readings of all acronyms together; 87 are shipped */

/* Some of them, by their positions in vf_reference_collisions. */
struct vf_collision_set {
    uint64_t bits[VF_COLLISIONS_MAX / 64];
};

/* An acronym that also means something else. */
struct vf_collision {
    struct vf_slice acronym;            /* folded */
    vf_organization_index organization; /* VF_NO_ORGANIZATION: nothing known here */
    bool usual;                         /* the reading where nothing else is told */
    const struct vf_cue *cues;          /* phrases that tell this reading */
    size_t cue_count;
};

const struct vf_name_index *vf_reference_names(const struct vf_reference *reference,
                                               enum vf_name_domain domain);
const struct vf_city *vf_reference_city(const struct vf_reference *reference, int32_t position);
size_t vf_reference_city_count(const struct vf_reference *reference);
/* Collisions sorted by acronym; *count of them. */
const struct vf_collision *vf_reference_collisions(const struct vf_reference *reference,
                                                   size_t *count);

/* The first entry of a key; NULL if there is none. */
const struct vf_name_entry *vf_name_find(const struct vf_name_index *index, struct vf_slice key,
                                         unsigned family);
/* Stems joined by spaces, made into a key of VF_STEM_SET in out, which is as long as stems at
 * most: numbers and words such as "session" left out. Returns its length; 0 where there are too
 * few or too many. */
size_t vf_name_set_key(struct vf_slice stems, char *out);
/* The one target among official names and aliases in English that the folded text misses by few
 * letters: one in letters_per_slip, two at most. NULL: none, or several. */
const struct vf_name_entry *vf_name_misspelt(const struct vf_name_index *index,
                                             struct vf_slice text, size_t letters_per_slip);
/* Whether some key begins with the word; may say yes for one that does not. */
bool vf_name_may_start(const struct vf_name_index *index, struct vf_slice word,
                       enum vf_stem_family family);

/* Which stems a name is found by. Stems of less than 4 letters are left out. */
enum vf_name_stems {
    VF_STEMS_NONE,
    VF_STEMS_ALL,
    VF_STEMS_ALL_AND_SETS,
    /* A name proper: no endings that make another word of it. In Romance languages it has none,
     * in Germanic ones a genitive s. */
    VF_STEMS_PROPER
};

/* While loading: adds a name, also under the stems of its languages' families. entry: all but
 * key, next, hash and family. VF_EDATA: no letter, or too long. */
int vf_name_add(struct vf_name_index *index, struct vf_slice text, struct vf_name_entry entry,
                enum vf_name_stems stems, struct vf_arena *arena, struct vf_arena *scratch);
/* After the last name. */
int vf_name_build(struct vf_name_index *index, struct vf_arena *arena);

#endif
