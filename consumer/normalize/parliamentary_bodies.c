/*
 * Parliamentary bodies told by their parent's name: "Parliamentary Assembly of the OIC",
 * "Parliament of ECOWAS", "Inter-Parliamentary Union of IGAD Member States". The parent's own body
 * is meant; where it has none that is known here, nothing is, for the parent is another body.
 */
#include "normalize/organization_query.h"

/* Word beginnings, folded. */
static const char *const PARLIAMENT_WORDS[] = {
    "parliament", "parliment", "parlim",     "parlement", "parlament", "parlemen",     "interparl",
    "парламент",  "межпарлам", "міжпарлам",  "برلمان",    "البرلمان",  "پارلمان",      "مجالس",
    "المجالس",    "mabunge",   "bunge",      "κοινοβουλ", "διακοινοβ", "議會",         "议会",
    "議会",       "議員",      "议员",       "의회",      "의원",      "국회",         "nghi vien",
    "legislat",   "parlman",   "խորհրդարան", "միջխորհրդ", "პარლამენტ", "საპარლამენტო", "संसदीय",
    "รัฐสภา",      NULL};
static const char *const BODY_WORDS[] = {
    "assembl",  "asambl",    "assamble",  "asamble",  "ассамбле", "асамбле",  "скупштин",
    "skupstin", "skupscin",  "собрани",   "събрани",  "zgromadz", "shromazd", "zhromazd",
    "kozgyul",  "συνελευσ",  "adunare",   "vergader", "forsaml",  "versamml", "kuvend",
    "union",    "uniao",     "unija",     "unie",     "uniune",   "союз",     "съюз",
    "ενωσ",     "network",   "reseau",    "rede ",    "red ",     "сеть",     "сети",
    "мереж",    "mreza",     "mreze",     "ittifaq",  "ittifoq",  "birlig",   "birliy",
    "birlik",   "одақ",      "səbəkə",    "sebeke",   "aginin",   "اتحاد",    "الاتحاد",
    "اتحاديه",  "جمعيه",     "الجمعيه",   "شبكه",     "مجمع",     "majelis",  "uni ",
    "kesatuan", "perhimpun", "lien minh", "hoi dong", "umoja",    "jukwaa",   "联盟",
    "聯盟",     "大会",      "大會",      "会議",     "연맹",     "총회",     "վեհաժողով",
    "ასამბლეა", "सभा",       NULL};
static const char *const CONFERENCE_WORDS[] = {
    "conferen", "confer",   "konfer",  "konfran", "конфер", "موتمر", "الموتمر",
    "كنفرانس",  "hoi nghi", "mkutano", "会议",    "회의",   NULL};
static const char *const MEMBER_WORDS[] = {
    "member", "membr", "membre", "miembr",    "mitglied", "член",   "участн", "учасн",
    "държав", "uzv",   "uye",    "anggota",   "ahli",     "الاعضا", "اعضا",   "عضو",
    "clanic", "czlon", "clensk", "thanh vie", "成员",     "成員",   "회원",   NULL};
static const char *const SPEAKER_WORDS[] = {
    "speaker", "spiker",   "presid", "prasid", "prezid", "chair", "спикер", "спікер",
    "председ", "голов",    "sədr",   "baskan", "ketua",  "روسا",  "prezes", "predsed",
    "predsj",  "chu tich", "议长",   "議長",   "의장",   NULL};

/* What may follow "parliament" in the same word where it is a noun: "of ECOWAS", not "-ary". */
static const char *const NOUN_ENDINGS[] = {
    "",    "s",   "o", "i", "u", "a",  "e", "om", "ul",   "ului", "in", "inin", "inda",
    "ini", "ine", "а", "у", "е", "ом", "и", "і",  "инин", "інің", "το", NULL};
static const char *const NOUNS[] = {"parliament", "parlement", "parlament", "parlemen",
                                    "parlimen",   "парламент", "برلمان",    "البرلمان",
                                    "پارلمان",    "bunge",     NULL};

static struct vf_slice word_of(const struct vf_name_text *text, size_t word)
{
    const struct vf_word *w = &text->folded.words[word];
    return vf_slice(text->folded.text.ptr + w->begin, w->end - w->begin);
}

static bool begins_with_any(const struct vf_name_text *text, size_t word,
                            const char *const *beginnings)
{
    const struct vf_word *w = &text->folded.words[word];
    struct vf_slice rest =
        vf_slice(text->folded.text.ptr + w->begin, text->folded.text.len - w->begin);

    for (; *beginnings; beginnings++)
        if (rest.ptr[0] == (*beginnings)[0] && vf_slice_starts(rest, vf_slice_of(*beginnings)))
            return true;
    return false;
}

static bool is_parliament_noun(const struct vf_name_text *text, size_t word)
{
    struct vf_slice all = word_of(text, word);

    if (text->folded.words[word].in_brackets)
        return false;
    for (const char *const *noun = NOUNS; *noun; noun++) {
        struct vf_slice beginning = vf_slice_of(*noun);
        if (!vf_slice_starts(all, beginning))
            continue;
        struct vf_slice rest = vf_slice(all.ptr + beginning.len, all.len - beginning.len);
        for (const char *const *ending = NOUN_ENDINGS; *ending; ending++)
            if (vf_slice_is(rest, *ending))
                return true;
    }
    return false;
}

