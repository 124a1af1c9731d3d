#include "daemon/event_view.h"

#include "base/date.h"
#include "observe/text_escape.h"
#include <stdio.h>

enum {
    LABEL = 16,     /* columns of the label on the left */
    CELL = 28,      /* columns of one country's standing: "SUSPENDED since 2024-01-24?" */
    CELLS_MAX = 4,  /* countries side by side; more go in further tables */
    LISTED_MAX = 12 /* items shown of a long list */
};

static void label(struct vf_buffer *out, const char *text)
{
    vf_buffer_printf(out, "  %-*s", LABEL, text);
}

static void text_or(struct vf_buffer *out, struct vf_slice text, const char *otherwise)
{
    if (text.ptr)
        vf_escape_plain(out, text);
    else
        vf_buffer_append_text(out, otherwise);
}

static void append_day(struct vf_buffer *out, struct vf_optional_int day)
{
    char text[VF_DATE_TEXT];

    if (day.present && vf_day_format(day.value, text))
        vf_buffer_append_text(out, text);
    else
        vf_buffer_append_text(out, "?");
}

static void append_date(struct vf_buffer *out, const struct vf_event_date *date)
{
    append_day(out, date->start);
    if (date->end.present != date->start.present || date->end.value != date->start.value) {
        vf_buffer_append_text(out, "..");
        append_day(out, date->end);
    }
}

static void view_head(const struct vf_normalized_event *event, struct vf_buffer *out)
{
    vf_buffer_printf(out, "%s ", vf_event_kind_name(event->kind));
    vf_escape_plain(out, event->event_key);
    vf_buffer_printf(out, "  %s", vf_event_status_name(event->status));
    vf_buffer_append_text(out, "\n");
    label(out, "report");
    vf_escape_plain(out, event->report.source);
    vf_buffer_append_text(out, " ");
    vf_escape_plain(out, event->report.event_id);
    vf_buffer_printf(out, ", revision %d\n", (int)event->report.revision);
    if (event->parent_key.ptr) {
        label(out, "part of");
        vf_escape_plain(out, event->parent_key);
        vf_buffer_append_text(out, "\n");
    }
    label(out, "date");
    append_date(out, &event->date);
    vf_buffer_printf(out, "  (%s, %s)\n", vf_date_precision_name(event->date.precision),
                     vf_date_basis_name(event->date.basis));
}

static void view_places(const struct vf_normalized_event *event, struct vf_buffer *out)
{
    for (size_t i = 0; i < event->places.count; i++) {
        const struct vf_resolved_place *place = &event->places.items[i];
        label(out, "place");
        text_or(out, place->city, "-");
        vf_buffer_append_text(out, ", ");
        text_or(out, place->country, "?");
        vf_buffer_append_text(out, "\n");
    }
    if (event->occasion) {
        label(out, "occasion");
        vf_escape_plain(out, event->occasion->text);
        vf_buffer_append_text(out, "  [");
        text_or(out, event->occasion->organization_id, "no organization known");
        if (event->occasion->ordinal.present)
            vf_buffer_printf(out, ", no. %d", (int)event->occasion->ordinal.value);
        vf_buffer_append_text(out, "]\n");
    }
}

static void view_people(const struct vf_normalized_event *event, struct vf_buffer *out)
{
    for (size_t i = 0; i < event->participants.count && i < LISTED_MAX; i++) {
        const struct vf_participant *person = &event->participants.items[i];
        label(out, i ? "" : "people");
        vf_escape_plain(out, person->name);
        vf_buffer_printf(out, "  %s, %s, ", vf_participant_role_name(person->role),
                         vf_office_name(person->office));
        if (person->organization_id.ptr && !person->country.ptr)
            vf_escape_plain(out, person->organization_id);
        else
            text_or(out, person->country, "country not told");
        vf_buffer_append_text(out, "\n");
    }
}

static void view_matches(const struct vf_normalized_event *event, struct vf_buffer *out)
{
    for (size_t i = 0; i < event->organizations.count && i < LISTED_MAX; i++) {
        const struct vf_organization_match *match = &event->organizations.items[i];
        label(out, i ? "" : "organizations");
        vf_escape_plain(out, match->text);
        vf_buffer_append_text(out, "  -> ");
        text_or(out, match->organization_id, "none known");
        vf_buffer_append_text(out, "\n");
    }
}

