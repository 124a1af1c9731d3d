/*
 * The daemon's commands. Each returns the process's exit status: 0, 1 for failure, 64 for wrong
 * usage, 78 for a wrong configuration.
 */
#ifndef VF_DAEMON_COMMANDS_H
#define VF_DAEMON_COMMANDS_H

#include "daemon/config.h"

enum { VF_EXIT_OK = 0, VF_EXIT_FAILURE = 1, VF_EXIT_USAGE = 64, VF_EXIT_CONFIG = 78 };

/* What the command line asked for. */
struct vf_command_line {
    struct vf_slice config_path; /* empty: none */
    struct vf_slice kind;        /* of normalize's input: visit or meeting; empty: by its fields */
    struct vf_slice name;        /* explain --name */
    struct vf_slice language;    /* explain --name: BCP 47 */
    bool check_config;
    bool print_config;
    bool full; /* demo: every event in full */
    bool help;
    bool version;
    int argument_count;
    char **arguments; /* after the command */
};

typedef int vf_command(const struct vf_command_line *line, const struct vf_config *config,
                       struct vf_arena *arena);

vf_command vf_command_run;
vf_command vf_command_normalize;
vf_command vf_command_demo;
vf_command vf_command_explain;
vf_command vf_command_check_config;

/* Everything from argv to the exit status. */
int vf_command_main(int argc, char **argv);

/* "visitfeed-consumer: text" to standard error; returns the exit status that goes with the
 * code. */
int vf_command_fail(const struct vf_error *err);

#endif
