/*
 * ndarray.h - an array in memory, and the files it is read from and written to.
 *
 * Every reader gives a compact array (each element of "data" once), so one loop over "count" elements visits all of them;
 * "strides" say in which order they lie: NumPy's Fortran order is not copied.
 */
#ifndef POOLPACK_CLI_NDARRAY_H
#define POOLPACK_CLI_NDARRAY_H

#include "cli.h"

#define MAX_AXES 8

/* The library's types, and behind them those of indices. */
enum element { ELEMENT_F32, ELEMENT_F64, ELEMENT_U8, ELEMENT_BF16, ELEMENT_F16, ELEMENT_INT8, ELEMENT_U16, ELEMENT_I32, ELEMENT_I64, ELEMENT_COUNT };

struct element_type {
    const char *name;
    char kind; /* NumPy's letter: "<f4" is kind f, size 4 */
    unsigned char size;
};

extern const struct element_type element_types[ELEMENT_COUNT];

bool is_bytes(enum element element); /* u8, int8 */
enum element element_of(pp_dtype dtype);
pp_dtype dtype_of(enum element element); /* not for those of indices alone */
enum element element_of_index(pp_index_type type);

/* Where an array comes from decides what its axes mean (bind.c). */
enum origin { ORIGIN_NPY, ORIGIN_IMAGE, ORIGIN_IDX, ORIGIN_TEXT };

struct array {
    enum element element;
    enum origin origin;
    int axes;
    int64_t shape[MAX_AXES], strides[MAX_AXES]; /* in elements */
    int64_t count;
    void *data; /* free_array() frees it */
};

/* Sets the shape, C-order strides and the count.  False if the number of elements or bytes does not fit. */
bool set_shape(struct array *array, enum element element, int axes, const int64_t *shape);
void set_fortran_order(struct array *array);
bool is_c_order(const struct array *array);

/* set_shape and malloc; prints the sentence.  An array without elements gets memory too. */
int new_array(const char *name, struct array *array, enum element element, int axes, const int64_t *shape);
void free_array(struct array *array); /* leaves it empty; freeing twice is harmless */

double get_element(const struct array *array, int64_t position);
void put_element(struct array *array, int64_t position, double value);

/* Changes the element type.  Rounds to nearest-even among the floating types; to bytes only whole numbers of their range. */
int convert_array(const char *name, struct array *array, enum element element);

/* [[1,2],[3,4]]; "break_rows" puts each innermost list on a line of its own. */
void print_array(FILE *file, const struct array *array, bool break_rows, bool json);

/* ------------------------------------------------------------------------------------------------------------- reading */

struct bytes {
    unsigned char *data;
    size_t size;
};

/* Reads a file ("-" is standard input, "[..." a literal array); gzip is unpacked; the content says what it is, not the name. */
int read_array(const char *path, struct array *array);

/* The decoders; "name" is for messages.  They may take "bytes->data" (and then set it to NULL). */
int read_npy(const char *name, struct bytes *bytes, struct array *array);
int read_idx(const char *name, struct bytes *bytes, struct array *array);
int read_png(const char *name, struct bytes *bytes, struct array *array);
int read_jpeg(const char *name, struct bytes *bytes, struct array *array);
int read_text(const char *name, struct bytes *bytes, struct array *array);

int gunzip(const char *name, struct bytes *bytes); /* in place */

/* Makes the rest of "bytes" from "offset" on the array's data. */
void take_data(struct bytes *bytes, size_t offset, struct array *array);
void swap_bytes(void *data, int64_t count, size_t size);
bool host_is_big_endian(void);

/* ------------------------------------------------------------------------------------------------------------- writing */

/* A file that appears under its name only when it is complete.  "-" is standard output. */
struct output {
    const char *path; /* NULL: nothing to write */
    bool force;       /* may replace an existing file */
    char *temporary;  /* written until committed; NULL: written in place (standard output, devices) */
    FILE *file;
};

int check_output(const char *path, bool force); /* the same refusals, before any work is done */
int open_output(struct output *output, const char *path, bool force);
int commit_output(struct output *output);
void discard_output(struct output *output); /* after commit_output: nothing */
void remove_outputs_on_signals(void);
bool is_directory(const char *path);
bool is_stdout(const char *path);

int write_npy(struct output *output, const struct array *array); /* C order only */

/* Axes "axis_h", "axis_w" and "axis_c" (-1: none) of a u8 array with at most four channels. */
int write_png(struct output *output, const struct array *array, int axis_h, int axis_w, int axis_c);

#endif
