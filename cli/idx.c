/* idx.c - IDX, the format of MNIST: two zero bytes, a type, the number of axes, the extents, the elements; all big-endian. */
#include "ndarray.h"

#include <string.h>

static const struct idx_type {
    unsigned char code;
    bool known;
    enum element element;
    const char *name;
} types[] = {
    {0x08, true, ELEMENT_U8, "unsigned 8-bit"},      {0x0D, true, ELEMENT_F32, "32-bit float"},
    {0x0E, true, ELEMENT_F64, "64-bit float"},       {0x09, true, ELEMENT_INT8, "signed 8-bit"},
    {0x0B, false, ELEMENT_COUNT, "16-bit integers"}, {0x0C, false, ELEMENT_COUNT, "32-bit integers"},
};

static const struct idx_type *find_type(unsigned char code)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].code == code) return &types[i];
    return NULL;
}

int read_idx(const char *name, struct bytes *bytes, struct array *array)
{
    const unsigned char *header = bytes->data;
    const struct idx_type *type = bytes->size >= 4 ? find_type(header[2]) : NULL;
    if (!type || header[3] == 0) return fail(name, "begins with zeros like IDX, but is not");
    if (!type->known) return fail(name, "holds %s; of IDX, u8, int8, f32 and f64 are read", type->name);
    int axes = header[3];
    if (axes > MAX_AXES) return fail(name, "has %d axes; at most %d are read", axes, MAX_AXES);
    size_t start = 4 + 4 * (size_t)axes;
    if (bytes->size < start) return fail(name, "ends within its header");
    int64_t shape[MAX_AXES];
    for (int i = 0; i < axes; i++) {
        const unsigned char *at = header + 4 + 4 * i;
        shape[i] = (int64_t)at[0] << 24 | (int64_t)at[1] << 16 | (int64_t)at[2] << 8 | (int64_t)at[3];
    }
    if (!set_shape(array, type->element, axes, shape)) return fail(name, "its header asks for more elements than fit 64 bits");
    size_t size = element_types[type->element].size, wanted = (size_t)array->count * size;
    if (bytes->size - start != wanted)
        return fail(name, "its header asks for %zu bytes of elements, %zu are there", wanted, bytes->size - start);
    take_data(bytes, start, array);
    if (!host_is_big_endian()) swap_bytes(array->data, array->count, size);
    array->origin = ORIGIN_IDX;
    return 0;
}
