# One image for every program: server, workers and migrations differ in their command alone.
# CPU by default. For CUDA, docker-compose.gpu.yml builds on NVIDIA's runtime image, which holds the libraries that llama.cpp's CUDA build needs.
ARG RUNTIME=debian:bookworm-slim

FROM node:22-bookworm-slim AS build
WORKDIR /attune
COPY package.json package-lock.json ./
RUN npm install --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM ${RUNTIME}
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libgomp1 libvulkan1 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local/bin/node /usr/local/bin/node
WORKDIR /attune
COPY --from=build /attune/package.json ./
COPY --from=build /attune/node_modules ./node_modules
COPY --from=build /attune/models ./models
COPY --from=build /attune/dist ./dist
COPY --from=build /attune/web/build ./web/build
# A number, so that no image needs to know a user of this name; the volume takes over the folder's owner.
RUN mkdir /data && chown 10001:10001 /data
USER 10001:10001
ENV NODE_ENV=production ATTUNE_HOST=0.0.0.0 ATTUNE_PORT=3000 ATTUNE_DATA_DIR=/data
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
CMD ["node", "--enable-source-maps", "dist/server/main.js"]
