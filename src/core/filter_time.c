// SPDX-License-Identifier: GPL-3.0-or-later
//
// Filters of moments and spans. A moment without a zone keeps its own hands of the clock and cannot
// be brought to a zone: which one it was in is the source's to say, and a guess is wrong by hours
// without anybody seeing it.

#include "core/filter_kind.h"

enum {
    MINUTE_S = 60,
    HOUR_S = 60 * MINUTE_S,
    DAY_S = 24 * HOUR_S,
    EPOCH_DIGITS = 10, // of a moment in seconds; in milliseconds three more
    TIME_MAX_BYTES = 2000,
    ZONE_NAME_MAX_BYTES = 100,
};

struct moment {
    int64_t clock_s; // what the clock there shows, as if it were UTC
    int millisecond;
    bool has_zone;
    int offset_minutes; // east of UTC
};

struct calendar {
    int year, month, day, weekday, day_of_year, hour, minute, second;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// So many digits off the front.
static bool take_number(struct str *text, size_t digits, int *ret)
{
    int number = 0;
    if (text->len < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (!is_digit(text->data[i]))
            return false;
        number = number * 10 + (text->data[i] - '0');
    }
    *text = (struct str){text->data + digits, text->len - digits};
    *ret = number;
    return true;
}

static bool take_char(struct str *text, const char *set)
{
    if (!text->len || !text->data[0] || !strchr(set, text->data[0]))
        return false;
    *text = (struct str){text->data + 1, text->len - 1};
    return true;
}

// --- the calendar (proleptic Gregorian; years begin in March, so that a leap day ends one) ---

static int64_t days_of(int year, int month, int day)
{
    int64_t years = month > 2 ? year : year - 1;
    int64_t era = years / 400, of_era = years % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && is_leap ? 29 : days[month - 1];
}

static struct calendar calendar_of(int64_t clock_s)
{
    int64_t days = clock_s / DAY_S, second = clock_s % DAY_S;
    if (second < 0) {
        second += DAY_S;
        days--;
    }
    struct calendar calendar = {
        .hour = (int)(second / HOUR_S),
        .minute = (int)(second % HOUR_S / MINUTE_S),
        .second = (int)(second % MINUTE_S),
        .weekday = (int)(((days + 4) % 7 + 7) % 7), // the first of January 1970 was a Thursday
        .month = 1,
    };
    calendar.year = 1970 + (int)(days / 366);
    while (days_of(calendar.year + 1, 1, 1) <= days)
        calendar.year++;
    while (days_of(calendar.year, 1, 1) > days)
        calendar.year--;
    int rest = (int)(days - days_of(calendar.year, 1, 1));
    calendar.day_of_year = rest + 1;
    while (rest >= days_in(calendar.year, calendar.month))
        rest -= days_in(calendar.year, calendar.month++);
    calendar.day = rest + 1;
    return calendar;
}

// --- reading a moment ---

// "Z", "UTC", "+05:30", "-0500" or "+02".
static bool read_offset(struct str text, int *ret_minutes)
{
    int hours = 0, minutes = 0;
    if (str_eq(text, STR("Z")) || str_eq(text, STR("z")) || str_eq(text, STR("UTC"))) {
        *ret_minutes = 0;
        return true;
    }
    bool is_west = text.len && text.data[0] == '-';
    if (!take_char(&text, "+-") || !take_number(&text, 2, &hours))
        return false;
    take_char(&text, ":");
    if (text.len && !take_number(&text, 2, &minutes))
        return false;
    *ret_minutes = (is_west ? -1 : 1) * (hours * 60 + minutes);
    return !text.len && hours <= 14 && minutes < 60;
}

static void take_fraction(struct str *text, int *ret_millisecond)
{
    int worth = 100;
    if (text->len < 2 || !is_digit(text->data[1]) || !take_char(text, ".,"))
        return;
    for (; text->len && is_digit(text->data[0]); worth /= 10) {
        *ret_millisecond += (text->data[0] - '0') * worth;
        *text = (struct str){text->data + 1, text->len - 1};
    }
}

static bool read_clock(struct str *text, struct moment *moment)
{
    int hour = 0, minute = 0, second = 0;
    if (!take_number(text, 2, &hour) || !take_char(text, ":") || !take_number(text, 2, &minute))
        return false;
    if (take_char(text, ":") && !take_number(text, 2, &second))
        return false;
    take_fraction(text, &moment->millisecond);
    moment->clock_s += hour * HOUR_S + minute * MINUTE_S + second;
    return hour < 24 && minute < 60 && second <= 60;
}

// RFC 3339 and what platforms make of it: a blank for the T, no seconds, no zone, only the day.
static bool read_date_time(struct str text, struct moment *ret)
{
    int year = 0, month = 0, day = 0;
    struct moment moment = {0};
    if (!take_number(&text, 4, &year) || !take_char(&text, "-") || !take_number(&text, 2, &month) ||
        !take_char(&text, "-") || !take_number(&text, 2, &day) || year < 1 || month < 1 ||
        month > 12 || day < 1 || day > days_in(year, month))
        return false;
    moment.clock_s = days_of(year, month, day) * DAY_S;
    if (text.len && (!take_char(&text, "Tt ") || !read_clock(&text, &moment)))
        return false;
    text = str_trim(text);
    if (text.len && !read_offset(text, &moment.offset_minutes))
        return false;
    moment.has_zone = text.len > 0;
    *ret = moment;
    return true;
}

static bool read_epoch(struct str text, struct moment *ret)
{
    bool has_ms = text.len == EPOCH_DIGITS + 3;
    int64_t number = 0;
    if (!has_ms && text.len != EPOCH_DIGITS)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.data[i]))
            return false;
        number = number * 10 + (text.data[i] - '0');
    }
    *ret = (struct moment){
        .clock_s = has_ms ? number / 1000 : number,
        .millisecond = has_ms ? (int)(number % 1000) : 0,
        .has_zone = true,
    };
    return true;
}

