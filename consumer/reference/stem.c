#include "reference/stem.h"

enum {
    STEM_LETTERS_MIN = 4, /* less says nothing: "Oman" must not become "Om" */
    ROUNDS_MAX = 4,       /* endings on one word: case after possessive after plural */
};

#define T(text) VF_SLICE_LITERAL(text)
/* Ends a list of texts. */
#define END                                                                                        \
    {                                                                                              \
        NULL, 0                                                                                    \
    }

struct word_pair {
    struct vf_slice word;
    struct vf_slice stem;
};

/* Endings are tried in the order given: the longer first. All texts are folded: й is и, ї is і,
 * ş is s, and so on. */
struct family_rules {
    const struct vf_slice *endings;
    const struct vf_slice *prefixes; /* proclitics, taken off once */
    const struct vf_slice *silent;   /* words that stem to nothing */
    const struct word_pair *pairs;
};

static const struct vf_slice ENGLISH_ENDINGS[] = {T("s"), END};
static const struct vf_slice ENGLISH_SILENT[] = {T("the"), T("of"), T("for"), T("and"), T("in"),
                                                 T("a"),   T("an"), T("on"),  END};
static const struct word_pair ENGLISH_PAIRS[] = {
    {T("organisation"), T("organization")},
    {T("organisations"), T("organization")},
    {T("parliamentary"), T("parliament")},
    {T("parliaments"), T("parliament")},
    {T("parliamentarians"), T("parliament")},
    {T("interparliamentary"), T("inter parliament")},
    {T("interparliament"), T("inter parliament")},
    {T("cooperation"), T("co operation")},
    {T("coop"), T("co operation")},
    {T("programme"), T("program")},
    {T("centre"), T("center")},
    {T("labour"), T("labor")},
    {T("defence"), T("defense")},
    {T("southeast"), T("south east")},
    {T("southeastern"), T("south east")},
    {T("eastern"), T("east")},
    {T("states"), T("state")},
    {T("speaking"), T("speak")},
    {END, END},
};

static const struct vf_slice ROMANCE_ENDINGS[] = {T("es"), T("as"), T("os"), T("ne"), T("s"),
                                                  T("e"),  T("a"),  T("o"),  T("i"),  END};
static const struct vf_slice ROMANCE_SILENT[] = {
    T("de"),    T("la"),   T("le"),   T("les"),  T("l"),     T("du"),  T("des"),   T("d"),
    T("et"),    T("el"),   T("los"),  T("las"),  T("y"),     T("del"), T("da"),    T("do"),
    T("das"),   T("dos"),  T("e"),    T("di"),   T("della"), T("dei"), T("delle"), T("degli"),
    T("dello"), T("dell"), T("il"),   T("lo"),   T("gli"),   T("i"),   T("a"),     T("al"),
    T("au"),    T("aux"),  T("pour"), T("para"), T("per"),   T("en"),  T("em"),    T("na"),
    T("no"),    T("o"),    T("os"),   T("as"),   END};
static const struct word_pair ROMANCE_PAIRS[] = {
    {T("interparlementaire"), T("inter parlementair")},
    {T("interparlamentaria"), T("inter parlamentari")},
    {T("interparlamentario"), T("inter parlamentari")},
    {T("interparlamentar"), T("inter parlamentar")},
    {T("interparlamentare"), T("inter parlamentar")},
    {END, END},
};

static const struct vf_slice GERMANIC_ENDINGS[] = {T("en"), T("er"), T("em"), T("es"),
                                                   T("e"),  T("s"),  T("n"),  END};
static const struct vf_slice GERMANIC_SILENT[] = {
    T("der"),  T("die"), T("das"), T("des"), T("dem"), T("den"), T("fur"),
    T("und"),  T("von"), T("im"),  T("in"),  T("van"), T("het"), T("de"),
    T("voor"), T("en"),  T("och"), T("og"),  T("for"), T("i"),   END};

static const struct vf_slice SLAVIC_CYRILLIC_ENDINGS[] = {
    T("иями"), T("ями"), T("ами"), T("ого"), T("его"), T("ому"), T("ему"), T("ыми"), T("ими"),
    T("иях"),  T("ях"),  T("ах"),  T("ов"),  T("ев"),  T("ів"),  T("еи"),  T("ои"),  T("ии"),
    T("ыи"),   T("ая"),  T("яя"),  T("ое"),  T("ее"),  T("ую"),  T("юю"),  T("ые"),  T("ие"),
    T("их"),   T("ых"),  T("им"),  T("ым"),  T("ем"),  T("ом"),  T("ам"),  T("ям"),  T("ою"),
    T("ею"),   T("єю"),  T("ії"),  T("іи"),  T("оі"),  T("іі"),  T("а"),   T("я"),   T("о"),
    T("е"),    T("у"),   T("ю"),   T("ы"),   T("и"),   T("ь"),   T("і"),   T("є"),   END};
