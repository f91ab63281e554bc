// SPDX-License-Identifier: GPL-3.0-or-later
//
// One child in a process group of its own, which is what gets killed: a compiler's driver starts
// others. Ctrl-C at a terminal does not reach that group, so it comes here through a signalfd.
// Should this process be killed, the kernel kills the child.

#include "edge/process.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_NOT_STARTED = 127 };

struct stream {
    int fd; // -1: ended
    struct buf text;
    size_t told; // bytes of whole lines that on_line has seen
};

struct child {
    const struct process *process;
    pid_t pid;
    int signal_fd;
    int64_t deadline_us;
    struct stream out, errors;
    struct process_end end;
};

// --- in the child, between fork and exec: system calls only ---

_Noreturn static void become(const struct process *process, const sigset_t *mask, int out,
                             int errors)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int nothing = open("/dev/null", O_RDONLY);
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    if (nothing >= 0 && dup2(nothing, 0) >= 0 && dup2(out, 1) >= 0 && dup2(errors, 2) >= 0)
        execvp(process->words[0], (char *const *)(uintptr_t)process->words);
    static const char words[] = "cannot be started\n";
    if (write(2, words, sizeof(words) - 1) < 0)
        _exit(EXIT_NOT_STARTED);
    _exit(EXIT_NOT_STARTED);
}

static bool child_start(struct child *child, const sigset_t *mask, struct err *err)
{
    int out[2], errors[2];
    if (pipe2(out, O_CLOEXEC) < 0)
        return err_set(err, ERR_IO, "%s: %s", child->process->words[0], strerror(errno));
    if (pipe2(errors, O_CLOEXEC) < 0) {
        close(out[0]), close(out[1]);
        return err_set(err, ERR_IO, "%s: %s", child->process->words[0], strerror(errno));
    }
    child->pid = fork();
    if (child->pid == 0)
        become(child->process, mask, out[1], errors[1]);
    close(out[1]), close(errors[1]);
    child->out.fd = out[0], child->errors.fd = errors[0];
    if (child->pid > 0) {
        setpgid(child->pid, child->pid); // both sides, as nobody knows which comes first
        return true;
    }
    return err_set(err, ERR_IO, "%s: %s", child->process->words[0], strerror(errno));
}

// --- beside it ---

static void tell_lines(const struct process *process, struct stream *stream)
{
    const char *end;
    while (
        (end = memchr(stream->text.data + stream->told, '\n', stream->text.len - stream->told))) {
        const char *line = stream->text.data + stream->told;
        process->on_line(process->context, (struct str){line, (size_t)(end - line)});
        stream->told = (size_t)(end - stream->text.data) + 1;
    }
}

static void stream_read(const struct process *process, struct stream *stream, bool is_told)
{
    char block[16 * 1024];
    ssize_t len = read(stream->fd, block, sizeof(block));
    if (len < 0 && errno == EINTR)
        return;
    if (len <= 0) {
        close(stream->fd);
        stream->fd = -1;
        return;
    }
    buf_add(&stream->text, block, (size_t)len);
    if (is_told && process->on_line && stream->text.len)
        tell_lines(process, stream);
}

static void child_kill(const struct child *child)
{
    kill(-child->pid, SIGKILL);
}

static void take_signal(struct child *child)
{
    struct signalfd_siginfo signal;
    if (read(child->signal_fd, &signal, sizeof(signal)) != sizeof(signal))
        return;
    child->end.signal = (int)signal.ssi_signo;
    child_kill(child);
}

// Until both streams have ended, which is when all that it started have.
static void child_watch(struct child *child)
{
    while (child->out.fd >= 0 || child->errors.fd >= 0) {
        int64_t left_us = child->deadline_us - clock_steady_us();
        if (left_us <= 0 && !child->end.is_late) {
            child->end.is_late = true;
            child_kill(child);
        }
        struct pollfd fds[] = {{.fd = child->out.fd, .events = POLLIN},
                               {.fd = child->errors.fd, .events = POLLIN},
                               {.fd = child->signal_fd, .events = POLLIN}};
        int wait_for_ms = child->end.is_late ? -1 : (int)(left_us / 1000 + 1);
        if (poll(fds, COUNT_OF(fds), wait_for_ms) <= 0)
            continue;
        if (fds[0].revents)
            stream_read(child->process, &child->out, true);
        if (fds[1].revents)
            stream_read(child->process, &child->errors, false);
        if (fds[2].revents)
            take_signal(child);
    }
}

static int child_status(const struct child *child)
{
    int status;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool process_run(struct arena *arena, const struct process *process, struct process_end *ret,
                 struct err *err)
{
    sigset_t ours, before;
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGHUP);
    sigprocmask(SIG_BLOCK, &ours, &before);
    struct child child = {.process = process,
                          .signal_fd = signalfd(-1, &ours, SFD_CLOEXEC),
                          .deadline_us = clock_steady_us() + process->timeout_ms * 1000,
                          .out.fd = -1,
                          .errors.fd = -1};
    buf_init(&child.out.text, process->max_output_bytes);
    buf_init(&child.errors.text, process->max_output_bytes);
    bool is_started = child_start(&child, &before, err);
    child_watch(&child);
    if (is_started) {
        child.end.status = child_status(&child);
        child.end.out = arena_copy(arena, buf_str(&child.out.text));
        child.end.errors = arena_copy(arena, buf_str(&child.errors.text));
        *ret = child.end;
    }
    buf_finish(&child.out.text);
    buf_finish(&child.errors.text);
    close(child.signal_fd);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return is_started;
}
