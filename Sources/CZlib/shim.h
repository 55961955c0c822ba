// Makes zlib visible to Swift; what it offers as macros becomes functions.
#pragma once
#include <zlib.h>

static inline int gh_deflateInit2(z_stream *stream, int level, int window_bits, int memory_level) {
    return deflateInit2(stream, level, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY);
}

static inline int gh_inflateInit2(z_stream *stream, int window_bits) { return inflateInit2(stream, window_bits); }
