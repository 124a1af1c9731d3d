/* Cities in text. A city's own name goes before other cities' alternate names; of several, the
 * capital or the by far largest is meant, or one in a country that takes part, or nobody knows. */
#include "normalize/name_match.h"

#include "base/error.h"

enum {
    CLEARLY_LARGER = 8, /* times the inhabitants of the next of that name */
    DWARFS = 20,        /* times the inhabitants: meant even by an alternate name */
    VILLAGE = 10000,    /* inhabitants */
    LARGE = 100000,
    KNOWN_TO_ALL = 300000, /* inhabitants; smaller ones are not looked for in running text */
    RUNNING_LETTERS_MIN = 4,
};

struct place_filter {
    const struct vf_reference *reference;
    vf_country_index country; /* VF_NO_COUNTRY: any */
    bool running;
};

static bool city_filter(const struct vf_name_text *text, const struct vf_name_hit *hit,
                        const struct vf_name_entry *entry, const void *data)
{
    const struct place_filter *filter = data;
    const struct vf_city *city = vf_reference_city(filter->reference, entry->target);

    if (hit->form == VF_FORM_NUMBERED)
        return false;
    if (filter->country != VF_NO_COUNTRY && city->country != filter->country)
        return false;
    if (!filter->running)
        return true;
    bool known =
        city->capital || (city->population >= KNOWN_TO_ALL && entry->kind == VF_NAME_OFFICIAL);
    size_t letters = vf_name_letters(vf_slice(entry->key, entry->key_len));
    return known && vf_name_capitalized(text, hit->first) &&
           (letters >= RUNNING_LETTERS_MIN ||
            text->folded.words[hit->first].script > VF_SCRIPT_GREEK);
}

/* Bytes of a "saint" of some language that begins the folded name; 0: none. */
static size_t saint_length(struct vf_slice folded)
{
    static const char *const saints[] = {"st ", "saint ", "sankt ", "sint "};

    for (size_t i = 0; i < sizeof saints / sizeof saints[0]; i++)
        if (vf_slice_starts(folded, vf_slice_of(saints[i])))
            return strlen(saints[i]);
    return 0;
}

/* Whether the entry is the city's own name: "St. Petersburg" is Saint Petersburg's. */
static bool is_own_name(const struct vf_name_entry *entry, const struct vf_city *city,
                        struct vf_arena *arena)
{
    struct vf_slice key = vf_slice(entry->key, entry->key_len);
    struct vf_slice name;
    size_t saint = saint_length(key);

    if (entry->kind == VF_NAME_OFFICIAL)
        return true;
    if (!saint || vf_fold(city->name, arena, &name))
        return false;
    size_t own = saint_length(name);
    return own && vf_slice_equal(vf_slice(key.ptr + saint, key.len - saint),
                                 vf_slice(name.ptr + own, name.len - own));
}

/* A city that the text may mean. */
struct candidate {
    const struct vf_city *city; /* NULL: none */
    bool own;                   /* by its own name */
};

static int32_t inhabitants(const struct candidate *c)
{
    return c->city->population > 0 ? c->city->population : 1;
}

static bool dwarfs(const struct candidate *a, const struct candidate *b)
{
    return inhabitants(a) / DWARFS >= inhabitants(b);
}

/* A capital called so itself, and no village. */
static bool is_settled(const struct candidate *c)
{
    return c->own && c->city->capital && c->city->population >= VILLAGE;
}

/* Whether a is more likely meant than b. Own names go first, then capitals, then size; but what
 * dwarfs the other goes first even by an alternate name, if that is no capital. */
static bool goes_before(const struct candidate *a, const struct candidate *b)
{
    if (dwarfs(a, b) && !is_settled(b))
        return true;
    if (dwarfs(b, a) && !is_settled(a))
        return false;
    if (a->own != b->own)
        return a->own;
    if (a->city->capital != b->city->capital)
        return a->city->capital;
    return inhabitants(a) > inhabitants(b);
}

/* Whether nobody would think of b where a can be meant. */
static bool is_beyond_doubt(const struct candidate *a, const struct candidate *b)
{
    if (a->own != b->own || a->city->capital != b->city->capital || dwarfs(a, b))
        return goes_before(a, b);
    return !a->city->capital && inhabitants(a) / CLEARLY_LARGER >= inhabitants(b);
}

enum nearness { ANYWHERE, IN_CONTEXT, WITH_HOSTS };

static enum nearness nearness_of(const struct vf_city *city, const struct vf_name_context *context)
{
    for (size_t i = 0; i < context->country_count; i++)
        if (context->countries[i] == city->country)
            return i < context->host_count ? WITH_HOSTS : IN_CONTEXT;
    return ANYWHERE;
}

struct ranking {
    struct candidate best;
    struct candidate rival; /* the best of another country */
};

static void rank(struct ranking *r, struct candidate c)
{
    if (!r->best.city || goes_before(&c, &r->best)) {
        if (r->best.city && r->best.city->country != c.city->country)
            r->rival = r->best;
        r->best = c;
    } else if (c.city->country != r->best.city->country &&
               (!r->rival.city || goes_before(&c, &r->rival))) {
        r->rival = c;
    }
}

static bool is_clear(const struct ranking *r)
{
    return !r->rival.city || is_beyond_doubt(&r->best, &r->rival);
}

/* Whether a city of a country that takes part is meant, rather than the one that the world would
 * think of: a capital yields to a large city where hosts live, and to nothing else. */
static bool is_nearer(const struct candidate *near, const struct ranking *all,
                      enum nearness nearness)
{
    const struct candidate *best = &all->best;

