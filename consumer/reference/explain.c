#include "reference/explain.h"

#include "reference/reference_internal.h"

const char *vf_standing_status_name(int32_t status)
{
    static const char *const names[VF_STANDING_STATUS_COUNT] = {"unknown",   "member",  "associate",
                                                                "observer",  "partner", "candidate",
                                                                "suspended", "former",  "none"};
    return status >= 0 && status < VF_STANDING_STATUS_COUNT ? names[status] : names[0];
}

const char *vf_fact_confidence_name(int32_t confidence)
{
    static const char *const names[] = {"unknown", "low", "medium", "high"};
    return confidence >= 0 && confidence <= VF_FACT_HIGH ? names[confidence] : names[0];
}

static void write_day(struct vf_buffer *out, int32_t day)
{
    char text[VF_DATE_TEXT];
    vf_day_format(day, text);
    vf_buffer_append_text(out, text);
}

static void write_span(struct vf_buffer *out, int32_t first, int32_t last)
{
    write_day(out, first);
    if (first == last)
        return;
    vf_buffer_append_text(out, "..");
    write_day(out, last);
}

static void write_interval(struct vf_buffer *out, int32_t status, struct vf_slice since,
                           struct vf_slice until, struct vf_slice source, int32_t confidence)
{
    vf_buffer_printf(out, "%s, since %.*s, ", vf_standing_status_name(status),
                     since.ptr ? (int)since.len : 9, since.ptr ? since.ptr : "not known");
    if (until.ptr)
        vf_buffer_printf(out, "until %.*s (that day no longer)", VF_SLICE_PRINT(until));
    else
        vf_buffer_append_text(out, "still in force");
    vf_buffer_printf(out, "; source %.*s, confidence %s\n", source.ptr ? (int)source.len : 9,
                     source.ptr ? source.ptr : "not given", vf_fact_confidence_name(confidence));
}

static void write_possible(struct vf_buffer *out, uint32_t possible)
{
    const char *separator = "";

    for (int32_t status = 0; status < VF_STANDING_STATUS_COUNT; status++) {
        if (!(possible & 1U << status))
            continue;
        vf_buffer_append_text(out, separator);
        vf_buffer_append_text(out, vf_standing_status_name(status));
        separator = " or ";
    }
}

/* Whether the facts know the edges of the interval in force, seen from the span. */
static bool is_vague(const struct vf_interval *rows, size_t count, int32_t first, int32_t last)
{
    for (size_t i = 0; i < count; i++) {
        const struct vf_interval *row = &rows[i];
        bool since = row->since_first != row->since_last && first < row->since_last &&
                     row->since_first <= last;
        bool until = row->until_first != row->until_last && first < row->until_last &&
                     row->until_first <= last;
        if (since || until)
            return true;
    }
    return false;
}

static void write_reason(const struct vf_reference *reference,
                         const struct vf_organization_rule *rule, const struct vf_interval *rows,
                         size_t count, int32_t first, int32_t last,
                         const struct vf_standing *standing, struct vf_buffer *out)
{
    uint32_t possible = vf_possible_statuses(rows, count, first, last);
    bool single = (possible & (possible - 1)) == 0;

    vf_buffer_append_text(out, standing->certain ? "certain: yes, " : "certain: no, ");
    if (standing->certain) {
        vf_buffer_append_text(out, count ? "one status holds on all of it, with known bounds\n"
                                         : "the list is complete and has no row for the country\n");
    } else if (!count) {
        vf_buffer_append_text(out, rule->listed
                                       ? "the list is known to be partial: no row means nothing\n"
                                       : "no memberships are known for this organization\n");
    } else if (single) {
        vf_buffer_append_text(out, "the fact itself is of low confidence\n");
    } else {
        vf_buffer_append_text(out, "it may have been ");
        write_possible(out, possible);
        vf_buffer_append_text(out, is_vague(rows, count, first, last)
                                       ? ": a bound is not known to the day"
                                       : ": the status changes within these days");
        if (!rows[0].since.ptr && first < reference->compiled) {
            vf_buffer_append_text(out, "; a start that is not known is only known to lie before ");
            write_day(out, reference->compiled);
        }
        vf_buffer_append_char(out, '\n');
    }
}

int vf_explain_standing(const struct vf_reference *reference, vf_country_index country,
                        vf_organization_index organization, int32_t first, int32_t last,
                        struct vf_buffer *out)
{
    const struct vf_country *c = vf_reference_country(reference, country);
    const struct vf_organization *o = vf_reference_organization(reference, organization);
    const struct vf_organization_rule *rule = &reference->rules[organization];
    struct vf_standing standing;
    size_t count;
    const struct vf_interval *rows = vf_interval_rows(reference, organization, country, &count);

    vf_reference_standing(reference, organization, country, first, last, &standing);
    vf_buffer_printf(out, "%.*s (%.*s) in %.*s (%.*s) on ", VF_SLICE_PRINT(c->name),
                     VF_SLICE_PRINT(c->iso3), VF_SLICE_PRINT(o->name), VF_SLICE_PRINT(o->id));
    write_span(out, first, last);
    vf_buffer_printf(out, "\nstatus: %s\n", vf_standing_status_name(standing.status));
    write_reason(reference, rule, rows, count, first, last, &standing, out);
    vf_buffer_printf(out, "active: %s%s\n",
                     vf_reference_is_active(reference, organization, country, first, last) ? "yes"
                                                                                           : "no",
                     rule->member_only ? " (a suspended member does not count here)" : "");
    if (standing.confidence != VF_FACT_UNKNOWN) {
        vf_buffer_append_text(out, "in force: ");
        write_interval(out, standing.status, standing.since, standing.until, standing.source,
                       standing.confidence);
    }
    vf_buffer_printf(out, "intervals known: %zu\n", count);
    for (size_t i = 0; i < count; i++) {
        vf_buffer_append_text(out, "  ");
        write_interval(out, rows[i].status, rows[i].since, rows[i].until, rows[i].source,
                       rows[i].confidence);
    }
    vf_buffer_printf(out, "reference: %.*s\n", VF_SLICE_PRINT(vf_reference_snapshot(reference)));
    return out->failed ? VF_ELIMIT : VF_OK;
}
