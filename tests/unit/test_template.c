// SPDX-License-Identifier: GPL-3.0-or-later
//
// Templates: the rules of Mustache as a table, each language's escaping by decoding what was
// rendered, and mistakes with their places.

#include "core/template.h"

#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

static const struct json_limits limits = {.depth = 64, .values = 100000};
enum { OUT_MAX_BYTES = 1000000 };

static struct json *parsed(struct arena *arena, const char *text)
{
    struct json *value = NULL;
    struct err err;
    if (!json_parse(arena, str_from(text), &limits, &value, &err))
        fail_msg("%s: %s", text, err.text);
    return value;
}

// Partials as members of a JSON object.
static bool find_partial(void *partials, struct str name, struct str *ret_text)
{
    const struct json *text = json_get(partials, name);
    if (!text)
        return false;
    *ret_text = text->string;
    return true;
}

static struct template *compiled(struct str text, enum template_escape escape,
                                 struct json *partials)
{
    struct template *template = NULL;
    struct template_place place;
    struct err err;
    if (!template_compile(text, escape, partials ? find_partial : NULL, partials, &template, &place,
                          &err))
        fail_msg("%.*s: line %d, column %d: %s", STR_ARG(text), place.line, place.column, err.text);
    return template;
}

static void render(struct arena *arena, const char *text, enum template_escape escape,
                   const char *data, const char *partials, struct buf *ret)
{
    struct template *template =
        compiled(str_from(text), escape, partials ? parsed(arena, partials) : NULL);
    struct err err;
    bool is_done = template_render(template, parsed(arena, data), ret, &err);
    template_free(template);
    if (!is_done)
        fail_msg("%s: %s", text, err.text);
}

struct rule {
    const char *template, *data, *expected, *partials;
};

static void assert_rules(const struct rule *rules, size_t count, enum template_escape escape)
{
    for (size_t i = 0; i < count; i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        AUTO_BUF struct buf out;
        buf_init(&out, OUT_MAX_BYTES);
        render(arena, rules[i].template, escape, rules[i].data, rules[i].partials, &out);
        if (!str_eq(buf_str(&out), str_from(rules[i].expected)))
            fail_msg("%s\nwith %s\ngives %.*s\nnot   %s", rules[i].template, rules[i].data,
                     STR_ARG(buf_str(&out)), rules[i].expected);
    }
}

#define CALL "{\"uii\":\"77\",\"agent\":{\"name\":\"Kim\",\"team\":{\"id\":4}},\"name\":\"outer\"}"

static void test_variables(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"call {{uii}}.", CALL, "call 77.", NULL},
        {"{{ uii }}|{{\n uii\t}}", CALL, "77|77", NULL},
        {"{{n}} {{r}} {{t}} {{z}}", "{\"n\":12,\"r\":0.5,\"t\":true,\"z\":0}", "12 0.5 true 0",
         NULL},
        {"[{{none}}][{{null}}]", "{\"null\":null}", "[][]", NULL},
        {"{{h}} {{{h}}} {{&h}} {{{ h }}}", "{\"h\":\"a<b\"}", "a&lt;b a<b a<b a<b", NULL},
        {"{{&q}}{{& h }}", "{\"q\":\"\\\"\",\"h\":\"'\"}", "\"'", NULL},
        {"{{text}}", "{\"text\":\"{{uii}}\",\"uii\":1}", "{{uii}}", NULL},
        {"{{a}}", "{\"a\":[1,\"x\"]}", "[1,&quot;x&quot;]", NULL},
        {"{single} }} {", "{}", "{single} }} {", NULL},
        {"{{.}}", "\"alone\"", "alone", NULL},
        {"", "{}", "", NULL},
    };
    assert_rules(rules, COUNT_OF(rules), TEMPLATE_HTML);
}

