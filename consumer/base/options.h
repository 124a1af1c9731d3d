/*
 * Configuration files: INI (libinih), described by a table of options. One table serves
 * defaults, parsing, checks, error messages and the printed example.
 *
 * In values, ${NAME} is an environment variable and a whole value file:/path is that file's
 * text without its last line feed. Indented lines continue the value above.
 */
#ifndef VF_BASE_OPTIONS_H
#define VF_BASE_OPTIONS_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include <stdint.h>

enum vf_option_type {
    VF_OPTION_TEXT,     /* struct vf_slice with a NUL behind it */
    VF_OPTION_INT,      /* int64_t */
    VF_OPTION_BOOL,     /* bool: true, false, yes, no, on, off */
    VF_OPTION_DURATION, /* int64_t milliseconds: "250ms", "5s", "10min", "1h" */
    VF_OPTION_SIZE,     /* int64_t bytes: "512", "64KiB", "16MiB", "1GiB" */
    VF_OPTION_CHOICE,   /* int64_t, index into choices */
};

struct vf_option {
    const char *section;
    const char *key;
    enum vf_option_type type;
    size_t offset;              /* in the target struct */
    const char *standard;       /* the default, as one would write it */
    int64_t min;                /* INT, DURATION, SIZE */
    int64_t max;                /* likewise */
    const char *const *choices; /* CHOICE; ends with NULL */
    const char *help;
};

/* A section whose keys are another program's: kept as they are. */
struct vf_passthrough {
    const char *section;
    size_t offset; /* of a struct vf_pairs in the target */
    const char *help;
};

struct vf_pair {
    struct vf_slice key;   /* NUL behind it */
    struct vf_slice value; /* NUL behind it; may be a secret: never log it */
    int line;
};

enum { VF_PAIRS_MAX = 128 }; /* keys in one pass-through section: librdkafka has about 150 */

struct vf_pairs {
    size_t count;
    struct vf_pair items[VF_PAIRS_MAX];
};

/* pairs may be NULL. */
static inline bool vf_pairs_have(const struct vf_pairs *pairs, const char *key)
{
    for (size_t i = 0; pairs && i < pairs->count; i++)
        if (vf_slice_is(pairs->items[i].key, key))
            return true;
    return false;
}

struct vf_options {
    const struct vf_option *options;
    size_t option_count;
    const struct vf_passthrough *passthroughs;
    size_t passthrough_count;
};

/* Fills the target with the defaults. Texts live in the arena. */
int vf_options_default(const struct vf_options *options, void *target, struct vf_arena *arena,
                       struct vf_error *err);
/* Reads a file over what the target has. VF_ECONFIG: err names file, line, key and, for an
 * unknown one, the nearest known. VF_EIO: the file can't be read. */
int vf_options_load(const struct vf_options *options, const char *path, void *target,
                    struct vf_arena *arena, struct vf_error *err);
/* Sets one option as a command line's "section.key=value" does. */
int vf_options_set(const struct vf_options *options, struct vf_slice assignment, void *target,
                   struct vf_arena *arena, struct vf_error *err);
/* Sets one option from a text with a NUL behind it, which a TEXT option borrows. VF_ECONFIG:
 * err says what is wrong with the text, without the option's name. */
int vf_option_set(const struct vf_option *option, struct vf_slice value, void *target,
                  struct vf_error *err);
/* Writes a commented example with all defaults. */
void vf_options_print(const struct vf_options *options, struct vf_buffer *out);

#endif
