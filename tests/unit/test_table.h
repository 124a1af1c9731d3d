/* Tab-separated tables of cases, read by the unit tests of normalize. */
#ifndef VF_TEST_TABLE_H
#define VF_TEST_TABLE_H

#include "test_support.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEST_COLUMNS_MAX = 12, TEST_LINE_MAX = 8192 };

struct test_row {
    char line[TEST_LINE_MAX];
    struct vf_slice columns[TEST_COLUMNS_MAX]; /* ptr NULL for "-" and past the last one */
    size_t count;
    size_t number; /* of the line */
};

struct test_table {
    FILE *in;
    const char *path;
    size_t line;
};

static inline struct test_table test_table_open(const char *path)
{
    struct test_table table = {.in = fopen(path, "r"), .path = path};
    if (!table.in)
        fail_msg("%s cannot be opened", path);
    return table;
}

/* The next row that is neither empty nor a comment; false and closed at the end. */
static inline bool test_table_next(struct test_table *table, struct test_row *row)
{
    while (fgets(row->line, sizeof row->line, table->in)) {
        table->line++;
        row->line[strcspn(row->line, "\n")] = '\0';
        if (!row->line[0] || row->line[0] == '#')
            continue;
        memset(row->columns, 0, sizeof row->columns);
        row->count = 0;
        row->number = table->line;
        for (char *at = row->line; at && row->count < TEST_COLUMNS_MAX;) {
            char *tab = strchr(at, '\t');
            if (tab)
                *tab++ = '\0';
            row->columns[row->count++] = strcmp(at, "-") != 0 ? vf_slice_of(at) : VF_SLICE_NULL;
            at = tab;
        }
        return true;
    }
    fclose(table->in);
    return false;
}

#endif
