/* png.c - PNG images: read with libpng's row interface, because its simplified one changes the values of 16-bit images. */
#include "ndarray.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* Everything that must survive a longjmp lives here and is reached by pointer. */
struct png_reader {
    const char *name;
    const struct bytes *bytes;
    size_t at;
    png_structp png;
    png_infop info;
    png_bytep *rows;
    struct array *array;
    char sentence[128];
};

static void on_error(png_structp png, png_const_charp message)
{
    struct png_reader *reader = png_get_error_ptr(png);
    snprintf(reader->sentence, sizeof reader->sentence, "%s", message);
    png_longjmp(png, 1);
}

/* Warnings concern colour profiles, times and comments: nothing that changes a pixel. */
static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void on_read(png_structp png, png_bytep to, png_size_t size)
{
    struct png_reader *reader = png_get_io_ptr(png);
    if (size > reader->bytes->size - reader->at) png_error(png, "the file ends too early");
    memcpy(to, reader->bytes->data + reader->at, size);
    reader->at += size;
}

/* Palette, 1, 2 and 4 bits become 8; a transparent colour becomes an alpha channel; 16 bits stay, in the host's order. */
static void expand(struct png_reader *reader)
{
    png_set_expand(reader->png);
    if (!host_is_big_endian()) png_set_swap(reader->png);
    png_set_interlace_handling(reader->png);
    png_read_update_info(reader->png, reader->info);
}

/* Deflate packs at most 1032 bytes into one: a header that promises more than that is not believed. */
static bool is_plausible(const struct png_reader *reader, int64_t size) { return size / 1032 <= (int64_t)reader->bytes->size; }

static int allocate(struct png_reader *reader)
{
    int64_t width = png_get_image_width(reader->png, reader->info), height = png_get_image_height(reader->png, reader->info);
    int depth = png_get_bit_depth(reader->png, reader->info), channels = png_get_channels(reader->png, reader->info);
    int64_t shape[3] = {height, width, channels};
    size_t row_size = (size_t)(width * channels * (depth / 8));
    if (!is_plausible(reader, height * (int64_t)row_size))
        return fail(reader->name, "says it is %lldx%lld pixels, but has only %zu bytes", (long long)width, (long long)height,
                    reader->bytes->size);
    /* 16-bit samples are read into the upper half of the later f32 array and widened from there. */
    enum element element = depth == 16 ? ELEMENT_F32 : ELEMENT_U8;
    if (new_array(reader->name, reader->array, element, 3, shape)) return EXIT_FAILED;
    reader->array->origin = ORIGIN_IMAGE;
    reader->rows = malloc((size_t)height * sizeof *reader->rows);
    if (!reader->rows) return fail_memory(reader->name);
    unsigned char *data = reader->array->data;
    if (depth == 16) data += (size_t)reader->array->count * 2;
    for (int64_t i = 0; i < height; i++) reader->rows[i] = data + (size_t)i * row_size;
    return 0;
}

/* In place: element i is read before anything at or beyond its new position is overwritten. */
static void widen(struct array *array)
{
    unsigned char *data = array->data;
    const unsigned char *from = data + (size_t)array->count * 2;
    for (int64_t i = 0; i < array->count; i++) {
        uint16_t sample;
        memcpy(&sample, from + 2 * i, sizeof sample);
        float value = sample;
        memcpy(data + 4 * i, &value, sizeof value);
    }
}

static int decode(struct png_reader *reader)
{
    if (setjmp(png_jmpbuf(reader->png))) return fail(reader->name, "%s", reader->sentence);
    png_set_read_fn(reader->png, reader, on_read);
    png_read_info(reader->png, reader->info);
    expand(reader);
    if (allocate(reader)) return EXIT_FAILED;
    png_read_image(reader->png, reader->rows);
    png_read_end(reader->png, NULL);
    if (reader->array->element == ELEMENT_F32) widen(reader->array);
    return 0;
}

int read_png(const char *name, struct bytes *bytes, struct array *array)
{
    struct png_reader reader = {.name = name, .bytes = bytes, .array = array};
    reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, on_error, on_warning);
    if (reader.png) reader.info = png_create_info_struct(reader.png);
    int status = reader.info ? decode(&reader) : fail_memory(name);
    png_destroy_read_struct(&reader.png, &reader.info, NULL);
    free(reader.rows);
    return status;
}

static const png_uint_32 formats[] = {0, PNG_FORMAT_GRAY, PNG_FORMAT_GA, PNG_FORMAT_RGB, PNG_FORMAT_RGBA};

int write_png(struct output *output, const struct array *array, int axis_h, int axis_w, int axis_c)
{
    int64_t height = array->shape[axis_h], width = array->shape[axis_w], channels = axis_c < 0 ? 1 : array->shape[axis_c];
    if (height < 1 || width < 1 || height > 0x7FFFFFFF || width > 0x7FFFFFFF / (4 * channels))
        return fail(output->path, "PNG cannot hold %lldx%lld pixels", (long long)width, (long long)height);
    png_bytep pixels = malloc((size_t)(height * width * channels));
    if (!pixels) return fail_memory(output->path);
    const uint8_t *from = array->data;
    const int64_t step_h = array->strides[axis_h], step_w = array->strides[axis_w];
    const int64_t step_c = axis_c < 0 ? 0 : array->strides[axis_c];
    png_bytep to = pixels;
    for (int64_t h = 0; h < height; h++)
        for (int64_t w = 0; w < width; w++)
            for (int64_t c = 0; c < channels; c++) *to++ = from[h * step_h + w * step_w + c * step_c];
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = (png_uint_32)width;
    image.height = (png_uint_32)height;
    image.format = formats[channels];
    int written = png_image_write_to_stdio(&image, output->file, 0, pixels, 0, NULL);
    free(pixels);
    return written ? 0 : fail(output->path, "%s", image.message);
}
