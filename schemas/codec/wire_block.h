/*
 * The codecs of container files' blocks.
 */
#ifndef WIRE_BLOCK_H
#define WIRE_BLOCK_H

#include "base/buffer.h"
#include "base/error.h"

enum wire_block_codec { WIRE_BLOCK_NULL, WIRE_BLOCK_DEFLATE, WIRE_BLOCK_SNAPPY };

/* VF_EDATA names the codecs that are there. */
int wire_block_codec_parse(struct vf_slice name, enum wire_block_codec *out, struct vf_error *err);
const char *wire_block_codec_name(enum wire_block_codec codec);

/* Decompresses block into out (cleared first), whose limit holds whatever the block claims.
 * VF_EDATA, VF_ELIMIT, VF_ENOMEM. */
int wire_block_unpack(enum wire_block_codec codec, struct vf_slice block, struct vf_buffer *out,
                      struct vf_error *err);

#endif
