/* bind.c - what an array's axes mean to a case. */
#include "job.h"

#include <stdlib.h>
#include <string.h>

/* The spatial letters of a rank: "w", "hw", "dhw". */
static const char *spatial(int rank) { return &"dhw"[PP_MAX_RANK - rank]; }

/* The notation's words for layouts, of any rank. */
static bool is_layout(const char *word)
{
    char name[ROLES_SIZE + 1];
    for (int rank = 1; rank <= PP_MAX_RANK; rank++)
        for (int form = 0; form < 4; form++) {
            bool batched = form & 1, last = form & 2;
            snprintf(name, sizeof name, "%s%s%s%s", batched ? "n" : "", last ? "" : "c", spatial(rank), last ? "c" : "");
            if (strcmp(name, word) == 0) return true;
        }
    return false;
}

static bool is_dtype(const char *word)
{
    for (int i = 0; pp_name(PP_NAME_DTYPE, i); i++)
        if (strcmp(word, pp_name(PP_NAME_DTYPE, i)) == 0) return true;
    return false;
}

static int list_shapes(const struct job *job, const char *layout, const struct array *array)
{
    char accepted[128];
    const char *axes = spatial(job->desc.rank);
    if (array->origin == ORIGIN_IMAGE) return fail(job->input, "an image has the axes hw; the case pools %s", axes);
    if (layout[0]) snprintf(accepted, sizeof accepted, "%s, or %s (one plane)", layout, axes);
    else if (array->origin == ORIGIN_IDX) snprintf(accepted, sizeof accepted, "n%s, or %s (one plane)", axes, axes);
    else snprintf(accepted, sizeof accepted, "nc%s, c%s, or %s (one plane)", axes, axes, axes);
    return fail(job->input, "has %d %s; the case takes %s", array->axes, array->axes == 1 ? "axis" : "axes", accepted);
}

/* "layout" is the case's own word, or "". */
static int choose_roles(struct job *job, const char *layout, const struct array *array)
{
    const int rank = job->desc.rank;
    const char *axes = spatial(rank);
    char layouts[2][ROLES_SIZE]; /* unbatched, batched */
    snprintf(layouts[0], ROLES_SIZE, "c%s", axes);
    snprintf(layouts[1], ROLES_SIZE, "nc%s", axes);
    const char *out = layout[0] ? layout : NULL;
    if (array->origin == ORIGIN_IMAGE && rank == 2) {
        strcpy(job->roles, "hwc");
        strcpy(job->out_roles, out ? out : "hwc");
    } else if (array->origin != ORIGIN_IMAGE && array->axes == rank) {
        strcpy(job->roles, axes);
        strcpy(job->out_roles, axes);
    } else if (array->origin == ORIGIN_IDX && array->axes == rank + 1 && (!out || out[0] == 'n')) {
        snprintf(job->roles, ROLES_SIZE, "n%s", axes);
        strcpy(job->out_roles, out ? out : layouts[1]);
    } else if (array->origin != ORIGIN_IMAGE && out && array->axes == (int)strlen(out)) {
        strcpy(job->roles, out);
        strcpy(job->out_roles, out);
    } else if (array->origin != ORIGIN_IMAGE && !out && (array->axes == rank + 1 || array->axes == rank + 2)) {
        strcpy(job->roles, layouts[array->axes - rank - 1]);
        strcpy(job->out_roles, job->roles);
    } else {
        return list_shapes(job, layout, array);
    }
    return 0;
}

int axis_of(const char *roles, char role)
{
    const char *at = strchr(roles, role);
    return at ? (int)(at - roles) : -1;
}

/* The field of the description that an axis fills, and its place in a view's strides. */
static int64_t *field_of(pp_desc *desc, char role, int *stride)
{
    *stride = role == 'n' ? 0 : 1;
    if (role == 'n') return &desc->batch;
    if (role == 'c') return &desc->channels;
    int axis = axis_of(spatial(desc->rank), role);
    *stride = 2 + axis;
    return &desc->input_size[axis];
}

