/* An optional pool of threads behind pp_options.parallel_for: nothing else in the library knows it. */
#if defined(__linux__)
#define _GNU_SOURCE /* sched_getaffinity */
#else
#define _POSIX_C_SOURCE 200809L
#endif
#include "run.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__linux__)
typedef cpu_set_t cpus;
#else
typedef int cpus;
#endif

/* The tasks of one thread, which it does first: the same ones from call to call, so that they find their data in its cache. Who has none left takes over those
 * of others. Tickets count on from call to call, next <= end; "first" and "task" are written while none is out, before end. */
typedef struct share {
    _Atomic int64_t next, end;
    int64_t first, task; /* the first ticket of this call, and its task */
    pp_threads *pool;
    pthread_t thread; /* none in the caller's, the first */
} share;

struct pp_threads {
    pthread_mutex_t lock; /* of sleeping */
    pthread_cond_t work, done;
    pid_t owner;          /* a forked child has no workers */
    int count;            /* threads that work, the caller included */
    int patience;         /* looks of who waits before it sleeps */
    _Atomic bool taken; /* by a caller whose tasks the workers do */
    _Atomic bool stop;
    _Atomic unsigned long generation; /* counts calls */
    _Atomic int64_t unfinished;       /* tasks of this call */
    _Atomic int asleep;               /* workers that wait on "work" */
    _Atomic bool waiting;             /* the caller waits on "done" */
    _Atomic int caller_cpu;           /* -1: unknown */
    pp_task task;
    void *ctx;
    cpus usable; /* by the maker */
    share shares[];
};

/* Waking a thread that sleeps costs more than a small pooling: threads look for some ten microseconds, then let others have the CPU between looks, then
 * sleep; at once where there are more threads than CPUs. */
enum { LOOKS = 500, YIELDS = 1000 };

static void breathe(int looks)
{
    if (looks >= LOOKS) sched_yield();
#if defined(__x86_64__) && defined(__GNUC__)
    else __builtin_ia32_pause();
#endif
}

static void do_tasks(pp_threads *pool, int thread)
{
    for (int i = 0; i < pool->count; i++) {
        share *s = &pool->shares[(thread + i) % pool->count];
        int64_t ticket = atomic_load(&s->next);
        while (ticket < atomic_load(&s->end)) {
            if (!atomic_compare_exchange_weak(&s->next, &ticket, ticket + 1)) continue;
            pool->task(pool->ctx, s->task + (ticket - s->first));
            atomic_fetch_sub(&pool->unfinished, 1);
            ticket = atomic_load(&s->next);
        }
    }
}

/* Kernels may wake a thread on the CPU of who wakes it.  Then the two take turns, one asleep while the other works, and since no CPU ever has two threads to
 * run nothing parts them: the worker goes, and stays away. */
static void leave_the_caller(const pp_threads *pool)
{
#if defined(__linux__)
    int cpu = atomic_load(&pool->caller_cpu);
    if (cpu < 0 || sched_getcpu() != cpu) return;
    cpu_set_t others = pool->usable;
    CPU_CLR(cpu, &others);
    if (CPU_COUNT(&others) > 0) sched_setaffinity(0, sizeof others, &others);
#else
    (void)pool;
#endif
}

static void *work(void *argument)
{
    share *mine = argument;
    pp_threads *pool = mine->pool;
    unsigned long seen = 0;
    for (;;) {
        for (int i = 0; i < pool->patience && atomic_load(&pool->generation) == seen; i++) breathe(i);
        if (atomic_load(&pool->generation) == seen) {
            pthread_mutex_lock(&pool->lock);
            atomic_fetch_add(&pool->asleep, 1);
            while (atomic_load(&pool->generation) == seen) pthread_cond_wait(&pool->work, &pool->lock);
            atomic_fetch_sub(&pool->asleep, 1);
            pthread_mutex_unlock(&pool->lock);
        }
        seen = atomic_load(&pool->generation);
        if (atomic_load(&pool->stop)) return NULL;
        leave_the_caller(pool);
        do_tasks(pool, (int)(mine - pool->shares));
        if (atomic_load(&pool->waiting)) {
            pthread_mutex_lock(&pool->lock);
            pthread_cond_signal(&pool->done);
            pthread_mutex_unlock(&pool->lock);
        }
    }
}

/* Begins a new generation, of tasks or of leaving. */
static void wake(pp_threads *pool)
{
    atomic_fetch_add(&pool->generation, 1);
    if (!atomic_load(&pool->asleep)) return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
}

static int this_cpu(void)
{
#if defined(__linux__)
    return sched_getcpu();
#else
    return -1;
#endif
}

/* How many CPUs the caller may use, and which. */
static int find_cpus(cpus *usable)
{
#if defined(__linux__)
    return sched_getaffinity(0, sizeof *usable, usable) ? 1 : CPU_COUNT(usable);
#else
    *usable = 0;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)pp_min(online, 1024) : 1;
#endif
}

pp_threads *pp_threads_create(int threads)
{
    cpus usable = {0};
    int online = find_cpus(&usable);
    if (threads <= 0) threads = online;
    pp_threads *pool = calloc(1, sizeof *pool + (size_t)threads * sizeof *pool->shares);
    if (!pool) return NULL;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->owner = getpid();
    pool->usable = usable;
    pool->patience = threads <= online ? LOOKS + YIELDS : 0;
    for (pool->count = 1; pool->count < threads; pool->count++) {
        share *s = &pool->shares[pool->count];
        s->pool = pool;
        if (pthread_create(&s->thread, NULL, work, s)) {
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
        atomic_store(&pool->stop, true);
        wake(pool);
        for (int i = 1; i < pool->count; i++) pthread_join(pool->shares[i].thread, NULL);
        pthread_cond_destroy(&pool->work);
        pthread_cond_destroy(&pool->done);
        pthread_mutex_destroy(&pool->lock);
    }
    free(pool);
}

int pp_threads_count(const pp_threads *pool) { return pool ? pool->count : 1; }

void pp_threads_parallel_for(void *threads, int64_t count, pp_task task, void *ctx)
{
    pp_threads *pool = threads;
    /* a second caller, and a task that comes back here, work alone */
    if (!pool || pool->count == 1 || count < 2 || pool->owner != getpid() || atomic_exchange(&pool->taken, true)) {
        for (int64_t i = 0; i < count; i++) task(ctx, i);
        return;
    }
    pool->task = task;
    pool->ctx = ctx;
    atomic_store(&pool->caller_cpu, this_cpu());
    atomic_store(&pool->unfinished, count);
    for (int i = 0; i < pool->count; i++) {
        share *s = &pool->shares[i];
        int64_t end;
        pp_share(count, i, pool->count, &s->task, &end);
        s->first = atomic_load(&s->end);
        atomic_store(&s->end, s->first + end - s->task);
    }
    wake(pool);
    do_tasks(pool, 0);
    for (int i = 0; i < pool->patience && atomic_load(&pool->unfinished); i++) breathe(i);
    if (atomic_load(&pool->unfinished)) {
        pthread_mutex_lock(&pool->lock);
        atomic_store(&pool->waiting, true);
        while (atomic_load(&pool->unfinished)) pthread_cond_wait(&pool->done, &pool->lock);
        atomic_store(&pool->waiting, false);
        pthread_mutex_unlock(&pool->lock);
    }
    atomic_store(&pool->taken, false);
}
