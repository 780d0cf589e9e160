FROM node:24-slim AS base
WORKDIR /app
# Install scripts would compile native extras that nothing here needs. `npm install` takes the lock file as it is,
# where `npm ci` refuses one that leaves out optional packages of other platforms.
ENV NPM_CONFIG_IGNORE_SCRIPTS=true NPM_CONFIG_AUDIT=false NPM_CONFIG_FUND=false NPM_CONFIG_UPDATE_NOTIFIER=false
COPY package.json package-lock.json ./

FROM base AS generate
RUN npm install --no-save
COPY buf.yaml buf.gen.yaml ./
COPY proto proto
COPY scripts scripts
RUN node scripts/generate.ts

FROM base AS dependencies
RUN npm install --no-save --omit=dev --omit=optional

FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY envoy envoy
COPY docs/openapi.json docs/
COPY src src
COPY --from=generate /app/src/generated src/generated
USER node
EXPOSE 50051 8081
HEALTHCHECK --interval=2s --timeout=3s --retries=5 --start-period=30s CMD ["node", "--eval", \
  "fetch(`http://127.0.0.1:${process.env.HTTP_PORT ?? 8081}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Why the flags: scripts/stack/server.ts.
CMD ["node", "--max-semi-space-size=16", "--no-allocation-site-pretenuring", "src/main.ts"]
