#include "base/fold.h"

#include "base/error.h"
#include <pthread.h>
#include <stdlib.h>
#include <utf8proc.h>

enum {
    TABLE_SIZE = 0x2000,   /* scripts with case, marks and most readers; the rest is looked up */
    EXPANSION_MAX = 18,    /* code points that one can decompose to (U+FDFA) */
    WORD_POINTS_MAX = 256, /* a longer word is no name: its look-alikes are left alone */
};

enum kind { KIND_DROP, KIND_SPACE, KIND_LETTER, KIND_APOSTROPHE };

/* What one code point folds to. */
struct folding {
    uint16_t first;
    uint16_t second; /* 0: none */
    uint8_t kind;    /* enum kind */
    uint8_t script;  /* enum vf_script */
    bool capital;
};

static struct folding table[TABLE_SIZE];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static bool is_apostrophe(int32_t c)
{
    switch (c) {
    case '\'':
    case 0x60:  /* grave accent typed as an apostrophe */
    case 0xB4:  /* acute accent, likewise */
    case 0x2B9: /* of transliterated soft signs */
    case 0x2BB: /* turned comma, of Uzbek */
    case 0x2BC: /* modifier apostrophe */
    case 0x2BE: /* half rings, of transliterated Arabic */
    case 0x2BF:
    case 0x2018: /* quotation marks typed as apostrophes */
    case 0x2019:
    case 0xFF07: /* full width */ return true;
    default: return false;
    }
}

/* Letters that no decomposition relates, but readers and keyboards do. */
static int32_t plain_letter(int32_t c)
{
    switch (c) {
    case 0x131: return 'i'; /* dotless i */
    case 0xF8: return 'o';
    case 0x111: return 'd';
    case 0x142: return 'l';
    case 0x127: return 'h';
    case 0x167: return 't';
    case 0x629: return 0x647; /* teh marbuta typed as heh */
    case 0x649:               /* alef maksura typed as yeh */
    case 0x6CC: return 0x64A; /* Persian yeh */
    case 0x6A9: return 0x643; /* Persian kaf */
    case 0x6C1:
    case 0x6BE:
    case 0x6D5: return 0x647; /* Urdu and Kurdish heh */
    default: break;
    }
    if (c >= 0x660 && c <= 0x669)
        return '0' + c - 0x660;
    if (c >= 0x6F0 && c <= 0x6F9)
        return '0' + c - 0x6F0;
    return c;
}

static uint8_t find_script(int32_t c)
{
    static const struct {
        int32_t first, last;
        uint8_t script;
    } ranges[] = {
        {'a', 'z', VF_SCRIPT_LATIN},          {0xC0, 0x24F, VF_SCRIPT_LATIN},
        {0x250, 0x2AF, VF_SCRIPT_LATIN},      {0x370, 0x3FF, VF_SCRIPT_GREEK},
        {0x400, 0x52F, VF_SCRIPT_CYRILLIC},   {0x531, 0x58F, VF_SCRIPT_ARMENIAN},
        {0x590, 0x5FF, VF_SCRIPT_HEBREW},     {0x600, 0x77F, VF_SCRIPT_ARABIC},
        {0x8A0, 0x8FF, VF_SCRIPT_ARABIC},     {0xE00, 0xEFF, VF_SCRIPT_UNSPACED},
        {0x1000, 0x109F, VF_SCRIPT_UNSPACED}, {0x10A0, 0x10FF, VF_SCRIPT_GEORGIAN},
        {0x1780, 0x17FF, VF_SCRIPT_UNSPACED}, {0x1C90, 0x1CBF, VF_SCRIPT_GEORGIAN},
        {0x1E00, 0x1EFF, VF_SCRIPT_LATIN},    {0x1F00, 0x1FFF, VF_SCRIPT_GREEK},
        {0x3005, 0x3007, VF_SCRIPT_HAN},      {0x3040, 0x30FF, VF_SCRIPT_KANA},
        {0x3400, 0x9FFF, VF_SCRIPT_HAN},      {0xAC00, 0xD7A3, VF_SCRIPT_HANGUL},
        {0x20000, 0x3134F, VF_SCRIPT_HAN},
    };

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return ranges[i].script;
    return VF_SCRIPT_OTHER;
}

/* Of a folded letter, once the table is filled. */
static inline uint8_t script_of(int32_t c)
{
    return c < TABLE_SIZE ? table[c].script : find_script(c);
}

