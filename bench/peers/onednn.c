/* oneDNN 2.x through its C API.  Built twice: for the case's own layout, and with ONEDNN_BLOCKED for nChw16c, oneDNN's own
 * layout (then tensors are converted outside of the measurement). */
#include <dnnl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

#ifndef ONEDNN_BLOCKED
#define ONEDNN_BLOCKED 0
#endif

void omp_set_num_threads(int threads); /* the runtime that Debian's build uses */

enum { INPUT, OUTPUT, GRAD_OUTPUT, GRAD_INPUT, TENSORS };

typedef struct primitive {
    dnnl_primitive_desc_t description;
    dnnl_primitive_t handle;
    dnnl_exec_arg_t args[4];
    int count;
} primitive;

static const peer_job *job;
static dnnl_engine_t engine;
static dnnl_stream_t stream;
static dnnl_memory_desc_t layout[TENSORS];
static dnnl_memory_t memory[TENSORS], plain[TENSORS], workspace;
static primitive forward, backward;

static const char *version(void)
{
    static char text[64];
    const dnnl_version_t *v = dnnl_version();
    snprintf(text, sizeof text, "%d.%d.%d", v->major, v->minor, v->patch);
    return text;
}

static const char *info(void)
{
    const char *text = "";
    dnnl_primitive_desc_query(job->c.backward ? backward.description : forward.description, dnnl_query_impl_info_str, 0, &text);
    return text;
}

static dnnl_data_type_t data_type(case_type type)
{
    static const dnnl_data_type_t types[] = {dnnl_f32, dnnl_data_type_undef, dnnl_u8, dnnl_s8, dnnl_bf16, dnnl_f16};
    return types[type];
}

static dnnl_format_tag_t tag(const bench_case *c, int blocked)
{
    static const dnnl_format_tag_t first[] = {dnnl_ncw, dnnl_nchw, dnnl_ncdhw}, last[] = {dnnl_nwc, dnnl_nhwc, dnnl_ndhwc},
                                   own[] = {dnnl_nCw16c, dnnl_nChw16c, dnnl_nCdhw16c};
    return (blocked ? own : c->channels_last ? last : first)[c->rank - 1];
}

static int make_layout(dnnl_memory_desc_t *result, int which, int blocked)
{
    const bench_case *c = &job->c;
    const int64_t *size = which == INPUT || which == GRAD_INPUT ? c->input : c->output;
    dnnl_dims_t dims = {c->batch, c->channels};
    for (int a = 0; a < c->rank; a++) dims[2 + a] = size[3 - c->rank + a];
    return dnnl_memory_desc_init_by_tag(result, 2 + c->rank, dims, data_type(c->type), tag(c, blocked)) == dnnl_success;
}

static int copy(dnnl_memory_t from, dnnl_memory_t to)
{
    const dnnl_memory_desc_t *a, *b;
    dnnl_primitive_desc_t description;
    dnnl_primitive_t reorder;
    dnnl_memory_get_memory_desc(from, &a);
    dnnl_memory_get_memory_desc(to, &b);
    if (dnnl_reorder_primitive_desc_create(&description, a, engine, b, engine, NULL) != dnnl_success) return 0;
    int ok = dnnl_primitive_create(&reorder, description) == dnnl_success;
    const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    if (ok) {
        ok = dnnl_primitive_execute(reorder, stream, 2, args) == dnnl_success;
        dnnl_primitive_destroy(reorder);
    }
    dnnl_primitive_desc_destroy(description);
    return ok;
}

static int make_memory(int which, void *data)
{
    dnnl_memory_desc_t own;
    if (!make_layout(&own, which, 0) || !make_layout(&layout[which], which, ONEDNN_BLOCKED)) return 0;
    if (!ONEDNN_BLOCKED) return dnnl_memory_create(&memory[which], &own, engine, data) == dnnl_success;
    return dnnl_memory_create(&plain[which], &own, engine, data) == dnnl_success &&
           dnnl_memory_create(&memory[which], &layout[which], engine, DNNL_MEMORY_ALLOCATE) == dnnl_success &&
           copy(plain[which], memory[which]);
}

/* Window, stride and pads as oneDNN wants them; 0 for adaptive windows that are no plain pooling. */
static int windows(dnnl_dims_t kernel, dnnl_dims_t stride, dnnl_dims_t begin, dnnl_dims_t end)
{
    const bench_case *c = &job->c;
    for (int a = 0; a < c->rank; a++) {
        const int from = 3 - c->rank + a;
        const int adaptive = c->mode == CASE_ADAPTIVE;
        if (adaptive && c->input[from] % c->output[from] != 0) return 0;
        kernel[a] = adaptive ? c->input[from] / c->output[from] : c->kernel[from];
        stride[a] = adaptive ? kernel[a] : c->stride[from];
        begin[a] = c->pad_begin[from];
        end[a] = c->pad_end[from];
    }
    return 1;
}

