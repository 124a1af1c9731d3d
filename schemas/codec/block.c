#include "codec/wire_block.h"

#include <limits.h>
#include <zlib.h>
#ifdef WIRE_HAS_SNAPPY
#include <snappy-c.h>
#endif

enum {
    STEP = 64 << 10,    /* bytes of output made room for at a time */
    RAW_DEFLATE = -15,  /* no zlib header, 32 KiB window */
    CHECKSUM_BYTES = 4, /* behind a snappy block */
};

static int fail_room(const struct vf_buffer *out, size_t wanted, struct vf_error *err)
{
    if (wanted > out->limit - out->len)
        return vf_error_set(err, VF_ELIMIT, "the block unpacks to more than %zu bytes", out->limit);
    return vf_error_set(err, VF_ENOMEM, "out of memory for a block");
}

static int unpack_null(struct vf_slice block, struct vf_buffer *out, struct vf_error *err)
{
    return vf_buffer_append_slice(out, block) ? 0 : fail_room(out, block.len, err);
}

/* Bytes that may stay behind the data: Python's writers cut the checksum of zlib's own format off
 * in part only, and all readers pass it over. */
enum { ZLIB_CHECKSUM = 4 };

static int unpack_deflate(struct vf_slice block, struct vf_buffer *out, struct vf_error *err)
{
    z_stream stream = {.next_in = (Bytef *)block.ptr, .avail_in = (uInt)block.len};
    int status = inflateInit2(&stream, RAW_DEFLATE);
    int rc = 0;

    if (status != Z_OK)
        return vf_error_set(err, VF_ENOMEM, "out of memory for a block");
    while (rc == 0 && status == Z_OK) {
        size_t room = out->limit - out->len < STEP ? out->limit - out->len : STEP;
        if (room == 0 || !vf_buffer_reserve(out, room)) {
            rc = fail_room(out, room ? room : 1, err);
            break;
        }
        stream.next_out = (Bytef *)out->data + out->len;
        stream.avail_out = (uInt)room;
        status = inflate(&stream, Z_NO_FLUSH);
        out->len += room - stream.avail_out;
        /* Z_BUF_ERROR: no progress; the input ends too early. */
    }
    if (rc == 0 && (status != Z_STREAM_END || stream.avail_in > ZLIB_CHECKSUM))
        rc = vf_error_set(err, status == Z_MEM_ERROR ? VF_ENOMEM : VF_EDATA,
                          "the block is not valid deflate data");
    inflateEnd(&stream);
    return rc;
}

#ifdef WIRE_HAS_SNAPPY
static int unpack_snappy(struct vf_slice block, struct vf_buffer *out, struct vf_error *err)
{
    size_t size;

    if (block.len < CHECKSUM_BYTES ||
        snappy_uncompressed_length(block.ptr, block.len - CHECKSUM_BYTES, &size) != SNAPPY_OK)
        return vf_error_set(err, VF_EDATA, "the block is not valid snappy data");
    if (!vf_buffer_reserve(out, size ? size : 1))
        return fail_room(out, size, err);
    if (snappy_uncompress(block.ptr, block.len - CHECKSUM_BYTES, out->data, &size) != SNAPPY_OK)
        return vf_error_set(err, VF_EDATA, "the block is not valid snappy data");
    out->len = size;

    const unsigned char *stored = (const unsigned char *)block.ptr + block.len - CHECKSUM_BYTES;
    uint32_t want = (uint32_t)stored[0] << 24 | (uint32_t)stored[1] << 16 |
                    (uint32_t)stored[2] << 8 | stored[3];
    if (crc32(0, (const Bytef *)out->data, (uInt)size) != want)
        return vf_error_set(err, VF_EDATA, "the block's checksum is wrong");
    return 0;
}
#endif

typedef int unpack_block(struct vf_slice block, struct vf_buffer *out, struct vf_error *err);

static const struct {
    const char *name;
    unpack_block *unpack; /* NULL: not built in */
} codecs[] = {
    [WIRE_BLOCK_NULL] = {"null", unpack_null},
    [WIRE_BLOCK_DEFLATE] = {"deflate", unpack_deflate},
#ifdef WIRE_HAS_SNAPPY
    [WIRE_BLOCK_SNAPPY] = {"snappy", unpack_snappy},
#else
    [WIRE_BLOCK_SNAPPY] = {"snappy", NULL},
#endif
};

int wire_block_codec_parse(struct vf_slice name, enum wire_block_codec *out, struct vf_error *err)
{
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
        if (vf_slice_is(name, codecs[i].name) && codecs[i].unpack) {
            *out = (enum wire_block_codec)i;
            return 0;
        }
    }
    return vf_error_set(err, VF_EDATA, "codec \"%.*s\" is none of null, deflate%s",
                        (int)(name.len < 40 ? name.len : 40), name.ptr ? name.ptr : "",
                        codecs[WIRE_BLOCK_SNAPPY].unpack ? ", snappy" : "");
}

const char *wire_block_codec_name(enum wire_block_codec codec)
{
    return codecs[codec].name;
}

int wire_block_unpack(enum wire_block_codec codec, struct vf_slice block, struct vf_buffer *out,
                      struct vf_error *err)
{
    vf_buffer_clear(out);
    if (block.len > INT_MAX)
        return vf_error_set(err, VF_ELIMIT, "a block of %zu bytes", block.len);
    return codecs[codec].unpack(block, out, err);
}
