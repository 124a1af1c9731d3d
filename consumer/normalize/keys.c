/*
 * Keys of events. A key is made of what every report of the event tells, in a form that sources
 * and languages do not change, and of nothing else:
 *
 *   visit:AZE>MYS:2025-09:speaker    who went where, in which month, the leading visitor's sign
 *   visit:ep>UKR:2024-05:mt          for an organization
 *   visit:many>PAK:2025-10:3         the third trilateral meeting: several visitors, one occasion
 *   meeting:aipa:46                  the 46th gathering of an organization
 *   meeting:pam:part:2:ARE:2025-06   of a committee or the like of it: place and month too
 *   meeting:AZE+MYS:2025-09-19:speaker+mm   two sides on a day, the signs of who led them
 *   meeting:aipa:MYS:2025-09-19      a gathering without a number: place and day
 *   meeting:many:CHE:2025-07-24:fn   a circle or round of talks: place, day, who led it
 *   report:SOURCE:ID                 too little is told: a key of this report and its revisions
 *
 * The month of a visit is that of the Wednesday in its week from Saturday to Friday, so that a
 * visit over the turn of a month and the meetings in it fall into one. A sign is the class of an
 * office that one person alone holds in a country, or the beginning of the longest word of the name
 * in consonant classes (person_key.c): misspelt and shortened names keep it, and it tells two
 * meetings of one day apart.
 *
 * parent_key is the key of the visit that a guest's meeting with a host belongs to, made from the
 * meeting alone.
 */
#include "normalize/work.h"

#include "base/error.h"
#include <stdarg.h>
#include <stdio.h>

enum {
    MONTH_TEXT = 8,  /* YYYY-MM and a NUL */
    PARTY_TEXT = 64, /* codes or an organization's id, and a NUL */
    SIGN_TEXT = 12,  /* an office or a name's sign */
};

enum { CODE_TEXT = 4, ID_TEXT = 48 };

static const char *iso3(const struct vf_work *work, vf_country_index country, char out[CODE_TEXT])
{
    struct vf_slice code = vf_reference_country(work->reference, country)->iso3;

    (void)snprintf(out, CODE_TEXT, "%.*s", VF_SLICE_PRINT(code));
    return out;
}

static void month_text(int32_t day, char out[MONTH_TEXT])
{
    int year;
    int month;
    int of_month;
    char text[VF_DATE_TEXT];
    int since_saturday = (vf_weekday(day) + 2) % 7;

    vf_civil_from_day(day - since_saturday + 4, &year, &month, &of_month);
    (void)vf_day_format(vf_day_from_civil(year, month, 1), text);
    memcpy(out, text, MONTH_TEXT - 1);
    out[MONTH_TEXT - 1] = '\0';
}

/* The month a date falls into; a date told by month is its own. false: not told so precisely. */
static bool event_month(const struct vf_work *work, char out[MONTH_TEXT])
{
    const struct vf_date_answer *date = &work->date;
    enum { HALF_MONTH = 14 };

    if (date->first == VF_DAY_MIN || date->precision == VF_DATE_PRECISION_YEAR)
        return false;
    month_text(date->precision == VF_DATE_PRECISION_MONTH ? date->first + HALF_MONTH : date->first,
               out);
    return true;
}

static bool event_day(const struct vf_work *work, char out[VF_DATE_TEXT])
{
    const struct vf_date_answer *date = &work->date;

    if (date->first == VF_DAY_MIN || date->precision == VF_DATE_PRECISION_YEAR ||
        date->precision == VF_DATE_PRECISION_MONTH)
        return false;
    return vf_day_format(date->first, out) > 0;
}

static bool is_role(const struct vf_work *work, size_t i, int32_t role)
{
    return work->report->people.items[i].role == role;
}

/* Whoever came: visitors, failing them guests, failing them a delegation. */
static int32_t coming_role(const struct vf_work *work)
{
    static const int32_t roles[] = {VF_PARTICIPANT_ROLE_VISITOR, VF_PARTICIPANT_ROLE_GUEST,
                                    VF_PARTICIPANT_ROLE_DELEGATION};
    for (size_t r = 0; r < sizeof roles / sizeof roles[0]; r++)
        for (size_t i = 0; i < work->report->people.count; i++)
            if (is_role(work, i, roles[r]))
                return roles[r];
    return VF_PARTICIPANT_ROLE_UNKNOWN;
}

