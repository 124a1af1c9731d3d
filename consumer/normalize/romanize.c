#include "normalize/romanize.h"

#include "normalize/text.h"

enum { TABLE_END = 0x3100, HANGUL_FIRST = 0xAC00, HANGUL_LAST = 0xD7A3 };

struct writer {
    char *out;
    size_t size;
    size_t n;
};

static void put(struct writer *w, const char *latin)
{
    for (; *latin && w->n < w->size; latin++)
        w->out[w->n++] = *latin;
}

/* Revised Romanization, syllable by syllable. */
static void put_hangul(struct writer *w, uint32_t c)
{
    static const char *const initials[] = {"g",  "kk", "n", "d",  "tt", "r", "m", "b", "pp", "s",
                                           "ss", "",   "j", "jj", "ch", "k", "t", "p", "h"};
    static const char *const vowels[] = {"a",  "ae", "ya", "yae", "eo", "e",  "yeo",
                                         "ye", "o",  "wa", "wae", "oe", "yo", "u",
                                         "wo", "we", "wi", "yu",  "eu", "ui", "i"};
    static const char *const finals[] = {"",  "k",  "k", "k", "n", "n", "n", "t", "l", "k",
                                         "m", "l",  "l", "l", "p", "l", "m", "p", "p", "t",
                                         "t", "ng", "t", "t", "k", "t", "p", "t"};
    uint32_t syllable = c - HANGUL_FIRST;

    put(w, initials[syllable / 588]);
    put(w, vowels[syllable / 28 % 21]);
    put(w, finals[syllable % 28]);
}

static enum vf_alphabet script_of(uint32_t c)
{
    if (c < 0x250 || (c >= 0x1E00 && c < 0x1F00))
        return VF_ALPHABET_LATIN;
    if (c >= 0x590 && c < 0x780)
        return VF_ALPHABET_ABJAD;
    if (c >= HANGUL_FIRST && c <= HANGUL_LAST)
        return VF_ALPHABET_HANGUL;
    return vf_text_is_han(c) ? VF_ALPHABET_HAN : VF_ALPHABET_FULL;
}

size_t vf_romanize(struct vf_slice word, char *out, size_t size, enum vf_alphabet *script)
{
    struct writer w = {out, size, 0};

    *script = VF_ALPHABET_NONE;
    for (size_t at = 0; at < word.len;) {
        uint32_t c = vf_text_next(word, &at);
        if (!vf_text_is_word(c))
            continue;
        if (*script == VF_ALPHABET_NONE)
            *script = script_of(c);
        if (c < 0x80) {
            char lower[2] = {(char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c), '\0'};
            put(&w, lower);
        } else if (c < TABLE_END) {
            const char *latin = vf_letter_latin[vf_letter_page[c / 64]][c % 64];
            if (*latin != '-')
                put(&w, latin);
        } else if (c >= HANGUL_FIRST && c <= HANGUL_LAST) {
            put_hangul(&w, c);
        }
    }
    return w.n;
}
