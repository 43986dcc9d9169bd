// OpenCV's image filters as pooling: dilate, blur, resize; one plane, or one image with its channels inside, per call.
// A stride that is not the window is a filter at every place and then every s-th pixel, the best that OpenCV has for it.
#include <opencv2/core.hpp>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>

#include <vector>

#include "peer.h"

namespace {

enum class way { none, dilate, blur, area, dilate_pick, blur_pick };

struct state {
    const peer_job *job = nullptr;
    way how = way::none;
    cv::Mat kernel, scratch;
    std::vector<cv::Mat> from, to;
} s;

const char *version() { return CV_VERSION; }

const char *info()
{
    static const char *const names[] = {
        "", "dilate", "blur", "resize INTER_AREA", "dilate, resize INTER_NEAREST", "blur, resize INTER_NEAREST"};
    return names[(int)s.how];
}

int depth(case_type type)
{
    static const int depths[] = {CV_32F, CV_64F, CV_8U, -1, -1, -1};
    return depths[type];
}

way choose(const bench_case &c)
{
    const bool padded = (c.pad_begin[1] | c.pad_begin[2] | c.pad_end[1] | c.pad_end[2]) != 0;
    const bool tiled = c.stride[1] == c.kernel[1] && c.stride[2] == c.kernel[2] && !padded;
    const bool every = c.stride[1] == 1 && c.stride[2] == 1;
    const bool same_size = c.output[1] == c.input[1] && c.output[2] == c.input[2];
    const bool picks = c.input[1] == c.output[1] * c.stride[1] && c.input[2] == c.output[2] * c.stride[2];
    const bool average = c.op == CASE_AVERAGE;
    if (average && tiled && picks) return way::area;
    if (average && padded && !c.include_pad) return way::none;
    if (every) return !same_size ? way::none : average ? way::blur : way::dilate;
    return !picks ? way::none : average ? way::blur_pick : way::dilate_pick;
}

void filter(const cv::Mat &from, cv::Mat &to, bool average)
{
    const bench_case &c = s.job->c;
    const cv::Point anchor((int)c.pad_begin[2], (int)c.pad_begin[1]);
    if (average) cv::blur(from, to, cv::Size((int)c.kernel[2], (int)c.kernel[1]), anchor, cv::BORDER_CONSTANT);
    else cv::dilate(from, to, s.kernel, anchor);
}

void one(const cv::Mat &from, cv::Mat &to)
{
    switch (s.how) {
    case way::area:
        cv::resize(from, to, to.size(), 0, 0, cv::INTER_AREA);
        break;
    case way::dilate:
        filter(from, to, false);
        break;
    case way::blur:
        filter(from, to, true);
        break;
    default:
        filter(from, s.scratch, s.how == way::blur_pick);
        cv::resize(s.scratch, to, to.size(), 0, 0, cv::INTER_NEAREST);
    }
}

void run(void *)
{
    for (size_t i = 0; i < s.from.size(); i++) one(s.from[i], s.to[i]);
}

const char *setup(const peer_job *job)
{
    s = state{};
    s.job = job;
    const bench_case &c = job->c;
    if (c.rank != 2 || c.mode != CASE_SLIDING || c.backward || c.index_size > 0) return "no such operator";
    if (depth(c.type) < 0) return "no such type";
    const int64_t channels = c.channels_last ? c.channels : 1;
    if (channels > 4) return "images of more than 4 channels";
    s.how = choose(c);
    if (s.how == way::none) return "no such operator";
    cv::setNumThreads(job->threads);
    s.kernel = cv::Mat::ones((int)c.kernel[1], (int)c.kernel[2], CV_8U);
    const int type = CV_MAKETYPE(depth(c.type), (int)channels);
    const int64_t planes = c.batch * c.channels / channels, size = (int64_t)case_type_size(c.type);
    for (int64_t p = 0; p < planes; p++) {
        const auto at = [&](void *base, const int64_t *spatial) {
            return cv::Mat((int)spatial[1], (int)spatial[2], type, (char *)base + p * spatial[1] * spatial[2] * channels * size);
        };
        s.from.push_back(at(job->input, c.input));
        s.to.push_back(at(job->output, c.output));
    }
    try {
        run(nullptr);
    } catch (const cv::Exception &) {
        return "no such operator";
    }
    return s.to[0].data == job->output ? nullptr : "it moved the result elsewhere";
}

void release() { s = state{}; }

} // namespace

extern "C" const peer the_peer = {version, setup, run, release, info, nullptr, nullptr, nullptr};
