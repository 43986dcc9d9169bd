"""SciPy's filters: stride 1, windows centred on their output."""
import numpy as np
import scipy
from python_peer import Missing, main
from scipy import ndimage


def make_run(job):
    case = job.case
    if case.mode != "sliding" or any(s != 1 for s in case.stride):
        raise Missing("stride 1 only")
    if any(k % 2 == 0 or before != k // 2 or o != i
           for k, before, o, i in zip(case.kernel, case.pad_begin, case.output, case.input)):
        raise Missing("centred windows only")
    if case.op == "avg" and (not case.include_pad or job.input.dtype.kind != "f"):
        raise Missing("its average counts padding, of floating types")
    size = [1] * job.input.ndim
    for axis, k in zip(job.spatial, case.kernel):
        size[axis] = k
    if case.op == "avg":
        return lambda: ndimage.uniform_filter(job.input, size, output=job.output, mode="constant", cval=0)
    lowest = -np.inf if job.input.dtype.kind == "f" else np.iinfo(job.input.dtype).min
    return lambda: ndimage.maximum_filter(job.input, size, output=job.output, mode="constant", cval=lowest)


if __name__ == "__main__":
    main(scipy.__version__, make_run)
