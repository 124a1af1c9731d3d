#include "base/memory.h"
#include "feed/key_scan.h"
#include "recording.h"
#include "recording_json.h"
#include "vf_recording.h"

enum { ARENA_BLOCK = 64 * 1024 }; /* bytes */

struct vf_player {
    struct wire_schema *writer;  /* owned; NULL: JSON lines */
    struct wire_schema *reader;  /* owned; AVRO */
    struct wire_plan *plan;      /* owned; AVRO */
    struct vf_arena arena;       /* of one record; AVRO */
    struct vf_json_reader *json; /* owned; JSON */
};

static const struct wire_limits limits = {
    .value_bytes = VF_RECORD_BYTES_MAX, .items = 1000000, .depth = 64};

bool vf_recording_is_schema(struct vf_slice schema_json)
{
    struct wire_schema *schema;

    if (wire_schema_parse(schema_json, &schema, NULL))
        return false;
    bool same = vf_slice_is(wire_schema_name(schema), "visitfeed.v1.RecordedRecord");
    wire_schema_free(schema);
    return same;
}

bool vf_recording_is_line(struct vf_slice line)
{
    struct vf_key_scan scan;
    struct vf_slice key;

    vf_key_scan_begin(&scan, line);
    return vf_key_scan_next(&scan, &key) &&
           (vf_slice_is(key, "topic") || vf_slice_is(key, "schema"));
}

static int open_avro(struct vf_player *player, struct vf_slice schema_json, struct vf_error *err)
{
    int rc = wire_schema_parse(schema_json, &player->writer, err);
    if (!rc)
        rc = wire_schema_parse(vf_slice_of(vf_recorded_record_schema_json), &player->reader, err);
    if (!rc)
        rc = wire_plan_compile(player->writer, player->reader, &player->plan, err);
    return rc;
}

int vf_player_create(struct vf_slice schema_json, struct vf_player **out, struct vf_error *err)
{
    struct vf_player *player = vf_calloc(1, sizeof *player);
    int rc = VF_OK;

    *out = NULL;
    if (!player)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    vf_arena_init(&player->arena, ARENA_BLOCK, 2 * (size_t)VF_RECORD_BYTES_MAX);
    if (schema_json.ptr) {
        rc = open_avro(player, schema_json, err);
    } else {
        player->json = vf_calloc(1, sizeof *player->json);
        if (player->json)
            vf_json_reader_init(player->json);
        else
            rc = vf_error_set(err, VF_ENOMEM, "out of memory");
    }
    if (rc) {
        vf_player_free(player);
        return rc;
    }
    *out = player;
    return VF_OK;
}

void vf_player_free(struct vf_player *player)
{
    if (!player)
        return;
    wire_plan_free(player->plan);
    wire_schema_free(player->writer);
    wire_schema_free(player->reader);
    vf_arena_release(&player->arena);
    if (player->json)
        vf_json_reader_release(player->json);
    vf_free(player->json);
    vf_free(player);
}

static enum vf_timestamp_type timestamp_type(int32_t type)
{
    switch (type) {
    case VF_RECORDED_TIMESTAMP_TYPE_CREATE: return VF_TIMESTAMP_CREATE;
    case VF_RECORDED_TIMESTAMP_TYPE_APPEND: return VF_TIMESTAMP_APPEND;
    default: return VF_TIMESTAMP_NONE;
    }
}

static int read_avro(struct vf_player *player, struct vf_slice item, struct vf_record *record,
                     struct vf_error *err)
{
    struct vf_recorded_record value;

    vf_arena_reset(&player->arena);
    int rc = wire_decode(player->plan, item, &limits, &player->arena, &value, err);
    if (rc)
        return rc;
    struct vf_header *headers =
        vf_arena_calloc(&player->arena, value.headers.count, sizeof *headers);
    if (!headers)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    for (size_t i = 0; i < value.headers.count; i++)
        headers[i] = (struct vf_header){value.headers.items[i].name, value.headers.items[i].value};
    *record = (struct vf_record){.topic = value.topic,
                                 .partition = value.partition,
                                 .offset = value.offset,
                                 .timestamp_ms = value.timestamp,
                                 .timestamp_type = timestamp_type(value.timestamp_type),
                                 .key = value.key,
                                 .value = value.value,
                                 .headers = headers,
                                 .header_count = value.headers.count};
    return VF_OK;
}

int vf_player_read(struct vf_player *player, struct vf_slice item, struct vf_record *record,
                   struct vf_error *err)
{
    return player->json ? vf_json_reader_read(player->json, item, record, err)
                        : read_avro(player, item, record, err);
}
