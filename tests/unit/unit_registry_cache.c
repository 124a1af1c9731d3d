/* What outlives an outage: the disk cache, alone, between two processes, and under the client. */
#include "test_support.h"

#include "observe/log.h"
#include "registry/disk_cache.h"
#include "registry/registry.h"
#include "test_http_server.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define STRING_SCHEMA "{\"schema\":\"\\\"string\\\"\"}"

enum { SPACE = 7 };

struct fixture {
    char folder[64];
    char inner[128]; /* of SPACE */
    struct vf_disk_cache cache;
    struct vf_buffer content;
    struct vf_error err;
    int silence;
};

static void open_cache(struct fixture *f)
{
    vf_disk_cache_close(&f->cache);
    assert_int_equal(vf_disk_cache_open(&f->cache, f->folder, SPACE), VF_OK);
    assert_non_null(f->cache.folder);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    strcpy(f->folder, "/tmp/visitfeed-cache-XXXXXX");
    if (!mkdtemp(f->folder))
        return -1;
    strcat(f->folder, "/a/b");
    snprintf(f->inner, sizeof f->inner, "%s/%016x", f->folder, SPACE);
    vf_buffer_init(&f->content, VF_DISK_CACHE_BUFFER);
    f->silence = open("/dev/null", O_WRONLY | O_CLOEXEC);
    open_cache(f);
    vf_log_set_fd(f->silence); /* warnings are part of these tests */
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char command[128];
    vf_log_set_fd(2);
    close(f->silence);
    vf_disk_cache_close(&f->cache);
    vf_buffer_release(&f->content);
    f->folder[strlen(f->folder) - 4] = '\0';
    snprintf(command, sizeof command, "rm -rf %s", f->folder);
    int failed = system(command);
    free(f);
    return failed;
}

static int load(struct fixture *f, const char *name)
{
    vf_buffer_clear(&f->content);
    return vf_disk_cache_load(&f->cache, name, &f->content);
}

static void path_of(const struct fixture *f, const char *name, char out[256])
{
    snprintf(out, 256, "%s/%s", f->inner, name);
}

