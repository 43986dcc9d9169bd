/* What the unit tests share: cmocka, sentences, plans from case strings, whole problems with their tensors. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "half.h"
#include "harness.h"

#include <stdio.h>
#include <string.h>

#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

/* Tables go on after a wrong row: complain about it, and settle at the end of the test. */
static int complaints;

static inline void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline void complain(const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (++complaints <= 20) print_error("%s\n", text);
}

static inline void settle(void)
{
    int count = complaints;
    complaints = 0;
    if (count) fail_msg("%d complaints", count);
}

/* Every part of "words", separated by |, stands in the sentence. */
static inline void check_says(const char *sentence, const char *words, const char *about)
{
    char part[256];
    for (const char *rest = words; *rest;) {
        size_t length = strcspn(rest, "|");
        assert_true(length < sizeof part);
        memcpy(part, rest, length);
        part[length] = '\0';
        if (!strstr(sentence, part)) complain("%s: '%s' does not say '%s'", about, sentence, part);
        rest += length + (rest[length] == '|');
    }
}

static inline void check_status(pp_status got, pp_status want, const char *sentence, const char *about)
{
    if (got == want) return;
    complain("%s: %s ('%s'), expected %s", about, pp_name(PP_NAME_STATUS, (int)got), sentence, pp_name(PP_NAME_STATUS, (int)want));
}

static inline void assert_status(pp_status got, pp_status want, const char *sentence, const char *about)
{
    check_status(got, want, sentence, about);
    if (got != want) settle();
}

static inline pp_desc case_desc(const char *text)
{
    pp_desc desc;
    char error[512];
    if (pp_desc_parse(&desc, text, error, sizeof error) != PP_OK) fail_msg("%s: %s", text, error);
    return desc;
}

static inline pp_plan *desc_plan(const pp_desc *desc, const pp_options *options, const char *about)
{
    pp_plan *plan;
    char error[512];
    pp_status status = pp_plan_create(&plan, desc, options, error, sizeof error);
    assert_status(status, PP_OK, error, about);
    return plan;
}

static inline pp_plan *case_plan(const char *text, const pp_options *options)
{
    pp_desc desc = case_desc(text);
    return desc_plan(&desc, options, text);
}

/* A plan with all its tensors, between guard pages. */
typedef struct problem {
    pp_plan *plan;
    const pp_desc *desc;
    tensor tensor[PP_TENSOR_COUNT];
    pp_args args; /* all of them; written tensors hold 0xA5 */
    char error[512];
} problem;

/* The plan becomes the problem's.  The sentence is written into the problem, which must not move after problem_open. */
static inline void problem_open(problem *p, pp_plan *plan, fill kind, uint64_t seed)
{
    rng r = {seed};
    memset(p, 0, sizeof *p);
    p->plan = plan;
    p->desc = pp_plan_desc(plan);
    for (int t = 0; t < PP_TENSOR_COUNT; t++) p->tensor[t] = tensor_make(plan, (pp_tensor)t, true, 0);
    tensor_fill(&p->tensor[PP_INPUT], p->desc->dtype, kind, &r);
    tensor_fill(&p->tensor[PP_GRAD_OUTPUT], p->desc->dtype, kind, &r);
    p->args.struct_size = sizeof p->args;
    p->args.input = p->tensor[PP_INPUT].base;
    p->args.output = p->tensor[PP_OUTPUT].base;
    p->args.indices = p->desc->indices != PP_INDEX_NONE ? p->tensor[PP_INDICES].base : NULL;
    p->args.grad_output = p->tensor[PP_GRAD_OUTPUT].base;
    p->args.grad_input = p->tensor[PP_GRAD_INPUT].base;
    p->args.error = p->error;
    p->args.error_size = sizeof p->error;
}

static inline void problem_case(problem *p, const char *text, fill kind) { problem_open(p, case_plan(text, NULL), kind, 1); }

static inline void problem_close(problem *p)
{
    for (int t = 0; t < PP_TENSOR_COUNT; t++) tensor_free(&p->tensor[t]);
    pp_plan_destroy(p->plan);
}

/* Runs one direction, which must succeed. */
static inline void problem_run(problem *p, bool backward, const char *about)
{
    pp_status status = backward ? pp_backward(p->plan, &p->args) : pp_forward(p->plan, &p->args);
    assert_status(status, PP_OK, p->error, about);
    assert_string_equal(p->error, "");
}

/* Element i of a floating or byte tensor, in the order N, C, spatial; and the reverse. */
static inline double value_at(const tensor *t, pp_dtype dtype, int64_t i)
{
    const void *p = tensor_at(t, i);
    uint32_t bits;
    float f;
    switch (dtype) {
    case PP_F32:
        return (double)*(const float *)p;
    case PP_F64:
        return *(const double *)p;
    case PP_U8:
        return *(const uint8_t *)p;
    case PP_INT8:
        return *(const int8_t *)p;
    case PP_F16:
        return half_to_double(*(const uint16_t *)p);
    default:
        bits = (uint32_t) * (const uint16_t *)p << 16;
        memcpy(&f, &bits, sizeof f);
        return (double)f;
    }
}

static inline void set_value(const tensor *t, pp_dtype dtype, int64_t i, double value)
{
    void *p = (void *)(uintptr_t)tensor_at(t, i);
    float f = (float)value;
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    if (dtype == PP_F32) *(float *)p = f;
    else if (dtype == PP_F64) *(double *)p = value;
    else if (dtype == PP_U8) *(uint8_t *)p = (uint8_t)value;
    else if (dtype == PP_INT8) *(int8_t *)p = (int8_t)value;
    else if (dtype == PP_F16) *(uint16_t *)p = half_of_double(value);
    else *(uint16_t *)p = (uint16_t)(bits >> 16);
}

static inline int64_t index_at(const tensor *t, int64_t i)
{
    const void *p = tensor_at(t, i);
    if (t->element == sizeof(uint8_t)) return *(const uint8_t *)p == UINT8_MAX ? -1 : *(const uint8_t *)p;
    if (t->element == sizeof(uint16_t)) return *(const uint16_t *)p == UINT16_MAX ? -1 : *(const uint16_t *)p;
    return t->element == sizeof(int32_t) ? *(const int32_t *)p : *(const int64_t *)p;
}

static inline void set_index(const tensor *t, int64_t i, int64_t value)
{
    void *p = (void *)(uintptr_t)tensor_at(t, i);
    if (t->element == sizeof(uint8_t)) *(uint8_t *)p = (uint8_t)value;
    else if (t->element == sizeof(uint16_t)) *(uint16_t *)p = (uint16_t)value;
    else if (t->element == sizeof(int32_t)) *(int32_t *)p = (int32_t)value;
    else *(int64_t *)p = value;
}

/* Nobody has written to a tensor since it was made. */
static inline bool untouched(const tensor *t)
{
    for (size_t i = 0; i < t->bytes; i++) {
        if ((unsigned char)t->low[i] != 0xA5) return false;
    }
    return true;
}

#endif