static enum kind kind_of(int32_t c)
{
    const utf8proc_property_t *property = utf8proc_get_property(c);

    switch (property->category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
    case UTF8PROC_CATEGORY_MC: /* vowel signs */ return KIND_LETTER;
    case UTF8PROC_CATEGORY_MN:
        /* Accents, points and tones go; vowel signs and the kana voicing marks are letters. */
        if (c == 0x3099 || c == 0x309A || c == 0x345) /* the last: iota subscript */
            return KIND_LETTER;
        return property->combining_class ? KIND_DROP : KIND_LETTER;
    case UTF8PROC_CATEGORY_ME: return KIND_DROP;
    case UTF8PROC_CATEGORY_CC: /* a tab or line end parts words; other controls are noise */
        return c >= 9 && c <= 13 ? KIND_SPACE : KIND_DROP;
    case UTF8PROC_CATEGORY_CF: return KIND_DROP;
    default: return KIND_SPACE;
    }
}

/* The folded code points of one; returns their number. */
static size_t fold_point(int32_t c, int32_t out[EXPANSION_MAX], enum kind *kind, bool *capital)
{
    const utf8proc_option_t options =
        UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    int boundary = 0;
    size_t kept = 0;

    *kind = KIND_DROP;
    *capital = utf8proc_category(c) == UTF8PROC_CATEGORY_LU;
    if (is_apostrophe(c)) {
        *kind = KIND_APOSTROPHE;
        return 0;
    }
    if (c == 0x640 || (c >= 0xFE00 && c <= 0xFE0F)) /* tatweel, variation selectors */
        return 0;
    *kind = kind_of(c);
    if (*kind != KIND_LETTER)
        return 0;
    uint8_t script = find_script(c);
    if (script == VF_SCRIPT_HANGUL || script == VF_SCRIPT_HAN) {
        out[0] = c;
        return 1;
    }
    utf8proc_int32_t points[EXPANSION_MAX];
    utf8proc_ssize_t n = utf8proc_decompose_char(c, points, EXPANSION_MAX, options, &boundary);
    for (utf8proc_ssize_t i = 0; i < n && i < EXPANSION_MAX; i++)
        if (kind_of(points[i]) == KIND_LETTER)
            out[kept++] = plain_letter(points[i]);
    if (!kept)
        *kind = KIND_DROP;
    return kept;
}

static void fill_table(void)
{
    for (int32_t c = 0; c < TABLE_SIZE; c++) {
        int32_t out[EXPANSION_MAX];
        enum kind kind;
        bool capital;
        size_t n = fold_point(c, out, &kind, &capital);
        table[c] = (struct folding){.first = n > 0 ? (uint16_t)out[0] : 0,
                                    .second = n > 1 ? (uint16_t)out[1] : 0,
                                    .kind = (uint8_t)kind,
                                    .script = n ? find_script(out[0]) : VF_SCRIPT_OTHER,
                                    .capital = capital};
        if (n > 2) /* none below TABLE_SIZE in Unicode 15; a later one goes the long way */
            table[c].kind = UINT8_MAX;
    }
}

/* ---- look-alikes ---- */

/* Lower-case Latin letters and what looks the same in capitals or small letters. */
static const struct twin {
    char latin;
    uint16_t cyrillic;
    uint16_t greek;
} TWINS[] = {
    {'a', 0x430, 0x3B1}, {'b', 0x432, 0x3B2}, {'c', 0x441, 0},     {'e', 0x435, 0x3B5},
    {'h', 0x43D, 0x3B7}, {'i', 0x456, 0x3B9}, {'j', 0x458, 0},     {'k', 0x43A, 0x3BA},
    {'m', 0x43C, 0x3BC}, {'n', 0, 0x3BD},     {'o', 0x43E, 0x3BF}, {'p', 0x440, 0x3C1},
    {'s', 0x455, 0},     {'t', 0x442, 0x3C4}, {'x', 0x445, 0x3C7}, {'y', 0x443, 0x3C5},
    {'z', 0, 0x3B6},
};
enum { TWIN_COUNT = sizeof TWINS / sizeof TWINS[0] };

static int32_t to_latin(int32_t c)
{
    for (size_t i = 0; i < TWIN_COUNT; i++)
        if (TWINS[i].cyrillic == c || TWINS[i].greek == c)
            return TWINS[i].latin;
    return 0;
}