struct side {
    char name[PARTY_TEXT]; /* codes with +, or an organization's id; "" not known */
    size_t count;          /* countries */
    size_t leader;         /* index of the first of them */
};

/* Codes of the countries that people of a role speak for, in order of code. */
static void find_side(const struct vf_work *work, int32_t role, struct side *side)
{
    size_t n = 0;

    *side = (struct side){.leader = work->report->people.count};
    for (size_t i = 0; i < work->report->people.count; i++)
        if (is_role(work, i, role) && side->leader == work->report->people.count)
            side->leader = i;
    for (size_t k = 0; k < work->party_count; k++) {
        bool here = false;
        for (size_t i = 0; i < work->report->people.count && !here; i++)
            here = is_role(work, i, role) && work->people[i].country == work->parties[k];
        if (!here || n + 5 > PARTY_TEXT)
            continue;
        if (n)
            side->name[n++] = '+';
        memcpy(side->name + n, vf_reference_country(work->reference, work->parties[k])->iso3.ptr,
               3);
        n += 3;
        side->count++;
    }
    if (n || side->leader == work->report->people.count)
        return;
    vf_organization_index organization = work->people[side->leader].organization;
    if (organization == VF_NO_ORGANIZATION)
        return;
    struct vf_slice id = vf_reference_organization(work->reference, organization)->id;
    if (id.len < PARTY_TEXT)
        memcpy(side->name, id.ptr, id.len);
}

/* A sign for an office that one person alone holds in a country: it tells more surely than a name,
 * which every language writes its own way. Presidents of upper chambers are told apart; who leads
 * the lower one is mostly called the speaker of parliament. "" for other offices. */
static const char *unique_office(const struct vf_work *work, const struct vf_person_work *person)
{
    const struct vf_office_reading *office = &person->office;
    const struct vf_office_part *part = office->count ? &office->parts[office->main] : NULL;

    if (person->country == VF_NO_COUNTRY || (part && part->former))
        return "";
    switch (person->office_class) {
    case VF_OFFICE_HEAD_OF_STATE: return "state";
    case VF_OFFICE_HEAD_OF_GOVERNMENT: return "government";
    case VF_OFFICE_MONARCH: return "crown";
    case VF_OFFICE_SPEAKER: {
        struct vf_slice parliament =
            vf_reference_country(work->reference, person->country)->parliament;
        bool two = parliament.ptr && memmem(parliament.ptr, parliament.len, " / ", 3);
        return two && part && part->of_upper_chamber ? "upper" : "speaker";
    }
    default: return "";
    }
}

/* The office if it is unique, else the sign of the name, else the number of the office's class. ""
 * where nothing is told. */
static int sign_of(const struct vf_work *work, size_t person, char out[SIGN_TEXT])
{
    int rc = VF_OK;

    out[0] = '\0';
    if (person >= work->report->people.count)
        return VF_OK;
    const struct vf_person_work *p = &work->people[person];
    const char *office = unique_office(work, p);
    if (*office) {
        (void)snprintf(out, SIGN_TEXT, "%s", office);
        return VF_OK;
    }
    if (p->name.is_name)
        rc = vf_person_sign(p->name.name, work->language, work->arena, out);
    if (!rc && !out[0] && p->office_class != VF_OFFICE_UNKNOWN)
        (void)snprintf(out, SIGN_TEXT, "%d", (int)p->office_class);
    return rc;
}

/* The first stop, or the host. */
static vf_country_index destination(const struct vf_work *work)
{
    for (size_t i = 0; work->several_stops && i < work->place_count; i++)
        if (work->place_countries[i] != VF_NO_COUNTRY)
            return work->place_countries[i];
    return work->host;
}

