/*
 * Whom people speak for. What is given comes first, then what the office says, then what follows
 * from the place and from the people named beside them.
 */
#include "normalize/work.h"

#include "base/error.h"
#include "base/fold.h"

void vf_work_add_context(struct vf_work *work, vf_country_index country)
{
    struct vf_name_context *context = &work->context;

    if (country == VF_NO_COUNTRY || context->country_count == VF_PARTIES_MAX)
        return;
    for (size_t i = 0; i < context->country_count; i++)
        if (work->context_countries[i] == country)
            return;
    work->context_countries[context->country_count++] = country;
}

/* The one country that a text mentions; ambiguous if it mentions one that cannot be told. */
static int only_mention(struct vf_work *work, struct vf_slice text, struct vf_country_match *out)
{
    struct vf_country_mention mentions[VF_MENTIONS_MAX];
    int n = vf_ask_mentions(work, text, mentions);

    if (n < 0)
        return n;
    for (int i = 0; i < n; i++) {
        out->ambiguous = out->ambiguous || mentions[i].match.ambiguous;
        if (mentions[i].match.country == VF_NO_COUNTRY || mentions[i].match.country == out->country)
            continue;
        if (out->country != VF_NO_COUNTRY) { /* two: neither */
            out->country = VF_NO_COUNTRY;
            out->ambiguous = true;
            return VF_OK;
        }
        *out = mentions[i].match;
    }
    return VF_OK;
}

int vf_work_country(struct vf_work *work, struct vf_slice text, struct vf_country_match *out)
{
    *out = (struct vf_country_match){.country = VF_NO_COUNTRY};
    if (!text.len)
        return VF_OK;
    for (size_t i = 0; i < work->seen_count; i++)
        if (vf_slice_equal(work->seen[i].text, text)) {
            *out = work->seen[i].match;
            return VF_OK;
        }
    int rc = vf_ask_country(work, text, out);
    if (!rc && out->country == VF_NO_COUNTRY && !out->ambiguous)
        rc = only_mention(work, text, out);
    if (rc)
        return rc;
    if (out->by_context)
        work->flags |= VF_FLAG_BIT(COUNTRY_BY_CONTEXT);
    if (!out->ambiguous && work->seen_count < VF_COUNTRIES_SEEN)
        work->seen[work->seen_count++] = (struct vf_country_seen){text, *out};
    vf_work_add_context(work, out->country);
    return VF_OK;
}

int vf_read_people(struct vf_work *work)
{
    size_t count = work->report->people.count;

    work->people = vf_arena_calloc(work->arena, count, sizeof *work->people);
    if (!work->people)
        return VF_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const struct vf_person *in = &work->report->people.items[i];
        struct vf_person_work *person = &work->people[i];
        struct vf_country_match match;
        person->country = VF_NO_COUNTRY;
        person->organization = VF_NO_ORGANIZATION;
        int rc = vf_ask_person(work, in->name, &person->name);
        if (!rc)
            rc = vf_ask_office(work, in->office, &person->office);
        if (rc)
            return rc;
        if (person->office.count)
            person->office_class = person->office.parts[person->office.main].office;
        if (i >= VF_PEOPLE_MAX)
            continue;
        rc = vf_work_country(work, in->country, &match);
        if (rc)
            return rc;
        person->country = match.country;
    }
    return VF_OK;
}

/* ---- ambassadors: represented, not posted to ---- */

