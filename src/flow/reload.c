// SPDX-License-Identifier: GPL-3.0-or-later
//
// One thread that sleeps until somebody asks. What surprises: the order of the swap. A service has
// no limit before its worker knows it, so the ledger can be told first; and an event is routed to a
// new service only once both know it.

#include "flow/reload.h"

#include "base/clock.h"
#include "base/log.h"

#include <pthread.h>
#include <stdio.h>

enum { KEPT_FAULTS = 100 }; // of a failure, to be shown

struct reload {
    struct reload_options options;
    pthread_t thread;
    pthread_mutex_t mutex; // guards what follows
    pthread_cond_t asked;
    struct generation *current; // held
    struct generation *retired; // held by nobody, to be freed by the thread
    bool is_wanted, is_running, is_stopping;
    reload_done_fn *done; // of who waits for the answer; NULL: nobody does
    void *context;
    struct arena *failure_arena; // NULL: the last one was good
    struct reload_failure failure;
};

// --- what nobody holds any more ---

static void retire(void *context, struct generation *generation)
{
    struct reload *reload = context;
    pthread_mutex_lock(&reload->mutex);
    generation->next = reload->retired;
    reload->retired = generation;
    pthread_cond_signal(&reload->asked);
    pthread_mutex_unlock(&reload->mutex);
}

// With the mutex held, but for the time of freeing.
static void free_retired(struct reload *reload)
{
    struct generation *retired = reload->retired;
    reload->retired = NULL;
    pthread_mutex_unlock(&reload->mutex);
    while (retired) {
        struct generation *generation = retired;
        retired = generation->next;
        generation_free(generation);
    }
    pthread_mutex_lock(&reload->mutex);
}

// --- the swap ---

static bool tell_ledger(struct reload *reload, struct generation *generation, struct err *err)
{
    const struct config *config = generation->config;
    size_t count = config->service_count;
    AUTO_FREE const char **names = mem_alloc(count * sizeof(*names));
    AUTO_FREE int64_t *lease_for_ms = mem_alloc(count * sizeof(*lease_for_ms));
    for (size_t i = 0; i < count; i++) {
        names[i] = config->services[i].name;
        // Far beyond any attempt: a lease runs out only when its worker is gone.
        lease_for_ms[i] = config->services[i].timeout_ms + 60 * 1000;
    }
    return ledger_serve(reload->options.ledger,
                        &(struct ledger_serve){.services = names,
                                               .lease_for_ms = lease_for_ms,
                                               .count = count,
                                               .reserve_bytes = config->store_reserve_bytes},
                        generation->seats, err);
}

static bool put_in_place(struct reload *reload, struct generation *generation, struct err *err)
{
    if (!tell_ledger(reload, generation, err))
        return false;
    generation->retire = retire;
    generation->retire_context = reload;
    workers_change(reload->options.workers, generation);
    pthread_mutex_lock(&reload->mutex);
    struct generation *before = reload->current;
    reload->current = generation;
    pthread_mutex_unlock(&reload->mutex);
    log_set_level((enum log_level)generation->config->log_level);
    if (before)
        unmapped_inherit(generation->services->unmapped, before->services->unmapped);
    generation_release(before);
    return true;
}

// --- what is told of it ---

static void log_count(const char *message, const struct generation *generation)
{
    char number[24], services[24], routes[24], modules[24];
    snprintf(number, sizeof(number), "%lld", (long long)generation->number);
    snprintf(services, sizeof(services), "%zu", generation->config->service_count);
    snprintf(routes, sizeof(routes), "%zu", generation->config->route_count);
    snprintf(modules, sizeof(modules), "%zu", soap_modules_count(generation->modules));
    log_write(LOG_INFO, message, "generation", number, "services", services, "routes", routes,
              "modules", modules, NULL);
}

static void log_generation(const struct generation *generation)
{
    log_count("configuration reloaded", generation);
    for (size_t i = 0; i < generation->need_restart_count; i++)
        log_write(LOG_WARN, "the old value stays: it needs a restart", "setting",
                  generation->need_restart[i], NULL);
    for (size_t i = 0; i < generation->warnings.count; i++)
        log_write(LOG_WARN, "left out: no service needs it", "reason",
                  generation->warnings.items[i].text, NULL);
}

static void log_failure(const struct fault_list *faults)
{
    char count[24], line[16], column[16];
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->items[i];
        snprintf(line, sizeof(line), "%d", fault->line);
        snprintf(column, sizeof(column), "%d", fault->column);
        log_write(LOG_ERROR, "mistake", "file", fault->file, "line", fault->line ? line : NULL,
                  "column", fault->line ? column : NULL, "reason", fault->text, NULL);
    }
    snprintf(count, sizeof(count), "%zu", faults->count);
    log_write(LOG_ERROR, "configuration not reloaded: the running one stays", "mistakes", count,
              NULL);
}

static void copy_failure(struct arena *arena, const struct reload_failure *from,
                         struct reload_failure *ret)
{
    struct fault *faults = arena_alloc(arena, from->count * sizeof(*faults));
    for (size_t i = 0; i < from->count; i++) {
        faults[i] = from->faults[i];
        faults[i].file = arena_strdup(arena, faults[i].file);
        faults[i].text = arena_strdup(arena, faults[i].text);
    }
    *ret = *from;
    ret->faults = faults;
}

