/* One-node ONNX models, written byte by byte: a protocol buffer is small enough not to need a library. */
#ifndef BENCH_ONNX_MODEL_H
#define BENCH_ONNX_MODEL_H

#include <stddef.h>

#include "case.h"

enum { ONNX_MODEL_ROOM = 1024 };

/* The tensor types of ONNX: f32 is 1, u8 2, s8 3, i64 7, f16 10, f64 11, bf16 16. */
int onnx_type(case_type type);

/* A graph x -> y (and y -> indices if the case has them) into "model"; its size, or 0 if ONNX has no such operator. */
size_t onnx_model(const bench_case *c, unsigned char model[ONNX_MODEL_ROOM]);

#endif
