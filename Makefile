# Everything from a clean clone: `make demo`, `make test`. Needs make and Python 3.11 or later; the rest comes into .venv.
SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
SERVE ?= 1
PORT ?= 8000
CARD ?=
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN); [ "$$n" -gt 5 ] && echo 6 || echo $$((n + 1)))
COMPILED = $(PY) -m compileall -q src verifier/src  # hundreds of processes are started: without compiled files each compiles the program anew
PYTEST = $(PY) -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder $(ARGS)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

UI := $(wildcard hatch_build.py ui/package.json ui/package-lock.json ui/vite.config.ts ui/vite.verify.config.ts src/vestige/disclosure/sentences.py ui/svelte.config.js ui/tsconfig.json) $(shell find ui/src -type f 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help demo test test-long lint types bench docs clean

help: ## print this
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## the main job on footage made on the spot, then the pages (SERVE=0 stops before; CARD=folder uses yours; PORT=8000)
	@$(COMPILED)
	@SERVE="$(SERVE)" CARD="$(CARD)" PORT="$(PORT)" $(PY) -m demo.run

test: $(VENV)/.developing lint types ## lint, types and every test
	@tools/system-packages.sh
	@$(COMPILED)
	@$(PYTEST)

test-long: $(VENV)/.developing lint types ## the same with the full numbers of the property, fuzz and kill tests
	@tools/system-packages.sh
	@$(COMPILED)
	@VESTIGE_TEST_BUDGET=0 $(PYTEST)

lint: $(VENV)/.developing ## ruff: rules and formatting
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

types: $(VENV)/.developing ## mypy, strict
	@$(PY) -m mypy

bench: $(VENV)/.developing ## the benchmarks, median of three
	@$(PY) -m benchmarks

docs: $(VENV)/.developing ## check what the documents claim, and their links
	@$(PY) -m pytest -q tests/contracts/test_docs.py

clean: ## remove what was built or made here (the demonstration's home too)
	rm -rf $(VENV) .demo src/vestige/web/static/dist src/vestige/vault/dist ui/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.made:
	@python="$$(tools/find-python.sh)" && echo "making $(VENV) with $$python" && "$$python" -m venv $(VENV)
	@$(PY) -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@

# The editable install builds the pages too (hatch_build.py), with Node from a wheel where there is none.
$(VENV)/.installed: $(VENV)/.made pyproject.toml verifier/pyproject.toml $(UI)
	@echo "installing Vestige and its verifier into $(VENV)"
	@$(PY) -m pip install --quiet --editable '.[models,time]' --editable './verifier[media,time]'
	@touch $@

$(VENV)/.developing: $(VENV)/.installed pyproject.toml
	@echo "installing what the tests need"
	@$(PY) -m pip install --quiet --group dev 'psycopg[binary,pool]>=3.3,<4'
	@touch $@