static int create(int backwards, primitive *result)
{
    const bench_case *c = &job->c;
    dnnl_dims_t kernel, stride, dilation = {0}, begin, end;
    dnnl_pooling_v2_desc_t d;
    if (!windows(kernel, stride, begin, end)) return 0;
    const dnnl_alg_kind_t kind = c->op == CASE_MAX ? dnnl_pooling_max
                                 : c->include_pad  ? dnnl_pooling_avg_include_padding
                                                   : dnnl_pooling_avg_exclude_padding;
    const dnnl_prop_kind_t use = c->backward || c->index_size > 0 ? dnnl_forward_training : dnnl_forward_inference;
    const dnnl_status_t made =
        backwards
            ? dnnl_pooling_v2_backward_desc_init(&d, kind, &layout[GRAD_INPUT], &layout[GRAD_OUTPUT], stride, kernel, dilation, begin, end)
            : dnnl_pooling_v2_forward_desc_init(&d, use, kind, &layout[INPUT], &layout[OUTPUT], stride, kernel, dilation, begin, end);
    if (made != dnnl_success) return 0;
    if (dnnl_primitive_desc_create(&result->description, &d, NULL, engine, backwards ? forward.description : NULL) != dnnl_success)
        return 0;
    if (dnnl_primitive_create(&result->handle, result->description) == dnnl_success) return 1;
    dnnl_primitive_desc_destroy(result->description);
    result->description = NULL;
    return 0;
}

static void destroy(primitive *p)
{
    if (p->handle != NULL) dnnl_primitive_destroy(p->handle);
    if (p->description != NULL) dnnl_primitive_desc_destroy(p->description);
    memset(p, 0, sizeof *p);
}

static void execute(const primitive *p)
{
    dnnl_primitive_execute(p->handle, stream, p->count, p->args);
    dnnl_stream_wait(stream);
}

static void bind(primitive *p, int backwards)
{
    p->args[0] = (dnnl_exec_arg_t){backwards ? DNNL_ARG_DIFF_DST : DNNL_ARG_SRC, memory[backwards ? GRAD_OUTPUT : INPUT]};
    p->args[1] = (dnnl_exec_arg_t){backwards ? DNNL_ARG_DIFF_SRC : DNNL_ARG_DST, memory[backwards ? GRAD_INPUT : OUTPUT]};
    p->args[2] = (dnnl_exec_arg_t){DNNL_ARG_WORKSPACE, workspace};
    p->count = workspace != NULL ? 3 : 2;
}

static void run(void *ctx)
{
    (void)ctx;
    execute(job->c.backward ? &backward : &forward);
}

static const char *setup(const peer_job *given)
{
    job = given;
    const bench_case *c = &job->c;
    if (data_type(c->type) == dnnl_data_type_undef) return "no such type";
    if (ONEDNN_BLOCKED && c->channels_last) return "a row of channels-last tensors";
    omp_set_num_threads(job->threads);
    if (dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success ||
        dnnl_stream_create(&stream, engine, dnnl_stream_default_flags) != dnnl_success)
        return "no engine";
    if (!make_memory(INPUT, job->input) || !make_memory(OUTPUT, job->output)) return "no such layout";
    if (c->backward && (!make_memory(GRAD_OUTPUT, job->grad_output) || !make_memory(GRAD_INPUT, job->grad_input))) return "no such layout";
    if (!create(0, &forward)) return "no such operator";
    const dnnl_memory_desc_t *space = dnnl_primitive_desc_query_md(forward.description, dnnl_query_workspace_md, 0);
    if (space != NULL && space->ndims > 0) dnnl_memory_create(&workspace, space, engine, DNNL_MEMORY_ALLOCATE);
    bind(&forward, 0);
    if (!c->backward) return NULL;
    if (!create(1, &backward)) return "no such operator";
    bind(&backward, 1);
    execute(&forward); /* the workspace */
    return NULL;
}

static void make_plan(void *ctx)
{
    (void)ctx;
    primitive made = {0};
    if (create(job->c.backward, &made)) destroy(&made);
}

static void run_once(void *ctx)
{
    (void)ctx;
    primitive made = {0};
    if (!create(job->c.backward, &made)) return;
    bind(&made, job->c.backward);
    execute(&made);
    destroy(&made);
}

static void finish(void)
{
    const int result = job->c.backward ? GRAD_INPUT : OUTPUT;
    if (plain[result] != NULL) copy(memory[result], plain[result]);
}

static void release(void)
{
    destroy(&backward);
    destroy(&forward);
    for (int i = 0; i < TENSORS; i++) {
        if (memory[i] != NULL) dnnl_memory_destroy(memory[i]);
        if (plain[i] != NULL) dnnl_memory_destroy(plain[i]);
        memory[i] = plain[i] = NULL;
    }
    if (workspace != NULL) dnnl_memory_destroy(workspace);
    if (stream != NULL) dnnl_stream_destroy(stream);
    if (engine != NULL) dnnl_engine_destroy(engine);
    workspace = NULL;
    stream = NULL;
    engine = NULL;
}

const peer the_peer = {version, setup, run, release, info, ONEDNN_BLOCKED ? finish : NULL, make_plan, run_once};
