/* register and check: the contract's schemas and a registry. */
#include "base/file.h"
#include "base/memory.h"
#include "registry_ids.h"
#include "tool.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum {
    ARENA_BLOCK = 16 * 1024, /* bytes, of texts of the configuration, and schemas */
    ARENA_MAX = 64 * 1024 * 1024,
};

struct register_flags {
    struct vf_common_flags common;
    struct vf_slice registry;
    struct vf_slice subject;
};

#define AT(field) offsetof(struct register_flags, field)

static const struct vf_flag flags[] = {
    VF_TEXT_FLAG(0, "registry", "URL,...", AT(registry), NULL,
                 "the registry; else registry.url of the configuration"),
    VF_TEXT_FLAG(0, "subject", "SUBJECT", AT(subject), NULL,
                 "of the FILE; else the subjects of the configured topics"),
};

struct run {
    const struct register_flags *flags;
    struct vf_config config;
    struct vf_arena arena;
    struct vf_registry *registry; /* owned */
    bool checks;                  /* check, not register */
    bool failed;
    bool unreachable; /* there is no use in asking on */
};

/* Says what the registry said about one schema. */
static void tell(struct run *run, const char *subject, const char *name, int rc,
                 const struct vf_registry_result *result, const struct vf_error *err)
{
    bool incompatible = run->checks && !rc && !result->compatible;

    if (rc) {
        printf("%s\t%s\tFAILED\t%s\n", subject, name, err->text);
    } else if (incompatible) {
        printf("%s\t%s\tINCOMPATIBLE\t%s\n", subject, name,
               result->message ? result->message : "the registry gives no reason");
    } else if (run->checks && result->has_id) {
        printf("%s\t%s\tregistered\tid %" PRIu32 "\n", subject, name, result->id);
    } else if (run->checks) {
        printf("%s\t%s\tcompatible\tnot registered yet\n", subject, name);
    } else {
        printf("%s\t%s\tregistered\tid %" PRIu32 "\n", subject, name, result->id);
    }
    run->failed |= rc || incompatible;
    run->unreachable |= rc == VF_EIO || rc == VF_ETIMEDOUT;
}

static int call(struct run *run, enum vf_registry_operation operation, const char *subject,
                struct vf_slice text, struct vf_registry_result *result, struct vf_error *err)
{
    struct vf_registry_request request = {.operation = operation,
                                          .subject = vf_slice_of(subject),
                                          .text = text,
                                          .patience = VF_REGISTRY_PATIENCE_MS};
    return vf_registry_call(run->registry, &request, result, err);
}

static void handle(struct run *run, const char *subject, const char *name, struct vf_slice text)
{
    struct vf_registry_result result = {.id = 0};
    struct vf_error err = {0};

    if (!run->checks) {
        int rc = call(run, VF_REGISTRY_REGISTER, subject, text, &result, &err);
        tell(run, subject, name, rc, &result, &err);
        vf_registry_result_release(&result);
        return;
    }
    /* What is registered already needs no check. */
    int rc = call(run, VF_REGISTRY_FIND, subject, text, &result, &err);
    if (!rc) {
        result.has_id = result.compatible = true;
    } else if (rc == VF_ENOENT) {
        vf_registry_result_release(&result);
        result = (struct vf_registry_result){.id = 0};
        rc = call(run, VF_REGISTRY_CHECK, subject, text, &result, &err);
        if (rc == VF_ENOENT) { /* nor is there anything to be compatible with */
            rc = VF_OK;
            result.compatible = true;
        }
        result.has_id = false;
    }
    tell(run, subject, name, rc, &result, &err);
    vf_registry_result_release(&result);
}

/* ---- what is registered ---- */

static int read_schema(struct run *run, const char *path, struct vf_slice *out,
                       struct vf_error *err)
{
    int rc = vf_file_read(path, WIRE_SCHEMA_BYTES_MAX, &run->arena, out, err);
    if (rc)
        return rc;
    struct wire_schema *schema;
    rc = wire_schema_parse(*out, &schema, err);
    if (rc) {
        vf_error_prefix(err, "%s", path);
        return rc;
    }
    wire_schema_free(schema);
    return VF_OK;
}