static void test_dotted_names(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"{{agent.name}} {{agent.team.id}}", CALL, "Kim 4", NULL},
        {"{{agent.none}}|{{agent.name.more}}|{{none.name}}", CALL, "||", NULL},
        // The first part decides: a part missing later is not looked for further out.
        {"{{#agent}}{{team.name}}{{/agent}}", CALL, "", NULL},
        {"{{#a}}{{b.c}}{{/a}}", "{\"a\":{\"b\":{}},\"b\":{\"c\":1}}", "", NULL},
        // A name that leads nowhere by its parts is tried whole, as forms send it.
        {"{{survey.csat}}", "{\"survey.csat\":\"5\"}", "5", NULL},
        {"{{survey.csat}}", "{\"survey.csat\":\"5\",\"survey\":{\"nps\":9}}", "5", NULL},
        {"{{#list}}{{survey.csat}}{{/list}}", "{\"list\":[1,2],\"survey.csat\":\"5\"}", "55", NULL},
        {"{{a..b}}{{a.}}{{.a}}", "{\"a..b\":1,\"a.\":2,\".a\":3}", "123", NULL},
        // So no data element can stand in for a part of an object.
        {"{{secret.key}}", "{\"secret.key\":\"forged\",\"secret\":{\"key\":\"true\"}}", "true",
         NULL},
    };
    assert_rules(rules, COUNT_OF(rules), TEMPLATE_TEXT);
}

static void test_sections(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"{{#a}}x{{/a}}", "{\"a\":true}", "x", NULL},
        {"{{#a}}x{{/a}}", "{\"a\":0}", "x", NULL},
        {"{{#a}}x{{/a}}", "{\"a\":{}}", "x", NULL},
        {"{{#a}}x{{/a}}{{#b}}x{{/b}}{{#c}}x{{/c}}{{#d}}x{{/d}}{{#e}}x{{/e}}",
         "{\"a\":false,\"b\":null,\"c\":\"\",\"d\":[]}", "", NULL},
        {"{{^a}}1{{/a}}{{^b}}2{{/b}}{{^c}}3{{/c}}{{^d}}4{{/d}}{{^e}}5{{/e}}{{^f}}6{{/f}}",
         "{\"a\":false,\"b\":null,\"c\":\"\",\"d\":[],\"f\":1}", "12345", NULL},
        {"{{#agent}}{{name}} {{uii}} {{team.id}}{{/agent}}", CALL, "Kim 77 4", NULL},
        {"{{#l}}{{n}},{{/l}}", "{\"l\":[{\"n\":1},{\"n\":2},{}],\"n\":0}", "1,2,0,", NULL},
        {"{{#l}}<{{.}}>{{/l}}", "{\"l\":[\"a\",2,0.5,false]}", "<a><2><0.5><false>", NULL},
        {"{{#l}}({{#.}}{{.}}{{/.}}){{/l}}", "{\"l\":[[1,2],[],[3]]}", "(12)()(3)", NULL},
        {"{{#.}}{{a}}{{/.}}", "[{\"a\":1},{\"a\":2}]", "12", NULL},
        {"{{#s}}{{.}}-{{s}}{{/s}}", "{\"s\":\"v\"}", "v-v", NULL},
        {"{{#a.b}}y{{/a.b}}{{^a.c}}n{{/a.c}}", "{\"a\":{\"b\":1}}", "yn", NULL},
        {"{{#a}}1{{#a}}2{{/a}}3{{/a}}{{^a}}4{{^a}}5{{/a}}{{/a}}", "{\"a\":1}", "123", NULL},
        {"{{# a }}x{{/ a }}", "{\"a\":1}", "x", NULL},
        {"{{ #a }}x{{ /a }}", "{\"a\":1}", "x", NULL},
    };
    assert_rules(rules, COUNT_OF(rules), TEMPLATE_TEXT);
}

