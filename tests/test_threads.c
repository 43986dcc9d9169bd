/* The pool, and runs cut into tasks: every task once, nested, from several callers, after a fork; the same bits always.
 * Meant for the thread sanitizer too: what a task writes is read after parallel_for without any other synchronisation. */
#define _GNU_SOURCE
#include "unit.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TASKS = 5000, CALLERS = 4 };

/* cmocka's assertions belong to the main thread: others count what went wrong. */
static atomic_int wrong;

/* ------------------------------------------------------------------------------------------------ the pool */

static void create_and_destroy(void **state)
{
    (void)state;
    for (int round = 0; round < 30; round++) {
        for (int threads = 1; threads <= 6; threads++) {
            pp_threads *pool = pp_threads_create(threads);
            assert_non_null(pool);
            assert_int_equal(pp_threads_count(pool), threads);
            pp_threads_destroy(pool);
        }
    }
    pp_threads *pool = pp_threads_create(0); /* one per CPU */
    assert_non_null(pool);
    assert_in_range(pp_threads_count(pool), 1, sysconf(_SC_NPROCESSORS_ONLN));
    pp_threads_destroy(pool);
    pool = pp_threads_create(-3);
    assert_true(!pool || pp_threads_count(pool) >= 1);
    pp_threads_destroy(pool);
    pp_threads_destroy(NULL);
    assert_int_equal(pp_threads_count(NULL), 1);
}

typedef struct once {
    unsigned char done[TASKS]; /* each written by one task: no atomics needed */
    int64_t spin;
    pp_threads *nested;
} once;

static void mark(void *ctx, int64_t index)
{
    once *o = ctx;
    volatile int64_t work = index % 7 == 0 ? o->spin : 0;
    while (work > 0) work--;
    o->done[index]++;
}

static void check_once(once *o, int64_t count)
{
    for (int64_t i = 0; i < TASKS; i++) {
        if (o->done[i] != (i < count)) atomic_fetch_add(&wrong, 1);
    }
}

static void every_task_once(void **state)
{
    (void)state;
    static const int64_t counts[] = {0, 1, 2, 3, 4, 5, 31, 100, TASKS};
    once *o = calloc(1, sizeof *o);
    for (int threads = 0; threads <= 4; threads++) {
        pp_threads *pool = threads ? pp_threads_create(threads) : NULL; /* no pool: the caller does it */
        for (int round = 0; round < 20; round++) {
            for (int i = 0; i < COUNT(counts); i++) {
                memset(o->done, 0, sizeof o->done);
                o->spin = round % 3 * 300; /* uneven work */
                pp_threads_parallel_for(pool, counts[i], mark, o);
                check_once(o, counts[i]);
            }
        }
        pp_threads_parallel_for(pool, -5, mark, o);
        pp_threads_destroy(pool);
    }
    free(o);
    assert_int_equal(atomic_exchange(&wrong, 0), 0);
}

static void inner_loop(void *ctx, int64_t index)
{
    once *all = ctx;
    pp_threads_parallel_for(all[index].nested, 50, mark, &all[index]);
}

static void nested(void **state)
{
    (void)state;
    enum { OUTER = 8 };
    once *all = calloc(OUTER, sizeof *all);
    pp_threads *pool = pp_threads_create(3), *other = pp_threads_create(2);
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < OUTER; i++) {
            memset(all[i].done, 0, sizeof all[i].done);
            all[i].nested = round % 2 ? pool : other; /* itself, or one that several tasks want at once */
        }
        pp_threads_parallel_for(pool, OUTER, inner_loop, all);
        for (int i = 0; i < OUTER; i++) check_once(&all[i], 50);
    }
    pp_threads_destroy(pool);
    pp_threads_destroy(other);
    free(all);
    assert_int_equal(atomic_exchange(&wrong, 0), 0);
}

typedef struct caller {
    pthread_t thread;
    pp_threads *pool;
    once *once;
} caller;

static void *call(void *argument)
{
    caller *c = argument;
    for (int round = 0; round < 100; round++) {
        int64_t count = 1 + (round * 37) % 200;
        memset(c->once->done, 0, sizeof c->once->done);
        pp_threads_parallel_for(c->pool, count, mark, c->once);
        check_once(c->once, count);
    }
    return NULL;
}

