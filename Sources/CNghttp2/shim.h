// Makes nghttp2 visible to Swift, and what frames say, which are a union there.
#pragma once
#include <nghttp2/nghttp2.h>

static inline uint8_t gh_frame_type(const nghttp2_frame *frame) { return frame->hd.type; }
static inline uint8_t gh_frame_flags(const nghttp2_frame *frame) { return frame->hd.flags; }
static inline int32_t gh_frame_stream(const nghttp2_frame *frame) { return frame->hd.stream_id; }
static inline size_t gh_frame_length(const nghttp2_frame *frame) { return frame->hd.length; }
static inline int gh_headers_category(const nghttp2_frame *frame) { return (int)frame->headers.cat; }
static inline uint32_t gh_reset_code(const nghttp2_frame *frame) { return frame->rst_stream.error_code; }
static inline uint32_t gh_goaway_code(const nghttp2_frame *frame) { return frame->goaway.error_code; }
static inline int32_t gh_goaway_last_stream(const nghttp2_frame *frame) { return frame->goaway.last_stream_id; }

static inline nghttp2_data_provider gh_data_provider(void *source, nghttp2_data_source_read_callback read) {
    nghttp2_data_provider provider;
    provider.source.ptr = source;
    provider.read_callback = read;
    return provider;
}

static inline void *gh_data_source(nghttp2_data_source *source) { return source->ptr; }
