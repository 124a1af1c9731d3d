/*
 * One key for all spellings of a name.
 *
 * A name's words are romanized letter by letter, then evened out:
 *
 * - Long names (four syllables and more): the first and the last word, as skeletons of consonant
 *   classes. Vowels, doubled letters and what languages romanize differently fall away: k, g, h,
 *   q and x are one class, so are the sibilants, so are f, v and w; t and d vanish before a
 *   sibilant (dzh = j). A final -a stays, which tells Sahib from Sahiba. The two words are sorted:
 *   some put the family name first.
 * - Few consonants in a long name: vowels are kept as three classes.
 * - Short names (Om Birla, Hun Sen, Tran Thanh Man) and names of one-syllable words, where a vowel
 *   makes the difference: all words in order, letter by letter, only lightly evened out.
 * - Chinese characters stand for themselves.
 * - A name of one word says too little; country and office class join the key, or there is none.
 *
 * Middle names, particles, patronymics, initials and words that may be titles take no part.
 */
#include "normalize/people.h"

#include "normalize/name_words.h"
#include "normalize/romanize.h"
#include "normalize/text.h"

enum {
    LATIN_MAX = 40,    /* letters of one word that are heard */
    SKELETON_MAX = 24, /* consonants of one word that count */
    TOKENS_MAX = 12,   /* words of one name that are looked at */
    KEY_MAX = TOKENS_MAX * LATIN_MAX + 16,
    SHORT_SYLLABLES = 3, /* names of so many or fewer are compared letter by letter */
    FEW_CONSONANTS = 5,  /* with fewer, skeletons are too alike */
};

struct token {
    char latin[LATIN_MAX];
    uint8_t len;
    uint8_t script; /* enum vf_alphabet */
    uint8_t syllables;
    uint8_t kind;                /* enum vf_name_word, or NAME */
    bool article;                /* an Arabic one was taken off */
    char skeleton[SKELETON_MAX]; /* consonant classes, with vowel classes in lower case */
    uint8_t skeleton_len;
    uint8_t consonants;
};

struct name {
    struct token tokens[TOKENS_MAX];
    size_t count;
    bool turkic; /* c, q and x have their Azerbaijani and Turkish sounds */
    bool han;
    bool abjad;
};

