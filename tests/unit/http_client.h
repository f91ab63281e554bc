// SPDX-License-Identifier: GPL-3.0-or-later
//
// An HTTP client for tests, as plain as can be: bytes out, bytes back until the other side ends or
// a whole answer is there. It sends what a test wants, also what no library would send.

#ifndef TESTS_HTTP_CLIENT_H
#define TESTS_HTTP_CLIENT_H

#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENT_WAIT_MS = 20000, CLIENT_ANSWER_MAX = 4 * 1024 * 1024 };

struct answer_text {
    int status; // 0: the other side ended without an answer
    char *text; // header and body
    const char *body;
    size_t body_len;
};

static inline int client_connect(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

// False when the other side no longer takes bytes.
static inline bool client_send(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data += sent;
        len -= (size_t)sent;
    }
    return true;
}

static inline bool client_say(int fd, const char *text)
{
    return client_send(fd, text, strlen(text));
}

// One answer off the connection; `is_head`: it has no body whatever its header says.
static inline struct answer_text client_read(int fd, bool is_head)
{
    struct answer_text answer = {.text = calloc(1, CLIENT_ANSWER_MAX)};
    size_t len = 0, whole = 0;
    while (!whole || len < whole) {
        // One byte at a time until the header ends, so that a pipelined answer stays unread.
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, CLIENT_WAIT_MS) <= 0)
            break;
        ssize_t got = recv(fd, answer.text + len, whole ? whole - len : 1, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        char *end = whole ? NULL : strstr(answer.text, "\r\n\r\n");
        if (!end)
            continue;
        const char *length = strcasestr(answer.text, "\r\nContent-Length:");
        whole = len + (length && !is_head ? strtoul(length + 17, NULL, 10) : 0);
        answer.body = end + 4;
    }
    if (!whole || len < whole)
        return answer;
    answer.body_len = len - (size_t)(answer.body - answer.text);
    answer.status = atoi(answer.text + strlen("HTTP/1.1 "));
    return answer;
}

// True when the other side has ended the connection and sent nothing more.
static inline bool client_is_ended(int fd)
{
    char byte;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    return poll(&ready, 1, CLIENT_WAIT_MS) > 0 && recv(fd, &byte, 1, 0) <= 0;
}

// Sends one request text on a connection of its own and reads the answer.
static inline struct answer_text client_ask(int port, const char *request)
{
    int fd = client_connect(port);
    client_say(fd, request);
    struct answer_text answer = client_read(fd, strncmp(request, "HEAD ", 5) == 0);
    close(fd);
    return answer;
}

static inline bool client_has(const struct answer_text *answer, const char *part)
{
    return strstr(answer->text, part) != NULL;
}

static inline void client_done(struct answer_text *answer)
{
    free(answer->text);
    *answer = (struct answer_text){0};
}

#endif
