/*
 * Framings, read and written.
 */
#include "wire_support.h"

#include "codec/wire_frame.h"

static struct vf_record record_of(struct vf_slice value, const struct vf_header *header)
{
    return (struct vf_record){.value = value, .headers = header, .header_count = header ? 1 : 0};
}

static int read_value(const char *hex, enum wire_framing expected, struct wire_frame *frame,
                      struct vf_error *err)
{
    struct vf_record record = record_of(bytes_of(hex), NULL);
    return wire_frame_read(&record, expected, frame, err);
}

static void each_framing_is_read(void **state)
{
    struct wire_frame frame;
    struct vf_error err;

    (void)state;
    assert_int_equal(read_value("00 00010203 aabb", WIRE_FRAMING_CONFLUENT, &frame, &err), 0);
    assert_int_equal(frame.framing, WIRE_FRAMING_CONFLUENT);
    assert_int_equal(frame.id, 0x00010203);
    assert_int_equal(frame.body.len, 2);
    assert_memory_equal(frame.body.ptr, "\xaa\xbb", 2);
    assert_int_equal(read_value("00 fffffffe", WIRE_FRAMING_CONFLUENT, &frame, &err), 0);
    assert_true(frame.id == 0xfffffffeu);
    assert_int_equal(frame.body.len, 0);
    assert_int_equal(
        read_value("c301 0102030405060788 00", WIRE_FRAMING_SINGLE_OBJECT, &frame, &err), 0);
    assert_true(frame.fingerprint == 0x8807060504030201u);
    assert_int_equal(frame.body.len, 1);
    assert_int_equal(read_value("00 01", WIRE_FRAMING_PLAIN, &frame, &err), 0);
    assert_int_equal(frame.body.len, 2);
}

static void the_header_comes_first(void **state)
{
    static const char guid[] = "\1abcdefghijklmnop";
    struct vf_header header = {vf_slice_of("__value_schema_id"), {guid, 17}};
    struct vf_record record = record_of(vf_slice("\0\0\0\0\1x", 6), &header);
    struct wire_frame frame;
    struct vf_error err;

    (void)state;
    assert_int_equal(wire_frame_read(&record, WIRE_FRAMING_CONFLUENT, &frame, &err), 0);
    assert_int_equal(frame.framing, WIRE_FRAMING_GUID_HEADER);
    assert_memory_equal(frame.guid, "abcdefghijklmnop", 16);
    assert_int_equal(frame.body.len, 6);

    header.value = vf_slice("\0\0\0\1\2", 5);
    assert_int_equal(wire_frame_read(&record, WIRE_FRAMING_GUID_HEADER, &frame, &err), 0);
    assert_int_equal(frame.framing, WIRE_FRAMING_CONFLUENT);
    assert_int_equal(frame.id, 258);
    assert_int_equal(frame.body.len, 6);

    header.value = vf_slice(guid, 16);
    assert_int_equal(wire_frame_read(&record, WIRE_FRAMING_CONFLUENT, &frame, &err), VF_EFRAMING);
    assert_contains(err.text, "got 16 bytes");
    header.value = vf_slice("", 0);
    assert_int_equal(wire_frame_read(&record, WIRE_FRAMING_CONFLUENT, &frame, &err), VF_EFRAMING);
    header.value = VF_SLICE_NULL; /* as if it were not there */
    assert_int_equal(wire_frame_read(&record, WIRE_FRAMING_CONFLUENT, &frame, &err), 0);
    assert_int_equal(frame.id, 1);
    header.name = vf_slice_of("other");
    assert_int_equal(wire_frame_read(&record, WIRE_FRAMING_GUID_HEADER, &frame, &err), VF_EFRAMING);
    assert_contains(err.text, "no header __value_schema_id");
}

