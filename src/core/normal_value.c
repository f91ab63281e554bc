// SPDX-License-Identifier: GPL-3.0-or-later
//
// Each form is read by hand from left to right: the C library's readers depend on the locale and
// take more than these forms. Nothing is guessed; what can be read in two ways stays.

#include "core/normal_value.h"
#include "core/phone.h"
#include "core/zone.h"

#include <stdint.h>
#include <stdio.h>

// --- reading ---

struct cursor {
    const char *at, *end;
};

static bool take_char(struct cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

// Upper and lower case.
static bool take_letter(struct cursor *cursor, char upper)
{
    return take_char(cursor, upper) || take_char(cursor, (char)(upper - 'A' + 'a'));
}

static struct str take_digits(struct cursor *cursor)
{
    const char *start = cursor->at;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9')
        cursor->at++;
    return (struct str){start, (size_t)(cursor->at - start)};
}

// At least `least` and at most `most` digits, 9 at most.
static bool take_number(struct cursor *cursor, size_t least, size_t most, int *ret)
{
    struct str digits = take_digits(cursor);
    int number = 0;
    if (digits.len < least || digits.len > most)
        return false;
    for (size_t i = 0; i < digits.len; i++)
        number = number * 10 + (digits.data[i] - '0');
    *ret = number;
    return true;
}

static bool is_at_end(const struct cursor *cursor)
{
    return cursor->at == cursor->end;
}

// --- times ---

enum {
    YEAR_MIN = 1900, // systems write years from 1 to 1899, and 9999, for "no time"
    YEAR_MAX = 9998,
    FRACTION_MAX_DIGITS = 9,
    OFFSET_MAX_HOURS = 18,
};

struct time_text {
    struct zone_clock clock;
    struct str fraction; // its digits, without zeros at the end
    bool has_offset;
    int offset_s;
    int slash[2];       // the first two numbers of a date with slashes
    bool is_slash_date; // day and month are not decided yet
};

static bool read_date(struct cursor *cursor, struct time_text *ret)
{
    struct cursor slash = *cursor;
    if (take_number(&slash, 1, 2, &ret->slash[0]) && take_char(&slash, '/')) {
        *cursor = slash;
        ret->is_slash_date = true;
        return take_number(cursor, 1, 2, &ret->slash[1]) && take_char(cursor, '/') &&
               take_number(cursor, 4, 4, &ret->clock.year);
    }
    return take_number(cursor, 4, 4, &ret->clock.year) && take_char(cursor, '-') &&
           take_number(cursor, 2, 2, &ret->clock.month) && take_char(cursor, '-') &&
           take_number(cursor, 2, 2, &ret->clock.day);
}

static bool read_seconds(struct cursor *cursor, struct time_text *ret)
{
    if (!take_char(cursor, ':'))
        return true;
    if (!take_number(cursor, 2, 2, &ret->clock.second))
        return false;
    if (!take_char(cursor, '.') && !take_char(cursor, ','))
        return true;
    ret->fraction = take_digits(cursor);
    if (ret->fraction.len == 0 || ret->fraction.len > FRACTION_MAX_DIGITS)
        return false;
    while (ret->fraction.len && ret->fraction.data[ret->fraction.len - 1] == '0')
        ret->fraction.len--;
    return true;
}

// 12 AM is the first hour of the day, 12 PM the thirteenth.
static bool read_half(struct cursor *cursor, struct time_text *ret)
{
    struct cursor half = *cursor;
    take_char(&half, ' ');
    bool is_pm = take_letter(&half, 'P');
    if (!is_pm && !take_letter(&half, 'A'))
        return true;
    if (!take_letter(&half, 'M') || ret->clock.hour < 1 || ret->clock.hour > 12)
        return false;
    *cursor = half;
    ret->clock.hour = ret->clock.hour % 12 + (is_pm ? 12 : 0);
    return true;
}

static bool read_offset(struct cursor *cursor, struct time_text *ret)
{
    int hours, minutes = 0;
    if (is_at_end(cursor))
        return true;
    take_char(cursor, ' ');
    ret->has_offset = true;
    if (take_letter(cursor, 'Z'))
        return true;
    bool is_west = take_char(cursor, '-');
    if ((!is_west && !take_char(cursor, '+')) || cursor->end - cursor->at < 2)
        return false;
    struct cursor two = {cursor->at, cursor->at + 2};
    if (!take_number(&two, 2, 2, &hours))
        return false;
    cursor->at = two.at;
    bool has_colon = take_char(cursor, ':');
    if ((has_colon || !is_at_end(cursor)) && !take_number(cursor, 2, 2, &minutes))
        return false;
    ret->offset_s = (hours * 60 + minutes) * 60 * (is_west ? -1 : 1);
    return hours <= OFFSET_MAX_HOURS && minutes < 60;
}

static bool read_time(struct str value, struct time_text *ret)
{
    struct cursor cursor = {value.data, value.data + value.len};
    *ret = (struct time_text){.fraction = STR("")};
    return read_date(&cursor, ret) && (take_char(&cursor, ' ') || take_letter(&cursor, 'T')) &&
           take_number(&cursor, 1, 2, &ret->clock.hour) && take_char(&cursor, ':') &&
           take_number(&cursor, 2, 2, &ret->clock.minute) && read_seconds(&cursor, ret) &&
           read_half(&cursor, ret) && read_offset(&cursor, ret) && is_at_end(&cursor);
}

// Which of the two numbers is the month. False: it may be either.
static bool decide_date(struct time_text *time, enum normal_slash_dates order)
{
    int first = time->slash[0], second = time->slash[1];
    if (order == NORMAL_SLASH_UNKNOWN) {
        if (second > 12 || first == second)
            order = NORMAL_MONTH_FIRST;
        else if (first > 12)
            order = NORMAL_DAY_FIRST;
        else
            return false;
    }
    time->clock.month = order == NORMAL_MONTH_FIRST ? first : second;
    time->clock.day = order == NORMAL_MONTH_FIRST ? second : first;
    return true;
}

// What clocks did there; NULL when nothing is to be said.
static const char *explain_fit(struct arena *arena, enum zone_fit fit, const struct zone *zone)
{
    const char *name = zone_name(zone);
    if (fit == ZONE_TWICE)
        return arena_printf(arena, "this time came twice in %s: read as the first", name);
    if (fit == ZONE_SKIPPED)
        return arena_printf(arena,
                            "there was no such time in %s: read as if clocks had not been "
                            "put forward",
                            name);
    return NULL;
}

static struct str write_time(struct arena *arena, struct str value, int64_t unix_s,
                             struct str fraction)
{
    char text[48];
    struct zone_clock clock = zone_from_unix(NULL, unix_s);
    int len = snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d%s%.*sZ", clock.year,
                       clock.month, clock.day, clock.hour, clock.minute, clock.second,
                       fraction.len ? "." : "", STR_ARG(fraction));
    struct str written = {text, (size_t)len};
    return str_eq(written, value) ? value : arena_copy(arena, written);
}

