#include "daemon/commands.h"

#include "normalize/explain_name.h"
#include "reference/explain.h"
#include <ctype.h>
#include <stdio.h>

enum { TEXT_MAX = 1 << 20, ARENA_BLOCK = 1 << 16, ARENA_MAX = 8 << 20 }; /* bytes */

/* A country by any text that is its name, or by its code in any case. */
static int find_country(const struct vf_reference *reference, const char *text,
                        struct vf_arena *arena, vf_country_index *out, struct vf_error *err)
{
    struct vf_name_context context = {.day = VF_DAY_MIN};
    struct vf_country_match match;
    char code[4] = "";

    for (size_t i = 0; i < 3 && text[i]; i++)
        code[i] = (char)toupper((unsigned char)text[i]);
    if (strlen(text) == 3) {
        *out = vf_reference_find_iso3(reference, vf_slice(code, 3));
        if (*out != VF_NO_COUNTRY)
            return VF_OK;
    }
    if (vf_country_of_name(reference, vf_slice_of(text), &context, arena, &match))
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    *out = match.country;
    if (match.country != VF_NO_COUNTRY)
        return VF_OK;
    return vf_error_set(err, VF_EUSAGE,
                        match.ambiguous ? "\"%s\" may mean several countries: give its code"
                                        : "\"%s\" is no country known here",
                        text);
}

/* An organization by its id, or by any text that names it. */
static int find_organization(const struct vf_reference *reference, const char *text,
                             struct vf_arena *arena, vf_organization_index *out,
                             struct vf_error *err)
{
    struct vf_name_context context = {.day = VF_DAY_MIN};
    struct vf_organization_reading match;

    *out = vf_reference_find_organization(reference, vf_slice_of(text));
    if (*out != VF_NO_ORGANIZATION)
        return VF_OK;
    if (vf_organization_of_text(reference, vf_slice_of(text), &context, arena, &match))
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    *out = match.organization;
    if (*out != VF_NO_ORGANIZATION)
        return VF_OK;
    return vf_error_set(err, VF_EUSAGE, "\"%s\" is no organization known here", text);
}

static int explain_standing(const struct vf_reference *reference, char **arguments,
                            struct vf_arena *arena, struct vf_buffer *text, struct vf_error *err)
{
    vf_country_index country = VF_NO_COUNTRY;
    vf_organization_index organization = VF_NO_ORGANIZATION;
    struct vf_partial_date date;

    int rc = find_country(reference, arguments[0], arena, &country, err);
    if (!rc)
        rc = find_organization(reference, arguments[1], arena, &organization, err);
    if (rc)
        return rc;
    if (vf_partial_date_parse(vf_slice_of(arguments[2]), &date))
        return vf_error_set(err, VF_EUSAGE,
                            "\"%s\" is no date of the form YYYY, YYYY-MM or YYYY-MM-DD",
                            arguments[2]);
    return vf_explain_standing(reference, country, organization, vf_partial_date_first(date),
                               vf_partial_date_last(date), text);
}

static int explain(const struct vf_command_line *line, const struct vf_config *config,
                   struct vf_buffer *text, struct vf_arena *arena, struct vf_error *err)
{
    struct vf_reference *reference;
    int rc;

    if (!line->name.ptr && line->argument_count != 3)
        return vf_error_set(err, VF_EUSAGE,
                            "explain needs COUNTRY ORGANIZATION DATE, or --name TEXT");
    rc = vf_reference_load(config->reference_directory.ptr, &reference, err);
    if (rc)
        return rc;
    if (line->name.ptr) {
        struct vf_name_context context = {.language = line->language, .day = VF_DAY_MIN};
        rc = vf_explain_name(reference, line->name, &context, arena, text);
    } else {
        rc = explain_standing(reference, line->arguments, arena, text, err);
    }
    vf_reference_release(reference);
    return rc;
}

int vf_command_explain(const struct vf_command_line *line, const struct vf_config *config,
                       struct vf_arena *unused)
{
    struct vf_error err = {0};
    struct vf_buffer text;
    struct vf_arena arena;

    (void)unused;
    vf_buffer_init(&text, TEXT_MAX);
    vf_arena_init(&arena, ARENA_BLOCK, ARENA_MAX);
    int rc = explain(line, config, &text, &arena, &err);
    if (rc && !err.code)
        vf_error_set(&err, rc, "%s", vf_strerror(rc));
    if (!rc)
        fwrite(text.data, 1, text.len, stdout);
    vf_arena_release(&arena);
    vf_buffer_release(&text);
    return rc ? vf_command_fail(&err) : VF_EXIT_OK;
}
