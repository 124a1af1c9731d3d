/* The registry's client against a scripted server: every way in which a registry fails. */
#include "test_support.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "observe/log.h"
#include "registry/operations.h"
#include "test_http_server.h"
#include <fcntl.h>
#include <time.h>

#define STRING_SCHEMA "{\"schema\":\"\\\"string\\\"\"}"
#define NOT_FOUND "{\"error_code\":40403,\"message\":\"Schema not found\"}"

static const char secret[] = "sesame-4711";

struct fixture {
    struct vf_registry_config config;
    struct test_server server;
    bool serving;
    struct vf_registry *registry;
    struct vf_registry_result result;
    struct vf_error err;
    int log[2]; /* a pipe that takes what is logged */
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    f->config = (struct vf_registry_config){.connect_timeout = 2000,
                                            .timeout = 4000,
                                            .retry_first = 5,
                                            .retry_max = 20,
                                            .answer_bytes_max = 1 << 20,
                                            .redirects_max = 3};
    if (pipe2(f->log, O_NONBLOCK | O_CLOEXEC))
        return -1;
    vf_log_set_fd(f->log[1]);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    vf_registry_result_release(&f->result);
    vf_registry_free(f->registry);
    if (f->serving)
        test_server_stop(&f->server);
    vf_log_set_fd(2);
    close(f->log[0]);
    close(f->log[1]);
    free(f);
    return 0;
}

