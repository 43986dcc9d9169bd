/*
 * poolpack - pooling layers for CPUs: every framework's operator, exact by dialect, the same bits on every machine.
 *
 * THIS HEADER IS THE MANUAL.  It needs nothing but <stddef.h> and <stdint.h> and compiles as C11 and as C++17.
 *
 * In short
 *
 *     pp_desc desc;                                          // 1. say what to compute
 *     pp_desc_init(&desc, PP_DIALECT_TORCH, 0, PP_OP_MAX, 2);
 *     desc.batch = 8; desc.channels = 64; desc.input_size[0] = desc.input_size[1] = 112;
 *     desc.kernel[0] = desc.kernel[1] = 3; desc.stride[0] = desc.stride[1] = 2;
 *     desc.pad_begin[0] = desc.pad_end[0] = desc.pad_begin[1] = desc.pad_end[1] = 1;
 *
 *     char error[256];                                       // 2. plan once
 *     pp_plan *plan;
 *     if (pp_plan_create(&plan, &desc, NULL, error, sizeof error) != PP_OK) return puts(error), 1;
 *
 *     pp_args args = {.struct_size = sizeof args};           // 3. run many times
 *     args.input = x; args.output = y;
 *     pp_forward(plan, &args);
 *     pp_plan_destroy(plan);
 *
 * Conventions
 *   - Every size, stride and offset is an int64_t counted in ELEMENTS, every scratch size a size_t counted in bytes.
 *   - Arrays of three per-axis values hold the spatial axes outermost first and use the first "rank" entries:
 *     1-D {W}, 2-D {H, W}, 3-D {D, H, W}.
 *   - dilation counts from 1 (1 = dense).  A window's tap t on an axis reads input position
 *     o * stride - pad_begin + t * dilation.
 *   - A function that can fail returns a pp_status and writes one sentence (field, value, rule) into the caller's
 *     "error" buffer, always NUL-terminated; the buffer may be NULL.  On PP_OK the buffer holds "".
 *   - Nothing is printed, nothing aborts, nothing is global: the library has no mutable state.  Planning reads the environment
 *     variable POOLPACK_ISA (do not change the environment from another thread meanwhile).
 *   - Thread-safety: every function may be called by any number of threads at once; a pp_plan is immutable, so threads may
 *     run one plan at the same time on different buffers.
 *   - Results do not depend on the instruction set, the number of threads, the layout or the algorithm (docs/design.md §4);
 *     exempt are the payload of a NaN and the sign of a zero maximum or minimum.
 *   - struct_size tells a struct that was never initialised, or comes from another version's header: it is refused.  Structs grow
 *     only at their end, and with a new soname.
 *
 * The meaning of every operator and option, with formulas and the frameworks' sources, is in docs/semantics.md.
 */
#ifndef POOLPACK_H
#define POOLPACK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PP_VERSION_MAJOR 0
#define PP_VERSION_MINOR 1
#define PP_VERSION_PATCH 0

#ifndef PP_API
#if defined(__GNUC__) && !defined(PP_STATIC)
#define PP_API __attribute__((visibility("default")))
#else
#define PP_API
#endif
#endif

/* The version of the library that is running, "0.1.0".  Static storage. */
PP_API const char *pp_version(void);

/* ------------------------------------------------------------------------------------------------ enumerations
 * Values are stable: a number never changes its meaning.  pp_name() gives the word of each value. */

typedef enum pp_status {
    PP_OK = 0,
    PP_INVALID,     /* a field or argument has no meaning: the sentence names it */
    PP_REFUSED,     /* legal in general, but the chosen dialect's framework refuses it */
    PP_UNSUPPORTED, /* has a meaning that this version cannot compute (type and operator do not go together, ...) */
    PP_OVERFLOW,    /* a size or an offset does not fit 64 bits */
    PP_NO_MEMORY,   /* the allocator returned NULL, or the given memory is too small */
    PP_BAD_INDEX,   /* backward: an index lies outside its plane (-1 is none: its gradient goes nowhere); grad_input is then
                       unspecified, but nothing is written outside it */
    PP_EMPTY_WINDOW /* empty = error, and a window sees no input */
} pp_status;

