#include "base/date.h"
#include "generator_internal.h"
#include <inttypes.h>

enum { PARTNER_SEARCH = 20 };  /* events back in which a meeting looks for its visit */
#define MEETING_OF_A_VISIT 0.3 /* share of meetings that are told to be part of one */

/* What visits and meetings of the sample have in common. */
struct common {
    const struct vf_person_array *participants;
    const struct vf_string_array *organizations;
    const struct vf_string_array *topics;
    struct vf_slice occasion;
    struct vf_slice source;
    struct vf_slice language;
    struct vf_slice attribution;
    int32_t status;
    const struct vf_reported_dates *dates;
    const struct vf_bilateral_relations *bilateral;
};

static struct common common_of(enum vf_kind kind, const void *report)
{
    if (kind == VF_KIND_VISIT) {
        const struct vf_visit *visit = report;
        return (struct common){&visit->participants, &visit->organizations, &visit->topics,
                               visit->occasion,      visit->source,         visit->language,
                               visit->attribution,   visit->status,         visit->dates,
                               visit->bilateral};
    }
    const struct vf_meeting *meeting = report;
    return (struct common){&meeting->participants, &meeting->organizations, &meeting->topics,
                           meeting->occasion,      meeting->source,         meeting->language,
                           meeting->attribution,   meeting->status,         meeting->dates,
                           meeting->bilateral};
}

