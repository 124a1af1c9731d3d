/* completion and manual: written from the tables of commands and flags, so never out of date. */
#include "base/buffer.h"
#include "tool.h"
#include <stdio.h>

enum { TEXT_MAX = 1 << 20 }; /* bytes */

static int print(struct vf_buffer *text)
{
    bool failed =
        text->failed || fwrite(text->data, 1, text->len, stdout) != text->len || fflush(stdout);
    vf_buffer_release(text);
    return failed ? VF_TOOL_FAILURE : VF_TOOL_OK;
}

/* ---- Bash ---- */

static void append_flag_names(const struct vf_flags *flags, struct vf_buffer *out)
{
    for (size_t i = 0; i < flags->count; i++) {
        vf_buffer_printf(out, " --%s", flags->items[i].option.key);
        if (flags->items[i].letter)
            vf_buffer_printf(out, " -%c", flags->items[i].letter);
    }
}

/* The word of a choice "word NAME". */
static void append_choices(const char *const *choices, struct vf_buffer *out)
{
    for (size_t i = 0; choices[i]; i++) {
        const char *space = strchr(choices[i], ' ');
        size_t length = space ? (size_t)(space - choices[i]) : strlen(choices[i]);
        vf_buffer_printf(out, "%s%.*s", i ? " " : "", (int)length, choices[i]);
    }
}

/* What a flag's value can be: one of some words, nothing that is known, or a file. */
static void append_flag_cases(const char *command, const struct vf_flags *flags,
                              struct vf_buffer *out)
{
    for (size_t i = 0; i < flags->count; i++) {
        const struct vf_flag *flag = &flags->items[i];
        if (flag->kind == VF_FLAG_SWITCH)
            continue;
        bool is_file = flag->argument && (strcmp(flag->argument, "FILE") == 0 ||
                                          strcmp(flag->argument, "DIRECTORY") == 0);
        vf_buffer_printf(out, "    '%s --%s'", command, flag->option.key);
        if (flag->letter)
            vf_buffer_printf(out, "|'%s -%c'", command, flag->letter);
        vf_buffer_append_text(out, ") ");
        if (flag->option.choices) {
            vf_buffer_append_text(out, "words='");
            append_choices(flag->option.choices, out);
            vf_buffer_append_text(out, "' ;;\n");
        } else {
            vf_buffer_append_text(out, is_file ? "files=yes ;;\n" : "return ;;\n");
        }
    }
}

static const char bash_head[] =
    "# Bash completion of visitfeed-producer; made by \"visitfeed-producer completion\".\n"
    "_visitfeed_producer() {\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local command=${COMP_WORDS[1]} words= files=\n"
    "    COMPREPLY=()\n";

static int run_completion(const struct vf_call *call)
{
    struct vf_buffer out;

    (void)call;
    vf_buffer_init(&out, TEXT_MAX);
    vf_buffer_append_text(&out, bash_head);
    vf_buffer_append_text(&out, "    local commands='");
    for (size_t i = 0; i < vf_tool_command_count; i++)
        vf_buffer_printf(&out, "%s%s", i ? " " : "", vf_tool_commands[i]->name);
    vf_buffer_printf(&out,
                     "'\n"
                     "    [[ \" $commands \" == *\" $command \"* ]] || command=%s\n"
                     "    case \"$command $previous\" in\n",
                     vf_tool_commands[0]->name);
    for (size_t i = 0; i < vf_tool_command_count; i++) {
        append_flag_cases(vf_tool_commands[i]->name, &vf_tool_commands[i]->flags, &out);
        append_flag_cases(vf_tool_commands[i]->name, &vf_tool_common_flags, &out);
    }
    vf_buffer_append_text(&out, "    esac\n"
                                "    if [[ -z $words$files && $current == -* ]]; then\n"
                                "        case $command in\n");
    for (size_t i = 0; i < vf_tool_command_count; i++) {
        vf_buffer_printf(&out, "        %s) words='", vf_tool_commands[i]->name);
        append_flag_names(&vf_tool_commands[i]->flags, &out);
        append_flag_names(&vf_tool_common_flags, &out);
        vf_buffer_append_text(&out, "' ;;\n");
    }
    vf_buffer_append_text(
        &out, "        esac\n"
              "    elif [[ -z $words ]]; then\n"
              "        [[ $COMP_CWORD -eq 1 && -z $files ]] && words=$commands\n"
              "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
              "    fi\n"
              "    mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W \"$words\" -- "
              "\"$current\")\n"
              "}\n"
              "complete -o filenames -F _visitfeed_producer visitfeed-producer\n");
    return print(&out);
}

/* ---- manual ---- */

/* Text for roff: its own characters are escaped. */
static void append_roff(const char *text, struct vf_buffer *out)
{
    bool at_line_start = true;

    for (; *text; text++) {
        if (at_line_start && (*text == '.' || *text == '\''))
            vf_buffer_append_text(out, "\\&");
        if (*text == '\\')
            vf_buffer_append_text(out, "\\e");
        else if (*text == '-')
            vf_buffer_append_text(out, "\\-");
        else
            vf_buffer_append_char(out, *text);
        at_line_start = *text == '\n';
    }
}

