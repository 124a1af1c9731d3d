#include "tool.h"

#include "base/memory.h"
#include "base/nearest.h"
#include "interrupt.h"
#include <stdio.h>
#include <unistd.h>

enum { CONFIG_BYTES_MAX = 4 * 1024 * 1024 }; /* texts of the configuration, secrets included */
enum { HELP_BYTES_MAX = 64 * 1024 };
enum { ASSIGNMENTS_MAX = 2 * VF_FLAG_LIST_MAX + 2 };

const struct vf_tool_command *const vf_tool_commands[] = {
    &vf_tool_send,       &vf_tool_record,
    &vf_tool_replay,     &vf_tool_verify,
    &vf_tool_redrive,    &vf_tool_generate,
    &vf_tool_inspect,    &vf_tool_register,
    &vf_tool_check,      &vf_tool_publish_reference,
    &vf_tool_completion, &vf_tool_manual,
};
const size_t vf_tool_command_count = sizeof vf_tool_commands / sizeof *vf_tool_commands;

#define AT(field) offsetof(struct vf_common_flags, field)

static const struct vf_flag common_flags[] = {
    VF_TEXT_FLAG('b', "brokers", "HOST:PORT,...", AT(brokers), NULL, "brokers to ask first"),
    VF_TEXT_FLAG('c', "config", "FILE", AT(config), NULL,
                 "the daemon's configuration file: topics, framing,\n[kafka] sections"),
    VF_LIST_FLAG('s', "set", "SECTION.KEY=VALUE", AT(set), "set one option of the configuration"),
    VF_LIST_FLAG('X', "property", "KEY=VALUE", AT(properties), "set any librdkafka property"),
    VF_SWITCH_FLAG('q', "quiet", AT(quiet), "no progress, and no summary when all went well"),
    VF_SWITCH_FLAG('h', "help", AT(help), "this text"),
    VF_SWITCH_FLAG('V', "version", AT(version), "versions of this program and of librdkafka"),
};

const struct vf_flags vf_tool_common_flags = {common_flags,
                                              sizeof common_flags / sizeof *common_flags};

int vf_tool_fail(const struct vf_error *err)
{
    fprintf(stderr, VF_PRODUCER_NAME ": %s\n", err->text[0] ? err->text : vf_strerror(err->code));
    switch (err->code) {
    case VF_EUSAGE: fprintf(stderr, "Try \"" VF_PRODUCER_NAME " --help\".\n"); return VF_TOOL_USAGE;
    case VF_ECONFIG: return VF_TOOL_CONFIG;
    default: return VF_TOOL_FAILURE;
    }
}

struct vf_client_settings vf_tool_client_settings(const struct vf_call *call)
{
    return (struct vf_client_settings){.common = &call->config->kafka,
                                       .consumer = &call->config->kafka_consumer,
                                       .producer = &call->config->kafka_producer};
}

static const struct vf_tool_command *find_command(const char *name)
{
    for (size_t i = 0; i < vf_tool_command_count; i++)
        if (strcmp(vf_tool_commands[i]->name, name) == 0)
            return vf_tool_commands[i];
    return NULL;
}

static int print_help(const struct vf_tool_command *command, bool implied)
{
    struct vf_buffer out;

    vf_buffer_init(&out, HELP_BYTES_MAX);
    if (implied) {
        vf_buffer_append_text(&out, "Sends, records and replays feeds of visits and meetings.\n\n"
                                    "Usage: " VF_PRODUCER_NAME " [COMMAND] [OPTION]... "
                                    "OPERAND...\n\nCommands:\n");
        for (size_t i = 0; i < vf_tool_command_count; i++)
            vf_buffer_printf(&out, "  %-18s %s\n", vf_tool_commands[i]->name,
                             vf_tool_commands[i]->summary);
        vf_buffer_printf(&out,
                         "\nWithout a command it is \"%s\". \"" VF_PRODUCER_NAME
                         " COMMAND --help\" tells more.\n\n",
                         command->name);
    }
    vf_buffer_printf(&out, "Usage: " VF_PRODUCER_NAME " %s [OPTION]... %s\n\n%s\n", command->name,
                     command->operands, command->summary);
    if (command->details)
        vf_buffer_printf(&out, "\n%s", command->details);
    vf_buffer_append_text(&out, "\nOptions:\n");
    vf_flags_print(&command->flags, &out);
    vf_buffer_append_text(&out, "\nOptions of all commands:\n");
    vf_flags_print(&vf_tool_common_flags, &out);
    vf_buffer_printf(&out, "\nExamples:\n%s", command->examples);
    vf_buffer_append_text(&out, "\nExit status: 0 all went well; 1 a record was not sent or "
                                "something broke;\n64 wrong usage; 78 wrong configuration.\n");
    bool failed = out.failed || fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout);
    vf_buffer_release(&out);
    return failed ? VF_TOOL_FAILURE : VF_TOOL_OK;
}

static int print_version(void)
{
    printf(VF_PRODUCER_NAME " " VISITFEED_VERSION " (librdkafka %s)\n",
           vf_client_library_version());
    return fflush(stdout) ? VF_TOOL_FAILURE : VF_TOOL_OK;
}

