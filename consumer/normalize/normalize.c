#include "normalize/normalize.h"

#include "normalize/work.h"

/* ---- what visits and meetings have in common ---- */

static void view_visit(const struct vf_visit *in, struct vf_report *out)
{
    *out = (struct vf_report){
        .is_visit = true,
        .event_id = in->event_id,
        .source = in->source,
        .revision = in->revision,
        .supersedes = in->supersedes,
        .source_url = in->source_url,
        .attribution = in->attribution,
        .language = in->language,
        .published_at = in->published_at,
        .status = in->status,
        .visit_type = in->visit_type,
        .dates = in->dates,
        .places = in->stops,
        .people = in->participants,
        .organizations = in->organizations,
        .occasion = in->occasion,
        .topics = in->topics,
        .statements = in->statements,
        .bilateral = in->bilateral,
    };
}

static void view_meeting(const struct vf_meeting *in, struct vf_report *out)
{
    *out = (struct vf_report){
        .event_id = in->event_id,
        .source = in->source,
        .revision = in->revision,
        .supersedes = in->supersedes,
        .source_url = in->source_url,
        .attribution = in->attribution,
        .language = in->language,
        .published_at = in->published_at,
        .status = in->status,
        .modality = in->modality,
        .visit_id = in->visit_id,
        .dates = in->dates,
        .places = {in->place, in->place ? 1 : 0},
        .people = in->participants,
        .organizations = in->organizations,
        .occasion = in->occasion,
        .topics = in->topics,
        .statements = in->statements,
        .bilateral = in->bilateral,
    };
}

static int check_report(const struct vf_report *report, struct vf_error *err)
{
    if (!report->event_id.len)
        return vf_error_set(err, VF_EDATA, "event_id is empty");
    if (!report->source.len)
        return vf_error_set(err, VF_EDATA, "source is empty");
    return VF_OK;
}

/* ---- the date ---- */

static enum vf_tense tense_of(int32_t status)
{
    switch (status) {
    case VF_EVENT_STATUS_PLANNED:
    case VF_EVENT_STATUS_POSTPONED:
    case VF_EVENT_STATUS_RESCHEDULED: return VF_TENSE_FUTURE;
    case VF_EVENT_STATUS_CANCELLED:
    case VF_EVENT_STATUS_RETRACTED: return VF_TENSE_EITHER;
    default: return VF_TENSE_PAST;
    }
}

static int resolve_date(struct vf_work *work)
{
    enum { MILLIS_PER_DAY = 86400000 };
    const struct vf_report *report = work->report;
    struct vf_date_question question = {
        .language = report->language, .published = VF_DAY_MIN, .tense = tense_of(report->status)};

    if (report->dates) {
        question.text = report->dates->text;
        question.start = report->dates->start;
        question.end = report->dates->end;
    }
    if (report->published_at.present) {
        int year;
        int month;
        int day;
        question.published = vf_day_from_millis(report->published_at.value);
        vf_civil_from_day(question.published, &year, &month, &day);
        /* The first of a month at midnight is how a month without a day is given. */
        question.published_by_month = day == 1 && report->published_at.value % MILLIS_PER_DAY == 0;
    }
    int rc = vf_date_resolve(&question, work->memo, work->arena, &work->date);
    if (rc)
        return rc;
    work->flags |= work->date.flags;
    work->as_of = work->date.first;
    work->as_of_last = work->date.last;
    if (work->as_of == VF_DAY_MIN)
        work->as_of = work->date.last == VF_DAY_MAX ? VF_DAY_MIN : work->date.last;
    if (work->as_of == VF_DAY_MIN && question.published != VF_DAY_MIN) {
        work->as_of = work->as_of_last = question.published;
        work->flags |= VF_FLAG_BIT(MEMBERSHIP_AS_OF_PUBLICATION);
    }
    if (work->as_of_last == VF_DAY_MAX)
        work->as_of_last = work->as_of;
    return VF_OK;
}

/* ---- context and organizations ---- */

/* Whether what stands before a colon may be an acronym: it does not end in a small letter. */
static bool may_tell_acronym(struct vf_slice text)
{
    const char *colon = text.ptr;
    const char *stop = text.ptr + text.len;

    while ((colon = memchr(colon, ':', (size_t)(stop - colon))) != NULL) {
        const char *before = colon++;
        while (before > text.ptr && (before[-1] == ' ' || before[-1] == ')'))
            before--;
        if (before > text.ptr && (before[-1] < 'a' || before[-1] > 'z') &&
            (before[-1] < '0' || before[-1] > '9'))
            return true;
    }
    return false;
}