static int print(struct vf_work *work, struct vf_slice *out, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int print(struct vf_work *work, struct vf_slice *out, const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    *out = vf_arena_copy(work->arena,
                         vf_slice(text, n < (int)sizeof text ? (size_t)n : sizeof text - 1));
    return out->ptr ? VF_OK : VF_ENOMEM;
}

/* The key of the visit by those who came; ptr NULL where too little is told. */
static int visit_key(struct vf_work *work, vf_country_index where, struct vf_slice *out)
{
    struct side visitors;
    char month[MONTH_TEXT];
    char sign[SIGN_TEXT];
    char code[CODE_TEXT];

    *out = VF_SLICE_NULL;
    find_side(work, coming_role(work), &visitors);
    if (where == VF_NO_COUNTRY || !visitors.name[0] || !event_month(work, month))
        return VF_OK;
    if (work->occasion.plurilateral && work->occasion.ordinal)
        return print(work, out, "visit:many>%s:%s:%d", iso3(work, where, code), month,
                     (int)work->occasion.ordinal);
    int rc = sign_of(work, visitors.leader, sign);
    if (rc)
        return rc;
    return print(work, out, "visit:%s>%s:%s:%s", visitors.name, iso3(work, where, code), month,
                 visitors.count > 1 ? "" : sign);
}

/* ---- meetings ---- */

static size_t people_of(const struct vf_work *work, int32_t role)
{
    size_t n = 0;
    for (size_t i = 0; i < work->report->people.count; i++)
        n += is_role(work, i, role);
    return n;
}

/* A guest received by a host, or two who met without either: a matter of two sides, whatever the
 * occasion was. */
static bool is_of_two(const struct vf_work *work, size_t pair[2])
{
    size_t found = 0;
    size_t guests =
        people_of(work, VF_PARTICIPANT_ROLE_GUEST) + people_of(work, VF_PARTICIPANT_ROLE_VISITOR);
    size_t hosts = people_of(work, VF_PARTICIPANT_ROLE_HOST);
    size_t others = people_of(work, VF_PARTICIPANT_ROLE_PARTICIPANT);
    bool received = guests > 0 && hosts > 0;

    if (!received &&
        (others != 2 || hosts || guests || people_of(work, VF_PARTICIPANT_ROLE_CHAIR) ||
         people_of(work, VF_PARTICIPANT_ROLE_OBSERVER)))
        return false;
    for (size_t i = 0; i < work->report->people.count && found < 2; i++) {
        bool host = is_role(work, i, VF_PARTICIPANT_ROLE_HOST);
        bool guest = is_role(work, i, VF_PARTICIPANT_ROLE_GUEST) ||
                     is_role(work, i, VF_PARTICIPANT_ROLE_VISITOR);
        if (received ? !host && !guest : !is_role(work, i, VF_PARTICIPANT_ROLE_PARTICIPANT))
            continue;
        if (found && received && host == is_role(work, pair[0], VF_PARTICIPANT_ROLE_HOST))
            continue; /* of the same side */
        pair[found++] = i;
    }
    return found == 2;
}

static void party_of(const struct vf_work *work, size_t person, char out[PARTY_TEXT])
{
    const struct vf_person_work *p = &work->people[person];
    struct vf_slice name = VF_SLICE_NULL;

    if (p->country != VF_NO_COUNTRY)
        name = vf_reference_country(work->reference, p->country)->iso3;
    else if (p->organization != VF_NO_ORGANIZATION)
        name = vf_reference_organization(work->reference, p->organization)->id;
    size_t n = name.len < PARTY_TEXT ? name.len : PARTY_TEXT - 1;
    if (n)
        memcpy(out, name.ptr, n);
    out[n] = '\0';
}

static int pair_key(struct vf_work *work, const size_t pair[2], struct vf_slice *out)
{
    char party[2][PARTY_TEXT];
    char sign[2][SIGN_TEXT];
    char day[VF_DATE_TEXT];

    if (!event_day(work, day))
        return VF_OK;
    for (size_t k = 0; k < 2; k++) {
        party_of(work, pair[k], party[k]);
        int rc = sign_of(work, pair[k], sign[k]);
        if (rc)
            return rc;
        if (!party[k][0] && !sign[k][0])
            return VF_OK; /* one side is nobody */
    }
    size_t a = strcmp(party[0], party[1]) > 0 ||
                       (!strcmp(party[0], party[1]) && strcmp(sign[0], sign[1]) > 0)
                   ? 1
                   : 0;
    return print(work, out, "meeting:%s+%s:%s:%s+%s", party[a], party[1 - a], day, sign[a],
                 sign[1 - a]);
}

static int gathering_key(struct vf_work *work, struct vf_slice *out)
{
    char day[VF_DATE_TEXT];
    char month[MONTH_TEXT];
    char code[CODE_TEXT];
    char id[ID_TEXT];

    if (work->occasion_organization == VF_NO_ORGANIZATION ||
        (!work->occasion.gathering && !work->occasion.ordinal))
        return VF_OK;
    (void)snprintf(
        id, sizeof id, "%.*s",
        VF_SLICE_PRINT(
            vf_reference_organization(work->reference, work->occasion_organization)->id));
    int ordinal = (int)work->occasion.ordinal;
    if (ordinal && !work->occasion.part)
        return print(work, out, "meeting:%s:%d", id, ordinal);
    if (work->host == VF_NO_COUNTRY)
        return VF_OK;
    if (ordinal && event_month(work, month))
        return print(work, out, "meeting:%s:part:%d:%s:%s", id, ordinal,
                     iso3(work, work->host, code), month);
    if (!event_day(work, day))
        return VF_OK;
    return print(work, out, "meeting:%s%s:%s:%s", id, work->occasion.part ? ":part" : "",
                 iso3(work, work->host, code), day);
}

/* Three states and more, without an organization: the place, the day and who led it. */
static int circle_key(struct vf_work *work, size_t leader, struct vf_slice *out)
{
    char day[VF_DATE_TEXT];
    char sign[SIGN_TEXT];
    char code[CODE_TEXT];

    if (work->party_count < 2 || work->host == VF_NO_COUNTRY || !event_day(work, day))
        return VF_OK;
    int rc = sign_of(work, leader, sign);
    if (rc || !sign[0])
        return rc;
    return print(work, out, "meeting:many:%s:%s:%s", iso3(work, work->host, code), day, sign);
}

/* Whoever received or chaired; the number of people if nobody did. */
static size_t leader_of(const struct vf_work *work)
{
    size_t i = 0;

    while (i < work->report->people.count && !is_role(work, i, VF_PARTICIPANT_ROLE_HOST) &&
           !is_role(work, i, VF_PARTICIPANT_ROLE_CHAIR))
        i++;
    return i;
}

/* One named, the others only by their offices: somebody's round of talks beside a gathering, not
 * the gathering. The one named is *leader. */
static bool is_round_of_talks(const struct vf_work *work, size_t *leader)
{
    enum { OTHERS = 2 };
    size_t named = 0;
    size_t unnamed = 0;

    for (size_t i = 0; i < work->report->people.count; i++) {
        if (is_role(work, i, VF_PARTICIPANT_ROLE_MENTIONED))
            continue;
        if (!work->people[i].name.is_name) {
            unnamed++;
            continue;
        }
        *leader = i;
        named++;
    }
    return named == 1 && unnamed >= OTHERS;
}

static int meeting_key(struct vf_work *work, struct vf_slice *out)
{
    size_t pair[2];
    size_t leader;

    *out = VF_SLICE_NULL;
    if (is_of_two(work, pair))
        return pair_key(work, pair, out);
    if (is_round_of_talks(work, &leader))
        return circle_key(work, leader, out);
    int rc = gathering_key(work, out);
    if (!rc && !out->ptr)
        rc = circle_key(work, leader_of(work), out);
    return rc;
}

/* The report replaced, if any, else the report itself: the same for all its revisions. */
static int report_key(struct vf_work *work, struct vf_slice *out)
{
    const struct vf_report *report = work->report;
    struct vf_slice id = report->supersedes.len ? report->supersedes : report->event_id;

    work->flags |= VF_FLAG_BIT(KEY_FROM_REPORT);
    *out = vf_arena_printf(work->arena, "report:%.*s:%.*s", VF_SLICE_PRINT(report->source),
                           VF_SLICE_PRINT(id));
    return out->ptr ? VF_OK : VF_ENOMEM;
}

int vf_make_keys(struct vf_work *work, struct vf_slice *event_key, struct vf_slice *parent_key)
{
    const struct vf_report *report = work->report;
    int rc;

    *parent_key = VF_SLICE_NULL;
    if (report->is_visit) {
        rc = visit_key(work, destination(work), event_key);
    } else {
        rc = meeting_key(work, event_key);
        bool came = coming_role(work) == VF_PARTICIPANT_ROLE_GUEST ||
                    coming_role(work) == VF_PARTICIPANT_ROLE_VISITOR;
        if (!rc && came && people_of(work, VF_PARTICIPANT_ROLE_HOST) && !work->several_stops)
            rc = visit_key(work, work->host, parent_key);
        if (!rc && !parent_key->ptr && report->visit_id.len)
            work->flags |= VF_FLAG_BIT(PARENT_BY_ID);
    }
    if (!rc && !event_key->ptr)
        rc = report_key(work, event_key);
    return rc;
}
