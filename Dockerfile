# The server in an image of its own: one static binary, with the pages' assets and the Windows program inside.
# Build: docker build -t rejoin .      Run: see README.md.

FROM node:22-bookworm-slim AS assets
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY static ./static
RUN npm run build

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=assets /src/static/dist ./static/dist
ARG VERSION=dev
RUN scripts/build-agent "$VERSION" \
 && CGO_ENABLED=0 go build -trimpath \
      -ldflags "-s -w -X github.com/rejoin/rejoin/internal/version.Version=$VERSION" -o /out/rejoin . \
 && mkdir /out/data && chown 65532:65532 /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/rejoin /rejoin
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
ENV REJOIN_DATA=/data
VOLUME /data
EXPOSE 443 80
ENTRYPOINT ["/rejoin"]
CMD ["serve", "--listen", ":443"]
