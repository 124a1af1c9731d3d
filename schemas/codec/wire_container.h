/*
 * Avro object container files. The values come out as bytes of the file's writer schema, to be
 * decoded with a plan. Files are not trusted: limits are in container_read.c.
 */
#ifndef WIRE_CONTAINER_H
#define WIRE_CONTAINER_H

#include "base/buffer.h"
#include "base/error.h"
#include <stdio.h>

struct wire_container_reader;
struct wire_container_writer;

/* err names the file. VF_EIO, VF_EDATA (not a container file, unknown codec), VF_ETRUNCATED,
 * VF_ESCHEMA, VF_ELIMIT, VF_ENOMEM. */
int wire_container_open(const char *path, struct wire_container_reader **out, struct vf_error *err);
/* The same from an open stream (a pipe will do), which the reader takes over and closes, on
 * failure too. name is for messages and is copied. */
int wire_container_open_stream(FILE *stream, const char *name, struct wire_container_reader **out,
                               struct vf_error *err);
/* JSON text of the writer's schema; lives as long as the reader. */
struct vf_slice wire_container_schema(const struct wire_container_reader *reader);
/* Next value in Avro binary, borrowed until the next call. VF_ENOENT at the end of the file. err
 * names the file and the number of the record, from 1. Behind a failure nothing more is read:
 * it is returned again. */
int wire_container_next(struct wire_container_reader *reader, struct vf_slice *out,
                        struct vf_error *err);
/* For who decodes values anyway and so needs nobody to find their ends: bytes from the next value
 * to the end of its block, and how many of them it took. A failure is told by the next call of
 * wire_container_next. */
int wire_container_look(struct wire_container_reader *reader, struct vf_slice *rest);
void wire_container_pass(struct wire_container_reader *reader, size_t used);
void wire_container_close(struct wire_container_reader *reader); /* NULL is allowed */

/* Written by avro-c. codec: "null", "deflate" or "snappy", as far as the avro-c at hand has them;
 * VF_EINVAL otherwise. Not for two threads at once: avro-c draws its marker with rand(). */
int wire_container_create(const char *path, struct vf_slice schema_json, const char *codec,
                          struct wire_container_writer **out, struct vf_error *err);
int wire_container_append(struct wire_container_writer *writer, struct vf_slice avro_bytes,
                          struct vf_error *err);
/* Ends the block, so that a reader of the file sees all that was appended. */
int wire_container_flush(struct wire_container_writer *writer, struct vf_error *err);
/* Flushes and closes; the writer is gone even on failure. */
int wire_container_finish(struct wire_container_writer *writer, struct vf_error *err);

#endif
