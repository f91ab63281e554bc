// SPDX-License-Identifier: GPL-3.0-or-later
//
// One call after the other is read, checked and answered on the server's thread. An answer that is
// to be late waits in mock_later, so a slow call holds up no other.

#include "flow/mock.h"
#include "flow/mock_later.h"

#include "base/clock.h"
#include "edge/soap_request.h"
#include "edge/soap_sample.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

struct mock {
    struct mock_options options;
    const char *_Atomic url;  // NULL until it is known
    struct soap_codec *codec; // of the server's only thread
    struct mock_later *later;
    uint64_t calls; // that came, for `every`

    pthread_mutex_t lock;
    pthread_cond_t is_changed;
    uint64_t answered;
    bool is_stopped;
};

// One call on its way to its answer; in the request's arena.
struct visit {
    struct mock *mock;
    struct server_request *request;
    struct arena *arena;
    int64_t began_us;
    const struct soap_operation *operation; // NULL: not known
    struct mock_call call;
    struct server_response response;
};

struct mock *mock_new(const struct mock_options *options)
{
    struct mock *mock = mem_alloc(sizeof(*mock));
    mock->options = *options;
    mock->codec = soap_codec_new();
    mock->later = mock_later_new();
    require(pthread_mutex_init(&mock->lock, NULL) == 0);
    require(pthread_cond_init(&mock->is_changed, NULL) == 0);
    return mock;
}

void mock_free(struct mock *mock)
{
    if (!mock)
        return;
    mock_later_free(mock->later);
    soap_codec_free(mock->codec);
    pthread_cond_destroy(&mock->is_changed);
    pthread_mutex_destroy(&mock->lock);
    free(mock);
}

void mock_set_url(struct mock *mock, const char *url)
{
    atomic_store(&mock->url, url);
}

// --- answering ---

// Tells before it answers: after that the request is gone.
static void send_answer(void *context)
{
    struct visit *visit = context;
    struct mock *mock = visit->mock;
    visit->call.status = visit->response.status;
    visit->call.took_ms = (clock_steady_us() - visit->began_us) / 1000;
    pthread_mutex_lock(&mock->lock);
    mock->options.tell(mock->options.context, &visit->call);
    pthread_mutex_unlock(&mock->lock);
    server_reply(visit->request, &visit->response);
    pthread_mutex_lock(&mock->lock);
    mock->answered++;
    pthread_cond_broadcast(&mock->is_changed);
    pthread_mutex_unlock(&mock->lock);
}

static const char *media_type(int version)
{
    return version == 12 ? "application/soap+xml; charset=utf-8" : "text/xml; charset=utf-8";
}

static void set_answer(struct visit *visit, int status, struct str body)
{
    visit->response.status = status;
    visit->response.body = body;
    visit->response.media_type = media_type(visit->call.version);
}

static const char *code_of(int version, bool is_sender)
{
    return version == 12 ? (is_sender ? "Sender" : "Receiver") : (is_sender ? "Client" : "Server");
}

// SOAP 1.1 answers every fault with 500, SOAP 1.2 those of the sender with 400.
static int status_of(int version, const char *code)
{
    return version == 12 && strcmp(code, "Sender") == 0 ? 400 : 500;
}

// A fault needs no operation, only a version.
static void set_plain_fault(struct visit *visit, const char *code, const char *text)
{
    set_answer(visit, status_of(visit->call.version, code),
               soap_plain_fault(visit->call.version, code, text, visit->arena));
    visit->call.outcome = arena_printf(visit->arena, "fault %s: %s", code, text);
}

static void refuse(struct visit *visit, const struct err *err)
{
    if (!visit->call.version)
        visit->call.version = 11;
    bool is_version = err->code == ERR_CONFLICT;
    set_plain_fault(visit, is_version ? "VersionMismatch" : code_of(visit->call.version, true),
                    err->text);
}

// --- misbehaving ---