typedef enum pp_op { PP_OP_MAX, PP_OP_MIN, PP_OP_AVERAGE, PP_OP_SUM } pp_op;

typedef enum pp_mode {
    PP_MODE_SLIDING,  /* kernel, stride, dilation, padding */
    PP_MODE_ADAPTIVE, /* output o of O sees input [floor(o*I/O), ceil((o+1)*I/O)) */
    PP_MODE_GLOBAL    /* one output per plane, spatial axes kept as 1 */
} pp_mode;

typedef enum pp_dtype {
    PP_F32,
    PP_F64,
    PP_U8,   /* unsigned bytes; averages round as pp_rounding says, results saturate; no gradients */
    PP_BF16, /* the upper half of an f32 */
    PP_F16,  /* IEEE half; like bf16 it adds and divides in f32 and rounds once */
    PP_INT8  /* signed bytes; as PP_U8 */
} pp_dtype;

/* Channels-first: N C D H W.  Channels-last: N D H W C.  Other orders: see pp_view. */
typedef enum pp_layout { PP_CHANNELS_FIRST, PP_CHANNELS_LAST } pp_layout;

typedef enum pp_dialect {
    PP_DIALECT_PLAIN, /* refuses only what has no meaning: torch's sizes, stride = kernel, divisor = valid */
    PP_DIALECT_TORCH, /* version: 0 newest; 10000 * major + 100 * minor, so 11300 is 1.13 */
    PP_DIALECT_ONNX,  /* version: the opset, 0 newest */
    PP_DIALECT_KERAS,
    PP_DIALECT_TF,
    PP_DIALECT_TFLITE,
    PP_DIALECT_CAFFE,
    PP_DIALECT_ONEDNN
} pp_dialect;

typedef enum pp_size_rule {
    PP_SIZE_FLOOR,      /* floor((P - K) / s) + 1, P = I + pads, K = dilation * (kernel - 1) + 1 */
    PP_SIZE_CEIL_TORCH, /* min(ceil((P - K) / s) + 1, ceil((I + pad_begin) / s)): PyTorch, ONNX, ORT */
    PP_SIZE_CEIL_CAFFE, /* ceil((P - K) / s) + 1, the last dropped if any pad is set and it starts beyond I + pad_begin */
    PP_SIZE_CEIL_PLAIN, /* ceil((P - K) / s) + 1: TensorRT, ncnn, MXNet "full" */
    PP_SIZE_GIVEN       /* output_size says it: oneDNN, WebNN */
} pp_size_rule;

typedef enum pp_padding {
    PP_PAD_EXPLICIT,   /* pad_begin, pad_end; negative values crop */
    PP_PAD_VALID,      /* none; the size is ceil((I - K + 1) / s) */
    PP_PAD_SAME_UPPER, /* the size is ceil(I / s); an odd pad goes to the end */
    PP_PAD_SAME_LOWER  /* ... to the beginning */
} pp_padding;

typedef enum pp_divisor {
    PP_DIVISOR_VALID,   /* taps inside the input: count_include_pad = false */
    PP_DIVISOR_CLAMPED, /* taps inside the padded input: PyTorch's count_include_pad = true */
    PP_DIVISOR_FULL,    /* taps of the whole kernel: oneDNN's include padding */
    PP_DIVISOR_OVERRIDE /* divisor_override */
} pp_divisor;

/* NaN in a maximum or minimum (averages and sums always propagate it). */
typedef enum pp_nan {
    PP_NAN_LAST,  /* NaN wins; its index is that of the window's last NaN (PyTorch) */
    PP_NAN_FIRST, /* NaN wins; the first one's index */
    PP_NAN_IGNORE /* as if not there; a window of nothing but NaN sees nothing */
} pp_nan;

typedef enum pp_ties { PP_TIES_FIRST, PP_TIES_LAST } pp_ties; /* in row-major order of the window */

