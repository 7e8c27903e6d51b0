# Tags are pinned; for production pin digests too:
# `docker buildx imagetools inspect rust:1.95.0-slim-bookworm` shows them, and
# `FROM rust:1.95.0-slim-bookworm@sha256:…` uses them.
FROM rust:1.95.0-slim-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends cmake g++ make pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked --bin forgewarden

FROM debian:12.11-slim
# git fetches objects; the certificates let it and the service check the forge.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/forgewarden --create-home forgewarden
COPY --from=build /src/target/release/forgewarden /usr/local/bin/forgewarden
USER 10001
WORKDIR /var/lib/forgewarden
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
ENTRYPOINT ["forgewarden"]
CMD ["serve", "--config", "/etc/forgewarden/forgewarden.toml"]
