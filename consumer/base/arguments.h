/*
 * The command line, described by tables of flags. One table serves parsing, checks, error
 * messages, --help, the shell completion and the manual page.
 */
#ifndef VF_BASE_ARGUMENTS_H
#define VF_BASE_ARGUMENTS_H

#include "base/options.h"

enum { VF_FLAG_LIST_MAX = 64 }; /* times that one flag may be given */

/* What a flag that may be repeated collects. */
struct vf_flag_list {
    size_t count;
    const char *items[VF_FLAG_LIST_MAX]; /* borrowed from argv */
};

enum vf_flag_kind {
    VF_FLAG_VALUE,  /* --name VALUE; the last one holds */
    VF_FLAG_SWITCH, /* --name; its option is a BOOL */
    VF_FLAG_LIST,   /* --name VALUE, again and again; the offset is that of a vf_flag_list */
};

/* The option's key is the long name, its section is not used; standard NULL leaves zeros.
 * A CHOICE "word NAME" takes one more argument, a text, which goes to operand_offset. */
struct vf_flag {
    char letter; /* 0: none */
    enum vf_flag_kind kind;
    const char *argument; /* as --help shows it; NULL for a switch */
    struct vf_option option;
    size_t operand_offset; /* of a struct vf_slice */
};

struct vf_flags {
    const struct vf_flag *items;
    size_t count;
};

/* Initializers for the tables. at: offset in the target. */
#define VF_SWITCH_FLAG(letter, name, at, help)                                                     \
    {                                                                                              \
        letter, VF_FLAG_SWITCH, NULL, {"", name, VF_OPTION_BOOL, at, NULL, 0, 0, NULL, help}, 0    \
    }
#define VF_TEXT_FLAG(letter, name, argument, at, standard, help)                                   \
    {                                                                                              \
        letter, VF_FLAG_VALUE, argument,                                                           \
            {"", name, VF_OPTION_TEXT, at, standard, 0, 0, NULL, help}, 0                          \
    }
#define VF_LIST_FLAG(letter, name, argument, at, help)                                             \
    {                                                                                              \
        letter, VF_FLAG_LIST, argument, {"", name, VF_OPTION_TEXT, at, NULL, 0, 0, NULL, help}, 0  \
    }
#define VF_NUMBER_FLAG(letter, name, argument, type, at, standard, min, max, help)                 \
    {                                                                                              \
        letter, VF_FLAG_VALUE, argument, {"", name, type, at, standard, min, max, NULL, help}, 0   \
    }
/* operand_at: where the NAME of a choice "word NAME" goes; 0 if there is none. */
#define VF_CHOICE_FLAG(letter, name, at, standard, choices, operand_at, help)                      \
    {                                                                                              \
        letter, VF_FLAG_VALUE, NULL,                                                               \
            {"", name, VF_OPTION_CHOICE, at, standard, 0, 0, choices, help}, operand_at            \
    }

enum { VF_FLAG_TABLES_MAX = 2 }; /* a command's own flags, and those of all commands */

/* Fills the target with the flags' defaults. */
int vf_flags_default(const struct vf_flags *tables, size_t table_count, void *target,
                     struct vf_error *err);
/* Reads argv[0..argc). What is no flag is moved, in order, to the front of argv, and counted in
 * *operand_count; all after "--" is an operand, and so is "-". Texts are borrowed from argv.
 * VF_EUSAGE: err names the flag and, for an unknown one, the nearest known. */
int vf_flags_parse(const struct vf_flags *tables, size_t table_count, int argc, char **argv,
                   void *target, int *operand_count, struct vf_error *err);
/* Appends the lines of --help. */
void vf_flags_print(const struct vf_flags *flags, struct vf_buffer *out);

#endif
