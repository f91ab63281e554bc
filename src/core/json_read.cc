// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON text through RapidJSON into our tree. What surprises: the library works in place, on a copy
// of the text in the arena, so the tree's strings are pieces of that copy and cost nothing more.
// The limits are kept while it reads, and it reads without recursion. It refuses a zero with an
// exponent above 308.

#include "core/json_read.h"

#ifdef __SSE2__
#define RAPIDJSON_SSE2 // 16 bytes at a time
#endif
// Its empty stack counts from a null pointer, which clang's sanitizer tells; it is never followed.
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <rapidjson/reader.h>
#include <rapidjson/stream.h>
#ifdef __clang__
#pragma clang attribute pop
#endif

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

namespace
{

using rapidjson::ParseErrorCode;
using rapidjson::SizeType;
using Stream = rapidjson::GenericInsituStringStream<rapidjson::UTF8<>>;
using Reader = rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>>;

// Numbers come as their text: only that tells a large integer from a real.
constexpr unsigned parse_flags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                                 rapidjson::kParseNumbersAsStringsFlag;

// The text's end, and how far beyond it the library may look.
constexpr size_t read_ahead_bytes = 1 + 16;

constexpr const char *number_sentence =
    "a number too large for 64 bits, or too near to 0; send it as a string";

// Names in the order in which equal ones are neighbours, the later in the text behind.
bool is_before(const struct json_member &a, const struct json_member &b)
{
    if (a.name.len != b.name.len)
        return a.name.len < b.name.len;
    const int order = std::memcmp(a.name.data, b.name.data, a.name.len);
    return order != 0 ? order < 0 : a.name.data < b.name.data;
}

bool is_same_name(const struct json_member &a, const struct json_member &b)
{
    return a.name.len == b.name.len && std::memcmp(a.name.data, b.name.data, a.name.len) == 0;
}

// What the library calls while it reads; false ends the reading, and `at` and `err` say why.
class Builder
{
  public:
    struct json *root = nullptr;
    size_t at = 0;

    Builder(struct arena *arena, struct str copy, Stream &stream, const struct json_limits *limits,
            struct err *err)
        : arena_(arena), start_(copy.data), stream_(stream), limits_(limits), err_(err),
          has_escapes_(std::memchr(copy.data, '\\', copy.len) != nullptr)
    {
        members_.reserve(64);
    }

    bool Null()
    {
        return add(json_null(arena_), here() - 1);
    }
    bool Bool(bool boolean)
    {
        return add(json_boolean(arena_, boolean), here() - 1);
    }
    bool RawNumber(const char *text, SizeType len, bool);
    bool String(const char *text, SizeType len, bool);
    bool StartArray()
    {
        return open(json_array(arena_));
    }
    bool StartObject()
    {
        return open(json_object(arena_));
    }
    bool Key(const char *name, SizeType len, bool);
    bool EndArray(SizeType count);
    bool EndObject(SizeType count);
    // The library's own forms of numbers, which parse_flags keep from being used.
    bool Int(int)
    {
        return false;
    }
    bool Uint(unsigned)
    {
        return false;
    }
    bool Int64(int64_t)
    {
        return false;
    }
    bool Uint64(uint64_t)
    {
        return false;
    }
    bool Double(double)
    {
        return false;
    }

  private:
    struct arena *const arena_;
    const char *const start_;
    Stream &stream_;
    const struct json_limits *const limits_;
    struct err *const err_;
    const bool has_escapes_;
    size_t values_ = 0;
    std::vector<struct json *> open_;         // arrays and objects around the next value
    std::vector<struct json_member> members_; // of all of these, the innermost one's last
    std::vector<struct json_member> sorted_;

