/* fill.h - reproducible values for verify. */
#ifndef POOLPACK_CLI_FILL_H
#define POOLPACK_CLI_FILL_H

#include "ndarray.h"

/* The words of fill=; NULL past the last one. */
const char *fill_name(int kind);

/* Whether the element type can hold such values. */
bool fill_suits(int kind, enum element element);

/* Fills the whole array; the same kind and seed give the same values on every machine. */
void fill_array(struct array *array, int kind, uint64_t seed);

#endif