static void what_is_no_frame_is_named(void **state)
{
    static const struct {
        const char *hex;
        enum wire_framing expected;
        int code;
        const char *part;
    } cases[] = {
        {"00 000001", WIRE_FRAMING_CONFLUENT, VF_ETRUNCATED, "4 bytes are too few"},
        {"00", WIRE_FRAMING_CONFLUENT, VF_ETRUNCATED, "1 bytes are too few"},
        {"7b22", WIRE_FRAMING_CONFLUENT, VF_EFRAMING, "begins with 7B (JSON text?)"},
        {"68656c6c6f", WIRE_FRAMING_CONFLUENT, VF_EFRAMING, "begins with 68 (plain text?)"},
        {"c301", WIRE_FRAMING_CONFLUENT, VF_EFRAMING, "begins with C3, not with 00"},
        {"c301 01020304050607", WIRE_FRAMING_SINGLE_OBJECT, VF_ETRUNCATED, "9 bytes are too few"},
        {"c3", WIRE_FRAMING_SINGLE_OBJECT, VF_ETRUNCATED, "1 bytes are too few"},
        {"c302", WIRE_FRAMING_SINGLE_OBJECT, VF_EFRAMING, "not with C3 01"},
        {"00 00000001", WIRE_FRAMING_SINGLE_OBJECT, VF_EFRAMING, "begins with 00"},
        {"", WIRE_FRAMING_PLAIN, VF_EEMPTY, "the value is empty"},
    };
    struct wire_frame frame;
    struct vf_error err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int code = read_value(cases[i].hex, cases[i].expected, &frame, &err);
        if (code != cases[i].code || !strstr(err.text, cases[i].part))
            fail_msg("%s: %s", cases[i].hex, err.text);
    }
    struct vf_record tombstone = record_of(VF_SLICE_NULL, NULL);
    assert_int_equal(wire_frame_read(&tombstone, WIRE_FRAMING_PLAIN, &frame, &err), VF_EEMPTY);
    assert_contains(err.text, "null");
}

static void what_is_written_is_read(void **state)
{
    struct wire_frame frames[] = {
        {.framing = WIRE_FRAMING_CONFLUENT, .id = 0x01020304},
        {.framing = WIRE_FRAMING_SINGLE_OBJECT, .fingerprint = 0x8807060504030201u},
        {.framing = WIRE_FRAMING_PLAIN},
    };
    struct vf_buffer out;
    struct vf_error err;

    (void)state;
    vf_buffer_init(&out, 100);
    for (size_t i = 0; i < 3; i++) {
        struct wire_frame back;
        vf_buffer_clear(&out);
        assert_int_equal(wire_frame_write(&frames[i], &out), 0);
        vf_buffer_append_char(&out, 'x');
        struct vf_record record = record_of(vf_buffer_slice(&out), NULL);
        assert_int_equal(wire_frame_read(&record, frames[i].framing, &back, &err), 0);
        assert_int_equal(back.id, frames[i].id);
        assert_true(back.fingerprint == frames[i].fingerprint);
        assert_slice(back.body, "x");
    }
    struct wire_frame guid = {.framing = WIRE_FRAMING_GUID_HEADER, .guid = "abcdefghijklmno"};
    uint8_t header[WIRE_SCHEMA_ID_HEADER_BYTES];
    vf_buffer_clear(&out);
    assert_int_equal(wire_frame_write(&guid, &out), 0);
    assert_int_equal(out.len, 0);
    wire_frame_header(&guid, header);
    assert_memory_equal(header, "\1abcdefghijklmno\0", sizeof header);
    vf_buffer_release(&out);
    vf_buffer_init(&out, 3);
    assert_int_equal(wire_frame_write(&frames[0], &out), VF_ENOMEM);
    vf_buffer_release(&out);
}

static void names_of_framings(void **state)
{
    enum wire_framing framing;

    (void)state;
    for (int i = WIRE_FRAMING_CONFLUENT; i <= WIRE_FRAMING_PLAIN; i++) {
        const char *name = wire_framing_name((enum wire_framing)i);
        assert_int_equal(wire_framing_parse(vf_slice_of(name), &framing), 0);
        assert_int_equal(framing, i);
    }
    assert_int_equal(wire_framing_parse(vf_slice_of("Confluent"), &framing), VF_EINVAL);
    assert_int_equal(wire_framing_parse(vf_slice_of(""), &framing), VF_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_framing_is_read),      cmocka_unit_test(the_header_comes_first),
        cmocka_unit_test(what_is_no_frame_is_named), cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(names_of_framings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
