#include "reference/name_index.h"

#include "base/error.h"
#include <stdlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { KEY_BYTES_MAX = 512, STEM_LETTERS = 4, SLOTS_MIN = 16 };

static uint32_t hash_key(struct vf_slice key, uint8_t family)
{
    return (uint32_t)XXH3_64bits(key.ptr, key.len) ^ (uint32_t)family * 0x9E3779B1U;
}

static uint64_t *start_word(const struct vf_name_index *index, uint32_t hash, uint64_t *bit)
{
    size_t n = hash % (sizeof index->starts * 8);
    *bit = UINT64_C(1) << (n % 64);
    return (uint64_t *)&index->starts[n / 64];
}

const struct vf_name_entry *vf_name_find(const struct vf_name_index *index, struct vf_slice key,
                                         unsigned family)
{
    uint32_t hash = hash_key(key, (uint8_t)family);

    if (!index->slots)
        return NULL;
    for (size_t i = hash & index->mask;; i = (i + 1) & index->mask) {
        const struct vf_name_entry *e = index->slots[i];
        if (!e)
            return NULL;
        if (e->hash == hash && e->family == family && e->key_len == key.len &&
            !memcmp(e->key, key.ptr, key.len))
            return e;
    }
}

bool vf_name_may_start(const struct vf_name_index *index, struct vf_slice word,
                       enum vf_stem_family family)
{
    uint64_t bit;
    const uint64_t *starts = start_word(index, hash_key(word, (uint8_t)family), &bit);
    return *starts & bit;
}

static int add_key(struct vf_name_index *index, struct vf_slice key, size_t first_len,
                   struct vf_name_entry entry, struct vf_arena *arena)
{
    struct vf_name_entry *e = vf_arena_alloc(arena, sizeof *e);
    struct vf_slice copy = e ? vf_arena_copy(arena, key) : VF_SLICE_NULL;
    uint64_t bit;

    if (!copy.ptr)
        return VF_ENOMEM;
    *e = entry;
    e->key = copy.ptr;
    e->key_len = (uint16_t)copy.len;
    e->hash = hash_key(copy, e->family);
    e->next = index->pending;
    index->pending = e;
    index->entries++;
    uint64_t *starts = start_word(index, hash_key(vf_slice(copy.ptr, first_len), e->family), &bit);
    *starts |= bit;
    return VF_OK;
}

/* The words' stems joined by spaces; returns the length, 0 where they make no key. */
static size_t stem_key(const struct vf_folded *folded, enum vf_stem_family family,
                       char out[KEY_BYTES_MAX], size_t *first_len)
{
    size_t len = 0;
    size_t letters = 0;

    for (size_t i = 0; i < folded->count; i++) {
        const struct vf_word *w = &folded->words[i];
        struct vf_slice stem =
            vf_stem(vf_slice(folded->text.ptr + w->begin, w->end - w->begin), family);
        if (!stem.len)
            continue;
        if (len + stem.len + 1 > KEY_BYTES_MAX)
            return 0;
        if (len)
            out[len++] = ' ';
        memcpy(out + len, stem.ptr, stem.len);
        len += stem.len;
        if (len == stem.len)
            *first_len = len;
    }
    for (size_t i = 0; i < len; i++)
        letters += ((unsigned char)out[i] & 0xC0) != 0x80;
    /* A pair such as "inter parliament" is one word's stem: the text may have it as two. */
    const char *space = memchr(out, ' ', *first_len);
    if (len && space)
        *first_len = (size_t)(space - out);
    return letters >= STEM_LETTERS ? len : 0;
}

