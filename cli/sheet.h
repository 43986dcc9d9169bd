/* sheet.h - the parts of the verb sheet: pictures with labels, set in rows. */
#ifndef POOLPACK_CLI_SHEET_H
#define POOLPACK_CLI_SHEET_H

#include "job.h"

#include <cairo.h>

struct panel {
    char title[256];
    int width, height;        /* of the picture in its own pixels */
    cairo_surface_t *picture; /* NULL: none */
};

/* The picture of an array of one sample with 1 to 4 channels (grey, grey-alpha, RGB, RGBA); "scale" brings its values to 0
 * ... 255, and alpha is shown on white. */
int make_picture(const char *name, struct panel *panel, const struct array *array, const char *roles, double scale);

/* Draws every panel in the frame of the first, so that all show the same scene at the same scale.  "side" is the longer side
 * of a picture in pixels, "columns" 0 chooses. */
int draw_sheet(struct output *output, const struct panel *panels, int count, int side, int columns);

#endif
