#include "reference/stem.h"

enum {
    STEM_LETTERS_MIN = 4, /* less says nothing: "Oman" must not become "Om" */
    ROUNDS_MAX = 4,       /* endings on one word: case after possessive after plural */
};

struct word_pair {
    const char *word;
    const char *stem;
};

/* Endings are tried in the order given: the longer first. All texts are folded: й is и, ї is і,
 * ş is s, and so on. */
struct family_rules {
    const char *const *endings;
    const char *const *prefixes; /* proclitics, taken off once */
    const char *const *silent;   /* words that stem to nothing */
    const struct word_pair *pairs;
};

static const char *const ENGLISH_ENDINGS[] = {"s", NULL};
static const char *const ENGLISH_SILENT[] = {"the", "of", "for", "and", "in",
                                             "a",   "an", "on",  NULL};
static const struct word_pair ENGLISH_PAIRS[] = {
    {"organisation", "organization"},
    {"organisations", "organization"},
    {"parliamentary", "parliament"},
    {"parliaments", "parliament"},
    {"parliamentarians", "parliament"},
    {"interparliamentary", "inter parliament"},
    {"interparliament", "inter parliament"},
    {"cooperation", "co operation"},
    {"coop", "co operation"},
    {"programme", "program"},
    {"centre", "center"},
    {"labour", "labor"},
    {"defence", "defense"},
    {"southeast", "south east"},
    {"southeastern", "south east"},
    {"eastern", "east"},
    {"states", "state"},
    {"speaking", "speak"},
    {NULL, NULL},
};

static const char *const ROMANCE_ENDINGS[] = {"es", "as", "os", "ne", "s",
                                              "e",  "a",  "o",  "i",  NULL};
static const char *const ROMANCE_SILENT[] = {
    "de",    "la",   "le", "les", "l",   "du",  "des", "d",  "et",    "el",  "los",   "las",
    "y",     "del",  "da", "do",  "das", "dos", "e",   "di", "della", "dei", "delle", "degli",
    "dello", "dell", "il", "lo",  "gli", "i",   "a",   "al", "au",    "aux", "pour",  "para",
    "per",   "en",   "em", "na",  "no",  "o",   "os",  "as", "per",   NULL};
static const struct word_pair ROMANCE_PAIRS[] = {
    {"interparlementaire", "inter parlementair"}, {"interparlamentaria", "inter parlamentari"},
    {"interparlamentario", "inter parlamentari"}, {"interparlamentar", "inter parlamentar"},
    {"interparlamentare", "inter parlamentar"},   {NULL, NULL},
};

static const char *const GERMANIC_ENDINGS[] = {"en", "er", "em", "es", "e", "s", "n", NULL};
static const char *const GERMANIC_SILENT[] = {"der",  "die", "das", "des", "dem", "den", "fur",
                                              "und",  "von", "im",  "in",  "van", "het", "de",
                                              "voor", "en",  "och", "og",  "for", "i",   NULL};

static const char *const SLAVIC_CYRILLIC_ENDINGS[] = {
    "иями", "ями", "ами", "ого", "его", "ому", "ему", "ыми", "ими", "иях", "ях", "ах", "ов", "ев",
    "ів",   "еи",  "ои",  "ии",  "ыи",  "ая",  "яя",  "ое",  "ее",  "ую",  "юю", "ые", "ие", "их",
    "ых",   "им",  "ым",  "ем",  "ом",  "ам",  "ям",  "ою",  "ею",  "єю",  "ії", "іи", "оі", "іі",
    "а",    "я",   "о",   "е",   "у",   "ю",   "ы",   "и",   "ь",   "і",   "є",  NULL};
static const char *const SLAVIC_CYRILLIC_SILENT[] = {"и",  "по", "в",  "і", "у",
                                                     "на", "за", "та", NULL};
static const struct word_pair SLAVIC_CYRILLIC_PAIRS[] = {
    {"сети", "сеть"}, {"сетью", "сеть"}, {"сеть", "сеть"}, {"стран", "стран"}, {NULL, NULL},
};