static bool is_vowel(char c)
{
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

static char vowel_class(char c)
{
    return c == 'o' || c == 'u' ? 'u' : c == 'a' ? 'a' : 'i';
}

static bool is_before_front_vowel(const char *s, size_t i, size_t n)
{
    return i + 1 < n && (s[i + 1] == 'e' || s[i + 1] == 'i' || s[i + 1] == 'y');
}

/* The class of the consonant at i, 0 if it is not heard; *used: letters taken. */
static char consonant_class(const struct token *t, size_t i, bool turkic, size_t *used)
{
    const char *s = t->latin;
    size_t n = t->len;
    char next = i + 1 < n ? s[i + 1] : '\0';
    bool digraph = t->script != VF_ALPHABET_ABJAD || strchr("skgcz", s[i]);
    bool h = next == 'h' && digraph; /* two letters of an abjad only where one letter was both */

    *used = 1 + h;
    switch (s[i]) {
    case 'b': return 'B';
    case 'd': return 'D';
    case 't': return 'T';
    case 'p': return h ? 'F' : 'P';
    case 'f':
    case 'v': return 'F';
    case 'l': *used = 1; return 'L';
    case 'm': *used = 1; return 'M';
    case 'n': *used = 1; return 'N';
    case 'r': *used = 1 + h; return 'R';
    case 's':
    case 'z':
    case 'j': return 'S';
    case 'c':
        if (h || turkic || is_before_front_vowel(s, i, n) || next == 'z' || next == 's')
            return 'S';
        return i + 1 == n && i && is_vowel(s[i - 1]) ? 'S' : 'K';
    case 'k':
    case 'g':
    case 'q': return 'K';
    case 'x': *used = 1; return turkic ? 'K' : 'X'; /* X: k and s */
    case 'h': *used = 1; return i + 1 == n && i ? '\0' : 'K';
    case 'w':
        *used = 1;
        if (is_vowel(next) || (i + 1 == n && n >= 3 && !memcmp(s + n - 3, "law", 3)))
            return 'F';
        return '\0';
    default: return '\0';
    }
}

static void put_consonant(struct token *t, char c, bool after_vowel)
{
    if (t->skeleton_len == SKELETON_MAX)
        return;
    if (!after_vowel && t->skeleton_len) {
        char *last = &t->skeleton[t->skeleton_len - 1];
        if (*last == c)
            return; /* doubled */
        if (c == 'S' && (*last == 'T' || *last == 'D')) {
            *last = c; /* ts, dz, dzh, tch */
            return;
        }
    }
    t->skeleton[t->skeleton_len++] = c;
}

/* Consonant classes with one vowel class between them, "SaKiBa". */
static void make_skeleton(struct token *t, bool turkic)
{
    size_t n = t->len;
    bool after_vowel = true;

    /* Mute h: Abdullah, Maimunah; kh as some alphabets write it: Абдуллах. */
    if (n >= 6 && t->latin[n - 1] == 'h' && t->latin[n - 2] == 'k' && t->latin[n - 3] == 'a')
        t->len = (uint8_t)(n -= 2);
    for (size_t i = 0; i < n;) {
        char c = t->latin[i];
        if (is_vowel(c)) {
            size_t from = i;
            while (i < n && is_vowel(t->latin[i]))
                i++;
            while (from + 1 < i && (t->latin[from] == 'i' || t->latin[from] == 'y'))
                from++; /* ia, ya, iu, yu */
            if (t->skeleton_len < SKELETON_MAX)
                t->skeleton[t->skeleton_len++] = vowel_class(t->latin[from]);
            t->syllables++;
            after_vowel = true;
            continue;
        }
        size_t used;
        char class = consonant_class(t, i, turkic, &used);
        if (class == 'X') {
            put_consonant(t, 'K', after_vowel);
            class = 'S';
            after_vowel = false;
        }
        if (class) {
            put_consonant(t, class, after_vowel);
            after_vowel = false;
        }
        i += used;
    }
    for (size_t i = 0; i < t->skeleton_len; i++)
        t->consonants += t->skeleton[i] >= 'A' && t->skeleton[i] <= 'Z';
}

static bool is_turkic(struct vf_slice name, vf_language language)
{
    for (size_t at = 0; at < name.len;) {
        uint32_t c = (unsigned char)name.ptr[at] < 0x80 ? (unsigned char)name.ptr[at++]
                                                        : vf_text_next(name, &at);
        if (c == 0x259 || c == 0x18F || c == 0x11F || c == 0x131 || c == 0x15F || c == 0x130)
            return true;
    }
    return language && language == vf_lexicon_language(vf_slice("az", 2));
}

/* Arabic writes its article onto the word. */
static struct vf_slice without_article(struct vf_slice word)
{
    struct vf_slice article = VF_SLICE_LITERAL("ال");
    size_t four_letters = 8;

    if (word.len >= article.len + four_letters - 2 && vf_slice_starts(word, article))
        return vf_slice(word.ptr + article.len, word.len - article.len);
    return word;
}

static void read_token(struct name *name, struct vf_slice word, uint8_t kind)
{
    struct token *t = &name->tokens[name->count];
    enum vf_alphabet script;

    struct vf_slice bare = without_article(word);
    *t = (struct token){.kind = kind, .article = bare.len < word.len};
    t->len = (uint8_t)vf_romanize(bare, t->latin, sizeof t->latin, &script);
    t->script = (uint8_t)script;
    name->han = name->han || script == VF_ALPHABET_HAN;
    if (!t->len)
        return;
    name->abjad = name->abjad || script == VF_ALPHABET_ABJAD;
    make_skeleton(t, name->turkic);
    name->count++;
}

/* "Abdul Rahman" and "Abdulrahman" are one word. */
static bool joins_next(const struct token *t)
{
    static const char *const words[] = {"abdul", "abdel", "abd", "abdur",
                                        "abdal", "abdol", "abu", "bd"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == t->len && !memcmp(words[i], t->latin, t->len))
            return true;
    return false;
}

static void join_servants(struct name *name)
{
    for (size_t i = 0; i + 1 < name->count; i++) {
        struct token *t = &name->tokens[i];
        if (!joins_next(t))
            continue;
        size_t next = i + 1;
        if (name->tokens[next].kind == VF_NAME_PARTICLE && next + 1 < name->count)
            next++;
        struct token joined = *t;
        if (name->tokens[next].article && joined.len < LATIN_MAX)
            joined.latin[joined.len++] = 'l';
        for (size_t k = 0; k < name->tokens[next].len && joined.len < LATIN_MAX; k++)
            joined.latin[joined.len++] = name->tokens[next].latin[k];
        joined.skeleton_len = joined.consonants = joined.syllables = 0;
        make_skeleton(&joined, name->turkic);
        joined.kind = VF_NAME_PLAIN_WORD;
        *t = joined;
        memmove(t + 1, name->tokens + next + 1, (name->count - next - 1) * sizeof *t);
        name->count -= next - i;
    }
}

static void read_name(const struct vf_tokens *tokens, const uint8_t *kinds, size_t begin,
                      size_t end, vf_language language, struct name *name)
{
    const struct vf_token *first = &tokens->at[begin];
    const struct vf_token *last = &tokens->at[end - 1];
    struct vf_slice text =
        vf_slice(tokens->text.ptr + first->begin, (size_t)(last->end - first->begin));

    name->count = 0;
    name->han = name->abjad = false;
    name->turkic = is_turkic(text, language);
    for (size_t i = begin; i < end && name->count < TOKENS_MAX; i++) {
        const struct vf_token *t = &tokens->at[i];
        if (t->number < 0)
            read_token(name, vf_slice(tokens->text.ptr + t->begin, (size_t)(t->end - t->begin)),
                       kinds[i]);
    }
    join_servants(name);
}

static bool ends_with(const struct token *t, const char *ending)
{
    size_t n = strlen(ending);
    return t->len > n + 2 && !memcmp(t->latin + t->len - n, ending, n);
}

static bool is_patronymic(const struct token *t)
{
    static const char *const endings[] = {"ovich", "evich", "ovna",  "evna",
                                          "ovych", "ivna",  "yivna", "inichna"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (ends_with(t, endings[i]))
            return true;
    return false;
}

static void remove_at(const struct token **list, size_t *count, size_t i)
{
    memmove(list + i, list + i + 1, (*count - i - 1) * sizeof *list);
    (*count)--;
}

/* The words that count, in order. */
static size_t pick(const struct name *name, const struct token *list[TOKENS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < name->count; i++) {
        const struct token *t = &name->tokens[i];
        if (t->kind == VF_NAME_PATRONYMIC && count >= 2) {
            count--; /* with the father's name before it */
            continue;
        }
        if (t->kind != VF_NAME_PARTICLE && t->kind != VF_NAME_PATRONYMIC &&
            t->kind != VF_NAME_ADDRESS)
            list[count++] = t;
    }
    for (size_t i = 0; i < count && count > 2; i++)
        if (list[i]->len == 1 && list[i]->script == VF_ALPHABET_LATIN)
            remove_at(list, &count, i--); /* initials */
    while (count > 2 && (list[0]->kind == VF_NAME_MAYBE || list[0]->kind == VF_NAME_HONORIFIC))
        remove_at(list, &count, 0);
    for (size_t i = 1; i < count && count > 2; i++)
        if (is_patronymic(list[i])) {
            remove_at(list, &count, i);
            break;
        }
    if (!count)
        for (size_t i = 0; i < name->count; i++)
            list[count++] = &name->tokens[i];
    return count;
}

/* Letter by letter: y is i, oo and ou are u, ee is i, sh is s, kh is h, gh is g, q is k, doubled
 * letters are one. */
static size_t put_strict(const struct token *t, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < t->len; i++) {
        char c = t->latin[i] == 'y' ? 'i' : t->latin[i] == 'q' ? 'k' : t->latin[i];
        char next = i + 1 < t->len ? t->latin[i + 1] : '\0';
        if (c == 'o' && (next == 'o' || next == 'u')) {
            c = 'u';
            i++;
        } else if (c == 'e' && next == 'e') {
            c = 'i';
            i++;
        } else if ((c == 's' || c == 'g') && next == 'h') {
            i++;
        } else if (c == 'k' && next == 'h') {
            c = 'h';
            i++;
        } else if (c == 'h' && i + 1 == t->len && i && is_vowel(t->latin[i - 1])) {
            continue;
        }
        if (c == 'u' && n && out[n - 1] == 'w')
            n--; /* woo, wu: u */
        if (!n || out[n - 1] != c)
            out[n++] = c;
    }
    return n;
}

static size_t put_skeleton(const struct token *t, bool vowels, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < t->skeleton_len; i++) {
        char c = t->skeleton[i];
        bool vowel = c >= 'a';
        if (!vowel || vowels || (i + 1 == t->skeleton_len && c == 'a' && t->consonants))
            out[n++] = (char)(c | 0x20);
    }
    if (!n)
        n = put_strict(t, out); /* nothing but vowels */
    return n;
}

