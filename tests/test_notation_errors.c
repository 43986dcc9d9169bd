/* Texts that are no cases: refused with a sentence that quotes the word, never a crash, and a description of zeros. */
#include "generator.h"
#include "unit.h"

#include <stdlib.h>

/* The text is refused so: the sentence quotes the word and says the rule; *desc is all zero. */
static void refuse(const char *text, const char *word, const char *says)
{
    char error[1024] = "", quoted[512];
    pp_desc desc, zero;
    memset(&desc, 0xA5, sizeof desc);
    memset(&zero, 0, sizeof zero);
    pp_status status = pp_desc_parse(&desc, text, error, sizeof error);
    if (status != PP_INVALID) complain("'%s': %s", text, pp_name(PP_NAME_STATUS, (int)status));
    if (status == PP_OK) return;
    snprintf(quoted, sizeof quoted, "'%s", word);
    check_says(error, quoted, text);
    check_says(error, says, text);
    if (memcmp(&desc, &zero, sizeof desc)) complain("'%s': the description is not zero", text);
}

static const struct {
    const char *text, *word, *says;
} refused[] = {
    {"", "", "begins with"},
    {"   ", "", "begins with"},
    {"k3", "k3'", "begins with"},
    {"max", "max'", "{max|min|avg|sum}"},
    {"max2", "max2'", "begins with"},
    {"max2dd", "max2dd'", "begins with"},
    {"max0d", "max0d'", "begins with"},
    {"max4d", "max4d'", "begins with"},
    {"max12d", "max12d'", "begins with"},
    {"MAX2D", "MAX2D'", "begins with"},
    {"mean2d", "mean2d'", "begins with"},
    {"average2d", "average2d'", "begins with"},
    {"adaptive_2d", "adaptive_2d'", "begins with"},
    {"adaptive2d", "adaptive2d'", "begins with"},
    {"sliding_max2d", "sliding_max2d'", "begins with"},
    {"global_adaptive_max2d", "global_adaptive_max2d'", "begins with"},
    {"max2d max2d", "max2d'", "no such word"},
    {"max2d K3", "K3'", "no such word"},
    {"max2d f17", "f17'", "no such word"},
    {"max2d ncw", "ncw'", "another number of spatial axes"},
    {"max1d nchw", "nchw'", "another number of spatial axes"},
    {"max3d hwc", "hwc'", "another number of spatial axes"},
    {"max2d nhcw", "nhcw'", "no such word"},
    {"max2d n", "n'", "n<batch>c<channels>"},
    {"max2d n-1", "n-1'", "at least 0"},
    {"max2d c64n8", "c64n8'", "n<batch>c<channels>"},
    {"max2d n8n8", "n8n8'", "n<batch>c<channels>"},
    {"max2d n8c", "n8c'", "n<batch>c<channels>"},
    {"max2d n8c64x", "n8c64x'", "n<batch>c<channels>"},
    {"max2d n9223372036854775808", "n9223372036854775808'", "whole numbers"},
    {"max2d k", "k'", "2-D|whole number"},
    {"max2d k3x", "k3x'", "2-D|joined by x"},
    {"max2d kx3", "kx3'", "2-D|joined by x"},
    {"max2d k3x3x3", "k3x3x3'", "2-D"},
    {"max1d k3x3", "k3x3'", "1-D"},
    {"max3d k3x3", "k3x3'", "3-D"},
    {"max3d k1x1x1x1", "k1x1x1x1'", "3-D"},
    {"max2d k3,3", "k3,3'", "2-D"},
    {"max2d k+3", "k+3'", "2-D"},
    {"max2d k3.5", "k3.5'", "whole number"},
    {"max2d k0x10", NULL, NULL}, /* one by one it is a number: refused when planning */
    {"max2d k--3", "k--3'", "whole number"},
    {"max2d k9223372036854775808", "k9223372036854775808'", "whole number"},
    {"max2d k-9223372036854775808", "k-9223372036854775808'", "whole number"},
    {"max2d k99999999999999999999999999", "k99999999999999999999999999'", "whole number"},
    {"max2d i", "i'", "whole number"},
    {"max2d i4x", "i4x'", "whole number"},
    {"max2d sx", "sx'", "whole number"},
    {"max2d d1.0", "d1.0'", "whole number"},
    {"max2d p", "p'", "begin[:end]"},
    {"max2d p1:", "p1:'", "begin[:end]"},
    {"max2d p:1", "p:1'", "begin[:end]"},
    {"max2d p1:2:3", "p1:2:3'", "begin[:end]"},
    {"max2d p1x2x3", "p1x2x3'", "begin[:end]"},
    {"max2d p1x", "p1x'", "begin[:end]"},
    {"max2d p-", "p-'", "begin[:end]"},
    {"max2d o", "o'", "whole number"},
    {"max2d o7x", "o7x'", "whole number"},
    {"max2d o--", "o--'", "whole number"},
    {"max2d out=", "out='", "whole number"},
    {"max2d out=-", "out=-'", "whole number"},
    {"max2d out", "out'", "no such word"},
    {"max2d ceil=", "ceil='", "torch, caffe, plain"},
    {"max2d ceil=floor", "ceil=floor'", "torch, caffe, plain"},
    {"max2d ceil=given", "ceil=given'", "torch, caffe, plain"},
    {"max2d ceil dialect=keras", "ceil'", "no ceil mode"},
    {"max2d same_upper", "same_upper'", ""},
    {"max2d padding=same", "padding=same'", ""},
    {"avg2d div=", "div='", "valid, clamped, full"},
    {"avg2d div=2x", "div=2x'", "valid, clamped, full"},
    {"avg2d div=half", "div=half'", "valid, clamped, full"},
    {"max2d nan", "nan'", ""},
    {"max2d nan=", "nan='", "last, first, ignore"},
    {"max2d nan=LAST", "nan=LAST'", "last, first, ignore"},
    {"max2d ties=any", "ties=any'", "first, last"},
    {"max2d empty=one", "empty=one'", "identity, lowest, zero, nan, error"},
    {"max2d round=up", "round=up'", "half_even, half_away, truncate"},
    {"max2d idx=", "idx='", "plane, tensor, window"},
    {"max2d idx=row", "idx=row'", "plane, tensor, window"},
    {"max2d idx32=x", "idx32=x'", "plane, tensor, window"},
    {"max2d idx64", "idx64'", ""},
    {"max2d bwd=both", "bwd=both'", "indices, recompute"},
    {"max2d dialect=", "dialect='", "plain, torch, onnx"},
    {"max2d dialect=pytorch", "dialect=pytorch'", "plain, torch, onnx"},
    {"max2d dialect=onnx@", "dialect=onnx@'", "version"},
    {"max2d dialect=onnx@0", "dialect=onnx@0'", "at least 1"},
    {"max2d dialect=onnx@-1", "dialect=onnx@-1'", "at least 1"},
    {"max2d dialect=onnx@1.13", "dialect=onnx@1.13'", "version"},
    {"max2d dialect=onnx@99999999999", "dialect=onnx@99999999999'", "version"},
    {"max2d dialect", "dialect'", ""},
    {"max2d view", "view'", ""},
    {"max2d view=", "view='", "<offset>"},
    {"max2d view=1,2,3,4", "view=1,2,3,4'", "<offset>"},
    {"max2d view=1,2,3:0", "view=1,2,3:0'", "each spatial axis"},
    {"max2d view=1,2,3,4,5:0", "view=1,2,3,4,5:0'", "each spatial axis"},
    {"max2d view=1,2,3,4,:0", "view=1,2,3,4,:0'", "each spatial axis"},
    {"max2d view=1,2,3,4:", "view=1,2,3,4:'", "<offset>"},
    {"max2d view=1,2,3,4:0x", "view=1,2,3,4:0x'", "<offset>"},
    {"max2d view=,,,:0", "view=,,,:0'", "each spatial axis"},
    {"max2d view.out=1,2,3,4:0", "view.out=1,2,3,4:0'", "output, indices, grad_output, grad_input"},
    {"max2d view.input=1,2,3,4:0", "view.input=1,2,3,4:0'", "output, indices, grad_output, grad_input"},
    {"max2d view.output:1", "view.output:1'", "<offset>"},
    {"max2d view.", "view.'", "output, indices"},
    {"max2d =", "='", "no such word"},
    {"max2d =3", "=3'", "no such word"},
    {"max2d foo=bar", "foo=bar'", "no such word"},
    {"max2d k3 s2 p1 \xc3\xa9", "\xc3\xa9'", "no such word"},
};

