# windlass as a static binary on an image with nothing but certificates: no shell, no package manager, not root.
#
#   docker build --tag windlass:0.1.0 .
#   docker run --rm --env DATABASE_URL --volume "$PWD:/app:ro" windlass:0.1.0 upgrade
#
# An application's image takes the binary from here: COPY --from=windlass:0.1.0 /usr/local/bin/windlass /usr/local/bin/
FROM rust:1.95-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libclang-dev python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The caches are the builder's; the binary and what belongs to it leave them.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    --mount=type=cache,target=/src/.cache \
    mkdir -p /out/usr/local/bin /out/usr/local/share/man/man1 /out/usr/local/share/bash-completion/completions \
    && cp "$(scripts/build-static)" /out/usr/local/bin/windlass \
    && /out/usr/local/bin/windlass man /out/usr/local/share/man/man1 \
    && /out/usr/local/bin/windlass completions bash > /out/usr/local/share/bash-completion/completions/windlass

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/ /
WORKDIR /app
USER 65532:65532
ENTRYPOINT ["windlass"]
CMD ["--help"]