/* What was logged since the last call; a static text. */
static const char *logged(struct fixture *f)
{
    static char text[1 << 16];
    ssize_t n = read(f->log[0], text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void serve(struct fixture *f, const struct test_route *routes, size_t count)
{
    test_server_start(&f->server, routes, count);
    f->serving = true;
    f->config.urls = f->server.url;
}

static void stop_serving(struct fixture *f)
{
    test_server_stop(&f->server);
    f->serving = false;
}

static void connect_to(struct fixture *f)
{
    if (vf_registry_create(&f->config, NULL, NULL, &f->registry, &f->err))
        fail_msg("%s", f->err.text);
}

#define SERVE(f, ...)                                                                              \
    do {                                                                                           \
        static const struct test_route routes_[] = {__VA_ARGS__};                                  \
        serve(f, routes_, sizeof routes_ / sizeof *routes_);                                       \
        connect_to(f);                                                                             \
    } while (0)

static int call(struct fixture *f, const struct vf_registry_request *request)
{
    vf_registry_result_release(&f->result);
    f->err = (struct vf_error){0};
    return vf_registry_call(f->registry, request, &f->result, &f->err);
}

static int by_id(struct fixture *f, uint32_t id, int64_t patience)
{
    return call(f, &(struct vf_registry_request){
                       .operation = VF_REGISTRY_BY_ID, .id = id, .patience = patience});
}

static int with_text(struct fixture *f, enum vf_registry_operation operation, const char *subject,
                     const char *text)
{
    return call(f, &(struct vf_registry_request){.operation = operation,
                                                 .subject = vf_slice_of(subject),
                                                 .text = vf_slice_of(text)});
}

#define assert_code(rc, expected) assert_string_equal(vf_error_name(rc), vf_error_name(expected))

/* ---- what is asked, and what comes back ---- */

static void schema_by_id(void **state)
{
    struct fixture *f = *state;
    SERVE(f, {"GET /schemas/ids/7", {{.status = 200, .body = STRING_SCHEMA}}});
    assert_code(by_id(f, 7, 0), VF_OK);
    assert_slice(wire_schema_name(f->result.schema), "string");
    assert_true(f->result.has_id && f->result.id == 7);
    assert_false(f->result.has_guid || f->result.cached);
    assert_true(test_server_saw(&f->server, 0, "GET /schemas/ids/7 HTTP/1.1\r\n"));
    assert_true(test_server_saw(&f->server, 0, "Accept: application/vnd.schemaregistry.v1+json"));
    assert_false(test_server_saw(&f->server, 0, "Authorization"));
    struct vf_registry_status status;
    vf_registry_status(f->registry, &status);
    assert_int_equal(status.exchanges, 1);
    assert_int_equal(status.failures, 0);
    assert_true(status.reachable);
}

static void schema_by_subject(void **state)
{
    struct fixture *f = *state;
    SERVE(f,
          {"GET /subjects/a%2Fb%20%C3%A9-value/versions/latest",
           {{.status = 200,
             .body = "{\"id\":12,\"version\":3,\"schemaType\":\"AVRO\","
                     "\"guid\":\"0198C1E2-0000-7ABC-8def-0123456789ab\","
                     "\"schema\":\"\\\"int\\\"\"}"}}},
          {"GET /subjects/s/versions/2",
           {{.status = 200, .body = "{\"id\":13,\"version\":2,\"schema\":\"\\\"long\\\"\"}"}}},
          {"GET /subjects/s/versions/9",
           {{.status = 404, .body = "{\"error_code\":40402,\"message\":\"no version 9\"}"}}});
    struct vf_registry_request request = {.operation = VF_REGISTRY_BY_SUBJECT,
                                          .subject = vf_slice_of("a/b \xC3\xA9-value")};
    assert_code(call(f, &request), VF_OK);
    assert_slice(wire_schema_name(f->result.schema), "int");
    assert_int_equal(f->result.id, 12);
    assert_int_equal(f->result.version, 3);
    assert_true(f->result.has_guid);
    char guid[VF_REGISTRY_GUID_TEXT];
    vf_registry_guid_format(f->result.guid, guid);
    assert_string_equal(guid, "0198c1e2-0000-7abc-8def-0123456789ab");

    request.subject = vf_slice_of("s");
    request.version = 2;
    assert_code(call(f, &request), VF_OK);
    assert_int_equal(f->result.id, 13);
    request.version = 9;
    assert_code(call(f, &request), VF_ENOENT);
    assert_contains(f->err.text, "subject s: ");
    assert_contains(f->err.text, "no version 9");
    request.version = -1;
    assert_code(call(f, &request), VF_EINVAL);
    request.subject = vf_slice_of("");
    assert_code(call(f, &request), VF_EINVAL);
}

static void schema_by_guid(void **state)
{
    struct fixture *f = *state;
    SERVE(f,
          {"GET /schemas/guids/00010203-0405-0607-0809-0a0b0c0d0e0f",
           {{.status = 200, .body = STRING_SCHEMA}}},
          {"GET /schemas/guids/ff010203-0405-0607-0809-0a0b0c0d0e0f",
           {{.status = 404, .body = "{\"error_code\":0,\"message\":\"no such path\"}"}}});
    struct vf_registry_request request = {.operation = VF_REGISTRY_BY_GUID};
    for (uint8_t i = 0; i < sizeof request.guid; i++)
        request.guid[i] = i;
    assert_code(call(f, &request), VF_OK);
    assert_slice(wire_schema_name(f->result.schema), "string");
    assert_true(f->result.has_guid);
    assert_memory_equal(f->result.guid, request.guid, sizeof request.guid);
    /* A registry without GUIDs has none of them: it need not be asked again. */
    request.guid[0] = 0xFF;
    assert_code(call(f, &request), VF_ENOENT);
    assert_contains(f->err.text, "ff010203-0405-0607-0809-0a0b0c0d0e0f");
}

static void registering(void **state)
{
    struct fixture *f = *state;
    SERVE(
        f,
        {"POST /subjects/new-value/versions",
         {{.status = 200, .body = "{\"id\":5,\"guid\":\"00010203-0405-0607-0809-0a0b0c0d0e0f\"}"}}},
        {"POST /subjects/old-value/versions",
         {{.status = 409,
           .body = "{\"error_code\":409,\"message\":\"reader lacks field colour\"}"}}},
        {"POST /subjects/raced-value/versions",
         {{.status = 409, .body = "{\"error_code\":409,\"message\":\"already exists\"}"}}},
        {"POST /subjects/raced-value", {{.status = 200, .body = "{\"id\":8,\"version\":1}"}}},
        {"POST /subjects/old-value", {{.status = 404, .body = NOT_FOUND}}},
        {"POST /subjects/bad-value/versions",
         {{.status = 422, .body = "{\"error_code\":42201,\"message\":\"no Avro\"}"}}},
        {"POST /subjects/known-value", {{.status = 200, .body = "{\"id\":6,\"version\":2}"}}},
        {"POST /subjects/spaced-value?normalize=true", {{.status = 200, .body = "{\"id\":7}"}}},
        {"POST /subjects/spaced-value", {{.status = 404, .body = NOT_FOUND}}},
        {"POST /subjects/unknown-value", {{.status = 404, .body = NOT_FOUND}}});
    static const char text[] = " { \"type\" :\n\"string\" } ";

    assert_code(with_text(f, VF_REGISTRY_REGISTER, "new-value", text), VF_OK);
    assert_int_equal(f->result.id, 5);
    assert_true(f->result.has_guid);
    assert_true(test_server_saw(&f->server, 0, "Content-Type: application/vnd.schemaregistry"));
    assert_true(test_server_saw(&f->server, 0, "{\"schema\":\"{\\\"type\\\":\\\"string\\\"}\"}"));

    assert_code(with_text(f, VF_REGISTRY_REGISTER, "old-value", text), VF_EINCOMPATIBLE);
    assert_contains(f->err.text, "subject old-value: ");
    assert_contains(f->err.text, "reader lacks field colour");
    assert_string_equal(f->result.message, "reader lacks field colour");
    assert_code(with_text(f, VF_REGISTRY_REGISTER, "raced-value", text), VF_OK);
    assert_int_equal(f->result.id, 8);
    assert_code(with_text(f, VF_REGISTRY_REGISTER, "bad-value", text), VF_ESCHEMA);
    assert_code(with_text(f, VF_REGISTRY_FIND, "known-value", text), VF_OK);
    assert_int_equal(f->result.id, 6);
    assert_int_equal(f->result.version, 2);
    assert_code(with_text(f, VF_REGISTRY_FIND, "spaced-value", text), VF_OK);
    assert_int_equal(f->result.id, 7);
    assert_code(with_text(f, VF_REGISTRY_FIND, "unknown-value", text), VF_ENOENT);
    assert_code(with_text(f, VF_REGISTRY_REGISTER, "new-value", "{"), VF_EJSON);
    assert_int_equal(test_server_count(&f->server, "POST"), 11);
}

static void compatibility_check(void **state)
{
    struct fixture *f = *state;
    SERVE(f,
          {"POST /compatibility/subjects/fits/versions/latest",
           {{.status = 200, .body = "{\"is_compatible\":true}"}}},
          {"POST /compatibility/subjects/differs/versions/latest",
           {{.status = 200,
             .body = "{\"is_compatible\":false,\"messages\":[\"first\",\"second\"]}"}}},
          {"POST /compatibility/subjects/reasons/versions/latest",
           {{.status = 200, .body = "{\"is_compatible\":false,\"reason\":\"why\"}"}}},
          {"POST /compatibility/subjects/none/versions/latest",
           {{.status = 404, .body = "{\"error_code\":40401,\"message\":\"no subject\"}"}}});
    assert_code(with_text(f, VF_REGISTRY_CHECK, "fits", "\"int\""), VF_OK);
    assert_true(f->result.compatible);
    assert_true(test_server_saw(&f->server, 0, "versions/latest?verbose=true "));
    assert_code(with_text(f, VF_REGISTRY_CHECK, "differs", "\"int\""), VF_OK);
    assert_false(f->result.compatible);
    assert_string_equal(f->result.message, "first; second");
    assert_code(with_text(f, VF_REGISTRY_CHECK, "reasons", "\"int\""), VF_OK);
    assert_false(f->result.compatible);
    assert_string_equal(f->result.message, "why");
    assert_code(with_text(f, VF_REGISTRY_CHECK, "none", "\"int\""), VF_OK);
    assert_true(f->result.compatible);
}

/* ---- refusals and failures ---- */

static void missing_schema_is_the_last_word_only_from_a_registry(void **state)
{
    struct fixture *f = *state;
    SERVE(f, {"GET /schemas/ids/1", {{.status = 404, .body = NOT_FOUND}}},
          {"GET /schemas/ids/2",
           {{.status = 404, .type = "text/html", .body = "<html>default backend</html>"},
            {.status = 404, .body = "{\"error_code\":404,\"message\":\"HTTP 404\"}"},
            {.status = 200, .body = STRING_SCHEMA}}});
    assert_code(by_id(f, 1, VF_REGISTRY_FOREVER), VF_ENOENT);
    assert_contains(f->err.text, "schema id 1: ");
    assert_contains(f->err.text, "Schema not found");
    assert_int_equal(test_server_count(&f->server, "GET /schemas/ids/1 "), 1);
    assert_code(by_id(f, 2, VF_REGISTRY_FOREVER), VF_OK);
    assert_int_equal(test_server_count(&f->server, "GET /schemas/ids/2 "), 3);
    /* Such ids are garbage, which some registries know no better than to call a wrong path. */
    assert_code(by_id(f, 1U << 31, VF_REGISTRY_FOREVER), VF_ENOENT);
    assert_code(by_id(f, UINT32_MAX, VF_REGISTRY_FOREVER), VF_ENOENT);
    assert_int_equal(test_server_count(&f->server, "GET"), 4);
}

static void server_errors_are_tried_again(void **state)
{
    struct fixture *f = *state;
    SERVE(f,
          {"GET /schemas/ids/1",
           {{.status = 500, .body = "{\"error_code\":50001,\"message\":\"store\"}"},
            {.status = 503, .type = "text/plain", .body = "busy"},
            {.status = TEST_SILENT},
            {.status = 200, .body = STRING_SCHEMA}}},
          {"GET /schemas/ids/2",
           {{.status = 500, .body = "{\"error_code\":50001,\"message\":\"store is down\"}"}}});
    assert_code(by_id(f, 1, VF_REGISTRY_FOREVER), VF_OK);
    assert_int_equal(test_server_count(&f->server, "GET"), 4);
    assert_contains(logged(f), "trying again");

    int64_t began = now_ms();
    assert_code(by_id(f, 2, 200), VF_EIO);
    assert_in_range(now_ms() - began, 100, 2000);
    assert_contains(f->err.text, "store is down");
    /* 5, 10, 20, 20 ... ms, or half of it */
    assert_in_range(test_server_count(&f->server, "GET /schemas/ids/2 "), 8, 30);
    struct vf_registry_status status;
    vf_registry_status(f->registry, &status);
    assert_false(status.reachable);
    assert_int_equal(status.waiting, 0);
}

static void too_many_requests_wait_as_told(void **state)
{
    struct fixture *f = *state;
    SERVE(f,
          {"GET /schemas/ids/1",
           {{.status = 429, .headers = "Retry-After: 1\r\n", .body = "{}"},
            {.status = 200, .body = STRING_SCHEMA}}},
          {"GET /schemas/ids/2",
           {{.status = 429, .headers = "Retry-After: 2000000\r\n", .body = "{}"}}});
    int64_t began = now_ms();
    assert_code(by_id(f, 1, VF_REGISTRY_FOREVER), VF_OK);
    assert_in_range(now_ms() - began, 900, 3000);
    assert_int_equal(test_server_count(&f->server, "GET"), 2);
    /* Who has no such patience is told at once. */
    began = now_ms();
    assert_code(by_id(f, 2, 60000), VF_EIO);
    assert_contains(f->err.text, "429");
    assert_true(now_ms() - began < 1000);
}

static void slow_answers_time_out(void **state)
{
    struct fixture *f = *state;
    f->config.timeout = 150;
    SERVE(f,
          {"GET /schemas/ids/1",
           {{.status = 200, .body = STRING_SCHEMA, .delay_ms = 10000},
            {.status = 200, .body = STRING_SCHEMA}}},
          {"GET /schemas/ids/2", {{.status = 200, .body = STRING_SCHEMA, .delay_ms = 10000}}});
    assert_code(by_id(f, 1, VF_REGISTRY_FOREVER), VF_OK);
    int64_t began = now_ms();
    assert_code(by_id(f, 2, 0), VF_ETIMEDOUT);
    assert_in_range(now_ms() - began, 100, 2000);
    assert_contains(f->err.text, "150 ms");
}

static void half_an_answer_is_none(void **state)
{
    struct fixture *f = *state;
    SERVE(f, {"GET /schemas/ids/1",
              {{.status = 200, .body = STRING_SCHEMA, .cut = 5},
               {.status = 200, .body = STRING_SCHEMA, .cut = sizeof STRING_SCHEMA - 1},
               {.status = 200, .body = STRING_SCHEMA}}});
    assert_code(by_id(f, 1, VF_REGISTRY_FOREVER), VF_OK);
    assert_int_equal(test_server_count(&f->server, "GET"), 3);
}

static void answers_have_a_limit(void **state)
{
    struct fixture *f = *state;
    SERVE(f, {"GET /schemas/ids/1", {{.status = 200, .filler = 10 << 20}}},
          {"GET /schemas/ids/2", {{.status = 200, .filler = 10 << 20, .type = "text/html"}}},
          {"GET /schemas/ids/3", {{.status = 500, .filler = 10 << 20}}});
    assert_code(by_id(f, 1, VF_REGISTRY_FOREVER), VF_ELIMIT);
    assert_contains(f->err.text, "longer than 1048576 bytes");
    assert_int_equal(test_server_count(&f->server, "GET"), 1);
    assert_code(by_id(f, 2, 0), VF_EIO);
    assert_code(by_id(f, 3, 0), VF_EIO);
    assert_contains(f->err.text, "500");
}

static void wrong_json_is_no_answer(void **state)
{
    struct fixture *f = *state;
    SERVE(f, {"GET /schemas/ids/1", {{.status = 200, .body = "<html>"}}},
          {"GET /schemas/ids/2", {{.status = 200, .body = ""}}},
          {"GET /schemas/ids/3", {{.status = 200, .body = "{\"id\":3}"}}},
          {"GET /schemas/ids/4", {{.status = 200, .body = "[{\"schema\":\"\\\"int\\\"\"}]"}}},
          {"GET /schemas/ids/5", {{.status = 200, .body = "{\"schema\":{\"type\":\"int\"}}"}}},
          {"GET /schemas/ids/6",
           {{.status = 200, .body = "{\"schema\":\"1\",\"references\":[{\"name\":\"x\"}]}"}}},
          {"GET /schemas/ids/7", {{.status = 200, .body = STRING_SCHEMA STRING_SCHEMA}}},
          {"GET /subjects/s/versions/latest", {{.status = 200, .body = STRING_SCHEMA}}},
          {"POST /subjects/s/versions", {{.status = 200, .body = "{\"id\":\"5\"}"}}},
          {"POST /subjects/s", {{.status = 200, .body = "{\"id\":2147483648}"}}},
          {"POST /compatibility/subjects/s/versions/latest",
           {{.status = 200, .body = "{\"is_compatible\":1}"}}});
    for (uint32_t id = 1; id <= 7; id++)
        assert_code(by_id(f, id, 0), VF_EJSON);
    assert_code(call(f, &(struct vf_registry_request){.operation = VF_REGISTRY_BY_SUBJECT,
                                                      .subject = vf_slice_of("s")}),
                VF_EJSON);
    assert_code(with_text(f, VF_REGISTRY_REGISTER, "s", "\"int\""), VF_EJSON);
    assert_code(with_text(f, VF_REGISTRY_FIND, "s", "\"int\""), VF_EJSON);
    assert_code(with_text(f, VF_REGISTRY_CHECK, "s", "\"int\""), VF_EJSON);
}

static void unusable_schemas_are_the_last_word(void **state)
{
    struct fixture *f = *state;
    SERVE(f,
          {"GET /schemas/ids/1",
           {{.status = 200, .body = "{\"schema\":\"{\\\"type\\\":\\\"nonsense\\\"}\"}"}}},
          {"GET /schemas/ids/2", {{.status = 200, .body = "{\"schema\":\"syntax = proto3\"}"}}},
          {"GET /schemas/ids/3",
           {{.status = 200, .body = "{\"schema\":\"x\",\"schemaType\":\"PROTOBUF\"}"}}});
    assert_code(by_id(f, 1, VF_REGISTRY_FOREVER), VF_ESCHEMA);
    assert_contains(f->err.text, "nonsense");
    assert_code(by_id(f, 2, VF_REGISTRY_FOREVER), VF_EJSON);
    assert_code(by_id(f, 3, VF_REGISTRY_FOREVER), VF_ESCHEMA);
    assert_contains(f->err.text, "PROTOBUF");
}

/* ---- references ---- */

#define RECORD(name, fields)                                                                       \
    "\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"" name                             \
    "\\\",\\\"fields\\\":[" fields "]}\""
#define FIELD(name, type) "{\\\"name\\\":\\\"" name "\\\",\\\"type\\\":\\\"" type "\\\"}"
#define REFERENCE(subject, version)                                                                \
    "{\"name\":\"n\",\"subject\":\"" subject "\",\"version\":" version "}"

static void references_are_fetched_once_each(void **state)
{
    struct fixture *f = *state;
    SERVE(f,
          {"GET /schemas/ids/1",
           {{.status = 200,
             .body = "{" RECORD(
                 "a.Top", FIELD("l", "a.Left") "," FIELD(
                              "r", "a.Right")) ","
                                               "\"references\":[" REFERENCE(
                                                   "left", "1") "," REFERENCE("right", "2") "]}"}}},
          {"GET /subjects/left/versions/1",
           {{.status = 200,
             .body = "{\"id\":2," RECORD(
                 "a.Left", FIELD("b", "a.Base")) ","
                                                 "\"references\":[" REFERENCE("base", "3") "]}"}}},
          {"GET /subjects/right/versions/2",
           {{.status = 500},
            {.status = 200,
             .body = "{\"id\":3," RECORD(
                 "a.Right", FIELD("b", "a.Base")) ","
                                                  "\"references\":[" REFERENCE("base", "3") "]}"}}},
          {"GET /subjects/base/versions/3",
           {{.status = 200, .body = "{\"id\":4," RECORD("a.Base", FIELD("x", "int")) "}"}}});
    assert_code(by_id(f, 1, VF_REGISTRY_FOREVER), VF_OK);
    assert_contains(wire_schema_canonical(f->result.schema).ptr, "\"a.Base\"");
    assert_true(test_server_saw(&f->server, 1, "GET /subjects/left/versions/1?deleted=true "));
    /* The failure made it begin anew, and neither time was Base asked for twice. */
    assert_int_equal(test_server_count(&f->server, "GET /subjects/base"), 2);
    assert_int_equal(test_server_count(&f->server, "GET"), 8);
}

static void cyclic_references_end(void **state)
{
    struct fixture *f = *state;
    SERVE(
        f,
        {"GET /schemas/ids/1",
         {{.status = 200, .body = "{\"schema\":\"1\",\"references\":[" REFERENCE("a", "1") "]}"}}},
        {"GET /subjects/a/versions/1",
         {{.status = 200, .body = "{\"schema\":\"1\",\"references\":[" REFERENCE("b", "1") "]}"}}},
        {"GET /subjects/b/versions/1",
         {{.status = 200, .body = "{\"schema\":\"1\",\"references\":[" REFERENCE("a", "1") "]}"}}});
    assert_code(by_id(f, 1, VF_REGISTRY_FOREVER), VF_ESCHEMA);
    assert_contains(f->err.text, "refers to itself through a version 1");
    assert_int_equal(test_server_count(&f->server, "GET"), 3);
}

static void missing_reference_is_named(void **state)
{
    struct fixture *f = *state;
    SERVE(
        f,
        {"GET /schemas/ids/1",
         {{.status = 200, .body = "{\"schema\":\"1\",\"references\":[" REFERENCE("a", "5") "]}"}}},
        {"GET /subjects/a/versions/5",
         {{.status = 404, .body = "{\"error_code\":40402,\"message\":\"none\"}"}}});
    assert_code(by_id(f, 1, VF_REGISTRY_FOREVER), VF_ESCHEMA);
    assert_contains(f->err.text, "refers to a version 5, which the registry does not have");
}

/* A chain s1 -> s2 -> ... as long as asked for, and a fan of as many references. */
static struct test_route *make_chain(size_t count, char *texts, size_t text_size)
{
    struct test_route *routes = calloc(count + 2, sizeof *routes);

    for (size_t i = 0; i < count; i++) {
        char *request = texts + 2 * i * text_size;
        char *body = request + text_size;
        snprintf(request, text_size, "GET /subjects/s%zu/versions/1", i);
        snprintf(
            body, text_size,
            "{\"schema\":\"\\\"int\\\"\",\"references\":[{\"subject\":\"s%zu\",\"version\":1}]}",
            i + 1);
        routes[i] = (struct test_route){request, {{.status = 200, .body = body}}};
    }
    return routes;
}

static void references_have_limits(void **state)
{
    struct fixture *f = *state;
    enum { CHAIN = 60, TEXT = 128, FAN = VF_REGISTRY_REFERENCES_MAX + 1 };
    char *texts = calloc(2 * CHAIN, TEXT);
    struct test_route *routes = make_chain(CHAIN, texts, TEXT);
    struct vf_buffer fan;

    vf_buffer_init(&fan, 1 << 20);
    vf_buffer_append_text(&fan, "{\"schema\":\"\\\"int\\\"\",\"references\":[");
    for (int i = 0; i < FAN; i++)
        vf_buffer_printf(&fan, "%s{\"subject\":\"x%d\",\"version\":1}", i ? "," : "", i);
    vf_buffer_append(&fan, "]}", 3);
    routes[CHAIN] = (struct test_route){
        "GET /schemas/ids/1",
        {{.status = 200,
          .body = "{\"schema\":\"\\\"int\\\"\",\"references\":[" REFERENCE("s0", "1") "]}"}}};
    routes[CHAIN + 1] =
        (struct test_route){"GET /schemas/ids/2", {{.status = 200, .body = fan.data}}};
    serve(f, routes, CHAIN + 2);
    connect_to(f);
    assert_code(by_id(f, 1, VF_REGISTRY_FOREVER), VF_ELIMIT);
    assert_contains(f->err.text, "32 levels");
    assert_int_equal(test_server_count(&f->server, "GET"), 1 + VF_REGISTRY_REFERENCE_DEPTH_MAX);
    assert_code(by_id(f, 2, VF_REGISTRY_FOREVER), VF_ELIMIT);
    assert_int_equal(test_server_count(&f->server, "GET /subjects/x"), 0);
    stop_serving(f);
    vf_buffer_release(&fan);
    free(routes);
    free(texts);
}

/* ---- URLs, redirects, credentials ---- */

static void the_next_url_is_asked_and_stays(void **state)
{
    struct fixture *f = *state;
    struct test_server other;
    static const struct test_route good[] = {
        {"GET /base/schemas/ids/1", {{.status = 200, .body = STRING_SCHEMA}}},
        {"GET /base/schemas/ids/2", {{.status = TEST_SILENT}}}};
    static const struct test_route bad[] = {
        {"GET /schemas/ids/1", {{.status = 503, .body = "busy"}}},
        {"GET /schemas/ids/2", {{.status = 200, .body = STRING_SCHEMA}}}};
    char urls[256];

    test_server_start(&other, good, 2);
    serve(f, bad, 2);
    snprintf(urls, sizeof urls, "http://127.0.0.1:1, %s/,\n%s/base/", f->server.url, other.url);
    f->config.urls = urls;
    connect_to(f);
    assert_code(by_id(f, 1, 0), VF_OK);
    assert_int_equal(test_server_count(&f->server, "GET"), 1);
    assert_int_equal(test_server_count(&other, "GET"), 1);
    assert_contains(logged(f), "asking another URL");
    assert_code(by_id(f, 1, 0), VF_OK);
    assert_int_equal(test_server_count(&f->server, "GET"), 1);
    assert_int_equal(test_server_count(&other, "GET"), 2);
    /* From there in a circle. */
    assert_code(by_id(f, 2, 0), VF_OK);
    assert_int_equal(test_server_count(&f->server, "GET /schemas/ids/2 "), 1);
    test_server_stop(&other);
}

static void too_many_requests_are_not_taken_elsewhere(void **state)
{
    struct fixture *f = *state;
    static const struct test_route routes[] = {
        {"GET /schemas/ids/1", {{.status = 429, .body = "{}"}}}};
    struct test_server other;
    char urls[256];

    test_server_start(&other, routes, 1);
    serve(f, routes, 1);
    snprintf(urls, sizeof urls, "%s,%s", f->server.url, other.url);
    f->config.urls = urls;
    connect_to(f);
    assert_code(by_id(f, 1, 0), VF_EIO);
    assert_int_equal(test_server_count(&other, "GET"), 0);
    test_server_stop(&other);
}

static void credentials_are_sent_and_never_shown(void **state)
{
    struct fixture *f = *state;
    static const struct test_route routes[] = {
        {"GET /schemas/ids/1",
         {{.status = 401, .body = "{\"error_code\":401,\"message\":\"Unauthorized\"}"}}},
        {"POST /subjects/s/versions",
         {{.status = 403, .body = "{\"error_code\":40301,\"message\":\"not yours\"}"}}}};
    char url[128];

    serve(f, routes, 2);
    f->config.user = "u:1";
    f->config.password = secret;
    assert_code(vf_registry_config_check(&f->config, &f->err), VF_OK);
    f->config.user = "user";
    connect_to(f);
    assert_code(by_id(f, 1, 0), VF_EACCES);
    assert_null(strstr(f->err.text, secret));
    assert_true(
        test_server_saw(&f->server, 0, "\r\nAuthorization: Basic dXNlcjpzZXNhbWUtNDcxMQ=="));
    /* A record that waits is not to blame. */
    assert_code(by_id(f, 1, 50), VF_EACCES);
    assert_true(test_server_count(&f->server, "GET") > 3);
    assert_code(with_text(f, VF_REGISTRY_REGISTER, "s", "\"int\""), VF_EACCES);
    assert_contains(f->err.text, "not yours");
    assert_int_equal(test_server_count(&f->server, "POST"), 1);
    assert_null(strstr(logged(f), secret));
    vf_registry_free(f->registry);

    f->config.user = f->config.password = NULL;
    f->config.token = secret;
    connect_to(f);
    size_t before = f->server.count;
    assert_code(by_id(f, 1, 0), VF_EACCES);
    assert_true(test_server_saw(&f->server, before, "\r\nAuthorization: Bearer sesame-4711\r\n"));
    assert_null(strstr(f->err.text, secret));
    assert_null(strstr(logged(f), secret));
    vf_registry_free(f->registry);

    snprintf(url, sizeof url, "http://user:%s@127.0.0.1:%d", secret, f->server.port);
    f->config.urls = url;
    connect_to(f);
    before = f->server.count;
    assert_code(by_id(f, 1, 0), VF_EACCES);
    assert_true(test_server_saw(&f->server, before, "Authorization: Basic dXNlcjpzZXNhbWUtNDcxMQ"));
    assert_null(strstr(f->err.text, secret));
    const char *log = logged(f);
    assert_null(strstr(log, secret));
    assert_contains(log, "without encryption");
}

static void redirects_are_followed_within_limits(void **state)
{
    struct fixture *f = *state;
    struct test_server other;
    static const struct test_route target[] = {
        {"GET /moved", {{.status = 200, .body = STRING_SCHEMA}}},
        {"POST /moved", {{.status = 200, .body = "{\"id\":9}"}}}};
    char location[128];
    char circle[] = "Location: /schemas/ids/2\r\n";

    test_server_start(&other, target, 2);
    snprintf(location, sizeof location, "Location: %s/moved\r\n", other.url);
    const struct test_route routes[] = {
        {"GET /schemas/ids/1", {{.status = 302, .headers = location}}},
        {"GET /schemas/ids/2", {{.status = 301, .headers = circle}}},
        {"GET /schemas/ids/3", {{.status = 302, .headers = "Location: file:///etc/passwd\r\n"}}},
        {"POST /subjects/s/versions", {{.status = 301, .headers = location}}}};
    serve(f, routes, 4);
    f->config.user = "user";
    f->config.password = secret;
    connect_to(f);
    assert_code(by_id(f, 1, 0), VF_OK);
    assert_true(test_server_saw(&f->server, 0, "Authorization"));
    assert_false(test_server_saw(&other, 0, "Authorization"));
    assert_code(by_id(f, 2, 0), VF_EIO);
    assert_contains(f->err.text, "more than 3 redirects");
    assert_int_equal(test_server_count(&f->server, "GET /schemas/ids/2 "), 4);
    assert_code(by_id(f, 3, 0), VF_EIO);
    assert_code(with_text(f, VF_REGISTRY_REGISTER, "s", "\"int\""), VF_OK);
    assert_int_equal(f->result.id, 9);
    assert_true(test_server_saw(&other, 1, "\\\"int\\\""));
    vf_registry_free(f->registry);

    f->config.redirects_max = 0;
    connect_to(f);
    assert_code(by_id(f, 1, 0), VF_EIO);
    assert_contains(f->err.text, "302");
    test_server_stop(&other);
}

static void wrong_configurations_are_told(void **state)
{
    struct fixture *f = *state;
    const struct {
        struct vf_registry_config config;
        const char *words;
    } wrong[] = {
        {{.urls = ""}, "there is no URL"},
        {{.urls = " , "}, "there is no URL"},
        {{.urls = "http://a, b:8081"}, "URL 2"},
        {{.urls = "ftp://user:sesame-4711@a"}, "URL 1 begins neither"},
        {{.urls = "file:///etc/passwd"}, "URL 1"},
        {{.urls = "http://user:sesame-4711@a/?x=1"}, "URL 1 has a part behind ?"},
        {{.urls = "http://a/#x"}, "behind #"},
        {{.urls = "http://user:sesame-4711@a:99999"}, "URL 1"},
        {{.urls = "http://a", .token = secret, .user = "u"}, "token"},
        {{.urls = "http://a", .password = secret}, "password without a user"},
        {{.urls = "https://a", .key_file = "/dev/null"}, "without a certificate"},
        {{.urls = "https://a", .ca_file = "/nonexistent/ca.pem"}, "/nonexistent/ca.pem"},
        {{.urls = "http://1,http://2,http://3,http://4,http://5,http://6,http://7,http://8,"
                  "http://9,http://10,http://11,http://12,http://13,http://14,http://15,http://16,"
                  "http://17"},
         "more than 16"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_code(vf_registry_config_check(&wrong[i].config, &f->err), VF_ECONFIG);
        assert_contains(f->err.text, wrong[i].words);
        assert_null(strstr(f->err.text, secret));
        assert_code(vf_registry_create(&wrong[i].config, NULL, NULL, &f->registry, &f->err),
                    VF_ECONFIG);
        assert_null(f->registry);
    }
}

/* ---- queues and threads ---- */

static void wake(void *owner)
{
    int *pipe_end = owner;
    if (write(*pipe_end, "", 1) != 1)
        abort();
}

static void results_come_by_a_queue(void **state)
{
    struct fixture *f = *state;
    static const struct test_route routes[] = {
        {"GET /schemas/ids/1",
         {{.status = 503}, {.status = 503}, {.status = 200, .body = STRING_SCHEMA}}},
        {"GET /schemas/ids/2", {{.status = 404, .body = NOT_FOUND}}}};
    int ends[2];
    bool seen[3] = {false};

    assert_int_equal(pipe(ends), 0);
    serve(f, routes, 2);
    assert_code(vf_registry_create(&f->config, wake, &ends[1], &f->registry, &f->err), VF_OK);
    assert_false(vf_registry_take(f->registry, &f->result));
    for (uint32_t id = 1; id <= 2; id++)
        assert_code(vf_registry_ask(f->registry,
                                    &(struct vf_registry_request){.operation = VF_REGISTRY_BY_ID,
                                                                  .id = id,
                                                                  .tag = 100 + id,
                                                                  .patience = VF_REGISTRY_FOREVER},
                                    &f->err),
                    VF_OK);
    for (int taken = 0; taken < 2;) {
        char byte;
        assert_int_equal(read(ends[0], &byte, 1), 1);
        while (vf_registry_take(f->registry, &f->result)) {
            taken++;
            assert_int_equal(f->result.tag, 100 + f->result.id);
            assert_code(f->result.error.code, f->result.id == 1 ? VF_OK : VF_ENOENT);
            assert_true((f->result.schema != NULL) == (f->result.id == 1));
            seen[f->result.id] = true;
            vf_registry_result_release(&f->result);
        }
    }
    assert_true(seen[1] && seen[2]);
    close(ends[0]);
    close(ends[1]);
}

static void requests_have_a_limit(void **state)
{
    struct fixture *f = *state;
    struct vf_registry_request request = {.operation = VF_REGISTRY_BY_ID,
                                          .patience = VF_REGISTRY_FOREVER};
    f->config.retry_first = f->config.retry_max = 60000;
    f->config.urls = "http://127.0.0.1:1";
    connect_to(f);
    for (request.id = 0; request.id < VF_REGISTRY_REQUESTS_MAX; request.id++)
        assert_code(vf_registry_ask(f->registry, &request, &f->err), VF_OK);
    assert_code(vf_registry_ask(f->registry, &request, &f->err), VF_ELIMIT);
    struct vf_registry_status status;
    vf_registry_status(f->registry, &status);
    assert_int_equal(status.waiting, VF_REGISTRY_REQUESTS_MAX);
    /* One that is waited for is not one of them. */
    assert_code(by_id(f, 1, 0), VF_EIO);
    assert_contains(f->err.text, "127.0.0.1:1");
}

static void what_waits_does_not_wait_longer_than_the_outage(void **state)
{
    struct fixture *f = *state;
    f->config.retry_first = f->config.retry_max = 60000;
    SERVE(f, {"GET /schemas/ids/1", {{.status = 503}, {.status = 200, .body = STRING_SCHEMA}}},
          {"GET /schemas/ids/2", {{.status = 200, .body = STRING_SCHEMA}}});
    int64_t began = now_ms();
    struct vf_registry_request request = {
        .operation = VF_REGISTRY_BY_ID, .id = 1, .patience = VF_REGISTRY_FOREVER};
    assert_code(vf_registry_ask(f->registry, &request, &f->err), VF_OK);
    while (!test_server_count(&f->server, "GET /schemas/ids/1"))
        usleep(1000);
    assert_code(by_id(f, 2, 0), VF_OK);
    vf_registry_result_release(&f->result);
    while (!vf_registry_take(f->registry, &f->result) && now_ms() - began < 20000)
        usleep(1000);
    assert_non_null(f->result.schema);
}

static void *stop_soon(void *registry)
{
    usleep(100000);
    vf_registry_stop(registry);
    return NULL;
}

static void stopping_does_not_wait(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;
    f->config.timeout = 60000;
    SERVE(f, {"GET /schemas/ids/1", {{.status = 200, .body = STRING_SCHEMA, .delay_ms = 60000}}});
    int64_t began = now_ms();
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, f->registry), 0);
    assert_code(by_id(f, 1, VF_REGISTRY_FOREVER), VF_EIO);
    assert_contains(f->err.text, "stopped");
    pthread_join(thread, NULL);
    assert_code(by_id(f, 1, VF_REGISTRY_FOREVER), VF_EIO);
    vf_registry_free(f->registry);
    f->registry = NULL;
    assert_in_range(now_ms() - began, 50, 5000);
}

static void *call_many(void *argument)
{
    struct fixture *f = argument;
    struct vf_registry_request request = {.operation = VF_REGISTRY_BY_ID, .id = 1};
    intptr_t good = 0;

    for (int i = 0; i < 20; i++) {
        struct vf_registry_result result;
        good += vf_registry_call(f->registry, &request, &result, NULL) == VF_OK && result.schema;
        vf_registry_result_release(&result);
    }
    return (void *)good;
}

static void several_threads_may_call(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[4];
    intptr_t good = 0;
    SERVE(f, {"GET /schemas/ids/1", {{.status = 200, .body = STRING_SCHEMA}}});
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_many, f), 0);
    for (size_t i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        good += (intptr_t)result;
    }
    assert_int_equal(good, 80);
}

