#include "normalize/explain_name.h"

#include "normalize/name_match.h"

enum {
    MENTIONS_MAX = 16, /* shown; a text with more is no name */
    ENTRIES_MAX = 12,  /* of one key; "San José" has more, which help nobody */
};

static const char *kind_name(uint8_t kind)
{
    static const char *const names[VF_NAME_KIND_COUNT] = {
        "name",    "alias",      "former name", "abbreviation", "acronym",
        "demonym", "parliament", "part",        "ambiguous",    "no such thing"};
    return kind < VF_NAME_KIND_COUNT ? names[kind] : "unknown";
}

static const char *form_name(enum vf_name_form form)
{
    switch (form) {
    case VF_FORM_EXACT: return "as printed";
    case VF_FORM_NUMBERED: return "without the number joined to it";
    case VF_FORM_APOSTROPHE: return "without what an apostrophe joins to it";
    case VF_FORM_STEM: return "by its stem";
    }
    return "unknown";
}

static void write_target(const struct vf_reference *reference, enum vf_name_domain domain,
                         int32_t target, struct vf_buffer *out)
{
    if (target < 0) {
        vf_buffer_append_text(out, "none");
    } else if (domain == VF_NAMES_CITY) {
        const struct vf_city *city = vf_reference_city(reference, target);
        vf_buffer_printf(out, "%.*s, %.*s (%d inhabitants%s)", VF_SLICE_PRINT(city->name),
                         VF_SLICE_PRINT(vf_reference_country(reference, city->country)->iso3),
                         (int)city->population, city->capital ? ", capital or seat" : "");
    } else if (domain == VF_NAMES_ORGANIZATION) {
        vf_buffer_append_slice(
            out, vf_reference_organization(reference, (vf_organization_index)target)->id);
    } else {
        vf_buffer_append_slice(out,
                               vf_reference_country(reference, (vf_country_index)target)->iso3);
    }
}

static void write_entries(const struct vf_reference *reference, enum vf_name_domain domain,
                          struct vf_name_text *text, const struct vf_name_hit *hit,
                          struct vf_buffer *out)
{
    const struct vf_word *words = text->folded.words;
    size_t shown = 0;

    vf_buffer_printf(out, "  \"%.*s\", found %s:\n",
                     (int)(words[hit->last].end - words[hit->first].begin),
                     text->folded.text.ptr + words[hit->first].begin, form_name(hit->form));
    for (const struct vf_name_entry *e = hit->entry; e && shown < ENTRIES_MAX; e = e->next) {
        vf_buffer_append_text(out, "    ");
        write_target(reference, domain, e->target, out);
        vf_buffer_printf(out, " by %s \"%.*s\"", kind_name(e->kind), (int)e->written_len,
                         e->written);
        if (e->languages_len)
            vf_buffer_printf(out, " (%.*s)", (int)e->languages_len, e->languages);
        vf_buffer_append_char(out, '\n');
        shown++;
    }
}

static void write_domain(const struct vf_reference *reference, enum vf_name_domain domain,
                         const char *title, struct vf_name_text *text, struct vf_buffer *out)
{
    const struct vf_name_index *index = vf_reference_names(reference, domain);

    vf_buffer_append_text(out, title);
    for (size_t i = 0; i < text->folded.count; i++) {
        struct vf_name_hit hit;
        if (!vf_name_longest(index, text, i, text->folded.count - 1, NULL, NULL, &hit))
            continue;
        write_entries(reference, domain, text, &hit, out);
        i = hit.last;
    }
}

static int answer_organization(const struct vf_reference *reference, struct vf_slice text,
                               const struct vf_name_context *context, struct vf_arena *arena,
                               struct vf_buffer *out)
{
    static const char *const methods[] = {"none", "name", "acronym", "alias", "context"};
    struct vf_organization_reading reading;

    int rc = vf_organization_of_text(reference, text, context, arena, &reading);
    if (rc)
        return rc;
    vf_buffer_append_text(out, "organization: ");
    write_target(reference, VF_NAMES_ORGANIZATION, reading.organization, out);
    vf_buffer_printf(out, ", method %s", methods[reading.method]);
    for (size_t i = 0; i < reading.alternative_count; i++) {
        vf_buffer_append_text(out, i ? ", " : "; may also be ");
        write_target(reference, VF_NAMES_ORGANIZATION, reading.alternatives[i], out);
    }
    vf_buffer_append_char(out, '\n');
    return VF_OK;
}

static void write_country(const struct vf_reference *reference,
                          const struct vf_country_match *match, struct vf_buffer *out)
{
    write_target(reference, VF_NAMES_COUNTRY, match->country, out);
    if (match->ambiguous)
        vf_buffer_append_text(out, " (ambiguous)");
    if (match->by_context)
        vf_buffer_append_text(out, " (by context)");
}

static int answer_country(const struct vf_reference *reference, struct vf_slice text,
                          const struct vf_name_context *context, struct vf_arena *arena,
                          struct vf_buffer *out)
{
    struct vf_country_mention mentions[MENTIONS_MAX];
    struct vf_country_match match;

    int rc = vf_country_of_name(reference, text, context, arena, &match);
    if (rc)
        return rc;
    vf_buffer_append_text(out, "country: ");
    write_country(reference, &match, out);
    int count = vf_country_mentions(reference, text, context, arena, mentions, MENTIONS_MAX);
    if (count < 0)
        return count;
    vf_buffer_append_text(out, "\ncountries mentioned:");
    for (int i = 0; i < count; i++) {
        vf_buffer_append_char(out, ' ');
        write_country(reference, &mentions[i].match, out);
    }
    vf_buffer_append_text(out, count ? "\n" : " none\n");
    return VF_OK;
}

static int answer_city(const struct vf_reference *reference, struct vf_slice text,
                       const struct vf_name_context *context, struct vf_arena *arena,
                       struct vf_buffer *out)
{
    struct vf_city_match match;

    int rc = vf_city_of_name(reference, text, VF_NO_COUNTRY, context, arena, &match);
    if (rc)
        return rc;
    vf_buffer_printf(out, "city: %.*s, country ", match.name.ptr ? (int)match.name.len : 4,
                     match.name.ptr ? match.name.ptr : "none");
    write_target(reference, VF_NAMES_COUNTRY, match.country, out);
    vf_buffer_append_text(out, match.ambiguous ? " (ambiguous)\n" : "\n");
    return VF_OK;
}

int vf_explain_name(const struct vf_reference *reference, struct vf_slice text,
                    const struct vf_name_context *context, struct vf_arena *arena,
                    struct vf_buffer *out)
{
    struct vf_name_text prepared;

    int rc = vf_name_prepare(text, context->language, arena, &prepared);
    if (rc)
        return rc;
    vf_buffer_printf(out, "folded: %.*s\n", VF_SLICE_PRINT(prepared.folded.text));
    rc = answer_organization(reference, text, context, arena, out);
    if (!rc)
        rc = answer_country(reference, text, context, arena, out);
    if (!rc)
        rc = answer_city(reference, text, context, arena, out);
    if (rc)
        return rc;
    write_domain(reference, VF_NAMES_ORGANIZATION, "organization names inside:\n", &prepared, out);
    write_domain(reference, VF_NAMES_COUNTRY, "country names inside:\n", &prepared, out);
    write_domain(reference, VF_NAMES_CITY, "city names inside:\n", &prepared, out);
    return out->failed ? VF_ELIMIT : VF_OK;
}
