/*
 * Names as printed: cleaned, repaired where the damage is plain, honorifics off, and whether they
 * are names at all.
 */
#include "normalize/people.h"

#include "base/error.h"
#include "normalize/name_words.h"
#include "normalize/text.h"

/* UTF-8 read as Latin-1 and encoded again: every character is below U+0100, and as bytes they are
 * UTF-8 with at least one character of several bytes. Gives the length of the repaired text. */
static size_t repair_length(struct vf_slice text, char *out)
{
    size_t n = 0;
    bool high = false;

    for (size_t at = 0; at < text.len;) {
        uint32_t c = vf_text_next(text, &at);
        if (c > 0xFF)
            return 0;
        high = high || c >= 0xC2;
        out[n++] = (char)c;
    }
    if (!high)
        return 0;
    for (size_t at = 0; at < n;)
        if (vf_text_next(vf_slice(out, n), &at) == 0xFFFD)
            return 0;
    return n;
}

static struct vf_slice repair(struct vf_slice text, struct vf_arena *arena, vf_flags *flags)
{
    size_t at = 0;

    while (at < text.len && (unsigned char)text.ptr[at] < 0x80)
        at++;
    if (at == text.len)
        return text;
    struct vf_arena_mark mark = vf_arena_mark(arena);
    char *out = vf_arena_alloc(arena, text.len);
    size_t n = out ? repair_length(text, out) : 0;
    if (!n) {
        vf_arena_rewind(arena, mark);
        return out ? text : VF_SLICE_NULL;
    }
    *flags |= VF_FLAG_BIT(NAME_DOUBTFUL);
    return vf_slice(out, n);
}

/* Characters that no name holds, brackets aside. */
static bool is_no_name(struct vf_slice text)
{
    static const bool foreign[256] = {
        ['0'] = true, ['1'] = true, ['2'] = true,  ['3'] = true, ['4'] = true, ['5'] = true,
        ['6'] = true, ['7'] = true, ['8'] = true,  ['9'] = true, ['='] = true, ['<'] = true,
        ['>'] = true, ['{'] = true, ['}'] = true,  ['['] = true, [']'] = true, ['$'] = true,
        ['@'] = true, ['#'] = true, ['\\'] = true, ['|'] = true, ['^'] = true, ['~'] = true,
        ['_'] = true, ['*'] = true, ['+'] = true,  ['%'] = true, ['&'] = true, [':'] = true,
        [';'] = true, ['!'] = true, ['?'] = true,  ['/'] = true, ['"'] = true,
    };
    for (size_t i = 0; i < text.len; i++)
        if (foreign[(unsigned char)text.ptr[i]])
            return true;
    return false;
}

/* What stands between brackets explains the name, or a part of it: "Lt. Gen. (Retd) A. B.". Of
 * several, all from the second on is left out. ptr NULL: out of memory. */
static struct vf_slice without_brackets(struct vf_slice text, struct vf_arena *arena)
{
    static const char *const open[] = {"(", "（"};
    static const char *const close[] = {")", "）"};

    for (size_t k = 0; k < sizeof open / sizeof open[0]; k++) {
        const char *stop = text.ptr + text.len;
        const char *at = memmem(text.ptr, text.len, open[k], strlen(open[k]));
        if (!at || at == text.ptr)
            continue;
        size_t begin = (size_t)(at - text.ptr);
        const char *behind = memmem(at, (size_t)(stop - at), close[k], strlen(close[k]));
        behind = behind ? behind + strlen(close[k]) : stop;
        size_t more = (size_t)(stop - behind);
        const char *again = memmem(behind, more, open[k], strlen(open[k]));
        if (again)
            more = (size_t)(again - behind);
        if (more && vf_text_is_word((unsigned char)behind[more - 1])) {
            char *joined = vf_arena_alloc(arena, begin + more);
            if (!joined)
                return VF_SLICE_NULL;
            memcpy(joined, text.ptr, begin);
            memcpy(joined + begin, behind, more);
            text = vf_slice(joined, begin + more);
        } else {
            text.len = begin;
        }
        while (text.len && text.ptr[text.len - 1] == ' ')
            text.len--;
    }
    return text;
}

/* What the lexicon says of the words: the kind of the phrase that begins at each, and where that
 * phrase ends. */
struct looked_up {
    uint8_t kinds[VF_TOKENS_MAX];
    uint8_t ends[VF_TOKENS_MAX];
};

static void look_up(const struct vf_tokens *words, vf_language language, struct looked_up *out)
{
    for (size_t i = 0; i < words->count; i++) {
        struct vf_lexicon_hit hit;
        size_t next = i + 1;
        out->kinds[i] = VF_NAME_PLAIN_WORD;
        if (vf_tokens_find(words, i, &vf_lexicon_names, language, &hit, &next))
            out->kinds[i] = hit.entry->kind;
        out->ends[i] = (uint8_t)next;
    }
}

/* Words taken off the front: honorifics and ranks behind them, as long as something is left. */
static size_t honorific_words(const struct looked_up *found, size_t end)
{
    size_t i = 0;

    while (i < end && found->ends[i] < end &&
           (found->kinds[i] == VF_NAME_HONORIFIC || found->kinds[i] == VF_NAME_ADDRESS ||
            (found->kinds[i] == VF_NAME_RANK && i > 0)))
        i = found->ends[i];
    return i;
}

