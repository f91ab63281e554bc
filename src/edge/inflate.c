// SPDX-License-Identifier: GPL-3.0-or-later
//
// Decoding by zlib, piece by piece, so that a bomb is stopped at the limit and not after it. What
// surprises: "deflate" means zlib's format, yet some clients send it bare; both are taken.

#include "edge/inflate.h"

#include <stdint.h>
#include <zlib.h>

enum {
    PIECE_BYTES = 16 * 1024,
    GZIP_WINDOW = 16 + MAX_WBITS,
    ZLIB_WINDOW = MAX_WBITS,
    BARE_WINDOW = -MAX_WBITS,
};

// zlib's header (RFC 1950 section 2.2): method 8, and both bytes together a multiple of 31.
static bool has_zlib_header(struct str body)
{
    if (body.len < 2)
        return false;
    unsigned first = (unsigned char)body.data[0], second = (unsigned char)body.data[1];
    return (first & 0x0f) == 8 && (first << 8 | second) % 31 == 0;
}

static bool find_window(struct str coding, struct str body, int *ret)
{
    if (str_eq_nocase(coding, STR("gzip")) || str_eq_nocase(coding, STR("x-gzip")))
        *ret = GZIP_WINDOW;
    else if (str_eq_nocase(coding, STR("deflate")))
        *ret = has_zlib_header(body) ? ZLIB_WINDOW : BARE_WINDOW;
    else
        return false;
    return true;
}

// Until the input ends with a stream's end; gzip may be several streams in a row (RFC 1952).
static bool run(z_stream *stream, bool is_gzip, struct buf *out, struct err *err)
{
    unsigned char piece[PIECE_BYTES];
    for (;;) {
        stream->next_out = piece;
        stream->avail_out = sizeof(piece);
        int result = inflate(stream, Z_NO_FLUSH);
        buf_add(out, piece, sizeof(piece) - stream->avail_out);
        if (out->overflowed)
            return err_set(err, ERR_TOO_LARGE, "the body, decoded, has more than %zu bytes",
                           out->limit);
        if (result == Z_STREAM_END) {
            if (!stream->avail_in)
                return true;
            if (!is_gzip)
                return err_set(err, ERR_INVALID, "there is more after the end of the coded body");
            require(inflateReset(stream) == Z_OK);
        } else if (result == Z_BUF_ERROR ||
                   (result == Z_OK && !stream->avail_in && stream->avail_out)) {
            return err_set(err, ERR_INVALID, "the coded body ends too early");
        } else if (result != Z_OK) {
            return err_set(err, ERR_INVALID, "the coded body is damaged: %s",
                           stream->msg ? stream->msg : "it needs a dictionary");
        }
    }
}

bool inflate_body(struct arena *arena, struct str coding, struct str body, size_t max_bytes,
                  struct str *ret, struct err *err)
{
    int window;
    coding = str_trim(coding);
    if (!coding.len || str_eq_nocase(coding, STR("identity"))) {
        *ret = body;
        return true;
    }
    if (!find_window(coding, body, &window))
        return err_set(err, ERR_NOT_FOUND, "a body is taken as it is, or as gzip or deflate");
    z_stream stream = {.next_in = (z_const Bytef *)(uintptr_t)body.data,
                       .avail_in = (uInt)body.len};
    require(inflateInit2(&stream, window) == Z_OK);
    AUTO_BUF struct buf out;
    buf_init(&out, max_bytes);
    bool done = run(&stream, window == GZIP_WINDOW, &out, err);
    inflateEnd(&stream);
    if (done)
        *ret = arena_copy(arena, buf_str(&out));
    return done;
}
