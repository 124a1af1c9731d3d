#include "membership_feed.h"

#include "base/map.h"
#include "base/memory.h"
#include "codec/wire_frame.h"
#include "codec/wire_plan.h"
#include "reference/reference.h"
#include "reference/table.h"
#include "vf_events.h"
#include <xxhash.h>

enum {
    ARENA_BLOCK = 256 * 1024,
    ARENA_MAX = 1 << 30,   /* bytes: the table, and the keys of the topic */
    VALUE_MAX = 64 * 1024, /* bytes of one record */
    KEY_MAX = 1024,
};

enum { ORG_ID, ISO3, STATUS, SINCE, UNTIL, SOURCE, CONFIDENCE, COLUMNS };
static const char *const columns[COLUMNS] = {"org_id", "iso3",   "status",    "since",
                                             "until",  "source", "confidence"};

/* A key of the topic. */
struct known {
    struct vf_slice key;
    uint64_t value; /* hash */
    bool there;     /* its last value is no tombstone */
    bool listed;    /* a row of the table has it */
};

struct vf_membership_feed {
    struct vf_arena arena;
    struct vf_table table;
    struct wire_schema *schema; /* owned */
    struct wire_frame frame;
    struct vf_buffer value;
    struct vf_buffer key;
    struct vf_map index; /* key -> place in known */
    struct known *known; /* owned */
    size_t known_count;
    size_t known_capacity;
    size_t next_gone;
};

int vf_membership_feed_open(const char *directory, uint32_t schema_id,
                            struct vf_membership_feed **out, struct vf_error *err)
{
    struct vf_membership_feed *feed = vf_calloc(1, sizeof *feed);
    struct vf_reference *reference;

    *out = NULL;
    if (!feed)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    feed->frame = (struct wire_frame){.framing = WIRE_FRAMING_CONFLUENT, .id = schema_id};
    vf_arena_init(&feed->arena, ARENA_BLOCK, ARENA_MAX);
    vf_buffer_init(&feed->value, VALUE_MAX);
    vf_buffer_init(&feed->key, KEY_MAX);
    vf_map_init(&feed->index);
    int rc = vf_reference_load(directory, &reference, err); /* all checks */
    if (!rc) {
        vf_reference_release(reference);
        rc = vf_table_open(&feed->table, directory, "memberships.tsv", columns, COLUMNS,
                           &feed->arena, err);
    }
    if (!rc)
        rc = wire_schema_parse(vf_slice_of(vf_membership_schema_json), &feed->schema, err);
    if (rc) {
        vf_membership_feed_close(feed);
        return rc;
    }
    *out = feed;
    return VF_OK;
}

void vf_membership_feed_close(struct vf_membership_feed *feed)
{
    if (!feed)
        return;
    wire_schema_free(feed->schema);
    vf_map_release(&feed->index);
    vf_free(feed->known);
    vf_buffer_release(&feed->value);
    vf_buffer_release(&feed->key);
    vf_arena_release(&feed->arena);
    vf_free(feed);
}

/* ---- what the topic holds ---- */

