#include "base/arguments.h"

#include "base/nearest.h"
#include <stdio.h>

/* One run over a command line. */
struct parse {
    const struct vf_flags *tables;
    size_t table_count;
    int argc;
    char **argv;
    int next; /* index of the argument to be read */
    void *target;
    struct vf_error *err;
};

static const struct vf_flag *find_name(const struct parse *parse, struct vf_slice name)
{
    for (size_t t = 0; t < parse->table_count; t++)
        for (size_t i = 0; i < parse->tables[t].count; i++)
            if (vf_slice_is(name, parse->tables[t].items[i].option.key))
                return &parse->tables[t].items[i];
    return NULL;
}

static const struct vf_flag *find_letter(const struct parse *parse, char letter)
{
    for (size_t t = 0; t < parse->table_count; t++)
        for (size_t i = 0; i < parse->tables[t].count; i++)
            if (parse->tables[t].items[i].letter == letter)
                return &parse->tables[t].items[i];
    return NULL;
}

static int fail_unknown(const struct parse *parse, struct vf_slice name)
{
    struct vf_nearest nearest;

    vf_nearest_begin(&nearest, name);
    for (size_t t = 0; t < parse->table_count; t++)
        for (size_t i = 0; i < parse->tables[t].count; i++)
            vf_nearest_offer(&nearest, parse->tables[t].items[i].option.key);
    if (nearest.word)
        return vf_error_set(parse->err, VF_EUSAGE, "unknown option --%.*s; did you mean --%s?",
                            VF_SLICE_PRINT(name), nearest.word);
    return vf_error_set(parse->err, VF_EUSAGE, "unknown option --%.*s", VF_SLICE_PRINT(name));
}

static const char *take_argument(struct parse *parse)
{
    return parse->next < parse->argc ? parse->argv[parse->next++] : NULL;
}

/* A choice "word NAME" whose word this is: sets the choice and takes its operand. */
static bool set_choice_with_operand(struct parse *parse, const struct vf_flag *flag,
                                    struct vf_slice value, int *rc)
{
    const char *const *choices = flag->option.choices;

    for (int64_t i = 0; flag->option.type == VF_OPTION_CHOICE && choices[i]; i++) {
        const char *space = strchr(choices[i], ' ');
        if (!space || !vf_slice_equal(value, vf_slice(choices[i], (size_t)(space - choices[i]))))
            continue;
        const char *operand = take_argument(parse);
        if (!operand) {
            *rc = vf_error_set(parse->err, VF_EUSAGE, "--%s %.*s needs %s", flag->option.key,
                               VF_SLICE_PRINT(value), space + 1);
            return true;
        }
        struct vf_slice text = vf_slice_of(operand);
        memcpy((char *)parse->target + flag->option.offset, &i, sizeof i);
        memcpy((char *)parse->target + flag->operand_offset, &text, sizeof text);
        *rc = VF_OK;
        return true;
    }
    return false;
}

static int set_value(struct parse *parse, const struct vf_flag *flag, struct vf_slice value)
{
    const char *name = flag->option.key;
    int rc;

    if (flag->kind == VF_FLAG_LIST) {
        struct vf_flag_list *list =
            (struct vf_flag_list *)((char *)parse->target + flag->option.offset);
        if (list->count == VF_FLAG_LIST_MAX)
            return vf_error_set(parse->err, VF_EUSAGE, "--%s is given more than %d times", name,
                                VF_FLAG_LIST_MAX);
        list->items[list->count++] = value.ptr;
        return VF_OK;
    }
    if (set_choice_with_operand(parse, flag, value, &rc))
        return rc;
    struct vf_error why = {0};
    if (!vf_option_set(&flag->option, value, parse->target, &why))
        return VF_OK;
    return vf_error_set(parse->err, VF_EUSAGE, "--%s: %s", name, why.text);
}

/* given: the value in the same argument, after "=" or the letter; ptr NULL if there is none. */
static int set_flag(struct parse *parse, const struct vf_flag *flag, struct vf_slice given)
{
    if (!given.ptr && flag->kind == VF_FLAG_SWITCH)
        given = vf_slice_of("true");
    if (!given.ptr)
        given = vf_slice_of(take_argument(parse));
    if (!given.ptr)
        return vf_error_set(parse->err, VF_EUSAGE, "--%s needs %s", flag->option.key,
                            flag->argument ? flag->argument : "a value");
    return set_value(parse, flag, given);
}