static void append_standing(struct vf_buffer *out, const struct vf_membership_as_of *standing)
{
    char text[CELL + 32];

    snprintf(text, sizeof text, "%s%s%.*s%s%.*s%s", vf_membership_status_name(standing->status),
             standing->since.ptr ? " since " : "", VF_SLICE_PRINT(standing->since),
             standing->until.ptr ? " to " : "", VF_SLICE_PRINT(standing->until),
             standing->certain ? "" : " ?");
    vf_buffer_printf(out, "%-*s", CELL, text);
}

/* A table of countries side by side: a row for each organization. */
static void view_memberships(const struct vf_country_memberships *countries, size_t count,
                             struct vf_buffer *out)
{
    label(out, "as of that day");
    for (size_t c = 0; c < count; c++)
        vf_buffer_printf(out, "%-*.*s", CELL, VF_SLICE_PRINT(countries[c].country));
    vf_buffer_append_text(out, "\n");
    for (size_t m = 0; m < countries[0].memberships.count; m++) {
        char id[LABEL + 1];
        snprintf(id, sizeof id, "%.*s",
                 VF_SLICE_PRINT(countries[0].memberships.items[m].organization_id));
        vf_buffer_printf(out, "    %-*s", LABEL - 2, id);
        for (size_t c = 0; c < count; c++)
            if (m < countries[c].memberships.count)
                append_standing(out, &countries[c].memberships.items[m]);
        vf_buffer_append_text(out, "\n");
    }
}

static void view_list(const char *name, const struct vf_string_array *list, struct vf_buffer *out)
{
    if (!list->count)
        return;
    label(out, name);
    for (size_t i = 0; i < list->count && i < LISTED_MAX; i++) {
        vf_buffer_append_text(out, i ? ", " : "");
        vf_escape_plain(out, list->items[i]);
    }
    if (list->count > LISTED_MAX)
        vf_buffer_printf(out, " and %zu more", list->count - LISTED_MAX);
    vf_buffer_append_text(out, "\n");
}

static void view_relations(const struct vf_normalized_event *event, struct vf_buffer *out)
{
    for (size_t i = 0; i < event->bilateral.count && i < LISTED_MAX; i++) {
        const struct vf_bilateral_facts *facts = &event->bilateral.items[i];
        label(out, "relations");
        vf_buffer_printf(out, "%.*s-%.*s since ", VF_SLICE_PRINT(facts->a),
                         VF_SLICE_PRINT(facts->b));
        text_or(out, facts->established, "?");
        vf_buffer_printf(out, "; mission of %.*s opened ", VF_SLICE_PRINT(facts->a));
        text_or(out, facts->mission_a_in_b, "?");
        vf_buffer_printf(out, ", of %.*s ", VF_SLICE_PRINT(facts->b));
        text_or(out, facts->mission_b_in_a, "?");
        vf_buffer_append_text(out, "\n");
    }
}

void vf_event_view_full(const struct vf_normalized_event *event, struct vf_buffer *out)
{
    view_head(event, out);
    view_places(event, out);
    view_people(event, out);
    view_matches(event, out);
    for (size_t i = 0; i < event->countries.count; i += CELLS_MAX) {
        size_t left = event->countries.count - i;
        view_memberships(event->countries.items + i, left < CELLS_MAX ? left : CELLS_MAX, out);
    }
    view_list("shared", &event->shared_organizations, out);
    view_relations(event, out);
    view_list("flags", &event->flags, out);
}

void vf_event_view_line(const struct vf_normalized_event *event, struct vf_buffer *out)
{
    vf_buffer_printf(out, "%-8s", vf_event_kind_name(event->kind));
    append_date(out, &event->date);
    vf_buffer_append_text(out, "  host ");
    text_or(out, event->host, "?");
    vf_buffer_append_text(out, "  countries ");
    for (size_t i = 0; i < event->countries.count && i < LISTED_MAX; i++) {
        vf_buffer_append_text(out, i ? "," : "");
        vf_escape_plain(out, event->countries.items[i].country);
    }
    if (!event->countries.count)
        vf_buffer_append_text(out, "-");
    vf_buffer_append_text(out, "  organizations ");
    size_t known = 0;
    for (size_t i = 0; i < event->organizations.count && known < LISTED_MAX; i++) {
        if (!event->organizations.items[i].organization_id.ptr)
            continue;
        vf_buffer_append_text(out, known++ ? "," : "");
        vf_escape_plain(out, event->organizations.items[i].organization_id);
    }
    vf_buffer_append_text(out, known ? "\n" : "-\n");
}