static void test_tags_alone_on_a_line_take_the_line_with_them(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"a\n{{#t}}\nb\n{{/t}}\nc\n", "{\"t\":1}", "a\nb\nc\n", NULL},
        {"a\n  {{#t}}  \nb\n\t{{/t}}\nc", "{\"t\":1}", "a\nb\nc", NULL},
        {"a\r\n{{^f}}\r\nb\r\n{{/f}}\r\nc", "{}", "a\r\nb\r\nc", NULL},
        {"  {{! first line }}\nb", "{}", "b", NULL},
        {"a\n  {{! last line }}", "{}", "a\n", NULL},
        {"{{#t}}\n{{/t}}", "{\"t\":1}", "", NULL},
        {"a\n{{!\n many\n lines\n}}\nb", "{}", "a\nb", NULL},
        // Not alone: other text, another tag, or a variable.
        {"a {{! x }}\nb", "{}", "a \nb", NULL},
        {"{{#t}}{{/t}}\nb", "{\"t\":1}", "\nb", NULL},
        {" {{#t}} x {{/t}} \n", "{\"t\":1}", "  x  \n", NULL},
        {"  {{v}}\n", "{\"v\":\"-\"}", "  -\n", NULL},
        {"  {{&v}}\n  {{{v}}}\n", "{\"v\":\"-\"}", "  -\n  -\n", NULL},
        {"{{! a }} {{! b }}\n", "{}", " \n", NULL},
    };
    assert_rules(rules, COUNT_OF(rules), TEMPLATE_TEXT);
}

static void test_comments_and_delimiters(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"a{{! {{ # nothing of this counts }}b", "{}", "ab", NULL},
        {"a{{!}}b", "{}", "ab", NULL},
        {"{{=<% %>=}}<%v%> {{v}} <%={{ }}=%>{{v}}<%v%>", "{\"v\":1}", "1 {{v}} 1<%v%>", NULL},
        {"{{= | | =}}|#t||v||/t|", "{\"t\":1,\"v\":2}", "2", NULL},
        {"a\n{{=[ ]=}}\n[v]\n", "{\"v\":1}", "a\n1\n", NULL},
        // Bodies written for the platform: #tag#.
        {"{{=# #=}}\nani=#ani#&n=#agent_notes#;##list#<#.#>#/list#", //
         "{\"ani\":\"510\",\"list\":[1,2]}", "ani=510&n=;<1><2>", NULL},
        {"{{=<% %>=}}<%{h}%><%&h%><%h%>", "{\"h\":\"&\"}", "&&&", NULL},
    };
    assert_rules(rules, COUNT_OF(rules), TEMPLATE_TEXT);
}

static void test_partials(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"a {{>p}} b", "{\"v\":1}", "a (1) b", "{\"p\":\"({{v}})\"}"},
        {"{{#l}}{{> p }}{{/l}}", "{\"l\":[{\"v\":1},{\"v\":2}]}", "12", "{\"p\":\"{{v}}\"}"},
        {"{{>a}}", "{\"v\":1}", "[<1>]", "{\"a\":\"[{{>b}}]\",\"b\":\"<{{v}}>\"}"},
        {"{{>tree}}", "{\"v\":\"a\",\"l\":[{\"v\":\"b\",\"l\":[{\"v\":\"c\",\"l\":[]}]}]}",
         "a(b(c()))", "{\"tree\":\"{{v}}({{#l}}{{>tree}}{{/l}})\"}"},
        // Delimiters neither enter a partial nor leave it.
        {"{{=| |=}}|>p|", "{\"v\":1}", "1|v|", "{\"p\":\"{{v}}|v|\"}"},
        {"{{>p}}{{v}}", "{\"v\":1}", "11", "{\"p\":\"{{=| |=}}|v|\"}"},
        // Alone on its line, it is indented line by line, but not what values bring in.
        {"<\n  {{>p}}\n>", "{\"v\":\"1\\n2\"}", "<\n  a\n  1\n2\n  \n  b\n>",
         "{\"p\":\"a\\n{{&v}}\\n\\n{{! gone }}\\nb\\n\"}"},
        {"  {{>a}}\n", "{}", "  x\n    y\n    z  w",
         "{\"a\":\"x\\n  {{>b}}\\nw\",\"b\":\"y\\nz\"}"},
        {" {{>p}}", "{\"t\":1}", " a\n b\n c", "{\"p\":\"{{#t}}\\na\\nb\\n{{/t}}\\nc\"}"},
        {"  {{>p}} not alone", "{}", "  a\nb not alone", "{\"p\":\"a\\nb\"}"},
        {" {{>p}}", "{}", " x", "{\"p\":\"{{^n}}x{{/n}}\"}"},
    };
    assert_rules(rules, COUNT_OF(rules), TEMPLATE_TEXT);
}

