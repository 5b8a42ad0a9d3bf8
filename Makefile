# `make help` prints itself: every target with a double hash is shown.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
VESTIGE_TEST_BUDGET ?= 15
export VESTIGE_TEST_BUDGET

.DEFAULT_GOAL := help
.PHONY: help setup test test-long lint types

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: .venv/.ready ## Make the virtual environment

.venv/.ready: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none is here" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	VESTIGE_SKIP_UI=1 $(BIN)/python -m pip install --quiet --editable '.[postgres]' --editable ./verifier --group dev
	touch $@

test: setup lint types ## Check style and types, run every test
	$(BIN)/python -m pytest

test-long: setup ## Run the full numbers of every property test
	VESTIGE_TEST_BUDGET=0 $(BIN)/python -m pytest

lint: setup ## Check the style
	$(BIN)/ruff check src tests verifier
	$(BIN)/ruff format --check src tests verifier

types: setup ## Check the types
	$(BIN)/mypy
	$(BIN)/mypy --strict --config-file /dev/null verifier/src/vestige_verify
