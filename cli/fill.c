/* fill.c - values that find different faults: exact sums, rounding, ties, NaN, infinities. */
#include "fill.h"

#include <math.h>
#include <string.h>

/* splitmix64 (Steele, Lea, Flood 2014): a counter and a mixer. */
static uint64_t next(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static double uniform(uint64_t *state) /* [0, 1) */ { return (double)(next(state) >> 11) * 0x1p-53; }

/* Small whole numbers: their sums are exact, so a difference is a wrong tap or divisor. */
static double fill_ints(uint64_t *state) { return (double)(next(state) % 33) - 16; }

/* Nearly normal, without libm, whose last bits differ between machines: a difference here alone is an order of additions. */
static double fill_randn(uint64_t *state)
{
    double sum = -6;
    for (int i = 0; i < 12; i++) sum += uniform(state);
    return sum;
}

static double fill_ties(uint64_t *state) { return (double)(next(state) % 3); }

static double fill_nan(uint64_t *state) { return next(state) % 100 == 0 ? (double)NAN : fill_randn(state); }

static double fill_inf(uint64_t *state)
{
    uint64_t choice = next(state) % 20;
    return choice == 0 ? (double)INFINITY : choice < 10 ? -(double)INFINITY : fill_randn(state);
}

static double fill_bytes(uint64_t *state) { return (double)(next(state) & 255); }

static const struct fill {
    const char *name;
    double (*value)(uint64_t *state);
    double (*byte)(uint64_t *state); /* NULL: not for bytes */
} fills[] = {
    {"ints", fill_ints, fill_bytes}, {"randn", fill_randn, NULL}, {"ties", fill_ties, fill_ties},
    {"nan1%", fill_nan, NULL},       {"inf", fill_inf, NULL},
};

const char *fill_name(int kind) { return (size_t)kind < sizeof fills / sizeof *fills ? fills[kind].name : NULL; }

bool fill_suits(int kind, enum element element) { return !is_bytes(element) || fills[kind].byte; }

void fill_array(struct array *array, int kind, uint64_t seed)
{
    double (*value)(uint64_t *) = is_bytes(array->element) ? fills[kind].byte : fills[kind].value;
    double lowest = array->element == ELEMENT_INT8 && value == fill_bytes ? -128 : 0;
    for (int64_t i = 0; i < array->count; i++) put_element(array, i, value(&seed) + lowest);
}