static const char *const SLAVIC_LATIN_ENDINGS[] = {
    "ami", "ach", "ech", "ich", "ych", "ego", "eho", "emu", "ymi", "imi", "oga", "om", "em", "am",
    "ou",  "ej",  "oj",  "im",  "ym",  "ih",  "a",   "e",   "i",   "u",   "y",   "o",  "ů",  NULL};
static const char *const SLAVIC_LATIN_SILENT[] = {"i",  "a",   "v",  "w", "na",
                                                  "ds", "pro", "za", NULL};

static const char *const TURKIC_LATIN_ENDINGS[] = {
    "ndan", "ndən", "nden", "daki", "dəki", "deki", "ning", "nin", "nun", "nda", "ndə",
    "nde",  "dan",  "dən",  "den",  "tan",  "ten",  "lar",  "lər", "ler", "yla", "yle",
    "ylə",  "in",   "un",   "ya",   "ye",   "yə",   "na",   "nə",  "ne",  "da",  "də",
    "de",   "ta",   "te",   "si",   "su",   "yi",   "yu",   "ni",  "nu",  "ga",  "ka",
    "i",    "u",    "a",    "e",    "ə",    "n",    NULL};
static const char *const TURKIC_LATIN_SILENT[] = {"ve", "və", "va", "uzrə", NULL};

static const char *const TURKIC_CYRILLIC_ENDINGS[] = {
    "ның", "нің", "дың", "дің", "тың", "тің", "нын", "нан", "нен", "дан", "ден",
    "тан", "тен", "лар", "лер", "дар", "дер", "тар", "тер", "ға",  "ге",  "қа",
    "ке",  "да",  "де",  "та",  "те",  "на",  "не",  "сы",  "сі",  "ны",  "ні",
    "ды",  "ді",  "ты",  "ті",  "ы",   "і",   "а",   "е",   "и",   NULL};

static const char *const BALTIC_ENDINGS[] = {"iem", "aja", "os", "as", "us", "is", "es",
                                             "ai",  "ui",  "am", "as", "ij", "a",  "e",
                                             "o",   "u",   "i",  "s",  NULL};
static const char *const FINNIC_ENDINGS[] = {"ssa", "sta", "lla", "lta", "lle", "ksi",
                                             "iin", "an",  "en",  "in",  "on",  "un",
                                             "n",   "a",   "i",   "e",   NULL};
static const char *const HUNGARIAN_ENDINGS[] = {
    "ban", "ben", "bol", "rol", "tol", "nak", "nek", "val", "vel", "hoz", "hez", "ba", "be",
    "ra",  "re",  "on",  "en",  "ot",  "et",  "at",  "i",   "t",   "a",   "e",   NULL};
static const char *const ROMANIAN_ENDINGS[] = {
    "ului", "ilor", "elor", "iei", "ei", "ii", "ul", "lui", "ia", "ie", "a", "e", "i", "u", NULL};
static const char *const ROMANIAN_SILENT[] = {"de", "al", "a", "ale", "si", "pentru", "din", NULL};
static const char *const ALBANIAN_ENDINGS[] = {"ise", "ine", "in", "it", "ut", "se",
                                               "ne",  "i",   "e",  "u",  "a",  NULL};
static const char *const GREEK_ENDINGS[] = {"ουσ", "ων", "ασ", "ησ", "οσ", "εσ", "ου", "ια",
                                            "α",   "η",  "ο",  "ι",  "σ",  "ν",  NULL};
static const char *const GREEK_SILENT[] = {"του", "τησ", "των", "η", "ο", "το", "και", "για", NULL};
static const char *const GEORGIAN_ENDINGS[] = {"ისა", "იდან", "დან", "ისთვის", "ის", "მა", "ში",
                                               "ად",  "ით",   "ს",   "ი",      "ა",  NULL};
static const char *const ARMENIAN_ENDINGS[] = {"ների", "ների", "ից", "ում", "ով",
                                               "ին",   "ի",    "ը",  "ն",   NULL};
static const char *const ARABIC_ENDINGS[] = {"يين", "يون", "يات", "يه", "ين", "ات", "ي", "ه", NULL};
static const char *const ARABIC_PREFIXES[] = {"وال", "بال", "كال", "فال", "ولل", "لل",
                                              "ال",  "و",   "ب",   "ل",   NULL};