/* A list of assignments "section.key=value" that grows. */
struct assignments {
    const char *items[ASSIGNMENTS_MAX];
    size_t count;
    struct vf_arena *arena;
    bool failed;
};

static void assign(struct assignments *list, const char *section, const char *key_and_value)
{
    struct vf_slice text = vf_arena_printf(list->arena, "%s.%s", section, key_and_value);
    list->failed |= !text.ptr;
    list->items[list->count++] = text.ptr;
}

/* --set as it is, then what -b and -X stand for: the more special wins. A client's own section
 * wins over [kafka], so there they go; a property for both clients at once goes to [kafka]. */
static int load_config(const struct vf_tool_command *command, const struct vf_common_flags *flags,
                       struct vf_arena *arena, struct vf_config *out, struct vf_error *err)
{
    struct assignments list = {.count = 0, .arena = arena};
    const char *both = command->clients == (VF_TOOL_CONSUMES | VF_TOOL_PRODUCES) ? "kafka" : NULL;
    const char *one = command->clients & VF_TOOL_PRODUCES ? "kafka.producer" : "kafka.consumer";

    for (size_t i = 0; i < flags->set.count; i++)
        list.items[list.count++] = flags->set.items[i];
    if (flags->brokers.ptr) {
        struct vf_slice servers =
            vf_arena_printf(arena, "bootstrap.servers=%s", flags->brokers.ptr);
        if (!servers.ptr)
            return vf_error_set(err, VF_ENOMEM, "out of memory");
        assign(&list, "kafka.consumer", servers.ptr);
        assign(&list, "kafka.producer", servers.ptr);
    }
    for (size_t i = 0; i < flags->properties.count; i++)
        assign(&list, both ? both : one, flags->properties.items[i]);
    if (list.failed)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    int rc = vf_config_load(flags->config.ptr, list.items, list.count, arena, out, err);
    return rc == VF_EIO ? err->code = VF_ECONFIG : rc; /* the file can't be read */
}

static int check_operands(const struct vf_tool_command *command, int count, struct vf_error *err)
{
    if (count < command->operands_min)
        return vf_error_set(err, VF_EUSAGE, "%s: %s is missing", command->name, command->operands);
    if (count > command->operands_max)
        return vf_error_set(err, VF_EUSAGE, "%s: takes %s, and no more", command->name,
                            command->operands);
    return VF_OK;
}

static int run_configured(struct vf_call *call, struct vf_error *err)
{
    struct vf_config *config = vf_calloc(1, sizeof *config);
    struct vf_arena arena;
    int code;

    if (!config)
        return vf_tool_fail(&(struct vf_error){.code = VF_ENOMEM});
    vf_arena_init(&arena, 16 * 1024, CONFIG_BYTES_MAX);
    int rc = load_config(call->command, call->common, &arena, config, err);
    if (!rc)
        rc = vf_config_apply_log(config, err);
    if (rc) {
        code = vf_tool_fail(err);
    } else {
        vf_interrupt_install();
        call->config = config;
        code = call->command->run(call);
        vf_log_flush(true);
    }
    vf_arena_release(&arena);
    vf_free(config);
    return code;
}

static int run_command(struct vf_call *call, int argc, char **argv)
{
    const struct vf_tool_command *command = call->command;
    const struct vf_flags tables[] = {command->flags, vf_tool_common_flags};
    struct vf_error err = {0};
    void *flags = vf_calloc(1, command->flags_size);
    int code;

    if (!flags)
        return vf_tool_fail(&(struct vf_error){.code = VF_ENOMEM});
    call->flags = call->common = flags;
    call->operands = argv;
    int rc = vf_flags_default(tables, 2, flags, &err);
    if (!rc)
        rc = vf_flags_parse(tables, 2, argc, argv, flags, &call->operand_count, &err);
    if (rc)
        code = vf_tool_fail(&err);
    else if (call->common->help)
        code = print_help(command, call->implied);
    else if (call->common->version)
        code = print_version();
    else if (check_operands(command, call->operand_count, &err))
        code = vf_tool_fail(&err);
    else
        code = run_configured(call, &err);
    vf_free(flags);
    return code;
}

/* A word that is neither a command nor a file may be a command misspelt. */
static int check_word(const char *word, struct vf_error *err)
{
    struct vf_nearest nearest;

    if (word[0] == '-' || access(word, F_OK) == 0)
        return VF_OK;
    vf_nearest_begin(&nearest, vf_slice_of(word));
    for (size_t i = 0; i < vf_tool_command_count; i++)
        vf_nearest_offer(&nearest, vf_tool_commands[i]->name);
    if (nearest.word)
        return vf_error_set(err, VF_EUSAGE,
                            "\"%s\" is neither a command nor a file; did you mean \"%s\"?", word,
                            nearest.word);
    return VF_OK;
}

int vf_tool_main(int argc, char **argv)
{
    struct vf_call call = {.command = argc > 1 ? find_command(argv[1]) : NULL};
    struct vf_error err = {0};
    int skip = call.command ? 2 : 1;

    if (argc < 1)
        return VF_TOOL_USAGE;
    if (!call.command) {
        call.command = vf_tool_commands[0];
        call.implied = true;
        if (argc > 1 && check_word(argv[1], &err))
            return vf_tool_fail(&err);
    }
    return run_command(&call, argc - skip, argv + skip);
}
