#include "topic_flags.h"

#include <time.h>

const char *const vf_isolation_choices[] = {"committed", "uncommitted", NULL};

int64_t vf_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int parse_start(const struct vf_topic_flags *flags, struct vf_bound *out,
                       struct vf_error *err)
{
    int rc = vf_bound_parse(flags->start, vf_now_ms(), out, err);
    if (!rc && out->kind == VF_BOUND_NEVER)
        rc = vf_error_set(err, VF_EUSAGE, "\"never\" is no beginning");
    if (rc)
        vf_error_prefix(err, "--start");
    return rc;
}

static int parse_end(const struct vf_topic_flags *flags, bool may_follow, struct vf_bound *out,
                     struct vf_error *err)
{
    int rc = vf_bound_parse(flags->end, vf_now_ms(), out, err);
    if (!rc && (out->kind == VF_BOUND_BEGINNING || out->kind == VF_BOUND_LAST ||
                (out->kind == VF_BOUND_NEVER && !may_follow)))
        rc = vf_error_set(err, VF_EUSAGE, "\"%s\" is no end here", flags->end.ptr);
    if (rc)
        vf_error_prefix(err, "--end");
    return rc;
}

int vf_topic_flags_fill(const struct vf_topic_flags *flags, const struct vf_call *call,
                        bool may_follow, struct vf_topic_reader_config *out, struct vf_error *err)
{
    *out = (struct vf_topic_reader_config){.settings = vf_tool_client_settings(call),
                                           .read_uncommitted = flags->isolation == 1,
                                           .timeout_ms = (int)flags->timeout};
    int rc = parse_start(flags, &out->start, err);
    if (!rc)
        rc = parse_end(flags, may_follow, &out->end, err);
    if (!rc && flags->partitions.ptr)
        rc = vf_partitions_parse(flags->partitions, out, err);
    return rc;
}
