/* Any value and header, in any framing; what was read can be written again to the same. The
 * first byte chooses the framing, the second the header's length. */
#include "fuzz_support.h"

#include "codec/wire_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_frame frame;
    struct vf_error err = {0};
    struct vf_buffer out;

    if (size < 2)
        return 0;
    enum wire_framing framing = (enum wire_framing)(data[0] % 4);
    size_t header_len = data[1] % 32;
    struct vf_slice rest = vf_slice((const char *)data + 2, size - 2);
    if (header_len > rest.len)
        header_len = rest.len;
    struct vf_header header = {vf_slice_of(WIRE_SCHEMA_ID_HEADER), vf_slice(rest.ptr, header_len)};
    struct vf_record record = {.value = vf_slice(rest.ptr + header_len, rest.len - header_len),
                               .headers = &header,
                               .header_count = header_len > 0};
    int rc = wire_frame_read(&record, framing, &frame, &err);
    if (rc) {
        fuzz_check_error(rc, &err);
        return 0;
    }
    vf_buffer_init(&out, FUZZ_BUFFER_LIMIT);
    fuzz_require(wire_frame_write(&frame, &out) == 0, "not written", NULL);
    vf_buffer_append_slice(&out, frame.body);
    if (header_len == 0)
        fuzz_require(vf_slice_equal(vf_buffer_slice(&out), record.value), "another value", NULL);
    else
        fuzz_require(vf_slice_equal(frame.body, record.value), "another body", NULL);
    vf_buffer_release(&out);
    return 0;
}
