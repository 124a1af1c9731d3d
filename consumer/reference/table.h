/*
 * A strict reader of the tables in deploy/reference: UTF-8, LF, TAB, a header row with exactly
 * the columns expected, no quoting. Internal to reference. Every error names file, line and
 * column. One table belongs to one thread; a loader, not for hot paths.
 */
#ifndef VF_REFERENCE_TABLE_H
#define VF_REFERENCE_TABLE_H

#include "base/arena.h"
#include "base/error.h"

enum {
    VF_TABLE_COLUMNS_MAX = 12,
    VF_TABLE_BYTES_MAX = 16 * 1024 * 1024, /* the largest table shipped has under 4 MiB */
};

struct vf_table {
    const char *name;           /* file name, for errors */
    const char *const *columns; /* as many as column_count */
    size_t column_count;
    struct vf_slice bytes; /* the whole file */
    size_t at;             /* position of the next row */
    size_t line;           /* of the row last read; the header is line 1 */
};

/* Reads directory/name into the arena, checks that it is UTF-8 without control characters, and
 * the header. name and columns must outlive the table. VF_EIO, VF_EREFERENCE, VF_ENOMEM. */
int vf_table_open(struct vf_table *table, const char *directory, const char *name,
                  const char *const *columns, size_t column_count, struct vf_arena *arena,
                  struct vf_error *err);

/* Fills fields[column_count], which borrow from the file; ptr NULL where empty.
 * 1: a row, 0: the end, VF_EREFERENCE: wrong number of fields, or spaces around one. */
int vf_table_next(struct vf_table *table, struct vf_slice *fields, struct vf_error *err);

/* The next row read is the first again. */
void vf_table_rewind(struct vf_table *table);

/* Rows after the header, for sizing arrays. */
size_t vf_table_rows(const struct vf_table *table);

/* Fills err with "name:line: column: " and the message; returns VF_EREFERENCE. */
int vf_table_error(const struct vf_table *table, size_t column, struct vf_error *err,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
