#include "daemon/commands.h"

#include "base/arguments.h"
#include "base/nearest.h"
#include <stdio.h>

enum { CONFIG_ARENA_BLOCK = 1 << 16, CONFIG_ARENA_MAX = 16 << 20 }; /* bytes */

struct target {
    struct vf_command_line line;
    struct vf_flag_list assignments;
};

#define AT(field) offsetof(struct target, field)
#define SWITCH(letter, name, field, help)                                                          \
    {                                                                                              \
        letter, VF_FLAG_SWITCH, NULL,                                                              \
            {"", name, VF_OPTION_BOOL, AT(line.field), NULL, 0, 0, NULL, help}, 0                  \
    }
#define VALUE(letter, name, field, argument, help)                                                 \
    {                                                                                              \
        letter, VF_FLAG_VALUE, argument,                                                           \
            {"", name, VF_OPTION_TEXT, AT(line.field), NULL, 0, 0, NULL, help}, 0                  \
    }

static const struct vf_flag flag_items[] = {
    VALUE('c', "config", config_path, "FILE", "Configuration file."),
    {'s',
     VF_FLAG_LIST,
     "SECTION.KEY=VALUE",
     {"", "set", VF_OPTION_TEXT, AT(assignments), NULL, 0, 0, NULL,
      "Sets one option over the file; may be given again."},
     0},
    SWITCH(0, "check-config", check_config, "Checks the configuration and what it names."),
    SWITCH(0, "print-config", print_config, "Prints an example with all options and defaults."),
    VALUE(0, "kind", kind, "visit|meeting", "normalize: what the reports are."),
    SWITCH(0, "full", full, "demo: shows every event in full."),
    VALUE(0, "name", name, "TEXT", "explain: how this text resolves."),
    VALUE(0, "language", language, "TAG", "explain --name: language of the text."),
    SWITCH('h', "help", help, "Shows this text."),
    SWITCH('V', "version", version, "Shows the version."),
};
static const struct vf_flags flags = {flag_items, sizeof flag_items / sizeof *flag_items};

static const struct {
    const char *name;
    vf_command *run;
    const char *arguments;
    const char *help;
} commands[] = {
    {"run", vf_command_run, "", "The daemon; also without any command."},
    {"normalize", vf_command_normalize, "FILE...",
     "Reports in (JSON lines, JSON array or Avro container), normalized events out as\n"
     "      JSON lines; no Kafka. - is standard input."},
    {"demo", vf_command_demo, "", "Runs the daemon over the sample on an embedded Kafka."},
    {"explain", vf_command_explain, "COUNTRY ORGANIZATION DATE",
     "Standing of a country in an organization on a day, and why."},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

int vf_command_fail(const struct vf_error *err)
{
    fprintf(stderr, "visitfeed-consumer: %s\n", err->text[0] ? err->text : vf_strerror(err->code));
    switch (err->code) {
    case VF_EUSAGE: return VF_EXIT_USAGE;
    case VF_ECONFIG: return VF_EXIT_CONFIG;
    default: return VF_EXIT_FAILURE;
    }
}

static void print_help(void)
{
    struct vf_buffer text;

    vf_buffer_init(&text, 1 << 16);
    vf_buffer_append_text(&text, "Usage: visitfeed-consumer [OPTION]... [COMMAND]\n\n"
                                 "Normalizes visit and meeting events on Kafka.\n\nCommands:\n");
    for (int i = 0; i < COMMANDS; i++) {
        vf_buffer_printf(&text, "  %s %s\n      %s\n", commands[i].name, commands[i].arguments,
                         commands[i].help);
    }
    vf_buffer_append_text(&text, "\nOptions:\n");
    vf_flags_print(&flags, &text);
    vf_buffer_append_text(
        &text, "\nSIGTERM and SIGINT drain and end it, SIGHUP reads the reference data again.\n"
               "Exit status: 0, 1 failure, 64 wrong usage, 78 wrong configuration.\n\n"
               "Examples:\n"
               "  visitfeed-consumer -c /etc/visitfeed/visitfeed.ini\n"
               "  visitfeed-consumer -s kafka.bootstrap.servers=broker:9092\n"
               "  visitfeed-consumer normalize reports.jsonl\n"
               "  visitfeed-consumer explain AZE aipa 2025-09-18\n");
    fwrite(text.data, 1, text.len, stdout);
    vf_buffer_release(&text);
}

static int print_config(void)
{
    struct vf_buffer text;

    vf_buffer_init(&text, 1 << 16);
    vf_options_print(&vf_config_options, &text);
    fwrite(text.data, 1, text.len, stdout);
    vf_buffer_release(&text);
    return VF_EXIT_OK;
}

/* The command that the first operand names; the daemon itself where there is none. */
static vf_command *find_command(struct vf_command_line *line, struct vf_error *err)
{
    struct vf_nearest nearest;

    if (line->check_config)
        return vf_command_check_config;
    if (!line->argument_count)
        return vf_command_run;
    const char *name = *line->arguments++;
    line->argument_count--;
    vf_nearest_begin(&nearest, vf_slice_of(name));
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run;
        vf_nearest_offer(&nearest, commands[i].name);
    }
    if (nearest.word)
        vf_error_set(err, VF_EUSAGE, "unknown command \"%s\"; did you mean \"%s\"?", name,
                     nearest.word);
    else
        vf_error_set(err, VF_EUSAGE, "unknown command \"%s\"; see --help", name);
    return NULL;
}

static int run_command(struct target *target, struct vf_arena *arena, struct vf_error *err)
{
    static struct vf_config config; /* large, and there is one */
    struct vf_command_line *line = &target->line;

    vf_command *command = find_command(line, err);
    if (!command)
        return vf_command_fail(err);
    int rc =
        vf_config_load(line->config_path.len ? line->config_path.ptr : NULL,
                       target->assignments.items, target->assignments.count, arena, &config, err);
    if (rc == VF_EIO) /* the file that was named can't be read */
        err->code = VF_ECONFIG;
    if (!rc)
        rc = vf_config_apply_log(&config, err);
    return rc ? vf_command_fail(err) : command(line, &config, arena);
}

int vf_command_main(int argc, char **argv)
{
    struct target target = {0};
    struct vf_error err = {0};
    struct vf_arena arena;

    target.line.arguments = argv + 1;
    int rc =
        vf_flags_parse(&flags, 1, argc - 1, argv + 1, &target, &target.line.argument_count, &err);
    if (rc)
        return vf_command_fail(&err);
    if (target.line.help) {
        print_help();
        return VF_EXIT_OK;
    }
    if (target.line.version) {
        printf("visitfeed-consumer %s\n", VISITFEED_VERSION);
        return VF_EXIT_OK;
    }
    if (target.line.print_config)
        return print_config();

    vf_arena_init(&arena, CONFIG_ARENA_BLOCK, CONFIG_ARENA_MAX);
    int status = run_command(&target, &arena, &err);
    vf_arena_release(&arena);
    return status;
}
