// SPDX-License-Identifier: GPL-3.0-or-later
//
// Texts of simple types as scalars of JSON. What a number or boolean cannot hold exactly stays
// text.

#include "edge/soap_json_read.h"

#include <errno.h>
#include <math.h>

enum { MAX_NUMBER_BYTES = 64 };

static struct json *boolean_of(struct reply_reader *reader, struct str text)
{
    bool is_true = str_eq(text, STR("true")) || str_eq(text, STR("1"));
    bool is_false = str_eq(text, STR("false")) || str_eq(text, STR("0"));
    return is_true || is_false ? json_boolean(reader->arena, is_true) : NULL;
}

static bool is_number(struct str text)
{
    size_t digits = 0, points = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        digits += c >= '0' && c <= '9';
        points += c == '.';
        bool is_sign = (c == '+' || c == '-') &&
                       (i == 0 || text.data[i - 1] == 'e' || text.data[i - 1] == 'E');
        bool is_exponent = (c == 'e' || c == 'E') && digits;
        if ((c < '0' || c > '9') && c != '.' && !is_sign && !is_exponent)
            return false;
    }
    return digits > 0 && points <= 1 && text.len < MAX_NUMBER_BYTES;
}

// Digits that count, without sign, point, and zeros at both ends; the same for equal values of one
// size.
static void add_digits(struct buf *out, struct str text)
{
    size_t pending = 0;
    for (size_t i = 0; i < text.len && text.data[i] != 'e' && text.data[i] != 'E'; i++) {
        char c = text.data[i];
        if (c == '0')
            pending++;
        if (c < '1' || c > '9')
            continue;
        for (; pending && out->len; pending--)
            buf_add_char(out, '0');
        pending = 0;
        buf_add_char(out, c);
    }
}

// As a double, when that, written out, has the same digits.
static struct json *real_of(struct reply_reader *reader, struct str text)
{
    char copy[MAX_NUMBER_BYTES];
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    struct json *real = json_real(reader->arena, strtod(copy, NULL));
    if (!isfinite(real->real))
        return NULL;
    AUTO_BUF struct buf written, before, after;
    buf_init(&written, 400);
    buf_init(&before, 400);
    buf_init(&after, 400);
    add_digits(&before, text);
    add_digits(&after, json_as_text(real, &written));
    return str_eq(buf_str(&before), buf_str(&after)) ? real : NULL;
}

static struct json *number_of(struct reply_reader *reader, struct str text)
{
    if (!is_number(text))
        return NULL;
    if (memchr(text.data, '.', text.len) || memchr(text.data, 'e', text.len) ||
        memchr(text.data, 'E', text.len))
        return real_of(reader, text);
    char copy[MAX_NUMBER_BYTES], *end;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    errno = 0;
    long long number = strtoll(copy, &end, 10);
    return errno == 0 && !*end ? json_integer(reader->arena, number) : NULL;
}

static struct json *list_of(struct reply_reader *reader, const xmlNode *node,
                            const struct shape_text *item, struct str text)
{
    static const char blank[] = " \t\r\n";
    struct json *list = json_array(reader->arena);
    const char *copy = arena_copy(reader->arena, text).data;
    for (const char *at = copy + strspn(copy, blank); *at; at += strspn(at, blank)) {
        size_t len = strcspn(at, blank);
        if (++reader->values > READ_MAX_VALUES) {
            reader->is_too_much = true;
            break;
        }
        json_append(reader->arena, list, reply_scalar(reader, node, item, (struct str){at, len}));
        at += len;
    }
    return list;
}

static bool is_enumerated(const struct shape_text *type, struct str text)
{
    bool found = type->enumeration_count == 0;
    for (size_t i = 0; i < type->enumeration_count && !found; i++)
        found = str_eq(text, str_from(type->enumerations[i].value));
    return found;
}

// The first member that the text fits decides.
static struct json *union_of(struct reply_reader *reader, const xmlNode *node,
                             const struct shape_text *type, struct str text)
{
    for (size_t i = 0; i < type->member_count; i++) {
        const struct shape_text *member = type->members[i];
        if (!is_enumerated(member, str_trim(text)))
            continue;
        struct json *value = reply_scalar(reader, node, member, text);
        bool is_misfit = value->kind == JSON_STRING && member->primitive >= SHAPE_BOOLEAN &&
                         member->primitive <= SHAPE_DOUBLE;
        if (!is_misfit)
            return value;
    }
    return json_string(reader->arena, text);
}

static struct json *name_of(struct reply_reader *reader, const xmlNode *node, struct str text)
{
    const char *copy = arena_copy(reader->arena, str_trim(text)).data;
    struct shape_name name = reply_qname(reader, node, copy);
    if (!*name.namespace)
        return json_text(reader->arena, copy);
    return json_text(reader->arena,
                     arena_printf(reader->arena, "{%s}%s", name.namespace, name.local));
}

bool reply_is_natural(const struct shape_text *type)
{
    return type->primitive == SHAPE_STRING || type->primitive == SHAPE_BOOLEAN ||
           type->primitive == SHAPE_DECIMAL || type->primitive == SHAPE_FLOAT ||
           type->primitive == SHAPE_DOUBLE || type->primitive == SHAPE_ANY_SIMPLE;
}

struct json *reply_scalar(struct reply_reader *reader, const xmlNode *node,
                          const struct shape_text *type, struct str text)
{
    struct json *value = NULL;
    struct str trimmed = str_trim(text);
    switch (type->primitive) {
    case SHAPE_LIST:
        return list_of(reader, node, type->item, text);
    case SHAPE_UNION:
        return union_of(reader, node, type, text);
    case SHAPE_QNAME:
        return name_of(reader, node, text);
    case SHAPE_BOOLEAN:
        value = boolean_of(reader, trimmed);
        break;
    case SHAPE_DECIMAL:
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        value = number_of(reader, trimmed);
        break;
    case SHAPE_STRING:
    case SHAPE_ANY_SIMPLE:
        return json_string(reader->arena, type->white_space == SHAPE_COLLAPSE ? trimmed : text);
    default:
        break;
    }
    return value ? value : json_string(reader->arena, trimmed);
}