static void keep_failure(struct reload *reload, const struct fault_list *faults)
{
    size_t count = faults->count < KEPT_FAULTS ? faults->count : KEPT_FAULTS;
    struct reload_failure failure = {
        .at_ms = clock_now_ms(), .faults = faults->items, .count = count, .total = faults->count};
    pthread_mutex_lock(&reload->mutex);
    arena_free(reload->failure_arena);
    reload->failure_arena = arena_new();
    copy_failure(reload->failure_arena, &failure, &reload->failure);
    pthread_mutex_unlock(&reload->mutex);
}

static void forget_failure(struct reload *reload)
{
    pthread_mutex_lock(&reload->mutex);
    arena_free(reload->failure_arena);
    reload->failure_arena = NULL;
    reload->failure = (struct reload_failure){0};
    pthread_mutex_unlock(&reload->mutex);
}

// --- the thread ---

static bool load(struct reload *reload, struct fault_list *faults)
{
    struct generation *running = reload_hold(reload), *coming;
    struct err err;
    bool is_good = generation_load(reload->options.file, running, &coming, faults);
    generation_release(running);
    if (!is_good)
        return false;
    if (!put_in_place(reload, coming, &err)) {
        fault_add(faults, reload->options.file, 0, 0, "%s", err.text);
        generation_release(coming);
        return false;
    }
    return true;
}

// Free for the next one before anybody hears of this one, so that who does can ask again.
static void finish(struct reload *reload, const struct fault_list *faults, bool is_new,
                   reload_done_fn *done, void *context)
{
    pthread_mutex_lock(&reload->mutex);
    reload->is_running = false;
    struct generation *current = generation_hold(reload->current);
    pthread_mutex_unlock(&reload->mutex);
    if (is_new)
        log_generation(current);
    else
        log_failure(faults);
    if (done)
        done(context,
             &(struct reload_result){.generation = current, .is_new = is_new, .faults = faults});
    generation_release(current);
}

static void run_once(struct reload *reload, reload_done_fn *done, void *context)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct fault_list faults = {.arena = arena};
    bool is_new = load(reload, &faults);
    if (is_new)
        forget_failure(reload);
    else
        keep_failure(reload, &faults);
    finish(reload, &faults, is_new, done, context);
    fault_list_finish(&faults);
}

static void *run(void *context)
{
    struct reload *reload = context;
    pthread_mutex_lock(&reload->mutex);
    for (;;) {
        while (reload->retired || (!reload->is_wanted && !reload->is_stopping)) {
            if (reload->retired)
                free_retired(reload);
            else
                pthread_cond_wait(&reload->asked, &reload->mutex);
        }
        reload_done_fn *done = reload->done;
        void *done_context = reload->context;
        bool is_over = reload->is_stopping;
        reload->done = NULL;
        reload->is_wanted = false;
        reload->is_running = !is_over;
        pthread_mutex_unlock(&reload->mutex);
        if (is_over) {
            if (done)
                done(done_context, &(struct reload_result){.is_stopping = true});
            return NULL;
        }
        run_once(reload, done, done_context);
        pthread_mutex_lock(&reload->mutex);
    }
}

// --- life, and who asks ---

struct reload *reload_start(const struct reload_options *options, struct generation *first)
{
    struct reload *reload = mem_alloc(sizeof(*reload));
    struct err err;
    reload->options = *options;
    pthread_mutex_init(&reload->mutex, NULL);
    pthread_cond_init(&reload->asked, NULL);
    bool is_in_place = put_in_place(reload, first, &err);
    require(is_in_place); // an empty ledger has seats for every configuration
    require(pthread_create(&reload->thread, NULL, run, reload) == 0);
    pthread_setname_np(reload->thread, "reload");
    return reload;
}

void reload_stop(struct reload *reload)
{
    pthread_mutex_lock(&reload->mutex);
    reload->is_stopping = true;
    pthread_cond_signal(&reload->asked);
    pthread_mutex_unlock(&reload->mutex);
    pthread_join(reload->thread, NULL);
}

void reload_free(struct reload *reload)
{
    if (!reload)
        return;
    generation_release(reload->current);
    pthread_mutex_lock(&reload->mutex);
    free_retired(reload);
    pthread_mutex_unlock(&reload->mutex);
    arena_free(reload->failure_arena);
    pthread_cond_destroy(&reload->asked);
    pthread_mutex_destroy(&reload->mutex);
    free(reload);
}

struct generation *reload_hold(struct reload *reload)
{
    pthread_mutex_lock(&reload->mutex);
    struct generation *generation = generation_hold(reload->current);
    pthread_mutex_unlock(&reload->mutex);
    return generation;
}

bool reload_ask(struct reload *reload, reload_done_fn *done, void *context)
{
    pthread_mutex_lock(&reload->mutex);
    bool is_stopping = reload->is_stopping;
    bool is_taken = !is_stopping && !reload->is_wanted && !reload->is_running;
    if (is_taken) {
        reload->is_wanted = true;
        reload->done = done;
        reload->context = context;
        pthread_cond_signal(&reload->asked);
    }
    pthread_mutex_unlock(&reload->mutex);
    if (is_stopping)
        done(context, &(struct reload_result){.is_stopping = true});
    return is_taken || is_stopping;
}

void reload_signal(struct reload *reload)
{
    pthread_mutex_lock(&reload->mutex);
    reload->is_wanted = true;
    pthread_cond_signal(&reload->asked);
    pthread_mutex_unlock(&reload->mutex);
}

void reload_last_failure(struct reload *reload, struct arena *arena, struct reload_failure *ret)
{
    pthread_mutex_lock(&reload->mutex);
    copy_failure(arena, &reload->failure, ret);
    pthread_mutex_unlock(&reload->mutex);
}
