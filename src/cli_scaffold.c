// SPDX-License-Identifier: GPL-3.0-or-later
//
// `switchhook wsdl scaffold`: a template of an operation's request, or a valid sample of it, to a
// file or the terminal; and a check that all operations of a WSDL have both.

#include "cli_wsdl.h"

#include "core/template.h"
#include "edge/soap_sample.h"
#include "flow/wsdl_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char help[] =
    "usage: switchhook wsdl scaffold NAME OPERATION [--json | --sample] [--output FILE]\n"
    "\n"
    "Writes a template of the request: every element in order, with its type, how often it may\n"
    "stand there, its words and its documentation, and data elements of like name filled in.\n"
    "Where it says TODO, something has to be filled in.\n"
    "\n"
    "  --json            a JSON body, which the gateway brings into the operation's form\n"
    "  --sample          no template but a request with values that are valid for their types\n"
    "  --reply           with --sample: the reply in place of the request\n"
    "  --port PORT       of several ports with that operation; otherwise the first\n"
    "  --output FILE     into FILE, which must not be there\n"
    "  --force           even if FILE is there\n"
    "  --all --check     no OPERATION: makes scaffold and sample of every one, checks both by the\n"
    "                    WSDL's types, and prints a line of JSON for each\n"
    "  --config FILE     the gateway's; ./switchhook.yaml or /etc/switchhook/switchhook.yaml\n"
    "  --modules FOLDER  where modules lie, in place of what the configuration says\n";

enum { OUTPUT_MAX_BYTES = 64 << 20 };

struct request {
    const char *name, *operation, *port, *output;
    bool is_json, is_sample, is_reply, is_forced, is_all, is_check;
};

// --- writing ---

static bool write_file(const char *path, bool is_forced, struct str text, struct err *err)
{
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (is_forced ? O_TRUNC : O_EXCL);
    AUTO_CLOSE int fd = open(path, flags, 0644);
    if (fd < 0 && errno == EEXIST)
        return err_set(err, ERR_CONFLICT, "%s is there already; --force writes over it", path);
    if (fd < 0)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    for (size_t done = 0; done < text.len;) {
        ssize_t count = write(fd, text.data + done, text.len - done);
        if (count < 0 && errno != EINTR)
            return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        done += count > 0 ? (size_t)count : 0;
    }
    return true;
}

static bool make(const struct request *request, const struct soap_operation *operation,
                 struct arena *arena, struct str *ret, struct err *err)
{
    if (request->is_sample)
        return soap_sample(operation, request->is_reply ? SOAP_SAMPLE_REPLY : SOAP_SAMPLE_REQUEST,
                           arena, ret, err);
    if (!request->is_json) {
        *ret = soap_scaffold(operation, arena);
        return true;
    }
    AUTO_BUF struct buf text;
    buf_init(&text, OUTPUT_MAX_BYTES);
    json_write(&text, soap_scaffold_json(operation, arena), JSON_INDENTED);
    buf_add_char(&text, '\n');
    *ret = arena_copy(arena, buf_str(&text));
    return true;
}

static bool scaffold_one(const struct request *request, const struct opened *opened,
                         struct arena *arena, struct err *err)
{
    const struct soap_operation *operation;
    struct str text;
    if (!soap_operation_find(opened->modules, opened->facts->name, request->port,
                             request->operation, &operation, err) ||
        !make(request, operation, arena, &text, err))
        return false;
    if (request->output)
        return write_file(request->output, request->is_forced, text, err);
    fwrite(text.data, 1, text.len, stdout);
    return true;
}

// --- all operations ---

static struct json *verdict(struct arena *arena, bool is_good, const struct err *err)
{
    return is_good ? json_text(arena, "ok") : json_text(arena, arena_strdup(arena, err->text));
}

static bool check_scaffold(struct soap_codec *codec, const struct soap_operation *operation,
                           struct arena *arena, struct err *err)
{
    struct str text = soap_scaffold(operation, arena), finished;
    struct template *template = NULL;
    struct template_place place;
    if (!soap_finish_xml(codec, arena, text, false, &finished, err))
        return false;
    if (!template_compile(text, TEMPLATE_XML, NULL, NULL, &template, &place, err))
        return err_prefix(err, "line %d", place.line);
    template_free(template);
    return true;
}

