/*
 * The protocol of the differential test's drivers, on standard input and output.
 *
 * A case is blobs, each a 4-byte little-endian length and its bytes: writer's schema, reader's
 * schema, then a count of values (4 bytes) and as many blobs of Avro bytes.
 * The answer is a blob with the writer's canonical form and 8 bytes of its fingerprint, then for
 * each value a 4-byte code and a blob: the value encoded again by the reader's schema, or the
 * message. A schema or pair that is refused gives its code and message for every value.
 */
#ifndef DRIVER_BLOBS_H
#define DRIVER_BLOBS_H

#include "base/buffer.h"
#include <stdio.h>
#include <stdlib.h>

enum { BLOB_MAX = 16 << 20 /* bytes */ };

static inline bool read_u32(uint32_t *out)
{
    unsigned char b[4];
    if (fread(b, 1, 4, stdin) != 4)
        return false;
    *out = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    return true;
}

static inline void write_u32(uint32_t n)
{
    unsigned char b[4] = {n & 0xFF, n >> 8 & 0xFF, n >> 16 & 0xFF, n >> 24};
    fwrite(b, 1, 4, stdout);
}

static inline void write_blob(struct vf_slice blob)
{
    write_u32((uint32_t)blob.len);
    fwrite(blob.ptr, 1, blob.len, stdout);
}

static inline struct vf_slice read_blob(struct vf_buffer *into)
{
    uint32_t n;
    vf_buffer_clear(into);
    if (!read_u32(&n) || !vf_buffer_reserve(into, n ? n : 1) ||
        fread(into->data, 1, n, stdin) != n) {
        fprintf(stderr, "driver: a case ends too early\n");
        exit(2);
    }
    into->len = n;
    return vf_buffer_slice(into);
}

/* Whether there is another case. */
static inline bool has_case(void)
{
    int c = getchar();
    if (c != EOF)
        ungetc(c, stdin);
    return c != EOF;
}

#endif
