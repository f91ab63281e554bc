// SPDX-License-Identifier: GPL-3.0-or-later
//
// The hand-written half of every module; the generated half includes it once, after gSOAP's own
// soapH.h, and defines `stubs`. It makes gSOAP's engine a codec: what the stubs would send goes
// into a buffer, what they would receive comes from one. The engine is kept between calls, because
// making it costs more than a request.

#include "edge/soap_module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// One operation's generated functions. Both return a gSOAP error code, 0 for success.
struct stub {
    int (*encode)(struct soap *soap);
    int (*decode)(struct soap *soap);
    int version;     // of SOAP, as gSOAP counts: 1 or 2
    bool is_encoded; // then `id` and `href` say that a value is elsewhere; else they are data
};
static const struct stub stubs[];

enum {
    MAX_LEVEL = 200,
    MAX_OCCURS = 100000,
    MAX_TEXT_BYTES = 8 * 1024 * 1024,
    // No id-ref: each value is written where it stands, which every service understands.
    ENGINE_MODE = SOAP_ENC_PLAIN | SOAP_IO_BUFFER | SOAP_XML_TREE | SOAP_C_UTFSTRING,
};

#define TEXT_OF(value)  #value
#define TEXT_OF_(macro) TEXT_OF(macro)
#define ENGINE_VERSION  TEXT_OF_(GSOAP_VERSION)

// The engine wants an address before it writes; nothing is opened.
#define WIRE_ENDPOINT "http://wire"

struct soap_context {
    int version; // first, where soapClient.c looks for it through soap->user
    struct soap *soap;
    struct soap_bytes in; // what is left to read
    char *out;
    size_t out_len, out_capacity;
    char error[512];
};

// --- the wire, in memory ---

static size_t wire_receive(struct soap *soap, char *to, size_t size)
{
    struct soap_context *context = soap->user;
    size_t len = context->in.len < size ? context->in.len : size;
    memcpy(to, context->in.data, len);
    context->in.data += len;
    context->in.len -= len;
    return len;
}

static int wire_send(struct soap *soap, const char *data, size_t len)
{
    struct soap_context *context = soap->user;
    if (len > context->out_capacity - context->out_len) {
        size_t capacity = (context->out_len + len) * 2;
        char *out = realloc(context->out, capacity);
        if (!out)
            return soap->error = SOAP_EOM;
        context->out = out;
        context->out_capacity = capacity;
    }
    memcpy(context->out + context->out_len, data, len);
    context->out_len += len;
    return SOAP_OK;
}

static SOAP_SOCKET wire_open(struct soap *soap, const char *endpoint, const char *host, int port)
{
    (void)soap, (void)endpoint, (void)host, (void)port;
    return 0; // any valid number: nothing of ours uses it
}

static int wire_close(struct soap *soap)
{
    (void)soap;
    return SOAP_OK;
}

// Without this the engine gives up on a header it does not know and that says mustUnderstand, and
// the fault behind it is lost.
static int ignore_header(struct soap *soap, const char *tag)
{
    (void)tag;
    return soap->part == SOAP_IN_HEADER || !(soap->mode & SOAP_XML_STRICT) ? SOAP_OK
                                                                           : SOAP_TAG_MISMATCH;
}

// --- contexts ---

static void context_free(struct soap_context *context)
{
    if (!context)
        return;
    if (context->soap) {
        soap_destroy(context->soap);
        soap_end(context->soap);
        soap_free(context->soap);
    }
    free(context->out);
    free(context);
}

static struct soap_context *context_new(void)
{
    struct soap_context *context = calloc(1, sizeof(*context));
    struct soap *soap = context ? soap_new1(ENGINE_MODE) : NULL;
    if (!soap) {
        free(context);
        return NULL;
    }
    context->soap = soap;
    soap->user = context;
    soap->frecv = wire_receive;
    soap->fsend = wire_send;
    soap->fopen = wire_open;
    soap->fclose = wire_close;
    soap->fignore = ignore_header;
    soap->maxlevel = MAX_LEVEL;
    soap->maxoccurs = MAX_OCCURS;
    soap->maxlength = MAX_TEXT_BYTES;
    return context;
}

