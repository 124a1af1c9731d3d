/*
 * Look-ups through the memo. Only answers in which nothing but the text, its language and the
 * reference data had a part are kept.
 */
#include "normalize/work.h"

#include "base/error.h"
#include "normalize/date_items.h"

static struct vf_memo_key key_for(const struct vf_work *work, enum vf_memo_kind kind,
                                  struct vf_slice text)
{
    return (struct vf_memo_key){.text = text, .salt = work->language_salt, .kind = (uint8_t)kind};
}

/* The context, with a place to note that it was consulted. */
static struct vf_name_context watched(const struct vf_work *work, bool *consulted)
{
    struct vf_name_context context = work->context;

    *consulted = false;
    context.consulted = consulted;
    return context;
}

int vf_ask_person(struct vf_work *work, struct vf_slice text, struct vf_person_name *out)
{
    struct answer {
        struct vf_person_name person; /* its slices hold no pointers */
        uint16_t name_at, name_len, honorific_at, honorific_len;
    } answer;
    struct vf_memo_key key = key_for(work, VF_MEMO_PERSON, text);

    _Static_assert(sizeof answer <= VF_MEMO_ANSWER_MAX, "an answer fits");
    if (vf_memo_find(work->memo, &key, &answer, sizeof answer)) {
        *out = answer.person;
        out->name = vf_slice(text.ptr + answer.name_at, answer.name_len);
        out->honorific = answer.honorific_len
                             ? vf_slice(text.ptr + answer.honorific_at, answer.honorific_len)
                             : VF_SLICE_NULL;
        return VF_OK;
    }
    int rc = vf_person_read(text, work->language, work->arena, out);
    const char *end = text.ptr + text.len;
    if (rc || out->name.ptr < text.ptr || out->name.ptr > end)
        return rc; /* cleaned: the name is no part of the text */
    answer = (struct answer){.person = *out,
                             .name_at = (uint16_t)(out->name.ptr - text.ptr),
                             .name_len = (uint16_t)out->name.len};
    if (out->honorific.ptr) {
        answer.honorific_at = (uint16_t)(out->honorific.ptr - text.ptr);
        answer.honorific_len = (uint16_t)out->honorific.len;
    }
    vf_memo_keep(work->memo, &key, &answer, sizeof answer);
    return VF_OK;
}

int vf_ask_office(struct vf_work *work, struct vf_slice text, struct vf_office_reading *out)
{
    struct answer {
        uint8_t count, main;
        struct {
            uint16_t at, len;
            uint8_t office;
            bool former, counterpart, of_body, of_parliament, of_upper_chamber;
        } parts[VF_OFFICE_PARTS_MAX];
    } answer = {0};
    struct vf_memo_key key = key_for(work, VF_MEMO_OFFICE, text);

    _Static_assert(sizeof answer <= VF_MEMO_ANSWER_MAX, "an answer fits");
    if (vf_memo_find(work->memo, &key, &answer, sizeof answer)) {
        out->count = answer.count;
        out->main = answer.main;
        for (size_t i = 0; i < answer.count; i++)
            out->parts[i] = (struct vf_office_part){
                .text = vf_slice(text.ptr + answer.parts[i].at, answer.parts[i].len),
                .office = answer.parts[i].office,
                .former = answer.parts[i].former,
                .counterpart = answer.parts[i].counterpart,
                .of_body = answer.parts[i].of_body,
                .of_parliament = answer.parts[i].of_parliament,
                .of_upper_chamber = answer.parts[i].of_upper_chamber};
        return VF_OK;
    }
    int rc = vf_office_read(text, work->language, work->arena, out);
    if (rc)
        return rc;
    answer.count = (uint8_t)out->count;
    answer.main = (uint8_t)out->main;
    for (size_t i = 0; i < out->count; i++) {
        const struct vf_office_part *part = &out->parts[i];
        answer.parts[i].at = (uint16_t)(part->text.ptr - text.ptr);
        answer.parts[i].len = (uint16_t)part->text.len;
        answer.parts[i].office = (uint8_t)part->office;
        answer.parts[i].former = part->former;
        answer.parts[i].counterpart = part->counterpart;
        answer.parts[i].of_body = part->of_body;
        answer.parts[i].of_parliament = part->of_parliament;
        answer.parts[i].of_upper_chamber = part->of_upper_chamber;
    }
    vf_memo_keep(work->memo, &key, &answer, sizeof answer);
    return VF_OK;
}

