/* sheet_draw.c - sets pictures with their labels in rows, on white. */
#include "sheet.h"

#include <math.h>
#include <string.h>

/* In pixels. */
enum { MARGIN = 40, GAP_X = 32, GAP_Y = 36, LABEL = 46, FOOT = 34, WIDEST = 1720, LARGEST = 32000 };

static const double ink[3] = {0.10, 0.11, 0.13}, soft_ink[3] = {0.45, 0.47, 0.50}, hairline[3] = {0.80, 0.81, 0.83};

struct sheet {
    cairo_t *cr;
    int columns, rows;
    double frame_width, frame_height; /* every picture's */
    double width, height;
};

static uint32_t pack_pixel(double red, double green, double blue)
{
    return 0xFF000000u | (uint32_t)lround(red) << 16 | (uint32_t)lround(green) << 8 | (uint32_t)lround(blue);
}

static double clamp(double value) { return value > 0 ? value < 255 ? value : 255 : 0; /* NaN: 0 */ }

/* One pixel of 1 to 4 channels, on white. */
static uint32_t mix_pixel(const double *c, int channels)
{
    int alpha_at = channels % 2 == 0 ? channels - 1 : -1;
    double alpha = alpha_at < 0 ? 1 : clamp(c[alpha_at]) / 255, white = 255 * (1 - alpha);
    double red = clamp(c[0]), green = clamp(c[channels > 2 ? 1 : 0]), blue = clamp(c[channels > 2 ? 2 : 0]);
    return pack_pixel(red * alpha + white, green * alpha + white, blue * alpha + white);
}

int make_picture(const char *name, struct panel *panel, const struct array *array, const char *roles, double scale)
{
    int h = axis_of(roles, 'h'), w = axis_of(roles, 'w'), c = axis_of(roles, 'c'), n = axis_of(roles, 'n');
    int64_t height = array->shape[h], width = array->shape[w], channels = c < 0 ? 1 : array->shape[c];
    if (height < 1 || width < 1 || height > LARGEST || width > LARGEST)
        return fail(name, "a picture of %lldx%lld pixels cannot be drawn", (long long)width, (long long)height);
    if (channels < 1 || channels > 4 || (n >= 0 && array->shape[n] != 1))
        return fail(name, "only one picture of 1 to 4 channels can be drawn");
    panel->width = (int)width;
    panel->height = (int)height;
    panel->picture = cairo_image_surface_create(CAIRO_FORMAT_RGB24, panel->width, panel->height);
    if (cairo_surface_status(panel->picture) != CAIRO_STATUS_SUCCESS)
        return fail(name, "%s", cairo_status_to_string(cairo_surface_status(panel->picture)));
    unsigned char *pixels = cairo_image_surface_get_data(panel->picture);
    int stride = cairo_image_surface_get_stride(panel->picture);
    for (int64_t y = 0; y < height; y++)
        for (int64_t x = 0; x < width; x++) {
            double values[4];
            for (int64_t i = 0; i < channels; i++)
                values[i] = scale * get_element(array, y * array->strides[h] + x * array->strides[w] + (c < 0 ? 0 : i * array->strides[c]));
            uint32_t pixel = mix_pixel(values, (int)channels);
            memcpy(pixels + y * stride + x * 4, &pixel, sizeof pixel);
        }
    cairo_surface_mark_dirty(panel->picture);
    return 0;
}

static void use_font(cairo_t *cr, bool bold, double size, const double color[3])
{
    cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, size);
    cairo_set_source_rgb(cr, color[0], color[1], color[2]);
}

static double text_width(cairo_t *cr, const char *text)
{
    cairo_text_extents_t extents;
    cairo_text_extents(cr, text, &extents);
    return extents.x_advance;
}

/* Long cases are set smaller, and at last cut. */
static void draw_title(cairo_t *cr, const char *title, double x, double y, double room)
{
    char text[sizeof((struct panel *)0)->title + 4];
    double size = 15;
    for (use_font(cr, true, size, ink); size > 11 && text_width(cr, title) > room; use_font(cr, true, size, ink)) size -= 0.5;
    snprintf(text, sizeof text, "%s", title);
    for (size_t length = strlen(title); length > 0 && text_width(cr, text) > room; length--) {
        while (length > 1 && ((unsigned char)title[length - 1] & 0xC0) == 0x80) length--; /* not within a UTF-8 sequence */
        snprintf(text, sizeof text, "%.*s…", (int)(length - 1), title);
    }
    cairo_move_to(cr, x, y);
    cairo_show_text(cr, text);
}

