/* Countries, cities and organizations in text, with the shipped tables. */
#include "base/memory.h"
#include "normalize/explain_name.h"
#include "reference/explain.h"
#include "reference/reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#include <cmocka.h>

static struct vf_reference *reference;
static struct vf_arena arena;

static int open_all(void **state)
{
    struct vf_error err;
    (void)state;
    vf_arena_init(&arena, 64 * 1024, 64 * 1024 * 1024);
    if (!vf_reference_load("deploy/reference", &reference, &err))
        return 0;
    print_error("%s\n", err.text);
    return -1;
}

static int close_all(void **state)
{
    (void)state;
    vf_reference_release(reference);
    vf_arena_release(&arena);
    return 0;
}

enum { KNOWN_MAX = 4 };

/* A context from short texts; what it points to lives until the next call. */
static const struct vf_name_context *context_of(const char *language, const char *country,
                                                const char *organization, const char *text)
{
    static struct vf_name_context context;
    static vf_country_index countries[KNOWN_MAX];
    static vf_organization_index organizations[KNOWN_MAX];
    static struct vf_slice texts[KNOWN_MAX];

    context = (struct vf_name_context){.language = vf_slice_of(language), .day = VF_DAY_MIN};
    if (country) {
        countries[0] = vf_reference_find_iso3(reference, vf_slice_of(country));
        context.countries = countries;
        context.country_count = 1;
    }
    if (organization) {
        organizations[0] = vf_reference_find_organization(reference, vf_slice_of(organization));
        context.organizations = organizations;
        context.organization_count = 1;
    }
    if (text) {
        texts[0] = vf_slice_of(text);
        context.texts = texts;
        context.text_count = 1;
    }
    return &context;
}

static const char *iso3(vf_country_index country)
{
    static char text[4];
    if (country == VF_NO_COUNTRY)
        return "-";
    memcpy(text, vf_reference_country(reference, country)->iso3.ptr, 3);
    return text;
}

static void expect_text(const char *what, const char *have, const char *want)
{
    if (strcmp(have, want) != 0)
        fail_msg("%s: %s, expected %s", what, have, want);
}

struct probe {
    const char *language;
    const char *text;
    const char *want;
};

static void expect_country(const struct probe *p)
{
    struct vf_country_match match;
    vf_arena_reset(&arena);
    assert_int_equal(vf_country_of_name(reference, vf_slice_of(p->text),
                                        context_of(p->language, NULL, NULL, NULL), &arena, &match),
                     VF_OK);
    expect_text(p->text, match.ambiguous ? "?" : iso3(match.country), p->want);
}

