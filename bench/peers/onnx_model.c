#include "onnx_model.h"

#include <string.h>

/* A message under construction.  Fields are appended; a nested message is built apart and then appended as bytes. */
typedef struct message {
    unsigned char bytes[ONNX_MODEL_ROOM];
    size_t size;
} message;

/* Numbers of the fields that are used, by message (onnx.proto3). */
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_I = 3, ATTRIBUTE_INTS = 8, ATTRIBUTE_TYPE = 20 };
enum { TYPE_INT = 2, TYPE_INTS = 7 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_OP = 4, NODE_ATTRIBUTE = 5, NODE_DOMAIN = 7 };
enum { GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_CONSTANT = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_RAW = 9 };
enum { MODEL_IR_VERSION = 1, MODEL_GRAPH = 7, MODEL_OPSET = 8, OPSET_DOMAIN = 1, OPSET_VERSION = 2 };

static void put_varint(message *m, uint64_t value)
{
    for (; value >= 128; value >>= 7) m->bytes[m->size++] = (unsigned char)(value | 128);
    m->bytes[m->size++] = (unsigned char)value;
}

static void put_int(message *m, unsigned field, int64_t value)
{
    put_varint(m, field << 3);
    put_varint(m, (uint64_t)value);
}

static void put_bytes(message *m, unsigned field, const void *bytes, size_t size)
{
    put_varint(m, field << 3 | 2);
    put_varint(m, size);
    memcpy(m->bytes + m->size, bytes, size);
    m->size += size;
}

static void put_text(message *m, unsigned field, const char *text) { put_bytes(m, field, text, strlen(text)); }
static void put_message(message *m, unsigned field, const message *inner) { put_bytes(m, field, inner->bytes, inner->size); }

static void put_ints(message *node, const char *name, const int64_t *values, int count)
{
    message a = {.size = 0};
    put_text(&a, ATTRIBUTE_NAME, name);
    for (int i = 0; i < count; i++) put_int(&a, ATTRIBUTE_INTS, values[i]);
    put_int(&a, ATTRIBUTE_TYPE, TYPE_INTS);
    put_message(node, NODE_ATTRIBUTE, &a);
}

static void put_flag(message *node, const char *name, int value)
{
    message a = {.size = 0};
    if (!value) return;
    put_text(&a, ATTRIBUTE_NAME, name);
    put_int(&a, ATTRIBUTE_I, value);
    put_int(&a, ATTRIBUTE_TYPE, TYPE_INT);
    put_message(node, NODE_ATTRIBUTE, &a);
}

static void put_windows(message *node, const bench_case *c)
{
    const int from = 3 - c->rank;
    int64_t pads[6];
    for (int a = 0; a < c->rank; a++) {
        pads[a] = c->pad_begin[from + a];
        pads[c->rank + a] = c->pad_end[from + a] < 0 ? 0 : c->pad_end[from + a];
    }
    put_ints(node, "kernel_shape", c->kernel + from, c->rank);
    put_ints(node, "strides", c->stride + from, c->rank);
    put_ints(node, "pads", pads, 2 * c->rank);
}

/* A value of the graph; its shape is left open. */
static void put_value(message *graph, unsigned field, const char *name, int type)
{
    message tensor = {.size = 0}, kind = {.size = 0}, value = {.size = 0};
    put_int(&tensor, 1, type);
    put_message(&kind, 1, &tensor);
    put_text(&value, 1, name);
    put_message(&value, 2, &kind);
    put_message(graph, field, &value);
}

static void put_constant(message *graph, const char *name, int type, const void *bytes, size_t size)
{
    message tensor = {.size = 0};
    put_int(&tensor, TENSOR_TYPE, type);
    put_text(&tensor, TENSOR_NAME, name);
    put_bytes(&tensor, TENSOR_RAW, bytes, size);
    put_message(graph, GRAPH_CONSTANT, &tensor);
}

int onnx_type(case_type type)
{
    static const int types[] = {1, 11, 2, 3, 16, 10};
    return types[type];
}

/* The contributed operators on bytes: maxima with channels last, and averages in either layout (scale 1, zero point 0). */
static const char *byte_operator(const bench_case *c, message *node, message *graph)
{
    static const char *const inputs[] = {"one", "zero", "one", "zero"};
    const float one = 1;
    const unsigned char zero = 0;
    put_text(node, NODE_DOMAIN, "com.microsoft");
    if (c->op == CASE_MAX) return "NhwcMaxPool";
    for (int i = 0; i < 4; i++) put_text(node, NODE_INPUT, inputs[i]);
    put_constant(graph, "one", 1, &one, sizeof one);
    put_constant(graph, "zero", onnx_type(c->type), &zero, 1);
    put_flag(node, "channels_last", c->channels_last);
    return "QLinearAveragePool";
}

static const char *choose(const bench_case *c, message *node, message *graph)
{
    const int bytes = c->type == CASE_U8 || c->type == CASE_S8;
    if (c->mode == CASE_ADAPTIVE || c->backward) return NULL;
    if (c->mode == CASE_GLOBAL && !bytes && !c->channels_last) return c->op == CASE_MAX ? "GlobalMaxPool" : "GlobalAveragePool";
    put_windows(node, c);
    if (bytes && (c->op == CASE_AVERAGE || c->channels_last)) return byte_operator(c, node, graph);
    if (c->channels_last) return NULL;
    if (c->op == CASE_AVERAGE) put_flag(node, "count_include_pad", c->include_pad);
    return c->op == CASE_MAX ? "MaxPool" : "AveragePool";
}

static void put_opset(message *model, const char *domain, int version)
{
    message opset = {.size = 0};
    put_text(&opset, OPSET_DOMAIN, domain);
    put_int(&opset, OPSET_VERSION, version);
    put_message(model, MODEL_OPSET, &opset);
}

size_t onnx_model(const bench_case *c, unsigned char result[ONNX_MODEL_ROOM])
{
    message node = {.size = 0}, graph = {.size = 0}, model = {.size = 0};
    put_text(&node, NODE_INPUT, "x");
    const char *name = choose(c, &node, &graph);
    if (name == NULL) return 0;
    put_text(&node, NODE_OUTPUT, "y");
    if (c->index_size > 0) put_text(&node, NODE_OUTPUT, "indices");
    put_text(&node, NODE_OP, name);
    put_message(&graph, GRAPH_NODE, &node);
    put_text(&graph, GRAPH_NAME, "pool");
    put_value(&graph, GRAPH_INPUT, "x", onnx_type(c->type));
    put_value(&graph, GRAPH_OUTPUT, "y", onnx_type(c->type));
    if (c->index_size > 0) put_value(&graph, GRAPH_OUTPUT, "indices", 7);
    put_int(&model, MODEL_IR_VERSION, 8);
    put_message(&model, MODEL_GRAPH, &graph);
    put_opset(&model, "", 17);
    put_opset(&model, "com.microsoft", 1);
    memcpy(result, model.bytes, model.size);
    return model.size;
}
