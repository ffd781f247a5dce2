# Mendline: `make run` goes from a fresh clone to the main job running, `make test` to the tests passed.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: run test bench bench-micro bench-tools report-tools gate simulate chaos chaos-tools build tools contract contract-tools fuzz sanitize format lint clean

PACKAGES := libzmq3-dev libcurl4-openssl-dev libsqlite3-dev python3-jsonschema python3-venv python3-yaml python3-zmq openssl
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
CONTRACT := .build/contract
SWIFT_SOURCES = Package.swift Sources Tests benchmarks

# Installs those of Debian's packages that are missing: PACKAGES.
install = missing=""; for package in $(1); do \
  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$package"; done; \
  if [ -n "$$missing" ]; then echo "installing$$missing"; $(SUDO) apt-get update -qq; $(SUDO) apt-get install -y -qq $$missing; fi
# A folder of Python's packages, made anew where the list of them has changed: FOLDER, PYTHON, LIST, what they are.
environment = cmp -s $(3) $(1)/installed.txt || { echo "installing $(4)"; rm -rf $(1); $(2) -m venv $(1); \
  $(1)/bin/pip install -q --disable-pip-version-check -r $(3); cp $(3) $(1)/installed.txt; }

# Starts topology/local.yaml, sends three sample incidents and shows them; ONCE=1 ends when they have ended.
run: tools
	@echo "building (release; the first time takes some minutes)"
	swift build -c release
	.build/release/mendline up --samples $(if $(ONCE),--once)

# In groups, one after the other: each of the later ones takes all that a small machine has, and would starve the others.
# ZeroMQTests are starved by the many: where a receiver stands still for ten seconds TCP gives its connection up.
GROUPS := ZeroMQTests SimulationTests FuzzTests EndToEndTests StageCheckTests ChaosTests
test: tools contract-tools chaos-tools report-tools
	swift build --build-tests
	swift test --skip-build $(foreach group,$(GROUPS),--skip '^$(group)\.')
	$(foreach group,$(GROUPS),swift test --skip-build --filter '^$(group)\.' &&) true
	/usr/bin/python3 -W error -m unittest discover -q benchmarks/report
	$(MAKE) gate

# The standard set of measurements, in under ten minutes: benchmarks/RESULTS.md and benchmarks/results/report.html.
bench: tools bench-tools
	swift build -c release
	benchmarks/run.sh

# Single parts: a coding, a hop, a commit. What can be counted is held to benchmarks/micro/Thresholds; UPDATE=1 writes
# those anew. The first time builds everything once more, in benchmarks/micro.
MICRO := swift package --allow-writing-to-package-directory benchmark
COUNTED := messageBytes changes handOuts walBytes expositionBytes connections
bench-micro: tools
	cd benchmarks/micro && $(if $(UPDATE),\
	  $(MICRO) thresholds update --no-progress $(foreach metric,$(COUNTED),--metric $(metric)),\
	  $(MICRO) baseline update latest --no-progress && $(MICRO) baseline read latest --no-progress --scale \
	  && $(MICRO) thresholds check latest --no-progress)

# Ratios within one run that must not fall: a hop beside plain libzmq, a stage beside the coding of its messages.
GATE_PROGRAMS := mendline outside-stub noop-stage message-loop hop hop-c
gate: tools
	for program in $(GATE_PROGRAMS); do swift build -c release --product $$program; done
	benchmarks/ratios.py --gate --rounds 5 hop noop-stage

# What the measurements need beside what the build does: a load generator, plots, and the peers with their Redis.
PEERS := .build/peers
report-tools:
	@$(call install,python3-matplotlib)
bench-tools: report-tools
	@$(call install,wrk redis-server)
	@$(call environment,$(PEERS),/usr/bin/python3,benchmarks/peers/requirements.txt,FastAPI and Celery)

# Runs the ledger on virtual time: SEEDS schedules from a random seed, or the one of SEED with its history.
simulate: tools
	swift build -c release --product simulate
	.build/release/simulate $(if $(SEED),--seed $(SEED) --trace,--seeds $(or $(SEEDS),10000))

build: tools
	swift build

# Breaks what can be broken while incidents are sent, from a printed seed; see docs/testing.md. Fails on a broken promise.
MINUTES ?= 5
chaos: tools chaos-tools
	@echo "building (release; the first time takes some minutes)"
	swift build -c release
	.build/release/chaos --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(if $(RATE),--rate $(RATE))

# Shifts clocks; without it that fault is told as not tried.
chaos-tools:
	@dpkg-query -W -f '$${Status}' libfaketime 2>/dev/null | grep -q 'install ok installed' || { echo "installing libfaketime"; \
	  { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq libfaketime; } \
	  || echo "libfaketime cannot be installed: clocks are not shifted"; }

# What the build and the tests need beside Swift 6.3, from Debian's packages.
tools:
	@command -v swift >/dev/null || { echo "Swift 6.3 is missing: install it from https://www.swift.org/install/linux/"; exit 1; }
	@$(call install,$(PACKAGES))
	@if ! command -v promtool >/dev/null; then echo "installing promtool"; $(SUDO) apt-get update -qq; \
	  folder=$$(mktemp -d); cd $$folder; apt-get download -q prometheus; dpkg -x prometheus_*.deb x; \
	  $(SUDO) install -m755 x/usr/bin/promtool /usr/local/bin/promtool; rm -rf $$folder; fi

# Holds intake to /openapi.yaml, where schemathesis tries every call of a real topology, and the coding of messages to their
# schemas. EXAMPLES=n more of it, SEED=s again.
contract: tools contract-tools
	swift build
	EXAMPLES=$(or $(EXAMPLES),300) SEED=$(SEED) $(CONTRACT)/bin/python Tests/Contract/contract.py
	EXAMPLES=$(or $(EXAMPLES),300) SEED=$(SEED) $(CONTRACT)/bin/python Tests/Contract/messages.py

# Python's packages, pinned, in a folder of their own.
contract-tools:
	@$(call environment,$(CONTRACT),python3,Tests/Contract/requirements.txt,schemathesis)

# Hostile input from fresh seeds: SECONDS=n in all. FUZZ_SUBJECT=name FUZZ_SEED=0x… runs one case again.
fuzz: tools
	swift build --build-tests
	FUZZ_SECONDS=$(or $(SECONDS),300) swift test --skip-build --filter FuzzTests

# The unit and wrapper tests under the thread sanitizer and the address sanitizer; each builds everything once.
sanitize: tools
	Tests/Sanitizers/run thread
	Tests/Sanitizers/run address

format:
	swift format -i -r $(SWIFT_SOURCES)

lint:
	@for tool in shellcheck yamllint; do command -v $$tool >/dev/null || { echo "$$tool is missing: apt-get install $$tool"; exit 1; }; done
	swift format lint --strict -r $(SWIFT_SOURCES)
	shellcheck .ci/run Tests/Sanitizers/run deploy/template/scripts/*.sh benchmarks/*.sh
	yamllint --strict topology

clean:
	rm -rf .build .build-tsan .build-asan var benchmarks/micro/.build benchmarks/micro/.benchmarkBaselines