static size_t suffix_begin(const struct vf_tokens *words, const struct looked_up *found)
{
    size_t end = words->count;

    while (end > 1) {
        size_t i = end - 1;
        while (i > 1 && words->at[i].gap == VF_GAP_POINT)
            i--; /* "Ph.D." */
        if ((found->kinds[i] != VF_NAME_SUFFIX && found->kinds[i] != VF_NAME_ADDRESS) ||
            found->ends[i] != end)
            break;
        end = i;
    }
    return end;
}

/* Titles that Chinese, Japanese and Korean put behind a name without a space. */
static size_t unspaced_suffix(struct vf_slice name, vf_language language)
{
    for (size_t at = 0; at < name.len;) {
        struct vf_lexicon_hit hit;
        uint32_t c = vf_text_next(name, &at);
        if (c < 0x1100)
            return 0;
        struct vf_slice rest = vf_slice(name.ptr + at, name.len - at);
        if (at >= 6 && rest.len && vf_lexicon_find(&vf_lexicon_names, rest, language, &hit) &&
            hit.length == rest.len && hit.entry->kind == VF_NAME_SUFFIX)
            return rest.len;
    }
    return 0;
}

static bool says_no_person(const struct looked_up *found, size_t begin, size_t end)
{
    return memchr(found->kinds + begin, VF_NAME_NO_PERSON, end - begin) != NULL;
}

/* "A. B., C. D." and "A B and C D" name several; "B, A" is one name turned round. */
static bool names_several(const struct vf_tokens *words, size_t begin, size_t end)
{
    size_t part = 0;
    size_t parts_of_two = 0;
    size_t parts = 1;

    for (size_t i = begin; i < end; i++) {
        struct vf_slice word = vf_tokens_folded(words, i);
        bool joins = vf_slice_is(word, "and") || vf_slice_is(word, "və") ||
                     vf_slice_is(word, "ve") || vf_slice_is(word, "и") || vf_slice_is(word, "et") ||
                     vf_slice_is(word, "und");
        if (i > begin && (words->at[i].gap >= VF_GAP_COMMA || (joins && i + 1 < end))) {
            parts_of_two += part >= 2;
            parts++;
            part = 0;
        }
        part += !joins;
    }
    parts_of_two += part >= 2;
    return parts >= 2 && parts_of_two >= 2;
}

static void cut_name(const struct vf_tokens *words, size_t begin, size_t end,
                     struct vf_person_name *out)
{
    struct vf_slice text = words->text;
    size_t from = words->at[begin].begin;
    size_t to = end < words->count ? words->at[end - 1].end : text.len;

    while (to > words->at[end - 1].end && (text.ptr[to - 1] == ' ' || text.ptr[to - 1] == ','))
        to--;
    out->name = vf_slice(text.ptr + from, to - from);
    if (!begin)
        return;
    size_t stop = from;
    while (stop && (text.ptr[stop - 1] == ' ' || text.ptr[stop - 1] == ','))
        stop--;
    out->honorific = vf_slice(text.ptr, stop);
}

int vf_person_read(struct vf_slice text, vf_language language, struct vf_arena *arena,
                   struct vf_person_name *out)
{
    struct vf_tokens words;
    struct looked_up found;
    bool dirty;

    *out = (struct vf_person_name){0};
    struct vf_slice whole = repair(text, arena, &out->flags); /* before what it needs is cleaned */
    struct vf_slice name =
        whole.ptr || !text.len ? vf_text_clean(whole, arena, &dirty) : VF_SLICE_NULL;
    if (!name.ptr)
        return VF_ENOMEM;
    if (dirty)
        out->flags |= VF_FLAG_BIT(HIDDEN_CHARACTERS);
    out->name = name;
    if (!name.len) {
        out->flags |= VF_FLAG_BIT(UNNAMED_PERSON);
        return VF_OK;
    }
    if (name.len > VF_TOKENS_TEXT_MAX) { /* prose */
        out->flags |= VF_FLAG_BIT(NAME_DOUBTFUL);
        return VF_OK;
    }
    struct vf_slice person = without_brackets(name, arena);
    if (!person.ptr)
        return VF_ENOMEM;
    int rc = vf_tokens_read(person, arena, &words);
    if (rc)
        return rc;
    if (is_no_name(person) || !words.count) {
        out->flags |= VF_FLAG_BIT(NAME_DOUBTFUL);
        return VF_OK;
    }
    look_up(&words, language, &found);
    size_t end = suffix_begin(&words, &found);
    size_t begin = honorific_words(&found, end);
    if (says_no_person(&found, begin, words.count)) {
        out->flags |= VF_FLAG_BIT(UNNAMED_PERSON);
        return VF_OK;
    }
    cut_name(&words, begin, end, out);
    out->name.len -= unspaced_suffix(out->name, language);
    if (names_several(&words, begin, end)) {
        out->flags |= VF_FLAG_BIT(SEVERAL_PEOPLE_IN_NAME);
        return VF_OK;
    }
    out->is_name = true;
    vf_person_spell(&words, found.kinds, begin, end, language, out);
    return VF_OK;
}