static const struct vf_slice SLAVIC_CYRILLIC_SILENT[] = {T("и"),  T("по"), T("в"),  T("і"), T("у"),
                                                         T("на"), T("за"), T("та"), END};
static const struct word_pair SLAVIC_CYRILLIC_PAIRS[] = {
    {T("сети"), T("сеть")},   {T("сетью"), T("сеть")}, {T("сеть"), T("сеть")},
    {T("стран"), T("стран")}, {T("новая"), T("нов")},  {T("новои"), T("нов")},
    {T("новую"), T("нов")},   {T("нова"), T("нов")},   {T("новоі"), T("нов")},
    {T("новіи"), T("нов")},   {T("нову"), T("нов")},   {T("южная"), T("южн")},
    {T("южнои"), T("южн")},   {T("южную"), T("южн")},  {T("южна"), T("южн")},
    {T("рада"), T("рад")},    {T("ради"), T("рад")},   {T("раді"), T("рад")},
    {T("раду"), T("рад")},    {T("радою"), T("рад")},  {T("лига"), T("лиг")},
    {T("лиги"), T("лиг")},    {T("лиге"), T("лиг")},   {T("лигу"), T("лиг")},
    {T("лигои"), T("лиг")},   {T("ліга"), T("ліг")},   {T("ліги"), T("ліг")},
    {T("лізі"), T("ліг")},    {T("лігу"), T("ліг")},   {END, END},
};

static const struct vf_slice SLAVIC_LATIN_ENDINGS[] = {
    T("ami"), T("ach"), T("ech"), T("ich"), T("ych"), T("ego"), T("eho"),
    T("emu"), T("ymi"), T("imi"), T("oga"), T("om"),  T("em"),  T("am"),
    T("ou"),  T("ej"),  T("oj"),  T("im"),  T("ym"),  T("ih"),  T("a"),
    T("e"),   T("i"),   T("u"),   T("y"),   T("o"),   T("ů"),   END};
static const struct vf_slice SLAVIC_LATIN_SILENT[] = {T("i"),  T("a"),   T("v"),  T("w"), T("na"),
                                                      T("ds"), T("pro"), T("za"), END};

/* Words too short for their endings to be cut. */
static const struct word_pair SLAVIC_LATIN_PAIRS[] = {
    {T("unia"), T("uni")},
    {T("unii"), T("uni")},
    {T("unie"), T("uni")},
    {T("unio"), T("uni")},
    {T("unij"), T("uni")},
    {T("unija"), T("uni")},
    {T("unije"), T("uni")},
    {T("uniji"), T("uni")},
    {T("uniju"), T("uni")},
    {T("unijo"), T("uni")},
    {T("unijom"), T("uni")},
    {T("uniou"), T("uni")},
    {T("rada"), T("rad")},
    {T("rady"), T("rad")},
    {T("rade"), T("rad")},
    {T("radu"), T("rad")},
    {T("radou"), T("rad")},
    {T("radzie"), T("rad")},
    {T("liga"), T("lig")},
    {T("ligi"), T("lig")},
    {T("lige"), T("lig")},
    {T("ligu"), T("lig")},
    {T("ligy"), T("lig")},
    {T("lidze"), T("lig")},
    {END, END},
};

static const struct vf_slice TURKIC_LATIN_ENDINGS[] = {
    T("ndan"), T("ndən"), T("nden"), T("daki"), T("dəki"), T("deki"), T("ning"), T("nin"), T("nun"),
    T("nda"),  T("ndə"),  T("nde"),  T("dan"),  T("dən"),  T("den"),  T("tan"),  T("ten"), T("lar"),
    T("lər"),  T("ler"),  T("yla"),  T("yle"),  T("ylə"),  T("in"),   T("un"),   T("ya"),  T("ye"),
    T("yə"),   T("na"),   T("nə"),   T("ne"),   T("da"),   T("də"),   T("de"),   T("ta"),  T("te"),
    T("si"),   T("su"),   T("yi"),   T("yu"),   T("ni"),   T("nu"),   T("ga"),   T("ka"),  T("i"),
    T("u"),    T("a"),    T("e"),    T("ə"),    T("n"),    END};