int vf_ask_country(struct vf_work *work, struct vf_slice text, struct vf_country_match *out)
{
    struct vf_memo_key key = key_for(work, VF_MEMO_COUNTRY, text);
    bool consulted;

    if (vf_memo_find(work->memo, &key, out, sizeof *out))
        return VF_OK;
    struct vf_name_context context = watched(work, &consulted);
    int rc = vf_country_of_name(work->reference, text, &context, work->arena, out);
    if (!rc && !consulted)
        vf_memo_keep(work->memo, &key, out, sizeof *out);
    return rc;
}

int vf_ask_mentions(struct vf_work *work, struct vf_slice text,
                    struct vf_country_mention out[VF_MENTIONS_MAX])
{
    struct answer {
        int count;
        struct {
            struct vf_country_match match;
            uint16_t begin, end;
        } mentions[VF_MENTIONS_MAX];
    } answer = {0};
    struct vf_memo_key key = key_for(work, VF_MEMO_MENTIONS, text);
    bool consulted;

    _Static_assert(sizeof answer <= VF_MEMO_ANSWER_MAX, "an answer fits");
    if (vf_memo_find(work->memo, &key, &answer, sizeof answer)) {
        for (int i = 0; i < answer.count; i++)
            out[i] = (struct vf_country_mention){.match = answer.mentions[i].match,
                                                 .begin = answer.mentions[i].begin,
                                                 .end = answer.mentions[i].end};
        return answer.count;
    }
    struct vf_name_context context = watched(work, &consulted);
    int n = vf_country_mentions(work->reference, text, &context, work->arena, out, VF_MENTIONS_MAX);
    if (n < 0 || consulted)
        return n;
    answer.count = n;
    for (int i = 0; i < n; i++) {
        answer.mentions[i].match = out[i].match;
        answer.mentions[i].begin = (uint16_t)out[i].begin; /* of a text that fits the memo */
        answer.mentions[i].end = (uint16_t)out[i].end;
    }
    vf_memo_keep(work->memo, &key, &answer, sizeof answer);
    return n;
}

int vf_ask_city(struct vf_work *work, struct vf_slice text, vf_country_index country,
                struct vf_city_match *out)
{
    struct vf_memo_key key = key_for(work, VF_MEMO_CITY, text);
    bool consulted;

    key.salt ^= (uint64_t)(country + 1) << 48;
    if (vf_memo_find(work->memo, &key, out, sizeof *out))
        return VF_OK;
    struct vf_name_context context = watched(work, &consulted);
    int rc = vf_city_of_name(work->reference, text, country, &context, work->arena, out);
    if (!rc && !consulted) /* its name lives as long as the reference data */
        vf_memo_keep(work->memo, &key, out, sizeof *out);
    return rc;
}

int vf_ask_organization(struct vf_work *work, struct vf_slice text,
                        struct vf_organization_reading *out)
{
    struct vf_memo *memo = work->acronyms_told ? NULL : work->memo;
    struct vf_memo_key key = key_for(work, VF_MEMO_ORGANIZATION, text);
    bool consulted;

    if (vf_memo_find(memo, &key, out, sizeof *out))
        return VF_OK;
    struct vf_name_context context = watched(work, &consulted);
    int rc = vf_organization_of_text(work->reference, text, &context, work->arena, out);
    if (!rc && !consulted)
        vf_memo_keep(memo, &key, out, sizeof *out);
    return rc;
}

int vf_ask_occasion(struct vf_work *work, struct vf_slice text, struct vf_occasion_reading *out)
{
    struct answer {
        struct vf_occasion_reading reading; /* its text holds no pointer */
        uint16_t at, len;
    } answer;
    struct vf_memo_key key = key_for(work, VF_MEMO_OCCASION, text);

    if (vf_memo_find(work->memo, &key, &answer, sizeof answer)) {
        *out = answer.reading;
        out->text = vf_slice(text.ptr + answer.at, answer.len);
        return VF_OK;
    }
    int rc = vf_occasion_read(text, work->language, work->arena, out);
    if (rc || !out->text.ptr)
        return rc;
    answer.reading = *out;
    answer.at = (uint16_t)(out->text.ptr - text.ptr);
    answer.len = (uint16_t)out->text.len;
    vf_memo_keep(work->memo, &key, &answer, sizeof answer);
    return VF_OK;
}
