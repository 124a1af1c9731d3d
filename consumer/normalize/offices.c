/*
 * Offices: the words of each part of a text as a set, from which the class follows. Parts are
 * what commas, semicolons, "and" before another title, and "former" set apart.
 */
#include "normalize/offices.h"

#include "base/error.h"
#include "normalize/tokens.h"

typedef uint32_t terms; /* bit k: a word of kind k was seen */
#define TERM(name) (UINT32_C(1) << VF_TERM_##name)

static const terms titles = TERM(SPEAKER) | TERM(CHAIR) | TERM(PRESIDENT) | TERM(HEAD) |
                            TERM(DEPUTY_SPEAKER) | TERM(DEPUTY_CHAIR) | TERM(UPPER_SPEAKER) |
                            TERM(MP) | TERM(SECRETARY_GENERAL) | TERM(SECRETARY) |
                            TERM(PRIME_MINISTER) | TERM(MINISTER) | TERM(HEAD_OF_STATE) |
                            TERM(MONARCH) | TERM(AMBASSADOR) | TERM(COUNTERPART) | TERM(OFFICIAL) |
                            TERM(COMMISSIONER) | TERM(MEMBER) | TERM(ADVISER);

/* What words that say several things at once stand for. */
static terms with_implied(terms seen)
{
    if (seen & TERM(UPPER_SPEAKER))
        seen |= TERM(UPPER) | TERM(SPEAKER);
    if (seen & TERM(UPPER))
        seen |= TERM(PARLIAMENT);
    if (seen & TERM(DEPUTY_CHAIR))
        seen |= TERM(DEPUTY) | TERM(PRESIDENT);
    return seen;
}

static bool has(terms seen, terms any)
{
    return (seen & any) != 0;
}

/* A deputy of somebody holds a lesser office; a deputy of nobody sits in a parliament. */
static int32_t lessened(terms seen)
{
    if (has(seen, TERM(PRIME_MINISTER) | TERM(MINISTER)))
        return VF_OFFICE_MINISTER;
    if (has(seen, TERM(AMBASSADOR)))
        return VF_OFFICE_AMBASSADOR;
    if (has(seen, TERM(COMMITTEE)))
        return VF_OFFICE_MEMBER_OF_PARLIAMENT;
    if (has(seen, TERM(SPEAKER)))
        return VF_OFFICE_DEPUTY_SPEAKER;
    if (has(seen, TERM(CHAIR) | TERM(PRESIDENT)) && has(seen, TERM(PARLIAMENT)))
        return VF_OFFICE_DEPUTY_SPEAKER;
    if (has(seen, TERM(CHAIR) | TERM(PRESIDENT) | TERM(HEAD) | TERM(SECRETARY_GENERAL) |
                      TERM(HEAD_OF_STATE) | TERM(OFFICIAL) | TERM(SECRETARY)))
        return VF_OFFICE_OFFICIAL;
    return VF_OFFICE_MEMBER_OF_PARLIAMENT;
}

static int32_t leader(terms seen)
{
    if (has(seen, TERM(COMMITTEE)) && !has(seen, TERM(SPEAKER)))
        return VF_OFFICE_COMMITTEE_CHAIR;
    if (has(seen, TERM(SPEAKER)))
        return VF_OFFICE_SPEAKER;
    if (has(seen, TERM(DELEGATION)))
        return VF_OFFICE_MEMBER_OF_PARLIAMENT;
    if (has(seen, TERM(STAFF)) && !has(seen, TERM(PRESIDENT)))
        return VF_OFFICE_OFFICIAL;
    if (has(seen, TERM(PARLIAMENT)))
        return VF_OFFICE_SPEAKER;
    if (has(seen, TERM(HEAD_OF_STATE) | TERM(PRESIDENT)))
        return VF_OFFICE_HEAD_OF_STATE;
    return VF_OFFICE_OFFICIAL;
}

static int32_t class_of(terms seen)
{
    if (has(seen, TERM(ADVISER)))
        return VF_OFFICE_OFFICIAL;
    if (has(seen, TERM(DEPUTY_SPEAKER)))
        return VF_OFFICE_DEPUTY_SPEAKER;
    if (has(seen, TERM(DEPUTY)))
        return lessened(seen);
    if (has(seen, TERM(PRIME_MINISTER)))
        return VF_OFFICE_HEAD_OF_GOVERNMENT;
    if (has(seen, TERM(MONARCH)))
        return VF_OFFICE_MONARCH;
    if (has(seen, TERM(AMBASSADOR)))
        return VF_OFFICE_AMBASSADOR;
    if (has(seen, TERM(SECRETARY_GENERAL)))
        return VF_OFFICE_SECRETARY_GENERAL;
    if (has(seen, TERM(HEAD_OF_STATE)) && !has(seen, TERM(PARLIAMENT)))
        return VF_OFFICE_HEAD_OF_STATE;
    if (has(seen, TERM(MINISTER)))
        return VF_OFFICE_MINISTER;
    if (has(seen, TERM(SPEAKER) | TERM(CHAIR) | TERM(PRESIDENT) | TERM(HEAD) | TERM(HEAD_OF_STATE)))
        return leader(seen);
    if (has(seen, TERM(MP)) || (has(seen, TERM(MEMBER)) && has(seen, TERM(PARLIAMENT))))
        return VF_OFFICE_MEMBER_OF_PARLIAMENT;
    if (has(seen, TERM(SECRETARY) | TERM(OFFICIAL) | TERM(COMMISSIONER) | TERM(STAFF)))
        return VF_OFFICE_OFFICIAL;
    if (has(seen, TERM(DELEGATION) | TERM(COMMITTEE)) && has(seen, TERM(MEMBER)))
        return VF_OFFICE_MEMBER_OF_PARLIAMENT;
    return VF_OFFICE_UNKNOWN;
}