/* The value of a window that sees no input; its index is -1 and its gradient goes nowhere. */
typedef enum pp_empty {
    PP_EMPTY_IDENTITY, /* maximum: -infinity, or the type's lowest; minimum: the reverse; average and sum: 0 */
    PP_EMPTY_LOWEST,   /* maximum: the lowest finite value; minimum: the highest; not for average and sum */
    PP_EMPTY_ZERO,
    PP_EMPTY_NAN,  /* floating types */
    PP_EMPTY_ERROR /* planning fails with PP_EMPTY_WINDOW */
} pp_empty;

/* How the average of an integer type becomes an integer. */
typedef enum pp_rounding { PP_ROUND_HALF_EVEN, PP_ROUND_HALF_AWAY, PP_ROUND_TRUNCATE } pp_rounding;

typedef enum pp_index_type { PP_INDEX_NONE, PP_INDEX_I32, PP_INDEX_I64, PP_INDEX_U8, PP_INDEX_U16 } pp_index_type; /* none: all bits set */

typedef enum pp_index_convention {
    PP_INDEX_PLANE,  /* (d*H + h)*W + w: PyTorch, Caffe, Paddle, OpenVINO axis 2 */
    PP_INDEX_TENSOR, /* ((n*C + c)*D + d)*H*W + h*W + w in whatever layout: ONNX storage_order 0 */
    PP_INDEX_WINDOW  /* the tap's number in its own window, (t_d*L_h + t_h)*L_w + t_w, L = pp_window.length: oneDNN's workspace */
} pp_index_convention;

typedef enum pp_backward_kind {
    PP_BACKWARD_NONE,     /* the plan only runs forward */
    PP_BACKWARD_AUTO,     /* average, sum: nothing is needed; max, min: from indices if the plan has them, else recompute */
    PP_BACKWARD_INDICES,  /* from the indices that forward wrote; input may be NULL */
    PP_BACKWARD_RECOMPUTE /* from the input; indices may be NULL */
} pp_backward_kind;

typedef enum pp_tensor { PP_INPUT, PP_OUTPUT, PP_INDICES, PP_GRAD_OUTPUT, PP_GRAD_INPUT, PP_TENSOR_COUNT } pp_tensor;

/* ------------------------------------------------------------------------------------------------ description */

#define PP_AUTO INT64_MIN /* "the default": see each field */
#define PP_MAX_RANK 3

/* Where the elements of one tensor lie: element (n, c, d, h, w) is at
 * base[offset + n*strides[0] + c*strides[1] + d*strides[2] + h*strides[3] + w*strides[4]]
 * (2-D: h at [2], w at [3]; 1-D: w at [2]).  Input strides may be zero or negative; the elements of a tensor that is written
 * may not overlap.  strides[0] = PP_AUTO: dense in the description's layout. */
typedef struct pp_view {
    int64_t strides[2 + PP_MAX_RANK];
    int64_t offset;
} pp_view;

typedef struct pp_desc {
    size_t struct_size; /* set by pp_desc_init */
    pp_dialect dialect;
    int dialect_version; /* 0 = newest */
    pp_op op;
    pp_mode mode;
    int rank; /* number of spatial axes, 1 to 3 */
    pp_dtype dtype;
    pp_layout layout;
    int unbatched; /* non-zero: tensors have no N axis; batch must then be 1 */

    int64_t batch, channels, input_size[PP_MAX_RANK]; /* may be 0; PP_AUTO until known (a plan needs them) */

    int64_t kernel[PP_MAX_RANK];                          /* sliding: at least 1 */
    int64_t stride[PP_MAX_RANK];                          /* sliding: at least 1; PP_AUTO = kernel */
    int64_t dilation[PP_MAX_RANK];                        /* sliding: at least 1 */
    pp_padding padding;                                   /* sliding */
    int64_t pad_begin[PP_MAX_RANK], pad_end[PP_MAX_RANK]; /* sliding, PP_PAD_EXPLICIT; negative = crop */
    pp_size_rule size_rule;                               /* sliding; SAME and VALID bring their own */
    int64_t output_size[PP_MAX_RANK];                     /* adaptive (PP_AUTO = keep the input's) or PP_SIZE_GIVEN */

    pp_divisor divisor;      /* average */
    double divisor_override; /* PP_DIVISOR_OVERRIDE: finite, not 0 */
    pp_nan nan;              /* max, min */
    pp_ties ties;            /* max, min */
    pp_empty empty;
    pp_rounding rounding; /* average of integers */

    pp_index_type indices; /* max, min: whether forward also writes the winner's index */
    pp_index_convention index_convention;
    pp_backward_kind backward;
    pp_view view[PP_TENSOR_COUNT]; /* indices: as output; grad_output as output; grad_input as input */
} pp_desc;

