// PyTorch through libtorch: the *_out functions on the job's buffers where PyTorch has them (else the result is copied by it).
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/version.h>

#include <string>
#include <vector>

#include "peer.h"

namespace {

using at::Tensor;

struct state {
    const peer_job *job = nullptr;
    Tensor input, output, indices, grad_output, grad_input;
    std::vector<int64_t> kernel, stride, pad, size;
} s;

std::string message;

const char *version() { return TORCH_VERSION; }

at::ScalarType scalar_type(case_type type)
{
    static const at::ScalarType types[] = {at::kFloat, at::kDouble, at::kByte, at::kChar, at::kBFloat16, at::kHalf};
    return types[type];
}

// Dimensions N C spatial; channels last are the same dimensions with other strides.
Tensor wrap(void *data, const int64_t *spatial, at::ScalarType type)
{
    const bench_case &c = s.job->c;
    std::vector<int64_t> size{c.batch, c.channels}, strides(2 + (size_t)c.rank);
    size.insert(size.end(), spatial + 3 - c.rank, spatial + 3);
    int64_t step = c.channels_last ? c.channels : 1;
    for (size_t a = size.size(); a-- > 2; step *= size[a]) strides[a] = step;
    strides[1] = c.channels_last ? 1 : step;
    strides[0] = c.channels_last ? step : step * c.channels;
    return at::from_blob(data, size, strides, at::TensorOptions().dtype(type));
}

[[noreturn]] void missing(const char *what) { throw std::runtime_error(what); }

void forward_max()
{
    const bench_case &c = s.job->c;
    if (c.rank == 1) {
        if (c.index_size > 0 || c.backward) missing("1-D with indices is not measured");
        s.output.copy_(at::max_pool1d(s.input, s.kernel, s.stride, s.pad, 1, c.ceil != 0));
    } else if (c.mode == CASE_GLOBAL) {
        at::amax_out(s.output, s.input, c.rank == 2 ? at::IntArrayRef{2, 3} : at::IntArrayRef{2, 3, 4}, true);
    } else if (c.mode == CASE_ADAPTIVE) {
        if (c.rank == 2) at::adaptive_max_pool2d_out(s.output, s.indices, s.input, s.size);
        else at::adaptive_max_pool3d_out(s.output, s.indices, s.input, s.size);
    } else if (c.rank == 2) {
        at::max_pool2d_with_indices_out(s.output, s.indices, s.input, s.kernel, s.stride, s.pad, 1, c.ceil != 0);
    } else {
        at::max_pool3d_with_indices_out(s.output, s.indices, s.input, s.kernel, s.stride, s.pad, 1, c.ceil != 0);
    }
}

void forward_average()
{
    const bench_case &c = s.job->c;
    if (c.rank == 1) {
        s.output.copy_(at::avg_pool1d(s.input, s.kernel, s.stride, s.pad, c.ceil != 0, c.include_pad != 0));
    } else if (c.mode == CASE_GLOBAL) {
        at::mean_out(s.output, s.input, c.rank == 2 ? at::IntArrayRef{2, 3} : at::IntArrayRef{2, 3, 4}, true);
    } else if (c.mode == CASE_ADAPTIVE) {
        if (c.rank == 2) at::adaptive_avg_pool2d_out(s.output, s.input, s.size);
        else at::adaptive_avg_pool3d_out(s.output, s.input, s.size);
    } else if (c.rank == 2) {
        at::avg_pool2d_out(s.output, s.input, s.kernel, s.stride, s.pad, c.ceil != 0, c.include_pad != 0);
    } else {
        at::avg_pool3d_out(s.output, s.input, s.kernel, s.stride, s.pad, c.ceil != 0, c.include_pad != 0);
    }
}

void forward() { s.job->c.op == CASE_MAX ? forward_max() : forward_average(); }

void backward()
{
    const bench_case &c = s.job->c;
    if (c.rank != 2 || c.mode == CASE_ADAPTIVE) missing("only 2-D sliding windows are measured backward");
    if (c.op == CASE_AVERAGE)
        at::avg_pool2d_backward_out(s.grad_input, s.grad_output, s.input, s.kernel, s.stride, s.pad, c.ceil != 0, c.include_pad != 0,
                                    c10::nullopt);
    else
        at::max_pool2d_with_indices_backward_out(s.grad_input, s.grad_output, s.input, s.kernel, s.stride, s.pad, 1, c.ceil != 0,
                                                 s.indices);
}

void run(void *) { s.job->c.backward ? backward() : forward(); }

// What a model calls: the result is allocated.
void run_once(void *)
{
    const bench_case &c = s.job->c;
    if (c.op == CASE_MAX) at::max_pool2d(s.input, s.kernel, s.stride, s.pad, 1, c.ceil != 0);
    else at::avg_pool2d(s.input, s.kernel, s.stride, s.pad, c.ceil != 0, c.include_pad != 0);
}

void make_tensors()
{
    const bench_case &c = s.job->c;
    const at::ScalarType type = scalar_type(c.type);
    s.input = wrap(s.job->input, c.input, type);
    s.output = wrap(s.job->output, c.output, type);
    if (c.op == CASE_MAX) s.indices = at::empty_like(s.output, at::TensorOptions().dtype(at::kLong), at::MemoryFormat::Preserve);
    if (c.backward) {
        s.grad_output = wrap(s.job->grad_output, c.output, type);
        s.grad_input = wrap(s.job->grad_input, c.input, type);
    }
    for (int a = 3 - c.rank; a < 3; a++) {
        s.kernel.push_back(c.kernel[a]);
        s.stride.push_back(c.stride[a]);
        s.pad.push_back(c.pad_begin[a]);
        s.size.push_back(c.output[a]);
    }
}

const char *setup(const peer_job *job)
{
    s = state{};
    s.job = job;
    if (job->c.index_size && job->c.index_size != 8) return "indices are 64 bits";
    at::set_num_threads(job->threads);
    try {
        make_tensors();
        forward(); // backward reads its indices
        if (job->c.backward) backward();
        const Tensor &result = job->c.backward ? s.grad_input : s.output;
        if (result.data_ptr() != (job->c.backward ? job->grad_input : job->output)) return "it moved the result elsewhere";
    } catch (const std::exception &e) {
        message = e.what();
        message.resize(std::min(message.find('\n'), message.size()));
        return message.c_str();
    }
    return nullptr;
}

void release() { s = state{}; }

} // namespace

extern "C" const peer the_peer = {version, setup, run, release, nullptr, nullptr, nullptr, run_once};
