// SPDX-License-Identifier: GPL-3.0-or-later
//
// Names first: agentId, AGENT_ID and agent/id are all agent_id, and a table knows what customers
// call things. Then filters: of those that suit the kind of datum the first one that makes a valid
// text of the catalogue's example, which is tried by rendering it.

#include "edge/soap_fill.h"
#include "edge/soap_value.h"

#include "core/catalogue.h"
#include "core/template.h"

#include <ctype.h>
#include <stdio.h>

enum { NAME_MAX_BYTES = 200, RENDERED_MAX_BYTES = 4000 };

// --- names ---

// Customers' words without blanks and capitals, and the element that they mean.
static const struct {
    const char *words, *element;
} customers[] = {
    {"phone phonenumber telephone telephonenumber callernumber callerphone customerphone cli "
     "msisdn "
     "mobile mobilephone contactnumber fromnumber callingnumber",
     "ani"},
    {"callednumber dialednumber dialledphone tonumber did", "dnis"},
    {"uniqueid callguid callidentifier interactionid calluid calluuid", "uii"},
    {"starttime callstarttime startedat callstarted callstartdate starttimestamp calldatetime",
     "call_start"},
    {"endtime callendtime endedat callended callend enddatetime", "call_end_dts"},
    {"durationseconds durationsec durationinseconds callduration calllength totaltime", "duration"},
    {"talktime talkseconds talkduration", "agent_duration"},
    {"holdtime onholdtime holdseconds holdduration", "sec_on_hold"},
    {"wraptime wrapseconds acwtime acw wrapduration", "agent_wrap_time"},
    {"waittime queueseconds timeinqueue queuewait", "queue_duration"},
    {"disposition dispositioncode dispositionname resultcode outcome", "agent_disposition"},
    {"comment comments remark remarks note agentcomments agentcomment", "agent_notes"},
    {"recording recordinglink recordinguri recordingpath", "recording_url"},
    {"agent agentlogin agentuser agentusername operator", "agent_username"},
    {"agentexternalid agentexternalkey", "agent_externid"},
    {"queue queuename", "gate_name"},
    {"skill", "skill_name"},
    {"campaign", "campaign_name"},
    {"team", "agent_team"},
    {"givenname forename", "first_name"},
    {"surname familyname", "last_name"},
    {"middlename", "mid_name"},
    {"company companyname organization organisation", "business_name"},
    {"zipcode postalcode postcode", "zip"},
    {"street street1 address addressline1 streetaddress", "address1"},
    {"street2 addressline2", "address2"},
    {"province region", "state"},
    {"mail emailaddress mailaddress", "email"},
    {"country", "country_name"},
    {"externalid extid customerid clientid accountnumber customernumber", "extern_id"},
    {"callback callbacktime callbackdate callbackat", "call_back_dts"},
    {"direction", "call_direction"},
};

// Words in front that say whose it is, which an event says by itself.
static const char *const owners[] = {"customer", "caller", "client", "contact",
                                     "lead",     "call",   "person", "consumer"};

// "CallStartTime", "call-start-time" and "callStartTIME" as "call_start_time".
static void spread(const char *name, char *ret)
{
    size_t len = 0;
    for (size_t i = 0; name[i] && len + 2 < NAME_MAX_BYTES; i++) {
        unsigned char c = (unsigned char)name[i], before = i ? (unsigned char)name[i - 1] : 0;
        bool is_word = isalnum(c) || c >= 0x80;
        bool begins = isupper(c) && i &&
                      (islower(before) || isdigit(before) ||
                       (isupper(before) && islower((unsigned char)name[i + 1])));
        if ((begins || !is_word) && len && ret[len - 1] != '_')
            ret[len++] = '_';
        if (is_word)
            ret[len++] = (char)tolower(c);
    }
    while (len && ret[len - 1] == '_')
        len--;
    ret[len] = '\0';
}

static void squeeze(const char *name, char *ret)
{
    size_t len = 0;
    for (; *name && len + 1 < NAME_MAX_BYTES; name++) {
        if (*name != '_')
            ret[len++] = *name;
    }
    ret[len] = '\0';
}

static bool is_usable(const struct catalogue_element *element)
{
    return element && !catalogue_is_family(element) && !strchr(element->name, '.');
}

static bool is_squeezed(const char *name, const char *squeezed)
{
    char other[NAME_MAX_BYTES];
    squeeze(name, other);
    return strcmp(other, squeezed) == 0;
}

