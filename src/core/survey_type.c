// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a text means by the type of its question: a number, a moment, yes or no, an address. Knows
// texts and types, not answers. The C library's readers are not used: they depend on the locale,
// take more than is meant (" 0x1p3", "inf") and stop at U+0000.

#include "core/survey_answer.h"

#include <math.h>

struct cursor {
    const char *at, *end;
};

static bool take_char(struct cursor *cursor, const char *any)
{
    if (cursor->at == cursor->end || !*cursor->at || !strchr(any, *cursor->at))
        return false;
    cursor->at++;
    return true;
}

static bool take_digits(struct cursor *cursor, int least, int most, int64_t *ret)
{
    int count = 0;
    int64_t number = 0;
    for (; count < most && cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9';
         count++)
        number = number * 10 + (*cursor->at++ - '0');
    *ret = number;
    return count >= least;
}

static bool is_at_end(const struct cursor *cursor)
{
    return cursor->at == cursor->end;
}

// --- numbers ---

enum { NUMBER_DIGITS = 15 }; // what a double holds exactly

bool survey_number(struct str text, double *ret)
{
    text = str_trim(text);
    struct cursor cursor = {text.data, text.data + text.len};
    bool is_negative = cursor.at < cursor.end && *cursor.at == '-';
    int64_t whole, decimals = 0;
    double worth = 1;
    take_char(&cursor, "+-");
    const char *digits = cursor.at;
    if (!take_digits(&cursor, 1, NUMBER_DIGITS, &whole))
        return false;
    int left = NUMBER_DIGITS - (int)(cursor.at - digits);
    if (take_char(&cursor, ".")) {
        const char *point = cursor.at;
        if (!take_digits(&cursor, 1, left, &decimals))
            return false;
        for (; point < cursor.at; point++)
            worth *= 10;
    }
    if (!is_at_end(&cursor))
        return false;
    double number = ((double)whole * worth + (double)decimals) / worth;
    *ret = is_negative ? -number : number;
    return true;
}

struct json *survey_make_number(struct arena *arena, double number)
{
    bool is_whole = number == floor(number) && fabs(number) < 1e15;
    return is_whole ? json_integer(arena, (int64_t)number) : json_real(arena, number);
}

static bool read_number(struct arena *arena, const struct question *question, struct str text,
                        const struct json **ret)
{
    double number;
    text = str_trim(text);
    if (question->type == QUESTION_PERCENT && text.len && text.data[text.len - 1] == '%')
        text.len--;
    bool is_whole = question->type == QUESTION_SCALE || question->type == QUESTION_NPS;
    if (!survey_number(text, &number) || (is_whole && number != floor(number)))
        return false;
    *ret = survey_make_number(arena, number);
    return true;
}

// Seconds, MM:SS or HH:MM:SS.
static bool read_duration(struct arena *arena, struct str text, const struct json **ret)
{
    struct cursor cursor = {text.data, text.data + text.len};
    int64_t seconds, part;
    if (!take_digits(&cursor, 1, 9, &seconds))
        return false;
    for (int i = 0; i < 2 && take_char(&cursor, ":"); i++) {
        if (!take_digits(&cursor, 2, 2, &part) || part > 59)
            return false;
        seconds = seconds * 60 + part;
    }
    *ret = json_integer(arena, seconds);
    return is_at_end(&cursor);
}

// --- times ---

static bool is_day(int64_t year, int64_t month, int64_t day)
{
    static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1)
        return false;
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && is_leap);
}

// 2020-09-18, or 09/18/2020 as the platform's own pages write it.
static bool take_date(struct cursor *cursor, int64_t *year, int64_t *month, int64_t *day)
{
    struct cursor start = *cursor;
    if (take_digits(cursor, 4, 4, year) && take_char(cursor, "-"))
        return take_digits(cursor, 2, 2, month) && take_char(cursor, "-") &&
               take_digits(cursor, 2, 2, day) && is_day(*year, *month, *day);
    *cursor = start;
    return take_digits(cursor, 1, 2, month) && take_char(cursor, "/") &&
           take_digits(cursor, 1, 2, day) && take_char(cursor, "/") &&
           take_digits(cursor, 4, 4, year) && is_day(*year, *month, *day);
}

static bool read_date(struct arena *arena, struct str text, const struct json **ret)
{
    struct cursor cursor = {text.data, text.data + text.len};
    int64_t year, month, day;
    if (!take_date(&cursor, &year, &month, &day) || !is_at_end(&cursor))
        return false;
    *ret = json_text(arena, arena_printf(arena, "%04lld-%02lld-%02lld", (long long)year,
                                         (long long)month, (long long)day));
    return true;
}

// HH:MM, with seconds and their fraction perhaps.
static bool take_time(struct cursor *cursor)
{
    int64_t hour, minute, second, fraction;
    if (!take_digits(cursor, 2, 2, &hour) || hour > 23 || !take_char(cursor, ":") ||
        !take_digits(cursor, 2, 2, &minute) || minute > 59)
        return false;
    if (!take_char(cursor, ":"))
        return true;
    if (!take_digits(cursor, 2, 2, &second) || second > 59)
        return false;
    return !take_char(cursor, ".") || take_digits(cursor, 1, 9, &fraction);
}

