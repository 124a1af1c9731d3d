/*
 * References: fetched depth first, so that every schema comes after those it refers to. Each is
 * fetched once, however many refer to it.
 */
#include "registry/bundle.h"

#include "base/memory.h"
#include <stdio.h>

enum { PATH_MAX_BYTES = 4096, SUBJECT_SHOWN = 100 };

struct node {
    char *subject; /* owned */
    int32_t version;
    int32_t index; /* in the bundle, or OPEN */
};

enum { OPEN = -1 }; /* being fetched: whoever meets it again has gone round in a circle */

struct resolver {
    struct vf_bundle *bundle;
    struct vf_talk *talk;
    struct vf_answer *answer; /* of the last question */
    struct node nodes[VF_REGISTRY_REFERENCES_MAX];
    size_t count;
    struct vf_error *err;
};

bool vf_path_escape(struct vf_buffer *out, struct vf_slice text)
{
    static const char kept[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        const char escaped[3] = {'%', hex[c >> 4], hex[c & 15]};
        if (c && strchr(kept, c))
            vf_buffer_append_char(out, (char)c);
        else
            vf_buffer_append(out, escaped, sizeof escaped);
    }
    return !out->failed;
}

static int add_schema(struct resolver *resolver, const json_t *schema, int depth, int32_t *index);

static struct node *find_node(struct resolver *resolver, const char *subject, int32_t version)
{
    for (size_t i = 0; i < resolver->count; i++)
        if (resolver->nodes[i].version == version &&
            strcmp(resolver->nodes[i].subject, subject) == 0)
            return &resolver->nodes[i];
    return NULL;
}

/* Gets a subject's version from the registry, deleted ones too: others still need them. */
static int fetch(struct resolver *resolver, const char *subject, int32_t version, json_t **out)
{
    struct vf_error *err = resolver->err;
    struct vf_buffer path;

    vf_buffer_init(&path, PATH_MAX_BYTES);
    vf_buffer_append_text(&path, "/subjects/");
    vf_path_escape(&path, vf_slice_of(subject));
    vf_buffer_printf(&path, "/versions/%d?deleted=true", version);
    bool complete = vf_buffer_append(&path, "", 1);
    int rc = VF_ELIMIT;
    if (complete) {
        struct vf_question question = {.path = path.data};
        rc = vf_talk_ask(resolver->talk, &question, resolver->answer, err);
    } else {
        vf_error_set(err, rc, "the name of a subject that it refers to is too long");
    }
    vf_buffer_release(&path);
    *out = json_incref(resolver->answer->json);
    vf_answer_release(resolver->answer);
    if (rc == VF_ENOENT)
        rc = vf_error_set(err, VF_ESCHEMA,
                          "refers to %.*s version %d, which the registry does not have",
                          SUBJECT_SHOWN, subject, version);
    return rc;
}

static int add_reference(struct resolver *resolver, const json_t *reference, int depth,
                         int32_t *index)
{
    const char *subject = json_string_value(json_object_get(reference, "subject"));
    const json_t *number = json_object_get(reference, "version");
    json_int_t version = json_integer_value(number);
    json_t *schema = NULL;

    if (!subject || version < 1 || version > INT32_MAX)
        return vf_talk_unusable(resolver->talk, "a reference's subject or version", resolver->err);
    struct node *node = find_node(resolver, subject, (int32_t)version);
    if (node && node->index == OPEN)
        return vf_error_set(resolver->err, VF_ESCHEMA, "refers to itself through %.*s version %d",
                            SUBJECT_SHOWN, subject, (int)version);
    if (node) {
        *index = node->index;
        return VF_OK;
    }
    if (resolver->count == VF_REGISTRY_REFERENCES_MAX || depth == VF_REGISTRY_REFERENCE_DEPTH_MAX)
        return vf_error_set(resolver->err, VF_ELIMIT,
                            "refers to more than %d others, or more than %d levels deep",
                            VF_REGISTRY_REFERENCES_MAX, VF_REGISTRY_REFERENCE_DEPTH_MAX);
    node = &resolver->nodes[resolver->count];
    *node = (struct node){vf_strdup(subject), (int32_t)version, OPEN};
    if (!node->subject)
        return vf_error_set(resolver->err, VF_ENOMEM, "out of memory");
    resolver->count++;
    int rc = fetch(resolver, subject, (int32_t)version, &schema);
    if (!rc)
        rc = add_schema(resolver, schema, depth + 1, index);
    json_decref(schema);
    node->index = rc ? OPEN : *index;
    return rc;
}

static int add_schema(struct resolver *resolver, const json_t *schema, int depth, int32_t *index)
{
    const json_t *text = json_object_get(schema, "schema");
    const char *type = json_string_value(json_object_get(schema, "schemaType"));
    const json_t *references = json_object_get(schema, "references");
    uint16_t uses[VF_REGISTRY_REFERENCES_MAX];
    size_t count = json_array_size(references);

    if (!json_is_string(text))
        return vf_talk_unusable(resolver->talk, "a schema's text", resolver->err);
    if (type && strcmp(type, "AVRO") != 0)
        return vf_error_set(resolver->err, VF_ESCHEMA, "is of the type %.32s, not AVRO", type);
    if (count > VF_REGISTRY_REFERENCES_MAX)
        return vf_error_set(resolver->err, VF_ELIMIT, "refers to more than %d others",
                            VF_REGISTRY_REFERENCES_MAX);
    for (size_t i = 0; i < count; i++) {
        int32_t used = 0;
        int rc = add_reference(resolver, json_array_get(references, i), depth, &used);
        if (rc)
            return rc;
        uses[i] = (uint16_t)used;
    }
    *index = (int32_t)resolver->bundle->count;
    return vf_bundle_add(resolver->bundle,
                         vf_slice(json_string_value(text), json_string_length(text)), uses, count,
                         resolver->err);
}

int vf_bundle_resolve(struct vf_bundle *bundle, struct vf_talk *talk, const json_t *schema,
                      struct vf_answer *answer, struct vf_error *err)
{
    struct resolver *resolver = vf_calloc(1, sizeof *resolver);
    int32_t root;

    if (!resolver)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    resolver->bundle = bundle;
    resolver->talk = talk;
    resolver->answer = answer;
    resolver->err = err;
    int rc = add_schema(resolver, schema, 0, &root);
    for (size_t i = 0; i < resolver->count; i++)
        vf_free(resolver->nodes[i].subject);
    vf_free(resolver);
    return rc;
}
