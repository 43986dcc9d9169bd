/* What the tests of docs/semantics.md share: a case in the notation, its input, and the answer that follows from the text.  Every
 * answer is asked of every algorithm on every instruction set of this machine. */
#ifndef SEMANTICS_H
#define SEMANTICS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <poolpack.h>

/* Elements in memory order.  Values of every type are written as doubles; inputs must be exact in the case's type. */
typedef struct values {
    size_t count;
    const double *at;
} values;
#define VALUES(...) ((values){sizeof((const double[]){__VA_ARGS__}) / sizeof(double), (const double[]){__VA_ARGS__}})

typedef struct numbers {
    size_t count;
    const int64_t *at;
} numbers;
#define NUMBERS(...) ((numbers){sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (const int64_t[]){__VA_ARGS__}})

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The description that "text" says, batch and channels 1 where it says nothing of them. */
pp_desc desc_of(const char *text);
pp_plan *plan_of(const char *text); /* the caller destroys it */

/* Planning gives this output size; or fails with this status and a sentence that holds "words". */
void check_size(const char *text, numbers size);
void check_refused(const char *text, pp_status status, const char *words);
void check_accepted(const char *text);

/* Window "output" of a case's first axis. */
pp_window window_of(const char *text, int64_t output);
void check_window(const char *text, int64_t output, pp_window window);

/* Runs forward, forward with indices, backward - maxima from i64 and i32 indices and from the input - and backward with
 * accumulate onto "before".  Values must be equal, NaN to NaN, and zeros alike in sign but for maxima. */
void check_forward(const char *text, values input, values output);
void check_winners(const char *text, values input, values output, numbers indices);
void check_backward(const char *text, values input, values grad_output, values grad_input);
void check_accumulated(const char *text, values input, values grad_output, values before, values after);

/* Calls visit with a plan for every algorithm that applies on every instruction set. */
void each_way(const pp_desc *desc, void (*visit)(const pp_plan *plan, void *ctx), void *ctx);

/* Elements of a tensor; an element as a double, and back (which must be exact). */
size_t elements_of(const pp_plan *plan, pp_tensor tensor);
double load(pp_dtype dtype, const void *array, size_t at);
void store(pp_dtype dtype, void *array, size_t at, double value);
void *array_of(pp_dtype dtype, values list); /* the caller frees it */

bool same_value(double expected, double got, bool zero_signs);

/* Random numbers, the same on every machine: whole, in 0 ... n - 1; a float of either sign and widely varying size. */
typedef struct rng {
    uint64_t state;
} rng;
int64_t random_below(rng *r, int64_t n);
double random_float(rng *r);

/* The balanced tree over a window of "length" taps, by its definition (docs/semantics.md §3.2): tap(ctx, t) gives a tap's value,
 * 0 outside; taps outside [begin, end) are not asked.  "round" rounds a sum to the type that adds. */
typedef struct tree {
    double (*tap)(void *ctx, int64_t t);
    double (*round)(double sum);
    void *ctx;
    int64_t begin, end;
} tree;
double tree_sum(const tree *t, int64_t length);
double round_f32(double x);
double round_f64(double x);
double round_bf16(double x); /* half to even */

#endif