struct parser {
    const struct vf_tokens *tokens;
    struct vf_slice folded;
    vf_language language;
    struct vf_office_reading *out;
    terms seen;
    size_t begin; /* of the part */
};

/* The words of the part as printed. */
static struct vf_slice as_printed(const struct parser *p, size_t begin, size_t end)
{
    const struct vf_tokens *tokens = p->tokens;
    size_t from = tokens->text.len;
    size_t to = 0;

    for (size_t i = 0; i < tokens->count; i++) {
        const struct vf_token *t = &tokens->at[i];
        if (t->folded_end <= begin || t->folded_begin >= end)
            continue;
        from = t->begin < from ? t->begin : from;
        to = t->end;
    }
    return from < to ? vf_slice(tokens->text.ptr + from, to - from) : tokens->text;
}

static void end_part(struct parser *p, size_t end)
{
    struct vf_office_reading *out = p->out;

    while (end > p->begin && (p->folded.ptr[end - 1] == ' ' || p->folded.ptr[end - 1] == '\n'))
        end--;
    if (end > p->begin && out->count < VF_OFFICE_PARTS_MAX) {
        terms seen = with_implied(p->seen);
        out->parts[out->count++] = (struct vf_office_part){
            .text = as_printed(p, p->begin, end),
            .office = class_of(seen),
            .former = has(seen, TERM(FORMER)),
            .counterpart = has(seen, TERM(COUNTERPART)),
            .of_body = has(seen, TERM(CHAIR) | TERM(PRESIDENT) | TERM(HEAD) | TERM(MEMBER) |
                                     TERM(SECRETARY_GENERAL) | TERM(SECRETARY) | TERM(SPEAKER) |
                                     TERM(COMMISSIONER) | TERM(OFFICIAL) | TERM(DELEGATE)),
            .of_upper_chamber = has(seen, TERM(UPPER)),
            .of_parliament = has(seen, TERM(PARLIAMENT) | TERM(SPEAKER) | TERM(MP)),
        };
    }
    p->seen = 0;
}

static bool find(const struct parser *p, size_t at, struct vf_lexicon_hit *hit)
{
    const char *from = p->folded.ptr + at;
    const char *stop = memchr(from, '\n', p->folded.len - at);
    size_t len = stop ? (size_t)(stop - from) : p->folded.len - at;

    return vf_lexicon_find(&vf_lexicon_offices, vf_slice(from, len), p->language, hit);
}

/* Past one word, or one character of a script without spaces. */
static size_t skip(const struct parser *p, size_t at)
{
    unsigned char lead = (unsigned char)p->folded.ptr[at];

    if (lead >= 0xE3 && lead <= 0xED)
        return at + 3 < p->folded.len ? at + 3 : p->folded.len;
    while (at < p->folded.len && p->folded.ptr[at] != ' ' && p->folded.ptr[at] != '\n')
        at++;
    return at;
}

/* Whether another office begins behind an "and" at at. */
static bool title_follows(const struct parser *p, size_t at)
{
    struct vf_lexicon_hit hit;

    while (at < p->folded.len && p->folded.ptr[at] == ' ')
        at++;
    return at < p->folded.len && find(p, at, &hit) &&
           has(titles | TERM(FORMER) | TERM(DEPUTY), UINT32_C(1) << hit.entry->kind);
}

/* "Inter-Parliamentary Union (IPU) President": what a bracket or quote stands before, at at, is
 * still the same office, as none was told before it. */
static bool goes_on(const struct parser *p, size_t at)
{
    const struct vf_tokens *tokens = p->tokens;
    size_t i = 0;

    while (i < tokens->count && tokens->at[i].folded_begin < at)
        i++;
    return !has(p->seen, titles) && i < tokens->count && tokens->at[i].gap == VF_GAP_BRACKET;
}

static void parse(struct parser *p)
{
    for (size_t at = 0; at < p->folded.len;) {
        struct vf_lexicon_hit hit;
        char c = p->folded.ptr[at];
        if (c == '\n') {
            if (!goes_on(p, at + 1)) {
                end_part(p, at);
                p->begin = at + 1;
            }
            at++;
        } else if (c == ' ') {
            at++;
        } else if (!find(p, at, &hit)) {
            at = skip(p, at);
        } else {
            uint8_t kind = hit.entry->kind;
            bool split = kind == VF_TERM_FORMER ? has(p->seen, titles)
                                                : kind == VF_TERM_AND && has(p->seen, titles) &&
                                                      title_follows(p, at + hit.length);
            if (split) {
                end_part(p, at);
                p->begin = at;
            }
            p->seen |= UINT32_C(1) << kind;
            at += hit.length;
        }
    }
    end_part(p, p->folded.len);
}

/* An office held now before a former one, a telling one before an official's. */
static int rank(const struct vf_office_part *part)
{
    if (part->office == VF_OFFICE_UNKNOWN)
        return part->counterpart && !part->former;
    return 2 + (part->office != VF_OFFICE_OFFICIAL) + 4 * !part->former;
}

int vf_office_read(struct vf_slice text, vf_language language, struct vf_arena *arena,
                   struct vf_office_reading *out)
{
    struct vf_tokens tokens;

    out->count = out->main = 0;
    if (!text.len)
        return VF_OK;
    int rc = vf_tokens_read_elided(text, arena, &tokens);
    if (rc)
        return rc;
    struct parser parser = {
        .tokens = &tokens, .folded = tokens.folded, .language = language, .out = out};
    parse(&parser);
    for (size_t i = 1; i < out->count; i++)
        if (rank(&out->parts[i]) > rank(&out->parts[out->main]))
            out->main = i;
    return VF_OK;
}
