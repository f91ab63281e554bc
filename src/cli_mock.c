// SPDX-License-Identifier: GPL-3.0-or-later
//
// `switchhook mock NAME`: serves a WSDL's operations as a customer would, until it is stopped or
// had enough calls.

#include "cli_wsdl.h"

#include "base/clock.h"
#include "edge/file.h"
#include "edge/soap_json.h"
#include "edge/soap_sample.h"
#include "flow/mock.h"
#include "flow/wsdl_open.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

static const char help[] =
    "usage: switchhook mock NAME [--port N] [--fault WHAT | --cut | --garbage | --status N]\n"
    "\n"
    "Serves the operations of a WSDL like a customer: holds each request to the WSDL's types,\n"
    "answers with values that are valid, or with a fault that names the wrong element, and prints\n"
    "a line for each call. `?wsdl` gives the WSDL, with the mock's own address.\n"
    "\n"
    "  --host HOST        where to listen, 127.0.0.1 if not said\n"
    "  --port N           a free port if not said\n"
    "  --verbose          print the requests too\n"
    "  --count N, --once  end after N calls, after one\n"
    "  --reply FILE       answer with FILE: an envelope, or JSON of the reply's content\n"
    "  --wsdl FILE        the WSDL to give out; otherwise that of `switchhook wsdl add`\n"
    "  --config FILE      the gateway's; ./switchhook.yaml or /etc/switchhook/switchhook.yaml\n"
    "  --modules FOLDER   where modules lie, in place of what the configuration says\n"
    "\n"
    "What to do wrong:\n"
    "  --fault WHAT       a fault: CODE:TEXT (Server:out of order), or the name of one that the\n"
    "                     WSDL declares\n"
    "  --cut              end the connection half-way through the answer\n"
    "  --garbage          answer with what is no SOAP\n"
    "  --status N         answer with an HTTP status alone\n"
    "  --delay SECONDS    answer late, also with one of the above; 0.5 is half a second\n"
    "  --every N          only at each Nth call\n"
    "  --operation OP     only for this operation; holds for --reply too\n";

enum {
    MAX_REPLY_BYTES = 16 * 1024 * 1024,
    MAX_BODY_BYTES = 16 * 1024 * 1024,
    MAX_CONNECTIONS = 200,
    REQUEST_TIMEOUT_MS = 30 * 1000,
    MAX_DELAY_S = 3600,
};

static const struct json_limits json_limits = {.depth = 100, .values = 1000000};

struct request {
    const char *name, *host, *port, *count, *reply, *wsdl, *config, *modules;
    const char *fault, *status, *delay, *every, *operation;
    bool is_verbose, is_once, is_cut, is_garbage;
};

static int tell(const char *option, const char *what)
{
    fprintf(stderr, "switchhook: %s: %s\n", option, what);
    return CLI_USAGE;
}

// --- numbers and choices of the line ---

static bool read_number(const char *option, const char *text, long least, long most, long *ret)
{
    char *end;
    if (!text)
        return true;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (end == text || *end || errno || number < least || number > most) {
        fprintf(stderr, "switchhook: %s takes a number from %ld to %ld, not `%s`\n", option, least,
                most, text);
        return false;
    }
    *ret = number;
    return true;
}

static bool read_delay(const char *text, int64_t *ret_ms)
{
    char *end;
    double seconds = text ? strtod(text, &end) : 0;
    if (text && (end == text || *end || !(seconds >= 0 && seconds <= MAX_DELAY_S))) {
        fprintf(stderr, "switchhook: --delay takes seconds, at most %d, not `%s`\n", MAX_DELAY_S,
                text);
        return false;
    }
    *ret_ms = (int64_t)(seconds * 1000);
    return true;
}

