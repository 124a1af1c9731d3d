#include "pipeline/schema_store.h"

#include "base/memory.h"

enum {
    READERS_MAX = 4,                 /* visit, meeting, and room for one more pair */
    ENTRY_NAMES = 2,                 /* an id or a GUID, and the fingerprint */
    SLOTS = VF_SCHEMA_STORE_MAX * 4, /* of a hash table that is never more than half full */
};

/* What a frame calls a schema. */
struct name {
    uint64_t high; /* of a GUID; 0 otherwise */
    uint64_t low;  /* of a GUID; the id or the fingerprint */
    enum wire_framing framing;
};

struct plan_entry {
    const struct wire_schema *reader; /* NULL: free */
    struct wire_plan *plan;           /* NULL: incompatible, and failure says why */
    struct vf_error failure;
};

struct schema_entry {
    struct wire_schema *schema;
    struct name names[ENTRY_NAMES];
    size_t name_count;
    bool stays;
    uint64_t used; /* the store's count of uses when it was last asked for */
    struct plan_entry plans[READERS_MAX];
};

/* Open addressing, linear probing. */
struct slot {
    struct name name;
    int16_t entry; /* -1: free */
};

struct vf_schema_store {
    struct schema_entry *entries[VF_SCHEMA_STORE_MAX];
    size_t count;
    uint64_t uses;
    struct vf_schema_lookup lookup; /* ask NULL: none */
    struct slot slots[SLOTS];
};

/* ---- names ---- */

static uint64_t read_big_endian(const uint8_t *bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof number; i++)
        number = number << 8 | bytes[i];
    return number;
}

static struct name name_of(const struct wire_frame *frame)
{
    struct name name = {.framing = frame->framing};

    if (frame->framing == WIRE_FRAMING_GUID_HEADER) {
        name.high = read_big_endian(frame->guid);
        name.low = read_big_endian(frame->guid + sizeof name.high);
    } else {
        name.low = frame->framing == WIRE_FRAMING_CONFLUENT ? frame->id : frame->fingerprint;
    }
    return name;
}

static struct name fingerprint_of(const struct wire_schema *schema)
{
    return (struct name){.framing = WIRE_FRAMING_SINGLE_OBJECT,
                         .low = wire_schema_fingerprint(schema)};
}

static bool same_name(struct name a, struct name b)
{
    return a.low == b.low && a.high == b.high && a.framing == b.framing;
}

/* The slot that holds the name, or the free one where it belongs. */
static struct slot *find_slot(struct vf_schema_store *store, struct name name)
{
    uint64_t mixed = (name.low ^ name.high) * 0x9E3779B97F4A7C15U + (uint64_t)name.framing;
    size_t at = (size_t)(mixed >> 40) % SLOTS;

    while (store->slots[at].entry >= 0 && !same_name(store->slots[at].name, name))
        at = (at + 1) % SLOTS;
    return &store->slots[at];
}

/* A name that two entries have stands for the later one. */
static void fill_slots(struct vf_schema_store *store, int16_t index)
{
    const struct schema_entry *entry = store->entries[index];

    for (size_t i = 0; i < entry->name_count; i++) {
        struct slot *slot = find_slot(store, entry->names[i]);
        *slot = (struct slot){entry->names[i], index};
    }
}

static void fill_all_slots(struct vf_schema_store *store)
{
    for (size_t i = 0; i < SLOTS; i++)
        store->slots[i].entry = -1;
    for (size_t i = 0; i < store->count; i++)
        fill_slots(store, (int16_t)i);
}

/* ---- entries ---- */

int vf_schema_store_create(struct vf_schema_store **out)
{
    *out = vf_calloc(1, sizeof **out);
    if (!*out)
        return VF_ENOMEM;
    fill_all_slots(*out);
    return VF_OK;
}

static void free_entry(struct schema_entry *entry)
{
    for (size_t i = 0; i < READERS_MAX; i++)
        wire_plan_free(entry->plans[i].plan);
    wire_schema_free(entry->schema);
    vf_free(entry);
}

void vf_schema_store_free(struct vf_schema_store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < store->count; i++)
        free_entry(store->entries[i]);
    vf_free(store);
}

/* Makes room for one by forgetting the entry that was not used for longest. */
static bool forget_one(struct vf_schema_store *store)
{
    size_t oldest = store->count;

    for (size_t i = 0; i < store->count; i++)
        if (!store->entries[i]->stays &&
            (oldest == store->count || store->entries[i]->used < store->entries[oldest]->used))
            oldest = i;
    if (oldest == store->count)
        return false;
    free_entry(store->entries[oldest]);
    store->entries[oldest] = store->entries[--store->count];
    fill_all_slots(store);
    return true;
}

/* Adds the schema as a new entry, under its fingerprint and name (NULL: that alone). It is the
 * store's from now on, also on failure. */
static int add_entry(struct vf_schema_store *store, const struct name *name,
                     struct wire_schema *schema, bool stays, struct vf_error *err)
{
    if (store->count == VF_SCHEMA_STORE_MAX && !forget_one(store)) {
        wire_schema_free(schema);
        return vf_error_set(err, VF_ELIMIT, "more than %d writer schemas", VF_SCHEMA_STORE_MAX);
    }
    struct schema_entry *entry = vf_calloc(1, sizeof *entry);
    if (!entry) {
        wire_schema_free(schema);
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    }
    entry->schema = schema;
    entry->stays = stays;
    entry->used = ++store->uses;
    entry->names[entry->name_count++] = fingerprint_of(schema);
    if (name)
        entry->names[entry->name_count++] = *name;
    store->entries[store->count] = entry;
    fill_slots(store, (int16_t)store->count++);
    return VF_OK;
}

