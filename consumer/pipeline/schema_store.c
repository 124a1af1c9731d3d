#include "pipeline/schema_store.h"

#include "base/memory.h"

enum {
    READERS_MAX = 4,                 /* visit, meeting, and room for one more pair */
    SLOTS = VF_SCHEMA_STORE_MAX * 2, /* of a hash table that is never more than half full */
};

struct plan_entry {
    const struct wire_schema *reader; /* NULL: free */
    struct wire_plan *plan;           /* NULL: incompatible, and failure says why */
    struct vf_error failure;
};

struct schema_entry {
    struct wire_schema *schema;
    struct plan_entry plans[READERS_MAX];
};

/* From a 64-bit name to an entry's index: open addressing, linear probing. */
struct index_table {
    uint64_t names[SLOTS];
    int16_t entries[SLOTS]; /* -1: free */
};

struct vf_schema_store {
    struct schema_entry *entries[VF_SCHEMA_STORE_MAX];
    size_t count;
    struct index_table by_id;
    struct index_table by_fingerprint;
};

/* The slot that holds the name, or the free one where it belongs. */
static size_t find_slot(const struct index_table *table, uint64_t name)
{
    size_t slot = (size_t)((name * 0x9E3779B97F4A7C15U) >> 40) % SLOTS;
    while (table->entries[slot] >= 0 && table->names[slot] != name)
        slot = (slot + 1) % SLOTS;
    return slot;
}

static void table_put(struct index_table *table, uint64_t name, int16_t entry)
{
    size_t slot = find_slot(table, name);
    table->names[slot] = name;
    table->entries[slot] = entry;
}

int vf_schema_store_create(struct vf_schema_store **out)
{
    *out = vf_calloc(1, sizeof **out);
    if (!*out)
        return VF_ENOMEM;
    for (size_t i = 0; i < SLOTS; i++)
        (*out)->by_id.entries[i] = (*out)->by_fingerprint.entries[i] = -1;
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

/* Adds the schema as a new entry. It is the store's from now on, also on failure. */
static int add_entry(struct vf_schema_store *store, struct wire_schema *schema, int16_t *out,
                     struct vf_error *err)
{
    if (store->count == VF_SCHEMA_STORE_MAX) {
        wire_schema_free(schema);
        return vf_error_set(err, VF_ELIMIT, "more than %d writer schemas", VF_SCHEMA_STORE_MAX);
    }
    struct schema_entry *entry = vf_calloc(1, sizeof *entry);
    if (!entry) {
        wire_schema_free(schema);
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    }
    entry->schema = schema;
    *out = (int16_t)store->count;
    store->entries[store->count++] = entry;
    table_put(&store->by_fingerprint, wire_schema_fingerprint(schema), *out);
    return VF_OK;
}

int vf_schema_store_add(struct vf_schema_store *store, uint32_t id, struct vf_slice json,
                        struct vf_error *err)
{
    struct wire_schema *schema;
    int rc = wire_schema_parse(json, &schema, err);
    if (rc) {
        vf_error_prefix(err, "schema %u", id);
        return rc;
    }

    int16_t known = store->by_id.entries[find_slot(&store->by_id, id)];
    if (known >= 0) {
        /* The canonical form leaves out aliases and defaults, which only a reader uses. */
        bool same = vf_slice_equal(wire_schema_canonical(store->entries[known]->schema),
                                   wire_schema_canonical(schema));
        wire_schema_free(schema);
        return same ? VF_OK
                    : vf_error_set(err, VF_EINVAL, "schema %u: the id has another schema", id);
    }
    int16_t entry;
    rc = add_entry(store, schema, &entry, err);
    if (rc)
        return rc;
    table_put(&store->by_id, id, entry);
    return VF_OK;
}

static int find_schema(struct vf_schema_store *store, const struct wire_frame *frame, int16_t *out,
                       struct vf_error *err)
{
    switch (frame->framing) {
    case WIRE_FRAMING_CONFLUENT:
        *out = store->by_id.entries[find_slot(&store->by_id, frame->id)];
        return *out >= 0
                   ? VF_OK
                   : vf_error_set(err, VF_EUNKNOWNSCHEMA, "schema id %u is not known", frame->id);
    case WIRE_FRAMING_SINGLE_OBJECT:
        *out = store->by_fingerprint.entries[find_slot(&store->by_fingerprint, frame->fingerprint)];
        return *out >= 0 ? VF_OK
                         : vf_error_set(err, VF_EUNKNOWNSCHEMA,
                                        "no schema with fingerprint %016llx is known",
                                        (unsigned long long)frame->fingerprint);
    default:
        return vf_error_set(err, VF_EUNKNOWNSCHEMA,
                            "schemas named by a GUID need a schema registry");
    }
}

/* PLAIN values are the reader's own schema's: an entry is made for it when first asked for. */
static int reader_entry(struct vf_schema_store *store, const struct wire_schema *reader,
                        int16_t *out, struct vf_error *err)
{
    uint64_t fingerprint = wire_schema_fingerprint(reader);
    *out = store->by_fingerprint.entries[find_slot(&store->by_fingerprint, fingerprint)];
    if (*out >= 0)
        return VF_OK;
    struct wire_schema *copy;
    int rc = wire_schema_parse(wire_schema_canonical(reader), &copy, err);
    return rc ? rc : add_entry(store, copy, out, err);
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
        if (rc == VF_ENOMEM) {
            *err = slot->failure;
            return rc;
        }
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

int vf_schema_store_plan(struct vf_schema_store *store, const struct wire_frame *frame,
                         const struct wire_schema *reader, const struct wire_plan **out,
                         struct vf_error *err)
{
    int16_t entry;
    int rc = frame->framing == WIRE_FRAMING_PLAIN ? reader_entry(store, reader, &entry, err)
                                                  : find_schema(store, frame, &entry, err);
    return rc ? rc : entry_plan(store->entries[entry], reader, out, err);
}
