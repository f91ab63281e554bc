// SPDX-License-Identifier: GPL-3.0-or-later
//
// The door to libphonenumber. It takes 17 us for a number, so North American ones are decided here
// by their shape and the others are remembered for each thread: an event's numbers are read again
// by its deliveries, and a call center's own are in every event.

#include "core/phone.h"

#include <phonenumbers/phonenumberutil.h>

#include <cstdint>
#include <cstring>
#include <exception>
#include <set>
#include <string>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace
{

enum {
    TEXT_MAX_BYTES = 64, // a number with an extension and words around it
    NORTH_AMERICA = 1,   // the country code of the plan that 25 countries share
    RECENT_COUNT = 256,  // per thread; a power of two
    RECENT_TEXT_BYTES = 24,
};

const PhoneNumberUtil &plans()
{
    return *PhoneNumberUtil::GetInstance();
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// --- North America ---

// The plans of a country that is known, by its two letters; 0 for one that is not.
struct country_codes {
    uint16_t of[26][26] = {};
    country_codes()
    {
        std::set<std::string> regions;
        plans().GetSupportedRegions(&regions);
        for (const std::string &region : regions) {
            if (region.size() == 2)
                of[region[0] - 'A'][region[1] - 'A'] =
                    static_cast<uint16_t>(plans().GetCountryCodeForRegion(region));
        }
    }
};

int country_code(const char *country)
{
    static const country_codes codes;
    bool is_two_letters = country[0] >= 'A' && country[0] <= 'Z' && country[1] >= 'A' &&
                          country[1] <= 'Z' && country[2] == '\0';
    return is_two_letters ? codes.of[country[0] - 'A'][country[1] - 'A'] : 0;
}

// Area code and exchange begin with 2 to 9: the North American Numbering Plan.
bool has_north_american_shape(const char *digits)
{
    for (size_t i = 0; i < 10; i++) {
        if (!is_digit(digits[i]))
            return false;
    }
    return digits[0] >= '2' && digits[3] >= '2';
}

// Ten digits, or 1 or +1 and ten digits, and nothing else.
bool take_north_american(const char *country, const std::string &text, char *ret)
{
    size_t skip = text.size() == 10 ? 0 : text.size() == 11 ? 1 : text.size() == 12 ? 2 : SIZE_MAX;
    if (skip == SIZE_MAX || std::memcmp(text.data(), &"+1"[2 - skip], skip) != 0 ||
        !has_north_american_shape(text.data() + skip))
        return false;
    if (skip < 2 && (!country || country_code(country) != NORTH_AMERICA))
        return false;
    std::memcpy(ret, "+1", 2);
    std::memcpy(ret + 2, text.data() + skip, 10);
    ret[12] = '\0';
    return true;
}

// --- all others ---

// A + says that somebody wrote a whole number; without one the plan must know it, or each extension
// of a switchboard would be a number of Germany, where two digits are enough.
bool is_good(const PhoneNumber &number, const std::string &text, const std::string &e164)
{
    std::string national;
    if (plans().IsValidNumber(number))
        return true;
    plans().GetNationalSignificantNumber(number, &national);
    if (number.country_code() == NORTH_AMERICA)
        return national.size() == 10 && has_north_american_shape(national.data());
    // What the plan would read differently next time is no number of it.
    PhoneNumber again;
    return text[0] == '+' && plans().IsPossibleNumber(number) &&
           plans().Parse(e164, "ZZ", &again) == PhoneNumberUtil::NO_PARSING_ERROR &&
           plans().IsNumberMatch(number, again) == PhoneNumberUtil::EXACT_MATCH;
}

enum phone_fit read_number(const char *country, const std::string &text, char *ret)
{
    PhoneNumber number;
    std::string e164;
    if (plans().Parse(text, country ? country : "ZZ", &number) != PhoneNumberUtil::NO_PARSING_ERROR)
        return PHONE_NONE;
    plans().Format(number, PhoneNumberUtil::E164, &e164);
    if (e164.size() >= PHONE_E164_BYTES || !is_good(number, text, e164))
        return PHONE_NONE;
    std::memcpy(ret, e164.c_str(), e164.size() + 1);
    return number.has_extension() && !number.extension().empty() ? PHONE_SHORT : PHONE_FITS;
}

// --- repairs ---

std::string only_digits(const std::string &text)
{
    std::string digits;
    for (char c : text) {
        if (is_digit(c))
            digits += c;
    }
    return digits;
}

// Each is a way in which numbers are seen to be broken; the first that gives a number is it.
enum phone_fit mend_number(const char *country, const std::string &text, char *ret)
{
    const std::string digits = only_digits(text);
    const bool has_plus = text.find('+') < text.find_first_of("0123456789");
    const std::string code = country ? std::to_string(country_code(country)) : "";
    std::string tries[4];
    size_t count = 0;
    if (digits.size() < 7) // never a piece of something else
        return PHONE_NONE;
    tries[count++] = has_plus ? "+" + digits : digits; // words around it
    if (digits.compare(0, 2, "00") == 0)
        tries[count++] = "+" + digits.substr(2);
    if (country && digits.compare(0, 2 * code.size(), code + code) == 0)
        tries[count++] = "+" + digits.substr(code.size());
    if (country && has_plus)
        tries[count++] = digits;
    for (size_t i = 0; i < count; i++) {
        if (read_number(country, tries[i], ret) != PHONE_NONE)
            return PHONE_MENDED;
    }
    return PHONE_NONE;
}

enum phone_fit convert(const char *country, const std::string &text, char *ret)
{
    try {
        enum phone_fit fit = read_number(country, text, ret);
        return fit == PHONE_NONE ? mend_number(country, text, ret) : fit;
    } catch (const std::exception &) {
        return PHONE_NONE;
    }
}

// --- numbers seen of late ---

struct recent {
    char country[3];
    uint8_t len; // 0: nothing here
    char text[RECENT_TEXT_BYTES];
    char e164[PHONE_E164_BYTES];
    enum phone_fit fit;
};

thread_local struct recent recents[RECENT_COUNT];

struct recent *recent_of(const char *country, const std::string &text)
{
    uint32_t hash = 2166136261u; // FNV-1a
    for (char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return &recents[(hash ^ static_cast<unsigned char>(country[0])) % RECENT_COUNT];
}

} // namespace

enum phone_fit phone_e164(const char *country, const char *text, size_t len,
                          char ret[PHONE_E164_BYTES])
{
    if (len == 0 || len > TEXT_MAX_BYTES || (country && !phone_is_country(country)))
        return PHONE_NONE;
    const std::string number(text, len);
    if (take_north_american(country, number, ret))
        return PHONE_FITS;
    if (len > RECENT_TEXT_BYTES)
        return convert(country, number, ret);
    const char *place = country ? country : "ZZ";
    struct recent *recent = recent_of(place, number);
    if (recent->len != len || std::memcmp(recent->text, text, len) != 0 ||
        std::strcmp(recent->country, place) != 0) {
        recent->fit = convert(country, number, recent->e164);
        recent->len = static_cast<uint8_t>(len);
        std::memcpy(recent->text, text, len);
        std::memcpy(recent->country, place, sizeof(recent->country));
    }
    if (recent->fit != PHONE_NONE)
        std::memcpy(ret, recent->e164, PHONE_E164_BYTES);
    return recent->fit;
}

bool phone_is_country(const char *country)
{
    return country_code(country) != 0;
}