static bool take_zone(struct cursor *cursor)
{
    int64_t hour, minute;
    if (take_char(cursor, "Zz"))
        return true;
    return take_char(cursor, "+-") && take_digits(cursor, 2, 2, &hour) && hour < 15 &&
           take_char(cursor, ":") && take_digits(cursor, 2, 2, &minute) && minute < 60;
}

static bool is_time(struct str text)
{
    struct cursor cursor = {text.data, text.data + text.len};
    return take_time(&cursor) && is_at_end(&cursor);
}

static bool is_datetime(struct str text)
{
    struct cursor cursor = {text.data, text.data + text.len};
    int64_t year, month, day;
    return take_date(&cursor, &year, &month, &day) && take_char(&cursor, " Tt") &&
           take_time(&cursor) && (is_at_end(&cursor) || (take_zone(&cursor) && is_at_end(&cursor)));
}

// --- words and addresses ---

static bool read_boolean(struct arena *arena, struct str text, const struct json **ret)
{
    static const char *const words[] = {"true",  "yes", "y", "1", "on",
                                        "false", "no",  "n", "0", "off"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_eq_nocase(text, str_from(words[i]))) {
            *ret = json_boolean(arena, i < COUNT_OF(words) / 2);
            return true;
        }
    }
    return false;
}

static bool is_of(struct str text, const char *characters)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!text.data[i] || !strchr(characters, text.data[i]))
            return false;
    }
    return text.len > 0;
}

static bool is_phone(struct str text)
{
    size_t digits = 0;
    for (size_t i = 0; i < text.len; i++)
        digits += text.data[i] >= '0' && text.data[i] <= '9';
    return digits >= 3 && digits <= 20 && is_of(text, "0123456789+-(). /x#*");
}

// No blank or control character.
static bool is_one_word(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.data[i] <= ' ' || text.data[i] == 0x7f)
            return false;
    }
    return text.len > 0;
}

static bool is_email(struct str text)
{
    const char *at = memchr(text.data, '@', text.len);
    if (!at || !is_one_word(text))
        return false;
    size_t local = (size_t)(at - text.data), domain = text.len - local - 1;
    return local > 0 && domain > 2 && !memchr(at + 1, '@', domain) && memchr(at + 1, '.', domain) &&
           at[1] != '.' && at[domain] != '.';
}

static bool is_url(struct str text)
{
    const struct str schemes[] = {STR("http://"), STR("https://")};
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        struct str head = {text.data, text.len < schemes[i].len ? text.len : schemes[i].len};
        if (str_eq_nocase(head, schemes[i]))
            return text.len > head.len && !strchr("/?#", text.data[head.len]) && is_one_word(text);
    }
    return false;
}

static const char *const wanted[QUESTION_TYPE_COUNT] = {
    [QUESTION_NUMBER] = "a number such as 12 or 4.5",
    [QUESTION_DATE] = "a date such as 2020-09-18 or 09/18/2020",
    [QUESTION_TIME] = "a time such as 14:30 or 14:30:00",
    [QUESTION_DATETIME] = "a date and time such as 2020-09-18 14:30:00",
    [QUESTION_BOOLEAN] = "yes or no, true or false, 1 or 0",
    [QUESTION_SCALE] = "a whole number",
    [QUESTION_NPS] = "a whole number from 0 to 10",
    [QUESTION_PHONE] = "a phone number",
    [QUESTION_EMAIL] = "an e-mail address",
    [QUESTION_URL] = "a URL that begins with http:// or https://",
    [QUESTION_CURRENCY] = "an amount such as 12.50",
    [QUESTION_PERCENT] = "a number of percent such as 80 or 80%",
    [QUESTION_DURATION] = "a duration: seconds, MM:SS or HH:MM:SS",
    [QUESTION_DIGITS] = "digits, * and #",
    [QUESTION_AUDIO_URL] = "a URL that begins with http:// or https://",
};

bool survey_type_value(struct arena *arena, const struct question *question, struct str text,
                       const struct json **ret, const char **ret_wanted)
{
    *ret_wanted = wanted[question->type];
    struct str trimmed = str_trim(text);
    switch (question->type) {
    case QUESTION_NUMBER:
    case QUESTION_SCALE:
    case QUESTION_NPS:
    case QUESTION_CURRENCY:
    case QUESTION_PERCENT:
        return read_number(arena, question, text, ret);
    case QUESTION_DURATION:
        return read_duration(arena, trimmed, ret);
    case QUESTION_DATE:
        return read_date(arena, trimmed, ret);
    case QUESTION_BOOLEAN:
        return read_boolean(arena, trimmed, ret);
    case QUESTION_TIME:
        return is_time(trimmed);
    case QUESTION_DATETIME:
        return is_datetime(trimmed);
    case QUESTION_PHONE:
        return is_phone(text);
    case QUESTION_EMAIL:
        return is_email(text);
    case QUESTION_URL:
    case QUESTION_AUDIO_URL:
        return is_url(text);
    case QUESTION_DIGITS:
        return is_of(text, "0123456789*#");
    default:
        return true;
    }
}