static bool is_posting_word(struct vf_slice word)
{
    static const char *const words[] = {
        "to",   "in",    "at",         "en",       "au",         "aux",         "dans",
        "em",   "no",    "na",         "nos",      "nas",        "в",           "во",
        "у",    "ve",    "untuk",      "di",       "bei",        "beim",        "im",
        "w",    "v",     "presso",     "aan",      "i",          "до",          "при",
        "لدى",  "في",    "در",         "به",       "tại",        "nezdindeki",  "aupres",
        "ante", "junto", "nezdindəki", "nezdinde", "accredited", "akkreditiert"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (vf_slice_is(word, words[i]))
            return true;
    return false;
}

/* 駐, 驻, 在, 주 stand right before the country an ambassador is posted to. */
static bool ends_with_posting_sign(struct vf_slice text)
{
    static const char *const signs[] = {"駐", "驻", "在", "주"};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (vf_slice_ends(text, vf_slice_of(signs[i])))
            return true;
    return false;
}

/* Azerbaijani and Turkish say it with an ending, "Özbəkistandakı", "Bakü'deki", or with a word
 * behind: "Azərbaycan nezdindəki", "Azerbaycan nezdinde". */
static bool has_posting_ending(struct vf_slice folded, size_t end)
{
    static const char *const endings[] = {"daki", "dəki", "deki", "taki", "teki"};
    size_t stop = end;

    while (stop < folded.len && folded.ptr[stop] != ' ')
        stop++;
    struct vf_slice word = vf_slice(folded.ptr, stop);
    if (vf_slice_starts(vf_slice(folded.ptr + stop, folded.len - stop), vf_slice_of(" nezdind")))
        return true;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (vf_slice_ends(word, vf_slice_of(endings[i])))
            return true;
    return false;
}

static bool is_posted_to(struct vf_slice folded, size_t from,
                         const struct vf_country_mention *mention)
{
    size_t begin = mention->begin < folded.len ? mention->begin : folded.len;

    if (has_posting_ending(folded, mention->end < folded.len ? mention->end : folded.len))
        return true;
    if (ends_with_posting_sign(vf_slice(folded.ptr + from, begin - from)))
        return true;
    for (size_t at = from; at < begin;) {
        size_t end = at;
        while (end < begin && folded.ptr[end] != ' ')
            end++;
        if (end > at && is_posting_word(vf_slice(folded.ptr + at, end - at)))
            return true;
        at = end + 1;
    }
    return false;
}

static int ambassador_country(struct vf_work *work, struct vf_slice text,
                              const struct vf_country_mention *mentions, size_t count,
                              struct vf_country_match *out)
{
    struct vf_slice folded;
    size_t from = 0;

    int rc = vf_fold(text, work->arena, &folded);
    if (rc)
        return rc == VF_ENOMEM ? rc : VF_OK;
    for (size_t i = 0; i < count; i++) {
        if (mentions[i].begin < from)
            continue;
        if (!is_posted_to(folded, from, &mentions[i])) {
            *out = mentions[i].match;
            return VF_OK;
        }
        from = mentions[i].end < folded.len ? mentions[i].end : folded.len;
    }
    return VF_OK;
}

/* ---- what an office says ---- */

/* "American" in "Organization of American States" names no country. */
static bool is_in_name(const struct vf_work *work, vf_organization_index organization,
                       struct vf_slice text, const struct vf_country_mention *mention,
                       struct vf_slice folded_name)
{
    struct vf_slice folded;

    if (organization == VF_NO_ORGANIZATION || vf_fold(text, work->arena, &folded) ||
        mention->end > folded.len || mention->begin >= mention->end)
        return false;
    return memmem(folded_name.ptr, folded_name.len, folded.ptr + mention->begin,
                  mention->end - mention->begin) != NULL;
}

static int office_country(struct vf_work *work, struct vf_slice text, bool ambassador,
                          vf_organization_index organization, struct vf_country_match *out)
{
    struct vf_country_mention mentions[VF_MENTIONS_MAX];
    struct vf_slice name = VF_SLICE_NULL;

    *out = (struct vf_country_match){.country = VF_NO_COUNTRY};
    int n = vf_ask_mentions(work, text, mentions);
    if (n <= 0)
        return n;
    if (ambassador)
        return ambassador_country(work, text, mentions, (size_t)n, out);
    if (organization != VF_NO_ORGANIZATION &&
        vf_fold(vf_reference_organization(work->reference, organization)->name, work->arena, &name))
        name = VF_SLICE_NULL;
    for (int i = 0; i < n; i++) {
        if (name.ptr && is_in_name(work, organization, text, &mentions[i], name))
            continue;
        out->ambiguous = out->ambiguous || mentions[i].match.ambiguous;
        if (mentions[i].match.country == VF_NO_COUNTRY || mentions[i].match.country == out->country)
            continue;
        if (out->country != VF_NO_COUNTRY) {
            out->country = VF_NO_COUNTRY; /* "the Azerbaijan-Malaysia group": neither for sure */
            return VF_OK;
        }
        *out = mentions[i].match;
    }
    return VF_OK;
}

/* Whether only a state has such an office: what is called like a state of a federation, or like a
 * region, is then the country. A federation's state has a speaker of its house, and a secretary. */
static bool is_of_state(const struct vf_work *work, const struct vf_office_part *part)
{
    static const char *const marks[] = {"parliament", "parlament", "parlement", "parlemen",
                                        "parlamento", "quoc hoi",  "nghi vien", "minist",
                                        "menteri",    "embass",    "embajad",   "botschaft",
                                        "ambassad",   "kedutaan",  "kedubes",   "consul"};
    struct vf_slice folded;

    if (part->former)
        return false;
    if (part->office == VF_OFFICE_HEAD_OF_GOVERNMENT || part->office == VF_OFFICE_HEAD_OF_STATE ||
        part->office == VF_OFFICE_MONARCH || part->office == VF_OFFICE_AMBASSADOR)
        return true;
    if (vf_fold(part->text, work->arena, &folded))
        return false;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (memmem(folded.ptr, folded.len, marks[i], strlen(marks[i])))
            return true;
    return false;
}

static int part_organization(struct vf_work *work, const struct vf_office_part *part,
                             vf_organization_index *out)
{
    struct vf_organization_reading reading;

    *out = VF_NO_ORGANIZATION;
    if (!part->of_body)
        return VF_OK;
    int rc = vf_ask_organization(work, part->text, &reading);
    if (!rc)
        *out = reading.organization;
    return rc;
}

/* A parliament of many countries has a president of its own; at the head of a union or assembly of
 * parliaments stands a country's speaker in turn, who speaks for both. */
static bool is_a_parliament(const struct vf_work *work, vf_organization_index organization)
{
    static const char word[] = "Parliament";
    struct vf_slice name = vf_reference_organization(work->reference, organization)->name;
    const char *at = memmem(name.ptr, name.len, word, sizeof word - 1);

    return at && (at + sizeof word - 1 == name.ptr + name.len || at[sizeof word - 1] == ' ');
}

/* Reads the parts of an office for a country and for an organization led. */
static int read_office(struct vf_work *work, struct vf_person_work *person)
{
    bool national = false;
    bool of_organization = false;
    bool leads = false;

    for (size_t k = 0; k < person->office.count; k++) {
        struct vf_office_part *part = &person->office.parts[k];
        vf_organization_index organization;
        struct vf_country_match match;
        if (part->former) {
            work->flags |= VF_FLAG_BIT(FORMER_OFFICE);
            continue;
        }
        int rc = part_organization(work, part, &organization);
        if (rc)
            return rc;
        if (organization != VF_NO_ORGANIZATION) {
            of_organization = true;
            leads =
                leads || (part->office == VF_OFFICE_SPEAKER && is_a_parliament(work, organization));
            if (person->organization == VF_NO_ORGANIZATION)
                person->organization = organization;
            if (k == person->office.main && (part->office == VF_OFFICE_HEAD_OF_STATE ||
                                             part->office == VF_OFFICE_COMMITTEE_CHAIR))
                person->office_class = VF_OFFICE_OFFICIAL;
        } else {
            bool general = part->office == VF_OFFICE_SECRETARY_GENERAL && !part->of_parliament;
            national = national || (part->office != VF_OFFICE_UNKNOWN && !general);
            of_organization = of_organization || general;
        }
        if (person->country != VF_NO_COUNTRY)
            continue;
        work->context.of_state = is_of_state(work, part);
        rc = office_country(work, part->text, part->office == VF_OFFICE_AMBASSADOR, organization,
                            &match);
        work->context.of_state = false;
        if (rc)
            return rc;
        if (match.ambiguous && match.country == VF_NO_COUNTRY)
            work->flags |= VF_FLAG_BIT(AMBIGUOUS_COUNTRY);
        person->country = match.country;
    }
    person->leads_organization = leads && !national;
    person->official = of_organization && !national && person->country == VF_NO_COUNTRY;
    return VF_OK;
}

/* Whom somebody acts for may be an organization, or name a country. */
static int read_principal(struct vf_work *work, struct vf_slice text, struct vf_person_work *person)
{
    struct vf_organization_reading reading;
    struct vf_country_match match;

    if (!text.len)
        return VF_OK;
    int rc = vf_ask_organization(work, text, &reading);
    if (rc)
        return rc;
    if (reading.organization != VF_NO_ORGANIZATION) {
        person->organization = reading.organization;
        person->official = person->country == VF_NO_COUNTRY;
        return VF_OK;
    }
    if (person->country != VF_NO_COUNTRY)
        return VF_OK;
    rc = vf_work_country(work, text, &match);
    person->country = match.country;
    return rc;
}

/* What was given as a country and is none as yet. */
static int retry_country(struct vf_work *work, const struct vf_person *in,
                         struct vf_person_work *person)
{
    struct vf_country_match match;
    struct vf_organization_reading reading;

    if (!in->country.len || person->country != VF_NO_COUNTRY)
        return VF_OK;
    work->context.of_state =
        person->office.count && is_of_state(work, &person->office.parts[person->office.main]);
    int rc = vf_work_country(work, in->country, &match);
    work->context.of_state = false;
    if (rc)
        return rc;
    person->country = match.country;
    if (match.country != VF_NO_COUNTRY)
        return VF_OK;
    if (match.ambiguous) {
        work->flags |= VF_FLAG_BIT(AMBIGUOUS_COUNTRY);
        return VF_OK;
    }
    rc = vf_ask_organization(work, in->country, &reading);
    if (rc)
        return rc;
    if (reading.organization != VF_NO_ORGANIZATION) {
        person->organization = reading.organization;
        person->official = true;
        return VF_OK;
    }
    work->flags |= VF_FLAG_BIT(UNKNOWN_COUNTRY);
    return VF_OK;
}

static bool is_visiting(int32_t role)
{
    return role == VF_PARTICIPANT_ROLE_VISITOR || role == VF_PARTICIPANT_ROLE_GUEST;
}

/* The one country that visitors and guests speak for, if it is one. */
static vf_country_index visitors_country(const struct vf_work *work)
{
    vf_country_index country = VF_NO_COUNTRY;

    for (size_t i = 0; i < work->report->people.count; i++) {
        if (!is_visiting(work->report->people.items[i].role) ||
            work->people[i].country == VF_NO_COUNTRY || work->people[i].country == country)
            continue;
        if (country != VF_NO_COUNTRY)
            return VF_NO_COUNTRY;
        country = work->people[i].country;
    }
    return country;
}

/* A territory that is not told is that of the hosts, if they met in person. */
static void host_from_people(struct vf_work *work)
{
    vf_country_index country = VF_NO_COUNTRY;
    int32_t modality = work->report->modality;

    if (work->host != VF_NO_COUNTRY || work->several_stops)
        return;
    if (!work->report->is_visit && modality != VF_MODALITY_IN_PERSON &&
        modality != VF_MODALITY_UNKNOWN)
        return;
    for (size_t i = 0; i < work->place_count; i++)
        if (work->flags & VF_FLAG_BIT(AMBIGUOUS_COUNTRY) && work->places[i].text.ptr &&
            !work->places[i].city.ptr && !work->places[i].venue.ptr)
            return; /* the place is told, but not which it is */
    for (size_t i = 0; i < work->report->people.count; i++) {
        if (work->report->people.items[i].role != VF_PARTICIPANT_ROLE_HOST ||
            work->people[i].country == VF_NO_COUNTRY || work->people[i].country == country)
            continue;
        if (country != VF_NO_COUNTRY)
            return;
        country = work->people[i].country;
    }
    if (country == VF_NO_COUNTRY)
        return;
    work->host = country;
    work->flags |= VF_FLAG_BIT(HOST_FROM_PERSON);
    if (work->place_count == 1 && work->place_countries[0] == VF_NO_COUNTRY) {
        work->place_countries[0] = country;
        work->places[0].country = vf_reference_country(work->reference, country)->iso3;
    }
}

/* "His counterpart" holds the office of the first other whose office is told. */
static int32_t counterpart_class(const struct vf_work *work, size_t self)
{
    bool visiting = is_visiting(work->report->people.items[self].role);
    int32_t any = VF_OFFICE_UNKNOWN;

    for (size_t i = 0; i < work->report->people.count; i++) {
        if (i == self || work->people[i].office_class == VF_OFFICE_UNKNOWN)
            continue;
        if (is_visiting(work->report->people.items[i].role) != visiting)
            return work->people[i].office_class;
        if (any == VF_OFFICE_UNKNOWN)
            any = work->people[i].office_class;
    }
    return any;
}

static void infer_person(struct vf_work *work, size_t i, vf_country_index visitors)
{
    struct vf_person_work *person = &work->people[i];
    int32_t role = work->report->people.items[i].role;
    const struct vf_office_reading *office = &person->office;

    if (office->count && office->parts[office->main].counterpart &&
        person->office_class == VF_OFFICE_UNKNOWN)
        person->office_class = counterpart_class(work, i);
    if (person->country != VF_NO_COUNTRY || person->official ||
        person->office_class == VF_OFFICE_AMBASSADOR || /* is posted where he receives */
        work->report->people.items[i].country.len)
        return;
    if (role == VF_PARTICIPANT_ROLE_HOST)
        person->country = work->host;
    else if (role == VF_PARTICIPANT_ROLE_DELEGATION)
        person->country = visitors;
    if (person->country != VF_NO_COUNTRY) {
        person->inferred = true;
        work->flags |= VF_FLAG_BIT(PERSON_COUNTRY_INFERRED);
    }
}

int vf_complete_people(struct vf_work *work)
{
    size_t count = work->report->people.count;
    size_t looked = count < VF_PEOPLE_MAX ? count : VF_PEOPLE_MAX;

    for (size_t i = 0; i < looked; i++) {
        const struct vf_person *in = &work->report->people.items[i];
        struct vf_person_work *person = &work->people[i];
        int rc = retry_country(work, in, person);
        if (!rc)
            rc = read_office(work, person);
        if (!rc)
            rc = read_principal(work, in->on_behalf_of, person);
        if (rc)
            return rc;
        vf_work_add_context(work, person->country);
    }
    return VF_OK;
}

void vf_infer_people(struct vf_work *work)
{
    size_t count = work->report->people.count;

    host_from_people(work);
    vf_country_index visitors = visitors_country(work);
    for (size_t i = 0; i < count && i < VF_PEOPLE_MAX; i++)
        infer_person(work, i, visitors);
    if (work->host == VF_NO_COUNTRY && !work->several_stops)
        work->flags |= VF_FLAG_BIT(HOST_UNKNOWN);
}
