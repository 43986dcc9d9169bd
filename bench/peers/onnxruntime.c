/* ONNX Runtime through its C functions, in the library that npm's onnxruntime-node carries (that package has no headers).
 * The table of functions only ever grows at its end; what is not used is left unnamed.  Input and output are the job's buffers. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_model.h"
#include "peer.h"

typedef struct ort_status ort_status; /* NULL: all is well */
typedef struct ort_object ort_object;
typedef void (*unused)(void);

typedef struct ort_api { /* the number of the first function of each line is the comment's */
    unused f0[2];
    const char *(*error_message)(const ort_status *); /* 2 */
    ort_status *(*create_env)(int level, const char *name, ort_object **);
    unused f4[4];
    ort_status *(*create_session)(const ort_object *env, const void *model, size_t size, const ort_object *options, ort_object **); /* 8 */
    ort_status *(*run)(ort_object *session, const ort_object *options, const char *const *inputs, const ort_object *const *values,
                       size_t count, const char *const *outputs, size_t output_count, ort_object **output_values);
    ort_status *(*create_options)(ort_object **); /* 10 */
    unused f11[12];
    ort_status *(*set_optimization)(ort_object *options, int level); /* 23 */
    ort_status *(*set_threads)(ort_object *options, int threads);
    unused f25[24];
    ort_status *(*create_tensor)(const ort_object *memory_info, void *data, size_t bytes, const int64_t *shape, size_t axes, int type,
                                 ort_object **); /* 49 */
    unused f50[19];
    ort_status *(*create_memory_info)(int allocator, int type, ort_object **); /* 69 */
    unused f70[23];
    void (*release_status)(ort_status *); /* 93 */
    unused f94;
    void (*release_session)(ort_object *); /* 95 */
    void (*release_value)(ort_object *);
    unused f97[3];
    void (*release_options)(ort_object *); /* 100 */
} ort_api;

typedef struct ort_base {
    const ort_api *(*api)(uint32_t version);
    const char *(*version)(void);
} ort_base;

enum { API_VERSION = 17, ENABLE_ALL = 99, WARNINGS_NONE = 4, ARENA = 1, MEMORY_DEFAULT = 0 };

static const peer_job *job;
static const ort_base *base;
static const ort_api *api;
static ort_object *env, *memory_info, *options, *session, *input, *outputs[2];
static unsigned char model[ONNX_MODEL_ROOM];
static size_t model_size;
static char message[256];

static const char *load(void)
{
    if (api != NULL) return NULL;
    const char *path = getenv("BENCH_ONNXRUNTIME");
    void *library = dlopen(path != NULL ? path : "libonnxruntime.so.1", RTLD_NOW);
    if (library == NULL) return "libonnxruntime.so.1 is not there";
    const ort_base *(*get_base)(void);
    *(void **)&get_base = dlsym(library, "OrtGetApiBase");
    if (get_base == NULL) return "a library without OrtGetApiBase";
    base = get_base();
    api = base->api(API_VERSION);
    return api == NULL ? "an ONNX Runtime older than 1.17" : NULL;
}

static const char *version(void) { return load() == NULL ? base->version() : "none"; }

static int failed(ort_status *status)
{
    if (status == NULL) return 0;
    snprintf(message, sizeof message, "%s", api->error_message(status));
    message[strcspn(message, "\n")] = '\0';
    api->release_status(status);
    return 1;
}

static int make_tensor(void *data, int64_t elements, size_t size, const int64_t spatial[3], int type, ort_object **result)
{
    const bench_case *c = &job->c;
    int64_t shape[5] = {c->batch};
    for (int a = 0; a < c->rank; a++) shape[(c->channels_last ? 1 : 2) + a] = spatial[3 - c->rank + a];
    shape[c->channels_last ? 1 + c->rank : 1] = c->channels;
    return !failed(api->create_tensor(memory_info, data, (size_t)elements * size, shape, (size_t)c->rank + 2, type, result));
}

static int make_session(ort_object **result) { return !failed(api->create_session(env, model, model_size, options, result)); }

static void run_session(ort_object *which)
{
    static const char *const in[] = {"x"}, *const out[] = {"y", "indices"};
    const ort_object *const values[] = {input};
    failed(api->run(which, NULL, in, values, 1, out, job->c.index_size > 0 ? 2 : 1, outputs));
}

static void run(void *ctx)
{
    (void)ctx;
    run_session(session);
}

static const char *setup(const peer_job *given)
{
    job = given;
    const bench_case *c = &job->c;
    const char *wrong = load();
    if (wrong != NULL) return wrong;
    if (c->index_size && c->index_size != 8) return "indices are 64 bits";
    model_size = onnx_model(c, model);
    if (model_size == 0) return "no such operator";
    if (env == NULL &&
        (failed(api->create_env(WARNINGS_NONE, "bench", &env)) || failed(api->create_memory_info(ARENA, MEMORY_DEFAULT, &memory_info))))
        return message;
    if (failed(api->create_options(&options)) || failed(api->set_threads(options, job->threads)) ||
        failed(api->set_optimization(options, ENABLE_ALL)) || !make_session(&session))
        return message;
    const size_t size = case_type_size(c->type);
    if (!make_tensor(job->input, case_input_elements(c), size, c->input, onnx_type(c->type), &input) ||
        !make_tensor(job->output, case_output_elements(c), size, c->output, onnx_type(c->type), &outputs[0]) ||
        (c->index_size > 0 && !make_tensor(job->indices, case_output_elements(c), 8, c->output, 7, &outputs[1])))
        return message;
    message[0] = '\0';
    run(NULL);
    return message[0] != '\0' ? message : NULL;
}

static void make_plan(void *ctx)
{
    (void)ctx;
    ort_object *made = NULL;
    if (make_session(&made)) api->release_session(made);
}

static void run_once(void *ctx)
{
    (void)ctx;
    ort_object *made = NULL;
    if (!make_session(&made)) return;
    run_session(made);
    api->release_session(made);
}

static void release(void)
{
    if (api == NULL) return;
    if (input != NULL) api->release_value(input);
    for (int i = 0; i < 2; i++)
        if (outputs[i] != NULL) api->release_value(outputs[i]);
    if (session != NULL) api->release_session(session);
    if (options != NULL) api->release_options(options);
    input = outputs[0] = outputs[1] = session = options = NULL;
}

const peer the_peer = {version, setup, run, release, NULL, NULL, make_plan, run_once};