/* Names in which every letter counts: short ones, and ones of one-syllable words, among which
 * even what looks like a particle is a name (Vo Van Thuong). */
static bool is_short(const struct name *name, const struct token *list[TOKENS_MAX], size_t *count)
{
    size_t syllables = 0;
    bool single = name->count >= 2;

    if (name->abjad)
        return false;
    for (size_t i = 0; i < name->count; i++)
        single = single && name->tokens[i].syllables <= 1;
    if (single) {
        *count = 0;
        for (size_t i = 0; i < name->count; i++)
            if (*count || name->count - i <= 2 || name->tokens[i].kind == VF_NAME_PLAIN_WORD ||
                name->tokens[i].kind == VF_NAME_PARTICLE)
                list[(*count)++] = &name->tokens[i];
        return true;
    }
    for (size_t i = 0; i < *count; i++)
        syllables += list[i]->syllables;
    return syllables <= SHORT_SYLLABLES || list[0]->script == VF_ALPHABET_HANGUL;
}

/* The characters without spaces and marks. */
static void han_key(struct vf_slice text, struct vf_person_name *out)
{
    for (size_t at = 0; at < text.len;) {
        size_t from = at;
        uint32_t c = vf_text_next(text, &at);
        if (!vf_text_is_word(c) || out->key_len + (at - from) > VF_PERSON_KEY)
            continue;
        memcpy(out->key + out->key_len, text.ptr + from, at - from);
        out->key_len = (uint8_t)(out->key_len + (at - from));
    }
}

