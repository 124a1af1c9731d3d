/*
 * Client of a schema registry that speaks Confluent's interface (Confluent, Apicurio under
 * /apis/ccompat/v7, Karapace, Redpanda). One thread of its own does all the talking and the disk
 * cache: requests go in by one queue, results come out by another, and a callback says so.
 *
 *   what comes back                         | treated as
 *   ----------------------------------------+------------------------------------------------
 *   2xx with the JSON asked for             | the answer
 *   404 with the registry's error code      | VF_ENOENT
 *   404 of somebody else, such as a proxy   | passing: the registry itself did not say it
 *   401, 403                                | VF_EACCES; look-ups by id and GUID wait
 *   409                                     | VF_EINCOMPATIBLE, unless it is there after all
 *   422                                     | VF_ESCHEMA
 *   429                                     | passing, not before Retry-After
 *   5xx, 408, no connection, time is up,    | passing: the next URL, then all of them again after
 *   half an answer, no JSON, other JSON     | a delay that doubles and is never quite the same
 *   JSON longer than the limit              | VF_ELIMIT
 *
 * What an id or GUID stands for never changes, so it is kept on disk for ever, with what
 * registrations gave: when the registry does not answer, or has lost it, that answer is used. A
 * registry that contradicts it is another one, and all that was kept is thrown away.
 */
#ifndef VF_REGISTRY_REGISTRY_H
#define VF_REGISTRY_REGISTRY_H

#include "codec/wire_schema.h"
#include <stdbool.h>

struct vf_registry;

enum {
    VF_REGISTRY_URLS_MAX = 16,
    VF_REGISTRY_REQUESTS_MAX = 1024,        /* asked and not yet taken; a feed has a few */
    VF_REGISTRY_REFERENCES_MAX = 256,       /* schemas that one schema refers to, all in all */
    VF_REGISTRY_REFERENCE_DEPTH_MAX = 32,   /* references of references */
    VF_REGISTRY_SCHEMA_BYTES_MAX = 8 << 20, /* texts of a schema and all it refers to */
    VF_REGISTRY_MESSAGE_MAX = 2048,         /* bytes kept of what the registry said */
    VF_REGISTRY_GUID_BYTES = 16,
    VF_REGISTRY_GUID_TEXT = 37, /* bytes of the usual form with a NUL */
};

/* Texts: NULL and "" mean none. Durations in milliseconds. */
struct vf_registry_config {
    const char *urls;     /* http or https, separated by commas: the first that answers is used */
    const char *user;     /* basic authentication; a URL's own user:password@ wins */
    const char *password; /* secret */
    const char *token;    /* secret; bearer authentication */
    const char *ca_file;  /* PEM; none: the system's */
    const char *certificate_file; /* PEM, of this client */
    const char *key_file;         /* PEM; none: it is in certificate_file */
    const char *key_password;     /* secret */
    const char *cache_directory;  /* created if missing; none: nothing is kept on disk */
    uint32_t connect_timeout;     /* for one URL */
    uint32_t timeout;             /* for one answer, connecting included */
    uint32_t retry_first;         /* before the first repetition */
    uint32_t retry_max;           /* before later ones */
    size_t answer_bytes_max;      /* of one answer */
    uint32_t redirects_max;       /* followed for one request; never from https to http */
};

/* Everything that can be found wrong without the network; never a secret in err. VF_ECONFIG. */
int vf_registry_config_check(const struct vf_registry_config *config, struct vf_error *err);

/* Starts the thread. Texts are copied. on_results is called on that thread when there are results
 * to take, NULL where only vf_registry_call is used. VF_ECONFIG, VF_ENOMEM, VF_EIO. */
int vf_registry_create(const struct vf_registry_config *config, void (*on_results)(void *owner),
                       void *owner, struct vf_registry **out, struct vf_error *err);
/* Breaks off what is under way and answers nothing any more; does not wait. Any thread. */
void vf_registry_stop(struct vf_registry *registry);
/* Stops, waits for the thread; NULL is allowed. */
void vf_registry_free(struct vf_registry *registry);

