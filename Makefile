# `make` alone prints this help. Needs Python 3.11, 3.12 or 3.13 and nothing else.

PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12), (3, 13)))' 2>/dev/null && command -v $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
.DEFAULT_GOAL := help
export PYTHONDONTWRITEBYTECODE :=
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-find-links
AT_ONCE := -n 3 --dist loadfile --no-loadscope-reorder
.PHONY: help setup dev demo up test test-all watch lint bench lock messages zendesk-app clean

help:  ## Print this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: $(STAMP)  ## Build .venv with what the product needs, from its lock file

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Firstline needs Python 3.11, 3.12 or 3.13: install the package python3 (Debian, Ubuntu: also python3-venv)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python lacks venv: install the package $$(basename $(PYTHON))-venv."; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(INSTALL) --require-hashes --no-deps -r requirements.lock
	$(INSTALL) --no-build-isolation --no-deps --editable .
	@touch $@

dev: $(DEV)  ## The same with the tools to test and to change it

$(DEV): $(STAMP) requirements-dev.lock
	$(INSTALL) --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

demo: setup  ## Start everything with the example help centre, and print the address
	@exec $(BIN)/firstline demo

up: setup  ## Start everything on this machine, without the examples
	@exec $(BIN)/firstline up

test: dev  ## Run the tests that need nothing but Python
	$(BIN)/python -m pytest $(AT_ONCE)

test-all: dev  ## Run all tests; fails when Chromium is missing
	$(BIN)/python -m pytest $(AT_ONCE) --tools --cov --cov-report=term:skip-covered --cov-fail-under=85

watch: dev  ## Run the tests that failed last whenever a file changes
	$(BIN)/python -m pytest_watcher . --now --last-failed --quiet

lint: dev  ## Format check, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: dev  ## Measure (see bench/README.md)
	$(BIN)/python -m bench

lock:  ## Resolve the dependencies anew (needs uv)
	$(LOCK) --extra build --output-file requirements.lock pyproject.toml
	$(LOCK) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

messages: dev  ## Bring the languages' catalogues in step with what pages say
	$(BIN)/python -m integration.web.languages.update

zendesk-app: setup  ## Build the app for Zendesk's sidebar: build/firstline-zendesk-app.zip
	$(BIN)/python -m integration.zendesk.sidebar.package build/firstline-zendesk-app.zip

clean:  ## Remove the virtual environment and caches; data/ stays
	rm -rf .venv .venv-newest build *.egg-info .mypy_cache .pytest_cache .ruff_cache
