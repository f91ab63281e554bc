// SPDX-License-Identifier: GPL-3.0-or-later
//
// `switchhook call`: one request of an operation, from data in a file, sent now or only shown.

#include "cli_load.h"
#include "cli_wsdl.h"

#include "edge/soap_json.h"
#include "edge/soap_sample.h"
#include "edge/soap_wrap.h"
#include "flow/call.h"
#include "flow/wsdl_open.h"

#include <errno.h>
#include <stdio.h>

static const char help[] =
    "usage: switchhook call NAME OPERATION [--data FILE] [--endpoint URL] [--dry-run] [--json]\n"
    "\n"
    "Sends one request of the WSDL's operation now, and prints what left, what came back and how\n"
    "long it took. It is checked by the WSDL's types first; nothing that does not fit is sent.\n"
    "\n"
    "  --data FILE       what to send; - is the standard input. JSON: an object of the body's\n"
    "                    elements, in any order, see docs/soap.md. XML: an envelope, or the\n"
    "                    element that stands in its body. Without it: an operation without input\n"
    "  --sample          values that are valid for their types, in place of --data\n"
    "  --endpoint URL    where to send it, in place of what the WSDL says\n"
    "  --port PORT       of several ports with that operation; otherwise the first\n"
    "  --header 'H: v'   a header field of HTTP more; may be there several times\n"
    "  --timeout S       seconds for the whole; 30\n"
    "  --mtom            binary values travel as parts beside the envelope\n"
    "  --dry-run         print the envelope as it would leave, send nothing\n"
    "  --json            as JSON: request, reply, timings in microseconds\n"
    "  --service NAME    with the endpoint, credentials, TLS and header fields of a service of "
    "the\n"
    "                    configuration; NAME and OPERATION of the WSDL may then be left out\n"
    "  --config FILE     the gateway's; ./switchhook.yaml or /etc/switchhook/switchhook.yaml\n"
    "  --modules FOLDER  where modules lie, in place of what the configuration says\n"
    "\n"
    "Exit status: 0 a result, 1 a fault or no answer, 2 mistakes, and nothing was sent.\n";

enum {
    MAX_DATA_BYTES = 16 << 20,
    MAX_OUTPUT_BYTES = 256 << 20,
    MAX_HEADERS = 50,
    MAX_TIMEOUT_S = 3600,
};
static const struct json_limits data_limits = {.depth = 200, .values = 1000 * 1000};

struct asked {
    const char *words[2]; // NAME, OPERATION
    const char *data, *endpoint, *port, *timeout, *service, *config, *modules;
    const char *headers[MAX_HEADERS];
    size_t header_count;
    bool is_sample, is_dry, wants_json, is_mtom;
};

static bool tell(const char *sentence, const char *what)
{
    fprintf(stderr, "switchhook: %s%s\n", sentence, what);
    return false;
}

// --- data ---

static bool read_stream(FILE *file, struct arena *arena, struct str *ret, struct err *err)
{
    AUTO_BUF struct buf text;
    char block[16 * 1024];
    buf_init(&text, MAX_DATA_BYTES);
    for (size_t len; (len = fread(block, 1, sizeof(block), file)) > 0;)
        buf_add(&text, block, len);
    if (ferror(file))
        return err_set(err, ERR_IO, "%s", strerror(errno));
    if (text.overflowed)
        return err_set(err, ERR_TOO_LARGE, "more than %d bytes", MAX_DATA_BYTES);
    *ret = text.len ? arena_copy(arena, buf_str(&text)) : STR("");
    return true;
}

static bool read_file(const char *path, struct arena *arena, struct str *ret, struct err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    if (!file)
        return err_set(err, ERR_NOT_FOUND, "%s", strerror(errno));
    bool is_read = read_stream(file, arena, ret, err);
    if (!is_stdin)
        fclose(file);
    return is_read;
}

static bool envelope_of_text(const struct soap_operation *operation, struct soap_codec *codec,
                             struct arena *arena, struct str text, struct str *ret, struct err *err)
{
    struct str start = str_trim(text);
    struct json *data;
    if (start.len && (*start.data == '<' || str_starts(start, STR("\xef\xbb\xbf<"))))
        return soap_wrap(codec, operation, arena, text, ret, err);
    return json_parse(arena, text, &data_limits, &data, err) &&
           soap_json_encode(operation, arena, data, ret, err);
}

