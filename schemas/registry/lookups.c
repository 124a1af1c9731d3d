#include "registry/lookups.h"

#include "base/memory.h"
#include "registry/registry.h"
#include <stdio.h>

/* Kept in plain arrays: a feed has a handful at a time. Names lie apart from reasons, so that a
 * flood of records with a missing schema reads little memory for each. */
struct name {
    enum wire_framing framing;
    uint32_t id;
    uint8_t guid[VF_REGISTRY_GUID_BYTES];
};

struct pending {
    struct name name;
    int64_t since;
};

struct missing {
    int64_t until;
    struct vf_error refusal;
};

struct vf_lookups {
    int64_t missing_ttl;
    int64_t deadline;
    size_t pending_count;
    struct pending pending[VF_LOOKUPS_PENDING];
    size_t missing_count;
    size_t missing_next; /* the place of the oldest once all are in use */
    struct name missing_names[VF_LOOKUPS_MISSING];
    struct missing missing[VF_LOOKUPS_MISSING];
};

int vf_lookups_create(int64_t missing_ttl, int64_t deadline, struct vf_lookups **out)
{
    *out = vf_calloc(1, sizeof **out);
    if (!*out)
        return VF_ENOMEM;
    (*out)->missing_ttl = missing_ttl;
    (*out)->deadline = deadline;
    return VF_OK;
}

void vf_lookups_free(struct vf_lookups *lookups)
{
    vf_free(lookups);
}

static struct name name_of(const struct wire_frame *frame)
{
    struct name name = {.framing = frame->framing};

    if (frame->framing == WIRE_FRAMING_CONFLUENT)
        name.id = frame->id;
    else
        memcpy(name.guid, frame->guid, sizeof name.guid);
    return name;
}

static bool same_name(const struct name *a, const struct name *b)
{
    return a->framing == b->framing && a->id == b->id &&
           memcmp(a->guid, b->guid, sizeof a->guid) == 0;
}

static void describe(const struct name *name, char *out, size_t size)
{
    char guid[VF_REGISTRY_GUID_TEXT];

    if (name->framing == WIRE_FRAMING_CONFLUENT) {
        snprintf(out, size, "schema id %u", name->id);
        return;
    }
    vf_registry_guid_format(name->guid, guid);
    snprintf(out, size, "schema guid %s", guid);
}

static struct pending *find_pending(struct vf_lookups *lookups, const struct name *name)
{
    for (size_t i = 0; i < lookups->pending_count; i++)
        if (same_name(&lookups->pending[i].name, name))
            return &lookups->pending[i];
    return NULL;
}

static struct missing *find_missing(struct vf_lookups *lookups, const struct name *name)
{
    for (size_t i = 0; i < lookups->missing_count; i++)
        if (same_name(&lookups->missing_names[i], name))
            return &lookups->missing[i];
    return NULL;
}

static int ask_pending(const struct vf_lookups *lookups, const struct pending *pending, int64_t now,
                       const char *what, struct vf_error *err)
{
    int64_t waited = now - pending->since;

    if (lookups->deadline && waited >= lookups->deadline)
        return vf_error_set(err, VF_ETIMEDOUT,
                            "%s: the schema registry has not answered for %lld s", what,
                            (long long)(waited / 1000));
    return vf_error_set(err, VF_EAGAIN, "%s is being looked up", what);
}

int vf_lookups_ask(struct vf_lookups *lookups, const struct wire_frame *frame, int64_t now,
                   bool *start, struct vf_error *err)
{
    char what[64];
    struct name name = name_of(frame);
    struct missing *missing = find_missing(lookups, &name);
    const struct pending *pending = find_pending(lookups, &name);

    *start = false;
    describe(&name, what, sizeof what);
    if (pending)
        return ask_pending(lookups, pending, now, what, err);
    if (missing && now < missing->until) {
        if (err)
            *err = missing->refusal;
        return missing->refusal.code;
    }
    if (lookups->pending_count < VF_LOOKUPS_PENDING) {
        lookups->pending[lookups->pending_count++] = (struct pending){name, now};
        *start = true;
    }
    return vf_error_set(err, VF_EAGAIN, "%s is being looked up", what);
}

void vf_lookups_cancel(struct vf_lookups *lookups, const struct wire_frame *frame)
{
    struct name name = name_of(frame);
    struct pending *pending = find_pending(lookups, &name);

    if (pending)
        *pending = lookups->pending[--lookups->pending_count];
}

/* A free place, or that of the oldest. */
static struct missing *add_missing(struct vf_lookups *lookups, const struct name *name)
{
    size_t place = lookups->missing_count;

    if (place < VF_LOOKUPS_MISSING) {
        lookups->missing_count++;
    } else {
        place = lookups->missing_next;
        lookups->missing_next = (place + 1) % VF_LOOKUPS_MISSING;
    }
    lookups->missing_names[place] = *name;
    return &lookups->missing[place];
}

void vf_lookups_answer(struct vf_lookups *lookups, const struct wire_frame *frame, int64_t now,
                       const struct vf_error *refusal)
{
    struct name name = name_of(frame);
    struct missing *missing = find_missing(lookups, &name);

    vf_lookups_cancel(lookups, frame);
    if (!refusal) {
        if (missing)
            missing->until = now;
        return;
    }
    if (!missing)
        missing = add_missing(lookups, &name);
    *missing = (struct missing){now + lookups->missing_ttl, *refusal};
}

int64_t vf_lookups_next_deadline(const struct vf_lookups *lookups, int64_t now)
{
    int64_t next = -1;

    for (size_t i = 0; i < lookups->pending_count && lookups->deadline; i++) {
        int64_t deadline = lookups->pending[i].since + lookups->deadline;
        if (deadline > now && (next < 0 || deadline < next))
            next = deadline;
    }
    return next;
}

void vf_lookups_status(const struct vf_lookups *lookups, int64_t now, struct vf_lookups_status *out)
{
    *out = (struct vf_lookups_status){.pending = lookups->pending_count};
    for (size_t i = 0; i < lookups->pending_count; i++)
        if (now - lookups->pending[i].since > out->oldest)
            out->oldest = now - lookups->pending[i].since;
    for (size_t i = 0; i < lookups->missing_count; i++)
        out->missing += lookups->missing[i].until > now;
}
