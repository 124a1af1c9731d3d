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
 *   report:#HASH                     the same for ids that are long or not plain ASCII
 *
 * The month of a visit is that of the Wednesday in its week from Saturday to Friday, so that a
 * visit over the turn of a month and the meetings in it fall into one. A sign is the class of an
 * office that one person alone holds in a country, or the beginning of the longest word of the name
 * in consonant classes (person_key.c): misspelt and shortened names keep it, and it tells two
 * meetings of one day apart.
 *
 * parent_key is the key of the visit that a guest's meeting with a host belongs to, made from the
 * meeting alone. Of a tour, whose key has its first stop, only the meetings there have the right
 * one: reports of the others do not tell where it began.
 */
#include "normalize/work.h"

#include "base/error.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    KEY_MAX = 256,   /* bytes; sides are cut before that */
    PARTY_MAX = 64,  /* bytes of codes, or of an organization's id */
    DIGITS_MAX = 10, /* of a number in a key */
    PLAIN_MAX = 160, /* bytes of source and id that stand in a key as they are */
};

/* ---- writing ---- */

struct key {
    char text[KEY_MAX];
    size_t len;
};

static void put(struct key *key, struct vf_slice text)
{
    size_t n = text.len < KEY_MAX - key->len ? text.len : KEY_MAX - key->len;

    if (n)
        memcpy(key->text + key->len, text.ptr, n);
    key->len += n;
}

static void put_text(struct key *key, const char *text)
{
    put(key, vf_slice_of(text));
}

static void put_number(struct key *key, int32_t number)
{
    char digits[DIGITS_MAX];
    size_t n = DIGITS_MAX;

    do
        digits[--n] = (char)('0' + number % 10);
    while ((number /= 10) > 0 && n > 0);
    put(key, vf_slice(digits + n, DIGITS_MAX - n));
}

static int finish(struct vf_work *work, const struct key *key, struct vf_slice *out)
{
    *out = vf_arena_copy(work->arena, vf_slice(key->text, key->len));
    return out->ptr ? VF_OK : VF_ENOMEM;
}

/* ---- when ---- */

/* The month a date falls into; a date told by month is its own. false: not told so precisely. */
static bool put_month(const struct vf_work *work, struct key *key)
{
    enum { HALF_MONTH = 14, MONTH_LENGTH = 7, WEDNESDAY = 4 };
    const struct vf_date_answer *date = &work->date;
    char text[VF_DATE_TEXT];

    if (date->first == VF_DAY_MIN || date->precision == VF_DATE_PRECISION_YEAR)
        return false;
    int32_t day = date->first + (date->precision == VF_DATE_PRECISION_MONTH ? HALF_MONTH : 0);
    int since_saturday = (vf_weekday(day) + 2) % 7;
    if (vf_day_format(day - since_saturday + WEDNESDAY, text) < MONTH_LENGTH)
        return false;
    put(key, vf_slice(text, MONTH_LENGTH));
    return true;
}

static bool put_day(const struct vf_work *work, struct key *key)
{
    const struct vf_date_answer *date = &work->date;
    char text[VF_DATE_TEXT];

    if (date->first == VF_DAY_MIN || date->precision == VF_DATE_PRECISION_YEAR ||
        date->precision == VF_DATE_PRECISION_MONTH)
        return false;
    put(key, vf_slice(text, vf_day_format(date->first, text)));
    return true;
}

/* ---- who ---- */

static struct vf_slice code_of(const struct vf_work *work, vf_country_index country)
{
    return vf_reference_country(work->reference, country)->iso3;
}

static struct vf_slice id_of(const struct vf_work *work, vf_organization_index organization)
{
    return vf_reference_organization(work->reference, organization)->id;
}

static bool is_role(const struct vf_work *work, size_t i, int32_t role)
{
    return work->report->people.items[i].role == role;
}

static size_t people_of(const struct vf_work *work, int32_t role)
{
    size_t n = 0;

    for (size_t i = 0; i < work->report->people.count; i++)
        n += is_role(work, i, role);
    return n;
}

