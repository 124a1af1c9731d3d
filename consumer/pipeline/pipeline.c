#include "pipeline/pipeline.h"

#include "base/memory.h"
#include "normalize/normalize.h"
#include "pipeline/headers.h"

enum {
    ARENA_BLOCK = 64 * 1024, /* bytes; the sample's mean event needs less, so one block serves */
    /* bytes kept aside for dead letters, which must go out when an event's memory is used up:
     * the added headers, and those of the input (the broker takes 1 MB a record by default) */
    DEAD_LETTER_ARENA = 4 * 1024 * 1024,
};

/* What turns the bytes of one kind of report into an event. */
struct kind {
    const struct wire_schema *reader;
    int (*normalize)(const struct vf_reference *reference, struct vf_memo *memo, const void *report,
                     struct vf_arena *arena, struct vf_normalized_event *out, struct vf_error *err);
};

/* What readers of an output find its schema by. */
struct output_name {
    uint32_t id;
    uint8_t guid[16];
};

struct vf_pipeline {
    struct vf_pipeline_config config;
    struct output_name output_names[VF_SOURCE_COUNT];
    struct vf_schema_store *store;  /* borrowed */
    struct vf_reference *reference; /* one reference held */
    struct kind kinds[VF_SOURCE_COUNT];
    struct wire_schema *visit;
    struct wire_schema *meeting;
    struct wire_schema *normalized;
    struct vf_memo *memo;              /* of texts read before */
    struct vf_arena arena;             /* one event's */
    struct vf_arena dead_letter_arena; /* one dead letter's */
    struct vf_buffer encoded;          /* the output's value */
    struct vf_normalized_event event;
};

static int normalize_visit(const struct vf_reference *reference, struct vf_memo *memo,
                           const void *report, struct vf_arena *arena,
                           struct vf_normalized_event *out, struct vf_error *err)
{
    return vf_normalize_visit(reference, memo, report, arena, out, err);
}

static int normalize_meeting(const struct vf_reference *reference, struct vf_memo *memo,
                             const void *report, struct vf_arena *arena,
                             struct vf_normalized_event *out, struct vf_error *err)
{
    return vf_normalize_meeting(reference, memo, report, arena, out, err);
}

int vf_pipeline_create(const struct vf_pipeline_config *config, struct vf_schema_store *store,
                       struct vf_reference *reference, struct vf_pipeline **out,
                       struct vf_error *err)
{
    struct vf_pipeline *pipeline = vf_calloc(1, sizeof *pipeline);
    *out = NULL;
    if (!pipeline)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    pipeline->config = *config;
    pipeline->store = store;
    pipeline->reference = vf_reference_retain(reference);
    vf_arena_init(&pipeline->arena, ARENA_BLOCK, config->arena_bytes_max);
    vf_arena_init(&pipeline->dead_letter_arena, ARENA_BLOCK, DEAD_LETTER_ARENA);
    vf_buffer_init(&pipeline->encoded, config->arena_bytes_max);

    int rc = vf_memo_create(&pipeline->memo);
    if (rc)
        rc = vf_error_set(err, rc, "out of memory");
    if (!rc)
        rc = wire_schema_parse(vf_slice_of(vf_visit_schema_json), &pipeline->visit, err);
    if (!rc)
        rc = wire_schema_parse(vf_slice_of(vf_meeting_schema_json), &pipeline->meeting, err);
    if (!rc)
        rc = wire_schema_parse(vf_slice_of(vf_normalized_event_schema_json), &pipeline->normalized,
                               err);
    if (rc) {
        vf_pipeline_free(pipeline);
        return rc;
    }
    for (int i = 0; i < VF_SOURCE_COUNT; i++)
        vf_pipeline_set_output(pipeline, (enum vf_event_source)i, config->output_schema_id,
                               config->output_guid);
    pipeline->kinds[VF_SOURCE_VISITS] = (struct kind){pipeline->visit, normalize_visit};
    pipeline->kinds[VF_SOURCE_MEETINGS] = (struct kind){pipeline->meeting, normalize_meeting};
    *out = pipeline;
    return VF_OK;
}

void vf_pipeline_free(struct vf_pipeline *pipeline)
{
    if (!pipeline)
        return;
    wire_schema_free(pipeline->visit);
    wire_schema_free(pipeline->meeting);
    wire_schema_free(pipeline->normalized);
    vf_memo_free(pipeline->memo);
    vf_reference_release(pipeline->reference);
    vf_arena_release(&pipeline->arena);
    vf_arena_release(&pipeline->dead_letter_arena);
    vf_buffer_release(&pipeline->encoded);
    vf_free(pipeline);
}

void vf_pipeline_set_reference(struct vf_pipeline *pipeline, struct vf_reference *reference)
{
    struct vf_reference *old = pipeline->reference;
    vf_memo_forget(pipeline->memo);
    pipeline->reference = vf_reference_retain(reference);
    vf_reference_release(old);
}

void vf_pipeline_set_output(struct vf_pipeline *pipeline, enum vf_event_source source, uint32_t id,
                            const uint8_t guid[16])
{
    struct output_name *name = &pipeline->output_names[source];

    name->id = id;
    memcpy(name->guid, guid, sizeof name->guid);
}

const struct wire_schema *vf_pipeline_output_schema(const struct vf_pipeline *pipeline)
{
    return pipeline->normalized;
}

/* The route of a record and the plan for its value. Both kinds may share one input topic: the
 * writer's schema then tells which it is. */