/* Every allocation of a look-up with a reference fails once: no leak, and nothing but an error. */
static void lack_of_memory_is_an_error(void **state)
{
    struct fixture *f = *state;
    static const struct test_route routes[] = {
        {"GET /schemas/ids/1",
         {{.status = 200,
           .body = "{" RECORD("Top", FIELD("l", "Left")) ",\"references\":[" REFERENCE("left",
                                                                                       "1") "]}"}}},
        {"GET /subjects/left/versions/1",
         {{.status = 200, .body = "{" RECORD("Left", FIELD("b", "int")) "}"}}}};
    struct vf_worker worker = {.cached = 0};
    struct vf_registry_request request = {.operation = VF_REGISTRY_BY_ID, .id = 1};
    int64_t retry_after;
    int rc = VF_ENOMEM;

    serve(f, routes, 2);
    assert_code(vf_talk_init(&worker.talk, &f->config, &f->err), VF_OK);
    for (unsigned long n = 1; rc && n < 500; n++) {
        vf_registry_result_release(&f->result);
        vf_memory_fail_after(n);
        rc = vf_worker_run(&worker, &request, &f->result, &retry_after, &f->err);
        vf_memory_fail_after(0);
        if (rc)
            assert_non_null(strstr("ENOMEM EAGAIN ELIMIT", vf_error_name(rc)));
    }
    assert_code(rc, VF_OK);
    vf_talk_release(&worker.talk);
}