static int32_t from_latin(int32_t c, uint8_t script)
{
    for (size_t i = 0; i < TWIN_COUNT; i++)
        if (TWINS[i].latin == c)
            return script == VF_SCRIPT_GREEK ? TWINS[i].greek : TWINS[i].cyrillic;
    return 0;
}

/* ---- the loop ---- */

struct folder {
    struct vf_slice in;
    char *out;
    size_t len;
    size_t capacity; /* bytes of out, without the NUL */
    bool overflow;

    struct vf_word *words; /* NULL: not asked for */
    size_t word_count;
    struct vf_word word; /* being built */
    bool in_word;
    bool latin; /* the word has letters of these scripts */
    bool other; /* Cyrillic or Greek */
    uint8_t other_script;
    int brackets; /* depth */
    bool spaced;  /* a space is due before the next word */
};

static void put(struct folder *f, int32_t c)
{
    if (c < 0x80) {
        if (f->len < f->capacity)
            f->out[f->len++] = (char)c;
        else
            f->overflow = true;
        return;
    }
    if (f->capacity - f->len < 4) {
        f->overflow = true;
        return;
    }
    if (c < 0x800) {
        f->out[f->len++] = (char)(0xC0 | c >> 6);
        f->out[f->len++] = (char)(0x80 | (c & 0x3F));
        return;
    }
    f->len += (size_t)utf8proc_encode_char(c, (utf8proc_uint8_t *)f->out + f->len);
}

/* A word of two scripts that has look-alikes becomes one of the script that all of it can be. */
static void unmix(struct folder *f)
{
    int32_t points[WORD_POINTS_MAX];
    size_t n = 0;
    bool latin_fits = true;
    bool other_fits = true;

    for (size_t at = f->word.begin; at < f->len;) {
        utf8proc_int32_t c;
        at += (size_t)utf8proc_iterate((const utf8proc_uint8_t *)f->out + at,
                                       (utf8proc_ssize_t)(f->len - at), &c);
        if (n == WORD_POINTS_MAX)
            return;
        points[n++] = c;
        uint8_t script = script_of(c);
        if (script == VF_SCRIPT_LATIN)
            other_fits = other_fits && from_latin(c, f->other_script);
        else if (script == f->other_script)
            latin_fits = latin_fits && to_latin(c);
    }
    if (!latin_fits && !other_fits)
        return;
    f->len = f->word.begin;
    for (size_t i = 0; i < n; i++) {
        uint8_t script = script_of(points[i]);
        int32_t c = points[i];
        if (latin_fits && script == f->other_script)
            c = to_latin(c);
        else if (!latin_fits && script == VF_SCRIPT_LATIN)
            c = from_latin(c, f->other_script);
        put(f, c);
    }
    f->word.script = latin_fits ? VF_SCRIPT_LATIN : f->other_script;
}

static void end_word(struct folder *f)
{
    if (!f->in_word)
        return;
    if (f->latin && f->other)
        unmix(f);
    f->in_word = false;
    f->word.end = (uint32_t)f->len;
    if (f->words)
        f->words[f->word_count] = f->word;
    f->word_count++;
}

static void begin_word(struct folder *f, size_t raw, uint8_t script)
{
    bool glued = !f->spaced && f->word_count > 0;
    bool inside_run = glued && script == VF_SCRIPT_HANGUL && f->word.script == VF_SCRIPT_HANGUL;

    if (f->spaced && f->len)
        put(f, ' ');
    f->spaced = false;
    f->word = (struct vf_word){.begin = (uint32_t)f->len,
                               .raw_begin = (uint32_t)raw,
                               .script = script,
                               .may_begin = !inside_run,
                               .in_brackets = f->brackets > 0};
    f->in_word = true;
    f->latin = f->other = false;
}

/* Whether a letter of this script starts a word of its own behind the present one. */
static bool parts(const struct folder *f, uint8_t script)
{
    uint8_t before = f->word.script;

    if (script == VF_SCRIPT_HAN || script == VF_SCRIPT_HANGUL || script == VF_SCRIPT_UNSPACED)
        return true;
    if (script == VF_SCRIPT_KANA)
        return before != VF_SCRIPT_KANA;
    return before >= VF_SCRIPT_HAN;
}

