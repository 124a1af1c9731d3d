#include "base/options.h"

#include "base/file.h"
#include "base/nearest.h"
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>

enum { SECRET_FILE_MAX = 64 * 1024 }; /* bytes of a file:/path value: certificates fit */

/* One run over a file, or one assignment. */
struct load {
    const struct vf_options *options;
    void *target;
    struct vf_arena *arena;
    const char *name; /* of the file, or "--set" */
    FILE *file;
    int line;         /* being read; 0: no file */
    bool continued;   /* the line read last begins with a space */
    char section[64]; /* of the pair handled last */
    char key[128];
    struct vf_error *err;
    int rc;
};

static int fail(struct load *load, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct load *load, const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (load->line)
        load->rc = vf_error_set(load->err, VF_ECONFIG, "%s:%d: %s", load->name, load->line, text);
    else
        load->rc = vf_error_set(load->err, VF_ECONFIG, "%s: %s", load->name, text);
    return load->rc;
}

static int fail_memory(struct load *load)
{
    return load->rc = vf_error_set(load->err, VF_ENOMEM, "%s: out of memory", load->name);
}

static int set_option(struct load *load, const struct vf_option *option, struct vf_slice value)
{
    struct vf_error why = {0};

    if (!vf_option_set(option, value, load->target, &why))
        return VF_OK;
    return fail(load, "%s.%s: %s", option->section, option->key, why.text);
}

static int add_pair(struct load *load, const struct vf_passthrough *passthrough, const char *key,
                    struct vf_slice value)
{
    struct vf_pairs *pairs = (struct vf_pairs *)((char *)load->target + passthrough->offset);

    for (size_t i = 0; i < pairs->count; i++) {
        if (vf_slice_is(pairs->items[i].key, key)) {
            if (load->line && pairs->items[i].line)
                return fail(load, "[%s] %s was given before, in line %d", passthrough->section, key,
                            pairs->items[i].line);
            pairs->items[i].value = value;
            return VF_OK;
        }
    }
    if (pairs->count == VF_PAIRS_MAX)
        return fail(load, "[%s] has more than %d keys", passthrough->section, VF_PAIRS_MAX);
    struct vf_slice name = vf_arena_copy(load->arena, vf_slice_of(key));
    if (!name.ptr)
        return fail_memory(load);
    pairs->items[pairs->count++] = (struct vf_pair){name, value, load->line};
    return VF_OK;
}

static int fail_unknown(struct load *load, const char *section, const char *key)
{
    const struct vf_options *options = load->options;
    bool section_known = false;
    struct vf_nearest nearest;

    for (size_t i = 0; i < options->option_count; i++)
        section_known |= strcmp(options->options[i].section, section) == 0;
    vf_nearest_begin(&nearest, vf_slice_of(section_known ? key : section));
    for (size_t i = 0; i < options->option_count; i++) {
        const struct vf_option *option = &options->options[i];
        if (!section_known)
            vf_nearest_offer(&nearest, option->section);
        else if (strcmp(option->section, section) == 0)
            vf_nearest_offer(&nearest, option->key);
    }
    for (size_t i = 0; !section_known && i < options->passthrough_count; i++)
        vf_nearest_offer(&nearest, options->passthroughs[i].section);

    char hint[120] = "";
    if (nearest.word)
        snprintf(hint, sizeof hint, "; did you mean \"%s\"?", nearest.word);
    if (!section_known)
        return fail(load, "unknown section [%s] of key \"%s\"%s", section, key, hint);
    return fail(load, "unknown key \"%s\" in [%s]%s", key, section, hint);
}

/* Reads a whole value file:/path. */
static int read_secret(struct load *load, const char *key, const char *path, struct vf_slice *out)
{
    struct vf_error err;
    int rc = vf_file_read(path, SECRET_FILE_MAX, load->arena, out, &err);
    if (rc == VF_ENOMEM)
        return fail_memory(load);
    if (rc)
        return fail(load, "%s: %s", key, err.text);
    size_t n = out->len;
    while (n && (out->ptr[n - 1] == '\n' || out->ptr[n - 1] == '\r'))
        n--;
    ((char *)out->ptr)[n] = '\0'; /* of the arena, not yet shown to anybody */
    *out = vf_slice(out->ptr, n);
    return VF_OK;
}