static void set_fault(struct visit *visit)
{
    const char *given = visit->mock->options.fault, *colon = strchr(given, ':');
    int version = visit->call.version;
    struct soap_sample_fault fault = {.code = code_of(version, false), .text = "told to fault"};
    if (colon) {
        fault.code = arena_copy(visit->arena, (struct str){given, (size_t)(colon - given)}).data;
        fault.text = colon + 1 + strspn(colon + 1, " ");
    } else if (*given) {
        fault.detail = given;
        fault.text = given;
    }
    // The other version's words are meant as this one's.
    bool is_sender = strcmp(fault.code, "Client") == 0 || strcmp(fault.code, "Sender") == 0;
    bool is_receiver = strcmp(fault.code, "Server") == 0 || strcmp(fault.code, "Receiver") == 0;
    if (is_sender || is_receiver)
        fault.code = code_of(version, is_sender);
    struct str body;
    struct err err;
    if (!soap_sample_fault(visit->operation, &fault, visit->arena, &body, &err)) {
        set_plain_fault(visit, code_of(version, false), err.text);
        return;
    }
    set_answer(visit, status_of(version, fault.code), body);
    visit->call.outcome = arena_printf(visit->arena, "fault %s: %s", fault.code, fault.text);
}

static void misbehave(struct visit *visit)
{
    switch (visit->mock->options.trouble) {
    case MOCK_FAULT:
        set_fault(visit);
        return;
    case MOCK_GARBAGE:
        set_answer(visit, 200, STR("<html><body>\x01 this is <no SOAP & no XML"));
        visit->call.outcome = "garbage";
        return;
    case MOCK_STATUS:
        set_answer(visit, visit->mock->options.status, STR("told to answer so\n"));
        visit->response.media_type = "text/plain; charset=utf-8";
        visit->call.outcome = "told status";
        return;
    case MOCK_CUT:
        visit->response.is_cut = true;
        visit->call.outcome = "cut";
        return;
    case MOCK_NONE:
        return;
    }
}

// --- one call ---

static const char *trim_quotes(struct arena *arena, const char *text)
{
    struct str trimmed = str_trim(str_from(text));
    if (trimmed.len > 1 && trimmed.data[0] == '"' && trimmed.data[trimmed.len - 1] == '"')
        trimmed = (struct str){trimmed.data + 1, trimmed.len - 2};
    return arena_copy(arena, trimmed).data;
}

// SOAPAction, or the action parameter of SOAP 1.2's media type.
static const char *action_of(const struct visit *visit)
{
    const char *header = server_header(visit->request, "SOAPAction");
    if (header)
        return trim_quotes(visit->arena, header);
    const char *type = server_header(visit->request, "Content-Type");
    const char *found = type ? strcasestr(type, "action=") : NULL;
    if (!found)
        return "";
    found += strlen("action=");
    size_t len = *found == '"' ? strcspn(found + 1, "\"") + 2 : strcspn(found, "; ");
    return trim_quotes(visit->arena,
                       arena_copy(visit->arena, (struct str){found, strnlen(found, len)}).data);
}

static bool set_reply(struct visit *visit, struct err *err)
{
    const struct mock_options *options = &visit->mock->options;
    bool is_meant = !options->operation || strcmp(options->operation, visit->call.operation) == 0;
    visit->call.outcome = "ok";
    if (soap_operation_is_one_way(visit->operation)) {
        visit->response = (struct server_response){.status = 202};
        return true;
    }
    struct str body = options->reply;
    if ((!body.len || !is_meant) &&
        !soap_sample(visit->operation, SOAP_SAMPLE_REPLY, visit->arena, &body, err))
        return false;
    set_answer(visit, 200, body);
    return true;
}

// Finds the operation, holds the request to its types, and makes the reply.
static bool take_call(struct visit *visit, struct err *err)
{
    struct mock *mock = visit->mock;
    struct soap_request request;
    struct str envelope, wire;
    if (!soap_request_envelope(mock->codec, visit->arena, visit->call.request, &envelope, err) ||
        !soap_request_read(mock->codec, visit->arena, envelope, &request, err))
        return false;
    visit->call.version = request.version;
    if (!soap_request_find(mock->options.modules, mock->options.module, &request, action_of(visit),
                           &visit->operation, err))
        return false;
    visit->call.operation = soap_operation_name(visit->operation);
    return soap_encode(mock->codec, visit->operation, visit->arena, envelope, &wire, err);
}

static bool is_turn(struct visit *visit)
{
    const struct mock_options *options = &visit->mock->options;
    bool is_meant = !options->operation || strcmp(options->operation, visit->call.operation) == 0;
    if (!is_meant)
        return false;
    visit->mock->calls++;
    return options->every < 2 || visit->mock->calls % options->every == 0;
}