/* Fills every field with the defaults of "dialect" for "op" in "rank" spatial axes: f32, channels-first, batched, sizes
 * unknown, kernel unset, everything else as that framework has it.  "version" is 0 for the newest.
 * PP_INVALID (and *desc all zero) for an unknown dialect or operator, a rank outside 1..3, a NULL desc. */
PP_API pp_status pp_desc_init(pp_desc *desc, pp_dialect dialect, int version, pp_op op, int rank);

/* Sets batch, channels, input_size and unbatched from an array shape in the description's layout: rank + 2 axes, or rank + 1
 * axes for an unbatched input.  PP_INVALID for any other number of axes or a negative extent. */
PP_API pp_status pp_desc_set_shape(pp_desc *desc, int axes, const int64_t *shape, char *error, size_t error_size);

/* The one notation, e.g. "max2d nchw f32 n16c64 i112x112 k3x3 s2x2 p1x1" or "adaptive_avg2d o7 dialect=torch"
 * (docs/notation.md lists the words).  pp_desc_parse initialises *desc and reads "text" into it;
 * PP_INVALID with a sentence that quotes the token.  pp_desc_format writes the text of a description, leaving out
 * what the dialect has anyway; the result is the number of bytes that the whole text needs without its NUL, as snprintf's;
 * 0 for a description that was never initialised or holds a value that does not exist.  format(parse(x)) describes the same
 * problem as x, field by field. */
PP_API pp_status pp_desc_parse(pp_desc *desc, const char *text, char *error, size_t error_size);
PP_API size_t pp_desc_format(const pp_desc *desc, char *text, size_t text_size);

/* ------------------------------------------------------------------------------------------------ plan */

typedef struct pp_plan pp_plan;

/* Runs task(ctx, 0) ... task(ctx, count - 1), each once, in any order and in parallel if it likes, and returns when all are done. */
typedef void (*pp_task)(void *ctx, int64_t index);
typedef void (*pp_parallel_for)(void *pool, int64_t count, pp_task task, void *ctx);

/* How results are written: a streaming store goes past the caches.  That is faster when input and output together do not fit them,
 * and slower when the next layer reads the output soon from a cache that would have held it. */
typedef enum pp_stores {
    PP_STORES_AUTO,  /* streaming from 32 MiB of input and output on, where the algorithm can */
    PP_STORES_KEEP,  /* never streaming */
    PP_STORES_STREAM /* streaming where the algorithm can */
} pp_stores;

/* How a plan is made and run; never what it computes.  All zero but struct_size = defaults; a NULL pp_options too. */
typedef struct pp_options {
    size_t struct_size;
    const char *isa;       /* a cap: "scalar", "avx2", ...; NULL: environment variable POOLPACK_ISA, else the best available */
    const char *algorithm; /* use this one (pp_name(PP_NAME_ALGORITHM, i)) or fail; NULL: the first that applies */
    void *(*allocate)(void *ctx, size_t size); /* memory for any type; NULL: malloc, free */
    void (*release)(void *ctx, void *memory);
    void *allocator_ctx;
    int threads;                  /* how many tasks a run is split into at most; 0 and 1: not split */
    pp_parallel_for parallel_for; /* needed when threads > 1 (pp_threads_parallel_for, or your own) */
    void *pool;                   /* its first argument (NULL for pp_threads_parallel_for: one after another); must outlive the plan */
    pp_stores stores;
} pp_options;

/* Validates the description, infers shapes, chooses an algorithm.  *plan is NULL unless PP_OK is returned; the caller owns
 * it and frees it with pp_plan_destroy (which accepts NULL).  desc and options are copied, strings included. */
PP_API pp_status pp_plan_create(pp_plan **plan, const pp_desc *desc, const pp_options *options, char *error, size_t error_size);
PP_API void pp_plan_destroy(pp_plan *plan);

