// SPDX-License-Identifier: GPL-3.0-or-later
//
// All policy on answers, as two tables: one by HTTP status, one by the class of a SOAP fault. Knows
// no waits and no wires. What surprises: a fault tells more than its HTTP status (a service that
// answers 500 with a Client fault will never take the request), except where the status itself
// asks to come back later.

#include "core/outcome.h"

#include <stdio.h>

static const char *const kind_words[] = {
    [OUTCOME_DELIVERED] = "delivered",
    [OUTCOME_RETRY] = "retry",
    [OUTCOME_REJECTED] = "rejected",
    [OUTCOME_UNKNOWN] = "unknown",
};

static const char *const reach_words[] = {
    [REACH_NOT_ENCODED] = "not encoded", [REACH_NO_CONNECTION] = "no connection",
    [REACH_NOT_SENT] = "not sent",       [REACH_SENT] = "sent",
    [REACH_ANSWERED] = "answered",
};

// What an attempt without an answer means, and its sentence when nobody gave one.
static const struct {
    enum outcome_kind kind;
    enum outcome_scope scope;
    const char *sentence;
} reach_rows[] = {
    [REACH_NOT_ENCODED] = {OUTCOME_REJECTED, OUTCOME_EVENT, "the request could not be made"},
    [REACH_NO_CONNECTION] = {OUTCOME_RETRY, OUTCOME_SERVICE, "no connection"},
    [REACH_NOT_SENT] = {OUTCOME_RETRY, OUTCOME_SERVICE, "connected, but nothing was sent"},
    [REACH_SENT] = {OUTCOME_UNKNOWN, OUTCOME_SERVICE, "sent, but no complete answer came"},
};

struct status_row {
    int from, to;
    enum outcome_kind kind;
    enum outcome_scope scope;
    bool is_asking_back; // the status itself asks to come back later, whatever a fault says
};

// The first row that holds the status decides; a status in no row teaches nothing.
static const struct status_row status_rows[] = {
    {200, 299, OUTCOME_DELIVERED, OUTCOME_EVENT, false},
    {300, 399, OUTCOME_REJECTED, OUTCOME_EVENT, false}, // redirects are not followed
    {408, 408, OUTCOME_RETRY, OUTCOME_SERVICE, true},
    {410, 410, OUTCOME_RETRY, OUTCOME_SERVICE, false}, // and is_gone
    {425, 425, OUTCOME_RETRY, OUTCOME_SERVICE, true},
    {429, 429, OUTCOME_RETRY, OUTCOME_SERVICE, true},
    {400, 499, OUTCOME_REJECTED, OUTCOME_EVENT, false},
    {502, 504, OUTCOME_RETRY, OUTCOME_SERVICE, false},
    {507, 507, OUTCOME_RETRY, OUTCOME_SERVICE, false},
    {520, 530, OUTCOME_RETRY, OUTCOME_SERVICE, false}, // a content network without its origin
    {500, 599, OUTCOME_RETRY, OUTCOME_EVENT, false},
};
static const struct status_row status_row_none = {0, 0, OUTCOME_UNKNOWN, OUTCOME_SERVICE, false};

enum fault_meaning {
    FAULT_REFUSES,   // the request will never be taken
    FAULT_FAILS,     // the service failed; another try may pass
    FAULT_BY_STATUS, // the code says nothing we know
};

static const struct {
    const char *word; // for a fault that came without a code
    enum fault_meaning meaning;
} fault_rows[] = {
    [FAULT_NONE] = {"", FAULT_BY_STATUS},
    [FAULT_SENDER] = {"Sender", FAULT_REFUSES},
    [FAULT_RECEIVER] = {"Receiver", FAULT_FAILS},
    [FAULT_VERSION_MISMATCH] = {"VersionMismatch", FAULT_REFUSES},
    [FAULT_MUST_UNDERSTAND] = {"MustUnderstand", FAULT_REFUSES},
    [FAULT_DATA_ENCODING] = {"DataEncodingUnknown", FAULT_REFUSES},
    [FAULT_OTHER] = {"without a code", FAULT_BY_STATUS},
};

static const struct {
    int status;
    const char *phrase;
} status_phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {425, "Too Early"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {507, "Insufficient Storage"},
};

const char *outcome_word(enum outcome_kind kind)
{
    require((size_t)kind < COUNT_OF(kind_words));
    return kind_words[kind];
}

bool outcome_parse(struct str word, enum outcome_kind *ret)
{
    for (size_t i = 0; i < COUNT_OF(kind_words); i++) {
        if (str_eq(word, str_from(kind_words[i]))) {
            *ret = (enum outcome_kind)i;
            return true;
        }
    }
    return false;
}

const char *reach_word(enum reach reach)
{
    require((size_t)reach < COUNT_OF(reach_words));
    return reach_words[reach];
}

static const struct status_row *find_status(int status)
{
    for (size_t i = 0; i < COUNT_OF(status_rows); i++) {
        if (status >= status_rows[i].from && status <= status_rows[i].to)
            return &status_rows[i];
    }
    return &status_row_none;
}

static const char *find_phrase(int status)
{
    for (size_t i = 0; i < COUNT_OF(status_phrases); i++) {
        if (status_phrases[i].status == status)
            return status_phrases[i].phrase;
    }
    return "";
}

static bool is_same_text(const char *a, const char *b)
{
    return a && str_eq(str_from(a), str_from(b));
}

static bool is_fault(const struct answer *answer, const char *name)
{
    bool is_it = is_same_text(answer->fault_code, name) || is_same_text(answer->fault_detail, name);
    for (size_t i = 0; i < answer->fault_subcode_count; i++)
        is_it |= is_same_text(answer->fault_subcodes[i], name);
    return is_it;
}

