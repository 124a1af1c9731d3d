/*
 * From the command line to a converter's configuration: shared by the commands that make
 * records.
 */
#ifndef VF_PRODUCER_CONVERT_CONFIG_H
#define VF_PRODUCER_CONVERT_CONFIG_H

#include "base/arguments.h"
#include "daemon/config.h"
#include "feed/convert.h"

/* As typed. */
struct vf_convert_flags {
    int64_t kind;                   /* enum vf_kind */
    struct vf_slice topic;          /* ptr NULL: the configuration's */
    struct vf_slice framing;        /* likewise */
    struct vf_flag_list schema_ids; /* "[KIND=]ID" */
    struct vf_slice timestamp;      /* "now", "published" or milliseconds */
    struct vf_flag_list headers;    /* "NAME=VALUE" */
};

/* For a flag whose values are those of enum vf_kind. */
extern const char *const vf_kind_choices[];

/* Texts are borrowed from both. VF_EUSAGE names the flag. Where a registry is configured and no id
 * was given, the ids are left to vf_registry_fill_ids. */
int vf_convert_config_fill(const struct vf_convert_flags *flags, const struct vf_config *config,
                           struct vf_convert_config *out, struct vf_error *err);

#endif
