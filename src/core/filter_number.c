// SPDX-License-Identifier: GPL-3.0-or-later
//
// Filters of numbers, truth and phone numbers. Decimal digits are rounded as digits, half away from
// zero as people do it: no binary fraction comes near an amount.

#include "core/filter_kind.h"
#include "core/phone.h"

enum { DIGITS_MAX = 60, DECIMALS_MAX = 10 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// --- number ---

// "0", "000", "0.00" or "0,00": so many digits at least, so many decimals, and the sign between.
static bool read_pattern(struct str pattern, size_t *ret_whole, size_t *ret_decimals,
                         char *ret_sign)
{
    size_t whole = 0, decimals = 0;
    while (whole < pattern.len && pattern.data[whole] == '0')
        whole++;
    *ret_sign = whole < pattern.len ? pattern.data[whole] : '\0';
    for (size_t i = whole + 1; i < pattern.len; i++, decimals++) {
        if (pattern.data[i] != '0')
            return false;
    }
    *ret_whole = whole;
    *ret_decimals = decimals;
    bool has_sign = *ret_sign == '.' || *ret_sign == ',';
    return whole && whole <= DECIMALS_MAX && decimals <= DECIMALS_MAX &&
           (decimals ? has_sign : !*ret_sign);
}

bool filter_prepare_number(struct filter *filter, size_t *ret_argument, struct err *err)
{
    size_t whole, decimals;
    char sign;
    *ret_argument = 0;
    return read_pattern(filter->arguments[0].text, &whole, &decimals, &sign) ||
           err_set(
               err, ERR_INVALID,
               "a number is written as \"0\", \"0.00\", \"0,00\" or \"000\": zeros with at most "
               "one sign between");
}

struct decimal {
    bool is_negative;
    char digits[DIGITS_MAX + 2]; // without the point; the first is for a carry
    size_t count;
    size_t point; // how many stand before it
};

static bool read_decimal(struct str text, struct decimal *ret)
{
    struct decimal decimal = {.digits = "0", .count = 1, .point = 1};
    size_t i = 0, seen = 0;
    bool has_point = false;
    text = str_trim(text);
    if (text.len && (text.data[0] == '-' || text.data[0] == '+'))
        decimal.is_negative = text.data[i++] == '-';
    for (; i < text.len; i++) {
        if (text.data[i] == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (!is_digit(text.data[i]) || decimal.count > DIGITS_MAX)
            return false;
        decimal.digits[decimal.count++] = text.data[i];
        decimal.point += !has_point;
        seen++;
    }
    *ret = decimal;
    return seen > 0;
}

// Cuts to so many decimals, half away from zero.
static void round_decimal(struct decimal *decimal, size_t decimals)
{
    size_t end = decimal->point + decimals;
    if (end >= decimal->count)
        return;
    bool carry = decimal->digits[end] >= '5';
    decimal->count = end;
    for (size_t i = end; carry && i-- > 0;) {
        carry = decimal->digits[i] == '9';
        decimal->digits[i] = carry ? '0' : (char)(decimal->digits[i] + 1);
    }
}

const struct json *filter_number(const struct filter *filter, struct filter_run *run,
                                 const struct json *value)
{
    struct decimal decimal;
    size_t whole = 0, decimals = 0;
    char sign;
    struct str text = filter_text(run, value);
    require(read_pattern(filter->arguments[0].text, &whole, &decimals, &sign));
    if (!read_decimal(text, &decimal))
        return filter_refuse(run, text, "is no decimal number");
    round_decimal(&decimal, decimals);
    size_t first = 0;
    while (first + whole < decimal.point && decimal.digits[first] == '0')
        first++;
    bool is_zero = true;
    for (size_t i = 0; i < decimal.count; i++)
        is_zero = is_zero && decimal.digits[i] == '0';
    AUTO_BUF struct buf out;
    buf_init(&out, DIGITS_MAX + 2 * DECIMALS_MAX + 4);
    if (decimal.is_negative && !is_zero)
        buf_add_char(&out, '-');
    for (size_t i = decimal.point - first; i < whole; i++)
        buf_add_char(&out, '0');
    buf_add(&out, decimal.digits + first, decimal.point - first);
    if (decimals)
        buf_add_char(&out, sign);
    for (size_t i = decimal.point; i < decimal.point + decimals; i++)
        buf_add_char(&out, i < decimal.count ? decimal.digits[i] : '0');
    return filter_made(run, arena_copy(run->arena, buf_str(&out)));
}

// --- bool ---

const struct json *filter_bool(const struct filter *filter, struct filter_run *run,
                               const struct json *value)
{
    static const struct {
        const char *word;
        bool is_true;
    } words[] = {{"true", true}, {"yes", true}, {"y", true},      {"t", true},
                 {"on", true},   {"1", true},   {"false", false}, {"no", false},
                 {"n", false},   {"f", false},  {"off", false},   {"0", false}};
    struct str text = filter_text(run, value), word = str_trim(text);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_eq_nocase(word, str_from(words[i].word)))
            return filter_made(run, filter->arguments[words[i].is_true ? 0 : 1].text);
    }
    return filter_refuse(run, text, "is neither true nor false");
}

// --- phone ---

enum phone_form { PHONE_E164, PHONE_DIGITS };

// A country is for numbers that come without one; digits are those that are there.
bool filter_prepare_phone(struct filter *filter, size_t *ret_argument, struct err *err)
{
    static const char *const words[] = {[PHONE_E164] = "E164", [PHONE_DIGITS] = "digits"};
    struct str country = filter->arguments[1].text;
    if (!filter_choose(filter, words, COUNT_OF(words), ret_argument, err))
        return false;
    *ret_argument = 1;
    if (filter->argument_count < 2)
        return true;
    if (filter->choice == PHONE_DIGITS)
        return err_set(err, ERR_INVALID, "phone \"digits\" takes no country");
    return (country.len == 2 && phone_is_country(country.data)) ||
           err_set(err, ERR_INVALID, "a country of phone is two capital letters such as \"US\"");
}

static const struct json *write_e164(const struct filter *filter, struct filter_run *run,
                                     struct str text)
{
    char number[PHONE_E164_BYTES];
    const char *country = filter->argument_count == 2 ? filter->arguments[1].text.data : NULL;
    if (phone_e164(country, text.data, text.len, number) == PHONE_NONE)
        return filter_refuse(run, text,
                             country ? "is no phone number of that country"
                                     : "is no phone number with a country code");
    return filter_made(run, str_from(arena_strdup(run->arena, number)));
}

// Digits and what people put between them; with a letter it is something else.
const struct json *filter_phone(const struct filter *filter, struct filter_run *run,
                                const struct json *value)
{
    struct str text = filter_text(run, value);
    if (filter->choice == PHONE_E164)
        return write_e164(filter, run, text);
    char *digits = arena_alloc(run->arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (is_digit(c))
            digits[len++] = c;
        else if (!c || !strchr(" +-./()", c))
            return filter_refuse(run, text, "is no phone number");
    }
    return len ? filter_made(run, (struct str){digits, len})
               : filter_refuse(run, text, "is no phone number");
}
