# `make` lists what there is. Every target prepares what it needs, and does nothing twice.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PYTHON ?= python3
PORT ?= 8000
DATA ?= .data
JOBS ?= 3
TESTS ?= tests

VENV := .venv
BIN := $(VENV)/bin
PATRONI ?= /opt/labflow-ha
RUN_READY := $(VENV)/.ready-to-run
TEST_READY := $(VENV)/.ready-to-test
PIP_INSTALL := $(BIN)/python -m pip install --quiet --quiet
LOCK := uv pip compile --quiet --universal --generate-hashes --no-header pyproject.toml

# Debian packages, as root or with a sudo that asks nothing
AS_ROOT = $$([ "$$(id -u)" = 0 ] && echo env || echo sudo -n)
APT = $(AS_ROOT) DEBIAN_FRONTEND=noninteractive apt-get -qq
debian_install = { $(APT) update && $(APT) install --yes --no-install-recommends $(1); } > /dev/null

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Settings: PORT=8000 DATA=.data (run), TESTS=tests JOBS=3 (test), PYTHON=python3 (makes .venv)"

.PHONY: run
run: $(RUN_READY) ## Serve the demo laboratory on http://127.0.0.1:8000; Ctrl-C stops it, a new start keeps its data
	@exec $(BIN)/labflow --data "$(DATA)" serve --demo --port "$(PORT)"

.PHONY: install
install: $(RUN_READY) ## Environment and locked dependencies in .venv, nothing else

.PHONY: test
test: $(TEST_READY) chromium ## All tests: SQLite, PostgreSQL and a real browser
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(TESTS)

.PHONY: test-faults
test-faults: $(TEST_READY) ## What breaks and what survives: kills, power cuts, full disks, wrong clocks; FAULTS=quick tries less
	@{ command -v strace && command -v faketime && command -v go && [ -d /usr/share/gocode/src/golang.org/x/mod ]; } > /dev/null || \
	  $(call debian_install,strace faketime golang-go golang-golang-x-mod-dev) || \
	  { echo "The fault tests need Debian's strace, faketime, golang-go and golang-golang-x-mod-dev." >&2; exit 1; }
	@$(BIN)/python -m pytest -p no:randomly --timeout 3600 tests/faults

.PHONY: test-ha
test-ha: $(TEST_READY) $(PATRONI)/.ready ## Three machines of deploy/ha's recipe under load, killed and cut off; as root
	@{ command -v etcd && command -v haproxy && command -v iptables && ls /usr/lib/postgresql/*/bin/initdb; } > /dev/null || \
	  $(call debian_install,etcd-server haproxy postgresql iptables iproute2)
	@$(AS_ROOT) LABFLOW_PATRONI=$(PATRONI) unshare --net --mount --pid --fork --kill-child --mount-proc \
	  bash -c '"$$@"; exit $$?' - $(BIN)/python -m pytest -p no:randomly -p no:cacheprovider --timeout 600 tests/ha

.PHONY: check
check: $(TEST_READY) ## Lint, format, types, import contracts, the demo laboratory's configuration, house rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/labflow check-config config.example.toml
	$(BIN)/python -m pytest -p no:randomly tests/pure/test_house*.py

.PHONY: bench
bench: $(TEST_READY) ## Measure speed against the bars; writes bench/results.json
	@$(BIN)/python -m bench

.PHONY: pictures
pictures: $(TEST_READY) chromium ## Renew docs/screenshots from the browser tests
	@LABFLOW_SCREENSHOTS=1 $(BIN)/python -m pytest -n $(JOBS) --dist worksteal tests/browser

.PHONY: lock
lock: ## Renew requirements*.lock from pyproject.toml; needs uv
	$(LOCK) --group build --output-file requirements.lock
	$(LOCK) --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(filter-out pyproject.toml,$(LOCK)) --group ha --output-file requirements-ha.lock

.PHONY: clean
clean: ## Remove what these targets made, except the data of `make run`
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

$(RUN_READY): $(BIN)/pip requirements.lock pyproject.toml
	@echo "Installing labflow into $(VENV) (about a minute, once) ..."
	@$(PIP_INSTALL) --require-hashes --only-binary :all: --requirement requirements.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(TEST_READY): $(RUN_READY) requirements-dev.lock
	@echo "Installing what the tests need into $(VENV) ..."
	@$(PIP_INSTALL) --require-hashes --only-binary :all: --requirement requirements-dev.lock
	@touch $@

# Debian's Python, in a place that the account postgres can read. Two libraries of Patroni come as source only; they
# are built with the setuptools of the environment, so that nothing is fetched that the lock does not name.
$(PATRONI)/.ready: requirements-ha.lock
	@echo "Installing Patroni into $(PATRONI) ..."
	@/usr/bin/python3 -c 'import ensurepip' 2> /dev/null || $(call debian_install,python3-venv)
	@$(AS_ROOT) /usr/bin/python3 -m venv $(PATRONI)
	@$(AS_ROOT) $(PATRONI)/bin/python -m pip install --quiet --quiet --require-hashes --no-build-isolation \
	  --only-binary :all: --no-binary python-etcd,ydiff --requirement requirements-ha.lock
	@$(AS_ROOT) touch $@

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "labflow needs Python 3.11 or newer: make PYTHON=python3.12 run" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || $(call debian_install,python3-venv) || \
	  { echo "Python cannot make a virtual environment: install Debian's python3-venv and try again." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

.PHONY: chromium
chromium:
	@command -v chromium > /dev/null || $(call debian_install,chromium fonts-dejavu-core fonts-liberation) || \
	  echo "NO BROWSER TESTS WILL RUN: Chromium is not there; install Debian's package chromium." >&2