/* Stems that tell when or how a body met, not which body it is. */
static bool is_occasion(struct vf_slice stem)
{
    static const char *const words[] = {"general", "session",  "plenary", "meeting",
                                        "annual",  "ordinary", "summit",  "member",
                                        "state",   "countrie", "country", "regular"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (vf_slice_is(stem, words[i]))
            return true;
    return stem.ptr[0] >= '0' && stem.ptr[0] <= '9';
}

/* Splits at spaces, in order of bytes, each once; the count, or VF_STEM_SET_MAX + 1 for more. */
static size_t sort_stems(struct vf_slice stems, struct vf_slice out[VF_STEM_SET_MAX])
{
    size_t count = 0;

    while (stems.len) {
        const char *space = memchr(stems.ptr, ' ', stems.len);
        struct vf_slice stem = vf_slice(stems.ptr, space ? (size_t)(space - stems.ptr) : stems.len);
        stems = space ? vf_slice(space + 1, stems.len - stem.len - 1) : VF_SLICE_NULL;
        if (!stem.len || is_occasion(stem))
            continue;
        size_t at = count;
        while (at > 0 && vf_slice_compare(out[at - 1], stem) > 0)
            at--;
        if (at > 0 && vf_slice_equal(out[at - 1], stem))
            continue;
        if (count == VF_STEM_SET_MAX)
            return count + 1;
        memmove(out + at + 1, out + at, (count - at) * sizeof *out);
        out[at] = stem;
        count++;
    }
    return count;
}

size_t vf_name_set_key(struct vf_slice stems, char *out)
{
    struct vf_slice sorted[VF_STEM_SET_MAX];
    size_t count = sort_stems(stems, sorted);
    size_t len = 0;

    if (count < VF_STEM_SET_MIN || count > VF_STEM_SET_MAX)
        return 0;
    for (size_t i = 0; i < count; i++) {
        if (len)
            out[len++] = ' ';
        memcpy(out + len, sorted[i].ptr, sorted[i].len);
        len += sorted[i].len;
    }
    return len;
}

static int add_set(struct vf_name_index *index, struct vf_slice stems, struct vf_name_entry entry,
                   struct vf_arena *arena)
{
    char key[KEY_BYTES_MAX];
    size_t len = vf_name_set_key(stems, key);

    if (!len)
        return VF_OK;
    entry.family |= VF_STEM_SET;
    return add_key(index, vf_slice(key, len), len, entry, arena);
}

static enum vf_stem_family proper(enum vf_stem_family family)
{
    if (family == VF_STEM_ROMANCE)
        return VF_STEM_NONE;
    return family == VF_STEM_GERMANIC ? VF_STEM_ENGLISH : family;
}

static int add_stems(struct vf_name_index *index, const struct vf_folded *folded,
                     struct vf_name_entry entry, enum vf_name_stems stems, struct vf_arena *arena)
{
    struct vf_slice rest = vf_slice(entry.languages, entry.languages_len);
    uint32_t done = 1U << VF_STEM_NONE;
    char key[KEY_BYTES_MAX];

    while (rest.len) {
        const char *space = memchr(rest.ptr, ' ', rest.len);
        struct vf_slice language =
            vf_slice(rest.ptr, space ? (size_t)(space - rest.ptr) : rest.len);
        rest = space ? vf_slice(space + 1, rest.len - language.len - 1) : VF_SLICE_NULL;
        enum vf_stem_family family =
            vf_stem_family_of(language, (enum vf_script)folded->words[0].script);
        if (stems == VF_STEMS_PROPER)
            family = proper(family);
        if (done & 1U << family)
            continue;
        done |= 1U << family;
        size_t first_len = 0;
        size_t len = stem_key(folded, family, key, &first_len);
        if (!len)
            continue;
        entry.family = (uint8_t)family;
        int rc = add_key(index, vf_slice(key, len), first_len, entry, arena);
        if (!rc && stems == VF_STEMS_ALL_AND_SETS)
            rc = add_set(index, vf_slice(key, len), entry, arena);
        if (rc)
            return rc;
    }
    return VF_OK;
}

static bool speaks_english(const struct vf_name_entry *entry)
{
    for (size_t i = 0; i + 2 <= entry->languages_len; i++)
        if (!memcmp(entry->languages + i, "en", 2) && (i == 0 || entry->languages[i - 1] == ' ') &&
            (i + 2 == entry->languages_len || entry->languages[i + 2] == ' '))
            return true;
    return false;
}

int vf_name_add(struct vf_name_index *index, struct vf_slice text, struct vf_name_entry entry,
                enum vf_name_stems stems, struct vf_arena *arena, struct vf_arena *scratch)
{
    struct vf_folded folded;

    int rc = vf_fold_words(text, scratch, &folded);
    if (rc)
        return rc;
    if (!folded.count || folded.text.len > KEY_BYTES_MAX)
        return VF_EDATA;
    entry.family = VF_STEM_NONE;
    entry.english = !entry.languages || speaks_english(&entry);
    entry.written = text.ptr;
    entry.written_len = (uint16_t)text.len;
    rc = add_key(index, folded.text, folded.words[0].end, entry, arena);
    if (folded.count > index->words_max)
        index->words_max = folded.count;
    if (rc || stems == VF_STEMS_NONE)
        return rc;
    return add_stems(index, &folded, entry, stems, arena);
}

/* ---- misspelt names ---- */

enum {
    SLIP_LETTERS_MIN = 6, /* one slip in a shorter name makes another name */
    SLIPS_MAX = 2,
    SLIP_BYTES_MAX = 120, /* no English name is longer */
};

static bool is_misspellable(const struct vf_name_entry *entry)
{
    return entry->family == VF_STEM_NONE && entry->key_len >= SLIP_LETTERS_MIN &&
           entry->key_len <= SLIP_BYTES_MAX &&
           (entry->kind == VF_NAME_OFFICIAL || entry->kind == VF_NAME_ALIAS) && entry->english;
}

/* Which letters a text has, a bit each: two texts that differ by n letters differ in 2 n bits at
 * most. */
static uint64_t letters_in(struct vf_slice text)
{
    uint64_t set = 0;
    for (size_t i = 0; i < text.len; i++)
        set |= UINT64_C(1) << ((unsigned char)text.ptr[i] % 64);
    return set;
}

/* Changed, added, left out or swapped letters that make a of b; more than limit: limit + 1. */
static size_t distance(struct vf_slice a, struct vf_slice b, size_t limit)
{
    uint8_t rows[3][SLIP_BYTES_MAX + SLIPS_MAX + 1];

    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = (uint8_t)j;
    for (size_t i = 1; i <= a.len; i++) {
        uint8_t *row = rows[i % 3];
        const uint8_t *above = rows[(i + 2) % 3];
        const uint8_t *before = rows[(i + 1) % 3];
        size_t least = row[0] = (uint8_t)i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t cost = above[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
            if (above[j] + 1U < cost)
                cost = above[j] + 1U;
            if (row[j - 1] + 1U < cost)
                cost = row[j - 1] + 1U;
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1] &&
                before[j - 2] + 1U < cost)
                cost = before[j - 2] + 1U;
            row[j] = (uint8_t)cost;
            if (cost < least)
                least = cost;
        }
        if (least > limit)
            return limit + 1;
    }
    return rows[a.len % 3][b.len];
}