    const char *here() const
    {
        return start_ + stream_.Tell();
    }
    bool stop(const char *place);
    bool is_whole(const char *text, size_t len);
    bool add(struct json *value, const char *place);
    bool open(struct json *value);
    const struct json_member *find_duplicate(const struct json_member *members, size_t count);
};

// For after err is set.
bool Builder::stop(const char *place)
{
    at = static_cast<size_t>(place - start_);
    return false;
}

bool Builder::add(struct json *value, const char *place)
{
    if (++values_ > limits_->values) {
        err_set(err_, ERR_TOO_LARGE, "more than %zu values", limits_->values);
        return stop(place);
    }
    if (open_.empty())
        root = value;
    else if (open_.back()->kind == JSON_OBJECT)
        members_.back().value = value;
    else
        members_.push_back({{nullptr, 0}, value});
    return true;
}

bool Builder::open(struct json *value)
{
    if (open_.size() == limits_->depth) {
        err_set(err_, ERR_TOO_LARGE, "arrays and objects nested more than %zu deep",
                limits_->depth);
        return stop(here());
    }
    if (!add(value, here()))
        return false;
    open_.push_back(value);
    return true;
}

// The library takes the second half of a surrogate pair alone, and writes it as three bytes that
// are no UTF-8. Only escapes can bring it, as the text itself has been looked at.
bool Builder::is_whole(const char *text, size_t len)
{
    if (!has_escapes_ || json_utf8_prefix({text, len}) == len)
        return true;
    err_set(err_, ERR_INVALID, "half of a surrogate pair");
    return stop(text - 1);
}

bool Builder::String(const char *text, SizeType len, bool)
{
    return is_whole(text, len) && add(json_string(arena_, {text, len}), text - 1);
}

bool Builder::RawNumber(const char *text, SizeType len, bool)
{
    const char *const end = text + len;
    const bool is_integer =
        std::find_if(text, end, [](char c) { return c == '.' || c == 'e' || c == 'E'; }) == end;
    int64_t integer = 0;
    double real = 0;
    const auto result =
        is_integer ? std::from_chars(text, end, integer) : std::from_chars(text, end, real);
    if (result.ec != std::errc()) {
        err_set(err_, ERR_INVALID, "%s", number_sentence);
        return stop(text);
    }
    return add(is_integer ? json_integer(arena_, integer) : json_real(arena_, real), text);
}

bool Builder::Key(const char *name, SizeType len, bool)
{
    if (std::memchr(name, '\0', len)) {
        err_set(err_, ERR_INVALID, "U+0000 in a member's name");
        return stop(name - 1);
    }
    members_.push_back({{name, len}, nullptr});
    return is_whole(name, len);
}

bool Builder::EndArray(SizeType count)
{
    struct json *const array = open_.back();
    const struct json_member *const members = members_.data() + members_.size() - count;
    array->array.count = array->array.capacity = count;
    if (count)
        array->array.items =
            static_cast<struct json **>(arena_alloc(arena_, count * sizeof(*array->array.items)));
    for (SizeType i = 0; i < count; i++)
        array->array.items[i] = members[i].value;
    members_.resize(members_.size() - count);
    open_.pop_back();
    return true;
}

// The later of two of one name, or NULL.
const struct json_member *Builder::find_duplicate(const struct json_member *members, size_t count)
{
    sorted_.assign(members, members + count);
    std::sort(sorted_.begin(), sorted_.end(), is_before);
    const auto first = std::adjacent_find(sorted_.begin(), sorted_.end(), is_same_name);
    return first == sorted_.end() ? nullptr : &first[1];
}

bool Builder::EndObject(SizeType count)
{
    struct json *const object = open_.back();
    const struct json_member *const members = members_.data() + members_.size() - count;
    if (const struct json_member *const again = find_duplicate(members, count)) {
        err_set(err_, ERR_INVALID, "a duplicate of an earlier name");
        return stop(again->name.data - 1);
    }
    object->object.count = object->object.capacity = count;
    if (count) {
        object->object.members = static_cast<struct json_member *>(
            arena_alloc(arena_, count * sizeof(*object->object.members)));
        std::memcpy(object->object.members, members, count * sizeof(*members));
    }
    members_.resize(members_.size() - count);
    open_.pop_back();
    return true;
}

const char *sentence_of(ParseErrorCode code)
{
    switch (code) {
    case rapidjson::kParseErrorDocumentRootNotSingular:
        return "there is more text after the value";
    case rapidjson::kParseErrorObjectMissName:
        return "a member's name in quotes is expected";
    case rapidjson::kParseErrorObjectMissColon:
        return "a colon is expected after the name";
    case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket:
        return "a comma or } is expected after the member";
    case rapidjson::kParseErrorArrayMissCommaOrSquareBracket:
        return "a comma or ] is expected after the value";
    case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex:
        return "four hexadecimal digits are expected after \\u";
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
        return "half of a surrogate pair";
    case rapidjson::kParseErrorStringEscapeInvalid:
        return "a control character, or an escape that JSON does not have";
    case rapidjson::kParseErrorStringMissQuotationMark:
        return "the string does not end";
    case rapidjson::kParseErrorNumberTooBig:
        return number_sentence;
    case rapidjson::kParseErrorNumberMissFraction:
        return "digits are expected after the point";
    case rapidjson::kParseErrorNumberMissExponent:
        return "digits are expected in the exponent";
    default:
        return "a value is expected";
    }
}

// Nothing throws but a lack of memory, which ends the process as it does in C.
bool read(struct arena *arena, struct str text, const struct json_limits *limits, struct json **ret,
          size_t *ret_at, struct err *err) noexcept
{
    char *const room = static_cast<char *>(arena_alloc(arena, text.len + read_ahead_bytes));
    std::memcpy(room, text.data, text.len);
    const struct str copy = {room, text.len};
    Stream stream(room);
    Builder builder(arena, copy, stream, limits, err);
    const rapidjson::ParseResult result = Reader().Parse<parse_flags>(stream, builder);
    if (result.Code() == rapidjson::kParseErrorTermination) {
        *ret_at = builder.at;
        return false;
    }
    *ret_at = result ? stream.Tell() : result.Offset();
    if (result && *ret_at == text.len) {
        *ret = builder.root;
        return true;
    }
    if (*ret_at >= text.len) {
        *ret_at = text.len - 1;
        return err_set(err, ERR_INVALID, "the text ends before the value does");
    }
    // The library takes a NUL in the text for its end.
    return err_set(err, ERR_INVALID, "%s",
                   text.data[*ret_at] == '\0' ? "U+0000 stands in the text"
                                              : sentence_of(result.Code()));
}

} // namespace

bool json_read(struct arena *arena, struct str text, const struct json_limits *limits,
               struct json **ret, size_t *ret_at, struct err *err)
{
    return read(arena, text, limits, ret, ret_at, err);
}
