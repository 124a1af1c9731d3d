/*
 * Writing container files with avro-c, which blocks, counts, packs and writes sync markers.
 * Its header is replaced: rendering a schema, avro-c forgets defaults, aliases and logical
 * types. For that its output runs through a tap, which also keeps write errors from avro-c,
 * whose close leaks everything when the disk is full.
 */
#include "base/memory.h"
#include "codec/wire_container.h"
#include "codec/wire_schema.h"
#include "codec/wire_varint.h"
#include <avro.h>
#include <errno.h>
#include <sys/types.h>

enum {
    SYNC_BYTES = 16,
    BLOCK_BYTES = 64 << 10, /* of values, unpacked; a block ends with the value that fills it */
    VALUE_MAX = 16 << 20,   /* bytes of one value */
    HEADER_MAX = 4096,      /* bytes of avro-c's own header, for the schema "bytes" */
};

struct wire_container_writer {
    FILE *file; /* owned; NULL once closed */
    char *name; /* owned */
    FILE *tap;  /* owned; what avro-c writes to */
    avro_file_writer_t avro;
    bool in_header; /* avro-c is writing its header, which is held back */
    struct vf_buffer held;
    size_t pending; /* bytes in avro-c's block */
    int error;      /* errno of the first write that failed, or 0 */
};

/* The tap. It never fails. */
static ssize_t tap_write(void *cookie, const char *bytes, size_t n)
{
    struct wire_container_writer *writer = cookie;

    if (writer->in_header) {
        if (!vf_buffer_append(&writer->held, bytes, n) && !writer->error)
            writer->error = ENOMEM;
    } else if (!writer->error && fwrite(bytes, 1, n, writer->file) != n) {
        writer->error = errno ? errno : EIO;
    }
    return (ssize_t)n;
}

static void append_bytes(struct vf_buffer *out, struct vf_slice bytes)
{
    uint8_t length[WIRE_VARINT_MAX];
    uint8_t *end = wire_varint_write(length, (int64_t)bytes.len);

    vf_buffer_append(out, length, (size_t)(end - length));
    vf_buffer_append_slice(out, bytes);
}

/* Ours in place of what avro-c wrote, with its sync marker, which ends it. */
static int write_header(struct wire_container_writer *writer, struct vf_slice schema_json,
                        const char *codec, struct vf_error *err)
{
    struct vf_buffer header;

    if (writer->error || writer->held.len < SYNC_BYTES)
        return vf_error_set(err, VF_ENOMEM, "%s: out of memory", writer->name);
    vf_buffer_init(&header, WIRE_SCHEMA_BYTES_MAX + HEADER_MAX);
    vf_buffer_append(&header, "Obj\1\4", 5); /* two entries in one block */
    append_bytes(&header, vf_slice_of("avro.codec"));
    append_bytes(&header, vf_slice_of(codec));
    append_bytes(&header, vf_slice_of("avro.schema"));
    append_bytes(&header, schema_json);
    vf_buffer_append(&header, "\0", 1);
    vf_buffer_append(&header, writer->held.data + writer->held.len - SYNC_BYTES, SYNC_BYTES);
    int rc = header.failed ? vf_error_set(err, VF_ENOMEM, "%s: out of memory", writer->name) : 0;
    if (rc == 0 && fwrite(header.data, 1, header.len, writer->file) != header.len)
        rc = vf_error_set(err, VF_EIO, "%s: cannot be written: %s", writer->name, strerror(errno));
    vf_buffer_release(&header);
    writer->in_header = false;
    return rc;
}

static int open_avro(struct wire_container_writer *writer, const char *codec, struct vf_error *err)
{
    const cookie_io_functions_t tap = {.write = tap_write};

    writer->tap = fopencookie(writer, "wb", tap);
    if (!writer->tap)
        return vf_error_set(err, VF_ENOMEM, "%s: out of memory", writer->name);
    setvbuf(writer->tap, NULL, _IONBF, 0);
    avro_schema_t bytes = avro_schema_bytes();
    int status = avro_file_writer_create_with_codec_fp(
        writer->tap, writer->name, 0, bytes, &writer->avro, codec, VALUE_MAX + BLOCK_BYTES);
    avro_schema_decref(bytes);
    if (status) {
        writer->avro = NULL;
        return vf_error_set(err, VF_EINVAL, "%s: codec \"%s\": %s", writer->name, codec,
                            avro_strerror());
    }
    return 0;
}