static void add_text(struct vf_work *work, struct vf_slice text)
{
    if (!text.len || work->context.text_count == VF_CONTEXT_TEXTS)
        return;
    work->context_texts[work->context.text_count++] = text;
    work->acronyms_told = work->acronyms_told || may_tell_acronym(text);
}

static void set_context(struct vf_work *work)
{
    const struct vf_report *report = work->report;

    work->context = (struct vf_name_context){.language = report->language,
                                             .countries = work->context_countries,
                                             .organizations = work->organizations,
                                             .texts = work->context_texts,
                                             .told = &work->context_told,
                                             .memo = work->memo,
                                             .day = work->as_of};
    add_text(work, report->occasion);
    for (size_t i = 0; i < report->organizations.count; i++)
        add_text(work, report->organizations.items[i]);
    for (size_t i = 0; i < report->people.count; i++)
        add_text(work, report->people.items[i].office);
    add_text(work, report->attribution);
    for (size_t i = 0; i < report->topics.count; i++)
        add_text(work, report->topics.items[i]);
}

static void add_organization(struct vf_work *work, vf_organization_index organization)
{
    if (organization == VF_NO_ORGANIZATION || work->organization_count == VF_ORGANIZATIONS_SEEN)
        return;
    for (size_t i = 0; i < work->organization_count; i++)
        if (work->organizations[i] == organization)
            return;
    work->organizations[work->organization_count++] = organization;
    work->context.organization_count = work->organization_count;
}

static int write_organization(struct vf_work *work, struct vf_slice text,
                              struct vf_organization_match *out)
{
    struct vf_organization_reading reading;

    *out = (struct vf_organization_match){.text = text};
    int rc = vf_ask_organization(work, text, &reading);
    if (rc)
        return rc;
    out->method = reading.method;
    if (reading.organization != VF_NO_ORGANIZATION) {
        const struct vf_organization *organization =
            vf_reference_organization(work->reference, reading.organization);
        out->organization_id = organization->id;
        out->name = organization->name;
        out->acronym = organization->acronym;
        add_organization(work, reading.organization);
    } else {
        work->flags |= reading.alternative_count ? VF_FLAG_BIT(AMBIGUOUS_ORGANIZATION)
                                                 : VF_FLAG_BIT(UNKNOWN_ORGANIZATION);
    }
    struct vf_slice *ids = vf_arena_calloc(work->arena, reading.alternative_count, sizeof *ids);
    if (!ids)
        return VF_ENOMEM;
    for (size_t i = 0; i < reading.alternative_count; i++)
        ids[i] = vf_reference_organization(work->reference, reading.alternatives[i])->id;
    out->alternatives = (struct vf_string_array){ids, reading.alternative_count};
    return VF_OK;
}

int vf_write_organizations(struct vf_work *work, struct vf_normalized_event *out)
{
    size_t count = work->report->organizations.count;
    struct vf_organization_match *items = vf_arena_calloc(work->arena, count, sizeof *items);

    if (!items)
        return VF_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        int rc = write_organization(work, work->report->organizations.items[i], &items[i]);
        if (rc)
            return rc;
    }
    out->organizations = (struct vf_organization_match_array){items, count};
    return VF_OK;
}

/* ---- the occasion ---- */

/* An organization of the report whose text has the same number: "143rd Assembly of the IPU". */
static int organization_by_ordinal(struct vf_work *work, const struct vf_normalized_event *out)
{
    for (size_t i = 0; i < out->organizations.count; i++) {
        const struct vf_organization_match *match = &out->organizations.items[i];
        struct vf_occasion_reading reading;
        if (!match->organization_id.ptr)
            continue;
        int rc = vf_ask_occasion(work, match->text, &reading);
        if (rc)
            return rc;
        vf_organization_index organization =
            vf_reference_find_organization(work->reference, match->organization_id);
        bool same = work->occasion_organization == VF_NO_ORGANIZATION
                        ? reading.ordinal == work->occasion.ordinal
                        : work->occasion_organization == organization && !work->occasion.ordinal;
        if (!reading.ordinal || !same)
            continue;
        work->occasion_organization = organization;
        work->occasion.ordinal = reading.ordinal;
        return VF_OK;
    }
    return VF_OK;
}