static void test_json_values_outside_quotes(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"{\"a\":{{v}}}", "{\"v\":\"text\"}", "{\"a\":\"text\"}", NULL},
        {"[{{v}}]", "{\"v\":\"187\"}", "[187]", NULL},
        {"[{{v}}]", "{\"v\":\"-0.50e+3\"}", "[-0.50e+3]", NULL},
        {"[{{v}}]", "{\"v\":\"true\"}", "[true]", NULL},
        {"[{{v}}]", "{\"v\":\"null\"}", "[\"null\"]", NULL},
        {"[{{v}}]", "{\"v\":\"\"}", "[\"\"]", NULL},
        {"[{{v}}]", "{\"v\":7}", "[7]", NULL},
        {"[{{v}},{{{v}}},{{w}},{{{w}}}]", "{\"v\":null}", "[null,null,null,null]", NULL},
        // What a reader would round or refuse stays text: leading zeros, call ids, odd forms.
        {"[{{v}}]", "{\"v\":\"0412345678\"}", "[\"0412345678\"]", NULL},
        {"[{{v}}]", "{\"v\":\"999999999999999\"}", "[999999999999999]", NULL},
        {"[{{v}}]", "{\"v\":\"9007199254740993\"}", "[\"9007199254740993\"]", NULL},
        {"[{{v}}]", "{\"v\":\"1e999\"}", "[\"1e999\"]", NULL},
        {"[{{#l}}{{.}};{{/l}}]",
         "{\"l\":[\"1.\",\".5\",\"+1\",\"0x1\",\"1 \",\"-\",\"1e\",\"--1\"]}",
         "[\"1.\";\".5\";\"+1\";\"0x1\";\"1 \";\"-\";\"1e\";\"--1\";]", NULL},
        {"{{v}}{{{v}}}", "{\"v\":{\"a\":[1,\"x\"]}}", "{\"a\":[1,\"x\"]}{\"a\":[1,\"x\"]}", NULL},
        {"[{{{v}}}]", "{\"v\":\"1,2\"}", "[1,2]", NULL},
    };
    assert_rules(rules, COUNT_OF(rules), TEMPLATE_JSON);
}

static void test_json_knows_where_the_quotes_are(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"{\"a\":\"{{v}}\"}", "{\"v\":\"say \\\"hi\\\"\"}", "{\"a\":\"say \\\"hi\\\"\"}", NULL},
        {"\"{{v}} {{w}}\"", "{\"v\":5}", "\"5 \"", NULL},
        {"\"\\\"{{v}}\\\\\",{{v}}", "{\"v\":\"x\"}", "\"\\\"x\\\\\",\"x\"", NULL},
        {"{{#t}}\"{{v}}\",{{/t}}{{v}}", "{\"t\":1,\"v\":\"x\"}", "\"x\",\"x\"", NULL},
        {"\"{{#t}}{{v}}{{/t}}{{^t}}none{{/t}}\"", "{\"t\":1,\"v\":\"\\n\"}", "\"\\n\"", NULL},
        {"\"{{v}}\"", "{\"v\":[\"a\"]}", "\"[\\\"a\\\"]\"", NULL},
        {"\"{{{v}}}\"", "{\"v\":\"\\\\n\"}", "\"\\n\"", NULL},
        // One partial, inside and outside quotes.
        {"[{{>p}},\"{{>p}}\"]", "{\"v\":\"x\"}", "[\"x\",\"x\"]", "{\"p\":\"{{v}}\"}"},
        {"{{=# #=}}{\"a\":\"#v#\",\"b\":#v#}", "{\"v\":\"x\"}", "{\"a\":\"x\",\"b\":\"x\"}", NULL},
    };
    assert_rules(rules, COUNT_OF(rules), TEMPLATE_JSON);
}

static void test_xml_holds_no_forbidden_character(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"{{v}}", "{\"v\":\"<a b=\\\"c\\\" d='e'>&]]>\"}",
         "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;]]&gt;", NULL},
        {"{{v}}", "{\"v\":\"a\\t\\r\\nb\"}", "a&#9;&#13;&#10;b", NULL},
        {"{{v}}", "{\"v\":\"\\u0000\\u0001\\u001f\\u007f\"}",
         "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\x7f", NULL},
        {"{{v}}", "{\"v\":\"\\ufffe\\uffff\\ufffd\\uff21\\u0085\"}",
         "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbc\xa1\xc2\x85", NULL},
        {"{{{v}}}", "{\"v\":\"<b/>\"}", "<b/>", NULL},
    };
    assert_rules(rules, COUNT_OF(rules), TEMPLATE_XML);
}