static void letter(struct folder *f, const int32_t *points, size_t count, uint8_t script,
                   bool capital, size_t raw, size_t raw_end)
{
    if (f->in_word && script != VF_SCRIPT_OTHER && parts(f, script))
        end_word(f);
    if (!f->in_word)
        begin_word(f, raw, script);
    else if (f->word.script == VF_SCRIPT_OTHER)
        f->word.script = script;
    if (script == VF_SCRIPT_LATIN)
        f->latin = true;
    if (script == VF_SCRIPT_CYRILLIC || script == VF_SCRIPT_GREEK) {
        f->other = true;
        f->other_script = script;
    }
    for (size_t i = 0; i < count; i++)
        put(f, points[i]);
    f->word.letters += script != VF_SCRIPT_OTHER && f->word.letters < UINT8_MAX;
    f->word.capitals += capital && f->word.capitals < UINT8_MAX;
    f->word.raw_end = (uint32_t)raw_end;
}

static void apostrophe(struct folder *f)
{
    size_t before = f->in_word ? f->len - f->word.begin : 0;
    if (before && before <= UINT8_MAX && !f->word.apostrophe)
        f->word.apostrophe = (uint8_t)before;
}

static void bracket(struct folder *f, int32_t c)
{
    if (c == '(' || c == '[' || c == 0xFF08 || c == 0x3010)
        f->brackets++;
    else if ((c == ')' || c == ']' || c == 0xFF09 || c == 0x3011) && f->brackets)
        f->brackets--;
}

static void one_point(struct folder *f, int32_t c, size_t raw, size_t raw_end)
{
    int32_t points[EXPANSION_MAX];
    size_t count = 0;
    enum kind kind;
    uint8_t script;
    bool capital;

    if (c < TABLE_SIZE && table[c].kind != UINT8_MAX) {
        const struct folding *folding = &table[c];
        kind = (enum kind)folding->kind;
        capital = folding->capital;
        script = folding->script;
        points[count++] = folding->first;
        points[count] = folding->second;
        count += folding->second != 0;
    } else if ((c >= 0x3400 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7A3)) {
        kind = KIND_LETTER; /* Han and Hangul fold to themselves */
        capital = false;
        script = c <= 0x9FFF ? VF_SCRIPT_HAN : VF_SCRIPT_HANGUL;
        points[count++] = c;
    } else {
        count = fold_point(c, points, &kind, &capital);
        script = count ? script_of(points[0]) : VF_SCRIPT_OTHER;
    }
    switch (kind) {
    case KIND_LETTER: letter(f, points, count, script, capital, raw, raw_end); break;
    case KIND_APOSTROPHE: apostrophe(f); break;
    case KIND_DROP: break;
    case KIND_SPACE:
        end_word(f);
        f->spaced = true;
        bracket(f, c);
        break;
    }
}

/* One more letter of the word's own script, which is nearly every letter. */
static inline bool plain(struct folder *f, int32_t c, size_t raw_end)
{
    const struct folding *folding = &table[c];

    if (folding->kind != KIND_LETTER || folding->second || !f->in_word ||
        folding->script != f->word.script || folding->script >= VF_SCRIPT_HAN ||
        folding->script == VF_SCRIPT_OTHER)
        return false;
    if (folding->first < 0x80 && f->len < f->capacity)
        f->out[f->len++] = (char)folding->first;
    else
        put(f, folding->first);
    f->word.letters += f->word.letters < UINT8_MAX;
    f->word.capitals += folding->capital && f->word.capitals < UINT8_MAX;
    f->word.raw_end = (uint32_t)raw_end;
    return true;
}

/* Past the ASCII letters that go on a Latin word, which need none of the questions asked above. */
static size_t ascii_letters(struct folder *f, size_t at)
{
    const char *in = f->in.ptr;
    size_t left = f->in.len - at < f->capacity - f->len ? f->in.len - at : f->capacity - f->len;
    char *out = f->out + f->len; /* locals: the compiler cannot know that out leaves *f alone */
    size_t n = 0;
    size_t capitals = 0;

    if (!f->in_word || f->word.script != VF_SCRIPT_LATIN)
        return at;
    for (; n < left; n++) {
        unsigned char c = (unsigned char)in[at + n];
        unsigned char lower = c | 0x20;
        if (lower < 'a' || lower > 'z')
            break;
        capitals += c != lower;
        out[n] = (char)lower;
    }
    if (!n)
        return at;
    at += n;
    f->len += n;
    f->latin = true;
    f->word.raw_end = (uint32_t)at;
    f->word.letters = (uint8_t)(f->word.letters + n < UINT8_MAX ? f->word.letters + n : UINT8_MAX);
    f->word.capitals =
        (uint8_t)(f->word.capitals + capitals < UINT8_MAX ? f->word.capitals + capitals
                                                          : UINT8_MAX);
    return at;
}

