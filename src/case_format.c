/* The notation of cases (docs/notation.md): from description to text. */
#include "dialect.h"
#include "problem.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct writer {
    char *text;
    size_t size, length; /* length: what the whole needs so far */
    const pp_desc *desc;
    pp_desc init; /* the defaults, which are not written */
} writer;

static void put(writer *w, const char *format, ...) PP_PRINTF(2, 3);

static void put(writer *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t room = w->length < w->size ? w->size - w->length : 0;
    int length = vsnprintf(room ? w->text + w->length : NULL, room, format, arguments);
    va_end(arguments);
    if (length > 0) w->length += (size_t)length;
}

static void put_list(writer *w, const int64_t *values)
{
    for (int a = 0; a < w->desc->rank; a++) {
        if (values[a] == PP_AUTO) put(w, "%s-", a ? "x" : "");
        else put(w, "%s%lld", a ? "x" : "", (long long)values[a]);
    }
}

/* " k3x3", unless the values are those of the defaults; field: offset of a list in pp_desc */
static void put_sizes(writer *w, const char *name, size_t field)
{
    const char *values = (const char *)w->desc + field;
    if (!memcmp(values, (const char *)&w->init + field, (size_t)w->desc->rank * sizeof(int64_t))) return;
    put(w, " %s", name);
    put_list(w, (const int64_t *)(const void *)values);
}

static void put_shape(writer *w)
{
    static const char axes[][4] = {"w", "hw", "dhw"};
    const pp_desc *desc = w->desc;
    if (desc->layout != w->init.layout || desc->unbatched != w->init.unbatched || desc->channels != PP_AUTO || desc->batch != PP_AUTO) {
        bool last = desc->layout == PP_CHANNELS_LAST;
        put(w, " %s%s%s%s", desc->unbatched ? "" : "n", last ? "" : "c", axes[desc->rank - 1], last ? "c" : "");
    }
    put(w, " %s", pp_name(PP_NAME_DTYPE, desc->dtype));
    bool batch = desc->batch != PP_AUTO && !(desc->unbatched && desc->batch == 1);
    if (batch || desc->channels != PP_AUTO) put(w, " ");
    if (batch) put(w, "n%lld", (long long)desc->batch);
    if (desc->channels != PP_AUTO) put(w, "c%lld", (long long)desc->channels);
    put_sizes(w, "i", offsetof(pp_desc, input_size));
}

static void put_padding(writer *w)
{
    const pp_desc *desc = w->desc;
    bool begin = false, end = false;
    for (int a = 0; a < desc->rank; a++) begin |= desc->pad_begin[a] != 0, end |= desc->pad_end[a] != desc->pad_begin[a];
    if (begin || end) {
        put(w, " p");
        put_list(w, desc->pad_begin);
        if (end) put(w, ":"), put_list(w, desc->pad_end);
    }
    if (desc->padding != PP_PAD_EXPLICIT) put(w, " %s", pp_name(PP_NAME_PADDING, desc->padding));
}

static void put_size_rule(writer *w)
{
    const pp_desc *desc = w->desc;
    if (desc->size_rule == PP_SIZE_GIVEN) {
        put(w, " out=");
        put_list(w, desc->output_size);
    } else {
        put_sizes(w, "o", offsetof(pp_desc, output_size));
        if (desc->size_rule == w->init.size_rule) return;
        if (desc->size_rule == PP_SIZE_FLOOR) put(w, " floor");
        else put(w, " ceil=%s", pp_name(PP_NAME_SIZE_RULE, desc->size_rule));
    }
}

/* As %.17g in every locale. */
static void put_real(writer *w, double value)
{
    char number[40];
    snprintf(number, sizeof number, "%.17g", value);
    char *point = strchr(number, *localeconv()->decimal_point);
    if (point) *point = '.';
    put(w, "%s", number);
}

static void put_choices(writer *w)
{
    const pp_desc *desc = w->desc;
    if (desc->divisor == PP_DIVISOR_OVERRIDE) put(w, " div="), put_real(w, desc->divisor_override);
    else if (desc->divisor != w->init.divisor) put(w, " div=%s", pp_name(PP_NAME_DIVISOR, desc->divisor));
    for (const pp_choice *choice = pp_choices; choice->offset != offsetof(pp_desc, backward); choice++) {
        int value = pp_choice_get(desc, choice);
        if (*choice->word && value != pp_choice_get(&w->init, choice)) put(w, " %s=%s", choice->word, pp_name((pp_names)choice->list, value));
    }
    if (desc->indices != PP_INDEX_NONE) {
        static const char bits[][3] = {[PP_INDEX_I32] = "32", [PP_INDEX_I64] = "", [PP_INDEX_U8] = "8", [PP_INDEX_U16] = "16"};
        put(w, " idx%s=%s", bits[desc->indices], pp_name(PP_NAME_INDEX_CONVENTION, desc->index_convention));
    }
    if (desc->backward == PP_BACKWARD_AUTO) put(w, " bwd");
    else if (desc->backward != PP_BACKWARD_NONE) put(w, " bwd=%s", pp_name(PP_NAME_BACKWARD, desc->backward));
}

static void put_views(writer *w)
{
    const pp_desc *desc = w->desc;
    for (int t = 0; t < PP_TENSOR_COUNT; t++) {
        const pp_view *view = &desc->view[t];
        bool dense = view->strides[0] == PP_AUTO;
        if (dense && !view->offset) continue;
        put(w, t == PP_INPUT ? " view=" : " view.%s=", pp_tensor_names[t]);
        for (int i = 0; !dense && i < 2 + desc->rank; i++) put(w, "%s%lld", i ? "," : "", (long long)view->strides[i]);
        put(w, ":%lld", (long long)view->offset);
    }
}

size_t pp_desc_format(const pp_desc *desc, char *text, size_t text_size)
{
    writer w;
    w.text = text;
    w.size = text ? text_size : 0;
    w.length = 0;
    w.desc = desc;
    if (w.size) text[0] = '\0';
    if (!desc || desc->struct_size < sizeof *desc ||
        pp_desc_init(&w.init, desc->dialect, desc->dialect_version, desc->op, desc->rank) != PP_OK || pp_choice_unknown(desc)) {
        return 0;
    }
    if (desc->mode != PP_MODE_SLIDING) put(&w, "%s_", pp_name(PP_NAME_MODE, desc->mode));
    put(&w, "%s%dd", pp_name(PP_NAME_OP, desc->op), desc->rank);
    put_shape(&w);
    put_sizes(&w, "k", offsetof(pp_desc, kernel));
    put_sizes(&w, "s", offsetof(pp_desc, stride));
    put_sizes(&w, "d", offsetof(pp_desc, dilation));
    put_padding(&w);
    put_size_rule(&w);
    put_choices(&w);
    if (desc->dialect != PP_DIALECT_PLAIN) put(&w, " dialect=%s", pp_name(PP_NAME_DIALECT, desc->dialect));
    if (desc->dialect_version) put(&w, "%s@%d", desc->dialect == PP_DIALECT_PLAIN ? " dialect=plain" : "", desc->dialect_version);
    put_views(&w);
    return w.length;
}