/* The same in memory of the caller: pp_plan_size says how many bytes "desc" needs (alignment: as malloc's),
 * pp_plan_init makes *plan inside "memory".  Such a plan is ended by reusing the memory; pp_plan_destroy only forgets it. */
PP_API pp_status pp_plan_size(size_t *size, const pp_desc *desc, char *error, size_t error_size);
PP_API pp_status pp_plan_init(pp_plan **plan, void *memory, size_t memory_size, const pp_desc *desc, const pp_options *options, char *error,
                              size_t error_size);

/* The description as it is used: output_size always; of a sliding one also stride, pad_begin and pad_end, SAME and VALID turned
 * into numbers; of a maximum the kind of backward.  Owned by the plan. */
PP_API const pp_desc *pp_plan_desc(const pp_plan *plan);

/* Writes the extents of a tensor in its layout's order (a channels-last 2-D output: N OH OW C) and returns how many there are. */
PP_API int pp_plan_shape(const pp_plan *plan, pp_tensor tensor, int64_t shape[2 + PP_MAX_RANK]);

/* One line: the algorithm and instruction set chosen for each direction, and how it works.  Returns as snprintf. */
PP_API size_t pp_plan_describe(const pp_plan *plan, char *text, size_t text_size);

/* Bytes of scratch that a run needs (any alignment); 0 = none. */
PP_API size_t pp_plan_scratch_size(const pp_plan *plan);

/* What output o sees on a spatial axis (0 = outermost of the rank). */
typedef struct pp_window {
    int64_t first;      /* input position of tap 0; may lie outside */
    int64_t length;     /* taps of the whole window: fixes the order of addition */
    int64_t begin, end; /* taps [begin, end) lie inside the input; begin == end: it sees nothing */
    int64_t extent;     /* this axis' share of the average's divisor */
} pp_window;            /* tap t reads first + t * dilation */

PP_API pp_status pp_plan_window(const pp_plan *plan, int axis, int64_t output, pp_window *window);

/* What a tile, a band of a file or a rank must hold: the input positions [*begin, *end) on an axis from the first to the last
 * that outputs [output_begin, output_end) read (forward), and the outputs from the first to the last whose windows nominally
 * cover inputs [input_begin, input_end) (backward).  With dilation or padding some between them may not be needed.
 * An empty answer is *begin == *end. */
PP_API pp_status pp_plan_input_range(const pp_plan *plan, int axis, int64_t output_begin, int64_t output_end, int64_t *begin, int64_t *end);
PP_API pp_status pp_plan_output_range(const pp_plan *plan, int axis, int64_t input_begin, int64_t input_end, int64_t *begin, int64_t *end);

/* ------------------------------------------------------------------------------------------------ run */

/* One call's data; zero what is not used: pp_args args = {.struct_size = sizeof args}.  Tensors have the plan's shapes, views
 * and dtype (indices: its index type); elements need the alignment of their own type.  A tensor with no elements may be NULL.
 *
 * forward reads input, writes output and (if the plan has indices) indices.
 * backward reads grad_output and indices or input, writes grad_input; "accumulate" adds the new gradient to what is there
 * instead (one addition, after the gradient is complete).
 * A tensor that is written may not share an element with any other tensor of the call.
 *
 * Range: only elements [begin, end) of the result are written - of output and indices in forward, of grad_input in backward
 * (per spatial axis, outermost first) - with the same bits as the whole run would give.  All zero on all axes: everything; a
 * range that is empty on any one axis writes nothing.  A part of grad_input looks only at the windows that nominally cover it:
 * with a range, indices must lie in their own windows, as those that forward writes do.
 * Origin: coordinates, per spatial axis, of the element at which input and grad_input (input_origin), output, indices and
 * grad_output (output_origin) point after their view's offset.  (Recomputing backward reads input and writes grad_input with one
 * origin: offset a pointer where the buffers begin apart.)  So a plan for an array larger than memory runs on buffers that
 * hold a part: a view with the buffer's strides, a range, and the origin of each buffer; pp_plan_input_range and
 * pp_plan_output_range tell what the read buffers must hold. */
