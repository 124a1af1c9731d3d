/*
 * Which part of topics is read: flags that commands share.
 */
#ifndef VF_PRODUCER_TOPIC_FLAGS_H
#define VF_PRODUCER_TOPIC_FLAGS_H

#include "base/arguments.h"
#include "tool.h"
#include "topic_reader.h"

/* As typed. */
struct vf_topic_flags {
    struct vf_slice start;
    struct vf_slice end;
    struct vf_slice partitions;
    int64_t isolation; /* index into vf_isolation_choices */
    int64_t timeout;   /* milliseconds */
};

extern const char *const vf_isolation_choices[];

#define VF_TOPIC_FLAGS(at, standard_start)                                                         \
    VF_TEXT_FLAG(0, "start", "WHERE", (at) + offsetof(struct vf_topic_flags, start),               \
                 standard_start,                                                                   \
                 "beginning, end, last:N, offset:N, or a time such as\n"                           \
                 "2025-09-18T10:00:00Z or -15min"),                                                \
        VF_TEXT_FLAG(0, "end", "WHERE", (at) + offsetof(struct vf_topic_flags, end), "end",        \
                     "end, never, offset:N, or a time"),                                           \
        VF_TEXT_FLAG('p', "partitions", "LIST",                                                    \
                     (at) + offsetof(struct vf_topic_flags, partitions), NULL,                     \
                     "such as 0,2-5; else all"),                                                   \
        VF_CHOICE_FLAG(0, "isolation", (at) + offsetof(struct vf_topic_flags, isolation),          \
                       "committed", vf_isolation_choices, 0,                                       \
                       "whether records of open or aborted transactions are\nleft out"),           \
        VF_NUMBER_FLAG(0, "timeout", "DURATION", VF_OPTION_DURATION,                               \
                       (at) + offsetof(struct vf_topic_flags, timeout), "30s", 1, 86400000,        \
                       "longest wait for an answer about the topics")

int64_t vf_now_ms(void);

/* Fills all but the topics. may_follow: an end "never" is allowed. VF_EUSAGE names the flag. */
int vf_topic_flags_fill(const struct vf_topic_flags *flags, const struct vf_call *call,
                        bool may_follow, struct vf_topic_reader_config *out, struct vf_error *err);

#endif