static void quoted_words(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(refused); i++) {
        if (refused[i].word) refuse(refused[i].text, refused[i].word, refused[i].says);
        else case_desc(refused[i].text);
    }
    settle();
}

/* A word longer than any can be is quoted by its beginning. */
static void long_words(void **state)
{
    (void)state;
    char text[4096];
    static const char *const begins[] = {"", "max2d ", "max2d k3 ", "max2d k3 dialect=", "max2d view=", "max2d n1 k"};
    for (int i = 0; i < COUNT(begins); i++) {
        for (int length = 140; length < 3000; length += length < 200 ? 1 : 400) {
            size_t at = strlen(begins[i]);
            memcpy(text, begins[i], at);
            memset(text + at, '9', (size_t)length);
            text[at + (size_t)length] = '\0';
            const char *last = strrchr(begins[i], ' ');
            char word[64];
            snprintf(word, sizeof word, "%.30s", last ? text + (last + 1 - begins[i]) : text);
            refuse(text, word, "");
        }
    }
    settle();
}

/* docs/notation.md: each word at most once. */
static void twice(void **state)
{
    (void)state;
    static const struct {
        const char *text, *word;
    } list[] = {
        {"max2d k3 k2", "k2'"},
        {"max2d k3 k3", "k3'"},
        {"max2d s1 k3 s2", "s2'"},
        {"max2d n1 n2", "n2'"},
        {"max2d c1 n1c2", "n1c2'"},
        {"max2d f32 f64", "f64'"},
        {"max2d nchw nhwc", "nhwc'"},
        {"max2d p1 p2", "p2'"},
        {"max2d same valid", "valid'"},
        {"max2d ceil floor", "floor'"},
        {"avg2d incpad excpad", "excpad'"},
        {"avg2d div=2 div=valid", "div=valid'"},
        {"max2d idx idx32", "idx32'"},
        {"max2d bwd bwd=recompute", "bwd=recompute'"},
        {"max2d nan=last nan=first", "nan=first'"},
        {"max2d view=:1 view=:2", "view=:2'"},
        {"max2d dialect=torch dialect=onnx", "dialect=onnx'"},
    };
    for (int i = 0; i < COUNT(list); i++) refuse(list[i].text, list[i].word, "");
    settle();
}

