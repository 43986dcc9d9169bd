/* verb_sheet.c - the verb sheet: an image beside its poolings. */
#include "sheet.h"

#include <stdlib.h>
#include <string.h>

static const char help[] = "Usage: poolpack sheet CASE... IMAGE -o sheet.png [options]\n"
                           "Draws IMAGE beside each pooled result, all at the same scale: the results' pixels are enlarged\n"
                           "to the size of the input, so that what a pooling keeps and loses can be seen.\n"
                           "CASE    as in poolpack run; several may follow each other, quoted or not\n"
                           "IMAGE   PNG, JPEG, an IDX file (see --item), or an .npy plane with values from 0 to 255\n"
                           "  -o, --output FILE  the picture, PNG; - is standard output\n"
                           "      --item N       which image of an IDX file (default 0, the first)\n"
                           "      --size N       longer side of each picture in pixels (default 400)\n"
                           "      --columns N    pictures in a row (default: what fits a wide screen)\n"
                           "      --threads N, --isa NAME   as in poolpack run\n"
                           "  -f, --force        replace an existing file;  -q, --quiet: print nothing\n"
                           "Examples:\n"
                           "  poolpack sheet max2d k8 avg2d k8 min2d k8 photo.jpg -o sheet.png\n"
                           "  poolpack sheet 'max2d k3 s2 p1' 'adaptive_avg2d o16x16' global_avg2d photo.png -o sheet.png\n"
                           "  poolpack sheet max2d k2 avg2d k2 t10k-images-idx3-ubyte.gz --item 7 -o shoe.png\n";

struct sheet_options {
    const char *output, *isa;
    int item, size, columns, threads;
    bool force, quiet;
};

/* One image of an IDX file of several: its plane is moved to the front. */
static int choose_item(const char *name, struct array *array, int item)
{
    if (array->origin != ORIGIN_IDX || array->axes != 3)
        return item > 0 ? fail(name, "--item chooses among the images of an IDX file; this is one image") : 0;
    if (item >= array->shape[0]) return fail(name, "--item %d: the file has the images 0 to %lld", item, (long long)array->shape[0] - 1);
    int64_t shape[2] = {array->shape[1], array->shape[2]};
    size_t size = (size_t)array->strides[0] * element_types[array->element].size;
    memmove(array->data, (char *)array->data + (size_t)item * size, size);
    set_shape(array, array->element, 2, shape);
    return 0;
}

static int read_image(const char *path, int item, struct array *array)
{
    const char *name = input_name(path);
    if (read_array(path, array) || choose_item(name, array, item)) return EXIT_FAILED;
    if (array->origin != ORIGIN_IMAGE && array->axes != 2) return fail(name, "has %d axes; an image or one plane is needed", array->axes);
    return 0;
}

/* 16-bit samples are drawn as their upper eight bits would be. */
static double scale_of(const struct array *array) { return array->origin == ORIGIN_IMAGE && array->element != ELEMENT_U8 ? 1.0 / 257 : 1; }

static int copy_array(const char *name, const struct array *from, struct array *to)
{
    *to = *from;
    size_t size = (size_t)from->count * element_types[from->element].size;
    to->data = malloc(size ? size : 1);
    if (!to->data) return fail_memory(name);
    memcpy(to->data, from->data, size);
    return 0;
}

static int pool_image(const struct engine *engine, const char *text, const char *name, struct array *image, double scale,
                      struct panel *panel)
{
    struct job job = {0};
    struct array output = {0};
    enum element element;
    pp_args args = {0};
    int status = wanted_element(text, NULL, name, image, &element);
    if (status == 0) status = convert_array(name, image, element);
    if (status == 0) status = describe_job(&job, text, name, image);
    if (status == 0) {
        job.desc.dtype = dtype_of(element);
        job.desc.indices = PP_INDEX_NONE;
        job.desc.backward = PP_BACKWARD_NONE;
        status = plan_job(&job, engine);
    }
    if (status == 0) status = new_tensor(&job, PP_OUTPUT, element, &output);
    args.input = image->data;
    args.output = output.data;
    if (status == 0) status = run_job(&job, &args);
    if (status == 0) status = make_picture(text, panel, &output, job.out_roles, scale);
    snprintf(panel->title, sizeof panel->title, "%s", text);
    free_array(&output);
    free_job(&job);
    return status;
}

