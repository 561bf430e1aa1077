# Parley. `make` alone shows what there is.
#
# A fresh machine needs Python 3.11 or newer, Node 20 or newer, and this file. Everything is made inside the
# checkout; a step runs again only when what it depends on has changed.

DATA ?= var/demo
PORT ?= 8000
PYTHON ?= python3
PYTEST_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
DONE := $(VENV)/done
ASSETS := frontend/dist/manifest.json
ASSET_SOURCES := frontend/build.mjs frontend/icons.svg frontend/app.webmanifest $(shell find frontend/scripts frontend/styles frontend/images -type f)
RUN := $(BIN)/pytest -n 3 --dist loadfile
CODE := backend migrations tests hatch_build.py

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo setup browser test check check-full bench migration-check format lint types layers templates \
        locks wheel clean

help: ## show this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 18

demo: $(DONE)/parley $(ASSETS) ## set everything up and serve Fernhill Hardware (DATA=folder PORT=number)
	@$(BIN)/parley demo --data $(DATA) --port $(PORT)

setup: $(DONE)/parley $(DONE)/dev $(ASSETS) ## the environment, the tools and the built front end, nothing else

test: setup browser ## the tests, on every database and browser that is found
	@$(RUN) $(PYTEST_ARGS)

check: setup format lint types layers templates browser ## all that CI checks
	@$(RUN) $(PYTEST_ARGS)

check-full: setup format lint types layers templates browser ## check, with the long runs
	@PARLEY_TEST_PROFILE=thorough $(RUN) -m '' $(PYTEST_ARGS)

bench: setup ## figures, as ratios against floors measured in the same run
	@cd tests && ../$(BIN)/python -m bench

migration-check: setup ## the chain goes up, down, up, and the models say the same as the database
	@$(BIN)/pytest -q tests/house/test_migrations.py

# What `check` is made of

format: setup
	@$(BIN)/ruff format --check --quiet $(CODE) || { echo 'To format: .venv/bin/ruff format $(CODE)'; exit 1; }

lint: setup
	@$(BIN)/ruff check --quiet $(CODE)
	@cd frontend && npm run --silent check

types: setup
	@$(BIN)/mypy

layers: setup
	@$(BIN)/lint-imports --no-logo

templates: setup
	@$(BIN)/djlint --quiet --lint frontend/templates

browser: setup # a Chromium for the browser tests; without one they are left out, loudly
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get install -qq -y chromium; } \
	  || echo 'No Chromium could be installed: the browser tests will be left out.'

# The environment

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Parley needs Python 3.11 or newer: make PYTHON=/path/to/python3.11'; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(DONE)/tools: requirements-build.lock | $(VENV)/bin/python
	@echo 'Setting up: tools'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@mkdir -p $(DONE) && touch $@

# uv where it runs, pip where it does not: both check every hash.
install = { $(BIN)/uv pip install --quiet --python $(BIN)/python $(1) \
  || $(BIN)/python -m pip install --quiet --disable-pip-version-check $(1); }

$(DONE)/needs: requirements.lock | $(DONE)/tools
	@echo 'Setting up: Python packages'
	@$(call install,--require-hashes -r $<)
	@touch $@

$(DONE)/dev: requirements-dev.lock | $(DONE)/needs
	@echo 'Setting up: tools for tests and checks'
	@$(call install,--require-hashes -r $<)
	@touch $@

$(DONE)/parley: pyproject.toml hatch_build.py | $(DONE)/needs
	@$(call install,--no-deps --no-build-isolation --editable .)
	@touch $@

frontend/node_modules/.done: frontend/package.json frontend/package-lock.json
	@node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' \
	  || { echo 'Parley needs Node 20 or newer to build its front end.'; exit 1; }
	@echo 'Setting up: front end'
	@cd frontend && npm ci --loglevel=error --ignore-scripts >/dev/null
	@touch $@

$(ASSETS): frontend/node_modules/.done $(ASSET_SOURCES)
	@cd frontend && node build.mjs
	@touch $@

# For those who change what stands above

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header
locks: $(DONE)/tools ## resolve the dependencies anew, within what pyproject.toml allows
	@$(LOCK) --upgrade pyproject.toml -o requirements.lock
	@$(LOCK) --upgrade -c requirements.lock --group dev pyproject.toml -o requirements-dev.lock
	@$(LOCK) --upgrade -c requirements-dev.lock --group build -o requirements-build.lock

wheel: setup ## build the wheel into dist/
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

clean: ## remove everything that was made (the data in var/ stays)
	rm -rf $(VENV) dist frontend/dist frontend/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
