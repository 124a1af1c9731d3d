#include "generator.h"

#include "base/memory.h"
#include "codec/wire_json.h"
#include "feed/input.h"
#include "generator_internal.h"
#include <math.h>
#include <stdlib.h>

enum {
    SAMPLE_BYTES_MAX = 512 << 20, /* memory for all reports */
    EVENT_BYTES_MAX = 16 << 20,   /* memory for one event */
    ARENA_BLOCK = 64 * 1024,
    RECORD_MAX = 8 << 20, /* bytes of one report in a file */
    BREAKS = 6,           /* ways to break a value */
};

/* ---- chance ---- */

/* splitmix64: every number and every purpose has a sequence of its own. */
static uint64_t mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

void chance_begin(struct chance *chance, uint64_t seed, uint64_t number, uint64_t purpose)
{
    chance->state = mix(mix(seed ^ purpose) ^ number);
}

uint64_t chance_below(struct chance *chance, uint64_t bound)
{
    chance->state = mix(chance->state);
    return bound ? (uint64_t)(((unsigned __int128)chance->state * bound) >> 64) : 0;
}

double chance_share(struct chance *chance)
{
    return (double)(chance_below(chance, (uint64_t)1 << 53)) / (double)((uint64_t)1 << 53);
}

/* ---- the sample ---- */

static const char *const schema_texts[VF_KIND_COUNT] = {vf_visit_schema_json,
                                                        vf_meeting_schema_json};

static int keep_report(struct vf_generator *generator, enum vf_kind kind, const void *event,
                       struct vf_error *err)
{
    struct pool *pool = &generator->pools[kind];

    if (pool->count == VF_GENERATOR_REPORTS_MAX)
        return vf_error_set(err, VF_ELIMIT, "the sample has more than %d reports of a kind",
                            VF_GENERATOR_REPORTS_MAX);
    if (pool->count == pool->capacity) {
        size_t capacity = pool->capacity ? pool->capacity * 2 : 64;
        const void **grown = vf_realloc(pool->reports, capacity * sizeof *grown);
        if (!grown)
            return vf_error_set(err, VF_ENOMEM, "out of memory");
        pool->reports = grown;
        pool->capacity = capacity;
    }
    pool->reports[pool->count++] = event;
    return VF_OK;
}

/* A report is taken for what its fields say; what is neither is passed over. */
static int learn(struct vf_generator *generator, struct vf_slice text, struct vf_error *err)
{
    for (int kind = 0; kind < VF_KIND_COUNT; kind++) {
        const struct wire_schema *schema = generator->schemas[kind];
        void *event = vf_arena_alloc(&generator->sample, wire_schema_size(schema));
        if (!event)
            return vf_error_set(err, VF_ENOMEM, "out of memory for the sample");
        int rc = wire_json_read(schema, text, NULL, &generator->sample, event, NULL);
        if (!rc)
            return keep_report(generator, (enum vf_kind)kind, event, err);
        if (rc == VF_ENOMEM)
            return vf_error_set(err, VF_ENOMEM, "out of memory for the sample");
    }
    return VF_OK;
}

static int read_sample(struct vf_generator *generator, const char *path, struct vf_error *err)
{
    struct vf_input *input;
    struct vf_input_item item;

    int rc = vf_input_open(path, VF_INPUT_AUTO, RECORD_MAX, &input, err);
    if (rc)
        return rc;
    if (vf_input_format(input) == VF_INPUT_AVRO)
        rc = vf_error_set(err, VF_EDATA, "%s: a sample has to be JSON", path);
    while (!rc) {
        rc = vf_input_next(input, &item, err);
        if (rc == VF_EAGAIN || rc == VF_EEMPTY || rc == VF_ELIMIT) {
            rc = VF_OK;
            continue;
        }
        if (!rc)
            rc = learn(generator, item.bytes, err);
    }
    vf_input_close(input);
    if (rc == VF_ENOENT)
        return VF_OK;
    vf_error_prefix(err, "%s", path);
    return rc;
}

/* Weights of the reports, summed up: what a share of chance picks. */
static int weigh(struct pool *pool, double skew, struct vf_error *err)
{
    double sum = 0;

    if (!pool->count)
        return VF_OK;
    pool->sums = vf_malloc(pool->count * sizeof *pool->sums);
    if (!pool->sums)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    for (size_t i = 0; i < pool->count; i++) {
        sum += pow((double)(i + 1), -skew);
        pool->sums[i] = sum;
    }
    return VF_OK;
}

static int prepare(struct vf_generator *generator, struct vf_error *err)
{
    const struct vf_generator_config *config = &generator->config;
    int rc = VF_OK;

    for (int kind = 0; !rc && kind < VF_KIND_COUNT; kind++)
        rc = wire_schema_parse(vf_slice_of(schema_texts[kind]), &generator->schemas[kind], err);
    for (int i = 0; !rc && i < config->sample_count; i++)
        rc = read_sample(generator, config->samples[i], err);
    for (int kind = 0; !rc && kind < VF_KIND_COUNT; kind++) {
        bool wanted = config->kind == VF_KIND_AUTO || (int)config->kind == kind;
        if (wanted && !generator->pools[kind].count && config->kind != VF_KIND_AUTO)
            return vf_error_set(err, VF_EDATA, "the sample has no %s",
                                vf_kind_name((enum vf_kind)kind));
        rc = weigh(&generator->pools[kind], config->skew, err);
    }
    if (!rc && !generator->pools[VF_KIND_VISIT].count && !generator->pools[VF_KIND_MEETING].count)
        rc = vf_error_set(err, VF_EDATA, "the sample has neither a visit nor a meeting");
    return rc;
}