static int run(struct folder *f)
{
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)f->in.ptr;

    for (size_t at = 0; at < f->in.len && !f->overflow;) {
        at = ascii_letters(f, at);
        if (at == f->in.len)
            break;
        utf8proc_int32_t c = bytes[at];
        utf8proc_ssize_t n = 1;
        if (c >= 0xC2 && c < 0xE0 && at + 1 < f->in.len && (bytes[at + 1] & 0xC0) == 0x80) {
            c = (c & 0x1F) << 6 | (bytes[at + 1] & 0x3F);
            n = 2;
        } else if (c >= 0x80) {
            n = utf8proc_iterate(bytes + at, (utf8proc_ssize_t)(f->in.len - at), &c);
            if (n <= 0)
                return VF_EUTF8;
        }
        if (c >= TABLE_SIZE || !plain(f, c, at + (size_t)n))
            one_point(f, c, at, at + (size_t)n);
        at += (size_t)n;
    }
    end_word(f);
    return VF_OK;
}

/* Decomposed Hangul is composed first; for all else the folding of single code points is that
 * of the text. */
static int compose_jamo(struct vf_slice *text, struct vf_arena *arena)
{
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text->ptr;
    bool jamo = false;

    for (size_t i = 0; i + 1 < text->len; i++) /* U+1100..U+11FF: E1 84..87 */
        jamo = jamo || (bytes[i] == 0xE1 && bytes[i + 1] >= 0x84 && bytes[i + 1] <= 0x87);
    if (!jamo)
        return VF_OK;
    utf8proc_ssize_t want =
        utf8proc_decompose(bytes, (utf8proc_ssize_t)text->len, NULL, 0, options);
    if (want < 0)
        return VF_EUTF8;
    utf8proc_int32_t *points = vf_arena_alloc(arena, ((size_t)want + 1) * sizeof *points);
    if (!points)
        return VF_ENOMEM;
    utf8proc_decompose(bytes, (utf8proc_ssize_t)text->len, points, want, options);
    utf8proc_ssize_t len = utf8proc_reencode(points, want, options);
    if (len < 0)
        return VF_EUTF8;
    *text = vf_slice((const char *)points, (size_t)len);
    return VF_OK;
}

static int fold(struct vf_slice text, struct vf_arena *arena, bool with_words,
                struct vf_folded *out)
{
    /* Twice the bytes hold all but compatibility forms; those may grow eleven times. */
    static const size_t growth[] = {2, 12};

    pthread_once(&table_once, fill_table);
    if (text.len > UINT32_MAX / 16)
        return VF_ELIMIT;
    int rc = compose_jamo(&text, arena);
    if (rc)
        return rc;
    struct vf_word *words = NULL;
    if (with_words) { /* a word has a byte at least */
        words = vf_arena_alloc(arena, (text.len + 1) * sizeof *words);
        if (!words)
            return VF_ENOMEM;
    }
    for (size_t i = 0; i < sizeof growth / sizeof growth[0]; i++) {
        struct folder f = {.in = text, .words = words, .capacity = text.len * growth[i] + 8};
        f.out = vf_arena_alloc(arena, f.capacity + 1);
        if (!f.out)
            return VF_ENOMEM;
        rc = run(&f);
        if (rc)
            return rc;
        if (f.overflow)
            continue;
        f.out[f.len] = '\0';
        *out = (struct vf_folded){vf_slice(f.out, f.len), text, words, f.word_count};
        return VF_OK;
    }
    return VF_ELIMIT;
}

int vf_fold(struct vf_slice text, struct vf_arena *arena, struct vf_slice *out)
{
    struct vf_folded folded;
    int rc = fold(text, arena, false, &folded);
    if (!rc)
        *out = folded.text;
    return rc;
}

int vf_fold_words(struct vf_slice text, struct vf_arena *arena, struct vf_folded *out)
{
    return fold(text, arena, true, out);
}
