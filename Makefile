# `make` lists the targets. Everything is installed into .venv, from hash-pinned files, only when they changed.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test check faults bench audit docs lock

PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
POSTGRES ?= 0
DATABASE ?= sqlite
RUN_SET := $(if $(filter 1,$(POSTGRES)),postgres,run)
PYTEST := $(BIN)/pytest
COMPILE := uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate --universal --python-version 3.11 --group build

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 14

run: .venv/installed-$(RUN_SET) ## start Baton; PORT=8000, POSTGRES=1 for PostgreSQL instead of SQLite
	@PORT=$(PORT) POSTGRES=$(POSTGRES) exec $(BIN)/python -m config.supervisor

test: .venv/installed-test ## all tests on SQLite and the marked ones on PostgreSQL; DATABASE=postgres: all on PostgreSQL
	@tests/chromium || true
ifeq ($(DATABASE),postgres)
	DATABASE=postgres $(PYTEST) -n auto
else
	$(PYTEST) -n auto
	DATABASE=postgres $(PYTEST) -n auto -m store || test $$? -eq 5
endif

check: .venv/installed-test ## format, lint, types, layers, templates, known mistakes, sizes, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint templates
	$(BIN)/bandit -q -ll -ii -c pyproject.toml -r config ui teams orchestrator builder reviews history
	$(PYTEST) tests/architecture
	$(BIN)/python -m config.generated --check
	$(BIN)/python -m config.vendoring --check

faults: .venv/installed-test ## kill and stop real processes under load on both databases; RUNS=500
	$(BIN)/python -m tests.faults

bench: .venv/installed-test ## the product's own figures beside a raw Celery chain
	$(BIN)/python -m tests.benchmarks

audit: .venv/installed-test ## known vulnerabilities of what is installed
	$(BIN)/python -m tests.audit

docs: .venv/installed-test ## renew what is generated from the code
	$(BIN)/python -m config.generated

lock: .venv/installed-test ## renew requirements/*.txt
	$(BIN)/$(COMPILE) pyproject.toml --extra documents -o requirements/run.txt
	$(BIN)/$(COMPILE) pyproject.toml --extra documents --extra postgres -c requirements/run.txt -o requirements/postgres.txt
	$(BIN)/$(COMPILE) pyproject.toml --extra documents --extra postgres --group test -c requirements/run.txt -o requirements/test.txt

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Baton needs Python 3.11 or newer; name one with PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is missing; on Debian: apt install python3-venv"; exit 1; }

# The lock is complete, so pip need not resolve. Compiled at the install, whatever PYTHONDONTWRITEBYTECODE says: it halves the start.
.venv/installed-%: requirements/%.txt pyproject.toml | .venv/bin/pip
	@echo "Installing requirements/$*.txt into .venv (once)"
	@$(BIN)/pip install -qq --disable-pip-version-check --compile --no-deps --require-hashes -r requirements/$*.txt
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --no-index --config-settings editable_mode=compat -e .
	@$(BIN)/python -m compileall -q config ui teams orchestrator builder reviews history
	@touch $@