static void name_input(struct panel *panel, const char *name, int item, bool is_item)
{
    const char *slash = strrchr(name, '/');
    if (is_item) snprintf(panel->title, sizeof panel->title, "%.200s, image %d", slash ? slash + 1 : name, item);
    else snprintf(panel->title, sizeof panel->title, "%.250s", slash ? slash + 1 : name);
}

static int fill_panels(const struct sheet_options *options, const struct words *words, struct panel *panels)
{
    const char *name = input_name(words->inputs[0]);
    struct array image, copy;
    struct engine engine;
    if (read_image(words->inputs[0], options->item, &image)) return free_array(&image), EXIT_FAILED;
    double scale = scale_of(&image);
    int status = make_picture(name, &panels[0], &image, image.origin == ORIGIN_IMAGE ? "hwc" : "hw", scale);
    name_input(&panels[0], name, options->item, image.origin == ORIGIN_IDX);
    if (status == 0) status = start_engine(&engine, options->threads, options->isa);
    for (int i = 0; i < words->case_count && status == 0; i++) {
        status = copy_array(name, &image, &copy); /* a case may ask for another element type */
        if (status == 0) status = pool_image(&engine, words->cases[i], name, &copy, scale, &panels[i + 1]);
        free_array(&copy);
        if (status || i == words->case_count - 1) stop_engine(&engine);
    }
    free_array(&image);
    return status;
}

static int make_sheet(const struct sheet_options *options, const struct words *words)
{
    int count = words->case_count + 1;
    struct output output = {0};
    struct panel *panels = calloc((size_t)count, sizeof *panels);
    if (!panels) return fail_memory(NULL);
    int status = check_output(options->output, options->force);
    if (status == 0) status = fill_panels(options, words, panels);
    if (status == 0) status = open_output(&output, options->output, options->force);
    if (status == 0) status = draw_sheet(&output, panels, count, options->size, options->columns);
    if (status == 0) status = commit_output(&output);
    discard_output(&output);
    for (int i = 0; i < count && status == 0 && !options->quiet && strcmp(options->output, "-") != 0; i++)
        printf("%s: %dx%d\n", panels[i].title, panels[i].width, panels[i].height);
    for (int i = 0; i < count; i++) cairo_surface_destroy(panels[i].picture);
    free(panels);
    return status;
}

static int check_arguments(const struct verb *verb, const struct sheet_options *options, const struct words *words)
{
    if (words->case_count == 0) return misuse(verb, words->input_count ? "the cases come before the image" : "no case");
    if (words->input_count != 1) return misuse(verb, words->input_count ? "one image at a time" : "no image");
    if (!options->output) return misuse(verb, "say where to draw: -o sheet.png");
    if (!ends_with(options->output, ".png") && strcmp(options->output, "-") != 0)
        return misuse(verb, "-o %s: the name must end in .png", options->output);
    if (options->size < 16 || options->size > 8192) return misuse(verb, "--size %d: must be from 16 to 8192", options->size);
    return 0;
}

static int sheet_verb(const struct verb *verb, int argc, char **argv)
{
    struct sheet_options options = {.size = 400, .threads = 1};
    const struct option table[] = {
        {"output", 'o', OPTION_TEXT, &options.output},
        {"isa", 0, OPTION_TEXT, &options.isa},
        {"item", 0, OPTION_COUNT, &options.item},
        {"size", 0, OPTION_COUNT, &options.size},
        {"columns", 0, OPTION_COUNT, &options.columns},
        {"threads", 0, OPTION_THREADS, &options.threads},
        {"force", 'f', OPTION_FLAG, &options.force},
        {"quiet", 'q', OPTION_FLAG, &options.quiet},
        {0},
    };
    struct words words = {0};
    int status = take_options(verb, table, &argc, argv);
    if (status >= 0) return status;
    status = split_words(verb, argc, argv, &words);
    if (status == 0) status = check_arguments(verb, &options, &words);
    if (status == 0) status = make_sheet(&options, &words);
    free_words(&words);
    return status;
}

const struct verb verb_sheet = {"sheet", "a picture: an image beside its poolings", help, sheet_verb};
