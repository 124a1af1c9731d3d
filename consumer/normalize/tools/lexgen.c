/*
 * lexgen: compiles tables of words into the tries of normalize/lexicon.h, as C source.
 *
 *   lexgen --output DATA.c LANGUAGES.h --letters FILE [--table NAME PREFIX HEADER FILE...]...
 *
 * Letters: code point in hexadecimal, the letter, Latin letters (up to three). A table's line:
 * text, kind, value, languages (with commas), scope ("any" or "own"), between tabs; # begins a
 * comment line. Texts are folded here with the same function that folds them at run time, so the
 * two cannot differ.
 */
#include "base/error.h"
#include "base/fold.h"
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PHRASES_MAX = 20000, /* lines of all files of one table */
    LANGUAGES_MAX = 200, /* fits a byte, 0 kept for "not told" */
    CELLS_MAX = 1 << 20,
    LINE_BYTES_MAX = 4096,
    LETTER_POINTS_MAX = 0x3100, /* up to the end of kana */
    COLUMNS = 5,
};

struct entry {
    char *text; /* folded */
    char kind[32];
    int value;
    int language; /* index into languages */
    bool prefix;
    bool any;
};

struct table {
    struct entry *entries;
    size_t count;
    const char *name;
    const char *prefix;
    const char *header;
};

struct cell {
    int32_t base;
    int32_t check;
};

static char languages[LANGUAGES_MAX][4];
static size_t language_count;
static struct cell cells[CELLS_MAX];
static size_t cell_count;
static size_t first_free;
static struct vf_arena arena;

static void fail(const char *file, size_t line, const char *what)
{
    (void)fprintf(stderr, "lexgen: %s:%zu: %s\n", file, line, what);
    exit(1);
}

static int language_index(const char *tag)
{
    for (size_t i = 0; i < language_count; i++)
        if (!strcmp(languages[i], tag))
            return (int)i;
    if (language_count == LANGUAGES_MAX || strlen(tag) >= sizeof languages[0])
        fail(tag, 0, "too many languages, or a tag too long");
    (void)snprintf(languages[language_count], sizeof languages[0], "%s", tag);
    return (int)language_count++;
}

static void add_line(struct table *table, char *columns[COLUMNS], const char *file, size_t line)
{
    struct vf_slice text = vf_slice_of(columns[0]);
    bool prefix = vf_slice_ends(text, vf_slice_of("*"));
    struct vf_slice folded;

    text.len -= prefix;
    if (vf_fold(text, &arena, &folded) || !folded.len)
        fail(file, line, "the text folds to nothing, or is not UTF-8");
    if (strcmp(columns[4], "any") != 0 && strcmp(columns[4], "own") != 0)
        fail(file, line, "the scope is neither any nor own");
    for (char *tag = strtok(columns[3], ","); tag; tag = strtok(NULL, ",")) {
        if (table->count == PHRASES_MAX)
            fail(file, line, "too many lines");
        struct entry *entry = &table->entries[table->count++];
        entry->text = (char *)folded.ptr;
        (void)snprintf(entry->kind, sizeof entry->kind, "%s", columns[1]);
        char *end;
        entry->value = (int)strtol(columns[2], &end, 10);
        if (*end || end == columns[2])
            fail(file, line, "the value is no number");
        entry->language = language_index(tag);
        entry->prefix = prefix;
        entry->any = !strcmp(columns[4], "any");
    }
}

static void read_file(struct table *table, const char *path)
{
    char text[LINE_BYTES_MAX];
    size_t line = 0;
    FILE *in = fopen(path, "r");

    if (!in)
        fail(path, 0, "cannot be opened");
    while (fgets(text, sizeof text, in)) {
        char *columns[COLUMNS];
        size_t n = 0;
        line++;
        text[strcspn(text, "\n")] = '\0';
        if (!text[0] || text[0] == '#')
            continue;
        for (char *at = text; at && n < COLUMNS;) {
            columns[n++] = at;
            at = strchr(at, '\t');
            if (at)
                *at++ = '\0';
        }
        if (n != COLUMNS)
            fail(path, line, "five columns are needed");
        add_line(table, columns, path, line);
    }
    (void)fclose(in);
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    int c = strcmp(x->text, y->text);
    if (!c)
        c = x->language - y->language;
    if (!c)
        c = strcmp(x->kind, y->kind);
    if (!c)
        c = x->value - y->value;
    return c ? c : (int)y->prefix - (int)x->prefix;
}

static bool same_meaning(const struct entry *a, const struct entry *b)
{
    return !strcmp(a->text, b->text) && a->language == b->language && !strcmp(a->kind, b->kind) &&
           a->value == b->value;
}

