#include "verify.h"

#include "base/buffer.h"
#include "base/map.h"
#include "base/memory.h"
#include <xxhash.h>

enum { LANE_NAME_MAX = 1 << 20, FIRST_ITEMS = 16 }; /* bytes; records */

/* A record without its bytes. */
struct trace {
    uint64_t value; /* hashes; a null differs from an empty one */
    uint64_t headers;
    uint64_t key;
    int64_t timestamp;
    uint64_t number;
    bool missing; /* told as such */
};

struct lane {
    char *name;          /* owned */
    struct trace *items; /* owned */
    size_t count;
    size_t capacity;
    size_t next; /* the first that was not found yet */
};

struct vf_verify {
    struct vf_verify_config config;
    struct vf_map lanes_by_name;
    struct lane *lanes; /* owned */
    size_t lane_count;
    size_t lane_capacity;
    struct vf_buffer name;
    struct vf_verify_counts counts;
};

int vf_verify_create(const struct vf_verify_config *config, struct vf_verify **out,
                     struct vf_error *err)
{
    struct vf_verify *verify = vf_calloc(1, sizeof *verify);

    *out = verify;
    if (!verify)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    verify->config = *config;
    vf_map_init(&verify->lanes_by_name);
    vf_buffer_init(&verify->name, LANE_NAME_MAX);
    return VF_OK;
}

void vf_verify_free(struct vf_verify *verify)
{
    if (!verify)
        return;
    for (size_t i = 0; i < verify->lane_count; i++) {
        vf_free(verify->lanes[i].name);
        vf_free(verify->lanes[i].items);
    }
    vf_free(verify->lanes);
    vf_map_release(&verify->lanes_by_name);
    vf_buffer_release(&verify->name);
    vf_free(verify);
}

/* ---- lanes ---- */

static struct vf_slice lane_name(struct vf_verify *verify, const struct vf_record *record)
{
    struct vf_buffer *name = &verify->name;

    vf_buffer_clear(name);
    vf_buffer_append_slice(name, record->topic);
    if (!verify->config.by_key)
        vf_buffer_printf(name, "\n%d", record->partition);
    else if (record->key.ptr)
        vf_buffer_append(name, "\nk", 2);
    if (verify->config.by_key && record->key.len <= LANE_NAME_MAX / 2)
        vf_buffer_append_slice(name, record->key);
    return vf_buffer_slice(name);
}

static struct lane *find_lane(struct vf_verify *verify, const struct vf_record *record)
{
    int32_t index = vf_map_get(&verify->lanes_by_name, lane_name(verify, record));
    return index == VF_MAP_NONE ? NULL : &verify->lanes[index];
}

/* NULL: no memory. */
static struct lane *add_lane(struct vf_verify *verify, struct vf_slice name)
{
    if (verify->lane_count == verify->lane_capacity) {
        size_t capacity = verify->lane_capacity ? verify->lane_capacity * 2 : FIRST_ITEMS;
        struct lane *grown = vf_realloc(verify->lanes, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        verify->lanes = grown;
        verify->lane_capacity = capacity;
    }
    char *copy = vf_malloc(name.len + 1);
    if (!copy)
        return NULL;
    memcpy(copy, name.ptr, name.len);
    if (vf_map_put(&verify->lanes_by_name, vf_slice(copy, name.len), (int32_t)verify->lane_count)) {
        vf_free(copy);
        return NULL;
    }
    struct lane *lane = &verify->lanes[verify->lane_count++];
    *lane = (struct lane){.name = copy};
    return lane;
}

/* ---- traces ---- */

static uint64_t hash_slice(struct vf_slice bytes, uint64_t seed)
{
    return bytes.ptr ? XXH3_64bits_withSeed(bytes.ptr, bytes.len, seed + 1) : seed;
}

static struct trace trace_of(const struct vf_verify *verify, const struct vf_record *record)
{
    unsigned ignored = verify->config.ignored;
    struct trace trace = {.timestamp = ignored & VF_ASPECT_TIMESTAMP ? 0 : record->timestamp_ms};

