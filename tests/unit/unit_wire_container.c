/*
 * Container files: written and read back, read and written by avro-c, and damaged.
 */
#include "wire_support.h"

#include "codec/wire_container.h"
#include "vf_events.h"
#include <avro.h>
#include <unistd.h>
#include <zlib.h>

#define SCHEMA                                                                                     \
    "{\"type\":\"record\",\"name\":\"T\",\"fields\":[{\"name\":\"s\",\"type\":\"string\"},"        \
    "{\"name\":\"t\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},"           \
    "\"default\":5}]}"

static const char *const codecs[] = {"null", "deflate", "snappy"};
enum { CODECS = 3, VALUES = 5000 };

static char path[64];

static int make_path(void **state)
{
    (void)state;
    strcpy(path, "/tmp/unit_wire_container.XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    return 0;
}

static int remove_path(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

/* Value number i of SCHEMA: a string of i % 300 letters, then the number. */
static void append_value(struct vf_buffer *out, int i)
{
    int length = i % 300;
    uint32_t n = (uint32_t)length * 2;

    for (; n >= 0x80; n >>= 7)
        vf_buffer_append_char(out, (char)(n | 0x80));
    vf_buffer_append_char(out, (char)n);
    for (int k = 0; k < length; k++)
        vf_buffer_append_char(out, (char)('a' + (i + k) % 26));
    for (n = (uint32_t)i * 2; n >= 0x80; n >>= 7)
        vf_buffer_append_char(out, (char)(n | 0x80));
    vf_buffer_append_char(out, (char)n);
}

static void write_values(const char *codec, int count)
{
    struct wire_container_writer *writer;
    struct vf_error err = {0};
    struct vf_buffer value;

    vf_buffer_init(&value, TEST_BUFFER_LIMIT);
    if (wire_container_create(path, vf_slice_of(SCHEMA), codec, &writer, &err))
        fail_msg("%s", err.text);
    for (int i = 0; i < count; i++) {
        vf_buffer_clear(&value);
        append_value(&value, i);
        if (wire_container_append(writer, vf_buffer_slice(&value), &err))
            fail_msg("%s", err.text);
    }
    if (wire_container_finish(writer, &err))
        fail_msg("%s", err.text);
    vf_buffer_release(&value);
}

static void what_was_written_is_read(void **state)
{
    struct vf_slice value;
    struct vf_buffer want;

    (void)state;
    vf_buffer_init(&want, TEST_BUFFER_LIMIT);
    for (int c = 0; c < CODECS; c++) {
        struct wire_container_reader *reader;
        struct vf_error err = {0};
        write_values(codecs[c], VALUES);
        assert_int_equal(wire_container_open(path, &reader, &err), 0);
        assert_slice(wire_container_schema(reader), SCHEMA); /* with default and logical type */
        for (int i = 0; i < VALUES; i++) {
            vf_buffer_clear(&want);
            append_value(&want, i);
            if (wire_container_next(reader, &value, &err))
                fail_msg("%s: %s", codecs[c], err.text);
            assert_true(vf_slice_equal(value, vf_buffer_slice(&want)));
        }
        assert_int_equal(wire_container_next(reader, &value, &err), VF_ENOENT);
        assert_int_equal(wire_container_next(reader, &value, &err), VF_ENOENT);
        wire_container_close(reader);
    }
    vf_buffer_release(&want);
}

static void avro_c_reads_ours(void **state)
{
    (void)state;
    for (int c = 0; c < CODECS; c++) {
        avro_file_reader_t reader;
        avro_value_t value;
        write_values(codecs[c], VALUES);
        assert_int_equal(avro_file_reader(path, &reader), 0);
        avro_schema_t schema = avro_file_reader_get_writer_schema(reader);
        avro_value_iface_t *iface = avro_generic_class_from_schema(schema);
        assert_int_equal(avro_generic_value_new(iface, &value), 0);
        for (int i = 0; i < VALUES; i++) {
            avro_value_t field;
            int64_t number = -1;
            assert_int_equal(avro_file_reader_read_value(reader, &value), 0);
            assert_int_equal(avro_value_get_by_name(&value, "t", &field, NULL), 0);
            assert_int_equal(avro_value_get_long(&field, &number), 0);
            assert_int_equal(number, i);
        }
        assert_int_not_equal(avro_file_reader_read_value(reader, &value), 0);
        avro_value_decref(&value);
        avro_value_iface_decref(iface);
        avro_schema_decref(schema);
        avro_file_reader_close(reader);
    }
}

static void large_values_and_none(void **state)
{
    struct wire_container_writer *writer;
    struct wire_container_reader *reader;
    struct vf_error err = {0};
    struct vf_slice value;
    size_t size = 3 << 20;
    char *large = malloc(size);

    (void)state;
    memset(large, 'x', size);
    memcpy(large, "\xf6\xff\xff\x02", 4); /* 3 MiB less 5 bytes of string, then a long */
    large[size - 1] = 0;
    assert_int_equal(wire_container_create(path, vf_slice_of(SCHEMA), "null", &writer, &err), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(wire_container_append(writer, vf_slice(large, size), &err), 0);
    assert_int_equal(wire_container_append(writer, vf_slice(large, 17 << 20), &err), VF_ELIMIT);
    assert_int_equal(wire_container_finish(writer, &err), 0);
    assert_int_equal(wire_container_open(path, &reader, &err), 0);
    for (int i = 0; i < 3; i++) {
        if (wire_container_next(reader, &value, &err))
            fail_msg("%s", err.text);
        assert_int_equal(value.len, size);
    }
    assert_int_equal(wire_container_next(reader, &value, &err), VF_ENOENT);
    wire_container_close(reader);

    write_values("deflate", 0);
    assert_int_equal(wire_container_open(path, &reader, &err), 0);
    assert_int_equal(wire_container_next(reader, &value, &err), VF_ENOENT);
    wire_container_close(reader);
    free(large);
}

static void writing_fails_with_a_reason(void **state)
{
    struct wire_container_writer *writer;
    struct vf_error err = {0};
    struct vf_buffer value;
    int rc = 0;

    (void)state;
    assert_int_equal(
        wire_container_create("/nowhere/x.avro", vf_slice_of(SCHEMA), "null", &writer, &err),
        VF_EIO);
    assert_contains(err.text, "/nowhere/x.avro: No such file");
    assert_int_equal(wire_container_create(path, vf_slice_of(SCHEMA), "zip", &writer, &err),
                     VF_EINVAL);
    assert_contains(err.text, "codec \"zip\"");
    assert_int_equal(wire_container_create(path, vf_slice_of("{"), "null", &writer, &err),
                     VF_EJSON);
    vf_buffer_init(&value, TEST_BUFFER_LIMIT);
    append_value(&value, 299);
    assert_int_equal(wire_container_create("/dev/full", vf_slice_of(SCHEMA), "null", &writer, &err),
                     0);
    for (int i = 0; i < 100000 && rc == 0; i++)
        rc = wire_container_append(writer, vf_buffer_slice(&value), &err);
    assert_int_equal(rc, VF_EIO);
    assert_contains(err.text, "/dev/full: cannot be written: No space left");
    assert_int_equal(wire_container_finish(writer, &err), VF_EIO);
    vf_buffer_release(&value);
}

/* ---- damage --------------------------------------------------------------------------- */

static size_t read_all(char *to, size_t size)
{
    FILE *file = fopen(path, "rb");
    size_t n = fread(to, 1, size, file);
    fclose(file);
    return n;
}

static void write_all(const char *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* Reads the file to its end or first error; the number of values. */
static int drain(struct vf_error *err)
{
    struct wire_container_reader *reader;
    struct vf_slice value;
    int values = 0;
    int rc = wire_container_open(path, &reader, err);

    while (rc == 0) {
        rc = wire_container_next(reader, &value, err);
        values += rc == 0;
    }
    if (rc != VF_ENOENT) {
        assert_true(strncmp(err->text, path, strlen(path)) == 0);
        assert_int_equal(err->code, rc);
    }
    if (reader) /* the same again behind an error */
        assert_int_equal(wire_container_next(reader, &value, err), rc);
    wire_container_close(reader);
    return values;
}

static void every_cut_is_noticed(void **state)
{
    static char bytes[1 << 20];

    (void)state;
    for (int c = 0; c < CODECS; c++) {
        write_values(codecs[c], 20);
        size_t n = read_all(bytes, sizeof bytes);
        struct vf_error err = {0};
        assert_int_equal(drain(&err), 20);
        assert_int_equal(err.code, VF_ENOENT);
        size_t header = 0;
        while (memcmp(bytes + n - 16, bytes + header, 16))
            header++;
        header += 16;
        for (size_t cut = 0; cut < n; cut++) {
            write_all(bytes, cut);
            assert_int_equal(drain(&err), 0);
            assert_int_equal(err.code, cut == header ? VF_ENOENT
                                       : cut < 4     ? VF_EDATA
                                                     : VF_ETRUNCATED);
        }
    }
}

static void every_damaged_byte_is_survived(void **state)
{
    static char bytes[1 << 20];
    uint64_t random = 7;

    (void)state;
    for (int c = 0; c < CODECS; c++) {
        write_values(codecs[c], 20);
        size_t n = read_all(bytes, sizeof bytes);
        for (size_t i = 0; i < n; i++) {
            struct vf_error err = {0};
            char before = bytes[i];
            bytes[i] = (char)(before ^ (1 + test_random(&random) % 255));
            write_all(bytes, n);
            drain(&err);
            bytes[i] = before;
        }
    }
}

static void damage_is_named(void **state)
{
    static const struct {
        const char *tail; /* behind a header of SCHEMA "null", hex; SS: the sync marker */
        int code;
        const char *part;
    } cases[] = {
        {"01 00", VF_EDATA, "a block of -1 values in 0 bytes"},
        {"02 01", VF_EDATA, "a block of 1 values in -1 bytes"},
        {"02 80808080808080808002", VF_EDATA, "more than 64 bits"},
        {"02 feffffffffffffffff01", VF_EDATA, "a block of 1 values in"},
        {"02 808080800a", VF_EDATA, "a block of 1 values in"},
        {"02 8080801a", VF_ETRUNCATED, "ends too early"},
        {"04 02 00 SS", VF_EDATA, "2 values do not fit into the block"},
        {"feffffffffffffffff01 02 00 SS", VF_EDATA, "values do not fit into the block"},
        {"02 00 SS", VF_EDATA, "1 values do not fit into the block"},
        {"02 04 0001 SS 00", VF_ETRUNCATED, "record 2: ends too early"},
        {"02 06 000101 SS", VF_ETRAILING, "record 2: 1 bytes left over in a block"},
        {"02 04 0202 SS", VF_ETRUNCATED, "record 1: t: the value ends too early"},
        {"02 04 ff01 00000000000000000000000000000000", VF_EDATA, "no sync marker"},
        {"00 00 SS 02 04 0001 SS 02 04 0002 SS 80", VF_ETRUNCATED, "record 3: "},
    };
    static char bytes[4096];
    static char whole[8192];

    (void)state;
    write_values("null", 0);
    size_t n = read_all(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vf_error err = {0};
        size_t m = n;
        memcpy(whole, bytes, n);
        for (const char *part = cases[i].tail; part; part = strstr(part, "SS")) {
            if (part[0] == 'S') {
                memcpy(whole + m, bytes + n - 16, 16);
                m += 16;
                part += 2;
            }
            char hex[128];
            snprintf(hex, sizeof hex, "%.*s", (int)strcspn(part, "S"), part);
            struct vf_slice more = bytes_of(hex);
            memcpy(whole + m, more.ptr, more.len);
            m += more.len;
        }
        write_all(whole, m);
        drain(&err);
        if (err.code != cases[i].code || !strstr(err.text, cases[i].part))
            fail_msg("%s: %s: %s", cases[i].tail, vf_error_name(err.code), err.text);
    }
}

static void bad_headers_are_named(void **state)
{
    static const struct {
        const char *hex;
        int code;
        const char *part;
    } cases[] = {
        {"", VF_EDATA, "is not an Avro container file"},
        {"7b7d0a7b7d", VF_EDATA, "is not an Avro container file"},
        {"4f626a01 00 00000000000000000000000000000000", VF_EDATA, "has no schema"},
        {"4f626a01 d20f", VF_ELIMIT, "more than 1000 header entries"},
        {"4f626a01 ffffffffffffffffff01 00", VF_ELIMIT, "more than 1000 header entries"},
        {"4f626a01 02 feffffffffffffffff01", VF_EDATA, "a header entry of"},
        {"4f626a01 02 14 6176726f2e636f646563 06 7a7a7a 00", VF_EDATA,
         "codec \"zzz\" is none of null, deflate"},
        {"4f626a01 02 16 6176726f2e736368656d61 06 227822 00 00000000000000000000000000000000",
         VF_ESCHEMA, "the schema in the header: $: unknown type \"x\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vf_error err = {0};
        struct vf_slice bytes = bytes_of(cases[i].hex);
        write_all(bytes.ptr, bytes.len);
        drain(&err);
        if (err.code != cases[i].code || !strstr(err.text, cases[i].part))
            fail_msg("%s: %s: %s", cases[i].hex, vf_error_name(err.code), err.text);
    }
}

/* A file whose one deflate block unpacks to 80 MiB of zeros. */
static void bombs_are_refused(void **state)
{
    enum { STEP = 1 << 20, STEPS = 80 };
    static char packed[1 << 20];
    static char zeros[STEP];
    static char whole[2 << 20];
    z_stream stream = {.next_out = (Bytef *)packed, .avail_out = sizeof packed};
    struct vf_error err = {0};

    (void)state;
    write_values("deflate", 0);
    size_t n = read_all(whole, 4096);
    char sync[16];
    memcpy(sync, whole + n - sizeof sync, sizeof sync);
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    for (int i = 0; i < STEPS; i++) {
        stream.next_in = (Bytef *)zeros;
        stream.avail_in = STEP;
        assert_true(deflate(&stream, i + 1 < STEPS ? Z_NO_FLUSH : Z_FINISH) >= Z_OK);
    }
    size_t size = stream.total_out;
    deflateEnd(&stream);
    whole[n++] = 2; /* one value */
    for (size_t left = 2 * size;; left >>= 7) {
        whole[n++] = (char)(left < 0x80 ? left : (left & 0x7F) | 0x80);
        if (left < 0x80)
            break;
    }
    memcpy(whole + n, packed, size);
    memcpy(whole + n + size, sync, sizeof sync);
    write_all(whole, n + size + sizeof sync);
    assert_int_equal(drain(&err), 0);
    assert_int_equal(err.code, VF_ELIMIT);
    assert_contains(err.text, "unpacks to more than");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(avro_c_reads_ours),
        cmocka_unit_test(large_values_and_none),
        cmocka_unit_test(writing_fails_with_a_reason),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(every_damaged_byte_is_survived),
        cmocka_unit_test(damage_is_named),
        cmocka_unit_test(bad_headers_are_named),
        cmocka_unit_test(bombs_are_refused),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