/* The first of at least so many bytes. */
static size_t first_of_length(const struct vf_name_index *index, size_t len)
{
    size_t from = 0;
    size_t to = index->misspellable_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (index->misspellable[middle].entry->key_len < len)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

const struct vf_name_entry *vf_name_misspelt(const struct vf_name_index *index,
                                             struct vf_slice text, size_t letters_per_slip)
{
    const struct vf_name_entry *found = NULL;
    uint64_t letters = letters_in(text);
    size_t slips = text.len / letters_per_slip;
    bool tied = false;

    if (slips > SLIPS_MAX)
        slips = SLIPS_MAX;
    if (!slips || text.len > SLIP_BYTES_MAX)
        return NULL;
    for (size_t i = first_of_length(index, text.len - slips); i < index->misspellable_count; i++) {
        const struct vf_name_entry *e = index->misspellable[i].entry;
        struct vf_slice key = vf_slice(e->key, e->key_len);
        if (key.len + slips < text.len)
            continue;
        if (key.len > text.len + slips)
            break;
        if ((size_t)__builtin_popcountll(index->misspellable[i].letters ^ letters) > 2 * slips ||
            key.ptr[0] != text.ptr[0])
            continue;
        size_t d = distance(key, text, slips);
        if (d > slips)
            continue;
        tied = found && found->target != e->target && (d == slips);
        if (!found || d < slips || !tied)
            found = e;
        slips = d; /* only as near ones count from here on */
    }
    return tied ? NULL : found;
}

/* By length, then by text: the order of the tables must not matter. */
static int compare_lengths(const void *a, const void *b)
{
    const struct vf_name_entry *x = ((const struct vf_misspellable *)a)->entry;
    const struct vf_name_entry *y = ((const struct vf_misspellable *)b)->entry;

    if (x->key_len != y->key_len)
        return (x->key_len > y->key_len) - (x->key_len < y->key_len);
    return memcmp(x->key, y->key, x->key_len);
}

static int list_misspellable(struct vf_name_index *index, struct vf_arena *arena)
{
    for (const struct vf_name_entry *e = index->pending; e; e = e->next)
        index->misspellable_count += is_misspellable(e);
    index->misspellable =
        vf_arena_alloc(arena, index->misspellable_count * sizeof *index->misspellable);
    if (!index->misspellable)
        return VF_ENOMEM;
    size_t count = 0;
    for (const struct vf_name_entry *e = index->pending; e; e = e->next)
        if (is_misspellable(e))
            index->misspellable[count++] =
                (struct vf_misspellable){letters_in(vf_slice(e->key, e->key_len)), e};
    if (count)
        qsort(index->misspellable, count, sizeof *index->misspellable, compare_lengths);
    return VF_OK;
}

int vf_name_build(struct vf_name_index *index, struct vf_arena *arena)
{
    size_t slots = SLOTS_MIN;

    int rc = list_misspellable(index, arena);
    if (rc)
        return rc;

    while (slots < index->entries * 2)
        slots *= 2;
    index->slots = vf_arena_calloc(arena, slots, sizeof(struct vf_name_entry *));
    if (!index->slots)
        return VF_ENOMEM;
    index->mask = slots - 1;
    while (index->pending) {
        struct vf_name_entry *e = index->pending;
        index->pending = e->next;
        size_t i = e->hash & index->mask;
        while (index->slots[i] &&
               (index->slots[i]->hash != e->hash || index->slots[i]->family != e->family ||
                index->slots[i]->key_len != e->key_len ||
                memcmp(index->slots[i]->key, e->key, e->key_len) != 0))
            i = (i + 1) & index->mask;
        e->next = index->slots[i];
        index->slots[i] = e;
    }
    return VF_OK;
}
