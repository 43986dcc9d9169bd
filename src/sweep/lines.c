/* Pieces of the sweeps. */
#include "lines.h"

#include <string.h>

pp_reducing pp_reducing_of(const pp_problem *problem)
{
    if (!problem->is_max) return PP_SUMS;
    return problem->desc.indices == PP_INDEX_NONE ? PP_MAXIMA : PP_WINNERS;
}

int64_t pp_rows_of(const pp_run *run)
{
    return (run->group.last - run->group.first) * (run->end[0] - run->begin[0]) * (run->end[1] - run->begin[1]);
}

void pp_at_row(const pp_run *run, int64_t row, int64_t at[PP_AXES])
{
    int64_t height = run->end[1] - run->begin[1], depth = run->end[0] - run->begin[0], slice = row / height;
    pp_at_plane(run->problem, run->group.first + slice / depth, at);
    at[PP_D] = run->begin[0] + slice % depth;
    at[PP_H] = run->begin[1] + row % height;
    at[PP_W] = run->begin[2];
}

pp_reduce_fn pp_from_elements(const pp_problem *problem)
{
    const pp_lines *k = problem->kernels->lines;
    return problem->is_max ? k->max[problem->desc.nan == PP_NAN_IGNORE] : k->sum;
}

pp_order pp_order_of(const pp_problem *problem)
{
    const pp_dtype_info *info = &pp_dtypes[problem->desc.dtype];
    return (pp_order){.mask = problem->desc.op == PP_OP_MIN ? ~info->mask : info->mask,
                      .infinity = info->infinity,
                      .ignore_nan = problem->desc.nan == PP_NAN_IGNORE};
}

int pp_merges(int64_t t, int64_t begin, int64_t end, int64_t length)
{
    uint64_t block = (uint64_t)t; /* number of the block of 2^level taps that is complete with tap t */
    int merges = 0;
    for (int level = 0;; level++, block >>= 1) {
        bool left_exists = block << level > (uint64_t)begin;
        if (block & 1) { /* completes its parent with the block on its left */
            merges += left_exists;
        } else if ((block + 2) << level > (uint64_t)length) { /* a power of two of the length: joins those before it */
            return merges + left_exists;
        } else if ((block + 1) << level < (uint64_t)end) { /* its partner on the right is still to come */
            return merges;
        } /* else that partner holds no taps, and the parent is this block */
    }
}

PP_INLINE void copy_sized(char *to, pp_strides ts, const char *from, pp_strides fs, int64_t groups, int64_t inner, size_t size)
{
    for (int64_t g = 0; g < groups; g++) {
        for (int64_t i = 0; i < inner; i++) {
            memcpy(to + (g * ts.group + i * ts.inner) * (int64_t)size, from + (g * fs.group + i * fs.inner) * (int64_t)size, size);
        }
    }
}

void pp_copy(char *to, pp_strides ts, const char *from, pp_strides fs, int64_t groups, int64_t inner, size_t size)
{
    if (inner > 1 && ts.inner == 1 && fs.inner == 1) { /* whole runs at once */
        for (int64_t g = 0; g < groups; g++) {
            memcpy(to + g * ts.group * (int64_t)size, from + g * fs.group * (int64_t)size, (size_t)inner * size);
        }
        return;
    }
    switch (size) { /* constant sizes become single moves */
    case 1:
        copy_sized(to, ts, from, fs, groups, inner, 1);
        break;
    case 2:
        copy_sized(to, ts, from, fs, groups, inner, 2);
        break;
    case 4:
        copy_sized(to, ts, from, fs, groups, inner, 4);
        break;
    default:
        copy_sized(to, ts, from, fs, groups, inner, 8);
        break;
    }
}

void pp_fill(char *to, int64_t count, int64_t step, const void *element, size_t size)
{
    pp_copy(to, (pp_strides){step, 1}, element, (pp_strides){0, 1}, count, 1, size);
}
