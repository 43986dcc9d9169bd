/* gzip.c - unpacks gzip in memory. */
#include "ndarray.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct unpacker {
    z_stream stream;
    struct bytes packed, plain;
    size_t used, capacity; /* bytes of packed.data that were given to zlib, memory of plain.data */
};

static bool grow(struct unpacker *unpacker)
{
    size_t capacity = unpacker->capacity ? unpacker->capacity / 2 * 3 : unpacker->packed.size * 3 + 4096;
    unsigned char *larger = capacity > PTRDIFF_MAX ? NULL : realloc(unpacker->plain.data, capacity);
    if (!larger) return false;
    unpacker->plain.data = larger;
    unpacker->capacity = capacity;
    return true;
}

static uInt clamp(size_t size) { return size > UINT_MAX ? UINT_MAX : (uInt)size; }

/* One call of inflate; sets the sentence when it cannot go on. */
static int inflate_some(struct unpacker *unpacker, const char **sentence)
{
    if (unpacker->plain.size == unpacker->capacity && !grow(unpacker)) {
        *sentence = "not enough memory to unpack it";
        return Z_MEM_ERROR;
    }
    uInt given = clamp(unpacker->packed.size - unpacker->used), room = clamp(unpacker->capacity - unpacker->plain.size);
    unpacker->stream.next_in = unpacker->packed.data + unpacker->used;
    unpacker->stream.avail_in = given;
    unpacker->stream.next_out = unpacker->plain.data + unpacker->plain.size;
    unpacker->stream.avail_out = room;
    int status = inflate(&unpacker->stream, Z_NO_FLUSH);
    unpacker->used += given - unpacker->stream.avail_in;
    unpacker->plain.size += room - unpacker->stream.avail_out;
    if (status == Z_BUF_ERROR && unpacker->used < unpacker->packed.size) return Z_OK;
    if (status == Z_BUF_ERROR || (status == Z_OK && unpacker->used == unpacker->packed.size && unpacker->stream.avail_out))
        *sentence = "the gzip data end too early";
    else if (status != Z_OK && status != Z_STREAM_END) *sentence = "the gzip data are damaged";
    return status;
}

/* A gzip file may have several members, one after another. */
static void unpack(struct unpacker *unpacker, const char **sentence)
{
    while (!*sentence) {
        if (inflate_some(unpacker, sentence) != Z_STREAM_END || *sentence) continue;
        if (unpacker->used == unpacker->packed.size) return;
        if (unpacker->packed.data[unpacker->used] != 0x1F) *sentence = "something follows the gzip data";
        else inflateReset(&unpacker->stream);
    }
}

int gunzip(const char *name, struct bytes *bytes)
{
    struct unpacker unpacker;
    const char *sentence = NULL;
    memset(&unpacker, 0, sizeof unpacker);
    unpacker.packed = *bytes;
    if (inflateInit2(&unpacker.stream, 15 + 16) != Z_OK) /* the largest window; a gzip header */
        return fail_memory(name);
    unpack(&unpacker, &sentence);
    inflateEnd(&unpacker.stream);
    if (sentence) {
        free(unpacker.plain.data);
        return fail(name, "%s", sentence);
    }
    free(bytes->data);
    *bytes = unpacker.plain;
    return 0;
}