/* A phrase that means two things in one language would be read by chance. */
static void check_meanings(const struct table *table)
{
    bool clash = false;

    for (size_t i = 1; i < table->count; i++) {
        const struct entry *a = &table->entries[i - 1];
        const struct entry *b = &table->entries[i];
        if (strcmp(a->text, b->text) != 0 || a->language != b->language)
            continue;
        (void)fprintf(stderr, "lexgen: %s: \"%s\" in %s is both %s %d and %s %d\n", table->name,
                      a->text, languages[a->language], a->kind, a->value, b->kind, b->value);
        clash = true;
    }
    if (clash)
        exit(1);
}

static void sort_table(struct table *table)
{
    size_t kept = 0;

    qsort(table->entries, table->count, sizeof *table->entries, compare_entries);
    for (size_t i = 0; i < table->count; i++) {
        if (kept && same_meaning(&table->entries[kept - 1], &table->entries[i])) {
            table->entries[kept - 1].any = table->entries[kept - 1].any || table->entries[i].any;
            table->entries[kept - 1].prefix |= table->entries[i].prefix;
            continue;
        }
        table->entries[kept++] = table->entries[i];
    }
    table->count = kept;
    check_meanings(table);
}

/* The least base at which all the labels are free. */
static int32_t find_base(const unsigned char *labels, size_t count)
{
    assert(count > 0);
    for (size_t base = first_free > labels[0] ? first_free - labels[0] : 1;; base++) {
        if (base + 256 >= CELLS_MAX)
            fail("cells", base, "the trie is too large");
        size_t i = 0;
        while (i < count && cells[base + labels[i]].check < 0)
            i++;
        if (i == count)
            return (int32_t)base;
    }
}

static size_t phrase_of(const struct table *table, size_t entry)
{
    size_t phrase = 0;
    for (size_t i = 1; i <= entry; i++)
        phrase += strcmp(table->entries[i].text, table->entries[i - 1].text) != 0;
    return phrase;
}

/* Children of the cell whose phrases are begin .. end - 1, equal in their first depth bytes. */
static void build(const struct table *table, int32_t at, size_t begin, size_t end, size_t depth)
{
    unsigned char labels[256];
    size_t starts[257];
    size_t count = 0;

    for (size_t i = begin; i < end; i++) {
        unsigned char label = (unsigned char)table->entries[i].text[depth];
        if (count && labels[count - 1] == label)
            continue;
        labels[count] = label;
        starts[count++] = i;
    }
    starts[count] = end;
    int32_t base = find_base(labels, count);
    cells[at].base = base;
    for (size_t i = 0; i < count; i++) {
        size_t cell = (size_t)base + labels[i];
        cells[cell].check = at;
        if (cell >= cell_count)
            cell_count = cell + 1;
    }
    while (cells[first_free].check >= 0)
        first_free++;
    for (size_t i = 0; i < count; i++) {
        int32_t cell = base + labels[i];
        if (!labels[i])
            cells[cell].base = (int32_t)phrase_of(table, starts[i]);
        else
            build(table, cell, starts[i], starts[i + 1], depth + 1);
    }
}

static void write_entries(FILE *out, const struct table *table)
{
    (void)fprintf(out, "static const struct vf_lexicon_entry %s_entries[] = {\n", table->name);
    for (size_t i = 0; i < table->count; i++) {
        const struct entry *e = &table->entries[i];
        (void)fprintf(out, "    {%d, %s%s, %d, %d}, /* %s */\n", e->value, table->prefix, e->kind,
                      e->language + 1, (e->prefix ? 1 : 0) | (e->any ? 2 : 0), e->text);
    }
    (void)fprintf(out, "};\nstatic const uint16_t %s_first[] = {", table->name);
    for (size_t i = 0, n = 0; i <= table->count; i++)
        if (i == 0 || i == table->count ||
            strcmp(table->entries[i].text, table->entries[i - 1].text) != 0)
            (void)fprintf(out, "%s%zu,", n++ % 16 ? " " : "\n    ", i);
    (void)fputs("\n};\n", out);
}

static void write_table(FILE *out, struct table *table)
{
    for (size_t i = 0; i < CELLS_MAX; i++)
        cells[i] = (struct cell){0, -1};
    cells[0].check = 0;
    cell_count = first_free = 1;
    sort_table(table);
    build(table, 0, 0, table->count, 0);
    (void)fprintf(out, "\n#include \"%s\"\n", table->header);
    write_entries(out, table);
    (void)fprintf(out, "static const struct vf_lexicon_cell %s_cells[] = {", table->name);
    for (size_t i = 0; i < cell_count; i++)
        (void)fprintf(out, "%s{%d, %d},", i % 8 ? " " : "\n    ", cells[i].base, cells[i].check);
    (void)fprintf(out,
                  "\n};\nconst struct vf_lexicon vf_lexicon_%s = {%s_cells, %zu, %s_first, "
                  "%s_entries};\n",
                  table->name, table->name, cell_count, table->name, table->name);
}