static bool make_envelope(const struct asked *asked, const struct soap_operation *operation,
                          struct soap_codec *codec, struct arena *arena, struct str *ret,
                          struct err *err)
{
    struct str text;
    if (asked->is_sample)
        return soap_sample(operation, SOAP_SAMPLE_REQUEST, arena, ret, err);
    if (!asked->data)
        return soap_json_encode(operation, arena, json_object(arena), ret, err) ||
               err_prefix(err, "the operation has input: say --data FILE or --sample");
    return (read_file(asked->data, arena, &text, err) &&
            envelope_of_text(operation, codec, arena, text, ret, err)) ||
           err_prefix(err, "%s", strcmp(asked->data, "-") == 0 ? "standard input" : asked->data);
}

// --- the call ---

static void print(const struct asked *asked, struct arena *arena, const struct json *tree)
{
    AUTO_BUF struct buf out;
    buf_init(&out, MAX_OUTPUT_BYTES);
    if (asked->wants_json) {
        json_write(&out, tree, JSON_INDENTED);
        buf_add_char(&out, '\n');
    } else {
        call_write(&out, arena, tree);
    }
    fwrite(out.data, 1, out.len, stdout);
}

static void print_request(const struct call *call, struct arena *arena,
                          const struct transport_request *request)
{
    AUTO_BUF struct buf out;
    buf_init(&out, MAX_OUTPUT_BYTES);
    call_write_request(&out, call, arena, request);
    fwrite(out.data, 1, out.len, stdout);
}

static int call_operation(const struct asked *asked, struct call *call)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct soap_codec *codec = soap_codec_new();
    struct transport_request request;
    struct str envelope;
    struct err err = {0};
    bool is_good = true;
    int status = CLI_USAGE;
    if (asked->is_dry && !call->endpoint && !call->service)
        call->endpoint = "http://nowhere.invalid/"; // nothing is sent
    if (!make_envelope(asked, call->operation, codec, arena, &envelope, &err) ||
        !call_prepare(call, codec, arena, envelope, &request, &err)) {
        tell(err.text, "");
    } else if (asked->is_dry) {
        print_request(call, arena, &request);
        status = CLI_OK;
    } else {
        print(asked, arena, call_send(call, codec, arena, &request, &is_good));
        status = is_good ? CLI_OK : CLI_FAILED;
    }
    soap_codec_free(codec);
    return status;
}

// --- with a service ---

