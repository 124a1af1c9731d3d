#include "convert_config.h"

#include <errno.h>
#include <stdlib.h>

const char *const vf_kind_choices[] = {"visit", "meeting", "auto", NULL};

/* As the daemon knows them when nobody configured others. */
enum { VISIT_SCHEMA_ID = 1, MEETING_SCHEMA_ID = 2 };

static bool parse_number(const char *text, unsigned long long max, unsigned long long *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 10);
    return !errno && !*end && text[0] >= '0' && text[0] <= '9' && *out <= max;
}

static int set_schema_id(const char *text, enum vf_kind kind, struct vf_convert_config *out,
                         struct vf_error *err)
{
    unsigned long long id;

    if (out->framing == WIRE_FRAMING_GUID_HEADER) {
        if (!vf_registry_guid_parse(vf_slice_of(text), out->schema_guids[kind]))
            return vf_error_set(err, VF_EUSAGE,
                                "--schema-id: \"%s\" is no GUID, which the header framing needs",
                                text);
        return VF_OK;
    }
    if (!parse_number(text, UINT32_MAX, &id))
        return vf_error_set(err, VF_EUSAGE, "--schema-id: \"%s\" is no number of 32 bits", text);
    out->schema_ids[kind] = (uint32_t)id;
    return VF_OK;
}

static int parse_schema_id(const char *text, struct vf_convert_config *out, struct vf_error *err)
{
    const char *equals = strchr(text, '=');

    if (!equals && out->kind == VF_KIND_AUTO)
        return vf_error_set(err, VF_EUSAGE,
                            "--schema-id: say visit=%s or meeting=%s, or the kind by --kind", text,
                            text);
    if (!equals)
        return set_schema_id(text, out->kind, out, err);
    for (int kind = 0; kind < VF_KIND_COUNT; kind++)
        if (vf_slice_is(vf_slice(text, (size_t)(equals - text)), vf_kind_choices[kind]))
            return set_schema_id(equals + 1, (enum vf_kind)kind, out, err);
    return vf_error_set(err, VF_EUSAGE,
                        "--schema-id: \"%s\" begins with neither visit= nor "
                        "meeting=",
                        text);
}

static int fill_schema_ids(const struct vf_convert_flags *flags, struct vf_convert_config *out,
                           const struct vf_config *config, struct vf_error *err)
{
    out->schema_ids[VF_KIND_VISIT] = VISIT_SCHEMA_ID;
    out->schema_ids[VF_KIND_MEETING] = MEETING_SCHEMA_ID;
    if (out->framing == WIRE_FRAMING_GUID_HEADER && !flags->schema_ids.count &&
        !config->registry.url.len)
        return vf_error_set(err, VF_EUSAGE, "--framing header needs --schema-id KIND=GUID");
    for (size_t i = 0; i < flags->schema_ids.count; i++) {
        int rc = parse_schema_id(flags->schema_ids.items[i], out, err);
        if (rc)
            return rc;
    }
    return VF_OK;
}

static int fill_timestamp(const struct vf_convert_flags *flags, struct vf_convert_config *out,
                          struct vf_error *err)
{
    unsigned long long number;

    if (!flags->timestamp.ptr || vf_slice_is(flags->timestamp, "now")) {
        out->stamp = VF_STAMP_NOW;
    } else if (vf_slice_is(flags->timestamp, "published")) {
        out->stamp = VF_STAMP_PUBLISHED;
    } else if (parse_number(flags->timestamp.ptr, INT64_MAX, &number) && number) {
        out->stamp = VF_STAMP_FIXED;
        out->fixed_ms = (int64_t)number;
    } else {
        return vf_error_set(err, VF_EUSAGE,
                            "--timestamp: \"%s\" is neither now nor published nor milliseconds "
                            "since 1970",
                            flags->timestamp.ptr);
    }
    return VF_OK;
}

static int fill_headers(const struct vf_convert_flags *flags, struct vf_convert_config *out,
                        struct vf_error *err)
{
    enum { MAX = VF_CONVERT_HEADERS_MAX - 1 };

    if (flags->headers.count > MAX)
        return vf_error_set(err, VF_EUSAGE, "--add-header: more than %d", MAX);
    for (size_t i = 0; i < flags->headers.count; i++) {
        const char *text = flags->headers.items[i];
        const char *equals = strchr(text, '=');
        if (!equals || equals == text)
            return vf_error_set(err, VF_EUSAGE, "--add-header: \"%s\" is not NAME=VALUE", text);
        out->headers[out->header_count++] =
            (struct vf_header){vf_slice(text, (size_t)(equals - text)), vf_slice_of(equals + 1)};
    }
    return VF_OK;
}

int vf_convert_config_fill(const struct vf_convert_flags *flags, const struct vf_config *config,
                           struct vf_convert_config *out, struct vf_error *err)
{
    *out = (struct vf_convert_config){
        .kind = (enum vf_kind)flags->kind,
        .topics = {[VF_KIND_VISIT] = flags->topic.ptr ? flags->topic : config->input_visits,
                   [VF_KIND_MEETING] = flags->topic.ptr ? flags->topic : config->input_meetings},
        .framing = (enum wire_framing)config->input_framing,
        .limits = {.value_bytes = (size_t)config->limit_event_memory,
                   .items = (size_t)config->limit_items,
                   .depth = (size_t)config->limit_depth},
        .event_bytes_max = (size_t)config->limit_event_memory};
    if (flags->framing.ptr && wire_framing_parse(flags->framing, &out->framing))
        return vf_error_set(err, VF_EUSAGE,
                            "--framing: \"%s\" is none of: confluent, header, single-object, "
                            "plain",
                            flags->framing.ptr);
    int rc = fill_schema_ids(flags, out, config, err);
    if (!rc)
        rc = fill_timestamp(flags, out, err);
    if (!rc)
        rc = fill_headers(flags, out, err);
    return rc;
}