    if (!(ignored & VF_ASPECT_KEY))
        trace.key = hash_slice(record->key, 7);
    if (!(ignored & VF_ASPECT_VALUE))
        trace.value = hash_slice(record->value, 7);
    for (size_t i = 0; !(ignored & VF_ASPECT_HEADERS) && i < record->header_count; i++) {
        trace.headers = hash_slice(record->headers[i].name, trace.headers + 1);
        trace.headers = hash_slice(record->headers[i].value, trace.headers);
    }
    return trace;
}

static unsigned differing(const struct trace *a, const struct trace *b)
{
    return (a->key != b->key ? VF_ASPECT_KEY : 0u) | (a->value != b->value ? VF_ASPECT_VALUE : 0u) |
           (a->headers != b->headers ? VF_ASPECT_HEADERS : 0u) |
           (a->timestamp != b->timestamp ? VF_ASPECT_TIMESTAMP : 0u);
}

int vf_verify_expect(struct vf_verify *verify, const struct vf_record *record, struct vf_error *err)
{
    struct lane *lane = find_lane(verify, record);

    if (verify->counts.expected == VF_VERIFY_RECORDS_MAX)
        return vf_error_set(err, VF_ELIMIT, "more than %d records: verify parts, by --partitions",
                            VF_VERIFY_RECORDS_MAX);
    if (!lane)
        lane = add_lane(verify, vf_buffer_slice(&verify->name));
    if (!lane)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    if (lane->count == lane->capacity) {
        size_t capacity = lane->capacity ? lane->capacity * 2 : FIRST_ITEMS;
        struct trace *grown = vf_realloc(lane->items, capacity * sizeof *grown);
        if (!grown)
            return vf_error_set(err, VF_ENOMEM, "out of memory");
        lane->items = grown;
        lane->capacity = capacity;
    }
    lane->items[lane->count] = trace_of(verify, record);
    lane->items[lane->count++].number = ++verify->counts.expected;
    return VF_OK;
}

/* ---- differences ---- */

static void tell(struct vf_verify *verify, enum vf_difference_kind kind, unsigned aspects,
                 const struct trace *expected, const struct vf_record *found)
{
    uint64_t *const counts[] = {[VF_MISSING] = &verify->counts.missing,
                                [VF_CHANGED] = &verify->counts.changed,
                                [VF_MOVED] = &verify->counts.moved,
                                [VF_DUPLICATE] = &verify->counts.duplicate,
                                [VF_UNEXPECTED] = &verify->counts.unexpected};
    struct vf_difference difference = {.kind = kind,
                                       .aspects = aspects,
                                       .expected = expected ? expected->number : 0,
                                       .expected_time = expected ? expected->timestamp : 0,
                                       .found = found};

    ++*counts[kind];
    verify->config.on_difference(verify->config.owner, &difference);
}

/* The next of the lane's records, within the window, that is the same; lane->count: none. */
static size_t search_ahead(const struct lane *lane, const struct trace *trace)
{
    size_t end =
        lane->next + VF_VERIFY_WINDOW < lane->count ? lane->next + VF_VERIFY_WINDOW : lane->count;
    for (size_t i = lane->next; i < end; i++)
        if (!differing(&lane->items[i], trace))
            return i;
    return lane->count;
}

/* One that was told as missing rather than one that was found. */
static struct trace *search_back(const struct lane *lane, const struct trace *trace)
{
    size_t begin = lane->next > VF_VERIFY_WINDOW ? lane->next - VF_VERIFY_WINDOW : 0;

    struct trace *found = NULL;

    for (size_t i = lane->next; i > begin && !(found && found->missing); i--)
        if (!differing(&lane->items[i - 1], trace) && (!found || lane->items[i - 1].missing))
            found = &lane->items[i - 1];
    return found;
}

/* Changed is what still has the value, or still has key and timestamp. */
static bool is_changed(const struct lane *lane, const struct trace *trace, unsigned *aspects)
{
    if (lane->next == lane->count)
        return false;
    *aspects = differing(&lane->items[lane->next], trace);
    return !(*aspects & VF_ASPECT_VALUE) ||
           !(*aspects & (VF_ASPECT_KEY | VF_ASPECT_TIMESTAMP | VF_ASPECT_HEADERS));
}

int vf_verify_find(struct vf_verify *verify, const struct vf_record *record, struct vf_error *err)
{
    struct lane *lane = find_lane(verify, record);
    struct trace trace = trace_of(verify, record);
    unsigned aspects = 0;

    verify->counts.found++;
    if (verify->name.failed)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    if (!lane) {
        tell(verify, VF_UNEXPECTED, 0, NULL, record);
        return VF_OK;
    }
    size_t same = search_ahead(lane, &trace);
    if (same < lane->count) {
        for (; lane->next < same; lane->next++) {
            lane->items[lane->next].missing = true;
            tell(verify, VF_MISSING, 0, &lane->items[lane->next], NULL);
        }
        lane->next++;
        verify->counts.matched++;
        return VF_OK;
    }
    struct trace *before = search_back(lane, &trace);
    if (before && before->missing) {
        before->missing = false;
        verify->counts.missing--;
        tell(verify, VF_MOVED, 0, before, record);
    } else if (before) {
        tell(verify, VF_DUPLICATE, 0, before, record);
    } else if (is_changed(lane, &trace, &aspects)) {
        tell(verify, VF_CHANGED, aspects, &lane->items[lane->next++], record);
    } else {
        tell(verify, VF_UNEXPECTED, 0, NULL, record);
    }
    return VF_OK;
}

void vf_verify_end(struct vf_verify *verify, struct vf_verify_counts *out)
{
    for (size_t i = 0; i < verify->lane_count; i++)
        while (verify->lanes[i].next < verify->lanes[i].count)
            tell(verify, VF_MISSING, 0, &verify->lanes[i].items[verify->lanes[i].next++], NULL);
    *out = verify->counts;
}