static const struct service *find_service(const struct services *services, const char *name)
{
    AUTO_FREE const char **names = mem_alloc((services->count + 1) * sizeof(*names));
    for (size_t i = 0; i < services->count; i++) {
        names[i] = service_config(services->items[i])->name;
        if (strcmp(names[i], name) == 0)
            return services->items[i];
    }
    const char *nearest = err_nearest(str_from(name), names, services->count);
    fprintf(stderr, "switchhook: there is no service \"%s\"%s%s%s\n", name,
            nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
    return NULL;
}

static bool check_service(const struct asked *asked, const struct service *service)
{
    const struct config_service *config = service_config(service);
    if (!service_operation(service))
        return tell("that service calls no operation of a WSDL: ", config->name);
    if ((asked->words[0] && strcmp(asked->words[0], config->wsdl) != 0) ||
        (asked->words[1] && strcmp(asked->words[1], config->operation) != 0)) {
        fprintf(stderr, "switchhook: service %s calls operation %s of WSDL %s\n", config->name,
                config->operation, config->wsdl);
        return false;
    }
    return true;
}

static int call_as_service(const struct asked *asked, struct call *call)
{
    struct loaded loaded;
    const char *config = asked->config ? asked->config : cli_find_config();
    int status = CLI_USAGE;
    if (!config) {
        tell("there is no switchhook.yaml here: say --config FILE", "");
        return status;
    }
    if (!loaded_load(config, &loaded))
        return status;
    call->service = find_service(loaded.services, asked->service);
    if (call->service && check_service(asked, call->service)) {
        call->operation = service_operation(call->service);
        status = call_operation(asked, call);
    }
    loaded_finish(&loaded);
    return status;
}

// --- without ---

static int call_of_library(const struct asked *asked, struct call *call,
                           struct cli_library *library)
{
    struct err err;
    struct library_version version;
    struct opened opened;
    if (!library_find(&library->library, asked->words[0], &version, &err) ||
        !wsdl_open(&version, &opened, &err))
        return cli_fail(&err);
    bool is_found = soap_operation_find(opened.modules, opened.facts->name, asked->port,
                                        asked->words[1], &call->operation, &err);
    int status = is_found ? call_operation(asked, call) : cli_fail(&err);
    wsdl_close(&opened);
    return status;
}

// --- the command ---

// All of them: the table of options keeps the last only.
static bool collect_headers(struct asked *asked, int argc, char **argv)
{
    for (int i = 0; i + 1 < argc; i++) {
        if (strcmp(argv[i], "--header") != 0)
            continue;
        const char *line = argv[++i], *colon = strchr(line, ':');
        if (asked->header_count == MAX_HEADERS)
            return tell("too many header fields", "");
        if (!colon || colon == line || strpbrk(line, "\r\n"))
            return tell("a header field is \"Name: value\": ", line);
        asked->headers[asked->header_count++] = line;
    }
    return true;
}

static bool read_timeout(const char *text, int64_t *ret_ms)
{
    char *end;
    double seconds = text ? strtod(text, &end) : 0;
    if (text && (end == text || *end || !(seconds > 0) || seconds > MAX_TIMEOUT_S))
        return tell("--timeout takes seconds, up to an hour: ", text);
    *ret_ms = text ? (int64_t)(seconds * 1000) : 0;
    if (text && *ret_ms == 0)
        *ret_ms = 1;
    return true;
}

static bool check_words(const struct asked *asked)
{
    if (asked->data && asked->is_sample)
        return tell("--data and --sample exclude each other", "");
    if (asked->is_mtom && asked->service)
        return tell("--mtom is for calls without a service: one has `mtom: true` in its file", "");
    if (!asked->service && !asked->words[0])
        return tell("which WSDL? `switchhook wsdl list` lists them", "");
    if (!asked->service && !asked->words[1])
        return tell("which OPERATION? `switchhook wsdl show NAME` lists them", "");
    return true;
}

int cli_call(int argc, char **argv)
{
    struct asked asked = {0};
    const char *last_header;
    const struct cli_option options[] = {
        {"--data", &asked.data, NULL},        {"--endpoint", &asked.endpoint, NULL},
        {"--port", &asked.port, NULL},        {"--header", &last_header, NULL},
        {"--timeout", &asked.timeout, NULL},  {"--service", &asked.service, NULL},
        {"--config", &asked.config, NULL},    {"--modules", &asked.modules, NULL},
        {"--sample", NULL, &asked.is_sample}, {"--dry-run", NULL, &asked.is_dry},
        {"--json", NULL, &asked.wants_json},  {"--mtom", NULL, &asked.is_mtom},
    };
    const struct cli_line line = {help, options, COUNT_OF(options), asked.words,
                                  COUNT_OF(asked.words)};
    int status;
    struct call call = {0};
    if (!cli_line_read_some(&line, 0, argc, argv, &status))
        return status;
    if (!check_words(&asked) || !collect_headers(&asked, argc, argv) ||
        !read_timeout(asked.timeout, &call.timeout_ms))
        return CLI_USAGE;
    call.endpoint = asked.endpoint;
    call.headers = asked.headers;
    call.is_mtom = asked.is_mtom;
    call.header_count = asked.header_count;
    transport_global_init();
    if (asked.service) {
        status = call_as_service(&asked, &call);
    } else {
        struct cli_library library;
        status = cli_library_open(asked.config, asked.modules, &library)
                     ? call_of_library(&asked, &call, &library)
                     : CLI_USAGE;
        cli_library_close(&library);
    }
    transport_global_finish();
    return status;
}