static const char *const ARABIC_SILENT[] = {"في", "من", "علي", NULL};
static const char *const HEBREW_ENDINGS[] = {"ית", "ים", "ות", "י", NULL};
static const char *const HEBREW_PREFIXES[] = {"וה", "שב", "מה", "ה", "ב", "ל", "ו", "מ", NULL};
static const char *const INDONESIAN_ENDINGS[] = {"nya", NULL};
static const char *const INDONESIAN_SILENT[] = {"dan", "untuk", "bagi", NULL};
static const char *const NOTHING[] = {NULL};
static const struct word_pair NO_PAIRS[] = {{NULL, NULL}};

static const struct family_rules FAMILIES[VF_STEM_FAMILY_COUNT] = {
    [VF_STEM_NONE] = {NOTHING, NOTHING, NOTHING, NO_PAIRS},
    [VF_STEM_ENGLISH] = {ENGLISH_ENDINGS, NOTHING, ENGLISH_SILENT, ENGLISH_PAIRS},
    [VF_STEM_ROMANCE] = {ROMANCE_ENDINGS, NOTHING, ROMANCE_SILENT, ROMANCE_PAIRS},
    [VF_STEM_GERMANIC] = {GERMANIC_ENDINGS, NOTHING, GERMANIC_SILENT, NO_PAIRS},
    [VF_STEM_SLAVIC_CYRILLIC] = {SLAVIC_CYRILLIC_ENDINGS, NOTHING, SLAVIC_CYRILLIC_SILENT,
                                 SLAVIC_CYRILLIC_PAIRS},
    [VF_STEM_SLAVIC_LATIN] = {SLAVIC_LATIN_ENDINGS, NOTHING, SLAVIC_LATIN_SILENT, NO_PAIRS},
    [VF_STEM_TURKIC_LATIN] = {TURKIC_LATIN_ENDINGS, NOTHING, TURKIC_LATIN_SILENT, NO_PAIRS},
    [VF_STEM_TURKIC_CYRILLIC] = {TURKIC_CYRILLIC_ENDINGS, NOTHING, NOTHING, NO_PAIRS},
    [VF_STEM_BALTIC] = {BALTIC_ENDINGS, NOTHING, NOTHING, NO_PAIRS},
    [VF_STEM_FINNIC] = {FINNIC_ENDINGS, NOTHING, NOTHING, NO_PAIRS},
    [VF_STEM_HUNGARIAN] = {HUNGARIAN_ENDINGS, NOTHING, NOTHING, NO_PAIRS},
    [VF_STEM_ROMANIAN] = {ROMANIAN_ENDINGS, NOTHING, ROMANIAN_SILENT, NO_PAIRS},
    [VF_STEM_ALBANIAN] = {ALBANIAN_ENDINGS, NOTHING, NOTHING, NO_PAIRS},
    [VF_STEM_GREEK] = {GREEK_ENDINGS, NOTHING, GREEK_SILENT, NO_PAIRS},
    [VF_STEM_GEORGIAN] = {GEORGIAN_ENDINGS, NOTHING, NOTHING, NO_PAIRS},
    [VF_STEM_ARMENIAN] = {ARMENIAN_ENDINGS, NOTHING, NOTHING, NO_PAIRS},
    [VF_STEM_ARABIC] = {ARABIC_ENDINGS, ARABIC_PREFIXES, ARABIC_SILENT, NO_PAIRS},
    [VF_STEM_HEBREW] = {HEBREW_ENDINGS, HEBREW_PREFIXES, NOTHING, NO_PAIRS},
    [VF_STEM_INDONESIAN] = {INDONESIAN_ENDINGS, NOTHING, INDONESIAN_SILENT, NO_PAIRS},
};

