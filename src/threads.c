/* An optional pool of threads behind pp_options.parallel_for: nothing else in the library knows it. */
#if defined(__linux__)
#define _GNU_SOURCE /* sched_getaffinity */
#else
#define _POSIX_C_SOURCE 200809L
#endif
#include "common.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

struct pp_threads {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    pthread_mutex_t turn; /* held by the caller whose tasks the workers do */
    pid_t owner;          /* a forked child has no workers */
    int count;            /* threads that work, the caller included */
    bool stop;
    _Atomic unsigned long generation; /* counts parallel_for calls; written under lock */
    _Atomic int busy;                 /* workers that have not finished this generation; the last one's change is under lock */
    int asleep;                       /* workers that wait on "work"; under lock */
    pp_task task;
    void *ctx;
    int64_t tasks;
    _Atomic int64_t next;
    pthread_t workers[];
};

/* Waking a thread that sleeps costs more than a small pooling: threads look for some ten microseconds before they sleep. */
enum { SPINS = 500 };

static void breathe(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_ia32_pause();
#endif
}

static void do_tasks(pp_threads *pool)
{
    for (;;) {
        int64_t index = atomic_fetch_add(&pool->next, 1);
        if (index >= pool->tasks) return;
        pool->task(pool->ctx, index);
    }
}

static void *work(void *argument)
{
    pp_threads *pool = argument;
    unsigned long seen = 0;
    for (;;) {
        for (int i = 0; i < SPINS && atomic_load_explicit(&pool->generation, memory_order_relaxed) == seen; i++) breathe();
        pthread_mutex_lock(&pool->lock);
        pool->asleep++;
        while (!pool->stop && atomic_load(&pool->generation) == seen) pthread_cond_wait(&pool->work, &pool->lock);
        pool->asleep--;
        seen = atomic_load(&pool->generation);
        bool stop = pool->stop;
        pthread_mutex_unlock(&pool->lock);
        if (stop) return NULL;
        do_tasks(pool);
        pthread_mutex_lock(&pool->lock);
        if (atomic_fetch_sub(&pool->busy, 1) == 1) pthread_cond_signal(&pool->done);
        pthread_mutex_unlock(&pool->lock);
    }
}

/* CPUs that this process may use. */
static int usable_cpus(void)
{
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)pp_min(online, 1024) : 1;
}

pp_threads *pp_threads_create(int threads)
{
    if (threads <= 0) threads = usable_cpus();
    pp_threads *pool = calloc(1, sizeof *pool + (size_t)threads * sizeof *pool->workers);
    if (!pool) return NULL;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_mutex_init(&pool->turn, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->owner = getpid();
    for (pool->count = 1; pool->count < threads; pool->count++) {
        if (pthread_create(&pool->workers[pool->count - 1], NULL, work, pool)) {
            pp_threads_destroy(pool);
            return NULL;
        }
    }
    return pool;
}

void pp_threads_destroy(pp_threads *pool)
{
    if (!pool) return;
    if (pool->owner == getpid()) {
        pthread_mutex_lock(&pool->lock);
        pool->stop = true;
        pthread_cond_broadcast(&pool->work);
        pthread_mutex_unlock(&pool->lock);
        for (int i = 0; i < pool->count - 1; i++) pthread_join(pool->workers[i], NULL);
        pthread_cond_destroy(&pool->work);
        pthread_cond_destroy(&pool->done);
        pthread_mutex_destroy(&pool->turn);
        pthread_mutex_destroy(&pool->lock);
    }
    free(pool);
}

int pp_threads_count(const pp_threads *pool) { return pool ? pool->count : 1; }

void pp_threads_parallel_for(void *threads, int64_t count, pp_task task, void *ctx)
{
    pp_threads *pool = threads;
    /* trylock fails for a second caller and for a task that comes back here: they work alone */
    if (!pool || pool->count == 1 || count < 2 || pool->owner != getpid() || pthread_mutex_trylock(&pool->turn)) {
        for (int64_t i = 0; i < count; i++) task(ctx, i);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->task = task;
    pool->ctx = ctx;
    pool->tasks = count;
    atomic_store(&pool->next, 0);
    atomic_store(&pool->busy, pool->count - 1);
    atomic_fetch_add(&pool->generation, 1);
    if (pool->asleep) pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    do_tasks(pool);
    for (int i = 0; i < SPINS && atomic_load(&pool->busy); i++) breathe();
    pthread_mutex_lock(&pool->lock);
    while (atomic_load(&pool->busy)) pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    pthread_mutex_unlock(&pool->turn);
}