/* The last consonant softens before a vowel; "palata" is a chamber and no Palau. */
static const struct word_pair TURKIC_LATIN_PAIRS[] = {
    {T("birlik"), T("birlig")},
    {T("birligi"), T("birlig")},
    {T("birligin"), T("birlig")},
    {T("birliginin"), T("birlig")},
    {T("birlige"), T("birlig")},
    {T("birligine"), T("birlig")},
    {T("birliginde"), T("birlig")},
    {T("birlikte"), T("birlig")},
    {T("birliyi"), T("birlig")},
    {T("palata"), T("palata")},
    {T("palatasi"), T("palata")},
    {T("palatanin"), T("palata")},
    {T("palatasinin"), T("palata")},
    {T("palatasina"), T("palata")},
    {T("palatasinda"), T("palata")},
    {T("palatasindan"), T("palata")},
    {T("birliyin"), T("birlig")},
    {T("birliyinin"), T("birlig")},
    {T("birliyinə"), T("birlig")},
    {T("birliyinin"), T("birlig")},
    {END, END},
};
static const struct vf_slice TURKIC_LATIN_SILENT[] = {T("ve"), T("və"), T("va"), T("uzrə"), END};

static const struct vf_slice TURKIC_CYRILLIC_ENDINGS[] = {
    T("ның"), T("нің"), T("дың"), T("дің"), T("тың"), T("тің"), T("нын"), T("нан"), T("нен"),
    T("дан"), T("ден"), T("тан"), T("тен"), T("лар"), T("лер"), T("дар"), T("дер"), T("тар"),
    T("тер"), T("га"),  T("ға"),  T("ге"),  T("қа"),  T("ке"),  T("да"),  T("де"),  T("та"),
    T("те"),  T("на"),  T("не"),  T("сы"),  T("сі"),  T("ны"),  T("ні"),  T("ды"),  T("ді"),
    T("ты"),  T("ті"),  T("ы"),   T("і"),   T("а"),   T("е"),   T("и"),   END};

static const struct vf_slice BALTIC_ENDINGS[] = {
    T("iem"), T("aja"), T("os"), T("as"), T("us"), T("is"), T("es"), T("ai"), T("ui"),
    T("am"),  T("ij"),  T("a"),  T("e"),  T("o"),  T("u"),  T("i"),  T("s"),  END};
static const struct vf_slice FINNIC_ENDINGS[] = {
    T("ssa"), T("sta"), T("lla"), T("lta"), T("lle"), T("ksi"), T("iin"), T("an"), T("en"),
    T("in"),  T("on"),  T("un"),  T("n"),   T("a"),   T("i"),   T("e"),   END};
static const struct vf_slice HUNGARIAN_ENDINGS[] = {
    T("gal"), T("ban"), T("ben"), T("bol"), T("rol"), T("tol"), T("nak"), T("nek"), T("val"),
    T("vel"), T("hoz"), T("hez"), T("ba"),  T("be"),  T("ra"),  T("re"),  T("on"),  T("en"),
    T("ot"),  T("et"),  T("at"),  T("i"),   T("t"),   T("a"),   T("e"),   END};
static const struct vf_slice ROMANIAN_ENDINGS[] = {
    T("ului"), T("ilor"), T("elor"), T("iei"), T("ei"), T("ii"), T("ul"), T("lui"),
    T("ia"),   T("ie"),   T("a"),    T("e"),   T("i"),  T("u"),  END};
static const struct vf_slice ROMANIAN_SILENT[] = {T("de"), T("al"),     T("a"),   T("ale"),
                                                  T("si"), T("pentru"), T("din"), END};
static const struct vf_slice ALBANIAN_ENDINGS[] = {T("ise"), T("ine"), T("in"), T("it"),
                                                   T("ut"),  T("se"),  T("ne"), T("i"),
                                                   T("e"),   T("u"),   T("a"),  END};
static const struct vf_slice GREEK_ENDINGS[] = {T("ουσ"), T("ων"), T("ασ"), T("ησ"), T("οσ"),
                                                T("εσ"),  T("ου"), T("ια"), T("α"),  T("η"),
                                                T("ο"),   T("ι"),  T("σ"),  T("ν"),  END};
static const struct vf_slice GREEK_SILENT[] = {T("του"), T("τησ"), T("των"), T("η"), T("ο"),
                                               T("το"),  T("και"), T("για"), END};
static const struct vf_slice GEORGIAN_ENDINGS[] = {
    T("ისა"), T("იდან"), T("დან"), T("ისთვის"), T("ის"), T("მა"), T("ში"),
    T("ად"),  T("ით"),   T("ს"),   T("ი"),      T("ა"),  END};
static const struct vf_slice ARMENIAN_ENDINGS[] = {T("ների"), T("ից"), T("ում"), T("ով"), T("ին"),
                                                   T("ի"),    T("ը"),  T("ն"),   END};
