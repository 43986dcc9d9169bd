/* What rows that solve a problem inside another have in common. */
#include "inside.h"

#include "../algorithms.h"

#include <string.h>

bool pp_inside_uses(const pp_problem *p, pp_direction direction, pp_tensor tensor)
{
    switch (tensor) {
    case PP_OUTPUT:
        return direction == PP_FORWARD;
    case PP_GRAD_OUTPUT:
    case PP_GRAD_INPUT:
        return direction == PP_BACKWARD;
    case PP_INDICES:
        return direction == PP_FORWARD ? p->desc.indices != PP_INDEX_NONE : p->desc.backward == PP_BACKWARD_INDICES;
    default:
        return direction == PP_FORWARD || p->desc.backward == PP_BACKWARD_RECOMPUTE;
    }
}

size_t pp_inside_size(const pp_problem *p, pp_tensor tensor)
{
    return tensor == PP_INDICES ? pp_index_size(p->desc.indices) : pp_dtypes[p->desc.dtype].size;
}

int64_t pp_inside_segment(const pp_problem *p, pp_direction direction)
{
    int64_t planes = 0, image;
    bool all = pp_mul_ok(p->n, p->c, &planes);
    for (int t = 0; t < PP_TENSOR_COUNT; t++) {
        const int64_t *stride = p->array[t].stride;
        if (!pp_inside_uses(p, direction, t) || p->n == 1 || p->c == 1) continue;
        all = all && pp_mul_ok(p->c, stride[PP_C], &image) && stride[PP_N] == image;
    }
    if (!all) planes = p->c;
    return p->together ? pp_min(planes, p->together) : planes;
}

int64_t pp_tiles_of(const pp_run *run)
{
    const pp_tiles *tiles = run->prepared;
    int64_t count = pp_ceil_div(run->group.last - run->group.first, tiles->segment) * pp_ceil_div(tiles->segment, tiles->planes);
    for (int a = 0; a < 3; a++) count *= pp_ceil_div(run->end[a] - run->begin[a], tiles->size[a]);
    return count;
}

int64_t pp_tile_at(const pp_run *run, int64_t tile, int64_t begin[3], int64_t end[3], int64_t *first)
{
    const pp_tiles *tiles = run->prepared;
    for (int a = 2; a >= 0; a--) {
        int64_t size = tiles->size[a], count = pp_ceil_div(run->end[a] - run->begin[a], size);
        begin[a] = run->begin[a] + tile % count * size;
        end[a] = pp_min(begin[a] + size, run->end[a]);
        tile /= count;
    }
    int64_t groups = pp_ceil_div(tiles->segment, tiles->planes), segment = run->group.first + tile / groups * tiles->segment;
    *first = segment + tile % groups * tiles->planes;
    return pp_min(tiles->planes, pp_min(segment + tiles->segment, run->group.last) - *first);
}

void pp_inside_dense(pp_array *array, const int64_t extent[3], int64_t inner, int64_t size)
{
    *array = (pp_array){.stride = {[PP_INNER] = 1, [PP_W] = inner}, .high = size - 1};
    for (int a = PP_W; a > PP_C; a--) array->stride[a - 1] = array->stride[a] * extent[a - PP_D];
}

const pp_pass *pp_inside_ask(const pp_problem *inside, pp_direction direction, size_t most, pp_needs *needs)
{
    for (int i = 0; i < pp_algorithm_count; i++) {
        const pp_pass *pass = &pp_algorithm_table[i]->pass[direction];
        if (!pp_algorithm_table[i]->uses_kernels || !pass->plan || (pass->pays && !pass->pays(inside))) continue;
        needs->scratch = 0;
        if (pass->plan(inside, direction, needs) && needs->scratch <= most) return pass;
    }
    return NULL;
}

bool pp_inside_would(const pp_pass *pass, const pp_problem *inside, pp_direction direction)
{
    int64_t memory[PP_PREPARED / sizeof(int64_t)];
    return (!pass->pays || pass->pays(inside)) && pass->plan(inside, direction, &(pp_needs){.memory = memory, .room = sizeof memory, .only = true});
}

void *pp_inside_room(const pp_needs *needs, size_t size, pp_needs *inside)
{
    if (needs->room < size) return NULL;
    *inside = (pp_needs){.memory = (char *)needs->memory + size, .room = needs->room - size};
    return needs->memory;
}