static bool read_trouble(const struct request *request, struct mock_options *options)
{
    long status = 0, every = 0;
    int troubles = (request->fault != NULL) + (request->status != NULL) + request->is_cut +
                   request->is_garbage;
    if (troubles > 1) {
        fprintf(stderr, "switchhook: only one of --fault, --cut, --garbage and --status\n");
        return false;
    }
    if (!read_number("--status", request->status, 200, 599, &status) ||
        !read_number("--every", request->every, 1, 1000000, &every) ||
        !read_delay(request->delay, &options->delay_ms))
        return false;
    options->trouble = request->fault        ? MOCK_FAULT
                       : request->status     ? MOCK_STATUS
                       : request->is_cut     ? MOCK_CUT
                       : request->is_garbage ? MOCK_GARBAGE
                                             : MOCK_NONE;
    options->fault = request->fault;
    options->status = (int)status;
    options->every = (unsigned)every;
    options->operation = request->operation;
    return true;
}

// --- what is served ---

// The operation that the line names, or the only one.
static bool find_operation(const struct request *request, const struct opened *opened,
                           const struct soap_operation **ret, struct err *err)
{
    const char *name = request->operation;
    if (!name && opened->facts->operation_count == 1)
        name = opened->facts->operations[0].name;
    if (!name)
        return err_set(err, ERR_INVALID, "there are %zu operations: say --operation OP",
                       opened->facts->operation_count);
    return soap_operation_find(opened->modules, opened->facts->name, NULL, name, ret, err);
}

static bool has_ending(const char *name, const char *ending)
{
    size_t len = strlen(name), ending_len = strlen(ending);
    return len > ending_len && strcmp(name + len - ending_len, ending) == 0;
}

static bool read_reply(const struct request *request, const struct opened *opened,
                       struct arena *arena, struct str *ret, struct err *err)
{
    const struct soap_operation *operation;
    struct json *data;
    if (!file_read_text(arena, request->reply, MAX_REPLY_BYTES, ret, err))
        return err_prefix(err, "%s", request->reply);
    if (!has_ending(request->reply, ".json"))
        return true;
    return (find_operation(request, opened, &operation, err) &&
            json_parse(arena, *ret, &json_limits, &data, err) &&
            soap_json_encode_reply(operation, arena, data, ret, err)) ||
           err_prefix(err, "%s", request->reply);
}

// Early, so that a name that is wrong is not found out at the first call.
static bool check_names(const struct request *request, const struct opened *opened,
                        struct arena *arena, struct err *err)
{
    const struct soap_operation *operation;
    struct str envelope;
    bool is_declared = request->fault && !strchr(request->fault, ':');
    if (request->operation && !soap_operation_find(opened->modules, opened->facts->name, NULL,
                                                   request->operation, &operation, err))
        return false;
    if (!is_declared)
        return true;
    const struct soap_sample_fault fault = {.code = "Server", .text = "", .detail = request->fault};
    if (request->operation)
        return soap_sample_fault(operation, &fault, arena, &envelope, err);
    for (size_t i = 0; i < opened->facts->operation_count; i++) {
        const struct soap_module_operation *facts = &opened->facts->operations[i];
        if (soap_operation_find(opened->modules, opened->facts->name, facts->port, facts->name,
                                &operation, err) &&
            soap_sample_fault(operation, &fault, arena, &envelope, err))
            return true;
    }
    return err_prefix(err, "--fault");
}

static bool load_wsdl(const struct request *request, const struct library_version *version,
                      struct arena *arena, struct soap_wsdl **ret, struct err *err)
{
    const char *path = request->wsdl;
    if (!path && *version->folder)
        path = arena_printf(arena, "%s/wsdl/%s.wsdl", version->folder, version->name);
    if (!path)
        return true;
    return soap_wsdl_load(path, ret, err);
}

// --- serving ---

static void print_call(void *context, const struct mock_call *call)
{
    const bool *is_verbose = context;
    char at[CLOCK_RFC3339_BYTES];
    clock_rfc3339(clock_now_ms(), at);
    printf("%s %s %s SOAP %s -> %d %s, %lld ms\n", at, call->peer,
           *call->operation ? call->operation : "-",
           call->version == 12   ? "1.2"
           : call->version == 11 ? "1.1"
                                 : "-",
           call->status, call->outcome, (long long)call->took_ms);
    if (*is_verbose)
        printf("%.*s\n", STR_ARG(call->request));
    fflush(stdout);
}

