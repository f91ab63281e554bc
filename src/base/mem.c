// SPDX-License-Identifier: GPL-3.0-or-later
//
// Memory. The arena is a chain of blocks; a large piece gets a block of its own, so that one long
// note does not waste the room of a whole block.

#include "base/mem.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

enum { ARENA_BLOCK_BYTES = 16 * 1024 };

NO_RETURN void mem_require_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "switchhook: broken invariant at %s:%d: %s\n", file, line, condition);
    abort();
}

void *mem_alloc(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    require(memory != NULL);
    return memory;
}

void *mem_grow(void *old, size_t size)
{
    void *memory = realloc(old, size ? size : 1);
    require(memory != NULL);
    return memory;
}

char *mem_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(mem_alloc(size), text, size);
}

void mem_cleanup_free(void *pointer_to_pointer)
{
    void *pointer;
    memcpy(&pointer, pointer_to_pointer, sizeof(pointer));
    free(pointer);
}

void mem_cleanup_close(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

void mem_cleanup_arena(struct arena **arena)
{
    arena_free(*arena);
}

// --- str ---

struct str str_from(const char *text)
{
    return text ? (struct str){text, strlen(text)} : STR("");
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    }
    return true;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq((struct str){s.data, prefix.len}, prefix);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.len && is_space(s.data[0])) {
        s.data++;
        s.len--;
    }
    while (s.len && is_space(s.data[s.len - 1]))
        s.len--;
    return s;
}

bool str_eq_secret(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    volatile unsigned char difference = 0;
    for (size_t i = 0; i < a.len; i++)
        difference |= (unsigned char)(a.data[i] ^ b.data[i]);
    return difference == 0;
}

// --- arena ---

struct block {
    struct block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) char room[];
};

struct arena {
    struct block *blocks; // the newest first; pieces are cut from it
};

static struct block *block_new(size_t size, struct block *next)
{
    struct block *block = malloc(sizeof(*block) + size);
    require(block != NULL);
    block->next = next;
    block->used = 0;
    block->size = size;
    return block;
}

struct arena *arena_new(void)
{
    struct arena *arena = mem_alloc(sizeof(*arena));
    arena->blocks = block_new(ARENA_BLOCK_BYTES, NULL);
    return arena;
}

static void free_blocks(struct block *block)
{
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    free_blocks(arena->blocks);
    free(arena);
}

void arena_reset(struct arena *arena)
{
    struct block *kept = arena->blocks;
    while (kept->next && kept->size != ARENA_BLOCK_BYTES) {
        struct block *next = kept->next;
        free(kept);
        kept = next;
    }
    free_blocks(kept->next);
    kept->next = NULL;
    kept->used = 0;
    arena->blocks = kept;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t step = alignof(max_align_t);
    require(size <= SIZE_MAX - step);
    size = (size + step - 1) / step * step;
    struct block *block = arena->blocks;
    if (size > block->size - block->used) {
        if (size > ARENA_BLOCK_BYTES / 4) {
            // Behind the newest block, whose room stays in use.
            block->next = block_new(size, block->next);
            block = block->next;
        } else {
            block = arena->blocks = block_new(ARENA_BLOCK_BYTES, block);
        }
    }
    void *piece = block->room + block->used;
    block->used += size;
    return memset(piece, 0, size);
}

struct str arena_copy(struct arena *arena, struct str s)
{
    char *copy = arena_alloc(arena, s.len + 1);
    if (s.len)
        memcpy(copy, s.data, s.len);
    return (struct str){copy, s.len};
}

char *arena_strdup(struct arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(arena_alloc(arena, size), text, size);
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    require(len >= 0);
    char *text = arena_alloc(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

// --- buf ---

void buf_init(struct buf *buf, size_t limit)
{
    *buf = (struct buf){.limit = limit};
}

void buf_finish(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){.limit = buf->limit};
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->overflowed = false;
    if (buf->data)
        buf->data[0] = '\0';
}

// Makes room for len more bytes and a NUL; false when the limit forbids it.
static bool make_room(struct buf *buf, size_t len)
{
    if (buf->overflowed || len > buf->limit || buf->len > buf->limit - len) {
        buf->overflowed = true;
        return false;
    }
    size_t needed = buf->len + len + 1;
    if (needed > buf->capacity) {
        size_t capacity = buf->capacity ? buf->capacity : 256;
        while (capacity < needed)
            capacity *= 2;
        buf->data = mem_grow(buf->data, capacity);
        buf->capacity = capacity;
    }
    return true;
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
    if (!make_room(buf, len))
        return;
    if (len)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void buf_add_str(struct buf *buf, struct str s)
{
    buf_add(buf, s.data, s.len);
}

void buf_add_char(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    // Most often it fits into what is there already, and need not be written twice.
    size_t left = buf->overflowed ? 0 : buf->capacity - buf->len;
    int len = vsnprintf(left ? buf->data + buf->len : NULL, left, format, args);
    require(len >= 0);
    bool is_written = (size_t)len < left;
    if (!make_room(buf, (size_t)len)) {
        if (left)
            buf->data[buf->len] = '\0'; // as it was
    } else {
        if (!is_written)
            vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
    va_end(args);
}

struct str buf_str(const struct buf *buf)
{
    return buf->data ? (struct str){buf->data, buf->len} : STR("");
}
