/*
 * The pipeline: record in, decode, normalize, encode, record out. Pure: the same record and the
 * same reference snapshot give the same output bytes; no I/O, no clock.
 * One pipeline belongs to one thread.
 */
#ifndef VF_PIPELINE_PIPELINE_H
#define VF_PIPELINE_PIPELINE_H

#include "base/record.h"
#include "codec/wire_frame.h"
#include "codec/wire_plan.h"
#include "pipeline/schema_store.h"
#include "reference/reference.h"

struct vf_pipeline;

enum vf_event_source { VF_SOURCE_VISITS, VF_SOURCE_MEETINGS, VF_SOURCE_COUNT };

/* One input topic and where its events go. Texts must outlive the pipeline. */
struct vf_route {
    struct vf_slice input;
    struct vf_slice output;
};

enum vf_retraction {
    VF_RETRACTION_EVENT,     /* a retracted event is published with status RETRACTED */
    VF_RETRACTION_TOMBSTONE, /* a null value for its key, so that compaction forgets it */
};

struct vf_pipeline_config {
    struct vf_route routes[VF_SOURCE_COUNT];
    struct vf_slice dead_letter; /* topic */
    enum wire_framing input_framing;
    enum wire_framing output_framing;
    uint32_t output_schema_id; /* for CONFLUENT output, until vf_pipeline_set_output */
    uint8_t output_guid[16];   /* for GUID_HEADER output, likewise */
    enum vf_retraction retractions;
    size_t value_bytes_max; /* longest input value taken; bytes */
    size_t arena_bytes_max; /* memory for one event; bytes */
    struct wire_limits limits;
};

enum vf_outcome {
    VF_OUTCOME_EVENT,       /* a normalized event for the route's output */
    VF_OUTCOME_DEAD_LETTER, /* the original, with the reason in its headers */
    VF_OUTCOME_HOLD,        /* the writer's schema is being looked up: ask again later */
};

/* What to produce. Borrowed from the pipeline and the input: valid until the next run. */
struct vf_output {
    enum vf_outcome outcome;
    struct vf_record record; /* unset for HOLD; value.ptr NULL: tombstone */
    struct vf_error reason;  /* DEAD_LETTER and HOLD */
    const char *stage;       /* DEAD_LETTER: "framing", "schema", "decode", "normalize", "encode" */
    const void *event;       /* EVENT: struct vf_normalized_event, for display */
};

/* store: where writer schemas come from; must outlive the pipeline. */
int vf_pipeline_create(const struct vf_pipeline_config *config, struct vf_schema_store *store,
                       struct vf_reference *reference, struct vf_pipeline **out,
                       struct vf_error *err);
void vf_pipeline_free(struct vf_pipeline *pipeline); /* NULL is allowed */

/* Takes effect for the next run. */
void vf_pipeline_set_reference(struct vf_pipeline *pipeline, struct vf_reference *reference);

/* What a schema registry calls the schema of this route's output. Takes effect for the next run. */
void vf_pipeline_set_output(struct vf_pipeline *pipeline, enum vf_event_source source, uint32_t id,
                            const uint8_t guid[16]);

/* Never fails: what cannot be processed becomes a dead letter. */
void vf_pipeline_run(struct vf_pipeline *pipeline, const struct vf_record *in,
                     struct vf_output *out);

/* Schema of what vf_output.event points to; lives as long as the pipeline. */
const struct wire_schema *vf_pipeline_output_schema(const struct vf_pipeline *pipeline);

/* A dead letter for a record that failed after the pipeline, such as an output too large for
 * the broker. Borrows like vf_pipeline_run. */
void vf_pipeline_dead_letter(struct vf_pipeline *pipeline, const struct vf_record *in,
                             const char *stage, const struct vf_error *reason,
                             struct vf_output *out);

#endif