/* "of the", "de la": words without a stem in the report's language or in English. */
static bool is_silent(struct vf_name_text *text, size_t word)
{
    vf_name_stem(text);
    for (size_t i = 0; i < text->stem_count; i++)
        if (text->stems[i].begin[word] == text->stems[i].end[word])
            return true;
    return false;
}

/* "Parliament of the X", "X Parliament": the noun beside the hit. */
static bool is_called_parliament(struct vf_name_text *text, const struct vf_name_hit *hit)
{
    size_t before = hit->first;

    if (hit->last + 1 < text->folded.count && is_parliament_noun(text, hit->last + 1))
        return true;
    while (before > 0 && is_silent(text, before - 1))
        before--;
    return before > 0 && is_parliament_noun(text, before - 1);
}

/* "ECO PA", "ПА ЧЭС", "AP-OTAN": nothing but the acronym and the letters of its assembly. */
static bool is_called_pa(const struct vf_name_text *text, const struct vf_name_hit *hit)
{
    static const char *const letters[] = {"pa", "ap", "па"};
    size_t other = hit->first == 0 ? text->folded.count - 1 : 0;

    if (hit->last - hit->first + 2 != text->folded.count)
        return false;
    const struct vf_word *w = &text->folded.words[other];
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if (vf_slice_is(word_of(text, other), letters[i]) && w->capitals == w->letters)
            return true;
    return false;
}

/* The words beside the hit say that a parliamentary body is meant: a word for parliament and one
 * for such a body, or a conference of the members' parliaments that is not one of speakers. */
static bool words_tell(const struct vf_name_text *text, const struct vf_name_hit *hit)
{
    size_t parliament = text->folded.count;
    bool body = false;
    bool conference = false;
    bool members = false;
    bool speakers = false;

    for (size_t i = 0; i < text->folded.count; i++) {
        if ((i >= hit->first && i <= hit->last) || text->folded.words[i].in_brackets)
            continue;
        if (parliament == text->folded.count && begins_with_any(text, i, PARLIAMENT_WORDS))
            parliament = i;
        else if (begins_with_any(text, i, BODY_WORDS))
            body = true;
        conference |= begins_with_any(text, i, CONFERENCE_WORDS);
        members |= begins_with_any(text, i, MEMBER_WORDS);
        speakers |= begins_with_any(text, i, SPEAKER_WORDS);
    }
    return parliament < text->folded.count && (body || (conference && members && !speakers));
}

static bool is_parliamentary(const struct vf_organization_query *query,
                             vf_organization_index organization)
{
    struct vf_slice kind = vf_reference_organization(query->reference, organization)->kind;
    return vf_slice_is(kind, "parliamentary_assembly_of") ||
           vf_slice_is(kind, "interparliamentary");
}

/* The parliamentary body of a parent; none where none is known here. */
static void take_parliament_of(const struct vf_organization_query *query,
                               vf_organization_index parent, struct vf_organization_reading *out)
{
    vf_organization_add_alternative(out, out->organization);
    out->organization = vf_reference_parliament_of(query->reference, parent);
    out->method = out->organization == VF_NO_ORGANIZATION ? VF_METHOD_NONE : VF_METHOD_CONTEXT;
}

/* The parent that a union of parliaments is said to be of, in words first..last. */
static vf_organization_index other_in(const struct vf_organization_query *query,
                                      struct vf_name_text *text, size_t first, size_t last,
                                      vf_organization_index known)
{
    struct vf_organization_reading other;
    struct vf_name_hit hit;

    for (size_t i = first; i <= last && i < text->folded.count; i++) {
        if (text->folded.words[i].in_brackets ||
            !vf_name_longest(query->index, text, i, last, vf_organization_filter, query, &hit))
            continue;
        vf_organization_settle_key(query, text, &hit, &other);
        if (other.organization != VF_NO_ORGANIZATION && other.organization != known)
            return other.organization;
    }
    return VF_NO_ORGANIZATION;
}

/* "Inter-Parliamentary Union of X Member States", "X Inter-Parliamentary Union": not the union
 * of that name. */
static bool is_union_of_another(const struct vf_organization_query *query,
                                struct vf_name_text *text, const struct vf_name_hit *hit,
                                struct vf_organization_reading *out)
{
    vf_organization_index parent = VF_NO_ORGANIZATION;

    if ((out->method != VF_METHOD_NAME && out->method != VF_METHOD_ALIAS) ||
        !vf_slice_is(vf_reference_organization(query->reference, out->organization)->id, "ipu"))
        return false;
    if (hit->last + 1 < text->folded.count)
        parent = other_in(query, text, hit->last + 1, text->folded.count - 1, out->organization);
    if (parent == VF_NO_ORGANIZATION && hit->first > 0)
        parent = other_in(query, text, hit->first - 1, hit->first - 1, out->organization);
    if (parent == VF_NO_ORGANIZATION)
        return false;
    take_parliament_of(query, parent, out);
    return true;
}

void vf_organization_prefer_parliament(const struct vf_organization_query *query,
                                       struct vf_name_text *text, const struct vf_name_hit *hit,
                                       struct vf_organization_reading *out)
{
    if (out->organization == VF_NO_ORGANIZATION || hit->last - hit->first + 1 == text->folded.count)
        return;
    if (is_union_of_another(query, text, hit, out) || is_parliamentary(query, out->organization))
        return;
    if (words_tell(text, hit) || is_called_pa(text, hit) || is_called_parliament(text, hit))
        take_parliament_of(query, out->organization, out);
}