int vf_generator_create(const struct vf_generator_config *config, struct vf_generator **out,
                        struct vf_error *err)
{
    struct vf_generator *generator = vf_calloc(1, sizeof *generator);

    *out = NULL;
    if (!generator)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    generator->config = *config;
    vf_arena_init(&generator->sample, ARENA_BLOCK, SAMPLE_BYTES_MAX);
    vf_arena_init(&generator->arena, ARENA_BLOCK, EVENT_BYTES_MAX);
    int rc = prepare(generator, err);
    if (rc) {
        vf_generator_free(generator);
        return rc;
    }
    *out = generator;
    return VF_OK;
}

void vf_generator_free(struct vf_generator *generator)
{
    if (!generator)
        return;
    for (int kind = 0; kind < VF_KIND_COUNT; kind++) {
        wire_schema_free(generator->schemas[kind]);
        vf_free(generator->pools[kind].reports);
        vf_free(generator->pools[kind].sums);
    }
    vf_arena_release(&generator->sample);
    vf_arena_release(&generator->arena);
    vf_free(generator);
}

void vf_generator_rewind(struct vf_generator *generator)
{
    generator->number = 0;
}

/* ---- which event ---- */

/* The event of that number: a new one, or one of those before. */
int vf_generator_next(struct vf_generator *generator, struct vf_generated *out,
                      struct vf_error *err)
{
    const struct vf_generator_config *config = &generator->config;
    uint64_t number = generator->number++;
    uint64_t shown = number;
    int32_t revision = 1;
    struct chance chance;

    chance_begin(&chance, config->seed, number, PURPOSE_WHICH);
    double share = chance_share(&chance);
    uint64_t recent = number < VF_GENERATOR_RECENT ? number : VF_GENERATOR_RECENT;
    out->bad = share < config->bad;
    share -= config->bad;
    if (share >= 0 && recent && share < config->duplicates + config->revisions) {
        shown = number - 1 - chance_below(&chance, recent);
        revision = share < config->duplicates ? 1 : 2 + (int32_t)chance_below(&chance, 3);
    } else if (share >= 0 && number >= (uint64_t)config->hot_keys &&
               share < config->duplicates + config->revisions + config->hot) {
        shown = chance_below(&chance, (uint64_t)config->hot_keys);
        revision = (int32_t)(number % (INT32_MAX - 2)) + 2;
    }
    vf_arena_reset(&generator->arena);
    return generator_make(generator, shown, revision, out, err);
}

/* ---- broken values ---- */

static void break_text(struct vf_slice text, uint64_t way, struct vf_buffer *out)
{
    switch (way) {
    case 0: vf_buffer_append(out, text.ptr, text.len / 2); break;
    case 1:
        vf_buffer_append_slice(out, text);
        vf_buffer_append_text(out, "}");
        break;
    case 2: vf_buffer_append_text(out, "{}"); break;
    case 3: vf_buffer_append_text(out, "null"); break;
    case 4:
        vf_buffer_append_char(out, '\'');
        vf_buffer_append_slice(out, text);
        break;
    default:
        vf_buffer_append(out, text.ptr, text.len - 1);
        vf_buffer_append_text(out, ",\"colour\":\"blue\"}");
        break;
    }
}

static void break_value(struct vf_slice value, uint64_t way, struct vf_buffer *out)
{
    enum { INTO_ID = 7 }; /* a byte of the first string in a framed value */

    switch (way) {
    case 0: vf_buffer_append(out, value.ptr, value.len / 2); break;
    case 1:
        vf_buffer_append_slice(out, value);
        vf_buffer_append_char(out, 0);
        break;
    case 2:
        vf_buffer_append(out, "\0\x7F\xFF\xFF\xFF", 5); /* an id that no registry has */
        vf_buffer_append(out, value.ptr + 5, value.len > 5 ? value.len - 5 : 0);
        break;
    case 3: break; /* empty */
    case 4: vf_buffer_append_text(out, "{\"not\": \"framed\"}"); break;
    default:
        vf_buffer_append_slice(out, value);
        if (out->len > INTO_ID)
            out->data[INTO_ID] = '\xFF';
        break;
    }
}

int vf_generator_break(struct vf_generator *generator, struct vf_slice value, bool text,
                       struct vf_buffer *out, struct vf_error *err)
{
    struct chance chance;

    chance_begin(&chance, generator->config.seed, generator->number, PURPOSE_BREAK);
    vf_buffer_clear(out);
    if (text)
        break_text(value, chance_below(&chance, BREAKS), out);
    else
        break_value(value, chance_below(&chance, BREAKS), out);
    return out->failed ? vf_error_set(err, VF_ENOMEM, "out of memory") : VF_OK;
}

int vf_share_parse(struct vf_slice text, double *out, struct vf_error *err)
{
    char *end;

    *out = strtod(text.ptr, &end);
    bool valid = end != text.ptr && isfinite(*out);
    if (valid && *end == '%') {
        *out /= 100;
        end++;
    }
    if (valid && !*end && *out >= 0 && *out <= 1)
        return VF_OK;
    return vf_error_set(err, VF_EUSAGE, "\"%s\" is no share such as 0.05 or 5%%", text.ptr);
}