static const struct vf_slice ARABIC_ENDINGS[] = {T("يين"), T("يون"), T("يات"), T("يه"), T("ين"),
                                                 T("ات"),  T("ي"),   T("ه"),   END};
static const struct vf_slice ARABIC_PREFIXES[] = {T("وال"), T("بال"), T("كال"), T("فال"),
                                                  T("ولل"), T("لل"),  T("ال"),  T("و"),
                                                  T("ب"),   T("ل"),   END};
static const struct vf_slice ARABIC_SILENT[] = {T("في"), T("من"), T("علي"), END};
static const struct vf_slice HEBREW_ENDINGS[] = {T("ית"), T("ים"), T("ות"), T("י"), END};
static const struct vf_slice HEBREW_PREFIXES[] = {T("וה"), T("שב"), T("מה"), T("ה"), T("ב"),
                                                  T("ל"),  T("ו"),  T("מ"),  END};
static const struct vf_slice INDONESIAN_ENDINGS[] = {T("nya"), END};
static const struct vf_slice INDONESIAN_SILENT[] = {T("dan"), T("untuk"), T("bagi"), END};
static const struct vf_slice NOTHING[] = {END};
static const struct word_pair NO_PAIRS[] = {{END, END}};

static const struct family_rules FAMILIES[VF_STEM_FAMILY_COUNT] = {
    [VF_STEM_NONE] = {NOTHING, NOTHING, NOTHING, NO_PAIRS},
    [VF_STEM_ENGLISH] = {ENGLISH_ENDINGS, NOTHING, ENGLISH_SILENT, ENGLISH_PAIRS},
    [VF_STEM_ROMANCE] = {ROMANCE_ENDINGS, NOTHING, ROMANCE_SILENT, ROMANCE_PAIRS},
    [VF_STEM_GERMANIC] = {GERMANIC_ENDINGS, NOTHING, GERMANIC_SILENT, NO_PAIRS},
    [VF_STEM_SLAVIC_CYRILLIC] = {SLAVIC_CYRILLIC_ENDINGS, NOTHING, SLAVIC_CYRILLIC_SILENT,
                                 SLAVIC_CYRILLIC_PAIRS},
    [VF_STEM_SLAVIC_LATIN] = {SLAVIC_LATIN_ENDINGS, NOTHING, SLAVIC_LATIN_SILENT,
                              SLAVIC_LATIN_PAIRS},
    [VF_STEM_TURKIC_LATIN] = {TURKIC_LATIN_ENDINGS, NOTHING, TURKIC_LATIN_SILENT,
                              TURKIC_LATIN_PAIRS},
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
    char language[3];
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

    if (language.len >= 2 && (language.len == 2 || language.ptr[2] == '-'))
        for (size_t i = 0; i < sizeof LANGUAGES / sizeof LANGUAGES[0]; i++) {
            const struct language_family *l = &LANGUAGES[i];
            if (l->language[0] != language.ptr[0] || l->language[1] != language.ptr[1])
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

static bool is_among(struct vf_slice word, const struct vf_slice *list)
{
    for (; list->ptr; list++)
        if (word.len == list->len && word.ptr[0] == list->ptr[0] && vf_slice_equal(word, *list))
            return true;
    return false;
}

static struct vf_slice without_prefix(struct vf_slice word, const struct vf_slice *prefixes)
{
    for (; prefixes->ptr; prefixes++) {
        if (!vf_slice_starts(word, *prefixes))
            continue;
        struct vf_slice rest = vf_slice(word.ptr + prefixes->len, word.len - prefixes->len);
        if (letters_of(rest) >= STEM_LETTERS_MIN)
            return rest;
    }
    return word;
}

static bool cut_ending(struct vf_slice *word, const struct vf_slice *endings)
{
    for (; endings->ptr; endings++) {
        if (word->ptr[word->len - 1] != endings->ptr[endings->len - 1] ||
            !vf_slice_ends(*word, *endings))
            continue;
        struct vf_slice rest = vf_slice(word->ptr, word->len - endings->len);
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

    if (!word.len)
        return word;
    for (const struct word_pair *pair = rules->pairs; pair->word.ptr; pair++)
        if (word.len == pair->word.len && word.ptr[0] == pair->word.ptr[0] &&
            vf_slice_equal(word, pair->word))
            return pair->stem;
    if (is_among(word, rules->silent))
        return vf_slice(word.ptr, 0);
    word = without_prefix(word, rules->prefixes);
    for (int round = 0; round < ROUNDS_MAX && cut_ending(&word, rules->endings); round++)
        ;
    return word;
}