enum vf_registry_operation {
    VF_REGISTRY_BY_ID,      /* id -> schema; VF_ENOENT at once beyond INT32_MAX */
    VF_REGISTRY_BY_GUID,    /* guid -> schema */
    VF_REGISTRY_BY_SUBJECT, /* subject, version -> schema, id */
    VF_REGISTRY_REGISTER,   /* subject, text -> id; the same schema again gives the same id */
    VF_REGISTRY_FIND,       /* subject, text -> id; changes nothing */
    VF_REGISTRY_CHECK,      /* subject, text -> compatible */
};

enum { VF_REGISTRY_LATEST = 0 };   /* version */
enum { VF_REGISTRY_FOREVER = -1 }; /* patience */

struct vf_registry_request {
    enum vf_registry_operation operation;
    uint32_t id;
    uint8_t guid[VF_REGISTRY_GUID_BYTES];
    struct vf_slice subject;
    int32_t version;      /* from 1, or VF_REGISTRY_LATEST */
    struct vf_slice text; /* JSON of a schema */
    int64_t patience;     /* milliseconds that passing failures are tried again; 0: not at all */
    uint64_t tag;         /* comes back with the result */
};

struct vf_registry_result {
    enum vf_registry_operation operation;
    uint64_t tag;
    struct vf_error error; /* code 0: it went well */
    uint32_t id;           /* as asked, or as found */
    bool has_id;           /* a schema by GUID need not come with one */
    uint8_t guid[VF_REGISTRY_GUID_BYTES];
    bool has_guid;              /* few registries give any */
    int32_t version;            /* 0: not told */
    bool compatible;            /* CHECK */
    bool cached;                /* from the disk: the registry did not tell */
    struct wire_schema *schema; /* BY_*: the result's, until taken out */
    char *message;              /* what the registry said against it, in full; NULL: nothing */
};

/* Frees what the result holds; the struct is the caller's. */
void vf_registry_result_release(struct vf_registry_result *result);

/* Copies the request and returns. VF_EINVAL, VF_ELIMIT: VF_REGISTRY_REQUESTS_MAX. Any thread. */
int vf_registry_ask(struct vf_registry *registry, const struct vf_registry_request *request,
                    struct vf_error *err);
/* The next result, for the caller to release; false: there is none now. Any thread. */
bool vf_registry_take(struct vf_registry *registry, struct vf_registry_result *out);
/* Asks and waits; returns out->error.code, and err tells the same. out is to be released in any
 * case. After vf_registry_stop: VF_EIO. Any thread but the registry's. */
int vf_registry_call(struct vf_registry *registry, const struct vf_registry_request *request,
                     struct vf_registry_result *out, struct vf_error *err);

struct vf_registry_status {
    uint64_t exchanges; /* HTTP requests that were sent */
    uint64_t failures;  /* of them, passing */
    uint64_t cached;    /* requests answered by the disk cache */
    size_t waiting;     /* requests not answered yet */
    bool reachable;     /* the last exchange was answered by a registry */
};

/* Any thread. */
void vf_registry_status(struct vf_registry *registry, struct vf_registry_status *out);

/* "0198c1e2-...", lower case. */
void vf_registry_guid_format(const uint8_t guid[VF_REGISTRY_GUID_BYTES],
                             char out[VF_REGISTRY_GUID_TEXT]);
bool vf_registry_guid_parse(struct vf_slice text, uint8_t out[VF_REGISTRY_GUID_BYTES]);

/* How a topic and a schema's full name make the subject, as serializers call it. */
enum vf_subject_strategy {
    VF_SUBJECT_TOPIC,        /* topic-value */
    VF_SUBJECT_RECORD,       /* the schema's full name */
    VF_SUBJECT_TOPIC_RECORD, /* topic-full name */
};

enum { VF_SUBJECT_MAX = 1024 }; /* bytes: a topic has up to 249 */

/* Writes the subject of a topic's values and a NUL. VF_ELIMIT. */
int vf_registry_subject(enum vf_subject_strategy strategy, struct vf_slice topic,
                        struct vf_slice record_name, char out[VF_SUBJECT_MAX]);

#endif
