/* XNNPACK (Debian's of 2022): channels-last inference; and the global average of channels-first tensors. */
#include <pthreadpool.h>
#include <xnnpack.h>

#include <math.h>
#include <string.h>

#include "peer.h"

static const peer_job *job;
static xnn_operator_t operator;
static pthreadpool_t pool;

static const char *version(void) { return "Debian's of 2022-02-16"; }

/* A last window that ends before the input does is a negative pad; XNNPACK rounds down by itself. */
static uint32_t u(int64_t value) { return value < 0 ? 0 : (uint32_t)value; }

#define PADS u(c->pad_begin[1]), u(c->pad_end[2]), u(c->pad_end[1]), u(c->pad_begin[2])
#define KERNEL_STRIDE u(c->kernel[1]), u(c->kernel[2]), u(c->stride[1]), u(c->stride[2])
#define CHANNELS3 (size_t) c->channels, (size_t)c->channels, (size_t)c->channels

static enum xnn_status create_max(const bench_case *c)
{
    switch (c->type) {
    case CASE_F32:
        return xnn_create_max_pooling2d_nhwc_f32(PADS, KERNEL_STRIDE, 1, 1, CHANNELS3, -INFINITY, INFINITY, 0, &operator);
    case CASE_F16:
        return xnn_create_max_pooling2d_nhwc_f16(PADS, KERNEL_STRIDE, 1, 1, CHANNELS3, -INFINITY, INFINITY, 0, &operator);
    case CASE_U8:
        return xnn_create_max_pooling2d_nhwc_u8(PADS, KERNEL_STRIDE, 1, 1, CHANNELS3, 0, 255, 0, &operator);
    case CASE_S8:
        return xnn_create_max_pooling2d_nhwc_s8(PADS, KERNEL_STRIDE, 1, 1, CHANNELS3, -128, 127, 0, &operator);
    default:
        return xnn_status_unsupported_parameter;
    }
}

static enum xnn_status create_average(const bench_case *c)
{
    if (c->type == CASE_U8)
        return xnn_create_average_pooling2d_nhwc_qu8(PADS, KERNEL_STRIDE, CHANNELS3, 0, 1.0f, 0, 1.0f, 0, 255, 0, &operator);
    if (c->type != CASE_F32) return xnn_status_unsupported_parameter;
    if (c->mode == CASE_GLOBAL && !c->channels_last)
        return xnn_create_global_average_pooling_ncw_f32((size_t)c->channels, -INFINITY, INFINITY, 0, &operator);
    if (c->mode == CASE_GLOBAL) return xnn_create_global_average_pooling_nwc_f32(CHANNELS3, -INFINITY, INFINITY, 0, &operator);
    return xnn_create_average_pooling2d_nhwc_f32(PADS, KERNEL_STRIDE, CHANNELS3, -INFINITY, INFINITY, 0, &operator);
}

static enum xnn_status bind(void)
{
    const bench_case *c = &job->c;
    const size_t batch = (size_t)c->batch, height = (size_t)c->input[1], width = (size_t)c->input[2];
    if (c->op == CASE_AVERAGE && c->type == CASE_U8)
        return xnn_setup_average_pooling2d_nhwc_qu8(operator, batch, height, width, job->input, job->output, pool);
    if (c->op == CASE_AVERAGE && c->mode == CASE_GLOBAL)
        return (c->channels_last
                    ? xnn_setup_global_average_pooling_nwc_f32
                    : xnn_setup_global_average_pooling_ncw_f32)(operator, batch, height * width, job->input, job->output, pool);
    if (c->op == CASE_AVERAGE) return xnn_setup_average_pooling2d_nhwc_f32(operator, batch, height, width, job->input, job->output, pool);
    switch (c->type) {
    case CASE_F16:
        return xnn_setup_max_pooling2d_nhwc_f16(operator, batch, height, width, job->input, job->output, pool);
    case CASE_U8:
        return xnn_setup_max_pooling2d_nhwc_u8(operator, batch, height, width, job->input, job->output, pool);
    case CASE_S8:
        return xnn_setup_max_pooling2d_nhwc_s8(operator, batch, height, width, job->input, job->output, pool);
    default:
        return xnn_setup_max_pooling2d_nhwc_f32(operator, batch, height, width, job->input, job->output, pool);
    }
}

static enum xnn_status create(void)
{
    const bench_case *c = &job->c;
    return c->op == CASE_MAX ? create_max(c) : create_average(c);
}

static const char *setup(const peer_job *given)
{
    job = given;
    const bench_case *c = &job->c;
    if (c->backward || c->index_size > 0) return "inference only";
    if (c->rank == 3) return "no 3-D";
    if (c->mode == CASE_ADAPTIVE) return "no adaptive windows";
    if (!c->channels_last && (c->mode != CASE_GLOBAL || c->op != CASE_AVERAGE || c->type != CASE_F32)) return "channels last only";
    if (c->op == CASE_AVERAGE && c->include_pad && (c->pad_begin[1] | c->pad_begin[2] | c->pad_end[1] | c->pad_end[2]) != 0)
        return "no average that counts padding";
    if (xnn_initialize(NULL) != xnn_status_success) return "does not start";
    if (job->threads > 1) pool = pthreadpool_create((size_t)job->threads);
    if (create() != xnn_status_success) return "no such operator";
    return bind() == xnn_status_success ? NULL : "no such operator";
}

static void run(void *ctx)
{
    (void)ctx;
    xnn_run_operator(operator, pool);
}

/* Both replace the operator that runs use, and leave one that does the same. */
static void make_plan(void *ctx)
{
    (void)ctx;
    xnn_delete_operator(operator);
    create();
    bind();
}

static void run_once(void *ctx)
{
    make_plan(ctx);
    run(ctx);
}

static void release(void)
{
    if (operator!= NULL) xnn_delete_operator(operator);
    if (pool != NULL) pthreadpool_destroy(pool);
    operator= NULL;
    pool = NULL;
}

const peer the_peer = {version, setup, run, release, NULL, NULL, make_plan, run_once};