static const struct language_family {
    const char *language;
    uint8_t family;
    uint8_t script; /* OTHER: any */
} LANGUAGES[] = {
    {"en", VF_STEM_ENGLISH, VF_SCRIPT_LATIN},
    {"fr", VF_STEM_ROMANCE, VF_SCRIPT_LATIN},
    {"es", VF_STEM_ROMANCE, VF_SCRIPT_LATIN},
    {"pt", VF_STEM_ROMANCE, VF_SCRIPT_LATIN},
    {"it", VF_STEM_ROMANCE, VF_SCRIPT_LATIN},
    {"ca", VF_STEM_ROMANCE, VF_SCRIPT_LATIN},
    {"gl", VF_STEM_ROMANCE, VF_SCRIPT_LATIN},
    {"ro", VF_STEM_ROMANIAN, VF_SCRIPT_LATIN},
    {"mo", VF_STEM_ROMANIAN, VF_SCRIPT_LATIN},
    {"de", VF_STEM_GERMANIC, VF_SCRIPT_LATIN},
    {"nl", VF_STEM_GERMANIC, VF_SCRIPT_LATIN},
    {"sv", VF_STEM_GERMANIC, VF_SCRIPT_LATIN},
    {"da", VF_STEM_GERMANIC, VF_SCRIPT_LATIN},
    {"nb", VF_STEM_GERMANIC, VF_SCRIPT_LATIN},
    {"no", VF_STEM_GERMANIC, VF_SCRIPT_LATIN},
    {"nn", VF_STEM_GERMANIC, VF_SCRIPT_LATIN},
    {"ru", VF_STEM_SLAVIC_CYRILLIC, VF_SCRIPT_CYRILLIC},
    {"uk", VF_STEM_SLAVIC_CYRILLIC, VF_SCRIPT_CYRILLIC},
    {"be", VF_STEM_SLAVIC_CYRILLIC, VF_SCRIPT_CYRILLIC},
    {"bg", VF_STEM_SLAVIC_CYRILLIC, VF_SCRIPT_CYRILLIC},
    {"mk", VF_STEM_SLAVIC_CYRILLIC, VF_SCRIPT_CYRILLIC},
    {"sr", VF_STEM_SLAVIC_CYRILLIC, VF_SCRIPT_CYRILLIC},
    {"sr", VF_STEM_SLAVIC_LATIN, VF_SCRIPT_LATIN},
    {"hr", VF_STEM_SLAVIC_LATIN, VF_SCRIPT_LATIN},
    {"bs", VF_STEM_SLAVIC_LATIN, VF_SCRIPT_LATIN},
    {"sl", VF_STEM_SLAVIC_LATIN, VF_SCRIPT_LATIN},
    {"pl", VF_STEM_SLAVIC_LATIN, VF_SCRIPT_LATIN},
    {"cs", VF_STEM_SLAVIC_LATIN, VF_SCRIPT_LATIN},
    {"sk", VF_STEM_SLAVIC_LATIN, VF_SCRIPT_LATIN},
    {"az", VF_STEM_TURKIC_LATIN, VF_SCRIPT_LATIN},
    {"tr", VF_STEM_TURKIC_LATIN, VF_SCRIPT_LATIN},
    {"tk", VF_STEM_TURKIC_LATIN, VF_SCRIPT_LATIN},
    {"uz", VF_STEM_TURKIC_LATIN, VF_SCRIPT_LATIN},
    {"az", VF_STEM_TURKIC_CYRILLIC, VF_SCRIPT_CYRILLIC},
    {"uz", VF_STEM_TURKIC_CYRILLIC, VF_SCRIPT_CYRILLIC},
    {"kk", VF_STEM_TURKIC_CYRILLIC, VF_SCRIPT_CYRILLIC},
    {"ky", VF_STEM_TURKIC_CYRILLIC, VF_SCRIPT_CYRILLIC},
    {"tt", VF_STEM_TURKIC_CYRILLIC, VF_SCRIPT_CYRILLIC},
    {"ba", VF_STEM_TURKIC_CYRILLIC, VF_SCRIPT_CYRILLIC},
    {"mn", VF_STEM_TURKIC_CYRILLIC, VF_SCRIPT_CYRILLIC},
    {"lt", VF_STEM_BALTIC, VF_SCRIPT_LATIN},
    {"lv", VF_STEM_BALTIC, VF_SCRIPT_LATIN},
    {"fi", VF_STEM_FINNIC, VF_SCRIPT_LATIN},
    {"et", VF_STEM_FINNIC, VF_SCRIPT_LATIN},
    {"hu", VF_STEM_HUNGARIAN, VF_SCRIPT_LATIN},
    {"sq", VF_STEM_ALBANIAN, VF_SCRIPT_LATIN},
    {"id", VF_STEM_INDONESIAN, VF_SCRIPT_LATIN},
    {"ms", VF_STEM_INDONESIAN, VF_SCRIPT_LATIN},
    {"el", VF_STEM_GREEK, VF_SCRIPT_GREEK},
    {"ka", VF_STEM_GEORGIAN, VF_SCRIPT_GEORGIAN},
    {"hy", VF_STEM_ARMENIAN, VF_SCRIPT_ARMENIAN},
    {"ar", VF_STEM_ARABIC, VF_SCRIPT_ARABIC},
    {"fa", VF_STEM_NONE, VF_SCRIPT_ARABIC},
    {"he", VF_STEM_HEBREW, VF_SCRIPT_HEBREW},
};