typedef struct pp_args {
    size_t struct_size;
    const void *input;
    void *output;
    void *indices; /* written by forward, read by backward */
    const void *grad_output;
    void *grad_input;
    int accumulate;
    void *scratch; /* at least pp_plan_scratch_size bytes: then nothing is allocated; NULL: the plan's allocator is used */
    size_t scratch_size;
    int64_t range_begin[PP_MAX_RANK], range_end[PP_MAX_RANK];
    int64_t input_origin[PP_MAX_RANK], output_origin[PP_MAX_RANK];
    char *error;
    size_t error_size;
} pp_args;

/* Nothing is written when an argument is wrong (args NULL or with another struct_size: PP_INVALID, without a sentence).
 * PP_BAD_INDEX is found while running: see there. */
PP_API pp_status pp_forward(const pp_plan *plan, const pp_args *args);
PP_API pp_status pp_backward(const pp_plan *plan, const pp_args *args);

/* Plan, run once, destroy. */
PP_API pp_status pp_pool_forward(const pp_desc *desc, const pp_args *args);
PP_API pp_status pp_pool_backward(const pp_desc *desc, const pp_args *args);

/* Converts indices of a plan that has them (shape and view of PP_INDICES) between types and conventions, element by element; -1 stays -1.
 * from == to in place is allowed when the types are equal; otherwise the arrays may not overlap.  When it fails, a part has been converted.
 * PP_BAD_INDEX for a value that is no index (of its plane, or of its window), PP_OVERFLOW for one that does not fit the type. */
PP_API pp_status pp_convert_indices(const pp_plan *plan, const void *from, pp_index_type from_type, pp_index_convention from_convention,
                                    void *to, pp_index_type to_type, pp_index_convention to_convention, char *error, size_t error_size);

/* ------------------------------------------------------------------------------------------------ names and facts */

typedef enum pp_names {
    PP_NAME_STATUS,
    PP_NAME_OP,
    PP_NAME_MODE,
    PP_NAME_DTYPE,
    PP_NAME_DIALECT,
    PP_NAME_SIZE_RULE,
    PP_NAME_PADDING,
    PP_NAME_DIVISOR,
    PP_NAME_NAN,
    PP_NAME_TIES,
    PP_NAME_EMPTY,
    PP_NAME_ROUNDING,
    PP_NAME_INDEX_TYPE,
    PP_NAME_INDEX_CONVENTION,
    PP_NAME_BACKWARD,
    PP_NAME_ALGORITHM, /* in the order in which they are tried; the last is the reference */
    PP_NAME_ISA        /* from the least to the best that this build knows */
} pp_names;

/* The word for a value, as the notation writes it; NULL past the last one.  Static storage. */
PP_API const char *pp_name(pp_names list, int value);

/* Non-zero when this machine runs instruction set number "isa" of PP_NAME_ISA. */
PP_API int pp_isa_available(int isa);

/* Bytes of one element, of one index; 0 for an unknown type. */
PP_API size_t pp_dtype_size(pp_dtype dtype);
PP_API size_t pp_index_size(pp_index_type type);

/* ------------------------------------------------------------------------------------------------ threads (optional)
 * A small pool for pp_options; the library never makes one itself, and builds without this part (leave out src/threads.c).
 * Threads without work look for some for less than a millisecond, then sleep.  On Linux one that finds itself on its caller's CPU
 * leaves that CPU out of its own affinity (never of the caller's).  In a forked child the pool runs everything in the calling
 * thread.  One parallel_for at a time runs on the workers; a second caller, or a call from inside a task, does its tasks itself. */
typedef struct pp_threads pp_threads;

/* "threads" counts the calling thread; 0 or less: one per CPU that this process may use.  NULL when out of memory or threads. */
PP_API pp_threads *pp_threads_create(int threads);
PP_API void pp_threads_destroy(pp_threads *threads); /* NULL is accepted; not while a parallel_for runs */
PP_API int pp_threads_count(const pp_threads *threads);
PP_API void pp_threads_parallel_for(void *threads, int64_t count, pp_task task, void *ctx);

#ifdef __cplusplus
}
#endif

#endif /* POOLPACK_H */