static void test_url_form_and_header_keep_their_shape(void **state)
{
    (void)state;
    static const struct rule url[] = {{"/x/{{v}}", "{\"v\":\"a b/c?d=e&f%+~-._*\\u00e9\"}",
                                       "/x/a%20b%2Fc%3Fd%3De%26f%25%2B~-._%2A%C3%A9", NULL}};
    static const struct rule form[] = {
        {"v={{v}}", "{\"v\":\"a b&c=d+\\n*~\"}", "v=a+b%26c%3Dd%2B%0A*%7E", NULL}};
    static const struct rule header[] = {{"X: {{v}}",
                                          "{\"v\":\"a\\r\\nEvil: 1\\u0000\\u007f\\u00e9\"}",
                                          "X: a  Evil: 1  \xc3\xa9", NULL}};
    assert_rules(url, COUNT_OF(url), TEMPLATE_URL);
    assert_rules(form, COUNT_OF(form), TEMPLATE_FORM);
    assert_rules(header, COUNT_OF(header), TEMPLATE_HEADER);
}

// --- what was rendered, read by the other side, is the value ---

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

// Strings made of what breaks encoders; `is_xml` leaves out what XML cannot hold at all.
static struct str make_string(struct arena *arena, uint32_t *seed, bool is_xml)
{
    static const char *const pieces[] = {
        "\"",
        "'",
        "\\",
        "<",
        ">",
        "&",
        "]]>",
        "&amp;",
        "%",
        "%41",
        "+",
        " ",
        "\n",
        "\r",
        "\t",
        "/",
        "{{uii}}",
        "#ani#",
        "\xc3\xa9",
        "=",
        ";",
        "?",
        ",",
        "\xc2\x85",
        "\xe2\x80\xa8",
        "\xf0\x9f\x93\x9e",
        "plain",
        "0",
        "\xef\xbf\xbd",
        "\xef\xbc\xa1",
        "\x7f",
        "\xf4\x8f\xbf\xbf",
        "\x01",
        "\x1f",
        "\xef\xbf\xbf",
    };
    size_t count = is_xml ? COUNT_OF(pieces) - 3 : COUNT_OF(pieces);
    AUTO_BUF struct buf text;
    buf_init(&text, OUT_MAX_BYTES);
    size_t len = next_random(seed) % 50 == 0 ? 20000 : next_random(seed) % 20;
    for (size_t i = 0; i < len; i++) {
        if (!is_xml && next_random(seed) % 40 == 0)
            buf_add_char(&text, '\0');
        buf_add_str(&text, str_from(pieces[next_random(seed) % count]));
    }
    return arena_copy(arena, buf_str(&text));
}

static struct str decode_percent(struct arena *arena, struct str text, bool is_form)
{
    char *decoded = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '%') {
            char digits[] = {text.data[i + 1], text.data[i + 2], '\0'};
            c = (char)strtol(digits, NULL, 16);
            i += 2;
        } else if (c == '+' && is_form) {
            c = ' ';
        }
        decoded[len++] = c;
    }
    return (struct str){decoded, len};
}

static struct str decode_xml(struct arena *arena, struct str text)
{
    static const struct {
        const char *entity, *text;
    } entities[] = {
        {"&amp;", "&"}, {"&lt;", "<"},  {"&gt;", ">"},   {"&quot;", "\""},
        {"&#39;", "'"}, {"&#9;", "\t"}, {"&#10;", "\n"}, {"&#13;", "\r"},
    };
    char *decoded = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    while (text.len) {
        size_t taken = 1;
        decoded[len] = text.data[0];
        for (size_t i = 0; i < COUNT_OF(entities); i++) {
            if (str_starts(text, str_from(entities[i].entity))) {
                taken = strlen(entities[i].entity);
                decoded[len] = entities[i].text[0];
            }
        }
        assert_true(taken > 1 || !strchr("<>&\"'\r\n\t", text.data[0]));
        len++;
        text = (struct str){text.data + taken, text.len - taken};
    }
    return (struct str){decoded, len};
}

