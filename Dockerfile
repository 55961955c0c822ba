# syntax=docker/dockerfile:1

# The toolchain's release and Debian's must match the runtime stage's C library.
FROM swift:6.3-bookworm AS builder
RUN apt-get update \
    && apt-get install -y --no-install-recommends pkg-config libpcre2-dev libssl-dev libnghttp2-dev libcrypt-dev zlib1g-dev \
       libmaxminddb-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /gatehouse

# Dependencies first: they change seldom and their layer is kept.
COPY Package.* ./
RUN swift package resolve

COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --static-swift-stdlib --product gatehouse \
    && install -D -s .build/release/gatehouse /out/usr/local/bin/gatehouse

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl libpcre2-8-0 libnghttp2-14 libssl3 zlib1g libmaxminddb0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 101 --no-create-home --shell /usr/sbin/nologin gatehouse
COPY --from=builder /out/ /

USER 101
EXPOSE 8080 8443 10254

# Mount manifests here; the directory is read recursively and watched. The admin port stays on loopback.
VOLUME ["/etc/gatehouse/manifests"]

HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
    CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:10254/healthz"]

STOPSIGNAL SIGTERM
ENTRYPOINT ["gatehouse"]
CMD ["serve", "--manifests", "/etc/gatehouse/manifests"]