/* ------------------------------------------------------------------------------------------------ order */

enum { WORDS = 32 };

/* The case's words after the first, in another order. */
static void shuffle(rng *r, const char *text, char to[CASE_TEXT])
{
    char copy[CASE_TEXT], *word[WORDS];
    int count = 0;
    strcpy(copy, text);
    for (char *w = strtok(copy, " "); w && count < WORDS; w = strtok(NULL, " ")) word[count++] = w;
    for (int i = count - 1; i > 1; i--) {
        int k = 1 + (int)rng_below(r, i);
        char *w = word[i];
        word[i] = word[k], word[k] = w;
    }
    to[0] = '\0';
    for (int i = 0; i < count; i++) strcat(strcat(to, i ? " " : ""), word[i]);
}

static void any_order(void **state)
{
    (void)state;
    rng r = {41};
    char text[CASE_TEXT], other[CASE_TEXT], error[256];
    static const char *const tails[] = {"", " dialect=torch", " dialect=onnx@11", " dialect=caffe ceil", " dialect=onednn incpad"};
    for (int i = 0; i < 4000; i++) {
        random_case(&r, text);
        if (i % 4 == 0) random_views(&r, text);
        bool ceil = strstr(text, "ceil") != NULL, div = strstr(text, "div=") != NULL;
        int tail = (int)rng_below(&r, COUNT(tails));
        if (!(ceil && tail == 3) && !(div && tail == 4)) strcat(text, tails[tail]);
        pp_desc first = case_desc(text), second;
        shuffle(&r, text, other);
        if (pp_desc_parse(&second, other, error, sizeof error) != PP_OK) complain("'%s': %s", other, error);
        else if (memcmp(&first, &second, sizeof first)) complain("'%s' is not '%s'", other, text);
    }
    pp_desc first, second; /* no batch axis, but a batch: the same answer in either order */
    pp_status a = pp_desc_parse(&first, "max2d chw n2", NULL, 0), b = pp_desc_parse(&second, "max2d n2 chw", NULL, 0);
    if (a != b || memcmp(&first, &second, sizeof first)) complain("chw n2 is not n2 chw");
    settle();
}