static void countries_are_known_by_all_their_names(void **state)
{
    static const struct probe probes[] = {
        {"en", "Malaysia", "MYS"},
        {"en", "malaysia", "MYS"},
        {"en", "Republic of Korea", "KOR"},
        {"en", "Korea (Republic of)", "KOR"},
        {"en", "DPRK", "PRK"},
        {"en", "Islamic Republic of Iran", "IRN"},
        {"en", "Iran (Islamic Republic of)", "IRN"},
        {"en", "Azerbaijan's", "AZE"},
        {"en", "the Netherlands", "NLD"},
        {"en", "Swaziland", "SWZ"},
        {"en", "Upper Volta", "BFA"},
        {"en", "Zaire", "COD"},
        {"en", "Burma", "MMR"},
        {"en", "Ceylon", "LKA"},
        {"en", "U.S.", "USA"},
        {"en", "US", "USA"},
        {"en", "UAE", "ARE"},
        {"en", "Niger", "NER"},
        {"en", "Nigeria", "NGA"},
        {"en", "Guinea", "GIN"},
        {"en", "Equatorial Guinea", "GNQ"},
        {"en", "Papua New Guinea", "PNG"},
        {"en", "Guinea-Bissau", "GNB"},
        {"en", "Dominica", "DMA"},
        {"en", "Dominican Republic", "DOM"},
        {"en", "American Samoa", "ASM"},
        {"en", "Samoa", "WSM"},
        {"en", "Kosovo", "XKX"},
        {"en", "Palestine", "PSE"},
        {"en", "Taiwan", "TWN"},
        {"en", "Malaysian", "MYS"},
        {"ru", "Малайзия", "MYS"},
        {"ru", "Малайзии", "MYS"},
        {"ru", "Республики Узбекистан", "UZB"},
        {"ru", "США", "USA"},
        {"ru", "РФ", "RUS"},
        {"ru", "ОАЭ", "ARE"},
        {"uk", "Україна", "UKR"},
        {"uk", "України", "UKR"},
        {"az", "Azərbaycanın", "AZE"},
        {"az", "Özbəkistan Respublikası", "UZB"},
        {"tr", "Türkiye'nin", "TUR"},
        {"tr", "Kuzey Makedonya", "MKD"},
        {"fr", "Côte d’Ivoire", "CIV"},
        {"fr", "l'Indonésie", "IDN"},
        {"fr", "RDC", "COD"},
        {"fr", "Congo-Brazzaville", "COG"},
        {"es", "Estados Unidos", "USA"},
        {"pt", "Reino Unido", "GBR"},
        {"de", "Aserbaidschan", "AZE"},
        {"de", "Malaysias", "MYS"},
        {"ar", "ماليزيا", "MYS"},
        {"ar", "وماليزيا", "MYS"},
        {"fa", "جمهوری آذربایجان", "AZE"},
        {"zh", "中国", "CHN"},
        {"zh-Hant", "越南", "VNM"},
        {"ja", "モンゴル国", "MNG"},
        {"ko", "대한민국", "KOR"},
        {"ko", "루마니아", "ROU"},
        {"vi", "Việt Nam", "VNM"},
        {"id", "Hongaria", "HUN"},
        {"sw", "Uturuki", "TUR"},
        {"", "\u0410zerbaijan", "AZE"}, /* a Cyrillic letter inside */
        {"en", "Türkiye\u0308", "TUR"},
        {"en", "Slovakia / Slovak Republic", "SVK"},
        {"en", "Sri Lnaka", "LKA"},
        {"en", "Kazaxstahn", "-"},
        {"en", "AZE", "AZE"},
        {"en", "GE", "GEO"},
        {"en", "aze", "-"},
        {"en", "Republic of China", "TWN"},
        {"en", "Congo, Dem. Rep.", "COD"},
        {"en", "Atlantis", "-"},
        {"en", "us", "-"},
        {"en", "", "-"},
        {"en", "...", "-"},
        {"en", "\xFF\xFE", "-"},
        {"en", "Australia; New Zealand", "-"},
        {"en", "Arab Parliament", "-"},
        {"en", "Congo", "?"},
        {"ru", "Конго", "?"},
        {"en", "Korea", "?"},
        {"en", "Georgia", "?"},
        {"en", "Dominican", "?"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++)
        expect_country(&probes[i]);
}

static void a_context_settles_what_is_ambiguous(void **state)
{
    static const struct {
        const char *text, *country, *organization, *want;
    } probes[] = {
        {"Congo", "COG", NULL, "COG"},
        {"Congo", "COD", NULL, "COD"},
        {"Congo", "FRA", NULL, "?"},
        {"Congo", NULL, "sadc", "COD"}, /* of the two, one belongs */
        {"Congo", NULL, "au", "?"},     /* both do */
        {"Korea", "KOR", NULL, "KOR"},
        {"Korea", NULL, "oecd", "KOR"},
        {"Georgia", "GEO", NULL, "GEO"},
        {"Georgia", NULL, "coe", "GEO"},
        {"Georgia", NULL, "asean", "?"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++) {
        struct vf_country_match match;
        const struct vf_name_context *context =
            context_of("en", probes[i].country, probes[i].organization, NULL);
        assert_int_equal(
            vf_country_of_name(reference, vf_slice_of(probes[i].text), context, &arena, &match),
            VF_OK);
        expect_text(probes[i].text, match.ambiguous ? "?" : iso3(match.country), probes[i].want);
        assert_int_equal(match.by_context, match.country != VF_NO_COUNTRY);
    }
}

static void mentions_come_in_order(void **state)
{
    static const struct probe probes[] = {
        {"en", "Malaysian Prime Minister", "MYS "},
        {"en", "Ambassador of Azerbaijan to Uzbekistan", "AZE UZB "},
        {"en", "Speaker of the Milli Majlis", "AZE "},
        {"en", "Marshal of the Sejm", "POL "},
        {"en", "Speaker of the Lok Sabha", "IND "},
        {"en", "Speaker of the National Assembly", ""},
        {"en", "President of the South African National Assembly", "ZAF "},
        {"en", "he told us about china and turkey", ""},
        {"en", "US Ambassador to Kazakhstan", "USA KAZ "},
        {"en", "Minister for the Gulf of Guinea", ""},
        {"en", "Chairman of the Indian Ocean Commission", ""},
        {"en", "Nigerien and Nigerian speakers", "NER NGA "},
        {"en", "Congolese speaker", "? "},
        {"en", "Georgian Parliament", "GEO "},
        {"ru", "председатель Палаты Представителей Парламента Малайзии", "MYS "},
        {"ru", "спикер Госдумы", "RUS "},
        {"az", "Milli Məclisin sədri", "AZE "},
        {"fr", "président du Parlement iranien", "IRN "},
        {"fr", "ambassadeur d'Indonésie", "IDN "},
        {"de", "Präsidentin der Knesset des Staates Israel", "ISR ISR "},
        {"de", "Bundestagspräsidentin", "DEU "},
        {"ja", "在中国モンゴル国特命全権大使", "CHN MNG "},
        {"zh", "全国人大常委会委员长", "CHN "},
        {"ko", "루마니아 대통령", "ROU "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++) {
        struct vf_country_mention mentions[8];
        char text[64] = "";
        vf_arena_reset(&arena);
        int count = vf_country_mentions(reference, vf_slice_of(probes[i].text),
                                        context_of(probes[i].language, NULL, NULL, NULL), &arena,
                                        mentions, 8);
        assert_true(count >= 0);
        for (int k = 0; k < count; k++) {
            strcat(text, mentions[k].match.ambiguous ? "?" : iso3(mentions[k].match.country));
            strcat(text, " ");
            assert_true(mentions[k].begin < mentions[k].end);
            assert_true(k == 0 || mentions[k - 1].end <= mentions[k].begin);
        }
        expect_text(probes[i].text, text, probes[i].want);
    }
}

static void mentions_stop_at_max(void **state)
{
    struct vf_country_mention one[2] = {{.begin = 77}, {.begin = 77}};
    (void)state;
    assert_int_equal(vf_country_mentions(reference, vf_slice_of("Peru, Chile, Cuba"),
                                         context_of("en", NULL, NULL, NULL), &arena, one, 1),
                     1);
    assert_int_equal(one[1].begin, 77);
}

static void cities_are_known_in_many_languages(void **state)
{
    static const struct probe probes[] = {
        {"en", "Kuala Lumpur", "MYS Kuala Lumpur"},
        {"ar", "كوالالمبور", "MYS Kuala Lumpur"},
        {"en", "Islamabad", "PAK Islamabad"}, /* its own name, not another's alternate */
        {"en", "Dili", "TLS Dili"},
        {"en", "Kiev", "UKR Kyiv"},
        {"en", "NUR-SULTAN", "KAZ Astana"},
        {"en", "Tripoli", "LBY Tripoli"},
        {"en", "San José", "CRI San José"},
        {"en", "Santiago", "CHL Santiago"},
        {"pt", "Londres", "GBR London"},
        {"ru", "Санкт-Петербург", "RUS Saint Petersburg"},
        {"zh", "日内瓦", "CHE Geneva"},
        {"es", "México, DF.", "MEX Mexico City"},
        {"en", "Parliament House in Accra", "GHA Accra"},
        {"en", "UN Office, Nairobi", "KEN Nairobi"},
        {"en", "Washington, D.C.", "USA Washington, D.C."},
        {"ru", "Чолпон-Ата", "KGZ Cholpon-Ata"}, /* small, but statesmen meet there */
        {"en", "Davos", "CHE Davos"},
        {"az", "Xankəndi", "AZE Khankendi"},
        {"az", "Şəki", "AZE Sheki"},
        {"ru", "Кэмп-Дэвид", "USA Camp David"},
        {"en", "Bali", "IDN Bali"}, /* not the Indian town */
        {"uz", "Тошкент", "UZB Tashkent"},
        {"ka", "ერევანი", "ARM Yerevan"},
        {"hy", "Թեհրան", "IRN Tehran"},
        {"th", "กัวลาลัมเปอร์", "MYS Kuala Lumpur"},
        {"en", "St. Petersburg", "RUS Saint Petersburg"}, /* Saint is St., and far larger */
        {"en", "Victoria", "SYC Victoria"},
        {"en", "Melbourne", "AUS Melbourne"},
        {"en", "Cambridge", "- ?"},
        {"az", "Bakı", "AZE Baku"},       /* dwarfs the villages of Baki */
        {"en", "Cologne", "DEU Cologne"}, /* once, with its inhabitants */
        {"en", "Rashtrapati Bhavan", "IND -"},
        {"zh", "人民大会堂", "CHN -"},
        {"en", "Hyderabad", "- ?"},
        {"en", "Nowhereville", "- -"},
        {"en", "", "- -"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++) {
        struct vf_city_match match;
        char text[96];
        vf_arena_reset(&arena);
        assert_int_equal(vf_city_of_name(reference, vf_slice_of(probes[i].text), VF_NO_COUNTRY,
                                         context_of(probes[i].language, NULL, NULL, NULL), &arena,
                                         &match),
                         VF_OK);
        snprintf(text, sizeof text, "%s %.*s", iso3(match.country),
                 match.ambiguous  ? 1
                 : match.name.ptr ? (int)match.name.len
                                  : 1,
                 match.ambiguous  ? "?"
                 : match.name.ptr ? match.name.ptr
                                  : "-");
        expect_text(probes[i].text, text, probes[i].want);
    }
}

static void a_country_chooses_among_cities(void **state)
{
    struct vf_city_match match;
    (void)state;
    vf_country_index usa = vf_reference_find_iso3(reference, vf_slice_of("USA"));
    assert_int_equal(vf_city_of_name(reference, vf_slice_of("San Jose"), usa,
                                     context_of("en", NULL, NULL, NULL), &arena, &match),
                     VF_OK);
    assert_int_equal(match.country, usa);
    vf_country_index lbn = vf_reference_find_iso3(reference, vf_slice_of("LBN"));
    assert_int_equal(vf_city_of_name(reference, vf_slice_of("Tripoli"), lbn,
                                     context_of("en", NULL, NULL, NULL), &arena, &match),
                     VF_OK);
    assert_int_equal(match.country, lbn);
}

static const char *organization(const struct vf_organization_reading *reading)
{
    static char text[64];
    if (reading->organization == VF_NO_ORGANIZATION)
        return "-";
    struct vf_slice id = vf_reference_organization(reference, reading->organization)->id;
    snprintf(text, sizeof text, "%.*s", VF_SLICE_PRINT(id));
    return text;
}

static void organizations_are_known_by_names_acronyms_and_phrases(void **state)
{
    static const struct probe probes[] = {
        {"en", "ASEAN Inter-Parliamentary Assembly (AIPA)", "aipa"},
        {"en", "46th AIPA General Assembly", "aipa"},
        {"en", "Forty-Sixth General Assembly of the ASEAN Inter-Parliamentary Assembly", "aipa"},
        {"en", "Parliamentary Assembly of the OIC", "puic"},
        {"en", "Parliamentary Assembly of the Organization of Islamic Cooperation", "puic"},
        {"en", "Organization of Islamic Cooperation", "oic"},
        {"en", "Non-Aligned Movement (NAM) Parliamentary Network", "nampn"},
        {"en", "Interparliamentary Union", "ipu"},
        {"en", "Arab Inter-Parliamentary Union", "aipu"},
        {"en", "Inter-Parliamentary Union of the IGAD Member States", "-"},
        {"en", "Union of the Parliaments of Africa", "-"},
        {"en", "Assembly of Asian Parliaments", "apa"},
        {"en", "Asian Parlamentary Assembly", "apa"},
        {"en", "Interparlimentary Union", "ipu"},
        {"en", "Turkic Council", "ots"},
        {"en", "eight Nordic and Baltic countries (NB8)", "nb8"},
        {"id", "Konferensi ke-19 Parlemen Anggota OKI (PUIC)", "puic"},
        {"en", "Council of Europe (PACE) session", "pace"},
        {"en", "Inter-Parliamentary Union (UN) forum", "ipu"},
        {"en", "IPU-132", "ipu"},
        {"en", "AIPA46", "aipa"},
        {"en", "OPEC+", "-"},
        {"en", "BRICS+", "brics"},
        {"az", "AŞ", "coe"},
        {"tr", "AŞ", "-"},
        {"en", "G20", "g20"},
        {"en", "OTS PA", "turkpa"},
        {"ru", "ПА ЧЭС", "pabsec"},
        {"en", "ACP-EU Joint Parliamentary Assembly", "-"},
        {"sw", "Chama cha Mabunge ya Jumuiya ya Madola (CPA)", "cpa"},
        {"en", "Asean", "asean"},
        {"en", "GUAM", "guam"},
        {"en", "Guam", "-"},
        {"en", "WHO", "who"},
        {"en", "who", "-"},
        {"en", "us", "-"},
        {"en", "National Assembly (NA)", "-"},
        {"en", "Ministry of Foreign Affairs", "-"},
        {"en", "Parliamentary Assembly", "-"},
        {"en", "Commonwealth of Australia", "-"},
        {"en", "Commonwealth", "commonwealth"},
        {"en", "Nordic Council of Ministers", "-"},
        {"en", "", "-"},
        {"en", "\xC3", "-"},
        {"ru", "МПС", "ipu"},
        {"ru", "Парламентской ассамблеи Совета Европы", "pace"},
        {"ru", "Межпарламентской ассамблее СНГ", "ipa-cis"},
        {"az", "AİPA-nın", "aipa"},
        {"az", "Qoşulmama Hərəkatının Parlament Şəbəkəsində", "nampn"},
        {"tr", "NATO'nun", "nato"},
        {"fr", "l’UPCI", "puic"},
        {"fr", "ONU", "un"},
        {"es", "OTAN", "nato"},
        {"ar", "الاتحاد البرلماني الدولي", "ipu"},
        {"zh", "各国议会联盟第150届大会", "ipu"},
        {"ko", "유럽연합(EU)", "eu"},
        {"uk", "Парламентська асамблея НАТО", "nato-pa"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++) {
        struct vf_organization_reading reading;
        vf_arena_reset(&arena);
        assert_int_equal(vf_organization_of_text(reference, vf_slice_of(probes[i].text),
                                                 context_of(probes[i].language, NULL, NULL, NULL),
                                                 &arena, &reading),
                         VF_OK);
        expect_text(probes[i].text, organization(&reading), probes[i].want);
        assert_int_equal(reading.method == VF_METHOD_NONE,
                         reading.organization == VF_NO_ORGANIZATION);
    }
}

static void the_report_settles_acronyms_of_several_meanings(void **state)
{
    static const struct {
        const char *text, *told, *want;
    } probes[] = {
        {"APA", "15th plenary session", "apa"},
        {"APA", "APA news agency reports from the capital", "-"},
        {"CPA", "CPA: certified public accountant", "-"},
        {"CPA", "Commonwealth Parliamentary Association", "cpa"},
        {"IPA", "Instrument for Pre-Accession (IPA) funds", "-"},
        {"IPA", "Interparliamentary Assembly of the CIS", "ipa-cis"},
        {"IPA", "talks", "-"},
        {"ADB", "African Development Bank", "-"},
        {"ADB", "loans of the Asian Development Bank", "adb"},
        {"WHO", "WHO: World Health Organization", "who"},
        {"WHO", "WHO: wide horizon office", "-"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++) {
        struct vf_organization_reading reading;
        vf_arena_reset(&arena);
        assert_int_equal(vf_organization_of_text(reference, vf_slice_of(probes[i].text),
                                                 context_of("en", NULL, NULL, probes[i].told),
                                                 &arena, &reading),
                         VF_OK);
        expect_text(probes[i].told, organization(&reading), probes[i].want);
        if (reading.organization == VF_NO_ORGANIZATION)
            assert_true(reading.alternative_count > 0);
    }
}

static void methods_tell_how(void **state)
{
    static const struct {
        const char *text;
        int method;
    } probes[] = {
        {"Inter-Parliamentary Union", VF_METHOD_NAME},
        {"UIP", VF_METHOD_ACRONYM},
        {"Turkic Council", VF_METHOD_ALIAS},
        {"Union of the parliaments of BRICS", VF_METHOD_CONTEXT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++) {
        struct vf_organization_reading reading;
        assert_int_equal(vf_organization_of_text(reference, vf_slice_of(probes[i].text),
                                                 context_of("en", NULL, NULL, NULL), &arena,
                                                 &reading),
                         VF_OK);
        assert_int_equal(reading.method, probes[i].method);
    }
}

/* ---- any text ---- */

static size_t random_text(unsigned *seed, char *out, size_t max)
{
    static const char *const parts[] = {
        "Parliamentary Assembly",
        "of the",
        "OIC",
        "(",
        ")",
        "Congo",
        "Union",
        "Милли Меджлис",
        "议会",
        "국회",
        "برلمان",
        "l'",
        "'nin",
        "\xFF",
        "AIPA",
        "Malaysia",
        "São ",
        "-",
        ":",
        "\u0300",
        "\u200B",
        "İ",
        "ß",
        "\uFDFA",
        "\u1100\u1161",
        " ",
        "São",
    };
    size_t len = 0;
    while (rand_r(seed) % 12) {
        const char *part = parts[(size_t)rand_r(seed) % (sizeof parts / sizeof parts[0])];
        if (len + strlen(part) + 4 > max)
            break;
        if (rand_r(seed) % 4 == 0) {
            int32_t c = 0x20 + rand_r(seed) % 0x2FFFF;
            if (c < 0xD800 || c > 0xDFFF)
                len += (size_t)utf8proc_encode_char(c, (utf8proc_uint8_t *)out + len);
            continue;
        }
        memcpy(out + len, part, strlen(part));
        len += strlen(part);
        out[len++] = ' ';
    }
    return len;
}

static void any_text_gives_the_same_answer_twice(void **state)
{
    static const char *const languages[] = {"en", "ru", "az", "fr", "ar", "zh", "", "xx", "de-CH"};
    unsigned seed = 3;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        char bytes[300];
        struct vf_slice text = vf_slice(bytes, random_text(&seed, bytes, sizeof bytes));
        const struct vf_name_context *context =
            context_of(languages[(size_t)rand_r(&seed) % 9], "AZE", "oic", "CPA: Congo (OIC)");
        struct vf_organization_reading o[2] = {0};
        struct vf_country_match c[2] = {0};
        struct vf_city_match p[2] = {0};
        struct vf_country_mention m[4];
        for (int k = 0; k < 2; k++) {
            vf_arena_reset(&arena);
            assert_int_equal(vf_organization_of_text(reference, text, context, &arena, &o[k]), 0);
            assert_int_equal(vf_country_of_name(reference, text, context, &arena, &c[k]), 0);
            assert_int_equal(
                vf_city_of_name(reference, text, VF_NO_COUNTRY, context, &arena, &p[k]), 0);
            assert_true(vf_country_mentions(reference, text, context, &arena, m, 4) >= 0);
        }
        assert_int_equal(o[0].organization, o[1].organization);
        assert_int_equal(c[0].country, c[1].country);
        assert_int_equal(p[0].country, p[1].country);
    }
}

static void a_long_text_is_bounded(void **state)
{
    enum { LENGTH = 1 << 20 };
    char *text = malloc(LENGTH);
    struct vf_organization_reading reading;
    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < LENGTH; i++)
        text[i] = "parliamentary union of "[i % 23];
    vf_arena_reset(&arena);
    assert_int_equal(vf_organization_of_text(reference, vf_slice(text, LENGTH),
                                             context_of("en", NULL, NULL, NULL), &arena, &reading),
                     VF_OK);
    assert_true(vf_arena_used(&arena) < LENGTH);
    free(text);
}

static void a_full_arena_is_reported(void **state)
{
    const struct vf_name_context *context = context_of("en", NULL, NULL, NULL);
    struct vf_slice text = vf_slice_of("Parliamentary Union of the OIC (PUIC) in Congo");
    struct vf_organization_reading o;
    struct vf_country_match c;
    struct vf_city_match p;
    struct vf_country_mention m[2];
    (void)state;
    for (size_t limit = 0; limit < 512; limit += 32) {
        struct vf_arena small;
        vf_arena_init(&small, 16, limit);
        assert_int_equal(vf_organization_of_text(reference, text, context, &small, &o), VF_ENOMEM);
        assert_int_equal(vf_country_of_name(reference, text, context, &small, &c), VF_ENOMEM);
        assert_int_equal(vf_city_of_name(reference, text, VF_NO_COUNTRY, context, &small, &p),
                         VF_ENOMEM);
        assert_int_equal(vf_country_mentions(reference, text, context, &small, m, 2), VF_ENOMEM);
        vf_arena_release(&small);
    }
}

static void a_warm_arena_allocates_nothing(void **state)
{
    const struct vf_name_context *context = context_of("ru", NULL, NULL, NULL);
    struct vf_organization_reading reading;
    unsigned long before = 0;
    (void)state;
    for (int i = 0; i < 3; i++) {
        vf_arena_reset(&arena);
        if (i == 1)
            before = vf_memory_count();
        assert_int_equal(
            vf_organization_of_text(reference, vf_slice_of("Парламентская ассамблея Совета Европы"),
                                    context, &arena, &reading),
            VF_OK);
    }
    assert_int_equal(vf_memory_count(), before);
}

/* ---- explanations ---- */

static void explanations_name_rule_and_entry(void **state)
{
    struct vf_buffer out;
    (void)state;
    vf_buffer_init(&out, 64 * 1024);
    vf_arena_reset(&arena);
    assert_int_equal(vf_explain_name(reference, vf_slice_of("Speaker of the Milli Majlis, Congo"),
                                     context_of("en", NULL, NULL, NULL), &arena, &out),
                     VF_OK);
    vf_buffer_append_char(&out, '\0');
    assert_non_null(strstr(out.data, "folded: speaker of the milli majlis congo\n"));
    assert_non_null(strstr(out.data, "organization: none"));
    assert_non_null(strstr(out.data, "AZE by parliament \"Milli Majlis\""));
    assert_non_null(strstr(out.data, "COD by ambiguous \"Congo\""));
    vf_buffer_release(&out);

    vf_buffer_init(&out, 40);
    assert_int_equal(vf_explain_name(reference, vf_slice_of("Malaysia"),
                                     context_of("en", NULL, NULL, NULL), &arena, &out),
                     VF_ELIMIT);
    vf_buffer_release(&out);
}

static void explain(const char *country, const char *id, const char *date, struct vf_buffer *out)
{
    struct vf_partial_date d;
    assert_int_equal(vf_partial_date_parse(vf_slice_of(date), &d), VF_OK);
    vf_buffer_clear(out);
    assert_int_equal(vf_explain_standing(reference,
                                         vf_reference_find_iso3(reference, vf_slice_of(country)),
                                         vf_reference_find_organization(reference, vf_slice_of(id)),
                                         vf_partial_date_first(d), vf_partial_date_last(d), out),
                     VF_OK);
    vf_buffer_append_char(out, '\0');
}

static void standings_are_explained(void **state)
{
    struct vf_buffer out;
    (void)state;
    vf_buffer_init(&out, 64 * 1024);
    explain("AZE", "aipa", "2025-09-18", &out);
    assert_non_null(strstr(out.data, "Azerbaijan (AZE) in ASEAN Inter-Parliamentary Assembly "
                                     "(aipa) on 2025-09-18\nstatus: observer\ncertain: yes"));
    assert_non_null(strstr(out.data, "in force: observer, since 2022-11-23, still in force; "
                                     "source press, confidence high\n"));
    explain("QAT", "opec", "1961-01", &out);
    assert_non_null(strstr(out.data, "certain: no, it may have been member or none: a bound is "
                                     "not known to the day"));
    explain("GBR", "eu", "2020", &out);
    assert_non_null(strstr(out.data, "member or former: the status changes within these days"));
    assert_non_null(strstr(out.data, "intervals known: 2\n"));
    explain("COL", "aiib", "2020", &out);
    assert_non_null(strstr(out.data, "status: unknown\ncertain: no, the list is known to be "
                                     "partial"));
    explain("MYS", "eu", "2020", &out);
    assert_non_null(strstr(out.data, "status: none\ncertain: yes, the list is complete"));
    explain("IDN", "opec", "2017", &out);
    assert_non_null(strstr(out.data, "active: no (a suspended member does not count here)"));
    vf_buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(countries_are_known_by_all_their_names),
        cmocka_unit_test(a_context_settles_what_is_ambiguous),
        cmocka_unit_test(mentions_come_in_order),
        cmocka_unit_test(mentions_stop_at_max),
        cmocka_unit_test(cities_are_known_in_many_languages),
        cmocka_unit_test(a_country_chooses_among_cities),
        cmocka_unit_test(organizations_are_known_by_names_acronyms_and_phrases),
        cmocka_unit_test(the_report_settles_acronyms_of_several_meanings),
        cmocka_unit_test(methods_tell_how),
        cmocka_unit_test(any_text_gives_the_same_answer_twice),
        cmocka_unit_test(a_long_text_is_bounded),
        cmocka_unit_test(a_full_arena_is_reported),
        cmocka_unit_test(a_warm_arena_allocates_nothing),
        cmocka_unit_test(explanations_name_rule_and_entry),
        cmocka_unit_test(standings_are_explained),
    };
    return cmocka_run_group_tests_name("names", tests, open_all, close_all);
}
