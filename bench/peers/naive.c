/* The textbook loop, built with -O3 for this machine: what a careful programmer writes in an hour. */
#include <float.h>
#include <math.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "peer.h"

enum { CHANNELS = 512 };
static int use_threads;
static const peer_job *job;

/* N and whatever lies outside the spatial axes, inside them (channels last), and the steps between */
typedef struct tensor {
    int64_t outer, inner, plane, row, slice;
} tensor;

typedef struct axis_window {
    int64_t begin, end, extent; /* extent: the axis' share of the divisor */
} axis_window;

static tensor tensor_of(const bench_case *c, const int64_t size[3])
{
    tensor t = {.outer = c->channels_last ? 1 : c->channels, .inner = c->channels_last ? c->channels : 1};
    t.row = size[2] * t.inner;
    t.slice = size[1] * t.row;
    t.plane = size[0] * t.slice;
    return t;
}

static inline int64_t place(const tensor *t, int64_t d, int64_t h, int64_t w) { return d * t->slice + h * t->row + w * t->inner; }

static inline axis_window window_of(const bench_case *c, int axis, int64_t output)
{
    const int64_t size = c->input[axis];
    int64_t begin = output * c->stride[axis] - c->pad_begin[axis], end = begin + c->kernel[axis];
    if (c->mode == CASE_ADAPTIVE) {
        begin = output * size / c->output[axis];
        end = ((output + 1) * size + c->output[axis] - 1) / c->output[axis];
    }
    const int64_t first = begin < 0 ? 0 : begin, last = end > size ? size : end;
    return (axis_window){first, last, c->include_pad ? end - begin : last - first};
}

static inline int64_t divisor_of(const axis_window w[3]) { return w[0].extent * w[1].extent * w[2].extent; }

static inline float bf16_load(uint16_t half)
{
    const uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint16_t bf16_store(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#define T float
#define A float
#define NAME(x) x##_f32
#define LOAD(v) (v)
#define STORE(v) (v)
#define LOWEST (-INFINITY)
#define AVERAGE(sum, divisor) ((sum) / (float)(divisor))
#include "naive_loops.inc"

#define T double
#define A double
#define NAME(x) x##_f64
#define LOAD(v) (v)
#define STORE(v) (v)
#define LOWEST (-(double)INFINITY)
#define AVERAGE(sum, divisor) ((sum) / (double)(divisor))
#include "naive_loops.inc"

#define T uint8_t
#define A int
#define NAME(x) x##_u8
#define LOAD(v) ((int)(v))
#define STORE(v) ((uint8_t)(v))
#define LOWEST 0
#define AVERAGE(sum, divisor) (((sum) + (int)(divisor) / 2) / (int)(divisor))
#include "naive_loops.inc"

#define T int8_t
#define A int
#define NAME(x) x##_s8
#define LOAD(v) ((int)(v))
#define STORE(v) ((int8_t)(v))
#define LOWEST (-128)
#define AVERAGE(sum, divisor) (((sum) + (int)(divisor) / 2) / (int)(divisor))
#include "naive_loops.inc"

#define T uint16_t
#define A float
#define NAME(x) x##_bf16
#define LOAD(v) bf16_load(v)
#define STORE(v) bf16_store(v)
#define LOWEST (-INFINITY)
#define AVERAGE(sum, divisor) ((sum) / (float)(divisor))
#include "naive_loops.inc"

#ifdef __FLT16_MAX__
#define T _Float16
#define A float
#define NAME(x) x##_f16
#define LOAD(v) ((float)(v))
#define STORE(v) ((_Float16)(v))
#define LOWEST (-INFINITY)
#define AVERAGE(sum, divisor) ((sum) / (float)(divisor))
#include "naive_loops.inc"
#endif

static const char *version(void) { return "textbook loops, " __VERSION__; }

#define RUN(type)                                                                                                                          \
    if (job->c.backward) backward_##type(&job->c, job->input, job->grad_output, job->grad_input);                                          \
    else forward_##type(&job->c, job->input, job->output);                                                                                 \
    break

static void run(void *ctx)
{
    (void)ctx;
    switch (job->c.type) {
    case CASE_F32:
        RUN(f32);
    case CASE_F64:
        RUN(f64);
    case CASE_U8:
        RUN(u8);
    case CASE_S8:
        RUN(s8);
    case CASE_BF16:
        RUN(bf16);
#ifdef __FLT16_MAX__
    case CASE_F16:
        RUN(f16);
#endif
    default:
        break;
    }
}

static const char *setup(const peer_job *given)
{
    job = given;
#ifndef __FLT16_MAX__
    if (job->c.type == CASE_F16) return "this compiler has no f16";
#endif
    if (job->c.index_size > 0 && !job->c.backward) return "no indices";
#ifdef _OPENMP
    omp_set_num_threads(job->threads);
    use_threads = job->threads > 1;
#else
    if (job->threads > 1) return "built without threads";
#endif
    return NULL;
}

static void release(void) { job = NULL; }

const peer the_peer = {version, setup, run, release, NULL, NULL, NULL, NULL};
