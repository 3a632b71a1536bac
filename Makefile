# `make` alone prints this help. Needs Python 3.11 or 3.12 and nothing else.

PYTHON := $(shell for p in python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null && command -v $$p && break; done)
BIN := .venv/bin
STAMP := .venv/.installed
.DEFAULT_GOAL := help
export PYTHONDONTWRITEBYTECODE :=
.PHONY: help setup demo up test test-all lint bench lock clean

help:  ## Print this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(STAMP)  ## Build .venv with everything, from the lock file

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Firstline needs Python 3.11 or 3.12: install the package python3.12 (Debian, Ubuntu: also python3.12-venv)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python lacks venv: install the package $$(basename $(PYTHON))-venv."; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

demo: setup  ## Start everything with the example help centre, and print the address
	@exec $(BIN)/firstline demo

up: setup  ## Start everything on this machine, without the examples
	@exec $(BIN)/firstline up

test: setup  ## Run the tests that need nothing but Python
	$(BIN)/python -m pytest

test-all: setup  ## Run all tests; fails when Chromium is missing
	$(BIN)/python -m pytest --tools --cov --cov-report=term:skip-covered

lint: setup  ## Format check, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup  ## Measure (see bench/README.md)
	$(BIN)/python -m bench

lock:  ## Resolve the dependencies anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --extra dev --no-annotate --no-header --no-emit-find-links --output-file requirements.lock pyproject.toml

clean:  ## Remove the virtual environment and caches; data/ stays
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache
