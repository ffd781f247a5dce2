# Mendline: `make run` goes from a fresh clone to the main job running, `make test` to the tests passed.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: run test build tools format lint clean

PACKAGES := libzmq3-dev libcurl4-openssl-dev libsqlite3-dev python3-jsonschema openssl
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
SWIFT_SOURCES = Package.swift Sources Tests

# Starts topology/local.yaml, sends three sample incidents and shows them; ONCE=1 ends when they have ended.
run: tools
	@echo "building (release; the first time takes some minutes)"
	swift build -c release
	.build/release/mendline up --samples $(if $(ONCE),--once)

test: tools
	swift build --build-tests
	swift test --skip-build

build: tools
	swift build

# What the build and the tests need beside Swift 6.3, from Debian's packages.
tools:
	@command -v swift >/dev/null || { echo "Swift 6.3 is missing: install it from https://www.swift.org/install/linux/"; exit 1; }
	@missing=""; for package in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then echo "installing$$missing"; $(SUDO) apt-get update -qq; $(SUDO) apt-get install -y -qq $$missing; fi
	@if ! command -v promtool >/dev/null; then echo "installing promtool"; $(SUDO) apt-get update -qq; \
	  folder=$$(mktemp -d); cd $$folder; apt-get download -q prometheus; dpkg -x prometheus_*.deb x; \
	  $(SUDO) install -m755 x/usr/bin/promtool /usr/local/bin/promtool; rm -rf $$folder; fi

format:
	swift format -i -r $(SWIFT_SOURCES)

lint:
	swift format lint --strict -r $(SWIFT_SOURCES)
	shellcheck .ci/run deploy/template/scripts/*.sh
	yamllint --strict topology

clean:
	rm -rf .build var
