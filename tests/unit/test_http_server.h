/*
 * A small HTTP server on a loopback port of its own, for what a real registry won't do on
 * request. Each route answers with its replies in turn, the last one again and again. One
 * connection at a time, one request each.
 */
#ifndef VF_TEST_HTTP_SERVER_H
#define VF_TEST_HTTP_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TEST_REPLIES_MAX = 4,
    TEST_REQUEST_MAX = 1 << 16, /* bytes */
    TEST_LOG_MAX = 512,         /* requests remembered */
    TEST_SILENT = -1,           /* status: the connection is closed without a word */
};

struct test_reply {
    int status;          /* 0: no such reply */
    const char *headers; /* "Retry-After: 1\r\n", or NULL */
    const char *type;    /* NULL: application/json */
    const char *body;
    size_t filler; /* bytes of 'x' in a JSON text, instead of a body */
    size_t cut;    /* bytes of the body that are not sent although promised */
    int delay_ms;  /* before the answer; ends early when the client goes away */
};

struct test_route {
    const char *request; /* how the request line begins: "GET /schemas/ids/1" */
    struct test_reply replies[TEST_REPLIES_MAX];
};

struct test_server {
    char url[64];
    int port;
    int listener;
    int stop[2]; /* a pipe */
    pthread_t thread;
    const struct test_route *routes;
    size_t route_count;
    unsigned served[64];  /* per route */
    pthread_mutex_t lock; /* over the rest */
    size_t count;
    char *requests[TEST_LOG_MAX];
};

static inline bool test_send(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        n -= (size_t)sent;
    }
    return true;
}

/* Headers and as much body as they promise; false when the client goes away. */
static inline bool test_receive(int fd, char *request)
{
    size_t used = 0;

    while (used < TEST_REQUEST_MAX - 1) {
        ssize_t n = recv(fd, request + used, TEST_REQUEST_MAX - 1 - used, 0);
        if (n <= 0)
            return false;
        used += (size_t)n;
        request[used] = '\0';
        const char *end = strstr(request, "\r\n\r\n");
        const char *length = strcasestr(request, "\r\nContent-Length:");
        if (!end)
            continue;
        size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
        if (used >= (size_t)(end - request) + 4 + body)
            return true;
    }
    return false;
}

/* False when the client went away meanwhile, or the server is to stop. */
static inline bool test_delay(const struct test_server *server, int fd, int ms)
{
    struct pollfd watched[] = {{.fd = fd, .events = POLLIN | POLLRDHUP},
                               {.fd = server->stop[0], .events = POLLIN}};
    return poll(watched, 2, ms) == 0;
}

static inline void test_answer(const struct test_server *server, int fd,
                               const struct test_reply *reply)
{
    char head[1024];
    size_t length = reply->filler ? reply->filler + 2 : strlen(reply->body ? reply->body : "");

    if ((reply->delay_ms && !test_delay(server, fd, reply->delay_ms)) ||
        reply->status == TEST_SILENT)
        return;
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %d Test\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                     "Connection: close\r\n%s\r\n",
                     reply->status, reply->type ? reply->type : "application/json", length,
                     reply->headers ? reply->headers : "");
    if (!test_send(fd, head, (size_t)n))
        return;
    if (!reply->filler) {
        test_send(fd, reply->body ? reply->body : "", length - reply->cut);
        return;
    }
    char block[4096];
    memset(block, 'x', sizeof block);
    bool ok = test_send(fd, "\"", 1);
    for (size_t left = reply->filler; ok && left > 0;) {
        size_t part = left < sizeof block ? left : sizeof block;
        ok = test_send(fd, block, part);
        left -= part;
    }
    if (ok)
        test_send(fd, "\"", 1);
}

static inline const struct test_reply *test_choose(struct test_server *server, const char *request)
{
    static const struct test_reply unknown = {
        .status = 404, .body = "{\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}"};

    for (size_t i = 0; i < server->route_count; i++) {
        const struct test_route *route = &server->routes[i];
        size_t length = strlen(route->request);
        if (strncmp(request, route->request, length) != 0 || !strchr(" ?", request[length]))
            continue;
        unsigned turn = server->served[i]++;
        while (turn > 0 && (turn >= TEST_REPLIES_MAX || !route->replies[turn].status))
            turn--;
        return &route->replies[turn];
    }
    return &unknown;
}

static inline void test_serve(struct test_server *server, int fd)
{
    char *request = calloc(1, TEST_REQUEST_MAX);

    if (!test_receive(fd, request)) {
        free(request);
        return;
    }
    pthread_mutex_lock(&server->lock);
    const struct test_reply *reply = test_choose(server, request);
    if (server->count < TEST_LOG_MAX)
        server->requests[server->count++] = request;
    else
        free(request);
    pthread_mutex_unlock(&server->lock);
    test_answer(server, fd, reply);
    /* Until the client has read all: a reset would take it away. */
    shutdown(fd, SHUT_WR);
    test_delay(server, fd, 1000);
}

static inline void *test_run(void *argument)
{
    struct test_server *server = argument;
    struct pollfd watched[] = {{.fd = server->listener, .events = POLLIN},
                               {.fd = server->stop[0], .events = POLLIN}};

    for (;;) {
        if (poll(watched, 2, -1) < 0 || watched[1].revents)
            return NULL;
        int fd = accept(server->listener, NULL, NULL);
        if (fd < 0)
            continue;
        test_serve(server, fd);
        close(fd);
    }
}

static inline void test_server_start(struct test_server *server, const struct test_route *routes,
                                     size_t count)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    *server = (struct test_server){.routes = routes, .route_count = count};
    pthread_mutex_init(&server->lock, NULL);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->listener < 0 || bind(server->listener, (struct sockaddr *)&address, size) ||
        listen(server->listener, 16) ||
        getsockname(server->listener, (struct sockaddr *)&address, &size) || pipe(server->stop))
        abort();
    server->port = ntohs(address.sin_port);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d", server->port);
    if (pthread_create(&server->thread, NULL, test_run, server))
        abort();
}

static inline void test_server_stop(struct test_server *server)
{
    if (write(server->stop[1], "", 1) != 1)
        abort();
    pthread_join(server->thread, NULL);
    close(server->listener);
    close(server->stop[0]);
    close(server->stop[1]);
    for (size_t i = 0; i < server->count; i++)
        free(server->requests[i]);
    pthread_mutex_destroy(&server->lock);
}

/* Requests that began so. */
static inline unsigned test_server_count(struct test_server *server, const char *request)
{
    unsigned count = 0;

    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->count; i++)
        count += strncmp(server->requests[i], request, strlen(request)) == 0;
    pthread_mutex_unlock(&server->lock);
    return count;
}

/* Whether the index-th request has that text in it, whatever the case. */
static inline bool test_server_saw(struct test_server *server, size_t index, const char *text)
{
    pthread_mutex_lock(&server->lock);
    bool seen = index < server->count && strcasestr(server->requests[index], text);
    pthread_mutex_unlock(&server->lock);
    return seen;
}

#endif
