// SPDX-License-Identifier: GPL-3.0-or-later
//
// Memory: borrowed byte strings, arenas, growable buffers with a hard limit, cleanup attributes.
// Knows nothing of the product. Allocation succeeds or the process aborts: every size that comes
// from outside is limited before it gets here, and what matters is on disk.

#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MUST_CHECK                      __attribute__((warn_unused_result))
#define NO_RETURN                       __attribute__((noreturn))
#define PRINTF_LIKE(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#define COUNT_OF(array)                 (sizeof(array) / sizeof((array)[0]))

// Stops the process when an invariant of ours is broken; never used for input.
#define require(condition)                                                                         \
    ((condition) ? (void)0 : mem_require_failed(#condition, __FILE__, __LINE__))
NO_RETURN void mem_require_failed(const char *condition, const char *file, int line);

// --- bytes borrowed from somewhere; may hold NUL, need not end with one ---

struct str {
    const char *data; // never NULL when made by the functions below
    size_t len;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
// For printf("%.*s", STR_ARG(s)).
#define STR_ARG(s) (int)(s).len, (s).data

struct str str_from(const char *text); // NULL gives the empty string
bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b); // ASCII only
bool str_starts(struct str s, struct str prefix);
struct str str_trim(struct str s); // ASCII white space off both ends
// Same answer time for any content of the same length: for tokens and passwords.
bool str_eq_secret(struct str a, struct str b);

// --- arena: many small pieces, freed together ---

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);  // NULL is fine
void arena_reset(struct arena *arena); // forgets all pieces, keeps one block for the next use
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK; // zeroed, aligned for any type
struct str arena_copy(struct arena *arena, struct str s);       // the copy ends with NUL
char *arena_strdup(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

// --- growable buffer with a hard limit ---
//
// Once an append would pass the limit the buffer is `overflowed`, keeps what it had, and ignores
// further appends; the caller looks at the flag once, at the end.

struct buf {
    char *data; // ends with NUL whenever len > 0
    size_t len;
    size_t capacity;
    size_t limit;
    bool overflowed;
};

void buf_init(struct buf *buf, size_t limit);
void buf_finish(struct buf *buf);
void buf_clear(struct buf *buf); // keeps the memory
void buf_add(struct buf *buf, const void *data, size_t len);
void buf_add_str(struct buf *buf, struct str s);
void buf_add_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
struct str buf_str(const struct buf *buf); // borrowed until the next change

// --- plain allocation and cleanup ---

void *mem_alloc(size_t size) MUST_CHECK; // zeroed
void *mem_grow(void *old, size_t size) MUST_CHECK;
char *mem_strdup(const char *text) MUST_CHECK;

void mem_cleanup_free(void *pointer_to_pointer);
void mem_cleanup_close(const int *fd);
void mem_cleanup_arena(struct arena **arena);

#define AUTO_FREE  __attribute__((cleanup(mem_cleanup_free)))
#define AUTO_CLOSE __attribute__((cleanup(mem_cleanup_close)))
#define AUTO_ARENA __attribute__((cleanup(mem_cleanup_arena)))
#define AUTO_BUF   __attribute__((cleanup(buf_finish)))

// Moves a pointer out of its variable, so that its cleanup finds NULL.
#define TAKE(pointer)                                                                              \
    __extension__({                                                                                \
        __typeof__(pointer) taken_ = (pointer);                                                    \
        (pointer) = NULL;                                                                          \
        taken_;                                                                                    \
    })

#ifdef __cplusplus
}
#endif

#endif