static void lack_of_memory_at_the_start_is_an_error(void **state)
{
    struct fixture *f = *state;
    int rc = VF_ENOMEM;
    f->config.urls = "http://user:pass@127.0.0.1:1,http://127.0.0.1:2";
    f->config.cache_directory = "/dev/null/none";
    for (unsigned long n = 1; rc && n < 100; n++) {
        vf_memory_fail_after(n);
        rc = vf_registry_create(&f->config, NULL, NULL, &f->registry, &f->err);
        vf_memory_fail_after(0);
        assert_true(rc == VF_OK || rc == VF_ENOMEM);
        assert_true((f->registry != NULL) == (rc == VF_OK));
    }
    assert_code(rc, VF_OK);
    vf_memory_fail_after(1);
    rc = by_id(f, 1, 0);
    vf_memory_fail_after(0);
    assert_code(rc, VF_ENOMEM);
}

static void subjects_and_guids(void **state)
{
    char subject[VF_SUBJECT_MAX];
    uint8_t guid[VF_REGISTRY_GUID_BYTES];
    char topic[VF_SUBJECT_MAX];
    struct vf_slice visits = vf_slice_of("visits");
    struct vf_slice name = vf_slice_of("v1.Visit");
    (void)state;

    assert_int_equal(vf_registry_subject(VF_SUBJECT_TOPIC, visits, name, subject), 0);
    assert_string_equal(subject, "visits-value");
    assert_int_equal(vf_registry_subject(VF_SUBJECT_RECORD, visits, name, subject), 0);
    assert_string_equal(subject, "v1.Visit");
    assert_int_equal(vf_registry_subject(VF_SUBJECT_TOPIC_RECORD, visits, name, subject), 0);
    assert_string_equal(subject, "visits-v1.Visit");
    memset(topic, 'x', sizeof topic);
    assert_int_equal(
        vf_registry_subject(VF_SUBJECT_TOPIC, vf_slice(topic, sizeof topic - 6), name, subject),
        VF_ELIMIT);
    static const char *const bad[] = {
        "", "0198c1e2-0000-7abc-8def-0123456789a", "0198c1e2-0000-7abc-8def-0123456789abc",
        "0198c1e2x0000-7abc-8def-0123456789ab", "0198c1e2-0000-7abc-8def-0123456789ag"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(vf_registry_guid_parse(vf_slice_of(bad[i]), guid));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(schema_by_id),
        TEST(schema_by_subject),
        TEST(schema_by_guid),
        TEST(registering),
        TEST(compatibility_check),
        TEST(missing_schema_is_the_last_word_only_from_a_registry),
        TEST(server_errors_are_tried_again),
        TEST(too_many_requests_wait_as_told),
        TEST(slow_answers_time_out),
        TEST(half_an_answer_is_none),
        TEST(answers_have_a_limit),
        TEST(wrong_json_is_no_answer),
        TEST(unusable_schemas_are_the_last_word),
        TEST(references_are_fetched_once_each),
        TEST(cyclic_references_end),
        TEST(missing_reference_is_named),
        TEST(references_have_limits),
        TEST(the_next_url_is_asked_and_stays),
        TEST(too_many_requests_are_not_taken_elsewhere),
        TEST(credentials_are_sent_and_never_shown),
        TEST(redirects_are_followed_within_limits),
        TEST(wrong_configurations_are_told),
        TEST(results_come_by_a_queue),
        TEST(requests_have_a_limit),
        TEST(what_waits_does_not_wait_longer_than_the_outage),
        TEST(stopping_does_not_wait),
        TEST(several_threads_may_call),
        TEST(lack_of_memory_is_an_error),
        TEST(lack_of_memory_at_the_start_is_an_error),
        TEST(subjects_and_guids),
    };
    setenv("no_proxy", "*", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