static int parse_long(struct parse *parse, const char *text)
{
    const char *equals = strchr(text, '=');
    struct vf_slice name = vf_slice(text, equals ? (size_t)(equals - text) : strlen(text));
    const struct vf_flag *flag = find_name(parse, name);
    if (!flag)
        return fail_unknown(parse, name);
    return set_flag(parse, flag, equals ? vf_slice_of(equals + 1) : VF_SLICE_NULL);
}

/* "-q", "-b HOST", "-bHOST", "-qn": switches may be joined, before one flag with a value. */
static int parse_letters(struct parse *parse, const char *text)
{
    for (; *text; text++) {
        const struct vf_flag *flag = find_letter(parse, *text);
        if (!flag)
            return vf_error_set(parse->err, VF_EUSAGE, "unknown option -%c", *text);
        bool is_switch = flag->kind == VF_FLAG_SWITCH;
        bool joined = !is_switch && text[1];
        int rc = set_flag(parse, flag, joined ? vf_slice_of(text + 1) : VF_SLICE_NULL);
        if (rc || !is_switch)
            return rc;
    }
    return VF_OK;
}

int vf_flags_default(const struct vf_flags *tables, size_t table_count, void *target,
                     struct vf_error *err)
{
    for (size_t t = 0; t < table_count; t++) {
        for (size_t i = 0; i < tables[t].count; i++) {
            const struct vf_option *option = &tables[t].items[i].option;
            if (!option->standard)
                continue;
            int rc = vf_option_set(option, vf_slice_of(option->standard), target, err);
            if (rc)
                return rc;
        }
    }
    return VF_OK;
}

int vf_flags_parse(const struct vf_flags *tables, size_t table_count, int argc, char **argv,
                   void *target, int *operand_count, struct vf_error *err)
{
    struct parse parse = {.tables = tables,
                          .table_count = table_count,
                          .argc = argc,
                          .argv = argv,
                          .target = target,
                          .err = err};
    bool only_operands = false;

    *operand_count = 0;
    while (parse.next < argc) {
        char *text = argv[parse.next++];
        int rc = VF_OK;
        if (only_operands || text[0] != '-' || !text[1])
            argv[(*operand_count)++] = text;
        else if (strcmp(text, "--") == 0)
            only_operands = true;
        else if (text[1] == '-')
            rc = parse_long(&parse, text + 2);
        else
            rc = parse_letters(&parse, text + 1);
        if (rc)
            return rc;
    }
    return VF_OK;
}

static void print_argument(const struct vf_flag *flag, struct vf_buffer *out)
{
    if (flag->argument)
        vf_buffer_printf(out, " %s", flag->argument);
    if (flag->argument || !flag->option.choices)
        return;
    for (size_t i = 0; flag->option.choices[i]; i++)
        vf_buffer_printf(out, "%s%s", i ? "|" : " ", flag->option.choices[i]);
}

void vf_flags_print(const struct vf_flags *flags, struct vf_buffer *out)
{
    enum { TEXT_COLUMN = 30 };

    for (size_t i = 0; i < flags->count; i++) {
        const struct vf_flag *flag = &flags->items[i];
        size_t begin = out->len;
        if (flag->letter)
            vf_buffer_printf(out, "  -%c, --%s", flag->letter, flag->option.key);
        else
            vf_buffer_printf(out, "      --%s", flag->option.key);
        print_argument(flag, out);
        size_t used = out->len - begin;
        if (used + 2 > TEXT_COLUMN)
            vf_buffer_printf(out, "\n%*s", TEXT_COLUMN, "");
        else
            vf_buffer_printf(out, "%*s", (int)(TEXT_COLUMN - used), "");
        for (const char *text = flag->option.help; *text; text++) {
            vf_buffer_append_char(out, *text);
            if (*text == '\n')
                vf_buffer_printf(out, "%*s", TEXT_COLUMN, "");
        }
        const char *standard = flag->option.standard;
        if (standard && *standard && flag->kind != VF_FLAG_SWITCH)
            vf_buffer_printf(out, " [%s]", standard);
        vf_buffer_append_char(out, '\n');
    }
}