static struct schema_entry *find_entry(struct vf_schema_store *store, struct name name)
{
    const struct slot *slot = find_slot(store, name);
    return slot->entry >= 0 ? store->entries[slot->entry] : NULL;
}

int vf_schema_store_add(struct vf_schema_store *store, uint32_t id, struct vf_slice json,
                        struct vf_error *err)
{
    struct name name = {.framing = WIRE_FRAMING_CONFLUENT, .low = id};
    struct wire_schema *schema;
    int rc = wire_schema_parse(json, &schema, err);
    if (rc) {
        vf_error_prefix(err, "schema %u", id);
        return rc;
    }
    const struct schema_entry *known = find_entry(store, name);
    if (!known)
        return add_entry(store, &name, schema, true, err);
    /* The canonical form leaves out aliases and defaults, which only a reader uses. */
    bool same = vf_slice_equal(wire_schema_canonical(known->schema), wire_schema_canonical(schema));
    wire_schema_free(schema);
    return same ? VF_OK : vf_error_set(err, VF_EINVAL, "schema %u: the id has another schema", id);
}

int vf_schema_store_add_unnamed(struct vf_schema_store *store, struct vf_slice json,
                                struct vf_error *err)
{
    struct wire_schema *schema;
    int rc = wire_schema_parse(json, &schema, err);
    return rc ? rc : add_entry(store, NULL, schema, true, err);
}

void vf_schema_store_set_lookup(struct vf_schema_store *store,
                                const struct vf_schema_lookup *lookup)
{
    store->lookup = *lookup;
}

int vf_schema_store_put(struct vf_schema_store *store, const struct wire_frame *frame,
                        struct wire_schema *schema, struct vf_error *err)
{
    struct name name = name_of(frame);

    if (find_entry(store, name)) {
        wire_schema_free(schema);
        return VF_OK;
    }
    return add_entry(store, &name, schema, false, err);
}

/* ---- plans ---- */

static int ask_lookup(struct vf_schema_store *store, const struct wire_frame *frame,
                      struct vf_error *err)
{
    bool by_fingerprint = frame->framing == WIRE_FRAMING_SINGLE_OBJECT;

    if (store->lookup.ask && !by_fingerprint) /* no registry can be asked for a fingerprint */
        return store->lookup.ask(store->lookup.owner, frame, err);
    if (by_fingerprint)
        return vf_error_set(err, VF_EUNKNOWNSCHEMA, "no schema with fingerprint %016llx is known",
                            (unsigned long long)frame->fingerprint);
    if (frame->framing == WIRE_FRAMING_CONFLUENT)
        return vf_error_set(err, VF_EUNKNOWNSCHEMA, "schema id %u is not known", frame->id);
    return vf_error_set(err, VF_EUNKNOWNSCHEMA, "schemas named by a GUID need a schema registry");
}

/* PLAIN values are the reader's own schema's: an entry is made for it when first asked for. */
static int find_reader_entry(struct vf_schema_store *store, const struct wire_schema *reader,
                             struct schema_entry **out, struct vf_error *err)
{
    struct name name = fingerprint_of(reader);
    struct wire_schema *copy;

    *out = find_entry(store, name);
    if (*out)
        return VF_OK;
    int rc = wire_schema_parse(wire_schema_canonical(reader), &copy, err);
    if (!rc)
        rc = add_entry(store, NULL, copy, true, err);
    *out = rc ? NULL : find_entry(store, name);
    return rc;
}

static int entry_plan(struct schema_entry *entry, const struct wire_schema *reader,
                      const struct wire_plan **out, struct vf_error *err)
{
    struct plan_entry *slot = NULL;

    for (size_t i = 0; i < READERS_MAX && !slot; i++)
        if (entry->plans[i].reader == reader || !entry->plans[i].reader)
            slot = &entry->plans[i];
    if (!slot)
        return vf_error_set(err, VF_ELIMIT, "more than %d reader schemas", READERS_MAX);
    if (!slot->reader) {
        int rc = wire_plan_compile(entry->schema, reader, &slot->plan, &slot->failure);
        if (rc == VF_ENOMEM)
            return vf_error_set(err, rc, "%s", slot->failure.text);
        slot->reader = reader;
    }
    if (!slot->plan) {
        if (err)
            *err = slot->failure;
        return slot->failure.code;
    }
    *out = slot->plan;
    return VF_OK;
}

int vf_schema_store_schema(struct vf_schema_store *store, const struct wire_frame *frame,
                           const struct wire_schema **out, struct vf_error *err)
{
    if (frame->framing == WIRE_FRAMING_PLAIN)
        return vf_error_set(err, VF_EUNKNOWNSCHEMA, "plain values do not name their schema");
    struct schema_entry *entry = find_entry(store, name_of(frame));
    if (!entry)
        return ask_lookup(store, frame, err);
    entry->used = ++store->uses;
    *out = entry->schema;
    return VF_OK;
}

int vf_schema_store_plan(struct vf_schema_store *store, const struct wire_frame *frame,
                         const struct wire_schema *reader, const struct wire_plan **out,
                         struct vf_error *err)
{
    struct schema_entry *entry;

    if (frame->framing == WIRE_FRAMING_PLAIN) {
        int rc = find_reader_entry(store, reader, &entry, err);
        if (rc)
            return rc;
    } else {
        entry = find_entry(store, name_of(frame));
        if (!entry)
            return ask_lookup(store, frame, err);
    }
    entry->used = ++store->uses;
    return entry_plan(entry, reader, out, err);
}