static bool rule_matches(const struct outcome_rule *rule, bool holds, const struct answer *answer)
{
    bool is_any_status = rule->status_from == 0 && rule->status_to == 0;
    if (!is_any_status &&
        (answer->http_status < rule->status_from || answer->http_status > rule->status_to))
        return false;
    return (!rule->fault || is_fault(answer, rule->fault)) && (!rule->has_test || holds);
}

static const struct outcome_rule *find_rule(const struct outcome_rule *rules, size_t rule_count,
                                            const struct answer *answer)
{
    for (size_t i = 0; i < rule_count; i++) {
        if (rule_matches(&rules[i], answer->holds && answer->holds[i], answer))
            return &rules[i];
    }
    return NULL;
}

static void set_meaning(struct outcome *outcome, enum outcome_kind kind, enum outcome_scope scope)
{
    outcome->kind = kind;
    outcome->scope = scope;
}

static void decide_fault(const struct answer *answer, const struct status_row *row,
                         struct outcome *ret)
{
    enum fault_meaning meaning = fault_rows[answer->fault_class].meaning;
    if (row->is_asking_back || (meaning == FAULT_FAILS && row->kind == OUTCOME_RETRY))
        set_meaning(ret, OUTCOME_RETRY, row->scope);
    else if (meaning == FAULT_REFUSES)
        set_meaning(ret, OUTCOME_REJECTED, OUTCOME_EVENT);
    else if (meaning == FAULT_FAILS || row->kind == OUTCOME_DELIVERED)
        set_meaning(ret, OUTCOME_RETRY, OUTCOME_EVENT); // a fault is no delivery, even with 200
    else
        set_meaning(ret, row->kind, row->scope);
}

static void decide_answered(const struct answer *answer, struct outcome *ret)
{
    const struct status_row *row = find_status(answer->http_status);
    if (answer->fault_class != FAULT_NONE)
        decide_fault(answer, row, ret);
    else if (row->kind == OUTCOME_DELIVERED && !answer->is_readable)
        set_meaning(ret, OUTCOME_UNKNOWN, OUTCOME_EVENT);
    else if (row->kind == OUTCOME_DELIVERED && answer->failed)
        set_meaning(ret, answer->failed->kind, answer->failed->scope);
    else
        set_meaning(ret, row->kind, row->scope);
    ret->is_gone = answer->http_status == 410 && ret->kind == OUTCOME_RETRY;
}

// --- the sentence ---

static void write_answered(struct buf *out, const struct answer *answer, bool is_ruled)
{
    if (answer->fault_class != FAULT_NONE) {
        const char *code = answer->fault_code && *answer->fault_code
                               ? answer->fault_code
                               : fault_rows[answer->fault_class].word;
        buf_printf(out, "SOAP fault %s", code);
    } else {
        const char *phrase = find_phrase(answer->http_status);
        buf_printf(out, "HTTP %d%s%s", answer->http_status, *phrase ? " " : "", phrase);
        if (answer->http_status >= 300 && answer->http_status < 400)
            buf_printf(out, ", redirects are not followed");
        else if (find_status(answer->http_status)->kind == OUTCOME_DELIVERED &&
                 !answer->is_readable)
            buf_printf(out, ", but the reply cannot be read");
        else if (answer->failed && !is_ruled)
            buf_printf(out, ", but the success test does not hold");
    }
    if (is_ruled)
        buf_printf(out, " (decided by the service's outcomes)");
    if (answer->reason && *answer->reason)
        buf_printf(out, ": %s", answer->reason);
}

// Copies what fits, whole characters only, on one line: parts of it came from the service.
static void copy_sentence(struct str text, char *ret, size_t size)
{
    size_t len = text.len;
    if (len > size - 1) {
        len = size - 1;
        while (len && ((unsigned char)text.data[len] & 0xc0) == 0x80)
            len--;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        ret[i] = c < ' ' || c == 0x7f ? ' ' : text.data[i];
    }
    ret[len] = '\0';
}

static void describe(const struct answer *answer, bool is_ruled, struct outcome *ret)
{
    AUTO_BUF struct buf text;
    buf_init(&text, 64 * 1024);
    if (answer->reach == REACH_ANSWERED)
        write_answered(&text, answer, is_ruled);
    else if (answer->reason && *answer->reason)
        buf_add_str(&text, str_from(answer->reason));
    else
        buf_add_str(&text, str_from(reach_rows[answer->reach].sentence));
    copy_sentence(buf_str(&text), ret->reason, sizeof(ret->reason));
}

void outcome_decide(const struct outcome_rule *rules, size_t rule_count,
                    const struct answer *answer, struct outcome *ret)
{
    require((size_t)answer->reach < COUNT_OF(reach_words));
    require((size_t)answer->fault_class < COUNT_OF(fault_rows));
    const struct outcome_rule *rule = NULL;
    *ret = (struct outcome){.retry_after_ms = -1};
    if (answer->reach != REACH_ANSWERED) {
        set_meaning(ret, reach_rows[answer->reach].kind, reach_rows[answer->reach].scope);
    } else {
        rule = find_rule(rules, rule_count, answer);
        if (rule)
            set_meaning(ret, rule->kind, rule->scope);
        else
            decide_answered(answer, ret);
        if (ret->kind == OUTCOME_RETRY)
            ret->retry_after_ms = answer->retry_after_ms;
    }
    describe(answer, rule != NULL, ret);
}