static const struct catalogue_element *find_squeezed(const char *squeezed)
{
    size_t count;
    const struct catalogue_element *elements = catalogue_elements(&count);
    for (size_t i = 0; i < count; i++) {
        if (!is_usable(&elements[i]))
            continue;
        if (is_squeezed(elements[i].name, squeezed))
            return &elements[i];
        for (size_t j = 0; j < elements[i].alias_count; j++) {
            if (is_squeezed(elements[i].aliases[j], squeezed))
                return &elements[i];
        }
    }
    return NULL;
}

static const struct catalogue_element *find_customers(const char *squeezed)
{
    size_t len = strlen(squeezed);
    for (size_t i = 0; i < COUNT_OF(customers); i++) {
        for (const char *word = customers[i].words; *word; word += strspn(word, " ")) {
            size_t word_len = strcspn(word, " ");
            if (word_len == len && memcmp(word, squeezed, len) == 0)
                return catalogue_find(str_from(customers[i].element));
            word += word_len;
        }
    }
    return NULL;
}

static const struct catalogue_element *find_name(const char *name)
{
    const struct catalogue_element *element = catalogue_find(str_from(name));
    char squeezed[NAME_MAX_BYTES];
    squeeze(name, squeezed);
    if (!*squeezed)
        return NULL;
    if (!is_usable(element))
        element = find_squeezed(squeezed);
    return element ? element : find_customers(squeezed);
}

static const struct catalogue_element *find_like(const char *name, const char *parent)
{
    char own[NAME_MAX_BYTES], outer[NAME_MAX_BYTES], both[2 * NAME_MAX_BYTES];
    spread(name, own);
    spread(parent, outer);
    snprintf(both, sizeof(both), "%s_%s", outer, own);
    both[NAME_MAX_BYTES - 1] = '\0';
    const struct catalogue_element *element = *outer ? find_name(both) : NULL;
    if (!element)
        element = find_name(own);
    for (size_t i = 0; i < COUNT_OF(owners) && !element; i++) {
        size_t len = strlen(owners[i]);
        if (strncmp(own, owners[i], len) == 0 && own[len] == '_')
            element = find_name(own + len + 1);
    }
    return element;
}

bool soap_fill_is_secret(const char *name)
{
    static const char *const words[] = {"password", "passwd", "pwd",       "secret",
                                        "apikey",   "token",  "passphrase"};
    char own[NAME_MAX_BYTES], squeezed[NAME_MAX_BYTES];
    spread(name, own);
    squeeze(own, squeezed);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strstr(squeezed, words[i]))
            return true;
    }
    return false;
}

// --- filters ---

// What a filter makes, with text around it where the type wants some.
struct form {
    const char *before, *filter, *after;
};

static const struct form plain[] = {{"", "", ""}, {"", " | upper", ""}, {"", " | lower", ""}};
static const struct form moments[] = {
    {"", " | date 'ISO8601'", ""},
    {"", " | date '%FT%T'", ""},
    {"", " | date '%FT%TZ' 'UTC'", ""},
    {"", " | date '%F'", ""},
    {"", " | date '%T'", ""},
    {"", " | date '%F %T'", ""},
    {"", " | date '%d.%m.%Y'", ""},
    {"", " | date '%m/%d/%Y'", ""},
    {"", " | date '%Y%m%d'", ""},
    {"", " | date '%Y%m%d%H%M%S'", ""},
    {"", " | date '%Y'", ""},
    {"", " | date '%Y-%m'", ""},
    {"", "", ""},
};
static const struct form spans[] = {
    {"", " | duration 'seconds'", ""},
    {"PT", " | duration 'seconds'", "S"},
    {"", " | duration 'HH:MM:SS'", ""},
    {"", " | duration 'MM:SS'", ""},
};
static const struct form truths[] = {
    {"", " | bool 'true' 'false'", ""}, {"", " | bool '1' '0'", ""},
    {"", " | bool 'Y' 'N'", ""},        {"", " | bool 'Yes' 'No'", ""},
    {"", " | bool 'YES' 'NO'", ""},     {"", " | bool 'yes' 'no'", ""},
    {"", " | bool 'T' 'F'", ""},        {"", " | bool 'True' 'False'", ""},
    {"", " | bool 'TRUE' 'FALSE'", ""},
};
static const struct form phones[] = {
    {"", "", ""}, {"", " | phone 'E164' 'US'", ""}, {"", " | phone 'digits'", ""}};