static bool serve(struct mock *mock, const struct request *request, long port, uint64_t calls,
                  struct arena *arena, struct err *err)
{
    struct server *server;
    if (!server_start(&(struct server_options){.host = request->host,
                                               .port = (int)port,
                                               .threads = 1,
                                               .max_body_bytes = MAX_BODY_BYTES,
                                               .max_connections = MAX_CONNECTIONS,
                                               .request_timeout_ms = REQUEST_TIMEOUT_MS,
                                               .handler = mock_handle,
                                               .context = mock},
                      &server, err))
        return false;
    bool is_ipv6 = strchr(request->host, ':') && request->host[0] != '[';
    const char *url = arena_printf(arena, is_ipv6 ? "http://[%s]:%d/" : "http://%s:%d/",
                                   request->host, server_port(server));
    mock_set_url(mock, url);
    printf("mock of %s at %s\n", request->name, url);
    fflush(stdout);
    mock_wait(mock, calls);
    mock_hurry(mock);
    server_free(server);
    return true;
}

static bool run(const struct request *request, struct cli_library *library, long port,
                uint64_t calls, struct mock_options *options, struct err *err)
{
    struct library_version version;
    struct opened opened;
    struct soap_wsdl *wsdl = NULL;
    if (!library_find(&library->library, request->name, &version, err) ||
        !wsdl_open(&version, &opened, err))
        return false;
    bool is_good =
        check_names(request, &opened, library->arena, err) &&
        (!request->reply || read_reply(request, &opened, library->arena, &options->reply, err)) &&
        load_wsdl(request, &version, library->arena, &wsdl, err);
    if (is_good) {
        bool is_verbose = request->is_verbose;
        options->modules = opened.modules;
        options->module = opened.facts->name;
        options->wsdl = wsdl;
        options->tell = print_call;
        options->context = &is_verbose;
        struct mock *mock = mock_new(options);
        is_good = serve(mock, request, port, calls, library->arena, err);
        mock_free(mock);
    }
    soap_wsdl_free(wsdl);
    wsdl_close(&opened);
    return is_good;
}

int cli_mock(int argc, char **argv)
{
    struct request request = {.host = "127.0.0.1"};
    const struct cli_option options[] = {
        {"--host", &request.host, NULL},          {"--port", &request.port, NULL},
        {"--verbose", NULL, &request.is_verbose}, {"--count", &request.count, NULL},
        {"--once", NULL, &request.is_once},       {"--reply", &request.reply, NULL},
        {"--wsdl", &request.wsdl, NULL},          {"--config", &request.config, NULL},
        {"--modules", &request.modules, NULL},    {"--fault", &request.fault, NULL},
        {"--cut", NULL, &request.is_cut},         {"--garbage", NULL, &request.is_garbage},
        {"--status", &request.status, NULL},      {"--delay", &request.delay, NULL},
        {"--every", &request.every, NULL},        {"--operation", &request.operation, NULL},
    };
    const struct cli_line line = {help, options, COUNT_OF(options), &request.name, 1};
    struct mock_options mock = {0};
    long port = 0, count = 0;
    int status;
    if (!cli_line_read(&line, argc, argv, &status))
        return status;
    if (!read_number("--port", request.port, 0, 65535, &port) ||
        !read_number("--count", request.count, 1, 1000000000, &count) ||
        !read_trouble(&request, &mock))
        return CLI_USAGE;
    if (request.is_once && request.count)
        return tell("--once", "it says the same as --count 1");
    // Threads inherit the mask, so that only mock_wait sees these.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct cli_library library;
    struct err err;
    uint64_t calls = request.is_once ? 1 : count ? (uint64_t)count : UINT64_MAX;
    status = CLI_USAGE;
    if (cli_library_open(request.config, request.modules, &library))
        status = run(&request, &library, port, calls, &mock, &err) ? CLI_OK : cli_fail(&err);
    cli_library_close(&library);
    return status;
}