static struct known *add_known(struct vf_membership_feed *feed, struct vf_slice key)
{
    if (feed->known_count == feed->known_capacity) {
        size_t capacity = feed->known_capacity ? feed->known_capacity * 2 : 1024;
        struct known *grown = vf_realloc(feed->known, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        feed->known = grown;
        feed->known_capacity = capacity;
    }
    struct vf_slice copy = vf_arena_copy(&feed->arena, key);
    if (!copy.ptr || vf_map_put(&feed->index, copy, (int32_t)feed->known_count))
        return NULL;
    struct known *known = &feed->known[feed->known_count++];
    *known = (struct known){.key = copy};
    return known;
}

int vf_membership_feed_known(struct vf_membership_feed *feed, const struct vf_record *record,
                             struct vf_error *err)
{
    if (!record->key.ptr)
        return VF_OK; /* compaction keeps no such record, and nothing can be said about it */
    int32_t at = vf_map_get(&feed->index, record->key);
    struct known *known = at == VF_MAP_NONE ? add_known(feed, record->key) : &feed->known[at];
    if (!known)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    known->there = record->value.ptr != NULL;
    known->value = known->there ? XXH3_64bits(record->value.ptr, record->value.len) : 0;
    return VF_OK;
}

/* ---- rows ---- */

/* The word in capitals among an enum's symbols, whose first stands for "unknown". */
static int32_t find_symbol(struct vf_slice word, int32_t (*from_name)(struct vf_slice))
{
    char text[32];

    if (!word.ptr || word.len >= sizeof text)
        return 0;
    for (size_t i = 0; i < word.len; i++)
        text[i] = word.ptr[i] >= 'a' && word.ptr[i] <= 'z' ? (char)(word.ptr[i] - 32) : word.ptr[i];
    int32_t found = from_name(vf_slice(text, word.len));
    return found < 0 ? 0 : found;
}

static int make_record(struct vf_membership_feed *feed, const struct vf_slice *fields,
                       struct vf_record *record, struct vf_error *err)
{
    struct vf_membership membership = {
        .organization_id = fields[ORG_ID],
        .country = fields[ISO3],
        .status = find_symbol(fields[STATUS], vf_membership_status_from_name),
        .since = fields[SINCE],
        .until = fields[UNTIL],
        .source = fields[SOURCE],
        .confidence = find_symbol(fields[CONFIDENCE], vf_confidence_from_name)};

    vf_buffer_clear(&feed->key);
    vf_buffer_printf(&feed->key, "%.*s|%.*s|%.*s", VF_SLICE_PRINT(fields[ORG_ID]),
                     VF_SLICE_PRINT(fields[ISO3]), VF_SLICE_PRINT(fields[SINCE]));
    vf_buffer_clear(&feed->value);
    wire_frame_write(&feed->frame, &feed->value);
    int rc = wire_encode(feed->schema, &membership, &feed->value, err);
    if (rc)
        return rc;
    *record = (struct vf_record){.partition = -1,
                                 .offset = -1,
                                 .timestamp_ms = -1,
                                 .key = vf_buffer_slice(&feed->key),
                                 .value = vf_buffer_slice(&feed->value)};
    return feed->key.failed ? vf_error_set(err, VF_ENOMEM, "out of memory") : VF_OK;
}

int vf_membership_feed_next(struct vf_membership_feed *feed, struct vf_record *record, bool *known,
                            struct vf_error *err)
{
    struct vf_slice fields[COLUMNS];

    int rc = vf_table_next(&feed->table, fields, err);
    if (rc <= 0)
        return rc ? rc : VF_ENOENT;
    rc = make_record(feed, fields, record, err);
    if (rc)
        return rc;
    int32_t at = vf_map_get(&feed->index, record->key);
    *known = at != VF_MAP_NONE && feed->known[at].there &&
             feed->known[at].value == XXH3_64bits(record->value.ptr, record->value.len);
    if (at != VF_MAP_NONE)
        feed->known[at].listed = true;
    return VF_OK;
}

/* Other keys in the topic are somebody else's. */
static bool is_membership_key(struct vf_slice key)
{
    size_t bars = 0;

    for (size_t i = 0; i < key.len; i++)
        bars += key.ptr[i] == '|';
    return bars == 2;
}

int vf_membership_feed_next_gone(struct vf_membership_feed *feed, struct vf_record *record)
{
    while (feed->next_gone < feed->known_count) {
        const struct known *known = &feed->known[feed->next_gone++];
        if (known->listed || !known->there || !is_membership_key(known->key))
            continue;
        *record = (struct vf_record){
            .partition = -1, .offset = -1, .timestamp_ms = -1, .key = known->key};
        return VF_OK;
    }
    return VF_ENOENT;
}
