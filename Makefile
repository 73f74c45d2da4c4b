# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo test check types screenshots format lock clean timescale timescale-apache timescale-full

help:
	@echo "make demo       install, start everything with simulated homes, print address and accounts"
	@echo "make test       install, then everything that CI checks"
	@echo "make timescale  start a TimescaleDB for trials, print its address (see docs/operations.md)"
	@echo "make format     put the code into shape"
	@echo "make types      tell the console what the API looks like now"
	@echo "make screenshots  take the pictures of docs/console.md (needs Chromium)"
	@echo "make lock       resolve the dependencies anew"
	@echo "make clean      take away what the others made"

demo: $(VENV)/installed
	-@$(BIN)/python hatch_build.py
	$(BIN)/carewatch demo

test: check

check: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/python hatch_build.py
	$(BIN)/python hatch_build.py check
	$(BIN)/pytest

timescale: $(VENV)/installed
	@$(BIN)/python -m carewatch.embedded.timescale

# What the tests take where they find it: Debian's build, and the full edition as WebAssembly.
timescale-apache: $(VENV)/installed
	@$(BIN)/python -m carewatch.embedded.timescale install

timescale-full:
	@npm ci --prefix tests/full --no-audit --no-fund --silent

# The document of the API, out of which the console's types are made.
types: $(VENV)/installed
	$(BIN)/python -m api.document > api/console/openapi.json

# Of each screen into artefacts/screenshots, the few of docs/console.md into docs/console.
screenshots: $(VENV)/installed-dev
	@$(BIN)/python hatch_build.py
	$(BIN)/python -m tests.console.screenshots

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "carewatch needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "This Python cannot make virtual environments: install python3-venv."; exit 1; }

$(VENV)/installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "installing what carewatch needs (a minute or two, the first time)"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	@echo "installing what its tests need"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

# The locks name versions and hashes, and no place to get them from.
COMPILE = $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --upgrade
lock: $(VENV)/installed-dev
	$(PIP) pip-tools
	$(COMPILE) --extra build --output-file requirements.lock pyproject.toml
	$(COMPILE) --extra build --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) tests/full/node_modules api/console/node_modules api/console/dist dist artefacts .mypy_cache .ruff_cache .pytest_cache .hypothesis