static const struct form numbers[] = {
    {"", "", ""}, {"", " | number '0.00'", ""}, {"", " | number '0'", ""}};

static const struct form *forms_of(enum element_type type, size_t *ret_count)
{
#define FORMS(table) (*ret_count = COUNT_OF(table), table)
    switch (type) {
    case ELEMENT_DATETIME:
    case ELEMENT_DATE:
        return FORMS(moments);
    case ELEMENT_DURATION:
        return FORMS(spans);
    case ELEMENT_BOOLEAN:
        return FORMS(truths);
    case ELEMENT_PHONE:
        return FORMS(phones);
    case ELEMENT_DECIMAL:
        return FORMS(numbers);
    default:
        return FORMS(plain);
    }
#undef FORMS
}

static bool render(const char *text, const char *name, const char *value, struct buf *out)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct template *template = NULL;
    struct template_place place;
    struct err err;
    struct json *data = json_object(arena);
    json_set(arena, data, str_from(name), json_text(arena, value));
    if (!template_compile(str_from(text), TEMPLATE_TEXT, NULL, NULL, &template, &place, &err))
        return false;
    bool is_good = template_render(template, data, out, &err);
    template_free(template);
    buf_add_char(out, '\0');
    return is_good && !out->overflowed;
}

static bool value_fits(const struct soap_fill *fill, const char *tag, const char *name,
                       const char *value)
{
    AUTO_BUF struct buf out;
    buf_init(&out, RENDERED_MAX_BYTES);
    return render(tag, name, value, &out) && soap_value_fits(fill->text, out.data);
}

// The example; and where the type has words of its own, all words of the element.
static bool tag_fits(const struct soap_fill *fill, const char *tag,
                     const struct catalogue_element *element)
{
    bool is_good = value_fits(fill, tag, element->name, element->example);
    bool has_words = fill->text->enumeration_count || fill->text->primitive == SHAPE_UNION;
    if (has_words && element->type == ELEMENT_BOOLEAN)
        return is_good && value_fits(fill, tag, element->name, "false") &&
               value_fits(fill, tag, element->name, "true");
    for (size_t i = 0; has_words && is_good && i < element->word_count; i++)
        is_good = value_fits(fill, tag, element->name, element->words[i]);
    return is_good;
}

// A type that takes any text takes a moment as it was sent.
static bool takes_anything(const struct shape_text *text)
{
    return (text->primitive == SHAPE_STRING || text->primitive == SHAPE_ANY_SIMPLE) &&
           !text->pattern_count && !text->enumeration_count;
}

static const char *cut(const struct soap_fill *fill, const struct catalogue_element *element,
                       struct arena *arena)
{
    const struct shape_text *text = fill->text;
    int64_t most = text->length >= 0 ? text->length : text->max_length;
    bool is_text = element->type == ELEMENT_TEXT && takes_anything(text);
    return is_text && most > 0 ? arena_printf(arena, " | substring 0 %lld", (long long)most) : "";
}

static const char *find_tag(const struct soap_fill *fill, const struct catalogue_element *element,
                            struct arena *arena)
{
    size_t count;
    const struct form *forms = forms_of(element->type, &count);
    static const struct form as_sent = {"", "", ""};
    bool is_moment = element->type == ELEMENT_DATETIME || element->type == ELEMENT_DATE ||
                     element->type == ELEMENT_BOOLEAN;
    if (is_moment && takes_anything(fill->text)) {
        forms = &as_sent;
        count = 1;
    }
    for (size_t i = 0; i < count; i++) {
        const char *begin = arena_printf(arena, "%s{{%s%s%s", forms[i].before, element->name,
                                         forms[i].filter, cut(fill, element, arena));
        if (tag_fits(fill, arena_printf(arena, "%s}}%s", begin, forms[i].after), element))
            return arena_printf(arena, "%s%s%s}}%s", begin, *fill->policy ? " | " : "",
                                fill->policy, forms[i].after);
    }
    return NULL;
}

struct soap_filled soap_fill(const struct soap_fill *fill, struct arena *arena)
{
    const struct catalogue_element *element = find_like(fill->name, fill->parent);
    if (!element)
        return (struct soap_filled){0};
    return (struct soap_filled){element->name, find_tag(fill, element, arena)};
}
