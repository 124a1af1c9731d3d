/*
 * Finding names in a text: the text folded and stemmed once, then looked up by runs of words,
 * the longest first. Shared by countries, cities and organizations; internal to them.
 */
#ifndef VF_NORMALIZE_NAME_MATCH_H
#define VF_NORMALIZE_NAME_MATCH_H

#include "normalize/names.h"
#include "reference/name_index.h"

enum {
    VF_NAME_TEXT_MAX = 2048, /* bytes looked at: a longer text is prose, not a name */
    VF_STEM_VARIANTS = 2,    /* the report's language, and English, which all mix in */
};

/* The words' stems, joined by spaces; begin and end of each word's stem in it. */
struct vf_stem_variant {
    enum vf_stem_family family;
    struct vf_slice text;
    const uint32_t *begin;
    const uint32_t *end;
};

struct vf_name_text {
    struct vf_slice raw;
    struct vf_folded folded;
    struct vf_stem_variant stems[VF_STEM_VARIANTS];
    size_t stem_count;
    struct vf_slice language;
    struct vf_arena *arena;
    bool stemmed; /* stems are made when first needed: most names match as printed */
    bool failed;  /* the arena was full then; what was not found may be there */
};

/* How a run of words matched. */
enum vf_name_form { VF_FORM_EXACT, VF_FORM_NUMBERED, VF_FORM_APOSTROPHE, VF_FORM_STEM };

struct vf_name_hit {
    const struct vf_name_entry *entry; /* the first of its key, all of which share the run */
    size_t first;                      /* words first..last, both inclusive */
    size_t last;
    enum vf_name_form form;
};

/* Says whether an entry may be used for the run; NULL asks nothing. */
typedef bool (*vf_name_filter)(const struct vf_name_text *text, const struct vf_name_hit *hit,
                               const struct vf_name_entry *entry, const void *data);

/* Text that is no UTF-8 has no words. 0 or VF_ENOMEM. */
int vf_name_prepare(struct vf_slice text, struct vf_slice language, struct vf_arena *arena,
                    struct vf_name_text *out);

/* At most VF_NAME_TEXT_MAX bytes, ending with a whole character. */
struct vf_slice vf_name_cut(struct vf_slice text);
/* Makes the stems unless they are there. */
void vf_name_stem(struct vf_name_text *text);

/* The longest run beginning at a word, not going beyond last, with an entry that passes. */
bool vf_name_longest(const struct vf_name_index *index, struct vf_name_text *text, size_t first,
                     size_t last, vf_name_filter filter, const void *data, struct vf_name_hit *out);
/* The run first..last as a whole. */
bool vf_name_whole(const struct vf_name_index *index, struct vf_name_text *text, size_t first,
                   size_t last, vf_name_filter filter, const void *data, struct vf_name_hit *out);

/* The next entry of the hit's key that passes; start with hit->entry. NULL: no more. */
const struct vf_name_entry *vf_name_next(const struct vf_name_text *text,
                                         const struct vf_name_hit *hit,
                                         const struct vf_name_entry *entry, vf_name_filter filter,
                                         const void *data);

/* Whether the entry's languages hold the tag's first subtag; false where it names none. */
bool vf_name_speaks(const struct vf_name_entry *entry, struct vf_slice language);
/* Letters (code points) of folded text. */
size_t vf_name_letters(struct vf_slice text);
/* Words in capitals, as acronyms are; one small letter is allowed ("TurkPA" is not). */
bool vf_name_in_capitals(const struct vf_name_text *text, const struct vf_name_hit *hit);
/* The first letter is a capital, or the script knows none. */
bool vf_name_capitalized(const struct vf_name_text *text, size_t word);

#endif
