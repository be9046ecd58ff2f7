# Two images from one file:
#   docker build --target stream  -t kws-stream  .    the stream service: Node, a bundle, a model; no node_modules, no TensorFlow
#   docker build --target trainer -t kws-trainer .    the trainer, with TensorFlow
# Both run as a user without rights, on a read-only root file system. The base is pinned by tag and by the digest of its multi-platform index:
# raise both together.
ARG NODE_IMAGE=docker.io/library/node:22-bookworm-slim@sha256:83f487e0a63425e5b4d146fb5e5be574bcbe1b7b843d3ebafdd95eaf7767a7e5

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The lock file decides every version; no package runs a script of its own.
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM packages AS build
COPY . .
RUN npm run build

FROM packages AS trainer-packages
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip make g++ \
 && rm -rf /var/lib/apt/lists/*
COPY tsconfig.json ./
COPY scripts ./scripts
# TensorFlow's library, the official way or from its wheel (scripts/tfjs/set-up.mjs). It is kept in a cache and linked to: it moves into the
# package, the cache stays behind in this stage, and so does what only development needs, and a private key that a package's tests bring.
RUN node scripts/setup-tfjs.mjs \
 && cd node_modules/@tensorflow/tfjs-node && kept=$(readlink -f deps) && rm deps && mv "$kept" deps && cd /app \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/agent-base/test

FROM ${NODE_IMAGE} AS trainer
LABEL org.opencontainers.image.title="kws-trainer" \
      org.opencontainers.image.description="Trains, judges and publishes keyword-spotting models" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=trainer-packages /app/node_modules ./node_modules
COPY --from=build /app/package.json /app/tsconfig.json /app/LICENSE /app/NOTICE /app/docs/licences.md ./
COPY --from=build /app/dist/kernel ./dist/kernel
COPY --from=build /app/shared ./shared
COPY --from=build /app/services/trainer ./services/trainer
COPY --from=build /app/config ./config
COPY --from=build /app/models ./models
ENV NODE_ENV=production TF_CPP_MIN_LOG_LEVEL=1
RUN install --directory --owner=node --group=node /data /runs
USER node
VOLUME ["/data", "/runs"]
ENTRYPOINT ["node", "--import", "tsx", "services/trainer/main.ts"]
CMD ["--help"]

# Last, so that hosts that build without naming a target get the service.
FROM ${NODE_IMAGE} AS stream
LABEL org.opencontainers.image.title="kws-stream" \
      org.opencontainers.image.description="Keyword spotting over a WebSocket: wake words and voice commands" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE /app/NOTICE /app/docs/licences.md ./
COPY --from=build /app/dist ./dist
COPY --from=build /app/models ./models
# Closed to strangers until KWS_TOKENS, KWS_JWKS_FILE or KWS_AUTH=open says who may come in.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
# Process 1 is the service itself: it drains on SIGTERM and reaps its workers, so it needs no init in front of it.
# A swap of models takes memory for a moment: V8's nursery stays small, and the C library gives large blocks back.
ENV MALLOC_MMAP_THRESHOLD_=131072
CMD ["node", "--enable-source-maps", "--max-semi-space-size=4", "dist/stream/main.js"]
