/* read.c - reads any input: the bytes, then the decoder that their first bytes ask for. */
#define _POSIX_C_SOURCE 200809L
#include "ndarray.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct format {
    const char *magic;
    size_t size;
    int (*read)(const char *name, struct bytes *bytes, struct array *array);
} formats[] = {
    {"\x93NUMPY", 6, read_npy}, {"\x89PNG\r\n\x1a\n", 8, read_png}, {"\xFF\xD8\xFF", 3, read_jpeg}, {"\0\0", 2, read_idx},
    {"[", 1, read_text},
};

/* Files that people try, and what to do instead. */
static const struct stranger {
    const char *magic;
    size_t size;
    const char *sentence;
} strangers[] = {
    {"PK\3\4", 4, "a zip archive (.npz?): unpack it and give one of its .npy files"},
    {"GIF8", 4, "a GIF image: convert it to PNG"},
    {"RIFF", 4, "a RIFF file (WebP, WAV): images must be PNG or JPEG"},
    {"II*\0", 4, "a TIFF image: convert it to PNG or .npy"},
    {"MM\0*", 4, "a TIFF image: convert it to PNG or .npy"},
};

static bool begins_with(const struct bytes *bytes, const char *magic, size_t size)
{
    return bytes->size >= size && memcmp(bytes->data, magic, size) == 0;
}

/* Reads to the end; a regular file's size is known before, so that it is read into memory of the right size. */
static int read_stream(const char *name, FILE *file, struct bytes *bytes)
{
    struct stat status;
    size_t capacity = 1 << 16;
    if (fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode) && status.st_size >= 0) capacity = (size_t)status.st_size + 1;
    for (;;) {
        unsigned char *larger = capacity > PTRDIFF_MAX ? NULL : realloc(bytes->data, capacity);
        if (!larger) return fail_memory(name);
        bytes->data = larger;
        bytes->size += fread(bytes->data + bytes->size, 1, capacity - bytes->size, file);
        if (ferror(file)) return fail_errno(name, errno);
        if (bytes->size < capacity) return 0;
        capacity += capacity / 2 + 4096;
    }
}

static int read_bytes(const char *path, struct bytes *bytes)
{
    if (strcmp(path, "-") == 0) {
        if (isatty(STDIN_FILENO)) return fail("standard input", "is a terminal; redirect a file to it");
        return read_stream(input_name(path), stdin, bytes);
    }
    FILE *file = fopen(path, "rb");
    if (!file) return fail_errno(path, errno);
    int status = read_stream(path, file, bytes);
    fclose(file);
    return status;
}

static int read_literal(const char *path, struct bytes *bytes)
{
    bytes->size = strlen(path);
    bytes->data = malloc(bytes->size + 1);
    if (!bytes->data) return fail_memory(NULL);
    memcpy(bytes->data, path, bytes->size + 1);
    return 0;
}

static int decode(const char *name, struct bytes *bytes, struct array *array)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (begins_with(bytes, formats[i].magic, formats[i].size)) return formats[i].read(name, bytes, array);
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        if (begins_with(bytes, strangers[i].magic, strangers[i].size)) return fail(name, "%s", strangers[i].sentence);
    return bytes->size == 0 ? fail(name, "is empty") : fail(name, "not a known format (.npy, PNG, JPEG, IDX, any of them gzipped)");
}

int read_array(const char *path, struct array *array)
{
    const char *name = input_name(path);
    struct bytes bytes = {NULL, 0};
    memset(array, 0, sizeof *array);
    int status = path[0] == '[' ? read_literal(path, &bytes) : read_bytes(path, &bytes);
    if (status == 0 && begins_with(&bytes, "\x1F\x8B", 2)) status = gunzip(name, &bytes);
    if (status == 0) status = decode(name, &bytes, array);
    free(bytes.data);
    if (status) free_array(array);
    return status;
}

void take_data(struct bytes *bytes, size_t offset, struct array *array)
{
    memmove(bytes->data, bytes->data + offset, bytes->size - offset);
    array->data = bytes->data;
    bytes->data = NULL;
}

bool host_is_big_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 0;
}

void swap_bytes(void *data, int64_t count, size_t size)
{
    unsigned char *at = data;
    for (int64_t i = 0; i < count; i++, at += size)
        for (size_t low = 0, high = size - 1; low < high; low++, high--) {
            unsigned char byte = at[low];
            at[low] = at[high];
            at[high] = byte;
        }
}
