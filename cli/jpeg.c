/* jpeg.c - JPEG images, grey or colour, through libjpeg.  What is damaged is refused, not guessed. */
#include "ndarray.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

struct jpeg_reader {
    struct jpeg_error_mgr errors; /* first: libjpeg hands back a pointer to it */
    struct jpeg_decompress_struct jpeg;
    jmp_buf leave;
    const char *name;
    const struct bytes *bytes;
    struct array *array;
};

static void on_error(j_common_ptr jpeg)
{
    struct jpeg_reader *reader = (struct jpeg_reader *)(void *)jpeg->err;
    longjmp(reader->leave, 1);
}

/* libjpeg calls missing or damaged data a warning and paints them grey; these warnings alone are harmless. */
static void on_message(j_common_ptr jpeg, int level)
{
    static const int harmless[] = {JWRN_EXTRANEOUS_DATA, JWRN_ADOBE_XFORM, JWRN_JFIF_MAJOR, JWRN_TOO_MUCH_DATA};
    if (level >= 0) return;
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (jpeg->err->msg_code == harmless[i]) return;
    on_error(jpeg);
}

static void read_rows(struct jpeg_reader *reader)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    size_t row_size = (size_t)jpeg->output_width * (size_t)jpeg->output_components;
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = (JSAMPROW)reader->array->data + jpeg->output_scanline * row_size;
        jpeg_read_scanlines(jpeg, &row, 1);
    }
}

static int decode(struct jpeg_reader *reader)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    if (setjmp(reader->leave)) {
        char message[JMSG_LENGTH_MAX];
        reader->errors.format_message((j_common_ptr)jpeg, message);
        return fail(reader->name, "%s", message);
    }
    jpeg_create_decompress(jpeg);
    jpeg_mem_src(jpeg, reader->bytes->data, (unsigned long)reader->bytes->size);
    jpeg_read_header(jpeg, TRUE);
    if (jpeg->num_components != 1 && jpeg->num_components != 3)
        return fail(reader->name, "a JPEG of %d colour components; 1 and 3 are read", jpeg->num_components);
    jpeg->out_color_space = jpeg->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(jpeg);
    int64_t shape[3] = {jpeg->output_height, jpeg->output_width, jpeg->output_components};
    if (new_array(reader->name, reader->array, ELEMENT_U8, 3, shape)) return EXIT_FAILED;
    reader->array->origin = ORIGIN_IMAGE;
    read_rows(reader);
    jpeg_finish_decompress(jpeg);
    return 0;
}

int read_jpeg(const char *name, struct bytes *bytes, struct array *array)
{
    struct jpeg_reader reader;
    memset(&reader, 0, sizeof reader);
    reader.name = name;
    reader.bytes = bytes;
    reader.array = array;
    reader.jpeg.err = jpeg_std_error(&reader.errors);
    reader.errors.error_exit = on_error;
    reader.errors.emit_message = on_message;
    int status = decode(&reader);
    jpeg_destroy_decompress(&reader.jpeg);
    return status;
}