    if (!near->city)
        return false;
    if (!is_clear(all))
        return true;
    if (near->city->country == best->city->country)
        return false; /* known without the context */
    if (dwarfs(best, near) && !near->city->capital)
        return false;
    if (best->own && best->city->capital)
        return near->own && nearness == WITH_HOSTS && near->city->population >= LARGE;
    return near->own || !best->own || dwarfs(near, best) || nearness == WITH_HOSTS ||
           near->city->population >= KNOWN_TO_ALL;
}

/* Whether a context could make another country's city the one that is meant. */
static bool is_contested(struct vf_name_text *text, const struct vf_name_hit *hit,
                         const struct place_filter *filter, const struct ranking *all)
{
    const struct vf_name_entry *e = all->rival.city ? hit->entry : NULL;

    while (e && (e = vf_name_next(text, hit, e, city_filter, filter)) != NULL) {
        const struct candidate c = {.city = vf_reference_city(filter->reference, e->target)};
        if (c.city->country != all->best.city->country &&
            (c.city->capital || !dwarfs(&all->best, &c)))
            return true;
        e = e->next;
    }
    return !is_clear(all);
}

static void choose(struct vf_name_text *text, const struct vf_name_hit *hit,
                   const struct place_filter *filter, const struct vf_name_context *context,
                   struct vf_city_match *out)
{
    struct ranking by[WITH_HOSTS + 1] = {0}; /* those at least so near */
    const struct vf_name_entry *e = hit->entry;

    while ((e = vf_name_next(text, hit, e, city_filter, filter)) != NULL) {
        const struct vf_city *city = vf_reference_city(filter->reference, e->target);
        struct candidate c = {city, is_own_name(e, city, text->arena)};
        for (size_t k = 0; k <= nearness_of(city, context); k++)
            rank(&by[k], c);
        e = e->next;
    }
    const struct ranking *r = &by[ANYWHERE];
    if (!r->best.city)
        return;
    if (is_contested(text, hit, filter, r))
        vf_name_consult(context);
    for (size_t k = WITH_HOSTS; k > ANYWHERE; k--) {
        if (!is_nearer(&by[k].best, &by[ANYWHERE], k))
            continue;
        r = &by[k];
        break;
    }
    out->name = r->best.city->name;
    out->ambiguous = !is_clear(r);
    out->country = out->ambiguous ? VF_NO_COUNTRY : r->best.city->country;
}

static bool find_whole(const struct vf_name_index *index, struct vf_name_text *text, size_t first,
                       size_t last, const struct place_filter *filter,
                       const struct vf_name_context *context, struct vf_city_match *out)
{
    struct vf_name_hit hit;

    if (!vf_name_whole(index, text, first, last, city_filter, filter, &hit))
        return false;
    choose(text, &hit, filter, context, out);
    return true;
}

/* "Parliament House in Accra", "Parliament, Colombo": a well-known city inside; the last one, as
 * addresses go from small to large. */
static void find_inside(const struct vf_name_index *index, struct vf_name_text *text,
                        struct place_filter filter, const struct vf_name_context *context,
                        struct vf_city_match *out)
{
    filter.running = true;
    for (size_t i = 0; i < text->folded.count; i++) {
        struct vf_name_hit hit;
        if (!vf_name_longest(index, text, i, text->folded.count - 1, city_filter, &filter, &hit))
            continue;
        *out = (struct vf_city_match){.country = VF_NO_COUNTRY};
        choose(text, &hit, &filter, context, out);
        i = hit.last;
    }
}

static bool landmark_filter(const struct vf_name_text *text, const struct vf_name_hit *hit,
                            const struct vf_name_entry *entry, const void *data)
{
    (void)text;
    (void)hit;
    (void)data;
    return entry->kind == VF_NAME_PARLIAMENT;
}

/* "Rashtrapati Bhavan": a parliament or seat that stands in one country alone. */
static vf_country_index country_of_landmark(const struct vf_reference *reference,
                                            struct vf_name_text *text)
{
    const struct vf_name_index *index = vf_reference_names(reference, VF_NAMES_COUNTRY);
    vf_country_index found = VF_NO_COUNTRY;

    for (size_t i = 0; i < text->folded.count; i++) {
        struct vf_name_hit hit;
        if (!vf_name_longest(index, text, i, text->folded.count - 1, landmark_filter, NULL, &hit))
            continue;
        const struct vf_name_entry *e = vf_name_next(text, &hit, hit.entry, landmark_filter, NULL);
        if (found != VF_NO_COUNTRY && found != e->target)
            return VF_NO_COUNTRY;
        found = (vf_country_index)e->target;
        i = hit.last;
    }
    return found;
}

int vf_city_of_name(const struct vf_reference *reference, struct vf_slice text,
                    vf_country_index country, const struct vf_name_context *context,
                    struct vf_arena *arena, struct vf_city_match *out)
{
    const struct vf_name_index *index = vf_reference_names(reference, VF_NAMES_CITY);
    struct place_filter filter = {reference, country, false};
    struct vf_name_text prepared;

    *out = (struct vf_city_match){.country = VF_NO_COUNTRY};
    int rc = vf_name_prepare(text, context->language, arena, &prepared);
    if (rc || !prepared.folded.count)
        return rc;
    size_t last = prepared.folded.count - 1;
    if (find_whole(index, &prepared, 0, last, &filter, context, out))
        return VF_OK;
    while (last > 0 && prepared.folded.words[last].in_brackets)
        last--;
    if (last + 1 < prepared.folded.count &&
        find_whole(index, &prepared, 0, last, &filter, context, out))
        return VF_OK;
    find_inside(index, &prepared, filter, context, out);
    if (!out->name.ptr && !out->ambiguous && country == VF_NO_COUNTRY)
        out->country = country_of_landmark(reference, &prepared);
    return prepared.failed ? VF_ENOMEM : VF_OK;
}