static int choose_route(struct vf_pipeline *pipeline, const struct vf_record *in,
                        const struct wire_frame *frame, enum vf_event_source *source,
                        const struct wire_plan **plan, struct vf_error *err)
{
    int rc = VF_EINVAL;
    bool known = false;

    for (int i = 0; i < VF_SOURCE_COUNT; i++) {
        if (!vf_slice_equal(in->topic, pipeline->config.routes[i].input))
            continue;
        known = true;
        *source = (enum vf_event_source)i;
        rc = vf_schema_store_plan(pipeline->store, frame, pipeline->kinds[i].reader, plan, err);
        if (rc != VF_EINCOMPATIBLE)
            break;
    }
    if (!known)
        return vf_error_set(err, rc, "topic %.*s is no input topic", VF_SLICE_PRINT(in->topic));
    return rc;
}

static int encode_event(struct vf_pipeline *pipeline, enum vf_event_source source,
                        struct wire_frame *frame, struct vf_error *err)
{
    const struct output_name *name = &pipeline->output_names[source];

    *frame = (struct wire_frame){.framing = pipeline->config.output_framing,
                                 .id = name->id,
                                 .fingerprint = wire_schema_fingerprint(pipeline->normalized)};
    memcpy(frame->guid, name->guid, sizeof frame->guid);
    vf_buffer_clear(&pipeline->encoded);
    int rc = wire_frame_write(frame, &pipeline->encoded);
    if (!rc)
        rc = wire_encode(pipeline->normalized, &pipeline->event, &pipeline->encoded, err);
    else
        vf_error_set(err, rc, "%s", vf_strerror(rc));
    return rc;
}

/* All steps; on failure *stage says which one failed. */
static int process(struct vf_pipeline *pipeline, const struct vf_record *in, struct vf_output *out)
{
    const struct vf_pipeline_config *config = &pipeline->config;
    struct vf_error *err = &out->reason;
    struct wire_frame frame;
    enum vf_event_source source = VF_SOURCE_VISITS;
    const struct wire_plan *plan = NULL;

    out->stage = "framing";
    if (in->value.len > config->value_bytes_max)
        return vf_error_set(err, VF_ELIMIT, "value of %zu bytes is longer than %zu", in->value.len,
                            config->value_bytes_max);
    int rc = wire_frame_read(in, config->input_framing, &frame, err);
    if (rc)
        return rc;

    out->stage = "schema";
    rc = choose_route(pipeline, in, &frame, &source, &plan, err);
    if (rc)
        return rc;

    out->stage = "decode";
    const struct kind *kind = &pipeline->kinds[source];
    void *report = vf_arena_calloc(&pipeline->arena, 1, wire_schema_size(kind->reader));
    if (!report)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    rc = wire_decode(plan, frame.body, &config->limits, &pipeline->arena, report, err);
    if (rc)
        return rc;

    out->stage = "normalize";
    memset(&pipeline->event, 0, sizeof pipeline->event);
    rc = kind->normalize(pipeline->reference, pipeline->memo, report, &pipeline->arena,
                         &pipeline->event, err);
    if (rc)
        return rc;

    out->stage = "encode";
    rc = encode_event(pipeline, source, &frame, err);
    if (rc)
        return rc;
    out->record = (struct vf_record){.topic = config->routes[source].output,
                                     .partition = -1,
                                     .offset = -1,
                                     .timestamp_ms = in->timestamp_ms,
                                     .timestamp_type = VF_TIMESTAMP_CREATE,
                                     .key = pipeline->event.event_key,
                                     .value = vf_buffer_slice(&pipeline->encoded)};
    if (config->retractions == VF_RETRACTION_TOMBSTONE &&
        pipeline->event.status == VF_EVENT_STATUS_RETRACTED)
        out->record.value = VF_SLICE_NULL;
    if (!vf_headers_for_event(in, &frame, &pipeline->arena, &out->record))
        return vf_error_set(err, VF_ENOMEM, "out of memory for headers");
    out->event = &pipeline->event;
    return VF_OK;
}

void vf_pipeline_run(struct vf_pipeline *pipeline, const struct vf_record *in,
                     struct vf_output *out)
{
    vf_arena_reset(&pipeline->arena);
    *out = (struct vf_output){.outcome = VF_OUTCOME_EVENT};
    int rc = process(pipeline, in, out);
    if (rc == VF_EAGAIN) {
        out->outcome = VF_OUTCOME_HOLD;
    } else if (rc) {
        struct vf_error reason = out->reason;
        vf_pipeline_dead_letter(pipeline, in, out->stage, &reason, out);
    }
}

void vf_pipeline_dead_letter(struct vf_pipeline *pipeline, const struct vf_record *in,
                             const char *stage, const struct vf_error *reason,
                             struct vf_output *out)
{
    vf_arena_reset(&pipeline->dead_letter_arena);
    *out = (struct vf_output){
        .outcome = VF_OUTCOME_DEAD_LETTER, .reason = *reason, .stage = stage, .record = *in};
    out->record.topic = pipeline->config.dead_letter;
    out->record.partition = -1;
    out->record.offset = -1;
    /* Without memory for headers the original still goes out: the log has the reason. */
    if (!vf_headers_for_dead_letter(in, stage, reason, &pipeline->dead_letter_arena,
                                    &out->record)) {
        out->record.headers = in->headers;
        out->record.header_count = in->header_count;
    }
}