static int bind_sizes(struct job *job, const struct array *array)
{
    pp_desc *desc = &job->desc;
    int stride;
    for (int i = 0; i < array->axes; i++) {
        int64_t *field = field_of(desc, job->roles[i], &stride);
        if (*field != PP_AUTO && *field != array->shape[i])
            return fail(job->input, "axis %d (%c) has the extent %lld; the case says %lld", i, job->roles[i], (long long)array->shape[i],
                        (long long)*field);
        *field = array->shape[i];
    }
    if (desc->batch == PP_AUTO) desc->batch = 1;
    if (desc->channels == PP_AUTO) desc->channels = 1;
    if (!strchr(job->roles, 'n') && desc->batch != 1)
        return fail(job->input, "has no batch axis; the case says n%lld", (long long)desc->batch);
    if (!strchr(job->roles, 'c') && desc->channels != 1)
        return fail(job->input, "has no channel axis; the case says c%lld", (long long)desc->channels);
    return 0;
}

/* Whether the axes of "roles" come in the order of "out_roles"; axes that only the latter has are of extent 1. */
static bool same_order(const char *roles, const char *out_roles)
{
    for (const char *at = out_roles; *at; at++)
        if (strchr(roles, *at) && *roles++ != *at) return false;
    return *roles == '\0';
}

void set_view(pp_desc *desc, pp_tensor tensor, const struct array *array, const char *roles)
{
    pp_view *view = &desc->view[tensor];
    int stride;
    memset(view, 0, sizeof *view);
    for (int i = 0; i < array->axes; i++) {
        field_of(desc, roles[i], &stride);
        view->strides[stride] = array->strides[i];
    }
}

int describe_job(struct job *job, const char *text, const char *input, const struct array *array)
{
    char error[ERROR_SIZE], layout[ROLES_SIZE] = "";
    memset(job, 0, sizeof *job);
    job->text = text;
    job->input = input;
    if (pp_desc_parse(&job->desc, text, error, sizeof error) != PP_OK) {
        fail(text, "%s", error);
        return EXIT_USAGE;
    }
    for (int i = 0; i < PP_TENSOR_COUNT; i++)
        if (job->desc.view[i].strides[0] != PP_AUTO || job->desc.view[i].offset != 0)
            return fail(text, "view= has no meaning here: the input's own order is used");
    find_word(text, is_layout, layout, sizeof layout);
    if (choose_roles(job, layout, array) || bind_sizes(job, array)) return EXIT_FAILED;
    job->desc.layout = job->out_roles[strlen(job->out_roles) - 1] == 'c' ? PP_CHANNELS_LAST : PP_CHANNELS_FIRST;
    job->desc.unbatched = job->out_roles[0] != 'n';
    if (array->data && (!same_order(job->roles, job->out_roles) || !is_c_order(array))) set_view(&job->desc, PP_INPUT, array, job->roles);
    return 0;
}

int wanted_element(const char *text, const char *dtype, const char *name, const struct array *array, enum element *element)
{
    char word[16] = "";
    find_word(text, is_dtype, word, sizeof word);
    if (dtype && !is_dtype(dtype)) return fail(NULL, "--dtype %s: not a type of the notation (f32, f64, u8, bf16, f16, int8)", dtype);
    if (dtype && word[0] && strcmp(dtype, word) != 0) return fail(text, "the case says %s, --dtype says %s", word, dtype);
    const char *wanted = dtype ? dtype : word;
    *element = array->origin == ORIGIN_TEXT ? ELEMENT_F32 : array->element;
    for (int i = 0; i < ELEMENT_COUNT; i++)
        if (strcmp(wanted, element_types[i].name) == 0) *element = (enum element)i;
    if (*element < ELEMENT_U16) return 0;
    return fail(name, "holds %s, which are not pooled; the word f32 or f64 in the case converts them", element_types[*element].name);
}
