// SPDX-License-Identifier: GPL-3.0-or-later
//
// All wait equally long, so the first that came is the first that is due.

#include "flow/mock_later.h"

#include "base/clock.h"

#include <pthread.h>
#include <time.h>

struct task {
    struct task *next;
    int64_t due_us;
    void (*run)(void *context);
    void *context;
};

struct mock_later {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t is_changed;
    struct task *first, **end;
    bool is_hurried, is_ending;
};

// With the lock. Waits until the first task is due or something changed.
static void wait_for(struct mock_later *later, int64_t for_us)
{
    int64_t until_us = clock_steady_us() + for_us;
    struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};
    pthread_cond_timedwait(&later->is_changed, &later->lock, &until);
}

static void *work(void *context)
{
    struct mock_later *later = context;
    pthread_mutex_lock(&later->lock);
    while (later->first || !later->is_ending) {
        struct task *task = later->first;
        int64_t for_us = task ? task->due_us - clock_steady_us() : 0;
        if (!task) {
            pthread_cond_wait(&later->is_changed, &later->lock);
        } else if (for_us > 0 && !later->is_hurried) {
            wait_for(later, for_us);
        } else {
            later->first = task->next;
            if (!later->first)
                later->end = &later->first;
            pthread_mutex_unlock(&later->lock);
            task->run(task->context);
            free(task);
            pthread_mutex_lock(&later->lock);
        }
    }
    pthread_mutex_unlock(&later->lock);
    return NULL;
}

struct mock_later *mock_later_new(void)
{
    struct mock_later *later = mem_alloc(sizeof(*later));
    later->end = &later->first;
    pthread_condattr_t steady; // as clock_steady_us
    require(pthread_condattr_init(&steady) == 0);
    require(pthread_condattr_setclock(&steady, CLOCK_MONOTONIC) == 0);
    require(pthread_mutex_init(&later->lock, NULL) == 0);
    require(pthread_cond_init(&later->is_changed, &steady) == 0);
    pthread_condattr_destroy(&steady);
    require(pthread_create(&later->thread, NULL, work, later) == 0);
    return later;
}

void mock_later_hurry(struct mock_later *later)
{
    pthread_mutex_lock(&later->lock);
    later->is_hurried = true;
    pthread_cond_signal(&later->is_changed);
    pthread_mutex_unlock(&later->lock);
}

void mock_later_free(struct mock_later *later)
{
    if (!later)
        return;
    mock_later_hurry(later);
    pthread_mutex_lock(&later->lock);
    later->is_ending = true;
    pthread_cond_signal(&later->is_changed);
    pthread_mutex_unlock(&later->lock);
    pthread_join(later->thread, NULL);
    pthread_cond_destroy(&later->is_changed);
    pthread_mutex_destroy(&later->lock);
    free(later);
}

void mock_later_run(struct mock_later *later, int64_t after_ms, void (*run)(void *context),
                    void *context)
{
    struct task *task = mem_alloc(sizeof(*task));
    *task = (struct task){
        .due_us = clock_steady_us() + after_ms * 1000, .run = run, .context = context};
    pthread_mutex_lock(&later->lock);
    *later->end = task;
    later->end = &task->next;
    pthread_cond_signal(&later->is_changed);
    pthread_mutex_unlock(&later->lock);
}