static bool check_one(struct soap_codec *codec, const struct opened *opened, size_t index)
{
    AUTO_ARENA struct arena *arena = arena_new();
    const struct soap_module_operation *facts = &opened->facts->operations[index];
    const struct soap_operation *operation;
    struct err err = {0};
    struct json *line = json_object(arena);
    json_set(arena, line, STR("operation"), json_text(arena, facts->name));
    json_set(arena, line, STR("port"), json_text(arena, facts->port));
    bool is_found = soap_operation_find(opened->modules, opened->facts->name, facts->port,
                                        facts->name, &operation, &err);
    bool has_scaffold = is_found && check_scaffold(codec, operation, arena, &err);
    json_set(arena, line, STR("scaffold"), verdict(arena, has_scaffold, &err));
    struct str sample = STR(""), wire = STR("");
    bool has_sample = is_found && soap_sample(operation, SOAP_SAMPLE_REQUEST, arena, &sample, &err);
    json_set(arena, line, STR("sample"), verdict(arena, has_sample, &err));
    bool is_encoded = has_sample && soap_encode(codec, operation, arena, sample, &wire, &err);
    json_set(arena, line, STR("encode"), verdict(arena, is_encoded, &err));
    json_set(arena, line, STR("wire"), json_string(arena, wire));
    AUTO_BUF struct buf text;
    buf_init(&text, OUTPUT_MAX_BYTES);
    json_write(&text, line, JSON_COMPACT);
    printf("%.*s\n", STR_ARG(buf_str(&text)));
    fflush(stdout);
    return has_scaffold && is_encoded;
}

static int check_all(const struct opened *opened)
{
    struct soap_codec *codec = soap_codec_new();
    bool is_good = true;
    for (size_t i = 0; i < opened->facts->operation_count; i++)
        is_good &= check_one(codec, opened, i);
    soap_codec_free(codec);
    return is_good ? CLI_OK : CLI_USAGE;
}

// --- the command ---

static int tell(const char *sentence)
{
    fprintf(stderr, "switchhook: %s\n%.*s\n", sentence, (int)strcspn(help, "\n"), help);
    return CLI_USAGE;
}

static int run(const struct request *request, struct cli_library *library)
{
    struct err err;
    struct library_version version;
    struct opened opened;
    if (!library_find(&library->library, request->name, &version, &err) ||
        !wsdl_open(&version, &opened, &err))
        return cli_fail(&err);
    int status = CLI_OK;
    if (request->is_all)
        status = check_all(&opened);
    else if (!scaffold_one(request, &opened, library->arena, &err))
        status = cli_fail(&err);
    wsdl_close(&opened);
    return status;
}

int cli_wsdl_scaffold(int argc, char **argv)
{
    struct request request = {0};
    const char *config = NULL, *modules = NULL, *words[2];
    const struct cli_option options[] = {
        {"--json", NULL, &request.is_json},   {"--sample", NULL, &request.is_sample},
        {"--reply", NULL, &request.is_reply}, {"--port", &request.port, NULL},
        {"--output", &request.output, NULL},  {"--force", NULL, &request.is_forced},
        {"--all", NULL, &request.is_all},     {"--check", NULL, &request.is_check},
        {"--config", &config, NULL},          {"--modules", &modules, NULL},
    };
    const struct cli_line line = {help, options, COUNT_OF(options), words, COUNT_OF(words)};
    int status;
    if (!cli_line_read_some(&line, 1, argc, argv, &status))
        return status;
    request.name = words[0];
    request.operation = words[1];
    if (request.is_all != request.is_check || (request.is_all && words[1]))
        return tell("--all and --check belong together and take no OPERATION");
    if (!request.is_all && !words[1])
        return tell("which OPERATION? `switchhook wsdl show NAME` lists them");
    if (request.is_json && request.is_sample)
        return tell("--json and --sample exclude each other");
    if (request.is_reply && !request.is_sample)
        return tell("--reply goes with --sample");
    struct cli_library library;
    status = cli_library_open(config, modules, &library) ? run(&request, &library) : CLI_USAGE;
    cli_library_close(&library);
    return status;
}