static int resolve_occasion(struct vf_work *work, struct vf_normalized_event *out)
{
    struct vf_slice text = work->report->occasion;
    struct vf_organization_reading reading;

    work->occasion_organization = VF_NO_ORGANIZATION;
    if (!text.ptr)
        return VF_OK;
    int rc = vf_ask_occasion(work, text, &work->occasion);
    if (!rc)
        rc = vf_ask_organization(work, work->occasion.text, &reading);
    if (rc)
        return rc;
    work->occasion_organization = reading.organization;
    bool gathering = work->occasion.gathering;
    if (gathering && (reading.organization == VF_NO_ORGANIZATION || !work->occasion.ordinal)) {
        rc = organization_by_ordinal(work, out);
        if (rc)
            return rc;
    }
    if (gathering && work->occasion_organization == VF_NO_ORGANIZATION &&
        work->organization_count == 1)
        work->occasion_organization = work->organizations[0];
    out->occasion = vf_arena_calloc(work->arena, 1, sizeof *out->occasion);
    if (!out->occasion)
        return VF_ENOMEM;
    out->occasion->text = text;
    out->occasion->ordinal =
        (struct vf_optional_int){work->occasion.ordinal > 0, work->occasion.ordinal};
    if (work->occasion_organization != VF_NO_ORGANIZATION)
        out->occasion->organization_id =
            vf_reference_organization(work->reference, work->occasion_organization)->id;
    return VF_OK;
}

/* ---- people ---- */

static int write_person(struct vf_work *work, size_t i, struct vf_participant *out)
{
    const struct vf_person *in = &work->report->people.items[i];
    const struct vf_person_work *person = &work->people[i];
    struct vf_person_hint hint = {.office = person->office_class};

    *out = (struct vf_participant){.name = person->name.name,
                                   .honorific = person->name.honorific,
                                   .text = in->name,
                                   .person_key = vf_slice("", 0),
                                   .role = in->role,
                                   .office = person->office_class,
                                   .office_text = in->office};
    work->flags |= person->name.flags;
    if (person->country != VF_NO_COUNTRY)
        out->country = hint.country = vf_reference_country(work->reference, person->country)->iso3;
    if (person->organization != VF_NO_ORGANIZATION)
        out->organization_id = vf_reference_organization(work->reference, person->organization)->id;
    out->person_key = vf_person_key(&person->name, &hint, work->arena);
    return out->person_key.ptr ? VF_OK : VF_ENOMEM;
}

int vf_write_people(struct vf_work *work, struct vf_normalized_event *out)
{
    size_t count = work->report->people.count;
    struct vf_participant *items = vf_arena_calloc(work->arena, count, sizeof *items);

    if (!items)
        return VF_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        int rc = write_person(work, i, &items[i]);
        if (rc)
            return rc;
    }
    out->participants = (struct vf_participant_array){items, count};
    return VF_OK;
}

/* ---- the whole ---- */

static const vf_flags place_doubts = VF_FLAG_BIT(AMBIGUOUS_COUNTRY) | VF_FLAG_BIT(UNKNOWN_COUNTRY) |
                                     VF_FLAG_BIT(AMBIGUOUS_CITY) | VF_FLAG_BIT(UNKNOWN_CITY) |
                                     VF_FLAG_BIT(SEVERAL_STOPS) | VF_FLAG_BIT(PLACE_CONFLICT) |
                                     VF_FLAG_BIT(VENUE_AS_CITY);

/* What was read early helps to read what is ambiguous alone. */
static int find_out(struct vf_work *work, struct vf_normalized_event *out)
{
    int rc = vf_read_people(work);
    vf_flags before = work->flags;

    if (!rc)
        rc = vf_resolve_places(work);
    vf_flags doubts = work->flags & place_doubts & ~before;
    if (!rc)
        rc = vf_write_organizations(work, out);
    if (!rc)
        rc = resolve_occasion(work, out);
    if (!rc)
        rc = vf_complete_people(work);
    if (!rc && (doubts & (VF_FLAG_BIT(AMBIGUOUS_COUNTRY) | VF_FLAG_BIT(AMBIGUOUS_CITY)))) {
        work->flags &= ~doubts;
        rc = vf_resolve_places(work);
    }
    if (rc)
        return rc;
    vf_infer_people(work);
    vf_find_parties(work);
    return VF_OK;
}

static int write_places(struct vf_work *work, struct vf_normalized_event *out)
{
    struct vf_resolved_place *items =
        vf_arena_alloc(work->arena, work->place_count * sizeof *items);

    if (!items)
        return VF_ENOMEM;
    if (work->place_count)
        memcpy(items, work->places, work->place_count * sizeof *items);
    out->places = (struct vf_resolved_place_array){items, work->place_count};
    if (work->host != VF_NO_COUNTRY)
        out->host = vf_reference_country(work->reference, work->host)->iso3;
    return VF_OK;
}

