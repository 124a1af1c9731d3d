/*
 * Recordings: files of Kafka records from which every byte can be had back.
 *
 * Avro: a container file of schemas/recording.avsc.
 * JSON lines, for reading by eye: an object for each record with the members of that schema.
 *   key, value and the headers' values are null, a text, or {"base64": "..."}; a value whose
 *   schema is known is {"schema": NAME, "json": {...}}, as long as its very bytes come out of
 *   that again. NAME is {"framing": "confluent", "id": 1}, {"framing": "header", "guid": "..."}
 *   or {"framing": "single-object", "fingerprint": "..."}; a line {"schema": NAME, "avro": {...}}
 *   with the schema itself stands before the first value that uses it.
 *
 * One thread each.
 */
#ifndef VF_PRODUCER_RECORDING_H
#define VF_PRODUCER_RECORDING_H

#include "base/record.h"
#include "decoder.h"

struct vf_recorder;
struct vf_player;

enum vf_recording_format { VF_RECORDING_AVRO, VF_RECORDING_JSON };

enum {
    VF_RECORD_BYTES_MAX = 64 << 20, /* of one record with all it holds: Kafka's default is 1 MiB */
    VF_RECORDING_SCHEMAS_MAX = 256, /* schemas in one file of JSON lines */
};

/* path "-" is standard output, JSON only. An existing file is VF_EINVAL unless overwrite is set.
 * codec: of the container, "null", "deflate" or "snappy". decoder: for JSON; may be NULL, and must
 * outlive the recorder. VF_EIO, VF_EINVAL, VF_ENOMEM. */
int vf_recorder_create(const char *path, enum vf_recording_format format, const char *codec,
                       bool overwrite, struct vf_decoder *decoder, struct vf_recorder **out,
                       struct vf_error *err);
int vf_recorder_add(struct vf_recorder *recorder, const struct vf_record *record,
                    struct vf_error *err);
/* What was added so far can be read by others. */
int vf_recorder_flush(struct vf_recorder *recorder, struct vf_error *err);
/* The recorder is gone even on failure. NULL is allowed. */
int vf_recorder_finish(struct vf_recorder *recorder, struct vf_error *err);

/* Whether a container's schema, or a line of JSON, is a recording's: for files of unknown kind. */
bool vf_recording_is_schema(struct vf_slice schema_json);
bool vf_recording_is_line(struct vf_slice line);

/* Reads records out of what an input gives: items of a container with this schema, or, when it
 * has none (ptr NULL), JSON lines. VF_EINCOMPATIBLE, VF_ENOMEM. */
int vf_player_create(struct vf_slice schema_json, struct vf_player **out, struct vf_error *err);
void vf_player_free(struct vf_player *player); /* NULL is allowed */
/* *record is borrowed from the player and the item until the next call. VF_EAGAIN: the line holds
 * no record, but a schema for later ones. Otherwise what is wrong with this item. */
int vf_player_read(struct vf_player *player, struct vf_slice item, struct vf_record *record,
                   struct vf_error *err);

#endif
