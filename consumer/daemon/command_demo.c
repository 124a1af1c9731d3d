#include "daemon/app.h"
#include "daemon/commands.h"
#include "daemon/demo_feed.h"
#include "daemon/event_view.h"
#include "daemon/paths.h"
#include "kafka/mock.h"
#include "observe/text_escape.h"
#include <stdio.h>

enum {
    PARTITIONS = 1,     /* of each topic, so that the first report stays the first */
    VIEW_MAX = 4 << 20, /* bytes of one event's text */
};

struct demo {
    const struct vf_command_line *line;
    struct vf_buffer text; /* reused */
    /* The first visit and the first meeting in full, shown at the end. */
    struct vf_buffer first[VF_EVENT_KIND_COUNT];
};

static void show_event(struct demo *demo, const struct vf_normalized_event *event)
{
    struct vf_buffer *first = &demo->first[event->kind];

    if (!first->len) {
        vf_buffer_append_char(first, '\n');
        vf_event_view_full(event, first);
    }
    if (demo->line->full)
        vf_event_view_full(event, &demo->text);
    else
        vf_event_view_line(event, &demo->text);
}

static void show_dead_letter(struct demo *demo, const struct vf_record *in,
                             const struct vf_output *out)
{
    vf_buffer_append_text(&demo->text, "REFUSED ");
    vf_escape_plain(&demo->text, in->key);
    vf_buffer_printf(&demo->text, "  %s: ", out->stage);
    vf_escape_plain(&demo->text, vf_slice_of(out->reason.text));
    vf_buffer_append_char(&demo->text, '\n');
}

static void on_output(void *owner, const struct vf_record *in, const struct vf_output *out,
                      const struct wire_schema *schema)
{
    struct demo *demo = owner;
    (void)schema;

    vf_buffer_clear(&demo->text);
    if (out->outcome == VF_OUTCOME_EVENT)
        show_event(demo, out->event);
    else
        show_dead_letter(demo, in, out);
    fwrite(demo->text.data, 1, demo->text.len, stdout);
}

/* The configuration of the demo: the user's, with the embedded cluster as its brokers. */
static int set_brokers(const struct vf_mock *mock, struct vf_config *config, struct vf_arena *arena,
                       struct vf_error *err)
{
    static const char *const fixed[] = {
        "kafka.consumer.group.id=visitfeed-demo",
        "kafka.consumer.auto.offset.reset=earliest",
        "kafka.consumer.fetch.wait.max.ms=10", /* the embedded cluster waits it out in full */
        "log.status.interval=0",
        "log.levels=info,librdkafka=error", /* it warns of what the embedded cluster lacks */
    };

    struct vf_slice brokers =
        vf_arena_printf(arena, "kafka.bootstrap.servers=%s", vf_mock_bootstrap(mock));
    int rc = vf_options_set(&vf_config_options, brokers, config, arena, err);
    for (size_t i = 0; !rc && i < sizeof fixed / sizeof *fixed; i++)
        rc = vf_options_set(&vf_config_options, vf_slice_of(fixed[i]), config, arena, err);
    return rc;
}

static int create_topics(struct vf_mock *mock, const struct vf_config *config, struct vf_error *err)
{
    const struct vf_slice topics[] = {config->input_visits, config->input_meetings,
                                      config->output_visits, config->output_meetings,
                                      config->output_dead_letter};
    int rc = VF_OK;
    for (size_t i = 0; !rc && i < sizeof topics / sizeof *topics; i++)
        rc = vf_mock_topic(mock, topics[i].ptr, PARTITIONS, err);
    return rc;
}

/* in = out + dead letters, or the demo has failed. */
static bool reconcile(const struct vf_app_totals *totals, uint64_t sent)
{
    bool right = totals->in == sent && totals->in == totals->out + totals->dead_letters;

    printf("\nreconciliation: sent %llu, in %llu = out %llu + dead letters %llu%s\n",
           (unsigned long long)sent, (unsigned long long)totals->in,
           (unsigned long long)totals->out, (unsigned long long)totals->dead_letters,
           right ? "" : "  DOES NOT ADD UP");
    return right;
}

static int run_demo(struct demo *demo, struct vf_mock *mock, struct vf_config *config,
                    struct vf_arena *arena, struct vf_error *err)
{
    struct vf_slice sample = vf_data_path("sample", arena);
    struct vf_app_hooks hooks = {.on_output = on_output, .owner = demo};
    struct vf_app_totals totals;
    uint64_t sent;

    int rc = sample.ptr ? VF_OK : vf_error_set(err, VF_ENOMEM, "out of memory");
    if (!rc)
        rc = set_brokers(mock, config, arena, err);
    if (!rc)
        rc = vf_config_apply_log(config, err);
    if (!rc)
        rc = create_topics(mock, config, err);
    if (!rc)
        rc = vf_demo_feed(config, sample.ptr, arena, &sent, err);
    if (rc)
        return rc;
    printf("%llu records are in the embedded Kafka at %s; the daemon starts.\n\n",
           (unsigned long long)sent, vf_mock_bootstrap(mock));
    fflush(stdout);
    hooks.stop_after = sent;
    rc = vf_app_run(config, &hooks, &totals, err);
    for (int kind = 0; kind < VF_EVENT_KIND_COUNT; kind++)
        fwrite(vf_buffer_slice(&demo->first[kind]).ptr, 1, demo->first[kind].len, stdout);
    if (!rc && !reconcile(&totals, sent))
        rc = vf_error_set(err, VF_EDATA, "records are missing or doubled");
    return rc;
}

int vf_command_demo(const struct vf_command_line *line, const struct vf_config *config,
                    struct vf_arena *arena)
{
    static struct vf_config own; /* large */
    struct demo demo = {.line = line};
    struct vf_mock *mock;
    struct vf_error err = {0};

    own = *config;
    vf_buffer_init(&demo.text, VIEW_MAX);
    for (int kind = 0; kind < VF_EVENT_KIND_COUNT; kind++)
        vf_buffer_init(&demo.first[kind], VIEW_MAX);
    int rc = vf_mock_create(1, &mock, &err);
    if (!rc) {
        rc = run_demo(&demo, mock, &own, arena, &err);
        vf_mock_free(mock);
    }
    vf_buffer_release(&demo.text);
    for (int kind = 0; kind < VF_EVENT_KIND_COUNT; kind++)
        vf_buffer_release(&demo.first[kind]);
    return rc ? vf_command_fail(&err) : VF_EXIT_OK;
}
