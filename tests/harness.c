#define _GNU_SOURCE
#include "harness.h"
#include "half.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

uint64_t rng_next(rng *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

int64_t rng_below(rng *r, int64_t n) { return (int64_t)(rng_next(r) % (uint64_t)n); }

const char *const fill_names[FILL_COUNT] = {"ints", "randn", "nan", "inf", "ties", "equal"};

static double value_of(fill kind, rng *r)
{
    double uniform = (double)(rng_next(r) >> 11) * 0x1p-53;
    switch (kind) {
    case FILL_INTS:
        return (double)(rng_below(r, 201) - 100);
    case FILL_NAN:
        return rng_below(r, 8) ? uniform * 8 - 4 : (rng_below(r, 2) ? NAN : -NAN);
    case FILL_INF: {
        static const double special[] = {INFINITY, -INFINITY, 0.0, -0.0, 1e-310, -1e-42, 1, -1};
        return special[rng_below(r, 8)];
    }
    case FILL_TIES:
        return (double)rng_below(r, 3);
    case FILL_EQUAL:
        return -1.5;
    default:
        return (uniform + (double)(rng_next(r) >> 11) * 0x1p-53 - 1) * ldexp(1, (int)rng_below(r, 12) - 6);
    }
}

static void store(char *p, pp_dtype dtype, double value)
{
    switch (dtype) {
    case PP_F32:
        *(float *)(void *)p = (float)value;
        break;
    case PP_F64:
        *(double *)(void *)p = value;
        break;
    case PP_U8:
        *(uint8_t *)p = isfinite(value) ? (uint8_t)(int64_t)(value * 37 + 128) : 255;
        break;
    case PP_INT8:
        *(int8_t *)p = isfinite(value) ? (int8_t)(int64_t)fmax(-128, fmin(127, value * 37)) : -128;
        break;
    case PP_BF16: {
        float f = (float)value;
        uint32_t u;
        memcpy(&u, &f, 4);
        *(uint16_t *)(void *)p = (uint16_t)(u >> 16 | (isnan(f) ? 1 : 0));
        break;
    }
    case PP_F16:
        *(uint16_t *)(void *)p = half_of_double(value);
        break;
    }
}

static void layout_of(const pp_plan *plan, pp_tensor which, tensor *t)
{
    const pp_desc *desc = pp_plan_desc(plan);
    const pp_view *view = &desc->view[which];
    const int64_t *size = which == PP_INPUT || which == PP_GRAD_INPUT ? desc->input_size : desc->output_size;
    t->axes = 2 + desc->rank;
    t->extent[0] = desc->batch;
    t->extent[1] = desc->channels;
    for (int a = 0; a < desc->rank; a++) t->extent[2 + a] = size[a];
    t->offset = view->offset;
    if (view->strides[0] != PP_AUTO) {
        memcpy(t->stride, view->strides, sizeof t->stride);
        return;
    }
    int64_t step = 1;
    if (desc->layout == PP_CHANNELS_LAST) t->stride[1] = step, step *= desc->channels;
    for (int a = t->axes - 1; a >= 2; a--) t->stride[a] = step, step *= t->extent[a];
    if (desc->layout == PP_CHANNELS_FIRST) t->stride[1] = step, step *= desc->channels;
    t->stride[0] = step;
}

/* Maps t->bytes between two unreadable pages. */
static void map_guarded(tensor *t, bool at_end, size_t shift)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (t->bytes + shift + page - 1) / page * page;
    t->map_size = room + 2 * page;
    t->map = mmap(NULL, t->map_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (t->map == MAP_FAILED) abort();
    mprotect(t->map, page, PROT_NONE);
    mprotect((char *)t->map + page + room, page, PROT_NONE);
    char *first = (char *)t->map + page;
    t->low = at_end ? first + room - shift - t->bytes : first + shift;
}

tensor tensor_block(size_t bytes, bool at_end, size_t shift)
{
    tensor t = {.bytes = bytes, .element = 1, .axes = 1, .extent = {(int64_t)bytes}, .stride = {1}, .empty = bytes == 0};
    map_guarded(&t, at_end, shift);
    t.base = t.low;
    tensor_poison(&t);
    return t;
}

tensor tensor_make(const pp_plan *plan, pp_tensor which, bool at_end, size_t shift)
{
    const pp_desc *desc = pp_plan_desc(plan);
    tensor t = {.element = which == PP_INDICES ? pp_index_size(desc->indices) : pp_dtype_size(desc->dtype)};
    layout_of(plan, which, &t);
    int64_t low = t.offset, high = t.offset;
    for (int i = 0; i < t.axes; i++) {
        t.empty |= t.extent[i] == 0;
        if (t.stride[i] < 0) low += (t.extent[i] - 1) * t.stride[i];
        else high += (t.extent[i] - 1) * t.stride[i];
    }
    t.bytes = t.empty ? 0 : (size_t)(high - low + 1) * t.element;
    map_guarded(&t, at_end, shift);
    t.base = t.low - (t.empty ? 0 : low) * (int64_t)t.element;
    tensor_poison(&t);
    return t;
}

void tensor_free(tensor *t)
{
    if (t->map) munmap(t->map, t->map_size);
    t->map = NULL;
}

void tensor_poison(tensor *t) { memset(t->low, 0xA5, t->bytes); }

void tensor_copy(tensor *to, const tensor *from) { memcpy(to->low, from->low, to->bytes); }

int64_t tensor_count(const tensor *t)
{
    int64_t count = 1;
    for (int i = 0; i < t->axes; i++) count *= t->extent[i];
    return count;
}

const void *tensor_at(const tensor *t, int64_t i)
{
    int64_t at = t->offset;
    for (int a = t->axes - 1; a >= 0; a--) {
        at += i % t->extent[a] * t->stride[a];
        i /= t->extent[a];
    }
    return t->base + at * (int64_t)t->element;
}

void tensor_fill(tensor *t, pp_dtype dtype, fill kind, rng *r)
{
    for (int64_t i = 0, n = tensor_count(t); i < n; i++) store((char *)(uintptr_t)tensor_at(t, i), dtype, value_of(kind, r));
}

bool tensor_gaps_intact(const tensor *t)
{
    if (t->empty) return true;
    bool *used = calloc(t->bytes / t->element, 1), ok = true;
    for (int64_t i = 0, n = tensor_count(t); i < n; i++) used[((const char *)tensor_at(t, i) - t->low) / (int64_t)t->element] = true;
    for (size_t e = 0; e < t->bytes / t->element; e++) {
        for (size_t b = 0; b < t->element; b++) ok &= used[e] || (unsigned char)t->low[e * t->element + b] == 0xA5;
    }
    free(used);
    return ok;
}

static bool same(const void *a, const void *b, size_t size, pp_dtype dtype, bool indices, bool max)
{
    if (!memcmp(a, b, size)) return true;
    if (indices || is_bytes(dtype)) return false;
    if (dtype == PP_F16) {
        uint16_t u, v;
        memcpy(&u, a, 2), memcpy(&v, b, 2);
        return ((u & 0x7fff) > 0x7c00 && (v & 0x7fff) > 0x7c00) || (max && !((u | v) & 0x7fff));
    }
    double x, y;
    if (dtype == PP_F64) {
        memcpy(&x, a, 8), memcpy(&y, b, 8);
    } else {
        uint32_t u = 0, v = 0;
        memcpy((char *)&u + 4 - size, a, size), memcpy((char *)&v + 4 - size, b, size);
        float f, g;
        memcpy(&f, &u, 4), memcpy(&g, &v, 4);
        x = (double)f, y = (double)g;
    }
    return (isnan(x) && isnan(y)) || (max && x == 0 && y == 0);
}

int64_t tensor_differs(const tensor *a, const tensor *b, pp_dtype dtype, bool indices, bool max)
{
    for (int64_t i = 0, n = tensor_count(a); i < n; i++) {
        if (!same(tensor_at(a, i), tensor_at(b, i), a->element, dtype, indices, max)) return i;
    }
    return -1;
}
