// SPDX-License-Identifier: GPL-3.0-or-later
//
// What people see of a service's requests, and where they mend what could not be made. Sends and
// decides nothing. What surprises: a place in a template is found again from the sentence, by the
// way to the element that edge/soap names, because checks see what was rendered and not what it was
// rendered from.

#include "edge/file.h"
#include "edge/multipart.h"
#include "edge/service_load.h"

enum {
    MAX_HEAD_BYTES = 1024 * 1024,
    MAX_BODY_BYTES = 32 * 1024 * 1024,
    MAX_TEMPLATE_BYTES = 4 * 1024 * 1024,
};

// --- requests, shown ---

// The envelope, and of the other parts what they are.
static struct str shown_parts(struct arena *arena, struct str body)
{
    struct multipart_part *parts;
    size_t count;
    struct err err;
    if (!multipart_is(body) || !multipart_read(arena, body, &parts, &count, &err))
        return body;
    AUTO_BUF struct buf shown;
    buf_init(&shown, MAX_BODY_BYTES);
    buf_add_str(&shown, parts[0].content);
    for (size_t i = 1; i < count; i++)
        buf_printf(&shown, "\n%s", multipart_words(arena, &parts[i]));
    return arena_copy(arena, buf_str(&shown));
}

void service_record(const struct service *service, struct arena *arena,
                    const struct transport_request *request, struct str *ret_head,
                    struct str *ret_body)
{
    AUTO_BUF struct buf head;
    buf_init(&head, MAX_HEAD_BYTES);
    buf_printf(&head, "%s %s\n", request->method, request->url);
    if (request->basic_user)
        buf_printf(&head, "Authorization: Basic (of %s)\n", request->basic_user);
    for (size_t i = 0; i < request->header_count; i++)
        buf_printf(&head, "%s\n", request->headers[i]);
    *ret_head = service_mask(service, arena, arena_copy(arena, buf_str(&head)));
    struct str body = service->boundary ? shown_parts(arena, request->body) : request->body;
    *ret_body = service_mask(service, arena, body);
}

void service_visit(const struct service *service, template_visit_fn *visit, void *context)
{
    template_visit(service->url, visit, context);
    for (size_t i = 0; i < service->config->header_count; i++)
        template_visit(service->headers[i], visit, context);
    if (service->body)
        template_visit(service->body, visit, context);
}

// --- places of mistakes ---

static bool is_name_end(char c)
{
    return strchr(" \t\r\n/>{", c) != NULL; // the text ends with NUL, which is an end too
}

// The next start tag <name or <prefix:name at or after `from`; the text's length when there is
// none.
static size_t find_tag(struct str text, size_t from, struct str name)
{
    for (size_t i = from; i < text.len; i++) {
        if (text.data[i] != '<')
            continue;
        const char *start = text.data + i + 1;
        size_t word = strcspn(start, " \t\r\n/>{");
        const char *colon = memchr(start, ':', word);
        if (colon) {
            word -= (size_t)(colon + 1 - start);
            start = colon + 1;
        }
        if (word == name.len && memcmp(start, name.data, word) == 0 && is_name_end(start[word]))
            return i;
    }
    return text.len;
}

static void set_place(struct str text, size_t offset, struct fault *ret)
{
    ret->line = ret->column = 1;
    for (size_t i = 0; i < offset; i++) {
        ret->column++;
        if (text.data[i] == '\n') {
            ret->line++;
            ret->column = 1;
        }
    }
}

// The last name of "Expected is one of ( sessionId, disposition )": the one that may not be left
// out. Empty when nothing is expected.
static struct str expected_name(const char *sentence)
{
    const char *list = strstr(sentence, "Expected is ");
    const char *end = list ? strstr(list, " )") : NULL;
    const char *start = end;
    while (start && start > list && !strchr(" (", start[-1]))
        start--;
    return end ? (struct str){start, (size_t)(end - start)} : STR("");
}

// The next member "name" or "@name" of a JSON template at or after `from`.
static size_t find_member(struct str text, size_t from, struct str name)
{
    for (size_t i = from; i < text.len; i++) {
        if (text.data[i] != '"')
            continue;
        const char *start = text.data + i + 1;
        start += *start == '@';
        const char *end = start + strcspn(start, "\"");
        if ((size_t)(end - start) == name.len && memcmp(start, name.data, name.len) == 0 && *end &&
            end[1 + strspn(end + 1, " \t\r\n")] == ':')
            return i;
    }
    return text.len;
}

// How a template is searched for the parts of a way.
struct way {
    size_t (*find)(struct str text, size_t from, struct str name);
    const char *separators; // of the parts, and what ends the way
};
static const struct way xml_way = {find_tag, "/:, "}, json_way = {find_member, "./:, "};

// "SubmitSurveyResult/survey/answer[2]/score: not a number": follows the way as far as it goes, and
// from its end to the element that should be there. A JSON template has no outermost element.
static void follow_way(const struct way *way, struct str text, const char *sentence,
                       struct fault *ret)
{
    size_t end = strcspn(sentence, ":, "), last = text.len, parent = 0;
    for (size_t i = 0; i < end; i += strcspn(sentence + i, way->separators) + 1) {
        struct str name = {sentence + i, strcspn(sentence + i, way->separators)};
        const char *index = memchr(name.data, '[', name.len);
        name.len = index ? (size_t)(index - name.data) : name.len;
        size_t found = way->find(text, last == text.len ? 0 : last + 1, name);
        if (found == text.len && last == text.len && name.len)
            continue;
        if (!name.len || found == text.len)
            break;
        parent = last == text.len ? 0 : last;
        last = found;
    }
    struct str expected = expected_name(sentence);
    if (last != text.len && expected.len) {
        bool is_child = strstr(sentence, "Missing child") != NULL;
        size_t found = way->find(text, is_child ? last : parent, expected);
        last = found == text.len ? last : found;
    }
    if (last != text.len)
        set_place(text, last, ret);
}

static void blame_template(const struct service *service, struct arena *arena, const char *sentence,
                           struct fault *ret)
{
    const struct config_service *config = service->config;
    struct str text;
    struct err err;
    ret->file = config->template_path;
    if (service->operation &&
        file_read_text(arena, config->template_path, MAX_TEMPLATE_BYTES, &text, &err))
        follow_way(config->body == BODY_JSON ? &json_way : &xml_way, text, sentence, ret);
}

static void blame_configuration(const struct config *config, struct config_place place,
                                struct fault *ret)
{
    ret->file = config->file;
    ret->line = place.line;
    ret->column = place.column;
}

// service_encode begins a sentence about the URL or a header with that.
void service_blame(const struct service *service, struct arena *arena, const struct config *config,
                   const struct err *err, struct fault *ret)
{
    const struct config_service *of = service->config;
    *ret = (struct fault){0};
    for (size_t i = 0; i < of->header_count; i++) {
        const char *start = arena_printf(arena, "header %s", of->headers[i].name);
        size_t len = strlen(start);
        if (strncmp(err->text, start, len) == 0 && strchr(": ", err->text[len])) {
            blame_configuration(config, of->headers[i].place, ret);
            return;
        }
    }
    if (strncmp(err->text, "url: ", strlen("url: ")) == 0 || !of->template_path)
        blame_configuration(config, of->url_place.line ? of->url_place : of->place, ret);
    else
        blame_template(service, arena, err->text, ret);
}
