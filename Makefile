# Two commands are enough: `make run` builds everything once, `make test` checks it. The rest is for daily work.
# Variables: ORIGIN=synthetic|archive|live  ARCHIVE=DIR  FROM=YYYY-MM-DD  TO=YYYY-MM-DD
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ORIGIN ?= $(or $(GRIDLAKE_ORIGIN),$(if $(ARCHIVE),archive,synthetic))
RUN_ARGS := --origin $(ORIGIN) $(if $(ARCHIVE),--archive $(ARCHIVE)) $(if $(FROM),--from $(FROM)) $(if $(TO),--to $(TO))
TEST_WORKERS ?= 2
BENCH_ARCHIVE := $(or $(ARCHIVE),$(GRIDLAKE_ARCHIVE),../shared/data)
PACKAGES := gridlake extract expectations ml semantic orchestration apps
export GRIDLAKE_HOME ?= $(CURDIR)/.gridlake

.DEFAULT_GOAL := help
.PHONY: help setup run up test test-slow faults lint lint-snowflake parity format bench performance backtest catalogue dbt-docs data-docs lock clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

# The lock is complete, so pip resolves nothing (--no-deps): older ones reject an extra of a hashed package otherwise.
$(VENV)/.installed: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

setup: $(VENV)/.installed  ## environment from the lock, into .venv

run: setup  ## everything once on the synthetic grid (ORIGIN=archive ARCHIVE=DIR for operators' files), then a summary
	$(BIN)/gridlake run $(RUN_ARGS)

up: setup  ## Dagster, Streamlit and MLflow on the built data, until Ctrl-C
	$(BIN)/python -m orchestration.up

test: setup  ## the tests a change must pass
	$(BIN)/python -m pytest -m "not slow" -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder --durations 20 --durations-min 10

test-slow: setup  ## the tests that take minutes
	$(BIN)/python -m pytest -m slow

faults: setup  ## the long mode of tests/faults: FAULTS=300 kills of whole runs, 200 races, 500 flips and cuts (hours; ARCHIVE=DIR)
	FAULTS=$(or $(FAULTS),300) $(if $(ARCHIVE),GRIDLAKE_ARCHIVE=$(ARCHIVE)) $(BIN)/python -m pytest tests/faults -v -rP -n $(TEST_WORKERS) --dist worksteal --timeout 86400

lint: setup  ## formatter, linters, types, import directions, SQL
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar dbt_project/models

lint-snowflake: setup  ## every model, seed and test compiled for Snowflake (no account), read with sqlfluff's grammar of it; minutes
	rm -rf target/snowflake
	SNOWFLAKE_ACCOUNT=none SNOWFLAKE_USER=nobody $(BIN)/dbt compile --target snowflake --profiles-dir . --target-path target/snowflake \
	  --no-populate-cache --no-introspect --quiet
	$(BIN)/sqlfluff lint --ignore-local-config --config infra/sqlfluff/snowflake.cfg --processes 2 --disable-progress-bar \
	  target/snowflake/compiled/gridlake/dbt_project

parity: setup  ## gold on fakesnow beside gold on DuckDB, row for row; writes docs/snowflake-parity.md (minutes)
	timeout 3600 $(BIN)/python -m tests.dbt.parity

format: setup  ## let the formatter and the linter mend what they can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

backtest: setup  ## every benchmark (price, load, zones) beside operator, naive and published forecasts; writes docs/forecast-skill.md (ARCHIVE=DIR)
	$(BIN)/python -m ml.skill --archive $(BENCH_ARCHIVE) --home $(GRIDLAKE_HOME)/backtest --output docs/forecast-skill.md $(if $(ONLY),--only $(ONLY))

bench: setup  ## how fast, as ratios to plain references of the same call (ARCHIVE=DIR)
	$(BIN)/gridlake bench --archive $(BENCH_ARCHIVE)

performance: setup  ## docs/performance.md from the same measurements (ARCHIVE=DIR, a home published from it; ROWS="1000000 10000000")
	$(BIN)/python -m orchestration.performance --archive $(BENCH_ARCHIVE) --rows $(or $(ROWS),1000000)

catalogue: setup  ## docs/catalogue: every gold table with owner, units, classes of personal data and raw columns
	$(BIN)/python -m orchestration.catalogue

dbt-docs: setup  ## dbt's documentation as one page, target/docs/static_index.html
	$(BIN)/dbt docs generate --static --empty-catalog --target-path target/docs

data-docs: setup  ## Great Expectations' Data Docs of the last run's gates, $(GRIDLAKE_HOME)/gx/data_docs/index.html
	$(BIN)/python -m expectations.data_docs

lock:  ## resolve pyproject.toml into requirements.lock (needs uv)
	uv pip compile pyproject.toml --extra dev --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate -o requirements.lock

clean:  ## remove what runs and tests built (not .venv)
	rm -rf .gridlake target logs .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
