/*
 * Reading container files. avro-c's reader is not used: a block that unpacks to more than there
 * is memory for, a snappy block of less than four bytes and damaged values crash it, a block of
 * no values silently ends the file, and counts and sizes are believed before they are checked.
 */
#include "base/memory.h"
#include "codec/wire_block.h"
#include "codec/wire_container.h"
#include "codec/wire_impl.h"
#include "codec/wire_program.h"
#include "codec/wire_utf8.h"
#include "codec/wire_varint.h"
#include <errno.h>

enum {
    MAGIC_BYTES = 4,
    SYNC_BYTES = 16,
    META_ENTRIES_MAX = 1000,     /* entries in the header */
    META_MAX = 4 << 20,          /* bytes of the header's entries together */
    BLOCK_MAX = 64 << 20,        /* bytes of a block, packed or unpacked */
    BLOCK_VALUES_MAX = 16 << 20, /* values of a block, when they take no bytes */
    READ_STEP = 64 << 10,        /* bytes that memory is made for before they are there */
};

struct wire_container_reader {
    FILE *file; /* owned */
    char *name; /* owned; of the file, for messages */
    struct vf_buffer schema_json;
    struct wire_schema *schema;
    struct wire_program *skipper;
    enum wire_block_codec codec;
    char sync[SYNC_BYTES];
    struct vf_buffer packed;
    struct vf_buffer block; /* unpacked */
    size_t block_at;        /* bytes of the block that were handed out */
    uint64_t left;          /* values of the block yet to come */
    uint64_t offset;        /* bytes of the file read */
    uint64_t record;        /* values handed out */
    struct vf_error failed; /* code 0: not yet; behind a bad block nothing can be read */
};

/* ---- bytes ---------------------------------------------------------------------------- */

static int fail_read(struct wire_container_reader *reader, struct vf_error *err)
{
    if (ferror(reader->file))
        return vf_error_set(err, VF_EIO, "cannot be read: %s", strerror(errno));
    return vf_error_set(err, VF_ETRUNCATED, "ends too early, at byte %llu",
                        (unsigned long long)reader->offset);
}

static int read_exact(struct wire_container_reader *reader, void *to, size_t n,
                      struct vf_error *err)
{
    size_t got = fread(to, 1, n, reader->file);
    reader->offset += got;
    return got == n ? 0 : fail_read(reader, err);
}

/* Appends n bytes; memory grows with what was read, not with what was promised. */
static int read_into(struct wire_container_reader *reader, struct vf_buffer *out, size_t n,
                     struct vf_error *err)
{
    while (n > 0) {
        size_t step = n < READ_STEP ? n : READ_STEP;
        if (!vf_buffer_reserve(out, step))
            return vf_error_set(err, VF_ENOMEM, "out of memory");
        int rc = read_exact(reader, out->data + out->len, step, err);
        if (rc)
            return rc;
        out->len += step;
        n -= step;
    }
    return 0;
}

static int read_number(struct wire_container_reader *reader, int64_t *out, struct vf_error *err)
{
    uint8_t bytes[WIRE_VARINT_MAX];

    *out = 0;
    for (size_t i = 0; i < sizeof bytes; i++) {
        int rc = read_exact(reader, &bytes[i], 1, err);
        if (rc)
            return rc;
        if (bytes[i] >= 0x80)
            continue;
        struct wire_number number = wire_number_read(bytes, bytes + i + 1);
        if (!number.next)
            break;
        *out = wire_unzigzag(number.value);
        return 0;
    }
    return vf_error_set(err, VF_EDATA, "a number of more than 64 bits, at byte %llu",
                        (unsigned long long)reader->offset);
}

/* ---- header --------------------------------------------------------------------------- */

static int read_text(struct wire_container_reader *reader, struct vf_buffer *out, size_t *budget,
                     struct vf_error *err)
{
    int64_t length;
    int rc = read_number(reader, &length, err);

    if (rc)
        return rc;
    if (length < 0 || (uint64_t)length > *budget)
        return vf_error_set(err, VF_EDATA, "a header entry of %lld bytes", (long long)length);
    *budget -= (size_t)length;
    vf_buffer_clear(out);
    return read_into(reader, out, (size_t)length, err);
}

static int read_entry(struct wire_container_reader *reader, struct vf_buffer *key, size_t *budget,
                      struct vf_error *err)
{
    struct vf_buffer *value = &reader->packed; /* not in use yet */
    int rc = read_text(reader, key, budget, err);

