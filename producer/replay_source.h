/*
 * What a replay reads, one record after the other: recordings, files of visits and meetings (as
 * send takes them), topics, or a generator. One thread.
 */
#ifndef VF_PRODUCER_REPLAY_SOURCE_H
#define VF_PRODUCER_REPLAY_SOURCE_H

#include "feed/convert.h"
#include "generator.h"
#include "sender.h"
#include "topic_reader.h"

struct vf_replay_source;

struct vf_replay_source_config {
    char **operands; /* files, or topics: never both */
    int count;
    bool topics;
    const struct vf_topic_reader_config *reader; /* of topics, its own topics left out */
    const struct vf_convert_config *convert;     /* of files that are no recordings */
    size_t record_max;                           /* bytes of a line or item in a file */
    struct vf_generator *generator;              /* instead of operands; NULL: none */
    uint64_t generate;                           /* events it gives */
};

/* Whether the operands name files; VF_EUSAGE: some do, others do not. A name that is neither an
 * existing file, nor "-", nor has a slash, is a topic. */
int vf_replay_operands(char **operands, int count, bool *topics, struct vf_error *err);

/* The config and all it points to must outlive the source. */
int vf_replay_source_open(const struct vf_replay_source_config *config,
                          struct vf_replay_source **out, struct vf_error *err);
void vf_replay_source_close(struct vf_replay_source *source); /* NULL is allowed */

/* *record is borrowed until the next call; *origin names file and line, or topic and offset, and
 * stays. *made: the record was made from an event, and has no timestamp of its own but
 * published_at. VF_ENOENT: the end; VF_EAGAIN: nothing yet; VF_EIO, VF_ENOMEM, VF_EKAFKA: the rest
 * can't be read; any other error: this record is refused, and the next call goes on. */
int vf_replay_source_next(struct vf_replay_source *source, struct vf_record *record,
                          struct vf_origin *origin, bool *made, struct vf_error *err);
/* The item that next gave or refused last, as it stands in the file or topic; borrowed until the
 * next call. ptr NULL: there is none, or a tombstone. */
struct vf_slice vf_replay_source_item(const struct vf_replay_source *source, bool *is_line);
/* What is read of topics, in every round; none of files, and of topics without an end. */
const struct vf_lane_bounds *vf_replay_source_bounds(const struct vf_replay_source *source,
                                                     size_t *count);
/* From the beginning again. VF_EIO: it can't be, as with standard input. */
int vf_replay_source_rewind(struct vf_replay_source *source, struct vf_error *err);

/* For progress: bytes of files, or offsets of topics. total 0: not known. */
void vf_replay_source_progress(const struct vf_replay_source *source, uint64_t *done,
                               uint64_t *total);

#endif
