// SPDX-License-Identifier: GPL-3.0-or-later
//
// What of the stored events is sent, and what people may see of an attempt. All of it lives in the
// lease's arena.

#include "flow/worker_job.h"

#include "base/clock.h"
#include "core/merge.h"
#include "edge/mask.h"
#include "edge/source.h"

enum {
    RECORD_MAX_BYTES = 64 * 1024, // of a reply's head and of its body, each
    FAULT_MAX_BYTES = 16 * 1024,  // of a decoded fault
};

// --- the request ---

// The events of a delivery as one: what is sent, and what people may see of it.
struct content {
    struct event event, shown;
    struct event raw, shown_raw;
    struct normal_notes notes;
    bool is_masked; // what is shown differs
};

static bool read_body(const struct job *job, const struct store_carried *from, struct reading *ret,
                      struct err *err)
{
    const char *trigger = event_trigger(str_from(from->trigger));
    struct event_faults faults;
    if (!trigger)
        return err_set(err, ERR_INVALID, "the trigger %s is not known any more", from->trigger);
    return source_read(job->generation->config, from->source, job->lease->arena, trigger,
                       from->format, from->body, ret, &faults, err) ||
           err_prefix(err, "the event cannot be read any more");
}

static void add_secret_texts(struct job *job, const struct survey_result *survey)
{
    size_t count = job->secret_text_count + survey->secret_text_count;
    if (!survey->secret_text_count)
        return;
    struct str *texts = arena_alloc(job->lease->arena, count * sizeof(*texts));
    if (job->secret_text_count)
        memcpy(texts, job->secret_texts, job->secret_text_count * sizeof(*texts));
    memcpy(texts + job->secret_text_count, survey->secret_texts,
           survey->secret_text_count * sizeof(*texts));
    job->secret_texts = texts;
    job->secret_text_count = count;
}

static void add_rows(struct arena *arena, const struct normal_notes *more,
                     struct normal_notes *notes)
{
    size_t count = notes->row_count + more->row_count;
    struct normal_row *rows = arena_alloc(arena, count * sizeof(*rows));
    if (notes->row_count)
        memcpy(rows, notes->rows, notes->row_count * sizeof(*rows));
    if (more->row_count)
        memcpy(rows + notes->row_count, more->rows, more->row_count * sizeof(*rows));
    notes->rows = rows;
    notes->row_count = count;
}

static struct event shown_raw(const struct job *job, const struct reading *reading)
{
    struct event raw = reading->raw;
    if (reading->survey.shown)
        raw.elements = survey_show_elements(job->lease->arena, &reading->survey, raw.elements);
    return raw;
}

// The delivery's own event, with what earlier ones that it carries say besides.
static bool read_content(struct job *job, struct content *ret, struct err *err)
{
    const struct store_lease *lease = job->lease;
    struct store_carried own = {.trigger = lease->trigger,
                                .source = lease->source,
                                .format = lease->format,
                                .body = lease->body};
    struct reading reading;
    struct event earlier_raw;
    if (!read_body(job, &own, &reading, err))
        return false;
    *ret = (struct content){
        .event = reading.event,
        .shown = *source_shown(&reading),
        .raw = reading.raw,
        .shown_raw = shown_raw(job, &reading),
        .notes = reading.notes,
        .is_masked = reading.survey.shown != NULL,
    };
    add_secret_texts(job, &reading.survey);
    for (size_t i = lease->carried_count; i-- > 0;) {
        if (!read_body(job, &lease->carried[i], &reading, err))
            return false;
        merge_events(lease->arena, &reading.event, &ret->event, &ret->event);
        merge_events(lease->arena, source_shown(&reading), &ret->shown, &ret->shown);
        earlier_raw = shown_raw(job, &reading);
        merge_events(lease->arena, &reading.raw, &ret->raw, &ret->raw);
        merge_events(lease->arena, &earlier_raw, &ret->shown_raw, &ret->shown_raw);
        add_rows(lease->arena, &reading.notes, &ret->notes);
        ret->is_masked |= reading.survey.shown != NULL;
        add_secret_texts(job, &reading.survey);
    }
    return true;
}

// What the record will say of the request. It holds no less than a note why it is not there.
static void show_request(struct job *job, const struct content *content,
                         struct service_values values)
{
    struct err err;
    job->shown = job->request;
    if (!content->is_masked)
        return;
    values.raw = &content->shown_raw;
    values.event = &content->shown;
    if (!service_show(job->service, job->shift->codec, job->lease->arena, &values, &job->shown,
                      &err)) {
        job->shown.url = "(not shown: the sensitive answers in it could not be masked)";
        job->shown.header_count = 0;
        job->shown.body = STR("");
    }
}

bool job_encode(struct job *job, struct err *err)
{
    const struct store_lease *lease = job->lease;
    struct content content;
    if (!read_content(job, &content, err))
        return false;
    struct service_values values = {
        .event = &content.event,
        .is_merged = lease->carried_count > 0,
        .raw = &content.raw,
        .notes = &content.notes,
        .captured = lease->captured,
        .event_id = lease->event_id,
        .source = lease->source,
        .delivery_id = lease->id,
        .received_at = lease->received_at,
        .attempt = lease->number,
    };
    if (!service_encode(job->service, job->shift->codec, lease->arena, &values, &job->request, err))
        return false;
    show_request(job, &content, values);
    return true;
}