/* Enlarged pixels keep their edges; only a picture larger than its frame is smoothed. */
static void draw_picture(const struct sheet *sheet, const struct panel *panel, double x, double y)
{
    cairo_t *cr = sheet->cr;
    bool smaller = panel->width > sheet->frame_width || panel->height > sheet->frame_height;
    cairo_save(cr);
    cairo_rectangle(cr, x, y, sheet->frame_width, sheet->frame_height);
    cairo_clip(cr);
    cairo_translate(cr, x, y);
    cairo_scale(cr, sheet->frame_width / panel->width, sheet->frame_height / panel->height);
    cairo_set_source_surface(cr, panel->picture, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cr), smaller ? CAIRO_FILTER_BEST : CAIRO_FILTER_NEAREST);
    cairo_pattern_set_extend(cairo_get_source(cr), CAIRO_EXTEND_PAD);
    cairo_paint(cr);
    cairo_restore(cr);
    cairo_rectangle(cr, x - 0.5, y - 0.5, sheet->frame_width + 1, sheet->frame_height + 1);
    cairo_set_source_rgb(cr, hairline[0], hairline[1], hairline[2]);
    cairo_set_line_width(cr, 1);
    cairo_stroke(cr);
}

static void draw_panel(const struct sheet *sheet, const struct panel *panel, int index)
{
    double x = MARGIN + (index % sheet->columns) * (sheet->frame_width + GAP_X);
    double y = MARGIN + (index / sheet->columns) * (sheet->frame_height + LABEL + GAP_Y);
    char size[64];
    snprintf(size, sizeof size, "%d × %d", panel->width, panel->height);
    draw_title(sheet->cr, panel->title, x, y + 13, sheet->frame_width);
    use_font(sheet->cr, false, 13, soft_ink);
    cairo_move_to(sheet->cr, x, y + 33);
    cairo_show_text(sheet->cr, size);
    draw_picture(sheet, panel, x, y + LABEL);
}

static void draw_foot(const struct sheet *sheet)
{
    char text[128];
    snprintf(text, sizeof text, "poolpack %s. Every result is enlarged to the size of the input, pixel by pixel.", pp_version());
    use_font(sheet->cr, false, 12, soft_ink);
    cairo_move_to(sheet->cr, MARGIN, sheet->height - MARGIN + 12);
    cairo_show_text(sheet->cr, text);
}

/* Small inputs are enlarged by a whole number, so that all their pixels are squares of the same size. */
static void choose_frame(struct sheet *sheet, const struct panel *input, int side)
{
    int longest = input->width > input->height ? input->width : input->height;
    double factor = longest <= side ? side / longest : (double)side / longest;
    sheet->frame_width = fmax(1, round(input->width * factor));
    sheet->frame_height = fmax(1, round(input->height * factor));
}

/* As many columns as a wide screen shows, then no more than the rows need. */
static void choose_columns(struct sheet *sheet, int count, int columns)
{
    if (columns < 1) {
        columns = (int)((WIDEST - 2 * MARGIN + GAP_X) / (sheet->frame_width + GAP_X));
        columns = columns < 1 ? 1 : columns > count ? count : columns;
        int rows = (count + columns - 1) / columns;
        columns = (count + rows - 1) / rows;
    }
    sheet->columns = columns < count ? columns : count;
    sheet->rows = (count + sheet->columns - 1) / sheet->columns;
    sheet->width = 2 * MARGIN + sheet->columns * (sheet->frame_width + GAP_X) - GAP_X;
    sheet->height = 2 * MARGIN + sheet->rows * (sheet->frame_height + LABEL + GAP_Y) - GAP_Y + FOOT;
}

static cairo_status_t write_bytes(void *closure, const unsigned char *data, unsigned int length)
{
    FILE *file = closure;
    return fwrite(data, 1, length, file) == length ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

int draw_sheet(struct output *output, const struct panel *panels, int count, int side, int columns)
{
    struct sheet sheet;
    choose_frame(&sheet, &panels[0], side);
    choose_columns(&sheet, count, columns);
    if (sheet.width > LARGEST || sheet.height > LARGEST)
        return fail(output->path, "a sheet of %.0fx%.0f pixels is too large; use --size or --columns", sheet.width, sheet.height);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)sheet.width, (int)sheet.height);
    sheet.cr = cairo_create(surface);
    cairo_set_source_rgb(sheet.cr, 1, 1, 1);
    cairo_paint(sheet.cr);
    for (int i = 0; i < count; i++) draw_panel(&sheet, &panels[i], i);
    draw_foot(&sheet);
    cairo_status_t status = cairo_status(sheet.cr);
    cairo_destroy(sheet.cr);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_write_to_png_stream(surface, write_bytes, output->file);
    cairo_surface_destroy(surface);
    /* A write error is reported by commit_output with the system's reason. */
    return status == CAIRO_STATUS_SUCCESS || status == CAIRO_STATUS_WRITE_ERROR ? 0
                                                                                : fail(output->path, "%s", cairo_status_to_string(status));
}