static size_t put_sorted(const struct token *a, const struct token *b, bool vowels, char *out)
{
    char first[LATIN_MAX];
    char last[LATIN_MAX];
    struct vf_slice x = vf_slice(first, put_skeleton(a, vowels, first));
    struct vf_slice y = vf_slice(last, put_skeleton(b, vowels, last));
    bool turn = vf_slice_compare(x, y) > 0;
    struct vf_slice p = turn ? y : x;
    struct vf_slice q = turn ? x : y;

    memcpy(out, p.ptr, p.len);
    out[p.len] = '.';
    memcpy(out + p.len + 1, q.ptr, q.len);
    return p.len + 1 + q.len;
}

/* The word that tells most, so that short forms of a name mostly have it: the one with the longest
 * skeleton. */
static void make_sign(const struct token *const *list, size_t count, char out[VF_PERSON_SIGN])
{
    const struct token *best = list[0];
    char skeleton[LATIN_MAX];

    for (size_t i = 1; i < count; i++) {
        bool longer = list[i]->skeleton_len > best->skeleton_len;
        bool earlier = list[i]->skeleton_len == best->skeleton_len &&
                       memcmp(list[i]->skeleton, best->skeleton, best->skeleton_len) < 0;
        if (longer || earlier)
            best = list[i];
    }
    size_t n = put_skeleton(best, false, skeleton);
    n = n < VF_PERSON_SIGN - 1 ? n : VF_PERSON_SIGN - 2;
    memcpy(out, skeleton, n);
    out[n] = '\0';
}

static size_t make_key(const struct name *name, const struct token *list[TOKENS_MAX], size_t count,
                       bool *lone, char out[KEY_MAX])
{
    size_t n = 0;

    if (count == 1 && list[0]->script != VF_ALPHABET_HANGUL) {
        *lone = true;
        return list[0]->consonants < FEW_CONSONANTS ? put_strict(list[0], out)
                                                    : put_skeleton(list[0], false, out);
    }
    if (is_short(name, list, &count)) {
        for (size_t i = 0; i < count; i++)
            n += put_strict(list[i], out + n);
        return n;
    }
    const struct token *a = list[0];
    const struct token *b = list[count - 1];
    bool few = a->consonants + b->consonants < FEW_CONSONANTS && !name->abjad;
    return put_sorted(a, b, few, out);
}

void vf_person_spell(const struct vf_tokens *tokens, const uint8_t *kinds, size_t begin, size_t end,
                     vf_language language, struct vf_person_name *out)
{
    struct name name;
    const struct token *list[TOKENS_MAX];
    char key[KEY_MAX];

    read_name(tokens, kinds, begin, end, language, &name);
    if (name.han) {
        han_key(out->name, out);
        return;
    }
    size_t count = pick(&name, list);
    if (!count)
        return;
    make_sign(list, count, out->sign);
    size_t n = make_key(&name, list, count, &out->lone, key);
    out->key_len = (uint8_t)(n < VF_PERSON_KEY ? n : VF_PERSON_KEY);
    memcpy(out->key, key, out->key_len);
}

struct vf_slice vf_person_key(const struct vf_person_name *name, const struct vf_person_hint *hint,
                              struct vf_arena *arena)
{
    if (!name->is_name || (name->lone && !hint->country.ptr))
        return vf_slice("", 0);
    if (!name->lone)
        return vf_arena_copy(arena, vf_slice(name->key, name->key_len));
    return vf_arena_printf(arena, "%.*s@%.*s.%d", (int)name->key_len, name->key,
                           VF_SLICE_PRINT(hint->country), (int)hint->office);
}