/* Where no language is told, or a text is in another script than its language. */
static enum vf_stem_family family_of_script(enum vf_script script)
{
    switch (script) {
    case VF_SCRIPT_LATIN: return VF_STEM_ENGLISH;
    case VF_SCRIPT_CYRILLIC: return VF_STEM_SLAVIC_CYRILLIC;
    case VF_SCRIPT_GREEK: return VF_STEM_GREEK;
    case VF_SCRIPT_GEORGIAN: return VF_STEM_GEORGIAN;
    case VF_SCRIPT_ARMENIAN: return VF_STEM_ARMENIAN;
    case VF_SCRIPT_ARABIC: return VF_STEM_ARABIC;
    case VF_SCRIPT_HEBREW: return VF_STEM_HEBREW;
    default: return VF_STEM_NONE;
    }
}

enum vf_stem_family vf_stem_family_of(struct vf_slice language, enum vf_script script)
{
    bool known = false;

    for (size_t i = 0; language.len && i < sizeof LANGUAGES / sizeof LANGUAGES[0]; i++) {
        const struct language_family *l = &LANGUAGES[i];
        struct vf_slice code = vf_slice_of(l->language);
        if (!vf_slice_starts(language, code) ||
            (language.len > code.len && language.ptr[code.len] != '-'))
            continue;
        if (l->script == script)
            return (enum vf_stem_family)l->family;
        known = true;
    }
    if (!language.len || known || script != VF_SCRIPT_LATIN)
        return family_of_script(script);
    return VF_STEM_NONE;
}

static size_t letters_of(struct vf_slice text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return n;
}

static bool is_among(struct vf_slice word, const char *const *list)
{
    for (; *list; list++)
        if (vf_slice_is(word, *list))
            return true;
    return false;
}

static struct vf_slice without_prefix(struct vf_slice word, const char *const *prefixes)
{
    for (; *prefixes; prefixes++) {
        struct vf_slice prefix = vf_slice_of(*prefixes);
        if (!vf_slice_starts(word, prefix))
            continue;
        struct vf_slice rest = vf_slice(word.ptr + prefix.len, word.len - prefix.len);
        if (letters_of(rest) >= STEM_LETTERS_MIN)
            return rest;
    }
    return word;
}

static bool cut_ending(struct vf_slice *word, const char *const *endings)
{
    for (; *endings; endings++) {
        struct vf_slice ending = vf_slice_of(*endings);
        if (!vf_slice_ends(*word, ending))
            continue;
        struct vf_slice rest = vf_slice(word->ptr, word->len - ending.len);
        if (letters_of(rest) < STEM_LETTERS_MIN)
            continue;
        *word = rest;
        return true;
    }
    return false;
}

struct vf_slice vf_stem(struct vf_slice word, enum vf_stem_family family)
{
    const struct family_rules *rules = &FAMILIES[family];

    for (const struct word_pair *pair = rules->pairs; pair->word; pair++)
        if (vf_slice_is(word, pair->word))
            return vf_slice_of(pair->stem);
    if (is_among(word, rules->silent))
        return vf_slice(word.ptr, 0);
    word = without_prefix(word, rules->prefixes);
    for (int round = 0; round < ROUNDS_MAX && cut_ending(&word, rules->endings); round++)
        ;
    return word;
}