// --- date ---

static const char conversions[] = "YmdHIMSLpjybBaAeFTzs%";
static const char *const month_names[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
static const char *const day_names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};

static bool prepare_zone(struct filter *filter, struct str name)
{
    char text[ZONE_NAME_MAX_BYTES + 1] = "";
    if (read_offset(name, &filter->offset_minutes))
        return true;
    if (name.len > ZONE_NAME_MAX_BYTES || memchr(name.data, '\0', name.len))
        return false;
    memcpy(text, name.data, name.len);
    filter->zone = zone_new(text);
    return filter->zone != NULL;
}

// In place of a form: as XML Schema and JSON Schema have it, with a zone where the value has one.
static bool is_iso(struct str format)
{
    return str_eq(format, STR("ISO8601"));
}

bool filter_prepare_date(struct filter *filter, size_t *ret_argument, struct err *err)
{
    struct str format = filter->arguments[0].text;
    *ret_argument = 0;
    for (size_t i = 0; i < format.len; i++) {
        if (format.data[i] != '%')
            continue;
        i += i + 2 < format.len && format.data[i + 1] == ':' && format.data[i + 2] == 'z';
        i++;
        if (i >= format.len || !memchr(conversions, format.data[i], sizeof(conversions) - 1))
            return err_set(err, ERR_INVALID,
                           "date knows %% before one of %s and :z, and no other character",
                           conversions);
    }
    *ret_argument = 1;
    return filter->argument_count < 2 || prepare_zone(filter, filter->arguments[1].text) ||
           err_set(err, ERR_INVALID,
                   "a time zone of date is \"UTC\", an offset such as \"+02:00\" or a name of the "
                   "time zone database such as \"America/Chicago\"");
}

static void write_offset(struct buf *out, int minutes, const char *colon)
{
    int size = minutes < 0 ? -minutes : minutes;
    buf_printf(out, "%c%02d%s%02d", minutes < 0 ? '-' : '+', size / 60, colon, size % 60);
}

static bool write_number_of(struct buf *out, char conversion, const struct moment *moment,
                            const struct calendar *at)
{
    const struct {
        char conversion;
        int digits, number;
    } numbers[] = {
        {'Y', 4, at->year},
        {'y', 2, at->year % 100},
        {'m', 2, at->month},
        {'d', 2, at->day},
        {'e', 1, at->day},
        {'j', 3, at->day_of_year},
        {'H', 2, at->hour},
        {'I', 2, at->hour % 12 ? at->hour % 12 : 12},
        {'M', 2, at->minute},
        {'S', 2, at->second},
        {'L', 3, moment->millisecond},
    };
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        if (numbers[i].conversion == conversion) {
            buf_printf(out, "%0*d", numbers[i].digits, numbers[i].number);
            return true;
        }
    }
    return false;
}

static void write_conversion(struct buf *out, char conversion, const struct moment *moment,
                             const struct calendar *at)
{
    if (write_number_of(out, conversion, moment, at))
        return;
    switch (conversion) {
    case 'p':
        buf_add_str(out, at->hour < 12 ? STR("AM") : STR("PM"));
        break;
    case 'B':
    case 'b':
        buf_printf(out, "%.*s", conversion == 'b' ? 3 : 9, month_names[at->month - 1]);
        break;
    case 'A':
    case 'a':
        buf_printf(out, "%.*s", conversion == 'a' ? 3 : 9, day_names[at->weekday]);
        break;
    case 'F':
        buf_printf(out, "%04d-%02d-%02d", at->year, at->month, at->day);
        break;
    case 'T':
        buf_printf(out, "%02d:%02d:%02d", at->hour, at->minute, at->second);
        break;
    case 's':
        buf_printf(out, "%lld", (long long)(moment->clock_s - moment->offset_minutes * MINUTE_S));
        break;
    case 'z':
        write_offset(out, moment->offset_minutes, "");
        break;
    default:
        buf_add_char(out, conversion);
        break;
    }
}