static struct str decode_json(struct arena *arena, struct str text)
{
    struct json *value = NULL;
    struct err err;
    if (!json_parse(arena, text, &limits, &value, &err))
        fail_msg("%.*s: %s", STR_ARG(text), err.text);
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, 100);
    return arena_copy(arena, json_as_text(value, &scratch));
}

static struct str decode(struct arena *arena, struct str text, enum template_escape escape)
{
    switch (escape) {
    case TEMPLATE_XML:
    case TEMPLATE_HTML:
        return decode_xml(arena, text);
    case TEMPLATE_JSON:
        return decode_json(arena, text);
    case TEMPLATE_URL:
    case TEMPLATE_FORM:
        return decode_percent(arena, text, escape == TEMPLATE_FORM);
    default:
        return text;
    }
}

static void assert_reads_back(const char *text, enum template_escape escape, bool is_xml)
{
    uint32_t seed = 4711;
    struct template *template = compiled(str_from(text), escape, NULL);
    AUTO_BUF struct buf out;
    buf_init(&out, OUT_MAX_BYTES);
    for (int round = 0; round < 3000; round++) {
        AUTO_ARENA struct arena *arena = arena_new();
        struct str value = make_string(arena, &seed, is_xml);
        struct json *data = json_object(arena);
        json_set(arena, data, STR("v"), json_string(arena, value));
        struct err err;
        buf_clear(&out);
        assert_true(template_render(template, data, &out, &err));
        struct str seen = decode(arena, buf_str(&out), escape);
        if (!str_eq(seen, value))
            fail_msg("round %d: %.*s\nreads as %.*s", round, STR_ARG(value), STR_ARG(seen));
    }
    template_free(template);
}

static void test_any_string_reads_back_from_each_language(void **state)
{
    (void)state;
    assert_reads_back("{{v}}", TEMPLATE_TEXT, false);
    assert_reads_back("{{v}}", TEMPLATE_XML, true);
    assert_reads_back("{{v}}", TEMPLATE_JSON, false);
    assert_reads_back("\"{{v}}\"", TEMPLATE_JSON, false);
    assert_reads_back("{{v}}", TEMPLATE_URL, false);
    assert_reads_back("{{v}}", TEMPLATE_FORM, false);
}

static void test_escaping_of_literals_is_that_of_variables(void **state)
{
    (void)state;
    uint32_t seed = 42;
    for (enum template_escape escape = TEMPLATE_TEXT; escape <= TEMPLATE_HEADER; escape++) {
        struct template *template =
            compiled(escape == TEMPLATE_JSON ? STR("\"{{v}}\"") : STR("'{{v}}'"), escape, NULL);
        for (int round = 0; round < 100; round++) {
            AUTO_ARENA struct arena *arena = arena_new();
            AUTO_BUF struct buf rendered, written;
            buf_init(&rendered, OUT_MAX_BYTES);
            buf_init(&written, OUT_MAX_BYTES);
            struct str value = make_string(arena, &seed, false);
            struct json *data = json_object(arena);
            json_set(arena, data, STR("v"), json_string(arena, value));
            struct err err;
            assert_true(template_render(template, data, &rendered, &err));
            buf_add_char(&written, rendered.data[0]);
            template_write_escaped(&written, value, escape);
            buf_add_char(&written, rendered.data[0]);
            assert_true(str_eq(buf_str(&rendered), buf_str(&written)));
        }
        template_free(template);
    }
}

// --- mistakes ---

struct mistake {
    const char *template;
    int line, column;
    const char *part, *partials;
};