static int handle_contract(struct run *run, struct vf_error *err)
{
    struct vf_contract_schema schemas[VF_CONTRACT_MAX];
    size_t count = vf_contract_schemas(&run->config, schemas);
    int rc = VF_OK;

    for (size_t i = 0; !rc && i < count && !run->unreachable; i++) {
        struct vf_slice text = vf_slice_of(schemas[i].json);
        struct wire_schema *schema;
        char subject[VF_SUBJECT_MAX];
        rc = wire_schema_parse(text, &schema, err);
        if (rc)
            break;
        rc = vf_registry_subject((enum vf_subject_strategy)run->config.registry.subject_strategy,
                                 schemas[i].topic, wire_schema_name(schema), subject);
        wire_schema_free(schema);
        if (rc)
            vf_error_set(err, rc, "the subject of %s is too long", schemas[i].topic.ptr);
        else
            handle(run, subject, schemas[i].name, text);
    }
    return rc;
}

static int handle_all(struct run *run, const struct vf_call *call_made, struct vf_error *err)
{
    const char *subject = run->flags->subject.ptr;
    struct vf_slice text;

    if (!call_made->operand_count && subject)
        return vf_error_set(err, VF_EUSAGE, "--subject is for a FILE");
    if (!call_made->operand_count)
        return handle_contract(run, err);
    if (!subject)
        return vf_error_set(err, VF_EUSAGE, "a FILE needs --subject");
    int rc = read_schema(run, call_made->operands[0], &text, err);
    if (!rc)
        handle(run, subject, call_made->operands[0], text);
    return rc;
}

static int run_command(const struct vf_call *call_made, bool checks)
{
    struct run *run = vf_calloc(1, sizeof *run);
    struct vf_error err = {0};

    if (!run)
        return vf_tool_fail(&(struct vf_error){.code = VF_ENOMEM});
    run->flags = call_made->flags;
    run->checks = checks;
    run->config = *call_made->config;
    if (run->flags->registry.ptr)
        run->config.registry.url = run->flags->registry;
    vf_arena_init(&run->arena, ARENA_BLOCK, ARENA_MAX);
    int rc = vf_registry_of_config(&run->config, &run->arena, &run->registry, &err);
    if (!rc)
        rc = handle_all(run, call_made, &err);
    if (!rc && fflush(stdout))
        rc = vf_error_set(&err, VF_EIO, "standard output: %s", strerror(errno));
    int code = rc ? vf_tool_fail(&err) : run->failed ? VF_TOOL_FAILURE : VF_TOOL_OK;
    vf_registry_free(run->registry);
    vf_arena_release(&run->arena);
    vf_free(run);
    return code;
}

static int run_register(const struct vf_call *call_made)
{
    return run_command(call_made, false);
}

static int run_check(const struct vf_call *call_made)
{
    return run_command(call_made, true);
}

const struct vf_tool_command vf_tool_register = {
    .name = "register",
    .operands = "[FILE]",
    .summary = "Registers the schemas with the schema registry.",
    .details =
        "FILE is an Avro schema; without one it is the contract's schemas, for the topics of\n"
        "the configuration. One line for each: subject, schema, outcome, id. To register a\n"
        "schema again changes nothing.\n",
    .examples = "  visitfeed-producer register --registry http://localhost:8081\n"
                "  visitfeed-producer register --subject parliament.visits-value visit.avsc\n",
    .flags = {flags, sizeof flags / sizeof *flags},
    .flags_size = sizeof(struct register_flags),
    .operands_min = 0,
    .operands_max = 1,
    .clients = VF_TOOL_PRODUCES,
    .run = run_register};

const struct vf_tool_command vf_tool_check = {
    .name = "check",
    .operands = "[FILE]",
    .summary = "Says whether the registry has the schemas, or would take them.",
    .details = "As register, but nothing is changed. The exit status is 1 when a schema is not\n"
               "compatible with what the registry has.\n",
    .examples = "  visitfeed-producer check --config /etc/visitfeed/visitfeed.ini\n"
                "  visitfeed-producer check --subject parliament.visits-value visit.avsc\n",
    .flags = {flags, sizeof flags / sizeof *flags},
    .flags_size = sizeof(struct register_flags),
    .operands_min = 0,
    .operands_max = 1,
    .clients = VF_TOOL_PRODUCES,
    .run = run_check};