    if (rc == 0)
        rc = read_text(reader, value, budget, err);
    if (rc)
        return rc;
    if (vf_slice_is(vf_buffer_slice(key), "avro.codec"))
        return wire_block_codec_parse(vf_buffer_slice(value), &reader->codec, err);
    if (!vf_slice_is(vf_buffer_slice(key), "avro.schema"))
        return 0;
    vf_buffer_clear(&reader->schema_json);
    return vf_buffer_append_slice(&reader->schema_json, vf_buffer_slice(value))
               ? 0
               : vf_error_set(err, VF_ENOMEM, "out of memory");
}

/* The header's map of entries: blocks of a count, and of a size when the count is negative. */
static int read_entries(struct wire_container_reader *reader, struct vf_error *err)
{
    struct vf_buffer key;
    size_t budget = META_MAX;
    size_t entries = 0;
    int64_t count;
    int64_t size;
    int rc;

    vf_buffer_init(&key, META_MAX);
    for (;;) {
        rc = read_number(reader, &count, err);
        if (rc || count == 0)
            break;
        if (count < 0) {
            rc = read_number(reader, &size, err);
            count = count < -META_ENTRIES_MAX ? META_ENTRIES_MAX + 1 : -count;
        }
        if (rc == 0 && (uint64_t)count > META_ENTRIES_MAX - entries)
            rc = vf_error_set(err, VF_ELIMIT, "more than %d header entries", META_ENTRIES_MAX);
        for (; rc == 0 && count > 0; count--, entries++)
            rc = read_entry(reader, &key, &budget, err);
        if (rc)
            break;
    }
    vf_buffer_release(&key);
    return rc;
}

static int read_header(struct wire_container_reader *reader, struct vf_error *err)
{
    char magic[MAGIC_BYTES];

    if (read_exact(reader, magic, sizeof magic, err) || memcmp(magic, "Obj\1", sizeof magic) != 0)
        return ferror(reader->file) ? fail_read(reader, err)
                                    : vf_error_set(err, VF_EDATA, "is not an Avro container file");
    int rc = read_entries(reader, err);
    if (rc == 0)
        rc = read_exact(reader, reader->sync, sizeof reader->sync, err);
    if (rc)
        return rc;
    if (reader->schema_json.len == 0)
        return vf_error_set(err, VF_EDATA, "has no schema in its header");
    rc = wire_schema_parse(vf_buffer_slice(&reader->schema_json), &reader->schema, err);
    if (rc) {
        vf_error_prefix(err, "the schema in the header");
        return rc;
    }
    rc = wire_skipper_compile(wire_schema_type(reader->schema), &reader->skipper);
    return rc ? vf_error_set(err, rc, "out of memory for the schema in the header") : 0;
}

/* ---- blocks --------------------------------------------------------------------------- */

/* What is not packed only changes hands. */
static int unpack_block(struct wire_container_reader *reader, struct vf_error *err)
{
    struct vf_buffer empty = reader->block;

    if (reader->codec != WIRE_BLOCK_NULL)
        return wire_block_unpack(reader->codec, vf_buffer_slice(&reader->packed), &reader->block,
                                 err);
    reader->block = reader->packed;
    reader->packed = empty;
    return 0;
}

/* Reads the next block. VF_ENOENT at the end of the file. */
static int read_block(struct wire_container_reader *reader, struct vf_error *err)
{
    char sync[SYNC_BYTES];
    int64_t count = 0;
    int64_t size = 0;
    int first = getc(reader->file);

    if (first == EOF && !ferror(reader->file))
        return VF_ENOENT;
    if (first == EOF || ungetc(first, reader->file) == EOF)
        return fail_read(reader, err);
    uint64_t start = reader->offset;
    int rc = read_number(reader, &count, err);
    if (rc == 0)
        rc = read_number(reader, &size, err);
    if (rc)
        return rc;
    if (count < 0 || size < 0 || size > BLOCK_MAX)
        return vf_error_set(err, VF_EDATA, "a block of %lld values in %lld bytes, at byte %llu",
                            (long long)count, (long long)size, (unsigned long long)start);
    vf_buffer_clear(&reader->packed);
    rc = read_into(reader, &reader->packed, (size_t)size, err);
    if (rc == 0)
        rc = read_exact(reader, sync, sizeof sync, err);
    if (rc)
        return rc;
    if (memcmp(sync, reader->sync, sizeof sync) != 0)
        return vf_error_set(err, VF_EDATA, "no sync marker behind the block at byte %llu",
                            (unsigned long long)start);
    rc = unpack_block(reader, err);
    if (rc)
        return rc;
    size_t least = wire_schema_type(reader->schema)->least;
    if ((uint64_t)count > (least ? reader->block.len / least : BLOCK_VALUES_MAX))
        return vf_error_set(err, VF_EDATA, "%lld values do not fit into the block at byte %llu",
                            (long long)count, (unsigned long long)start);
    reader->left = (uint64_t)count;
    reader->block_at = 0;
    return 0;
}