static void assert_mistakes(const struct mistake *mistakes, size_t count,
                            enum template_escape escape)
{
    for (size_t i = 0; i < count; i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        const struct mistake *mistake = &mistakes[i];
        struct json *partials = mistake->partials ? parsed(arena, mistake->partials) : NULL;
        struct template *template = NULL;
        struct template_place place = {0};
        struct err err;
        if (template_compile(str_from(mistake->template), escape, partials ? find_partial : NULL,
                             partials, &template, &place, &err))
            fail_msg("`%s` was taken", mistake->template);
        assert_null(template);
        assert_int_equal(err.code, ERR_INVALID);
        if (!strstr(err.text, mistake->part) || place.line != mistake->line ||
            place.column != mistake->column)
            fail_msg("`%s`: line %d, column %d: %s", mistake->template, place.line, place.column,
                     err.text);
    }
}

static void test_mistakes_are_named_with_their_place(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"a\n b {{uii", 2, 4, "`}}` is missing", NULL},
        {"\xc3\xa9\xf0\x9f\x93\x9e{{{uii}} x", 1, 3, "`}}}` is missing", NULL},
        {"{{uii {{ani}}", 1, 1, "not closed before the next", NULL},
        {"{{}}", 1, 1, "no name", NULL},
        {"{{# }}", 1, 1, "no name", NULL},
        {"{{call start}}", 1, 1, "white space in the name `call start`", NULL},
        {"x\n{{#a}}\n", 2, 1, "section `a` is not closed", NULL},
        {"\n\n{{#a}}\n  {{/b}}", 4, 3, "section `a` opened at line 3 is closed by `b`", NULL},
        {"{{/a}}", 1, 1, "no section is open that `a` could close", NULL},
        {"{{#a}}{{^b}}{{/a}}{{/b}}", 1, 13, "section `b` opened at line 1 is closed by `a`", NULL},
        {"{{=<% =}}", 1, 1, "delimiters are two words", NULL},
        {"{{=a b c=}}", 1, 1, "delimiters are two words", NULL},
        {"{{==a b=}}", 1, 1, "delimiters are two words", NULL},
        {"{{=12345678901234567 x=}}", 1, 1, "delimiters are two words", NULL},
        {"{{=a b}}", 1, 1, "`=}}` is missing", NULL},
        {"{{>none}}", 1, 1, "no partial `none`", NULL},
        {"{{>none}}", 1, 1, "no partial `none`", "{\"p\":\"\"}"},
        {"a\n {{>p}}", 2, 2, "partial `p`, line 2, column 3: section `x` is not closed",
         "{\"p\":\"1\\n2 {{#x}}\"}"},
        {"a\n {{>p}}", 2, 2, "partial `q`, line 1, column 2: there is no partial `r`",
         "{\"p\":\"\\n\\n{{>q}}\",\"q\":\"-{{>r}}\"}"},
        {"ab\xff", 1, 3, "not UTF-8", NULL},
    };
    assert_mistakes(mistakes, COUNT_OF(mistakes), TEMPLATE_XML);
}

static void test_mistakes_in_json_quotes_are_named(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"{\"a\":\n \"{{v}}}", 2, 2, "the JSON string that starts here is not closed", NULL},
        {"\"{{#a}}\"{{/a}}", 1, 9, "section `a` opened at line 1 starts inside", NULL},
        {"{{#a}}\"{{/a}}\"", 1, 8, "starts outside a JSON string and ends inside it", NULL},
        {"\"a\\{{v}}\"", 1, 4, "after a backslash", NULL},
        {"\"{{>p}}\"", 1, 2, "is closed here", "{\"p\":\"a\\\"\"}"},
        {"{{>p}}", 1, 1, "is not closed", "{\"p\":\"a\\\"\"}"},
        {"\"{{>p}}\"", 1, 2, "ends after a backslash", "{\"p\":\"a\\\\\"}"},
    };
    assert_mistakes(mistakes, COUNT_OF(mistakes), TEMPLATE_JSON);
}

static void assert_too_large(struct arena *arena, const char *text, const char *data,
                             const char *partials, size_t limit, const char *part)
{
    AUTO_BUF struct buf out;
    buf_init(&out, limit);
    buf_add_char(&out, '!');
    struct template *template =
        compiled(str_from(text), TEMPLATE_TEXT, partials ? parsed(arena, partials) : NULL);
    struct err err;
    assert_false(template_render(template, parsed(arena, data), &out, &err));
    template_free(template);
    assert_int_equal(err.code, ERR_TOO_LARGE);
    if (!strstr(err.text, part))
        fail_msg("`%s` is not in: %s", part, err.text);
    assert_true(str_eq(buf_str(&out), STR("!")));
}