static FILE *open_output(const char *path)
{
    FILE *out = fopen(path, "w");
    if (!out)
        fail(path, 0, "cannot be written");
    (void)fputs("/* Made by lexgen from the tables in consumer/normalize/lexicon. */\n", out);
    return out;
}

static void write_languages(const char *path)
{
    FILE *out = open_output(path);
    (void)fputs("#include <stddef.h>\nstatic const char vf_lexicon_languages[][4] = {", out);
    for (size_t i = 0; i < language_count; i++)
        (void)fprintf(out, "%s\"%s\",", i % 12 ? " " : "\n    ", languages[i]);
    (void)fprintf(out, "\n};\nstatic const size_t vf_lexicon_language_count = %zu;\n",
                  language_count);
    (void)fprintf(out, "enum {");
    for (size_t i = 0; i < language_count; i++) {
        (void)fputs(i % 8 ? " VF_LANGUAGE_" : "\n    VF_LANGUAGE_", out);
        for (const char *c = languages[i]; *c; c++)
            (void)fputc(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : '_', out);
        (void)fprintf(out, " = %zu,", i + 1);
    }
    (void)fputs("\n};\n", out);
    if (fclose(out))
        fail(path, 0, "cannot be written");
}

/* Pages of 64 code points that hold a letter. */
static void write_letters(FILE *out, const char *path)
{
    static char letters[LETTER_POINTS_MAX][4];
    static bool known[LETTER_POINTS_MAX / 64];
    char text[LINE_BYTES_MAX];
    size_t pages = 1;
    FILE *in = fopen(path, "r");

    if (!in)
        fail(path, 0, "cannot be opened");
    for (size_t line = 1; fgets(text, sizeof text, in); line++) {
        if (text[0] == '#')
            continue;
        text[strcspn(text, "\n")] = '\0';
        unsigned long c = strtoul(text, NULL, 16);
        const char *latin = strrchr(text, '\t');
        if (!latin || c >= LETTER_POINTS_MAX || strlen(latin + 1) > 3)
            fail(path, line, "not a letter");
        (void)snprintf(letters[c], sizeof letters[c], "%s", latin[1] ? latin + 1 : "-");
        known[c / 64] = true;
    }
    (void)fclose(in);
    (void)fputs("\n#include \"normalize/romanize.h\"\nconst uint8_t vf_letter_page[] = {", out);
    for (size_t p = 0; p < LETTER_POINTS_MAX / 64; p++)
        (void)fprintf(out, "%s%zu,", p % 16 ? " " : "\n    ", known[p] ? pages++ : 0);
    (void)fputs("\n};\nconst char vf_letter_latin[][64][4] = {\n    {{0}},\n", out);
    for (size_t p = 0; p < LETTER_POINTS_MAX / 64; p++) {
        if (!known[p])
            continue;
        (void)fputs("    {", out);
        for (size_t i = 0; i < 64; i++)
            (void)fprintf(out, "%s\"%s\",", i % 12 ? " " : "\n     ", letters[p * 64 + i]);
        (void)fputs("},\n", out);
    }
    (void)fputs("};\n", out);
}

int main(int argc, char **argv)
{
    struct table table = {0};

    if (argc < 9 || strcmp(argv[1], "--output") != 0) {
        (void)fputs(
            "usage: lexgen --output DATA.c LANGUAGES.h --table NAME PREFIX HEADER FILE...\n",
            stderr);
        return 64;
    }
    vf_arena_init(&arena, 1 << 16, 1 << 26);
    table.entries = calloc(PHRASES_MAX, sizeof *table.entries);
    if (!table.entries)
        return 1;
    FILE *out = open_output(argv[2]);
    (void)fputs("#include \"normalize/lexicon.h\"\n", out);
    write_letters(out, argv[5]);
    for (int i = 6; i + 4 < argc && !strcmp(argv[i], "--table");) {
        table.name = argv[i + 1];
        table.prefix = argv[i + 2];
        table.header = argv[i + 3];
        table.count = 0;
        for (i += 4; i < argc && strcmp(argv[i], "--table") != 0; i++)
            read_file(&table, argv[i]);
        write_table(out, &table);
    }
    if (fclose(out))
        fail(argv[2], 0, "cannot be written");
    write_languages(argv[3]);
    free(table.entries);
    vf_arena_release(&arena);
    return 0;
}
