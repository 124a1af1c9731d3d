/*
 * What the tool reads: JSON lines, a JSON array, or an Avro container file, from a file or from
 * standard input, one record at a time and in constant memory. One thread.
 */
#ifndef VF_FEED_INPUT_H
#define VF_FEED_INPUT_H

#include "base/error.h"
#include "base/slice.h"
#include <stdbool.h>
#include <stdint.h>

struct vf_input;

enum vf_input_format {
    VF_INPUT_AUTO, /* told by the first bytes */
    VF_INPUT_LINES,
    VF_INPUT_ARRAY,
    VF_INPUT_AVRO,
};

struct vf_input_item {
    struct vf_slice bytes; /* JSON text or Avro binary; borrowed until the next call */
    uint64_t number;       /* of the line, or of the record in a container file; from 1 */
};

/* path "-" is standard input. record_max: bytes of the longest record taken; a longer one is
 * refused, and the rest goes on. VF_EIO, VF_ENOMEM, VF_EDATA (no container file). */
int vf_input_open(const char *path, enum vf_input_format format, size_t record_max,
                  struct vf_input **out, struct vf_error *err);
void vf_input_close(struct vf_input *input); /* NULL is allowed */

/* VF_ENOENT: the end. VF_EAGAIN: a pipe has nothing yet. VF_EIO, VF_ENOMEM: the rest can't be
 * read. Any other error: this record is refused, the next call goes on behind it. item->number
 * is set for errors too; err leaves the place to the caller. */
int vf_input_next(struct vf_input *input, struct vf_input_item *item, struct vf_error *err);

/* Of a container file, for who decodes records anyway and so needs nobody to find their ends: bytes
 * from the next record to the end of its block, and how many of them it took. False: there are
 * none; what is wrong is told by the next call of vf_input_next. */
bool vf_input_look(struct vf_input *input, struct vf_slice *rest);
/* As if vf_input_next had given that record; false: it is too long, and nothing was taken. */
bool vf_input_pass(struct vf_input *input, size_t used, struct vf_input_item *item);

/* As opened, never AUTO. */
enum vf_input_format vf_input_format(const struct vf_input *input);
/* "<stdin>" for "-". */
const char *vf_input_name(const struct vf_input *input);
/* JSON text of the writer's schema of a container file; ptr NULL for text. */
struct vf_slice vf_input_schema(const struct vf_input *input);
/* Bytes read so far, for progress. */
uint64_t vf_input_consumed(const struct vf_input *input);

#endif