static const void *pick(const struct pool *pool, struct chance *chance)
{
    double wanted = chance_share(chance) * pool->sums[pool->count - 1];
    size_t low = 0, high = pool->count - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (pool->sums[middle] > wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return pool->reports[low];
}

static struct common pick_common(const struct vf_generator *generator, enum vf_kind kind,
                                 struct chance *chance)
{
    return common_of(kind, pick(&generator->pools[kind], chance));
}

/* As often as the sample has it. */
static enum vf_kind kind_of(const struct vf_generator *generator, uint64_t number)
{
    size_t visits = generator->pools[VF_KIND_VISIT].count;
    size_t meetings = generator->pools[VF_KIND_MEETING].count;
    struct chance chance;

    if (generator->config.kind != VF_KIND_AUTO)
        return generator->config.kind;
    chance_begin(&chance, generator->config.seed, number, PURPOSE_KIND);
    return chance_below(&chance, visits + meetings) < visits ? VF_KIND_VISIT : VF_KIND_MEETING;
}

/* The first that is picked for an event: who reported it, and how it is built. */
static struct common frame_of(const struct vf_generator *generator, uint64_t number,
                              enum vf_kind kind, struct chance *chance)
{
    chance_begin(chance, generator->config.seed, number, PURPOSE_CONTENT);
    return pick_common(generator, kind, chance);
}

static struct vf_slice id_of(struct vf_generator *generator, uint64_t number)
{
    return vf_arena_printf(&generator->arena, "gen-%" PRIu64 "-%" PRIu64, generator->config.seed,
                           number);
}

/* As many people as the frame has, each somebody of the same role in some report. */
static bool make_people(struct vf_generator *generator, enum vf_kind kind,
                        const struct vf_person_array *frame, struct chance *chance,
                        struct vf_person_array *out)
{
    enum { TRIES = 8 };

    out->items = vf_arena_calloc(&generator->arena, frame->count, sizeof *out->items);
    out->count = out->items ? frame->count : 0;
    for (size_t i = 0; i < out->count; i++) {
        out->items[i] = frame->items[i];
        for (int try = 0; try < TRIES; try++) {
            struct common other = pick_common(generator, kind, chance);
            if (!other.participants->count)
                continue;
            const struct vf_person *person =
                &other.participants->items[chance_below(chance, other.participants->count)];
            if (person->role != frame->items[i].role)
                continue;
            out->items[i] = *person;
            break;
        }
    }
    return out->items != NULL;
}

static bool make_day(struct vf_generator *generator, int32_t day, struct vf_slice *out)
{
    char text[VF_DATE_TEXT];
    size_t length = vf_day_format(day, text);

    *out = vf_arena_copy(&generator->arena, vf_slice(text, length));
    return out->ptr != NULL;
}

/* Near the day of the report: before it when it is over, behind it when it is planned. In words
 * where the frame has no more than words, not at all where it has no dates. */
static bool make_dates(struct vf_generator *generator, const struct common *frame,
                       int64_t published_ms, bool visit, struct chance *chance,
                       struct vf_reported_dates **out)
{
    bool planned = frame->status == VF_EVENT_STATUS_PLANNED;
    int32_t day = vf_day_from_millis(published_ms);

    *out = NULL;
    if (!frame->dates)
        return true;
    *out = vf_arena_calloc(&generator->arena, 1, sizeof **out);
    if (!*out)
        return false;
    if (!frame->dates->start.ptr) {
        (*out)->text = vf_slice_of(planned ? "tomorrow" : "today");
        return true;
    }
    day += planned ? 1 + (int32_t)chance_below(chance, 30) : -(int32_t)chance_below(chance, 4);
    int32_t last = day + (visit ? (int32_t)chance_below(chance, 5) : 0);
    return make_day(generator, day, &(*out)->start) &&
           (last == day || make_day(generator, last, &(*out)->end));
}

/* A revision tells another state of things. */
static int32_t status_of(const struct vf_generator *generator, uint64_t number, int32_t revision,
                         int32_t first)
{
    static const int32_t later[] = {VF_EVENT_STATUS_COMPLETED, VF_EVENT_STATUS_COMPLETED,
                                    VF_EVENT_STATUS_POSTPONED, VF_EVENT_STATUS_RESCHEDULED,
                                    VF_EVENT_STATUS_CANCELLED, VF_EVENT_STATUS_RETRACTED};
    struct chance chance;

    if (revision == 1)
        return first;
    chance_begin(&chance, generator->config.seed, number ^ (uint64_t)revision << 32,
                 PURPOSE_REVISION);
    return later[chance_below(&chance, sizeof later / sizeof *later)];
}

static bool make_visit(struct vf_generator *generator, uint64_t number, int32_t revision,
                       struct vf_visit *out)
{
    const struct pool *pool = &generator->pools[VF_KIND_VISIT];
    struct chance chance;
    struct common frame = frame_of(generator, number, VF_KIND_VISIT, &chance);
    struct common matter = pick_common(generator, VF_KIND_VISIT, &chance);
    const struct vf_visit *route = pick(pool, &chance);
    int64_t published =
        generator->config.begin_ms + (int64_t)number * generator->config.interval_ms;

    *out = (struct vf_visit){.event_id = id_of(generator, number),
                             .source = frame.source,
                             .revision = revision,
                             .attribution = frame.attribution,
                             .language = frame.language,
                             .published_at = {true, published},
                             .status = status_of(generator, number, revision, frame.status),
                             .visit_type = route->visit_type,
                             .stops = route->stops,
                             .organizations = *matter.organizations,
                             .occasion = matter.occasion,
                             .topics = *matter.topics,
                             .bilateral = (struct vf_bilateral_relations *)frame.bilateral};
    return out->event_id.ptr &&
           make_people(generator, VF_KIND_VISIT, frame.participants, &chance, &out->participants) &&
           make_dates(generator, &frame, published, true, &chance, &out->dates);
}

/* The visit shortly before that a meeting may be part of; the meeting's own number: none. */
static uint64_t find_visit(const struct vf_generator *generator, uint64_t number)
{
    for (uint64_t back = 1; back <= PARTNER_SEARCH && back <= number; back++)
        if (kind_of(generator, number - back) == VF_KIND_VISIT)
            return number - back;
    return number;
}

static bool make_meeting(struct vf_generator *generator, uint64_t number, int32_t revision,
                         struct vf_meeting *out)
{
    const struct pool *pool = &generator->pools[VF_KIND_MEETING];
    struct chance chance, of_visit;
    struct common frame = frame_of(generator, number, VF_KIND_MEETING, &chance);
    struct common matter = pick_common(generator, VF_KIND_MEETING, &chance);
    const struct vf_meeting *setting = pick(pool, &chance);
    int64_t published =
        generator->config.begin_ms + (int64_t)number * generator->config.interval_ms;

    *out = (struct vf_meeting){.event_id = id_of(generator, number),
                               .source = frame.source,
                               .revision = revision,
                               .attribution = frame.attribution,
                               .language = frame.language,
                               .published_at = {true, published},
                               .status = status_of(generator, number, revision, frame.status),
                               .modality = setting->modality,
                               .place = setting->place,
                               .organizations = *matter.organizations,
                               .occasion = matter.occasion,
                               .topics = *matter.topics,
                               .bilateral = (struct vf_bilateral_relations *)frame.bilateral};
    uint64_t visit = find_visit(generator, number);
    if (visit != number && chance_share(&chance) < MEETING_OF_A_VISIT) {
        out->visit_id = id_of(generator, visit);
        out->source = frame_of(generator, visit, VF_KIND_VISIT, &of_visit).source;
    }
    return out->event_id.ptr &&
           make_people(generator, VF_KIND_MEETING, frame.participants, &chance,
                       &out->participants) &&
           make_dates(generator, &frame, published, false, &chance, &out->dates);
}

int generator_make(struct vf_generator *generator, uint64_t number, int32_t revision,
                   struct vf_generated *out, struct vf_error *err)
{
    out->kind = kind_of(generator, number);
    bool made = out->kind == VF_KIND_VISIT
                    ? make_visit(generator, number, revision, &generator->visit)
                    : make_meeting(generator, number, revision, &generator->meeting);
    out->event = out->kind == VF_KIND_VISIT ? (const void *)&generator->visit
                                            : (const void *)&generator->meeting;
    return made ? VF_OK : vf_error_set(err, VF_ENOMEM, "out of memory for an event");
}