// --- the record of an attempt, secrets masked ---

static struct str mask_private(const struct job *job, struct str text)
{
    return job->private ? mask_apply(job->private, job->lease->arena, text) : text;
}

static struct str mask(const struct job *job, struct str text)
{
    return mask_private(job, service_mask(job->service, job->lease->arena, text));
}

// Sensitive answers may come back in replies and in reasons, where their place is not known.
static struct mask *make_private(const struct job *job)
{
    if (job->secret_text_count == 0)
        return NULL;
    struct mask *private = mask_new();
    for (size_t i = 0; i < job->secret_text_count; i++)
        mask_add(private, job->secret_texts[i]);
    return private;
}

static const char *mask_text(const struct job *job, const char *text)
{
    return arena_copy(job->lease->arena, mask(job, str_from(text))).data;
}

static struct str cut(struct str text, size_t *dropped_bytes)
{
    if (text.len > RECORD_MAX_BYTES) {
        *dropped_bytes += text.len - RECORD_MAX_BYTES;
        text.len = RECORD_MAX_BYTES;
    }
    return text;
}

static void record_request(const struct job *job, struct store_attempt *attempt)
{
    attempt->request_head = attempt->request_body = STR("");
    if (!job->is_encoded)
        return;
    struct str head, body;
    service_record(job->service, job->lease->arena, &job->shown, &head, &body);
    attempt->request_head = mask_private(job, head);
    attempt->request_body = mask_private(job, body);
}

// `reply` is NULL when nothing was sent.
static void record_reply(const struct job *job, const struct transport_reply *reply,
                         struct store_attempt *attempt)
{
    attempt->peer = "";
    attempt->reply_head = attempt->reply_body = STR("");
    if (!reply)
        return;
    size_t dropped_of_head = 0;
    attempt->peer = reply->peer;
    attempt->reply_head = cut(mask(job, reply->headers), &dropped_of_head);
    attempt->reply_dropped_bytes = reply->is_cut; // at least one: how many, nobody read
    attempt->reply_body = cut(mask(job, reply->body), &attempt->reply_dropped_bytes);
    attempt->resolved_us = reply->timings.resolved_us;
    attempt->connected_us = reply->timings.connected_us;
    attempt->secured_us = reply->timings.secured_us;
    attempt->first_byte_us = reply->timings.first_byte_us;
    attempt->total_us = reply->timings.total_us;
}

// A mask in a captured value means that the service gave a secret back: that is not passed on.
static const struct json *mask_captured(const struct job *job, const struct json *captured)
{
    struct arena *arena = job->lease->arena;
    struct json *masked = json_object(arena);
    for (size_t i = 0; captured && i < captured->object.count; i++) {
        const struct json_member *member = &captured->object.members[i];
        json_set(arena, masked, member->name, json_string(arena, mask(job, member->value->string)));
    }
    return masked;
}

// Too long a tree is left out: the sentence of the fault and the reply are there as well.
static struct str record_fault(const struct job *job, const struct json *tree)
{
    AUTO_BUF struct buf text;
    buf_init(&text, FAULT_MAX_BYTES);
    if (!tree)
        return STR("");
    json_write(&text, tree, JSON_COMPACT);
    return text.overflowed ? STR("") : mask(job, arena_copy(job->lease->arena, buf_str(&text)));
}

static void decide_step(const struct job *job, const struct outcome *outcome, int64_t now_ms,
                        struct delivery_step *ret)
{
    const struct config_service *config = service_config(job->service);
    struct delivery_progress progress = job->lease->progress;
    if (progress.attempts++ == 0)
        progress.first_attempt_at = job->started_at;
    delivery_next(&config->retry, &progress, outcome, now_ms, clock_dice(), ret);
}

void job_record(struct job *job, const struct service_reply *decoded,
                const struct transport_reply *reply, struct outcome *ret_outcome,
                struct delivery_step *ret_step)
{
    struct answer answer = decoded->answer;
    const struct config_service *config = service_config(job->service);
    int64_t now_ms = clock_now_ms();
    job->private = make_private(job);
    answer.reason = mask_text(job, answer.reason); // a sentence is cut, and half a secret is one
    outcome_decide(config->outcomes, config->outcome_count, &answer, ret_outcome);
    decide_step(job, ret_outcome, now_ms, ret_step);
    struct store_attempt *attempt = &job->entry.settle.attempt;
    *attempt = (struct store_attempt){
        .started_at = job->started_at,
        .ended_at = now_ms,
        .outcome = ret_outcome->kind,
        .scope = ret_outcome->scope,
        .reach = answer.reach,
        .http_status = answer.http_status,
        .fault = mask_text(job, decoded->fault),
        .fault_tree = record_fault(job, decoded->fault_tree),
        .verdict = mask_text(job, decoded->verdict),
        .reason = mask_text(job, ret_outcome->reason),
    };
    record_request(job, attempt);
    record_reply(job, reply, attempt);
    job->entry.settle.reason = mask_text(job, ret_step->reason);
    if (ret_step->state == DELIVERY_DELIVERED && config->capture_count)
        job->entry.settle.captured = mask_captured(job, decoded->captured);
    mask_free(job->private);
    job->private = NULL;
}
