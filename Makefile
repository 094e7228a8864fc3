# Each target sets itself up: Python's packages from the locks, by hash, into .venv; system packages
# from deploy/stack/debian-packages.txt; npm's from package-lock.json. A set-up is done once, and
# again when its lock changes.

SHELL := /bin/bash
# Two jobs: the parts of a set-up, most of them downloads, go side by side.
MAKEFLAGS += --no-print-directory --jobs=2
.DEFAULT_GOAL := help
.PHONY: help demo test check bench fuzz lock venv packages npm later

VENV := .venv
STACK := deploy/stack
BIN := $(VENV)/bin
# How many tests run at once: half of their time they wait, so twice the cores of a small machine.
# What else to tell pytest or the demo: make test ARGS="-k radius".
WORKERS ?= 4
ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Some machines ask Python to keep no bytecode: each of a test's many processes would compile
# everything again, for seconds.
export PYTHONDONTWRITEBYTECODE :=

help: ## Say what can be made
	@echo "Socle, the common base of a territory's public Wi-Fi. What can be made:"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: venv ## Run the whole base with a small territory and simulated sites; open the page it prints
	@$(STACK)/system-packages.sh run
	@$(STACK)/front-end.sh
	@$(BIN)/socle demo $(ARGS)

# In the order of the folders: the long ones first, so that no worker is left alone with one.
test: venv npm later ## Run all tests against the real parts
	@$(STACK)/front-end.sh
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

CHECKS := "ruff format --check --quiet" "ruff check --quiet --output-format concise" mypy "lint-imports --no-logo" "python .ci/dead_code.py" "deptry ."

check: venv ## Format, lint, strict types, import contracts, dead code, unused dependencies
	@failed=; for check in $(CHECKS); do \
		echo "== $$check"; $(BIN)/$$check || failed="$$failed$${failed:+, }$$check"; \
	done; \
	[ -z "$$failed" ] || { echo "Not clean: $$failed" >&2; exit 1; }

bench: venv ## Measure Socle beside its peers on this machine; writes build/bench.json
	@$(STACK)/system-packages.sh test bench
	@mkdir -p build
	@$(BIN)/python -m tests.benchmarks $(ARGS)

# How long to fuzz.
SECONDS_LONG ?= 60

fuzz: venv ## Feed the RADIUS decoders octets made to break them, for a minute (SECONDS_LONG=600)
	@cmp --silent requirements-fuzz.txt $(VENV)/.made-for-fuzzing || { \
		$(BIN)/python -m pip install --quiet --require-hashes -r requirements-fuzz.txt && \
		cp requirements-fuzz.txt $(VENV)/.made-for-fuzzing; }
	@mkdir -p build/fuzz/corpus
	@$(BIN)/python -m tests.fuzz.fuzz_packet -max_total_time=$(SECONDS_LONG) -timeout=10 \
		-artifact_prefix=build/fuzz/ $(ARGS) build/fuzz/corpus

COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header

# Who may be paid for a package is said with an address: nothing to build from.
define WITHOUT_FUNDING
const fs = require("fs"), lock = JSON.parse(fs.readFileSync("package-lock.json"));
Object.values(lock.packages).forEach(one => delete one.funding);
fs.writeFileSync("package-lock.json", JSON.stringify(lock, null, 2) + "\n");
endef
export WITHOUT_FUNDING

lock: venv ## Write the locks anew from pyproject.toml and package.json (ARGS=--upgrade for newer ones)
	$(COMPILE) pyproject.toml $(ARGS) -o $(STACK)/requirements.txt
	$(COMPILE) pyproject.toml $(ARGS) --group dev -c $(STACK)/requirements.txt -o requirements-dev.txt
	$(COMPILE) --group fuzz -o requirements-fuzz.txt
	$(COMPILE) --group build -c requirements-dev.txt -o $(STACK)/requirements-build.txt
	@$(STACK)/system-packages.sh test
	npm install --package-lock-only --ignore-scripts --no-fund --no-audit
	@node -e "$$WITHOUT_FUNDING"

# --- Set-up: a stamp holds the digest of the lock it was made from -------------------------------

PIP := $(BIN)/python -m pip install --quiet --require-hashes

venv:
	@sha256sum --check --status $(VENV)/.made-from 2>/dev/null || { \
		echo "Setting up $(VENV) from requirements-dev.txt"; \
		python3 -c 'import ensurepip' 2>/dev/null || $(STACK)/system-packages.sh run; \
		python3 -m venv --clear $(VENV) && \
		$(PIP) -r $(STACK)/requirements-build.txt && $(PIP) -r requirements-dev.txt && \
		$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable . && \
		sha256sum requirements-dev.txt >$(VENV)/.made-from; }

packages:
	@$(STACK)/system-packages.sh run test

npm: packages
	@sha256sum --check --status node_modules/.made-from 2>/dev/null || { \
		echo "Setting up node_modules from package-lock.json"; \
		npm ci --ignore-scripts --loglevel error && \
		sha256sum package-lock.json >node_modules/.made-from; }

later: packages
	@$(STACK)/later-packages.sh build/later-packages
