/* A problem solved inside another: rows of the table that bring tensors into a form of their own, in scratch, and ask the table
 * again. */
#ifndef PP_INSIDE_H
#define PP_INSIDE_H

#include "../run.h"

PP_INLINE bool pp_is_written(pp_tensor tensor, pp_direction direction)
{
    return direction == PP_FORWARD ? tensor == PP_OUTPUT || tensor == PP_INDICES : tensor == PP_GRAD_INPUT;
}

/* Whether runs in a direction touch a tensor. */
bool pp_inside_uses(const pp_problem *p, pp_direction direction, pp_tensor tensor);

/* Bytes of an element. */
size_t pp_inside_size(const pp_problem *p, pp_tensor tensor);

/* Extent of a tensor on spatial axis a. */
PP_INLINE int64_t pp_inside_extent(const pp_problem *p, pp_tensor tensor, int a)
{
    return pp_is_input(tensor) ? p->axis[a].input : p->axis[a].output;
}

/* The number of planes that follow each other at equal distances in every tensor that is used: those of a run, or of an image. */
int64_t pp_inside_segment(const pp_problem *p, pp_direction direction);

/* A range cut into tiles: so many results on D, H, W of so many planes, which do not cross a segment.  What these rows prepare begins with
 * it, so that their runs have so many tasks; where number "tile" of them lies: its range, its first plane, and how many planes it has (0
 * or fewer: the last segment is not whole). */
typedef struct pp_tiles {
    int64_t size[3], planes, segment;
} pp_tiles;
int64_t pp_tiles_of(const pp_run *run);
int64_t pp_tile_at(const pp_run *run, int64_t tile, int64_t begin[3], int64_t end[3], int64_t *first);

/* A dense array [planes][extents][inner], of which "size" elements are there. */
void pp_inside_dense(pp_array *array, const int64_t extent[3], int64_t inner, int64_t size);

/* The first row of the table that solves a problem with at most so much scratch; NULL: none. */
const pp_pass *pp_inside_ask(const pp_problem *inside, pp_direction direction, size_t most, pp_needs *needs);

/* Whether a pass would take a problem, which pays. */
bool pp_inside_would(const pp_pass *pass, const pp_problem *inside, pp_direction direction);

/* Room for "size" bytes of a row's own in front of what "inside" needs: NULL when there is less. */
void *pp_inside_room(const pp_needs *needs, size_t size, pp_needs *inside);

#endif