/* Frees everything; the file's last bytes may still fail to be written. */
static int close_all(struct wire_container_writer *writer, struct vf_error *err)
{
    int rc = 0;

    if (writer->avro && avro_file_writer_close(writer->avro) && !writer->error)
        writer->error = EIO;
    if (writer->tap)
        fclose(writer->tap);
    if (fclose(writer->file) && !writer->error)
        writer->error = errno;
    if (writer->error)
        rc = vf_error_set(err, VF_EIO, "%s: cannot be written: %s", writer->name,
                          strerror(writer->error));
    vf_buffer_release(&writer->held);
    vf_free(writer->name);
    vf_free(writer);
    return rc;
}

int wire_container_create(const char *path, struct vf_slice schema_json, const char *codec,
                          struct wire_container_writer **out, struct vf_error *err)
{
    struct wire_schema *schema;
    int rc = wire_schema_parse(schema_json, &schema, err);

    *out = NULL;
    if (rc)
        return rc;
    wire_schema_free(schema);
    struct wire_container_writer *writer = vf_calloc(1, sizeof *writer);
    char *name = writer ? vf_strdup(path) : NULL;
    FILE *file = name ? fopen(path, "wbe") : NULL;
    if (!file) {
        rc = name ? vf_error_set(err, VF_EIO, "%s: %s", path, strerror(errno))
                  : vf_error_set(err, VF_ENOMEM, "%s: out of memory", path);
        vf_free(name);
        vf_free(writer);
        return rc;
    }
    writer->file = file;
    writer->name = name;
    writer->in_header = true;
    vf_buffer_init(&writer->held, HEADER_MAX);
    rc = open_avro(writer, codec, err);
    if (rc == 0)
        rc = write_header(writer, schema_json, codec, err);
    if (rc) {
        close_all(writer, NULL);
        return rc;
    }
    *out = writer;
    return 0;
}

static int fail_write(const struct wire_container_writer *writer, struct vf_error *err)
{
    return vf_error_set(err, VF_EIO, "%s: cannot be written: %s", writer->name,
                        strerror(writer->error));
}

int wire_container_append(struct wire_container_writer *writer, struct vf_slice avro_bytes,
                          struct vf_error *err)
{
    if (avro_bytes.len > VALUE_MAX)
        return vf_error_set(err, VF_ELIMIT, "%s: a value of %zu bytes: the limit is %d",
                            writer->name, avro_bytes.len, VALUE_MAX);
    int status = avro_file_writer_append_encoded(writer->avro, avro_bytes.ptr ? avro_bytes.ptr : "",
                                                 (int64_t)avro_bytes.len);
    writer->pending += avro_bytes.len;
    if (status == 0 && writer->pending >= BLOCK_BYTES) {
        status = avro_file_writer_sync(writer->avro);
        writer->pending = 0;
    }
    if (writer->error)
        return fail_write(writer, err);
    return status ? vf_error_set(err, VF_EIO, "%s: %s", writer->name, avro_strerror()) : 0;
}

int wire_container_flush(struct wire_container_writer *writer, struct vf_error *err)
{
    int status = writer->pending ? avro_file_writer_sync(writer->avro) : 0;

    writer->pending = 0;
    if (fflush(writer->file) && !writer->error)
        writer->error = errno;
    if (writer->error)
        return fail_write(writer, err);
    return status ? vf_error_set(err, VF_EIO, "%s: %s", writer->name, avro_strerror()) : 0;
}

int wire_container_finish(struct wire_container_writer *writer, struct vf_error *err)
{
    return close_all(writer, err);
}
