#include "reference/table.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utf8proc.h>

enum { SHOWN_MAX = 60 }; /* bytes of a wrong field that an error repeats */

static int read_file(int fd, const char *path, struct vf_arena *arena, struct vf_slice *out,
                     struct vf_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return vf_error_set(err, VF_EIO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return vf_error_set(err, VF_EIO, "%s: not a regular file", path);
    if (st.st_size > VF_TABLE_BYTES_MAX)
        return vf_error_set(err, VF_EREFERENCE, "%s: %lld bytes; at most %d are read", path,
                            (long long)st.st_size, (int)VF_TABLE_BYTES_MAX);

    size_t size = (size_t)st.st_size;
    char *bytes = vf_arena_alloc(arena, size + 1);
    if (!bytes)
        return vf_error_set(err, VF_ENOMEM, "%s: out of memory", path);
    size_t have = 0;
    while (have < size) {
        ssize_t n = read(fd, bytes + have, size - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return vf_error_set(err, VF_EIO, "%s: %s", path, strerror(errno));
        if (n == 0)
            break; /* cut since fstat: the last line is then judged as any other */
        have += (size_t)n;
    }
    bytes[have] = '\0';
    *out = vf_slice(bytes, have);
    return VF_OK;
}

static size_t line_of(struct vf_slice bytes, size_t at)
{
    size_t line = 1;
    for (size_t i = 0; i < at; i++)
        line += bytes.ptr[i] == '\n';
    return line;
}

/* Column of a byte, counted in bytes from 1. */
static size_t byte_column(struct vf_slice bytes, size_t at)
{
    size_t start = at;
    while (start > 0 && bytes.ptr[start - 1] != '\n')
        start--;
    return at - start + 1;
}

static int check_characters(const struct vf_table *table, struct vf_error *err)
{
    const char *ptr = table->bytes.ptr;
    size_t len = table->bytes.len;
    const char *wrong;

    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)ptr[i];
        if (c >= 0x20 && c < 0x7F) {
            i++;
            continue;
        }
        if (c == '\n' || c == '\t') {
            i++;
            continue;
        }
        utf8proc_int32_t point = -1;
        utf8proc_ssize_t n = 1;
        if (c >= 0x80)
            n = utf8proc_iterate((const utf8proc_uint8_t *)ptr + i, (utf8proc_ssize_t)(len - i),
                                 &point);
        if (n > 0 && point >= 0xA0) {
            i += (size_t)n;
            continue;
        }
        wrong = c == '\r'           ? "a carriage return; lines end in LF alone"
                : c < 0x80 || n > 0 ? "a control character"
                                    : "bytes that are not UTF-8";
        return vf_error_set(err, VF_EREFERENCE, "%s:%zu:%zu: %s", table->name,
                            line_of(table->bytes, i), byte_column(table->bytes, i), wrong);
    }
    if (len && ptr[len - 1] != '\n')
        return vf_error_set(err, VF_EREFERENCE,
                            "%s:%zu: the last line does not end in LF; the file may be cut",
                            table->name, line_of(table->bytes, len));
    return VF_OK;
}

/* The next line without its LF; false at the end. */
static bool next_line(struct vf_table *table, struct vf_slice *line)
{
    if (table->at >= table->bytes.len)
        return false;
    const char *start = table->bytes.ptr + table->at;
    const char *end = memchr(start, '\n', table->bytes.len - table->at);
    *line = vf_slice(start, (size_t)(end - start));
    table->at += line->len + 1;
    table->line++;
    return true;
}

/* Fields of a line; the number found may exceed the column count, the surplus is not stored. */
static size_t split(const struct vf_table *table, struct vf_slice line, struct vf_slice *fields)
{
    size_t count = 0;
    const char *at = line.ptr;
    const char *end = line.ptr + line.len;

    for (;;) {
        const char *tab = memchr(at, '\t', (size_t)(end - at));
        const char *stop = tab ? tab : end;
        if (count < table->column_count)
            fields[count] = stop > at ? vf_slice(at, (size_t)(stop - at)) : VF_SLICE_NULL;
        count++;
        if (!tab)
            return count;
        at = tab + 1;
    }
}

static int check_header(struct vf_table *table, struct vf_error *err)
{
    struct vf_slice fields[VF_TABLE_COLUMNS_MAX];
    struct vf_slice line;

    if (!next_line(table, &line))
        return vf_error_set(err, VF_EREFERENCE, "%s:1: the file is empty; a header row is expected",
                            table->name);
    size_t count = split(table, line, fields);
    for (size_t i = 0; i < table->column_count && i < count; i++)
        if (!vf_slice_is(fields[i], table->columns[i]))
            return vf_error_set(
                err, VF_EREFERENCE, "%s:1: column %zu of the header is \"%.*s\"; expected \"%s\"",
                table->name, i + 1, (int)(fields[i].len < SHOWN_MAX ? fields[i].len : SHOWN_MAX),
                fields[i].ptr ? fields[i].ptr : "", table->columns[i]);
    if (count != table->column_count)
        return vf_error_set(err, VF_EREFERENCE, "%s:1: the header has %zu columns; expected %zu",
                            table->name, count, table->column_count);
    return VF_OK;
}

int vf_table_open(struct vf_table *table, const char *directory, const char *name,
                  const char *const *columns, size_t column_count, struct vf_arena *arena,
                  struct vf_error *err)
{
    char path[PATH_MAX];

    *table = (struct vf_table){.name = name, .columns = columns, .column_count = column_count};
    int n = snprintf(path, sizeof path, "%s/%s", directory, name);
    if (n < 0 || n >= (int)sizeof path)
        return vf_error_set(err, VF_EIO, "%s: the path of the directory is too long", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return vf_error_set(err, VF_EIO, "%s: %s", path, strerror(errno));
    int rc = read_file(fd, path, arena, &table->bytes, err);
    close(fd);
    if (!rc)
        rc = check_characters(table, err);
    return rc ? rc : check_header(table, err);
}

int vf_table_next(struct vf_table *table, struct vf_slice *fields, struct vf_error *err)
{
    struct vf_slice line;

    if (!next_line(table, &line))
        return 0;
    size_t count = split(table, line, fields);
    if (count != table->column_count)
        return vf_error_set(err, VF_EREFERENCE, "%s:%zu: %zu columns; expected %zu", table->name,
                            table->line, count, table->column_count);
    for (size_t i = 0; i < count; i++)
        if (fields[i].len && (fields[i].ptr[0] == ' ' || fields[i].ptr[fields[i].len - 1] == ' '))
            return vf_table_error(table, i, err, "a space before or after the text");
    return 1;
}

void vf_table_rewind(struct vf_table *table)
{
    struct vf_slice header;

    table->at = 0;
    table->line = 0;
    next_line(table, &header);
}

size_t vf_table_rows(const struct vf_table *table)
{
    size_t lines = line_of(table->bytes, table->bytes.len);
    return lines > 2 ? lines - 2 : 0; /* the header, and what line_of counts after the last LF */
}

int vf_table_error(const struct vf_table *table, size_t column, struct vf_error *err,
                   const char *format, ...)
{
    char message[sizeof err->text];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return vf_error_set(err, VF_EREFERENCE, "%s:%zu: column %s: %s", table->name, table->line,
                        table->columns[column], message);
}
