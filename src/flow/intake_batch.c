// SPDX-License-Identifier: GPL-3.0-or-later
//
// Collecting results. What surprises: when the store could not take an event, the whole answer is
// that refusal, although others are kept; a client that looks at the status alone posts all of them
// again, and with keys that is safe.

#include "flow/intake_batch.h"

#include "core/json.h"

#include <stdatomic.h>

enum {
    ERRORS_MAX = 4,                      // of one event
    ANSWER_MAX_BYTES = 64 * 1024 * 1024, // a thousand events with as many errors of full length
};

struct result {
    int status;
    char id[CLOCK_UUID_BYTES];     // of one that is kept
    struct server_problem problem; // of one that is not
};

struct batch {
    struct server_request *request;
    const char *validation_token;
    struct result *results;
    size_t count;
    atomic_size_t left; // notes and the release to come
};

struct batch *batch_new(struct server_request *request, size_t count, const char *validation_token)
{
    struct arena *arena = server_arena(request);
    struct batch *batch = arena_alloc(arena, sizeof(*batch));
    batch->request = request;
    batch->validation_token = validation_token;
    batch->results = arena_alloc(arena, count * sizeof(*batch->results));
    batch->count = count;
    atomic_init(&batch->left, count + 1);
    return batch;
}

static struct json *result_tree(struct arena *arena, const struct batch *batch, size_t index)
{
    const struct result *result = &batch->results[index];
    struct json *tree = json_object(arena);
    json_set(arena, tree, STR("index"), json_integer(arena, (int64_t)index));
    json_set(arena, tree, STR("status"), json_integer(arena, result->status));
    if (result->problem.status)
        json_set(arena, tree, STR("problem"), server_problem_tree(arena, &result->problem));
    else
        json_set(arena, tree, STR("id"), json_text(arena, result->id));
    return tree;
}

// The problem of the answer as a whole; its status is 0 when there is none.
static struct server_problem whole_problem(const struct batch *batch, size_t kept)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->results[i].status >= 500)
            return batch->results[i].problem;
    }
    if (kept || !batch->count)
        return (struct server_problem){0};
    return (struct server_problem){.status = 422,
                                   .type = "batch-refused",
                                   .title = "Unprocessable Content",
                                   .detail = "None of the events was taken; `results` says why"};
}

static void answer(struct batch *batch)
{
    struct arena *arena = server_arena(batch->request);
    struct json *results = json_array(arena);
    size_t kept = 0;
    for (size_t i = 0; i < batch->count; i++) {
        kept += batch->results[i].status < 300;
        json_append(arena, results, result_tree(arena, batch, i));
    }
    struct server_problem problem = whole_problem(batch, kept);
    struct json *tree = problem.status ? server_problem_tree(arena, &problem) : json_object(arena);
    json_set(arena, tree, STR("kept"), json_integer(arena, (int64_t)kept));
    json_set(arena, tree, STR("refused"), json_integer(arena, (int64_t)(batch->count - kept)));
    json_set(arena, tree, STR("results"), results);
    AUTO_BUF struct buf body;
    buf_init(&body, ANSWER_MAX_BYTES);
    json_write(&body, tree, JSON_COMPACT);
    server_reply(batch->request,
                 &(struct server_response){
                     .status = problem.status ? problem.status : 202,
                     .media_type = problem.status ? "application/problem+json" : "application/json",
                     .body = buf_str(&body),
                     .retry_after_s = problem.retry_after_s,
                     .validation_token = batch->validation_token,
                 });
}

void batch_release(struct batch *batch)
{
    if (atomic_fetch_sub(&batch->left, 1) == 1)
        answer(batch);
}

void batch_note_kept(struct batch *batch, size_t index, const struct store_accept *accept)
{
    struct result *result = &batch->results[index];
    result->status = accept->result == ACCEPT_STORED ? 202 : 200;
    memcpy(result->id, accept->id, sizeof(result->id));
    batch_release(batch);
}

void batch_note_problem(struct batch *batch, size_t index, const struct server_problem *problem)
{
    struct arena *arena = server_arena(batch->request);
    struct result *result = &batch->results[index];
    size_t count = problem->error_count < ERRORS_MAX ? problem->error_count : ERRORS_MAX;
    struct server_problem_item *errors = arena_alloc(arena, count * sizeof(*errors));
    for (size_t i = 0; i < count; i++) {
        errors[i].pointer = arena_strdup(arena, problem->errors[i].pointer);
        errors[i].detail = arena_strdup(arena, problem->errors[i].detail);
    }
    result->status = problem->status;
    result->problem = *problem;
    result->problem.detail = arena_strdup(arena, problem->detail);
    result->problem.errors = errors;
    result->problem.error_count = count;
    batch_release(batch);
}