static const char *context_error(struct soap_context *context)
{
    return context->error;
}

static void context_reset(struct soap_context *context, struct soap_bytes in, soap_mode mode)
{
    struct soap *soap = context->soap;
    soap_dealloc(soap, NULL); // soap_end would clear its tables, too, which receiving does anyway
    soap->header = NULL;
    soap->fault = NULL;
    soap->error = SOAP_OK;
    soap->keep_alive = 0;
    soap_clr_imode(soap, SOAP_XML_STRICT | SOAP_XML_TREE);
    soap_set_imode(soap, mode);
    context->in = in;
    context->out_len = 0;
    context->error[0] = '\0';
}

// gSOAP words its errors as a fault, so the words come with prefixes of no use here.
static void context_describe(struct soap_context *context)
{
    struct soap *soap = context->soap;
    soap_set_fault(soap);
    static const char prefix[] = "Validation constraint violation: ";
    const char *words = soap_fault_string(soap);
    if (!words)
        words = "no reason given";
    if (strncmp(words, prefix, sizeof(prefix) - 1) == 0)
        words += sizeof(prefix) - 1;
    snprintf(context->error, sizeof(context->error), "%s", words);
}

// --- what the generated functions call ---

static inline int envelope_begin(struct soap *soap)
{
    return soap_begin_recv(soap) || soap_envelope_begin_in(soap) || soap_recv_header(soap) ||
           soap_body_begin_in(soap);
}

static inline int envelope_end(struct soap *soap)
{
    if (soap_body_end_in(soap) || soap_envelope_end_in(soap))
        return soap->error;
    // With everything in its place there is nothing to resolve, which takes a tenth of the time.
    return soap->mode & SOAP_XML_TREE ? SOAP_OK : soap_end_recv(soap);
}

// What answers a call that has no answer: nothing, an empty envelope, or a fault.
static inline int one_way_reply(struct soap *soap)
{
    struct soap_context *context = soap->user;
    if (context->in.len == 0)
        return SOAP_OK;
    return envelope_begin(soap) || soap_recv_fault(soap, 1) || envelope_end(soap);
}

// --- the module's functions ---

static soap_mode tree_mode(size_t operation)
{
    return stubs[operation].is_encoded ? 0 : SOAP_XML_TREE;
}

static bool module_encode(struct soap_context *context, size_t operation,
                          struct soap_bytes envelope, struct soap_bytes *ret_wire)
{
    context_reset(context, envelope, SOAP_XML_STRICT | tree_mode(operation));
    context->version = stubs[operation].version;
    if (stubs[operation].encode(context->soap)) {
        context_describe(context);
        return false;
    }
    *ret_wire = (struct soap_bytes){context->out, context->out_len};
    return true;
}

static enum soap_module_reply module_decode(struct soap_context *context, size_t operation,
                                            struct soap_bytes wire,
                                            struct soap_module_fault *ret_fault)
{
    struct soap *soap = context->soap;
    context_reset(context, wire, tree_mode(operation));
    soap_set_version(soap, stubs[operation].version);
    int error = stubs[operation].decode(soap);
    if (!error)
        return SOAP_REPLY_RESULT;
    // These three are said of a fault that was received; all others are the engine's own.
    if (error != SOAP_FAULT && error != SOAP_CLI_FAULT && error != SOAP_SVR_FAULT) {
        context_describe(context);
        return SOAP_REPLY_UNREADABLE;
    }
    *ret_fault = (struct soap_module_fault){
        .code = *soap_faultcode(soap),
        .subcode = soap->version == 2 ? soap_fault_subcode(soap) : NULL,
        .text = soap_fault_string(soap),
    };
    return SOAP_REPLY_FAULT;
}