static void test_rendering_is_limited_in_size_depth_and_work(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    assert_too_large(arena, "12345678{{v}}", "{\"v\":\"9\"}", NULL, 9, "passes 9 bytes");
    assert_too_large(arena, "{{v}}", "{\"v\":[\"123456789\"]}", NULL, 9, "passes 9 bytes");
    assert_too_large(arena, "{{>p}}", "{}", "{\"p\":\"{{>p}}{{>p}}\"}", 9, "more than 256 deep");
    AUTO_BUF struct buf data;
    buf_init(&data, 100000);
    buf_add_str(&data, STR("{\"l\":[0"));
    for (int i = 0; i < 5000; i++)
        buf_add_str(&data, STR(",0"));
    buf_add_str(&data, STR("]}"));
    assert_too_large(arena, "{{#l}}{{#l}}{{#l}}{{/l}}{{/l}}{{/l}}", data.data, NULL, 9,
                     "repeat too often");
}

static void test_compiling_is_limited_in_depth_and_tags(void **state)
{
    (void)state;
    AUTO_BUF struct buf text;
    buf_init(&text, OUT_MAX_BYTES);
    for (int i = 0; i < 64; i++)
        buf_add_str(&text, STR("{{#a}}"));
    for (int i = 0; i < 64; i++)
        buf_add_str(&text, STR("{{/a}}"));
    template_free(compiled(buf_str(&text), TEMPLATE_TEXT, NULL));
    buf_clear(&text);
    for (int i = 0; i < 65; i++)
        buf_add_str(&text, STR("{{#a}}"));
    const struct mistake deep = {text.data, 1, 64 * 6 + 1, "more than 64 deep", NULL};
    assert_mistakes(&deep, 1, TEMPLATE_TEXT);
    buf_clear(&text);
    for (int i = 0; i < 100001; i++)
        buf_add_str(&text, STR("{{a}}"));
    const struct mistake many = {text.data, 1, 500001, "more than 100000 tags", NULL};
    assert_mistakes(&many, 1, TEMPLATE_TEXT);
}

static void note_name(void *context, struct str name, struct template_place place)
{
    buf_printf(context, "%.*s@%d:%d ", STR_ARG(name), place.line, place.column);
}

static void test_visit_tells_every_name_read(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct template *template =
        compiled(STR("{{uii}}\n{{#l}}{{.}} {{{a.b}}}{{/l}}{{! no }}{{^c}}{{/c}}\n {{>p}}"),
                 TEMPLATE_TEXT, parsed(arena, "{\"p\":\"\\n\\n{{deep}}\"}"));
    AUTO_BUF struct buf names;
    buf_init(&names, 1000);
    template_visit(template, note_name, &names);
    template_free(template);
    template_free(NULL);
    assert_string_equal(names.data, "uii@1:1 l@2:1 a.b@2:13 c@2:37 deep@3:2 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_dotted_names),
        cmocka_unit_test(test_sections),
        cmocka_unit_test(test_tags_alone_on_a_line_take_the_line_with_them),
        cmocka_unit_test(test_comments_and_delimiters),
        cmocka_unit_test(test_partials),
        cmocka_unit_test(test_json_values_outside_quotes),
        cmocka_unit_test(test_json_knows_where_the_quotes_are),
        cmocka_unit_test(test_xml_holds_no_forbidden_character),
        cmocka_unit_test(test_url_form_and_header_keep_their_shape),
        cmocka_unit_test(test_any_string_reads_back_from_each_language),
        cmocka_unit_test(test_escaping_of_literals_is_that_of_variables),
        cmocka_unit_test(test_mistakes_are_named_with_their_place),
        cmocka_unit_test(test_mistakes_in_json_quotes_are_named),
        cmocka_unit_test(test_rendering_is_limited_in_size_depth_and_work),
        cmocka_unit_test(test_compiling_is_limited_in_depth_and_tags),
        cmocka_unit_test(test_visit_tells_every_name_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