/* Replaces each ${NAME}. *value is NUL-terminated. */
static int substitute(struct load *load, const char *key, struct vf_slice *value)
{
    enum { ROUNDS = 32 }; /* variables in one value */

    size_t from = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const char *begin = strstr(value->ptr + from, "${");
        const char *end = begin ? strchr(begin, '}') : NULL;
        if (!begin)
            return VF_OK;
        if (!end)
            return fail(load, "%s: ${ without }", key);
        char name[128];
        snprintf(name, sizeof name, "%.*s", (int)(end - begin - 2), begin + 2);
        const char *text = getenv(name);
        if (!text)
            return fail(load, "%s: the environment has no variable %s", key, name);
        size_t before = (size_t)(begin - value->ptr);
        *value = vf_arena_printf(load->arena, "%.*s%s%s", (int)before, value->ptr, text, end + 1);
        if (!value->ptr)
            return fail_memory(load);
        from = before + strlen(text); /* what a variable holds is not looked at again */
    }
    return fail(load, "%s: more than %d variables", key, ROUNDS);
}

static int expand(struct load *load, const char *key, struct vf_slice *value)
{
    int rc = substitute(load, key, value);
    if (rc)
        return rc;
    if (strncmp(value->ptr, "file:", 5) == 0)
        return read_secret(load, key, value->ptr + 5, value);
    return VF_OK;
}

static int set_pair(struct load *load, const char *section, const char *key, struct vf_slice value)
{
    const struct vf_options *options = load->options;
    int rc = expand(load, key, &value);
    if (rc)
        return rc;

    for (size_t i = 0; i < options->passthrough_count; i++)
        if (strcmp(options->passthroughs[i].section, section) == 0)
            return add_pair(load, &options->passthroughs[i], key, value);
    for (size_t i = 0; i < options->option_count; i++) {
        const struct vf_option *option = &options->options[i];
        if (strcmp(option->section, section) == 0 && strcmp(option->key, key) == 0)
            return set_option(load, option, value);
    }
    return fail_unknown(load, section, key);
}

int vf_options_default(const struct vf_options *options, void *target, struct vf_arena *arena,
                       struct vf_error *err)
{
    struct load load = {
        .options = options, .target = target, .arena = arena, .name = "defaults", .err = err};

    for (size_t i = 0; i < options->option_count; i++) {
        struct vf_slice value = vf_slice_of(options->options[i].standard);
        if (set_option(&load, &options->options[i], value))
            return load.rc;
    }
    return VF_OK;
}

/* libinih cuts a line that does not fit its buffer: such a line must be an error instead. */
static char *read_line(char *text, int size, void *context)
{
    struct load *load = context;

    if (load->rc || !fgets(text, size, load->file))
        return NULL;
    load->line++;
    load->continued = isspace((unsigned char)text[0]) != 0;
    size_t len = strlen(text);
    if (len && text[len - 1] != '\n' && !feof(load->file)) {
        fail(load,
             "line longer than %d bytes: continue it on the next line, indented, or use "
             "file:/path",
             size - 2);
        return NULL;
    }
    return text;
}

/* Joins a continued line to the value that was set before. */
static int continue_value(struct load *load, struct vf_slice *value)
{
    for (size_t i = 0; i < load->options->passthrough_count; i++) {
        const struct vf_passthrough *passthrough = &load->options->passthroughs[i];
        struct vf_pairs *pairs = (struct vf_pairs *)((char *)load->target + passthrough->offset);
        if (strcmp(passthrough->section, load->section) != 0 || !pairs->count)
            continue;
        *value = vf_arena_printf(load->arena, "%s%s", pairs->items[--pairs->count].value.ptr,
                                 value->ptr);
        return value->ptr ? VF_OK : fail_memory(load);
    }
    for (size_t i = 0; i < load->options->option_count; i++) {
        const struct vf_option *option = &load->options->options[i];
        if (strcmp(option->section, load->section) != 0 || strcmp(option->key, load->key) != 0 ||
            option->type != VF_OPTION_TEXT)
            continue;
        struct vf_slice before;
        memcpy(&before, (char *)load->target + option->offset, sizeof before);
        *value = vf_arena_printf(load->arena, "%s%s", before.ptr, value->ptr);
        return value->ptr ? VF_OK : fail_memory(load);
    }
    return fail(load, "%s.%s cannot go on over several lines", load->section, load->key);
}