static void handle_call(struct visit *visit)
{
    struct err err;
    bool is_good = take_call(visit, &err);
    bool is_trouble = visit->operation && is_turn(visit);
    if (!is_good)
        refuse(visit, &err);
    else if (!set_reply(visit, &err))
        set_plain_fault(visit, code_of(visit->call.version, false), err.text);
    if (is_good && is_trouble)
        misbehave(visit);
    if (is_trouble && visit->mock->options.delay_ms > 0)
        mock_later_run(visit->mock->later, visit->mock->options.delay_ms, send_answer, visit);
    else
        send_answer(visit);
}

// --- what is not a call ---

static void answer_text(struct server_request *request, int status, const char *media,
                        struct str body)
{
    server_reply(request,
                 &(struct server_response){.status = status, .media_type = media, .body = body});
}

static const char *url_of(struct mock *mock)
{
    const char *url = atomic_load(&mock->url);
    return url ? url : "";
}

static void give_wsdl(struct mock *mock, struct server_request *request)
{
    const struct soap_wsdl *wsdl = mock->options.wsdl;
    const char *file = server_query(request, "file");
    char *end;
    unsigned long index = file ? strtoul(file, &end, 10) : 0;
    if (!wsdl) {
        answer_text(request, 404, "text/plain; charset=utf-8",
                    STR("The mock does not know the WSDL's file: start it with --wsdl FILE\n"));
        return;
    }
    if (file && (*end || end == file || index >= soap_wsdl_count(wsdl))) {
        answer_text(request, 404, "text/plain; charset=utf-8", STR("There is no such file\n"));
        return;
    }
    answer_text(request, 200, "text/xml; charset=utf-8",
                soap_wsdl_text(wsdl, index, url_of(mock), server_arena(request)));
}

static void give_help(struct mock *mock, struct server_request *request)
{
    const char *text = arena_printf(
        server_arena(request), "A mock of %s. POST SOAP requests to %s; the WSDL is at %s?wsdl\n",
        mock->options.module, url_of(mock), url_of(mock));
    answer_text(request, 200, "text/plain; charset=utf-8", str_from(text));
}

static bool asks_for_wsdl(const struct server_request *request)
{
    struct str query = server_raw_query(request);
    return server_query(request, "file") ||
           (query.len >= 4 && str_eq_nocase((struct str){query.data, 4}, STR("wsdl")));
}

void mock_handle(void *context, struct server_request *request)
{
    struct mock *mock = context;
    const char *method = server_method(request);
    bool is_get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    if (is_get && asks_for_wsdl(request)) {
        give_wsdl(mock, request);
    } else if (is_get) {
        give_help(mock, request);
    } else if (strcmp(method, "POST") != 0) {
        server_reply(request, &(struct server_response){.status = 405, .allow = "GET, POST"});
    } else {
        struct visit *visit = arena_alloc(server_arena(request), sizeof(*visit));
        *visit = (struct visit){.mock = mock,
                                .request = request,
                                .arena = server_arena(request),
                                .began_us = clock_steady_us()};
        visit->call = (struct mock_call){
            .peer = server_peer(request), .operation = "", .request = server_body(request)};
        handle_call(visit);
    }
}

// --- waiting ---

static void *wait_for_signal(void *context)
{
    struct mock *mock = context;
    sigset_t signals;
    int signal;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    while (sigwait(&signals, &signal) != 0)
        continue;
    pthread_mutex_lock(&mock->lock);
    mock->is_stopped = true;
    pthread_cond_broadcast(&mock->is_changed);
    pthread_mutex_unlock(&mock->lock);
    return NULL;
}

void mock_wait(struct mock *mock, uint64_t calls)
{
    pthread_t waiter;
    require(pthread_create(&waiter, NULL, wait_for_signal, mock) == 0);
    pthread_mutex_lock(&mock->lock);
    while (!mock->is_stopped && mock->answered < calls)
        pthread_cond_wait(&mock->is_changed, &mock->lock);
    pthread_mutex_unlock(&mock->lock);
    pthread_kill(waiter, SIGTERM); // in case that none came
    pthread_join(waiter, NULL);
}

void mock_hurry(struct mock *mock)
{
    mock_later_hurry(mock->later);
}