struct str normal_time(struct arena *arena, const struct normal_rules *rules, struct str value,
                       const char **ret_note)
{
    static const char no_form[] = "this is no time in a form that is known: kept as sent";
    struct time_text time;
    int64_t unix_s;
    *ret_note = no_form;
    if (!read_time(str_trim(value), &time))
        return value;
    if (time.is_slash_date && !decide_date(&time, rules->slash_dates)) {
        *ret_note = "day and month of this date may be either way round: kept as sent, until "
                    "slash_dates of the source says which";
        return value;
    }
    if (time.clock.year < YEAR_MIN || time.clock.year > YEAR_MAX)
        return value;
    const struct zone *zone = time.has_offset ? NULL : rules->zone;
    enum zone_fit fit = zone_to_unix(zone, &time.clock, &unix_s);
    if (fit == ZONE_NEVER)
        return value;
    *ret_note = explain_fit(arena, fit, zone);
    if (!time.has_offset && !rules->zone)
        return value; // a form that is known, of a zone that is not
    return write_time(arena, value, unix_s - time.offset_s, time.fraction);
}

// --- durations ---

enum {
    SECONDS_MAX_DIGITS = 15, // far beyond any call, and still whole in a reader's double
    CLOCK_MAX_DIGITS = 6,    // of the first part of MM:SS and HH:MM:SS
};

static bool read_seconds_only(struct str value, int64_t *ret)
{
    struct cursor cursor = {value.data, value.data + value.len};
    struct str whole = take_digits(&cursor), decimals = STR("0");
    if (take_char(&cursor, '.'))
        decimals = take_digits(&cursor);
    if (!is_at_end(&cursor) || whole.len == 0 || decimals.len == 0 ||
        whole.len > SECONDS_MAX_DIGITS)
        return false;
    int64_t seconds = decimals.data[0] >= '5'; // a half and more is one more
    int64_t worth = 1;
    for (size_t i = whole.len; i > 0; i--, worth *= 10)
        seconds += (whole.data[i - 1] - '0') * worth;
    *ret = seconds;
    return true;
}