/* Whoever came: visitors, failing them guests, failing them a delegation. */
static int32_t coming_role(const struct vf_work *work)
{
    static const int32_t roles[] = {VF_PARTICIPANT_ROLE_VISITOR, VF_PARTICIPANT_ROLE_GUEST,
                                    VF_PARTICIPANT_ROLE_DELEGATION};
    for (size_t r = 0; r < sizeof roles / sizeof roles[0]; r++)
        if (people_of(work, roles[r]))
            return roles[r];
    return VF_PARTICIPANT_ROLE_UNKNOWN;
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

/* The office if it is unique, else the sign of the name, else the class of the office. Empty where
 * nothing is told. */
static struct vf_slice sign_of(const struct vf_work *work, size_t person)
{
    if (person >= work->report->people.count)
        return vf_slice("", 0);
    const struct vf_person_work *p = &work->people[person];
    const char *office = unique_office(work, p);
    if (*office)
        return vf_slice_of(office);
    if (p->name.is_name && p->name.sign[0])
        return vf_slice_of(p->name.sign);
    if (p->office_class == VF_OFFICE_UNKNOWN)
        return vf_slice("", 0);
    return vf_slice_of(vf_office_name(p->office_class));
}

/* The country or organization that somebody speaks for; empty where neither is known. */
static struct vf_slice party_of(const struct vf_work *work, size_t person)
{
    const struct vf_person_work *p = &work->people[person];

    if (p->country != VF_NO_COUNTRY)
        return code_of(work, p->country);
    if (p->organization != VF_NO_ORGANIZATION)
        return id_of(work, p->organization);
    return vf_slice("", 0);
}

/* ---- visits ---- */

struct side {
    struct key name;  /* codes with +, or an organization's id; empty: not known */
    size_t countries; /* how many */
    size_t leader;    /* index of the first person */
};

/* The countries that people of a role speak for, in order of code. */
static void find_side(const struct vf_work *work, int32_t role, struct side *side)
{
    size_t count = work->report->people.count;

    side->name.len = 0;
    side->countries = 0;
    for (side->leader = 0; side->leader < count && !is_role(work, side->leader, role);)
        side->leader++;
    for (size_t k = 0; k < work->party_count && side->name.len < PARTY_MAX; k++) {
        bool here = false;
        for (size_t i = 0; i < count && !here; i++)
            here = is_role(work, i, role) && work->people[i].country == work->parties[k];
        if (!here)
            continue;
        if (side->name.len)
            put_text(&side->name, "+");
        put(&side->name, code_of(work, work->parties[k]));
        side->countries++;
    }
    if (!side->name.len && side->leader < count)
        put(&side->name, party_of(work, side->leader));
}

/* The first stop, or the host. */
static vf_country_index destination(const struct vf_work *work)
{
    for (size_t i = 0; work->several_stops && i < work->place_count; i++)
        if (work->place_countries[i] != VF_NO_COUNTRY)
            return work->place_countries[i];
    return work->host;
}

/* The key of the visit by those who came; ptr NULL where too little is told. */
static int visit_key(struct vf_work *work, vf_country_index where, struct vf_slice *out)
{
    bool joint = work->occasion.plurilateral && work->occasion.ordinal;
    struct key key = {.len = 0};
    struct side visitors;

    *out = VF_SLICE_NULL;
    find_side(work, coming_role(work), &visitors);
    if (where == VF_NO_COUNTRY || !visitors.name.len)
        return VF_OK;
    put_text(&key, "visit:");
    put(&key, joint ? vf_slice_of("many") : vf_slice(visitors.name.text, visitors.name.len));
    put_text(&key, ">");
    put(&key, code_of(work, where));
    put_text(&key, ":");
    if (!put_month(work, &key))
        return VF_OK;
    put_text(&key, ":");
    if (joint)
        put_number(&key, work->occasion.ordinal);
    else if (visitors.countries <= 1)
        put(&key, sign_of(work, visitors.leader));
    return finish(work, &key, out);
}

/* ---- meetings ---- */

static bool is_guest(const struct vf_work *work, size_t i)
{
    return is_role(work, i, VF_PARTICIPANT_ROLE_GUEST) ||
           is_role(work, i, VF_PARTICIPANT_ROLE_VISITOR);
}

/* A guest received by a host, or two who met without either: a matter of two sides, whatever the
 * occasion was. pair: the first of each side. */
static bool is_of_two(const struct vf_work *work, size_t pair[2])
{
    size_t found = 0;
    bool guests =
        people_of(work, VF_PARTICIPANT_ROLE_GUEST) || people_of(work, VF_PARTICIPANT_ROLE_VISITOR);
    bool hosts = people_of(work, VF_PARTICIPANT_ROLE_HOST) > 0;
    bool others =
        people_of(work, VF_PARTICIPANT_ROLE_CHAIR) || people_of(work, VF_PARTICIPANT_ROLE_OBSERVER);
    bool received = guests && hosts;

    if (!received &&
        (guests || hosts || others || people_of(work, VF_PARTICIPANT_ROLE_PARTICIPANT) != 2))
        return false;
    for (size_t i = 0; i < work->report->people.count && found < 2; i++) {
        bool host = is_role(work, i, VF_PARTICIPANT_ROLE_HOST);
        if (received ? !host && !is_guest(work, i)
                     : !is_role(work, i, VF_PARTICIPANT_ROLE_PARTICIPANT))
            continue;
        if (found && received && host == is_role(work, pair[0], VF_PARTICIPANT_ROLE_HOST))
            continue; /* of the same side */
        pair[found++] = i;
    }
    return found == 2;
}

static int pair_key(struct vf_work *work, const size_t pair[2], struct vf_slice *out)
{
    struct vf_slice party[2];
    struct vf_slice sign[2];
    struct key key = {.len = 0};

    for (size_t k = 0; k < 2; k++) {
        party[k] = party_of(work, pair[k]);
        sign[k] = sign_of(work, pair[k]);
        if (!party[k].len && !sign[k].len)
            return VF_OK; /* one side is nobody */
    }
    int order = vf_slice_compare(party[0], party[1]);
    size_t a = order > 0 || (!order && vf_slice_compare(sign[0], sign[1]) > 0);
    put_text(&key, "meeting:");
    put(&key, party[a]);
    put_text(&key, "+");
    put(&key, party[1 - a]);
    put_text(&key, ":");
    if (!put_day(work, &key))
        return VF_OK;
    put_text(&key, ":");
    put(&key, sign[a]);
    put_text(&key, "+");
    put(&key, sign[1 - a]);
    return finish(work, &key, out);
}

static int gathering_key(struct vf_work *work, struct vf_slice *out)
{
    const struct vf_occasion_reading *occasion = &work->occasion;
    struct key key = {.len = 0};

    if (work->occasion_organization == VF_NO_ORGANIZATION ||
        (!occasion->gathering && !occasion->ordinal))
        return VF_OK;
    put_text(&key, "meeting:");
    put(&key, id_of(work, work->occasion_organization));
    if (occasion->part)
        put_text(&key, ":part");
    if (occasion->ordinal) {
        put_text(&key, ":");
        put_number(&key, occasion->ordinal);
        if (!occasion->part)
            return finish(work, &key, out);
    }
    if (work->host == VF_NO_COUNTRY)
        return VF_OK;
    put_text(&key, ":");
    put(&key, code_of(work, work->host));
    put_text(&key, ":");
    bool dated = occasion->ordinal ? put_month(work, &key) : put_day(work, &key);
    return dated ? finish(work, &key, out) : VF_OK;
}

/* Three states and more, without an organization: the place, the day and who led it. */
static int circle_key(struct vf_work *work, size_t leader, struct vf_slice *out)
{
    struct vf_slice sign = sign_of(work, leader);
    struct key key = {.len = 0};

    if (work->party_count < 2 || work->host == VF_NO_COUNTRY || !sign.len)
        return VF_OK;
    put_text(&key, "meeting:many:");
    put(&key, code_of(work, work->host));
    put_text(&key, ":");
    if (!put_day(work, &key))
        return VF_OK;
    put_text(&key, ":");
    put(&key, sign);
    return finish(work, &key, out);
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
    size_t leader = 0;

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

/* Pieces of any length one behind the other. */
static int join(struct vf_work *work, const struct vf_slice *pieces, size_t count,
                struct vf_slice *out)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++)
        len += pieces[i].len;
    char *text = vf_arena_alloc(work->arena, len);
    *out = vf_slice(text, text ? len : 0);
    for (size_t i = 0; text && i < count; i++) {
        memcpy(text, pieces[i].ptr, pieces[i].len);
        text += pieces[i].len;
    }
    return out->ptr ? VF_OK : VF_ENOMEM;
}

