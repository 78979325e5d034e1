# The everyday commands. `make serve` and `make test` need nothing but Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Compiled here because some machines forbid Python to keep what it compiles: every start would do it again.
COMPILE := $(BIN)/python -m compileall -q -j 2
JOBS ?= 2

.PHONY: help serve test check bench format lock openapi clean

help: ## Show these lines
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

# What `make serve` needs, and beside it what developing needs.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(STAMP): requirements.txt pyproject.toml | $(VENV)/bin/python
	@echo "Making the environment in $(VENV) (once, about a minute)"
	@$(INSTALL) --require-hashes -r requirements.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@$(COMPILE) $(VENV)/lib src > /dev/null || true
	@touch $(STAMP)

$(DEV_STAMP): requirements-dev.txt $(STAMP)
	@echo "Adding what tests and checks need"
	@$(INSTALL) --require-hashes -r requirements-dev.txt
	@$(COMPILE) $(VENV)/lib > /dev/null || true
	@touch $(DEV_STAMP)

serve: $(STAMP) ## Start everything: PostgreSQL, API and worker
	@exec $(BIN)/omneo serve

test: $(DEV_STAMP) ## Run the whole test suite against a real PostgreSQL
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

check: $(DEV_STAMP) ## Lint, types, own rules, migrations and the OpenAPI files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python tools/house_rules.py
	@$(BIN)/python tools/migrations_agree.py
	@$(BIN)/python tools/configuration_reference.py --check
	@$(BIN)/omneo openapi export --check openapi

bench: $(DEV_STAMP) ## Measure against the ceilings (needs wrk)
	@$(BIN)/python benchmarks/run.py

format: $(DEV_STAMP) ## Format and mend what can be mended
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

openapi: $(DEV_STAMP) ## Write the OpenAPI files
	@$(BIN)/omneo openapi export openapi

lock: $(DEV_STAMP) ## Lock the dependencies of pyproject.toml with hashes
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --extra dev pyproject.toml -c requirements.txt -o requirements-dev.txt

clean: ## Remove the environment and caches (never .omneo, which holds data)
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build src/*.egg-info
