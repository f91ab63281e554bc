// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sockets and the framing of HTTP messages for both ends of the benchmark. Takes only messages with
// a Content-Length; anything else counts as broken.

#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t bench_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int bench_connect(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback(port);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int bench_listen(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback(port);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 1024) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

// The message's length with its head, 0 when the head is not there yet, SIZE_MAX when it is broken.
static size_t total_length(const struct message *message)
{
    char *end = strstr(message->data, "\r\n\r\n");
    if (!end)
        return 0;
    size_t head = (size_t)(end - message->data) + 4;
    for (char *line = message->data; line < end; line = strstr(line, "\r\n") + 2) {
        if (strncasecmp(line, "Content-Length:", 15) == 0) {
            unsigned long length = strtoul(line + 15, NULL, 10);
            return length <= TEXT_MAX - head ? head + length : SIZE_MAX;
        }
    }
    return head;
}

enum message_state message_read(struct message *message, int fd, size_t *ret_total)
{
    for (;;) {
        size_t total = message->len ? total_length(message) : 0;
        if (total == SIZE_MAX)
            return MESSAGE_BROKEN;
        if (total && message->len >= total) {
            *ret_total = total;
            return MESSAGE_WHOLE;
        }
        if (message->len == TEXT_MAX)
            return MESSAGE_BROKEN;
        ssize_t got = read(fd, message->data + message->len, TEXT_MAX - message->len);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return MESSAGE_PART;
        if (got <= 0)
            return MESSAGE_BROKEN;
        message->len += (size_t)got;
        message->data[message->len] = '\0';
    }
}

void message_drop(struct message *message, size_t total)
{
    message->len -= total;
    memmove(message->data, message->data + total, message->len);
    message->data[message->len] = '\0';
}