static void append_flag_manual(const struct vf_flag *flag, struct vf_buffer *out)
{
    vf_buffer_append_text(out, ".TP\n");
    if (flag->letter)
        vf_buffer_printf(out, "\\fB\\-%c\\fR, ", flag->letter);
    vf_buffer_append_text(out, "\\fB\\-\\-");
    append_roff(flag->option.key, out);
    vf_buffer_append_text(out, "\\fR");
    if (flag->argument) {
        vf_buffer_append_text(out, " \\fI");
        append_roff(flag->argument, out);
        vf_buffer_append_text(out, "\\fR");
    }
    for (size_t i = 0; !flag->argument && flag->option.choices && flag->option.choices[i]; i++) {
        vf_buffer_append_text(out, i ? "|" : " ");
        append_roff(flag->option.choices[i], out);
    }
    vf_buffer_append_char(out, '\n');
    for (const char *c = flag->option.help; *c; c++) {
        char text[2] = {*c == '\n' ? ' ' : *c, '\0'};
        append_roff(text, out);
    }
    if (flag->option.standard && *flag->option.standard && flag->kind != VF_FLAG_SWITCH) {
        vf_buffer_append_text(out, " [");
        append_roff(flag->option.standard, out);
        vf_buffer_append_char(out, ']');
    }
    vf_buffer_append_char(out, '\n');
}

static void append_flags_manual(const struct vf_flags *flags, struct vf_buffer *out)
{
    for (size_t i = 0; i < flags->count; i++)
        append_flag_manual(&flags->items[i], out);
}

static void append_command_manual(const struct vf_tool_command *command, struct vf_buffer *out)
{
    vf_buffer_append_text(out, ".SS ");
    append_roff(command->name, out);
    vf_buffer_append_text(out, "\n.B visitfeed\\-producer ");
    append_roff(command->name, out);
    vf_buffer_append_text(out, "\n[\\fIOPTION\\fR]... ");
    append_roff(command->operands, out);
    vf_buffer_append_text(out, "\n.PP\n");
    append_roff(command->summary, out);
    vf_buffer_append_char(out, '\n');
    if (command->details) {
        vf_buffer_append_text(out, ".PP\n");
        append_roff(command->details, out);
    }
    append_flags_manual(&command->flags, out);
    vf_buffer_append_text(out, ".PP\nExamples:\n.PP\n.nf\n");
    append_roff(command->examples, out);
    vf_buffer_append_text(out, ".fi\n");
}

static int run_manual(const struct vf_call *call)
{
    struct vf_buffer out;

    (void)call;
    vf_buffer_init(&out, TEXT_MAX);
    vf_buffer_append_text(&out,
                          ".TH VISITFEED\\-PRODUCER 1 \"\" \"visitfeed " VISITFEED_VERSION "\"\n"
                          ".SH NAME\n"
                          "visitfeed\\-producer \\- send, record and replay feeds of visits "
                          "and meetings\n"
                          ".SH SYNOPSIS\n"
                          ".B visitfeed\\-producer\n"
                          "[\\fICOMMAND\\fR] [\\fIOPTION\\fR]... \\fIOPERAND\\fR...\n"
                          ".SH DESCRIPTION\n"
                          "Without a command, visits and meetings of the files named are "
                          "sent to Kafka. On a terminal progress is one line that is "
                          "updated, otherwise a log line every few seconds; the summary at "
                          "the end adds up. Ctrl\\-C ends reading and waits for what was "
                          "sent; a second one ends at once.\n"
                          ".SH OPTIONS OF ALL COMMANDS\n");
    append_flags_manual(&vf_tool_common_flags, &out);
    vf_buffer_append_text(&out, ".SH COMMANDS\n");
    for (size_t i = 0; i < vf_tool_command_count; i++)
        append_command_manual(vf_tool_commands[i], &out);
    vf_buffer_append_text(
        &out, ".SH EXIT STATUS\n"
              "0: all went well. 1: a record was not sent, something broke, or what was "
              "compared differs. 64: wrong usage. 78: wrong configuration.\n"
              ".SH SEE ALSO\n"
              "visitfeed\\-consumer, kcat(1)\n");
    return print(&out);
}

const struct vf_tool_command vf_tool_completion = {
    .name = "completion",
    .operands = "",
    .summary = "Prints the completion script for Bash.",
    .examples = "  source <(visitfeed-producer completion)\n",
    .flags_size = sizeof(struct vf_common_flags),
    .clients = VF_TOOL_PRODUCES,
    .run = run_completion};

const struct vf_tool_command vf_tool_manual = {.name = "manual",
                                               .operands = "",
                                               .summary = "Prints the manual page.",
                                               .examples =
                                                   "  visitfeed-producer manual | man -l -\n",
                                               .flags_size = sizeof(struct vf_common_flags),
                                               .clients = VF_TOOL_PRODUCES,
                                               .run = run_manual};
