/*
 * Which records a command is about: by key, header and decoded field. Texts are compared with
 * patterns as shells have them: * ? [...]. All that was asked for must hold. One thread.
 */
#ifndef VF_PRODUCER_RECORD_FILTER_H
#define VF_PRODUCER_RECORD_FILTER_H

#include "base/arguments.h"
#include "codec/wire_type.h"
#include "decoder.h"

/* As typed. */
struct vf_filter_flags {
    struct vf_flag_list keys;    /* PATTERN */
    struct vf_flag_list headers; /* NAME or NAME=PATTERN */
    struct vf_flag_list fields;  /* PATH=PATTERN, such as stops.city=Baku */
};

#define VF_FILTER_FLAGS(at)                                                                        \
    VF_LIST_FLAG('K', "key", "PATTERN", (at) + offsetof(struct vf_filter_flags, keys),             \
                 "only records whose key is like that"),                                           \
        VF_LIST_FLAG('H', "header", "NAME[=PATTERN]",                                              \
                     (at) + offsetof(struct vf_filter_flags, headers),                             \
                     "only records with such a header"),                                           \
        VF_LIST_FLAG('F', "field", "PATH=PATTERN",                                                 \
                     (at) + offsetof(struct vf_filter_flags, fields),                              \
                     "only records whose decoded value has that in a field,\n"                     \
                     "such as stops.city=Baku; in arrays any item will do")

/* VF_EUSAGE names the flag. */
int vf_filter_check(const struct vf_filter_flags *flags, struct vf_error *err);
bool vf_filter_is_empty(const struct vf_filter_flags *flags);
/* A value that can't be decoded has no fields. decoder may be NULL when no field is asked for. */
bool vf_filter_passes(const struct vf_filter_flags *flags, const struct vf_record *record,
                      struct vf_decoder *decoder);
/* Whether the value of that type has a text like the pattern at the path. */
bool vf_filter_field(const struct wire_type *type, const void *value, struct vf_slice path,
                     const char *pattern);

#endif