/* ------------------------------------------------------------------------------------------------ garbage */

/* Whatever the text: an answer, with a sentence when it is a refusal; and what was read can be written. */
static void read_anything(const char *text)
{
    char error[128], back[CASE_TEXT];
    pp_desc desc;
    pp_status status = pp_desc_parse(&desc, text, error, sizeof error);
    if (status == PP_OK) {
        if (error[0] || pp_desc_format(&desc, back, sizeof back) == 0) complain("'%s': '%s'", text, error);
        pp_desc again;
        if (strlen(back) < sizeof back - 1 && pp_desc_parse(&again, back, NULL, 0) != PP_OK) complain("'%s', then '%s'", text, back);
    } else if (status != PP_INVALID || !error[0]) {
        complain("'%s': status %d, '%s'", text, (int)status, error);
    }
}

static void garbage(void **state)
{
    (void)state;
    static const char letters[] = "maxinvgsudlpt_0123456789-:,.=@xkcnhwofbreyz \t\n'\"\\%{}$\xff\x80\x01";
    rng r = {51};
    char text[256];
    for (int i = 0; i < 100000; i++) {
        size_t length = (size_t)rng_below(&r, i % 100 ? 40 : 250), at = 0;
        if (rng_below(&r, 2)) at = (size_t)sprintf(text, "%s", rng_below(&r, 2) ? "max2d " : "adaptive_avg3d ");
        for (size_t end = at + length; at < end && at < sizeof text - 1; at++) {
            text[at] = rng_below(&r, 20) ? letters[rng_below(&r, (int64_t)sizeof letters - 1)] : (char)(1 + rng_below(&r, 255));
        }
        text[at] = '\0';
        read_anything(text);
    }
    settle();
}

static void mutations(void **state)
{
    (void)state;
    rng r = {52};
    char text[CASE_TEXT];
    for (int i = 0; i < 100000; i++) {
        random_case(&r, text);
        for (int64_t change = rng_below(&r, 4); change >= 0; change--) {
            size_t length = strlen(text), at = (size_t)rng_below(&r, (int64_t)length + 1);
            switch (rng_below(&r, 4)) {
            case 0: /* another letter */
                if (at < length) text[at] = (char)(1 + rng_below(&r, 127));
                break;
            case 1: /* one missing */
                if (at < length) memmove(text + at, text + at + 1, length - at);
                break;
            case 2: /* one more */
                memmove(text + at + 1, text + at, length - at + 1);
                text[at] = "0123456789x:=-, kspdnc@_"[rng_below(&r, 24)];
                break;
            default: /* a part twice */
                if (length < CASE_TEXT / 2) memmove(text + at + (length - at), text + at, length - at + 1);
            }
        }
        read_anything(text);
    }
    settle();
}

static void prefixes(void **state)
{
    (void)state;
    rng r = {53};
    char text[CASE_TEXT];
    for (int i = 0; i < 500; i++) {
        random_case(&r, text);
        if (i % 2) random_views(&r, text);
        strcat(text, " dialect=torch@11300");
        for (size_t length = strlen(text) + 1; length-- > 0;) {
            text[length] = '\0';
            tensor exact = tensor_block(length + 1, true, 0); /* not a byte behind the NUL is read */
            memcpy(exact.base, text, length + 1);
            read_anything(exact.base);
            tensor_free(&exact);
        }
    }
    settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quoted_words), cmocka_unit_test(long_words), cmocka_unit_test(twice),    cmocka_unit_test(any_order),
        cmocka_unit_test(garbage),      cmocka_unit_test(mutations),  cmocka_unit_test(prefixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