// False: a conversion needs the zone, and the moment has none.
static bool write_date(struct buf *out, struct str format, const struct moment *moment)
{
    struct calendar at = calendar_of(moment->clock_s);
    for (size_t i = 0; i < format.len; i++) {
        if (format.data[i] != '%') {
            buf_add_char(out, format.data[i]);
            continue;
        }
        char conversion = format.data[++i];
        if (!moment->has_zone && strchr("zs:", conversion))
            return false;
        if (conversion == ':') {
            write_offset(out, moment->offset_minutes, ":");
            i++;
        } else {
            write_conversion(out, conversion, moment, &at);
        }
    }
    return true;
}

static void write_iso(struct buf *out, const struct moment *moment)
{
    write_date(out, STR("%FT%T"), moment);
    if (moment->millisecond)
        buf_printf(out, ".%03d", moment->millisecond);
    if (moment->has_zone && moment->offset_minutes == 0)
        buf_add_char(out, 'Z');
    else if (moment->has_zone)
        write_offset(out, moment->offset_minutes, ":");
}

static void move_to_zone(struct moment *moment, const struct filter *filter)
{
    int64_t unix_s = moment->clock_s - moment->offset_minutes * MINUTE_S;
    moment->offset_minutes = filter->offset_minutes;
    if (filter->zone) {
        struct zone_clock at = zone_from_unix(filter->zone, unix_s);
        int64_t clock_s = days_of(at.year, at.month, at.day) * DAY_S + at.hour * HOUR_S +
                          at.minute * MINUTE_S + at.second;
        moment->offset_minutes = (int)((clock_s - unix_s) / MINUTE_S);
    }
    moment->clock_s = unix_s + moment->offset_minutes * MINUTE_S;
}

const struct json *filter_date(const struct filter *filter, struct filter_run *run,
                               const struct json *value)
{
    static const char no_zone[] =
        "has no time zone, and the source's configuration does not say which it is";
    struct str text = filter_text(run, value), trimmed = str_trim(text);
    struct moment moment;
    if (!read_date_time(trimmed, &moment) && !read_epoch(trimmed, &moment))
        return filter_refuse(run, text, "is no date or time");
    if (filter->argument_count == 2) {
        if (!moment.has_zone)
            return filter_refuse(run, text, no_zone);
        move_to_zone(&moment, filter);
    }
    AUTO_BUF struct buf out;
    buf_init(&out, TIME_MAX_BYTES);
    if (is_iso(filter->arguments[0].text))
        write_iso(&out, &moment);
    else if (!write_date(&out, filter->arguments[0].text, &moment))
        return filter_refuse(run, text, no_zone);
    return filter_made(run, arena_copy(run->arena, buf_str(&out)));
}

// --- duration ---

enum duration_form { DURATION_HMS, DURATION_MS, DURATION_MINUTES, DURATION_SECONDS };

bool filter_prepare_duration(struct filter *filter, size_t *ret_argument, struct err *err)
{
    static const char *const words[] = {
        [DURATION_HMS] = "HH:MM:SS",
        [DURATION_MS] = "MM:SS",
        [DURATION_MINUTES] = "minutes",
        [DURATION_SECONDS] = "seconds",
    };
    return filter_choose(filter, words, COUNT_OF(words), ret_argument, err);
}

// Seconds, MM:SS or HH:MM:SS; a fraction of a second is dropped, as clocks do.
static bool read_duration(struct str text, int64_t *ret_s)
{
    enum { DIGITS_MAX = 9 };
    int64_t total = 0;
    size_t parts = 0;
    for (;; parts++) {
        int64_t number = 0;
        size_t digits = 0;
        for (; digits < text.len && is_digit(text.data[digits]); digits++) {
            if (digits == DIGITS_MAX)
                return false;
            number = number * 10 + (text.data[digits] - '0');
        }
        if (digits == 0 || (parts && (digits != 2 || number >= 60)))
            return false;
        total = total * 60 + number;
        text = (struct str){text.data + digits, text.len - digits};
        if (parts == 2 || !take_char(&text, ":"))
            break;
    }
    if (take_char(&text, "."))
        while (take_char(&text, "0123456789"))
            continue;
    *ret_s = total;
    return !text.len;
}

const struct json *filter_duration(const struct filter *filter, struct filter_run *run,
                                   const struct json *value)
{
    struct str text = filter_text(run, value);
    int64_t seconds = 0;
    if (str_eq(text, STR("-1"))) // platforms write it for what never was
        return NULL;
    if (!read_duration(str_trim(text), &seconds))
        return filter_refuse(run, text, "is no duration");
    long long hours = seconds / HOUR_S, minutes = seconds / MINUTE_S;
    long long hundredths = (seconds * 100 + MINUTE_S / 2) / MINUTE_S;
    switch (filter->choice) {
    case DURATION_HMS:
        return filter_made(run, str_from(arena_printf(run->arena, "%02lld:%02lld:%02lld", hours,
                                                      minutes % 60, (long long)seconds % 60)));
    case DURATION_MS:
        return filter_made(run, str_from(arena_printf(run->arena, "%02lld:%02lld", minutes,
                                                      (long long)seconds % 60)));
    case DURATION_MINUTES:
        return filter_made(run, str_from(arena_printf(run->arena, "%lld.%02lld", hundredths / 100,
                                                      hundredths % 100)));
    default:
        return json_integer(run->arena, seconds);
    }
}
