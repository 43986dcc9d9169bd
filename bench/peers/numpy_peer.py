"""NumPy's best idiom: an axis at a time, the taps of a window as strided slices combined into preallocated arrays."""
import numpy as np
from python_peer import Missing, main


def padded(job):
    """The array to read from, and what brings the input there (None without padding)."""
    case = job.case
    if not any(case.pad_begin) and all(p <= 0 for p in case.pad_end):
        return job.input, None
    size = [before + i + max(after, 0) for i, before, after in zip(case.input, case.pad_begin, case.pad_end)]
    lowest = 0 if case.op == "avg" else -np.inf if job.input.dtype.kind == "f" else np.iinfo(job.input.dtype).min
    array = np.full(job.shape(size), lowest, job.input.dtype)
    inside = [slice(None)] * array.ndim
    for axis, before, i in zip(job.spatial, case.pad_begin, case.input):
        inside[axis] = slice(before, before + i)
    return array, array[tuple(inside)]


def taps(array, axis, kernel, stride, count):
    for t in range(kernel):
        at = [slice(None)] * array.ndim
        at[axis] = slice(t, t + (count - 1) * stride + 1, stride)
        yield array[tuple(at)]


def divisor(job):
    """One number, or an array that is as many as the taps inside the input."""
    case = job.case
    result = np.ones(1, np.float64)
    for place, axis in enumerate(job.spatial):
        first = np.arange(case.output[place]) * case.stride[place] - case.pad_begin[place]
        inside = np.minimum(first + case.kernel[place], case.input[place]) - np.maximum(first, 0)
        extent = np.full_like(inside, case.kernel[place]) if case.include_pad else inside
        shape = [1] * job.input.ndim
        shape[axis] = -1
        result = result * extent.reshape(shape)
    return result.astype(job.input.dtype)


def make_run(job):
    case = job.case
    if case.mode == "adaptive":
        raise Missing("no adaptive windows")
    if case.op == "avg" and job.input.dtype.kind != "f":
        raise Missing("no average of bytes")
    if case.mode == "global":
        reduce = np.max if case.op == "max" else np.mean
        return lambda: reduce(job.input, axis=job.spatial, keepdims=True, out=job.output)
    combine = np.maximum if case.op == "max" else np.add
    source, inside = padded(job)
    steps, current, size = [], source, list(source.shape)
    for place in reversed(range(case.rank)):
        axis = job.spatial[place]
        size[axis] = case.output[place]
        target = job.output if place == 0 else np.empty(size, source.dtype)
        steps.append((list(taps(current, axis, case.kernel[place], case.stride[place], case.output[place])), target))
        current = target
    share = divisor(job) if case.op == "avg" else None

    def run():
        if inside is not None:
            inside[...] = job.input
        for slices, target in steps:
            if len(slices) == 1:
                target[...] = slices[0]
            else:
                combine(slices[0], slices[1], out=target)
            for tap in slices[2:]:
                combine(target, tap, out=target)
        if share is not None:
            np.divide(job.output, share, out=job.output)

    return run


if __name__ == "__main__":
    main(np.__version__, make_run)
