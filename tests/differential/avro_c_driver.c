/*
 * avro_c_driver: avro-c's side of the differential test. It only reads values by the schema they
 * were written with: its resolution refuses, misreads or crashes on what others read.
 */
#include "driver_blobs.h"
#include <avro.h>
#include <string.h>

enum { REFUSED = -1, BAD_SCHEMA = -21, OUTPUT_MAX = 1 << 20 };

struct driver {
    struct vf_buffer input;
    char output[OUTPUT_MAX];
};

/* Length of the value encoded again in driver->output, or -1. */
static int64_t transcode(struct driver *driver, avro_value_t *value, struct vf_slice bytes)
{
    avro_reader_t reader = avro_reader_memory(bytes.ptr, (int64_t)bytes.len);
    avro_writer_t writer = avro_writer_memory(driver->output, sizeof driver->output);
    char more;
    int64_t len = -1;

    avro_value_reset(value);
    if (avro_value_read(reader, value) == 0 && avro_read(reader, &more, 1) != 0 &&
        avro_value_write(writer, value) == 0)
        len = avro_writer_tell(writer);
    avro_writer_free(writer);
    avro_reader_free(reader);
    return len;
}

static void run_value(struct driver *driver, avro_value_t *value)
{
    struct vf_slice bytes = read_blob(&driver->input);
    int64_t len = value ? transcode(driver, value, bytes) : -1;

    write_u32(len >= 0 ? 0 : (uint32_t)(value ? REFUSED : BAD_SCHEMA));
    write_blob(len >= 0 ? vf_slice(driver->output, (size_t)len) : vf_slice_of(avro_strerror()));
}

static void run_case(struct driver *driver)
{
    avro_schema_t schema = NULL;
    avro_value_iface_t *iface = NULL;
    avro_value_t value;
    uint32_t values;

    struct vf_slice json = read_blob(&driver->input);
    bool usable = avro_schema_from_json_length(json.ptr, json.len, &schema) == 0;
    if (usable) {
        iface = avro_generic_class_from_schema(schema);
        usable = iface && avro_generic_value_new(iface, &value) == 0;
    }
    read_blob(&driver->input); /* the reader's schema is the same */
    write_blob(vf_slice("", 0));
    write_u32(0);
    write_u32(0);
    if (!read_u32(&values))
        values = 0;
    for (uint32_t i = 0; i < values; i++)
        run_value(driver, usable ? &value : NULL);
    fflush(stdout);
    if (usable)
        avro_value_decref(&value);
    if (iface)
        avro_value_iface_decref(iface);
    if (schema)
        avro_schema_decref(schema);
}

int main(void)
{
    static struct driver driver;

    vf_buffer_init(&driver.input, BLOB_MAX);
    while (has_case())
        run_case(&driver);
    vf_buffer_release(&driver.input);
    return 0;
}
