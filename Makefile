# Two commands matter: `make run` shows Rejoin, `make test` proves it. The others are their parts.

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  = -s -w -X github.com/rejoin/rejoin/internal/version.Version=$(VERSION)
DEMO    ?= 127.0.0.1:8080
DATA    ?= demo-data

export CGO_ENABLED ?= 0

.PHONY: run build assets agent generate check test bench bench-viewer screenshots clean

run: assets agent ## build everything and start the demo
	go run -ldflags '$(LDFLAGS)' . demo --listen $(DEMO) --data $(DATA)

build: assets agent ## the server, with the pages' assets and the Windows program inside
	go build -trimpath -ldflags '$(LDFLAGS)' -o build/rejoin .

assets: node_modules/.package-lock.json ## static/dist: scripts and styles
	npm run --silent build

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error

agent: ## static/dist/agent: the program for the customer's PC
	scripts/build-agent $(VERSION)

generate: ## Go code from templ files
	go tool templ generate

check: ## formatting, vet, staticcheck, known vulnerabilities, freshness of generated files
	scripts/check

test: ## everything that proves Rejoin; installs what is missing on a fresh Debian
	scripts/test

bench: assets agent ## the figures, one a line, each with its baseline in the same run
	scripts/bench

bench-viewer: assets agent ## the viewer's figures, against TigerVNC where it can do the same
	scripts/bench-viewer

screenshots: assets agent ## docs/pictures, taken of the running product
	REJOIN_PICTURES=$(CURDIR)/docs/pictures REJOIN_REQUIRE_BROWSER=1 REJOIN_REQUIRE_WINE=1 \
	  go test ./internal/e2e -run '^TestPictures$$' -count=1 -timeout 10m

clean:
	rm -rf build static/dist node_modules