static int handle_pair(void *context, const char *section, const char *key, const char *text)
{
    struct load *load = context;
    if (load->rc)
        return 1;
    if (!*section)
        return fail(load, "key \"%s\" stands before the first [section]", key) == VF_OK;

    struct vf_slice value = vf_arena_copy(load->arena, vf_slice_of(text));
    if (!value.ptr)
        return fail_memory(load) == VF_OK;
    bool same = !strcmp(section, load->section) && !strcmp(key, load->key);
    if (load->continued && same && continue_value(load, &value))
        return 0;
    snprintf(load->section, sizeof load->section, "%s", section);
    snprintf(load->key, sizeof load->key, "%s", key);
    return set_pair(load, section, key, value) == VF_OK;
}

int vf_options_load(const struct vf_options *options, const char *path, void *target,
                    struct vf_arena *arena, struct vf_error *err)
{
    struct load load = {
        .options = options, .target = target, .arena = arena, .name = path, .err = err};

    load.file = fopen(path, "rbe");
    if (!load.file)
        return vf_error_set(err, VF_EIO, "%s: %s", path, strerror(errno));
    int bad_line = ini_parse_stream(read_line, &load, handle_pair, &load);
    bool broken = ferror(load.file) != 0;
    fclose(load.file);
    if (load.rc)
        return load.rc;
    if (broken)
        return vf_error_set(err, VF_EIO, "%s: can't be read", path);
    load.line = bad_line > 0 ? bad_line : 0;
    if (bad_line > 0)
        return fail(&load, "neither [section] nor key = value nor a comment");
    return VF_OK;
}

int vf_options_set(const struct vf_options *options, struct vf_slice assignment, void *target,
                   struct vf_arena *arena, struct vf_error *err)
{
    struct load load = {
        .options = options, .target = target, .arena = arena, .name = "--set", .err = err};
    struct vf_slice text = vf_arena_copy(arena, assignment);
    if (!text.ptr)
        return fail_memory(&load);
    char *copy = (char *)text.ptr;
    char *equals = strchr(copy, '=');
    if (!equals)
        return fail(&load, "\"%s\" is not section.key=value", copy);
    *equals = '\0';

    /* Section names may hold a dot, as kafka.consumer does: the longest that is known wins. */
    char *dot = strchr(copy, '.');
    for (size_t i = 0; i < options->passthrough_count; i++) {
        size_t len = strlen(options->passthroughs[i].section);
        if (strncmp(copy, options->passthroughs[i].section, len) == 0 && copy[len] == '.' &&
            copy + len > dot)
            dot = copy + len;
    }
    if (!dot)
        return fail(&load, "\"%s\" is not section.key=value", copy);
    *dot = '\0';
    return set_pair(&load, copy, dot + 1, vf_slice_of(equals + 1));
}

/* A comment, broken into lines that libinih can read and people like to. */
static void print_comment(struct vf_buffer *out, const char *text)
{
    enum { WIDTH = 96 }; /* columns */

    while (*text) {
        size_t len = strlen(text);
        if (len > WIDTH) {
            len = WIDTH;
            while (len && text[len] != ' ')
                len--;
            if (!len)
                len = strcspn(text, " ");
        }
        vf_buffer_printf(out, "# %.*s\n", (int)len, text);
        text += len;
        text += *text == ' ';
    }
}

static void print_option(struct vf_buffer *out, const struct vf_option *option)
{
    char text[1024];
    size_t used = (size_t)snprintf(text, sizeof text, "%s", option->help);

    for (size_t c = 0; option->choices && option->choices[c] && used < sizeof text; c++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s",
                                 c ? ", " : " One of: ", option->choices[c]);
    print_comment(out, text);
    vf_buffer_printf(out, "%s =%s%s\n", option->key, *option->standard ? " " : "",
                     option->standard);
}

void vf_options_print(const struct vf_options *options, struct vf_buffer *out)
{
    const char *section = "";

    for (size_t i = 0; i < options->option_count; i++) {
        const struct vf_option *option = &options->options[i];
        if (strcmp(section, option->section) != 0) {
            section = option->section;
            vf_buffer_printf(out, "%s[%s]\n", i ? "\n" : "", section);
        }
        print_option(out, option);
    }
    for (size_t i = 0; i < options->passthrough_count; i++) {
        vf_buffer_printf(out, "\n[%s]\n", options->passthroughs[i].section);
        print_comment(out, options->passthroughs[i].help);
    }
}
