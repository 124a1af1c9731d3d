/*
 * The tool's commands: a table of what each is called, takes and does. Parsing, help and the
 * configuration are the same for all.
 */
#ifndef VF_PRODUCER_TOOL_H
#define VF_PRODUCER_TOOL_H

#include "base/arguments.h"
#include "daemon/config.h"
#include "kafka/client_config.h"

#define VF_PRODUCER_NAME "visitfeed-producer"

enum vf_tool_exit {
    VF_TOOL_OK = 0,
    VF_TOOL_FAILURE = 1, /* a record was not sent, or something broke */
    VF_TOOL_USAGE = 64,  /* as in sysexits.h */
    VF_TOOL_CONFIG = 78,
};

/* Flags that every command has; the first member of each command's own struct of flags. */
struct vf_common_flags {
    struct vf_slice config;
    struct vf_flag_list set;
    struct vf_slice brokers;
    struct vf_flag_list properties; /* of librdkafka */
    bool quiet;
    bool help;
    bool version;
};

/* One run of a command. */
struct vf_call {
    const struct vf_tool_command *command;
    const void *flags; /* the command's own struct */
    const struct vf_common_flags *common;
    char **operands;
    int operand_count;
    const struct vf_config *config;
    bool implied; /* the command was not named */
};

enum vf_tool_clients { VF_TOOL_CONSUMES = 1, VF_TOOL_PRODUCES = 2 };

struct vf_tool_command {
    const char *name;
    const char *operands; /* "FILE..." */
    const char *summary;  /* one line */
    const char *details;  /* paragraphs for --help; may be NULL */
    const char *examples;
    struct vf_flags flags;
    size_t flags_size; /* bytes of its struct of flags */
    int operands_min;
    int operands_max;
    int clients;                            /* enum vf_tool_clients: whose settings -b and -X are */
    int (*run)(const struct vf_call *call); /* enum vf_tool_exit */
};

/* Runs what the command line says; enum vf_tool_exit. */
int vf_tool_main(int argc, char **argv);

/* Tells the error on standard error, and gives the exit code that goes with it. */
int vf_tool_fail(const struct vf_error *err);
/* The settings of the Kafka clients; borrowed from the configuration. */
struct vf_client_settings vf_tool_client_settings(const struct vf_call *call);

/* The first is the one that is meant where none is named. */
extern const struct vf_tool_command *const vf_tool_commands[];
extern const size_t vf_tool_command_count;
extern const struct vf_flags vf_tool_common_flags;

extern const struct vf_tool_command vf_tool_send;
extern const struct vf_tool_command vf_tool_record;
extern const struct vf_tool_command vf_tool_replay;
extern const struct vf_tool_command vf_tool_verify;
extern const struct vf_tool_command vf_tool_redrive;
extern const struct vf_tool_command vf_tool_generate;
extern const struct vf_tool_command vf_tool_inspect;
extern const struct vf_tool_command vf_tool_register;
extern const struct vf_tool_command vf_tool_check;
extern const struct vf_tool_command vf_tool_publish_reference;
extern const struct vf_tool_command vf_tool_completion;
extern const struct vf_tool_command vf_tool_manual;

#endif