static void several_callers(void **state)
{
    (void)state;
    caller callers[CALLERS];
    pp_threads *pool = pp_threads_create(3);
    for (int i = 0; i < CALLERS; i++) {
        callers[i].pool = pool;
        callers[i].once = calloc(1, sizeof *callers[i].once);
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        free(callers[i].once);
    }
    pp_threads_destroy(pool);
    assert_int_equal(atomic_exchange(&wrong, 0), 0);
}

/* ------------------------------------------------------------------------------------------------ plans */

static const char *const cases[] = {
    "max2d nchw f32 n2c3 i17x19 k3 s2 p1 idx bwd",
    "max2d nhwc f32 n1c70 i5x6 k3 s1 p1 bwd=recompute",
    "min3d ndhwc f64 n2c9 i6 k2 idx32 bwd",
    "avg2d nchw f32 n1c1 i61x40 k17 s1 p8 bwd",
    "adaptive_avg2d nhwc bf16 n2c3 i14x13 o4x5 bwd",
    "global_sum2d nchw f64 n3c3 i14x13 bwd",
    "global_max2d nhwc f32 n1c300 i7x7 idx=tensor bwd",
    "max1d ncw u8 n2c3 i300 k5 s3 p2 idx32",
    "sum1d ncw f32 n1c1 i700 k31 s1 bwd",
    "avg3d ncdhw f32 n1c2 i9x8x7 k3 s2 p1 div=clamped bwd",
    "max2d nchw f32 n1c1 i70x50 k9 s1 p4 idx bwd",
};

static void backwards_for(void *pool, int64_t count, pp_task task, void *ctx)
{
    int64_t *most = pool;
    if (most && count > *most) *most = count;
    for (int64_t i = count - 1; i >= 0; i--) task(ctx, i);
}

static void run_both(problem *p, const char *text)
{
    problem_run(p, false, text);
    if (p->desc->backward != PP_BACKWARD_NONE) problem_run(p, true, text);
}

static void any_number_of_tasks(void **state)
{
    (void)state;
    pp_threads *pool = pp_threads_create(4);
    for (int i = 0; i < COUNT(cases); i++) {
        problem serial;
        problem_case(&serial, cases[i], FILL_RANDN);
        run_both(&serial, cases[i]);
        for (int threads = 1; threads <= 19; threads += threads < 5 ? 1 : 7) {
            for (int backwards = 0; backwards < 2; backwards++) {
                pp_options options = {.struct_size = sizeof options, .threads = threads};
                options.parallel_for = backwards ? backwards_for : pp_threads_parallel_for;
                options.pool = backwards ? NULL : pool;
                problem p;
                problem_open(&p, case_plan(cases[i], &options), FILL_RANDN, 1);
                run_both(&p, cases[i]);
                for (int t = 0; t < PP_TENSOR_COUNT; t++) assert_memory_equal(p.tensor[t].low, serial.tensor[t].low, p.tensor[t].bytes);
                problem_close(&p);
            }
        }
        problem_close(&serial);
    }
    pp_threads_destroy(pool);
}

/* A run is cut into no more tasks than was said, and a large one into as many. */
static void number_of_tasks(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 300; threads = threads * 2 + 1) {
        int64_t most = 0;
        pp_options options = {.struct_size = sizeof options, .threads = threads, .parallel_for = backwards_for, .pool = &most};
        problem p;
        problem_open(&p, case_plan("avg2d nchw f32 n1c1 i600x700 k3 s1 p1", &options), FILL_EQUAL, 1);
        problem_run(&p, false, "tasks");
        assert_true(most <= threads);
        assert_true(threads < 2 || most >= 2);
        problem_close(&p);
    }
}

typedef struct runner {
    pthread_t thread;
    const pp_plan *plan;
    problem own; /* its buffers */
    const problem *want;
} runner;

static void *run_often(void *argument)
{
    runner *r = argument;
    for (int round = 0; round < 10; round++) {
        pp_status status = pp_forward(r->plan, &r->own.args);
        if (r->own.desc->backward != PP_BACKWARD_NONE && status == PP_OK) status = pp_backward(r->plan, &r->own.args);
        bool same = status == PP_OK;
        for (int t = 0; t < PP_TENSOR_COUNT && same; t++)
            same = !memcmp(r->own.tensor[t].low, r->want->tensor[t].low, r->want->tensor[t].bytes);
        if (!same) atomic_fetch_add(&wrong, 1);
    }
    return NULL;
}