static void write_date(const struct vf_work *work, struct vf_normalized_event *out)
{
    const struct vf_date_answer *date = &work->date;
    bool first = date->first != VF_DAY_MIN;
    bool last = date->last != VF_DAY_MAX;

    out->date = (struct vf_event_date){.start = {first, first ? date->first : 0},
                                       .end = {last, last ? date->last : 0},
                                       .precision = date->precision,
                                       .basis = date->basis};
    if (work->report->dates)
        out->date.text = work->report->dates->text;
    out->reference.snapshot = vf_reference_snapshot(work->reference);
    if (work->as_of != VF_DAY_MIN)
        out->reference.as_of = (struct vf_optional_int){true, work->as_of};
}

static void write_head(const struct vf_report *report, struct vf_normalized_event *out)
{
    out->kind = report->is_visit ? VF_EVENT_KIND_VISIT : VF_EVENT_KIND_MEETING;
    out->report = (struct vf_report_ref){.source = report->source,
                                         .event_id = report->event_id,
                                         .revision = report->revision,
                                         .supersedes = report->supersedes,
                                         .url = report->source_url,
                                         .attribution = report->attribution,
                                         .language = report->language,
                                         .published_at = report->published_at};
    out->status = report->status;
    out->visit_type = vf_slice_of(vf_visit_type_name(report->visit_type));
    out->modality = vf_slice_of(vf_modality_name(report->modality));
    out->topics = report->topics;
    out->statements = report->statements;
}

static int write_flags(struct vf_work *work, struct vf_normalized_event *out)
{
    size_t count = 0;
    struct vf_slice *names = vf_arena_alloc(work->arena, VF_FLAG_COUNT * sizeof *names);

    if (!names)
        return VF_ENOMEM;
    for (int flag = 0; flag < VF_FLAG_COUNT; flag++)
        if (work->flags >> flag & 1)
            names[count++] = vf_flag_name((enum vf_flag)flag);
    out->flags = (struct vf_string_array){names, count};
    return VF_OK;
}

static int normalize(struct vf_work *work, struct vf_normalized_event *out)
{
    int rc = resolve_date(work);

    if (rc)
        return rc;
    set_context(work);
    rc = find_out(work, out);
    if (!rc)
        rc = write_places(work, out);
    if (!rc)
        rc = vf_write_people(work, out);
    if (!rc)
        rc = vf_write_countries(work, out);
    if (!rc)
        rc = vf_write_relations(work, out);
    if (!rc)
        rc = vf_make_keys(work, &out->event_key, &out->parent_key);
    if (rc)
        return rc;
    write_date(work, out);
    return write_flags(work, out);
}

/* The tag's first bytes as a number: what the meaning of words depends on. */
static uint64_t salt_of(struct vf_slice language)
{
    uint64_t salt = 0;

    for (size_t i = 0; i < language.len && i < sizeof salt; i++)
        salt = salt << 8 | (unsigned char)language.ptr[i];
    return salt;
}

static int normalize_report(const struct vf_reference *reference, struct vf_memo *memo,
                            const struct vf_report *report, struct vf_arena *arena,
                            struct vf_normalized_event *out, struct vf_error *err)
{
    *out = (struct vf_normalized_event){0};
    int rc = check_report(report, err);
    if (rc)
        return rc;
    struct vf_work *work = vf_arena_alloc(arena, sizeof *work);
    if (!work)
        return vf_error_set(err, VF_ENOMEM, "the memory for one event is used up");
    *work = (struct vf_work){.reference = reference,
                             .arena = arena,
                             .report = report,
                             .memo = memo,
                             .language_salt = salt_of(report->language),
                             .language = vf_lexicon_language(report->language),
                             .host = VF_NO_COUNTRY,
                             .occasion_organization = VF_NO_ORGANIZATION};
    vf_memo_bind(memo, reference, vf_reference_snapshot(reference));
    write_head(report, out);
    rc = normalize(work, out);
    if (rc)
        return vf_error_set(err, rc, "the memory for one event is used up");
    return VF_OK;
}

int vf_normalize_visit(const struct vf_reference *reference, struct vf_memo *memo,
                       const struct vf_visit *in, struct vf_arena *arena,
                       struct vf_normalized_event *out, struct vf_error *err)
{
    struct vf_report report;

    view_visit(in, &report);
    return normalize_report(reference, memo, &report, arena, out, err);
}

int vf_normalize_meeting(const struct vf_reference *reference, struct vf_memo *memo,
                         const struct vf_meeting *in, struct vf_arena *arena,
                         struct vf_normalized_event *out, struct vf_error *err)
{
    struct vf_report report;

    view_meeting(in, &report);
    return normalize_report(reference, memo, &report, arena, out, err);
}