/* Bytes of the block from the next value on. */
static int find_value(struct wire_container_reader *reader, struct vf_slice *rest,
                      struct vf_error *err)
{
    while (reader->left == 0) {
        if (reader->block_at != reader->block.len)
            return vf_error_set(err, VF_ETRAILING, "%zu bytes left over in a block",
                                reader->block.len - reader->block_at);
        int rc = read_block(reader, err);
        if (rc)
            return rc;
    }
    size_t left = reader->block.len - reader->block_at;
    *rest = left ? vf_slice(reader->block.data + reader->block_at, left) : vf_slice("", 0);
    return 0;
}

void wire_container_pass(struct wire_container_reader *reader, size_t used)
{
    reader->block_at += used;
    reader->left--;
    reader->record++;
}

static int read_value(struct wire_container_reader *reader, struct vf_slice *out,
                      struct vf_error *err)
{
    struct vf_slice rest = VF_SLICE_NULL;
    size_t used = 0;

    int rc = find_value(reader, &rest, err);
    if (!rc)
        rc = wire_skip(reader->skipper, rest, NULL, &used, err);
    if (rc)
        return rc;
    *out = vf_slice(rest.ptr, used);
    wire_container_pass(reader, used);
    return 0;
}

/* ---- the interface -------------------------------------------------------------------- */

int wire_container_open_stream(FILE *stream, const char *name, struct wire_container_reader **out,
                               struct vf_error *err)
{
    struct vf_error local = {0};
    struct wire_container_reader *reader = vf_calloc(1, sizeof *reader);

    *out = NULL;
    if (!reader) {
        fclose(stream);
        return vf_error_set(err, VF_ENOMEM, "%s: out of memory", name);
    }
    reader->file = stream;
    reader->name = vf_strdup(name);
    vf_buffer_init(&reader->schema_json, WIRE_SCHEMA_BYTES_MAX);
    vf_buffer_init(&reader->packed, BLOCK_MAX);
    vf_buffer_init(&reader->block, BLOCK_MAX);
    int rc = reader->name ? read_header(reader, &local)
                          : vf_error_set(&local, VF_ENOMEM, "out of memory");
    if (rc) {
        vf_error_set(err, rc, "%s: %s", name, local.text);
        wire_container_close(reader);
        return rc;
    }
    *out = reader;
    return 0;
}

int wire_container_open(const char *path, struct wire_container_reader **out, struct vf_error *err)
{
    FILE *file = fopen(path, "rbe");

    *out = NULL;
    if (!file)
        return vf_error_set(err, VF_EIO, "%s: %s", path, strerror(errno));
    return wire_container_open_stream(file, path, out, err);
}

struct vf_slice wire_container_schema(const struct wire_container_reader *reader)
{
    return vf_buffer_slice(&reader->schema_json);
}

int wire_container_next(struct wire_container_reader *reader, struct vf_slice *out,
                        struct vf_error *err)
{
    int rc = reader->failed.code;

    *out = vf_slice("", 0);
    if (rc == 0)
        rc = read_value(reader, out, &reader->failed);
    if (rc == 0)
        return 0;
    if (rc == VF_ENOENT)
        return vf_error_set(err, rc, "%s", "");
    reader->failed.code = rc;
    return vf_error_set(err, rc, "%s: record %llu: %s", reader->name,
                        (unsigned long long)reader->record + 1, reader->failed.text);
}

int wire_container_look(struct wire_container_reader *reader, struct vf_slice *rest)
{
    int rc = reader->failed.code;

    if (rc == 0)
        rc = find_value(reader, rest, &reader->failed);
    if (rc != VF_ENOENT)
        reader->failed.code = rc;
    return rc;
}

void wire_container_close(struct wire_container_reader *reader)
{
    if (!reader)
        return;
    fclose(reader->file);
    vf_free(reader->name);
    vf_buffer_release(&reader->schema_json);
    vf_buffer_release(&reader->packed);
    vf_buffer_release(&reader->block);
    wire_program_free(reader->skipper);
    wire_schema_free(reader->schema);
    vf_free(reader);
}