static void one_plan_many_threads(void **state)
{
    (void)state;
    pp_threads *pool = pp_threads_create(2);
    for (int i = 0; i < COUNT(cases); i++) {
        runner runners[CALLERS];
        pp_options options = {
            .struct_size = sizeof options, .threads = i % 2 ? 3 : 1, .parallel_for = pp_threads_parallel_for, .pool = pool};
        problem want;
        problem_open(&want, case_plan(cases[i], &options), FILL_RANDN, 1);
        run_both(&want, cases[i]);
        for (int k = 0; k < CALLERS; k++) {
            runners[k].plan = want.plan;
            runners[k].want = &want;
            problem_case(&runners[k].own, cases[i], FILL_RANDN);
        }
        for (int k = 0; k < CALLERS; k++) assert_int_equal(pthread_create(&runners[k].thread, NULL, run_often, &runners[k]), 0);
        for (int k = 0; k < CALLERS; k++) {
            pthread_join(runners[k].thread, NULL);
            problem_close(&runners[k].own);
        }
        problem_close(&want);
    }
    pp_threads_destroy(pool);
    assert_int_equal(atomic_exchange(&wrong, 0), 0);
}

/* ------------------------------------------------------------------------------------------------ other processes */

static void here(void *ctx, int64_t index)
{
    pthread_t *self = ctx;
    if (!pthread_equal(*self, pthread_self()) || index < 0) atomic_fetch_add(&wrong, 1);
}

/* In the child: everything happens in the calling thread, and the pool can be destroyed. */
static int in_child(pp_threads *pool, problem *p, const problem *want)
{
    pthread_t self = pthread_self();
    atomic_store(&wrong, 0);
    alarm(20);
    pp_threads_parallel_for(pool, 100, here, &self);
    if (pp_forward(p->plan, &p->args) != PP_OK || pp_backward(p->plan, &p->args) != PP_OK) return 2;
    for (int t = 0; t < PP_TENSOR_COUNT; t++) {
        if (memcmp(p->tensor[t].low, want->tensor[t].low, p->tensor[t].bytes)) return 3;
    }
    pp_threads_destroy(pool);
    return atomic_load(&wrong) ? 4 : 0;
}

static int wait_for(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

static void after_a_fork(void **state)
{
    (void)state;
    pp_threads *pool = pp_threads_create(3);
    pp_options options = {.struct_size = sizeof options, .threads = 3, .parallel_for = pp_threads_parallel_for, .pool = pool};
    problem p, want;
    problem_case(&want, cases[0], FILL_RANDN);
    run_both(&want, cases[0]);
    problem_open(&p, case_plan(cases[0], &options), FILL_RANDN, 1);
    pthread_t busy;
    caller other = {.pool = pool, .once = calloc(1, sizeof(once))};
    for (int round = 0; round < 10; round++) {
        /* with the pool idle, and with another thread's tasks under way */
        bool concurrent = round % 2;
        if (concurrent) assert_int_equal(pthread_create(&busy, NULL, call, &other), 0);
        pid_t child = fork();
        if (child == 0) _exit(in_child(pool, &p, &want));
        assert_true(child > 0);
        if (concurrent) pthread_join(busy, NULL);
        assert_int_equal(wait_for(child), 0);
        run_both(&p, cases[0]); /* the parent's pool goes on */
    }
    free(other.once);
    problem_close(&p);
    problem_close(&want);
    pp_threads_destroy(pool);
    assert_int_equal(atomic_exchange(&wrong, 0), 0);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Memory for a few stacks only: NULL, not half a pool.  (Sanitizers need address space themselves.) */
static void out_of_threads(void **state)
{
    (void)state;
    if (SANITIZED) skip();
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {256u << 20, 256u << 20};
        if (setrlimit(RLIMIT_AS, &limit)) _exit(5);
        alarm(20);
        pp_threads *pool = pp_threads_create(1000);
        pp_threads *huge = pp_threads_create(INT_MAX);
        if (pool || huge) _exit(6);
        pool = pp_threads_create(2); /* what was taken was given back */
        if (!pool) _exit(7);
        pp_threads_destroy(pool);
        _exit(0);
    }
    assert_int_equal(wait_for(child), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_and_destroy),    cmocka_unit_test(every_task_once),     cmocka_unit_test(nested),
        cmocka_unit_test(several_callers),       cmocka_unit_test(any_number_of_tasks), cmocka_unit_test(number_of_tasks),
        cmocka_unit_test(one_plan_many_threads), cmocka_unit_test(after_a_fork),        cmocka_unit_test(out_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