/* Nothing but visible ASCII, and none of the characters excepted. */
static bool is_plain(struct vf_slice text, const char *except)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~' || strchr(except, text.ptr[i]))
            return false;
    return true;
}

/* For sources and ids that would not do as part of a key: long ones, and what is not plain. */
static int digest_key(struct vf_work *work, struct vf_slice source, struct vf_slice id,
                      struct vf_slice *out)
{
    XXH128_hash_t of_source = XXH3_128bits(source.ptr, source.len);
    XXH128_hash_t hash = XXH3_128bits_withSeed(id.ptr, id.len, of_source.low64);

    *out = vf_arena_printf(work->arena, "report:#%016llx%016llx", (unsigned long long)hash.high64,
                           (unsigned long long)(hash.low64 ^ of_source.high64));
    return out->ptr ? VF_OK : VF_ENOMEM;
}

/* The report replaced, if any, else the report itself: the same for all its revisions. */
static int report_key(struct vf_work *work, struct vf_slice *out)
{
    const struct vf_report *report = work->report;
    struct vf_slice id = report->supersedes.len ? report->supersedes : report->event_id;

    work->flags |= VF_FLAG_BIT(KEY_FROM_REPORT);
    if (!is_plain(report->source, ":") || !is_plain(id, "") ||
        report->source.len + id.len > PLAIN_MAX)
        return digest_key(work, report->source, id, out);
    const struct vf_slice pieces[] = {vf_slice_of("report:"), report->source, vf_slice_of(":"), id};
    return join(work, pieces, sizeof pieces / sizeof pieces[0], out);
}

int vf_make_keys(struct vf_work *work, struct vf_slice *event_key, struct vf_slice *parent_key)
{
    const struct vf_report *report = work->report;
    int rc;

    *parent_key = VF_SLICE_NULL;
    if (report->is_visit) {
        rc = visit_key(work, destination(work), event_key);
    } else {
        int32_t coming = coming_role(work);
        bool came = coming == VF_PARTICIPANT_ROLE_GUEST || coming == VF_PARTICIPANT_ROLE_VISITOR;
        rc = meeting_key(work, event_key);
        if (!rc && came && people_of(work, VF_PARTICIPANT_ROLE_HOST) && !work->several_stops)
            rc = visit_key(work, work->host, parent_key);
        if (!rc && !parent_key->ptr && report->visit_id.len)
            work->flags |= VF_FLAG_BIT(PARENT_BY_ID);
    }
    if (!rc && !event_key->ptr)
        rc = report_key(work, event_key);
    return rc;
}