static void overwrite(const struct fixture *f, const char *name, const char *bytes, size_t n)
{
    char path[256];
    path_of(f, name, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    close(fd);
}

static size_t count_files(const struct fixture *f)
{
    size_t count = 0;
    DIR *folder = opendir(f->inner);
    for (const struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    closedir(folder);
    return count;
}

static void content_comes_back(void **state)
{
    struct fixture *f = *state;
    static const char bytes[] = "any\0bytes\n";
    assert_int_equal(load(f, "id-1"), VF_ENOENT);
    assert_true(vf_disk_cache_store(&f->cache, "id-1", vf_slice(bytes, sizeof bytes)));
    assert_true(vf_disk_cache_store(&f->cache, "id-2", vf_slice_of("")));
    open_cache(f);
    assert_int_equal(load(f, "id-1"), VF_OK);
    assert_int_equal(f->content.len, sizeof bytes);
    assert_memory_equal(f->content.data, bytes, sizeof bytes);
    assert_int_equal(load(f, "id-2"), VF_OK);
    assert_int_equal(f->content.len, 0);
    assert_true(vf_disk_cache_store(&f->cache, "id-1", vf_slice_of("new")));
    assert_int_equal(load(f, "id-1"), VF_OK);
    assert_slice(vf_buffer_slice(&f->content), "new");
    assert_int_equal(count_files(f), 2);
    vf_disk_cache_clear(&f->cache);
    assert_int_equal(load(f, "id-1"), VF_ENOENT);
    assert_int_equal(count_files(f), 0);
}

static void registries_are_kept_apart(void **state)
{
    struct fixture *f = *state;
    struct vf_disk_cache other;
    assert_true(vf_disk_cache_store(&f->cache, "id-1", vf_slice_of("mine")));
    assert_int_equal(vf_disk_cache_open(&other, f->folder, SPACE + 1), VF_OK);
    assert_int_equal(vf_disk_cache_load(&other, "id-1", &f->content), VF_ENOENT);
    vf_disk_cache_clear(&other);
    vf_disk_cache_close(&other);
    assert_int_equal(load(f, "id-1"), VF_OK);
}

/* Each byte wrong, each length too short, one too long, another file's content: thrown away. */
static void broken_entries_are_thrown_away(void **state)
{
    struct fixture *f = *state;
    char path[256];
    char whole[256];
    assert_true(vf_disk_cache_store(&f->cache, "id-1", vf_slice_of("some schema")));
    path_of(f, "id-1", path);
    int fd = open(path, O_RDONLY);
    ssize_t size = read(fd, whole, sizeof whole - 1);
    close(fd);
    assert_in_range(size, 20, 200);
    for (ssize_t i = 0; i < size; i++) {
        char changed[256];
        memcpy(changed, whole, (size_t)size);
        changed[i] ^= 4;
        overwrite(f, "id-1", changed, (size_t)size);
        assert_int_equal(load(f, "id-1"), VF_ENOENT);
        assert_int_not_equal(access(path, F_OK), 0);
        overwrite(f, "id-1", whole, (size_t)i);
        assert_int_equal(load(f, "id-1"), VF_ENOENT);
    }
    whole[size] = 'x';
    overwrite(f, "id-1", whole, (size_t)size + 1);
    assert_int_equal(load(f, "id-1"), VF_ENOENT);
    overwrite(f, "id-2", whole, (size_t)size);
    assert_int_equal(load(f, "id-2"), VF_ENOENT);
    overwrite(f, "id-1", whole, (size_t)size);
    assert_int_equal(load(f, "id-1"), VF_OK);
}

static void links_and_giants_are_not_read(void **state)
{
    struct fixture *f = *state;
    char path[256];
    path_of(f, "id-1", path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(load(f, "id-1"), VF_ENOENT);
    assert_int_equal(access("/etc/passwd", F_OK), 0);
    overwrite(f, "id-2", "x", 1);
    path_of(f, "id-2", path);
    assert_int_equal(truncate(path, 1LL << 32), 0);
    assert_int_equal(load(f, "id-2"), VF_ENOENT);
    assert_true(f->content.capacity <= VF_DISK_CACHE_BUFFER);
    char *giant = calloc(1, VF_DISK_CACHE_BYTES_MAX + 1);
    assert_false(
        vf_disk_cache_store(&f->cache, "id-3", vf_slice(giant, VF_DISK_CACHE_BYTES_MAX + 1)));
    assert_true(vf_disk_cache_store(&f->cache, "id-3", vf_slice(giant, VF_DISK_CACHE_BYTES_MAX)));
    assert_int_equal(load(f, "id-3"), VF_OK);
    free(giant);
}

static void what_a_dead_process_left_goes(void **state)
{
    struct fixture *f = *state;
    char path[256];
    struct timespec old[2] = {{.tv_sec = time(NULL) - 2 * VF_DISK_CACHE_TEMPORARY_AGE},
                              {.tv_sec = time(NULL) - 2 * VF_DISK_CACHE_TEMPORARY_AGE}};
    overwrite(f, ".new-1", "half", 4);
    overwrite(f, ".new-2", "half", 4);
    path_of(f, ".new-1", path);
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    open_cache(f);
    assert_int_equal(count_files(f), 1); /* the other may be somebody's work */
    assert_int_equal(f->cache.files, 0);
}

static void a_folder_that_does_not_do_is_done_without(void **state)
{
    struct fixture *f = *state;
    struct vf_disk_cache cache;
    char path[5000];
    static const char *const folders[] = {"/dev/null/x", "/proc/visitfeed", "/dev/null"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        assert_int_equal(vf_disk_cache_open(&cache, folders[i], SPACE), VF_OK);
        assert_null(cache.folder);
        assert_false(vf_disk_cache_store(&cache, "id-1", vf_slice_of("x")));
        assert_int_equal(vf_disk_cache_load(&cache, "id-1", &f->content), VF_ENOENT);
        vf_disk_cache_clear(&cache);
        vf_disk_cache_close(&cache);
    }
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(vf_disk_cache_open(&cache, path, SPACE), VF_OK);
    assert_null(cache.folder);
    assert_int_equal(vf_disk_cache_open(&cache, "", SPACE), VF_OK);
    assert_null(cache.folder);
    /* Gone while in use. */
    snprintf(path, sizeof path, "rm -rf %s", f->inner);
    assert_int_equal(system(path), 0);
    assert_false(vf_disk_cache_store(&f->cache, "id-1", vf_slice_of("x")));
    assert_int_equal(load(f, "id-1"), VF_ENOENT);
}

static void files_have_a_limit(void **state)
{
    struct fixture *f = *state;
    f->cache.files = VF_DISK_CACHE_FILES_MAX;
    assert_false(vf_disk_cache_store(&f->cache, "id-1", vf_slice_of("x")));
    assert_int_equal(count_files(f), 0);
}

/* Two processes write and read the same names: what is read is always whole. */
static void two_processes_share(void **state)
{
    struct fixture *f = *state;
    enum { ROUNDS = 300, NAMES = 3, LENGTH = 3000 };
    char text[LENGTH];
    pid_t child = fork();
    char letter = child ? 'p' : 'c';
    int broken = 0;

    memset(text, letter, sizeof text);
    for (int i = 0; i < ROUNDS; i++) {
        char name[16];
        snprintf(name, sizeof name, "id-%d", i % NAMES);
        broken += !vf_disk_cache_store(&f->cache, name, vf_slice(text, sizeof text));
        broken += load(f, name) != VF_OK || f->content.len != LENGTH ||
                  f->content.data[0] != f->content.data[LENGTH - 1];
    }
    if (!child)
        _exit(broken ? 1 : 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(broken, 0);
    assert_int_equal(count_files(f), NAMES);
}

/* ---- the client on its cache ---- */

static struct vf_registry_config config_of(const struct fixture *f,
                                           const struct test_server *server)
{
    return (struct vf_registry_config){.urls = server->url,
                                       .cache_directory = f->folder,
                                       .connect_timeout = 1000,
                                       .timeout = 2000,
                                       .retry_first = 5,
                                       .retry_max = 20,
                                       .answer_bytes_max = 1 << 20};
}

static int ask(const struct vf_registry_config *config, const struct vf_registry_request *request,
               struct vf_registry_result *result)
{
    struct vf_registry *registry;
    assert_int_equal(vf_registry_create(config, NULL, NULL, &registry, NULL), VF_OK);
    int rc = vf_registry_call(registry, request, result, NULL);
    vf_registry_free(registry);
    return rc;
}

static const struct test_route routes[] = {
    {"GET /schemas/ids/1",
     {{.status = 200,
       .body = "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"Top\\\",\\\"fields\\\":"
               "[{\\\"name\\\":\\\"l\\\",\\\"type\\\":\\\"Left\\\"}]}\",\"references\":"
               "[{\"name\":\"Left\",\"subject\":\"left\",\"version\":1}]}"}}},
    {"GET /subjects/left/versions/1",
     {{.status = 200,
       .body = "{\"schema\":\"{\\\"type\\\":\\\"enum\\\",\\\"name\\\":\\\"Left\\\","
               "\\\"symbols\\\":[\\\"A\\\"]}\"}"}}},
    {"GET /schemas/ids/2",
     {{.status = 404, .body = "{\"error_code\":40403,\"message\":\"Schema not found\"}"}}},
    {"GET /schemas/guids/00000000-0000-0000-0000-000000000000",
     {{.status = 200, .body = STRING_SCHEMA}}},
    {"GET /subjects/s/versions/latest",
     {{.status = 200, .body = "{\"id\":1,\"version\":1,\"schema\":\"\\\"string\\\"\"}"}}},
    {"POST /subjects/s/versions",
     {{.status = 200, .body = "{\"id\":4,\"guid\":\"00010203-0405-0607-0809-0a0b0c0d0e0f\"}"}}},
    {"POST /subjects/changed/versions",
     {{.status = 200, .body = "{\"id\":5}"}, {.status = 200, .body = "{\"id\":6}"}}},
};

static void known_schemas_outlive_the_registry(void **state)
{
    struct fixture *f = *state;
    struct test_server server;
    struct vf_registry_result result;
    struct vf_registry_request by_id = {.operation = VF_REGISTRY_BY_ID, .id = 1};
    struct vf_registry_request missing = {.operation = VF_REGISTRY_BY_ID, .id = 2};
    struct vf_registry_request by_guid = {.operation = VF_REGISTRY_BY_GUID};
    struct vf_registry_request subject = {.operation = VF_REGISTRY_BY_SUBJECT,
                                          .subject = vf_slice_of("s")};

    test_server_start(&server, routes, sizeof routes / sizeof *routes);
    struct vf_registry_config config = config_of(f, &server);
    assert_int_equal(ask(&config, &by_id, &result), VF_OK);
    struct vf_slice canonical = wire_schema_canonical(result.schema);
    char *first = strndup(canonical.ptr, canonical.len);
    vf_registry_result_release(&result);
    assert_int_equal(ask(&config, &by_guid, &result), VF_OK);
    vf_registry_result_release(&result);
    assert_int_equal(ask(&config, &missing, &result), VF_ENOENT);
    vf_registry_result_release(&result);
    assert_int_equal(ask(&config, &subject, &result), VF_OK);
    vf_registry_result_release(&result);
    /* While it answers it is asked, and its answer is no news. */
    assert_int_equal(ask(&config, &by_id, &result), VF_OK);
    assert_false(result.cached);
    vf_registry_result_release(&result);
    test_server_stop(&server);

    assert_int_equal(ask(&config, &by_id, &result), VF_OK);
    assert_true(result.cached && result.has_id && result.id == 1);
    assert_slice(wire_schema_canonical(result.schema), first);
    vf_registry_result_release(&result);
    free(first);
    assert_int_equal(ask(&config, &by_guid, &result), VF_OK);
    assert_true(result.cached && result.has_guid);
    vf_registry_result_release(&result);
    /* Neither what was not there nor what may change. */
    assert_int_equal(ask(&config, &missing, &result), VF_EIO);
    vf_registry_result_release(&result);
    assert_int_equal(ask(&config, &subject, &result), VF_EIO);
    vf_registry_result_release(&result);
}

static void a_registration_outlives_the_registry(void **state)
{
    struct fixture *f = *state;
    struct test_server server;
    struct vf_registry_result result;
    struct vf_registry_request request = {.operation = VF_REGISTRY_REGISTER,
                                          .subject = vf_slice_of("s"),
                                          .text = vf_slice_of("\"string\"")};
    test_server_start(&server, routes, sizeof routes / sizeof *routes);
    struct vf_registry_config config = config_of(f, &server);
    assert_int_equal(ask(&config, &request, &result), VF_OK);
    assert_false(result.cached);
    vf_registry_result_release(&result);
    /* The registry is asked first even so. */
    assert_int_equal(ask(&config, &request, &result), VF_OK);
    assert_false(result.cached);
    vf_registry_result_release(&result);
    assert_int_equal(test_server_count(&server, "POST"), 2);
    test_server_stop(&server);

    /* The same schema, however it is laid out. */
    request.text = vf_slice_of(" \"string\"\n");
    request.operation = VF_REGISTRY_FIND;
    assert_int_equal(ask(&config, &request, &result), VF_OK);
    assert_true(result.cached && result.has_id && result.id == 4);
    assert_true(result.has_guid && result.guid[15] == 15);
    vf_registry_result_release(&result);
    request.text = vf_slice_of("\"int\"");
    assert_int_equal(ask(&config, &request, &result), VF_EIO);
    vf_registry_result_release(&result);
    request.text = vf_slice_of("\"string\"");
    request.subject = vf_slice_of("other");
    assert_int_equal(ask(&config, &request, &result), VF_EIO);
    vf_registry_result_release(&result);
}

/* A registry that was emptied gives ids anew: what they meant before must not be believed. */
static void another_id_for_a_registration_empties_the_cache(void **state)
{
    struct fixture *f = *state;
    struct test_server server;
    struct vf_registry_result result;
    struct vf_registry_request request = {.operation = VF_REGISTRY_REGISTER,
                                          .subject = vf_slice_of("changed"),
                                          .text = vf_slice_of("\"string\"")};
    struct vf_registry_request by_id = {.operation = VF_REGISTRY_BY_ID, .id = 1};

    test_server_start(&server, routes, sizeof routes / sizeof *routes);
    struct vf_registry_config config = config_of(f, &server);
    assert_int_equal(ask(&config, &request, &result), VF_OK);
    assert_int_equal(result.id, 5);
    vf_registry_result_release(&result);
    assert_int_equal(ask(&config, &by_id, &result), VF_OK);
    vf_registry_result_release(&result);
    assert_int_equal(ask(&config, &request, &result), VF_OK);
    assert_int_equal(result.id, 6);
    vf_registry_result_release(&result);
    test_server_stop(&server);
    assert_int_equal(ask(&config, &by_id, &result), VF_EIO);
    vf_registry_result_release(&result);
    assert_int_equal(ask(&config, &request, &result), VF_OK);
    assert_true(result.cached && result.id == 6);
    vf_registry_result_release(&result);
}

static void another_schema_for_an_id_empties_the_cache(void **state)
{
    struct fixture *f = *state;
    static const struct test_route changing[] = {
        {"GET /schemas/ids/1",
         {{.status = 200, .body = STRING_SCHEMA},
          {.status = 200, .body = "{\"schema\":\"{ \\\"type\\\": \\\"string\\\" }\"}"},
          {.status = 200, .body = "{\"schema\":\"\\\"int\\\"\"}"}}},
        {"GET /schemas/ids/2",
         {{.status = 200, .body = STRING_SCHEMA},
          {.status = 404, .body = "{\"error_code\":40403,\"message\":\"Schema not found\"}"}}}};
    struct test_server server;
    struct vf_registry_result result;
    struct vf_registry_request one = {.operation = VF_REGISTRY_BY_ID, .id = 1};
    struct vf_registry_request two = {.operation = VF_REGISTRY_BY_ID, .id = 2};

    test_server_start(&server, changing, 2);
    struct vf_registry_config config = config_of(f, &server);
    assert_int_equal(ask(&config, &one, &result), VF_OK);
    vf_registry_result_release(&result);
    assert_int_equal(ask(&config, &two, &result), VF_OK);
    vf_registry_result_release(&result);
    /* The same schema laid out anew is no contradiction, and what was lost is still known. */
    assert_int_equal(ask(&config, &one, &result), VF_OK);
    vf_registry_result_release(&result);
    assert_int_equal(ask(&config, &two, &result), VF_OK);
    assert_true(result.cached);
    vf_registry_result_release(&result);

    assert_int_equal(ask(&config, &one, &result), VF_OK);
    assert_slice(wire_schema_name(result.schema), "int");
    assert_false(result.cached);
    vf_registry_result_release(&result);
    assert_int_equal(ask(&config, &two, &result), VF_ENOENT);
    vf_registry_result_release(&result);
    test_server_stop(&server);
    assert_int_equal(ask(&config, &one, &result), VF_OK);
    assert_slice(wire_schema_name(result.schema), "int");
    vf_registry_result_release(&result);
}

/* After a failure the cache comes first: a registry that hangs holds up one request, not all. */
static void a_registry_that_hangs_is_not_waited_for_again(void **state)
{
    struct fixture *f = *state;
    static const struct test_route hanging[] = {
        {"GET /schemas/ids/1",
         {{.status = 200, .body = STRING_SCHEMA},
          {.status = 200, .body = STRING_SCHEMA, .delay_ms = 60000}}}};
    struct test_server server;
    struct vf_registry *registry;
    struct vf_registry_result result;
    struct vf_registry_request one = {.operation = VF_REGISTRY_BY_ID, .id = 1};

    test_server_start(&server, hanging, 1);
    struct vf_registry_config config = config_of(f, &server);
    config.timeout = 100;
    config.retry_max = 60000;
    assert_int_equal(vf_registry_create(&config, NULL, NULL, &registry, NULL), VF_OK);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(vf_registry_call(registry, &one, &result, NULL), VF_OK);
        assert_int_equal(result.cached, i > 0);
        vf_registry_result_release(&result);
    }
    assert_int_equal(test_server_count(&server, "GET"), 2);
    struct vf_registry_status status;
    vf_registry_status(registry, &status);
    assert_int_equal(status.cached, 49);
    vf_registry_free(registry);
    test_server_stop(&server);
}

/* Good checksums, but not what a cached schema looks like. */
static void wrong_content_is_fetched_again(void **state)
{
    struct fixture *f = *state;
    static const char *const contents[] = {
        "",
        "[]",
        "{\"schemas\":[]}",
        "{\"schemas\":[{\"text\":\"\\\"int\\\"\"}]}",
        "{\"schemas\":[{\"text\":\"\\\"int\\\"\",\"uses\":[0]}]}",
        "{\"schemas\":[{\"text\":\"\\\"int\\\"\",\"uses\":[-1]}]}",
        "{\"schemas\":[{\"text\":\"\\\"nonsense\\\"\",\"uses\":[]}]}"};
    struct test_server server;
    struct vf_registry_result result;
    struct vf_registry_request by_id = {.operation = VF_REGISTRY_BY_ID, .id = 1};

    test_server_start(&server, routes, sizeof routes / sizeof *routes);
    struct vf_registry_config config = config_of(f, &server);
    assert_int_equal(ask(&config, &by_id, &result), VF_OK);
    vf_registry_result_release(&result);
    DIR *folder = opendir(f->folder);
    const struct dirent *entry;
    unsigned long long space = SPACE;
    while ((entry = readdir(folder)))
        if (entry->d_name[0] != '.' && strtoull(entry->d_name, NULL, 16) != SPACE)
            space = strtoull(entry->d_name, NULL, 16);
    closedir(folder);
    assert_true(space != SPACE);
    struct vf_disk_cache cache;
    assert_int_equal(vf_disk_cache_open(&cache, f->folder, space), VF_OK);
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        assert_true(vf_disk_cache_store(&cache, "id-1", vf_slice_of(contents[i])));
        assert_int_equal(ask(&config, &by_id, &result), VF_OK);
        assert_false(result.cached);
        vf_registry_result_release(&result);
    }
    test_server_stop(&server);
    assert_int_equal(ask(&config, &by_id, &result), VF_OK);
    assert_true(result.cached);
    vf_registry_result_release(&result);
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        assert_true(vf_disk_cache_store(&cache, "id-1", vf_slice_of(contents[i])));
        assert_int_equal(ask(&config, &by_id, &result), VF_EIO);
        vf_registry_result_release(&result);
    }
    vf_disk_cache_close(&cache);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(content_comes_back),
        TEST(registries_are_kept_apart),
        TEST(broken_entries_are_thrown_away),
        TEST(links_and_giants_are_not_read),
        TEST(what_a_dead_process_left_goes),
        TEST(a_folder_that_does_not_do_is_done_without),
        TEST(files_have_a_limit),
        TEST(two_processes_share),
        TEST(known_schemas_outlive_the_registry),
        TEST(a_registration_outlives_the_registry),
        TEST(another_id_for_a_registration_empties_the_cache),
        TEST(another_schema_for_an_id_empties_the_cache),
        TEST(a_registry_that_hangs_is_not_waited_for_again),
        TEST(wrong_content_is_fetched_again),
    };
    setenv("no_proxy", "*", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
