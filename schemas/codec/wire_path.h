/*
 * Where a walk through nested values stands: a chain of steps on the C stack, rendered only
 * when an error needs it.
 */
#ifndef WIRE_PATH_H
#define WIRE_PATH_H

#include "base/error.h"
#include "base/slice.h"

struct wire_path {
    const struct wire_path *up; /* NULL at the root */
    struct vf_slice name;       /* ptr NULL: the step is an index */
    size_t index;
};

enum { WIRE_PATH_TEXT = 200 }; /* bytes; room is left in struct vf_error for the message */

/* Appends ".name" (without the dot at the beginning of the text) to the text of used bytes;
 * returns its new length. A text that is full ends in "...". */
size_t wire_path_add_name(char text[WIRE_PATH_TEXT], size_t used, struct vf_slice name);
size_t wire_path_add_text(char text[WIRE_PATH_TEXT], size_t used, struct vf_slice more);
/* The same for "[index]". */
size_t wire_path_add_index(char text[WIRE_PATH_TEXT], size_t used, size_t index);

/* Writes root and then the steps: "participants[2].role". */
void wire_path_text(const struct wire_path *path, const char *root, char text[WIRE_PATH_TEXT]);

/* Fills err (may be NULL) with "PATH: message", or the message alone where the path is empty;
 * returns code. */
int wire_path_error(const struct wire_path *path, const char *root, struct vf_error *err, int code,
                    const char *format, ...) __attribute__((format(printf, 5, 6)));
int wire_path_verror(const struct wire_path *path, const char *root, struct vf_error *err, int code,
                     const char *format, va_list args) __attribute__((format(printf, 5, 0)));

#endif