static bool read_clock(struct str value, int64_t *ret)
{
    struct cursor cursor = {value.data, value.data + value.len};
    int first, second, third;
    if (!take_number(&cursor, 1, CLOCK_MAX_DIGITS, &first) || !take_char(&cursor, ':') ||
        !take_number(&cursor, 2, 2, &second) || second > 59)
        return false;
    *ret = (int64_t)first * 60 + second;
    if (is_at_end(&cursor))
        return true;
    if (!take_char(&cursor, ':') || !take_number(&cursor, 2, 2, &third) || third > 59)
        return false;
    *ret = *ret * 60 + third;
    return is_at_end(&cursor);
}

struct str normal_duration(struct arena *arena, struct str value, const char **ret_note)
{
    char text[24];
    int64_t seconds;
    struct str trimmed = str_trim(value);
    *ret_note = NULL;
    if (str_eq(trimmed, STR("-1")))
        return value;
    if (!read_seconds_only(trimmed, &seconds) && !read_clock(trimmed, &seconds)) {
        *ret_note = "this is no duration in a form that is known: kept as sent";
        return value;
    }
    struct str written = {text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)seconds)};
    return str_eq(written, value) ? value : arena_copy(arena, written);
}

// --- telephone numbers ---

// What networks send for a caller who does not show a number; the digits spell "anonymous".
static bool is_hidden(struct str value)
{
    static const struct str words[] = {
        {"anonymous", 9},    {"blocked", 7},       {"private", 7},         {"restricted", 10},
        {"unknown", 7},      {"unavailable", 11},  {"withheld", 8},        {"hidden", 6},
        {"out of area", 11}, {"no caller id", 12}, {"private number", 14}, {"266696687", 9},
        {"+266696687", 10},
    };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_eq_nocase(value, words[i]))
            return true;
    }
    return false;
}

static bool is_route(struct str value)
{
    return memchr(value.data, '@', value.len) || memchr(value.data, '*', value.len);
}

static struct str normal_number(struct arena *arena, const char *country, struct str value,
                                const char **ret_note)
{
    char e164[PHONE_E164_BYTES];
    struct str trimmed = str_trim(value);
    if (trimmed.len == 0 || is_route(trimmed))
        return value;
    if (is_hidden(trimmed)) {
        *ret_note = "the caller's number is hidden: kept as sent";
        return value;
    }
    bool is_national = !memchr(trimmed.data, '+', trimmed.len);
    if (is_national && !country)
        return value;
    switch (phone_e164(country, trimmed.data, trimmed.len, e164)) {
    case PHONE_NONE:
        *ret_note = arena_printf(arena, "this is no telephone number%s%s: kept as sent",
                                 is_national ? " of " : "", is_national ? country : "");
        return value;
    case PHONE_MENDED:
        *ret_note = "the number was repaired";
        break;
    case PHONE_SHORT:
        *ret_note = "the extension was left out: E.164 has no room for it";
        break;
    case PHONE_FITS:
        break;
    }
    return str_eq(str_from(e164), value) ? value : arena_copy(arena, str_from(e164));
}

static struct str normal_numbers(struct arena *arena, const char *country, struct str value,
                                 const char **ret_note)
{
    AUTO_BUF struct buf out;
    buf_init(&out, value.len * PHONE_E164_BYTES); // each piece grows to that at most
    for (struct str rest = value;;) {
        const char *bar = memchr(rest.data, '|', rest.len);
        struct str piece = {rest.data, bar ? (size_t)(bar - rest.data) : rest.len};
        buf_add_str(&out, normal_number(arena, country, piece, ret_note));
        if (!bar)
            break;
        buf_add_char(&out, '|');
        rest = (struct str){bar + 1, rest.len - piece.len - 1};
    }
    return str_eq(buf_str(&out), value) ? value : arena_copy(arena, buf_str(&out));
}

struct str normal_phone(struct arena *arena, const char *country, struct str value,
                        const char **ret_note)
{
    enum { LIST_MAX_BYTES = 1000 }; // of numbers between bars
    *ret_note = NULL;
    if (value.len > LIST_MAX_BYTES || !memchr(value.data, '|', value.len))
        return normal_number(arena, country, value, ret_note);
    return normal_numbers(arena, country, value, ret_note);
}

// --- yes and no ---

bool normal_boolean(struct str value, bool *ret, const char **ret_note)
{
    static const struct {
        struct str word;
        bool is_yes;
    } words[] = {
        {{"true", 4}, true}, {{"false", 5}, false}, {{"1", 1}, true}, {{"0", 1}, false},
        {{"yes", 3}, true},  {{"no", 2}, false},    {{"y", 1}, true}, {{"n", 1}, false},
        {{"t", 1}, true},    {{"f", 1}, false},
    };
    struct str trimmed = str_trim(value);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_eq_nocase(trimmed, words[i].word)) {
            *ret = words[i].is_yes;
            *ret_note = NULL;
            return true;
        }
    }
    *ret_note = "this is neither true nor false: kept as sent";
    return false;
}
