// SPDX-License-Identifier: GPL-3.0-or-later
//
// `switchhook wsdl COMMAND`: the table of its commands, and how they find their library.

#include "cli_wsdl.h"

#include "flow/wsdl_gateway.h"
#include "flow/wsdl_tools.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define MODULE_MAX_BYTES (4UL << 30)

static const char help[] =
    "usage: switchhook wsdl COMMAND ...\n"
    "\n"
    "  add FILE|URL          make a WSDL callable, or a newer one of it; no restart\n"
    "  list [NAME]           what is there; of one WSDL, its versions\n"
    "  show NAME [OPERATION] its operations; of one, input, output and faults as trees\n"
    "  diff OLD NEW          what changed between two versions or files\n"
    "  remove NAME           take a WSDL away that no service uses\n"
    "  scaffold NAME OPERATION\n"
    "                        a template of the request, or a sample\n"
    "\n"
    "`switchhook wsdl COMMAND --help` tells more.\n";

// Run by `wsdl add`: loads a module, so that one that kills the process, or takes more memory than
// the gateway should lose to it, kills this one.
static int try_module(int argc, char **argv)
{
    struct err err = {0};
    if (argc != 1)
        return CLI_USAGE;
#ifndef __SANITIZE_ADDRESS__ // reserves terabytes for itself
    const struct rlimit limit = {MODULE_MAX_BYTES, MODULE_MAX_BYTES};
    setrlimit(RLIMIT_AS, &limit);
#endif
    if (wsdl_try_here(argv[0], &err))
        return CLI_OK;
    fprintf(stderr, "%s\n", err.text);
    return CLI_FAILED;
}

enum { OUTPUT_MAX_BYTES = 64 << 20 };

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"add", cli_wsdl_add},      {"list", cli_wsdl_list},     {"show", cli_wsdl_show},
    {"diff", cli_wsdl_diff},    {"remove", cli_wsdl_remove}, {"scaffold", cli_wsdl_scaffold},
    {"try-module", try_module},
};

int cli_wsdl(int argc, char **argv)
{
    const char *name = argc ? argv[0] : "";
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    bool is_asked = strcmp(name, "--help") == 0 || strcmp(name, "help") == 0;
    if (*name && !is_asked)
        fprintf(stderr, "switchhook: no command `wsdl %s`\n", name);
    fprintf(is_asked ? stdout : stderr, "%s", help);
    return is_asked ? CLI_OK : CLI_USAGE;
}

int cli_fail(const struct err *err)
{
    fprintf(stderr, "switchhook: %s\n", err->text);
    return err->code == ERR_IO || err->code == ERR_FULL || err->code == ERR_BUSY ? CLI_FAILED
                                                                                 : CLI_USAGE;
}

const char *cli_find_config(void)
{
    static const char *const usual[] = {"switchhook.yaml", "/etc/switchhook/switchhook.yaml"};
    const char *set = getenv("SWITCHHOOK_CONFIG");
    if (set && *set)
        return set;
    for (size_t i = 0; i < COUNT_OF(usual); i++) {
        if (access(usual[i], R_OK) == 0)
            return usual[i];
    }
    return NULL;
}

bool cli_library_open(const char *config, const char *modules, struct cli_library *ret)
{
    struct err err;
    *ret = (struct cli_library){.arena = arena_new(), .library.lock_fd = -1};
    if (!config && !modules)
        config = cli_find_config();
    if (!config && !modules) {
        fprintf(stderr, "switchhook: there is no switchhook.yaml here: say --config FILE, or "
                        "--modules FOLDER\n");
        return false;
    }
    if (config && !config_outline(ret->arena, config, &ret->outline, &err)) {
        cli_fail(&err);
        return false;
    }
    library_init(&ret->library, ret->arena, modules ? modules : ret->outline.modules_dir);
    return true;
}

void cli_library_close(struct cli_library *library)
{
    library_unlock(&library->library);
    arena_free(library->arena);
}

static void tell_wait(const char *owner)
{
    fprintf(stderr, "another `switchhook wsdl` is at work%s%s; waiting for it\n",
            *owner ? ", process " : "", owner);
}

bool cli_library_lock(struct cli_library *library)
{
    struct err err;
    if (library_lock(&library->library, tell_wait, &err))
        return true;
    cli_fail(&err);
    return false;
}

int cli_tell_gateway(const struct cli_library *library, const char *module, bool is_quiet)
{
    int64_t pid;
    struct err err;
    if (gateway_reload(library->outline.store_path, module, &pid, &err)) {
        if (!is_quiet)
            printf("the running gateway, process %lld, %s\n", (long long)pid,
                   module ? "has it loaded" : "was asked to reload");
        return CLI_OK;
    }
    if (err.code != ERR_NOT_FOUND)
        return cli_fail(&err);
    if (!is_quiet)
        printf("no gateway is running%s: it takes effect at the next start\n",
               library->outline.file ? "" : " that is known here (no --config)");
    return CLI_OK;
}

void cli_print_json(const struct json *value)
{
    AUTO_BUF struct buf out;
    buf_init(&out, OUTPUT_MAX_BYTES);
    json_write(&out, value, JSON_INDENTED);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
}
